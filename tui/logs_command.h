/* `sandtop logs`: the log panes' streams on a pipe. */
#ifndef TUI_LOGS_COMMAND_H
#define TUI_LOGS_COMMAND_H
#include "tui/options.h"

/* Exit status: 0 (without -f: all there is was written; with it: nobody reads any more), 1 there is nothing to read or it cannot be read,
 * 2 wrong usage. */
int logs_run(const struct options *);
#endif
