/* The canvas: the gate between text from anywhere and the screen. */
#include "tests/unit/test.h"
#include "core/base/mem.h"
#include "tui/canvas.h"

static struct rect all(const struct canvas *c)
{
    return (struct rect){0, 0, canvas_h(c), canvas_w(c)};
}

static void expect(const struct canvas *c, bool roles, const char *want)
{
    struct buf out = {0};
    canvas_dump(c, roles, &out);
    assert_string_equal(out.p ? out.p : "", want);
    buf_free(&out);
}

/* What text becomes on a canvas of one row. */
static void shows_bytes(struct slice text, bool ascii, const char *want, int columns)
{
    struct canvas *c = canvas_new(1, 40, ascii);
    assert_int_equal(canvas_put(c, 0, 0, ROLE_NORMAL, text), columns);
    assert_int_equal(text_columns(text), columns);
    struct buf out = {0};
    canvas_dump(c, false, &out);
    out.p[--out.n] = 0;
    assert_string_equal(out.p, want);
    buf_free(&out);
    canvas_free(c);
}

static void shows(const char *text, const char *want, int columns)
{
    shows_bytes(slice_of(text), false, want, columns);
}

static void test_control_bytes_become_visible(void **state)
{
    (void)state;
    shows("\033[31mred\033]2;title\007", "·[31mred·]2;title·", 18);
    shows("a\rb\nc\177d", "a·b·c·d", 7);
    shows("a\tb", "a b", 3);
    shows("\xc2\x9b" "31m", "·31m", 4);           /* the one-character CSI of C1 */
    shows_bytes((struct slice){"a\0b", 3}, false, "a·b", 3);
}

static void test_tricks_become_visible(void **state)
{
    (void)state;
    shows("a\u202eb", "a\uFFFDb", 3);             /* right-to-left override */
    shows("a\u2066b\u2069", "a\uFFFDb\uFFFD", 4);
    shows("pay\u200bload", "pay\uFFFDload", 8);   /* zero-width space */
    shows("x\u200dy", "x\uFFFDy", 3);
    shows("x\ufeff", "x\uFFFD", 2);
    shows("x\u00ad", "x\uFFFD", 2);
    shows("\U000e0041", "\uFFFD", 1);             /* tag letters */
    shows("a\u2028b", "a\uFFFDb", 3);
    shows("\u3164", "\uFFFD", 1);                 /* the blank that counts as a letter */
    shows("\ue0b0", "\uFFFD", 1);                 /* private use */
}

static void test_broken_utf8(void **state)
{
    (void)state;
    shows("a\xff" "b", "a\uFFFDb", 3);
    shows("a\xe2\x9c", "a\uFFFD\uFFFD", 3);
    shows("\xc0\x80", "\uFFFD\uFFFD", 2);         /* overlong NUL */
    shows("\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD", 3);
    shows("\xf5\x80\x80\x80" "z", "\uFFFD\uFFFD\uFFFD\uFFFDz", 5);
    shows_bytes((struct slice){"\xe2\x9c\x94", 2}, false, "\uFFFD\uFFFD", 2); /* the slice ends within a character */
}

static void test_widths(void **state)
{
    (void)state;
    shows("✖ stuck", "✖ stuck", 7);
    shows("日本", "日本", 4);
    shows("😀!", "😀!", 3);
    shows("👍\U0001f3fd.", "👍.", 3);
    shows("❤\ufe0f", "❤", 1);
    shows("\U0001f1e9\U0001f1ea", "DE", 2);
    shows("a\u00a0b", "a b", 3);
    shows("\u0939\u093f", "\u0939\u093f", 2);     /* a spacing mark has its own column */
}

static void test_marks_stay_with_their_base(void **state)
{
    (void)state;
    shows("e\u0301x", "e\u0301x", 2);
    shows("\u0301x", "\uFFFDx", 2);               /* nothing to stand on */
    struct canvas *c = canvas_new(1, 4, false);
    struct buf tower = {0};
    buf_add_text(&tower, "a");
    for (int i = 0; i < 500; i++)
        buf_add_text(&tower, "\u0301");
    buf_add_text(&tower, "b");
    assert_int_equal(canvas_put(c, 0, 0, ROLE_NORMAL, buf_slice(&tower)), 2);
    assert_int_equal(strlen(canvas_cell(c, 0, 0)->text), 15);
    assert_string_equal(canvas_cell(c, 0, 1)->text, "b");
    buf_free(&tower);
    canvas_free(c);
}

