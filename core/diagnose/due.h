/* Which records time alone makes due: a heap in which each record knows its place, so that 10,000 ready claims are not in it at all. */
#ifndef DIAGNOSE_DUE_H
#define DIAGNOSE_DUE_H
#include "core/diagnose/diagnose.h"

enum { RECORD_WANTS = 8 };
struct record {                      /* what is known of one claim */
    const struct object *claim;
    struct verdict verdict;
    uint32_t due_place;              /* one more than its place in the heap; 0: not in it */
    uint32_t n_wants;
    struct want_node *wants[RECORD_WANTS];
    uint64_t turn;                   /* when it was last put on the list of changes */
};
struct due {
    struct record **v;
    size_t n, cap;
};
void due_set(struct due *, struct record *); /* by its verdict.recheck_ms; INT64_MAX takes it out */
void due_free(struct due *);
#endif
