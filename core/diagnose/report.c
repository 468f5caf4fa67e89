/* The whole story of one object: who hangs on whom, with a mark at each, and what the rules say. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/diagnose/inside.h"

enum { CAUSES_MOST = 8, VOLUMES_MOST = 8 };

static struct chain_link *add(struct report *r, enum kind kind, const char *label, const struct object *o, const char *name, enum mark mark,
                              const char *note)
{
    r->chain = mem_grow(r->chain, r->n_chain + 1, sizeof *r->chain);
    r->chain[r->n_chain] = (struct chain_link){.kind = kind, .label = label, .object = o, .name = mem_text(name), .mark = mark,
                                               .note = note && *note ? mem_text(note) : NULL};
    return &r->chain[r->n_chain++];
}

/* What is only a name: missing where its kind has been seen whole, else not known. */
static bool add_absent(struct report *r, const struct diagnosis *d, const char *label, const struct object *o)
{
    if (o->present)
        return false;
    add(r, o->kind, label, o, o->name, d->facts->synced[o->kind] ? MARK_MISSING : MARK_NONE, d->facts->synced[o->kind] ? "not there"
        : "not read");
    return true;
}

static void add_claim(struct report *r, const struct claim *c)
{
    const struct condition *ready = &c->ready;
    bool refused = says(ready->reason, "Expired") || says(ready->reason, "Rejected") || is(ready->reason, "InvalidMetadata");
    enum mark mark = c->o.deleting_ms ? MARK_LEAVING : ready->status == TRUTH_TRUE || c->sandbox_name[0] ? MARK_OK : refused ? MARK_BAD
        : MARK_WAITING;
    add(r, KIND_CLAIM, "claim", &c->o, c->o.name, mark, c->o.deleting_ms ? "deleting" : !c->has_status ? "no status" :
        mark == MARK_OK ? NULL : ready->reason);
}

static void add_pool(struct report *r, const struct diagnosis *d, const struct object *o)
{
    if (!o || add_absent(r, d, "pool", o))
        return;
    const struct pool *p = AS(pool, o);
    char note[64];
    snprintf(note, sizeof note, "%d/%d ready", p->ready, p->desired);
    add(r, KIND_POOL, "pool", o, o->name, o->deleting_ms ? MARK_LEAVING : p->desired > 0 && p->ready == 0 ? MARK_WAITING : MARK_OK,
        p->desired > 0 ? note : NULL);
}

static void add_template(struct report *r, const struct diagnosis *d, const struct object *o)
{
    if (o && !add_absent(r, d, "template", o))
        add(r, KIND_TEMPLATE, "template", o, o->name, o->deleting_ms ? MARK_LEAVING : MARK_OK, NULL);
}

static void add_sandbox(struct report *r, const struct diagnosis *d, const struct object *o)
{
    if (!o || add_absent(r, d, "sandbox", o))
        return;
    const struct sandbox *s = AS(sandbox, o);
    bool ready = s->ready.status == TRUTH_TRUE;
    add(r, KIND_SANDBOX, "sandbox", o, o->name, o->deleting_ms ? MARK_LEAVING : ready ? MARK_OK : MARK_WAITING,
        o->deleting_ms ? "deleting" : s->suspended_wanted ? "suspended" : ready ? NULL : s->ready.reason);
}

static const char *pod_note(const struct pod *p)
{
    if (p->o.deleting_ms)
        return "deleting";
    if (p->reason[0])
        return p->reason;
    if (p->scheduled.status == TRUTH_FALSE)
        return p->scheduled.reason;
    return p->ready.status == TRUTH_TRUE ? NULL : p->phase;
}

static void add_container(struct report *r, const struct container *k, bool leaving, int64_t now_ms)
{
    static const char *const passing[] = {"ContainerCreating", "PodInitializing", "", NULL};
    bool quiet = false;
    for (const char *const *p = passing; *p; p++)
        quiet |= is(k->reason, *p);
    int64_t until;
    enum crash crash = container_crash(k, now_ms, &until);
    enum mark mark = MARK_WAITING;
    char note[128];
    snprintf(note, sizeof note, "%.100s", k->reason);
    if (k->state == CONTAINER_TERMINATED) {
        mark = k->init && k->exit_code == 0 ? MARK_OK : leaving ? MARK_LEAVING : MARK_BAD;
        snprintf(note, sizeof note, "%.80s, exit %d", k->reason, k->exit_code);
    } else if (crash == CRASH_LOOP) {
        mark = MARK_BAD;
        snprintf(note, sizeof note, "restarted %d times", k->restarts);
    } else if (k->state == CONTAINER_RUNNING) {
        mark = k->ready || k->init ? MARK_OK : MARK_WAITING;
        snprintf(note, sizeof note, "%s", k->ready || k->init ? "" : "not ready");
    } else if (k->state == CONTAINER_WAITING && !quiet) {
        mark = MARK_BAD;
    }
    if (k->init && mark == MARK_OK)
        return;                      /* what is done and well needs no place */
    add(r, KIND_NONE, k->init ? "init container" : "container", NULL, k->name, mark, note);
}

