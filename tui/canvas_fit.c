/* Text cut or wrapped to a width. Invariant: nothing is drawn beyond the width given, and what is left out shows as an ellipsis. */
#include "tui/canvas.h"
#include "tui/grapheme.h"

#include <limits.h>

/* Columns of text, but no further than the first sum beyond limit: a megabyte of log in a cell of ten columns costs ten steps. */
static int columns_within(struct slice text, int limit)
{
    int columns = 0;
    struct grapheme g;

    while (text.n && columns <= limit) {
        if (grapheme_plain(text)) {
            text.p++;
            text.n--;
            columns++;
        } else if (grapheme_next(&text, &g)) {
            columns += g.columns;
        }
    }
    return columns;
}

int text_columns(struct slice text)
{
    return columns_within(text, INT_MAX / 4);
}

/* The longest beginning of text in at most w columns; *columns is what it takes. */
static struct slice head_of(struct slice text, int w, int *columns)
{
    struct slice rest = text;
    struct grapheme g;
    int used = 0;

    for (;;) {
        struct slice before = rest;
        if (!grapheme_next(&rest, &g) || used + g.columns > w) {
            *columns = used;
            return (struct slice){text.p, text.n - before.n};
        }
        used += g.columns;
    }
}

/* The longest end of text in at most w columns. */
static struct slice tail_of(struct slice text, int w)
{
    int64_t over = (int64_t)text_columns(text) - w;
    struct grapheme g;

    while (over > 0 && grapheme_next(&text, &g))
        over -= g.columns;
    return text;
}

static int fit_end(struct canvas *c, int y, int x, int w, enum role role, struct slice text)
{
    int columns;
    struct slice head = head_of(text, w - 1, &columns);

    canvas_put(c, y, x, role, head);
    return columns + canvas_glyph(c, y, x + columns, role, GLYPH_ELLIPSIS);
}

int canvas_fit(struct canvas *c, int y, int x, int w, enum role role, enum fit fit, struct slice text)
{
    if (w <= 0)
        return 0;
    int columns = columns_within(text, w);
    if (columns <= w) {
        canvas_put(c, y, fit == FIT_RIGHT ? x + w - columns : x, role, text);
        return fit == FIT_RIGHT ? w : columns;
    }
    if (fit != FIT_MIDDLE) {
        columns = fit_end(c, y, x, w, role, text);
        return fit == FIT_RIGHT ? w : columns;
    }
    int used = 0;
    struct slice head = head_of(text, w - 1 - (w - 1) / 2, &used);
    struct slice tail = tail_of(text, (w - 1) / 2);
    canvas_put(c, y, x, role, head);
    used += canvas_glyph(c, y, x + used, role, GLYPH_ELLIPSIS);
    return used + canvas_put(c, y, x + used, role, tail);
}

static void skip(struct slice *s, size_t n)
{
    s->p += n;
    s->n -= n;
}

/* Takes the next line of at most w columns off text: up to a newline, or to the last blank that fits; a word longer than a line is cut. At least one
 * grapheme is taken, so that a wide one in one column comes to an end too. */
static struct slice take_line(struct slice *text, int w)
{
    struct slice rest = *text, line = {text->p, 0};
    size_t blank = 0;                /* where the line can be broken; 0: nowhere yet */
    bool word = false;
    struct grapheme g;
    int columns = 0;

    while (rest.n && rest.p[0] != '\n') {
        size_t at = (size_t)(rest.p - text->p);
        if (rest.p[0] != ' ')
            word = true;
        else if (word)
            blank = at;
        grapheme_next(&rest, &g);
        columns += g.columns;
        if (columns <= w || at == 0)
            continue;
        line.n = blank ? blank : at;
        skip(text, line.n);
        while (text->n && text->p[0] == ' ')
            skip(text, 1);
        if (text->n && text->p[0] == '\n')
            skip(text, 1);
        return line;
    }
    line.n = (size_t)(rest.p - text->p);
    skip(text, rest.n ? line.n + 1 : line.n);
    return line;
}

int canvas_wrap(struct canvas *c, struct rect r, enum role role, struct slice text)
{
    int lines = 0;

    if (r.w <= 0)
        return 0;
    while (text.n && lines < r.h) {
        struct slice line = take_line(&text, r.w);
        if (++lines < r.h || !text.n) {
            canvas_fit(c, r.y + lines - 1, r.x, r.w, role, FIT_END, line);
        } else if (columns_within(line, r.w - 1) < r.w) {
            int columns = canvas_put(c, r.y + lines - 1, r.x, role, line);
            canvas_glyph(c, r.y + lines - 1, r.x + columns, role, GLYPH_ELLIPSIS);
        } else {
            fit_end(c, r.y + lines - 1, r.x, r.w, role, line);
        }
    }
    return lines;
}

int canvas_wrap_lines(int w, struct slice text)
{
    int lines = 0;

    while (w > 0 && text.n && lines < INT_MAX) {
        take_line(&text, w);
        lines++;
    }
    return lines;
}
