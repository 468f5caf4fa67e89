/* One container's log for ever. Invariant: a line is handed out once; what may be missing is said by a gap mark before the next line. The
 * socket is never paused. Facts: the field notes on the pod log API (floored sinceTime, dead logs during a back-off, texts inside a 200).
 *
 * Here: when to ask, and for what. Which lines are new is log_join's, what an end means is log_answer's. */
#include "core/kube/log_stream.h"

#include "core/base/mem.h"
#include "core/kube/log_stream_internal.h"

#include <stdlib.h>

enum {
    RETRY_FIRST_MS = 20,             /* a stream that was cut: what is rotated away before it is asked for again is lost */
    RETRY_MS = 300, RETRY_MOST_MS = 10000,
    VERIFY_MS = 2000,                /* so long the pod watch may lag behind the log of a restarted container */
    PROBE_FIRST_MS = 30000, PROBE_MOST_MS = 300000, PROBE_DEADLINE_MS = 10000,
};

/* --- what it says -------------------------------------------------------------------------------------------------------------- */

/* Behind the line of that stamp. */
static void mark_behind(struct log_stream *s, enum log_mark kind, int64_t stamp_ns, const char *text)
{
    s->sink->on_mark(s->ctx, kind, stamp_ns == INT64_MIN ? s->clock->wall(s->clock) : (stamp_ns + 999999) / 1000000, text);
}

void log_stream_mark(struct log_stream *s, enum log_mark kind, const char *text)
{
    mark_behind(s, kind, kind == LOG_MARK_STATUS ? INT64_MIN : s->join.window.newest_ns, text);
}

void log_stream_say(struct log_stream *s, enum log_stream_state state, const char *message)
{
    s->state = state;
    if (strcmp(s->message, message) == 0)
        return;
    free(s->message);
    s->message = mem_text(message);
}

void log_stream_retry_in(struct log_stream *s, int64_t ms)
{
    s->retry_at_ms = s->held ? INT64_MAX : log_stream_mono(s) + ms;
}

void log_stream_back_off(struct log_stream *s, int64_t least_ms)
{
    unsigned shift = s->failures < 7 ? s->failures : 7;
    int64_t ms = shift ? (int64_t)RETRY_MS << (shift - 1) : RETRY_FIRST_MS;

    s->failures++;
    ms = ms < RETRY_MOST_MS ? ms : RETRY_MOST_MS;
    log_stream_retry_in(s, ms > least_ms ? ms : least_ms);
}

void log_stream_restart_mark(struct log_stream *s)
{
    const struct log_facts *f = &s->facts;
    struct buf text = {0};

    buf_printf(&text, "container %s restarted", s->container);
    if (f->has_last)
        buf_printf(&text, ": exit %d%s%s", f->last_exit_code, *f->last_reason ? ", " : "", f->last_reason);
    if (f->restarts > 1)
        buf_printf(&text, " (restart %lld)", (long long)f->restarts);
    free(s->divider);
    s->divider = NULL;
    if (s->join.window.newest_ns == INT64_MIN)
        s->divider = buf_take(&text);    /* dated as the first line below it */
    else
        log_stream_mark(s, LOG_MARK_RESTART, text.p);
    buf_free(&text);
}

/* --- lines --------------------------------------------------------------------------------------------------------------------- */

static void say_gap(struct log_stream *s)
{
    struct buf text = {0};

    log_join_gap_text(&s->join, &text);
    /* the line behind the gap is taken in already */
    mark_behind(s, s->join.gap == LOG_GAP_CLOCK ? LOG_MARK_STATUS : LOG_MARK_GAP, s->join.gap_from_ns, buf_slice(&text).p);
    buf_free(&text);
}

/* Nothing of this answer was handed out. The container may have been restarted, of which the pod watch tells a little later than the log:
 * then what is missing is read from the container before. */
static bool verify(struct log_stream *s)
{
    if (s->verified || !*s->facts.id || s->phase == LOG_PHASE_PREVIOUS)
        return false;
    s->verified = true;
    transport_cancel(s->transport, s->exchange);
    s->exchange = NULL;
    log_stream_say(s, LOG_STREAM_RETRYING, "the log does not join what was read: waiting for word of a restart");
    log_stream_retry_in(s, VERIFY_MS);
    return true;
}

