/* Cutting a stream into values. Invariants: each byte is scanned once, whatever the chunk borders; what is kept between two feeds is the current
 * value's bytes and the current key, nothing else; a value that lies whole in one chunk is handed out from there, uncopied. */
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/json_scan.h"
#include "core/base/mem.h"
#include <stdlib.h>

enum state {
    AT_START,            /* LIST: before the opening brace */
    AT_FIRST_MEMBER,     /* a key or the closing brace */
    AT_MEMBER,           /* a key */
    IN_KEY,
    AT_COLON,
    AT_VALUE,            /* the first byte of a value */
    IN_STRING, IN_BRACKETS, IN_WORD,
    AT_FIRST_ITEM,       /* an item or the closing bracket */
    AFTER_ITEM, AFTER_MEMBER,
    BETWEEN,             /* STREAM: between two values */
    AT_END,              /* LIST: the object is closed */
};
enum place { PLACE_TOP, PLACE_MEMBER, PLACE_ITEM };  /* what the current value is */

struct json_cutter {
    enum json_cut_mode mode;
    struct json_cut_ops ops;
    void *ctx;
    size_t max;
    enum state state;
    enum place place;
    struct json_scan scan;
    struct buf held;     /* the current value's (or key's) bytes of earlier chunks */
    struct buf key;
    const char *from;    /* where the current value (or key) begins in the chunk being fed */
    const char *chunk;
    uint64_t offset;     /* of the chunk in the stream */
    struct err failed;
};

enum { HELD_KEEP = 1 << 20 };  /* one large value must not hold its memory for ever */

struct json_cutter *json_cutter_new(enum json_cut_mode mode, const struct json_cut_ops *ops, void *ctx, size_t max_value_bytes)
{
    struct json_cutter *c = NEW(struct json_cutter);
    c->mode = mode;
    c->ops = *ops;
    c->ctx = ctx;
    c->max = max_value_bytes;
    c->state = mode == JSON_CUT_LIST ? AT_START : BETWEEN;
    return c;
}

void json_cutter_free(struct json_cutter *c)
{
    if (!c)
        return;
    buf_free(&c->held);
    buf_free(&c->key);
    err_clear(&c->failed);
    free(c);
}

bool json_cutter_complete(const struct json_cutter *c)
{
    return !c->failed.text && c->state == (c->mode == JSON_CUT_LIST ? AT_END : BETWEEN);
}

static const char *unexpected(struct json_cutter *c, const char *p, const char *wanted)
{
    unsigned char byte = (unsigned char)*p;
    unsigned long long at = c->offset + (uint64_t)(p - c->chunk);
    if (byte >= 0x20 && byte < 0x7f)
        err_set(&c->failed, "malformed JSON at byte %llu: '%c' where %s should be", at, byte, wanted);
    else
        err_set(&c->failed, "malformed JSON at byte %llu: byte 0x%02x where %s should be", at, byte, wanted);
    return NULL;
}

static const char *bad_value(struct json_cutter *c, const char *end, const char *wanted)
{
    err_set(&c->failed, "malformed JSON before byte %llu: %s", (unsigned long long)(c->offset + (uint64_t)(end - c->chunk)), wanted);
    return NULL;
}

static bool fits(struct json_cutter *c, const char *end)
{
    size_t n = c->held.n + (size_t)(end - c->from);
    if (n <= c->max)
        return true;
    err_set(&c->failed, "a value is larger than %zu bytes at byte %llu", c->max,
            (unsigned long long)(c->offset + (uint64_t)(end - c->chunk)));
    return false;
}

/* What ran from c->from to end, joined with what earlier chunks held of it. */
static struct slice taken(struct json_cutter *c, const char *end)
{
    struct slice part = {c->from, (size_t)(end - c->from)};
    c->from = NULL;
    if (!c->held.n)
        return part;
    buf_add_slice(&c->held, part);
    return buf_slice(&c->held);
}

static void let_go(struct json_cutter *c)
{
    if (c->held.cap > HELD_KEEP)
        buf_free(&c->held);
    else
        buf_clear(&c->held);
}

static const char *value_end(struct json_cutter *c, const char *end)
{
    if (!fits(c, end))
        return NULL;
    json value = taken(c, end);
    if (c->state == IN_WORD && !json_word_good(value))
        return bad_value(c, end, "neither a number nor true, false or null");
    if (c->place == PLACE_MEMBER) {
        c->state = AFTER_MEMBER;
        if (!slice_eq(buf_slice(&c->key), SLICE("items"))) {
            if (c->ops.on_member)
                c->ops.on_member(c->ctx, buf_slice(&c->key), value);
        } else if (!slice_eq(value, SLICE("null"))) {      /* Go writes an empty list as null */
            return bad_value(c, end, "items is not an array");
        }
    } else {
        c->state = c->place == PLACE_ITEM ? AFTER_ITEM : BETWEEN;
        c->ops.on_value(c->ctx, value);
    }
    let_go(c);
    return end;
}

