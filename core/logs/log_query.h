/* Which lines are wanted: patterns in and out, level, time, streams, and "of the selection". It knows one line at a time; log_view keeps
 * the answers for a buffer. A line is wanted if every part that is set says so. */
#ifndef LOGS_LOG_QUERY_H
#define LOGS_LOG_QUERY_H
#include "core/base/err.h"
#include "core/base/pattern.h"
#include "core/logs/log_buffer.h"

enum { LOG_PATTERNS_MOST = 16, LOG_CONTEXT_MOST = 100 };
struct log_query;
struct log_query *log_query_new(void);                     /* wants every line */
struct log_query *log_query_copy(const struct log_query *);
void log_query_free(struct log_query *);
/* Wants lines where the pattern occurs (out: where it does not). Matched against the line's raw bytes; a line over 4 KiB is searched in
 * pieces that overlap by 1 KiB, so a match longer than that may be missed there. flags: PATTERN_…; false with err: not a
 * pattern, or too many of them; the query is as it was. */
bool log_query_pattern(struct log_query *, struct slice text, unsigned flags, bool out, struct err *);
size_t log_query_patterns(const struct log_query *);
/* The i-th pattern, for its text and to highlight with. */
struct pattern *log_query_pattern_at(const struct log_query *, size_t i, bool *out);
void log_query_pattern_drop(struct log_query *, size_t i);
void log_query_level(struct log_query *, enum log_level least);          /* LEVEL_NONE: all. A line that names none counts as INFO */
enum log_level log_query_level_get(const struct log_query *);
void log_query_since(struct log_query *, int64_t stamp_ns);              /* INT64_MIN: all */
void log_query_stream(struct log_query *, unsigned stream, bool shown);  /* at first all are */
bool log_query_stream_shown(const struct log_query *, unsigned stream);
/* Gaps, restarts and status lines are wanted whatever the patterns, the level and the selection say, unless filtered is asked for: then
 * never. */
void log_query_marks(struct log_query *, bool filtered);
/* So many lines around each that is wanted, of the streams shown; for log_view. */
void log_query_context(struct log_query *, unsigned lines);
unsigned log_query_context_get(const struct log_query *);
/* Of the selection: lines that speak of one of these objects, or were written in a reconcile pass one of whose lines does. A term without
 * kind goes for any kind, one without ns for any namespace. Copied. No terms and no streams: all lines again. */
struct log_term {
    struct slice kind, ns, name;
};
void log_query_select(struct log_query *, const struct log_term *terms, size_t n);
void log_query_select_stream(struct log_query *, unsigned stream);       /* every line of it is of the selection: the selected pod's own */
bool log_query_selects(const struct log_query *);
/* Whether the line is wanted by itself, in one go: for a pipe. What it learns of reconcile passes counts for the lines after it. */
bool log_query_wants(struct log_query *, const struct log_entry *);
/* How many searches have ended at the matcher's limit: such a line counts as one without a match, and the user is to be told. */
uint64_t log_query_limited(const struct log_query *);
#endif
