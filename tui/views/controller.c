/* The controller: its figures, its log level and debug flags, and the one action that changes them: what is wanted is chosen, the exact change is
 * shown, and only a yes sends it. What an earlier run of sandtop has turned on is offered to be put back. */
#include "tui/views/panes.h"

#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum row { ROW_LEVEL, ROW_PPROF, ROW_PPROF_DEBUG, ROW_TRACING, ROW_ALL, ROW_PLAN, ROW_RESTORE, ROWS };
enum { ASK_APPLY = 1, LABEL_WIDE = 22, ASK_METRICS_MS = 30000 };
static const char *const levels[] = {"info", "debug", "error"};
enum { LEVELS = sizeof levels / sizeof *levels };

struct controller_view {
    struct view view;
    int at;
    int level;                       /* in levels; -1: as it is */
    int wanted[ROWS];                /* of the three flags: -1 as it is, 0, 1 */
    int64_t asked_ms;                /* wall: for the metrics */
};

static struct view *controller_new(void)
{
    struct controller_view *d = NEW(struct controller_view);
    d->view.ops = &controller_view;
    d->level = -1;
    d->at = ROW_ALL;
    for (int i = 0; i < ROWS; i++)
        d->wanted[i] = -1;
    return &d->view;
}

static void controller_free(struct view *v)
{
    free(v);
}

/* ---- orders ------------------------------------------------------------------------------------------------------------------------- */

static void do_plan(struct session *s, const struct order *o, struct err *err)
{
    (void)err;
    session_controller_debug_plan(s, o->data);
}

static void do_restore(struct session *s, const struct order *o, struct err *err)
{
    (void)o;
    (void)err;
    session_controller_debug_restore(s);
}

static void do_apply(struct session *s, const struct order *o, struct err *err)
{
    (void)o;
    if (!session_controller_debug_apply(s))
        err_set(err, "the plan is gone: make it again");
}

static void do_cancel(struct session *s, const struct order *o, struct err *err)
{
    (void)o;
    (void)err;
    session_controller_debug_cancel(s);
}

static void do_ask_metrics(struct session *s, const struct order *o, struct err *err)
{
    (void)o;
    (void)err;
    session_ask_metrics(s);
}

static void order(struct controller_view *d, void (*call)(struct session *, const struct order *, struct err *))
{
    view_order(&d->view, ORDER_DO)->call = call;
}

static void plan(struct controller_view *d, const struct debug_wish *wish)
{
    struct order *o = view_order(&d->view, ORDER_DO);
    o->call = do_plan;
    o->data = mem_new(sizeof *wish);
    *(struct debug_wish *)o->data = *wish;   /* its level is one of ours: static */
    o->free_data = free;
}

static void controller_update(struct view *v, const struct model *m)
{
    struct controller_view *d = (struct controller_view *)v;
    if (m->now_ms - d->asked_ms >= ASK_METRICS_MS || m->now_ms < d->asked_ms) {
        d->asked_ms = m->now_ms;
        order(d, do_ask_metrics);
    }
}

static void controller_answered(struct view *v, const struct model *m, int id, const char *text, bool done, struct err *err)
{
    (void)m;
    (void)err;
    if (done && id == ASK_APPLY)
        order((struct controller_view *)v, text ? do_apply : do_cancel);
}

/* ---- choosing ----------------------------------------------------------------------------------------------------------------------- */

static bool restorable(const struct model *m)
{
    return m->debug && m->debug->can_restore;
}

static unsigned say(struct controller_view *d, const char *text)
{
    snprintf(d->view.say, sizeof d->view.say, "%s", text);
    return REACT_DONE | REACT_SAY;
}

static unsigned change(struct controller_view *d, const struct model *m)
{
    const struct debug_facts *now = &m->debug->now;
    const bool on[ROWS] = {[ROW_PPROF] = now->pprof, [ROW_PPROF_DEBUG] = now->pprof_debug, [ROW_TRACING] = now->tracing};
    switch (d->at) {
    case ROW_LEVEL:
        do
            d->level = d->level + 1 >= LEVELS ? -1 : d->level + 1;
        while (d->level >= 0 && !strcmp(levels[d->level], now->level));
        return REACT_DONE;
    case ROW_PPROF: case ROW_PPROF_DEBUG: case ROW_TRACING:
        d->wanted[d->at] = d->wanted[d->at] < 0 ? !on[d->at] : -1;
        return REACT_DONE;
    case ROW_ALL:
        plan(d, &debug_all);
        return REACT_DONE;
    case ROW_PLAN: {
        struct debug_wish wish = {.level = d->level < 0 ? NULL : levels[d->level], .pprof = d->wanted[ROW_PPROF], .pprof_debug = d->wanted[ROW_PPROF_DEBUG],
                                  .tracing = d->wanted[ROW_TRACING]};
        if (!wish.level && wish.pprof < 0 && wish.pprof_debug < 0 && wish.tracing < 0)
            return say(d, "nothing is chosen yet: Enter on a flag changes what is wanted of it");
        plan(d, &wish);
        return REACT_DONE;
    }
    case ROW_RESTORE:
        if (!restorable(m))
            return say(d, "sandtop has changed nothing here that could be put back");
        order(d, do_restore);
        return REACT_DONE;
    }
    return REACT_NONE;
}

