/* Lines as they are shown; and bytes that would harm a terminal. */
#include "core/base/mem.h"
#include "core/logs/log_text.h"
#include "tests/unit/test.h"

#include <time.h>

static struct log_buffer *one_line(struct slice text, struct log_entry *e)
{
    struct log_buffer *b = log_buffer_new(0);

    log_buffer_stream(b, "s");
    log_buffer_add(b, 0, LOG_LINE_TEXT, 1000, text);
    assert_true(log_buffer_get(b, 0, e));
    return b;
}

/* The text, then with COLOURS "|text style" for each span. */
static char *shown(struct slice text, unsigned flags, size_t most)
{
    struct log_entry e;
    struct log_text out = {.n_spans = 0};
    struct buf all = {0};
    struct log_buffer *b = one_line(text, &e);

    log_text_line(&e, flags, most, &out);
    buf_add_slice(&all, buf_slice(&out.text));
    for (size_t i = 0; i < out.n_spans && flags & LOG_TEXT_COLOURS; i++) {
        assert_true(out.spans[i].from < out.spans[i].to && out.spans[i].to <= out.text.n);
        assert_true(i == 0 || out.spans[i - 1].to <= out.spans[i].from);
        buf_printf(&all, "|%.*s %d", (int)(out.spans[i].to - out.spans[i].from), out.text.p + out.spans[i].from, (int)out.spans[i].style);
    }
    log_text_free(&out);
    log_buffer_free(b);
    return buf_take(&all);
}

#define ZAP "{\"level\":\"error\",\"ts\":\"2026-11-23T08:20:23Z\",\"msg\":\"Failed to create\",\"controller\":\"sandbox\",\"controllerKind\":\"Sandbox\",\"Sandbox\":" \
            "{\"name\":\"a\",\"namespace\":\"n\"},\"namespace\":\"n\",\"name\":\"a\",\"reconcileID\":\"r\",\"error\":\"pods \\\"a\\\" is \\u00fcber\",\"count\":2," \
            "\"reason\":\"too many\",\"list\":[1,2],\"stacktrace\":\"main.f\\n\\t/x.go:1\\n\"}"

static const struct {
    const char *line;
    unsigned flags;
    const char *text;
} rows[] = {
    {ZAP, 0, "Failed to create  sandbox n/a  pods \"a\" is \303\274ber  count=2  reason=\"too many\"  list=[1,2]"},
    {ZAP, LOG_TEXT_MESSAGE, "Failed to create  sandbox n/a  pods \"a\" is \303\274ber"},
    {ZAP, LOG_TEXT_MESSAGE | LOG_TEXT_STACK, "Failed to create  sandbox n/a  pods \"a\" is \303\274ber\nmain.f\n /x.go:1"},
    {ZAP, LOG_TEXT_RAW, ZAP},
    {"{\"level\":\"info\",\"msg\":\"two\\nlines\\tand\\u0007\\u001b[31mred\\u202e\"}", 0, "two\\nlines and^Gred\357\277\275"},
    {"{\"level\":\"info\",\"msg\":\"\\ud83d\\ude00 \\ud800\"}", 0, "\360\237\230\200 \357\277\275"},
    {"{\"level\":\"info\",\"logger\":\"sandbox-router\",\"msg\":\"request\",\"method\":\"POST\",\"path\":\"/execute\",\"status\":502,\"duration_ms\":1433,"
     "\"client_ip\":\"10.0.0.1\",\"sandbox_id\":\"try-1\",\"sandbox_namespace\":\"default\"}", 0, "502  POST /execute  try-1  1433 ms"},
    {"INFO:     10.88.0.1:41850 - \"POST /execute HTTP/1.1\" 401 Unauthorized", 0, "401  POST /execute  Unauthorized"},
    {"INFO:     10.88.0.1:41850 - \"POST /execute HTTP/1.1\" 200 OK", 0, "200  POST /execute"},
    {"ERROR:    Exception in ASGI application", 0, "Exception in ASGI application"},
    {"E1123 08:48:02.310784       1 x.go:461] \"No lease\" err=\"Get \\\"https://x\\\"\" lock=\"a/b\" n=2", 0, "No lease  Get \"https://x\"  lock=a/b  n=2"},
    {"I1123 08:48:02.310784       1 x.go:461] plain klog", 0, "plain klog"},
    {"2026-11-23T08:20:23Z\tINFO\tsetup\tstarting\t{\"version\": \"1\"}", 0, "setup starting  version=1"},
    {"{\"level\":\"info\",\"controllerKind\":\"SandboxWarmPool\",\"msg\":\"All workers finished\"}", 0, "All workers finished  pool"},
    {"{\"only\":\"fields\",\"empty\":\"\"}", 0, "only=fields  empty=\"\""},
    {"{}", 0, "{}"}, {"", 0, ""}, {"plain  words", 0, "plain  words"},
    {"2026-11-23T08:20:23.5Z stamped words", 0, "stamped words"},
    {"tab\tbell\a del\177 cr\r end\r", 0, "tab bell^G del^? cr\\r end"},
    {"\033[1;31mred\033[0m \033]0;title\a\033(Bplain \033[2J\033[Hhome", 0, "red plain home"},
    {"\033]0;never ends", 0, "0;never ends"},
    {"bad \377\300\257 \355\240\200 c1 \302\233 rlo \342\200\256", 0,
     "bad \357\277\275\357\277\275\357\277\275 \357\277\275\357\277\275\357\277\275 c1 \357\277\275 rlo \357\277\275"},
    {"\033[31mred\033[1mstill\033[0m no \033[1mbold\033[22m \033[38;5;12mblue\033[38;2;0;255;0mgreen\033[m", LOG_TEXT_COLOURS,
     "redstill no bold bluegreen|redstill 10|bold 8|blue 13|green 11"},
};

