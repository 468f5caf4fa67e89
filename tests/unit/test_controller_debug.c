/* The controller's debug flags: its command line as a table, the state machine against the simulated cluster, and what is remembered in a file. */
#include "core/base/mem.h"
#include "core/session/controller_args.h"
#include "core/session/controller_memory.h"
#include "core/session/controller_object.h"
#include "core/session/session.h"
#include "core/sim/sim.h"
#include "tests/unit/test.h"
#include "tests/unit/temp_dir.h"

#include <sys/stat.h>
#include <unistd.h>

/* "a|b|c" as a list. */
static void list_of(struct ptrs *args, const char *joined)
{
    for (const char *p = joined; *p;) {
        size_t n = strcspn(p, "|");
        ptrs_add(args, slice_dup((struct slice){p, n}));
        p += n + (p[n] == '|');
    }
}

static char *joined(const struct ptrs *args)
{
    struct buf out = {0};
    for (size_t i = 0; i < args->n; i++)
        buf_printf(&out, "%s%s", i ? "|" : "", (const char *)args->v[i]);
    return buf_take(&out);
}

static void reads_flags(void **state)
{
    (void)state;
    static const struct {
        const char *command, *args, *level;
        bool pprof, pprof_debug, tracing;
    } cases[] = {
        {"", "", "info", false, false, false},
        {"", "--leader-elect=true|--extensions", "info", false, false, false},
        {"", "--zap-log-level=debug|--enable-pprof", "debug", true, false, false},
        {"", "--zap-log-level|debug|--enable-tracing=true", "debug", false, false, true},
        {"", "-zap-log-level=5|-enable-pprof-debug", "5", true, true, false},
        {"", "--enable-pprof=false|--enable-tracing=0|--enable-pprof-debug=F", "info", false, false, false},
        {"", "--enable-tracing=nonsense", "info", false, false, false},
        {"", "--zap-log-level=debug|--zap-log-level=error", "error", false, false, false},
        {"", "--zap-log-level-x=debug|--enable-pprofx|x--enable-tracing|---enable-tracing", "info", false, false, false},
        {"", "--|--enable-tracing|--zap-log-level=debug", "info", false, false, false},
        {"/manager|--zap-log-level=debug|--enable-tracing", "", "debug", false, false, true},
        {"/manager|--zap-log-level=debug|--enable-tracing", "--enable-tracing=false", "debug", false, false, false},
        {"", "--zap-log-level", "info", false, false, false},
        {"", "--enable-tracing|false", "info", false, false, true}, /* Go's bools take their value only behind '=' */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ptrs command = {0}, args = {0};
        struct debug_facts f, text;
        list_of(&command, cases[i].command);
        list_of(&args, cases[i].args);
        debug_facts_of(&command, &args, &f);
        if (strcmp(f.level, cases[i].level) != 0 || f.pprof != cases[i].pprof || f.pprof_debug != cases[i].pprof_debug || f.tracing != cases[i].tracing)
            fail_msg("%s %s: %s %d %d %d", cases[i].command, cases[i].args, f.level, f.pprof, f.pprof_debug, f.tracing);
        if (!*cases[i].command) {
            char *lines = mem_text(cases[i].args);
            for (char *p = lines; *p; p++)
                *p = *p == '|' ? '\n' : *p;
            debug_facts_of_text(lines, &text);
            assert_true(debug_facts_equal(&f, &text));
            free(lines);
        }
        args_free(&command);
        args_free(&args);
    }
}

static const struct debug_wish level_debug = {.level = "debug", .pprof = -1, .pprof_debug = -1, .tracing = -1},
    level_info = {.level = "info", .pprof = -1, .pprof_debug = -1, .tracing = -1},
    pprof_on = {.pprof = 1, .pprof_debug = -1, .tracing = -1}, nothing = {.pprof = -1, .pprof_debug = -1, .tracing = -1};

