/* `sandtop run` and `sandtop check`: a command in a test sandbox, and the trial of a template's image. */
#ifndef TUI_RUN_COMMAND_H
#define TUI_RUN_COMMAND_H
#include "tui/options.h"

/* Exit status: the command's own; 124 the deadline, 125 sandtop could not run it, 128 + signal where it was interrupted. */
int run_command(const struct options *);
/* Exit status: 0 all passed, 1 something did not, 125 it could not be tried. */
int check_command(const struct options *);
#endif
