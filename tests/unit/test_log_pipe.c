/* Lines of several streams on one pipe: their order, what is left out, a slow reader and one that has gone. */
#include "core/base/mem.h"
#include "tests/unit/test.h"
#include "tui/log_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct bench {
    struct clock_virtual clock;
    struct log_pipe_config config;
    struct log_pipe *pipe;
    int fds[2];
    struct buf got;
};

static const struct log_stream_row controller = {.label = "ctl", .ns = "sys", .pod = "c-1", .container = "c"};
static const struct log_stream_row router = {.label = "rtr", .ns = "sys", .pod = "r-1", .container = "r"};
static const int64_t base_ns = INT64_C(1795423489000000000);

static void open_bench(struct bench *b, enum log_save_format format, struct log_query *query)
{
    *b = (struct bench){0};
    clock_virtual_init(&b->clock, base_ns / 1000000);
    assert_int_equal(pipe2(b->fds, O_CLOEXEC), 0);
    fcntl(b->fds[0], F_SETFL, O_NONBLOCK);
    b->config = (struct log_pipe_config){.fd = b->fds[1], .clock = &b->clock.clock, .format = format, .marks = format == LOG_SAVE_JSON, .follow = true,
                                         .query = query, .limit = 1 << 20};
    b->pipe = log_pipe_new(&b->config);
}

static void close_bench(struct bench *b)
{
    log_pipe_free(b->pipe);
    close(b->fds[0]);
    close(b->fds[1]);
    buf_free(&b->got);
}

static void line(struct bench *b, const struct log_stream_row *row, int64_t ms, const char *text)
{
    log_pipe_line(b->pipe, row, ms == INT64_MIN ? INT64_MIN : base_ns + ms * 1000000, slice_of(text));
}

/* What the reader has got since the last time. */
static const char *read_all(struct bench *b)
{
    char bytes[65536];

    buf_clear(&b->got);
    for (ssize_t n; (n = read(b->fds[0], bytes, sizeof bytes)) > 0;)
        buf_add(&b->got, bytes, (size_t)n);
    return buf_slice(&b->got).p;
}

static void merged_by_time(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, LOG_SAVE_TEXT, NULL);
    line(&b, &router, 20, "second");
    line(&b, &router, INT64_MIN, "its undated rest");
    line(&b, &controller, 10, "first");
    assert_true(log_pipe_step(b.pipe));
    assert_string_equal(read_all(&b), "");
    assert_in_range(log_pipe_due(b.pipe), 1, 1000);
    clock_virtual_advance(&b.clock, 1000);
    assert_true(log_pipe_step(b.pipe));
    assert_string_equal(read_all(&b), "2026-11-23T08:44:49.010000000Z c-1/c first\n2026-11-23T08:44:49.020000000Z r-1/r second\nr-1/r its undated rest\n");
    assert_int_equal(log_pipe_due(b.pipe), -1);
    line(&b, &controller, 5, "late: it goes out at once");
    assert_true(log_pipe_step(b.pipe));
    assert_non_null(strstr(read_all(&b), "late"));
    log_pipe_alone(b.pipe, true);
    line(&b, &controller, 3000, "alone");
    assert_true(log_pipe_step(b.pipe));
    assert_string_equal(read_all(&b), "2026-11-23T08:44:52.000000000Z c-1/c alone\n");
    close_bench(&b);
}

static void all_at_the_end(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, LOG_SAVE_TEXT, NULL);
    log_pipe_free(b.pipe);
    b.config.follow = false;
    b.pipe = log_pipe_new(&b.config);
    for (int i = 0; i < 500; i++)
        line(&b, i % 3 ? &controller : &router, (i * 7919) % 500, "x");
    clock_virtual_advance(&b.clock, 100000);
    assert_true(log_pipe_step(b.pipe));
    assert_string_equal(read_all(&b), "");
    assert_true(log_pipe_finish(b.pipe));
    const char *at = read_all(&b);
    size_t n = 0;
    for (const char *next; (next = strchr(at, '\n')); at = next + 1, n++)
        assert_true(next - at == 38 && (n == 0 || memcmp(at - 39, at, 30) <= 0));
    assert_int_equal(n, 500);
    close_bench(&b);
}

