/* UTF-8 of RFC 3629; controls in caret notation, C1 controls and broken bytes as U+FFFD. */
#include "tui/plain_text.h"

static void broken(struct plain_text *p, struct buf *out)
{
    if (p->n_held)
        buf_add_text(out, "\xef\xbf\xbd");
    p->n_held = p->needs = 0;
}

static void control(struct plain_text *p, char c, struct buf *out)
{
    if (p->carriage && c != '\n')
        buf_add_text(out, "^M");
    p->carriage = c == '\r';
    if (c == '\n' || c == '\t')
        buf_add_byte(out, c);
    else if (c == 0x7F)
        buf_add_text(out, "^?");
    else if (c != '\r')
        buf_printf(out, "^%c", c + '@');
}

static unsigned length_of(unsigned char c)
{
    return c >= 0xC2 && c <= 0xDF ? 2 : c >= 0xE0 && c <= 0xEF ? 3 : c >= 0xF0 && c <= 0xF4 ? 4 : 0;
}

static bool second_good(unsigned char first, unsigned char c)
{
    if (c < 0x80 || c > 0xBF)
        return false;
    return !(first == 0xE0 && c < 0xA0) && !(first == 0xED && c > 0x9F) && !(first == 0xF0 && c < 0x90) && !(first == 0xF4 && c > 0x8F);
}

static void add_byte(struct plain_text *p, unsigned char c, struct buf *out)
{
    if (p->n_held) {
        bool good = p->n_held == 1 ? second_good((unsigned char)p->held[0], c) : c >= 0x80 && c <= 0xBF;
        if (good) {
            p->held[p->n_held++] = (char)c;
            if (p->n_held < p->needs)
                return;
            if ((unsigned char)p->held[0] == 0xC2 && c < 0xA0)
                buf_add_text(out, "\xef\xbf\xbd"); /* C1: eight-bit controls */
            else
                buf_add(out, p->held, p->n_held);
            p->n_held = p->needs = 0;
            return;
        }
        broken(p, out);
    }
    if (c < 0x20 || c == 0x7F) {
        control(p, (char)c, out);
        return;
    }
    if (p->carriage)
        buf_add_text(out, "^M");
    p->carriage = false;
    p->needs = c < 0x80 ? 1 : length_of(c);
    if (p->needs == 1)
        buf_add_byte(out, (char)c);
    else if (p->needs == 0)
        buf_add_text(out, "\xef\xbf\xbd");
    else
        p->held[p->n_held++] = (char)c;
}

void plain_text_add(struct plain_text *p, struct slice bytes, struct buf *out)
{
    for (size_t i = 0; i < bytes.n; i++)
        add_byte(p, (unsigned char)bytes.p[i], out);
}

void plain_text_end(struct plain_text *p, struct buf *out)
{
    broken(p, out);
    if (p->carriage)
        buf_add_text(out, "^M");
    p->carriage = false;
}

void plain_line(const char *text, struct buf *out)
{
    struct plain_text p = {0};
    size_t from = out->n;

    plain_text_add(&p, slice_of(text), out);
    plain_text_end(&p, out);
    for (size_t i = from; i < out->n; i++)
        if (out->p[i] == '\n' || out->p[i] == '\t')
            out->p[i] = ' ';
}
