/* The demo's story: rows of a cast (sim_cast.c), and small controllers that bring them to life (sim_claims.c, sim_boxes.c). A row
 * says what there is and how its pods fare; nothing about a single moment. The story is a function of the seed, the clock and what the
 * API changed. */
#ifndef SIM_SIM_STORY_H
#define SIM_SIM_STORY_H
#include "core/sim/sim_internal.h"

/* ---- the cast: to change the story, change these rows */
enum act {
    ACT_POD,          /* the Sandbox's Pod is created */
    ACT_SCHEDULE,     /* a node is found */
    ACT_NO_NODE,      /* no node is found: text is the scheduler's */
    ACT_PULL,         /* the image is pulled */
    ACT_PULL_FAILED,  /* … in vain: text is containerd's */
    ACT_PULL_LATER,   /* back-off */
    ACT_START,
    ACT_READY,
    ACT_CRASH,        /* text is what it wrote last */
    ACT_DENIED,       /* the Pod may not be created: text is the API server's */
    ACT_AGAIN,        /* back to step `to`; after_ms doubles each round up to most_ms */
    ACT_REST,         /* stays so */
};
struct step {
    enum act act;
    int after_ms;                    /* after the step before */
    int to, most_ms;                 /* of ACT_AGAIN */
};
struct node_row {
    const char *name, *cpu, *memory, *taint; /* taint "key:Effect" or NULL */
};
struct template_row {
    const char *ns, *name, *image, *container, *cpu, *memory;
    const struct step *steps;        /* how its pods fare */
    int pull_ms;                     /* 0: the image is on the nodes */
    const char *text;                /* what the failing step says */
    const char *command;             /* JSON, or NULL: the image's */
};
struct pool_row {
    const char *ns, *name, *template_name;
    int replicas;
};
struct cast_row {                    /* claims that are there when the demo begins */
    const char *ns, *name;           /* a name ending in '-' gets four hex digits */
    int count;
    const char *pool;
    int youngest_s, oldest_s;        /* their ages then, spread between */
};
struct churn_row {                   /* claims that come and go */
    const char *ns, *name;
    const char *pool;
    int every_ms, life_ms;           /* both half fixed, half random */
    int burst;                       /* now and then that many at once; 0: never */
};
struct quota_row {
    const char *ns, *name, *cpu_hard, *cpu_used, *pods_hard, *pods_used;
};
struct cast {
    const struct node_row *nodes;
    const char *const *namespaces;
    const struct template_row *templates;
    const struct pool_row *pools;
    const struct cast_row *claims;
    const struct churn_row *churn;
    const struct quota_row *quotas;  /* all end with a NULL in the first member */
};
extern const struct step fine_steps[];
/* Of a scenario file (scenarios/demo.yaml says how it is written); NULL with the row that is wrong. The json may go; cast_free. */
struct cast *cast_read(json, struct err *);
void cast_free(struct cast *);

/* ---- what lives */
enum pod_state {                     /* in this order: from POD_NEW on it exists, from POD_CREATING on it has a node */
    POD_NONE, POD_DENIED, POD_NEW, POD_NO_NODE, POD_CREATING, POD_NO_IMAGE, POD_IMAGE_LATER, POD_RUNNING, POD_READY, POD_CRASHED,
};

struct life;
struct box {                         /* a Sandbox and its Pod */
    char *ns, *name, *pool, *template_name; /* pool: its warm pool, NULL once adopted or cold */
    char uid[37], pod_uid[37];
    struct life *claim;              /* who has it */
    const struct template_row *row;
    struct template_row own;         /* the row of a template that is not of the cast */
    char *own_image, *own_container;
    const struct step *step;
    int64_t due;                     /* of step */
    unsigned rounds;
    enum pod_state state;
    bool warm, dead;
    int node, ip, restarts;
    int64_t born_ms, ready_since_ms, scheduled_ms, started_ms, finished_ms, last_started_ms, last_finished_ms;
    bool ready;
    char container_id[65], last_container_id[65];
};
enum life_stage { LIFE_SEEN, LIFE_BIND, LIFE_BOUND };
struct life {                        /* a claim as its controller sees it */
    char *ns, *name, *pool;          /* pool "": v1alpha1, it names a template only */
    char *template_name;
    char uid[37];
    enum life_stage stage;
    int64_t due, leave_ms;           /* leave_ms: it is deleted or expires then; INT64_MAX never */
    enum { LEAVES, EXPIRES, EXPIRES_RETAINED } how; /* what happens at leave_ms: someone deletes it, or its lifecycle says so */
    const char *policy;              /* of its lifecycle */
    int64_t seen_ms, first_ready_ms;
    struct box *box;
    const char *reason;              /* why it has no Sandbox; NULL: no word on it yet */
    char *message;
    int64_t since_ms;
    bool dead;
};
struct about {                       /* what an Event is about */
    const char *kind, *api, *ns, *name, *uid, *field; /* field: fieldPath, or NULL */
};
struct told {                        /* an Event that may be counted up, and its end */
    char *name, *ns, *key;           /* key: what it is counted up by, or NULL */
    int64_t first_ms, last_ms;
    int count;
};
struct ticker {
    int64_t due;
    void (*tick)(struct story *, struct ticker *);
    const void *row;
};
struct story {
    struct sim *sim;
    struct cast *cast;               /* owned */
    struct recording *told;          /* owned: what happens besides, at its time */
    uint64_t random;
    struct ptrs lives, boxes, events, tickers; /* in the order of their coming: ties are settled by it */
    char *controller_pod, *router_pod; /* NULL: scaled to none, or between two */
    unsigned part_hashes[2];         /* of their pod templates */
    bool controller_debugs;          /* its arguments ask for the log level debug */
    int ips, events_made;
    int64_t begins_ms;               /* when the demo was begun: what is before is its past */
};

