/* A pods/log endpoint for tests: a container's log as the kubelet keeps it (rotated, restarted, in pieces), served with its faults, on a
 * virtual clock. It filters as the API server does: sinceTime floored to seconds and inclusive, tailLines before it, limitBytes over all. */
#ifndef TESTS_LOG_SERVER_H
#define TESTS_LOG_SERVER_H
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/kube/log_stream.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#define START_MS INT64_C(1795422000000)

struct log_row {
    int64_t ns;
    bool undated;                    /* sent without a stamp, after the row before it */
    size_t n;
    char text[];
};
struct log_file {
    struct ptrs rows;                /* of struct log_row */
    size_t oldest;                   /* rotated away before this one */
    bool open_ended;                 /* the last row has no newline yet */
};
struct exchange {
    struct log_server *server;
    const struct response_ops *ops;
    void *ctx;
    struct log_file *file;
    size_t at, sent, tail, limit;
    int64_t since_ns;
    bool headed, follow, dead;
};
struct log_server {
    struct transport transport;      /* first */
    struct clock_virtual clock;
    struct log_file now, before, lost;
    bool has_before;
    struct ptrs exchanges;
    size_t chunk;                    /* bytes a callback; 0: a line at once */
    size_t cut_after;                /* of each following answer; 0: never */
    bool end;                        /* answers end cleanly after the last row */
    bool stalled;                    /* followers get nothing more; new requests do */
    bool down;                       /* no connection */
    int status;                      /* 0: 200 */
    int64_t retry_after_ms;
    const char *body;                /* of a refusal, or the last words of a 200 */
    size_t requests, probes, previous, bytes;
    int64_t last_ns, started_ns;
    size_t written;                  /* numbered rows */
    char path[512];                  /* of the last request that was no probe */
};

static inline struct log_server *log_server_of(struct transport *t)
{
    return (struct log_server *)(void *)t;
}

static inline size_t log_param(const char *path, const char *name)
{
    const char *at = strstr(path, name);

    return at ? strtoul(at + strlen(name), NULL, 10) : 0;
}

static inline struct exchange *log_server_request(struct transport *t, const struct request *r, const struct response_ops *ops, void *ctx)
{
    struct log_server *s = log_server_of(t);
    struct exchange *x = NEW(struct exchange);
    const char *since = strstr(r->path, "sinceTime=");
    bool previous = strstr(r->path, "previous=true") != NULL;
    int64_t from = 0;

    *x = (struct exchange){.server = s, .ops = ops, .ctx = ctx, .file = previous ? &s->before : &s->now, .follow = strstr(r->path, "follow=true") != NULL};
    x->tail = log_param(r->path, "tailLines=");
    x->limit = log_param(r->path, "limitBytes=");
    if (since) {
        assert_true(time_parse((struct slice){since + 10, 20}, &from, NULL));
        x->since_ns = from * 1000000;
    }
    x->at = x->file->oldest;
    if (x->tail && x->file->rows.n > x->at + x->tail)
        x->at = x->file->rows.n - x->tail;
    s->requests++;
    s->previous += previous;
    s->probes += x->limit > 0;
    if (!x->limit)
        snprintf(s->path, sizeof s->path, "%s", r->path);
    ptrs_add(&s->exchanges, x);
    return x;
}

static inline void log_server_cancel(struct transport *t, struct exchange *x)
{
    (void)t;
    x->dead = true;
}

static inline void log_finish(struct exchange *x, enum end_reason reason)
{
    x->dead = true;
    x->ops->on_end(x->ctx, reason, reason == END_DONE ? "" : "the connection broke");
}

static inline void log_stamp_text(int64_t ns, struct buf *out)
{
    char whole[32];

    time_rfc3339(ns / 1000000, whole);
    buf_printf(out, "%.19s.%09dZ ", whole, (int)(ns % 1000000000));
}

static inline void log_give(struct exchange *x, const char *bytes, size_t n)
{
    struct log_server *s = x->server;
    size_t chunk = s->chunk ? s->chunk : n;

    while (n && !x->dead) {
        size_t part = chunk < n ? chunk : n;
        if (x->limit && x->sent + part > x->limit)
            part = x->limit - x->sent;
        bool cut = x->follow && s->cut_after && x->sent + part >= s->cut_after;
        if (cut)
            part = s->cut_after > x->sent ? s->cut_after - x->sent : 0;
        x->sent += part;
        s->bytes += part;
        if (part)
            x->ops->on_bytes(x->ctx, bytes, part);
        if (cut && !x->dead)
            log_finish(x, END_CUT);
        else if (x->limit && x->sent >= x->limit && !x->dead)
            log_finish(x, END_DONE);
        bytes += part;
        n -= part;
    }
}

