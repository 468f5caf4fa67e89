/* HTTP to one API server, as an interface: curl is one implementation (transport_curl.c), the simulated cluster another, a recording a
 * third. Only an implementation knows sockets. Callbacks run inside step() and nowhere else, so no caller is ever re-entered. */
#ifndef KUBE_TRANSPORT_H
#define KUBE_TRANSPORT_H
#include "core/base/err.h"
#include "core/base/slice.h"
#include <poll.h>

enum end_reason {
    END_DONE,        /* the answer is whole */
    END_UNREACHABLE, /* no connection: name, route, refused, proxy */
    END_TLS,         /* the peer's certificate or ours was not accepted */
    END_TIMEOUT,     /* a deadline of ours passed */
    END_CUT,         /* the connection broke before the answer was whole */
    END_PROTOCOL,    /* what came is not HTTP, or not what was asked for */
    END_CREDENTIAL,  /* no credential could be had (auth.h) */
};

struct header {
    const char *name, *value;
};

struct request {
    const char *method;              /* "GET", "POST", "DELETE", "PATCH" */
    const char *path;                /* from the server's root, starts with '/', query included, escaped (kube_path) */
    /* http(s)://host[:port] of another server than the API server (a router's own address), or NULL. Nothing of who we are goes there:
     * no credential, certificate, impersonation; headers may then bring an Authorization of their own. */
    const char *origin;
    const char *origin_ca;           /* PEM; NULL: the system's store */
    const struct header *headers;    /* ends with name NULL; may be NULL */
    struct slice body;               /* copied by request() */
    const char *content_type;        /* of body; NULL: application/json */
    bool compress;                   /* let the server gzip its answer */
    int64_t deadline_ms;             /* for the whole exchange; 0: none (a watch, a log) */
};

struct response_head {
    int status;                      /* 200 … */
    int64_t retry_after_ms;          /* -1: the server said none */
    struct slice content_type, warning; /* lives during the callback */
};

struct response_ops {
    void (*on_head)(void *ctx, const struct response_head *);        /* once, before any bytes; may be NULL */
    void (*on_bytes)(void *ctx, const char *bytes, size_t n);        /* decoded body bytes; may be NULL */
    void (*on_end)(void *ctx, enum end_reason, const char *text);    /* exactly once, last, unless cancelled. text: a sentence, "" if DONE */
};

/* A connection that HTTP hands over (WebSocket, RFC 6455): bytes both ways until one side closes. It has a connection of its own, on
 * HTTP/1.1, and is asked for once: only a 401, before anything was handed over, is tried anew with a renewed credential. */
struct upgrade {
    const char *path;                /* as in a request */
    const char *const *protocols;    /* Sec-WebSocket-Protocol, in the order of preference, NULL-terminated */
    const struct header *headers;    /* further ones, as in a request; may be NULL */
    int64_t open_ms;                 /* until it is open; 0: no limit */
    int64_t deadline_ms;             /* for its whole life, from the call on; 0: none */
    int64_t idle_ms;                 /* after so long without a byte on_idle is called, after three times as long it is cut. 0: never */
};

struct tunnel_end {
    enum end_reason reason;          /* END_DONE: the server refused (status is not 101), or closed the open connection (status 101) */
    int status;                      /* of the answer to the upgrade; 0: there was none */
    bool sent;                       /* the upgrade may have reached the server */
    const char *text;                /* a sentence: the server's own words where it refused; "" where it closed */
};

struct tunnel_ops {
    void (*on_open)(void *ctx, const char *protocol);                /* the protocol that the server chose; once, first */
    void (*on_bytes)(void *ctx, const char *bytes, size_t n);        /* after on_open */
    void (*on_sent)(void *ctx);                                      /* all that was queued is with the system; may be NULL */
    void (*on_idle)(void *ctx);                                      /* the peer is silent: time to ask whether it is there; may be NULL */
    void (*on_end)(void *ctx, const struct tunnel_end *);            /* exactly once, last, unless closed */
};

struct exchange;                     /* one request under way; owned by the transport, dead after on_end or cancel */
struct tunnel;                       /* owned by the transport, dead after on_end or close */
struct transport;
struct transport_ops {
    struct exchange *(*request)(struct transport *, const struct request *, const struct response_ops *, void *ctx);
    void (*cancel)(struct transport *, struct exchange *);           /* no callback follows */
    void (*step)(struct transport *);                                /* deliver all that is due, without blocking */
    int64_t (*due)(struct transport *);                              /* ms until step() has something to do; -1: only on a descriptor */
    /* Sleeps until a socket of its own or one of extra (revents are set) is ready, or timeout_ms (-1: for ever) is over. */
    void (*wait)(struct transport *, struct pollfd *extra, unsigned n, int timeout_ms);
    /* Drop the connections of requests; what is under way ends with END_CUT at the next step. Tunnels live on: what they do cannot be
     * repeated, and each has its own connection. */
    void (*reset)(struct transport *);
    void (*free)(struct transport *);                                /* no callback follows */
    uint64_t (*received)(const struct transport *);                  /* body bytes since the start: "does anything come at all?" */
    /* The next five may be NULL, all or none: a transport without tunnels. */
    struct tunnel *(*tunnel)(struct transport *, const struct upgrade *, const struct tunnel_ops *, void *ctx);
    void (*tunnel_send)(struct transport *, struct tunnel *, const char *bytes, size_t n);
    size_t (*tunnel_pending)(const struct transport *, const struct tunnel *);
    void (*tunnel_pause)(struct transport *, struct tunnel *, bool);
    void (*tunnel_close)(struct transport *, struct tunnel *);
};
struct transport {
    const struct transport_ops *ops;
};

static inline struct exchange *transport_request(struct transport *t, const struct request *r, const struct response_ops *o, void *ctx)
{
    return t->ops->request(t, r, o, ctx);
}
static inline void transport_cancel(struct transport *t, struct exchange *x)
{
    if (x)
        t->ops->cancel(t, x);
}
/* NULL where this transport has no tunnels. */
static inline struct tunnel *transport_tunnel(struct transport *t, const struct upgrade *u, const struct tunnel_ops *o, void *ctx)
{
    return t->ops->tunnel ? t->ops->tunnel(t, u, o, ctx) : NULL;
}
/* Queues a copy, at any time before the end; never blocks. */
static inline void tunnel_send(struct transport *t, struct tunnel *x, const char *bytes, size_t n)
{
    t->ops->tunnel_send(t, x, bytes, n);
}
/* Bytes that are queued: a sender that keeps this small bounds its memory. */
static inline size_t tunnel_pending(const struct transport *t, const struct tunnel *x)
{
    return t->ops->tunnel_pending(t, x);
}
/* While paused nothing is read, and the peer has to wait. */
static inline void tunnel_pause(struct transport *t, struct tunnel *x, bool pause)
{
    t->ops->tunnel_pause(t, x, pause);
}
/* No callback follows. What is queued is sent as far as that goes without waiting. */
static inline void tunnel_close(struct transport *t, struct tunnel *x)
{
    if (x)
        t->ops->tunnel_close(t, x);
}
static inline void transport_free(struct transport *t)
{
    if (t)
        t->ops->free(t);
}
/* A path with its parts percent-escaped: kube_path("/api/v1/namespaces/%s/pods/%s", ns, name). Only %s and %%. The caller frees it. */
char *kube_path(const char *format, ...);
#endif
