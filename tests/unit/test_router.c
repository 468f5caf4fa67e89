/* Rows 7 and 33 to 36, and what else the session hands over as facts: from the facts and the cluster's objects to the finding. */
#include <stdio.h>

#include "tests/unit/diagnose_cases.h"

#define READY_POD(name, ports) \
    "{'kind':'Pod','metadata':{'name':'" name "','namespace':'n','creationTimestamp':" AT("00:01") \
    ",'labels':{'agents.x-k8s.io/sandbox-template-ref-hash':'h'}},'spec':{" ON_NODE \
    "'containers':[{'name':'main','image':'i','ports':[" ports "]}]},'status':{'phase':'Running','conditions':[" SCHEDULED "," \
    CONDITION("Ready", "True", "", "", "00:02") \
    "],'containerStatuses':[{'name':'main','restartCount':0,'ready':true,'state':" RUNNING("00:02") "}]}}"
#define READY_BOX(name, status) \
    "{'kind':'Sandbox','metadata':{'name':'" name "','namespace':'n','creationTimestamp':" AT("00:01") \
    ",'annotations':{'agents.x-k8s.io/pod-name':'" name "'}},'spec':{}," \
    "'status':{" status "'conditions':[" CONDITION("Ready", "True", "DependenciesReady", "", "00:02") "]}}"
#define ROUTER_POD \
    "{'kind':'Pod','metadata':{'name':'router-1','namespace':'default','labels':{'app':'sandbox-router'}},'spec':{}," \
    "'status':{'podIP':'10.0.0.9'}}"
#define POLICY(name, selector, ingress) \
    "{'kind':'NetworkPolicy','metadata':{'name':'" name "','namespace':'n','creationTimestamp':" AT("00:00") "},'spec':{'podSelector':{" \
    selector "}," \
    "'policyTypes':['Ingress']" ingress "}}"
#define TEMPLATES_PODS "'matchLabels':{'agents.x-k8s.io/sandbox-template-ref-hash':'h'}"
#define PEERS(ns, label) \
    ",'ingress':[{'from':[{'namespaceSelector':{'matchLabels':{'kubernetes.io/metadata.name':'" ns \
    "'}},'podSelector':{'matchLabels':{'app':'" label "'}}}]}]"

struct row {
    const char *name;
    const char *objects[10];
    struct router_error error;       /* times in s from START */
    int count;                       /* 0: 1 */
    enum answer services, policies;
    const char *rule;                /* "": nothing leads */
    int number;
    enum kind at_kind;
    const char *at;
    enum confidence confidence;
    enum severity severity;
    const char *cause;
};
#define FAILED(id, how, snake, to_port) {.sandbox = (char *)(uintptr_t)(id), .trouble = (how), .python = (snake), .port = (to_port)}
#define BASE CLAIM_READY_AT("00:02"), POOL, TEMPLATE, READY_BOX("c", ""), READY_POD("c", "{'containerPort':8888}"), ROUTER_POD

