/* The living picture of one cluster. Invariant: the store changes only between the start and the end of session_turn; whoever reads between
 * turn and sweep sees a picture that holds still. */
#include "core/session/session.h"

#include "core/base/mem.h"
#include "core/session/session_internal.h"
#include "core/session/session_logs.h"

#include <stdlib.h>

enum {
    PACE_MS = 40,                    /* between two readings of the sockets while changes trickle in */
    PACE_BYTES = 64 * 1024,          /* a reading above this is a load: no pause then */
    NEAR_MS = 50,                    /* a round trip below this is near: stream lists uncompressed (a busy server answers late, too) */
    SELECT_DELAY_MS = 120,           /* the cursor must rest so long before the event watches follow it */
    REDISCOVER_MS = 10000,           /* CRDs missing: look again */
    DISCOVERY_DEADLINE_MS = 10000,
};

/* The kinds outside the Agent Sandbox groups are served by every Kubernetes in the version of their row. */
static const enum kind wished[] = {KIND_CLAIM, KIND_SANDBOX, KIND_POOL, KIND_TEMPLATE};
enum { N_WISHED = sizeof wished / sizeof *wished };

static void on_back(void *ctx)
{
    struct session *s = ctx;

    sources_retry_now(s);
    log_set_retry_now(s->logs);
    if (!s->facts.discovered && !s->discovery)
        s->discover_at_ms = mono(s);
    s->sources_changed = true;
}

struct session *session_new(const struct session_config *config)
{
    struct session *s = NEW(struct session);

    s->config = *config;
    s->clock = config->clock;
    s->transport = config->transport;
    s->ns = mem_text(config->ns);
    s->fallback_ns = mem_text(config->fallback_ns ? config->fallback_ns : "default");
    s->context = mem_text(config->context ? config->context : "");
    s->server = mem_text(config->server ? config->server : "");
    s->server_version = mem_text("");
    s->discovery_error = mem_text("");
    s->store = store_new();
    s->diagnosis = diagnosis_new(s->store, &s->facts);
    s->history = history_new();
    s->selected_kind = KIND_NONE;
    s->select_at_ms = INT64_MAX;
    s->started_ms = mono(s);
    s->discover_at_ms = s->started_ms;
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        if (!(kind_info(kind)->flags & KIND_AGENT))
            s->versions[kind] = kind_info(kind)->versions[0];
    for (int i = 0; i < N_WISHED; i++) {
        const struct kind_info *info = kind_info(wished[i]);
        s->wishes[i] = (struct discovery_wish){.group = info->group, .plural = info->plural, .versions = info->versions};
    }
    s->prober = prober_new(s->transport, s->clock, on_back, s);
    s->demands = demands_new(s);
    s->debug = session_debug_new(s);
    s->answers = answers_new();
    s->metrics = metrics_new(s);
    s->conversion = conversion_new(s);
    s->router_log = router_log_new(s);
    s->ctl_log = ctl_log_new(s);
    s->facts.answers = s->answers;
    s->facts.ns = s->ns;
    s->facts.metrics = metrics_facts(s->metrics);
    s->facts.conversion = conversion_fact(s->conversion);
    s->logs = log_set_new(s);
    s->runs = run_set_new(s);
    sources_report(s);
    return s;
}

void session_free(struct session *s)
{
    if (!s)
        return;
    if (s->discovery)
        discovery_free(s->discovery);
    run_set_free(s->runs);
    log_set_free(s->logs);
    controller_debug_free(s->debug);
    demands_free(s->demands);
    metrics_free(s->metrics);
    conversion_free(s->conversion);
    router_log_free(s->router_log);
    ctl_log_free(s->ctl_log);
    sources_free(s);
    prober_free(s->prober);
    history_free(s->history);
    diagnosis_free(s->diagnosis);
    answers_free(s->answers);
    store_free(s->store);
    transport_free(s->transport);
    free(s->ns);
    free(s->fallback_ns);
    free(s->context);
    free(s->server);
    free(s->server_version);
    free(s->discovery_error);
    free(s->selected_ns);
    free(s->selected_name);
    free(s);
}