static inline void log_serve_rows(struct exchange *x)
{
    struct log_server *s = x->server;

    for (; !x->dead && x->at < x->file->rows.n; x->at++) {
        const struct log_row *row = x->file->rows.v[x->at];
        struct buf line = {0};
        if (row->ns < x->since_ns)
            continue;
        if (!row->undated)
            log_stamp_text(row->ns, &line);
        buf_add(&line, row->text, row->n);
        if (!(x->file->open_ended && x->at + 1 == x->file->rows.n))
            buf_add_byte(&line, '\n');
        log_give(x, line.p, line.n);
        buf_free(&line);
    }
    if (!x->dead && (s->end || !x->follow || x->file != &s->now)) {
        if (s->body)
            log_give(x, s->body, strlen(s->body));
        if (!x->dead)
            log_finish(x, END_DONE);
    }
}

static inline void log_serve(struct exchange *x)
{
    struct log_server *s = x->server;
    int status = x->file == &s->before && !s->has_before ? 400 : s->status ? s->status : 200;

    if (s->down) {
        log_finish(x, END_UNREACHABLE);
        return;
    }
    if (!x->headed) {
        struct response_head head = {.status = status, .retry_after_ms = s->retry_after_ms ? s->retry_after_ms : -1};
        x->headed = true;
        x->ops->on_head(x->ctx, &head);
        if (status != 200) {
            if (s->body && !x->dead)
                x->ops->on_bytes(x->ctx, s->body, strlen(s->body));
            if (!x->dead)
                log_finish(x, END_DONE);
            return;
        }
    }
    if (!x->dead && !(s->stalled && x->follow && x->sent))
        log_serve_rows(x);
}

static inline void log_server_step(struct transport *t)
{
    struct log_server *s = log_server_of(t);

    for (size_t i = 0; i < s->exchanges.n; i++)
        if (!((struct exchange *)s->exchanges.v[i])->dead)
            log_serve(s->exchanges.v[i]);
    for (size_t i = s->exchanges.n; i-- > 0;) {
        struct exchange *x = s->exchanges.v[i];
        if (!x->dead)
            continue;
        ptrs_remove(&s->exchanges, i);
        free(x);
    }
}

static const struct transport_ops log_server_ops = {.request = log_server_request, .cancel = log_server_cancel, .step = log_server_step};

static inline struct log_server *log_server_new(void)
{
    struct log_server *s = NEW(struct log_server);

    s->transport.ops = &log_server_ops;
    clock_virtual_init(&s->clock, START_MS);
    s->last_ns = START_MS * 1000000;
    return s;
}

static inline void log_file_clear(struct log_file *file)
{
    for (size_t i = 0; i < file->rows.n; i++)
        free(file->rows.v[i]);
    ptrs_free(&file->rows);
    *file = (struct log_file){0};
}

static inline void log_server_free(struct log_server *s)
{
    log_file_clear(&s->now);
    log_file_clear(&s->before);
    for (size_t i = 0; i < s->exchanges.n; i++)
        free(s->exchanges.v[i]);
    ptrs_free(&s->exchanges);
    free(s);
}

static inline struct log_row *log_write(struct log_server *s, int64_t ns, const char *text, size_t n)
{
    struct log_row *row = mem_new(sizeof *row + n + 1);

    *row = (struct log_row){.ns = ns, .n = n};
    memcpy(row->text, text, n);
    ptrs_add(&s->now.rows, row);
    return row;
}

/* n numbered rows, so far apart. */
static inline void log_number(struct log_server *s, size_t n, int64_t apart_ns)
{
    char text[32];

    for (size_t i = 0; i < n; i++) {
        s->last_ns += apart_ns;
        int length = snprintf(text, sizeof text, "n=%zu", s->written++);
        log_write(s, s->last_ns, text, (size_t)length);
    }
}

static inline void log_cut(struct log_server *s, enum end_reason reason)
{
    for (size_t i = 0; i < s->exchanges.n; i++)
        if (!((struct exchange *)s->exchanges.v[i])->dead)
            log_finish(s->exchanges.v[i], reason);
}

/* The container dies (its followers end) and another one starts. */
static inline void log_restart(struct log_server *s)
{
    for (size_t i = 0; i < s->exchanges.n; i++) {
        struct exchange *x = s->exchanges.v[i];
        if (!x->dead && x->file == &s->now && x->headed)
            log_finish(x, END_DONE);
    }
    log_file_clear(&s->before);
    s->before = s->now;
    s->has_before = true;
    s->now = (struct log_file){0};
    s->started_ns = s->last_ns += 600000000;
}

