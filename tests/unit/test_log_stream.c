/* The log stream against a log endpoint with faults: every numbered line comes out once, or lies in a gap that is said. */
#include "core/kube/log_splitter.h"
#include "tests/unit/log_server.h"

static void check_all(const char *what, const struct log_server *s, const struct log_seen *seen, size_t gaps)
{
    size_t missing = log_missing(seen, s->written);

    if (missing || seen->twice || seen->disorder || seen->misplaced || seen->gaps != gaps)
        fail_msg("%s: of %zu lines %zu missing, %zu twice, %zu out of order; %zu gaps (%s)", what, s->written, missing, seen->twice, seen->disorder,
                 seen->gaps, seen->misplaced ? "misplaced" : seen->text);
}

struct bench {
    struct log_server *server;
    struct log_seen seen;
    struct log_stream *stream;
    int told;                        /* the container that the pod watch told of last */
};

static void setup(struct bench *b)
{
    *b = (struct bench){.server = log_server_new()};
    b->stream = log_stream_of(b->server, &b->seen);
}

static void teardown(struct bench *b)
{
    log_stream_free(b->stream);
    log_server_free(b->server);
    log_seen_free(&b->seen);
}

/* Cut after every number of bytes, twice, with chunks that end anywhere. */
static void cut_anywhere(void **state)
{
    static const size_t chunks[] = {0, 1, 7, 64};

    (void)state;
    for (size_t cut = 1; cut < 500; cut++) {
        struct bench b;
        char what[32];
        setup(&b);
        snprintf(what, sizeof what, "cut after %zu", cut);
        b.server->chunk = chunks[cut % 4];
        log_number(b.server, 30, 170000000);
        b.server->cut_after = cut;
        log_run(b.server, b.stream, 600);
        log_number(b.server, 30, 170000000);
        b.server->cut_after = cut + 120;
        log_run(b.server, b.stream, 2000);
        b.server->cut_after = 0;
        log_number(b.server, 30, 170000000);
        log_run(b.server, b.stream, 25000);
        check_all(what, b.server, &b.seen, 0);
        teardown(&b);
    }
}

/* Each answer is cut before it has come past what is known: it is asked for again soon, and neither in a busy loop nor more and more
 * seldom. */
static void cut_again_and_again(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_number(b.server, 20, 10000000);
    log_run(b.server, b.stream, 100);
    log_cut(b.server, END_CUT);
    log_number(b.server, 20, 10000000);
    b.server->cut_after = 300;
    size_t asked = b.server->requests;
    log_run(b.server, b.stream, 30000);
    assert_in_range(b.server->requests - asked, 60, 100);
    b.server->cut_after = 0;
    log_run(b.server, b.stream, 400);
    check_all("cut again and again", b.server, &b.seen, 0);
    teardown(&b);
}

/* Several lines in one nanosecond, equal ones among them: the multiset tells them apart. */
static void equal_stamps(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    b.server->end = true;
    for (size_t round = 0; round < 3; round++) {
        log_number(b.server, 20, 0);
        for (size_t i = 0; i < 5; i++)
            log_write(b.server, b.server->last_ns, "the same", 8);
        log_run(b.server, b.stream, 12000);
    }
    check_all("equal stamps", b.server, &b.seen, 0);
    assert_int_equal(b.seen.plain, 15);
    teardown(&b);
}

/* The two pipes of a container are stamped by two writers: stamps go back a little, and a cut may lie anywhere in it. */
static void out_of_order(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (size_t cut = 100; cut < 2600; cut += 37) {
        struct bench b;
        setup(&b);
        for (size_t i = 0; i < 60; i++) {
            char text[32];
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            int n = snprintf(text, sizeof text, "n=%zu", b.server->written++);
            log_write(b.server, b.server->last_ns + (int64_t)i * 20000000 - (int64_t)(seed >> 33) % 300000000, text, (size_t)n);
        }
        b.server->cut_after = cut;
        log_run(b.server, b.stream, 300);
        b.server->cut_after = 0;
        log_run(b.server, b.stream, 12000);
        {char what[40]; snprintf(what, sizeof what, "out of order, cut after %zu", cut); check_all(what, b.server, &b.seen, 0);}
        teardown(&b);
    }
}

