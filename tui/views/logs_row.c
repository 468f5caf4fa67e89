/* One row of the Logs pane: its text, cut or wrapped into lines, and their roles. What is drawn is core's safe text; the canvas guards it
 * once more. */
#include "tui/grapheme.h"
#include "tui/views/logs.h"
#include <stdio.h>

enum {
    LEVEL_W = 6, CLOCK_SHORT = 8, LABEL_MOST = 12, LABEL_MOST_WIDE = 28, /* columns */
    WIDE = 100,                      /* a pane with room for milliseconds and long labels */
    LINES_MOST = 400, TEXT_MOST = 64 * 1024, /* of one row */
    FOLDED_MOST = 9999,
};

static const enum role style_roles[] = {
    [LOG_STYLE_NONE] = ROLE_NORMAL,
    [LOG_STYLE_MUTED] = ROLE_MUTED,
    [LOG_STYLE_OBJECT] = ROLE_COMMAND,
    [LOG_STYLE_ERROR] = ROLE_ERROR,
    [LOG_STYLE_WARNING] = ROLE_WARNING,
    [LOG_STYLE_GOOD] = ROLE_READY,
    [LOG_STYLE_KEY] = ROLE_MUTED,
    [LOG_STYLE_VALUE] = ROLE_NORMAL,
    [LOG_STYLE_STRONG] = ROLE_STRONG,
    [LOG_STYLE_COLOUR_0] = ROLE_MUTED,
    [LOG_STYLE_COLOUR_0 + 1] = ROLE_STUCK,
    [LOG_STYLE_COLOUR_0 + 2] = ROLE_READY,
    [LOG_STYLE_COLOUR_0 + 3] = ROLE_WARNING,
    [LOG_STYLE_COLOUR_0 + 4] = ROLE_ACCENT,
    [LOG_STYLE_COLOUR_0 + 5] = ROLE_LEAVING,
    [LOG_STYLE_COLOUR_0 + 6] = ROLE_COMMAND,
    [LOG_STYLE_COLOUR_7] = ROLE_STRONG,
};

static enum log_time time_of(const struct logs *l, const struct model *m)
{
    switch (l->stamps) {
    case STAMPS_AGE: return LOG_TIME_RELATIVE;
    case STAMPS_FULL: return LOG_TIME_STAMP;
    case STAMPS_NONE: return LOG_TIME_NONE;
    default: return m->utc ? LOG_TIME_UTC : LOG_TIME_LOCAL;
    }
}

void logs_columns(struct logs *l, const struct sheet *s, const struct model *m, int w)
{
    unsigned streams = log_buffer_streams(s->buffer);
    int most = w < WIDE ? LABEL_MOST : LABEL_MOST_WIDE;

    l->stamp_w = (int)log_time_columns(time_of(l, m));
    if (l->stamps == STAMPS_CLOCK && w < WIDE)
        l->stamp_w = CLOCK_SHORT;
    l->label_w = 0;
    if (s->id != LOGS_SYSTEM && streams < 2)
        return;                      /* the title says which */
    for (unsigned i = 0; i < streams && l->label_w < most; i++) {
        int n = text_columns(slice_of(log_buffer_label(s->buffer, i)));
        l->label_w = n > l->label_w ? n : l->label_w;
    }
    if (l->label_w > most)
        l->label_w = most;
}

static int text_x(const struct logs *l)
{
    return 1 + (l->stamp_w ? l->stamp_w + 1 : 0) + (l->label_w ? l->label_w + 1 : 0);
}

static const char *level_of(const struct logs *l, const struct log_row *row)
{
    bool told = l->raw || row->line.type != LOG_LINE_TEXT || (row->line.folded && !row->context); /* of a group's lines by its first one */

    return told ? "" : log_text_level(&row->line);
}

/* Columns before the text that are the row's own. A status of three digits stands in the middle of where other lines have their level. */
static int indent_of(const struct logs *l, const struct log_row *row)
{
    bool status = !l->raw && (row->line.format == FORMAT_UVICORN_ACCESS || row->line.format == FORMAT_ROUTER_JSON);

    return (*level_of(l, row) ? LEVEL_W : status && row->line.type == LOG_LINE_TEXT ? 1 : 0) + (row->line.folded && !row->context ? 2 : 0);
}

