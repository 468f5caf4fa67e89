/* Which way the command goes: the router's Service is looked for from the start, beside all else; the ways are taken in order, and one that
 * was refused before anything was received gives way to the next. */
#include "core/run/run_internal.h"

#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define SERVICE_NAME "sandbox-router-svc"

static void router_free(struct router *router)
{
    free(router->ns);
    free(router->service);
    free(router->port);
    free(router->selector);
    free(router);
}

void routers_free(struct run *r)
{
    for (size_t i = 0; i < r->routers.n; i++)
        router_free(r->routers.v[i]);
    ptrs_free(&r->routers);
}

/* ---- looking for it ----------------------------------------------------------------------------------------------------------------- */

static int rank_of(const struct run *r, const char *ns)
{
    return strcmp(ns, r->config.ns) == 0 ? 3 : strcmp(ns, "agent-sandbox-system") == 0 ? 2 : strcmp(ns, "default") == 0 ? 1 : 0;
}

/* "app=sandbox-router,tier=x" out of spec.selector. */
static char *selector_of(json service)
{
    struct buf out = {0}, scratch = {0};

    for (struct json_walk w = json_members(json_path(service, "spec.selector")); json_next(&w);) {
        struct slice value = json_str(w.value, &scratch);
        buf_printf(&out, "%s%.*s=%.*s", out.n ? "," : "", (int)w.key.n, w.key.p, (int)value.n, value.p);
    }
    buf_free(&scratch);
    return buf_take(&out);
}

static const char *service_name(const struct run *r)
{
    return r->config.router_service ? r->config.router_service : SERVICE_NAME;
}

static void add_router(struct run *r, const char *ns, const char *service, const char *port, char *selector)
{
    struct router *router = NEW(struct router);
    size_t at = 0;

    *router = (struct router){.ns = mem_text(ns), .service = mem_text(service), .port = mem_text(port), .selector = selector};
    while (at < r->routers.n && rank_of(r, ((struct router *)r->routers.v[at])->ns) >= rank_of(r, ns))
        at++;
    ptrs_insert(&r->routers, at, router);
}

static void take_service(struct run *r, json service)
{
    char *ns = json_dup(json_path(service, "metadata.namespace")), *name = json_dup(json_path(service, "metadata.name"));
    struct json_walk ports = json_items(json_path(service, "spec.ports"));
    int64_t port = 8080;
    char text[16];

    if (json_next(&ports))
        json_int(json_get(ports.value, "port"), &port);
    snprintf(text, sizeof text, "%d", port > 0 && port < 65536 ? (int)port : 8080);
    if (ns && name)
        add_router(r, ns, name, text, selector_of(service));
    free(ns);
    free(name);
}

static void answered(struct run *r)
{
    if (--r->routers_open > 0)
        return;
    r->routers_known = true;
    router_known(r);
}

static void on_service(struct run *r, struct ask *a)
{
    if (a->reason == END_DONE && a->status == 200)
        take_service(r, json_whole(buf_slice(&a->answer)));
    else if (a->status == 403) {
        /* It may not be read, but perhaps be spoken to. Its name and namespace are the project's. */
        char *part = strstr(a->path, "/namespaces/");
        char *ns = part ? slice_dup((struct slice){part + 12, strcspn(part + 12, "/")}) : mem_text("default");
        add_router(r, ns, service_name(r), "8080", mem_text(""));
        free(ns);
    }
    answered(r);
}

static void ask_service(struct run *r, const char *ns)
{
    r->routers_open++;
    ask_new(r, "GET", kube_path("/api/v1/namespaces/%s/services/%s", ns, service_name(r)), NULL, on_service);
}

static void on_services(struct run *r, struct ask *a)
{
    if (a->reason == END_DONE && a->status == 200) {
        for (struct json_walk w = json_items(json_get(json_whole(buf_slice(&a->answer)), "items")); json_next(&w);)
            take_service(r, w.value);
    } else if (a->status == 403) {
        ask_service(r, r->config.ns);
        if (strcmp(r->config.ns, "agent-sandbox-system") != 0)
            ask_service(r, "agent-sandbox-system");
        if (strcmp(r->config.ns, "default") != 0)
            ask_service(r, "default");
    }
    answered(r);
}

void routers_look(struct run *r)
{
    bool wanted = r->config.way == RUN_WAY_ANY || r->config.way == RUN_WAY_SERVICE || r->config.way == RUN_WAY_FORWARD;

    if (!wanted || (r->config.router_url && r->config.way != RUN_WAY_SERVICE && r->config.way != RUN_WAY_FORWARD)) {
        r->routers_known = true;
    } else if (r->config.router_ns) {
        ask_service(r, r->config.router_ns);
    } else {
        r->routers_open++;
        ask_new(r, "GET", kube_path("/api/v1/services?fieldSelector=metadata.name%%3D%s", service_name(r)), NULL, on_services);
    }
}

/* ---- the pod behind it, for a port-forward ------------------------------------------------------------------------------------------- */

static bool pod_ready(json pod)
{
    for (struct json_walk w = json_items(json_path(pod, "status.conditions")); json_next(&w);)
        if (json_is(json_get(w.value, "type"), "Ready"))
            return json_is(json_get(w.value, "status"), "True") && !json_path(pod, "metadata.deletionTimestamp").n;
    return false;
}

