/* pods/portforward and HTTP over it: what a real server sent, every way it can end, and the router of the simulated cluster. */
#include "tests/unit/test.h"

#include "core/kube/port_forward.h"
#include "core/kube/websocket.h"
#include "core/sim/sim.h"
#include "tests/unit/canned_tunnel.h"

struct got {
    struct forward_http *http;
    struct port_forward *raw;
    int opens, heads, status, ends, upgrade;
    enum end_reason reason;
    struct buf body, text;
    bool free_in_bytes, sent;
};

static void on_head(void *ctx, const struct response_head *head)
{
    struct got *g = ctx;

    g->heads++;
    g->status = head->status;
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct got *g = ctx;

    assert_int_equal(g->ends, 0);
    buf_add(&g->body, bytes, n);
    if (g->free_in_bytes) {
        forward_http_free(g->http);
        g->http = NULL;
        g->ends = 100;
    }
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct got *g = ctx;

    g->ends++;
    g->reason = reason;
    buf_add_text(&g->text, text);
    g->sent = forward_http_sent(g->http);
    g->upgrade = forward_http_status(g->http);
}

static const struct response_ops http_ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};

static void raw_open(void *ctx)
{
    ((struct got *)ctx)->opens++;
}

static void raw_end(void *ctx, const struct forward_end *end)
{
    struct got *g = ctx;

    g->ends++;
    g->reason = end->reason;
    g->upgrade = end->status;
    buf_add_text(&g->text, end->text);
}

static const struct forward_ops raw_ops = {.on_open = raw_open, .on_bytes = on_bytes, .on_end = raw_end};

static void drop(struct got *g)
{
    forward_http_free(g->http);
    port_forward_free(g->raw);
    buf_free(&g->body);
    buf_free(&g->text);
    *g = (struct got){0};
}

static struct header headers[] = {
    {"X-Sandbox-ID", "box"}, {"X-Sandbox-Namespace", "a"}, {"Authorization", "Bearer t0ken"}, {"X-Bad", "a\r\nInjected: 1"}, {0},
};

static void begin(struct canned *c, struct got *g, int port)
{
    struct forward_config config = {.ns = "a", .pod = "sandbox-router-1", .port = port};
    struct request request = {.method = "POST", .path = "/execute", .headers = headers, .body = SLICE("{\"command\":\"ls\"}")};

    canned_init(c);
    g->http = forward_http_new(&c->transport, &config, &request, &http_ops, g);
    assert_non_null(g->http);
}

/* ---- what a real server sent */

static void keep_message(void *ctx, const char *bytes, size_t n)
{
    buf_add(ctx, bytes, n);
    buf_add_text(ctx, "|");
}

static void ignore(void *ctx, const char *bytes, size_t n)
{
    (void)ctx;
    (void)bytes;
    (void)n;
}

static void a_captured_answer(void **state)
{
    static const struct frames_ops server_ops = {.on_message = keep_message, .on_output = ignore};
    size_t n;
    char *bytes = fixture("wire/portforward-v4.bin", &n);

    (void)state;
    for (size_t piece = 1; piece < 300; piece += 37) {
        struct canned c;
        struct got g = {0};
        struct buf messages = {0};
        struct frames *server = frames_new(FRAMES_SERVER, &server_ops, &messages);
        begin(&c, &g, 8888);
        assert_string_equal(c.path, "/api/v1/namespaces/a/pods/sandbox-router-1/portforward?ports=8888");
        assert_string_equal(c.protocols.p, "v4.channel.k8s.io ");
        canned_open(&c, "v4.channel.k8s.io");
        assert_int_equal(c.sent.n, 0); /* not before both channels are open */
        canned_bytes(&c, after_head(bytes, n), piece);
        assert_int_equal(g.status, 200);
        assert_int_equal(g.heads, 1);
        assert_int_equal(g.ends, 1);
        assert_int_equal(g.reason, END_DONE);
        assert_true(g.sent);
        assert_string_equal(g.body.p, "{\"stdout\":\"out\\n\",\"stderr\":\"err\\n\",\"exit_code\":3}");
        frames_feed(server, c.sent.p, c.sent.n);
        assert_int_equal(messages.p[0], 0);
        assert_memory_equal(messages.p + 1, "POST /execute HTTP/1.1\r\nX-Sandbox-ID: box\r\n", 43);
        char *text = slice_dup((struct slice){messages.p + 1, messages.n - 1});
        assert_non_null(strstr(text, "\r\nAuthorization: Bearer t0ken\r\n"));
        assert_non_null(strstr(text, "\r\nHost: localhost:8888\r\n"));
        assert_non_null(strstr(text, "\r\nContent-Length: 16\r\n"));
        assert_non_null(strstr(text, "\r\n\r\n{\"command\":\"ls\"}|"));
        assert_null(strstr(text, "Injected"));
        free(text);
        frames_free(server);
        buf_free(&messages);
        drop(&g);
        canned_free(&c);
    }
    free(bytes);
}

