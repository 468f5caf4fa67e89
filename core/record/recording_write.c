/* Writing a recording. Invariant: one event is one line, whole, and all that came from the cluster has gone through redact.h. */
#include "core/record/recording.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/record/redact.h"

#include <stdlib.h>

/* "2026-11-23T08:14:02.123Z", with as many digits after the dot. */
static void add_stamp(struct buf *out, int64_t ns, int digits)
{
    static const int64_t scale[] = {[3] = 1000000, [9] = 1};
    int64_t ms = ns / 1000000, rest = ns % 1000000000;
    char text[32];

    if (rest < 0) {
        rest += 1000000000;
        ms -= 1000;
    }
    time_rfc3339(ms, text);
    text[strlen(text) - 1] = 0;
    buf_printf(out, "\"%s.%0*lldZ\"", text, digits, (long long)(rest / scale[digits]));
}

static void quote(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "%s\"%s\":", out->n && out->p[out->n - 1] != '{' ? "," : "", key);
    json_quote(out, slice_of(text));
}

static void begin(struct recording_writer *w, int64_t wall_ms)
{
    int64_t t = wall_ms > w->start_ms ? wall_ms - w->start_ms : 0;

    buf_printf(w->out, "{\"t\":%lld.%03d", (long long)(t / 1000), (int)(t % 1000));
}

/* ---- what was taken out ------------------------------------------------------------------------------------------------------------ */

struct places {
    struct recording_writer *writer;
    struct buf list, label;          /* list: the event's member "redacted"; label: "Pod team-a/x " */
};

static void on_place(void *ctx, const char *place)
{
    struct places *p = ctx;

    buf_add_byte(&p->list, p->list.n ? ',' : '[');
    json_quote(&p->list, slice_of(place));
    if (!p->writer->on_redacted)
        return;
    size_t n = p->label.n;
    buf_add_text(&p->label, place);
    p->writer->on_redacted(p->writer->ctx, p->label.p);
    p->label.n = n;
    p->label.p[n] = 0;
}

static void on_secret(void *ctx, struct slice value)
{
    struct places *p = ctx;

    if (p->writer->known)
        redact_learn(p->writer->known, value);
}

static void end_event(struct recording_writer *w, struct places *p)
{
    if (p && p->list.n)
        buf_printf(w->out, ",\"redacted\":%s]", p->list.p);
    buf_add_text(w->out, "}\n");
    if (p) {
        buf_free(&p->list);
        buf_free(&p->label);
    }
}

/* ---- events ------------------------------------------------------------------------------------------------------------------------ */

void recording_begin(struct recording_writer *w, const struct recording_about *about)
{
    buf_add_byte(w->out, '{');
    quote(w->out, "sandtop", RECORDING_SCHEMA);
    buf_add_text(w->out, ",\"start\":");
    add_stamp(w->out, w->start_ms * 1000000, 3);
    if (about->context)
        quote(w->out, "context", about->context);
    if (about->server) {
        struct buf server = {0};
        redact_text(slice_of(about->server), &server);
        quote(w->out, "server", server.p);
        buf_free(&server);
    }
    if (about->ns)
        quote(w->out, "namespace", about->ns);
    if (about->program)
        quote(w->out, "by", about->program);
    buf_add_text(w->out, "}\n");
}

static void label_object(struct places *p, json object, const char *kind)
{
    json meta = json_get(object, "metadata");
    struct buf text = {0};

    if (!json_text(json_get(object, "kind"), &text))
        buf_add_text(&text, kind ? kind : "object");
    buf_add_byte(&text, ' ');
    if (json_text(json_get(meta, "namespace"), &text))
        buf_add_byte(&text, '/');
    json_text(json_get(meta, "name"), &text);
    buf_add_byte(&text, ' ');
    p->label = text;
}

bool recording_put(struct recording_writer *w, int64_t wall_ms, const char *api_version, const char *kind, json object)
{
    struct places p = {.writer = w};
    struct redact_notes notes = {.on_place = on_place, .on_secret = on_secret, .ctx = &p};
    struct buf clean = {0};

    label_object(&p, object, kind);
    if (json_type(object) != JSON_OBJECT || !redact_json(object, &clean, &notes)) {
        buf_free(&p.list);
        buf_free(&p.label);
        buf_free(&clean);
        return false;
    }
    begin(w, wall_ms);
    buf_add_text(w->out, ",\"put\":{");
    if (kind && !json_get(object, "kind").n)
        quote(w->out, "kind", kind);
    if (api_version && !json_get(object, "apiVersion").n)
        quote(w->out, "apiVersion", api_version);
    if (clean.n > 2 && w->out->p[w->out->n - 1] != '{')
        buf_add_byte(w->out, ',');
    buf_add(w->out, clean.p + 1, clean.n - 1);
    end_event(w, &p);
    buf_free(&clean);
    return true;
}

