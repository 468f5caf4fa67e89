/* What happened to one chain, when, and where the time went: also for claims that did become ready, so that slow ones can be explained.
 * Pure functions over a const store. All times are wall milliseconds, durations milliseconds. */
#ifndef DIAGNOSE_TIMELINE_H
#define DIAGNOSE_TIMELINE_H
#include "core/base/buf.h"
#include "core/diagnose/diagnose.h"

enum timeline_kind {
    TIME_CREATED, TIME_SEEN, TIME_BOUND, TIME_SCHEDULED, TIME_PULLING, TIME_PULLED, TIME_STARTED, TIME_EXITED, TIME_READY, TIME_CONDITION, TIME_EVENT,
    TIME_WARNING, TIME_LOG, TIME_DELETION,
};
const char *timeline_kind_name(enum timeline_kind); /* "created", "log": static */

/* A row that the caller brings: an error line of a log. Borrowed during the call. */
struct timeline_extra {
    int64_t time_ms;                 /* 0: unknown, then it is left out */
    enum kind kind;                  /* of the object it speaks of; KIND_NONE */
    const char *ns, *name;           /* may be NULL */
    const char *source;              /* whose line: "ctl" */
    const char *text;                /* raw */
    bool error;
};

struct timeline_row {
    int64_t time_ms;
    int64_t gap_ms;                  /* since the row before, never negative; -1 for the first */
    int64_t last_ms;                 /* of what was seen several times: the last time */
    int32_t count;                   /* at least 1 */
    enum timeline_kind kind;
    enum kind object_kind;           /* KIND_NONE for a line about nothing known */
    char *ns, *name;
    char *what;                      /* "created", "condition Ready = False (DependenciesNotReady)", "event BackOff" */
    char *text;                      /* the cluster's own words, raw: sanitize before showing; NULL */
    bool bad;                        /* a warning, a failure, an error line */
    bool before;                     /* before the subject was made: the past of an adopted sandbox */
    bool ahead;                      /* after now: the clocks differ, or it is to come */
    bool coarse;                     /* the stamp is to the second */
};

/* Every moment from the beginning to the readiness (or now) is in one phase. */
enum phase {
    PHASE_CONTROLLER,                /* nobody has looked at the claim yet */
    PHASE_BINDING,                   /* no sandbox yet */
    PHASE_POD,                       /* a sandbox, no pod yet (quota, admission) */
    PHASE_SCHEDULING,
    PHASE_PULL,
    PHASE_INIT,                      /* init containers at work */
    PHASE_START,                     /* on its node, containers not all started, and none of the two before: volumes, network, the runtime */
    PHASE_READINESS,                 /* started, not ready: probes, and until the controller notices */
    PHASES,
};
const char *phase_name(enum phase);  /* "image pull": static */
struct timeline_phase {
    enum phase phase;
    int64_t ms;
    int share;                       /* in percent of the total */
    bool open;                       /* it lasts still: ms is until now */
};

struct timeline {
    struct timeline_row *rows;       /* the oldest first; stable */
    size_t n_rows, left_out;         /* left_out: rows beyond what is kept */
    struct timeline_phase phases[PHASES]; /* only those that took time or are open, in order */
    size_t n_phases;
    const struct object *subject;    /* the claim of the chain; else its sandbox, pod, or the object itself. Borrowed from the store */
    int64_t start_ms;                /* when the clock of the phases begins: creation, or a resumption */
    int64_t ready_ms;                /* first readiness after it; 0: not ready yet, or not known */
    int64_t total_ms;                /* to ready_ms, or to now */
    bool adopted, resumed;           /* a warm sandbox was taken; it was suspended and woken up */
    bool again;                      /* it was ready before its last readiness, and when is no longer known: phases end with the first start */
    char *summary;                   /* "ready after 47 s: image pull 41 s of 47 s": never NULL */
};
/* The timeline of the chain that o is in (claim, sandbox or pod), or of o alone. extra: n_extra rows of the caller's. Owned by the caller:
 * timeline_free. */
void timeline_make(const struct store *, const struct object *o, const struct timeline_extra *extra, size_t n_extra, int64_t now_ms,
                   struct timeline *out);
void timeline_free(struct timeline *);
/* As text for a terminal, each line indented by `indent` blanks; times of day UTC or local. Control bytes are replaced. */
void timeline_text(const struct timeline *, unsigned indent, bool local, struct buf *out);
void timeline_json(const struct timeline *, struct buf *out); /* one object; texts as they came */

/* When the claim's clock begins. Its creation stamp is cut to the second; where the controller saw it within that second, the wait for it was
 * too short to be told and its stamp (to the nanosecond) is the better beginning. 0: unknown. */
int64_t claim_began(const struct claim *);
/* The Go duration after `before` in text ("in 1m2.5s"), ms; -1: none. */
int64_t go_duration_after(const char *text, const char *before);
#endif
