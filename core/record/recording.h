/* The one format of what happened on a cluster: a recording that sandtop made, the state in a triage bundle, or a story that a person
 * wrote. JSON values one after another (one a line as sandtop writes them; a person may break lines and write lines that begin with '#'),
 * or YAML: the header with its events in a list `events`.
 *
 *   {"sandtop":"recording/v1","start":"2026-11-23T08:14:02.123Z", …}
 *       first; without a start the story begins when it is opened
 *   {"t":0.5,"put":{"apiVersion":…,"kind":…,"metadata":{…},…}}
 *       an object, new or changed, as from t (seconds from the start) on
 *   {"t":9,"delete":{"apiVersion":…,"kind":…,"metadata":{"namespace":…,"name":…}}}
 *   {"t":9,"log":{"namespace":…,"pod":…,"container":…},"line":"…","at":"2026-…Z"}
 *       one line; at: its own time, else t; with "previous":true in log: of the container before this one
 *   {"t":9,"answer":{"path":"/version","status":200,"body":{…}}}
 *       what a GET of that path is answered from t on; a text is "text":"…". A list's path with a status from 400 on refuses its lists
 *       and watches
 *   {"t":20,"down":"connection refused"}   {"t":31,"up":true}
 *       the server could not be reached in between
 *   {"t":60,"end":true}
 *       the recording was closed in order
 *
 * A header with a "cast" (see scenarios/demo.yaml) is of a world that lives: its events happen to it. Without "t" an event is at the time
 * of the one before it. Each may bear "redacted":["spec.…"]: the places that were taken out of it. Where the header has no start, a text
 * "@-90s" in an object is the time 90 s before the event (s, m, h, d; "@0s" the event's own). */
#ifndef RECORD_RECORDING_H
#define RECORD_RECORDING_H
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/record/redact.h"

#define RECORDING_SCHEMA "recording/v1"
#define RECORDING_ENTRY "recording.jsonl" /* its name in a bundle */

/* ---- writing: each call appends one line to out, redacted -------------------------------------------------------------------------- */
struct recording_writer {
    struct buf *out;
    int64_t start_ms;                /* wall */
    /* Told each place that was taken out: "Pod team-a/x spec.…"; may be NULL. */
    void (*on_redacted)(void *ctx, const char *what);
    void *ctx;
    struct redact_known *known;      /* learns; the lines themselves are for their owner to scrub. May be NULL */
};
struct recording_about {             /* all may be NULL */
    const char *context, *server, *ns, *program;
};
void recording_begin(struct recording_writer *, const struct recording_about *);
/* api_version and kind where the object does not say them itself, as items of core lists do not; else NULL. False: no object. */
bool recording_put(struct recording_writer *, int64_t wall_ms, const char *api_version, const char *kind, json object);
void recording_delete(struct recording_writer *, int64_t wall_ms, const char *api_version, const char *kind, const char *ns,
                      const char *name);
void recording_log(struct recording_writer *, int64_t wall_ms, const char *ns, const char *pod, const char *container, bool previous,
                   int64_t stamp_ns, struct slice line);      /* stamp_ns INT64_MIN: it has none */
/* body as it came: JSON is kept as such, all else as text. */
void recording_answer(struct recording_writer *, int64_t wall_ms, const char *path, int status, struct slice body);
void recording_down(struct recording_writer *, int64_t wall_ms, const char *why);
void recording_up(struct recording_writer *, int64_t wall_ms);
void recording_end(struct recording_writer *, int64_t wall_ms);
/* The path of a request as answers are kept under: without what differs from one asking to the next (limit, continue, watch,
 * resourceVersion …). */
char *recording_path(const char *path);

/* ---- reading ----------------------------------------------------------------------------------------------------------------------- */
enum recording_what { RECORDING_PUT, RECORDING_DELETE, RECORDING_LOG, RECORDING_ANSWER, RECORDING_DOWN, RECORDING_UP };
struct recording_event {
    int64_t at_ms;                   /* since the start */
    size_t order;                    /* in the text */
    enum recording_what what;
    uint32_t thing;                  /* which object (PUT, DELETE), log or path this is about: the same number, the same thing */
    json value;                      /* the event's object: what stands under "put", "delete", "log", "answer", else the event itself */
    json line;                       /* of LOG: the text */
    int64_t stamp_ns;                /* of LOG */
};
struct recording;
/* Of a file: a recording, or a bundle that holds one; now_ms is the start of a story without one. NULL with the place and what is wrong. */
struct recording *recording_open(const char *file, int64_t now_ms, struct err *);
/* The same of a text; name is for messages. The text is copied. */
struct recording *recording_read(struct slice text, const char *name, int64_t now_ms, struct err *);
void recording_free(struct recording *);
int64_t recording_start(const struct recording *);             /* wall ms */
int64_t recording_length(const struct recording *);            /* ms */
size_t recording_count(const struct recording *);
const struct recording_event *recording_event(const struct recording *, size_t i);  /* in the order of time */
size_t recording_things(const struct recording *);
/* The last answer to a path (as recording_path gives it) among the first n events; NULL: none. */
const struct recording_event *recording_answered(const struct recording *, const char *path, size_t n);
const char *recording_note(const struct recording *);          /* a sentence where the file is cut short; "" */
json recording_cast(const struct recording *);                 /* of the header: a living world's, see scenarios/demo.yaml; empty: none */
bool recording_by_hand(const struct recording *);              /* a story: its header has no start */
const char *recording_context(const struct recording *);       /* of the header; "" */
const char *recording_server(const struct recording *);
const char *recording_ns(const struct recording *);            /* "": all */
#endif
