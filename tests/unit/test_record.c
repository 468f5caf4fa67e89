/* Recordings: what a session saw is what it sees again; stories by hand; files that are cut, foreign or hostile. */
#include "tests/unit/temp_dir.h"

#include "core/base/mem.h"
#include "core/record/recorder.h"
#include "core/session/session.h"
#include "core/sim/sim.h"
#include "core/sim/sim_replay.h"

#define SECRET "hunter2-s3cr3t"

enum { STEP_MS = 40, LIVE_MS = 40000, LOOKS = 8 };

static void run(struct session *s, struct clock_virtual *clock, int64_t ms)
{
    for (int64_t t = 0; t <= ms; t += STEP_MS) {
        if (t)
            clock_virtual_advance(clock, STEP_MS);
        session_turn(s);
        session_turn(s);
        session_sweep(s);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What the screen is made of: each claim with its state and its cause, and how many there are of each kind. */
static char *facts(struct session *s)
{
    const struct ptrs *claims = store_all(session_store(s), KIND_CLAIM);
    struct ptrs lines = {0};
    struct buf out = {0};

    for (size_t i = 0; i < claims->n; i++) {
        const struct object *o = claims->v[i];
        const struct verdict *v = diagnosis_verdict(session_diagnosis(s), o);
        ptrs_add(&lines, mem_printf("%s/%s %s %s\n", o->ns, o->name, claim_state_name(v->state), v->state == CLAIM_STUCK ? v->brief : ""));
    }
    if (lines.n)
        qsort(lines.v, lines.n, sizeof *lines.v, by_text);
    for (size_t i = 0; i < lines.n; i++) {
        buf_add_text(&out, lines.v[i]);
        free(lines.v[i]);
    }
    ptrs_free(&lines);
    static const enum kind counted[] = {KIND_SANDBOX, KIND_POOL, KIND_TEMPLATE, KIND_POD, KIND_NODE, KIND_DEPLOYMENT};
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        buf_printf(&out, "%s %zu\n", kind_info(counted[i])->plural, store_count(session_store(s), counted[i]));
    return buf_take(&out);
}

static struct session *session_on(struct transport *t, const struct clock *clock)
{
    struct session_config config = {.clock = clock, .transport = t, .context = "test", .server = "sim", .simulated = true};

    return session_new(&config);
}

static char *whole_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    struct buf b = {0};
    char piece[4096];

    assert_non_null(f);
    for (size_t got; (got = fread(piece, 1, sizeof piece, f)) > 0;)
        buf_add(&b, piece, got);
    fclose(f);
    *n = b.n;
    return buf_take(&b);
}

static struct recording *must_open(const char *path)
{
    struct err err = {0};
    struct recording *rec = recording_open(path, 0, &err);

    if (!rec)
        fail_msg("%s", err.text);
    return rec;
}

/* The demo's story, recorded for LIVE_MS; looks[i] are the facts at each LIVE_MS / LOOKS. */
static const char *record_demo(char *looks[LOOKS])
{
    struct clock_virtual clock;
    struct err err = {0};
    struct recording_about about = {.context = "demo", .server = "https://u:" SECRET "@host", .program = "test"};
    const char *path = temp_path("demo.recording");

    clock_virtual_init(&clock, INT64_C(1795423489000));
    struct sim *sim = sim_new(&clock.clock, 7);
    sim_story_demo(sim);
    assert_true(sim_put(sim, SLICE("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"planted\",\"namespace\":\"team-a\",\"labels\":{\"agents.x-k8s.io/"
                                   "sandbox-name-hash\":\"x\"},\"annotations\":{\"example.com/a\":\"" SECRET "\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"args\":[\"--token\",\""
                                   SECRET "\"],\"env\":[{\"name\":\"A\",\"value\":\"" SECRET "\"}]}]},\"status\":{\"phase\":\"Running\"}}"), &err));
    struct transport *t = recorder_new(sim_transport(sim), &clock.clock, path, &about, &err);
    if (!t)
        fail_msg("%s", err.text);
    struct session *s = session_on(t, &clock.clock);
    for (int i = 0; i < LOOKS; i++) {
        run(s, &clock, LIVE_MS / LOOKS);
        looks[i] = facts(s);
    }
    assert_null(recorder_trouble(t));
    session_free(s);
    sim_free(sim);
    return path;
}

static void free_looks(char *looks[LOOKS])
{
    for (int i = 0; i < LOOKS; i++)
        free(looks[i]);
}

static void same_facts(struct session *s, const char *expected, const char *when)
{
    char *now = facts(s);

    if (strcmp(now, expected))
        fail_msg("%s:\n%s\nand not\n%s", when, now, expected);
    free(now);
}

/* Played on, and set to any time there and back: always what the session saw then. */
static void replays_what_was_seen(void **state)
{
    static const int order[] = {3, 0, 7, 2, 5, 5, 1, 6};
    char *looks[LOOKS];
    const char *path = record_demo(looks);
    struct clock_virtual base;

    (void)state;
    clock_virtual_init(&base, 5000);
    struct recording *rec = must_open(path);
    assert_string_equal(recording_note(rec), "");
    assert_string_equal(recording_context(rec), "demo");
    struct replay *r = replay_new(rec, &base.clock);
    assert_true(replay_length(r) >= LIVE_MS && replay_length(r) < LIVE_MS + 100 * STEP_MS);
    struct session *s = session_on(replay_transport(r), replay_clock(r));
    for (int i = 0; i < LOOKS; i++) {
        run(s, &base, LIVE_MS / LOOKS);
        if (i > 0)                   /* in the first seconds what was read on demand came later than now */
            same_facts(s, looks[i], "played");
    }
    replay_pause(r, true);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        int64_t to = (order[i] + 1) * (int64_t)(LIVE_MS / LOOKS);
        replay_seek(r, to);
        assert_int_equal(replay_position(r), to);
        run(s, &base, 2000);
        assert_int_equal(replay_position(r), to);
        if (order[i] > 0)
            same_facts(s, looks[order[i]], "set");
    }
    session_free(s);
    replay_free(r);
    free_looks(looks);
}

