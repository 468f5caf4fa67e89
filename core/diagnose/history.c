/* A ring of slots by wall time. Invariant: a slot of the ring is valid only if its from_ms is what its place stands for now, so that time that
 * nobody looked at (a suspended laptop, a set clock) is unknown by itself.
 * A claim is counted once, at its first readiness: flips of its condition are no starts. */
#include "core/diagnose/history.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/diagnose/rules.h"
#include "core/diagnose/timeline.h"

enum { LATENCIES_MOST = 4096 };      /* kept of one slot for its median; beyond them the slot's p50 is that of the first so many */

struct slot {
    struct history_slot seen;
    uint32_t *ms;
    uint32_t n, cap;
};
struct known_claim {                 /* by the object's slot in the store */
    uint64_t uid;                    /* 0: none */
    int64_t first_seen_ms;           /* not ready, by a live picture; 0: it was ready when first seen, or not seen live */
    bool counted;
};
struct history {
    struct slot ring[HISTORY_SLOTS];
    struct known_claim *claims;
    uint32_t n_claims;
    bool primed;                     /* all claims that were there have been gone through */
};

struct history *history_new(void)
{
    return NEW(struct history);
}

void history_clear(struct history *h)
{
    for (int i = 0; i < HISTORY_SLOTS; i++)
        free(h->ring[i].ms);
    free(h->claims);
    *h = (struct history){0};
}

void history_free(struct history *h)
{
    if (!h)
        return;
    history_clear(h);
    free(h);
}

static int64_t begin_of(int64_t ms)
{
    return ms - ((ms % HISTORY_SLOT_MS) + HISTORY_SLOT_MS) % HISTORY_SLOT_MS;
}

static unsigned place_of(int64_t from_ms)
{
    int64_t place = from_ms / HISTORY_SLOT_MS % HISTORY_SLOTS;
    return (unsigned)(place < 0 ? place + HISTORY_SLOTS : place);
}

/* The slot of that time, emptied where it held an older one. */
static struct slot *slot_at(struct history *h, int64_t ms)
{
    int64_t from = begin_of(ms);
    struct slot *s = &h->ring[place_of(from)];
    if (s->seen.from_ms != from) {
        s->n = 0;
        s->seen = (struct history_slot){.from_ms = from, .p50_ms = -1, .max_ms = -1};
    }
    return s;
}

static void count_start(struct history *h, int64_t ready_ms, int64_t took_ms, int64_t now_ms)
{
    if (ready_ms > now_ms)
        ready_ms = now_ms;
    if (begin_of(ready_ms) <= begin_of(now_ms) - (int64_t)HISTORY_SLOTS * HISTORY_SLOT_MS)
        return;                      /* further back than is kept: its place is that of a younger slot */
    struct slot *s = slot_at(h, ready_ms);
    s->seen.started++;
    if (took_ms < 0 || took_ms > UINT32_MAX || s->n == LATENCIES_MOST)
        return;
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 16;
        s->ms = mem_grow(s->ms, s->cap, sizeof *s->ms);
    }
    s->ms[s->n++] = (uint32_t)took_ms;
    if (took_ms > s->seen.max_ms)
        s->seen.max_ms = took_ms;
}

static struct known_claim *known_of(struct history *h, const struct object *o, uint32_t slots)
{
    if (o->slot >= h->n_claims) {
        uint32_t n = slots > o->slot ? slots : (uint32_t)(o->slot + 1), was = h->n_claims;
        h->claims = mem_grow(h->claims, n, sizeof *h->claims);
        memset(h->claims + was, 0, (n - was) * sizeof *h->claims);
        h->n_claims = n;
    }
    struct known_claim *k = &h->claims[o->slot];
    uint64_t uid = o->uid.hi ^ o->uid.lo ^ (uint64_t)o->created_ms;
    uid = uid ? uid : 1;
    if (k->uid != uid)
        *k = (struct known_claim){.uid = uid};
    return k;
}

/* Whether its Ready stamp may be that of a later flip: a container that was started again, a sandbox that was woken up. */
static bool was_ready_before(const struct claim *c)
{
    const struct object *pod = chain_pod(&c->o), *sandbox = chain_sandbox(&c->o);
    for (uint32_t i = 0; pod && pod->present && i < AS(pod, pod)->n_containers; i++)
        if (AS(pod, pod)->containers[i].restarts > 0)
            return true;
    if (!sandbox || !sandbox->present)
        return false;
    const struct condition *suspended = &AS(sandbox, sandbox)->suspended;
    return suspended->status == TRUTH_FALSE && suspended->since_ms > sandbox->created_ms + 2000 && suspended->since_ms > c->o.created_ms;
}

