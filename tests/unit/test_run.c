/* The machine against a server whose every answer the test gives: each stage, each failure, a cancel at each stage, and that a command goes
 * out once. */
#include "tests/unit/test.h"

#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/run/leftovers.h"
#include "core/run/run.h"
#include "tests/unit/fake_transport.h"

#define CLAIMS "/apis/extensions.agents.x-k8s.io/v1beta1/namespaces/ns/sandboxclaims"
#define POOLS "/apis/extensions.agents.x-k8s.io/v1beta1/namespaces/ns/sandboxwarmpools"
#define TEMPLATES "/apis/extensions.agents.x-k8s.io/v1beta1/namespaces/ns/sandboxtemplates"
#define BOXES "/apis/agents.x-k8s.io/v1beta1/namespaces/ns/sandboxes"
#define PODS "/api/v1/namespaces/ns/pods"
#define SERVICES "GET /api/v1/services?"
#define EXECUTE "/proxy/execute"
#define STATUS(code, reason, message) "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"" reason "\",\"message\":\"" message "\",\"code\":" #code "}"

/* The fake, with what was asked written down: its own record knows neither bodies nor headers. */
struct asked {
    char *line, *body, *headers, *origin;
};
struct world {
    struct transport transport;      /* first */
    struct clock_virtual clock;
    struct fake *fake;
    struct transport *inner;
    struct transport_ops ops;
    struct asked asked[200];
    size_t n;
    struct run *run;
    bool watched;                    /* the claim's watch has had its head */
};

static struct exchange *note(struct transport *t, const struct request *r, const struct response_ops *ops, void *ctx)
{
    struct world *w = (struct world *)(void *)t;
    struct buf headers = {0};

    assert_true(w->n < sizeof w->asked / sizeof *w->asked);
    for (const struct header *h = r->headers; h && h->name; h++)
        buf_printf(&headers, "%s: %s\n", h->name, h->value);
    w->asked[w->n++] = (struct asked){mem_printf("%s %s", r->method, r->path), slice_dup(r->body), buf_take(&headers), mem_text(r->origin)};
    return transport_request(w->inner, r, ops, ctx);
}

static void cancel(struct transport *t, struct exchange *x)
{
    transport_cancel(((struct world *)(void *)t)->inner, x);
}

static int setup(void **state)
{
    struct world *w = NEW(struct world);

    clock_virtual_init(&w->clock, 1795422000000);
    w->fake = fake_new(&w->clock);
    w->inner = fake_transport(w->fake);
    w->ops = *w->inner->ops;
    w->ops.request = note;
    w->ops.cancel = cancel;
    w->transport.ops = &w->ops;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    run_free(w->run);
    transport_free(w->inner);
    for (size_t i = 0; i < w->n; i++) {
        free(w->asked[i].line);
        free(w->asked[i].body);
        free(w->asked[i].headers);
        free(w->asked[i].origin);
    }
    free(w);
    return 0;
}

static void step(struct world *w)
{
    for (int i = 0; i < 3; i++) {
        fake_step(w->fake);
        run_step(w->run);
    }
}

static void pass(struct world *w, int64_t ms)
{
    clock_virtual_advance(&w->clock, ms);
    step(w);
}

static size_t count(const struct world *w, const char *part)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++)
        n += strstr(w->asked[i].line, part) != NULL;
    return n;
}

static const struct asked *asked(const struct world *w, const char *part)
{
    for (size_t i = w->n; i-- > 0;)
        if (strstr(w->asked[i].line, part))
            return &w->asked[i];
    fail_msg("%s was not asked", part);
    return NULL;
}

static struct exchange *open_one(struct world *w, const char *part)
{
    struct exchange *x = fake_find(w->fake, part);

    if (!x)
        fail_msg("no %s is open", part);
    return x;
}

static void answer(struct world *w, const char *part, int status, const char *body)
{
    fake_answer(open_one(w, part), status, body);
    step(w);
}

/* One line of a watch; it stays open. */
static void tell(struct world *w, const char *part, const char *type, const char *object)
{
    struct exchange *x = open_one(w, part);
    char *line = mem_printf("{\"type\":\"%s\",\"object\":%s}\n", type, object);

    fake_head(x, 200);
    w->watched |= strstr(part, "sandboxclaims?watch") != NULL;
    fake_bytes(x, line);
    free(line);
    step(w);
}

/* The head of a watch comes once. */
static void tell_more(struct world *w, const char *part, const char *type, const char *object)
{
    char *line = mem_printf("{\"type\":\"%s\",\"object\":%s}\n", type, object);

    fake_bytes(open_one(w, part), line);
    free(line);
    step(w);
}

static void start(struct world *w, struct run_config config)
{
    config.transport = &w->transport;
    config.clock = &w->clock.clock;
    config.ns = "ns";
    config.claim_name = "sandtop-abcde";
    config.command = config.command ? config.command : "echo hi";
    w->run = run_new(&config);
    step(w);
}

static const struct run_view *view(struct world *w)
{
    return run_view(w->run);
}

static void expect_stage(struct world *w, enum run_stage_id id, enum run_stage_state state)
{
    if (view(w)->stages[id].state != state)
        fail_msg("stage %s is %d (%s), failure: %s", view(w)->stages[id].word, view(w)->stages[id].state, view(w)->stages[id].detail,
                 view(w)->failure);
}

/* ---- a warm run, piece by piece ------------------------------------------------------------------------------------------------------ */

#define POOL "{\"metadata\":{\"name\":\"pool\"},\"spec\":{\"replicas\":1,\"sandboxTemplateRef\":{\"name\":\"tpl\"}},\"status\":{\"readyReplicas\":1}}"
#define COLD_POOL "{\"metadata\":{\"name\":\"pool\"},\"spec\":{\"replicas\":0,\"sandboxTemplateRef\":{\"name\":\"tpl\"}},\"status\":{}}"
#define META "\"metadata\":{\"name\":\"sandtop-abcde\",\"uid\":\"u1\",\"resourceVersion\":\"100\"}"
#define CLAIM "{" META ",\"spec\":{\"warmPoolRef\":{\"name\":\"pool\"}}}"
#define READY_CLAIM "{\"metadata\":{\"name\":\"sandtop-abcde\",\"uid\":\"u1\",\"resourceVersion\":\"101\"},\"status\":{\"sandbox\":{\"name\":\"box\"," \
    "\"podIPs\":[\"10.0.0.7\"]},\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"DependenciesReady\"}]}}"
