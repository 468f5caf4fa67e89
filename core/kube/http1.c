/* Invariant: a byte is taken once; nothing is kept of a body, and never more than HTTP1_HEAD_MOST of a head or of all trailers.
 * Why not a library's: the head of an upgrade has to be read byte by byte anyway, since what follows it is not HTTP, and the answer
 * through a forwarded port comes without a socket that a library could be given. */
#include "core/kube/http1.h"

#include "core/kube/secret.h"

#include <strings.h>

enum { CHUNK_LINE_MOST = 1024 };

void http1_init(struct http1 *h, enum http1_kind kind, const struct http1_ops *ops, void *ctx)
{
    *h = (struct http1){.kind = kind, .ops = ops, .ctx = ctx, .trouble = "", .head.retry_after_ms = -1};
}

void http1_free(struct http1 *h)
{
    answer_head_free(&h->head);
    buf_free(&h->lines);
    buf_free(&h->line);
    *h = (struct http1){.trouble = ""};
}

const char *http1_trouble(const struct http1 *h)
{
    return h->trouble;
}

static void broken(struct http1 *h, const char *why)
{
    h->state = HTTP1_BROKEN;
    h->trouble = why;
}

/* ---- the head ---- */

static bool is_token(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
        if (!word)
            return false;
    }
    return s.n > 0;
}

/* The next line of the head after *at, without its end; false at the last one, which is empty. No line before it is. */
static bool next_line(const struct http1 *h, size_t *at, struct slice *line)
{
    const char *from = *at < h->lines.n ? h->lines.p + *at : "", *end = *at < h->lines.n ? memchr(from, '\n', h->lines.n - *at) : NULL;

    if (!end || end == from || *at + (size_t)(end - from) + 1 >= h->lines.n)
        return false;
    *line = (struct slice){from, (size_t)(end - from) - 1};
    *at += (size_t)(end - from) + 1;
    return true;
}

bool http1_header(const struct http1 *h, const char *name, size_t nth, struct slice *value)
{
    struct slice line;
    size_t at = 0, n = strlen(name);

    if (!next_line(h, &at, &line))
        return false;
    while (next_line(h, &at, &line)) {
        if (line.n <= n || line.p[n] != ':' || strncasecmp(line.p, name, n) != 0 || nth-- > 0)
            continue;
        *value = slice_trim((struct slice){line.p + n + 1, line.n - n - 1});
        return true;
    }
    return false;
}

/* "HTTP/1.1 101 Switching Protocols" */
static bool read_status_line(const struct http1 *h, struct slice line)
{
    bool digits = line.n >= 12 && slice_starts(line, SLICE("HTTP/1.")) && (line.p[7] == '0' || line.p[7] == '1') && line.p[8] == ' ';

    for (size_t i = 9; digits && i < 12; i++)
        digits = line.p[i] >= '0' && line.p[i] <= '9';
    return digits && line.p[9] != '0' && (line.n == 12 || line.p[12] == ' ') && h->kind != HTTP1_REQUEST;
}

static bool read_request_line(struct http1 *h, struct slice line)
{
    const char *space = memchr(line.p, ' ', line.n);

    if (!space)
        return false;
    h->method = (struct slice){line.p, (size_t)(space - line.p)};
    struct slice rest = {space + 1, line.n - h->method.n - 1};
    const char *second = rest.n ? memchr(rest.p, ' ', rest.n) : NULL;
    if (!second)
        return false;
    h->target = (struct slice){rest.p, (size_t)(second - rest.p)};
    struct slice version = {second + 1, rest.n - h->target.n - 1};
    return is_token(h->method) && h->target.n > 0 && (slice_is(version, "HTTP/1.1") || slice_is(version, "HTTP/1.0"));
}

