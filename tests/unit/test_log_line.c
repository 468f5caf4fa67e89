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

static void times(void **state)
{
    struct log_line got;

    (void)state;
    log_line_parse(SLICE("{\"level\":\"info\",\"ts\":\"2026-11-23T08:20:23Z\",\"msg\":\"a\"}"), &got);
    assert_int_equal(got.time_ms, INT64_C(1795422023000));
    log_line_parse(SLICE("{\"level\":\"info\",\"ts\":1763886000.5,\"msg\":\"a\"}"), &got);
    assert_int_equal(got.time_ms, INT64_C(1763886000500));
    log_line_parse(SLICE("plain"), &got);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(formats), cmocka_unit_test(times), cmocka_unit_test(every_cut)};

    return TESTS_MAIN(tests);
}
