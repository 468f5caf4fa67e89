/* stdout to stdout, stderr to stderr, as they come. On a terminal the bytes are made visible first (plain_text); elsewhere they pass
 * untouched. */
#include "tui/run_command.h"

#include "core/base/mem.h"
#include "tui/plain_text.h"
#include "tui/run_drive.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

struct pipe_out {
    int fd;
    bool terminal, broken;           /* broken: nobody reads it any more */
    uint64_t done;
    struct plain_text plain;
};

static void write_all(struct pipe_out *p, const char *bytes, size_t n)
{
    while (n > 0 && !p->broken) {
        ssize_t put = write(p->fd, bytes, n);
        if (put < 0 && errno == EAGAIN) {
            struct pollfd fd = {.fd = p->fd, .events = POLLOUT};
            poll(&fd, 1, 1000);
        } else if (put < 0 && errno != EINTR) {
            p->broken = true;
        } else if (put > 0) {
            bytes += put;
            n -= (size_t)put;
        }
    }
}

static void pass_on(struct pipe_out *p, const struct run_output *o)
{
    char *piece = p->done < run_output_bytes(o) ? mem_new(PIECE) : NULL;

    for (size_t n; piece && !p->broken && (n = run_output_read(o, p->done, piece, PIECE)) > 0; p->done += n) {
        struct buf safe = {0};
        if (p->terminal)
            plain_text_add(&p->plain, (struct slice){piece, n}, &safe);
        write_all(p, p->terminal ? buf_slice(&safe).p : piece, p->terminal ? safe.n : n);
        buf_free(&safe);
    }
    free(piece);
}

static void finish_pipe(struct pipe_out *p)
{
    struct buf safe = {0};

    if (p->terminal)
        plain_text_end(&p->plain, &safe);
    write_all(p, buf_slice(&safe).p, safe.n);
    buf_free(&safe);
}

/* ---- JSON --------------------------------------------------------------------------------------------------------------------------- */

static void member(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    json_quote(out, slice_of(text));
}

/* A whole output as one JSON string, in pieces that end between characters. */
static void output_member(struct buf *out, const char *key, const struct run_output *o)
{
    char *piece = mem_new(PIECE);
    uint64_t at = 0;

    buf_printf(out, ",\"%s\":\"", key);
    for (size_t n; (n = run_output_read(o, at, piece, PIECE)) > 0; at += n) {
        for (size_t back = 1; n == PIECE && back < 4; back++)
            if (((unsigned char)piece[n - back] & 0xC0) != 0x80) {
                n -= (unsigned char)piece[n - back] >= 0xC0 ? back : 0;
                break;
            }
        struct buf quoted = {0};
        json_quote(&quoted, (struct slice){piece, n});
        buf_add(out, quoted.p + 1, quoted.n - 2);
        buf_free(&quoted);
    }
    buf_add_byte(out, '"');
    free(piece);
}

static void stages_member(struct buf *out, const struct run_view *view)
{
    static const char *const states[] = {"pending", "active", "done", "failed", "skipped"};
    char stamp[32];

    buf_add_text(out, ",\"stages\":[");
    for (int i = 0; i < RUN_STAGES; i++) {
        const struct run_stage *s = &view->stages[i];
        buf_printf(out, "%s{\"stage\":\"%s\",\"state\":\"%s\"", i ? "," : "", s->word, states[s->state]);
        if (s->wall_ms)
            buf_printf(out, ",\"time\":\"%s\",\"seconds\":%lld.%03lld", time_rfc3339(s->wall_ms, stamp), (long long)(s->took_ms / 1000),
                       (long long)(s->took_ms % 1000));
        member(out, "detail", s->detail);
        buf_add_byte(out, '}');
    }
    buf_add_byte(out, ']');
}

/* Schema sandtop.run/v1; documented in the man page. Only additions within v1. */
static void print_json(struct run_drive *d, int status)
{
    static const char *const outcomes[] = {"open", "exited", "failed", "deadline", "cancelled"};
    const struct run_view *view = run_view(d->run);
    const struct run_result *result = &view->results[view->n_results - 1];
    struct buf out = {0};

    buf_printf(&out, "{\"schema\":\"sandtop.run/v1\",\"outcome\":\"%s\"", outcomes[view->outcome]);
    member(&out, "namespace", view->ns);
    member(&out, "template", view->template_name);
    member(&out, "pool", view->pool);
    member(&out, "claim", view->claim);
    member(&out, "sandbox", view->sandbox);
    member(&out, "pod", view->pod);
    member(&out, "image", view->image);
    buf_printf(&out, ",\"warm\":%s", view->warm ? "true" : "false");
    member(&out, "command", result->sent);
    member(&out, "way", result->way == RUN_WAY_ANY ? "" : run_way_name(result->way));
    if (result->exited)
        buf_printf(&out, ",\"exitCode\":%d", result->exit_code);
    else
        buf_add_text(&out, ",\"exitCode\":null");
    member(&out, "exit", result->exit_name);
    buf_printf(&out, ",\"status\":%d,\"seconds\":%lld.%03lld", status, (long long)(view->total_ms / 1000),
               (long long)(view->total_ms % 1000));
    stages_member(&out, view);
    output_member(&out, "stdout", result->out);
    output_member(&out, "stderr", result->err);
    member(&out, "hint", result->hint);
    member(&out, "failure", view->failure);
    member(&out, "permission", view->permission);
    member(&out, "note", view->note);
    member(&out, "left", view->left);
    if (d->finding_json.n) {
        buf_add_text(&out, ",\"doctor\":");
        buf_add_slice(&out, json_whole(buf_slice(&d->finding_json)));
    }
    buf_add_text(&out, "}\n");
    fwrite(out.p, 1, out.n, stdout);
    fflush(stdout);
    buf_free(&out);
}

