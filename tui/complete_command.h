/* What a shell asks while a command line is written, and the scripts that make it ask. */
#ifndef TUI_COMPLETE_COMMAND_H
#define TUI_COMPLETE_COMMAND_H
#include "tui/options.h"

/* `sandtop completion bash|zsh|fish`: the script on stdout. */
int completion_run(const struct options *);
/* `sandtop __complete -- WORD…`: what the last word may become, given those before it: one a line, or ":files". Asks the cluster where
 * names of it are wanted, for two seconds at most, and prints nothing where it cannot. Exit status 0. */
int complete_run(const struct options *);
#endif
