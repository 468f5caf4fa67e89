/* A borrowed run of bytes. It owns nothing and is not NUL-terminated: whoever hands one out says how long it lives. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *p;
    size_t n;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}
static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool slice_is(struct slice a, const char *text)
{
    return slice_eq(a, slice_of(text));
}
static inline bool slice_starts(struct slice a, struct slice prefix)
{
    return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}
/* FNV-1a, 64 bits. */
uint64_t slice_hash(struct slice s);
/* A NUL-terminated copy; the caller frees it. */
char *slice_dup(struct slice s);
/* Position of needle in hay, or -1. Both byte-exact; the second folds ASCII case. */
ptrdiff_t slice_find(struct slice hay, struct slice needle);
ptrdiff_t slice_find_caseless(struct slice hay, struct slice needle);
/* The length of the UTF-8 character at s.p[i] (no surrogate, no overlong form, at most U+10FFFF) and what it is (value may be NULL);
 * 0: there is none. i lies within s. */
size_t slice_utf8(struct slice s, size_t i, uint32_t *value);
/* The decimal number that s is; false where it is anything else or does not fit. */
bool slice_int(struct slice s, int64_t *value);
#endif
