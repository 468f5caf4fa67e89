/* No allocation, no locale: a scalar's meaning is a function of its bytes. */
#include "core/kube/yaml_scalar.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

static bool one_of(struct slice s, const char *const *words)
{
    for (; *words; words++)
        if (slice_is(s, *words))
            return true;
    return false;
}

static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const trues[] = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL};
static const char *const falses[] = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL};
static const char *const infinite[] = {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN",
                                       ".NAN", NULL};

/* Without '_', which may stand between digits; 0 where it does not fit or holds a NUL. */
static size_t bare_number(struct slice s, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '_')
            continue;
        if (n + 1 >= size || !s.p[i])
            return 0;
        out[n++] = s.p[i];
    }
    out[n] = '\0';
    return n;
}

static const char *digits(const char *p)
{
    while (isdigit((unsigned char)*p))
        p++;
    return p;
}

static bool is_decimal(const char *p)
{
    if (*p == '-' || *p == '+')
        p++;
    const char *start = p, *whole = digits(p);
    p = whole;
    if (*p == '.') {
        p = digits(p + 1);
        if (whole == start && p == whole + 1)
            return false;
    } else if (whole == start) {
        return false;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '-' || *p == '+')
            p++;
        const char *exponent = p;
        p = digits(p);
        if (p == exponent)
            return false;
    }
    return !*p;
}

/* The base of an integer with a prefix, and where its digits start; 0 where it is none. */
static int prefixed(const char *p, const char **start)
{
    if (*p == '-' || *p == '+')
        p++;
    if (*p != '0' || !p[1])
        return 0;
    int base = 8;
    p++;
    if (strchr("xXbBoO", *p)) {
        base = *p == 'x' || *p == 'X' ? 16 : *p == 'b' || *p == 'B' ? 2 : 8;
        p++;
    }
    *start = p;
    size_t n = strspn(p, base == 16 ? "0123456789abcdefABCDEF" : base == 8 ? "01234567" : "01");
    return n && !p[n] ? base : 0;
}

enum yaml_type yaml_scalar_type(struct slice s)
{
    char number[64];
    const char *start;
    if (one_of(s, nulls))
        return YAML_NULL;
    if (one_of(s, trues) || one_of(s, falses))
        return YAML_BOOL;
    if (one_of(s, infinite))
        return YAML_NUMBER;
    if (!strchr("+-.0123456789", s.p[0]) || !bare_number(s, number, sizeof number))
        return YAML_TEXT;
    return is_decimal(number) || prefixed(number, &start) ? YAML_NUMBER : YAML_TEXT;
}

bool yaml_is_true(const struct yaml_node *node)
{
    return node && node->type == YAML_BOOL && one_of(node->text, trues);
}

bool yaml_scalar_is_stamp(struct slice s)
{
    size_t n = 0, colons = 0;
    if (s.n >= 10 && isdigit((unsigned char)s.p[0]) && s.p[4] == '-' && s.p[7] == '-')
        return true;
    for (; n < s.n && (isdigit((unsigned char)s.p[n]) || strchr(":._+-", s.p[n] ? s.p[n] : 'x')); n++)
        colons += s.p[n] == ':';
    return n == s.n && colons;
}

void yaml_number_to_json(struct slice s, struct buf *out)
{
    char number[64];
    const char *start;
    if (one_of(s, infinite) || !bare_number(s, number, sizeof number)) {
        buf_add_text(out, "null");
        return;
    }
    int base = prefixed(number, &start);
    if (base) {
        errno = 0;
        unsigned long long value = strtoull(start, NULL, base);
        if (errno)
            buf_add_text(out, "null");
        else
            buf_printf(out, "%s%llu", number[0] == '-' ? "-" : "", value);
        return;
    }
    /* JSON wants no plus, no leading zeros, and digits on both sides of the point. */
    const char *p = number;
    if (*p == '-')
        buf_add_byte(out, '-');
    p += *p == '-' || *p == '+';
    while (*p == '0' && isdigit((unsigned char)p[1]))
        p++;
    if (*p == '.')
        buf_add_byte(out, '0');
    for (; *p; p++)
        if (*p != '.' || isdigit((unsigned char)p[1]))
            buf_add_byte(out, *p);
}
