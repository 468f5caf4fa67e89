/* The demo's story: what it tells, that it takes part in what its users do, and that it is the same each time. */
#include "tests/unit/sim_help.h"

/* The claim's Ready condition, or its status where it has none, appended to out. */
static void ready_of(struct world *w, const char *path, struct buf *out)
{
    struct got got;

    get(w, &got, path);
    buf_clear(out);
    struct json_walk c = json_items(json_path(body_of(&got), "status.conditions"));
    if (json_next(&c)) {
        json_text(json_get(c.value, "status"), out);
        buf_add_byte(out, ' ');
        json_text(json_get(c.value, "message"), out);
    } else {
        buf_printf(out, "%d", got.status);
    }
    drop(&got);
}

static void test_story(void **state)
{
    struct world *w = *state;
    struct buf ready = {0};

    sim_story_demo(w->sim);
    assert_true(count_of(w, CLAIMS) > 40);
    ready_of(w, CLAIMS_IN("ml-team") "/notebook-7", &ready);
    assert_string_equal(ready.p, "False Pod exists with phase: Pending");
    ready_of(w, CLAIMS_IN("ml-team") "/batch-0412", &ready);
    assert_non_null(strstr(ready.p, "False Error seen: pods \"batch-0412\" is forbidden: exceeded quota: team-quota"));
    ready_of(w, CLAIMS_IN("agents") "/browse-checkout", &ready);
    assert_string_equal(ready.p, "False Pod exists with phase: Pending");
    pass(w, 30000);
    ready_of(w, CLAIMS_IN("agents") "/browse-checkout", &ready);
    assert_string_equal(ready.p, "True Pod is Ready");
    expect(w, "GET", "/apis/extensions.agents.x-k8s.io/v1beta1/namespaces/agents/sandboxwarmpools/python-pool", NULL, 200,
           "\"readyReplicas\":");
    expect(w, "GET", "/api/v1/events?fieldSelector=type%21%3DNormal", NULL, 200, "WarmPoolNotProgressing");
    expect(w, "GET", "/api/v1/namespaces/agents/pods/nightly-smoke/log?previous=true", NULL, 200, "ModuleNotFoundError");
    buf_free(&ready);
}

/* A claim of the user's own: adopted, ready, used through the router, deleted. */
static void test_story_run(void **state)
{
    struct world *w = *state;
    struct buf ready = {0};
    struct got got;
    struct header headers[] = {{"X-Sandbox-ID", NULL}, {"X-Sandbox-Namespace", "agents"}, {NULL, NULL}};
    struct request run = {
        .method = "POST", .path = "/api/v1/namespaces/agent-sandbox-system/services/sandbox-router-svc:8080/proxy/execute",
        .headers = headers,
        .body = SLICE("{\"command\":\"sh -c 'echo out; echo err >&2; exit 3'\"}"),
    };

    sim_story_demo(w->sim);
    expect(w, "POST", CLAIMS_IN("agents"),
           "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"mine\"},"
           "\"spec\":{\"warmPoolRef\":{\"name\":"
           "\"python-pool\"}}}", 201, "mine");
    pass(w, 5000);
    ready_of(w, CLAIMS_IN("agents") "/mine", &ready);
    assert_string_equal(ready.p, "True Pod is Ready");
    get(w, &got, CLAIMS_IN("agents") "/mine");
    char *sandbox = json_dup(json_path(body_of(&got), "status.sandbox.name"));
    drop(&got);

    headers[0].value = sandbox;
    got = (struct got){0};
    transport_request(w->transport, &run, &ops, &got);
    step(w);
    pass(w, 100);
    assert_int_equal(got.status, 200);
    assert_string_equal(got.body.p, "{\"stdout\":\"out\\n\",\"stderr\":\"err\\n\",\"exit_code\":3}");
    drop(&got);
    headers[0].value = "nowhere";
    got = (struct got){0};
    transport_request(w->transport, &run, &ops, &got);
    pass(w, 0);
    pass(w, 1500);
    assert_int_equal(got.status, 502);
    assert_true(holds(&got, "{\"detail\":\"Could not connect to the backend sandbox: nowhere\"}"));
    drop(&got);

    expect(w, "DELETE", CLAIMS_IN("agents") "/mine", NULL, 200, "Success");
    char *path = mem_printf("/apis/agents.x-k8s.io/v1beta1/namespaces/agents/sandboxes/%s", sandbox);
    expect(w, "GET", path, NULL, 404, "NotFound");
    expect(w, "POST", CLAIMS_IN("agents"), ONE_CLAIM("\"name\":\"lost\""), 201, "lost");
    pass(w, 1000);
    ready_of(w, CLAIMS_IN("agents") "/lost", &ready);
    assert_string_equal(ready.p, "False SandboxWarmPool \"p\" not found");
    free(path);
    free(sandbox);
    buf_free(&ready);
}

