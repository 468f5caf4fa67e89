/* Rows 18, 19, 26, and the node under the pod. */
#include "core/diagnose/finding.h"

static const struct condition *scheduled_of(const struct chain *c, const struct object **whose)
{
    if (c->pod && c->pod->scheduled.status != TRUTH_ABSENT) {
        *whose = &c->pod->o;
        return &c->pod->scheduled;
    }
    if (c->sandbox && c->sandbox->scheduled.status == TRUTH_FALSE && !c->pod) { /* v0.5.6 copies the pod's own words */
        *whose = &c->sandbox->o;
        return &c->sandbox->scheduled;
    }
    return NULL;
}

/* The scheduler's sentence: "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). preemption: …". */
static struct slice scheduler_parts(const char *message)
{
    const char *p = strstr(message, "are available: ");
    if (!p)
        return SLICE("");
    p += strlen("are available: ");
    const char *end = strstr(p, ". ");
    size_t n = end ? (size_t)(end - p) : strlen(p);
    if (n && p[n - 1] == '.')
        n--;
    return (struct slice){p, n};
}

/* One part a call: its count of nodes and what is in their way. False at the end. */
static bool next_part(struct slice *rest, int64_t *count, struct slice *what)
{
    if (!rest->n)
        return false;
    ptrdiff_t comma = slice_find(*rest, SLICE(", "));
    struct slice part = {rest->p, comma < 0 ? rest->n : (size_t)comma};
    size_t skip = comma < 0 ? rest->n : (size_t)comma + 2;
    *rest = (struct slice){rest->p + skip, rest->n - skip};
    size_t digits = 0;
    while (digits < part.n && part.p[digits] >= '0' && part.p[digits] <= '9')
        digits++;
    *count = 0;
    if (digits && slice_int((struct slice){part.p, digits}, count) && digits < part.n && part.p[digits] == ' ')
        part = (struct slice){part.p + digits + 1, part.n - digits - 1};
    if (slice_starts(part, SLICE("node(s) ")))
        part = (struct slice){part.p + 8, part.n - 8};
    *what = part;
    return true;
}

static bool part_is_volume(struct slice what)
{
    return slice_find(what, SLICE("ersistentVolumeClaim")) >= 0 || slice_find(what, SLICE("ersistentvolumeclaim")) >= 0;
}

/* A few words for what the parts say together: the lack of a resource before what only keeps it off some nodes. */
static void scheduler_brief(struct buf *out, struct slice parts)
{
    static const struct {
        const char *part, *brief;
    } known[] = {
        {"Too many pods", "nodes have no room for more pods"},
        {"Pod's node affinity", "no node matches its node selector"},
        {"didn't match Pod's node selector", "no node matches its node selector"},
        {"untolerated taint", "all nodes have taints it does not tolerate"},
        {"were unschedulable", "nodes are cordoned"},
        {"free ports", "its host port is taken on all nodes"},
        {"anti-affinity", "its anti-affinity allows no node"},
        {"volume node affinity", "no node can reach its volume"},
        {"topology spread", "its topology spread allows no node"},
        {"cannot allocate all claims", "no node has the devices it claims"},
    };
    struct slice rest = parts, what;
    int64_t count;
    while (next_part(&rest, &count, &what))
        if (slice_starts(what, SLICE("Insufficient ")))
            buf_printf(out, "%s%.*s", out->n ? ", " : "no node has enough ", (int)(what.n - 13 < 200 ? what.n - 13 : 200), what.p + 13);
    for (size_t i = 0; !out->n && i < sizeof known / sizeof *known; i++)
        if (slice_find(parts, slice_of(known[i].part)) >= 0)
            buf_add_text(out, known[i].brief);
}

