/* Anything at all as what a server sends: to the frames of either side, to HTTP messages, and, after an upgrade, to an exec and a forward.
 * Whatever the borders of the pieces are, the same comes out. clang -fsanitize=fuzzer,address builds it as a fuzzer; `make check` replays the
 * fixtures and spoilt copies of them through it. */
#include "core/base/buf.h"
#include "core/kube/exec_stream.h"
#include "core/kube/handshake.h"
#include "core/kube/port_forward.h"
#include "core/kube/websocket.h"
#include "tests/unit/canned_tunnel.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MOST_BYTES = 65536 };

static void must(bool good)
{
    if (!good)
        abort();
}

/* ---- frames */

static void keep(void *ctx, const char *bytes, size_t n)
{
    buf_printf(ctx, "%zu:", n);
    buf_add(ctx, bytes, n);
}

static void drop_bytes(void *ctx, const char *bytes, size_t n)
{
    (void)ctx;
    (void)bytes;
    (void)n;
}

static enum frames_state feed(enum frames_role role, struct slice in, size_t piece, struct buf *out)
{
    static const struct frames_ops ops = {.on_message = keep, .on_output = drop_bytes};
    struct frames *f = frames_new(role, &ops, out);
    enum frames_state state = FRAMES_OPEN;

    for (size_t at = 0; at < in.n; at += piece)
        state = frames_feed(f, in.p + at, in.n - at < piece ? in.n - at : piece);
    must((state == FRAMES_CLOSED) == (frames_close_code(f) != 1006));
    must(strlen(frames_close_reason(f)) < 126);
    must(frames_send(f, "x", 1) == (state == FRAMES_OPEN));
    frames_close(f, 1000, "bye");
    frames_free(f);
    return state;
}

static void as_frames(enum frames_role role, struct slice in)
{
    struct buf whole = {0}, cut = {0};
    enum frames_state one = feed(role, in, in.n ? in.n : 1, &whole), two = feed(role, in, 3, &cut);

    /* wslay skips two bytes of each piece of a close frame, not of the frame: it may find a reason's UTF-8 broken in one case alone */
    must(one == two || one == FRAMES_BROKEN || two == FRAMES_BROKEN);
    must(slice_eq(buf_slice(&whole), buf_slice(&cut)));
    buf_free(&whole);
    buf_free(&cut);
}

/* ---- HTTP */

static void keep_body(void *ctx, const char *bytes, size_t n)
{
    buf_add(ctx, bytes, n);
}

static enum http1_state read_http(enum http1_kind kind, struct slice in, size_t piece, size_t *used, struct buf *body)
{
    static const struct http1_ops ops = {.on_body = keep_body};
    struct http1 h;
    struct slice value;
    size_t at = 0;

    http1_init(&h, kind, &ops, body);
    while (at < in.n && (h.state == HTTP1_IN_HEAD || h.state == HTTP1_IN_BODY)) {
        size_t n = in.n - at < piece ? in.n - at : piece, took = http1_feed(&h, in.p + at, n);
        must(took == n || (h.state != HTTP1_IN_HEAD && h.state != HTTP1_IN_BODY));
        at += took;
    }
    *used = at;
    must((h.state == HTTP1_BROKEN) == (*http1_trouble(&h) != '\0'));
    for (size_t i = 0; i < 3; i++)
        http1_header(&h, "Content-Length", i, &value);
    if (h.state == HTTP1_SWITCHED) {
        static const char *const protocols[] = {"v5.channel.k8s.io", "v4.channel.k8s.io", NULL};
        struct handshake shake = {.accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="};
        struct err err = {0};
        const char *protocol;
        must(handshake_granted(&shake, &h, protocols, &protocol, &err) == (err.text == NULL));
        err_clear(&err);
    }
    enum http1_state state = http1_end(&h);
    must(state == HTTP1_DONE || state == HTTP1_BROKEN || state == HTTP1_SWITCHED);
    http1_free(&h);
    return state;
}

static void as_http(enum http1_kind kind, struct slice in)
{
    struct buf whole = {0}, cut = {0};
    size_t used_whole, used_cut;
    enum http1_state one = read_http(kind, in, in.n ? in.n : 1, &used_whole, &whole), two = read_http(kind, in, 3, &used_cut, &cut);

    must(one == two && slice_eq(buf_slice(&whole), buf_slice(&cut)));
    must(one == HTTP1_BROKEN || used_whole == used_cut);
    buf_free(&whole);
    buf_free(&cut);
}

/* ---- exec and forward */

struct heard {
    int ends;
    bool free_in_output;
    struct exec_stream *exec;
};

static void exec_output(void *ctx, int fd, const char *bytes, size_t n)
{
    struct heard *h = ctx;

    (void)bytes;
    must((fd == 1 || fd == 2) && n > 0 && h->ends == 0);
    if (h->free_in_output) {
        exec_stream_free(h->exec);
        h->exec = NULL;
        h->ends = 1;
    }
}

static void exec_end(void *ctx, const struct exec_end *end)
{
    struct heard *h = ctx;

    must(h->ends++ == 0 && (end->outcome == EXEC_EXITED) == (end->exit_code >= 0) && end->message && end->status_reason);
}

static void as_exec(struct slice in, bool free_in_output)
{
    static const struct exec_ops ops = {.on_output = exec_output, .on_end = exec_end};
    static const char *const words[] = {"ls", NULL};
    struct canned c;
    struct heard heard = {.free_in_output = free_in_output};

    canned_init(&c);
    heard.exec = exec_stream_new(&c.transport, &(struct exec_config){.ns = "a", .pod = "p", .argv = words}, &ops, &heard);
    canned_open(&c, "v5.channel.k8s.io");
    canned_bytes(&c, in, 1000);
    if (!c.closes)
        canned_end(&c, END_DONE, 101, true, "");
    must(heard.ends == 1);
    exec_stream_free(heard.exec);
    canned_free(&c);
}

static void http_end(void *ctx, enum end_reason reason, const char *text)
{
    struct heard *h = ctx;

    must(h->ends++ == 0 && (reason == END_DONE) == (*text == '\0'));
}

static void as_forward(struct slice in)
{
    static const struct response_ops ops = {.on_end = http_end};
    struct request request = {.method = "GET", .path = "/"};
    struct canned c;
    struct heard heard = {0};

    canned_init(&c);
    struct forward_http *x = forward_http_new(&c.transport, &(struct forward_config){.ns = "a", .pod = "p", .port = 8888}, &request, &ops, &heard);
    canned_open(&c, "v4.channel.k8s.io");
    canned_bytes(&c, in, 7);
    if (!c.closes)
        canned_end(&c, END_CUT, 101, true, "cut");
    must(heard.ends == 1);
    forward_http_free(x);
    canned_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice in = {(const char *)data, n < MOST_BYTES ? n : MOST_BYTES};
    ptrdiff_t head = slice_find(in, SLICE("\r\n\r\n"));
    struct slice after = head < 0 ? in : (struct slice){in.p + head + 4, in.n - (size_t)head - 4};

    as_http(HTTP1_ANSWER, in);
    as_http(HTTP1_REQUEST, in);
    as_frames(FRAMES_CLIENT, after);
    as_frames(FRAMES_SERVER, after);
    as_exec(after, n & 1);
    as_forward(after);
    return 0;
}
