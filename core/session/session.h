/* Everything but a screen: one cluster connection kept alive, its picture and its diagnosis. The dashboard, the tests and the commands
 * without a screen drive it the same way: wait, turn, read. One thread. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H
#include "core/diagnose/diagnose.h"
#include "core/diagnose/history.h"
#include "core/diagnose/timeline.h"
#include "core/kube/reflector.h"
#include "core/logs/log_buffer.h"
#include "core/session/controller_debug.h"
#include "core/session/session_logs.h"

struct session_config {
    const struct clock *clock;
    struct transport *transport;     /* taken over; freed with the session */
    const char *ns;                  /* NULL: all namespaces */
    const char *fallback_ns;         /* where ns is NULL and the cluster-wide list is forbidden; NULL: "default" */
    const char *context, *server;    /* for the header; copied */
    bool simulated, insecure, read_only;
    int64_t request_timeout_ms;      /* 0: 10 s for short requests */
    size_t log_buffer_bytes;         /* 0: 64 MiB */
    const char *state_dir;           /* for what outlives sandtop; NULL: the user's own (none where simulated); "": none */
};

/* How live one source is: one row per reflector. */
enum source_health { SOURCE_OFF, SOURCE_LOADING, SOURCE_LIVE, SOURCE_STALE, SOURCE_FORBIDDEN, SOURCE_ABSENT };
struct source_status {
    enum kind kind;
    const char *name;                /* "claims", "controller pods" */
    enum source_health health;
    bool synced;
    int64_t age_ms;                  /* since the server was last known to be heard: for STALE */
    int64_t retry_in_ms;
    const char *message;             /* "403: list pods (cluster scope)"; "" ; borrowed until the next turn */
};

enum session_health { SESSION_CONNECTING, SESSION_LIVE, SESSION_STALE, SESSION_FAILED /* nothing ever came */ };
struct session_info {
    const char *context, *server, *ns;      /* ns NULL: all */
    const char *server_version;             /* "v1.36.3" or "" */
    const char *api_version;                /* of claims: "v1beta1", "v1alpha1", "" */
    enum session_health health;
    int64_t stale_ms;                       /* age of the picture while STALE */
    const char *message;                    /* why it is not live: a sentence; "" */
    bool simulated, insecure, read_only;
    bool first_list;                        /* all agent kinds have been listed once or refused */
};

struct session;
struct session *session_new(const struct session_config *);
void session_free(struct session *);
/* What is kept in step; a command that needs little asks a large cluster for little. Before the first turn. */
enum session_extent {
    SESSION_ALL,
    SESSION_CHAINS,                  /* claims, sandboxes and their pods; the controller's and the router's pods */
    SESSION_SYSTEM_PODS,             /* the latter alone */
};
void session_keep(struct session *, enum session_extent);
/* Sleeps until something is there for session_turn, one of extra is ready, or timeout_ms is over (-1: no bound of the caller's). Drains of a busy
 * cluster are paced (25 a second) so that one wake-up serves many changes; extra descriptors wake it at once always. */
void session_wait(struct session *, struct pollfd *extra, unsigned n, int timeout_ms);
/* Drains sockets and timers, takes in what came, judges. True if the picture changed. After it the changes can be read until
 * session_sweep, which the caller runs once it has read them. */
bool session_turn(struct session *);
void session_sweep(struct session *);
const struct store *session_store(const struct session *);
const struct diagnosis *session_diagnosis(const struct session *);
const struct cluster_facts *session_facts(const struct session *);
/* The last quarter of an hour, sampled at every turn; emptied by session_set_ns. */
const struct history *session_history(const struct session *);
/* Whether the events of what is selected have been read: a timeline is whole only then. */
bool session_selection_read(const struct session *);
/* The timeline of the chain that o is in, with the controller's and the router's error lines about it. Goes through all lines that are kept: for
 * commands. Owned by the caller: timeline_free. */
void session_timeline(const struct session *, const struct object *, struct timeline *out);
const struct session_info *session_info(struct session *);
const struct source_status *session_sources(struct session *, size_t *n);
/* The controller's metrics are to be read for the next minute (session_facts()->metrics); without that they are read only while claims go unseen. */
void session_ask_metrics(struct session *);
/* Whether something that was asked for beside the lists (an object on demand, figures, a router's log) has yet to be answered for the first time. */
bool session_asking(const struct session *);
int64_t session_now(const struct session *);            /* wall ms */
const struct clock *session_clock(const struct session *);
/* The object whose chain's Events (Normal ones too) and on-demand objects are to be read; NULL for none. */
void session_select(struct session *, const struct object *);
/* NULL: all. What follows the namespace is listed anew; nothing happens where it is the one that was asked for before. */
void session_set_ns(struct session *, const char *ns);
/* The object's bytes as the server has them now, for `d`. on_done runs once: in a later turn, or
 * at once where the server does not serve the kind. On failure json is empty and error says why; both are borrowed during the call. */
void session_fetch(struct session *, const struct object *, void (*on_done)(void *ctx, struct slice json, const char *error), void *ctx);
void session_fetch_cancel(struct session *, void *ctx);  /* on_done does not run any more for what was asked with ctx */
/* The controller's debug flags: plan, look at the diff, then apply or cancel; restore plans putting back what was there, also of an earlier run. */
void session_controller_debug_plan(struct session *, const struct debug_wish *);
void session_controller_debug_restore(struct session *);
bool session_controller_debug_apply(struct session *);  /* false: nothing is planned */
void session_controller_debug_cancel(struct session *);
const struct controller_debug_status *session_controller_debug(const struct session *);
#endif
