/* One object as the server has it now, as YAML. Invariant: it is asked for once, when the view opens, and shown as of that time; what is on
 * the screen never changes under the reader's eye. `/` searches: it hides nothing, it marks what matches and goes there. */
#include "core/base/mem.h"
#include "core/base/pattern.h"
#include "core/kube/yaml_tree.h"
#include "tui/views/panes.h"
#include <stdio.h>
#include <stdlib.h>

enum { SIDE_STEP = 8, MOST_MARKS = 40 };

struct yaml_line {
    uint32_t from, n;                /* in text */
    bool literal;                    /* stands in a block of text: no key in it */
    bool match;
};
struct yaml {
    struct view view;
    struct object_ref about;
    bool asked, arrived;
    int64_t as_of_ms;                /* 0: no answer was stamped yet */
    char *error;                     /* why there is nothing to show */
    struct buf text;
    struct yaml_line *lines;
    int n, top, left, widest, height, width;
    struct pattern *pattern;
    int n_matches, at;               /* lines that match; the line last gone to, -1: none */
};

static struct view *yaml_new(void)
{
    struct yaml *y = NEW(struct yaml);
    y->view.ops = &yaml_view;
    y->about.kind = KIND_NONE;
    y->at = -1;
    return &y->view;
}

static void yaml_free(struct view *v)
{
    struct yaml *y = (struct yaml *)v;
    pattern_free(y->pattern);
    buf_free(&y->text);
    free(y->lines);
    free(y->error);
    free(y);
}

static struct slice line_text(const struct yaml *y, int i)
{
    return (struct slice){y->text.p + y->lines[i].from, y->lines[i].n};
}

/* The blanks and dashes before what a line says. */
static size_t margin(struct slice s)
{
    size_t n = 0;
    for (;;) {
        while (n < s.n && s.p[n] == ' ')
            n++;
        if (n + 1 >= s.n || s.p[n] != '-' || s.p[n + 1] != ' ')
            return n;
        n += 2;
    }
}

/* The length of the key that starts at `from`, without its colon; 0 where there is none. */
static size_t key_length(struct slice s, size_t from)
{
    size_t i = from;
    char quote = i < s.n && (s.p[i] == '"' || s.p[i] == '\'') ? s.p[i] : '\0';
    for (i += quote != '\0'; i < s.n; i++) {
        if (quote == '"' && s.p[i] == '\\')
            i++;
        else if (quote && s.p[i] == quote)
            quote = '\0';
        else if (!quote && s.p[i] == ':' && (i + 1 == s.n || s.p[i + 1] == ' '))
            return i - from;
    }
    return 0;
}

/* Whether a block of text follows: the line ends in `|`, with a digit or a sign behind it at most. */
static bool opens_block(struct slice s)
{
    size_t from = margin(s), key = key_length(s, from), n = s.n;
    while (n && strchr("0123456789+-", s.p[n - 1]) && s.n - n < 2)
        n--;
    return n && s.p[n - 1] == '|' && n - 1 == (key ? from + key + 2 : from);
}

/* How far in a line's own level stands: a block's lines stand further in than that. */
static size_t level(struct slice s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] == ' ')
        n++;
    return n;
}

/* In `- - |` and `- key: |` the block belongs to the innermost dash or key. */
static size_t block_level(struct slice s)
{
    size_t from = margin(s);
    return key_length(s, from) || from < 2 || s.p[from - 2] != '-' ? from : from - 2;
}

static void split(struct yaml *y)
{
    size_t cap = 0, inside = 0;
    bool block = false;
    for (size_t at = 0; at < y->text.n;) {
        const char *end = memchr(y->text.p + at, '\n', y->text.n - at);
        size_t n = end ? (size_t)(end - y->text.p) - at : y->text.n - at;
        struct slice s = {y->text.p + at, n};
        if (block && n && level(s) <= inside)
            block = false;
        if ((size_t)y->n == cap)
            y->lines = mem_grow(y->lines, cap = cap ? cap * 2 : 256, sizeof *y->lines);
        y->lines[y->n++] = (struct yaml_line){.from = (uint32_t)at, .n = (uint32_t)n, .literal = block};
        int columns = text_columns(s);
        y->widest = columns > y->widest ? columns : y->widest;
        if (!block && opens_block(s)) {
            block = true;
            inside = block_level(s);
        }
        at += n + 1;
    }
}

