/* The log panes: which streams run, and where their lines go. Invariant: a pane has one stream a pod uid and container. A stream that has
 * ended is kept for a while, so that a pod that comes back under the same uid goes on where it was instead of being read twice. */
#include "core/session/log_set.h"

#include "core/base/mem.h"

#include <stdlib.h>

enum {
    TAIL_LINES = 500, PREVIOUS_LINES = 500,
    STREAMS_MOST = 64,               /* of a pane that have not ended */
    KEEP_ENDED_MS = 600000, KEEP_ENDED_MOST = 64,
    BUFFER_DEFAULT = 64 * 1024 * 1024,
};

/* --- what streams bring -------------------------------------------------------------------------------------------------------- */

static void on_line(void *ctx, int64_t stamp_ns, struct slice line)
{
    struct follow *f = ctx;
    struct pane *pane = f->pane;

    f->row.lines++;
    f->row.bytes += line.n;
    if (pane->tap)
        pane->tap->on_line(pane->tap_ctx, &f->row, stamp_ns, line);
    else
        log_buffer_add(pane->buffer, f->number, LOG_LINE_TEXT, stamp_ns, line);
}

static void on_mark(void *ctx, enum log_mark mark, int64_t wall_ms, const char *text)
{
    struct follow *f = ctx;
    struct pane *pane = f->pane;
    unsigned type = mark == LOG_MARK_GAP ? LOG_LINE_GAP : mark == LOG_MARK_RESTART ? LOG_LINE_RESTART : LOG_LINE_STATUS;

    f->row.gaps += mark == LOG_MARK_GAP;
    if (pane->tap)
        pane->tap->on_mark(pane->tap_ctx, &f->row, mark, wall_ms, text);
    else
        log_buffer_add(pane->buffer, f->number, type, wall_ms * 1000000, slice_of(text));
}

static const struct log_stream_sink sink = {.on_line = on_line, .on_mark = on_mark};

/* --- one stream ---------------------------------------------------------------------------------------------------------------- */

static void follow_free(struct follow *f)
{
    log_stream_free(f->stream);
    free(f->label);
    free(f->ns);
    free(f->pod);
    free(f->container);
    free(f);
}

static void tell_container(struct follow *f, const struct pod *pod, const struct container *c)
{
    bool done = strcmp(pod->phase, "Succeeded") == 0 || strcmp(pod->phase, "Failed") == 0 || (c->init && c->exit_code == 0);
    static const enum log_container_state states[] = {
        [CONTAINER_UNKNOWN] = LOG_CONTAINER_UNKNOWN, [CONTAINER_WAITING] = LOG_CONTAINER_WAITING,
        [CONTAINER_RUNNING] = LOG_CONTAINER_RUNNING, [CONTAINER_TERMINATED] = LOG_CONTAINER_TERMINATED,
    };
    struct log_container facts = {
        .id = c->id, .state = states[c->state], .reason = c->reason, .exit_code = c->exit_code,
        .final = done && c->state == CONTAINER_TERMINATED, .restarts = c->restarts,
        .started_ms = c->state == CONTAINER_RUNNING ? c->started_ms : 0, .has_last = c->has_last, .last_exit_code = c->last_exit_code,
        .last_reason = c->last_reason,
    };

    log_stream_container(f->stream, &facts);
}

static bool ended(const struct follow *f)
{
    return log_stream_state(f->stream) == LOG_STREAM_ENDED;
}

static struct follow *find(const struct pane *pane, struct uid uid, const char *container)
{
    for (size_t i = 0; i < pane->follows.n; i++) {
        struct follow *f = pane->follows.v[i];
        if (uid_eq(f->uid, uid) && strcmp(f->container, container) == 0)
            return f;
    }
    return NULL;
}

static size_t running(const struct pane *pane)
{
    size_t n = 0;

    for (size_t i = 0; i < pane->follows.n; i++)
        n += !ended(pane->follows.v[i]);
    return n;
}

static struct follow *begin(struct pane *pane, const struct pod *pod, const struct container *c, const char *label)
{
    struct session *s = pane->set->session;
    struct follow *f = NEW(struct follow);

