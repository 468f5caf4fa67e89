/* Which pods a log pane is about. The controller's and the router's, and those of sandboxes, stand in the session's store. A pod picked
 * by hand may be any: each is watched by name and stands in a small store of its own, so that the picture of the cluster holds what it
 * held. */
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/session/log_set.h"

#include <stdlib.h>

enum { PICKS_MOST = 16 };            /* one bit of an object's sources each */

struct pick {
    struct log_pods *pods;
    unsigned source;
    char *ns, *name;
    struct reflector *reflector;
};

struct log_pods {
    struct session *session;
    enum kind selected_kind;         /* as the streams follow it: the cursor has rested there */
    char *selected_ns, *selected_name;
    struct store *store;             /* of the picked pods */
    struct pick *picks[PICKS_MOST];  /* NULL: free */
    bool changed;                    /* a pick was added or taken away */
};

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* --- picked by hand ------------------------------------------------------------------------------------------------------------ */

static void on_upsert(void *ctx, json object)
{
    struct pick *pick = ctx;

    store_apply(pick->pods->store, KIND_POD, pick->source, object);
}

static void on_delete(void *ctx, json object)
{
    struct pick *pick = ctx;

    store_remove(pick->pods->store, KIND_POD, pick->source, object);
}

static void on_list_begin(void *ctx)
{
    struct pick *pick = ctx;

    store_list_begin(pick->pods->store, KIND_POD, pick->source);
}

static void on_list_end(void *ctx)
{
    struct pick *pick = ctx;

    store_list_end(pick->pods->store, KIND_POD, pick->source);
    pick->pods->changed = true;
}

static void on_status(void *ctx, const struct reflector_status *status)
{
    struct pick *pick = ctx;

    (void)status;
    pick->pods->changed = true;
}

static const struct reflector_sink sink = {
    .on_upsert = on_upsert, .on_delete = on_delete, .on_list_begin = on_list_begin, .on_list_end = on_list_end, .on_status = on_status,
};

static struct pick *find(const struct log_pods *pods, const char *ns, const char *name)
{
    for (unsigned i = 0; i < PICKS_MOST; i++)
        if (pods->picks[i] && same(pods->picks[i]->ns, ns) && same(pods->picks[i]->name, name))
            return pods->picks[i];
    return NULL;
}

bool log_pods_pick(struct log_pods *pods, const char *ns, const char *name)
{
    unsigned at = 0;

    if (find(pods, ns, name))
        return true;
    while (at < PICKS_MOST && pods->picks[at])
        at++;
    if (at == PICKS_MOST)
        return false;
    struct pick *pick = NEW(struct pick);
    *pick = (struct pick){.pods = pods, .source = at, .ns = mem_text(ns), .name = mem_text(name)};
    char *path = object_path(pods->session, KIND_POD, ns, NULL);
    char *selector = kube_path("fieldSelector=metadata.name%%3D%s", name);
    struct reflector_config config = {.path = path, .selector = selector, .page_size = 500, .seed = (uint64_t)mono(pods->session) + at};
    pick->reflector = reflector_new(pods->session->transport, pods->session->clock, &config, &sink, pick);
    reflector_start(pick->reflector);
    free(path);
    free(selector);
    pods->picks[at] = pick;
    pods->changed = true;
    return true;
}

static void pick_free(struct pick *pick)
{
    reflector_free(pick->reflector);
    store_drop_source(pick->pods->store, KIND_POD, pick->source);
    pick->pods->picks[pick->source] = NULL;
    pick->pods->changed = true;
    free(pick->ns);
    free(pick->name);
    free(pick);
}

void log_pods_unpick(struct log_pods *pods, const char *ns, const char *name)
{
    struct pick *pick = find(pods, ns, name);

    if (pick)
        pick_free(pick);
}

bool log_pods_picked(const struct log_pods *pods, const char *ns, const char *name)
{
    return find(pods, ns, name) != NULL;
}

void log_pods_step(struct log_pods *pods)
{
    for (unsigned i = 0; i < PICKS_MOST; i++)
        if (pods->picks[i] && reflector_due(pods->picks[i]->reflector) == 0)
            reflector_step(pods->picks[i]->reflector);
}

int64_t log_pods_due(const struct log_pods *pods)
{
    int64_t due = -1;

    for (unsigned i = 0; i < PICKS_MOST; i++)
        if (pods->picks[i])
            due = sooner(due, reflector_due(pods->picks[i]->reflector));
    return due;
}

void log_pods_retry_now(struct log_pods *pods)
{
    for (unsigned i = 0; i < PICKS_MOST; i++)
        if (pods->picks[i])
            reflector_retry_now(pods->picks[i]->reflector);
}

