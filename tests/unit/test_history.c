/* The history of a quarter of an hour: what was counted, what was not seen, and how long starts took; then the same in a session's hands. */
#include "core/diagnose/history.h"
#include "core/session/session.h"
#include "core/sim/sim.h"
#include "tests/unit/diagnose_cases.h"

#define AFTER(s) (START_MS + (s) * INT64_C(1000))

static const struct history_slot *last(const struct history *h, int64_t now_ms)
{
    static struct history_slot slots[HISTORY_SLOTS];
    history_read(h, now_ms, slots);
    return &slots[HISTORY_SLOTS - 1];
}

static void judge_and_sample(struct world *w, struct history *h, int64_t now_ms, bool live)
{
    if (!w->diagnosis) {
        world_judge(w, now_ms);
        diagnosis_all(w->diagnosis, now_ms);
    }
    diagnosis_update(w->diagnosis, now_ms);
    history_sample(h, w->diagnosis, w->store, now_ms, live);
    store_sweep(w->store);
}

#define NAMED(name, uid, made, conditions, notes) \
    "{'kind':'SandboxClaim','metadata':{'name':'" name "','namespace':'n','uid':'00000000-0000-0000-0000-0000000000" uid "','creationTimestamp':" AT(made) \
    ",'annotations':{" notes "}},'spec':{'warmPoolRef':{'name':'p'}},'status':{'conditions':[" conditions "]}}"
#define READY(clock) CONDITION("Ready", "True", "DependenciesReady", "Pod is Ready", clock)
#define NOT_READY(clock) CONDITION("Ready", "False", "DependenciesNotReady", "Pod exists with phase: Pending", clock)

static void counts_each_slot(void **state)
{
    (void)state;
    struct world w = world_new();
    struct history *h = history_new();
    struct history_slot slots[HISTORY_SLOTS];
    world_apply(&w, NAMED("a", "01", "00:00", NOT_READY("00:01"), ""));
    world_apply(&w, NAMED("b", "02", "00:00", READY("00:02"), ""));
    judge_and_sample(&w, h, AFTER(5), true);
    judge_and_sample(&w, h, AFTER(12), true);
    judge_and_sample(&w, h, AFTER(200), true);            /* by then it is stuck; nobody looked in between */
    history_read(h, AFTER(201), slots);
    assert_true(slots[HISTORY_SLOTS - 1].from_ms == AFTER(200));
    assert_true(slots[HISTORY_SLOTS - 1].known);
    assert_int_equal(slots[HISTORY_SLOTS - 1].count[CLAIM_STUCK], 1);
    assert_int_equal(slots[HISTORY_SLOTS - 1].count[CLAIM_READY], 1);
    assert_false(slots[HISTORY_SLOTS - 2].known);         /* unknown, not zero */
    assert_true(slots[HISTORY_SLOTS - 21].known);         /* 0 … 10 s */
    assert_int_equal(slots[HISTORY_SLOTS - 21].count[CLAIM_WAITING], 1);
    assert_int_equal(slots[HISTORY_SLOTS - 21].count[CLAIM_STUCK], 0);
    assert_true(slots[HISTORY_SLOTS - 20].known);
    assert_false(slots[HISTORY_SLOTS - 22].known);
    /* a quarter of an hour later the same places of the ring stand for other times */
    history_read(h, AFTER(200 + 900 + 200), slots);
    for (int i = 0; i < HISTORY_SLOTS; i++)
        assert_false(slots[i].known);
    history_clear(h);
    assert_false(last(h, AFTER(201))->known);
    history_free(h);
    world_free(&w);
}

static void a_stale_picture_is_unknown(void **state)
{
    (void)state;
    struct world w = world_new();
    struct history *h = history_new();
    world_apply(&w, NAMED("a", "01", "00:00", NOT_READY("00:01"), ""));
    judge_and_sample(&w, h, AFTER(5), true);
    judge_and_sample(&w, h, AFTER(15), false);
    assert_false(last(h, AFTER(15))->known);
    assert_true(last(h, AFTER(15))->stale);
    /* it became ready while nobody could see: told once the picture lives again, by its stamp */
    world_apply(&w, NAMED("a", "01", "00:00", READY("00:16"), ""));
    judge_and_sample(&w, h, AFTER(18), false);
    assert_int_equal(last(h, AFTER(18))->started, 0);
    judge_and_sample(&w, h, AFTER(19), true);
    assert_true(last(h, AFTER(19))->known && last(h, AFTER(19))->stale);
    assert_int_equal(last(h, AFTER(19))->started, 1);
    assert_true(last(h, AFTER(19))->p50_ms == 16000);
    history_free(h);
    world_free(&w);
}