static void test_ascii(void **state)
{
    (void)state;
    shows_bytes(SLICE("✖ a → b…"), true, "X a > b~", 8);
    shows_bytes(SLICE("“é” ▁█"), true, "\"?\" _#", 6);
    shows_bytes(SLICE("日"), true, "??", 2);
    shows_bytes(SLICE("e\u0301"), true, "e", 1);
    shows_bytes(SLICE("\033\xff"), true, ".?", 2);
    for (int i = 0; i < GLYPH_COUNT; i++)
        for (int ascii = 0; ascii < 2; ascii++) {
            const char *sign = glyph_text((enum glyph)i, ascii);
            assert_int_equal(text_columns(slice_of(sign)), 1);
            assert_true(!ascii || (unsigned char)sign[0] < 0x80);
        }
}

static void test_wide_halves(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(1, 6, false);
    canvas_text(c, 0, 0, ROLE_NORMAL, "日本x");
    canvas_text(c, 0, 1, ROLE_NORMAL, "a");       /* over the right half */
    expect(c, false, " a本x\n");
    canvas_text(c, 0, 2, ROLE_NORMAL, "b");       /* over the left half */
    expect(c, false, " ab x\n");
    canvas_erase(c);
    canvas_text(c, 0, 0, ROLE_NORMAL, "日本");
    canvas_text(c, 0, 1, ROLE_NORMAL, "語");      /* halves of both */
    expect(c, false, " 語\n");
    canvas_erase(c);
    canvas_text(c, 0, 5, ROLE_NORMAL, "日");      /* cut by the edge */
    assert_string_equal(canvas_cell(c, 0, 5)->text, " ");
    canvas_clip(c, (struct rect){0, 1, 1, 3});
    canvas_text(c, 0, 0, ROLE_NORMAL, "日本語");
    expect(c, false, "  本\n");
    canvas_free(c);
}

static void test_clip(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(3, 8, false);
    canvas_clip(c, (struct rect){1, 2, 1, 3});
    for (int y = -1; y < 5; y++)
        assert_int_equal(canvas_text(c, y, 0, ROLE_NORMAL, "abcdefghij"), 10);
    canvas_fill(c, (struct rect){-9, -9, 4, 100}, ROLE_NORMAL, "#");
    canvas_role(c, (struct rect){0, 0, 9, 9}, ROLE_STUCK);
    expect(c, true, "\n  cde\n  XXX\n\n");
    canvas_clip(c, (struct rect){-5, -5, 100, 100});
    struct rect r = canvas_clip_get(c);
    assert_true(r.y == 0 && r.x == 0 && r.h == 3 && r.w == 8);
    canvas_clip(c, (struct rect){INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX});
    canvas_text(c, 0, 0, ROLE_NORMAL, "no");
    canvas_clip(c, (struct rect){INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX});
    canvas_text(c, 0, 0, ROLE_NORMAL, "no");
    expect(c, false, "\n  cde\n\n");
    canvas_clip(c, all(c));
    canvas_text(c, 0, -3, ROLE_NORMAL, "abcdé");  /* scrolled to the left */
    canvas_text(c, 2, INT32_MAX, ROLE_NORMAL, "é far");
    canvas_text(c, 2, INT32_MIN, ROLE_NORMAL, "é far");
    expect(c, false, "dé\n  cde\n\n");
    canvas_free(c);
}

static void fits(int w, enum fit fit, const char *text, const char *want, int columns)
{
    struct canvas *c = canvas_new(1, 30, false);
    assert_int_equal(canvas_fit(c, 0, 0, w, ROLE_NORMAL, fit, slice_of(text)), columns);
    struct buf out = {0};
    canvas_dump(c, false, &out);
    out.p[--out.n] = 0;
    assert_string_equal(out.p, want);
    buf_free(&out);
    canvas_free(c);
}

static void test_fit(void **state)
{
    (void)state;
    fits(5, FIT_END, "hello", "hello", 5);
    fits(4, FIT_END, "hello", "hel…", 4);
    fits(1, FIT_END, "hello", "…", 1);
    fits(0, FIT_END, "hello", "", 0);
    fits(-3, FIT_MIDDLE, "hello", "", 0);
    fits(4, FIT_END, "日本語", "日…", 3);
    fits(11, FIT_MIDDLE, "sandbox-claim-x7k5e", "sandb…x7k5e", 11);
    fits(10, FIT_MIDDLE, "sandbox-claim-x7k5e", "sandb…7k5e", 10);
    fits(2, FIT_MIDDLE, "hello", "h…", 2);
    fits(1, FIT_MIDDLE, "hello", "…", 1);
    fits(6, FIT_MIDDLE, "日本語日本", "日…本", 5);
    fits(8, FIT_RIGHT, "4m12s", "   4m12s", 8);
    fits(4, FIT_RIGHT, "4m12s", "4m1…", 4);
}

