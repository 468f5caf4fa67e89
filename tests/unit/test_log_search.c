/* Searching, saving, rates, and queries asked of single lines. */
#include "core/base/mem.h"
#include "core/logs/log_rate.h"
#include "core/logs/log_save.h"
#include "core/logs/log_search.h"
#include "tests/unit/test.h"

static const int64_t second = 1000000000;
static struct clock_virtual still;

static struct log_buffer *filled(unsigned lines)
{
    struct log_buffer *b = log_buffer_new(16 << 20);
    char text[64];

    log_buffer_stream(b, "ctl");
    log_buffer_stream(b, "rtr");
    for (unsigned i = 0; i < lines; i++) {
        int n = snprintf(text, sizeof text, "%s number %u", i % 10 == 3 ? "ERROR" : "INFO", i);
        log_buffer_add(b, i % 2, LOG_LINE_TEXT, (int64_t)i * second, (struct slice){text, (size_t)n});
    }
    return b;
}

static void whole(struct log_view *v)
{
    while (log_view_step(v, &still.clock, 0))
        ;
}

/* How many steps it took; *number: what was found. */
static unsigned seek(struct log_search *s, struct log_view *v, enum log_search_result want, uint64_t *number)
{
    enum log_search_result got = LOG_SEARCH_MORE;
    unsigned steps = 0;

    for (; got == LOG_SEARCH_MORE; steps++)
        got = log_search_step(s, v, &still.clock, 0, number);
    assert_int_equal(got, want);
    return steps;
}

static void from_match_to_match(void **state)
{
    struct log_buffer *b = filled(1000);
    struct log_view *v = log_view_new(b);
    struct pattern *p = pattern_new(SLICE("number \\d*7$"), 0, NULL);
    struct log_search s;
    uint64_t number = 0;

    (void)state;
    whole(v);
    log_search_pattern(&s, p, 1, UINT64_MAX);
    for (uint64_t want = 7; want < 1000; want += 10) {
        seek(&s, v, LOG_SEARCH_FOUND, &number);
        assert_int_equal(number, want);
    }
    seek(&s, v, LOG_SEARCH_NONE, &number);
    log_search_pattern(&s, p, -1, 500);
    seek(&s, v, LOG_SEARCH_FOUND, &number);
    assert_int_equal(number, 497);
    seek(&s, v, LOG_SEARCH_FOUND, &number);
    assert_int_equal(number, 487);
    log_search_level(&s, LEVEL_ERROR, -1, number);
    seek(&s, v, LOG_SEARCH_FOUND, &number);
    assert_int_equal(number, 483);
    log_search_level(&s, LEVEL_ERROR, 1, number);
    seek(&s, v, LOG_SEARCH_FOUND, &number);
    assert_int_equal(number, 493);
    log_search_level(&s, LEVEL_FATAL, -1, UINT64_MAX);
    assert_true(seek(&s, v, LOG_SEARCH_NONE, &number) > 10);         /* in slices */
    pattern_free(p);
    log_view_free(v);
    log_buffer_free(b);
}

/* Within what the view shows; and what it has not looked at yet is waited for. */
static void within_the_view(void **state)
{
    struct log_buffer *b = filled(1000);
    struct log_view *v = log_view_new(b);
    struct log_query *q = log_query_new();
    struct pattern *p = pattern_new(SLICE("number 5"), 0, NULL);
    struct log_search s;
    uint64_t number = 0, row;

    (void)state;
    log_query_level(q, LEVEL_ERROR);
    log_view_query(v, q);
    log_search_pattern(&s, p, -1, UINT64_MAX);
    assert_int_equal(log_search_step(&s, v, &still.clock, 0, &number), LOG_SEARCH_MORE);
    while (log_search_step(&s, v, &still.clock, 0, &number) == LOG_SEARCH_MORE)
        log_view_step(v, &still.clock, 0);
    assert_int_equal(number, 593);
    whole(v);
    assert_int_equal(log_view_count(v), 100);
    assert_true(log_view_find(v, 593, &row) && row == 59);
    assert_false(log_view_find(v, 594, &row));
    assert_int_equal(row, 59);                             /* the one before it */
    assert_int_equal(log_view_at_time(v, 593 * second), 59);
    assert_int_equal(log_view_at_time(v, 593 * second + 1), 60);
    assert_int_equal(log_view_at_time(v, INT64_MIN), 0);
    assert_int_equal(log_view_at_time(v, 5000 * second), 100);
    pattern_free(p);
    log_view_free(v);
    log_buffer_free(b);
}

