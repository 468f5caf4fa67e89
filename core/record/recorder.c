/* Invariant: the caller's callbacks run as the inner transport runs ours; nothing that is written or fails to be written changes what
 * the caller gets. What is under way is freed neither in its own callbacks nor twice. */
#include "core/record/recorder.h"

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/record/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { FLUSH_MS = 500, FLUSH_BYTES = 256 * 1024, BODY_MOST = 1 << 20, OBJECT_MOST = 32 << 20, LINE_MOST = 1 << 20 };

struct seen {                        /* a log's last line, or an answer's last bytes */
    char *key;
    int64_t stamp_ns;
    uint64_t hash;
};

enum mode { PASS, ANSWER, LIST, WATCH, LOG };
struct recorder;
struct exchange {
    struct recorder *recorder;
    struct response_ops ops;
    void *ctx;
    struct exchange *inner;
    enum mode mode;
    char *path;
    struct source *source;
    struct json_cutter *cutter;
    struct buf body;                 /* of an answer or a refusal; of a log: the line that is not whole yet */
    char *log[3];                    /* namespace, pod, container */
    bool previous, first_page, initial, more, over, broken;
    bool kept;                       /* of a list that nobody watches: body is all of it so far */
    int status;
    unsigned busy;
    bool dead;
};

struct recorder {
    struct transport base;           /* first: it is cast to this */
    struct transport_ops ops;
    struct transport *inner;
    const struct clock *clock;
    char *file, *trouble;
    int fd;
    struct buf out;
    struct recording_writer writer;
    struct redact_known known;
    struct recorded recorded;
    struct ptrs exchanges;
    struct map logs, answers;
    int64_t flushed_ms;              /* mono */
    bool down;
};

static struct recorder *recorder_of(const struct transport *t)
{
    return (struct recorder *)(uintptr_t)t;
}

static int64_t wall(const struct recorder *r)
{
    return r->clock->wall(r->clock);
}

/* ---- the file ---------------------------------------------------------------------------------------------------------------------- */

static void flush(struct recorder *r)
{
    redact_known(&r->known, &r->out);
    if (r->fd >= 0 && !file_write_all(r->fd, buf_slice(&r->out))) {
        r->trouble = mem_printf("%s cannot be written any further: %s", r->file, strerror(errno));
        close(r->fd);
        r->fd = -1;
    }
    buf_clear(&r->out);
    r->flushed_ms = r->clock->mono(r->clock);
}

