/* A view against a plain recomputation: the same random appends, late lines, evictions and queries, many seeds. */
#include "core/base/mem.h"
#include "core/logs/log_match.h"
#include "core/logs/log_search.h"
#include "core/logs/log_view.h"
#include "tests/unit/test.h"

static const int64_t second = 1000000000;
static struct clock_virtual still;

struct random {
    uint64_t state;
};

static unsigned below(struct random *r, unsigned n)
{
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(r->state >> 33) % n;
}

/* What a query says, for both sides. */
struct wish {
    const char *in, *out;
    enum log_level least;
    int64_t since;
    bool hide, marks_filtered;
    unsigned context;
    const char *name;                /* of the selection */
};

static struct log_query *query_of(const struct wish *w)
{
    struct log_query *q = log_query_new();

    if (w->in)
        assert_true(log_query_pattern(q, slice_of(w->in), 0, false, NULL));
    if (w->out)
        assert_true(log_query_pattern(q, slice_of(w->out), 0, true, NULL));
    log_query_level(q, w->least);
    log_query_since(q, w->since);
    log_query_marks(q, w->marks_filtered);
    log_query_context(q, w->context);
    if (w->hide)
        log_query_stream(q, 1, false);
    if (w->name) {
        struct log_term term = {.ns = SLICE("ns"), .name = slice_of(w->name)};
        log_query_select(q, &term, 1);
    }
    return q;
}

static bool may_stand(const struct wish *w, const struct log_entry *e)
{
    return !(w->hide && e->stream == 1) && e->stamp_ns >= w->since && (e->type == LOG_LINE_TEXT || !w->marks_filtered);
}

static bool has(const struct log_entry *e, const char *text)
{
    return slice_find(e->text, slice_of(text)) >= 0;
}

/* The reconcileIDs of all lines that name the object, as "r<digits>" strings are short: kept as a set of numbers. */
static bool passes[1000];

static int pass_of(const struct log_entry *e)
{
    ptrdiff_t at = slice_find(e->text, SLICE("\"reconcileID\":\"r"));
    return at < 0 ? -1 : atoi(e->text.p + at + 16);
}

static bool names(const struct wish *w, const struct log_entry *e)
{
    char text[64];

    snprintf(text, sizeof text, "\"name\":\"%s\"", w->name);
    return has(e, text) && has(e, "\"namespace\":\"ns\"");
}

static void learn(const struct log_buffer *b, const struct wish *w)
{
    struct log_entry e;

    for (uint64_t i = log_buffer_first(b); w->name && log_buffer_get(b, i, &e); i++)
        if (names(w, &e) && may_stand(w, &e) && pass_of(&e) >= 0)
            passes[pass_of(&e)] = true;
}

static bool naive_wants(const struct log_buffer *b, const struct wish *w, const struct log_entry *head)
{
    struct log_entry e;
    unsigned level = head->level ? head->level : LEVEL_INFO;
    bool in = !w->in, out = false, selected = !w->name;

    if (!may_stand(w, head) || head->type != LOG_LINE_TEXT)
        return may_stand(w, head);
    for (uint64_t i = head->number; i <= head->number + (head->folded ? 0 : head->span) && log_buffer_get(b, i, &e); i++) {
        if (i != head->number && (head->folded || !e.folded || e.number - e.span != head->number))
            continue;
        level = e.level > level ? e.level : level;
        in |= w->in && has(&e, w->in);
        out |= w->out && has(&e, w->out);
        selected |= w->name && (names(w, &e) || (pass_of(&e) >= 0 && passes[pass_of(&e)]));
    }
    return in && !out && selected && level >= w->least;
}

/* 0: no row, 1: wanted, 2: context; by merged position. */
static unsigned char *naive(const struct log_buffer *b, const struct wish *w, uint64_t *n)
{
    struct log_entry e;
    unsigned char *all = calloc(1, log_buffer_end(b) - log_buffer_first(b) + 1), *text = calloc(1, log_buffer_end(b) - log_buffer_first(b) + 1);

    for (*n = 0; log_buffer_merged(b, *n, &e); ++*n) {
        bool unit = log_group_head(b, &e) == e.number;
        all[*n] = unit && naive_wants(b, w, &e);
        text[*n] = e.type == LOG_LINE_TEXT && all[*n];
    }
    for (uint64_t i = 0; i < *n; i++) {
        if (!text[i])
            continue;
        for (int side = -1; side <= 1; side += 2) {
            unsigned left = w->context;
            for (uint64_t k = i + (uint64_t)side; left && k < *n; k += (uint64_t)side) {
                log_buffer_merged(b, k, &e);
                if (log_group_head(b, &e) != e.number || !may_stand(w, &e))
                    continue;
                all[k] = all[k] ? all[k] : 2;
                left--;
            }
        }
    }
    free(text);
    return all;
}

static bool orphan(const struct log_buffer *b, const struct log_entry *e)
{
    return e->folded && e->number - e->span < log_buffer_first(b);
}

/* What eviction leaves open: a line whose group's beginning has gone, context of a line that has gone, lines of a pass known by a line
 * that has. */