/* A closed group is searched with what is folded into it, an open one line by line. */
static void in_groups(void **state)
{
    struct log_buffer *b = filled(3);
    struct log_view *v = log_view_new(b);
    struct pattern *p = pattern_new(SLICE("apple"), 0, NULL);
    struct log_search s;
    struct log_row row;
    uint64_t number = 0;

    (void)state;
    log_buffer_add(b, 0, LOG_LINE_TEXT, 4 * second, SLICE("Traceback (most recent call last):"));
    log_buffer_add(b, 1, LOG_LINE_TEXT, 5 * second, SLICE("INFO between"));
    log_buffer_add(b, 0, LOG_LINE_TEXT, 6 * second, SLICE("  File apple.py"));
    log_buffer_add(b, 0, LOG_LINE_TEXT, 7 * second, SLICE("ValueError: pear"));
    whole(v);
    assert_int_equal(log_view_count(v), 5);
    log_search_pattern(&s, p, 1, UINT64_MAX);
    seek(&s, v, LOG_SEARCH_FOUND, &number);
    assert_int_equal(number, 3);
    assert_true(log_view_at(v, 3, &row) && row.group && !row.open && row.line.span == 3);
    log_view_open(v, 5, true);
    assert_int_equal(log_view_count(v), 7);
    assert_true(log_view_at(v, 3, &row) && row.open);
    assert_true(log_view_at(v, 5, &row) && row.line.number == 5 && !row.group);
    log_search_pattern(&s, p, 1, UINT64_MAX);
    seek(&s, v, LOG_SEARCH_FOUND, &number);
    assert_int_equal(number, 5);
    log_buffer_add(b, 0, LOG_LINE_TEXT, 8 * second, SLICE("  more of it"));
    whole(v);
    assert_int_equal(log_view_count(v), 8);                /* an open group grows */
    log_view_open(v, 3, false);
    assert_int_equal(log_view_count(v), 5);
    log_view_open_all(v, true);
    whole(v);
    assert_int_equal(log_view_count(v), 8);
    assert_true(log_view_opened_all(v));
    pattern_free(p);
    log_view_free(v);
    log_buffer_free(b);
}

/* A match behind the first pieces of a long line, and a pattern that would never end. */
static void long_lines(void **state)
{
    struct log_buffer *b = log_buffer_new(64 << 20);
    struct log_view *v = log_view_new(b);
    struct log_query *q = log_query_new();
    size_t n = 3 << 20;
    char *text = mem_new(n);

    (void)state;
    log_buffer_stream(b, "pod");
    memset(text, 'a', n);
    memcpy(text + n - 40, "needle!", 7);
    log_buffer_add(b, 0, LOG_LINE_TEXT, second, (struct slice){text, n});
    log_buffer_add(b, 0, LOG_LINE_TEXT, second, SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"));
    assert_true(log_query_pattern(q, SLICE("needle"), 0, false, NULL));
    log_view_query(v, q);
    whole(v);
    assert_int_equal(log_view_count(v), 1);
    static const struct {
        const char *pattern;
        uint64_t rows;
    } edges[] = {{"a$", 1}, {"^n", 0}, {"^a", 2}, {"!$", 1}};        /* of the line, not of its pieces */
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        q = log_query_new();
        assert_true(log_query_pattern(q, slice_of(edges[i].pattern), 0, false, NULL));
        log_view_query(v, q);
        whole(v);
        assert_int_equal(log_view_count(v), edges[i].rows);
    }
    q = log_query_new();
    assert_true(log_query_pattern(q, SLICE("^(a+)+$"), 0, false, NULL));
    log_view_query(v, q);
    whole(v);
    assert_true(log_query_limited(log_view_query_get(v)) > 0);
    free(text);
    log_view_free(v);
    log_buffer_free(b);
}

static bool wants(struct log_query *q, const char *text)
{
    struct log_buffer *b = log_buffer_new(0);
    struct log_entry e;

    log_buffer_stream(b, "s");
    log_buffer_add(b, 0, LOG_LINE_TEXT, 5 * second, slice_of(text));
    log_buffer_get(b, 0, &e);
    bool wanted = log_query_wants(q, &e);
    log_buffer_free(b);
    return wanted;
}

