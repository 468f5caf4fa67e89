/* Lines in slabs of one size. Invariants: the lines of a slab are consecutive numbers, and those of the oldest slab the lowest, so reusing
 * a slab evicts a run at the front; index tells of each number its slab and its place in it, in 4 bytes. Slabs are numbered as they come;
 * slot is the low 16 bits of that number, and never as many are held at once. */
#include "core/logs/log_buffer.h"

#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/logs/log_fold.h"
#include "core/logs/log_order.h"

#include <stdlib.h>

enum { SLAB_BYTES = 256 * 1024, INDEX_CHUNK = 4096, SPAN_MOST = 2047 };
static const size_t limit_most = (size_t)4 << 30;

struct record {                      /* 16 bytes before each line, at multiples of 4 */
    uint32_t stamp_low, stamp_high, n;
    unsigned stream : 10, type : 3, level : 3, format : 4, folded : 1, span : 11;
    char text[];
};

struct slab {
    size_t used, size, lines, text;  /* text: bytes of the lines alone */
    char bytes[];
};

struct stream {
    char *label, *ns, *pod, *container;
    int64_t last_ns;
    struct log_fold fold;
    uint64_t head;                   /* the line that folded ones belong to; UINT64_MAX: none yet */
};

struct log_buffer {
    size_t limit, bytes, text;       /* bytes: of the slabs that hold lines */
    struct ptrs slabs;               /* oldest first */
    uint16_t slot;                   /* of slabs.v[0] */
    struct slab *spare;
    uint64_t first, end;
    struct ptrs chunks;              /* of uint32_t[INDEX_CHUNK]; the first holds the number `first` */
    uint32_t *spare_chunk;
    struct log_order *order;
    struct stream *streams;
    unsigned n_streams, cap_streams;
};

struct log_buffer *log_buffer_new(size_t limit_bytes)
{
    struct log_buffer *b = NEW(struct log_buffer);

    b->limit = limit_bytes < 4 * SLAB_BYTES ? 4 * SLAB_BYTES : limit_bytes < limit_most ? limit_bytes : limit_most;
    b->order = NEW(struct log_order);
    b->order->buffer = b;
    return b;
}

void log_buffer_free(struct log_buffer *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->slabs.n; i++)
        free(b->slabs.v[i]);
    for (size_t i = 0; i < b->chunks.n; i++)
        free(b->chunks.v[i]);
    for (unsigned i = 0; i < b->n_streams; i++) {
        free(b->streams[i].label);
        free(b->streams[i].ns);
        free(b->streams[i].pod);
        free(b->streams[i].container);
    }
    ptrs_free(&b->slabs);
    ptrs_free(&b->chunks);
    order_free(b->order);
    free(b->order);
    free(b->spare);
    free(b->spare_chunk);
    free(b->streams);
    free(b);
}

unsigned log_buffer_stream(struct log_buffer *b, const char *label)
{
    for (unsigned i = 0; i < b->n_streams; i++)
        if (strcmp(b->streams[i].label, label) == 0)
            return i;
    if (b->n_streams == LOG_STREAMS_MOST)
        return LOG_STREAMS_MOST - 1;
    if (b->n_streams == b->cap_streams) {
        b->cap_streams = b->cap_streams ? b->cap_streams * 2 : 8;
        b->streams = mem_grow(b->streams, b->cap_streams, sizeof *b->streams);
    }
    b->streams[b->n_streams] = (struct stream){.label = mem_text(label), .last_ns = INT64_MIN, .head = UINT64_MAX};
    return b->n_streams++;
}

unsigned log_buffer_streams(const struct log_buffer *b)
{
    return b->n_streams;
}

const char *log_buffer_label(const struct log_buffer *b, unsigned stream)
{
    return stream < b->n_streams ? b->streams[stream].label : "";
}

void log_buffer_name(struct log_buffer *b, unsigned stream, const char *ns, const char *pod, const char *container)
{
    if (stream >= b->n_streams)
        return;
    struct stream *s = &b->streams[stream];
    char *const old[] = {s->ns, s->pod, s->container};     /* the new names may point into these */
    s->ns = mem_text(ns);
    s->pod = mem_text(pod);
    s->container = mem_text(container);
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        free(old[i]);
}

struct log_names log_buffer_names(const struct log_buffer *b, unsigned stream)
{
    struct log_names names = {"", "", "", ""};

    if (stream < b->n_streams) {
        const struct stream *s = &b->streams[stream];
        names = (struct log_names){s->label, s->ns ? s->ns : "", s->pod ? s->pod : "", s->container ? s->container : ""};
    }
    return names;
}

/* Slabs */

static size_t chunk_of(const struct log_buffer *b, uint64_t number)
{
    return (size_t)(number / INDEX_CHUNK - b->first / INDEX_CHUNK);
}