static void nothing_secret_is_written(void **state)
{
    char *looks[LOOKS];
    const char *path = record_demo(looks);
    size_t n;
    char *bytes = whole_file(path, &n);
    struct stat st;

    (void)state;
    assert_null(memmem(bytes, n, SECRET, strlen(SECRET)));
    assert_non_null(memmem(bytes, n, "\"planted\"", 9));
    assert_non_null(strstr(bytes, "spec.containers[0].env[0].value"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    free(bytes);
    free_looks(looks);
}

static void overwrites_nothing(void **state)
{
    struct clock_virtual clock;
    struct recording_about about = {0};
    struct err err = {0};
    const char *path = temp_file("there", "precious");
    size_t n;

    (void)state;
    clock_virtual_init(&clock, 0);
    struct sim *sim = sim_new(&clock.clock, 1);
    struct transport *inner = sim_transport(sim);
    assert_null(recorder_new(inner, &clock.clock, path, &about, &err));
    assert_non_null(strstr(err.text, "there already"));
    char *bytes = whole_file(path, &n);
    assert_string_equal(bytes, "precious");
    free(bytes);
    transport_free(inner);
    sim_free(sim);
    err_clear(&err);
}

/* ---- one request over a replay ---------------------------------------------------------------------------------------------------------- */

struct got {
    struct buf body;
    int status, ends;
    enum end_reason reason;
    char *text;
};

static void on_head(void *ctx, const struct response_head *head)
{
    ((struct got *)ctx)->status = head->status;
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    buf_add(&((struct got *)ctx)->body, bytes, n);
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct got *got = ctx;

    got->ends++;
    got->reason = reason;
    got->text = mem_text(text);
}

static void ask(struct transport *t, const char *method, const char *path, struct got *got)
{
    static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};
    struct request q = {.method = method, .path = path};

    *got = (struct got){0};
    struct exchange *x = transport_request(t, &q, &ops, got);
    for (int i = 0; i < 6 && !got->ends; i++)
        t->ops->step(t);
    if (!got->ends)
        transport_cancel(t, x);
}

static void drop(struct got *got)
{
    buf_free(&got->body);
    free(got->text);
}

static void expect(struct transport *t, const char *method, const char *path, int status, const char *holds)
{
    struct got got;

    ask(t, method, path, &got);
    if (got.status != status || !strstr(buf_slice(&got.body).p, holds))
        fail_msg("%s %s: %d %s", method, path, got.status, buf_slice(&got.body).p);
    drop(&got);
}

static struct recording *must_read(const char *text)
{
    struct err err = {0};
    struct recording *rec = recording_read(slice_of(text), "story", INT64_C(1795423489000), &err);

    if (!rec)
        fail_msg("%s", err.text);
    return rec;
}

static const char story[] =
    "# a story by hand\n"
    "{\"sandtop\":\"recording/v1\"}\n"
    "{\"t\":0, \"put\":{\n"
    "   \"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\n"
    "   \"metadata\":{\"name\":\"c\",\"namespace\":\"a\",\"creationTimestamp\":\"@-90s\"},\"spec\":{\"warmPoolRef\":{\"name\":\"p\"}}}}\n"
    "{\"put\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"q\",\"namespace\":\"a\"},\"spec\":{\"nodeName\":\"n\",\"containers\":[{\"name\":\"m\"}]}}}\n"
    "{\"t\":1,\"log\":{\"namespace\":\"a\",\"pod\":\"q\",\"container\":\"m\"},\"line\":\"one\"}\n"
    "# and then\n"
    "{\"t\":5,\"log\":{\"namespace\":\"a\",\"pod\":\"q\",\"container\":\"m\"},\"line\":\"two\",\"at\":\"2026-11-23T09:00:00.5Z\"}\n"
    "{\"t\":6,\"answer\":{\"path\":\"/api/v1/nodes?limit=500\",\"status\":403,\"body\":{\"kind\":\"Status\",\"message\":\"no nodes\"}}}\n"
    "{\"answer\":{\"path\":\"/metrics\",\"status\":200,\"text\":\"a 1\\n\"}}\n"
    "{\"t\":8,\"answer\":{\"path\":\"/api/v1/nodes\",\"status\":200,\"text\":\"\"}}\n"
    "{\"t\":10,\"delete\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"q\",\"namespace\":\"a\"}}}\n"
    "{\"t\":12,\"down\":\"no route\"}\n"
    "{\"t\":14,\"up\":true}\n"
    "{\"t\":20,\"end\":true}\n";

#define LOG "/api/v1/namespaces/a/pods/q/log?container=m"
#define POD "/api/v1/namespaces/a/pods/q"
#define CLAIM "/apis/extensions.agents.x-k8s.io/v1beta1/namespaces/a/sandboxclaims/c"

static void tells_a_story_by_hand(void **state)
{
    struct clock_virtual base;
    struct got got;

    (void)state;
    clock_virtual_init(&base, 0);
    struct replay *r = replay_new(must_read(story), &base.clock);
    struct transport *t = replay_transport(r);
    assert_int_equal(replay_length(r), 20000);
    expect(t, "GET", CLAIM, 200, "\"creationTimestamp\":\"2026-11-23T08:43:19Z\"");
    expect(t, "GET", POD, 200, "\"uid\"");
    expect(t, "GET", LOG, 200, "");
    expect(t, "GET", "/metrics", 404, "");
    expect(t, "POST", "/api/v1/namespaces/a/pods", 403, "recording");
    replay_speed(r, 2);
    clock_virtual_advance(&base, 3100);
    assert_int_equal(replay_position(r), 6200);
    expect(t, "GET", LOG "&timestamps=true", 200, "2026-11-23T09:00:00.500000000Z two\n");
    expect(t, "GET", LOG, 200, "one\ntwo\n");
    expect(t, "GET", "/metrics", 200, "a 1\n");
    expect(t, "GET", "/api/v1/nodes?limit=500", 403, "no nodes");
    expect(t, "GET", "/api/v1/nodes?watch=1&resourceVersion=5&allowWatchBookmarks=true", 403, "no nodes");
    expect(t, "GET", "/api/v1/pods?limit=500", 200, "\"q\"");
    replay_pause(r, true);
    clock_virtual_advance(&base, 60000);
    assert_int_equal(replay_position(r), 6200);
    assert_false(replay_seek(r, 9000));
    expect(t, "GET", "/api/v1/nodes?limit=500", 200, "items");
    assert_false(replay_seek(r, 11000));
    expect(t, "GET", POD, 404, "not found");
    assert_false(replay_seek(r, 12500));
    ask(t, "GET", "/version", &got);
    assert_int_equal(got.reason, END_UNREACHABLE);
    assert_string_equal(got.text, "no route");
    drop(&got);
    assert_true(replay_seek(r, 2000));
    expect(t, "GET", "/version", 200, "gitVersion");
    ask(t, "GET", LOG, &got);
    assert_string_equal(got.body.p, "one\n");
    drop(&got);
    replay_seek(r, 99999);
    assert_int_equal(replay_position(r), 20000);
    expect(t, "GET", CLAIM, 200, "\"c\"");
    transport_free(t);
    replay_free(r);
}

/* Of what the session watches all is in a recording; of the rest only what was asked for, and nothing else is said to be missing. */
static void tells_unknown_from_missing(void **state)
{
    static const char recorded[] =
        "{\"sandtop\":\"recording/v1\",\"start\":\"2026-11-23T08:00:00Z\"}\n"
        "{\"t\":0,\"answer\":{\"path\":\"/api/v1/namespaces/a/secrets/asked\",\"status\":404,\"body\":{\"kind\":\"Status\",\"message\":\"no secret\"}}}\n"
        "{\"t\":0,\"end\":true}\n";
    struct clock_virtual base;

    (void)state;
    clock_virtual_init(&base, 0);
    struct replay *r = replay_new(must_read(recorded), &base.clock);
    struct transport *t = replay_transport(r);
    expect(t, "GET", "/api/v1/namespaces/a/secrets/asked", 404, "no secret");
    expect(t, "GET", "/api/v1/namespaces/a/secrets/other", 403, "not in the recording");
    expect(t, "GET", "/api/v1/namespaces/a/limitranges?limit=200", 403, "not in the recording");
    expect(t, "GET", "/api/v1/namespaces/a/services/x:8080/proxy/metrics", 403, "not in the recording");
    expect(t, "GET", POD, 404, "not found");
    expect(t, "GET", "/api/v1/pods?limit=500", 200, "items");
    expect(t, "GET", "/version", 200, "gitVersion");
    transport_free(t);
    replay_free(r);
}

/* A refusal is seen again as one, until it is lifted; an outage too. */
static void records_refusals(void **state)
{
    struct clock_virtual clock, base;
    struct err err = {0};
    struct recording_about about = {0};
    const char *path = temp_path("refused");

    (void)state;
    clock_virtual_init(&clock, INT64_C(1795423489000));
    struct sim *sim = sim_new(&clock.clock, 7);
    sim_story_demo(sim);
    sim_fault(sim, "/api/v1/nodes", 403, 3, 0, NULL);
    struct transport *t = recorder_new(sim_transport(sim), &clock.clock, path, &about, &err);
    struct session *s = session_on(t, &clock.clock);
    run(s, &clock, 8000);
    assert_true(session_facts(s)->forbidden[KIND_NODE]);
    sim_fault(sim, "/version", 0, 1, 0, NULL);
    run(s, &clock, 300000);
    assert_false(session_facts(s)->forbidden[KIND_NODE]);
    session_free(s);
    sim_free(sim);
    clock_virtual_init(&base, 0);
    struct replay *r = replay_new(must_open(path), &base.clock);
    s = session_on(replay_transport(r), replay_clock(r));
    run(s, &base, 8000);
    assert_true(session_facts(s)->forbidden[KIND_NODE]);
    session_free(s);
    replay_seek(r, 290000);
    s = session_on(replay_transport(r), replay_clock(r));
    run(s, &base, 4000);
    assert_false(session_facts(s)->forbidden[KIND_NODE]);
    assert_int_equal(store_count(session_store(s), KIND_NODE), 4);
    session_free(s);
    replay_free(r);
}

static void reads_yaml_too(void **state)
{
    struct recording *rec = must_read("sandtop: recording/v1\nstart: \"2026-11-23T08:00:00.25Z\"\nevents:\n- t: 1.5\n  put:\n    apiVersion: v1\n    kind: Node\n"
                                      "    metadata: {name: node-1}\n- delete: {apiVersion: v1, kind: Node, metadata: {name: node-1}}\n");

    (void)state;
    assert_int_equal(recording_count(rec), 2);
    assert_int_equal(recording_event(rec, 1)->at_ms, 1500);
    assert_int_equal(recording_things(rec), 1);
    assert_int_equal(recording_start(rec) % 1000, 250);
    recording_free(rec);
}

static void orders_by_time(void **state)
{
    struct recording *rec = must_read("{\"sandtop\":\"recording/v1\"}{\"t\":3,\"down\":\"a\"}{\"t\":1,\"down\":\"b\"}{\"t\":3,\"down\":\"c\"}{\"t\":1,\"down\":\"d\"}");
    static const char *const expected[] = {"b", "d", "a", "c"};

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_true(json_is(json_get(recording_event(rec, i)->value, "down"), expected[i]));
    recording_free(rec);
}

static void says_what_is_wrong(void **state)
{
    static const char *const rows[][2] = {
        {"", "story is no recording"},
        {"hello", "story is no recording"},
        {"{}", "story is no recording"},
        {"[1]", "story is no recording"},
        {"{\"sandtop\":\"doctor/v1\"}", "story is a \"doctor/v1\""},
        {"{\"kind\":\"PodList\",\"items\":[]}", "story is no recording"},
        {"\x1f\x8bgzip", "story is no recording"},
        {"{\"sandtop\":\"recording/v1\",\"start\":\"soon\"}", "\"start\" is no time"},
        {"{\"sandtop\":\"recording/v1\"}\n\nnonsense", "story:3:"},
        {"{\"sandtop\":\"recording/v1\"}\n{\"t\":\"1\"}", "story:2: \"t\" is"},
        {"{\"sandtop\":\"recording/v1\"}\n{\"t\":-1}", "story:2: \"t\" is"},
        {"{\"sandtop\":\"recording/v1\"}\n{\"t\":1e300}", "story:2: \"t\" is"},
        {"{\"sandtop\":\"recording/v1\"}\n{\"t\" 1}", "story:2: this event is malformed"},
        {"{\"sandtop\":\"recording/v1\"}\n{\"put\":{\"kind\":\"Pod\"}}", "story:2: put wants"},
        {"{\"sandtop\":\"recording/v1\"}\n{\"put\":3}", "story:2: put wants"},
        {"{\"sandtop\":\"recording/v1\"}\n{\"delete\":{}}", "story:2: delete wants"},
        {"{\"sandtop\":\"recording/v1\"}\n{\"log\":{\"pod\":\"x\"}}", "story:2: log wants"},
        {"{\"sandtop\":\"recording/v1\"}\n{\"log\":{\"pod\":\"x\"},\"line\":\"l\",\"at\":\"then\"}", "story:2: \"at\" is no time"},
        {"{\"sandtop\":\"recording/v1\"}\n{\"answer\":{\"path\":\"x\",\"status\":200}}", "story:2: answer wants"},
        {"sandtop: recording/v1\nevents: [{t: 1}, {t: x}]", "story: event 2: \"t\" is"},
        {"sandtop: recording/v1\nevents:\n  - [", "story:"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct recording *rec = recording_read(slice_of(rows[i][0]), "story", 0, &err);
        if (rec || !err.text || !strstr(err.text, rows[i][1]))
            fail_msg("%s\ngives %s", rows[i][0], rec ? "a recording" : err.text);
        err_clear(&err);
    }
}

/* Cut at every byte: what stands before is shown and the cut is said, or it is no recording at all. */
static void bears_any_cut(void **state)
{
    size_t n = strlen(story), shown = 0, noted = 0;

    (void)state;
    for (size_t i = 0; i <= n; i++) {
        struct err err = {0};
        char *exact = malloc(i ? i : 1);
        memcpy(exact, story, i);
        struct recording *rec = recording_read((struct slice){exact, i}, "story", 0, &err);
        free(exact);
        assert_true(rec || err.text);
        if (rec) {
            assert_true(recording_count(rec) >= shown);
            shown = recording_count(rec);
            noted += strstr(recording_note(rec), "ends within") != NULL;
        }
        recording_free(rec);
        err_clear(&err);
    }
    assert_int_equal(shown, 10);
    assert_true(noted > n / 2);
}

static void strips_paths(void **state)
{
    static const char *const rows[][2] = {
        {"/version", "/version"},
        {"/api/v1/pods?limit=500&continue=abc", "/api/v1/pods"},
        {"/api/v1/pods?labelSelector=a%3Db&watch=1&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=300", "/api/v1/pods?labelSelector=a%3Db"},
        {"/x?limit=1&fieldSelector=y&", "/x?fieldSelector=y"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *plain = recording_path(rows[i][0]);
        assert_string_equal(plain, rows[i][1]);
        free(plain);
    }
}

/* ---- worlds that live ------------------------------------------------------------------------------------------------------------------- */

#define STAGE "\"nodes\":[{\"name\":\"n\",\"cpu\":\"4\",\"memory\":\"8Gi\"}],\"namespaces\":[\"a\"]"
#define TEMPLATE(more) "\"templates\":[{\"namespace\":\"a\",\"name\":\"t\",\"image\":\"i:1\",\"container\":\"c\",\"cpu\":\"1\",\"memory\":\"1Gi\"" more "}]"
#define POOL "\"pools\":[{\"namespace\":\"a\",\"name\":\"p\",\"template\":\"t\",\"replicas\":1}]"
#define CAST(text) "{\"sandtop\":\"recording/v1\",\"cast\":{" text "}}"

static void a_story_lives(void **state)
{
    struct clock_virtual clock;
    struct err err = {0};

    (void)state;
    clock_virtual_init(&clock, INT64_C(1795423489000));
    struct sim *sim = sim_new(&clock.clock, 1);
    struct recording *told = must_read(CAST(STAGE "," TEMPLATE("") "," POOL)
        "{\"t\":2,\"put\":{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"c\",\"namespace\":\"a\"},"
        "\"spec\":{\"warmPoolRef\":{\"name\":\"p\"}}}}"
        "{\"t\":30,\"delete\":{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"c\",\"namespace\":\"a\"}}}");
    if (!sim_story_tell(sim, told, &err))
        fail_msg("%s", err.text);
    struct session *s = session_on(sim_transport(sim), &clock.clock);
    run(s, &clock, 1000);
    assert_int_equal(store_count(session_store(s), KIND_CLAIM), 0);
    run(s, &clock, 19000);
    assert_int_equal(store_count(session_store(s), KIND_CLAIM), 1);
    assert_int_equal(diagnosis_count(session_diagnosis(s), CLAIM_READY), 1);
    run(s, &clock, 20000);
    assert_int_equal(store_count(session_store(s), KIND_CLAIM), 0);
    session_free(s);
    sim_free(sim);
}

static void says_what_is_wrong_with_a_cast(void **state)
{
    static const char *const rows[][2] = {
        {CAST(""), "one node at least"},
        {CAST("\"nodes\":3"), "cast.nodes"},
        {CAST("\"nodes\":[{\"name\":\"N\",\"cpu\":\"4\",\"memory\":\"1\"}]"), "cast.nodes, row 1, name"},
        {CAST("\"nodes\":[{\"name\":\"a\\\"b\",\"cpu\":\"4\",\"memory\":\"1\"}]"), "cast.nodes, row 1, name"},
        {CAST("\"nodes\":[{\"name\":\"n\",\"cpu\":\"4\",\"memory\":\"1\",\"taint\":\"x\"}]"), "KEY:EFFECT"},
        {CAST(STAGE "," TEMPLATE(",\"fate\":\"none\"")), "there is no fate"},
        {CAST(STAGE "," TEMPLATE(",\"pull\":\"soon\"")), "cast.templates, row 1, pull"},
        {CAST(STAGE "," TEMPLATE(",\"command\":\"sh\"")), "a list of words"},
        {CAST(STAGE ",\"fates\":{\"x\":[{\"step\":\"pod\",\"after\":\"1s\"}]}"), "ends with rest or again"},
        {CAST(STAGE ",\"fates\":{\"x\":[{\"step\":\"fly\"}]}"), "no step of that name"},
        {CAST(STAGE ",\"fates\":{\"x\":[{\"step\":\"pod\"},{\"step\":\"again\",\"after\":\"0s\"}]}"), "a round takes"},
        {CAST(STAGE ",\"fates\":{\"x\":[{\"step\":\"pod\"},{\"step\":\"again\",\"after\":\"1s\",\"to\":7}]}"), "to"},
        {CAST(STAGE ",\"fates\":{\"x\":[]}"), "1 to 32 steps"},
        {CAST(STAGE ",\"fates\":{\"x\":[{\"step\":\"crash\"},{\"step\":\"rest\"}]}," TEMPLATE(",\"fate\":\"x\"")), "cast.templates, row 1, text"},
        {CAST(STAGE ",\"claims\":[{\"namespace\":\"a\",\"name\":\"c-\",\"pool\":\"p\",\"count\":99999999}]"), "cast.claims, row 1, count"},
        {CAST(STAGE ",\"churn\":[{\"namespace\":\"a\",\"name\":\"c-\",\"pool\":\"p\",\"every\":\"0s\",\"life\":\"1s\"}]"), "100ms at least"},
    };
    struct clock_virtual clock;

    (void)state;
    clock_virtual_init(&clock, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct sim *sim = sim_new(&clock.clock, 1);
        if (sim_story_tell(sim, must_read(rows[i][0]), &err) || !err.text || !strstr(err.text, rows[i][1]))
            fail_msg("%s\ngives %s", rows[i][0], err.text ? err.text : "a story");
        err_clear(&err);
        sim_free(sim);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replays_what_was_seen, temp_setup, temp_teardown),
        cmocka_unit_test_setup_teardown(nothing_secret_is_written, temp_setup, temp_teardown),
        cmocka_unit_test_setup_teardown(overwrites_nothing, temp_setup, temp_teardown),
        cmocka_unit_test(tells_a_story_by_hand), cmocka_unit_test(reads_yaml_too),
        cmocka_unit_test(tells_unknown_from_missing), cmocka_unit_test_setup_teardown(records_refusals, temp_setup, temp_teardown), cmocka_unit_test(orders_by_time), cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(bears_any_cut), cmocka_unit_test(strips_paths), cmocka_unit_test(a_story_lives),
        cmocka_unit_test(says_what_is_wrong_with_a_cast),
    };

    return TESTS_MAIN(tests);
}
