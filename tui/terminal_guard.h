/* Whatever happens, the terminal is left as it was found: signals, crashes, and the want of memory. Knows bytes and signals, no curses. */
#ifndef TUI_TERMINAL_GUARD_H
#define TUI_TERMINAL_GUARD_H
#include "core/base/slice.h"

enum guard_event { GUARD_RESIZED = 1, GUARD_CONTINUED = 2, GUARD_STOP = 4, GUARD_QUIT = 8 };

/* Remembers how the terminal of fd is set now, and the bytes that give its screen back (copied; cut at 1024); takes over the signals. Returns the
 * descriptor that is readable after each of them; -1 where no pipe can be had. */
int guard_start(int fd, struct slice restoring);
void guard_restoring(struct slice restoring);     /* other bytes from now on */
void guard_stop(void);                            /* the signals and the memory's hook go back to what they were */
unsigned guard_take(void);                        /* guard_events since the last call */
/* Stops the whole job as Ctrl-Z does without us; returns when it goes on. The screen must be restored by then. */
void guard_stop_job(void);
#endif
