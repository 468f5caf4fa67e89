/* The rule table: pure functions from a claim's chain to a finding. Internal to core/diagnose. */
#ifndef DIAGNOSE_RULES_H
#define DIAGNOSE_RULES_H
#include "core/diagnose/diagnose.h"

struct chain {                       /* resolved once per claim; pointers may be NULL or placeholders */
    const struct store *store;
    const struct cluster_facts *facts;
    const struct claim *claim;       /* NULL when the subject is a sandbox or a pool */
    const struct sandbox *sandbox;
    const struct pod *pod;
    const struct pool *pool;
    const struct sandbox_template *tmpl;
    const struct node *node;
    const struct object *subject;
    int64_t now_ms;
};
struct finder;                       /* where a rule puts its finding: finding.h */
struct rule {
    const char *name;
    int row;                         /* of the field guide's table */
    int depth;                       /* the deeper, the nearer to the root: container 60, pod 50, volume 55, sandbox 40, pool 30, claim 20, controller 90 */
    bool (*judge)(const struct chain *, struct finder *);
};
extern const struct rule rules[];    /* ends with name NULL */
#endif
