/* The picker: see picker.h. */
#include "tui/picker.h"
#include "core/base/mem.h"
#include "tui/keymap.h"
#include "tui/layout.h"
#include <stdio.h>
#include <stdlib.h>

void picker_close(struct picker *p)
{
    for (size_t i = 0; i < p->items.n; i++)
        free(p->items.v[i]);
    ptrs_free(&p->items);
    ptrs_free(&p->shown);
    prompt_close(&p->typed);
    p->open = false;
}

void picker_open(struct picker *p, const char *title, const char *current, bool free_text)
{
    picker_close(p);
    *p = (struct picker){.open = true, .title = title, .free_text = free_text};
    snprintf(p->current, sizeof p->current, "%s", current ? current : "");
    prompt_open(&p->typed, PROMPT_FILTER, "");
}

void picker_add(struct picker *p, const char *name)
{
    ptrs_add(&p->items, mem_text(name));
}

static void narrow(struct picker *p)
{
    bool known = !p->typed.n;
    ptrs_clear(&p->shown);
    for (size_t i = 0; i < p->items.n; i++) {
        if (slice_find_caseless(slice_of(p->items.v[i]), slice_of(p->typed.text)) >= 0 || !p->typed.n)
            ptrs_add(&p->shown, p->items.v[i]);
        known |= !strcmp(p->items.v[i], p->typed.text);
    }
    p->as_typed = p->free_text && !known;
    if (p->as_typed)                 /* the last row, also where others match: "ml" is no less a name for there being "ml-team" */
        ptrs_add(&p->shown, p->typed.text);
    p->at = p->top = 0;
}

void picker_start(struct picker *p)
{
    narrow(p);
    for (size_t i = 0; i < p->shown.n; i++)
        if (!strcmp(p->shown.v[i], p->current))
            p->at = i;
}

const char *picker_taken(const struct picker *p)
{
    return p->at < p->shown.n ? p->shown.v[p->at] : "";
}

enum picker_result picker_key(struct picker *p, int key)
{
    size_t last = p->shown.n ? p->shown.n - 1 : 0;
    switch (key) {
    case K_UP: case K_BACKTAB: case K_CTRL('p'): p->at -= p->at > 0; return PICKER_STAYS;
    case K_DOWN: case K_TAB: case '\t': case K_CTRL('n'): p->at += p->at < last; return PICKER_STAYS;
    case K_PGUP: p->at -= p->at < 10 ? p->at : 10; return PICKER_STAYS;
    case K_PGDN: p->at = p->at + 10 > last ? last : p->at + 10; return PICKER_STAYS;
    case K_HOME: p->at = 0; return PICKER_STAYS;
    case K_END: p->at = last; return PICKER_STAYS;
    default: break;
    }
    switch (prompt_key(&p->typed, key)) {
    case PROMPT_CHANGED: narrow(p); return PICKER_STAYS;
    case PROMPT_ACCEPT: return picker_taken(p)[0] ? PICKER_TAKEN : PICKER_STAYS;
    case PROMPT_CANCEL: return PICKER_LEFT;
    default: return PICKER_STAYS;
    }
}

static int box_width(const struct picker *p, int most)
{
    int title = text_columns(slice_of(p->title)) + 20, w = title > 34 ? title : 34; /* beside it how many there are */
    for (size_t i = 0; i < p->items.n && i < 2000; i++) {
        int n = text_columns(slice_of(p->items.v[i])) + 6;
        w = n > w ? n : w;
    }
    return w > most ? most : w;
}

static void draw_as_typed(struct canvas *c, int y, struct rect box, const char *name)
{
    struct buf text = {0};
    buf_printf(&text, "%s, as typed", name);
    canvas_fit(c, y, box.x + 4, box.w - 6, ROLE_MUTED, FIT_MIDDLE, buf_slice(&text));
    buf_free(&text);
}

void picker_draw(struct picker *p, struct canvas *c, struct rect body)
{
    bool ascii = canvas_ascii(c);
    int w = box_width(p, body.w > 8 ? body.w - 4 : body.w), h = (int)(p->items.n > 200 ? 200 : p->items.n) + 3 + p->free_text;
    h = h < 5 ? 5 : h;
    if (h > body.h)
        h = body.h;
    if (w < 4 || h < 3)
        return;
    struct rect box = {body.y + (body.h - h) / 2, body.x + (body.w - w) / 2, h, w}, old = canvas_clip_get(c);
    canvas_clip(c, body);
    canvas_fill(c, (struct rect){box.y, box.x - 1, h, w + 2}, ROLE_NORMAL, " ");
    canvas_clip(c, box);
    struct buf left = {0}, right = {0};
    buf_add_text(&left, p->title);
    buf_printf(&right, "%zu of %zu", p->shown.n - p->as_typed, p->items.n);
    frame_draw(c, box, buf_slice(&left), buf_slice(&right), true);
    buf_free(&left);
    buf_free(&right);
    for (int y = 1; y < h; y++) {
        canvas_glyph(c, box.y + y, box.x, ROLE_FOCUS, GLYPH_VLINE);
        canvas_glyph(c, box.y + y, box.x + w - 1, ROLE_FOCUS, GLYPH_VLINE);
    }
    canvas_fill(c, (struct rect){box.y + h - 1, box.x, 1, w}, ROLE_FOCUS, glyph_text(GLYPH_HLINE, ascii));
    canvas_clip(c, (struct rect){box.y + 1, box.x + 1, h - 2, w - 2});
    prompt_draw(&p->typed, c, (struct rect){box.y + 1, box.x + 1, 1, w - 2});
    size_t rows = h > 3 ? (size_t)(h - 3) : 0;
    if (p->at < p->top)
        p->top = p->at;
    if (rows && p->at >= p->top + rows)
        p->top = p->at - rows + 1;
    for (size_t i = 0; i < rows && p->top + i < p->shown.n; i++) {
        const char *name = p->shown.v[p->top + i];
        int y = box.y + 2 + (int)i;
        if (!strcmp(name, p->current))
            canvas_glyph(c, y, box.x + 2, ROLE_ACCENT, GLYPH_DOT);
        if (name == p->typed.text)
            draw_as_typed(c, y, box, name);
        else
            canvas_fit(c, y, box.x + 4, w - 6, ROLE_NORMAL, FIT_MIDDLE, slice_of(name));
        if (p->top + i == p->at)
            canvas_select(c, (struct rect){y, box.x + 1, 1, w - 2});
    }
    if (!p->shown.n && rows)
        canvas_fit(c, box.y + 2, box.x + 4, w - 6, ROLE_MUTED, FIT_END, SLICE("no such name"));
    canvas_clip(c, old);
}
