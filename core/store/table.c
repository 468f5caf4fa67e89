/* Sets of objects. Invariant: each object is reachable from its home place without a gap; at most 7 of 8 places are taken. */
#include "core/store/inside.h"
#include <stdlib.h>

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

static uint64_t address(str s)
{
    return *s ? (uint64_t)(uintptr_t)s : 0;
}

uint64_t hash_name(enum kind kind, str ns, str name)
{
    return mix(mix(address(ns) + (uint64_t)kind) ^ address(name));
}

uint64_t hash_name_of(const struct object *o)
{
    return hash_name(o->kind, o->ns, o->name);
}

uint64_t hash_uid(struct uid uid)
{
    return mix(uid.hi ^ mix(uid.lo));
}

uint64_t hash_uid_of(const struct object *o)
{
    return hash_uid(o->uid);
}

static uint8_t tag_of(uint64_t hash)
{
    return (uint8_t)(hash >> 56 | 1);
}

static void place(struct table *t, struct object *o)
{
    uint64_t hash = t->hash(o);
    size_t i = hash & (t->cap - 1);
    while (t->tags[i])
        i = (i + 1) & (t->cap - 1);
    t->v[i] = o;
    t->tags[i] = tag_of(hash);
}

static void resize(struct table *t, size_t cap)
{
    struct table old = *t;
    t->v = mem_array(cap, sizeof *t->v);
    t->tags = mem_array(cap, 1);
    t->cap = cap;
    for (size_t i = 0; i < old.cap; i++)
        if (old.tags[i])
            place(t, old.v[i]);
    table_free(&old);
}

void table_free(struct table *t)
{
    free(t->v);
    free(t->tags);
    t->v = NULL;
    t->tags = NULL;
    t->n = t->cap = 0;
}

void table_add(struct table *t, struct object *o)
{
    if ((t->n + 1) * 8 > t->cap * 7)
        resize(t, t->cap ? t->cap * 2 : 64);
    place(t, o);
    t->n++;
}

bool table_remove(struct table *t, const struct object *o)
{
    if (!t->cap)
        return false;
    size_t mask = t->cap - 1, i = t->hash(o) & mask;
    while (t->tags[i] && t->v[i] != o)
        i = (i + 1) & mask;
    if (!t->tags[i])
        return false;
    /* Those behind move up, each no further than its home, so that no gap cuts one off. */
    for (size_t next = (i + 1) & mask; t->tags[next]; next = (next + 1) & mask) {
        size_t home = t->hash(t->v[next]) & mask;
        if (((next - home) & mask) >= ((next - i) & mask)) {
            t->v[i] = t->v[next];
            t->tags[i] = t->tags[next];
            i = next;
        }
    }
    t->v[i] = NULL;
    t->tags[i] = 0;
    t->n--;
    return true;
}

struct object *table_by_name(const struct table *t, enum kind kind, str ns, str name)
{
    const uint64_t hash = hash_name(kind, ns, name);
    const uint8_t tag = tag_of(hash);
    for (size_t mask = t->cap - 1, i = hash & mask; t->cap && t->tags[i]; i = (i + 1) & mask) {
        struct object *o = t->v[i];
        if (t->tags[i] == tag && o->kind == kind && str_same(o->name, name) && str_same(o->ns, ns))
            return o;
    }
    return NULL;
}

struct object *table_by_uid(const struct table *t, struct uid uid)
{
    const uint64_t hash = hash_uid(uid);
    const uint8_t tag = tag_of(hash);
    for (size_t mask = t->cap - 1, i = hash & mask; t->cap && t->tags[i]; i = (i + 1) & mask)
        if (t->tags[i] == tag && uid_eq(t->v[i]->uid, uid))
            return t->v[i];
    return NULL;
}