/* --- the panes ----------------------------------------------------------------------------------------------------------------- */

static const char *role_of(const struct pod *pod)
{
    const uint16_t named = 1 << SOURCE_APP_PODS | 1 << SOURCE_NAMED_PODS;

    if (strcmp(pod->app, "agent-sandbox-controller") == 0)
        return "ctl";
    if (strcmp(pod->app, "sandbox-router") == 0)
        return "rtr";
    if (!(pod->o.sources & named))
        return NULL;
    /* named by the label app.kubernetes.io/name, while its label app is something else */
    return strstr(pod->o.name, "controller") ? "ctl" : "rtr";
}

bool log_pods_changed(const struct log_pods *pods, enum log_pane pane)
{
    const struct ptrs *changes = store_changes(pane == LOGS_PICKED ? pods->store : pods->session->store);

    if (pane == LOGS_CLAIM || (pane == LOGS_PICKED && pods->changed))
        return true;                 /* one chain: as soon walked as looked for among the changes */
    for (size_t i = 0; i < changes->n; i++) {
        const struct object *o = changes->v[i];
        if (o->kind == KIND_POD && (pane == LOGS_PICKED || role_of(AS(pod, o))))
            return true;
    }
    return false;
}

static const char *last_part(const char *name)
{
    const char *dash = strrchr(name, '-');

    return dash && dash[1] ? dash + 1 : name;
}

static void visit_pod(struct pane *pane, const struct pod *pod, const char *prefix)
{
    for (uint32_t i = 0; i < pod->n_containers; i++) {
        const struct container *c = &pod->containers[i];
        char *label = mem_printf("%s%s%s", prefix, c->init ? "init:" : "", c->name);
        pane_follow(pane, pod, c, label);
        free(label);
    }
}

/* One container says "ctl"; a replica beside others "ctl/x2k5f"; a side container "ctl:proxy". */
static void visit_system_pod(struct pane *pane, const struct pod *pod, const char *role, bool several)
{
    uint32_t first = 0;

    while (first < pod->n_containers && pod->containers[first].init)
        first++;
    for (uint32_t i = first; i < pod->n_containers; i++) {
        const struct container *c = &pod->containers[i];
        char *label = mem_printf("%s%s%s%s%s", role, several ? "/" : "", several ? last_part(pod->o.name) : "", i > first ? ":" : "",
                                 i > first ? c->name : "");
        pane_follow(pane, pod, c, label);
        free(label);
    }
}

static void visit_system(const struct log_pods *pods, struct pane *pane)
{
    const struct ptrs *all = store_all(pods->session->store, KIND_POD);
    static const char *const roles[] = {"ctl", "rtr"};

    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++) {
        size_t n = 0;
        for (size_t i = 0; i < all->n && (!pane->wish.role || strcmp(pane->wish.role, roles[r]) == 0); i++) {
            const char *role = role_of(AS(pod, all->v[i]));
            n += role && strcmp(role, roles[r]) == 0;
        }
        for (size_t i = 0; n && i < all->n; i++) {
            const struct pod *pod = AS(pod, all->v[i]);
            const char *role = role_of(pod);
            if (role && strcmp(role, roles[r]) == 0)
                visit_system_pod(pane, pod, role, n > 1);
        }
    }
}

static const struct object *selected(const struct log_pods *pods)
{
    if (pods->selected_kind == KIND_NONE)
        return NULL;
    return store_find(pods->session->store, pods->selected_kind, slice_of(pods->selected_ns), slice_of(pods->selected_name));
}

static void visit_claim(const struct log_pods *pods, struct pane *pane)
{
    const struct object *o = selected(pods), *pod = o ? chain_pod(o) : NULL;

    if (pod && pod->present)
        visit_pod(pane, AS(pod, pod), "");
}

static unsigned picks(const struct log_pods *pods)
{
    unsigned n = 0;

    for (unsigned i = 0; i < PICKS_MOST; i++)
        n += pods->picks[i] != NULL;
    return n;
}

static void visit_picked(const struct log_pods *pods, struct pane *pane)
{
    for (unsigned i = 0; i < PICKS_MOST; i++) {
        const struct pick *pick = pods->picks[i];
        const struct object *pod = pick ? store_find(pods->store, KIND_POD, slice_of(pick->ns), slice_of(pick->name)) : NULL;
        if (!pod)
            continue;
        char *prefix = picks(pods) > 1 ? mem_printf("%s/", pick->name) : mem_text("");
        visit_pod(pane, AS(pod, pod), prefix);
        free(prefix);
    }
}

