/* Invariant: what was taken in is written once; lines of one stream in their order; of several in the order of their stamps as far as
 * they came within HOLD_MS of each other. */
#include "tui/log_pipe.h"

#include "core/base/mem.h"
#include "core/base/ptrs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOLD_MS = 400, WRITE_AT_ONCE = 64 * 1024, LIMIT_DEFAULT = 64 * 1024 * 1024 };

struct origin {                      /* a stream */
    char *label, *ns, *pod, *container;
    char *prefix;                    /* "pod/container " */
    size_t prefix_n;
    int64_t stamp_ns;                /* of its last line: an undated one stands behind it */
    enum log_level level;
};
struct item {
    int64_t stamp_ns, arrived_ms;
    uint64_t seq;
    struct origin *origin;
    unsigned type;
    enum log_level level;
    bool dated;
    size_t n;
    char text[];
};
struct log_pipe {
    struct log_pipe_config config;
    struct ptrs origins;
    struct origin *last;             /* of the line before */
    struct item **heap;              /* the earliest first */
    size_t n, cap, held_bytes;
    uint64_t seq;
    int64_t released_ns;             /* the newest stamp that has gone out */
    bool alone, regular, closed;
    int failed;                      /* errno of the write that closed it */
    struct buf out;
    size_t written;                  /* of out */
    int64_t second;                  /* of the last stamp; INT64_MIN: none */
    char second_text[32];
};

/* --- streams -------------------------------------------------------------------------------------------------------------------- */

static bool is_origin(const struct origin *o, const struct log_stream_row *row)
{
    return o && strcmp(o->pod, row->pod) == 0 && strcmp(o->container, row->container) == 0 && strcmp(o->ns, row->ns) == 0;
}

static struct origin *origin_of(struct log_pipe *p, const struct log_stream_row *row)
{
    if (is_origin(p->last, row))
        return p->last;
    for (size_t i = 0; i < p->origins.n; i++)
        if (is_origin(p->origins.v[i], row))
            return p->last = p->origins.v[i];
    struct origin *o = NEW(struct origin);
    *o = (struct origin){
        .label = mem_text(row->label), .ns = mem_text(row->ns), .pod = mem_text(row->pod), .container = mem_text(row->container),
        .prefix = mem_printf("%s/%s ", row->pod, row->container), .stamp_ns = INT64_MIN,
    };
    o->prefix_n = strlen(o->prefix);
    ptrs_add(&p->origins, o);
    return p->last = o;
}

/* --- writing -------------------------------------------------------------------------------------------------------------------- */

/* "2026-11-23T08:20:23.641472415Z ": many lines share a second. */
static void add_stamp(struct log_pipe *p, int64_t stamp_ns)
{
    int64_t second = stamp_ns / 1000000000, nanos = stamp_ns % 1000000000;
    char fraction[12] = ".000000000Z";

    if (second != p->second) {
        time_rfc3339(second * 1000, p->second_text);
        p->second = second;
    }
    for (size_t i = 9; i > 0; i--, nanos /= 10)
        fraction[i] = (char)('0' + nanos % 10);
    buf_add(&p->out, p->second_text, 19);
    buf_add(&p->out, fraction, 11);
    buf_add_byte(&p->out, ' ');
}

static void write_line(struct log_pipe *p, const struct origin *o, unsigned type, enum log_level level, int64_t stamp_ns, struct slice text)
{
    if (p->config.format == LOG_SAVE_TEXT && type == LOG_LINE_TEXT && stamp_ns != INT64_MIN) {
        add_stamp(p, stamp_ns);
        buf_add(&p->out, o->prefix, o->prefix_n);
        buf_add(&p->out, text.p, text.n);
        buf_add_byte(&p->out, '\n');
        return;
    }
    struct log_names names = {.label = o->label, .ns = o->ns, .pod = o->pod, .container = o->container};
    struct log_entry entry = {.stamp_ns = stamp_ns, .type = (uint8_t)type, .level = (uint8_t)level, .text = text};
    log_save_line(p->config.format, &names, &entry, &p->out);
}

