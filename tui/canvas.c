/* Invariant: every cell holds one printable grapheme of one column, or a wide one with "" in the cell to its right. Half of a wide one never
 * stands alone: cut by the clip or by an overwrite it becomes blank. Nothing is written outside the clip but such a blank. */
#include "tui/canvas.h"
#include "core/base/mem.h"
#include "tui/grapheme.h"

#include <limits.h>
#include <stdlib.h>

struct canvas {
    struct cell *cells;
    int h, w;
    bool ascii;
    struct rect clip;
    int cursor_y, cursor_x;
    struct buf text;                 /* of canvas_printf, kept to spare allocations */
};

static const struct cell blank = {.text = " "};

static int min(int a, int b)
{
    return a < b ? a : b;
}

static int max(int a, int b)
{
    return a > b ? a : b;
}

static struct rect intersect(struct rect a, struct rect b)
{
    int64_t bottom = a.y + (int64_t)max(a.h, 0), bottom_b = b.y + (int64_t)max(b.h, 0);
    int64_t right = a.x + (int64_t)max(a.w, 0), right_b = b.x + (int64_t)max(b.w, 0);
    int y = max(a.y, b.y), x = max(a.x, b.x);
    int64_t h = (bottom < bottom_b ? bottom : bottom_b) - y, w = (right < right_b ? right : right_b) - x;

    return h > 0 && w > 0 ? (struct rect){y, x, (int)h, (int)w} : (struct rect){y, x, 0, 0};
}

struct canvas *canvas_new(int h, int w, bool ascii)
{
    struct canvas *c = NEW(struct canvas);

    c->ascii = ascii;
    canvas_resize(c, h, w);
    return c;
}

void canvas_free(struct canvas *c)
{
    if (!c)
        return;
    free(c->cells);
    buf_free(&c->text);
    free(c);
}

void canvas_resize(struct canvas *c, int h, int w)
{
    h = min(max(h, 0), SHRT_MAX);
    w = min(max(w, 0), SHRT_MAX);
    c->cells = mem_grow(c->cells, (size_t)h * (size_t)w, sizeof *c->cells);
    c->h = h;
    c->w = w;
    canvas_erase(c);
}

int canvas_h(const struct canvas *c)
{
    return c->h;
}

int canvas_w(const struct canvas *c)
{
    return c->w;
}

bool canvas_ascii(const struct canvas *c)
{
    return c->ascii;
}

void canvas_erase(struct canvas *c)
{
    size_t n = (size_t)c->h * (size_t)c->w;

    for (size_t i = 0; i < n; i++)
        c->cells[i] = blank;
    c->clip = (struct rect){0, 0, c->h, c->w};
    c->cursor_y = c->cursor_x = -1;
}

const struct cell *canvas_cell(const struct canvas *c, int y, int x)
{
    return y >= 0 && y < c->h && x >= 0 && x < c->w ? &c->cells[(size_t)y * (size_t)c->w + (size_t)x] : &blank;
}

void canvas_clip(struct canvas *c, struct rect r)
{
    c->clip = intersect(r, (struct rect){0, 0, c->h, c->w});
}

struct rect canvas_clip_get(const struct canvas *c)
{
    return c->clip;
}

static struct cell *at(struct canvas *c, int y, int x)
{
    return &c->cells[(size_t)y * (size_t)c->w + (size_t)x];
}

static void set(struct cell *cell, enum role role, const char *text)
{
    strcpy(cell->text, text);
    cell->role = (unsigned char)role;
}

/* Before cell x of row y is overwritten: what loses its other half becomes blank. */
static void part(struct canvas *c, int y, int x)
{
    struct cell *cell = at(c, y, x);

    if (!cell->text[0] && x > 0)
        strcpy(cell[-1].text, " ");
    if (x + 1 < c->w && !cell[1].text[0])
        strcpy(cell[1].text, " ");
}

/* Columns saturate far beyond any screen, so that sums of them cannot overflow. */
enum { FAR = INT_MAX / 4 };

/* One grapheme at a place that may lie outside the clip. */
static void place(struct canvas *c, int y, int64_t x, enum role role, const char *text, int columns)
{
    int64_t left = c->clip.x, right = left + c->clip.w;
    bool first = x >= left && x < right, second = columns == 2 && x + 1 >= left && x + 1 < right;

    if (first)
        part(c, y, (int)x);
    if (second)
        part(c, y, (int)x + 1);
    if (first && (second || columns == 1)) {
        set(at(c, y, (int)x), role, text);
        if (second)
            set(at(c, y, (int)x + 1), role, "");
    } else if (first) {
        set(at(c, y, (int)x), role, " ");
    } else if (second) {
        set(at(c, y, (int)x + 1), role, " ");
    }
}

