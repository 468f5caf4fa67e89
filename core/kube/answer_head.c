/* Invariant: what is kept of a head is bounded, however much the server says. */
#include "core/kube/answer_head.h"

#include <strings.h>

enum { WARNING_MAX = 4096, RETRY_AFTER_MAX_S = 86400 };

static bool header_value(struct slice line, const char *name, struct slice *value)
{
    size_t n = strlen(name);

    if (line.n <= n || line.p[n] != ':' || strncasecmp(line.p, name, n) != 0)
        return false;
    *value = (struct slice){line.p + n + 1, line.n - n - 1};
    while (value->n > 0 && (*value->p == ' ' || *value->p == '\t')) {
        value->p++;
        value->n--;
    }
    while (value->n > 0 && (unsigned char)value->p[value->n - 1] <= ' ')
        value->n--;
    return true;
}

static void start(struct answer_head *head, struct slice line)
{
    const char *end = line.p + line.n, *p = memchr(line.p, ' ', line.n);

    head->status = 0;
    head->retry_after_ms = -1;
    buf_clear(&head->content_type);
    buf_clear(&head->warning);
    for (p = p ? p + 1 : end; p < end && *p >= '0' && *p <= '9' && head->status < 1000; p++)
        head->status = head->status * 10 + (*p - '0');
}

enum head_line answer_head_line(struct answer_head *head, struct slice line)
{
    struct slice value;
    int64_t seconds;

    if (slice_starts(line, SLICE("HTTP/"))) {
        start(head, line);
        return HEAD_LINE_STATUS;
    }
    if (line.n == 0 || *line.p == '\r' || *line.p == '\n')
        return HEAD_LINE_END;
    if (header_value(line, "content-type", &value)) {
        buf_clear(&head->content_type);
        buf_add_slice(&head->content_type, value);
    } else if (header_value(line, "warning", &value) && head->warning.n < WARNING_MAX) {
        if (head->warning.n)
            buf_add_text(&head->warning, ", ");
        buf_add_slice(&head->warning, value);
    } else if (header_value(line, "retry-after", &value) && slice_int(value, &seconds) && seconds >= 0) {
        head->retry_after_ms = (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * 1000;
    }
    return HEAD_LINE_FIELD;
}

struct response_head answer_head_get(const struct answer_head *head)
{
    return (struct response_head){
        .status = head->status, .retry_after_ms = head->retry_after_ms, .content_type = buf_slice(&head->content_type), .warning = buf_slice(&head->warning),
    };
}

void answer_head_free(struct answer_head *head)
{
    buf_free(&head->content_type);
    buf_free(&head->warning);
}
