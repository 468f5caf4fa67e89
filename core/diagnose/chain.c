/* Who belongs to a subject, resolved once so that no rule searches. A placeholder never gets into a typed pointer: it has no members. */
#include "core/diagnose/words.h"
#include "core/diagnose/rules.h"

const struct deployment *controller_of(const struct store *store)
{
    const struct deployment *best = NULL;
    const struct ptrs *all = store_all(store, KIND_DEPLOYMENT);
    for (size_t i = 0; i < all->n; i++) {
        const struct deployment *d = all->v[i];
        if (d->component == COMPONENT_CONTROLLER && (!best || d->ready > best->ready ||
                                                     (d->ready == best->ready && strcmp(d->o.ns, best->o.ns) < 0)))
            best = d;
    }
    return best;
}

static const struct object *present(const struct object *o)
{
    return o && o->present ? o : NULL;
}

static void resolve(struct chain *c)
{
    c->pool = AS(pool, present(c->pool_at));
    c->sandbox = AS(sandbox, present(c->sandbox_at));
    c->pod = AS(pod, present(c->pod_at));
    /* A v1beta1 claim read as v1alpha1 names its pool where a template's name belongs, so the pool's word and the sandbox's come first. */
    if (c->pool)
        c->template_at = link_to(c->pool_at, LINK_POOL_TEMPLATE);
    if (!c->template_at && c->sandbox)
        c->template_at = link_to(c->sandbox_at, LINK_SANDBOX_TEMPLATE);
    if (!c->template_at && c->claim && !c->pool_at)
        c->template_at = link_to(&c->claim->o, LINK_CLAIM_TEMPLATE);
    c->tmpl = AS(sandbox_template, present(c->template_at));
    c->node_at = c->pod ? link_to(c->pod_at, LINK_POD_NODE) : NULL;
    c->node = AS(node, present(c->node_at));
}

/* Whether a ready claim needs no rule at all: of 10,000 nearly all, so no more is looked at than what the rules for ready ones ask of. */
bool chain_calm(const struct claim *claim, const struct cluster_facts *facts)
{
    if (claim->ready.status != TRUTH_TRUE || claim->o.deleting_ms)
        return false;
    const struct object *sandbox = chain_sandbox(&claim->o);
    if (router_error_of(facts, claim->o.ns, claim->o.name) || (sandbox && router_error_of(facts, sandbox->ns, sandbox->name)))
        return false;
    if (!present(sandbox))
        return true;
    if (AS(sandbox, sandbox)->suspended_wanted || AS(sandbox, sandbox)->suspended.status == TRUTH_TRUE)
        return false;
    const struct pod *pod = AS(pod, present(chain_pod(sandbox)));
    for (uint32_t i = 0; pod && i < pod->n_containers; i++)
        if (pod->containers[i].restarts > 0 || pod->containers[i].state != CONTAINER_RUNNING)
            return false;
    return true;
}

int64_t chain_ready_since(const struct claim *claim)
{
    return claim->ready.since_ms < claim->o.created_ms ? claim->o.created_ms : claim->ready.since_ms;
}

/* A claim that got its sandbox when its condition was written was never ready before: it waits since it was made. One that lost a sandbox
 * waits since the condition. A condition taken over by adoption may be older than the claim. */
static int64_t not_ready_since(const struct object *o, const struct condition *ready, const struct chain *c)
{
    int64_t since = ready->since_ms, made = o->created_ms;
    if (ready->status == TRUTH_ABSENT || since < made)
        return made;
    bool unbound = c->claim && !c->claim->sandbox_name[0] && ready->status != TRUTH_TRUE && !says(ready->reason, "Expired");
    bool fresh = c->sandbox && c->sandbox->o.created_ms >= since - 5000 && since - made < 600000;
    return ready->status != TRUTH_TRUE && (unbound || fresh) ? made : since;
}

void chain_of_claim(struct chain *c, const struct store *store, const struct cluster_facts *facts, const struct deployment *controller,
                    const struct claim *claim, int64_t now_ms)
{
    *c = (struct chain){.store = store, .facts = facts, .claim = claim, .controller = controller, .subject = &claim->o, .now_ms = now_ms};
    c->ready = claim->ready.status == TRUTH_TRUE;
    c->pool_at = link_to(&claim->o, LINK_CLAIM_POOL);
    c->sandbox_at = chain_sandbox(&claim->o);
    c->pod_at = chain_pod(&claim->o);
    resolve(c);
    c->since_ms = not_ready_since(&claim->o, &claim->ready, c);
}

