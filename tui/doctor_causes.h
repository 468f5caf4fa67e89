/* The findings as doctor tells them: claims and pool members that wait for one thing are one finding, with all of them named under it, the
 * gravest
 * first. */
#ifndef TUI_DOCTOR_CAUSES_H
#define TUI_DOCTOR_CAUSES_H
#include "tui/doctor.h"

struct cause {                       /* one finding and who suffers it */
    /* of the first claim's report, or of the cluster's; NULL: a claim that was asked for and lacks nothing */
    struct finding *finding;
    struct report *report;           /* NULL for the cluster's */
    struct finding own;              /* where no rule fits: what was looked at, said as a finding */
    struct ptrs claims;              /* of const struct object *: waiting for it, the oldest first */
    uint64_t group;
};
struct causes {
    struct cause *v;
    size_t n;
    struct findings cluster;
    bool stuck;                      /* something is */
};
void causes_gather(const struct look *, struct causes *out); /* causes_free */
void causes_free(struct causes *);
/* The same for the same findings about the same claims, whatever the clock and the counters say. */
uint64_t causes_print(const struct causes *);
#endif
