/* A template's image on trial: a cold start of its own, so that what is pulled and started is what the template says now, then one command
 * a question in that sandbox. */
#include "core/base/mem.h"
#include "core/run/words.h"
#include "tui/plain_text.h"
#include "tui/run_command.h"
#include "tui/run_drive.h"

#include <stdio.h>
#include <stdlib.h>

enum verdict_of { PASSED, MISSED, UNTRIED };

struct trial {
    char *what, *detail;
    enum verdict_of verdict;
};
struct trials {
    struct trial *v;
    size_t n;
};

static void add(struct trials *all, enum verdict_of verdict, char *what /* taken */, char *detail /* taken */)
{
    all->v = mem_grow(all->v, all->n + 1, sizeof *all->v);
    all->v[all->n++] = (struct trial){.what = what, .detail = detail, .verdict = verdict};
}

/* The last line of what the command wrote, which mostly says it all. */
static char *last_line(const struct run_output *o)
{
    uint64_t n = run_output_lines(o);
    struct buf line = {0};

    while (n > 0 && run_output_line(o, --n, 0, 300, &line) && line.n == 0)
        ;
    return buf_take(&line);
}

static char *took(int64_t ms)
{
    char text[16];

    return mem_text(time_stage(ms, text));
}

/* Pulled, ready, answers: what the run's own stages tell. */
static void judge_start(struct run_drive *d, struct trials *all)
{
    const struct run_view *view = run_view(d->run);
    const struct run_result *result = &view->results[0];
    bool ready = view->stages[RUN_STAGE_READY].state == RUN_STAGE_DONE;
    bool image = strstr(view->failure, "mage") != NULL && !ready;

    add(all, ready ? PASSED : image ? MISSED : UNTRIED, mem_printf("image %s can be pulled", *view->image ? view->image
                                                                   : "of the template"),
        image ? mem_text(view->failure) : mem_text(""));
    add(all, ready ? PASSED : MISSED, mem_text("becomes ready"), ready ? took(view->stages[RUN_STAGE_READY].took_ms)
        : mem_text(image ? "" : view->failure));
    bool execute = result->exited && result->way != RUN_WAY_EXEC;
    add(all, !ready ? UNTRIED : execute ? PASSED : MISSED, mem_text("answers /execute"),
        execute ? took(result->took_ms) : result->exited ? mem_text("only pods/exec runs a command in it")
            : mem_text(ready ? view->failure : ""));
}

static void try_one(struct run_drive *d, struct trials *all, char *what /* taken */, const char *command)
{
    if (!run_again(d->run, command, false)) {
        add(all, UNTRIED, what, mem_text(""));
        return;
    }
    run_drive_finish_command(d);
    const struct run_view *view = run_view(d->run);
    const struct run_result *result = &view->results[view->n_results - 1];
    bool good = result->exited && result->exit_code == 0;
    add(all, good ? PASSED : result->exited ? MISSED : UNTRIED, what, good ? last_line(result->out) : result->exited
        ? last_line(result->err)
                                                                                                                : mem_text(view->failure));
}

static void try_named(struct run_drive *d, const struct options *o, struct trials *all)
{
    for (size_t i = 0; i < o->run.imports.n; i++) {
        char *code = mem_printf("import %s as m; print(getattr(m, '__version__', ''))", o->run.imports.v[i]);
        const char *argv[] = {"python3", "-c", code, NULL};
        char *command = run_join(argv);
        try_one(d, all, mem_printf("import %s", o->run.imports.v[i]), command);
        free(command);
        free(code);
    }
    for (size_t i = 0; i < o->run.programs.n; i++) {
        const char *argv[] = {"sh", "-c", "command -v \"$1\"", "sh", o->run.programs.v[i], NULL};
        char *command = run_join(argv);
        try_one(d, all, mem_printf("which %s", o->run.programs.v[i]), command);
        free(command);
    }
}

/* ---- what came of it ----------------------------------------------------------------------------------------------------------------- */

