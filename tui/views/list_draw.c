/* A list on the canvas: a sign, then columns that line up, then the cause with what room is left. State is said by sign and role. */
#include "tui/views/list.h"
#include "core/base/clock.h"

enum { WIDE_PANE = 100, WIDE_SCREEN = 160, GAP = 2 };

static const struct {
    enum role role;
    enum glyph glyph;
    const char *name;
} looks[] = {
    [ROW_STUCK] = {ROLE_STUCK, GLYPH_STUCK, "stuck"},
    [ROW_WAITING] = {ROLE_WAITING, GLYPH_WAITING, "waiting"},
    [ROW_DELETING] = {ROLE_LEAVING, GLYPH_LEAVING, "deleting"},
    [ROW_READY] = {ROLE_READY, GLYPH_READY, "ready"},
};

void list_row_text(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    for (const struct list_column *c = l->kind->columns; c->text; c++) {
        if (c->text == text_time || c->text == text_age)
            continue;                                      /* they change by themselves */
        c->text(l, m, o, out);
        buf_add_byte(out, ' ');
    }
    const struct list_seat *seat = slots_get(&l->seats, o->slot);
    buf_add_text(out, looks[seat && seat->o == o ? seat->state : l->kind->judge(l, m, o).state].name);
}

static bool column_shown(const struct model *m, const struct list_column *c, int w)
{
    return w >= c->from && (!c->namespaced || !m->info || !m->info->ns);
}

static struct slice column_text(struct list *l, const struct model *m, const struct list_column *c, const struct object *o)
{
    buf_clear(&l->scratch);
    c->text(l, m, o, &l->scratch);
    return buf_slice(&l->scratch);
}

/* The most columns one of these rows needs. */
static int need(struct list *l, const struct model *m, const struct list_column *c, size_t from, size_t to, int most)
{
    int widest = 0;
    for (size_t row = from; row < to && widest < most; row++) {
        int w = text_columns(column_text(l, m, c, ((const struct list_seat *)l->rows.v[row])->o));
        widest = w > widest ? w : widest;
    }
    return widest < most ? widest : most;
}

/* The widest of those that can give way, or NULL. */
static int *giving(struct list *l, const int *room)
{
    int *most = NULL;
    for (unsigned i = 0; i < LIST_COLUMNS; i++) {
        if (room[i] > 0 && (!most || room[i] > room[most - l->widths]))
            most = &l->widths[i];
    }
    return most;
}

/* Takes up to `missing` columns from those that have room; returns what is missing still. */
static int take(struct list *l, int *room, int missing)
{
    int *gives;
    for (; missing > 0 && (gives = giving(l, room)); missing--) {
        --*gives;
        room[gives - l->widths]--;
    }
    return missing;
}

static int most_of(const struct list_column *c, int w, bool wide_screen)
{
    int most = w < WIDE_PANE ? c->narrow : c->wide;
    return c->whole && wide_screen && most < w / 5 ? w / 5 : most;
}

/* Widths for the rows in sight, into l->widths; what a row needs only grows while the pane's width stays. Where the cause would be cut,
 * first goes what no row in sight needs, then names are cut. On a wide screen those that stay whole are cut last, and only as far as the
 * cause would have less than half of what they leave. */
static void measure(struct list *l, const struct model *m, size_t from, size_t to, int w, bool wide_screen)
{
    if (w != l->width)
        memset(l->needs, 0, sizeof l->needs);
    l->width = w;
    int used = 3, padding[LIST_COLUMNS] = {0}, room[LIST_COLUMNS] = {0}, whole[LIST_COLUMNS] = {0}, cause = 0;
    const struct list_column *columns = l->kind->columns;
    for (unsigned i = 0; i < LIST_COLUMNS && columns[i].text; i++) {
        bool last = !columns[i + 1].text, keeps = columns[i].whole && wide_screen;
        int most = last ? w / 2 : most_of(&columns[i], w, wide_screen);
        int now = column_shown(m, &columns[i], w) ? need(l, m, &columns[i], from, to, most) : 0;
        l->needs[i] = now > l->needs[i] ? now : l->needs[i];
        l->widths[i] = last ? 0 : l->needs[i];
        if (columns[i].least) {
            int low = now > columns[i].least ? now : columns[i].least;
            padding[i] = l->widths[i] - low;
            *(keeps ? &whole[i] : &room[i]) = low - columns[i].least;
        }
        used += l->widths[i] ? l->widths[i] + GAP : 0;
        cause = l->needs[i];
    }
    int missing = take(l, room, take(l, padding, cause - (w - used)));
    int has = w - 3, names = 0;
    for (unsigned i = 0; i < LIST_COLUMNS && columns[i].text; i++) {
        has -= l->widths[i] ? l->widths[i] + GAP : 0;
        names += columns[i].least && !columns[i].whole ? l->widths[i] : 0;
    }
    int half = (has + names) / 2;
    take(l, whole, missing < half - has ? missing : half - has);
}

