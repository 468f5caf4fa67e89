/* Memory for many things of one size: no head on each, and places are used again. Internal to core/store. */
#ifndef STORE_SLAB_H
#define STORE_SLAB_H
#include <stddef.h>

struct slab_block;
struct slab {
    size_t size;                     /* of one thing, at least that of a pointer; set before the first slab_take */
    struct slab_block *blocks;
    void *free;                      /* the next free place, which holds the address of the one after it */
};

void *slab_take(struct slab *);      /* zeroed */
void slab_give(struct slab *, void *thing);
/* Frees all. Each thing has to have been given back by then. */
void slab_end(struct slab *);
#endif
