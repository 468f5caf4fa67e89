/* Claims counted by what they use. Invariant: targets holds exactly the sum of what claims says. */
#include "tui/views/usage.h"
#include "tui/views/list.h"

struct use {
    uint32_t target;                 /* its slot + 1; 0: uses none */
    bool stuck;
};

void usage_init(struct usage *u, enum kind of)
{
    *u = (struct usage){.of = of, .claims.size = sizeof(struct use), .targets.size = sizeof(struct usage_count)};
}

void usage_free(struct usage *u)
{
    slots_free(&u->claims);
    slots_free(&u->targets);
}

static void count(struct usage *u, const struct use *use, uint32_t by)
{
    if (!use->target)
        return;
    struct usage_count *c = slots_make(&u->targets, use->target - 1);
    c->claims += by;
    c->stuck += use->stuck ? by : 0;
}

unsigned usage_claim(struct usage *u, const struct model *m, const struct object *claim, uint32_t changed[2])
{
    struct use *held = slots_make(&u->claims, claim->slot), now = {0};
    const struct object *target = claim->present ? leads_to(claim, u->of) : NULL;
    const struct verdict *v = claim->present ? verdict_of(m, claim) : NULL;
    if (target) {
        now.target = target->slot + 1;
        now.stuck = v && v->state == CLAIM_STUCK;
    }
    if (now.target == held->target && now.stuck == held->stuck)
        return 0;
    count(u, held, UINT32_MAX);                            /* one less, in unsigned */
    count(u, &now, 1);
    unsigned n = 0;
    if (held->target)
        changed[n++] = held->target - 1;
    if (now.target && now.target != held->target)
        changed[n++] = now.target - 1;
    *held = now;
    return n;
}

void usage_rebuild(struct usage *u, const struct model *m)
{
    usage_free(u);
    const struct ptrs *claims = store_all(m->store, KIND_CLAIM);
    uint32_t changed[2];
    for (size_t i = 0; i < claims->n; i++)
        usage_claim(u, m, claims->v[i], changed);
}

struct usage_count usage_of(const struct usage *u, const struct object *target)
{
    const struct usage_count *c = slots_get(&u->targets, target->slot);
    return c ? *c : (struct usage_count){0};
}
