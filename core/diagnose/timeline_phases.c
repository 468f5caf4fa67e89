/* Where the time went. Invariant: the phases are a partition of the time from start_ms to the readiness (or now): their sum is total_ms. A moment that
 * is not known takes no time of its own: the phase that follows it has it; one that lies before the moment it follows from (clocks of two
 * machines, stamps cut to the second, what an adopted sandbox brought along) takes none. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/diagnose/rules.h"
#include "core/diagnose/timeline_parts.h"
#include "core/diagnose/words.h"

const char *phase_name(enum phase phase)
{
    static const char *const names[] = {
        [PHASE_CONTROLLER] = "waiting for the controller", [PHASE_BINDING] = "binding", [PHASE_POD] = "waiting for a pod",
        [PHASE_SCHEDULING] = "scheduling", [PHASE_PULL] = "image pull", [PHASE_INIT] = "init containers", [PHASE_START] = "container start",
        [PHASE_READINESS] = "readiness",
    };
    return (unsigned)phase < PHASES ? names[phase] : "";
}

/* As time.Duration prints itself: "1h2m3.5s", "523ms", "12µs". go.dev/src/time/time.go */
int64_t go_duration_after(const char *text, const char *before)
{
    static const struct { const char *name; double ms; } units[] = {
        {"ms", 1}, {"ns", 1e-6}, {"us", 1e-3}, {"µs", 1e-3}, {"h", 3600e3}, {"m", 60e3}, {"s", 1e3},
    };
    const char *p = text ? strstr(text, before) : NULL;
    double sum = 0;
    bool any = false;
    p = p ? p + strlen(before) : "";
    while (*p >= '0' && *p <= '9') {
        double value = 0, scale = 1;
        for (; *p >= '0' && *p <= '9'; p++)
            value = value * 10 + (*p - '0');
        if (*p == '.')
            for (p++; *p >= '0' && *p <= '9'; p++)
                value += (*p - '0') * (scale /= 10);
        size_t u = 0;
        while (u < sizeof units / sizeof *units && strncmp(p, units[u].name, strlen(units[u].name)) != 0)
            u++;
        if (u == sizeof units / sizeof *units)
            return -1;
        p += strlen(units[u].name);
        sum += value * units[u].ms;
        any = true;
        if (sum > 1e13)
            return -1;
    }
    return any ? (int64_t)(sum + 0.5) : -1;
}

struct span {
    int64_t from_ms, to_ms;
};
struct spans {
    struct span v[2 * 64];           /* two a container at the most */
    size_t n;
};
enum { SPANS_MOST = sizeof(((struct spans *)0)->v) / sizeof(struct span) };

static void span_add(struct spans *s, int64_t from_ms, int64_t to_ms)
{
    if (from_ms < to_ms && s->n < SPANS_MOST)
        s->v[s->n++] = (struct span){from_ms, to_ms};
}

