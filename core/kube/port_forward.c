/* Invariant: nothing goes to the pod before the server has opened both channels; a message holds one piece of at most PIECE bytes. */
#include "core/kube/port_forward.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/kube/websocket.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHANNEL_DATA, CHANNEL_ERROR, CHANNELS, PIECE = 32 * 1024, WORDS_MOST = 4096 };

struct port_forward {
    struct websocket *websocket;     /* NULL once ended */
    struct forward_ops ops;
    void *ctx;
    int port;
    bool opened[CHANNELS], open;
    struct buf early;                /* to be sent once it is open */
    struct buf words;                /* of the error channel */
};

static void send_pieces(struct port_forward *f, const char *bytes, size_t n)
{
    char message[PIECE + 1] = {CHANNEL_DATA};

    for (size_t at = 0, piece; at < n; at += piece) {
        piece = n - at < PIECE ? n - at : PIECE;
        memcpy(message + 1, bytes + at, piece);
        websocket_send(f->websocket, message, piece + 1);
    }
}

/* Nothing of f may be touched after. */
static void finish(struct port_forward *f, const struct forward_end *how)
{
    websocket_free(f->websocket);
    f->websocket = NULL;
    f->open = false;
    f->ops.on_end(f->ctx, how);
}

static void open_channel(struct port_forward *f, int channel, struct slice port)
{
    if (port.n != 2 || ((unsigned char)port.p[0] | (unsigned char)port.p[1] << 8) != f->port) {
        finish(f, &(struct forward_end){END_PROTOCOL, 101, "the server opened another port than the one asked for"});
        return;
    }
    f->opened[channel] = true;
    f->open = f->opened[CHANNEL_DATA] && f->opened[CHANNEL_ERROR];
    if (!f->open)
        return;
    struct buf early = f->early;
    f->early = (struct buf){0};
    send_pieces(f, early.p, early.n);
    buf_free(&early);
    if (f->ops.on_open)
        f->ops.on_open(f->ctx);
}

static void on_message(void *ctx, const char *bytes, size_t n)
{
    struct port_forward *f = ctx;
    unsigned char channel = n ? (unsigned char)bytes[0] : CHANNELS;

    if (channel >= CHANNELS)
        return;
    struct slice rest = {bytes + 1, n - 1};
    if (!f->opened[channel])
        open_channel(f, channel, rest);
    else if (channel == CHANNEL_DATA && rest.n)
        f->ops.on_bytes(f->ctx, rest.p, rest.n);
    else if (channel == CHANNEL_ERROR && f->words.n < WORDS_MOST)
        buf_add(&f->words, rest.p, rest.n < WORDS_MOST - f->words.n ? rest.n : WORDS_MOST - f->words.n);
}

static void on_sent(void *ctx)
{
    struct port_forward *f = ctx;

    if (f->open && f->ops.on_sent)
        f->ops.on_sent(f->ctx);
}

/* A NUL would cut the words short. */
static char *words_of(const struct port_forward *f)
{
    char *text = slice_dup(buf_slice(&f->words));

    for (size_t i = 0; i < f->words.n; i++)
        if (!text[i])
            text[i] = ' ';
    return text;
}

static void on_end(void *ctx, const struct websocket_end *how)
{
    struct port_forward *f = ctx;
    char *text = f->words.n ? words_of(f) : mem_text(how->text);

    finish(f, &(struct forward_end){f->words.n ? END_UNREACHABLE : how->reason, how->status, text});
    free(text);
}

struct port_forward *port_forward_new(struct transport *transport, const struct forward_config *config, const struct forward_ops *ops,
                                      void *ctx)
{
    static const char *const protocols[] = {"v4.channel.k8s.io", NULL};
    static const struct websocket_ops websocket_ops = {.on_message = on_message, .on_sent = on_sent, .on_end = on_end};
    struct port_forward *f = NEW(struct port_forward);
    char port[16];

    snprintf(port, sizeof port, "%d", config->port);
    char *path = kube_path("/api/v1/namespaces/%s/pods/%s/portforward?ports=%s", config->ns, config->pod, port);
    struct upgrade upgrade = {.path = path, .protocols = protocols, .open_ms = config->open_ms, .deadline_ms = config->deadline_ms};
    f->ops = *ops;
    f->ctx = ctx;
    f->port = config->port;
    f->websocket = websocket_new(transport, &upgrade, &websocket_ops, f);
    free(path);
    if (f->websocket)
        return f;
    free(f);
    return NULL;
}

void port_forward_free(struct port_forward *f)
{
    if (!f)
        return;
    websocket_free(f->websocket);
    buf_free(&f->early);
    buf_free(&f->words);
    free(f);
}

void port_forward_send(struct port_forward *f, const char *bytes, size_t n)
{
    if (f->open)
        send_pieces(f, bytes, n);
    else if (f->websocket)
        buf_add(&f->early, bytes, n);
}

size_t port_forward_pending(const struct port_forward *f)
{
    return f->early.n + (f->websocket ? websocket_pending(f->websocket) : 0);
}

void port_forward_pause(struct port_forward *f, bool pause)
{
    if (f->websocket)
        websocket_pause(f->websocket, pause);
}