static void test_wrap(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(5, 12, false);
    struct slice text = SLICE("The image cannot be pulled.\nNext: look");
    assert_int_equal(canvas_wrap_lines(10, text), 4);
    assert_int_equal(canvas_wrap(c, (struct rect){0, 1, 5, 10}, ROLE_NORMAL, text), 4);
    expect(c, false, " The image\n cannot be\n pulled.\n Next: look\n\n");
    canvas_erase(c);
    assert_int_equal(canvas_wrap(c, (struct rect){0, 0, 2, 10}, ROLE_NORMAL, text), 2);
    expect(c, false, "The image\ncannot be…\n\n\n\n");
    canvas_erase(c);
    assert_int_equal(canvas_wrap(c, (struct rect){0, 0, 5, 4}, ROLE_NORMAL, SLICE("registry/py  ml")), 4);
    expect(c, false, "regi\nstry\n/py\nml\n\n");
    canvas_erase(c);
    assert_int_equal(canvas_wrap(c, (struct rect){0, 0, 1, 4}, ROLE_NORMAL, SLICE("abcdef")), 1);
    expect(c, false, "abc…\n\n\n\n\n");
    assert_int_equal(canvas_wrap_lines(1, slice_of("日本")), 2);
    assert_int_equal(canvas_wrap_lines(3, slice_of("abc def")), 2);
    assert_int_equal(canvas_wrap_lines(3, slice_of("abc \ndef\n")), 2);
    assert_int_equal(canvas_wrap_lines(3, slice_of("a\n\nb")), 3);
    assert_int_equal(canvas_wrap_lines(10, slice_of("")), 0);
    assert_int_equal(canvas_wrap_lines(0, text), 0);
    canvas_free(c);
}

static void test_roles_selection_cursor(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(3, 10, false);
    int x = canvas_glyph(c, 0, 1, ROLE_STUCK, GLYPH_STUCK);
    assert_int_equal(x, 1);
    assert_int_equal(canvas_printf(c, 0, 3, ROLE_NORMAL, "n %d", 42), 4);
    canvas_text(c, 1, 0, ROLE_NORMAL, "ab");
    canvas_select(c, (struct rect){1, 0, 1, 10});
    expect(c, true, " ✖ n 42\n X\nab\ncursor 0-9\n\n");
    int y;
    canvas_cursor_get(c, &y, &x);
    assert_true(y == -1 && x == -1);
    canvas_cursor(c, 2, 9);
    canvas_cursor_get(c, &y, &x);
    assert_true(y == 2 && x == 9);
    canvas_cursor(c, 3, 0);
    canvas_cursor_get(c, &y, &x);
    assert_true(y == -1 && x == -1);
    canvas_resize(c, 1, 4);
    expect(c, true, "\n");
    assert_false(canvas_cell(c, 0, 0)->selected);
    assert_string_equal(canvas_cell(c, 7, -7)->text, " ");
    canvas_fill(c, all(c), ROLE_BORDER, "─");
    expect(c, true, "────\n----\n");
    canvas_free(c);
}

static void test_role_names(void **state)
{
    (void)state;
    for (int i = 0; i < ROLE_COUNT; i++)
        assert_int_equal(role_by_name(role_name((enum role)i)), i);
    assert_int_equal(role_by_name("nonsense"), ROLE_COUNT);
    assert_string_equal(role_name(ROLE_SIMULATED), "simulated");
    for (int i = 0; i < ROLE_COUNT; i++)          /* a dump tells them all apart */
        assert_ptr_equal(strchr(ROLE_LETTERS, ROLE_LETTERS[i]), &ROLE_LETTERS[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control_bytes_become_visible),
        cmocka_unit_test(test_tricks_become_visible),
        cmocka_unit_test(test_broken_utf8),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_marks_stay_with_their_base),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_wide_halves),
        cmocka_unit_test(test_clip),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_roles_selection_cursor),
        cmocka_unit_test(test_role_names),
    };
    return TESTS_MAIN(tests);
}
