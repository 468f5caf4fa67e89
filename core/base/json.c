/* Reading JSON by scanning. Invariant: a json value is a slice of the caller's text and every read stays inside it; what is malformed reads as
 * empty. No function here recurses over the text. */
#include "core/base/json.h"
#include "core/base/json_scan.h"

static const json none = {"", 0};

/* The place after the value that begins at p, or NULL. */
static const char *skip_value(const char *p, const char *end)
{
    struct json_scan scan = {.depth = 1};
    if (p == end)
        return NULL;
    if (*p == '"')
        return json_scan_string(&scan, p + 1, end);
    if (*p == '{' || *p == '[')
        return json_scan_brackets(&scan, p + 1, end);
    const char *after = json_scan_word(p, end);
    return json_word_good((struct slice){p, (size_t)(after - p)}) ? after : NULL;
}

enum json_type json_type(json v)
{
    if (!v.n)
        return JSON_NONE;
    switch (v.p[0]) {
    case '"':
        return v.n >= 2 && v.p[v.n - 1] == '"' ? JSON_STRING : JSON_NONE;
    case '{':
        return v.n >= 2 && v.p[v.n - 1] == '}' ? JSON_OBJECT : JSON_NONE;
    case '[':
        return v.n >= 2 && v.p[v.n - 1] == ']' ? JSON_ARRAY : JSON_NONE;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'n':
        return JSON_NULL;
    default:
        return v.p[0] == '-' || (v.p[0] >= '0' && v.p[0] <= '9') ? JSON_NUMBER : JSON_NONE;
    }
}

json json_whole(struct slice text)
{
    if (!text.n)
        return none;
    const char *end = text.p + text.n, *p = json_skip_space(text.p, end);
    const char *after = skip_value(p, end);
    if (!after || json_skip_space(after, end) != end)
        return none;
    json v = {p, (size_t)(after - p)};
    return json_type(v) == JSON_NONE ? none : v;
}

static struct json_walk walk_of(json v, enum json_type type, char close)
{
    struct json_walk w = {.rest = none, .key = none, .value = none, .broken = v.n && json_type(v) != JSON_NULL};
    if (json_type(v) == type)
        w = (struct json_walk){.rest = {v.p + 1, v.n - 1}, .key = none, .value = none, .close = close, .first = true};
    return w;
}

struct json_walk json_members(json object)
{
    return walk_of(object, JSON_OBJECT, '}');
}

struct json_walk json_items(json array)
{
    return walk_of(array, JSON_ARRAY, ']');
}

static bool walk_end(struct json_walk *w, bool broken)
{
    *w = (struct json_walk){.rest = none, .key = none, .value = none, .broken = broken};
    return false;
}

/* Reads `"key" :` into w->key. The place after the colon and blanks, or NULL. */
static const char *walk_key(struct json_walk *w, const char *p, const char *end)
{
    struct json_scan scan = {0};
    if (p == end || *p != '"')
        return NULL;
    const char *after = json_scan_string(&scan, p + 1, end);
    if (!after)
        return NULL;
    w->key = (struct slice){p + 1, (size_t)(after - p) - 2};
    p = json_skip_space(after, end);
    return p < end && *p == ':' ? json_skip_space(p + 1, end) : NULL;
}

bool json_next(struct json_walk *w)
{
    if (!w->close)
        return walk_end(w, w->broken);
    const char *end = w->rest.p + w->rest.n, *p = json_skip_space(w->rest.p, end);
    if (p < end && *p == w->close)
        return walk_end(w, p + 1 != end);
    if (!w->first) {
        if (p == end || *p != ',')
            return walk_end(w, true);
        p = json_skip_space(p + 1, end);
    }
    w->first = false;
    if (w->close == '}' && !(p = walk_key(w, p, end)))
        return walk_end(w, true);
    const char *after = skip_value(p, end);
    if (!after || after == end)                            /* the walk's own closing bracket has to follow */
        return walk_end(w, true);
    w->value = (json){p, (size_t)(after - p)};
    w->rest = (struct slice){after, (size_t)(end - after)};
    return true;
}

size_t json_count(json v)
{
    struct json_walk w = json_type(v) == JSON_ARRAY ? json_items(v) : json_members(v);
    size_t count = 0;
    while (json_next(&w))
        count++;
    return count;
}

static void decode(struct slice inner, struct buf *out);

static bool key_is(struct slice key, struct slice name)
{
    if (!key.n || !memchr(key.p, '\\', key.n))
        return slice_eq(key, name);
    struct buf plain = {0};
    decode(key, &plain);
    bool same = slice_eq(buf_slice(&plain), name);
    buf_free(&plain);
    return same;
}

static json member(json object, struct slice name)
{
    struct json_walk w = json_members(object);
    while (json_next(&w)) {
        if (key_is(w.key, name))
            return w.value;
    }
    return none;
}

json json_get(json object, const char *name)
{
    return member(object, slice_of(name));
}

