/* Why a claim is not ready: pure rules over a const store. One rule is one function and one row (rules.c). Nothing here reads the clock,
 * the network or the screen: `now` comes in, findings go out. */
#ifndef DIAGNOSE_DIAGNOSE_H
#define DIAGNOSE_DIAGNOSE_H
#include "core/diagnose/answers.h"
#include "core/store/store.h"

enum severity { SEVERITY_OK, SEVERITY_INFO, SEVERITY_WAITING, SEVERITY_STUCK };
enum confidence { CONFIDENCE_POSSIBLE, CONFIDENCE_LIKELY, CONFIDENCE_PROVED };
const char *severity_name(enum severity);
const char *confidence_name(enum confidence);

struct evidence {
    enum kind kind;                  /* of the object it was seen on */
    char *ns, *name;
    char *what;                      /* "condition Ready", "container python-runtime", "event Failed ×9" */
    int64_t time_ms;                 /* wall; 0 unknown */
    char *text;                      /* the cluster's own words, raw: sanitize before showing */
};
struct finding {
    const char *rule;                /* the row's name, "image-pull": static */
    int row;                         /* of the table in ARCHITECTURE.md / the field guide, 1 … 38; 0 none */
    enum severity severity;
    enum confidence confidence;
    enum kind subject_kind, at_kind; /* who suffers; the link of the chain at fault */
    const char *link;                /* that link's word: "claim", "container", "webhook" …; static */
    char *subject_ns, *subject_name, *at_ns, *at_name;
    char *container;                 /* of the pod at fault; NULL: none */
    char *brief;                     /* a few words for a list: "image registry/x:2 not found" */
    char *cause;                     /* one sentence in plain words */
    char *next;                      /* what to do */
    char *command;                   /* the kubectl command that shows or mends it; NULL if none */
    struct evidence *evidence;
    size_t n_evidence;
    uint64_t group;                  /* equal for findings that are the same cause (claims that wait for one thing) */
};
struct findings {                    /* owned: findings_free */
    struct finding *v;
    size_t n;
};
void findings_free(struct findings *);

/* What a rule needs but the store does not watch: read on demand, bounded, shared between claims (session fetches them). */
struct want {
    enum kind kind;                  /* KIND_NONE: the controller's metrics */
    const char *ns, *name;           /* name NULL: all of that kind in ns. Of EndpointSlices: those of the Service of that name */
};

enum mark { MARK_NONE, MARK_OK, MARK_WAITING, MARK_BAD, MARK_MISSING, MARK_LEAVING };
struct chain_link {
    enum kind kind;                  /* KIND_NONE with label "container", "claim volume" … for what is no object */
    const char *label;               /* "claim", "pool", "template", "sandbox", "pod", "container", "node": static */
    const struct object *object;     /* NULL for a container; a placeholder if missing */
    char *name;                      /* its name */
    enum mark mark;
    char *note;                      /* "Unschedulable", "ImagePullBackOff"; NULL */
};

enum claim_state { CLAIM_STUCK, CLAIM_WAITING, CLAIM_DELETING, CLAIM_READY, CLAIM_STATES };
const char *claim_state_name(enum claim_state);

/* What a list shows of a claim; held by struct diagnosis. */
struct verdict {
    enum claim_state state;
    int64_t since_ms;                /* wall: in that state since. For stuck and waiting: since the claim was last ready, or was made */
    str brief;                       /* the cause in a few words; "" when ready */
    uint64_t group;
    const char *rule;                /* "" if none */
    enum confidence confidence;
    int64_t recheck_ms;              /* wall: when time alone may change it; INT64_MAX never */
};

