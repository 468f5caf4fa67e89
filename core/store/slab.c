/* Invariant: every place of every block is either taken or in the chain of free ones. Under AddressSanitizer each thing is an allocation of
 * its own, so that the use of one that is gone is found out. */
#include "core/store/slab.h"
#include "core/base/mem.h"
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ONE_BY_ONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ONE_BY_ONE 1
#endif
#endif

#ifdef ONE_BY_ONE
void *slab_take(struct slab *slab)
{
    return mem_new(slab->size);
}

void slab_give(struct slab *slab, void *thing)
{
    (void)slab;
    free(thing);
}

void slab_end(struct slab *slab)
{
    (void)slab;
}
#else
enum { BLOCK_BYTES = 16 * 1024 - 16 };       /* with the allocator's own head a whole number of pages */

struct slab_block {
    struct slab_block *next;
    max_align_t first[];
};

static void block_add(struct slab *slab)
{
    struct slab_block *block = mem_new(BLOCK_BYTES);
    size_t most = (BLOCK_BYTES - offsetof(struct slab_block, first)) / slab->size;
    block->next = slab->blocks;
    slab->blocks = block;
    for (size_t i = most; i-- > 0;) {
        void *thing = (char *)block->first + i * slab->size;
        memcpy(thing, &slab->free, sizeof slab->free);
        slab->free = thing;
    }
}

void *slab_take(struct slab *slab)
{
    if (!slab->free)
        block_add(slab);
    void *thing = slab->free;
    memcpy(&slab->free, thing, sizeof slab->free);
    memset(thing, 0, slab->size);
    return thing;
}

void slab_give(struct slab *slab, void *thing)
{
    memcpy(thing, &slab->free, sizeof slab->free);
    slab->free = thing;
}

void slab_end(struct slab *slab)
{
    for (struct slab_block *b = slab->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    slab->blocks = NULL;
    slab->free = NULL;
}
#endif
