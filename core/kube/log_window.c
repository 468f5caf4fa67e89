/* Invariant: it holds every line whose stamp is in the second of the newest, or in the one before: what a resume with
 * sinceTime = floor(newest) - 1 s can bring again. */
#include "core/kube/log_window.h"

#include "core/base/mem.h"

#include <stdlib.h>

static const int64_t second_ns = 1000000000;

/* The oldest stamp that can come again. */
static int64_t horizon(const struct log_window *w)
{
    return w->newest_ns / second_ns * second_ns - second_ns;
}

void log_window_add(struct log_window *w, int64_t stamp_ns, struct slice line)
{
    if (stamp_ns > w->newest_ns || w->n == 0) {
        w->newest_ns = stamp_ns;
        while (w->n && w->items[w->at].stamp_ns < horizon(w)) {
            w->at++;
            w->n--;
        }
    }
    if (w->at + w->n == w->cap) {
        if (w->at > w->n) {
            memmove(w->items, w->items + w->at, w->n * sizeof *w->items);
            w->at = 0;
        } else {
            w->cap = w->cap ? w->cap * 2 : 256;
            w->items = mem_grow(w->items, w->cap, sizeof *w->items);
        }
    }
    w->items[w->at + w->n++] = (struct log_window_item){.stamp_ns = stamp_ns, .hash = slice_hash(line)};
}

void log_window_resume(struct log_window *w)
{
    for (size_t i = 0; i < w->n; i++)
        w->items[w->at + i].taken = false;
}

bool log_window_had(struct log_window *w, int64_t stamp_ns, struct slice line)
{
    if (w->n == 0 || stamp_ns > w->newest_ns)
        return false;
    if (stamp_ns < horizon(w))
        return true;                 /* older than all that can be new: sinceTime is floored, and a rotated file is read again */
    /* stamps are all but sorted: find the first that is not older, then look at the equal ones */
    size_t low = 0, high = w->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (w->items[w->at + middle].stamp_ns < stamp_ns)
            low = middle + 1;
        else
            high = middle;
    }
    uint64_t hash = slice_hash(line);
    for (size_t pass = 0; pass < 2; pass++) {
        /* where two writers' stamps are out of order the search may miss: then look at all */
        for (size_t i = pass ? 0 : low; i < w->n && (pass || w->items[w->at + i].stamp_ns <= stamp_ns); i++) {
            struct log_window_item *item = &w->items[w->at + i];
            if (!item->taken && item->stamp_ns == stamp_ns && item->hash == hash) {
                item->taken = true;
                return true;
            }
        }
        if (w->n > 4096)
            break;
    }
    return false;
}

void log_window_free(struct log_window *w)
{
    free(w->items);
    *w = (struct log_window){0};
}
