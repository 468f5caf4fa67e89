/* JSON by scanning: values and walks, decoding, hostile text, and cutting a stream at every border. */
#include "tests/unit/test.h"

#include "core/base/err.h"
#include "core/base/json.h"
#include <dirent.h>

static struct slice text_of(const char *text)
{
    return slice_of(text);
}

#define assert_slice(s, text)                                                                                                             \
    do {                                                                                                                                  \
        struct slice got_ = (s);                                                                                                          \
        if (!slice_is(got_, (text)))                                                                                                      \
            fail_msg("got \"%.*s\", not \"%s\"", (int)got_.n, got_.p, (text));                                                            \
    } while (0)

static void reads_members_and_paths(void **state)
{
    (void)state;
    json o = json_whole(text_of(" {\"a\": {\"b\" : [1, 2,{\"c\":\"x}]\\\"\"}]}, \"k\\u0065y\":true , \"n\":null,\"i\":-12,\"s\":\"443\"}\n"));
    assert_int_equal(json_type(o), JSON_OBJECT);
    assert_int_equal(json_count(o), 5);
    assert_slice(json_path(o, "a.b"), "[1, 2,{\"c\":\"x}]\\\"\"}]");
    assert_int_equal(json_count(json_path(o, "a.b")), 3);
    assert_true(json_true(json_get(o, "key")));
    assert_int_equal(json_type(json_get(o, "n")), JSON_NULL);
    assert_int_equal(json_get(o, "absent").n, 0);
    assert_int_equal(json_path(o, "a.absent.b").n, 0);
    assert_int_equal(json_path(o, "i.b").n, 0);
    int64_t i = 0;
    assert_true(json_int(json_get(o, "i"), &i));
    assert_int_equal(i, -12);
    assert_true(json_int(json_get(o, "s"), &i));
    assert_int_equal(i, 443);
    assert_false(json_int(json_get(o, "n"), &i));
    struct json_walk w = json_items(json_path(o, "a.b"));
    assert_true(json_next(&w));
    assert_slice(w.value, "1");
    assert_int_equal(w.key.n, 0);
    assert_true(json_next(&w));
    assert_slice(w.value, "2");
    assert_true(json_next(&w));
    struct buf scratch = {0};
    assert_slice(json_str(json_get(w.value, "c"), &scratch), "x}]\"");
    assert_false(json_next(&w));
    assert_false(w.broken);
    assert_false(json_next(&w));
    buf_free(&scratch);
}

static void empty_and_absent_walks_are_not_broken(void **state)
{
    (void)state;
    const char *const texts[] = {"{}", "{ }", "null", ""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct json_walk w = json_members(text_of(texts[i]));
        assert_false(json_next(&w));
        assert_false(w.broken);
    }
    struct json_walk w = json_items(text_of("[ \n]"));
    assert_false(json_next(&w));
    assert_false(w.broken);
}

static void broken_text_is_empty_or_broken(void **state)
{
    (void)state;
    const char *const whole[] = {"", " ", "{", "{\"a\":1", "[1,2", "\"abc", "\"abc\\\"", "tru", "nul", "01x", "-", "1.", "1e", "{} {}", "{]",
        "}", ",", "'a'", "[}", "\\", "\"", "truefalse", "+1", "1 2"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        if (json_whole(text_of(whole[i])).n)
            fail_msg("taken for a value: %s", whole[i]);
    }
    const char *const walks[] = {"{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{a:1}", "{,}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{\"a\":1}}", "{\"a\":[}",
        "[1,]", "[,1]", "[1 2]", "[1}]", "[]]", "[tru]", "[\"a]"};
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        struct json_walk w = walks[i][0] == '{' ? json_members(text_of(walks[i])) : json_items(text_of(walks[i]));
        for (unsigned steps = 0; json_next(&w); steps++)
            assert_true(steps < 3);
        if (!w.broken)
            fail_msg("not found broken: %s", walks[i]);
    }
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    char text[602];
    for (unsigned depth = 199; depth <= 300; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct slice s = {text, 2 * (size_t)depth};
        assert_int_equal(json_whole(s).n, depth <= 200 ? s.n : 0);
        assert_int_equal(json_check(s, NULL), depth <= 200);
    }
}

