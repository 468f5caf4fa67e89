#include "tests/unit/fake_transport.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"

#include <poll.h>
#include <stdlib.h>

enum act { ACT_HEAD, ACT_BYTES, ACT_END };

struct event {
    enum act act;
    struct response_head head;
    char *text;                      /* content type, bytes, or the end's sentence */
    size_t n;
    enum end_reason reason;
};

struct exchange {
    struct fake *owner;
    char *line;
    bool compress, dead;
    int64_t deadline_ms, end_by_ms;
    struct response_ops ops;
    void *ctx;
    struct ptrs events;
    size_t done;                     /* events delivered */
};

struct fake {
    struct transport transport;      /* first */
    struct clock_virtual *clock;
    struct ptrs exchanges;
    size_t asked;
    unsigned resets;
    uint64_t received;
};

static struct fake *of(const struct transport *t)
{
    return (struct fake *)(uintptr_t)t;
}

static struct exchange *fake_request(struct transport *t, const struct request *r, const struct response_ops *ops, void *ctx)
{
    struct fake *f = of(t);
    struct exchange *x = NEW(struct exchange);

    x->owner = f;
    x->line = mem_printf("%s %s", r->method, r->path);
    x->compress = r->compress;
    x->deadline_ms = r->deadline_ms;
    x->end_by_ms = r->deadline_ms ? f->clock->mono_ms + r->deadline_ms : 0;
    x->ops = *ops;
    x->ctx = ctx;
    ptrs_add(&f->exchanges, x);
    f->asked++;
    return x;
}

static void fake_cancel(struct transport *t, struct exchange *x)
{
    (void)t;
    x->dead = true;
}

static void free_exchange(struct exchange *x)
{
    for (size_t i = 0; i < x->events.n; i++) {
        struct event *e = x->events.v[i];
        free(e->text);
        free(e);
    }
    ptrs_free(&x->events);
    free(x->line);
    free(x);
}

static void deliver(struct exchange *x, struct event *e)
{
    switch (e->act) {
    case ACT_HEAD:
        e->head.content_type = slice_of(e->text);
        if (x->ops.on_head)
            x->ops.on_head(x->ctx, &e->head);
        break;
    case ACT_BYTES:
        x->owner->received += e->n;
        if (x->ops.on_bytes)
            x->ops.on_bytes(x->ctx, e->text, e->n);
        break;
    case ACT_END:
        x->dead = true;
        if (x->ops.on_end)
            x->ops.on_end(x->ctx, e->reason, e->text);
        break;
    }
}

static void step(struct transport *t)
{
    struct fake *f = of(t);

    for (size_t i = 0; i < f->exchanges.n; i++) {
        struct exchange *x = f->exchanges.v[i];
        while (!x->dead && x->done < x->events.n)
            deliver(x, x->events.v[x->done++]);
        if (!x->dead && x->end_by_ms && f->clock->mono_ms >= x->end_by_ms)
            fake_end(x, END_TIMEOUT, "the server did not answer in time");
        while (!x->dead && x->done < x->events.n)
            deliver(x, x->events.v[x->done++]);
    }
    for (size_t i = f->exchanges.n; i-- > 0;) {
        struct exchange *x = f->exchanges.v[i];
        if (x->dead) {
            ptrs_remove(&f->exchanges, i);
            free_exchange(x);
        }
    }
}

static int64_t due(struct transport *t)
{
    (void)t;
    return -1;
}

static void no_wait(struct transport *t, struct pollfd *extra, unsigned n, int timeout_ms)
{
    (void)t;
    (void)extra;
    (void)n;
    (void)timeout_ms;
}

static void reset(struct transport *t)
{
    struct fake *f = of(t);

    f->resets++;
    for (size_t i = 0; i < f->exchanges.n; i++) {
        struct exchange *x = f->exchanges.v[i];
        if (!x->dead)
            fake_end(x, END_CUT, "the connection was dropped");
    }
}

static void free_fake(struct transport *t)
{
    struct fake *f = of(t);

    for (size_t i = 0; i < f->exchanges.n; i++)
        free_exchange(f->exchanges.v[i]);
    ptrs_free(&f->exchanges);
    free(f);
}

static uint64_t received(const struct transport *t)
{
    return of(t)->received;
}

struct fake *fake_new(struct clock_virtual *clock)
{
    static const struct transport_ops ops = {
        .request = fake_request, .cancel = fake_cancel, .step = step, .due = due, .wait = no_wait, .reset = reset, .free = free_fake, .received = received,
    };
    struct fake *f = NEW(struct fake);

    f->transport.ops = &ops;
    f->clock = clock;
    return f;
}

struct transport *fake_transport(struct fake *f)
{
    return &f->transport;
}

void fake_step(struct fake *f)
{
    step(&f->transport);
}

struct exchange *fake_find(struct fake *f, const char *part)
{
    for (size_t i = f->exchanges.n; i-- > 0;) {
        struct exchange *x = f->exchanges.v[i];
        if (!x->dead && strstr(x->line, part))
            return x;
    }
    return NULL;
}

size_t fake_open(const struct fake *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->exchanges.n; i++)
        n += !((struct exchange *)f->exchanges.v[i])->dead;
    return n;
}

size_t fake_asked(const struct fake *f)
{
    return f->asked;
}

unsigned fake_resets(const struct fake *f)
{
    return f->resets;
}

const char *fake_line(const struct exchange *x)
{
    return x->line;
}

bool fake_compressed(const struct exchange *x)
{
    return x->compress;
}

int64_t fake_deadline(const struct exchange *x)
{
    return x->deadline_ms;
}

static struct event *add(struct exchange *x, enum act act, const char *text, size_t n)
{
    struct event *e = NEW(struct event);

    e->act = act;
    e->text = slice_dup((struct slice){text, n});
    e->n = n;
    ptrs_add(&x->events, e);
    return e;
}

void fake_head_full(struct exchange *x, int status, int64_t retry_after_ms, const char *content_type)
{
    add(x, ACT_HEAD, content_type, strlen(content_type))->head = (struct response_head){.status = status, .retry_after_ms = retry_after_ms};
}

void fake_head(struct exchange *x, int status)
{
    fake_head_full(x, status, -1, "application/json");
}

void fake_bytes_n(struct exchange *x, const char *bytes, size_t n, size_t chunk)
{
    for (size_t at = 0; at < n; at += chunk) {
        if (chunk == 0 || chunk > n - at)
            chunk = n - at;
        add(x, ACT_BYTES, bytes + at, chunk);
    }
}

void fake_bytes(struct exchange *x, const char *text)
{
    fake_bytes_n(x, text, strlen(text), 0);
}

void fake_end(struct exchange *x, enum end_reason reason, const char *text)
{
    add(x, ACT_END, text, strlen(text))->reason = reason;
}

void fake_answer(struct exchange *x, int status, const char *body)
{
    fake_head(x, status);
    fake_bytes(x, body);
    fake_end(x, END_DONE, "");
}
