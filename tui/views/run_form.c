/* What to run, where, for how long, and what stays: a form of a few rows. Enter changes a row or launches; nothing is sent before that. */
#include "tui/views/runs.h"

#include "core/base/mem.h"
#include "core/kube/secret.h"
#include "core/run/words.h"
#include "tui/options.h"
#include "tui/prompt.h"

#include <stdio.h>
#include <stdlib.h>

enum row { ROW_TARGET, ROW_COMMAND, ROW_SHELL, ROW_DEADLINE, ROW_AFTER, ROW_WAY, ROW_URL, ROW_TOKEN, ROW_LAUNCH, ROWS };
enum after { AFTER_REMOVE, AFTER_WAIT, AFTER_KEEP, AFTERS };

struct run_form {
    struct view view;
    struct object_ref target;
    bool inside, asked;
    int at;
    char command[512], deadline[32], url[512];
    char *token;                     /* wiped; "" none */
    bool shell;
    int after, way;
};

static const char *const after_words[AFTERS] = {"remove the sandbox", "let the sandbox wait for more commands", "keep the claim and its sandbox"};
static const struct {
    enum run_way way;
    const char *words;
} ways[] = {
    {RUN_WAY_ANY, "as it fits: service proxy, port-forward with a token, exec without a router"}, {RUN_WAY_SERVICE, "through the API server's proxy to the router"},
    {RUN_WAY_FORWARD, "port-forward to a pod of the router"}, {RUN_WAY_EXEC, "pods/exec: no router"}, {RUN_WAY_URL, "straight to the router's URL"},
};
enum { WAYS = sizeof ways / sizeof *ways };

static struct view *run_form_new(void)
{
    struct run_form *f = NEW(struct run_form);
    f->view.ops = &run_form_view;
    f->target.kind = KIND_NONE;
    f->at = ROW_COMMAND;
    snprintf(f->deadline, sizeof f->deadline, "180s");
    const char *token = getenv("SANDTOP_ROUTER_TOKEN"), *url = getenv("SANDTOP_ROUTER_URL");
    f->token = mem_text(token ? token : "");
    snprintf(f->url, sizeof f->url, "%s", url ? url : "");
    return &f->view;
}

static void run_form_free(struct view *v)
{
    struct run_form *f = (struct run_form *)v;
    secret_free(f->token);
    free(f);
}

void run_form_about(struct view *v, const struct object *o, bool inside, const struct remembered_run *last)
{
    struct run_form *f = (struct run_form *)v;
    ref_set(&f->target, o);
    f->inside = inside;
    f->shell = last && last->shell;
    snprintf(f->command, sizeof f->command, "%s", last ? last->command : RUN_COMMAND_FIRST);
}

/* ---- launching ---------------------------------------------------------------------------------------------------------------------- */

static void wish_free(void *data)
{
    struct run_wish *w = data;
    secret_free((char *)(uintptr_t)w->token);
    free((char *)(uintptr_t)w->command);
    free((char *)(uintptr_t)w->router_url);
    free(w);
}

static void do_launch(struct session *s, const struct order *o, struct err *err)
{
    struct run_wish wish = *(const struct run_wish *)o->data;
    wish.kind = o->ref.kind;
    wish.ns = o->ref.ns;
    wish.name = o->ref.name;
    session_run_start(s, &wish, err);
}

