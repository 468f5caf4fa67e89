/* What the story writes down: Events in their two shapes, and the lines of the controller's and the router's logs, word for word and
 * key for key as captured (the event lists and logs of tests/fixtures). Events live for an hour, as the API server keeps them. */
#include "core/base/mem.h"
#include "core/sim/sim_story.h"

#include <stdlib.h>

enum { EVENT_LIFE_MS = 3600 * 1000 };

static void told_free(struct told *t)
{
    free(t->name);
    free(t->ns);
    free(t->key);
    free(t);
}

void events_free(struct story *s)
{
    for (size_t i = 0; i < s->events.n; i++)
        told_free(s->events.v[i]);
    ptrs_free(&s->events);
}

static void micro_stamp(struct buf *out, int64_t ms, unsigned micros)
{
    char text[32];

    time_rfc3339(ms, text);
    text[strlen(text) - 1] = 0;
    buf_printf(out, "\"%s.%03d%03uZ\"", text, (int)(ms % 1000), micros % 1000);
}

static struct told *told_new(struct story *s, const struct about *about, char *key)
{
    struct told *t = NEW(struct told);
    long long ns = (long long)story_now(s) * 1000000 + s->events_made++ % 1000000;

    *t = (struct told){
        .name = mem_printf("%s.%llx", about->name, ns), .ns = mem_text(about->ns), .key = key,
        .first_ms = story_now(s), .last_ms = story_now(s), .count = 1,
    };
    ptrs_add(&s->events, t);
    return t;
}

/* Up to reason and message, which all Events share. */
static void event_head(struct buf *out, const struct told *t, const struct about *about, const char *reason, const char *message)
{
    buf_printf(out, "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\"},\"involvedObject\":{\"kind\":\"%s\",\"namespace\":\"%s\","
               "\"name\":\"%s\",\"uid\":\"%s\","
               "\"apiVersion\":\"%s\"", t->name, t->ns, about->kind, about->ns, about->name, about->uid, about->api);
    if (about->field)
        buf_printf(out, ",\"fieldPath\":\"%s\"", about->field);
    buf_printf(out, "},\"reason\":\"%s\",\"message\":", reason);
    json_quote(out, slice_of(message));
}

/* eventTime style: repeats are a series. */
static void write_new(struct story *s, const struct told *t, const struct about *about, const char *type, const char *reason,
                      const char *action, const char *component, const char *message)
{
    struct buf out = {0};

    event_head(&out, t, about, reason, message);
    buf_printf(&out, ",\"source\":{},\"firstTimestamp\":null,\"lastTimestamp\":null,\"type\":\"%s\",\"eventTime\":", type);
    micro_stamp(&out, t->first_ms, (unsigned)t->first_ms * 137);
    if (t->count > 1) {
        buf_printf(&out, ",\"series\":{\"count\":%d,\"lastObservedTime\":", t->count);
        micro_stamp(&out, t->last_ms, (unsigned)t->last_ms * 137);
        buf_add_text(&out, "}");
    }
    buf_printf(&out, ",\"action\":\"%s\",\"reportingComponent\":\"%s\",\"reportingInstance\":\"%s-%s\"}", action, component, component,
               strcmp(component, "default-scheduler") == 0 || !s->controller_pod ? "control-plane" : s->controller_pod);
    story_put(s, "events", &out);
}

static struct told *told_of(const struct story *s, const char *key)
{
    for (size_t i = s->events.n; i-- > 0;) {
        struct told *t = s->events.v[i];
        if (t->key && strcmp(t->key, key) == 0)
            return t;
    }
    return NULL;
}

void event_new(struct story *s, const struct about *about, const char *type, const char *reason, const char *action, const char *component,
               const char *message)
{
    write_new(s, told_new(s, about, NULL), about, type, reason, action, component, message);
}

/* What is told under that key: once more, or for the first time. Takes key over. */
static struct told *told_again(struct story *s, const struct about *about, char *key)
{
    struct told *t = told_of(s, key);

    if (!t)
        return told_new(s, about, key);
    free(key);
    t->count++;
    t->last_ms = story_now(s);
    return t;
}

void event_series(struct story *s, const struct about *about, const char *reason, const char *action, const char *component,
                  const char *message)
{
    char *key = mem_printf("%s %s", about->uid, reason);

    write_new(s, told_again(s, about, key), about, "Warning", reason, action, component, message);
}

bool event_told(const struct story *s, const char *uid, const char *reason)
{
    char *key = mem_printf("%s %s", uid, reason);
    bool told = told_of(s, key) != NULL;

    free(key);
    return told;
}

void event_kubelet(struct story *s, const struct about *about, const struct box *b, const char *type, const char *reason,
                   const char *message)
{
    char *key = mem_printf("%s %s %s", about->uid, reason, message), first[32], last[32];
    const char *node = s->cast->nodes[b->node].name;
    struct told *t = told_again(s, about, key);
    struct buf out = {0};

    event_head(&out, t, about, reason, message);
    buf_printf(&out, ",\"source\":{\"component\":\"kubelet\",\"host\":\"%s\"},\"firstTimestamp\":\"%s\",\"lastTimestamp\":\"%s\","
               "\"count\":%d,\"type\":\"%s\","
               "\"eventTime\":null,\"reportingComponent\":\"kubelet\",\"reportingInstance\":\"%s\"}",
               node, time_rfc3339(t->first_ms, first), time_rfc3339(t->last_ms, last), t->count, type, node);
    story_put(s, "events", &out);
}

