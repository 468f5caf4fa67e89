/* What was read in the last seconds of a log, as a multiset of lines: by it a resumed stream knows which lines it has had. */
#ifndef KUBE_LOG_WINDOW_H
#define KUBE_LOG_WINDOW_H
#include "core/base/slice.h"

struct log_window_item {
    int64_t stamp_ns;
    uint64_t hash;
    bool taken;                      /* met again since the resume */
};
struct log_window {
    struct log_window_item *items;   /* by arrival; [at, at + n) is live */
    size_t at, n, cap;
    int64_t newest_ns;               /* INT64_MIN: nothing was read */
};
void log_window_add(struct log_window *, int64_t stamp_ns, struct slice line);
void log_window_resume(struct log_window *);                       /* every item may be met once more */
/* Whether the line was read before (each item counts once a resume). */
bool log_window_had(struct log_window *, int64_t stamp_ns, struct slice line);
void log_window_free(struct log_window *);
#endif
