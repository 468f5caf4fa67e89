/* pods/exec and pods/portforward as the API server and the kubelet serve them, over WebSocket frames.
 * Invariant: a command runs when its stream opens and never again; a stream ends when its container does. */
#include "core/base/mem.h"
#include "core/kube/http1.h"
#include "core/kube/websocket.h"
#include "core/sim/sim_command.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

enum { MESSAGE_BYTES = 32 * 1024, AHEAD_BYTES = 1024 * 1024, ALIVE_EVERY_MS = 50, ROUTER_PORT = 8080, RUNTIME_PORT = 8888 };
enum stream_end { PORT_REFUSED, PORT_ROUTER, PORT_RUNTIME };

struct pod_stream {
    struct tunnel *tunnel;
    struct frames *frames;
    char *ns, *pod, *container;
    char uid[37];
    int64_t started_at;              /* mono */
    bool closed;
    /* exec */
    bool is_exec;
    struct command_run run;
    char *program;                   /* its first word */
    size_t burst, burst_sent;
    /* port-forward */
    int port;
    enum stream_end to;
    struct http1 request;
    struct buf body;
    struct exchange *reply;          /* NULL until the request is whole */
};

/* ---- the pod */

static bool pod_uid(const struct version *v, char uid[37])
{
    struct buf scratch = {0};
    struct slice text = json_str(json_path(v->text, "metadata.uid"), &scratch);
    bool good = text.n == 36;

    memset(uid, 0, 37);
    memcpy(uid, text.p, good ? text.n : 0);
    buf_free(&scratch);
    return good;
}

static bool container_runs(const struct version *pod, const char *container)
{
    struct json_walk w = json_items(json_path(pod->text, "status.containerStatuses"));
    bool any = false;

    while (json_next(&w)) {
        any = true;
        if (json_is(json_get(w.value, "name"), container))
            return json_path(w.value, "state.running").n > 0;
    }
    return !any && json_is(json_path(pod->text, "status.phase"), "Running");
}

static bool still_runs(const struct pod_stream *s)
{
    const struct version *pod = world_get(s->tunnel->sim, sim_resource("pods"), s->ns, s->pod);
    char uid[37];

    return pod && pod_uid(pod, uid) && strcmp(uid, s->uid) == 0 && container_runs(pod, s->container);
}

/* The container that was meant, to be freed; NULL with the API server's words in x. */
static char *choose_container(struct exchange *x, const struct version *pod, const char *asked)
{
    struct json_walk w = json_items(json_path(pod->text, "spec.containers"));
    struct buf names = {0};
    char *found = NULL, *message = NULL;
    size_t n = 0;

    for (; json_next(&w); n++) {
        char *name = json_dup(json_get(w.value, "name"));
        buf_printf(&names, "%s%s", n ? " " : "", name ? name : "");
        if (name && !found && (!asked || strcmp(name, asked) == 0))
            found = mem_text(name);
        free(name);
    }
    if (!asked && n > 1)
        message = mem_printf("a container name must be specified for pod %s, choose one of: [%s]", pod->name, names.p);
    else if (!found)
        message = mem_printf("container %s is not valid for pod %s", asked ? asked : "", pod->name);
    if (message) {
        http_status(x, 400, "BadRequest", message, NULL);
        free(found);
        found = NULL;
    }
    free(message);
    buf_free(&names);
    return found;
}

/* ---- exec */

static void send_message(struct pod_stream *s, int channel, const char *bytes, size_t n)
{
    struct buf message = {0};

    buf_add_byte(&message, (char)channel);
    buf_add(&message, bytes, n);
    frames_send(s->frames, message.p, message.n);
    buf_free(&message);
}

