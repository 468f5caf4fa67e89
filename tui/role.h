/* What a piece of the screen means. Themes give roles their colours; views never name a colour. */
#ifndef TUI_ROLE_H
#define TUI_ROLE_H
#include <stdbool.h>

#define ROLES(X)                                                                                                                          \
    X(NORMAL, normal) X(MUTED, muted) X(STRONG, strong) X(STUCK, stuck) X(WAITING, waiting) X(READY, ready) X(LEAVING, leaving)             \
    X(ACCENT, accent) X(BORDER, border) X(TITLE, title) X(FOCUS, focus) X(KEY, key) X(QUOTE, quote) X(COMMAND, command) X(ERROR, error)     \
    X(WARNING, warning) X(MATCH, match) X(SIMULATED, simulated) X(INPUT, input)
#define X(upper, lower) ROLE_##upper,
enum role { ROLES(X) ROLE_COUNT };
#undef X
const char *role_name(enum role);                 /* "stuck" */
enum role role_by_name(const char *name);         /* ROLE_COUNT if unknown */

/* Signs with an ASCII fallback, drawn by canvas_glyph. */
enum glyph {
    GLYPH_STUCK, GLYPH_WAITING, GLYPH_READY, GLYPH_LEAVING, GLYPH_UNKNOWN, GLYPH_ARROW, GLYPH_MORE, GLYPH_LIVE, GLYPH_STALE, GLYPH_HLINE, GLYPH_VLINE,
    GLYPH_DOT, GLYPH_ELLIPSIS, GLYPH_TIMES, GLYPH_LQUOTE, GLYPH_RQUOTE, GLYPH_TEE_DOWN, GLYPH_CROSS, GLYPH_TEE_UP, GLYPH_TEE_RIGHT, GLYPH_TEE_LEFT, GLYPH_COUNT
};
const char *glyph_text(enum glyph, bool ascii);
/* The ASCII sign of one column for a grapheme of ours (glyphs, dashes, quotes, sparklines); NULL for any other. */
const char *sign_ascii(const char *grapheme);
#endif
