/* Cells of {text, role} with a clip rectangle: what views draw on. No colours, no curses. It is the one gate to the screen: whatever is not a
 * printable grapheme (control bytes, escape sequences, broken UTF-8, bidi and zero-width tricks) becomes a visible replacement here. */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H
#include "core/base/buf.h"
#include "tui/role.h"

struct rect {
    int y, x, h, w;
};
struct cell {
    char text[16];                   /* one grapheme, NUL-terminated; "" right of a wide one */
    unsigned char role;
    bool selected;                   /* the cursor's row */
};
struct canvas;
struct canvas *canvas_new(int h, int w, bool ascii);
void canvas_free(struct canvas *);
void canvas_resize(struct canvas *, int h, int w);
int canvas_h(const struct canvas *);
int canvas_w(const struct canvas *);
bool canvas_ascii(const struct canvas *);
void canvas_erase(struct canvas *);                                   /* all blank, no clip */
const struct cell *canvas_cell(const struct canvas *, int y, int x);
void canvas_clip(struct canvas *, struct rect);                       /* set; drawing outside has no effect, coordinates stay the canvas's */
struct rect canvas_clip_get(const struct canvas *);
/* Draws text from x; returns the columns it took (also those clipped away). */
int canvas_put(struct canvas *, int y, int x, enum role, struct slice text);
int canvas_text(struct canvas *, int y, int x, enum role, const char *text);
int canvas_printf(struct canvas *, int y, int x, enum role, const char *format, ...) __attribute__((format(printf, 5, 6)));
int canvas_glyph(struct canvas *, int y, int x, enum role, enum glyph);
/* In at most w columns: END cuts with an ellipsis at the end, MIDDLE in the middle (names), RIGHT aligns to the right (too long: as END).
 * Returns the columns used: with RIGHT all w. */
enum fit { FIT_END, FIT_MIDDLE, FIT_RIGHT };
int canvas_fit(struct canvas *, int y, int x, int w, enum role, enum fit, struct slice text);
/* Wraps at words into the rectangle; returns the lines taken; what does not fit ends in an ellipsis. */
int canvas_wrap(struct canvas *, struct rect, enum role, struct slice text);
int canvas_wrap_lines(int w, struct slice text);                      /* how many lines it would take */
void canvas_fill(struct canvas *, struct rect, enum role, const char *grapheme);
void canvas_select(struct canvas *, struct rect);                     /* marks cells as the cursor's */
void canvas_role(struct canvas *, struct rect, enum role);            /* changes roles in place */
int text_columns(struct slice text);                                  /* on the screen, after replacement */
void canvas_cursor(struct canvas *, int y, int x);                    /* where the terminal's cursor stands; -1,-1 hides it */
void canvas_cursor_get(const struct canvas *, int *y, int *x);
/* For goldens: the text, one line a row, trailing blanks cut; with_roles adds after each row a line of role letters where any is not normal, and in
 * it "cursor FROM-TO" (columns) where cells are selected. The letters: ROLE_LETTERS, in the order of the roles. */
#define ROLE_LETTERS " mbXwrla-tfkqcEWMSi"
void canvas_dump(const struct canvas *, bool with_roles, struct buf *out);
#endif
