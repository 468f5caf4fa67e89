#include "tui/doctor_causes.h"

#include <stdlib.h>

#include "core/base/map.h"
#include "core/base/mem.h"

static bool wanted(const struct look *look, const struct object *claim)
{
    if (!look->names || !*look->names)
        return true;
    for (char *const *name = look->names; *name; name++)
        if (strcmp(*name, claim->name) == 0)
            return true;
    return false;
}

static struct cause *add(struct causes *all)
{
    all->v = mem_grow(all->v, all->n + 1, sizeof *all->v);
    all->v[all->n] = (struct cause){0};
    return &all->v[all->n++];
}

static int by_age(const void *a, const void *b)
{
    const struct object *x = *(const struct object *const *)a, *y = *(const struct object *const *)b;

    if (x->created_ms != y->created_ms)
        return x->created_ms < y->created_ms ? -1 : 1;
    int ns = strcmp(x->ns, y->ns);
    return ns ? ns : strcmp(x->name, y->name);
}

static struct cause *of_group(const struct causes *all, uint64_t group)
{
    for (size_t i = 0; group && i < all->n; i++)
        if (all->v[i].group == group)
            return &all->v[i];
    return NULL;
}

/* Claims that no rule explains are one where they hang at the same link, of the same template, for all that can be seen. */
static uint64_t unexplained_group(const struct object *claim, const struct report *r)
{
    const struct object *tmpl = chain_template(claim);
    struct buf key = {0};
    buf_printf(&key, "unexplained|%s|%s|%s|%s", claim->ns, tmpl ? tmpl->name : "", r->nearest >= 0 ? r->chain[r->nearest].label : "",
               r->nearest >= 0 && r->chain[r->nearest].note ? r->chain[r->nearest].note : "");
    uint64_t group = slice_hash(buf_slice(&key));
    buf_free(&key);
    return group ? group : 1;
}

/* Never a guess: what was looked at, and the nearest link that is not well. */
static void tell_unexplained(struct cause *c, const struct object *claim)
{
    const struct report *r = c->report;
    const struct chain_link *link = r->nearest >= 0 ? &r->chain[r->nearest] : NULL;
    const struct object *at = link && link->object ? link->object : claim;
    c->own = (struct finding){
        .rule = "unexplained", .severity = SEVERITY_STUCK, .confidence = CONFIDENCE_POSSIBLE, .subject_kind = KIND_CLAIM,
            .at_kind = at->kind,
        .link = link ? link->label : "claim", .subject_ns = mem_text(claim->ns), .subject_name = mem_text(claim->name),
            .at_ns = mem_text(at->ns),
        .at_name = mem_text(at->name), .brief = mem_text("no rule fits"), .cause = mem_text(r->headline),
        .next = mem_text("Look at that link; the controller's log may say more"),
        .command = mem_printf("kubectl describe sandboxclaim %s -n %s", claim->name, claim->ns),
    };
    c->finding = &c->own;
}

/* The installation's fault that a claim waits for: then the claim is who suffers. */
static void suffers(struct cause *cause, const struct object *claim, const struct verdict *verdict)
{
    struct finding *f = cause->finding;
    free(f->subject_ns);
    free(f->subject_name);
    f->subject_kind = KIND_CLAIM;
    f->subject_ns = mem_text(claim->ns);
    f->subject_name = mem_text(claim->name);
    if (verdict->state == CLAIM_STUCK)
        f->severity = SEVERITY_STUCK;
}

static void add_claim(struct causes *all, const struct look *look, const struct object *claim)
{
    const struct verdict *verdict = diagnosis_verdict(look->diagnosis, claim);
    bool named = look->names && *look->names;

    if (!verdict || !wanted(look, claim) || (!named && verdict->state == CLAIM_READY))
        return;
    all->stuck |= verdict->state == CLAIM_STUCK;
    struct cause *cause = of_group(all, verdict->group);
    if (cause && !cause->claims.n && !cause->report)
        suffers(cause, claim, verdict);
    if (cause) {
        ptrs_add(&cause->claims, (void *)(uintptr_t)claim);
        return;
    }
    struct report *report = NEW(struct report);
    report_make(look->diagnosis, claim, look->now_ms, report);
    uint64_t group = verdict->group;
    bool unexplained = verdict->state == CLAIM_STUCK && (!report->findings.n || report->findings.v[0].severity < SEVERITY_WAITING);
    if (unexplained)
        group = unexplained_group(claim, report);
    cause = unexplained ? of_group(all, group) : NULL;
    if (cause)
        ptrs_add(&cause->claims, (void *)(uintptr_t)claim);
    if (cause || (!named && !unexplained && report->findings.n == 0)) { /* waiting without a cause: nothing to say yet */
        report_free(report);
        free(report);
        return;
    }
    cause = add(all);
    cause->report = report;
    cause->group = group;
    if (unexplained)
        tell_unexplained(cause, claim);
    else
        cause->finding = report->findings.n ? &report->findings.v[0] : NULL;
    ptrs_add(&cause->claims, (void *)(uintptr_t)claim);
}