static void a_captured_refusal(void **state)
{
    struct canned c;
    struct got g = {0};
    size_t n;
    char *bytes = fixture("wire/portforward-refused.bin", &n);

    (void)state;
    begin(&c, &g, 9);
    canned_open(&c, "v4.channel.k8s.io");
    canned_bytes(&c, after_head(bytes, n), 50);
    assert_int_equal(g.ends, 1);
    assert_int_equal(g.reason, END_UNREACHABLE);
    assert_non_null(strstr(g.text.p, "connection refused"));
    drop(&g);
    canned_free(&c);
    free(bytes);
}

/* ---- how it ends */

static void on_frame(void *ctx, const char *bytes, size_t n)
{
    buf_add(ctx, bytes, n);
}

static void server_says(struct canned *c, const struct slice *messages, int close)
{
    static const struct frames_ops frame_ops = {.on_message = ignore, .on_output = on_frame};
    struct buf wire = {0};
    struct frames *f = frames_new(FRAMES_SERVER, &frame_ops, &wire);

    for (; messages->n; messages++)
        frames_send(f, messages->p, messages->n);
    if (close)
        frames_close(f, close, "");
    canned_bytes(c, buf_slice(&wire), 5);
    frames_free(f);
    buf_free(&wire);
}

#define MESSAGES(...) ((const struct slice[]){__VA_ARGS__, {0}})
#define PORTS SLICE("\0\xb8\x22"), SLICE("\1\xb8\x22")

