/* The controller's and the router's newest lines, merged by time. Following, the newest stand at the foot; scrolling up pauses, and pausing loses
 * nothing: the pane then stands on a line's number, whatever comes after. Only what is on the screen is parsed. */
#include "core/base/mem.h"
#include "core/base/pattern.h"
#include "core/logs/log_line.h"
#include "tui/views/panes.h"
#include <stdio.h>
#include <stdlib.h>

enum { MINUTES = 8, MOST_ROWS = 512, MOST_LOOKED_AT = 50000, MOST_COUNTED = 20000 };

struct logs {
    struct view view;
    struct pattern *pattern;         /* NULL: all lines */
    bool paused;
    uint64_t foot;                   /* while paused: the number of the lowest line shown */
    uint64_t counted;                /* lines before this number are in the rate */
    uint32_t errors[MINUTES];        /* per minute, the newest last */
    int64_t minute;
    int rows;
    uint64_t shown[MOST_ROWS];       /* merged positions on the screen at the last draw, top first */
    size_t n_shown;
};

static struct view *logs_new(void)
{
    struct logs *l = NEW(struct logs);
    l->view.ops = &logs_view;
    return &l->view;
}

static void logs_free(struct view *v)
{
    pattern_free(((struct logs *)v)->pattern);
    free(v);
}

static void logs_update(struct view *v, const struct model *m)
{
    struct logs *l = (struct logs *)v;
    const struct log_buffer *buffer = m->logs;
    int64_t minute = m->now_ms / 60000;
    uint64_t end = log_buffer_end(buffer), first = log_buffer_first(buffer);
    if (minute < l->minute || minute - l->minute >= MINUTES)
        memset(l->errors, 0, sizeof l->errors);
    else if (minute > l->minute) {
        size_t by = (size_t)(minute - l->minute);
        memmove(l->errors, l->errors + by, (MINUTES - by) * sizeof *l->errors);
        memset(l->errors + MINUTES - by, 0, by * sizeof *l->errors);
    }
    l->minute = minute;
    if (l->counted < first)
        l->counted = first;
    if (end - l->counted > MOST_COUNTED) /* a flood: the rate is of its newest lines */
        l->counted = end - MOST_COUNTED;
    for (; l->counted < end; l->counted++) {
        struct log_entry e;
        if (!log_buffer_get(buffer, l->counted, &e) || e.type != LOG_LINE_TEXT || e.level < LEVEL_ERROR || e.folded)
            continue;
        int64_t ago = minute - e.time_ms / 60000;
        if (ago >= 0 && ago < MINUTES)
            l->errors[MINUTES - 1 - ago]++;
    }
}

static bool wanted(const struct logs *l, const struct log_entry *e)
{
    if (e->folded)
        return false;
    return !l->pattern || e->type != LOG_LINE_TEXT || pattern_find(l->pattern, e->text, NULL, NULL);
}

/* The merged position of a line by its number: late lines may have moved it, so it is looked for outward from where it would stand. */
static uint64_t position_of(const struct log_buffer *b, uint64_t number)
{
    uint64_t first = log_buffer_first(b), count = log_buffer_end(b) - first;
    if (number < first || !count)
        return 0;
    uint64_t guess = number - first < count ? number - first : count - 1;
    for (uint64_t off = 0; off < 4096; off++) {
        struct log_entry e;
        if (guess + off < count && log_buffer_merged(b, guess + off, &e) && e.number == number)
            return guess + off;
        if (off <= guess && log_buffer_merged(b, guess - off, &e) && e.number == number)
            return guess - off;
    }
    return guess;
}

/* Fills shown[] with up to rows positions that end at or before `last`; where there are not as many above it, with what follows. */
static void gather(struct logs *l, const struct log_buffer *b, uint64_t last, int rows)
{
    size_t most = rows < 0 ? 0 : rows > MOST_ROWS ? MOST_ROWS : (size_t)rows;
    uint64_t count = log_buffer_end(b) - log_buffer_first(b);
    l->n_shown = 0;
    for (uint64_t p = last + 1, looked = 0; p > 0 && l->n_shown < most && p <= count && looked < MOST_LOOKED_AT; p--, looked++) {
        struct log_entry e;
        if (log_buffer_merged(b, p - 1, &e) && wanted(l, &e))
            l->shown[l->n_shown++] = p - 1;
    }
    for (size_t i = 0; i < l->n_shown / 2; i++) {
        uint64_t t = l->shown[i];
        l->shown[i] = l->shown[l->n_shown - 1 - i];
        l->shown[l->n_shown - 1 - i] = t;
    }
    for (uint64_t p = last + 1, looked = 0; p < count && l->n_shown < most && looked < MOST_LOOKED_AT; p++, looked++) {
        struct log_entry e;
        if (log_buffer_merged(b, p, &e) && wanted(l, &e))
            l->shown[l->n_shown++] = p;
    }
}

