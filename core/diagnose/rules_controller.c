/* Rows 2 to 5: a claim that nobody has looked at has no status at all. A condition, or the stamp of its first sight, clears the controller.
 * */
#include "core/diagnose/finding.h"

#include <stdio.h>

#include "core/base/clock.h"

enum { LEASE_SLACK_MS = 5000, LEASE_DEFAULT_MS = 15000, FRESH_MS = 45000, LAG_MS = 30000 };

static const char lease_name[] = "a3317529.agent-sandbox.x-k8s.io"; /* the controller's leader election id */

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
    static const char *const yes[] = {"--extensions", "-extensions", "--extensions=true", "--extensions=1", "--extensions=t",
        "--extensions=T",
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

const struct lease *controller_lease(const struct store *store, const struct deployment *d)
{
    return AS(lease, store_find(store, KIND_LEASE, slice_of(d->o.ns), slice_of(lease_name)));
}

bool controller_elects(const struct deployment *d)
{
    return says(d->args, "-leader-elect") && !says(d->args, "-leader-elect=false") && !says(d->args, "-leader-elect=0");
}

enum leadership leadership_of(const struct store *store, const struct deployment *d, int64_t now_ms, int64_t *late_ms)
{
    const struct lease *lease = controller_lease(store, d);
    *late_ms = 0;
    if (!lease)
        return LEAD_UNKNOWN;
    if (!lease->holder[0])
        return LEAD_NOBODY;
    int64_t term = lease->seconds > 0 ? lease->seconds * INT64_C(1000) : LEASE_DEFAULT_MS;
    *late_ms = now_ms - lease->renewed_ms;
    if (lease->renewed_ms && *late_ms > term + LEASE_SLACK_MS)
        return LEAD_LAPSED;
    /* "<pod>_<uuid>": a holder that is no pod any more leads nobody, however long its term is. At each roll-out that is so for a moment. */
    if (*late_ms <= LEASE_DEFAULT_MS + LEASE_SLACK_MS)
        return LEAD_HELD;
    const char *cut = strchr(lease->holder, '_');
    struct slice pod = {lease->holder, cut ? (size_t)(cut - lease->holder) : strlen(lease->holder)};
    bool any = false;
    const struct ptrs *pods = store_all(store, KIND_POD);
    for (size_t i = 0; i < pods->n && !any; i++)
        any = AS(pod, pods->v[i])->o.ns == d->o.ns && slice_starts(slice_of(AS(pod, pods->v[i])->o.name), slice_of(d->o.name));
    return !any || store_find(store, KIND_POD, slice_of(d->o.ns), pod) ? LEAD_HELD : LEAD_GHOST;
}

/* The controller stands, looks at claims, and has had its time. What of it is not well is read: who leads, and its own figures. */
static bool silent(const struct chain *c, struct finder *f)
{
    if (!c->controller || c->controller->ready == 0 || c->controller->desired == 0 || !controller_has_extensions(c->controller) ||
        !unseen(c, f))
        return false;
    find_want(f, KIND_LEASE, c->controller->o.ns, slice_of(lease_name));
    find_want(f, KIND_NONE, "", SLICE("metrics"));
    find_recheck(f, c->now_ms + 10000); /* figures grow old */
    return true;
}

static const struct controller_metrics *fresh(const struct chain *c)
{
    const struct controller_metrics *m = c->facts->metrics;
    return m && m->read_ms && c->now_ms - m->read_ms < FRESH_MS ? m : NULL;
}

bool rule_no_leader(const struct chain *c, struct finder *f)
{
    int64_t late;
    if (!silent(c, f) || !controller_elects(c->controller))
        return false;
    enum leadership lead = leadership_of(c->store, c->controller, c->now_ms, &late);
    const struct controller_metrics *m = fresh(c);
    if (lead == LEAD_UNKNOWN || (lead == LEAD_HELD && !(m && m->leader == 0 && c->controller->desired == 1)) || (m && m->leader == 1))
        return false;
    find_no_leader(f, c->controller, lead, late);
    no_status(f);
    return true;
}

void find_no_leader(struct finder *f, const struct deployment *d, enum leadership lead, int64_t late_ms)
{
    const struct lease *lease = controller_lease(f->chain->store, d);
    const struct controller_metrics *m = fresh(f->chain);
    char age[16];
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, &lease->o);
    find_brief(f, "controller has no leader");
    if (lead == LEAD_NOBODY)
        find_cause(f, "No controller leads: the lease has no holder.");
    else if (lead == LEAD_GHOST)
        find_cause(f, "No controller leads: the lease is held by %s, which is no pod that is there.", lease->holder);
    else if (lead == LEAD_LAPSED)
        find_cause(f, "No controller leads: %s renewed the lease %s ago and is silent since.", lease->holder, time_short(late_ms, age));
    else
        find_cause(f, "No controller leads: the controller says that it does not, and the lease is held by %s.", lease->holder);
    find_next(f, "Restart the controller; if it stays so, look at its log for lease and RBAC errors");
    find_command(f, "kubectl rollout restart deployment %s -n %s", d->o.name, d->o.ns);
    find_group(f, "%s/%s", lease->o.ns, lease->o.name);
    find_evidence(f, &lease->o, lease->renewed_ms, lease->holder, "lease: %d s, renewed; holder", lease->seconds);
    if (m && m->leader >= 0)
        find_evidence(f, &d->o, m->read_ms, m->leader ? "1" : "0", "metric leader_election_master_status");
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

static void figures(struct finder *f, const struct deployment *d, const struct controller_metrics *m)
{
    char text[200];
    snprintf(text, sizeof text, "queue %.0f, workers busy %.0f of %.0f, reconcile errors %.0f, claims reconciled a minute %.0f",
             m->depth[KIND_CLAIM],
             m->busy[KIND_CLAIM], m->workers[KIND_CLAIM], m->errors[KIND_CLAIM], m->reconciled_per_minute < 0 ? 0
                 : m->reconciled_per_minute);
    find_evidence(f, &d->o, m->read_ms, text, "metrics of sandboxclaim");
}

/* Row 5. Its own figures prove a queue; where they cannot be had, or show none, more than a suspicion is not to be had either. */
bool rule_backlog(const struct chain *c, struct finder *f)
{
    if (lagging(c, f))
        return true;
    if (!silent(c, f))
        return false;
    const struct deployment *d = c->controller;
    const struct controller_metrics *m = fresh(c), *tried = c->facts->metrics;
    int64_t late;
    enum leadership lead = leadership_of(c->store, d, c->now_ms, &late);
    bool queue = m && m->has[KIND_CLAIM] && m->depth[KIND_CLAIM] >= 1, mute = !m && tried && tried->error[0];
    bool leads = lead == LEAD_HELD || (m && m->leader == 1);
    find(f, SEVERITY_STUCK, queue ? CONFIDENCE_PROVED : leads && mute ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE, &d->o);
    if (queue) {
        find_brief(f, "controller is behind: %.0f claims queue", m->depth[KIND_CLAIM]);
        find_cause(f, "The controller is behind its queue: %.0f claims wait in it, %.0f of %.0f workers are busy.", m->depth[KIND_CLAIM],
                   m->busy[KIND_CLAIM],
                   m->workers[KIND_CLAIM]);
        find_next(f, "Wait if it shrinks; else raise --sandbox-claim-concurrent-workers, and look at reconcile errors and the API server's "
                     "speed");
        find_command(f, "kubectl edit deployment %s -n %s", d->o.name, d->o.ns);
    } else {
        find_brief(f, mute ? "controller does not answer" : "controller has not looked at it");
        if (mute)
            find_cause(f, "The controller's pod is ready, but it does not give its figures (%s), and it has not looked at the claim: it "
                          "hangs.", tried->error);
        else
            find_cause(f, "The controller is up%s, and has not looked at the claim%s.", leads ? " and leads" : "",
                       m ? "; its queue is empty" : ": its queue is long, or it is stuck");
        find_next(f, "Look at the controller's log%s", mute ? "; restart it if it hangs" : "");
        find_command(f, "kubectl logs -n %s deployment/%s --tail=100", d->o.ns, d->o.name);
    }
    find_group(f, "%s/%s", d->o.ns, d->o.name);
    deployment_state(f, d);
    if (m)
        figures(f, d, m);
    no_status(f);
    return true;
}
