/* What comes on a log request, and what its end means: the stream asks again, waits for the pod watch's word, or has ended. */
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/kube/log_stream_internal.h"

#include <stdlib.h>

enum {
    ASK_AGAIN_MS = 1000,             /* after an end that nothing explains: the pod watch may tell of it a little later */
    WAITING_MS = 1000, WAITING_KNOWN_MS = 10000, /* the pod watch wakes the stream; that is in case it is silent */
    FORBIDDEN_MS = 60000,
    GONE_AFTER = 3,                  /* answers 404 in a row, where no pod watch says anything */
    ERROR_MOST = 65536,
};

static void on_head(void *ctx, const struct response_head *head)
{
    struct log_stream *s = ctx;

    s->status = head->status;
    s->retry_after_ms = head->retry_after_ms > 0 ? head->retry_after_ms : 0;
    s->heard_ms = log_stream_mono(s);
    if (head->status != 200)
        return;
    s->not_found = 0;
    if (s->phase == LOG_PHASE_CURRENT)
        log_stream_say(s, LOG_STREAM_FOLLOWING, "");
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct log_stream *s = ctx;

    s->heard_ms = log_stream_mono(s);
    if (s->status == 200) {
        log_join_arrived(&s->join, s->clock->wall(s->clock));
        log_splitter_feed(&s->splitter, bytes, n, log_stream_take, s);
    } else if (s->error.n + n < ERROR_MOST) {
        buf_add(&s->error, bytes, n);
    }
}

void log_stream_hand_held(struct log_stream *s)
{
    if (s->held_part.n && s->held_ns > s->join.window.newest_ns) {
        log_window_add(&s->join.window, s->held_ns, buf_slice(&s->held_part));
        s->sink->on_line(s->ctx, s->held_ns, buf_slice(&s->held_part));
    }
    buf_clear(&s->held_part);
}

void log_stream_end(struct log_stream *s, const char *why, bool marked)
{
    log_stream_hand_held(s);
    if (marked && s->state != LOG_STREAM_ENDED)
        log_stream_mark(s, LOG_MARK_STATUS, why);
    log_stream_say(s, LOG_STREAM_ENDED, why);
    s->retry_at_ms = INT64_MAX;
}

/* The newest line that was read bears the second in which the container started, and the one before has not shown it: it is the new
 * one's. */
static bool read_already(const struct log_stream *s)
{
    int64_t newest_ms = s->join.window.newest_ns / 1000000;

    if (s->phase != LOG_PHASE_PREVIOUS || !s->from_start || s->join.newest_met)
        return false;
    return s->facts.started_ms && newest_ms >= s->facts.started_ms;
}

void log_stream_current(struct log_stream *s)
{
    s->fresh = s->join.window.newest_ns != INT64_MIN && !read_already(s);
    s->phase = LOG_PHASE_CURRENT;
    s->drained = s->verified = false;
    log_stream_restart_mark(s);
    log_stream_retry_in(s, 0);
}

static void tell_body_error(struct log_stream *s)
{
    if (!s->body_error || (s->told && strcmp(s->told, s->body_error) == 0))
        return;
    free(s->told);
    s->told = mem_text(s->body_error);
    log_stream_mark(s, LOG_MARK_STATUS, s->body_error);
}

static void previous_read(struct log_stream *s)
{
    log_stream_hand_held(s);
    tell_body_error(s);
    if (s->join.resumed && !s->join.overlapped && !s->drained)
        log_stream_mark(s, LOG_MARK_GAP, "the last lines of the container before may be missing: its log is gone");
    log_stream_current(s);
}

static void container_ended(struct log_stream *s)
{
    char *text = log_facts_text(&s->facts, s->container);

    s->drained = true;
    log_stream_hand_held(s);
    tell_body_error(s);
    if (s->facts.final) {
        log_stream_end(s, text, true);
    } else {
        log_stream_say(s, LOG_STREAM_WAITING, text);
        s->retry_at_ms = INT64_MAX;  /* the pod watch tells of the next one; the dead one's log would be the same again */
    }
    free(text);
}

/* The last line has no end yet. A dead container's never gets one; else it comes again, perhaps longer. */
static void take_rest(struct log_stream *s, bool whole)
{
    struct slice text;
    int64_t stamp;

    if (!log_splitter_rest(&s->splitter, &stamp, &text))
        return;
    if (whole || s->phase == LOG_PHASE_PREVIOUS || log_stream_error_in_body(stamp, text)) {
        log_stream_take(s, stamp, text);
        buf_clear(&s->held_part);
    } else if (stamp > s->join.window.newest_ns) {
        buf_clear(&s->held_part);
        buf_add_slice(&s->held_part, text);
        s->held_ns = stamp;
    }
}

