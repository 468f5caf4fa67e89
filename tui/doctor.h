/* The findings without a screen: `sandtop doctor` and `sandtop why`. */
#ifndef TUI_DOCTOR_H
#define TUI_DOCTOR_H
#include "core/base/buf.h"
#include "core/session/session.h"
#include "tui/options.h"

/* Connects, looks until the picture is whole, prints on stdout. Exit status: 0 nothing is stuck, 1 something is, 2 could not look. */
int doctor_run(const struct options *);

/* Turns until the picture is whole and what the rules ask for has been answered; false with a sentence. For commands that look before they
 * act. */
bool doctor_settle(struct session *, int64_t timeout_ms, struct err *);
/* Whether claims bear the names that the command was given; else err names those that none bears. */
bool doctor_names_known(const struct options *, const struct store *, struct err *);

/* One look at what the session holds. names: only these claims; NULL or empty: all. Returns whether something is stuck. */
struct look {
    const struct diagnosis *diagnosis;
    const struct store *store;
    int64_t now_ms;
    char *const *names;
    const struct controller_metrics *metrics; /* may be NULL */
};
/* Schema sandtop.doctor/v1; documented in the man page. Only additions within v1. */
bool doctor_json(const struct look *, struct buf *out);
bool doctor_text(const struct look *, bool chain, struct buf *out);
/* The same of causes that were gathered already. */
struct causes;
void doctor_json_causes(const struct look *, const struct causes *, struct buf *out);
void doctor_text_causes(const struct look *, const struct causes *, bool chain, struct buf *out);
#endif