static void lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = shown(slice_of(rows[i].line), rows[i].flags, 0);
        if (strcmp(got, rows[i].text) != 0)
            fail_msg("%s:\n  %s\ninstead of\n  %s", rows[i].line, got, rows[i].text);
        free(got);
    }
}

/* The parts of a line have their styles, and text between them none. */
static void styles(void **state)
{
    char *got = shown(slice_of(ZAP), LOG_TEXT_COLOURS | LOG_TEXT_MESSAGE, 0);

    (void)state;
    assert_string_equal(got, "Failed to create  sandbox n/a  pods \"a\" is \303\274ber|sandbox n/a 2|pods \"a\" is \303\274ber 3");
    free(got);
}

static void cut(void **state)
{
    size_t n;
    char *file = fixture("logs/controller-failing.log", &n);

    (void)state;
    for (size_t most = 1; most < 80; most++) {
        char *got = shown(SLICE("{\"msg\":\"\303\274\303\274\303\274 \\u00fc\\u00fc \\n \\u0007 x\",\"a\":\"b c\"}"), 0, most);
        assert_true(strlen(got) <= most);
        for (const char *p = got; *p; p++)                 /* never in the middle of a character */
            assert_true((*p & 0xe0) != 0xc0 || (p[1] & 0xc0) == 0x80);
        free(got);
        got = shown((struct slice){file, n}, LOG_TEXT_RAW, most);
        assert_int_equal(strlen(got), most);
        free(got);
    }
    free(file);
}

static void is_safe(struct slice s, bool newlines)
{
    for (size_t i = 0; i < s.n; i++)
        assert_true((unsigned char)s.p[i] >= 0x20 ? s.p[i] != 0x7f : newlines && s.p[i] == '\n');
}

/* Ten megabytes of it, and NULs. */
static void long_and_hostile(void **state)
{
    size_t n = 10 << 20;
    char *text = mem_new(n + 1);

    (void)state;
    char *got = shown((struct slice){text, n}, 0, 400);
    assert_true(strlen(got) == 400 && got[0] == '^' && got[1] == '@');
    free(got);
    memset(text, 'x', n);
    memcpy(text, "{\"msg\":\"", 8);
    memcpy(text + n - 2, "\"}", 2);
    got = shown((struct slice){text, n}, 0, 400);
    assert_int_equal(strlen(got), 400);
    free(got);
    struct buf safe = {0};
    for (size_t i = 0; i < 4096; i++)
        text[i] = (char)(i * 37 % 256);
    buf_add_text(&safe, "before ");
    log_text_safe(&safe, (struct slice){text, 4096}, true);
    assert_true(slice_starts(buf_slice(&safe), SLICE("before ")));
    is_safe(buf_slice(&safe), true);
    buf_free(&safe);
    free(text);
}

