/* Every buffer of a secret grows by copy and zero, never by realloc, which would leave the old bytes behind. */
#include "core/kube/secret.h"
#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void secret_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void secret_list_free(char **list)
{
    for (char **p = list; p && *p; p++)
        secret_free(*p);
    free(list);
}

void secret_buf_free(struct buf *b)
{
    if (b->p)
        explicit_bzero(b->p, b->cap);
    buf_free(b);
}

void secret_buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (b->cap < b->n || b->cap - b->n <= n) {
        struct buf bigger = {0};
        buf_reserve(&bigger, (b->n + n) * 2 + 64);
        buf_add(&bigger, b->p ? b->p : "", b->n);
        secret_buf_free(b);
        *b = bigger;
    }
    buf_add(b, bytes, n);
}

static bool read_all(int fd, const char *path, size_t max, struct buf *out, struct err *err)
{
    char chunk[8192];
    size_t before = out->n;
    bool good = true;
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            good = err_set(err, "cannot read %s: %s", path, strerror(errno));
        if (n <= 0)
            break;
        if (out->n - before + (size_t)n > max) {
            good = err_set(err, "cannot read %s: it is larger than %zu KiB", path, max / 1024);
            break;
        }
        secret_buf_add(out, chunk, (size_t)n);
    }
    explicit_bzero(chunk, sizeof chunk);
    return good;
}

bool secret_read(const char *path, size_t max, bool regular, struct buf *out, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (regular ? O_NONBLOCK : 0));
    if (fd < 0)
        return err_set(err, "cannot read %s: %s", path, strerror(errno));
    bool good = fstat(fd, &st) == 0;
    if (!good)
        err_set(err, "cannot read %s: %s", path, strerror(errno));
    else if (S_ISDIR(st.st_mode))
        good = err_set(err, "cannot read %s: it is a directory", path);
    else if (regular && !S_ISREG(st.st_mode))
        good = err_set(err, "cannot read %s: it is not a regular file", path);
    good = good && read_all(fd, path, max, out, err);
    close(fd);
    return good;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct slice text, struct buf *out)
{
    unsigned bits = 0, digits = 0, padding = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\n' || c == '\r')
            continue;
        int value = base64_value(c);
        if (c == '=' ? digits % 4 < 2 && !padding : padding || value < 0)
            return false;
        if (c == '=') {
            padding++;
            continue;
        }
        bits = (bits << 6 | (unsigned)value) & 0xffffff;
        if (++digits % 4 == 0) {
            char bytes[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
            secret_buf_add(out, bytes, 3);
        }
    }
    unsigned rest = digits % 4;
    if (rest == 1 || padding != (rest ? 4 - rest : 0))
        return false;
    if (rest) {
        bits <<= 6 * (4 - rest);
        char bytes[2] = {(char)(bits >> 16), (char)(bits >> 8)};
        secret_buf_add(out, bytes, rest - 1);
    }
    return true;
}

void base64_encode(struct slice bytes, struct buf *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)bytes.p;
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i;
        unsigned bits = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);
        char four[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63], left > 1 ? alphabet[bits >> 6 & 63] : '=',
                        left > 2 ? alphabet[bits & 63] : '='};
        secret_buf_add(out, four, 4);
    }
}

struct slice slice_trim(struct slice s)
{
    while (s.n && strchr(" \t\r\n", s.p[0]) && s.p[0])
        s.p++, s.n--;
    while (s.n && strchr(" \t\r\n", s.p[s.n - 1]) && s.p[s.n - 1])
        s.n--;
    return s;
}

bool is_header_text(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return true;
}