    *f = (struct follow){
        .pane = pane, .uid = pod->o.uid, .ns = mem_text(pod->o.ns), .pod = mem_text(pod->o.name), .container = mem_text(c->name),
        .label = mem_text(label), .init = c->init, .number = log_buffer_stream(pane->buffer, label),
    };
    log_buffer_name(pane->buffer, f->number, f->ns, f->pod, f->container);
    f->row = (struct log_stream_row){
        .label = f->label, .ns = f->ns, .pod = f->pod, .container = f->container, .init = c->init, .stream = f->number,
    };
    struct log_stream_config config = {
        .ns = f->ns, .pod = f->pod, .container = f->container, .since_ms = pane->wish.since_ms,
        .tail_lines = pane->known && pane->wish.whole_later ? 0 : pane->wish.tail_lines,
        .previous = pane->wish.previous, .follow = !pane->wish.once, .previous_lines = pane->wish.previous_lines,
    };
    f->stream = log_stream_new(s->transport, s->clock, &config, &sink, f);
    ptrs_add(&pane->follows, f);
    return f;
}

void pane_follow(struct pane *pane, const struct pod *pod, const struct container *c, const char *label)
{
    struct follow *f = find(pane, pod->o.uid, c->name);

    if (!f && running(pane) < STREAMS_MOST)
        f = begin(pane, pod, c, label);
    if (!f)
        return;
    f->seen = true;
    f->ended_ms = 0;
    if (f->gone)
        log_stream_pod_back(f->stream);
    f->gone = false;
    tell_container(f, pod, c);
}

/* --- one pane ------------------------------------------------------------------------------------------------------------------ */

static void forget_ended(struct pane *pane)
{
    int64_t now = mono(pane->set->session);
    size_t kept = 0;

    for (size_t i = pane->follows.n; i-- > 0;) {
        struct follow *f = pane->follows.v[i];
        if (!f->gone || !ended(f))
            continue;
        if (!f->ended_ms)
            f->ended_ms = now > 0 ? now : 1;
        if (++kept <= KEEP_ENDED_MOST && now - f->ended_ms < KEEP_ENDED_MS)
            continue;
        ptrs_remove(&pane->follows, i);
        follow_free(f);
    }
}

/* A sandbox's pod keeps its name when it is made anew. */
static bool replaced(const struct pane *pane, const struct follow *old)
{
    for (size_t i = 0; i < pane->follows.n; i++) {
        const struct follow *f = pane->follows.v[i];
        if (f->seen && strcmp(f->pod, old->pod) == 0 && strcmp(f->ns, old->ns) == 0)
            return true;
    }
    return false;
}

static void look(struct pane *pane)
{
    bool known = log_pods_known(pane->set->pods, pane->id);

    pane->look = false;
    for (size_t i = 0; i < pane->follows.n; i++)
        ((struct follow *)pane->follows.v[i])->seen = false;
    log_pods_visit(pane->set->pods, pane);
    for (size_t i = 0; i < pane->follows.n; i++) {
        struct follow *f = pane->follows.v[i];
        if (f->seen || f->gone)
            continue;
        if (known && replaced(pane, f))
            log_stream_pod_gone(f->stream, true, "the pod was deleted, another one has its name");
        else if (known)
            log_stream_pod_gone(f->stream, false, "the pod was deleted");  /* it reads what is left, then ends */
        else
            pane->look = true;
        f->gone = known;
    }
    pane->known |= known;
    forget_ended(pane);
}

static void pane_clear(struct pane *pane)
{
    for (size_t i = 0; i < pane->follows.n; i++)
        follow_free(pane->follows.v[i]);
    ptrs_clear(&pane->follows);
}

static void pane_buffer(struct pane *pane)
{
    const struct session *s = pane->set->session;

    log_buffer_free(pane->buffer);
    pane->buffer = log_buffer_new(s->config.log_buffer_bytes ? s->config.log_buffer_bytes : BUFFER_DEFAULT);
    pane->epoch++;
}

void log_set_update(struct log_set *set)
{
    for (enum log_pane id = 0; id < LOG_PANES; id++) {
        struct pane *pane = &set->panes[id];
        if (pane->wanted && (pane->look || log_pods_changed(set->pods, id)))
            look(pane);
    }
    log_pods_swept(set->pods);
}

void log_set_select(struct log_set *set)
{
    struct pane *pane = &set->panes[LOGS_CLAIM];

    if (!log_pods_select(set->pods))
        return;
    pane_clear(pane);
    pane_buffer(pane);
    pane->look = true;
    pane->known = false;
}

void log_set_step(struct log_set *set)
{
    log_pods_step(set->pods);
    for (enum log_pane id = 0; id < LOG_PANES; id++) {
        const struct pane *pane = &set->panes[id];
        for (size_t i = 0; i < pane->follows.n; i++) {
            struct follow *f = pane->follows.v[i];
            if (log_stream_due(f->stream) == 0)
                log_stream_step(f->stream);
        }
    }
}

int64_t log_set_due(const struct log_set *set)
{
    int64_t due = log_pods_due(set->pods);

    for (enum log_pane id = 0; id < LOG_PANES; id++)
        for (size_t i = 0; i < set->panes[id].follows.n; i++)
            due = sooner(due, log_stream_due(((struct follow *)set->panes[id].follows.v[i])->stream));
    return due;
}

