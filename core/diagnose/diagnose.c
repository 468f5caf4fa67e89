/* The verdicts, kept beside the store. Invariants: by_slot holds a record for each present claim that was judged, and for no other;
 * counts, groups and wants are the sums over the records; a record is in `due` exactly while its recheck_ms is a time. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/diagnose/inside.h"

enum { WANTS_MOST = 64 };

struct group {
    uint64_t id;
    size_t n;
};
struct want_node {
    struct want want;
    char *ns, *name, *key;
    size_t users;
    uint64_t order;
    bool answered;
};

const char *claim_state_name(enum claim_state state)
{
    static const char *const names[CLAIM_STATES] = {"stuck", "waiting", "deleting", "ready"};
    return (unsigned)state < CLAIM_STATES ? names[state] : "";
}

struct diagnosis *diagnosis_new(const struct store *store, const struct cluster_facts *facts)
{
    struct diagnosis *d = NEW(struct diagnosis);
    d->store = store;
    d->facts = facts;
    d->strings = strpool_new();
    d->finder.recheck_ms = INT64_MAX;
    d->cluster.verdict.recheck_ms = INT64_MIN; /* at the first update */
    return d;
}

/* --- sums over the records ------------------------------------------------------------------------------------------------------ */
static bool waits(const struct verdict *v)
{
    return v->state == CLAIM_STUCK || v->state == CLAIM_WAITING;
}

static struct slice group_key(const uint64_t *id)
{
    return (struct slice){(const char *)id, sizeof *id};
}

static void group_add(struct diagnosis *d, uint64_t id)
{
    struct group *g = map_get(&d->groups, group_key(&id));
    if (!g) {
        g = NEW(struct group);
        g->id = id;
        map_put(&d->groups, group_key(&g->id), g);
    }
    g->n++;
}

static void group_drop(struct diagnosis *d, uint64_t id)
{
    struct group *g = map_get(&d->groups, group_key(&id));
    if (g && --g->n == 0) {
        map_take(&d->groups, group_key(&id));
        free(g);
    }
}

static struct slice want_key(char out[600], enum kind kind, const char *ns, const char *name)
{
    int n = snprintf(out, 600, "%d/%s/%s", (int)kind, ns, name ? name : "");
    return (struct slice){out, n < 0 ? 0 : n < 600 ? (size_t)n : 599};
}

static struct want_node *want_hold(struct diagnosis *d, const struct want *want)
{
    char text[600];
    struct slice key = want_key(text, want->kind, want->ns, want->name);
    struct want_node *w = map_get(&d->wants, key);
    if (!w) {
        w = NEW(struct want_node);
        *w = (struct want_node){.ns = mem_text(want->ns), .name = mem_text(want->name), .key = slice_dup(key), .order = d->want_order++};
        w->want = (struct want){want->kind, w->ns, w->name};
        map_put(&d->wants, slice_of(w->key), w);
        d->wants_changed = true;
    }
    w->users++;
    return w;
}

static void want_free(struct want_node *w)
{
    free(w->ns), free(w->name), free(w->key), free(w);
}

static void want_let_go(struct diagnosis *d, struct want_node *w)
{
    if (--w->users)
        return;
    map_take(&d->wants, slice_of(w->key));
    ptrs_clear(&d->want_list);       /* it may stand there */
    d->wants_changed = true;
    want_free(w);
}

static void sum_add(struct diagnosis *d, const struct verdict *v)
{
    d->counts[v->state]++;
    if (v->group && waits(v))
        group_add(d, v->group);
}

static void sum_drop(struct diagnosis *d, const struct verdict *v)
{
    d->counts[v->state]--;
    if (v->group && waits(v))
        group_drop(d, v->group);
}

/* --- records ---------------------------------------------------------------------------------------------------------------------- */
static struct record *record_of(const struct diagnosis *d, const struct object *claim)
{
    struct record *r = claim->slot < d->n_slots ? d->by_slot[claim->slot] : NULL;
    return r && r->claim == claim ? r : NULL;
}

