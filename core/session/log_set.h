/* The parts of a session's logs. Internal to core/session. */
#ifndef SESSION_LOG_SET_H
#define SESSION_LOG_SET_H
#include "core/session/session_internal.h"

/* One stream of a pane. */
struct follow {
    struct pane *pane;
    struct uid uid;
    char *label, *ns, *pod, *container;
    unsigned number;                 /* in the pane's buffer */
    struct log_stream *stream;
    struct log_stream_row row;       /* lines, bytes and gaps are counted here */
    bool init;
    bool seen;                       /* by the running look at the pods */
    bool gone;                       /* its pod is not there */
    int64_t ended_ms;                /* mono: when it was found ended; 0 */
};

struct pane {
    struct log_set *set;
    enum log_pane id;
    bool wanted;
    bool look;                       /* the pods are to be gone through again though none has changed */
    bool known;                      /* the lists that name its pods were whole once: what comes now is new */
    struct log_wish wish;
    struct log_buffer *buffer;
    uint64_t epoch;
    struct ptrs follows;             /* of struct follow */
    struct log_stream_row *rows;     /* for session_log_rows */
    char *title;
    const struct log_tap *tap;
    void *tap_ctx;
};

struct log_set {
    struct session *session;
    struct pane panes[LOG_PANES];
    struct log_pods *pods;
};

/* log_set.c: the container's stream in this pane goes on, or begins. label is borrowed. */
void pane_follow(struct pane *, const struct pod *, const struct container *, const char *label);

/* log_pods.c: which pods a pane is about. */
struct log_pods *log_pods_new(struct session *);
void log_pods_free(struct log_pods *);
void log_pods_step(struct log_pods *);
int64_t log_pods_due(const struct log_pods *);
void log_pods_retry_now(struct log_pods *);
/* The selection has changed; true: it is another object than before. */
bool log_pods_select(struct log_pods *);
bool log_pods_pick(struct log_pods *, const char *ns, const char *pod);
void log_pods_unpick(struct log_pods *, const char *ns, const char *pod);
bool log_pods_picked(const struct log_pods *, const char *ns, const char *pod);
/* Whether going through the pods may give another result than last time. */
bool log_pods_changed(const struct log_pods *, enum log_pane);
void log_pods_visit(struct log_pods *, struct pane *); /* pane_follow for each container of each pod */
/* Whether the lists that name the pane's pods are whole, so that what they do not name is gone. */
bool log_pods_known(const struct log_pods *, enum log_pane);
const char *log_pods_refused(const struct log_pods *, enum log_pane); /* see session_log_refused */
void log_pods_swept(struct log_pods *);                /* the changes were read */
char *log_pods_title(const struct log_pods *, enum log_pane); /* the caller frees it */
#endif