static enum role column_role(const struct list_column *c, bool name, bool cause, enum row_state state)
{
    if (c->by_state)
        return state == ROW_READY ? ROLE_MUTED : looks[state].role;
    if (name)
        return state == ROW_STUCK ? ROLE_STRONG : ROLE_NORMAL;
    return cause ? ROLE_NORMAL : ROLE_MUTED;
}

static void draw_row(struct list *l, const struct model *m, struct canvas *canvas, struct rect r, const struct list_seat *seat)
{
    int x = r.x + 1;
    const struct object *o = seat->o;
    canvas_glyph(canvas, r.y, x, looks[seat->state].role, looks[seat->state].glyph);
    x += 2;
    const struct list_column *columns = l->kind->columns;
    for (unsigned i = 0; i < LIST_COLUMNS && columns[i].text; i++) {
        const struct list_column *c = &columns[i];
        bool last = !columns[i + 1].text;
        int w = last ? r.x + r.w - x : l->widths[i];
        if (w <= 0 || !column_shown(m, c, r.w))
            continue;
        if (w > r.x + r.w - x)
            w = r.x + r.w - x;
        if (w <= 0)
            break;
        canvas_fit(canvas, r.y, x, w, column_role(c, i == 0, last, seat->state), c->fit, column_text(l, m, c, o));
        x += w + GAP;
    }
}

/* The first source of the kind, which is the one that fills the list. */
static const struct source_status *source_of(const struct list *l, const struct model *m)
{
    for (size_t i = 0; i < m->n_sources; i++) {
        if (m->sources[i].kind == l->kind->kind)
            return &m->sources[i];
    }
    return NULL;
}

static void health(const struct list *l, const struct model *m, struct buf *out)
{
    const struct source_status *s = source_of(l, m);
    char text[16];
    switch (s ? s->health : SOURCE_OFF) {
    case SOURCE_LOADING:
        buf_add_text(out, s->synced ? "" : "loading");
        break;
    case SOURCE_STALE:
        buf_printf(out, "stale %s", time_stage(s->age_ms - s->age_ms % 1000, text));
        break;
    case SOURCE_FORBIDDEN:
        buf_printf(out, "403: list %s", kind_info(l->kind->kind)->plural);
        break;
    case SOURCE_ABSENT:
        buf_add_text(out, "not served");
        break;
    case SOURCE_LIVE:                                      /* "only namespace x: the cluster-wide list is forbidden" */
        buf_add(out, s->message, strcspn(s->message, ":"));
        break;
    case SOURCE_OFF:
        break;
    }
}

static bool narrowed(const struct list *l)
{
    return l->filter || l->faults_only || l->scope_of != KIND_NONE;
}

void list_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    struct list *l = (struct list *)v;
    list_fresh(l, m);
    buf_add_text(left, kind_info(l->kind->kind)->title);
    if (l->scope_of != KIND_NONE)
        buf_printf(left, " of %s", l->scope_name);
    if (l->faults_only)
        buf_add_text(left, " · faults only");
    if (l->filter) {
        buf_add_text(left, " /");
        buf_add_slice(left, pattern_text(l->filter));
        buf_add_byte(left, '/');
    }
    size_t before = right->n, n = l->rows.n, last = l->scroll + (size_t)(l->height > 0 ? l->height : 0);
    health(l, m, right);
    if (right->n > before)
        buf_add_text(right, " · ");
    if (last > n || l->height <= 0)
        last = n;
    if (n)
        buf_printf(right, "%zu–%zu of %zu", l->scroll + 1, last, n);
    else
        buf_add_text(right, "none");
    size_t all = m->store ? store_count(m->store, l->kind->kind) : 0;
    if (narrowed(l) && all != n)
        buf_printf(right, " (%zu)", all);
}

