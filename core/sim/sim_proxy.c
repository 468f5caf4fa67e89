/* The API server's service proxy to the sandbox router: POST …/services/sandbox-router-svc:8080/proxy/execute runs a command in a
 * sandbox of the simulated cluster. Answers have the Go router's and the python runtime's shapes (as captured in
 * tests/fixtures/wire/router-execute-answer.txt). The runtime splits a command as shlex does, without a shell; of programs it knows
 * echo and its like, sh -c, and python3 -c 'print(…)'. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORDS_MOST = 64 };

struct run {
    struct buf out, err;
    int code;
    const char *host;
};

/* Splits as shlex does: quotes and backslashes, no expansion. Returns the number of words; -1 where a quote stays open. */
static int split_words(const char *p, char *words[WORDS_MOST])
{
    int n = 0;

    while (n < WORDS_MOST) {
        struct buf word = {0};
        char quote = 0;
        p += strspn(p, " \t\n");
        if (!*p)
            return n;
        for (; *p && (quote || !strchr(" \t\n", *p)); p++) {
            if (quote && *p == quote)
                quote = 0;
            else if (!quote && (*p == '\'' || *p == '"'))
                quote = *p;
            else if (*p == '\\' && quote != '\'' && p[1])
                buf_add_byte(&word, *++p);
            else
                buf_add_byte(&word, *p);
        }
        words[n++] = buf_take(&word);
        if (quote) {
            while (n > 0)
                free(words[--n]);
            return -1;
        }
    }
    return n;
}

static void run_program(struct run *, char **words, int n);

/* One simple command of a shell's line; ">&2" sends its output to stderr. */
static void run_simple(struct run *run, char *text)
{
    char *words[WORDS_MOST];
    int n = split_words(text, words), kept = 0;
    bool to_err = false;
    struct run one = {.host = run->host};

    for (int i = 0; i < n; i++) {
        bool redirect = strcmp(words[i], ">&2") == 0 || strcmp(words[i], "1>&2") == 0;
        to_err |= redirect;
        if (redirect)
            free(words[i]);
        else
            words[kept++] = words[i];
    }
    if (kept > 0)
        run_program(&one, words, kept);
    buf_add_slice(to_err ? &run->err : &run->out, buf_slice(&one.out));
    buf_add_slice(&run->err, buf_slice(&one.err));
    run->code = one.code;
    buf_free(&one.out);
    buf_free(&one.err);
    while (kept > 0)
        free(words[--kept]);
}

/* A shell's line: commands after each other, until an exit. */
static void run_shell(struct run *run, const char *line)
{
    char *text = mem_text(line), *save = NULL;

    for (char *part = strtok_r(text, ";\n", &save); part; part = strtok_r(NULL, ";\n", &save)) {
        part += strspn(part, " \t");
        if (strncmp(part, "exit", 4) == 0 && (part[4] == 0 || part[4] == ' ')) {
            run->code = atoi(part + 4) & 255;
            break;
        }
        run_simple(run, part);
    }
    free(text);
}

static void run_echo(struct run *run, char **words, int n)
{
    bool newline = !(n > 1 && strcmp(words[1], "-n") == 0);

    for (int i = newline ? 1 : 2; i < n; i++) {
        buf_add_text(&run->out, words[i]);
        if (i + 1 < n)
            buf_add_byte(&run->out, ' ');
    }
    if (newline)
        buf_add_byte(&run->out, '\n');
}

/* print('text') and print("text"), as a smoke test has it. */
static void run_python(struct run *run, const char *code)
{
    const char *from = strncmp(code, "print(", 6) == 0 ? code + 6 : NULL, *to = from ? strrchr(from, ')') : NULL;

    if (!to) {
        buf_add_text(&run->err, "  File \"<string>\", line 1\nSyntaxError: the simulated interpreter knows print() only\n");
        run->code = 1;
        return;
    }
    if (to - from >= 2 && (*from == '\'' || *from == '"') && to[-1] == *from)
        from++, to--;
    buf_add(&run->out, from, (size_t)(to - from));
    buf_add_byte(&run->out, '\n');
}

static void run_program(struct run *run, char **words, int n)
{
    const char *name = words[0], *second = n > 1 ? words[1] : "";

    if (strcmp(name, "echo") == 0) {
        run_echo(run, words, n);
    } else if ((strcmp(name, "sh") == 0 || strcmp(name, "bash") == 0) && strcmp(second, "-c") == 0 && n > 2) {
        run_shell(run, words[2]);
    } else if ((strcmp(name, "python3") == 0 || strcmp(name, "python") == 0) && strcmp(second, "-c") == 0 && n > 2) {
        run_python(run, words[2]);
    } else if (strcmp(name, "python3") == 0 && strcmp(second, "--version") == 0) {
        buf_add_text(&run->out, "Python 3.12.4\n");
    } else if (strcmp(name, "uname") == 0) {
        buf_add_text(&run->out, "Linux\n");
    } else if (strcmp(name, "pwd") == 0) {
        buf_add_text(&run->out, "/app\n");
    } else if (strcmp(name, "hostname") == 0) {
        buf_printf(&run->out, "%s\n", run->host);
    } else if (strcmp(name, "id") == 0) {
        buf_add_text(&run->out, "uid=0(root) gid=0(root) groups=0(root)\n");
    } else if (strcmp(name, "false") == 0) {
        run->code = 1;
    } else if (strcmp(name, "true") != 0 && strcmp(name, "sleep") != 0) {
        buf_printf(&run->err, "Failed to execute command: [Errno 2] No such file or directory: '%s'", name);
        run->code = 1;
    }
}

