/* Bytes made safe. Invariant: what is appended is valid UTF-8 without control characters (newlines only where they were asked for), escape
 * sequences or direction overrides, and text never passes `most`; spans are in order and end where text ends at the latest. */
#include "core/logs/log_write.h"

#include "core/base/json.h"
#include "core/base/mem.h"

#include <stdlib.h>

static void span_add(struct log_text *t, size_t from, enum log_style style)
{
    struct log_span *last = t->n_spans ? &t->spans[t->n_spans - 1] : NULL;

    if (style == LOG_STYLE_NONE || from == t->text.n)
        return;
    if (last && last->style == style && last->to == from) {
        last->to = (uint32_t)t->text.n;
        return;
    }
    if (t->n_spans == t->cap_spans) {
        t->cap_spans = t->cap_spans ? t->cap_spans * 2 : 16;
        t->spans = mem_grow(t->spans, t->cap_spans, sizeof *t->spans);
    }
    t->spans[t->n_spans++] = (struct log_span){(uint32_t)from, (uint32_t)t->text.n, style};
}

/* Whole characters only. */
static void put(struct log_writer *w, const char *p, size_t n)
{
    size_t room = w->most && w->most < INT32_MAX ? w->most : INT32_MAX;

    if (w->full || w->out->text.n + n > room)
        w->full = true;
    else
        buf_add(&w->out->text, p, n);
}

/* Printable ASCII, which is most of it, as far as there is room. */
static size_t put_run(struct log_writer *w, struct slice s, size_t i)
{
    size_t end = i, room = w->most ? w->most - (w->out->text.n < w->most ? w->out->text.n : w->most) : SIZE_MAX;

    while (end < s.n && end - i < room && s.p[end] >= 0x20 && s.p[end] < 0x7f)
        end++;
    put(w, s.p + i, end - i);
    w->full |= end < s.n && end - i == room;
    return end;
}

/* C1 controls, marks and overrides of direction, line separators, and what has no width at all. */
static bool is_harmful(uint32_t c)
{
    bool of_direction = c == 0x61c || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);

    return c < 0xa0 || of_direction || (c >= 0x200b && c <= 0x200f) || c == 0xfeff;
}

/* "38;5;N" and "38;2;R;G;B" as one of the eight. */
static int eight_of(unsigned r, unsigned g, unsigned b)
{
    return (int)((r >= 96) + 2u * (g >= 96) + 4u * (b >= 96));
}

static int colour_of(const unsigned *v, size_t n, size_t *used)
{
    *used = n;
    if (n >= 3 && v[1] == 5) {
        *used = 3;
        if (v[2] < 16)
            return (int)(v[2] & 7);
        if (v[2] < 232)
            return eight_of((v[2] - 16) / 36 * 51, (v[2] - 16) / 6 % 6 * 51, (v[2] - 16) % 6 * 51);
        return v[2] < 244 ? 0 : 7;
    }
    if (n >= 5 && v[1] == 2) {
        *used = 5;
        return eight_of(v[2], v[3], v[4]);
    }
    return -1;
}

/* What "ESC [ … m" asks for, from the style so far. */
static enum log_style sgr(struct slice parameters, enum log_style now)
{
    unsigned v[16] = {0};
    size_t n = 1;

    for (size_t i = 0; i < parameters.n && n < sizeof v / sizeof *v; i++) {
        char c = parameters.p[i];
        if (c >= '0' && c <= '9')
            v[n - 1] = v[n - 1] > 999 ? 999 : v[n - 1] * 10 + (unsigned)(c - '0');
        else if (c == ';' || c == ':')
            n++;
        else
            return now;
    }
    for (size_t i = 0, used; i < n && i < sizeof v / sizeof *v; i += used) {
        int colour = -1;
        used = 1;
        if (v[i] == 38 || v[i] == 48) {
            colour = colour_of(v + i, (n < sizeof v / sizeof *v ? n : sizeof v / sizeof *v) - i, &used);
            colour = v[i] == 38 ? colour : -1;
        } else if ((v[i] >= 30 && v[i] <= 37) || (v[i] >= 90 && v[i] <= 97)) {
            colour = (int)(v[i] % 10);
        }
        if (colour >= 0)
            now = LOG_STYLE_COLOUR_0 + (unsigned)colour;
        else if (v[i] == 0 || (v[i] == 39 && now != LOG_STYLE_STRONG) || (v[i] == 22 && now == LOG_STYLE_STRONG))
            now = LOG_STYLE_NONE;
        else if (v[i] == 1 && now == LOG_STYLE_NONE)
            now = LOG_STYLE_STRONG;
    }
    return now;
}

