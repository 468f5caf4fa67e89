/* The runtime's answer to POST /execute, decoded while it comes: {"stdout":"…","stderr":"…","exit_code":N} in any order and with any chunk
 * borders, never whole in memory. Strings become bytes: escapes are decoded, U+DC80…U+DCFF stand for bytes that were not UTF-8 (Python's
 * surrogateescape), other lone surrogates become U+FFFD. Internal to core/run. */
#ifndef RUN_ANSWER_H
#define RUN_ANSWER_H
#include "core/base/buf.h"

struct run_answer_ops {
    void (*on_output)(void *ctx, int fd, const char *bytes, size_t n); /* fd 1 stdout, 2 stderr; n > 0 */
};
struct run_answer;
struct run_answer *run_answer_new(const struct run_answer_ops *, void *ctx);
void run_answer_free(struct run_answer *);
/* False once the text is no such answer; it stays so. */
bool run_answer_feed(struct run_answer *, const char *bytes, size_t n);
/* Whether the object is closed and an exit code (any integer) was among its members. */
bool run_answer_complete(const struct run_answer *, int64_t *exit_code);
#endif