void chain_of_sandbox(struct chain *c, const struct store *store, const struct cluster_facts *facts, const struct deployment *controller,
                      const struct object *o, int64_t now_ms)
{
    *c = (struct chain){.store = store, .facts = facts, .controller = controller, .subject = o, .now_ms = now_ms};
    c->sandbox_at = chain_sandbox(o);
    c->pod_at = chain_pod(o);
    const struct object *owner = present(c->sandbox_at) ? link_to(c->sandbox_at, LINK_SANDBOX_OWNER) : NULL;
    if (owner && owner->kind == KIND_CLAIM && owner->present)
        c->pool_at = link_to(owner, LINK_CLAIM_POOL);
    else if (owner && owner->kind == KIND_POOL)
        c->pool_at = owner;
    resolve(c);
    const struct condition *ready = o->kind == KIND_POD ? &AS(pod, o)->ready : &AS(sandbox, o)->ready;
    c->ready = ready->status == TRUTH_TRUE;
    c->since_ms = not_ready_since(o, ready, c);
}

const struct condition *chain_reason(const struct chain *c, const char *reason, const struct object **whose)
{
    if (c->sandbox && c->sandbox->ready.status != TRUTH_TRUE && is(c->sandbox->ready.reason, reason)) {
        *whose = &c->sandbox->o;
        return &c->sandbox->ready;
    }
    if (c->claim && c->claim->ready.status != TRUTH_TRUE && is(c->claim->ready.reason, reason)) {
        *whose = &c->claim->o;
        return &c->claim->ready;
    }
    return NULL;
}

const char *chain_error(const struct chain *c, const struct condition **condition, const struct object **whose)
{
    const struct condition *found = chain_reason(c, "ReconcilerError", whose);
    if (!found)
        return NULL;
    *condition = found;
    static const char lead[] = "Error seen: ";
    return strncmp(found->message, lead, sizeof lead - 1) == 0 ? found->message + sizeof lead - 1 : found->message;
}

bool chain_suspended(const struct chain *c)
{
    if (c->sandbox && (c->sandbox->suspended_wanted || c->sandbox->suspended.status == TRUTH_TRUE))
        return true;
    const struct object *whose;
    return chain_reason(c, "SandboxSuspended", &whose) != NULL;
}

const struct event *event_about(const struct object *o, const char *reason, const char *part)
{
    const struct event *best = NULL;
    if (!o)
        return NULL;
    for (const struct link *l = link_in(o, LINK_EVENT_ABOUT, NULL); l; l = link_in(o, LINK_EVENT_ABOUT, l)) {
        const struct event *e = AS(event, l->from);
        if (!e->o.present || !is(e->reason, reason) || (part && !says(e->message, part)))
            continue;
        if (!best || e->last_ms > best->last_ms || (e->last_ms == best->last_ms && strcmp(e->o.name, best->o.name) > 0))
            best = e;
    }
    return best;
}

/* A node repeats its complaint every two minutes at the latest while it lasts, and that it got further is told by events that are watched
 * for selected objects only. So one that is not repeated is over. */
bool event_lasts(const struct event *e, int64_t now_ms, int64_t *until_ms)
{
    enum { REPEATS_MS = 180000 };
    *until_ms = (e->last_ms ? e->last_ms : e->o.created_ms) + REPEATS_MS;
    return now_ms < *until_ms;
}

bool foreign_finalizer(const struct object *o, struct slice *name)
{
    static const char *const own[] = {"foregroundDeletion", "orphan", NULL};
    *name = foreign_item(o->finalizers, own);
    return name->n > 0;
}

static const char *pod_progress(const struct pod *pod)
{
    if (pod->o.deleting_ms)
        return "pod is being replaced";
    if (pod->scheduled.status != TRUTH_TRUE && !pod->node[0])
        return "pod being scheduled";
    for (uint32_t i = 0; i < pod->n_containers; i++) {
        const struct container *c = &pod->containers[i];
        if (c->init && c->state == CONTAINER_RUNNING)
            return "init container running";
        if (!c->init && c->state == CONTAINER_RUNNING && !c->ready)
            return "container not ready yet";
    }
    const struct event *pulling = event_about(&pod->o, "Pulling", NULL), *pulled = event_about(&pod->o, "Pulled", NULL);
    if (pulling && (!pulled || pulled->last_ms < pulling->last_ms))
        return "image being pulled";
    return pod->ready.status == TRUTH_TRUE ? "pod ready, not yet noticed" : "container starting";
}

const char *chain_progress(const struct chain *c)
{
    if (c->claim && !c->claim->has_status)
        return "not yet seen by the controller";
    if (c->pod)
        return pod_progress(c->pod);
    /* Not read yet: the condition's own words are all that is known. */
    bool unread = (c->sandbox_at && !c->sandbox && !c->facts->synced[KIND_SANDBOX]) || (c->sandbox && !c->facts->synced[KIND_POD]);
    const char *said = c->claim ? c->claim->ready.message : c->sandbox ? c->sandbox->ready.message : "";
    if (unread && said[0])
        return said;
    if (c->sandbox)
        return c->ready ? "ready" : "sandbox without a pod yet";
    if (c->subject->kind == KIND_SANDBOX || c->subject->kind == KIND_POD)
        return "not ready";
    return c->sandbox_at ? "sandbox not there yet" : "no sandbox yet";
}
