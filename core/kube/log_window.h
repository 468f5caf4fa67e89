/* The last lines that were read of a log, by stamp and hash: by it a resumed stream knows which lines it has had. */
#ifndef KUBE_LOG_WINDOW_H
#define KUBE_LOG_WINDOW_H
#include "core/base/slice.h"

enum { LOG_WINDOW_MOST = 32768 };    /* lines */

struct log_window_item {
    int64_t stamp_ns;
    uint32_t hash;
    uint32_t round;                  /* in which it was last met again */
};
struct log_window {
    struct log_window_item *items;   /* [at, at + n) is live */
    size_t at, n, cap;
    size_t next;                     /* where the next repeat is looked for first: repeats come in the order of the lines */
    uint32_t round;
    bool met;                        /* in this round one was */
    int64_t newest_ns;               /* INT64_MIN: nothing was read */
};
void log_window_init(struct log_window *);
void log_window_add(struct log_window *, int64_t stamp_ns, struct slice line);
void log_window_round(struct log_window *);                        /* every item may be met once more */
/* Whether the line was read before; each item counts once a round. A repeat comes in the order of the lines, so what is older than all
 * that is kept was read (or lies before the beginning of what was wanted) until the first of those kept is met; later it is a line whose
 * stamp went back. */
bool log_window_had(struct log_window *, int64_t stamp_ns, struct slice line);
/* The same for kept lines alone. */
bool log_window_kept(struct log_window *, int64_t stamp_ns, struct slice line);
/* Whether the stamp lies where each line read is known. */
bool log_window_covers(const struct log_window *, int64_t stamp_ns);
/* Lines a second of the last ten seconds before the newest; 0: too few to say. quiet_ns gets the longest time without a line in them. */
double log_window_rate(const struct log_window *, int64_t *quiet_ns);
void log_window_free(struct log_window *);
#endif
