/* The two lines above all: where we are and how live that is, then the counts. What matters least gives way first where the width is short. */
#ifndef TUI_HEADER_H
#define TUI_HEADER_H
#include "tui/views/view.h"

/* m NULL: there is no session yet. */
void header_draw(struct canvas *, struct rect, const struct model *m);
/* The keys that do something here, as many as fit. */
void footer_hints(struct canvas *, struct rect line, const struct hint *, size_t n);
#endif