static void plans(void **state)
{
    (void)state;
    static const struct {
        const char *command, *args;
        const struct debug_wish *wish;
        const char *after;           /* NULL: refused */
    } cases[] = {
        {"", "--leader-elect=true|--extensions", &debug_all, "--leader-elect=true|--extensions|--zap-log-level=debug|--enable-pprof-debug|--enable-tracing"},
        {"", "--leader-elect=true|--extensions|--zap-log-level=debug|--enable-pprof-debug|--enable-tracing", &debug_none, "--leader-elect=true|--extensions"},
        {"", "--leader-elect=true|--extensions|--zap-log-level=debug|--enable-pprof-debug|--enable-tracing", &debug_all,
         "--leader-elect=true|--extensions|--zap-log-level=debug|--enable-pprof-debug|--enable-tracing"},
        {"", "", &debug_all, "--zap-log-level=debug|--enable-pprof-debug|--enable-tracing"},
        {"", "", &debug_none, ""},
        {"", "a|--zap-log-level|info|b", &level_debug, "a|--zap-log-level|debug|b"},
        {"", "a|-zap-log-level=info|b", &level_debug, "a|-zap-log-level=debug|b"},
        {"", "a|--zap-log-level|debug|b", &level_info, "a|b"},
        {"", "--zap-log-level=debug|a|--zap-log-level=debug", &level_info, "a"},
        {"", "--zap-log-level=DEBUG", &level_debug, "--zap-log-level=DEBUG"},
        {"", "a|--zap-log-level", &level_debug, "a|--zap-log-level|--zap-log-level=debug"},
        {"", "--enable-pprof=false|x", &pprof_on, "--enable-pprof=true|x"},
        {"", "--enable-pprof|x", &pprof_on, "--enable-pprof|x"},
        {"", "--enable-pprof|x", &debug_all, "--enable-pprof|x|--zap-log-level=debug|--enable-pprof-debug|--enable-tracing"}, /* implied: left as it is */
        {"", "--extensions|--|rest", &level_debug, "--extensions|--zap-log-level=debug|--|rest"},
        {"/manager|--zap-log-level=debug|--enable-tracing=true", "--extensions", &debug_none, "--extensions|--zap-log-level=info|--enable-tracing=false"},
        {"/bin/sh|-c", "exec /manager --extensions", &debug_all, NULL},
        {"", "bash|-c|x", &debug_all, NULL},
        {"", "--a|--b=$(POD_NAMESPACE)|--c d", &nothing, "--a|--b=$(POD_NAMESPACE)|--c d"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ptrs command = {0}, args = {0}, after = {0};
        struct err err = {0};
        list_of(&command, cases[i].command);
        list_of(&args, cases[i].args);
        bool planned = args_plan(&command, &args, cases[i].wish, &after, &err);
        char *got = joined(&after);
        if (planned != (cases[i].after != NULL) || (planned && strcmp(got, cases[i].after) != 0))
            fail_msg("%s %s → %s (%s)", cases[i].command, cases[i].args, got, err.text ? err.text : "");
        assert_int_equal(planned, err.text == NULL);
        free(got);
        err_clear(&err);
        args_free(&command);
        args_free(&args);
        args_free(&after);
    }
    struct ptrs args = {0}, after = {0};
    struct err err = {0};
    const struct debug_wish odd = {.level = "loud --enable-x", .pprof = -1, .pprof_debug = -1, .tracing = -1};
    assert_false(args_plan(NULL, &args, &odd, &after, &err));
    assert_non_null(strstr(err.text, "is no log level"));
    err_clear(&err);
}

static void shows_the_difference(void **state)
{
    (void)state;
    struct ptrs before = {0}, after = {0};
    struct buf out = {0};
    list_of(&before, "--leader-elect=true|--zap-log-level=info|--extensions");
    list_of(&after, "--leader-elect=true|--zap-log-level=debug|--extensions|two\nlines");
    args_diff(&out, &before, &after);
    assert_string_equal(out.p, "  --leader-elect=true\n- --zap-log-level=info\n+ --zap-log-level=debug\n  --extensions\n+ two lines\n");
    buf_free(&out);
    args_free(&before);
    args_free(&after);
}

/* ---- the file ------------------------------------------------------------------------------------------------------------------------ */

static char *temp_root(void)
{
    char *path = mem_printf("%s/sandtop-test-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(path));
    return path;
}

static void remove_root(char *root)
{
    nftw(root, temp_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(root);
}

static void write_file(const char *dir, const char *text)
{
    char *path = mem_printf("%s/controller-debug.json", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static struct debug_memory entry(const char *server, const char *before)
{
    struct debug_memory m = {
        .server = mem_text(server), .ns = mem_text("agents"), .name = mem_text("ctl"), .container = mem_text("agent-sandbox-controller"), .uid = mem_text("u"),
        .had_args = true, .changed_ms = INT64_C(1795423489000),
    };
    list_of(&m.before, before);
    list_of(&m.after, "--zap-log-level=debug|\"quoted\" \\ ü");
    return m;
}

static void remembers(void **state)
{
    (void)state;
    char *root = temp_root(), *dir = mem_printf("%s/a/b", root);
    struct err err = {0};
    struct debug_memory one = entry("https://one:6443", "--extensions"), two = entry("https://two:6443", ""), got;
    assert_false(memory_load(dir, "https://one:6443", NULL, NULL, &got));
    assert_true(memory_save(dir, &one, &err));
    assert_true(memory_save(dir, &two, &err));
    assert_true(memory_load(dir, "https://one:6443", "agents", "ctl", &got));
    assert_true(args_equal(&got.before, &one.before) && args_equal(&got.after, &one.after) && got.had_args && got.changed_ms == one.changed_ms);
    assert_string_equal(got.uid, "u");
    memory_clear(&got);
    assert_false(memory_load(dir, "https://one:6443", "elsewhere", NULL, &got));
    struct stat st;
    char *path = mem_printf("%s/controller-debug.json", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    free(path);
    /* the same place again: replaced, the other stays */
    one.had_args = false;
    args_free(&one.before);
    assert_true(memory_save(dir, &one, &err));
    assert_true(memory_load(dir, "https://one:6443", NULL, NULL, &got));
    assert_true(!got.had_args && got.before.n == 0);
    memory_clear(&got);
    assert_true(memory_forget(dir, &one, &err));
    assert_false(memory_load(dir, "https://one:6443", NULL, NULL, &got));
    assert_true(memory_load(dir, "https://two:6443", NULL, NULL, &got));
    assert_true(got.had_args);
    memory_clear(&got);
    /* nowhere to write */
    assert_false(memory_save("/proc/no/such", &one, &err));
    assert_non_null(strstr(err.text, "cannot be written"));
    err_clear(&err);
    assert_false(memory_save(NULL, &one, &err));
    err_clear(&err);
    memory_clear(&one);
    memory_clear(&two);
    free(dir);
    remove_root(root);
}

static void hostile_files(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "{", "[]", "null", "{\"entries\":{}}", "{\"entries\":[1,null,\"x\",[],{}]}", "{\"entries\":[{\"server\":\"s\"}]}",
        "{\"entries\":[{\"server\":\"s\",\"namespace\":\"n\",\"deployment\":\"d\",\"container\":\"c\",\"uid\":\"u\",\"before\":\"x\",\"after\":[]}]}",
        "{\"entries\":[{\"server\":\"s\",\"namespace\":\"n\",\"deployment\":\"d\",\"container\":\"c\",\"uid\":\"u\",\"before\":[1],\"after\":[]}]}",
        "{\"entries\":[{\"server\":\"s\",\"namespace\":\"n\",\"deployment\":\"d\",\"container\":\"c\",\"uid\":\"u\",\"before\":[\"a\\u0000b\"],\"after\":[]}]}",
        "{\"entries\":[{\"server\":5,\"namespace\":\"n\",\"deployment\":\"d\",\"container\":\"c\",\"uid\":\"u\",\"before\":[],\"after\":[]}]}",
    };
    char *root = temp_root();
    struct debug_memory got;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file(root, texts[i]);
        if (memory_load(root, "s", NULL, NULL, &got))
            fail_msg("%s", texts[i]);
    }
    /* a good one behind bad ones is found; a missing stamp is none */
    write_file(root, "{\"entries\":[{},7,{\"server\":\"s\",\"namespace\":\"n\",\"deployment\":\"d\",\"container\":\"c\",\"uid\":\"u\",\"before\":null,\"after\":[\"a\"]}]}");
    assert_true(memory_load(root, "s", NULL, NULL, &got));
    assert_true(!got.had_args && got.changed_ms == 0);
    memory_clear(&got);
    /* too large, too many, no file at all */
    struct buf big = {0};
    buf_add_text(&big, "{\"entries\":[");
    while (big.n < 2 * 1024 * 1024)
        buf_add_text(&big, "{},");
    buf_add_text(&big, "{}]}");
    write_file(root, big.p);
    assert_false(memory_load(root, "s", NULL, NULL, &got));
    buf_free(&big);
    char *path = mem_printf("%s/controller-debug.json", root);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_false(memory_load(root, "s", NULL, NULL, &got));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(memory_load(root, "s", NULL, NULL, &got));
    free(path);
    remove_root(root);
}

static void where_state_is_kept(void **state)
{
    (void)state;
    char *xdg = mem_text(getenv("XDG_STATE_HOME")), *home = mem_text(getenv("HOME"));
    setenv("XDG_STATE_HOME", "/x", 1);
    char *dir = memory_dir();
    assert_string_equal(dir, "/x/sandtop");
    free(dir);
    setenv("XDG_STATE_HOME", "relative", 1);
    setenv("HOME", "/h", 1);
    dir = memory_dir();
    assert_string_equal(dir, "/h/.local/state/sandtop");
    free(dir);
    unsetenv("HOME");
    assert_null(memory_dir());
    xdg ? setenv("XDG_STATE_HOME", xdg, 1) : unsetenv("XDG_STATE_HOME");
    if (home)
        setenv("HOME", home, 1);
    free(xdg);
    free(home);
}

/* ---- the object ---------------------------------------------------------------------------------------------------------------------- */

#define DEPLOYMENT(containers, status) \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"ctl\",\"namespace\":\"agents\",\"uid\":\"u-1\",\"resourceVersion\":\"7\",\"generation\":3," \
    "\"labels\":{\"app\":\"agent-sandbox-controller\"}},\"spec\":{\"replicas\":1,\"selector\":{\"matchLabels\":{\"app\":\"agent-sandbox-controller\"}},\"template\":" \
    "{\"spec\":{\"containers\":[" containers "]}}},\"status\":{" status "}}"
#define SIDECAR "{\"name\":\"proxy\",\"image\":\"p\",\"args\":[\"--zap-log-level=debug\"]},"
#define CONTROLLER(args) "{\"name\":\"agent-sandbox-controller\",\"image\":\"agent-sandbox-controller:1\"" args "}"
#define ARGS ",\"args\":[\"--leader-elect=true\",\"--extensions\"]"
#define COMPLETE "\"observedGeneration\":3,\"replicas\":1,\"updatedReplicas\":1,\"readyReplicas\":1,\"availableReplicas\":1"

static void patches_exactly(void **state)
{
    (void)state;
    struct controller_object o;
    struct ptrs after = {0};
    struct buf patch = {0};
    struct err err = {0};
    assert_true(controller_object_read(&o, json_whole(SLICE(DEPLOYMENT(SIDECAR CONTROLLER(ARGS), COMPLETE))), "", &err));
    list_of(&after, "--extensions");
    controller_object_patch(&patch, &o, &after);
    assert_string_equal(patch.p, "[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u-1\"},{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\"7\"},"
                                 "{\"op\":\"test\",\"path\":\"/spec/template/spec/containers/1/name\",\"value\":\"agent-sandbox-controller\"},"
                                 "{\"op\":\"test\",\"path\":\"/spec/template/spec/containers/1/args\",\"value\":[\"--leader-elect=true\",\"--extensions\"]},"
                                 "{\"op\":\"replace\",\"path\":\"/spec/template/spec/containers/1/args\",\"value\":[\"--extensions\"]}]");
    buf_clear(&patch);
    controller_object_patch(&patch, &o, NULL);
    assert_non_null(strstr(patch.p, "{\"op\":\"remove\",\"path\":\"/spec/template/spec/containers/1/args\"}]"));
    controller_object_clear(&o);
    assert_true(controller_object_read(&o, json_whole(SLICE(DEPLOYMENT(CONTROLLER(""), COMPLETE))), "agent-sandbox-controller", &err));
    buf_clear(&patch);
    controller_object_patch(&patch, &o, &after);
    assert_non_null(strstr(patch.p, "{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/0/args\",\"value\":[\"--extensions\"]}]"));
    assert_null(strstr(patch.p, "0/args\",\"value\":[]"));
    controller_object_clear(&o);
    static const char *const bad[] = {
        "", "null", "[]", "{}", DEPLOYMENT("", ""), DEPLOYMENT("{\"name\":\"a\"},{\"name\":\"b\"}", ""), DEPLOYMENT(CONTROLLER(",\"args\":[1]"), ""),
        DEPLOYMENT(CONTROLLER(",\"args\":[\"a\"],\"command\":\"x\""), ""), DEPLOYMENT("5", ""),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (controller_object_read(&o, json_whole(slice_of(bad[i])), "", &err))
            fail_msg("%s", bad[i]);
        assert_non_null(err.text);
        err_clear(&err);
    }
    buf_free(&patch);
    args_free(&after);
}

static void roll_outs(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        enum rollout rollout;
        const char *says;
    } cases[] = {
        {"\"observedGeneration\":2,\"replicas\":1,\"updatedReplicas\":1,\"availableReplicas\":1", ROLLOUT_RUNNING, "not noticed yet"},
        {"\"observedGeneration\":3,\"replicas\":1,\"availableReplicas\":1", ROLLOUT_RUNNING, "0 of 1 new controllers made"},
        {"\"observedGeneration\":3,\"replicas\":2,\"updatedReplicas\":1", ROLLOUT_RUNNING, "0 of 1 new controllers available"},
        {"\"observedGeneration\":3,\"replicas\":2,\"updatedReplicas\":1,\"availableReplicas\":2", ROLLOUT_RUNNING, "1 old controller still ending"},
        {COMPLETE, ROLLOUT_DONE, NULL},
        {"\"observedGeneration\":3,\"replicas\":2,\"updatedReplicas\":1,\"conditions\":[{\"type\":\"Available\"},{\"type\":\"Progressing\",\"status\":\"False\",\"reason\":"
         "\"ProgressDeadlineExceeded\",\"message\":\"m\"}]", ROLLOUT_STUCK, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text = {0};
        struct controller_object o;
        char *says = NULL;
        buf_add_text(&text, DEPLOYMENT(CONTROLLER(ARGS), ""));
        buf_drop_front(&text, 0);
        text.n -= 2;
        buf_printf(&text, "%s}}", cases[i].status);
        assert_true(controller_object_read(&o, json_whole(buf_slice(&text)), "", NULL));
        assert_int_equal(controller_object_rollout(&o, 3, &says), cases[i].rollout);
        assert_true(cases[i].says ? says && strstr(says, cases[i].says) : !says);
        free(says);
        controller_object_clear(&o);
        buf_free(&text);
    }
}

/* ---- in a session --------------------------------------------------------------------------------------------------------------------- */

struct scene {
    struct clock_virtual clock;
    struct sim *sim;
    struct session *session;
    char *root;
};

static void put(struct scene *s, const char *object)
{
    struct err err = {0};
    if (!sim_put(s->sim, slice_of(object), &err))
        fail_msg("%s", err.text);
}

static void open_session(struct scene *s, bool read_only)
{
    struct session_config config = {
        .clock = &s->clock.clock, .transport = sim_transport(s->sim), .context = "test", .server = "https://sim", .state_dir = s->root, .read_only = read_only,
    };
    s->session = session_new(&config);
}

static void open_scene(struct scene *s, const char *deployment)
{
    *s = (struct scene){.root = temp_root()};
    clock_virtual_init(&s->clock, INT64_C(1795423489000));
    s->sim = sim_new(&s->clock.clock, 1);
    if (deployment)
        put(s, deployment);
    open_session(s, false);
}

static void close_scene(struct scene *s)
{
    session_free(s->session);
    sim_free(s->sim);
    remove_root(s->root);
}

static void run(struct scene *s, int64_t ms)
{
    for (int64_t t = 0; t < ms; t += 20) {
        session_turn(s->session);
        session_sweep(s->session);
        clock_virtual_advance(&s->clock, 20);
    }
}

static const struct controller_debug_status *status(struct scene *s)
{
    return session_controller_debug(s->session);
}

static void expect(struct scene *s, enum debug_state state, const char *says)
{
    const struct controller_debug_status *now = status(s);
    if (now->state != state || !strstr(now->sentence, says))
        fail_msg("state %d: %s", now->state, now->sentence);
}

/* What the server has now. */
static char *args_of(struct scene *s)
{
    const struct object *o = store_find(session_store(s->session), KIND_DEPLOYMENT, slice_of("agents"), slice_of("ctl"));
    assert_non_null(o);
    char *text = mem_text(AS(deployment, o)->args);
    for (char *p = text; *p; p++)
        *p = *p == '\n' ? '|' : *p;
    return text;
}

static void expect_args(struct scene *s, const char *args)
{
    run(s, 100);
    char *got = args_of(s);
    assert_string_equal(got, args);
    free(got);
}

#define BEFORE "--leader-elect=true|--extensions"
#define ON BEFORE "|--zap-log-level=debug|--enable-pprof-debug|--enable-tracing"

/* Other members of the object, to see that they stay; the roll-out is what the Deployment controller would write. */
static void roll(struct scene *s, const char *args, int generation)
{
    struct buf out = {0}, list = {0};
    struct ptrs all = {0};
    list_of(&all, args);
    args_json(&list, &all);
    buf_printf(&out, "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"ctl\",\"namespace\":\"agents\",\"uid\":\"u-1\",\"labels\":{\"app\":"
               "\"agent-sandbox-controller\"}},\"spec\":{\"replicas\":1,\"selector\":{\"matchLabels\":{\"app\":\"agent-sandbox-controller\"}},\"template\":{\"spec\":{\"containers\":["
               SIDECAR "{\"name\":\"agent-sandbox-controller\",\"image\":\"agent-sandbox-controller:1\",\"args\":%s}]}}},\"status\":{\"observedGeneration\":%d,\"replicas\":1,"
               "\"updatedReplicas\":1,\"readyReplicas\":1,\"availableReplicas\":1}}", list.p, generation);
    put(s, out.p);
    buf_free(&out);
    buf_free(&list);
    args_free(&all);
}

static void turn_on(struct scene *s)
{
    session_controller_debug_plan(s->session, &debug_all);
    run(s, 200);
    expect(s, DEBUG_PLANNED, "restarts");
    assert_true(session_controller_debug_apply(s->session));
    run(s, 1000);
    expect(s, DEBUG_ROLLING, "not noticed yet");
    expect_args(s, ON);
}

static void on_and_back(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, DEPLOYMENT(SIDECAR CONTROLLER(ARGS), COMPLETE));
    run(&s, 3000);
    assert_true(status(&s)->known && strcmp(status(&s)->now.level, "info") == 0);
    assert_false(status(&s)->can_restore);
    assert_false(session_controller_debug_apply(s.session)); /* nothing is planned */
    session_controller_debug_plan(s.session, &debug_all);
    expect(&s, DEBUG_READING, "agents/ctl");
    run(&s, 200);
    expect(&s, DEBUG_PLANNED, "container agent-sandbox-controller in Deployment agents/ctl");
    assert_string_equal(status(&s)->diff, "  --leader-elect=true\n  --extensions\n+ --zap-log-level=debug\n+ --enable-pprof-debug\n+ --enable-tracing\n");
    assert_int_equal(sim_requests(s.sim, "PATCH"), 0);
    session_controller_debug_cancel(s.session);
    expect(&s, DEBUG_IDLE, "");
    run(&s, 200);
    assert_int_equal(sim_requests(s.sim, "PATCH"), 0);
    turn_on(&s);
    assert_int_equal(sim_requests(s.sim, "PATCH /apis/apps/v1/namespaces/agents/deployments/ctl"), 1);
    assert_true(status(&s)->can_restore);
    roll(&s, ON, 99);
    run(&s, 1200);
    expect(&s, DEBUG_DONE, "log level debug, pprof on, with goroutine dumps, tracing on");
    assert_string_equal(status(&s)->now.level, "debug");
    /* another sandtop, later */
    session_free(s.session);
    open_session(&s, false);
    assert_true(status(&s)->can_restore);
    assert_non_null(strstr(status(&s)->restore, "before: log level info (the default), pprof off, tracing off"));
    run(&s, 3000);
    session_controller_debug_restore(s.session);
    run(&s, 200);
    expect(&s, DEBUG_PLANNED, "");
    assert_true(status(&s)->restoring);
    assert_string_equal(status(&s)->diff, "  --leader-elect=true\n  --extensions\n- --zap-log-level=debug\n- --enable-pprof-debug\n- --enable-tracing\n");
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 500);
    expect_args(&s, BEFORE);
    roll(&s, BEFORE, 199);
    run(&s, 1200);
    expect(&s, DEBUG_DONE, "put back");
    assert_false(status(&s)->can_restore);
    struct debug_memory left;
    assert_false(memory_load(s.root, "https://sim", NULL, NULL, &left));
    session_controller_debug_restore(s.session);
    expect(&s, DEBUG_FAILED, "nothing to put back");
    close_scene(&s);
}

/* The Deployment's status is written while one reads: the version in the patch is old by then. */
static void versions_move_on(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, DEPLOYMENT(SIDECAR CONTROLLER(ARGS), COMPLETE));
    run(&s, 3000);
    session_controller_debug_plan(s.session, &debug_all);
    run(&s, 200);
    roll(&s, BEFORE, 1);                                  /* after the plan: read anew, so no matter */
    sim_fault(s.sim, "fieldManager", 422, 2, 0, "{\"kind\":\"Status\",\"message\":\"the server rejected our request due to an error in our request\",\"code\":422}");
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 1000);
    expect(&s, DEBUG_ROLLING, "");
    expect_args(&s, ON);
    assert_true(sim_requests(s.sim, "PATCH") >= 2);
    close_scene(&s);
}

