/* Rows 2 to 5: a claim that nobody has looked at has no status at all. A condition, or the stamp of its first sight, clears the controller. */
#include "core/diagnose/finding.h"

#include "core/base/clock.h"

enum { LEASE_OLD_MS = 60000, LEASE_LOOK_MS = 10000, LAG_MS = 30000 };

/* The claim is old enough that a working controller would have written to it, and none has. */
static bool unseen(const struct chain *c, struct finder *f)
{
    if (!c->claim || c->claim->has_status || c->claim->o.deleting_ms)
        return false;
    int64_t due = c->claim->o.created_ms + NO_STATUS_STUCK_MS;
    find_recheck(f, due);
    return c->now_ms >= due;
}

static void no_status(struct finder *f)
{
    const struct claim *claim = f->chain->claim;
    find_evidence(f, &claim->o, claim->o.created_ms, "", "no status since it was made");
}

static void deployment_state(struct finder *f, const struct deployment *d)
{
    find_evidence(f, &d->o, 0, "", "spec.replicas %d, status.readyReplicas %d", d->desired, d->ready);
}

bool rule_controller_down(const struct chain *c, struct finder *f)
{
    if (!unseen(c, f))
        return false;
    const struct deployment *d = c->controller;
    if (!d) {
        if (!c->facts->synced[KIND_DEPLOYMENT] || c->facts->forbidden[KIND_DEPLOYMENT])
            return false;
        find(f, SEVERITY_STUCK, CONFIDENCE_LIKELY, NULL);
        find_at(f, KIND_DEPLOYMENT, "agent-sandbox-system", "agent-sandbox-controller");
        find_brief(f, "no controller found");
        find_cause(f, "No Deployment of the Agent Sandbox controller was found, and nothing has written to the claim.");
        find_next(f, "Install the controller, or look where it runs");
        find_command(f, "kubectl get deployments -A -l app=agent-sandbox-controller");
        find_group(f, "none");
        no_status(f);
        return true;
    }
    if (d->desired > 0 && d->ready > 0)
        return false;
    /* At 0 replicas the Deployment still says Available=True (observed on v0.5.6): only the numbers are asked. */
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, &d->o);
    find_brief(f, d->desired == 0 ? "controller scaled to 0" : "controller is down: 0 of %d ready", d->desired);
    if (d->desired == 0) {
        find_cause(f, "The controller is scaled to 0 replicas: nobody looks at the claims.");
        find_next(f, "Scale the controller up");
        find_command(f, "kubectl scale deployment %s -n %s --replicas=1", d->o.name, d->o.ns);
    } else {
        find_cause(f, "The controller has no ready pod (0 of %d): nobody looks at the claims.", d->desired);
        find_next(f, "Find out why its pods are not ready");
        find_command(f, "kubectl describe deployment %s -n %s", d->o.name, d->o.ns);
    }
    find_group(f, "%s/%s", d->o.ns, d->o.name);
    deployment_state(f, d);
    no_status(f);
    return true;
}

/* Go's flag package: -extensions, --extensions, and =VALUE with what strconv.ParseBool takes as true. */
bool controller_has_extensions(const struct deployment *d)
{
    static const char *const yes[] = {"--extensions", "-extensions", "--extensions=true", "--extensions=1", "--extensions=t", "--extensions=T",
                                      "--extensions=TRUE", "--extensions=True", "-extensions=true", "-extensions=1", NULL};
    for (const char *line = d->args; *line;) {
        size_t n = strcspn(line, "\n");
        for (const char *const *y = yes; *y; y++)
            if (slice_is((struct slice){line, n}, *y))
                return true;
        line += n;
        line += *line == '\n';
    }
    return false;
}

void find_no_extensions(struct finder *f, const struct deployment *d, const char *unseen_kinds)
{
    /* Without any args the flags may stand in the command, which is not kept. */
    find(f, SEVERITY_STUCK, d->args[0] ? CONFIDENCE_PROVED : CONFIDENCE_LIKELY, &d->o);
    find_brief(f, "controller lacks --extensions");
    find_cause(f, "The controller runs without --extensions: it makes sandboxes, but never looks at %s.", unseen_kinds);
    find_next(f, "Add --extensions to the arguments of its container %s", d->container[0] ? d->container : "agent-sandbox-controller");
    find_command(f, "kubectl edit deployment %s -n %s", d->o.name, d->o.ns);
    find_group(f, "%s/%s", d->o.ns, d->o.name);
    find_evidence(f, &d->o, 0, d->args, "container %s: args", d->container);
}