#define UNREADY(reason, message) "{\"metadata\":{\"name\":\"sandtop-abcde\",\"uid\":\"u1\",\"resourceVersion\":\"101\"},\"status\":{\"conditions\":[" \
    "{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"" reason "\",\"message\":\"" message "\"}]}}"
#define SERVICE_LIST "{\"items\":[{\"metadata\":{\"name\":\"sandbox-router-svc\",\"namespace\":\"default\"},\"spec\":{\"selector\":{\"app\":\"r\"}," \
    "\"ports\":[{\"port\":8080}]}}]}"
#define BOX(ports) "{\"metadata\":{\"name\":\"box\",\"uid\":\"u2\",\"resourceVersion\":\"90\",\"annotations\":{\"agents.x-k8s.io/pod-name\":\"box-pod\"}}," \
    "\"spec\":{\"podTemplate\":{\"spec\":{\"containers\":[{\"image\":\"local/py:1\",\"ports\":[{\"containerPort\":" ports "}]}]}}}}"
#define POD_META(rest) "{\"metadata\":{\"name\":\"box-pod\",\"uid\":\"u3\",\"resourceVersion\":\"91\"" rest "}"
#define POD POD_META("") "}"
#define ANSWER "{\"stdout\":\"out\\n\",\"stderr\":\"err\\n\",\"exit_code\":3}"

static void until_claim(struct world *w)
{
    start(w, (struct run_config){.target = RUN_POOL, .name = "pool"});
    answer(w, "GET " POOLS "/pool", 200, POOL);
}

static void until_wait(struct world *w)
{
    until_claim(w);
    answer(w, "POST " CLAIMS, 201, CLAIM);
}

static void until_command(struct world *w)
{
    until_wait(w);
    answer(w, SERVICES, 200, SERVICE_LIST);
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", READY_CLAIM);
}

static void until_exit(struct world *w)
{
    until_command(w);
    answer(w, "GET " BOXES "/box", 200, BOX("8888"));
    answer(w, "GET " PODS "/box-pod", 200, POD);
    answer(w, EXECUTE, 200, ANSWER);
}

static void expect_over(struct world *w, enum run_outcome outcome, const char *failure)
{
    if (view(w)->state != RUN_OVER || view(w)->outcome != outcome || !strstr(view(w)->failure, failure))
        fail_msg("state %d, outcome %d, failure \"%s\", left \"%s\"", view(w)->state, view(w)->outcome, view(w)->failure, view(w)->left);
    assert_int_equal(run_due(w->run), -1);
    assert_int_equal(fake_open(w->fake), 0);
}

/* The removal as it goes when all goes well, from wherever the run is. */
static void remove_all(struct world *w)
{
    assert_int_equal(view(w)->state, RUN_REMOVING);
    answer(w, "DELETE " CLAIMS "/sandtop-abcde", 200, "{\"kind\":\"Status\",\"status\":\"Success\"}");
    if (fake_find(w->fake, "GET " CLAIMS "?watch"))
        (w->watched ? tell_more : tell)(w, "GET " CLAIMS "?watch", "DELETED", READY_CLAIM);
    if (fake_find(w->fake, "GET " BOXES "?labelSelector"))
        answer(w, "GET " BOXES "?labelSelector", 200, "{\"items\":[]}");
    if (fake_find(w->fake, "GET " BOXES "?watch"))
        tell(w, "GET " BOXES "?watch", "DELETED", BOX("8888"));
    else if (fake_find(w->fake, "GET " BOXES "/box"))
        answer(w, "GET " BOXES "/box", 404, STATUS(404, "NotFound", "gone"));
    if (fake_find(w->fake, "GET " PODS "?watch"))
        tell(w, "GET " PODS "?watch", "DELETED", POD);
    else if (fake_find(w->fake, "GET " PODS))
        answer(w, "GET " PODS, 404, STATUS(404, "NotFound", "gone"));
}

