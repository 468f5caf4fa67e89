/* Names of the roles, and the signs: each takes one column, and so does its ASCII fallback. */
#include "tui/role.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
#define X(upper, lower) [ROLE_##upper] = #lower,
    ROLES(X)
#undef X
};

/* U+2716 and U+2714 are drawn as text, in one column, by terminals that go by wcwidth. */
static const char *const signs[GLYPH_COUNT][2] = {
    [GLYPH_STUCK] = {"✖", "X"},
    [GLYPH_WAITING] = {"◌", "o"},
    [GLYPH_READY] = {"✔", "+"},
    [GLYPH_LEAVING] = {"⊘", "-"},
    [GLYPH_UNKNOWN] = {"?", "?"},
    [GLYPH_ARROW] = {"→", ">"},
    [GLYPH_MORE] = {"▸", ">"},
    [GLYPH_LIVE] = {"●", "*"},
    [GLYPH_STALE] = {"○", "!"},
    [GLYPH_HLINE] = {"─", "-"},
    [GLYPH_VLINE] = {"│", "|"},
    [GLYPH_DOT] = {"·", "."},
    [GLYPH_ELLIPSIS] = {"…", "~"},
    [GLYPH_TIMES] = {"×", "x"},
    [GLYPH_LQUOTE] = {"“", "\""},
    [GLYPH_RQUOTE] = {"”", "\""},
    [GLYPH_TEE_DOWN] = {"┬", "+"},
    [GLYPH_CROSS] = {"┼", "+"},
    [GLYPH_TEE_UP] = {"┴", "+"},
    [GLYPH_TEE_RIGHT] = {"├", "+"},
    [GLYPH_TEE_LEFT] = {"┤", "+"},
};

/* What else sentences and sparklines are made of. */
static const char *const others[][2] = {
    {"—", "-"}, {"–", "-"}, {"‘", "'"}, {"’", "'"}, {"←", "<"}, {"↑", "^"}, {"↓", "v"}, {"◂", "<"}, {"▾", "v"}, {"▴", "^"}, {"≥", ">"}, {"≤", "<"},
    {"•", "*"}, {"▁", "_"}, {"▂", "."}, {"▃", ":"}, {"▄", "-"}, {"▅", "="}, {"▆", "+"}, {"▇", "*"}, {"█", "#"}, {"░", "."}, {"▒", ":"},
};

const char *role_name(enum role role)
{
    return (unsigned)role < ROLE_COUNT ? names[role] : "";
}

enum role role_by_name(const char *name)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum role)i;
    return ROLE_COUNT;
}

const char *glyph_text(enum glyph glyph, bool ascii)
{
    return (unsigned)glyph < GLYPH_COUNT ? signs[glyph][ascii] : "?";
}

const char *sign_ascii(const char *grapheme)
{
    for (size_t i = 0; i < GLYPH_COUNT; i++)
        if (strcmp(signs[i][0], grapheme) == 0)
            return signs[i][1];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i][0], grapheme) == 0)
            return others[i][1];
    return NULL;
}
