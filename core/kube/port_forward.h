/* A pod's port through the API server: pods/portforward over WebSocket, as a stream of bytes, and one HTTP/1.1 request over it.
 * Facts (observed on Kubernetes 1.36): v4.channel.k8s.io; messages of channel 0 (data) and 1 (error); each begins with the port, 2 bytes
 * little endian. Each open is one connection to the pod. */
#ifndef KUBE_PORT_FORWARD_H
#define KUBE_PORT_FORWARD_H
#include "core/kube/transport.h"

struct forward_config {
    const char *ns, *pod;
    int port;                        /* 1 to 65535, of the pod, not of a service */
    int64_t open_ms;                 /* until both channels are open; 0: no limit */
    int64_t deadline_ms;             /* for all of it; 0: none */
};

struct forward_end {
    enum end_reason reason;          /* END_DONE: the pod closed the connection, or the server refused (status is not 101) */
    int status;                      /* of the upgrade; 0: no answer */
    const char *text;                /* the server's or the pod's words; "" where the pod just closed */
};

struct forward_ops {
    void (*on_open)(void *ctx);                                      /* may be NULL. The pod's port may still refuse: on_end tells it */
    void (*on_bytes)(void *ctx, const char *bytes, size_t n);
    void (*on_sent)(void *ctx);                                      /* nothing is queued any more; may be NULL */
    void (*on_end)(void *ctx, const struct forward_end *);           /* once, last, unless freed; it may be freed there */
};

struct port_forward;
struct port_forward *port_forward_new(struct transport *, const struct forward_config *, const struct forward_ops *, void *ctx);
void port_forward_free(struct port_forward *);                       /* no callback follows */
void port_forward_send(struct port_forward *, const char *bytes, size_t n); /* queued, also before it is open */
size_t port_forward_pending(const struct port_forward *);
void port_forward_pause(struct port_forward *, bool);

/* One HTTP/1.1 request to the pod, over a forward of its own, sent once. The request's headers go out as they are, an Authorization too;
 * nothing of who we are to the API server is added. origin and compress do not count; the request's deadline_ms does, the config's not.
 * Callbacks as of any request. A refused upgrade ends with END_UNREACHABLE and the server's words; forward_http_sent tells whether the
 * request may have reached the pod. */
struct forward_http;
struct forward_http *forward_http_new(struct transport *, const struct forward_config *, const struct request *, const struct response_ops *,
                                      void *ctx);
void forward_http_free(struct forward_http *);                       /* no callback follows; in a callback too, and needed after on_end */
bool forward_http_sent(const struct forward_http *);
int forward_http_status(const struct forward_http *);                /* of the upgrade: 101, 403 …; 0: no answer */
#endif
