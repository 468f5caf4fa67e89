/* Themes: the files that are shipped are whole and readable, and a broken one says where. */
#include "tests/unit/test.h"
#include "tui/theme.h"

#include <unistd.h>

static const char *const shipped[] = {"dark", "light", "high-contrast", "colour-blind"};
enum { SHIPPED = sizeof shipped / sizeof *shipped };

static struct theme *load(const char *name)
{
    struct err err = {0};
    struct theme *theme = theme_load(name, &err);
    if (!theme)
        fail_msg("%s: %s", name, err.text);
    return theme;
}

/* xterm's palette: relative luminance as WCAG 2 defines it. */
static double channel(int v)
{
    double s = v / 255.0, x = (s + 0.055) / 1.055;
    return s <= 0.04045 ? s / 12.92 : x * x * (0.6 + 0.4 * x);   /* x^2.4 within 2 %, without libm */
}

static double luminance(int colour)
{
    static const int steps[] = {0, 95, 135, 175, 215, 255};
    int r, g, b;
    if (colour >= 232) {
        r = g = b = 8 + 10 * (colour - 232);
    } else {
        assert_true(colour >= 16);                /* the first 16 are the user's own */
        r = steps[(colour - 16) / 36];
        g = steps[(colour - 16) / 6 % 6];
        b = steps[(colour - 16) % 6];
    }
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
}

static double contrast(double a, double b)
{
    return a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
}

static bool same(struct style a, struct style b)
{
    return a.fg == b.fg && a.bg == b.bg && a.attributes == b.attributes;
}

static void test_shipped_are_readable(void **state)
{
    (void)state;
    for (int i = 0; i < SHIPPED; i++) {
        struct theme *theme = load(shipped[i]);
        bool light = strcmp(shipped[i], "light") == 0;
        double least = strcmp(shipped[i], "high-contrast") == 0 ? 7 : 3.5;
        for (int role = 0; role < ROLE_COUNT; role++) {
            if (role == ROLE_BORDER)              /* lines, not letters */
                continue;
            for (int selected = 0; selected < 2; selected++) {
                struct style s = theme_style(theme, (enum role)role, selected, 256);
                double fg = s.fg < 0 ? (light ? 0.0 : 0.65) : luminance(s.fg);
                double bg = s.bg < 0 ? (light ? 1.0 : 0.013) : luminance(s.bg);
                if (contrast(fg, bg) < least)
                    fail_msg("%s: %s%s: contrast %.1f", shipped[i], role_name((enum role)role), selected ? ", selected" : "", contrast(fg, bg));
            }
        }
        theme_free(theme);
    }
}

static void test_states_are_distinct(void **state)
{
    (void)state;
    static const enum role states[] = {ROLE_STUCK, ROLE_WAITING, ROLE_READY, ROLE_LEAVING, ROLE_NORMAL};
    static const int palettes[] = {256, 16, 8};
    for (int i = 0; i < SHIPPED; i++) {
        struct theme *theme = load(shipped[i]);
        for (int p = 0; p < 3; p++)
            for (int a = 0; a < 5; a++)
                for (int b = 0; b < a; b++) {
                    struct style left = theme_style(theme, states[a], false, palettes[p]);
                    struct style right = theme_style(theme, states[b], false, palettes[p]);
                    if (left.fg == right.fg)
                        fail_msg("%s, %d colours: %s as %s", shipped[i], palettes[p], role_name(states[a]), role_name(states[b]));
                }
        assert_false(same(theme_style(theme, ROLE_STUCK, false, 0), theme_style(theme, ROLE_READY, false, 0)));
        theme_free(theme);
    }
}

static void test_selected_row_shows(void **state)
{
    (void)state;
    static const int palettes[] = {256, 16, 8, 0};
    for (int i = 0; i < SHIPPED; i++) {
        struct theme *theme = load(shipped[i]);
        for (int p = 0; p < 4; p++)
            for (int role = 0; role < ROLE_COUNT; role++) {
                struct style plain = theme_style(theme, (enum role)role, false, palettes[p]);
                struct style over = theme_style(theme, (enum role)role, true, palettes[p]);
                assert_true(over.fg < 0 || over.fg != over.bg);
                if (role != ROLE_MATCH && role != ROLE_SIMULATED)
                    assert_false(same(plain, over));
                if (palettes[p] == 0)
                    assert_true(over.fg == -1 && over.bg == -1 && plain.fg == -1 && plain.bg == -1);
                else
                    assert_true(over.fg < palettes[p] && over.bg < palettes[p]);
            }
        theme_free(theme);
    }
}

/* Deficient in red and green, an eye is left with blue against yellow. */
static void test_colour_blind_tells_well_from_ill(void **state)
{
    (void)state;
    struct theme *theme = load("colour-blind");
    struct style stuck = theme_style(theme, ROLE_STUCK, false, 256), ready = theme_style(theme, ROLE_READY, false, 256);
    assert_true((stuck.fg - 16) / 36 > (stuck.fg - 16) % 6);     /* more red than blue */
    assert_true((ready.fg - 16) / 36 < (ready.fg - 16) % 6);
    theme_free(theme);
}

