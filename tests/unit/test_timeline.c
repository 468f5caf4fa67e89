/* Timelines: of small chains made by hand, of chains captured from a real cluster, and of a claim that the simulated cluster serves. */
#include "core/diagnose/timeline.h"
#include "core/sim/sim.h"
#include "core/session/session.h"
#include "tests/unit/diagnose_cases.h"

#define AFTER(s) (START_MS + (s) * INT64_C(1000))

static struct timeline timeline_of(struct world *w, enum kind kind, const char *ns, const char *name, int64_t now_ms)
{
    struct timeline t;
    const struct object *o = store_find(w->store, kind, slice_of(ns), slice_of(name));
    assert_non_null(o);
    timeline_make(w->store, o, NULL, 0, now_ms, &t);
    return t;
}

static int64_t phase_ms(const struct timeline *t, enum phase phase)
{
    for (size_t i = 0; i < t->n_phases; i++)
        if (t->phases[i].phase == phase)
            return t->phases[i].ms;
    return 0;
}

static bool phase_open(const struct timeline *t, enum phase phase)
{
    for (size_t i = 0; i < t->n_phases; i++)
        if (t->phases[i].phase == phase)
            return t->phases[i].open;
    return false;
}

/* The first row of that kind whose words begin so; its index, or -1. */
static int row_of(const struct timeline *t, enum timeline_kind kind, const char *what)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (t->rows[i].kind == kind && strncmp(t->rows[i].what, what, strlen(what)) == 0)
            return (int)i;
    return -1;
}

/* What holds for every timeline. */
static void check(const struct timeline *t)
{
    int64_t sum = 0;
    for (size_t i = 0; i < t->n_phases; i++) {
        assert_true(t->phases[i].ms >= 0);
        assert_true(i == 0 || t->phases[i].phase > t->phases[i - 1].phase);
        sum += t->phases[i].ms;
    }
    if (t->n_phases)
        assert_true(sum == t->total_ms);
    for (size_t i = 0; i < t->n_rows; i++) {
        assert_true(t->rows[i].gap_ms >= 0 || i == 0);
        assert_true(t->rows[i].count >= 1 && t->rows[i].last_ms >= t->rows[i].time_ms);
        assert_non_null(t->rows[i].what);
    }
    assert_non_null(t->summary);
}

#define NOTES(observed, ready) "'annotations':{'agents.x-k8s.io/controller-first-observed-at':'" observed "','agents.x-k8s.io/claim-first-ready-at':'" ready "'},"
#define CLAIM_NOTED(notes, conditions, sandbox) \
    "{'kind':'SandboxClaim','metadata':{'name':'c','namespace':'n'," notes "'creationTimestamp':" AT("00:00") "},'spec':{'warmPoolRef':{'name':'p'}},'status':{" \
    "'conditions':[" conditions "]" sandbox "}}"
#define CONTAINER_EVENT(name, reason, message, clock) \
    "{'kind':'Event'," META(name) ",'involvedObject':{'kind':'Pod','namespace':'n','name':'c','fieldPath':'spec.containers{main}'},'type':'Normal','reason':'" \
    reason "','message':'" message "','firstTimestamp':" AT(clock) ",'lastTimestamp':" AT(clock) ",'count':1}"
#define MICRO_EVENT(about, name, reason, message, clock) \
    "{'kind':'Event'," META(name) ",'involvedObject':{'kind':'" about "','namespace':'n','name':'c'},'type':'Normal','reason':'" reason "','message':'" message \
    "','eventTime':'2026-01-01T00:" clock "Z','firstTimestamp':null,'lastTimestamp':null}"
#define POD_READY_AT(container, started) \
    POD_WITH("", ON_NODE, "'phase':'Running','conditions':[{'type':'PodScheduled','status':'True','lastTransitionTime':" AT("00:02") "}," \
             "{'type':'Ready','status':'True','lastTransitionTime':" AT("00:47") "}],'containerStatuses':[{'name':'main'," container ",'ready':true," \
             "'state':" RUNNING(started) "}]")

