/* What a session knows beside its store: a router's log, the controller's figures, the webhook's health, answers of on-demand reads. */
#include <stdio.h>

#include "core/base/mem.h"
#include "core/session/session_internal.h"
#include "core/session/session_logs.h"
#include "tests/unit/fake_transport.h"
#include "tests/unit/test.h"

#define NOW_MS INT64_C(1795423489000)
#define GROUP "extensions.agents.x-k8s.io"

struct world {
    struct clock_virtual clock;
    struct fake *fake;
    struct session *session;
};

static void open_world(struct world *w, const char *ns)
{
    clock_virtual_init(&w->clock, NOW_MS);
    w->fake = fake_new(&w->clock);
    struct session_config config = {.clock = &w->clock.clock, .transport = fake_transport(w->fake), .ns = ns, .context = "test",
        .server = "fake", .state_dir = ""};
    w->session = session_new(&config);
}

static void close_world(struct world *w)
{
    session_free(w->session);
}

static void put(struct world *w, enum kind kind, const char *quoted)
{
    char *text = mem_text(quoted);
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    assert_true(store_apply(w->session->store, kind, 0, json_whole(slice_of(text))));
    free(text);
}

static void judge(struct world *w)
{
    diagnosis_update(w->session->diagnosis, session_now(w->session));
    store_sweep(w->session->store);
}

/* --- routers ---------------------------------------------------------------------------------------------------------------------- */
static void lines(struct world *w, const char *name, const char *label)
{
    size_t n;
    char *bytes = fixture(name, &n);
    struct log_stream_row row = {.label = label, .ns = "default", .pod = "router-1"};
    struct log_entry entry = {.time_ms = NOW_MS};
    for (char *line = bytes, *end; line < bytes + n; line = end + 1) {
        end = memchr(line, '\n', n - (size_t)(line - bytes));
        end = end ? end : bytes + n;
        entry.text = (struct slice){line, (size_t)(end - line)};
        entry.time_ms++;
        router_log_take(w->session->router_log, &entry, &row);
    }
    free(bytes);
}

static const struct router_error *error_of(struct world *w, const char *ns, const char *sandbox)
{
    size_t n;
    const struct router_error *all = router_log_errors(w->session->router_log, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].ns, ns) == 0 && strcmp(all[i].sandbox, sandbox) == 0)
            return &all[i];
    return NULL;
}

static void go_router(void **state)
{
    struct world w;
    size_t n;
    (void)state;
    open_world(&w, NULL);
    lines(&w, "logs/go-router.log", "rtr");
    const struct router_error *e = error_of(&w, "default", "no-such");
    assert_non_null(e);
    assert_int_equal(e->trouble, ROUTER_NO_HOST);
    assert_false(e->python);
    assert_null(strstr(e->text, "stacktrace"));
    e = error_of(&w, "sc-image-missing", "claim-1");
    assert_non_null(e);
    assert_int_equal(e->count, 1);
    assert_null(error_of(&w, "default", "try-1"));         /* refused, no route, and then all went well */
    router_log_traffic(w.session->router_log, &n);
    assert_int_equal(n, 1);
    close_world(&w);
}

static void python_router(void **state)
{
    struct world w;
    size_t n;
    (void)state;
    open_world(&w, NULL);
    put(&w, KIND_SANDBOX, "{'metadata':{'name':'try-1','namespace':'team'},'status':{'podIPs':['10.88.1.5']}}");
    lines(&w, "logs/python-router.log", "rtr");
    const struct router_error *e = error_of(&w, "team", "try-1");
    assert_non_null(e);                                    /* its address tells whose sandbox it is */
    assert_int_equal(e->trouble, ROUTER_TIMEOUT);
    assert_int_equal(e->port, 8888);
    assert_true(e->python);
    assert_int_equal(e->count, 2);                         /* refused before */
    assert_true(e->good_ms > NOW_MS && e->good_ms < e->first_ms);
    assert_non_null(error_of(&w, "default", "try-1"));     /* the name of its host tells another */
    assert_int_equal(error_of(&w, "default", "try-1")->trouble, ROUTER_NO_HOST);
    const struct router_traffic *t = router_log_traffic(w.session->router_log, &n);
    assert_int_equal(n, 1);
    assert_int_equal(t->denied, 3);
    assert_true(t->failed >= 2 && t->last_failed_ms > t->last_denied_ms && !t->open);
    lines(&w, "logs/python-router-no-token.log", "rtr");
    t = router_log_traffic(w.session->router_log, &n);
    assert_non_null(strstr(t->start_word.text, "ROUTER_AUTH_TOKEN must be set"));
    close_world(&w);
}

