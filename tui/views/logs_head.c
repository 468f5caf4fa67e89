/* What stands around the Logs pane's lines: its title, a line of its streams with their error rates, a line of what narrows it, and,
 * where there is no line to show, why. */
#include "tui/views/logs.h"
#include <limits.h>

enum { STRIP_LEAST = 10, NARROWING_LEAST = 8, LEAST_OF_STREAM = 34 };

static size_t following(const struct model_logs *logs)
{
    size_t n = 0;

    for (size_t i = 0; i < logs->n_rows; i++)
        n += logs->rows[i].state == LOG_STREAM_FOLLOWING;
    return n;
}

static uint32_t most_of(const uint32_t *counts)
{
    uint32_t most = 0;

    for (int i = 0; i < LOGS_MINUTES; i++)
        most = counts[i] > most ? counts[i] : most;
    return most;
}

static void part(struct buf *out)
{
    if (out->n)
        buf_add_text(out, " · ");
}

static void add_errors(struct sheet *s, struct buf *out)
{
    uint32_t errors[LOGS_MINUTES], most;

    sheet_errors(s, UINT_MAX, errors);
    most = most_of(errors);
    part(out);
    if (!most) {
        buf_add_text(out, "no errors");
        return;
    }
    buf_add_text(out, "errors ");
    logs_spark(out, errors, LOGS_MINUTES, most);
    buf_printf(out, " %u/min", errors[LOGS_MINUTES - 1]);
}

static void add_paused(struct sheet *s, struct buf *out)
{
    uint64_t row = 0, count = log_view_count(s->view);
    struct log_row here;

    part(out);
    buf_add_text(out, "paused");
    if (sheet_row(s, &row, &here) && row + 1 < count) {
        buf_add_text(out, " · ");
        logs_count(out, count - row - 1);
        buf_add_text(out, " newer");
    }
}

static void add_progress(const struct logs *l, struct sheet *s, struct buf *out)
{
    unsigned progress = log_view_progress(s->view);

    if (s->hunt != HUNT_NOTHING) {
        part(out);
        buf_add_text(out, "searching");
    }
    if (!log_view_done(s->view)) {
        part(out);
        buf_printf(out, "%s %u %%", sheet_narrowed(s) || l->typing ? "filtering" : "reading", progress / 10);
    }
    const struct log_query *query = log_view_query_get(s->view);
    if (query && log_query_limited(query)) {
        part(out);
        buf_add_text(out, "pattern too hard for ");
        logs_count(out, log_query_limited(query));
    }
}

/* "claim team-a/one, pod one" without its pod: most pods are called like what they are of. */
static void add_title(const char *title, struct buf *out)
{
    const char *pod = strstr(title, ", pod "), *name = pod ? memrchr(title, '/', (size_t)(pod - title)) : NULL;
    size_t n = name ? (size_t)(pod - name) - 1 : 0;

    if (n && strlen(pod + 6) == n && !memcmp(name + 1, pod + 6, n))
        buf_add(out, title, (size_t)(pod - title));
    else
        buf_add_text(out, title);
}

void logs_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    struct logs *l = (struct logs *)v;
    struct sheet *s = logs_sheet(l);
    const struct model_logs *logs = &m->logs[l->at];
    size_t live = following(logs);

    buf_add_text(left, "Logs · ");
    if (logs->title && *logs->title)
        add_title(logs->title, left);
    else
        buf_add_text(left, l->at == LOGS_PICKED ? "no pod picked" : "nothing selected");
    sheet_sync(l, s, m);
    if (!s->view)
        return;
    if (l->height < NARROWING_LEAST) {
        struct buf narrowing = {0};
        logs_narrowing(l, s, &narrowing);
        if (narrowing.n)
            buf_printf(left, " · %s", narrowing.p);
        if (l->find)
            buf_printf(left, " · /%s", l->find_text);
        buf_free(&narrowing);
    }
    logs_saving_text(l, right);
    add_progress(l, s, right);
    if (s->paused)
        add_paused(s, right);
    if (log_buffer_evicted(s->buffer)) {
        part(right);
        buf_add_text(right, "evicted ");
        logs_count(right, log_buffer_evicted(s->buffer));
        buf_add_text(right, log_buffer_evicted(s->buffer) == 1 ? " line" : " lines");
    }
    if (logs->n_rows) {
        part(right);
        if (live < logs->n_rows)
            buf_printf(right, "%zu of %zu live", live, logs->n_rows);
        else
            buf_printf(right, "%zu live", live);
    }
    if (s->paused) {
        part(right);
        buf_add_text(right, "End follows");
    } else if (logs->n_rows) {
        add_errors(s, right);
    }
}