static void print_text(const struct trials *all)
{
    static const char *const signs[] = {[PASSED] = "✔", [MISSED] = "✖", [UNTRIED] = "?"};
    size_t width = 0;
    struct buf out = {0};

    for (size_t i = 0; i < all->n; i++)
        width = strlen(all->v[i].what) > width ? strlen(all->v[i].what) : width;
    for (size_t i = 0; i < all->n; i++) {
        const struct trial *t = &all->v[i];
        buf_printf(&out, "%s ", signs[t->verdict]);
        plain_line(t->what, &out);
        if (*t->detail)
            buf_printf(&out, "%*s", (int)(width - strlen(t->what)) + 2, "");
        plain_line(t->verdict == UNTRIED && !*t->detail ? "  not tried" : t->detail, &out);
        buf_add_byte(&out, '\n');
    }
    fputs(buf_slice(&out).p, stdout);
    buf_free(&out);
}

static void print_json(struct run_drive *d, const struct trials *all, int status)
{
    static const char *const words[] = {[PASSED] = "passed", [MISSED] = "failed", [UNTRIED] = "untried"};
    const struct run_view *view = run_view(d->run);
    struct buf out = {0};

    buf_add_text(&out, "{\"schema\":\"sandtop.check/v1\",\"namespace\":");
    json_quote(&out, slice_of(view->ns));
    buf_add_text(&out, ",\"template\":");
    json_quote(&out, slice_of(view->target_name));
    buf_add_text(&out, ",\"image\":");
    json_quote(&out, slice_of(view->image));
    buf_printf(&out, ",\"status\":%d,\"trials\":[", status);
    for (size_t i = 0; i < all->n; i++) {
        buf_printf(&out, "%s{\"what\":", i ? "," : "");
        json_quote(&out, slice_of(all->v[i].what));
        buf_printf(&out, ",\"result\":\"%s\",\"detail\":", words[all->v[i].verdict]);
        json_quote(&out, slice_of(all->v[i].detail));
        buf_add_byte(&out, '}');
    }
    buf_add_text(&out, "],\"failure\":");
    json_quote(&out, slice_of(view->failure));
    buf_add_text(&out, ",\"left\":");
    json_quote(&out, slice_of(view->left));
    buf_add_text(&out, "}\n");
    fputs(buf_slice(&out).p, stdout);
    buf_free(&out);
}

/* What failed before the template had a chance is no verdict on it. */
static bool never_tried(const struct run_view *view)
{
    return *view->permission || (view->outcome != RUN_EXITED && view->stage < RUN_STAGE_SANDBOX);
}

int check_command(const struct options *o)
{
    struct run_config config = {.target = RUN_TEMPLATE, .name = o->names[0], .command = "true", .hold = true, .cold = true};
    struct run_drive d;
    struct trials all = {0};
    struct err err = {0};
    bool as_json = o->output && strcmp(o->output, "json") == 0;
    int status = EXIT_CANNOT;

    if (run_drive_open(&d, o, &config, &err)) {
        run_drive_finish_command(&d);
        judge_start(&d, &all);
        try_named(&d, o, &all);
        bool impossible = never_tried(run_view(d.run));
        if (run_view(d.run)->state == RUN_IDLE)
            run_cancel(d.run);
        while (run_drive_turn(&d))
            ;
        status = 0;
        for (size_t i = 0; i < all.n; i++)
            status |= all.v[i].verdict != PASSED;
        status = d.signalled ? 128 + d.signalled : impossible ? EXIT_CANNOT : status;
        if (as_json)
            print_json(&d, &all, status);
        else if (!impossible)
            print_text(&all);
        fflush(stdout);
        if (status)
            run_drive_tell_failure(&d);
    } else {
        run_tell("%s", err.text ? err.text : "no connection");
    }
    for (size_t i = 0; i < all.n; i++) {
        free(all.v[i].what);
        free(all.v[i].detail);
    }
    free(all.v);
    run_drive_close(&d);
    err_clear(&err);
    return status;
}
