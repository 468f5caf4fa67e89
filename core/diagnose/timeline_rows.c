/* Which rows a chain has. What is told twice (by an event and by a status, by a claim and by its sandbox) is one row: that with the finer
 * stamp or the nearer to the claim. A stamp that is missing makes no row. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/diagnose/timeline_parts.h"
#include "core/diagnose/words.h"

enum { EVENTS_MOST = 300, EXTRA_MOST = 500 };

static struct timeline_row *add(struct timeline *t, enum timeline_kind kind, int64_t ms, const struct object *o, const char *text, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* NULL where there is no stamp. */
static struct timeline_row *add(struct timeline *t, enum timeline_kind kind, int64_t ms, const struct object *o, const char *text, const char *format, ...)
{
    struct buf what = {0};
    va_list ap;
    if (ms <= 0)
        return NULL;
    va_start(ap, format);
    buf_vprintf(&what, format, ap);
    va_end(ap);
    if ((t->n_rows & (t->n_rows - 1)) == 0)
        t->rows = mem_grow(t->rows, t->n_rows ? t->n_rows * 2 : 1, sizeof *t->rows);
    struct timeline_row *row = &t->rows[t->n_rows++];
    *row = (struct timeline_row){
        .time_ms = ms, .last_ms = ms, .count = 1, .kind = kind, .object_kind = o ? o->kind : KIND_NONE, .ns = mem_text(o ? o->ns : ""),
        .name = mem_text(o ? o->name : ""), .what = buf_take(&what), .text = text && *text ? mem_text(text) : NULL,
    };
    return row;
}

static void mark_bad(struct timeline_row *row, bool bad)
{
    if (row)
        row->bad = bad;
}

static const char *truth_name(enum truth truth)
{
    return truth == TRUTH_TRUE ? "True" : truth == TRUTH_FALSE ? "False" : "Unknown";
}

static void add_condition(struct timeline *t, const struct object *o, const char *type, const struct condition *c)
{
    bool ready = is(type, "Ready") && c->status == TRUTH_TRUE;
    if (c->status == TRUTH_ABSENT)
        return;
    struct timeline_row *row = ready ? add(t, TIME_READY, c->since_ms, o, c->message, "ready") :
        add(t, TIME_CONDITION, c->since_ms, o, c->message, "condition %s = %s%s%s%s", type, truth_name(c->status), *c->reason ? " (" : "", c->reason,
            *c->reason ? ")" : "");
    mark_bad(row, (c->status != TRUTH_TRUE && is(type, "Ready")) || (c->status == TRUTH_FALSE && is(type, "PodScheduled")));
}

/* Whether b says no more than a did: a sandbox hands its conditions up to its claim word for word. */
static bool same_condition(const struct condition *a, const struct condition *b)
{
    return a->status == b->status && a->since_ms / 1000 == b->since_ms / 1000 && strcmp(a->reason, b->reason) == 0 && strcmp(a->message, b->message) == 0;
}

/* ---- events --------------------------------------------------------------------------------------------------------------------- */

static bool event_told(const struct moments *m, const struct event *e)
{
    char field[320];
    bool first;
    if (e == m->bound_event || e == m->scheduled_event)
        return true;                 /* as rows of their own kinds */
    if (!m->pod || e->about_kind != KIND_POD)
        return false;
    for (uint32_t i = 0; i < m->pod->n_containers; i++) {
        const struct container *c = &m->pod->containers[i];
        if (!is(e->about_field, container_field(c, field)))
            continue;
        if (is(e->reason, "Created"))
            return e->count == 1 && first_event(&m->pod->o, "Started", field) != NULL;
        if (is(e->reason, "Started"))
            return e->count == 1 && container_first_start(m->pod, c, &first) != 0;
    }
    return false;
}

static enum timeline_kind event_kind(const struct event *e)
{
    if (!is(e->type, "Normal"))
        return TIME_WARNING;
    return is(e->reason, "Pulling") ? TIME_PULLING : is(e->reason, "Pulled") ? TIME_PULLED : TIME_EVENT;
}

static void add_event(struct timeline *t, const struct object *o, const struct event *e)
{
    struct timeline_row *row = add(t, event_kind(e), e->first_ms, o, e->message, "event %s", e->reason);
    if (!row)
        return;
    row->count = e->count > 0 ? e->count : 1;
    row->last_ms = e->last_ms > e->first_ms ? e->last_ms : e->first_ms;
    row->bad = row->kind == TIME_WARNING;
}

