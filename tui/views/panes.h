/* What the panes beside the lists share: the words for kinds and marks, scrolling. */
#ifndef TUI_PANES_H
#define TUI_PANES_H
#include "tui/views/view.h"

extern const struct view_ops stock_view;          /* pools and templates in a narrow column */

const char *kind_short(enum kind);                /* "claim", "pool", "pvc": static */
enum glyph mark_glyph(enum mark);
enum role mark_role(enum mark);
enum role severity_role(enum severity);
enum glyph severity_glyph(enum severity);

/* Appends the command the Why pane shows, if it shows one and is about what is selected now. */
void why_next_command(const struct view *, const struct model *, struct buf *out);

/* What the findings shown are about in time, the leading one's first: evidence with its time and the cluster's own words. Borrowed until the next
 * update. None where what is selected now is not what the pane is about. */
struct why_quote {
    int64_t time_ms;                 /* wall; 0 unknown */
    const char *text;                /* "" none */
};
size_t why_quotes(const struct view *, const struct model *, struct why_quote *out, size_t most);

/* One of the graphs (0 stuck, 1 waiting, 2 ready, 3 start latency) in a line of so many columns; what was not seen is blank. */
void history_spark(const struct history_slot slots[HISTORY_SLOTS], int graph, int columns, struct buf *out);

/* Scrolls *top by the action over `lines` lines of which `rows` are seen; false where the action is no scrolling or nothing can move. */
bool pane_scroll(int *top, int lines, int rows, enum action);
#endif
