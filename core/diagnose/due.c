/* A binary heap by recheck_ms. Invariant: v[i]->due_place == i + 1. */
#include "core/diagnose/due.h"

#include <stdlib.h>

#include "core/base/mem.h"

static void put(struct due *d, size_t i, struct record *r)
{
    d->v[i] = r;
    r->due_place = (uint32_t)i + 1;
}

static void up(struct due *d, size_t i)
{
    struct record *r = d->v[i];
    while (i > 0 && d->v[(i - 1) / 2]->verdict.recheck_ms > r->verdict.recheck_ms) {
        put(d, i, d->v[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put(d, i, r);
}

static void down(struct due *d, size_t i)
{
    struct record *r = d->v[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= d->n)
            break;
        if (child + 1 < d->n && d->v[child + 1]->verdict.recheck_ms < d->v[child]->verdict.recheck_ms)
            child++;
        if (d->v[child]->verdict.recheck_ms >= r->verdict.recheck_ms)
            break;
        put(d, i, d->v[child]);
        i = child;
    }
    put(d, i, r);
}

void due_set(struct due *d, struct record *r)
{
    if (r->verdict.recheck_ms == INT64_MAX) {
        if (!r->due_place)
            return;
        size_t i = r->due_place - 1;
        struct record *moved = d->v[--d->n];
        r->due_place = 0;
        if (moved == r)
            return;
        put(d, i, moved);
        up(d, i);
        down(d, moved->due_place - 1);
        return;
    }
    if (!r->due_place) {
        if (d->n == d->cap) {
            d->cap = d->cap ? d->cap * 2 : 64;
            d->v = mem_grow(d->v, d->cap, sizeof *d->v);
        }
        put(d, d->n++, r);
    }
    up(d, r->due_place - 1);
    down(d, r->due_place - 1);
}

void due_free(struct due *d)
{
    free(d->v);
    *d = (struct due){0};
}
