/* Lines in slabs of one size. Invariant: index[i] is the place of line number first + i; the lines of the oldest slab are the lowest numbers,
 * so reusing a slab evicts a run at the front. order holds the line numbers sorted by time, equal times by number. */
#include "core/logs/log_buffer.h"

#include "core/base/mem.h"
#include "core/base/ptrs.h"

#include <stdlib.h>

enum { SLAB_BYTES = 256 * 1024, STREAMS_MOST = 1024 };

struct record {
    int64_t stamp_ns;
    uint32_t n;
    uint16_t stream;
    uint8_t type, level, format, folded;
    char text[];
};

struct slab {
    size_t used, size, lines;
    char bytes[];
};

struct log_buffer {
    size_t limit, bytes;             /* bytes: of the slabs that hold lines */
    struct ptrs slabs;               /* oldest first */
    struct slab *spare;
    const struct record **index;
    size_t index_at, index_n, index_cap;   /* the live part of index is [index_at, index_at + index_n) */
    uint64_t first;
    uint64_t *order;
    size_t order_n, order_cap;
    uint64_t evicted;
    struct ptrs labels;              /* of char * */
    int64_t last_ns[STREAMS_MOST];
};

struct log_buffer *log_buffer_new(size_t limit_bytes)
{
    struct log_buffer *b = NEW(struct log_buffer);

    b->limit = limit_bytes < 2 * SLAB_BYTES ? 2 * SLAB_BYTES : limit_bytes;
    return b;
}

void log_buffer_free(struct log_buffer *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->slabs.n; i++)
        free(b->slabs.v[i]);
    for (size_t i = 0; i < b->labels.n; i++)
        free(b->labels.v[i]);
    ptrs_free(&b->slabs);
    ptrs_free(&b->labels);
    free(b->spare);
    free(b->index);
    free(b->order);
    free(b);
}

unsigned log_buffer_stream(struct log_buffer *b, const char *label)
{
    for (size_t i = 0; i < b->labels.n; i++)
        if (strcmp(b->labels.v[i], label) == 0)
            return (unsigned)i;
    if (b->labels.n == STREAMS_MOST)
        return STREAMS_MOST - 1;
    b->last_ns[b->labels.n] = INT64_MIN;
    ptrs_add(&b->labels, mem_text(label));
    return (unsigned)b->labels.n - 1;
}

const char *log_buffer_label(const struct log_buffer *b, unsigned stream)
{
    return stream < b->labels.n ? b->labels.v[stream] : "";
}

static void forget_order(struct log_buffer *b)
{
    size_t kept = 0;

    for (size_t i = 0; i < b->order_n; i++) {
        uint64_t number = b->order[i];
        if (number >= b->first)
            b->order[kept++] = number;
    }
    b->order_n = kept;
}

static void evict(struct log_buffer *b)
{
    struct slab *oldest = b->slabs.v[0];

    ptrs_remove(&b->slabs, 0);
    b->bytes -= oldest->size;
    b->index_at += oldest->lines;
    b->index_n -= oldest->lines;
    b->first += oldest->lines;
    b->evicted += oldest->lines;
    forget_order(b);
    if (oldest->size == SLAB_BYTES && !b->spare)
        b->spare = oldest;
    else
        free(oldest);
}

static struct slab *slab_with_room(struct log_buffer *b, size_t need)
{
    struct slab *last = b->slabs.n ? b->slabs.v[b->slabs.n - 1] : NULL;

    if (last && last->size - last->used >= need)
        return last;
    size_t size = need > SLAB_BYTES ? need : SLAB_BYTES;
    while (b->slabs.n && b->bytes + size > b->limit)
        evict(b);
    struct slab *slab = size == SLAB_BYTES ? b->spare : NULL;
    if (slab)
        b->spare = NULL;
    else
        slab = mem_grow(NULL, 1, offsetof(struct slab, bytes) + size);
    slab->used = slab->lines = 0;
    slab->size = size;
    b->bytes += size;
    ptrs_add(&b->slabs, slab);
    return slab;
}

