/* The timeline of what was selected: where the time went, then each thing that happened with the time since the one before; error lines of the
 * controller's and the router's logs stand among them. Made anew when something of it may be different, never while drawing. */
#include "tui/views/panes.h"

#include "core/base/mem.h"
#include "core/diagnose/timeline.h"
#include "core/logs/log_text.h"
#include "core/logs/log_view.h"

#include <stdio.h>
#include <stdlib.h>

enum { SLICE_MS = 4, MOST_LOG_ROWS = 200, MOST_TERMS = 4, MOST_TEXT = 400, LABEL_WIDE = 20, STAMP_WIDE = 13, GAP_WIDE = 9, OBJECT_WIDE = 26 };

struct timeline_view {
    struct view view;
    struct object_ref about;
    bool started, gone;
    struct timeline line;
    bool made;
    uint64_t generation, log_generation;
    int64_t second;
    struct log_view *errors;         /* of the system's lines, those of errors that speak of it */
    int top, rows;
};

static struct view *timeline_new(void)
{
    struct timeline_view *t = NEW(struct timeline_view);
    t->view.ops = &timeline_view;
    t->about.kind = KIND_NONE;
    return &t->view;
}

static void timeline_view_free(struct view *v)
{
    struct timeline_view *t = (struct timeline_view *)v;
    if (t->made)
        timeline_free(&t->line);
    log_view_free(t->errors);
    free(t);
}

/* The chain's names, as the controller and the router write them. */
static void look_for_errors(struct timeline_view *t, const struct model *m, const struct object *o)
{
    const struct object *chain[MOST_TERMS] = {o, chain_claim(o), chain_sandbox(o), chain_pod(o)};
    struct log_term terms[MOST_TERMS];
    struct log_query *query = log_query_new();
    size_t n = 0;
    for (size_t i = 0; i < MOST_TERMS; i++)
        if (chain[i])
            terms[n++] = (struct log_term){.ns = slice_of(chain[i]->ns), .name = slice_of(chain[i]->name)};
    log_query_select(query, terms, n);
    log_query_level(query, LEVEL_ERROR);
    log_query_marks(query, true);
    t->errors = log_view_new(m->logs[LOGS_SYSTEM].buffer);
    log_view_query(t->errors, query);
}

static size_t error_rows(struct timeline_view *t, const struct model *m, struct timeline_extra *out, struct log_text *texts)
{
    uint64_t count = log_view_count(t->errors), from = count > MOST_LOG_ROWS ? count - MOST_LOG_ROWS : 0;
    size_t n = 0;
    for (uint64_t i = from; i < count; i++) {
        struct log_row row;
        if (!log_view_at(t->errors, i, &row) || row.line.time_ms <= 0)
            continue;
        log_text_line(&row.line, LOG_TEXT_MESSAGE, MOST_TEXT, &texts[n]);
        out[n] = (struct timeline_extra){
            .time_ms = row.line.time_ms, .kind = t->about.kind, .ns = t->about.ns, .name = t->about.name, .source = log_buffer_label(m->logs[LOGS_SYSTEM].buffer, row.line.stream),
            .text = texts[n].text.p ? texts[n].text.p : "", .error = true,
        };
        n++;
    }
    return n;
}

static void make(struct timeline_view *t, const struct model *m, const struct object *o)
{
    struct timeline_extra *extra = mem_array(MOST_LOG_ROWS, sizeof *extra);
    struct log_text *texts = mem_array(MOST_LOG_ROWS, sizeof *texts);
    size_t n = error_rows(t, m, extra, texts);
    if (t->made)
        timeline_free(&t->line);
    timeline_make(m->store, o, extra, n, m->now_ms, &t->line);
    t->line.subject = NULL;          /* an object does not outlive the turn */
    t->made = true;
    for (size_t i = 0; i < MOST_LOG_ROWS; i++)
        log_text_free(&texts[i]);
    free(texts);
    free(extra);
}

static void timeline_update(struct view *v, const struct model *m)
{
    struct timeline_view *t = (struct timeline_view *)v;
    if (!t->started) {
        t->started = true;
        ref_set(&t->about, m->selected);
        if (m->selected)
            look_for_errors(t, m, m->selected);
    }
    if (t->about.kind == KIND_NONE)
        return;
    log_view_step(t->errors, m->clock, m->clock->mono(m->clock) + SLICE_MS);
    const struct object *o = store_find(m->store, t->about.kind, slice_of(t->about.ns), slice_of(t->about.name));
    t->gone = !o || !o->present;
    if (t->gone)
        return;                      /* what was known of it stays */
    uint64_t generation = store_generation(m->store), logs = log_view_generation(t->errors);
    if (t->made && generation == t->generation && logs == t->log_generation && m->now_ms / 1000 == t->second)
        return;
    t->generation = generation;
    t->log_generation = logs;
    t->second = m->now_ms / 1000;
    make(t, m, o);
}

static int64_t timeline_due(const struct view *v, const struct model *m)
{
    const struct timeline_view *t = (const struct timeline_view *)v;
    (void)m;
    return t->errors && !log_view_done(t->errors) ? 0 : -1;
}

static void timeline_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    const struct timeline_view *t = (const struct timeline_view *)v;
    (void)m;
    buf_add_text(left, "Timeline");
    if (t->about.kind == KIND_NONE)
        return;
    buf_printf(left, " · %s %s", kind_short(t->about.kind), t->about.name);
    if (t->gone)
        buf_add_text(right, "gone: this is what was known of it · ");
    if (t->made)
        buf_printf(right, "%zu rows%s", t->line.n_rows, t->line.left_out ? ", older ones left out" : "");
}

