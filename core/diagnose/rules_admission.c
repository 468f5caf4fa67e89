/* Rows 15 to 17 and 27 to 29: the API server or the controller refuses to make or take the pod. What failed stands in the reconciler's
 * words only. */
#include "core/diagnose/finding.h"

#include <stdio.h>

static void name_into(char out[512], struct slice s)
{
    snprintf(out, 512, "%.*s", SHOW(s));
}

/* The members of "requested: a=1,b=2" whose used plus requested passes the limit cannot be told without arithmetic on quantities; the names
 * of what was requested are enough, since the API server lists only those that exceed. */
static void quota_resources(struct buf *out, struct slice requested)
{
    for (const char *p = requested.p, *end = p + requested.n; p < end;) {
        size_t n = 0;
        while (p + n < end && p[n] != ',')
            n++;
        const char *equals = memchr(p, '=', n);
        if (out->n)
            buf_add_text(out, ", ");
        buf_add(out, p, equals ? (size_t)(equals - p) : n);
        p += n;
        p += p < end;
    }
}

static void quota_item_text(struct finder *f, const struct quota *quota)
{
    struct buf text = {0};
    for (uint32_t i = 0; f->full && i < quota->n_items; i++)
        buf_printf(&text, "%s%s %s of %s", i ? ", " : "", quota->items[i].resource, quota->items[i].used, quota->items[i].hard);
    int64_t read_ms;
    answers_get(f->chain->facts->answers, KIND_QUOTA, quota->o.ns, quota->o.name, &read_ms);
    if (text.n)
        find_evidence(f, &quota->o, read_ms, text.p, "used of hard");
    buf_free(&text);
}

bool rule_quota(const struct chain *c, struct finder *f)
{
    const struct condition *said;
    const struct object *whose = c->subject;
    const char *error = chain_error(c, &said, &whose);
    bool exceeded = says(error, "exceeded quota: ");
    if (!exceeded && !says(error, "failed quota: "))
        return false;
    char name[512];
    name_into(name, run_after(error, exceeded ? "exceeded quota: " : "failed quota: ", exceeded ? "," : ":"));
    struct slice asked = run_after(error, "requested: ", " ");
    if (asked.n && asked.p[asked.n - 1] == ',')
        asked.n--;
    struct buf resources = {0};
    quota_resources(&resources, exceeded ? asked : SLICE(""));
    const struct object *quota = store_find(c->store, KIND_QUOTA, slice_of(c->subject->ns), slice_of(name));
    find_want(f, KIND_QUOTA, c->subject->ns, slice_of(name));
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, NULL);
    find_at(f, KIND_QUOTA, c->subject->ns, name);
    if (exceeded) {
        find_brief(f, "quota %s exceeded%s%s", name, resources.n ? ": " : "", resources.n ? resources.p : "");
        find_cause(f, "The pod cannot be made: exceeded quota %s of namespace %s (%s).", name, c->subject->ns,
                   strstr(error, "requested: ") ? strstr(error, "requested: ") : error);
        find_next(f, "Raise ResourceQuota %s or free what it counts; the controller's next try may be minutes away", name);
    } else {
        find_brief(f, "quota %s wants requests or limits set", name);
        find_cause(f, "The pod cannot be made: quota %s of namespace %s counts what the template leaves open (%s).", name, c->subject->ns,
                   strstr(error, "failed quota: ") + 14);
        find_next(f, "Set the requests and limits that quota %s counts in the template, or give the namespace a LimitRange", name);
    }
    find_command(f, "kubectl describe resourcequota %s -n %s", name, c->subject->ns);
    find_group(f, "%s/%s", c->subject->ns, name);
    find_condition(f, whose, "Ready", said);
    if (quota)
        quota_item_text(f, AS(quota, quota));
    buf_free(&resources);
    return true;
}