static unsigned launch(struct run_form *f)
{
    int64_t deadline = 0;
    if (!duration_parse(f->deadline, &deadline) || deadline < 1000) {
        snprintf(f->view.say, sizeof f->view.say, "the deadline is no duration of a second or more: write 30s or 3m");
        f->at = ROW_DEADLINE;
        return REACT_DONE | REACT_SAY;
    }
    struct run_wish *w = NEW(struct run_wish);
    *w = (struct run_wish){
        .inside = f->inside, .command = mem_text(f->command), .shell = f->shell, .keep = f->after == AFTER_KEEP, .hold = f->after == AFTER_WAIT,
        .deadline_ms = deadline, .way = ways[f->way].way, .router_url = f->url[0] ? mem_text(f->url) : NULL, .token = f->token[0] ? mem_text(f->token) : NULL,
    };
    if (f->inside)                   /* there is no form to come back to where it is refused */
        view_order(&f->view, ORDER_OPEN)->view = &runs_view;
    struct order *o = view_order(&f->view, ORDER_DO);
    o->call = do_launch;
    o->ref = f->target;
    o->data = w;
    o->free_data = wish_free;
    if (!f->inside)
        view_order(&f->view, ORDER_OPEN)->view = &runs_view;
    return REACT_DONE;
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------------- */

static const char *label(int row)
{
    static const char *const labels[ROWS] = {[ROW_TARGET] = "pool or template, NAME or NAMESPACE/NAME: ", [ROW_COMMAND] = "command: ", [ROW_DEADLINE] = "deadline: ",
        [ROW_URL] = "router URL (empty: none): ", [ROW_TOKEN] = "router token (empty: none): "};
    return labels[row];
}

static void ask(struct run_form *f, int row, const char *text)
{
    struct order *o = view_order(&f->view, ORDER_ASK);
    o->ask = (struct ask){.id = row, .label = label(row), .secret = row == ROW_TOKEN, .remember = row == ROW_COMMAND || row == ROW_URL};
    buf_add_text(&o->text, text);
}

static void take_target(struct run_form *f, const struct model *m, const char *text, struct err *err)
{
    const char *slash = strchr(text, '/');
    struct slice ns = slash ? (struct slice){text, (size_t)(slash - text)} : slice_of(f->target.ns), name = slice_of(slash ? slash + 1 : text);
    const struct object *o = store_find(m->store, KIND_POOL, ns, name);
    if (!o || !o->present)
        o = store_find(m->store, KIND_TEMPLATE, ns, name);
    if (!o || !o->present)
        err_set(err, "namespace %.*s has no warm pool and no template %.*s", (int)ns.n, ns.p, (int)name.n, name.p);
    else
        ref_set(&f->target, o);
}

static void take_token(struct run_form *f, const char *text, struct err *err)
{
    if (strlen(text) + 1 >= sizeof ((struct prompt *)0)->text) {
        err_set(err, "as long as this line takes: a longer one goes into SANDTOP_ROUTER_TOKEN");
        return;
    }
    secret_free(f->token);
    f->token = mem_text(text);
}

static void run_form_answered(struct view *v, const struct model *m, int id, const char *text, bool done, struct err *err)
{
    struct run_form *f = (struct run_form *)v;
    int64_t ms;
    if (!text && f->inside)
        view_order(v, ORDER_CLOSE);  /* given up */
    if (!text || !done)
        return;
    switch (id) {
    case ROW_TARGET: take_target(f, m, text, err); break;
    case ROW_COMMAND:
        if (!text[strspn(text, " ")])
            err_set(err, "write a command");
        else
            snprintf(f->command, sizeof f->command, "%s", text);
        break;
    case ROW_DEADLINE:
        if (!duration_parse(text, &ms) || ms < 1000)
            err_set(err, "write 30s or 3m");
        else
            snprintf(f->deadline, sizeof f->deadline, "%.31s", text);
        break;
    case ROW_URL: snprintf(f->url, sizeof f->url, "%s", text); break;
    case ROW_TOKEN: take_token(f, text, err); break;
    }
    if (err->text)
        return;
    if (id == ROW_COMMAND)
        f->at = ROW_LAUNCH;
    if (f->inside)
        launch(f);
}

static void run_form_update(struct view *v, const struct model *m)
{
    struct run_form *f = (struct run_form *)v;
    (void)m;
    if (f->inside && !f->asked && f->target.kind != KIND_NONE) {
        f->asked = true;
        ask(f, ROW_COMMAND, f->command);
    }
}

/* The next pool or template of the namespace, in either direction. */
static void next_target(struct run_form *f, const struct model *m, int by)
{
    const enum kind kinds[] = {KIND_POOL, KIND_TEMPLATE};
    struct ptrs all = {0};
    size_t at = SIZE_MAX;            /* the target is none of them: a claim */
    for (size_t k = 0; k < 2; k++) {
        const struct ptrs *of = store_all(m->store, kinds[k]);
        for (size_t i = 0; i < of->n; i++) {
            struct object *o = of->v[i];
            if (!o->present || strcmp(o->ns, f->target.ns))
                continue;
            if (ref_is(&f->target, o))
                at = all.n;
            ptrs_add(&all, o);
        }
    }
    if (all.n)
        ref_set(&f->target, all.v[at == SIZE_MAX ? (by > 0 ? 0 : all.n - 1) : (at + all.n + (size_t)by) % all.n]);
    ptrs_free(&all);
}

static unsigned change(struct run_form *f, const struct model *m, int by)
{
    switch (f->at) {
    case ROW_TARGET: next_target(f, m, by); break;
    case ROW_SHELL: f->shell = !f->shell; break;
    case ROW_AFTER: f->after = (f->after + AFTERS + by) % AFTERS; break;
    case ROW_WAY: f->way = (f->way + WAYS + by) % WAYS; break;
    default:
        snprintf(f->view.say, sizeof f->view.say, f->at == ROW_LAUNCH ? "Enter or t launches" : "there is nothing to choose from: Enter asks");
        return REACT_DONE | REACT_SAY;
    }
    return REACT_DONE;
}

static unsigned enter(struct run_form *f, const struct model *m)
{
    switch (f->at) {
    case ROW_COMMAND: ask(f, ROW_COMMAND, f->command); return REACT_DONE;
    case ROW_DEADLINE: ask(f, ROW_DEADLINE, f->deadline); return REACT_DONE;
    case ROW_URL: ask(f, ROW_URL, f->url); return REACT_DONE;
    case ROW_TOKEN: ask(f, ROW_TOKEN, ""); return REACT_DONE;
    case ROW_TARGET: {
        char *text = mem_printf("%s/%s", f->target.ns, f->target.name);
        ask(f, ROW_TARGET, text);
        free(text);
        return REACT_DONE;
    }
    case ROW_LAUNCH: return launch(f);
    default: return change(f, m, 1);
    }
}

static unsigned run_form_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct run_form *f = (struct run_form *)v;
    (void)key;
    switch (action) {
    case ACTION_UP: f->at = (f->at + ROWS - 1) % ROWS; return REACT_DONE;
    case ACTION_DOWN: case ACTION_NEXT_PANE: f->at = (f->at + 1) % ROWS; return REACT_DONE;
    case ACTION_PREV_PANE: f->at = (f->at + ROWS - 1) % ROWS; return REACT_DONE;
    case ACTION_LEFT: return change(f, m, -1);
    case ACTION_RIGHT: case ACTION_PAGE_DOWN: return change(f, m, 1);
    case ACTION_ENTER: return enter(f, m);
    case ACTION_TEST: return launch(f);
    default: return REACT_NONE;
    }
}

