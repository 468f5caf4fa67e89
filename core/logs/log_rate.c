/* Invariant: for each stream seen, counts[stream] holds one number a bucket, the newest last, of lines numbered below `counted`; base is
 * the bucket (wall time by bucket_ms) of the last one. */
#include "core/logs/log_rate.h"

#include "core/base/mem.h"

#include <stdlib.h>

struct log_rate {
    const struct log_buffer *buffer;
    int64_t bucket_ms, base;
    unsigned buckets, streams;
    uint64_t counted;
    uint32_t *counts;                /* (streams + 1) × buckets; the last row is the sum */
};

struct log_rate *log_rate_new(const struct log_buffer *buffer, int64_t bucket_ms, unsigned buckets)
{
    struct log_rate *r = NEW(struct log_rate);

    *r = (struct log_rate){.buffer = buffer, .bucket_ms = bucket_ms > 0 ? bucket_ms : 1, .buckets = buckets ? buckets : 1};
    r->counts = mem_array(r->buckets, sizeof *r->counts);
    return r;
}

void log_rate_free(struct log_rate *r)
{
    if (!r)
        return;
    free(r->counts);
    free(r);
}

static uint32_t *row_of(const struct log_rate *r, unsigned stream)
{
    return r->counts + (size_t)(stream < r->streams ? stream : r->streams) * r->buckets;
}

static void make_room(struct log_rate *r)
{
    unsigned streams = log_buffer_streams(r->buffer);

    if (streams <= r->streams)
        return;
    size_t row = r->buckets * sizeof *r->counts;
    r->counts = mem_grow(r->counts, ((size_t)streams + 1) * r->buckets, sizeof *r->counts);
    memcpy(r->counts + (size_t)streams * r->buckets, row_of(r, r->streams), row);
    memset(row_of(r, r->streams), 0, (streams - r->streams) * row);
    r->streams = streams;
}

/* Time goes on: the rows move left. A clock set back empties them. */
static void move_to(struct log_rate *r, int64_t base)
{
    int64_t by = base - r->base;

    for (unsigned i = 0; by && i <= r->streams; i++) {
        uint32_t *row = row_of(r, i);
        unsigned kept = by > 0 && by < r->buckets ? r->buckets - (unsigned)by : 0;
        memmove(row, row + (r->buckets - kept), kept * sizeof *row);
        memset(row + kept, 0, (r->buckets - kept) * sizeof *row);
    }
    if (by < 0)
        r->counted = log_buffer_first(r->buffer);
    r->base = base;
}

void log_rate_update(struct log_rate *r, int64_t now_ms)
{
    uint64_t first = log_buffer_first(r->buffer), end = log_buffer_end(r->buffer);
    struct log_entry e;

    make_room(r);
    move_to(r, now_ms / r->bucket_ms);
    for (r->counted = r->counted < first ? first : r->counted; r->counted < end; r->counted++) {
        if (!log_buffer_get(r->buffer, r->counted, &e) || e.level < LEVEL_ERROR || e.type != LOG_LINE_TEXT || e.folded || e.time_ms < 0)
            continue;
        int64_t ago = r->base - e.time_ms / r->bucket_ms;
        ago = ago < 0 ? 0 : ago;     /* the cluster's clock may be ahead of ours */
        if (ago >= r->buckets)
            continue;
        row_of(r, e.stream)[r->buckets - 1 - ago]++;
        row_of(r, UINT32_MAX)[r->buckets - 1 - ago]++;
    }
}

const uint32_t *log_rate_errors(struct log_rate *r, unsigned stream)
{
    make_room(r);
    return row_of(r, stream);
}

unsigned log_rate_buckets(const struct log_rate *r)
{
    return r->buckets;
}
