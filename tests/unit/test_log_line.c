/* One row a format, from the captured logs and by hand; then every captured line and hostile bytes. */
#include "core/logs/log_line.h"
#include "tests/unit/test.h"

struct row {
    const char *line;
    enum log_format format;
    enum log_level level;
    const char *message, *error, *kind, *ns, *name;
    int status;
    bool folded;
};

static const struct row rows[] = {
    {"{\"level\":\"error\",\"ts\":\"2026-11-23T08:20:23Z\",\"msg\":\"Reconciler error\",\"controllerKind\":\"Sandbox\",\"Sandbox\":{\"name\":\"my-agent\","
     "\"namespace\":\"agents\"},\"namespace\":\"agents\",\"name\":\"my-agent\",\"reconcileID\":\"r-1\",\"error\":\"not found\",\"stacktrace\":\"a\\nb\"}",
     FORMAT_ZAP_JSON, LEVEL_ERROR, "Reconciler error", "not found", "Sandbox", "agents", "my-agent", 0, false},
    {"{\"level\":\"info\",\"ts\":1763886000.5,\"msg\":\"hello\"}", FORMAT_ZAP_JSON, LEVEL_INFO, "hello", "", "", "", "", 0, false},
    {"{\"level\":\"debug\",\"msg\":\"x\",\"name\":\"claim-1\",\"namespace\":\"ns\"}", FORMAT_ZAP_JSON, LEVEL_DEBUG, "x", "", "", "ns", "claim-1", 0, false},
    {"{\"level\":\"info\",\"logger\":\"sandbox-router\",\"msg\":\"request\",\"method\":\"POST\",\"path\":\"/execute\",\"status\":502,\"duration_ms\":13670,"
     "\"sandbox_id\":\"try-1\",\"sandbox_namespace\":\"default\"}",
     FORMAT_ROUTER_JSON, LEVEL_ERROR, "request", "", "Sandbox", "default", "try-1", 502, false},
    {"E1123 08:20:23.123456       1 reflector.go:147] failed to list *v1.Pod: forbidden", FORMAT_KLOG, LEVEL_ERROR, "failed to list *v1.Pod: forbidden", "", "", "",
     "", 0, false},
    {"2026-11-23T08:20:23Z\tINFO\tsetup\tstarting manager\t{\"version\": \"1\"}", FORMAT_ZAP_CONSOLE, LEVEL_INFO, "setup\tstarting manager", "", "", "", "", 0, false},
    {"INFO:     10.0.0.1:33212 - \"POST /execute HTTP/1.1\" 200 OK", FORMAT_UVICORN_ACCESS, LEVEL_INFO, NULL, "", "", "", "", 200, false},
    {"INFO:     10.0.0.1:33212 - \"POST /execute HTTP/1.1\" 502 Bad Gateway", FORMAT_UVICORN_ACCESS, LEVEL_ERROR, NULL, "", "", "", "", 502, false},
    {"ERROR:    Connection to sandbox failed", FORMAT_UVICORN, LEVEL_ERROR, "Connection to sandbox failed", "", "", "", "", 0, false},
    {"Traceback (most recent call last):", FORMAT_PLAIN, LEVEL_ERROR, NULL, "", "", "", "", 0, false},
    {"  File \"/app/router.py\", line 3, in <module>", FORMAT_CONTINUATION, LEVEL_NONE, NULL, "", "", "", "", 0, true},
    {"RuntimeError: ROUTER_AUTH_TOKEN must be set", FORMAT_PLAIN, LEVEL_ERROR, NULL, "", "", "", "", 0, false},
    {"goroutine 1 [running]:", FORMAT_CONTINUATION, LEVEL_NONE, NULL, "", "", "", "", 0, true},
    {"panic: runtime error: index out of range", FORMAT_PLAIN, LEVEL_FATAL, NULL, "", "", "", "", 0, false},
    {"{\"level\":\"error\",\"msg\":\"cut in the mid", FORMAT_PLAIN, LEVEL_ERROR, NULL, "", "", "", "", 0, false},
    {"", FORMAT_PLAIN, LEVEL_NONE, "", "", "", "", "", 0, false},
    {"E1123 08:48:02.310784       1 leaderelection.go:461] \"Error retrieving lease lock\" err=\"Get \\\"https://x\\\": late\" lock=\"a/b\"", FORMAT_KLOG, LEVEL_ERROR,
     "Error retrieving lease lock", "Get \\\"https://x\\\": late", "", "", "", 0, false},
    {"2026-11-23T08:20:23Z\tERROR\tfailed\t{\"controllerKind\": \"Sandbox\", \"namespace\": \"a\", \"name\": \"b\", \"error\": \"no\"}", FORMAT_ZAP_CONSOLE, LEVEL_ERROR,
     "failed", "no", "Sandbox", "a", "b", 0, false},
    {"2026-11-23T08:20:23.123456789Z something happened", FORMAT_PLAIN, LEVEL_NONE, "something happened", "", "", "", "", 0, false},
};

