/* The Logs pane's lines on the screen. Following, the newest stand at the foot; paused, the screen begins at the sheet's top line,
 * whatever comes after it, and moves only as far as the cursor needs. */
#include "tui/views/logs.h"

/* Row and how many lines of it are above the screen, so that the screen ends with the last line of `last`. */
static void fill_up(struct logs *l, struct sheet *s, uint64_t last, int h, int w, uint64_t *top, int *skip)
{
    struct log_row row;
    int lines = 0;

    *top = last;
    *skip = 0;
    for (uint64_t at = last + 1; at-- > 0 && lines < h;) {
        if (!log_view_at(s->view, at, &row))
            break;
        *top = at;
        lines += logs_row_height(l, s, &row, w);
    }
    if (lines > h)
        *skip = lines - h;
}

/* Lines from the top on; how many the rows before `until` take, and those of it. Stops where it is sure that they pass h. */
static int lines_before(struct logs *l, struct sheet *s, uint64_t top, uint64_t until, int h, int w)
{
    struct log_row row;
    int lines = 0;

    for (uint64_t at = top; at < until && lines <= h && log_view_at(s->view, at, &row); at++)
        lines += logs_row_height(l, s, &row, w);
    return lines;
}

static int height_at(struct logs *l, struct sheet *s, uint64_t at, int w)
{
    struct log_row row;
    return log_view_at(s->view, at, &row) ? logs_row_height(l, s, &row, w) : 0;
}

/* Moves the top so that the cursor's row is seen, and no more than that. */
static void keep_seen(struct logs *l, struct sheet *s, uint64_t cursor, int h, int w, uint64_t *top, int *skip)
{
    int tall = height_at(l, s, cursor, w);

    if (cursor < *top || (cursor == *top && *skip && tall <= h)) {
        if (s->settle && cursor < *top)
            fill_up(l, s, cursor, h - h / 3, w, top, skip);
        else {
            *top = cursor;
            *skip = 0;
        }
        return;
    }
    if (cursor == *top)
        return;
    int before = lines_before(l, s, *top, cursor, h + *skip, w) - *skip;
    if (before + tall <= h || (tall > h && before <= 0))
        return;
    if (s->settle)
        fill_up(l, s, cursor, h / 3 + tall < h ? h / 3 + tall : h, w, top, skip);
    else
        fill_up(l, s, cursor, h, w, top, skip);
    if (tall > h) {                  /* its first lines are what is wanted */
        *top = cursor;
        *skip = 0;
    }
}

/* Where the screen begins: a row, and how many of its lines are above. */
static void begin_at(struct logs *l, struct sheet *s, int h, int w, uint64_t *top, int *skip)
{
    uint64_t count = log_view_count(s->view), cursor, foot;
    struct log_row row;
    int end_skip;

    fill_up(l, s, count - 1, h, w, &foot, &end_skip);
    *top = foot;
    *skip = end_skip;
    if (!s->paused)
        return;
    if (log_view_find(s->view, s->top, top))
        *skip = s->skip;
    else
        *skip = 0;
    if (*skip && *skip >= height_at(l, s, *top, w))
        *skip = 0;
    log_view_find(s->view, s->cursor, &cursor);
    keep_seen(l, s, cursor, h, w, top, skip);
    if (*top > foot || (*top == foot && *skip > end_skip)) { /* no blank lines at the foot while there are lines above */
        *top = foot;
        *skip = end_skip;
    }
    if (log_view_at(s->view, *top, &row)) {
        s->top = row.line.number;
        s->skip = *skip;
    }
}

static void draw_rows(struct logs *l, struct sheet *s, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    uint64_t at, cursor = UINT64_MAX;
    int skip;

    l->paint_until_ms = m->clock->mono(m->clock) + LOGS_SLICE_MS;
    begin_at(l, s, r.h, r.w, &at, &skip);
    if (s->paused)
        log_view_find(s->view, s->cursor, &cursor);
    struct log_row here;
    if (cursor != UINT64_MAX && s->settle && log_view_at(s->view, cursor, &here))
        logs_row_reveal(l, &here, r.w);
    for (int y = -skip; y < r.h && l->n_shown < LOGS_ROWS; at++) {
        struct log_row row;
        if (!log_view_at(s->view, at, &row))
            break;
        int tall = logs_row_height(l, s, &row, r.w);
        logs_row_draw(l, s, &row, m, c, r.y + y, r);
        l->shown[l->n_shown++] = (struct logs_shown){row.line.number, y, tall};
        if (focused && at == cursor)
            canvas_select(c, (struct rect){r.y + y, r.x, tall, r.w});
        y += tall;
    }
    if (s->paused && log_view_done(s->view))
        s->settle = false;
}

void logs_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    struct logs *l = (struct logs *)v;
    struct sheet *s = logs_sheet(l);
    struct rect old = canvas_clip_get(c);
    struct buf why = {0};

    sheet_sync(l, s, m);
    canvas_clip(c, r);
    int head = logs_head(l, m, c, r);
    r.y += head;
    r.h -= head;
    canvas_clip(c, r);
    l->height = r.h;
    l->width = r.w;
    l->n_shown = 0;
    if (s->view && log_view_count(s->view) && r.h > 0) {
        logs_columns(l, s, m, r.w);
        draw_rows(l, s, m, c, r, focused);
    } else if (r.w > 4) {
        logs_empty(l, m, &why);
        canvas_wrap(c, (struct rect){r.y, r.x + 1, r.h, r.w - 2}, ROLE_MUTED, buf_slice(&why));
        buf_free(&why);
    }
    canvas_clip(c, old);
}
