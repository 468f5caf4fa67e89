/* Invariant: of many requests refused with one credential only the first has it renewed; the others wait for what comes of that. */
#include "core/kube/renewal.h"

#include "core/kube/outgoing.h"

enum credential_state renewal_check(struct renewal *r, const char **trouble)
{
    enum credential_state state = r->credential ? credential_check(r->credential) : CREDENTIAL_READY;

    r->pending = state == CREDENTIAL_PENDING;
    if (!r->pending)
        r->renewing = false;
    *trouble = state == CREDENTIAL_FAILED ? credential_error(r->credential) : NULL;
    if (state == CREDENTIAL_READY && !header_text_good(renewal_authorization(r))) {
        *trouble = "the credential holds control characters: fetch the token anew";
        return CREDENTIAL_FAILED;
    }
    return state;
}

bool renewal_worth_it(struct renewal *r, uint64_t generation)
{
    if (!r->credential)
        return false;
    if (generation != credential_generation(r->credential))
        return true;                 /* renewed meanwhile */
    if (r->renewing && r->generation == generation)
        return true;
    if (!credential_refused(r->credential))
        return false;
    r->renewing = true;
    r->generation = generation;
    return true;
}

uint64_t renewal_generation(const struct renewal *r)
{
    return r->credential ? credential_generation(r->credential) : 0;
}

const char *renewal_authorization(const struct renewal *r)
{
    return r->credential ? credential_authorization(r->credential) : NULL;
}