static bool open_file(struct recorder *r, struct err *err)
{
    r->fd = open(r->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (r->fd >= 0)
        return true;
    if (errno == EEXIST)
        return err_set(err, "%s is there already: give another name, or take it away first", r->file);
    return err_set(err, "%s cannot be written: %s", r->file, strerror(errno));
}

/* ---- answers as they come ---------------------------------------------------------------------------------------------------------- */

static void on_item(void *ctx, json object)
{
    struct exchange *x = ctx;

    /* of a kind whose contents are none of our business only the metadata is read: the answer as a whole tells it */
    if (!json_is(json_get(object, "kind"), "PartialObjectMetadata"))
        source_upsert(x->source, object);
}

static void on_member(void *ctx, struct slice key, json value)
{
    struct exchange *x = ctx;
    struct buf scratch = {0};

    if (slice_is(key, "metadata")) {
        x->more = json_str(json_get(value, "continue"), &scratch).n > 0;
    } else if (slice_is(key, "kind") && !x->source->kind) {
        struct slice kind = json_str(value, &scratch);
        if (kind.n > 4 && memcmp(kind.p + kind.n - 4, "List", 4) == 0)
            x->source->kind = slice_dup((struct slice){kind.p, kind.n - 4});
    }
    buf_free(&scratch);
}

static void on_watch_event(void *ctx, json event)
{
    struct exchange *x = ctx;
    json type = json_get(event, "type"), object = json_get(event, "object");

    if (json_is(type, "ADDED") || json_is(type, "MODIFIED"))
        source_upsert(x->source, object);
    else if (json_is(type, "DELETED"))
        source_delete(x->source, object);
    else if (json_is(type, "BOOKMARK") && json_get(json_path(object, "metadata.annotations"), "k8s.io/initial-events-end").n)
        source_list_end(x->source);
}

static const struct json_cut_ops list_ops = {.on_value = on_item, .on_member = on_member}, watch_ops = {.on_value = on_watch_event};

static struct seen *seen_of(struct map *map, char *key)
{
    struct seen *s = map_get(map, slice_of(key));

    if (!s) {
        s = NEW(struct seen);
        *s = (struct seen){.key = key, .stamp_ns = INT64_MIN};
        map_put(map, slice_of(key), s);
        return s;
    }
    free(key);
    return s;
}

/* What a stream resumed with is had already where its stamp is not newer. */
static void log_line(struct exchange *x, struct slice line)
{
    struct recorder *r = x->recorder;
    struct seen *seen = seen_of(&r->logs, mem_printf("%s\n%s\n%s\n%d", x->log[0], x->log[1], x->log[2], x->previous));
    const char *blank = memchr(line.p, ' ', line.n < 40 ? line.n : 40);
    struct slice stamp = {line.p, blank ? (size_t)(blank - line.p) : line.n < 40 ? line.n : 0};
    int64_t ms, ns = INT64_MIN;
    int32_t nanos;

    if (time_parse(stamp, &ms, &nanos) && ms < INT64_MAX / 1000000 && ms > INT64_MIN / 1000000) {
        ns = (ms - nanos / 1000000) * 1000000 + nanos;
        size_t head = stamp.n + (stamp.n < line.n);
        line = (struct slice){line.p + head, line.n - head};
        if (ns <= seen->stamp_ns)
            return;
        seen->stamp_ns = ns;
    }
    recording_log(&r->writer, wall(r), x->log[0], x->log[1], x->log[2], x->previous, ns, line);
}

static void log_bytes(struct exchange *x, const char *bytes, size_t n)
{
    for (const char *p = bytes, *end = bytes + n; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t part = newline ? (size_t)(newline - p) : (size_t)(end - p);
        if (x->body.n < LINE_MOST)
            buf_add(&x->body, p, part < LINE_MOST ? part : LINE_MOST);
        p += part + (newline != NULL);
        if (!newline)
            break;
        log_line(x, buf_slice(&x->body));
        buf_clear(&x->body);
    }
}

static void take_bytes(struct exchange *x, const char *bytes, size_t n)
{
    bool refused = x->status >= 400;

    if (x->recorder->fd < 0 || x->mode == PASS || x->broken)
        return;
    if (x->mode == LOG && !refused) {
        log_bytes(x, bytes, n);
    } else if (x->mode == ANSWER || refused) {
        if (x->body.n + n > BODY_MOST)
            x->over = true;
        else
            buf_add(&x->body, bytes, n);
    } else if (x->cutter) {
        x->kept &= x->body.n + n <= BODY_MOST;
        if (x->kept)
            buf_add(&x->body, bytes, n);
        x->broken = !json_cutter_feed(x->cutter, bytes, n, NULL);
    }
}

static void take_answer(struct exchange *x)
{
    struct recorder *r = x->recorder;
    struct seen *seen = seen_of(&r->answers, recording_path(x->path));
    uint64_t hash = slice_hash(buf_slice(&x->body)) + (uint64_t)x->status;

    if (seen->hash == hash)
        return;
    seen->hash = hash;
    recording_answer(&r->writer, wall(r), seen->key, x->status, buf_slice(&x->body));
}

/* Refusals that say something about the cluster; 410, 429 and 504 are about one request. */
static bool lasting(int status)
{
    return status >= 400 && status != 410 && status != 429 && status != 504;
}

static void take_end(struct exchange *x, enum end_reason reason, const char *text)
{
    struct recorder *r = x->recorder;

    if (r->fd < 0)
        return;
    bool gone = reason == END_UNREACHABLE || reason == END_TLS || reason == END_CREDENTIAL ||
                (reason == END_TIMEOUT && strcmp(x->path, "/version") == 0);
    if (gone && !r->down && x->mode != PASS) {
        r->down = true;
        recording_down(&r->writer, wall(r), text);
    }
    if (reason != END_DONE || x->over)
        return;
    bool reflects = x->mode == LIST || x->mode == WATCH;
    if (x->mode == ANSWER || (reflects && lasting(x->status))) {
        take_answer(x);
        if (reflects)
            x->source->refused = true;
    } else if (x->mode == LIST && x->status == 200 && !x->more && !x->broken && json_cutter_complete(x->cutter)) {
        source_list_end(x->source);
        if (x->kept)
            take_answer(x);
    } else if (x->mode == LOG && x->status == 200 && x->body.n) {
        log_line(x, buf_slice(&x->body));        /* without a newline at its end */
    }
}

static void take_head(struct exchange *x, const struct response_head *head)
{
    struct recorder *r = x->recorder;

    x->status = head->status;
    if (r->fd < 0)
        return;
    if (r->down) {
        r->down = false;
        recording_up(&r->writer, wall(r));
    }
    if (!x->source || head->status != 200)
        return;
    if (x->first_page || x->initial)
        source_list_begin(x->source);
    if (x->source->refused) {                    /* not any more */
        x->source->refused = false;
        struct seen *seen = seen_of(&r->answers, mem_text(x->source->path));
        seen->hash = 0;
        recording_answer(&r->writer, wall(r), x->source->path, 200, SLICE(""));
    }
}

/* ---- the transport ----------------------------------------------------------------------------------------------------------------- */

static bool has(const char *path, const char *part)
{
    const char *query = strchr(path, '?');

    return query && strstr(query, part);
}

/* The parts of /api/v1/namespaces/NS/pods/POD/log?container=C. */
static void read_log_path(struct exchange *x)
{
    const char *p = x->path + strlen("/api/v1/namespaces/"), *pods = strstr(p, "/pods/"), *end = pods ? strstr(pods, "/log") : NULL;
    const char *container = end ? strstr(end, "container=") : NULL;

    if (!end || !container || end < pods + 6) {
        x->mode = PASS;
        return;
    }
    container += strlen("container=");
    x->log[0] = slice_dup((struct slice){p, (size_t)(pods - p)});
    x->log[1] = slice_dup((struct slice){pods + 6, (size_t)(end - pods - 6)});
    x->log[2] = slice_dup((struct slice){container, strcspn(container, "&")});
    x->previous = has(x->path, "previous=true");
}

static void classify(struct exchange *x, const struct request *q)
{
    if (strcmp(q->method, "GET") != 0 || q->origin)
        return;
    if (strncmp(x->path, "/api/v1/namespaces/", 19) == 0 && strstr(x->path, "/log?")) {
        x->mode = LOG;
        read_log_path(x);
        return;
    }
    const char *limit = strstr(x->path, "limit=");
    bool probe = limit && strcspn(limit, "&") == strlen("limit=1") && limit[6] == '1'; /* one of them, to see whether it is served at all */
    x->mode = has(x->path, "watch=1") || has(x->path, "watch=true") ? WATCH : limit && !probe ? LIST : ANSWER;
    if (x->mode == ANSWER)
        return;
    x->source = recorded_source(&x->recorder->recorded, x->path);
    x->source->watched |= x->mode == WATCH;
    x->first_page = x->mode == LIST && !has(x->path, "continue=");
    x->kept = x->first_page && !x->source->watched;
    x->initial = x->mode == WATCH && has(x->path, "sendInitialEvents=true");
    x->cutter = x->mode == LIST ? json_cutter_new(JSON_CUT_LIST, &list_ops, x, OBJECT_MOST) : json_cutter_new(JSON_CUT_STREAM, &watch_ops,
                                                                                                              x, OBJECT_MOST);
}

static void exchange_free(struct exchange *x)
{
    struct ptrs *all = &x->recorder->exchanges;

    for (size_t i = all->n; i-- > 0;) {
        if (all->v[i] == x) {
            ptrs_remove(all, i);
            break;
        }
    }
    if (x->cutter)
        json_cutter_free(x->cutter);
    for (int i = 0; i < 3; i++)
        free(x->log[i]);
    buf_free(&x->body);
    free(x->path);
    free(x);
}

/* A callback of the caller may cancel x: it lives until the callback is back. */
static void leave(struct exchange *x)
{
    if (--x->busy == 0 && x->dead)
        exchange_free(x);
}

static void on_head(void *ctx, const struct response_head *head)
{
    struct exchange *x = ctx;

    x->busy++;
    take_head(x, head);
    if (x->ops.on_head)
        x->ops.on_head(x->ctx, head);
    leave(x);
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct exchange *x = ctx;

    x->busy++;
    take_bytes(x, bytes, n);
    if (x->ops.on_bytes)
        x->ops.on_bytes(x->ctx, bytes, n);
    leave(x);
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct exchange *x = ctx;

    x->busy++;
    x->dead = true;
    take_end(x, reason, text);
    if (x->ops.on_end)
        x->ops.on_end(x->ctx, reason, text);
    leave(x);
}

static struct exchange *record_request(struct transport *t, const struct request *q, const struct response_ops *ops, void *ctx)
{
    static const struct response_ops ours = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};
    struct recorder *r = recorder_of(t);
    struct exchange *x = NEW(struct exchange);

    *x = (struct exchange){.recorder = r, .ops = *ops, .ctx = ctx, .path = mem_text(q->path)};
    ptrs_add(&r->exchanges, x);
    classify(x, q);
    x->inner = transport_request(r->inner, q, &ours, x);
    return x;
}

