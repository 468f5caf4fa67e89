/* Rows of memory beside the store, by an object's slot. In pages, made as they are touched: slots count through all kinds, one kind's lie together,
 * and a row never moves. */
#ifndef TUI_SLOTS_H
#define TUI_SLOTS_H
#include <stddef.h>
#include <stdint.h>

struct slots {
    size_t size;                     /* bytes of a row; set once before use */
    void **pages;
    size_t n_pages;
};
void *slots_get(const struct slots *, uint32_t slot);     /* NULL where nothing was made */
void *slots_make(struct slots *, uint32_t slot);          /* zeroed at first; stays where it is until slots_free */
void slots_free(struct slots *);                          /* empty again; the size stays */
#endif