void log_pods_visit(struct log_pods *pods, struct pane *pane)
{
    switch (pane->id) {
    case LOGS_SYSTEM: visit_system(pods, pane); break;
    case LOGS_CLAIM: visit_claim(pods, pane); break;
    case LOGS_PICKED: visit_picked(pods, pane); break;
    case LOG_PANES: break;
    }
}

bool log_pods_known(const struct log_pods *pods, enum log_pane pane)
{
    const struct session *s = pods->session;

    switch (pane) {
    case LOGS_SYSTEM: return source_synced(s, SOURCE_APP_PODS) && source_synced(s, SOURCE_NAMED_PODS);
    case LOGS_CLAIM: return source_synced(s, SOURCE_CLAIMS) && source_synced(s, SOURCE_SANDBOXES) && source_synced(s, SOURCE_SANDBOX_PODS);
    default: break;
    }
    for (unsigned i = 0; i < PICKS_MOST; i++) {
        const struct reflector_status *status = pods->picks[i] ? reflector_status(pods->picks[i]->reflector) : NULL;
        if (status && !status->synced && status->state != REFLECTOR_FORBIDDEN && status->state != REFLECTOR_GONE)
            return false;
    }
    return true;
}

static const char *refused_source(const struct session *s, enum source_id id)
{
    return s->statuses[id].health == SOURCE_FORBIDDEN ? s->statuses[id].message : NULL;
}

const char *log_pods_refused(const struct log_pods *pods, enum log_pane pane)
{
    const struct session *s = pods->session;
    const char *why;

    switch (pane) {
    case LOGS_SYSTEM: return refused_source(s, SOURCE_APP_PODS);
    case LOGS_CLAIM:
        why = refused_source(s, SOURCE_CLAIMS);
        why = why ? why : refused_source(s, SOURCE_SANDBOXES);
        return why ? why : refused_source(s, SOURCE_SANDBOX_PODS);
    default: break;
    }
    for (unsigned i = 0; i < PICKS_MOST; i++) {
        const struct reflector_status *status = pods->picks[i] ? reflector_status(pods->picks[i]->reflector) : NULL;
        if (status && status->state == REFLECTOR_FORBIDDEN)
            return *status->message ? status->message : "403: may not list pods there";
    }
    return NULL;
}

void log_pods_swept(struct log_pods *pods)
{
    store_sweep(pods->store);
    pods->changed = false;
}

bool log_pods_select(struct log_pods *pods)
{
    struct session *s = pods->session;

    if (s->selected_kind == pods->selected_kind && same(s->selected_ns, pods->selected_ns) && same(s->selected_name, pods->selected_name))
        return false;
    pods->selected_kind = s->selected_kind;
    free(pods->selected_ns);
    free(pods->selected_name);
    pods->selected_ns = mem_text(s->selected_ns);
    pods->selected_name = mem_text(s->selected_name);
    return true;
}

static char *claim_title(const struct log_pods *pods)
{
    static const char *const words[] = {[KIND_CLAIM] = "claim", [KIND_SANDBOX] = "sandbox", [KIND_POD] = "pod"};
    const struct object *o = selected(pods), *pod = o ? chain_pod(o) : NULL;

    if (!o)
        return mem_text("");
    const char *word = o->kind < sizeof words / sizeof *words && words[o->kind] ? words[o->kind] : kind_info(o->kind)->name;
    if (o->kind == KIND_POD)
        return mem_printf("pod %s/%s", o->ns, o->name);
    if (!pod)
        return mem_printf("%s %s/%s, no pod", word, o->ns, o->name);
    return mem_printf("%s %s/%s, pod %s%s", word, o->ns, o->name, pod->name, pod->present ? "" : " (not there)");
}

char *log_pods_title(const struct log_pods *pods, enum log_pane pane)
{
    if (pane == LOGS_SYSTEM)
        return mem_text("controller and router");
    if (pane == LOGS_CLAIM)
        return claim_title(pods);
    struct buf b = {0};
    for (unsigned i = 0; i < PICKS_MOST; i++)
        if (pods->picks[i])
            buf_printf(&b, "%s%s/%s", b.n ? ", " : "pod ", pods->picks[i]->ns, pods->picks[i]->name);
    return buf_take(&b);
}

struct log_pods *log_pods_new(struct session *s)
{
    struct log_pods *pods = NEW(struct log_pods);

    pods->session = s;
    pods->selected_kind = KIND_NONE;
    pods->store = store_new();
    return pods;
}

void log_pods_free(struct log_pods *pods)
{
    for (unsigned i = 0; i < PICKS_MOST; i++)
        if (pods->picks[i])
            pick_free(pods->picks[i]);
    store_free(pods->store);
    free(pods->selected_ns);
    free(pods->selected_name);
    free(pods);
}