static void test_parse(void **state)
{
    (void)state;
    struct err err = {0};
    struct theme *theme = theme_parse("t", "# a comment\r\n\n normal=1/2/3 - \nstuck = 203/9/1  4/4/4 bold dim:8 underline:0\nselected = - -/5/-", &err);
    assert_non_null(theme);
    assert_string_equal(theme_name(theme), "t");
    struct style s = theme_style(theme, ROLE_STUCK, false, 256);
    assert_true(s.fg == 203 && s.bg == 4 && s.attributes == STYLE_BOLD);
    s = theme_style(theme, ROLE_STUCK, false, 8);
    assert_true(s.fg == 1 && s.bg == 4 && s.attributes == (STYLE_BOLD | STYLE_DIM));
    s = theme_style(theme, ROLE_STUCK, false, 0);
    assert_true(s.fg == -1 && s.bg == -1 && s.attributes == (STYLE_BOLD | STYLE_DIM | STYLE_UNDERLINE));
    s = theme_style(theme, ROLE_READY, false, 16);
    assert_true(s.fg == 2 && s.bg == -1 && s.attributes == 0);   /* not given: as normal */
    s = theme_style(theme, ROLE_READY, true, 16);
    assert_true(s.fg == 2 && s.bg == 5 && s.attributes == 0);
    s = theme_style(theme, ROLE_READY, true, 256);
    assert_true(s.fg == 1 && s.attributes == STYLE_REVERSE);
    theme_free(theme);
    theme = theme_parse("empty", "", &err);
    assert_non_null(theme);
    theme_free(theme);
}

static void breaks(const char *text, const char *want)
{
    struct err err = {0};
    assert_null(theme_parse("t", text, &err));
    assert_non_null(err.text);
    if (!strstr(err.text, want))
        fail_msg("\"%s\" is not in \"%s\"", want, err.text);
    err_clear(&err);
}

static void test_broken(void **state)
{
    (void)state;
    breaks("\n\nstuk = 1/1/1", "line 3: unknown role \"stuk\"");
    breaks("stuck", "line 1: \"stuck\" is not followed by \"=\"");
    breaks("stuck = 1/1/1\nstuck = 2/2/2", "line 2: \"stuck\" is given twice");
    breaks("stuck = 256/1/1", "\"256/1/1\" is no colour");
    breaks("stuck = 1/16/1", "is no colour");
    breaks("stuck = 1/1/8", "is no colour");
    breaks("stuck = 1/1", "is no colour");
    breaks("stuck = 1/1/1/1", "is no colour");
    breaks("stuck = 1", "is no colour");
    breaks("stuck = -1/1/1", "is no colour");
    breaks("stuck = 99999999999999999999/1/1", "is no colour");
    breaks("stuck = - - -", "is no colour");
    breaks("stuck = - blink", "\"blink\" is none of bold");
    breaks("stuck = - bold:7", "\"bold:7\" is none of");
    breaks("= 1/1/1", "unknown role \"\"");
}

static void test_names_and_files(void **state)
{
    (void)state;
    char dir[] = "/tmp/test_theme.XXXXXX", path[256];
    struct err err = {0};
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "mkdir -p %s/sandtop/themes && printf 'stuck = 5/5/5' > %s/sandtop/themes/mine.theme && "
             "printf 'oops' > %s/sandtop/themes/dark.theme", dir, dir, dir);
    assert_int_equal(system(path), 0);
    setenv("XDG_CONFIG_HOME", dir, 1);

    struct ptrs names = {0};
    theme_names(&names);
    assert_int_equal(names.n, SHIPPED + 1);
    assert_string_equal(names.v[0], "dark");
    assert_string_equal(names.v[1], "colour-blind");
    assert_string_equal(names.v[4], "mine");
    for (size_t i = 0; i < names.n; i++)
        free(names.v[i]);
    ptrs_free(&names);

    struct theme *theme = load("mine");
    assert_int_equal(theme_style(theme, ROLE_STUCK, false, 8).fg, 5);
    theme_free(theme);
    assert_null(theme_load("dark", &err));        /* the user's own comes first, and says what is wrong with it */
    assert_non_null(strstr(err.text, "sandtop/themes/dark.theme: line 1: "));
    err_clear(&err);
    assert_null(theme_load("nonsense", &err));
    assert_non_null(strstr(err.text, "there is no theme \"nonsense\": choose one of dark, colour-blind, "));
    err_clear(&err);
    assert_null(theme_load("/nowhere/x.theme", &err));
    assert_non_null(strstr(err.text, "/nowhere/x.theme: No such file"));
    err_clear(&err);
    assert_null(theme_load("/dev/zero", &err));
    assert_non_null(strstr(err.text, "plain file"));
    err_clear(&err);
    snprintf(path, sizeof path, "rm -r %s", dir);
    assert_int_equal(system(path), 0);
    unsetenv("XDG_CONFIG_HOME");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_are_readable),
        cmocka_unit_test(test_states_are_distinct),
        cmocka_unit_test(test_selected_row_shows),
        cmocka_unit_test(test_colour_blind_tells_well_from_ill),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_names_and_files),
    };
    setenv("HOME", "/nonexistent", 1);
    unsetenv("XDG_CONFIG_HOME");
    return TESTS_MAIN(tests);
}