/* --- the lines above the lines ------------------------------------------------------------------------------------------------- */

static const char *state_word(const struct log_stream_row *row)
{
    switch (row->state) {
    case LOG_STREAM_CONNECTING: return "connecting";
    case LOG_STREAM_FOLLOWING: return "";
    case LOG_STREAM_WAITING: return "waiting";
    case LOG_STREAM_RETRYING: return "trying again";
    case LOG_STREAM_ENDED: return "ended";
    case LOG_STREAM_FORBIDDEN: return "refused";
    }
    return "";
}

static enum role state_role(const struct log_stream_row *row)
{
    return row->state == LOG_STREAM_FORBIDDEN ? ROLE_ERROR : row->state == LOG_STREAM_RETRYING || row->gaps ? ROLE_WARNING : ROLE_MUTED;
}

/* One stream: its label, its error rate, and what it does if it does not follow. Returns the columns, also with nothing drawn (end < x). */
static int draw_stream(struct sheet *s, const struct log_stream_row *row, uint32_t most, struct canvas *c, int y, int x, int end)
{
    uint32_t errors[LOGS_MINUTES];
    struct buf rate = {0}, words = {0};
    int from = x;

    sheet_errors(s, row->stream, errors);
    bool bad = errors[LOGS_MINUTES - 1] > 0;
    logs_spark(&rate, errors, LOGS_MINUTES, most);
    buf_printf(&rate, " %u/min", errors[LOGS_MINUTES - 1]);
    if (row->state != LOG_STREAM_FOLLOWING)
        buf_printf(&words, "%s", row->message && *row->message ? row->message : state_word(row));
    if (row->gaps)
        buf_printf(&words, "%s%llu gap%s", words.n ? ", " : "", (unsigned long long)row->gaps, row->gaps == 1 ? "" : "s");
    int label = text_columns(slice_of(row->label));
    if (end - x > 0)
        canvas_fit(c, y, x, end - x, ROLE_ACCENT, FIT_MIDDLE, slice_of(row->label));
    x += label + 1;
    if (end - x > 0)
        canvas_fit(c, y, x, end - x, bad ? ROLE_ERROR : ROLE_MUTED, FIT_END, buf_slice(&rate));
    x += text_columns(buf_slice(&rate));
    if (words.n) {
        x++;
        if (end - x > 0)
            canvas_fit(c, y, x, end - x, state_role(row), FIT_END, buf_slice(&words));
        x += text_columns(buf_slice(&words));
    }
    buf_free(&rate);
    buf_free(&words);
    return x - from;
}

/* The streams that fit; those in trouble come first, the rest are counted. */
static void draw_strip(struct sheet *s, const struct model_logs *logs, struct canvas *c, int y, struct rect r)
{
    int x = r.x + 1, end = r.x + r.w - 1;
    uint32_t errors[LOGS_MINUTES], most = 0;
    size_t shown = 0;

    for (size_t i = 0; i < logs->n_rows; i++) {
        sheet_errors(s, logs->rows[i].stream, errors);
        uint32_t n = most_of(errors);
        most = n > most ? n : most;
    }
    for (int well = 0; well < 2; well++)
        for (size_t i = 0; i < logs->n_rows; i++) {
            const struct log_stream_row *row = &logs->rows[i];
            bool fine = row->state == LOG_STREAM_FOLLOWING && !row->gaps;
            if (fine != well)
                continue;
            int room = end - (shown + 1 < logs->n_rows ? 6 : 0), wide = draw_stream(s, row, most, c, y, 0, -1);
            if (shown && x + wide > room && (fine || room - x < LEAST_OF_STREAM))
                continue;
            draw_stream(s, row, most, c, y, x, room);
            x += wide + 3;
            shown++;
        }
    if (shown < logs->n_rows && end - x > 2)
        canvas_printf(c, y, x, ROLE_MUTED, "+%zu", logs->n_rows - shown);
}

