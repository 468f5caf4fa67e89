/* A log stream's parts. Internal to log_stream.c (asks), log_answer.c (what an answer's end means) and log_facts.c (what the pod watch
 * says). */
#ifndef KUBE_LOG_STREAM_INTERNAL_H
#define KUBE_LOG_STREAM_INTERNAL_H
#include "core/kube/log_join.h"
#include "core/kube/log_splitter.h"
#include "core/kube/log_stream.h"

/* A copy of struct log_container; texts are never NULL. */
struct log_facts {
    char *id, *reason, *last_reason;
    enum log_container_state state;
    int exit_code, last_exit_code;
    int64_t restarts, started_ms;
    bool has_last, final;
};
void log_facts_init(struct log_facts *);
void log_facts_free(struct log_facts *);

enum log_phase {
    LOG_PHASE_CURRENT,
    LOG_PHASE_PREVIOUS,              /* reads what the container before wrote last */
};

struct log_stream {
    struct transport *transport;
    const struct clock *clock;
    struct log_stream_config config;
    char *ns, *pod, *container;
    const struct log_stream_sink *sink;
    void *ctx;
    struct exchange *exchange;
    enum log_stream_state state;
    enum log_phase phase;
    char *message;
    struct log_splitter splitter;
    struct log_join join;
    struct buf held_part;            /* a line without its end, at the end of an answer: it comes again whole, unless the log is gone */
    int64_t held_ns;                 /* its stamp */
    struct buf error;                /* the body of a refusal */
    char *body_error;                /* the kubelet's own words inside a 200 … */
    char *told;                      /* … said already since the last line */
    int status;
    int64_t retry_after_ms;          /* the server's wish */
    uint64_t answer_lines;           /* new ones of the running answer */
    struct log_facts facts;
    bool fresh;                      /* nothing of the container in question was read yet, while one before it was */
    bool from_start;                 /* it was seen to start: all of its lines are wanted */
    bool other_read;                 /* what was read since the last restart began without joining, as a new container's log does */
    bool asked_dead;                 /* the running request began when the container was known to have ended */
    bool drained;                    /* all of the ended container was read */
    bool verified;                   /* that a log which does not join is not a restarted container's */
    bool pod_gone, held;
    char *gone_why;
    char *divider;                   /* a restart to be said above the first line */
    unsigned failures, not_found;
    int64_t retry_at_ms;             /* mono; INT64_MAX: none */
    int64_t heard_ms;                /* mono: when bytes last came */
    struct exchange *probe;
    struct buf probe_body;
    int probe_status;
    int64_t probed_ms, probe_after_ms;
};

static inline int64_t log_stream_mono(const struct log_stream *s)
{
    return s->clock->mono(s->clock);
}

/* log_stream.c */
void log_stream_mark(struct log_stream *, enum log_mark, const char *text);
void log_stream_say(struct log_stream *, enum log_stream_state, const char *message);
void log_stream_retry_in(struct log_stream *, int64_t ms);
void log_stream_back_off(struct log_stream *, int64_t least_ms);
void log_stream_restart_mark(struct log_stream *);
void log_stream_drop(struct log_stream *);               /* what is under way is given up */
bool log_stream_line(struct log_stream *, int64_t stamp_ns, struct slice text);
bool log_stream_error_in_body(int64_t stamp_ns, struct slice line);
bool log_stream_take(void *stream, int64_t stamp_ns, struct slice text);

/* log_answer.c */
extern const struct response_ops log_answer_ops;
void log_stream_current(struct log_stream *);            /* the container before was read: its successor's turn */
void log_stream_end(struct log_stream *, const char *why, bool marked);
void log_stream_hand_held(struct log_stream *);          /* the line without its end will not come again */

/* log_facts.c */
bool log_facts_dead(const struct log_facts *);           /* the container of that id has ended, and no other has started */
char *log_facts_text(const struct log_facts *, const char *container); /* "runtime ended: exit 1, Error"; the caller frees it */
#endif
