/* Pages of rows by slot. Invariant: a page never moves once made. */
#include "tui/views/slots.h"
#include "core/base/mem.h"
#include <stdlib.h>
#include <string.h>

enum { PAGE = 256 };

void *slots_get(const struct slots *s, uint32_t slot)
{
    char *page = slot / PAGE < s->n_pages ? s->pages[slot / PAGE] : NULL;
    return page ? page + slot % PAGE * s->size : NULL;
}

void *slots_make(struct slots *s, uint32_t slot)
{
    size_t at = slot / PAGE;
    if (at >= s->n_pages) {
        s->pages = mem_grow(s->pages, at + 1, sizeof *s->pages);
        memset(s->pages + s->n_pages, 0, (at + 1 - s->n_pages) * sizeof *s->pages);
        s->n_pages = at + 1;
    }
    if (!s->pages[at])
        s->pages[at] = mem_array(PAGE, s->size);
    return slots_get(s, slot);
}

void slots_free(struct slots *s)
{
    for (size_t i = 0; i < s->n_pages; i++)
        free(s->pages[i]);
    free(s->pages);
    *s = (struct slots){.size = s->size};
}