/* Undated pieces belong to the dated line before them: whatever is cut, each comes once. */
static void undated_pieces(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < 900; cut += 5) {
        struct bench b;
        setup(&b);
        for (size_t i = 0; i < 10; i++) {
            log_number(b.server, 1, 90000000);
            log_write(b.server, b.server->last_ns, "half of another line", 20)->undated = true;
            if (i % 3 == 0)
                log_write(b.server, b.server->last_ns, "half of another line", 20)->undated = true;
        }
        b.server->cut_after = cut;
        log_run(b.server, b.stream, 250);
        b.server->cut_after = 0;
        log_run(b.server, b.stream, 12000);
        check_all("undated", b.server, &b.seen, 0);
        if (b.seen.plain != 14)
            fail_msg("cut after %zu: %zu undated lines", cut, b.seen.plain);
        teardown(&b);
    }
}

/* What was rotated away while nobody read is said, with how much it may be. */
static void rotation_is_a_gap(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_tell(b.server, b.stream, 1, LOG_CONTAINER_RUNNING, false);
    log_number(b.server, 1000, 10000000);
    log_run(b.server, b.stream, 200);
    assert_int_equal(b.seen.lines, 1000);
    log_cut(b.server, END_CUT);
    log_number(b.server, 2000, 10000000);
    b.server->now.oldest = 2500;
    log_run(b.server, b.stream, 10000);
    assert_int_equal(b.seen.lines, 1500);
    assert_non_null(strstr(b.seen.text, "about 1,500 lines may be missing: 15 s without a line at 100/s"));
    check_all("rotation", b.server, &b.seen, 1);
    teardown(&b);
}

/* As seen on a real kubelet: the reader stood still for 65 s while the log was rotated; then it gets what lay in the pipes, the newest
 * file, and that file once again, all in one answer. */
static void stood_still(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    for (size_t i = 0; i < 40; i++) {                       /* 2 s at 1,800 lines a second */
        log_number(b.server, 90, 555556);
        log_run(b.server, b.stream, 0);
    }
    struct exchange *x = b.server->exchanges.v[0];
    log_number(b.server, 117000, 555556);
    clock_virtual_advance(&b.server->clock, 65000);
    size_t newest = b.server->now.rows.n - 15000;
    x->file->oldest = newest;
    size_t stopped = x->at;
    /* the rows between the two are lost to it: 5,000 lay in the pipes */
    struct ptrs all = b.server->now.rows, pipes = all;
    pipes.n = stopped + 5000;
    b.server->now.rows = pipes;
    log_run(b.server, b.stream, 0);
    b.server->now.rows = all;
    x->at = newest;
    log_run(b.server, b.stream, 0);
    x->at = newest;
    log_number(b.server, 90, 555556);
    log_run(b.server, b.stream, 0);
    log_number(b.server, 90, 555556);
    log_run(b.server, b.stream, 1000);
    assert_int_equal(b.seen.lines, 3600 + 5000 + 15000 + 180);
    assert_string_equal(b.seen.text, "about 97,000 lines may be missing: 54 s without a line at 1,800/s");
    check_all("stood still", b.server, &b.seen, 1);
    teardown(&b);
}

/* Standing still alone is no gap where the server kept everything. */
static void stood_still_without_loss(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    for (size_t i = 0; i < 40; i++) {
        log_number(b.server, 90, 555556);
        log_run(b.server, b.stream, 0);
    }
    clock_virtual_advance(&b.server->clock, 25000);
    log_number(b.server, 45000, 555556);
    log_run(b.server, b.stream, 1000);
    check_all("stood still", b.server, &b.seen, 0);
    teardown(&b);
}

