/* Runs within a session over the simulated cluster, on a virtual clock: the whole way, with a controller, a kubelet and a router that
 * answer. */
#include "core/base/mem.h"
#include "core/session/run_set.h"
#include "core/sim/sim.h"
#include "tests/unit/test.h"

struct world {
    struct clock_virtual clock;
    struct sim *sim;
    struct session *session;
};

static void pass(struct world *w, int64_t ms)
{
    for (int64_t t = 0; t < ms; t += 5) {
        session_turn(w->session);
        session_sweep(w->session);
        clock_virtual_advance(&w->clock, 5);
    }
}

static void open_world_as(struct world *w, bool read_only)
{
    clock_virtual_init(&w->clock, INT64_C(1795423489000));
    w->sim = sim_new(&w->clock.clock, 7);
    sim_story_demo(w->sim);
    struct session_config config = {.clock = &w->clock.clock, .transport = sim_transport(w->sim), .context = "test", .server = "sim",
        .simulated = true,
                                    .read_only = read_only};
    w->session = session_new(&config);
    pass(w, 3000);
}

static int setup(void **state)
{
    struct world *w = NEW(struct world);

    open_world_as(w, false);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    session_free(w->session);
    sim_free(w->sim);
    free(w);
    return 0;
}

static unsigned start_at(struct world *w, struct run_wish wish)
{
    struct err err = {0};
    unsigned id = session_run_start(w->session, &wish, &err);

    if (!id)
        fail_msg("%s", err.text);
    return id;
}

/* Of a warm pool of the story's, where the wish names no other. */
static unsigned start(struct world *w, struct run_wish wish)
{
    wish.kind = KIND_POOL;
    wish.ns = wish.ns ? wish.ns : "agents";
    wish.name = wish.name ? wish.name : "python-pool";
    return start_at(w, wish);
}

static const struct run_view *view(struct world *w, unsigned id)
{
    const struct run_view *v = session_run(w->session, id);

    assert_non_null(v);
    return v;
}

static const struct run_view *until_over(struct world *w, unsigned id, int64_t most_ms)
{
    while (view(w, id)->state != RUN_OVER && most_ms > 0) {
        pass(w, 20);
        most_ms -= 20;
    }
    if (view(w, id)->state != RUN_OVER)
        fail_msg("not over: stage %s, %s", view(w, id)->stages[view(w, id)->stage].name, view(w, id)->stages[view(w, id)->stage].detail);
    return view(w, id);
}

static void expect_text(const struct run_output *o, const char *text)
{
    char bytes[4096];
    size_t n = run_output_read(o, 0, bytes, sizeof bytes);

    if (!slice_is((struct slice){bytes, n}, text))
        fail_msg("\"%.*s\"", (int)n, bytes);
}

static size_t labelled(struct world *w)
{
    size_t n;
    const char *error;

    session_leftovers_look(w->session);
    pass(w, 50);
    session_leftovers(w->session, &n, &error);
    assert_string_equal(error, "");
    return n;
}

static void whole_way(void **state)
{
    struct world *w = *state;
    unsigned id = start(w, (struct run_wish){.command = "sh -c 'echo out; echo err >&2; exit 2'"});
    const struct run_view *v = until_over(w, id, 10000);

    assert_int_equal(v->outcome, RUN_EXITED);
    assert_int_equal(v->results[0].exit_code, 2);
    expect_text(v->results[0].out, "out\n");
    expect_text(v->results[0].err, "err\n");
    assert_int_equal(v->results[0].way, RUN_WAY_SERVICE);
    assert_true(v->warm);
    assert_string_equal(v->left, "");
    for (int i = 0; i < RUN_STAGES; i++)
        assert_int_equal(v->stages[i].state, RUN_STAGE_DONE);
    assert_int_equal(sim_requests(w->sim, "proxy/execute"), 1);
    assert_int_equal(labelled(w), 0);
    size_t n;
    assert_int_equal(session_runs(w->session, &n)[0], id);
    assert_int_equal(session_runs_active(w->session), 0);
    session_run_forget(w->session, id);
    pass(w, 20);
    session_runs(w->session, &n);
    assert_int_equal(n, 0);
}

