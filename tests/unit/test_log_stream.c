/* The log stream against a scripted server: a log that grows, and answers that are cut, repeated, refused. The server here is a tiny transport of
 * its own: it answers from `log`, as the API server does with sinceTime floored to seconds, and cuts where told. */
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/kube/log_stream.h"
#include "tests/unit/test.h"

struct exchange {
    const struct response_ops *ops;
    void *ctx;
    size_t at;                       /* next line to send */
    bool headed;
};
struct server {
    struct transport transport;
    struct clock_virtual clock;
    struct { int64_t ns; char text[64]; } lines[4096];
    size_t n;
    size_t oldest;                   /* rotated away before this one */
    size_t cut_after;                /* bytes of an answer before the connection breaks; 0: none */
    bool end;                        /* clean end after the last line */
    int status;                      /* 0: 200 */
    const char *body;
    struct exchange *now;
    size_t requests;
    char path[512];
};

static struct exchange *server_request(struct transport *t, const struct request *r, const struct response_ops *ops, void *ctx)
{
    struct server *s = (struct server *)(void *)t;
    const char *since = strstr(r->path, "sinceTime=");
    int64_t from = 0;

    assert_null(s->now);
    s->requests++;
    snprintf(s->path, sizeof s->path, "%s", r->path);
    if (since)
        assert_true(time_parse((struct slice){since + 10, 20}, &from, NULL));
    s->now = NEW(struct exchange);
    *s->now = (struct exchange){.ops = ops, .ctx = ctx, .at = s->oldest};
    while (s->now->at < s->n && s->lines[s->now->at].ns < from * 1000000)
        s->now->at++;
    return s->now;
}

static void server_cancel(struct transport *t, struct exchange *x)
{
    struct server *s = (struct server *)(void *)t;

    assert_ptr_equal(x, s->now);
    free(x);
    s->now = NULL;
}

static void finish(struct server *s, enum end_reason reason)
{
    struct exchange *x = s->now;

    s->now = NULL;
    x->ops->on_end(x->ctx, reason, reason == END_DONE ? "" : "the connection broke");
    free(x);
}

static void stamp(int64_t ns, char out[40])
{
    char whole[32];

    time_rfc3339(ns / 1000000, whole);
    snprintf(out, 40, "%.19s.%09dZ", whole, (int)(ns % 1000000000));
}

static void server_step(struct transport *t)
{
    struct server *s = (struct server *)(void *)t;
    struct exchange *x = s->now;
    size_t sent = 0;

    if (!x)
        return;
    if (!x->headed) {
        struct response_head head = {.status = s->status ? s->status : 200, .retry_after_ms = -1};
        x->headed = true;
        x->ops->on_head(x->ctx, &head);
        if (s->status) {
            if (s->body)
                x->ops->on_bytes(x->ctx, s->body, strlen(s->body));
            finish(s, END_DONE);
            return;
        }
    }
    while (s->now == x && x->at < s->n) {
        char line[128], when[40];
        stamp(s->lines[x->at].ns, when);
        int n = snprintf(line, sizeof line, "%s %s\n", when, s->lines[x->at].text);
        x->at++;
        if (s->cut_after && sent + (size_t)n > s->cut_after) {
            x->ops->on_bytes(x->ctx, line, s->cut_after - sent);
            finish(s, END_CUT);
            return;
        }
        /* in two pieces, so that borders fall inside lines */
        x->ops->on_bytes(x->ctx, line, (size_t)n / 2);
        if (s->now == x)
            x->ops->on_bytes(x->ctx, line + n / 2, (size_t)(n - n / 2));
        sent += (size_t)n;
    }
    if (s->now == x && s->end)
        finish(s, END_DONE);
}

static const struct transport_ops server_ops = {.request = server_request, .cancel = server_cancel, .step = server_step};

struct seen {
    size_t lines, gaps, restarts, statuses, next;
    bool disorder;
};

static void on_line(void *ctx, int64_t ns, struct slice line)
{
    struct seen *seen = ctx;
    char copy[64];

    (void)ns;
    snprintf(copy, sizeof copy, "%.*s", (int)line.n, line.p);
    unsigned long number = strtoul(copy + 2, NULL, 10);
    if (number != seen->next)
        seen->disorder = true;
    seen->next = number + 1;
    seen->lines++;
}