static void take_discovery(struct session *s)
{
    const struct discovery_answer *answers = discovery_answers(s->discovery);
    bool missing = false;

    for (int i = 0; i < N_WISHED; i++) {
        const char *version = NULL;
        /* the answer's text dies with the discovery: keep the row's own */
        for (size_t k = 0; answers[i].version && s->wishes[i].versions[k]; k++)
            if (strcmp(s->wishes[i].versions[k], answers[i].version) == 0)
                version = s->wishes[i].versions[k];
        bool changed = version != s->versions[wished[i]];
        s->versions[wished[i]] = version;
        sources_served(s, wished[i], changed);
        s->facts.crds_missing[wished[i]] = !version;
        missing |= !version;
    }
    free(s->server_version);
    s->server_version = mem_text(discovery_server_version(s->discovery));
    s->facts.old_api = s->versions[KIND_CLAIM] && strcmp(s->versions[KIND_CLAIM], "v1alpha1") == 0;
    s->stream_lists = discovery_round_trip_ms(s->discovery) <= NEAR_MS;
    if (!s->facts.discovered)
        s->started_ms = mono(s);
    s->facts.discovered = true;
    s->facts_changed = true;
    s->discovery_failures = 0;
    s->discover_at_ms = missing ? mono(s) + REDISCOVER_MS : INT64_MAX;
}

static void discover(struct session *s)
{
    if (!s->discovery && mono(s) >= s->discover_at_ms) {
        int64_t deadline = s->config.request_timeout_ms ? s->config.request_timeout_ms : DISCOVERY_DEADLINE_MS;
        s->discovery = discovery_new(s->transport, s->clock, s->wishes, N_WISHED, deadline);
        s->discover_at_ms = INT64_MAX;
    }
    if (!s->discovery)
        return;
    enum discovery_state state = discovery_state(s->discovery);
    if (state == DISCOVERY_RUNNING)
        return;
    free(s->discovery_error);
    s->discovery_error = mem_text(state == DISCOVERY_FAILED ? discovery_error(s->discovery) : "");
    if (state == DISCOVERY_DONE) {
        take_discovery(s);
    } else {
        unsigned n = s->discovery_failures++;
        s->discover_at_ms = mono(s) + (n < 3 ? 300 << n : 2400);
    }
    discovery_free(s->discovery);
    s->discovery = NULL;
    s->sources_changed = true;
}

/* A resource that was served and is not any more: the installation was upgraded or taken away. */
static void notice_gone(struct session *s)
{
    if (s->discovery || s->discover_at_ms != INT64_MAX || !s->facts.discovered)
        return;
    for (int i = 0; i < N_WISHED; i++)
        for (enum source_id id = 0; id <= SOURCE_TEMPLATES; id++)
            if (source_rows[id].kind == wished[i] && s->statuses[id].health == SOURCE_ABSENT)
                s->discover_at_ms = mono(s) + REDISCOVER_MS;
}

