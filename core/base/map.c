/* Invariant: cap is 0 or a power of two, at most 3/4 full; an entry stands between its home place and the next free one (linear probing), so
 * removal moves the followers back and no tombstones exist. */
#include "core/base/map.h"

#include "core/base/mem.h"

#include <stdlib.h>

static size_t place_of(const struct map *m, struct slice key)
{
    size_t i = (size_t)slice_hash(key) & (m->cap - 1);

    while (m->entries[i].value && !slice_eq(m->entries[i].key, key))
        i = (i + 1) & (m->cap - 1);
    return i;
}

static void grow(struct map *m)
{
    struct map old = *m;

    m->cap = old.cap ? old.cap * 2 : 16;
    m->entries = mem_array(m->cap, sizeof *m->entries);
    for (size_t i = 0; i < old.cap; i++)
        if (old.entries[i].value)
            m->entries[place_of(m, old.entries[i].key)] = old.entries[i];
    free(old.entries);
}

void *map_get(const struct map *m, struct slice key)
{
    return m->cap ? m->entries[place_of(m, key)].value : NULL;
}

void *map_put(struct map *m, struct slice key, void *value)
{
    if (m->count + 1 > m->cap / 4 * 3)
        grow(m);
    struct map_entry *e = &m->entries[place_of(m, key)];
    void *old = e->value;
    m->count += !old;
    *e = (struct map_entry){key, value};
    return old;
}

void *map_take(struct map *m, struct slice key)
{
    if (!m->cap)
        return NULL;
    size_t mask = m->cap - 1, hole = place_of(m, key);
    void *value = m->entries[hole].value;
    if (!value)
        return NULL;
    for (size_t i = (hole + 1) & mask; m->entries[i].value; i = (i + 1) & mask) {
        size_t home = (size_t)slice_hash(m->entries[i].key) & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->entries[hole] = m->entries[i];
            hole = i;
        }
    }
    m->entries[hole] = (struct map_entry){{NULL, 0}, NULL};
    m->count--;
    return value;
}

void *map_next(const struct map *m, size_t *i)
{
    while (*i < m->cap) {
        void *value = m->entries[(*i)++].value;
        if (value)
            return value;
    }
    return NULL;
}

void map_free(struct map *m)
{
    free(m->entries);
    *m = (struct map){0};
}
