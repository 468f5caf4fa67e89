/* One container's log for ever. Invariant: a line is handed out once; what may be missing is said by a gap mark before the next line. The
 * socket is never paused. Facts: the field notes on the pod log API (floored sinceTime, dead logs during a back-off, texts inside a 200). */
#include "core/kube/log_stream.h"

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/kube/log_window.h"

#include <stdlib.h>

enum {
    LINE_MOST = 16 * 1024 * 1024,    /* a longer line is handed out in pieces of this */
    RETRY_FIRST_MS = 300,
    RETRY_MOST_MS = 10000,
    WAITING_RETRY_MS = 1000,
    FORBIDDEN_RETRY_MS = 60000,
    GONE_AFTER = 3,                  /* answers 404 in a row, without word from the pod watch */
};

enum phase { PHASE_CURRENT, PHASE_PREVIOUS /* draining what the container before wrote last */ };

struct log_stream {
    struct transport *transport;
    const struct clock *clock;
    struct log_stream_config config;
    char *ns, *pod, *container;
    const struct log_stream_sink *sink;
    void *ctx;
    struct exchange *exchange;
    enum log_stream_state state;
    enum phase phase;
    char *message;
    struct buf line;                 /* an unfinished line */
    struct buf error;                /* the body of a refusal */
    int status;
    struct log_window window;
    bool resumed;                    /* this answer continues an earlier one … */
    bool overlapped;                 /* … and has shown a line that was known */
    bool repeating;                  /* known lines come again within one answer */
    bool gap_said;
    bool fresh_container;            /* nothing of the container that runs now was read yet */
    char *container_id, *last_exit;
    int64_t restarts;
    bool pod_gone;
    unsigned failures, not_found;
    int64_t retry_at_ms;             /* mono; INT64_MAX: none */
};

static int64_t mono(const struct log_stream *s)
{
    return s->clock->mono(s->clock);
}

static void mark(struct log_stream *s, enum log_mark kind, const char *text)
{
    int64_t newest = s->window.newest_ns;
    int64_t at = kind != LOG_MARK_STATUS && newest != INT64_MIN ? newest / 1000000 : s->clock->wall(s->clock);

    s->sink->on_mark(s->ctx, kind, at, text);
}

static void say(struct log_stream *s, enum log_stream_state state, const char *message)
{
    s->state = state;
    if (strcmp(s->message, message) == 0)
        return;
    free(s->message);
    s->message = mem_text(message);
}

static void retry_in(struct log_stream *s, int64_t ms)
{
    s->retry_at_ms = mono(s) + ms;
}

static void back_off(struct log_stream *s)
{
    unsigned shift = s->failures < 6 ? s->failures : 6;
    int64_t ms = (int64_t)RETRY_FIRST_MS << shift;

    s->failures++;
    retry_in(s, ms < RETRY_MOST_MS ? ms : RETRY_MOST_MS);
}

/* "2026-11-23T08:20:23.641472415Z text": the stamp that timestamps=true puts before each logical line. */
static int64_t split_stamp(struct slice *line)
{
    const char *space = line->n ? memchr(line->p, ' ', line->n < 40 ? line->n : 40) : NULL;
    size_t n = space ? (size_t)(space - line->p) : line->n;
    int64_t ms;
    int32_t nanos;

    if (n < 20 || n > 35 || !time_parse((struct slice){line->p, n}, &ms, &nanos))
        return INT64_MIN;
    *line = space ? (struct slice){space + 1, line->n - n - 1} : (struct slice){line->p + n, 0};
    int64_t seconds = ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
    return seconds > 4000000000 || seconds < 0 ? INT64_MIN : seconds * 1000000000 + nanos;
}

/* Texts that the kubelet writes into a 200 answer when it cannot go on. */
static bool error_in_body(struct slice line)
{
    static const char *const starts[] = {"failed to create fsnotify watcher", "failed to watch file", "unable to retrieve container logs for", "failed to open log file",
                                         "rpc error: code = "};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (slice_starts(line, slice_of(starts[i])))
            return true;
    return false;
}

static void say_gap(struct log_stream *s, const char *why)
{
    if (s->gap_said)
        return;
    s->gap_said = true;
    mark(s, LOG_MARK_GAP, why);
}

static void take_line(struct log_stream *s, struct slice line)
{
    struct slice text = line;
    int64_t stamp = split_stamp(&text);

    if (stamp == INT64_MIN) {
        char *copy = error_in_body(line) ? slice_dup(line) : NULL;
        if (copy)
            mark(s, LOG_MARK_STATUS, copy);
        else if (!s->resumed || s->overlapped)
            s->sink->on_line(s->ctx, INT64_MIN, line);   /* after a resume it is the tail of a line that was handed out whole */
        free(copy);
        return;
    }
    bool backward = s->window.newest_ns != INT64_MIN && stamp <= s->window.newest_ns && !s->fresh_container;
    if (backward && !s->resumed && !s->repeating && stamp < s->window.newest_ns - 1000000000) {
        s->repeating = true;         /* the kubelet reads a rotated file again within one answer */
        log_window_resume(&s->window);
    }
    if (backward && (s->resumed || s->repeating) && log_window_had(&s->window, stamp, text)) {
        if (s->resumed)
            s->overlapped = true;
        else
            say_gap(s, "the log was rotated while it was read: lines may be missing here");
        return;
    }
    if (s->resumed && !s->overlapped && s->window.newest_ns != INT64_MIN && !s->fresh_container)
        say_gap(s, "the stream was interrupted and what follows does not join what was read: lines may be missing here");
    if (s->phase == PHASE_CURRENT)
        s->fresh_container = false;
    s->resumed = s->resumed && stamp <= s->window.newest_ns;
    s->repeating = s->repeating && stamp <= s->window.newest_ns;
    log_window_add(&s->window, stamp, text);
    s->sink->on_line(s->ctx, stamp, text);
}

