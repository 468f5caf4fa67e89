/* A command in a container by pods/exec over WebSocket: stdout and stderr as they come, then how it ended. The command is sent once.
 * Facts (observed on Kubernetes 1.36): v5.channel.k8s.io, v4 before it; byte 0 of a message is the channel: 1 stdout, 2 stderr, 3 a Status. */
#ifndef KUBE_EXEC_STREAM_H
#define KUBE_EXEC_STREAM_H
#include "core/kube/transport.h"

struct exec_config {
    const char *ns, *pod, *container; /* container NULL: the pod's only one, or its default */
    const char *const *argv;         /* NULL-terminated, no shell in between; at least one word */
    int64_t open_ms;                 /* until the server has taken it; 0: no limit */
    int64_t deadline_ms;             /* for all of it; 0: none */
};

enum exec_outcome {
    EXEC_EXITED,                     /* it ran: exit_code counts */
    EXEC_FAILED,                     /* the server or the runtime says that it could not be run, or not to its end: message */
    EXEC_REFUSED,                    /* the server did not take it (http_status: 403, 404 …): nothing ran */
    EXEC_NOT_SENT,                   /* no connection: nothing ran */
    EXEC_LOST,                       /* the connection broke, or the time was over, before the end was told: exit unknown, it may still run.
                                      * Also a gateway's 502 or 504 (http_status): it may have passed the command on */
};

struct exec_end {
    enum exec_outcome outcome;
    enum end_reason reason;          /* of the connection, for NOT_SENT and LOST: END_TIMEOUT … */
    int exit_code;                   /* of EXITED, else -1. 137 is 128 + SIGKILL, as the runtime tells it */
    int http_status;                 /* of REFUSED, and of LOST to a gateway, else 0 */
    const char *status_reason;       /* the Status' reason ("NonZeroExitCode", "InternalError"), "" */
    const char *message;             /* a sentence, "" where it exited with 0 */
};

struct exec_ops {
    void (*on_open)(void *ctx);                                      /* the server has taken the command; may be NULL */
    void (*on_output)(void *ctx, int fd, const char *bytes, size_t n); /* fd 1 stdout, 2 stderr; n > 0 */
    void (*on_end)(void *ctx, const struct exec_end *);              /* once, last, unless freed; it may be freed there */
};

struct exec_stream;
/* All texts are copied. NULL where the transport has no tunnels. */
struct exec_stream *exec_stream_new(struct transport *, const struct exec_config *, const struct exec_ops *, void *ctx);
/* No callback follows. The connection is closed; a command that still runs in the container is not ended by that. */
void exec_stream_free(struct exec_stream *);
void exec_stream_pause(struct exec_stream *, bool);                  /* while paused its output waits at the server */
#endif