static void scheduler_cause(struct buf *out, struct slice parts)
{
    struct slice rest = parts, what;
    int64_t count;
    while (next_part(&rest, &count, &what)) {
        buf_add_text(out, out->n ? ", " : "");
        char first = what.n ? what.p[0] : ' ';
        buf_add_byte(out, first >= 'A' && first <= 'Z' ? (char)(first + 32) : first);
        if (what.n > 1)
            buf_add(out, what.p + 1, what.n - 1);
        if (count)
            buf_printf(out, " (%lld %s)", (long long)count, count == 1 ? "node" : "nodes");
    }
}

/* What the nodes have to give, and what keeps pods off them. */
static void nodes_evidence(struct finder *f)
{
    enum { SHOWN = 4 };
    const struct ptrs *all = store_all(f->chain->store, KIND_NODE);
    for (size_t i = 0; f->full && i < all->n && i < SHOWN; i++) {
        const struct node *n = all->v[i];
        size_t pods = 0;
        for (const struct link *l = link_in(&n->o, LINK_POD_NODE, NULL); l; l = link_in(&n->o, LINK_POD_NODE, l))
            pods += l->from->present;
        struct buf text = {0};
        buf_printf(&text, "allocatable: cpu %.10g, memory %lld Mi, pods %d; sandboxes' pods on it: %zu%s%s%s", (double)n->cpu_milli / 1000,
                   (long long)(n->memory_bytes >> 20), n->pods, pods,
                   n->unschedulable ? "; cordoned" : "", n->taints[0] ? "; taints " : "", n->taints);
        find_evidence(f, &n->o, 0, text.p, "%s", n->ready.status == TRUTH_TRUE ? "Ready" : "not Ready");
        buf_free(&text);
    }
}

bool rule_unschedulable(const struct chain *c, struct finder *f)
{
    const struct object *whose = c->subject;
    const struct condition *said = scheduled_of(c, &whose);
    if (!said || said->status != TRUTH_FALSE || (!is(said->reason, "Unschedulable") && !is(said->reason, "SchedulerError")))
        return false;
    struct slice parts = scheduler_parts(said->message), rest = parts, what;
    int64_t count;
    bool other = !parts.n && !says(said->message, "ersistentvolumeclaim") && !says(said->message, "ersistentVolumeClaim");
    while (next_part(&rest, &count, &what))
        other |= !part_is_volume(what);
    if (!other)
        return false;                /* row 20 */
    struct buf brief = {0}, cause = {0};
    scheduler_brief(&brief, parts);
    scheduler_cause(&cause, parts);
    if (says(said->message, "no nodes available"))
        buf_add_text(&brief, brief.n ? "" : "the cluster has no nodes");
    if (!brief.n)
        buf_add_text(&brief, "no node can take the pod");
    if (!cause.n)
        one_line(&cause, said->message, 200);
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, c->pod_at ? c->pod_at : whose);
    find_brief(f, "%s", brief.p);
    find_cause(f, "No node can take pod %s: %s.", c->pod_at ? c->pod_at->name : c->subject->name, cause.n ? cause.p
               : "the scheduler does not say why");
    if (slice_find(parts, SLICE("Insufficient ")) >= 0) {
        find_next(f, "Add nodes or free some, or ask for less%s%s", c->template_at ? " in template " : "", c->template_at
                  ? c->template_at->name : "");
        find_command(f, "kubectl describe nodes");
    } else if (c->pod_at) {
        find_next(f, "Make nodes fit: their taints, labels and cordons against what the pod asks for");
        find_command(f, "kubectl describe pod %s -n %s", c->pod_at->name, c->pod_at->ns);
    } else {
        find_next(f, "Make nodes fit what the pod asks for");
    }
    find_group(f, "%s|%s|%s", c->subject->ns, c->template_at ? c->template_at->name : "", brief.p);
    buf_free(&brief);
    buf_free(&cause);
    find_condition(f, whose, "PodScheduled", said);
    find_event(f, event_about(c->pod_at, "FailedScheduling", NULL));
    nodes_evidence(f);
    find_ready(f);
    return true;
}

