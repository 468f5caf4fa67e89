/* What belongs to what, for drilling: by the store's links alone. */
#include "tui/views/list.h"

/* In the turn in which an object goes its links still stand. From it they lead on, so that what it led to is looked at again; through it they do not. */
static bool passable(const struct object *through, const struct object *from)
{
    return through && (through->present || through == from);
}

static const struct object *node_of(const struct object *o)
{
    const struct object *pod = chain_pod(o);
    return passable(pod, o) ? link_to(pod, LINK_POD_NODE) : NULL;
}

static const struct object *pool_of(const struct object *o)
{
    const struct object *claim = chain_claim(o), *sandbox = chain_sandbox(o);
    const struct object *owner = passable(sandbox, o) ? link_to(sandbox, LINK_SANDBOX_OWNER) : NULL;
    if (o->kind != KIND_CLAIM && owner && owner->kind == KIND_POOL)
        return owner;
    return passable(claim, o) ? link_to(claim, LINK_CLAIM_POOL) : NULL;
}

/* As chain_template, which leads through what is gone. */
static const struct object *template_of_claim(const struct object *o)
{
    const struct object *pool = link_to(o, LINK_CLAIM_POOL), *sandbox = chain_sandbox(o);
    const struct object *ways[] = {
        passable(pool, o) ? link_to(pool, LINK_POOL_TEMPLATE) : NULL,
        passable(sandbox, o) ? link_to(sandbox, LINK_SANDBOX_TEMPLATE) : NULL,
        link_to(o, LINK_CLAIM_TEMPLATE),
    };
    const struct object *missing = NULL;
    for (unsigned i = 0; i < 3; i++) {
        if (ways[i] && ways[i]->present)
            return ways[i];
        missing = missing ? missing : ways[i];
    }
    return missing;
}

const struct object *leads_to(const struct object *o, enum kind kind)
{
    if (o->kind == kind)
        return o;
    bool in_chain = o->kind == KIND_CLAIM || o->kind == KIND_SANDBOX || o->kind == KIND_POD;
    if (kind == KIND_TEMPLATE && o->kind == KIND_CLAIM)
        return template_of_claim(o);
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

/* A pool's template may change, and a template come or go, under thousands of claims that do not change themselves; pools change all the time
 * otherwise. 0: not there, or leads to none. */
static uint32_t lead_of(const struct object *o)
{
    if (!o->present)
        return 0;
    const struct object *template = o->kind == KIND_POOL ? link_to(o, LINK_POOL_TEMPLATE) : o;
    return template ? template->slot + 1 : 0;
}

static bool minds_templates(const struct list *l)
{
    return l->kind->usage_of == KIND_TEMPLATE || l->scope_of == KIND_TEMPLATE;
}

void leads_note(struct list *l, const struct model *m)
{
    static const enum kind kinds[] = {KIND_POOL, KIND_TEMPLATE};
    slots_free(&l->leads);
    for (size_t k = 0; k < 2 && minds_templates(l); k++) {
        const struct ptrs *all = store_all(m->store, kinds[k]);
        for (size_t i = 0; i < all->n; i++) {
            const struct object *o = all->v[i];
            *(uint32_t *)slots_make(&l->leads, o->slot) = lead_of(o);
        }
    }
}

bool leads_elsewhere(const struct list *l, const struct object *o)
{
    if ((o->kind == KIND_POOL || o->kind == KIND_TEMPLATE) && minds_templates(l)) {
        const uint32_t *noted = slots_get(&l->leads, o->slot);
        return lead_of(o) != (noted ? *noted : 0);
    }
    bool in_chain = o->kind == KIND_CLAIM || o->kind == KIND_SANDBOX || o->kind == KIND_POD;
    return in_chain && o->kind == l->scope_of && strcmp(o->name, l->scope_name) == 0 && strcmp(o->ns, l->scope_ns) == 0;
}
