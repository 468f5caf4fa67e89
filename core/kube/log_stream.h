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
    int64_t since_ms;                   /* wall; of the first request; 0: none */
    bool previous;                      /* the container before this one: read once, then ended */
    bool follow;
};
enum log_stream_state { LOG_STREAM_CONNECTING, LOG_STREAM_FOLLOWING, LOG_STREAM_WAITING, LOG_STREAM_RETRYING, LOG_STREAM_ENDED, LOG_STREAM_FORBIDDEN };

struct log_stream;
struct log_stream *log_stream_new(struct transport *, const struct clock *, const struct log_stream_config *, const struct log_stream_sink *, void *ctx);
void log_stream_free(struct log_stream *);
void log_stream_step(struct log_stream *);
int64_t log_stream_due(const struct log_stream *);
/* What the pod watch knows: the container's current id and restart count, and whether the pod is gone. Drives restarts and the end. */
void log_stream_container(struct log_stream *, const char *container_id, int64_t restarts, const char *last_exit);
void log_stream_pod_gone(struct log_stream *);
void log_stream_retry_now(struct log_stream *);
enum log_stream_state log_stream_state(const struct log_stream *);
const char *log_stream_message(const struct log_stream *);   /* why it is not following; "" */
#endif