/* An old log over a slow line: it was written in a burst, then paused. */
static void slow_line(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    clock_virtual_advance(&b.server->clock, 3 * 3600000);
    log_number(b.server, 3000, 100000);
    log_number(b.server, 10, INT64_C(900000000000));
    struct ptrs all = b.server->now.rows, come = all;
    for (come.n = 0; come.n < all.n; come.n += come.n < 3000 ? 30 : 1) {
        b.server->now.rows = come;
        log_run(b.server, b.stream, 1000);
    }
    b.server->now.rows = all;
    log_run(b.server, b.stream, 1000);
    check_all("slow line", b.server, &b.seen, 0);
    teardown(&b);
}

static void repeats_within_a_stream(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_number(b.server, 20, 1000000000);
    log_run(b.server, b.stream, 100);
    for (size_t again = 0; again < 2; again++) {
        ((struct exchange *)b.server->exchanges.v[0])->at = 5;
        log_number(b.server, 3, 1000000000);
        log_run(b.server, b.stream, 100);
    }
    check_all("repeats", b.server, &b.seen, 1);
    teardown(&b);
}

/* The node's clock is set back: nothing is taken for a repeat that is none. */
static void clock_goes_back(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_number(b.server, 500, 100000000);
    log_run(b.server, b.stream, 100);
    b.server->last_ns -= 20000000123;
    log_number(b.server, 100, 100000000);
    log_run(b.server, b.stream, 100);
    check_all("the clock", b.server, &b.seen, 0);
    assert_int_equal(b.seen.statuses, 1);
    log_cut(b.server, END_CUT);
    log_number(b.server, 100, 100000000);
    log_run(b.server, b.stream, 3000);
    check_all("the clock, cut", b.server, &b.seen, 0);
    teardown(&b);
}

static void restart_reads_the_end_of_the_old(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_tell(b.server, b.stream, 1, LOG_CONTAINER_RUNNING, false);
    log_number(b.server, 10, 1000000000);
    log_run(b.server, b.stream, 100);
    b.server->stalled = true;                               /* written, not yet sent, when the container dies */
    log_number(b.server, 5, 1000000000);
    log_run(b.server, b.stream, 100);
    b.server->stalled = false;
    log_restart(b.server);
    log_number(b.server, 7, 1000000000);
    log_tell(b.server, b.stream, 2, LOG_CONTAINER_RUNNING, true);
    log_run(b.server, b.stream, 0);
    assert_int_equal(b.seen.lines, 15);
    assert_int_equal(b.seen.restarts, 1);
    assert_string_equal(b.seen.text, "container c restarted: exit 1, Error");
    log_run(b.server, b.stream, 3000);
    assert_null(strstr(b.server->path, "previous=true"));
    assert_null(strstr(b.server->path, "tailLines"));
    check_all("restart", b.server, &b.seen, 0);
    teardown(&b);
}

/* The pod watch tells of the restart later than the new container's log does: no gap is said, and the old one's end is not lost. */
static void restart_before_word_of_it(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_tell(b.server, b.stream, 1, LOG_CONTAINER_RUNNING, false);
    log_number(b.server, 10, 1000000000);
    log_run(b.server, b.stream, 100);
    b.server->stalled = true;
    log_number(b.server, 5, 1000000000);
    log_restart(b.server);
    b.server->stalled = false;
    log_number(b.server, 7, 1000000000);
    log_run(b.server, b.stream, 2000);                      /* asked again after a second, and what came did not join */
    assert_int_equal(b.seen.lines, 10);
    log_tell(b.server, b.stream, 2, LOG_CONTAINER_RUNNING, true);
    log_run(b.server, b.stream, 3000);
    check_all("restart", b.server, &b.seen, 0);
    assert_int_equal(b.seen.restarts, 1);
    teardown(&b);
}

