/* What `sandtop why` adds to the findings: what happened to the claim, when, and where the time went. */
#ifndef TUI_WHY_TIMELINE_H
#define TUI_WHY_TIMELINE_H
#include "core/base/buf.h"
#include "core/session/session.h"

/* Of each claim of those names, the first few: reads its chain's events first, for patience_ms at most. as_json: one array. */
void why_timelines(struct session *, char *const *names, int64_t patience_ms, bool as_json, struct buf *out);
#endif
