/* The simulated cluster answers as the captured server does: shapes, key order, refusals, streams, time. */
#include "tests/unit/test.h"

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/sim/sim.h"

/* One request and all that came back. */
struct got {
    struct exchange *exchange;
    struct buf body;
    int status, pieces, ends;
    enum end_reason reason;
    int64_t retry_after_ms;
    char type[64], warning[256];
};

struct world {
    struct clock_virtual clock;
    struct sim *sim;
    struct transport *transport;
};

static void on_head(void *ctx, const struct response_head *head)
{
    struct got *got = ctx;

    assert_int_equal(got->status, 0);
    got->status = head->status;
    got->retry_after_ms = head->retry_after_ms;
    snprintf(got->type, sizeof got->type, "%.*s", (int)head->content_type.n, head->content_type.p);
    snprintf(got->warning, sizeof got->warning, "%.*s", (int)head->warning.n, head->warning.p ? head->warning.p : "");
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct got *got = ctx;

    assert_int_equal(got->ends, 0);
    buf_add(&got->body, bytes, n);
    got->pieces++;
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct got *got = ctx;

    assert_non_null(text);
    got->reason = reason;
    got->ends++;
    got->exchange = NULL;
}

static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};

static int setup(void **state)
{
    struct world *w = NEW(struct world);
    int64_t wall;

    assert_true(time_parse(SLICE("2026-11-23T09:00:00Z"), &wall, NULL));
    clock_virtual_init(&w->clock, wall);
    w->sim = sim_new(&w->clock.clock, 7);
    w->transport = sim_transport(w->sim);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    transport_free(w->transport);
    sim_free(w->sim);
    free(w);
    return 0;
}

static void step(struct world *w)
{
    for (int i = 0; i < 4; i++)
        w->transport->ops->step(w->transport);
}

static void pass(struct world *w, int64_t ms)
{
    clock_virtual_advance(&w->clock, ms);
    step(w);
}

static void ask(struct world *w, struct got *got, const char *method, const char *path, const char *body)
{
    struct request r = {.method = method, .path = path, .body = slice_of(body)};

    if (strcmp(method, "PATCH") == 0)
        r.content_type = "application/merge-patch+json";
    *got = (struct got){0};
    got->exchange = transport_request(w->transport, &r, &ops, got);
    assert_int_equal(got->status, 0);
    assert_int_equal(got->ends, 0);
    step(w);
}

static void get(struct world *w, struct got *got, const char *path)
{
    ask(w, got, "GET", path, NULL);
}

static json body_of(const struct got *got)
{
    return json_whole(buf_slice(&got->body));
}

static bool holds(const struct got *got, const char *text)
{
    return slice_find(buf_slice(&got->body), slice_of(text)) >= 0;
}

static size_t lines_of(const struct got *got)
{
    size_t n = 0;

    for (size_t i = 0; i < got->body.n; i++)
        n += got->body.p[i] == '\n';
    return n;
}

static void drop(struct got *got)
{
    buf_free(&got->body);
}

/* Asks, checks the status, and whether the answer holds text. */
static void expect(struct world *w, const char *method, const char *path, const char *body, int status, const char *text)
{
    struct got got;

    ask(w, &got, method, path, body);
    if (got.status != status || got.ends != 1 || !holds(&got, text))
        fail_msg("%s %s: %d %s", method, path, got.status, got.body.p ? got.body.p : "");
    drop(&got);
}

static void put(struct world *w, const char *text)
{
    struct err err = {0};

    if (!sim_put(w->sim, slice_of(text), &err))
        fail_msg("%s", err.text);
}

static void put_claim(struct world *w, const char *ns, const char *name, const char *label)
{
    char *text = mem_printf("{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"labels\":{\"tier\":\"%s\"},"
                            "\"name\":\"%s\",\"namespace\":\"%s\"},\"spec\":{\"warmPoolRef\":{\"name\":\"pool\"}}}", label, name, ns);
    put(w, text);
    free(text);
}