static void restarts_unseen_are_said(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_tell(b.server, b.stream, 1, LOG_CONTAINER_RUNNING, false);
    log_number(b.server, 10, 1000000000);
    log_run(b.server, b.stream, 100);
    for (size_t i = 0; i < 3; i++) {
        log_restart(b.server);
        log_number(b.server, 4, 1000000000);
    }
    log_tell(b.server, b.stream, 4, LOG_CONTAINER_RUNNING, true);
    log_run(b.server, b.stream, 3000);
    assert_int_equal(log_missing(&b.seen, b.server->written), 0);
    assert_int_equal(b.seen.twice, 0);
    assert_int_equal(b.seen.lines, 18);
    assert_true(b.seen.gaps >= 1);
    teardown(&b);
}

/* A stream that begins at a container which was restarted before: the dead one's tail, the divider, then the living one. */
static void previous_tail(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_number(b.server, 10, 1000000000);
    log_restart(b.server);
    log_number(b.server, 5, 1000000000);
    log_tell(b.server, b.stream, 2, LOG_CONTAINER_RUNNING, true);
    log_run(b.server, b.stream, 0);
    assert_non_null(strstr(b.server->path, "tailLines=500&previous=true"));
    log_run(b.server, b.stream, 100);
    check_all("previous", b.server, &b.seen, 0);
    assert_int_equal(b.seen.restarts, 1);
    teardown(&b);
    setup(&b);                                              /* nothing is kept of it */
    log_number(b.server, 5, 1000000000);
    log_tell(b.server, b.stream, 2, LOG_CONTAINER_RUNNING, true);
    log_run(b.server, b.stream, 200);
    check_all("previous", b.server, &b.seen, 0);
    assert_int_equal(b.seen.restarts, 1);
    teardown(&b);
}

/* A crash loop: each dead container's log is read to its end once, and then nothing is asked for until there is another. */
static void crash_loop(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    for (int id = 1; id <= 4; id++) {
        if (id > 1)
            log_restart(b.server);
        log_tell(b.server, b.stream, id, LOG_CONTAINER_RUNNING, id > 1);
        log_number(b.server, 10, 10000000);
        log_run(b.server, b.stream, 500);
        log_cut(b.server, END_DONE);
        b.server->end = true;
        log_tell(b.server, b.stream, id, LOG_CONTAINER_TERMINATED, id > 1);
        log_run(b.server, b.stream, 1000);
        assert_int_equal(b.seen.lines, 10 * (size_t)id);
        assert_string_equal(log_stream_message(b.stream), "c ended: exit 1, Error");
        size_t asked = b.server->requests;
        log_tell(b.server, b.stream, id, LOG_CONTAINER_WAITING, true);
        log_run(b.server, b.stream, 300000);
        assert_int_equal(b.server->requests, asked);
        assert_int_equal(log_stream_state(b.stream), LOG_STREAM_WAITING);
        assert_string_equal(log_stream_message(b.stream), "waiting to start: CrashLoopBackOff (exit 1, Error)");
        b.server->end = false;
    }
    check_all("crash loop", b.server, &b.seen, 0);
    assert_int_equal(b.seen.restarts, 3);
    assert_int_equal(b.server->previous, 0);
    teardown(&b);
}

