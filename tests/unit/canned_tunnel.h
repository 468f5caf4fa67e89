/* A transport of one tunnel that the test plays by hand: it opens it, gives bytes, ends it, and sees what was sent. */
#ifndef TESTS_CANNED_TUNNEL_H
#define TESTS_CANNED_TUNNEL_H
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/kube/transport.h"

#include <stdlib.h>

struct canned {
    struct transport transport;      /* first */
    struct tunnel_ops ops;
    void *ctx;
    char *path;
    struct buf protocols, sent;
    int tunnels, closes;
    bool paused;
};

static inline struct canned *canned_of(const struct transport *t)
{
    return (struct canned *)(uintptr_t)t;
}

static inline struct tunnel *canned_tunnel(struct transport *t, const struct upgrade *u, const struct tunnel_ops *ops, void *ctx)
{
    struct canned *c = canned_of(t);

    c->tunnels++;
    c->ops = *ops;
    c->ctx = ctx;
    free(c->path);
    c->path = mem_text(u->path);
    for (const char *const *p = u->protocols; *p; p++)
        buf_printf(&c->protocols, "%s ", *p);
    return (struct tunnel *)(void *)c;
}

static inline void canned_send(struct transport *t, struct tunnel *x, const char *bytes, size_t n)
{
    (void)x;
    buf_add(&canned_of(t)->sent, bytes, n);
}

static inline size_t canned_pending(const struct transport *t, const struct tunnel *x)
{
    (void)x;
    return canned_of(t)->sent.n;
}

static inline void canned_pause(struct transport *t, struct tunnel *x, bool pause)
{
    (void)x;
    canned_of(t)->paused = pause;
}

static inline void canned_close(struct transport *t, struct tunnel *x)
{
    (void)x;
    canned_of(t)->closes++;
}

static const struct transport_ops canned_ops = {
    .tunnel = canned_tunnel, .tunnel_send = canned_send, .tunnel_pending = canned_pending, .tunnel_pause = canned_pause, .tunnel_close = canned_close,
};

static inline void canned_init(struct canned *c)
{
    *c = (struct canned){.transport.ops = &canned_ops};
}

static inline void canned_free(struct canned *c)
{
    free(c->path);
    buf_free(&c->protocols);
    buf_free(&c->sent);
}

static inline void canned_open(struct canned *c, const char *protocol)
{
    if (c->ops.on_open)
        c->ops.on_open(c->ctx, protocol);
}

/* In pieces of `piece` bytes, as long as nobody has closed it. */
static inline void canned_bytes(struct canned *c, struct slice bytes, size_t piece)
{
    int closes = c->closes;

    for (size_t at = 0; at < bytes.n && c->closes == closes; at += piece)
        c->ops.on_bytes(c->ctx, bytes.p + at, bytes.n - at < piece ? bytes.n - at : piece);
}

static inline void canned_end(struct canned *c, enum end_reason reason, int status, bool sent, const char *text)
{
    c->ops.on_end(c->ctx, &(struct tunnel_end){reason, status, sent, text});
}

/* What follows the head of a captured answer. */
static inline struct slice after_head(const char *bytes, size_t n)
{
    ptrdiff_t at = slice_find((struct slice){bytes, n}, SLICE("\r\n\r\n"));

    return (struct slice){bytes + at + 4, n - (size_t)at - 4};
}
#endif
