/* Finding the end of a JSON value at memory speed. Invariant: no byte at or after `end` is read, whatever the text holds.
 * Brackets are counted, not matched by kind: "[}" is found out when someone walks into it. A backslash escapes the next quote wherever it stands, so
 * that the result does not depend on how the text was cut. */
#include "core/base/json_scan.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
/* One bit a byte of a block of 64. */
struct block {
    uint64_t quotes, backslashes, opens, closes;
};

static inline uint64_t mask16(__m128i bytes, char c, unsigned shift)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))) << shift;
}

static inline struct block block_of(const char *p)
{
    struct block b = {0};
    for (unsigned i = 0; i < 64; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));   /* makes [ a {, ] a }; no other byte becomes one of these */
        b.quotes |= mask16(bytes, '"', i);
        b.backslashes |= mask16(bytes, '\\', i);
        b.opens |= mask16(folded, '{', i);
        b.closes |= mask16(folded, '}', i);
    }
    return b;
}

/* The bytes that a backslash escapes: those after an odd run of backslashes. *carry: whether the first byte is, then whether the one after the
 * block is. The carry of an addition runs through each run of backslashes that begins at an odd place (the method is simdjson's). */
static inline uint64_t escaped_of(uint64_t backslashes, bool *carry)
{
    uint64_t first = *carry;
    if (!backslashes) {
        *carry = false;
        return first;
    }
    backslashes &= ~first;
    const uint64_t even = 0x5555555555555555u;
    uint64_t follows = backslashes << 1 | first;
    uint64_t odd_starts = backslashes & ~even & ~follows;
    uint64_t run_ends;
    *carry = __builtin_add_overflow(odd_starts, backslashes, &run_ends);
    return (even ^ (run_ends << 1)) & follows;
}

/* Bit i of the result: the parity of bits 0 to i. */
static inline uint64_t prefix_xor(uint64_t x)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        x ^= x << shift;
    return x;
}

static inline unsigned count_bits(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (unsigned)(x * 0x0101010101010101u >> 56);
}

/* Goes through a block whose brackets may end the value. Returns the place after its end, or 0. */
static unsigned block_walk(struct json_scan *s, uint64_t opens, uint64_t closes)
{
    for (uint64_t both = opens | closes; both; both &= both - 1) {
        uint64_t bit = both & -both;
        if (opens & bit) {
            if (++s->depth > JSON_MAX_DEPTH) {
                s->too_deep = true;
                return 0;
            }
        } else if (--s->depth == 0) {
            return (unsigned)__builtin_ctzll(bit) + 1;
        }
    }
    return 0;
}

/* n: how many bytes of the block are text, the rest being blanks. Returns the place after the value's end, or 0. */
static inline unsigned block_scan(struct json_scan *s, const char *p, unsigned n)
{
    struct block b = block_of(p);
    bool carry = s->escaped;
    uint64_t escaped = escaped_of(b.backslashes, &carry);
    s->escaped = n < 64 ? escaped >> n & 1 : carry;
    uint64_t inside = prefix_xor(b.quotes & ~escaped) ^ (s->in_string ? ~(uint64_t)0 : 0);
    s->in_string = inside >> 63;
    uint64_t opens = b.opens & ~inside, closes = b.closes & ~inside;
    unsigned n_opens = count_bits(opens), n_closes = count_bits(closes);
    if (n_closes < s->depth && s->depth + n_opens <= JSON_MAX_DEPTH) {
        s->depth += n_opens - n_closes;
        return 0;
    }
    return block_walk(s, opens, closes);
}

const char *json_scan_brackets(struct json_scan *s, const char *p, const char *end)
{
    for (; end - p >= 64; p += 64) {
        unsigned after = block_scan(s, p, 64);
        if (after)
            return p + after;
        if (s->too_deep)
            return NULL;
    }
    if (p == end)
        return NULL;
    char last[64];
    size_t n = (size_t)(end - p);
    memset(last, ' ', sizeof last);
    memcpy(last, p, n);
    unsigned after = block_scan(s, last, (unsigned)n);
    return after ? p + after : NULL;
}
#else
const char *json_scan_brackets(struct json_scan *s, const char *p, const char *end)
{
    enum { PLAIN, QUOTE, BACKSLASH, OPEN, CLOSE };
    static const unsigned char class_of[256] = {
        ['"'] = QUOTE, ['\\'] = BACKSLASH, ['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE,
    };
    for (; p < end; p++) {
        unsigned char class = class_of[(unsigned char)*p];
        if (class == BACKSLASH) {
            s->escaped = !s->escaped;
            continue;
        }
        if (class == QUOTE && !s->escaped) {
            s->in_string = !s->in_string;
        } else if (class == OPEN && !s->in_string) {
            if (++s->depth > JSON_MAX_DEPTH) {
                s->too_deep = true;
                return NULL;
            }
        } else if (class == CLOSE && !s->in_string && --s->depth == 0) {
            return p + 1;
        }
        s->escaped = false;
    }
    return NULL;
}
#endif

const char *json_scan_string(struct json_scan *s, const char *p, const char *end)
{
    if (s->escaped && p < end) {
        s->escaped = false;
        p++;
    }
    while (p < end) {
#ifdef __SSE2__
        if (end - p >= 16) {
            __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
            uint64_t hits = mask16(bytes, '"', 0) | mask16(bytes, '\\', 0);
            if (!hits) {
                p += 16;
                continue;
            }
            p += __builtin_ctzll(hits);
        }
#endif
        if (*p == '"')
            return p + 1;
        if (*p == '\\') {
            if (++p == end) {
                s->escaped = true;
                return NULL;
            }
        }
        p++;
    }
    return NULL;
}

const char *json_scan_word(const char *p, const char *end)
{
    while (p < end && ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || *p == '-' || *p == '+' || *p == '.' || *p == 'E'))
        p++;
    return p;
}

static size_t digits(struct slice s, size_t i)
{
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i;
}

bool json_word_good(struct slice w)
{
    if (w.n && w.p[0] >= 'a')
        return slice_eq(w, SLICE("true")) || slice_eq(w, SLICE("false")) || slice_eq(w, SLICE("null"));
    size_t start = w.n && w.p[0] == '-', i = digits(w, start), from;
    if (i == start)
        return false;
    if (i < w.n && w.p[i] == '.') {
        i = digits(w, from = i + 1);
        if (i == from)
            return false;
    }
    if (i < w.n && (w.p[i] == 'e' || w.p[i] == 'E')) {
        i++;
        if (i < w.n && (w.p[i] == '+' || w.p[i] == '-'))
            i++;
        i = digits(w, from = i);
        if (i == from)
            return false;
    }
    return i == w.n;
}
