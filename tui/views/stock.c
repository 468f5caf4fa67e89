/* Pools and templates in a narrow column: ready/desired beside each pool, those that are short first. Rows are names, never objects: they outlive
 * a turn. */
#include "core/base/mem.h"
#include "tui/views/panes.h"
#include <stdio.h>
#include <stdlib.h>

struct stock_row {
    enum kind kind;
    int ready, desired;
    char *ns, *name;
};
struct stock {
    struct view view;
    struct stock_row *rows;
    size_t n, pools, at, top, seen;  /* seen: rows on the screen at the last draw */
    uint64_t generation;
    bool several;                    /* namespaces */
};

static struct view *stock_new(void)
{
    struct stock *s = NEW(struct stock);
    s->view.ops = &stock_view;
    s->generation = UINT64_MAX;
    return &s->view;
}

static void forget(struct stock *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->rows[i].ns);
        free(s->rows[i].name);
    }
    free(s->rows);
    s->rows = NULL;
    s->n = s->pools = 0;
}

static void stock_free(struct view *v)
{
    struct stock *s = (struct stock *)v;
    forget(s);
    free(s);
}

static int order(const void *a, const void *b)
{
    const struct stock_row *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int short_x = x->ready < x->desired, short_y = y->ready < y->desired;
    if (short_x != short_y)
        return short_y - short_x;
    int c = strcmp(x->name, y->name);
    return c ? c : strcmp(x->ns, y->ns);
}

static void take(struct stock *s, const struct store *store, enum kind kind)
{
    const struct ptrs *all = store_all(store, kind);
    for (size_t i = 0; i < all->n; i++) {
        const struct object *o = all->v[i];
        struct stock_row *row = &s->rows[s->n++];
        *row = (struct stock_row){.kind = kind, .ns = mem_text(o->ns), .name = mem_text(o->name)};
        if (kind == KIND_POOL) {
            row->ready = AS(pool, o)->ready;
            row->desired = AS(pool, o)->desired;
        }
        s->several |= strcmp(row->ns, s->rows[0].ns) != 0;
    }
}

static bool concerns(const struct model *m)
{
    const struct ptrs *changes = store_changes(m->store);
    for (size_t i = 0; i < changes->n; i++) {
        enum kind kind = ((const struct object *)changes->v[i])->kind;
        if (kind == KIND_POOL || kind == KIND_TEMPLATE)
            return true;
    }
    return false;
}

static void stock_update(struct view *v, const struct model *m)
{
    struct stock *s = (struct stock *)v;
    if (s->generation != UINT64_MAX && !concerns(m))
        return;
    s->generation = store_generation(m->store);
    struct stock_row stood = {.kind = KIND_NONE};
    if (s->at < s->n) {              /* the cursor follows the object, not the row */
        stood = s->rows[s->at];
        s->rows[s->at].ns = s->rows[s->at].name = NULL;
    }
    forget(s);
    s->several = false;
    s->rows = mem_array(store_count(m->store, KIND_POOL) + store_count(m->store, KIND_TEMPLATE) + 1, sizeof *s->rows);
    take(s, m->store, KIND_POOL);
    s->pools = s->n;
    take(s, m->store, KIND_TEMPLATE);
    qsort(s->rows, s->n, sizeof *s->rows, order);
    if (s->at >= s->n)
        s->at = s->n ? s->n - 1 : 0;
    for (size_t i = 0; i < s->n && stood.kind != KIND_NONE; i++)
        if (s->rows[i].kind == stood.kind && !strcmp(s->rows[i].name, stood.name) && !strcmp(s->rows[i].ns, stood.ns))
            s->at = i;
    free(stood.ns);
    free(stood.name);
}

static void stock_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    const struct stock *s = (const struct stock *)v;
    (void)m;
    size_t lacking = 0;
    for (size_t i = 0; i < s->pools; i++)
        lacking += s->rows[i].ready < s->rows[i].desired;
    buf_add_text(left, "Pools");
    if (lacking)
        buf_printf(right, "%zu short of %zu", lacking, s->pools);
    else
        buf_printf(right, "%zu", s->pools);
}