bool rule_gated(const struct chain *c, struct finder *f)
{
    const struct object *whose = c->subject;
    const struct condition *said = scheduled_of(c, &whose);
    if (!(c->pod && c->pod->gated && !c->pod->node[0]) && !(said && is(said->reason, "SchedulingGated")))
        return false;
    find(f, find_passing(f), CONFIDENCE_PROVED, c->pod_at ? c->pod_at : whose);
    find_brief(f, "held by a scheduling gate");
    find_cause(f, "Pod %s is held by a scheduling gate: something (a queue such as Kueue) has yet to let it go.", c->pod_at
               ? c->pod_at->name : "");
    find_next(f, "Look at the queue that gates it");
    find_command(f, "kubectl get pod %s -n %s -o jsonpath=%s", c->pod_at ? c->pod_at->name : c->subject->name, c->subject->ns,
                 "{.spec.schedulingGates}");
    find_group(f, "%s", c->subject->ns);
    if (said)
        find_condition(f, whose, "PodScheduled", said);
    find_ready(f);
    return true;
}

static const struct container *ended_container(const struct pod *pod)
{
    const struct container *best = NULL;
    for (uint32_t i = 0; i < pod->n_containers; i++) {
        const struct container *k = &pod->containers[i];
        if (k->state != CONTAINER_TERMINATED || (k->init && k->exit_code == 0))
            continue;
        if (!best || (best->exit_code == 0 && k->exit_code != 0))
            best = k;
    }
    return best;
}

/* Row 26. Finished flashes while a sandbox is being suspended, and a pod that is being deleted ends too: neither is a failure. */
bool rule_ended(const struct chain *c, struct finder *f)
{
    if (chain_suspended(c) || (c->pod && c->pod->o.deleting_ms) || (c->sandbox && c->sandbox->o.deleting_ms))
        return false;
    const struct object *whose = c->subject;
    const struct condition *done = chain_reason(c, "PodSucceeded", &whose), *failed = chain_reason(c, "PodFailed", &whose);
    bool phase_failed = c->pod && is(c->pod->phase, "Failed"), phase_done = c->pod && is(c->pod->phase, "Succeeded");
    /* A fresh pod after an ended one: the condition is about to follow. */
    if (c->pod && !phase_failed && !phase_done)
        return false;
    if (!done && !failed && !phase_failed && !phase_done)
        return false;
    bool bad = failed || phase_failed;
    const struct container *k = c->pod ? ended_container(c->pod) : NULL;
    const char *pod = c->pod_at ? c->pod_at->name : c->subject->name;
    const char *reason = c->pod ? c->pod->reason : "";
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, c->pod_at);
    if (k && k->finished_ms > c->subject->created_ms)
        find_since(f, k->finished_ms);
    if (reason[0]) {
        find_brief(f, "pod %s%s", is(reason, "Evicted") ? "evicted" : "failed: ", is(reason, "Evicted") ? "" : reason);
        find_cause(f, "Pod %s %s (%s): %s", pod, is(reason, "Evicted") ? "was evicted" : "failed", reason, c->pod->message);
    } else if (k) {
        bool oom = is(k->reason, "OOMKilled");
        find_brief(f, oom ? "pod failed: out of memory (OOMKilled, exit %d)" : bad ? "pod failed: exit code %d"
                   : "pod completed: exit code %d", k->exit_code);
        find_cause(f, "Pod %s has %s: container %s %s code %d, and is not started again.", pod, bad ? "failed" : "completed", k->name,
                   oom ? "ran out of memory (OOMKilled) and exited with" : "exited with", k->exit_code);
    } else {
        find_brief(f, bad ? "pod failed" : "pod completed");
        find_cause(f, "Pod %s has %s, and is not started again.", pod, bad ? "failed" : "completed");
    }
    find_next(f, "Recreate the claim; a sandbox's command should not end");
    if (c->pod && k)
        find_command(f, "kubectl logs %s -n %s -c %s", pod, c->subject->ns, k->name);
    else
        find_command(f, "kubectl get sandbox %s -n %s -o yaml", c->sandbox_at ? c->sandbox_at->name : c->subject->name, c->subject->ns);
    find_group(f, "%s|%s|%d|%s", c->subject->ns, c->template_at ? c->template_at->name : "", k ? k->exit_code : bad, reason);
    if (k)
        find_container(f, c->pod, k);
    if (c->sandbox)
        find_condition(f, &c->sandbox->o, "Finished", &c->sandbox->finished);
    find_ready(f);
    return true;
}