static void on_mark(void *ctx, enum log_mark mark, int64_t ms, const char *text)
{
    struct seen *seen = ctx;

    (void)ms;
    (void)text;
    *(mark == LOG_MARK_GAP ? &seen->gaps : mark == LOG_MARK_RESTART ? &seen->restarts : &seen->statuses) += 1;
}

static const struct log_stream_sink sink = {.on_line = on_line, .on_mark = on_mark};

static struct server *server_new(void)
{
    struct server *s = NEW(struct server);

    s->transport.ops = &server_ops;
    clock_virtual_init(&s->clock, 1795422000000);
    return s;
}

static void write_lines(struct server *s, size_t n, int64_t apart_ns)
{
    for (size_t i = 0; i < n; i++, s->n++) {
        s->lines[s->n].ns = (s->n ? s->lines[s->n - 1].ns : 1795422000000 * 1000000) + apart_ns;
        snprintf(s->lines[s->n].text, sizeof s->lines[s->n].text, "n=%zu", s->n);
    }
}

static struct log_stream *stream_new(struct server *s, struct seen *seen)
{
    struct log_stream_config config = {.ns = "ns", .pod = "pod", .container = "c", .follow = true};

    return log_stream_new(&s->transport, &s->clock.clock, &config, &sink, seen);
}

static void run(struct server *s, struct log_stream *stream, int64_t ms)
{
    for (int64_t t = 0; t <= ms; t += 50) {
        if (log_stream_due(stream) == 0)
            log_stream_step(stream);
        server_step(&s->transport);
        clock_virtual_advance(&s->clock, 50);
    }
}

/* Cut after every number of bytes of the first answers: nothing lost, nothing twice, no gap said. */
static void cut_anywhere(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < 700; cut += 3) {
        struct server *s = server_new();
        struct seen seen = {0};
        struct log_stream *stream = stream_new(s, &seen);
        write_lines(s, 30, 170000000);
        s->cut_after = cut;
        run(s, stream, 600);
        write_lines(s, 30, 170000000);
        s->cut_after = cut + 120;
        run(s, stream, 2000);
        s->cut_after = 0;
        write_lines(s, 30, 170000000);
        run(s, stream, 30000);
        if (seen.lines != 90 || seen.disorder || seen.gaps)
            fail_msg("cut after %zu: %zu lines, %zu gaps, disorder %d", cut, seen.lines, seen.gaps, seen.disorder);
        log_stream_free(stream);
        free(s);
    }
}

/* Several lines in one nanosecond, and all within one second: the multiset tells them apart. */
static void equal_stamps(void **state)
{
    struct server *s = server_new();
    struct seen seen = {0};
    struct log_stream *stream = stream_new(s, &seen);

    (void)state;
    write_lines(s, 20, 0);
    s->end = true;
    run(s, stream, 3000);
    write_lines(s, 20, 0);
    run(s, stream, 5000);
    assert_int_equal(seen.lines, 40);
    assert_false(seen.disorder);
    assert_int_equal(seen.gaps, 0);
    log_stream_free(stream);
    free(s);
}

/* What was rotated away while nobody read is said. */
static void rotation_is_a_gap(void **state)
{
    struct server *s = server_new();
    struct seen seen = {0};
    struct log_stream *stream = stream_new(s, &seen);

    (void)state;
    write_lines(s, 10, 1000000000);
    s->cut_after = 100000;
    run(s, stream, 200);
    assert_int_equal(seen.lines, 10);
    finish(s, END_CUT);
    write_lines(s, 100, 1000000000);
    s->oldest = 60;
    run(s, stream, 10000);
    assert_int_equal(seen.lines, 60);
    assert_int_equal(seen.gaps, 1);
    log_stream_free(stream);
    free(s);
}

