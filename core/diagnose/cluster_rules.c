/* What ails the installation: rules without a claim. Same shape as the claim's, with a chain that has no subject; what a pod of the
 * controller
 * or of the router suffers is asked of the pod rules. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/diagnose/inside.h"

enum { DENIAL_MS = 90000, SETTLE_MS = 30000, LAPSE_MS = 60000 }; /* a rollout may leave no pod ready, and nobody leading, for a moment */

static const struct rule rule_crds = {"crds-missing", 1, 100, 0, NULL};
static const struct rule rule_down = {"controller-down", 2, 95, 0, NULL};
static const struct rule rule_extensions = {"controller-no-extensions", 3, 94, 0, NULL};
static const struct rule rule_rights = {"controller-rights", 6, 97, 0, NULL};
static const struct rule rule_leader = {"controller-no-leader", 4, 93, 0, NULL};
static const struct rule rule_controller_pod = {"controller-crash", 6, 96, 0, NULL};
static const struct rule rule_router_down = {"router-down", 36, 70, 0, NULL};
static const struct rule rule_router_pod = {"router-crash", 36, 71, 0, NULL};
static const struct rule rule_node = {"node-down", 0, 80, 0, NULL};
static const struct rule rule_pressure = {"node-pressure", 0, 30, 0, NULL};

static void crds(struct finder *f)
{
    static const enum kind kinds[] = {KIND_SANDBOX, KIND_CLAIM, KIND_POOL, KIND_TEMPLATE};
    const struct cluster_facts *facts = f->chain->facts;
    unsigned missing = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        missing += facts->crds_missing[kinds[i]];
    if (!facts->discovered || !missing)
        return;
    bool all = missing == sizeof kinds / sizeof *kinds, extensions = !facts->crds_missing[KIND_SANDBOX] && missing == 3;
    struct buf names = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (facts->crds_missing[kinds[i]])
            buf_printf(&names, "%s%s.%s", names.n ? ", " : "", kind_info(kinds[i])->plural, kind_info(kinds[i])->group);
    f->rule = &rule_crds;
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, NULL);
    find_at(f, KIND_NONE, "", names.p);
    find_brief(f, all ? "Agent Sandbox CRDs are not installed" : extensions ? "extensions CRDs are not installed" : "CRDs are missing");
    find_cause(f, "The Agent Sandbox CRDs are not installed%s: the API server does not know %s.", all ? "" : " completely", names.p);
    find_next(f, all ? "Install the Agent Sandbox manifests: the core's and the extensions'"
              : "Install the Agent Sandbox extensions manifest");
    find_command(f, "kubectl get crds");
    find_group(f, "%s", names.p);
    struct object on = {.kind = KIND_NONE, .ns = "", .name = names.p};
    find_evidence(f, &on, 0, "", "not in API discovery");
    buf_free(&names);
}

static void router_words(struct finder *f)
{
    struct finding *lead = &f->v[f->n - 1].finding;
    const struct cluster_facts *facts = f->chain->facts;
    for (size_t i = 0; i < facts->n_traffic; i++) {
        const struct router_traffic *t = &facts->traffic[i];
        if (!t->start_word.text[0] || !is(lead->subject_ns, t->ns))
            continue;
        struct object on = {.kind = KIND_POD, .ns = t->ns, .name = t->start_word.pod};
        free(lead->cause);
        lead->cause = mem_text("The router does not start: neither ROUTER_AUTH_TOKEN nor ALLOW_UNAUTHENTICATED_ROUTER is set.");
        free(lead->brief);
        lead->brief = mem_text("router wants ROUTER_AUTH_TOKEN");
        find_next(f, "Set ROUTER_AUTH_TOKEN (from a Secret) in its Deployment");
        find_command(f, "kubectl edit deployment %s -n %s", lead->subject_name, lead->subject_ns);
        find_evidence(f, &on, 0, t->start_word.text, "router log");
        return;
    }
    char *cause = mem_printf("%s A router of v0.5 and later ends so when neither ROUTER_AUTH_TOKEN nor ALLOW_UNAUTHENTICATED_ROUTER is "
                             "set; its log says.",
                             lead->cause ? lead->cause : "");
    free(lead->cause);
    lead->cause = cause;
    find_next(f, "Read its last lines; if they name ROUTER_AUTH_TOKEN, set that (or ALLOW_UNAUTHENTICATED_ROUTER) in the Deployment");
}

