/* Lines of several streams in one bounded memory: appended for ever, the oldest slab is reused when the bound is reached and the loss is
 * counted. A line keeps its number for life. */
#ifndef LOGS_LOG_BUFFER_H
#define LOGS_LOG_BUFFER_H
#include "core/logs/log_line.h"

enum { LOG_LINE_TEXT, LOG_LINE_GAP, LOG_LINE_RESTART, LOG_LINE_STATUS };
enum { LOG_STREAMS_MOST = 1024 };
struct log_entry {
    uint64_t number;                 /* 0, 1, 2 … in order of arrival */
    int64_t stamp_ns;                /* the API's stamp, else the line's own, else that of the line before it; INT64_MIN: none of these */
    int64_t time_ms;                 /* the same in ms */
    int32_t nanos;                   /* and its part within the second, 0 to 999999999 */
    uint16_t stream;
    uint8_t type;                    /* LOG_LINE_… */
    uint8_t level;                   /* enum log_level */
    uint8_t format;
    bool folded;                     /* belongs to line number - span, of the same stream */
    uint16_t span;                   /* folded: how far back its first line is; else: how far on its last folded line is, 0: none follows */
    struct slice text;               /* borrowed until the next append */
};
struct log_buffer;
/* The bound is for all: lines, index and order together. It is kept within 1 MiB and 4 GiB; one line alone may pass it. */
struct log_buffer *log_buffer_new(size_t limit_bytes);
void log_buffer_free(struct log_buffer *);
/* "ctl", "rtr", "pod/container"; the same label, the same number. */
unsigned log_buffer_stream(struct log_buffer *, const char *label);
const char *log_buffer_label(const struct log_buffer *, unsigned stream);
/* What a stream is of, for what is saved; copied. Before it is told, pod and container are "". */
struct log_names {
    const char *label, *ns, *pod, *container;
};
void log_buffer_name(struct log_buffer *, unsigned stream, const char *ns, const char *pod, const char *container);
struct log_names log_buffer_names(const struct log_buffer *, unsigned stream);
unsigned log_buffer_streams(const struct log_buffer *);                  /* how many there are: they are numbered from 0 */
void log_buffer_add(struct log_buffer *, unsigned stream, unsigned type, int64_t stamp_ns, struct slice text);
uint64_t log_buffer_first(const struct log_buffer *);                    /* number of the oldest kept */
uint64_t log_buffer_end(const struct log_buffer *);                      /* one past the newest */
bool log_buffer_get(const struct log_buffer *, uint64_t number, struct log_entry *out);
uint64_t log_buffer_evicted(const struct log_buffer *);
size_t log_buffer_bytes(const struct log_buffer *);                      /* all it holds: lines with their heads, index, order */
size_t log_buffer_text_bytes(const struct log_buffer *);                 /* of the lines alone */
/* The order by time, equal times by number. Merged positions run from 0 to end - first. Late lines are put in their place. */
bool log_buffer_merged(const struct log_buffer *, uint64_t position, struct log_entry *out);
/* The merged position of a line that is kept (of another: 0), found by its stamp in log n. */
uint64_t log_buffer_position(const struct log_buffer *, uint64_t number);
#endif
