/* The one gate by which bytes of a log become text. Inside core/logs only. */
#ifndef LOGS_LOG_WRITE_H
#define LOGS_LOG_WRITE_H
#include "core/logs/log_text.h"

struct log_writer {
    struct log_text *out;
    size_t most;                     /* bytes; 0: no end */
    bool colours, newlines, full;
    struct buf scratch;              /* decoded JSON */
};
/* Appends bytes made safe, in a style; a colour the bytes ask for goes before it, and ends with them. */
void log_write(struct log_writer *, enum log_style, struct slice bytes);
/* The same for what stands between the quotes of a JSON string, escapes decoded. */
void log_write_json(struct log_writer *, enum log_style, struct slice inner);
#endif
