/* From a request's path to the verb that answers it, and the API server's ways to refuse. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool path_decode(struct slice in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        if (in.p[i] != '%') {
            buf_add_byte(out, in.p[i]);
            continue;
        }
        if (i + 2 >= in.n || hex(in.p[i + 1]) < 0 || hex(in.p[i + 2]) < 0)
            return false;
        char c = (char)(hex(in.p[i + 1]) << 4 | hex(in.p[i + 2]));
        if (c == 0)
            return false;
        buf_add_byte(out, c);
        i += 2;
    }
    return true;
}

static char *query_word(struct slice s)
{
    struct buf plain = {0}, out = {0};

    for (size_t i = 0; i < s.n; i++)
        buf_add_byte(&plain, s.p[i] == '+' ? ' ' : s.p[i]);
    path_decode(buf_slice(&plain), &out);
    buf_free(&plain);
    return buf_take(&out);
}

void query_parse(struct query *q, const char *path)
{
    const char *p = strchr(path, '?');

    for (p = p ? p + 1 : ""; *p;) {
        size_t n = strcspn(p, "&"), name = strcspn(p, "=&");
        ptrs_add(&q->pairs, query_word((struct slice){p, name}));
        ptrs_add(&q->pairs, query_word((struct slice){p + name + (name < n), n - name - (name < n)}));
        p += n + (p[n] == '&');
    }
}

const char *query_get(const struct query *q, const char *name)
{
    for (size_t i = 0; i + 1 < q->pairs.n; i += 2)
        if (strcmp(q->pairs.v[i], name) == 0)
            return q->pairs.v[i + 1];
    return NULL;
}

bool query_true(const struct query *q, const char *name)
{
    const char *value = query_get(q, name);

    return value && (strcmp(value, "true") == 0 || strcmp(value, "1") == 0);
}

void query_free(struct query *q)
{
    for (size_t i = 0; i < q->pairs.n; i++)
        free(q->pairs.v[i]);
    ptrs_free(&q->pairs);
}

/* ---- refusals */

void http_text(struct exchange *x, int code, const char *text)
{
    x->status = code;
    x->answer_type = "text/plain; charset=utf-8";
    buf_clear(&x->out);
    buf_add_text(&x->out, text);
    exchange_finish(x, END_DONE, "");
}

void http_status(struct exchange *x, int code, const char *reason, const char *message, const char *details)
{
    x->status = code;
    x->answer_type = "application/json";
    buf_clear(&x->out);
    buf_add_text(&x->out, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":");
    json_quote(&x->out, slice_of(message));
    if (reason)
        buf_printf(&x->out, ",\"reason\":\"%s\"", reason);
    if (details)
        buf_printf(&x->out, ",\"details\":%s", details);
    buf_printf(&x->out, ",\"code\":%d}\n", code);
    exchange_finish(x, END_DONE, "");
}

void http_not_found(struct exchange *x, const struct resource *r, const char *name)
{
    char *message = mem_printf("%s%s%s \"%s\" not found", r->plural, *r->group ? "." : "", r->group, name);
    struct buf details = {0};

    buf_add_text(&details, "{\"name\":");
    json_quote(&details, slice_of(name));
    if (*r->group)
        buf_printf(&details, ",\"group\":\"%s\"", r->group);
    buf_printf(&details, ",\"kind\":\"%s\"}", r->plural);
    http_status(x, 404, "NotFound", message, details.p);
    free(message);
    buf_free(&details);
}

static void forbidden(struct exchange *x)
{
    struct route route = {0};
    bool found = http_find_route(x->sim, x->path, &route);
    const char *verb = strcmp(x->method, "POST") == 0     ? "create"
                       : strcmp(x->method, "DELETE") == 0 ? "delete"
                       : strcmp(x->method, "PATCH") == 0  ? "patch"
                       : route.name                       ? "get"
                       : query_true(&route.query, "watch") ? "watch" : "list";

    if (found) {
        const struct resource *r = route.resource;
        char *where = route.ns ? mem_printf("in the namespace \"%s\"", route.ns) : mem_text("at the cluster scope");
        char *message = mem_printf("%s%s%s%s%s%s is forbidden: User \"system:serviceaccount:sc-rbac:limited\" cannot %s resource "
                                   "\"%s%s%s\" in API group \"%s\" %s",
                                   r->plural, *r->group ? "." : "", r->group, route.name ? " \"" : "", route.name ? route.name : "",
                                   route.name ? "\"" : "",
                                   verb, r->plural, route.sub ? "/" : "", route.sub ? route.sub : "", r->group, where);
        char *details = *r->group ? mem_printf("{\"group\":\"%s\",\"kind\":\"%s\"}", r->group, r->plural)
                                  : mem_printf("{\"kind\":\"%s\"}", r->plural);
        http_status(x, 403, "Forbidden", message, details);
        free(message);
        free(details);
        free(where);
    } else {
        http_status(x, 403, "Forbidden", "forbidden: User \"system:serviceaccount:sc-rbac:limited\" cannot get path", "{}");
    }
    http_free_route(&route);
}

