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
    const struct uid none = {0, 0};
    uint64_t half[2] = {0, 0};
    unsigned digits = 0;
    if (s.n != 36)
        return none;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i], lower = (char)(c | 0x20);
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen && c == '-')
            continue;
        uint64_t value;
        if (!hyphen && c >= '0' && c <= '9')
            value = (uint64_t)(c - '0');
        else if (!hyphen && lower >= 'a' && lower <= 'f')
            value = (uint64_t)(lower - 'a') + 10;
        else
            return none;
        half[digits / 16] = half[digits / 16] << 4 | value;
        digits++;
    }
    return (struct uid){half[0], half[1]};
}

char *uid_text(struct uid u, char out[40])
{
    snprintf(out, 40, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, u.hi >> 32, u.hi >> 16 & 0xffff, u.hi & 0xffff,
             u.lo >> 48, u.lo & 0xffffffffffff);
    return out;
}