static unsigned confirm(struct controller_view *d)
{
    struct order *o = view_order(&d->view, ORDER_ASK);
    o->ask = (struct ask){.id = ASK_APPLY, .yes_no = true};
    buf_printf(&o->text, "Change the controller's arguments as shown? It restarts.");
    return REACT_DONE;
}

static unsigned controller_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct controller_view *d = (struct controller_view *)v;
    enum debug_state state = m->debug ? m->debug->state : DEBUG_IDLE;
    (void)key;
    if (action == ACTION_DEBUG || !m->debug)
        return action == ACTION_DEBUG ? REACT_CLOSE : REACT_NONE;
    if (state == DEBUG_PLANNED && action == ACTION_ENTER)
        return confirm(d);
    if (action == ACTION_BACK && (state == DEBUG_PLANNED || state == DEBUG_DONE || state == DEBUG_FAILED)) {
        order(d, do_cancel);
        return REACT_DONE;
    }
    if (state == DEBUG_PLANNED)
        return REACT_NONE;
    switch (action) {
    case ACTION_UP: d->at = (d->at + ROWS - 1) % ROWS; return REACT_DONE;
    case ACTION_DOWN: d->at = (d->at + 1) % ROWS; return REACT_DONE;
    case ACTION_LEFT: case ACTION_RIGHT: return d->at < ROW_ALL ? change(d, m) : REACT_DONE;
    case ACTION_ENTER:
        if (!m->debug->known)
            return say(d, "no controller was found yet");
        return change(d, m);
    default: return REACT_NONE;
    }
}

/* ---- drawing ------------------------------------------------------------------------------------------------------------------------ */

static void controller_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    (void)v;
    buf_add_text(left, "Controller");
    if (m->debug && m->debug->known && m->debug->name[0])
        buf_printf(left, " · %s/%s", m->debug->ns, m->debug->name);
    if (m->facts && m->facts->metrics && m->facts->metrics->version[0])
        buf_add_text(right, m->facts->metrics->version);
}

static int draw_metrics(const struct model *m, struct canvas *c, struct rect r)
{
    static const enum kind kinds[] = {KIND_CLAIM, KIND_SANDBOX, KIND_POOL, KIND_TEMPLATE};
    const struct controller_metrics *k = m->facts ? m->facts->metrics : NULL;
    int y = r.y;
    char age[16];
    canvas_text(c, y++, r.x + 1, ROLE_TITLE, "Figures");
    if (!k || !k->read_ms) {
        canvas_fit(c, y++, r.x + 3, r.w - 4, ROLE_MUTED, FIT_END, slice_of(m->info->simulated ? "the simulated controller tells none" : k && k->error[0] ? k->error : "asked for"));
        return y - r.y;
    }
    canvas_printf(c, y++, r.x + 3, k->leader == 0 ? ROLE_STUCK : ROLE_NORMAL, "%s, as of %s ago", k->leader == 0 ? "not the leader" : k->leader == 1 ? "leader" : "leadership not told",
                  time_short(m->now_ms - k->read_ms, age));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        enum kind kind = kinds[i];
        if (k->has[kind])
            canvas_printf(c, y++, r.x + 3, k->depth[kind] > k->workers[kind] ? ROLE_WAITING : ROLE_NORMAL, "%-10s queue %-6.0f workers %.0f of %.0f busy   errors %.0f (%.1f a minute)", kind_short(kind),
                          k->depth[kind], k->busy[kind], k->workers[kind], k->errors[kind], k->errors_per_minute[kind]);
    }
    if (k->startups > 0) {
        char p50[16], p99[16];
        canvas_printf(c, y++, r.x + 3, ROLE_NORMAL, "claims became ready within %s (half of them), %s (99 of 100); %.0f since it started", time_stage((int64_t)k->startup_p50_ms, p50),
                      time_stage((int64_t)k->startup_p99_ms, p99), k->startups);
    }
    return y - r.y;
}

static void flag_text(const struct controller_view *d, const struct controller_debug_status *s, int row, struct buf *out)
{
    const bool on[ROWS] = {[ROW_PPROF] = s->now.pprof, [ROW_PPROF_DEBUG] = s->now.pprof_debug, [ROW_TRACING] = s->now.tracing};
    if (!s->known)
        buf_add_text(out, "not known");
    else if (row == ROW_LEVEL)
        buf_printf(out, "%s%s", s->now.level, s->now.level_given ? "" : " (not given)");
    else
        buf_add_text(out, on[row] ? "on" : "off");
    if (row == ROW_LEVEL && d->level >= 0)
        buf_printf(out, "  →  %s", levels[d->level]);
    else if (row != ROW_LEVEL && d->wanted[row] >= 0)
        buf_printf(out, "  →  %s", d->wanted[row] ? "on" : "off");
}