/* The kubelet gives no word any more, so all that the pod says is old. */
bool rule_node_down(const struct chain *c, struct finder *f)
{
    if (!c->node || c->node->ready.status == TRUTH_TRUE || c->node->ready.status == TRUTH_ABSENT)
        return false;
    const struct node *n = c->node;
    if (c->subject->deleting_ms && c->now_ms < c->subject->deleting_ms + DELETING_STUCK_MS) {
        find_recheck(f, c->subject->deleting_ms + DELETING_STUCK_MS);
        return false;
    }
    find(f, c->subject->deleting_ms ? SEVERITY_STUCK : find_passing(f), CONFIDENCE_PROVED, &n->o);
    if (c->subject->deleting_ms)
        find_row(f, 37);
    find_brief(f, "node %s is not ready", n->o.name);
    find_cause(f, "Node %s is not Ready (%s): nothing is heard of the pod on it%s.", n->o.name, n->ready.reason,
               c->subject->deleting_ms ? ", so its end cannot be confirmed" : "");
    find_next(f, "Bring the node back, or delete it if it is gone for good");
    find_command(f, "kubectl describe node %s", n->o.name);
    find_group(f, "%s", n->o.name);
    find_condition(f, &n->o, "Ready", &n->ready);
    find_condition(f, &c->pod->o, "Ready", &c->pod->ready);
    find_ready(f);
    return true;
}

static bool knows_nodes(const struct chain *c)
{
    const struct ptrs *all = store_all(c->store, KIND_NODE);
    for (size_t i = 0; c->facts->synced[KIND_NODE] && !c->facts->forbidden[KIND_NODE] && i < all->n; i++)
        if (((const struct node *)all->v[i])->o.present)
            return true;
    return false;
}

/* A pod bound to a node that nobody has registered: no kubelet takes it, and the pod collector deletes it after a while (observed). */
bool rule_node_missing(const struct chain *c, struct finder *f)
{
    enum { SEEN_MS = 3000 };         /* pods and nodes come by two watches */
    if (!c->pod || !c->pod->node[0] || c->node || c->pod->o.deleting_ms || c->pod->started_ms || !is(c->pod->phase, "Pending") ||
        !knows_nodes(c))
        return false;
    for (uint32_t i = 0; i < c->pod->n_containers; i++)
        if (c->pod->containers[i].state != CONTAINER_UNKNOWN)
            return false;
    int64_t due = c->pod->o.created_ms + SEEN_MS;
    find_recheck(f, due);
    if (c->now_ms < due)
        return false;
    find(f, find_passing(f), CONFIDENCE_PROVED, &c->pod->o);
    find_at(f, KIND_NODE, "", c->pod->node);
    find_brief(f, "node %s does not exist", c->pod->node);
    find_cause(f, "Pod %s is bound to node %s, which does not exist: nothing will start it.", c->pod->o.name, c->pod->node);
    find_edit_template(f, "If it names the node (nodeName), take that out");
    find_group(f, "%s", c->pod->node);
    find_evidence(f, &c->pod->o, c->pod->o.created_ms, c->pod->node, "phase Pending, never started; spec.nodeName");
    find_ready(f);
    return true;
}

/* All containers are ready, and the pod is not: somebody else's condition is missing. The pod's own word (observed):
 * reason ReadinessGatesNotReady, corresponding condition of pod readiness gate "X" does not exist. */
