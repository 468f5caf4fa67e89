/* Pane geometry and borders: see layout.h. */
#include "tui/layout.h"

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

/* One column: list, Why, Events where there is height for it, Logs. */
static void stack(struct layout *l, enum pane focus)
{
    struct rect b = l->body;
    struct rect *f = l->frame;
    if (b.h < 16) {                  /* room for two: the answer and what was asked */
        enum pane second = focus == PANE_EVENTS || focus == PANE_LOGS ? focus : PANE_WHY;
        int list = b.h < 6 ? b.h : b.h * 2 / 5;
        f[PANE_LIST] = (struct rect){b.y, b.x, list, b.w};
        if (b.h > list)
            f[second] = (struct rect){b.y + list, b.x, b.h - list, b.w};
        else if (focus != PANE_LIST)
            f[focus == PANE_STOCK ? PANE_LIST : focus] = b, f[PANE_LIST].h = focus == PANE_STOCK ? b.h : 0;
        return;
    }
    int logs = clamp(b.h / 5, 4, 14), why = clamp(b.h * 3 / 7, 8, 17), events = b.h >= 36 ? clamp(b.h / 6, 6, 10) : 0;
    int list = b.h - logs - why - events, y = b.y;
    f[PANE_LIST] = (struct rect){y, b.x, list, b.w};
    y += list;
    f[events || focus != PANE_EVENTS ? PANE_WHY : PANE_EVENTS] = (struct rect){y, b.x, why, b.w};
    y += why;
    if (events)
        f[PANE_EVENTS] = (struct rect){y, b.x, events, b.w};
    y += events;
    f[PANE_LOGS] = (struct rect){y, b.x, logs, b.w};
}

/* The list to the left, Why and Events to the right, Logs across the foot; on a wide screen pools and templates on the far left, and Events in a
 * column of its own. */
static void columns(struct layout *l, enum pane focus)
{
    struct rect b = l->body;
    struct rect *f = l->frame;
    int logs = b.h >= 24 ? clamp(b.h / 4, 6, 15) : b.h >= 14 ? 4 : 0;
    int upper = b.h - logs;
    if (logs)
        f[PANE_LOGS] = (struct rect){b.y + upper, b.x, logs, b.w};
    if (b.w >= 170 && b.h >= 24) {
        int stock = clamp(b.w / 8, 22, 30), events = b.w * 21 / 100, why = b.w * 28 / 100, list = b.w - stock - events - why, x = b.x;
        f[PANE_STOCK] = (struct rect){b.y, x, upper, stock};
        f[PANE_LIST] = (struct rect){b.y, x += stock, upper, list};
        f[PANE_WHY] = (struct rect){b.y, x += list, upper, why};
        f[PANE_EVENTS] = (struct rect){b.y, x + why, upper, events};
        return;
    }
    int list = b.w * 54 / 100;
    struct rect right = {b.y, b.x + list, upper, b.w - list};
    f[PANE_LIST] = (struct rect){b.y, b.x, upper, list};
    if (upper >= 20) {
        int why = upper * 3 / 5;
        f[PANE_WHY] = (struct rect){right.y, right.x, why, right.w};
        f[PANE_EVENTS] = (struct rect){right.y + why, right.x, upper - why, right.w};
    } else {
        bool borrowed = focus == PANE_EVENTS || (focus == PANE_LOGS && !logs);
        f[borrowed ? focus : PANE_WHY] = right;
    }
}

void layout_make(struct layout *l, int h, int w, enum pane focus, bool zoom)
{
    *l = (struct layout){.header = h >= 8 ? 2 : h >= 5 ? 1 : 0, .footer = h >= 3};
    l->body = (struct rect){l->header, 0, h - l->header - l->footer, w};
    if (l->body.h < 1 || w < 1)
        return;
    if (zoom)
        l->frame[focus] = l->body;
    else if (w >= 110 && l->body.h >= 10)
        columns(l, focus);
    else
        stack(l, focus);
}

