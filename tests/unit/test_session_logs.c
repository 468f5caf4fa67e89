/* The log panes of a session over the simulated cluster: which streams run, what they are called, and that none is read twice. */
#include "core/base/mem.h"
#include "core/session/session.h"
#include "core/sim/sim.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

struct world {
    struct clock_virtual clock;
    struct sim *sim;
    struct session *session;
};

#define GROUP "extensions.agents.x-k8s.io/v1beta1"

static void put(struct world *w, char *object /* taken */)
{
    struct err err = {0};

    if (!sim_put(w->sim, slice_of(object), &err))
        fail_msg("%s", err.text);
    free(object);
}

/* A running pod with an init container and a main one; labels as JSON members, "" for none. */
static void put_pod(struct world *w, const char *ns, const char *name, const char *uid, const char *labels)
{
    put(w, mem_printf("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s\",\"labels\":{%s}},\"spec\":{"
                      "\"initContainers\":[{\"name\":\"prep\"}],\"containers\":[{\"name\":\"main\"}]},\"status\":{\"phase\":\"Running\",\"initContainerStatuses\":["
                      "{\"name\":\"prep\",\"containerID\":\"containerd://i-%s\",\"restartCount\":0,\"state\":{\"terminated\":{\"exitCode\":0,\"reason\":\"Completed\"}}}],"
                      "\"containerStatuses\":[{\"name\":\"main\",\"containerID\":\"containerd://m-%s\",\"restartCount\":0,\"state\":{\"running\":{\"startedAt\":"
                      "\"2026-11-23T08:00:00Z\"}}}]}}", name, ns, uid, labels, uid, uid));
}

static void put_claim(struct world *w, const char *ns, const char *name)
{
    put(w, mem_printf("{\"apiVersion\":\"" GROUP "\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\"},\"spec\":{\"warmPoolRef\":{"
                      "\"name\":\"p\"}},\"status\":{\"sandbox\":{\"name\":\"%s\"}}}", name, ns, name));
    put(w, mem_printf("{\"apiVersion\":\"agents.x-k8s.io/v1beta1\",\"kind\":\"Sandbox\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\"},\"spec\":{},\"status\":{}}",
                      name, ns));
}

static void open_world(struct world *w)
{
    clock_virtual_init(&w->clock, INT64_C(1795423489000));
    w->sim = sim_new(&w->clock.clock, 1);
    struct session_config config = {.clock = &w->clock.clock, .transport = sim_transport(w->sim), .context = "test", .server = "sim"};
    w->session = session_new(&config);
}

static void run(struct world *w, int64_t ms)
{
    for (int64_t t = 0; t < ms; t += 20) {
        session_turn(w->session);
        session_sweep(w->session);
        clock_virtual_advance(&w->clock, 20);
    }
}

static void close_world(struct world *w)
{
    session_free(w->session);
    sim_free(w->sim);
}

static const struct log_stream_row *row(struct world *w, enum log_pane pane, const char *label)
{
    size_t n;
    const struct log_stream_row *rows = session_log_rows(w->session, pane, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].label, label) == 0)
            return &rows[i];
    return NULL;
}

static size_t count(struct world *w, enum log_pane pane)
{
    size_t n;

    session_log_rows(w->session, pane, &n);
    return n;
}

/* How often a line stands in the pane. */
static size_t lines(struct world *w, enum log_pane pane, const char *text)
{
    const struct log_buffer *buffer = session_log_buffer(w->session, pane);
    struct log_entry entry;
    size_t n = 0;

    for (uint64_t i = log_buffer_first(buffer); i < log_buffer_end(buffer); i++)
        n += log_buffer_get(buffer, i, &entry) && slice_is(entry.text, text);
    return n;
}

static void select_claim(struct world *w, const char *ns, const char *name)
{
    const struct object *claim = store_find(session_store(w->session), KIND_CLAIM, slice_of(ns), slice_of(name));

    assert_non_null(claim);
    session_select(w->session, claim);
}

#define U(n) "00000000-0000-4000-8000-00000000000" n

