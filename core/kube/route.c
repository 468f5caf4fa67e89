/* Invariant: base is a whole URL with its port, and has no trailing slash. */
#include "core/kube/route.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct url {
    struct slice scheme, host, port, path; /* host with the brackets of IPv6; path from its slash on */
};

static struct slice cut(const char *from, const char *to)
{
    return (struct slice){from, (size_t)(to - from)};
}

/* False where text is no scheme://[user@]host[:port][/path]. */
static bool read_url(struct url *url, const char *text)
{
    const char *colon = strstr(text, "://");
    int64_t port;

    *url = (struct url){0};
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return false;
    if (!colon || colon == text)
        return false;
    url->scheme = cut(text, colon);
    const char *authority = colon + 3, *end = authority + strcspn(authority, "/?#");
    url->path = slice_of(end);
    for (const char *p = authority; p < end; p++)
        if (*p == '@')
            authority = p + 1;
    const char *host_end = *authority == '[' ? memchr(authority, ']', (size_t)(end - authority)) : authority + strcspn(authority, ":/?#");
    if (!host_end)
        return false;
    host_end += *authority == '[';
    url->host = cut(authority, host_end);
    if (url->host.n == 0 || strpbrk(url->path.p, "?#"))
        return false;
    if (host_end == end)
        return true;
    url->port = cut(host_end + 1, end);
    return *host_end == ':' && slice_int(url->port, &port) && port > 0 && port < 65536;
}

static bool is_here(struct slice host)
{
    return slice_is(host, "localhost") || slice_starts(host, SLICE("127.")) || slice_is(host, "[::1]");
}

/* As net/http's ProxyFromEnvironment, which kubectl uses: by scheme, never for this machine itself. */
static const char *proxy_of_environment(const struct url *server)
{
    bool tls = slice_is(server->scheme, "https");
    const char *proxy = getenv(tls ? "HTTPS_PROXY" : "HTTP_PROXY");

    if (is_here(server->host))
        return NULL;
    if (!proxy || !*proxy)
        proxy = getenv(tls ? "https_proxy" : "http_proxy");
    return proxy && *proxy ? proxy : NULL;
}

static bool find_proxy(struct route *route, const struct target *target, const struct url *server, struct err *err)
{
    const char *proxy = target->proxy_url && *target->proxy_url ? target->proxy_url : NULL;
    struct url url;

    route->proxy_configured = proxy != NULL;
    if (!proxy)
        proxy = proxy_of_environment(server);
    if (!proxy)
        return true;
    char *whole = strstr(proxy, "://") ? mem_text(proxy) : mem_printf("http://%s", proxy);
    if (!read_url(&url, whole)) {
        free(whole);
        return err_set(err, "the proxy for the server %s is no URL: write proxy-url (or HTTPS_PROXY) as http://host:port, https:// or socks5://",
                       target->server);
    }
    route->proxy_shown = mem_printf("%.*s://%.*s%s%.*s", (int)url.scheme.n, url.scheme.p, (int)url.host.n, url.host.p, url.port.n ? ":" : "",
                                    (int)url.port.n, url.port.n ? url.port.p : "");
    route->proxy_host = slice_dup(url.host);
    /* Go leaves the name of the server to a SOCKS proxy; libcurl does so by this scheme */
    route->proxy = slice_is(url.scheme, "socks5") ? mem_printf("socks5h%s", whole + 6) : mem_text(whole);
    free(whole);
    return true;
}

bool route_find(struct route *route, const struct target *target, struct err *err)
{
    struct url url;

    *route = (struct route){0};
    if (!target->server || !read_url(&url, target->server) || (!slice_is(url.scheme, "https") && !slice_is(url.scheme, "http")))
        return err_set(err, "the server \"%s\" of context %s%s%s is no address: write it as https://host:port", target->server ? target->server : "",
                       target->context ? target->context : "?", target->source ? " in " : "", target->source ? target->source : "");
    bool tls = slice_is(url.scheme, "https");
    struct slice port = url.port.n ? url.port : tls ? SLICE("443") : SLICE("80");
    const char *name = tls && target->tls_server_name && *target->tls_server_name ? target->tls_server_name : NULL;
    struct slice asked = name ? slice_of(name) : url.host, path = url.path;

    while (path.n > 0 && path.p[path.n - 1] == '/')
        path.n--;
    route->base = mem_printf("%.*s://%.*s:%.*s%.*s", (int)url.scheme.n, url.scheme.p, (int)asked.n, asked.p, (int)port.n, port.p, (int)path.n, path.p);
    if (name) {
        route->connect_to = mem_printf("%s:%.*s:%.*s:%.*s", name, (int)port.n, port.p, (int)url.host.n, url.host.p, (int)port.n, port.p);
        route->host_header = mem_printf("%.*s:%.*s", (int)url.host.n, url.host.p, (int)port.n, port.p);
    }
    return find_proxy(route, target, &url, err);
}

void route_free(struct route *route)
{
    free(route->base);
    free(route->connect_to);
    free(route->host_header);
    free(route->proxy);
    free(route->proxy_shown);
    free(route->proxy_host);
    *route = (struct route){0};
}
