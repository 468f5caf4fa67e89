/* Lists and watches as objects that come and go: of each source (a path with its selector) it is known which objects it names, and an
 * object is gone when no source names it any more. So the same object of two sources is written once, and a list read again after an
 * outage tells what has gone meanwhile. Internal to core/record. */
#ifndef RECORD_SOURCES_H
#define RECORD_SOURCES_H
#include "core/base/clock.h"
#include "core/base/map.h"
#include "core/base/ptrs.h"
#include "core/record/recording.h"

struct recorded {
    struct recording_writer *writer;
    const struct clock *clock;
    struct ptrs sources;             /* struct source * */
    struct map things;
};
struct source {
    struct recorded *all;
    char *path, *api_version, *kind; /* kind: of items that do not say it; NULL: not known yet, its owner sets it */
    struct map held;
    uint64_t round;
    bool listing;
    bool refused, watched;           /* its owner's own */
};

struct source *recorded_source(struct recorded *, const char *path); /* of a request's path; made where it is new */
void recorded_free(struct recorded *);
void source_upsert(struct source *, json object);
void source_delete(struct source *, json object);
void source_list_begin(struct source *);
void source_list_end(struct source *);         /* what the list has not named is gone */
#endif