static void somebody_elses_change(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, DEPLOYMENT(SIDECAR CONTROLLER(ARGS), COMPLETE));
    run(&s, 3000);
    session_controller_debug_plan(s.session, &debug_all);
    run(&s, 200);
    roll(&s, BEFORE "|--kube-api-qps=50", 1);
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 500);
    expect(&s, DEBUG_FAILED, "someone changed the controller's arguments meanwhile");
    expect_args(&s, BEFORE "|--kube-api-qps=50");
    assert_false(status(&s)->can_restore);
    /* during the roll-out */
    session_controller_debug_plan(s.session, &debug_all);
    run(&s, 200);
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 500);
    roll(&s, "--extensions", 1);
    run(&s, 1500);
    expect(&s, DEBUG_FAILED, "someone changed the controller's arguments again");
    /* after it: only the flags are put back, theirs stays */
    roll(&s, "--extensions|--enable-tracing|--zap-log-level=debug|--new", 300);
    run(&s, 100);
    assert_true(status(&s)->can_restore);
    session_controller_debug_restore(s.session);
    run(&s, 200);
    expect(&s, DEBUG_PLANNED, "only the debug flags are put back");
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 500);
    expect_args(&s, "--extensions|--new");
    close_scene(&s);
}

/* A second change of ours before the first was put back: what there was is what there was before both. */
static void twice(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, DEPLOYMENT(SIDECAR CONTROLLER(ARGS), COMPLETE));
    run(&s, 3000);
    turn_on(&s);
    roll(&s, ON, 99);
    run(&s, 1200);
    const struct debug_wish error = {.level = "error", .pprof = -1, .pprof_debug = -1, .tracing = 0};
    session_controller_debug_plan(s.session, &error);
    run(&s, 200);
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 500);
    expect_args(&s, BEFORE "|--zap-log-level=error|--enable-pprof-debug");
    roll(&s, BEFORE "|--zap-log-level=error|--enable-pprof-debug", 199);
    run(&s, 1200);
    session_controller_debug_restore(s.session);
    run(&s, 200);
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 500);
    expect_args(&s, BEFORE);
    close_scene(&s);
}