static void add_events(struct timeline *t, const struct moments *m, const struct object *o)
{
    size_t n = 0;
    for (const struct link *l = link_in(o, LINK_EVENT_ABOUT, NULL); l; l = link_in(o, LINK_EVENT_ABOUT, l)) {
        if (event_told(m, AS(event, l->from)))
            continue;
        if (n++ < EVENTS_MOST)
            add_event(t, o, AS(event, l->from));
        else
            t->left_out++;
    }
}

/* ---- objects -------------------------------------------------------------------------------------------------------------------- */

static void add_leaving(struct timeline *t, const struct object *o)
{
    /* a pod's deletionTimestamp is the end of its grace period: that of the others, which have none, the moment of the request */
    add(t, TIME_DELETION, o->deleting_ms, o, o->finalizers, "%s", o->kind == KIND_POD ? "being deleted: end of the grace period" : "deletion asked for");
}

static void add_claim(struct timeline *t, const struct moments *m)
{
    const struct claim *c = m->claim;
    add(t, TIME_CREATED, c->o.created_ms, &c->o, NULL, "created%s%s", *c->pool ? ", asks for pool " : "", c->pool);
    add(t, TIME_SEEN, c->observed_ms, &c->o, NULL, "seen by the controller");
    if (m->bound_event)
        add(t, TIME_BOUND, m->bound_event->first_ms, &c->o, m->bound_event->message,
            "%s", is(m->bound_event->reason, "SandboxAdopted") ? "took over a warm sandbox" : "got a new sandbox");
    /* an adopted sandbox's condition is older than the claim; that of a claim that flipped is younger than its first readiness */
    bool inherited = c->ready.since_ms < c->o.created_ms, first = c->first_ready_ms != 0;
    bool still = c->ready.status == TRUTH_TRUE && (inherited || c->first_ready_ms / 1000 == c->ready.since_ms / 1000);
    if (first)
        add(t, TIME_READY, c->first_ready_ms, &c->o, still ? c->ready.message : NULL, "ready%s", still ? "" : " for the first time");
    if (!(first && still) && !(inherited && m->sandbox && same_condition(&c->ready, &m->sandbox->ready)))
        add_condition(t, &c->o, "Ready", &c->ready); /* what an adopted sandbox brought along stands in its own row */
    add_condition(t, &c->o, "Finished", &c->finished);
    if (c->shutdown_ms && c->shutdown_ms <= m->now_ms)
        add(t, TIME_DELETION, c->shutdown_ms, &c->o, c->shutdown_policy, "shutdown time reached");
    add_leaving(t, &c->o);
    add_events(t, m, &c->o);
}

static void add_sandbox(struct timeline *t, const struct moments *m)
{
    const struct sandbox *s = m->sandbox;
    const struct claim *c = m->claim;
    add(t, TIME_CREATED, s->o.created_ms, &s->o, NULL, "created%s", m->adopted || s->pool_member ? " as a member of a warm pool" : "");
    if (!m->pod || m->pod->scheduled.status != s->scheduled.status)
        add_condition(t, &s->o, "PodScheduled", &s->scheduled);
    if (s->suspended.status == TRUTH_TRUE)
        add_condition(t, &s->o, "Suspended", &s->suspended);
    else if (m->resumed)
        add(t, TIME_SEEN, s->suspended.since_ms, &s->o, s->suspended.message, "resumed");
    if (!c || !same_condition(&s->finished, &c->finished))
        add_condition(t, &s->o, "Finished", &s->finished);
    if (!c || !same_condition(&s->ready, &c->ready) || c->ready.since_ms < c->o.created_ms)
        add_condition(t, &s->o, "Ready", &s->ready);
    add_leaving(t, &s->o);
    add_events(t, m, &s->o);
}

static void add_run(struct timeline *t, const struct pod *p, const struct container *c, int64_t from_ms, int64_t to_ms, int32_t code, const char *reason,
                    const char *message)
{
    const char *kind = c->init ? "init container" : "container";
    if (from_ms)
        add(t, TIME_STARTED, from_ms, &p->o, NULL, "%s %s started", kind, c->name);
    if (to_ms)
        mark_bad(add(t, TIME_EXITED, to_ms, &p->o, message, "%s %s ended: %s%sexit %d", kind, c->name, reason, *reason ? ", " : "", (int)code), code != 0);
}

