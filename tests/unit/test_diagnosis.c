/* The verdicts over time: what changes, when it is due, and that nothing flaps. */
#include "tests/unit/diagnose_cases.h"

#define MIN(m, s) (START_MS + ((m) * 60 + (s)) * INT64_C(1000))

static const struct verdict *verdict(struct world *w, int64_t now_ms)
{
    world_judge(w, now_ms);
    return diagnosis_verdict(w->diagnosis, world_claim(w, "n", "c"));
}

static void thresholds(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, CLAIM_UNSEEN);
    world_apply(&w, POOL);
    world_apply(&w, TEMPLATE);
    world_apply(&w, CONTROLLER("0", "", WELL_ARGS));
    const struct verdict *v = verdict(&w, MIN(0, 1));
    assert_int_equal(v->state, CLAIM_WAITING);
    assert_true(v->recheck_ms == MIN(0, 10));
    assert_true(diagnosis_due(w.diagnosis) == MIN(0, 10));
    v = verdict(&w, MIN(0, 9));
    assert_int_equal(v->state, CLAIM_WAITING);
    assert_int_equal(diagnosis_changed(w.diagnosis)->n, 0);
    v = verdict(&w, MIN(0, 10));                          /* nothing but time has passed */
    assert_int_equal(v->state, CLAIM_STUCK);
    assert_string_equal(v->rule, "controller-down");
    assert_int_equal(diagnosis_changed(w.diagnosis)->n, 1);
    assert_true(v->since_ms == START_MS);
    world_apply(&w, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS)); /* no claim has changed */
    v = verdict(&w, MIN(0, 20));
    assert_string_equal(v->rule, "controller-backlog");
    world_apply(&w, CLAIM_NOT("SandboxNotReady", "Sandbox is not ready"));
    world_apply(&w, SANDBOX_PENDING);
    v = verdict(&w, MIN(0, 21));
    assert_int_equal(v->state, CLAIM_WAITING);
    assert_true(v->since_ms == START_MS);
    v = verdict(&w, MIN(2, 59));
    assert_int_equal(v->state, CLAIM_WAITING);
    v = verdict(&w, MIN(3, 0));
    assert_int_equal(v->state, CLAIM_STUCK);
    assert_string_equal(v->rule, "");
    assert_true(v->brief[0] != '\0');
    world_apply(&w, CLAIM_READY_AT("03:05"));
    v = verdict(&w, MIN(3, 6));
    assert_int_equal(v->state, CLAIM_READY);
    assert_true(v->since_ms == MIN(3, 5));
    assert_true(v->recheck_ms == INT64_MAX);
    assert_true(diagnosis_due(w.diagnosis) == INT64_MAX);
    assert_int_equal(diagnosis_count(w.diagnosis, CLAIM_READY), 1);
    assert_int_equal(diagnosis_count(w.diagnosis, CLAIM_STUCK), 0);
    world_free(&w);
}

/* A sandbox adopted from a pool brings a condition that is older than the claim. */
static void adopted_condition(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, "{'kind':'SandboxClaim','metadata':{'name':'c','namespace':'n','creationTimestamp':" AT("02:00")
        "},'spec':{'warmPoolRef':{'name':'p'}},'status':{'conditions':["
                    CONDITION("Ready", "True", "DependenciesReady", "", "00:30") "]}}");
    const struct verdict *v = verdict(&w, MIN(2, 5));
    assert_int_equal(v->state, CLAIM_READY);
    assert_true(v->since_ms == MIN(2, 0));
    world_free(&w);
}

#define LOOP(restarts, state, last, ready) \
    POD_STATE("Running", "'restartCount':" restarts ",'ready':" ready ",'state':" state ",'lastState':" last)

