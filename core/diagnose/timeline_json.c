/* The timeline as JSON, for `sandtop why -o json` and bundles. Members are only ever added. */
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/diagnose/timeline.h"

static void text_member(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "\"%s\":", key);
    json_quote(out, slice_of(text ? text : ""));
    buf_add_byte(out, ',');
}

static void time_member(struct buf *out, const char *key, int64_t ms)
{
    char stamp[32];
    if (ms)
        buf_printf(out, "\"%s\":\"%.19s.%03dZ\",", key, time_rfc3339(ms, stamp), (int)((ms % 1000 + 1000) % 1000));
    else
        buf_printf(out, "\"%s\":null,", key);
}

static void add_row(struct buf *out, const struct timeline_row *row)
{
    buf_add_byte(out, '{');
    time_member(out, "time", row->time_ms);
    time_member(out, "last", row->last_ms);
    buf_printf(out, "\"count\":%d,\"gapMs\":%lld,\"bad\":%s,", (int)row->count, (long long)(row->gap_ms > 0 ? row->gap_ms : 0), row->bad ? "true" : "false");
    text_member(out, "kind", timeline_kind_name(row->kind));
    buf_add_text(out, "\"object\":{");
    text_member(out, "kind", row->object_kind < KIND_COUNT ? kind_info(row->object_kind)->name : "");
    text_member(out, "namespace", row->ns);
    buf_add_text(out, "\"name\":");
    json_quote(out, slice_of(row->name ? row->name : ""));
    buf_add_text(out, "},");
    text_member(out, "what", row->what);
    buf_add_text(out, "\"text\":");
    json_quote(out, slice_of(row->text ? row->text : ""));
    buf_add_byte(out, '}');
}

void timeline_json(const struct timeline *t, struct buf *out)
{
    buf_add_byte(out, '{');
    text_member(out, "summary", t->summary);
    time_member(out, "start", t->start_ms);
    time_member(out, "ready", t->ready_ms);
    buf_printf(out, "\"totalMs\":%lld,\"adopted\":%s,\"resumed\":%s,\"phases\":[", (long long)t->total_ms, t->adopted ? "true" : "false", t->resumed ? "true" : "false");
    for (size_t i = 0; i < t->n_phases; i++) {
        const struct timeline_phase *p = &t->phases[i];
        buf_printf(out, "%s{\"phase\":\"%s\",\"ms\":%lld,\"share\":%d,\"open\":%s}", i ? "," : "", phase_name(p->phase), (long long)p->ms, p->share,
                   p->open ? "true" : "false");
    }
    buf_add_text(out, "],\"rows\":[");
    for (size_t i = 0; i < t->n_rows; i++) {
        if (i)
            buf_add_byte(out, ',');
        add_row(out, &t->rows[i]);
    }
    buf_add_text(out, "]}");
}
