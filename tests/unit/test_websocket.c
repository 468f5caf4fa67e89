/* From bytes to messages: HTTP heads and bodies, the handshake, frames; and the curl transport's tunnels against a server in the same
 * process, turned by the same loop. */
#include "tests/unit/test.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/kube/handshake.h"
#include "core/kube/transport_curl.h"
#include "core/kube/websocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- HTTP */

static void on_body(void *ctx, const char *bytes, size_t n)
{
    buf_add(ctx, bytes, n);
}

static const struct http1_ops body_ops = {.on_body = on_body};

static void http_messages(void **state)
{
    static const struct {
        enum http1_kind kind;
        const char *text;
        enum http1_state end;
        const char *body, *rest;     /* rest: what does not belong to it */
    } rows[] = {
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloX", HTTP1_DONE, "hello", "X"},
        {HTTP1_ANSWER, "HTTP/1.1 200\r\ncontent-length:5\r\n\r\nhello", HTTP1_DONE, "hello", ""},
        {HTTP1_ANSWER, "HTTP/1.0 200 OK\r\n\r\nuntil the end", HTTP1_DONE, "until the end", ""},
        {HTTP1_ANSWER, "HTTP/1.1 204 No\r\n\r\nX", HTTP1_DONE, "", "X"},
        {HTTP1_ANSWER, "HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\nX", HTTP1_DONE, "", "X"},
        {HTTP1_ANSWER_TO_HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nX", HTTP1_DONE, "", "X"},
        {HTTP1_ANSWER, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nh", HTTP1_DONE, "h", ""},
        {HTTP1_ANSWER, "HTTP/1.1 101 Switching\r\n\r\nrest", HTTP1_SWITCHED, "", "rest"},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nX", HTTP1_DONE,
         "abc0123456789", "X"},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", HTTP1_DONE, "hello", ""},
        {HTTP1_REQUEST, "POST /execute?x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}X", HTTP1_DONE, "{}", "X"},
        {HTTP1_REQUEST, "GET / HTTP/1.1\r\n\r\nX", HTTP1_DONE, "", "X"},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", HTTP1_BROKEN, "hell", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", HTTP1_BROKEN, "abc", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", HTTP1_BROKEN, "abc", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nabc", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\nhello", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nx\nContent-Length: 5\r\n\r\nhello", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 200 OK\r\nA: \001\r\n\r\nhello", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/2 200\r\n\r\n", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 20 OK\r\n\r\n", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "HTTP/1.1 2000 OK\r\n\r\n", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "GET / HTTP/1.1\r\n\r\n", HTTP1_BROKEN, "", NULL},
        {HTTP1_REQUEST, "HTTP/1.1 200 OK\r\n\r\n", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "SSH-2.0-OpenSSH_9.2\r\n", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "\r\n\r\n", HTTP1_BROKEN, "", NULL},
        {HTTP1_ANSWER, "", HTTP1_BROKEN, "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t piece = 1; piece < 60; piece += 29) {
            struct buf body = {0};
            struct http1 h;
            size_t n = strlen(rows[i].text), at = 0;
            http1_init(&h, rows[i].kind, &body_ops, &body);
            while (at < n && (h.state == HTTP1_IN_HEAD || h.state == HTTP1_IN_BODY))
                at += http1_feed(&h, rows[i].text + at, n - at < piece ? n - at : piece);
            if (http1_end(&h) != rows[i].end)
                fail_msg("row %zu ends as %d (%s): %s", i, (int)h.state, http1_trouble(&h), rows[i].text);
            assert_string_equal(body.p ? body.p : "", rows[i].body);
            if (rows[i].rest)
                assert_string_equal(rows[i].text + at, rows[i].rest);
            assert_int_equal(*http1_trouble(&h) != '\0', rows[i].end == HTTP1_BROKEN);
            http1_free(&h);
            buf_free(&body);
        }
}

static void a_head_without_end_is_bounded(void **state)
{
    struct http1 h;
    char line[100];
    size_t fed = 0;

    (void)state;
    memset(line, 'a', sizeof line);
    http1_init(&h, HTTP1_ANSWER, &body_ops, NULL);
    while (h.state == HTTP1_IN_HEAD && fed < 10 * HTTP1_HEAD_MOST)
        fed += http1_feed(&h, line, sizeof line) ? sizeof line : 0;
    assert_int_equal(h.state, HTTP1_BROKEN);
    assert_true(fed <= HTTP1_HEAD_MOST);
    http1_free(&h);
}

static void headers_are_found(void **state)
{
    static const char text[] = "GET /x HTTP/1.1\r\nA: 1\r\nx-sandbox-id:  box \r\na: 2\r\nX-Sandbox-ID-More: no\r\n\r\n";
    struct http1 h;
    struct slice value;

    (void)state;
    http1_init(&h, HTTP1_REQUEST, &body_ops, NULL);
    assert_int_equal(http1_feed(&h, text, sizeof text - 1), sizeof text - 1);
    assert_true(slice_is(h.method, "GET") && slice_is(h.target, "/x"));
    assert_true(http1_header(&h, "X-Sandbox-ID", 0, &value) && slice_is(value, "box"));
    assert_false(http1_header(&h, "X-Sandbox-ID", 1, &value));
    assert_true(http1_header(&h, "a", 1, &value) && slice_is(value, "2"));
    assert_false(http1_header(&h, "GET /x HTTP/1.1", 0, &value));
    http1_free(&h);
}

/* ---- the handshake */

#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="    /* of the key in RFC 6455, 1.3 */
#define SWITCH "HTTP/1.1 101 S\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"

static void the_key_of_the_rfc(void **state)
{
    struct handshake one, two;
    char accept[29];

    (void)state;
    handshake_accept("dGhlIHNhbXBsZSBub25jZQ==", accept);
    assert_string_equal(accept, ACCEPT);
    handshake_new(&one);
    handshake_new(&two);
    assert_int_equal(strlen(one.key), 24);
    assert_string_not_equal(one.key, two.key);
}

static void what_grants_an_upgrade(void **state)
{
    static const char *const protocols[] = {"v5.channel.k8s.io", "v4.channel.k8s.io", NULL};
    static const struct {
        const char *head, *protocol, *err;
    } rows[] = {
        {SWITCH "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n", "v4.channel.k8s.io", NULL},
        {SWITCH "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n", NULL, "none of the protocols"},
        {SWITCH "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Protocol: v6\r\n\r\n", NULL, "not offered"},
        {SWITCH "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", NULL, "extension"},
        {SWITCH "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n", NULL, "not to this WebSocket"},
        {SWITCH "\r\n", NULL, "not to this WebSocket"},
        {"HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n", NULL, "another protocol"},
        {"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " ACCEPT "\r\n\r\n", NULL, "Connection"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct handshake shake = {.accept = ACCEPT};
        struct http1 h;
        struct err err = {0};
        const char *protocol;
        http1_init(&h, HTTP1_ANSWER, &body_ops, NULL);
        http1_feed(&h, rows[i].head, strlen(rows[i].head));
        assert_int_equal(h.state, HTTP1_SWITCHED);
        assert_int_equal(handshake_granted(&shake, &h, protocols, &protocol, &err), rows[i].err == NULL);
        if (rows[i].err)
            assert_non_null(strstr(err.text, rows[i].err));
        else
            assert_string_equal(protocol, rows[i].protocol);
        err_clear(&err);
        http1_free(&h);
    }
}

/* ---- frames */

struct peer {
    struct frames *frames;
    struct buf messages, output;
};

static void on_message(void *ctx, const char *bytes, size_t n)
{
    struct peer *p = ctx;

    buf_add(&p->messages, bytes, n);
    buf_add_byte(&p->messages, '|');
}

static void on_output(void *ctx, const char *bytes, size_t n)
{
    buf_add(&((struct peer *)ctx)->output, bytes, n);
}

static const struct frames_ops frames_ops = {.on_message = on_message, .on_output = on_output};

static void peer_new(struct peer *p, enum frames_role role)
{
    *p = (struct peer){0};
    p->frames = frames_new(role, &frames_ops, p);
}

static void peer_free(struct peer *p)
{
    frames_free(p->frames);
    buf_free(&p->messages);
    buf_free(&p->output);
}

static void two_peers_talk(void **state)
{
    struct peer client, server;

    (void)state;
    peer_new(&client, FRAMES_CLIENT);
    peer_new(&server, FRAMES_SERVER);
    assert_true(frames_send(client.frames, "hello", 5));
    frames_ping(client.frames);
    assert_true((client.output.p[1] & 0x80) != 0); /* a client masks */
    assert_int_equal(slice_find(buf_slice(&client.output), SLICE("hello")), -1);
    assert_int_equal(frames_feed(server.frames, client.output.p, client.output.n), FRAMES_OPEN);
    assert_string_equal(server.messages.p, "hello|");
    assert_memory_equal(server.output.p, "\x8a\0", 2); /* the pong */
    char *big = mem_new(100000);
    memset(big, 'b', 100000);
    frames_send(server.frames, big, 100000);
    frames_close(server.frames, 1000, "enough");
    for (size_t at = 0; at < server.output.n; at += 1000)
        frames_feed(client.frames, server.output.p + at, server.output.n - at < 1000 ? server.output.n - at : 1000);
    assert_int_equal(client.messages.n, 100001);
    assert_int_equal(frames_close_code(client.frames), 1000);
    assert_string_equal(frames_close_reason(client.frames), "enough");
    assert_false(frames_send(client.frames, "x", 1));
    free(big);
    peer_free(&client);
    peer_free(&server);
}

#define BYTES(text) {text, sizeof(text) - 1}

static void frames_that_a_server_may_send(void **state)
{
    static const struct {
        struct slice bytes;
        enum frames_state end;
        const char *messages;
        int code;
    } rows[] = {
        {BYTES("\x82\x03" "abc\x81\x02" "de"), FRAMES_OPEN, "abc|de|", 1006},
        {BYTES("\x02\x01" "a\x00\x01" "b\x89\x00\x80\x01" "c"), FRAMES_OPEN, "abc|", 1006}, /* in fragments, a ping between */
        {BYTES("\x88\x00"), FRAMES_CLOSED, "", 1005},
        {BYTES("\x88\x02\x03\xe8\x82\x01" "x"), FRAMES_CLOSED, "", 1000},
        {BYTES("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff" "ab"), FRAMES_BROKEN, "", 1006},  /* 2^63 - 1 bytes */
        {BYTES("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff" "ab"), FRAMES_BROKEN, "", 1006},
        {BYTES("\x82\x7f\x00\x00\x00\x00\x00\x40\x00\x01" "a"), FRAMES_BROKEN, "", 1006},   /* one more than FRAMES_MESSAGE_MOST */
        {BYTES("\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x01" "a"), FRAMES_BROKEN, "", 1006},   /* not the shortest length */
        {BYTES("\x82\x81" "mask" "a"), FRAMES_BROKEN, "", 1006},                           /* a server does not mask */
        {BYTES("\xc2\x01" "a"), FRAMES_BROKEN, "", 1006},                                  /* an extension's bit */
        {BYTES("\x83\x01" "a"), FRAMES_BROKEN, "", 1006},                                  /* an unknown opcode */
        {BYTES("\x00\x01" "a"), FRAMES_BROKEN, "", 1006},                                  /* goes on with nothing */
        {BYTES("\x02\x01" "a\x02\x01" "b"), FRAMES_BROKEN, "", 1006},                      /* begins in the middle */
        {BYTES("\x89\x7e\x00\x80"), FRAMES_BROKEN, "", 1006},                              /* a long ping */
        {BYTES("\x09\x00"), FRAMES_BROKEN, "", 1006},                                      /* a ping in fragments */
        {BYTES("\x88\x01\x03"), FRAMES_CLOSED, "", 1005},                                  /* half a code is none */
        {BYTES("\x81\x02\xff\xfe"), FRAMES_BROKEN, "", 1006},                              /* text that is no UTF-8 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t piece = 1; piece < 40; piece += 38) {
            struct peer p;
            enum frames_state end = FRAMES_OPEN;
            peer_new(&p, FRAMES_CLIENT);
            for (size_t at = 0; at < rows[i].bytes.n; at += piece)
                end = frames_feed(p.frames, rows[i].bytes.p + at, rows[i].bytes.n - at < piece ? rows[i].bytes.n - at : piece);
            if (end != rows[i].end)
                fail_msg("row %zu ends as %d", i, (int)end);
            assert_string_equal(p.messages.p ? p.messages.p : "", rows[i].messages);
            assert_int_equal(frames_close_code(p.frames), rows[i].code);
            if (end != FRAMES_OPEN)
                assert_int_equal((unsigned char)p.output.p[0], 0x88); /* it was told */
            peer_free(&p);
        }
}

static void fragments_are_bounded_together(void **state)
{
    struct peer p;
    char piece[65536 + 10] = "\x02\x7f\0\0\0\0\0\1\0";
    enum frames_state end = FRAMES_OPEN;
    size_t fed = 0;

    (void)state;
    peer_new(&p, FRAMES_CLIENT);
    for (; end == FRAMES_OPEN && fed < 2 * (size_t)FRAMES_MESSAGE_MOST; fed += 65536) {
        end = frames_feed(p.frames, piece, sizeof piece);
        piece[0] = 0;
    }
    assert_int_equal(end, FRAMES_BROKEN);
    assert_true(fed <= (size_t)FRAMES_MESSAGE_MOST + 2 * 65536);
    peer_free(&p);
}

/* ---- tunnels of the curl transport */

enum { MAX_CONNS = 4, PATIENCE = 4000 };

struct conn {
    int fd;
    struct buf got;
};

struct heard {
    struct world *world;
    struct websocket *ws;
    int opens, ends, status, code;
    bool sent, echo;
    enum end_reason reason;
    struct buf messages, text, protocol;
};

struct world {
    int listener;
    struct conn conns[MAX_CONNS];
    unsigned n_conns;
    char *server;
    struct target target;
    struct credential *credential;
    struct transport *transport;
    bool in_step;
};

static void start(struct world *w)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct err err = {0};

    w->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(w->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(w->listener, 8), 0);
    assert_int_equal(getsockname(w->listener, (struct sockaddr *)&address, &size), 0);
    w->server = mem_printf("http://127.0.0.1:%d", ntohs(address.sin_port));
    if (!w->target.server)
        w->target.server = w->server;
    else
        w->target.proxy_url = w->server; /* the server plays the proxy */
    w->target.context = (char *)(uintptr_t)"test";
    if (w->target.token || w->target.token_file)
        w->credential = credential_new(&w->target, clock_system(), 10000);
    w->transport = transport_curl_new(&w->target, w->credential, &err);
    if (!w->transport)
        fail_msg("%s", err.text);
}

static void stop(struct world *w)
{
    transport_free(w->transport);
    credential_free(w->credential);
    for (unsigned i = 0; i < w->n_conns; i++) {
        if (w->conns[i].fd >= 0)
            close(w->conns[i].fd);
        buf_free(&w->conns[i].got);
    }
    close(w->listener);
    free(w->server);
}

static void serve(struct world *w, bool reading)
{
    char bytes[65536];
    int fd;

    while ((fd = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        assert_true(w->n_conns < MAX_CONNS);
        w->conns[w->n_conns++] = (struct conn){.fd = fd};
    }
    for (unsigned i = 0; reading && i < w->n_conns; i++) {
        ssize_t n;
        while (w->conns[i].fd >= 0 && (n = read(w->conns[i].fd, bytes, sizeof bytes)) > 0)
            buf_add(&w->conns[i].got, bytes, (size_t)n);
    }
}

static void turn(struct world *w, bool reading)
{
    serve(w, reading);
    w->transport->ops->wait(w->transport, NULL, 0, 5);
    w->in_step = true;
    w->transport->ops->step(w->transport);
    w->in_step = false;
    serve(w, reading);
}

#define UNTIL(w, condition)                           \
    for (int turns_ = 0; !(condition); turns_++) {    \
        if (turns_ == PATIENCE)                       \
            fail_msg("never came: %s", #condition);   \
        turn(w, true);                                \
    }

static void send_bytes(struct world *w, unsigned conn, const char *bytes, size_t n)
{
    assert_int_equal(write(w->conns[conn].fd, bytes, n), n);
}

static void say(struct world *w, unsigned conn, const char *text)
{
    send_bytes(w, conn, text, strlen(text));
}

static bool asked(const struct world *w, unsigned conn)
{
    return conn < w->n_conns && w->conns[conn].got.p && strstr(w->conns[conn].got.p, "\r\n\r\n");
}

/* Answers the upgrade on that connection as a server does, with what follows in the same write. */
static void grant(struct world *w, unsigned conn, const char *after, size_t n)
{
    const char *line = strstr(w->conns[conn].got.p, "Sec-WebSocket-Key: ");
    char key[25] = "", accept[29];
    struct buf out = {0};

    assert_non_null(line);
    memcpy(key, line + 19, 24);
    handshake_accept(key, accept);
    buf_printf(&out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
               "Sec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n", accept);
    buf_add(&out, after, n);
    send_bytes(w, conn, out.p, out.n);
    buf_free(&out);
}

static void heard_open(void *ctx, const char *protocol)
{
    struct heard *h = ctx;

    assert_true(h->world->in_step);
    h->opens++;
    buf_add_text(&h->protocol, protocol);
}

static void heard_message(void *ctx, const char *bytes, size_t n)
{
    struct heard *h = ctx;

    assert_true(h->world->in_step);
    assert_int_equal(h->opens, 1);
    buf_add(&h->messages, bytes, n);
    buf_add_byte(&h->messages, '|');
    if (h->echo)
        websocket_send(h->ws, bytes, n);
}

static void heard_end(void *ctx, const struct websocket_end *end)
{
    struct heard *h = ctx;

    assert_true(h->world->in_step);
    h->ends++;
    h->reason = end->reason;
    h->status = end->status;
    h->sent = end->sent;
    h->code = end->code;
    buf_add_text(&h->text, end->text);
}

static const struct websocket_ops ws_ops = {.on_open = heard_open, .on_message = heard_message, .on_end = heard_end};
static const char *const protocols[] = {"v5.channel.k8s.io", "v4.channel.k8s.io", NULL};

static void open_ws(struct world *w, struct heard *h, int64_t open_ms, int64_t deadline_ms)
{
    static const struct header headers[] = {{"X-More", "yes"}, {"Authorization", "not ours"}, {0}};
    struct upgrade upgrade = {.path = "/exec?command=ls", .protocols = protocols, .headers = headers, .open_ms = open_ms, .deadline_ms = deadline_ms};

    h->world = w;
    h->ws = websocket_new(w->transport, &upgrade, &ws_ops, h);
    assert_non_null(h->ws);
    assert_int_equal(h->opens + h->ends, 0);
}

static void drop(struct heard *h)
{
    websocket_free(h->ws);
    buf_free(&h->messages);
    buf_free(&h->text);
    buf_free(&h->protocol);
}

static void a_tunnel_opens_and_closes(void **state)
{
    char token[] = "t0ken", who[] = "jane";
    struct world w = {.target = {.token = token, .as = who}};
    struct heard h = {.echo = true};

    (void)state;
    start(&w);
    open_ws(&w, &h, 0, 0);
    UNTIL(&w, asked(&w, 0));
    const char *got = w.conns[0].got.p;
    assert_int_equal(strncmp(got, "GET /exec?command=ls HTTP/1.1\r\nHost: 127.0.0.1:", 47), 0);
    assert_non_null(strstr(got, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"));
    assert_non_null(strstr(got, "\r\nSec-WebSocket-Protocol: v5.channel.k8s.io, v4.channel.k8s.io\r\n"));
    assert_non_null(strstr(got, "\r\nUser-Agent: sandtop/"));
    assert_non_null(strstr(got, "\r\nAuthorization: Bearer t0ken\r\n"));
    assert_non_null(strstr(got, "\r\nImpersonate-User: jane\r\n"));
    assert_non_null(strstr(got, "\r\nX-More: yes\r\n"));
    assert_null(strstr(got, "not ours"));
    grant(&w, 0, "\x82\x03" "one", 5); /* what follows the head at once is not lost */
    size_t before = w.conns[0].got.n;
    UNTIL(&w, h.messages.n == 4);
    assert_string_equal(h.protocol.p, "v5.channel.k8s.io");
    UNTIL(&w, w.conns[0].got.n == before + 9); /* the echo: header, mask, three bytes */
    assert_true(w.transport->ops->received(w.transport) > 100);
    send_bytes(&w, 0, "\x88\x05\x03\xe8" "bye", 7);
    UNTIL(&w, h.ends == 1);
    assert_int_equal(h.reason, END_DONE);
    assert_int_equal(h.status, 101);
    assert_int_equal(h.code, 1000);
    assert_string_equal(h.text.p, "bye");
    UNTIL(&w, w.conns[0].got.n > before + 9);
    assert_int_equal((unsigned char)w.conns[0].got.p[before + 9], 0x88); /* our close went out before the connection did */
    drop(&h);
    stop(&w);
}

static void freeing_an_open_one_says_goodbye(void **state)
{
    struct world w = {0};
    struct heard h = {0};

    (void)state;
    start(&w);
    open_ws(&w, &h, 0, 0);
    UNTIL(&w, asked(&w, 0));
    size_t before = w.conns[0].got.n;
    grant(&w, 0, "", 0);
    UNTIL(&w, h.opens == 1);
    drop(&h);
    UNTIL(&w, w.conns[0].got.n == before + 8);
    assert_int_equal((unsigned char)w.conns[0].got.p[before], 0x88);
    assert_int_equal(h.ends, 0);
    stop(&w);
}

static void refusals_come_with_their_words(void **state)
{
    static const struct {
        const char *answer;
        int status;
        enum end_reason reason;
        const char *text;
    } rows[] = {
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 41\r\n\r\n{\"kind\":\"Status\",\"message\":\"you may not\"}", 403, END_DONE, "you may not"},
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 43\r\n\r\n{\"kind\":\"Status\",\"message\":\"is forbidden:\"}", 403, END_DONE,
         "is forbidden: an upgrade needs the verb create beside get"},
        {"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\ncontainer not found (\"main\")\r\n0\r\n\r\n", 500, END_DONE,
         "HTTP 500: container not found (\"main\")"},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, END_DONE, "HTTP 404 Not Found"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, END_DONE, "instead of switching to WebSocket"},
        {"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " ACCEPT "\r\n\r\n", 101, END_PROTOCOL,
         "not to this WebSocket upgrade"},
        {"SSH-2.0-x\r\n\r\n", 0, END_PROTOCOL, "is not HTTP"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w = {0};
        struct heard h = {0};
        start(&w);
        open_ws(&w, &h, 0, 0);
        UNTIL(&w, asked(&w, 0));
        say(&w, 0, rows[i].answer);
        UNTIL(&w, h.ends == 1);
        assert_int_equal(h.opens, 0);
        assert_int_equal(h.status, rows[i].status);
        assert_int_equal(h.reason, rows[i].reason);
        assert_true(h.sent);
        if (!strstr(h.text.p, rows[i].text))
            fail_msg("row %zu: %s", i, h.text.p);
        drop(&h);
        stop(&w);
    }
}

static void a_hang_up(void **state)
{
    (void)state;
    for (int when = 0; when < 3; when++) {
        struct world w = {0};
        struct heard h = {0};
        start(&w);
        open_ws(&w, &h, 0, 0);
        UNTIL(&w, asked(&w, 0));
        if (when == 1)
            say(&w, 0, "HTTP/1.1 403 Forbidden\r\nContent-Length: 41\r\n\r\nyou may");
        if (when == 2)
            grant(&w, 0, "\x82\x7e", 2);
        close(w.conns[0].fd);
        w.conns[0].fd = -1;
        UNTIL(&w, h.ends == 1);
        assert_int_equal(h.reason, when == 1 ? END_DONE : END_CUT);
        assert_int_equal(h.status, when == 0 ? 0 : when == 1 ? 403 : 101);
        assert_true(h.sent);
        assert_true(h.text.n > 0);
        drop(&h);
        stop(&w);
    }
}

static void nobody_there(void **state)
{
    struct world w = {0};
    struct heard h = {0};

    (void)state;
    start(&w);
    close(w.listener);
    open_ws(&w, &h, 0, 0);
    UNTIL(&w, h.ends == 1);
    assert_int_equal(h.reason, END_UNREACHABLE);
    assert_false(h.sent);
    assert_non_null(strstr(h.text.p, "refused the connection"));
    w.listener = dup(0);
    drop(&h);
    stop(&w);
}

static void deadlines(void **state)
{
    struct world w = {0};
    struct heard never = {0}, open = {0};

    (void)state;
    start(&w);
    open_ws(&w, &never, 20, 0);
    UNTIL(&w, never.ends == 1);
    assert_int_equal(never.reason, END_TIMEOUT);
    assert_int_equal(never.status, 0);
    open_ws(&w, &open, 0, 60);
    UNTIL(&w, asked(&w, 1));
    grant(&w, 1, "", 0);
    UNTIL(&w, open.ends == 1);
    assert_int_equal(open.reason, END_TIMEOUT);
    assert_int_equal(open.status, 101);
    drop(&never);
    drop(&open);
    stop(&w);
}

static void a_401_renews_the_credential_once(void **state)
{
    char path[] = "/tmp/sandtop-token-XXXXXX";
    struct world w = {.target = {.token_file = path}};
    struct heard h = {0};
    int fd = mkstemp(path);

    (void)state;
    assert_int_equal(write(fd, "old", 3), 3);
    start(&w);
    open_ws(&w, &h, 0, 0);
    UNTIL(&w, asked(&w, 0));
    assert_non_null(strstr(w.conns[0].got.p, "Bearer old\r\n"));
    assert_int_equal(pwrite(fd, "new", 3, 0), 3);
    close(fd);
    say(&w, 0, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    UNTIL(&w, asked(&w, 1));
    assert_non_null(strstr(w.conns[1].got.p, "Bearer new\r\n"));
    assert_null(strstr(w.conns[1].got.p, "Bearer old"));
    grant(&w, 1, "", 0);
    UNTIL(&w, h.opens == 1);
    assert_int_equal(h.ends, 0);
    drop(&h);
    stop(&w);
    unlink(path);
}

static void through_a_proxy(void **state)
{
    char server[] = "http://cluster.example:8443";
    struct world w = {.target = {.server = server}};
    struct heard h = {0};

    (void)state;
    start(&w);
    open_ws(&w, &h, 0, 0);
    UNTIL(&w, asked(&w, 0));
    assert_int_equal(strncmp(w.conns[0].got.p, "CONNECT cluster.example:8443 HTTP/1.", 36), 0);
    assert_null(strstr(w.conns[0].got.p, "Sec-WebSocket"));
    buf_clear(&w.conns[0].got);
    w.conns[0].got.p[0] = '\0';
    say(&w, 0, "HTTP/1.1 200 Fine\r\n\r\n");
    UNTIL(&w, asked(&w, 0));
    assert_non_null(strstr(w.conns[0].got.p, "\r\nHost: cluster.example:8443\r\n"));
    grant(&w, 0, "\x82\x01!", 3);
    UNTIL(&w, h.messages.n == 2);
    drop(&h);
    stop(&w);
}

static void a_proxy_that_refuses(void **state)
{
    char server[] = "http://cluster.example:8443";
    struct world w = {.target = {.server = server}};
    struct heard h = {0};

    (void)state;
    start(&w);
    open_ws(&w, &h, 0, 0);
    UNTIL(&w, asked(&w, 0));
    say(&w, 0, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    UNTIL(&w, h.ends == 1);
    assert_int_equal(h.reason, END_UNREACHABLE);
    assert_false(h.sent);
    assert_non_null(strstr(h.text.p, "proxy"));
    drop(&h);
    stop(&w);
}

static void requests_and_resets_leave_it_alone(void **state)
{
    static const struct response_ops none = {0};
    static const struct request request = {.method = "GET", .path = "/version"};
    struct world w = {0};
    struct heard h = {0};

    (void)state;
    start(&w);
    open_ws(&w, &h, 0, 0);
    UNTIL(&w, asked(&w, 0));
    grant(&w, 0, "\x82\x01", 2); /* half a message lies in the connection while others are opened */
    UNTIL(&w, h.opens == 1);
    transport_request(w.transport, &request, &none, NULL);
    UNTIL(&w, asked(&w, 1));
    w.transport->ops->reset(w.transport);
    for (int i = 0; i < 3; i++)
        turn(&w, true);
    send_bytes(&w, 0, "!", 1);
    UNTIL(&w, h.messages.n == 2);
    assert_int_equal(h.ends, 0);
    drop(&h);
    stop(&w);
}

static void paused_the_server_has_to_wait(void **state)
{
    static char big[65536] = "\x82\x7e\xff\xfc"; /* one message */
    struct world w = {0};
    struct heard h = {0};
    size_t sent = 0;

    (void)state;
    start(&w);
    open_ws(&w, &h, 0, 0);
    UNTIL(&w, asked(&w, 0));
    grant(&w, 0, "", 0);
    UNTIL(&w, h.opens == 1);
    websocket_pause(h.ws, true);
    for (ssize_t n; (n = write(w.conns[0].fd, big + sent % sizeof big, sizeof big - sent % sizeof big)) > 0;) {
        sent += (size_t)n;
        turn(&w, true);
        if (sent > 200u * 1024 * 1024)
            fail_msg("it reads on");
    }
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(h.messages.n, 0);
    websocket_pause(h.ws, false);
    UNTIL(&w, h.messages.n >= sent / sizeof big * (sizeof big - 4 + 1));
    drop(&h);
    stop(&w);
}

static void what_is_sent_waits_for_the_peer(void **state)
{
    struct world w = {0};
    struct heard h = {0};
    char *big = mem_new(1000000);

    (void)state;
    start(&w);
    open_ws(&w, &h, 0, 0);
    assert_false(websocket_send(h.ws, "early", 5));
    UNTIL(&w, asked(&w, 0));
    size_t before = w.conns[0].got.n;
    grant(&w, 0, "", 0);
    UNTIL(&w, h.opens == 1);
    for (int i = 0; i < 20; i++)
        assert_true(websocket_send(h.ws, big, 1000000));
    for (int i = 0; i < 20; i++)
        turn(&w, false);
    assert_true(websocket_pending(h.ws) > 1000000);
    UNTIL(&w, websocket_pending(h.ws) == 0);
    UNTIL(&w, w.conns[0].got.n == before + 20 * (1000000 + 14));
    free(big);
    drop(&h);
    stop(&w);
}

static void an_idle_tunnel_lets_it_sleep(void **state)
{
    struct world w = {0};
    struct heard h = {0};

    (void)state;
    start(&w);
    open_ws(&w, &h, 0, 0);
    UNTIL(&w, asked(&w, 0));
    grant(&w, 0, "", 0);
    UNTIL(&w, h.opens == 1);
    turn(&w, true);
    assert_in_range(w.transport->ops->due(w.transport), 1000, 15000); /* until it would ask whether the peer is there */
    websocket_pause(h.ws, true);
    close(w.conns[0].fd);                /* a hang-up of a paused one is no reason to wake again and again */
    w.conns[0].fd = -1;
    assert_int_equal(w.transport->ops->due(w.transport), -1);
    drop(&h);
    stop(&w);
}

static void a_silent_peer_is_asked_and_then_given_up(void **state)
{
    struct upgrade upgrade = {.path = "/", .protocols = protocols, .idle_ms = 40};
    struct world w = {0};
    struct heard h = {.world = &w};

    (void)state;
    start(&w);
    h.ws = websocket_new(w.transport, &upgrade, &ws_ops, &h);
    UNTIL(&w, asked(&w, 0));
    size_t before = w.conns[0].got.n;
    grant(&w, 0, "", 0);
    UNTIL(&w, w.conns[0].got.n == before + 6);
    assert_int_equal((unsigned char)w.conns[0].got.p[before], 0x89);
    send_bytes(&w, 0, "\x8a\0", 2);
    UNTIL(&w, w.conns[0].got.n == before + 12); /* it was heard: after a new silence it is asked anew */
    assert_int_equal(h.ends, 0);
    UNTIL(&w, h.ends == 1);
    assert_int_equal(h.reason, END_CUT);
    assert_non_null(strstr(h.text.p, "ping"));
    drop(&h);
    stop(&w);
}

/* ---- another origin */

static void origin_head(void *ctx, const struct response_head *head)
{
    ((struct heard *)ctx)->status = head->status;
}

static void origin_end(void *ctx, enum end_reason reason, const char *text)
{
    struct heard *h = ctx;

    h->ends++;
    h->reason = reason;
    buf_add_text(&h->text, text);
}

static void another_origin_learns_nothing_of_us(void **state)
{
    static const struct response_ops ops = {.on_head = origin_head, .on_end = origin_end};
    struct header headers[] = {{"X-Sandbox-ID", "box"}, {"Authorization", "Bearer for-the-router"}, {0}};
    char token[] = "t0ken", who[] = "jane", server[] = "https://127.0.0.1:1";
    struct world w = {.target = {.token = token, .as = who, .server = server}};
    struct heard h = {0}, bad = {0};

    (void)state;
    start(&w);
    struct request request = {.method = "POST", .path = "/execute", .origin = w.server, .headers = headers, .body = SLICE("{}")};
    transport_request(w.transport, &request, &ops, &h);
    assert_int_equal(w.transport->ops->due(w.transport), 0);
    UNTIL(&w, asked(&w, 0));
    const char *got = w.conns[0].got.p;
    assert_int_equal(strncmp(got, "POST /execute HTTP/1.1\r\n", 24), 0);
    assert_non_null(strstr(got, "\r\nAuthorization: Bearer for-the-router\r\n"));
    assert_null(strstr(got, "t0ken"));
    assert_null(strstr(got, "Impersonate"));
    say(&w, 0, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"); /* no reason to renew anything */
    UNTIL(&w, h.ends == 1);
    assert_int_equal(h.status, 401);
    request.origin = "router";
    transport_request(w.transport, &request, &ops, &bad);
    UNTIL(&w, bad.ends == 1);
    assert_int_equal(bad.reason, END_UNREACHABLE);
    assert_non_null(strstr(bad.text.p, "\"router\" is no http://host:port"));
    drop(&h);
    drop(&bad);
    stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_messages), cmocka_unit_test(a_head_without_end_is_bounded), cmocka_unit_test(headers_are_found),
        cmocka_unit_test(the_key_of_the_rfc), cmocka_unit_test(what_grants_an_upgrade), cmocka_unit_test(two_peers_talk),
        cmocka_unit_test(frames_that_a_server_may_send), cmocka_unit_test(fragments_are_bounded_together),
        cmocka_unit_test(a_tunnel_opens_and_closes), cmocka_unit_test(freeing_an_open_one_says_goodbye),
        cmocka_unit_test(refusals_come_with_their_words), cmocka_unit_test(a_hang_up), cmocka_unit_test(nobody_there),
        cmocka_unit_test(deadlines), cmocka_unit_test(a_401_renews_the_credential_once), cmocka_unit_test(through_a_proxy),
        cmocka_unit_test(a_proxy_that_refuses), cmocka_unit_test(requests_and_resets_leave_it_alone),
        cmocka_unit_test(paused_the_server_has_to_wait), cmocka_unit_test(what_is_sent_waits_for_the_peer),
        cmocka_unit_test(an_idle_tunnel_lets_it_sleep), cmocka_unit_test(a_silent_peer_is_asked_and_then_given_up),
        cmocka_unit_test(another_origin_learns_nothing_of_us),
    };

    return TESTS_MAIN(tests);
}