/* Rows a filter keeps from sight though they are what the list is to show. */
static size_t hidden_by_filter(const struct list *l, const struct model *m, enum row_state last)
{
    size_t n = 0;
    const struct ptrs *all = store_all(m->store, l->kind->kind);
    for (size_t i = 0; i < all->n; i++) {
        const struct object *o = all->v[i];
        const struct list_seat *seat = slots_get(&l->seats, o->slot);
        n += seat && seat->o == o && seat->state <= last && in_scope(l, m, o);
    }
    return n;
}

static void say_filtered(const struct list *l, const struct model *m, struct buf *text)
{
    size_t stuck = hidden_by_filter(l, m, ROW_STUCK), all = hidden_by_filter(l, m, l->faults_only ? ROW_WAITING : ROW_READY);
    struct slice pattern = pattern_text(l->filter);
    if (!all) {
        buf_add_text(text, l->faults_only ? "nothing here is stuck or waiting" : "no row");
        buf_add_text(text, ", with the filter or without it");
        return;
    }
    buf_add_text(text, "the filter /");
    buf_add_slice(text, pattern);
    if (stuck)
        buf_printf(text, "/ hides %zu stuck", stuck);
    else
        buf_printf(text, "/ hides %zu %s", all, l->faults_only ? "waiting" : all == 1 ? "row" : "rows");
    buf_add_text(text, "; Esc clears it");
}

static void draw_empty(struct list *l, const struct model *m, struct canvas *canvas, struct rect r)
{
    const struct source_status *s = source_of(l, m);
    struct buf text = {0};
    if (l->filter && m->store && store_count(m->store, l->kind->kind))
        say_filtered(l, m, &text);
    else if (narrowed(l) && m->store && store_count(m->store, l->kind->kind))
        buf_printf(&text, l->faults_only ? "nothing here is stuck or waiting" : "no %s of %s", l->kind->many, l->scope_name);
    else if (s && (s->health == SOURCE_FORBIDDEN || s->health == SOURCE_ABSENT || s->health == SOURCE_STALE) && *s->message)
        buf_add_text(&text, s->message);
    else if (s && !s->synced && s->health != SOURCE_FORBIDDEN && s->health != SOURCE_ABSENT)
        buf_printf(&text, "%s are being listed", l->kind->many);
    else
        buf_printf(&text, "no %s", l->kind->many);
    canvas_wrap(canvas, (struct rect){r.y, r.x + 1, r.h, r.w - 2}, ROLE_MUTED, buf_slice(&text));
    buf_free(&text);
}

static void scroll_to_cursor(struct list *l, int h)
{
    size_t height = (size_t)h;
    if (l->scroll > l->at)
        l->scroll = l->at;
    if (l->at >= l->scroll + height)
        l->scroll = l->at - height + 1;
    if (l->scroll + height > l->rows.n)
        l->scroll = l->rows.n > height ? l->rows.n - height : 0;
    l->height = h;
}

void list_draw(struct view *v, const struct model *m, struct canvas *canvas, struct rect r, bool focused)
{
    struct list *l = (struct list *)v;
    (void)focused;                                         /* the border says it; the row is marked either way: Why speaks of it */
    if (r.h <= 0 || r.w <= 4)
        return;
    list_fresh(l, m);
    scroll_to_cursor(l, r.h);
    if (!l->rows.n || m->store != l->store) {
        draw_empty(l, m, canvas, r);
        return;
    }
    size_t end = l->scroll + (size_t)r.h < l->rows.n ? l->scroll + (size_t)r.h : l->rows.n;
    measure(l, m, l->scroll, end, r.w, canvas_w(canvas) >= WIDE_SCREEN);
    for (size_t row = l->scroll; row < end; row++) {
        struct rect line = {r.y + (int)(row - l->scroll), r.x, 1, r.w};
        draw_row(l, m, canvas, line, l->rows.v[row]);
        if (row == l->at)
            canvas_select(canvas, line);
    }
}
