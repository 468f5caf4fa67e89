/* Watches: from a resourceVersion, from now, or as a streamed list (WatchList). Changes are written to the watches as they happen. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

enum { BOOKMARK_MS = 60 * 1000, LONGEST_MS = 45 * 60 * 1000 };

static void add_event(struct exchange *x, const char *type, const struct version *v)
{
    buf_printf(&x->out, "{\"type\":\"%s\",\"object\":", type);
    world_render(x->sim, v, slice_of(x->watch.version), false, &x->out);
    buf_add_text(&x->out, "}\n");
}

static bool in_scope(const struct watch *w, const struct version *v)
{
    return v && (!w->ns || strcmp(v->ns, w->ns) == 0) && selector_match(&w->selector, v);
}

/* An object that begins to fit is ADDED, one that fits no longer is DELETED, whatever really happened. */
static void tell(struct exchange *x, const struct change *c)
{
    bool was = in_scope(&x->watch, c->before);
    bool is = c->type != CHANGE_DELETED && in_scope(&x->watch, c->after);

    if (was || is)
        add_event(x, !was ? "ADDED" : is ? "MODIFIED" : "DELETED", c->after);
}

void watch_tell(struct sim *sim, const struct change *c)
{
    for (size_t i = 0; i < sim->exchanges.n; i++) {
        struct exchange *x = sim->exchanges.v[i];
        if (x->stream == STREAM_WATCH && !x->dead && !x->finished && x->watch.resource == c->after->resource &&
            c->after->rv > x->watch.after_rv)
            tell(x, c);
    }
}

static void add_bookmark(struct exchange *x, bool initial_end)
{
    const struct resource *r = x->watch.resource;
    unsigned long long rv = x->sim->rv;
    const char *notes = "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}";

    buf_add_text(&x->out, "{\"type\":\"BOOKMARK\",\"object\":{");
    if (r->crd)
        buf_printf(&x->out, "\"apiVersion\":\"%s/%s\",\"kind\":\"%s\",\"metadata\":{%s%s\"resourceVersion\":\"%llu\"}}}\n", r->group,
                   x->watch.version, r->kind,
                   initial_end ? notes : "", initial_end ? "," : "", rv);
    else
        buf_printf(&x->out, "\"kind\":\"%s\",\"apiVersion\":\"%s%s%s\",\"metadata\":{\"resourceVersion\":\"%llu\"%s%s},\"spec\":{},"
                   "\"status\":{}}}\n", r->kind,
                   r->group, *r->group ? "/" : "", r->version, rv, initial_end ? "," : "", initial_end ? notes : "");
}

static void add_initial(struct exchange *x)
{
    const struct ptrs *all = world_objects(x->sim, x->watch.resource);

    for (size_t i = 0; i < all->n; i++)
        if (in_scope(&x->watch, all->v[i]))
            add_event(x, "ADDED", all->v[i]);
}

static void replay(struct exchange *x, uint64_t rv)
{
    const struct sim *sim = x->sim;

    for (size_t i = sim->history_start; i < sim->history.n; i++) {
        const struct change *c = sim->history.v[i];
        if (c->after->rv > rv && c->after->resource == x->watch.resource)
            tell(x, c);
    }
}

/* WatchList wants its match said; a match without WatchList is not for watches. */
static bool check_match(struct exchange *x, const struct route *route)
{
    const char *initial = query_get(&route->query, "sendInitialEvents"), *match = query_get(&route->query, "resourceVersionMatch");
    const char *wrong = NULL;

    if (initial && (!match || strcmp(match, "NotOlderThan") != 0))
        wrong = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
    else if (!initial && match)
        wrong = "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
    if (!wrong)
        return true;
    char *message = mem_printf("ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: %s", wrong);
    char *details = mem_printf("{\"group\":\"meta.k8s.io\",\"kind\":\"ListOptions\",\"causes\":[{\"reason\":\"FieldValueForbidden\","
                               "\"message\":\"%s\","
                               "\"field\":\"resourceVersionMatch\"}]}", wrong);
    http_status(x, 422, "Invalid", message, details);
    free(message);
    free(details);
    return false;
}

/* HTTP 200, one ERROR line, the end: captured in tests/fixtures/wire/watch-410.ndjson. */
static void too_old(struct exchange *x, int64_t rv)
{
    buf_printf(&x->out,
               "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
               "\"message\":\"too old resource "
               "version: %lld (%llu)\",\"reason\":\"Expired\",\"code\":410}}\n",
               (long long)rv, (unsigned long long)x->sim->oldest_rv);
    exchange_finish(x, END_DONE, "");
}

static void open_watch(struct exchange *x, const struct route *route, int64_t rv)
{
    int64_t now = sim_mono(x->sim), seconds = 0;
    const char *timeout = query_get(&route->query, "timeoutSeconds");

    x->stream = STREAM_WATCH;
    x->watch.resource = route->resource;
    x->watch.version = mem_text(route->version);
    x->watch.ns = mem_text(route->ns);
    x->watch.bookmarks = query_true(&route->query, "allowWatchBookmarks");
    x->watch.bookmark_at = x->watch.bookmarks ? now + BOOKMARK_MS : INT64_MAX;
    bool timed = timeout && slice_int(slice_of(timeout), &seconds) && seconds > 0 && seconds < 86400;
    x->watch.ends_at = now + (timed ? seconds * 1000 : LONGEST_MS);
    x->watch.after_rv = (uint64_t)rv;
}

void watch_answer(struct exchange *x, const struct route *route)
{
    const char *text = query_get(&route->query, "resourceVersion");
    struct err err = {0};
    int64_t rv = 0;

    if (!check_match(x, route))
        return;
    const char *labels = query_get(&route->query, "labelSelector"), *fields = query_get(&route->query, "fieldSelector");
    if (!selector_parse(&x->watch.selector, route->resource, labels, fields, &err)) {
        http_status(x, 400, "BadRequest", err.text, NULL);
        err_clear(&err);
        return;
    }
    if (text && *text && (!slice_int(slice_of(text), &rv) || rv < 0)) {
        char *message = mem_printf("resourceVersion: Invalid value: \"%s\": strconv.ParseUint: parsing \"%s\": invalid syntax", text, text);
        http_status(x, 500, NULL, message, NULL);
        free(message);
        return;
    }
    bool initial = query_true(&route->query, "sendInitialEvents");
    if (rv > 0 && !initial && (uint64_t)rv < x->sim->oldest_rv) {
        too_old(x, rv);
        return;
    }
    open_watch(x, route, rv);
    if (initial || (rv == 0 && !query_get(&route->query, "sendInitialEvents")))
        add_initial(x);
    else if (rv > 0)
        replay(x, (uint64_t)rv);
    if (initial && x->watch.bookmarks)
        add_bookmark(x, true);
}

void watch_step(struct exchange *x, int64_t mono)
{
    if (x->finished)
        return;
    if (mono >= x->watch.bookmark_at) {
        add_bookmark(x, false);
        x->watch.bookmark_at = mono + BOOKMARK_MS;
    }
    if (mono >= x->watch.ends_at)
        exchange_finish(x, END_DONE, "");
}
