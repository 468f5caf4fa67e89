/* Invariant: wslay sees only bytes that have come and never waits; a message grows as its bytes come, whatever length a frame claims; no
 * callback of ours follows free. */
#include "core/kube/websocket.h"

#include "core/base/buf.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#if __has_include(<sys/random.h>)
#include <sys/random.h>
#endif
#include <wslay/wslay.h>

/* ---- frames ---- */

enum { REASON_MOST = 122, IDLE_MS = 15000 };

struct frames {
    wslay_event_context_ptr wslay;
    struct frames_ops ops;
    void *ctx;
    enum frames_state state;
    struct slice input;              /* not read yet; only during frames_feed */
    int close_code;
    char reason[128];
};

static ssize_t give_input(wslay_event_context_ptr wslay, uint8_t *to, size_t n, int flags, void *ctx)
{
    struct frames *f = ctx;

    (void)flags;
    if (f->input.n == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    n = n < f->input.n ? n : f->input.n;
    memcpy(to, f->input.p, n);
    f->input.p += n;
    f->input.n -= n;
    return (ssize_t)n;
}

static ssize_t take_output(wslay_event_context_ptr wslay, const uint8_t *bytes, size_t n, int flags, void *ctx)
{
    struct frames *f = ctx;

    (void)wslay;
    (void)flags;
    f->ops.on_output(f->ctx, (const char *)bytes, n);
    return (ssize_t)n;
}

/* The mask keeps proxies from taking our bytes for HTTP; it is no secret (RFC 6455, 10.3). */
static int make_mask(wslay_event_context_ptr wslay, uint8_t *to, size_t n, void *ctx)
{
    (void)wslay;
    (void)ctx;
    if (getentropy(to, n) != 0)
        memset(to, 0x5a, n);
    return 0;
}

static void take_message(wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *m, void *ctx)
{
    struct frames *f = ctx;

    (void)wslay;
    if (m->opcode == WSLAY_CONNECTION_CLOSE) {
        size_t n = m->msg_length > 2 ? m->msg_length - 2 : 0; /* the code stands before the reason */
        f->state = FRAMES_CLOSED;
        f->close_code = m->status_code ? m->status_code : WSLAY_CODE_NO_STATUS_RCVD;
        snprintf(f->reason, sizeof f->reason, "%.*s", (int)n, n ? (const char *)m->msg + 2 : "");
    } else if (f->state == FRAMES_OPEN && !wslay_is_ctrl_frame(m->opcode)) {
        f->ops.on_message(f->ctx, m->msg_length ? (const char *)m->msg : "", m->msg_length);
    }
}

struct frames *frames_new(enum frames_role role, const struct frames_ops *ops, void *ctx)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = give_input, .send_callback = take_output, .genmask_callback = make_mask, .on_msg_recv_callback = take_message,
    };
    struct frames *f = NEW(struct frames);

    f->ops = *ops;
    f->ctx = ctx;
    f->close_code = WSLAY_CODE_ABNORMAL_CLOSURE;
    int failed = role == FRAMES_CLIENT ? wslay_event_context_client_init(&f->wslay, &callbacks, f) :
                                         wslay_event_context_server_init(&f->wslay, &callbacks, f);
    if (failed)
        mem_array(SIZE_MAX, 2);      /* it fails for want of memory alone: the same way out */
    wslay_event_config_set_max_recv_msg_length(f->wslay, FRAMES_MESSAGE_MOST);
    return f;
}

void frames_free(struct frames *f)
{
    if (!f)
        return;
    wslay_event_context_free(f->wslay);
    free(f);
}

static void flush(struct frames *f)
{
    if (wslay_event_want_write(f->wslay) && wslay_event_send(f->wslay) != 0 && f->state == FRAMES_OPEN)
        f->state = FRAMES_BROKEN;
}

enum frames_state frames_feed(struct frames *f, const char *bytes, size_t n)
{
    if (f->state != FRAMES_OPEN)
        return f->state;             /* nothing counts after a close */
    f->input = (struct slice){bytes, n};
    int failed = wslay_event_recv(f->wslay);
    if (f->state == FRAMES_OPEN && (failed || !wslay_event_get_read_enabled(f->wslay)))
        f->state = FRAMES_BROKEN;    /* a breach of the protocol: wslay has queued the close that says so */
    f->input.n = 0;
    flush(f);
    return f->state;
}

static bool queue(struct frames *f, uint8_t opcode, const char *bytes, size_t n)
{
    struct wslay_event_msg message = {.opcode = opcode, .msg = (const uint8_t *)bytes, .msg_length = n};

    if (f->state != FRAMES_OPEN || wslay_event_queue_msg(f->wslay, &message) != 0)
        return false;
    flush(f);
    return true;
}

bool frames_send(struct frames *f, const char *bytes, size_t n)
{
    return queue(f, WSLAY_BINARY_FRAME, bytes, n);
}