bool session_turn(struct session *s)
{
    uint64_t received = s->transport->ops->received(s->transport);

    s->transport->ops->step(s->transport);
    s->drained_bytes = (size_t)(s->transport->ops->received(s->transport) - received);
    s->drained_ms = mono(s);
    discover(s);
    prober_step(s->prober);
    sources_start(s);
    sources_step(s);
    if (mono(s) >= s->select_at_ms) {
        s->select_at_ms = INT64_MAX;
        sources_select(s);
        log_set_select(s->logs);
    }
    log_set_update(s->logs);
    log_set_step(s->logs);
    if (s->sources_changed || prober_status(s->prober)->down)
        sources_report(s);
    notice_gone(s);
    router_log_step(s->router_log);
    ctl_log_step(s->ctl_log);
    conversion_step(s->conversion);
    metrics_step(s->metrics);
    bool facts = s->facts_changed;
    s->facts_changed = false;
    if (facts)
        diagnosis_all(s->diagnosis, session_now(s));
    else
        diagnosis_update(s->diagnosis, session_now(s));
    demands_step(s->demands);
    bool debug = session_debug_step(s);
    run_set_step(s->runs);
    enum session_health health = session_info(s)->health;
    history_sample(s->history, s->diagnosis, s->store, session_now(s), health == SESSION_LIVE && s->info.first_list);
    bool changed = facts || store_changes(s->store)->n > 0 || diagnosis_changed(s->diagnosis)->n > 0 || health != s->health_seen ||
                   s->drained_bytes > 0 || debug;
    s->health_seen = health;
    return changed;
}

void session_sweep(struct session *s)
{
    store_sweep(s->store);
}

static int64_t session_due(const struct session *s)
{
    int64_t now = mono(s), due = -1;

    if (!s->discovery && s->discover_at_ms != INT64_MAX)
        due = sooner(due, s->discover_at_ms > now ? s->discover_at_ms - now : 0);
    if (s->select_at_ms != INT64_MAX)
        due = sooner(due, s->select_at_ms > now ? s->select_at_ms - now : 0);
    due = sooner(due, prober_due(s->prober));
    due = sooner(due, sources_due(s));
    due = sooner(due, log_set_due(s->logs));
    due = sooner(due, demands_due(s->demands));
    due = sooner(due, controller_debug_due(s->debug));
    due = sooner(due, run_set_due(s->runs));
    due = sooner(due, metrics_due(s->metrics));
    due = sooner(due, conversion_due(s->conversion));
    if (router_log_behind(s->router_log))
        due = 0;
    due = sooner(due, history_due(s->history, session_now(s)) - session_now(s));
    int64_t recheck = diagnosis_due(s->diagnosis);
    if (recheck != INT64_MAX)
        due = sooner(due, recheck > session_now(s) ? recheck - session_now(s) : 0);
    return due;
}

/* Waits out the pause between two readings with an ear for the caller's descriptors only. True: one of them is ready. */
static bool pause_reading(struct session *s, struct pollfd *extra, unsigned n, int timeout_ms)
{
    int64_t left = s->drained_ms + PACE_MS - mono(s);

    if (run_set_hurries(s->runs) || s->drained_bytes == 0 || s->drained_bytes > PACE_BYTES || left <= 0 || left > PACE_MS)
        return false;
    if (timeout_ms >= 0 && left > timeout_ms)
        left = timeout_ms;
    return poll(extra, n, (int)left) > 0;
}

void session_wait(struct session *s, struct pollfd *extra, unsigned n, int timeout_ms)
{
    for (unsigned i = 0; i < n; i++)
        extra[i].revents = 0;
    if (pause_reading(s, extra, n, timeout_ms))
        return;
    int64_t due = sooner(session_due(s), timeout_ms);
    due = sooner(due, s->transport->ops->due(s->transport));
    s->transport->ops->wait(s->transport, extra, n, due > 60000 ? 60000 : (int)due);
}

static enum session_health health_of(const struct session *s)
{
    const struct prober_status *probe = prober_status(s->prober);

    if (!s->facts.discovered)
        return *s->discovery_error ? SESSION_FAILED : SESSION_CONNECTING;
    if (probe->down)
        return SESSION_STALE;
    for (enum source_id id = 0; id <= SOURCE_SANDBOX_PODS; id++)
        if (s->statuses[id].health == SOURCE_STALE)
            return SESSION_STALE;
    return SESSION_LIVE;
}

