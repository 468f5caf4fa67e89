/* The one-line prompt: see prompt.h. */
#include "tui/prompt.h"
#include "core/base/buf.h"
#include "tui/keymap.h"
#include <stdio.h>

void prompt_set(struct prompt *p, const char *text)
{
    snprintf(p->text, sizeof p->text, "%s", text ? text : "");
    p->n = strlen(p->text);
    while (p->n && text && ((unsigned char)text[p->n] & 0xc0) == 0x80) /* cut between characters */
        p->n--;
    p->text[p->n] = 0;
    p->at = p->n;
    p->hint[0] = 0;
}

void prompt_open(struct prompt *p, enum prompt_mode mode, const char *text)
{
    err_clear(&p->error);
    p->mode = mode;
    prompt_set(p, text);
}

void prompt_close(struct prompt *p)
{
    err_clear(&p->error);
    if (p->secret) {
        explicit_bzero(p->text, sizeof p->text);
        p->n = p->at = 0;
    }
    p->secret = false;
    p->mode = PROMPT_NONE;
    p->hint[0] = 0;
}

size_t utf8_of_key(int key, char out[4])
{
    if (key < 0x20 || key == 0x7f || key > 0x10ffff || (key >= 0x80 && key < 0xa0) || (key >= 0xd800 && key < 0xe000))
        return 0;
    if (key < 0x80) {
        out[0] = (char)key;
        return 1;
    }
    if (key < 0x800) {
        out[0] = (char)(0xc0 | key >> 6);
        out[1] = (char)(0x80 | (key & 0x3f));
        return 2;
    }
    if (key < 0x10000) {
        out[0] = (char)(0xe0 | key >> 12);
        out[1] = (char)(0x80 | (key >> 6 & 0x3f));
        out[2] = (char)(0x80 | (key & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | key >> 18);
    out[1] = (char)(0x80 | (key >> 12 & 0x3f));
    out[2] = (char)(0x80 | (key >> 6 & 0x3f));
    out[3] = (char)(0x80 | (key & 0x3f));
    return 4;
}

static size_t before(const struct prompt *p, size_t at)
{
    if (at)
        at--;
    while (at && ((unsigned char)p->text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static size_t after(const struct prompt *p, size_t at)
{
    if (at < p->n)
        at++;
    while (at < p->n && ((unsigned char)p->text[at] & 0xc0) == 0x80)
        at++;
    return at;
}

static enum prompt_result cut(struct prompt *p, size_t from, size_t to)
{
    if (from == to)
        return PROMPT_STAYS;
    memmove(p->text + from, p->text + to, p->n - to + 1);
    p->n -= to - from;
    p->at = from;
    return PROMPT_CHANGED;
}

static enum prompt_result insert(struct prompt *p, int key)
{
    char bytes[4];
    size_t n = utf8_of_key(key, bytes);
    if (!n || p->n + n >= sizeof p->text)
        return PROMPT_STAYS;
    memmove(p->text + p->at + n, p->text + p->at, p->n - p->at + 1);
    memcpy(p->text + p->at, bytes, n);
    p->n += n;
    p->at += n;
    return PROMPT_CHANGED;
}

static size_t word_start(const struct prompt *p)
{
    size_t at = p->at;
    while (at && p->text[at - 1] == ' ')
        at--;
    while (at && p->text[at - 1] != ' ')
        at--;
    return at;
}

enum prompt_result prompt_key(struct prompt *p, int key)
{
    switch (key) {
    case K_ENTER: case '\r': case '\n': return PROMPT_ACCEPT;
    case K_ESC: case K_CTRL('c'): case K_CTRL('g'): return PROMPT_CANCEL;
    case K_TAB: case '\t': return PROMPT_COMPLETE;
    case K_UP: return PROMPT_OLDER;
    case K_DOWN: return PROMPT_NEWER;
    case K_LEFT: case K_CTRL('b'): p->at = before(p, p->at); return PROMPT_STAYS;
    case K_RIGHT: case K_CTRL('f'): p->at = after(p, p->at); return PROMPT_STAYS;
    case K_HOME: case K_CTRL('a'): p->at = 0; return PROMPT_STAYS;
    case K_END: case K_CTRL('e'): p->at = p->n; return PROMPT_STAYS;
    case K_BACKSPACE: case K_CTRL('h'): case 0x7f:
        return p->n || p->mode == PROMPT_ASK ? cut(p, before(p, p->at), p->at) : PROMPT_CANCEL;
    case K_DELETE: case K_CTRL('d'): return cut(p, p->at, after(p, p->at));
    case K_CTRL('u'): return cut(p, 0, p->at);
    case K_CTRL('k'): return cut(p, p->at, p->n);
    case K_CTRL('w'): return cut(p, word_start(p), p->at);
    default: return key < KEY_BASE ? insert(p, key) : PROMPT_STAYS;
    }
}

/* What is shown for the text up to a place in it: itself, or a dot for each character of a secret. */
static struct slice shown(const struct prompt *p, size_t from, size_t to, struct buf *dots)
{
    if (!p->secret)
        return (struct slice){p->text + from, to - from};
    buf_clear(dots);
    for (size_t at = from; at < to; at = after(p, at))
        buf_add_byte(dots, '*');
    return buf_slice(dots);
}

void prompt_draw(const struct prompt *p, struct canvas *c, struct rect line)
{
    struct buf dots = {0};
    if (line.h < 1 || line.w < 3)
        return;
    struct rect old = canvas_clip_get(c);
    canvas_clip(c, line);
    canvas_fill(c, line, ROLE_INPUT, " ");
    int x = line.x + 1 + canvas_text(c, line.y, line.x + 1, ROLE_KEY, p->mode == PROMPT_ASK ? p->label : p->mode == PROMPT_COMMAND ? ":" : "/");
    size_t from = 0;                 /* a long text is shown from where its cursor is still in sight */
    while (from < p->at && text_columns(shown(p, from, p->at, &dots)) > line.x + line.w - x - 4)
        from = after(p, from);
    canvas_put(c, line.y, x, ROLE_INPUT, shown(p, from, p->n, &dots));
    int cursor = x + text_columns(shown(p, from, p->at, &dots));
    int end = x + text_columns(shown(p, from, p->n, &dots)) + 2;
    const char *note = p->error.text ? p->error.text : p->hint;
    if (note[0] && end < line.x + line.w - 4)
        canvas_fit(c, line.y, end, line.x + line.w - end - 1, p->error.text ? ROLE_ERROR : ROLE_MUTED, FIT_END, slice_of(note));
    canvas_cursor(c, line.y, cursor);
    canvas_clip(c, old);
    buf_free(&dots);
}