static int gravity(const struct cause *c)
{
    return c->finding ? (int)c->finding->severity : -1;
}

/* No claim waits for a router: what ails one stands behind what the claims themselves suffer. */
static int rank(const struct cause *c)
{
    enum { INSTALLATION, CLAIMS, ROUTER, POOL };
    if (c->report)
        return CLAIMS;
    if (c->finding && c->finding->subject_kind == KIND_POOL)
        return POOL;
    return c->finding && strncmp(c->finding->rule, "router", 6) == 0 ? ROUTER : INSTALLATION;
}

/* The gravest first; among those the installation's, then what most claims wait for. */
static int by_gravity(const void *pa, const void *pb)
{
    const struct cause *a = pa, *b = pb;
    if (gravity(a) != gravity(b))
        return gravity(b) - gravity(a);
    int rank_a = rank(a), rank_b = rank(b);
    if (rank_a != rank_b)
        return rank_a - rank_b;
    if (a->claims.n != b->claims.n)
        return a->claims.n < b->claims.n ? 1 : -1;
    return a->claims.n && b->claims.n ? by_age(&a->claims.v[0], &b->claims.v[0]) : 0;
}

static void add_cluster(struct causes *all, const struct look *look, bool pools)
{
    bool named = look->names && *look->names;
    for (size_t i = 0; i < all->cluster.n; i++) {
        struct finding *f = &all->cluster.v[i];
        if ((f->subject_kind == KIND_POOL) != pools || (pools && (of_group(all, f->group) || named)))
            continue;
        all->stuck |= f->severity == SEVERITY_STUCK;
        struct cause *cause = add(all);
        cause->finding = f;
        cause->group = f->group;
    }
}

void causes_gather(const struct look *look, struct causes *all)
{
    const struct ptrs *claims = store_all(look->store, KIND_CLAIM);
    struct ptrs sorted = {0};

    *all = (struct causes){0};
    diagnose_cluster(look->diagnosis, look->now_ms, &all->cluster);
    add_cluster(all, look, false);
    for (size_t i = 0; i < claims->n; i++)
        ptrs_add(&sorted, claims->v[i]);
    if (sorted.n)
        qsort(sorted.v, sorted.n, sizeof *sorted.v, by_age);
    for (size_t i = 0; i < sorted.n; i++)
        add_claim(all, look, sorted.v[i]);
    ptrs_free(&sorted);
    add_cluster(all, look, true);
    if (all->n > 1)
        qsort(all->v, all->n, sizeof *all->v, by_gravity);
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].own.rule)
            all->v[i].finding = &all->v[i].own; /* it has moved along */
}

void causes_free(struct causes *all)
{
    struct findings own = {0};
    for (size_t i = 0; i < all->n; i++) {
        if (all->v[i].report)
            report_free(all->v[i].report);
        free(all->v[i].report);
        ptrs_free(&all->v[i].claims);
        if (!all->v[i].own.rule)
            continue;
        own.v = mem_grow(own.v, own.n + 1, sizeof *own.v);
        own.v[own.n++] = all->v[i].own;
    }
    findings_free(&own);
    free(all->v);
    findings_free(&all->cluster);
    *all = (struct causes){0};
}

uint64_t causes_print(const struct causes *all)
{
    struct buf text = {0};
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = all->v[i].finding;
        if (f)
            buf_printf(&text, "%s|%d|%d|%s|%s|%s|%s|%llx\n", f->rule, (int)f->severity, (int)f->confidence, f->subject_ns, f->subject_name,
                       f->at_ns, f->at_name,
                       (unsigned long long)f->group);
        for (size_t k = 0; k < all->v[i].claims.n; k++) {
            const struct object *claim = all->v[i].claims.v[k];
            buf_printf(&text, "%s/%s\n", claim->ns, claim->name);
        }
    }
    uint64_t print = slice_hash(buf_slice(&text));
    buf_free(&text);
    return print;
}
