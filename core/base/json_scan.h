/* The scanner under json.c and json_cut.c: where a value ends. It keeps its whole state in struct json_scan, so that a value may come in pieces cut
 * anywhere and no byte is looked at twice. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H
#include "core/base/slice.h"

enum { JSON_MAX_DEPTH = 200 };

struct json_scan {
    unsigned depth;                  /* open brackets; the opening one of the value counts */
    bool in_string;                  /* inside a string within brackets */
    bool escaped;                    /* the last byte was a backslash that escapes what comes next */
    bool too_deep;                   /* ended at JSON_MAX_DEPTH */
};

/* All three start after the first byte of their value, with escaped false (and depth 1 for brackets), and return the place after its last one,
 * or NULL where the bytes end before it (the scan then goes on with the next bytes), or where it is too deep. */
const char *json_scan_string(struct json_scan *, const char *p, const char *end);
const char *json_scan_brackets(struct json_scan *, const char *p, const char *end);
/* The end of a number or literal: of the run of bytes one could be made of; never NULL. */
const char *json_scan_word(const char *p, const char *end);
/* Whether that run is a number, true, false or null. */
bool json_word_good(struct slice word);

struct err;
bool json_check(struct slice text, struct err *);         /* as in json.h, which json_check.c cannot include */

static inline bool json_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
static inline const char *json_skip_space(const char *p, const char *end)
{
    while (p < end && json_is_space(*p))
        p++;
    return p;
}
#endif
