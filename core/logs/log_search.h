/* From a line to the next that has something: a pattern's match, an error, a time. Within what a view shows, in slices, to be taken up
 * again. */
#ifndef LOGS_LOG_SEARCH_H
#define LOGS_LOG_SEARCH_H
#include "core/logs/log_view.h"

enum log_search_result { LOG_SEARCH_FOUND, LOG_SEARCH_NONE, LOG_SEARCH_MORE };
struct log_search {                  /* {0} at first */
    struct pattern *pattern;         /* borrowed; NULL: a line of at least `level` */
    enum log_level level;
    int direction;                   /* 1: to newer lines, -1: to older */
    uint64_t at;                     /* the last line looked at */
    uint64_t line;                   /* its own, as the next two: how far it has come within the group of `at` */
    size_t offset;
    bool inside;
};
/* From the line `from`, which is not looked at itself; UINT64_MAX: from beyond the end of that side (all rows are looked at). */
void log_search_pattern(struct log_search *, struct pattern *, int direction, uint64_t from);
void log_search_level(struct log_search *, enum log_level least, int direction, uint64_t from);
/* FOUND with the line's number; NONE: there is none; MORE: not yet known, for want of time or because the view itself has not come as far
 * back. */
enum log_search_result log_search_step(struct log_search *, struct log_view *, const struct clock *, int64_t until_mono_ms,
                                       uint64_t *number);
#endif