static void first_command(void **state)
{
    struct world *w = *state;
    const struct run_view *v = until_over(w, start(w, (struct run_wish){0}), 10000);

    assert_string_equal(v->results[0].command, RUN_COMMAND_FIRST);
    assert_true(v->results[0].exited);
}

/* The router has no pod: pods/exec, live, and said. */
static void without_router(void **state)
{
    struct world *w = *state;

    sim_fault(w->sim, "proxy/execute", 503, 9, 0,
              "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"message\":\"no endpoints available for service \\\"sandbox-router-svc:8080\\\"\",\"code\":503}");
    const struct run_view *v = until_over(w, start(w, (struct run_wish){.command = "sh -c 'echo hi; exit 3'"}), 20000);
    assert_int_equal(v->outcome, RUN_EXITED);
    assert_int_equal(v->results[0].way, RUN_WAY_EXEC);
    assert_int_equal(v->results[0].exit_code, 3);
    expect_text(v->results[0].out, "hi\n");
    assert_non_null(strstr(v->note, "no endpoints"));
}

/* Cut at every few bytes of the answer: never sent again, by no way. */
static void cut_is_not_repeated(void **state)
{
    struct world *w = *state;

    for (size_t bytes = 0; bytes < 50; bytes += 7) {
        size_t before = sim_requests(w->sim, "proxy/execute");
        sim_fault(w->sim, "proxy/execute", -2, 1, bytes, NULL);
        unsigned id = start(w, (struct run_wish){.command = "echo 0123456789"});
        const struct run_view *v = until_over(w, id, 60000);
        if (v->outcome != RUN_FAILED || !strstr(v->failure, "not sent again"))
            fail_msg("cut after %zu: outcome %d, %s", bytes, v->outcome, v->failure);
        assert_int_equal(sim_requests(w->sim, "proxy/execute"), before + 1);
        assert_int_equal(sim_requests(w->sim, "/exec?"), 0);
        session_run_forget(w->session, id);
    }
    assert_int_equal(labelled(w), 0);
}

/* Cancelled at every moment of its life: nothing is left, whatever was under way. */
static void cancel_at_every_moment(void **state)
{
    struct world *w = *state;

    for (int64_t at = 0; at < 400; at += 15) {
        unsigned id = start(w, (struct run_wish){.command = "sleep 1"});
        pass(w, at);
        session_run_cancel(w->session, id);
        const struct run_view *v = until_over(w, id, 90000);
        if (*v->left)
            fail_msg("cancelled after %lld ms: %s", (long long)at, v->left);
        session_run_forget(w->session, id);
    }
    assert_int_equal(labelled(w), 0);
}

static void many_at_once(void **state)
{
    struct world *w = *state;
    unsigned ids[8];
    char command[32];

    for (int i = 0; i < 8; i++) {
        snprintf(command, sizeof command, "echo run %d", i);
        ids[i] = start(w, (struct run_wish){.command = command});
    }
    assert_int_equal(session_runs_active(w->session), 8);
    for (int i = 0; i < 8; i++) {
        snprintf(command, sizeof command, "run %d\n", i);
        expect_text(until_over(w, ids[i], 60000)->results[0].out, command);
    }
}