/* The bodies as captured (tests/fixtures/wire). */
void http_fault(struct exchange *x, int code, const char *body)
{
    if (code == 429 || code == 503)
        x->retry_after_ms = 1000;
    if (body) {
        http_text(x, code, body);
        if (*body == '{')
            x->answer_type = "application/json";
    } else if (code == 401) {
        http_status(x, 401, "Unauthorized", "Unauthorized", NULL);
    } else if (code == 403) {
        forbidden(x);
    } else if (code == 404) {
        http_text(x, 404, "404 page not found\n");
    } else if (code == 410) {
        http_status(x, 410, "Expired", "The resourceVersion for the provided list is too old.", NULL);
    } else if (code == 429) {
        http_text(x, 429, "Too many requests, please try again later.\n");
    } else if (code == 503) {
        http_status(x, 503, "ServiceUnavailable", "the server is currently unable to handle the request", NULL);
    } else if (code == 504) {
        http_status(x, 504, "Timeout", "the server was unable to return a response in the time allotted", "{\"retryAfterSeconds\":1}");
    } else {
        http_status(x, code, "InternalError", "Internal error occurred: the simulated server was told to fail", NULL);
    }
}

/* ---- routes */

enum { PARTS_MOST = 9 };

static void free_parts(char **parts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(parts[i]);
}

/* The path's parts, decoded; what is beyond PARTS_MOST - 1 slashes stays in the last one. */
static size_t split(const char *path, char *parts[PARTS_MOST])
{
    size_t n = 0;
    const char *p = *path == '/' ? path + 1 : path;

    while (*p && *p != '?' && n < PARTS_MOST) {
        size_t len = n + 1 == PARTS_MOST ? strcspn(p, "?") : strcspn(p, "/?");
        struct buf part = {0};
        path_decode((struct slice){p, len}, &part);
        parts[n++] = buf_take(&part);
        p += len + (p[len] == '/');
    }
    return n;
}

static char *part_take(char **parts, size_t n, size_t i)
{
    char *part = i < n ? parts[i] : NULL;

    if (part)
        parts[i] = NULL;
    return part;
}

/* /api/v1/… and /apis/GROUP/VERSION/… with or without /namespaces/NS before the resource. */
bool http_find_route(const struct sim *sim, const char *path, struct route *route)
{
    char *parts[PARTS_MOST] = {0};
    size_t n = split(path, parts), i;
    struct slice group;

    query_parse(&route->query, path);
    if (n >= 3 && strcmp(parts[0], "api") == 0) {
        group = SLICE("");
        i = 1;
    } else if (n >= 4 && strcmp(parts[0], "apis") == 0) {
        group = slice_of(parts[1]);
        i = 2;
    } else {
        free_parts(parts, n);
        return false;
    }
    struct slice version = slice_of(parts[i]);
    route->version = mem_text(parts[i++]);
    if (strcmp(parts[i], "namespaces") == 0 && n > i + 2) {
        route->ns = part_take(parts, n, i + 1);
        i += 2;
    }
    route->resource = sim_resource_of(group, slice_of(parts[i]));
    if (route->resource && !sim_serves(sim, route->resource, version))
        route->resource = NULL;
    route->name = part_take(parts, n, i + 1);
    route->sub = part_take(parts, n, i + 2);
    route->rest = part_take(parts, n, i + 3);
    free_parts(parts, n);
    return route->resource != NULL && route->resource->namespaced >= (route->ns != NULL);
}

void http_free_route(struct route *route)
{
    query_free(&route->query);
    free(route->version);
    free(route->ns);
    free(route->name);
    free(route->sub);
    free(route->rest);
}