static void add_volumes(struct report *r, const struct pod *p)
{
    size_t n = 0;
    for (const struct link *l = p->o.out; l && n < VOLUMES_MOST; l = l->next_out) {
        if (l->role != LINK_POD_PVC)
            continue;
        const struct pvc *pvc = l->to->present ? AS(pvc, l->to) : NULL;
        bool bound = pvc && is(pvc->phase, "Bound");
        if (pvc && !bound)
            add(r, KIND_PVC, "volume claim", l->to, l->to->name, MARK_WAITING, pvc->phase);
        n++;
    }
}

static void add_pod(struct report *r, const struct diagnosis *d, const struct object *o, int64_t now_ms)
{
    if (!o || add_absent(r, d, "pod", o))
        return;
    const struct pod *p = AS(pod, o);
    bool bad = is(p->phase, "Failed") || is(p->phase, "Succeeded");
    add_volumes(r, p);
    add(r, KIND_POD, "pod", o, o->name, o->deleting_ms ? MARK_LEAVING : bad ? MARK_BAD : p->ready.status == TRUTH_TRUE ? MARK_OK
        : MARK_WAITING, pod_note(p));
    if (p->scheduled.status == TRUTH_FALSE && !p->node[0])
        return;                      /* its containers are no more than a wish */
    for (uint32_t i = 0; i < p->n_containers; i++)
        add_container(r, &p->containers[i], o->deleting_ms != 0, now_ms);
}

static void add_node(struct report *r, const struct object *o)
{
    if (!o || !o->present)
        return;
    const struct node *n = AS(node, o);
    bool ready = n->ready.status == TRUTH_TRUE;
    add(r, KIND_NODE, "node", o, o->name, ready && !n->pressure[0] ? MARK_OK : MARK_BAD, !ready ? "not ready" : n->pressure[0]
        ? n->pressure :
        n->unschedulable ? "cordoned" : NULL);
}

/* The link at which the leading finding lies gets its mark; where the chain has no such link, it gets one. */
static void blame(struct report *r, const struct diagnosis *d)
{
    if (!r->findings.n || r->findings.v[0].severity < SEVERITY_WAITING)
        return;
    const struct finding *f = &r->findings.v[0];
    enum mark mark = f->severity == SEVERITY_STUCK ? MARK_BAD : MARK_WAITING;
    struct chain_link *inside = NULL; /* the pod's container that is not well: it, not the pod, is where to look */
    for (size_t i = 0; i < r->n_chain; i++)
        if (r->chain[i].kind == KIND_NONE && r->chain[i].mark != MARK_OK && r->chain[i].mark != MARK_LEAVING &&
            (!inside || r->chain[i].mark > inside->mark))
            inside = &r->chain[i];
    for (size_t i = 0; i < r->n_chain; i++) {
        struct chain_link *l = &r->chain[i];
        if (l->kind != f->at_kind || !l->object || !is(l->name, f->at_name) || !is(l->object->ns, f->at_ns))
            continue;
        if (l->kind == KIND_POD && inside)
            inside->mark = inside->mark == MARK_BAD ? MARK_BAD : mark;
        else if (l->mark != MARK_MISSING && (l->mark != MARK_LEAVING || mark == MARK_BAD))
            l->mark = mark;
        return;
    }
    if (f->at_kind == KIND_NONE || !f->at_name[0])
        return;
    const struct object *o = store_find(d->store, f->at_kind, slice_of(f->at_ns), slice_of(f->at_name));
    const char *label = o && o->kind == KIND_DEPLOYMENT && AS(deployment, o)->component == COMPONENT_ROUTER ? "router"
        : link_word(f->at_kind);
    add(r, f->at_kind, label, o, f->at_name, mark, NULL);
}

