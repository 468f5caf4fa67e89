/* Row 20: a volume that is not there, not bound or not mounted. */
#include "core/diagnose/finding.h"

#include <stdio.h>

struct blame {
    const struct object *pvc;        /* a placeholder while it is not read; NULL: the pod names none */
    const struct event *event;       /* what the provisioner says about it */
};

/* The claim at fault: the one the scheduler names, else one that has a provisioner's complaint, else one known not to be Bound, else the
 * first unread. */
static struct blame blame_of(const struct chain *c, struct slice named)
{
    struct blame best = {0};
    int best_score = -1;
    for (const struct link *l = c->pod ? c->pod->o.out : NULL; l; l = l->next_out) {
        if (l->role != LINK_POD_PVC)
            continue;
        const struct pvc *p = l->to->present ? AS(pvc, l->to) : NULL;
        const struct event *e = event_about(l->to, "ProvisioningFailed", NULL);
        if (!e)
            e = event_about(l->to, "FailedBinding", NULL);
        bool bound = p && is(p->phase, "Bound");
        int score = bound ? 0 : slice_is(named, l->to->name) ? 4 : e ? 3 : p ? 2 : 1;
        if (score > best_score) {
            best = (struct blame){l->to, e};
            best_score = score;
        }
    }
    return best;
}

static const struct condition *unscheduled(const struct chain *c, const struct object **whose)
{
    const struct condition *said = NULL;
    if (c->pod && c->pod->scheduled.status == TRUTH_FALSE)
        *whose = &c->pod->o, said = &c->pod->scheduled;
    else if (!c->pod && c->sandbox && c->sandbox->scheduled.status == TRUTH_FALSE)
        *whose = &c->sandbox->o, said = &c->sandbox->scheduled;
    return said && (says(said->message, "ersistentVolumeClaim") || says(said->message, "ersistentvolumeclaim")) ? said : NULL;
}

static bool class_missing(const struct chain *c, const struct pvc *p, const struct event *e, char out[512])
{
    struct slice name = e ? quoted_after(e->message, "storageclass.storage.k8s.io ") : SLICE("");
    if (name.n && says(e->message, "not found")) {
        snprintf(out, 512, "%.*s", SHOW(name));
        return true;
    }
    if (!p || !p->storage_class[0] || answers_get(c->facts->answers, KIND_STORAGECLASS, "", p->storage_class, NULL) != ANSWER_MISSING)
        return false;
    snprintf(out, 512, "%.511s", p->storage_class);
    return true;
}

/* A claim that names no class gets the default one when it is made, or when one becomes the default. */
static bool no_default_class(const struct chain *c, const struct pvc *p, const struct event *e)
{
    if (e && says(e->message, "no storage class is set"))
        return true;
    if (!p || p->storage_class[0] || p->volume[0] || !is(p->phase, "Pending") ||
        answers_get(c->facts->answers, KIND_STORAGECLASS, "", NULL, NULL) != ANSWER_THERE)
        return false;
    const struct ptrs *all = store_all(c->store, KIND_STORAGECLASS);
    for (size_t i = 0; i < all->n; i++)
        if (AS(storageclass, all->v[i])->is_default)
            return false;
    return true;
}

