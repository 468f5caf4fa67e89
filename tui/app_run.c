/* The keys that launch test sandboxes, and what the app remembers of them: the last command of each place, and that earlier runs left something. */
#include "core/base/mem.h"
#include "tui/app_state.h"
#include <stdio.h>
#include <stdlib.h>

/* A test can begin at a pool, a template or a claim; a command can run inside a claim or a sandbox. */
static const struct object *subject(struct app *app, bool inside)
{
    const struct object *o = app->model.selected;

    if (!o)
        app_say(app, "nothing is selected: choose a pool, a template or a claim");
    else if (inside && o->kind != KIND_CLAIM && o->kind != KIND_SANDBOX)
        app_say(app, "a command runs in a claim's or a sandbox's own sandbox: choose one of those; t makes a sandbox for it");
    else if (!inside && o->kind != KIND_CLAIM && o->kind != KIND_POOL && o->kind != KIND_TEMPLATE)
        app_say(app, "a test sandbox is made from a pool, a template or a claim: choose one of those");
    else if (app->model.info->read_only)
        app_say(app, "--read-only: nothing is created and nothing is run");
    else
        return o;
    return NULL;
}

/* An environment variable that says something; else NULL. */
static const char *told(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value ? value : NULL;
}

static void test(struct app *app, const struct object *o)
{
    const struct remembered_run *last = run_remembered(&app->runs, o);
    struct run_wish wish = {.kind = o->kind, .ns = o->ns, .name = o->name, .command = last ? last->command : NULL, .shell = last && last->shell,
                            .router_url = told("SANDTOP_ROUTER_URL"), .token = told("SANDTOP_ROUTER_TOKEN")};
    struct err err = {0};

    if (session_run_start(app->session, &wish, &err))
        app_open(app, &runs_view);
    else
        app_say(app, err.text ? err.text : "it cannot be launched");
    err_clear(&err);
}

static void ask(struct app *app, const struct object *o, bool inside)
{
    struct object_ref about;

    ref_set(&about, o);
    app_open(app, &run_form_view);
    o = store_find(app->model.store, about.kind, slice_of(about.ns), slice_of(about.name));
    if (o)
        run_form_about(app->overlay, o, inside, run_remembered(&app->runs, o));
}

void app_run_act(struct app *app, enum action action)
{
    const struct object *o = action == ACTION_RUNS ? NULL : subject(app, action == ACTION_EXEC);

    if (o)
        app_stay(app);
    if (action == ACTION_RUNS)
        app_open(app, &runs_view);
    else if (o && action == ACTION_TEST)
        test(app, o);
    else if (o)
        ask(app, o, action == ACTION_EXEC);
}

/* What was run where: said by the runs themselves, whoever has started them. */
static void remember(struct app *app)
{
    static const enum kind kinds[] = {[RUN_TEMPLATE] = KIND_TEMPLATE, [RUN_POOL] = KIND_POOL, [RUN_CLAIM] = KIND_CLAIM, [RUN_SANDBOX] = KIND_SANDBOX};
    const struct run_view *v = app->model.n_runs ? app->model.runs[app->model.n_runs - 1].view : NULL;

    if (!v || !v->n_results)
        return;
    const struct run_result *last = &v->results[v->n_results - 1];
    run_remember(&app->runs, kinds[v->target], v->ns, v->target_name, last->command, last->shell);
}

/* ---- leaving ------------------------------------------------------------------------------------------------------------------------ */

void app_stay(struct app *app)
{
    app->leaving = APP_NOTHING;
    free(app->leaving_to);
    app->leaving_to = NULL;
}

void app_leave(struct app *app, enum app_wish wish, const char *text)
{
    bool again = app->leaving == wish;
    char *to = mem_text(text);

    app_stay(app);
    if (again || !app->session || !session_runs_active(app->session)) {
        app_wants(app, wish, to);
        free(to);
        return;
    }
    app->leaving = wish;
    app->leaving_to = to;
    session_runs_end(app->session);
}

/* Says so as long as it takes: q is answered, though the dashboard is still there. */
static void go_on_leaving(struct app *app)
{
    size_t n = session_runs_active(app->session);
    char text[160];

    if (!n) {
        app_wants(app, app->leaving, app->leaving_to);
        app_stay(app);
        return;
    }
    snprintf(text, sizeof text, "cleaning up %zu test sandbox%s before leaving; asked again, sandtop leaves at once, and %s at the shutdownTime", n, n == 1 ? "" : "es",
             n == 1 ? "it goes" : "they go");
    app_say(app, text);
}

void app_run_update(struct app *app)
{
    remember(app);
    if (app->leaving)
        go_on_leaving(app);
    if (!app->leftovers_asked && app->model.info->first_list && !app->model.info->read_only) {
        app->leftovers_asked = true;
        session_leftovers_look(app->session);
    }
}
