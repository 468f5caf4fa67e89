/* What earlier runs left behind: claims and pools with sandtop's label. Listed and removed, never by itself. */
#ifndef RUN_LEFTOVERS_H
#define RUN_LEFTOVERS_H
#include "core/base/clock.h"
#include "core/kube/transport.h"

struct run_leftover {
    const char *kind;                /* "SandboxClaim", "SandboxWarmPool": static */
    const char *ns, *name;
    int64_t created_ms;              /* wall; 0 unknown */
    int64_t shutdown_ms;             /* wall: when it goes by itself; 0: never */
    bool deleting, removed;          /* removed: the server has taken our DELETE */
    const char *failure;             /* why it could not be removed; "" */
};
struct run_leftovers;
/* ns NULL: all namespaces. skip (may be NULL, borrowed for its life): claims of runs that are under way. */
struct run_leftovers *run_leftovers_new(struct transport *, const char *ns, const char *api_version,
                                        bool (*skip)(void *ctx, const char *ns, const char *name),
                                        void *ctx);
void run_leftovers_free(struct run_leftovers *);
bool run_leftovers_listed(const struct run_leftovers *);  /* the lists have been answered, or refused */
const char *run_leftovers_error(const struct run_leftovers *); /* a refusal's sentence; "" */
const struct run_leftover *run_leftovers_rows(const struct run_leftovers *, size_t *n); /* borrowed until the next step */
void run_leftovers_remove(struct run_leftovers *);        /* all that are not gone */
bool run_leftovers_busy(const struct run_leftovers *);
#endif
