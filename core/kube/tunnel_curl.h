/* The tunnels of the curl transport: connections that curl opens (proxy, TLS, certificates) and then leaves to us. */
#ifndef KUBE_TUNNEL_CURL_H
#define KUBE_TUNNEL_CURL_H
#include "core/base/clock.h"
#include "core/kube/curl_site.h"
#include "core/kube/transport.h"

struct tunnels {
    const struct curl_site *site;    /* borrowed */
    const struct clock *clock;
    struct tunnel *first, **end;     /* end: where the next one is hung */
    size_t n_waiting;                /* for a credential */
    bool stepping;
    uint64_t received;
};
void tunnels_init(struct tunnels *, const struct curl_site *, const struct clock *);
void tunnels_free(struct tunnels *);                         /* no callback follows */
struct tunnel *tunnels_add(struct tunnels *, const struct upgrade *, const struct tunnel_ops *, void *ctx);
/* The credential is there: what waits for it goes out at the next step. */
void tunnels_start(struct tunnels *);
void tunnels_fail(struct tunnels *, const char *text);       /* or cannot be had: it ends with END_CREDENTIAL. Within step only */
void tunnels_step(struct tunnels *);
int64_t tunnels_due(const struct tunnels *);                 /* ms; -1: only on a descriptor */
/* Adds the descriptors to wait on to *fds, a growing array with *n in it. */
void tunnels_fds(const struct tunnels *, struct pollfd **fds, unsigned *n);
void tunnel_curl_send(struct tunnel *, const char *bytes, size_t n);
size_t tunnel_curl_pending(const struct tunnel *);
void tunnel_curl_pause(struct tunnel *, bool);
void tunnel_curl_close(struct tunnel *);
#endif
