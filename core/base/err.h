/* An error is a sentence: what went wrong, where, and what to do. No codes, no static buffers.
 * A function that can fail takes `struct err *`, returns false (or NULL), and has set the text by then. */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include <stdbool.h>

struct err {
    char *text;                                   /* NULL: no error */
};

/* Replaces the text. Returns false, so that `return err_set(...)` reads well. err may be NULL (the text is dropped). */
bool err_set(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts "context: " in front of the text. */
bool err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
void err_clear(struct err *err);
#endif