/* Row 16. Either the class is missing (the API server says so) or the node cannot run its handler (the kubelet's event says so). */
bool rule_runtime_class(const struct chain *c, struct finder *f)
{
    const struct condition *said = NULL;
    const struct object *whose = c->subject;
    const char *error = chain_error(c, &said, &whose);
    struct slice class = error ? quoted_after(error, "RuntimeClass ") : SLICE("");
    const struct event *event = NULL;
    if (!class.n || !says(error, "not found")) {
        event = c->pod ? event_about(&c->pod->o, "FailedCreatePodSandBox", "no runtime for") : NULL;
        if (!event || c->pod->runtime_class[0] == '\0')
            return false;
        class = slice_of(c->pod->runtime_class);
    }
    char name[512];
    name_into(name, class);
    find_want(f, KIND_RUNTIMECLASS, "", class);
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, NULL);
    find_at(f, KIND_RUNTIMECLASS, "", name);
    if (event) {
        find_brief(f, "node has no runtime for RuntimeClass %s", name);
        find_cause(f, "Node %s cannot run RuntimeClass %s: %s", c->pod->node, name, event->message);
        find_next(f, "Install that runtime on the node, or take runtimeClassName out of the template");
        find_command(f, "kubectl get runtimeclass %s -o yaml", name);
        find_event(f, event);
    } else {
        find_brief(f, "RuntimeClass %s not found", name);
        find_cause(f, "The pod cannot be made: RuntimeClass %s does not exist.", name);
        find_next(f, "Install RuntimeClass %s, or take runtimeClassName out of %s%s", name, c->template_at ? "template " : "the template",
                  c->template_at ? c->template_at->name : "");
        find_command(f, "kubectl get runtimeclasses");
        find_condition(f, whose, "Ready", said);
    }
    find_group(f, "%s|%d", name, event != NULL);
    return true;
}

/* Row 17. What has to change is the template, or the label of the namespace. */
bool rule_pod_security(const struct chain *c, struct finder *f)
{
    const struct condition *said;
    const struct object *whose = c->subject;
    const char *error = chain_error(c, &said, &whose);
    if (!error || !says(error, "violates PodSecurity "))
        return false;
    char level[512];
    name_into(level, quoted_after(error, "violates PodSecurity "));
    const char *colon = strstr(error, "violates PodSecurity ");
    colon = strchr(colon + strlen("violates PodSecurity "), '"');
    colon = colon ? strchr(colon + 1, '"') : NULL;
    struct buf what = {0};
    one_line(&what, colon && colon[1] == ':' && colon[2] ? colon + 3 : "", 160);
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, c->template_at ? c->template_at : c->sandbox_at);
    find_brief(f, "breaks Pod Security %s", level);
    find_cause(f, "The pod cannot be made: namespace %s enforces PodSecurity %s, and the template breaks it: %s", c->subject->ns, level,
               what.n ? what.p : "");
    buf_free(&what);
    find_edit_template(f, "Correct the securityContext");
    find_want(f, KIND_NAMESPACE, "", slice_of(c->subject->ns));
    const struct object *ns = store_find(c->store, KIND_NAMESPACE, SLICE(""), slice_of(c->subject->ns));
    if (ns)
        find_evidence(f, ns, 0, AS(kube_namespace, ns)->enforce, "label pod-security.kubernetes.io/enforce");
    find_group(f, "%s|%s|%s", c->subject->ns, level, c->template_at ? c->template_at->name : "");
    find_condition(f, whose, "Ready", said);
    return true;
}

/* Row 17 as well: what the namespace's LimitRange does not allow, in the words of the API server's LimitRanger plugin. */
bool rule_limit_range(const struct chain *c, struct finder *f)
{
    static const char *const words[] = {" usage per ", " max limit to request ratio per ", NULL};
    const struct condition *said;
    const struct object *whose = c->subject;
    const char *error = chain_error(c, &said, &whose);
    if (!error || !says(error, "is forbidden: ") || !says_any(error, words) || !(says(error, "imum ") || says(error, "ratio")))
        return false;
    bool read = find_want(f, KIND_LIMITRANGE, c->subject->ns, SLICE("")) == ANSWER_THERE;
    const struct ptrs *all = store_all(c->store, KIND_LIMITRANGE);
    const struct limitrange *one = NULL;
    size_t n = 0;
    for (size_t i = 0; read && i < all->n; i++)
        if (((const struct object *)all->v[i])->ns == c->subject->ns)
            one = all->v[i], n++;
    struct buf line = {0};
    one_line(&line, strstr(error, "is forbidden: ") + strlen("is forbidden: "), 300);
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, n == 1 ? &one->o : c->template_at ? c->template_at : c->sandbox_at);
    find_brief(f, "LimitRange: %.70s", line.n ? line.p : "");
    find_cause(f, "The pod cannot be made: the LimitRange%s%s of namespace %s does not allow it: %s", n == 1 ? " " : "", n == 1
               ? one->o.name : "", c->subject->ns,
               line.n ? line.p : "");
    buf_free(&line);
    find_edit_template(f, "Change the requests and limits");
    find_command(f, "kubectl describe limitrange -n %s", c->subject->ns);
    find_group(f, "%s|%s", c->subject->ns, c->template_at ? c->template_at->name : "");
    find_condition(f, whose, "Ready", said);
    for (size_t i = 0; read && i < all->n; i++)
        if (((const struct object *)all->v[i])->ns == c->subject->ns)
            find_evidence(f, all->v[i], 0, AS(limitrange, all->v[i])->limits, "limits");
    return true;
}