int64_t story_now(const struct story *);
int story_between(struct story *, int from, int to);                          /* from ≤ n < to */
const struct resource *story_kind(const char *plural);
/* Puts a whole object, or merges a patch into the one there is. */
struct version *story_put(struct story *, const char *plural, struct buf *text);  /* text is freed */
/* text is freed; NULL: none there */
struct version *story_patch(struct story *, const char *plural, const char *ns, const char *name, struct buf *patch);
void story_uid(const struct version *, char out[37]);
unsigned story_hash(const char *text);                                        /* FNV-1a, 32 bits: agents.x-k8s.io's name hash */

/* sim_boxes.c: the Sandbox controller, the scheduler and the kubelet in one */
struct box *box_new(struct story *, const char *ns, const char *name, const char *pool, const char *template_name, struct life *claim);
void box_adopt(struct story *, struct box *, struct life *);
void box_act(struct story *, struct box *);
void box_end(struct story *, struct box *);                                    /* its Sandbox and Pod go */
void box_pod_gone(struct story *, struct box *);                               /* someone deleted the Pod: it is made anew */
void box_free(struct box *);

/* sim_shapes.c: objects as JSON */
void shape_nodes(struct story *);
void shape_templates(struct story *);
void shape_pool(struct story *, const struct pool_row *);
void shape_quotas(struct story *);
/* controller and router: Deployments, Pods, Services, Lease */
void shape_system(struct story *);
void shape_lease(struct story *);
/* stops what has to stop; true: part_start is due in a moment */
bool part_changed(struct story *, const struct version *deployment);
/* Pods of the controller and the router that ought to be there */
void part_start(struct story *);
void part_pod_gone(struct story *, const char *ns, const char *name);         /* someone deleted it; part_start is due */
void shape_sandbox(struct story *, struct box *);                             /* new */
void shape_sandbox_adopted(struct story *, const struct box *);
void shape_sandbox_status(struct story *, const struct box *);
void shape_pod(struct story *, struct box *);
void shape_pod_status(struct story *, const struct box *);
void shape_stamp(struct buf *out, int64_t ms);                                /* quoted */
const char *shape_message(const struct box *, struct buf *scratch, bool *ready, const char **reason); /* of its Ready condition */

/* sim_claims.c: the claim and the warm pool controllers */
struct life *life_new(struct story *, const char *ns, const char *name, const char *pool, int64_t leave_ms);
void life_act(struct story *, struct life *);
void life_status(struct story *, struct life *);                              /* writes the claim's status as it is now */
void life_end(struct story *, struct life *, bool delete_claim);
void life_free(struct life *);
void pool_fill(struct story *, const char *ns, const char *name);
void pool_status(struct story *, const char *ns, const char *name);
/* a member found no node: after five minutes the pool says so */
void pool_stuck(struct story *, const char *ns, const char *name);

/* sim_events.c: Events and the lines of the controller and the router */
void event_new(struct story *, const struct about *, const char *type, const char *reason, const char *action, const char *component,
               const char *message);
/* A Warning that repeats: one Event, with a series from its second time on. */
void event_series(struct story *, const struct about *, const char *reason, const char *action, const char *component, const char *message);
bool event_told(const struct story *, const char *uid, const char *reason);    /* whether such a series is there */
void event_kubelet(struct story *, const struct about *, const struct box *, const char *type, const char *reason, const char *message);
void events_expire(struct story *);
void events_free(struct story *);
/* more: further members, begins with a comma, or "". */
void controller_line(struct story *, const char *level, const char *kind, const char *ns, const char *name, const char *message,
                     const char *more);
void router_line(struct story *, const char *sandbox, const char *ns, int status, int duration_ms, int bytes, const char *agent);
void router_refused(struct story *, const char *sandbox, const char *ns, const char *source, const char *error);
#endif
