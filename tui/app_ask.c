/* What the app asks a person: the filter as one types, the command line with its completion, the pickers. */
#include "core/base/map.h"
#include "core/base/mem.h"
#include "tui/app_state.h"
#include <stdio.h>
#include <stdlib.h>

static const char ALL_NAMESPACES[] = "all namespaces";

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every namespace that some object stands in, sorted; copies. */
static void namespaces(struct app *app, struct ptrs *out)
{
    static const enum kind kinds[] = {KIND_POOL, KIND_TEMPLATE, KIND_CLAIM, KIND_SANDBOX, KIND_POD};
    struct map seen = {0};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct ptrs *all = store_all(app->model.store, kinds[k]);
        for (size_t i = 0; i < all->n; i++) {
            const struct object *o = all->v[i];
            if (!o->ns[0] || map_get(&seen, slice_of(o->ns)))
                continue;
            char *name = mem_text(o->ns);
            map_put(&seen, slice_of(name), name);
            ptrs_add(out, name);
        }
    }
    const char *ns = app->model.info->ns;
    if (ns && !map_get(&seen, slice_of(ns)))
        ptrs_add(out, mem_text(ns));
    map_free(&seen);
    if (out->n)
        qsort(out->v, out->n, sizeof *out->v, by_name);
}

static void free_names(struct ptrs *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->v[i]);
    ptrs_free(names);
}

void app_set_ns(struct app *app, const char *ns)
{
    if (app->place.all_ns == !ns && (!ns || !strcmp(app->place.ns, ns)))
        return;
    place_push(app);
    app->place.all_ns = !ns;
    snprintf(app->place.ns, sizeof app->place.ns, "%s", ns ? ns : "");
    place_apply(app);
}

static void set_context(struct app *app, const char *name)
{
    for (size_t i = 0; i < app->contexts.n; i++)
        if (!strcmp(app->contexts.v[i], name)) {
            app_leave(app, APP_CONTEXT, name);
            return;
        }
    char text[320];
    snprintf(text, sizeof text, "the kubeconfig has no context \"%s\"; c lists them", name);
    app_say(app, text);
}

static void set_theme(struct app *app, const char *name)
{
    for (size_t i = 0; i < app->themes.n; i++)
        if (!strcmp(app->themes.v[i], name)) {
            app->theme = i;
            app_wants(app, APP_THEME, name);
            return;
        }
    char text[320];
    snprintf(text, sizeof text, "no theme \"%s\"; Tab after :theme lists them", name);
    app_say(app, text);
}

/* --- the filter ------------------------------------------------------------------------------------------------------------------ */

/* The view that a filter typed now is for, and where its text is kept; NULL text: an overlay's own. */
static struct view *filtered(struct app *app, char **text)
{
    struct view *v = app_focused(app);
    *text = NULL;
    if (app->overlay)
        return v && v->ops->filter ? v : NULL;
    *text = app->place.filter;
    v = app_list(app);
    return v && v->ops->filter ? v : NULL;
}

void ask_filter(struct app *app)
{
    char *text;
    if (!filtered(app, &text)) {
        app_say(app, "this view has no filter");
        return;
    }
    if (!app->overlay)
        app->place.focus = PANE_LIST;
    snprintf(app->filter_before, sizeof app->filter_before, "%s", text ? text : "");
    prompt_open(&app->prompt, PROMPT_FILTER, text ? text : "");
}

/* Applies what is typed: a broken pattern is said, and the last good one stays. */
static void try_filter(struct app *app, const char *typed)
{
    char *text;
    struct view *v = filtered(app, &text);
    err_clear(&app->prompt.error);
    if (!v)
        return;
    v->ops->filter(v, &app->model, slice_of(typed), &app->prompt.error);
    if (!app->prompt.error.text && text)
        snprintf(text, 512, "%s", typed);
}

static void filter_key(struct app *app, enum prompt_result did)
{
    char *text;
    switch (did) {
    case PROMPT_CHANGED: try_filter(app, app->prompt.text); break;
    case PROMPT_CANCEL:
        try_filter(app, app->filter_before);
        prompt_close(&app->prompt);
        break;
    case PROMPT_ACCEPT:
        if (app->prompt.error.text) {
            char say[512];
            snprintf(say, sizeof say, "the last good filter stays: %s", app->prompt.error.text);
            app_say(app, say);
        }
        prompt_close(&app->prompt);
        if (filtered(app, &text) && text && strcmp(text, app->filter_before) != 0) {
            char now[512];
            snprintf(now, sizeof now, "%s", text);
            snprintf(text, 512, "%s", app->filter_before);
            place_push(app);         /* Esc brings back what stood before */
            snprintf(text, 512, "%s", now);
        }
        break;
    default: break;
    }
}

/* --- the command line ------------------------------------------------------------------------------------------------------------ */

