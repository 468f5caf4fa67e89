/* Following a buffer. Invariant: every line at or after (scan_stamp, scan_number) with a number below seen has been asked about with all
 * that the buffer then knew of its group, and is a row if it was wanted; what was evicted is taken out before anything is read. */
#include "core/logs/log_view_inside.h"

#include "core/base/mem.h"

#include <stdlib.h>

/* How far back a reconcile pass that a new line tells of is looked for: a pass is over in seconds. */
enum { PASS_LINES = 4096 };

void log_view_restart(struct log_view *v)
{
    order_clear(&v->rows);
    order_forget(&v->rows, log_buffer_first(v->buffer));
    v->generation++;
    v->scan_stamp = INT64_MAX;
    v->scan_number = UINT64_MAX;
    v->done = v->again = v->learned = false;
    v->seen = log_buffer_end(v->buffer);
    v->scan_probe = v->new_probe = (struct log_probe){.on = false};
    v->n_passed = v->context_left = v->disturbed = 0;
}

struct log_view *log_view_new(const struct log_buffer *buffer)
{
    struct log_view *v = NEW(struct log_view);

    v->buffer = buffer;
    v->rows.buffer = buffer;
    v->query = log_query_new();
    log_view_restart(v);
    return v;
}

void log_view_free(struct log_view *v)
{
    if (!v)
        return;
    log_query_free(v->query);
    order_free(&v->rows);
    free(v->toggled);
    free(v);
}

void log_view_query(struct log_view *v, struct log_query *query)
{
    log_query_free(v->query);
    v->query = query ? query : log_query_new();
    log_view_restart(v);
}

const struct log_query *log_view_query_get(const struct log_view *v)
{
    return v->query;
}

void log_view_sync(struct log_view *v)
{
    uint64_t first = log_buffer_first(v->buffer), count = v->rows.count;
    size_t gone = 0;

    if (first == v->rows.first)
        return;
    order_forget(&v->rows, first);
    v->generation += v->rows.count != count;
    while (gone < v->n_toggled && v->toggled[gone] < first)
        gone++;
    if (gone)
        memmove(v->toggled, v->toggled + gone, (v->n_toggled - gone) * sizeof *v->toggled);
    v->n_toggled -= gone;
}

/* Whether the scan will come to the line by itself. */
static bool waits(const struct log_view *v, const struct log_entry *e)
{
    return !v->done && !v->again && (e->stamp_ns < v->scan_stamp || (e->stamp_ns == v->scan_stamp && e->number < v->scan_number));
}

/* Older lines of a reconcile pass that a new line has told of: those of the last PASS_LINES, by number. */
static void look_back(struct log_view *v, uint64_t number)
{
    uint64_t first = log_buffer_first(v->buffer), from = number - first > PASS_LINES ? number - PASS_LINES : first;
    struct log_work work = {.clock = NULL};

    for (uint64_t i = from; i < number; i++) {
        struct log_probe probe = {.on = false};
        struct log_entry e;
        if (!log_buffer_get(v->buffer, i, &e) || e.type != LOG_LINE_TEXT || !log_query_in_pass(v->query, e.text) || waits(v, &e))
            continue;
        uint64_t head = log_group_head(v->buffer, &e);
        struct order_place p = log_view_place(v, head);
        if ((order_holds(&v->rows, p, head) && !order_mark(&v->rows, p)) || !log_buffer_get(v->buffer, head, &e) ||
            log_query_group(v->query, v->buffer, &e, &probe, &work) != LOG_WANTED)
            continue;
        log_view_put(v, head, false);
        log_view_settle_context(v, head);
    }
}

/* One line that is not the scan's to find. False: it is not settled yet, for want of time. */
static bool settle(struct log_view *v, uint64_t number, struct log_work *work)
{
    struct log_entry e;

    if (!log_buffer_get(v->buffer, number, &e))
        return true;
    uint64_t head = log_group_head(v->buffer, &e);
    if (!log_buffer_get(v->buffer, head, &e) || waits(v, &e))
        return true;
    enum log_verdict verdict = log_query_group(v->query, v->buffer, &e, &v->new_probe, work);
    if (verdict == LOG_MORE)
        return false;
    if (v->new_probe.learned)
        look_back(v, head);
    if (verdict == LOG_WANTED)
        log_view_put(v, head, false);
    else if (number != head || log_query_context_get(v->query))
        log_view_take(v, head);      /* a group may have been wanted before it got this line */
    log_view_settle_context(v, head);
    v->disturbed = log_query_context_get(v->query) ? log_query_context_get(v->query) + 1 : 0;
    return true;
}

static bool take_new(struct log_view *v, struct log_work *work)
{
    uint64_t end = log_buffer_end(v->buffer), first = log_buffer_first(v->buffer);

    v->seen = v->seen < first ? first : v->seen;
    while (v->seen < end && !work->over && settle(v, v->seen, work))
        v->seen++;
    return v->seen == end;
}