/* Row 17, the rest: any other refusal by the API server. */
bool rule_admission(const struct chain *c, struct finder *f)
{
    const struct condition *said;
    const struct object *whose = c->subject;
    const char *error = chain_error(c, &said, &whose);
    if (!error)
        return false;
    bool invalid = says(error, " is invalid: "), webhook = says(error, "admission webhook ") && says(error, "denied the request");
    struct slice account = quoted_after(error, "serviceaccount "), priority = run_after(error, "no PriorityClass with name ", " ");
    bool forbidden = says(error, "is forbidden");
    /* The controller's own lack of rights reads `User "…" cannot create resource …`: that is not the pod's fault. */
    bool rights = says(error, " cannot ") && says(error, " resource ") && says(error, "User ");
    static const char *const told_elsewhere[] = {"exceeded quota: ", "failed quota: ", "violates PodSecurity ", "RuntimeClass ",
        " usage per ",
                                                 " max limit to request ratio per ", NULL};
    if ((!webhook && !forbidden && !invalid) || says_any(error, told_elsewhere))
        return false;
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, rights && c->controller ? &c->controller->o : c->template_at ? c->template_at
         : c->sandbox_at);
    struct buf line = {0};
    one_line(&line, error, 300);
    if (rights) {
        find_brief(f, "controller lacks a right");
        find_cause(f, "The controller is not allowed what it needs: %s", line.p);
        find_next(f, "Apply the RBAC manifest that belongs to the controller's version");
        find_command(f, "kubectl get clusterroles,clusterrolebindings -o name");
    } else if (account.n && says(error, "not found")) {
        enum answer there = find_want(f, KIND_SERVICEACCOUNT, c->subject->ns, account);
        char name[512];
        name_into(name, account);
        find_at(f, KIND_SERVICEACCOUNT, c->subject->ns, name);
        find_brief(f, "service account %.*s not found", SHOW(account));
        if (there == ANSWER_THERE)
            find_evidence(f, &(struct object){.kind = KIND_SERVICEACCOUNT, .ns = c->subject->ns, .name = name}, 0, "",
                          "is there by now: the controller tries again");
        find_cause(f, "The pod cannot be made: service account %.*s does not exist in namespace %s.", SHOW(account), c->subject->ns);
        find_next(f, "Create the service account, or name another in the template");
        find_command(f, "kubectl get serviceaccounts -n %s", c->subject->ns);
    } else if (priority.n) {
        find_brief(f, "PriorityClass %.*s not found", SHOW(priority));
        find_cause(f, "The pod cannot be made: PriorityClass %.*s does not exist.", SHOW(priority));
        find_next(f, "Create the PriorityClass, or name another in the template");
        find_command(f, "kubectl get priorityclasses");
    } else if (invalid) {
        struct buf field = {0};
        one_line(&field, strstr(error, " is invalid: ") + strlen(" is invalid: "), 60);
        find_brief(f, "pod is invalid: %s", field.n ? field.p : "");
        buf_free(&field);
        find_cause(f, "The template makes a pod that the API server refuses: %s", line.p);
        find_edit_template(f, "Correct what it refuses");
    } else {
        struct slice hook = quoted_after(error, "admission webhook ");
        find_brief(f, webhook ? "refused by webhook %.*s" : "pod is forbidden%.*s", SHOW(webhook ? hook : SLICE("")));
        find_cause(f, "The API server refuses the pod: %s", line.p);
        find_edit_template(f, "Correct what it refuses");
    }
    buf_free(&line);
    find_group(f, "%s|%d|%s|%.*s%.*s", c->subject->ns, rights, c->template_at ? c->template_at->name : "", SHOW(account), SHOW(priority));
    find_condition(f, whose, "Ready", said);
    return true;
}

/* Row 27: v0.3 remembers the pod's name and never makes another. */
bool rule_pod_lost(const struct chain *c, struct finder *f)
{
    const struct condition *said;
    const struct object *whose = c->subject;
    const char *error = chain_error(c, &said, &whose);
    if (!error || !says(error, "pod in annotation get failed") || !c->sandbox_at)
        return false;
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, c->sandbox_at);
    find_brief(f, "its pod is gone and is not made again");
    find_cause(f, "The pod of sandbox %s is gone; this version of the controller remembers its name and never makes another.",
               c->sandbox_at->name);
    find_next(f, "Recreate the claim; a newer controller does not have this fault");
    find_command(f, "kubectl delete sandbox %s -n %s", c->sandbox_at->name, c->sandbox_at->ns);
    find_group(f, "%s/%s", c->sandbox_at->ns, c->sandbox_at->name);
    find_condition(f, whose, "Ready", said);
    return true;
}