/* Levels of lines that have no form of their own. */
static const struct {
    const char *line;
    enum log_level level;
} worded[] = {
    {"2026-11-23 08:20:23,123 - app - WARNING - disk error soon", LEVEL_WARN}, {"[2026-11-23 08:20:23 +0000] [1] [INFO] Booting", LEVEL_INFO},
    {"time=\"x\" level=debug msg=\"no error\"", LEVEL_DEBUG}, {"an error occurred", LEVEL_ERROR}, {"Error: no such file", LEVEL_ERROR},
    {"terror and errors and errored", LEVEL_NONE}, {"some info about debug and trace", LEVEL_NONE}, {"warn: then fatal", LEVEL_FATAL},
    {"FATAL: password authentication failed", LEVEL_FATAL}, {"a panic attack", LEVEL_NONE}, {"severity=critical x", LEVEL_FATAL}, {"err=nil", LEVEL_NONE},
    {"ValueError: bad", LEVEL_ERROR}, {"urllib3.exceptions.HTTPException: bad", LEVEL_ERROR}, {"line 000000001 of a pod", LEVEL_NONE},
};

static void expect(struct slice got, const char *want, const char *line)
{
    if (want && !slice_is(got, want))
        fail_msg("%s: \"%.*s\" instead of \"%s\"", line, (int)got.n, got.p, want);
}

static void formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct log_line got;
        log_line_parse(slice_of(row->line), &got);
        if (got.format != row->format || got.level != row->level || got.status != row->status || got.folded != row->folded)
            fail_msg("%s: format %d level %d status %d folded %d", row->line, got.format, got.level, got.status, got.folded);
        expect(got.message, row->message, row->line);
        expect(got.error, row->error, row->line);
        expect(got.kind, row->kind, row->line);
        expect(got.ns, row->ns, row->line);
        expect(got.name, row->name, row->line);
    }
}

static void levels(void **state)
{
    enum log_level level = LEVEL_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof worded / sizeof *worded; i++) {
        struct log_line got;
        log_line_parse(slice_of(worded[i].line), &got);
        if (got.level != worded[i].level)
            fail_msg("%s: level %d instead of %d", worded[i].line, got.level, worded[i].level);
    }
    assert_true(log_level_by_name(SLICE("Warning"), &level) && level == LEVEL_WARN);
    assert_false(log_level_by_name(SLICE("loud"), &level));
    assert_string_equal(log_level_name(LEVEL_FATAL), "FATAL");
    assert_string_equal(log_level_name(LEVEL_NONE), "");
}