static const struct row rows[] = {
    {"no Service", {BASE}, FAILED("c", ROUTER_NO_HOST, true, 8888), 1, ANSWER_MISSING, 0, "router", 33, KIND_SANDBOX, "c",
        CONFIDENCE_PROVED, SEVERITY_STUCK, "status.service is empty"},
    {"no Service, a Go router", {BASE}, FAILED("c", ROUTER_NO_HOST, false, 8888), 1, ANSWER_MISSING, 0, "router", 33, KIND_SANDBOX, "c",
        CONFIDENCE_PROVED, SEVERITY_WAITING, "no such host"},
    {"its Service is gone", {CLAIM_READY_AT("00:02"), POOL, READY_BOX("c", "'serviceFQDN':'c.n.svc.cluster.local',"), READY_POD("c", "")},
        FAILED("c", ROUTER_NO_HOST, true, 8888), 1,
     ANSWER_MISSING, 0, "router", 33, KIND_SANDBOX, "c", CONFIDENCE_PROVED, SEVERITY_STUCK, "is gone"},
    {"DNS does not know it", {CLAIM_READY_AT("00:02"), POOL, READY_BOX("c", "'serviceFQDN':'c.n.svc.cluster.local',"), READY_POD("c", "")},
        FAILED("c", ROUTER_NO_HOST, true, 8888), 1,
     ANSWER_THERE, 0, "router", 33, KIND_SANDBOX, "c", CONFIDENCE_LIKELY, SEVERITY_WAITING, "DNS"},
    {"the claim's name", {"{'kind':'SandboxClaim'," META("c") ",'spec':{'warmPoolRef':{'name':'p'}},'status':{'sandbox':{'name':'p-1'},"
                                                              "'conditions':["
                          CONDITION("Ready", "True", "", "", "00:02") "]}}", POOL, READY_BOX("p-1", ""), READY_POD("p-1", "")},
     FAILED("c", ROUTER_NO_HOST, true, 8888), 1, 0, 0, "router", 33, KIND_CLAIM, "c", CONFIDENCE_PROVED, SEVERITY_WAITING, "is called p-1"},
    {"policy for another namespace", {BASE, POLICY("t-network-policy", TEMPLATES_PODS, PEERS("agent-sandbox-system", "sandbox-router"))},
        FAILED("c", ROUTER_TIMEOUT, true, 8888), 1, 0,
     ANSWER_THERE, "router", 34, KIND_NETWORKPOLICY, "t-network-policy", CONFIDENCE_PROVED, SEVERITY_STUCK,
         "lets nothing in that matches the router"},
    {"policy for another label", {BASE, POLICY("strict", TEMPLATES_PODS, PEERS("default", "gateway"))},
        FAILED("c", ROUTER_TIMEOUT, true, 8888), 1, 0, ANSWER_THERE, "router", 34,
     KIND_NETWORKPOLICY, "strict", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"policy that lets nothing in", {BASE, POLICY("deny", "", "")}, FAILED("c", ROUTER_UNREACHABLE, false, 8888), 1, 0, ANSWER_THERE,
        "router", 34, KIND_NETWORKPOLICY, "deny",
     CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"one policy lets it in", {BASE, POLICY("deny", "", ""), POLICY("allow", TEMPLATES_PODS, PEERS("default", "sandbox-router"))},
        FAILED("c", ROUTER_TIMEOUT, true, 8888), 1, 0,
     ANSWER_THERE, "router", 34, KIND_POD, "c", CONFIDENCE_LIKELY, SEVERITY_WAITING, "does not answer"},
    {"an open rule", {BASE, POLICY("open", "", ",'ingress':[{'ports':[{'port':8888}]}]")}, FAILED("c", ROUTER_TIMEOUT, true, 8888), 1, 0,
        ANSWER_THERE, "router", 34, KIND_POD, "c",
     CONFIDENCE_LIKELY, SEVERITY_WAITING, NULL},
    {"policy for other pods", {BASE, POLICY("others", "'matchLabels':{'app':'web'}", "")}, FAILED("c", ROUTER_TIMEOUT, true, 8888), 3, 0,
        ANSWER_THERE, "router", 34, KIND_POD, "c",
     CONFIDENCE_LIKELY, SEVERITY_STUCK, NULL},
    {"a selector that is not understood", {BASE, POLICY("maybe", TEMPLATES_PODS,
                                                        ",'ingress':[{'from':[{'namespaceSelector':{'matchExpressions':[{'key':'a',"
                                                        "'operator':'Exists'}]}}]}]")},
     FAILED("c", ROUTER_TIMEOUT, true, 8888), 1, 0, ANSWER_THERE, "router", 34, KIND_NETWORKPOLICY, "maybe", CONFIDENCE_POSSIBLE,
         SEVERITY_WAITING, NULL},
    {"policies not read", {BASE, POLICY("deny", "", "")}, FAILED("c", ROUTER_TIMEOUT, true, 8888), 1, 0, ANSWER_NONE, "router", 34,
        KIND_POD, "c", CONFIDENCE_LIKELY, SEVERITY_WAITING,
     "are not read"},
    {"wrong port", {BASE}, FAILED("c", ROUTER_REFUSED, false, 9999), 1, 0, 0, "router", 35, KIND_POD, "c", CONFIDENCE_PROVED,
        SEVERITY_WAITING, "declare other ports (main: 8888)"},
    {"nobody listens", {BASE}, FAILED("c", ROUTER_REFUSED, false, 8888), 3, 0, 0, "router", 35, KIND_POD, "c", CONFIDENCE_PROVED,
        SEVERITY_STUCK, "nothing in it listens on port 8888"},
    {"another sandbox", {BASE}, FAILED("d", ROUTER_REFUSED, false, 8888), 3, 0, 0, "", 0, 0, "", 0, 0, NULL},
    {"not ready at all", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WAITS("ErrImagePull", "not found")},
        FAILED("c", ROUTER_REFUSED, false, 8888), 3, 0, 0, "image-pull", 21,
     KIND_POD, "c", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
};