static void ways_to_end(void **state)
{
    static const struct {
        struct slice messages[5];
        int close;
        enum end_reason reason;
        const char *text;
        bool sent;
    } rows[] = {
        {{PORTS, {"\0HTTP/1.1 200 OK\r\n\r\nhalf", 24}}, 1000, END_DONE, "", true},
        {{PORTS, {"\0HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 43}}, 1000, END_CUT, "in the middle of its body", true},
        {{PORTS}, 1000, END_CUT, "before its head was whole", true},
        {{PORTS, {"\0SSH-2.0-x\r\n\r\n", 14}}, 0, END_PROTOCOL, "does not begin as HTTP", true},
        {{PORTS, {"\0HTTP/1.1 101 x\r\n\r\n", 19}}, 0, END_PROTOCOL, "not the HTTP", true},
        {{PORTS, {"\1dial tcp: refused", 18}}, 1000, END_UNREACHABLE, "dial tcp: refused", true},
        {{{"\0\xb8\x22", 3}}, 1000, END_CUT, "", false},
        {{{"\0\xb9\x22", 3}}, 0, END_PROTOCOL, "another port", false},
        {{{"\0", 1}}, 0, END_PROTOCOL, "another port", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct canned c;
        struct got g = {0};
        begin(&c, &g, 8888);
        canned_open(&c, "v4.channel.k8s.io");
        server_says(&c, rows[i].messages, rows[i].close);
        assert_int_equal(g.ends, 1);
        assert_int_equal(g.reason, rows[i].reason);
        assert_non_null(strstr(g.text.p ? g.text.p : "", rows[i].text));
        assert_int_equal(g.sent, rows[i].sent);
        drop(&g);
        canned_free(&c);
    }
}

static void a_refused_upgrade(void **state)
{
    struct canned c;
    struct got g = {0};

    (void)state;
    begin(&c, &g, 8888);
    canned_end(&c, END_DONE, 403, true, "you may not");
    assert_int_equal(g.ends, 1);
    assert_int_equal(g.reason, END_UNREACHABLE);
    assert_string_equal(g.text.p, "the port of the pod cannot be reached: you may not");
    assert_int_equal(g.upgrade, 403);
    assert_false(g.sent);
    drop(&g);
    canned_free(&c);
}

static void freed_in_a_callback(void **state)
{
    struct canned c;
    struct got g = {.free_in_bytes = true};

    (void)state;
    begin(&c, &g, 8888);
    canned_open(&c, "v4.channel.k8s.io");
    server_says(&c, MESSAGES(PORTS, SLICE("\0HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")), 1000);
    assert_string_equal(g.body.p, "abc");
    assert_int_equal(g.ends, 100);
    assert_int_equal(c.closes, 1);
    drop(&g);
    canned_free(&c);
}

static void bytes_both_ways(void **state)
{
    static const struct frames_ops server_ops = {.on_message = keep_message, .on_output = ignore};
    struct canned c;
    struct got g = {0};
    struct forward_config config = {.ns = "a", .pod = "p", .port = 8888};
    struct buf messages = {0};
    struct frames *server = frames_new(FRAMES_SERVER, &server_ops, &messages);
    char *big = mem_new(70000);

    (void)state;
    canned_init(&c);
    g.raw = port_forward_new(&c.transport, &config, &raw_ops, &g);
    port_forward_send(g.raw, "early", 5);
    assert_int_equal(port_forward_pending(g.raw), 5);
    canned_open(&c, "v4.channel.k8s.io");
    server_says(&c, MESSAGES(PORTS, SLICE("\0one"), SLICE("\0"), SLICE("\0two")), 0);
    assert_int_equal(g.opens, 1);
    assert_string_equal(g.body.p, "onetwo");
    port_forward_send(g.raw, big, 70000);
    frames_feed(server, c.sent.p, c.sent.n);
    assert_memory_equal(messages.p, "\0early|", 7);
    assert_int_equal(messages.n, 7 + 70000 + 3 * 2); /* three pieces, each with its channel and our mark */
    port_forward_pause(g.raw, true);
    assert_true(c.paused);
    canned_end(&c, END_DONE, 101, true, "");
    assert_int_equal(g.reason, END_CUT); /* no close: whether the pod had said all is not known */
    drop(&g);
    frames_free(server);
    buf_free(&messages);
    canned_free(&c);
    free(big);
}

/* ---- the simulated cluster */

struct world {
    struct clock_virtual clock;
    struct sim *sim;
    struct transport *transport;
};

static void put(struct world *w, const char *text)
{
    struct err err = {0};

    if (!sim_put(w->sim, slice_of(text), &err))
        fail_msg("%s", err.text);
}

static void setup(struct world *w)
{
    static const char spec[] = "\"spec\":{\"nodeName\":\"n\",\"containers\":[{\"name\":\"c\"}]},\"status\":{\"phase\":\"Running\"}}";
    char *router = mem_printf("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"sandbox-router-1\",\"namespace\":\"a\"},%s", spec);
    char *box = mem_printf("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"box\",\"namespace\":\"a\"},%s", spec);

    clock_virtual_init(&w->clock, 1795420800000);
    w->sim = sim_new(&w->clock.clock, 3);
    w->transport = sim_transport(w->sim);
    put(w, router);
    put(w, box);
    put(w, "{\"apiVersion\":\"agents.x-k8s.io/v1beta1\",\"kind\":\"Sandbox\",\"metadata\":{\"name\":\"box\",\"namespace\":\"a\"},\"spec\":{},"
           "\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
    put(w, "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"sandbox-router-svc\",\"namespace\":\"a\"},\"spec\":{}}");
    free(router);
    free(box);
}

static void teardown(struct world *w)
{
    transport_free(w->transport);
    sim_free(w->sim);
}

static void play(struct world *w, struct got *g, int64_t most_ms)
{
    int64_t passed = 0;

    for (int turns = 0; !g->ends && passed < most_ms && turns < 10000; turns++) {
        int64_t due = w->transport->ops->due(w->transport);
        if (due > 0) {
            clock_virtual_advance(&w->clock, due);
            passed += due;
        }
        w->transport->ops->step(w->transport);
    }
}

static void forward(struct world *w, struct got *g, const char *pod, int port, const char *command, const char *token)
{
    struct forward_config config = {.ns = "a", .pod = pod, .port = port, .open_ms = 5000};
    struct header own[] = {{"X-Sandbox-ID", "box"}, {"X-Sandbox-Namespace", "a"}, {token ? "Authorization" : NULL, token}, {0}};
    struct request request = {.method = "POST", .path = "/execute", .headers = own, .body = slice_of(command), .deadline_ms = 20000};

    *g = (struct got){0};
    g->http = forward_http_new(w->transport, &config, &request, &http_ops, g);
    play(w, g, 30000);
    assert_int_equal(g->ends, 1);
}

static void the_router_of_the_sim(void **state)
{
    struct world w;
    struct got g;

    (void)state;
    setup(&w);
    forward(&w, &g, "sandbox-router-1", 8080, "{\"command\":\"echo hi\"}", NULL);
    assert_int_equal(g.status, 200);
    assert_string_equal(g.body.p, "{\"stdout\":\"hi\\n\",\"stderr\":\"\",\"exit_code\":0}");
    drop(&g);
    sim_router_token(w.sim, "s3cret");
    forward(&w, &g, "sandbox-router-1", 8080, "{\"command\":\"echo hi\"}", NULL);
    assert_int_equal(g.status, 401);
    assert_string_equal(g.body.p, "{\"detail\":\"Missing or invalid Authorization header.\"}\n");
    drop(&g);
    forward(&w, &g, "sandbox-router-1", 8080, "{\"command\":\"echo hi\"}", "Bearer wrong");
    assert_string_equal(g.body.p, "{\"detail\":\"Invalid token.\"}\n");
    drop(&g);
    forward(&w, &g, "sandbox-router-1", 8080, "{\"command\":\"sh -c 'kill -9 $$'\"}", "Bearer s3cret");
    assert_string_equal(g.body.p, "{\"stdout\":\"\",\"stderr\":\"\",\"exit_code\":-9}");
    drop(&g);
    forward(&w, &g, "sandbox-router-1", 8080, "{\"command\":\"head -c 100 /dev/urandom\"}", "Bearer s3cret");
    assert_non_null(strstr(g.body.p, "codec can't decode byte"));
    drop(&g);
    forward(&w, &g, "box", 8888, "{\"command\":\"seq 20000\"}", NULL); /* the runtime itself, and an answer of many messages */
    assert_int_equal(g.status, 200);
    assert_non_null(strstr(g.body.p, "\\n20000\\n"));
    drop(&g);
    forward(&w, &g, "box", 9999, "{\"command\":\"ls\"}", NULL);
    assert_int_equal(g.reason, END_UNREACHABLE);
    assert_non_null(strstr(g.text.p, "connection refused"));
    drop(&g);
    assert_int_equal(sim_commands(w.sim, "echo hi"), 1);
    teardown(&w);
}

static void faults_of_the_sim(void **state)
{
    struct world w;
    struct got g;

    (void)state;
    setup(&w);
    sim_fault(w.sim, "/portforward", 403, 1, 0, NULL);
    forward(&w, &g, "sandbox-router-1", 8080, "{\"command\":\"echo hi\"}", NULL);
    assert_int_equal(g.upgrade, 403);
    assert_non_null(strstr(g.text.p, "cannot get resource \"pods/portforward\""));
    drop(&g);
    sim_fault(w.sim, "/portforward", -2, 1, 40, NULL);
    forward(&w, &g, "sandbox-router-1", 8080, "{\"command\":\"echo hi\"}", NULL);
    assert_int_equal(g.reason, END_CUT);
    assert_true(g.sent);
    drop(&g);
    forward(&w, &g, "sandbox-router-1", 8080, "{\"command\":\"sleep 30\"}", NULL);
    assert_int_equal(g.reason, END_TIMEOUT);
    drop(&g);
    teardown(&w);
}

static void the_token_does_not_pass_the_service_proxy_but_an_origin(void **state)
{
    struct header own[] = {{"X-Sandbox-ID", "box"}, {"X-Sandbox-Namespace", "a"}, {"Authorization", "Bearer s3cret"}, {0}};
    struct request request = {
        .method = "POST", .path = "/api/v1/namespaces/a/services/sandbox-router-svc:8080/proxy/execute", .headers = own,
        .body = SLICE("{\"command\":\"echo hi\"}"),
    };
    static const struct response_ops plain = {.on_head = on_head};
    struct world w;
    struct got g = {0};

    (void)state;
    setup(&w);
    sim_router_token(w.sim, "s3cret");
    transport_request(w.transport, &request, &plain, &g);
    play(&w, &g, 500);
    assert_int_equal(g.status, 401);
    request.path = "/execute";
    request.origin = "https://router.example";
    transport_request(w.transport, &request, &plain, &g);
    play(&w, &g, 500);
    assert_int_equal(g.status, 200);
    teardown(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_captured_answer), cmocka_unit_test(a_captured_refusal), cmocka_unit_test(ways_to_end),
        cmocka_unit_test(a_refused_upgrade), cmocka_unit_test(freed_in_a_callback), cmocka_unit_test(bytes_both_ways),
        cmocka_unit_test(the_router_of_the_sim), cmocka_unit_test(faults_of_the_sim),
        cmocka_unit_test(the_token_does_not_pass_the_service_proxy_but_an_origin),
    };

    return TESTS_MAIN(tests);
}
