/* The logs of a session: panes of streams. Each pane has a bounded memory of its own (log_buffer_bytes), and a container has one stream a
 * pane at most. Implemented by log_set.c. */
#ifndef SESSION_SESSION_LOGS_H
#define SESSION_SESSION_LOGS_H
#include "core/kube/log_stream.h"
#include "core/logs/log_buffer.h"

struct session;
enum log_pane {
    LOGS_SYSTEM,                     /* every controller and router that the pod watch names, in any namespace; wanted from the start */
    LOGS_CLAIM,                      /* the pod of what is selected: all containers, init containers too; follows the selection */
    LOGS_PICKED,                     /* pods picked by hand */
    LOG_PANES,
};
/* Streams run, and lines are kept, only while the pane is wanted; what was read stays readable, and a pane that is wanted again resumes. */
void session_log_want(struct session *, enum log_pane, bool on);
bool session_log_wanted(const struct session *, enum log_pane);
/* Adds a pod of any namespace to LOGS_PICKED, or takes it out again. False: 16 are picked already. */
bool session_log_pick(struct session *, const char *ns, const char *pod);
void session_log_unpick(struct session *, const char *ns, const char *pod);
bool session_log_picked(const struct session *, const char *ns, const char *pod);
/* Never NULL, though empty while the pane was never wanted. LOGS_CLAIM gets another buffer whenever another object is selected, so ask
 * each turn; the epoch grows with each new buffer of the pane. */
const struct log_buffer *session_log_buffer(const struct session *, enum log_pane);
uint64_t session_log_epoch(const struct session *, enum log_pane);
/* What the pane is about: "controller and router", "claim team-a/my-claim, pod my-claim", "" where nothing is selected. Borrowed until
 * the next turn. */
const char *session_log_title(struct session *, enum log_pane);
/* One row a stream, in the order in which they were found; streams that have ended stay for a while. Borrowed until the next turn. */
struct log_stream_row {
    const char *label;               /* "ctl", "rtr/x2k5f" (one of several), "runtime", "init:setup"; in LOGS_PICKED "pod/container" */
    const char *ns, *pod, *container;
    bool init;
    enum log_stream_state state;
    const char *message;             /* why it is not following: "waiting to start: ImagePullBackOff", "the pod was deleted"; "" */
    unsigned stream;                 /* its number in the pane's buffer */
    uint64_t lines, bytes;           /* read since it began */
    uint64_t gaps;                   /* marks of missing lines */
};
const struct log_stream_row *session_log_rows(struct session *, enum log_pane, size_t *n);
/* How streams that begin from now on begin. For a command; panes have good defaults. Give it before the pane is wanted. */
struct log_wish {
    unsigned tail_lines;             /* of the first request; 0: all that there is */
    unsigned previous_lines;         /* where a container was restarted before: so many of the dead one's last lines first */
    int64_t since_ms;                /* wall; 0: none */
    bool previous;                   /* the container before this one instead */
    bool once;                       /* what there is, then end */
    bool whole_later;                /* a pod that comes when the first are known is read from its start: tail_lines is theirs */
    const char *role;                /* of LOGS_SYSTEM: "ctl" or "rtr" alone, static; NULL: both */
};
void session_log_wish(struct session *, enum log_pane, const struct log_wish *);
/* Lines and marks go here instead of into the pane's buffer; row is the stream's (its counts have the line already). For a command. */
struct log_tap {
    void (*on_line)(void *ctx, const struct log_stream_row *row, int64_t stamp_ns, struct slice line);
    void (*on_mark)(void *ctx, const struct log_stream_row *row, enum log_mark, int64_t wall_ms, const char *text);
};
void session_log_tap(struct session *, enum log_pane, const struct log_tap *, void *ctx); /* the tap is borrowed; NULL: none */
/* Why the pane's pods cannot be named: "403: may not list pods in namespace x"; NULL where they can. Borrowed until the next turn. */
const char *session_log_refused(const struct session *, enum log_pane);
/* False while a list that names the pane's pods is still under way: later, no rows means that there is nothing to read. */
bool session_log_found(const struct session *, enum log_pane);
#endif