static void warm(void **state)
{
    struct world *w = *state;
    char bytes[16];

    until_claim(w);
    assert_true(view(w)->warm);
    assert_int_equal(count(w, "dryRun"), 0);           /* a pool with a ready member needs no trial */
    const char *body = asked(w, "POST " CLAIMS)->body;
    assert_non_null(strstr(body, "\"name\":\"sandtop-abcde\""));
    assert_non_null(strstr(body, "\"app.kubernetes.io/created-by\":\"sandtop\""));
    assert_non_null(strstr(body, "\"warmPoolRef\":{\"name\":\"pool\"}"));
    assert_non_null(strstr(body, "\"shutdownPolicy\":\"Delete\""));
    char stamp[32];
    assert_non_null(strstr(body, time_rfc3339(1795422000000 + 300000, stamp))); /* 180 s and 120 s more */
    answer(w, "POST " CLAIMS, 201, CLAIM);
    expect_stage(w, RUN_STAGE_CLAIM, RUN_STAGE_DONE);
    assert_non_null(strstr(asked(w, "?watch")->line, "fieldSelector=metadata.name%3Dsandtop-abcde&resourceVersion=100"));
    answer(w, SERVICES, 200, SERVICE_LIST);
    expect_stage(w, RUN_STAGE_SANDBOX, RUN_STAGE_ACTIVE);
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", READY_CLAIM);
    expect_stage(w, RUN_STAGE_READY, RUN_STAGE_DONE);
    expect_stage(w, RUN_STAGE_COMMAND, RUN_STAGE_ACTIVE);
    const struct asked *post = asked(w, EXECUTE);
    assert_string_equal(post->line, "POST /api/v1/namespaces/default/services/http%3Asandbox-router-svc%3A8080/proxy/execute");
    assert_string_equal(post->body, "{\"command\":\"echo hi\"}");
    assert_non_null(strstr(post->headers, "X-Sandbox-ID: box\n"));
    assert_non_null(strstr(post->headers, "X-Sandbox-Namespace: ns\n"));
    assert_non_null(strstr(post->headers, "X-Sandbox-Port: 8888\n"));
    assert_non_null(strstr(post->headers, "X-Sandbox-Pod-IP: 10.0.0.7\n"));
    assert_null(strstr(post->headers, "Authorization"));
    answer(w, "GET " BOXES "/box", 200, BOX("8888"));
    answer(w, "GET " PODS "/box-pod", 200, POD);
    pass(w, 40);
    answer(w, EXECUTE, 200, ANSWER);
    const struct run_result *result = &view(w)->results[0];
    assert_true(result->exited);
    assert_int_equal(result->exit_code, 3);
    assert_string_equal(result->exit_name, "3");
    assert_int_equal(result->way, RUN_WAY_SERVICE);
    assert_int_equal(run_output_read(result->out, 0, bytes, sizeof bytes), 4);
    assert_memory_equal(bytes, "out\n", 4);
    assert_int_equal(run_output_read(result->err, 0, bytes, sizeof bytes), 4);
    assert_int_equal(view(w)->total_ms, 40);
    assert_string_equal(view(w)->image, "local/py:1");
    assert_string_equal(view(w)->pod, "box-pod");
    remove_all(w);
    expect_over(w, RUN_EXITED, "");
    expect_stage(w, RUN_STAGE_REMOVED, RUN_STAGE_DONE);
    assert_string_equal(view(w)->left, "");
    assert_int_equal(count(w, EXECUTE), 1);
}

/* ---- the ways
 * ---------------------------------------------------------------------------------------------------------------------------- */

/* Whatever breaks once the command may have been received: it is not sent again, by no way. */
static void never_twice(void **state)
{
    struct world *w = *state;
    static const struct {
        enum end_reason reason;
        int status;
        const char *body;
    } ends[] = {
        {END_CUT, 0, ""}, {END_CUT, 200, "{\"stdout\":\"par"}, {END_TIMEOUT, 0, ""}, {END_PROTOCOL, 0, ""}, {END_DONE, 200, "<html>"},
            {END_DONE, 200, ""},
        {END_DONE, 502, "{\"detail\":\"Could not connect to the backend sandbox: box\"}"}, {END_DONE, 504, "{\"detail\":\"Timed out\"}"},
        {END_DONE, 500, "{\"detail\":\"An internal error occurred in the proxy.\"}"}, {END_DONE, 500, STATUS(500, "InternalError", "boom")},
        {END_DONE, 503, STATUS(503, "ServiceUnavailable", "error trying to reach service: EOF")}, {END_DONE, 429, "slow down"},
    };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        until_command(w);
        struct exchange *x = open_one(w, EXECUTE);
        if (ends[i].status) {
            fake_head(x, ends[i].status);
            fake_bytes(x, ends[i].body);
        }
        fake_end(x, ends[i].reason, "it broke");
        step(w);
        pass(w, 3000);               /* the aftermath */
        assert_int_equal(view(w)->outcome, RUN_FAILED);
        if (!strstr(view(w)->failure, "not sent again"))
            fail_msg("case %zu: %s", i, view(w)->failure);
        for (int k = 0; k < 40; k++)
            pass(w, 2000);
        if (count(w, EXECUTE) != 1 || count(w, "exec?") != 0)
            fail_msg("case %zu: it went out again", i);
        assert_int_equal(view(w)->state, RUN_OVER);
        assert_non_null(strstr(view(w)->left, "claim sandtop-abcde"));
        run_free(w->run);
        w->run = NULL;
        transport_free(w->inner);
        w->fake = fake_new(&w->clock);
        w->inner = fake_transport(w->fake);
        for (size_t k = 0; k < w->n; k++) {
            free(w->asked[k].line);
            free(w->asked[k].body);
            free(w->asked[k].headers);
            free(w->asked[k].origin);
        }
        w->n = 0;
    }
}

/* A refusal that proves that nobody received it gives way to the next; here there is none, as this transport has no tunnels. */
static void gives_way(void **state)
{
    struct world *w = *state;

    until_command(w);
    answer(w, EXECUTE, 503, STATUS(503, "ServiceUnavailable", "no endpoints available for service \\\"sandbox-router-svc:8080\\\""));
    answer(w, "GET " BOXES "/box", 200, BOX("8888"));
    assert_non_null(strstr(view(w)->note, "no endpoints available"));
    assert_non_null(strstr(view(w)->failure, "pods/exec"));
    assert_false(view(w)->results[0].sent_once);
    assert_int_equal(view(w)->results[0].way, RUN_WAY_EXEC);
}

static void two_routers(void **state)
{
    struct world *w = *state;

    until_wait(w);
    answer(w, SERVICES, 200, "{\"items\":[{\"metadata\":{\"name\":\"sandbox-router-svc\",\"namespace\":\"default\"},\"spec\":{}},"
                             "{\"metadata\":{\"name\":\"sandbox-router-svc\",\"namespace\":\"agent-sandbox-system\"},\"spec\":{\"ports\":[{\"port\":9000}]}}]}");
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", READY_CLAIM);
    assert_non_null(strstr(asked(w, EXECUTE)->line, "agent-sandbox-system/services/http%3Asandbox-router-svc%3A9000"));
    answer(w, EXECUTE, 404, STATUS(404, "NotFound", "services \\\"sandbox-router-svc\\\" not found"));
    assert_non_null(strstr(asked(w, EXECUTE)->line, "namespaces/default/services/http%3Asandbox-router-svc%3A8080"));
    assert_int_equal(count(w, EXECUTE), 2);
    answer(w, EXECUTE, 200, ANSWER);
    assert_int_equal(view(w)->outcome, RUN_EXITED);
}