static unsigned check(const struct row *r)
{
    struct world w = world_new();
    struct router_error e = r->error;
    struct report report;
    unsigned wrong = 0;
    e.ns = (char *)(uintptr_t)"n";
    e.router_ns = (char *)(uintptr_t)"default";
    e.router_pod = (char *)(uintptr_t)"router-1";
    e.text = (char *)(uintptr_t)"the router's words";
    e.first_ms = e.time_ms = START_MS + 30000;
    e.count = r->count;
    for (const char *const *o = r->objects; *o; o++)
        world_apply(&w, *o);
    if (r->services)
        answers_set(w.answers, KIND_SERVICE, "n", "c", r->services, START_MS);
    if (r->policies)
        answers_set(w.answers, KIND_NETWORKPOLICY, "n", NULL, r->policies, START_MS);
    w.facts.router_errors = &e;
    w.facts.n_router_errors = 1;
    world_judge(&w, START_MS + 40000);
    const struct object *claim = world_claim(&w, "n", "c");
    report_make(w.diagnosis, claim, START_MS + 40000, &report);
    const struct finding *f = report.findings.n ? &report.findings.v[0] : NULL;
    if (!f || !r->rule[0])
        wrong = f != NULL || r->rule[0] != '\0';
    else
        wrong = strcmp(f->rule, r->rule) != 0 || f->row != r->number || f->at_kind != r->at_kind || strcmp(f->at_name, r->at) != 0 ||
            f->confidence != r->confidence ||
                f->severity != r->severity || (r->cause && !strstr(f->cause, r->cause)) || !f->next[0] || !f->n_evidence || !f->command;
    if (wrong)
        print_error("%s: %s, row %d, at %d %s, %s, %s: %s\n", r->name, f ? f->rule : "nothing", f ? f->row : 0, f ? (int)f->at_kind : 0, f
                    ? f->at_name : "",
                    f ? confidence_name(f->confidence) : "", f ? severity_name(f->severity) : "", f ? f->cause : "");
    report_free(&report);
    /* Old news is none. */
    world_judge(&w, START_MS + 30000 + 600000);
    diagnosis_all(w.diagnosis, START_MS + 30000 + 600000);
    if (r->severity && strcmp(r->rule, "router") == 0 && diagnosis_verdict(w.diagnosis, claim)->state != CLAIM_READY) {
        print_error("%s: stays\n", r->name);
        wrong++;
    }
    world_free(&w);
    return wrong;
}

static void each_row(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wrong += check(&rows[i]);
    assert_int_equal(wrong, 0);
}