static int by_start(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

/* How much of [from, to) the spans cover: images of several containers are pulled at once where the kubelet may. */
static int64_t covered(struct spans *s, int64_t from_ms, int64_t to_ms)
{
    int64_t sum = 0, reached = from_ms;
    if (s->n)
        qsort(s->v, s->n, sizeof *s->v, by_start);
    for (size_t i = 0; i < s->n; i++) {
        int64_t begin = s->v[i].from_ms > reached ? s->v[i].from_ms : reached, end = s->v[i].to_ms < to_ms ? s->v[i].to_ms : to_ms;
        if (begin < end) {
            sum += end - begin;
            reached = end;
        }
    }
    return sum;
}

/* The node's side of a start: what of the time between scheduling and the containers' start was a pull, what an init container's work. */
struct node_work {
    struct spans pulls, inits;
    bool pulling, init_running;      /* now */
    int64_t started_ms;              /* the last of the containers for the first time; 0: not all have, or not known */
    bool all_started;                /* though when may not be known */
};

static bool image_trouble(const struct container *c)
{
    static const char *const reasons[] = {"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ErrImageNeverPull", NULL};
    return c->state == CONTAINER_WAITING && says_any(c->reason, reasons);
}

/* "Successfully pulled image "x" in 41.2s (41.3s including waiting)": the waiting for other pulls counts, it is what held this one up. */
static void add_pull(struct node_work *w, const struct moments *m, const struct container *c, int64_t scheduled_ms)
{
    char field[320];
    container_field(c, field);
    const struct event *pulling = first_event(&m->pod->o, "Pulling", field), *pulled = NULL;
    for (const struct link *l = link_in(&m->pod->o, LINK_EVENT_ABOUT, NULL); l; l = link_in(&m->pod->o, LINK_EVENT_ABOUT, l)) {
        const struct event *e = AS(event, l->from);
        if (is(e->reason, "Pulled") && is(e->about_field, field) && says(e->message, "ulled image") && (!pulled || e->first_ms < pulled->first_ms))
            pulled = e;
    }
    bool started = c->state == CONTAINER_RUNNING || c->state == CONTAINER_TERMINATED || c->restarts > 0;
    int64_t from = pulling ? pulling->first_ms : 0;
    if (pulled) {
        int64_t ms = go_duration_after(pulled->message, "("), end = pulled->first_ms;
        ms = ms >= 0 ? ms : go_duration_after(pulled->message, " in ");
        if (ms >= 0)
            from = from && from >= end - ms - 1000 && from <= end ? from : end - ms;
        if (from && from < scheduled_ms && from > scheduled_ms - 1000)
            from = scheduled_ms;
        if (ms >= 0 && (!pulling || end - from < ms + 1000))
            end = from + ms;         /* the stamps are cut to the second, the text is not */
        span_add(&w->pulls, from, end);
    } else if (!started && (pulling || image_trouble(c))) {
        span_add(&w->pulls, from ? from : scheduled_ms, INT64_MAX);
        w->pulling = true;
    }
}

static void add_init(struct node_work *w, const struct moments *m, const struct container *c)
{
    bool sidecar = c->state == CONTAINER_RUNNING && (c->ready || m->pod->initialized.status == TRUTH_TRUE);
    if (sidecar)
        return;                      /* it runs on beside the others */
    bool first;
    int64_t from = container_first_start(m->pod, c, &first);
    bool done = c->state == CONTAINER_TERMINATED && c->exit_code == 0;
    if (from)
        span_add(&w->inits, from, done ? c->finished_ms : INT64_MAX);
    w->init_running |= from && !done;
}

static void look_at_node(struct node_work *w, const struct moments *m, int64_t scheduled_ms)
{
    *w = (struct node_work){.all_started = m->pod && m->pod->n_containers > 0};
    for (uint32_t i = 0; m->pod && i < m->pod->n_containers; i++) {
        const struct container *c = &m->pod->containers[i];
        bool first;
        add_pull(w, m, c, scheduled_ms);
        if (c->init) {
            add_init(w, m, c);
            continue;
        }
        int64_t ms = container_first_start(m->pod, c, &first);
        if (!ms && c->restarts == 0)
            w->all_started = false;
        else if (first && ms > w->started_ms)
            w->started_ms = ms;
    }
    if (!w->all_started)
        w->started_ms = 0;
}

enum { SEEN, BOUND, POD, SCHEDULED, STARTED, READY, MOMENTS };

static const struct condition *ready_of(const struct moments *m)
{
    return m->claim ? &m->claim->ready : m->sandbox ? &m->sandbox->ready : m->pod ? &m->pod->ready : NULL;
}

static bool restarted(const struct moments *m)
{
    for (uint32_t i = 0; m->pod && i < m->pod->n_containers; i++)
        if (m->pod->containers[i].restarts > 0)
            return true;
    return false;
}

/* When it was ready for the first time since start_ms; 0: not yet, or (then *again) no longer known. */
static int64_t ready_moment(const struct moments *m, const struct timeline *t, bool *again)
{
    const struct condition *ready = ready_of(m);
    if (m->claim && m->claim->first_ready_ms && !m->resumed)
        return m->claim->first_ready_ms;
    if (!ready || ready->status != TRUTH_TRUE)
        return 0;
    *again = restarted(m);
    if (*again)
        return 0;
    int64_t since = ready->since_ms;
    if (m->claim && since < m->claim->o.created_ms) /* an adopted sandbox's own: ready as soon as it was taken */
        since = m->bound_event ? m->bound_event->first_ms : m->claim->observed_ms;
    return since > t->start_ms ? since : t->start_ms;
}

static void find_moments(const struct moments *m, struct timeline *t, struct node_work *w, int64_t at[MOMENTS])
{
    memset(at, 0, MOMENTS * sizeof *at);
    if (m->claim && !m->resumed) {
        at[SEEN] = m->claim->observed_ms;
        at[BOUND] = m->bound_event ? m->bound_event->first_ms : m->sandbox && !m->adopted ? m->sandbox->o.created_ms : 0;
        if (m->sandbox && !at[BOUND])
            at[BOUND] = at[SEEN] ? at[SEEN] : t->start_ms; /* adopted, and the event was not read: it does not take long */
    }
    if (m->pod) {
        at[POD] = m->pod->o.created_ms;
        at[SCHEDULED] = m->scheduled_event ? m->scheduled_event->first_ms : m->pod->scheduled.status == TRUTH_TRUE ? m->pod->scheduled.since_ms : 0;
    } else if (m->sandbox && m->sandbox->scheduled.status == TRUTH_TRUE) {
        at[SCHEDULED] = m->sandbox->scheduled.since_ms; /* the pod itself was not read: its sandbox has its word for it */
    }
    look_at_node(w, m, at[SCHEDULED] ? at[SCHEDULED] : at[POD]);
    at[STARTED] = w->started_ms;
    at[READY] = ready_moment(m, t, &t->again);
    t->ready_ms = at[READY];
}

static int64_t beginning(const struct moments *m)
{
    if (m->resumed)
        return m->sandbox->suspended.since_ms;
    return m->claim ? claim_began(m->claim) : m->subject->present ? m->subject->created_ms : 0;
}

/* The step that runs now, where there is no readiness yet. */
static int open_step(const struct moments *m, const struct node_work *w, const int64_t at[MOMENTS])
{
    if (m->claim && !m->sandbox)
        return m->claim->observed_ms || m->claim->has_status ? BOUND : SEEN;
    if (!m->pod && at[SCHEDULED])
        return says(ready_of(m)->message, "Running") ? READY : STARTED;
    if (!m->pod)
        return POD;
    if (!at[SCHEDULED] && !*m->pod->node)
        return SCHEDULED;
    return w->all_started ? READY : STARTED;
}

static void note(struct timeline *t, int64_t ms[PHASES], const bool open[PHASES])
{
    for (enum phase p = 0; p < PHASES; p++) {
        t->total_ms += ms[p];
        if (ms[p] > 0 || open[p])
            t->phases[t->n_phases++] = (struct timeline_phase){.phase = p, .ms = ms[p], .open = open[p]};
    }
    for (size_t i = 0; i < t->n_phases; i++)
        t->phases[i].share = t->total_ms > 0 ? (int)((double)t->phases[i].ms * 100 / (double)t->total_ms + 0.5) : 0;
}

static void split_node_time(struct node_work *w, int64_t from_ms, int64_t to_ms, bool open_now, int64_t ms[PHASES], bool open[PHASES])
{
    int64_t pull = covered(&w->pulls, from_ms, to_ms), init = covered(&w->inits, from_ms, to_ms);
    if (init > to_ms - from_ms - pull)
        init = to_ms - from_ms - pull; /* an image pulled while an init container ran */
    ms[PHASE_PULL] += pull;
    ms[PHASE_INIT] += init;
    ms[PHASE_START] += to_ms - from_ms - pull - init;
    if (open_now)
        open[w->pulling ? PHASE_PULL : w->init_running ? PHASE_INIT : PHASE_START] = true;
}

static void divide(const struct moments *m, struct timeline *t, struct node_work *w, const int64_t at[MOMENTS])
{
    static const enum phase of[MOMENTS] = {PHASE_CONTROLLER, PHASE_BINDING, PHASE_POD, PHASE_SCHEDULING, PHASE_START, PHASE_READINESS};
    int64_t ms[PHASES] = {0}, cursor = t->start_ms, end = at[READY] ? at[READY] : m->now_ms;
    bool open[PHASES] = {false};
    int last = at[READY] ? READY : t->again ? STARTED : open_step(m, w, at);
    if (!at[READY] && m->subject->deleting_ms && m->subject->deleting_ms < end && m->subject->kind != KIND_POD)
        end = m->subject->deleting_ms;
    if (t->again)
        end = at[STARTED];
    if (end < cursor)
        end = cursor;
    for (int i = 0; i <= last; i++) {
        int64_t to = i == last ? end : at[i];
        if (to < cursor)
            to = cursor;
        if (to > end)
            to = end;
        bool open_now = i == last && !at[READY] && !t->again && end == m->now_ms;
        if (i == STARTED && (at[i] || i == last))
            split_node_time(w, cursor, to, open_now, ms, open);
        else
            ms[of[i]] += to - cursor;
        if (open_now && i != STARTED)
            open[of[i]] = true;
        cursor = to;
    }
    note(t, ms, open);
}

/* ---- the one line ---------------------------------------------------------------------------------------------------------------- */

/* The phase that took most, if it is worth a word: a start of half a second has no culprit. */
static const struct timeline_phase *longest(const struct timeline *t)
{
    const struct timeline_phase *best = NULL;
    for (size_t i = 0; i < t->n_phases; i++)
        if (!best || t->phases[i].ms > best->ms)
            best = &t->phases[i];
    return best && best->share >= 30 ? best : NULL;
}

static void say_longest(struct buf *out, const struct timeline *t)
{
    const struct timeline_phase *p = longest(t);
    char took[16], of[16];
    if (p && t->total_ms >= 2000)
        buf_printf(out, ": %s %s of %s", phase_name(p->phase), time_stage(p->ms, took), time_stage(t->total_ms, of));
}

static void summarize(const struct moments *m, struct timeline *t)
{
    struct buf out = {0};
    char took[16], stamp[32];
    const struct condition *ready = ready_of(m);
    bool now_ready = ready && ready->status == TRUTH_TRUE;
    if (!ready) {
        buf_add_text(&out, t->start_ms ? "created " : "no creation time is known");
        if (t->start_ms)
            buf_printf(&out, "%s ago", time_short(m->now_ms - t->start_ms, took));
    } else if (t->again) {
        buf_printf(&out, "ready since %s, after a restart; when it first was is not known", time_rfc3339(ready->since_ms, stamp));
        if (t->total_ms)
            buf_printf(&out, "; it first started after %s", time_stage(t->total_ms, took));
        say_longest(&out, t);
    } else if (t->ready_ms) {
        buf_printf(&out, "%s after %s", m->resumed ? "ready again" : "ready", time_stage(t->total_ms, took));
        say_longest(&out, t);
        if (t->adopted && !m->resumed)
            buf_add_text(&out, ", by a warm sandbox");
        if (m->resumed)
            buf_add_text(&out, ", counted from its resumption");
        if (!now_ready && ready->since_ms)
            buf_printf(&out, "; not ready any more since %s", time_rfc3339(ready->since_ms, stamp));
    } else {
        buf_printf(&out, "not ready after %s", time_stage(t->total_ms, took));
        say_longest(&out, t);
        const struct timeline_phase *last = t->n_phases ? &t->phases[t->n_phases - 1] : NULL;
        if (last && last->open && (last != longest(t) || t->total_ms < 2000))
            buf_printf(&out, "; now %s", phase_name(last->phase));
    }
    t->summary = buf_take(&out);
}

void phases_make(const struct moments *m, struct timeline *t)
{
    struct node_work work;
    int64_t at[MOMENTS];
    t->start_ms = beginning(m);
    if (t->start_ms && ready_of(m)) {
        find_moments(m, t, &work, at);
        if (at[READY] && m->pod && m->pod->o.created_ms >= at[READY] + 1000)
            t->total_ms = at[READY] > t->start_ms ? at[READY] - t->start_ms : 0; /* the pod of that time is gone, and with it what it knew */
        else
            divide(m, t, &work, at);
    }
    summarize(m, t);
}