static void record_drop(struct diagnosis *d, uint32_t slot)
{
    struct record *r = slot < d->n_slots ? d->by_slot[slot] : NULL;
    if (!r)
        return;
    sum_drop(d, &r->verdict);
    str_drop(d->strings, r->verdict.brief);
    r->verdict.recheck_ms = INT64_MAX;
    due_set(&d->due, r);
    for (uint32_t i = 0; i < r->n_wants; i++)
        want_let_go(d, r->wants[i]);
    d->by_slot[slot] = NULL;
    free(r);
}

static struct record *record_new(struct diagnosis *d, const struct object *claim)
{
    if (claim->slot >= d->n_slots) {
        size_t want = store_slots(d->store), n = want > claim->slot ? want : (size_t)claim->slot + 1;
        d->by_slot = mem_grow(d->by_slot, n, sizeof(struct record *));
        memset(d->by_slot + d->n_slots, 0, (n - d->n_slots) * sizeof(struct record *));
        d->n_slots = n;
    }
    record_drop(d, claim->slot);     /* another object's that had the slot before */
    struct record *r = NEW(struct record);
    r->claim = claim;
    r->verdict = (struct verdict){.state = CLAIM_STATES, .brief = "", .rule = "", .recheck_ms = INT64_MAX};
    d->by_slot[claim->slot] = r;
    return r;
}

void diagnosis_free(struct diagnosis *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->n_slots; i++)
        record_drop(d, (uint32_t)i);
    free(d->by_slot);
    for (uint32_t i = 0; i < d->cluster.n_wants; i++)
        want_let_go(d, d->cluster.wants[i]);
    map_free(&d->groups);
    map_free(&d->wants);
    ptrs_free(&d->want_list);
    ptrs_free(&d->changed);
    ptrs_free(&d->again);
    findings_free(&d->pools.findings);
    due_free(&d->due);
    finder_free(&d->finder);
    strpool_free(d->strings);
    free(d);
}

/* --- judging ---------------------------------------------------------------------------------------------------------------------- */
static void judge_waiting(const struct chain *c, struct verdict *v, const char **brief)
{
    int64_t due = c->since_ms + WAITING_STUCK_MS;
    v->state = c->now_ms >= due ? CLAIM_STUCK : CLAIM_WAITING;
    if (c->now_ms < due && due < v->recheck_ms)
        v->recheck_ms = due;
    *brief = chain_progress(c);
}

static void judge(const struct chain *c, struct finder *f, const struct verdict *before, struct verdict *v, const char **brief)
{
    finder_run(f, c);
    const struct found *lead = f->n && f->v[0].finding.severity >= SEVERITY_WAITING ? &f->v[0] : NULL;
    *v = (struct verdict){.since_ms = c->since_ms, .rule = "", .recheck_ms = f->recheck_ms};
    *brief = "";
    if (lead) {
        const struct finding *finding = &lead->finding;
        v->state = finding->severity == SEVERITY_STUCK ? CLAIM_STUCK : CLAIM_WAITING;
        v->group = finding->group;
        v->rule = finding->rule;
        v->confidence = finding->confidence;
        *brief = finding->brief ? finding->brief : "";
        if (lead->since_ms)
            v->since_ms = lead->since_ms;
        /* A crash loop turns the claim Ready for a moment at each restart: it has been in trouble since before. */
        if (c->pod && v->since_ms > before->since_ms && waits(before) && is(v->rule, "crash-loop"))
            v->since_ms = before->since_ms;
    } else if (!c->ready) {
        judge_waiting(c, v, brief);
    } else {
        v->state = CLAIM_READY;
    }
    if (c->subject->deleting_ms) {
        v->since_ms = c->subject->deleting_ms;
        if (v->state != CLAIM_STUCK || !lead) {
            v->state = CLAIM_DELETING;
            *brief = lead ? *brief : "being deleted";
            v->recheck_ms = f->recheck_ms;
        }
    }
}

static bool same_wants(const struct record *r, const struct finder *f)
{
    if (r->n_wants != f->n_wants)
        return false;
    for (uint32_t i = 0; i < r->n_wants; i++) {
        const struct want *a = &r->wants[i]->want, *b = &f->wants[i];
        if (a->kind != b->kind || strcmp(a->ns, b->ns) != 0 || strcmp(a->name ? a->name : "", b->name ? b->name : "") != 0)
            return false;
    }
    return true;
}

