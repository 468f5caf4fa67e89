/* The help: every action with its keys, from the key table; the signs and what they mean. In two columns where both have room. */
#include "core/base/mem.h"
#include "tui/views/panes.h"

#include <stdio.h>
#include <stdlib.h>

/* Columns. A wide column has room for the most keys an action has in one line; in a narrow one they wrap. */
enum { WIDE = 66, KEYS_WIDE = 27, KEYS_NARROW = 16, TWO = 56, GAP = 2 };

/* One line of the table: a heading, a key or a sign with its words. Headings are the places where the second column may begin. */
struct entry {
    const char *heading;             /* NULL: none */
    struct buf keys;                 /* owned */
    enum glyph glyph;                /* GLYPH_COUNT: none */
    enum role role;                  /* of the keys or the sign */
    const char *words;
};
struct help {
    struct view view;
    struct entry *entries;
    size_t n;
    int top, lines, seen;            /* lines and seen: of the last draw */
};

static const struct {
    enum glyph glyph;
    enum role role;
    const char *words;
} signs[] = {
    {GLYPH_STUCK, ROLE_STUCK, "stuck: something must be done, or it has taken too long"},
    {GLYPH_WAITING, ROLE_WAITING, "waiting: on its way"},
    {GLYPH_READY, ROLE_READY, "ready"},
    {GLYPH_LEAVING, ROLE_LEAVING, "being deleted"},
    {GLYPH_LIVE, ROLE_READY, "live: the picture is the cluster's"},
    {GLYPH_STALE, ROLE_WARNING, "stale: what was last known, and for how long"},
};

static struct entry *add(struct help *h)
{
    h->entries = mem_grow(h->entries, h->n + 1, sizeof *h->entries);
    h->entries[h->n] = (struct entry){.glyph = GLYPH_COUNT, .role = ROLE_KEY, .words = ""};
    return &h->entries[h->n++];
}

static void build(struct help *h, bool ascii)
{
    const char *group = "";

    for (enum action a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
        if (action_group(a) != group)
            add(h)->heading = group = action_group(a);
        struct entry *entry = add(h);
        keymap_keys(a, ascii, &entry->keys);
        entry->words = action_help(a);
    }
    add(h)->heading = "Signs";
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        struct entry *entry = add(h);
        entry->glyph = signs[i].glyph;
        entry->role = signs[i].role;
        entry->words = signs[i].words;
    }
}

static struct view *help_new(void)
{
    struct help *h = NEW(struct help);

    h->view.ops = &help_view;
    return &h->view;
}

static void help_free(struct view *v)
{
    struct help *h = (struct help *)v;

    for (size_t i = 0; i < h->n; i++)
        buf_free(&h->entries[i].keys);
    free(h->entries);
    free(h);
}

static void help_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    const struct help *h = (const struct help *)v;
    int last = h->top + h->seen < h->lines ? h->top + h->seen : h->lines;

    (void)m;
    buf_add_text(left, "Help");
    if (h->lines > h->seen)
        buf_printf(right, "%d–%d of %d", h->top + 1, last, h->lines);
}

static int keys_w(int w)
{
    return w >= WIDE ? KEYS_WIDE : KEYS_NARROW;
}

/* Lines an entry takes in a column of w; a heading has a blank one before it unless it is the column's first. */
static int lines_of(const struct entry *e, int w, bool first)
{
    if (e->heading)
        return first ? 1 : 2;
    int lines = canvas_wrap_lines(w - keys_w(w), slice_of(e->words)), keys = canvas_wrap_lines(keys_w(w) - 3, buf_slice(&e->keys));
    return lines > keys ? lines : keys;
}

static int height(const struct help *h, size_t from, size_t to, int w)
{
    int lines = 0;

    for (size_t i = from; i < to; i++)
        lines += lines_of(&h->entries[i], w, i == from);
    return lines;
}

/* The heading with which the second column begins so that both are as short as can be. */
static size_t middle(const struct help *h, int w)
{
    size_t best = h->n;
    int least = height(h, 0, h->n, w);

    for (size_t i = 1; i < h->n; i++) {
        if (!h->entries[i].heading)
            continue;
        int left = height(h, 0, i, w), right = height(h, i, h->n, w), more = left > right ? left : right;
        if (more < least) {
            least = more;
            best = i;
        }
    }
    return best;
}

static void draw_column(const struct help *h, size_t from, size_t to, struct canvas *c, struct rect r)
{
    int y = r.y - h->top;

    for (size_t i = from; i < to; i++) {
        const struct entry *e = &h->entries[i];
        int lines = lines_of(e, r.w, i == from);
        if (e->heading) {
            canvas_text(c, y + lines - 1, r.x, ROLE_TITLE, e->heading);
        } else {
            if (e->glyph != GLYPH_COUNT)
                canvas_glyph(c, y, r.x + 2, e->role, e->glyph);
            canvas_wrap(c, (struct rect){y, r.x + 2, lines, keys_w(r.w) - 3}, e->role, buf_slice(&e->keys));
            canvas_wrap(c, (struct rect){y, r.x + keys_w(r.w), lines, r.w - keys_w(r.w)}, ROLE_NORMAL, slice_of(e->words));
        }
        y += lines;
    }
}

static void help_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    struct help *h = (struct help *)v;

    (void)m;
    (void)focused;
    if (!h->n)
        build(h, canvas_ascii(c));
    struct rect left = {r.y, r.x + 1, r.h, r.w - 2};
    bool two = left.w >= 2 * TWO + GAP;
    if (two)
        left.w = (left.w - GAP) / 2;
    size_t split = two ? middle(h, left.w) : h->n;
    int other = height(h, split, h->n, left.w);
    h->lines = height(h, 0, split, left.w);
    if (other > h->lines)
        h->lines = other;
    h->seen = r.h;
    if (h->top > h->lines - h->seen)
        h->top = h->lines > h->seen ? h->lines - h->seen : 0;
    draw_column(h, 0, split, c, left);
    draw_column(h, split, h->n, c, (struct rect){r.y, left.x + left.w + GAP, r.h, left.w});
}

static unsigned help_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct help *h = (struct help *)v;

    (void)m;
    (void)key;
    return pane_scroll(&h->top, h->lines, h->seen, action) ? REACT_DONE : REACT_NONE;
}

static void help_command(struct view *v, const struct model *m, struct buf *out)
{
    (void)v;
    (void)m;
    buf_add_text(out, "sandtop --keys");
}

const struct view_ops help_view = {
    .name = "help", .create = help_new, .free = help_free, .title = help_title, .draw = help_draw, .act = help_act, .command = help_command,
};
