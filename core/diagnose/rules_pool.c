/* Rows 30 and 31: remarks on how the pool served the claim. They lead nothing; they stand under the cause. */
#include "core/diagnose/finding.h"

/* A start of ordinary length needs no remark. */
static bool slow(const struct chain *c, struct finder *f)
{
    find_recheck(f, c->since_ms + WAITING_WARN_MS);
    return c->now_ms >= c->since_ms + WAITING_WARN_MS;
}

bool rule_pool_empty(const struct chain *c, struct finder *f)
{
    if (!c->claim || !c->pool || !c->sandbox || !is(c->sandbox->launch_type, "cold") || c->pool->desired == 0 || !slow(c, f))
        return false;
    find(f, SEVERITY_INFO, CONFIDENCE_LIKELY, &c->pool->o);
    find_brief(f, "started cold: pool had nothing to give");
    find_cause(f, "The claim got a cold sandbox though pool %s wants %d members (%d ready now): the pool was empty, or the claim's own env "
                  "or volumes ruled its members out.",
               c->pool->o.name, c->pool->desired, c->pool->ready);
    find_next(f, "Enlarge the pool if that happens often");
    find_command(f, "kubectl get sandboxwarmpool %s -n %s", c->pool->o.name, c->pool->o.ns);
    find_group(f, "%s/%s", c->pool->o.ns, c->pool->o.name);
    find_event(f, event_about(&c->claim->o, "SandboxProvisioned", NULL));
    return true;
}

bool rule_unready_member(const struct chain *c, struct finder *f)
{
    if (!c->claim || !c->sandbox || !is(c->sandbox->launch_type, "warm") || !slow(c, f))
        return false;
    find(f, SEVERITY_INFO, CONFIDENCE_LIKELY, &c->sandbox->o);
    find_brief(f, "got a member that was not ready");
    find_cause(f, "The claim took over sandbox %s from pool %s, and it is not ready: pools give away unready members too.",
               c->sandbox->o.name,
               c->pool_at ? c->pool_at->name : "");
    find_next(f, "Mend what keeps the members from being ready, then recreate the claim");
    find_command(f, "kubectl get sandboxwarmpool %s -n %s", c->pool_at ? c->pool_at->name : c->claim->pool, c->claim->o.ns);
    find_group(f, "%s/%s", c->claim->o.ns, c->pool_at ? c->pool_at->name : c->claim->pool);
    find_event(f, event_about(&c->claim->o, "SandboxAdopted", NULL));
    return true;
}
