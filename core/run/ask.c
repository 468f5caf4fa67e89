/* Invariant: an ask is in run->asks until its done has run or it is dropped; what creates something is not asked twice here. */
#include "core/kube/refusal.h"
#include "core/run/run_internal.h"

#include "core/base/mem.h"

#include <stdlib.h>

enum { TRIES = 3, RETRY_MS = 300 };

static void ask_free(struct ask *a)
{
    buf_free(&a->answer);
    free(a->method);
    free(a->path);
    free(a->body);
    free(a->text);
    free(a);
}

static void forget(struct ask *a)
{
    for (size_t i = 0; i < a->run->asks.n; i++) {
        if (a->run->asks.v[i] == a) {
            ptrs_remove(&a->run->asks, i);
            return;
        }
    }
}

void ask_drop(struct ask *a)
{
    if (!a)
        return;
    transport_cancel(a->run->config.transport, a->exchange);
    forget(a);
    ask_free(a);
}

static void on_head(void *ctx, const struct response_head *head)
{
    struct ask *a = ctx;

    a->status = head->status;
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct ask *a = ctx;
    size_t room = RUN_BODY_MOST - a->answer.n;

    buf_add(&a->answer, bytes, n < room ? n : room);
}

static bool passing(const struct ask *a)
{
    if (a->reason != END_DONE)
        return a->reason == END_CUT || a->reason == END_TIMEOUT || a->reason == END_UNREACHABLE;
    return a->status == 429 || a->status == 500 || a->status == 502 || a->status == 503 || a->status == 504;
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct ask *a = ctx;

    a->exchange = NULL;
    a->reason = reason;
    set_text(&a->text, mem_text(text));
    bool again = passing(a) && (a->repeats || (reason == END_DONE && a->status == 429)); /* a 429 was not looked at */
    if (again && ++a->failures <= TRIES) {
        a->retry_at_ms = run_mono(a->run) + RETRY_MS * (int64_t)a->failures;
        return;
    }
    forget(a);
    a->done(a->run, a);
    ask_free(a);
}

static void send(struct ask *a)
{
    static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};
    struct request request = {
        .method = a->method, .path = a->path, .body = slice_of(a->body), .content_type = a->type, .deadline_ms = RUN_SHORT_MS,
    };

    a->status = 0;
    a->retry_at_ms = 0;
    buf_clear(&a->answer);
    a->exchange = transport_request(a->run->config.transport, &request, &ops, a);
}

struct ask *ask_new(struct run *r, const char *method, char *path, char *body, void (*done)(struct run *, struct ask *))
{
    struct ask *a = NEW(struct ask);

    a->run = r;
    a->method = mem_text(method);
    a->path = path;
    a->body = body;
    a->type = strcmp(method, "PATCH") == 0 ? "application/merge-patch+json" : NULL;
    a->done = done;
    a->text = mem_text("");
    a->repeats = strcmp(method, "POST") != 0;
    ptrs_add(&r->asks, a);
    send(a);
    return a;
}

void asks_step(struct run *r)
{
    for (size_t i = 0; i < r->asks.n; i++) {
        struct ask *a = r->asks.v[i];
        if (a->retry_at_ms && run_mono(r) >= a->retry_at_ms)
            send(a);
    }
}

int64_t asks_due(const struct run *r)
{
    int64_t due = -1, now = run_mono(r);

    for (size_t i = 0; i < r->asks.n; i++) {
        const struct ask *a = r->asks.v[i];
        if (a->retry_at_ms)
            due = sooner_of(due, a->retry_at_ms > now ? a->retry_at_ms - now : 0);
    }
    return due;
}

void asks_free(struct run *r)
{
    while (r->asks.n)
        ask_drop(r->asks.v[r->asks.n - 1]);
    ptrs_free(&r->asks);
}

char *ask_words(const struct ask *a)
{
    return a->reason == END_DONE ? refusal_text(a->status, buf_slice(&a->answer)) : mem_text(*a->text ? a->text : "the connection failed");
}

bool ask_is_page(const struct ask *a)
{
    return a->reason == END_DONE && a->status == 404 && json_type(json_whole(buf_slice(&a->answer))) != JSON_OBJECT;
}