static void compare(struct log_view *v, const struct log_buffer *b, const struct wish *w, bool evicted, unsigned seed)
{
    uint64_t n, row = 0;
    unsigned char *want = naive(b, w, &n);
    struct log_row got;
    struct log_entry e;

    for (uint64_t i = 0; i < n; i++) {
        log_buffer_merged(b, i, &e);
        bool is_row = log_view_at(v, row, &got) && got.line.number == e.number;
        if (is_row) {
            uint64_t found;
            assert_true(log_view_find(v, e.number, &found));
            assert_int_equal(found, row);
        }
        row += is_row;
        unsigned mine = is_row ? got.context ? 2 : 1 : 0;
        bool loose = evicted && (orphan(b, &e) || (mine == 2 && want[i] == 0) || (w->context && want[i] == 2 && mine == 0));
        if (mine != want[i] && !loose)
            fail_msg("seed %u: line %llu at %llu is %u instead of %u: %.*s", seed, (unsigned long long)e.number, (unsigned long long)i, mine, want[i],
                     (int)e.text.n, e.text.p);
    }
    if (row != log_view_count(v))
        fail_msg("seed %u: %llu rows, %llu of them lines in order", seed, (unsigned long long)log_view_count(v), (unsigned long long)row);
    free(want);
}

static void add_random(struct log_buffer *b, struct random *r, int64_t *now, unsigned *pass)
{
    char text[400];
    unsigned stream = below(r, 2), kind = below(r, 20);
    int64_t stamp = *now += below(r, 3) * second / 10;

    if (below(r, 6) == 0)
        stamp -= below(r, 40) * second / 10;               /* late */
    *pass += below(r, 4) == 0;
    if (kind == 0)
        snprintf(text, sizeof text, "gap");
    else if (kind < 4)
        snprintf(text, sizeof text, "Traceback (most recent call last):");
    else if (kind < 8)
        snprintf(text, sizeof text, "  File \"%s.py\"", below(r, 2) ? "apple" : "pear");
    else if (kind < 12)
        snprintf(text, sizeof text, "%s plain %s", below(r, 4) ? "INFO" : "ERROR", below(r, 3) ? "apple" : "pear");
    else
        snprintf(text, sizeof text, "{\"level\":\"%s\",\"msg\":\"%s\",\"namespace\":\"%s\",\"name\":\"%s\",\"reconcileID\":\"r%u\"}", below(r, 3) ? "debug" : "error",
                 below(r, 2) ? "apple" : "plum", below(r, 2) ? "ns" : "other", below(r, 8) ? "stranger" : "mine", (*pass + 999 - below(r, 3)) % 1000);
    log_buffer_add(b, stream, kind ? LOG_LINE_TEXT : LOG_LINE_GAP, stamp, slice_of(text));
}

static struct wish random_wish(struct random *r, int64_t now)
{
    struct wish w = {.since = INT64_MIN};

    if (below(r, 2))
        w.in = below(r, 2) ? "apple" : "pear";
    if (below(r, 4) == 0)
        w.out = below(r, 2) ? "plum" : "pear";
    if (below(r, 4) == 0)
        w.least = LEVEL_ERROR;
    if (below(r, 5) == 0)
        w.since = now - below(r, 100) * second;
    w.hide = below(r, 5) == 0;
    w.marks_filtered = below(r, 4) == 0;
    if (below(r, 2))
        w.context = below(r, 5);
    if (below(r, 3) == 0)
        w.name = "mine";
    return w;
}

/* Small slices: the clock stands still, so each step looks at a few lines only. */
static void steps(struct log_view *v, unsigned n)
{
    while (n-- && log_view_step(v, &still.clock, 0))
        ;
}

static void one_life(unsigned seed, bool evicting)
{
    struct random r = {seed};
    struct log_buffer *b = log_buffer_new(evicting ? 0 : 64 << 20);
    struct log_view *v = log_view_new(b);
    struct wish wish = {.since = INT64_MIN};
    int64_t now = 1000 * second;
    unsigned pass = 0;

    log_buffer_stream(b, "a");
    log_buffer_stream(b, "b");
    memset(passes, 0, sizeof passes);
    for (unsigned turn = 0; turn < (evicting ? 60u : 40u); turn++) {
        for (unsigned i = below(&r, evicting ? 900 : 40); i; i--)
            add_random(b, &r, &now, &pass);
        if (below(&r, 8) == 0) {
            wish = random_wish(&r, now);
            if (evicting)
                wish.name = NULL;
            memset(passes, 0, sizeof passes);
            log_view_query(v, query_of(&wish));
        }
        learn(b, &wish);
        steps(v, below(&r, 6));
        if (below(&r, 4) == 0) {
            steps(v, UINT32_MAX);
            assert_true(log_view_done(v));
            assert_int_equal(log_view_progress(v), 1000);
            compare(v, b, &wish, log_buffer_first(b) > 0, seed);
        }
    }
    log_view_free(v);
    log_buffer_free(b);
}

static void as_computed_plainly(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 300; seed++)
        one_life(seed, false);
}

static void with_eviction(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 6; seed++)
        one_life(seed, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_computed_plainly), cmocka_unit_test(with_eviction)};

    clock_virtual_init(&still, 0);
    return TESTS_MAIN(tests);
}
