/* Invariant: n <= cap; order is kept by insert and remove. */
#include "core/base/ptrs.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

void ptrs_add(struct ptrs *a, void *p)
{
    ptrs_insert(a, a->n, p);
}

void ptrs_insert(struct ptrs *a, size_t at, void *p)
{
    if (a->n == a->cap) {
        a->cap = a->cap ? a->cap * 2 : 16;
        a->v = mem_grow(a->v, a->cap, sizeof *a->v);
    }
    if (at < a->n)
        memmove(a->v + at + 1, a->v + at, (a->n - at) * sizeof *a->v);
    a->v[at] = p;
    a->n++;
}

void ptrs_remove(struct ptrs *a, size_t at)
{
    a->n--;
    if (at < a->n)
        memmove(a->v + at, a->v + at + 1, (a->n - at) * sizeof *a->v);
}

void ptrs_clear(struct ptrs *a)
{
    a->n = 0;
}

void ptrs_free(struct ptrs *a)
{
    free(a->v);
    *a = (struct ptrs){0};
}
