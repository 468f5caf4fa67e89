/* --record: a transport that stands before another and writes down what comes, as a recording (recording.h): objects from lists and
 * watches, log lines, answers and refusals. What goes out (creates, deletes, commands) is not written, nor what does not come from the
 * API server. Invariant: nothing is on disk that was not redacted; an object is written again only when it differs. */
#ifndef RECORD_RECORDER_H
#define RECORD_RECORDER_H
#include "core/base/clock.h"
#include "core/kube/transport.h"
#include "core/record/recording.h"

/* inner is taken over, freed with what is returned. The file must not be there yet; only its owner may read it. NULL with a sentence,
 * and inner is still the caller's. The recording is closed in order by transport_free. */
struct transport *recorder_new(struct transport *inner, const struct clock *, const char *file, const struct recording_about *,
                               struct err *);
/* Why it records no more (the disk is full …); NULL while all is well. t is one that recorder_new returned. */
const char *recorder_trouble(const struct transport *t);
#endif
