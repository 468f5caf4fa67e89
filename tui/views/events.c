/* The events of the selected object's whole chain, merged by time, newest on top, repeats folded with their count. An event counts only for the very
 * object it names (by uid where both have one): names come again, objects do not. Rows are copies: they outlive a turn. */
#include "core/base/mem.h"
#include "tui/views/panes.h"
#include <stdlib.h>

/* SETTLE_MS: the session asks for the events of what is selected only when the cursor has rested a little. */
enum { MOST_ROWS = 300, MOST_CHAIN = 32, SETTLE_MS = 500 };

struct event_row {
    int64_t last_ms;
    int64_t count;
    enum kind about;
    bool warning;
    uint64_t key;
    char *name, *reason, *message;
};
struct events {
    struct view view;
    struct object_ref about;
    struct event_row rows[MOST_ROWS];
    size_t n, warnings, left_out;
    uint64_t generation;
    bool made;
    int64_t selected_ms;             /* wall: about changed */
    int top, lines, height, width;
};

static struct view *events_new(void)
{
    struct events *e = NEW(struct events);
    e->view.ops = &events_view;
    e->about.kind = KIND_NONE;
    return &e->view;
}

static void forget(struct events *e)
{
    for (size_t i = 0; i < e->n; i++) {
        free(e->rows[i].name);
        free(e->rows[i].reason);
        free(e->rows[i].message);
    }
    e->n = e->warnings = e->left_out = 0;
}

static void events_free(struct view *v)
{
    forget((struct events *)v);
    free(v);
}

static void add_once(const struct object **chain, size_t *n, const struct object *o)
{
    for (size_t i = 0; i < *n; i++)
        if (chain[i] == o)
            return;
    if (o && *n < MOST_CHAIN)
        chain[(*n)++] = o;
}

/* Everything whose events tell of the object: up to its claim and pool, down to its pod, volumes and node. */
static size_t chain_of(const struct object *o, const struct object *chain[MOST_CHAIN])
{
    size_t n = 0;
    add_once(chain, &n, o);
    if (o->kind == KIND_NODE || o->kind == KIND_TEMPLATE || o->kind == KIND_POOL || o->kind == KIND_DEPLOYMENT)
        return n;
    const struct object *claim = chain_claim(o), *pod = chain_pod(o);
    add_once(chain, &n, claim);
    add_once(chain, &n, chain_sandbox(o));
    add_once(chain, &n, pod);
    if (claim)
        add_once(chain, &n, link_to(claim, LINK_CLAIM_POOL));
    for (const struct link *l = pod ? pod->out : NULL; l; l = l->next_out)
        if (l->role == LINK_POD_PVC)
            add_once(chain, &n, l->to);
    return n;
}

static int newest_first(const void *a, const void *b)
{
    const struct event *x = *(const struct event *const *)a, *y = *(const struct event *const *)b;
    if (x->last_ms != y->last_ms)
        return x->last_ms > y->last_ms ? -1 : 1;
    int warns = strcmp(y->type, x->type); /* of one second the Warning first */
    if (warns)
        return warns;
    return strcmp(x->o.name, y->o.name);
}

static uint64_t key_of(const struct event *e)
{
    return slice_hash(slice_of(e->reason)) ^ slice_hash(slice_of(e->message)) * 3 ^ slice_hash(slice_of(e->about_name)) * 7 ^ (uint64_t)e->about_kind * 0x9e3779b97f4a7c15u;
}

static bool fold(struct events *e, const struct event *event, uint64_t key)
{
    for (size_t i = 0; i < e->n; i++)
        if (e->rows[i].key == key && !strcmp(e->rows[i].reason, event->reason) && !strcmp(e->rows[i].message, event->message)) {
            e->rows[i].count += event->count;
            return true;
        }
    return false;
}