void log_set_retry_now(struct log_set *set)
{
    log_pods_retry_now(set->pods);
    for (enum log_pane id = 0; id < LOG_PANES; id++)
        for (size_t i = 0; i < set->panes[id].follows.n; i++)
            log_stream_retry_now(((struct follow *)set->panes[id].follows.v[i])->stream);
}

const struct log_buffer *log_set_buffer(const struct log_set *set)
{
    return set->panes[LOGS_SYSTEM].buffer;
}

struct log_set *log_set_new(struct session *s)
{
    struct log_set *set = NEW(struct log_set);

    set->session = s;
    set->pods = log_pods_new(s);
    for (enum log_pane id = 0; id < LOG_PANES; id++) {
        struct pane *pane = &set->panes[id];
        *pane = (struct pane){.set = set, .id = id, .wanted = id == LOGS_SYSTEM, .look = true,
                              .wish = {.tail_lines = TAIL_LINES, .previous_lines = PREVIOUS_LINES, .whole_later = true}};
        pane_buffer(pane);
    }
    return set;
}

void log_set_free(struct log_set *set)
{
    for (enum log_pane id = 0; id < LOG_PANES; id++) {
        struct pane *pane = &set->panes[id];
        pane_clear(pane);
        ptrs_free(&pane->follows);
        log_buffer_free(pane->buffer);
        free(pane->rows);
        free(pane->title);
    }
    log_pods_free(set->pods);
    free(set);
}

/* --- the session's doors ------------------------------------------------------------------------------------------------------- */

void session_log_want(struct session *s, enum log_pane id, bool on)
{
    struct pane *pane = &s->logs->panes[id];

    if (pane->wanted == on)
        return;
    pane->wanted = pane->look = on;
    for (size_t i = 0; i < pane->follows.n; i++)
        log_stream_hold(((struct follow *)pane->follows.v[i])->stream, !on);
}

bool session_log_wanted(const struct session *s, enum log_pane id)
{
    return s->logs->panes[id].wanted;
}

bool session_log_pick(struct session *s, const char *ns, const char *pod)
{
    return log_pods_pick(s->logs->pods, ns, pod);
}

void session_log_unpick(struct session *s, const char *ns, const char *pod)
{
    struct pane *pane = &s->logs->panes[LOGS_PICKED];

    log_pods_unpick(s->logs->pods, ns, pod);
    for (size_t i = pane->follows.n; i-- > 0;) {
        struct follow *f = pane->follows.v[i];
        if (strcmp(f->ns, ns) != 0 || strcmp(f->pod, pod) != 0)
            continue;
        ptrs_remove(&pane->follows, i);
        follow_free(f);
    }
}

bool session_log_picked(const struct session *s, const char *ns, const char *pod)
{
    return log_pods_picked(s->logs->pods, ns, pod);
}

const struct log_buffer *session_log_buffer(const struct session *s, enum log_pane id)
{
    return s->logs->panes[id].buffer;
}

uint64_t session_log_epoch(const struct session *s, enum log_pane id)
{
    return s->logs->panes[id].epoch;
}

const char *session_log_title(struct session *s, enum log_pane id)
{
    struct pane *pane = &s->logs->panes[id];

    free(pane->title);
    pane->title = log_pods_title(s->logs->pods, id);
    return pane->title;
}

const struct log_stream_row *session_log_rows(struct session *s, enum log_pane id, size_t *n)
{
    struct pane *pane = &s->logs->panes[id];

    pane->rows = mem_grow(pane->rows, pane->follows.n, sizeof *pane->rows);
    for (size_t i = 0; i < pane->follows.n; i++) {
        struct follow *f = pane->follows.v[i];
        f->row.state = log_stream_state(f->stream);
        f->row.message = log_stream_message(f->stream);
        pane->rows[i] = f->row;
    }
    *n = pane->follows.n;
    return pane->rows;
}

void session_log_wish(struct session *s, enum log_pane id, const struct log_wish *wish)
{
    s->logs->panes[id].wish = *wish;
}

void session_log_tap(struct session *s, enum log_pane id, const struct log_tap *tap, void *ctx)
{
    s->logs->panes[id].tap = tap;
    s->logs->panes[id].tap_ctx = ctx;
}

const char *session_log_refused(const struct session *s, enum log_pane id)
{
    return log_pods_refused(s->logs->pods, id);
}

bool session_log_found(const struct session *s, enum log_pane id)
{
    return log_pods_known(s->logs->pods, id);
}