/* The issue's own example: a claim that became ready, slowly. */
static void slow_pull(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, CLAIM_NOTED(NOTES("2026-01-01T00:00:00.500Z", "2026-01-01T00:00:47.700Z"), CONDITION("Ready", "True", "DependenciesReady", "Pod is Ready", "00:47"), BOUND));
    world_apply(&w, SANDBOX_WITH(CONDITION("Ready", "True", "DependenciesReady", "Pod is Ready", "00:47"), ""));
    world_apply(&w, POD_READY_AT("'restartCount':0", "00:44"));
    world_apply(&w, MICRO_EVENT("SandboxClaim", "e1", "SandboxProvisioned", "Created Sandbox", "00:00.700000"));
    world_apply(&w, MICRO_EVENT("Pod", "e2", "Scheduled", "Successfully assigned n/c to node-1", "00:02.200000"));
    world_apply(&w, CONTAINER_EVENT("e3", "Pulling", "Pulling image", "00:02"));
    world_apply(&w, CONTAINER_EVENT("e4", "Pulled", "Successfully pulled image in 41.2s (41.25s including waiting). Image size: 5 bytes.", "00:43"));
    world_apply(&w, CONTAINER_EVENT("e5", "Created", "Container created", "00:43"));
    world_apply(&w, CONTAINER_EVENT("e6", "Started", "Container started", "00:44"));
    struct timeline t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(600));
    check(&t);
    assert_string_equal(t.summary, "ready after 47 s: image pull 41 s of 47 s");
    assert_true(t.start_ms == START_MS + 500 && t.ready_ms == START_MS + 47700 && t.total_ms == 47200);
    assert_true(phase_ms(&t, PHASE_PULL) == 41250);
    assert_true(phase_ms(&t, PHASE_CONTROLLER) == 0);     /* seen within the second of its creation */
    assert_true(phase_ms(&t, PHASE_BINDING) == 200);
    assert_true(phase_ms(&t, PHASE_SCHEDULING) == 1200);  /* created 00:01 by the clock to the second, scheduled 00:02.2 */
    assert_true(phase_ms(&t, PHASE_READINESS) == 3700);
    assert_int_equal(row_of(&t, TIME_CREATED, "created, asks for pool p"), 0);
    assert_true(row_of(&t, TIME_PULLING, "event Pulling") > row_of(&t, TIME_SCHEDULED, "scheduled on node node-1"));
    assert_true(row_of(&t, TIME_STARTED, "container main started") > row_of(&t, TIME_PULLED, "event Pulled"));
    assert_int_equal(row_of(&t, TIME_EVENT, "event Started"), -1); /* the container's own row says it */
    assert_int_equal(row_of(&t, TIME_EVENT, "event Created"), -1);
    assert_int_equal(row_of(&t, TIME_EVENT, "event Scheduled"), -1);
    int ready = row_of(&t, TIME_READY, "ready");
    assert_int_equal(t.rows[ready].object_kind, KIND_POD);
    assert_int_equal(t.rows[t.n_rows - 1].object_kind, KIND_CLAIM);
    assert_true(t.rows[t.n_rows - 1].time_ms == START_MS + 47700);assert_int_equal(t.n_rows, 11);                       /* the sandbox's Ready is the claim's */
    struct buf whole = {0};
    timeline_json(&t, &whole);
    json v = json_whole(buf_slice(&whole));
    assert_true(json_is(json_get(v, "summary"), t.summary) && json_count(json_get(v, "rows")) == t.n_rows && json_count(json_get(v, "phases")) == t.n_phases);
    assert_true(json_is(json_get(v, "ready"), "2026-01-01T00:00:47.700Z"));
    assert_true(json_check(buf_slice(&whole), NULL));
    buf_free(&whole);
    timeline_free(&t);
    /* the same chain, by whichever end it is asked for */
    t = timeline_of(&w, KIND_POD, "n", "c", AFTER(600));
    assert_int_equal(t.subject->kind, KIND_CLAIM);
    assert_string_equal(t.summary, "ready after 47 s: image pull 41 s of 47 s");
    struct buf text = {0};
    timeline_text(&t, 2, false, &text);
    assert_non_null(strstr(text.p, "image pull                     41 s   87 %"));
    assert_non_null(strstr(text.p, "SandboxClaim c · ready: Pod is Ready"));
    buf_free(&text);
    timeline_free(&t);
    world_free(&w);
}

