/* Invariant: the file holds all bytes that came, in order (or trouble says from where on it does not), and marks[i] is the offset at which
 * line i * stride begins: when the marks are full every second one goes and the stride doubles, so that a line is found by reading at most
 * a stride's worth of the file. */
#include "core/base/file.h"
#include "core/run/output.h"

#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { MARKS = 16384, CHUNK = 64 * 1024, STAGING = 64 * 1024, MOST = 1 << 30 /* a command that never stops must not fill the disk */ };

struct run_output {
    int fd;                          /* -1: no file could be made */
    struct buf staging;              /* what is not written yet: the end of the stream */
    uint64_t written;                /* bytes in the file */
    uint64_t lost_at;                /* the file holds what is before this; UINT64_MAX: all */
    uint64_t bytes, newlines;
    char last;                       /* the last byte */
    uint64_t *marks;
    size_t n_marks;
    uint64_t stride;
    unsigned utf8_left;              /* continuation bytes that must follow */
    unsigned char utf8_low;          /* the least the next one may be (overlong forms), 0x80 usually */
    unsigned char utf8_high;
    bool binary;
    char *trouble;
};

static int open_spool(void)
{
    const char *dir = getenv("TMPDIR");

    dir = dir && *dir ? dir : "/tmp";
#ifdef O_TMPFILE
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
#endif
    char *path = mem_printf("%s/sandtop-XXXXXX", dir);
    int made = mkostemp(path, O_CLOEXEC);
    if (made >= 0)
        unlink(path);
    free(path);
    return made;
}

struct run_output *run_output_new(void)
{
    struct run_output *o = NEW(struct run_output);

    o->fd = -1;                      /* made with the first byte: most commands write nothing to stderr */
    o->lost_at = UINT64_MAX;
    o->stride = 1;
    o->trouble = mem_text("");
    return o;
}

void run_output_free(struct run_output *o)
{
    if (!o)
        return;
    if (o->fd >= 0)
        close(o->fd);
    buf_free(&o->staging);
    free(o->marks);
    free(o->trouble);
    free(o);
}

static void lose(struct run_output *o, const char *what)
{
    if (o->lost_at != UINT64_MAX)
        return;
    o->lost_at = o->written;
    free(o->trouble);
    o->trouble = mem_printf("only the first %llu bytes are kept: %s", (unsigned long long)o->written, what);
}

static void lose_room(struct run_output *o, int error)
{
    char *why = mem_printf("%s (set TMPDIR to where there is room)", strerror(error));

    lose(o, why);
    free(why);
}

static void flush(struct run_output *o)
{
    size_t done = 0;

    if (o->fd < 0 && o->lost_at == UINT64_MAX) {
        o->fd = open_spool();
        if (o->fd < 0)
            lose_room(o, errno);
    }
    if (o->written + o->staging.n > MOST)
        lose(o, "more than 1 GiB came");
    while (o->lost_at == UINT64_MAX && done < o->staging.n) {
        ssize_t n = pwrite(o->fd, o->staging.p + done, o->staging.n - done, (off_t)o->written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            lose_room(o, n < 0 ? errno : ENOSPC);
            break;
        }
        done += (size_t)n;
        o->written += (uint64_t)n;
    }
    buf_clear(&o->staging);
}

static void mark_line(struct run_output *o, uint64_t line, uint64_t offset)
{
    if (line % o->stride != 0)
        return;
    if (!o->marks)
        o->marks = mem_array(MARKS, sizeof *o->marks);
    if (o->n_marks == MARKS) {
        for (size_t i = 0; i < MARKS / 2; i++)
            o->marks[i] = o->marks[2 * i];
        o->n_marks = MARKS / 2;
        o->stride *= 2;
        if (line % o->stride != 0)
            return;
    }
    o->marks[o->n_marks++] = offset;
}

/* UTF-8 of RFC 3629, byte by byte; and what would move a terminal's cursor. */
static void judge(struct run_output *o, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && !o->binary; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (o->utf8_left) {
            o->binary = c < o->utf8_low || c > o->utf8_high;
            o->utf8_low = 0x80;
            o->utf8_high = 0xBF;
            o->utf8_left--;
        } else if (c >= 0x80) {
            o->utf8_left = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
            o->utf8_low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
            o->utf8_high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
            o->binary = c < 0xC2 || c > 0xF4;
        } else {
            o->binary = c == 0 || c == 0x1B || c == 0x7F || (c < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != '\f' && c != '\b');
        }
    }
}

