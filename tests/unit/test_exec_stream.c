/* pods/exec: the frames of a real server, every way it can end, and the same against the simulated cluster. */
#include "tests/unit/test.h"

#include "core/kube/exec_stream.h"
#include "core/kube/websocket.h"
#include "core/sim/sim.h"
#include "tests/unit/canned_tunnel.h"

#include <string.h>

struct got {
    struct exec_stream *exec;
    struct buf out, err, message, reason;
    int opens, ends;
    struct exec_end end;
    bool free_in_output, free_in_end;
};

static void on_open(void *ctx)
{
    ((struct got *)ctx)->opens++;
}

static void on_output(void *ctx, int fd, const char *bytes, size_t n)
{
    struct got *g = ctx;

    assert_int_equal(g->ends, 0);
    assert_true(n > 0);
    buf_add(fd == 1 ? &g->out : &g->err, bytes, n);
    if (g->free_in_output) {
        exec_stream_free(g->exec);
        g->exec = NULL;
        g->ends = 100;               /* nobody may hear of it again */
    }
}

static void on_end(void *ctx, const struct exec_end *end)
{
    struct got *g = ctx;

    g->ends++;
    if (g->free_in_end) {
        exec_stream_free(g->exec);
        g->exec = NULL;
    }
    g->end = *end;
    buf_add_text(&g->message, end->message); /* lives on, whether freed or not */
    buf_add_text(&g->reason, end->status_reason);
}

static const struct exec_ops ops = {.on_open = on_open, .on_output = on_output, .on_end = on_end};

