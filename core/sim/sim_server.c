/* The simulated server as a transport: takes requests, lets the world catch up with the clock, has each request answered, delivers.
 * Invariant: callbacks run in step() only; an exchange is freed only outside the loop that walks the exchanges, so a callback may request
 * and cancel as it likes. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>
#include <strings.h>

/* A big answer comes in pieces with borders anywhere, and no exchange keeps the others waiting. */
enum { PIECE_BYTES = 16 * 1024 - 7, PIECES_A_STEP = 64, ACTS_AT_ONCE = 3000 };

struct sim_transport {
    struct transport base;           /* first: it is cast to this */
    struct sim *sim;
};

static struct sim *sim_of(const struct transport *t)
{
    return ((const struct sim_transport *)(const void *)t)->sim;
}

int64_t sim_mono(const struct sim *sim)
{
    return sim->clock->mono(sim->clock);
}

int64_t sim_world_time(const struct sim *sim)
{
    return sim->start_wall + sim_mono(sim) - sim->start_mono;
}

void sim_advance(struct sim *sim)
{
    int64_t now = sim_world_time(sim);

    if (sim->feed) {
        sim->feed->advance(sim->feed_ctx);
        return;
    }
    for (int acts = 0; sim->story && story_due(sim->story) <= now; acts++) {
        int64_t due = story_due(sim->story);
        if (acts == ACTS_AT_ONCE)
            return;                      /* after a long stop: the rest at the next step, which is due at once */
        if (due > sim->now_ms)
            sim->now_ms = due;
        story_act(sim->story);
    }
    if (now > sim->now_ms)
        sim->now_ms = now;
}

const char *exchange_header(const struct exchange *x, const char *name)
{
    for (size_t i = 0; i + 1 < x->headers.n; i += 2)
        if (strcasecmp(x->headers.v[i], name) == 0)
            return x->headers.v[i + 1];
    return NULL;
}

void exchange_finish(struct exchange *x, enum end_reason reason, const char *text)
{
    if (x->finished)
        return;
    x->finished = true;
    x->reason = reason;
    x->end_text = text;
}

void fault_free(struct fault *f)
{
    free(f->part);
    free(f->body);
    free(f);
}

struct fault *fault_take(struct sim *sim, const char *path)
{
    for (size_t i = 0; i < sim->faults.n; i++) {
        struct fault *f = sim->faults.v[i], *taken;
        if (!strstr(path, f->part))
            continue;
        taken = NEW(struct fault);
        *taken = (struct fault){.part = mem_text(f->part), .body = mem_text(f->body), .status = f->status, .left = 1, .bytes = f->bytes};
        if (--f->left == 0) {
            ptrs_remove(&sim->faults, i);
            fault_free(f);
        }
        return taken;
    }
    return NULL;
}

/* The fault that this request meets: the oldest that fits. */
static void apply_fault(struct exchange *x)
{
    struct fault *f = fault_take(x->sim, x->path);

    if (!f)
        return;
    if (f->status > 0)
        http_fault(x, f->status, f->body);
    else if (f->status == 0)
        exchange_finish(x, END_UNREACHABLE, "connection refused");
    else if (f->status == -1)
        x->silent = true;
    else
        x->cut_after = f->bytes;
    x->routed = f->status >= -1;
    fault_free(f);
}

struct exchange *exchange_new(struct sim *sim, const char *method, const char *path)
{
    struct exchange *x = NEW(struct exchange);

    *x = (struct exchange){
        .sim = sim, .method = mem_text(method), .path = mem_text(path), .cut_after = SIZE_MAX, .status = 200, .retry_after_ms = -1,
        .answer_type = "application/json", .deadline_at = INT64_MAX,
    };
    return x;
}

static struct exchange *server_request(struct transport *t, const struct request *r, const struct response_ops *ops, void *ctx)
{
    struct sim *sim = sim_of(t);
    struct exchange *x = exchange_new(sim, r->method, r->path);

    x->transport = t;
    x->ops = *ops;
    x->ctx = ctx;
    x->origin = r->origin != NULL;
    x->content_type = mem_text(r->content_type ? r->content_type : "application/json");
    if (r->deadline_ms > 0)
        x->deadline_at = sim_mono(sim) + r->deadline_ms;
    for (const struct header *h = r->headers; h && h->name; h++) {
        ptrs_add(&x->headers, mem_text(h->name));
        ptrs_add(&x->headers, mem_text(h->value ? h->value : ""));
    }
    buf_add_slice(&x->body, r->body);
    ptrs_add(&sim->requests, mem_printf("%s %s", r->method, r->path));
    apply_fault(x);
    ptrs_add(&sim->exchanges, x);
    return x;
}

void exchange_free(struct exchange *x)
{
    for (size_t i = 0; i < x->headers.n; i++)
        free(x->headers.v[i]);
    ptrs_free(&x->headers);
    buf_free(&x->body);
    buf_free(&x->out);
    selector_free(&x->watch.selector);
    free(x->watch.version);
    free(x->watch.ns);
    free(x->follow.key);
    free(x->warning);
    free(x->method);
    free(x->path);
    free(x->content_type);
    free(x);
}

