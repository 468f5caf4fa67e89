/* Invariant: at most one question is under way. Any answer, be it a refusal, and any byte on any exchange means that the server lives. */
#include "core/kube/prober.h"

#include "core/base/mem.h"

#include <stdlib.h>

enum {
    SILENCE_MS = 10000,              /* bookmarks come once a minute, so an idle cluster is asked this often */
    FIRST_DEADLINE_MS = 8000,        /* with the silence: a hang is known after 18 s */
    DOWN_DEADLINE_MS = 5000,         /* while down: a stopped server that goes on answers what lies in its socket */
    DOWN_EVERY_MS = 500,
    ASKED_EVERY_MS = 500,            /* prober_ask, at most so often */
    CREDENTIAL_EVERY_MS = 5000,      /* each try may start a plugin */
};

struct prober {
    struct transport *transport;
    const struct clock *clock;
    void (*on_back)(void *ctx);
    void *ctx;
    struct prober_status status;
    char *message;
    struct exchange *question;
    bool answered;                   /* its head has come */
    bool back;                       /* on_back is owed at the next step */
    bool failed;                     /* the question ended without an answer; judged at the next step, when all that came has been seen */
    enum end_reason reason;
    int64_t born_ms, asked_ms, next_ms; /* mono; next_ms: not before this */
    bool wanted;                     /* prober_ask */
    uint64_t received;
};

static int64_t now_ms(const struct prober *p)
{
    return p->clock->mono(p->clock);
}

static void alive(struct prober *p)
{
    p->status.contact_ms = now_ms(p);
    if (!p->status.down)
        return;
    p->status.down = false;
    p->status.message = "";
    p->back = true;
}

static void on_head(void *ctx, const struct response_head *head)
{
    struct prober *p = ctx;

    (void)head;
    p->answered = true;
    alive(p);
}

static void went_down(struct prober *p)
{
    bool first = !p->status.down;

    p->status.message = p->message;
    p->status.down = true;
    if (first)
        p->status.down_since_ms = p->asked_ms;
    /* a connection that hangs must not be used again; a missing credential says nothing about connections */
    if (p->reason != END_CREDENTIAL && (first || p->reason == END_TIMEOUT))
        p->transport->ops->reset(p->transport);
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct prober *p = ctx;

    p->question = NULL;
    p->next_ms = p->asked_ms + (reason == END_CREDENTIAL ? CREDENTIAL_EVERY_MS : DOWN_EVERY_MS);
    if (p->answered || reason == END_DONE)
        return;
    p->failed = true;
    p->reason = reason;
    free(p->message);
    p->message = mem_text(text);
    if (p->status.down)
        p->status.message = p->message;
}

static void ask(struct prober *p)
{
    static const struct response_ops ops = {.on_head = on_head, .on_end = on_end};
    struct request request = {.method = "GET", .path = "/version", .deadline_ms = p->status.down ? DOWN_DEADLINE_MS : FIRST_DEADLINE_MS};

    p->wanted = false;
    p->answered = false;
    p->asked_ms = now_ms(p);
    p->question = transport_request(p->transport, &request, &ops, p);
}

static int64_t ask_at(const struct prober *p)
{
    int64_t heard = p->status.contact_ms > p->born_ms ? p->status.contact_ms : p->born_ms;

    if (p->question)
        return INT64_MAX;
    if (p->status.down || p->wanted)
        return p->next_ms;
    return heard + SILENCE_MS > p->next_ms ? heard + SILENCE_MS : p->next_ms;
}

struct prober *prober_new(struct transport *transport, const struct clock *clock, void (*on_back)(void *ctx), void *ctx)
{
    struct prober *p = NEW(struct prober);

    p->transport = transport;
    p->clock = clock;
    p->on_back = on_back;
    p->ctx = ctx;
    p->born_ms = now_ms(p);
    p->received = transport->ops->received(transport);
    p->status.message = "";
    return p;
}

void prober_free(struct prober *p)
{
    if (!p)
        return;
    transport_cancel(p->transport, p->question);
    free(p->message);
    free(p);
}

void prober_step(struct prober *p)
{
    uint64_t received = p->transport->ops->received(p->transport);

    if (received != p->received) {
        p->received = received;
        alive(p);
    }
    if (p->failed && p->status.contact_ms <= p->asked_ms)
        went_down(p);
    p->failed = false;
    if (p->back) {
        p->back = false;
        if (p->on_back)
            p->on_back(p->ctx);
    }
    if (now_ms(p) >= ask_at(p))
        ask(p);
}

int64_t prober_due(const struct prober *p)
{
    int64_t at = ask_at(p), now = now_ms(p);

    if (p->back || p->failed)
        return 0;
    if (at == INT64_MAX)
        return -1;
    return at > now ? at - now : 0;
}

void prober_ask(struct prober *p)
{
    if (!p->question && !p->wanted)
        p->next_ms = p->asked_ms + ASKED_EVERY_MS;
    p->wanted = true;
}

const struct prober_status *prober_status(const struct prober *p)
{
    return &p->status;
}