static void collect(struct events *e, const struct object *selected)
{
    const struct object *chain[MOST_CHAIN];
    size_t n = chain_of(selected, chain);
    struct ptrs found = {0};
    for (size_t i = 0; i < n; i++)
        for (const struct link *l = link_in(chain[i], LINK_EVENT_ABOUT, NULL); l; l = link_in(chain[i], LINK_EVENT_ABOUT, l)) {
            const struct event *event = AS(event, l->from);
            bool other = !uid_none(event->about_uid) && !uid_none(chain[i]->uid) && !uid_eq(event->about_uid, chain[i]->uid);
            if (event->o.present && !other)
                ptrs_add(&found, (void *)l->from);
        }
    if (found.n)
        qsort(found.v, found.n, sizeof *found.v, newest_first);
    for (size_t i = 0; i < found.n; i++) {
        const struct event *event = found.v[i];
        uint64_t key = key_of(event);
        if (fold(e, event, key))
            continue;
        if (e->n == MOST_ROWS) {
            e->left_out++;
            continue;
        }
        struct event_row *row = &e->rows[e->n++];
        *row = (struct event_row){.last_ms = event->last_ms, .count = event->count, .about = event->about_kind, .key = key,
            .warning = !strcmp(event->type, "Warning"), .name = mem_text(event->about_name), .reason = mem_text(event->reason),
            .message = mem_text(event->message)};
        e->warnings += row->warning;
    }
    ptrs_free(&found);
}

static int row_lines(const struct event_row *row, int w);

static void events_update(struct view *v, const struct model *m)
{
    struct events *e = (struct events *)v;
    uint64_t generation = store_generation(m->store);
    bool other = !ref_is(&e->about, m->selected);
    if (e->made && !other && generation == e->generation)
        return;
    uint64_t first = e->n ? e->rows[0].key : 0;
    forget(e);
    if (m->selected)
        collect(e, m->selected);
    ref_set(&e->about, m->selected);
    e->generation = generation;
    e->made = true;
    if (other) {
        e->top = 0;
        e->selected_ms = m->now_ms;
    } else if (e->top > 0) {         /* what is read stays in its place while newer ones come in above */
        for (size_t i = 0; i < e->n && e->rows[i].key != first; i++)
            e->top += row_lines(&e->rows[i], e->width);
    }
}

/* A wide pane has a row a line; a narrow one puts the message below: whole where it warns, its beginning where all went well. */
static int row_lines(const struct event_row *row, int w)
{
    if (w >= 90)
        return 1;
    int lines = row->message[0] ? canvas_wrap_lines(w - 12 > 4 ? w - 12 : 4, slice_of(row->message)) : 0;
    int most = row->warning ? 4 : 1;
    return 1 + (lines > most ? most : lines);
}

static void draw_row(const struct event_row *row, const struct model *m, struct canvas *c, int y, struct rect r)
{
    char stamp[16];
    enum role role = row->warning ? ROLE_WARNING : ROLE_NORMAL;
    struct buf count = {0};
    int x = r.x + 1, end = r.x + r.w - 1;
    canvas_text(c, y, x, ROLE_MUTED, row->last_ms ? time_hms(row->last_ms, !m->utc, stamp) : "--:--:--");
    x += 10;
    if (row->count > 1)
        buf_printf(&count, "%s%lld", glyph_text(GLYPH_TIMES, canvas_ascii(c)), (long long)row->count);
    int cols = text_columns(buf_slice(&count));
    if (r.w >= 90) {
        canvas_fit(c, y, x, 8, ROLE_MUTED, FIT_END, slice_of(kind_short(row->about)));
        canvas_fit(c, y, x + 8, 22, role, FIT_END, slice_of(row->reason));
        canvas_put(c, y, x + 31, ROLE_ACCENT, buf_slice(&count));
        canvas_fit(c, y, x + 37, end - x - 37, role, FIT_END, slice_of(row->message));
    } else {
        canvas_put(c, y, end - cols, ROLE_ACCENT, buf_slice(&count));
        end -= cols ? cols + 1 : 0;
        if (end - x > 0)
            x += canvas_fit(c, y, x, end - x, row->warning ? ROLE_WARNING : ROLE_STRONG, FIT_END, slice_of(row->reason)) + 2;
        struct buf about = {0};
        buf_printf(&about, "%s %s", kind_short(row->about), row->name);
        if (end - x > 8)
            canvas_fit(c, y, x, end - x, ROLE_MUTED, FIT_MIDDLE, buf_slice(&about));
        buf_free(&about);
        int lines = row_lines(row, r.w) - 1;
        if (lines == 1 && r.w > 12)
            canvas_fit(c, y + 1, r.x + 11, r.w - 12, row->warning ? role : ROLE_MUTED, FIT_END, slice_of(row->message));
        else if (lines && r.w > 12)
            canvas_wrap(c, (struct rect){y + 1, r.x + 11, lines, r.w - 12}, role, slice_of(row->message));
    }
    buf_free(&count);
}