/* A ready claim is not looked at by itself: who has news of it says so. */
static void touched_by_the_session(void **state)
{
    struct world w = world_new();
    struct router_error e = {.ns = (char *)(uintptr_t)"n", .sandbox = (char *)(uintptr_t)"c", .trouble = ROUTER_REFUSED, .port = 1,
        .count = 3, .time_ms = START_MS + 30000,
                             .first_ms = START_MS + 30000, .router_ns = (char *)(uintptr_t)"d", .router_pod = (char *)(uintptr_t)"r",
                                 .text = (char *)(uintptr_t)"x"};
    const char *objects[] = {BASE, NULL};
    (void)state;
    for (const char **o = objects; *o; o++)
        world_apply(&w, *o);
    world_judge(&w, START_MS + 40000);
    const struct object *claim = world_claim(&w, "n", "c");
    assert_int_equal(diagnosis_verdict(w.diagnosis, claim)->state, CLAIM_READY);
    w.facts.router_errors = &e;
    w.facts.n_router_errors = 1;
    world_judge(&w, START_MS + 41000);
    assert_int_equal(diagnosis_verdict(w.diagnosis, claim)->state, CLAIM_READY);
    diagnosis_touch(w.diagnosis, claim);
    world_judge(&w, START_MS + 41000);
    assert_int_equal(diagnosis_verdict(w.diagnosis, claim)->state, CLAIM_STUCK);
    assert_true(diagnosis_due(w.diagnosis) == START_MS + 630000);
    world_judge(&w, START_MS + 630000);
    assert_int_equal(diagnosis_verdict(w.diagnosis, claim)->state, CLAIM_READY);
    world_free(&w);
}

static const struct finding *cluster_finding(const struct world *w, int seconds, const char *rule, struct findings *all)
{
    diagnose_cluster(w->diagnosis, START_MS + seconds * INT64_C(1000), all);
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->v[i].rule, rule) == 0)
            return &all->v[i];
    return NULL;
}

#define WEBHOOK_CRD(ca) \
    "{'kind':'CustomResourceDefinition','metadata':{'name':'sandboxclaims.extensions.agents.x-k8s.io'}," \
    "'spec':{'conversion':{'strategy':'Webhook','webhook':{'clientConfig':{" ca \
    "'service':{'name':'agent-sandbox-webhook-service','namespace':'agent-sandbox-system'}}}},'versions':[{'name':'v1beta1'," \
    "'served':true},{'name':'v1alpha1','served':true}]}}"
#define ENDPOINTS(ready) \
    "{'kind':'EndpointSlice','metadata':{'name':'w-1','namespace':'agent-sandbox-system'," \
    "'labels':{'kubernetes.io/service-name':'agent-sandbox-webhook-service'}}," \
    "'endpoints':[{'conditions':{'ready':" ready "}}]}"

/* Row 7, as an API server with the stored version shows it, and one that has to convert. */
static void webhook(void **state)
{
    static const struct {
        const char *crd, *endpoints, *text;
        bool old_api;
        enum kind at;
        const char *cause;
        enum severity severity;
    } cases[] = {
        {WEBHOOK_CRD("'caBundle':'eA==',"), ENDPOINTS("true"), NULL, false, KIND_NONE, NULL, 0},
        {WEBHOOK_CRD("'caBundle':'eA==',"), ENDPOINTS("false"), NULL, false, KIND_SERVICE, "no ready endpoint", SEVERITY_WAITING},
        {WEBHOOK_CRD("'caBundle':'eA==',"), ENDPOINTS("false"), "conversion webhook for x failed: Post: connection refused", true,
            KIND_SERVICE, "no ready endpoint", SEVERITY_STUCK},
        {WEBHOOK_CRD("'caBundle':'eA==',"), ENDPOINTS("true"),
            "conversion webhook for x failed: x509: certificate signed by unknown authority", false, KIND_CRD, "caBundle is another one's",
         SEVERITY_WAITING},
        {WEBHOOK_CRD(""), ENDPOINTS("true"), "conversion webhook for x failed: tls", false, KIND_CRD, "caBundle is empty",
            SEVERITY_WAITING},
        {WEBHOOK_CRD("'caBundle':'eA==',"), ENDPOINTS("true"),
            "conversion webhook for x failed: no kind \"SandboxClaim\" is registered for version", false, KIND_CRD, "--extensions",
         SEVERITY_WAITING},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w = world_new();
        struct findings all;
        struct conversion_fact fact = {.time_ms = START_MS, .failing = cases[i].text != NULL, .version = "v1alpha1"};
        snprintf(fact.text, sizeof fact.text, "%s", cases[i].text ? cases[i].text : "");
        world_apply(&w, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS));
        world_apply(&w, cases[i].crd);
        world_apply(&w, cases[i].endpoints);
        answers_set(w.answers, KIND_ENDPOINTSLICE, "agent-sandbox-system", "agent-sandbox-webhook-service", ANSWER_THERE, START_MS);
        w.facts.conversion = &fact;
        w.facts.old_api = cases[i].old_api;
        world_judge(&w, START_MS + 60000);
        const struct finding *f = cluster_finding(&w, 60, "conversion-webhook", &all);
        assert_true(!f == !cases[i].cause);
        if (f) {
            assert_int_equal(f->row, 7);
            assert_int_equal(f->at_kind, cases[i].at);
            assert_int_equal(f->severity, cases[i].severity);
            assert_string_equal(f->link, "webhook");
            assert_non_null(strstr(f->cause, cases[i].cause));
        }
        findings_free(&all);
        world_free(&w);
    }
}

