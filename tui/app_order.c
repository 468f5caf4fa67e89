/* What views want done: see order.h. A view may be gone by the time its answer comes; app_forget is told before it is. */
#include "core/base/mem.h"
#include "tui/app_state.h"
#include <stdio.h>

static void on_fetched(void *ctx, struct slice bytes, const char *error)
{
    struct app *app = ctx;
    struct view *v = app->fetcher;

    app->fetcher = NULL;
    app->dirty = true;
    if (v)
        v->ops->fetched(v, &app->model, bytes, error && *error ? error : NULL);
}

static void fetch(struct app *app, struct view *v)
{
    if (!app->model.selected)
        return;
    if (app->fetcher)
        session_fetch_cancel(app->session, app);
    app->fetcher = v;
    session_fetch(app->session, app->model.selected, on_fetched, app);
}

static void ask(struct app *app, struct view *v, const struct order *o)
{
    app->asked.view = v;
    app->asked.ask = o->ask;
    prompt_open(&app->prompt, PROMPT_ASK, o->text.p ? o->text.p : "");
    app->prompt.secret = o->ask.secret;
    app->asked.at = app->n_answers;
    snprintf(app->prompt.label, sizeof app->prompt.label, "%s", o->ask.label ? o->ask.label : "");
    if (o->ask.yes_no) {             /* the text is the question */
        snprintf(app->prompt.label, sizeof app->prompt.label, "(y/n) %.*s ", (int)sizeof app->prompt.label - 10, app->prompt.text);
        app->prompt.text[0] = '\0';
        app->prompt.n = app->prompt.at = 0;
    }
}

static void go_to(struct app *app, const struct object_ref *ref)
{
    struct destination to = {.list = ref->kind, .of = KIND_NONE};

    snprintf(to.focus, sizeof to.focus, "%s", ref->name);
    snprintf(to.focus_ns, sizeof to.focus_ns, "%s", ref->ns);
    place_go(app, &to);
}

static bool order_do(struct app *app, const struct order *o)
{
    struct err err = {0};
    bool good;

    o->call(app->session, o, &err);
    good = !err.text;
    if (!good)
        app_say(app, err.text);
    err_clear(&err);
    app_model(app);                  /* the session may stand otherwise now */
    return good;
}

/* v NULL: it has ended, and waits for no answer. False: it failed, and has been said. */
static bool carry_out(struct app *app, struct view *v, const struct order *o)
{
    const char *text = o->text.p ? o->text.p : "";

    switch (o->kind) {
    case ORDER_NONE: break;
    case ORDER_FETCH: v ? fetch(app, v) : (void)0; break;
    case ORDER_SELECT: go_to(app, &o->ref); break;
    case ORDER_SAY: app_say(app, text); break;
    case ORDER_COPY: app_wants(app, APP_COPY, text); break;
    case ORDER_PAGER: app_wants(app, APP_PAGER, text); break;
    case ORDER_ASK: v ? ask(app, v, o) : (void)0; break;
    case ORDER_BUNDLE: app_bundle_start(app, o); break;
    case ORDER_CLOSE: app_close(app); break;
    case ORDER_OPEN: app_open(app, o->view); break;
    case ORDER_DO: return order_do(app, o);
    }
    return true;
}

void app_orders(struct app *app, struct view *v)
{
    struct order orders[MOST_ORDERS];
    size_t n = v ? v->n_orders : 0;
    bool good = true;

    if (!n)
        return;
    memcpy(orders, v->orders, n * sizeof *orders);
    v->n_orders = 0;                 /* what is carried out may leave new ones, or end the view */
    struct carrying now = {.view = v, .outer = app->carrying};
    app->carrying = &now;
    for (size_t i = 0; i < n; i++) {
        good = good && carry_out(app, now.view, &orders[i]);
        order_drop(&orders[i]);
    }
    app->carrying = now.outer;
    app->dirty = true;
}

void app_forget(struct app *app, struct view *v)
{
    for (struct carrying *c = app->carrying; c; c = c->outer)
        if (c->view == v)
            c->view = NULL;
    if (app->fetcher == v) {
        session_fetch_cancel(app->session, app);
        app->fetcher = NULL;
    }
    if (app->asked.view == v) {
        app->asked.view = NULL;
        prompt_close(&app->prompt);
    }
    for (size_t i = 0; i < v->n_orders; i++)
        order_drop(&v->orders[i]);
    v->n_orders = 0;
}