/* Lines end in CR LF, names are tokens right before their colon, nothing is folded, and no control byte stands anywhere. */
static bool lines_good(const struct http1 *h)
{
    struct slice line;
    size_t at = 0;

    for (bool first = true; next_line(h, &at, &line); first = false) {
        const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
        if (line.p[line.n] != '\r' || (!first && (!colon || !is_token((struct slice){line.p, (size_t)(colon - line.p)}))))
            return false;
        for (size_t i = 0; i < line.n; i++)
            if (((unsigned char)line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f)
                return false;
    }
    return h->lines.n >= 2 && h->lines.p[h->lines.n - 2] == '\r';
}

static bool read_length(struct slice text, uint64_t *length)
{
    int64_t n;

    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    if (!slice_int(text, &n) || n < 0)
        return false;
    *length = (uint64_t)n;
    return true;
}

/* How long the body is (RFC 9112, 6.3). Both lengths at once, or two that differ, are refused: that is how answers are smuggled. */
static void frame_body(struct http1 *h)
{
    struct slice coding, text;
    uint64_t length = 0, other;
    bool chunked = http1_header(h, "Transfer-Encoding", 0, &coding), sized = http1_header(h, "Content-Length", 0, &text);
    int status = h->head.status;

    if (chunked && (sized || http1_header(h, "Transfer-Encoding", 1, &text) || coding.n != 7 || strncasecmp(coding.p, "chunked", 7) != 0)) {
        broken(h, "its transfer encoding is not known");
        return;
    }
    if (sized && !read_length(text, &length)) {
        broken(h, "its length is not a number");
        return;
    }
    for (size_t i = 1; sized && http1_header(h, "Content-Length", i, &text); i++)
        if (!read_length(text, &other) || other != length) {
            broken(h, "it has two lengths");
            return;
        }
    h->left = length;
    h->frame = chunked ? FRAME_CHUNK_SIZE : sized || h->kind == HTTP1_REQUEST ? FRAME_LENGTH : FRAME_UNTIL_END;
    if (h->kind == HTTP1_ANSWER_TO_HEAD || (h->kind == HTTP1_ANSWER && (status == 204 || status == 304))) {
        h->frame = FRAME_LENGTH;
        h->left = 0;
    }
    h->state = h->frame == FRAME_LENGTH && h->left == 0 ? HTTP1_DONE : HTTP1_IN_BODY;
}

/* The head is whole. */
static void take_head(struct http1 *h)
{
    struct slice line, first;
    size_t at = 0;

    if (!next_line(h, &at, &first) || !lines_good(h)) {
        broken(h, "its head is malformed");
        return;
    }
    if (h->kind == HTTP1_REQUEST ? !read_request_line(h, first) : !read_status_line(h, first)) {
        broken(h, "it does not begin as HTTP does");
        return;
    }
    if (h->kind != HTTP1_REQUEST) {
        answer_head_line(&h->head, first);
        while (next_line(h, &at, &line))
            answer_head_line(&h->head, line);
        if (h->head.status < 200 && h->head.status != 101) {
            buf_clear(&h->lines);    /* 100, 102, 103: the answer proper follows */
            h->line_at = 0;
            return;
        }
    }
    if (h->head.status == 101)
        h->state = HTTP1_SWITCHED;
    else
        frame_body(h);
    if (h->state != HTTP1_BROKEN && h->ops->on_head)
        h->ops->on_head(h->ctx);
}

/* Up to and with the next newline. */
static size_t feed_head(struct http1 *h, const char *bytes, size_t n)
{
    const char *newline = memchr(bytes, '\n', n);
    size_t take = newline ? (size_t)(newline - bytes) + 1 : n;

    if (h->lines.n + take > HTTP1_HEAD_MOST) {
        broken(h, "its head is too long");
        return 0;
    }
    buf_add(&h->lines, bytes, take);
    if (!newline)
        return take;
    size_t length = h->lines.n - h->line_at;
    bool empty = length == 1 || (length == 2 && h->lines.p[h->line_at] == '\r');
    h->line_at = h->lines.n;
    if (empty)
        take_head(h);
    return take;
}

/* ---- the body ---- */

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "1a2b" or "1a2b;extension" */
static bool read_chunk_size(struct slice line, uint64_t *size)
{
    size_t i = 0;

    *size = 0;
    for (; i < line.n && hex(line.p[i]) >= 0; i++) {
        if (*size >> 56)
            return false;
        *size = *size << 4 | (uint64_t)hex(line.p[i]);
    }
    while (i > 0 && i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
        i++;
    return i > 0 && (i == line.n || line.p[i] == ';');
}

static void take_line(struct http1 *h)
{
    struct slice line = buf_slice(&h->line);
    bool good = line.n >= 2 && line.p[line.n - 2] == '\r';

    line.n -= good ? 2 : 0;
    if (h->frame == FRAME_CHUNK_SIZE) {
        good = good && read_chunk_size(line, &h->left);
        h->frame = h->left ? FRAME_CHUNK : FRAME_TRAILER;
    } else if (h->frame == FRAME_CHUNK_END) {
        good = good && line.n == 0;
        h->frame = FRAME_CHUNK_SIZE;
    } else {
        h->trailers += line.n;
        good = good && h->trailers <= HTTP1_HEAD_MOST;
        if (good && line.n == 0)
            h->state = HTTP1_DONE;
    }
    if (!good)
        broken(h, "its chunks are malformed");
    buf_clear(&h->line);
}

static size_t feed_line(struct http1 *h, const char *bytes, size_t n)
{
    const char *newline = memchr(bytes, '\n', n);
    size_t take = newline ? (size_t)(newline - bytes) + 1 : n;

    if (h->line.n + take > CHUNK_LINE_MOST) {
        broken(h, "its chunks are malformed");
        return 0;
    }
    buf_add(&h->line, bytes, take);
    if (newline)
        take_line(h);
    return take;
}

static size_t feed_body(struct http1 *h, const char *bytes, size_t n)
{
    if (h->frame != FRAME_LENGTH && h->frame != FRAME_CHUNK && h->frame != FRAME_UNTIL_END)
        return feed_line(h, bytes, n);
    if (h->frame != FRAME_UNTIL_END) {
        n = n < h->left ? n : (size_t)h->left;
        h->left -= n;
    }
    if (h->frame == FRAME_LENGTH && h->left == 0)
        h->state = HTTP1_DONE;
    else if (h->frame == FRAME_CHUNK && h->left == 0)
        h->frame = FRAME_CHUNK_END;
    if (h->ops->on_body)
        h->ops->on_body(h->ctx, bytes, n);
    return n;
}

size_t http1_feed(struct http1 *h, const char *bytes, size_t n)
{
    size_t at = 0;

    while (at < n && (h->state == HTTP1_IN_HEAD || h->state == HTTP1_IN_BODY))
        at += h->state == HTTP1_IN_HEAD ? feed_head(h, bytes + at, n - at) : feed_body(h, bytes + at, n - at);
    return at;
}

enum http1_state http1_end(struct http1 *h)
{
    if (h->state == HTTP1_IN_BODY && h->frame == FRAME_UNTIL_END)
        h->state = HTTP1_DONE;
    else if (h->state == HTTP1_IN_BODY || h->state == HTTP1_IN_HEAD)
        broken(h, h->state == HTTP1_IN_BODY ? "it ended in the middle of its body" : "it ended before its head was whole");
    return h->state;
}
