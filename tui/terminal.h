/* The terminal: curses behind one door. Puts a canvas on the screen in a theme's colours, reads keys, and leaves the terminal as it was on every
 * way out (exit, signals, crash, suspend). The only file that includes curses. */
#ifndef TUI_TERMINAL_H
#define TUI_TERMINAL_H
#include "core/base/err.h"
#include "tui/canvas.h"

struct theme;
struct terminal;
/* False text: "TERM=dumb cannot show a dashboard: use a terminal such as xterm-256color, or sandtop --version …". */
struct terminal *terminal_new(struct err *);
/* Whether terminal_new could succeed here, without touching anything: to be asked before a slow connection is made. */
bool terminal_possible(struct err *);
void terminal_free(struct terminal *);            /* restores */
void terminal_theme(struct terminal *, const struct theme *);
void terminal_size(struct terminal *, int *h, int *w);
bool terminal_utf8(const struct terminal *);      /* false: use the ASCII fallback */
int terminal_colours(const struct terminal *);    /* 256, 16, 8 or 0 (NO_COLOR too) */
void terminal_show(struct terminal *, const struct canvas *);
/* The next key without waiting, 0 if there is none: a character or K_… of keymap.h. Pasted characters come between K_PASTE_BEGIN and K_PASTE_END. A
 * paste that never ends is ended by a second without input: that is seen only if this is asked about once a second. */
int terminal_key(struct terminal *);
int terminal_fd(const struct terminal *);         /* poll it: keys; the signal descriptor follows */
int terminal_signal_fd(const struct terminal *);  /* readable after SIGWINCH, SIGCONT, SIGTERM, SIGHUP, SIGINT */
/* What came by signal since the last call: resized (the screen has its new size), quit asked for. */
void terminal_signals(struct terminal *, bool *resized, bool *quit);
void terminal_suspend(struct terminal *);         /* Ctrl-Z: restores, stops, comes back */
/* For another program to use the terminal meanwhile; nothing may be shown or read until it is regained. */
void terminal_lend(struct terminal *);
void terminal_regain(struct terminal *);
void terminal_redraw(struct terminal *);          /* the next show paints all */
void terminal_copy(struct terminal *, struct slice text); /* OSC 52, also through tmux and screen */
void terminal_title(struct terminal *, const char *);
#endif
