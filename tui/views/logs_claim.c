/* From a line back to the cluster: the claim it speaks of, through the store's links. */
#include "tui/views/logs.h"
#include <stdio.h>

/* A line's object in the store, by kind where the line says one; one without namespace by its name alone, if only one has it. */
static const struct object *object_of_kind(const struct store *store, enum kind kind, const struct log_object *about)
{
    const struct ptrs *all;
    const struct object *only = NULL;

    if (about->ns.n)
        return store_find(store, kind, about->ns, about->name);
    all = store_all(store, kind);
    for (size_t i = 0; i < all->n; i++) {
        const struct object *o = all->v[i];
        if (!slice_is(about->name, o->name))
            continue;
        if (only)
            return NULL;
        only = o;
    }
    return only;
}

static const struct object *object_of(const struct store *store, const struct log_object *about)
{
    static const enum kind kinds[] = {KIND_CLAIM, KIND_SANDBOX, KIND_POD, KIND_POOL, KIND_TEMPLATE};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (about->kind.n && !slice_is(about->kind, kind_info(kinds[i])->name))
            continue;
        const struct object *o = object_of_kind(store, kinds[i], about);
        if (o && o->present)
            return o;
    }
    return NULL;
}

/* Where one is taken: to the claim of the object; of a pool, a template or an object without a claim to itself. */
static const struct object *goal_of(const struct object *o)
{
    const struct object *claim = o->kind == KIND_POOL || o->kind == KIND_TEMPLATE ? NULL : chain_claim(o);

    return claim && claim->present ? claim : o;
}

/* The first object of the line that is in the store, a claim's before others. */
static const struct object *goal_of_line(const struct store *store, struct slice line, struct log_fields *fields)
{
    const struct object *best = NULL;

    log_line_fields(line, fields);
    for (size_t i = 0; i < fields->n; i++) {
        const struct object *o = object_of(store, &fields->objects[i]), *goal = o ? goal_of(o) : NULL;
        if (goal && (!best || (best->kind != KIND_CLAIM && goal->kind == KIND_CLAIM)))
            best = goal;
    }
    return best;
}

/* What a line that names nothing is of: the pod whose stream it is in, if that is not the controller's or the router's. */
static const struct object *goal_of_stream(const struct logs *l, const struct sheet *s, const struct model *m, unsigned stream)
{
    if (l->at == LOGS_SYSTEM)
        return NULL;
    struct log_names names = log_buffer_names(s->buffer, stream);
    const struct object *pod = store_find(m->store, KIND_POD, slice_of(names.ns), slice_of(names.pod));

    return pod ? goal_of(pod) : NULL;
}

/* --- from a finding to its line ------------------------------------------------------------------------------------------------ */

enum { AROUND_MS = 2000, QUOTE_LEAST = 12, QUOTE_MOST = 160, LOOKED_AT_MOST = 20000 };

/* The merged position of the first line not older. */
static uint64_t position_at(const struct log_buffer *b, int64_t stamp_ns)
{
    uint64_t low = 0, high = log_buffer_end(b) - log_buffer_first(b);
    struct log_entry e;

    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        if (log_buffer_merged(b, mid, &e) && e.stamp_ns < stamp_ns)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The line near that time that holds the quoted words: evidence may have cut them short. */
static bool quoted_line(const struct log_buffer *b, const struct why_quote *quote, uint64_t *number)
{
    struct slice words = slice_of(quote->text);
    struct log_entry e;

    if (!quote->time_ms || words.n < QUOTE_LEAST)
        return false;
    words.n = words.n > QUOTE_MOST ? QUOTE_MOST : words.n;
    uint64_t at = position_at(b, (quote->time_ms - AROUND_MS) * 1000000);
    for (int looked = 0; looked < LOOKED_AT_MOST && log_buffer_merged(b, at, &e); looked++, at++) {
        if (e.time_ms > quote->time_ms + AROUND_MS)
            break;
        if (e.type == LOG_LINE_TEXT && slice_find(e.text, words) >= 0) {
            *number = e.number;
            return true;
        }
    }
    return false;
}

void logs_explain(struct view *v, const struct model *m, const struct why_quote *quotes, size_t n)
{
    struct logs *l = (struct logs *)v;
    struct sheet *s = &l->sheets[LOGS_SYSTEM];
    uint64_t number;

    logs_show(l, m, LOGS_SYSTEM);
    if (!s->view)
        return;
    logs_about(l, m, true);
    for (size_t i = 0; i < n; i++)
        if (quoted_line(s->buffer, &quotes[i], &number)) {
            sheet_stand(s, number);
            return;
        }
    for (size_t i = 0; i < n; i++)
        if (quotes[i].time_ms) {
            sheet_seek(s, quotes[i].time_ms * 1000000);
            return;
        }
}

/* --- from a line to its claim -------------------------------------------------------------------------------------------------- */

static void say_gone(struct logs *l, const struct log_object *o)
{
    logs_say(l, "%.*s%s%.*s is not in the cluster any more, or not in the namespaces shown", (int)o->ns.n, o->ns.p, o->ns.n ? "/" : "",
             (int)o->name.n, o->name.p);
}

void logs_to_claim(struct logs *l, const struct model *m)
{
    struct sheet *s = logs_sheet(l);
    struct log_fields fields;
    struct log_row here;
    struct log_entry head;
    uint64_t row;

    if (!sheet_row(s, &row, &here))
        return;
    if (here.line.folded && log_buffer_get(s->buffer, here.line.number - here.line.span, &head))
        here.line = head;
    const struct object *goal = goal_of_line(m->store, here.line.text, &fields);
    if (!goal)
        goal = goal_of_stream(l, s, m, here.line.stream);
    if (goal)
        ref_set(&view_order(&l->view, ORDER_SELECT)->ref, goal);
    else if (fields.n)
        say_gone(l, &fields.objects[0]);
    else
        logs_say(l, "this line names no claim, sandbox or pod");
}