static void bury(struct sim *sim)
{
    size_t kept = 0;

    if (sim->stepping)
        return;
    for (size_t i = 0; i < sim->exchanges.n; i++) {
        struct exchange *x = sim->exchanges.v[i];
        if (x->dead)
            exchange_free(x);
        else
            sim->exchanges.v[kept++] = x;
    }
    sim->exchanges.n = kept;
    kept = 0;
    for (size_t i = 0; i < sim->tunnels.n; i++) {
        struct tunnel *tunnel = sim->tunnels.v[i];
        if (tunnel->dead)
            tunnel_free(tunnel);
        else
            sim->tunnels.v[kept++] = tunnel;
    }
    sim->tunnels.n = kept;
}

static void server_cancel(struct transport *t, struct exchange *x)
{
    x->dead = true;
    bury(sim_of(t));
}

static void end(struct exchange *x, enum end_reason reason, const char *text)
{
    x->dead = true;
    if (x->ops.on_end)
        x->ops.on_end(x->ctx, reason, text ? text : "");
}

static void send_head(struct exchange *x)
{
    struct response_head head = {
        .status = x->status, .retry_after_ms = x->retry_after_ms, .content_type = slice_of(x->answer_type), .warning = slice_of(x->warning),
    };

    x->head_sent = true;
    if (x->ops.on_head)
        x->ops.on_head(x->ctx, &head);
}

/* Hands over what is written. The callbacks may cancel x (it is dead then, but still there) and may change the world, which writes to
 * x->out anew: what is being sent is set apart. */
static void deliver(struct exchange *x)
{
    size_t at = 0;

    if (x->finished && x->reason != END_DONE) {
        end(x, x->reason, x->end_text);
        return;
    }
    if (!x->head_sent)
        send_head(x);
    struct buf sending = x->out;
    x->out = (struct buf){0};
    for (int piece = 0; piece < PIECES_A_STEP && at < sending.n && !x->dead && x->sent < x->cut_after; piece++) {
        size_t n = sending.n - at < PIECE_BYTES ? sending.n - at : PIECE_BYTES;
        if (n > x->cut_after - x->sent)
            n = x->cut_after - x->sent;
        x->sent += n;
        x->sim->received += n;
        if (x->ops.on_bytes)
            x->ops.on_bytes(x->ctx, sending.p + at, n);
        at += n;
    }
    buf_drop_front(&sending, at);
    buf_add_slice(&sending, buf_slice(&x->out));
    buf_free(&x->out);
    x->out = sending;
    if (x->dead)
        return;
    if (x->sent >= x->cut_after)
        end(x, END_CUT, "the connection was cut in the middle of the answer");
    else if (x->finished && x->out.n == 0)
        end(x, x->reason, x->end_text);
}

static void step_exchange(struct exchange *x, int64_t mono)
{
    struct sim *sim = x->sim;

    if (x->finished && x->reason == END_CUT) {
        end(x, END_CUT, x->end_text);                    /* reset() and cuts come through even while the server hangs */
        return;
    }
    if (mono >= x->deadline_at) {
        end(x, END_TIMEOUT, "no whole answer within the time allowed");
        return;
    }
    if (x->silent || sim->hung)
        return;
    if (!x->routed) {
        x->routed = true;
        if (!sim->feed || !sim->feed->answer(sim->feed_ctx, x))
            http_answer(x);
    }
    if (x->stream == STREAM_WATCH)
        watch_step(x, mono);
    if (mono >= x->ready_at && (!x->head_sent || x->out.n || x->finished))
        deliver(x);
}

