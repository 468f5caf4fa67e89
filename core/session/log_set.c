/* Which logs are followed: every container of the controller's and the router's pods, as the pod watch names them; their lines go into one
 * bounded buffer, merged by time. Invariant: one stream per pod uid and container. */
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/kube/log_stream.h"
#include "core/session/session_internal.h"

#include <stdlib.h>

enum { TAIL_LINES = 200, STREAMS_MOST = 32, BUFFER_DEFAULT = 64 * 1024 * 1024 };

struct follow {
    struct log_set *set;
    struct uid uid;
    char *ns, *pod, *container;
    const char *label;               /* static */
    unsigned number;                 /* in the buffer */
    struct log_stream *stream;
    bool seen, gone;
};

struct log_set {
    struct session *session;
    struct log_buffer *buffer;
    struct ptrs follows;             /* of struct follow */
    struct log_source *rows;         /* for log_set_sources */
    bool look;                       /* the pods are to be gone through again though none has changed */
};

static void on_line(void *ctx, int64_t stamp_ns, struct slice line)
{
    struct follow *f = ctx;

    log_buffer_add(f->set->buffer, f->number, LOG_LINE_TEXT, stamp_ns, line);
}

static void on_mark(void *ctx, enum log_mark mark, int64_t wall_ms, const char *text)
{
    struct follow *f = ctx;
    unsigned type = mark == LOG_MARK_GAP ? LOG_LINE_GAP : mark == LOG_MARK_RESTART ? LOG_LINE_RESTART : LOG_LINE_STATUS;

    log_buffer_add(f->set->buffer, f->number, type, wall_ms * 1000000, slice_of(text));
}

static const struct log_stream_sink sink = {.on_line = on_line, .on_mark = on_mark};

static const char *label_of(const struct pod *pod)
{
    return strcmp(pod->app, "agent-sandbox-controller") == 0 ? "ctl" : strcmp(pod->app, "sandbox-router") == 0 ? "rtr" : NULL;
}

static void follow_free(struct follow *f)
{
    log_stream_free(f->stream);
    free(f->ns);
    free(f->pod);
    free(f->container);
    free(f);
}

static void tell_container(struct follow *f, const struct container *c)
{
    char *exit = c->has_last ? mem_printf("exit %d%s%s", (int)c->last_exit_code, *c->last_reason ? ", " : "", c->last_reason) : NULL;

    log_stream_container(f->stream, c->id, c->restarts, exit);
    free(exit);
}

static void follow_container(struct log_set *set, const struct pod *pod, const struct container *c, const char *label)
{
    for (size_t i = 0; i < set->follows.n; i++) {
        struct follow *f = set->follows.v[i];
        if (uid_eq(f->uid, pod->o.uid) && strcmp(f->container, c->name) == 0) {
            f->seen = true;
            tell_container(f, c);
            return;
        }
    }
    if (set->follows.n >= STREAMS_MOST)
        return;
    struct follow *f = NEW(struct follow);
    *f = (struct follow){
        .set = set, .uid = pod->o.uid, .ns = mem_text(pod->o.ns), .pod = mem_text(pod->o.name), .container = mem_text(c->name),
        .label = label, .number = log_buffer_stream(set->buffer, label), .seen = true,
    };
    struct log_stream_config config = {.ns = f->ns, .pod = f->pod, .container = f->container, .tail_lines = TAIL_LINES, .follow = true};
    f->stream = log_stream_new(set->session->transport, set->session->clock, &config, &sink, f);
    tell_container(f, c);
    ptrs_add(&set->follows, f);
}

/* There may be 10,000 pods, and many turns a second in which none of ours has changed. */
static bool must_look(const struct log_set *set)
{
    const struct ptrs *changes = store_changes(set->session->store);

    if (set->look)
        return true;
    for (size_t i = 0; i < changes->n; i++) {
        const struct object *o = changes->v[i];
        if (o->kind == KIND_POD && label_of(AS(pod, o)))
            return true;
    }
    return false;
}

void log_set_update(struct log_set *set)
{
    const struct ptrs *pods = store_all(set->session->store, KIND_POD);

    if (!must_look(set))
        return;
    set->look = false;
    for (size_t i = 0; i < set->follows.n; i++)
        ((struct follow *)set->follows.v[i])->seen = false;
    for (size_t i = 0; i < pods->n; i++) {
        const struct pod *pod = AS(pod, pods->v[i]);
        const char *label = label_of(pod);
        for (uint32_t k = 0; label && k < pod->n_containers; k++)
            if (!pod->containers[k].init)
                follow_container(set, pod, &pod->containers[k], label);
    }
    for (size_t i = set->follows.n; i-- > 0;) {
        struct follow *f = set->follows.v[i];
        if (f->seen)
            continue;
        if (!f->gone)
            log_stream_pod_gone(f->stream);      /* it drains what is left, then ends */
        f->gone = true;
        set->look = true;            /* until it has ended; and then there is room for another */
        if (log_stream_state(f->stream) != LOG_STREAM_ENDED)
            continue;
        ptrs_remove(&set->follows, i);
        follow_free(f);
    }
}

void log_set_step(struct log_set *set)
{
    for (size_t i = 0; i < set->follows.n; i++) {
        struct follow *f = set->follows.v[i];
        if (log_stream_due(f->stream) == 0)
            log_stream_step(f->stream);
    }
}

int64_t log_set_due(const struct log_set *set)
{
    int64_t due = -1;

    for (size_t i = 0; i < set->follows.n; i++)
        due = sooner(due, log_stream_due(((struct follow *)set->follows.v[i])->stream));
    return due;
}

void log_set_retry_now(struct log_set *set)
{
    for (size_t i = 0; i < set->follows.n; i++)
        log_stream_retry_now(((struct follow *)set->follows.v[i])->stream);
}

const struct log_buffer *log_set_buffer(const struct log_set *set)
{
    return set->buffer;
}

const struct log_source *log_set_sources(struct log_set *set, size_t *n)
{
    set->rows = mem_grow(set->rows, set->follows.n, sizeof *set->rows);
    for (size_t i = 0; i < set->follows.n; i++) {
        const struct follow *f = set->follows.v[i];
        set->rows[i] = (struct log_source){
            .label = f->label, .ns = f->ns, .pod = f->pod, .container = f->container, .message = log_stream_message(f->stream),
            .live = log_stream_state(f->stream) == LOG_STREAM_FOLLOWING,
        };
    }
    *n = set->follows.n;
    return set->rows;
}

struct log_set *log_set_new(struct session *s)
{
    struct log_set *set = NEW(struct log_set);

    set->session = s;
    set->buffer = log_buffer_new(s->config.log_buffer_bytes ? s->config.log_buffer_bytes : BUFFER_DEFAULT);
    return set;
}

void log_set_free(struct log_set *set)
{
    for (size_t i = 0; i < set->follows.n; i++)
        follow_free(set->follows.v[i]);
    ptrs_free(&set->follows);
    log_buffer_free(set->buffer);
    free(set->rows);
    free(set);
}