/* Why a router could not pass a request on, or the API server an object. */
enum router_trouble { ROUTER_NO_HOST, ROUTER_REFUSED, ROUTER_TIMEOUT, ROUTER_UNREACHABLE, ROUTER_OTHER };
/* The newest failed request to one sandbox, as the router's log tells it, and nothing has gone well for it since. */
struct router_error {
    char *ns, *sandbox;              /* as the client named it */
    enum router_trouble trouble;
    bool python;                     /* that router cannot find a pod's address by itself */
    int64_t first_ms, time_ms;       /* wall: of the first in a row, of the newest */
    int64_t good_ms;                 /* wall: when a request to it last went well; 0: none is known */
    int32_t count, port;             /* how many in a row; port 0: unknown */
    char *router_ns, *router_pod;
    char *text;                      /* the log's line */
};
/* The newest line in which the controller complains of a right it lacks; such lines are repeated while it lasts. */
struct controller_denial {
    int64_t time_ms;                 /* wall; 0: none */
    char text[600];
};
/* Members of a pool that the controller gave up and deleted in the last half hour, as its log tells. */
struct pool_churn {
    char *ns, *pool;
    int32_t count;
    int64_t last_ms;                 /* wall */
    char *text;                      /* the newest line */
};
/* What the routers of one namespace answered in the last minutes, by their logs. */
struct router_traffic {
    int64_t since_ms, last_good_ms, last_denied_ms, last_failed_ms; /* wall; 0 never. Good: below 400 */
    int32_t answered, denied, failed; /* all; 401 and 403; 5xx */
    bool open;                       /* says that it runs without authentication */
    char ns[256];
    struct router_word {
        char pod[256], text[256];    /* who said it, and the line; "" if nobody did */
    } denied_word, failed_word, open_word, start_word; /* the newest; start_word: why one does not start */
};
/* The controller's own figures: its /metrics. Kinds: claim, sandbox, pool, template, by enum kind. */
struct controller_metrics {
    int64_t read_ms;                 /* wall: when they came; 0 never */
    int64_t tried_ms;                /* wall: when they were last asked for; 0 never */
    char error[200];                 /* why the last try failed; "" */
    bool has[KIND_TEMPLATE + 1];
    double depth[KIND_TEMPLATE + 1]; /* workqueue_depth */
    double errors[KIND_TEMPLATE + 1], errors_per_minute[KIND_TEMPLATE + 1]; /* reconcile errors, and between the last two readings */
    double workers[KIND_TEMPLATE + 1], busy[KIND_TEMPLATE + 1];
    double reconciled_per_minute;    /* claims, between the last two readings; -1 unknown */
    int leader;                      /* leader_election_master_status: 1, 0, -1 unknown */
    double startup_p50_ms, startup_p99_ms, startups; /* claims that became ready, since the controller started; startups 0: none */
    char version[64];                /* agent_sandbox_build_info; "" */
};
/* The API server cannot convert between the API's versions. */
struct conversion_fact {
    int64_t time_ms;                 /* wall: of the last look; 0 none */
    bool failing;
    char version[16];                /* that was asked for */
    char text[512];                  /* the API server's words */
};

/* What the sources know, for rules about the cluster itself. Filled by the session. */
struct cluster_facts {
    bool crds_missing[KIND_COUNT];   /* discovery found no such group or resource */
    bool discovered;                 /* discovery is done */
    bool synced[KIND_COUNT];         /* that kind's list has been seen whole: only then is "not there" a fact */
    bool forbidden[KIND_COUNT];
    bool old_api;                    /* claims are read as v1alpha1 */
    const char *ns;                  /* the one namespace that is looked at; NULL: all */
    /* Borrowed for the diagnosis's life; each may be NULL. */
    const struct answers *answers;
    const struct controller_metrics *metrics;
    const struct conversion_fact *conversion;
    const struct router_traffic *traffic;
    size_t n_traffic;
    const struct router_error *router_errors;
    size_t n_router_errors;
    const struct controller_denial *denial;
    const struct pool_churn *pool_churn;
    size_t n_pool_churn;
};

struct diagnosis;
struct diagnosis *diagnosis_new(const struct store *, const struct cluster_facts *); /* both borrowed for its life */
void diagnosis_free(struct diagnosis *);
/* Judges anew what store_touched_claims names and what time makes due; call once a turn before store_sweep. Claims whose verdict
 * changed are in diagnosis_changed until the next call. */
void diagnosis_update(struct diagnosis *, int64_t now_ms);
void diagnosis_all(struct diagnosis *, int64_t now_ms);              /* everything anew (cluster facts changed) */
/* What the store cannot tell is other than before; judged anew at the next update: who asked for that object, or one claim. */
void diagnosis_answered(struct diagnosis *, enum kind, const char *ns, const char *name);
void diagnosis_touch(struct diagnosis *, const struct object *claim);
const struct ptrs *diagnosis_changed(const struct diagnosis *);
const struct verdict *diagnosis_verdict(const struct diagnosis *, const struct object *claim); /* NULL: not judged yet */
size_t diagnosis_count(const struct diagnosis *, enum claim_state);
size_t diagnosis_group_size(const struct diagnosis *, uint64_t group); /* how many stuck or waiting claims share that cause */
int64_t diagnosis_due(const struct diagnosis *);                     /* wall ms of the earliest recheck; INT64_MAX none */
/* Of struct want *: read these, bounded; borrowed until the next update. */
const struct ptrs *diagnosis_wants(const struct diagnosis *);

/* The whole story of one object (claim, sandbox, pod, pool, template, node, deployment): chain and findings, the deepest proved first.
 * Owned by the caller: report_free. */
struct report {
    struct chain_link *chain;
    size_t n_chain;
    struct findings findings;
    enum severity severity;
    int nearest;                     /* of the chain: the nearest link that is not well; -1: none */
    char *headline;                  /* when there is no finding: "ready for 2h14m", "container starting" … never NULL */
};
void report_make(const struct diagnosis *, const struct object *, int64_t now_ms, struct report *out);
void report_free(struct report *);
/* Findings about the installation: CRDs, controller, webhook, router, nodes, and pools whose members do not get ready. */
void diagnose_cluster(const struct diagnosis *, int64_t now_ms, struct findings *out);

/* The thresholds, from the field guide's section 2; ms. */
enum { NO_STATUS_STUCK_MS = 10000, WAITING_STUCK_MS = 180000, WAITING_WARN_MS = 60000, DELETING_STUCK_MS = 90000 };
#endif