static void check_text(const char *raw, const char *want)
{
    struct buf out = {0}, scratch = {0};
    assert_true(json_text(text_of(raw), &out));
    assert_slice(buf_slice(&out), want);
    assert_slice(json_str(text_of(raw), &scratch), want);
    char *copy = json_dup(text_of(raw));
    assert_string_equal(copy, want);
    assert_true(json_is(text_of(raw), want));
    assert_false(json_is(text_of(raw), "something else"));
    free(copy);
    buf_free(&out);
    buf_free(&scratch);
}

static void decodes_strings(void **state)
{
    (void)state;
    check_text("\"\"", "");
    check_text("\"plain\"", "plain");
    check_text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
    check_text("\"\\u003cA\\u00e9\\u20AC\\uD83D\\uDE00>\"", "<A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80>");
    check_text("\"\\ud83dx\"", "\xef\xbf\xbdx");
    check_text("\"\\ude00\"", "\xef\xbf\xbd");
    check_text("\"\\ud83d\\u0041\"", "\xef\xbf\xbd" "A");
    check_text("\"a\\u0000b\"", "a\xef\xbf\xbd" "b");
    check_text("\"\\u12g4\"", "\xef\xbf\xbd" "12g4");
    check_text("\"\\q\"", "\xef\xbf\xbdq");
    check_text("\"\\u00\"", "\xef\xbf\xbd" "00");
    struct buf scratch = {0};
    struct slice nul = {"\"a\0b\"", 5};
    assert_slice(json_str(nul, &scratch), "a\xef\xbf\xbd" "b");
    assert_int_equal(json_str(text_of("12"), &scratch).n, 0);
    assert_int_equal(json_str(text_of("\""), &scratch).n, 0);
    assert_false(json_text(text_of("{}"), &scratch));
    assert_null(json_dup(text_of("null")));
    buf_free(&scratch);
}

