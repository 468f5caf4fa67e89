/* What a failed run leaves to read: made once, from the picture as it is before the removal. Internal to core/session. */
#ifndef SESSION_RUN_EVIDENCE_H
#define SESSION_RUN_EVIDENCE_H
#include "core/session/run_set.h"

struct run_evidence *run_evidence_take(const struct diagnosis *, const struct log_buffer *, const struct object *claim, int64_t now_ms);
void run_evidence_free(struct run_evidence *);
#endif
