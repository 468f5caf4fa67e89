/* What the readers of lines share. Inside core/logs only. */
#ifndef LOGS_LOG_INSIDE_H
#define LOGS_LOG_INSIDE_H
#include "core/base/json.h"
#include "core/logs/log_line.h"

/* The formats that are not JSON; objects: read a console line's JSON too. */
void log_words_parse(struct slice line, bool objects, struct log_line *out);
/* A JSON line's members; false where it is not one object. */
bool log_json_parse(struct slice line, struct log_line *out);

/* klog's `key=value key="value"` after its message: the next pair; quoted values without their quotes, escapes left. */
bool klog_pair(struct slice *rest, struct slice *key, struct slice *value);
/* What stands behind a klog message that is quoted (which is what structured ones are); empty for others. */
struct slice klog_pairs(struct slice line);

static inline struct slice slice_from(struct slice s, size_t at)
{
    return at < s.n ? (struct slice){s.p + at, s.n - at} : (struct slice){s.p + s.n, 0};
}
static inline struct slice slice_upto(struct slice s, size_t n)
{
    return n < s.n ? (struct slice){s.p, n} : s;
}
static inline struct slice slice_bare(struct slice s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s = slice_from(s, 1);
    return s;
}
static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
/* A JSON string without its quotes, escapes left; empty for anything else. */
static inline struct slice json_inner(json v)
{
    return json_type(v) == JSON_STRING && v.n >= 2 ? (struct slice){v.p + 1, v.n - 2} : (struct slice){v.p, 0};
}
#endif
