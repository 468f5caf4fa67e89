/* Invariant: a connection owns what its session stands on, and the session goes first. */
#include "tui/connect.h"

#include "core/base/mem.h"
#include "core/kube/credential.h"
#include "core/kube/transport_curl.h"
#include "core/sim/sim.h"

#include <signal.h>
#include <stdlib.h>

enum { PLUGIN_DEADLINE_MS = 30000 };

struct connection {
    struct kubeconfig *kubeconfig;
    struct target *target;
    struct credential *credential;
    struct sim *sim;
    struct session *session;
};

static struct connection *finish(struct connection *c, struct session_config *config, const struct options *o)
{
    config->clock = clock_system();
    config->read_only = o->read_only;
    config->request_timeout_ms = o->request_timeout_ms;
    config->log_buffer_bytes = o->log_buffer_bytes;
    c->session = session_new(config);
    return c;
}

struct connection *connection_demo(const struct options *o)
{
    struct connection *c = NEW(struct connection);

    c->sim = sim_new(clock_system(), 7);
    sim_story_demo(c->sim);
    struct session_config config = {
        .transport = sim_transport(c->sim), .ns = o->ns, .context = "demo", .server = "simulated", .simulated = true,
    };
    return finish(c, &config, o);
}

struct connection *connection_open(const struct options *o, const char *context, struct err *err)
{
    struct connection *c = NEW(struct connection);
    struct transport *transport = NULL;

    signal(SIGPIPE, SIG_IGN);        /* a server that hangs up is an error of that request, not the end of us */
    c->kubeconfig = kubeconfig_load(&o->kube, err);
    if (c->kubeconfig)
        c->target = kubeconfig_target(c->kubeconfig, context, err);
    if (c->target) {
        c->credential = credential_new(c->target, clock_system(), o->request_timeout_ms ? o->request_timeout_ms : PLUGIN_DEADLINE_MS);
        transport = transport_curl_new(c->target, c->credential, err);
    }
    if (!transport) {
        connection_close(c);
        return NULL;
    }
    struct session_config config = {
        .transport = transport, .ns = o->all_namespaces ? NULL : o->ns ? o->ns : c->target->ns,
        .fallback_ns = c->target->ns, .context = c->target->context, .server = c->target->server, .insecure = c->target->insecure,
    };
    return finish(c, &config, o);
}

bool connection_await(struct connection *c, int64_t wait_ms, struct err *err)
{
    const struct clock *clock = clock_system();
    int64_t start = clock->mono(clock);

    for (;;) {
        session_turn(c->session);
        session_sweep(c->session);
        const struct session_info *info = session_info(c->session);
        if (info->health == SESSION_LIVE || info->health == SESSION_STALE)
            return true;
        int64_t left = start + wait_ms - clock->mono(clock);
        if (info->health == SESSION_FAILED)
            return err_set(err, "%s", info->message);
        if (left <= 0)
            return err_set(err, "the server %s did not answer within %lld s: check the address, the network and --request-timeout", info->server,
                           (long long)(wait_ms / 1000));
        session_wait(c->session, NULL, 0, (int)left);
    }
}

void connection_close(struct connection *c)
{
    if (!c)
        return;
    session_free(c->session);
    sim_free(c->sim);
    credential_free(c->credential);
    target_free(c->target);
    kubeconfig_free(c->kubeconfig);
    free(c);
}

struct session *connection_session(const struct connection *c)
{
    return c->session;
}

const char *const *connection_contexts(const struct connection *c)
{
    return c->kubeconfig ? kubeconfig_contexts(c->kubeconfig) : NULL;
}
