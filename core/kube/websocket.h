/* WebSocket (RFC 6455): messages over a transport's tunnel. wslay makes and reads the frames; websocket.c alone includes it. */
#ifndef KUBE_WEBSOCKET_H
#define KUBE_WEBSOCKET_H
#include "core/kube/transport.h"

/* ---- frames alone: bytes of one peer to messages, messages to bytes; no sockets, no time. Also the simulated server's side. */
enum frames_role { FRAMES_CLIENT, FRAMES_SERVER };
struct frames_ops {
    void (*on_message)(void *ctx, const char *bytes, size_t n);      /* text and binary alike, put together from its fragments */
    void (*on_output)(void *ctx, const char *bytes, size_t n);       /* for the peer: frames, pongs, the answer to a close */
};
enum frames_state {
    FRAMES_OPEN,
    FRAMES_CLOSED,                   /* the peer has said that it closes: code and reason are known */
    FRAMES_BROKEN,                   /* what came is no WebSocket, or a message passes FRAMES_MESSAGE_MOST; a close has been sent */
};
enum { FRAMES_MESSAGE_MOST = 4 * 1024 * 1024 };
struct frames;
struct frames *frames_new(enum frames_role, const struct frames_ops *, void *ctx);
void frames_free(struct frames *);                                   /* not in one of its own callbacks */
enum frames_state frames_feed(struct frames *, const char *bytes, size_t n);
/* One binary message; false once closed or broken. */
bool frames_send(struct frames *, const char *bytes, size_t n);
void frames_ping(struct frames *);
void frames_close(struct frames *, int code, const char *reason);    /* reason: at most 123 bytes of it go out */
/* Of the peer's close: 1005 without a code, 1006 without a close. reason is "" or the peer's, borrowed. */
int frames_close_code(const struct frames *);
const char *frames_close_reason(const struct frames *);

/* ---- over a transport */
struct websocket_end {
    /* END_DONE with status 101: the peer closed by code; with another status: refused in `text`. END_CUT: no close came */
    enum end_reason reason;
    int status;                      /* of HTTP; 0: no answer */
    bool sent;                       /* the upgrade may have reached the server */
    int code;                        /* of the close, 1006 where none came */
    const char *text;                /* the server's words, or a sentence; may be ""; lives until the websocket is freed */
};
struct websocket_ops {
    void (*on_open)(void *ctx, const char *protocol);
    void (*on_message)(void *ctx, const char *bytes, size_t n);
    void (*on_sent)(void *ctx);                                      /* nothing is queued any more; may be NULL */
    void (*on_end)(void *ctx, const struct websocket_end *);         /* once, last; it may be freed there */
};
struct websocket;
/* NULL where the transport has no tunnels. Free it when done, in a callback too; that closes it where it is open. */
struct websocket *websocket_new(struct transport *, const struct upgrade *, const struct websocket_ops *, void *ctx);
void websocket_free(struct websocket *);
bool websocket_send(struct websocket *, const char *bytes, size_t n); /* one binary message; false before on_open and after the end */
size_t websocket_pending(const struct websocket *);
void websocket_pause(struct websocket *, bool);
#endif