void events_expire(struct story *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->events.n; i++) {
        struct told *t = s->events.v[i];
        if (story_now(s) - t->last_ms < EVENT_LIFE_MS) {
            s->events.v[kept++] = t;
            continue;
        }
        world_delete(s->sim, story_kind("events"), t->ns, t->name);
        told_free(t);
    }
    s->events.n = kept;
}

/* ---- logs */

static const char stack[] = "sigs.k8s.io/controller-runtime/pkg/internal/controller.(*Controller[...]).reconcileHandler\\n\\t"
                            "sigs.k8s.io/controller-runtime@v0.24.1/pkg/internal/controller/controller.go:494\\n"
                            "sigs.k8s.io/controller-runtime/pkg/internal/controller.(*Controller[...]).processNextWorkItem\\n\\t"
                            "sigs.k8s.io/controller-runtime@v0.24.1/pkg/internal/controller/controller.go:437";

void controller_line(struct story *s, const char *level, const char *kind, const char *ns, const char *name, const char *message,
                     const char *more)
{
    struct buf out = {0};
    char stamp[32], id[37];
    const struct resource *r = strcmp(kind, "Sandbox") == 0           ? story_kind("sandboxes")
                               : strcmp(kind, "SandboxWarmPool") == 0 ? story_kind("sandboxwarmpools")
                                                                      : story_kind("sandboxclaims");

    if (!s->controller_pod)
        return;
    if (s->controller_debugs && strcmp(level, "debug") != 0)
        controller_line(s, "debug", kind, ns, name, "Start of Reconcile loop", "");
    world_new_uid(s->sim, id);
    buf_printf(&out,
               "{\"level\":\"%s\",\"ts\":\"%s\",\"msg\":\"%s\",\"controller\":\"%s\",\"controllerGroup\":\"%s\",\"controllerKind\":\"%s\","
               "\"%s\":{\"name\":\"%s\","
               "\"namespace\":\"%s\"},\"namespace\":\"%s\",\"name\":\"%s\",\"reconcileID\":\"%s\"%s",
               level, time_rfc3339(story_now(s), stamp), message, r->singular, r->group, kind, kind, name, ns, ns, name, id, more);
    if (strcmp(level, "error") == 0)
        buf_printf(&out, ",\"stacktrace\":\"%s\"", stack);
    buf_add_text(&out, "}");
    log_file_line(s->sim, log_file_get(s->sim, "agent-sandbox-system", s->controller_pod, "agent-sandbox-controller", true), out.p);
    buf_free(&out);
}

static void to_router(struct story *s, struct buf *out)
{
    if (s->router_pod)
        log_file_line(s->sim, log_file_get(s->sim, "agent-sandbox-system", s->router_pod, "sandbox-router", true), out->p);
    buf_free(out);
}

void router_line(struct story *s, const char *sandbox, const char *ns, int status, int duration_ms, int bytes, const char *agent)
{
    struct buf out = {0};
    char stamp[32];

    buf_printf(&out, "{\"level\":\"info\",\"ts\":\"%s\",\"logger\":\"sandbox-router\",\"msg\":\"request\",\"method\":\"POST\","
               "\"path\":\"/execute\",\"status\":%d,"
               "\"duration_ms\":%d,\"client_ip\":\"10.88.0.1\",\"sandbox_id\":", time_rfc3339(story_now(s), stamp), status, duration_ms);
    json_quote(&out, slice_of(sandbox));
    buf_add_text(&out, ",\"sandbox_namespace\":");
    json_quote(&out, slice_of(ns));
    buf_printf(&out, ",\"bytes_out\":%d,\"user_agent\":", bytes);
    json_quote(&out, slice_of(agent));
    buf_add_text(&out, "}");
    to_router(s, &out);
}

void router_refused(struct story *s, const char *sandbox, const char *ns, const char *source, const char *error)
{
    struct buf out = {0};
    char stamp[32];

    buf_printf(&out, "{\"level\":\"error\",\"ts\":\"%s\",\"logger\":\"sandbox-router\",\"msg\":\"upstream connect failure\",\"sandbox\":",
               time_rfc3339(story_now(s), stamp));
    json_quote(&out, slice_of(sandbox));
    buf_add_text(&out, ",\"namespace\":");
    json_quote(&out, slice_of(ns));
    buf_printf(&out, ",\"source\":\"%s\",\"error\":", source);
    json_quote(&out, slice_of(error));
    buf_add_text(&out, ",\"stacktrace\":\"sigs.k8s.io/agent-sandbox/sandbox-router/proxy.(*Handler).ServeHTTP.func2\\n\\t"
                 "sigs.k8s.io/agent-sandbox@v0.5.6/sandbox-router/proxy/proxy.go:251\"}");
    to_router(s, &out);
}
