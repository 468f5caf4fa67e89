/* Invariant: what has been written ends with the line `last`, and the next is found from it, whatever the buffer has taken in or lost
 * meanwhile. */
#include "core/logs/log_save.h"

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/logs/log_text.h"
#include "core/logs/log_view_inside.h"

#include <stdlib.h>

enum { WRITE_AT_ONCE = 64 * 1024 };

struct log_save {
    enum log_save_format format;
    const struct log_buffer *buffer;
    struct log_view *view;           /* NULL: all lines */
    bool (*write)(void *ctx, struct slice);
    void *ctx;
    struct buf out;
    uint64_t end;                    /* lines from this number on came later: they are not of it */
    bool begun, in_group;
    uint64_t last, member;           /* the row written last; in_group: the last of its folded lines that was */
    int64_t last_stamp;
    uint64_t expected, rows, lines;  /* rows when it began, and rows and lines written */
};

static const char *type_name(unsigned type)
{
    return type == LOG_LINE_GAP ? "gap" : type == LOG_LINE_RESTART ? "restart" : "status";
}

static void member(struct buf *out, const char *key, struct slice value)
{
    buf_printf(out, ",\"%s\":", key);
    json_quote(out, value);
}

static void json_line(const struct log_names *names, const struct log_entry *e, struct buf *out)
{
    static const char *const levels[] = {"", "trace", "debug", "info", "warn", "error", "fatal"};
    char stamp[LOG_TIME_BYTES];

    buf_add_text(out, "{\"time\":");
    if (e->stamp_ns == INT64_MIN)
        buf_add_text(out, "null");
    else
        buf_printf(out, "\"%s\"", log_time_text(e->stamp_ns, LOG_TIME_STAMP, 0, stamp));
    member(out, "stream", slice_of(names->label));
    if (*names->ns)
        member(out, "namespace", slice_of(names->ns));
    member(out, "pod", slice_of(names->pod));
    member(out, "container", slice_of(names->container));
    if (e->type == LOG_LINE_TEXT)
        member(out, "level", slice_of(e->level < sizeof levels / sizeof *levels ? levels[e->level] : ""));
    else
        member(out, "type", slice_of(type_name(e->type)));
    member(out, "text", e->text);
    buf_add_text(out, "}\n");
}

void log_save_line(enum log_save_format format, const struct log_names *names, const struct log_entry *e, struct buf *out)
{
    char stamp[LOG_TIME_BYTES];

    if (format == LOG_SAVE_JSON) {
        json_line(names, e, out);
        return;
    }
    if (e->stamp_ns != INT64_MIN)
        buf_printf(out, "%s ", log_time_text(e->stamp_ns, LOG_TIME_STAMP, 0, stamp));
    if (*names->pod)
        buf_printf(out, "%s/%s ", names->pod, names->container);
    else if (*names->label)
        buf_printf(out, "%s ", names->label);
    if (e->type != LOG_LINE_TEXT)
        buf_printf(out, "--- %s: ", type_name(e->type));
    if (format == LOG_SAVE_SAFE)
        log_text_safe(out, e->text, false);
    else
        buf_add_slice(out, e->text);
    buf_add_byte(out, '\n');
}

struct log_save *log_save_new(enum log_save_format format, const struct log_buffer *buffer, struct log_view *view,
                              bool (*write)(void *ctx, struct slice), void *ctx)
{
    struct log_save *s = NEW(struct log_save);

    *s = (struct log_save){.format = format, .buffer = buffer, .view = view, .write = write, .ctx = ctx, .end = log_buffer_end(buffer)};
    return s;
}

void log_save_free(struct log_save *s)
{
    if (!s)
        return;
    buf_free(&s->out);
    free(s);
}

static bool flush(struct log_save *s)
{
    bool good = !s->out.n || s->write(s->ctx, buf_slice(&s->out));

    buf_clear(&s->out);
    return good;
}

static void add(struct log_save *s, const struct log_entry *e)
{
    struct log_names names = log_buffer_names(s->buffer, e->stream);

    log_save_line(s->format, &names, e, &s->out);
    s->lines++;
}

/* The rest of a closed group, whose first line has been written. False: there is no more of it. */
static bool next_member(struct log_save *s, struct log_entry *e)
{
    if (!s->in_group)
        return false;
    s->in_group = log_group_next(s->buffer, s->last, &s->member, e) && e->number < s->end;
    return s->in_group;
}

static const struct log_order *order_of(const struct log_save *s)
{
    return s->view ? &s->view->rows : log_buffer_order(s->buffer);
}

/* Where to go on in this step. */
static struct order_place place_of(struct log_save *s)
{
    struct order_place p = {0, 0};

    if (s->view)
        log_view_sync(s->view);
    if (!s->begun) {
        s->begun = true;
        s->expected = order_of(s)->count;
        return p;
    }
    if (!s->rows)
        return p;
    p = order_lower(order_of(s), s->last_stamp, s->last);
    return order_holds(order_of(s), p, s->last) ? order_next(order_of(s), p) : p;
}

static bool next_row(struct log_save *s, struct order_place *p, struct log_entry *e)
{
    const struct log_order *order = order_of(s);

    while (!order_is_end(order, *p) && order_number(order, *p) >= s->end)
        *p = order_next(order, *p);
    if (order_is_end(order, *p) || !log_buffer_get(s->buffer, order_number(order, *p), e))
        return false;
    *p = order_next(order, *p);
    s->rows++;
    s->last = s->member = e->number;
    s->last_stamp = e->stamp_ns;
    s->in_group = s->view && e->span && !e->folded && !log_view_is_open(s->view, e->number);
    return true;
}

enum log_save_result log_save_step(struct log_save *s, const struct clock *clock, int64_t until_mono_ms)
{
    struct log_work work = {.clock = clock, .until_mono_ms = until_mono_ms};
    struct log_entry e;

    if (s->view && !s->view->done)
        return LOG_SAVE_MORE;
    struct order_place p = place_of(s);
    while (!work.over) {
        if (!next_member(s, &e) && !next_row(s, &p, &e))
            return flush(s) ? LOG_SAVE_DONE : LOG_SAVE_FAILED;
        add(s, &e);
        log_work_spend(&work, e.text.n);
        if (s->out.n >= WRITE_AT_ONCE && !flush(s))
            return LOG_SAVE_FAILED;
    }
    return flush(s) ? LOG_SAVE_MORE : LOG_SAVE_FAILED;
}

uint64_t log_save_lines(const struct log_save *s)
{
    return s->lines;
}

uint64_t log_save_missed(const struct log_save *s)
{
    return s->expected > s->rows ? s->expected - s->rows : 0;
}