static void record_cancel(struct transport *t, struct exchange *x)
{
    if (!x->dead)
        transport_cancel(recorder_of(t)->inner, x->inner);
    x->dead = true;
    if (!x->busy)
        exchange_free(x);
}

static void record_step(struct transport *t)
{
    struct recorder *r = recorder_of(t);

    r->inner->ops->step(r->inner);
    if (r->out.n > FLUSH_BYTES || (r->out.n && r->clock->mono(r->clock) - r->flushed_ms >= FLUSH_MS))
        flush(r);
}

static int64_t record_due(struct transport *t)
{
    struct recorder *r = recorder_of(t);
    int64_t due = r->inner->ops->due(r->inner), left = r->flushed_ms + FLUSH_MS - r->clock->mono(r->clock);

    if (r->out.n == 0)
        return due;
    left = left > 0 ? left : 0;
    return due >= 0 && due < left ? due : left;
}

static void record_wait(struct transport *t, struct pollfd *extra, unsigned n, int timeout_ms)
{
    struct recorder *r = recorder_of(t);

    r->inner->ops->wait(r->inner, extra, n, timeout_ms);
}

static void record_reset(struct transport *t)
{
    struct recorder *r = recorder_of(t);

    r->inner->ops->reset(r->inner);
}

static uint64_t record_received(const struct transport *t)
{
    const struct recorder *r = recorder_of(t);

    return r->inner->ops->received(r->inner);
}

