/* What the server serves: its version, and for each resource of the two Agent Sandbox groups the version we use. */
#ifndef KUBE_DISCOVERY_H
#define KUBE_DISCOVERY_H
#include "core/base/clock.h"
#include "core/kube/transport.h"

struct discovery_wish {              /* in */
    const char *group, *plural;
    const char *const *versions;     /* in order of preference, NULL-terminated */
};
struct discovery_answer {            /* out: one per wish, the same order */
    const char *version;             /* one of the wish's, or NULL */
    bool group_missing;              /* the server has no such group: its CRDs are not installed */
};
enum discovery_state { DISCOVERY_RUNNING, DISCOVERY_DONE, DISCOVERY_FAILED };

struct discovery;
/* Asks /version and the groups at once, each for deadline_ms at most. wishes are borrowed for its life; the clock measures the round trip. */
struct discovery *discovery_new(struct transport *, const struct clock *, const struct discovery_wish *wishes, size_t n_wishes, int64_t deadline_ms);
void discovery_free(struct discovery *);
enum discovery_state discovery_state(const struct discovery *);
const struct discovery_answer *discovery_answers(const struct discovery *);   /* once DONE */
const char *discovery_server_version(const struct discovery *);               /* "v1.36.3"; "" where the server would not say */
const char *discovery_error(const struct discovery *);                        /* once FAILED: a sentence */
enum end_reason discovery_end(const struct discovery *);                      /* once FAILED: how; END_DONE: an HTTP error or not Kubernetes */
int discovery_status(const struct discovery *);                               /* once FAILED with END_DONE: the HTTP status */
int64_t discovery_round_trip_ms(const struct discovery *);                    /* of the fastest answer; tells a LAN from a WAN */
#endif