static void steps_that_last(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, CLAIM_UNSEEN);
    struct timeline t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(20));
    check(&t);
    assert_true(phase_open(&t, PHASE_CONTROLLER) && phase_ms(&t, PHASE_CONTROLLER) == 20000);
    timeline_free(&t);
    world_apply(&w, CLAIM_UNBOUND("WarmPoolNotFound", "no such pool"));
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(30));
    check(&t);
    assert_true(phase_open(&t, PHASE_BINDING) && phase_ms(&t, PHASE_BINDING) == 30000);
    assert_string_equal(t.summary, "not ready after 30 s: binding 30 s of 30 s");
    timeline_free(&t);
    world_apply(&w, CLAIM_NOT("ReconcilerError", "Error seen: quota"));
    world_apply(&w, SANDBOX_NOT("ReconcilerError", "Error seen: quota"));
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(61));
    check(&t);
    assert_true(phase_open(&t, PHASE_POD) && phase_ms(&t, PHASE_POD) == 60000 && phase_ms(&t, PHASE_BINDING) == 1000);
    timeline_free(&t);
    world_apply(&w, CLAIM_PENDING);
    world_apply(&w, SANDBOX_PENDING);
    world_apply(&w, POD_UNPLACED("0/1 nodes are available"));
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(61));
    check(&t);
    assert_true(phase_open(&t, PHASE_SCHEDULING) && phase_ms(&t, PHASE_SCHEDULING) == 60000);
    timeline_free(&t);
    world_apply(&w, POD_WAITS("ContainerCreating", ""));
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(61));
    check(&t);
    assert_true(phase_open(&t, PHASE_START));
    timeline_free(&t);
    /* no Pulling event was read, but the kubelet's reason says what it is at */
    world_apply(&w, POD_WAITS("ImagePullBackOff", "Back-off"));
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(61));
    check(&t);
    assert_true(phase_open(&t, PHASE_PULL) && phase_ms(&t, PHASE_PULL) == 60000);
    timeline_free(&t);
    world_apply(&w, POD_WAITS("ContainerCreating", ""));
    world_apply(&w, CONTAINER_EVENT("e3", "Pulling", "Pulling image", "00:05"));
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(61));
    check(&t);
    assert_true(phase_open(&t, PHASE_PULL) && phase_ms(&t, PHASE_PULL) == 56000 && phase_ms(&t, PHASE_START) == 4000);
    assert_false(phase_open(&t, PHASE_START));
    timeline_free(&t);
    world_apply(&w, POD_STATE("Running", "'restartCount':0,'ready':false,'state':" RUNNING("00:20")));
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(61));
    check(&t);
    assert_true(phase_open(&t, PHASE_READINESS) && phase_ms(&t, PHASE_READINESS) == 41000);
    timeline_free(&t);
    world_free(&w);
}

static void init_containers(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, CLAIM_PENDING);
    world_apply(&w, SANDBOX_PENDING);
#define POD_INIT(statuses) \
    "{'kind':'Pod','metadata':{'name':'c','namespace':'n','creationTimestamp':" AT("00:01") "},'spec':{'nodeName':'node-1','initContainers':[{'name':'prep','image':'i'}," \
    "{'name':'side','image':'i'}],'containers':[{'name':'main','image':'registry/app:2'}]},'status':{'phase':'Pending','conditions':[" UNREADY "]," statuses "}}"
    world_apply(&w, POD_INIT("'initContainerStatuses':[{'name':'prep','restartCount':0,'state':" RUNNING("00:03") "}]"));
    struct timeline t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(33));
    check(&t);
    assert_true(phase_open(&t, PHASE_INIT) && phase_ms(&t, PHASE_INIT) == 30000);
    timeline_free(&t);
    /* done after 10 s; a sidecar that runs on holds nothing up */
    world_apply(&w, POD_INIT("'initContainerStatuses':[{'name':'prep','restartCount':0,'state':" TERMINATED("Completed", "0", "00:03", "00:13") "},"
                             "{'name':'side','restartCount':0,'ready':true,'state':" RUNNING("00:14") "}],"
                             "'containerStatuses':[{'name':'main','restartCount':0,'ready':false,'state':" RUNNING("00:20") "}]"));
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(33));
    check(&t);
    assert_true(phase_ms(&t, PHASE_INIT) == 10000 && phase_ms(&t, PHASE_START) == 9000 && phase_ms(&t, PHASE_READINESS) == 13000);
    assert_true(row_of(&t, TIME_EXITED, "init container prep ended: Completed, exit 0") > 0);
    assert_false(t.rows[row_of(&t, TIME_EXITED, "init container prep")].bad);
    timeline_free(&t);
    world_free(&w);
}

