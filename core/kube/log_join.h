/* Which lines of an answer are new: joins the answers of one container's log, without loss or repeats, and says where lines may be
 * missing. Pure but for its memory: it knows stamps and the wall clock, no requests. */
#ifndef KUBE_LOG_JOIN_H
#define KUBE_LOG_JOIN_H
#include "core/base/buf.h"
#include "core/kube/log_window.h"

enum log_verdict {
    LOG_NEW,
    LOG_REPEAT,                      /* it was handed out before */
    LOG_UNJOINED,                    /* it is newer than all that was read, and this answer has shown nothing that was: lines may be missing
                                      * before it. Said once an answer, and the line is not taken in: ask log_join_accept, then again. */
};
enum log_gap {
    LOG_GAP_NONE,
    LOG_GAP_JUMP,                    /* the reader was behind, and when it caught up the stamps had jumped */
    LOG_GAP_REPEAT,                  /* the log was read again from its start within one answer: it was rotated while it was read */
    LOG_GAP_CLOCK,                   /* stamps went back without a repeat: the node's clock was set */
    LOG_GAP_RESUME,                  /* log_join_accept */
};
enum log_answer {
    LOG_ANSWER_FIRST,                /* nothing was read before, or all that comes is wanted */
    LOG_ANSWER_RESUMED,              /* asked for from a second before the newest line read */
    LOG_ANSWER_OTHER,                /* another container's log from its start: it need not join, but may have been read in part */
};
struct log_join {
    struct log_window window;
    struct log_window past;          /* of before the clock went back: stamps of the future, which a resumed answer brings again */
    bool resumed;                    /* this answer continues an earlier one, and nothing new has come on it yet … */
    bool overlapped;                 /* … but what was known has */
    bool other;                      /* LOG_ANSWER_OTHER */
    bool newest_met;                 /* this answer has shown the newest line that was read before it */
    bool repeating;                  /* known lines come again within this answer */
    int64_t repeating_since_ns;      /* wall */
    int64_t line_ns;                 /* the last dated line of this answer, which undated ones belong to; INT64_MIN: none */
    bool line_repeated;
    /* how far behind the wall clock lines arrive; the least of the last minute is the clocks' difference */
    int64_t now_ns, least_ns, least_before_ns, bucket_ns;
    bool caught_up, behind;
    int64_t gap_said_ns;             /* wall: when the last gap was found; 0 */
    /* of the gap that log_join_line found before the line it called new */
    enum log_gap gap;
    int64_t gap_from_ns, gap_to_ns;
    double gap_rate;                 /* lines a second before it; 0: not known */
};
void log_join_init(struct log_join *);
void log_join_begin(struct log_join *, enum log_answer);
void log_join_arrived(struct log_join *, int64_t wall_ms);         /* before each chunk */
enum log_verdict log_join_line(struct log_join *, int64_t stamp_ns, struct slice text);
void log_join_accept(struct log_join *, int64_t stamp_ns);         /* what is unjoined is to be taken as new; sets gap */
/* "about 117,000 lines may be missing: 65 s without a line at 1,800/s", or why that cannot be said. */
void log_join_gap_text(const struct log_join *, struct buf *out);
void log_join_free(struct log_join *);
#endif
