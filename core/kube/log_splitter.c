/* Invariant: the same lines come out wherever the chunks end. A line is copied only where it lies across two chunks. */
#include "core/kube/log_splitter.h"

#include "core/base/clock.h"

static const int64_t second_in_ns = 1000000000, last_second = 4000000000;

enum { SECOND_LENGTH = 19, PART_KEPT = 1024 * 1024 };

/* ".641472415Z ": the fraction behind the second that was read last. The number of bytes up to and with the space; 0: something else
 * stands there. */
static size_t fraction(const char *p, size_t n, int64_t *ns)
{
    int64_t value = 0, unit = second_in_ns / 10;
    size_t i = 1;

    if (n < 2 || p[0] != '.')
        return 0;
    for (; i < n && p[i] >= '0' && p[i] <= '9' && unit > 0; i++, unit /= 10)
        value += (p[i] - '0') * unit;
    if (i == 1 || i + 1 >= n || p[i] != 'Z' || p[i + 1] != ' ')
        return 0;
    *ns = value;
    return i + 2;
}

int64_t log_stamp(struct log_splitter *s, struct slice *line)
{
    int64_t ms, ns;
    int32_t nanos;

    if (*s->second && line->n > SECOND_LENGTH + 2 && memcmp(line->p, s->second, SECOND_LENGTH) == 0) {
        size_t used = fraction(line->p + SECOND_LENGTH, line->n - SECOND_LENGTH, &ns);
        if (used) {
            *line = (struct slice){line->p + SECOND_LENGTH + used, line->n - SECOND_LENGTH - used};
            return s->second_ns + ns;
        }
    }
    const char *space = line->n ? memchr(line->p, ' ', line->n < 40 ? line->n : 40) : NULL;
    size_t n = space ? (size_t)(space - line->p) : line->n;
    if (n < 20 || n > 35 || line->p[0] < '0' || line->p[0] > '9' || !time_parse((struct slice){line->p, n}, &ms, &nanos))
        return INT64_MIN;
    int64_t seconds = ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
    if (seconds > last_second || seconds < 0)
        return INT64_MIN;
    if (line->p[n - 1] == 'Z') {
        memcpy(s->second, line->p, SECOND_LENGTH);
        s->second_ns = seconds * second_in_ns;
    }
    *line = space ? (struct slice){space + 1, line->n - n - 1} : (struct slice){line->p + n, 0};
    return seconds * second_in_ns + nanos;
}

static struct slice without_return(struct slice line)
{
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

static bool hand_out(struct log_splitter *s, struct slice line, log_line_fn fn, void *ctx)
{
    int64_t stamp = log_stamp(s, &line);

    return fn(ctx, stamp, line);
}

static void part_clear(struct log_splitter *s)
{
    if (s->part.cap > PART_KEPT)
        buf_free(&s->part);
    buf_clear(&s->part);
}

/* bytes have no newline. What fills a piece is handed out. */
static bool keep(struct log_splitter *s, const char *bytes, size_t n, log_line_fn fn, void *ctx)
{
    while (s->part.n + n > LOG_LINE_MOST) {
        size_t room = LOG_LINE_MOST - s->part.n;
        buf_add(&s->part, bytes, room);
        bool more = hand_out(s, buf_slice(&s->part), fn, ctx);
        buf_clear(&s->part);
        if (!more)
            return false;
        bytes += room;
        n -= room;
    }
    buf_add(&s->part, bytes, n);
    return true;
}

void log_splitter_feed(struct log_splitter *s, const char *bytes, size_t n, log_line_fn fn, void *ctx)
{
    while (n) {
        const char *newline = memchr(bytes, '\n', n);
        size_t part = newline ? (size_t)(newline - bytes) : n;
        if (s->part.n || !newline || part > LOG_LINE_MOST) {
            if (!keep(s, bytes, part, fn, ctx) || !newline)
                return;
            bool more = hand_out(s, without_return(buf_slice(&s->part)), fn, ctx);
            part_clear(s);
            if (!more)
                return;
        } else if (!hand_out(s, without_return((struct slice){bytes, part}), fn, ctx)) {
            return;
        }
        bytes = newline + 1;
        n -= part + 1;
    }
}

bool log_splitter_rest(struct log_splitter *s, int64_t *stamp_ns, struct slice *text)
{
    if (!s->part.n)
        return false;
    *text = without_return(buf_slice(&s->part));
    *stamp_ns = log_stamp(s, text);
    s->part.n = 0;
    return true;
}

void log_splitter_clear(struct log_splitter *s)
{
    part_clear(s);
}

void log_splitter_free(struct log_splitter *s)
{
    buf_free(&s->part);
}
