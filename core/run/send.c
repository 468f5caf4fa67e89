/* The command on its way, once. Invariant: from the moment a request is handed over sent_once stands, and it is taken back only by an
 * answer that proves that nobody received the command; without that proof no way is tried after. */
#include "core/run/run_internal.h"

#include "core/base/mem.h"
#include "core/kube/refusal.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    TAIL = 4096,
    REFUSAL_MOST = 64 * 1024,
    ROUTER_PATIENCE_MS = 20000,      /* a 502 later than this is no failed connection: the Go router waits 30 s for an answer's head */
};

void send_stop(struct run *r)
{
    transport_cancel(r->config.transport, r->command);
    r->command = NULL;
    exec_stream_free(r->exec);
    r->exec = NULL;
    forward_http_free(r->forward);
    r->forward = NULL;
    run_answer_free(r->answer);
    r->answer = NULL;
    buf_clear(&r->refusal);
}

/* ---- how it ended ------------------------------------------------------------------------------------------------------------------- */

static void tail_of(const struct run_output *o, struct buf *out)
{
    uint64_t n = run_output_bytes(o);
    char *bytes = mem_new(TAIL);
    size_t got = run_output_read(o, n > TAIL ? n - TAIL : 0, bytes, TAIL);

    buf_add(out, bytes, got);
    free(bytes);
}

static void find_hint(struct run *r, struct result *now)
{
    struct buf err = {0}, out = {0};

    tail_of(now->err, &err);
    tail_of(now->out, &out);
    struct run_symptoms s = {
        .exit_status = now->exit_code, .not_started = now->not_started, .err = buf_slice(&err), .out = buf_slice(&out), .image = r->image,
        .template_name = r->template_name, .command = now->command, .oom_killed = r->oom_killed,
    };
    char *hint = run_hint(&s);
    if (hint)
        set_text(&now->hint, hint);
    buf_free(&err);
    buf_free(&out);
}

/* Nothing ran in the runtime that answers /execute: its port is not even declared, and no container died under the command. */
static bool never_received(const struct run *r)
{
    int64_t restarts = 0;

    if (!r->doubt || r->oom_killed || !other_runtime(r) || r->eyes[EYE_POD].state != EYE_PRESENT)
        return false;
    for (struct json_walk w = json_items(json_path(eye_object(&r->eyes[EYE_POD]), "status.containerStatuses")); json_next(&w);)
        if (json_int(json_get(w.value, "restartCount"), &restarts) && restarts > 0)
            return false;
    return r->config.way == RUN_WAY_ANY;
}

void send_ended(struct run *r)
{
    struct result *now = run_now(r);

    if (!now->exited && never_received(r)) {
        r->doubt = false;
        now->sent_once = false;
        r->ways_tried |= 1u << now->way;
        router_begin(r);
        return;
    }
    find_hint(r, now);
    if (now->exited)
        run_decide(r, RUN_EXITED);
    else
        run_fail(r, r->oom_killed ? mem_printf("%s (the pod says OOMKilled)", now->failure) : mem_text(now->failure));
}

static void finish_clock(struct run *r, struct result *now)
{
    now->done = true;
    now->ended_ms = run_mono(r);
    if (!r->total_ms)
        r->total_ms = now->ended_ms - r->began_ms;
    stage_end(r, RUN_STAGE_COMMAND, now->exited ? RUN_STAGE_DONE : RUN_STAGE_FAILED);
}

/* The runtime could not hand out what the command wrote, which it says in the words of a failed start. */
static bool ran_to_bytes(const struct result *now)
{
    struct buf err = {0};

    tail_of(now->err, &err);
    bool bytes = err.n && memmem(err.p, err.n, "codec can't decode", 18) != NULL;
    buf_free(&err);
    return bytes;
}

