/* Row 37: a deletion that does not end. The claim's Ready stays True all the while (observed), so only the deletion's own stamp tells. */
#include "core/diagnose/finding.h"

#include <stdio.h>

#include "core/base/clock.h"

enum { FINALIZER_GRACE_MS = 10000 };

static bool all_ended(const struct pod *pod)
{
    for (uint32_t i = 0; i < pod->n_containers; i++)
        if (pod->containers[i].state == CONTAINER_RUNNING)
            return false;
    return true;
}

static const struct object *held(const struct chain *c, struct slice *finalizer)
{
    const struct object *chain[] = {c->pod ? &c->pod->o : NULL, c->sandbox ? &c->sandbox->o : NULL, c->subject};
    for (size_t i = 0; i < sizeof chain / sizeof *chain; i++)
        if (chain[i] && chain[i]->deleting_ms && foreign_finalizer(chain[i], finalizer))
            return chain[i];
    return NULL;
}

/* Still on its way, so that its absence says nothing. */
static bool unread(const struct chain *c, enum kind kind)
{
    return !c->facts->synced[kind] && !c->facts->forbidden[kind];
}

bool rule_leaving(const struct chain *c, struct finder *f)
{
    int64_t since = c->subject->deleting_ms, due = since + DELETING_STUCK_MS;
    bool late = c->now_ms >= due;
    find_recheck(f, due);
    struct slice finalizer = SLICE("");
    const struct object *holder = held(c, &finalizer);
    if (!late) {
        /* A finalizer of somebody else on a pod that has ended already: that is what it will hang on, if it does. */
        find_recheck(f, since + FINALIZER_GRACE_MS);
        if (!holder || c->now_ms < since + FINALIZER_GRACE_MS || (c->pod && !all_ended(c->pod)))
            return false;
    }
    char name[512], age[16];
    snprintf(name, sizeof name, "%.*s", SHOW(finalizer));
    time_short(c->now_ms - since, age);
    enum severity severity = late ? SEVERITY_STUCK : SEVERITY_WAITING;
    if (holder) {
        const char *word = holder->kind == KIND_POD ? "pod" : holder->kind == KIND_SANDBOX ? "sandbox" : "claim";
        find(f, severity, CONFIDENCE_PROVED, holder);
        find_brief(f, "deletion held by finalizer %s", name);
        find_cause(f, "The deletion waits for %s %s, which finalizer %s holds.", word, holder->name, name);
        find_next(f, "Find out why its owner does not take finalizer %s off; only if that program is gone, take it off by hand", name);
        find_command(f, "kubectl get %s %s -n %s -o jsonpath=%s", kind_info(holder->kind)->plural, holder->name, holder->ns,
                     "{.metadata.finalizers}");
        find_group(f, "%s|%s", holder->ns, name);
        find_evidence(f, holder, holder->deleting_ms, holder->finalizers, "finalizers, deletionTimestamp");
    } else if (c->pod) {
        find(f, severity, CONFIDENCE_LIKELY, &c->pod->o);
        find_brief(f, "deletion waits for its pod");
        find_cause(f, "The deletion waits for pod %s, which %s.", c->pod->o.name,
                   !c->pod->o.deleting_ms ? "nobody has asked to end" : all_ended(c->pod) ? "has ended, but is not gone"
                       : "has not ended yet");
        find_next(f, "Look at the pod, its volumes and its node");
        find_command(f, "kubectl describe pod %s -n %s", c->pod->o.name, c->pod->o.ns);
        find_group(f, "%s|%s", c->pod->o.ns, c->pod->node);
        find_evidence(f, &c->pod->o, c->pod->o.deleting_ms, "", "phase %s", c->pod->phase);
    } else if (unread(c, KIND_SANDBOX) || unread(c, KIND_POD)) {
        return false;
    } else {
        const struct object *at = c->sandbox ? &c->sandbox->o : c->subject;
        find(f, severity, CONFIDENCE_POSSIBLE, at);
        find_brief(f, "deletion does not end");
        find_cause(f, "The deletion does not end after %s, though no pod is left: %s waits for its dependents.", age, at->finalizers[0]
                   ? at->finalizers : "it");
        find_next(f, "Look what it still owns, and whether the garbage collector works");
        find_command(f, "kubectl get %s %s -n %s -o yaml", kind_info(at->kind)->plural, at->name, at->ns);
        find_group(f, "%s", at->ns);
    }
    find_since(f, since);
    if (c->subject != holder)
        find_evidence(f, c->subject, since, c->subject->finalizers, "finalizers, deletionTimestamp");
    return true;
}
