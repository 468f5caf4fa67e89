/* Invariant: no byte beyond n is read, and a NULL p is only ever one with n == 0. */
#include "core/base/slice.h"

#include "core/base/mem.h"

uint64_t slice_hash(struct slice s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
    return h;
}

char *slice_dup(struct slice s)
{
    char *copy = mem_new(s.n + 1);

    if (s.n)
        memcpy(copy, s.p, s.n);
    return copy;
}

ptrdiff_t slice_find(struct slice hay, struct slice needle)
{
    if (needle.n == 0)
        return 0;
    if (needle.n > hay.n)
        return -1;
    const char *at = memmem(hay.p, hay.n, needle.p, needle.n);
    return at ? at - hay.p : -1;
}

static unsigned char lower(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

ptrdiff_t slice_find_caseless(struct slice hay, struct slice needle)
{
    if (needle.n == 0)
        return 0;
    for (size_t i = 0; i + needle.n <= hay.n; i++) {
        size_t k = 0;
        while (k < needle.n && lower(hay.p[i + k]) == lower(needle.p[k]))
            k++;
        if (k == needle.n)
            return (ptrdiff_t)i;
    }
    return -1;
}

bool slice_int(struct slice s, int64_t *value)
{
    bool minus = s.n && s.p[0] == '-';
    size_t i = minus;
    int64_t v = 0;

    if (i == s.n)
        return false;
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, (int64_t)10, &v) || __builtin_sub_overflow(v, (int64_t)(s.p[i] - '0'), &v))
            return false;
    }
    if (!minus && v == INT64_MIN)
        return false;
    *value = minus ? v : -v;
    return true;
}