static void latencies(void **state)
{
    (void)state;
    struct world w = world_new();
    struct history *h = history_new();
    size_t started;
    int64_t p50, max;
    judge_and_sample(&w, h, AFTER(1), true);
    assert_false(history_latency(h, AFTER(1), &started, &p50, &max));
    /* the controller's own stamp knows best */
    world_apply(&w, NAMED("a", "01", "00:02", READY("00:05"), "'agents.x-k8s.io/claim-first-ready-at':'2026-01-01T00:00:04.250Z'"));
    /* seen live from its beginning: finer than stamps to the second */
    world_apply(&w, NAMED("b", "02", "00:02", NOT_READY("00:02"), ""));
    /* an adopted sandbox brings a condition that is older than the claim */
    world_apply(&w, NAMED("c", "03", "00:03", READY("00:00"), ""));
    judge_and_sample(&w, h, AFTER(3), true);
    world_apply(&w, NAMED("b", "02", "00:02", READY("00:03"), "'agents.x-k8s.io/claim-first-ready-at':'unknown'"));
    judge_and_sample(&w, h, AFTER(3) + 400, true);
    const struct history_slot *s = last(h, AFTER(4));
    assert_int_equal(s->started, 3);
    assert_true(s->max_ms == 2250);
    assert_true(s->p50_ms == 400);
    /* a flip is no start */
    world_apply(&w, NAMED("b", "02", "00:02", NOT_READY("00:14"), ""));
    judge_and_sample(&w, h, AFTER(14), true);
    world_apply(&w, NAMED("b", "02", "00:02", READY("00:15"), ""));
    judge_and_sample(&w, h, AFTER(15), true);
    assert_int_equal(last(h, AFTER(15))->started, 0);
    assert_true(last(h, AFTER(15))->p50_ms == -1);
    /* another claim of the same name is another one */
    world_apply(&w, NAMED("b", "04", "00:16", READY("00:17"), ""));
    judge_and_sample(&w, h, AFTER(17), true);
    assert_int_equal(last(h, AFTER(17))->started, 1);
    assert_true(history_latency(h, AFTER(17), &started, &p50, &max));
    assert_int_equal(started, 4);
    assert_true(p50 == 400 && max == 2250);
    history_free(h);
    world_free(&w);
}

/* At the start the stamps tell of the last quarter of an hour; what was restarted since tells nothing of its start. */
static void what_was_before(void **state)
{
    (void)state;
    struct world w = world_new();
    struct history *h = history_new();
    world_apply(&w, NAMED("a", "01", "10:00", READY("10:07"), ""));
    world_apply(&w, NAMED("old", "02", "00:00", READY("00:07"), ""));
    world_apply(&w, CLAIM_READY_AT("19:00"));             /* made at 00:00: ready again after a restart */
    world_apply(&w, SANDBOX_WITH(CONDITION("Ready", "True", "DependenciesReady", "", "19:00"), ""));
    world_apply(&w, POD_STATE("Running", "'restartCount':3,'ready':true,'state':" RUNNING("18:50")));
    judge_and_sample(&w, h, AFTER(1200), true);
    size_t started;
    int64_t p50, max;
    assert_true(history_latency(h, AFTER(1200), &started, &p50, &max));
    assert_int_equal(started, 1);
    assert_true(p50 == 7000 && max == 7000);
    assert_true(history_due(h, AFTER(1203)) == AFTER(1210));
    history_free(h);
    world_free(&w);
}

