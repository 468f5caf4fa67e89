/* JSON lines and the way in for all formats. Invariant: pure and total, and every slice given out points into the line or at a constant.
 * Formats as seen on the real controller and routers. */
#include "core/logs/log_line.h"

#include "core/base/clock.h"
#include "core/logs/log_inside.h"

#include <stdlib.h>

#define WORD(text) {text, sizeof(text) - 1}
static const struct {
    struct slice word;
    enum log_level level;
} level_words[] = {
    {WORD("error"), LEVEL_ERROR}, {WORD("info"), LEVEL_INFO}, {WORD("debug"), LEVEL_DEBUG}, {WORD("warn"), LEVEL_WARN},
    {WORD("warning"), LEVEL_WARN}, {WORD("trace"), LEVEL_TRACE}, {WORD("notice"), LEVEL_INFO}, {WORD("err"), LEVEL_ERROR},
    {WORD("critical"), LEVEL_FATAL}, {WORD("fatal"), LEVEL_FATAL}, {WORD("panic"), LEVEL_FATAL}, {WORD("dpanic"), LEVEL_FATAL},
};

bool log_level_by_name(struct slice word, enum log_level *level)
{
    for (size_t i = 0; i < sizeof level_words / sizeof *level_words; i++)
        if (word.n == level_words[i].word.n && slice_find_caseless(word, level_words[i].word) == 0) {
            *level = level_words[i].level;
            return true;
        }
    return false;
}

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};

    return (unsigned)level < sizeof names / sizeof *names ? names[level] : "";
}

static enum log_level level_of(json v)
{
    enum log_level level = LEVEL_NONE;

    log_level_by_name(json_inner(v), &level);
    return level;
}

static void json_time(json v, struct log_line *out)
{
    int64_t ms;

    if (json_type(v) == JSON_STRING) {
        if (time_parse(json_inner(v), &ms, NULL))
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
    struct slice name = json_inner(json_get(v, "name"));
    if (name.n == 0)
        return;
    out->kind = key;
    out->name = name;
    out->ns = json_inner(json_get(v, "namespace"));
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

static bool is_level(struct slice key)
{
    return slice_is(key, "level") || slice_is(key, "severity");
}

static bool is_time(struct slice key)
{
    return slice_is(key, "ts") || slice_is(key, "time") || slice_is(key, "timestamp");
}

static void json_member(struct slice key, json v, struct log_line *out)
{
    int64_t number;

    if (is_level(key)) {
        out->level = level_of(v);
    } else if (is_time(key)) {
        json_time(v, out);
    } else if (slice_is(key, "status") && json_int(v, &number) && number >= 100 && number < 1000) {
        out->status = (int)number;
    } else if (slice_is(key, "duration_ms") && json_int(v, &number)) {
        out->duration_ms = number;
    } else if (json_type(v) == JSON_OBJECT) {
        json_object(key, v, out);
    } else {
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (slice_is(key, fields[i].key) && json_inner(v).n && !(slice_is(key, "controllerKind") && out->kind.n))
                *member(out, fields[i].offset) = json_inner(v);
    }
}

bool log_json_parse(struct slice line, struct log_line *out)
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
                *member(out, weaker[i].offset) = json_inner(w.value);
    if (router && out->kind.n == 0)
        out->kind = SLICE("Sandbox");
    out->format = router ? FORMAT_ROUTER_JSON : FORMAT_ZAP_JSON;
    if (router && out->level < LEVEL_ERROR && out->status >= 500)
        out->level = LEVEL_ERROR;
    out->escaped = true;
    return true;
}

static const struct log_line nothing = {.time_ms = INT64_MIN, .duration_ms = -1};

void log_line_parse(struct slice line, struct log_line *out)
{
    *out = nothing;
    out->message = (struct slice){line.p, 0};
    if (!line.n || line.p[0] != '{' || !log_json_parse(line, out))
        log_words_parse(line, true, out);
}

/* Level, time and format stand in the first members that zap writes; of a router's line the status comes later. False where no level came.
 * */
static bool glance_json(struct slice line, bool want_time, struct log_line *out)
{
    struct json_walk w = json_members(line);
    bool level = false, named = false, router = false;
    int64_t status;

    out->format = FORMAT_ZAP_JSON;
    while (json_next(&w)) {
        if (is_level(w.key)) {
            out->level = level_of(w.value);
            level = true;
        } else if (want_time && is_time(w.key)) {
            json_time(w.value, out);
        } else if (slice_is(w.key, "logger")) {
            router = json_is(w.value, "sandbox-router");
        } else if (slice_is(w.key, "msg") || slice_is(w.key, "message")) {
            named = true;            /* a logger's name comes before */
        } else if (router && slice_is(w.key, "status") && json_int(w.value, &status)) {
            if (status >= 500 && status < 1000 && out->level < LEVEL_ERROR)
                out->level = LEVEL_ERROR;
            break;
        }
        if (level && named && !router) {
            router = slice_find(line, SLICE("\"sandbox_id\":")) >= 0;
            if (!router)
                break;
        }
    }
    out->format = router ? FORMAT_ROUTER_JSON : FORMAT_ZAP_JSON;
    return level;
}

void log_line_glance(struct slice line, bool want_time, struct log_line *out)
{
    struct slice end = line;

    *out = nothing;
    out->message = (struct slice){line.p, 0};
    if (!line.n || line.p[0] != '{') {
        log_words_parse(line, false, out);
        return;
    }
    while (end.n && (end.p[end.n - 1] == ' ' || end.p[end.n - 1] == '\r' || end.p[end.n - 1] == '\t'))
        end.n--;
    if (json_type(end) == JSON_OBJECT && glance_json(end, want_time, out))
        return;
    log_line_parse(line, out);
}