static void describe(const struct chain *c, struct finder *f, const struct blame *b, struct slice named, const char *pvc)
{
    const struct pvc *p = b->pvc && b->pvc->present ? AS(pvc, b->pvc) : NULL;
    char class[512];
    struct buf line = {0};
    if (named.n && !p) {
        find_brief(f, "volume claim %s not found", pvc);
        find_cause(f, "The pod's volume claim (PersistentVolumeClaim) %s does not exist.", pvc);
        find_next(f, "Create it, or correct the volume in the template");
    } else if (class_missing(c, p, b->event, class)) {
        find_brief(f, "StorageClass %s not found", class);
        find_cause(f, "Volume claim %s cannot be provisioned: StorageClass %s not found.", pvc, class);
        find_next(f, "Create StorageClass %s, or name one that exists in the template; then recreate the claim", class);
        find_group(f, "class|%s", class);
    } else if (no_default_class(c, p, b->event)) {
        find_brief(f, "volume claim names no StorageClass");
        find_cause(f, "Volume claim %s names no StorageClass, and the cluster has no default one.", pvc);
        find_next(f, "Make one StorageClass the default, or name one in the template");
        find_group(f, "default|%s", c->subject->ns);
    } else if (p && is(p->phase, "Lost")) {
        find_brief(f, "volume claim %s has lost its volume", pvc);
        find_cause(f, "Volume claim %s is Lost: its volume %s is gone.", pvc, p->volume);
        find_next(f, "Restore the volume, or delete the claim on it");
    } else if (b->event) {
        one_line(&line, b->event->message, 200);
        find_brief(f, "volume claim %s cannot be provisioned", pvc);
        find_cause(f, "Volume claim %s cannot be provisioned: %s", pvc, line.n ? line.p : "");
        find_next(f, "Look at the provisioner%s%s", p && p->storage_class[0] ? " of StorageClass " : "", p ? p->storage_class : "");
    } else {
        find_brief(f, "volume claim %s is not bound", pvc);
        find_cause(f, "Volume claim %s is not bound to a volume%s%s.", pvc, p && p->storage_class[0] ? "; its StorageClass is " : "",
                   p ? p->storage_class : "");
        find_next(f, "Look at the volume claim's events and its StorageClass");
    }
    buf_free(&line);
}

bool rule_volume_unbound(const struct chain *c, struct finder *f)
{
    const struct object *whose = c->subject;
    const struct condition *said = unscheduled(c, &whose);
    if (!said)
        return false;
    struct slice named = quoted_after(said->message, "persistentvolumeclaim ");
    if (!says(said->message, "not found") || says(said->message, "unbound"))
        named = SLICE("");
    struct blame b = blame_of(c, named);
    char pvc[512], class[512];
    snprintf(pvc, sizeof pvc, "%.*s", SHOW(named.n ? named : b.pvc ? slice_of(b.pvc->name) : SLICE("")));
    const struct pvc *p = b.pvc && b.pvc->present ? AS(pvc, b.pvc) : NULL;
    enum answer asked = pvc[0] ? find_want(f, KIND_PVC, c->subject->ns, slice_of(pvc)) : ANSWER_NONE;
    if (p)
        find_want(f, KIND_STORAGECLASS, "", slice_of(p->storage_class));
    if (asked == ANSWER_MISSING && !named.n)
        named = slice_of(pvc);
    /* A fresh claim is unbound for as long as its provisioner works: only what cannot end by itself is stuck at once. */
    bool final = class_missing(c, p, b.event, class) || no_default_class(c, p, b.event) || (p && is(p->phase, "Lost")) ||
        asked == ANSWER_MISSING;
    find(f, final ? SEVERITY_STUCK : find_passing(f), pvc[0] || b.event ? CONFIDENCE_PROVED : CONFIDENCE_LIKELY, c->pod_at);
    if (pvc[0])
        find_at(f, KIND_PVC, c->subject->ns, pvc);
    find_group(f, "%s/%s", c->subject->ns, pvc);
    describe(c, f, &b, named, pvc[0] ? pvc : "of the pod");
    if (pvc[0])
        find_command(f, "kubectl describe pvc %s -n %s", pvc, c->subject->ns);
    else
        find_command(f, "kubectl get pvc -n %s", c->subject->ns);
    find_event(f, b.event);
    if (p)
        find_evidence(f, &p->o, p->o.created_ms, p->storage_class, "phase %s, StorageClass", p->phase);
    find_condition(f, whose, "PodScheduled", said);
    find_event(f, event_about(c->pod_at, "FailedScheduling", NULL));
    find_ready(f);
    return true;
}