/* A warm sandbox's past lies before the claim, its conditions too. */
static void adopted(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, "{'kind':'SandboxClaim','metadata':{'name':'c','namespace':'n','creationTimestamp':" AT("02:00") "," NOTES("2026-01-01T00:02:00.100Z", "unknown")
                    "'labels':{}},'spec':{'warmPoolRef':{'name':'p'}},'status':{'conditions':[" CONDITION("Ready", "True", "DependenciesReady", "Pod is Ready", "00:54")
                    "]" BOUND "}}");
    world_apply(&w, SANDBOX_WITH(CONDITION("Ready", "True", "DependenciesReady", "Pod is Ready", "00:54"), ""));
    world_apply(&w, POD_READY_AT("'restartCount':0", "00:44"));
    struct timeline t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(600));
    check(&t);
    assert_true(t.adopted);
    assert_true(t.total_ms == 0);                         /* no event was read: what is known is that it was ready when it was seen */
    assert_string_equal(t.summary, "ready after 0.00 s, by a warm sandbox");
    int sandbox = row_of(&t, TIME_CREATED, "created as a member of a warm pool"), claim = row_of(&t, TIME_CREATED, "created, asks for pool p");
    assert_true(sandbox >= 0 && claim > sandbox);
    assert_true(t.rows[sandbox].before && !t.rows[claim].before);
    timeline_free(&t);
    world_apply(&w, MICRO_EVENT("SandboxClaim", "e1", "SandboxAdopted", "Adopted warm pool Sandbox", "02:00.350000"));
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(600));
    check(&t);
    assert_true(t.total_ms == 250 && phase_ms(&t, PHASE_BINDING) == 250);
    assert_true(row_of(&t, TIME_BOUND, "took over a warm sandbox") > claim);
    timeline_free(&t);
    world_free(&w);
}

static void restarts(void **state)
{
    (void)state;
    struct world w = world_new();
    /* ready now, but the stamp of its readiness is that of the last restart */
    world_apply(&w, CLAIM_READY_AT("30:00"));
    world_apply(&w, SANDBOX_WITH(CONDITION("Ready", "True", "DependenciesReady", "Pod is Ready", "30:00"), ""));
    world_apply(&w, POD_READY_AT("'restartCount':4,'lastState':" TERMINATED("Error", "1", "20:00", "29:50"), "29:58"));
    struct timeline t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(3600));
    check(&t);
    assert_true(t.again && t.ready_ms == 0);
    assert_non_null(strstr(t.summary, "ready since 2026-01-01T00:30:00Z, after a restart"));
    assert_true(row_of(&t, TIME_EXITED, "container main ended: Error, exit 1") > 0);
    assert_true(t.rows[row_of(&t, TIME_EXITED, "container main")].bad);
    timeline_free(&t);
    /* its first start stands in the event, which counts */
    world_apply(&w, "{'kind':'Event'," META("e6") ",'involvedObject':{'kind':'Pod','namespace':'n','name':'c','fieldPath':'spec.containers{main}'},'type':'Normal','reason':'Started',"
                    "'message':'Container started','firstTimestamp':" AT("00:04") ",'lastTimestamp':" AT("29:58") ",'count':5}");
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(3600));
    check(&t);
    assert_true(t.total_ms == 4000);
    assert_non_null(strstr(t.summary, "it first started after 4.0 s"));
    int first = row_of(&t, TIME_EVENT, "event Started");
    assert_true(first >= 0 && t.rows[first].count == 5 && t.rows[first].last_ms == START_MS + (29 * 60 + 58) * 1000);
    timeline_free(&t);
    /* the controller remembers */
    world_apply(&w, CLAIM_NOTED(NOTES("2026-01-01T00:00:00.100Z", "2026-01-01T00:00:06.100Z"), CONDITION("Ready", "False", "DependenciesNotReady", "Pod is Running but not Ready", "40:00"), BOUND));
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(3600));
    check(&t);
    assert_true(!t.again && t.total_ms == 6000);
    assert_non_null(strstr(t.summary, "not ready any more since 2026-01-01T00:40:00Z"));
    assert_true(row_of(&t, TIME_READY, "ready for the first time") > 0);
    timeline_free(&t);
    world_free(&w);
}

