/* One line of a log, understood: time, level, message, the fields that matter. Pure: slices point into the line. */
#ifndef LOGS_LOG_LINE_H
#define LOGS_LOG_LINE_H
#include "core/base/slice.h"

enum log_level { LEVEL_NONE, LEVEL_TRACE, LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR, LEVEL_FATAL };
enum log_format {
    FORMAT_PLAIN, FORMAT_ZAP_JSON, FORMAT_ZAP_CONSOLE, FORMAT_KLOG, FORMAT_UVICORN, FORMAT_UVICORN_ACCESS, FORMAT_ROUTER_JSON,
    FORMAT_CONTINUATION,
};
struct log_line {
    enum log_format format;
    enum log_level level;
    int64_t time_ms;                 /* wall, the line's own stamp; INT64_MIN if it has none */
    struct slice message;            /* points into the line; JSON escapes are left */
    struct slice error;              /* JSON member error */
    struct slice kind, ns, name;     /* of the object it speaks of */
    struct slice reconcile_id;
    struct slice method, path;       /* of a request */
    struct slice stacktrace;
    int status;                      /* HTTP status, 0 none */
    int64_t duration_ms;             /* -1 none */
    bool folded;                     /* belongs to the line before it (traceback, panic, stack) */
};
void log_line_parse(struct slice line, struct log_line *out);
#endif
