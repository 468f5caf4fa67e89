/* What is wanted. Invariant: names holds each term's name once; passes are hashes of reconcileIDs and only grow (until the terms change).
 * */
#include "core/logs/log_query.h"

#include "core/base/mem.h"
#include "core/logs/log_inside.h"
#include "core/logs/log_match.h"

#include <stdlib.h>

struct query_pattern {
    struct pattern *pattern;
    unsigned flags;
    bool out;
};

struct log_query {
    struct query_pattern patterns[LOG_PATTERNS_MOST];
    size_t n_patterns;
    uint64_t limited;                /* of patterns that were dropped */
    enum log_level least;
    int64_t since_ns;
    unsigned context;
    bool marks_filtered, selects;
    unsigned char hidden[LOG_STREAMS_MOST / 8], own[LOG_STREAMS_MOST / 8];
    struct log_term *terms;          /* their slices are its own */
    struct slice *names;             /* of terms, each once */
    size_t n_terms, n_names;
    uint64_t *passes;                /* open addressing; 0 is free */
    size_t n_passes, cap_passes;
};

struct log_query *log_query_new(void)
{
    struct log_query *q = NEW(struct log_query);

    q->since_ns = INT64_MIN;
    return q;
}

static void terms_free(struct log_query *q)
{
    for (size_t i = 0; i < q->n_terms; i++) {
        free((char *)q->terms[i].kind.p);
        free((char *)q->terms[i].ns.p);
        free((char *)q->terms[i].name.p);
    }
    free(q->terms);
    free(q->names);
    free(q->passes);
    q->terms = NULL;
    q->names = NULL;
    q->passes = NULL;
    q->n_terms = q->n_names = q->n_passes = q->cap_passes = 0;
}

void log_query_free(struct log_query *q)
{
    if (!q)
        return;
    for (size_t i = 0; i < q->n_patterns; i++)
        pattern_free(q->patterns[i].pattern);
    terms_free(q);
    free(q);
}

struct log_query *log_query_copy(const struct log_query *q)
{
    struct log_query *copy = NEW(struct log_query);

    *copy = *q;
    copy->n_patterns = copy->n_terms = copy->n_names = copy->n_passes = copy->cap_passes = 0;
    copy->terms = NULL;
    copy->names = NULL;
    copy->passes = NULL;
    for (size_t i = 0; i < q->n_patterns; i++)
        log_query_pattern(copy, pattern_text(q->patterns[i].pattern), q->patterns[i].flags, q->patterns[i].out, NULL);
    log_query_select(copy, q->terms, q->n_terms);
    memcpy(copy->own, q->own, sizeof copy->own);
    copy->selects = q->selects;
    return copy;
}

/* Patterns */

bool log_query_pattern(struct log_query *q, struct slice text, unsigned flags, bool out, struct err *err)
{
    if (q->n_patterns == LOG_PATTERNS_MOST) {
        err_set(err, "at most %d patterns at once", LOG_PATTERNS_MOST);
        return false;
    }
    struct pattern *pattern = pattern_new(text, flags, err);
    if (!pattern)
        return false;
    q->patterns[q->n_patterns++] = (struct query_pattern){pattern, flags, out};
    return true;
}

size_t log_query_patterns(const struct log_query *q)
{
    return q->n_patterns;
}

struct pattern *log_query_pattern_at(const struct log_query *q, size_t i, bool *out)
{
    if (i >= q->n_patterns)
        return NULL;
    if (out)
        *out = q->patterns[i].out;
    return q->patterns[i].pattern;
}

void log_query_pattern_drop(struct log_query *q, size_t i)
{
    if (i >= q->n_patterns)
        return;
    q->limited += pattern_limited(q->patterns[i].pattern);
    pattern_free(q->patterns[i].pattern);
    memmove(q->patterns + i, q->patterns + i + 1, (--q->n_patterns - i) * sizeof *q->patterns);
}

uint64_t log_query_limited(const struct log_query *q)
{
    uint64_t sum = q->limited;

    for (size_t i = 0; i < q->n_patterns; i++)
        sum += pattern_limited(q->patterns[i].pattern);
    return sum;
}

