/* Row 32: pools that stay short, told by what their members suffer. Bounded: a look at 110,000 members is no look at the cluster. */
#include "core/diagnose/inside.h"

#include <stdlib.h>

#include "core/base/mem.h"

enum { POOLS_MOST = 32, MEMBERS_LOOKED = 8, COSTLY = 200, AGAIN_MS = 1000 };

/* A quick look before the long one: some member of the pool is unready and no longer young. */
static bool ails(const struct cluster_facts *facts, const struct pool *p, int64_t now_ms)
{
    size_t looked = 0;
    if (p->desired <= p->ready || p->o.deleting_ms)
        return false;
    if (!p->template_name[0])
        return false;
    const struct object *tmpl = link_to(&p->o, LINK_POOL_TEMPLATE);
    for (size_t i = 0; i < facts->n_pool_churn; i++)
        if (is(facts->pool_churn[i].pool, p->o.name) && is(facts->pool_churn[i].ns, p->o.ns) && facts->pool_churn[i].count >= 2)
            return true;
    if (tmpl && !tmpl->present)
        return true;
    for (const struct link *l = link_in(&p->o, LINK_SANDBOX_OWNER, NULL); l &&
         looked < MEMBERS_LOOKED; l = link_in(&p->o, LINK_SANDBOX_OWNER, l)) {
        const struct sandbox *s = AS(sandbox, l->from);
        if (!s->o.present || s->ready.status == TRUTH_TRUE || s->o.deleting_ms)
            continue;
        looked++;
        if (now_ms - s->o.created_ms > 2000)
            return true;
    }
    return false;
}

static void look(const struct diagnosis *d, int64_t now_ms, struct findings *out, size_t *looked)
{
    const struct ptrs *all = store_all(d->store, KIND_POOL);
    size_t told = 0;
    *looked = 0;
    for (size_t i = 0; i < all->n && told < POOLS_MOST; i++) {
        if (!ails(d->facts, all->v[i], now_ms))
            continue;
        told++;
        for (const struct link *l = ((const struct object *)all->v[i])->in; l; l = l->next_in)
            ++*looked;
        struct report r;
        report_make(d, all->v[i], now_ms, &r);
        /* What may pass by itself is no finding about a pool: it is being filled. */
        for (size_t k = 0; r.severity == SEVERITY_STUCK && k < r.findings.n; k++) {
            if (r.findings.v[k].severity != SEVERITY_STUCK)
                continue;
            out->v = mem_grow(out->v, out->n + 1, sizeof *out->v);
            out->v[out->n++] = r.findings.v[k];
            r.findings.v[k] = (struct finding){0};
        }
        report_free(&r);
    }
}

void cluster_pools(const struct diagnosis *borrowed, int64_t now_ms, struct findings *out)
{
    struct diagnosis *d = (struct diagnosis *)(uintptr_t)borrowed; /* a cache of what the store says */
    uint64_t generation = store_generation(d->store);
    bool recent = d->pools.made_ms && now_ms >= d->pools.made_ms && now_ms - d->pools.made_ms < AGAIN_MS;
    if (!recent || (generation != d->pools.generation && d->pools.looked < COSTLY)) {
        findings_free(&d->pools.findings);
        look(d, now_ms, &d->pools.findings, &d->pools.looked);
        d->pools.made_ms = now_ms;
        d->pools.generation = generation;
    }
    findings_copy(&d->pools.findings, out);
}
