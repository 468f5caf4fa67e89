/* The reflectors: which lists are kept in step, when each starts, and what their health means for the screen and the rules.
 * Invariant: source i of the store is fed by sources[i] alone. */
#include "core/base/mem.h"
#include "core/session/session_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Order of starting: what the first screen needs, then what explains it, then what only adds. Labels: facts read from the Agent Sandbox
 * manifests; `app.kubernetes.io/name` is the Go router's, `app` the Python router's and the controller's. */
const struct source_row source_rows[SOURCE_COUNT] = {
    [SOURCE_CLAIMS] = {"claims", KIND_CLAIM, NULL, true, NULL, START_FIRST},
    [SOURCE_SANDBOXES] = {"sandboxes", KIND_SANDBOX, NULL, true, NULL, START_CLAIMS_LISTED},
    [SOURCE_POOLS] = {"warm pools", KIND_POOL, NULL, true, NULL, START_FIRST},
    [SOURCE_TEMPLATES] = {"templates", KIND_TEMPLATE, NULL, true, NULL, START_FIRST},
    [SOURCE_SANDBOX_PODS] = {"sandbox pods", KIND_POD, "labelSelector=agents.x-k8s.io%2Fsandbox-name-hash", true, NULL, START_CLAIMS_LISTED},
    [SOURCE_APP_PODS] = {"controller and router pods", KIND_POD, "labelSelector=app%20in%20%28agent-sandbox-controller%2Csandbox-router%29", false,
                         "agent-sandbox-system", START_FIRST},
    [SOURCE_NAMED_PODS] = {"router pods", KIND_POD,
                           "labelSelector=app.kubernetes.io%2Fname%20in%20%28agent-sandbox-controller%2Csandbox-router%29", false, NULL, START_FIRST},
    [SOURCE_DEPLOYMENTS] = {"deployments", KIND_DEPLOYMENT, NULL, false, "agent-sandbox-system", START_FIRST},
    [SOURCE_NODES] = {"nodes", KIND_NODE, NULL, false, NULL, START_CLAIMS_LISTED},
    [SOURCE_WARNINGS] = {"warning events", KIND_EVENT, "fieldSelector=type%21%3DNormal", true, NULL, START_ALL_LISTED},
    [SOURCE_ABOUT_CLAIM] = {"events of the claim", KIND_EVENT, NULL, true, NULL, START_SELECTED},
    [SOURCE_ABOUT_SANDBOX] = {"events of the sandbox", KIND_EVENT, NULL, true, NULL, START_SELECTED},
    [SOURCE_ABOUT_POD] = {"events of the pod", KIND_EVENT, NULL, true, NULL, START_SELECTED},
    [SOURCE_ABOUT_POOL] = {"events of the pool", KIND_EVENT, NULL, true, NULL, START_SELECTED},
};

/* How long sandboxes and pods wait for the claims, so that the first screen is not slowed by them; ms. */
enum { CLAIMS_HEAD_START_MS = 1500, EVENTS_LATEST_MS = 5000 };

static void on_upsert(void *ctx, json object)
{
    struct source *source = ctx;

    store_apply(source->session->store, source_rows[source->id].kind, source->id, object);
}

static void on_delete(void *ctx, json object)
{
    struct source *source = ctx;

    store_remove(source->session->store, source_rows[source->id].kind, source->id, object);
}

static void on_list_begin(void *ctx)
{
    struct source *source = ctx;

    store_list_begin(source->session->store, source_rows[source->id].kind, source->id);
}

static void on_list_end(void *ctx)
{
    struct source *source = ctx;

    store_list_end(source->session->store, source_rows[source->id].kind, source->id);
}

static void on_status(void *ctx, const struct reflector_status *status)
{
    struct source *source = ctx;

    source->session->sources_changed = true;
    if (status->state == REFLECTOR_WAITING)
        prober_ask(source->session->prober);
}

static const struct reflector_sink sink = {
    .on_upsert = on_upsert, .on_delete = on_delete, .on_list_begin = on_list_begin, .on_list_end = on_list_end, .on_status = on_status,
};

static void stop(struct source *source)
{
    if (!source->reflector)
        return;
    reflector_free(source->reflector);
    source->reflector = NULL;
    store_drop_source(source->session->store, source_rows[source->id].kind, source->id);
    source->session->sources_changed = true;
}

static void start(struct source *source, const char *ns, const char *selector)
{
    struct session *s = source->session;
    const struct source_row *row = &source_rows[source->id];
    char *path = object_path(s, row->kind, ns, NULL);

    stop(source);
    free(source->ns);
    source->ns = mem_text(ns);
    if (!path)
        return;
    struct reflector_config config = {
        .path = path, .selector = selector, .stream_list = s->stream_lists, .page_size = 500,
        .seed = (uint64_t)s->started_ms * 31 + source->id,
    };
    source->reflector = reflector_new(s->transport, s->clock, &config, &sink, source);
    reflector_start(source->reflector);
    s->sources_changed = true;
    free(path);
}

void session_keep(struct session *s, enum session_extent extent)
{
    s->extent = extent;
}