static void extra_rows(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, CLAIM_PENDING);
    world_apply(&w, SANDBOX_PENDING);
    const struct timeline_extra extra[] = {
        {.time_ms = AFTER(50) + 10, .kind = KIND_SANDBOX, .ns = "n", .name = "c", .source = "ctl", .text = "Reconciler error", .error = true},
        {.time_ms = AFTER(5) + 3, .kind = KIND_SANDBOX, .ns = "n", .name = "c", .source = "ctl", .text = "Reconciler error", .error = true},
        {.time_ms = AFTER(6), .kind = KIND_POD, .ns = "n", .name = "gone", .source = "ctl", .text = "\x1b[31mevil\x1b[0m \xff\xe2\x80\xae line\nnext", .error = true},
        {.time_ms = AFTER(7), .kind = KIND_NONE, .text = "nobody's", .error = false},
        {.time_ms = 0, .kind = KIND_NONE, .text = "without a stamp"},
    };
    struct timeline t;
    timeline_make(w.store, world_claim(&w, "n", "c"), extra, 5, AFTER(60), &t);
    check(&t);
    int row = row_of(&t, TIME_LOG, "ctl log");
    assert_true(row > 0);
    assert_int_equal(t.rows[row].count, 2);
    assert_true(t.rows[row].time_ms == AFTER(5) + 3 && t.rows[row].last_ms == AFTER(50) + 10 && t.rows[row].bad);
    struct buf text = {0};
    timeline_text(&t, 0, false, &text);
    assert_null(strchr(text.p, '\x1b'));
    assert_null(strchr(text.p, '\xff'));
    assert_null(strstr(text.p, "\xe2\x80\xae"));
    assert_non_null(strstr(text.p, "Pod gone · ctl log: "));
    assert_non_null(strstr(text.p, "×2 until 00:00:50"));
    assert_null(strstr(text.p, "without a stamp"));
    buf_free(&text);
    timeline_free(&t);
    world_free(&w);
}

/* Whatever the stamps: no negative time, nothing lost, no crash. */
static void odd_stamps(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, "{'kind':'SandboxClaim','metadata':{'name':'c','namespace':'n'},'status':{'conditions':[{'type':'Ready','status':'True'}],'sandbox':{'name':'c'}}}");
    struct timeline t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(60));
    check(&t);
    assert_int_equal(t.n_rows, 0);
    timeline_free(&t);
    /* the node's clock is two minutes behind, the scheduler's one ahead */
    world_apply(&w, CLAIM_WITH(CONDITION("Ready", "True", "DependenciesReady", "Pod is Ready", "04:00"), BOUND));
    world_apply(&w, "{'kind':'Sandbox','metadata':{'name':'c','namespace':'n','creationTimestamp':" AT("03:00") ",'labels':{'agents.x-k8s.io/launch-type':'cold'}},'spec':{}}");
    world_apply(&w, POD_WITH("", ON_NODE, "'conditions':[{'type':'PodScheduled','status':'True','lastTransitionTime':" AT("05:00") "}],"
                             "'containerStatuses':[{'name':'main','restartCount':0,'state':" RUNNING("01:00") "}]"));
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(250));
    check(&t);
    assert_true(t.total_ms == 240000);
    assert_true(t.rows[t.n_rows - 1].ahead);
    timeline_free(&t);
    t = timeline_of(&w, KIND_CLAIM, "n", "c", -1);        /* our own clock before everything */
    check(&t);
    timeline_free(&t);
    world_free(&w);
    /* more events than are kept */
    w = world_new();
    world_apply(&w, CLAIM_PENDING);
    for (int i = 0; i < 900; i++) {
        char *event = mem_printf("{'kind':'Event','metadata':{'name':'e%d','namespace':'n'},'involvedObject':{'kind':'SandboxClaim','namespace':'n','name':'c'},'type':'Warning',"
                                 "'reason':'R','message':'m%d','firstTimestamp':" AT("00:30") ",'count':2147483647}", i, i / 2);
        world_apply(&w, event);
        free(event);
    }
    t = timeline_of(&w, KIND_CLAIM, "n", "c", AFTER(60));
    check(&t);
    assert_true(t.n_rows <= 400 && t.left_out > 0);
    timeline_free(&t);
    world_free(&w);
}