static void draw_narrowing(struct logs *l, struct sheet *s, struct canvas *c, int y, struct rect r)
{
    struct buf text = {0}, lines = {0};
    int x = r.x + 1, end = r.x + r.w - 1;

    logs_narrowing(l, s, &text);
    if (text.n) {
        logs_count(&lines, log_view_wanted(s->view));
        buf_printf(&lines, " of ");
        logs_count(&lines, log_buffer_end(s->buffer) - log_buffer_first(s->buffer));
        buf_add_text(&lines, " lines");
        int wide = text_columns(buf_slice(&lines));
        if (wide + 12 < r.w) {
            canvas_put(c, y, end - wide, ROLE_MUTED, buf_slice(&lines));
            end -= wide + 2;
        }
        x += canvas_text(c, y, x, ROLE_MUTED, "only ");
        x += canvas_fit(c, y, x, end - x, ROLE_STRONG, FIT_END, buf_slice(&text)) + 2;
    }
    if (l->find && end - x > 4) {
        x += canvas_text(c, y, x, ROLE_MUTED, "search ");
        canvas_fit(c, y, x, end - x, ROLE_MATCH, FIT_END, slice_of(l->find_text));
    }
    buf_free(&text);
    buf_free(&lines);
}

int logs_head(struct logs *l, const struct model *m, struct canvas *c, struct rect r)
{
    struct sheet *s = logs_sheet(l);
    const struct model_logs *logs = &m->logs[l->at];
    int lines = 0;

    if (!s->view)
        return 0;
    if (r.h >= STRIP_LEAST && logs->n_rows)
        draw_strip(s, logs, c, r.y + lines++, r);
    if (r.h >= NARROWING_LEAST && (sheet_narrowed(s) || l->find || l->typing))
        draw_narrowing(l, s, c, r.y + lines++, r);
    return lines;
}

/* --- nothing to show ----------------------------------------------------------------------------------------------------------- */

static void no_stream(const struct model *m, enum log_pane id, struct buf *out)
{
    const struct object *o = m->selected, *pod = o ? chain_pod(o) : NULL;

    switch (id) {
    case LOGS_SYSTEM:
        for (size_t i = 0; i < m->n_sources; i++)
            if (m->sources[i].health == SOURCE_FORBIDDEN && strncmp(m->sources[i].name, "controller ", 11) == 0) {
                buf_printf(out, "%s: %s", m->sources[i].name, m->sources[i].message);
                return;
            }
        buf_add_text(out, m->logs[id].found ? "no controller or router found to read logs from"
                                            : "looking for the controller and the router");
        break;
    case LOGS_CLAIM:
        if (!o)
            buf_add_text(out, "nothing is selected");
        else if (o->kind != KIND_CLAIM && o->kind != KIND_SANDBOX && o->kind != KIND_POD)
            buf_printf(out, "a %s has no pod of its own: select a claim, a sandbox or a pod", kind_short(o->kind));
        else if (!pod)
            buf_printf(out, "%s has no pod yet; Why says what it waits for", o->name);
        else if (!pod->present)
            buf_printf(out, "pod %s is not there", pod->name);
        else
            buf_printf(out, "asking for the logs of pod %s", pod->name);
        break;
    default: buf_add_text(out, *m->logs[id].title ? "looking for the pods picked" : "no pod is picked: P chooses, and p in a list"); break;
    }
}

void logs_empty(struct logs *l, const struct model *m, struct buf *out)
{
    struct sheet *s = logs_sheet(l);
    const struct model_logs *logs = &m->logs[l->at];
    bool any = s->buffer && log_buffer_end(s->buffer) > log_buffer_first(s->buffer);

    if (!s->view)
        return;
    if (any && !log_view_done(s->view)) {
        buf_printf(out, "looking for lines: %u %%", log_view_progress(s->view) / 10);
        return;
    }
    if (any) {
        buf_add_text(out, "none of ");
        logs_count(out, log_buffer_end(s->buffer) - log_buffer_first(s->buffer));
        buf_add_text(out, " lines is wanted; Esc takes the last filter away");
        return;
    }
    if (!logs->n_rows) {
        no_stream(m, l->at, out);
        return;
    }
    for (size_t i = 0; i < logs->n_rows; i++) {
        const struct log_stream_row *row = &logs->rows[i];
        if (row->state != LOG_STREAM_FOLLOWING)
            buf_printf(out, "%s%s: %s", out->n ? "\n" : "", row->label, row->message && *row->message ? row->message : state_word(row));
    }
    if (!out->n)
        buf_add_text(out, "no lines yet");
}
