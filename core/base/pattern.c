/* Regular expressions. Invariant: a search costs at most MATCH_LIMIT steps of the matcher and STACK_MOST bytes, whatever the pattern and the text.
 * Text is UTF-8 where it is valid; an invalid byte matches nothing and hurts no one. The only file that knows PCRE2. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/base/pattern.h"
#include "core/base/mem.h"
#include <pcre2.h>
#include <stdlib.h>

enum {
    MATCH_LIMIT = 200000,
    DEPTH_LIMIT = 20000,
    HEAP_LIMIT_KIB = 4096,
    STACK_LEAST = 32 * 1024,         /* bytes, of the matcher's own stack */
    STACK_MOST = 512 * 1024,
    PATTERN_MOST = 4096,             /* bytes of a pattern's text */
};

struct pattern {
    struct slice text;
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    uint64_t limited;
};

static unsigned options(struct slice text, unsigned flags)
{
    unsigned options = 0;
#ifdef PCRE2_MATCH_INVALID_UTF
    options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
#endif
    options |= flags & PATTERN_LITERAL ? PCRE2_LITERAL : PCRE2_NEVER_BACKSLASH_C;
    bool upper = false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\\' && !(flags & PATTERN_LITERAL))
            i++;                                           /* \S and \W say nothing about case */
        else
            upper |= text.p[i] >= 'A' && text.p[i] <= 'Z';
    }
    if (flags & PATTERN_CASELESS || (flags & PATTERN_SMARTCASE && !upper))
        options |= PCRE2_CASELESS;
    return options;
}

static unsigned column_of(struct slice text, size_t offset)
{
    unsigned column = 1;
    for (size_t i = 0; i < offset && i < text.n; i++)
        column += (text.p[i] & 0xc0) != 0x80;
    return column;
}

struct pattern *pattern_new(struct slice text, unsigned flags, struct err *err)
{
    if (text.n > PATTERN_MOST) {
        err_set(err, "at column %d: a pattern has at most %d bytes", PATTERN_MOST + 1, PATTERN_MOST);
        return NULL;
    }
    int code = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)(text.n ? text.p : ""), text.n, options(text, flags), &code, &offset, NULL);
    if (!compiled) {
        PCRE2_UCHAR message[256] = "not a pattern";
        pcre2_get_error_message(code, message, sizeof message);
        err_set(err, "at column %u: %s", column_of(text, offset), (const char *)message);
        return NULL;
    }
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);       /* where it cannot, the interpreter matches */
    struct pattern *p = NEW(struct pattern);
    p->text = (struct slice){slice_dup(text), text.n};
    p->code = compiled;
    p->match = pcre2_match_data_create(1, NULL);
    p->context = pcre2_match_context_create(NULL);
    p->stack = pcre2_jit_stack_create(STACK_LEAST, STACK_MOST, NULL);   /* NULL without JIT: not needed then */
    if (!p->match || !p->context) {
        err_set(err, "at column 1: out of memory");
        pattern_free(p);
        return NULL;
    }
    pcre2_set_match_limit(p->context, MATCH_LIMIT);
    pcre2_set_depth_limit(p->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(p->context, HEAP_LIMIT_KIB);
    if (p->stack)
        pcre2_jit_stack_assign(p->context, NULL, p->stack);
    return p;
}

void pattern_free(struct pattern *p)
{
    if (!p)
        return;
    pcre2_jit_stack_free(p->stack);
    pcre2_match_context_free(p->context);
    pcre2_match_data_free(p->match);
    pcre2_code_free(p->code);
    free((char *)p->text.p);
    free(p);
}

static bool matches(struct pattern *p, struct slice s, uint32_t at_edges)
{
    int how = pcre2_match(p->code, (PCRE2_SPTR)(s.n ? s.p : ""), s.n, 0, at_edges, p->match, p->context);
    p->limited += how < 0 && how != PCRE2_ERROR_NOMATCH;
    return how >= 0;
}

bool pattern_find_piece(struct pattern *p, struct slice piece, bool begins, bool ends)
{
    return matches(p, piece, (begins ? 0 : PCRE2_NOTBOL) | (ends ? 0 : PCRE2_NOTEOL));
}

bool pattern_find(struct pattern *p, struct slice s, size_t *from, size_t *to)
{
    if (!matches(p, s, 0))
        return false;
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(p->match);
    size_t begin = bounds[0], end = bounds[1];
    if (begin > end)
        begin = end;                                       /* \K inside a lookahead can turn them round */
    if (from)
        *from = begin;
    if (to)
        *to = end;
    return true;
}

uint64_t pattern_limited(const struct pattern *p)
{
    return p->limited;
}

struct slice pattern_text(const struct pattern *p)
{
    return p->text;
}
