/* Rows in order. Invariant: the order is total and stable: equal inputs give equal timelines, whatever order the store holds them in.
 * Stamps come in two grains: components of Agent Sandbox and the scheduler write microseconds, everything in a status and the kubelet's
 * events are cut to the second. So what is cut is put behind what it follows from, where both fall into one second. */
#include "core/diagnose/timeline.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/diagnose/rules.h"
#include "core/diagnose/timeline_parts.h"
#include "core/diagnose/words.h"

enum { ROWS_MOST = 400 };

const char *timeline_kind_name(enum timeline_kind kind)
{
    static const char *const names[] = {
        [TIME_CREATED] = "created", [TIME_SEEN] = "seen", [TIME_BOUND] = "bound", [TIME_SCHEDULED] = "scheduled", [TIME_PULLING] = "pulling",
        [TIME_PULLED] = "pulled", [TIME_STARTED] = "started", [TIME_EXITED] = "exited", [TIME_READY] = "ready", [TIME_CONDITION] = "condition",
        [TIME_EVENT] = "event", [TIME_WARNING] = "warning", [TIME_LOG] = "log", [TIME_DELETION] = "deletion",
    };
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "";
}

bool stamp_coarse(int64_t ms)
{
    return ms % 1000 == 0;
}

const struct event *first_event(const struct object *o, const char *reason, const char *field)
{
    const struct event *best = NULL;
    for (const struct link *l = o ? link_in(o, LINK_EVENT_ABOUT, NULL) : NULL; l; l = link_in(o, LINK_EVENT_ABOUT, l)) {
        const struct event *e = AS(event, l->from);
        if ((reason && !is(e->reason, reason)) || (field && !is(e->about_field, field)))
            continue;
        if (!best || e->first_ms < best->first_ms || (e->first_ms == best->first_ms && strcmp(e->o.name, best->o.name) < 0))
            best = e;
    }
    return best;
}

const char *container_field(const struct container *c, char out[320])
{
    snprintf(out, 320, "spec.%s{%.253s}", c->init ? "initContainers" : "containers", c->name);
    return out;
}

int64_t container_first_start(const struct pod *pod, const struct container *c, bool *first)
{
    char field[320];
    const struct event *started = first_event(&pod->o, "Started", container_field(c, field));
    int64_t ms = c->state == CONTAINER_RUNNING || c->state == CONTAINER_TERMINATED ? c->started_ms : 0;
    if (c->has_last && c->last_started_ms && (!ms || c->last_started_ms < ms))
        ms = c->last_started_ms;
    *first = c->restarts == 0 || (c->restarts == 1 && c->has_last);
    if (!started || (*first && ms))
        return ms;
    *first = true;
    return !ms || started->first_ms < ms ? started->first_ms : ms;
}

int64_t claim_began(const struct claim *c)
{
    int64_t late = c->observed_ms - c->o.created_ms;
    return c->observed_ms && late > 0 && late < 1000 ? c->observed_ms : c->o.created_ms;
}

static const struct object *present(const struct object *o)
{
    return o && o->present ? o : NULL;
}

/* A pool member that was there before the claim. A sandbox's launch-type label (v0.5) and the claim's event say so outright. */
static bool is_adopted(const struct moments *m)
{
    if (!m->claim || !m->sandbox)
        return false;
    if (m->bound_event && is(m->bound_event->reason, "SandboxAdopted"))
        return true;
    return is(m->sandbox->launch_type, "warm") || (m->sandbox->o.created_ms && m->sandbox->o.created_ms + 1000 < m->claim->o.created_ms);
}

/* Suspended=False is written when a sandbox is made, and again when it is woken up; then its pod is a new one. */
static bool is_resumed(const struct moments *m)
{
    if (!m->sandbox || m->sandbox->suspended.status != TRUTH_FALSE)
        return false;
    int64_t woken = m->sandbox->suspended.since_ms;
    if (woken <= m->sandbox->o.created_ms + 2000 || (m->claim && woken <= m->claim->o.created_ms))
        return false;
    if (m->claim && m->claim->first_ready_ms)
        return m->claim->first_ready_ms < woken;
    return m->pod && m->pod->o.created_ms + 1000 >= woken;
}