static void single_lines(void **state)
{
    struct log_query *q = log_query_new(), *copy;
    struct err err = {0};

    (void)state;
    assert_true(wants(q, "anything"));
    assert_false(log_query_pattern(q, SLICE("("), 0, false, &err));
    assert_non_null(err.text);
    err_clear(&err);
    assert_true(log_query_pattern(q, SLICE("apple"), PATTERN_SMARTCASE, false, NULL));
    assert_true(log_query_pattern(q, SLICE("pear"), PATTERN_SMARTCASE, true, NULL));
    assert_true(wants(q, "an Apple") && !wants(q, "an apple and a pear") && !wants(q, "plum"));
    log_query_level(q, LEVEL_WARN);
    assert_true(!wants(q, "an apple") && !wants(q, "DEBUG apple") && wants(q, "WARN apple"));
    log_query_level(q, LEVEL_INFO);
    assert_true(wants(q, "an apple") && !wants(q, "DEBUG apple"));
    log_query_since(q, 6 * second);
    assert_false(wants(q, "an apple"));
    log_query_since(q, 5 * second);
    log_query_stream(q, 0, false);
    assert_false(wants(q, "an apple"));
    copy = log_query_copy(q);
    log_query_stream(copy, 0, true);
    assert_true(wants(copy, "an apple") && !wants(copy, "an apple and a pear") && log_query_patterns(copy) == 2);
    bool out = false;
    assert_true(slice_is(pattern_text(log_query_pattern_at(copy, 1, &out)), "pear") && out);
    log_query_pattern_drop(copy, 0);
    assert_true(wants(copy, "plum") && !log_query_pattern_at(copy, 1, NULL));
    while (log_query_patterns(copy) < LOG_PATTERNS_MOST)
        assert_true(log_query_pattern(copy, SLICE("x"), 0, false, NULL));
    assert_false(log_query_pattern(copy, SLICE("x"), 0, false, &err));
    err_clear(&err);
    log_query_free(copy);
    log_query_free(q);
}

/* The selection, through each way a line names its object; wanted: by a claim of ns "a" named claim-1 whose sandbox is pool-x. */
static const struct {
    const char *line;
    bool wanted;
} selection[] = {
    {"{\"msg\":\"x\",\"controllerKind\":\"SandboxClaim\",\"SandboxClaim\":{\"name\":\"claim-1\",\"namespace\":\"a\"},\"reconcileID\":\"r-1\"}", true},
    {"{\"msg\":\"x\",\"controllerKind\":\"SandboxClaim\",\"SandboxClaim\":{\"name\":\"claim-1\",\"namespace\":\"b\"},\"reconcileID\":\"r-2\"}", false},
    {"{\"msg\":\"x\",\"controllerKind\":\"SandboxClaim\",\"SandboxClaim\":{\"name\":\"claim-11\",\"namespace\":\"a\"},\"reconcileID\":\"r-3\"}", false},
    {"{\"msg\":\"x\",\"controllerKind\":\"SandboxWarmPool\",\"SandboxWarmPool\":{\"name\":\"claim-1\",\"namespace\":\"a\"}}", false},
    {"{\"msg\":\"x\",\"controllerKind\":\"SandboxWarmPool\",\"namespace\":\"a\",\"name\":\"pool\",\"sandbox\":\"pool-x\",\"reconcileID\":\"r-4\"}", true},
    {"{\"msg\":\"of the same pass\",\"reconcileID\":\"r-4\"}", true},
    {"{\"msg\":\"of a stranger's pass\",\"reconcileID\":\"r-2\"}", false},
    {"{\"msg\":\"sandbox \\\"claim-1\\\" is not controlled\",\"namespace\":\"a\",\"name\":\"other\"}", true},
    {"{\"msg\":\"sandbox \\\"claim-1\\\" is not controlled\",\"namespace\":\"b\",\"name\":\"other\"}", false},
    {"{\"logger\":\"sandbox-router\",\"msg\":\"request\",\"sandbox_id\":\"pool-x\",\"sandbox_namespace\":\"a\"}", true},
    {"{\"logger\":\"sandbox-router\",\"msg\":\"request\",\"sandbox_id\":\"pool-x\",\"sandbox_namespace\":\"b\"}", false},
    {"Proxying request for sandbox 'pool-x' to URL: http://10.88.1.5:8888/execute", true},
    {"ERROR: Connection to sandbox at http://pool-x.b.svc.cluster.local:8888/execute failed.", false},
    {"ERROR: Connection to sandbox at http://pool-x.a.svc.cluster.local:8888/execute failed.", true},
    {"W1123 08:44:09.601090       1 x.go:27] pod pool-x is late", true},
    {"W1123 08:44:09.601090       1 x.go:27] pod pool-xy is late", false},
    {"nothing of it", false},
};