/* A 200 that ended by itself. */
static void answer_whole(struct log_stream *s)
{
    bool once = !s->config.follow || s->config.previous, dead = s->asked_dead && log_facts_dead(&s->facts);

    take_rest(s, once || dead || s->pod_gone);
    if (!s->exchange && s->retry_at_ms != INT64_MAX)
        return;                      /* that last line did not join: it is being looked into */
    s->verified = false;
    if (s->phase == LOG_PHASE_PREVIOUS) {
        previous_read(s);
    } else if (once) {
        log_stream_end(s, s->body_error ? s->body_error : "", s->body_error != NULL);
    } else if (s->pod_gone) {
        log_stream_end(s, s->gone_why, true);
    } else if (dead) {
        container_ended(s);
    } else if (s->body_error) {
        tell_body_error(s);
        log_stream_say(s, LOG_STREAM_RETRYING, s->body_error);
        log_stream_back_off(s, ASK_AGAIN_MS);
    } else if (log_facts_dead(&s->facts)) {
        log_stream_retry_in(s, 0);   /* once more, now that it is known to be over: the end may have been a timeout's */
    } else {
        log_stream_say(s, LOG_STREAM_WAITING, "the answer ended: asking again");
        log_stream_back_off(s, ASK_AGAIN_MS);
    }
}

static void refused_404(struct log_stream *s)
{
    bool watched = s->facts.state != LOG_CONTAINER_UNKNOWN;

    if (s->pod_gone || !s->config.follow) {
        log_stream_end(s, s->pod_gone ? s->gone_why : "the pod is gone", true);
    } else if (!watched && ++s->not_found >= GONE_AFTER) {
        log_stream_end(s, "the pod is gone", true);
    } else {
        log_stream_say(s, LOG_STREAM_RETRYING, "404: the server does not know the pod");
        log_stream_back_off(s, WAITING_MS);
    }
}

static void refused_400(struct log_stream *s, const char *text)
{
    const char *waits = strstr(text, "is waiting to start: ");

    log_stream_say(s, LOG_STREAM_WAITING, waits ? waits + 3 : text);
    log_stream_retry_in(s, s->facts.state == LOG_CONTAINER_UNKNOWN ? WAITING_MS : WAITING_KNOWN_MS);
}

/* A refusal with a body: what it means for the stream. */
static void refused(struct log_stream *s)
{
    json status = json_whole(buf_slice(&s->error));
    char *message = json_dup(json_get(status, "message"));
    char *text = message      ? message
                 : s->error.n ? mem_printf("%d: %.200s", s->status, s->error.p)
                              : mem_printf("the server answered %d", s->status);

    if (s->phase == LOG_PHASE_PREVIOUS && (s->status == 400 || s->status == 404)) {
        previous_read(s);            /* nothing is kept of the container before */
    } else if (s->status == 403) {
        log_stream_say(s, LOG_STREAM_FORBIDDEN, text);
        log_stream_retry_in(s, FORBIDDEN_MS);
    } else if (s->status == 404) {
        refused_404(s);
    } else if (s->status == 400 && (s->config.previous || !s->config.follow)) {
        log_stream_end(s, text, true);
    } else if (s->status == 400) {
        refused_400(s, text);
    } else {
        log_stream_say(s, LOG_STREAM_RETRYING, text);
        log_stream_back_off(s, s->retry_after_ms ? s->retry_after_ms : s->status == 401 ? WAITING_MS : 0);
    }
    if (s->pod_gone && s->state != LOG_STREAM_ENDED && s->phase == LOG_PHASE_CURRENT && s->status < 500 && s->status != 429)
        log_stream_end(s, s->gone_why, true);
    free(text);
}

static void on_end(void *ctx, enum end_reason end, const char *text)
{
    struct log_stream *s = ctx;

    s->exchange = NULL;
    if (end == END_DONE && s->status == 200) {
        answer_whole(s);
    } else if (end == END_DONE && s->status == 204 && !s->config.follow) {
        log_stream_end(s, "the pod is not scheduled yet", true);
    } else if (end == END_DONE && s->status == 204) {
        log_stream_say(s, LOG_STREAM_WAITING, "the pod is not scheduled yet");
        log_stream_retry_in(s, s->facts.state == LOG_CONTAINER_UNKNOWN ? WAITING_MS : WAITING_KNOWN_MS);
    } else if (end == END_DONE) {
        refused(s);
    } else {
        /* a server that began to answer is there: to wait longer each time would only lose what is rotated away meanwhile */
        if (s->status == 200 && s->failures > 1)
            s->failures = 1;
        log_stream_say(s, LOG_STREAM_RETRYING, text);
        log_stream_back_off(s, 0);
    }
    log_splitter_clear(&s->splitter); /* of a cut line: it comes again whole */
}

const struct response_ops log_answer_ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};