/* --- what comes out ------------------------------------------------------------------------------------------------------------ */

enum { NUMBERS_MOST = 400000 };
struct log_seen {
    size_t lines, gaps, restarts, statuses, twice, disorder, plain;
    size_t bytes;
    unsigned char *count;            /* of each number */
    bool *declared;                  /* missing, and a gap said so */
    size_t next;                     /* after the newest number */
    bool gap_open;
    char text[256];                  /* of the last mark */
    int64_t line_ns, mark_ms;        /* stamps of the last line and the last gap */
    size_t misplaced;                /* gaps that are not dated between their lines */
};

static inline void log_seen_line(void *ctx, int64_t ns, struct slice line)
{
    struct log_seen *seen = ctx;
    char copy[32];

    seen->lines++;
    seen->misplaced += seen->gap_open && seen->mark_ms && ns != INT64_MIN && (seen->mark_ms * 1000000 < seen->line_ns || seen->mark_ms * 1000000 > ns);
    seen->mark_ms = 0;
    seen->line_ns = ns == INT64_MIN ? seen->line_ns : ns;
    seen->bytes += line.n;
    if (line.n < 3 || line.n > 20 || memcmp(line.p, "n=", 2) != 0) {
        seen->plain++;
        return;
    }
    snprintf(copy, sizeof copy, "%.*s", (int)line.n, line.p);
    size_t number = strtoul(copy + 2, NULL, 10);
    assert_true(number < NUMBERS_MOST);
    if (!seen->count) {
        seen->count = mem_new(NUMBERS_MOST);
        seen->declared = mem_new(NUMBERS_MOST);
    }
    seen->twice += seen->count[number]++ > 0;
    seen->disorder += number < seen->next;
    for (size_t i = seen->next; seen->gap_open && i < number; i++)
        seen->declared[i] = true;
    if (number >= seen->next) {
        seen->gap_open = false;
        seen->next = number + 1;
    }
}

static inline void log_seen_mark(void *ctx, enum log_mark mark, int64_t ms, const char *text)
{
    struct log_seen *seen = ctx;

    if (mark == LOG_MARK_GAP)
        seen->mark_ms = ms;
    snprintf(seen->text, sizeof seen->text, "%s", text);
    seen->gap_open |= mark == LOG_MARK_GAP;
    *(mark == LOG_MARK_GAP ? &seen->gaps : mark == LOG_MARK_RESTART ? &seen->restarts : &seen->statuses) += 1;
}

static const struct log_stream_sink log_seen_sink = {.on_line = log_seen_line, .on_mark = log_seen_mark};

/* Numbers of [0, n) that never came and that no gap covers. */
static inline size_t log_missing(const struct log_seen *seen, size_t n)
{
    size_t missing = 0;

    for (size_t i = 0; i < n; i++)
        missing += !seen->count || (!seen->count[i] && !seen->declared[i]);
    return missing;
}

static inline void log_seen_free(struct log_seen *seen)
{
    free(seen->count);
    free(seen->declared);
    *seen = (struct log_seen){0};
}

static inline struct log_stream *log_stream_of(struct log_server *s, struct log_seen *seen)
{
    struct log_stream_config config = {.ns = "ns", .pod = "pod", .container = "c", .follow = true, .previous_lines = 500};

    return log_stream_new(&s->transport, &s->clock.clock, &config, &log_seen_sink, seen);
}

static inline void log_run(struct log_server *s, struct log_stream *stream, int64_t ms)
{
    for (int64_t t = 0; t <= ms; t += 50) {
        if (log_stream_due(stream) == 0)
            log_stream_step(stream);
        log_server_step(&s->transport);
        clock_virtual_advance(&s->clock, 50);
    }
}

/* What the pod watch says; the server knows when its container started. */
static inline void log_tell(const struct log_server *s, struct log_stream *stream, int id, enum log_container_state state, bool has_last)
{
    char name[32];
    bool dead = state == LOG_CONTAINER_TERMINATED;

    snprintf(name, sizeof name, "containerd://%d", id);
    log_stream_container(stream, &(struct log_container){
        .id = name, .state = state, .reason = dead ? "Error" : state == LOG_CONTAINER_WAITING ? "CrashLoopBackOff" : "", .exit_code = dead ? 1 : 0,
        .restarts = id - 1,
        .started_ms = state == LOG_CONTAINER_RUNNING ? s->started_ns / 1000000000 * 1000 : 0, .has_last = has_last, .last_exit_code = has_last ? 1 : 0, .last_reason = has_last ? "Error" : ""});
}
#endif