static void place_any(struct canvas *c, int y, int64_t x, enum role role, const struct grapheme *g)
{
    if (!c->ascii) {
        place(c, y, x, role, g->text, g->columns);
    } else if (!(g->text[0] & 0x80)) {            /* the base without its marks */
        place(c, y, x, role, (char[]){g->text[0], 0}, 1);
    } else {
        const char *sign = sign_ascii(g->text);
        place(c, y, x, role, sign ? sign : "?", 1);
        if (g->columns == 2)
            place(c, y, x + 1, role, "?", 1);
    }
}

int canvas_put(struct canvas *c, int y, int x, enum role role, struct slice text)
{
    struct rect clip = c->clip;
    int64_t to = x;

    if (y < clip.y || y >= clip.y + clip.h)
        return text_columns(text);
    while (text.n && to - x < FAR) {
        if (to >= clip.x + clip.w)
            return (int)(to - x) + min(text_columns(text), FAR);
        if (grapheme_plain(text)) {
            if (to >= clip.x) {
                part(c, y, (int)to);
                struct cell *cell = at(c, y, (int)to);
                cell->text[0] = text.p[0];
                cell->text[1] = 0;
                cell->role = (unsigned char)role;
            }
            text.p++;
            text.n--;
            to++;
            continue;
        }
        struct grapheme g;
        grapheme_next(&text, &g);
        place_any(c, y, to, role, &g);
        to += g.columns;
    }
    return (int)(to - x);
}

int canvas_text(struct canvas *c, int y, int x, enum role role, const char *text)
{
    return canvas_put(c, y, x, role, slice_of(text));
}

int canvas_printf(struct canvas *c, int y, int x, enum role role, const char *format, ...)
{
    va_list ap;

    buf_clear(&c->text);
    va_start(ap, format);
    buf_vprintf(&c->text, format, ap);
    va_end(ap);
    return canvas_put(c, y, x, role, buf_slice(&c->text));
}

int canvas_glyph(struct canvas *c, int y, int x, enum role role, enum glyph glyph)
{
    return canvas_text(c, y, x, role, glyph_text(glyph, c->ascii));
}

void canvas_fill(struct canvas *c, struct rect r, enum role role, const char *text)
{
    struct slice s = slice_of(text);
    struct grapheme g;

    if (!grapheme_next(&s, &g))
        return;
    r = intersect(r, c->clip);
    for (int y = r.y; y < r.y + r.h; y++) {
        int x = r.x;
        for (; x + g.columns <= r.x + r.w; x += g.columns)
            place_any(c, y, x, role, &g);
        if (x < r.x + r.w)
            place(c, y, x, role, " ", 1);
    }
}

void canvas_select(struct canvas *c, struct rect r)
{
    r = intersect(r, c->clip);
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            at(c, y, x)->selected = true;
}

void canvas_role(struct canvas *c, struct rect r, enum role role)
{
    r = intersect(r, c->clip);
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            at(c, y, x)->role = (unsigned char)role;
}

void canvas_cursor(struct canvas *c, int y, int x)
{
    bool inside = y >= 0 && y < c->h && x >= 0 && x < c->w;

    c->cursor_y = inside ? y : -1;
    c->cursor_x = inside ? x : -1;
}

void canvas_cursor_get(const struct canvas *c, int *y, int *x)
{
    *y = c->cursor_y;
    *x = c->cursor_x;
}

/* The column after the last cell of a row that is not blank (by role: not normal); 0 if all are. */
static int row_end(const struct cell *row, int w, bool by_role)
{
    while (w > 0 && (by_role ? row[w - 1].role == ROLE_NORMAL : strcmp(row[w - 1].text, " ") == 0))
        w--;
    return w;
}

static void dump_roles(const struct cell *row, int w, struct buf *out)
{
    static const char letters[] = ROLE_LETTERS;
    _Static_assert(sizeof letters == ROLE_COUNT + 1, "a letter a role");
    int end = row_end(row, w, true), from = 0, to = w;

    while (from < w && !row[from].selected)
        from++;
    while (to > from && !row[to - 1].selected)
        to--;
    if (!end && from == w)
        return;
    for (int x = 0; x < end; x++)
        buf_add_byte(out, letters[row[x].role % ROLE_COUNT]);
    if (from < w)
        buf_printf(out, "%scursor %d-%d", end ? " " : "", from, to - 1);
    buf_add_byte(out, '\n');
}

void canvas_dump(const struct canvas *c, bool with_roles, struct buf *out)
{
    for (int y = 0; y < c->h; y++) {
        const struct cell *row = &c->cells[(size_t)y * (size_t)c->w];
        int end = row_end(row, c->w, false);
        for (int x = 0; x < end; x++)
            buf_add_text(out, row[x].text);
        buf_add_byte(out, '\n');
        if (with_roles)
            dump_roles(row, c->w, out);
    }
}