static void durations(void **state)
{
    (void)state;
    static const struct { const char *text; int64_t ms; } cases[] = {
        {"in 41.2s (", 41200}, {"in 1m2.5s", 62500}, {"in 523ms", 523}, {"in 1h0m1s", 3601000}, {"in 12µs", 0}, {"in 900us", 1}, {"in ", -1}, {"in s", -1},
        {"in 5", -1}, {"in 5x", -1}, {"in 99999999999999h", -1}, {"over 5s", -1}, {"in 0s", 0}, {"in 999ns", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (go_duration_after(cases[i].text, "in ") != cases[i].ms)
            fail_msg("%s: %lld", cases[i].text, (long long)go_duration_after(cases[i].text, "in "));
    assert_true(go_duration_after(NULL, "in ") == -1);
}

static void alone(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, POOL);
    world_apply(&w, "{'kind':'Event'," META("e1") ",'involvedObject':{'kind':'SandboxWarmPool','namespace':'n','name':'p'},'type':'Warning','reason':'WarmPoolNotProgressing','message':'2/2',"
                    "'eventTime':'2026-01-01T00:05:17.1Z'}");
    struct timeline t = timeline_of(&w, KIND_POOL, "n", "p", AFTER(600));
    check(&t);
    assert_int_equal(t.n_rows, 2);
    assert_true(t.rows[1].gap_ms == 317100 && t.rows[1].bad);
    assert_string_equal(t.summary, "created 10m00s ago");
    timeline_free(&t);
    world_free(&w);
}

/* ---- captured from a real cluster ----------------------------------------------------------------------------------------------------- */

static void load(struct world *w, const char *scenario)
{
    static const struct { const char *what; enum kind kind; } parts[] = {
        {"claims", KIND_CLAIM}, {"sandboxes", KIND_SANDBOX}, {"pods", KIND_POD}, {"events", KIND_EVENT},
    };
    *w = world_new();
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *name = mem_printf("lists/%s.%s.json", scenario, parts[i].what), *text = fixture(name, NULL);
        struct json_walk items = json_items(json_get(json_whole(slice_of(text)), "items"));
        while (json_next(&items))
            store_apply(w->store, parts[i].kind, 0, items.value);
        free(text);
        free(name);
    }
}

static int64_t stamp(const char *text)
{
    int64_t ms;
    assert_true(time_parse(slice_of(text), &ms, NULL));
    return ms;
}

static void captured(void **state)
{
    (void)state;
    struct world w;
    load(&w, "image-missing");
    struct timeline t = timeline_of(&w, KIND_CLAIM, "sc-image-missing", "claim-1", stamp("2026-11-23T08:47:49Z"));
    check(&t);
    assert_true(phase_open(&t, PHASE_PULL));
    assert_non_null(strstr(t.summary, "image pull"));
    assert_true(phase_ms(&t, PHASE_PULL) > 178000);
    timeline_free(&t);
    world_free(&w);

    load(&w, "crash-loop");
    t = timeline_of(&w, KIND_CLAIM, "sc-crash-loop", "claim-1", stamp("2026-11-23T08:25:30Z"));
    check(&t);
    assert_true(phase_open(&t, PHASE_READINESS));
    int backoff = row_of(&t, TIME_WARNING, "event BackOff");
    assert_true(backoff > 0 && t.rows[backoff].count == 7);
    assert_true(row_of(&t, TIME_BOUND, "got a new sandbox") < row_of(&t, TIME_SCHEDULED, "scheduled on node real-1"));
    timeline_free(&t);
    world_free(&w);

    load(&w, "pod-completed");
    t = timeline_of(&w, KIND_CLAIM, "sc-pod-completed", "claim-1", stamp("2026-11-23T08:21:00Z"));
    check(&t);
    assert_true(t.total_ms == 622);                       /* 22.982613 seen, 23.604443 ready */
    assert_non_null(strstr(t.summary, "ready after 0.62 s; not ready any more since 2026-11-23T08:20:24Z"));
    timeline_free(&t);
    world_free(&w);

    load(&w, "pool-exhausted");
    const struct ptrs *claims = store_all(w.store, KIND_CLAIM);
    unsigned warm = 0;
    for (size_t i = 0; i < claims->n; i++) {
        timeline_make(w.store, claims->v[i], NULL, 0, stamp("2026-11-23T08:25:30Z"), &t);
        check(&t);
        warm += t.adopted;
        assert_true(phase_open(&t, PHASE_READINESS));
        timeline_free(&t);
    }
    assert_int_equal(warm, 2);
    world_free(&w);

    load(&w, "quota-exceeded");
    t = timeline_of(&w, KIND_CLAIM, "sc-quota-exceeded", "claim-1", stamp("2026-11-23T08:25:30Z"));
    check(&t);
    assert_true(phase_open(&t, PHASE_POD));
    timeline_free(&t);
    world_free(&w);
}

