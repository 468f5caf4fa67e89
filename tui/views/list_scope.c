/* What belongs to what, for drilling: by the store's links alone. */
#include "tui/views/list.h"

static const struct object *node_of(const struct object *o)
{
    const struct object *pod = chain_pod(o);
    return pod ? link_to(pod, LINK_POD_NODE) : NULL;
}

static const struct object *pool_of(const struct object *o)
{
    const struct object *claim = chain_claim(o), *sandbox = chain_sandbox(o);
    const struct object *owner = sandbox ? link_to(sandbox, LINK_SANDBOX_OWNER) : NULL;
    if (o->kind != KIND_CLAIM && owner && owner->kind == KIND_POOL)
        return owner;
    return claim ? link_to(claim, LINK_CLAIM_POOL) : NULL;
}

const struct object *leads_to(const struct object *o, enum kind kind)
{
    if (o->kind == kind)
        return o;
    bool in_chain = o->kind == KIND_CLAIM || o->kind == KIND_SANDBOX || o->kind == KIND_POD;
    if (kind == KIND_TEMPLATE)
        return in_chain || o->kind == KIND_POOL ? chain_template(o) : NULL;
    if (!in_chain)
        return NULL;
    switch (kind) {
    case KIND_CLAIM:
        return chain_claim(o);
    case KIND_SANDBOX:
        return chain_sandbox(o);
    case KIND_POD:
        return chain_pod(o);
    case KIND_NODE:
        return node_of(o);
    case KIND_POOL:
        return pool_of(o);
    default:
        return NULL;
    }
}

bool in_scope(const struct list *l, const struct model *m, const struct object *o)
{
    if (l->scope_of == KIND_NONE)
        return true;
    const struct object *owner = leads_to(o, l->scope_of);
    if (owner && strcmp(owner->name, l->scope_name) == 0 && strcmp(owner->ns, l->scope_ns) == 0)
        return true;
    owner = store_find(m->store, l->scope_of, slice_of(l->scope_ns), slice_of(l->scope_name));
    return owner && leads_to(owner, o->kind) == o;
}