static void refusals(void **state)
{
    (void)state;
    static const char forbidden[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"deployments.apps \\\"ctl\\\" is forbidden: User \\\"u\\\" cannot do that\",\"code\":403}";
    struct scene s;
    open_scene(&s, DEPLOYMENT(SIDECAR CONTROLLER(ARGS), COMPLETE));
    run(&s, 3000);
    sim_fault(s.sim, "deployments/ctl", 403, 1, 0, forbidden);
    session_controller_debug_plan(s.session, &debug_all);
    run(&s, 200);
    expect(&s, DEBUG_FAILED, "may not get deployments.apps in namespace agents");
    session_controller_debug_plan(s.session, &debug_all);
    run(&s, 200);
    sim_fault(s.sim, "fieldManager", 403, 1, 0, forbidden);
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 500);
    expect(&s, DEBUG_FAILED, "may not patch deployments.apps in namespace agents");
    assert_false(status(&s)->can_restore);                /* it was not made */
    struct debug_memory left;
    assert_false(memory_load(s.root, "https://sim", NULL, NULL, &left));
    session_free(s.session);
    open_session(&s, true);
    run(&s, 3000);
    size_t asked = sim_requests(s.sim, "deployments/ctl");
    session_controller_debug_plan(s.session, &debug_all);
    run(&s, 200);
    expect(&s, DEBUG_FAILED, "--read-only");
    assert_int_equal(sim_requests(s.sim, "deployments/ctl"), asked);
    assert_false(session_controller_debug_apply(s.session));
    close_scene(&s);

    open_scene(&s, NULL);
    run(&s, 3000);
    session_controller_debug_plan(s.session, &debug_all);
    run(&s, 200);
    expect(&s, DEBUG_FAILED, "there is no Deployment agent-sandbox-system/agent-sandbox-controller");
    close_scene(&s);
}

