/* --replay: a recording (core/record/recording.h) as a simulated cluster: at any time of it lists, watches, logs and answers are what
 * they were, on a clock that can be stopped, hurried and set. */
#ifndef SIM_SIM_REPLAY_H
#define SIM_SIM_REPLAY_H
#include "core/base/clock.h"
#include "core/kube/transport.h"
#include "core/record/recording.h"

struct replay;
/* Takes the recording over. base is borrowed: its mono drives the time. It begins at the start, playing at speed 1. */
struct replay *replay_new(struct recording *, const struct clock *base);
void replay_free(struct replay *);                     /* after its transports; NULL is ignored */
struct transport *replay_transport(struct replay *);   /* owned by the caller */
/* wall is the recording's time, and stands still while it is paused and from its end on; mono is base's, which always runs. */
const struct clock *replay_clock(const struct replay *);
const struct recording *replay_recording(const struct replay *);
/* Sets the time, ms from the start, kept within the recording. True where it went back: a session on it has
 * heard what had not happened yet, and is to be begun anew. */
bool replay_seek(struct replay *, int64_t ms);
void replay_pause(struct replay *, bool paused);
bool replay_paused(const struct replay *);
void replay_speed(struct replay *, double factor);     /* above 0 */
double replay_speed_get(const struct replay *);
int64_t replay_position(const struct replay *);        /* ms from the start */
int64_t replay_length(const struct replay *);
#endif
