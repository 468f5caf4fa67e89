/* How many claims use each pool or template, kept in step claim by claim: counting them anew would walk 10,000 links a draw. */
#ifndef TUI_USAGE_H
#define TUI_USAGE_H
#include "tui/views/slots.h"
#include "tui/views/view.h"

struct usage_count {
    uint32_t claims, stuck;
};
struct usage {
    enum kind of;                    /* KIND_POOL or KIND_TEMPLATE; KIND_NONE: nothing is counted */
    struct slots claims, targets;
};
void usage_init(struct usage *, enum kind of);
void usage_free(struct usage *);
void usage_rebuild(struct usage *, const struct model *);
/* Takes in a changed (or gone) claim. Slots of the objects whose counts are different now; returns how many, at most 2. */
unsigned usage_claim(struct usage *, const struct model *, const struct object *claim, uint32_t changed[2]);
struct usage_count usage_of(const struct usage *, const struct object *target);
#endif
