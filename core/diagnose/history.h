/* What was, while sandtop looked: how many claims were stuck, waiting and ready every ten seconds of the last quarter of an hour, and how long
 * those took that became ready. Pure: time and liveness come in. What was not seen is unknown, never zero. */
#ifndef DIAGNOSE_HISTORY_H
#define DIAGNOSE_HISTORY_H
#include "core/diagnose/diagnose.h"

enum { HISTORY_SLOT_MS = 10000, HISTORY_SLOTS = 90 };

struct history_slot {
    int64_t from_ms;                 /* wall; a multiple of HISTORY_SLOT_MS */
    bool known;                      /* the picture was live at some time in it */
    bool stale;                      /* it was not live at some time in it */
    uint32_t count[CLAIM_STATES];    /* as last seen live in it */
    uint32_t started;                /* claims that became ready for the first time in it */
    int64_t p50_ms, max_ms;          /* their time from creation; -1 where started is 0 or no stamp tells */
};

struct history;
struct history *history_new(void);
void history_free(struct history *);
/* Everything is forgotten: another namespace is another history. */
void history_clear(struct history *);
/* Once a turn, after diagnosis_update and before store_sweep. live: the picture is that of now; else nothing is counted. */
void history_sample(struct history *, const struct diagnosis *, const struct store *, int64_t now_ms, bool live);
/* The last HISTORY_SLOTS slots, the oldest first; the last one is that of now and still grows. */
void history_read(const struct history *, int64_t now_ms, struct history_slot out[HISTORY_SLOTS]);
/* Over all slots: how many became ready, and how long they took. False: none. */
bool history_latency(const struct history *, int64_t now_ms, size_t *started, int64_t *p50_ms, int64_t *max_ms);
/* Wall ms at which the next slot begins: the session samples at least once in each. */
int64_t history_due(const struct history *, int64_t now_ms);
#endif
