/* Invariant: a connection owns what its session stands on, and the session goes first. */
#include "tui/connect.h"

#include "core/base/mem.h"
#include "core/kube/credential.h"
#include "core/kube/transport_curl.h"
#include "core/record/recorder.h"
#include "core/sim/sim.h"
#include "core/sim/sim_replay.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { PLUGIN_DEADLINE_MS = 30000 };

struct connection {
    const struct options *options;
    struct kubeconfig *kubeconfig;
    struct target *target;
    struct credential *credential;
    struct sim *sim;
    struct replay *replay;
    struct session *session;
    struct transport *recorder;      /* the session's transport where it records; its */
    struct err trouble;              /* what connection_await is to say */
};

static void record(struct connection *c, struct session_config *config)
{
    struct recording_about about = {.context = config->context, .server = config->server, .ns = config->ns, .program = VERSION};

    c->recorder = recorder_new(config->transport, config->clock, c->options->record, &about, &c->trouble);
    if (c->recorder)
        config->transport = c->recorder;
}

static struct connection *finish(struct connection *c, struct session_config *config, const struct options *o)
{
    if (!config->clock)
        config->clock = clock_system();
    config->read_only |= o->read_only;
    config->request_timeout_ms = o->request_timeout_ms;
    config->log_buffer_bytes = o->log_buffer_bytes;
    c->session = session_new(config);
    return c;
}

static struct connection *begin_simulated(struct connection *c)
{
    const struct options *o = c->options;
    struct session_config config = {
        .clock = clock_system(), .transport = sim_transport(c->sim), .ns = o->ns, .context = o->replay ? "story" : "demo",
        .server = "simulated",
        .simulated = true,
    };

    if (o->record)
        record(c, &config);
    return finish(c, &config, o);
}

struct connection *connection_demo(const struct options *o)
{
    struct connection *c = NEW(struct connection);

    c->options = o;
    c->sim = sim_new(clock_system(), 7);
    sim_story_demo(c->sim);
    return begin_simulated(c);
}

static void begin_replay(struct connection *c)
{
    const struct options *o = c->options;
    const struct recording *recording = replay_recording(c->replay);
    const char *context = recording_context(recording);
    struct session_config config = {
        .clock = replay_clock(c->replay), .transport = replay_transport(c->replay), .ns = o->ns,
        .context = *context ? context : "recording",
        .server = *recording_server(recording) ? recording_server(recording) : "recorded", .read_only = true, .state_dir = "",
    };

    finish(c, &config, o);
}

/* A scenario file lives: it is a simulated cluster, and cannot be set to a time. */
static struct connection *open_story(const struct options *o, struct recording *story, struct err *err)
{
    struct connection *c = NEW(struct connection);

    c->options = o;
    c->sim = sim_new(clock_system(), 7);
    if (sim_story_tell(c->sim, story, err))
        return begin_simulated(c);
    err_prefix(err, "%s", o->replay);
    connection_close(c);
    return NULL;
}

static struct connection *open_replay(const struct options *o, struct err *err)
{
    struct recording *recording = recording_open(o->replay, clock_system()->wall(clock_system()), err);

    if (!recording)
        return NULL;
    if (recording_cast(recording).n)
        return open_story(o, recording, err);
    if (*recording_note(recording))
        fprintf(stderr, "sandtop: %s\n", recording_note(recording));
    struct connection *c = NEW(struct connection);
    c->options = o;
    c->replay = replay_new(recording, clock_system());
    if (o->speed > 0)
        replay_speed(c->replay, o->speed);
    if (o->command != COMMAND_DASHBOARD) {
        replay_pause(c->replay, true);
        replay_seek(c->replay, replay_length(c->replay));
    }
    begin_replay(c);
    return c;
}

void connection_rewind(struct connection *c)
{
    if (!c->replay)
        return;
    session_free(c->session);
    begin_replay(c);
}

struct replay *connection_replay(const struct connection *c)
{
    return c->replay;
}

const char *connection_record_trouble(const struct connection *c)
{
    return c->recorder ? recorder_trouble(c->recorder) : NULL;
}

struct connection *connection_open(const struct options *o, const char *context, struct err *err)
{
    struct transport *transport = NULL;

    if (o->replay)
        return open_replay(o, err);
    struct connection *c = NEW(struct connection);
    c->options = o;
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
        .clock = clock_system(), .transport = transport, .ns = o->all_namespaces ? NULL : o->ns ? o->ns : c->target->ns,
        .fallback_ns = c->target->ns, .context = c->target->context, .server = c->target->server, .insecure = c->target->insecure,
    };
    if (o->record && !context)
        record(c, &config);
    return finish(c, &config, o);
}

bool connection_await(struct connection *c, int64_t wait_ms, struct err *err)
{
    const struct clock *clock = clock_system();
    int64_t start = clock->mono(clock);

    if (c->trouble.text)
        return err_set(err, "%s", c->trouble.text);
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
            return err_set(err, "the server %s did not answer within %lld s: check the address, the network and --request-timeout",
                           info->server,
                           (long long)(wait_ms / 1000));
        session_wait(c->session, NULL, 0, (int)left);
    }
}

void connection_close(struct connection *c)
{
    if (!c)
        return;
    if (connection_record_trouble(c))
        fprintf(stderr, "sandtop: %s\n", connection_record_trouble(c));
    session_free(c->session);
    replay_free(c->replay);
    sim_free(c->sim);
    credential_free(c->credential);
    target_free(c->target);
    kubeconfig_free(c->kubeconfig);
    err_clear(&c->trouble);
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