static const char *message_of(const struct session *s)
{
    if (!s->facts.discovered)
        return s->discovery_error;
    if (prober_status(s->prober)->down)
        return prober_status(s->prober)->message;
    for (enum source_id id = 0; id <= SOURCE_SANDBOX_PODS; id++)
        if (s->statuses[id].health == SOURCE_STALE)
            return s->statuses[id].message;
    return "";
}

const struct session_info *session_info(struct session *s)
{
    bool first = true;

    for (enum source_id id = 0; id <= SOURCE_SANDBOX_PODS; id++)
        first &= source_synced(s, id);
    enum session_health health = health_of(s);
    int64_t contact = prober_status(s->prober)->contact_ms;
    s->info = (struct session_info){
        .context = s->context, .server = s->server, .ns = s->ns, .server_version = s->server_version,
        .api_version = s->versions[KIND_CLAIM] ? s->versions[KIND_CLAIM] : "",
        .health = health, .stale_ms = health == SESSION_STALE ? mono(s) - (contact ? contact : s->started_ms) : 0, .message = message_of(s),
        .simulated = s->config.simulated, .insecure = s->config.insecure, .read_only = s->config.read_only, .first_list = first,
    };
    if (!s->ns && s->sources[SOURCE_CLAIMS].fell_back)
        s->info.ns = s->sources[SOURCE_CLAIMS].ns;
    return &s->info;
}

const struct source_status *session_sources(struct session *s, size_t *n)
{
    sources_report(s);
    *n = SOURCE_COUNT;
    return s->statuses;
}

const struct store *session_store(const struct session *s)
{
    return s->store;
}

const struct diagnosis *session_diagnosis(const struct session *s)
{
    return s->diagnosis;
}

const struct cluster_facts *session_facts(const struct session *s)
{
    return &s->facts;
}

const struct history *session_history(const struct session *s)
{
    return s->history;
}

const struct clock *session_clock(const struct session *s)
{
    return s->clock;
}

static bool logs_open(const struct session *s)
{
    size_t n;
    const struct log_stream_row *rows = session_log_rows((struct session *)(uintptr_t)s, LOGS_SYSTEM, &n); /* fills rows of its own */

    for (size_t i = 0; i < n; i++)
        if (rows[i].state == LOG_STREAM_CONNECTING && strncmp(rows[i].label, "rtr", 3) == 0)
            return true;
    return router_log_behind(s->router_log);
}

bool session_asking(const struct session *s)
{
    return demands_open(s->demands) || metrics_open(s->metrics) || conversion_open(s->conversion) || logs_open(s);
}

int64_t session_now(const struct session *s)
{
    return s->clock->wall(s->clock);
}

void session_select(struct session *s, const struct object *o)
{
    enum kind kind = o ? o->kind : KIND_NONE;

    if (kind == s->selected_kind && (!o || (strcmp(o->name, s->selected_name) == 0 && strcmp(o->ns, s->selected_ns) == 0))) {
        /* the same object, but its chain may have grown (a sandbox was bound, a pod made): look again, not at every turn */
        if (s->select_at_ms == INT64_MAX && o && o->generation > s->generation_seen)
            s->select_at_ms = mono(s) + SELECT_DELAY_MS;
    } else {
        free(s->selected_ns);
        free(s->selected_name);
        s->selected_kind = kind;
        s->selected_ns = o ? mem_text(o->ns) : NULL;
        s->selected_name = o ? mem_text(o->name) : NULL;
        s->select_at_ms = mono(s) + SELECT_DELAY_MS;
    }
    s->generation_seen = store_generation(s->store);
}

void session_set_ns(struct session *s, const char *ns)
{
    if (s->ns == ns || (s->ns && ns && strcmp(s->ns, ns) == 0))
        return;                      /* what was asked for, though a refusal may have narrowed what is shown: to ask anew would blank it */
    char *copy = mem_text(ns);

    free(s->ns);
    s->facts.ns = s->ns = copy;
    s->facts_changed = true;
    history_clear(s->history);
    sources_restart(s);
}