void frames_ping(struct frames *f)
{
    queue(f, WSLAY_PING, "", 0);
}

void frames_close(struct frames *f, int code, const char *reason)
{
    size_t n = strlen(reason);

    if (wslay_event_queue_close(f->wslay, (uint16_t)code, (const uint8_t *)reason, n < REASON_MOST ? n : REASON_MOST) == 0)
        flush(f);
}

int frames_close_code(const struct frames *f)
{
    return f->close_code;
}

const char *frames_close_reason(const struct frames *f)
{
    return f->reason;
}

/* ---- over a tunnel ---- */

struct websocket {
    struct transport *transport;
    struct tunnel *tunnel;           /* NULL once ended */
    struct frames *frames;
    struct websocket_ops ops;
    void *ctx;
    bool open, feeding, dead;
};

static void end(struct websocket *w, const struct websocket_end *how)
{
    struct websocket_ops ops = w->ops;

    tunnel_close(w->transport, w->tunnel);
    w->tunnel = NULL;
    w->open = false;
    ops.on_end(w->ctx, how);
}

static void on_message(void *ctx, const char *bytes, size_t n)
{
    struct websocket *w = ctx;

    if (!w->dead)
        w->ops.on_message(w->ctx, bytes, n);
}

static void on_output(void *ctx, const char *bytes, size_t n)
{
    struct websocket *w = ctx;

    if (w->tunnel)
        tunnel_send(w->transport, w->tunnel, bytes, n);
}

static void release(struct websocket *w)
{
    frames_free(w->frames);
    free(w);
}

static void on_open(void *ctx, const char *protocol)
{
    struct websocket *w = ctx;

    w->open = true;
    if (w->ops.on_open)
        w->ops.on_open(w->ctx, protocol);
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct websocket *w = ctx;

    w->feeding = true;
    enum frames_state state = frames_feed(w->frames, bytes, n);
    w->feeding = false;
    if (w->dead)
        release(w);
    else if (state == FRAMES_CLOSED)
        end(w, &(struct websocket_end){END_DONE, 101, true, frames_close_code(w->frames), frames_close_reason(w->frames)});
    else if (state == FRAMES_BROKEN)
        end(w, &(struct websocket_end){END_PROTOCOL, 101, true, frames_close_code(w->frames), "what the server sent is no WebSocket"});
}

static void on_sent(void *ctx)
{
    struct websocket *w = ctx;

    if (w->open && w->ops.on_sent)
        w->ops.on_sent(w->ctx);
}

/* A ping keeps balancers from cutting a connection on which a command is silent, and finds out a peer that is gone. */
static void on_idle(void *ctx)
{
    frames_ping(((struct websocket *)ctx)->frames);
}

static void on_end(void *ctx, const struct tunnel_end *how)
{
    struct websocket *w = ctx;
    bool cut = how->reason == END_DONE && how->status == 101;

    w->tunnel = NULL;
    end(w, &(struct websocket_end){cut ? END_CUT : how->reason, how->status, how->sent, frames_close_code(w->frames),
                                   cut ? "the connection ended without a word" : how->text});
}

struct websocket *websocket_new(struct transport *transport, const struct upgrade *upgrade, const struct websocket_ops *ops, void *ctx)
{
    static const struct frames_ops frames_ops = {.on_message = on_message, .on_output = on_output};
    static const struct tunnel_ops tunnel_ops = {
        .on_open = on_open, .on_bytes = on_bytes, .on_sent = on_sent, .on_idle = on_idle, .on_end = on_end,
    };
    struct websocket *w = NEW(struct websocket);
    struct upgrade own = *upgrade;

    w->transport = transport;
    w->ops = *ops;
    w->ctx = ctx;
    w->frames = frames_new(FRAMES_CLIENT, &frames_ops, w);
    if (!own.idle_ms)
        own.idle_ms = IDLE_MS;
    w->tunnel = transport_tunnel(transport, &own, &tunnel_ops, w);
    if (w->tunnel)
        return w;
    release(w);
    return NULL;
}

void websocket_free(struct websocket *w)
{
    if (!w || w->dead)
        return;
    w->dead = true;
    if (w->tunnel && w->open)
        frames_close(w->frames, WSLAY_CODE_NORMAL_CLOSURE, "");
    tunnel_close(w->transport, w->tunnel);
    w->tunnel = NULL;
    if (!w->feeding)
        release(w);
}

bool websocket_send(struct websocket *w, const char *bytes, size_t n)
{
    return w->open && frames_send(w->frames, bytes, n);
}

size_t websocket_pending(const struct websocket *w)
{
    return w->tunnel ? tunnel_pending(w->transport, w->tunnel) : 0;
}

void websocket_pause(struct websocket *w, bool pause)
{
    if (w->tunnel)
        tunnel_pause(w->transport, w->tunnel, pause);
}
