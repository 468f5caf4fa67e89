/* Walks for readers. Invariant: no walk follows more than a fixed number of links, so cycles in what the cluster says cannot hold it; a
 * link that means an earlier object of the same name is passed over. */
#include "core/store/inside.h"

const struct object *link_to(const struct object *o, enum link_role role)
{
    for (const struct link *l = o ? o->out : NULL; l; l = l->next_out)
        if (l->role == role && link_good(l))
            return l->to;
    return NULL;
}

const struct link *link_in(const struct object *o, enum link_role role, const struct link *after)
{
    for (const struct link *l = after ? after->next_in : o ? o->in : NULL; l; l = l->next_in)
        if (l->role == role && l->from->present && link_good(l))
            return l;
    return NULL;
}

static const struct object *first_in(const struct object *o, enum link_role role)
{
    const struct link *l = link_in(o, role, NULL);
    return l ? l->from : NULL;
}

static const struct object *owner_claim(const struct object *sandbox)
{
    const struct object *owner = link_to(sandbox, LINK_SANDBOX_OWNER);
    return owner && owner->kind == KIND_CLAIM ? owner : NULL;
}

static const struct object *claim_of_sandbox(const struct object *sandbox)
{
    const struct object *owner = owner_claim(sandbox), *user = first_in(sandbox, LINK_CLAIM_SANDBOX);
    return owner && (owner->present || !user) ? owner : user;
}

static const struct object *sandbox_of_pod(const struct object *pod)
{
    const struct object *owner = link_to(pod, LINK_POD_OWNER), *user = first_in(pod, LINK_SANDBOX_POD);
    return owner && (owner->present || !user) ? owner : user;
}

/* The one that the claim's status names; before the status there is at most the sandbox that names the claim as its owner. */
static const struct object *sandbox_of_claim(const struct object *claim)
{
    const struct object *named = link_to(claim, LINK_CLAIM_SANDBOX);
    if (named)
        return named;
    return first_in(claim, LINK_SANDBOX_OWNER);
}

static const struct object *pod_of_sandbox(const struct object *sandbox)
{
    const struct object *named = link_to(sandbox, LINK_SANDBOX_POD);
    if (named && named->present)
        return named;
    const struct object *owned = first_in(sandbox, LINK_POD_OWNER);
    return owned ? owned : named;
}

static const struct object *about(const struct object *o)
{
    return o && o->kind == KIND_EVENT ? link_to(o, LINK_EVENT_ABOUT) : o;
}

const struct object *chain_claim(const struct object *o)
{
    o = about(o);
    if (o && o->kind == KIND_POD)
        o = sandbox_of_pod(o);
    if (o && o->kind == KIND_SANDBOX)
        o = claim_of_sandbox(o);
    return o && o->kind == KIND_CLAIM ? o : NULL;
}

const struct object *chain_sandbox(const struct object *o)
{
    o = about(o);
    if (o && o->kind == KIND_CLAIM)
        return sandbox_of_claim(o);
    if (o && o->kind == KIND_POD)
        return sandbox_of_pod(o);
    return o && o->kind == KIND_SANDBOX ? o : NULL;
}

const struct object *chain_pod(const struct object *o)
{
    o = about(o);
    if (o && o->kind == KIND_POD)
        return o;
    const struct object *sandbox = chain_sandbox(o);
    return sandbox ? pod_of_sandbox(sandbox) : NULL;
}

/* A claim's own template name comes last: read through the conversion of v0.5 it is the pool's name. */
static const struct object *template_of_claim(const struct object *claim)
{
    const struct object *found[] = {
        link_to(link_to(claim, LINK_CLAIM_POOL), LINK_POOL_TEMPLATE),
        link_to(chain_sandbox(claim), LINK_SANDBOX_TEMPLATE),
        link_to(claim, LINK_CLAIM_TEMPLATE),
    };
    const struct object *missing = NULL;
    for (unsigned i = 0; i < 3; i++) {
        if (found[i] && found[i]->present)
            return found[i];
        missing = missing ? missing : found[i];
    }
    return missing;
}

static const struct object *template_of_sandbox(const struct object *sandbox)
{
    const struct object *named = link_to(sandbox, LINK_SANDBOX_TEMPLATE);
    if (named)
        return named;
    const struct object *owner = link_to(sandbox, LINK_SANDBOX_OWNER);
    if (owner && owner->kind == KIND_POOL)
        return link_to(owner, LINK_POOL_TEMPLATE);
    owner = claim_of_sandbox(sandbox);
    return owner ? template_of_claim(owner) : NULL;
}

const struct object *chain_template(const struct object *o)
{
    o = about(o);
    if (!o)
        return NULL;
    switch (o->kind) {
    case KIND_CLAIM:
        return template_of_claim(o);
    case KIND_POOL:
        return link_to(o, LINK_POOL_TEMPLATE);
    case KIND_TEMPLATE:
        return o;
    default:
        o = chain_sandbox(o);
        return o ? template_of_sandbox(o) : NULL;
    }
}
