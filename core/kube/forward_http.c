/* One HTTP/1.1 request over a forwarded port. Invariant: the request goes out when the port is open, whole and once. */
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/kube/http1.h"
#include "core/kube/outgoing.h"
#include "core/kube/port_forward.h"

#include <stdlib.h>
#include <strings.h>

struct forward_http {
    struct port_forward *forward;    /* NULL once ended */
    struct http1 answer;
    struct buf request;              /* until it is sent; may hold a token */
    struct response_ops ops;
    void *ctx;
    int status;                      /* of the upgrade */
    bool sent, feeding, dead;
};

static void forget_request(struct forward_http *x)
{
    if (x->request.p)
        explicit_bzero(x->request.p, x->request.cap);
    buf_free(&x->request);
}

static void release(struct forward_http *x)
{
    http1_free(&x->answer);
    free(x);
}

/* Nothing of x may be touched after. */
static void finish(struct forward_http *x, enum end_reason reason, const char *text)
{
    port_forward_free(x->forward);
    x->forward = NULL;
    forget_request(x);
    if (x->ops.on_end)
        x->ops.on_end(x->ctx, reason, text);
}

static void on_head(void *ctx)
{
    struct forward_http *x = ctx;
    struct response_head head = answer_head_get(&x->answer.head);

    if (!x->dead && x->ops.on_head)
        x->ops.on_head(x->ctx, &head);
}

static void on_body(void *ctx, const char *bytes, size_t n)
{
    struct forward_http *x = ctx;

    if (!x->dead && x->ops.on_bytes)
        x->ops.on_bytes(x->ctx, bytes, n);
}

static void on_open(void *ctx)
{
    struct forward_http *x = ctx;

    x->sent = true;
    port_forward_send(x->forward, x->request.p, x->request.n);
    forget_request(x);
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct forward_http *x = ctx;

    x->feeding = true;
    http1_feed(&x->answer, bytes, n);
    x->feeding = false;
    if (x->dead) {
        release(x);
    } else if (x->answer.state == HTTP1_DONE) {
        finish(x, END_DONE, "");
    } else if (x->answer.state == HTTP1_BROKEN || x->answer.state == HTTP1_SWITCHED) {
        char *text = mem_printf("what the pod answered is not the HTTP that was asked for: %s", http1_trouble(&x->answer));
        finish(x, END_PROTOCOL, text);
        free(text);
    }
}

static void on_end(void *ctx, const struct forward_end *how)
{
    struct forward_http *x = ctx;
    char *text = NULL;
    enum end_reason reason = how->reason;

    x->status = how->status;
    if (how->reason != END_DONE) {
        text = mem_text(how->text);
    } else if (how->status != 101) {
        reason = END_UNREACHABLE;
        text = mem_printf("the port of the pod cannot be reached: %s", how->text);
    } else if (http1_end(&x->answer) != HTTP1_DONE) {
        reason = END_CUT;
        text = mem_printf("the pod closed the connection before its answer was whole: %s", http1_trouble(&x->answer));
    }
    finish(x, reason, text ? text : "");
    free(text);
}

static void write_request(struct forward_http *x, const struct request *r, int port)
{
    struct buf *out = &x->request;
    bool host = false;

    buf_reserve(out, r->body.n + HTTP1_HEAD_MOST);
    buf_printf(out, "%s %s HTTP/1.1\r\n", r->method, r->path);
    for (const struct header *h = r->headers; h && h->name; h++) {
        if (!header_text_good(h->name) || !header_text_good(h->value))
            continue;
        host |= strcasecmp(h->name, "Host") == 0;
        buf_printf(out, "%s: %s\r\n", h->name, h->value);
    }
    if (!host)
        buf_printf(out, "Host: localhost:%d\r\n", port);
    if (r->body.n)
        buf_printf(out, "Content-Type: %s\r\n", r->content_type ? r->content_type : "application/json");
    if (r->body.n || strcmp(r->method, "GET") != 0)
        buf_printf(out, "Content-Length: %zu\r\n", r->body.n);
    buf_add_text(out, "User-Agent: sandtop/" VERSION "\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    buf_add_slice(out, r->body);
}

struct forward_http *forward_http_new(struct transport *transport, const struct forward_config *config, const struct request *request,
                                      const struct response_ops *ops, void *ctx)
{
    static const struct forward_ops forward_ops = {.on_open = on_open, .on_bytes = on_bytes, .on_end = on_end};
    static const struct http1_ops answer_ops = {.on_head = on_head, .on_body = on_body};
    struct forward_http *x = NEW(struct forward_http);
    struct forward_config own = *config;

    own.deadline_ms = request->deadline_ms;
    x->ops = *ops;
    x->ctx = ctx;
    http1_init(&x->answer, strcmp(request->method, "HEAD") == 0 ? HTTP1_ANSWER_TO_HEAD : HTTP1_ANSWER, &answer_ops, x);
    write_request(x, request, config->port);
    x->forward = port_forward_new(transport, &own, &forward_ops, x);
    if (x->forward)
        return x;
    forget_request(x);
    release(x);
    return NULL;
}

void forward_http_free(struct forward_http *x)
{
    if (!x || x->dead)
        return;
    x->dead = true;
    port_forward_free(x->forward);
    x->forward = NULL;
    forget_request(x);
    if (!x->feeding)
        release(x);
}

bool forward_http_sent(const struct forward_http *x)
{
    return x->sent;
}

int forward_http_status(const struct forward_http *x)
{
    return x->status;
}