/* One write that does not wait: a pipe that is writable takes PIPE_BUF bytes. False: it takes nothing now, or never again (closed). */
static bool write_some(struct log_pipe *p, int timeout_ms)
{
    struct pollfd fd = {.fd = p->config.fd, .events = POLLOUT};
    size_t left = p->out.n - p->written, most = p->regular ? left : left < PIPE_BUF ? left : PIPE_BUF;

    if (!p->regular && poll(&fd, 1, timeout_ms) <= 0)
        return false;
    ssize_t n = write(p->config.fd, p->out.p + p->written, most);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n < 0) {
        p->closed = true;
        p->failed = errno == EPIPE ? 0 : errno;
        return false;
    }
    p->written += (size_t)n;
    return true;
}

static bool flush(struct log_pipe *p)
{
    size_t limit = p->config.limit;

    while (!p->closed && p->written < p->out.n)
        if (!write_some(p, p->out.n - p->written > limit ? -1 : 0) && p->out.n - p->written <= limit)
            break;
    if (p->written == p->out.n) {
        buf_clear(&p->out);
        p->written = 0;
    } else if (p->written > WRITE_AT_ONCE && p->written > p->out.n / 2) {
        buf_drop_front(&p->out, p->written);
        p->written = 0;
    }
    return !p->closed;
}

/* --- the order of time ---------------------------------------------------------------------------------------------------------- */

static bool before(const struct item *a, const struct item *b)
{
    return a->stamp_ns != b->stamp_ns ? a->stamp_ns < b->stamp_ns : a->seq < b->seq;
}

static void sift_up(struct log_pipe *p, size_t i)
{
    struct item *item = p->heap[i];

    for (; i > 0 && before(item, p->heap[(i - 1) / 2]); i = (i - 1) / 2)
        p->heap[i] = p->heap[(i - 1) / 2];
    p->heap[i] = item;
}

static void sift_down(struct log_pipe *p)
{
    struct item *item = p->heap[0];
    size_t i = 0;

    for (size_t child = 1; child < p->n; child = 2 * i + 1) {
        if (child + 1 < p->n && before(p->heap[child + 1], p->heap[child]))
            child++;
        if (!before(p->heap[child], item))
            break;
        p->heap[i] = p->heap[child];
        i = child;
    }
    p->heap[i] = item;
}

static void hold(struct log_pipe *p, struct origin *o, unsigned type, enum log_level level, int64_t stamp_ns, struct slice text)
{
    struct item *item = mem_grow(NULL, 1, sizeof *item + text.n);

    *item = (struct item){
        .stamp_ns = o->stamp_ns, .arrived_ms = p->config.clock->mono(p->config.clock), .seq = p->seq++, .origin = o, .type = type,
        .level = level, .dated = stamp_ns != INT64_MIN, .n = text.n,
    };
    if (type != LOG_LINE_TEXT)
        item->stamp_ns = stamp_ns;
    memcpy(item->text, text.p, text.n);
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 256;
        p->heap = mem_grow(p->heap, p->cap, sizeof *p->heap);
    }
    p->heap[p->n++] = item;
    p->held_bytes += sizeof *item + text.n;
    sift_up(p, p->n - 1);
}

static void release(struct log_pipe *p)
{
    struct item *item = p->heap[0];

    p->heap[0] = p->heap[--p->n];
    if (p->n)
        sift_down(p);
    p->held_bytes -= sizeof *item + item->n;
    if (item->stamp_ns > p->released_ns)
        p->released_ns = item->stamp_ns;
    write_line(p, item->origin, item->type, item->level, item->dated ? item->stamp_ns : INT64_MIN, (struct slice){item->text, item->n});
    free(item);
}

static bool due(const struct log_pipe *p, int64_t now)
{
    const struct item *first = p->n ? p->heap[0] : NULL;

    if (!first)
        return false;
    if (p->alone || p->held_bytes > p->config.limit)
        return true;
    return p->config.follow && (now - first->arrived_ms >= HOLD_MS || first->stamp_ns < p->released_ns);
}