static const char *value_start(struct json_cutter *c, const char *p, enum place place)
{
    c->place = place;
    c->scan = (struct json_scan){.depth = 1};
    if (place == PLACE_MEMBER && *p == '[' && slice_eq(buf_slice(&c->key), SLICE("items"))) {
        c->state = AT_FIRST_ITEM;
        return p + 1;
    }
    c->from = p;
    if (*p == '"')
        c->state = IN_STRING;
    else if (*p == '{' || *p == '[')
        c->state = IN_BRACKETS;
    else if (json_scan_word(p, p + 1) != p)
        c->state = IN_WORD;
    else
        return unexpected(c, p, "a value");
    return c->state == IN_WORD ? p : p + 1;
}

/* Inside a key or a value: as far as the bytes go. */
static const char *run(struct json_cutter *c, const char *p, const char *end)
{
    const char *after;
    if (c->state == IN_BRACKETS) {
        after = json_scan_brackets(&c->scan, p, end);
        if (c->scan.too_deep) {
            err_set(&c->failed, "nested deeper than %d before byte %llu", JSON_MAX_DEPTH,
                    (unsigned long long)(c->offset + (uint64_t)(end - c->chunk)));
            return NULL;
        }
    } else if (c->state == IN_WORD) {
        after = json_scan_word(p, end);
        if (after == end)
            after = NULL;
    } else {
        after = json_scan_string(&c->scan, p, end);
    }
    if (!after)
        return fits(c, end) ? end : NULL;
    if (c->state != IN_KEY)
        return value_end(c, after);
    if (!fits(c, after))
        return NULL;
    struct slice key = taken(c, after);
    buf_clear(&c->key);
    buf_add(&c->key, key.p + 1, key.n - 2);
    let_go(c);
    c->state = AT_COLON;
    return after;
}

/* One byte between values. Returns where to go on, or NULL. */
static const char *between(struct json_cutter *c, const char *p)
{
    switch (c->state) {
    case AT_START:
        c->state = AT_FIRST_MEMBER;
        return *p == '{' ? p + 1 : unexpected(c, p, "'{'");
    case AT_FIRST_MEMBER:
    case AT_MEMBER:
        if (*p == '}' && c->state == AT_FIRST_MEMBER) {
            c->state = AT_END;
            return p + 1;
        }
        c->state = IN_KEY;
        c->from = p;
        c->scan = (struct json_scan){0};
        return *p == '"' ? p + 1 : unexpected(c, p, "a member's name");
    case AT_COLON:
        c->state = AT_VALUE;
        c->place = PLACE_MEMBER;
        return *p == ':' ? p + 1 : unexpected(c, p, "':'");
    case AT_VALUE:
        return value_start(c, p, c->place);
    case AT_FIRST_ITEM:
        if (*p != ']')
            return value_start(c, p, PLACE_ITEM);
        c->state = AFTER_MEMBER;
        return p + 1;
    case AFTER_ITEM:
        c->state = *p == ',' ? AT_VALUE : AFTER_MEMBER;
        return *p == ',' || *p == ']' ? p + 1 : unexpected(c, p, "',' or ']'");
    case AFTER_MEMBER:
        c->state = *p == ',' ? AT_MEMBER : AT_END;
        return *p == ',' || *p == '}' ? p + 1 : unexpected(c, p, "',' or '}'");
    case BETWEEN:
        return value_start(c, p, PLACE_TOP);
    default:
        return unexpected(c, p, "the end");
    }
}

static bool inside(const struct json_cutter *c)
{
    return c->state == IN_KEY || c->state == IN_STRING || c->state == IN_BRACKETS || c->state == IN_WORD;
}

bool json_cutter_feed(struct json_cutter *c, const char *bytes, size_t n, struct err *err)
{
    if (!n)
        return !c->failed.text || err_set(err, "%s", c->failed.text);
    const char *p = bytes, *end = bytes + n;
    c->chunk = bytes;
    c->from = inside(c) ? bytes : NULL;
    while (p && p < end && !c->failed.text) {
        if (inside(c)) {
            p = run(c, p, end);
            continue;
        }
        p = json_skip_space(p, end);
        if (p < end)
            p = between(c, p);
    }
    if (c->failed.text)
        return err_set(err, "%s", c->failed.text);
    if (c->from)
        buf_add(&c->held, c->from, (size_t)(end - c->from));
    c->from = NULL;
    c->offset += n;
    return true;
}
