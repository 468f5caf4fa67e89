/* A growing run of bytes with one owner. p is NUL-terminated whenever it is not NULL (the NUL is not counted in n). */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "core/base/slice.h"
#include <stdarg.h>

struct buf {
    char *p;
    size_t n, cap;
};

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_text(struct buf *b, const char *text);
void buf_add_slice(struct buf *b, struct slice s);
void buf_add_byte(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));
void buf_reserve(struct buf *b, size_t more);     /* room for that many bytes beyond n */
void buf_drop_front(struct buf *b, size_t n);     /* forget the first n bytes */
void buf_clear(struct buf *b);                    /* n = 0, the memory stays */
void buf_free(struct buf *b);                     /* back to {0} */
char *buf_take(struct buf *b);                    /* the text, never NULL; the caller frees it; b is {0} after */
static inline struct slice buf_slice(const struct buf *b)
{
    return (struct slice){b->p ? b->p : "", b->n};
}
#endif