/* The rest that can be set */

void log_query_level(struct log_query *q, enum log_level least)
{
    q->least = least;
}

enum log_level log_query_level_get(const struct log_query *q)
{
    return q->least;
}

void log_query_since(struct log_query *q, int64_t stamp_ns)
{
    q->since_ns = stamp_ns;
}

static bool bit_get(const unsigned char *bits, unsigned i)
{
    return i < LOG_STREAMS_MOST && bits[i / 8] >> i % 8 & 1;
}

void log_query_stream(struct log_query *q, unsigned stream, bool shown)
{
    if (stream >= LOG_STREAMS_MOST)
        return;
    q->hidden[stream / 8] &= (unsigned char)~(1u << stream % 8);
    if (!shown)
        q->hidden[stream / 8] |= (unsigned char)(1u << stream % 8);
}

bool log_query_stream_shown(const struct log_query *q, unsigned stream)
{
    return !bit_get(q->hidden, stream);
}

void log_query_marks(struct log_query *q, bool filtered)
{
    q->marks_filtered = filtered;
}

void log_query_context(struct log_query *q, unsigned lines)
{
    q->context = lines < LOG_CONTEXT_MOST ? lines : LOG_CONTEXT_MOST;
}

unsigned log_query_context_get(const struct log_query *q)
{
    return q->context;
}

static struct slice copy_of(struct slice s)
{
    return (struct slice){slice_dup(s), s.n};
}

void log_query_select(struct log_query *q, const struct log_term *terms, size_t n)
{
    terms_free(q);
    memset(q->own, 0, sizeof q->own);
    q->selects = n > 0;
    if (!n)
        return;
    q->terms = mem_array(n, sizeof *q->terms);
    q->names = mem_array(n, sizeof *q->names);
    for (; q->n_terms < n; q->n_terms++) {
        const struct log_term *t = &terms[q->n_terms];
        struct log_term *mine = &q->terms[q->n_terms];
        *mine = (struct log_term){copy_of(t->kind), copy_of(t->ns), copy_of(t->name)};
        size_t i = 0;
        while (i < q->n_names && !slice_eq(q->names[i], mine->name))
            i++;
        if (i == q->n_names && mine->name.n)
            q->names[q->n_names++] = mine->name;
    }
}

void log_query_select_stream(struct log_query *q, unsigned stream)
{
    if (stream >= LOG_STREAMS_MOST)
        return;
    q->own[stream / 8] |= (unsigned char)(1u << stream % 8);
    q->selects = true;
}

bool log_query_selects(const struct log_query *q)
{
    return q->selects;
}

/* Of the selection */

static uint64_t *pass_slot(const struct log_query *q, uint64_t hash)
{
    size_t i = (size_t)hash & (q->cap_passes - 1);

    while (q->passes[i] && q->passes[i] != hash)
        i = (i + 1) & (q->cap_passes - 1);
    return &q->passes[i];
}

/* False where it was known. */
static bool pass_add(struct log_query *q, struct slice id)
{
    uint64_t hash = slice_hash(id) | 1;

    if (2 * (q->n_passes + 1) > q->cap_passes) {
        uint64_t *old = q->passes;
        size_t n = q->cap_passes;
        q->cap_passes = n ? n * 2 : 64;
        q->passes = mem_array(q->cap_passes, sizeof *q->passes);
        for (size_t i = 0; i < n; i++)
            if (old[i])
                *pass_slot(q, old[i]) = old[i];
        free(old);
    }
    uint64_t *slot = pass_slot(q, hash);
    if (*slot)
        return false;
    *slot = hash;
    q->n_passes++;
    return true;
}

size_t log_query_passes(const struct log_query *q)
{
    return q->n_passes;
}

/* The reconcileID of a JSON line, without reading the rest. */
static struct slice pass_of(struct slice text)
{
    ptrdiff_t at = text.n && (text.p[0] == '{' || text.p[0] == '2') ? slice_find(text, SLICE("\"reconcileID\":")) : -1;
    struct slice id = {"", 0};