bool rule_readiness_gate(const struct chain *c, struct finder *f)
{
    if (!c->pod || c->pod->o.deleting_ms || c->pod->ready.status != TRUTH_FALSE || !is(c->pod->ready.reason, "ReadinessGatesNotReady"))
        return false;
    struct slice gate = quoted_after(c->pod->ready.message, "readiness gate ");
    find(f, find_passing(f), CONFIDENCE_PROVED, &c->pod->o);
    find_brief(f, "readiness gate %.*s not passed", SHOW(gate));
    find_cause(f, "The containers of pod %s are ready; it waits for its readiness gate %.*s, which another program has to pass.",
               c->pod->o.name, SHOW(gate));
    find_edit_template(f, "Look whether the program that sets that condition runs, or take the readinessGate out");
    find_command(f, "kubectl get pod %s -n %s -o jsonpath=%s", c->pod->o.name, c->pod->o.ns, "{.status.conditions}");
    find_group(f, "%s|%.*s", c->pod->o.ns, SHOW(gate));
    find_condition(f, &c->pod->o, "Ready", &c->pod->ready);
    find_ready(f);
    return true;
}

/* The node cannot make the pod's own sandbox: network plugin or runtime. */
bool rule_pod_sandbox(const struct chain *c, struct finder *f)
{
    if (!c->pod || !c->pod->node[0] || c->pod->o.deleting_ms || !is(c->pod->phase, "Pending"))
        return false;
    const struct event *e = event_about(&c->pod->o, "FailedCreatePodSandBox", NULL);
    int64_t until;
    if (!e || says(e->message, "no runtime for") || !event_lasts(e, c->now_ms, &until))
        return false;
    find_recheck(f, until);
    for (uint32_t i = 0; i < c->pod->n_containers; i++)
        if (c->pod->containers[i].state == CONTAINER_RUNNING || c->pod->containers[i].state == CONTAINER_TERMINATED)
            return false;
    struct buf line = {0};
    one_line(&line, e->message, 200);
    find(f, find_passing(f), CONFIDENCE_LIKELY, &c->pod->o);
    find_brief(f, "node %s cannot set up the pod", c->pod->node);
    find_cause(f, "Node %s cannot set up the pod's network or runtime: %s", c->pod->node, line.n ? line.p : "");
    buf_free(&line);
    find_next(f, "Look at the node's container runtime and network plugin");
    find_command(f, "kubectl describe pod %s -n %s", c->pod->o.name, c->pod->o.ns);
    find_group(f, "%s", c->pod->node);
    find_event(f, e);
    find_ready(f);
    return true;
}

/* No scheduler has said a word about the pod: the one it names does not exist, or is not running. */
bool rule_scheduler(const struct chain *c, struct finder *f)
{
    enum { WORD_MS = 15000 };
    if (!c->pod || c->pod->o.deleting_ms || c->pod->node[0] || c->pod->gated || c->pod->scheduled.status != TRUTH_ABSENT ||
        !is(c->pod->phase, "Pending"))
        return false;
    int64_t due = c->pod->o.created_ms + WORD_MS;
    find_recheck(f, due);
    if (c->now_ms < due)
        return false;
    const char *name = c->pod->scheduler[0] ? c->pod->scheduler : "default-scheduler";
    bool own = is(name, "default-scheduler");
    find(f, own ? find_passing(f) : SEVERITY_STUCK, CONFIDENCE_LIKELY, &c->pod->o);
    find_brief(f, "scheduler %s does not look at it", name);
    find_cause(f, "No scheduler has looked at pod %s: it asks for scheduler %s, which does not run or is behind.", c->pod->o.name, name);
    if (own)
        find_next(f, "Look whether kube-scheduler runs");
    else
        find_edit_template(f, "Take schedulerName out, or start that scheduler; it stands");
    find_command(f, "kubectl get pods -A -o custom-columns=NAME:.metadata.name,NS:.metadata.namespace -l component=kube-scheduler");
    find_group(f, "%s", name);
    find_evidence(f, &c->pod->o, c->pod->o.created_ms, name, "phase Pending without condition PodScheduled; schedulerName");
    find_ready(f);
    return true;
}
