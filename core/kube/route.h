/* The way to a server, out of the kubeconfig and the environment: what URL to ask, by which proxy, under which name. */
#ifndef KUBE_ROUTE_H
#define KUBE_ROUTE_H
#include "core/base/err.h"
#include "core/kube/kubeconfig.h"

struct route {
    char *base;                      /* scheme://host:port[/prefix]: a path is appended. With tls-server-name the host is that name … */
    char *connect_to;                /* … "name:port:address:port" says where the connection goes … */
    char *host_header;               /* … and this is what the server is called. Both NULL without */
    char *proxy;                     /* a URL; NULL: none */
    char *proxy_shown;               /* the same without user and password; NULL: none */
    char *proxy_host;                /* as in the words of a failed connection; NULL: none */
    bool proxy_configured;           /* by the kubeconfig, so that NO_PROXY does not count */
};

/* False with a sentence where the server or the proxy is no address. Free in both cases. */
bool route_find(struct route *, const struct target *, struct err *);
void route_free(struct route *);
#endif
