/* Keys: one table, and everything that speaks of keys says what it says. */
#include "tests/unit/test.h"
#include "core/base/mem.h"
#include "tui/keymap.h"

#include <ctype.h>

static void test_keys_do_what_the_issue_says(void **state)
{
    (void)state;
    static const struct {
        int key;
        enum action action;
    } want[] = {
        {'j', ACTION_DOWN}, {'k', ACTION_UP}, {'h', ACTION_LEFT}, {K_RIGHT, ACTION_RIGHT}, {'l', ACTION_LOGS}, {K_ENTER, ACTION_ENTER}, {K_ESC, ACTION_BACK},
        {K_TAB, ACTION_NEXT_PANE}, {'z', ACTION_ZOOM}, {'/', ACTION_FILTER}, {'F', ACTION_FAULTS}, {':', ACTION_COMMAND}, {'n', ACTION_NAMESPACE},
        {'c', ACTION_CONTEXT}, {'d', ACTION_YAML}, {'y', ACTION_COPY}, {'?', ACTION_HELP}, {'q', ACTION_QUIT}, {'e', ACTION_EVENTS}, {'1', ACTION_CLAIMS},
        {'6', ACTION_NODES}, {'t', ACTION_TEST}, {'T', ACTION_TEST_AS}, {0, ACTION_NONE}, {-1, ACTION_NONE}, {0x1f600, ACTION_NONE}, {K_MOUSE, ACTION_NONE},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        if (keymap_action(want[i].key, KEYS_ALL) != want[i].action)
            fail_msg("key %d is %s", want[i].key, action_name(keymap_action(want[i].key, KEYS_ALL)));
}

static void test_every_action_has_keys_and_words(void **state)
{
    (void)state;
    for (enum action a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
        struct buf utf8 = {0}, ascii = {0};
        keymap_keys(a, false, &utf8);
        keymap_keys(a, true, &ascii);
        if (!utf8.n || !*action_help(a) || !*action_group(a))
            fail_msg("%s has no key, no help or no group", action_name(a));
        for (size_t i = 0; i < ascii.n; i++)
            assert_true((unsigned char)ascii.p[i] < 0x80 && (unsigned char)ascii.p[i] >= ' ');
        buf_free(&utf8);
        buf_free(&ascii);
    }
    assert_string_equal(action_name(ACTION_NEXT_PANE), "next-pane");
    assert_string_equal(action_footer(ACTION_FAULTS), "faults");
    assert_string_equal(action_help(ACTION_COUNT), "");
    assert_string_equal(action_name((enum action)-1), "");
}

static void test_keys_as_text(void **state)
{
    (void)state;
    struct buf out = {0};
    keymap_keys(ACTION_UP, false, &out);
    buf_add_byte(&out, '|');
    keymap_keys(ACTION_UP, true, &out);
    buf_add_byte(&out, '|');
    keymap_keys(ACTION_PAGE_DOWN, true, &out);
    assert_string_equal(out.p, "↑ k|Up k|PgDn Ctrl-F Ctrl-D Space");
    buf_free(&out);
}

/* A key does one thing in a place: bound twice, it would do the other. */
static void test_no_key_twice(void **state)
{
    (void)state;
    size_t n;
    const struct binding *b = keymap_bindings(&n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (b[i].key == b[k].key && b[i].scope == b[k].scope)
                fail_msg("%s and %s have one key", action_name(b[i].action), action_name(b[k].action));
}

static void test_a_scope_comes_first(void **state)
{
    (void)state;
    assert_int_equal(keymap_action('n', KEYS_ALL), ACTION_NAMESPACE);
    assert_int_equal(keymap_action('n', KEYS_LOGS), ACTION_SEARCH_NEXT);
    assert_int_equal(keymap_action('q', KEYS_LOGS), ACTION_QUIT);
    assert_int_equal(keymap_action('r', KEYS_ALL), ACTION_NONE);
    assert_int_equal(keymap_action('r', KEYS_RUN), ACTION_RUN_AGAIN);
    assert_int_equal(keymap_action('r', KEYS_LOGS), ACTION_LOG_RAW);
}

static void test_help(void **state)
{
    (void)state;
    struct buf help = {0};
    keymap_help(true, &help);
    assert_int_equal(strncmp(help.p, "Move\n  Up k                        one row up\n", 46), 0);
    assert_non_null(strstr(help.p, "\n\nLists\n  1  "));
    size_t lines = 0, groups = 0;
    for (const char *p = help.p; (p = strchr(p, '\n')); p++) {
        lines += p[1] == ' ';
        groups += p[1] == '\n';
    }
    assert_int_equal(lines, ACTION_COUNT - 1);
    assert_int_equal(groups, 10);
    buf_free(&help);
}

/* The keys as mdoc, as they must stand in the man page. */
static void man_keys(struct buf *out)
{
    const char *group = "";

    for (enum action a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
        struct buf keys = {0};
        if (action_group(a) != group) {
            buf_printf(out, "%s.Ss %s\n.Bl -tag -width 16n -compact\n", *group ? ".El\n" : "", action_group(a));
            group = action_group(a);
        }
        keymap_keys(a, true, &keys);
        /* alone, a colon would be punctuation to mdoc */
        buf_printf(out, ".It Li \"%s%s\"\n%s\n", keys.n == 1 && ispunct((unsigned char)keys.p[0]) ? "\\&" : "", keys.p, action_help(a));
        buf_free(&keys);
    }
    buf_add_text(out, ".El\n");
}

/* UPDATE_GOLDENS=1 puts them there. */
static void rewrite_page(const char *page, const char *keys)
{
    char *path = mem_printf("%s/doc/sandtop.1", getenv("TOP_SRCDIR"));
    const char *from = strstr(page, ".Ss Move\n"), *to = from ? strstr(from, "\n.Sh ") : NULL;
    FILE *f = to ? fopen(path, "w") : NULL;
    assert_non_null(f);
    assert_true(fprintf(f, "%.*s%s%s", (int)(from - page), page, keys, to + 1) > 0);
    assert_int_equal(fclose(f), 0);
    free(path);
}

static void test_man_page_has_the_keys(void **state)
{
    (void)state;
    struct buf want = {0};
    size_t n;
    char *page = fixture("../../doc/sandtop.1", &n);
    man_keys(&want);
    if (!strstr(page, want.p) && getenv("UPDATE_GOLDENS")) {
        rewrite_page(page, want.p);
    } else if (!strstr(page, want.p)) {
        printf("%s", want.p);
        fail_msg("doc/sandtop.1 does not hold the keys as above: put them there");
    }
    buf_free(&want);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_do_what_the_issue_says),
        cmocka_unit_test(test_every_action_has_keys_and_words),
        cmocka_unit_test(test_keys_as_text),
        cmocka_unit_test(test_no_key_twice), cmocka_unit_test(test_a_scope_comes_first),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_man_page_has_the_keys),
    };
    return TESTS_MAIN(tests);
}