    if (at < 0)
        return id;
    id = slice_bare(slice_from(text, (size_t)at + 14));
    if (!id.n || id.p[0] != '"')
        return (struct slice){"", 0};
    id = slice_from(id, 1);
    const char *end = id.n ? memchr(id.p, '"', id.n) : NULL;
    return end ? (struct slice){id.p, (size_t)(end - id.p)} : (struct slice){"", 0};
}

bool log_query_in_pass(const struct log_query *q, struct slice text)
{
    struct slice id = q->n_passes ? pass_of(text) : (struct slice){"", 0};

    return id.n && *pass_slot(q, slice_hash(id) | 1) != 0;
}

static bool is_name_byte(char c)
{
    return is_letter(c) || is_digit(c) || c == '-' || c == '.';
}

/* Whether a name stands in text as a word. A dot after it may begin a host's rest (NAME.NS.svc) or end a sentence. */
static bool has_word(struct slice text, struct slice name)
{
    for (size_t from = 0; from < text.n;) {
        ptrdiff_t at = slice_find(slice_from(text, from), name);
        if (at < 0)
            return false;
        size_t begin = from + (size_t)at, end = begin + name.n;
        if ((begin == 0 || !is_name_byte(text.p[begin - 1])) && (end == text.n || text.p[end] == '.' || !is_name_byte(text.p[end])))
            return true;
        from = begin + 1;
    }
    return false;
}

static bool term_is(const struct log_term *t, const struct log_object *o)
{
    return slice_eq(t->name, o->name) && (!t->kind.n || !o->kind.n || slice_eq(t->kind, o->kind)) &&
           (!t->ns.n || !o->ns.n || slice_eq(t->ns, o->ns));
}

/* By an object that the line names; or, where it gives no object of that name, by the name as a word and a namespace that does not speak
 * against it. */
static bool term_in(const struct log_term *t, const struct log_fields *f, struct slice text)
{
    bool same_ns = !t->ns.n || f->n == 0;

    for (size_t i = 0; i < f->n; i++)
        if (term_is(t, &f->objects[i]))
            return true;
    for (size_t i = 0; i < f->n; i++) {
        if (slice_eq(f->objects[i].name, t->name))
            return false;
        same_ns |= !f->objects[i].ns.n || slice_eq(f->objects[i].ns, t->ns);
    }
    return same_ns && has_word(slice_upto(text, 16384), t->name);
}

/* Whether a line is of the selection. *learned is set where it tells of a reconcile pass that was not known. */
static bool selects(struct log_query *q, const struct log_entry *e, bool *learned)
{
    bool named = false;
    struct log_fields fields;

    if (bit_get(q->own, e->stream))
        return true;
    for (size_t i = 0; i < q->n_names && !named; i++)
        named = slice_find(e->text, q->names[i]) >= 0;
    if (!named)
        return log_query_in_pass(q, e->text);
    log_line_fields(e->text, &fields);
    named = false;
    for (size_t i = 0; i < q->n_terms && !named; i++)
        named = q->terms[i].name.n && term_in(&q->terms[i], &fields, e->text);
    if (named && fields.reconcile_id.n && pass_add(q, fields.reconcile_id))
        *learned = true;
    return named || log_query_in_pass(q, e->text);
}

/* Lines and groups */

void log_work_spend(struct log_work *w, size_t bytes)
{
    enum { READ_CLOCK_EVERY = 4096, OF_A_LINE = 64 };

    w->spent += bytes + OF_A_LINE;
    if (w->spent < READ_CLOCK_EVERY)
        return;
    w->spent = 0;
    w->over |= w->clock && w->clock->mono(w->clock) >= w->until_mono_ms;
}

/* A long line is searched in pieces, small ones: patterns there are whose cost grows with the square of the text. */
enum log_verdict log_match_text(struct pattern *pattern, struct slice text, size_t *offset, struct log_work *w)
{
    enum { WHOLE = 4096, PIECE = 2048, STEP = 1024, LIMITED_COSTS = 1 << 20 };