static void exited(struct run *r, int64_t code)
{
    static const char failed[] = "Failed to execute command: "; /* the python runtime's words, in a 200 with exit_code 1 */
    struct result *now = run_now(r);
    char begin[sizeof failed - 1];

    now->exited = true;
    now->exit_code = run_exit_status(code);
    if (code == 1 && now->way != RUN_WAY_EXEC && run_output_read(now->err, 0, begin, sizeof begin) == sizeof begin)
        now->not_started = memcmp(begin, failed, sizeof begin) == 0;
    if (now->not_started && now->way != RUN_WAY_EXEC)
        set_text(&now->exit_name, mem_printf("%d: %s", now->exit_code, ran_to_bytes(now) ? "it ran, its output is no text"
                                             : "could not be launched"));
    else
        set_text(&now->exit_name, run_exit_name(now->exit_code));
    stage_say(r, RUN_STAGE_COMMAND, mem_printf("exit %s", now->exit_name));
    finish_clock(r, now);
    send_stop(r);
    if (now->exit_code == 137)
        aftermath_begin(r);
    else
        send_ended(r);
}

/* It may have run, and may still do so. */
static void lost(struct run *r, char *why /* taken */)
{
    struct result *now = run_now(r);

    set_text(&now->failure, mem_printf("the command was sent, but how it ended is not known: %s; it is not sent again", why));
    free(why);
    finish_clock(r, now);
    send_stop(r);
    aftermath_begin(r);
}

/* Nobody received it: the next way, if there is one. */
static void pass_on(struct run *r, char *why /* taken */)
{
    struct result *now = run_now(r);
    bool another = now->way == RUN_WAY_SERVICE && r->router_at + 1 < r->routers.n;

    now->sent_once = false;
    run_note(r, mem_printf("%s: %s", run_way_name(now->way), why));
    set_text(&r->failure, mem_printf("the command could not be sent by the %s: %s", run_way_name(now->way), why));
    free(why);
    send_stop(r);
    if (another)
        r->router_at++;
    else
        r->ways_tried |= 1u << now->way;
    r->stages[RUN_STAGE_COMMAND].state = RUN_STAGE_PENDING;
    r->stages[RUN_STAGE_ROUTER].state = RUN_STAGE_ACTIVE;
    r->stage = RUN_STAGE_ROUTER;
    router_begin(r);
}

/* Nobody received it, and another way would be wrong: the answer is meant for a person. */
static void refused(struct run *r, char *why /* taken */)
{
    run_now(r)->sent_once = false;
    run_fail(r, why);
}

static void keep_permission(struct run *r, const char *words)
{
    char *permission = run_permission(words);

    if (permission)
        set_text(&r->permission, permission);
}

/* ---- POST /execute ------------------------------------------------------------------------------------------------------------------ */

/* What the API server itself answers, in place of the router. */
static void api_refused(struct run *r)
{
    char *words = refusal_text(r->status, buf_slice(&r->refusal));
    bool unreached = strstr(words, "no endpoints available") || strstr(words, "error trying to reach service: dial ");

    if (r->status == 403)
        keep_permission(r, words);
    if (r->status == 403 || r->status == 404 || r->status == 401 || unreached)
        pass_on(r, words);
    else
        lost(r, words);
}

static void router_refused(struct run *r)
{
    struct buf detail = {0};
    json body = json_whole(buf_slice(&r->refusal));
    const enum run_way way = run_now(r)->way;
    const char *token = r->token ? "the token it was given is not the right one" : "set SANDTOP_ROUTER_TOKEN or give a token file";

    if (!json_text(json_get(body, "detail"), &detail))
        buf_printf(&detail, "HTTP %d", r->status);
    char *words = mem_text(buf_slice(&detail).p);
    buf_free(&detail);
    switch (r->status) {
    case 401:
        refused(r, mem_printf("the router refuses: %s (401): %s", words, token));
        free(words);
        break;
    case 403:
    case 400:
    case 422:
        refused(r, mem_printf("the router refuses: %s (%d)", words, r->status));
        free(words);
        break;
    case 404:
    case 405:
        free(words);
        pass_on(r, mem_text("this runtime has no /execute"));
        break;
    case 502:
        r->doubt = true;
        if (run_mono(r) - r->stages[RUN_STAGE_COMMAND].began_ms >= ROUTER_PATIENCE_MS)
            lost(r, mem_printf("the router gave up waiting for the answer (502); longer commands want pods/exec"));
        else
            lost(r, mem_printf("%s (502 by the router's %s)", words, run_way_name(way)));
        free(words);
        break;
    default:
        lost(r, mem_printf("%s (%d by the router's %s)", words, r->status, run_way_name(way)));
        free(words);
    }
}