void moments_find(struct moments *m, const struct object *o, int64_t now_ms)
{
    *m = (struct moments){.now_ms = now_ms, .subject = o};
    const struct object *about = o->kind == KIND_EVENT ? link_to(o, LINK_EVENT_ABOUT) : o;
    if (present(about))
        o = m->subject = about;
    if (o->kind != KIND_CLAIM && o->kind != KIND_SANDBOX && o->kind != KIND_POD)
        return;
    const struct object *claim = present(o->kind == KIND_CLAIM ? o : chain_claim(o));
    m->claim = AS(claim, claim);
    m->sandbox = AS(sandbox, present(chain_sandbox(claim ? claim : o)));
    m->pod = AS(pod, present(chain_pod(claim ? claim : o)));
    m->subject = claim ? claim : m->sandbox ? &m->sandbox->o : m->pod ? &m->pod->o : o;
    if (claim) {
        m->bound_event = first_event(claim, "SandboxAdopted", NULL);
        if (!m->bound_event)
            m->bound_event = first_event(claim, "SandboxProvisioned", NULL);
    }
    m->scheduled_event = m->pod ? first_event(&m->pod->o, "Scheduled", NULL) : NULL;
    m->adopted = is_adopted(m);
    m->resumed = is_resumed(m);
}

/* ---- order ---------------------------------------------------------------------------------------------------------------------- */

/* What follows from what, in a chain's life; only where two stamps cannot tell. */
static int rank_of(const struct timeline_row *row)
{
    enum { CLAIM_MADE, CLAIM_SEEN, SANDBOX_MADE, BOUND, POD_MADE, LATER };
    int pod_first = row->object_kind == KIND_CLAIM ? 2 : row->object_kind == KIND_SANDBOX ? 1 : 0;
    switch (row->kind) {
    case TIME_CREATED:
        return row->object_kind == KIND_SANDBOX ? SANDBOX_MADE : row->object_kind == KIND_POD || row->object_kind == KIND_PVC ? POD_MADE : CLAIM_MADE;
    case TIME_SEEN:
        return row->object_kind == KIND_SANDBOX ? BOUND : CLAIM_SEEN;
    case TIME_BOUND:
        return BOUND;
    case TIME_READY:
        return LATER + (int)TIME_READY * 3 + pod_first; /* the pod's readiness makes the sandbox's, that one the claim's */
    default:
        return LATER + (int)row->kind * 3;
    }
}

struct place {
    struct timeline_row row;
    int rank;
    uint64_t hash;                   /* of what makes two rows the same */
    int64_t at_ms;                   /* where it stands: its stamp, or later where that is cut to the second */
    size_t nth;
};

static int text_order(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->row.object_kind != y->row.object_kind)
        return x->row.object_kind < y->row.object_kind ? -1 : 1;
    int order = text_order(x->row.name, y->row.name);
    order = order ? order : text_order(x->row.what, y->row.what);
    order = order ? order : text_order(x->row.text, y->row.text);
    return order ? order : (x->nth > y->nth) - (x->nth < y->nth);
}

static void row_free(struct timeline_row *row)
{
    free(row->ns);
    free(row->name);
    free(row->what);
    free(row->text);
}

static bool same_row(const struct timeline_row *a, const struct timeline_row *b)
{
    return a->kind == b->kind && a->object_kind == b->object_kind && text_order(a->name, b->name) == 0 && text_order(a->ns, b->ns) == 0 &&
           text_order(a->what, b->what) == 0 && text_order(a->text, b->text) == 0;
}

