/* `sandtop bundle [CLAIM…] [-o FILE]`: the triage bundle (core/session/bundle.h) as a command. */
#ifndef TUI_BUNDLE_COMMAND_H
#define TUI_BUNDLE_COMMAND_H
#include "tui/options.h"

/* Exit status: 0 written (its name on stdout), 2 not. */
int bundle_run(const struct options *);
#endif
