/* The only two ways to know the time. A test or the demo owns a virtual one. All units are milliseconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include "core/base/slice.h"

struct clock {
    int64_t (*wall)(const struct clock *);        /* ms since 1970-01-01 UTC: for stamps that come from the cluster */
    int64_t (*mono)(const struct clock *);        /* ms, never goes back: for deadlines */
};

const struct clock *clock_system(void);

/* A clock that moves only when told to. `clock` must stay the first member. */
struct clock_virtual {
    struct clock clock;
    int64_t wall_ms, mono_ms;
};
void clock_virtual_init(struct clock_virtual *, int64_t wall_ms);
void clock_virtual_advance(struct clock_virtual *, int64_t ms);

/* Reads RFC 3339 with 0 to 9 fraction digits and any offset. *ms gets milliseconds, *nanos (may be NULL) the nanoseconds within
 * that second. False where s is not such a stamp (an empty one or JSON null too). */
bool time_parse(struct slice s, int64_t *ms, int32_t *nanos);
/* "2026-11-23T08:14:02Z" (seconds, UTC). out has 32 bytes. */
char *time_rfc3339(int64_t wall_ms, char out[32]);
/* "08:14:02": local time if local, else UTC. */
char *time_hms(int64_t wall_ms, bool local, char out[16]);
/* Short duration in two units at most: "12s", "4m12s", "2h14m", "3d04h", "2y040d".
 * Negative counts as 0. */
char *time_short(int64_t ms, char out[16]);
/* "0.02 s", "1.2 s", "47 s", "4m12s": for durations of stages. */
char *time_stage(int64_t ms, char out[16]);
#endif
