/* What the pod watch says to a log stream: restarts, ends, reasons to wait. Invariant: a stream that is told nothing new does nothing
 * new. */
#include "core/base/mem.h"
#include "core/kube/log_stream_internal.h"

#include <stdlib.h>

enum { STAMP_MS = 1000 };            /* a container's start is told to the second */

void log_facts_init(struct log_facts *f)
{
    *f = (struct log_facts){.id = mem_text(""), .reason = mem_text(""), .last_reason = mem_text("")};
}

void log_facts_free(struct log_facts *f)
{
    free(f->id);
    free(f->reason);
    free(f->last_reason);
}

/* A waiting container that has an id waits to be started again. */
bool log_facts_dead(const struct log_facts *f)
{
    return f->state == LOG_CONTAINER_TERMINATED || (f->state == LOG_CONTAINER_WAITING && *f->id);
}

char *log_facts_text(const struct log_facts *f, const char *container)
{
    bool ended = f->state == LOG_CONTAINER_TERMINATED;
    int code = ended ? f->exit_code : f->last_exit_code;
    const char *reason = ended ? f->reason : f->last_reason;

    if (ended)
        return mem_printf("%s ended: exit %d%s%s", container, code, *reason ? ", " : "", reason);
    if (f->has_last)
        return mem_printf("waiting to start: %s (exit %d%s%s)", f->reason, code, *reason ? ", " : "", reason);
    return mem_printf("waiting to start: %s", f->reason);
}

static bool set(char **slot, const char *text)
{
    text = text ? text : "";
    if (strcmp(*slot, text) == 0)
        return false;
    free(*slot);
    *slot = mem_text(text);
    return true;
}

/* Whether anything is different now. An id is kept while the watch names none: a waiting container's may be left out. */
static bool take_facts(struct log_facts *f, const struct log_container *c)
{
    bool changed = f->state != c->state || f->exit_code != c->exit_code || f->restarts != c->restarts || f->has_last != c->has_last ||
                   f->last_exit_code != c->last_exit_code || f->final != c->final;

    f->state = c->state;
    f->exit_code = c->exit_code;
    f->restarts = c->restarts;
    f->has_last = c->has_last;
    f->last_exit_code = c->last_exit_code;
    f->final = c->final;
    f->started_ms = c->started_ms;
    changed |= set(&f->reason, c->reason);
    changed |= set(&f->last_reason, c->last_reason);
    if (c->id && *c->id)
        changed |= set(&f->id, c->id);
    return changed;
}

static bool nothing_read(const struct log_stream *s)
{
    return s->join.window.newest_ns == INT64_MIN;
}

static void same_container(struct log_stream *s)
{
    if (s->exchange || s->pod_gone || s->held)
        return;
    if (log_facts_dead(&s->facts)) {
        if (s->drained && s->state != LOG_STREAM_ENDED) {
            char *text = log_facts_text(&s->facts, s->container);
            log_stream_say(s, LOG_STREAM_WAITING, text);
            free(text);
        } else if (!s->drained) {
            log_stream_retry_in(s, 0);
        }
    } else if (s->facts.state == LOG_CONTAINER_RUNNING && !s->verified) {
        log_stream_retry_in(s, 0);
    } else if (s->facts.state == LOG_CONTAINER_WAITING && s->state != LOG_STREAM_ENDED) {
        char *text = log_facts_text(&s->facts, s->container);
        log_stream_say(s, LOG_STREAM_WAITING, text);
        free(text);
    }
}

/* Another container than the one that was read. seen: how many restarts were known of before. */
static void restarted(struct log_stream *s, int64_t seen)
{
    /* the watch was late, and after waiting for it the new container's log was gone on with */
    if (s->facts.started_ms && s->join.window.newest_ns / 1000000 >= s->facts.started_ms + STAMP_MS) {
        if (s->other_read)
            log_stream_mark(s, LOG_MARK_GAP, "lines of the container before may be missing: it was restarted before it was read");
        s->other_read = s->drained = false;
        log_stream_restart_mark(s);
        same_container(s);
        return;
    }
    log_stream_drop(s);              /* what it had not yet brought is read by previous=true, which joins by the window */
    if (s->facts.restarts > seen + 1 && !nothing_read(s)) {
        char *text = mem_printf("container %s was restarted %lld times unseen: lines of those before the last are missing", s->container,
                                (long long)(s->facts.restarts - seen));
        log_stream_mark(s, LOG_MARK_GAP, text);
        free(text);
        s->drained = false;
        s->fresh = true;             /* the one before is none that was read */
    }
    s->from_start = true;
    s->other_read = false;
    if (s->drained) {
        log_stream_current(s);
    } else {
        s->phase = LOG_PHASE_PREVIOUS;
        log_stream_retry_in(s, 0);
    }
    if (s->state == LOG_STREAM_ENDED)
        log_stream_say(s, LOG_STREAM_CONNECTING, "");
}

/* The container was restarted before the stream began. */
static bool begins_late(const struct log_stream *s)
{
    return nothing_read(s) && !s->exchange && s->facts.state == LOG_CONTAINER_RUNNING && s->facts.has_last && s->config.previous_lines;
}

void log_stream_container(struct log_stream *s, const struct log_container *c)
{
    bool first = s->facts.state == LOG_CONTAINER_UNKNOWN && !*s->facts.id;
    bool other = *s->facts.id && c->id && *c->id && strcmp(s->facts.id, c->id) != 0;
    int64_t seen = s->facts.restarts;

    if (!take_facts(&s->facts, c) || s->config.previous || !s->config.follow)
        return;
    if (other && !(nothing_read(s) && s->phase == LOG_PHASE_PREVIOUS)) {
        restarted(s, seen);
    } else if (first && begins_late(s)) {
        s->phase = LOG_PHASE_PREVIOUS;   /* why it was restarted stands there */
    } else {
        same_container(s);
    }
}

void log_stream_pod_gone(struct log_stream *s, bool replaced, const char *why)
{
    s->pod_gone = true;
    free(s->gone_why);
    s->gone_why = mem_text(why);
    if (s->state == LOG_STREAM_ENDED)
        log_stream_say(s, LOG_STREAM_ENDED, s->message);
    else if (!s->exchange && (s->drained || replaced))
        log_stream_end(s, why, true);
    else if (!s->exchange)
        log_stream_retry_in(s, 0);   /* what is left, or a 404 */
}

void log_stream_pod_back(struct log_stream *s)
{
    s->pod_gone = false;
    if (s->state != LOG_STREAM_ENDED || s->exchange)
        return;
    log_stream_say(s, LOG_STREAM_CONNECTING, "");
    s->drained = false;
    log_stream_retry_in(s, 0);
}