static int nearest_unhealthy(const struct report *r)
{
    int worst = -1;
    for (size_t i = 0; i < r->n_chain; i++)
        if (r->chain[i].mark != MARK_OK && r->chain[i].mark != MARK_NONE &&
            (worst < 0 || r->chain[i].mark >= r->chain[worst].mark || r->chain[i].mark == MARK_BAD))
            worst = (int)i;
    return worst;
}

static void nearest_words(struct buf *out, const struct report *r)
{
    const struct chain_link *worst = r->nearest >= 0 ? &r->chain[r->nearest] : NULL;
    if (worst)
        buf_printf(out, "; nearest unhealthy link: %s %s%s%s%s", worst->label, worst->name, worst->note ? " (" : "", worst->note
                   ? worst->note : "",
                   worst->note ? ")" : "");
}

static size_t events_of(const struct object *o)
{
    size_t n = 0;
    for (const struct link *l = link_in(o, LINK_EVENT_ABOUT, NULL); l; l = link_in(o, LINK_EVENT_ABOUT, l))
        n++;
    return n;
}

/* Where no rule fits: what was looked at. Never a guess dressed as a finding. */
static void looked_at(struct buf *out, const struct report *r)
{
    size_t events = 0;
    buf_add_text(out, "no rule fits; looked at ");
    for (size_t i = 0; i < r->n_chain; i++) {
        buf_printf(out, "%s%s %s", i ? ", " : "", r->chain[i].label, r->chain[i].name);
        events += r->chain[i].object ? events_of(r->chain[i].object) : 0;
    }
    buf_printf(out, " and %zu event%s", events, events == 1 ? "" : "s");
    nearest_words(out, r);
}

static char *headline_of(const struct report *r, const struct chain *c, int64_t since_ms)
{
    struct buf out = {0};
    char age[16];
    time_short(c->now_ms - since_ms, age);
    if (c->subject->deleting_ms && (!r->findings.n || r->findings.v[0].severity < SEVERITY_STUCK))
        buf_printf(&out, "being deleted for %s", age);
    else if (c->ready && (!r->findings.n || r->findings.v[0].severity < SEVERITY_WAITING))
        buf_printf(&out, "ready for %s", age);
    else if (r->findings.n && r->findings.v[0].severity >= SEVERITY_WAITING)
        buf_printf(&out, "%s %s: %s", severity_name(r->findings.v[0].severity), age, r->findings.v[0].brief);
    else if (c->now_ms - c->since_ms < WAITING_STUCK_MS)
        buf_printf(&out, "waiting %s: %s", age, chain_progress(c));
    else
        looked_at(&out, r);
    return buf_take(&out);
}

static void of_chain(const struct diagnosis *d, const struct chain *c, struct report *r)
{
    const struct object *owner = c->claim ? NULL : chain_claim(c->subject);
    if (c->claim)
        add_claim(r, c->claim);
    else if (owner && owner->present)
        add_claim(r, AS(claim, owner));
    add_pool(r, d, c->pool_at);
    add_template(r, d, c->template_at);
    add_sandbox(r, d, c->sandbox_at);
    add_pod(r, d, c->pod_at, c->now_ms);
    add_node(r, c->node_at);
    r->nearest = nearest_unhealthy(r);
    struct finder f = {.full = true, .recheck_ms = INT64_MAX};
    finder_run(&f, c);
    finder_take(&f, &r->findings);
    finder_free(&f);
    /* It remembers what a flip of the condition does not. */
    const struct verdict *verdict = c->claim ? diagnosis_verdict(d, c->subject) : NULL;
    r->headline = headline_of(r, c, verdict ? verdict->since_ms : c->subject->deleting_ms ? c->subject->deleting_ms : c->since_ms);
    if (!c->ready && !c->subject->deleting_ms && (!r->findings.n || r->findings.v[0].severity < SEVERITY_WAITING))
        r->severity = c->now_ms - c->since_ms >= WAITING_STUCK_MS ? SEVERITY_STUCK : SEVERITY_WAITING;
}

/* Row 32: the pool itself is short. The members' own causes stand before it. */
static const struct pool_churn *churn_of(const struct cluster_facts *facts, const struct pool *p)
{
    for (size_t i = 0; i < facts->n_pool_churn; i++)
        if (is(facts->pool_churn[i].pool, p->o.name) && is(facts->pool_churn[i].ns, p->o.ns) && facts->pool_churn[i].count >= 2)
            return &facts->pool_churn[i];
    return NULL;
}

