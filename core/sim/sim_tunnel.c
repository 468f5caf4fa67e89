/* Tunnels of the simulated server: opened or refused on the world's clock, bytes both ways, cut where a fault says so.
 * Invariant: callbacks run in tunnel_step only; a tunnel that one of them closes is dead and stays until the step is over. */
#include "core/base/mem.h"
#include "core/kube/refusal.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

enum { OPENS_AFTER_MS = 3, PIECE_BYTES = 16 * 1024 - 7, PIECES_A_STEP = 64 };

struct tunnel *tunnel_new(struct sim *sim, struct transport *transport, const struct upgrade *upgrade, const struct tunnel_ops *ops,
                          void *ctx)
{
    struct tunnel *t = NEW(struct tunnel);
    int64_t now = sim_mono(sim);

    *t = (struct tunnel){
        .sim = sim, .transport = transport, .ops = *ops, .ctx = ctx, .path = mem_text(upgrade->path), .answer_at = now + OPENS_AFTER_MS,
        .open_by = upgrade->open_ms > 0 ? now + upgrade->open_ms : INT64_MAX,
        .end_by = upgrade->deadline_ms > 0 ? now + upgrade->deadline_ms : INT64_MAX, .cut_after = SIZE_MAX,
    };
    for (const char *const *p = upgrade->protocols; p && *p; p++)
        ptrs_add(&t->protocols, mem_text(*p));
    ptrs_add(&sim->requests, mem_printf("GET %s", upgrade->path));
    t->fault = fault_take(sim, t->path);
    if (t->fault && t->fault->status == -1)
        t->silent = true;
    else if (t->fault && t->fault->status == -2)
        t->cut_after = t->fault->bytes;
    ptrs_add(&sim->tunnels, t);
    return t;
}

void tunnel_free(struct tunnel *t)
{
    pod_stream_free(t->stream);
    if (t->fault)
        fault_free(t->fault);
    for (size_t i = 0; i < t->protocols.n; i++)
        free(t->protocols.v[i]);
    ptrs_free(&t->protocols);
    buf_free(&t->in);
    buf_free(&t->out);
    free(t->path);
    free(t);
}

static void end(struct tunnel *t, enum end_reason reason, int status, const char *text)
{
    bool sent = !(t->fault && t->fault->status == 0);

    t->dead = true;
    t->ops.on_end(t->ctx, &(struct tunnel_end){reason, status, sent, text});
}

static void refuse(struct tunnel *t, const struct exchange *x)
{
    char *words = refusal_text(x->status, buf_slice(&x->out));

    end(t, END_DONE, x->status, words);
    free(words);
}

static void answer(struct tunnel *t)
{
    struct exchange *x = exchange_new(t->sim, "GET", t->path);
    const char *protocol = "";

    if (t->fault && t->fault->status == 0) {
        end(t, END_UNREACHABLE, 0, "connection refused");
    } else if (t->fault && t->fault->status > 0) {
        http_fault(x, t->fault->status, t->fault->body);
        refuse(t, x);
    } else if (!(t->stream = pod_stream_new(t, x, &protocol))) {
        refuse(t, x);
    } else {
        t->open = true;
        if (t->ops.on_open)
            t->ops.on_open(t->ctx, protocol);
    }
    exchange_free(x);
}

/* What a callback sends meanwhile waits for the next step. */
static void take_input(struct tunnel *t)
{
    struct buf in = t->in;

    if (in.n == 0 || t->closing)
        return;
    t->in = (struct buf){0};
    pod_stream_feed(t->stream, in.p, in.n);
    buf_free(&in);
    if (t->ops.on_sent)
        t->ops.on_sent(t->ctx);
}

static void deliver(struct tunnel *t)
{
    struct buf sending = t->out;
    size_t at = 0;

    t->out = (struct buf){0};
    for (int piece = 0; piece < PIECES_A_STEP && at < sending.n && !t->dead && !t->paused && t->given < t->cut_after; piece++) {
        size_t n = sending.n - at < PIECE_BYTES ? sending.n - at : PIECE_BYTES;
        if (n > t->cut_after - t->given)
            n = t->cut_after - t->given;
        t->given += n;
        t->sim->received += n;
        t->ops.on_bytes(t->ctx, sending.p + at, n);
        at += n;
    }
    buf_drop_front(&sending, at);
    t->out = sending;
}

void tunnel_step(struct tunnel *t, int64_t mono)
{
    if (mono >= t->end_by || (!t->open && mono >= t->open_by)) {
        end(t, END_TIMEOUT, t->open ? 101 : 0, t->open ? "the time that was allowed is over" : "no answer within the time allowed");
        return;
    }
    if (t->silent || t->sim->hung || (!t->open && mono < t->answer_at))
        return;
    if (!t->open)
        answer(t);
    if (!t->dead)
        take_input(t);
    if (t->dead)
        return;
    if (!t->closing)
        t->closing = pod_stream_step(t->stream, mono);
    deliver(t);
    if (t->dead)
        return;
    if (t->given >= t->cut_after)
        end(t, END_CUT, 101, "the connection was cut");
    else if (t->closing && t->out.n == 0)
        end(t, END_DONE, 101, "");
}

int64_t tunnel_due(const struct tunnel *t, int64_t mono)
{
    int64_t due = t->end_by, next = INT64_MAX;

    if (!t->open && t->open_by < due)
        due = t->open_by;
    if (t->silent || t->sim->hung)
        return due;
    if (!t->open)
        next = t->answer_at;
    else if ((t->out.n && !t->paused) || (t->in.n && !t->closing) || (t->closing && t->out.n == 0))
        next = mono;
    else if (!t->closing)
        next = pod_stream_due(t->stream);
    return next < due ? next : due;
}