static void controller_and_routers(void **state)
{
    struct world w;

    (void)state;
    open_world(&w);
    put_pod(&w, "agent-sandbox-system", "agent-sandbox-controller-5bf-s297w", U("1"), "\"app\":\"agent-sandbox-controller\"");
    put_pod(&w, "default", "sandbox-router-deployment-1-py", U("2"), "\"app\":\"sandbox-router\"");
    put_pod(&w, "x", "sandbox-router-2-go", U("3"), "\"app.kubernetes.io/name\":\"sandbox-router\"");
    put_pod(&w, "x", "other", U("4"), "\"app\":\"shop\"");
    sim_log(w.sim, "agent-sandbox-system", "agent-sandbox-controller-5bf-s297w", "main", "from the controller");
    sim_log(w.sim, "x", "sandbox-router-2-go", "main", "from the go router");
    run(&w, 3000);
    assert_int_equal(count(&w, LOGS_SYSTEM), 3);
    assert_non_null(row(&w, LOGS_SYSTEM, "ctl"));
    assert_non_null(row(&w, LOGS_SYSTEM, "rtr/py"));
    assert_non_null(row(&w, LOGS_SYSTEM, "rtr/go"));
    assert_int_equal(row(&w, LOGS_SYSTEM, "ctl")->state, LOG_STREAM_FOLLOWING);
    assert_int_equal(row(&w, LOGS_SYSTEM, "ctl")->lines, 1);
    assert_int_equal(lines(&w, LOGS_SYSTEM, "from the controller"), 1);
    assert_int_equal(lines(&w, LOGS_SYSTEM, "from the go router"), 1);
    assert_true(session_log_found(w.session, LOGS_SYSTEM));
    /* rolled out: the new pod is followed, the old one ends with a word */
    put_pod(&w, "agent-sandbox-system", "agent-sandbox-controller-6cd-zzzzz", U("5"), "\"app\":\"agent-sandbox-controller\"");
    run(&w, 500);
    assert_non_null(row(&w, LOGS_SYSTEM, "ctl/zzzzz"));
    assert_true(sim_delete(w.sim, "pods", "agent-sandbox-system", "agent-sandbox-controller-5bf-s297w"));
    sim_log(w.sim, "agent-sandbox-system", "agent-sandbox-controller-6cd-zzzzz", "main", "from the new one");
    run(&w, 3000);
    assert_int_equal(row(&w, LOGS_SYSTEM, "ctl")->state, LOG_STREAM_ENDED);
    assert_string_equal(row(&w, LOGS_SYSTEM, "ctl")->message, "the pod was deleted");
    assert_int_equal(lines(&w, LOGS_SYSTEM, "the pod was deleted"), 1);
    assert_int_equal(lines(&w, LOGS_SYSTEM, "from the new one"), 1);
    close_world(&w);
}

static void selected_claim(void **state)
{
    struct world w;

    (void)state;
    open_world(&w);
    put_claim(&w, "a", "one");
    put_claim(&w, "a", "two");
    put_pod(&w, "a", "one", U("1"), "\"agents.x-k8s.io/sandbox-name-hash\":\"1\"");
    put_pod(&w, "a", "two", U("2"), "\"agents.x-k8s.io/sandbox-name-hash\":\"2\"");
    sim_log(w.sim, "a", "one", "prep", "prepared");
    sim_log(w.sim, "a", "one", "main", "one speaks");
    sim_log(w.sim, "a", "two", "main", "two speaks");
    run(&w, 3000);
    select_claim(&w, "a", "one");
    run(&w, 1000);
    assert_int_equal(sim_requests(w.sim, "pods/one/log"), 0); /* nobody wants it */
    assert_string_equal(session_log_title(w.session, LOGS_CLAIM), "claim a/one, pod one");
    session_log_want(w.session, LOGS_CLAIM, true);
    run(&w, 2000);
    assert_int_equal(count(&w, LOGS_CLAIM), 2);
    assert_true(row(&w, LOGS_CLAIM, "init:prep")->init);
    assert_int_equal(lines(&w, LOGS_CLAIM, "prepared"), 1);
    assert_int_equal(lines(&w, LOGS_CLAIM, "one speaks"), 1);
    uint64_t epoch = session_log_epoch(w.session, LOGS_CLAIM);
    select_claim(&w, "a", "two");
    run(&w, 2000);
    assert_true(session_log_epoch(w.session, LOGS_CLAIM) > epoch);
    assert_int_equal(lines(&w, LOGS_CLAIM, "one speaks"), 0);
    assert_int_equal(lines(&w, LOGS_CLAIM, "two speaks"), 1);
    /* put aside and taken up again: it goes on */
    session_log_want(w.session, LOGS_CLAIM, false);
    run(&w, 200);
    sim_log(w.sim, "a", "two", "main", "while nobody read");
    run(&w, 500);
    assert_int_equal(lines(&w, LOGS_CLAIM, "while nobody read"), 0);
    session_log_want(w.session, LOGS_CLAIM, true);
    run(&w, 1000);
    assert_int_equal(lines(&w, LOGS_CLAIM, "while nobody read"), 1);
    assert_int_equal(lines(&w, LOGS_CLAIM, "two speaks"), 1);
    session_select(w.session, NULL);
    run(&w, 1000);
    assert_int_equal(count(&w, LOGS_CLAIM), 0);
    assert_string_equal(session_log_title(w.session, LOGS_CLAIM), "");
    close_world(&w);
}

