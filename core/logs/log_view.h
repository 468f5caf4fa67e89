/* The lines of a buffer that a query wants, in merged order, kept in step with the buffer at a cost of the changes alone. Work is done in
 * slices, newest lines first, so that the screen's lines are there in the first. A row is a line; its place counts from 0 at the oldest
 * and shifts as older ones are found or evicted, so what is to last (a cursor, a mark) is kept as the line's number. Groups: a line and
 * those folded into it are wanted or not as one: each pattern in must match one of them, none may match a pattern out, and the level is
 * the highest of theirs. Closed, a group shows its first line. */
#ifndef LOGS_LOG_VIEW_H
#define LOGS_LOG_VIEW_H
#include "core/base/clock.h"
#include "core/logs/log_query.h"

struct log_view;
struct log_view *log_view_new(const struct log_buffer *);  /* the buffer must outlive it */
void log_view_free(struct log_view *);
/* Begins anew under another query, which it takes over (NULL: one that wants all). Groups stay open or closed. */
void log_view_query(struct log_view *, struct log_query *);
const struct log_query *log_view_query_get(const struct log_view *);
/* Takes in what the buffer got and lost, then goes on with the older lines, until done or until_mono_ms by the clock is reached (by a few
 * ms at most passed, whatever the pattern). At least one line is looked at. True: more is to be done. */
bool log_view_step(struct log_view *, const struct clock *, int64_t until_mono_ms);
bool log_view_done(const struct log_view *);               /* every line that the buffer had at the last step was looked at */
unsigned log_view_progress(const struct log_view *);       /* of the lines, in 1/1000 */
/* Goes up with each change of rows: what was drawn at the same generation is still right. */
uint64_t log_view_generation(const struct log_view *);

struct log_row {
    struct log_entry line;
    bool context;                    /* not wanted itself: it stands near one that is */
    bool open;                       /* a first line with others folded into it, or with a stack trace, and the group is open */
    bool group;                      /* others are folded into it (line.span: how far on the last is), or it has a stack trace of its own */
};
uint64_t log_view_count(struct log_view *);                /* rows so far */
bool log_view_at(struct log_view *, uint64_t row, struct log_row *out);
/* False: the line is no row; row then is the one before it (0 where there is none). */
bool log_view_find(struct log_view *, uint64_t number, uint64_t *row);
uint64_t log_view_at_time(struct log_view *, int64_t stamp_ns);          /* the first row not older; the count where all are */
uint64_t log_view_wanted(struct log_view *);               /* rows that are wanted themselves (no context, nothing folded) */
size_t log_view_bytes(const struct log_view *);            /* memory it holds */
/* Groups. number may be any line of the group. */
void log_view_open(struct log_view *, uint64_t number, bool open);
void log_view_open_all(struct log_view *, bool open);      /* and those to come */
bool log_view_opened_all(const struct log_view *);
#endif
