/* The rule table: pure functions from a claim's chain to a finding. Internal to core/diagnose. */
#ifndef DIAGNOSE_RULES_H
#define DIAGNOSE_RULES_H
#include "core/diagnose/diagnose.h"

/* Resolved once per subject. The typed pointers are NULL unless the object is present; the `*_at` ones beside them may also be a
 * placeholder,
 * of which only kind, ns and name may be read. */
struct chain {
    const struct store *store;
    const struct cluster_facts *facts;
    const struct claim *claim;       /* NULL when the subject is a sandbox or a pool */
    const struct sandbox *sandbox;
    const struct pod *pod;
    const struct pool *pool;
    const struct sandbox_template *tmpl;
    const struct node *node;
    const struct object *pool_at, *template_at, *sandbox_at, *pod_at, *node_at;
    const struct deployment *controller; /* NULL if none is known */
    const struct object *subject;
    int64_t now_ms;
    int64_t since_ms;                /* the subject is not ready since */
    bool ready;                      /* the subject's Ready condition is True */
};
/* chain.c. controller: what controller_of gave this turn. */
const struct deployment *controller_of(const struct store *);
void chain_of_claim(struct chain *, const struct store *, const struct cluster_facts *, const struct deployment *controller,
                    const struct claim *, int64_t now_ms);
bool chain_calm(const struct claim *, const struct cluster_facts *);
/* What a router said of that sandbox, by the name the client used; NULL: nothing bad. */
const struct router_error *router_error_of(const struct cluster_facts *, const char *ns, const char *sandbox);
int64_t chain_ready_since(const struct claim *);
/* Of a sandbox or of a pod (subject: that one): the same rules, without a claim. */
void chain_of_sandbox(struct chain *, const struct store *, const struct cluster_facts *, const struct deployment *controller,
                      const struct object *sandbox_or_pod, int64_t now_ms);
/* How far the subject has come, in a few words: "container starting". For when no rule speaks. */
const char *chain_progress(const struct chain *);
/* The condition that carries the reconciler's word (the sandbox's before the claim's) with that reason, and whose it is. */
const struct condition *chain_reason(const struct chain *, const char *reason, const struct object **whose);
/* The text after "Error seen: " where reconciling failed; NULL if it did not. */
const char *chain_error(const struct chain *, const struct condition **, const struct object **whose);
bool controller_has_extensions(const struct deployment *); /* whether its arguments make it look at claims */
bool chain_suspended(const struct chain *); /* someone has asked for that: an ended pod is no failure then */
const struct event *event_about(const struct object *, const char *reason, const char *part); /* the newest that says part; NULL if none */
/* A node's complaint that still stands; until_ms: when it will not. */
bool event_lasts(const struct event *, int64_t now_ms, int64_t *until_ms);
bool foreign_finalizer(const struct object *, struct slice *name); /* one that is not the API server's own */

struct finder;                       /* where a rule puts its finding: finding.h */
enum rule_when { WHEN_NOT_READY = 1, WHEN_READY = 2, WHEN_DELETING = 4 };
struct rule {
    const char *name;
    int row;                         /* of the field guide's table; 0 none */
    /* The deeper, the nearer to the root: container 60, pod 50, volume 55, sandbox 40, pool 30, claim 20, controller 90. */
    int depth;
    unsigned when;                   /* a subject that is ready is asked only the rules that say so: 10,000 of them cost nothing */
    bool (*judge)(const struct chain *, struct finder *);
};
extern const struct rule rules[];    /* ends with name NULL; deepest first */

/* What ails a container, for the claim's rules and the installation's own pods. */
enum crash { CRASH_NONE, CRASH_ONCE, CRASH_LOOP };
/* *until_ms: when time alone ends it (INT64_MAX: not). */
enum crash container_crash(const struct container *, int64_t now_ms, int64_t *until_ms);

/* Whether "8888,9090" holds that port. */
bool has_port(const char *ports, int port);

bool rule_node_down(const struct chain *, struct finder *);
bool rule_node_missing(const struct chain *, struct finder *);
bool rule_readiness_gate(const struct chain *, struct finder *);
bool rule_controller_down(const struct chain *, struct finder *);
bool rule_no_extensions(const struct chain *, struct finder *);
/* The finding itself, for a claim and for the installation; unseen_kinds: what goes unseen, in words. */
void find_no_extensions(struct finder *, const struct deployment *, const char *unseen_kinds);
/* Who leads, by the controller's lease. */
enum leadership { LEAD_UNKNOWN, LEAD_HELD, LEAD_NOBODY, LEAD_LAPSED /* not renewed in its term */, LEAD_GHOST /* the holder is no pod */ };
enum leadership leadership_of(const struct store *, const struct deployment *, int64_t now_ms, int64_t *late_ms);
const struct lease *controller_lease(const struct store *, const struct deployment *);
bool controller_elects(const struct deployment *);
void find_no_leader(struct finder *, const struct deployment *, enum leadership, int64_t late_ms);
bool rule_no_leader(const struct chain *, struct finder *);
bool rule_backlog(const struct chain *, struct finder *);
bool rule_image(const struct chain *, struct finder *);
bool rule_config(const struct chain *, struct finder *);
bool rule_cannot_start(const struct chain *, struct finder *);
bool rule_crash(const struct chain *, struct finder *);
bool rule_probe(const struct chain *, struct finder *);
bool rule_ended(const struct chain *, struct finder *);
bool rule_unschedulable(const struct chain *, struct finder *);
bool rule_gated(const struct chain *, struct finder *);
bool rule_pod_sandbox(const struct chain *, struct finder *);
bool rule_volume_unbound(const struct chain *, struct finder *);
bool rule_volume_mount(const struct chain *, struct finder *);
bool rule_suspended(const struct chain *, struct finder *);
bool rule_template_missing(const struct chain *, struct finder *);
bool rule_pool_missing(const struct chain *, struct finder *);
bool rule_refused(const struct chain *, struct finder *);
bool rule_override(const struct chain *, struct finder *);
bool rule_collision(const struct chain *, struct finder *);
bool rule_expired(const struct chain *, struct finder *);
bool rule_quota(const struct chain *, struct finder *);
bool rule_runtime_class(const struct chain *, struct finder *);
bool rule_pod_security(const struct chain *, struct finder *);
bool rule_admission(const struct chain *, struct finder *);
bool rule_pod_lost(const struct chain *, struct finder *);
bool rule_conflict(const struct chain *, struct finder *);
bool rule_many_pods(const struct chain *, struct finder *);
bool rule_reconcile(const struct chain *, struct finder *);
bool rule_pool_empty(const struct chain *, struct finder *);
bool rule_unready_member(const struct chain *, struct finder *);
bool rule_leaving(const struct chain *, struct finder *);
bool rule_router(const struct chain *, struct finder *);
bool rule_limit_range(const struct chain *, struct finder *);
bool rule_scheduler(const struct chain *, struct finder *);
#endif
