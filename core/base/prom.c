#include "core/base/prom.h"

#include <math.h>
#include <stdlib.h>

static bool name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

/* The end of the labels that begin at i, behind their brace; n where there is none. */
static size_t labels_end(const char *p, size_t n, size_t i)
{
    bool quoted = false;
    for (; i < n; i++) {
        if (quoted && p[i] == '\\')
            i++;
        else if (p[i] == '"')
            quoted = !quoted;
        else if (p[i] == '}' && !quoted)
            return i;
    }
    return n;
}

static void take_line(struct slice line, prom_take *take, void *ctx)
{
    const char *p = line.p;
    size_t n = line.n, i = 0;
    while (n && (p[n - 1] == '\r' || p[n - 1] == ' ' || p[n - 1] == '\t'))
        n--;
    while (i < n && (p[i] == ' ' || p[i] == '\t'))
        i++;
    size_t from = i;
    while (i < n && name_byte(p[i]))
        i++;
    struct prom_sample s = {.name = {p + from, i - from}, .labels = {"", 0}};
    if (!s.name.n)
        return;                      /* a comment, or nothing */
    if (i < n && p[i] == '{') {
        size_t end = labels_end(p, n, i + 1);
        if (end == n)
            return;
        s.labels = (struct slice){p + i + 1, end - i - 1};
        i = end + 1;
    }
    while (i < n && (p[i] == ' ' || p[i] == '\t'))
        i++;
    char number[64], *end;
    size_t m = 0;
    while (i + m < n && p[i + m] != ' ' && p[i + m] != '\t' && m + 1 < sizeof number) {
        number[m] = p[i + m];
        m++;
    }
    number[m] = '\0';
    s.value = strtod(number, &end);
    if (m && *end == '\0')
        take(ctx, &s);
}

void prom_feed(struct prom *r, const char *bytes, size_t n, prom_take *take, void *ctx)
{
    while (n) {
        const char *end = memchr(bytes, '\n', n);
        size_t part = end ? (size_t)(end - bytes) : n;
        if (r->line.n + part > PROM_LINE_MOST)
            r->too_long = true;
        if (!r->too_long)
            buf_add(&r->line, bytes, part);
        if (end) {
            if (!r->too_long)
                take_line(buf_slice(&r->line), take, ctx);
            buf_clear(&r->line);
            r->too_long = false;
        }
        part += end != NULL;
        bytes += part;
        n -= part;
    }
}

void prom_end(struct prom *r, prom_take *take, void *ctx)
{
    if (take && !r->too_long)
        take_line(buf_slice(&r->line), take, ctx);
    buf_free(&r->line);
    r->too_long = false;
}

bool prom_label(const struct prom_sample *s, const char *name, char *out, size_t size)
{
    const char *p = s->labels.p, *end = p + s->labels.n;
    while (p < end) {
        const char *from = p;
        while (p < end && name_byte(*p))
            p++;
        struct slice key = {from, (size_t)(p - from)};
        if (p + 1 >= end || p[0] != '=' || p[1] != '"')
            return false;
        bool wanted = slice_is(key, name);
        size_t m = 0;
        for (p += 2; p < end && *p != '"'; p++) {
            char c = *p;
            if (c == '\\' && p + 1 < end)
                c = *++p == 'n' ? '\n' : *p;
            if (wanted && m + 1 < size)
                out[m++] = c;
        }
        if (p >= end)
            return false;
        if (wanted) {
            out[m] = '\0';
            return true;
        }
        p++;
        while (p < end && (*p == ',' || *p == ' '))
            p++;
    }
    return false;
}

void prom_bucket(struct prom_histogram *h, const struct prom_sample *s)
{
    char le[64], *end;
    if (!prom_label(s, "le", le, sizeof le))
        return;
    double bound = strtod(le, &end);
    if (end == le || *end || isnan(bound) || isnan(s->value) || s->value < 0)
        return;
    unsigned i = 0;
    while (i < h->n && h->bound[i] < bound)
        i++;
    if (i == h->n || h->bound[i] > bound) {
        if (h->n == PROM_BUCKETS)
            return;
        memmove(h->bound + i + 1, h->bound + i, (h->n - i) * sizeof *h->bound);
        memmove(h->count + i + 1, h->count + i, (h->n - i) * sizeof *h->count);
        h->bound[i] = bound;
        h->count[i] = 0;
        h->n++;
    }
    h->count[i] += s->value;
}

double prom_quantile(const struct prom_histogram *h, double q)
{
    double all = h->n ? h->count[h->n - 1] : 0;
    if (!(all > 0) || isinf(all))
        return (double)NAN;
    double rank = q * all;
    unsigned i = 0;
    while (i + 1 < h->n && h->count[i] < rank)
        i++;
    if (isinf(h->bound[i]))
        return i ? h->bound[i - 1] : (double)NAN;
    double from = i ? h->bound[i - 1] : 0, below = i ? h->count[i - 1] : 0, in = h->count[i] - below;
    return in > 0 ? from + (h->bound[i] - from) * (rank - below) / in : h->bound[i];
}
