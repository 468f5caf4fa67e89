/* The app's turns and its drawing: see app.h. The views are asked anew at each draw; nothing of the store is kept between turns but names. */
#include "core/base/mem.h"
#include "tui/app_state.h"
#include "tui/header.h"
#include <stdio.h>
#include <stdlib.h>

static void copy_names(struct ptrs *to, const char *const *names)
{
    for (size_t i = 0; i < to->n; i++)
        free(to->v[i]);
    ptrs_clear(to);
    for (; names && *names; names++)
        ptrs_add(to, mem_text(*names));
}

struct app *app_new(const struct app_config *config)
{
    struct app *app = NEW(struct app);
    app->config = *config;
    app->config.filter = NULL;
    app->place = (struct place){.list = KIND_CLAIM, .scope = {.of = KIND_NONE, .list = KIND_CLAIM}, .focus = PANE_LIST, .all_ns = true};
    snprintf(app->place.filter, sizeof app->place.filter, "%s", config->filter ? config->filter : "");
    app->selected.kind = KIND_NONE;
    app->drawn_second = INT64_MIN;
    app->dirty = true;
    return app;
}

static void drop_view(struct app *app, struct view **v)
{
    if (*v) {
        app_forget(app, *v);
        (*v)->ops->free(*v);
    }
    *v = NULL;
}

static void drop_views(struct app *app)
{
    app_bundle_drop(app);
    app_close(app);
    for (int i = 0; i < KIND_COUNT; i++)
        drop_view(app, &app->lists[i]);
    for (int i = 0; i < PANE_COUNT; i++)
        drop_view(app, &app->panes[i]);
}

void app_free(struct app *app)
{
    if (!app)
        return;
    drop_views(app);
    app_stay(app);
    prompt_close(&app->prompt);
    picker_close(&app->picker);
    copy_names(&app->contexts, NULL);
    copy_names(&app->themes, NULL);
    ptrs_free(&app->contexts);
    ptrs_free(&app->themes);
    for (size_t i = 0; i < app->n_wishes; i++)
        free(app->wishes[i].text);
    free(app->wish_text);
    free(app);
}

void app_contexts(struct app *app, const char *const *names)
{
    copy_names(&app->contexts, names);
}

void app_themes(struct app *app, const char *const *names)
{
    copy_names(&app->themes, names);
}

void app_theme(struct app *app, const char *name)
{
    for (size_t i = 0; i < app->themes.n; i++)
        if (!strcmp(app->themes.v[i], name))
            app->theme = i;
}

void app_model(struct app *app)
{
    struct session *s = app->session;
    model_make(&app->model, s, app->config.utc);
    app->model.epoch = app->epoch;
    app->model.bundle = app->bundle ? bundle_status(app->bundle) : NULL;
    app->model.replay = app->replaying ? &app->replay : NULL;
    struct view *stock = app->panes[PANE_STOCK], *list = app->lists[app->place.list];
    bool of_stock = app->place.focus == PANE_STOCK && stock;
    struct view *of = of_stock ? stock : list;
    app->model.selected = of && of->ops->selected ? of->ops->selected(of, &app->model) : NULL;
    app->model.copies_why = !app->overlay && (app->place.focus == PANE_LIST || app->place.focus == PANE_STOCK || app->place.focus == PANE_WHY);
}

struct view *app_list(struct app *app)
{
    struct view **slot = &app->lists[app->place.list];
    const struct view_ops *ops = list_view_of(app->place.list);
    if (!*slot && ops) {
        *slot = ops->create();
        (*slot)->ops = ops;
        (*slot)->scope.of = KIND_NONE;
    }
    return *slot;
}

struct view *app_focused(struct app *app)
{
    return app->overlay ? app->overlay : app->place.focus == PANE_LIST ? app_list(app) : app->panes[app->place.focus];
}