void run_output_add(struct run_output *o, const char *bytes, size_t n)
{
    if (n == 0)
        return;
    judge(o, bytes, n);
    if (o->bytes == 0)
        mark_line(o, 0, 0);
    for (const char *p = bytes, *end = bytes + n; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
        mark_line(o, ++o->newlines, o->bytes + (uint64_t)(p - bytes) + 1);
    o->bytes += n;
    o->last = bytes[n - 1];
    buf_add(&o->staging, bytes, n);
    if (o->staging.n >= STAGING)
        flush(o);
    if (o->staging.cap > 4 * STAGING && o->staging.n == 0)
        buf_free(&o->staging);
}

uint64_t run_output_bytes(const struct run_output *o)
{
    return o->bytes;
}

uint64_t run_output_lines(const struct run_output *o)
{
    return o->newlines + (o->bytes > 0 && o->last != '\n');
}

bool run_output_ends_in_newline(const struct run_output *o)
{
    return o->bytes > 0 && o->last == '\n';
}

bool run_output_binary(const struct run_output *o)
{
    return o->binary;
}

const char *run_output_trouble(const struct run_output *o)
{
    return o->trouble;
}

size_t run_output_read(const struct run_output *o, uint64_t offset, char *bytes, size_t n)
{
    size_t done = 0;

    while (done < n && offset + done < o->written) {
        uint64_t left = o->written - offset - done;
        ssize_t got = pread(o->fd, bytes + done, left < n - done ? (size_t)left : n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return done;
        done += (size_t)got;
    }
    if (done < n && offset + done >= o->written && o->lost_at == UINT64_MAX) {
        uint64_t at = offset + done - o->written;
        if (at < o->staging.n) {
            size_t part = o->staging.n - (size_t)at < n - done ? o->staging.n - (size_t)at : n - done;
            memcpy(bytes + done, o->staging.p + at, part);
            done += part;
        }
    }
    return done;
}

/* Where line begins, reading on from the mark before it. False: the file does not hold it. */
static bool find_line(const struct run_output *o, uint64_t line, char *chunk, uint64_t *offset)
{
    size_t mark = (size_t)(line / o->stride);
    uint64_t left = line % o->stride, at;

    if (mark >= o->n_marks)
        return false;
    at = o->marks[mark];
    while (left > 0) {
        size_t n = run_output_read(o, at, chunk, CHUNK);
        const char *p = chunk, *end = chunk + n;
        if (n == 0)
            return false;
        while (left > 0 && p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
            p++;
            left--;
        }
        at += left > 0 || !p ? n : (size_t)(p - chunk);
    }
    *offset = at;
    return true;
}

bool run_output_line(const struct run_output *o, uint64_t line, size_t from, size_t most, struct buf *out)
{
    char *chunk = line < run_output_lines(o) ? mem_new(CHUNK) : NULL;
    uint64_t at = 0;
    bool found = chunk && find_line(o, line, chunk, &at);

    buf_clear(out);
    while (found) {
        size_t n = run_output_read(o, at, chunk, CHUNK);
        const char *newline = n ? memchr(chunk, '\n', n) : NULL;
        size_t part = newline ? (size_t)(newline - chunk) : n;
        size_t skipped = from < part ? from : part;
        from -= skipped;
        size_t wanted = part - skipped < most - out->n ? part - skipped : most - out->n;
        buf_add(out, chunk + skipped, wanted);
        at += n;
        if (newline || n == 0 || out->n >= most)
            break;
    }
    free(chunk);
    return found;
}

bool run_output_save(const struct run_output *o, const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char *chunk = mem_new(CHUNK);
    uint64_t at = 0;
    bool good = fd >= 0 || err_set(err, "cannot write %s: %s", path, strerror(errno));

    for (size_t n; good && (n = run_output_read(o, at, chunk, CHUNK)) > 0; at += n) {
        good = file_write_all(fd, (struct slice){chunk, n}) || err_set(err, "cannot write %s: %s", path, strerror(errno));
    }
    if (fd >= 0 && close(fd) != 0 && good)
        good = err_set(err, "cannot write %s: %s", path, strerror(errno));
    free(chunk);
    if (good && at < o->bytes)
        good = err_set(err, "%s is not whole: %s", path, *o->trouble ? o->trouble : "the spool could not be read");
    return good;
}
