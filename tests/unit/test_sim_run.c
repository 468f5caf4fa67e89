/* What a test sandbox leans on in the simulated cluster: dry runs and quotas, claims that expire, deletion in the foreground, labels, and
 * commands in a pod of the story by both ways. */
#include "tests/unit/sim_help.h"

#include "core/kube/exec_stream.h"

#define PODS "/api/v1/namespaces/a/pods"
#define POD(cpu) \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"generateName\":\"dry-\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"resources\":{" \
    "\"requests\":{\"cpu\":\"" cpu "\"}}}]}}"
#define MINE(more) \
    "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"mine\",\"labels\":{\"sandtop\":" \
    "\"test\"}},\"spec\":{\"warmPoolRef\":{\"name\":\"python-pool\"}" more "}}"
#define AGENTS "/apis/agents.x-k8s.io/v1beta1/namespaces/agents/sandboxes"

static void a_dry_run_makes_nothing(void **state)
{
    struct world *w = *state;
    struct got got;

    ask(w, &got, "POST", PODS "?dryRun=All", POD("1"));
    assert_int_equal(got.status, 201);
    assert_true(holds(&got, "\"name\":\"dry-"));
    assert_true(holds(&got, "\"uid\":\""));
    assert_true(holds(&got, "\"namespace\":\"a\""));
    assert_false(holds(&got, "resourceVersion"));
    drop(&got);
    assert_int_equal(count_of(w, PODS), 0);
    expect(w, "POST", CLAIMS_IN("a") "?dryRun=All", "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\","
           "\"metadata\":{\"name\":\"x\"},\"spec\":{}}", 422, "spec.warmPoolRef");
    assert_int_equal(count_of(w, CLAIMS_IN("a")), 0);
}

static void quotas_refuse(void **state)
{
    struct world *w = *state;

    put(w, "{\"apiVersion\":\"v1\",\"kind\":\"ResourceQuota\",\"metadata\":{\"name\":\"small\",\"namespace\":\"a\"},\"spec\":{\"hard\":{"
           "\"requests.cpu\":\"500m\",\"pods\":\"2\",\"count/sandboxclaims.extensions.agents.x-k8s.io\":\"1\"}},\"status\":{\"used\":{"
           "\"requests.cpu\":\"300m\",\"pods\":\"1\",\"count/sandboxclaims.extensions.agents.x-k8s.io\":\"1\"}}}");
    expect(w, "POST", PODS "?dryRun=All", POD("200m"), 201, "dry-");
    expect(w, "POST", PODS "?dryRun=All", POD("201m"), 403,
           "exceeded quota: small, requested: requests.cpu=201m, used: requests.cpu=300m, limited: requests.cpu=500m\"");
    expect(w, "POST", PODS, POD("1"), 403, "\"reason\":\"Forbidden\"");
    assert_int_equal(count_of(w, PODS), 0);
    expect(w, "POST", CLAIMS_IN("a") "?dryRun=All", ONE_CLAIM("\"name\":\"x\""), 403, "requested: count/sandboxclaims.extensions.agents.x-k8s.io=1");
    expect(w, "POST", CLAIMS_IN("b") "?dryRun=All", ONE_CLAIM("\"name\":\"x\""), 201, "\"x\"");
}

/* The claim of the user's own, its Sandbox's name in *sandbox, to be freed. */
static void make_mine(struct world *w, const char *claim, char **sandbox)
{
    struct got got;

    sim_story_demo(w->sim);
    expect(w, "POST", CLAIMS_IN("agents"), claim, 201, "mine");
    pass(w, 5000);
    get(w, &got, CLAIMS_IN("agents") "/mine");
    *sandbox = json_dup(json_path(body_of(&got), "status.sandbox.name"));
    assert_non_null(*sandbox);
    drop(&got);
}

/* Whether the object at parent/name is there. */
static bool is_there(struct world *w, const char *parent, const char *name)
{
    char *path = mem_printf("%s/%s", parent, name);
    struct got got;

    get(w, &got, path);
    int status = got.status;
    drop(&got);
    free(path);
    assert_true(status == 200 || status == 404);
    return status == 200;
}

static void a_claim_expires_with_all_it_has(void **state)
{
    struct world *w = *state;
    char *sandbox;

    make_mine(w, MINE(",\"lifecycle\":{\"shutdownTime\":\"2026-11-23T09:02:00Z\",\"shutdownPolicy\":\"Delete\"}"), &sandbox);
    pass(w, 114000);
    assert_true(is_there(w, CLAIMS_IN("agents"), "mine") && is_there(w, AGENTS, sandbox));
    pass(w, 2000);
    assert_false(is_there(w, CLAIMS_IN("agents"), "mine"));
    assert_false(is_there(w, AGENTS, sandbox));
    assert_false(is_there(w, "/api/v1/namespaces/agents/pods", sandbox));
    expect(w, "GET", "/api/v1/namespaces/agents/events?fieldSelector=involvedObject.name%3Dmine", NULL, 200, "Deleting Claim (ShutdownPolicy=Delete)");
    free(sandbox);
}