static int draw_flags(const struct controller_view *d, const struct model *m, struct canvas *c, struct rect r, bool choosing)
{
    static const char *const names[ROWS] = {"--zap-log-level", "--enable-pprof", "--enable-pprof-debug", "--enable-tracing", "Turn all of it on", "Make these changes", "Put back"};
    const struct controller_debug_status *s = m->debug;
    int y = r.y;
    canvas_text(c, y++, r.x + 1, ROLE_TITLE, "Debug flags");
    for (int row = 0; row < ROWS; row++, y++) {
        struct buf text = {0};
        if (row < ROW_ALL)
            flag_text(d, s, row, &text);
        else if (row == ROW_ALL)
            buf_add_text(&text, "log level debug, all of pprof, tracing; the change is shown first");
        else if (row == ROW_PLAN)
            buf_add_text(&text, "of the flags above; the change is shown first");
        else
            buf_add_text(&text, restorable(m) ? s->restore : "nothing to put back");
        canvas_text(c, y, r.x + 3, row >= ROW_ALL ? ROLE_ACCENT : ROLE_KEY, names[row]);
        canvas_fit(c, y, r.x + 3 + LABEL_WIDE, r.w - LABEL_WIDE - 5, row == ROW_RESTORE && restorable(m) ? ROLE_WARNING : ROLE_NORMAL, FIT_END, buf_slice(&text));
        if (choosing && row == d->at)
            canvas_select(c, (struct rect){y, r.x + 1, 1, r.w - 2});
        buf_free(&text);
    }
    return y - r.y;
}

static void draw_diff(const struct controller_debug_status *s, struct canvas *c, struct rect r)
{
    int y = r.y;
    if (r.h < 2 || !s->diff[0])
        return;
    canvas_text(c, y++, r.x + 1, ROLE_TITLE, s->restoring ? "The change back" : "The change");
    for (const char *p = s->diff; *p && y < r.y + r.h; y++) {
        size_t n = strcspn(p, "\n");
        canvas_fit(c, y, r.x + 3, r.w - 5, *p == '-' ? ROLE_STUCK : *p == '+' ? ROLE_READY : ROLE_MUTED, FIT_END, (struct slice){p, n});
        p += n + (p[n] == '\n');
    }
}

static void controller_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    const struct controller_view *d = (const struct controller_view *)v;
    const struct controller_debug_status *s = m->debug;
    struct rect old = canvas_clip_get(c);
    (void)focused;
    canvas_clip(c, r);
    if (!s) {
        canvas_clip(c, old);
        return;
    }
    bool planned = s->state == DEBUG_PLANNED;
    int y = r.y;
    if (!planned || r.h > 30)
        y += draw_metrics(m, c, r) + 1;
    y += draw_flags(d, m, c, (struct rect){y, r.x, r.y + r.h - y, r.w}, !planned) + 1;
    if (s->sentence[0]) {
        enum role role = s->state == DEBUG_FAILED ? ROLE_ERROR : s->state == DEBUG_DONE ? ROLE_READY : ROLE_WAITING;
        y += canvas_wrap(c, (struct rect){y, r.x + 1, 4, r.w - 2}, role, slice_of(s->sentence));
    }
    if (planned)
        y += canvas_wrap(c, (struct rect){y, r.x + 1, 2, r.w - 2}, ROLE_WARNING, SLICE("Nothing is changed yet. Enter asks once more and sends it; Esc leaves it."));
    if (s->state != DEBUG_IDLE && s->state != DEBUG_READING)
        draw_diff(s, c, (struct rect){y, r.x, r.y + r.h - y, r.w});
    canvas_clip(c, old);
}

static void controller_command(struct view *v, const struct model *m, struct buf *out)
{
    (void)v;
    if (m->debug && m->debug->name[0])
        buf_printf(out, "kubectl get deployment %s -n %s -o jsonpath='{.spec.template.spec.containers[0].args}'", m->debug->name, m->debug->ns);
}

static const struct hint hints[] = {{ACTION_BACK, "leave"}, {ACTION_DOWN, "next row"}, {ACTION_ENTER, "change"}, {ACTION_COPY, NULL}, {ACTION_NONE, NULL}};

const struct view_ops controller_view = {
    .name = "controller", .create = controller_new, .free = controller_free, .update = controller_update, .title = controller_title, .draw = controller_draw,
    .act = controller_act, .answered = controller_answered, .command = controller_command, .hints = hints,
};