/* How long it took, by the best witness: the controller's own stamp, then what was seen live, then the condition's stamp (to the second).
 * -1: nothing tells. An adopted sandbox's condition is older than the claim: ready at once. */
static int64_t took(const struct known_claim *k, const struct claim *c, int64_t now_ms, int64_t *ready_ms)
{
    enum { STAMPS_APART_MS = 2000 }; /* two stamps cut to the second, and a turn of the loop */
    int64_t made = claim_began(c);
    if (c->first_ready_ms >= made && made) {
        *ready_ms = c->first_ready_ms;
        return c->first_ready_ms - made;
    }
    *ready_ms = chain_ready_since(c);
    if (!made || was_ready_before(c))
        return -1;
    int64_t stamped = *ready_ms - made, seen = k->first_seen_ms ? now_ms - k->first_seen_ms : -1;
    return seen >= 0 && seen >= stamped - STAMPS_APART_MS && seen <= stamped + STAMPS_APART_MS ? seen : stamped;
}

static void look_at(struct history *h, const struct diagnosis *d, const struct object *o, uint32_t slots, int64_t now_ms, bool first)
{
    const struct verdict *v = o->present ? diagnosis_verdict(d, o) : NULL;
    if (!v)
        return;
    struct known_claim *k = known_of(h, o, slots);
    const struct claim *c = AS(claim, o);
    if (k->counted)
        return;
    if (v->state != CLAIM_READY) {
        if (!k->first_seen_ms && !first)
            k->first_seen_ms = now_ms;
        if (v->state == CLAIM_DELETING)
            k->counted = true;       /* on its way out: nothing starts any more */
        return;
    }
    int64_t ready_ms, ms = took(k, c, now_ms, &ready_ms);
    k->counted = true;
    if (ms >= 0 || !first)
        count_start(h, ready_ms, ms, now_ms);
}

void history_sample(struct history *h, const struct diagnosis *d, const struct store *store, int64_t now_ms, bool live)
{
    struct slot *s = slot_at(h, now_ms);
    if (!live) {
        s->seen.stale = true;
        h->primed = false;           /* who becomes ready meanwhile is in no list of changes of a live turn: all are gone through again then */
        return;
    }
    s->seen.known = true;
    for (int i = 0; i < CLAIM_STATES; i++) {
        size_t n = diagnosis_count(d, (enum claim_state)i);
        s->seen.count[i] = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
    }
    const struct ptrs *claims = h->primed ? diagnosis_changed(d) : store_all(store, KIND_CLAIM);
    for (size_t i = 0; i < claims->n; i++)
        look_at(h, d, claims->v[i], store_slots(store), now_ms, !h->primed);
    h->primed = true;
}

static int by_ms(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sorts: the order in which they came says nothing. */
static int64_t median(uint32_t *ms, size_t n)
{
    if (!n)
        return -1;
    qsort(ms, n, sizeof *ms, by_ms);
    return ms[(n - 1) / 2];
}

void history_read(const struct history *h, int64_t now_ms, struct history_slot out[HISTORY_SLOTS])
{
    int64_t from = begin_of(now_ms) - (int64_t)(HISTORY_SLOTS - 1) * HISTORY_SLOT_MS;
    for (int i = 0; i < HISTORY_SLOTS; i++, from += HISTORY_SLOT_MS) {
        const struct slot *s = &h->ring[place_of(from)];
        out[i] = s->seen.from_ms == from ? s->seen : (struct history_slot){.from_ms = from, .p50_ms = -1, .max_ms = -1};
        if (s->seen.from_ms == from)
            out[i].p50_ms = median(s->ms, s->n);
    }
}

bool history_latency(const struct history *h, int64_t now_ms, size_t *started, int64_t *p50_ms, int64_t *max_ms)
{
    int64_t oldest = begin_of(now_ms) - (int64_t)(HISTORY_SLOTS - 1) * HISTORY_SLOT_MS;
    uint32_t *all = NULL;
    size_t n = 0;
    *started = 0;
    for (int i = 0; i < HISTORY_SLOTS; i++) {
        const struct slot *s = &h->ring[i];
        if (s->seen.from_ms < oldest || s->seen.from_ms > now_ms || !s->seen.started)
            continue;
        *started += s->seen.started;
        if (!s->n)
            continue;
        all = mem_grow(all, n + s->n, sizeof *all);
        memcpy(all + n, s->ms, s->n * sizeof *all);
        n += s->n;
    }
    *p50_ms = median(all, n);
    *max_ms = n ? (int64_t)all[n - 1] : -1;
    free(all);
    return *started > 0;
}

int64_t history_due(const struct history *h, int64_t now_ms)
{
    (void)h;
    return begin_of(now_ms) + HISTORY_SLOT_MS;
}