static void mark_matches(struct yaml *y)
{
    y->n_matches = 0;
    for (int i = 0; i < y->n; i++) {
        y->lines[i].match = y->pattern && pattern_find(y->pattern, line_text(y, i), NULL, NULL);
        y->n_matches += y->lines[i].match;
    }
}

static void yaml_fetched(struct view *v, const struct model *m, struct slice answer, const char *error)
{
    struct yaml *y = (struct yaml *)v;
    struct err err = {0};
    (void)m;
    y->arrived = true;
    if (error && *error)
        y->error = mem_text(error);
    else if (answer.n > INT32_MAX / 4)
        y->error = mem_text("it is too large to be shown");
    else if (!yaml_from_json(answer, &y->text, YAML_FOLD_MANAGED | YAML_SORT_KEYS, &err))
        y->error = mem_text(err.text);
    err_clear(&err);
    if (!y->error)
        split(y);
    mark_matches(y);
}

static void yaml_update(struct view *v, const struct model *m)
{
    struct yaml *y = (struct yaml *)v;
    if (!y->asked && m->selected) {
        y->asked = true;
        ref_set(&y->about, m->selected);
        view_order(v, ORDER_FETCH);
    }
    if (y->arrived && !y->as_of_ms)
        y->as_of_ms = m->now_ms;
}

static void yaml_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    const struct yaml *y = (const struct yaml *)v;
    char stamp[16];
    if (y->about.kind == KIND_NONE) {
        buf_add_text(left, "YAML");
        return;
    }
    buf_printf(left, "%s %s%s%s", kind_info(y->about.kind)->name, y->about.ns, y->about.ns[0] ? "/" : "", y->about.name);
    if (y->as_of_ms)
        buf_printf(left, " · as of %s", time_hms(y->as_of_ms, !m->utc, stamp));
    if (y->n)
        buf_printf(left, " · %d line%s", y->n, y->n == 1 ? "" : "s");
    if (!y->n)
        return;
    if (y->pattern)
        buf_printf(right, y->n_matches ? "%d with /" : "none with /", y->n_matches);
    if (y->pattern)
        buf_add_slice(right, pattern_text(y->pattern));
    if (y->pattern && y->n_matches > 1)
        buf_add_text(right, ": n N");
    int64_t end = y->top + y->height > y->n ? y->n : y->top + y->height;
    if (end < y->n || y->top)
        buf_printf(right, "%s%d%%", right->n ? " · " : "", (int)(end * 100 / y->n));
}

/* "- " and blanks muted, the key in its role, what is folded or empty muted, the rest as it is. */
static void draw_line(const struct yaml *y, struct canvas *c, int row, int x, int i)
{
    struct slice s = line_text(y, i);
    if (y->lines[i].literal) {
        canvas_put(c, row, x, ROLE_QUOTE, s);
        return;
    }
    size_t from = margin(s), key = key_length(s, from);
    x += canvas_put(c, row, x, ROLE_MUTED, (struct slice){s.p, from});
    if (key) {
        x += canvas_put(c, row, x, ROLE_KEY, (struct slice){s.p + from, key});
        x += canvas_put(c, row, x, ROLE_MUTED, SLICE(":"));
        from += key + 1;
    }
    struct slice value = {s.p + from, s.n - from};
    bool none = slice_is(value, " null") || slice_is(value, " {}") || slice_is(value, " []") || slice_is(value, " \"\"") ||
                (value.n > 2 && value.p[1] == '[' && slice_find(value, SLICE("folded]")) > 0);
    canvas_put(c, row, x, none ? ROLE_MUTED : ROLE_NORMAL, value);
}

static void draw_matches(const struct yaml *y, struct canvas *c, int row, int x, int i)
{
    struct slice s = line_text(y, i), rest = s;
    size_t from, to;
    for (int marks = 0; marks < MOST_MARKS && pattern_find(y->pattern, rest, &from, &to) && to > from; marks++) {
        struct slice before = {s.p, (size_t)(rest.p - s.p) + from};
        canvas_put(c, row, x + text_columns(before), ROLE_MATCH, (struct slice){rest.p + from, to - from});
        rest = (struct slice){rest.p + to, rest.n - to};
    }
}

static void keep_in_bounds(struct yaml *y)
{
    int last = y->n > y->height ? y->n - y->height : 0, most_left = y->widest > y->width ? y->widest - y->width : 0;
    y->top = y->top > last ? last : y->top < 0 ? 0 : y->top;
    y->left = y->left > most_left ? most_left : y->left < 0 ? 0 : y->left;
}