static bool has_lines(const struct logs *l, const struct log_row *row)
{
    return row->group && row->open && !row->line.folded && !l->raw;
}

static void make_text(struct logs *l, const struct sheet *s, const struct log_row *row, int w)
{
    unsigned flags = (l->raw ? LOG_TEXT_RAW : 0) | LOG_TEXT_COLOURS | (has_lines(l, row) ? LOG_TEXT_STACK : 0);
    bool whole = l->wrap || (flags & LOG_TEXT_STACK);
    size_t most = whole ? TEXT_MOST : ((size_t)l->left + (size_t)(w > 0 ? w : 0)) * 4 + 16;

    if (row->group && !row->open && !row->line.folded)
        log_text_group(s->buffer, &row->line, flags, most, &l->text);
    else
        log_text_line(&row->line, flags, most, &l->text);
}

struct part {
    size_t from, to, next;           /* bytes of the text; next: where the part after it begins */
};

/* The part that begins at `from`, of w columns at most; wraps after a blank where there is one in its second half. */
static struct part part_at(const struct logs *l, size_t from, int w)
{
    struct slice text = buf_slice(&l->text.text), rest = {text.p + from, text.n - from};
    const char *newline = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;
    struct part part = {from, newline ? (size_t)(newline - text.p) : text.n, 0};
    struct grapheme g;
    int columns = 0;
    size_t blank = 0;

    part.next = part.to + (newline != NULL);
    if (!l->wrap || w < 1)
        return part;
    rest.n = part.to - from;
    for (size_t at = from; rest.n && grapheme_next(&rest, &g); at = (size_t)(rest.p - text.p)) {
        columns += g.columns;
        if (columns > w && at > from) {
            part.to = part.next = blank > from + (at - from) / 2 ? blank : at;
            return part;
        }
        if (g.text[0] == ' ' && !g.text[1])
            blank = (size_t)(rest.p - text.p);
    }
    return part;
}

static int width_of(const struct logs *l, const struct log_row *row, int w)
{
    return w - text_x(l) - indent_of(l, row) - 1;
}

int logs_row_height(struct logs *l, const struct sheet *s, const struct log_row *row, int w)
{
    int lines = 0;

    if (row->line.type != LOG_LINE_TEXT || (!l->wrap && !has_lines(l, row)))
        return 1;
    w = width_of(l, row, w);
    make_text(l, s, row, w);
    for (size_t at = 0; at < l->text.text.n && lines < LINES_MOST; lines++)
        at = part_at(l, at, w).next;
    return lines ? lines : 1;
}

void logs_row_reveal(struct logs *l, const struct log_row *row, int w)
{
    size_t from, to;

    w = width_of(l, row, w);
    if (!l->find || l->wrap || w < 1 || row->line.type != LOG_LINE_TEXT)
        return;
    log_text_line(&row->line, (l->raw ? LOG_TEXT_RAW : 0), TEXT_MOST, &l->text);
    struct slice text = buf_slice(&l->text.text);
    if (!pattern_find(l->find, text, &from, &to))
        return;
    int column = text_columns((struct slice){text.p, from}), wide = text_columns((struct slice){text.p + from, to - from});
    if (column + wide <= w)
        l->left = 0;
    else if (column < l->left || column + wide > l->left + w)
        l->left = column - w / 3;
}

/* --- roles --------------------------------------------------------------------------------------------------------------------- */

struct match {
    size_t from, to;
};
struct painter {
    const struct log_text *text;
    enum role base;
    bool muted;                      /* context: nothing in it stands out */
    struct match matches[LOGS_MATCHES];
    size_t n_matches;
};

static void add_matches(struct painter *p, struct pattern *pattern, const struct logs *l, const struct model *m)
{
    struct slice all = buf_slice(&p->text->text);
    size_t at = 0, from, to;

    while (p->n_matches < LOGS_MATCHES && at < all.n && m->clock->mono(m->clock) <= l->paint_until_ms) {
        if (!pattern_find(pattern, (struct slice){all.p + at, all.n - at}, &from, &to) || to == from)
            return;
        p->matches[p->n_matches++] = (struct match){at + from, at + to};
        at += to;
    }
}