static bool left_out(const struct session *s, enum source_id id)
{
    const uint32_t system = 1u << SOURCE_APP_PODS | 1u << SOURCE_NAMED_PODS;
    const uint32_t chains = system | 1u << SOURCE_CLAIMS | 1u << SOURCE_SANDBOXES | 1u << SOURCE_SANDBOX_PODS;

    return s->extent != SESSION_ALL && !((s->extent == SESSION_CHAINS ? chains : system) & 1u << id);
}

bool source_synced(const struct session *s, enum source_id id)
{
    const struct source *source = &s->sources[id];

    if (!source->reflector)
        return s->facts.discovered && (!s->versions[source_rows[id].kind] || left_out(s, id));
    const struct reflector_status *status = reflector_status(source->reflector);
    return status->synced || status->state == REFLECTOR_FORBIDDEN || status->state == REFLECTOR_GONE;
}

static bool time_to_start(const struct session *s, enum source_id id)
{
    int64_t waited = mono(s) - s->started_ms;

    switch (source_rows[id].start) {
    case START_FIRST:
        return true;
    case START_CLAIMS_LISTED:
        return source_synced(s, SOURCE_CLAIMS) || waited > CLAIMS_HEAD_START_MS;
    case START_ALL_LISTED:
        return (source_synced(s, SOURCE_CLAIMS) && source_synced(s, SOURCE_SANDBOXES) && source_synced(s, SOURCE_SANDBOX_PODS)) ||
               waited > EVENTS_LATEST_MS;
    case START_SELECTED:
        return false;
    }
    return false;
}

void sources_start(struct session *s)
{
    if (!s->facts.discovered)
        return;
    for (enum source_id id = 0; id < SOURCE_COUNT; id++) {
        struct source *source = &s->sources[id];
        source->session = s;
        source->id = id;
        if (!source->reflector && s->versions[source_rows[id].kind] && !left_out(s, id) && time_to_start(s, id))
            start(source, source_rows[id].follows_ns ? s->ns : NULL, source_rows[id].selector);
    }
}

void sources_restart(struct session *s)
{
    for (enum source_id id = 0; id < SOURCE_COUNT; id++) {
        struct source *source = &s->sources[id];
        if (!source_rows[id].follows_ns)
            continue;
        stop(source);
        source->fell_back = false;
        source->about = (struct uid){0};
    }
    s->started_ms = mono(s);
    sources_start(s);
}

void sources_served(struct session *s, enum kind kind, bool changed)
{
    for (enum source_id id = 0; id < SOURCE_COUNT; id++) {
        struct source *source = &s->sources[id];
        if (source_rows[id].kind != kind || !source->reflector)
            continue;
        if (changed) {
            stop(source);
            source->fell_back = false;
        } else if (reflector_status(source->reflector)->state == REFLECTOR_GONE) {
            reflector_retry_now(source->reflector);
        }
    }
}

void sources_free(struct session *s)
{
    for (enum source_id id = 0; id < SOURCE_COUNT; id++) {
        struct source *source = &s->sources[id];
        if (source->reflector)
            reflector_free(source->reflector);
        free(source->ns);
        free(source->message);
    }
}

/* Whoever may not list the cluster may still list a namespace: the session's own, or where the installation usually is. */
static void fall_back(struct source *source)
{
    struct session *s = source->session;
    const struct source_row *row = &source_rows[source->id];
    const char *ns = row->fallback_ns ? row->fallback_ns : s->fallback_ns;

    if (source->fell_back || source->ns || !(kind_info(row->kind)->flags & KIND_NAMESPACED) || row->start == START_SELECTED)
        return;
    source->fell_back = true;
    start(source, ns, row->selector);
}

void sources_step(struct session *s)
{
    for (enum source_id id = 0; id < SOURCE_COUNT; id++) {
        struct source *source = &s->sources[id];
        if (!source->reflector)
            continue;
        if (reflector_due(source->reflector) == 0)
            reflector_step(source->reflector);
        if (reflector_status(source->reflector)->state == REFLECTOR_FORBIDDEN)
            fall_back(source);
    }
}

int64_t sources_due(const struct session *s)
{
    int64_t due = -1;

    for (enum source_id id = 0; id < SOURCE_COUNT; id++)
        if (s->sources[id].reflector)
            due = sooner(due, reflector_due(s->sources[id].reflector));
    return due;
}

void sources_retry_now(struct session *s)
{
    for (enum source_id id = 0; id < SOURCE_COUNT; id++)
        if (s->sources[id].reflector)
            reflector_retry_now(s->sources[id].reflector);
}

/* Normal events are read only for what is selected: the cluster's all would be several times everything else. */
static void watch_about(struct session *s, enum source_id id, const struct object *o)
{
    struct source *source = &s->sources[id];
    char text[40], selector[96];

    if (!o || !o->present || uid_none(o->uid)) {
        stop(source);
        source->about = (struct uid){0};
        return;
    }
    if (source->reflector && uid_eq(source->about, o->uid))
        return;
    source->about = o->uid;
    snprintf(selector, sizeof selector, "fieldSelector=involvedObject.uid%%3D%s", uid_text(o->uid, text));
    start(source, o->ns, selector);
}

