/* $PAGER over a text, beside the dashboard's loop: the terminal is the pager's while it runs, and the sockets go on being read. */
#ifndef TUI_PAGER_H
#define TUI_PAGER_H
#include "core/base/err.h"
#include "core/base/slice.h"
#include "tui/terminal.h"

struct pager;
/* Lends it the terminal. NULL with a sentence if it cannot be started; the terminal is then as it was. */
struct pager *pager_start(struct terminal *, struct slice text, struct err *);
/* Readable once it has ended; -1 where the system has no such thing (then ask pager_done each turn). */
int pager_fd(const struct pager *);
bool pager_done(struct pager *);
/* Why it showed nothing, where the shell did not find it or may not run it; NULL else. Static. */
const char *pager_failure(const struct pager *);
/* Takes the terminal back; ends the pager if it still runs. */
void pager_free(struct pager *);
#endif
