/* Object uids: 128 bits, written as a UUID (RFC 9562). */
#include "core/store/store.h"
#include <inttypes.h>
#include <stdio.h>

bool uid_eq(struct uid a, struct uid b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

bool uid_none(struct uid u)
{
    return !u.hi && !u.lo;
}

struct uid uid_parse(struct slice s)
{
    /* One more than a hex digit's value; 0: it is none. */
    static const uint8_t value_of[256] = {
        ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
        ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
        ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    };
    const struct uid none = {0, 0};
    uint64_t half[2] = {0, 0};
    if (s.n != 36 || s.p[8] != '-' || s.p[13] != '-' || s.p[18] != '-' || s.p[23] != '-')
        return none;
    for (size_t i = 0; i < s.n; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            continue;
        uint8_t value = value_of[(unsigned char)s.p[i]];
        if (!value)
            return none;
        half[i > 18] = half[i > 18] << 4 | (uint64_t)(value - 1);
    }
    return (struct uid){half[0], half[1]};
}

char *uid_text(struct uid u, char out[40])
{
    snprintf(out, 40, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, u.hi >> 32, u.hi >> 16 & 0xffff, u.hi & 0xffff,
             u.lo >> 48, u.lo & 0xffffffffffff);
    return out;
}