/* The pod that is worst off, told as a finding about its Deployment. */
static void of_pods(struct finder *f, const struct deployment *d, const struct rule *as)
{
    const struct chain *outer = f->chain;
    const struct ptrs *pods = store_all(outer->store, KIND_POD);
    struct finding best = {0};
    for (size_t i = 0; i < pods->n; i++) {
        const struct pod *pod = pods->v[i];
        /* A pod that no Sandbox owns and that the deployment's selector means, by the label that both kinds of installation set. */
        bool mine = pod->o.ns == d->o.ns && pod->app[0] && is(pod->o.owner_kind, "ReplicaSet") && !pod->o.deleting_ms;
        size_t n = strlen(pod->app);
        const char *at = mine ? strstr(d->selector, pod->app) : NULL;
        if (!at || at == d->selector || at[-1] != '=' || (at[n] && at[n] != ','))
            continue;
        struct chain chain;
        struct finder inner = {.full = true, .recheck_ms = INT64_MAX};
        chain_of_sandbox(&chain, outer->store, outer->facts, NULL, &pod->o, outer->now_ms);
        finder_run(&inner, &chain);
        if (inner.n && (!best.rule || inner.v[0].finding.severity > best.severity)) {
            finding_clear(&best);
            best = inner.v[0].finding;
            inner.v[0].finding = (struct finding){0};
        }
        finder_free(&inner);
    }
    if (!best.rule)
        return;
    bool looping = is(best.rule, "crash-loop");
    f->rule = as;
    find(f, best.severity, best.confidence, NULL);
    struct finding *mine = &f->v[f->n - 1].finding;
    finding_clear(mine);
    *mine = best;
    mine->rule = as->name;
    mine->row = as->row;
    find_subject(f, KIND_DEPLOYMENT, d->o.ns, d->o.name);
    if (as == &rule_router_pod && looping)
        router_words(f);
    else if (!looping)
        find_command(f, "kubectl describe pod -n %s %s", d->o.ns, mine->at_name ? mine->at_name : "");
}

static void replicas(struct finder *f, const struct deployment *d)
{
    find_evidence(f, &d->o, 0, "", "spec.replicas %d, status.readyReplicas %d", d->desired, d->ready);
    find_condition(f, &d->o, "Available", &d->available);
    find_condition(f, &d->o, "Progressing", &d->progressing);
}

/* Nobody leads. A lease lapses for a moment at each restart, so the pods must have stood for a while. */
static void leader(struct finder *f, const struct deployment *d)
{
    int64_t late, since = d->available.since_ms ? d->available.since_ms : d->o.created_ms;
    if (!controller_elects(d) || f->chain->now_ms - since < SETTLE_MS)
        return;
    find_want(f, KIND_LEASE, d->o.ns, SLICE("a3317529.agent-sandbox.x-k8s.io"));
    enum leadership lead = leadership_of(f->chain->store, d, f->chain->now_ms, &late);
    const struct lease *lease = controller_lease(f->chain->store, d);
    if (lead == LEAD_UNKNOWN || lead == LEAD_HELD || (lead != LEAD_NOBODY && late < LAPSE_MS) ||
        (lead == LEAD_NOBODY && f->chain->now_ms - lease->renewed_ms < LAPSE_MS))
        return;
    f->rule = &rule_leader;
    find_no_leader(f, d, lead, late);
}

static bool other_router(const struct store *store, const struct deployment *but)
{
    const struct ptrs *all = store_all(store, KIND_DEPLOYMENT);
    for (size_t i = 0; i < all->n; i++) {
        const struct deployment *one = all->v[i];
        if (one != but && one->component == COMPONENT_ROUTER && one->ready > 0)
            return true;
    }
    return false;
}