static void server_step(struct transport *t)
{
    struct sim *sim = sim_of(t);

    sim_advance(sim);
    sim->stepping = true;
    size_t n = sim->exchanges.n, n_tunnels = sim->tunnels.n; /* what the callbacks ask for is answered at the next step */
    int64_t mono = sim_mono(sim);
    for (size_t i = 0; i < n; i++) {
        struct exchange *x = sim->exchanges.v[i];
        if (x->transport == t && !x->dead)
            step_exchange(x, mono);
    }
    for (size_t i = 0; i < n_tunnels; i++) {
        struct tunnel *tunnel = sim->tunnels.v[i];
        if (tunnel->transport == t && !tunnel->dead)
            tunnel_step(tunnel, mono);
    }
    sim->stepping = false;
    bury(sim);
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When x has something to do, as a time on mono. */
static int64_t exchange_due(const struct exchange *x)
{
    int64_t due = x->deadline_at;

    if (x->finished && x->reason == END_CUT)
        return 0;
    if (x->silent || x->sim->hung)
        return due;
    if (!x->routed)
        return 0;
    if (!x->head_sent || x->out.n || x->finished)
        return earliest(due, x->ready_at);
    if (x->stream == STREAM_WATCH)
        due = earliest(due, earliest(x->watch.bookmark_at, x->watch.ends_at));
    return due;
}

static int64_t server_due(struct transport *t)
{
    struct sim *sim = sim_of(t);
    int64_t due = INT64_MAX, now = sim_mono(sim);

    for (size_t i = 0; i < sim->exchanges.n; i++) {
        const struct exchange *x = sim->exchanges.v[i];
        if (!x->dead && x->transport == t)
            due = earliest(due, exchange_due(x));
    }
    for (size_t i = 0; i < sim->tunnels.n; i++) {
        const struct tunnel *tunnel = sim->tunnels.v[i];
        if (!tunnel->dead && tunnel->transport == t)
            due = earliest(due, tunnel_due(tunnel, now));
    }
    if (sim->story && story_due(sim->story) != INT64_MAX)
        due = earliest(due, story_due(sim->story) - sim->start_wall + sim->start_mono);
    if (sim->feed && sim->feed->due(sim->feed_ctx) >= 0)
        due = earliest(due, now + sim->feed->due(sim->feed_ctx));
    return due == INT64_MAX ? -1 : due <= now ? 0 : due - now;
}

static void server_wait(struct transport *t, struct pollfd *extra, unsigned n, int timeout_ms)
{
    int64_t due = server_due(t), timeout = timeout_ms;

    const struct sim *sim = sim_of(t);
    bool moves = sim->clock == clock_system() || (sim->feed && sim->feed->real_time);

    if (!moves)
        timeout = 0;                                     /* a virtual clock moves by its owner's hand only */
    else if (due >= 0 && (timeout < 0 || due < timeout))
        timeout = due < 3600 * 1000 ? due : 3600 * 1000;
    poll(extra, n, (int)timeout);
}

static void server_reset(struct transport *t)
{
    struct sim *sim = sim_of(t);

    for (size_t i = 0; i < sim->exchanges.n; i++) {
        struct exchange *x = sim->exchanges.v[i];
        if (x->transport != t || x->dead)
            continue;
        x->finished = true;
        x->reason = END_CUT;
        x->end_text = "the connection was dropped";
    }
}

static void server_free(struct transport *t)
{
    struct sim *sim = sim_of(t);

    for (size_t i = 0; i < sim->exchanges.n; i++) {
        struct exchange *x = sim->exchanges.v[i];
        if (x->transport == t)
            x->dead = true;
    }
    for (size_t i = 0; i < sim->tunnels.n; i++) {
        struct tunnel *tunnel = sim->tunnels.v[i];
        tunnel->dead |= tunnel->transport == t;
    }
    bury(sim);
    free(t);
}

static struct tunnel *server_tunnel(struct transport *t, const struct upgrade *upgrade, const struct tunnel_ops *ops, void *ctx)
{
    return tunnel_new(sim_of(t), t, upgrade, ops, ctx);
}

static void server_tunnel_send(struct transport *t, struct tunnel *tunnel, const char *bytes, size_t n)
{
    (void)t;
    buf_add(&tunnel->in, bytes, n);
}

static size_t server_tunnel_pending(const struct transport *t, const struct tunnel *tunnel)
{
    (void)t;
    return tunnel->in.n;
}

static void server_tunnel_pause(struct transport *t, struct tunnel *tunnel, bool pause)
{
    (void)t;
    tunnel->paused = pause;
}

static void server_tunnel_close(struct transport *t, struct tunnel *tunnel)
{
    tunnel->dead = true;
    bury(sim_of(t));
}

static uint64_t server_received(const struct transport *t)
{
    return sim_of(t)->received;
}

static const struct transport_ops server_ops = {
    .request = server_request, .cancel = server_cancel, .step = server_step, .due = server_due, .wait = server_wait, .reset = server_reset,
    .free = server_free, .received = server_received, .tunnel = server_tunnel, .tunnel_send = server_tunnel_send,
    .tunnel_pending = server_tunnel_pending, .tunnel_pause = server_tunnel_pause, .tunnel_close = server_tunnel_close,
};

struct transport *sim_transport(struct sim *sim)
{
    struct sim_transport *t = NEW(struct sim_transport);

    *t = (struct sim_transport){.base = {.ops = &server_ops}, .sim = sim};
    return &t->base;
}

void sim_fault(struct sim *sim, const char *part, int status, unsigned n, size_t bytes, const char *body)
{
    if (n == 0)
        return;
    struct fault *f = NEW(struct fault);
    *f = (struct fault){.part = mem_text(part), .body = mem_text(body), .status = status, .left = n, .bytes = bytes};
    ptrs_add(&sim->faults, f);
}

void sim_cut_watches(struct sim *sim)
{
    for (size_t i = 0; i < sim->exchanges.n; i++) {
        struct exchange *x = sim->exchanges.v[i];
        if (x->stream == STREAM_WATCH && !x->dead) {
            x->finished = true;
            x->reason = END_CUT;
            x->end_text = "the connection was cut";
        }
    }
}
