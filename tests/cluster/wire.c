/* pods/exec, pods/portforward and requests to another origin against a real cluster, as tests/cluster/wire.sh runs it:
 *   wire exec NAMESPACE POD CONTAINER WORD…            output as it comes, then the outcome on stderr; status the command's
 *   wire forward NAMESPACE POD PORT METHOD PATH BODY [NAME VALUE]…
 *   wire origin URL METHOD PATH BODY [NAME VALUE]…     head and body on stdout
 * WIRE_DEADLINE_MS bounds it (30000), WIRE_DUMMY=N asks the API server for /version N times meanwhile. */
#include "core/kube/exec_stream.h"
#include "core/kube/port_forward.h"
#include "core/kube/transport_curl.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool over;
static int status = 125, dummies;
static struct transport *transport;

static void write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done <= 0)
            exit(125);
        bytes += done;
        n -= (size_t)done;
    }
}

/* ---- exec */

static void on_output(void *ctx, int fd, const char *bytes, size_t n)
{
    (void)ctx;
    write_all(fd, bytes, n);
}

static void exec_over(void *ctx, const struct exec_end *end)
{
    static const char *const names[] = {"exited", "failed", "refused", "not sent", "lost"};

    (void)ctx;
    over = true;
    status = end->outcome == EXEC_EXITED ? end->exit_code : 125;
    fprintf(stderr, "wire: %s code=%d http=%d reason=%s: %s\n", names[end->outcome], end->exit_code, end->http_status, end->status_reason,
            end->message);
}

/* ---- HTTP */

static void on_head(void *ctx, const struct response_head *head)
{
    (void)ctx;
    status = head->status < 300 ? 0 : 1;
    printf("%d %.*s\n", head->status, (int)head->content_type.n, head->content_type.p);
    fflush(stdout);
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    (void)ctx;
    write_all(1, bytes, n);
}

static void http_over(void *ctx, enum end_reason reason, const char *text)
{
    (void)ctx;
    over = true;
    if (reason != END_DONE) {
        status = 125;
        fprintf(stderr, "wire: end %d: %s\n", (int)reason, text);
    }
}

static const struct response_ops http_ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = http_over};

static void dummy_over(void *ctx, enum end_reason reason, const char *text)
{
    (void)ctx;
    (void)reason;
    (void)text;
    dummies--;
}

static struct request request_of(char **argv, int at, int argc, struct header *headers, int64_t deadline_ms)
{
    int n = 0;

    for (int i = at + 3; i + 1 < argc && n < 15; i += 2)
        headers[n++] = (struct header){argv[i], argv[i + 1]};
    headers[n] = (struct header){0};
    return (struct request){.method = argv[at], .path = argv[at + 1], .headers = headers, .body = slice_of(argv[at + 2]), .deadline_ms = deadline_ms};
}

static int usage(void)
{
    fputs("wire exec NAMESPACE POD CONTAINER WORD…\nwire forward NAMESPACE POD PORT METHOD PATH BODY [NAME VALUE]…\n"
          "wire origin URL METHOD PATH BODY [NAME VALUE]…\n", stderr);
    return 125;
}

static void ask_meanwhile(const char *how_many)
{
    static const struct response_ops ops = {.on_end = dummy_over};
    static const struct request request = {.method = "GET", .path = "/version"};

    for (int i = how_many ? atoi(how_many) : 0; i > 0; i--) {
        transport_request(transport, &request, &ops, NULL);
        dummies++;
    }
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct header headers[16];
    struct kubeconfig_flags flags = {0};
    struct kubeconfig *config = kubeconfig_load(&flags, &err);
    struct target *target = config ? kubeconfig_target(config, NULL, &err) : NULL;
    struct credential *credential = target ? credential_new(target, clock_system(), 10000) : NULL;
    const char *deadline = getenv("WIRE_DEADLINE_MS"), *verb = argc > 1 ? argv[1] : "";
    int64_t deadline_ms = deadline ? atoi(deadline) : 30000;
    struct exec_stream *exec = NULL;
    struct forward_http *forward = NULL;

    transport = target ? transport_curl_new(target, credential, &err) : NULL;
    if (!transport) {
        fprintf(stderr, "wire: %s\n", err.text);
        over = true;
    }
    if (over) {
        /* nothing to ask */
    } else if (strcmp(verb, "exec") == 0 && argc > 5) {
        static const struct exec_ops ops = {.on_output = on_output, .on_end = exec_over};
        struct exec_config c = {.ns = argv[2], .pod = argv[3], .container = *argv[4] ? argv[4] : NULL, .argv = (const char *const *)argv + 5,
                                .open_ms = deadline_ms, .deadline_ms = deadline_ms};
        exec = exec_stream_new(transport, &c, &ops, NULL);
    } else if (strcmp(verb, "forward") == 0 && argc > 7) {
        struct forward_config c = {.ns = argv[2], .pod = argv[3], .port = atoi(argv[4]), .open_ms = deadline_ms};
        struct request request = request_of(argv, 5, argc, headers, deadline_ms);
        forward = forward_http_new(transport, &c, &request, &http_ops, NULL);
    } else if (strcmp(verb, "origin") == 0 && argc > 5) {
        struct request request = request_of(argv, 3, argc, headers, deadline_ms);
        request.origin = argv[2];
        transport_request(transport, &request, &http_ops, NULL);
    } else {
        over = true;
        status = usage();
    }
    ask_meanwhile(over ? NULL : getenv("WIRE_DUMMY"));
    while (!over || dummies > 0) {
        transport->ops->step(transport);
        if (!over || dummies > 0)
            transport->ops->wait(transport, NULL, 0, -1);
    }
    exec_stream_free(exec);
    forward_http_free(forward);
    transport_free(transport);
    credential_free(credential);
    target_free(target);
    kubeconfig_free(config);
    err_clear(&err);
    return status;
}