#define LEASE(holder, clock) \
    "{'kind':'Lease','metadata':{'name':'a3317529.agent-sandbox.x-k8s.io','namespace':'agent-sandbox-system'}," \
    "'spec':{'holderIdentity':'" holder \
    "','leaseDurationSeconds':15,'renewTime':" AT(clock) "}}"
/* a term of an hour: not lapsed, and yet nobody leads */
#define GHOST \
    "{'kind':'Lease','metadata':{'name':'a3317529.agent-sandbox.x-k8s.io','namespace':'agent-sandbox-system'}," \
    "'spec':{'holderIdentity':'agent-sandbox-controller-0_x'," \
    "'leaseDurationSeconds':3600,'renewTime':" AT("00:10") "}}"
#define CONTROLLER_POD(name) \
    "{'kind':'Pod','metadata':{'name':'" name "','namespace':'agent-sandbox-system','labels':{'app':'agent-sandbox-controller'}}," \
                                              "'spec':{},'status':{}}"

/* Rows 4 and 5: the lease and the controller's own figures decide. */
static void controller_silent(void **state)
{
    static const struct {
        const char *name, *lease, *pod;
        struct controller_metrics metrics;
        const char *rule;
        enum confidence confidence;
        const char *cause;
    } cases[] = {
        {"lapsed", LEASE("agent-sandbox-controller-1_x", "00:10"), CONTROLLER_POD("agent-sandbox-controller-1"), {.leader = -1},
            "controller-no-leader", CONFIDENCE_PROVED, "silent since"},
        {"a ghost", GHOST, CONTROLLER_POD("agent-sandbox-controller-1"), {.leader = -1}, "controller-no-leader", CONFIDENCE_PROVED,
            "no pod that is there"},
        {"says it does not lead", LEASE("agent-sandbox-controller-1_x", "00:58"), CONTROLLER_POD("agent-sandbox-controller-1"),
            {.read_ms = START_MS + 50000, .leader = 0},
         "controller-no-leader", CONFIDENCE_PROVED, "says that it does not"},
        {"a roll-out", LEASE("agent-sandbox-controller-0_x", "00:50"), CONTROLLER_POD("agent-sandbox-controller-1"), {.leader = -1},
            "controller-backlog", CONFIDENCE_POSSIBLE,
         "has not looked"},
        {"queue", LEASE("agent-sandbox-controller-1_x", "00:58"), CONTROLLER_POD("agent-sandbox-controller-1"),
         {.read_ms = START_MS + 50000, .leader = 1, .has = {[KIND_CLAIM] = true}, .depth = {[KIND_CLAIM] = 812},
             .workers = {[KIND_CLAIM] = 50}, .busy = {[KIND_CLAIM] = 50}},
         "controller-backlog", CONFIDENCE_PROVED, "812 claims wait in it, 50 of 50 workers are busy"},
        {"mute", LEASE("agent-sandbox-controller-1_x", "00:58"), CONTROLLER_POD("agent-sandbox-controller-1"),
            {.leader = -1, .tried_ms = START_MS + 50000, .error = "no answer"},
         "controller-backlog", CONFIDENCE_LIKELY, "it hangs"},
        {"no queue", LEASE("agent-sandbox-controller-1_x", "00:58"), CONTROLLER_POD("agent-sandbox-controller-1"),
            {.read_ms = START_MS + 50000, .leader = 1, .has = {[KIND_CLAIM] = true}},
         "controller-backlog", CONFIDENCE_POSSIBLE, "queue is empty"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w = world_new();
        struct report r;
        const char *objects[] = {CLAIM_UNSEEN, POOL, TEMPLATE, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS), cases[i].lease,
            cases[i].pod};
        for (size_t k = 0; k < sizeof objects / sizeof *objects; k++)
            world_apply(&w, objects[k]);
        w.facts.metrics = &cases[i].metrics;
        world_judge(&w, START_MS + 60000);
        report_make(w.diagnosis, world_claim(&w, "n", "c"), START_MS + 60000, &r);
        if (strcmp(r.findings.v[0].rule, cases[i].rule) != 0 || r.findings.v[0].confidence != cases[i].confidence ||
            !strstr(r.findings.v[0].cause, cases[i].cause))
            fail_msg("%s: %s, %s: %s", cases[i].name, r.findings.v[0].rule, confidence_name(r.findings.v[0].confidence),
                     r.findings.v[0].cause);
        report_free(&r);
        world_free(&w);
    }
}

