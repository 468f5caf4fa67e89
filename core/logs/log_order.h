/* Lines of a buffer sorted by time (equal times by number), 4 bytes a line: blocks of numbers, so that a late line costs one block's move
 * and not the whole array's, and a view that is filled from its newest end costs no more than one filled from its oldest. Inside core/logs
 * only. */
#ifndef LOGS_LOG_ORDER_H
#define LOGS_LOG_ORDER_H
#include "core/logs/log_buffer.h"

enum { ORDER_BLOCK = 1024 };
struct order_block {
    uint32_t n;
    uint32_t items[ORDER_BLOCK];     /* the low 31 bits of the number; the highest is the owner's mark */
};
struct log_order {
    const struct log_buffer *buffer; /* knows the lines' stamps */
    struct order_block **blocks;     /* none is empty */
    uint64_t *oldest;                /* of each block: no number in it is lower */
    uint32_t *before;                /* of each block: items in those before it; right for the first `clean` blocks */
    size_t n, cap, clean;
    uint64_t count, marked;
    uint64_t first;                  /* numbers below first have been forgotten; all others are below first + 2^30 */
    struct order_block *spare;
};
struct order_place {
    size_t block, at;                /* the end is {n, 0}; good until the next change */
};

void order_free(struct log_order *);
void order_clear(struct log_order *);
void order_forget(struct log_order *, uint64_t first);     /* drops all numbers below */
void order_append(struct log_order *, uint64_t number, bool mark);
void order_prepend(struct log_order *, uint64_t number, bool mark);
/* The first item that is not before (stamp, number). The numbers in the order must all be in the buffer still: forget first. */
struct order_place order_lower(const struct log_order *, int64_t stamp_ns, uint64_t number);
void order_insert(struct log_order *, struct order_place, uint64_t number, bool mark);
void order_remove(struct log_order *, struct order_place);
uint64_t order_position(struct log_order *, struct order_place);
struct order_place order_at(struct log_order *, uint64_t position);
size_t order_bytes(const struct log_order *);

static inline bool order_is_end(const struct log_order *o, struct order_place p)
{
    return p.block == o->n;
}
static inline uint64_t order_number(const struct log_order *o, struct order_place p)
{
    uint32_t low = o->blocks[p.block]->items[p.at] & 0x7fffffff;
    return o->first + ((low - (uint32_t)o->first) & 0x7fffffff);
}
static inline bool order_mark(const struct log_order *o, struct order_place p)
{
    return o->blocks[p.block]->items[p.at] >> 31;
}
static inline void order_mark_set(struct log_order *o, struct order_place p, bool mark)
{
    uint32_t *item = &o->blocks[p.block]->items[p.at];
    o->marked = o->marked - (*item >> 31) + mark;
    *item = (*item & 0x7fffffff) | (uint32_t)mark << 31;
}
/* To the item after; the last goes to the end. */
static inline struct order_place order_next(const struct log_order *o, struct order_place p)
{
    return p.at + 1 < o->blocks[p.block]->n ? (struct order_place){p.block, p.at + 1} : (struct order_place){p.block + 1, 0};
}
/* To the item before; false where there is none. */
static inline bool order_back(const struct log_order *o, struct order_place *p)
{
    if (p->at) {
        p->at--;
        return true;
    }
    if (!p->block)
        return false;
    p->block--;
    p->at = o->blocks[p->block]->n - 1;
    return true;
}
/* Whether the item at p is this line. */
static inline bool order_holds(const struct log_order *o, struct order_place p, uint64_t number)
{
    return !order_is_end(o, p) && order_number(o, p) == number;
}

/* Of the buffer, for those who walk it. */
const struct log_order *log_buffer_order(const struct log_buffer *);
int64_t log_buffer_stamp(const struct log_buffer *, uint64_t number);    /* the line must be kept */
#endif