/* ---- drawing ------------------------------------------------------------------------------------------------------------------------ */

static void run_form_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    const struct run_form *f = (const struct run_form *)v;
    (void)m;
    buf_printf(left, f->inside ? "Run a command in %s %s" : "Test sandbox · %s %s", f->target.kind == KIND_NONE ? "" : kind_short(f->target.kind), f->target.name);
    buf_add_text(right, "Enter changes · t launches · Esc leaves");
}

static void row_text(const struct run_form *f, int row, struct buf *out)
{
    int64_t ms;
    switch (row) {
    case ROW_TARGET: buf_printf(out, "%s %s/%s", kind_short(f->target.kind), f->target.ns, f->target.name); break;
    case ROW_COMMAND: buf_add_text(out, f->command); break;
    case ROW_SHELL:
        buf_add_text(out, f->shell ? "yes: it goes out as sh -c '…'" : run_needs_shell(f->command) ? "no, though the command looks as if it wants one" : "no: the runtime splits the words");
        break;
    case ROW_DEADLINE: buf_printf(out, "%s%s", f->deadline, duration_parse(f->deadline, &ms) ? "" : " (no duration)"); break;
    case ROW_AFTER: buf_add_text(out, after_words[f->after]); break;
    case ROW_WAY: buf_add_text(out, ways[f->way].words); break;
    case ROW_URL: buf_add_text(out, f->url[0] ? f->url : "none"); break;
    case ROW_TOKEN: buf_add_text(out, f->token[0] ? "given; it is kept in memory only" : "none"); break;
    default: break;
    }
}

static void run_form_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    static const char *const names[ROWS] = {"Where", "Command", "Shell", "Deadline", "Afterwards", "Way", "Router URL", "Token", "Launch"};
    struct run_form *f = (struct run_form *)v;
    struct rect old = canvas_clip_get(c);
    (void)m;
    (void)focused;
    canvas_clip(c, r);
    for (int row = 0; row < ROWS && row < r.h && !f->inside; row++) {
        struct buf text = {0};
        int y = r.y + row + (row == ROW_LAUNCH && r.h > ROWS);
        row_text(f, row, &text);
        canvas_text(c, y, r.x + 2, row == ROW_LAUNCH ? ROLE_ACCENT : ROLE_KEY, names[row]);
        canvas_fit(c, y, r.x + 15, r.w - 17, ROLE_NORMAL, FIT_END, buf_slice(&text));
        if (row == f->at)
            canvas_select(c, (struct rect){y, r.x + 1, 1, r.w - 2});
        buf_free(&text);
    }
    canvas_clip(c, old);
}

static const struct hint hints[] = {{ACTION_BACK, "leave"}, {ACTION_DOWN, "next row"}, {ACTION_ENTER, "change"}, {ACTION_RIGHT, "choose"}, {ACTION_TEST, "launch"}, {ACTION_NONE, NULL}};

const struct view_ops run_form_view = {
    .name = "test", .create = run_form_new, .free = run_form_free, .update = run_form_update, .title = run_form_title, .draw = run_form_draw,
    .act = run_form_act, .answered = run_form_answered, .hints = hints,
};
