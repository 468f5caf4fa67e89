/* One look at a burst: the causes behind many waiting claims and pool members, each said once. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/diagnose/inside.h"

enum { MEMBERS_MOST = 500 };

struct cause {
    uint64_t group;
    size_t claims, members;
    bool stuck;
    enum confidence confidence;
    int64_t since_ms;
    const struct object *example;    /* a claim rather than a member, the best proved, the one that waits longest */
};

static void add_claims_of_pool(struct gathering *g, const struct object *pool)
{
    for (const struct link *l = pool->in; l; l = l->next_in) {
        if (!l->from->present)
            continue;
        if (l->role == LINK_CLAIM_POOL)
            ptrs_add(&g->claims, l->from);
        else if (l->role == LINK_SANDBOX_OWNER && g->members.n < MEMBERS_MOST)
            ptrs_add(&g->members, l->from);
    }
}

void gather_pool(struct gathering *g, const struct object *pool)
{
    add_claims_of_pool(g, pool);
}

void gather_template(struct gathering *g, const struct object *tmpl)
{
    for (const struct link *l = tmpl->in; l; l = l->next_in) {
        if (!l->from->present)
            continue;
        if (l->role == LINK_POOL_TEMPLATE)
            add_claims_of_pool(g, l->from);
        else if (l->role == LINK_CLAIM_TEMPLATE && !link_to(l->from, LINK_CLAIM_POOL))
            ptrs_add(&g->claims, l->from);
    }
}

void gather_pods(struct gathering *g, const struct object *o, enum link_role role)
{
    for (const struct link *l = o->in; l; l = l->next_in) {
        if (l->role != role || !l->from->present)
            continue;
        const struct object *claim = chain_claim(l->from), *sandbox = chain_sandbox(l->from);
        if (claim && claim->present)
            ptrs_add(&g->claims, (void *)(uintptr_t)claim);
        else if (sandbox && sandbox->present && g->members.n < MEMBERS_MOST)
            ptrs_add(&g->members, (void *)(uintptr_t)sandbox);
    }
}

void gather_free(struct gathering *g)
{
    ptrs_free(&g->claims);
    ptrs_free(&g->members);
}

static struct cause *cause_of(struct cause **all, size_t *n, uint64_t group)
{
    for (size_t i = 0; i < *n; i++)
        if ((*all)[i].group == group)
            return &(*all)[i];
    *all = mem_grow(*all, *n + 1, sizeof **all);
    (*all)[*n] = (struct cause){.group = group, .since_ms = INT64_MAX};
    return &(*all)[(*n)++];
}

static void count(struct cause *c, const struct object *o, bool stuck, enum confidence confidence, int64_t since_ms)
{
    *(o->kind == KIND_CLAIM ? &c->claims : &c->members) += 1;
    c->stuck |= stuck;
    if (c->example) {
        bool claim = o->kind == KIND_CLAIM, other = c->example->kind == KIND_CLAIM;
        if (claim != other ? other : confidence != c->confidence ? confidence < c->confidence : since_ms >= c->since_ms)
            return;
    }
    c->example = o;
    c->confidence = confidence;
    c->since_ms = since_ms;
}

static int cause_compare(const void *pa, const void *pb)
{
    const struct cause *a = pa, *b = pb;
    if (a->stuck != b->stuck)
        return b->stuck - a->stuck;
    size_t na = a->claims + a->members, nb = b->claims + b->members;
    if (na != nb)
        return na < nb ? 1 : -1;
    return (a->since_ms > b->since_ms) - (a->since_ms < b->since_ms);
}

static void plural(struct buf *out, size_t n, const char *word)
{
    buf_printf(out, "%zu %s%s", n, word, n == 1 ? "" : "s");
}

static void tell(struct gathering *g, const struct object *subject, const struct cause *cause, struct findings *out)
{
    const struct diagnosis *d = g->diagnosis;
    struct chain chain;
    struct finder f = {.full = true, .recheck_ms = INT64_MAX};
    if (cause->example->kind == KIND_CLAIM)
        chain_of_claim(&chain, d->store, d->facts, controller_of(d->store), AS(claim, cause->example), g->now_ms);
    else
        chain_of_sandbox(&chain, d->store, d->facts, controller_of(d->store), cause->example, g->now_ms);
    finder_run(&f, &chain);
    if (f.n) {
        struct finding *lead = &f.v[0].finding;
        struct buf text = {0};
        if (cause->claims)
            plural(&text, cause->claims, "claim");
        if (cause->members) {
            buf_add_text(&text, text.n ? " and " : "");
            plural(&text, cause->members, "pool member");
        }
        buf_printf(&text, " %s: %s", cause->claims + cause->members == 1 ? "waits" : "wait", lead->cause ? lead->cause : "");
        free(lead->cause);
        lead->cause = buf_take(&text);
        lead->subject_kind = subject->kind;
        free(lead->subject_ns), free(lead->subject_name);
        lead->subject_ns = mem_text(subject->ns);
        lead->subject_name = mem_text(subject->name);
        finder_take_one(&f, 0, out);
    }
    finder_free(&f);
}

size_t gather_findings(struct gathering *g, const struct object *subject, size_t most, struct findings *out)
{
    const struct diagnosis *d = g->diagnosis;
    const struct deployment *controller = controller_of(d->store);
    struct cause *all = NULL;
    size_t n = 0, waiting = 0;
    for (size_t i = 0; i < g->claims.n; i++) {
        const struct verdict *v = diagnosis_verdict(d, g->claims.v[i]);
        if (!v || (v->state != CLAIM_STUCK && v->state != CLAIM_WAITING))
            continue;
        waiting++;
        if (v->group)
            count(cause_of(&all, &n, v->group), g->claims.v[i], v->state == CLAIM_STUCK, v->confidence, v->since_ms);
    }
    struct finder f = {.recheck_ms = INT64_MAX};
    for (size_t i = 0; i < g->members.n; i++) {
        struct chain chain;
        chain_of_sandbox(&chain, d->store, d->facts, controller, g->members.v[i], g->now_ms);
        finder_run(&f, &chain);
        if (f.n && f.v[0].finding.group && f.v[0].finding.severity >= SEVERITY_WAITING)
            count(cause_of(&all, &n, f.v[0].finding.group), g->members.v[i], f.v[0].finding.severity == SEVERITY_STUCK,
                  f.v[0].finding.confidence, chain.since_ms);
    }
    finder_free(&f);
    if (n > 1)
        qsort(all, n, sizeof *all, cause_compare);
    for (size_t i = 0; i < n && i < most; i++)
        tell(g, subject, &all[i], out);
    free(all);
    return waiting;
}
