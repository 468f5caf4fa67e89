/* Bytes from the cluster on a terminal that nobody manages: what would move the cursor or change the terminal becomes visible instead. Line
 * ends and tabs pass. State is kept between pieces, so that a character cut by a piece's end is whole. */
#ifndef TUI_PLAIN_TEXT_H
#define TUI_PLAIN_TEXT_H
#include "core/base/buf.h"

struct plain_text {
    char held[4];                    /* the begin of a character */
    unsigned n_held, needs;
    bool carriage;                   /* a \r that waits for its \n */
};
void plain_text_add(struct plain_text *, struct slice bytes, struct buf *out);
void plain_text_end(struct plain_text *, struct buf *out);   /* what was held back */
/* A whole text on one line: line ends become spaces. */
void plain_line(const char *text, struct buf *out);
#endif