static uint64_t row_hash(const struct timeline_row *row)
{
    return slice_hash(slice_of(row->text)) * 31 + slice_hash(slice_of(row->what)) * 17 + (uint64_t)row->kind;
}

/* The same line said again is one row that counts; a log repeats itself at each retry. */
static void merge_repeats(struct place *v, size_t *n)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        size_t k = kept;
        while (k > 0 && (v[k - 1].hash != v[i].hash || !same_row(&v[k - 1].row, &v[i].row)))
            k--;
        bool repeats = v[i].row.kind == TIME_LOG || v[i].row.kind == TIME_WARNING || v[i].row.kind == TIME_EVENT;
        if (k == 0 || (!repeats && v[k - 1].row.time_ms != v[i].row.time_ms)) {
            v[kept++] = v[i];
            continue;
        }
        struct timeline_row *row = &v[k - 1].row;
        if (repeats)
            row->count = row->count > INT32_MAX - v[i].row.count ? INT32_MAX : row->count + v[i].row.count;
        if (v[i].row.last_ms > row->last_ms)
            row->last_ms = v[i].row.last_ms;
        row_free(&v[i].row);
    }
    *n = kept;
}

/* Too many: repeats of logs and plain events give way first, the oldest of them before the others. */
static void bound_rows(struct place *v, size_t *n, size_t *left_out)
{
    for (int round = 0; round < 3 && *n > ROWS_MOST; round++) {
        size_t over = *n - ROWS_MOST, kept = 0;
        for (size_t i = 0; i < *n; i++) {
            enum timeline_kind kind = v[i].row.kind;
            bool weak = round == 0 ? kind == TIME_LOG : round == 1 ? kind == TIME_EVENT || kind == TIME_WARNING : true;
            if (over && weak) {
                over--;
                (*left_out)++;
                row_free(&v[i].row);
            } else {
                v[kept++] = v[i];
            }
        }
        *n = kept;
    }
}

static void arrange(struct timeline *t, int64_t now_ms)
{
    size_t n = t->n_rows;
    struct place *v = n ? mem_array(n, sizeof *v) : NULL;
    for (size_t i = 0; i < n; i++) {
        struct timeline_row *row = &t->rows[i];
        row->coarse = stamp_coarse(row->time_ms);
        v[i] = (struct place){.row = *row, .rank = rank_of(row), .hash = row_hash(row), .at_ms = row->time_ms, .nth = i};
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; v[i].row.coarse && k < n; k++)
            if (v[k].rank < v[i].rank && v[k].row.time_ms > v[i].at_ms && v[k].row.time_ms - v[i].row.time_ms < 1000)
                v[i].at_ms = v[k].row.time_ms;
    if (n)
        qsort(v, n, sizeof *v, by_place);
    merge_repeats(v, &n);
    bound_rows(v, &n, &t->left_out);
    int64_t made = t->subject->created_ms;
    for (size_t i = 0; i < n; i++) {
        t->rows[i] = v[i].row;
        t->rows[i].gap_ms = i ? v[i].at_ms - v[i - 1].at_ms : -1;
        t->rows[i].before = made && v[i].row.time_ms < made;
        t->rows[i].ahead = v[i].row.time_ms > now_ms + 1000;
    }
    t->n_rows = n;
    free(v);
}

void timeline_make(const struct store *store, const struct object *o, const struct timeline_extra *extra, size_t n_extra, int64_t now_ms,
                   struct timeline *out)
{
    struct moments m;
    *out = (struct timeline){0};
    moments_find(&m, o, now_ms);
    out->subject = m.subject;
    out->adopted = m.adopted;
    out->resumed = m.resumed;
    rows_collect(&m, store, extra, n_extra, out);
    arrange(out, now_ms);
    phases_make(&m, out);
}

void timeline_free(struct timeline *t)
{
    for (size_t i = 0; i < t->n_rows; i++)
        row_free(&t->rows[i]);
    free(t->rows);
    free(t->summary);
    *t = (struct timeline){0};
}