static void drop(struct got *g)
{
    exec_stream_free(g->exec);
    buf_free(&g->out);
    buf_free(&g->err);
    buf_free(&g->message);
    buf_free(&g->reason);
    *g = (struct got){0};
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void begin(struct canned *c, struct got *g)
{
    struct exec_config config = {.ns = "a b", .pod = "p", .container = "main", .argv = WORDS("sh", "-c", "echo 'x&y' +1")};

    canned_init(c);
    g->exec = exec_stream_new(&c->transport, &config, &ops, g);
    assert_non_null(g->exec);
}

/* ---- what a real server sent */

static void a_captured_command(void **state)
{
    size_t n;
    char *bytes = fixture("wire/exec-v5.bin", &n);

    (void)state;
    for (size_t piece = 1; piece < 300; piece += 37) {
        struct canned c;
        struct got g = {.free_in_end = piece % 2};
        begin(&c, &g);
        assert_string_equal(c.path, "/api/v1/namespaces/a%20b/pods/p/exec?stdout=true&stderr=true&container=main&command=sh&command=-c&"
                                    "command=echo%20%27x%26y%27%20%2B1");
        assert_string_equal(c.protocols.p, "v5.channel.k8s.io v4.channel.k8s.io ");
        canned_open(&c, "v5.channel.k8s.io");
        canned_bytes(&c, after_head(bytes, n), piece);
        assert_int_equal(g.opens, 1);
        assert_int_equal(g.ends, 1);
        assert_int_equal(c.closes, 1);
        assert_string_equal(g.out.p, "out\n");
        assert_string_equal(g.err.p, "err\n");
        assert_int_equal(g.end.outcome, EXEC_EXITED);
        assert_int_equal(g.end.exit_code, 3);
        assert_string_equal(g.reason.p, "NonZeroExitCode");
        drop(&g);
        canned_free(&c);
    }
    free(bytes);
}

/* ---- how it ends */

static void on_frame(void *ctx, const char *bytes, size_t n)
{
    buf_add(ctx, bytes, n);
}

static void no_message(void *ctx, const char *bytes, size_t n)
{
    (void)ctx;
    (void)bytes;
    (void)n;
}

/* Messages as a server frames them; close 0: none. */
static void server_says(struct canned *c, const char *const *messages, int close)
{
    static const struct frames_ops frame_ops = {.on_message = no_message, .on_output = on_frame};
    struct buf wire = {0};
    struct frames *f = frames_new(FRAMES_SERVER, &frame_ops, &wire);

    for (; *messages; messages++)
        frames_send(f, *messages, strlen(*messages));
    if (close)
        frames_close(f, close, "gone");
    canned_bytes(c, buf_slice(&wire), 7);
    frames_free(f);
    buf_free(&wire);
}

static void what_a_status_says(void **state)
{
    static const struct {
        const char *status;
        enum exec_outcome outcome;
        int code;
        const char *message;
    } rows[] = {
        {"{\"metadata\":{},\"status\":\"Success\"}", EXEC_EXITED, 0, ""},
        {"{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\",\"message\":\"m\",\"details\":{\"causes\":[{\"reason\":\"X\"},{\"reason\":\"ExitCode\","
         "\"message\":\"137\"}]}}", EXEC_EXITED, 137, "m"},
        {"{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\",\"message\":\"m\",\"details\":{\"causes\":[{\"reason\":\"ExitCode\",\"message\":\"-1\"}]}}",
         EXEC_FAILED, -1, "m"},
        {"{\"status\":\"Failure\",\"reason\":\"InternalError\",\"message\":\"executable file not found in $PATH\",\"details\":{\"causes\":[{\"reason\":"
         "\"ExitCode\",\"message\":\"0\"}]}}", EXEC_FAILED, -1, "executable file not found in $PATH"},
        {"{\"status\":5", EXEC_FAILED, -1, "the server's word on how the command ended cannot be read"},
        {"", EXEC_FAILED, -1, "the server's word on how the command ended cannot be read"},
        {"[1,2]", EXEC_FAILED, -1, "the server's word on how the command ended cannot be read"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct canned c;
        struct got g = {0};
        char *status = mem_printf("\3%s", rows[i].status);
        begin(&c, &g);
        canned_open(&c, "v5.channel.k8s.io");
        server_says(&c, WORDS("\1", "\1out", "\7what is this", "", status, "\1late"), 1000);
        assert_string_equal(g.out.p, "out");
        assert_int_equal(g.ends, 1);
        assert_int_equal(g.end.outcome, rows[i].outcome);
        assert_int_equal(g.end.exit_code, rows[i].code);
        assert_string_equal(g.message.p, rows[i].message);
        free(status);
        drop(&g);
        canned_free(&c);
    }
}

static void ends_without_a_status(void **state)
{
    static const struct {
        enum end_reason reason;
        int status;
        bool sent;
        const char *text;
        enum exec_outcome outcome;
        int http;
    } rows[] = {
        {END_DONE, 101, true, "", EXEC_LOST, 0},
        {END_CUT, 101, true, "broke", EXEC_LOST, 0},
        {END_TIMEOUT, 0, true, "late", EXEC_LOST, 0},
        {END_TIMEOUT, 0, false, "late", EXEC_NOT_SENT, 0},
        {END_UNREACHABLE, 0, false, "refused", EXEC_NOT_SENT, 0},
        {END_CREDENTIAL, 0, false, "who", EXEC_NOT_SENT, 0},
        {END_DONE, 403, true, "you may not", EXEC_REFUSED, 403},
        {END_DONE, 404, true, "no pod", EXEC_REFUSED, 404},
        {END_DONE, 504, true, "gateway", EXEC_LOST, 504},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct canned c;
        struct got g = {0};
        begin(&c, &g);
        if (rows[i].status == 101) {
            canned_open(&c, "v5.channel.k8s.io");
            server_says(&c, WORDS("\1half"), 0);
        }
        canned_end(&c, rows[i].reason, rows[i].status, rows[i].sent, rows[i].text);
        assert_int_equal(g.ends, 1);
        assert_int_equal(g.end.outcome, rows[i].outcome);
        assert_int_equal(g.end.http_status, rows[i].http);
        assert_int_equal(g.end.exit_code, -1);
        assert_true(g.message.n > 0);
        assert_int_equal(c.closes, 0); /* it is gone already */
        drop(&g);
        canned_free(&c);
    }
}

static void a_close_without_a_status_is_lost(void **state)
{
    struct canned c;
    struct got g = {0};

    (void)state;
    begin(&c, &g);
    canned_open(&c, "v5.channel.k8s.io");
    server_says(&c, WORDS("\1half"), 1011);
    assert_int_equal(g.ends, 1);
    assert_int_equal(g.end.outcome, EXEC_LOST);
    assert_string_equal(g.message.p, "gone");
    drop(&g);
    canned_free(&c);
}

static void freed_in_its_output(void **state)
{
    struct canned c;
    struct got g = {.free_in_output = true};

    (void)state;
    begin(&c, &g);
    canned_open(&c, "v5.channel.k8s.io");
    server_says(&c, WORDS("\1one", "\1two", "\3{\"status\":\"Success\"}"), 1000);
    assert_string_equal(g.out.p, "one");
    assert_int_equal(g.ends, 100);
    assert_int_equal(c.closes, 1);
    drop(&g);
    canned_free(&c);
}

static void no_tunnels_no_exec(void **state)
{
    static const struct transport_ops none = {0};
    struct transport t = {.ops = &none};
    struct exec_config config = {.ns = "a", .pod = "p", .argv = WORDS("ls")};

    (void)state;
    assert_null(exec_stream_new(&t, &config, &ops, NULL));
}

/* ---- the simulated cluster */

struct world {
    struct clock_virtual clock;
    struct sim *sim;
    struct transport *transport;
};

static void put_pod(struct world *w, const char *name, const char *state)
{
    struct err err = {0};
    char *text = mem_printf("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"a\"},\"spec\":{\"nodeName\":\"n\","
                            "\"containers\":[{\"name\":\"main\"}]},\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"main\","
                            "\"state\":{\"%s\":{}}}]}}", name, state);

    if (!sim_put(w->sim, slice_of(text), &err))
        fail_msg("%s", err.text);
    free(text);
}

static void setup(struct world *w)
{
    clock_virtual_init(&w->clock, 1795420800000);
    w->sim = sim_new(&w->clock.clock, 3);
    w->transport = sim_transport(w->sim);
    put_pod(w, "box", "running");
    put_pod(w, "ended", "terminated");
}

static void teardown(struct world *w)
{
    transport_free(w->transport);
    sim_free(w->sim);
}

/* Until it has ended, by the transport's own word on when it has something to do. */
static int64_t play(struct world *w, struct got *g, int64_t most_ms)
{
    int64_t passed = 0;

    for (int turns = 0; !g->ends && passed < most_ms && turns < 100000; turns++) {
        int64_t due = w->transport->ops->due(w->transport);
        if (due > 0) {
            clock_virtual_advance(&w->clock, due);
            passed += due;
        }
        w->transport->ops->step(w->transport);
    }
    return passed;
}

static void run_in(struct world *w, struct got *g, const char *pod, const char *const *words, int64_t deadline_ms)
{
    struct exec_config config = {.ns = "a", .pod = pod, .container = "main", .argv = words, .open_ms = 5000, .deadline_ms = deadline_ms};

    *g = (struct got){0};
    g->exec = exec_stream_new(w->transport, &config, &ops, g);
}

static void commands_of_the_sim(void **state)
{
    static const struct {
        const char *const words[4];
        int code;
        const char *out, *err;
    } rows[] = {
        {{"echo", "Hello", "World!"}, 0, "Hello World!\n", ""},
        {{"python3", "--version"}, 0, "Python 3.12.4\n", ""},
        {{"python3", "/app/agent_script.py"}, 2, "", "python3: can't open file '/app/agent_script.py': [Errno 2] No such file or directory\n"},
        {{"python3", "-c", "import numpy"}, 1, "",
         "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\nModuleNotFoundError: No module named 'numpy'\n"},
        {{"python3", "-c", "import sys, json; print('a'); sys.exit(4)"}, 4, "a\n", ""},
        {{"sh", "-c", "id; pwd && false || echo \"a;b\" >&2; exit 3"}, 3, "uid=0(root) gid=0(root) groups=0(root)\n/app\n", "a;b\n"},
        {{"sh", "-c", "false && echo no; echo yes"}, 0, "yes\n", ""},
        {{"sh", "-c", "nosuch"}, 127, "", "sh: 1: nosuch: not found\n"},
        {{"sh", "-c", "/etc/passwd"}, 126, "", "sh: 1: /etc/passwd: Permission denied\n"},
        {{"sh", "-c", "echo x; kill -9 $$; echo y"}, 137, "x\n", ""},
        {{"sh", "-c", "command -v git || command -v sh"}, 0, "/usr/bin/sh\n", ""},
        {{"touch", "/data/x"}, 1, "", "touch: cannot touch '/data/x': Read-only file system\n"},
    };
    struct world w;
    struct got g;

    (void)state;
    setup(&w);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        run_in(&w, &g, "box", rows[i].words, 0);
        play(&w, &g, 1000);
        assert_int_equal(g.ends, 1);
        assert_int_equal(g.end.outcome, EXEC_EXITED);
        assert_int_equal(g.end.exit_code, rows[i].code);
        assert_string_equal(g.out.p ? g.out.p : "", rows[i].out);
        assert_string_equal(g.err.p ? g.err.p : "", rows[i].err);
        drop(&g);
    }
    assert_int_equal(sim_commands(w.sim, ""), sizeof rows / sizeof *rows);
    assert_int_equal(sim_commands(w.sim, "echo Hello"), 1);
    run_in(&w, &g, "box", WORDS("nosuch"), 0);
    play(&w, &g, 1000);
    assert_int_equal(g.end.outcome, EXEC_FAILED);
    assert_non_null(strstr(g.message.p, "executable file not found in $PATH"));
    drop(&g);
    teardown(&w);
}

static void output_comes_when_it_is_written(void **state)
{
    struct world w;
    struct got g;

    (void)state;
    setup(&w);
    run_in(&w, &g, "box", WORDS("sh", "-c", "echo a; sleep 2; echo b"), 0);
    play(&w, &g, 1000);
    assert_int_equal(g.opens, 1);
    assert_string_equal(g.out.p, "a\n");
    assert_int_equal(g.ends, 0);
    play(&w, &g, 5000);
    assert_string_equal(g.out.p, "a\nb\n");
    assert_int_equal(g.end.exit_code, 0);
    drop(&g);
    teardown(&w);
}

static void big_and_binary_output(void **state)
{
    struct world w;
    struct got g;

    (void)state;
    setup(&w);
    run_in(&w, &g, "box", WORDS("head", "-c", "5000000", "/dev/urandom"), 0);
    play(&w, &g, 60000);
    assert_int_equal(g.end.outcome, EXEC_EXITED);
    assert_int_equal(g.out.n, 5000000);
    unsigned char sum = 0;
    for (size_t i = 0; i < g.out.n; i++)
        sum = (unsigned char)(sum + (unsigned char)g.out.p[i]);
    drop(&g);
    run_in(&w, &g, "box", WORDS("head", "-c", "5000000", "/dev/urandom"), 0);
    w.transport->ops->step(w.transport);
    clock_virtual_advance(&w.clock, 10);
    w.transport->ops->step(w.transport);
    exec_stream_pause(g.exec, true);
    size_t before = g.out.n;
    for (int i = 0; i < 5; i++)
        w.transport->ops->step(w.transport);
    assert_int_equal(g.out.n, before);
    assert_true(before < 5000000);
    exec_stream_pause(g.exec, false);
    play(&w, &g, 60000);
    assert_int_equal(g.out.n, 5000000);
    for (size_t i = 0; i < g.out.n; i++)
        sum = (unsigned char)(sum - (unsigned char)g.out.p[i]);
    assert_int_equal(sum, 0);
    drop(&g);
    teardown(&w);
}

static void faults_of_the_sim(void **state)
{
    struct world w;
    struct got g;

    (void)state;
    setup(&w);
    sim_fault(w.sim, "/exec", 403, 1, 0, NULL);
    run_in(&w, &g, "box", WORDS("ls"), 0);
    play(&w, &g, 1000);
    assert_int_equal(g.end.outcome, EXEC_REFUSED);
    assert_int_equal(g.end.http_status, 403);
    assert_non_null(strstr(g.message.p, "cannot get resource \"pods/exec\""));
    drop(&g);
    sim_fault(w.sim, "/exec", 0, 1, 0, NULL);
    run_in(&w, &g, "box", WORDS("ls"), 0);
    play(&w, &g, 1000);
    assert_int_equal(g.end.outcome, EXEC_NOT_SENT);
    drop(&g);
    sim_fault(w.sim, "/exec", -1, 1, 0, NULL);
    run_in(&w, &g, "box", WORDS("ls"), 0);
    assert_int_equal(play(&w, &g, 10000), 5000);
    assert_int_equal(g.end.outcome, EXEC_LOST);
    assert_int_equal(g.end.reason, END_TIMEOUT);
    drop(&g);
    assert_int_equal(sim_commands(w.sim, ""), 0);
    sim_fault(w.sim, "/exec", -2, 1, 1000, NULL);
    run_in(&w, &g, "box", WORDS("seq", "10000"), 0);
    play(&w, &g, 1000);
    assert_int_equal(g.end.outcome, EXEC_LOST);
    assert_int_equal(sim_commands(w.sim, ""), 1);
    drop(&g);
    run_in(&w, &g, "box", WORDS("sleep", "60"), 1500);
    assert_int_equal(play(&w, &g, 10000), 1500);
    assert_int_equal(g.end.outcome, EXEC_LOST);
    assert_int_equal(g.end.reason, END_TIMEOUT);
    drop(&g);
    teardown(&w);
}

static void pods_of_the_sim(void **state)
{
    struct world w;
    struct got g;

    (void)state;
    setup(&w);
    run_in(&w, &g, "nowhere", WORDS("ls"), 0);
    play(&w, &g, 1000);
    assert_int_equal(g.end.http_status, 404);
    assert_string_equal(g.message.p, "pods \"nowhere\" not found");
    drop(&g);
    run_in(&w, &g, "ended", WORDS("ls"), 0);
    play(&w, &g, 1000);
    assert_int_equal(g.end.http_status, 500);
    assert_non_null(strstr(g.message.p, "container not found (\"main\")"));
    drop(&g);
    run_in(&w, &g, "box", WORDS("sleep", "60"), 0);
    play(&w, &g, 1000);
    put_pod(&w, "box", "terminated"); /* it dies in the middle */
    play(&w, &g, 1000);
    assert_int_equal(g.end.outcome, EXEC_EXITED);
    assert_int_equal(g.end.exit_code, 137);
    drop(&g);
    run_in(&w, &g, "box", WORDS("ls"), 0);
    exec_stream_free(g.exec);
    g.exec = NULL;
    play(&w, &g, 100);
    assert_int_equal(g.opens + g.ends, 0);
    drop(&g);
    teardown(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_captured_command), cmocka_unit_test(what_a_status_says), cmocka_unit_test(ends_without_a_status),
        cmocka_unit_test(a_close_without_a_status_is_lost), cmocka_unit_test(freed_in_its_output), cmocka_unit_test(no_tunnels_no_exec),
        cmocka_unit_test(commands_of_the_sim), cmocka_unit_test(output_comes_when_it_is_written), cmocka_unit_test(big_and_binary_output),
        cmocka_unit_test(faults_of_the_sim), cmocka_unit_test(pods_of_the_sim),
    };

    return TESTS_MAIN(tests);
}