static void hostile_lines(void **state)
{
    static const char *const texts[] = {
        "", "{", "{}", "{\"msg\":\"upstream connect failure\"}", "{\"msg\":\"upstream connect failure\",\"sandbox\":5,\"error\":[]}",
        "{\"msg\":\"upstream connect failure\",\"sandbox\":\"\",\"error\":\"dial tcp\"}", "{\"msg\":\"request\",\"status\":99999999999}",
        "Proxying request for sandbox '", "Proxying request for sandbox ''", "Proxying request for sandbox 'a' to URL:",
            "ERROR: Connection to sandbox at  failed. Error:",
        "ERROR: Connection to sandbox at http://a:1/x failed.", "An unexpected error occurred: ",
            "ERROR: Request to sandbox at timed out. Error:",
    };
    struct world w;
    struct log_stream_row row = {.label = "rtr", .ns = "default", .pod = "router-1"};
    size_t n;
    (void)state;
    open_world(&w, NULL);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        router_log_take(w.session->router_log, &(struct log_entry){.time_ms = NOW_MS, .text = slice_of(texts[i])}, &row);
    router_log_errors(w.session->router_log, &n);
    assert_int_equal(n, 0);
    for (int i = 0; i < 500; i++) {                        /* the newest are kept, and no more than there is room for */
        char text[200];
        snprintf(text, sizeof text, "{\"msg\":\"upstream connect failure\",\"sandbox\":\"s%d\",\"namespace\":\"n\",\"error\":\"dial tcp "
                                    "10.0.0.1:80: connect: connection refused\"}", i);
        router_log_take(w.session->router_log, &(struct log_entry){.time_ms = NOW_MS + i, .text = slice_of(text)}, &row);
    }
    router_log_errors(w.session->router_log, &n);
    assert_int_equal(n, 64);
    assert_non_null(error_of(&w, "n", "s499"));
    assert_null(error_of(&w, "n", "s400"));
    assert_int_equal(error_of(&w, "n", "s499")->port, 80);
    close_world(&w);
}

#define CONTROLLER \
    "{'metadata':{'name':'agent-sandbox-controller','namespace':'agent-sandbox-system'},'spec':{'replicas':1," \
    "'template':{'spec':{'containers':[{'name':'agent-sandbox-controller'}]}}}," \
    "'status':{'readyReplicas':1}}"

/* Without an event or a condition a pool's members come and go: its controller's log counts them. */
static void pool_members_given_up(void **state)
{
    struct world w;
    size_t n;
    (void)state;
    open_world(&w, NULL);
    char *bytes = fixture("logs/controller-stuck-pool.timestamps.log", &n);
    for (char *line = bytes, *end; line < bytes + n; line = end + 1) {
        end = memchr(line, '\n', n - (size_t)(line - bytes));
        end = end ? end : bytes + n;
        const char *text = memchr(line, ' ', (size_t)(end - line)); /* behind the stamp */
        if (text)
            ctl_log_take(w.session->ctl_log, &(struct log_entry){.time_ms = NOW_MS - 60000, .text = {text + 1, (size_t)(end - text - 1)}});
    }
    const struct pool_churn *all = ctl_log_churn(w.session->ctl_log, &n);
    assert_int_equal(n, 1);
    assert_string_equal(all[0].pool, "pool");
    assert_true(all[0].count >= 2 && all[0].last_ms == NOW_MS - 60000);
    clock_virtual_advance(&w.clock, 1800000);
    assert_int_equal(ctl_log_churn(w.session->ctl_log, &n)[0].count, 0);
    free(bytes);
    close_world(&w);
}

