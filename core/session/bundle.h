/* The triage bundle: all that explains some claims, read anew, without secrets, in one .tar.gz that can be sent to a colleague and shown
 * again (--replay). It reads and writes in slices: whoever has a screen steps it in each turn and is never held. */
#ifndef SESSION_BUNDLE_H
#define SESSION_BUNDLE_H
#include "core/session/session.h"

struct bundle_wish {                 /* borrowed during the call */
    const char *file;                /* must not be there yet */
    const struct object *const *claims; /* n_claims; none: all that are stuck, the oldest first */
    size_t n_claims;
    /* the findings as the caller tells them, which may be empty */
    struct slice findings_text, findings_json;
    const char *program;             /* "sandtop 0.1.0" */
};

enum bundle_state { BUNDLE_READING, BUNDLE_WRITING, BUNDLE_DONE, BUNDLE_FAILED };
struct bundle_status {
    enum bundle_state state;
    const char *file;
    size_t done, all;                /* reads, then pieces written */
    size_t claims, left_out;         /* how many it is about; stuck ones beyond what is taken */
    size_t objects, redacted;        /* objects in it; places taken out */
    const char *message;             /* FAILED: why; DONE: "" or what could not be had; borrowed until the next step */
};

struct bundle;
/* NULL where the file cannot be begun. The session must outlive it. */
struct bundle *bundle_start(struct session *, const struct bundle_wish *, struct err *);
void bundle_step(struct bundle *);                     /* after session_turn */
int64_t bundle_due(const struct bundle *);             /* ms until step is to be called; -1: when the transport has something */
const struct bundle_status *bundle_status(const struct bundle *);
void bundle_free(struct bundle *);                     /* before it is done: nothing is left behind; NULL is ignored */
/* "sandtop-bundle-20261123T081402Z.tar.gz"; the caller frees it. */
char *bundle_file_name(int64_t wall_ms);
#endif