static void services_forbidden(void **state)
{
    struct world *w = *state;

    until_wait(w);
    answer(w, SERVICES, 403, STATUS(403, "Forbidden",
                                    "services is forbidden: User \\\"u\\\" cannot list resource \\\"services\\\" in API group \\\"\\\" at the cluster scope"));
    answer(w, "GET /api/v1/namespaces/ns/services/", 404, STATUS(404, "NotFound", "no"));
    answer(w, "GET /api/v1/namespaces/agent-sandbox-system/services/", 404, STATUS(404, "NotFound", "no"));
    answer(w, "GET /api/v1/namespaces/default/services/", 403, STATUS(403, "Forbidden", "no"));
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", READY_CLAIM);
    assert_non_null(strstr(asked(w, EXECUTE)->line, "namespaces/default/services/"));
    answer(w, EXECUTE, 403, STATUS(403, "Forbidden",
                                   "services \\\"x\\\" is forbidden: User \\\"u\\\" cannot create resource \\\"services/proxy\\\" in API group \\\"\\\" in the namespace \\\"default\\\""));
    assert_string_equal(view(w)->permission, "create services/proxy in namespace default");
}

static void router_url(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool", .router_url = "https://router.example", .token = "s3cret"});
    assert_int_equal(count(w, "services"), 0);
    answer(w, "GET " POOLS "/pool", 200, POOL);
    answer(w, "POST " CLAIMS, 201, CLAIM);
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", READY_CLAIM);
    const struct asked *post = asked(w, "POST /execute");
    assert_string_equal(post->origin, "https://router.example");
    assert_non_null(strstr(post->headers, "Authorization: Bearer s3cret\n"));
    answer(w, "POST /execute", 401, "{\"detail\":\"Invalid token.\"}");
    assert_non_null(strstr(view(w)->failure, "not the right one"));
    assert_null(strstr(view(w)->failure, "s3cret"));
    assert_int_equal(count(w, "POST /execute"), 1);
}

/* A token is never sent where it would be stripped, nor to the API server. */
static void token_wants_a_forward(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool", .token = "s3cret"});
    answer(w, SERVICES, 200, SERVICE_LIST);
    answer(w, "GET " POOLS "/pool", 200, POOL);
    answer(w, "POST " CLAIMS, 201, CLAIM);
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", READY_CLAIM);
    assert_int_equal(count(w, EXECUTE), 0);
    answer(w, "GET /api/v1/namespaces/default/pods?labelSelector=app%3Dr", 200,
           "{\"items\":[{\"metadata\":{\"name\":\"r1\"},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\"}]}},"
           "{\"metadata\":{\"name\":\"r2\"},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}]}");
    assert_non_null(strstr(view(w)->note, "no tunnels"));
    for (size_t i = 0; i < w->n; i++)
        assert_null(strstr(w->asked[i].headers, "s3cret"));
}

/* ---- before the command -------------------------------------------------------------------------------------------------------------- */

static void cold(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool"});
    answer(w, "GET " POOLS "/pool", 200, COLD_POOL);
    answer(w, "GET " TEMPLATES "/tpl", 200,
           "{\"spec\":{\"podTemplate\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"volumes\":[{\"name\":\"v\"}],"
           "\"containers\":[{\"image\":\"local/py:1\"}]}},\"volumeClaimTemplates\":[{\"metadata\":{\"name\":\"data\"}}]}}");
    assert_int_equal(count(w, "POST " CLAIMS), 0);
    const char *pod = asked(w, "POST " PODS "?dryRun=All")->body;
    assert_non_null(strstr(pod, "\"labels\":{\"a\":\"b\"}"));
    assert_non_null(strstr(pod, "\"volumes\":[{\"name\":\"v\"},{\"name\":\"data\",\"persistentVolumeClaim\":{\"claimName\":\"data\"}}]"));
    answer(w, "POST " PODS, 201, "{}");
    assert_int_equal(count(w, "POST " CLAIMS), 1);
    assert_false(view(w)->warm);
    answer(w, "POST " CLAIMS, 201, CLAIM);
    tell(w, "GET " CLAIMS "?watch", "MODIFIED",
         "{\"metadata\":{\"uid\":\"u1\",\"resourceVersion\":\"101\"},\"status\":{\"sandbox\":{\"name\":\"box\"},"
         "\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"DependenciesNotReady\",\"message\":\"Pod exists with phase: Pending\"}]}}");
    expect_stage(w, RUN_STAGE_READY, RUN_STAGE_ACTIVE);
    assert_non_null(strstr(view(w)->stages[RUN_STAGE_READY].detail, "phase: Pending"));
    answer(w, "GET " BOXES "/box", 200, BOX("8888"));
    answer(w, "GET " PODS "/box-pod", 200,
           POD_META("") ",\"status\":{\"containerStatuses\":[{\"state\":{\"waiting\":{\"reason\":\"ImagePullBackOff\","
           "\"message\":\"Back-off pulling\"}}}]}}");
    assert_non_null(strstr(view(w)->stages[RUN_STAGE_READY].detail, "pod: ImagePullBackOff: Back-off pulling"));
    pass(w, 11000);
    assert_int_equal(view(w)->state, RUN_WORKING);
    pass(w, 2000);                   /* hopeless by now */
    assert_int_equal(view(w)->outcome, RUN_FAILED);
    assert_non_null(strstr(view(w)->failure, "ImagePullBackOff"));
    assert_int_equal(view(w)->stage, RUN_STAGE_READY);
    remove_all(w);
    expect_over(w, RUN_FAILED, "ImagePullBackOff");
    assert_non_null(strstr(view(w)->pod_json, "ImagePullBackOff")); /* kept */
}

static void dry_run_refuses(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool"});
    answer(w, "GET " POOLS "/pool", 200, COLD_POOL);
    answer(w, "GET " TEMPLATES "/tpl", 200, "{\"spec\":{\"podTemplate\":{\"spec\":{\"containers\":[]}}}}");
    answer(w, "POST " PODS, 403, STATUS(403, "Forbidden", "pods \\\"x\\\" is forbidden: exceeded quota: small"));
    expect_over(w, RUN_FAILED, "exceeded quota: small");
    assert_int_equal(count(w, "POST " CLAIMS), 0);
    assert_string_equal(view(w)->permission, "");
}

