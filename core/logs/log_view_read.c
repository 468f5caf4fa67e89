/* Reading a view's rows, and its groups. */
#include "core/logs/log_inside.h"
#include "core/logs/log_view_inside.h"

#include "core/base/mem.h"

uint64_t log_view_generation(const struct log_view *v)
{
    return v->generation;
}

uint64_t log_view_count(struct log_view *v)
{
    log_view_sync(v);
    return v->rows.count;
}

uint64_t log_view_wanted(struct log_view *v)
{
    log_view_sync(v);
    return v->rows.count - v->rows.marked;
}

size_t log_view_bytes(const struct log_view *v)
{
    return sizeof *v + order_bytes(&v->rows) + v->cap_toggled * sizeof *v->toggled;
}

/* Whether a JSON line brings its stack trace along. */
static bool has_stack(const struct log_entry *e)
{
    bool may = e->format == FORMAT_ZAP_JSON || e->format == FORMAT_ROUTER_JSON || e->format == FORMAT_ZAP_CONSOLE;

    return may && e->level >= LEVEL_ERROR && slice_find(e->text, SLICE("\"stacktrace\":")) >= 0;
}

bool log_view_at(struct log_view *v, uint64_t row, struct log_row *out)
{
    log_view_sync(v);
    struct order_place p = order_at(&v->rows, row);
    if (order_is_end(&v->rows, p) || !log_buffer_get(v->buffer, order_number(&v->rows, p), &out->line))
        return false;
    out->context = order_mark(&v->rows, p);
    out->group = (out->line.span && !out->line.folded) || has_stack(&out->line);
    out->open = out->group && log_view_is_open(v, out->line.number);
    return true;
}

bool log_view_find(struct log_view *v, uint64_t number, uint64_t *row)
{
    log_view_sync(v);
    *row = 0;
    if (number >= log_buffer_end(v->buffer) && v->rows.count)
        *row = v->rows.count - 1;
    if (number < log_buffer_first(v->buffer) || number >= log_buffer_end(v->buffer) || !v->rows.count)
        return false;
    struct order_place p = log_view_place(v, number);
    bool found = order_holds(&v->rows, p, number);
    *row = order_position(&v->rows, p);
    if (!found && *row)
        --*row;                      /* the one before it: what was read last stays in sight */
    return found;
}

uint64_t log_view_at_time(struct log_view *v, int64_t stamp_ns)
{
    log_view_sync(v);
    return order_position(&v->rows, order_lower(&v->rows, stamp_ns, 0));
}

/* Groups */

static size_t toggled_at(const struct log_view *v, uint64_t head)
{
    size_t low = 0, high = v->n_toggled;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->toggled[middle] < head)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool log_view_is_open(const struct log_view *v, uint64_t head)
{
    size_t at = toggled_at(v, head);

    return v->all_open != (at < v->n_toggled && v->toggled[at] == head);
}

static void toggle(struct log_view *v, uint64_t head)
{
    size_t at = toggled_at(v, head);

    if (at < v->n_toggled && v->toggled[at] == head) {
        memmove(v->toggled + at, v->toggled + at + 1, (--v->n_toggled - at) * sizeof *v->toggled);
        return;
    }
    if (v->n_toggled == v->cap_toggled) {
        v->cap_toggled = v->cap_toggled ? v->cap_toggled * 2 : 16;
        v->toggled = mem_grow(v->toggled, v->cap_toggled, sizeof *v->toggled);
    }
    memmove(v->toggled + at + 1, v->toggled + at, (v->n_toggled++ - at) * sizeof *v->toggled);
    v->toggled[at] = head;
}

void log_view_open(struct log_view *v, uint64_t number, bool open)
{
    struct log_entry e;

    log_view_sync(v);
    if (!log_buffer_get(v->buffer, number, &e))
        return;
    uint64_t head = log_group_head(v->buffer, &e);
    if (log_view_is_open(v, head) == open)
        return;
    struct order_place p = log_view_place(v, head);
    bool is_row = order_holds(&v->rows, p, head), context = is_row && order_mark(&v->rows, p);
    if (is_row)
        log_view_take(v, head);
    toggle(v, head);
    if (is_row)
        log_view_put(v, head, context);
    v->generation++;
}

void log_view_open_all(struct log_view *v, bool open)
{
    v->all_open = open;
    v->n_toggled = 0;
    log_view_restart(v);
}

bool log_view_opened_all(const struct log_view *v)
{
    return v->all_open;
}
