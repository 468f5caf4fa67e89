/* Only texts are looked at here: no object, no cluster. */
#include "core/diagnose/words.h"

bool is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

bool says(const char *text, const char *part)
{
    return text && strstr(text, part);
}

bool says_any(const char *text, const char *const *parts)
{
    for (; *parts; parts++)
        if (says(text, *parts))
            return true;
    return false;
}

struct slice quoted_after(const char *text, const char *before)
{
    const char *p = text ? strstr(text, before) : NULL;
    if (!p || p[strlen(before)] != '"')
        return SLICE("");
    const char *from = p + strlen(before) + 1, *to = from;
    while (*to && *to != '"')
        to += *to == '\\' && to[1] ? 2 : 1;
    return *to ? (struct slice){from, (size_t)(to - from)} : SLICE("");
}

struct slice quoted_plain(const char *text, const char *before)
{
    const char *p = text ? strstr(text, before) : NULL;
    if (!p)
        return SLICE("");
    p += strlen(before);
    p += strspn(p, "\\\"");
    return (struct slice){p, strcspn(p, "\\\" ,")};
}

struct slice run_after(const char *text, const char *before, const char *ends)
{
    const char *p = text ? strstr(text, before) : NULL;
    if (!p)
        return SLICE("");
    p += strlen(before);
    return (struct slice){p, strcspn(p, ends)};
}

struct slice foreign_item(const char *list, const char *const *known)
{
    while (list && *list) {
        struct slice item = {list, strcspn(list, ",")};
        bool found = item.n == 0;
        for (const char *const *k = known; *k && !found; k++)
            found = slice_is(item, *k);
        if (!found)
            return item;
        list += item.n;
        list += *list == ',';
    }
    return SLICE("");
}

void shell_word(struct buf *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_+=:,./-";
    if (text[0] && text[strspn(text, plain)] == '\0') {
        buf_add_text(out, text);
        return;
    }
    buf_add_byte(out, '\'');
    for (; *text; text++)
        if (*text == '\'')
            buf_add_text(out, "'\\''");
        else
            buf_add_byte(out, *text);
    buf_add_byte(out, '\'');
}

void one_line(struct buf *out, const char *text, size_t most)
{
    size_t n = strlen(text), cut = n;
    if (n > most) {
        cut = most;
        while (cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80)
            cut--;
    }
    for (size_t i = 0; i < cut; i++)
        buf_add_byte(out, text[i] == '\n' || text[i] == '\r' || text[i] == '\t' ? ' ' : text[i]);
    while (out->n && out->p[out->n - 1] == ' ')
        out->p[--out->n] = '\0';
    if (cut < n)
        buf_add_text(out, "…");
}
