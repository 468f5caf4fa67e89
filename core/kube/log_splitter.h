/* The bytes of a log answer, cut into lines, each with the stamp that timestamps=true puts before it. */
#ifndef KUBE_LOG_SPLITTER_H
#define KUBE_LOG_SPLITTER_H
#include "core/base/buf.h"

enum { LOG_LINE_MOST = 16 * 1024 * 1024 };               /* a longer line is handed out in pieces of this; the first has the stamp */

struct log_splitter {
    struct buf part;                 /* an unfinished line */
    int64_t second_ns;               /* what `second` says, */
    char second[20];                 /* "2026-11-23T08:20:23" of the last stamp: lines mostly come many a second */
};
/* stamp_ns: ns since 1970, INT64_MIN where the line has none; text without stamp, newline and a carriage return before it; borrowed
 * during the call. False: nothing more of these bytes is wanted. */
typedef bool (*log_line_fn)(void *ctx, int64_t stamp_ns, struct slice text);
void log_splitter_feed(struct log_splitter *, const char *bytes, size_t n, log_line_fn, void *ctx);
/* The answer is over: takes what came of a line without its end. False: there is nothing. text lives until the next feed or free. */
bool log_splitter_rest(struct log_splitter *, int64_t *stamp_ns, struct slice *text);
void log_splitter_clear(struct log_splitter *);
void log_splitter_free(struct log_splitter *);
/* Reads the stamp off the front of line: RFC 3339 with up to 9 fraction digits and any offset, then one space. INT64_MIN: there is none,
 * line is as it was. */
int64_t log_stamp(struct log_splitter *, struct slice *line);
#endif