static void a_retained_claim_stays_without_its_sandbox(void **state)
{
    struct world *w = *state;
    char *sandbox;

    make_mine(w, MINE(",\"lifecycle\":{\"shutdownTime\":\"2026-11-23T09:02:00Z\"}"), &sandbox);
    pass(w, 120000);
    expect(w, "GET", CLAIMS_IN("agents") "/mine", NULL, 200, "Claim expired. Sandbox cleanup initiated.");
    assert_false(is_there(w, AGENTS, sandbox));
    expect(w, "DELETE", CLAIMS_IN("agents") "/mine", NULL, 200, "Success");
    assert_false(is_there(w, CLAIMS_IN("agents"), "mine"));
    free(sandbox);
}

/* One that never got a Sandbox expires in time too, not at its next retry. */
static void an_unbound_claim_expires(void **state)
{
    struct world *w = *state;

    sim_story_demo(w->sim);
    expect(w, "POST", CLAIMS_IN("agents"), "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{"
           "\"name\":\"mine\"},\"spec\":{\"warmPoolRef\":{\"name\":\"no-such-pool\"},\"lifecycle\":{\"shutdownTime\":\"2026-11-23T09:00:20Z\","
           "\"shutdownPolicy\":\"Delete\"}}}", 201, "mine");
    pass(w, 5000);
    expect(w, "GET", CLAIMS_IN("agents") "/mine", NULL, 200, "WarmPoolNotFound");
    pass(w, 16000);
    assert_false(is_there(w, CLAIMS_IN("agents"), "mine"));
}

static void in_the_foreground_the_sandbox_goes_first(void **state)
{
    struct world *w = *state;
    char *sandbox;

    make_mine(w, MINE(""), &sandbox);
    expect(w, "DELETE", CLAIMS_IN("agents") "/mine", "{\"propagationPolicy\":\"Foreground\"}", 200, "foregroundDeletion");
    assert_true(is_there(w, CLAIMS_IN("agents"), "mine"));
    pass(w, 1000);
    assert_false(is_there(w, CLAIMS_IN("agents"), "mine"));
    assert_false(is_there(w, AGENTS, sandbox));
    free(sandbox);
}

static void labels_select_claims(void **state)
{
    struct world *w = *state;
    char *sandbox;

    make_mine(w, MINE(""), &sandbox);
    assert_int_equal(count_of(w, CLAIMS "?labelSelector=sandtop%3Dtest"), 1);
    assert_int_equal(count_of(w, CLAIMS "?labelSelector=sandtop%3Dother"), 0);
    free(sandbox);
}

/* ---- exec in a pod of the story */

static void take_output(void *ctx, int fd, const char *bytes, size_t n)
{
    (void)fd;
    buf_add(ctx, bytes, n);
}

static void take_end(void *ctx, const struct exec_end *end)
{
    buf_printf(ctx, "[%d %d]", (int)end->outcome, end->exit_code);
}

static void a_command_in_a_pod_of_the_story(void **state)
{
    static const struct exec_ops exec_ops = {.on_output = take_output, .on_end = take_end};
    static const char *const words[] = {"sh", "-c", "hostname; sleep 30; exit 3", NULL};
    struct world *w = *state;
    struct buf heard = {0};
    char *sandbox;

    make_mine(w, MINE(""), &sandbox);
    struct exec_stream *exec = exec_stream_new(w->transport, &(struct exec_config){.ns = "agents", .pod = sandbox, .argv = words}, &exec_ops, &heard);
    pass(w, 10);
    pass(w, 10);
    char *line = mem_printf("%s\n", sandbox);
    assert_string_equal(heard.p, line);
    free(line);
    expect(w, "DELETE", CLAIMS_IN("agents") "/mine", NULL, 200, "Success"); /* its pod goes under it */
    pass(w, 100);
    assert_non_null(strstr(heard.p, "[0 137]"));
    exec_stream_free(exec);
    buf_free(&heard);
    free(sandbox);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_dry_run_makes_nothing), TEST(quotas_refuse), TEST(a_claim_expires_with_all_it_has),
        TEST(a_retained_claim_stays_without_its_sandbox), TEST(an_unbound_claim_expires), TEST(in_the_foreground_the_sandbox_goes_first),
        TEST(labels_select_claims), TEST(a_command_in_a_pod_of_the_story),
    };

    return TESTS_MAIN(tests);
}
