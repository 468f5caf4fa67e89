/* What lines of logs cost, without network and screen: taking them in, filtering and searching a million of them, and patterns that would
 * run for ever. One figure a line: name, value, unit. Lines a second and the longest slices are of CPU time, so that other programs do not
 * count; the other milliseconds are of the clock on the wall, the best of three runs. */
#include "core/base/mem.h"
#include "core/logs/log_search.h"
#include "core/logs/log_view.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LINES = 1000000, SLICE_MS = 8, SCREEN_ROWS = 60, RUNS = 3 };

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void say(const char *what, double value, const char *unit)
{
    printf("%-52s %12.2f %s\n", what, value, unit);
}

/* A mix as a busy controller and router write it: 190 bytes a line in the mean. */
static struct slice line_of(unsigned i, char text[1024])
{
    unsigned claim = i / 8 % 20000;
    int n;

    switch (i % 8) {
    case 0: case 1: case 2:
        n = snprintf(text, 1024, "{\"level\":\"%s\",\"ts\":\"2026-11-23T08:35:09Z\",\"msg\":\"%s\",\"controllerKind\":\"SandboxClaim\",\"SandboxClaim\":{\"name\":"
                     "\"claim-%u\",\"namespace\":\"agents\"},\"namespace\":\"agents\",\"name\":\"claim-%u\",\"reconcileID\":\"2bfa25dd-1b7b-4a34-b596-%012u\"}",
                     i % 96 ? "info" : "error", i % 96 ? "Creating a new Pod" : "Reconciler error", claim, claim, i / 24);
        break;
    case 3: case 4:
        n = snprintf(text, 1024, "{\"level\":\"info\",\"ts\":\"2026-11-23T08:33:02Z\",\"logger\":\"sandbox-router\",\"msg\":\"request\",\"method\":\"POST\",\"path\":"
                     "\"/execute\",\"status\":200,\"duration_ms\":%u,\"sandbox_id\":\"claim-%u\",\"sandbox_namespace\":\"agents\"}", i % 97, claim);
        break;
    case 5:
        n = snprintf(text, 1024, "INFO:     10.88.0.%u:41850 - \"POST /execute HTTP/1.1\" 200 OK", i % 250);
        break;
    case 6:
        n = snprintf(text, 1024, "Proxying request for sandbox 'claim-%u' to URL: http://claim-%u.agents.svc.cluster.local:8888/execute", claim, claim);
        break;
    default:
        n = snprintf(text, 1024, "line %09u of a pod that writes as fast as it can", i);
    }
    return (struct slice){text, (size_t)n};
}

static int64_t stamp_of(unsigned i)
{
    return INT64_C(1795422023000000000) + (int64_t)i * 10000 - (i % 5 == 0) * 30000;       /* each fifth a little late */
}

struct text {
    char *bytes;
    struct slice *lines;
};

static struct text make_text(void)
{
    struct text t = {mem_new((size_t)LINES * 320), mem_array(LINES, sizeof(struct slice))};
    char *at = t.bytes, line[1024];

    for (unsigned i = 0; i < LINES; i++) {
        struct slice s = line_of(i, line);
        memcpy(at, s.p, s.n);
        t.lines[i] = (struct slice){at, s.n};
        at += s.n;
    }
    return t;
}

static void fill(struct log_buffer *b, const struct text *t)
{
    log_buffer_stream(b, "ctl");
    log_buffer_stream(b, "rtr");
    for (unsigned i = 0; i < LINES; i++)
        log_buffer_add(b, i % 5 == 0, LOG_LINE_TEXT, stamp_of(i), t->lines[i]);
}

/* The same lines, an hour on. */
static void later(struct log_buffer *b, const struct text *t)
{
    for (unsigned i = 0; i < LINES; i++)
        log_buffer_add(b, i % 5 == 0, LOG_LINE_TEXT, stamp_of(i) + INT64_C(3600000000000), t->lines[i]);
}

static struct log_query *one_pattern(const char *pattern, bool out)
{
    struct log_query *q = log_query_new();
    struct err err = {0};

    if (!log_query_pattern(q, slice_of(pattern), PATTERN_SMARTCASE, out, &err))
        abort();
    return q;
}

