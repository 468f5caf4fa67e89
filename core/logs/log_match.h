/* Asking a query of a group of lines, in slices. Inside core/logs only. */
#ifndef LOGS_LOG_MATCH_H
#define LOGS_LOG_MATCH_H
#include "core/base/clock.h"
#include "core/logs/log_query.h"

/* The time a slice has. The clock is read once for every few KiB looked at, and after each search that ended at the matcher's limit. */
struct log_work {
    const struct clock *clock;       /* NULL: no end */
    int64_t until_mono_ms;
    size_t spent;
    bool over;
};
void log_work_spend(struct log_work *, size_t bytes);

/* Whether a pattern occurs, piece by piece where text is long. offset: where to go on after MORE, 0 at first and after the others. */
enum log_verdict { LOG_UNWANTED, LOG_WANTED, LOG_MORE };
enum log_verdict log_match_text(struct pattern *, struct slice text, size_t *offset, struct log_work *);

/* How far the asking has come about one group: MORE goes on from here. {0} at first; it begins anew by itself where another head is asked
 * about. */
struct log_probe {
    uint64_t head, line;             /* line: of the group, where the pattern is being looked for */
    size_t pattern, offset;
    bool on;
    bool learned;                    /* out: the query learned of a reconcile pass from this group */
};
/* About the group whose first line is head (a line that stands for itself is a group of one). */
enum log_verdict log_query_group(struct log_query *, const struct log_buffer *, const struct log_entry *head, struct log_probe *,
                                 struct log_work *);
/* Whether the line may be shown at all, by its stream, time and type: as context. */
bool log_query_near(const struct log_query *, const struct log_entry *);
/* How many reconcile passes it knows to be of the selection, and whether the line was written in one. */
size_t log_query_passes(const struct log_query *);
bool log_query_in_pass(const struct log_query *, struct slice text);

/* Walks a group: next member after `number` (head at first); false at its end. */
bool log_group_next(const struct log_buffer *, uint64_t head, uint64_t *number, struct log_entry *out);
/* The first line of the group that the entry is in: itself where it stands for itself or its first line is gone. */
uint64_t log_group_head(const struct log_buffer *, const struct log_entry *);
#endif