/* A demo that stood still for an hour lives on in slices, and in the end is where it would be. */
static void test_story_catches_up(void **state)
{
    struct world *w = *state;
    int steps = 0;

    sim_story_demo(w->sim);
    clock_virtual_advance(&w->clock, 3600 * 1000);
    for (; w->transport->ops->due(w->transport) == 0 && steps < 1000; steps++)
        w->transport->ops->step(w->transport);
    assert_in_range(steps, 2, 999);
    assert_true(count_of(w, CLAIMS) > 40);
    assert_true(count_of(w, "/api/v1/events") < 20000);  /* they live for an hour */
}

/* Without its controller nothing is seen; it comes back, and all goes on. */
static void test_story_controller_off(void **state)
{
    struct world *w = *state;
    struct buf ready = {0};
    const char *deployment = "/apis/apps/v1/namespaces/agent-sandbox-system/deployments/agent-sandbox-controller";

    sim_story_demo(w->sim);
    assert_int_equal(count_of(w, "/api/v1/pods?labelSelector=app%3Dagent-sandbox-controller"), 1);
    expect(w, "PATCH", deployment, "{\"spec\":{\"replicas\":0}}", 200, "\"replicas\":0");
    assert_int_equal(count_of(w, "/api/v1/pods?labelSelector=app%3Dagent-sandbox-controller"), 0);
    expect(w, "POST", CLAIMS_IN("agents"),
           "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"mine\"},"
           "\"spec\":{\"warmPoolRef\":{\"name\":"
           "\"python-pool\"}}}", 201, "mine");
    pass(w, 20000);
    ready_of(w, CLAIMS_IN("agents") "/mine", &ready);
    assert_string_equal(ready.p, "200");                 /* it is there, without a status */
    expect(w, "PATCH", deployment, "{\"spec\":{\"replicas\":1}}", 200, "\"replicas\":1");
    pass(w, 10000);
    ready_of(w, CLAIMS_IN("agents") "/mine", &ready);
    assert_string_equal(ready.p, "True Pod is Ready");
    assert_int_equal(count_of(w, "/api/v1/pods?labelSelector=app%3Dagent-sandbox-controller"), 1);
    expect(w, "GET", deployment, NULL, 200, "\"readyReplicas\":1");
    buf_free(&ready);
}

/* The same seed and clock give the same world, in few steps or in many. */
static void test_story_is_the_same(void **state)
{
    struct world *w = *state;
    struct got fine, coarse;
    void *second;

    sim_story_demo(w->sim);
    for (int i = 0; i < 400; i++)
        pass(w, 100);
    get(w, &fine, CLAIMS);
    setup(&second);
    sim_story_demo(((struct world *)second)->sim);
    pass(second, 40000);
    get(second, &coarse, CLAIMS);
    assert_string_equal(fine.body.p, coarse.body.p);
    drop(&fine);
    drop(&coarse);
    teardown(&second);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_story), TEST(test_story_run), TEST(test_story_controller_off), TEST(test_story_catches_up), TEST(test_story_is_the_same),
    };

    return TESTS_MAIN(tests);
}