static void crash_loop_does_not_flap(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, POOL);
    world_apply(&w, TEMPLATE);
    world_apply(&w, SANDBOX_PENDING);
    world_apply(&w, CLAIM_RUNNING);
    world_apply(&w, LOOP("1", TERMINATED("Error", "1", "00:03", "00:03"), TERMINATED("Error", "1", "00:02", "00:02"), "false"));
    const struct verdict *v = verdict(&w, MIN(0, 4));
    assert_int_equal(v->state, CLAIM_STUCK);
    int64_t since = v->since_ms;
    assert_true(since >= START_MS && since <= MIN(0, 2));
    uint64_t group = v->group;
    /* The restart: Ready for half a second, with a new transition time. */
    world_apply(&w, CLAIM_READY_AT("00:16"));
    world_apply(&w, LOOP("2", RUNNING("00:16"), TERMINATED("Error", "1", "00:03", "00:03"), "true"));
    v = verdict(&w, MIN(0, 16));
    assert_int_equal(v->state, CLAIM_STUCK);
    assert_true(v->since_ms == since && v->group == group);
    assert_int_equal(diagnosis_changed(w.diagnosis)->n, 0);
    /* Back again, condition turned anew. */
    world_apply(&w, CLAIM_WITH(CONDITION("Ready", "False", "DependenciesNotReady", "Pod is Running but not Ready", "00:17"), BOUND));
    world_apply(&w, LOOP("2", TERMINATED("Error", "1", "00:16", "00:16"), TERMINATED("Error", "1", "00:03", "00:03"), "false"));
    v = verdict(&w, MIN(0, 17));
    assert_int_equal(v->state, CLAIM_STUCK);
    assert_true(v->since_ms == since);
    assert_int_equal(diagnosis_changed(w.diagnosis)->n, 0);
    /* At last it runs: calm once it has lasted. */
    world_apply(&w, CLAIM_READY_AT("00:40"));
    world_apply(&w, LOOP("3", RUNNING("00:40"), TERMINATED("Error", "1", "00:16", "00:16"), "true"));
    v = verdict(&w, MIN(0, 41));
    assert_int_equal(v->state, CLAIM_STUCK);
    assert_true(v->recheck_ms == MIN(1, 10));
    v = verdict(&w, MIN(1, 10));
    assert_int_equal(v->state, CLAIM_READY);
    assert_true(v->since_ms == MIN(0, 40));
    world_free(&w);
}

/* At start-up there is no memory: the kubelet's BackOff event tells how long it has gone on. */
static void crash_loop_since_at_start(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, CLAIM_WITH(CONDITION("Ready", "False", "DependenciesNotReady", "", "30:00"), BOUND));
    world_apply(&w, SANDBOX_PENDING);
    world_apply(&w, LOOP("9", TERMINATED("Error", "1", "29:59", "30:00"), TERMINATED("Error", "1", "24:00", "24:01"), "false"));
    world_apply(&w, EVENT("BackOff", "Back-off restarting failed container main in pod c", "90", "00:20"));
    const struct verdict *v = verdict(&w, MIN(31, 0));
    assert_int_equal(v->state, CLAIM_STUCK);
    assert_true(v->since_ms == MIN(0, 20));
    world_free(&w);
}

static void suspension_raises_no_alarm(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, POOL);
    world_apply(&w, TEMPLATE);
    world_apply(&w, CLAIM_READY_AT("00:03"));
    world_apply(&w, SANDBOX_WITH(CONDITION("Ready", "True", "DependenciesReady", "", "00:03"), ""));
    assert_int_equal(verdict(&w, MIN(1, 0))->state, CLAIM_READY);
    world_apply(&w, SANDBOX_WITH(CONDITION("Ready", "False", "PodSucceeded", "", "01:01") "," CONDITION("Finished", "True", "PodSucceeded",
                    "", "01:01"),
                                 "'operatingMode':'Suspended'"));
    world_apply(&w, CLAIM_WITH(CONDITION("Ready", "False", "PodSucceeded", "Pod completed successfully", "01:01") ","
                               CONDITION("Finished", "True", "PodSucceeded", "", "01:01"), BOUND));
    const struct verdict *v = verdict(&w, MIN(1, 1));
    assert_int_equal(v->state, CLAIM_WAITING);
    assert_string_equal(v->rule, "suspended");
    world_apply(&w, CLAIM_NOT("SandboxSuspended", "Sandbox is suspended"));
    assert_int_equal(verdict(&w, MIN(20, 0))->state, CLAIM_WAITING);
    world_free(&w);
}

#define LEAVING(what, finalizers) \
    "'metadata':{'name':'c','namespace':'n','creationTimestamp':" AT("00:00") ",'deletionTimestamp':" AT("01:00") ",'finalizers':[" \
    finalizers "]}"