/* Claims that did become ready: a warm one within the second of its creation, a cold one whose controller had forgotten when it first was ready. */
static void captured_ready(void **state)
{
    (void)state;
    struct world w;
    load(&w, "adopted-ready");
    struct timeline t = timeline_of(&w, KIND_CLAIM, "xr", "c1", stamp("2026-11-23T14:05:00Z"));
    check(&t);
    assert_true(t.adopted && !t.again && !t.resumed);
    assert_true(t.total_ms == 45);                        /* 02.293170 seen, 02.311102 adopted, 02.338297 ready */
    assert_true(phase_ms(&t, PHASE_BINDING) == 18 && phase_ms(&t, PHASE_READINESS) == 27);
    int pod_ready = row_of(&t, TIME_READY, "ready"), made = row_of(&t, TIME_CREATED, "created, asks for pool pool");
    assert_true(t.rows[pod_ready].object_kind == KIND_POD && t.rows[pod_ready].before && pod_ready < made);
    assert_true(row_of(&t, TIME_BOUND, "took over a warm sandbox") == (int)t.n_rows - 2);
    assert_true(t.rows[t.n_rows - 1].object_kind == KIND_CLAIM && strcmp(t.rows[t.n_rows - 1].what, "ready") == 0);
    timeline_free(&t);
    world_free(&w);

    load(&w, "cold-ready");
    t = timeline_of(&w, KIND_CLAIM, "default", "sandtop-ssd7w", stamp("2026-11-23T14:05:00Z"));
    check(&t);
    assert_true(!t.adopted && !t.again && t.ready_ms != 0 && t.total_ms > 0 && t.total_ms < 10000);
    assert_int_equal(t.rows[t.n_rows - 1].object_kind, KIND_CLAIM);
    assert_int_equal(t.rows[t.n_rows - 1].kind, TIME_READY);
    timeline_free(&t);
    world_free(&w);
}

