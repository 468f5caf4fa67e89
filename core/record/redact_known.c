/* Secrets that are known by name, found again wherever they stand. Invariant: only what can hardly be anything else is kept: a common
 * word taken out everywhere would leave nothing to read. */
#include "core/record/redact.h"

#include "core/base/mem.h"

#include <stdlib.h>

enum { LEAST = 8, MOST = 512, WORD_LEAST = 12, KNOWN_MOST = 100 };

/* Letters alone in one case, or digits and dots, are words, names, numbers, addresses, unless they are long. */
static bool common(struct slice v)
{
    size_t letters = 0, digits = 0, upper = 0;

    for (size_t i = 0; i < v.n; i++) {
        letters += (v.p[i] >= 'a' && v.p[i] <= 'z') || v.p[i] == '-' || v.p[i] == '/' || v.p[i] == '.';
        digits += (v.p[i] >= '0' && v.p[i] <= '9') || v.p[i] == '.';
        upper += v.p[i] >= 'A' && v.p[i] <= 'Z';
    }
    return (letters == v.n || upper == v.n || digits == v.n) && v.n < WORD_LEAST;
}

void redact_learn(struct redact_known *known, struct slice v)
{
    if (v.n < LEAST || v.n > MOST || known->n >= KNOWN_MOST || common(v) || slice_is(v, REDACTED))
        return;
    for (size_t i = 0; i < v.n; i++)             /* what is written in another way in JSON or YAML would not be found */
        if (v.p[i] <= ' ' || v.p[i] >= 0x7f || v.p[i] == '"' || v.p[i] == '\\' || v.p[i] == '\'')
            return;
    for (size_t i = 0; i < known->n; i++)
        if (slice_is(v, known->v[i]))
            return;
    known->v = mem_grow(known->v, known->n + 1, sizeof *known->v);
    known->v[known->n++] = slice_dup(v);
}

static size_t take_out(struct buf *text, struct slice secret)
{
    struct buf out = {0};
    size_t found = 0;
    const char *from = text->p, *end = text->p + text->n, *at;

    while ((at = memmem(from, (size_t)(end - from), secret.p, secret.n))) {
        buf_add(&out, from, (size_t)(at - from));
        buf_add_text(&out, REDACTED);
        from = at + secret.n;
        found++;
    }
    if (found) {
        buf_add(&out, from, (size_t)(end - from));
        buf_free(text);
        *text = out;
    }
    return found;
}

size_t redact_known(const struct redact_known *known, struct buf *text)
{
    size_t found = 0;

    for (size_t i = 0; text->n && i < known->n; i++)
        found += take_out(text, slice_of(known->v[i]));
    return found;
}

void redact_forget(struct redact_known *known)
{
    for (size_t i = 0; i < known->n; i++) {
        explicit_bzero(known->v[i], strlen(known->v[i]));
        free(known->v[i]);
    }
    free(known->v);
    *known = (struct redact_known){0};
}