/* To try pods is a courtesy: who may not create them can still make a claim. */
static void dry_run_forbidden(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool"});
    answer(w, "GET " POOLS "/pool", 200, COLD_POOL);
    answer(w, "GET " TEMPLATES "/tpl", 200, "{\"spec\":{\"podTemplate\":{\"spec\":{\"containers\":[]}}}}");
    answer(w, "POST " PODS, 403, STATUS(403, "Forbidden",
                                        "pods is forbidden: User \\\"u\\\" cannot create resource \\\"pods\\\" in API group \\\"\\\" in the namespace \\\"ns\\\""));
    assert_int_equal(count(w, "POST " CLAIMS), 1);
    assert_non_null(strstr(view(w)->stages[RUN_STAGE_PLAN].detail, "create pods in namespace ns"));
}

static void template_choice(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_TEMPLATE, .name = "tpl"});
    answer(w, "GET " POOLS, 200, "{\"items\":[{\"metadata\":{\"name\":\"other\"},\"spec\":{\"sandboxTemplateRef\":{\"name\":\"x\"}},\"status\":{\"readyReplicas\":9}},"
           "{\"metadata\":{\"name\":\"none\"},\"spec\":{\"sandboxTemplateRef\":{\"name\":\"tpl\"}}},"
           "{\"metadata\":{\"name\":\"warm\"},\"spec\":{\"replicas\":2,\"sandboxTemplateRef\":{\"name\":\"tpl\"}},\"status\":{\"readyReplicas\":2}}]}");
    assert_string_equal(view(w)->pool, "warm");
    assert_non_null(strstr(asked(w, "POST " CLAIMS)->body, "\"warmPoolRef\":{\"name\":\"warm\"}"));
}

static void pool_is_made_and_removed(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_TEMPLATE, .name = "tpl"});
    answer(w, "GET " POOLS, 200, "{\"items\":[]}");
    assert_non_null(strstr(asked(w, "POST " POOLS)->body, "\"replicas\":0,\"sandboxTemplateRef\":{\"name\":\"tpl\"}"));
    assert_non_null(strstr(asked(w, "POST " POOLS)->body, "\"app.kubernetes.io/created-by\":\"sandtop\""));
    answer(w, "POST " POOLS, 201, COLD_POOL);
    assert_true(view(w)->made_pool);
    assert_non_null(strstr(view(w)->stages[RUN_STAGE_PLAN].detail, "made for this run"));
    answer(w, "GET " TEMPLATES "/tpl", 404, STATUS(404, "NotFound", "no"));
    assert_non_null(strstr(view(w)->failure, "template tpl does not exist"));
    assert_int_equal(view(w)->state, RUN_REMOVING);
    answer(w, "DELETE " POOLS "/sandtop-abcde", 200, "{}");
    expect_over(w, RUN_FAILED, "template tpl");
    assert_string_equal(view(w)->left, "");
}

static void old_api(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_TEMPLATE, .name = "tpl"});
    answer(w, "GET " POOLS, 404, "404 page not found\n");
    answer(w, "GET /apis/extensions.agents.x-k8s.io/v1alpha1/namespaces/ns/sandboxtemplates/tpl", 200, "{\"spec\":{}}");
    const struct asked *post = asked(w, "POST /apis/extensions.agents.x-k8s.io/v1alpha1/namespaces/ns/sandboxclaims");
    assert_non_null(strstr(post->body, "\"sandboxTemplateRef\":{\"name\":\"tpl\"}"));
    assert_non_null(strstr(post->body, "\"apiVersion\":\"extensions.agents.x-k8s.io/v1alpha1\""));
    assert_non_null(strstr(post->body, "\"shutdownPolicy\":\"Delete\""));
    assert_null(strstr(post->body, "warmpool"));
    answer(w, "POST /apis", 201, CLAIM);
    answer(w, SERVICES, 200, SERVICE_LIST);
    tell(w, "v1alpha1/namespaces/ns/sandboxclaims?watch", "MODIFIED",
         "{\"metadata\":{\"uid\":\"u1\"},\"status\":{\"sandbox\":{\"Name\":\"box\"},"
         "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
    assert_non_null(strstr(asked(w, EXECUTE)->headers, "X-Sandbox-ID: box\n"));
    assert_int_equal(count(w, "/apis/agents.x-k8s.io/v1alpha1/namespaces/ns/sandboxes/box"), 1);
}

static void old_pool(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool", .api_version = "v1alpha1"});
    answer(w, "GET /apis/extensions.agents.x-k8s.io/v1alpha1/namespaces/ns/sandboxwarmpools/pool", 200, POOL);
    const char *body = asked(w, "POST /apis")->body;
    assert_non_null(strstr(body, "\"sandboxTemplateRef\":{\"name\":\"tpl\"},\"warmpool\":\"pool\""));
}

static void not_installed(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool"});
    answer(w, "v1beta1", 404, "404 page not found\n");
    answer(w, "v1alpha1", 404, "404 page not found\n");
    expect_over(w, RUN_FAILED, "does not serve the Agent Sandbox API");
}

static void refusals(void **state)
{
    struct world *w = *state;

    until_claim(w);
    answer(w, "POST " CLAIMS, 403, STATUS(403, "Forbidden",
                                          "sandboxclaims is forbidden: User \\\"u\\\" cannot create resource \\\"sandboxclaims\\\" in API group \\\"e\\\" in the namespace \\\"ns\\\""));
    assert_string_equal(view(w)->permission, "create sandboxclaims in namespace ns");
    expect_over(w, RUN_FAILED, "lacks the permission to create sandboxclaims");
    assert_int_equal(count(w, "DELETE"), 0);
}

static void pool_missing(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool"});
    answer(w, "GET " POOLS "/pool", 404, STATUS(404, "NotFound", "no"));
    expect_over(w, RUN_FAILED, "pool pool does not exist in namespace ns");
}

