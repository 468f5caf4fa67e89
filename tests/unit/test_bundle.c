/* Archives, and the triage bundle over the simulated cluster: what is in it, what is nowhere in it, and that it can be shown again. */
#include "tests/unit/temp_dir.h"

#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/record/archive.h"
#include "core/session/bundle.h"
#include "core/sim/sim.h"
#include "core/sim/sim_replay.h"

#include <dirent.h>

#define SECRET "planted-s3cr3t-0042"
#define START INT64_C(1795423489000)

/* ---- archives --------------------------------------------------------------------------------------------------------------------------- */

struct files {
    struct ptrs names, texts;
};

static bool take(void *ctx, const char *name, struct slice bytes)
{
    struct files *f = ctx;

    ptrs_add(&f->names, mem_text(name));
    ptrs_add(&f->texts, slice_dup(bytes));
    return true;
}

static void drop_files(struct files *f)
{
    for (size_t i = 0; i < f->names.n; i++) {
        free(f->names.v[i]);
        free(f->texts.v[i]);
    }
    ptrs_free(&f->names);
    ptrs_free(&f->texts);
}

static const char *text_of(const struct files *f, const char *name)
{
    for (size_t i = 0; i < f->names.n; i++)
        if (strcmp(f->names.v[i], name) == 0)
            return f->texts.v[i];
    return NULL;
}

static struct files unpack(const char *path)
{
    struct files f = {0};
    struct err err = {0};

    if (!archive_read(path, NULL, take, &f, &err))
        fail_msg("%s", err.text);
    return f;
}

