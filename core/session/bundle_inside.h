/* What bundle.c reads and bundle_write.c writes. */
#ifndef SESSION_BUNDLE_INSIDE_H
#define SESSION_BUNDLE_INSIDE_H
#include "core/base/map.h"
#include "core/record/archive.h"
#include "core/record/recording.h"
#include "core/session/bundle.h"
#include "core/session/session_internal.h"

enum job_kind {
    JOB_ANSWER,                      /* for the replay only: what is served, what was looked for and not found */
    JOB_OBJECT,
    JOB_ITEMS,                       /* a list: each item is an object */
    JOB_EVENTS,                      /* a list: one file */
    JOB_TEXT,                        /* a file */
};
struct job {
    struct bundle *bundle;
    enum job_kind what;
    enum kind kind;                  /* KIND_NONE: no resource */
    bool metadata;                   /* without its contents */
    bool matters;                    /* where it fails, the bundle says so */
    char *path, *file;               /* file: of TEXT and EVENTS */
    struct exchange *exchange;
    struct buf body;
    int status;                      /* HTTP; 0: no answer */
    bool over, done;
    char *error;
};

struct bundle {
    struct session *session;
    struct archive_writer *archive;
    char *file, *folder, *program;
    struct ptrs jobs;                /* struct job * */
    struct map keys;                 /* paths that are asked for */
    size_t asked, answered;
    struct buf findings_text, findings_json, timeline, about, notes;
    int64_t from_ms, wall_ms;        /* log lines from then on; when it was begun */
    /* writing */
    size_t piece;                    /* the next job to write; then the rest */
    uint64_t log_at;                 /* the next line of the system's logs */
    struct ptrs logs;                /* of the streams: struct buf * */
    bool logs_done, told;            /* told: all but the recording is written */
    size_t recorded;                 /* bytes of the recording that are written */
    struct buf recording, redacted;
    struct recording_writer writer;
    struct redact_known known;       /* secrets by name: scrubbed from every entry */
    struct bundle_status status;
    char *message;
};

bool bundle_write_piece(struct bundle *, struct err *); /* the next one; done when status.state says so */
void bundle_on_redacted(void *ctx, const char *what);
#endif
