/* The graph. Invariant: each link is in its from's list of outgoing ones (in the order they were set) and in its to's list of incoming
 * ones; an object that is neither present nor gone has an incoming link, or it would not be. */
#include "core/store/links.h"
#include "core/store/inside.h"

static void link_in_list(struct link *l, struct object *to)
{
    l->to = to;
    l->next_in = to->in;
    l->prev_in = &to->in;
    if (to->in)
        to->in->prev_in = &l->next_in;
    to->in = l;
}

/* *at is the place in the from's list that holds the link. */
static void link_cut(struct store *s, struct link **at)
{
    struct link *l = *at;
    struct object *to = l->to;
    *at = l->next_out;
    *l->prev_in = l->next_in;
    if (l->next_in)
        l->next_in->prev_in = l->prev_in;
    slab_give(&s->links, l);
    s->n_links--;
    if (!to->in && !to->present && !to->changed)
        object_free(s, to);
}

void links_drop(struct store *s, struct object *o)
{
    while (o->out)
        link_cut(s, &o->out);
}

void links_move_in(struct object *from, struct object *to)
{
    if (!from->in)
        return;
    struct link *last = NULL;
    for (struct link *l = from->in; l; l = l->next_in) {
        l->to = to;
        last = l;
    }
    last->next_in = to->in;
    if (to->in)
        to->in->prev_in = &last->next_in;
    to->in = from->in;
    to->in->prev_in = &to->in;
    from->in = NULL;
}

static struct link **find_nth(struct object *o, enum link_role role, unsigned nth)
{
    struct link **at = &o->out;
    for (; *at; at = &(*at)->next_out)
        if ((*at)->role == role && nth-- == 0)
            break;
    return at;
}

static void note(struct decoding *d, struct object *o)
{
    d->changed = d->chain_changed = true;
    touch(d->store, o);
}

void store_link_in(struct decoding *d, struct object *o, enum link_role role, unsigned nth, enum kind kind, str ns, str name)
{
    struct store *s = d->store;
    struct link **at = find_nth(o, role, nth), *l = *at;
    if ((unsigned)kind >= KIND_COUNT || !*name) {
        if (l) {
            note(d, o);
            link_cut(s, at);
            note(d, o);
        }
        return;
    }
    if (!(kind_info(kind)->flags & KIND_NAMESPACED))
        ns = "";
    if (l && l->to->kind == kind && str_same(l->to->name, name) && str_same(l->to->ns, ns))
        return;
    note(d, o);
    struct object *to = object_node(s, kind, ns, name);
    struct link *fresh = slab_take(&s->links);
    s->n_links++;
    fresh->from = o;
    fresh->role = role;
    link_in_list(fresh, to);
    fresh->next_out = l;
    *at = fresh;
    if (l)
        link_cut(s, &fresh->next_out);
    note(d, o);
}

void store_link(struct decoding *d, struct object *o, enum link_role role, unsigned nth, enum kind kind, str name)
{
    store_link_in(d, o, role, nth, kind, o->ns, name);
}

void store_unlink_from(struct decoding *d, struct object *o, enum link_role role, unsigned nth)
{
    for (struct link **at; *(at = find_nth(o, role, nth));) {
        note(d, o);
        link_cut(d->store, at);
    }
}

bool link_good(const struct link *l)
{
    struct uid means = {0, 0};
    if (l->role == LINK_EVENT_ABOUT && l->to->kind != KIND_NODE)   /* the kubelet gives a node's name as its uid */
        means = AS(event, l->from)->about_uid;
    else if (l->role == LINK_SANDBOX_OWNER || l->role == LINK_POD_OWNER)
        means = l->from->owner_uid;
    return uid_none(means) || uid_none(l->to->uid) || uid_eq(means, l->to->uid);
}

/* --- touching ------------------------------------------------------------------------------------------------------------------------ */
static void touch_claim(struct store *s, struct object *o, bool only_unready)
{
    if (o->kind != KIND_CLAIM || o->touched || !(o->present || o->changed) || (only_unready && !claim_unready(o)))
        return;
    o->touched = true;
    ptrs_add(&s->touched, o);
}

/* Claims that wait, of a namespace ("" for all) and of a pool (NULL for any). */
static void touch_waiting(struct store *s, str ns, str pool)
{
    for (size_t i = 0; i < s->unready.n; i++) {
        struct object *o = s->unready.v[i];
        if ((!*ns || str_same(o->ns, ns)) && (!pool || str_same(AS(claim, o)->pool, pool)))
            touch_claim(s, o, true);
    }
}

static void touch_sandbox(struct store *s, struct object *o, bool only_unready)
{
    for (struct link *l = o->out; l; l = l->next_out)
        if (l->role == LINK_SANDBOX_OWNER && link_good(l))
            touch_claim(s, l->to, only_unready);
    for (struct link *l = o->in; l; l = l->next_in)
        if (l->role == LINK_CLAIM_SANDBOX)
            touch_claim(s, l->from, only_unready);
    /* A sandbox of someone else under a claim's name keeps the claim from having its own. */
    struct object *namesake = table_by_name(&s->by_name, KIND_CLAIM, o->ns, o->name);
    if (namesake)
        touch_claim(s, namesake, true);
}

static void touch_pod(struct store *s, struct object *o, bool only_unready)
{
    for (struct link *l = o->out; l; l = l->next_out)
        if (l->role == LINK_POD_OWNER && link_good(l))
            touch_sandbox(s, l->to, only_unready);
    for (struct link *l = o->in; l; l = l->next_in)
        if (l->role == LINK_SANDBOX_POD)
            touch_sandbox(s, l->from, only_unready);
}

static void touch_pods_of(struct store *s, const struct object *o, enum link_role role, bool only_unready)
{
    for (struct link *l = o->in; l; l = l->next_in)
        if (l->role == role)
            touch_pod(s, l->from, only_unready);
}

static void touch_object(struct store *s, struct object *o, bool only_unready)
{
    switch (o->kind) {
    case KIND_CLAIM:
        touch_claim(s, o, only_unready);
        break;
    case KIND_SANDBOX:
        touch_sandbox(s, o, only_unready);
        break;
    case KIND_POD:
        touch_pod(s, o, only_unready);
        if (strcmp(AS(pod, o)->app, "agent-sandbox-controller") == 0)
            touch_waiting(s, "", NULL);                    /* who waits may wait for it */
        break;
    case KIND_NODE:
        touch_pods_of(s, o, LINK_POD_NODE, only_unready);
        break;
    case KIND_PVC:
        touch_pods_of(s, o, LINK_POD_PVC, only_unready);
        break;
    case KIND_POOL:
        touch_waiting(s, o->ns, o->name);
        break;
    case KIND_DEPLOYMENT:
        if (AS(deployment, o)->component == COMPONENT_CONTROLLER)
            touch_waiting(s, "", NULL);
        break;
    case KIND_TEMPLATE:
    case KIND_QUOTA:
    case KIND_RUNTIMECLASS:
    case KIND_STORAGECLASS:
        touch_waiting(s, o->ns, NULL);                     /* "" for the cluster-wide ones: all */
        break;
    default:                                               /* read on demand: the diagnosis knows who asked for it */
        break;
    }
}

void touch(struct store *s, struct object *o)
{
    if (o->kind != KIND_EVENT) {
        touch_object(s, o, false);
        return;
    }
    /* A word about a node or a deployment matters only to those who wait. */
    for (struct link *l = o->out; l; l = l->next_out)
        if (l->role == LINK_EVENT_ABOUT && link_good(l))
            touch_object(s, l->to, l->to->kind == KIND_NODE);
}