static void pool_short(const struct diagnosis *d, const struct pool *p, size_t waiting, struct report *r)
{
    if (p->ready >= p->desired)
        return;
    static const struct rule rule = {"pool-short", 32, 30, 0, NULL};
    const struct event *held = event_about(&p->o, "WarmPoolNotProgressing", NULL), *going = event_about(&p->o, "WarmPoolProgressing", NULL);
    bool stuck = r->findings.n && r->findings.v[0].severity == SEVERITY_STUCK;
    held = held && going && going->last_ms > held->last_ms ? NULL : held;
    struct chain c = {.subject = &p->o};
    struct finder f = {.chain = &c, .rule = &rule, .full = true};
    const struct pool_churn *churn = churn_of(d->facts, p);
    find(&f, stuck || held || churn ? SEVERITY_STUCK : r->findings.n ? SEVERITY_WAITING : SEVERITY_INFO, CONFIDENCE_PROVED, &p->o);
    find_brief(&f, churn ? "%d of %d ready, members churn" : "%d of %d ready", p->ready, p->desired);
    char again[80] = "";
    if (churn)
        snprintf(again, sizeof again, "; %d members were given up and replaced in half an hour", churn->count);
    find_cause(&f, "The pool has %d of %d members ready; %zu claim%s of it wait%s%s.", p->ready, p->desired, waiting, waiting == 1 ? ""
               : "s",
               waiting == 1 ? "s" : "", again);
    find_next(&f, r->findings.n ? "Mend what keeps its members from being ready" : "Wait: members are being made");
    find_command(&f, "kubectl describe sandboxwarmpool %s -n %s", p->o.name, p->o.ns);
    find_group(&f, "%s/%s", p->o.ns, p->o.name);
    find_event(&f, held);
    if (churn && d->controller)
        find_evidence(&f, &d->controller->o, churn->last_ms, churn->text, "controller log");
    finder_take(&f, &r->findings);
    finder_free(&f);
}

static void template_gone(const struct diagnosis *d, const struct object *pool, struct report *r, int64_t now_ms)
{
    const struct object *tmpl = link_to(pool, LINK_POOL_TEMPLATE);
    if (!tmpl || tmpl->present || !d->facts->synced[KIND_TEMPLATE] || r->findings.n)
        return;
    static const struct rule rule = {"template-missing", 8, 35, 0, NULL};
    struct chain c = {.subject = pool, .now_ms = now_ms};
    struct finder f = {.chain = &c, .rule = &rule, .full = true};
    find(&f, SEVERITY_STUCK, CONFIDENCE_PROVED, tmpl);
    find_brief(&f, "template %s not found", tmpl->name);
    find_cause(&f, "SandboxTemplate %s does not exist in namespace %s: the pool can make no members.", tmpl->name, pool->ns);
    find_next(&f, "Create template %s, or name one that exists", tmpl->name);
    find_command(&f, "kubectl get sandboxtemplates -n %s", pool->ns);
    find_group(&f, "%s/%s", pool->ns, tmpl->name);
    find_evidence(&f, pool, 0, tmpl->name, "spec.sandboxTemplateRef.name");
    finder_take(&f, &r->findings);
    finder_free(&f);
}

static void count_words(struct report *r, const char *what, size_t claims, size_t waiting)
{
    if (claims)
        r->headline = mem_printf("%s; claims waiting: %zu of %zu", what, waiting, claims);
    else
        r->headline = mem_printf("%s; no claims", what);
}

static void of_pool(const struct diagnosis *d, const struct object *o, int64_t now_ms, struct report *r)
{
    const struct pool *p = AS(pool, o);
    struct gathering g = {.diagnosis = d, .now_ms = now_ms};
    char what[64];
    add_pool(r, d, o);
    add_template(r, d, link_to(o, LINK_POOL_TEMPLATE));
    gather_pool(&g, o);
    size_t waiting = gather_findings(&g, o, CAUSES_MOST, &r->findings);
    template_gone(d, o, r, now_ms);
    pool_short(d, p, waiting, r);
    snprintf(what, sizeof what, "%d of %d ready", p->ready, p->desired);
    count_words(r, what, g.claims.n, waiting);
    gather_free(&g);
}

