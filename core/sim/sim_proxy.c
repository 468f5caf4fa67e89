/* The sandbox router and the python runtime behind it: POST /execute runs a command in a sandbox of the simulated cluster. Reached by the
 * API server's service proxy (which strips Authorization), by a forwarded port, or at an origin of its own. Answers have the Go router's
 * and the python runtime's shapes (as captured in tests/fixtures/wire/router-execute-answer.txt). The runtime splits a command as shlex
 * does, without a shell. */
#include "core/base/mem.h"
#include "core/sim/sim_command.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

/* ---- the router */

static void router_error(struct exchange *x, int status, const char *what, const char *word)
{
    char *detail = mem_printf("%s%s", what, word);

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

/* The runtime decodes what a program writes; bytes that are no UTF-8 make its answer fail. */
static bool find_bad_byte(struct slice text, size_t *at)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        size_t more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : SIZE_MAX;
        *at = i;
        if (more > text.n - i - 1)
            return true;
        for (; more > 0; more--)
            if (((unsigned char)text.p[++i] & 0xc0) != 0x80)
                return true;
    }
    return false;
}

static void answer_outcome(struct exchange *x, struct slice out, struct slice err, int code)
{
    buf_add_text(&x->out, "{\"stdout\":");
    json_quote(&x->out, out);
    buf_add_text(&x->out, ",\"stderr\":");
    json_quote(&x->out, err);
    buf_printf(&x->out, ",\"exit_code\":%d}", code);
    exchange_finish(x, END_DONE, "");
}

static void answer_failed(struct exchange *x, char *why)
{
    struct buf text = {0};

    buf_printf(&text, "Failed to execute command: %s", why);
    answer_outcome(x, SLICE(""), buf_slice(&text), 1);
    buf_free(&text);
    free(why);
}

static int64_t answer_run(struct exchange *x, const char *sandbox, const char *command)
{
    struct command_run run = {.host = sandbox};
    struct buf out = {0}, err = {0};
    char *words[COMMAND_WORDS_MOST];
    int n = command_split(command, words);
    size_t bad;

    ptrs_add(&x->sim->commands, mem_text(command));
    if (n > 0)
        command_run(&run, words, n);
    command_output(&run, 1, &out);
    command_output(&run, 2, &err);
    if (n <= 0)
        answer_failed(x, mem_text(n < 0 ? "No closing quotation" : "list index out of range"));
    else if (run.trouble != COMMAND_STARTED)
        answer_failed(x, mem_printf("%s: '%s'", run.trouble == COMMAND_NOT_FOUND ? "[Errno 2] No such file or directory" :
                                    "[Errno 13] Permission denied", words[0]));
    else if (find_bad_byte(buf_slice(&out), &bad))
        answer_failed(x, mem_printf("'utf-8' codec can't decode byte 0x%02x in position %zu: invalid start byte",
                                    (unsigned char)out.p[bad], bad));
    else
        answer_outcome(x, buf_slice(&out), buf_slice(&err), run.signal ? -run.signal : run.code);
    while (n > 0)
        free(words[--n]);
    buf_free(&out);
    buf_free(&err);
    int64_t ms = 18 + run.ms;        /* commands take their time on the world's clock: the answer is held back that long */
    command_free(&run);
    return ms;
}

/* False: refused. */
static bool check_token(struct exchange *x)
{
    const char *given = x->stripped ? NULL : exchange_header(x, "Authorization"), *token = x->sim->router_token;

    if (!token || (given && strncmp(given, "Bearer ", 7) == 0 && strcmp(given + 7, token) == 0))
        return true;
    bool any = given && strncmp(given, "Bearer ", 7) == 0;
    router_error(x, 401, any ? "Invalid token." : "Missing or invalid Authorization header.", "");
    return false;
}

static void execute(struct exchange *x)
{
    const char *sandbox = exchange_header(x, "X-Sandbox-ID"), *ns = exchange_header(x, "X-Sandbox-Namespace");
    const char *agent = exchange_header(x, "User-Agent");
    json asked = json_whole(buf_slice(&x->body));
    char *command = json_dup(json_get(asked, "command"));
    int64_t ms = 0;

    ns = ns ? ns : "default";
    if (!check_token(x)) {
        ms = 1;
    } else if (!sandbox || !*sandbox) {
        router_error(x, 400, "X-Sandbox-ID header is required.", "");
    } else if (!sandbox_ready(x->sim, ns, sandbox)) {
        ms = 1408;
        router_error(x, 502, "Could not connect to the backend sandbox: ", sandbox);
    } else if (!command) {
        router_error(x, 422, "command: Field required", "");
    } else {
        ms = answer_run(x, sandbox, command);
    }
    x->ready_at = sim_mono(x->sim) + ms;
    if (x->sim->story)
        story_executed(x->sim->story, sandbox ? sandbox : "", ns, x->status, (int)ms, (int)x->out.n, agent ? agent : "");
    free(command);
}

void router_answer(struct exchange *x, const char *path)
{
    path += *path == '/';
    struct slice asked = {path, strcspn(path, "?")};
    if (slice_is(asked, "execute") && strcmp(x->method, "POST") == 0)
        execute(x);
    else if (slice_is(asked, "healthz") || slice_is(asked, "readyz"))
        http_text(x, 200, "ok");
    else
        router_error(x, 404, "Not Found", "");
}

void runtime_answer(struct exchange *x, const char *sandbox)
{
    json asked = json_whole(buf_slice(&x->body));
    char *command = json_dup(json_get(asked, "command"));

    x->ready_at = sim_mono(x->sim) + 4;
    if (strcmp(x->path, "/") == 0 && strcmp(x->method, "GET") == 0) {
        buf_add_text(&x->out, "{\"status\":\"ok\",\"message\":\"Sandbox Runtime is active.\"}");
        exchange_finish(x, END_DONE, "");
    } else if (strcmp(x->path, "/execute") != 0 || strcmp(x->method, "POST") != 0) {
        router_error(x, 404, "Not Found", "");
    } else if (!command) {
        router_error(x, 422, "command: Field required", "");
    } else {
        x->ready_at = sim_mono(x->sim) + answer_run(x, sandbox, command);
    }
    free(command);
}

void proxy_answer(struct exchange *x, const struct route *route)
{
    /* "https:name:port", "name:port" or "name" */
    const char *name = route->name;
    name += strncmp(name, "http:", 5) == 0 ? 5 : strncmp(name, "https:", 6) == 0 ? 6 : 0;
    char *service = slice_dup((struct slice){name, strcspn(name, ":")});

    x->stripped = true;
    if (!world_get(x->sim, route->resource, route->ns ? route->ns : "", service))
        http_not_found(x, route->resource, service);
    else
        router_answer(x, route->rest ? route->rest : "");
    free(service);
}
