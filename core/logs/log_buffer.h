/* Lines of several streams in one bounded memory: appended for ever, the oldest slab is reused when the bound is reached and the loss is
 * counted. A line keeps its number for life. */
#ifndef LOGS_LOG_BUFFER_H
#define LOGS_LOG_BUFFER_H
#include "core/logs/log_line.h"

enum { LOG_LINE_TEXT, LOG_LINE_GAP, LOG_LINE_RESTART, LOG_LINE_STATUS };
struct log_entry {
    uint64_t number;                 /* 0, 1, 2 … in order of arrival */
    int64_t time_ms;                 /* the API's stamp, else the line's own, else that of the line before it */
    int32_t nanos;
    uint16_t stream;
    uint8_t type;                    /* LOG_LINE_… */
    uint8_t level;                   /* enum log_level */
    uint8_t format;
    bool folded;
    struct slice text;               /* borrowed until the next append */
};
struct log_buffer;
struct log_buffer *log_buffer_new(size_t limit_bytes);
void log_buffer_free(struct log_buffer *);
unsigned log_buffer_stream(struct log_buffer *, const char *label);      /* "ctl", "rtr", "pod/container"; the same label, the same number */
const char *log_buffer_label(const struct log_buffer *, unsigned stream);
void log_buffer_add(struct log_buffer *, unsigned stream, unsigned type, int64_t stamp_ns, struct slice text);
uint64_t log_buffer_first(const struct log_buffer *);                    /* number of the oldest kept */
uint64_t log_buffer_end(const struct log_buffer *);                      /* one past the newest */
bool log_buffer_get(const struct log_buffer *, uint64_t number, struct log_entry *out);
uint64_t log_buffer_evicted(const struct log_buffer *);
size_t log_buffer_bytes(const struct log_buffer *);
/* The order by time: the position of a line in the merged view. Merged positions run from 0 to end - first. Late lines are put in their place. */
bool log_buffer_merged(const struct log_buffer *, uint64_t position, struct log_entry *out);
#endif