static void deletion(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, "{'kind':'SandboxClaim'," LEAVING("c",
                    "'foregroundDeletion'") ",'spec':{'warmPoolRef':{'name':'p'}},'status':{'conditions':["
                    CONDITION("Ready", "True", "DependenciesReady", "Pod is Ready", "00:05") "]" BOUND "}}");
    world_apply(&w, SANDBOX_WITH(CONDITION("Ready", "True", "DependenciesReady", "", "00:03"), ""));
    world_apply(&w, POD_WITH(",'deletionTimestamp':" AT("01:00") ",'finalizers':['example.com/audit']", ON_NODE, "'phase':'Succeeded'"));
    const struct verdict *v = verdict(&w, MIN(1, 1));
    assert_int_equal(v->state, CLAIM_DELETING);
    assert_string_equal(v->rule, "");
    assert_true(v->since_ms == MIN(1, 0));
    v = verdict(&w, MIN(1, 20));
    assert_int_equal(v->state, CLAIM_DELETING);
    assert_string_equal(v->rule, "deletion");
    v = verdict(&w, MIN(2, 29));
    assert_int_equal(v->state, CLAIM_DELETING);
    v = verdict(&w, MIN(2, 30));
    assert_int_equal(v->state, CLAIM_STUCK);
    assert_string_equal(v->brief, "deletion held by finalizer example.com/audit");
    struct report r;
    report_make(w.diagnosis, world_claim(&w, "n", "c"), MIN(2, 30), &r);
    assert_int_equal(r.findings.v[0].at_kind, KIND_POD);
    assert_int_equal(r.findings.v[0].row, 37);
    assert_int_equal(r.chain[0].mark, MARK_LEAVING);
    report_free(&r);
    /* Gone: nothing is left of it. */
    char *text = json_of("{'metadata':{'name':'c','namespace':'n'}}");
    store_remove(w.store, KIND_CLAIM, 0, json_whole(slice_of(text)));
    diagnosis_update(w.diagnosis, MIN(2, 31));
    assert_int_equal(diagnosis_count(w.diagnosis, CLAIM_STUCK), 0);
    assert_true(diagnosis_due(w.diagnosis) == INT64_MAX);
    store_sweep(w.store);
    free(text);
    world_free(&w);
}

static void numbered(struct world *w, enum kind kind, const char *format, int i)
{
    char *quoted = mem_printf("%s", format), *text = json_of(quoted), number[16];
    struct buf out = {0};
    snprintf(number, sizeof number, "%d", i);
    for (const char *p = text; *p; p++)
        if (*p == '#')
            buf_add_text(&out, number);
        else
            buf_add_byte(&out, *p);
    assert_true(store_apply(w->store, kind, 0, json_whole(buf_slice(&out))));
    buf_free(&out);
    free(text);
    free(quoted);
}

#define MANY_CLAIM(status, reason) \
    "{'metadata':{'name':'c#','namespace':'n','creationTimestamp':" AT("00:00") "},'spec':{'warmPoolRef':{'name':'p'}}," \
            "'status':{'conditions':[" \
    CONDITION("Ready", status, reason, "", "00:02") "],'sandbox':{'name':'c#'}}}"
#define MANY_SANDBOX "{'metadata':{'name':'c#','namespace':'n','creationTimestamp':" AT("00:01") "},'spec':{},'status':{}}"
#define MANY_POD(state) \
    "{'metadata':{'name':'c#','namespace':'n','creationTimestamp':" AT("00:01") "},'spec':{'nodeName':'node-1'," \
            "'containers':[{'name':'main','image':'registry/app:2'}]}," \
    "'status':{'phase':'Pending','conditions':[" UNREADY "],'containerStatuses':[{'name':'main','image':'registry/app:2'," \
                                                         "'restartCount':0,'state':{" state "}}]}}"

static void one_many(struct world *w, int i, bool stuck)
{
    numbered(w, KIND_CLAIM, stuck ? MANY_CLAIM("False", "DependenciesNotReady") : MANY_CLAIM("True", "DependenciesReady"), i);
    numbered(w, KIND_SANDBOX, MANY_SANDBOX, i);
    numbered(w, KIND_POD, stuck ? MANY_POD("'waiting':{'reason':'ErrImagePull','message':'not found'}") : MANY_POD("'running':{}"), i);
}