/* What the buffer keeps of a line is what the whole line says. */
static void a_glance_says_the_same(void **state)
{
    struct log_line whole, glance;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows + sizeof worded / sizeof *worded; i++) {
        size_t n = sizeof rows / sizeof *rows;
        struct slice line = slice_of(i < n ? rows[i].line : worded[i - n].line);
        log_line_parse(line, &whole);
        log_line_glance(line, true, &glance);
        if (whole.level != glance.level || whole.format != glance.format || whole.folded != glance.folded || whole.time_ms != glance.time_ms)
            fail_msg("%s: level %d and %d, format %d and %d", line.p, whole.level, glance.level, whole.format, glance.format);
    }
}

/* "Kind:ns/name …" of each line. */
static const struct {
    const char *line, *objects, *pass;
} spoken_of[] = {
    {"{\"level\":\"info\",\"msg\":\"Deleting stuck warm pool sandbox\",\"controllerKind\":\"SandboxWarmPool\",\"SandboxWarmPool\":{\"name\":\"pool\",\"namespace\":\"a\"},"
     "\"namespace\":\"a\",\"name\":\"pool\",\"reconcileID\":\"r-1\",\"sandbox\":\"pool-mwrgf\",\"age\":441}", " SandboxWarmPool:a/pool Sandbox:a/pool-mwrgf", "r-1"},
    {"{\"msg\":\"Creating a new Pod\",\"controllerKind\":\"Sandbox\",\"Sandbox\":{\"name\":\"c\",\"namespace\":\"a\"},\"Pod.Namespace\":\"a\",\"Pod.Name\":\"c\"}",
     " Sandbox:a/c Pod:a/c", ""},
    {"{\"msg\":\"x\",\"SandboxClaim\":{\"name\":\"claim-1\",\"namespace\":\"a\"},\"claim\":\"claim-1\",\"warmPool\":\"pool\"}",
     " SandboxClaim:a/claim-1 SandboxWarmPool:a/pool", ""},
    {"{\"level\":\"info\",\"logger\":\"sandbox-router\",\"msg\":\"request\",\"sandbox_id\":\"try-1\",\"sandbox_namespace\":\"default\"}", " Sandbox:default/try-1", ""},
    {"{\"logger\":\"sandbox-router\",\"msg\":\"upstream connect failure\",\"sandbox\":\"no-such\",\"namespace\":\"default\"}", " Sandbox:default/no-such", ""},
    {"{\"msg\":\"shutting down server\",\"name\":\"health probe\"}", "", ""},
    {"{\"msg\":\"Concurrency settings\",\"sandbox\":100}", "", ""},
    {"Proxying request for sandbox 'try-1' to URL: http://10.88.1.5:8888/execute", " Sandbox:/try-1", ""},
    {"Proxying request for sandbox 'try-1' to URL: http://try-1.default.svc.cluster.local:8888/execute", " Sandbox:default/try-1", ""},
    {"ERROR: Connection to sandbox at http://try-1.default.svc.cluster.local:8888/execute failed. Error: no", " Sandbox:default/try-1", ""},
    {"ERROR: Connection to sandbox at http://10.88.1.5:9999/execute failed. Error: no", "", ""},
    {"I1123 08:44:09.601090       1 x.go:27] \"Done\" Sandbox=\"a/b\" reconcileID=\"r-2\" lock=\"c/d\"", " Sandbox:a/b", "r-2"},
    {"2026-11-23T08:20:23Z\tINFO\tx\t{\"Sandbox\": {\"name\":\"b\",\"namespace\":\"a\"}, \"reconcileID\": \"r-3\"}", " Sandbox:a/b", "r-3"},
    {"sandbox 'unfinished", "", ""}, {"{\"name\":\"cut", "", ""}, {"", "", ""},
};

static void objects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spoken_of / sizeof *spoken_of; i++) {
        struct log_fields got;
        char text[512] = "";
        size_t n = 0;
        log_line_fields(slice_of(spoken_of[i].line), &got);
        for (size_t k = 0; k < got.n; k++) {
            const struct log_object *o = &got.objects[k];
            n += (size_t)snprintf(text + n, sizeof text - n, " %.*s:%.*s/%.*s", (int)o->kind.n, o->kind.p, (int)o->ns.n, o->ns.p, (int)o->name.n, o->name.p);
        }
        if (strcmp(text, spoken_of[i].objects) != 0 || !slice_is(got.reconcile_id, spoken_of[i].pass))
            fail_msg("%s: \"%s\" instead of \"%s\", pass %.*s", spoken_of[i].line, text, spoken_of[i].objects, (int)got.reconcile_id.n, got.reconcile_id.p);
    }
}