static void picked_pods(void **state)
{
    struct world w;

    (void)state;
    open_world(&w);
    put_pod(&w, "shop", "cart", U("1"), "");
    put_pod(&w, "shop", "till", U("2"), "");
    sim_log(w.sim, "shop", "cart", "main", "a cart");
    session_log_want(w.session, LOGS_PICKED, true);
    assert_true(session_log_pick(w.session, "shop", "cart"));
    assert_true(session_log_pick(w.session, "shop", "cart"));
    assert_false(session_log_found(w.session, LOGS_PICKED));
    run(&w, 2000);
    assert_true(session_log_found(w.session, LOGS_PICKED));
    assert_int_equal(count(&w, LOGS_PICKED), 2);
    assert_non_null(row(&w, LOGS_PICKED, "main"));
    assert_int_equal(lines(&w, LOGS_PICKED, "a cart"), 1);
    assert_null(store_find(session_store(w.session), KIND_POD, SLICE("shop"), SLICE("cart"))); /* the picture holds what it held */
    assert_true(session_log_pick(w.session, "shop", "till"));
    assert_true(session_log_pick(w.session, "shop", "nosuch"));
    run(&w, 2000);
    assert_int_equal(count(&w, LOGS_PICKED), 4);
    assert_non_null(row(&w, LOGS_PICKED, "till/init:prep"));
    session_log_unpick(w.session, "shop", "cart");
    assert_false(session_log_picked(w.session, "shop", "cart"));
    run(&w, 500);
    assert_int_equal(count(&w, LOGS_PICKED), 2);
    close_world(&w);
}

/* The watch loses the pod and finds it again, under the same uid: what was read is not read again. */
static void a_pod_that_comes_back(void **state)
{
    struct world w;

    (void)state;
    open_world(&w);
    put_pod(&w, "shop", "cart", U("1"), "");
    sim_log(w.sim, "shop", "cart", "main", "before");
    session_log_want(w.session, LOGS_PICKED, true);
    session_log_pick(w.session, "shop", "cart");
    run(&w, 2000);
    assert_true(sim_delete(w.sim, "pods", "shop", "cart"));
    run(&w, 3000);
    assert_int_equal(row(&w, LOGS_PICKED, "main")->state, LOG_STREAM_ENDED);
    put_pod(&w, "shop", "cart", U("1"), "");
    sim_log(w.sim, "shop", "cart", "main", "after");
    run(&w, 3000);
    assert_int_equal(count(&w, LOGS_PICKED), 2);
    assert_int_equal(row(&w, LOGS_PICKED, "main")->state, LOG_STREAM_FOLLOWING);
    assert_int_equal(lines(&w, LOGS_PICKED, "before"), 1);
    assert_int_equal(lines(&w, LOGS_PICKED, "after"), 1);
    close_world(&w);
}