/* Row 6: what it may not do it asks for again and again, so an old complaint is over. */
static void rights(struct finder *f, const struct deployment *d)
{
    const struct controller_denial *denial = f->chain->facts->denial;
    if (!denial || !denial->time_ms || f->chain->now_ms >= denial->time_ms + DENIAL_MS)
        return;
    struct slice verb = run_after(denial->text, " cannot ", " "), what = quoted_plain(denial->text, " resource ");
    find_recheck(f, denial->time_ms + DENIAL_MS);
    f->rule = &rule_rights;
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, &d->o);
    find_brief(f, "controller may not %.*s %.*s", SHOW(verb), SHOW(what));
    find_cause(f, "The controller lacks a right (RBAC): its service account may not %.*s %.*s.", SHOW(verb), SHOW(what));
    find_next(f, "Apply the RBAC manifest that belongs to the controller's version");
    find_command(f, "kubectl get clusterroles,roles,clusterrolebindings,rolebindings -A");
    find_group(f, "%.*s|%.*s", SHOW(verb), SHOW(what));
    find_evidence(f, &d->o, denial->time_ms, denial->text, "controller log");
}

static void deployment(struct finder *f, const struct deployment *d)
{
    bool controller = d->component == COMPONENT_CONTROLLER;
    const char *word = controller ? "controller" : "router";
    struct chain about = *f->chain;
    const struct chain *outer = f->chain;
    size_t before = f->n;
    about.subject = &d->o;
    f->chain = &about;
    f->rule = controller ? &rule_down : &rule_router_down;
    if (d->desired == 0 || d->ready == 0) {
        int64_t since = d->available.status == TRUTH_FALSE ? d->available.since_ms : d->o.created_ms;
        bool settled = d->desired == 0 || outer->now_ms - since >= SETTLE_MS;
        bool spare = !controller && d->desired == 0 && other_router(outer->store, d); /* somebody has put it aside */
        find(f, spare ? SEVERITY_INFO : settled ? SEVERITY_STUCK : SEVERITY_WAITING, CONFIDENCE_PROVED, &d->o);
        find_brief(f, d->desired ? "%s down: 0 of %d ready" : "%s scaled to %d", word, d->desired);
        if (!d->desired)
            find_cause(f, "The %s is scaled to 0 replicas: %s.", word, controller ? "nobody looks at claims and sandboxes"
                       : "clients cannot reach their sandboxes through it");
        else
            find_cause(f, "The %s has no ready pod (0 of %d): %s.", word, d->desired,
                       controller ? "nobody looks at claims and sandboxes" : "clients cannot reach their sandboxes through it");
        find_next(f, d->desired ? "Find out why its pods are not ready" : "Scale it up");
        if (d->desired)
            find_command(f, "kubectl describe deployment %s -n %s", d->o.name, d->o.ns);
        else
            find_command(f, "kubectl scale deployment %s -n %s --replicas=1", d->o.name, d->o.ns);
        find_group(f, "%s/%s", d->o.ns, d->o.name);
        replicas(f, d);
    } else if (d->ready < d->desired) {
        find(f, SEVERITY_INFO, CONFIDENCE_PROVED, &d->o);
        find_brief(f, "%s: %d of %d ready", word, d->ready, d->desired);
        find_cause(f, "The %s has %d of %d pods ready.", word, d->ready, d->desired);
        find_next(f, "Look at the pod that is not ready");
        find_command(f, "kubectl describe deployment %s -n %s", d->o.name, d->o.ns);
        find_group(f, "%s/%s", d->o.ns, d->o.name);
        replicas(f, d);
    }
    if (d->ready < d->desired || d->unavailable > 0) /* a roll-out may be stuck though the old pods still serve */
        of_pods(f, d, controller ? &rule_controller_pod : &rule_router_pod);
    if (controller && d->desired > 0 && !controller_has_extensions(d)) {
        f->rule = &rule_extensions;
        find_no_extensions(f, d, "claims, pools and templates");
    }
    if (!controller)
        for (size_t i = before; i < f->n; i++)
            f->v[i].finding.link = f->v[i].finding.at_kind == KIND_DEPLOYMENT ? "router" : f->v[i].finding.link;
    if (controller && d->desired > 0)
        rights(f, d);
    if (controller && d->desired > 0 && d->ready > 0)
        leader(f, d);
    f->chain = outer;
}

static void no_controller(struct finder *f)
{
    const struct cluster_facts *facts = f->chain->facts;
    if (!facts->synced[KIND_DEPLOYMENT] || facts->forbidden[KIND_DEPLOYMENT] || facts->crds_missing[KIND_CLAIM])
        return;
    f->rule = &rule_down;
    find(f, SEVERITY_WAITING, CONFIDENCE_POSSIBLE, NULL);
    find_at(f, KIND_DEPLOYMENT, "agent-sandbox-system", "agent-sandbox-controller");
    find_brief(f, "no controller found");
    find_cause(f, "No Deployment of the Agent Sandbox controller was found.");
    find_next(f, "Install the controller, or look where it runs");
    find_command(f, "kubectl get deployments -A -l app=agent-sandbox-controller");
    find_group(f, "none");
}

