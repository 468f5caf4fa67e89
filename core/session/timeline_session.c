/* A chain's timeline with the error lines that the controller and the router wrote about it. For commands: all lines are gone through at once. */
#include "core/base/mem.h"
#include "core/logs/log_text.h"
#include "core/logs/log_view.h"
#include "core/session/session_internal.h"
#include "core/session/session_logs.h"

#include <stdlib.h>

enum { LINES_MOST = 200, TEXT_MOST = 400, CHAIN = 3 };

bool session_selection_read(const struct session *s)
{
    if (s->selected_kind == KIND_NONE || s->select_at_ms != INT64_MAX)
        return false;
    for (enum source_id id = 0; id < SOURCE_COUNT; id++)
        if (source_rows[id].start == START_SELECTED && s->sources[id].reflector && !source_synced(s, id))
            return false;
    return true;
}

static struct log_view *errors_about(const struct session *s, const struct object *const chain[CHAIN])
{
    struct log_term terms[CHAIN];
    struct log_query *query = log_query_new();
    struct log_view *view = log_view_new(session_log_buffer(s, LOGS_SYSTEM));
    size_t n = 0;
    for (size_t i = 0; i < CHAIN; i++)
        if (chain[i])
            terms[n++] = (struct log_term){.ns = slice_of(chain[i]->ns), .name = slice_of(chain[i]->name)};
    log_query_select(query, terms, n);
    log_query_level(query, LEVEL_ERROR);
    log_query_marks(query, true);
    log_view_query(view, query);
    while (log_view_step(view, s->clock, INT64_MAX))
        ;
    return view;
}

/* Which link of the chain a line speaks of: the one it names first; else the chain's first. */
static const struct object *speaks_of(struct slice line, const struct object *const chain[CHAIN])
{
    struct log_fields fields;
    log_line_fields(line, &fields);
    for (size_t f = 0; f < fields.n; f++)
        for (size_t i = 0; i < CHAIN; i++)
            if (chain[i] && slice_is(fields.objects[f].name, chain[i]->name) && kind_by_name(fields.objects[f].kind) == chain[i]->kind)
                return chain[i];
    return chain[0];
}

void session_timeline(const struct session *s, const struct object *o, struct timeline *out)
{
    const struct object *claim = chain_claim(o), *chain[CHAIN] = {claim && claim->present ? claim : o, chain_sandbox(o), chain_pod(o)};
    struct log_view *view = errors_about(s, chain);
    struct timeline_extra *extra = mem_array(LINES_MOST, sizeof *extra);
    struct log_text *texts = mem_array(LINES_MOST, sizeof *texts);
    uint64_t count = log_view_count(view), from = count > LINES_MOST ? count - LINES_MOST : 0;
    size_t n = 0;
    for (uint64_t i = from; i < count; i++) {
        struct log_row row;
        if (!log_view_at(view, i, &row) || row.line.time_ms <= 0)
            continue;
        const struct object *about = speaks_of(row.line.text, chain);
        log_text_line(&row.line, LOG_TEXT_MESSAGE, TEXT_MOST, &texts[n]);
        extra[n] = (struct timeline_extra){
            .time_ms = row.line.time_ms, .kind = about->kind, .ns = about->ns, .name = about->name, .text = texts[n].text.p ? texts[n].text.p : "",
            .source = log_buffer_label(session_log_buffer(s, LOGS_SYSTEM), row.line.stream), .error = true,
        };
        n++;
    }
    timeline_make(s->store, o, extra, n, session_now(s), out);
    for (size_t i = 0; i < LINES_MOST; i++)
        log_text_free(&texts[i]);
    free(texts);
    free(extra);
    log_view_free(view);
}
