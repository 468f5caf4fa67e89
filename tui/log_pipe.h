/* Lines of several streams, put in the order of time and written to a descriptor. Reading is never held up by a slow reader of ours until
 * `limit` bytes wait for it. */
#ifndef TUI_LOG_PIPE_H
#define TUI_LOG_PIPE_H
#include "core/base/clock.h"
#include "core/logs/log_query.h"
#include "core/logs/log_save.h"
#include "core/session/session_logs.h"

struct log_pipe_config {
    int fd;
    const struct clock *clock;
    enum log_save_format format;
    bool marks;                      /* gaps, restarts and the streams' words are written too (JSON) */
    bool follow;                     /* a line waits a moment for older ones of other streams; else all wait for log_pipe_finish */
    struct log_query *query;         /* NULL: all lines; borrowed */
    size_t limit;
};
struct log_pipe;
struct log_pipe *log_pipe_new(const struct log_pipe_config *);
void log_pipe_free(struct log_pipe *);
void log_pipe_line(struct log_pipe *, const struct log_stream_row *, int64_t stamp_ns, struct slice text);
void log_pipe_mark(struct log_pipe *, const struct log_stream_row *, enum log_mark, int64_t wall_ms, const char *text);
/* There is one stream, and there will be no other: its lines need not wait. */
void log_pipe_alone(struct log_pipe *, bool alone);
/* Writes what is due, as far as the descriptor takes it without waiting (past the limit it waits). False: nobody reads any more. */
bool log_pipe_step(struct log_pipe *);
int64_t log_pipe_due(const struct log_pipe *);             /* ms until a line's wait is over; -1: none waits */
bool log_pipe_stuck(const struct log_pipe *);              /* bytes wait for the descriptor to be writable */
/* Writes all, waiting for the reader. False as above. */
bool log_pipe_finish(struct log_pipe *);
int log_pipe_failed(const struct log_pipe *);              /* errno where a write failed otherwise than by a reader who left; else 0 */
#endif
