/* Which lines belong to the one before them: what a single line cannot tell. One state a stream; lines are given in the stream's own order.
 * Python tracebacks end with the line that names the exception (chained ones go on), Go panics last until a line of a known format comes,
 * zap's console stack is functions and places by turns; anything indented belongs to what stands before it. */
#ifndef LOGS_LOG_FOLD_H
#define LOGS_LOG_FOLD_H
#include "core/logs/log_line.h"

struct log_fold {
    uint8_t state;                   /* its own; {0} at the beginning of a stream */
};
/* Whether the line belongs to the one before it. line is what log_line_glance or log_line_parse said of text. */
bool log_fold_next(struct log_fold *, const struct log_line *line, struct slice text);
#endif