struct took {
    double first, all, longest;      /* ms; first and all -1: not reached */
};

static struct took run(struct log_view *v, unsigned slices)
{
    const struct clock *clock = clock_system();
    struct took took = {.first = -1, .all = -1};
    double begin = now_ms();
    bool more = true;

    for (unsigned i = 0; more && i < slices; i++) {
        double from = cpu_ms();
        more = log_view_step(v, clock, clock->mono(clock) + SLICE_MS);
        double to = cpu_ms();
        took.longest = to - from > took.longest ? to - from : took.longest;
        if (took.first < 0 && (log_view_count(v) >= SCREEN_ROWS || !more))
            took.first = now_ms() - begin;
    }
    if (!more)
        took.all = now_ms() - begin;
    return took;
}

static double better(double a, double b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* A query from its being asked to the first screen and to the end; slices are SLICE_MS, at most `slices` of them. */
static void ask(const char *name, struct log_view *v, struct log_query *q, unsigned slices)
{
    struct took best = {.first = -1, .all = -1};
    char what[80];

    for (unsigned i = 0; i < RUNS; i++) {
        log_view_query(v, q ? log_query_copy(q) : NULL);
        struct took took = run(v, slices);
        best = (struct took){better(best.first, took.first), better(best.all, took.all), took.longest > best.longest ? took.longest : best.longest};
    }
    log_query_free(q);
    snprintf(what, sizeof what, "%s: rows", name);
    say(what, (double)log_view_count(v), "");
    snprintf(what, sizeof what, "%s: first screen", name);
    if (best.first >= 0)
        say(what, best.first, "ms");
    snprintf(what, sizeof what, "%s: all lines", name);
    if (best.all >= 0)
        say(what, best.all, "ms");
    snprintf(what, sizeof what, "%s: longest slice (of %d)", name, SLICE_MS);
    say(what, best.longest, "ms");
}

static void search(const char *name, struct log_view *v, const char *pattern)
{
    const struct clock *clock = clock_system();
    struct pattern *p = pattern_new(slice_of(pattern), 0, NULL);
    struct log_search s;
    enum log_search_result result;
    double begin = now_ms(), longest = 0;
    uint64_t number;

    log_search_pattern(&s, p, -1, UINT64_MAX);
    do {
        double from = cpu_ms();
        result = log_search_step(&s, v, clock, clock->mono(clock) + SLICE_MS, &number);
        longest = cpu_ms() - from > longest ? cpu_ms() - from : longest;
    } while (result == LOG_SEARCH_MORE);
    say(name, now_ms() - begin, "ms");
    say("  longest slice", longest, "ms");
    pattern_free(p);
}

static void taking_in(const struct text *t)
{
    struct log_buffer *b = log_buffer_new((size_t)1 << 30);
    double begin = cpu_ms();

    fill(b, t);
    double took = cpu_ms() - begin;
    say("taken in, fresh memory", LINES / took * 1e3, "lines/s");
    say("bytes of text a line", (double)log_buffer_text_bytes(b) / LINES, "B");
    say("memory / bytes of text", (double)log_buffer_bytes(b) / (double)log_buffer_text_bytes(b), "");
    log_buffer_free(b);
    b = log_buffer_new(64 << 20);
    fill(b, t);
    begin = cpu_ms();
    later(b, t);
    say("taken in, 64 MiB held and evicting", LINES / (cpu_ms() - begin) * 1e3, "lines/s");
    say("memory / 64 MiB", (double)log_buffer_bytes(b) / (64 << 20), "");
    log_buffer_free(b);
}

/* As the screen does it: each frame takes in what came, and lets the view look at it. */
static void frames(const struct text *t)
{
    const struct clock *clock = clock_system();
    struct log_buffer *b = log_buffer_new(64 << 20);
    struct log_view *v = log_view_new(b);
    double longest = 0, begin = cpu_ms();

    log_buffer_stream(b, "ctl");
    log_buffer_stream(b, "rtr");
    log_view_query(v, one_pattern("error|claim-1[0-9]*7", false));
    for (unsigned i = 0; i < LINES;) {
        double from = cpu_ms();
        for (unsigned k = 0; k < 1600 && i < LINES; k++, i++)
            log_buffer_add(b, i % 5 == 0, LOG_LINE_TEXT, stamp_of(i), t->lines[i]);
        while (log_view_step(v, clock, clock->mono(clock) + 1000))
            ;
        longest = cpu_ms() - from > longest ? cpu_ms() - from : longest;
    }
    say("taken in and filtered, 1,600 lines a frame", LINES / (cpu_ms() - begin) * 1e3, "lines/s");
    say("  longest frame's share", longest, "ms");
    log_view_free(v);
    log_buffer_free(b);
}

static void catching_up(const struct text *t)
{
    struct log_buffer *b = log_buffer_new((size_t)1 << 30);
    double begin = cpu_ms();

    log_buffer_stream(b, "ctl");
    log_buffer_stream(b, "rtr");
    for (unsigned half = 0; half < 2; half++)
        for (unsigned i = 0; i < LINES / 2; i++)
            log_buffer_add(b, half, LOG_LINE_TEXT, stamp_of(i), t->lines[i]);
    say("taken in, two streams one after the other", LINES / (cpu_ms() - begin) * 1e3, "lines/s");
    log_buffer_free(b);
}

static void hostile(void)
{
    struct log_buffer *b = log_buffer_new((size_t)1 << 30);
    char text[240];

    log_buffer_stream(b, "pod");
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '!';
    for (unsigned i = 0; i < LINES; i++)
        log_buffer_add(b, 0, LOG_LINE_TEXT, stamp_of(i), (struct slice){text + i % 200, sizeof text - i % 200});
    char *big = mem_new(10 << 20);
    memset(big, 'a', 10 << 20);
    big[(10 << 20) - 1] = '!';
    log_buffer_add(b, 0, LOG_LINE_TEXT, stamp_of(LINES), (struct slice){big, 10 << 20});
    struct log_view *v = log_view_new(b);
    ask("(a+)+$ on a 10 MB line and long a's, 100 slices", v, one_pattern("(a+)+$", false), 100);
    ask("(?=.*b)(?=.*c), the same", v, one_pattern("(?=.*b)(?=.*c)", false), 100);
    free(big);
    log_view_free(v);
    log_buffer_free(b);
}

int main(void)
{
    struct text t = make_text();

    taking_in(&t);
    catching_up(&t);
    frames(&t);
    struct log_buffer *b = log_buffer_new((size_t)1 << 30);
    fill(b, &t);
    struct log_view *v = log_view_new(b);
    ask("no filter", v, NULL, UINT32_MAX);
    say("view's memory / bytes of text", (double)log_view_bytes(v) / (double)log_buffer_text_bytes(b), "");
    search("search to the oldest, literal", v, "no such thing");
    search("search to the oldest, \\b(ERROR|WARN(ING)?|CRITICAL)\\b", v, "\\b(ERROR|WARN(ING)?|CRITICAL)\\b");
    ask("literal", v, one_pattern("claim-1777", false), UINT32_MAX);
    ask("caseless alternation", v, one_pattern("timeout|refused|forbidden|reconciler error", false), UINT32_MAX);
    ask("filter out", v, one_pattern("POST", true), UINT32_MAX);
    ask("nothing matches", v, one_pattern("no such thing", false), UINT32_MAX);
    struct log_query *q = log_query_new();
    log_query_level(q, LEVEL_ERROR);
    ask("errors", v, q, UINT32_MAX);
    q = one_pattern("Reconciler error", false);
    log_query_context(q, 5);
    ask("with 5 lines of context", v, q, UINT32_MAX);
    q = log_query_new();
    struct log_term term = {SLICE("SandboxClaim"), SLICE("agents"), SLICE("claim-1777")};
    log_query_select(q, &term, 1);
    ask("of the selection", v, q, UINT32_MAX);
    ask("(.*)(.*)(.*)x$", v, one_pattern("(.*)(.*)(.*)x$", false), 200);
    log_view_free(v);
    log_buffer_free(b);
    hostile();
    free(t.bytes);
    free(t.lines);
    return 0;
}