static void rights_that_it_lacks(void **state)
{
    static const char klog[] = "E1123 14:18:30.1 1 leaderelection.go:441] Failed to update lease: leases.coordination.k8s.io \"a\" is "
                               "forbidden: User "
                               "\"system:serviceaccount:agent-sandbox-system:agent-sandbox-controller\" cannot update resource \"leases\" "
                               "in API group";
    static const char quota[] = "{\"level\":\"error\",\"error\":\"pods \\\"c\\\" is forbidden: exceeded quota: small\"}";
    struct world w;
    struct findings all;
    (void)state;
    open_world(&w, NULL);
    put(&w, KIND_DEPLOYMENT, CONTROLLER);
    ctl_log_take(w.session->ctl_log, &(struct log_entry){.time_ms = NOW_MS - 5000, .text = slice_of(klog)});
    ctl_log_take(w.session->ctl_log, &(struct log_entry){.time_ms = NOW_MS - 4000, .text = slice_of(quota)});
    ctl_log_step(w.session->ctl_log);
    judge(&w);
    diagnose_cluster(w.session->diagnosis, NOW_MS, &all);
    size_t at = 0;
    while (at < all.n && strcmp(all.v[at].rule, "controller-rights") != 0)
        at++;
    assert_true(at < all.n);
    assert_string_equal(all.v[at].brief, "controller may not update leases");
    findings_free(&all);
    diagnose_cluster(w.session->diagnosis, NOW_MS + 90000, &all); /* not repeated: it is over */
    for (size_t i = 0; i < all.n; i++)
        assert_string_not_equal(all.v[i].rule, "controller-rights");
    findings_free(&all);
    close_world(&w);
}

/* --- the controller's figures ---------------------------------------------------------------------------------------------------- */
static void figures(void **state)
{
    struct world w;
    size_t n;
    (void)state;
    open_world(&w, NULL);
    put(&w, KIND_DEPLOYMENT, CONTROLLER);
    judge(&w);
    metrics_step(w.session->metrics);
    assert_null(fake_find(w.fake, "proxy/metrics"));       /* nobody asks */
    session_ask_metrics(w.session);
    assert_true(metrics_due(w.session->metrics) == 0);
    metrics_step(w.session->metrics);
    struct exchange *x = fake_find(w.fake,
                                   "GET /api/v1/namespaces/agent-sandbox-system/services/agent-sandbox-controller:8080/proxy/metrics");
    assert_non_null(x);
    char *body = fixture("wire/controller-metrics.txt", &n);
    fake_head(x, 200);
    fake_bytes_n(x, body, n, 777);
    fake_end(x, END_DONE, "");
    fake_step(w.fake);
    const struct controller_metrics *m = session_facts(w.session)->metrics;
    assert_true(m->read_ms == NOW_MS);
    assert_int_equal(m->leader, 1);
    assert_string_equal(m->version, "");
    assert_true(m->has[KIND_CLAIM] && m->depth[KIND_CLAIM] == 0 && m->workers[KIND_CLAIM] == 50 && m->workers[KIND_SANDBOX] == 100);
    assert_true(m->errors[KIND_SANDBOX] > 0 && m->errors_per_minute[KIND_SANDBOX] == 0);
    assert_true(m->startups == 12 && m->startup_p50_ms > 250 && m->startup_p50_ms < 500 && m->startup_p99_ms > 1000 &&
                m->startup_p99_ms <= 1500);
    /* The second reading tells how fast; and where the Service does not answer, a pod is asked. */
    clock_virtual_advance(&w.clock, 30000);
    metrics_step(w.session->metrics);
    x = fake_find(w.fake, "proxy/metrics");
    assert_non_null(x);
    fake_answer(x, 503, "no endpoints");
    fake_step(w.fake);
    assert_string_equal(m->error, "503 from the API server's proxy");
    put(&w, KIND_POD, "{'metadata':{'name':'ctl-1','namespace':'agent-sandbox-system','labels':{'app':'agent-sandbox-controller'}},"
                      "'status':{'conditions':[{'type':'Ready','status':'True'}]}}");
    metrics_step(w.session->metrics);
    x = fake_find(w.fake, "GET /api/v1/namespaces/agent-sandbox-system/pods/ctl-1:8080/proxy/metrics");
    assert_non_null(x);
    fake_answer(x, 200, "controller_runtime_reconcile_errors_total{controller=\"sandboxclaim\"} "
                        "1000\nworkqueue_depth{name=\"sandboxclaim\",priority=\"0\"} 3\n"
                        "workqueue_depth{name=\"sandboxclaim\",priority=\"1\"} 4\n");
    fake_step(w.fake);
    assert_true(m->errors_per_minute[KIND_CLAIM] > 1000 && m->depth[KIND_CLAIM] == 7 && m->leader == -1 && m->error[0] == '\0');
    free(body);
    close_world(&w);
}

