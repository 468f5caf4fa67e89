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

struct exchange;                     /* one request under way; owned by the transport, dead after on_end or cancel */
struct transport;
struct transport_ops {
    struct exchange *(*request)(struct transport *, const struct request *, const struct response_ops *, void *ctx);
    void (*cancel)(struct transport *, struct exchange *);           /* no callback follows */
    void (*step)(struct transport *);                                /* deliver all that is due, without blocking */
    int64_t (*due)(struct transport *);                              /* ms until step() has something to do; -1: only on a descriptor */
    /* Sleeps until a socket of its own or one of extra (revents are set) is ready, or timeout_ms (-1: for ever) is over. */
    void (*wait)(struct transport *, struct pollfd *extra, unsigned n, int timeout_ms);
    void (*reset)(struct transport *);                               /* drop all connections; what is under way ends with END_CUT at the next step */
    void (*free)(struct transport *);                                /* no callback follows */
    uint64_t (*received)(const struct transport *);                  /* body bytes since the start: "does anything come at all?" */
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
static inline void transport_free(struct transport *t)
{
    if (t)
        t->ops->free(t);
}
/* A path with its parts percent-escaped: kube_path("/api/v1/namespaces/%s/pods/%s", ns, name). Only %s and %%. The caller frees it. */
char *kube_path(const char *format, ...);
#endif
