/* Text from anywhere, cut into what one place on the screen holds. utf8proc behind one door. */
#ifndef TUI_GRAPHEME_H
#define TUI_GRAPHEME_H
#include "core/base/slice.h"

struct grapheme {
    char text[16];                   /* printable UTF-8, NUL-terminated */
    int columns;                     /* 1 or 2 */
};
/* Takes the next one off the front of rest; false at the end. Whatever must not reach a terminal comes out as a visible replacement of one column:
 * control bytes as U+00B7 (a tab as a blank), broken UTF-8, bidi controls, zero-width characters and unassigned ones as U+FFFD. */
bool grapheme_next(struct slice *rest, struct grapheme *out);
/* One printable ASCII byte that no mark can follow: one column, and the byte is the text. */
static inline bool grapheme_plain(struct slice s)
{
    return s.n && s.p[0] >= 0x20 && s.p[0] < 0x7f && (s.n == 1 || (unsigned char)s.p[1] < 0x80);
}
#endif