static enum role level_role(const struct log_line *line, unsigned level)
{
    if (line->status >= 500 || level >= LEVEL_ERROR)
        return ROLE_ERROR;
    if (line->status >= 400 || level == LEVEL_WARN)
        return ROLE_WARNING;
    return level == LEVEL_DEBUG || level == LEVEL_TRACE ? ROLE_MUTED : ROLE_NORMAL;
}

static void join(struct buf *out, struct slice s, const char *between)
{
    if (!s.n)
        return;
    if (out->n)
        buf_add_text(out, between);
    buf_add_slice(out, s);
}

static void text_of(const struct log_entry *e, const struct log_line *line, struct buf *out)
{
    if (line->status || line->method.n) {
        if (line->status)
            buf_printf(out, "%d", line->status);
        join(out, line->method, "  ");
        join(out, line->path, " ");
        join(out, line->name, "  ");
        if (line->duration_ms >= 0)
            buf_printf(out, "  %lld ms", (long long)line->duration_ms);
        join(out, line->error, "  ");
        if (line->error.n == 0 && line->status >= 400) /* of a good answer the rest has told all */
            join(out, line->message, "  ");
        return;
    }
    join(out, line->message.n ? line->message : e->text, "");
    if (line->name.n) {
        struct buf object = {0};
        enum kind kind = kind_by_name(line->kind);
        join(&object, kind != KIND_NONE ? slice_of(kind_short(kind)) : line->kind, "");
        join(&object, line->ns, " ");
        join(&object, line->name, line->ns.n ? "/" : " ");
        join(out, buf_slice(&object), "  ");
        buf_free(&object);
    }
    join(out, line->error, "  ");
}

static void draw_line(const struct logs *l, const struct model *m, struct canvas *c, int y, struct rect r, const struct log_entry *e, const char *label)
{
    char stamp[16];
    int x = r.x + 1, end = r.x + r.w - 1;
    struct buf text = {0};
    if (e->type != LOG_LINE_TEXT) {
        buf_printf(&text, "%s: ", label);
        buf_add_slice(&text, e->text);
        canvas_glyph(c, y, x, ROLE_MUTED, GLYPH_HLINE);
        canvas_fit(c, y, x + 2, end - x - 2, e->type == LOG_LINE_GAP ? ROLE_WARNING : ROLE_MUTED, FIT_END, buf_slice(&text));
        buf_free(&text);
        return;
    }
    struct log_line line;
    log_line_parse(e->text, &line);
    enum role role = level_role(&line, e->level);
    canvas_text(c, y, x, ROLE_MUTED, time_hms(e->time_ms, !m->utc, stamp));
    x += 9;
    canvas_fit(c, y, x, 4, ROLE_ACCENT, FIT_END, slice_of(label));
    x += 4;
    if (!line.status && !line.method.n) {
        static const char *const names[] = {"", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
        canvas_text(c, y, x, role == ROLE_NORMAL ? ROLE_MUTED : role, e->level <= LEVEL_FATAL ? names[e->level] : "");
        x += 6;
    }
    text_of(e, &line, &text);
    size_t from, to;
    canvas_fit(c, y, x, end - x, role, FIT_END, buf_slice(&text));
    if (l->pattern && text.n && pattern_find(l->pattern, buf_slice(&text), &from, &to) && to > from) {
        int at = x + text_columns((struct slice){text.p, from}), wide = text_columns((struct slice){text.p + from, to - from});
        if (at + wide < end)
            canvas_role(c, (struct rect){y, at, 1, wide}, ROLE_MATCH);
    }
    buf_free(&text);
}

static void logs_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    struct logs *l = (struct logs *)v;
    const struct log_buffer *b = m->logs;
    uint64_t count = log_buffer_end(b) - log_buffer_first(b);
    struct rect old = canvas_clip_get(c);
    canvas_clip(c, r);
    l->rows = r.h;
    l->n_shown = 0;
    if (count)
        gather(l, b, l->paused ? position_of(b, l->foot) : count - 1, r.h);
    for (size_t i = 0; i < l->n_shown; i++) {
        struct log_entry e;
        if (log_buffer_merged(b, l->shown[i], &e))
            draw_line(l, m, c, r.y + (int)i, r, &e, log_buffer_label(b, e.stream));
    }
    uint64_t foot = l->paused ? position_of(b, l->foot) : UINT64_MAX;
    for (size_t i = 0; focused && i < l->n_shown; i++)
        if (l->shown[i] == foot)
            canvas_select(c, (struct rect){r.y + (int)i, r.x, 1, r.w});
    if (!l->n_shown && r.w > 4) {
        size_t n = m->n_log_sources;
        const struct log_source *s = m->log_sources;
        const char *text = count ? "no line matches the filter" : n ? "no lines yet" : "no controller or router found to read logs from";
        for (size_t i = 0; !count && i < n; i++)
            if (!s[i].live && s[i].message && s[i].message[0])
                text = s[i].message;
        canvas_wrap(c, (struct rect){r.y, r.x + 1, r.h, r.w - 2}, ROLE_MUTED, slice_of(text));
    }
    canvas_clip(c, old);
}