static void groups(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, POOL);
    world_apply(&w, TEMPLATE);
    for (int i = 0; i < 12; i++)
        one_many(&w, i, i < 5);
    world_judge(&w, MIN(0, 9));
    const struct verdict *v = diagnosis_verdict(w.diagnosis, world_claim(&w, "n", "c3"));
    assert_string_equal(v->brief, "image registry/app:2 not found");
    assert_int_equal(diagnosis_group_size(w.diagnosis, v->group), 5);
    assert_int_equal(diagnosis_count(w.diagnosis, CLAIM_STUCK), 5);
    assert_int_equal(diagnosis_count(w.diagnosis, CLAIM_READY), 7);
    uint64_t group = v->group;
    struct report r;
    report_make(w.diagnosis, store_find(w.store, KIND_TEMPLATE, SLICE("n"), SLICE("t")), MIN(0, 9), &r);
    assert_int_equal(r.findings.n, 1);
    assert_non_null(strstr(r.findings.v[0].cause, "5 claims wait: "));
    report_free(&r);
    one_many(&w, 3, false);
    world_judge(&w, MIN(0, 10));
    assert_int_equal(diagnosis_changed(w.diagnosis)->n, 1);
    assert_int_equal(diagnosis_group_size(w.diagnosis, group), 4);
    diagnosis_all(w.diagnosis, MIN(0, 11));
    assert_int_equal(diagnosis_changed(w.diagnosis)->n, 0);
    world_free(&w);
}

static bool wanted(const struct world *w, enum kind kind, const char *ns, const char *name)
{
    const struct ptrs *all = diagnosis_wants(w->diagnosis);
    for (size_t i = 0; i < all->n; i++) {
        const struct want *want = all->v[i];
        if (want->kind == kind && strcmp(want->ns, ns) == 0 && want->name && strcmp(want->name, name) == 0)
            return true;
    }
    return false;
}

static void wants(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, CLAIM_PENDING);
    world_apply(&w, SANDBOX_PENDING);
    world_apply(&w, POD_WITH("", "'volumes':[{'name':'data','persistentVolumeClaim':{'claimName':'data-c'}}],",
                             "'phase':'Pending','conditions':[" CONDITION("PodScheduled", "False", "Unschedulable",
                             "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.", "00:01") "]"));
    verdict(&w, MIN(0, 5));
    assert_int_equal(diagnosis_wants(w.diagnosis)->n, 2);
    assert_true(wanted(&w, KIND_CRD, "", "sandboxclaims.extensions.agents.x-k8s.io")); /* of the installation, always */
    assert_true(wanted(&w, KIND_PVC, "n", "data-c"));
    world_apply(&w, "{'kind':'PersistentVolumeClaim'," META("data-c") ",'spec':{'storageClassName':'fast'},'status':{'phase':'Pending'}}");
    assert_string_equal(verdict(&w, MIN(0, 6))->brief, "volume claim data-c is not bound");
    assert_true(wanted(&w, KIND_STORAGECLASS, "", "fast"));
    answers_set(w.answers, KIND_STORAGECLASS, "", "fast", ANSWER_MISSING, MIN(0, 7));
    diagnosis_answered(w.diagnosis, KIND_STORAGECLASS, "", "other"); /* nobody asked for that one */
    assert_string_equal(verdict(&w, MIN(0, 7))->brief, "volume claim data-c is not bound");
    diagnosis_answered(w.diagnosis, KIND_STORAGECLASS, "", "fast");
    const struct verdict *v = verdict(&w, MIN(0, 7));
    assert_string_equal(v->brief, "StorageClass fast not found");
    assert_int_equal(v->state, CLAIM_STUCK);
    world_apply(&w, CLAIM_READY_AT("00:08"));
    world_apply(&w, POD_WITH("", ON_NODE, "'phase':'Running','conditions':[" SCHEDULED "]"));
    verdict(&w, MIN(0, 9));
    assert_int_equal(diagnosis_wants(w.diagnosis)->n, 1);
    world_free(&w);
}

static void wants_are_bounded(void **state)
{
    (void)state;
    struct world w = world_new();
    for (int i = 0; i < 100; i++)
        numbered(&w, KIND_CLAIM, "{'metadata':{'name':'c#','namespace':'n#','creationTimestamp':" AT("00:00")
            "},'spec':{'warmPoolRef':{'name':'p'}},'status':{'conditions':["
                 CONDITION("Ready", "False", "ReconcilerError", "Error seen: exceeded quota: q#, requested: pods=1", "00:02") "]}}", i);
    world_judge(&w, MIN(0, 9));
    assert_int_equal(diagnosis_wants(w.diagnosis)->n, 64);
    world_free(&w);
}