static void waits_are_no_errors(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    b.server->status = 400;
    b.server->body = "{\"kind\":\"Status\",\"message\":\"container \\\"c\\\" in pod \\\"p\\\" is waiting to start: image can't be pulled\",\"code\":400}";
    log_run(b.server, b.stream, 100);
    assert_int_equal(log_stream_state(b.stream), LOG_STREAM_WAITING);
    assert_string_equal(log_stream_message(b.stream), "waiting to start: image can't be pulled");
    b.server->body = "{\"message\":\"container \\\"c\\\" in pod \\\"p\\\" is terminated\"}";
    log_run(b.server, b.stream, 1500);
    assert_int_equal(log_stream_state(b.stream), LOG_STREAM_WAITING);
    b.server->status = 204;
    b.server->body = NULL;
    log_run(b.server, b.stream, 1500);
    assert_string_equal(log_stream_message(b.stream), "the pod is not scheduled yet");
    b.server->status = 403;
    b.server->body = "{\"message\":\"pods \\\"p\\\" is forbidden\"}";
    log_run(b.server, b.stream, 1500);
    assert_int_equal(log_stream_state(b.stream), LOG_STREAM_FORBIDDEN);
    size_t asked = b.server->requests;
    log_run(b.server, b.stream, 5000);
    assert_int_equal(b.server->requests, asked);
    b.server->status = 429;
    b.server->body = "Too many requests, please try again later.\n";
    b.server->retry_after_ms = 7000;
    log_stream_retry_now(b.stream);
    log_run(b.server, b.stream, 6000);
    assert_int_equal(b.server->requests, asked + 1);
    assert_non_null(strstr(log_stream_message(b.stream), "429: Too many requests"));
    b.server->status = 0;
    b.server->body = NULL;
    log_number(b.server, 3, 1000000);
    log_run(b.server, b.stream, 2000);
    assert_int_equal(b.seen.lines, 3);
    assert_int_equal(b.seen.statuses, 0);
    teardown(&b);
}

/* The kubelet's words inside a 200 are the stream's state, not a line; they are said once however often they come. */
static void errors_inside_a_body(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_number(b.server, 5, 1000000);
    b.server->end = true;
    b.server->body = "failed to create fsnotify watcher: too many open files";
    log_run(b.server, b.stream, 30000);
    assert_int_equal(b.seen.lines, 5);
    assert_true(b.seen.statuses <= 2);
    assert_int_equal(log_stream_state(b.stream), LOG_STREAM_RETRYING);
    assert_string_equal(log_stream_message(b.stream), b.server->body);
    b.server->end = false;
    b.server->body = NULL;
    log_number(b.server, 5, 1000000);
    log_run(b.server, b.stream, 20000);
    check_all("body", b.server, &b.seen, 0);
    assert_int_equal(log_stream_state(b.stream), LOG_STREAM_FOLLOWING);
    teardown(&b);
}

/* An answer that ends at once, for no known reason, is not asked for in a busy loop. */
static void no_busy_loop(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_number(b.server, 10, 1000000);
    b.server->end = true;
    log_run(b.server, b.stream, 60000);
    assert_int_equal(b.seen.lines, 10);
    assert_true(b.server->requests <= 14);
    log_number(b.server, 10, 1000000);
    log_stream_pod_gone(b.stream, false, "the pod was deleted");
    log_run(b.server, b.stream, 100);
    assert_int_equal(log_stream_state(b.stream), LOG_STREAM_ENDED);
    assert_int_equal(b.seen.lines, 20);
    assert_string_equal(b.seen.text, "the pod was deleted");
    teardown(&b);
}

/* DELETED comes before the last lines: they are read, then the stream ends. A pod that comes back under the same uid goes on. */
static void deletion_drains(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_tell(b.server, b.stream, 1, LOG_CONTAINER_RUNNING, false);
    log_number(b.server, 10, 1000000000);
    log_run(b.server, b.stream, 200);
    log_stream_pod_gone(b.stream, false, "the pod was deleted");
    log_run(b.server, b.stream, 200);
    assert_int_equal(log_stream_state(b.stream), LOG_STREAM_FOLLOWING);
    log_number(b.server, 2, 1000000);
    log_run(b.server, b.stream, 200);
    log_cut(b.server, END_DONE);
    assert_int_equal(log_stream_state(b.stream), LOG_STREAM_ENDED);
    assert_int_equal(b.seen.lines, 12);
    size_t asked = b.server->requests;
    log_run(b.server, b.stream, 60000);
    assert_int_equal(b.server->requests, asked);
    log_number(b.server, 2, 1000000);
    log_stream_pod_back(b.stream);
    log_tell(b.server, b.stream, 1, LOG_CONTAINER_RUNNING, false);
    log_run(b.server, b.stream, 2000);
    check_all("back", b.server, &b.seen, 0);
    b.server->status = 404;
    log_cut(b.server, END_CUT);
    log_stream_pod_gone(b.stream, false, "the pod was deleted");
    log_run(b.server, b.stream, 2000);
    assert_int_equal(log_stream_state(b.stream), LOG_STREAM_ENDED);
    teardown(&b);
}

