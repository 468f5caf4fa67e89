/* Invariant: each distinct text of a pool is one entry with a count above 0; the characters follow the head in one allocation. The table
 * holds the heads in chains. */
#include "core/base/strpool.h"

#include "core/base/mem.h"

#include <stdlib.h>

struct entry {
    struct entry *next;
    uint32_t hash, count;
    uint32_t n;
    char text[];
};

struct strpool {
    struct entry **heads;
    size_t cap, count;
};

static struct entry *entry_of(str s)
{
    return (struct entry *)(void *)((char *)(uintptr_t)s - offsetof(struct entry, text));
}

struct strpool *strpool_new(void)
{
    struct strpool *pool = NEW(struct strpool);

    pool->cap = 256;
    pool->heads = mem_array(pool->cap, sizeof *pool->heads);
    return pool;
}

void strpool_free(struct strpool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->cap; i++) {
        for (struct entry *e = pool->heads[i], *next; e; e = next) {
            next = e->next;
            free(e);
        }
    }
    free(pool->heads);
    free(pool);
}

static struct entry *find(const struct strpool *pool, struct slice s, uint32_t hash)
{
    for (struct entry *e = pool->heads[hash & (pool->cap - 1)]; e; e = e->next)
        if (e->hash == hash && e->n == s.n && memcmp(e->text, s.p, s.n) == 0)
            return e;
    return NULL;
}

static void grow(struct strpool *pool)
{
    size_t cap = pool->cap * 2;
    struct entry **heads = mem_array(cap, sizeof *heads);

    for (size_t i = 0; i < pool->cap; i++) {
        for (struct entry *e = pool->heads[i], *next; e; e = next) {
            next = e->next;
            e->next = heads[e->hash & (cap - 1)];
            heads[e->hash & (cap - 1)] = e;
        }
    }
    free(pool->heads);
    pool->heads = heads;
    pool->cap = cap;
}

static uint32_t short_hash(struct slice s)
{
    uint64_t h = slice_hash(s);

    return (uint32_t)(h ^ h >> 32);
}

/* A str is C text: what follows a NUL (the cluster may send one) is dropped. */
static struct slice until_nul(struct slice s)
{
    const char *nul = s.n ? memchr(s.p, 0, s.n) : NULL;

    return nul ? (struct slice){s.p, (size_t)(nul - s.p)} : s;
}

str str_get(struct strpool *pool, struct slice s)
{
    s = until_nul(s);
    if (s.n == 0)
        return "";
    if (s.n > UINT32_MAX - 1)
        s.n = UINT32_MAX - 1;
    uint32_t hash = short_hash(s);
    struct entry *e = find(pool, s, hash);
    if (e) {
        e->count++;
        return e->text;
    }
    if (pool->count >= pool->cap)
        grow(pool);
    e = mem_new(offsetof(struct entry, text) + s.n + 1);
    e->hash = hash;
    e->count = 1;
    e->n = (uint32_t)s.n;
    memcpy(e->text, s.p, s.n);
    e->next = pool->heads[hash & (pool->cap - 1)];
    pool->heads[hash & (pool->cap - 1)] = e;
    pool->count++;
    return e->text;
}

str str_hold(str s)
{
    if (s && *s)
        entry_of(s)->count++;
    return s ? s : "";
}

void str_drop(struct strpool *pool, str s)
{
    if (!s || !*s)
        return;
    struct entry *e = entry_of(s);
    if (--e->count > 0)
        return;
    struct entry **at = &pool->heads[e->hash & (pool->cap - 1)];
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    pool->count--;
    free(e);
}

str str_find(const struct strpool *pool, struct slice s)
{
    if (s.n == 0)
        return "";
    struct entry *e = find(pool, s, short_hash(s));
    return e ? e->text : NULL;
}

size_t str_len(str s)
{
    return s && *s ? entry_of(s)->n : 0;
}

size_t strpool_count(const struct strpool *pool)
{
    return pool->count;
}

bool str_set(struct strpool *pool, str *slot, struct slice s)
{
    str old = *slot;

    s = until_nul(s);
    if (old && str_len(old) == s.n && (s.n == 0 || memcmp(old, s.p, s.n) == 0))
        return false;
    *slot = str_get(pool, s);
    str_drop(pool, old);
    return old != NULL || s.n > 0;
}
