/* How many error lines a stream wrote in each of the last buckets of time: for a sparkline. Kept in step at a cost of the new lines alone.
 * A line that is folded into another counts with it; an evicted line stays counted. */
#ifndef LOGS_LOG_RATE_H
#define LOGS_LOG_RATE_H
#include "core/logs/log_buffer.h"

struct log_rate;
struct log_rate *log_rate_new(const struct log_buffer *, int64_t bucket_ms, unsigned buckets);
void log_rate_free(struct log_rate *);
void log_rate_update(struct log_rate *, int64_t now_ms);
/* The stream's buckets, the one of now last; UINT_MAX as stream: the sum of all. Borrowed until the next update. */
const uint32_t *log_rate_errors(struct log_rate *, unsigned stream);
unsigned log_rate_buckets(const struct log_rate *);
#endif