/* The place after the control sequence whose ESC stands at s.p[i]; a colour it sets goes to *colour. A string (a title, say) that does not
 * end in this line is none: else one byte would hide the rest of the line. */
static size_t skip_escape(struct slice s, size_t i, enum log_style *colour)
{
    size_t at = i + 1;

    if (at == s.n)
        return at;
    if (s.p[at] == '[') {
        size_t from = ++at;
        while (at < s.n && s.p[at] >= 0x30 && s.p[at] <= 0x3f)
            at++;
        struct slice parameters = {s.p + from, at - from};
        while (at < s.n && s.p[at] >= 0x20 && s.p[at] <= 0x2f)
            at++;
        if (at < s.n && s.p[at] == 'm')
            *colour = sgr(parameters, *colour);
        return at < s.n && s.p[at] >= 0x40 && s.p[at] <= 0x7e ? at + 1 : at;
    }
    if (strchr("]PX^_", s.p[at]) && s.p[at]) {
        enum { STRING_MOST = 4096 };
        for (size_t k = at + 1; k < s.n && k - at < STRING_MOST; k++) {
            if (s.p[k] == '\a')
                return k + 1;
            if (s.p[k] == '\x1b' && k + 1 < s.n && s.p[k + 1] == '\\')
                return k + 2;
        }
        return at + 1;
    }
    while (at < s.n && s.p[at] >= 0x20 && s.p[at] <= 0x2f)
        at++;
    return at < s.n && s.p[at] >= 0x30 && s.p[at] <= 0x7e ? at + 1 : at;
}

static void put_control(struct log_writer *w, unsigned char c)
{
    char caret[2] = {'^', (char)(c ^ 0x40)};

    if (c == '\t')
        put(w, " ", 1);
    else if (c == '\n')
        put(w, w->newlines ? "\n" : "\\n", w->newlines ? 1 : 2);
    else if (c == '\r')
        put(w, "\\r", 2);
    else
        put(w, caret, 2);
}

void log_write(struct log_writer *w, enum log_style style, struct slice s)
{
    enum log_style colour = LOG_STYLE_NONE;
    size_t from = w->out->text.n;

    while (s.n && s.p[s.n - 1] == '\r')
        s.n--;
    for (size_t i = 0; i < s.n && !w->full;) {
        unsigned char c = (unsigned char)s.p[i];
        uint32_t value;
        size_t n;
        if (c >= 0x20 && c < 0x7f) {
            i = put_run(w, s, i);
        } else if (c == 0x1b) {
            enum log_style next = colour;
            i = skip_escape(s, i, &next);
            if (w->colours && next != colour) {
                span_add(w->out, from, colour ? colour : style);
                from = w->out->text.n;
                colour = next;
            }
        } else if (c < 0x80) {
            put_control(w, c);
            i++;
        } else {
            n = slice_utf8(s, i, &value);
            if (n && !is_harmful(value))
                put(w, s.p + i, n);
            else
                put(w, "\xef\xbf\xbd", 3);
            i += n ? n : 1;
        }
    }
    span_add(w->out, from, colour ? colour : style);
}

void log_write_json(struct log_writer *w, enum log_style style, struct slice inner)
{
    enum { MOST_OF_A_CHARACTER = 12 };                     /* bytes: an escaped pair of surrogates for four */
    struct buf quoted = {0};

    if (!inner.n || w->full)
        return;
    if (!memchr(inner.p, '\\', inner.n)) {
        log_write(w, style, inner);
        return;
    }
    if (w->most && inner.n / MOST_OF_A_CHARACTER > w->most)
        inner.n = w->most * MOST_OF_A_CHARACTER;
    buf_add_byte(&quoted, '"');
    buf_add_slice(&quoted, inner);
    buf_add_byte(&quoted, '"');
    buf_clear(&w->scratch);
    json_text(buf_slice(&quoted), &w->scratch);
    log_write(w, style, buf_slice(&w->scratch));
    buf_free(&quoted);
}

void log_text_safe(struct buf *out, struct slice bytes, bool newlines)
{
    struct log_text text = {.text = *out};
    struct log_writer w = {.out = &text, .newlines = newlines};

    log_write(&w, LOG_STYLE_NONE, bytes);
    *out = text.text;
}

void log_text_free(struct log_text *t)
{
    buf_free(&t->text);
    free(t->spans);
    *t = (struct log_text){.n_spans = 0};
}