static void completions(struct app *app, const char *typed, struct ptrs *out)
{
    struct ptrs ns = {0};
    if (app->session)
        namespaces(app, &ns);
    struct command_names names = {.namespaces = &ns, .contexts = &app->contexts, .themes = &app->themes};
    command_complete(slice_of(typed), &names, out);
    free_names(&ns);
}

static void show_completions(struct app *app, const char *typed, const char *taken)
{
    struct ptrs words = {0};
    struct buf hint = {0};
    completions(app, typed, &words);
    for (size_t i = 0; i < words.n && hint.n < sizeof app->prompt.hint; i++)
        buf_printf(&hint, taken && !strcmp(taken, words.v[i]) ? "%s[%s]" : "%s%s", i ? "  " : "", (const char *)words.v[i]);
    snprintf(app->prompt.hint, sizeof app->prompt.hint, "%s", hint.p ? hint.p : "");
    buf_free(&hint);
    free_names(&words);
}

void ask_command(struct app *app)
{
    prompt_open(&app->prompt, PROMPT_COMMAND, "");
    app->history_at = app->n_history;
    app->completing[0] = 0;
    app->completion = 0;
    show_completions(app, "", NULL);
}

static void complete(struct app *app)
{
    struct prompt *p = &app->prompt;
    if (!app->completion)
        snprintf(app->completing, sizeof app->completing, "%s", p->text);
    struct ptrs words = {0};
    completions(app, app->completing, &words);
    if (words.n) {
        char text[1024], taken[256];
        const char *word = words.v[app->completion++ % words.n];
        snprintf(taken, sizeof taken, "%s", word);
        size_t start = command_word_start(slice_of(app->completing));
        snprintf(text, sizeof text, "%.*s%s%s", (int)start, app->completing, word, words.n == 1 ? " " : "");
        bool only = words.n == 1;
        prompt_set(p, text);
        if (only) {                  /* done with this word: the next Tab is about the next */
            app->completion = 0;
            show_completions(app, p->text, NULL);
        } else {
            show_completions(app, app->completing, taken);
        }
    }
    free_names(&words);
}

static void remember(struct app *app, const char *text)
{
    if (!text[0] || (app->n_history && !strcmp(app->history[app->n_history - 1], text)))
        return;
    if (app->n_history == HISTORY) {
        memmove(app->history, app->history + 1, (HISTORY - 1) * sizeof *app->history);
        app->n_history--;
    }
    snprintf(app->history[app->n_history++], sizeof *app->history, "%s", text);
}

static void run(struct app *app, const struct command *c)
{
    static const enum action lists[KIND_COUNT] = {[KIND_CLAIM] = ACTION_CLAIMS, [KIND_SANDBOX] = ACTION_SANDBOXES, [KIND_POOL] = ACTION_POOLS,
        [KIND_TEMPLATE] = ACTION_TEMPLATES, [KIND_POD] = ACTION_PODS, [KIND_NODE] = ACTION_NODES};
    const char *name = c->argument[0] ? c->argument : NULL;
    bool all = name && (!strcmp(name, "all") || !strcmp(name, "*"));
    if (c->verb != COMMAND_ACTION && c->verb != COMMAND_THEME && c->verb != COMMAND_CTX && !app->session)
        return;
    switch (c->verb) {
    case COMMAND_LIST:
        app_act(app, lists[c->kind], 0);
        if (name)
            app_set_ns(app, all ? NULL : name);
        break;
    case COMMAND_NS:
        if (name)
            app_set_ns(app, all ? NULL : name);
        else
            ask_namespace(app);
        break;
    case COMMAND_CTX:
        if (name)
            set_context(app, name);
        else
            ask_context(app);
        break;
    case COMMAND_THEME:
        if (name)
            set_theme(app, name);
        else
            app_act(app, ACTION_THEME, 0);
        break;
    case COMMAND_ACTION: app_act(app, c->action, 0); break;
    }
}

static void command_key(struct app *app, enum prompt_result did)
{
    struct prompt *p = &app->prompt;
    struct command command;
    if (did != PROMPT_COMPLETE)
        app->completion = 0;
    switch (did) {
    case PROMPT_CHANGED:
        err_clear(&p->error);
        show_completions(app, p->text, NULL);
        break;
    case PROMPT_COMPLETE: complete(app); break;
    case PROMPT_OLDER: case PROMPT_NEWER:
        if (did == PROMPT_OLDER ? app->history_at > 0 : app->history_at < app->n_history) {
            app->history_at += did == PROMPT_OLDER ? (size_t)-1 : 1;
            prompt_set(p, app->history_at < app->n_history ? app->history[app->history_at] : "");
        }
        break;
    case PROMPT_CANCEL: prompt_close(p); break;
    case PROMPT_ACCEPT:
        if (!p->n) {
            prompt_close(p);
        } else if (command_parse(slice_of(p->text), &command, &p->error)) {
            remember(app, p->text);
            prompt_close(p);
            run(app, &command);
        }
        break;
    default: break;
    }
}