static struct slice without_return(struct slice line)
{
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

static void on_head(void *ctx, const struct response_head *head)
{
    struct log_stream *s = ctx;

    s->status = head->status;
    if (head->status != 200)
        return;
    s->failures = s->not_found = 0;
    if (s->phase == PHASE_CURRENT)
        say(s, LOG_STREAM_FOLLOWING, "");
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct log_stream *s = ctx;

    if (s->status != 200) {
        if (s->error.n + n < 65536)
            buf_add(&s->error, bytes, n);
        return;
    }
    while (n) {
        const char *newline = memchr(bytes, '\n', n);
        if (!newline) {
            buf_add(&s->line, bytes, n);
            if (s->line.n >= LINE_MOST) {
                take_line(s, buf_slice(&s->line));
                buf_clear(&s->line);
            }
            return;
        }
        size_t part = (size_t)(newline - bytes);
        if (s->line.n) {
            buf_add(&s->line, bytes, part);
            take_line(s, without_return(buf_slice(&s->line)));
            buf_clear(&s->line);
        } else {
            take_line(s, without_return((struct slice){bytes, part}));
        }
        bytes = newline + 1;
        n -= part + 1;
    }
}

static void start_current(struct log_stream *s)
{
    char *text = s->last_exit ? mem_printf("container %s restarted: %s", s->container, s->last_exit) : mem_printf("container %s restarted", s->container);

    s->phase = PHASE_CURRENT;
    s->fresh_container = true;
    mark(s, LOG_MARK_RESTART, text);
    free(text);
    retry_in(s, 0);
}

/* A refusal with a body: what it means for the stream. */
static void refused(struct log_stream *s)
{
    json status = json_whole(buf_slice(&s->error));
    char *message = json_dup(json_get(status, "message"));
    char *text = message ? message : s->error.n ? mem_printf("%d: %.200s", s->status, s->error.p) : mem_printf("the server answered %d", s->status);

    if (s->phase == PHASE_PREVIOUS) {
        start_current(s);            /* nothing is kept of the container before */
    } else if (s->status == 403 || s->status == 401) {
        say(s, s->status == 403 ? LOG_STREAM_FORBIDDEN : LOG_STREAM_RETRYING, text);
        retry_in(s, s->status == 403 ? FORBIDDEN_RETRY_MS : WAITING_RETRY_MS);
    } else if (s->status == 404) {
        say(s, s->pod_gone || ++s->not_found >= GONE_AFTER ? LOG_STREAM_ENDED : LOG_STREAM_RETRYING, "the pod is gone");
        if (s->state == LOG_STREAM_RETRYING)
            retry_in(s, WAITING_RETRY_MS);
    } else if (s->status == 400) {
        const char *waits = strstr(text, "is waiting to start: ");
        say(s, LOG_STREAM_WAITING, waits ? waits + 3 : text);
        retry_in(s, WAITING_RETRY_MS);
    } else {
        say(s, LOG_STREAM_RETRYING, text);
        back_off(s);
    }
    free(text);
}

static void on_end(void *ctx, enum end_reason end, const char *text)
{
    struct log_stream *s = ctx;

    s->exchange = NULL;
    if (end == END_DONE && s->status == 200) {
        if (s->line.n)               /* the container ended in mid-line */
            take_line(s, without_return(buf_slice(&s->line)));
        if (s->phase == PHASE_PREVIOUS) {
            start_current(s);
        } else if (!s->config.follow || s->config.previous) {
            say(s, LOG_STREAM_ENDED, "");
        } else if (s->pod_gone) {
            say(s, LOG_STREAM_ENDED, "the pod was deleted");
            mark(s, LOG_MARK_STATUS, "the pod was deleted: end of the log");
        } else {
            say(s, LOG_STREAM_WAITING, "the container is not running");
            retry_in(s, WAITING_RETRY_MS);
        }
    } else if (end == END_DONE && s->status == 204) {
        say(s, LOG_STREAM_WAITING, "the pod is not scheduled yet");
        retry_in(s, WAITING_RETRY_MS);
    } else if (end == END_DONE) {
        refused(s);
    } else {
        say(s, LOG_STREAM_RETRYING, text);
        back_off(s);
    }
    buf_clear(&s->line);             /* of a cut line: it comes again whole */
    buf_clear(&s->error);
}

static void ask(struct log_stream *s)
{
    static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};
    struct buf path = {0};
    char stamp[32];
    char *base = kube_path("/api/v1/namespaces/%s/pods/%s/log?container=%s&timestamps=true", s->ns, s->pod, s->container);
    bool read_before = s->window.newest_ns != INT64_MIN;

