/* Bracketed paste: what stands between ESC [ 200 ~ and ESC [ 201 ~ is text and no keys (xterm, ctlseqs, "Bracketed Paste Mode"). Knows no curses. */
#ifndef TUI_TERMINAL_PASTE_H
#define TUI_TERMINAL_PASTE_H
#include "core/base/slice.h"

enum { PASTE_PAUSE_MS = 1000, PASTE_MOST = 1 << 20 };

/* All zero: no paste. */
struct paste {
    bool on, told;                   /* told: K_PASTE_END was handed out, and what still comes is dropped */
    int matched;                     /* characters of the closing sequence seen so far */
    size_t n;                        /* characters since the opening one */
    bool quiet;
    int64_t quiet_ms;                /* since when nothing has come */
};

void paste_begin(struct paste *);
/* The next character within a paste: itself, K_PASTE_END, or 0 for what is no text. PASTE_MOST characters end the paste; what comes beyond is
 * dropped up to the closing sequence or a pause: it would be keys otherwise. */
int paste_character(struct paste *, uint32_t c);
/* There is nothing to read at now_ms (a monotonic clock). K_PASTE_END where that was so PASTE_PAUSE_MS ago too, with nothing in between; else 0.
 * Not the time between two characters: those of a paste may have waited for us. */
int paste_quiet(struct paste *, int64_t now_ms);
int paste_abandon(struct paste *);   /* K_PASTE_END if one was open, else 0 */
struct slice paste_on(void);         /* asks the terminal for the brackets, and asks it no longer */
struct slice paste_off(void);
#endif
