/* The containers, stamps and durations of core/base. */
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/base/strpool.h"
#include "tests/unit/test.h"

static void buffers(void **state)
{
    struct buf b = {0};

    (void)state;
    assert_string_equal(buf_slice(&b).p, "");
    buf_add_text(&b, "abc");
    buf_printf(&b, "-%d-%s", 42, "a text longer than the first sixty-four bytes that the buffer reserves for itself");
    buf_add_byte(&b, '!');
    assert_int_equal(b.n, strlen(b.p));
    buf_drop_front(&b, 4);
    assert_true(slice_starts(buf_slice(&b), SLICE("42-a text")));
    buf_drop_front(&b, 10000);
    assert_int_equal(b.n, 0);
    char *taken = buf_take(&b);
    assert_string_equal(taken, "");
    assert_null(b.p);
    free(taken);
    taken = buf_take(&b);
    assert_string_equal(taken, "");
    free(taken);
}

static void slices(void **state)
{
    int64_t v;

    (void)state;
    assert_int_equal(slice_find(SLICE("hay needle"), SLICE("needle")), 4);
    assert_int_equal(slice_find(SLICE("hay"), SLICE("needle")), -1);
    assert_int_equal(slice_find_caseless(SLICE("Hay NEEDLE"), SLICE("needle")), 4);
    assert_true(slice_int(SLICE("-9223372036854775808"), &v) && v == INT64_MIN);
    assert_false(slice_int(SLICE("9223372036854775808"), &v));
    assert_false(slice_int(SLICE("12a"), &v));
    assert_false(slice_int(SLICE("-"), &v));
    assert_false(slice_int(SLICE(""), &v));
}

static void errors(void **state)
{
    struct err err = {0};

    (void)state;
    assert_false(err_set(&err, "%s:%d", "file", 3));
    err_prefix(&err, "reading %s", "x");
    assert_string_equal(err.text, "reading x: file:3");
    err_set(&err, "again: %s", err.text);            /* its own text as an argument */
    assert_string_equal(err.text, "again: reading x: file:3");
    err_clear(&err);
    assert_null(err.text);
    assert_false(err_set(NULL, "nobody wants it"));
}

static void maps(void **state)
{
    struct map m = {0};
    static char keys[5000][16];

    (void)state;
    for (int i = 0; i < 5000; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        assert_null(map_put(&m, slice_of(keys[i]), keys[i]));
    }
    for (int i = 0; i < 5000; i += 3)
        assert_ptr_equal(map_take(&m, slice_of(keys[i])), keys[i]);
    for (int i = 0; i < 5000; i++)
        assert_ptr_equal(map_get(&m, slice_of(keys[i])), i % 3 ? keys[i] : NULL);
    size_t n = 0, at = 0;
    while (map_next(&m, &at))
        n++;
    assert_int_equal(n, m.count);
    assert_null(map_take(&m, SLICE("absent")));
    map_free(&m);
    assert_null(map_get(&m, SLICE("k1")));
}

static void shared_strings(void **state)
{
    struct strpool *pool = strpool_new();
    str a = str_get(pool, SLICE("agents")), b = str_get(pool, SLICE("agents")), slot = NULL;

    (void)state;
    assert_ptr_equal(a, b);
    assert_int_equal(str_len(a), 6);
    assert_int_equal(strpool_count(pool), 1);
    assert_true(str_set(pool, &slot, SLICE("x")));
    assert_false(str_set(pool, &slot, SLICE("x")));
    assert_true(str_set(pool, &slot, SLICE("")));
    assert_string_equal(slot, "");
    assert_null(str_find(pool, SLICE("x")));
    str_drop(pool, a);
    assert_string_equal(str_find(pool, SLICE("agents")), "agents");
    str_drop(pool, b);
    assert_int_equal(strpool_count(pool), 0);
    str nul = str_get(pool, (struct slice){"a\0b", 3});
    assert_string_equal(nul, "a");
    str_drop(pool, nul);
    for (int i = 0; i < 3000; i++) {
        char text[16];
        int n = snprintf(text, sizeof text, "s%d", i);
        str_get(pool, (struct slice){text, (size_t)n});
    }
    assert_int_equal(strpool_count(pool), 3000);
    strpool_free(pool);
}

static void pointers(void **state)
{
    struct ptrs a = {0};
    int v[3];

    (void)state;
    ptrs_add(&a, &v[0]);
    ptrs_add(&a, &v[2]);
    ptrs_insert(&a, 1, &v[1]);
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(a.v[i], &v[i]);
    ptrs_remove(&a, 0);
    assert_ptr_equal(a.v[0], &v[1]);
    assert_int_equal(a.n, 2);
    ptrs_free(&a);
}

static void stamps(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
        int32_t nanos;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2026-11-23T08:44:49Z", INT64_C(1795423489000), 0},
        {"2026-11-23T08:44:49.252596772Z", INT64_C(1795423489252), 252596772},
        {"2026-11-23T10:44:49.5+02:00", INT64_C(1795423489500), 500000000},
        {"2024-02-29T23:59:60Z", INT64_C(1709251200000), 0},
        {"1969-12-31T23:59:59Z", -1000, 0},
    };
    static const char *const bad[] = {"", "null", "2026-11-23", "2026-13-23T08:44:49Z", "2026-11-23T08:44:49", "2026-11-23T08:44:49.Z", "2026-11-23T08:44:49.1234567890Z",
                                      "2026-11-23T08:44:49+2:00", "x026-11-23T08:44:49Z", "2026-11-23T08:44:49Zx"};
    char out[32];
    int64_t ms;
    int32_t nanos;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(time_parse(slice_of(good[i].text), &ms, &nanos));
        assert_int_equal(ms, good[i].ms);
        assert_int_equal(nanos, good[i].nanos);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (time_parse(slice_of(bad[i]), &ms, NULL))
            fail_msg("%s was taken for a stamp", bad[i]);
    assert_string_equal(time_rfc3339(INT64_C(1795423489252), out), "2026-11-23T08:44:49Z");
    assert_string_equal(time_hms(INT64_C(1795423489252), false, out), "08:44:49");
}

static void durations(void **state)
{
    static const struct {
        int64_t ms;
        const char *text, *stage;
    } rows[] = {
        {-5, "0s", "0.00 s"}, {999, "0s", "1.0 s"}, {1200, "1s", "1.2 s"}, {12000, "12s", "12 s"}, {252000, "4m12s", "4m12s"}, {8040000, "2h14m", "2h14m"},
        {273600000, "3d04h", "3d04h"}, {INT64_C(2) * 365 * 86400000 + 86400000, "2y001d", "2y001d"},
    };
    char out[16];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(time_short(rows[i].ms, out), rows[i].text);
        assert_string_equal(time_stage(rows[i].ms, out), rows[i].stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers), cmocka_unit_test(slices), cmocka_unit_test(errors), cmocka_unit_test(maps), cmocka_unit_test(shared_strings),
        cmocka_unit_test(pointers), cmocka_unit_test(stamps), cmocka_unit_test(durations),
    };

    return TESTS_MAIN(tests);
}