/* A new pod has the name: what the server answers with is not this one's. */
static void name_taken(void **state)
{
    struct bench b;

    (void)state;
    for (int known = 0; known < 2; known++) {
        setup(&b);
        log_tell(b.server, b.stream, 1, LOG_CONTAINER_RUNNING, false);
        log_number(b.server, 10, 100000000);
        log_run(b.server, b.stream, 200);
        log_cut(b.server, END_DONE);
        log_file_clear(&b.server->now);
        log_write(b.server, b.server->last_ns += 3000000000, "of the new pod", 14);
        log_stream_pod_gone(b.stream, known, "the pod was deleted");
        log_run(b.server, b.stream, 5000);
        assert_int_equal(log_stream_state(b.stream), LOG_STREAM_ENDED);
        check_all("name taken", b.server, &b.seen, 0);
        assert_int_equal(b.seen.plain, 0);
        assert_int_equal(b.server->exchanges.n, 0);
        teardown(&b);
    }
}

/* An older kubelet stands still, without an end, when the log was rotated: an idle stream is probed. */
static void idle_streams_are_probed(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_number(b.server, 10, 1000000);
    log_run(b.server, b.stream, 200);
    log_run(b.server, b.stream, 1800000);
    assert_in_range(b.server->probes, 4, 12);               /* half an hour of silence */
    b.server->stalled = true;
    log_number(b.server, 10, 1000000);
    log_run(b.server, b.stream, 600000);
    check_all("probe", b.server, &b.seen, 0);
    teardown(&b);
}

/* The API server is away for 20 s. */
static void outage(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    for (size_t i = 0; i < 400; i++) {                      /* 40 s; away from the 10th to the 30th */
        log_number(b.server, 180, 555556);
        b.server->down = i >= 100 && i < 300;
        log_run(b.server, b.stream, 50);
    }
    log_run(b.server, b.stream, 20000);
    check_all("outage", b.server, &b.seen, 0);
    teardown(&b);
}

static void huge_and_hostile(void **state)
{
    size_t n = 40 * 1024 * 1024;
    char *huge = mem_new(n);
    struct bench b;

    (void)state;
    memset(huge, 'x', n);
    for (size_t chunk = 100000; chunk <= 1 << 20; chunk *= 3) {
        setup(&b);
        b.server->chunk = chunk;
        log_number(b.server, 1, 1000000);
        log_write(b.server, b.server->last_ns + 1, huge, 10 * 1000 * 1000);
        log_number(b.server, 1, 1000000);
        log_write(b.server, b.server->last_ns + 1, huge, n);
        log_write(b.server, b.server->last_ns + 2, "a\0b\0\0\x1b[2J\xff", 10);
        log_write(b.server, b.server->last_ns + 3, "", 0);
        log_write(b.server, b.server->last_ns + 4, "windows\r", 8);
        log_number(b.server, 1, 1000000);
        b.server->cut_after = 30 * 1024 * 1024;             /* in the second piece of the second one */
        log_run(b.server, b.stream, 200);
        b.server->cut_after = 0;
        log_run(b.server, b.stream, 3000);
        check_all("huge", b.server, &b.seen, 0);
        assert_int_equal(b.seen.bytes, 9 + 10 * 1000 * 1000 + n + 10 + 7);
        teardown(&b);
    }
    free(huge);
}