/* Ready claims cost a turn nothing: none of them is due, and none is judged. */
static void ready_ones_rest(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, POOL);
    for (int i = 0; i < 300; i++)
        one_many(&w, i, i % 10 == 0);
    world_judge(&w, MIN(0, 9));
    assert_int_equal(diagnosis_count(w.diagnosis, CLAIM_STUCK), 30);
    assert_int_equal(diagnosis_changed(w.diagnosis)->n, 300);
    assert_true(diagnosis_due(w.diagnosis) == INT64_MAX);
    world_judge(&w, MIN(50, 0));
    assert_int_equal(diagnosis_changed(w.diagnosis)->n, 0);
    world_free(&w);
}

/* While a kind is still being read, that an object is not there says nothing. */
static void half_read(void **state)
{
    (void)state;
    struct world w = world_new();
    world_judge(&w, MIN(0, 1));
    w.facts.synced[KIND_SANDBOX] = w.facts.synced[KIND_POD] = w.facts.synced[KIND_POOL] = w.facts.synced[KIND_TEMPLATE] = false;
    world_apply(&w, CLAIM_PENDING);
    const struct verdict *v = verdict(&w, MIN(10, 0));
    assert_int_equal(v->state, CLAIM_STUCK);               /* that it waits is known; why is not */
    assert_string_equal(v->rule, "");
    assert_string_equal(v->brief, "Pod exists with phase: Pending");
    world_apply(&w, CLAIM_NOT("SandboxSuspended", "Sandbox is suspended"));
    assert_string_equal(verdict(&w, MIN(10, 1))->rule, "suspended");
    world_apply(&w, "{'kind':'SandboxClaim'," LEAVING("c",
                    "'foregroundDeletion'") ",'spec':{'warmPoolRef':{'name':'p'}},'status':{'conditions':["
                    CONDITION("Ready", "True", "DependenciesReady", "Pod is Ready", "00:05") "]" BOUND "}}");
    assert_int_equal(verdict(&w, MIN(10, 2))->state, CLAIM_DELETING);
    w.facts.synced[KIND_SANDBOX] = w.facts.synced[KIND_POD] = true;
    diagnosis_all(w.diagnosis, MIN(10, 3));
    v = diagnosis_verdict(w.diagnosis, world_claim(&w, "n", "c"));
    assert_int_equal(v->state, CLAIM_STUCK);
    assert_int_equal(v->confidence, CONFIDENCE_POSSIBLE);
    world_free(&w);
}

/* Objects that are not what they should be: wrong types, no members, names at their limit. A word is owed, never a crash. */
static void hostile_objects(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "{'kind':'SandboxClaim','metadata':{'name':'c','namespace':'n'},'spec':7,'status':[]}",
        "{'kind':'SandboxClaim','metadata':{'name':'c','namespace':'n','creationTimestamp':'yesterday'},'spec':{'warmPoolRef':'p'},"
        "'status':{'conditions':{'type':'Ready'}}}",
        CLAIM_NOT("ReconcilerError", "Error seen: exceeded quota: "),
        CLAIM_NOT("ReconcilerError", "Error seen: failed quota: "),
        CLAIM_NOT("ReconcilerError", "Error seen: violates PodSecurity "),
        CLAIM_NOT("ReconcilerError", "Error seen: violates PodSecurity \\\"x"),
        CLAIM_NOT("ReconcilerError", "Error seen: sandbox \\\"\\\\\\\" is not controlled by claim"),
        CLAIM_NOT("ReconcilerError", ""),
        CLAIM_NOT("WarmPoolNotFound", ""),
        CLAIM_NOT("TemplateNotFound", "SandboxTemplate \\\""),
        SANDBOX_WITH("7,[],{'type':'Ready'}", "'operatingMode':[]"),
        POD_UNPLACED("0/1 nodes are available: "),
        POD_UNPLACED("0/1 nodes are available: , , 99999999999999999999 x, 1"),
        POD_STATE("Running", "'restartCount':-4,'ready':'no','state':{'terminated':{}}"),
        POD_STATE("Running", "'restartCount':2000000000000,'state':{'running':{}},'lastState':{'terminated':{'finishedAt':'x'}}"),
        EVENT("FailedMount", "", "0", "00:01"),
        EVENT("Unhealthy", "Readiness probe ", "-1", "00:01"),
    };
    struct world w = world_new();
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct report r;
        world_apply(&w, odd[i]);
        if (!store_find(w.store, KIND_CLAIM, SLICE("n"), SLICE("c")))
            continue;
        const struct verdict *v = verdict(&w, MIN(5, (int)i));
        assert_non_null(v);
        report_make(w.diagnosis, world_claim(&w, "n", "c"), MIN(5, (int)i), &r);
        assert_non_null(r.headline);
        report_free(&r);
    }
    world_free(&w);
}