static void of_the_selection(void **state)
{
    const struct log_term terms[] = {{SLICE("SandboxClaim"), SLICE("a"), SLICE("claim-1")}, {SLICE("Sandbox"), SLICE("a"), SLICE("pool-x")},
                                     {SLICE("Pod"), SLICE("a"), SLICE("pool-x")}};
    struct log_query *q = log_query_new();

    (void)state;
    log_query_select(q, terms, 3);
    assert_true(log_query_selects(q));
    for (size_t i = 0; i < sizeof selection / sizeof *selection; i++)
        if (wants(q, selection[i].line) != selection[i].wanted)
            fail_msg("%s should %sbe of the selection", selection[i].line, selection[i].wanted ? "" : "not ");
    log_query_select_stream(q, 0);
    assert_true(wants(q, "nothing of it"));
    log_query_select(q, NULL, 0);
    assert_false(log_query_selects(q));
    log_query_free(q);
}

static void rates(void **state)
{
    struct log_buffer *b = log_buffer_new(0);
    struct log_rate *r = log_rate_new(b, 10000, 6);
    unsigned a = log_buffer_stream(b, "a");

    (void)state;
    assert_int_equal(log_rate_buckets(r), 6);
    log_buffer_add(b, a, LOG_LINE_TEXT, 95 * second, SLICE("ERROR one"));
    log_buffer_add(b, a, LOG_LINE_TEXT, 96 * second, SLICE("INFO no"));
    log_buffer_add(b, a, LOG_LINE_GAP, 96 * second, SLICE("error: a gap is none"));
    log_rate_update(r, 100000);
    assert_int_equal(log_rate_errors(r, a)[4], 1);
    unsigned late = log_buffer_stream(b, "late");
    log_buffer_add(b, late, LOG_LINE_TEXT, 20 * second, SLICE("ERROR too old"));
    log_buffer_add(b, late, LOG_LINE_TEXT, 62 * second, SLICE("ERROR old"));
    log_buffer_add(b, late, LOG_LINE_TEXT, 130 * second, SLICE("ERROR from a clock that is ahead"));
    log_rate_update(r, 110000);
    assert_int_equal(log_rate_errors(r, a)[3], 1);
    assert_int_equal(log_rate_errors(r, late)[0], 1);
    assert_int_equal(log_rate_errors(r, late)[5], 1);
    const uint32_t sum[] = {1, 0, 0, 1, 0, 1};
    assert_memory_equal(log_rate_errors(r, UINT32_MAX), sum, sizeof sum);
    log_rate_update(r, 900000);
    const uint32_t none[6] = {0};
    assert_memory_equal(log_rate_errors(r, a), none, sizeof none);
    log_rate_free(r);
    log_buffer_free(b);
}

static bool keep(void *ctx, struct slice s)
{
    assert_true(s.n > 0 && s.p[s.n - 1] == '\n');
    buf_add_slice(ctx, s);
    return true;
}

static bool refuse(void *ctx, struct slice s)
{
    (void)ctx;
    (void)s;
    return false;
}

static enum log_save_result save(struct log_save *s)
{
    enum log_save_result result;

    while ((result = log_save_step(s, &still.clock, 0)) == LOG_SAVE_MORE)
        ;
    return result;
}