static void evict(struct log_buffer *b)
{
    struct slab *oldest = b->slabs.v[0];
    size_t chunks = chunk_of(b, b->first + oldest->lines);

    ptrs_remove(&b->slabs, 0);
    b->slot++;
    b->bytes -= oldest->size;
    b->text -= oldest->text;
    b->first += oldest->lines;
    for (; chunks && b->chunks.n; chunks--) {
        if (b->spare_chunk)
            free(b->chunks.v[0]);
        else
            b->spare_chunk = b->chunks.v[0];
        ptrs_remove(&b->chunks, 0);
    }
    order_forget(b->order, b->first);
    if (oldest->size == SLAB_BYTES && !b->spare)
        b->spare = oldest;
    else
        free(oldest);
}

/* A slab that is left half empty, for a line too long for what is left of it, gives that back. */
static void trim(struct log_buffer *b)
{
    struct slab *last = b->slabs.n ? b->slabs.v[b->slabs.n - 1] : NULL;

    if (!last || last->size - last->used < SLAB_BYTES / 8)
        return;
    b->bytes -= last->size - last->used;
    last->size = last->used;
    b->slabs.v[b->slabs.n - 1] = mem_grow(last, 1, offsetof(struct slab, bytes) + last->size);
}

/* What index and order will take for a slab's lines, as they are in the mean. */
static size_t overhead(const struct log_buffer *b)
{
    size_t lines = (size_t)(b->end - b->first), least = 2 * INDEX_CHUNK * sizeof(uint32_t) + 2 * sizeof(struct order_block);

    return least + (b->bytes ? lines * 3 * sizeof(uint32_t) / (b->bytes / 1024 + 1) * (SLAB_BYTES / 1024) : 0);
}

static struct slab *slab_with_room(struct log_buffer *b, size_t need)
{
    struct slab *last = b->slabs.n ? b->slabs.v[b->slabs.n - 1] : NULL;
    size_t size = need > SLAB_BYTES ? need : SLAB_BYTES;

    if (last && last->size - last->used >= need)
        return last;
    trim(b);
    if (size != SLAB_BYTES) {
        free(b->spare);
        b->spare = NULL;
    }
    size_t reserve = overhead(b);
    while (b->slabs.n && log_buffer_bytes(b) + reserve + (size == SLAB_BYTES && b->spare ? 0 : size) > b->limit)
        evict(b);
    struct slab *slab = size == SLAB_BYTES ? b->spare : NULL;
    if (slab)
        b->spare = NULL;
    else
        slab = mem_grow(NULL, 1, offsetof(struct slab, bytes) + size);
    slab->used = slab->lines = slab->text = 0;
    slab->size = size;
    b->bytes += size;
    ptrs_add(&b->slabs, slab);
    return slab;
}

static void index_add(struct log_buffer *b, size_t offset)
{
    uint16_t slot = (uint16_t)(b->slot + b->slabs.n - 1);

    if (chunk_of(b, b->end) == b->chunks.n) {
        ptrs_add(&b->chunks, b->spare_chunk ? b->spare_chunk : mem_grow(NULL, INDEX_CHUNK, sizeof(uint32_t)));
        b->spare_chunk = NULL;
    }
    ((uint32_t *)b->chunks.v[chunk_of(b, b->end)])[b->end % INDEX_CHUNK] = (uint32_t)slot << 16 | (uint32_t)(offset / 4);
    b->end++;
}

static struct record *record_of(const struct log_buffer *b, uint64_t number)
{
    uint32_t place = ((const uint32_t *)b->chunks.v[chunk_of(b, number)])[number % INDEX_CHUNK];
    struct slab *slab = b->slabs.v[(uint16_t)((uint16_t)(place >> 16) - b->slot)];

    return (struct record *)(void *)(slab->bytes + (size_t)(place & 0xffff) * 4);
}

static int64_t stamp_of(const struct record *r)
{
    return (int64_t)((uint64_t)r->stamp_high << 32 | r->stamp_low);
}

int64_t log_buffer_stamp(const struct log_buffer *b, uint64_t number)
{
    return stamp_of(record_of(b, number));
}

const struct log_order *log_buffer_order(const struct log_buffer *b)
{
    return b->order;
}

/* Lines */

/* Most lines belong at the end, and most late ones near it; a late one is put behind the last that is not younger. */
static void order_line(struct log_buffer *b, uint64_t number, int64_t stamp_ns)
{
    enum { STEPS_BACK = 24 };
    struct log_order *o = b->order;
    struct order_place p = {o->n, 0}, before = p;

    for (unsigned i = 0; i < STEPS_BACK; i++) {
        if (!order_back(o, &before) || log_buffer_stamp(b, order_number(o, before)) <= stamp_ns) {
            order_insert(o, p, number, false);
            return;
        }
        p = before;
    }
    order_insert(o, order_lower(o, stamp_ns, number), number, false);
}

