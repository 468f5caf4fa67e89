/* The controller's own figures, read through the API server's proxy (its Service, else one of its pods): slowly, and only while somebody
 * asks.
 * Invariant: `facts` holds one whole reading; one under way is gathered beside it. */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/prom.h"
#include "core/session/session_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { EVERY_MS = 30000, ASKED_FOR_MS = 60000, DEADLINE_MS = 10000, BYTES_MOST = 16 * 1024 * 1024, WAYS = 2 };

struct metrics {
    struct session *session;
    struct controller_metrics facts, coming;
    double before[KIND_TEMPLATE + 1], reconciled_before, reconciled; /* counters of the last reading */
    int64_t before_ms;               /* mono; 0 none */
    struct prom_histogram startup, controller_startup; /* from the claim's creation; from when the controller first saw it (v0.5) */
    double startups, controller_startups;
    struct prom reader;
    struct exchange *exchange;
    size_t bytes;
    int status;
    unsigned way;                    /* that was tried last: 0 Service, 1 pod */
    int64_t tried_ms, asked_ms;      /* mono; 0 never */
};

static enum kind kind_of(const struct prom_sample *s)
{
    static const char *const names[] = {[KIND_CLAIM] = "sandboxclaim", [KIND_SANDBOX] = "sandbox", [KIND_POOL] = "sandboxwarmpool",
        [KIND_TEMPLATE] = "sandboxtemplate"};
    char name[64];
    if (!prom_label(s, "name", name, sizeof name) && !prom_label(s, "controller", name, sizeof name))
        return KIND_NONE;
    for (unsigned k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(name, names[k]) == 0)
            return (enum kind)k;
    return KIND_NONE;
}

static void on_sample(void *ctx, const struct prom_sample *s)
{
    struct metrics *m = ctx;
    struct controller_metrics *c = &m->coming;
    static const struct {
        const char *name;
        size_t offset;
    } sums[] = {
        {"workqueue_depth", offsetof(struct controller_metrics, depth)},
        {"controller_runtime_reconcile_errors_total", offsetof(struct controller_metrics, errors)},
        {"controller_runtime_max_concurrent_reconciles", offsetof(struct controller_metrics, workers)},
        {"controller_runtime_active_workers", offsetof(struct controller_metrics, busy)},
    };

    if (isnan(s->value) || isinf(s->value))
        return;
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        if (!slice_is(s->name, sums[i].name))
            continue;
        enum kind kind = kind_of(s);
        if (kind > KIND_TEMPLATE)
            return;
        ((double *)(void *)((char *)c + sums[i].offset))[kind] += s->value;
        c->has[kind] = true;
        return;
    }
    if (slice_is(s->name, "agent_sandbox_claim_startup_latency_ms_bucket"))
        prom_bucket(&m->startup, s);
    else if (slice_is(s->name, "agent_sandbox_claim_startup_latency_ms_count"))
        m->startups += s->value;
    else if (slice_is(s->name, "agent_sandbox_claim_controller_startup_latency_ms_bucket"))
        prom_bucket(&m->controller_startup, s);
    else if (slice_is(s->name, "agent_sandbox_claim_controller_startup_latency_ms_count"))
        m->controller_startups += s->value;
    else if (slice_is(s->name, "leader_election_master_status"))
        c->leader = s->value > 0;
    else if (slice_is(s->name, "controller_runtime_reconcile_total") && kind_of(s) == KIND_CLAIM)
        m->reconciled += s->value;
    else if (slice_is(s->name, "agent_sandbox_build_info")) {
        prom_label(s, "git_version", c->version, sizeof c->version);
        if (strcmp(c->version, "unknown") == 0) /* built without being told (observed): no version at all */
            c->version[0] = '\0';
    }
}

static void rates(struct metrics *m)
{
    struct controller_metrics *c = &m->coming;
    int64_t now = mono(m->session);
    double minutes = m->before_ms ? (double)(now - m->before_ms) / 60000.0 : 0;

    c->reconciled_per_minute = -1;
    for (unsigned k = 0; k <= KIND_TEMPLATE; k++) {
        if (minutes > 0 && c->errors[k] >= m->before[k])  /* a restarted controller counts from zero */
            c->errors_per_minute[k] = (c->errors[k] - m->before[k]) / minutes;
        m->before[k] = c->errors[k];
    }
    if (minutes > 0 && m->reconciled >= m->reconciled_before)
        c->reconciled_per_minute = (m->reconciled - m->reconciled_before) / minutes;
    m->reconciled_before = m->reconciled;
    m->before_ms = now;
}

static void tell(struct metrics *m)
{
    diagnosis_answered(m->session->diagnosis, KIND_NONE, "", "metrics");
}

static void on_head(void *ctx, const struct response_head *head)
{
    ((struct metrics *)ctx)->status = head->status;
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct metrics *m = ctx;

    m->bytes += n;
    if (m->status == 200 && m->bytes <= BYTES_MOST)
        prom_feed(&m->reader, bytes, n, on_sample, m);
}

