/* What each action does. The focused view is asked first; what it does not take is the app's; what no one takes is answered with a word why. */
#include "tui/app_state.h"
#include "tui/views/logs.h"
#include <stdio.h>

static void sayf(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void sayf(struct app *app, const char *format, ...)
{
    struct buf text = {0};
    va_list ap;
    va_start(ap, format);
    buf_vprintf(&text, format, ap);
    va_end(ap);
    app_say(app, text.p ? text.p : "");
    buf_free(&text);
}

/* A key as a person calls it. */
static void key_name(int key, char out[16])
{
    char bytes[4];
    size_t n = utf8_of_key(key, bytes);
    if (key == ' ')
        snprintf(out, 16, "Space");
    else if (n)
        snprintf(out, 16, "%.*s", (int)n, bytes);
    else if (key > 0 && key < 0x20)
        snprintf(out, 16, "Ctrl-%c", key + '@');
    else
        snprintf(out, 16, "that key");
}

static void focus(struct app *app, enum pane pane)
{
    if (app->place.focus == pane) {
        app_act(app, ACTION_ZOOM, 0); /* asked for twice: it is wanted large */
        return;
    }
    app->place.focus = pane;
}

static bool act_in_view(struct app *app, enum action action, int key)
{
    struct view *v = app_focused(app);
    bool overlay = v && v == app->overlay;
    unsigned did = v && v->ops->act ? v->ops->act(v, &app->model, action, key) : REACT_NONE;
    struct destination to = did & REACT_GO ? v->go : (struct destination){.of = KIND_NONE}; /* its orders may end the view */
    if (did & REACT_SAY)
        app_say(app, v->say);
    if (did)
        app_orders(app, v);
    if (did & REACT_GO) {
        if (overlay && v == app->overlay)
            app_close(app);
        place_go(app, &to);
    } else if ((did & REACT_CLOSE) && overlay && v == app->overlay) {
        app_close(app);
    }
    return did != REACT_NONE;
}

/* Keys that are the Logs pane's from everywhere: it gets the focus, then it acts. In a list the key that picks is about the selection's pod. */
static void to_logs(struct app *app, enum action action)
{
    struct view *logs = app->panes[PANE_LOGS];
    const struct object *o = app->model.selected, *pod = o ? chain_pod(o) : NULL;
    if (action == ACTION_LOG_PICK && pod) {
        if (logs_pick_toggle(logs, &app->model, pod->ns, pod->name))
            app->place.focus = PANE_LOGS;
        app_orders(app, logs);
        return;
    }
    app->place.focus = PANE_LOGS;
    act_in_view(app, action, 0);
}

/* From Why the logs are those of the finding: the line it rests on, or its time. False where nothing is found about what is selected. */
static bool explain(struct app *app)
{
    struct why_quote quotes[32];
    size_t n = why_quotes(app->panes[PANE_WHY], &app->model, quotes, sizeof quotes / sizeof *quotes);
    if (app->place.focus != PANE_WHY || !n)
        return false;
    logs_explain(app->panes[PANE_LOGS], &app->model, quotes, n);
    app->place.focus = PANE_LOGS;
    app_orders(app, app->panes[PANE_LOGS]);
    return true;
}

static void cycle(struct app *app, int by)
{
    bool stock = app->layout.frame[PANE_STOCK].h > 0 || app->place.focus == PANE_STOCK;
    int at = (int)app->place.focus;
    do
        at = (at + by + PANE_COUNT) % PANE_COUNT;
    while (at == PANE_STOCK && !stock);
    app->place.focus = (enum pane)at;
}

static void zoom(struct app *app)
{
    const struct place *before = app->n_undo ? &app->undo[app->n_undo - 1] : NULL;
    if (app->place.zoom && before && !before->zoom && before->focus == app->place.focus && before->list == app->place.list) {
        app->n_undo--;               /* the same as Esc */
        app->place.zoom = false;
        return;
    }
    if (!app->place.zoom)
        place_push(app);
    app->place.zoom = !app->place.zoom;
}

static void list(struct app *app, enum kind kind)
{
    if (!list_view_of(kind)) {
        sayf(app, "%s have no list of their own", kind_info(kind)->title);
        return;
    }
    if (app->place.list == kind && app->place.scope.of == KIND_NONE && !app->place.drilled) {
        app->place.focus = PANE_LIST;
        return;
    }
    place_push(app);
    app->place.list = kind;
    app->place.scope = (struct destination){.list = kind, .of = KIND_NONE};
    app->place.filter[0] = 0;
    app->place.drilled = false;
    app->place.focus = PANE_LIST;
    app->place.zoom = false;
    place_apply(app);
}

static void faults(struct app *app)
{
    const struct place *before = app->n_undo ? &app->undo[app->n_undo - 1] : NULL;
    if (app->place.faults && before && !before->faults && before->list == app->place.list) {
        app->n_undo--;
    } else if (!app->place.faults) {
        place_push(app);
    }
    app->place.faults = !app->place.faults;
    place_apply(app);
    app_say(app, app->place.faults ? "only what is not well; F or Esc shows all" : "all of them");
}

/* A filter that leaves no row is what Esc takes away first, whatever came after it: the empty list says so. */
static bool clear_idle_filter(struct app *app)
{
    const struct place *top = app->n_undo ? &app->undo[app->n_undo - 1] : NULL;
    struct view *list = app_list(app);
    if (app->place.focus != PANE_LIST || !app->place.filter[0] || !list || list->ops->selected(list, &app->model))
        return false;
    if (top && !top->filter[0] && top->list == app->place.list && top->faults == app->place.faults && top->zoom == app->place.zoom)
        return place_back(app);      /* it was what came last */
    app->place.filter[0] = '\0';
    place_apply(app);
    return true;
}

static void back(struct app *app)
{
    const struct place *top = app->n_undo ? &app->undo[app->n_undo - 1] : NULL;
    if (clear_idle_filter(app))
        return;
    if (app->place.focus != PANE_LIST && !app->place.zoom && !(top && top->focus == app->place.focus))
        app->place.focus = PANE_LIST;
    else if (!place_back(app))
        app_say(app, "nothing to undo; q quits");
}

static void copy(struct app *app)
{
    struct view *v = app_focused(app);
    struct buf command = {0};
    if (app->model.copies_why)       /* what stands on the screen is what is taken along */
        why_next_command(app->panes[PANE_WHY], &app->model, &command);
    if (!command.n && v && v->ops->command)
        v->ops->command(v, &app->model, &command);
    if (command.n) {
        app_wants(app, APP_COPY, command.p);
        sayf(app, "copied: %s", command.p);
    } else {
        app_say(app, "there is nothing here to copy");
    }
    buf_free(&command);
}

static void next_theme(struct app *app)
{
    if (app->themes.n < 2) {
        app_say(app, "there is only one theme");
        return;
    }
    app->theme = (app->theme + 1) % app->themes.n;
    app_wants(app, APP_THEME, app->themes.v[app->theme]);
    sayf(app, "theme %s", (const char *)app->themes.v[app->theme]);
}

static void yaml(struct app *app)
{
    if (!app->model.selected)
        app_say(app, "nothing is selected: there is no object to show");
    else
        app_open(app, &yaml_view);
}

static bool act_on_replay(struct app *app, enum action action)
{
    static const char *const wishes[ACTION_COUNT] = {[ACTION_REPLAY_PAUSE] = "pause", [ACTION_REPLAY_BACK] = "-10000", [ACTION_REPLAY_AHEAD] = "10000",
        [ACTION_REPLAY_SLOWER] = "slower", [ACTION_REPLAY_FASTER] = "faster"};
    if (action < 0 || action >= ACTION_COUNT || !wishes[action])
        return false;
    if (app->replaying)
        app_wants(app, APP_REPLAY, wishes[action]);
    else
        app_say(app, "this is no replay: sandtop --replay FILE shows a recording");
    return true;
}

/* Without a session only these do something. */
static bool act_always(struct app *app, enum action action)
{
    switch (action) {
    case ACTION_QUIT: app_leave(app, APP_QUIT, NULL); return true;
    case ACTION_SUSPEND: app_wants(app, APP_SUSPEND, NULL); return true;
    case ACTION_REDRAW: app_wants(app, APP_REDRAW, NULL); return true;
    case ACTION_THEME: next_theme(app); return true;
    case ACTION_CONTEXT: ask_context(app); return true;
    default: return act_on_replay(app, action);
    }
}

static bool act_in_app(struct app *app, enum action action)
{
    switch (action) {
    case ACTION_BACK: back(app); return true;
    case ACTION_NEXT_PANE: cycle(app, 1); return true;
    case ACTION_PREV_PANE: cycle(app, -1); return true;
    case ACTION_ZOOM: zoom(app); return true;
    case ACTION_CLAIMS: list(app, KIND_CLAIM); return true;
    case ACTION_SANDBOXES: list(app, KIND_SANDBOX); return true;
    case ACTION_POOLS: list(app, KIND_POOL); return true;
    case ACTION_TEMPLATES: list(app, KIND_TEMPLATE); return true;
    case ACTION_PODS: list(app, KIND_POD); return true;
    case ACTION_NODES: list(app, KIND_NODE); return true;
    case ACTION_WHY: focus(app, PANE_WHY); return true;
    case ACTION_EVENTS: focus(app, PANE_EVENTS); return true;
    case ACTION_LOGS:
        if (!explain(app))
            focus(app, PANE_LOGS);
        return true;
    case ACTION_LOG_OWN: case ACTION_LOG_PICK: case ACTION_LOG_ABOUT: to_logs(app, action); return true;
    case ACTION_FILTER: ask_filter(app); return true;
    case ACTION_FAULTS: faults(app); return true;
    case ACTION_COMMAND: ask_command(app); return true;
    case ACTION_NAMESPACE: ask_namespace(app); return true;
    case ACTION_YAML: yaml(app); return true;
    case ACTION_COPY: copy(app); return true;
    case ACTION_SOURCES: app_open(app, &sources_view); return true;
    case ACTION_HELP: app_open(app, &help_view); return true;
    case ACTION_TEST: case ACTION_TEST_AS: case ACTION_EXEC: case ACTION_RUNS: app_run_act(app, action); return true;
    case ACTION_BUNDLE: app_open(app, &bundle_view); return true;
    case ACTION_DEBUG: app_open(app, &controller_view); return true;
    case ACTION_HISTORY: app_open(app, &history_view); return true;
    case ACTION_TIMELINE:
        if (app->model.selected)
            app_open(app, &timeline_view);
        else
            app_say(app, "nothing is selected: there is no story to tell");
        return true;
    default: return false;
    }
}

static void impossible(struct app *app, enum action action, int key)
{
    char name[16];
    key_name(key, name);
    if (app->place.focus != PANE_LIST && (action == ACTION_LEFT || action == ACTION_RIGHT || action == ACTION_UPWARD)) {
        app_say(app, "the chain is walked in the list; Esc goes there");
        return;
    }
    switch (action) {
    case ACTION_NONE: sayf(app, "%s does nothing; ? shows the keys", name); break;
    case ACTION_UP: case ACTION_DOWN: case ACTION_PAGE_UP: case ACTION_PAGE_DOWN: case ACTION_TOP: case ACTION_BOTTOM:
        if (app->place.focus != PANE_LIST)
            app_say(app, "all of it is on the screen: nothing to scroll");
        break;
    case ACTION_ENTER: app_say(app, "there is nothing here to go into"); break;
    case ACTION_LEFT: case ACTION_UPWARD: app_say(app, "this is the top of the chain"); break;
    case ACTION_RIGHT: app_say(app, "this is the end of the chain"); break;
    default: sayf(app, "%s does nothing in this pane", name); break;
    }
}

void app_act(struct app *app, enum action action, int key)
{
    if (!app->session) {
        if (!act_always(app, action))
            app_say(app, "not connected yet; q quits");
        return;
    }
    bool typed = app->overlay && action == ACTION_NONE; /* an overlay may know keys of its own */
    if ((action != ACTION_NONE || typed) && act_in_view(app, action, key))
        return;
    if (app->overlay) {
        struct view *v = app->overlay;
        if (action == ACTION_BACK || action == ACTION_QUIT || (action == ACTION_HELP && v->ops == &help_view) || (action == ACTION_YAML && v->ops == &yaml_view))
            app_close(app);
        else if (action == ACTION_COPY)
            copy(app);
        else if (action == ACTION_FILTER && v->ops->filter)
            ask_filter(app);
        else if (action == ACTION_HELP)
            app_open(app, &help_view);
        else if (action == ACTION_UP || action == ACTION_DOWN || action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN || action == ACTION_TOP || action == ACTION_BOTTOM)
            return;
        else if (action == ACTION_CONTEXT || !act_always(app, action))
            app_say(app, "Esc closes this first");
        return;
    }
    if (!act_always(app, action) && !act_in_app(app, action))
        impossible(app, action, key);
}