/* Paths that are no resource. */
static bool answer_root(struct exchange *x)
{
    char *parts[PARTS_MOST] = {0};
    size_t n = split(x->path, parts);
    const char *first = n ? parts[0] : "";
    bool done = true, found = true;

    if (strcmp(first, "version") == 0) {
        buf_add_text(&x->out,
                     "{\n  \"major\": \"1\",\n  \"minor\": \"36\",\n  \"emulationMajor\": \"1\",\n  \"emulationMinor\": \"36\",\n"
                     "  \"gitVersion\": \"v1.36.3\",\n  \"gitCommit\": \"\",\n  \"gitTreeState\": \"clean\",\n"
                     "  \"buildDate\": \"2026-11-01T00:00:00Z\",\n  \"goVersion\": \"go1.26.8\",\n  \"compiler\": \"gc\",\n"
                     "  \"platform\": \"linux/amd64\"\n}");
    } else if (strcmp(first, "livez") == 0 || strcmp(first, "readyz") == 0 || strcmp(first, "healthz") == 0) {
        http_text(x, 200, "ok");
    } else if (strcmp(first, "api") == 0 && n == 1) {
        buf_add_text(&x->out, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],\"serverAddressByClientCIDRs\":[]}\n");
    } else if (strcmp(first, "api") == 0 && n == 2) {
        found = sim_discover_version(x->sim, SLICE(""), slice_of(parts[1]), &x->out);
    } else if (strcmp(first, "apis") == 0 && n <= 3) {
        found = n == 1   ? sim_discover_groups(x->sim, &x->out)
                : n == 2 ? sim_discover_group(x->sim, slice_of(parts[1]), &x->out)
                         : sim_discover_version(x->sim, slice_of(parts[1]), slice_of(parts[2]), &x->out);
    } else {
        done = false;
    }
    if (!found)
        http_text(x, 404, "404 page not found\n");
    else if (done)
        exchange_finish(x, END_DONE, "");
    free_parts(parts, n);
    return done;
}

/* "May I …?" Whoever asks the simulated server may. */
static void access_review(struct exchange *x)
{
    json spec = json_get(json_whole(buf_slice(&x->body)), "spec");

    x->status = 201;
    buf_printf(&x->out,
               "{\"kind\":\"SelfSubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\",\"metadata\":{},\"spec\":%.*s,"
               "\"status\":{\"allowed\":true,\"reason\":\"\"}}\n",
               spec.n ? (int)spec.n : 2, spec.n ? spec.p : "{}");
    exchange_finish(x, END_DONE, "");
}

static void dispatch(struct exchange *x, const struct route *route)
{
    const char *method = x->method, *sub = route->sub;

    if (strcmp(route->resource->plural, "services") == 0 && sub && strcmp(sub, "proxy") == 0)
        proxy_answer(x, route);
    else if (strcmp(route->resource->plural, "pods") == 0 && sub && strcmp(sub, "log") == 0 && strcmp(method, "GET") == 0)
        log_answer(x, route);
    else if (sub && strcmp(sub, "status") != 0)
        http_text(x, 404, "404 page not found\n");
    else if (strcmp(method, "GET") == 0 && route->name)
        get_answer(x, route);
    else if (strcmp(method, "GET") == 0 && query_true(&route->query, "watch"))
        watch_answer(x, route);
    else if (strcmp(method, "GET") == 0)
        list_answer(x, route);
    else if (strcmp(method, "POST") == 0 && !route->name)
        create_answer(x, route);
    else if (strcmp(method, "DELETE") == 0 && route->name)
        delete_answer(x, route);
    else if (strcmp(method, "PATCH") == 0 && route->name)
        patch_answer(x, route);
    else
        http_status(x, 405, "MethodNotAllowed", "the server does not allow this method on the requested resource", "{}");
}

void http_answer(struct exchange *x)
{
    struct route route = {0};

    if (x->origin) {
        router_answer(x, x->path);
        return;
    }
    if (answer_root(x))
        return;
    if (strstr(x->path, "/selfsubjectaccessreviews") && strcmp(x->method, "POST") == 0)
        access_review(x);
    else if (!http_find_route(x->sim, x->path, &route))
        http_text(x, 404, "404 page not found\n");
    else {
        if (route.resource->crd && strcmp(route.version, "v1alpha1") == 0 && strcmp(x->sim->agents_version, "v1beta1") == 0)
            x->warning = mem_printf("299 - \"%s/v1alpha1 %s is deprecated; use %s/v1beta1 %s\"", route.resource->group,
                                    route.resource->kind,
                                    route.resource->group, route.resource->kind);
        dispatch(x, &route);
    }
    http_free_route(&route);
}