#define CLAIMS "/apis/extensions.agents.x-k8s.io/v1beta1/sandboxclaims"
#define CLAIMS_IN(ns) "/apis/extensions.agents.x-k8s.io/v1beta1/namespaces/" ns "/sandboxclaims"

static void same_as_fixture(struct world *w, const char *path, const char *name)
{
    size_t n;
    char *want = fixture(name, &n);
    struct got got;

    get(w, &got, path);
    while (n && want[n - 1] == '\n')
        want[--n] = 0;
    while (got.body.n && got.body.p[got.body.n - 1] == '\n')
        got.body.p[--got.body.n] = 0;
    assert_string_equal(got.body.p, want);
    drop(&got);
    free(want);
}

static void test_discovery(void **state)
{
    struct world *w = *state;

    same_as_fixture(w, "/apis/agents.x-k8s.io", "wire/discovery-agents-group.json");
    same_as_fixture(w, "/apis/extensions.agents.x-k8s.io", "wire/discovery-extensions-group.json");
    expect(w, "GET", "/version", NULL, 200, "\"gitVersion\": \"v1.36.3\"");
    expect(w, "GET", "/readyz", NULL, 200, "ok");
    expect(w, "GET", "/apis/agents.x-k8s.io/v1beta1", NULL, 200, "\"name\":\"sandboxes\"");
    expect(w, "GET", "/apis/nogroup", NULL, 404, "404 page not found");
    sim_version(w->sim, "v1alpha1");
    expect(w, "GET", "/apis/agents.x-k8s.io", NULL, 200, "\"preferredVersion\":{\"groupVersion\":\"agents.x-k8s.io/v1alpha1\"");
    expect(w, "GET", CLAIMS, NULL, 404, "404 page not found");
    sim_version(w->sim, NULL);
    expect(w, "GET", "/apis/agents.x-k8s.io", NULL, 404, "404 page not found");
}

static void test_lists(void **state)
{
    struct world *w = *state;
    struct got got;

    put_claim(w, "b", "two", "x");
    put_claim(w, "a", "one", "y");
    put(w, "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"namespace\":\"a\",\"name\":\"p\"},\"spec\":{\"nodeName\":\"n\"}}");
    get(w, &got, CLAIMS);
    json list = body_of(&got);
    assert_true(json_is(json_get(list, "kind"), "SandboxClaimList"));
    assert_int_equal(json_count(json_get(list, "items")), 2);
    assert_true(json_is(json_path(list, "metadata.resourceVersion"), "1003"));
    assert_true(holds(&got, "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"items\":[{\"apiVersion\""));
    struct json_walk items = json_items(json_get(list, "items"));
    assert_true(json_next(&items));
    json first = items.value;
    assert_true(json_is(json_path(first, "metadata.name"), "one"));
    assert_true(json_is(json_path(first, "metadata.creationTimestamp"), "2026-11-23T09:00:00Z"));
    assert_true(json_path(first, "metadata.uid").n == 38);
    drop(&got);
    get(w, &got, "/api/v1/namespaces/a/pods");
    assert_true(holds(&got, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1003\"},\"items\":[{\"metadata\":{\"name\":\"p\",\"namespace\":\"a\""));
    drop(&got);
    expect(w, "GET", CLAIMS_IN("b"), NULL, 200, "\"two\"");
    expect(w, "GET", CLAIMS_IN("b") "/two", NULL, 200, "\"kind\":\"SandboxClaim\",\"metadata\"");
    expect(w, "GET", CLAIMS_IN("b") "/none", NULL, 404, "sandboxclaims.extensions.agents.x-k8s.io \\\"none\\\" not found");
    expect(w, "GET", "/api/v1/pods?resourceVersion=abc", NULL, 500, "invalid syntax");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_discovery, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
    };

    return TESTS_MAIN(tests);
}