/* A claim that nobody has seen asks for them by itself. */
static void figures_for_the_unseen(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, NULL);
    put(&w, KIND_DEPLOYMENT, "{'metadata':{'name':'agent-sandbox-controller','namespace':'agent-sandbox-system'},'spec':{'replicas':1,"
                             "'template':{'spec':{'containers':[{'name':"
                             "'agent-sandbox-controller','args':['--extensions','--leader-elect']}]}}},'status':{'readyReplicas':1}}");
    put(&w, KIND_CLAIM, "{'metadata':{'name':'c','namespace':'n','creationTimestamp':'2026-11-23T08:00:00Z'},"
                        "'spec':{'warmPoolRef':{'name':'p'}}}");
    judge(&w);
    metrics_step(w.session->metrics);
    demands_step(w.session->demands);
    assert_non_null(fake_find(w.fake, "proxy/metrics"));
    assert_non_null(fake_find(w.fake, "/leases/a3317529.agent-sandbox.x-k8s.io"));
    assert_true(session_asking(w.session));
    close_world(&w);
}

/* --- reads on demand ------------------------------------------------------------------------------------------------------------- */
static void answers_of_reads(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, NULL);
    put(&w, KIND_CLAIM, "{'metadata':{'name':'c','namespace':'n','creationTimestamp':'2026-11-23T08:44:00Z'},"
                        "'spec':{'warmPoolRef':{'name':'p'}},'status':{'sandbox':{'name':'c'},"
                        "'conditions':[{'type':'Ready','status':'False','reason':'DependenciesNotReady',"
                        "'lastTransitionTime':'2026-11-23T08:44:00Z'}]}}");
    put(&w, KIND_SANDBOX, "{'metadata':{'name':'c','namespace':'n'}}");
    put(&w, KIND_POD, "{'metadata':{'name':'c','namespace':'n'},'spec':{'volumes':[{'name':'d',"
                      "'persistentVolumeClaim':{'claimName':'data'}}]},'status':{'phase':'Pending','conditions':["
                      "{'type':'PodScheduled','status':'False','reason':'Unschedulable','message':'0/1 nodes are available: pod has "
                      "unbound immediate PersistentVolumeClaims.'}]}}");
    judge(&w);
    demands_step(w.session->demands);
    const struct object *claim = store_find(w.session->store, KIND_CLAIM, SLICE("n"), SLICE("c"));
    const struct diagnosis *d = w.session->diagnosis;
    assert_string_equal(diagnosis_verdict(d, claim)->brief, "volume claim data is not bound");
    struct exchange *x = fake_find(w.fake, "/api/v1/namespaces/n/persistentvolumeclaims/data");
    assert_non_null(x);
    fake_answer(x, 404, "{}");
    fake_step(w.fake);
    judge(&w);                                             /* nothing but the answer has changed */
    assert_string_equal(diagnosis_verdict(d, claim)->brief, "volume claim data not found");
    assert_int_equal(diagnosis_verdict(d, claim)->state, CLAIM_STUCK);
    clock_virtual_advance(&w.clock, 15000);
    demands_step(w.session->demands);
    x = fake_find(w.fake, "persistentvolumeclaims/data");
    assert_non_null(x);
    fake_answer(x, 200, "{\"metadata\":{\"name\":\"data\",\"namespace\":\"n\"},\"spec\":{\"storageClassName\":\"fast\"},"
                        "\"status\":{\"phase\":\"Pending\"}}");
    fake_step(w.fake);
    judge(&w);
    assert_string_equal(diagnosis_verdict(d, claim)->brief, "volume claim data is not bound");
    demands_step(w.session->demands);
    x = fake_find(w.fake, "/storageclasses/fast");
    assert_non_null(x);
    fake_answer(x, 403, "{}");                             /* who may not look knows nothing */
    fake_step(w.fake);
    judge(&w);
    assert_string_equal(diagnosis_verdict(d, claim)->brief, "volume claim data is not bound");
    clock_virtual_advance(&w.clock, 15000);
    demands_step(w.session->demands);
    assert_null(fake_find(w.fake, "/storageclasses/fast")); /* and is not asked again soon */
    clock_virtual_advance(&w.clock, 45000);
    demands_step(w.session->demands);
    fake_answer(fake_find(w.fake, "/storageclasses/fast"), 404, "{}");
    fake_step(w.fake);
    judge(&w);
    assert_string_equal(diagnosis_verdict(d, claim)->brief, "StorageClass fast not found");
    close_world(&w);
}

