/* The session's parts and what they share. Internal to core/session. */
#ifndef SESSION_INTERNAL_H
#define SESSION_INTERNAL_H
#include "core/kube/discovery.h"
#include "core/kube/prober.h"
#include "core/session/session.h"

/* One row a reflector; its number is the source bit in the store. */
enum source_id {
    SOURCE_CLAIMS, SOURCE_SANDBOXES, SOURCE_POOLS, SOURCE_TEMPLATES, SOURCE_SANDBOX_PODS, SOURCE_APP_PODS, SOURCE_NAMED_PODS, SOURCE_DEPLOYMENTS,
    SOURCE_NODES, SOURCE_WARNINGS, SOURCE_ABOUT_CLAIM, SOURCE_ABOUT_SANDBOX, SOURCE_ABOUT_POD, SOURCE_ABOUT_POOL, SOURCE_COUNT,
    SOURCE_DEMAND = SOURCE_COUNT,    /* read once, not reflected: demand.c */
};

struct source_row {
    const char *name;
    enum kind kind;
    const char *selector;            /* escaped query part; NULL: none */
    bool follows_ns;                 /* lists only the session's namespace when it has one */
    const char *fallback_ns;         /* where the cluster-wide list is forbidden; NULL: the session's fallback */
    enum { START_FIRST, START_CLAIMS_LISTED, START_ALL_LISTED, START_SELECTED } start;
};
extern const struct source_row source_rows[SOURCE_COUNT];

struct source {
    struct session *session;
    enum source_id id;
    struct reflector *reflector;
    char *ns;                        /* what it lists: NULL cluster-wide */
    bool fell_back;                  /* the cluster-wide list was forbidden */
    struct uid about;                /* of START_SELECTED */
    char *message;                   /* shown; rebuilt from the reflector's status */
};

struct demands;
struct metrics;
struct conversion;
struct router_log;
struct ctl_log;
struct log_set;
struct run_set;
struct session {
    struct session_config config;
    char *ns, *fallback_ns, *context, *server;
    const struct clock *clock;
    struct transport *transport;
    struct store *store;
    struct diagnosis *diagnosis;
    struct history *history;
    struct controller_debug *debug;
    uint64_t debug_generation;       /* the controller's, when its flags were last read */
    struct cluster_facts facts;
    struct discovery *discovery;
    struct discovery_wish wishes[4];
    const char *versions[KIND_COUNT]; /* the version in use; NULL: not served */
    char *server_version;
    int64_t discover_at_ms;          /* mono: when to ask again; INT64_MAX never */
    unsigned discovery_failures;
    enum session_extent extent;
    bool stream_lists;               /* near enough for WatchList; else pages with gzip */
    char *discovery_error;
    struct prober *prober;
    struct source sources[SOURCE_COUNT];
    struct source_status statuses[SOURCE_COUNT];
    int64_t started_ms;              /* mono */
    bool sources_changed;            /* a reflector's status changed: facts may too */
    bool facts_changed;
    /* the selection, as names: objects do not outlive a turn */
    enum kind selected_kind;
    char *selected_ns, *selected_name;
    int64_t select_at_ms;            /* mono: when to point the event watches at it; INT64_MAX: done */
    struct demands *demands;
    struct answers *answers;         /* what came of the demands */
    struct metrics *metrics;
    struct conversion *conversion;
    struct router_log *router_log;
    struct ctl_log *ctl_log;
    struct log_set *logs;
    struct run_set *runs;
    struct session_info info;
    uint64_t generation_seen, received_seen;
    int64_t drained_ms;              /* mono: when sockets were last read */
    size_t drained_bytes;
    enum session_health health_seen;
};

/* sources.c */
void sources_start(struct session *);                    /* those that are due */
void sources_restart(struct session *);                  /* namespace changed: all that follow it anew */
/* Discovery has answered for a kind: where its version is another one (or none) now, what was read by the old one ends, and sources_start begins
 * anew; else what was found gone is asked for again. */
void sources_served(struct session *, enum kind, bool changed);
void sources_free(struct session *);
void sources_step(struct session *);
int64_t sources_due(const struct session *);
void sources_retry_now(struct session *);
void sources_select(struct session *);                   /* point the event watches at the selection */
void sources_report(struct session *);                   /* fills statuses and facts */
bool source_synced(const struct session *, enum source_id); /* listed once, refused, or not served: nothing more to wait for */

/* demand.c */
struct demands *demands_new(struct session *);
void demands_free(struct demands *);
void demands_step(struct demands *);
int64_t demands_due(const struct demands *);
bool demands_open(const struct demands *);               /* one of them has had no answer yet */
/* The path of one object or (name NULL) of a list; NULL where the kind is not served. The caller frees it. */
char *object_path(const struct session *, enum kind, const char *ns, const char *name);

/* metrics.c, conversion.c, router_log.c, ctl_log.c: facts beside the store. Each is stepped before judging. */
struct metrics *metrics_new(struct session *);
void metrics_free(struct metrics *);
void metrics_step(struct metrics *);
int64_t metrics_due(const struct metrics *);
bool metrics_open(const struct metrics *);               /* the first figures are under way */
const struct controller_metrics *metrics_facts(const struct metrics *);
struct conversion *conversion_new(struct session *);
void conversion_free(struct conversion *);
void conversion_step(struct conversion *);
int64_t conversion_due(const struct conversion *);
bool conversion_open(const struct conversion *);
const struct conversion_fact *conversion_fact(const struct conversion *);
struct router_log *router_log_new(struct session *);
void router_log_free(struct router_log *);
void router_log_step(struct router_log *);
struct log_entry;
struct log_stream_row;
void router_log_take(struct router_log *, const struct log_entry *, const struct log_stream_row *); /* one line of a router */
const struct router_error *router_log_errors(const struct router_log *, size_t *n);
const struct router_traffic *router_log_traffic(struct router_log *, size_t *n);
struct ctl_log *ctl_log_new(struct session *);
void ctl_log_free(struct ctl_log *);
void ctl_log_step(struct ctl_log *);
void ctl_log_take(struct ctl_log *, const struct log_entry *);  /* one line of a controller */
const struct pool_churn *ctl_log_churn(struct ctl_log *, size_t *n);
bool router_log_behind(const struct router_log *);       /* has lines left for the next turn */

/* log_set.c */
struct log_set *log_set_new(struct session *);
void log_set_free(struct log_set *);
void log_set_update(struct log_set *);                   /* follow the pods that are there now; before the changes are swept */
void log_set_select(struct log_set *);                   /* the selection is to be followed now */
void log_set_step(struct log_set *);
int64_t log_set_due(const struct log_set *);
void log_set_retry_now(struct log_set *);
const struct log_buffer *log_set_buffer(const struct log_set *);

/* run_set.c */
struct run_set *run_set_new(struct session *);
void run_set_free(struct run_set *);
void run_set_step(struct run_set *);                     /* after judging, before the sweep: evidence is taken there */
int64_t run_set_due(const struct run_set *);
bool run_set_hurries(const struct run_set *);            /* someone waits for each answer: no pause between readings */

/* controller_session.c */
struct controller_debug *session_debug_new(const struct session *);
bool session_debug_step(struct session *);               /* whether there is something new to say */

static inline int64_t mono(const struct session *s)
{
    return s->clock->mono(s->clock);
}
static inline int64_t sooner(int64_t a, int64_t b)       /* of two due times in ms, -1: never */
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}
#endif
