/* The list of pods to pick for the Logs pane: typing narrows it, Enter picks or drops, a name that is not listed may be typed as
 * NAMESPACE/NAME. */
#include "core/base/mem.h"
#include "tui/picker.h"
#include "tui/views/logs.h"
#include <stdio.h>
#include <stdlib.h>

static const char TAKEN[] = "✔ ";    /* before the name of a pod that is picked */

struct logs_pick {
    struct view view;
    struct picker picker;
    bool filled;
};

static struct view *pick_new(void)
{
    struct logs_pick *p = NEW(struct logs_pick);

    p->view.ops = &logs_pick_view;
    return &p->view;
}

static void pick_free(struct view *v)
{
    struct logs_pick *p = (struct logs_pick *)v;

    picker_close(&p->picker);
    free(p);
}

static int by_name(const void *a, const void *b)
{
    const struct object *x = *(const struct object *const *)a, *y = *(const struct object *const *)b;
    int order = strcmp(x->ns, y->ns);

    return order ? order : strcmp(x->name, y->name);
}

static bool is_picked(const struct model *m, const char *ns, const char *name)
{
    const struct model_logs *logs = &m->logs[LOGS_PICKED];

    for (size_t i = 0; i < logs->n_rows; i++)
        if (!strcmp(logs->rows[i].ns, ns) && !strcmp(logs->rows[i].pod, name))
            return true;
    return false;
}

static void fill(struct logs_pick *p, const struct model *m)
{
    const struct ptrs *all = store_all(m->store, KIND_POD);
    const struct object **pods = mem_array(all->n + 1, sizeof *pods);

    picker_open(&p->picker, "Pods to read logs of: Enter picks, or drops", "", true);
    for (size_t i = 0; i < all->n; i++)
        pods[i] = all->v[i];
    qsort(pods, all->n, sizeof *pods, by_name);
    for (int taken = 1; taken >= 0; taken--)
        for (size_t i = 0; i < all->n; i++)
            if (is_picked(m, pods[i]->ns, pods[i]->name) == taken) {
                char *name = mem_printf("%s%s/%s", taken ? TAKEN : "", pods[i]->ns, pods[i]->name);
                picker_add(&p->picker, name);
                free(name);
            }
    free(pods);
    picker_start(&p->picker);
}

static void pick_update(struct view *v, const struct model *m)
{
    struct logs_pick *p = (struct logs_pick *)v;

    if (!p->filled)
        fill(p, m);
    p->filled = true;
}

static void do_pick(struct session *session, const struct order *o, struct err *err)
{
    if (!o->number)
        session_log_unpick(session, o->ref.ns, o->ref.name);
    else if (!session_log_pick(session, o->ref.ns, o->ref.name))
        err_set(err, "as many pods are picked as can be: P drops one");
    else
        session_log_want(session, LOGS_PICKED, true);
}

static void order_pick(struct view *v, const char *ns, const char *name, bool on)
{
    struct order *o = view_order(v, ORDER_DO);

    o->ref.kind = KIND_POD;
    snprintf(o->ref.ns, sizeof o->ref.ns, "%s", ns);
    snprintf(o->ref.name, sizeof o->ref.name, "%s", name);
    o->number = on;
    o->call = do_pick;
}

bool logs_pick_toggle(struct view *v, const struct model *m, const char *ns, const char *name)
{
    struct logs *l = (struct logs *)v;
    bool on = !is_picked(m, ns, name);

    order_pick(v, ns, name, on);
    if (on)
        logs_show(l, m, LOGS_PICKED);
    else
        logs_say(l, "pod %s/%s is dropped from those picked", ns, name);
    return on;
}

static void taken(struct logs_pick *p, const struct model *m)
{
    const char *text = picker_taken(&p->picker), *slash;
    bool was = !strncmp(text, TAKEN, sizeof TAKEN - 1);
    char ns[254];

    text += was ? sizeof TAKEN - 1 : 0;
    slash = strchr(text, '/');
    if (slash)
        snprintf(ns, sizeof ns, "%.*s", (int)(slash - text), text);
    else
        snprintf(ns, sizeof ns, "%s", m->info->ns ? m->info->ns : m->selected && m->selected->ns[0] ? m->selected->ns : "default");
    order_pick(&p->view, ns, slash ? slash + 1 : text, !was);
}

static unsigned pick_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct logs_pick *p = (struct logs_pick *)v;

    if (action == ACTION_SUSPEND || action == ACTION_REDRAW || key == K_CTRL('C'))
        return REACT_NONE;
    switch (picker_key(&p->picker, key)) {
    case PICKER_TAKEN: taken(p, m); return REACT_CLOSE;
    case PICKER_LEFT: return REACT_CLOSE;
    default: return REACT_DONE;
    }
}

static void pick_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    (void)v;
    (void)m;
    (void)right;
    buf_add_text(left, "Logs · pods picked by hand");
}

static void pick_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    struct logs_pick *p = (struct logs_pick *)v;

    (void)m;
    (void)focused;
    picker_draw(&p->picker, c, r);
}

static const struct hint hints[] = {{ACTION_BACK, "close"}, {ACTION_ENTER, "pick or drop"}, {ACTION_DOWN, "next"}, {ACTION_NONE, NULL}};

const struct view_ops logs_pick_view = {
    .name = "pick", .create = pick_new, .free = pick_free, .update = pick_update, .title = pick_title, .draw = pick_draw, .act = pick_act,
    .hints = hints,
};