static void node(struct finder *f, const struct node *n)
{
    struct chain about = *f->chain;
    const struct chain *outer = f->chain;
    about.subject = &n->o;
    f->chain = &about;
    if (n->ready.status == TRUTH_FALSE || n->ready.status == TRUTH_UNKNOWN) {
        f->rule = &rule_node;
        find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, &n->o);
        find_since(f, n->ready.since_ms);
        find_brief(f, "node %s is not ready", n->o.name);
        find_cause(f, "Node %s is not Ready (%s): its pods are lost to view.", n->o.name, n->ready.reason);
        find_next(f, "Bring the node back, or delete it if it is gone for good");
        find_command(f, "kubectl describe node %s", n->o.name);
        find_group(f, "%s", n->o.name);
        find_condition(f, &n->o, "Ready", &n->ready);
    }
    if (n->pressure[0]) {
        f->rule = &rule_pressure;
        find(f, SEVERITY_WAITING, CONFIDENCE_PROVED, &n->o);
        find_brief(f, "node %s: %s", n->o.name, n->pressure);
        find_cause(f, "Node %s is short of something (%s): it may evict pods and takes no new ones.", n->o.name, n->pressure);
        find_next(f, "Free what is short on the node");
        find_command(f, "kubectl describe node %s", n->o.name);
        find_group(f, "%s", n->o.name);
        find_evidence(f, &n->o, 0, n->pressure, "conditions that are True");
    }
    f->chain = outer;
}

static void start(struct finder *f, struct chain *c, const struct diagnosis *d, int64_t now_ms)
{
    *c = (struct chain){.store = d->store, .facts = d->facts, .now_ms = now_ms, .since_ms = now_ms};
    *f = (struct finder){.chain = c, .full = true, .recheck_ms = INT64_MAX};
}

static void finish(struct finder *f, struct findings *out)
{
    finder_sort(f);
    finder_take(f, out);
    finder_free(f);
}

void diagnose_deployment(const struct diagnosis *d, const struct deployment *one, int64_t now_ms, struct findings *out)
{
    struct chain c;
    struct finder f;
    start(&f, &c, d, now_ms);
    if (one->component != COMPONENT_NONE)
        deployment(&f, one);
    finish(&f, out);
}

void diagnose_node(const struct diagnosis *d, const struct node *one, int64_t now_ms, struct findings *out)
{
    struct chain c;
    struct finder f;
    start(&f, &c, d, now_ms);
    node(&f, one);
    finish(&f, out);
}

static void installation(struct finder *f, const struct diagnosis *d)
{
    crds(f);
    const struct ptrs *all = store_all(d->store, KIND_DEPLOYMENT);
    bool controller = false;
    for (size_t i = 0; i < all->n; i++) {
        const struct deployment *one = all->v[i];
        controller |= one->component == COMPONENT_CONTROLLER;
        if (one->component != COMPONENT_NONE)
            deployment(f, one);
    }
    if (!controller)
        no_controller(f);
    cluster_webhook(f, d);
    cluster_traffic(f, d);
}

void cluster_look(struct finder *f, struct chain *c, const struct diagnosis *d, int64_t now_ms)
{
    start(f, c, d, now_ms);
    f->full = false;
    if (d->facts->ns)                /* a name that no namespace bears shows an empty list, as if all were well */
        find_want(f, KIND_NAMESPACE, "", slice_of(d->facts->ns));
    installation(f, d);
    f->chain = c;
}

void diagnose_cluster(const struct diagnosis *d, int64_t now_ms, struct findings *out)
{
    struct chain c;
    struct finder f;
    start(&f, &c, d, now_ms);
    *out = (struct findings){0};
    installation(&f, d);
    const struct ptrs *all = store_all(d->store, KIND_NODE);
    for (size_t i = 0; i < all->n; i++)
        node(&f, all->v[i]);
    finish(&f, out);
    cluster_pools(d, now_ms, out);
}