/* The answer to the change is lost: only the object tells whether it was made. */
static void lost_answers(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, DEPLOYMENT(SIDECAR CONTROLLER(ARGS), COMPLETE));
    run(&s, 3000);
    session_controller_debug_plan(s.session, &debug_all);
    run(&s, 200);
    sim_fault(s.sim, "fieldManager", 0, 1, 0, NULL);      /* refused before it arrived */
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 1000);
    expect(&s, DEBUG_FAILED, "it was not made");
    assert_false(status(&s)->can_restore);
    session_controller_debug_plan(s.session, &debug_all);
    run(&s, 200);
    sim_fault(s.sim, "fieldManager", -2, 1, 10, NULL);    /* made, and the answer was cut */
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 1000);
    expect(&s, DEBUG_ROLLING, "");
    assert_true(status(&s)->can_restore);
    close_scene(&s);
}

#define NEW_POD(state) \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"ctl-new-1\",\"namespace\":\"agents\",\"labels\":{\"app\":\"agent-sandbox-controller\"}},\"spec\":" \
    "{\"containers\":[{\"name\":\"agent-sandbox-controller\",\"image\":\"i\"}]},\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":" \
    "\"agent-sandbox-controller\",\"ready\":false,\"restartCount\":1,\"state\":" state "}]}}"

