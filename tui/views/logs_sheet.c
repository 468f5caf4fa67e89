/* What the pane keeps of one log pane, and the work at it in slices: see logs.h. */
#include "core/base/mem.h"
#include "tui/views/logs.h"
#include <stdio.h>
#include <stdlib.h>

enum { BUCKET_MS = 10000, BUCKETS = 6 /* of a minute: the last minute ends now, not where the clock's does */ };

static void forget_buffer(struct logs *l, struct sheet *s)
{
    if (s->buffer)
        logs_save_stop(l, s->buffer);
    log_view_free(s->view);
    log_rate_free(s->rate);
    s->view = NULL;
    s->rate = NULL;
    s->buffer = NULL;
    s->paused = s->settle = s->seeking = false;
    s->hunt = HUNT_NOTHING;
    s->n_marks = 0;
    l->n_shown = 0;
    s->cursor = s->top = s->seen_end = s->seen_generation = 0;
    s->skip = 0;
}

void sheet_sync(struct logs *l, struct sheet *s, const struct model *m)
{
    const struct model_logs *now = &m->logs[s->id];

    if (s->buffer && s->session == m->epoch && s->epoch == now->epoch)
        return;
    forget_buffer(l, s);
    if (!now->buffer)
        return;
    s->session = m->epoch;
    s->epoch = now->epoch;
    s->buffer = now->buffer;
    s->view = log_view_new(now->buffer);
    s->rate = log_rate_new(now->buffer, BUCKET_MS, BUCKETS * LOGS_MINUTES);
    sheet_query(l, s, m);
}

void sheet_errors(const struct sheet *s, unsigned stream, uint32_t minutes[LOGS_MINUTES])
{
    const uint32_t *errors = log_rate_errors(s->rate, stream);

    for (int i = 0; i < LOGS_MINUTES; i++) {
        minutes[i] = 0;
        for (int k = 0; k < BUCKETS; k++)
            minutes[i] += errors[i * BUCKETS + k];
    }
}

void sheet_free(struct sheet *s)
{
    for (size_t i = 0; i < s->n_filters; i++)
        free(s->filters[i].text);
    log_view_free(s->view);
    log_rate_free(s->rate);
}

/* --- narrowing ----------------------------------------------------------------------------------------------------------------- */

static void add_term(struct log_term *terms, size_t *n, const char *kind, const struct object *o)
{
    if (o && *n < LOGS_TERMS)
        terms[(*n)++] = (struct log_term){.kind = slice_of(kind), .ns = slice_of(o->ns), .name = slice_of(o->name)};
}

/* What speaks of the selection: its claim, its sandbox and its pod by name; of a pool, a template or a node itself. */
static void select_terms(struct log_query *query, struct sheet *s, const struct model *m)
{
    struct log_term terms[LOGS_TERMS];
    size_t n = 0;
    const struct object *o = m->selected;

    ref_set(&s->about_ref, o);
    if (!o)
        return;
    switch (o->kind) {
    case KIND_CLAIM: case KIND_SANDBOX: case KIND_POD:
        add_term(terms, &n, "SandboxClaim", chain_claim(o));
        add_term(terms, &n, "Sandbox", chain_sandbox(o));
        add_term(terms, &n, "Pod", chain_pod(o));
        if (!n)
            add_term(terms, &n, kind_info(o->kind)->name, o);
        break;
    default: add_term(terms, &n, kind_info(o->kind)->name, o);
    }
    log_query_select(query, terms, n);
}

void sheet_query(struct logs *l, struct sheet *s, const struct model *m)
{
    struct log_query *query = log_query_new();
    struct err err = {0};

    log_query_level(query, s->level);
    log_query_context(query, s->context);
    for (size_t i = 0; i < s->n_filters; i++)
        log_query_pattern(query, slice_of(s->filters[i].text), PATTERN_SMARTCASE, s->filters[i].out, &err);
    if (l->typing && *l->typing && s == logs_sheet(l))
        log_query_pattern(query, slice_of(l->typing), PATTERN_SMARTCASE, l->typing_out, &err);
    err_clear(&err);                 /* they were good when they were taken */
    if (s->about)
        select_terms(query, s, m);
    if (s->view)
        log_view_query(s->view, query);
    else
        log_query_free(query);
    l->shown_ms = INT64_MIN / 2;     /* the first slice has the newest lines: they are shown at once */
}

bool sheet_narrowed(const struct sheet *s)
{
    return s->n_steps > 0;
}

void sheet_narrow(struct sheet *s, enum logs_narrow step)
{
    if (step != NARROW_PATTERN)
        sheet_widen(s, step);
    if (s->n_steps < LOGS_STEPS)
        s->steps[s->n_steps++] = (uint8_t)step;
}

void sheet_widen(struct sheet *s, enum logs_narrow step)
{
    for (size_t i = s->n_steps; i-- > 0;)
        if (s->steps[i] == step) {
            memmove(s->steps + i, s->steps + i + 1, s->n_steps - i - 1);
            s->n_steps--;
            return;
        }
}

bool sheet_add(struct logs *l, struct sheet *s, const struct model *m, const char *text, bool out, struct err *err)
{
    struct pattern *pattern = pattern_new(slice_of(text), PATTERN_SMARTCASE, err);

    if (!pattern)
        return false;
    pattern_free(pattern);
    if (s->n_filters == LOG_PATTERNS_MOST)
        return err_set(err, "%d filters are in use: D takes one away", LOG_PATTERNS_MOST);
    s->filters[s->n_filters++] = (struct logs_filter){mem_text(text), out};
    sheet_narrow(s, NARROW_PATTERN);
    sheet_query(l, s, m);
    return true;
}