/* ---- the command -------------------------------------------------------------------------------------------------------------------- */

static bool aim(const struct options *o, struct run_config *config, struct err *err)
{
    const struct {
        const char *name;
        enum run_target target;
    } rows[] = {{o->run.template_name, RUN_TEMPLATE}, {o->run.pool, RUN_POOL}, {o->run.claim, RUN_CLAIM}, {o->run.sandbox, RUN_SANDBOX}};
    unsigned n = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!rows[i].name)
            continue;
        config->target = rows[i].target;
        config->name = rows[i].name;
        n++;
    }
    return (n == 1 && *config->name) || err_set(err, "run wants one of --template, --pool, --claim and --sandbox");
}

static bool choose_way(const struct options *o, struct run_config *config, struct err *err)
{
    static const struct {
        const char *word;
        enum run_way way;
    } rows[] = {{"service", RUN_WAY_SERVICE}, {"forward", RUN_WAY_FORWARD}, {"url", RUN_WAY_URL}, {"exec", RUN_WAY_EXEC}};

    if (!o->run.way)
        return true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(o->run.way, rows[i].word) == 0)
            config->way = rows[i].way;
    const char *url = getenv("SANDTOP_ROUTER_URL");
    if (config->way == RUN_WAY_URL && !o->run.router_url && !(url && *url))
        return err_set(err, "--way url wants --router-url or SANDTOP_ROUTER_URL");
    return config->way != RUN_WAY_ANY || err_set(err, "--way: \"%s\" is none: write service, forward, url or exec", o->run.way);
}

static int status_of(const struct run_drive *d)
{
    const struct run_view *view = run_view(d->run);
    const struct run_result *result = &view->results[view->n_results - 1];

    if (d->signalled)
        return 128 + d->signalled;
    switch (view->outcome) {
    case RUN_EXITED: return result->exit_code;
    case RUN_DEADLINE: return EXIT_DEADLINE;
    default: return EXIT_CANNOT;
    }
}

static bool a_person_reads(const struct run_drive *d)
{
    return d->options->run.verbose || isatty(STDERR_FILENO);
}

static void tell(struct run_drive *d)
{
    const struct run_view *view = run_view(d->run);
    const struct run_result *result = &view->results[view->n_results - 1];

    bool person = a_person_reads(d); /* a script gets the command's own stderr and no more */

    if (view->outcome != RUN_EXITED || *view->left)
        run_drive_tell_failure(d);
    if (result->needs_shell && result->exited && person)
        run_tell("this went out without a shell; for one: sandtop run … --shell -- '%s'", result->command);
    if (*result->hint && person)
        run_tell("%s", result->hint);
    if (*run_output_trouble(result->out) || *run_output_trouble(result->err))
        run_tell("the output is not whole: %s", *run_output_trouble(result->out) ? run_output_trouble(result->out)
                 : run_output_trouble(result->err));
    if (*view->note && d->options->run.verbose)
        run_tell("%s", view->note);
}

static void follow(struct run_drive *d, bool text)
{
    struct pipe_out out = {.fd = STDOUT_FILENO, .terminal = isatty(STDOUT_FILENO)},
        err = {.fd = STDERR_FILENO, .terminal = isatty(STDERR_FILENO)};

    for (bool more = true, ended = false; more;) {
        more = run_drive_turn(d);
        const struct run_result *result = &run_view(d->run)->results[0];
        if (!text || ended)
            continue;
        ended = result->exited || *result->failure;
        pass_on(&out, result->out);
        pass_on(&err, result->err);
        if (ended) {
            finish_pipe(&out);
            finish_pipe(&err);
            if (a_person_reads(d) && run_output_bytes(result->err) && !run_output_ends_in_newline(result->err))
                fputc('\n', stderr);
        }
        if (out.broken && !ended && !d->signalled)
            run_drive_cancel(d, SIGPIPE);            /* as head(1) ends what it reads from */
    }
}

int run_command(const struct options *o)
{
    struct run_config config = {.shell = o->run.shell, .keep = o->run.keep, .hasty_end = !o->run.wait};
    struct run_drive d;
    struct err err = {0};
    bool as_json = o->output && strcmp(o->output, "json") == 0;
    char *line = NULL;
    int status = EXIT_CANNOT;

    bool command = o->names[1] || o->names[0][strspn(o->names[0], " \t\n")] || err_set(&err, "run wants a command that is not empty");
    if (!command || !aim(o, &config, &err) || !choose_way(o, &config, &err)) {
        run_tell("%s", err.text);
        err_clear(&err);
        return EXIT_CANNOT;
    }
    /* One word is a command line as it is typed; several are words, which keep their blanks. With --shell they are one line for it, as for
     * ssh. */
    if (o->names[1] && o->run.shell) {
        struct buf all = {0};
        for (char **word = o->names; *word; word++)
            buf_printf(&all, "%s%s", all.n ? " " : "", *word);
        config.command = line = buf_take(&all);
    } else if (o->names[1]) {
        config.argv = (const char *const *)(void *)o->names;
    } else {
        config.command = o->names[0];
    }
    if (run_drive_open(&d, o, &config, &err)) {
        follow(&d, !as_json);
        status = status_of(&d);
        if (as_json)
            print_json(&d, status);
        else
            tell(&d);
    } else {
        run_tell("%s", err.text ? err.text : "no connection");
    }
    run_drive_close(&d);
    free(line);
    err_clear(&err);
    return status;
}