/* Megabytes of what each reader likes least: it has to end, and soon. */
static void long_lines(void **state)
{
    static const char *const parts[] = {"{\"a\":", "{\"msg\":\"", "\\", "\"", "E1123 08:48:02.3 ] \"", "error ", "=", "a=\"", "://a.", "sandbox '", "\t{", "[", "\0"};
    size_t size = 4 << 20;
    char *text = malloc(size);

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct log_line got;
        struct log_fields fields;
        size_t n = parts[i][0] ? strlen(parts[i]) : 1;
        for (size_t at = 0; at + n <= size; at += n)
            memcpy(text + at, parts[i], n);
        log_line_parse((struct slice){text, size / n * n}, &got);
        log_line_glance((struct slice){text, size / n * n}, true, &got);
        log_line_fields((struct slice){text, size / n * n}, &fields);
        assert_true(fields.n <= LOG_OBJECTS_MOST);
    }
    free(text);
}

static void times(void **state)
{
    struct log_line got;

    (void)state;
    log_line_parse(SLICE("{\"level\":\"info\",\"ts\":\"2026-11-23T08:20:23Z\",\"msg\":\"a\"}"), &got);
    assert_int_equal(got.time_ms, INT64_C(1795422023000));
    log_line_parse(SLICE("{\"level\":\"info\",\"ts\":1763886000.5,\"msg\":\"a\"}"), &got);
    assert_int_equal(got.time_ms, INT64_C(1763886000500));
    log_line_parse(SLICE("2026-11-23T08:20:23.5Z plain"), &got);
    assert_int_equal(got.time_ms, INT64_C(1795422023500));
    log_line_parse(SLICE("plain"), &got);
    assert_true(got.time_ms == INT64_MIN);
    log_line_parse(SLICE("2026-11-23T08:20:23.5 plain"), &got);      /* no zone: no time */
    assert_true(got.time_ms == INT64_MIN);
}

static bool inside(struct slice part, struct slice line)
{
    return part.n == 0 || (part.p >= line.p && part.p + part.n <= line.p + line.n);
}

/* Every line of the captured logs, cut at every length: the answer's slices stay inside the line. */
static void every_cut(void **state)
{
    static const char *const names[] = {"logs/controller-failing.log", "logs/controller-debug.log", "logs/go-router.log", "logs/python-router.log",
                                        "logs/python-router-no-token.log", "logs/controller-leader-lost.log"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n, levels = 0;
        char *text = fixture(names[i], &n);
        for (char *p = text, *end; p < text + n; p = end + 1) {
            end = memchr(p, '\n', (size_t)(text + n - p));
            if (!end)
                end = text + n;
            for (size_t cut = (size_t)(end - p);; cut = cut > 97 ? cut - 97 : 0) {
                struct log_line got;
                char *copy = malloc(cut ? cut : 1);
                memcpy(copy, p, cut);
                struct slice line = {copy, cut};
                log_line_parse(line, &got);
                assert_true(inside(got.message, line) && inside(got.error, line) && inside(got.name, line) && inside(got.ns, line));
                levels += got.level != LEVEL_NONE;
                free(copy);
                if (cut == 0)
                    break;
            }
        }
        assert_true(levels > 0);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats), cmocka_unit_test(levels), cmocka_unit_test(a_glance_says_the_same), cmocka_unit_test(objects), cmocka_unit_test(long_lines),
        cmocka_unit_test(times), cmocka_unit_test(every_cut),
    };

    return TESTS_MAIN(tests);
}