/* A file read again within one answer (the kubelet after a rotation): repeats are dropped, the gap is said once. */
static void repeats_within_a_stream(void **state)
{
    struct server *s = server_new();
    struct seen seen = {0};
    struct log_stream *stream = stream_new(s, &seen);

    (void)state;
    write_lines(s, 20, 1000000000);
    run(s, stream, 100);
    s->now->at = 5;
    write_lines(s, 3, 1000000000);
    run(s, stream, 100);
    assert_int_equal(seen.lines, 23);
    assert_false(seen.disorder);
    assert_int_equal(seen.gaps, 1);
    log_stream_free(stream);
    free(s);
}

static void restart_reads_the_end_of_the_old(void **state)
{
    struct server *s = server_new();
    struct seen seen = {0};
    struct log_stream *stream = stream_new(s, &seen);

    (void)state;
    log_stream_container(stream, &(struct log_container){.id = "containerd://1", .state = LOG_CONTAINER_RUNNING, .reason = ""});
    write_lines(s, 10, 1000000000);
    run(s, stream, 100);
    write_lines(s, 5, 1000000000);       /* written, not yet sent, when the container dies */
    s->end = true;
    log_stream_container(stream, &(struct log_container){
        .id = "containerd://2", .state = LOG_CONTAINER_RUNNING, .reason = "", .restarts = 1, .has_last = true, .last_exit_code = 1, .last_reason = "Error"});
    run(s, stream, 0);
    assert_non_null(strstr(s->path, "previous=true"));
    assert_int_equal(seen.lines, 15);
    assert_int_equal(seen.restarts, 1);
    s->oldest = s->n;                    /* the new container's own log */
    write_lines(s, 5, 1000000000);
    run(s, stream, 3000);
    assert_null(strstr(s->path, "previous=true"));
    assert_int_equal(seen.lines, 20);
    assert_int_equal(seen.gaps, 0);
    assert_false(seen.disorder);
    log_stream_free(stream);
    free(s);
}

static void waits_are_no_errors(void **state)
{
    struct server *s = server_new();
    struct seen seen = {0};
    struct log_stream *stream = stream_new(s, &seen);

    (void)state;
    s->status = 400;
    s->body = "{\"kind\":\"Status\",\"message\":\"container \\\"c\\\" in pod \\\"p\\\" is waiting to start: image can't be pulled\",\"code\":400}";
    run(s, stream, 100);
    assert_int_equal(log_stream_state(stream), LOG_STREAM_WAITING);
    assert_non_null(strstr(log_stream_message(stream), "image can't be pulled"));
    s->status = 204;
    s->body = NULL;
    run(s, stream, 1500);
    assert_int_equal(log_stream_state(stream), LOG_STREAM_WAITING);
    s->status = 403;
    s->body = "{\"message\":\"pods \\\"p\\\" is forbidden\"}";
    run(s, stream, 1500);
    assert_int_equal(log_stream_state(stream), LOG_STREAM_FORBIDDEN);
    size_t asked = s->requests;
    run(s, stream, 5000);
    assert_int_equal(s->requests, asked);
    s->status = 0;
    write_lines(s, 3, 1000000);
    log_stream_retry_now(stream);
    run(s, stream, 100);
    assert_int_equal(seen.lines, 3);
    log_stream_free(stream);
    free(s);
}

/* A dead container's log that ends at once is not asked for in a busy loop, and brings nothing twice. */
static void dead_log_is_no_busy_loop(void **state)
{
    struct server *s = server_new();
    struct seen seen = {0};
    struct log_stream *stream = stream_new(s, &seen);

    (void)state;
    write_lines(s, 10, 1000000);
    s->end = true;
    run(s, stream, 10000);
    assert_int_equal(seen.lines, 10);
    assert_true(s->requests <= 12);
    log_stream_pod_gone(stream, "the pod was deleted");
    assert_int_equal(log_stream_state(stream), LOG_STREAM_ENDED);
    log_stream_free(stream);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere), cmocka_unit_test(equal_stamps), cmocka_unit_test(rotation_is_a_gap), cmocka_unit_test(repeats_within_a_stream),
        cmocka_unit_test(restart_reads_the_end_of_the_old), cmocka_unit_test(waits_are_no_errors), cmocka_unit_test(dead_log_is_no_busy_loop),
    };

    return TESTS_MAIN(tests);
}