static void only_what_is_wanted(void **state)
{
    struct log_query *query = log_query_new();
    struct bench b;
    struct err err = {0};

    (void)state;
    log_query_level(query, LEVEL_WARN);
    assert_true(log_query_pattern(query, SLICE("claim"), PATTERN_SMARTCASE, false, &err));
    open_bench(&b, LOG_SAVE_TEXT, query);
    line(&b, &controller, 1, "{\"level\":\"info\",\"ts\":\"2026-11-23T08:44:49Z\",\"msg\":\"claim seen\"}");
    line(&b, &controller, 2, "{\"level\":\"error\",\"ts\":\"2026-11-23T08:44:49Z\",\"msg\":\"claim failed\"}");
    line(&b, &controller, 3, "{\"level\":\"error\",\"ts\":\"2026-11-23T08:44:49Z\",\"msg\":\"pool failed\"}");
    log_pipe_mark(b.pipe, &controller, LOG_MARK_GAP, base_ns / 1000000, "not in text");
    log_pipe_finish(b.pipe);
    assert_null(strstr(read_all(&b), "seen"));
    assert_non_null(strstr(buf_slice(&b.got).p, "claim failed"));
    assert_null(strstr(buf_slice(&b.got).p, "pool"));
    assert_null(strstr(buf_slice(&b.got).p, "not in text"));
    close_bench(&b);
    log_query_free(query);
}

static void marks_stand_among_json(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, LOG_SAVE_JSON, NULL);
    line(&b, &controller, 1, "before");
    line(&b, &controller, 9000, "after");
    log_pipe_mark(b.pipe, &controller, LOG_MARK_GAP, base_ns / 1000000 + 2, "about 9 lines may be missing");
    log_pipe_finish(b.pipe);
    const char *got = read_all(&b), *before = strstr(got, "\"text\":\"before\""), *gap = strstr(got, "\"type\":\"gap\""), *after = strstr(got, "\"text\":\"after\"");
    assert_true(before && gap && after && before < gap && gap < after);
    close_bench(&b);
}

/* The pipe is full: what comes is kept, and nothing waits for the reader. */
static void a_slow_reader(void **state)
{
    struct bench b;
    size_t n = 0;
    char text[200];

    (void)state;
    open_bench(&b, LOG_SAVE_TEXT, NULL);
    log_pipe_alone(b.pipe, true);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < 2000; i++)
        line(&b, &controller, i, text);
    assert_true(log_pipe_step(b.pipe));
    assert_true(log_pipe_stuck(b.pipe));
    for (int turn = 0; turn < 100; turn++) {
        for (const char *at = read_all(&b); (at = strchr(at, '\n')); at++)
            n++;
        assert_true(log_pipe_step(b.pipe));
    }
    assert_false(log_pipe_stuck(b.pipe));
    assert_int_equal(n, 2000);
    close_bench(&b);
}

static void nobody_reads(void **state)
{
    struct bench b;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    open_bench(&b, LOG_SAVE_TEXT, NULL);
    log_pipe_alone(b.pipe, true);
    close(b.fds[0]);
    line(&b, &controller, 1, "to nobody");
    assert_false(log_pipe_step(b.pipe));
    line(&b, &controller, 2, "to nobody");
    assert_false(log_pipe_finish(b.pipe));
    assert_int_equal(log_pipe_failed(b.pipe), 0);
    b.fds[0] = open("/dev/null", O_RDONLY);
    close_bench(&b);
}

static void a_full_disk(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, LOG_SAVE_TEXT, NULL);
    close(b.fds[1]);
    b.config.fd = b.fds[1] = open("/dev/full", O_WRONLY | O_CLOEXEC);
    log_pipe_free(b.pipe);
    b.pipe = log_pipe_new(&b.config);
    line(&b, &controller, 1, "lost");
    assert_false(log_pipe_finish(b.pipe));
    assert_int_equal(log_pipe_failed(b.pipe), ENOSPC);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merged_by_time), cmocka_unit_test(all_at_the_end), cmocka_unit_test(only_what_is_wanted), cmocka_unit_test(marks_stand_among_json),
        cmocka_unit_test(a_slow_reader), cmocka_unit_test(nobody_reads), cmocka_unit_test(a_full_disk),
    };

    return TESTS_MAIN(tests);
}
