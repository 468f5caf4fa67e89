/* A growing array of pointers; it owns the array, never what it points to. */
#ifndef BASE_PTRS_H
#define BASE_PTRS_H
#include <stddef.h>

struct ptrs {
    void **v;
    size_t n, cap;
};
void ptrs_add(struct ptrs *, void *);
void ptrs_insert(struct ptrs *, size_t at, void *);
void ptrs_remove(struct ptrs *, size_t at);
void ptrs_clear(struct ptrs *);
void ptrs_free(struct ptrs *);
#endif
