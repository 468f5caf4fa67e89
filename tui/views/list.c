/* Rows in step with the store. Invariants: `rows` holds the shown seats, sorted; a change costs two binary searches and a move; a seat's object is
 * there because every turn's changes pass through list_update before the store is swept. The cursor stands on a seat, not on a row number. */
#include "tui/views/list.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include <stdlib.h>

enum { FEW_CHANGES = 500, FILTER_DEADLINE_MS = 100 };

static int seat_compare(const struct list_seat *a, const struct list_seat *b)
{
    if (a->state != b->state)
        return a->state < b->state ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    int by = strcmp(a->o->name, b->o->name);
    if (!by)
        by = strcmp(a->o->ns, b->o->ns);
    return by ? by : (a->o->slot > b->o->slot) - (a->o->slot < b->o->slot);
}

static int row_compare(const void *a, const void *b)
{
    return seat_compare(*(struct list_seat *const *)a, *(struct list_seat *const *)b);
}

/* The row of a seat, or where it belongs. */
static size_t row_of(const struct list *l, const struct list_seat *seat)
{
    size_t low = 0, high = l->rows.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (seat_compare(l->rows.v[middle], seat) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void row_remove(struct list *l, struct list_seat *seat)
{
    size_t row = row_of(l, seat);
    ptrs_remove(&l->rows, row);
    seat->shown = false;
    l->at -= row < l->at;
}

static void row_insert(struct list *l, struct list_seat *seat)
{
    size_t row = row_of(l, seat);
    ptrs_insert(&l->rows, row, seat);
    seat->shown = true;
    l->at += row <= l->at && l->rows.n > 1;
}

static bool passes(struct list *l, const struct model *m, const struct object *o, enum row_state state)
{
    if (l->faults_only && state != ROW_STUCK && state != ROW_WAITING)
        return false;
    if (!in_scope(l, m, o))
        return false;
    if (!l->filter)
        return true;
    buf_clear(&l->scratch);
    list_row_text(l, m, o, &l->scratch);
    return pattern_find(l->filter, buf_slice(&l->scratch), NULL, NULL);
}

/* What is ready stands with the newest first; what is not, with the longest. */
static int64_t order_of(const struct list *l, struct standing s)
{
    return l->kind->by_name ? 0 : s.state == ROW_READY ? -s.since_ms : s.since_ms;
}

static void take_in(struct list *l, const struct model *m, const struct object *o)
{
    struct list_seat *seat = o->present ? slots_make(&l->seats, o->slot) : slots_get(&l->seats, o->slot);
    if (!seat)
        return;
    if (!o->present) {
        if (seat->o != o)
            return;
        if (seat->shown)
            row_remove(l, seat);
        seat->o = NULL;
        return;
    }
    struct standing s = l->kind->judge(l, m, o);
    int64_t order = order_of(l, s);
    bool show = passes(l, m, o, s.state);
    if (show == seat->shown && seat->o == o && seat->state == s.state && seat->order == order)
        return;
    if (seat->shown)
        row_remove(l, seat);
    seat->o = o;
    seat->state = (unsigned char)s.state;
    seat->order = order;
    if (show)
        row_insert(l, seat);
}

static void rows_clear(struct list *l)
{
    for (size_t i = 0; i < l->rows.n; i++)
        ((struct list_seat *)l->rows.v[i])->shown = false;
    ptrs_clear(&l->rows);
}

/* All rows by scope, faults and filter, from what the seats say. False where that takes longer than until deadline_ms (mono; 0: no bound): a pattern
 * that takes its time on each of 10,000 rows must not hold the screen. */
static bool choose(struct list *l, const struct model *m, int64_t deadline_ms)
{
    const struct clock *clock = clock_system();
    const struct ptrs *all = store_all(m->store, l->kind->kind);
    rows_clear(l);
    for (size_t i = 0; i < all->n; i++) {
        const struct object *o = all->v[i];
        struct list_seat *seat = slots_get(&l->seats, o->slot);
        if (!seat || seat->o != o)
            continue;
        seat->shown = passes(l, m, o, seat->state);
        if (seat->shown)
            ptrs_add(&l->rows, seat);
        if (deadline_ms && i % 64 == 63 && clock->mono(clock) > deadline_ms)
            return false;
    }
    if (l->rows.n)
        qsort(l->rows.v, l->rows.n, sizeof *l->rows.v, row_compare);
    return true;
}

/* Everything anew. */
static void rebuild(struct list *l, const struct model *m)
{
    rows_clear(l);
    l->faults_only = l->view.faults_only;
    l->scope_of = l->view.scope.of;
    memcpy(l->scope_ns, l->view.scope.ns, sizeof l->scope_ns);
    memcpy(l->scope_name, l->view.scope.name, sizeof l->scope_name);
    if (l->kind->usage_of != KIND_NONE)
        usage_rebuild(&l->usage, m);
    leads_note(l, m);
    const struct ptrs *all = store_all(m->store, l->kind->kind);
    for (size_t i = 0; i < all->n; i++) {
        const struct object *o = all->v[i];
        struct standing s = l->kind->judge(l, m, o);
        struct list_seat *seat = slots_make(&l->seats, o->slot);
        *seat = (struct list_seat){.o = o, .order = order_of(l, s), .state = (unsigned char)s.state};
    }
    choose(l, m, 0);
}

/* A changed object of any kind: whatever of ours stands differently by it. */
static void affect(struct list *l, const struct model *m, const struct object *o)
{
    enum kind kind = l->kind->kind;
    if (o->kind == kind) {
        take_in(l, m, o);
        return;
    }
    if (o->kind == KIND_EVENT)
        return;
    const struct object *ours = leads_to(o, kind);
    if (ours && ours->present)
        take_in(l, m, ours);
    if (kind == KIND_POOL && o->kind == KIND_TEMPLATE) {
        for (const struct link *in = link_in(o, LINK_POOL_TEMPLATE, NULL); in; in = link_in(o, LINK_POOL_TEMPLATE, in))
            take_in(l, m, in->from);
    }
}

static void count_claim(struct list *l, const struct model *m, const struct object *claim)
{
    uint32_t slots[2];
    unsigned n = usage_claim(&l->usage, m, claim, slots);
    for (unsigned i = 0; i < n; i++) {
        const struct list_seat *seat = slots_get(&l->seats, slots[i]);
        if (seat && seat->o && seat->o->present)
            take_in(l, m, seat->o);
    }
}

static void affect_all(struct list *l, const struct model *m, const struct ptrs *objects, bool claims)
{
    for (size_t i = 0; i < objects->n; i++) {
        const struct object *o = objects->v[i];
        if (claims && l->kind->usage_of != KIND_NONE)
            count_claim(l, m, o);
        else
            affect(l, m, o);
    }
}

/* After any change of rows: the cursor goes where its object went, and the line it stands on stays, so that nothing moves under it. Only a cursor on
 * the first row lets new rows come in above. */
static void settle(struct list *l, size_t at_before)
{
    size_t line = at_before - (l->scroll < at_before ? l->scroll : at_before);
    if (l->cursor && l->cursor->shown)
        l->at = row_of(l, l->cursor);
    if (l->home)
        l->at = 0;
    if (l->at >= l->rows.n)
        l->at = l->rows.n ? l->rows.n - 1 : 0;
    l->cursor = l->rows.n ? l->rows.v[l->at] : NULL;
    if (l->home || at_before == 0)
        l->scroll = 0;
    else
        l->scroll = l->at > line ? l->at - line : 0;
}

static void forget(struct list *l, const struct model *m)
{
    ptrs_clear(&l->rows);
    slots_free(&l->seats);
    slots_free(&l->leads);
    usage_free(&l->usage);
    l->cursor = NULL;
    l->at = l->scroll = 0;
    l->home = true;
    l->store = m->store;
    l->epoch = m->epoch;
}

static bool stale(const struct list *l)
{
    return l->faults_only != l->view.faults_only || l->scope_of != l->view.scope.of ||
           (l->scope_of != KIND_NONE && (strcmp(l->scope_ns, l->view.scope.ns) != 0 || strcmp(l->scope_name, l->view.scope.name) != 0));
}

static void focus(struct list *l, const struct model *m)
{
    struct destination *to = &l->view.scope;
    const struct object *o = store_find(m->store, l->kind->kind, slice_of(to->focus_ns), slice_of(to->focus));
    const struct list_seat *seat = o ? slots_get(&l->seats, o->slot) : NULL;
    if (!seat || !seat->shown)
        return;
    list_stand(l, row_of(l, seat));
    to->focus[0] = '\0';
}

void list_fresh(struct list *l, const struct model *m)
{
    if (!m->store || m->store != l->store)
        return;
    if (stale(l)) {
        size_t before = l->at;
        rebuild(l, m);
        settle(l, before);
    }
    if (l->view.scope.focus[0])
        focus(l, m);
}

static bool any_leads_elsewhere(const struct list *l, const struct ptrs *changes)
{
    for (size_t i = 0; i < changes->n; i++) {
        if (leads_elsewhere(l, changes->v[i]))
            return true;
    }
    return false;
}

/* Before a rebuild: what is gone leaves its seat, for the sweep ends it. */
static void leave_gone(struct list *l, const struct ptrs *changes)
{
    for (size_t i = 0; i < changes->n; i++) {
        const struct object *o = changes->v[i];
        struct list_seat *seat = o->kind == l->kind->kind && !o->present ? slots_get(&l->seats, o->slot) : NULL;
        if (seat && seat->o == o)
            seat->o = NULL;
    }
}

void list_update(struct view *v, const struct model *m)
{
    struct list *l = (struct list *)v;
    bool other = m->store != l->store || m->epoch != l->epoch || (m->store && store_generation(m->store) < l->generation);
    if (other)
        forget(l, m);
    if (!m->store)
        return;
    l->generation = store_generation(m->store);
    const struct ptrs *changes = store_changes(m->store), *touched = store_touched_claims(m->store);
    const struct ptrs *judged = m->diagnosis ? diagnosis_changed(m->diagnosis) : NULL;
    size_t before = l->at, n = changes->n + touched->n + (judged ? judged->n : 0);
    if (other || stale(l) || n > FEW_CHANGES + l->rows.n / 8 || any_leads_elsewhere(l, changes)) {
        leave_gone(l, changes);
        rebuild(l, m);
    } else if (n) {
        affect_all(l, m, changes, false);
        affect_all(l, m, touched, true);
        if (judged)
            affect_all(l, m, judged, true);
    }
    settle(l, before);
    if (l->view.scope.focus[0])
        focus(l, m);
}

void list_filter(struct view *v, const struct model *m, struct slice text, struct err *err)
{
    struct list *l = (struct list *)v;
    const struct clock *clock = clock_system();
    struct pattern *p = NULL, *last = l->filter;
    if (text.n && !(p = pattern_new(text, PATTERN_SMARTCASE, err)))
        return;
    l->filter = p;
    size_t before = l->at;
    if (m->store && m->store == l->store) {
        if (!choose(l, m, clock->mono(clock) + FILTER_DEADLINE_MS)) {
            err_set(err, "this pattern takes too long on %s: make it simpler", l->kind->many);
            l->filter = last;
            last = p;
            choose(l, m, 0);
        }
        settle(l, before);
    }
    pattern_free(last);
}

const struct object *list_selected(struct view *v, const struct model *m)
{
    struct list *l = (struct list *)v;
    list_fresh(l, m);
    return l->cursor && m->store == l->store ? l->cursor->o : NULL;
}

void list_stand(struct list *l, size_t row)
{
    l->home = false;
    l->at = row < l->rows.n ? row : l->rows.n ? l->rows.n - 1 : 0;
    l->cursor = l->rows.n ? l->rows.v[l->at] : NULL;
}

struct view *list_create(const struct view_ops *ops, const struct list_kind *kind)
{
    struct list *l = NEW(struct list);
    l->view.ops = ops;
    l->view.scope.of = l->view.go.of = l->scope_of = KIND_NONE;
    l->view.scope.list = kind->kind;
    l->kind = kind;
    l->seats.size = sizeof(struct list_seat);
    l->leads.size = sizeof(uint32_t);
    usage_init(&l->usage, kind->usage_of);
    l->home = true;
    return &l->view;
}

void list_free(struct view *v)
{
    struct list *l = (struct list *)v;
    if (!l)
        return;
    ptrs_free(&l->rows);
    slots_free(&l->seats);
    slots_free(&l->leads);
    usage_free(&l->usage);
    pattern_free(l->filter);
    buf_free(&l->scratch);
    free(l);
}
