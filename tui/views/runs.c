/* The runs overlay: which run it is about, what it keeps in step. It is a window on the session's runs and owns none of them: closing it ends none. */
#include "tui/views/runs.h"

#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static struct view *runs_new(void)
{
    struct runs *r = NEW(struct runs);
    r->view.ops = &runs_view;
    r->result = SIZE_MAX;
    return &r->view;
}

static void runs_free(struct view *v)
{
    struct runs *r = (struct runs *)v;
    pattern_free(r->pattern);
    free(r);
}

const struct model_run *runs_current(const struct runs *r, const struct model *m)
{
    for (size_t i = 0; r->id && i < m->n_runs; i++)
        if (m->runs[i].id == r->id)
            return &m->runs[i];
    return m->n_runs ? &m->runs[m->n_runs - 1] : NULL;
}

const struct run_result *runs_result(const struct runs *r, const struct model_run *run)
{
    size_t n = run ? run->view->n_results : 0;
    return n ? &run->view->results[r->result < n ? r->result : n - 1] : NULL;
}

const struct run_output *runs_output(const struct run_result *result, enum run_side side)
{
    return !result ? NULL : side == SIDE_OUT ? result->out : side == SIDE_ERR ? result->err : NULL;
}

void runs_show_newest(struct view *v)
{
    struct runs *r = (struct runs *)v;
    r->id = 0;
    r->result = SIZE_MAX;
    r->chosen = false;
    r->search.on = false;
    memset(r->scroll, 0, sizeof r->scroll);
}

/* Where nobody has chosen, the side that says most: the evidence of a failure, what stands on stderr if stdout is empty. */
static void choose_side(struct runs *r, const struct model_run *run)
{
    const struct run_result *result = runs_result(r, run);
    bool out = result && result->out && run_output_bytes(result->out), err = result && result->err && run_output_bytes(result->err);
    if (r->chosen)
        return;
    r->side = run->evidence && !out && !err ? SIDE_EVIDENCE : err && !out ? SIDE_ERR : SIDE_OUT;
}

static void ask_for_leftovers(struct session *s, const struct order *o, struct err *err)
{
    (void)o;
    (void)err;
    session_leftovers_look(s);
}

static void runs_update(struct view *v, const struct model *m)
{
    struct runs *r = (struct runs *)v;
    unsigned newest = m->n_runs ? m->runs[m->n_runs - 1].id : 0;
    if (!r->asked_leftovers) {
        r->asked_leftovers = true;
        view_order(v, ORDER_DO)->call = ask_for_leftovers;
    }
    if (newest > r->newest && r->newest)
        runs_show_newest(v);         /* just started */
    r->newest = newest;
    const struct model_run *run = runs_current(r, m);
    if (!run)
        return;
    if (r->id != run->id) {
        r->id = run->id;
        memset(r->scroll, 0, sizeof r->scroll);
    }
    choose_side(r, run);
    runs_search_step(r, m);
}

static int64_t runs_due(const struct view *v, const struct model *m)
{
    const struct runs *r = (const struct runs *)v;
    const struct model_run *run = runs_current(r, m);
    if (r->search.on)
        return 0;
    return run && run->view->state != RUN_OVER && run->view->state != RUN_IDLE ? 100 : -1; /* the time it takes is on the screen */
}

static void runs_filter(struct view *v, const struct model *m, struct slice text, struct err *err)
{
    struct runs *r = (struct runs *)v;
    struct pattern *made = text.n ? pattern_new(text, PATTERN_SMARTCASE, err) : NULL;
    if (text.n && !made)
        return;
    pattern_free(r->pattern);
    r->pattern = made;
    r->search.on = false;
    for (int side = 0; side < SIDES; side++)
        r->scroll[side].found = false;
    if (made)
        runs_act(v, m, ACTION_SEARCH_NEXT, 0);
}

/* What a person would type to have the same. */
static void runs_command(struct view *v, const struct model *m, struct buf *out)
{
    static const char *const flags[] = {[RUN_TEMPLATE] = "--template", [RUN_POOL] = "--pool", [RUN_CLAIM] = "--claim", [RUN_SANDBOX] = "--sandbox"};
    struct runs *r = (struct runs *)v;
    const struct model_run *run = runs_current(r, m);
    const struct run_result *result = runs_result(r, run);
    if (!run)
        return;
    if (run->view->permission[0]) {
        run_role_yaml(run->view->ns, NULL, out);
        return;
    }
    buf_printf(out, "sandtop run %s %s -n %s -- %s", flags[run->view->target], run->view->target_name, run->view->ns, result ? result->sent : RUN_COMMAND_FIRST);
}

static const struct hint hints[] = {{ACTION_BACK, "close"}, {ACTION_RUN_AGAIN, NULL}, {ACTION_EXEC, "another"}, {ACTION_RUN_CANCEL, NULL}, {ACTION_SAVE, NULL},
    {ACTION_NEXT_PANE, "side"}, {ACTION_FILTER, "search"}, {ACTION_COPY, NULL}, {ACTION_RUN_OLDER, "older"}, {ACTION_RUN_NEWER, "newer"}, {ACTION_NONE, NULL}};

const struct view_ops runs_view = {
    .name = "runs", .create = runs_new, .free = runs_free, .update = runs_update, .title = runs_title, .draw = runs_draw, .act = runs_act,
    .filter = runs_filter, .command = runs_command, .answered = runs_answered, .due = runs_due, .keys = KEYS_RUN, .hints = hints,
};

/* ---- what was run where ------------------------------------------------------------------------------------------------------------- */

const struct remembered_run *run_remembered(const struct run_memory *memory, const struct object *o)
{
    for (size_t i = memory->n; i-- > 0;) {
        const struct remembered_run *r = &memory->v[i];
        if (r->kind == o->kind && !strcmp(r->ns, o->ns) && !strcmp(r->name, o->name))
            return r;
    }
    return NULL;
}

void run_remember(struct run_memory *memory, enum kind kind, const char *ns, const char *name, const char *command, bool shell)
{
    enum { MOST = sizeof memory->v / sizeof *memory->v };
    for (size_t i = 0; i < memory->n; i++)
        if (memory->v[i].kind == kind && !strcmp(memory->v[i].ns, ns) && !strcmp(memory->v[i].name, name)) {
            memmove(memory->v + i, memory->v + i + 1, (--memory->n - i) * sizeof *memory->v);
            break;
        }
    if (memory->n == MOST)
        memmove(memory->v, memory->v + 1, --memory->n * sizeof *memory->v);
    struct remembered_run *r = &memory->v[memory->n++];
    *r = (struct remembered_run){.kind = kind, .shell = shell};
    snprintf(r->ns, sizeof r->ns, "%s", ns);
    snprintf(r->name, sizeof r->name, "%s", name);
    snprintf(r->command, sizeof r->command, "%s", command);
}
