/* Invariant: the items of all blocks, one after the other, are sorted by (stamp, number) without doubles; count is their sum, marked how
 * many bear the mark; no block is empty. */
#include "core/logs/log_order.h"

#include "core/base/mem.h"

#include <stdlib.h>

void order_clear(struct log_order *o)
{
    for (size_t i = 0; i < o->n; i++) {
        if (o->spare)
            free(o->blocks[i]);
        else
            o->spare = o->blocks[i];
    }
    o->n = o->clean = 0;
    o->count = o->marked = 0;
}

void order_free(struct log_order *o)
{
    order_clear(o);
    free(o->spare);
    free(o->blocks);
    free(o->oldest);
    free(o->before);
    *o = (struct log_order){.buffer = o->buffer};
}

static void dirty(struct log_order *o, size_t block)
{
    if (o->clean > block + 1)
        o->clean = block + 1;
}

static struct order_block *block_add(struct log_order *o, size_t at)
{
    if (o->n == o->cap) {
        o->cap = o->cap ? o->cap * 2 : 16;
        o->blocks = mem_grow(o->blocks, o->cap, sizeof *o->blocks);
        o->oldest = mem_grow(o->oldest, o->cap, sizeof *o->oldest);
        o->before = mem_grow(o->before, o->cap, sizeof *o->before);
    }
    memmove(o->blocks + at + 1, o->blocks + at, (o->n - at) * sizeof *o->blocks);
    memmove(o->oldest + at + 1, o->oldest + at, (o->n - at) * sizeof *o->oldest);
    struct order_block *block = o->spare ? o->spare : mem_grow(NULL, 1, sizeof *block);
    o->spare = NULL;
    block->n = 0;
    o->blocks[at] = block;
    o->oldest[at] = UINT64_MAX;
    o->n++;
    if (o->clean > at)
        o->clean = at;
    return block;
}

static void block_drop(struct log_order *o, size_t at)
{
    if (o->spare)
        free(o->blocks[at]);
    else
        o->spare = o->blocks[at];
    o->n--;
    memmove(o->blocks + at, o->blocks + at + 1, (o->n - at) * sizeof *o->blocks);
    memmove(o->oldest + at, o->oldest + at + 1, (o->n - at) * sizeof *o->oldest);
    if (o->clean > at)
        o->clean = at;
}

/* Takes out of a block the numbers below o->first. */
static void block_sift(struct log_order *o, size_t at)
{
    struct order_block *block = o->blocks[at];
    uint32_t kept = 0, low = (uint32_t)o->first, least = UINT32_MAX;

    for (uint32_t i = 0; i < block->n; i++) {
        uint32_t item = block->items[i], ahead = (item - low) & 0x7fffffff;
        if (ahead < 0x40000000) {    /* those below first have wrapped round to the top */
            block->items[kept++] = item;
            least = ahead < least ? ahead : least;
        } else {
            o->marked -= item >> 31;
        }
    }
    o->count -= block->n - kept;
    block->n = kept;
    o->oldest[at] = o->first + least;
}

void order_forget(struct log_order *o, uint64_t first)
{
    if (first <= o->first)
        return;
    if (first - o->first >= 0x40000000)
        order_clear(o);              /* all are gone, and their low bits would no longer tell it */
    o->first = first;
    size_t kept = 0, changed = SIZE_MAX;
    for (size_t i = 0; i < o->n; i++) {
        if (o->oldest[i] < first) {
            changed = changed < kept ? changed : kept;
            block_sift(o, i);
        }
        struct order_block *block = o->blocks[i], *last = kept ? o->blocks[kept - 1] : NULL;
        bool joins = block->n && last && changed != SIZE_MAX && last->n + block->n <= ORDER_BLOCK / 2;
        if (joins) {
            memcpy(last->items + last->n, block->items, block->n * sizeof *block->items);
            last->n += block->n;
            o->oldest[kept - 1] = o->oldest[i] < o->oldest[kept - 1] ? o->oldest[i] : o->oldest[kept - 1];
            changed = changed < kept - 1 ? changed : kept - 1;
        }
        if (joins || !block->n) {
            if (o->spare)
                free(block);
            else
                o->spare = block;
            continue;
        }
        o->blocks[kept] = block;
        o->oldest[kept++] = o->oldest[i];
    }
    o->n = kept;
    if (changed != SIZE_MAX)
        dirty(o, changed);
    o->clean = o->clean < o->n ? o->clean : o->n;
}

/* before[] of all blocks up to `block` made right. */
static void make_clean(struct log_order *o, size_t block)
{
    for (; o->clean <= block; o->clean++)
        o->before[o->clean] = o->clean ? o->before[o->clean - 1] + o->blocks[o->clean - 1]->n : 0;
}

