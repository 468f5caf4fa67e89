/* The timeline from within, for its own files. */
#ifndef DIAGNOSE_TIMELINE_PARTS_H
#define DIAGNOSE_TIMELINE_PARTS_H
#include "core/diagnose/timeline.h"

/* Who is in the chain, and the moments that divide it. The typed pointers are NULL unless the object is present. */
struct moments {
    const struct object *subject;
    const struct claim *claim;
    const struct sandbox *sandbox;
    const struct pod *pod;
    const struct event *bound_event, *scheduled_event;
    int64_t now_ms;
    bool adopted, resumed;
};
void moments_find(struct moments *, const struct object *o, int64_t now_ms);
/* The first event about o of that reason (any where NULL) and field path (any where NULL). */
const struct event *first_event(const struct object *o, const char *reason, const char *field);
/* "spec.containers{x}" of that container; out has 320 bytes. */
const char *container_field(const struct container *, char out[320]);
/* When a container started for the first time, as far as is known; 0: not known. *first: it is the first start indeed. */
int64_t container_first_start(const struct pod *, const struct container *, bool *first);
bool stamp_coarse(int64_t ms);       /* to the second, by its looks */

/* timeline_rows.c: all rows, unsorted. */
void rows_collect(const struct moments *, const struct store *, const struct timeline_extra *, size_t n_extra, struct timeline *);
/* timeline_phases.c: the phases, the totals and the summary. */
void phases_make(const struct moments *, struct timeline *);
#endif