/* The pod is made anew under its old name, as a sandbox's is: the old stream ends, the new one reads its own log alone. */
static void a_pod_made_anew(void **state)
{
    struct world w;

    (void)state;
    open_world(&w);
    put_pod(&w, "shop", "cart", U("1"), "");
    sim_log(w.sim, "shop", "cart", "main", "of the old");
    session_log_want(w.session, LOGS_PICKED, true);
    session_log_pick(w.session, "shop", "cart");
    run(&w, 2000);
    assert_true(sim_delete(w.sim, "pods", "shop", "cart"));
    put_pod(&w, "shop", "cart", U("2"), "");
    sim_log(w.sim, "shop", "cart", "main", "of the new");
    run(&w, 10000);
    assert_int_equal(count(&w, LOGS_PICKED), 4);
    assert_int_equal(lines(&w, LOGS_PICKED, "of the old"), 1);
    assert_int_equal(lines(&w, LOGS_PICKED, "of the new"), 1);
    close_world(&w);
}

struct tapped {
    size_t lines, marks;
};
static void tap_line(void *ctx, const struct log_stream_row *from, int64_t stamp_ns, struct slice line)
{
    assert_string_equal(from->pod, "cart");
    assert_true(stamp_ns > 0 && line.n > 0);
    ((struct tapped *)ctx)->lines++;
}
static void tap_mark(void *ctx, const struct log_stream_row *from, enum log_mark mark, int64_t wall_ms, const char *text)
{
    (void)mark;
    assert_true(from->pod && wall_ms > 0 && *text);
    ((struct tapped *)ctx)->marks++;
}

/* For the command: once, the last line of each, and nothing in the buffer. */
static void tapped_and_once(void **state)
{
    static const struct log_tap tap = {.on_line = tap_line, .on_mark = tap_mark};
    struct log_wish wish = {.tail_lines = 1, .once = true};
    struct tapped tapped = {0};
    struct world w;

    (void)state;
    open_world(&w);
    put_pod(&w, "shop", "cart", U("1"), "");
    sim_log(w.sim, "shop", "cart", "main", "one");
    sim_log(w.sim, "shop", "cart", "main", "two");
    session_log_wish(w.session, LOGS_PICKED, &wish);
    session_log_tap(w.session, LOGS_PICKED, &tap, &tapped);
    session_log_pick(w.session, "shop", "cart");
    session_log_want(w.session, LOGS_PICKED, true);
    run(&w, 2000);
    assert_int_equal(tapped.lines, 1);
    assert_int_equal(row(&w, LOGS_PICKED, "main")->state, LOG_STREAM_ENDED);
    assert_int_equal(log_buffer_end(session_log_buffer(w.session, LOGS_PICKED)), 0);
    close_world(&w);
}

/* For the command with -f: of the pod that is there the last line, of the one that takes its place all. */
static void whole_later(void **state)
{
    static const struct log_tap tap = {.on_line = tap_line, .on_mark = tap_mark};
    struct log_wish wish = {.tail_lines = 1, .whole_later = true};
    struct tapped tapped = {0};
    struct world w;

    (void)state;
    open_world(&w);
    put_pod(&w, "shop", "cart", U("1"), "");
    sim_log(w.sim, "shop", "cart", "main", "one");
    sim_log(w.sim, "shop", "cart", "main", "two");
    session_log_wish(w.session, LOGS_PICKED, &wish);
    session_log_tap(w.session, LOGS_PICKED, &tap, &tapped);
    session_log_pick(w.session, "shop", "cart");
    session_log_want(w.session, LOGS_PICKED, true);
    run(&w, 2000);
    assert_int_equal(tapped.lines, 1);
    assert_null(session_log_refused(w.session, LOGS_PICKED));
    assert_true(sim_delete(w.sim, "pods", "shop", "cart"));
    run(&w, 3000);
    put_pod(&w, "shop", "cart", U("2"), "");
    for (int i = 0; i < 5; i++)
        sim_log(w.sim, "shop", "cart", "main", "of the new");
    run(&w, 10000);
    assert_int_equal(tapped.lines, 6);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(controller_and_routers), cmocka_unit_test(selected_claim), cmocka_unit_test(picked_pods), cmocka_unit_test(a_pod_that_comes_back),
        cmocka_unit_test(a_pod_made_anew), cmocka_unit_test(tapped_and_once), cmocka_unit_test(whole_later),
    };

    return TESTS_MAIN(tests);
}