bool rule_no_extensions(const struct chain *c, struct finder *f)
{
    const struct deployment *d = c->controller;
    if (!d || d->ready == 0 || d->desired == 0 || controller_has_extensions(d) || !unseen(c, f) || c->claim->first_observed[0])
        return false;
    find_no_extensions(f, d, "claims");
    no_status(f);
    return true;
}

static const struct lease *lease_of(const struct chain *c)
{
    /* The name is the controller's leader election id. */
    static const struct slice name = {"a3317529.agent-sandbox.x-k8s.io", sizeof "a3317529.agent-sandbox.x-k8s.io" - 1};
    return AS(lease, store_find(c->store, KIND_LEASE, slice_of(c->controller->o.ns), name));
}

bool rule_no_leader(const struct chain *c, struct finder *f)
{
    if (!c->controller || c->controller->ready == 0 || c->controller->desired == 0 || !controller_has_extensions(c->controller) || !unseen(c, f))
        return false;
    find_want(f, KIND_LEASE, c->controller->o.ns, SLICE("a3317529.agent-sandbox.x-k8s.io"));
    find_recheck(f, c->now_ms + LEASE_LOOK_MS); /* a lease that is read touches no claim */
    const struct lease *lease = lease_of(c);
    if (!lease)
        return false;
    int64_t late = c->now_ms - lease->renewed_ms, limit = (int64_t)lease->seconds * 4000;
    bool old = lease->renewed_ms && late > (limit > LEASE_OLD_MS ? limit : LEASE_OLD_MS);
    if (lease->holder[0] && !old)
        return false;
    char age[16];
    find(f, SEVERITY_STUCK, CONFIDENCE_LIKELY, &lease->o);
    find_brief(f, "controller has no leader");
    if (lease->holder[0])
        find_cause(f, "No controller leads: %s renewed the lease %s ago and is silent since.", lease->holder, time_short(late, age));
    else
        find_cause(f, "No controller leads: the lease has no holder.");
    find_next(f, "Restart the controller; if it stays so, look at its log for lease and RBAC errors");
    find_command(f, "kubectl rollout restart deployment %s -n %s", c->controller->o.name, c->controller->o.ns);
    find_group(f, "%s/%s", lease->o.ns, lease->o.name);
    find_evidence(f, &lease->o, lease->renewed_ms, lease->holder, "lease: holder, renewed");
    no_status(f);
    return true;
}

/* The pod has been ready for a while, and nobody has written that to the claim. */
static bool lagging(const struct chain *c, struct finder *f)
{
    if (!c->claim || !c->claim->has_status || !c->pod || c->pod->ready.status != TRUTH_TRUE || chain_suspended(c))
        return false;
    int64_t due = c->pod->ready.since_ms + LAG_MS;
    find_recheck(f, due);
    if (c->now_ms < due)
        return false;
    find(f, find_passing(f), CONFIDENCE_LIKELY, c->controller ? &c->controller->o : NULL);
    find_brief(f, "pod is ready; controller lags behind");
    find_cause(f, "Pod %s is ready, and the controller has not written that to the claim: it is behind its queue.", c->pod->o.name);
    find_next(f, "Look at the controller's log; where its queue is long, raise its workers");
    if (c->controller)
        find_command(f, "kubectl logs -n %s deployment/%s --tail=100", c->controller->o.ns, c->controller->o.name);
    find_group(f, "lag");
    find_condition(f, &c->pod->o, "Ready", &c->pod->ready);
    find_ready(f);
    return true;
}

bool rule_backlog(const struct chain *c, struct finder *f)
{
    if (lagging(c, f))
        return true;
    if (!c->controller || c->controller->ready == 0 || c->controller->desired == 0 || !controller_has_extensions(c->controller) || !unseen(c, f))
        return false;
    const struct lease *lease = lease_of(c);
    bool leads = lease && lease->holder[0] && c->now_ms - lease->renewed_ms <= LEASE_OLD_MS;
    find(f, SEVERITY_STUCK, leads ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE, &c->controller->o);
    find_brief(f, leads ? "controller is behind its queue" : "controller has not looked at it");
    find_cause(f, "The controller is up%s, and has not looked at the claim: its queue is long, or it is stuck.", leads ? " and leads" : "");
    find_next(f, "Look at the controller's log; where its queue is long, raise its workers");
    find_command(f, "kubectl logs -n %s deployment/%s --tail=100", c->controller->o.ns, c->controller->o.name);
    find_group(f, "%s/%s", c->controller->o.ns, c->controller->o.name);
    deployment_state(f, c->controller);
    no_status(f);
    return true;
}
