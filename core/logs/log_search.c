/* Invariant: `at` is the last row that was looked at whole, or, while inside, the one being looked at; so a search can be taken up again
 * whatever rows have come and gone. */
#include "core/logs/log_search.h"

#include "core/logs/log_view_inside.h"

void log_search_pattern(struct log_search *s, struct pattern *pattern, int direction, uint64_t from)
{
    *s = (struct log_search){.pattern = pattern, .direction = direction < 0 ? -1 : 1, .at = from};
}

void log_search_level(struct log_search *s, enum log_level least, int direction, uint64_t from)
{
    *s = (struct log_search){.level = least, .direction = direction < 0 ? -1 : 1, .at = from};
}

/* The lines that stand behind a row: a closed group's are all its own. */
static bool next_line(const struct log_view *v, const struct log_entry *row, uint64_t *number, struct log_entry *out)
{
    return row->span && !row->folded && !log_view_is_open(v, row->number) && log_group_next(v->buffer, row->number, number, out);
}

static enum log_verdict look_at(struct log_search *s, const struct log_view *v, const struct log_entry *row, struct log_work *work)
{
    struct log_entry e = *row;

    if (!s->inside) {
        s->line = row->number;
        s->offset = 0;
        s->inside = true;
    } else if (s->line != row->number && !log_buffer_get(v->buffer, s->line, &e)) {
        e = *row;
    }
    do {
        enum log_verdict verdict;
        if (s->pattern) {
            verdict = log_match_text(s->pattern, e.text, &s->offset, work);
        } else {
            log_work_spend(work, 0);
            verdict = e.type == LOG_LINE_TEXT && !row->folded && e.level >= s->level ? LOG_WANTED : LOG_UNWANTED;
        }
        if (verdict != LOG_UNWANTED)
            return verdict;
    } while (next_line(v, row, &s->line, &e));
    return LOG_UNWANTED;
}

/* The row to look at next. False: there is none. */
static bool next_row(const struct log_search *s, const struct log_view *v, struct order_place *p)
{
    const struct log_order *rows = &v->rows;

    if (s->at != UINT64_MAX && s->at < log_buffer_first(v->buffer)) {
        *p = (struct order_place){0, 0};               /* all that is left is newer */
        return s->direction > 0 && !order_is_end(rows, *p);
    }
    if (s->at >= log_buffer_end(v->buffer))
        *p = (struct order_place){s->direction > 0 ? 0 : rows->n, 0};
    else
        *p = log_view_place(v, s->at);
    bool there = s->at < log_buffer_end(v->buffer) && order_holds(rows, *p, s->at);
    if (there && s->inside)
        return true;
    if (s->direction < 0)
        return order_back(rows, p);
    if (there)
        *p = order_next(rows, *p);
    return !order_is_end(rows, *p);
}

enum log_search_result log_search_step(struct log_search *s, struct log_view *v, const struct clock *clock, int64_t until_mono_ms,
                                       uint64_t *number)
{
    struct log_work work = {.clock = clock, .until_mono_ms = until_mono_ms};
    struct order_place p;

    log_view_sync(v);
    bool there = next_row(s, v, &p);
    while (there) {
        struct log_entry row;
        uint64_t at = order_number(&v->rows, p);
        if (at != s->at)
            s->inside = false;
        s->at = at;
        log_buffer_get(v->buffer, at, &row);
        enum log_verdict verdict = look_at(s, v, &row, &work);
        if (verdict == LOG_MORE)
            return LOG_SEARCH_MORE;
        s->inside = false;
        if (verdict == LOG_WANTED) {
            *number = at;
            return LOG_SEARCH_FOUND;
        }
        if (work.over)
            return LOG_SEARCH_MORE;
        if (s->direction < 0) {
            there = order_back(&v->rows, &p);
        } else {
            p = order_next(&v->rows, p);
            there = !order_is_end(&v->rows, p);
        }
    }
    return s->direction < 0 && !log_view_done(v) ? LOG_SEARCH_MORE : LOG_SEARCH_NONE;
}
