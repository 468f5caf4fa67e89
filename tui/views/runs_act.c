/* What the keys do in the runs overlay. What touches the cluster leaves as an order. */
#include "tui/views/runs.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIDE_STEP = 8, SLICE_MS = 6, LOOK_BYTES = 1 << 20, ASK_COMMAND = 1, ASK_SAVE, ASK_LEFTOVERS };

static unsigned say(struct runs *r, const char *text)
{
    snprintf(r->view.say, sizeof r->view.say, "%s", text);
    return REACT_DONE | REACT_SAY;
}

/* ---- orders ------------------------------------------------------------------------------------------------------------------------- */

enum { NUMBER_SHELL = 1 };           /* order.number is id * 2, plus this for a shell's line */

static void do_again(struct session *s, const struct order *o, struct err *err)
{
    if (!session_run_again(s, (unsigned)(o->number / 2), o->text.p, o->number & NUMBER_SHELL))
        err_set(err, "the sandbox takes no command now: it is not idle");
}

static void do_repeat(struct session *s, const struct order *o, struct err *err)
{
    session_run_repeat(s, (unsigned)(o->number / 2), o->text.p, o->number & NUMBER_SHELL, err);
}

static void do_cancel(struct session *s, const struct order *o, struct err *err)
{
    (void)err;
    session_run_cancel(s, (unsigned)o->number);
}

static void do_remove_leftovers(struct session *s, const struct order *o, struct err *err)
{
    (void)o;
    (void)err;
    session_leftovers_remove(s);
}

/* The same place, another command: in the sandbox that waits, else in a new one. */
static void start(struct runs *r, const struct model_run *run, const char *command, bool shell)
{
    struct order *o = view_order(&r->view, ORDER_DO);
    o->call = run->view->state == RUN_IDLE ? do_again : do_repeat;
    o->number = (int64_t)run->id * 2 + (shell ? NUMBER_SHELL : 0);
    buf_add_text(&o->text, command);
    r->result = SIZE_MAX;
}

static unsigned again(struct runs *r, const struct model_run *run, bool shell)
{
    const struct run_result *result = runs_result(r, run);
    if (run->view->state != RUN_OVER && run->view->state != RUN_IDLE)
        return say(r, "it is still under way; c cancels it");
    start(r, run, result ? result->command : RUN_COMMAND_FIRST, shell || (result && result->shell));
    return REACT_DONE;
}

static unsigned cancel(struct runs *r, const struct model_run *run)
{
    if (run->view->state == RUN_OVER)
        return say(r, run->view->left[0] ? run->view->left : "it is over: there is nothing to cancel");
    struct order *o = view_order(&r->view, ORDER_DO);
    o->call = do_cancel;
    o->number = run->id;
    return say(r, run->view->state == RUN_REMOVING ? "given up: what is there goes at its shutdownTime" : "cancelled: cleaning up");
}

static void ask(struct runs *r, int id, const char *label, const char *text, bool yes_no, bool remember)
{
    struct order *o = view_order(&r->view, ORDER_ASK);
    o->ask = (struct ask){.id = id, .label = label, .yes_no = yes_no, .remember = remember};
    buf_add_text(&o->text, text);
}

static unsigned ask_save(struct runs *r, const struct model_run *run)
{
    const struct run_output *out = runs_output(runs_result(r, run), r->side);
    if (r->side != SIDE_EVIDENCE && (!out || !run_output_bytes(out)))
        return say(r, "there is nothing here to save");
    char *name = mem_printf("%s-%s.txt", run->view->claim[0] ? run->view->claim : run->view->target_name,
                            r->side == SIDE_OUT ? "stdout" : r->side == SIDE_ERR ? "stderr" : "evidence");
    ask(r, ASK_SAVE, "save to: ", name, false, false);
    free(name);
    return REACT_DONE;
}

static bool save_evidence(const struct model_run *run, bool utc, const char *path, struct err *err)
{
    struct buf text = {0};
    FILE *f = fopen(path, "wx");
    runs_evidence(run, utc, &text);
    bool good = f && fwrite(text.p ? text.p : "", 1, text.n, f) == text.n;
    if ((f && fclose(f) != 0) || !good)
        good = err_set(err, "%s: %s", path, strerror(errno));
    buf_free(&text);
    return good;
}