static void on_head(void *ctx, const struct response_head *head)
{
    struct run *r = ctx;

    r->status = head->status;
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct run *r = ctx;

    if (r->status == 200)
        run_answer_feed(r->answer, bytes, n);
    else if (r->refusal.n < REFUSAL_MOST)
        buf_add(&r->refusal, bytes, n < REFUSAL_MOST - r->refusal.n ? n : REFUSAL_MOST - r->refusal.n);
}

static void on_output(void *ctx, int fd, const char *bytes, size_t n)
{
    struct run *r = ctx;

    run_output_add(fd == 2 ? run_now(r)->err : run_now(r)->out, bytes, n);
}

/* The transport's sentence without its promise to try anew: that is for what may be asked twice. */
static char *broke(const char *text)
{
    static const char promise[] = ": it is tried anew";
    struct slice said = slice_of(*text ? text : "the connection broke");
    size_t n = sizeof promise - 1;

    if (said.n > n && memcmp(said.p + said.n - n, promise, n) == 0)
        said.n -= n;
    return slice_dup(said);
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct run *r = ctx;
    int64_t code = 0;
    bool forward = r->forward != NULL;
    bool never = forward ? !forward_http_sent(r->forward) : reason == END_UNREACHABLE || reason == END_TLS || reason == END_CREDENTIAL;

    r->command = NULL;
    if (reason != END_DONE) {
        if (never && forward && forward_http_status(r->forward) == 403)
            keep_permission(r, text);
        if (never)
            pass_on(r, mem_text(text));
        else
            lost(r, broke(text));
    } else if (r->status == 200) {
        if (run_answer_complete(r->answer, &code))
            exited(r, code);
        else
            lost(r, mem_text("what answered is not a sandbox runtime's /execute"));
    } else if (json_is(json_get(json_whole(buf_slice(&r->refusal)), "kind"), "Status") && run_now(r)->way == RUN_WAY_SERVICE) {
        api_refused(r);
    } else {
        router_refused(r);
    }
}

static char *execute_path(const struct run *r)
{
    const struct router *router = r->routers.v[r->router_at];
    char *service = mem_printf("http:%s:%s", router->service, router->port);
    char *path = kube_path("/api/v1/namespaces/%s/services/%s/proxy/execute", router->ns, service);

    free(service);
    return path;
}

static void post(struct run *r, enum run_way way)
{
    static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};
    static const struct run_answer_ops answer_ops = {.on_output = on_output};
    const struct router *router = way == RUN_WAY_FORWARD ? r->routers.v[r->router_at] : NULL;
    struct header headers[8];
    struct buf body = {0}, bearer = {0};
    char port[16];
    size_t n = 0;

    snprintf(port, sizeof port, "%d", r->config.port);
    headers[n++] = (struct header){"X-Sandbox-ID", r->sandbox};
    headers[n++] = (struct header){"X-Sandbox-Namespace", r->config.ns};
    headers[n++] = (struct header){"X-Sandbox-Port", port};
    if (*r->pod_ip)
        headers[n++] = (struct header){"X-Sandbox-Pod-IP", r->pod_ip};
    if (r->eyes[EYE_SANDBOX].uid && *r->eyes[EYE_SANDBOX].uid)
        headers[n++] = (struct header){"X-Sandbox-UID", r->eyes[EYE_SANDBOX].uid};
    if (r->token && way != RUN_WAY_SERVICE) {
        buf_reserve(&bearer, strlen(r->token) + 16);
        buf_printf(&bearer, "Bearer %s", r->token);
        headers[n++] = (struct header){"Authorization", bearer.p};
    }
    headers[n] = (struct header){0};
    buf_add_text(&body, "{\"command\":");
    json_quote(&body, slice_of(run_now(r)->sent));
    buf_add_byte(&body, '}');
    r->answer = run_answer_new(&answer_ops, r);
    r->status = 0;
    char *path = way == RUN_WAY_SERVICE ? execute_path(r) : mem_text("/execute");
    struct request request = {
        .method = "POST", .path = path, .headers = headers, .body = buf_slice(&body), .origin = way == RUN_WAY_URL ? r->config.router_url
            : NULL,
    };
    if (router) {
        struct forward_config forward = {.ns = router->ns, .pod = r->router_pod, .port = atoi(router->port), .open_ms = RUN_SHORT_MS};
        r->forward = forward_http_new(r->config.transport, &forward, &request, &ops, r);
    } else {
        r->command = transport_request(r->config.transport, &request, &ops, r);
    }
    free(path);
    buf_free(&body);
    if (bearer.p)
        explicit_bzero(bearer.p, bearer.cap);
    buf_free(&bearer);
    if (router && !r->forward)
        pass_on(r, mem_text("this connection carries no tunnels"));
}