static void stamps(void **state)
{
    static const struct {
        struct slice line;
        int64_t ns;                  /* INT64_MIN: none */
        const char *text;
    } rows[] = {
        {SLICE("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0.706829305Z x"), INT64_MIN, NULL},
        {SLICE("2026-11-23T08:33:15.706600802Z one"), INT64_C(1795422795706600802), "one"},
        {SLICE("2026-11-23T08:33:15.7Z two"), INT64_C(1795422795700000000), "two"},
        {SLICE("2026-11-23T08:33:15Z three"), INT64_C(1795422795000000000), "three"},
        {SLICE("2026-11-23T09:33:15.000000001+01:00 four"), INT64_C(1795422795000000001), "four"},
        {SLICE("2026-11-23T08:33:15.706600802Z "), INT64_C(1795422795706600802), ""},
        {SLICE("2026-11-23T08:33:15.706600802Z"), INT64_C(1795422795706600802), ""},
        {SLICE("2026-11-23T08:33:15.7066008021Z x"), INT64_MIN, NULL},
        {SLICE("2026-11-23T08:33:15.Z x"), INT64_MIN, NULL},
        {SLICE("2026-11-23T08:33:15.70660080"), INT64_MIN, NULL},
        {SLICE("9999-11-23T08:33:15Z x"), INT64_MIN, NULL},
        {SLICE("1066-11-23T08:33:15Z x"), INT64_MIN, NULL},
        {SLICE(""), INT64_MIN, NULL},
        {SLICE("plain words, none of them a stamp"), INT64_MIN, NULL},
    };
    struct log_splitter splitter = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice line = rows[i].line;
        int64_t ns = log_stamp(&splitter, &line);
        if (ns != rows[i].ns || (rows[i].text && !slice_is(line, rows[i].text)) || (!rows[i].text && !slice_eq(line, rows[i].line)))
            fail_msg("%s: %lld", rows[i].line.p, (long long)ns);
    }
}

/* A last line without its end: not shown as whole while it may grow, and not lost when the container dies. */
static void unfinished_lines(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_tell(b.server, b.stream, 1, LOG_CONTAINER_RUNNING, false);
    log_number(b.server, 2, 1000000);
    b.server->now.open_ended = true;
    log_run(b.server, b.stream, 100);
    log_cut(b.server, END_DONE);
    log_run(b.server, b.stream, 100);
    assert_int_equal(b.seen.lines, 1);
    b.server->end = true;
    log_tell(b.server, b.stream, 1, LOG_CONTAINER_TERMINATED, false);
    log_run(b.server, b.stream, 500);
    check_all("unfinished", b.server, &b.seen, 0);
    teardown(&b);
    setup(&b);                                              /* and the pod vanishes with it */
    log_number(b.server, 2, 1000000);
    b.server->now.open_ended = true;
    log_run(b.server, b.stream, 100);
    log_cut(b.server, END_DONE);
    b.server->status = 404;
    log_stream_pod_gone(b.stream, false, "the pod was deleted");
    log_run(b.server, b.stream, 2000);
    check_all("unfinished and gone", b.server, &b.seen, 0);
    teardown(&b);
}

static void held_and_let_go(void **state)
{
    struct bench b;

    (void)state;
    setup(&b);
    log_number(b.server, 20, 100000000);
    log_run(b.server, b.stream, 100);
    log_stream_hold(b.stream, true);
    log_run(b.server, b.stream, 100);
    assert_int_equal(b.server->exchanges.n, 0);
    assert_int_equal(log_stream_due(b.stream), -1);
    log_number(b.server, 200, 100000000);
    log_stream_hold(b.stream, false);
    log_run(b.server, b.stream, 100);
    check_all("held", b.server, &b.seen, 0);
    teardown(&b);
}

static size_t next(uint64_t *seed, size_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(*seed >> 33) % below;
}

