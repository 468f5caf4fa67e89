/* Invariant: items are the newest lines read, at most LOG_WINDOW_MOST of them, sorted by stamp, equal stamps in the order of arrival.
 * Stamps of one container grow but for the jitter of its two pipes (each is stamped by a writer of its own), so an item finds its place
 * near the end. */
#include "core/kube/log_window.h"

#include "core/base/mem.h"

#include <stdlib.h>

static const int64_t rate_span_ns = 10000000000;

/* Eight bytes a step; the ends may overlap. Not for tables that an enemy fills: a collision takes an equal stamp as well. */
static uint32_t hash_of(struct slice s)
{
    uint64_t h = s.n * 0x9e3779b97f4a7c15u, word = 0;
    size_t i = 0;

    for (; i + 8 <= s.n; i += 8) {
        memcpy(&word, s.p + i, 8);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    word = 0;
    if (s.n > i)
        memcpy(&word, s.p + i, s.n - i);
    h = (h ^ word) * 0xc4ceb9fe1a85ec53u;
    return (uint32_t)(h >> 32);
}

void log_window_init(struct log_window *w)
{
    *w = (struct log_window){.newest_ns = INT64_MIN, .round = 1};
}

static void make_room(struct log_window *w)
{
    if (w->n == LOG_WINDOW_MOST) {
        w->at++;
        w->n--;
    }
    if (w->at + w->n < w->cap)
        return;
    if (w->at && w->at >= w->n) {
        memmove(w->items, w->items + w->at, w->n * sizeof *w->items);
        w->next = w->next > w->at ? w->next - w->at : 0;
        w->at = 0;
    } else {
        w->cap = w->cap ? w->cap * 2 : 64;
        w->items = mem_grow(w->items, w->cap, sizeof *w->items);
    }
}

void log_window_add(struct log_window *w, int64_t stamp_ns, struct slice line)
{
    make_room(w);
    size_t place = w->at + w->n;
    while (place > w->at && w->items[place - 1].stamp_ns > stamp_ns) {
        w->items[place] = w->items[place - 1];
        place--;
    }
    w->items[place] = (struct log_window_item){.stamp_ns = stamp_ns, .hash = hash_of(line), .round = w->round};
    w->n++;
    if (stamp_ns > w->newest_ns)
        w->newest_ns = stamp_ns;
}

void log_window_round(struct log_window *w)
{
    w->round++;
    w->met = false;
    w->next = w->at;
}

bool log_window_covers(const struct log_window *w, int64_t stamp_ns)
{
    return w->n && stamp_ns >= w->items[w->at].stamp_ns;
}

static size_t first_not_before(const struct log_window *w, int64_t stamp_ns)
{
    size_t low = w->at, high = w->at + w->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->items[middle].stamp_ns < stamp_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool meet(struct log_window *w, size_t i, int64_t stamp_ns, uint32_t hash)
{
    struct log_window_item *item = &w->items[i];

    if (item->stamp_ns != stamp_ns || item->hash != hash || item->round == w->round)
        return false;
    item->round = w->round;
    w->met = true;
    w->next = i + 1;
    return true;
}

bool log_window_kept(struct log_window *w, int64_t stamp_ns, struct slice line)
{
    size_t end = w->at + w->n;
    uint32_t hash;

    if (stamp_ns > w->newest_ns || !log_window_covers(w, stamp_ns))
        return false;
    hash = hash_of(line);
    if (w->next >= w->at && w->next < end && meet(w, w->next, stamp_ns, hash))
        return true;
    for (size_t i = first_not_before(w, stamp_ns); i < end && w->items[i].stamp_ns == stamp_ns; i++)
        if (meet(w, i, stamp_ns, hash))
            return true;
    return false;
}

bool log_window_had(struct log_window *w, int64_t stamp_ns, struct slice line)
{
    if (w->n && !log_window_covers(w, stamp_ns))
        return !w->met;
    return log_window_kept(w, stamp_ns, line);
}

double log_window_rate(const struct log_window *w, int64_t *quiet_ns)
{
    size_t from = first_not_before(w, w->newest_ns - rate_span_ns), end = w->at + w->n;

    *quiet_ns = 0;
    if (end - from < 2)
        return 0;
    int64_t span = w->items[end - 1].stamp_ns - w->items[from].stamp_ns;
    for (size_t i = from + 1; i < end; i++) {
        int64_t between = w->items[i].stamp_ns - w->items[i - 1].stamp_ns;
        *quiet_ns = between > *quiet_ns ? between : *quiet_ns;
    }
    return span > 0 ? (double)(end - 1 - from) * 1e9 / (double)span : 0;
}

void log_window_free(struct log_window *w)
{
    free(w->items);
    log_window_init(w);
    w->items = NULL;
}