static void on_end(void *ctx, enum end_reason end, const char *text)
{
    struct metrics *m = ctx;
    struct session *s = m->session;

    m->exchange = NULL;
    bool good = end == END_DONE && m->status == 200;
    prom_end(&m->reader, good ? on_sample : NULL, m);
    m->facts.tried_ms = session_now(s);
    if (good) {
        rates(m);
        const struct prom_histogram *startup = m->startups > 0 ? &m->startup : &m->controller_startup;
        m->coming.startups = m->startups > 0 ? m->startups : m->controller_startups;
        m->coming.startup_p50_ms = prom_quantile(startup, 0.5);
        m->coming.startup_p99_ms = prom_quantile(startup, 0.99);
        m->coming.read_ms = m->coming.tried_ms = session_now(s);
        m->facts = m->coming;
        tell(m);
        return;
    }
    if (end == END_DONE)
        snprintf(m->facts.error, sizeof m->facts.error, "%d from the API server's proxy", m->status);
    else
        snprintf(m->facts.error, sizeof m->facts.error, "%.180s", text);
    m->way = (m->way + 1) % WAYS;
    if (m->way)
        m->tried_ms = 0;             /* the other way, at once */
    else
        tell(m);
}

static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};

static const struct deployment *controller(const struct session *s)
{
    const struct ptrs *all = store_all(s->store, KIND_DEPLOYMENT);

    for (size_t i = 0; i < all->n; i++)
        if (AS(deployment, all->v[i])->component == COMPONENT_CONTROLLER && AS(deployment, all->v[i])->ready > 0)
            return all->v[i];
    return NULL;
}

static const struct pod *pod_of(const struct session *s, const struct deployment *d)
{
    const struct ptrs *all = store_all(s->store, KIND_POD);

    for (size_t i = 0; i < all->n; i++) {
        const struct pod *p = all->v[i];
        if (strcmp(p->o.ns, d->o.ns) == 0 && strcmp(p->app, "agent-sandbox-controller") == 0 && p->ready.status == TRUTH_TRUE)
            return p;
    }
    return NULL;
}

static char *path_of(const struct metrics *m)
{
    const struct deployment *d = controller(m->session);
    const struct pod *p = d && m->way ? pod_of(m->session, d) : NULL;

    if (!d || (m->way && !p))
        return NULL;
    /* The port is the controller's default; its Service bears the Deployment's name (the project's manifests). */
    return m->way ? kube_path("/api/v1/namespaces/%s/pods/%s:8080/proxy/metrics", p->o.ns, p->o.name)
                  : kube_path("/api/v1/namespaces/%s/services/%s:8080/proxy/metrics", d->o.ns, d->o.name);
}

static bool wanted(const struct metrics *m)
{
    const struct ptrs *wants = diagnosis_wants(m->session->diagnosis);

    if (m->asked_ms && mono(m->session) - m->asked_ms < ASKED_FOR_MS)
        return true;
    for (size_t i = 0; i < wants->n; i++)
        if (((const struct want *)wants->v[i])->kind == KIND_NONE)
            return true;
    return false;
}

static bool is_due(const struct metrics *m)
{
    return !m->exchange && (!m->tried_ms || mono(m->session) - m->tried_ms >= EVERY_MS);
}

void metrics_step(struct metrics *m)
{
    if (!is_due(m) || !wanted(m))
        return;
    char *path = path_of(m);
    if (!path) {
        m->way = 0;
        m->tried_ms = controller(m->session) ? mono(m->session) : 0;
        return;
    }
    m->tried_ms = mono(m->session);
    m->coming = (struct controller_metrics){.leader = -1};
    m->startup = m->controller_startup = (struct prom_histogram){0};
    m->startups = m->controller_startups = 0;
    m->reconciled = 0;
    m->bytes = 0;
    m->status = 0;
    struct request request = {.method = "GET", .path = path, .compress = true, .deadline_ms = DEADLINE_MS};
    m->exchange = transport_request(m->session->transport, &request, &ops, m);
    free(path);
}

int64_t metrics_due(const struct metrics *m)
{
    if (m->exchange || !controller(m->session) || !wanted(m))
        return -1;
    int64_t left = m->tried_ms ? m->tried_ms + EVERY_MS - mono(m->session) : 0;
    return left > 0 ? left : 0;
}

bool metrics_open(const struct metrics *m)
{
    return !m->facts.tried_ms && controller(m->session) && wanted(m);
}

const struct controller_metrics *metrics_facts(const struct metrics *m)
{
    return &m->facts;
}

void session_ask_metrics(struct session *s)
{
    s->metrics->asked_ms = mono(s) ? mono(s) : 1;
}

struct metrics *metrics_new(struct session *s)
{
    struct metrics *m = NEW(struct metrics);

    m->session = s;
    m->facts.leader = -1;
    return m;
}

void metrics_free(struct metrics *m)
{
    transport_cancel(m->session->transport, m->exchange);
    prom_end(&m->reader, NULL, NULL);
    free(m);
}