void sources_select(struct session *s)
{
    const struct object *o = NULL;

    if (!s->facts.discovered)
        return;
    if (s->selected_kind != KIND_NONE)
        o = store_find(s->store, s->selected_kind, slice_of(s->selected_ns), slice_of(s->selected_name));
    const struct object *claim = !o ? NULL : o->kind == KIND_CLAIM ? o : chain_claim(o);
    const struct object *pool = !o ? NULL : o->kind == KIND_POOL ? o : claim ? link_to(claim, LINK_CLAIM_POOL) : NULL;
    watch_about(s, SOURCE_ABOUT_CLAIM, claim);
    watch_about(s, SOURCE_ABOUT_SANDBOX, o ? chain_sandbox(o) : NULL);
    watch_about(s, SOURCE_ABOUT_POD, o ? chain_pod(o) : NULL);
    watch_about(s, SOURCE_ABOUT_POOL, pool);
}

static enum source_health health_of(const struct session *s, const struct source *source, const struct reflector_status *status)
{
    if (prober_status(s->prober)->down && status->synced)
        return SOURCE_STALE;
    switch (status->state) {
    case REFLECTOR_WATCHING:
        return SOURCE_LIVE;
    case REFLECTOR_FORBIDDEN:
        return SOURCE_FORBIDDEN;
    case REFLECTOR_GONE:
        return SOURCE_ABSENT;
    case REFLECTOR_WAITING:
        return status->synced ? SOURCE_STALE : SOURCE_LOADING;
    case REFLECTOR_IDLE:
        return SOURCE_OFF;
    case REFLECTOR_LISTING:
        break;
    }
    (void)source;
    return status->synced && status->failures ? SOURCE_STALE : status->synced ? SOURCE_LIVE : SOURCE_LOADING;
}

/* What is shown is borrowed until the next turn, and a screen may ask several times in one: a text that has not changed stays where it is. */
static void set_message(struct source *source, char *text)
{
    if (text && source->message && strcmp(text, source->message) == 0) {
        free(text);
        return;
    }
    free(source->message);
    source->message = text;
}

static char *message_of(const struct source *source, const struct source_status *out, const struct reflector_status *status)
{
    if (out->health == SOURCE_FORBIDDEN)
        return mem_printf("403: may not %s %s %s%s", status->verb ? status->verb : "list", kind_info(out->kind)->plural,
                          source->ns ? "in namespace " : "in all namespaces", source->ns ? source->ns : "");
    if (status->message && *status->message)
        return mem_text(status->message);
    return source->fell_back ? mem_printf("only namespace %s: the cluster-wide list is forbidden", source->ns) : NULL;
}

static void report_one(struct session *s, struct source *source, struct source_status *out)
{
    const struct source_row *row = &source_rows[source->id];

    *out = (struct source_status){.kind = row->kind, .name = row->name, .health = SOURCE_OFF, .message = ""};
    if (!source->reflector) {
        set_message(source, NULL);
        if (s->facts.discovered && !s->versions[row->kind]) {
            out->health = SOURCE_ABSENT;
            out->message = "the server does not serve this resource";
        }
        return;
    }
    const struct reflector_status *status = reflector_status(source->reflector);
    out->health = health_of(s, source, status);
    out->synced = status->synced;
    int64_t contact = prober_status(s->prober)->contact_ms;
    if (out->health == SOURCE_STALE && status->contact_ms > contact)
        contact = status->contact_ms;
    out->age_ms = out->health == SOURCE_STALE ? mono(s) - (contact ? contact : s->started_ms) : 0;
    out->retry_in_ms = status->retry_at_ms > mono(s) ? status->retry_at_ms - mono(s) : 0;
    set_message(source, message_of(source, out, status));
    out->message = source->message ? source->message : "";
}

void sources_report(struct session *s)
{
    struct cluster_facts before = s->facts;
    static const enum source_id of_kind[KIND_COUNT] = {
        [KIND_CLAIM] = SOURCE_CLAIMS, [KIND_SANDBOX] = SOURCE_SANDBOXES, [KIND_POOL] = SOURCE_POOLS, [KIND_TEMPLATE] = SOURCE_TEMPLATES,
        [KIND_POD] = SOURCE_SANDBOX_PODS, [KIND_NODE] = SOURCE_NODES, [KIND_DEPLOYMENT] = SOURCE_DEPLOYMENTS, [KIND_EVENT] = SOURCE_WARNINGS,
    };

    for (enum source_id id = 0; id < SOURCE_COUNT; id++)
        report_one(s, &s->sources[id], &s->statuses[id]);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        if (!(kind_info(kind)->flags & KIND_WATCHED))
            continue;
        const struct source_status *status = &s->statuses[of_kind[kind]];
        s->facts.synced[kind] = status->synced && status->health != SOURCE_FORBIDDEN;
        s->facts.forbidden[kind] = status->health == SOURCE_FORBIDDEN;
    }
    if (memcmp(&before, &s->facts, sizeof before))
        s->facts_changed = true;
    s->sources_changed = false;
}