/* --- the pickers ----------------------------------------------------------------------------------------------------------------- */

void ask_namespace(struct app *app)
{
    struct ptrs names = {0};
    namespaces(app, &names);
    picker_open(&app->picker, "Namespace, of those seen", app->place.all_ns ? ALL_NAMESPACES : app->place.ns, true);
    picker_add(&app->picker, ALL_NAMESPACES);
    for (size_t i = 0; i < names.n; i++)
        picker_add(&app->picker, names.v[i]);
    free_names(&names);
    picker_start(&app->picker);
    app->asking = ASK_NS;
}

void ask_context(struct app *app)
{
    if (!app->contexts.n) {
        app_say(app, app->session && session_info(app->session)->simulated ? "the simulated cluster is the only context" : "there is no other context");
        return;
    }
    picker_open(&app->picker, "Context", app->session ? session_info(app->session)->context : "", false);
    for (size_t i = 0; i < app->contexts.n; i++)
        picker_add(&app->picker, app->contexts.v[i]);
    picker_start(&app->picker);
    app->asking = ASK_CTX;
}

static void picker_took(struct app *app)
{
    char name[512];
    snprintf(name, sizeof name, "%s", picker_taken(&app->picker));
    enum asking asking = app->asking;
    picker_close(&app->picker);
    app->asking = ASK_NOTHING;
    if (asking == ASK_NS && app->session)
        app_set_ns(app, strcmp(name, ALL_NAMESPACES) ? name : NULL);
    else if (asking == ASK_CTX)
        set_context(app, name);
}

/* --- what a view asks ------------------------------------------------------------------------------------------------------------ */

static void answer(struct app *app, const char *text, bool done)
{
    struct view *v = app->asked.view;
    struct err *err = &app->prompt.error;

    err_clear(err);
    v->ops->answered(v, &app->model, app->asked.ask.id, text, done, err);
    if (done && !err->text) {
        app->asked.view = NULL;
        prompt_close(&app->prompt);
    }
    app_orders(app, v);              /* which may be a question again */
}

static void remember_answer(struct app *app, const char *text)
{
    const char *label = app->asked.ask.label;

    if (!app->asked.ask.remember || app->asked.ask.secret || !text[0])
        return;
    for (size_t i = 0; i < app->n_answers; i++)  /* said before: it moves to the end */
        if (app->answers[i].label == label && !strcmp(app->answers[i].text, text)) {
            memmove(app->answers + i, app->answers + i + 1, (--app->n_answers - i) * sizeof *app->answers);
            break;
        }
    if (app->n_answers == HISTORY)
        memmove(app->answers, app->answers + 1, --app->n_answers * sizeof *app->answers);
    app->answers[app->n_answers].label = label;
    snprintf(app->answers[app->n_answers++].text, sizeof app->answers->text, "%s", text);
}

static void recall(struct app *app, int by)
{
    for (size_t at = app->asked.at + (size_t)by; app->asked.ask.remember && at < app->n_answers; at += (size_t)by)
        if (app->answers[at].label == app->asked.ask.label) {
            app->asked.at = at;
            prompt_set(&app->prompt, app->answers[at].text);
            return;
        }
}

static void asked_key(struct app *app, int key)
{
    if (app->asked.ask.yes_no) {
        answer(app, key == 'y' || key == 'Y' ? "y" : NULL, true);
        return;
    }
    switch (prompt_key(&app->prompt, key)) {
    case PROMPT_CHANGED:
        err_clear(&app->prompt.error);
        if (app->asked.ask.live)
            answer(app, app->prompt.text, false);
        break;
    case PROMPT_ACCEPT:
        remember_answer(app, app->prompt.text);
        answer(app, app->prompt.text, true);
        break;
    case PROMPT_OLDER: recall(app, -1); break;
    case PROMPT_NEWER: recall(app, 1); break;
    case PROMPT_CANCEL: answer(app, NULL, true); break;
    default: break;
    }
}

void ask_key(struct app *app, int key)
{
    if (app->picker.open) {
        switch (picker_key(&app->picker, key)) {
        case PICKER_TAKEN: picker_took(app); break;
        case PICKER_LEFT:
            picker_close(&app->picker);
            app->asking = ASK_NOTHING;
            break;
        default: break;
        }
        return;
    }
    if (app->prompt.mode == PROMPT_ASK) {
        asked_key(app, key);
        return;
    }
    enum prompt_result did = prompt_key(&app->prompt, key);
    if (app->prompt.mode == PROMPT_FILTER)
        filter_key(app, did);
    else
        command_key(app, did);
}
