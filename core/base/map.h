/* A hash map from a byte key to a pointer. Keys are borrowed: they must live as long as their entry. Open addressing, no tombstones. */
#ifndef BASE_MAP_H
#define BASE_MAP_H
#include "core/base/slice.h"

struct map_entry {
    struct slice key;
    void *value;                                  /* NULL: the place is free */
};
struct map {
    struct map_entry *entries;
    size_t count, cap;
};

void *map_get(const struct map *, struct slice key);              /* NULL where absent */
void *map_put(struct map *, struct slice key, void *value);       /* value not NULL; returns what it replaced (its key is replaced too) */
void *map_take(struct map *, struct slice key);                   /* removes; NULL where absent */
/* Walks all: `size_t i = 0; while ((v = map_next(m, &i)))`. Not across changes. */
void *map_next(const struct map *, size_t *i);
void map_free(struct map *);
#endif