void app_session(struct app *app, struct session *session)
{
    static const struct view_ops *const panes[PANE_COUNT] = {[PANE_STOCK] = &stock_view, [PANE_WHY] = &why_view, [PANE_EVENTS] = &events_view, [PANE_LOGS] = &logs_view};
    drop_views(app);
    app_stay(app);
    app->runs.n = 0;                 /* a place of that name in another cluster is another place */
    prompt_close(&app->prompt);
    picker_close(&app->picker);
    app->asking = ASK_NOTHING;
    app->session = session;
    app->epoch++;
    app->model = (struct model){0};
    app->n_undo = 0;
    app->selected.kind = KIND_NONE;
    app->say_until = 0;
    app->leftovers_asked = app->leftovers_told = app->debug_told = false;
    app->dirty = true;
    if (!session)
        return;
    for (int i = 0; i < PANE_COUNT; i++)
        if (panes[i]) {
            app->panes[i] = panes[i]->create();
            app->panes[i]->ops = panes[i];
            app->panes[i]->scope.of = KIND_NONE;
        }
    const char *ns = session_info(session)->ns;
    app->place = (struct place){.list = app->place.list, .scope = {.of = KIND_NONE, .list = app->place.list}, .focus = PANE_LIST, .all_ns = !ns};
    snprintf(app->place.ns, sizeof app->place.ns, "%s", ns ? ns : "");
    if (app->config.filter)
        snprintf(app->place.filter, sizeof app->place.filter, "%s", app->config.filter);
    place_apply(app);
}

void app_update(struct app *app)
{
    if (!app->session)
        return;
    app_list(app);
    app_model(app);
    for (int i = 0; i < KIND_COUNT; i++)
        if (app->lists[i])
            app->lists[i]->ops->update(app->lists[i], &app->model);
    app->panes[PANE_STOCK]->ops->update(app->panes[PANE_STOCK], &app->model);
    app_model(app);                  /* the selection as it is now */
    session_select(app->session, app->model.selected);
    if (!ref_is(&app->selected, app->model.selected)) {
        ref_set(&app->selected, app->model.selected);
        app->dirty = true;
    }
    for (int i = PANE_WHY; i < PANE_COUNT; i++)
        app->panes[i]->ops->update(app->panes[i], &app->model);
    if (app->overlay && app->overlay->ops->update)
        app->overlay->ops->update(app->overlay, &app->model);
    app_run_update(app);
    app_remind(app);
    app_bundle_step(app);
    for (int i = 0; i < PANE_COUNT; i++)
        app_orders(app, app->panes[i]);
    app_orders(app, app->overlay);
    uint64_t generation = store_generation(app->model.store);
    if (generation != app->seen_generation || app->model.info->health != app->seen_health || app->overlay)
        app->dirty = true;
    app->seen_generation = generation;
    app->seen_health = app->model.info->health;
}

/* --- overlays, wishes, words in the footer --------------------------------------------------------------------------------------- */

void app_open(struct app *app, const struct view_ops *ops)
{
    app_close(app);
    app_model(app);
    app->overlay = ops->create();
    app->overlay->ops = ops;
    if (ops->update)
        ops->update(app->overlay, &app->model);
    app_orders(app, app->overlay);
}

void app_close(struct app *app)
{
    drop_view(app, &app->overlay);
    app->dirty = true;
}

void app_wants(struct app *app, enum app_wish wish, const char *text)
{
    if (app->n_wishes == MOST_WISHES)
        return;
    app->wishes[app->n_wishes].wish = wish;
    app->wishes[app->n_wishes++].text = mem_text(text);
}

enum app_wish app_wish(struct app *app, const char **text)
{
    free(app->wish_text);
    app->wish_text = NULL;
    *text = NULL;
    if (!app->n_wishes)
        return APP_NOTHING;
    enum app_wish wish = app->wishes[0].wish;
    *text = app->wish_text = app->wishes[0].text;
    memmove(app->wishes, app->wishes + 1, --app->n_wishes * sizeof *app->wishes);
    return wish;
}

void app_replay(struct app *app, const struct replay_state *replay)
{
    if (app->replaying != !!replay || (replay && memcmp(&app->replay, replay, sizeof *replay)))
        app->dirty = true;
    app->replaying = replay;
    app->replay = replay ? *replay : (struct replay_state){0};
}

void app_say(struct app *app, const char *text)
{
    snprintf(app->say, sizeof app->say, "%s", text);
    app->say_until = app->session ? session_now(app->session) + SAY_MS : INT64_MAX;
    app->dirty = true;
}

static bool saying(const struct app *app)
{
    return app->say[0] && app->say_until > (app->session ? session_now(app->session) : 0);
}

bool app_needs_draw(const struct app *app)
{
    if (app->dirty || !app->session)
        return app->dirty;
    int64_t now = session_now(app->session);
    return now / 1000 != app->drawn_second || (app->say[0] && app->say_until <= now);
}