struct rect layout_inside(struct rect f)
{
    int left = f.x > 0;
    struct rect in = {f.y + 1, f.x + left, f.h - 1, f.w - left};
    if (in.h < 0)
        in.h = 0;
    if (in.w < 0)
        in.w = 0;
    return in;
}

void frame_draw(struct canvas *c, struct rect f, struct slice left, struct slice right, bool focused)
{
    bool ascii = canvas_ascii(c);
    enum role line = focused ? ROLE_FOCUS : ROLE_BORDER;
    struct rect old = canvas_clip_get(c);
    canvas_clip(c, f);
    canvas_fill(c, (struct rect){f.y, f.x, 1, f.w}, line, glyph_text(GLYPH_HLINE, ascii));
    if (f.x > 0)
        canvas_fill(c, (struct rect){f.y + 1, f.x, f.h - 1, 1}, ROLE_BORDER, glyph_text(GLYPH_VLINE, ascii));
    int room = f.w - 4, want = text_columns(left), rw = text_columns(right), least = want < room * 3 / 5 ? want : room * 3 / 5;
    if (right.n && room - rw - 3 < least) /* what the pane is of goes before how much it is */
        rw = room - 3 - least;
    if (right.n && rw > 0) {
        room -= rw + 3;
        int x = f.x + f.w - rw - 3;
        canvas_text(c, f.y, x, line, " ");
        canvas_fit(c, f.y, x + 1, rw, ROLE_MUTED, FIT_END, right);
        canvas_text(c, f.y, x + 1 + rw, line, " ");
    }
    if (left.n && room > 0) {
        canvas_text(c, f.y, f.x + 1, line, " ");
        int n = canvas_fit(c, f.y, f.x + 2, room, focused ? ROLE_FOCUS : ROLE_TITLE, FIT_MIDDLE, left);
        canvas_text(c, f.y, f.x + 2 + n, line, " ");
    }
    canvas_clip(c, old);
}

static bool rule_at(const struct layout *l, int y, int x) /* a title row passes through this cell */
{
    for (int i = 0; i < PANE_COUNT; i++) {
        const struct rect *f = &l->frame[i];
        if (f->h && f->y == y && x >= f->x && x < f->x + f->w)
            return true;
    }
    return false;
}

static bool line_at(const struct layout *l, int y, int x) /* an upright line passes through this cell */
{
    for (int i = 0; i < PANE_COUNT; i++) {
        const struct rect *f = &l->frame[i];
        if (f->h && f->x > 0 && f->x == x && y > f->y && y < f->y + f->h)
            return true;
    }
    return false;
}

void frame_joints(struct canvas *c, const struct layout *l)
{
    for (int i = 0; i < PANE_COUNT; i++) {
        const struct rect *f = &l->frame[i];
        if (!f->h || f->x == 0)
            continue;
        for (int at = 0; at < 2; at++) { /* where the left edge begins, and where it ends on the row below */
            int y = at ? f->y + f->h : f->y, x = f->x;
            const struct cell *cell = rule_at(l, y, x) ? canvas_cell(c, y, x) : NULL;
            if (!cell || (at && strcmp(cell->text, glyph_text(GLYPH_HLINE, canvas_ascii(c))) != 0)) /* never into a title's words */
                continue;
            bool up = line_at(l, y - 1, x), down = line_at(l, y + 1, x), left = rule_at(l, y, x - 1);
            enum glyph g = up && down ? (left ? GLYPH_CROSS : GLYPH_TEE_RIGHT) : up ? GLYPH_TEE_UP : down ? GLYPH_TEE_DOWN : GLYPH_HLINE;
            canvas_glyph(c, y, x, ROLE_BORDER, g);
        }
        for (int y = f->y + 1; y < f->y + f->h; y++) /* a title row to the left ends at this edge */
            if (rule_at(l, y, f->x - 1))
                canvas_glyph(c, y, f->x, ROLE_BORDER, GLYPH_TEE_LEFT);
    }
}