bool log_stream_line(struct log_stream *s, int64_t stamp_ns, struct slice text)
{
    enum log_verdict verdict = log_join_line(&s->join, stamp_ns, text);

    if (verdict == LOG_UNJOINED && s->pod_gone) {
        log_stream_drop(s);          /* of a new pod that has the name */
        log_stream_end(s, s->gone_why, true);
        return false;
    }
    if (verdict == LOG_UNJOINED) {
        if (verify(s))
            return false;
        log_join_accept(&s->join, stamp_ns);
        say_gap(s);
        verdict = log_join_line(&s->join, stamp_ns, text);
    } else if (s->join.gap != LOG_GAP_NONE) {
        say_gap(s);
    }
    if (verdict == LOG_REPEAT)
        return true;
    if (s->divider && s->phase == LOG_PHASE_CURRENT) {
        s->sink->on_mark(s->ctx, LOG_MARK_RESTART, stamp_ns == INT64_MIN ? s->clock->wall(s->clock) : stamp_ns / 1000000, s->divider);
        free(s->divider);
        s->divider = NULL;
    }
    s->answer_lines++;
    s->failures = 0;
    free(s->told);
    s->told = NULL;
    s->other_read |= s->fresh && s->phase == LOG_PHASE_CURRENT;
    s->verified = s->fresh = false;
    s->sink->on_line(s->ctx, stamp_ns, text);
    return true;
}

/* Texts that the kubelet writes into a 200 answer when it cannot go on. Lines of a container are dated. */
bool log_stream_error_in_body(int64_t stamp_ns, struct slice line)
{
    static const char *const starts[] = {
        "failed to create fsnotify watcher", "failed to watch file", "unable to retrieve container logs for", "failed to open log file",
        "rpc error: code = ",
    };

    for (size_t i = 0; stamp_ns == INT64_MIN && i < sizeof starts / sizeof *starts; i++)
        if (slice_starts(line, slice_of(starts[i])))
            return true;
    return false;
}

bool log_stream_take(void *ctx, int64_t stamp_ns, struct slice text)
{
    struct log_stream *s = ctx;

    if (!log_stream_error_in_body(stamp_ns, text))
        return log_stream_line(s, stamp_ns, text);
    free(s->body_error);
    s->body_error = slice_dup(text);
    return true;
}

/* --- asking -------------------------------------------------------------------------------------------------------------------- */

/* Whether what is asked for goes on from the newest line that was read. */
static bool resumes(const struct log_stream *s)
{
    return s->join.window.newest_ns != INT64_MIN && !s->fresh;
}

static void add_what(struct log_stream *s, struct buf *path)
{
    char stamp[32];
    bool previous = s->phase == LOG_PHASE_PREVIOUS;
    unsigned tail = previous ? s->config.previous_lines : s->config.tail_lines;

    if (resumes(s))
        buf_printf(path, "&sinceTime=%s", time_rfc3339(s->join.window.newest_ns / 1000000000 * 1000 - 1000, stamp));
    if (!resumes(s) && !s->from_start && s->config.since_ms)
        buf_printf(path, "&sinceTime=%s", time_rfc3339(s->config.since_ms, stamp));
    if (!resumes(s) && !s->from_start && tail)
        buf_printf(path, "&tailLines=%u", tail);
    if (previous || s->config.previous)
        buf_add_text(path, "&previous=true");
    else if (s->config.follow && !s->pod_gone)
        buf_add_text(path, "&follow=true");
}

static char *base_path(const struct log_stream *s)
{
    return kube_path("/api/v1/namespaces/%s/pods/%s/log?container=%s&timestamps=true", s->ns, s->pod, s->container);
}

static void ask(struct log_stream *s)
{
    struct buf path = {0};
    char *base = base_path(s);

    buf_add_text(&path, base);
    free(base);
    add_what(s, &path);
    log_join_begin(&s->join, resumes(s) ? LOG_ANSWER_RESUMED : s->fresh ? LOG_ANSWER_OTHER : LOG_ANSWER_FIRST);
    log_splitter_clear(&s->splitter);
    buf_clear(&s->error);
    free(s->body_error);
    s->body_error = NULL;
    s->status = 0;
    s->answer_lines = 0;
    s->retry_after_ms = 0;
    s->asked_dead = log_facts_dead(&s->facts);
    s->retry_at_ms = INT64_MAX;
    s->heard_ms = log_stream_mono(s);
    s->probe_after_ms = PROBE_FIRST_MS;
    struct request request = {.method = "GET", .path = path.p, .deadline_ms = 0};
    s->exchange = transport_request(s->transport, &request, &log_answer_ops, s);
    buf_free(&path);
}