static void add_container(struct timeline *t, const struct pod *p, const struct container *c)
{
    bool first;
    if (c->has_last)
        add_run(t, p, c, c->last_started_ms, c->last_finished_ms, c->last_exit_code, c->last_reason, c->last_message);
    if (c->state == CONTAINER_RUNNING)
        add_run(t, p, c, c->started_ms, 0, 0, "", "");
    else if (c->state == CONTAINER_TERMINATED)
        add_run(t, p, c, c->started_ms, c->finished_ms, c->exit_code, c->reason, c->message);
    int64_t ms = container_first_start(p, c, &first);
    if (ms && c->restarts > 1 && first && ms != c->last_started_ms && ms != c->started_ms)
        add(t, TIME_STARTED, ms, &p->o, NULL, "%s %s started for the first time", c->init ? "init container" : "container", c->name);
}

static void add_volumes(struct timeline *t, const struct moments *m)
{
    for (const struct link *l = m->pod->o.out; l; l = l->next_out) {
        if (l->role != LINK_POD_PVC || !l->to->present)
            continue;
        add(t, TIME_CREATED, l->to->created_ms, l->to, NULL, "created, now %s", AS(pvc, l->to)->phase);
        add_events(t, m, l->to);
    }
}

static void add_pod(struct timeline *t, const struct moments *m)
{
    const struct pod *p = m->pod;
    add(t, TIME_CREATED, p->o.created_ms, &p->o, NULL, "created");
    if (m->scheduled_event)
        add(t, TIME_SCHEDULED, m->scheduled_event->first_ms, &p->o, NULL, "scheduled on node %s", p->node);
    else if (p->scheduled.status == TRUTH_TRUE)
        add(t, TIME_SCHEDULED, p->scheduled.since_ms, &p->o, NULL, "scheduled on node %s", p->node);
    else
        add_condition(t, &p->o, "PodScheduled", &p->scheduled);
    for (uint32_t i = 0; i < p->n_containers; i++)
        add_container(t, p, &p->containers[i]);
    add_condition(t, &p->o, "Ready", &p->ready);
    add_leaving(t, &p->o);
    add_events(t, m, &p->o);
    add_volumes(t, m);
}

/* An object that stands alone: a pool, a node, a deployment … */
static void add_alone(struct timeline *t, const struct moments *m)
{
    const struct object *o = m->subject;
    if (!o->present)
        return;
    add(t, TIME_CREATED, o->created_ms, o, NULL, "created");
    if (o->kind == KIND_NODE)
        add_condition(t, o, "Ready", &AS(node, o)->ready);
    if (o->kind == KIND_DEPLOYMENT) {
        add_condition(t, o, "Available", &AS(deployment, o)->available);
        add_condition(t, o, "Progressing", &AS(deployment, o)->progressing);
    }
    add_leaving(t, o);
    add_events(t, m, o);
}

static void add_extra(struct timeline *t, const struct store *store, const struct timeline_extra *x)
{
    const struct object *o = x->kind < KIND_COUNT && x->name ? store_find(store, x->kind, slice_of(x->ns ? x->ns : ""), slice_of(x->name)) : NULL;
    struct timeline_row *row = add(t, TIME_LOG, x->time_ms, o, x->text, "%s%slog", x->source ? x->source : "", x->source && *x->source ? " " : "");
    if (!row)
        return;
    row->bad = x->error;
    if (!o && x->name) {             /* gone since, or never seen: its name still tells */
        free(row->ns);
        free(row->name);
        row->object_kind = x->kind;
        row->ns = mem_text(x->ns ? x->ns : "");
        row->name = mem_text(x->name);
    }
}

void rows_collect(const struct moments *m, const struct store *store, const struct timeline_extra *extra, size_t n_extra, struct timeline *t)
{
    if (m->claim)
        add_claim(t, m);
    if (m->sandbox)
        add_sandbox(t, m);
    if (m->pod)
        add_pod(t, m);
    if (!m->claim && !m->sandbox && !m->pod)
        add_alone(t, m);
    size_t from = n_extra > EXTRA_MOST ? n_extra - EXTRA_MOST : 0; /* the newest are at the end */
    t->left_out += from;
    for (size_t i = from; i < n_extra; i++)
        add_extra(t, store, &extra[i]);
}