    buf_add_text(&path, base);
    free(base);
    s->resumed = read_before && !(s->phase == PHASE_CURRENT && s->fresh_container);
    s->overlapped = s->gap_said = s->repeating = false;
    if (s->resumed) {
        log_window_resume(&s->window);
        int64_t since = s->window.newest_ns / 1000000000 * 1000 - 1000;
        buf_printf(&path, "&sinceTime=%s", time_rfc3339(since, stamp));
    } else if (!read_before) {
        if (s->config.since_ms)
            buf_printf(&path, "&sinceTime=%s", time_rfc3339(s->config.since_ms, stamp));
        if (s->config.tail_lines)
            buf_printf(&path, "&tailLines=%u", s->config.tail_lines);
    }
    if (s->phase == PHASE_PREVIOUS || s->config.previous)
        buf_add_text(&path, "&previous=true");
    else if (s->config.follow)
        buf_add_text(&path, "&follow=true");
    s->status = 0;
    s->retry_at_ms = INT64_MAX;
    struct request request = {.method = "GET", .path = path.p, .deadline_ms = 0};
    s->exchange = transport_request(s->transport, &request, &ops, s);
    buf_free(&path);
}

void log_stream_step(struct log_stream *s)
{
    if (!s->exchange && mono(s) >= s->retry_at_ms)
        ask(s);
}

int64_t log_stream_due(const struct log_stream *s)
{
    if (s->exchange || s->retry_at_ms == INT64_MAX)
        return -1;
    return s->retry_at_ms > mono(s) ? s->retry_at_ms - mono(s) : 0;
}

void log_stream_container(struct log_stream *s, const struct log_container *c)
{
    if (!c->id || !*c->id || strcmp(s->container_id, c->id) == 0)
        return;
    bool first = !*s->container_id;
    free(s->container_id);
    s->container_id = mem_text(c->id);
    free(s->last_exit);
    s->last_exit = c->has_last ? mem_printf("exit %d%s%s", c->last_exit_code, *c->last_reason ? ", " : "", c->last_reason) : NULL;
    s->restarts = c->restarts;
    if (first || s->config.previous || s->window.newest_ns == INT64_MIN)
        return;
    /* The old container's answer may still be open: it is let go, and what it had not yet brought is read by previous=true, which
     * joins by the window. */
    transport_cancel(s->transport, s->exchange);
    s->exchange = NULL;
    buf_clear(&s->line);
    s->phase = PHASE_PREVIOUS;
    retry_in(s, 0);
}

void log_stream_pod_gone(struct log_stream *s, const char *why)
{
    s->pod_gone = true;
    if (!s->exchange && s->state != LOG_STREAM_ENDED)
        say(s, LOG_STREAM_ENDED, why);
}

void log_stream_pod_back(struct log_stream *s)
{
    s->pod_gone = false;
    if (!s->exchange && s->state == LOG_STREAM_ENDED)
        retry_in(s, 0);
}

void log_stream_hold(struct log_stream *s, bool held)
{
    if (held) {
        transport_cancel(s->transport, s->exchange);
        s->exchange = NULL;
        buf_clear(&s->line);
        s->retry_at_ms = INT64_MAX;
    } else if (!s->exchange && s->state != LOG_STREAM_ENDED) {
        retry_in(s, 0);
    }
}

void log_stream_retry_now(struct log_stream *s)
{
    if (!s->exchange && s->retry_at_ms != INT64_MAX)
        retry_in(s, 0);
}

enum log_stream_state log_stream_state(const struct log_stream *s)
{
    return s->state;
}

const char *log_stream_message(const struct log_stream *s)
{
    return s->message;
}

struct log_stream *log_stream_new(struct transport *transport, const struct clock *clock, const struct log_stream_config *config,
                                  const struct log_stream_sink *sink, void *ctx)
{
    struct log_stream *s = NEW(struct log_stream);

    s->transport = transport;
    s->clock = clock;
    s->config = *config;
    s->ns = mem_text(config->ns);
    s->pod = mem_text(config->pod);
    s->container = mem_text(config->container);
    s->sink = sink;
    s->ctx = ctx;
    s->message = mem_text("");
    s->container_id = mem_text("");
    s->window.newest_ns = INT64_MIN;
    s->state = LOG_STREAM_CONNECTING;
    retry_in(s, 0);
    return s;
}

void log_stream_free(struct log_stream *s)
{
    if (!s)
        return;
    transport_cancel(s->transport, s->exchange);
    log_window_free(&s->window);
    buf_free(&s->line);
    buf_free(&s->error);
    free(s->ns);
    free(s->pod);
    free(s->container);
    free(s->message);
    free(s->container_id);
    free(s->last_exit);
    free(s);
}