/* A claim's whole life as it was recorded, a timeline at each change. */
static void recorded(void **state)
{
    (void)state;
    static const char *const names[] = {"suspend-resume", "crash-loop", "oom-killed", "pod-completed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct world w = world_new();
        char *file = mem_printf("diagnose/%s.ndjson", names[i]), *text = fixture(file, NULL);
        bool resumed = false, was_ready = false;
        int64_t resumed_ms = 0;
        for (char *line = text, *end; *line; line = end) {
            end = strchr(line, '\n');
            *end++ = '\0';
            json whole = json_whole(slice_of(line)), object = json_get(whole, "object");
            struct buf scratch = {0};
            enum kind kind = kind_by_name(json_str(json_get(whole, "kind"), &scratch));
            int64_t at;
            assert_true(json_int(json_get(whole, "at"), &at));
            if (json_is(json_get(whole, "type"), "DELETED"))
                store_remove(w.store, kind, 0, object);
            else
                store_apply(w.store, kind, 0, object);
            store_sweep(w.store);
            buf_free(&scratch);
            const struct ptrs *claims = store_all(w.store, KIND_CLAIM);
            if (!claims->n)
                continue;
            struct timeline t;
            timeline_make(w.store, claims->v[0], NULL, 0, at, &t);
            check(&t);
            was_ready |= t.ready_ms != 0;
            if (t.resumed && t.ready_ms) {
                resumed = true;
                resumed_ms = t.total_ms;
            }
            timeline_free(&t);
        }
        assert_int_equal(resumed, i == 0);
        if (i == 0)
            assert_true(resumed_ms > 0 && resumed_ms < 5000);
        assert_int_equal(was_ready, i != 3);              /* that cluster was slower than the container: it ended before it was seen ready */
        free(text);
        free(file);
        world_free(&w);
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* What a broken or hostile server may send: other digits in stamps and counts, cut texts, other letters. Whatever comes of it adds up. */
static void mutated(void **state)
{
    (void)state;
    static const char *const scenarios[] = {"cold-ready", "adopted-ready", "crash-loop", "image-missing", "pool-exhausted"};
    static const char *const parts[] = {"claims", "sandboxes", "pods", "events"};
    static const enum kind kinds[] = {KIND_CLAIM, KIND_SANDBOX, KIND_POD, KIND_EVENT};
    uint64_t random = 7;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        char *texts[4];
        for (size_t k = 0; k < 4; k++) {
            char *name = mem_printf("lists/%s.%s.json", scenarios[i], parts[k]);
            texts[k] = fixture(name, NULL);
            free(name);
        }
        for (int round = 0; round < 60; round++) {
            struct world w = world_new();
            for (size_t k = 0; k < 4; k++) {
                struct json_walk items = json_items(json_get(json_whole(slice_of(texts[k])), "items"));
                while (json_next(&items)) {
                    char *copy = slice_dup(items.value);
                    size_t n = items.value.n;
                    for (int m = 0; m < 12; m++) {
                        size_t at = next_random(&random) % n;
                        bool digit = copy[at] >= '0' && copy[at] <= '9';
                        copy[at] = digit ? (char)('0' + next_random(&random) % 10) : m < 2 ? (char)next_random(&random) : copy[at];
                    }
                    store_apply(w.store, kinds[k], 0, json_whole((struct slice){copy, n}));
                    free(copy);
                }
            }
            for (size_t k = 0; k < 3; k++) {
                const struct ptrs *all = store_all(w.store, kinds[k]);
                for (size_t o = 0; o < all->n; o++) {
                    struct timeline t;
                    struct buf text = {0};
                    timeline_make(w.store, all->v[o], NULL, 0, stamp("2026-11-23T14:05:00Z"), &t);
                    check(&t);
                    timeline_text(&t, 2, false, &text);
                    buf_free(&text);
                    timeline_free(&t);
                }
            }
            world_free(&w);
        }
        for (size_t k = 0; k < 4; k++)
            free(texts[k]);
    }
}

/* Through the simulated cluster on its clock: the demo's claims all have a timeline, and those that are ready took what the story says. */
static void simulated(void **state)
{
    (void)state;
    struct clock_virtual clock;
    clock_virtual_init(&clock, START_MS);
    struct sim *sim = sim_new(&clock.clock, 7);
    sim_story_demo(sim);
    struct session_config config = {.clock = &clock.clock, .transport = sim_transport(sim), .context = "demo", .server = "sim", .simulated = true};
    struct session *session = session_new(&config);
    for (int i = 0; i < 3000; i++) {
        session_turn(session);
        session_sweep(session);
        clock_virtual_advance(&clock, 20);
    }
    const struct ptrs *claims = store_all(session_store(session), KIND_CLAIM);
    size_t ready = 0, open = 0;
    assert_true(claims->n > 10);
    for (size_t i = 0; i < claims->n; i++) {
        struct timeline t;
        const struct claim *c = claims->v[i];
        timeline_make(session_store(session), claims->v[i], NULL, 0, session_now(session), &t);
        check(&t);
        ready += t.ready_ms != 0;
        open += t.ready_ms == 0 && t.n_phases && t.phases[t.n_phases - 1].open;
        if (c->ready.status == TRUTH_TRUE && !t.again && t.ready_ms > session_now(session) - 60000)
            assert_true(t.total_ms <= 60000 && t.total_ms >= 0);
        timeline_free(&t);
    }
    assert_true(ready > 5 && open > 0);
    /* with the controller's error lines: each under the link that it speaks of */
    size_t lines = 0;
    for (size_t i = 0; i < claims->n; i++) {
        struct timeline t;
        session_timeline(session, claims->v[i], &t);
        check(&t);
        for (size_t k = 0; k < t.n_rows; k++) {
            if (t.rows[k].kind != TIME_LOG)
                continue;
            lines++;
            assert_true(t.rows[k].bad);
            assert_true(strncmp(t.rows[k].what, "ctl", 3) == 0 || strncmp(t.rows[k].what, "rtr", 3) == 0);
            assert_true(t.rows[k].object_kind == KIND_CLAIM || t.rows[k].object_kind == KIND_SANDBOX || t.rows[k].object_kind == KIND_POD);
        }
        timeline_free(&t);
    }
    assert_true(lines > 0);
    /* the events of what is selected are read a moment later */
    session_select(session, claims->v[0]);
    assert_false(session_selection_read(session));
    for (int i = 0; i < 50 && !session_selection_read(session); i++) {
        session_turn(session);
        session_sweep(session);
        clock_virtual_advance(&clock, 20);
    }
    assert_true(session_selection_read(session));
    session_free(session);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_pull), cmocka_unit_test(steps_that_last), cmocka_unit_test(init_containers), cmocka_unit_test(adopted), cmocka_unit_test(restarts),
        cmocka_unit_test(extra_rows), cmocka_unit_test(odd_stamps), cmocka_unit_test(durations), cmocka_unit_test(alone), cmocka_unit_test(captured), cmocka_unit_test(captured_ready),
        cmocka_unit_test(recorded), cmocka_unit_test(mutated), cmocka_unit_test(simulated),
    };
    return TESTS_MAIN(tests);
}
