/* The head of an HTTP answer, put together from its lines. */
#ifndef KUBE_ANSWER_HEAD_H
#define KUBE_ANSWER_HEAD_H
#include "core/base/buf.h"
#include "core/kube/transport.h"

struct answer_head {
    int status;                      /* 0: no status line yet, or not one */
    int64_t retry_after_ms;          /* -1: none said */
    struct buf content_type, warning; /* several warnings are joined by ", " */
};
enum head_line { HEAD_LINE_STATUS, HEAD_LINE_FIELD, HEAD_LINE_END };

/* Takes one line with its line end. A status line forgets what came before it (a 100 or a proxy's answer). */
enum head_line answer_head_line(struct answer_head *, struct slice line);
struct response_head answer_head_get(const struct answer_head *); /* borrowed */
void answer_head_free(struct answer_head *);
#endif
