/* Shared, counted strings: equal texts are one pointer, so equality is `==`, and 10,000 objects of one namespace hold its name once.
 * A pool is of one thread. Every `str` is never NULL: the empty string is a valid one and is not counted. */
#ifndef BASE_STRPOOL_H
#define BASE_STRPOOL_H
#include "core/base/slice.h"

struct strpool;
typedef const char *str;                          /* NUL-terminated, lives until its last str_drop */

struct strpool *strpool_new(void);
void strpool_free(struct strpool *);              /* all strings of it die */
str str_get(struct strpool *, struct slice);      /* +1; drop it once */
str str_hold(str);                                /* +1 for one already held */
void str_drop(struct strpool *, str);             /* -1; "" and NULL are ignored */
str str_find(const struct strpool *, struct slice); /* borrowed; NULL where no one holds it */
size_t str_len(str);
size_t strpool_count(const struct strpool *);
/* Replaces *slot by the text, dropping what was there. Returns whether it is another string now. *slot may be NULL at first. */
bool str_set(struct strpool *, str *slot, struct slice);
#endif
