/* What of a line is shown, and in which order: of a request its status, method and path first, of the rest the message, the object, the
 * error, then the other fields. Invariant: everything goes through log_write. */
#include "core/logs/log_text.h"

#include "core/logs/log_inside.h"
#include "core/logs/log_match.h"
#include "core/logs/log_write.h"

#include <stdio.h>

enum { LONG_LINE = 64 * 1024 };      /* beyond it a line is shown as it came: reading it would take too long to draw */

static void gap(struct log_writer *w, const char *between)
{
    if (w->out->text.n)
        log_write(w, LOG_STYLE_NONE, slice_of(between));
}

static void part(struct log_writer *w, const char *between, enum log_style style, struct slice s, bool escaped)
{
    if (!s.n)
        return;
    gap(w, between);
    if (escaped)
        log_write_json(w, style, s);
    else
        log_write(w, style, s);
}

static const char *short_kind(struct slice kind)
{
    static const char *const names[][2] = {
        {"SandboxClaim", "claim"}, {"Sandbox", "sandbox"}, {"SandboxWarmPool", "pool"}, {"SandboxTemplate", "template"}, {"Pod", "pod"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_is(kind, names[i][0]))
            return names[i][1];
    return NULL;
}

static void object(struct log_writer *w, const struct log_line *line)
{
    const char *kind = short_kind(line->kind);

    if (!line->name.n && !line->kind.n)
        return;
    gap(w, "  ");
    size_t from = w->out->text.n;
    log_write(w, LOG_STYLE_OBJECT, kind ? slice_of(kind) : line->kind);
    if (!line->name.n)
        return;
    if (w->out->text.n > from)
        log_write(w, LOG_STYLE_OBJECT, SLICE(" "));
    log_write(w, LOG_STYLE_OBJECT, line->ns);
    if (line->ns.n)
        log_write(w, LOG_STYLE_OBJECT, SLICE("/"));
    log_write(w, LOG_STYLE_OBJECT, line->name);
}

/* What a bad answer's line says besides: uvicorn the status in words, after the request that has been shown; the Go router just "request".
 * */
static struct slice remark(const struct log_line *line)
{
    struct slice s = line->message;

    if (line->error.n || line->status < 400 || slice_is(s, "request"))
        return (struct slice){s.p, 0};
    if (line->format != FORMAT_UVICORN_ACCESS)
        return s;
    const char *quote = s.n ? memrchr(s.p, '"', s.n) : NULL;
    s = slice_bare(slice_from(s, quote ? (size_t)(quote - s.p) + 1 : s.n));
    return slice_bare(slice_from(s, 3));
}

static void request(struct log_writer *w, const struct log_line *line)
{
    char text[32];

    if (line->status) {
        snprintf(text, sizeof text, "%d", line->status);
        log_write(w, line->status >= 500 ? LOG_STYLE_ERROR : line->status >= 400 ? LOG_STYLE_WARNING : LOG_STYLE_GOOD, slice_of(text));
    }
    part(w, "  ", LOG_STYLE_NONE, line->method, line->escaped);
    part(w, " ", LOG_STYLE_NONE, line->path, line->escaped);
    part(w, "  ", LOG_STYLE_OBJECT, line->name, line->escaped);
    if (line->duration_ms >= 0) {
        snprintf(text, sizeof text, "%lld ms", (long long)line->duration_ms);
        part(w, "  ", LOG_STYLE_NONE, slice_of(text), false);
    }
    part(w, "  ", LOG_STYLE_ERROR, line->error, line->escaped);
    part(w, "  ", LOG_STYLE_NONE, remark(line), line->escaped);
}

static bool is_request(const struct log_line *line)
{
    return line->status || line->method.n;
}

static bool is_one_of(struct slice key, const char *const *names)
{
    for (; *names; names++)
        if (slice_is(key, *names))
            return true;
    return false;
}

/* Shown elsewhere in the line, or of no use beside it. */
static bool is_told(struct slice key, const struct log_line *line)
{
    static const char *const always[] = {
        "level", "severity", "ts", "time", "timestamp", "msg", "message", "error", "err", "stacktrace", "caller", "logger", "controller",
        "controllerGroup", "controllerKind", "reconcileID", "namespace", "name", "sandbox_id", "sandbox_namespace",
        "Pod.Namespace", "poolNameHash", NULL,
    };
    static const char *const of_requests[] = {"method", "path", "status", "duration_ms", "client_ip", "bytes_out", "user_agent", NULL};

    return is_one_of(key, always) || (is_request(line) && is_one_of(key, of_requests)) || slice_eq(key, line->kind) ||
           (slice_is(key, "request") && line->kind.n);     /* the same object once more */
}

static void field(struct log_writer *w, struct slice key, struct slice value, bool escaped)
{
    bool quote = !value.n || memchr(value.p, ' ', value.n);

    gap(w, "  ");
    log_write(w, LOG_STYLE_KEY, key);
    log_write(w, LOG_STYLE_KEY, SLICE("="));
    log_write(w, LOG_STYLE_VALUE, quote ? SLICE("\"") : SLICE(""));
    if (escaped)
        log_write_json(w, LOG_STYLE_VALUE, value);
    else
        log_write(w, LOG_STYLE_VALUE, value);
    log_write(w, LOG_STYLE_VALUE, quote ? SLICE("\"") : SLICE(""));
}

static void json_rest(struct log_writer *w, struct slice text, const struct log_line *line)
{
    struct json_walk walk = json_members(json_whole(text));

    while (!w->full && json_next(&walk)) {
        bool string = json_type(walk.value) == JSON_STRING;
        struct slice value = string ? json_inner(walk.value) : walk.value;
        if (!is_told(walk.key, line) && !(string && value.n && slice_eq(value, line->name)))
            field(w, walk.key, value, string);
    }
}

static void rest(struct log_writer *w, struct slice text, const struct log_line *line)
{
    struct slice pairs, key, value;

    if (line->format == FORMAT_ZAP_JSON || line->format == FORMAT_ROUTER_JSON) {
        json_rest(w, text, line);
    } else if (line->format == FORMAT_ZAP_CONSOLE) {
        const char *brace = memmem(text.p, text.n, "\t{", 2);
        if (brace)
            json_rest(w, slice_from(text, (size_t)(brace - text.p) + 1), line);
    } else if (line->format == FORMAT_KLOG) {
        pairs = klog_pairs(text);
        while (klog_pair(&pairs, &key, &value))
            if (!is_told(key, line))
                field(w, key, value, true);
    }
}

static void stack(struct log_writer *w, const struct log_line *line)
{
    struct slice trace = line->stacktrace;

    while (trace.n > 1 && trace.p[trace.n - 1] == 'n' && trace.p[trace.n - 2] == '\\')
        trace.n -= 2;
    if (!trace.n)
        return;
    w->newlines = true;
    log_write(w, LOG_STYLE_NONE, SLICE("\n"));
    log_write_json(w, LOG_STYLE_MUTED, trace);
    w->newlines = false;
}

static void whole(struct log_writer *w, const struct log_entry *e, unsigned flags)
{
    struct log_line line;

    if (e->type != LOG_LINE_TEXT || flags & LOG_TEXT_RAW || e->text.n > LONG_LINE) {
        log_write(w, LOG_STYLE_NONE, e->text);
        return;
    }
    log_line_parse(e->text, &line);
    if (is_request(&line)) {
        request(w, &line);
    } else {
        bool zap_console = line.format == FORMAT_ZAP_CONSOLE;      /* its message stands outside the JSON */
        part(w, "", LOG_STYLE_NONE, line.message, line.escaped && !zap_console);
        object(w, &line);
        part(w, "  ", LOG_STYLE_ERROR, line.error, line.escaped);
    }
    if (!(flags & LOG_TEXT_MESSAGE))
        rest(w, e->text, &line);
    if (!w->out->text.n)
        log_write(w, LOG_STYLE_NONE, e->text);
    if (flags & LOG_TEXT_STACK)
        stack(w, &line);
}

static void begin(struct log_writer *w, unsigned flags, size_t most, struct log_text *out)
{
    buf_clear(&out->text);
    out->n_spans = 0;
    *w = (struct log_writer){.out = out, .most = most, .colours = (flags & LOG_TEXT_COLOURS) != 0};
}

void log_text_line(const struct log_entry *e, unsigned flags, size_t most, struct log_text *out)
{
    struct log_writer w;

    begin(&w, flags, most, out);
    whole(&w, e, flags);
    buf_free(&w.scratch);
}

void log_text_group(const struct log_buffer *b, const struct log_entry *head, unsigned flags, size_t most, struct log_text *out)
{
    struct log_entry e, said = {.level = LEVEL_NONE};
    struct log_writer w;
    unsigned folded = 0;
    char text[32];

    begin(&w, flags, most, out);
    whole(&w, head, flags);
    for (uint64_t number = head->number; head->span && !head->folded && log_group_next(b, head->number, &number, &e); folded++)
        if (e.level >= LEVEL_ERROR && e.format == FORMAT_PLAIN)
            said = e;                /* "RuntimeError: …", which ends a traceback */
    if (folded) {
        snprintf(text, sizeof text, "  \xe2\x80\xa6 +%u", folded);
        log_write(&w, LOG_STYLE_MUTED, slice_of(text));
        part(&w, "  ", LOG_STYLE_ERROR, said.text, false);
    }
    buf_free(&w.scratch);
}

enum log_level log_text_weight(const struct log_entry *e)
{
    struct log_line line;

    if (e->type != LOG_LINE_TEXT)
        return LEVEL_NONE;
    if (e->level >= LEVEL_ERROR || (e->format != FORMAT_UVICORN_ACCESS && e->format != FORMAT_ROUTER_JSON) || e->text.n > LONG_LINE)
        return (enum log_level)e->level;
    log_line_parse(e->text, &line);
    return line.status >= 500 ? LEVEL_ERROR : line.status >= 400 && e->level < LEVEL_WARN ? LEVEL_WARN : (enum log_level)e->level;
}

const char *log_text_level(const struct log_entry *e)
{
    bool request = e->format == FORMAT_UVICORN_ACCESS;

    if (e->format == FORMAT_ROUTER_JSON)
        request = slice_find(slice_upto(e->text, LONG_LINE), SLICE("\"status\":")) >= 0;
    return e->type != LOG_LINE_TEXT || request ? "" : log_level_name((enum log_level)e->level);
}
