/* Invariant: on_end says EXITED only where the server told an exit code; whatever may have run and whose end nobody told is LOST. */
#include "core/kube/exec_stream.h"

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/kube/websocket.h"

#include <stdlib.h>

enum { CHANNEL_STDOUT = 1, CHANNEL_STDERR = 2, CHANNEL_STATUS = 3 };

struct exec_stream {
    struct websocket *websocket;     /* NULL once ended */
    struct exec_ops ops;
    void *ctx;
};

/* end's texts are the caller's. Nothing of e may be touched after. */
static void finish(struct exec_stream *e, const struct exec_end *end)
{
    websocket_free(e->websocket);
    e->websocket = NULL;
    e->ops.on_end(e->ctx, end);
}

/* details.causes[] {"reason":"ExitCode","message":"3"}; -1: none */
static int exit_code_of(json status)
{
    struct json_walk w = json_items(json_path(status, "details.causes"));
    int64_t code;

    while (json_next(&w))
        if (json_is(json_get(w.value, "reason"), "ExitCode") && json_int(json_get(w.value, "message"), &code) && code >= 0 && code < 65536)
            return (int)code;
    return -1;
}

static void take_status(struct exec_stream *e, struct slice text)
{
    json status = json_whole(text);
    char *message = json_dup(json_get(status, "message")), *reason = json_dup(json_get(status, "reason"));
    struct exec_end end = {
        .outcome = EXEC_FAILED, .exit_code = -1, .status_reason = reason ? reason : "", .message = message ? message : "",
    };

    if (json_is(json_get(status, "status"), "Success"))
        end.exit_code = 0;
    else if (strcmp(end.status_reason, "NonZeroExitCode") == 0)
        end.exit_code = exit_code_of(status);
    if (end.exit_code >= 0)
        end.outcome = EXEC_EXITED;
    else if (!*end.message)
        end.message = "the server's word on how the command ended cannot be read";
    finish(e, &end);
    free(message);
    free(reason);
}

static void on_message(void *ctx, const char *bytes, size_t n)
{
    struct exec_stream *e = ctx;
    unsigned char channel = n ? (unsigned char)bytes[0] : 0;

    if (channel == CHANNEL_STATUS) {
        take_status(e, (struct slice){bytes + 1, n - 1});
        return;
    }
    if (n > 1 && (channel == CHANNEL_STDOUT || channel == CHANNEL_STDERR))
        e->ops.on_output(e->ctx, channel, bytes + 1, n - 1); /* channel and descriptor have the same number */
}

static void on_open(void *ctx, const char *protocol)
{
    struct exec_stream *e = ctx;

    (void)protocol;                  /* v4 and v5 differ in how stdin ends, and there is none */
    if (e->ops.on_open)
        e->ops.on_open(e->ctx);
}

static void on_end(void *ctx, const struct websocket_end *how)
{
    struct exec_stream *e = ctx;
    char *text = mem_text(how->text);
    bool refused = how->status != 0 && how->status != 101, gateway = how->status == 502 || how->status == 504;
    struct exec_end end = {
        .outcome = refused && !gateway ? EXEC_REFUSED : how->sent ? EXEC_LOST : EXEC_NOT_SENT,
        .reason = how->reason, .exit_code = -1, .http_status = refused ? how->status : 0, .status_reason = "", .message = text,
    };

    if (!*text && end.outcome == EXEC_LOST)
        end.message = "the server closed the connection without a word on how the command ended";
    finish(e, &end);
    free(text);
}

static char *path_of(const struct exec_config *config)
{
    struct buf path = {0};
    char *part = kube_path("/api/v1/namespaces/%s/pods/%s/exec?stdout=true&stderr=true", config->ns, config->pod);

    buf_add_text(&path, part);
    free(part);
    if (config->container) {
        part = kube_path("&container=%s", config->container);
        buf_add_text(&path, part);
        free(part);
    }
    for (const char *const *word = config->argv; *word; word++) {
        part = kube_path("&command=%s", *word);
        buf_add_text(&path, part);
        free(part);
    }
    return buf_take(&path);
}

struct exec_stream *exec_stream_new(struct transport *transport, const struct exec_config *config, const struct exec_ops *ops, void *ctx)
{
    static const char *const protocols[] = {"v5.channel.k8s.io", "v4.channel.k8s.io", NULL};
    static const struct websocket_ops websocket_ops = {.on_open = on_open, .on_message = on_message, .on_end = on_end};
    struct exec_stream *e = NEW(struct exec_stream);
    char *path = path_of(config);
    struct upgrade upgrade = {.path = path, .protocols = protocols, .open_ms = config->open_ms, .deadline_ms = config->deadline_ms};

    e->ops = *ops;
    e->ctx = ctx;
    e->websocket = websocket_new(transport, &upgrade, &websocket_ops, e);
    free(path);
    if (e->websocket)
        return e;
    free(e);
    return NULL;
}

void exec_stream_free(struct exec_stream *e)
{
    if (!e)
        return;
    websocket_free(e->websocket);
    free(e);
}

void exec_stream_pause(struct exec_stream *e, bool pause)
{
    if (e->websocket)
        websocket_pause(e->websocket, pause);
}