int64_t app_due(const struct app *app)
{
    if (!app->session)
        return 1000;
    int64_t now = session_now(app->session), due = 1000 - now % 1000;
    if (app_needs_draw(app))
        return 0;
    if (app->say[0] && app->say_until > now && app->say_until - now < due)
        due = app->say_until - now;
    int64_t bundle = app->bundle ? bundle_due(app->bundle) : -1;
    if (bundle >= 0 && bundle < due)
        due = bundle;
    for (int i = 0; i <= PANE_COUNT; i++) {
        struct view *v = i < PANE_COUNT ? app->panes[i] : app->overlay;
        int64_t more = v && v->ops->due ? v->ops->due(v, &app->model) : -1;
        if (more >= 0 && more < due)
            due = more;
    }
    return due;
}

void app_key(struct app *app, int key)
{
    char text[4];
    bool asked = app->prompt.mode != PROMPT_NONE || app->picker.open, ended = key == K_PASTE_END;
    bool wants_text = asked && !(app->prompt.mode == PROMPT_ASK && app->asked.ask.yes_no); /* a paste must not say yes */
    if (key == K_RESIZE || !key || (app->pasting && !ended && (!wants_text || !utf8_of_key(key, text))))
        return;                      /* pasted: only text, and only where text is asked for */
    app->dirty = true;
    if (key == K_PASTE_BEGIN || ended) {
        app->pasting = !ended;
        if (!ended && !wants_text)
            app_say(app, "pasted text is not taken as keys: press / or : before it");
        if (ended && app->session)
            app_update(app);         /* once for the whole of it */
        return;
    }
    if (app->say[0] && app->say_until > 0)
        app->say[0] = 0;             /* read by now: a key was pressed */
    if (app->session)
        app_model(app);
    if (asked) {
        ask_key(app, key);
    } else {
        struct view *v = app->session ? app_focused(app) : NULL;
        app_act(app, keymap_action(key, v ? v->ops->keys : KEYS_ALL), key);
    }
    if (app->session && !app->pasting)
        app_update(app);
}

/* --- drawing --------------------------------------------------------------------------------------------------------------------- */

static void draw_pane(struct app *app, enum pane pane, struct canvas *c)
{
    struct rect frame = app->layout.frame[pane];
    struct view *v = pane == PANE_LIST ? app_list(app) : app->panes[pane];
    bool focused = app->place.focus == pane && !app->overlay;
    struct buf left = {0}, right = {0};
    if (!frame.h || frame.w < 1 || !v)
        return;
    struct rect inside = layout_inside(frame);
    canvas_clip(c, inside);
    v->ops->draw(v, &app->model, c, inside, focused); /* first: a title tells what the draw found */
    canvas_clip(c, frame);
    if (pane == PANE_LIST)
        place_crumbs(app, &left);
    v->ops->title(v, &app->model, &left, &right);
    frame_draw(c, frame, buf_slice(&left), buf_slice(&right), focused);
    buf_free(&left);
    buf_free(&right);
}

static void draw_overlay(struct app *app, struct canvas *c)
{
    struct rect frame = app->layout.body;
    struct buf left = {0}, right = {0};
    canvas_clip(c, frame);
    canvas_fill(c, frame, ROLE_NORMAL, " ");
    struct rect inside = layout_inside(frame);
    canvas_clip(c, inside);
    app->overlay->ops->draw(app->overlay, &app->model, c, inside, true);
    canvas_clip(c, frame);
    app->overlay->ops->title(app->overlay, &app->model, &left, &right);
    frame_draw(c, frame, buf_slice(&left), buf_slice(&right), true);
    buf_free(&left);
    buf_free(&right);
}