/* --- recordings from a real cluster: each line an object as a watch brought it, in order of arrival ----------------------------------- */
struct played {
    struct verdict last;
    size_t turned_ready;             /* how often it became ready after it had been stuck */
    size_t stuck_turns;              /* how often it became stuck */
    size_t since_moves;              /* how often `since` changed while it stayed stuck */
    char rules[1024];                /* each rule that led, in order, each change once */
};

static void note(struct played *p, const struct world *w)
{
    const struct ptrs *claims = store_all(w->store, KIND_CLAIM);
    const struct verdict *v = claims->n ? diagnosis_verdict(w->diagnosis, claims->v[0]) : NULL;
    if (!v)
        return;
    if (!p->last.rule || strcmp(v->rule, p->last.rule) != 0) {
        size_t used = strlen(p->rules);
        snprintf(p->rules + used, sizeof p->rules - used, "%s,", v->rule);
    }
    bool was = p->last.rule && p->last.state == CLAIM_STUCK;
    p->turned_ready += was && v->state == CLAIM_READY;
    p->stuck_turns += !was && v->state == CLAIM_STUCK;
    p->since_moves += was && v->state == CLAIM_STUCK && v->since_ms != p->last.since_ms;
    p->last = *v;
}

static struct played play(const char *recording)
{
    struct world w = world_new();
    struct played p = {0};
    int64_t at = 0;
    char *bytes = fixture(recording, NULL);
    for (char *line = bytes; *line;) {
        size_t length = strcspn(line, "\n");
        json whole = json_whole((struct slice){line, length}), object = json_get(whole, "object");
        struct buf scratch = {0};
        enum kind kind = kind_by_name(json_str(json_get(whole, "kind"), &scratch));
        assert_true(json_int(json_get(whole, "at"), &at) && kind != KIND_NONE);
        while (w.diagnosis && diagnosis_due(w.diagnosis) < at) {
            world_judge(&w, diagnosis_due(w.diagnosis));
            note(&p, &w);
        }
        if (json_is(json_get(whole, "type"), "DELETED"))
            store_remove(w.store, kind, 0, object);
        else
            store_apply(w.store, kind, 0, object);
        world_judge(&w, at);
        note(&p, &w);
        buf_free(&scratch);
        line += length + (line[length] == '\n');
    }
    free(bytes);
    world_free(&w);
    return p;
}

static void played_loops(void **state)
{
    (void)state;
    static const char *const loops[] = {"diagnose/crash-loop.ndjson", "diagnose/oom-killed.ndjson"};
    for (size_t i = 0; i < 2; i++) {
        struct played p = play(loops[i]);
        if (strcmp(p.rules, ",crash-loop,") != 0 || p.turned_ready || p.stuck_turns != 1 || p.since_moves)
            fail_msg("%s: %s ready %zu stuck %zu since %zu", loops[i], p.rules, p.turned_ready, p.stuck_turns, p.since_moves);
        assert_int_equal(p.last.state, CLAIM_STUCK);
    }
}

static void played_end(void **state)
{
    (void)state;
    struct played p = play("diagnose/pod-completed.ndjson");
    assert_int_equal(p.last.state, CLAIM_STUCK);
    assert_string_equal(p.rules, ",crash-loop,pod-ended,");
}

/* Made, suspended, resumed, deleted: never stuck. */
static void played_suspension(void **state)
{
    (void)state;
    struct played p = play("diagnose/suspend-resume.ndjson");
    assert_int_equal(p.stuck_turns, 0);
    assert_string_equal(p.rules, ",suspended,,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thresholds),     cmocka_unit_test(adopted_condition), cmocka_unit_test(crash_loop_does_not_flap),
        cmocka_unit_test(crash_loop_since_at_start), cmocka_unit_test(suspension_raises_no_alarm), cmocka_unit_test(deletion),
        cmocka_unit_test(groups),         cmocka_unit_test(wants),             cmocka_unit_test(wants_are_bounded),
        cmocka_unit_test(ready_ones_rest), cmocka_unit_test(hostile_objects), cmocka_unit_test(half_read), cmocka_unit_test(played_loops),
            cmocka_unit_test(played_end), cmocka_unit_test(played_suspension),
    };
    return TESTS_MAIN(tests);
}