static void claim_ends(void **state)
{
    struct world *w = *state;

    until_wait(w);
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", UNREADY("EnvVarsInjectionRejected", "not allowed"));
    assert_non_null(strstr(view(w)->failure, "EnvVarsInjectionRejected"));
    remove_all(w);
    expect_over(w, RUN_FAILED, "not allowed");
}

/* A word of the reconciler's that passes is none to give up for. */
static void error_passes(void **state)
{
    struct world *w = *state;

    until_wait(w);
    answer(w, SERVICES, 200, SERVICE_LIST);
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", UNREADY("ReconcilerError", "Error seen: conflict"));
    pass(w, 5000);
    tell_more(w, "GET " CLAIMS "?watch", "MODIFIED", UNREADY("SandboxNotReady", "Sandbox is not ready"));
    pass(w, 20000);
    assert_int_equal(view(w)->state, RUN_WORKING);
    tell_more(w, "GET " CLAIMS "?watch", "MODIFIED", READY_CLAIM);
    assert_int_equal(count(w, EXECUTE), 1);
}

static void deadline(void **state)
{
    struct world *w = *state;

    until_wait(w);
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", UNREADY("DependenciesNotReady", "Pod exists with phase: Pending"));
    assert_true(run_due(w->run) > 0 && run_due(w->run) <= 180000);
    pass(w, 180001);
    assert_int_equal(view(w)->outcome, RUN_DEADLINE);
    assert_non_null(strstr(view(w)->failure, "phase: Pending"));
    remove_all(w);
    expect_over(w, RUN_DEADLINE, "deadline");
}

/* The answer to the claim's POST was lost, but it had arrived. */
static void claim_was_made(void **state)
{
    struct world *w = *state;

    until_claim(w);
    fake_end(open_one(w, "POST " CLAIMS), END_CUT, "cut");
    step(w);
    answer(w, "POST " CLAIMS, 409, STATUS(409, "AlreadyExists", "exists"));
    assert_int_equal(count(w, "POST " CLAIMS), 2);
    answer(w, SERVICES, 200, SERVICE_LIST);
    answer(w, "GET " CLAIMS "/sandtop-abcde", 200, READY_CLAIM);
    answer(w, EXECUTE, 200, ANSWER);
    remove_all(w);
    expect_over(w, RUN_EXITED, "");
}

static void watch_is_resumed(void **state)
{
    struct world *w = *state;

    until_wait(w);
    answer(w, SERVICES, 200, SERVICE_LIST);
    struct exchange *x = open_one(w, "GET " CLAIMS "?watch");
    fake_head(x, 200);
    fake_bytes(x, "{\"type\":\"ERROR\",\"object\":{\"code\":410}}\n");
    fake_end(x, END_DONE, "");
    step(w);
    pass(w, 5000);
    answer(w, "GET " CLAIMS "/sandtop-abcde", 200, READY_CLAIM); /* read anew: what came in between is seen */
    assert_int_equal(count(w, EXECUTE), 1);
    assert_int_equal(count(w, "?watch"), 2);
}

/* ---- the end ------------------------------------------------------------------------------------------------------------------------- */

static void cancel_anywhere(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool"});
    run_cancel(w->run);
    expect_over(w, RUN_CANCELLED, "");
    assert_int_equal(count(w, "DELETE"), 0);
}

static void cancel_while_creating(void **state)
{
    struct world *w = *state;

    until_claim(w);
    run_cancel(w->run);
    step(w);
    assert_int_equal(view(w)->state, RUN_REMOVING);
    assert_int_equal(count(w, "DELETE"), 0);           /* first it must be known whether there is one */
    answer(w, "POST " CLAIMS, 201, CLAIM);
    remove_all(w);
    expect_over(w, RUN_CANCELLED, "");
    assert_string_equal(view(w)->left, "");
    assert_int_equal(count(w, EXECUTE), 0);
}

static void cancel_when_creation_is_lost(void **state)
{
    struct world *w = *state;

    until_claim(w);
    run_cancel(w->run);
    fake_end(open_one(w, "POST " CLAIMS), END_CUT, "cut");
    step(w);
    answer(w, "DELETE " CLAIMS "/sandtop-abcde", 404, STATUS(404, "NotFound", "no"));
    expect_over(w, RUN_CANCELLED, "");
    assert_non_null(strstr(view(w)->left, "whether it was made is not known"));
}

static void cancel_while_waiting(void **state)
{
    struct world *w = *state;

    until_wait(w);
    run_cancel(w->run);
    step(w);
    answer(w, "DELETE " CLAIMS, 200, "{}");
    tell(w, "GET " CLAIMS "?watch", "DELETED", CLAIM);
    /* it may have got a sandbox in the meantime */
    answer(w, "GET " BOXES "?labelSelector=agents.x-k8s.io%2Fclaim-uid%3Du1", 200, "{\"items\":[{\"metadata\":{\"name\":\"box\"}}]}");
    answer(w, "GET " BOXES "/box", 200, BOX("8888"));
    assert_int_equal(view(w)->state, RUN_REMOVING);
    tell(w, "GET " BOXES "?watch", "DELETED", BOX("8888"));
    answer(w, "GET " PODS "/box-pod", 404, STATUS(404, "NotFound", "no"));
    expect_over(w, RUN_CANCELLED, "");
}

static void cancel_while_running(void **state)
{
    struct world *w = *state;

    until_command(w);
    run_cancel(w->run);
    step(w);
    assert_null(fake_find(w->fake, EXECUTE));
    remove_all(w);
    expect_over(w, RUN_CANCELLED, "");
    assert_int_equal(count(w, EXECUTE), 1);
}

static void cancel_while_removing(void **state)
{
    struct world *w = *state;

    until_exit(w);
    assert_int_equal(view(w)->state, RUN_REMOVING);
    run_cancel(w->run);
    step(w);
    expect_over(w, RUN_EXITED, "");
    assert_non_null(strstr(view(w)->left, "deletion was not confirmed"));
}