static void quotes_strings(void **state)
{
    (void)state;
    struct buf out = {0};
    json_quote(&out, SLICE("a\"\\\n\t\x01\x7f\xc3\xa9\xff\xc0\x80\xed\xa0\x80"));
    assert_slice(buf_slice(&out), "\"a\\\"\\\\\\n\\t\\u0001\\u007f\xc3\xa9\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"");
    assert_true(json_check(buf_slice(&out), NULL));
    buf_free(&out);
}

static void checks_with_line_and_column(void **state)
{
    (void)state;
    struct err err = {0};
    assert_true(json_check(SLICE("{\"a\":[1,2.5e3,true,null,\"x\"]}\n"), &err));
    assert_true(json_check(SLICE("12"), &err));
    assert_null(err.text);
    static const struct {
        const char *text, *where;
    } rows[] = {{"{\"a\":1,\n \"b\": tru }", "2:"}, {"{\"a\":\n1", "2:2"}, {"", "1:1"}, {"{} x", "1:4"}, {"{'a':1}", "1:2"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (json_check(text_of(rows[i].text), &err))
            fail_msg("taken: %s", rows[i].text);
        if (strncmp(err.text, rows[i].where, strlen(rows[i].where)) != 0)
            fail_msg("%s: %s", rows[i].text, err.text);
        err_clear(&err);
    }
}

/* What the cutter handed out, one line each. */
struct log {
    struct buf text;
    const char *from, *to;          /* a chunk: how many values lay in it */
    unsigned inside;
};

static void log_value(void *ctx, json value)
{
    struct log *log = ctx;
    log->inside += value.p >= log->from && value.p < log->to;
    buf_add_slice(&log->text, value);
    buf_add_byte(&log->text, '\n');
}

static void log_member(void *ctx, struct slice key, json value)
{
    struct log *log = ctx;
    buf_add_slice(&log->text, key);
    buf_add_text(&log->text, " = ");
    log_value(log, value);
}

static const struct json_cut_ops log_ops = {.on_value = log_value, .on_member = log_member};

/* Cuts text fed in pieces: the first of `first` bytes, then of `step`. Returns whether it was all good. */
static bool cut(enum json_cut_mode mode, struct slice text, size_t first, size_t step, size_t max, struct buf *out, struct err *err)
{
    struct log log = {0};
    struct json_cutter *c = json_cutter_new(mode, &log_ops, &log, max);
    bool good = true;
    for (size_t i = 0; i < text.n && good;) {
        size_t n = i == 0 && first ? first : step;
        if (n > text.n - i)
            n = text.n - i;
        char *exact = malloc(n);                           /* so that the sanitizer sees a read past the chunk */
        memcpy(exact, text.p + i, n);
        good = json_cutter_feed(c, exact, n, err);
        free(exact);
        i += n;
    }
    good = good && json_cutter_complete(c);
    json_cutter_free(c);
    *out = log.text;
    return good;
}

static void cuts_a_list(void **state)
{
    (void)state;
    struct slice list = SLICE(" {\"kind\":\"L\",\"items\":[{\"a\":\"]\"}, 12 ,\"x\",[],{}],\"i\\u0074\":{\"rv\":\"1\"},\"n\":7}\n");
    const char *want = "kind = \"L\"\n{\"a\":\"]\"}\n12\n\"x\"\n[]\n{}\ni\\u0074 = {\"rv\":\"1\"}\nn = 7\n";
    for (size_t first = 0; first <= list.n; first++) {
        for (size_t step = 1; step <= list.n; step += 5) {
            struct buf out;
            struct err err = {0};
            if (!cut(JSON_CUT_LIST, list, first, step, 100, &out, &err))
                fail_msg("first %zu step %zu: %s", first, step, err.text ? err.text : "not complete");
            assert_slice(buf_slice(&out), want);
            buf_free(&out);
        }
    }
}

static void empty_lists_are_lists(void **state)
{
    (void)state;
    const char *const texts[] = {"{}", "{\"items\":[]}", "{\"items\":null}", "{\"items\":[ ] }"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf out;
        assert_true(cut(JSON_CUT_LIST, text_of(texts[i]), 0, 3, 100, &out, NULL));
        assert_int_equal(out.n, 0);
        buf_free(&out);
    }
}

static void refuses_what_is_no_list(void **state)
{
    (void)state;
    const char *const texts[] = {"[]", "{\"items\":{}}", "{\"items\":\"x\"}", "{\"items\":[1 2]}", "{\"items\":[1,]}", "{\"a\" 1}", "{\"a\":1 \"b\"}",
        "{\"a\":1,}", "{a", "{} {}", "{\"a\":tru}", "{\"a\":-}", "x", "{\"a\":,"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t step = 1; step < 20; step += 4) {
            struct buf out;
            struct err err = {0};
            if (cut(JSON_CUT_LIST, text_of(texts[i]), 0, step, 100, &out, &err) || !err.text)
                fail_msg("taken: %s", texts[i]);
            err_clear(&err);
            buf_free(&out);
        }
    }
}

static void stays_failed_and_says_where(void **state)
{
    (void)state;
    struct log log = {0};
    struct err err = {0};
    struct json_cutter *c = json_cutter_new(JSON_CUT_STREAM, &log_ops, &log, 10);
    assert_true(json_cutter_feed(c, "{\"a\":1}\n", 8, &err));
    assert_true(json_cutter_complete(c));
    assert_false(json_cutter_feed(c, "  ?", 3, &err));
    assert_string_equal(err.text, "malformed JSON at byte 10: '?' where a value should be");
    err_clear(&err);
    assert_false(json_cutter_feed(c, "{}", 2, &err));
    assert_string_equal(err.text, "malformed JSON at byte 10: '?' where a value should be");
    assert_false(json_cutter_complete(c));
    err_clear(&err);
    json_cutter_free(c);
    buf_free(&log.text);
}

static void bounds_a_value(void **state)
{
    (void)state;
    const char *const texts[] = {"[1,2,3,4,5]\n", "\"123456789\"\n", "12345678901\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t step = 1; step < 14; step++) {
            struct buf out;
            struct err err = {0};
            assert_true(cut(JSON_CUT_STREAM, text_of(texts[i]), 0, step, 11, &out, NULL));
            buf_free(&out);
            assert_false(cut(JSON_CUT_STREAM, text_of(texts[i]), 0, step, 10, &out, &err));
            assert_non_null(strstr(err.text, "larger than 10 bytes"));
            err_clear(&err);
            buf_free(&out);
        }
    }
    char deep[202];
    memset(deep, '[', sizeof deep);
    struct buf out;
    struct err err = {0};
    assert_false(cut(JSON_CUT_STREAM, (struct slice){deep, sizeof deep}, 0, 7, 1000, &out, &err));
    assert_non_null(strstr(err.text, "nested deeper than 200"));
    err_clear(&err);
}

