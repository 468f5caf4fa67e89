/* Patterns: cases, bounds, messages, and that a hostile one ends. */
#include "tests/unit/test.h"

#include "core/base/pattern.h"

static bool matches(const char *text, unsigned flags, struct slice s)
{
    struct err err = {0};
    struct pattern *p = pattern_new(slice_of(text), flags, &err);
    if (!p)
        fail_msg("%s: %s", text, err.text);
    bool found = pattern_find(p, s, NULL, NULL);
    pattern_free(p);
    return found;
}

static void folds_case_as_asked(void **state)
{
    (void)state;
    assert_true(matches("err", PATTERN_SMARTCASE, SLICE("ERROR")));
    assert_false(matches("Err", PATTERN_SMARTCASE, SLICE("ERROR")));
    assert_true(matches("\\Serr", PATTERN_SMARTCASE, SLICE("xERROR")));
    assert_true(matches("ERR", PATTERN_CASELESS, SLICE("error")));
    assert_false(matches("err", 0, SLICE("ERROR")));
    assert_true(matches("\xc3\xa9t\xc3\xa9", PATTERN_SMARTCASE, SLICE("\xc3\x89T\xc3\x89")));
}

static void literal_is_literal(void **state)
{
    (void)state;
    assert_true(matches("a.c(", PATTERN_LITERAL, SLICE("xa.c(x")));
    assert_false(matches("a.c", PATTERN_LITERAL, SLICE("abc")));
    assert_true(matches("A\\D", PATTERN_LITERAL | PATTERN_CASELESS, SLICE("a\\d")));
}

static void gives_bounds(void **state)
{
    (void)state;
    struct pattern *p = pattern_new(SLICE("b+"), 0, NULL);
    size_t from = 9, to = 9;
    assert_true(pattern_find(p, SLICE("aabbbc"), &from, &to));
    assert_int_equal(from, 2);
    assert_int_equal(to, 5);
    assert_false(pattern_find(p, (struct slice){NULL, 0}, &from, &to));
    assert_true(slice_is(pattern_text(p), "b+"));
    assert_int_equal(pattern_limited(p), 0);
    pattern_free(p);
    p = pattern_new(SLICE(""), 0, NULL);
    assert_true(pattern_find(p, (struct slice){NULL, 0}, &from, &to));
    assert_int_equal(from, 0);
    assert_int_equal(to, 0);
    pattern_free(p);
    pattern_free(NULL);
}

static void says_where_it_is_broken(void **state)
{
    (void)state;
    struct err err = {0};
    assert_null(pattern_new(SLICE("\xc3\xa9(a"), 0, &err));
    if (strncmp(err.text, "at column 4: ", 13) != 0)
        fail_msg("%s", err.text);
    assert_null(pattern_new(SLICE("*a"), 0, &err));
    assert_non_null(strstr(err.text, "at column "));
    char *large = calloc(1, 5000);
    memset(large, 'a', 5000);
    assert_null(pattern_new((struct slice){large, 5000}, 0, &err));
    assert_non_null(strstr(err.text, "at most 4096 bytes"));
    free(large);
    err_clear(&err);
}

static void invalid_utf8_is_only_text(void **state)
{
    (void)state;
    assert_true(matches("ready", 0, SLICE("\xff\xfe ready \xc3")));
    assert_true(matches("a.*b", 0, SLICE("\xff a\x80 ab")));
}

static void a_hostile_pattern_ends(void **state)
{
    (void)state;
    const char *const hostile[] = {"^(a+)+$", "^(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "^(?:a?){30}(?:a){30}$|^(.*)*.*=.*$"};
    char text[400];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '!';
    uint64_t limited = 0;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct pattern *p = pattern_new(slice_of(hostile[i]), 0, NULL);
        assert_non_null(p);
        assert_false(pattern_find(p, (struct slice){text, sizeof text}, NULL, NULL));
        limited += pattern_limited(p);
        pattern_free(p);
    }
    assert_true(limited > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_case_as_asked),   cmocka_unit_test(literal_is_literal),        cmocka_unit_test(gives_bounds),
        cmocka_unit_test(says_where_it_is_broken), cmocka_unit_test(invalid_utf8_is_only_text), cmocka_unit_test(a_hostile_pattern_ends),
    };
    return TESTS_MAIN(tests);
}