static void save(struct runs *r, const struct model *m, const char *path, struct err *err)
{
    const struct model_run *run = runs_current(r, m);
    const struct run_output *out = run ? runs_output(runs_result(r, run), r->side) : NULL;
    if (!run || (!out && r->side != SIDE_EVIDENCE)) {
        err_set(err, "there is nothing to save any more");
    } else if (!path[0]) {
        err_set(err, "write a file's name");
    } else if (access(path, F_OK) == 0) {
        err_set(err, "is there already: choose another name");
    } else if (out ? run_output_save(out, path, err) : save_evidence(run, m->utc, path, err)) {
        struct order *o = view_order(&r->view, ORDER_SAY);
        buf_printf(&o->text, "saved to %s", path);
    }
}

void runs_answered(struct view *v, const struct model *m, int id, const char *text, bool done, struct err *err)
{
    struct runs *r = (struct runs *)v;
    const struct model_run *run = runs_current(r, m);
    if (!text || !done)
        return;
    switch (id) {
    case ASK_COMMAND:
        if (!text[strspn(text, " ")])
            err_set(err, "write a command");
        else if (run)
            start(r, run, text, false);
        break;
    case ASK_SAVE: save(r, m, text, err); break;
    case ASK_LEFTOVERS: view_order(v, ORDER_DO)->call = do_remove_leftovers; break;
    }
}

/* ---- moving and searching ------------------------------------------------------------------------------------------------------------ */

static void move(struct run_scroll *s, int64_t by)
{
    uint64_t last = s->lines > (uint64_t)s->rows ? s->lines - (uint64_t)s->rows : 0;
    int64_t to = (int64_t)s->top + by;
    s->top = to < 0 ? 0 : (uint64_t)to > last ? last : (uint64_t)to;
    s->moved = s->top < last;
}

static bool scroll(struct runs *r, enum action action)
{
    struct run_scroll *s = &r->scroll[r->side];
    int page = s->rows > 1 ? s->rows - 1 : 1;
    switch (action) {
    case ACTION_UP: move(s, -1); s->moved = true; return true;
    case ACTION_DOWN: move(s, 1); return true;
    case ACTION_PAGE_UP: move(s, -page); s->moved = true; return true;
    case ACTION_PAGE_DOWN: move(s, page); return true;
    case ACTION_TOP: s->top = 0; s->moved = true; return true;
    case ACTION_BOTTOM: move(s, INT32_MAX); return true;
    case ACTION_LEFT: s->left -= s->left < SIDE_STEP ? s->left : SIDE_STEP; return true;
    case ACTION_RIGHT: s->left += SIDE_STEP; return true;
    default: return false;
    }
}

static void found(struct runs *r, uint64_t line)
{
    struct run_scroll *s = &r->scroll[r->side];
    r->search.on = false;
    s->found = true;
    s->at = line;
    if (line < s->top || line >= s->top + (uint64_t)s->rows)
        s->top = line > (uint64_t)s->rows / 3 ? line - (uint64_t)s->rows / 3 : 0;
    s->moved = true;
}

void runs_search_step(struct runs *r, const struct model *m)
{
    const struct run_output *out = runs_output(runs_result(r, runs_current(r, m)), r->side);
    const struct clock *clock = m->clock;
    uint64_t lines = out ? run_output_lines(out) : 0;
    struct buf text = {0};
    if (!r->search.on)
        return;
    for (int64_t until = clock->mono(clock) + SLICE_MS; r->search.on && clock->mono(clock) < until;) {
        if (!r->search.left || !lines || r->search.at >= lines) {
            r->search.on = false;
            struct order *o = view_order(&r->view, ORDER_SAY);
            buf_printf(&o->text, "no line matches /%.*s/", (int)pattern_text(r->pattern).n, pattern_text(r->pattern).p);
        } else if (run_output_line(out, r->search.at, 0, LOOK_BYTES, &text) && pattern_find(r->pattern, buf_slice(&text), NULL, NULL)) {
            found(r, r->search.at);
        } else {
            r->search.at = r->search.by < 0 ? (r->search.at ? r->search.at : lines) - 1 : (r->search.at + 1) % lines;
            r->search.left--;
        }
    }
    buf_free(&text);
}