json json_path(json object, const char *dotted)
{
    for (;;) {
        const char *dot = strchrnul(dotted, '.');
        object = member(object, (struct slice){dotted, (size_t)(dot - dotted)});
        if (!*dot || !object.n)
            return object;
        dotted = dot + 1;
    }
}

static void add_utf8(struct buf *out, uint32_t c)
{
    char bytes[4];
    size_t n = 0;
    if (c < 0x80) {
        bytes[n++] = (char)c;
    } else if (c < 0x800) {
        bytes[n++] = (char)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        bytes[n++] = (char)(0xe0 | c >> 12);
        bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
    } else {
        bytes[n++] = (char)(0xf0 | c >> 18);
        bytes[n++] = (char)(0x80 | (c >> 12 & 0x3f));
        bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
    }
    if (c >= 0x80)
        bytes[n++] = (char)(0x80 | (c & 0x3f));
    buf_add(out, bytes, n);
}

/* The four hex digits at s[at]; false where there are none. */
static bool hex4(struct slice s, size_t at, uint32_t *value)
{
    if (at + 4 > s.n)
        return false;
    uint32_t sum = 0;
    for (size_t i = at; i < at + 4; i++) {
        char c = s.p[i], lower = c | 0x20;
        if (c >= '0' && c <= '9')
            sum = sum * 16 + (uint32_t)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            sum = sum * 16 + (uint32_t)(lower - 'a') + 10;
        else
            return false;
    }
    *value = sum;
    return true;
}

enum { REPLACEMENT = 0xfffd };

/* The escape whose letter stands at s[i]; returns the place after it. */
static size_t decode_escape(struct slice s, size_t i, struct buf *out)
{
    static const char plain[256] = {
        ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
    };
    if (i == s.n) {
        add_utf8(out, REPLACEMENT);
        return i;
    }
    if (plain[(unsigned char)s.p[i]]) {
        buf_add_byte(out, plain[(unsigned char)s.p[i]]);
        return i + 1;
    }
    uint32_t c, low;
    if (s.p[i] != 'u' || !hex4(s, i + 1, &c)) {
        add_utf8(out, REPLACEMENT);
        return s.p[i] == 'u' ? i + 1 : i;                  /* what stands there is text */
    }
    i += 5;
    bool pair = c >= 0xd800 && c < 0xdc00 && i + 1 < s.n && s.p[i] == '\\' && s.p[i + 1] == 'u';
    if (pair && hex4(s, i + 2, &low) && low >= 0xdc00 && low < 0xe000) {
        add_utf8(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
        return i + 6;
    }
    add_utf8(out, c == 0 || (c >= 0xd800 && c < 0xe000) ? REPLACEMENT : c);
    return i;
}

static void decode(struct slice s, struct buf *out)
{
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        while (i < s.n && s.p[i] != '\\' && s.p[i])
            i++;
        buf_add(out, s.p + from, i - from);
        if (i == s.n)
            break;
        if (s.p[i++])
            i = decode_escape(s, i, out);
        else
            add_utf8(out, REPLACEMENT);                    /* a NUL would cut the text short wherever it is read as a C string */
    }
}

struct slice json_str(json v, struct buf *scratch)
{
    if (json_type(v) != JSON_STRING)
        return none;
    struct slice inner = {v.p + 1, v.n - 2};
    if (!inner.n || (!memchr(inner.p, '\\', inner.n) && !memchr(inner.p, 0, inner.n)))
        return inner;
    buf_clear(scratch);
    decode(inner, scratch);
    return buf_slice(scratch);
}

bool json_text(json v, struct buf *out)
{
    if (json_type(v) != JSON_STRING)
        return false;
    decode((struct slice){v.p + 1, v.n - 2}, out);
    return true;
}

char *json_dup(json v)
{
    struct buf text = {0};
    return json_text(v, &text) ? buf_take(&text) : NULL;
}

bool json_int(json v, int64_t *value)
{
    enum json_type type = json_type(v);
    if (type == JSON_STRING)
        v = (json){v.p + 1, v.n - 2};
    return (type == JSON_STRING || type == JSON_NUMBER) && slice_int(v, value);
}

bool json_true(json v)
{
    return slice_eq(v, SLICE("true"));
}

bool json_is(json v, const char *text)
{
    return json_type(v) == JSON_STRING && key_is((struct slice){v.p + 1, v.n - 2}, slice_of(text));
}

void json_quote(struct buf *out, struct slice text)
{
    buf_add_byte(out, '"');
    for (size_t i = 0; i < text.n;) {
        unsigned char c = (unsigned char)text.p[i];
        size_t n = slice_utf8(text, i, NULL);
        if (!n)
            buf_add_text(out, "\\ufffd");
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c == '\n')
            buf_add_text(out, "\\n");
        else if (c == '\t')
            buf_add_text(out, "\\t");
        else if (c < 0x20 || c == 0x7f)
            buf_printf(out, "\\u%04x", c);
        else
            buf_add(out, text.p + i, n);
        i += n ? n : 1;
    }
    buf_add_byte(out, '"');
}