void sheet_drop(struct logs *l, struct sheet *s, const struct model *m, size_t at)
{
    if (at >= s->n_filters)
        return;
    free(s->filters[at].text);
    memmove(s->filters + at, s->filters + at + 1, (s->n_filters - at - 1) * sizeof *s->filters);
    s->n_filters--;
    sheet_widen(s, NARROW_PATTERN);
    sheet_query(l, s, m);
}

bool sheet_undo(struct logs *l, struct sheet *s, const struct model *m)
{
    if (!s->n_steps)
        return false;
    switch ((enum logs_narrow)s->steps[s->n_steps - 1]) {
    case NARROW_PATTERN: sheet_drop(l, s, m, s->n_filters - 1); return true;
    case NARROW_LEVEL: s->level = LEVEL_NONE; break;
    case NARROW_CONTEXT: s->context = 0; break;
    case NARROW_ABOUT: s->about = false; break;
    }
    s->n_steps--;
    sheet_query(l, s, m);
    return true;
}

/* --- where one reads ----------------------------------------------------------------------------------------------------------- */

bool sheet_row(struct sheet *s, uint64_t *row, struct log_row *out)
{
    uint64_t count = s->view ? log_view_count(s->view) : 0;

    if (!count)
        return false;
    *row = count - 1;
    if (s->paused)
        log_view_find(s->view, s->cursor, row);
    return log_view_at(s->view, *row, out);
}

void sheet_stand(struct sheet *s, uint64_t number)
{
    if (!s->paused)
        s->top = number;
    s->paused = s->settle = true;
    s->cursor = number;
    s->seeking = false;
}

void sheet_pause(struct sheet *s, const struct logs *l)
{
    uint64_t row;
    struct log_row newest;

    if (s->paused)
        return;
    if (!l->n_shown) {               /* nothing is on the screen yet */
        s->paused = sheet_row(s, &row, &newest);
        if (s->paused)
            s->cursor = s->top = newest.line.number;
        return;
    }
    const struct logs_shown *first = &l->shown[0], *last = &l->shown[l->n_shown - 1];
    s->paused = true;
    s->top = first->number;
    s->skip = first->y < 0 ? -first->y : 0;
    s->cursor = last->number;
}

void sheet_hunt(struct logs *l, struct sheet *s, enum logs_hunt hunt, int direction, uint64_t from)
{
    s->hunt = hunt;
    s->whole = from == UINT64_MAX;
    s->wrapped = false;
    if (hunt == HUNT_MATCH)
        log_search_pattern(&s->search, l->find, direction, from);
    else if (hunt == HUNT_ERROR)
        log_search_level(&s->search, LEVEL_ERROR, direction, from);
}

void sheet_seek(struct sheet *s, int64_t stamp_ns)
{
    s->seeking = true;
    s->seek_ns = stamp_ns;
}

/* --- work in slices ------------------------------------------------------------------------------------------------------------ */

static void found(struct logs *l, struct sheet *s, uint64_t number)
{
    struct log_row row;
    uint64_t at;
    bool group = log_view_find(s->view, number, &at) && log_view_at(s->view, at, &row) && row.line.span && !row.line.folded && !row.open;

    if (s->wrapped && !s->quiet)
        logs_say(l, s->search.direction > 0 ? "around the end: from the oldest line on" : "around the end: from the newest line back");
    if (group && s->hunt == HUNT_MATCH && !pattern_find(l->find, row.line.text, NULL, NULL)) {
        log_view_open(s->view, number, true); /* the match is within: its first line that has it */
        log_search_pattern(&s->search, l->find, 1, number);
        return;
    }
    s->hunt = HUNT_NOTHING;
    sheet_stand(s, number);
}

static void work_hunt(struct logs *l, struct sheet *s, const struct model *m, int64_t until)
{
    uint64_t number;

    if (s->hunt == HUNT_NOTHING)
        return;
    enum log_search_result result = log_search_step(&s->search, s->view, m->clock, until, &number);
    if (result == LOG_SEARCH_MORE)
        return;
    if (result == LOG_SEARCH_FOUND) {
        found(l, s, number);
        return;
    }
    if (!s->whole) {
        sheet_hunt(l, s, s->hunt, s->search.direction, UINT64_MAX);
        s->wrapped = true;
        work_hunt(l, s, m, until);
        return;
    }
    if (!s->quiet)
        logs_say(l, s->hunt == HUNT_ERROR ? "no error among the lines shown" : "nothing shown matches /%s", l->find_text);
    s->hunt = HUNT_NOTHING;
}

static void work_seek(struct sheet *s)
{
    struct log_row row;

    if (!s->seeking || !log_view_count(s->view))
        return;
    bool far_enough = log_view_done(s->view) || (log_view_at(s->view, 0, &row) && row.line.stamp_ns < s->seek_ns);
    if (!far_enough)
        return;
    s->seeking = false;
    uint64_t at = log_view_at_time(s->view, s->seek_ns), count = log_view_count(s->view);
    if (log_view_at(s->view, at < count ? at : count - 1, &row))
        sheet_stand(s, row.line.number);
}

void sheet_work(struct logs *l, struct sheet *s, const struct model *m, int64_t until)
{
    if (!s->view)
        return;
    if (s->about && !ref_is(&s->about_ref, m->selected))
        sheet_query(l, s, m);
    log_rate_update(s->rate, m->now_ms);
    log_view_step(s->view, m->clock, until);
    work_hunt(l, s, m, until);
    work_seek(s);
}

bool sheet_busy(const struct logs *l, const struct sheet *s)
{
    (void)l;
    return s->view && (!log_view_done(s->view) || s->hunt != HUNT_NOTHING);
}
