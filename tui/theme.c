/* Themes as data. Invariant: a theme that was read has a style for every role in every palette; what its file leaves out is as the role normal. */
#include "tui/theme.h"
#include "core/base/mem.h"
#include "core/base/slice.h"

#include <stdlib.h>

enum palette { PALETTE_256, PALETTE_16, PALETTE_8, PALETTE_NONE, PALETTES };
enum { SELECTED = ROLE_COUNT, ROWS };

static const int palette_colours[PALETTES] = {256, 16, 8, 0};

struct theme {
    char *name;
    struct style styles[ROWS][PALETTES];
    bool given[ROWS];
};

static const struct {
    const char *word;
    unsigned char bit;
} attributes[] = {
    {"bold", STYLE_BOLD}, {"dim", STYLE_DIM}, {"underline", STYLE_UNDERLINE}, {"reverse", STYLE_REVERSE}, {"italic", STYLE_ITALIC},
};

/* The next run of bytes up to one of the stops; empty at the end. */
static struct slice take_until(struct slice *rest, const char *stops)
{
    struct slice s = {rest->p, 0};

    while (s.n < rest->n && !strchr(stops, rest->p[s.n]))
        s.n++;
    rest->p += s.n;
    rest->n -= s.n;
    return s;
}

static struct slice trim(struct slice s)
{
    while (s.n && strchr(" \t\r", s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && strchr(" \t\r", s.p[s.n - 1]))
        s.n--;
    return s;
}

static struct slice take_word(struct slice *rest)
{
    *rest = trim(*rest);
    return take_until(rest, " \t");
}

/* "203/9/1", or "-" for all or any of them. */
static bool parse_colour(struct slice word, short colour[PALETTES])
{
    struct slice rest = word;

    if (slice_is(word, "-")) {
        for (int p = 0; p < PALETTES; p++)
            colour[p] = -1;
        return true;
    }
    for (int p = 0; p < PALETTE_NONE; p++) {
        struct slice part = take_until(&rest, "/");
        int64_t n = -1;
        if (!slice_is(part, "-") && (!slice_int(part, &n) || n < 0 || n >= palette_colours[p]))
            return false;
        colour[p] = (short)n;
        if (p < PALETTE_NONE - 1) {
            if (!rest.n)
                return false;
            rest.p++;
            rest.n--;
        }
    }
    colour[PALETTE_NONE] = -1;
    return rest.n == 0;
}

/* "bold", or "bold:8" for palettes of 8 colours or fewer. */
static bool parse_attribute(struct slice word, struct style row[PALETTES])
{
    struct slice rest = word, name = take_until(&rest, ":");
    int64_t most = 256;

    if (rest.n && (!slice_int((struct slice){rest.p + 1, rest.n - 1}, &most) || (most != 0 && most != 8 && most != 16)))
        return false;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        if (!slice_is(name, attributes[i].word))
            continue;
        for (int p = 0; p < PALETTES; p++)
            if (palette_colours[p] <= most)
                row[p].attributes |= attributes[i].bit;
        return true;
    }
    return false;
}

static bool parse_style(struct slice text, struct style row[PALETTES], struct err *err)
{
    int colours = 0;

    for (struct slice word; (word = take_word(&text)).n;) {
        short colour[PALETTES];
        bool is_colour = word.p[0] == '-' || (word.p[0] >= '0' && word.p[0] <= '9');
        if (is_colour ? colours < 2 && parse_colour(word, colour) : parse_attribute(word, row)) {
            for (int p = 0; is_colour && p < PALETTES; p++)
                *(colours ? &row[p].bg : &row[p].fg) = colour[p];
            colours += is_colour;
            continue;
        }
        return err_set(err, is_colour ? "\"%.*s\" is no colour: it takes \"-\" or three numbers for 256, 16 and 8 colours, such as 203/9/1"
                                      : "\"%.*s\" is none of bold, dim, italic, underline, reverse (or one of them with :16, :8, :0)",
                       (int)(word.n < 60 ? word.n : 60), word.p);
    }
    return true;
}

static int row_by_name(struct slice name)
{
    if (slice_is(name, "selected"))
        return SELECTED;
    char *text = slice_dup(name);
    int row = role_by_name(text);
    free(text);
    return row == ROLE_COUNT ? -1 : row;
}

static bool parse_line(struct theme *theme, struct slice line, struct err *err)
{
    if (!line.n || line.p[0] == '#')
        return true;
    struct slice rest = line, name = trim(take_until(&rest, "="));
    int shown = (int)(name.n < 60 ? name.n : 60);
    if (!rest.n)
        return err_set(err, "\"%.*s\" is not followed by \"=\"", shown, name.p);
    int row = row_by_name(name);
    if (row < 0)
        return err_set(err, "unknown role \"%.*s\"", shown, name.p);
    if (theme->given[row])
        return err_set(err, "\"%.*s\" is given twice", shown, name.p);
    theme->given[row] = true;
    return parse_style((struct slice){rest.p + 1, rest.n - 1}, theme->styles[row], err);
}

struct theme *theme_parse(const char *name, const char *text, struct err *err)
{
    struct theme *theme = NEW(struct theme);
    struct slice rest = slice_of(text);

    theme->name = mem_text(name);
    for (int row = 0; row < ROWS; row++)
        for (int p = 0; p < PALETTES; p++)
            theme->styles[row][p] = (struct style){-1, -1, 0};
    for (int number = 1; rest.n; number++) {
        struct slice line = trim(take_until(&rest, "\n"));
        if (rest.n) {
            rest.p++;
            rest.n--;
        }
        if (!parse_line(theme, line, err)) {
            err_prefix(err, "line %d", number);
            theme_free(theme);
            return NULL;
        }
    }
    return theme;
}

void theme_free(struct theme *theme)
{
    if (!theme)
        return;
    free(theme->name);
    free(theme);
}

const char *theme_name(const struct theme *theme)
{
    return theme->name;
}

static enum palette palette_of(int colours)
{
    return colours >= 256 ? PALETTE_256 : colours >= 16 ? PALETTE_16 : colours >= 8 ? PALETTE_8 : PALETTE_NONE;
}

struct style theme_style(const struct theme *theme, enum role role, bool selected, int colours)
{
    enum palette p = palette_of(colours);
    struct style style = theme->styles[role][p], normal = theme->styles[ROLE_NORMAL][p], over = theme->styles[SELECTED][p];

    if (style.fg < 0)
        style.fg = normal.fg;
    if (style.bg < 0)
        style.bg = normal.bg;
    if (!selected)
        return style;
    bool own_bg = role != ROLE_NORMAL && theme->styles[role][p].bg >= 0;
    if (over.bg < 0) {               /* one reversed bar, not a patchwork of colours; what has its own background stands out of it */
        style.attributes = (style.attributes ^ STYLE_REVERSE) & (unsigned char)~STYLE_DIM;
        if (!own_bg)
            style.fg = normal.fg;
    } else if (!own_bg) {
        style.bg = over.bg;
        if (over.fg >= 0)
            style.fg = over.fg;
    }
    style.attributes |= over.attributes;
    return style;
}
