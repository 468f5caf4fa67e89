#include "core/base/mem.h"
#include "core/logs/log_buffer.h"
#include "tests/unit/test.h"

static const int64_t second = 1000000000;

static void expect_text(const struct log_buffer *b, uint64_t position, const char *text)
{
    struct log_entry e;

    assert_true(log_buffer_merged(b, position, &e));
    if (!slice_is(e.text, text))
        fail_msg("%llu: %.*s instead of %s", (unsigned long long)position, (int)e.text.n, e.text.p, text);
}

static void merges_by_time(void **state)
{
    struct log_buffer *b = log_buffer_new(1 << 20);
    unsigned ctl = log_buffer_stream(b, "ctl"), rtr = log_buffer_stream(b, "rtr");

    (void)state;
    assert_int_equal(log_buffer_stream(b, "ctl"), ctl);
    assert_string_equal(log_buffer_label(b, rtr), "rtr");
    log_buffer_add(b, ctl, LOG_LINE_TEXT, 1 * second, SLICE("one"));
    log_buffer_add(b, ctl, LOG_LINE_TEXT, 3 * second, SLICE("three"));
    log_buffer_add(b, rtr, LOG_LINE_TEXT, 2 * second, SLICE("two"));
    log_buffer_add(b, rtr, LOG_LINE_TEXT, INT64_MIN, SLICE("two, undated"));
    log_buffer_add(b, ctl, LOG_LINE_GAP, 3 * second, SLICE("gap"));
    expect_text(b, 0, "one");
    expect_text(b, 1, "two");
    expect_text(b, 2, "two, undated");
    expect_text(b, 3, "three");
    expect_text(b, 4, "gap");
    struct log_entry e;
    assert_false(log_buffer_merged(b, 5, &e));
    assert_true(log_buffer_get(b, 2, &e));
    assert_true(slice_is(e.text, "two"));
    log_buffer_free(b);
}

/* Past its bound the oldest go, are counted, and what is left is whole and in order. */
static void evicts_and_counts(void **state)
{
    struct log_buffer *b = log_buffer_new(1 << 20);
    unsigned a = log_buffer_stream(b, "a"), late = log_buffer_stream(b, "late");
    char text[256];

    (void)state;
    for (int i = 0; i < 50000; i++) {
        int n = snprintf(text, sizeof text, "line number %d with some text to fill the buffer with", i);
        log_buffer_add(b, i % 7 ? a : late, LOG_LINE_TEXT, (int64_t)(i % 7 ? i : i - 100) * second, (struct slice){text, (size_t)n});
    }
    assert_true(log_buffer_evicted(b) > 0);
    assert_int_equal(log_buffer_evicted(b), log_buffer_first(b));
    assert_int_equal(log_buffer_end(b), 50000);
    struct log_entry e, before = {.time_ms = INT64_MIN};
    uint64_t kept = log_buffer_end(b) - log_buffer_first(b), n = 0;
    for (; log_buffer_merged(b, n, &e); n++) {
        assert_true(e.time_ms >= before.time_ms);
        before = e;
    }
    assert_int_equal(n, kept);
    for (uint64_t i = log_buffer_first(b); i < log_buffer_end(b); i++) {
        assert_true(log_buffer_get(b, i, &e));
        snprintf(text, sizeof text, "line number %d with some text to fill the buffer with", (int)i);
        assert_true(slice_is(e.text, text));
    }
    log_buffer_free(b);
}

static void takes_long_and_hostile_lines(void **state)
{
    struct log_buffer *b = log_buffer_new(1 << 20);
    unsigned a = log_buffer_stream(b, "a");
    size_t n = 3 << 20;
    char *text = mem_new(n);
    struct log_entry e;

    (void)state;
    log_buffer_add(b, a, LOG_LINE_TEXT, second, SLICE("short"));
    log_buffer_add(b, a, LOG_LINE_TEXT, 2 * second, (struct slice){text, n});
    assert_true(log_buffer_get(b, log_buffer_end(b) - 1, &e));
    assert_int_equal(e.text.n, n);
    log_buffer_add(b, a, LOG_LINE_TEXT, 3 * second, SLICE("after"));
    assert_true(log_buffer_get(b, log_buffer_end(b) - 1, &e));
    assert_true(slice_is(e.text, "after"));
    log_buffer_add(b, 99, LOG_LINE_TEXT, second, SLICE("no such stream"));
    assert_int_equal(log_buffer_end(b), 3);
    free(text);
    log_buffer_free(b);
}

/* Go writes a time that was never set as the year 1: in ns that is before what 64 bits hold. */
static void a_stamp_beyond_ns_is_none(void **state)
{
    struct log_buffer *b = log_buffer_new(1 << 20);
    unsigned ctl = log_buffer_stream(b, "ctl");
    struct log_entry e;

    (void)state;
    log_buffer_add(b, ctl, LOG_LINE_TEXT, 5 * second, SLICE("before"));
    log_buffer_add(b, ctl, LOG_LINE_TEXT, INT64_MIN, SLICE("{\"level\":\"info\",\"ts\":\"0001-01-01T00:00:00Z\",\"msg\":\"x\"}"));
    log_buffer_add(b, ctl, LOG_LINE_TEXT, INT64_MIN, SLICE("{\"level\":\"info\",\"ts\":\"9999-01-01T00:00:00Z\",\"msg\":\"x\"}"));
    for (uint64_t number = 0; number < 3; number++) {
        assert_true(log_buffer_get(b, number, &e));
        assert_int_equal(e.time_ms, 5000);
    }
    log_buffer_free(b);
}

/* One stream's history after the other's, then both by turns, with stamps that stand still now and then: the order is whole, every line is
 * found in it. */