/* A new container's log that was rotated before anybody asked for it cannot be told from one that began late. */
static bool begun(const struct bench *b)
{
    const struct log_row *row = b->server->now.rows.n ? b->server->now.rows.v[0] : NULL;

    return row && b->seen.count && b->seen.count[strtoul(row->text + 2, NULL, 10)];
}

/* One random fault. */
static void fault(struct bench *b, uint64_t *seed, int *id)
{
    switch (next(seed, 8)) {
    case 0: log_cut(b->server, END_CUT); break;
    case 1: log_cut(b->server, END_DONE); break;
    case 2: b->server->cut_after = next(seed, 3000) + 1; break;
    case 3: b->server->down = !b->server->down; break;
    case 4:
        if (b->server->now.rows.n > b->server->now.oldest + 40 && b->server->exchanges.n == 0 && begun(b))
            b->server->now.oldest = b->server->now.rows.n - next(seed, 40);
        break;
    case 5:
        if (!begun(b) || b->told < *id)  /* two restarts of which the first was not even looked at: the gap is said when the watch tells, not before */
            break;
        log_restart(b->server);
        ++*id;
        break;
    case 6:
        log_tell(b->server, b->stream, *id, LOG_CONTAINER_RUNNING, *id > 1);
        b->told = *id;
        break;
    default: b->server->chunk = next(seed, 200); break;
    }
}

/* Thousands of faults at random: whatever is missing was said, nothing is there twice. */
static void any_faults(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 150; round++) {
        uint64_t seed = round;
        struct bench b;
        int id = 1;
        char what[32];
        setup(&b);
        snprintf(what, sizeof what, "round %d", (int)round);
        log_tell(b.server, b.stream, id, LOG_CONTAINER_RUNNING, false);
        b.told = id;
        for (size_t i = 0; i < 60; i++) {
            log_number(b.server, next(&seed, 40) + 1, (int64_t)next(&seed, 30000000));
            log_run(b.server, b.stream, (int64_t)next(&seed, 3000));
            fault(&b, &seed, &id);
        }
        b.server->down = false;
        b.server->cut_after = 0;
        log_tell(b.server, b.stream, id, LOG_CONTAINER_RUNNING, id > 1);
        log_run(b.server, b.stream, 30000);
        log_number(b.server, 5, 1000000);
        log_run(b.server, b.stream, 15000);
        size_t missing = log_missing(&b.seen, b.server->written);
        if (missing || b.seen.twice)
            fail_msg("%s: %zu missing, %zu twice, %zu gaps", what, missing, b.seen.twice, b.seen.gaps);
        teardown(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere), cmocka_unit_test(cut_again_and_again), cmocka_unit_test(equal_stamps), cmocka_unit_test(out_of_order), cmocka_unit_test(undated_pieces),
        cmocka_unit_test(rotation_is_a_gap), cmocka_unit_test(stood_still), cmocka_unit_test(stood_still_without_loss), cmocka_unit_test(slow_line),
        cmocka_unit_test(repeats_within_a_stream), cmocka_unit_test(clock_goes_back), cmocka_unit_test(restart_reads_the_end_of_the_old),
        cmocka_unit_test(restart_before_word_of_it), cmocka_unit_test(restarts_unseen_are_said), cmocka_unit_test(previous_tail),
        cmocka_unit_test(crash_loop), cmocka_unit_test(waits_are_no_errors), cmocka_unit_test(errors_inside_a_body), cmocka_unit_test(no_busy_loop),
        cmocka_unit_test(deletion_drains), cmocka_unit_test(name_taken), cmocka_unit_test(idle_streams_are_probed), cmocka_unit_test(outage), cmocka_unit_test(huge_and_hostile),
        cmocka_unit_test(stamps), cmocka_unit_test(unfinished_lines), cmocka_unit_test(held_and_let_go), cmocka_unit_test(any_faults),
    };

    return TESTS_MAIN(tests);
}