static void put(struct log_order *o, size_t block, size_t at, uint64_t number, bool mark)
{
    struct order_block *b = o->blocks[block];

    memmove(b->items + at + 1, b->items + at, (b->n - at) * sizeof *b->items);
    b->items[at] = ((uint32_t)number & 0x7fffffff) | (uint32_t)mark << 31;
    b->n++;
    o->oldest[block] = number < o->oldest[block] ? number : o->oldest[block];
    o->count++;
    o->marked += mark;
    dirty(o, block);
}

void order_append(struct log_order *o, uint64_t number, bool mark)
{
    if (!o->n || o->blocks[o->n - 1]->n == ORDER_BLOCK)
        block_add(o, o->n);
    put(o, o->n - 1, o->blocks[o->n - 1]->n, number, mark);
}

void order_prepend(struct log_order *o, uint64_t number, bool mark)
{
    if (!o->n || o->blocks[0]->n == ORDER_BLOCK)
        block_add(o, 0);
    put(o, 0, 0, number, mark);
}

static void split(struct log_order *o, size_t at)
{
    struct order_block *upper = block_add(o, at + 1), *lower = o->blocks[at];

    upper->n = ORDER_BLOCK / 2;
    lower->n = ORDER_BLOCK - upper->n;
    memcpy(upper->items, lower->items + lower->n, upper->n * sizeof *upper->items);
    o->oldest[at + 1] = o->oldest[at];
}

void order_insert(struct log_order *o, struct order_place p, uint64_t number, bool mark)
{
    if (order_is_end(o, p)) {
        order_append(o, number, mark);
        return;
    }
    if (p.at == 0 && p.block > 0) {  /* between two blocks: at the end of the lower one, so that a run of late lines fills its blocks */
        p.block--;
        p.at = o->blocks[p.block]->n;
    }
    if (o->blocks[p.block]->n == ORDER_BLOCK && p.at == ORDER_BLOCK) {
        block_add(o, ++p.block);
        p.at = 0;
    } else if (o->blocks[p.block]->n == ORDER_BLOCK) {
        split(o, p.block);
        if (p.at > o->blocks[p.block]->n) {
            p.at -= o->blocks[p.block]->n;
            p.block++;
        }
    }
    put(o, p.block, p.at, number, mark);
}

void order_remove(struct log_order *o, struct order_place p)
{
    struct order_block *b = o->blocks[p.block];

    o->marked -= b->items[p.at] >> 31;
    b->n--;
    memmove(b->items + p.at, b->items + p.at + 1, (b->n - p.at) * sizeof *b->items);
    o->count--;
    if (b->n)
        dirty(o, p.block);
    else
        block_drop(o, p.block);
}

static bool is_before(const struct log_order *o, struct order_place p, int64_t stamp_ns, uint64_t number)
{
    uint64_t mine = order_number(o, p);
    int64_t stamp = log_buffer_stamp(o->buffer, mine);

    return stamp < stamp_ns || (stamp == stamp_ns && mine < number);
}

struct order_place order_lower(const struct log_order *o, int64_t stamp_ns, uint64_t number)
{
    size_t low = 0, high = o->n;     /* the first block whose last item is not before */

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(o, (struct order_place){middle, o->blocks[middle]->n - 1}, stamp_ns, number))
            low = middle + 1;
        else
            high = middle;
    }
    struct order_place p = {low, 0};
    if (low == o->n)
        return p;
    size_t end = o->blocks[low]->n;
    while (p.at < end) {
        size_t middle = p.at + (end - p.at) / 2;
        if (is_before(o, (struct order_place){low, middle}, stamp_ns, number))
            p.at = middle + 1;
        else
            end = middle;
    }
    return p;
}

uint64_t order_position(struct log_order *o, struct order_place p)
{
    if (order_is_end(o, p))
        return o->count;
    make_clean(o, p.block);
    return o->before[p.block] + p.at;
}

struct order_place order_at(struct log_order *o, uint64_t position)
{
    if (position >= o->count)
        return (struct order_place){o->n, 0};
    make_clean(o, o->n - 1);
    size_t low = 0, high = o->n - 1; /* the last block with before <= position */
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (o->before[middle] <= position)
            low = middle;
        else
            high = middle - 1;
    }
    return (struct order_place){low, (size_t)(position - o->before[low])};
}

size_t order_bytes(const struct log_order *o)
{
    return (o->n + (o->spare != NULL)) * sizeof(struct order_block) + o->cap * (sizeof *o->blocks + sizeof *o->oldest + sizeof *o->before);
}
