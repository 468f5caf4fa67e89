/* Themes are data: a file of `role = foreground [background] [bold] [underline] [reverse] [dim]`, colours given for 256, 16 and 8 colours. */
#ifndef TUI_THEME_H
#define TUI_THEME_H
#include "core/base/err.h"
#include "core/base/ptrs.h"
#include "tui/role.h"

enum { STYLE_BOLD = 1, STYLE_DIM = 2, STYLE_UNDERLINE = 4, STYLE_REVERSE = 8, STYLE_ITALIC = 16 };
struct style {
    short fg, bg;                    /* colour number of the palette in use, -1: the terminal's own */
    unsigned char attributes;
};
struct theme;
/* By name ("dark", or a path that holds a '/'): looked for in $XDG_CONFIG_HOME/sandtop/themes, the source tree's or installed themes folder. */
struct theme *theme_load(const char *name, struct err *);
struct theme *theme_parse(const char *name, const char *text, struct err *); /* "line 3: unknown role …" */
void theme_free(struct theme *);
const char *theme_name(const struct theme *);
/* colours: 256, 16, 8, 0. With 0 only attributes speak. selected gives the cursor row's style over the role. */
struct style theme_style(const struct theme *, enum role, bool selected, int colours);
void theme_names(struct ptrs *out);              /* of char *, caller frees each; sorted, "dark" first */
#endif
