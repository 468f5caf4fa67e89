/* The sequences that curses does not know: the window's title (OSC 2) and the clipboard (OSC 52), made as bytes so that they can be tested. */
#ifndef TUI_TERMINAL_ESCAPE_H
#define TUI_TERMINAL_ESCAPE_H
#include "core/base/buf.h"

bool escape_has_titles(const char *term);         /* terminals that do not know OSC 2 would show it as letters */
struct slice escape_title_push(void);             /* keeps the title (XTWINOPS 22), and gives it back */
struct slice escape_title_pop(void);
/* At most 100 columns, whatever the text holds. */
void escape_title(struct slice text, bool utf8, struct buf *out);
/* Nothing for a text beyond what terminals take (75,000 bytes as base64). term and tmux as in the environment, may be NULL. */
void escape_copy(struct slice text, const char *term, const char *tmux, struct buf *out);
void escape_write(int fd, struct slice bytes);    /* all of it; what a broken descriptor does not take is lost */
#endif