/* --- the interface -------------------------------------------------------------------------------------------------------------- */

/* Whether the line is wanted, and its level, which only some formats and queries ask for. */
static bool wanted(struct log_pipe *p, struct origin *o, int64_t stamp_ns, struct slice text, enum log_level *level)
{
    struct log_line line = {0};

    *level = LEVEL_NONE;
    if (!p->config.query && p->config.format != LOG_SAVE_JSON)
        return true;
    log_line_glance(text, false, &line);
    *level = line.folded && line.level == LEVEL_NONE ? o->level : line.level;   /* a traceback is as grave as what it belongs to */
    o->level = *level;
    struct log_entry entry = {.stamp_ns = stamp_ns, .level = (uint8_t)*level, .format = (uint8_t)line.format, .text = text};
    return !p->config.query || log_query_wants(p->config.query, &entry);
}

void log_pipe_line(struct log_pipe *p, const struct log_stream_row *row, int64_t stamp_ns, struct slice text)
{
    struct origin *o = origin_of(p, row);
    enum log_level level;

    if (stamp_ns != INT64_MIN)
        o->stamp_ns = stamp_ns;
    if (p->closed || !wanted(p, o, stamp_ns, text, &level))
        return;
    if (p->alone && p->n == 0)
        write_line(p, o, LOG_LINE_TEXT, level, stamp_ns, text);
    else
        hold(p, o, LOG_LINE_TEXT, level, stamp_ns, text);
    if (p->out.n - p->written >= WRITE_AT_ONCE)
        flush(p);
}

void log_pipe_mark(struct log_pipe *p, const struct log_stream_row *row, enum log_mark mark, int64_t wall_ms, const char *text)
{
    unsigned type = mark == LOG_MARK_GAP ? LOG_LINE_GAP : mark == LOG_MARK_RESTART ? LOG_LINE_RESTART : LOG_LINE_STATUS;

    if (p->config.marks)
        hold(p, origin_of(p, row), type, LEVEL_NONE, wall_ms * 1000000, slice_of(text));
}

void log_pipe_alone(struct log_pipe *p, bool alone)
{
    p->alone = alone;
}

bool log_pipe_step(struct log_pipe *p)
{
    int64_t now = p->config.clock->mono(p->config.clock);

    while (due(p, now)) {
        release(p);
        if (p->out.n - p->written >= WRITE_AT_ONCE)
            flush(p);
    }
    return flush(p);
}

int64_t log_pipe_due(const struct log_pipe *p)
{
    if (!p->n || !p->config.follow)
        return -1;
    int64_t left = p->heap[0]->arrived_ms + HOLD_MS - p->config.clock->mono(p->config.clock);
    return left > 0 ? left : 0;
}

bool log_pipe_stuck(const struct log_pipe *p)
{
    return p->written < p->out.n;
}

bool log_pipe_finish(struct log_pipe *p)
{
    while (p->n && !p->closed) {
        release(p);
        if (p->out.n - p->written >= WRITE_AT_ONCE)
            flush(p);
    }
    while (!p->closed && p->written < p->out.n)
        write_some(p, -1);
    return !p->closed;
}

int log_pipe_failed(const struct log_pipe *p)
{
    return p->failed;
}

struct log_pipe *log_pipe_new(const struct log_pipe_config *config)
{
    struct log_pipe *p = NEW(struct log_pipe);
    struct stat st;

    p->config = *config;
    if (!p->config.limit)
        p->config.limit = LIMIT_DEFAULT;
    p->regular = fstat(config->fd, &st) == 0 && S_ISREG(st.st_mode);
    p->released_ns = p->second = INT64_MIN;
    return p;
}

void log_pipe_free(struct log_pipe *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        free(p->heap[i]);
    for (size_t i = 0; i < p->origins.n; i++) {
        struct origin *o = p->origins.v[i];
        free(o->label);
        free(o->ns);
        free(o->pod);
        free(o->container);
        free(o->prefix);
        free(o);
    }
    ptrs_free(&p->origins);
    free(p->heap);
    buf_free(&p->out);
    free(p);
}