/* What the scan has found out about a line it came to, where context is shown too. */
static void scanned_near(struct log_view *v, const struct log_entry *e, bool wanted)
{
    unsigned context = log_query_context_get(v->query);
    bool matches = wanted && e->type == LOG_LINE_TEXT;

    if (!log_query_near(v->query, e))
        return;
    for (unsigned i = 0; matches && i < v->n_passed && !v->disturbed; i++)
        if (v->passed[i] >= log_buffer_first(v->buffer))
            log_view_put(v, v->passed[i], true);
    if (wanted)
        log_view_put(v, e->number, false);
    else if (v->context_left && !v->disturbed)
        log_view_put(v, e->number, true);
    if (v->disturbed) {
        log_view_settle_context(v, e->number);
        v->disturbed--;
    }
    if (matches) {
        v->n_passed = 0;
        v->context_left = context;
    } else if (v->context_left) {
        v->context_left--;
    } else {
        if (v->n_passed == context)  /* the furthest goes */
            memmove(v->passed, v->passed + 1, --v->n_passed * sizeof *v->passed);
        v->passed[v->n_passed++] = e->number;
    }
}

static void scanned(struct log_view *v, const struct log_entry *e, bool wanted)
{
    if (log_query_context_get(v->query))
        scanned_near(v, e, wanted);
    else if (wanted)
        log_view_put(v, e->number, false);
}

/* A line in the second pass: rows stand for all that is known already. */
static bool scan_again(struct log_view *v, const struct log_entry *e, struct log_work *work)
{
    log_work_spend(work, 0);
    if (e->type != LOG_LINE_TEXT || !log_query_in_pass(v->query, e->text))
        return true;
    struct log_entry first;
    uint64_t head = log_group_head(v->buffer, e);
    struct order_place p = log_view_place(v, head);
    if (!log_buffer_get(v->buffer, head, &first))
        return true;
    if (order_holds(&v->rows, p, head) && !order_mark(&v->rows, p))
        return true;
    enum log_verdict verdict = log_query_group(v->query, v->buffer, &first, &v->scan_probe, work);
    if (verdict == LOG_WANTED) {
        log_view_put(v, head, false);
        log_view_settle_context(v, head);
    }
    return verdict != LOG_MORE;
}

static bool scan_one(struct log_view *v, const struct log_entry *e, struct log_work *work)
{
    if (v->again)
        return scan_again(v, e, work);
    if (log_group_head(v->buffer, e) != e->number) {
        log_work_spend(work, 0);     /* it comes with its first line */
        return true;
    }
    enum log_verdict verdict = log_query_group(v->query, v->buffer, e, &v->scan_probe, work);
    if (verdict == LOG_MORE)
        return false;
    v->learned |= v->scan_probe.learned;
    scanned(v, e, verdict == LOG_WANTED);
    return true;
}

/* The scan has come to the oldest line. */
static void scan_end(struct log_view *v)
{
    bool again = !v->again && v->learned;

    v->done = !again;
    v->again = again;
    v->scan_stamp = again ? INT64_MAX : INT64_MIN;
    v->scan_number = again ? UINT64_MAX : 0;
}

static void scan(struct log_view *v, struct log_work *work)
{
    const struct log_order *order = log_buffer_order(v->buffer);

    while (!v->done && !work->over) {
        struct order_place p = order_lower(order, v->scan_stamp, v->scan_number);
        for (struct log_entry e; !work->over;) {
            struct order_place before = p;
            if (!order_back(order, &before)) {
                scan_end(v);
                break;
            }
            log_buffer_get(v->buffer, order_number(order, before), &e);
            if (e.number < v->seen && !scan_one(v, &e, work))
                break;
            p = before;
            v->scan_stamp = e.stamp_ns;
            v->scan_number = e.number;
        }
    }
}

bool log_view_step(struct log_view *v, const struct clock *clock, int64_t until_mono_ms)
{
    struct log_work work = {.clock = clock, .until_mono_ms = until_mono_ms};

    log_view_sync(v);
    bool all = take_new(v, &work);
    if (all)
        scan(v, &work);
    return !all || !v->done;
}

bool log_view_done(const struct log_view *v)
{
    return v->done && v->seen >= log_buffer_end(v->buffer);
}

unsigned log_view_progress(const struct log_view *v)
{
    struct log_order *order = (struct log_order *)log_buffer_order(v->buffer);
    uint64_t count = order->count;

    if (log_view_done(v) || !count)
        return 1000;
    if (v->done)
        return 999;
    uint64_t left = order_position(order, order_lower(order, v->scan_stamp, v->scan_number));
    unsigned part = (unsigned)((count - left) * 999 / count);
    return log_query_selects(v->query) ? part / 2 + (v->again ? 499 : 0) : part;
}