static void draw_row(const struct stock *s, const struct stock_row *row, struct canvas *c, int y, struct rect r, int digits)
{
    int x = r.x + 1, end = r.x + r.w;
    if (row->kind == KIND_POOL) {
        bool lacking = row->ready < row->desired;
        enum role role = !row->desired ? ROLE_MUTED : !lacking ? ROLE_READY : row->ready ? ROLE_WAITING : ROLE_STUCK;
        char figures[32];
        snprintf(figures, sizeof figures, "%d/%d", row->ready, row->desired);
        canvas_fit(c, y, x, digits, role, FIT_RIGHT, slice_of(figures));
        x += digits + 1;
        if (lacking) {
            canvas_glyph(c, y, end - 2, role, row->ready ? GLYPH_WAITING : GLYPH_STUCK);
            end -= 2;
        }
    }
    x += canvas_fit(c, y, x, end - x - 1, ROLE_NORMAL, FIT_MIDDLE, slice_of(row->name)) + 1;
    if (s->several && end - x - 1 > 3)
        canvas_fit(c, y, x, end - x - 1, ROLE_MUTED, FIT_MIDDLE, slice_of(row->ns));
}

static void stock_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    struct stock *s = (struct stock *)v;
    size_t heading = s->n > s->pools, rows = r.h > 0 ? (size_t)r.h : 0, line = s->at + (s->at >= s->pools ? 2 * heading : 0);
    int digits = 3;
    for (size_t i = 0; i < s->pools; i++) {
        char figures[32];
        int n = snprintf(figures, sizeof figures, "%d/%d", s->rows[i].ready, s->rows[i].desired);
        digits = n > digits ? n : digits;
    }
    if (line < s->top)
        s->top = line;
    if (rows && line >= s->top + rows)
        s->top = line - rows + 1;
    s->seen = rows;
    if (!s->n) {
        canvas_wrap(c, (struct rect){r.y, r.x + 1, r.h, r.w - 2}, ROLE_MUTED, m->info->first_list ? SLICE("no pools, no templates") : SLICE("listing"));
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        size_t at = s->top + i;
        int y = r.y + (int)i;
        if (heading && (at == s->pools || at == s->pools + 1)) {
            if (at > s->pools)
                canvas_printf(c, y, r.x + 1, ROLE_MUTED, "templates %zu", s->n - s->pools);
            continue;
        }
        if (at > s->pools)
            at -= 2 * heading;
        if (at >= s->n)
            break;
        draw_row(s, &s->rows[at], c, y, r, digits);
        if (focused && at == s->at)
            canvas_select(c, (struct rect){y, r.x, 1, r.w});
    }
}

static unsigned stock_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct stock *s = (struct stock *)v;
    (void)m;
    (void)key;
    size_t last = s->n ? s->n - 1 : 0, page = s->seen > 1 ? s->seen - 1 : 1, old = s->at;
    switch (action) {
    case ACTION_UP: s->at -= s->at > 0; break;
    case ACTION_DOWN: s->at += s->at < last; break;
    case ACTION_PAGE_UP: s->at -= s->at < page ? s->at : page; break;
    case ACTION_PAGE_DOWN: s->at = s->at + page > last ? last : s->at + page; break;
    case ACTION_TOP: s->at = 0; break;
    case ACTION_BOTTOM: s->at = last; break;
    case ACTION_ENTER:
        if (s->at >= s->n)
            return REACT_NONE;
        v->go = (struct destination){.list = KIND_CLAIM, .of = s->rows[s->at].kind};
        snprintf(v->go.ns, sizeof v->go.ns, "%s", s->rows[s->at].ns);
        snprintf(v->go.name, sizeof v->go.name, "%s", s->rows[s->at].name);
        return REACT_GO;
    default: return REACT_NONE;
    }
    return old == s->at ? REACT_DONE : REACT_SELECT;
}

static const struct object *stock_selected(struct view *v, const struct model *m)
{
    const struct stock *s = (const struct stock *)v;
    if (s->at >= s->n)
        return NULL;
    return store_find(m->store, s->rows[s->at].kind, slice_of(s->rows[s->at].ns), slice_of(s->rows[s->at].name));
}

static void stock_command(struct view *v, const struct model *m, struct buf *out)
{
    const struct stock *s = (const struct stock *)v;
    (void)m;
    if (s->at < s->n)
        buf_printf(out, "kubectl get %s %s -n %s -o yaml", kind_info(s->rows[s->at].kind)->plural, s->rows[s->at].name, s->rows[s->at].ns);
}

const struct view_ops stock_view = {
    .name = "stock", .create = stock_new, .free = stock_free, .update = stock_update, .title = stock_title, .draw = stock_draw, .act = stock_act,
    .selected = stock_selected, .command = stock_command,
};