static void adopt_wants(struct diagnosis *d, struct record *r, const struct finder *f)
{
    if (same_wants(r, f))
        return;
    struct want_node *fresh[FINDER_WANTS];
    for (size_t i = 0; i < f->n_wants; i++)
        fresh[i] = want_hold(d, &f->wants[i]);
    for (uint32_t i = 0; i < r->n_wants; i++)
        want_let_go(d, r->wants[i]);
    for (size_t i = 0; i < f->n_wants; i++)
        r->wants[i] = fresh[i];
    r->n_wants = (uint32_t)f->n_wants;
}

static void review(struct diagnosis *d, const struct object *claim, int64_t now_ms)
{
    struct record *r = record_of(d, claim);
    struct chain chain;
    struct verdict v;
    const char *brief;
    bool fresh = !r;
    if (fresh)
        r = record_new(d, claim);
    if (chain_calm(AS(claim, claim), d->facts)) {
        finder_clear(&d->finder);
        v = (struct verdict){.state = CLAIM_READY, .since_ms = chain_ready_since(AS(claim, claim)), .rule = "", .recheck_ms = INT64_MAX};
        brief = "";
    } else {
        chain_of_claim(&chain, d->store, d->facts, d->controller, AS(claim, claim), now_ms);
        judge(&chain, &d->finder, &r->verdict, &v, &brief);
    }
    adopt_wants(d, r, &d->finder);
    const struct verdict *old = &r->verdict;
    bool same = !fresh && v.state == old->state && v.since_ms == old->since_ms && v.group == old->group && is(v.rule, old->rule) &&
                v.confidence == old->confidence && is(brief, old->brief);
    if (same) {
        r->verdict.recheck_ms = v.recheck_ms;
        due_set(&d->due, r);
        return;
    }
    if (!fresh)
        sum_drop(d, &r->verdict);
    str text = str_get(d->strings, slice_of(brief));
    str_drop(d->strings, r->verdict.brief);
    r->verdict = v;
    r->verdict.brief = text;
    sum_add(d, &r->verdict);
    due_set(&d->due, r);
    if (r->turn != d->turn) {
        r->turn = d->turn;
        ptrs_add(&d->changed, (void *)(uintptr_t)claim);
    }
}

void diagnosis_touch(struct diagnosis *d, const struct object *claim)
{
    if (claim->kind == KIND_CLAIM && claim->present)
        ptrs_add(&d->again, (void *)(uintptr_t)claim);
}

void diagnosis_answered(struct diagnosis *d, enum kind kind, const char *ns, const char *name)
{
    char text[600];
    struct want_node *w = map_get(&d->wants, want_key(text, kind, ns ? ns : "", name));
    if (w)
        d->answered = w->answered = true;
}

static bool has_answer(const struct record *r)
{
    for (uint32_t i = 0; i < r->n_wants; i++)
        if (r->wants[i]->answered)
            return true;
    return false;
}

/* Whoever asked is put on the list, before judging lets go of wants. */
static void take_answers(struct diagnosis *d)
{
    if (!d->answered)
        return;
    for (size_t i = 0; i < d->n_slots; i++)
        if (d->by_slot[i] && has_answer(d->by_slot[i]))
            ptrs_add(&d->again, (void *)(uintptr_t)d->by_slot[i]->claim);
    size_t i = 0;
    for (struct want_node *w; (w = map_next(&d->wants, &i));)
        w->answered = false;
}

static bool installation_changed(const struct diagnosis *d, int64_t now_ms)
{
    const struct ptrs *changes = store_changes(d->store);
    if (d->answered || d->cluster.verdict.recheck_ms <= now_ms)
        return true;
    for (size_t i = 0; i < changes->n; i++)
        if (((const struct object *)changes->v[i])->kind == KIND_DEPLOYMENT)
            return true;
    return false;
}

static void review_cluster(struct diagnosis *d, int64_t now_ms)
{
    struct chain chain;
    struct finder f = {.recheck_ms = INT64_MAX};
    cluster_look(&f, &chain, d, now_ms);
    adopt_wants(d, &d->cluster, &f);
    d->cluster.verdict.recheck_ms = f.recheck_ms;
    finder_free(&f);
}

