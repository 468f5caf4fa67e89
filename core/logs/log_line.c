/* One log line, understood. Invariant: pure and total: any bytes give an answer, and every slice of it points into the line.
 * Formats as seen on the real controller and routers: zap JSON, zap console, klog, uvicorn, plain words. */
#include "core/logs/log_line.h"

#include "core/base/clock.h"
#include "core/base/json.h"

#include <stdlib.h>

static struct slice raw_text(json v)
{
    return json_type(v) == JSON_STRING && v.n >= 2 ? (struct slice){v.p + 1, v.n - 2} : (struct slice){v.p, 0};
}

static enum log_level level_word(struct slice word)
{
    static const struct {
        const char *word;
        enum log_level level;
    } words[] = {
        {"trace", LEVEL_TRACE}, {"debug", LEVEL_DEBUG}, {"info", LEVEL_INFO}, {"notice", LEVEL_INFO}, {"warn", LEVEL_WARN}, {"warning", LEVEL_WARN},
        {"error", LEVEL_ERROR}, {"err", LEVEL_ERROR}, {"critical", LEVEL_FATAL}, {"fatal", LEVEL_FATAL}, {"panic", LEVEL_FATAL}, {"dpanic", LEVEL_FATAL},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (word.n == strlen(words[i].word) && slice_find_caseless(word, slice_of(words[i].word)) == 0)
            return words[i].level;
    return LEVEL_NONE;
}

static void json_time(json v, struct log_line *out)
{
    int64_t ms;

    if (json_type(v) == JSON_STRING) {
        if (time_parse(raw_text(v), &ms, NULL))
            out->time_ms = ms;
    } else if (json_type(v) == JSON_NUMBER && v.n < 32) {
        /* zap's epoch encoder: seconds with a fraction */
        char text[32];
        memcpy(text, v.p, v.n);
        text[v.n] = '\0';
        double seconds = strtod(text, NULL);
        if (seconds > 1e8 && seconds < 1e11)
            out->time_ms = (int64_t)(seconds * 1000);
    }
}

/* An object that a controller names: {"name":…,"namespace":…} under its kind. */
static void json_object(struct slice key, json v, struct log_line *out)
{
    if (key.n == 0 || key.p[0] < 'A' || key.p[0] > 'Z')
        return;
    struct slice name = raw_text(json_get(v, "name"));
    if (name.n == 0)
        return;
    out->kind = key;
    out->name = name;
    out->ns = raw_text(json_get(v, "namespace"));
}

struct json_field {
    const char *key;
    size_t offset;                   /* of a slice in struct log_line */
};
#define FIELD(key, member) {key, offsetof(struct log_line, member)}
static const struct json_field fields[] = {
    FIELD("msg", message), FIELD("message", message), FIELD("error", error), FIELD("err", error), FIELD("reconcileID", reconcile_id),
    FIELD("stacktrace", stacktrace), FIELD("method", method), FIELD("path", path), FIELD("controllerKind", kind),
};
static const struct json_field weaker[] = {  /* only where no object was named */
    FIELD("name", name), FIELD("sandbox_id", name), FIELD("sandbox", name), FIELD("namespace", ns), FIELD("sandbox_namespace", ns),
};

static struct slice *member(struct log_line *out, size_t offset)
{
    return (struct slice *)(void *)((char *)out + offset);
}

static void json_member(struct slice key, json v, struct log_line *out)
{
    int64_t number;

    if (slice_is(key, "level") || slice_is(key, "severity")) {
        out->level = level_word(raw_text(v));
    } else if (slice_is(key, "ts") || slice_is(key, "time") || slice_is(key, "timestamp")) {
        json_time(v, out);
    } else if (slice_is(key, "status") && json_int(v, &number) && number >= 100 && number < 1000) {
        out->status = (int)number;
    } else if (slice_is(key, "duration_ms") && json_int(v, &number)) {
        out->duration_ms = number;
    } else if (json_type(v) == JSON_OBJECT) {
        json_object(key, v, out);
    } else {
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (slice_is(key, fields[i].key) && raw_text(v).n && !(slice_is(key, "controllerKind") && out->kind.n))
                *member(out, fields[i].offset) = raw_text(v);
    }
}

static bool parse_json(struct slice line, struct log_line *out)
{
    json whole = json_whole(line);
    bool router = false;

    if (json_type(whole) != JSON_OBJECT)
        return false;
    struct json_walk w = json_members(whole);
    while (json_next(&w)) {
        json_member(w.key, w.value, out);
        router |= (slice_is(w.key, "logger") && json_is(w.value, "sandbox-router")) || slice_is(w.key, "sandbox_id");
    }
    w = json_members(whole);
    while (json_next(&w))
        for (size_t i = 0; i < sizeof weaker / sizeof *weaker; i++)
            if (slice_is(w.key, weaker[i].key) && member(out, weaker[i].offset)->n == 0)
                *member(out, weaker[i].offset) = raw_text(w.value);
    if (router && out->kind.n == 0)
        out->kind = SLICE("Sandbox");
    out->format = router ? FORMAT_ROUTER_JSON : FORMAT_ZAP_JSON;
    if (out->level < LEVEL_WARN && out->status >= 500)
        out->level = LEVEL_ERROR;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct slice from(struct slice s, size_t at)
{
    return at < s.n ? (struct slice){s.p + at, s.n - at} : (struct slice){s.p + s.n, 0};
}

static struct slice trimmed(struct slice s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s = from(s, 1);
    return s;
}

/* "E1123 08:20:23.123456       1 reflector.go:147] text": klog; it has no year, so its time is left to the stream. */
static bool parse_klog(struct slice line, struct log_line *out)
{
    static const char letters[] = "IWEF";
    static const enum log_level levels[] = {LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR, LEVEL_FATAL};

    if (line.n < 21 || !memchr(letters, line.p[0], 4) || !is_digit(line.p[1]) || !is_digit(line.p[4]) || line.p[5] != ' ' || line.p[8] != ':')
        return false;
    const char *bracket = memmem(line.p, line.n < 120 ? line.n : 120, "] ", 2);
    if (!bracket)
        return false;
    out->format = FORMAT_KLOG;
    out->level = levels[(const char *)memchr(letters, line.p[0], 4) - letters];
    out->message = from(line, (size_t)(bracket - line.p) + 2);
    return true;
}

/* `INFO:     10.0.0.1:33212 - "POST /execute HTTP/1.1" 200 OK` and `ERROR:    text`. */
static bool parse_uvicorn(struct slice line, struct log_line *out)
{
    size_t colon = 0;

    while (colon < line.n && colon < 9 && line.p[colon] >= 'A' && line.p[colon] <= 'Z')
        colon++;
    if (colon < 4 || colon >= line.n || line.p[colon] != ':')
        return false;
    enum log_level level = level_word((struct slice){line.p, colon});
    if (level == LEVEL_NONE)
        return false;
    out->level = level;
    out->format = FORMAT_UVICORN;
    out->message = trimmed(from(line, colon + 1));
    ptrdiff_t quote = slice_find(out->message, SLICE(" - \""));
    if (quote < 0)
        return true;
    struct slice request = from(out->message, (size_t)quote + 4);
    const char *space = request.n ? memchr(request.p, ' ', request.n) : NULL, *end = request.n ? memchr(request.p, '"', request.n) : NULL;
    if (!space || !end || space > end)
        return true;
    out->format = FORMAT_UVICORN_ACCESS;
    out->method = (struct slice){request.p, (size_t)(space - request.p)};
    struct slice path = {space + 1, (size_t)(end - space - 1)};
    const char *stop = path.n ? memchr(path.p, ' ', path.n) : NULL;
    out->path = stop ? (struct slice){path.p, (size_t)(stop - path.p)} : path;
    struct slice code = trimmed(from(request, (size_t)(end - request.p) + 1));
    int64_t status;
    if (code.n >= 3 && slice_int((struct slice){code.p, 3}, &status)) {
        out->status = (int)status;
        if (status >= 500)
            out->level = LEVEL_ERROR;
    }
    return true;
}

static struct slice upto_tab(struct slice s)
{
    const char *tab = s.n ? memchr(s.p, '\t', s.n) : NULL;

    return tab ? (struct slice){s.p, (size_t)(tab - s.p)} : s;
}

/* "2026-11-23T08:20:23Z\tINFO\tsetup\ttext\t{json}": zap's console encoder. */
static bool parse_console(struct slice line, struct log_line *out)
{
    struct slice stamp = upto_tab(line), level = upto_tab(from(line, stamp.n + 1));
    int64_t ms;

    if (stamp.n < 20 || stamp.n > 36 || !time_parse(stamp, &ms, NULL))
        return false;
    enum log_level found = level_word(level);
    if (found == LEVEL_NONE)
        return false;
    out->format = FORMAT_ZAP_CONSOLE;
    out->time_ms = ms;
    out->level = found;
    out->message = from(line, stamp.n + 1 + level.n + 1);
    ptrdiff_t brace = slice_find(out->message, SLICE("\t{"));
    if (brace > 0) {
        struct log_line inner = *out;
        if (parse_json(from(out->message, (size_t)brace + 1), &inner)) {
            inner.format = FORMAT_ZAP_CONSOLE;
            inner.level = found;
            inner.time_ms = ms;
            inner.message = (struct slice){out->message.p, (size_t)brace};
            *out = inner;
        }
    }
    return true;
}

/* "RuntimeError: text": the last line of a Python traceback. */
static bool names_exception(struct slice line)
{
    const char *colon = line.n ? memchr(line.p, ':', line.n < 80 ? line.n : 80) : NULL;
    struct slice name = {line.p, colon ? (size_t)(colon - line.p) : 0};

    if (name.n < 6 || memchr(name.p, ' ', name.n))
        return false;
    struct slice end = from(name, name.n > 9 ? name.n - 9 : 0);
    return slice_find(end, SLICE("Error")) >= 0 || slice_find(end, SLICE("Exception")) >= 0;
}

static void parse_plain(struct slice line, struct log_line *out)
{
    static const struct {
        const char *word;
        enum log_level level;
    } words[] = {{"panic:", LEVEL_FATAL}, {"fatal", LEVEL_FATAL}, {"critical", LEVEL_FATAL}, {"traceback (most", LEVEL_ERROR}, {"error", LEVEL_ERROR},
                 {"exception", LEVEL_ERROR}, {"warning", LEVEL_WARN}, {"warn ", LEVEL_WARN}};
    struct slice head = {line.p, line.n < 160 ? line.n : 160};

    out->message = line;
    if (line.n && (line.p[0] == ' ' || line.p[0] == '\t')) {
        out->format = FORMAT_CONTINUATION;
        out->folded = true;
        return;
    }
    if (slice_starts(line, SLICE("goroutine ")) || slice_starts(line, SLICE("created by "))) {
        out->format = FORMAT_CONTINUATION;
        out->folded = true;
        return;
    }
    if (names_exception(line)) {
        out->level = LEVEL_ERROR;
        return;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words && out->level == LEVEL_NONE; i++)
        if (slice_find_caseless(head, slice_of(words[i].word)) >= 0)
            out->level = words[i].level;
}

void log_line_parse(struct slice line, struct log_line *out)
{
    *out = (struct log_line){.time_ms = INT64_MIN, .duration_ms = -1, .message = {line.p, 0}};
    if (line.n && line.p[0] == '{' && parse_json(line, out))
        return;
    if (parse_klog(line, out) || parse_uvicorn(line, out) || parse_console(line, out))
        return;
    parse_plain(line, out);
}