static void yaml_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    struct yaml *y = (struct yaml *)v;
    struct rect old = canvas_clip_get(c);
    (void)focused;
    (void)m;
    y->height = r.h;
    y->width = r.w > 2 ? r.w - 2 : r.w;
    keep_in_bounds(y);
    canvas_clip(c, (struct rect){r.y, r.x + 1, r.h, y->width});
    if (!y->n && r.w > 4) {
        const char *text = y->arrived ? "the server's answer is empty" : y->asked ? "asking the server …" : "nothing is selected";
        canvas_wrap(c, (struct rect){r.y, r.x + 1, r.h, y->width}, y->error ? ROLE_ERROR : ROLE_MUTED,
                    slice_of(y->error ? y->error : text));
    }
    for (int row = 0; row < r.h && y->top + row < y->n; row++) {
        int i = y->top + row, x = r.x + 1 - y->left;
        draw_line(y, c, r.y + row, x, i);
        if (y->lines[i].match)
            draw_matches(y, c, r.y + row, x, i);
        if (i == y->at && y->lines[i].match)
            canvas_select(c, (struct rect){r.y + row, r.x + 1, 1, y->width});
    }
    canvas_clip(c, old);
}

/* Goes to the next line that matches, from `from` on, around the end. */
static bool go_to_match(struct yaml *y, int from, int by)
{
    for (int tried = 0; tried < y->n; tried++, from += by) {
        from = from < 0 ? y->n - 1 : from >= y->n ? 0 : from;
        if (!y->lines[from].match)
            continue;
        y->at = from;
        if (from < y->top || from >= y->top + y->height)
            y->top = from - y->height / 3;
        size_t start, end;
        if (y->width && pattern_find(y->pattern, line_text(y, from), &start, &end)) {
            const char *p = line_text(y, from).p;
            int column = text_columns((struct slice){p, start}), width = text_columns((struct slice){p + start, end - start});
            if (column < y->left || column + width > y->left + y->width)
                y->left = column + width < y->width ? 0 : column - y->width / 3;
        }
        keep_in_bounds(y);
        return true;
    }
    y->at = -1;
    return false;
}

static void yaml_filter(struct view *v, const struct model *m, struct slice text, struct err *err)
{
    struct yaml *y = (struct yaml *)v;
    struct pattern *made = text.n ? pattern_new(text, PATTERN_SMARTCASE, err) : NULL;
    (void)m;
    if (text.n && !made)
        return;
    pattern_free(y->pattern);
    y->pattern = made;
    mark_matches(y);
    bool seen = y->at >= y->top && y->at < y->top + y->height;
    if (y->n_matches)
        go_to_match(y, seen ? y->at : y->top, 1);
    else
        y->at = -1;
}

static unsigned next_match(struct yaml *y, int by)
{
    if (go_to_match(y, y->at < 0 ? y->top : y->at + by, by))
        return REACT_DONE;
    snprintf(y->view.say, sizeof y->view.say, "nothing matches");
    return REACT_DONE | REACT_SAY;
}

static unsigned yaml_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct yaml *y = (struct yaml *)v;
    (void)m;
    if (y->pattern && (key == 'n' || key == 'N' || action == ACTION_ENTER))
        return next_match(y, key == 'N' ? -1 : 1);
    if (action == ACTION_LEFT || action == ACTION_RIGHT) {
        y->left += action == ACTION_LEFT ? -SIDE_STEP : SIDE_STEP;
        keep_in_bounds(y);
        return REACT_DONE;
    }
    return pane_scroll(&y->top, y->n, y->height, action) ? REACT_DONE : REACT_NONE;
}

static void yaml_command(struct view *v, const struct model *m, struct buf *out)
{
    const struct yaml *y = (const struct yaml *)v;
    (void)m;
    if (y->about.kind == KIND_NONE)
        return;
    const struct kind_info *info = kind_info(y->about.kind);
    buf_printf(out, "kubectl get %s%s%s %s%s%s -o yaml", info->plural, *info->group ? "." : "", info->group, y->about.name,
               y->about.ns[0] ? " -n " : "", y->about.ns);
}

const struct view_ops yaml_view = {
    .name = "yaml", .create = yaml_new, .free = yaml_free, .update = yaml_update, .fetched = yaml_fetched, .title = yaml_title, .draw = yaml_draw, .act = yaml_act,
    .filter = yaml_filter, .command = yaml_command,
};
