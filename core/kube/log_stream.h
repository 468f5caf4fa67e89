/* One container's log, followed for ever without loss or repeats: asks, follows, resumes by facts of the pod log API.
 * It hands out logical lines with their stamp; it never pauses the socket. */
#ifndef KUBE_LOG_STREAM_H
#define KUBE_LOG_STREAM_H
#include "core/base/clock.h"
#include "core/kube/transport.h"

enum log_mark {
    LOG_MARK_GAP,        /* lines may be missing here; text says why */
    LOG_MARK_RESTART,    /* the container was started anew; text says exit code and reason where known */
    LOG_MARK_STATUS,     /* the stream's own state changed: waiting (reason), ended, error inside the body */
};
struct log_stream_sink {
    /* line has no newline and no stamp; stamp_ns is ns since 1970, or INT64_MIN where the line had none. Borrowed during the call. */
    void (*on_line)(void *ctx, int64_t stamp_ns, struct slice line);
    void (*on_mark)(void *ctx, enum log_mark, int64_t wall_ms, const char *text);
};
struct log_stream_config {
    const char *ns, *pod, *container;   /* copied */
    unsigned tail_lines;                /* of the first request; 0: all */
    unsigned previous_lines;            /* restarted before the stream begins: so many of the dead container's last lines first */
    int64_t since_ms;                   /* wall; of the first request; 0: none */
    bool previous;                      /* the container before this one: read once, then ended */
    bool follow;
};
/* CONNECTING: nothing was heard yet. WAITING: nothing is wrong, but no line can come now: the container waits or has ended, or the stream
 * is held. ENDED: all was read; nothing more is asked for unless the pod comes back. */
enum log_stream_state {
    LOG_STREAM_CONNECTING, LOG_STREAM_FOLLOWING, LOG_STREAM_WAITING, LOG_STREAM_RETRYING, LOG_STREAM_ENDED, LOG_STREAM_FORBIDDEN,
};

/* What the pod watch knows of the container. Texts are borrowed during the call. */
enum log_container_state { LOG_CONTAINER_UNKNOWN, LOG_CONTAINER_WAITING, LOG_CONTAINER_RUNNING, LOG_CONTAINER_TERMINATED };
struct log_container {
    const char *id;                     /* "containerd://…"; "": none yet */
    enum log_container_state state;
    const char *reason;                 /* of WAITING or TERMINATED */
    int exit_code;                      /* of TERMINATED */
    bool final;                         /* TERMINATED for good: its pod is done, or it is an init container that has done its work */
    int64_t restarts, started_ms;       /* started_ms: wall, to the second; 0: not running, or not known */
    bool has_last;                      /* a container before this one is known to have ended: */
    int last_exit_code;
    const char *last_reason;
};

struct log_stream;
struct log_stream *log_stream_new(struct transport *, const struct clock *, const struct log_stream_config *,
                                  const struct log_stream_sink *, void *ctx);
void log_stream_free(struct log_stream *);
void log_stream_step(struct log_stream *);
int64_t log_stream_due(const struct log_stream *);
/* Drives restarts and the end. Cheap where nothing changed. */
void log_stream_container(struct log_stream *, const struct log_container *);
/* The pod watch says that the pod is gone: what is left is read, then the stream ends with this reason. It may come back (the watch was
 * wrong). replaced: another pod has its name by now, whose log the server would answer with. */
void log_stream_pod_gone(struct log_stream *, bool replaced, const char *why);
void log_stream_pod_back(struct log_stream *);
/* Held, nothing is asked for; let go, it resumes where it was. */
void log_stream_hold(struct log_stream *, bool held);
void log_stream_retry_now(struct log_stream *);
enum log_stream_state log_stream_state(const struct log_stream *);
const char *log_stream_message(const struct log_stream *);   /* why it is not following; "" */
#endif
