/* Invariant: the bytes of a grapheme are printable, take just the columns it says on a terminal that goes by wcwidth, and change nothing but
 * their own place: no control byte, no bidi control, nothing invisible. */
#include "tui/grapheme.h"

#include <utf8proc.h>

enum sort { SORT_BASE, SORT_BLANK, SORT_MARK, SORT_DROPPED, SORT_CONTROL, SORT_REFUSED };

/* The conjoining vowels and finals take no column of their own on a terminal, but utf8proc gives them one. */
static bool is_loose_jamo(utf8proc_int32_t c)
{
    return (c >= 0x1160 && c <= 0x11ff) || (c >= 0xd7b0 && c <= 0xd7ff);
}

/* Selectors of a glyph's form, and skin tones: terminals disagree about their columns, and nothing is lost without them. */
static bool is_form(utf8proc_int32_t c)
{
    return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0x1f3fb && c <= 0x1f3ff) || c == 0x20e3;
}

static enum sort sort_of(utf8proc_int32_t c)
{
    const utf8proc_property_t *property = utf8proc_get_property(c);

    if (is_form(c))
        return SORT_DROPPED;
    if (property->ignorable || is_loose_jamo(c))
        return SORT_REFUSED;
    switch (property->category) {
    case UTF8PROC_CATEGORY_CC:
        return c == '\t' ? SORT_BLANK : SORT_CONTROL;
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return SORT_REFUSED;
    case UTF8PROC_CATEGORY_ZS:
        return SORT_BLANK;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
        return SORT_MARK;
    case UTF8PROC_CATEGORY_MC:
        return SORT_BASE;
    default:
        return utf8proc_charwidth(c) > 0 ? SORT_BASE : SORT_REFUSED;
    }
}

static utf8proc_ssize_t decode(struct slice s, utf8proc_int32_t *c)
{
    return utf8proc_iterate((const utf8proc_uint8_t *)s.p, s.n < 4 ? (utf8proc_ssize_t)s.n : 4, c);
}

static void skip(struct slice *s, size_t n)
{
    s->p += n;
    s->n -= n;
}

static void put(struct grapheme *out, const char *text, int columns)
{
    strcpy(out->text, text);
    out->columns = columns;
}

static void put_base(struct grapheme *out, const char *bytes, size_t n, utf8proc_int32_t c)
{
    if (c >= 0x1f1e6 && c <= 0x1f1ff) {           /* flags are pairs of letters that some terminals join and some do not */
        put(out, (char[]){(char)('A' + c - 0x1f1e6), 0}, 1);
        return;
    }
    memcpy(out->text, bytes, n);
    out->text[n] = 0;
    out->columns = utf8proc_charwidth(c) == 2 ? 2 : 1;
}

/* Marks stay with their base as long as they fit; the rest of a tower of them is dropped. */
static void take_marks(struct slice *rest, struct grapheme *out, utf8proc_int32_t base)
{
    size_t used = strlen(out->text);
    utf8proc_int32_t before = base, state = 0, c;

    while (rest->n && (unsigned char)rest->p[0] >= 0x80) {
        utf8proc_ssize_t n = decode(*rest, &c);
        if (n <= 0)
            return;
        enum sort sort = sort_of(c);
        if ((sort != SORT_MARK && sort != SORT_DROPPED) || utf8proc_grapheme_break_stateful(before, c, &state))
            return;
        if (sort == SORT_MARK && used + (size_t)n < sizeof out->text) {
            memcpy(out->text + used, rest->p, (size_t)n);
            used += (size_t)n;
            out->text[used] = 0;
        }
        before = c;
        skip(rest, (size_t)n);
    }
}

bool grapheme_next(struct slice *rest, struct grapheme *out)
{
    utf8proc_int32_t c;

    if (!rest->n)
        return false;
    if (grapheme_plain(*rest)) {
        put(out, (char[]){rest->p[0], 0}, 1);
        skip(rest, 1);
        return true;
    }
    utf8proc_ssize_t n = decode(*rest, &c);
    if (n <= 0) {
        put(out, "\xef\xbf\xbd", 1);
        skip(rest, 1);
        return true;
    }
    const char *bytes = rest->p;
    skip(rest, (size_t)n);
    switch (sort_of(c)) {
    case SORT_BASE:
        put_base(out, bytes, (size_t)n, c);
        take_marks(rest, out, c);
        break;
    case SORT_BLANK:
        put(out, c == 0x3000 ? "\xe3\x80\x80" : " ", c == 0x3000 ? 2 : 1);
        take_marks(rest, out, c);
        break;
    case SORT_CONTROL:
        put(out, "\xc2\xb7", 1);
        break;
    case SORT_MARK:                               /* with no base it would land on a neighbour */
    case SORT_DROPPED:
    case SORT_REFUSED:
        put(out, "\xef\xbf\xbd", 1);
        break;
    }
    return true;
}