static void draw_hints(struct app *app, struct canvas *c, struct rect line)
{
    static const struct hint list[] = {{ACTION_ENTER, "into"}, {ACTION_LOGS, NULL}, {ACTION_EVENTS, NULL}, {ACTION_FAULTS, NULL}, {ACTION_FILTER, NULL},
        {ACTION_COMMAND, NULL}, {ACTION_COPY, NULL}, {ACTION_YAML, NULL}, {ACTION_NEXT_PANE, NULL}, {ACTION_ZOOM, NULL}, {ACTION_NAMESPACE, NULL},
        {ACTION_CONTEXT, NULL}};
    static const struct hint pane[] = {{ACTION_BACK, NULL}, {ACTION_NEXT_PANE, NULL}, {ACTION_ZOOM, NULL}, {ACTION_COPY, NULL}, {ACTION_DOWN, "scroll"},
        {ACTION_FILTER, NULL}, {ACTION_COMMAND, NULL}};
    static const struct hint logs[] = {{ACTION_BACK, NULL}, {ACTION_FILTER, "search"}, {ACTION_LOG_IN, NULL}, {ACTION_FAULTS, "errors"}, {ACTION_LOG_ABOUT, NULL},
        {ACTION_LOG_OWN, NULL}, {ACTION_LOG_CLAIM, NULL}, {ACTION_ZOOM, NULL}, {ACTION_LOG_FOLLOW, NULL}, {ACTION_LOG_SYSTEM, NULL}, {ACTION_LOG_WRAP, NULL},
        {ACTION_SAVE, NULL}, {ACTION_LOG_OUT, NULL}, {ACTION_LOG_LEVEL, NULL}, {ACTION_LOG_ERROR_PREV, NULL}, {ACTION_SEARCH_PREV, NULL}, {ACTION_COPY, NULL}};
    static const struct hint overlay[] = {{ACTION_BACK, "close"}, {ACTION_DOWN, "scroll"}, {ACTION_PAGE_DOWN, "page"}, {ACTION_COPY, NULL}};
    size_t own = 0;
    while (app->overlay && app->overlay->ops->hints && app->overlay->ops->hints[own].action != ACTION_NONE)
        own++;
    if (own)
        footer_hints(c, line, app->overlay->ops->hints, own);
    else if (app->overlay)
        footer_hints(c, line, overlay, sizeof overlay / sizeof *overlay);
    else if (app->place.focus == PANE_LOGS)
        footer_hints(c, line, logs, sizeof logs / sizeof *logs);
    else if (app->place.focus == PANE_LIST || app->place.focus == PANE_STOCK)
        footer_hints(c, line, list, sizeof list / sizeof *list);
    else
        footer_hints(c, line, pane, sizeof pane / sizeof *pane);
}

static void draw_trouble(struct canvas *c, struct rect line, const struct session_info *info)
{
    struct buf text = {0};
    char age[16];
    if (info->health == SESSION_STALE)
        buf_printf(&text, "what is shown is %s old: ", time_short(info->stale_ms, age));
    buf_add_text(&text, info->message);
    canvas_fit(c, line.y, 1, line.w - 2, info->health == SESSION_FAILED ? ROLE_ERROR : ROLE_WARNING, FIT_END, buf_slice(&text));
    buf_free(&text);
}

static void draw_footer(struct app *app, struct canvas *c)
{
    struct rect line = {app->h - 1, 0, app->layout.footer, app->w};
    if (!line.h)
        return;
    canvas_clip(c, line);
    const struct session_info *info = app->session ? app->model.info : NULL;
    if (app->prompt.mode != PROMPT_NONE)
        prompt_draw(&app->prompt, c, line);
    else if (saying(app))
        canvas_fit(c, line.y, 1, line.w - 2, ROLE_ACCENT, FIT_END, slice_of(app->say));
    else if (info && info->health != SESSION_LIVE && info->message && info->message[0])
        draw_trouble(c, line, info);
    else
        draw_hints(app, c, line);
}

void app_draw(struct app *app, struct canvas *c)
{
    app->h = canvas_h(c);
    app->w = canvas_w(c);
    canvas_erase(c);
    canvas_cursor(c, -1, -1);
    layout_make(&app->layout, app->h, app->w, app->place.focus, app->place.zoom);
    struct rect head = {0, 0, app->layout.header, app->w};
    if (app->session) {
        app_model(app);
        header_draw(c, head, &app->model);
        if (app->overlay)
            draw_overlay(app, c);
        else
            for (int i = 0; i < PANE_COUNT; i++)
                draw_pane(app, (enum pane)i, c);
        canvas_clip(c, app->layout.body);
        if (!app->overlay)
            frame_joints(c, &app->layout);
    } else {
        header_draw(c, head, NULL);
    }
    canvas_clip(c, app->layout.body);
    if (app->picker.open)
        picker_draw(&app->picker, c, app->layout.body);
    draw_footer(app, c);
    canvas_clip(c, (struct rect){0, 0, app->h, app->w});
    if (app->say[0] && !saying(app))
        app->say[0] = 0;
    app->dirty = false;
    app->drawn_second = app->session ? session_now(app->session) / 1000 : INT64_MIN;
}
