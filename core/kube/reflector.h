/* Keeps one list in step with the server for ever: list, watch, resume, relist. A state machine fed by the transport and the clock; it
 * never blocks and never knows what an object is.
 * Sources: kubernetes.io/docs/reference/using-api/api-concepts (watch, bookmarks, streaming lists, 410). */
#ifndef KUBE_REFLECTOR_H
#define KUBE_REFLECTOR_H
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/kube/transport.h"

enum reflector_state {
    REFLECTOR_IDLE,      /* not started */
    REFLECTOR_LISTING,   /* the first rows come, or a relist behind what is shown */
    REFLECTOR_WATCHING,  /* live */
    REFLECTOR_WAITING,   /* an error; retries at retry_at */
    REFLECTOR_FORBIDDEN, /* 403: asks again each minute */
    REFLECTOR_GONE,      /* 404: the resource is not served; asks again each minute */
};

struct reflector_status {
    enum reflector_state state;
    bool synced;                     /* one whole list has been seen */
    int64_t contact_ms;              /* mono: when the server last said anything on it; 0 never */
    int64_t retry_at_ms;             /* mono: of the next attempt while WAITING, FORBIDDEN or GONE */
    unsigned failures;               /* in a row */
    int status;                      /* HTTP status of the last refusal, 0 if none */
    const char *verb;                /* "list" or "watch": what was refused */
    const char *message;             /* the last error, in the server's words if it had any; "" if none. Borrowed until the next step */
};

struct reflector_sink {
    void (*on_upsert)(void *ctx, json object);
    void (*on_delete)(void *ctx, json object);
    void (*on_list_begin)(void *ctx);   /* what follows is a whole list … */
    void (*on_list_end)(void *ctx);     /* … and what it did not name is gone */
    void (*on_status)(void *ctx, const struct reflector_status *);
};

struct reflector_config {
    const char *path;                /* "/apis/agents.x-k8s.io/v1beta1/sandboxes", or with /namespaces/x/; copied */
    const char *selector;            /* query without '?': "labelSelector=…&fieldSelector=…", escaped; NULL or "" for all; copied */
    bool stream_list;                /* WatchList first (falls back to pages where it is refused); else pages of page_size with gzip */
    unsigned page_size;              /* 500 */
    uint64_t seed;                   /* of the jitter */
};

struct reflector;
struct reflector *reflector_new(struct transport *, const struct clock *, const struct reflector_config *, const struct reflector_sink *, void *ctx);
void reflector_free(struct reflector *);
void reflector_start(struct reflector *);
/* Due timers: call when reflector_due is over. */
void reflector_step(struct reflector *);
int64_t reflector_due(const struct reflector *);       /* ms from now until step has to be called; -1: nothing due */
void reflector_retry_now(struct reflector *);          /* the server is back: do not wait out the back-off */
const struct reflector_status *reflector_status(const struct reflector *);
#endif
