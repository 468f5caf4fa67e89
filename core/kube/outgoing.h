/* A request as it goes out: copied from what was asked, with the headers that every request to this server carries. */
#ifndef KUBE_OUTGOING_H
#define KUBE_OUTGOING_H
#include "core/base/ptrs.h"
#include "core/kube/kubeconfig.h"
#include "core/kube/route.h"
#include "core/kube/transport.h"

struct outgoing {
    char *method, *url, *body;       /* body NULL: none */
    size_t body_n;
    struct ptrs headers;             /* char *, "Name: value"; a header that holds control characters is left out, and one that says who
                                      * we are, unless the request goes to another origin */
};

void outgoing_set(struct outgoing *, const struct request *, const struct route *);
/* Adds who we are; authorization may be NULL. The lines of an earlier call go, so that it can be sent again. */
void outgoing_identify(struct outgoing *, const struct target *, const char *authorization);
void outgoing_free(struct outgoing *);
/* Whether text (NULL too) can stand in a header. */
bool header_text_good(const char *text);
/* Whether the target's user and groups to impersonate can; false with a sentence. */
bool identity_good(const struct target *, struct err *);
#endif