/* Which line the next one of the stream belongs to, and how far it is back; 0: it stands for itself. */
static unsigned fold_line(struct log_buffer *b, struct stream *s, unsigned type, const struct log_line *line, struct slice text)
{
    if (type != LOG_LINE_TEXT) {
        if (type != LOG_LINE_STATUS) {
            s->fold = (struct log_fold){0};
            s->head = UINT64_MAX;
        }
        return 0;
    }
    bool folded = log_fold_next(&s->fold, line, text);
    if (folded && s->head != UINT64_MAX && s->head >= b->first && b->end - s->head <= SPAN_MOST) {
        unsigned span = (unsigned)(b->end - s->head);
        record_of(b, s->head)->span = span & SPAN_MOST;
        return span;
    }
    s->head = b->end;
    return 0;
}

static int64_t stamp_for(struct stream *s, int64_t stamp_ns, const struct log_line *line)
{
    if (stamp_ns == INT64_MIN && line->time_ms > INT64_MIN / 1000000 && line->time_ms < INT64_MAX / 1000000)
        stamp_ns = line->time_ms * 1000000;
    if (stamp_ns == INT64_MIN)
        stamp_ns = s->last_ns;
    if (stamp_ns > s->last_ns)
        s->last_ns = stamp_ns;
    return stamp_ns;
}

void log_buffer_add(struct log_buffer *b, unsigned stream, unsigned type, int64_t stamp_ns, struct slice text)
{
    struct log_line line = {.level = LEVEL_NONE, .time_ms = INT64_MIN};

    if (stream >= b->n_streams)
        return;
    if (text.n > INT32_MAX)
        text.n = INT32_MAX;
    if (type == LOG_LINE_TEXT)
        log_line_glance(text, stamp_ns == INT64_MIN, &line);
    struct stream *s = &b->streams[stream];
    stamp_ns = stamp_for(s, stamp_ns, &line);
    size_t need = (offsetof(struct record, text) + text.n + 3) & ~(size_t)3;
    struct slab *slab = slab_with_room(b, need);
    unsigned span = fold_line(b, s, type, &line, text);
    struct record *r = (struct record *)(void *)(slab->bytes + slab->used);
    *r = (struct record){
        .stamp_low = (uint32_t)stamp_ns, .stamp_high = (uint32_t)((uint64_t)stamp_ns >> 32), .n = (uint32_t)text.n,
        .stream = stream & 0x3ff, .type = type & 7, .level = line.level & 7, .format = line.format & 15,
        .folded = span != 0, .span = span & SPAN_MOST,
    };
    if (text.n)
        memcpy(r->text, text.p, text.n);
    index_add(b, slab->used);
    slab->used += need;
    slab->lines++;
    slab->text += text.n;
    b->text += text.n;
    order_line(b, b->end - 1, stamp_ns);
}

uint64_t log_buffer_first(const struct log_buffer *b)
{
    return b->first;
}

uint64_t log_buffer_end(const struct log_buffer *b)
{
    return b->end;
}

static int64_t floor_div(int64_t a, int64_t by)
{
    return a / by - (a % by < 0);
}

bool log_buffer_get(const struct log_buffer *b, uint64_t number, struct log_entry *out)
{
    if (number < b->first || number >= b->end)
        return false;
    const struct record *r = record_of(b, number);
    int64_t stamp = stamp_of(r);
    bool dated = stamp != INT64_MIN;
    *out = (struct log_entry){
        .number = number, .stamp_ns = stamp, .time_ms = dated ? floor_div(stamp, 1000000) : INT64_MIN,
        .nanos = dated ? (int32_t)(stamp - floor_div(stamp, 1000000000) * 1000000000) : 0, .stream = r->stream, .type = r->type,
        .level = r->level, .format = r->format, .folded = r->folded, .span = r->span, .text = {r->text, r->n},
    };
    return true;
}

uint64_t log_buffer_evicted(const struct log_buffer *b)
{
    return b->first;
}

size_t log_buffer_bytes(const struct log_buffer *b)
{
    size_t chunks = b->chunks.n + (b->spare_chunk != NULL);

    return b->bytes + (b->spare ? b->spare->size : 0) + chunks * INDEX_CHUNK * sizeof(uint32_t) + order_bytes(b->order);
}

size_t log_buffer_text_bytes(const struct log_buffer *b)
{
    return b->text;
}

bool log_buffer_merged(const struct log_buffer *b, uint64_t position, struct log_entry *out)
{
    struct order_place p = order_at(b->order, position);

    return !order_is_end(b->order, p) && log_buffer_get(b, order_number(b->order, p), out);
}

uint64_t log_buffer_position(const struct log_buffer *b, uint64_t number)
{
    if (number < b->first || number >= b->end)
        return 0;
    return order_position(b->order, order_lower(b->order, log_buffer_stamp(b, number), number));
}
