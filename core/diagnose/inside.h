/* The diagnosis from within, for its own files. */
#ifndef DIAGNOSE_INSIDE_H
#define DIAGNOSE_INSIDE_H
#include "core/base/map.h"
#include "core/diagnose/due.h"
#include "core/diagnose/finding.h"

struct want_node;
struct diagnosis {
    const struct store *store;
    const struct cluster_facts *facts;
    const struct deployment *controller; /* of the turn that runs */
    struct strpool *strings;         /* the verdicts' briefs */
    struct record **by_slot;         /* beside the store's objects; NULL where no claim is judged */
    size_t n_slots;
    size_t counts[CLAIM_STATES];
    struct map groups;               /* of struct group */
    struct map wants;                /* of struct want_node */
    uint64_t want_order;
    bool wants_changed;
    struct ptrs want_list;
    struct due due;
    struct ptrs changed;
    uint64_t turn;
    struct finder finder;            /* used over and over, light */
    struct record cluster;           /* what the installation's rules want read: no claim's, in no list and no sum */
    struct ptrs again;               /* claims to be judged anew for what the store cannot tell */
    bool answered;                   /* some want's answer is another one now */
    struct {                         /* of the last look at the pools: a screen may ask at each frame */
        struct findings findings;
        int64_t made_ms;
        uint64_t generation;
        size_t looked;               /* claims and members that it took */
    } pools;
};

/* gather.c: what ails many at once. Claims and pool members that wait, grouped by cause; one finding for each, about `subject`. */
struct gathering {
    const struct diagnosis *diagnosis;
    int64_t now_ms;
    struct ptrs claims, members;     /* of const struct object *: borrowed */
};
void gather_pool(struct gathering *, const struct object *pool);
void gather_template(struct gathering *, const struct object *tmpl);
void gather_pods(struct gathering *, const struct object *o, enum link_role role); /* node or volume claim */
/* Appends at most `most` findings, the gravest first. Returns how many claims wait at all. */
size_t gather_findings(struct gathering *, const struct object *subject, size_t most, struct findings *out);
void gather_free(struct gathering *);

/* cluster_rules.c */
/* The installation's rules without the nodes, light: for what they want read and when time changes it. */
void cluster_look(struct finder *, struct chain *, const struct diagnosis *, int64_t now_ms);
/* cluster_way.c: the ways into the cluster that are not its controller: conversion webhook, routers. */
void cluster_webhook(struct finder *, const struct diagnosis *);
void cluster_traffic(struct finder *, const struct diagnosis *);
/* cluster_pools.c: pools whose members are stuck, each cause once. */
void cluster_pools(const struct diagnosis *, int64_t now_ms, struct findings *out);

void diagnose_deployment(const struct diagnosis *, const struct deployment *, int64_t now_ms, struct findings *out);
void diagnose_node(const struct diagnosis *, const struct node *, int64_t now_ms, struct findings *out);
#endif
