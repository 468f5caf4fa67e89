/* Memory that cannot be had ends the program: these never return NULL. */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include <stddef.h>

/* Called once before the program ends for want of memory; it must not allocate. The terminal registers its restoring here. */
void mem_on_exhausted(void (*restore)(void));
void *mem_new(size_t size);                       /* zeroed; free() it */
void *mem_array(size_t count, size_t size);       /* zeroed; overflow counts as exhausted */
void *mem_grow(void *old, size_t count, size_t size); /* as reallocarray; new bytes are not zeroed */
char *mem_text(const char *text);                 /* copy; NULL stays NULL */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define NEW(type) ((type *)mem_new(sizeof(type)))
#endif
