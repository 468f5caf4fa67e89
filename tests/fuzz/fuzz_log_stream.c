/* Anything at all as a log answer: the same lines come out wherever the chunks end, nothing is lost or added, stamps are read as they
 * stand, and an answer that comes a second time, whole or from any line on, brings nothing new. clang -fsanitize=fuzzer,address builds it
 * as a fuzzer; `make check` replays the fixtures and spoilt copies of them through it. */
#include "core/base/clock.h"
#include "core/kube/log_join.h"
#include "core/kube/log_splitter.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool good)
{
    if (!good)
        abort();
}

struct taken {
    struct slice whole;
    struct log_join *join;           /* NULL: only what comes out is kept */
    struct buf out;
    size_t lines, fresh, dated, clock_set;
};

static bool on_line(void *ctx, int64_t stamp_ns, struct slice text)
{
    struct taken *t = ctx;

    t->lines++;
    t->dated += stamp_ns != INT64_MIN;
    must(stamp_ns == INT64_MIN || stamp_ns >= 0);
    if (t->join) {
        enum log_verdict verdict = log_join_line(t->join, stamp_ns, text);
        if (verdict == LOG_UNJOINED) {
            log_join_accept(t->join, stamp_ns);
            verdict = log_join_line(t->join, stamp_ns, text);
        }
        must(verdict != LOG_UNJOINED);
        t->fresh += verdict == LOG_NEW;
        t->clock_set += t->join->gap == LOG_GAP_CLOCK;
        if (t->join->gap != LOG_GAP_NONE)
            log_join_gap_text(t->join, &t->out);
        return true;
    }
    buf_printf(&t->out, "%lld ", (long long)stamp_ns);
    buf_add_slice(&t->out, text);
    buf_add_byte(&t->out, '\n');
    return true;
}

static void split(struct slice text, size_t step, struct taken *t)
{
    struct log_splitter s = {0};
    int64_t stamp;
    struct slice rest;

    for (size_t i = 0; i < text.n; i += step)
        log_splitter_feed(&s, text.p + i, text.n - i < step ? text.n - i : step, on_line, t);
    if (log_splitter_rest(&s, &stamp, &rest))
        on_line(t, stamp, rest);
    must(!log_splitter_rest(&s, &stamp, &rest));
    log_splitter_free(&s);
}

/* A stamp read with what stood before it remembered is the one that is read alone. */
static void stamps(struct slice text)
{
    struct log_splitter warm = {0};

    for (size_t i = 0; i < text.n && i < 4096; i++) {
        struct log_splitter cold = {0};
        struct slice a = {text.p + i, text.n - i}, b = a;
        must(log_stamp(&warm, &a) == log_stamp(&cold, &b) && a.p == b.p && a.n == b.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice text = {(const char *)data, n};
    struct taken whole = {.whole = text}, parts = {.whole = text}, joined = {.whole = text};
    struct log_join join;

    if (!n)
        return 0;
    split(text, n, &whole);
    split(text, (size_t)data[0] % 97 + 1, &parts);
    must(whole.lines == parts.lines && slice_eq(buf_slice(&whole.out), buf_slice(&parts.out)));
    stamps(text);

    log_join_init(&join);
    log_join_begin(&join, LOG_ANSWER_FIRST);
    log_join_arrived(&join, 1795422000000);
    joined.join = &join;
    split(text, n, &joined);
    must(joined.fresh <= joined.lines && join.window.n <= LOG_WINDOW_MOST);
    /* from a line in the middle on, as a resumed answer is */
    const char *from = memchr(text.p + n / 2, '\n', n - n / 2);
    log_join_begin(&join, LOG_ANSWER_RESUMED);
    log_join_arrived(&join, 1795422005000);
    size_t fresh = joined.fresh;
    bool clean = joined.fresh == joined.lines && joined.dated == joined.lines && joined.lines < LOG_WINDOW_MOST && !joined.clock_set;
    if (from && join.window.newest_ns != INT64_MIN) {
        split((struct slice){from + 1, (size_t)(text.p + n - from - 1)}, 7, &joined);
        must(!clean || joined.fresh == fresh);
    }
    log_join_free(&join);
    buf_free(&whole.out);
    buf_free(&parts.out);
    buf_free(&joined.out);
    return 0;
}
