#include "tests/unit/test.h"

#include "core/base/mem.h"
#include "core/run/answer.h"
#include "core/run/output.h"
#include "tests/unit/temp_dir.h"

#include <unistd.h>

static void expect_line(const struct run_output *o, uint64_t line, size_t from, size_t most, const char *text)
{
    struct buf out = {0};

    assert_true(run_output_line(o, line, from, most, &out));
    if (!slice_is(buf_slice(&out), text))
        fail_msg("line %llu: \"%.*s\"", (unsigned long long)line, (int)out.n, out.p ? out.p : "");
    buf_free(&out);
}

static void lines(void **state)
{
    struct run_output *o = run_output_new();
    struct buf out = {0};

    (void)state;
    assert_int_equal(run_output_lines(o), 0);
    assert_false(run_output_line(o, 0, 0, 10, &out));
    run_output_add(o, "one\ntw", 6);
    run_output_add(o, "o\n\nfour", 7);
    assert_int_equal(run_output_lines(o), 4);
    assert_int_equal(run_output_bytes(o), 13);
    assert_false(run_output_ends_in_newline(o));
    expect_line(o, 0, 0, 100, "one");
    expect_line(o, 1, 0, 100, "two");
    expect_line(o, 2, 0, 100, "");
    expect_line(o, 3, 0, 100, "four");
    expect_line(o, 3, 2, 1, "u");
    expect_line(o, 3, 9, 5, "");
    assert_false(run_output_line(o, 4, 0, 10, &out));
    assert_false(run_output_binary(o));
    run_output_add(o, "\n", 1);
    assert_int_equal(run_output_lines(o), 4);
    assert_true(run_output_ends_in_newline(o));
    buf_free(&out);
    run_output_free(o);
}

/* Far more lines than there are marks: each is still found, and the bytes are all there. */
static void many_lines(void **state)
{
    enum { LINES = 300000 };
    struct run_output *o = run_output_new();
    char text[32], dir[] = "/tmp/sandtop-test-XXXXXX";
    struct err err = {0};

    (void)state;
    for (int i = 0; i < LINES; i++)
        run_output_add(o, text, (size_t)snprintf(text, sizeof text, "line %d\n", i));
    assert_int_equal(run_output_lines(o), LINES);
    for (int i = 0; i < LINES; i += 9973) {
        snprintf(text, sizeof text, "line %d", i);
        expect_line(o, (uint64_t)i, 0, 100, text);
    }
    expect_line(o, LINES - 1, 0, 100, "line 299999");
    assert_non_null(mkdtemp(dir));
    char *path = mem_printf("%s/saved", dir);
    assert_true(run_output_save(o, path, &err));
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    assert_int_equal(ftell(file), run_output_bytes(o));
    fclose(file);
    assert_false(run_output_save(o, path, &err));      /* never over a file that is there */
    assert_non_null(strstr(err.text, "exists"));
    err_clear(&err);
    unlink(path);
    rmdir(dir);
    free(path);
    run_output_free(o);
}

static bool binary(const char *bytes, size_t n, size_t step)
{
    struct run_output *o = run_output_new();

    for (size_t i = 0; i < n; i += step)
        run_output_add(o, bytes + i, n - i < step ? n - i : step);
    bool answer = run_output_binary(o);
    run_output_free(o);
    return answer;
}

static void what_is_binary(void **state)
{
    (void)state;
    for (size_t step = 1; step < 4; step++) {
        assert_false(binary("gr\xc3\xbc\xc3\x9f, \xf0\x9f\x98\x80 tab\t\r\n", 17, step));
        assert_true(binary("a\0b", 3, step));
        assert_true(binary("\x1b[31m", 5, step));
        assert_true(binary("\xff\xfe", 2, step));
        assert_true(binary("\xc0\xaf", 2, step));          /* overlong */
        assert_true(binary("\xed\xa0\x80", 3, step));      /* a surrogate */
    }
}

static void no_room(void **state)
{
    char big[200000];
    const char *before = getenv("TMPDIR");
    char *saved = before ? mem_printf("%s", before) : NULL;

    (void)state;
    memset(big, 'x', sizeof big);
    setenv("TMPDIR", "/nonexistent/place", 1);
    struct run_output *o = run_output_new();
    run_output_add(o, big, sizeof big);
    assert_int_equal(run_output_bytes(o), sizeof big);
    assert_non_null(strstr(run_output_trouble(o), "TMPDIR"));
    assert_int_equal(run_output_read(o, 0, big, 10), 0);
    run_output_free(o);
    if (saved)
        setenv("TMPDIR", saved, 1);
    else
        unsetenv("TMPDIR");
    free(saved);
}

/* ---- the answer ---------------------------------------------------------------------------------------------------------------------- */

struct outputs {
    struct buf text[2];
};

static void on_output(void *ctx, int fd, const char *bytes, size_t n)
{
    buf_add(&((struct outputs *)ctx)->text[fd - 1], bytes, n);
}

static void expect_answer(const char *text, size_t n, bool complete, int64_t code, struct slice out, struct slice err)
{
    static const struct run_answer_ops ops = {.on_output = on_output};

    for (size_t step = 1; step <= n; step = step < 9 ? step + 1 : step * 3) {
        struct outputs o = {0};
        struct run_answer *a = run_answer_new(&ops, &o);
        int64_t got = 0;
        for (size_t i = 0; i < n; i += step)
            run_answer_feed(a, text + i, n - i < step ? n - i : step);
        if (run_answer_complete(a, &got) != complete || (complete && got != code) || !slice_eq(buf_slice(&o.text[0]), out) ||
            !slice_eq(buf_slice(&o.text[1]), err))
            fail_msg("%s in steps of %zu: %lld, \"%s\", \"%s\"", text, step, (long long)got, o.text[0].p, o.text[1].p);
        run_answer_free(a);
        buf_free(&o.text[0]);
        buf_free(&o.text[1]);
    }
}

static void answers(void **state)
{
    size_t n;
    char *text = fixture("execute/plain.json", &n);

    (void)state;
    expect_answer(text, n, true, 3, SLICE("out\n"), SLICE("err\n"));
    free(text);
    text = fixture("execute/escapes.json", &n);
    expect_answer(text, n, true, -9, SLICE("caf\xc3\xa9 \t\"q\"\\"), SLICE("\xc3\xa9\xf0\x9f\x98\x80\x80\xef\xbf\xbdx\0/\b"));
    free(text);
    static const char *const broken[] = {
        "", "[]", "{}", "{\"stdout\":\"x\"}", "{\"exit_code\":1", "{\"exit_code\":\"1\"}", "{\"exit_code\":1}}", "{\"exit_code\":1.5}",
            "{\"a\":\"\\x\",\"exit_code\":1}",
        "<html>", "{\"exit_code\":1,}", "{\"exit_code\" 1}", "null",
    };
    for (size_t i = 1; i < sizeof broken / sizeof *broken; i++)
        if (!strstr(broken[i], "stdout"))
            expect_answer(broken[i], strlen(broken[i]), false, 0, (struct slice){0}, (struct slice){0});
    expect_answer(broken[3], strlen(broken[3]), false, 0, SLICE("x"), (struct slice){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines), cmocka_unit_test(many_lines), cmocka_unit_test(what_is_binary), cmocka_unit_test(no_room),
            cmocka_unit_test(answers),
    };

    return TESTS_MAIN(tests);
}
