/* Lines written out: to a file by `s`, to a pipe by `sandtop logs`. */
#ifndef LOGS_LOG_SAVE_H
#define LOGS_LOG_SAVE_H
#include "core/base/buf.h"
#include "core/logs/log_view.h"

enum log_save_format {
    LOG_SAVE_TEXT,                   /* stamp, stream, the line's bytes as they came */
    LOG_SAVE_SAFE,                   /* the same, made safe for a terminal */
    LOG_SAVE_JSON,                   /* {"time","stream","pod","container","level","text"} a line; a gap has "type" instead of "level" */
};
/* Appends one line with its newline. */
void log_save_line(enum log_save_format, const struct log_names *, const struct log_entry *, struct buf *out);

/* Many lines, in slices: those the view shows (with closed groups whole), or all of the buffer where view is NULL; no line that comes
 * after it was made. It waits until the view has looked at every line: who saves goes on stepping the view, and leaves its query alone.
 * write gets runs of whole lines and says whether it could; it is not called with nothing. */
struct log_save;
struct log_save *log_save_new(enum log_save_format, const struct log_buffer *, struct log_view *,
                              bool (*write)(void *ctx, struct slice), void *ctx);
void log_save_free(struct log_save *);
enum log_save_result { LOG_SAVE_DONE, LOG_SAVE_MORE, LOG_SAVE_FAILED };  /* FAILED: write said so; errno is its own */
enum log_save_result log_save_step(struct log_save *, const struct clock *, int64_t until_mono_ms);
uint64_t log_save_lines(const struct log_save *);          /* written so far */
uint64_t log_save_missed(const struct log_save *);         /* once DONE: rows that were evicted before their turn came */
#endif
