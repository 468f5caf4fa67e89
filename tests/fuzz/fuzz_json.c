/* Anything at all as JSON: nothing is read outside the text, walks end, and a stream is cut the same wherever its chunks end.
 * clang -fsanitize=fuzzer,address builds it as a fuzzer; `make check` replays the fixtures and spoilt copies of them through it. */
#include "core/base/err.h"
#include "core/base/json.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool good)
{
    if (!good)
        abort();
}

static bool within(struct slice part, struct slice whole)
{
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void walk(json v, unsigned depth, struct buf *scratch)
{
    int64_t number;
    json_int(v, &number);
    json_true(v);
    struct slice text = json_str(v, scratch);
    must(!text.n || !memchr(text.p, 0, text.n));
    enum json_type type = json_type(v);
    if (depth == 0 || (type != JSON_OBJECT && type != JSON_ARRAY))
        return;
    size_t count = 0;
    struct json_walk w = type == JSON_OBJECT ? json_members(v) : json_items(v);
    while (json_next(&w)) {
        must(w.value.n > 0 && within(w.value, v) && within(w.key, v));
        walk(w.value, depth - 1, scratch);
        count++;
    }
    must(count == json_count(v));
    must(within(json_get(v, "metadata"), v) && within(json_path(v, "metadata.name"), v));
}

static void add_value(void *ctx, json value)
{
    buf_add_slice(ctx, value);
    buf_add_byte(ctx, '\n');
}

static void add_member(void *ctx, struct slice key, json value)
{
    buf_add_slice(ctx, key);
    buf_add_byte(ctx, ':');
    add_value(ctx, value);
}

static bool cut(enum json_cut_mode mode, struct slice text, size_t step, struct buf *out)
{
    static const struct json_cut_ops ops = {.on_value = add_value, .on_member = add_member};
    struct json_cutter *c = json_cutter_new(mode, &ops, out, 1 << 16);
    bool good = true;
    for (size_t i = 0; i < text.n && good; i += step)
        good = json_cutter_feed(c, text.p + i, text.n - i < step ? text.n - i : step, NULL);
    good = good && json_cutter_complete(c);
    json_cutter_free(c);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!n)
        return 0;
    struct slice text = {(const char *)data, n};
    struct buf scratch = {0}, quoted = {0}, back = {0};
    walk(text, 12, &scratch);
    walk(json_whole(text), 12, &scratch);
    if (json_check(text, NULL))
        must(json_whole(text).n > 0);
    json_quote(&quoted, text);
    must(json_whole(buf_slice(&quoted)).n == quoted.n && json_check(buf_slice(&quoted), NULL) && json_text(buf_slice(&quoted), &back));
    for (enum json_cut_mode mode = JSON_CUT_STREAM; mode <= JSON_CUT_LIST; mode++) {
        struct buf whole = {0}, parts = {0};
        bool good = cut(mode, text, n, &whole);
        must(cut(mode, text, data[0] % 97 + 1, &parts) == good);
        must(slice_eq(buf_slice(&whole), buf_slice(&parts)));
        buf_free(&whole);
        buf_free(&parts);
    }
    buf_free(&scratch);
    buf_free(&quoted);
    buf_free(&back);
    return 0;
}