static enum role base_role(const struct log_row *row)
{
    enum log_level weight = log_text_weight(&row->line);

    if (row->context || weight == LEVEL_DEBUG || weight == LEVEL_TRACE)
        return ROLE_MUTED;
    return weight >= LEVEL_ERROR ? ROLE_STRONG : ROLE_NORMAL;
}

static void paint(struct painter *p, const struct logs *l, const struct sheet *s, const struct log_row *row, const struct model *m)
{
    const struct log_query *query = log_view_query_get(s->view);
    size_t n = query ? log_query_patterns(query) : 0;

    p->text = &l->text;
    p->base = base_role(row);
    p->muted = row->context;
    p->n_matches = 0;
    if (l->find)
        add_matches(p, l->find, l, m);
    for (size_t i = 0; i < n; i++) {
        bool out;
        struct pattern *pattern = log_query_pattern_at(query, i, &out);
        if (!out && pattern)
            add_matches(p, pattern, l, m);
    }
}

/* The role at a byte, and where it ends. */
static enum role role_at(const struct painter *p, size_t at, size_t *end)
{
    enum role role = p->base;

    for (size_t i = 0; i < p->n_matches; i++)
        if (at >= p->matches[i].from && at < p->matches[i].to) {
            if (p->matches[i].to < *end)
                *end = p->matches[i].to;
            return ROLE_MATCH;
        } else if (p->matches[i].from > at && p->matches[i].from < *end) {
            *end = p->matches[i].from;
        }
    size_t low = 0, high = p->text->n_spans;
    while (low < high) {             /* the first span that ends behind it */
        size_t mid = (low + high) / 2;
        if (p->text->spans[mid].to <= at)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < p->text->n_spans) {
        const struct log_span *span = &p->text->spans[low];
        size_t bound = at < span->from ? span->from : span->to;
        if (at >= span->from && span->style != LOG_STYLE_NONE && !p->muted)
            role = style_roles[span->style];
        if (bound < *end)
            *end = bound;
    }
    return role;
}

/* --- drawing ------------------------------------------------------------------------------------------------------------------- */

/* True: not all of it could be shown. */
static bool draw_part(const struct painter *p, const struct logs *l, struct canvas *c, int y, int x, int w, struct part part)
{
    int column = l->wrap ? 0 : -l->left;
    struct rect old = canvas_clip_get(c);
    struct rect area = {y, x, 1, w};

    if (w < 1 || y < old.y || y >= old.y + old.h)
        return false;
    if (area.x + area.w > old.x + old.w)
        area.w = old.x + old.w - area.x;
    canvas_clip(c, area);
    for (size_t at = part.from; at < part.to && column <= w;) {
        size_t end = part.to;
        enum role role = role_at(p, at, &end);
        column += canvas_put(c, y, x + column, role, (struct slice){p->text->text.p + at, end - at});
        at = end;
    }
    if (column > w)
        canvas_glyph(c, y, x + w - 1, ROLE_MUTED, GLYPH_ELLIPSIS);
    if (!l->wrap && l->left && part.to > part.from)
        canvas_glyph(c, y, x, ROLE_MUTED, GLYPH_ELLIPSIS);
    canvas_clip(c, old);
    return column > w;
}

/* How many lines are folded into a closed group, at the right end, where the text is cut before it says so itself. */
static void draw_folded(const struct logs *l, const struct sheet *s, const struct log_row *row, struct canvas *c, int y, int x, int w)
{
    unsigned n = 0;
    struct log_entry e;
    char text[32];
    ptrdiff_t told = slice_find(buf_slice(&l->text.text), SLICE("\xe2\x80\xa6 +"));

    if (told >= 0 && text_columns((struct slice){l->text.text.p, (size_t)told}) + 8 <= w)
        return;
    uint64_t last = row->line.number + row->line.span;
    for (uint64_t at = row->line.number + 1; at <= last && n < FOLDED_MOST && log_buffer_get(s->buffer, at, &e); at++)
        n += e.folded && e.number - e.span == row->line.number;
    snprintf(text, sizeof text, " %s +%u", glyph_text(GLYPH_ELLIPSIS, canvas_ascii(c)), n);
    int wide = text_columns(slice_of(text));
    if (n && wide < w)
        canvas_text(c, y, x + w - wide, ROLE_MUTED, text);
}