static void index_add(struct log_buffer *b, const struct record *r)
{
    if (b->index_at + b->index_n == b->index_cap) {
        if (b->index_at > b->index_n) {
            memmove(b->index, b->index + b->index_at, b->index_n * sizeof *b->index);
            b->index_at = 0;
        } else {
            b->index_cap = b->index_cap ? b->index_cap * 2 : 1024;
            b->index = mem_grow(b->index, b->index_cap, sizeof *b->index);
        }
    }
    b->index[b->index_at + b->index_n++] = r;
}

static const struct record *record_of(const struct log_buffer *b, uint64_t number)
{
    return b->index[b->index_at + (size_t)(number - b->first)];
}

/* Most lines belong at the end; a late one is put behind the last that is not younger. */
static void order_add(struct log_buffer *b, uint64_t number, int64_t stamp_ns)
{
    size_t low = 0, high = b->order_n;

    if (b->order_n == b->order_cap) {
        b->order_cap = b->order_cap ? b->order_cap * 2 : 1024;
        b->order = mem_grow(b->order, b->order_cap, sizeof *b->order);
    }
    if (high == 0 || record_of(b, b->order[high - 1])->stamp_ns <= stamp_ns)
        low = high;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (record_of(b, b->order[middle])->stamp_ns <= stamp_ns)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(b->order + low + 1, b->order + low, (b->order_n - low) * sizeof *b->order);
    b->order[low] = number;
    b->order_n++;
}

void log_buffer_add(struct log_buffer *b, unsigned stream, unsigned type, int64_t stamp_ns, struct slice text)
{
    struct log_line line = {.level = LEVEL_NONE};

    if (stream >= b->labels.n)
        return;
    if (text.n > UINT32_MAX / 2)
        text.n = UINT32_MAX / 2;
    if (type == LOG_LINE_TEXT)
        log_line_parse(text, &line);
    if (stamp_ns == INT64_MIN && type == LOG_LINE_TEXT && line.time_ms > INT64_MIN / 1000000 && line.time_ms < INT64_MAX / 1000000)
        stamp_ns = line.time_ms * 1000000;
    if (stamp_ns == INT64_MIN)
        stamp_ns = b->last_ns[stream];
    if (stamp_ns > b->last_ns[stream])
        b->last_ns[stream] = stamp_ns;
    size_t need = (offsetof(struct record, text) + text.n + 7) & ~(size_t)7;
    struct slab *slab = slab_with_room(b, need);
    struct record *r = (struct record *)(void *)(slab->bytes + slab->used);
    *r = (struct record){
        .stamp_ns = stamp_ns, .n = (uint32_t)text.n, .stream = (uint16_t)stream, .type = (uint8_t)type, .level = (uint8_t)line.level,
        .format = (uint8_t)line.format, .folded = line.folded,
    };
    if (text.n)
        memcpy(r->text, text.p, text.n);
    slab->used += need;
    slab->lines++;
    index_add(b, r);
    order_add(b, b->first + b->index_n - 1, stamp_ns);
}

uint64_t log_buffer_first(const struct log_buffer *b)
{
    return b->first;
}

uint64_t log_buffer_end(const struct log_buffer *b)
{
    return b->first + b->index_n;
}

bool log_buffer_get(const struct log_buffer *b, uint64_t number, struct log_entry *out)
{
    if (number < b->first || number >= log_buffer_end(b))
        return false;
    const struct record *r = record_of(b, number);
    bool dated = r->stamp_ns != INT64_MIN;
    int64_t ms = dated ? r->stamp_ns / 1000000 : INT64_MIN;
    *out = (struct log_entry){
        .number = number, .time_ms = ms, .nanos = dated ? (int32_t)(r->stamp_ns % 1000000000) : 0, .stream = r->stream, .type = r->type,
        .level = r->level, .format = r->format, .folded = r->folded, .text = {r->text, r->n},
    };
    return true;
}

uint64_t log_buffer_evicted(const struct log_buffer *b)
{
    return b->evicted;
}

size_t log_buffer_bytes(const struct log_buffer *b)
{
    return b->bytes + b->index_cap * sizeof *b->index + b->order_cap * sizeof *b->order;
}

bool log_buffer_merged(const struct log_buffer *b, uint64_t position, struct log_entry *out)
{
    return position < b->order_n && log_buffer_get(b, b->order[position], out);
}
