/* Rows put into a view and taken out one by one. Invariant: the folded lines of a row's open group are rows with the same mark, those of a
 * closed one are none; a row that is context stands within the query's context lines of one that is wanted. */
#include "core/logs/log_view_inside.h"

struct order_place log_view_place(const struct log_view *v, uint64_t number)
{
    return order_lower(&v->rows, log_buffer_stamp(v->buffer, number), number);
}

/* Scanning puts each row before all others: then nothing is to be searched for. */
static bool is_before_all(const struct log_view *v, uint64_t number)
{
    if (!v->rows.n)
        return true;
    uint64_t oldest = order_number(&v->rows, (struct order_place){0, 0});
    int64_t mine = log_buffer_stamp(v->buffer, number), its = log_buffer_stamp(v->buffer, oldest);
    return mine < its || (mine == its && number < oldest);
}

static bool is_after_all(const struct log_view *v, uint64_t number)
{
    struct order_place last = {v->rows.n, 0};

    if (!order_back(&v->rows, &last))
        return true;
    uint64_t newest = order_number(&v->rows, last);
    int64_t mine = log_buffer_stamp(v->buffer, number), its = log_buffer_stamp(v->buffer, newest);
    return mine > its || (mine == its && number > newest);
}

static void put_one(struct log_view *v, uint64_t number, bool context)
{
    v->generation++;
    if (is_after_all(v, number)) {
        order_append(&v->rows, number, context);
    } else if (is_before_all(v, number)) {
        order_prepend(&v->rows, number, context);
    } else {
        struct order_place p = log_view_place(v, number);
        if (order_holds(&v->rows, p, number))
            order_mark_set(&v->rows, p, context && order_mark(&v->rows, p));
        else
            order_insert(&v->rows, p, number, context);
    }
}

static void take_one(struct log_view *v, uint64_t number)
{
    struct order_place p = log_view_place(v, number);

    if (!order_holds(&v->rows, p, number))
        return;
    order_remove(&v->rows, p);
    v->generation++;
}

void log_view_put(struct log_view *v, uint64_t head, bool context)
{
    struct log_entry e;

    put_one(v, head, context);
    if (!log_buffer_get(v->buffer, head, &e) || !e.span || e.folded || !log_view_is_open(v, head))
        return;
    for (uint64_t number = head; log_group_next(v->buffer, head, &number, &e);)
        put_one(v, number, context);
}

void log_view_take(struct log_view *v, uint64_t head)
{
    struct log_entry e;

    take_one(v, head);
    if (!log_buffer_get(v->buffer, head, &e) || !e.span || e.folded || !log_view_is_open(v, head))
        return;
    for (uint64_t number = head; log_group_next(v->buffer, head, &number, &e);)
        take_one(v, number);
}

/* A line that context counts: one that could be shown, and stands for itself. */
struct near {
    uint64_t number;
    bool wanted, row;
};

static bool near_at(const struct log_view *v, struct order_place p, struct near *out)
{
    const struct log_order *order = log_buffer_order(v->buffer);
    struct log_entry e;

    if (!log_buffer_get(v->buffer, order_number(order, p), &e) || log_group_head(v->buffer, &e) != e.number)
        return false;
    if (!log_query_near(v->query, &e))
        return false;
    struct order_place row = log_view_place(v, e.number);
    out->number = e.number;
    out->row = order_holds(&v->rows, row, e.number);
    out->wanted = out->row && !order_mark(&v->rows, row) && e.type == LOG_LINE_TEXT;
    return true;
}

/* The lines around `head`, up to 2 × context on each side, in order; *middle is the place of head or of the first after it. */
static size_t gather(const struct log_view *v, uint64_t head, struct near *out, size_t *middle)
{
    const struct log_order *order = log_buffer_order(v->buffer);
    unsigned most = 2 * log_query_context_get(v->query), n = 0;
    struct order_place at = order_lower(order, log_buffer_stamp(v->buffer, head), head), p = at;

    while (n < most && order_back(order, &p))
        n += near_at(v, p, &out[n]);
    for (unsigned i = 0; i < n / 2; i++) {
        struct near t = out[i];
        out[i] = out[n - 1 - i];
        out[n - 1 - i] = t;
    }
    *middle = n;
    for (p = at; n <= *middle + most && !order_is_end(order, p); p = order_next(order, p))
        n += near_at(v, p, &out[n]);
    return n;
}

void log_view_settle_context(struct log_view *v, uint64_t head)
{
    struct near lines[4 * LOG_CONTEXT_MOST + 1];
    size_t context = log_query_context_get(v->query), middle, n;

    if (!context)
        return;
    n = gather(v, head, lines, &middle);
    size_t from = middle > context ? middle - context : 0, to = middle + context + 1 < n ? middle + context + 1 : n, last = 0, next = 0;
    bool any_last = false;
    for (size_t i = 0; i < from; i++)
        if (lines[i].wanted) {
            last = i;
            any_last = true;
        }
    for (size_t i = from; i < to; i++) {
        struct log_entry e;
        if (lines[i].wanted) {
            last = i;
            any_last = true;
            continue;
        }
        for (next = next > i ? next : i; next < n && !lines[next].wanted; next++)
            ;
        bool near = (any_last && i - last <= context) || (next < n && next - i <= context);
        if (near && !lines[i].row)
            log_view_put(v, lines[i].number, true);
        else if (!near && lines[i].row && log_buffer_get(v->buffer, lines[i].number, &e) && e.type == LOG_LINE_TEXT)
            log_view_take(v, lines[i].number);
    }
}