static void draw_marker(const struct log_row *row, struct canvas *c, int y, int x, int end)
{
    struct buf text = {0};
    enum role role = row->line.type == LOG_LINE_STATUS || row->context ? ROLE_MUTED : ROLE_WARNING;
    const char *rule = glyph_text(GLYPH_HLINE, canvas_ascii(c));

    log_text_safe(&text, row->line.text, false);
    canvas_fill(c, (struct rect){y, x, 1, end - x}, role, rule);
    if (end - x > 6) {
        canvas_text(c, y, x + 2, role, " ");
        int n = canvas_fit(c, y, x + 3, end - x - 5, role, FIT_END, buf_slice(&text));
        canvas_text(c, y, x + 3 + n, role, " ");
    }
    buf_free(&text);
}

static enum role label_role(const struct log_row *row)
{
    static const enum role roles[] = {ROLE_ACCENT, ROLE_KEY, ROLE_READY, ROLE_LEAVING};

    return row->context ? ROLE_MUTED : roles[row->line.stream % (sizeof roles / sizeof *roles)];
}

static void draw_stamp(const struct logs *l, const struct log_row *row, const struct model *m, struct canvas *c, int y, int x)
{
    char text[LOG_TIME_BYTES];
    struct slice s = slice_of(log_time_text(row->line.stamp_ns, time_of(l, m), m->now_ms, text));

    if (l->stamps == STAMPS_CLOCK && s.n > (size_t)l->stamp_w)
        s.n = (size_t)l->stamp_w;
    canvas_fit(c, y, x, l->stamp_w, ROLE_MUTED, l->stamps == STAMPS_AGE ? FIT_RIGHT : FIT_END, s);
}

static bool marked(const struct sheet *s, uint64_t number)
{
    for (size_t i = 0; i < s->n_marks; i++)
        if (s->marks[i] == number)
            return true;
    return false;
}

static void draw_lines(struct logs *l, const struct sheet *s, const struct log_row *row, const struct model *m, struct canvas *c, int y,
                       int x, int w)
{
    const char *level = level_of(l, row);
    enum log_level weight = log_text_weight(&row->line);
    struct painter p;
    int lines = 0;

    make_text(l, s, row, w);
    paint(&p, l, s, row, m);
    if (*level) {
        enum role role = row->context ? ROLE_MUTED : weight >= LEVEL_ERROR ? ROLE_ERROR : weight == LEVEL_WARN ? ROLE_WARNING : ROLE_MUTED;
        canvas_text(c, y, x, role, level);
    }
    x += indent_of(l, row);
    if (row->group && !row->line.folded && !l->raw)
        canvas_text(c, y, x - 1, ROLE_ACCENT, row->open ? "▾" : "▸");
    for (size_t at = 0; at < l->text.text.n && lines < LINES_MOST; lines++) {
        struct part part = part_at(l, at, w);
        bool cut = draw_part(&p, l, c, y + lines, x, w, part);
        if (cut && row->line.span && !row->line.folded && !row->open)
            draw_folded(l, s, row, c, y, x, w);
        at = part.next;
    }
    for (int i = 0; row->line.folded && !row->context && i < (lines ? lines : 1); i++)
        canvas_glyph(c, y + i, x - 2, ROLE_BORDER, GLYPH_VLINE);
}

void logs_row_draw(struct logs *l, const struct sheet *s, const struct log_row *row, const struct model *m, struct canvas *c, int y,
                   struct rect r)
{
    int x = r.x + 1;

    if (marked(s, row->line.number))
        canvas_glyph(c, y, r.x, ROLE_ACCENT, GLYPH_LIVE);
    if (l->stamp_w) {
        draw_stamp(l, row, m, c, y, x);
        x += l->stamp_w + 1;
    }
    if (l->label_w) {
        canvas_fit(c, y, x, l->label_w, label_role(row), FIT_MIDDLE, slice_of(log_buffer_label(s->buffer, row->line.stream)));
        x += l->label_w + 1;
    }
    if (row->line.type != LOG_LINE_TEXT)
        draw_marker(row, c, y, x, r.x + r.w - 1);
    else
        draw_lines(l, s, row, m, c, y, x, width_of(l, row, r.w));
}
