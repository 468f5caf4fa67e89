/* Finds out that a server hangs: when nothing at all has come for a while it asks something small; when that is not answered it resets the
 * transport and keeps asking, so that an outage is known within 30 s and its end within a second. */
#ifndef KUBE_PROBER_H
#define KUBE_PROBER_H
#include "core/base/clock.h"
#include "core/kube/transport.h"

struct prober_status {
    bool down;                       /* the last question was not answered */
    int64_t contact_ms;              /* mono: when the server last sent a byte */
    int64_t down_since_ms;           /* mono; while down */
    const char *message;             /* while down: a sentence; borrowed until the next step */
};
struct prober;
/* on_back runs when the server answers again after it was down (restart the reflectors there). */
struct prober *prober_new(struct transport *, const struct clock *, void (*on_back)(void *ctx), void *ctx);
void prober_free(struct prober *);
void prober_step(struct prober *);
int64_t prober_due(const struct prober *);
void prober_ask(struct prober *);                      /* something failed: ask now, not at the next silence */
const struct prober_status *prober_status(const struct prober *);
#endif