static void removal_refused(void **state)
{
    struct world *w = *state;

    until_exit(w);
    answer(w, "DELETE " CLAIMS, 403,
           STATUS(403, "Forbidden", "x is forbidden: User \\\"u\\\" cannot delete resource \\\"sandboxclaims\\\" in API group \\\"e\\\" in the namespace \\\"ns\\\""));
    expect_over(w, RUN_EXITED, "");
    assert_non_null(strstr(view(w)->left, "claim sandtop-abcde"));
    assert_string_equal(view(w)->permission, "delete sandboxclaims in namespace ns");
    assert_true(view(w)->results[0].exited);
}

static void something_stays(void **state)
{
    struct world *w = *state;

    until_exit(w);
    answer(w, "DELETE " CLAIMS, 200, "{}");
    tell_more(w, "GET " CLAIMS "?watch", "DELETED", READY_CLAIM);
    tell(w, "GET " BOXES "?watch", "DELETED", BOX("8888"));
    tell(w, "GET " PODS "?watch", "MODIFIED", POD_META(",\"deletionTimestamp\":\"2026-11-23T09:00:00Z\",\"finalizers\":[\"x\"]") "}");
    assert_int_equal(view(w)->state, RUN_REMOVING);
    pass(w, 60001);
    expect_over(w, RUN_EXITED, "");
    assert_non_null(strstr(view(w)->left, "pod box-pod: a finalizer holds it"));
    expect_stage(w, RUN_STAGE_REMOVED, RUN_STAGE_FAILED);
}

static void delete_is_repeated(void **state)
{
    struct world *w = *state;

    until_exit(w);
    fake_end(open_one(w, "DELETE " CLAIMS), END_CUT, "cut");
    step(w);
    pass(w, 400);
    assert_int_equal(count(w, "DELETE " CLAIMS), 2);
    remove_all(w);
    expect_over(w, RUN_EXITED, "");
}

static void kept(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool", .keep = true});
    answer(w, "GET " POOLS "/pool", 200, POOL);
    assert_null(strstr(asked(w, "POST " CLAIMS)->body, "shutdownTime"));
    answer(w, "POST " CLAIMS, 201, CLAIM);
    answer(w, SERVICES, 200, SERVICE_LIST);
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", READY_CLAIM);
    answer(w, EXECUTE, 200, ANSWER);
    expect_over(w, RUN_EXITED, "");
    assert_int_equal(count(w, "DELETE"), 0);
    assert_non_null(strstr(view(w)->left, "kubectl delete sandboxclaim sandtop-abcde -n ns"));
}

static void evidence_first(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool", .evidence = true});
    answer(w, "GET " POOLS "/pool", 200, POOL);
    answer(w, "POST " CLAIMS, 201, CLAIM);
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", UNREADY("TemplateNotFound", "no"));
    assert_int_equal(view(w)->state, RUN_EVIDENCE);
    pass(w, 5000);
    assert_int_equal(count(w, "DELETE"), 0);
    run_evidence_taken(w->run);
    step(w);
    assert_int_equal(count(w, "DELETE"), 1);
    assert_int_equal(view(w)->state, RUN_REMOVING);
}

/* ---- more than one command
 * ---------------------------------------------------------------------------------------------------------------- */

static void in_a_row(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_POOL, .name = "pool", .hold = true});
    answer(w, "GET " POOLS "/pool", 200, POOL);
    answer(w, "POST " CLAIMS, 201, CLAIM);
    answer(w, SERVICES, 200, SERVICE_LIST);
    tell(w, "GET " CLAIMS "?watch", "MODIFIED", READY_CLAIM);
    answer(w, "GET " BOXES "/box", 200, BOX("8888"));
    answer(w, "GET " PODS "/box-pod", 200, POD);
    answer(w, EXECUTE, 200, ANSWER);
    assert_int_equal(view(w)->state, RUN_IDLE);
    pass(w, 100000);
    assert_true(run_again(w->run, "a | b", true));
    assert_false(run_again(w->run, "c", false));
    step(w);
    assert_string_equal(asked(w, EXECUTE)->body, "{\"command\":\"sh -c 'a | b'\"}");
    assert_non_null(strstr(asked(w, "PATCH " CLAIMS "/sandtop-abcde")->body, "shutdownTime"));
    answer(w, EXECUTE, 200, "{\"stdout\":\"\",\"stderr\":\"\",\"exit_code\":0}");
    assert_int_equal(view(w)->n_results, 2);
    assert_int_equal(view(w)->results[0].exit_code, 3);
    assert_int_equal(view(w)->results[1].exit_code, 0);
    assert_true(run_again(w->run, "ls | wc", false));
    assert_true(view(w)->results[2].needs_shell);
    answer(w, EXECUTE, 200, ANSWER);
    run_cancel(w->run);
    step(w);
    remove_all(w);
    expect_over(w, RUN_EXITED, "");
}