static void begin(struct diagnosis *d, int64_t now_ms, bool all)
{
    d->turn++;
    ptrs_clear(&d->changed);
    d->controller = controller_of(d->store);
    if (all || installation_changed(d, now_ms))
        review_cluster(d, now_ms);
    take_answers(d);
    d->answered = false;
    const struct ptrs *touched = store_touched_claims(d->store);
    for (size_t i = 0; i < touched->n; i++) {
        const struct object *claim = touched->v[i];
        if (!claim->present && record_of(d, claim))
            record_drop(d, claim->slot);
    }
}

/* Claims that are gone were touched in the turn in which they went, and those on the list were put there in this one. */
static void review_again(struct diagnosis *d, int64_t now_ms)
{
    for (size_t i = 0; i < d->again.n; i++) {
        const struct object *claim = d->again.v[i];
        if (claim->present)
            review(d, claim, now_ms);
    }
    ptrs_clear(&d->again);
}

void diagnosis_update(struct diagnosis *d, int64_t now_ms)
{
    begin(d, now_ms, false);
    const struct ptrs *touched = store_touched_claims(d->store);
    for (size_t i = 0; i < touched->n; i++) {
        const struct object *claim = touched->v[i];
        if (claim->present)
            review(d, claim, now_ms);
    }
    review_again(d, now_ms);
    while (d->due.n && d->due.v[0]->verdict.recheck_ms <= now_ms)
        review(d, d->due.v[0]->claim, now_ms);
}

void diagnosis_all(struct diagnosis *d, int64_t now_ms)
{
    begin(d, now_ms, true);
    ptrs_clear(&d->again);
    const struct ptrs *all = store_all(d->store, KIND_CLAIM);
    for (size_t i = 0; i < all->n; i++)
        review(d, all->v[i], now_ms);
}

/* --- readers ---------------------------------------------------------------------------------------------------------------------- */
const struct ptrs *diagnosis_changed(const struct diagnosis *d)
{
    return &d->changed;
}

const struct verdict *diagnosis_verdict(const struct diagnosis *d, const struct object *claim)
{
    const struct record *r = claim ? record_of(d, claim) : NULL;
    return r ? &r->verdict : NULL;
}

size_t diagnosis_count(const struct diagnosis *d, enum claim_state state)
{
    return (unsigned)state < CLAIM_STATES ? d->counts[state] : 0;
}

size_t diagnosis_group_size(const struct diagnosis *d, uint64_t group)
{
    const struct group *g = map_get(&d->groups, group_key(&group));
    return g ? g->n : 0;
}

int64_t diagnosis_due(const struct diagnosis *d)
{
    int64_t cluster = d->cluster.verdict.recheck_ms, first = d->due.n ? d->due.v[0]->verdict.recheck_ms : INT64_MAX;
    return cluster < first ? cluster : first;
}

/* What many share comes before each pod's own volume claim, and then the older wish. */
static int want_compare(const void *pa, const void *pb)
{
    const struct want_node *a = *(struct want_node *const *)pa, *b = *(struct want_node *const *)pb;
    int own_a = a->want.kind == KIND_PVC, own_b = b->want.kind == KIND_PVC;
    if (own_a != own_b)
        return own_a - own_b;
    return (a->order > b->order) - (a->order < b->order);
}

const struct ptrs *diagnosis_wants(const struct diagnosis *borrowed)
{
    struct diagnosis *d = (struct diagnosis *)(uintptr_t)borrowed; /* a cache of what the records say */
    if (!d->wants_changed)
        return &d->want_list;
    d->wants_changed = false;
    ptrs_clear(&d->want_list);
    size_t i = 0;
    for (struct want_node *w; (w = map_next(&d->wants, &i));)
        ptrs_add(&d->want_list, w);
    if (d->want_list.n > 1)
        qsort(d->want_list.v, d->want_list.n, sizeof *d->want_list.v, want_compare);
    if (d->want_list.n > WANTS_MOST)
        d->want_list.n = WANTS_MOST;
    for (i = 0; i < d->want_list.n; i++)
        d->want_list.v[i] = &((struct want_node *)d->want_list.v[i])->want;
    return &d->want_list;
}
