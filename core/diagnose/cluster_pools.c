/* Row 32: pools that stay short, told by what their members suffer. Bounded: a look at 110,000 members is no look at the cluster. */
#include "core/diagnose/inside.h"

#include <stdlib.h>

enum { POOLS_MOST = 64, MEMBERS_LOOKED = 8 };

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

void cluster_pools(const struct diagnosis *d, int64_t now_ms, struct findings *out)
{
    const struct ptrs *all = store_all(d->store, KIND_POOL);
    size_t told = 0;
    for (size_t i = 0; i < all->n && told < POOLS_MOST; i++) {
        if (!ails(d->facts, all->v[i], now_ms))
            continue;
        told++;
        struct report r;
        report_make(d, all->v[i], now_ms, &r);
        /* What may pass by itself is no finding about a pool: it is being filled. */
        if (r.severity == SEVERITY_STUCK)
            for (size_t k = 0; k < r.findings.n; k++) {
                if (r.findings.v[k].severity != SEVERITY_STUCK)
                    continue;
                struct finder f = {0};
                f.v = &(struct found){.finding = r.findings.v[k]};
                f.n = 1;
                finder_take_one(&f, 0, out);
                r.findings.v[k] = (struct finding){0};
            }
        report_free(&r);
    }
}
