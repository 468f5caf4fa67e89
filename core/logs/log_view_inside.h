/* The state of a view, shared by its own files and by the search. Inside core/logs only. */
#ifndef LOGS_LOG_VIEW_INSIDE_H
#define LOGS_LOG_VIEW_INSIDE_H
#include "core/logs/log_match.h"
#include "core/logs/log_order.h"
#include "core/logs/log_view.h"

struct log_view {
    const struct log_buffer *buffer;
    struct log_query *query;
    struct log_order rows;           /* marked: context */
    uint64_t generation;
    /* Lines at or after (scan_stamp, scan_number) have been looked at, older ones not yet; done: all have. `again` marks the second pass,
     * which looks only for lines of reconcile passes that the first learned of after it had gone by them. */
    int64_t scan_stamp;
    uint64_t scan_number;
    bool done, again, learned;
    uint64_t seen;                   /* lines before this number have been looked at, or wait for the scan */
    struct log_probe scan_probe, new_probe;
    /* While scanning: the lines last passed by that are no rows, newest first, and how many of the next are context by the last wanted
     * one. */
    uint64_t passed[LOG_CONTEXT_MOST];
    unsigned n_passed, context_left;
    unsigned disturbed;              /* for so many lines yet these two may be wrong, lines having been put in elsewhere */
    uint64_t *toggled;               /* sorted: first lines whose group is not as all_open says */
    size_t n_toggled, cap_toggled;
    bool all_open;
};

/* The rows with what the buffer has evicted taken out: to be called before rows are read or searched. */
void log_view_sync(struct log_view *);
/* No rows, and all lines to be looked at again. */
void log_view_restart(struct log_view *);
bool log_view_is_open(const struct log_view *, uint64_t head);

/* log_view_rows.c: single rows put in and taken out. */
struct order_place log_view_place(const struct log_view *, uint64_t number);
void log_view_put(struct log_view *, uint64_t head, bool context);       /* with its folded lines, where the group is open */
void log_view_take(struct log_view *, uint64_t head);
void log_view_settle_context(struct log_view *, uint64_t head);          /* makes the lines around it right again */
#endif