static void hands_out_from_the_chunk(void **state)
{
    (void)state;
    const char chunk[] = "{\"a\":1}\n{\"b\":2}\n{\"c\"";
    struct log log = {.from = chunk, .to = chunk + sizeof chunk - 1};
    struct json_cutter *c = json_cutter_new(JSON_CUT_STREAM, &log_ops, &log, 100);
    assert_true(json_cutter_feed(c, chunk, sizeof chunk - 1, NULL));
    assert_int_equal(log.inside, 2);
    assert_false(json_cutter_complete(c));
    assert_true(json_cutter_feed(c, ":3}", 3, NULL));
    assert_int_equal(log.inside, 2);
    assert_true(json_cutter_complete(c));
    assert_slice(buf_slice(&log.text), "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
    buf_free(&log.text);
    json_cutter_free(c);
}

/* Strings full of backslashes and quotes around the 64-byte blocks of the scanner, against decoding them byte by byte. */
static void escapes_across_blocks(void **state)
{
    (void)state;
    for (unsigned pad = 0; pad < 70; pad++) {
        for (unsigned slashes = 0; slashes < 9; slashes++) {
            struct buf text = {0};
            buf_add_text(&text, "{\"k\":\"");
            for (unsigned i = 0; i < pad; i++)
                buf_add_byte(&text, 'x');
            for (unsigned i = 0; i < slashes; i++)
                buf_add_byte(&text, '\\');
            buf_add_text(&text, slashes % 2 ? "\"}{\"}" : "\"}");
            size_t end = text.n;
            buf_add_text(&text, "\n{}\n");
            for (size_t step = 1; step < text.n; step += 13) {
                struct buf out;
                assert_true(cut(JSON_CUT_STREAM, buf_slice(&text), 0, step, 1000, &out, NULL));
                assert_int_equal(out.n, end + 4);
                buf_free(&out);
            }
            buf_free(&text);
        }
    }
}

static void cut_everywhere(const char *folder, enum json_cut_mode mode)
{
    char path[512];
    const char *top = getenv("TOP_SRCDIR");
    snprintf(path, sizeof path, "%s/tests/fixtures/%s", top ? top : ".", folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    unsigned files = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strstr(entry->d_name, "json"))
            continue;
        size_t n;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        char *bytes = fixture(path, &n);
        struct slice text = {bytes, n};
        struct buf whole, out;
        assert_true(cut(mode, text, 0, n, n, &whole, NULL));
        assert_true(whole.n > n / 2);
        size_t stride = n / 3000 + 1;                      /* every offset but in the largest */
        for (size_t first = 1; first < n; first += stride) {
            assert_true(cut(mode, text, first, n, n, &out, NULL));
            assert_true(slice_eq(buf_slice(&out), buf_slice(&whole)));
            buf_free(&out);
        }
        assert_true(cut(mode, text, 0, 1, n, &out, NULL));
        assert_true(slice_eq(buf_slice(&out), buf_slice(&whole)));
        buf_free(&out);
        buf_free(&whole);
        free(bytes);
        files++;
    }
    closedir(dir);
    assert_true(files > 5);
}

static void cuts_fixtures_everywhere(void **state)
{
    (void)state;
    cut_everywhere("lists", JSON_CUT_LIST);
    cut_everywhere("watch", JSON_CUT_STREAM);
}

static void every_prefix_is_safe(void **state)
{
    (void)state;
    size_t n;
    char *bytes = fixture("lists/crash-loop.claims.json", &n);
    assert_true(json_whole((struct slice){bytes, n}).n > 0);
    while (n > 0 && bytes[n - 1] == '\n')
        n--;
    for (size_t i = 0; i < n; i++) {
        char *exact = malloc(i ? i : 1);
        memcpy(exact, bytes, i);
        struct slice prefix = {exact, i};
        assert_int_equal(json_whole(prefix).n, 0);
        assert_int_equal(json_path(prefix, "metadata.resourceVersion").n, 0);
        free(exact);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_members_and_paths),
        cmocka_unit_test(empty_and_absent_walks_are_not_broken),
        cmocka_unit_test(broken_text_is_empty_or_broken),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(decodes_strings),
        cmocka_unit_test(quotes_strings),
        cmocka_unit_test(checks_with_line_and_column),
        cmocka_unit_test(cuts_a_list),
        cmocka_unit_test(empty_lists_are_lists),
        cmocka_unit_test(refuses_what_is_no_list),
        cmocka_unit_test(stays_failed_and_says_where),
        cmocka_unit_test(bounds_a_value),
        cmocka_unit_test(hands_out_from_the_chunk),
        cmocka_unit_test(escapes_across_blocks),
        cmocka_unit_test(cuts_fixtures_everywhere),
        cmocka_unit_test(every_prefix_is_safe),
    };
    return TESTS_MAIN(tests);
}
