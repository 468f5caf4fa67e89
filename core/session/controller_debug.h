/* Turning the controller's debug flags on and off: a state machine over the transport. It reads the Deployment, shows the exact change, and only when
 * told to makes it, follows the roll-out, and remembers what is to be put back. Nothing but the one container's args is ever changed: the
 * patch tests the object's version, the container's name and its args, so a change of someone else's makes it fail instead of being lost. */
#ifndef SESSION_CONTROLLER_DEBUG_H
#define SESSION_CONTROLLER_DEBUG_H
#include "core/base/clock.h"
#include "core/kube/transport.h"
#include "core/session/controller_args.h"

enum debug_state {
    DEBUG_IDLE,
    DEBUG_READING,                   /* the Deployment, for the plan */
    DEBUG_PLANNED,                   /* diff is to be shown; apply or cancel */
    DEBUG_CHANGING,
    DEBUG_ROLLING,                   /* changed; the new controller is coming up */
    DEBUG_DONE,
    DEBUG_FAILED,                    /* sentence says why */
};

/* All texts are borrowed until the next step; those from the cluster are raw. */
struct controller_debug_status {
    enum debug_state state;
    bool restoring;                  /* the plan puts back what was there */
    const char *ns, *name, *container; /* what it is about; "" before it is known */
    const char *sentence;            /* what goes on, or went wrong; "" when idle */
    const char *diff;                /* from PLANNED on: "  " stays, "- " goes, "+ " comes, a line each */
    unsigned revision;               /* another one each time the sentence is */
    struct debug_facts after;        /* from PLANNED on: the flags as they are to be */
    bool known;                      /* the controller's Deployment has been seen: `now` is valid */
    struct debug_facts now;          /* the flags as the picture of the cluster has them */
    bool can_restore;                /* something is to be put back, perhaps from an earlier run */
    const char *restore;             /* "since 2026-11-23T14:02:00Z; before: log level info …"; "" */
};

struct controller_debug_config {
    struct transport *transport;
    const struct clock *clock;
    const char *server;              /* copied */
    const char *state_dir;           /* where it is remembered across runs; NULL: only while this lives */
    bool read_only;
};

struct controller_debug;
struct controller_debug *controller_debug_new(const struct controller_debug_config *);
void controller_debug_free(struct controller_debug *);
/* Reads the Deployment and makes the plan; what was planned before is forgotten. Refused (FAILED) where nothing may be changed, and without effect
 * while a change is under way. */
void controller_debug_plan(struct controller_debug *, const char *ns, const char *name, const char *container, const struct debug_wish *);
/* The same for putting back what is remembered. */
void controller_debug_restore(struct controller_debug *);
/* Carries the plan out; false where there is none. */
bool controller_debug_apply(struct controller_debug *);
/* Forgets the plan, or the end of what was done. A change that was sent is not called back. */
void controller_debug_cancel(struct controller_debug *);
void controller_debug_step(struct controller_debug *);
int64_t controller_debug_due(const struct controller_debug *);
/* What the picture of the cluster says; all borrowed during the call. args: command and args joined by newlines, NULL where no controller is
 * known. trouble: why the new controller does not come up, NULL if it does. */
void controller_debug_seen(struct controller_debug *, const char *args, const char *trouble);
const struct controller_debug_status *controller_debug_status(const struct controller_debug *);
/* Wall ms at which the last change was sent; 0: none. */
int64_t controller_debug_changed_ms(const struct controller_debug *);
#endif