static void of_many(const struct diagnosis *d, const struct object *o, int64_t now_ms, struct report *r)
{
    struct gathering g = {.diagnosis = d, .now_ms = now_ms};
    char what[64] = "";
    if (o->kind == KIND_TEMPLATE) {
        add_template(r, d, o);
        gather_template(&g, o);
        snprintf(what, sizeof what, "%u container%s", AS(sandbox_template, o)->n_containers, AS(sandbox_template, o)->n_containers == 1
                 ? "" : "s");
    } else if (o->kind == KIND_NODE) {
        add_node(r, o);
        diagnose_node(d, AS(node, o), now_ms, &r->findings);
        gather_pods(&g, o, LINK_POD_NODE);
        snprintf(what, sizeof what, "%s", AS(node, o)->ready.status == TRUTH_TRUE ? "ready" : "not ready");
    } else {
        add(r, o->kind, link_word(o->kind), o, o->name, MARK_NONE, NULL);
        gather_pods(&g, o, LINK_POD_PVC);
        snprintf(what, sizeof what, "%s", link_word(o->kind));
    }
    size_t waiting = gather_findings(&g, o, CAUSES_MOST, &r->findings);
    count_words(r, what, g.claims.n, waiting);
    gather_free(&g);
}

static void of_deployment(const struct diagnosis *d, const struct object *o, int64_t now_ms, struct report *r)
{
    const struct deployment *one = AS(deployment, o);
    const char *label = one->component == COMPONENT_CONTROLLER ? "controller" : one->component == COMPONENT_ROUTER ? "router"
        : "deployment";
    char note[64];
    snprintf(note, sizeof note, "%d/%d ready", one->ready, one->desired);
    add(r, KIND_DEPLOYMENT, label, o, o->name, one->ready && one->desired ? MARK_OK : MARK_BAD, note);
    diagnose_deployment(d, one, now_ms, &r->findings);
    const struct controller_metrics *m = one->component == COMPONENT_CONTROLLER ? d->facts->metrics : NULL;
    struct buf figures = {0};
    if (m && m->read_ms) {
        buf_printf(&figures, "; queues: claims %.0f, sandboxes %.0f, pools %.0f; reconcile errors %.0f", m->depth[KIND_CLAIM],
                   m->depth[KIND_SANDBOX], m->depth[KIND_POOL],
                   m->errors[KIND_CLAIM] + m->errors[KIND_SANDBOX] + m->errors[KIND_POOL] + m->errors[KIND_TEMPLATE]);
        if (m->startups > 0 && m->startup_p50_ms >= 0 && m->startup_p99_ms >= 0)
            buf_printf(&figures, "; start-up of %.0f claims: p50 %.1f s, p99 %.1f s", m->startups, m->startup_p50_ms / 1000,
                       m->startup_p99_ms / 1000);
    }
    r->headline = mem_printf("%s: %s%s", label, note, figures.n ? figures.p : "");
    buf_free(&figures);
}

void report_make(const struct diagnosis *d, const struct object *o, int64_t now_ms, struct report *out)
{
    struct chain c;
    *out = (struct report){.nearest = -1};
    if (o->kind == KIND_EVENT && o->present) {
        const struct object *about = link_to(o, LINK_EVENT_ABOUT);
        o = about && about->present ? about : o;
    }
    if (!o->present) {
        add(out, o->kind, link_word(o->kind), o, o->name, MARK_MISSING, "not there");
        out->headline = mem_printf("%s %s is not there", link_word(o->kind), o->name);
        out->severity = SEVERITY_INFO;
        return;
    }
    switch (o->kind) {
    case KIND_CLAIM:
        chain_of_claim(&c, d->store, d->facts, controller_of(d->store), AS(claim, o), now_ms);
        of_chain(d, &c, out);
        break;
    case KIND_SANDBOX:
    case KIND_POD:
        chain_of_sandbox(&c, d->store, d->facts, controller_of(d->store), o, now_ms);
        of_chain(d, &c, out);
        break;
    case KIND_POOL:
        of_pool(d, o, now_ms, out);
        break;
    case KIND_DEPLOYMENT:
        of_deployment(d, o, now_ms, out);
        break;
    default:
        of_many(d, o, now_ms, out);
    }
    for (size_t i = 0; i < out->findings.n; i++)
        if (out->findings.v[i].severity > out->severity)
            out->severity = out->findings.v[i].severity;
    blame(out, d);
}

void report_free(struct report *r)
{
    for (size_t i = 0; i < r->n_chain; i++)
        free(r->chain[i].name), free(r->chain[i].note);
    free(r->chain);
    findings_free(&r->findings);
    free(r->headline);
    *r = (struct report){0};
}