/* A traceback, closed: its first line, how much follows, and what it came to. */
static void groups(void **state)
{
    static const struct {
        const char *file, *head;
        uint64_t lines, heads;
    } files[] = {
        {"logs/python-chained.log", "Exception in ASGI application  \342\200\246 +16  RuntimeError: cannot find the claim", 19, 3},
        {"logs/go-panic.log", "panic: runtime error: invalid memory address or nil pointer dereference  \342\200\246 +14", 18, 4},
        {"logs/controller-console.log", "Reconciler error  sandbox agents/my-agent  pods \"my-agent\" is forbidden  \342\200\246 +4", 7, 3},
        {"logs/python-router-no-token.log",
         "Traceback (most recent call last):  \342\200\246 +51  RuntimeError: ROUTER_AUTH_TOKEN must be set to start the sandbox router securely.", 60, 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct log_buffer *b = log_buffer_new(0);
        struct log_text out = {.n_spans = 0};
        struct log_entry e;
        uint64_t heads = 0;
        size_t n;
        char *text = fixture(files[i].file, &n);
        bool found = false;
        log_buffer_stream(b, "a");
        log_buffer_stream(b, "other");
        for (char *p = text, *end; p < text + n; p = end + 1) {
            end = memchr(p, '\n', (size_t)(text + n - p));
            log_buffer_add(b, 0, LOG_LINE_TEXT, (int64_t)log_buffer_end(b), (struct slice){p, (size_t)(end - p)});
            log_buffer_add(b, 1, LOG_LINE_TEXT, (int64_t)log_buffer_end(b), SLICE("between"));
        }
        assert_int_equal(log_buffer_end(b), 2 * files[i].lines);
        for (uint64_t number = 0; log_buffer_get(b, number, &e); number++) {
            if (e.stream == 1 || e.folded)
                continue;
            heads++;
            log_text_group(b, &e, 0, 0, &out);
            found |= slice_starts(buf_slice(&out.text), slice_of(files[i].head));
        }
        if (heads != files[i].heads || !found)
            fail_msg("%s: %llu groups, %s", files[i].file, (unsigned long long)heads, found ? "found" : "the one looked for is not there");
        log_text_free(&out);
        log_buffer_free(b);
        free(text);
    }
}

static void levels(void **state)
{
    static const struct {
        const char *line, *word;
        enum log_level weight;
    } of[] = {
        {"{\"level\":\"info\",\"msg\":\"x\"}", "INFO", LEVEL_INFO}, {"INFO:     1.2.3.4:5 - \"GET / HTTP/1.1\" 404 Not Found", "", LEVEL_WARN},
        {"{\"level\":\"info\",\"logger\":\"sandbox-router\",\"msg\":\"request\",\"method\":\"GET\",\"status\":503}", "", LEVEL_ERROR},
        {"{\"level\":\"error\",\"logger\":\"sandbox-router\",\"msg\":\"upstream connect failure\"}", "ERROR", LEVEL_ERROR}, {"plain", "", LEVEL_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct log_entry e;
        struct log_buffer *b = one_line(slice_of(of[i].line), &e);
        assert_string_equal(log_text_level(&e), of[i].word);
        assert_int_equal(log_text_weight(&e), of[i].weight);
        log_buffer_free(b);
    }
}

static void stamps(void **state)
{
    char out[LOG_TIME_BYTES];
    const int64_t stamp = INT64_C(1795422023641472415), now = INT64_C(1795422023641) + 252000;

    (void)state;
    assert_string_equal(log_time_text(stamp, LOG_TIME_STAMP, now, out), "2026-11-23T08:20:23.641472415Z");
    assert_string_equal(log_time_text(stamp, LOG_TIME_UTC, now, out), "08:20:23.641");
    assert_string_equal(log_time_text(stamp, LOG_TIME_RELATIVE, now, out), "4m12s");
    assert_string_equal(log_time_text(stamp, LOG_TIME_RELATIVE, now - 254000, out), "+2s");
    assert_string_equal(log_time_text(stamp, LOG_TIME_NONE, now, out), "");
    assert_string_equal(log_time_text(INT64_MIN, LOG_TIME_STAMP, now, out), "");
    assert_string_equal(log_time_text(-1, LOG_TIME_STAMP, now, out), "1969-12-31T23:59:59.999999999Z");
    setenv("TZ", "IST-5:30", 1);
    tzset();
    assert_string_equal(log_time_text(stamp, LOG_TIME_LOCAL, now, out), "13:50:23.641");
    assert_int_equal(strlen(log_time_text(stamp, LOG_TIME_STAMP, now, out)), log_time_columns(LOG_TIME_STAMP));
    assert_int_equal(strlen(log_time_text(stamp, LOG_TIME_UTC, now, out)), log_time_columns(LOG_TIME_UTC));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines), cmocka_unit_test(styles), cmocka_unit_test(cut), cmocka_unit_test(long_and_hostile), cmocka_unit_test(groups),
        cmocka_unit_test(levels), cmocka_unit_test(stamps),
    };

    return TESTS_MAIN(tests);
}