/* ---- pods/exec ----------------------------------------------------------------------------------------------------------------------- */

static void on_exec_open(void *ctx)
{
    struct run *r = ctx;

    stage_end(r, RUN_STAGE_ROUTER, RUN_STAGE_DONE);
    stage_begin(r, RUN_STAGE_COMMAND);
}

/* The runtime's words where the program itself could not be started. */
static void not_started(struct run *r, const char *message, int code)
{
    struct result *now = run_now(r);

    run_output_add(now->err, message, strlen(message));
    run_output_add(now->err, "\n", 1);
    now->not_started = true;
    exited(r, code);
}

static void on_exec_end(void *ctx, const struct exec_end *end)
{
    struct run *r = ctx;
    char *words = mem_text(*end->message ? end->message : "the connection broke");

    switch (end->outcome) {
    case EXEC_EXITED:
        exited(r, end->exit_code);
        break;
    case EXEC_FAILED:
        if (strstr(words, "executable file not found") || strstr(words, "no such file or directory"))
            not_started(r, words, 127);
        else if (strstr(words, "permission denied"))
            not_started(r, words, 126);
        else
            lost(r, mem_text(words));
        break;
    case EXEC_REFUSED:
        if (end->http_status == 403)
            keep_permission(r, words);
        refused(r, mem_printf("pods/exec was refused: %s", words));
        break;
    case EXEC_NOT_SENT:
        refused(r, mem_printf("pods/exec could not be reached: %s", words));
        break;
    case EXEC_LOST:
        lost(r, mem_text(words));
        break;
    }
    free(words);
}

static void exec(struct run *r)
{
    static const struct exec_ops ops = {.on_open = on_exec_open, .on_output = on_output, .on_end = on_exec_end};
    char **words = run_words(run_now(r)->sent);

    if (!words || !*words) {
        run_now(r)->sent_once = false;
        run_fail(r, mem_text(words ? "there is no command" : "a quote stays open in the command"));
        run_words_free(words);
        return;
    }
    struct exec_config config = {.ns = r->config.ns, .pod = r->pod, .argv = (const char *const *)(void *)words, .open_ms = RUN_SHORT_MS};
    r->exec = exec_stream_new(r->config.transport, &config, &ops, r);
    run_words_free(words);
    if (!r->exec)
        refused(r, mem_text("pods/exec: this connection carries no tunnels"));
}

void send_by(struct run *r, enum run_way way)
{
    struct result *now = run_now(r);

    r->phase = PHASE_COMMAND;
    now->way = way;
    now->sent_once = true;
    r->doubt = false;
    stage_say(r, RUN_STAGE_ROUTER, router_tell(r, way));
    stage_say(r, RUN_STAGE_COMMAND, mem_text(""));
    if (way == RUN_WAY_EXEC) {
        exec(r);
        return;
    }
    stage_end(r, RUN_STAGE_ROUTER, RUN_STAGE_DONE);
    stage_begin(r, RUN_STAGE_COMMAND);
    post(r, way);
}