/* Stamps of a server whose clock runs ahead, and none at all. */
static void odd_stamps(void **state)
{
    (void)state;
    struct world w = world_new();
    struct history *h = history_new();
    judge_and_sample(&w, h, AFTER(1), true);
    world_apply(&w, NAMED("ahead", "01", "00:30", READY("00:31"), "'agents.x-k8s.io/claim-first-ready-at':'2026-01-01T00:00:31.5Z'"));
    world_apply(&w, "{'kind':'SandboxClaim','metadata':{'name':'bare','namespace':'n','uid':'00000000-0000-0000-0000-000000000009'},"
                    "'status':{'conditions':[{'type':'Ready','status':'True'}]}}");
    judge_and_sample(&w, h, AFTER(2), true);
    const struct history_slot *s = last(h, AFTER(2));
    assert_int_equal(s->started, 1);                      /* the bare one's stamp is 1970: before all that is kept */
    assert_true(s->max_ms == 1500);
    history_sample(h, w.diagnosis, w.store, -5, true);    /* a clock before the epoch */
    history_free(h);
    world_free(&w);
}

/* ---- in a session ------------------------------------------------------------------------------------------------------------------ */

struct scene {
    struct clock_virtual clock;
    struct sim *sim;
    struct session *session;
};

static void run(struct scene *s, int64_t ms)
{
    for (int64_t t = 0; t < ms; t += 20) {
        session_turn(s->session);
        session_sweep(s->session);
        clock_virtual_advance(&s->clock, 20);
    }
}

static const struct history_slot *now_slot(struct scene *s)
{
    return last(session_history(s->session), session_now(s->session));
}

static void in_a_session(void **state)
{
    (void)state;
    struct scene s = {.session = NULL};
    clock_virtual_init(&s.clock, START_MS);
    s.sim = sim_new(&s.clock.clock, 1);
    struct session_config config = {.clock = &s.clock.clock, .transport = sim_transport(s.sim), .context = "test", .server = "sim", .simulated = true};
    s.session = session_new(&config);
    char *claim = json_of("{'apiVersion':'extensions.agents.x-k8s.io/v1beta1','kind':'SandboxClaim','metadata':{'name':'a','namespace':'n'},'spec':{'warmPoolRef':{'name':'p'}}}");
    assert_true(sim_put(s.sim, slice_of(claim), NULL));
    free(claim);
    session_turn(s.session);
    session_sweep(s.session);
    assert_false(now_slot(&s)->known);                    /* nothing has come yet */
    run(&s, 9000);
    assert_true(now_slot(&s)->known);
    assert_int_equal(now_slot(&s)->count[CLAIM_WAITING] + now_slot(&s)->count[CLAIM_STUCK], 1);
    claim = json_of("{'apiVersion':'extensions.agents.x-k8s.io/v1beta1','kind':'SandboxClaim','metadata':{'name':'a','namespace':'n'},'spec':{'warmPoolRef':{'name':'p'}},"
                    "'status':{'conditions':[" READY("00:09") "]}}");
    assert_true(sim_put(s.sim, slice_of(claim), NULL));
    free(claim);
    run(&s, 500);
    size_t started;
    int64_t p50, max;
    assert_true(history_latency(session_history(s.session), session_now(s.session), &started, &p50, &max));
    assert_int_equal(started, 1);
    assert_true(p50 > 7500 && p50 < 9600);
    sim_hang(s.sim, true);
    run(&s, 40000);
    assert_false(now_slot(&s)->known);
    assert_true(now_slot(&s)->stale);
    sim_hang(s.sim, false);
    run(&s, 20000);
    assert_true(now_slot(&s)->known);
    assert_int_equal(now_slot(&s)->count[CLAIM_READY], 1);
    session_set_ns(s.session, "elsewhere");
    assert_false(history_latency(session_history(s.session), session_now(s.session), &started, &p50, &max));
    run(&s, 3000);
    assert_true(now_slot(&s)->known);
    assert_int_equal(now_slot(&s)->count[CLAIM_READY], 0);
    session_free(s.session);
    sim_free(s.sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_each_slot), cmocka_unit_test(a_stale_picture_is_unknown), cmocka_unit_test(latencies), cmocka_unit_test(what_was_before),
        cmocka_unit_test(odd_stamps), cmocka_unit_test(in_a_session),
    };
    return TESTS_MAIN(tests);
}