static void send_status(struct pod_stream *s, int code, const char *internal)
{
    struct buf out = {0};

    if (internal) {
        buf_add_text(&out, "{\"metadata\":{},\"status\":\"Failure\",\"message\":");
        json_quote(&out, slice_of(internal));
        buf_add_text(&out, ",\"reason\":\"InternalError\",\"details\":{\"causes\":[{\"message\":");
        json_quote(&out, slice_of(internal));
        buf_add_text(&out, "}]},\"code\":500}");
    } else if (code == 0) {
        buf_add_text(&out, "{\"metadata\":{},\"status\":\"Success\"}");
    } else {
        buf_printf(&out, "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"command terminated with non-zero exit code: "
                   "command terminated with exit code %d\",\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":[{\"reason\":"
                   "\"ExitCode\",\"message\":\"%d\"}]}}", code, code);
    }
    send_message(s, 3, out.p, out.n);
    buf_free(&out);
    frames_close(s->frames, 1000, "");
    s->closed = true;
}

static void start_exec(struct pod_stream *s, const struct query *query)
{
    char *words[COMMAND_WORDS_MOST];
    struct buf line = {0};
    int n = 0;

    for (size_t i = 0; i + 1 < query->pairs.n && n < COMMAND_WORDS_MOST; i += 2)
        if (strcmp(query->pairs.v[i], "command") == 0) {
            words[n++] = query->pairs.v[i + 1];
            buf_printf(&line, "%s%s", line.n ? " " : "", (const char *)query->pairs.v[i + 1]);
        }
    s->program = mem_text(n ? words[0] : "");
    s->run.host = s->pod;
    command_run(&s->run, words, n);
    ptrs_add(&s->tunnel->sim->commands, buf_take(&line));
    send_message(s, 1, "", 0);       /* as the real one begins */
}

static void send_bursts(struct pod_stream *s, int64_t elapsed)
{
    while (s->burst < s->run.bursts.n && s->tunnel->out.n < AHEAD_BYTES) {
        const struct burst *b = s->run.bursts.v[s->burst];
        size_t n = b->bytes.n - s->burst_sent;
        if (b->at_ms > elapsed)
            return;
        n = n < MESSAGE_BYTES - 1 ? n : MESSAGE_BYTES - 1;
        if (n)
            send_message(s, b->fd, b->bytes.p + s->burst_sent, n);
        s->burst_sent += n;
        if (s->burst_sent == b->bytes.n) {
            s->burst++;
            s->burst_sent = 0;
        }
    }
}

static void step_exec(struct pod_stream *s, int64_t elapsed)
{
    if (s->run.trouble != COMMAND_STARTED) {
        char *why = mem_printf("Internal error occurred: error executing command in container: failed to exec in container: failed to "
                               "start exec \"%016llx\": OCI runtime exec failed: exec failed: unable to start container process: exec: \"%s\": %s",
                               (unsigned long long)s->started_at * 2654435761u + s->tunnel->sim->seed, s->program,
                               s->run.trouble == COMMAND_NOT_FOUND ? "executable file not found in $PATH" : "permission denied");
        send_status(s, 0, why);
        free(why);
        return;
    }
    send_bursts(s, elapsed);
    if (s->burst == s->run.bursts.n && elapsed >= s->run.ms)
        send_status(s, s->run.code, NULL);
    else if (!still_runs(s))
        send_status(s, 137, NULL);   /* what the kubelet tells of a process that went with its container */
}

/* ---- port-forward */

static void on_request_body(void *ctx, const char *bytes, size_t n)
{
    struct pod_stream *s = ctx;

    buf_add(&s->body, bytes, n);
}

static void copy_header(struct exchange *x, const struct http1 *request, const char *name)
{
    struct slice value;

    if (!http1_header(request, name, 0, &value))
        return;
    ptrs_add(&x->headers, mem_text(name));
    ptrs_add(&x->headers, slice_dup(value));
}

static void answer_request(struct pod_stream *s)
{
    char *method = slice_dup(s->request.method), *target = slice_dup(s->request.target);
    struct exchange *x = exchange_new(s->tunnel->sim, method, target);

    copy_header(x, &s->request, "X-Sandbox-ID");
    copy_header(x, &s->request, "X-Sandbox-Namespace");
    copy_header(x, &s->request, "Authorization");
    copy_header(x, &s->request, "User-Agent");
    x->body = s->body;
    s->body = (struct buf){0};
    s->reply = x;
    if (s->to == PORT_ROUTER)
        router_answer(x, target);
    else
        runtime_answer(x, s->pod);
    free(method);
    free(target);
}

static void send_reply(struct pod_stream *s)
{
    const struct exchange *x = s->reply;
    struct buf out = {0};

    buf_printf(&out, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", x->status,
               x->status == 200 ? "OK" : "Error", x->answer_type, x->out.n);
    buf_add_slice(&out, buf_slice(&x->out));
    for (size_t at = 0; at < out.n; at += MESSAGE_BYTES - 1)
        send_message(s, 0, out.p + at, out.n - at < MESSAGE_BYTES - 1 ? out.n - at : MESSAGE_BYTES - 1);
    buf_free(&out);
    frames_close(s->frames, 1000, "");
    s->closed = true;
}

static void end_forward(struct pod_stream *s, const char *why)
{
    char *words = mem_printf("error forwarding port %d to pod %s, uid : %s", s->port, s->uid, why);

    send_message(s, 1, words, strlen(words));
    frames_close(s->frames, 1000, "");
    s->closed = true;
    free(words);
}

static void step_forward(struct pod_stream *s, int64_t mono)
{
    if (s->to == PORT_REFUSED)
        end_forward(s, "failed to execute portforward in network namespace: failed to connect to localhost inside namespace, "
                    "IPv4: dial tcp4 127.0.0.1: connect: connection refused");
    else if (!still_runs(s))
        end_forward(s, "container not running");
    else if (s->reply && mono >= s->reply->ready_at)
        send_reply(s);
}

static void start_forward(struct pod_stream *s)
{
    static const struct http1_ops ops = {.on_body = on_request_body};
    const char port[2] = {(char)(s->port & 255), (char)(s->port >> 8)};
    const struct sim *sim = s->tunnel->sim;
    bool router = strncmp(s->pod, "sandbox-router", 14) == 0, sandbox = world_get(sim, sim_resource("sandboxes"), s->ns, s->pod);

    s->to = router && s->port == ROUTER_PORT ? PORT_ROUTER : sandbox && s->port == RUNTIME_PORT ? PORT_RUNTIME : PORT_REFUSED;
    http1_init(&s->request, HTTP1_REQUEST, &ops, s);
    send_message(s, 0, port, sizeof port);
    send_message(s, 1, port, sizeof port);
}

/* ---- both */

static void on_message(void *ctx, const char *bytes, size_t n)
{
    struct pod_stream *s = ctx;

    if (s->is_exec || s->closed || s->reply || n < 2 || bytes[0] != 0 || s->to == PORT_REFUSED)
        return;
    http1_feed(&s->request, bytes + 1, n - 1);
    if (s->request.state == HTTP1_DONE)
        answer_request(s);
    else if (s->request.state == HTTP1_BROKEN)
        end_forward(s, "malformed request");
}

static void on_output(void *ctx, const char *bytes, size_t n)
{
    struct pod_stream *s = ctx;

    buf_add(&s->tunnel->out, bytes, n);
}

static struct pod_stream *open_stream(struct tunnel *t, const struct route *route, const struct version *pod, char *container)
{
    static const struct frames_ops ops = {.on_message = on_message, .on_output = on_output};
    struct pod_stream *s = NEW(struct pod_stream);

    s->tunnel = t;
    s->frames = frames_new(FRAMES_SERVER, &ops, s);
    s->ns = mem_text(route->ns);
    s->pod = mem_text(route->name);
    s->container = container;
    s->started_at = sim_mono(t->sim);
    pod_uid(pod, s->uid);
    s->is_exec = strcmp(route->sub, "exec") == 0;
    if (s->is_exec) {
        start_exec(s, &route->query);
    } else {
        const char *port = query_get(&route->query, "ports");
        s->port = port ? atoi(port) : 0;
        start_forward(s);
    }
    return s;
}

static const char *choose_protocol(const struct tunnel *t, bool is_exec)
{
    for (size_t i = 0; i < t->protocols.n; i++) {
        const char *offered = t->protocols.v[i];
        if (strcmp(offered, "v4.channel.k8s.io") == 0 || (is_exec && strcmp(offered, "v5.channel.k8s.io") == 0))
            return offered;
    }
    return NULL;
}

/* The container whose end ends a forward: the pod's first. */
static char *first_container(const struct version *pod)
{
    struct json_walk w = json_items(json_path(pod->text, "spec.containers"));
    char *name = json_next(&w) ? json_dup(json_get(w.value, "name")) : NULL;

    return name ? name : mem_text("");
}

static struct pod_stream *route_stream(struct tunnel *t, struct exchange *x, const struct route *route, const char **protocol)
{
    const struct version *pod = world_get(t->sim, route->resource, route->ns, route->name);
    bool is_exec = strcmp(route->sub, "exec") == 0;
    char *container = NULL;

    *protocol = choose_protocol(t, is_exec);
    if (!pod)
        http_not_found(x, route->resource, route->name);
    else if (!*protocol)
        http_text(x, 403, "unable to upgrade: unable to negotiate protocol");
    else if (json_is(json_path(pod->text, "status.phase"), "Pending") && !json_path(pod->text, "spec.nodeName").n)
        http_status(x, 400, "BadRequest", "pod does not have a host assigned", NULL);
    else
        container = is_exec ? choose_container(x, pod, query_get(&route->query, "container")) : first_container(pod);
    if (!container)
        return NULL;
    if (container_runs(pod, container))
        return open_stream(t, route, pod, container);
    char *text = mem_printf("container not found (\"%s\")", container);
    http_text(x, 500, text);
    free(text);
    free(container);
    return NULL;
}

struct pod_stream *pod_stream_new(struct tunnel *t, struct exchange *x, const char **protocol)
{
    struct route route = {0};
    struct pod_stream *s = NULL;
    bool found = http_find_route(t->sim, t->path, &route);

    if (found && strcmp(route.resource->plural, "pods") == 0 && route.ns && route.name && route.sub &&
        (strcmp(route.sub, "exec") == 0 || strcmp(route.sub, "portforward") == 0))
        s = route_stream(t, x, &route, protocol);
    else
        http_text(x, 404, "404 page not found\n");
    http_free_route(&route);
    return s;
}

void pod_stream_free(struct pod_stream *s)
{
    if (!s)
        return;
    frames_free(s->frames);
    command_free(&s->run);
    if (!s->is_exec)
        http1_free(&s->request);
    if (s->reply)
        exchange_free(s->reply);
    buf_free(&s->body);
    free(s->program);
    free(s->container);
    free(s->ns);
    free(s->pod);
    free(s);
}

void pod_stream_feed(struct pod_stream *s, const char *bytes, size_t n)
{
    if (frames_feed(s->frames, bytes, n) != FRAMES_OPEN)
        s->closed = true;
}

bool pod_stream_step(struct pod_stream *s, int64_t mono)
{
    if (!s->closed && s->is_exec)
        step_exec(s, mono - s->started_at);
    else if (!s->closed)
        step_forward(s, mono);
    return s->closed;
}

int64_t pod_stream_due(const struct pod_stream *s)
{
    int64_t now = sim_mono(s->tunnel->sim), due = now + ALIVE_EVERY_MS;

    if (s->closed || (!s->is_exec && s->to == PORT_REFUSED) || (s->is_exec && s->run.trouble != COMMAND_STARTED))
        return now;
    if (s->is_exec) {
        const struct burst *b = s->burst < s->run.bursts.n ? s->run.bursts.v[s->burst] : NULL;
        int64_t next = s->started_at + (b ? b->at_ms : s->run.ms);
        due = next < due ? next : due;
    } else if (s->reply && s->reply->ready_at < due) {
        due = s->reply->ready_at;
    }
    return due;
}