/* --- the probe: older kubelets stall without an end when the log is rotated; only asking anew shows it --------------------------- */

static void probe_head(void *ctx, const struct response_head *head)
{
    ((struct log_stream *)ctx)->probe_status = head->status;
}

static void probe_bytes(void *ctx, const char *bytes, size_t n)
{
    struct log_stream *s = ctx;

    if (s->probe_body.n < 256)
        buf_add(&s->probe_body, bytes, n < 256 ? n : 256);
}

static void probe_end(void *ctx, enum end_reason end, const char *text)
{
    struct log_stream *s = ctx;
    struct slice line = buf_slice(&s->probe_body);

    (void)text;
    s->probe = NULL;
    if (end == END_DONE && s->probe_status == 200 && s->exchange && s->heard_ms <= s->probed_ms) {
        int64_t stamp = log_stamp(&s->splitter, &line);
        if (stamp != INT64_MIN && stamp > s->join.window.newest_ns) {
            transport_cancel(s->transport, s->exchange);
            s->exchange = NULL;
            log_stream_say(s, LOG_STREAM_RETRYING, "the stream stood still: asking again");
            log_stream_retry_in(s, 0);
        }
    }
    buf_clear(&s->probe_body);
}

static void probe(struct log_stream *s)
{
    static const struct response_ops ops = {.on_head = probe_head, .on_bytes = probe_bytes, .on_end = probe_end};
    char *base = base_path(s), *path = mem_printf("%s&tailLines=1&limitBytes=64", base);
    struct request request = {.method = "GET", .path = path, .deadline_ms = PROBE_DEADLINE_MS};

    s->probe_after_ms = s->probe_after_ms * 2 < PROBE_MOST_MS ? s->probe_after_ms * 2 : PROBE_MOST_MS;
    s->probed_ms = log_stream_mono(s);
    s->probe_status = 0;
    s->probe = transport_request(s->transport, &request, &ops, s);
    free(base);
    free(path);
}

static int64_t probe_at(const struct log_stream *s)
{
    if (!s->exchange || s->probe || s->state != LOG_STREAM_FOLLOWING || s->phase != LOG_PHASE_CURRENT || !s->config.follow)
        return INT64_MAX;
    return (s->heard_ms > s->probed_ms ? s->heard_ms : s->probed_ms) + s->probe_after_ms;
}

/* --- the interface --------------------------------------------------------------------------------------------------------------- */

void log_stream_step(struct log_stream *s)
{
    if (!s->exchange && log_stream_mono(s) >= s->retry_at_ms)
        ask(s);
    else if (log_stream_mono(s) >= probe_at(s))
        probe(s);
}

int64_t log_stream_due(const struct log_stream *s)
{
    int64_t at = s->exchange ? probe_at(s) : s->retry_at_ms, now = log_stream_mono(s);

    if (at == INT64_MAX)
        return -1;
    return at > now ? at - now : 0;
}

void log_stream_drop(struct log_stream *s)
{
    transport_cancel(s->transport, s->exchange);
    transport_cancel(s->transport, s->probe);
    s->exchange = s->probe = NULL;
    log_splitter_clear(&s->splitter);
}

void log_stream_hold(struct log_stream *s, bool held)
{
    if (s->held == held)
        return;
    s->held = held;
    if (held) {
        log_stream_drop(s);
        s->retry_at_ms = INT64_MAX;
    } else if (s->state != LOG_STREAM_ENDED) {
        log_stream_retry_in(s, 0);
    }
}

void log_stream_retry_now(struct log_stream *s)
{
    if (!s->exchange && s->retry_at_ms != INT64_MAX && !s->verified)
        log_stream_retry_in(s, 0);
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
    log_facts_init(&s->facts);
    log_join_init(&s->join);
    s->state = LOG_STREAM_CONNECTING;
    log_stream_retry_in(s, 0);
    return s;
}

void log_stream_free(struct log_stream *s)
{
    if (!s)
        return;
    log_stream_drop(s);
    log_facts_free(&s->facts);
    log_join_free(&s->join);
    log_splitter_free(&s->splitter);
    buf_free(&s->error);
    buf_free(&s->probe_body);
    buf_free(&s->held_part);
    free(s->gone_why);
    free(s->body_error);
    free(s->divider);
    free(s->told);
    free(s->ns);
    free(s->pod);
    free(s->container);
    free(s->message);
    free(s);
}
