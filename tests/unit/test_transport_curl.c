/* The transport against a small server in the same process, turned by the same loop; so each test decides what is on the wire at each moment. */
#include "tests/unit/test.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/kube/route.h"
#include "core/kube/transport_curl.h"
#include "core/kube/trouble.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_CONNS = 8, PATIENCE = 4000 };

struct conn {
    int fd;
    struct buf got;
};

struct answer {                      /* what one request came to */
    struct world *world;
    struct exchange *exchange, *victim;
    int status, heads, ends;
    int64_t retry_after_ms;
    struct buf content_type, body, text;
    enum end_reason reason;
    bool cancel_in_bytes, ask_in_end, reset_in_bytes;
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
    struct answer later;             /* of a request made in a callback */
};

/* ---- the server ---- */

static int listen_somewhere(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void serve(struct world *w)
{
    char bytes[4096];
    int fd;

    while ((fd = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        assert_true(w->n_conns < MAX_CONNS);
        w->conns[w->n_conns++] = (struct conn){.fd = fd};
    }
    for (unsigned i = 0; i < w->n_conns; i++) {
        ssize_t n;
        while (w->conns[i].fd >= 0 && (n = read(w->conns[i].fd, bytes, sizeof bytes)) > 0)
            buf_add(&w->conns[i].got, bytes, (size_t)n);
    }
}

static void send_text(struct world *w, unsigned conn, const char *text)
{
    assert_true(conn < w->n_conns);
    assert_int_equal(write(w->conns[conn].fd, text, strlen(text)), strlen(text));
}

static void hang_up(struct world *w, unsigned conn)
{
    assert_true(conn < w->n_conns);
    close(w->conns[conn].fd);
    w->conns[conn].fd = -1;
}

/* ---- the client ---- */

static void start(struct world *w)
{
    int port;
    struct err err = {0};

    w->listener = listen_somewhere(&port);
    w->server = mem_printf("http://127.0.0.1:%d", port);
    w->target.server = w->server;
    w->target.context = (char *)(uintptr_t)"test";
    if (w->target.token || w->target.token_file || w->target.exec)
        w->credential = credential_new(&w->target, clock_system(), 10000);
    w->transport = transport_curl_new(&w->target, w->credential, &err);
    if (!w->transport)
        fail_msg("%s", err.text);
}

static void free_answer(struct answer *a)
{
    buf_free(&a->content_type);
    buf_free(&a->body);
    buf_free(&a->text);
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
    free_answer(&w->later);
}

static struct exchange *ask(struct world *w, struct answer *a, const char *path);

static void on_head(void *ctx, const struct response_head *head)
{
    struct answer *a = ctx;

    assert_true(a->world->in_step);
    a->heads++;
    a->status = head->status;
    a->retry_after_ms = head->retry_after_ms;
    buf_add_slice(&a->content_type, head->content_type);
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct answer *a = ctx;

    assert_true(a->world->in_step);
    assert_int_equal(a->heads, 1);
    assert_int_equal(a->ends, 0);
    buf_add(&a->body, bytes, n);
    if (a->victim)
        transport_cancel(a->world->transport, a->victim);
    a->victim = NULL;
    if (a->reset_in_bytes)
        a->world->transport->ops->reset(a->world->transport);
    if (a->cancel_in_bytes) {
        transport_cancel(a->world->transport, a->exchange);
        a->ends = 100;               /* any callback after this fails */
    }
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct answer *a = ctx;

    assert_true(a->world->in_step);
    assert_int_equal(a->ends, 0);
    a->ends++;
    a->reason = reason;
    buf_add_text(&a->text, text);
    if (a->ask_in_end)
        ask(a->world, &a->world->later, "/later");
}

static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};

static struct exchange *ask_for(struct world *w, struct answer *a, const struct request *request)
{
    a->world = w;
    a->exchange = transport_request(w->transport, request, &ops, a);
    return a->exchange;
}

static struct exchange *ask(struct world *w, struct answer *a, const char *path)
{
    struct request request = {.method = "GET", .path = path};

    return ask_for(w, a, &request);
}

static void turn(struct world *w)
{
    serve(w);
    w->transport->ops->wait(w->transport, NULL, 0, 5);
    w->in_step = true;
    w->transport->ops->step(w->transport);
    w->in_step = false;
    serve(w);
}

#define UNTIL(w, condition)                           \
    for (int turns_ = 0; !(condition); turns_++) {    \
        if (turns_ == PATIENCE)                       \
            fail_msg("never came: %s", #condition);   \
        turn(w);                                      \
    }

static bool requested(struct world *w, unsigned conn, const char *part)
{
    return conn < w->n_conns && w->conns[conn].got.p && strstr(w->conns[conn].got.p, part) && strstr(w->conns[conn].got.p, "\r\n\r\n");
}

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define OK(length, body) OK_HEAD "Content-Length: " #length "\r\n\r\n" body

/* ---- tests ---- */

static void an_answer_comes_in_order(void **state)
{
    struct world w = {0};
    struct answer a = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/version");
    assert_int_equal(w.transport->ops->due(w.transport), 0);
    UNTIL(&w, requested(&w, 0, "GET /version HTTP/1.1\r\n"));
    assert_non_null(strstr(w.conns[0].got.p, "\r\nUser-Agent: sandtop/"));
    assert_non_null(strstr(w.conns[0].got.p, "\r\nAccept: application/json, */*\r\n"));
    assert_null(strstr(w.conns[0].got.p, "Accept-Encoding"));
    assert_null(strstr(w.conns[0].got.p, "Authorization"));
    send_text(&w, 0, "HTTP/1.1 100 Continue\r\n\r\n" OK(5, "he"));
    UNTIL(&w, a.body.n == 2);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.retry_after_ms, -1);
    assert_true(slice_is(buf_slice(&a.content_type), "application/json"));
    assert_int_equal(a.ends, 0);
    send_text(&w, 0, "llo");
    UNTIL(&w, a.ends == 1);
    assert_int_equal(a.reason, END_DONE);
    assert_int_equal(a.text.n, 0);
    assert_true(slice_is(buf_slice(&a.body), "hello"));
    assert_int_equal(w.transport->ops->received(w.transport), 5);
    free_answer(&a);
    stop(&w);
}

static void headers_and_bodies_go_out(void **state)
{
    struct header headers[] = {{"X-Sandbox-ID", "claim-1"}, {"X-Bad", "a\r\nInjected: 1"}, {0}};
    struct request request = {
        .method = "POST", .path = "/x?dryRun=All", .headers = headers, .body = SLICE("{\"a\":1}"), .compress = true,
    };
    char group_a[] = "system:masters", group_b[] = "devs", who[] = "jane", *groups[] = {group_a, group_b, NULL};
    struct world w = {.target = {.as = who, .as_groups = groups}};
    struct answer a = {0};

    (void)state;
    start(&w);
    ask_for(&w, &a, &request);
    UNTIL(&w, requested(&w, 0, "{\"a\":1}"));
    const char *got = w.conns[0].got.p;
    assert_non_null(strstr(got, "POST /x?dryRun=All HTTP/1.1\r\n"));
    assert_non_null(strstr(got, "\r\nX-Sandbox-ID: claim-1\r\n"));
    assert_non_null(strstr(got, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(got, "\r\nContent-Length: 7\r\n"));
    assert_non_null(strstr(got, "\r\nImpersonate-User: jane\r\n"));
    assert_non_null(strstr(got, "\r\nImpersonate-Group: system:masters\r\n"));
    assert_non_null(strstr(got, "\r\nImpersonate-Group: devs\r\n"));
    assert_non_null(strstr(got, "\r\nAccept-Encoding: gzip\r\n"));
    assert_null(strstr(got, "Injected"));
    assert_null(strstr(got, "Expect"));
    send_text(&w, 0, "HTTP/1.1 429 Too Many\r\nretry-after: 7\r\nContent-Length: 0\r\n\r\n");
    UNTIL(&w, a.ends == 1);
    assert_int_equal(a.status, 429);
    assert_int_equal(a.retry_after_ms, 7000);
    free_answer(&a);
    stop(&w);
}

static void a_broken_body_is_a_cut(void **state)
{
    struct world w = {0};
    struct answer a = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/watch");
    UNTIL(&w, requested(&w, 0, "GET /watch"));
    send_text(&w, 0, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nde");
    UNTIL(&w, a.body.n == 5);
    hang_up(&w, 0);
    UNTIL(&w, a.ends == 1);
    assert_int_equal(a.reason, END_CUT);
    assert_non_null(strstr(a.text.p, w.server));
    free_answer(&a);
    stop(&w);
}

static void a_clean_end_of_a_watch_is_done(void **state)
{
    struct world w = {0};
    struct answer a = {0}, b = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/watch");
    UNTIL(&w, requested(&w, 0, "GET /watch"));
    send_text(&w, 0, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    UNTIL(&w, a.ends == 1);
    assert_int_equal(a.reason, END_DONE);
    ask(&w, &b, "/again");
    UNTIL(&w, requested(&w, 0, "GET /again")); /* on the same connection */
    free_answer(&a);
    free_answer(&b);
    stop(&w);
}

static void a_closed_port_refuses(void **state)
{
    struct world w = {0};
    struct answer a = {0};

    (void)state;
    start(&w);
    close(w.listener);
    ask(&w, &a, "/version");
    UNTIL(&w, a.ends == 1);
    assert_int_equal(a.heads, 0);
    assert_int_equal(a.reason, END_UNREACHABLE);
    char *expected = mem_printf("the server %s refused the connection: is the API server running, is the port right?", w.server);
    assert_string_equal(a.text.p, expected);
    free(expected);
    free_answer(&a);
    w.listener = dup(0);
    stop(&w);
}

static void what_is_not_http(void **state)
{
    struct world w = {0};
    struct answer a = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/version");
    UNTIL(&w, requested(&w, 0, "GET /version"));
    send_text(&w, 0, "SSH-2.0-OpenSSH_9.2\r\n");
    hang_up(&w, 0);
    UNTIL(&w, a.ends == 1);
    assert_int_equal(a.reason, END_PROTOCOL);
    free_answer(&a);
    stop(&w);
}

static void redirects_are_not_followed(void **state)
{
    struct world w = {0};
    struct answer a = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/version");
    UNTIL(&w, requested(&w, 0, "GET /version"));
    send_text(&w, 0, "HTTP/1.1 302 Found\r\nLocation: http://example.invalid/\r\nContent-Length: 0\r\n\r\n");
    UNTIL(&w, a.ends == 1);
    assert_int_equal(a.status, 302);
    assert_int_equal(a.reason, END_DONE);
    free_answer(&a);
    stop(&w);
}

static void a_deadline_ends_it(void **state)
{
    struct request request = {.method = "GET", .path = "/slow", .deadline_ms = 30};
    struct world w = {0};
    struct answer a = {0};

    (void)state;
    start(&w);
    ask_for(&w, &a, &request);
    UNTIL(&w, a.ends == 1);
    assert_int_equal(a.reason, END_TIMEOUT);
    assert_int_equal(w.transport->ops->due(w.transport) == 0, false);
    free_answer(&a);
    stop(&w);
}

static void cancelling_in_a_callback(void **state)
{
    struct world w = {0};
    struct answer a = {.cancel_in_bytes = true}, b = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/a");
    ask(&w, &b, "/b");
    a.victim = b.exchange;
    b.ends = 100;                    /* nobody may hear of it again */
    UNTIL(&w, requested(&w, 0, "GET /") && requested(&w, 1, "GET /"));
    unsigned of_a = requested(&w, 0, "GET /a") ? 0 : 1;
    send_text(&w, of_a, OK(3, "abc"));
    UNTIL(&w, a.body.n == 3);
    if (w.conns[1 - of_a].fd >= 0)
        (void)!write(w.conns[1 - of_a].fd, OK(1, "x"), sizeof(OK(1, "x")) - 1);
    for (int i = 0; i < 5; i++)
        turn(&w);
    assert_int_equal(a.body.n, 3);
    assert_int_equal(b.heads, 0);
    free_answer(&a);
    free_answer(&b);
    stop(&w);
}

static void asking_in_a_callback(void **state)
{
    struct world w = {0};
    struct answer a = {.ask_in_end = true};

    (void)state;
    start(&w);
    ask(&w, &a, "/a");
    UNTIL(&w, requested(&w, 0, "GET /a"));
    send_text(&w, 0, OK(3, "abc"));
    UNTIL(&w, a.ends == 1);
    UNTIL(&w, requested(&w, 0, "GET /later"));
    send_text(&w, 0, OK(3, "def"));
    UNTIL(&w, w.later.ends == 1);
    free_answer(&a);
    stop(&w);
}

static void reset_cuts_what_is_under_way_and_only_that(void **state)
{
    struct world w = {0};
    struct answer a = {0}, b = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/a");
    UNTIL(&w, requested(&w, 0, "GET /a"));
    w.transport->ops->reset(w.transport);
    ask(&w, &b, "/b");
    turn(&w);
    assert_int_equal(a.ends, 1);
    assert_int_equal(a.reason, END_CUT);
    UNTIL(&w, requested(&w, 1, "GET /b")); /* on a new connection */
    send_text(&w, 1, OK(3, "abc"));
    UNTIL(&w, b.ends == 1);
    assert_int_equal(b.reason, END_DONE);
    free_answer(&a);
    free_answer(&b);
    stop(&w);
}

static void reset_in_a_callback(void **state)
{
    struct world w = {0};
    struct answer a = {.reset_in_bytes = true};

    (void)state;
    start(&w);
    ask(&w, &a, "/a");
    UNTIL(&w, requested(&w, 0, "GET /a"));
    send_text(&w, 0, OK(9, "abc"));
    UNTIL(&w, a.ends == 1);
    assert_int_equal(a.reason, END_CUT);
    assert_int_equal(a.body.n, 3);
    free_answer(&a);
    stop(&w);
}

static void free_with_requests_under_way(void **state)
{
    struct world w = {0};
    struct answer a = {.ends = 100}, b = {.ends = 100};

    (void)state;
    start(&w);
    ask(&w, &a, "/a");
    UNTIL(&w, requested(&w, 0, "GET /a"));
    ask(&w, &b, "/queued");
    stop(&w);
}

static void a_command_is_never_sent_twice(void **state)
{
    struct request request = {.method = "POST", .path = "/command", .body = SLICE("run")};
    struct world w = {0};
    struct answer a = {0}, b = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/a");
    UNTIL(&w, requested(&w, 0, "GET /a"));
    send_text(&w, 0, OK(3, "abc"));
    UNTIL(&w, a.ends == 1);
    ask_for(&w, &b, &request);
    UNTIL(&w, requested(&w, 1, "run") || requested(&w, 0, "run"));
    unsigned conn = requested(&w, 0, "run") ? 0 : 1;
    hang_up(&w, conn);
    UNTIL(&w, b.ends == 1);
    assert_int_equal(b.reason, END_CUT);
    for (unsigned i = 0; i < w.n_conns; i++)
        assert_true(i == conn || !requested(&w, i, "/command"));
    free_answer(&a);
    free_answer(&b);
    stop(&w);
}

/* It needs no connection of its own, and a kept-alive one that was closed in the meantime does no harm. */
static void a_command_reuses_a_connection(void **state)
{
    struct request request = {.method = "POST", .path = "/command", .body = SLICE("run")};
    struct world w = {0};
    struct answer a = {0}, b = {0}, c = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/a");
    UNTIL(&w, requested(&w, 0, "GET /a"));
    send_text(&w, 0, OK(3, "abc"));
    UNTIL(&w, a.ends == 1);
    ask_for(&w, &b, &request);
    UNTIL(&w, requested(&w, 0, "run"));
    send_text(&w, 0, OK(2, "ok"));
    UNTIL(&w, b.ends == 1);
    assert_int_equal(w.n_conns, 1);
    hang_up(&w, 0);
    ask_for(&w, &c, &request);
    UNTIL(&w, requested(&w, 1, "run"));
    send_text(&w, 1, OK(2, "ok"));
    UNTIL(&w, c.ends == 1);
    assert_int_equal(c.reason, END_DONE);
    free_answer(&a);
    free_answer(&b);
    free_answer(&c);
    stop(&w);
}

/* ---- credentials ---- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_401_renews_and_sends_again(void **state)
{
    char path[] = "/tmp/sandtop-test-XXXXXX";
    int fd = mkstemp(path);
    struct world w = {.target = {.token_file = path}};
    struct answer a = {0};

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    write_file(path, "old\n");
    start(&w);
    ask(&w, &a, "/a");
    UNTIL(&w, requested(&w, 0, "Authorization: Bearer old\r\n"));
    write_file(path, "newer\n");
    send_text(&w, 0, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
    UNTIL(&w, requested(&w, 0, "Authorization: Bearer newer\r\n"));
    assert_int_equal(a.heads, 0);
    send_text(&w, 0, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
    UNTIL(&w, a.ends == 1);          /* but only once */
    assert_int_equal(a.status, 401);
    assert_true(slice_is(buf_slice(&a.body), "no"));
    free_answer(&a);
    stop(&w);
    unlink(path);
}

static void a_401_with_nothing_to_renew_is_an_answer(void **state)
{
    char token[] = "fixed";
    struct world w = {.target = {.token = token}};
    struct answer a = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/a");
    UNTIL(&w, requested(&w, 0, "Authorization: Bearer fixed\r\n"));
    send_text(&w, 0, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
    UNTIL(&w, a.ends == 1);
    assert_int_equal(a.status, 401);
    assert_true(slice_is(buf_slice(&a.body), "no"));
    free_answer(&a);
    stop(&w);
}

static void requests_wait_for_the_plugin(void **state)
{
    char script[] = "read line; echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"t1\"}}'";
    char fifo[] = "/tmp/sandtop-fifo-XXXXXX", option[] = "-c", shell[] = "/bin/sh", version[] = "client.authentication.k8s.io/v1", never[] = "Never";
    char *whole, *args[] = {option, NULL, NULL}, *env[] = {NULL};
    struct exec_spec spec = {.command = shell, .args = args, .env = env, .api_version = version, .interactive_mode = never};
    struct world w = {.target = {.exec = &spec}};
    struct answer a = {0}, b = {0};

    (void)state;
    assert_non_null(mkdtemp(fifo));
    char *path = mem_printf("%s/f", fifo);
    assert_int_equal(mkfifo(path, 0600), 0);
    int go = open(path, O_RDWR | O_CLOEXEC);
    whole = mem_printf("{ %s; } <%s", script, path);
    args[1] = whole;
    start(&w);
    ask(&w, &a, "/a");
    ask(&w, &b, "/b");
    for (int i = 0; i < 5; i++)
        turn(&w);
    assert_int_equal(w.n_conns, 0);
    assert_true(w.transport->ops->due(w.transport) > 0); /* it sleeps on the plugin, it does not spin */
    assert_int_equal(write(go, "go\n", 3), 3);
    UNTIL(&w, requested(&w, 0, "Authorization: Bearer t1\r\n") && requested(&w, 1, "Authorization: Bearer t1\r\n"));
    close(go);
    unlink(path);
    rmdir(fifo);
    free(path);
    stop(&w);
    free(whole);
    free_answer(&a);
    free_answer(&b);
}

static void no_credential_ends_the_request(void **state)
{
    char command[] = "/no/such/plugin-x", version[] = "client.authentication.k8s.io/v1", never[] = "Never", *args[] = {NULL}, *env[] = {NULL};
    struct exec_spec spec = {.command = command, .args = args, .env = env, .api_version = version, .interactive_mode = never};
    struct world w = {.target = {.exec = &spec}};
    struct answer a = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/a");
    UNTIL(&w, a.ends == 1);
    assert_int_equal(a.reason, END_CREDENTIAL);
    assert_non_null(strstr(a.text.p, "plugin-x"));
    assert_int_equal(w.n_conns, 0);
    free_answer(&a);
    stop(&w);
}

/* ---- waiting ---- */

static void wait_hears_the_callers_descriptors(void **state)
{
    struct world w = {0};
    int fds[2];

    (void)state;
    start(&w);
    assert_int_equal(pipe(fds), 0);
    struct pollfd extra = {.fd = fds[0], .events = POLLIN};
    w.transport->ops->wait(w.transport, &extra, 1, 0);
    assert_int_equal(extra.revents, 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    w.transport->ops->wait(w.transport, &extra, 1, -1);
    assert_true(extra.revents & POLLIN);
    assert_int_equal(read(fds[0], &(char){0}, 1), 1);
    close(fds[1]);
    w.transport->ops->wait(w.transport, &extra, 1, -1);
    assert_true(extra.revents & POLLHUP);
    close(fds[0]);
    stop(&w);
}

static void an_idle_watch_lets_it_sleep(void **state)
{
    struct world w = {0};
    struct answer a = {0};

    (void)state;
    start(&w);
    ask(&w, &a, "/watch");
    UNTIL(&w, requested(&w, 0, "GET /watch"));
    send_text(&w, 0, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    UNTIL(&w, a.body.n == 3);
    /* curl's clocks of connecting run out; then nothing may wake it but the socket */
    UNTIL(&w, w.transport->ops->due(w.transport) < 0 || w.transport->ops->due(w.transport) > 1000);
    for (int i = 0; i < 20; i++) {
        turn(&w);
        int64_t due = w.transport->ops->due(w.transport);
        assert_true(due < 0 || due > 1000);
    }
    free_answer(&a);
    stop(&w);
}

/* ---- ways and words ---- */

static void route_to(const char *server, const char *name, const char *proxy, struct route *route)
{
    struct target target = {.server = (char *)(uintptr_t)server, .tls_server_name = (char *)(uintptr_t)name, .proxy_url = (char *)(uintptr_t)proxy};
    struct err err = {0};

    if (!route_find(route, &target, &err))
        fail_msg("%s", err.text);
}

static void routes(void **state)
{
    struct route r;

    (void)state;
    unsetenv("HTTPS_PROXY");
    unsetenv("https_proxy");
    route_to("https://k.example", NULL, NULL, &r);
    assert_string_equal(r.base, "https://k.example:443");
    assert_null(r.proxy);
    route_free(&r);
    route_to("https://k.example:6443/k8s/clusters/c-1/", "real.name", "socks5://u:secret@p:1080", &r);
    assert_string_equal(r.base, "https://real.name:6443/k8s/clusters/c-1");
    assert_string_equal(r.connect_to, "real.name:6443:k.example:6443");
    assert_string_equal(r.host_header, "k.example:6443");
    assert_string_equal(r.proxy, "socks5h://u:secret@p:1080");
    assert_string_equal(r.proxy_shown, "socks5://p:1080");
    assert_true(r.proxy_configured);
    route_free(&r);
    route_to("https://[::1]:6443", "n", NULL, &r);
    assert_string_equal(r.connect_to, "n:6443:[::1]:6443");
    route_free(&r);
    setenv("HTTPS_PROXY", "proxy.example:3128", 1);
    route_to("https://k.example", NULL, NULL, &r);
    assert_string_equal(r.proxy, "http://proxy.example:3128");
    assert_false(r.proxy_configured);
    route_free(&r);
    route_to("https://127.0.0.1:6443", NULL, NULL, &r);
    assert_null(r.proxy);
    route_free(&r);
    unsetenv("HTTPS_PROXY");
}

static void what_is_no_address(void **state)
{
    static const char *const servers[] = {"", "k.example:6443", "ftp://k", "https://", "https://:443", "https://k:port", "https://k:70000", "https://k k",
                                          "https://[::1", "https://k\n", "https://k?x", "https://k:1:2"};

    (void)state;
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        struct target target = {.server = (char *)(uintptr_t)servers[i]};
        struct err err = {0};
        if (transport_curl_new(&target, NULL, &err))
            fail_msg("\"%s\" was taken", servers[i]);
        assert_non_null(strstr(err.text, "is no address"));
        err_clear(&err);
    }
}

static void an_identity_with_a_line_break_is_refused(void **state)
{
    char server[] = "https://k", who[] = "a\r\nX: y";
    struct target target = {.server = server, .as = who};
    struct err err = {0};

    (void)state;
    assert_null(transport_curl_new(&target, NULL, &err));
    assert_non_null(err.text);
    err_clear(&err);
}

static void words_of_the_tls_libraries(void **state)
{
    static const struct {
        const char *detail;
        enum trouble expected;
    } rows[] = {
        {"SSL certificate problem: unable to get local issuer certificate", TROUBLE_CA},
        {"SSL certificate problem: self-signed certificate in certificate chain", TROUBLE_CA},
        {"SSL certificate problem: certificate has expired", TROUBLE_EXPIRED},
        {"SSL certificate problem: certificate is not yet valid", TROUBLE_NOT_YET},
        {"SSL: no alternative certificate subject name matches target host name 'x'", TROUBLE_CERT_NAME},
        {"error:0A000418:SSL routines::tlsv1 alert unknown ca", TROUBLE_OUR_CERT},
        {"error:0A00010B:SSL routines::wrong version number", TROUBLE_NOT_TLS},
        {"something else", TROUBLE_TLS},
    };
    char server[] = "https://k:1", ca[] = "/etc/ca.pem";
    struct target target = {.server = server, .ca_file = ca};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(trouble_of_tls(rows[i].detail, TROUBLE_TLS), rows[i].expected);
    for (int i = 0; i <= TROUBLE_OTHER; i++) {
        char *text = trouble_sentence((enum trouble)i, &target, NULL, "detail");
        assert_non_null(strstr(text, "https://k:1"));
        free(text);
    }
    char *text = trouble_sentence(TROUBLE_CA, &target, NULL, "x");
    assert_non_null(strstr(text, "/etc/ca.pem"));
    free(text);
}

static void paths_are_escaped(void **state)
{
    char *path = kube_path("/api/v1/namespaces/%s/pods/%s?a=%%20", "a/../b", "x y?#%\xc3\xa9");

    (void)state;
    assert_string_equal(path, "/api/v1/namespaces/a%2F..%2Fb/pods/x%20y%3F%23%25%C3%A9?a=%20");
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_in_order),
        cmocka_unit_test(headers_and_bodies_go_out),
        cmocka_unit_test(a_broken_body_is_a_cut),
        cmocka_unit_test(a_clean_end_of_a_watch_is_done),
        cmocka_unit_test(a_closed_port_refuses),
        cmocka_unit_test(what_is_not_http),
        cmocka_unit_test(redirects_are_not_followed),
        cmocka_unit_test(a_deadline_ends_it),
        cmocka_unit_test(cancelling_in_a_callback),
        cmocka_unit_test(asking_in_a_callback),
        cmocka_unit_test(reset_cuts_what_is_under_way_and_only_that),
        cmocka_unit_test(reset_in_a_callback),
        cmocka_unit_test(free_with_requests_under_way),
        cmocka_unit_test(a_command_is_never_sent_twice), cmocka_unit_test(a_command_reuses_a_connection),
        cmocka_unit_test(a_401_renews_and_sends_again),
        cmocka_unit_test(a_401_with_nothing_to_renew_is_an_answer),
        cmocka_unit_test(requests_wait_for_the_plugin),
        cmocka_unit_test(no_credential_ends_the_request),
        cmocka_unit_test(wait_hears_the_callers_descriptors),
        cmocka_unit_test(an_idle_watch_lets_it_sleep),
        cmocka_unit_test(routes),
        cmocka_unit_test(what_is_no_address),
        cmocka_unit_test(an_identity_with_a_line_break_is_refused),
        cmocka_unit_test(words_of_the_tls_libraries),
        cmocka_unit_test(paths_are_escaped),
    };

    signal(SIGPIPE, SIG_IGN);
    return TESTS_MAIN(tests);
}