static void free_seen(struct map *map)
{
    size_t i = 0;

    for (struct seen *s; (s = map_next(map, &i));) {
        free(s->key);
        free(s);
    }
    map_free(map);
}

static void recorder_close(struct recorder *r)
{
    while (r->exchanges.n)
        exchange_free(r->exchanges.v[0]);
    recorded_free(&r->recorded);
    redact_forget(&r->known);
    free_seen(&r->logs);
    free_seen(&r->answers);
    ptrs_free(&r->exchanges);
    buf_free(&r->out);
    if (r->fd >= 0)
        close(r->fd);
    free(r->file);
    free(r->trouble);
    free(r);
}

static void record_free(struct transport *t)
{
    struct recorder *r = recorder_of(t);

    transport_free(r->inner);
    recording_end(&r->writer, wall(r));
    flush(r);
    recorder_close(r);
}

/* Tunnels go through as they are. */
static struct tunnel *record_tunnel(struct transport *t, const struct upgrade *u, const struct tunnel_ops *ops, void *ctx)
{
    return transport_tunnel(recorder_of(t)->inner, u, ops, ctx);
}

static void record_tunnel_send(struct transport *t, struct tunnel *x, const char *bytes, size_t n)
{
    tunnel_send(recorder_of(t)->inner, x, bytes, n);
}

static size_t record_tunnel_pending(const struct transport *t, const struct tunnel *x)
{
    return tunnel_pending(recorder_of(t)->inner, x);
}

static void record_tunnel_pause(struct transport *t, struct tunnel *x, bool paused)
{
    recorder_of(t)->inner->ops->tunnel_pause(recorder_of(t)->inner, x, paused);
}

static void record_tunnel_close(struct transport *t, struct tunnel *x)
{
    recorder_of(t)->inner->ops->tunnel_close(recorder_of(t)->inner, x);
}

struct transport *recorder_new(struct transport *inner, const struct clock *clock, const char *file, const struct recording_about *about,
                               struct err *err)
{
    struct recorder *r = NEW(struct recorder);

    *r = (struct recorder){.inner = inner, .clock = clock, .file = mem_text(file), .fd = -1, .flushed_ms = clock->mono(clock)};
    r->ops = (struct transport_ops){
        .request = record_request, .cancel = record_cancel, .step = record_step, .due = record_due, .wait = record_wait,
        .reset = record_reset,
        .free = record_free, .received = record_received,
    };
    if (inner->ops->tunnel) {
        r->ops.tunnel = record_tunnel;
        r->ops.tunnel_send = record_tunnel_send;
        r->ops.tunnel_pending = record_tunnel_pending;
        r->ops.tunnel_pause = record_tunnel_pause;
        r->ops.tunnel_close = record_tunnel_close;
    }
    r->base.ops = &r->ops;
    if (!open_file(r, err)) {
        recorder_close(r);
        return NULL;
    }
    r->writer = (struct recording_writer){.out = &r->out, .start_ms = wall(r), .known = &r->known};
    r->recorded = (struct recorded){.writer = &r->writer, .clock = clock};
    recording_begin(&r->writer, about);
    flush(r);
    return &r->base;
}

const char *recorder_trouble(const struct transport *t)
{
    return recorder_of(t)->trouble;
}