static void take_pod(struct run *r, char *name)
{
    if (name)
        set_text(&r->router_pod, name);
}

static void on_router_pods(struct run *r, struct ask *a)
{
    r->router_asked = false;
    if (r->phase != PHASE_ROUTER)
        return;
    if (a->status == 200)
        for (struct json_walk w = json_items(json_get(json_whole(buf_slice(&a->answer)), "items")); json_next(&w) && !*r->router_pod;)
            if (pod_ready(w.value))
                take_pod(r, json_dup(json_path(w.value, "metadata.name")));
    if (*r->router_pod) {
        send_by(r, RUN_WAY_FORWARD);
    } else if (a->status != 200) {
        run_fail_ask(r, a, "the router's pods could not be listed, and a token needs a port-forward to one");
    } else {
        const struct router *router = r->routers.v[r->router_at];
        run_fail(r, mem_printf("no pod of the router %s/%s is ready, and a token needs a port-forward to one", router->ns,
                               router->service));
    }
}

static void find_router_pod(struct run *r)
{
    const struct router *router = r->routers.v[r->router_at];

    if (*r->router_pod) {
        send_by(r, RUN_WAY_FORWARD);
    } else if (!r->router_asked) {
        r->router_asked = true;
        ask_new(r, "GET", kube_path("/api/v1/namespaces/%s/pods?labelSelector=%s", router->ns, *router->selector ? router->selector
                                    : "app=sandbox-router"), NULL,
                on_router_pods);
    }
}

/* ---- the next way -------------------------------------------------------------------------------------------------------------------- */

char *router_tell(const struct run *r, enum run_way way)
{
    const struct router *router = r->router_at < r->routers.n ? r->routers.v[r->router_at] : NULL;

    if (way == RUN_WAY_URL)
        return mem_printf("%s: %s", run_way_name(way), r->config.router_url);
    if (way == RUN_WAY_EXEC)
        return mem_printf("%s: %s", run_way_name(way), *r->pod ? r->pod : r->sandbox);
    if (way == RUN_WAY_FORWARD)
        return mem_printf("%s: %s/%s", run_way_name(way), router ? router->ns : "", r->router_pod);
    return mem_printf("%s: %s/%s", run_way_name(way), router ? router->ns : "", router ? router->service : "");
}

static bool may(const struct run *r, enum run_way way)
{
    return (r->config.way == RUN_WAY_ANY || r->config.way == way) && !(r->ways_tried & 1u << way);
}

static enum run_way next_way(const struct run *r)
{
    bool router = r->router_at < r->routers.n;

    if (r->config.router_url && may(r, RUN_WAY_URL))
        return RUN_WAY_URL;
    bool through_url = r->config.router_url && r->config.way == RUN_WAY_ANY;
    if (router && !through_url && !r->token && may(r, RUN_WAY_SERVICE))
        return RUN_WAY_SERVICE;
    if (router && !through_url && (r->token || r->config.way == RUN_WAY_FORWARD) && may(r, RUN_WAY_FORWARD))
        return RUN_WAY_FORWARD;
    return may(r, RUN_WAY_EXEC) ? RUN_WAY_EXEC : RUN_WAY_ANY;
}

bool other_runtime(const struct run *r)
{
    bool any = false;

    if (r->eyes[EYE_SANDBOX].state != EYE_PRESENT)
        return false;
    for (struct json_walk c = json_items(json_path(eye_object(&r->eyes[EYE_SANDBOX]),
                                                   "spec.podTemplate.spec.containers")); json_next(&c);) {
        for (struct json_walk p = json_items(json_get(c.value, "ports")); json_next(&p);) {
            int64_t port = 0;
            any = true;
            if (json_int(json_get(p.value, "containerPort"), &port) && port == r->config.port)
                return false;
        }
    }
    return any;
}

static void go(struct run *r)
{
    enum run_way way = other_runtime(r) && may(r, RUN_WAY_EXEC) ? RUN_WAY_EXEC : next_way(r);

    if (way == RUN_WAY_ANY) {
        run_fail(r, *r->failure ? mem_text(r->failure) : mem_printf("there is no router: no Service %s was found%s",
                                                                    r->config.router_service
                 ? r->config.router_service : SERVICE_NAME, r->config.way == RUN_WAY_ANY ? "" : ", and no other way is allowed"));
    } else if (way == RUN_WAY_EXEC && !*r->pod && r->eyes[EYE_SANDBOX].state <= EYE_LOOKING) {
        stage_say(r, RUN_STAGE_ROUTER, mem_text("pods/exec: finding the pod"));
        watch_box(r);                /* its news comes back through router_known */
    } else if (way == RUN_WAY_FORWARD) {
        find_router_pod(r);
    } else {
        if (!*r->pod)
            set_text(&r->pod, mem_text(way == RUN_WAY_EXEC ? r->sandbox : ""));
        send_by(r, way);
    }
}

void router_known(struct run *r)
{
    if (r->phase == PHASE_ROUTER && r->routers_known && !r->command && !r->exec && !r->forward)
        go(r);
}

void router_begin(struct run *r)
{
    r->phase = PHASE_ROUTER;
    stage_begin(r, RUN_STAGE_ROUTER);
    router_known(r);
}
