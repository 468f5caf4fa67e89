/* Between a transport and the credential: when requests may go out, and whether a 401 is worth a second try. */
#ifndef KUBE_RENEWAL_H
#define KUBE_RENEWAL_H
#include "core/kube/credential.h"

struct renewal {
    struct credential *credential;   /* NULL: requests go out without one */
    bool pending;                    /* it is being fetched: what is queued waits */
    bool renewing;                   /* that of `generation` was refused, and what follows it is not there yet */
    uint64_t generation;
};

/* READY, PENDING, or FAILED with *trouble: a sentence, borrowed until the next call. */
enum credential_state renewal_check(struct renewal *, const char **trouble);
/* A 401 came to a request that was sent with that generation: whether another credential may be had, so that it is worth asking again. */
bool renewal_worth_it(struct renewal *, uint64_t generation);
uint64_t renewal_generation(const struct renewal *);
const char *renewal_authorization(const struct renewal *); /* may be NULL */
#endif