static void saves(void **state)
{
    struct log_buffer *b = log_buffer_new(0);
    struct log_view *v = log_view_new(b);
    struct log_query *q = log_query_new();
    struct buf out = {0};
    unsigned a = log_buffer_stream(b, "ctl");

    (void)state;
    log_buffer_add(b, a, LOG_LINE_TEXT, 1500000000, SLICE("INFO \033[31mtwo\377"));
    log_buffer_add(b, a, LOG_LINE_TEXT, 500000000, SLICE("ERROR one"));
    log_buffer_name(b, a, "ns", "pod-1", "main");
    log_buffer_add(b, a, LOG_LINE_GAP, 2 * second, SLICE("lines may be missing"));
    struct log_save *s = log_save_new(LOG_SAVE_TEXT, b, NULL, keep, &out);
    assert_int_equal(save(s), LOG_SAVE_DONE);
    assert_int_equal(log_save_lines(s), 3);
    assert_int_equal(log_save_missed(s), 0);
    log_save_free(s);
    assert_string_equal(out.p, "1970-01-01T00:00:00.500000000Z pod-1/main ERROR one\n1970-01-01T00:00:01.500000000Z pod-1/main INFO \033[31mtwo\377\n"
                               "1970-01-01T00:00:02.000000000Z pod-1/main --- gap: lines may be missing\n");
    buf_clear(&out);
    log_query_level(q, LEVEL_ERROR);
    log_view_query(v, q);
    s = log_save_new(LOG_SAVE_JSON, b, v, keep, &out);
    assert_int_equal(log_save_step(s, &still.clock, 0), LOG_SAVE_MORE);        /* the view has not looked yet */
    whole(v);
    log_buffer_add(b, a, LOG_LINE_TEXT, 3 * second, SLICE("ERROR after it began"));
    whole(v);
    assert_int_equal(save(s), LOG_SAVE_DONE);
    log_save_free(s);
    assert_string_equal(out.p, "{\"time\":\"1970-01-01T00:00:00.500000000Z\",\"stream\":\"ctl\",\"namespace\":\"ns\",\"pod\":\"pod-1\",\"container\":\"main\","
                               "\"level\":\"error\",\"text\":\"ERROR one\"}\n"
                               "{\"time\":\"1970-01-01T00:00:02.000000000Z\",\"stream\":\"ctl\",\"namespace\":\"ns\",\"pod\":\"pod-1\",\"container\":\"main\","
                               "\"type\":\"gap\",\"text\":\"lines may be missing\"}\n");
    buf_clear(&out);
    struct log_entry e;
    struct log_names names = log_buffer_names(b, a);
    log_buffer_get(b, 0, &e);
    log_save_line(LOG_SAVE_SAFE, &names, &e, &out);
    assert_string_equal(out.p, "1970-01-01T00:00:01.500000000Z pod-1/main INFO two\357\277\275\n");
    s = log_save_new(LOG_SAVE_TEXT, b, NULL, refuse, NULL);
    assert_int_equal(save(s), LOG_SAVE_FAILED);
    log_save_free(s);
    buf_free(&out);
    log_view_free(v);
    log_buffer_free(b);
}

/* Lines that go while others are written: none twice, none out of order, and the missing are counted. */
static void saves_while_evicting(void **state)
{
    struct log_buffer *b = log_buffer_new(0);
    struct buf out = {0};
    char text[128];
    uint64_t added = 0, end;
    enum log_save_result result;

    (void)state;
    log_buffer_stream(b, "s");
    for (; log_buffer_evicted(b) == 0; added++)
        log_buffer_add(b, 0, LOG_LINE_TEXT, (int64_t)added * second, (struct slice){text, (size_t)snprintf(text, sizeof text, "line %06llu", (unsigned long long)added)});
    end = log_buffer_end(b);
    struct log_save *s = log_save_new(LOG_SAVE_TEXT, b, NULL, keep, &out);
    uint64_t begin = log_buffer_first(b);
    for (unsigned i = 0; (result = log_save_step(s, &still.clock, 0)) == LOG_SAVE_MORE; i++)
        for (unsigned k = 0; i == 5 && k < 15000; k++, added++)
            log_buffer_add(b, 0, LOG_LINE_TEXT, (int64_t)added * second, SLICE("later"));
    assert_int_equal(result, LOG_SAVE_DONE);
    assert_true(log_save_missed(s) > 0);
    assert_int_equal(log_save_lines(s) + log_save_missed(s), end - begin);
    unsigned last = 0, n = 0;
    for (char *p = strstr(out.p, "line "); p; p = strstr(p + 1, "line "), n++) {
        unsigned number = (unsigned)atoi(p + 5);
        assert_true(n == 0 || number > last);
        last = number;
    }
    assert_int_equal(n, log_save_lines(s));
    assert_int_equal(last, end - 1);
    log_save_free(s);
    buf_free(&out);
    log_buffer_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_match_to_match), cmocka_unit_test(within_the_view), cmocka_unit_test(in_groups), cmocka_unit_test(long_lines),
        cmocka_unit_test(single_lines), cmocka_unit_test(of_the_selection), cmocka_unit_test(rates), cmocka_unit_test(saves),
        cmocka_unit_test(saves_while_evicting),
    };

    clock_virtual_init(&still, 0);
    return TESTS_MAIN(tests);
}