/* Scheduled, and the node cannot mount: a complaint counts while no container has got further since. */
bool rule_volume_mount(const struct chain *c, struct finder *f)
{
    if (!c->pod || !c->pod->node[0] || c->pod->o.deleting_ms || !is(c->pod->phase, "Pending"))
        return false;
    const struct event *mount = event_about(&c->pod->o, "FailedMount", NULL), *attach = event_about(&c->pod->o, "FailedAttachVolume", NULL);
    const struct event *e = !mount || (attach && attach->last_ms > mount->last_ms) ? attach : mount;
    /* "timed out waiting for the condition" alone says nothing; the other shape of the event names the cause. */
    const struct event *named = event_about(&c->pod->o, "FailedMount", "not found");
    if (named && e == mount)
        e = named;
    const struct event *pulled = event_about(&c->pod->o, "Pulled", NULL), *pulling = event_about(&c->pod->o, "Pulling", NULL);
    if (!e || (pulled && pulled->last_ms > e->last_ms) || (pulling && pulling->last_ms > e->last_ms))
        return false;
    int64_t until;
    if (!event_lasts(e, c->now_ms, &until))
        return false;
    find_recheck(f, until);
    for (uint32_t i = 0; i < c->pod->n_containers; i++)
        if (c->pod->containers[i].state == CONTAINER_RUNNING || c->pod->containers[i].state == CONTAINER_TERMINATED)
            return false;
    struct slice volume = quoted_after(e->message, "for volume "), secret = quoted_after(e->message, "secret "),
                 map = quoted_after(e->message, "configmap ");
    bool known = says(e->message, "not found") && (secret.n || map.n), host = says(e->message, "hostPath type check failed");
    /* The kubelet's words: configmap references non-existent config key: K; references non-existent secret key: K. */
    struct slice key = run_after(e->message, "references non-existent config key: ", " \n");
    bool of_secret = !key.n;
    if (of_secret)
        key = run_after(e->message, "references non-existent secret key: ", " \n");
    bool certain = known || host || key.n;
    struct buf line = {0};
    one_line(&line, e->message, 240);
    find(f, certain ? SEVERITY_STUCK : find_passing(f), certain ? CONFIDENCE_PROVED : CONFIDENCE_LIKELY, &c->pod->o);
    if (known) {
        find_row(f, 22);
        find_brief(f, "%s %.*s not found", secret.n ? "secret" : "configmap", SHOW(secret.n ? secret : map));
        find_cause(f, "Volume %.*s cannot be mounted: %s %.*s not found.", SHOW(volume), secret.n ? "secret" : "configmap",
                   SHOW(secret.n ? secret : map));
        find_next(f, "Create it in namespace %s, or correct the volume in the template", c->pod->o.ns);
        find_command(f, secret.n ? "kubectl get secrets -n %s" : "kubectl get configmaps -n %s", c->pod->o.ns);
    } else if (key.n) {
        find_row(f, 22);
        find_brief(f, "%s has no key %.*s", of_secret ? "secret" : "configmap", SHOW(key));
        find_cause(f, "Volume %.*s cannot be mounted: its %s exists, but has no key %.*s.", SHOW(volume),
                   of_secret ? "secret" : "configmap", SHOW(key));
        find_next(f, "Add the key in namespace %s, or correct the volume's items in the template", c->pod->o.ns);
        find_command(f, "kubectl describe pod %s -n %s", c->pod->o.name, c->pod->o.ns);
    } else if (host) {
        find_brief(f, "host path %.*s", SHOW(run_after(e->message, "type check failed: ", "\n")));
        find_cause(f, "Volume %.*s wants a path of the node that is not as asked: %.*s.", SHOW(volume),
                   SHOW(run_after(e->message, "type check failed: ", "\n")));
        find_edit_template(f, "Correct the hostPath volume, or make the path on the node,");
    } else {
        bool elsewhere = says(e->message, "Multi-Attach");
        find_brief(f, elsewhere ? "volume is attached to another node" : "volume cannot be mounted");
        find_cause(f, "The node cannot %s a volume of the pod: %s", e == attach ? "attach" : "mount", line.n ? line.p : "");
        find_next(f, elsewhere ? "Find the pod that still uses the volume on the other node"
                  : "Look at the volume and at the node's storage driver");
        find_command(f, "kubectl describe pod %s -n %s", c->pod->o.name, c->pod->o.ns);
    }
    buf_free(&line);
    find_group(f, "%s|%s|%.*s%.*s", c->pod->o.ns, c->template_at ? c->template_at->name : c->pod->o.name,
               SHOW(key.n ? key : secret), SHOW(map));
    find_event(f, e);
    find_ready(f);
    return true;
}