static void in_what_is_there(void **state)
{
    struct world *w = *state;

    start(w, (struct run_config){.target = RUN_SANDBOX, .name = "box"});
    answer(w, SERVICES, 200, SERVICE_LIST);
    answer(w, "GET " BOXES "/box", 200,
           "{\"metadata\":{\"name\":\"box\",\"uid\":\"u2\",\"resourceVersion\":\"9\"},\"status\":{\"podIPs\":[\"10.0.0.9\"],"
           "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
    assert_non_null(strstr(asked(w, EXECUTE)->headers, "X-Sandbox-Pod-IP: 10.0.0.9\nX-Sandbox-UID: u2\n"));
    answer(w, EXECUTE, 200, ANSWER);
    expect_over(w, RUN_EXITED, "");
    assert_int_equal(count(w, "DELETE"), 0);
    assert_int_equal(count(w, "POST"), 1);
    expect_stage(w, RUN_STAGE_REMOVED, RUN_STAGE_SKIPPED);
}

static void oom_is_told(void **state)
{
    struct world *w = *state;

    until_command(w);
    answer(w, "GET " BOXES "/box", 200, BOX("8888"));
    answer(w, "GET " PODS "/box-pod", 200, POD);
    fake_end(open_one(w, EXECUTE), END_CUT, "the connection broke");
    step(w);
    assert_int_equal(view(w)->outcome, RUN_OPEN);       /* the pod may say more in a moment */
    tell(w, "GET " PODS "?watch", "MODIFIED",
         POD_META("") ",\"status\":{\"containerStatuses\":[{\"restartCount\":1,\"lastState\":{\"terminated\":{"
         "\"reason\":\"OOMKilled\",\"exitCode\":137}}}]}}");
    pass(w, 1);
    assert_int_equal(view(w)->outcome, RUN_FAILED);
    assert_non_null(strstr(view(w)->failure, "OOMKilled"));
    assert_non_null(strstr(view(w)->results[0].hint, "resources.limits.memory in template tpl"));
}

static void exit_137(void **state)
{
    struct world *w = *state;

    until_command(w);
    answer(w, "GET " BOXES "/box", 200, BOX("8888"));
    answer(w, "GET " PODS "/box-pod", 200, POD);
    answer(w, EXECUTE, 200, "{\"stdout\":\"\",\"stderr\":\"\",\"exit_code\":-9}");
    pass(w, 3000);
    assert_int_equal(view(w)->results[0].exit_code, 137);
    assert_string_equal(view(w)->results[0].exit_name, "137: killed, SIGKILL");
    assert_non_null(strstr(view(w)->results[0].hint, "does not say OOMKilled"));
}

static void not_launched(void **state)
{
    struct world *w = *state;

    until_command(w);
    answer(w, EXECUTE, 200, "{\"stdout\":\"\",\"stderr\":\"Failed to execute command: [Errno 2] No such file or directory: 'nosuch'\",\"exit_code\":1}");
    assert_true(view(w)->results[0].not_started);
    assert_int_equal(view(w)->results[0].exit_code, 1);
    assert_string_equal(view(w)->results[0].exit_name, "1: could not be launched");
    assert_non_null(strstr(view(w)->results[0].hint, "no program nosuch"));
}

static void bytes_no_text(void **state)
{
    struct world *w = *state;

    until_command(w);
    answer(w, EXECUTE, 200, "{\"stdout\":\"\",\"stderr\":\"Failed to execute command: 'utf-8' codec can't decode byte 0xff\",\"exit_code\":1}");
    assert_string_equal(view(w)->results[0].exit_name, "1: it ran, its output is no text");
    assert_non_null(strstr(view(w)->results[0].hint, "pods/exec"));
}

/* ---- leftovers
 * ---------------------------------------------------------------------------------------------------------------------------- */

static bool skip_b(void *ctx, const char *ns, const char *name)
{
    (void)ctx;
    return strcmp(ns, "ns") == 0 && strcmp(name, "b") == 0;
}

static void leftovers(void **state)
{
    struct world *w = *state;
    struct run_leftovers *l = run_leftovers_new(&w->transport, "ns", "v1beta1", skip_b, NULL);
    size_t n;

    assert_non_null(strstr(asked(w, CLAIMS)->line, "labelSelector=app.kubernetes.io%2Fcreated-by%3Dsandtop"));
    fake_answer(open_one(w, CLAIMS), 200,
                "{\"items\":[{\"metadata\":{\"name\":\"a\",\"namespace\":\"ns\",\"creationTimestamp\":\"2026-11-23T09:00:00Z\"},"
                "\"spec\":{\"lifecycle\":{\"shutdownTime\":\"2026-11-23T09:05:00Z\"}}},{\"metadata\":{\"name\":\"b\",\"namespace\":\"ns\"}}]}");
    fake_answer(open_one(w, POOLS), 200, "{\"items\":[{\"metadata\":{\"name\":\"p\",\"namespace\":\"ns\"}}]}");
    assert_false(run_leftovers_listed(l));
    fake_step(w->fake);
    assert_true(run_leftovers_listed(l));
    const struct run_leftover *rows = run_leftovers_rows(l, &n);
    assert_int_equal(n, 2);
    assert_string_equal(rows[0].name, "a");
    assert_int_equal(rows[0].shutdown_ms - rows[0].created_ms, 300000);
    run_leftovers_remove(l);
    fake_answer(open_one(w, "DELETE " CLAIMS "/a"), 200, "{}");
    fake_answer(open_one(w, "DELETE " POOLS "/p"), 403, STATUS(403, "Forbidden", "no"));
    assert_true(run_leftovers_busy(l));
    fake_step(w->fake);
    assert_false(run_leftovers_busy(l));
    rows = run_leftovers_rows(l, &n);
    assert_true(rows[0].removed);
    assert_false(rows[1].removed);
    assert_string_equal(rows[1].failure, "no");
    run_leftovers_free(l);
}

/* Freed at any moment, with all that is open: the sanitizers watch. */
static void freed_anywhere(void **state)
{
    struct world *w = *state;

    until_command(w);
    run_free(w->run);
    w->run = NULL;
    fake_step(w->fake);
    assert_int_equal(fake_open(w->fake), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(warm), T(never_twice), T(gives_way), T(two_routers), T(services_forbidden), T(router_url), T(token_wants_a_forward), T(cold),
            T(dry_run_refuses),
        T(dry_run_forbidden), T(template_choice), T(pool_is_made_and_removed), T(old_api), T(old_pool), T(not_installed), T(refusals),
            T(pool_missing),
        T(claim_ends), T(error_passes), T(deadline), T(claim_was_made), T(watch_is_resumed), T(cancel_anywhere), T(cancel_while_creating),
            T(cancel_when_creation_is_lost),
        T(cancel_while_waiting), T(cancel_while_running), T(cancel_while_removing), T(removal_refused), T(something_stays),
            T(delete_is_repeated), T(kept),
        T(evidence_first), T(in_a_row), T(in_what_is_there), T(oom_is_told), T(exit_137), T(not_launched), T(bytes_no_text), T(leftovers), T(freed_anywhere),
    };

    return TESTS_MAIN(tests);
}