void recording_delete(struct recording_writer *w, int64_t wall_ms, const char *api_version, const char *kind, const char *ns,
                      const char *name)
{
    begin(w, wall_ms);
    buf_add_text(w->out, ",\"delete\":{");
    quote(w->out, "kind", kind);
    quote(w->out, "apiVersion", api_version);
    buf_add_text(w->out, ",\"metadata\":{");
    if (ns && *ns)
        quote(w->out, "namespace", ns);
    quote(w->out, "name", name);
    buf_add_text(w->out, "}}");
    end_event(w, NULL);
}

void recording_log(struct recording_writer *w, int64_t wall_ms, const char *ns, const char *pod, const char *container, bool previous,
                   int64_t stamp_ns, struct slice line)
{
    struct places p = {.writer = w};
    struct buf clean = {0};

    begin(w, wall_ms);
    buf_add_text(w->out, ",\"log\":{");
    quote(w->out, "namespace", ns);
    quote(w->out, "pod", pod);
    quote(w->out, "container", container);
    if (previous)
        buf_add_text(w->out, ",\"previous\":true");
    buf_add_text(w->out, "},\"line\":");
    buf_printf(&p.label, "log of %s/%s (%s) ", ns, pod, container);
    if (redact_line(line, &clean))
        on_place(&p, "line");
    json_quote(w->out, buf_slice(&clean));
    if (stamp_ns != INT64_MIN) {
        buf_add_text(w->out, ",\"at\":");
        add_stamp(w->out, stamp_ns, 9);
    }
    end_event(w, &p);
    buf_free(&clean);
}

void recording_answer(struct recording_writer *w, int64_t wall_ms, const char *path, int status, struct slice body)
{
    struct places p = {.writer = w};
    struct redact_notes notes = {.on_place = on_place, .on_secret = on_secret, .ctx = &p};
    struct buf clean = {0}, where = {0};
    json value = json_whole(body);
    enum json_type type = json_type(value);

    redact_text(slice_of(path), &where);
    buf_printf(&p.label, "answer to %s ", where.p);
    begin(w, wall_ms);
    buf_add_text(w->out, ",\"answer\":{");
    quote(w->out, "path", where.p);
    buf_printf(w->out, ",\"status\":%d", status);
    if ((type == JSON_OBJECT || type == JSON_ARRAY) && redact_json(value, &clean, &notes)) {
        buf_add_text(w->out, ",\"body\":");
        buf_add_slice(w->out, buf_slice(&clean));
    } else {
        if (redact_text(body, &clean))
            on_place(&p, "text");
        quote(w->out, "text", clean.p);
    }
    buf_add_byte(w->out, '}');
    end_event(w, &p);
    buf_free(&clean);
    buf_free(&where);
}

void recording_down(struct recording_writer *w, int64_t wall_ms, const char *why)
{
    struct buf clean = {0};

    redact_text(slice_of(why), &clean);
    begin(w, wall_ms);
    quote(w->out, "down", clean.p ? clean.p : "");
    end_event(w, NULL);
    buf_free(&clean);
}

void recording_up(struct recording_writer *w, int64_t wall_ms)
{
    begin(w, wall_ms);
    buf_add_text(w->out, ",\"up\":true");
    end_event(w, NULL);
}

void recording_end(struct recording_writer *w, int64_t wall_ms)
{
    begin(w, wall_ms);
    buf_add_text(w->out, ",\"end\":true");
    end_event(w, NULL);
}

char *recording_path(const char *path)
{
    static const char *const passing[] = {
        "limit", "continue", "watch", "resourceVersion", "resourceVersionMatch", "timeoutSeconds", "allowWatchBookmarks",
        "sendInitialEvents", NULL,
    };
    size_t head = strcspn(path, "?");
    struct buf out = {0};

    buf_add(&out, path, head);
    for (const char *p = path + head; *p;) {
        size_t n = strcspn(++p, "&"), name = strcspn(p, "=&");
        bool goes = n == 0;
        for (size_t i = 0; passing[i]; i++)
            goes |= slice_is((struct slice){p, name}, passing[i]);
        if (!goes) {
            buf_add_byte(&out, out.n == head ? '?' : '&');
            buf_add(&out, p, n);
        }
        p += n;
    }
    return buf_take(&out);
}