static unsigned search(struct runs *r, const struct model *m, int by)
{
    const struct run_output *out = runs_output(runs_result(r, runs_current(r, m)), r->side);
    const struct run_scroll *s = &r->scroll[r->side];
    uint64_t lines = out ? run_output_lines(out) : 0, from = s->found ? s->at : s->top;
    if (!r->pattern)
        return say(r, "nothing is searched for: / asks");
    if (!lines)
        return say(r, "there is nothing here to search in");
    if (s->found)
        from = by < 0 ? (from ? from : lines) - 1 : (from + 1) % lines;
    r->search.on = true;
    r->search.at = from < lines ? from : 0;
    r->search.left = lines;
    r->search.by = by;
    runs_search_step(r, m);
    return REACT_DONE;
}

/* ---- choosing ------------------------------------------------------------------------------------------------------------------------- */

static unsigned another(struct runs *r, const struct model *m, int by)
{
    const struct model_run *run = runs_current(r, m);
    size_t n = run->view->n_results, at = r->result < n ? r->result : n ? n - 1 : 0;
    if (n > 1 && (by < 0 ? at > 0 : at + 1 < n)) {   /* the commands of one sandbox first */
        r->result = by < 0 ? at - 1 : at + 1;
    } else {
        size_t i = (size_t)(run - m->runs);
        if (by < 0 ? i == 0 : i + 1 >= m->n_runs)
            return say(r, by < 0 ? "this is the first run" : "this is the newest run");
        const struct model_run *to = &m->runs[by < 0 ? i - 1 : i + 1];
        r->id = to->id;
        r->result = by < 0 ? SIZE_MAX : 0;
    }
    r->chosen = false;
    r->search.on = false;
    memset(r->scroll, 0, sizeof r->scroll);
    return REACT_DONE;
}

static unsigned next_side(struct runs *r, const struct model_run *run, int by)
{
    const struct run_result *result = runs_result(r, run);
    int n = run->evidence ? SIDES : SIDE_EVIDENCE;
    if (!result || !(result->sent_once || result->exited))
        return say(r, "no command went out: there is no output");
    r->side = (enum run_side)(((int)r->side + by + n) % n);
    r->chosen = true;
    r->search.on = false;            /* it was for the other side's lines */
    return REACT_DONE;
}

static unsigned ask_leftovers(struct runs *r, const struct model *m)
{
    if (!m->n_leftovers)
        return say(r, "earlier runs of sandtop have left nothing");
    if (m->info->read_only)
        return say(r, "--read-only: nothing is deleted");
    ask(r, ASK_LEFTOVERS, "", "Delete all that sandtop has left, with the pods? A colleague's run under way would end, too.", true, false);
    return REACT_DONE;
}

unsigned runs_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct runs *r = (struct runs *)v;
    const struct model_run *run = runs_current(r, m);
    if (key == 'D')
        return ask_leftovers(r, m);
    if (action == ACTION_RUNS)
        return REACT_CLOSE;
    if (!run)
        return action == ACTION_RUN_AGAIN || action == ACTION_RUN_CANCEL ? say(r, "no test sandbox was launched yet") : REACT_NONE;
    switch (action) {
    case ACTION_RUN_AGAIN: return again(r, run, false);
    case ACTION_TEST: return again(r, run, false);
    case ACTION_RUN_CANCEL: return cancel(r, run);
    case ACTION_RUN_OLDER: return another(r, m, -1);
    case ACTION_RUN_NEWER: return another(r, m, 1);
    case ACTION_EXEC: {
        const struct run_result *result = runs_result(r, run);
        ask(r, ASK_COMMAND, run->view->state == RUN_IDLE ? "command in the same sandbox: " : "command: ", result ? result->command : RUN_COMMAND_FIRST, false, true);
        return REACT_DONE;
    }
    case ACTION_SAVE: return ask_save(r, run);
    case ACTION_SEARCH_NEXT: return search(r, m, 1);
    case ACTION_SEARCH_PREV: return search(r, m, -1);
    case ACTION_NEXT_PANE: return next_side(r, run, 1);
    case ACTION_PREV_PANE: return next_side(r, run, -1);
    default: break;
    }
    if (key == '!' && runs_result(r, run))
        return again(r, run, true);
    return scroll(r, action) ? REACT_DONE : REACT_NONE;
}