    for (;;) {
        struct slice piece = text.n <= WHOLE ? text : slice_upto(slice_from(text, *offset), PIECE);
        uint64_t limited = pattern_limited(pattern);
        bool last = *offset + piece.n >= text.n, found = pattern_find_piece(pattern, piece, *offset == 0, last);
        log_work_spend(w, pattern_limited(pattern) != limited ? LIMITED_COSTS : piece.n);
        *offset = found || last ? 0 : *offset + STEP;
        if (found || last)
            return found ? LOG_WANTED : LOG_UNWANTED;
        if (w->over)
            return LOG_MORE;
    }
}

uint64_t log_group_head(const struct log_buffer *b, const struct log_entry *e)
{
    return e->folded && e->number - e->span >= log_buffer_first(b) ? e->number - e->span : e->number;
}

bool log_group_next(const struct log_buffer *b, uint64_t head, uint64_t *number, struct log_entry *out)
{
    struct log_entry first;

    if (!log_buffer_get(b, head, &first) || first.folded)
        return false;
    while (*number < head + first.span) {
        ++*number;
        if (log_buffer_get(b, *number, out) && out->folded && out->number - out->span == head)
            return true;
    }
    return false;
}

bool log_query_near(const struct log_query *q, const struct log_entry *e)
{
    return !bit_get(q->hidden, e->stream) && e->stamp_ns >= q->since_ns && (e->type == LOG_LINE_TEXT || !q->marks_filtered);
}

/* The level, and the selection: what is asked of the lines of a group one by one, in one go. */
static bool plain_parts(struct log_query *q, const struct log_buffer *b, const struct log_entry *head, bool *learned)
{
    struct log_entry e = *head;
    unsigned level = head->level == LEVEL_NONE ? LEVEL_INFO : head->level;
    bool selected = !q->selects || selects(q, head, learned);

    if (level >= q->least && selected)
        return true;
    for (uint64_t number = head->number; b && head->span && log_group_next(b, head->number, &number, &e);) {
        level = e.level > level ? e.level : level;
        selected = selected || selects(q, &e, learned);
        if (level >= q->least && selected)
            return true;
    }
    return false;
}

/* Whether one pattern occurs in one of the group's lines, from the probe's place on. */
static enum log_verdict group_has(struct pattern *p, const struct log_buffer *b, const struct log_entry *head, struct log_probe *probe,
                                  struct log_work *w)
{
    struct log_entry e = *head;

    if (probe->line != head->number && !log_buffer_get(b, probe->line, &e))
        return LOG_UNWANTED;
    for (;;) {
        enum log_verdict verdict = log_match_text(p, e.text, &probe->offset, w);
        if (verdict != LOG_UNWANTED)
            return verdict;
        if (!b || !head->span || !log_group_next(b, head->number, &probe->line, &e))
            return LOG_UNWANTED;
        if (w->over)
            return LOG_MORE;
    }
}

enum log_verdict log_query_group(struct log_query *q, const struct log_buffer *b, const struct log_entry *head, struct log_probe *probe,
                                 struct log_work *w)
{
    if (!probe->on || probe->head != head->number) {
        *probe = (struct log_probe){.head = head->number, .line = head->number};
        log_work_spend(w, 0);
        if (!log_query_near(q, head))
            return LOG_UNWANTED;
        if (head->type != LOG_LINE_TEXT)
            return LOG_WANTED;
        if (!plain_parts(q, b, head, &probe->learned))
            return LOG_UNWANTED;
        probe->on = true;
    }
    for (; probe->pattern < q->n_patterns; probe->pattern++) {
        const struct query_pattern *p = &q->patterns[probe->pattern];
        enum log_verdict has = group_has(p->pattern, b, head, probe, w);
        if (has == LOG_MORE)
            return LOG_MORE;
        if ((has == LOG_WANTED) == p->out) {
            probe->on = false;
            return LOG_UNWANTED;
        }
        probe->line = head->number;
        probe->offset = 0;
    }
    probe->on = false;
    return LOG_WANTED;
}

bool log_query_wants(struct log_query *q, const struct log_entry *e)
{
    struct log_probe probe = {.on = false};
    struct log_work work = {.clock = NULL};

    return log_query_group(q, NULL, e, &probe, &work) == LOG_WANTED;   /* no buffer: the line alone */
}
