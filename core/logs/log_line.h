/* One line of a log, understood: time, level, message, the fields that matter. Pure and total: any bytes give an answer, in time linear in
 * the line, and every slice of it points into the line (or at a constant: a kind's name). */
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
    bool folded;                     /* by its form it belongs to the line before it (traceback, panic, stack); see log_fold.h */
    bool escaped;                    /* the slices are of JSON strings: their escapes are still to be decoded */
};
void log_line_parse(struct slice line, struct log_line *out);

/* What a buffer keeps of a line, for a small part of the cost of log_line_parse: format, level, folded, and (with want_time) time_ms. On
 * JSON that is broken after its first members the two may differ: this one does not read to the end. */
void log_line_glance(struct slice line, bool want_time, struct log_line *out);

const char *log_level_name(enum log_level);               /* "ERROR"; "" for LEVEL_NONE */
bool log_level_by_name(struct slice word, enum log_level *level);  /* "error", "WARN", "warning"; for --level */

/* Every object a line speaks of, through the controller's fields (<Kind>{name,namespace}; namespace and name with controllerKind; sandbox,
 * claim, Pod.Name), the Go router's (sandbox_id, sandbox_namespace; sandbox, namespace), the Python router's sentences (sandbox 'ID',
 * http://NAME.NS.svc…) and klog's (key="ns/name"). The first is the one it is most about. */
enum { LOG_OBJECTS_MOST = 8 };
struct log_object {
    struct slice kind;               /* "SandboxClaim", "Sandbox", "SandboxWarmPool", "SandboxTemplate", "Pod" …; empty: not said */
    struct slice ns, name;           /* ns may be empty: not said */
};
struct log_fields {
    struct log_object objects[LOG_OBJECTS_MOST];
    size_t n;
    struct slice reconcile_id;       /* the pass of the controller's loop it was written in; empty if none */
};
void log_line_fields(struct slice line, struct log_fields *out);
#endif