/* What failed leaves its evidence, taken before anything was removed. */
static void evidence(void **state)
{
    struct world *w = *state;
    unsigned id = 0;
    const struct ptrs *pools = store_all(session_store(w->session), KIND_POOL);

    for (size_t i = 0; i < pools->n && !id; i++) {
        const struct pool *pool = AS(pool, pools->v[i]);
        if (pool->ready == 0 && pool->desired > 0)
            id = start(w, (struct run_wish){.ns = pool->o.ns, .name = pool->o.name, .deadline_ms = 60000});
    }
    assert_true(id > 0);             /* the story has a pool whose members fail */
    const struct run_view *v = until_over(w, id, 200000);
    assert_true(v->outcome == RUN_FAILED || v->outcome == RUN_DEADLINE);
    assert_true(*v->failure);
    const struct run_evidence *e = session_run_evidence(w->session, id);
    if (v->made_claim) {
        assert_non_null(e);
        assert_true(*e->headline);
        assert_true(e->n_chain >= 2);
        assert_string_equal(e->chain[0].name, v->claim);
        assert_null(store_find(session_store(w->session), KIND_CLAIM, slice_of(v->ns), slice_of(v->claim)));
    }
}

static void inside_a_claim(void **state)
{
    struct world *w = *state;
    const struct ptrs *claims = store_all(session_store(w->session), KIND_CLAIM);
    unsigned inside = 0, like = 0;

    for (size_t i = 0; i < claims->n && !inside; i++) {
        const struct claim *claim = AS(claim, claims->v[i]);
        if (claim->ready.status != TRUTH_TRUE || claim->o.deleting_ms || !*claim->pool)
            continue;
        inside = start_at(w, (struct run_wish){.kind = KIND_CLAIM, .ns = claim->o.ns, .name = claim->o.name, .inside = true,
            .command = "hostname"});
        like = start_at(w, (struct run_wish){.kind = KIND_CLAIM, .ns = claim->o.ns, .name = claim->o.name, .command = "hostname"});
        assert_int_equal(view(w, like)->target, RUN_POOL);
    }
    assert_true(inside > 0);
    const struct run_view *v = until_over(w, inside, 60000);
    assert_int_equal(v->outcome, RUN_EXITED);
    assert_false(v->made_claim);
    assert_int_equal(v->stages[RUN_STAGE_REMOVED].state, RUN_STAGE_SKIPPED);
    until_over(w, like, 60000);
}

static void in_a_row(void **state)
{
    struct world *w = *state;
    unsigned id = start(w, (struct run_wish){.command = "echo one", .hold = true});

    for (int i = 0; i < 200 && view(w, id)->state != RUN_IDLE; i++)
        pass(w, 20);
    assert_int_equal(view(w, id)->state, RUN_IDLE);
    assert_true(session_run_again(w->session, id, "echo two", true));
    for (int i = 0; i < 200 && view(w, id)->state != RUN_IDLE; i++)
        pass(w, 20);
    assert_int_equal(view(w, id)->n_results, 2);
    expect_text(view(w, id)->results[1].out, "two\n");
    session_run_forget(w->session, id);                 /* forgotten while it lives: removed first */
    pass(w, 2000);
    assert_null(session_run(w->session, id));
    assert_int_equal(labelled(w), 0);
}

static void refused(void **state)
{
    struct world w;
    struct err err = {0};
    struct run_wish wish = {.kind = KIND_POOL, .ns = "agents", .name = "python-pool"};

    (void)state;
    open_world_as(&w, true);
    assert_int_equal(session_run_start(w.session, &wish, &err), 0);
    assert_non_null(strstr(err.text, "read-only"));
    assert_int_equal(sim_requests(w.sim, "POST"), 0);
    err_clear(&err);
    session_free(w.session);
    sim_free(w.sim);
}

/* A session that goes takes its runs with it; what they made goes by its own time. */
static void freed_with_the_session(void **state)
{
    struct world *w = *state;

    start(w, (struct run_wish){.command = "sleep 5"});
    pass(w, 100);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(whole_way), T(first_command), T(without_router), T(cut_is_not_repeated), T(cancel_at_every_moment), T(many_at_once), T(evidence),
            T(inside_a_claim),
        T(in_a_row), cmocka_unit_test(refused), T(freed_with_the_session),
    };

    return TESTS_MAIN(tests);
}