static void namespace_that_is_not_there(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "typo");
    w.session->facts.discovered = true;
    judge(&w);
    demands_step(w.session->demands);
    struct exchange *x = fake_find(w.fake, "GET /api/v1/namespaces/typo");
    assert_non_null(x);
    fake_answer(x, 404, "{}");
    fake_step(w.fake);
    assert_int_equal(answers_get(session_facts(w.session)->answers, KIND_NAMESPACE, "", "typo", NULL), ANSWER_MISSING);
    close_world(&w);
}

/* --- the webhook ------------------------------------------------------------------------------------------------------------------ */
static void conversion(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, NULL);
    w.session->versions[KIND_CLAIM] = "v1beta1";
    conversion_step(w.session->conversion);
    assert_null(fake_find(w.fake, "v1alpha1"));            /* whether anything converts is not known */
    put(&w, KIND_CRD, "{'metadata':{'name':'sandboxclaims." GROUP "'},'spec':{'conversion':{'strategy':'Webhook',"
                                                                  "'webhook':{'clientConfig':{'service':{'name':'hook',"
                                                                  "'namespace':'sys'}}}},"
                      "'versions':[{'name':'v1beta1','served':true},{'name':'v1alpha1','served':true}]}}");
    conversion_step(w.session->conversion);
    struct exchange *x = fake_find(w.fake, "/v1alpha1/sandboxclaims?limit=1");
    assert_non_null(x);
    size_t n;
    char *body = fixture("wire/v1alpha1-webhook-down.json", &n);
    body[strcspn(body, "\n")] = '\0';                   /* curl's own words follow */
    fake_answer(x, 500, body);
    fake_step(w.fake);
    const struct conversion_fact *fact = session_facts(w.session)->conversion;
    assert_true(fact->failing);
    assert_non_null(strstr(fact->text, "connection refused"));
    conversion_step(w.session->conversion);
    assert_null(fake_find(w.fake, "/v1alpha1/"));
    clock_virtual_advance(&w.clock, 60000);
    conversion_step(w.session->conversion);
    fake_answer(fake_find(w.fake, "/v1alpha1/"), 500, "{\"message\":\"etcd is slow\"}"); /* another trouble says nothing about it */
    fake_step(w.fake);
    assert_true(fact->failing);
    clock_virtual_advance(&w.clock, 60000);
    conversion_step(w.session->conversion);
    fake_answer(fake_find(w.fake, "/v1alpha1/"), 200, "{\"items\":[]}");
    fake_step(w.fake);
    assert_false(fact->failing);
    free(body);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(go_router), cmocka_unit_test(python_router), cmocka_unit_test(hostile_lines),
            cmocka_unit_test(pool_members_given_up), cmocka_unit_test(rights_that_it_lacks),
        cmocka_unit_test(figures), cmocka_unit_test(figures_for_the_unseen),
        cmocka_unit_test(answers_of_reads), cmocka_unit_test(namespace_that_is_not_there), cmocka_unit_test(conversion),
    };
    return TESTS_MAIN(tests);
}