/* ---- drawing ------------------------------------------------------------------------------------------------------------------------ */

/* Bars whose lengths are the shares; returns the rows taken. */
static int draw_phases(const struct timeline *line, struct canvas *c, struct rect r)
{
    static const char *const blocks[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int room = r.w - LABEL_WIDE - 20, y = r.y;
    char took[16];
    size_t longest = 0;
    for (size_t i = 1; i < line->n_phases; i++)
        if (line->phases[i].ms > line->phases[longest].ms)
            longest = i;
    for (size_t i = 0; i < line->n_phases && y < r.y + r.h; i++, y++) {
        const struct timeline_phase *p = &line->phases[i];
        enum role role = p->open ? ROLE_WAITING : i == longest ? ROLE_ACCENT : ROLE_NORMAL;
        int eighths = line->total_ms > 0 && room > 0 ? (int)((double)p->ms * room * 8 / (double)line->total_ms) : 0;
        canvas_fit(c, y, r.x + 1, LABEL_WIDE - 1, role, FIT_END, slice_of(phase_name(p->phase)));
        int x = r.x + 1 + LABEL_WIDE;
        for (; eighths >= 8; eighths -= 8)
            x += canvas_text(c, y, x, role, canvas_ascii(c) ? "#" : "█");
        if (eighths > 0)
            x += canvas_text(c, y, x, role, canvas_ascii(c) ? "" : blocks[eighths]);
        canvas_printf(c, y, x + 1, role, "%s  %d %%%s", time_stage(p->ms, took), p->share, p->open ? "  still" : "");
    }
    return y - r.y;
}

static void draw_row(const struct timeline_row *row, const struct model *m, struct canvas *c, int y, struct rect r)
{
    enum role role = row->bad ? ROLE_ERROR : row->before ? ROLE_MUTED : row->kind == TIME_READY ? ROLE_READY : ROLE_NORMAL;
    char stamp[LOG_TIME_BYTES], took[16];
    int x = r.x + 1, end = r.x + r.w - 1;
    log_time_text(row->time_ms * 1000000, m->utc ? LOG_TIME_UTC : LOG_TIME_LOCAL, m->now_ms, stamp);
    if (row->coarse)
        stamp[8] = '\0';
    canvas_text(c, y, x, ROLE_MUTED, stamp);
    x += STAMP_WIDE;
    if (row->gap_ms > 0)
        canvas_printf(c, y, x, row->gap_ms >= 1000 ? ROLE_STRONG : ROLE_MUTED, "+%s", time_stage(row->gap_ms, took));
    x += GAP_WIDE;
    if (r.w >= 100) {
        struct buf object = {0};
        buf_printf(&object, "%s %s", row->object_kind == KIND_NONE ? "" : kind_short(row->object_kind), row->name ? row->name : "");
        canvas_fit(c, y, x, OBJECT_WIDE - 1, ROLE_MUTED, FIT_MIDDLE, buf_slice(&object));
        buf_free(&object);
        x += OBJECT_WIDE;
    } else {
        canvas_fit(c, y, x, 8, ROLE_MUTED, FIT_END, slice_of(row->object_kind == KIND_NONE ? "" : kind_short(row->object_kind)));
        x += 9;
    }
    struct buf text = {0};
    buf_add_text(&text, row->what);
    if (row->text && row->text[0])
        buf_printf(&text, ": %s", row->text);
    if (row->count > 1)
        buf_printf(&text, "  ×%d", row->count);
    canvas_fit(c, y, x, end - x, role, FIT_END, buf_slice(&text));
    buf_free(&text);
}

static void timeline_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    struct timeline_view *t = (struct timeline_view *)v;
    struct rect old = canvas_clip_get(c);
    (void)focused;
    canvas_clip(c, r);
    if (!t->made) {
        canvas_wrap(c, (struct rect){r.y, r.x + 1, r.h, r.w - 2}, ROLE_MUTED, slice_of(t->gone ? "it is gone, and nothing was known of it" : "nothing is selected"));
        canvas_clip(c, old);
        return;
    }
    int y = r.y, last = (int)t->line.n_rows;
    y += canvas_wrap(c, (struct rect){y, r.x + 1, 2, r.w - 2}, ROLE_STRONG, slice_of(t->line.summary));
    y += draw_phases(&t->line, c, (struct rect){y, r.x, r.h - (y - r.y), r.w});
    if (t->line.n_phases)
        y++;
    t->rows = r.y + r.h - y;
    t->top = t->top + t->rows > last ? last - t->rows : t->top;
    t->top = t->top < 0 ? 0 : t->top;
    for (int i = t->top; i < last && y < r.y + r.h; i++, y++)
        draw_row(&t->line.rows[i], m, c, y, r);
    canvas_clip(c, old);
}

static unsigned timeline_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct timeline_view *t = (struct timeline_view *)v;
    (void)m;
    (void)key;
    if (action == ACTION_TIMELINE)
        return REACT_CLOSE;
    return pane_scroll(&t->top, t->made ? (int)t->line.n_rows : 0, t->rows, action) ? REACT_DONE : REACT_NONE;
}

static void timeline_command(struct view *v, const struct model *m, struct buf *out)
{
    const struct timeline_view *t = (const struct timeline_view *)v;
    if (t->made)
        timeline_text(&t->line, 0, !m->utc, out);
}

const struct view_ops timeline_view = {
    .name = "timeline", .create = timeline_new, .free = timeline_view_free, .update = timeline_update, .title = timeline_title, .draw = timeline_draw,
    .act = timeline_act, .command = timeline_command, .due = timeline_due,
};
