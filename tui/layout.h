/* Where the panes stand. Pure geometry: a pane keeps its corner of the screen whatever the size, and a pane for which there is no room of its own
 * borrows the place of Why while it has the focus. The rectangles of the shown panes tile the body: none overlap, none lie outside. */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H
#include "tui/canvas.h"

enum pane { PANE_STOCK, PANE_LIST, PANE_WHY, PANE_EVENTS, PANE_LOGS, PANE_COUNT };

struct layout {
    int header;                      /* lines of it: 0, 1 or 2 */
    int footer;                      /* 0 or 1 */
    struct rect body;                /* between the two */
    struct rect frame[PANE_COUNT];   /* title row and body; h == 0: not shown */
};
void layout_make(struct layout *, int h, int w, enum pane focus, bool zoom);
/* The inside of a frame: without its title row and, where a pane stands to its left, without the line between them. */
struct rect layout_inside(struct rect frame);
/* A pane's title in its border: left says what, right how much and whether it is whole. */
void frame_draw(struct canvas *, struct rect frame, struct slice left, struct slice right, bool focused);
/* Where lines meet, drawn after all frames. */
void frame_joints(struct canvas *, const struct layout *);
#endif