/* An older controller does not know the flag: the new pod ends at once, the old one runs on. */
static void does_not_come_up(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, DEPLOYMENT(SIDECAR CONTROLLER(ARGS), COMPLETE));
    run(&s, 3000);
    turn_on(&s);
    put(&s, NEW_POD("{\"terminated\":{\"exitCode\":2,\"reason\":\"Error\",\"message\":\"flag provided but not defined: -enable-pprof-debug\"}}"));
    run(&s, 2500);
    expect(&s, DEBUG_ROLLING, "exit 2: flag provided but not defined: -enable-pprof-debug");
    session_controller_debug_cancel(s.session);           /* one need not watch it */
    session_controller_debug_restore(s.session);
    run(&s, 200);
    expect(&s, DEBUG_PLANNED, "");
    close_scene(&s);
}

/* The demo's own cluster rolls by itself. */
static void in_the_demo(void **state)
{
    (void)state;
    struct scene s = {.root = temp_root()};
    clock_virtual_init(&s.clock, INT64_C(1795423489000));
    s.sim = sim_new(&s.clock.clock, 3);
    sim_story_demo(s.sim);
    struct session_config config = {.clock = &s.clock.clock, .transport = sim_transport(s.sim), .context = "demo", .server = "simulated", .simulated = true};
    s.session = session_new(&config);
    run(&s, 5000);
    session_controller_debug_plan(s.session, &debug_all);
    run(&s, 200);
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 8000);
    expect(&s, DEBUG_DONE, "log level debug");
    run(&s, 30000);
    const struct log_buffer *log = session_log_buffer(s.session, LOGS_SYSTEM);
    struct log_entry line;
    size_t lines = 0;
    for (uint64_t i = log_buffer_first(log); i < log_buffer_end(log); i++)
        lines += log_buffer_get(log, i, &line) && line.level == LEVEL_DEBUG;
    assert_true(lines > 0);
    session_controller_debug_restore(s.session);
    run(&s, 200);
    assert_true(session_controller_debug_apply(s.session));
    run(&s, 8000);
    expect(&s, DEBUG_DONE, "put back");
    assert_string_equal(status(&s)->now.level, "info");
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_flags), cmocka_unit_test(plans), cmocka_unit_test(shows_the_difference), cmocka_unit_test(remembers),
        cmocka_unit_test(hostile_files), cmocka_unit_test(where_state_is_kept), cmocka_unit_test(patches_exactly), cmocka_unit_test(roll_outs),
        cmocka_unit_test(on_and_back), cmocka_unit_test(versions_move_on), cmocka_unit_test(somebody_elses_change), cmocka_unit_test(twice),
        cmocka_unit_test(refusals), cmocka_unit_test(lost_answers), cmocka_unit_test(does_not_come_up), cmocka_unit_test(in_the_demo),
    };
    return TESTS_MAIN(tests);
}