static void logs_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    struct logs *l = (struct logs *)v;
    const struct log_buffer *b = m->logs;
    size_t n = m->n_log_sources, live = 0;
    const struct log_source *s = m->log_sources;
    for (size_t i = 0; i < n; i++)
        live += s[i].live;
    buf_add_text(left, "Logs · controller + router");
    if (l->pattern)
        buf_printf(left, " /%.*s/", (int)pattern_text(l->pattern).n, pattern_text(l->pattern).p);
    uint32_t most = 0, last = l->errors[MINUTES - 1];
    for (int i = 0; i < MINUTES; i++)
        most = l->errors[i] > most ? l->errors[i] : most;
    if (l->paused) {
        uint64_t at = position_of(b, l->foot), count = log_buffer_end(b) - log_buffer_first(b);
        buf_printf(right, "paused · %llu newer · End follows", (unsigned long long)(count > at + 1 ? count - at - 1 : 0));
        return;
    }
    if (live < n)
        buf_printf(right, "%zu of %zu streams · ", live, n);
    if (!most) {
        buf_add_text(right, n ? "no errors" : "no streams");
        return;
    }
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    buf_add_text(right, "errors ");
    for (int i = 0; i < MINUTES; i++)
        buf_add_text(right, bars[l->errors[i] ? 1 + (uint64_t)l->errors[i] * 6 / most : 0]);
    buf_printf(right, " %u/min", last);
}

/* Moves the foot by `by` wanted lines; past the newest it follows again. */
static void move_foot(struct logs *l, const struct log_buffer *b, int by)
{
    uint64_t count = log_buffer_end(b) - log_buffer_first(b), at = l->paused ? position_of(b, l->foot) : count - 1;
    struct log_entry e;
    int step = by < 0 ? -1 : 1, left = by < 0 ? -by : by;
    uint64_t stand = at;
    for (uint64_t looked = 0; left > 0 && looked < MOST_LOOKED_AT; looked++) {
        if (step < 0 ? at == 0 : at + 1 >= count)
            break;
        at = step < 0 ? at - 1 : at + 1;
        if (log_buffer_merged(b, at, &e) && wanted(l, &e)) {
            stand = at;
            left--;
        }
    }
    if (log_buffer_merged(b, stand, &e))
        l->foot = e.number;
    l->paused = step < 0 || stand + 1 < count;
    if (step > 0 && left > 0)
        l->paused = false;
}

static unsigned logs_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct logs *l = (struct logs *)v;
    const struct log_buffer *b = m->logs;
    (void)key;
    if (log_buffer_end(b) == log_buffer_first(b))
        return REACT_NONE;
    int page = l->rows > 2 ? l->rows - 1 : 1;
    switch (action) {
    case ACTION_UP: move_foot(l, b, -1); return REACT_DONE;
    case ACTION_PAGE_UP: move_foot(l, b, -page); return REACT_DONE;
    case ACTION_DOWN: case ACTION_PAGE_DOWN:
        if (l->paused)
            move_foot(l, b, action == ACTION_DOWN ? 1 : page);
        return REACT_DONE;
    case ACTION_TOP: {
        struct log_entry e;
        uint64_t at = 0, count = log_buffer_end(b) - log_buffer_first(b), last = 0;
        for (int rows = 0; at < count && at < MOST_LOOKED_AT && rows < l->rows; at++)
            if (log_buffer_merged(b, at, &e) && wanted(l, &e)) {
                last = at;
                rows++;
            }
        if (log_buffer_merged(b, last, &e))
            l->foot = e.number;
        l->paused = true;
        return REACT_DONE;
    }
    case ACTION_BOTTOM: l->paused = false; return REACT_DONE;
    default: return REACT_NONE;
    }
}

static void logs_filter(struct view *v, const struct model *m, struct slice text, struct err *err)
{
    struct logs *l = (struct logs *)v;
    (void)m;
    struct pattern *pattern = text.n ? pattern_new(text, PATTERN_SMARTCASE, err) : NULL;
    if (text.n && !pattern)
        return;
    pattern_free(l->pattern);
    l->pattern = pattern;
}

static void logs_command(struct view *v, const struct model *m, struct buf *out)
{
    (void)v;
    size_t n = m->n_log_sources;
    const struct log_source *s = m->log_sources;
    if (n)
        buf_printf(out, "kubectl logs -f -n %s %s -c %s", s[0].ns, s[0].pod, s[0].container);
}

const struct view_ops logs_view = {
    .name = "logs", .create = logs_new, .free = logs_free, .update = logs_update, .title = logs_title, .draw = logs_draw, .act = logs_act,
    .filter = logs_filter, .command = logs_command,
};