/* Row 28. */
bool rule_conflict(const struct chain *c, struct finder *f)
{
    const struct condition *said;
    const struct object *whose = c->subject;
    const char *error = chain_error(c, &said, &whose);
    if (!error)
        return false;
    bool owned = says(error, "is owned by ") && says(error, "not by sandbox"), stray = says(error, "cannot adopt unowned ");
    bool address = says(error, "ClusterIP is ") && says(error, "expected \"None\"");
    if (!owned && !stray && !address)
        return false;
    bool volume = says(error, "PVC") || says(error, "PersistentVolumeClaim");
    bool service = address || says(error, "ervice");
    const char *thing = volume ? "volume claim" : service ? "Service" : "pod";
    const char *name = c->sandbox_at ? c->sandbox_at->name : c->subject->name;
    struct slice owner = run_after(error, "is owned by ", " (,");
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, c->sandbox_at);
    find_brief(f, owned ? "%s belongs to %.*s" : address ? "%s of its name has a ClusterIP" : "stray %s of its name", thing, SHOW(owner));
    find_cause(f, "A %s of the sandbox's name is in its way: %s", thing, error);
    find_next(f, "Look who owns it; remove the stray or give the claim another name");
    find_command(f, volume ? "kubectl get pvc -n %s" : service ? "kubectl get service -n %s %s -o yaml"
                 : "kubectl get pod -n %s %s -o yaml",
                 c->subject->ns, name);
    find_group(f, "%s/%s", c->subject->ns, name);
    find_condition(f, whose, "Ready", said);
    return true;
}

/* FNV-1a, 32 bits: what the controller labels a sandbox's own things with. */
static uint32_t name_hash(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* Row 29. */
bool rule_many_pods(const struct chain *c, struct finder *f)
{
    const struct object *whose = c->subject;
    const struct condition *said = chain_reason(c, "MultiplePods", &whose);
    const struct event *event = c->sandbox ? event_about(&c->sandbox->o, "MultiplePods", NULL) : NULL;
    if (!c->sandbox_at || !said)
        return false;
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, c->sandbox_at);
    find_brief(f, "several pods for one sandbox");
    find_cause(f, "Sandbox %s controls more than one pod, and the controller does not choose between them.", c->sandbox_at->name);
    find_next(f, "Decide which pod lives and delete the others");
    char label[64];
    snprintf(label, sizeof label, "agents.x-k8s.io/sandbox-name-hash=%08x", (unsigned)name_hash(c->sandbox_at->name));
    find_command(f, "kubectl get pods -n %s -l %s -o wide", c->sandbox_at->ns, label);
    find_group(f, "%s/%s", c->sandbox_at->ns, c->sandbox_at->name);
    find_condition(f, whose, "Ready", said);
    find_event(f, event);
    return true;
}

/* What no other rule has read: the controller's own words, as they are. Conflicting writes pass with the next try. */
bool rule_reconcile(const struct chain *c, struct finder *f)
{
    const struct condition *said;
    const struct object *whose = c->subject;
    const char *error = chain_error(c, &said, &whose);
    if (!error || says(error, "the object has been modified") || f->n > 0)
        return false;
    struct buf line = {0};
    one_line(&line, error, 60);
    find(f, find_passing(f), CONFIDENCE_LIKELY, whose);
    find_brief(f, "%s", line.n ? line.p : "controller reports an error");
    buf_clear(&line);
    one_line(&line, error, 400);
    find_cause(f, "The controller cannot go on: %s", line.n ? line.p : "it does not say why");
    find_next(f, "Look at the controller's log for this %s; it tries again, each time later", kind_info(whose->kind)->name);
    if (c->controller)
        find_command(f, "kubectl logs -n %s deployment/%s --tail=200", c->controller->o.ns, c->controller->o.name);
    else
        find_command(f, "kubectl describe %s %s -n %s", kind_info(whose->kind)->plural, whose->name, whose->ns);
    find_group(f, "%s|%s|%s", c->subject->ns, c->template_at ? c->template_at->name : "", line.n ? line.p : "");
    buf_free(&line);
    find_condition(f, whose, "Ready", said);
    return true;
}