static void orders_whatever_comes(void **state)
{
    struct log_buffer *b = log_buffer_new(64 << 20);
    struct log_entry e, before = {.stamp_ns = INT64_MIN};
    uint64_t n = 0;

    (void)state;
    log_buffer_stream(b, "a");
    log_buffer_stream(b, "b");
    for (unsigned stream = 0; stream < 2; stream++)
        for (int64_t i = 0; i < 20000; i++)
            log_buffer_add(b, stream, LOG_LINE_TEXT, i / 3 * 100, SLICE("x"));
    for (int64_t i = 0; i < 20000; i++)
        log_buffer_add(b, i % 2, LOG_LINE_TEXT, i % 2 ? i * 50 : 1000000 - i * 50, SLICE("y"));
    for (; log_buffer_merged(b, n, &e); n++) {
        assert_true(e.stamp_ns > before.stamp_ns || (e.stamp_ns == before.stamp_ns && e.number > before.number) || n == 0);
        assert_int_equal(log_buffer_position(b, e.number), n);
        before = e;
    }
    assert_int_equal(n, 60000);
    assert_int_equal(log_buffer_position(b, 60000), 0);
    log_buffer_free(b);
}

/* Within its bound whatever the lines are like, and not far below it. */
static void keeps_its_bound(void **state)
{
    static const struct {
        size_t small, large, every;
        double least;                /* how much of the bound is text in the end */
    } mixes[] = {{186, 186, 2, 0.8}, {10, 300000, 2, 0.6}, {0, 3000, 50, 0.3}, {100, 50000, 4, 0.6}};
    const size_t limit = 8 << 20;
    char *text = mem_new(300000);

    (void)state;
    for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++) {
        struct log_buffer *b = log_buffer_new(limit);
        size_t held = 0;
        log_buffer_stream(b, "a");
        for (size_t k = 0, added = 0; added < 4 * limit; k++) {
            size_t size = k % mixes[i].every ? mixes[i].small : mixes[i].large;
            log_buffer_add(b, 0, LOG_LINE_TEXT, (int64_t)k, (struct slice){text, size});
            added += size;
            assert_true(log_buffer_bytes(b) <= limit);
        }
        struct log_entry e;
        for (uint64_t number = log_buffer_first(b); log_buffer_get(b, number, &e); number++)
            held += e.text.n;
        assert_int_equal(held, log_buffer_text_bytes(b));
        if ((double)held < mixes[i].least * (double)limit)
            fail_msg("mix %zu: %zu bytes of text in %zu", i, held, log_buffer_bytes(b));
        log_buffer_free(b);
    }
    free(text);
}

/* A line folds into the first one of its own stream, whatever stands between; a restart, or too long a way, ends the group. */
static void folds_by_stream(void **state)
{
    struct log_buffer *b = log_buffer_new(0);
    struct log_entry e;

    (void)state;
    log_buffer_stream(b, "a");
    log_buffer_stream(b, "b");
    log_buffer_add(b, 0, LOG_LINE_TEXT, 1, SLICE("  nothing before it"));
    log_buffer_add(b, 0, LOG_LINE_TEXT, 1, SLICE("Traceback (most recent call last):"));
    log_buffer_add(b, 1, LOG_LINE_TEXT, 1, SLICE("other"));
    log_buffer_add(b, 1, LOG_LINE_TEXT, 1, SLICE("  of the other"));
    log_buffer_add(b, 0, LOG_LINE_STATUS, 1, SLICE("following"));
    log_buffer_add(b, 0, LOG_LINE_TEXT, 1, SLICE("ValueError: x"));
    const int back[] = {0, 0, 0, 1, 0, 4};
    for (uint64_t i = 0; i < 6; i++) {
        log_buffer_get(b, i, &e);
        assert_int_equal(e.folded, back[i] != 0);
        assert_true(!e.folded || e.span == back[i]);
    }
    assert_true(log_buffer_get(b, 1, &e) && e.span == 4);
    log_buffer_add(b, 0, LOG_LINE_RESTART, 1, SLICE("exit 1"));
    log_buffer_add(b, 0, LOG_LINE_TEXT, 1, SLICE("  of a new life"));
    assert_true(log_buffer_get(b, 7, &e) && !e.folded);
    for (unsigned i = 0; i < 3000; i++)
        log_buffer_add(b, 1, LOG_LINE_TEXT, 1, SLICE("other"));
    log_buffer_add(b, 0, LOG_LINE_TEXT, 1, SLICE("  too far on"));
    assert_true(log_buffer_get(b, log_buffer_end(b) - 1, &e) && !e.folded);
    log_buffer_free(b);
}

static void names_streams(void **state)
{
    struct log_buffer *b = log_buffer_new(0);
    unsigned a = log_buffer_stream(b, "ctl");
    struct log_names names = log_buffer_names(b, a);

    (void)state;
    assert_string_equal(names.pod, "");
    log_buffer_name(b, a, "ns", "pod", "container");
    names = log_buffer_names(b, a);
    log_buffer_name(b, a, names.ns, names.container, NULL);
    names = log_buffer_names(b, a);
    assert_string_equal(names.label, "ctl");
    assert_string_equal(names.ns, "ns");
    assert_string_equal(names.pod, "container");
    assert_string_equal(names.container, "");
    assert_string_equal(log_buffer_names(b, 7).label, "");
    assert_int_equal(log_buffer_streams(b), 1);
    log_buffer_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges_by_time), cmocka_unit_test(evicts_and_counts), cmocka_unit_test(takes_long_and_hostile_lines),
        cmocka_unit_test(a_stamp_beyond_ns_is_none), cmocka_unit_test(orders_whatever_comes), cmocka_unit_test(keeps_its_bound),
        cmocka_unit_test(folds_by_stream), cmocka_unit_test(names_streams),
    };

    return TESTS_MAIN(tests);
}