/* A pool nobody claims from is told of too, once for all its members. */
static void pool_without_claims(void **state)
{
    struct world w = world_new();
    struct findings all;
    (void)state;
    world_apply(&w, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS));
    world_apply(&w, "{'kind':'SandboxWarmPool'," META("p") ",'spec':{'replicas':2,'sandboxTemplateRef':{'name':'t'}}}");
    world_apply(&w, TEMPLATE);
    for (int i = 0; i < 2; i++) {
        char *text = mem_printf("{'kind':'Sandbox','metadata':{'name':'p-%d','namespace':'n','creationTimestamp':" AT("00:01")
            ",'ownerReferences':[{'kind':'SandboxWarmPool',"
                                "'name':'p','uid':'1','controller':true}]},'spec':{},'status':{'conditions':[" CONDITION("Ready", "False",
                    "DependenciesNotReady", "", "00:01") "]}}", i);
        world_apply(&w, text);
        free(text);
        text = mem_printf("{'kind':'Pod','metadata':{'name':'p-%d','namespace':'n','creationTimestamp':" AT("00:01") "},'spec':{" ON_NODE
            "'containers':[{'name':'main','image':'registry/app:2'}]},"
                          "'status':{'phase':'Pending','conditions':[" UNREADY "],'containerStatuses':[{'name':'main',"
                                  "'image':'registry/app:2','restartCount':0,'state':{'waiting':{"
                          "'reason':'ErrImagePull','message':'not found'}}}]}}", i);
        world_apply(&w, text);
        free(text);
    }
    world_judge(&w, START_MS + 60000);
    const struct finding *f = cluster_finding(&w, 60, "image-pull", &all);
    assert_non_null(f);
    assert_int_equal(f->subject_kind, KIND_POOL);
    assert_string_equal(f->cause, "2 pool members wait: The image registry/app:2 cannot be pulled: not found.");
    assert_int_equal(all.n, 2);
    assert_string_equal(all.v[1].rule, "pool-short");
    assert_int_equal(all.v[1].row, 32);
    findings_free(&all);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row), cmocka_unit_test(touched_by_the_session), cmocka_unit_test(webhook),
            cmocka_unit_test(controller_silent), cmocka_unit_test(pool_without_claims),
    };
    return TESTS_MAIN(tests);
}
