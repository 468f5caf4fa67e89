/* What the tests of the simulated cluster share: a world on a virtual clock, and requests with all that comes back. */
#ifndef TESTS_SIM_HELP_H
#define TESTS_SIM_HELP_H
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

static inline void on_head(void *ctx, const struct response_head *head)
{
    struct got *got = ctx;

    assert_int_equal(got->status, 0);
    got->status = head->status;
    got->retry_after_ms = head->retry_after_ms;
    snprintf(got->type, sizeof got->type, "%.*s", (int)head->content_type.n, head->content_type.p);
    snprintf(got->warning, sizeof got->warning, "%.*s", (int)head->warning.n, head->warning.p ? head->warning.p : "");
}

static inline void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct got *got = ctx;

    assert_int_equal(got->ends, 0);
    buf_add(&got->body, bytes, n);
    got->pieces++;
}

static inline void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct got *got = ctx;

    assert_non_null(text);
    got->reason = reason;
    got->ends++;
    got->exchange = NULL;
}

static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
    struct world *w = *state;

    transport_free(w->transport);
    sim_free(w->sim);
    free(w);
    return 0;
}

static inline void step(struct world *w)
{
    for (int i = 0; i < 4; i++)
        w->transport->ops->step(w->transport);
}

static inline void pass(struct world *w, int64_t ms)
{
    clock_virtual_advance(&w->clock, ms);
    step(w);
}

static inline void ask(struct world *w, struct got *got, const char *method, const char *path, const char *body)
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

static inline void get(struct world *w, struct got *got, const char *path)
{
    ask(w, got, "GET", path, NULL);
}

static inline json body_of(const struct got *got)
{
    return json_whole(buf_slice(&got->body));
}

static inline bool holds(const struct got *got, const char *text)
{
    return slice_find(buf_slice(&got->body), slice_of(text)) >= 0;
}

static inline size_t lines_of(const struct got *got)
{
    size_t n = 0;

    for (size_t i = 0; i < got->body.n; i++)
        n += got->body.p[i] == '\n';
    return n;
}

static inline void drop(struct got *got)
{
    buf_free(&got->body);
}

/* Asks, checks the status, and whether the answer holds text. */
static inline void expect(struct world *w, const char *method, const char *path, const char *body, int status, const char *text)
{
    struct got got;

    ask(w, &got, method, path, body);
    if (got.status != status || got.ends != 1 || !holds(&got, text))
        fail_msg("%s %s: %d %s", method, path, got.status, got.body.p ? got.body.p : "");
    drop(&got);
}

static inline void put(struct world *w, const char *text)
{
    struct err err = {0};

    if (!sim_put(w->sim, slice_of(text), &err))
        fail_msg("%s", err.text);
}

static inline void put_claim(struct world *w, const char *ns, const char *name, const char *label)
{
    char *text = mem_printf("{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\","
                            "\"metadata\":{\"labels\":{\"tier\":\"%s\"},"
                            "\"name\":\"%s\",\"namespace\":\"%s\"},\"spec\":{\"warmPoolRef\":{\"name\":\"pool\"}}}", label, name, ns);
    put(w, text);
    free(text);
}

#define CLAIMS "/apis/extensions.agents.x-k8s.io/v1beta1/sandboxclaims"
#define CLAIMS_IN(ns) "/apis/extensions.agents.x-k8s.io/v1beta1/namespaces/" ns "/sandboxclaims"

#define ONE_CLAIM(name) \
    "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{" name "}," \
    "\"spec\":{\"warmPoolRef\":{\"name\":\"p\"}}}"

static inline size_t count_of(struct world *w, const char *path)
{
    struct got got;

    get(w, &got, path);
    assert_int_equal(got.status, 200);
    size_t n = json_count(json_get(body_of(&got), "items"));
    drop(&got);
    return n;
}

#endif