static size_t files_in(const char *folder)
{
    DIR *d = opendir(folder);
    size_t n = 0;

    for (struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

static void writes_and_reads(void **state)
{
    struct err err = {0};
    const char *path = temp_path("a.tar.gz");
    struct archive_writer *w = archive_writer_new(path, &err);
    struct stat st;

    (void)state;
    assert_non_null(w);
    assert_int_equal(stat(path, &st), -1);       /* not before it is whole */
    assert_true(archive_writer_add(w, "x/one.txt", SLICE("hello"), START, &err));
    assert_true(archive_writer_add(w, "empty", SLICE(""), START, &err));
    assert_true(archive_writer_finish(w, &err));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(files_in(temp_dir), 1);
    assert_true(archive_looks_like(path));
    struct files f = unpack(path);
    assert_string_equal(text_of(&f, "x/one.txt"), "hello");
    assert_string_equal(text_of(&f, "empty"), "");
    drop_files(&f);
    assert_null(archive_writer_new(path, &err));
    assert_non_null(strstr(err.text, "there already"));
    err_clear(&err);
    assert_null(archive_writer_new(temp_path("no/such/folder.tar.gz"), &err));
    err_clear(&err);
    assert_null(archive_writer_new("", &err));
    err_clear(&err);
}

/* The name appears between the beginning and the end: what is there stays, and nothing of ours is left. */
static void never_overwrites(void **state)
{
    struct err err = {0};
    struct archive_writer *w = archive_writer_new(temp_path("b.tar.gz"), &err);
    size_t n;

    (void)state;
    assert_true(archive_writer_add(w, "one", SLICE("1"), START, &err));
    temp_file("b.tar.gz", "precious");
    assert_false(archive_writer_finish(w, &err));
    assert_non_null(strstr(err.text, "there already"));
    assert_int_equal(files_in(temp_dir), 1);
    FILE *f = fopen(temp_path("b.tar.gz"), "r");
    char bytes[16] = "";
    n = fread(bytes, 1, sizeof bytes - 1, f);
    fclose(f);
    assert_int_equal(n, 8);
    assert_string_equal(bytes, "precious");
    err_clear(&err);
    archive_writer_drop(archive_writer_new(temp_path("c.tar.gz"), &err));
    assert_int_equal(files_in(temp_dir), 1);
}

static void write_names(const char *path, const char *name)
{
    struct err err = {0};
    struct archive_writer *w = archive_writer_new(path, &err);

    assert_true(archive_writer_add(w, name, SLICE("x"), START, &err));
    assert_true(archive_writer_finish(w, &err));
}

static void refuses_bad_archives(void **state)
{
    static const char *const names[] = {"../up", "/etc/passwd", "a/../../b", "a\nb", "a\\b"};
    struct files f = {0};
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file[16];
        snprintf(file, sizeof file, "n%zu", i);
        write_names(temp_path(file), names[i]);
        assert_false(archive_read(temp_path(file), NULL, take, &f, &err));
        assert_non_null(strstr(err.text, "a name that leads out"));
        err_clear(&err);
    }
    assert_int_equal(f.names.n, 0);
    struct archive_writer *w = archive_writer_new(temp_path("bomb"), &err);
    struct buf zeros = {0};
    buf_reserve(&zeros, 4 << 20);
    memset(zeros.p, 0, 4 << 20);
    zeros.n = 4 << 20;
    for (int i = 0; i < 4; i++)
        assert_true(archive_writer_add(w, i ? "again" : "first", buf_slice(&zeros), START, &err));
    assert_true(archive_writer_finish(w, &err));
    buf_free(&zeros);
    const struct archive_limits limits[] = {{.entry_bytes = 1 << 20}, {.bytes = 10 << 20}, {.entries = 2}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        assert_false(archive_read(temp_path("bomb"), &limits[i], take, &f, &err));
        assert_non_null(strstr(err.text, i == 2 ? "more than 2 entries" : "larger than is taken"));
        err_clear(&err);
    }
    drop_files(&f);
    static const char *const texts[] = {"", "hello", "{\"sandtop\":1}", "\x1f\x8b\x08garbage"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_false(archive_read(temp_file("t", texts[i]), NULL, take, &f, &err));
        err_clear(&err);
    }
    assert_false(archive_read(temp_path("none"), NULL, take, &f, &err));
    err_clear(&err);
    drop_files(&f);
}

/* ---- a bundle ----------------------------------------------------------------------------------------------------------------------------- */

struct world {
    struct clock_virtual clock;
    struct sim *sim;
    struct session *session;
};

static void put(struct world *w, const char *object)
{
    struct err err = {0};

    if (!sim_put(w->sim, slice_of(object), &err))
        fail_msg("%s", err.text);
}

static void run(struct session *s, struct clock_virtual *clock, int64_t ms)
{
    for (int64_t t = 0; t < ms; t += 20) {
        session_turn(s);
        session_sweep(s);
        clock_virtual_advance(clock, 20);
    }
}

#define AGENTS "\"apiVersion\":\"agents.x-k8s.io/v1beta1\",\"kind\":\"Sandbox\""
#define EXTENSIONS(kind) "\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"" kind "\""
#define POD_SPEC                                                                                                                              \
    "{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\",\"args\":[\"--token\",\"" SECRET "\",\"--api-key=" SECRET "\",\"--port=1\"],"                 \
    "\"env\":[{\"name\":\"PLAIN\",\"value\":\"" SECRET "\"},{\"name\":\"API_KEY\",\"value\":\"zq7-Echoed\"}]}],\"nodeName\":\"n1\"}"
#define NOTES "\"annotations\":{\"example.com/a\":\"" SECRET "\",\"kubectl.kubernetes.io/last-applied-configuration\":\"{\\\"x\\\":\\\"" SECRET "\\\"}\"}"

static void open_world(struct world *w)
{
    clock_virtual_init(&w->clock, START);
    w->sim = sim_new(&w->clock.clock, 1);
    put(w, "{" EXTENSIONS("SandboxTemplate") ",\"metadata\":{\"name\":\"t\",\"namespace\":\"a\"," NOTES "},\"spec\":{\"podTemplate\":{\"spec\":" POD_SPEC "}}}");
    put(w, "{" EXTENSIONS("SandboxWarmPool") ",\"metadata\":{\"name\":\"p\",\"namespace\":\"a\"},\"spec\":{\"replicas\":0,\"sandboxTemplateRef\":{\"name\":\"t\"}}}");
    put(w, "{" EXTENSIONS("SandboxClaim") ",\"metadata\":{\"name\":\"stuck\",\"namespace\":\"a\"," NOTES "},\"spec\":{\"warmPoolRef\":{\"name\":\"p\"},\"env\":[{\"name\":\"A\","
           "\"value\":\"" SECRET "\"}]},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"DependenciesNotReady\",\"message\":"
           "\"Pod exists with phase: Pending; Authorization: Bearer " SECRET "\",\"lastTransitionTime\":\"2026-11-23T08:40:00Z\"}],\"sandbox\":{\"name\":\"stuck\"}}}");
    put(w, "{" EXTENSIONS("SandboxClaim") ",\"metadata\":{\"name\":\"fine\",\"namespace\":\"b\"},\"spec\":{\"warmPoolRef\":{\"name\":\"p\"}},\"status\":{\"conditions\":[{\"type\":"
           "\"Ready\",\"status\":\"True\",\"reason\":\"DependenciesReady\",\"message\":\"Pod is Ready\",\"lastTransitionTime\":\"2026-11-23T08:40:00Z\"}]}}");
    put(w, "{" AGENTS ",\"metadata\":{\"name\":\"stuck\",\"namespace\":\"a\"},\"spec\":{\"podTemplate\":{\"spec\":" POD_SPEC "}}}");
    put(w, "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"stuck\",\"namespace\":\"a\",\"labels\":{\"agents.x-k8s.io/sandbox-name-hash\":\"x\"}," NOTES
           "},\"spec\":" POD_SPEC ",\"status\":{\"phase\":\"Pending\",\"containerStatuses\":[{\"name\":\"c\",\"state\":{\"waiting\":{\"reason\":\"ImagePullBackOff\",\"message\":"
           "\"Back-off pulling image \\\"https://u:" SECRET "@r/i:1\\\": not found\"}}}]}}");
    put(w, "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
    put(w, "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"agent-sandbox-controller\",\"namespace\":\"agent-sandbox-system\"},\"spec\":{"
           "\"replicas\":1,\"template\":{\"spec\":{\"containers\":[{\"name\":\"agent-sandbox-controller\",\"image\":\"ctl:v1\",\"args\":[\"--extensions\",\"--enable-pprof\"]}]}}},"
           "\"status\":{\"readyReplicas\":1}}");
    put(w, "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"ctl-1\",\"namespace\":\"agent-sandbox-system\",\"labels\":{\"app\":\"agent-sandbox-controller\"}},\"spec\":{"
           "\"nodeName\":\"n1\",\"containers\":[{\"name\":\"m\"}]},\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"m\",\"ready\":true,\"state\":{\"running\":{}}}]}}");
    sim_log(w->sim, "agent-sandbox-system", "ctl-1", "m", "{\"level\":\"error\",\"msg\":\"refused\",\"token\":\"" SECRET "\"}");
    sim_log(w->sim, "agent-sandbox-system", "ctl-1", "m", "sent Authorization: Bearer " SECRET);
    sim_log(w->sim, "agent-sandbox-system", "ctl-1", "m", "the other side said zq7-Echoed and no more");
    struct session_config config = {.clock = &w->clock.clock, .transport = sim_transport(w->sim), .context = "test", .server = "sim", .simulated = true};
    w->session = session_new(&config);
    run(w->session, &w->clock, 4000);
}

static void close_world(struct world *w)
{
    session_free(w->session);
    sim_free(w->sim);
}

static struct bundle *begin(struct world *w, const char *path, const struct object *const *claims, size_t n)
{
    struct err err = {0};
    struct bundle_wish wish = {
        .file = path, .claims = claims, .n_claims = n, .findings_text = SLICE("the pod said password=" SECRET "\n"),
        .findings_json = SLICE("{\"schema\":\"sandtop.doctor/v1\",\"findings\":[{\"cause\":\"token: " SECRET "\"}]}"), .program = "sandtop test",
    };
    struct bundle *b = bundle_start(w->session, &wish, &err);

    if (!b)
        fail_msg("%s", err.text);
    return b;
}

static void drive(struct world *w, struct bundle *b)
{
    for (int i = 0; i < 2000 && (bundle_status(b)->state == BUNDLE_READING || bundle_status(b)->state == BUNDLE_WRITING); i++) {
        session_turn(w->session);
        bundle_step(b);
        session_sweep(w->session);
        clock_virtual_advance(&w->clock, 20);
    }
}

static void holds_the_chain_and_no_secret(void **state)
{
    static const char *const wanted[] = {
        "b/README.txt", "b/versions.txt", "b/redacted.txt", "b/findings.txt", "b/findings.json", "b/timeline.txt", "b/recording.jsonl",
        "b/objects/sandboxclaims/a/stuck.yaml", "b/objects/sandboxes/a/stuck.yaml", "b/objects/pods/a/stuck.yaml", "b/objects/sandboxwarmpools/a/p.yaml",
        "b/objects/sandboxtemplates/a/t.yaml", "b/objects/nodes/_cluster/n1.yaml", "b/objects/deployments/agent-sandbox-system/agent-sandbox-controller.yaml",
        "b/objects/pods/agent-sandbox-system/ctl-1.yaml", "b/logs/ctl-ctl-1-0.log",
    };
    struct world w;
    const char *path = temp_path("b.tar.gz");

    (void)state;
    open_world(&w);
    struct bundle *b = begin(&w, path, NULL, 0);
    drive(&w, b);
    if (bundle_status(b)->state != BUNDLE_DONE)
        fail_msg("state %d: %s", bundle_status(b)->state, bundle_status(b)->message);
    assert_int_equal(bundle_status(b)->claims, 1);
    assert_true(bundle_status(b)->redacted >= 20);
    struct files f = unpack(path);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!text_of(&f, wanted[i]))
            fail_msg("no %s", wanted[i]);
    assert_null(text_of(&f, "b/objects/sandboxclaims/b/fine.yaml"));
    for (size_t i = 0; i < f.names.n; i++)
        if (strstr(f.texts.v[i], "zq7-Echoed"))
            fail_msg("what is known by name is echoed in %s", (char *)f.names.v[i]);
    for (size_t i = 0; i < f.names.n; i++)
        if (strstr(f.texts.v[i], SECRET))
            fail_msg("a secret is in %s:\n%s", (char *)f.names.v[i], strstr(f.texts.v[i], SECRET) - 200 > (char *)f.texts.v[i] ? strstr(f.texts.v[i], SECRET) - 200
                                                                                                                               : (char *)f.texts.v[i]);
    assert_non_null(strstr(text_of(&f, "b/redacted.txt"), "Pod a/stuck spec.containers[0].env[0].value"));
    assert_non_null(strstr(text_of(&f, "b/redacted.txt"), "SandboxClaim a/stuck spec.env[0].value"));
    assert_non_null(strstr(text_of(&f, "b/objects/pods/a/stuck.yaml"), "kind: Pod"));
    assert_non_null(strstr(text_of(&f, "b/objects/pods/a/stuck.yaml"), "--port=1"));
    assert_non_null(strstr(text_of(&f, "b/logs/ctl-ctl-1-0.log"), "refused"));
    assert_non_null(strstr(text_of(&f, "b/versions.txt"), "ctl:v1"));
    /* the profiled controller was asked for its goroutines, and what it said is told */
    assert_true(sim_requests(w.sim, "ctl-1:8080/proxy/debug/pprof/goroutine?debug=2") == 1);
    assert_non_null(strstr(text_of(&f, "b/README.txt"), "goroutine"));
    drop_files(&f);
    bundle_free(b);
    close_world(&w);
}

static void replays(void **state)
{
    struct world w;
    struct clock_virtual base;
    struct err err = {0};
    const char *path = temp_path("b.tar.gz");

    (void)state;
    open_world(&w);
    struct bundle *b = begin(&w, path, NULL, 0);
    drive(&w, b);
    bundle_free(b);
    const struct verdict *live = diagnosis_verdict(session_diagnosis(w.session), store_find(session_store(w.session), KIND_CLAIM, SLICE("a"), SLICE("stuck")));
    struct recording *rec = recording_open(path, 0, &err);
    if (!rec)
        fail_msg("%s", err.text);
    assert_string_equal(recording_note(rec), "");
    clock_virtual_init(&base, 0);
    struct replay *r = replay_new(rec, &base.clock);
    struct session_config config = {.clock = replay_clock(r), .transport = replay_transport(r), .simulated = true};
    struct session *s = session_new(&config);
    run(s, &base, 4000);
    const struct object *claim = store_find(session_store(s), KIND_CLAIM, SLICE("a"), SLICE("stuck"));
    assert_non_null(claim);
    const struct verdict *v = diagnosis_verdict(session_diagnosis(s), claim);
    assert_int_equal(v->state, CLAIM_STUCK);
    assert_string_equal(v->rule, live->rule);
    assert_null(store_find(session_store(s), KIND_CLAIM, SLICE("b"), SLICE("fine")));
    assert_true(log_buffer_end(session_log_buffer(s, LOGS_SYSTEM)) >= 2);
    session_free(s);
    replay_free(r);
    close_world(&w);
}

/* Cut anywhere: a sentence, or a recording as far as it goes. */
static void bears_any_cut(void **state)
{
    struct world w;
    const char *path = temp_path("b.tar.gz");
    struct err err = {0};

    (void)state;
    open_world(&w);
    struct bundle *b = begin(&w, path, NULL, 0);
    drive(&w, b);
    bundle_free(b);
    close_world(&w);
    FILE *f = fopen(path, "rb");
    static char bytes[1 << 20];
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    for (size_t i = 0; i < n; i += i < 64 ? 1 : 101) {
        f = fopen(temp_path("cut"), "wb");
        fwrite(bytes, 1, i, f);
        fclose(f);
        struct recording *rec = recording_open(temp_path("cut"), 0, &err);
        assert_true(rec || (err.text && strstr(err.text, "cut")));
        recording_free(rec);
        err_clear(&err);
    }
}

static void takes_the_claims_it_is_given(void **state)
{
    struct world w;

    (void)state;
    open_world(&w);
    const struct object *claim = store_find(session_store(w.session), KIND_CLAIM, SLICE("b"), SLICE("fine"));
    struct bundle *b = begin(&w, temp_path("b.tar.gz"), &claim, 1);
    drive(&w, b);
    assert_int_equal(bundle_status(b)->state, BUNDLE_DONE);
    bundle_free(b);
    struct files f = unpack(temp_path("b.tar.gz"));
    assert_non_null(text_of(&f, "b/objects/sandboxclaims/b/fine.yaml"));
    assert_null(text_of(&f, "b/objects/sandboxclaims/a/stuck.yaml"));
    drop_files(&f);
    close_world(&w);
}

static void given_up_leaves_nothing(void **state)
{
    struct world w;

    (void)state;
    open_world(&w);
    struct bundle *b = begin(&w, temp_path("b.tar.gz"), NULL, 0);
    session_turn(w.session);
    bundle_step(b);
    bundle_free(b);
    assert_int_equal(files_in(temp_dir), 0);
    /* the server hangs: each read is given up after its time, and what was not had is told */
    b = begin(&w, temp_path("b.tar.gz"), NULL, 0);
    sim_hang(w.sim, true);
    for (int i = 0; i < 200 && bundle_status(b)->state != BUNDLE_DONE; i++) {
        session_turn(w.session);
        bundle_step(b);
        session_sweep(w.session);
        clock_virtual_advance(&w.clock, 1000);
    }
    assert_int_equal(bundle_status(b)->state, BUNDLE_DONE);
    assert_non_null(strstr(bundle_status(b)->message, "Not had"));
    bundle_free(b);
    close_world(&w);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, temp_setup, temp_teardown)
    const struct CMUnitTest tests[] = {
        ROW(writes_and_reads), ROW(never_overwrites), ROW(refuses_bad_archives), ROW(holds_the_chain_and_no_secret), ROW(replays), ROW(bears_any_cut),
        ROW(takes_the_claims_it_is_given), ROW(given_up_leaves_nothing),
    };

    return TESTS_MAIN(tests);
}