static const char *refused(const struct model *m)
{
    const struct source_status *s = m->sources;
    for (size_t i = 0; i < m->n_sources; i++)
        if (s[i].kind == KIND_EVENT && s[i].health == SOURCE_FORBIDDEN)
            return s[i].message;
    return NULL;
}

/* Whether what tells of the selection has not come yet: then nothing may be said of there being none. */
static bool loading(const struct events *e, const struct model *m)
{
    const struct source_status *s = m->sources;
    for (size_t i = 0; i < m->n_sources; i++)
        if (s[i].kind == KIND_EVENT && s[i].health == SOURCE_LOADING && !s[i].synced)
            return true;
    return !m->info->first_list || (m->now_ms >= e->selected_ms && m->now_ms - e->selected_ms < SETTLE_MS);
}

static void events_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    struct events *e = (struct events *)v;
    struct rect old = canvas_clip_get(c);
    (void)focused;
    canvas_clip(c, r);
    e->lines = 0;
    e->height = r.h;
    e->width = r.w;
    for (size_t i = 0; i < e->n; i++)
        e->lines += row_lines(&e->rows[i], r.w);
    if (e->top > e->lines - r.h)
        e->top = e->lines > r.h ? e->lines - r.h : 0;
    int y = r.y - e->top;
    for (size_t i = 0; i < e->n && y < r.y + r.h; i++) {
        int lines = row_lines(&e->rows[i], r.w);
        if (y + lines > r.y)
            draw_row(&e->rows[i], m, c, y, r);
        y += lines;
    }
    if (!e->n && r.w > 4) {
        const char *why = refused(m), *text = why && why[0] ? why : !m->selected ? "nothing is selected" :
            loading(e, m) ? "loading" : "no events: the cluster keeps them for an hour";
        canvas_wrap(c, (struct rect){r.y, r.x + 1, r.h, r.w - 2}, why ? ROLE_WARNING : ROLE_MUTED, slice_of(text));
    }
    canvas_clip(c, old);
}

static void events_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    const struct events *e = (const struct events *)v;
    const char *why = refused(m);
    buf_add_text(left, "Events");
    if (e->about.kind != KIND_NONE)
        buf_printf(left, " · %s", e->about.name);
    if (why && why[0]) {
        buf_add_text(right, why);
        return;
    }
    if (e->about.kind != KIND_NONE && loading(e, m))
        buf_add_text(right, e->n ? "loading · " : "loading");
    if (e->n || right->n == 0)
        buf_printf(right, "%zu%s", e->n, e->left_out ? "+" : "");
    if (e->warnings)
        buf_printf(right, " · %zu warning%s", e->warnings, e->warnings == 1 ? "" : "s");
    if (e->top > 0)
        buf_add_text(right, " · newer above");
}

static unsigned events_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct events *e = (struct events *)v;
    (void)m;
    (void)key;
    return pane_scroll(&e->top, e->lines, e->height, action) ? REACT_DONE : REACT_NONE;
}

static void events_command(struct view *v, const struct model *m, struct buf *out)
{
    const struct events *e = (const struct events *)v;
    char uid[40];
    (void)m;
    if (e->about.kind == KIND_NONE)
        return;
    buf_printf(out, "kubectl get events%s%s", e->about.ns[0] ? " -n " : " -A", e->about.ns);
    if (!uid_none(e->about.uid) && e->about.kind != KIND_CLAIM && e->about.kind != KIND_SANDBOX)
        buf_printf(out, " --field-selector involvedObject.uid=%s", uid_text(e->about.uid, uid));
    else
        buf_printf(out, " --field-selector involvedObject.name=%s", e->about.name);
    buf_add_text(out, " --sort-by=.lastTimestamp");
}

const struct view_ops events_view = {
    .name = "events", .create = events_new, .free = events_free, .update = events_update, .title = events_title, .draw = events_draw,
    .act = events_act, .command = events_command,
};
