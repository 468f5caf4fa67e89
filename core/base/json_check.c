/* The full check of JSON that a person or a plugin wrote. The only file that knows json-c, whose header cannot stand beside json.h: both name
 * json_type. */
#include "core/base/err.h"
#include "core/base/json_scan.h"
#include <json-c/json_tokener.h>
#include <limits.h>

static bool check_error(struct slice text, size_t at, const char *what, struct err *err)
{
    unsigned line = 1, column = 1;
    for (size_t i = 0; i < at && i < text.n; i++) {
        if (text.p[i] == '\n') {
            line++;
            column = 1;
        } else if ((text.p[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    return err_set(err, "%u:%u %s", line, column, what);
}

/* json-c takes member names in single quotes even where it is strict. Returns where one stands outside a string, or text.n. */
static size_t single_quote(struct slice text)
{
    const char *p = text.p, *end = text.p + text.n;
    while (p && p < end && *p != '\'') {
        struct json_scan scan = {0};
        p = *p == '"' ? json_scan_string(&scan, p + 1, end) : p + 1;
    }
    return p ? (size_t)(p - text.p) : text.n;
}

bool json_check(struct slice text, struct err *err)
{
    if (text.n >= INT_MAX)
        return err_set(err, "1:1 too long: %zu bytes", text.n);
    if (!text.n)
        return err_set(err, "1:1 the text ends before the value does");
    size_t quote = single_quote(text);
    if (quote < text.n)
        return check_error(text, quote, "a single quote where a double one should be", err);
    struct json_tokener *tokener = json_tokener_new_ex(JSON_MAX_DEPTH);
    if (!tokener)
        return err_set(err, "1:1 out of memory");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    struct json_object *object = json_tokener_parse_ex(tokener, text.p, (int)text.n);
    enum json_tokener_error how = json_tokener_get_error(tokener);
    size_t at = json_tokener_get_parse_end(tokener);
    if (how == json_tokener_continue) {                    /* a bare number ends only with the text */
        object = json_tokener_parse_ex(tokener, "", 1);
        how = json_tokener_get_error(tokener);
        at = text.n;
    }
    json_object_put(object);
    json_tokener_free(tokener);
    if (how == json_tokener_continue || how == json_tokener_error_parse_eof)
        return check_error(text, text.n, "the text ends before the value does", err);
    if (how != json_tokener_success)
        return check_error(text, at, json_tokener_error_desc(how), err);
    while (at < text.n && json_is_space(text.p[at]))
        at++;
    return at == text.n || check_error(text, at, "more text after the value", err);
}