static void run_command(struct run *run, const char *command)
{
    char *words[WORDS_MOST];
    int n = split_words(command, words);

    if (n < 0) {
        buf_add_text(&run->err, "Failed to execute command: No closing quotation");
        run->code = 1;
    } else if (n == 0) {
        buf_add_text(&run->err, "Failed to execute command: list index out of range");
        run->code = 1;
    } else {
        run_program(run, words, n);
    }
    while (n > 0)
        free(words[--n]);
}

/* ---- the router */

static void router_error(struct exchange *x, int status, const char *format, const char *word)
{
    char *detail = mem_printf("%s%s", format, word);

    x->status = status;
    x->answer_type = "application/json";
    buf_add_text(&x->out, "{\"detail\":");
    json_quote(&x->out, slice_of(detail));
    buf_add_text(&x->out, "}\n");
    exchange_finish(x, END_DONE, "");
    free(detail);
}

static bool sandbox_ready(const struct sim *sim, const char *ns, const char *name)
{
    const struct version *v = world_get(sim, sim_resource("sandboxes"), ns, name);
    struct json_walk w = json_items(v ? json_path(v->text, "status.conditions") : (json){0});

    while (json_next(&w))
        if (json_is(json_get(w.value, "type"), "Ready"))
            return json_is(json_get(w.value, "status"), "True");
    return false;
}

static void answer_run(struct exchange *x, const char *sandbox, const char *command)
{
    struct run run = {.host = sandbox};

    run_command(&run, command);
    buf_add_text(&x->out, "{\"stdout\":");
    json_quote(&x->out, buf_slice(&run.out));
    buf_add_text(&x->out, ",\"stderr\":");
    json_quote(&x->out, buf_slice(&run.err));
    buf_printf(&x->out, ",\"exit_code\":%d}", run.code);
    buf_free(&run.out);
    buf_free(&run.err);
    exchange_finish(x, END_DONE, "");
}

/* Commands take their time on the world's clock: the answer is held back that long. */
static int command_ms(const char *command)
{
    const char *sleep = strstr(command, "sleep ");
    double seconds = sleep ? strtod(sleep + 6, NULL) : 0;

    return 18 + (seconds > 0 && seconds < 600 ? (int)(seconds * 1000) : 0);
}

static void execute(struct exchange *x)
{
    const char *sandbox = exchange_header(x, "X-Sandbox-ID"), *ns = exchange_header(x, "X-Sandbox-Namespace");
    const char *agent = exchange_header(x, "User-Agent");
    json asked = json_whole(buf_slice(&x->body));
    char *command = json_dup(json_get(asked, "command"));
    int ms = 0;

    ns = ns ? ns : "default";
    if (!sandbox || !*sandbox) {
        router_error(x, 400, "X-Sandbox-ID header is required.", "");
    } else if (!sandbox_ready(x->sim, ns, sandbox)) {
        ms = 1408;
        router_error(x, 502, "Could not connect to the backend sandbox: ", sandbox);
    } else if (!command) {
        router_error(x, 422, "command: Field required", "");
    } else {
        ms = command_ms(command);
        answer_run(x, sandbox, command);
    }
    x->ready_at = sim_mono(x->sim) + ms;
    if (x->sim->story)
        story_executed(x->sim->story, sandbox ? sandbox : "", ns, x->status, ms, (int)x->out.n, agent ? agent : "");
    free(command);
}

void proxy_answer(struct exchange *x, const struct route *route)
{
    /* "https:name:port", "name:port" or "name" */
    const char *name = route->name;
    name += strncmp(name, "http:", 5) == 0 ? 5 : strncmp(name, "https:", 6) == 0 ? 6 : 0;
    char *service = slice_dup((struct slice){name, strcspn(name, ":")});
    const char *path = route->rest ? route->rest : "";

    if (!world_get(x->sim, route->resource, route->ns ? route->ns : "", service))
        http_not_found(x, route->resource, service);
    else if (strcmp(path, "execute") == 0 && strcmp(x->method, "POST") == 0)
        execute(x);
    else if (strcmp(path, "healthz") == 0 || strcmp(path, "readyz") == 0)
        http_text(x, 200, "ok");
    else
        router_error(x, 404, "Not Found", "");
    free(service);
}
