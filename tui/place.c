/* Where one is and the way back: each step that Esc can undo leaves the place it started from on a stack. */
#include "tui/app_state.h"
#include <stdio.h>

static void note_cursor(struct app *app)
{
    struct view *list = app_list(app);
    const struct object *o = list && list->ops->selected ? list->ops->selected(list, &app->model) : NULL;
    snprintf(app->place.stood, sizeof app->place.stood, "%s", o ? o->name : "");
    snprintf(app->place.stood_ns, sizeof app->place.stood_ns, "%s", o ? o->ns : "");
}

void place_push(struct app *app)
{
    if (!app->session)
        return;
    note_cursor(app);
    if (app->n_undo == MOST_PLACES) {
        memmove(app->undo, app->undo + 1, (MOST_PLACES - 1) * sizeof *app->undo);
        app->n_undo--;
    }
    app->undo[app->n_undo++] = app->place;
}

static void set_filter(struct app *app, struct view *v, const char *text)
{
    struct err err = {0};
    if (v && v->ops->filter)
        v->ops->filter(v, &app->model, slice_of(text), &err);
    err_clear(&err);                 /* it was good when it was taken */
}

void place_apply(struct app *app)
{
    if (!app->session)
        return;
    app_model(app);
    if (app->place.all_ns != !app->model.info->ns || (app->model.info->ns && strcmp(app->model.info->ns, app->place.ns) != 0)) {
        session_set_ns(app->session, app->place.all_ns ? NULL : app->place.ns);
        app_model(app);
    }
    struct view *list = app_list(app);
    if (list) {
        list->scope = app->place.scope;
        list->faults_only = app->place.faults;
        set_filter(app, list, app->place.filter);
        list->ops->update(list, &app->model);
    }
    app->dirty = true;
}

bool place_back(struct app *app)
{
    if (!app->n_undo)
        return false;
    app->place = app->undo[--app->n_undo];
    struct destination *scope = &app->place.scope;
    snprintf(scope->focus, sizeof scope->focus, "%s", app->place.stood);
    snprintf(scope->focus_ns, sizeof scope->focus_ns, "%s", app->place.stood_ns);
    place_apply(app);
    scope->focus[0] = scope->focus_ns[0] = 0;
    return true;
}

void place_go(struct app *app, const struct destination *to)
{
    if (!list_view_of(to->list))
        return;
    place_push(app);
    app->place.list = to->list;
    app->place.scope = *to;
    app->place.filter[0] = 0;
    app->place.faults = false;
    app->place.drilled = true;
    app->place.focus = PANE_LIST;
    app->place.zoom = false;
    place_apply(app);
    app->place.scope.focus[0] = app->place.scope.focus_ns[0] = 0;
}

static void crumb(const struct place *p, struct buf *out)
{
    buf_printf(out, "%s › ", p->scope.of != KIND_NONE && p->scope.name[0] ? p->scope.name : kind_info(p->list)->title);
}

void place_crumbs(const struct app *app, struct buf *out)
{
    size_t from = app->n_undo;
    const struct place *here = &app->place;
    while (from && here->drilled)    /* back to where the path began */
        here = &app->undo[--from];
    const struct place *last = NULL;
    for (size_t i = from; i < app->n_undo; i++) {
        const struct place *p = &app->undo[i];
        bool same = last && last->list == p->list && !memcmp(&last->scope, &p->scope, sizeof p->scope);
        bool is_here = p->list == app->place.list && !memcmp(&p->scope, &app->place.scope, sizeof p->scope);
        if (!same && !is_here)
            crumb(p, out);
        last = p;
    }
}
