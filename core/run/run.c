/* The machine's frame: making and freeing, stages, how a run is decided, and what of it is shown. Each phase stands in a file of its own
 * and hands over to the next by its begin function; callbacks of the transport drive it, run_step only what time brings. */
#include "core/run/run_internal.h"

#include "core/base/mem.h"
#include "core/kube/secret.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>

static const struct {
    const char *word, *name;
} stage_rows[RUN_STAGES] = {
    [RUN_STAGE_PLAN] = {"pool", "choosing the pool"},
    [RUN_STAGE_CLAIM] = {"claim", "creating the claim"},
    [RUN_STAGE_SANDBOX] = {"sandbox", "resolving the sandbox's name"},
    [RUN_STAGE_READY] = {"ready", "waiting for ready"},
    [RUN_STAGE_ROUTER] = {"router", "reaching the router"},
    [RUN_STAGE_COMMAND] = {"command", "running the command"},
    [RUN_STAGE_REMOVED] = {"removed", "terminating"},
};

const char *run_way_name(enum run_way way)
{
    static const char *const names[] = {
        [RUN_WAY_ANY] = "not known yet", [RUN_WAY_URL] = "router URL", [RUN_WAY_SERVICE] = "service proxy",
        [RUN_WAY_FORWARD] = "port-forward", [RUN_WAY_EXEC] = "pods/exec",
    };

    return names[way];
}

void set_text(char **slot, char *text)
{
    free(*slot);
    *slot = text;
}

/* ---- stages ------------------------------------------------------------------------------------------------------------------------- */

void stage_begin(struct run *r, enum run_stage_id id)
{
    struct stage *s = &r->stages[id];

    if (s->state == RUN_STAGE_ACTIVE)
        return;
    s->state = RUN_STAGE_ACTIVE;
    s->began_ms = run_mono(r);
    s->wall_ms = run_wall(r);
    s->ended_ms = 0;
    r->stage = id;
}

void stage_end(struct run *r, enum run_stage_id id, enum run_stage_state state)
{
    struct stage *s = &r->stages[id];

    if (s->state != RUN_STAGE_ACTIVE && state != RUN_STAGE_SKIPPED)
        stage_begin(r, id);
    s->state = state;
    s->ended_ms = run_mono(r);
}

void stage_say(struct run *r, enum run_stage_id id, char *detail)
{
    set_text(&r->stages[id].detail, detail);
}

void run_note(struct run *r, char *text)
{
    if (!*r->note) {
        set_text(&r->note, text);
    } else if (!strstr(r->note, text)) {
        set_text(&r->note, mem_printf("%s; %s", r->note, text));
        free(text);
    } else {
        free(text);
    }
}

/* ---- how it is decided -------------------------------------------------------------------------------------------------------------- */

struct result *run_now(const struct run *r)
{
    return r->results[r->n_results - 1];
}

void run_decide(struct run *r, enum run_outcome outcome)
{
    struct result *now = run_now(r);

    if (r->phase >= PHASE_IDLE)
        return;
    r->outcome = outcome;
    r->deadline_at_ms = INT64_MAX;
    send_stop(r);
    if (!now->done) {
        now->done = true;
        now->ended_ms = run_mono(r);
        if (outcome != RUN_EXITED)
            set_text(&now->failure, mem_text(outcome == RUN_CANCELLED ? "cancelled" : r->failure));
    }
    if (!r->total_ms)
        r->total_ms = run_mono(r) - r->began_ms;
    for (int i = 0; i < RUN_STAGES; i++)
        if (r->stages[i].state == RUN_STAGE_ACTIVE)
            stage_end(r, (enum run_stage_id)i, outcome == RUN_EXITED ? RUN_STAGE_DONE : RUN_STAGE_FAILED);
    bool alive = r->eyes[EYE_CLAIM].state == EYE_PRESENT || r->eyes[EYE_SANDBOX].state == EYE_PRESENT;
    if (outcome != RUN_CANCELLED && r->config.hold && alive && now->sent_once && now->exited) {
        r->phase = PHASE_IDLE;
    } else if (r->config.evidence && (outcome == RUN_FAILED || outcome == RUN_DEADLINE) && r->claim_asked) {
        r->phase = PHASE_EVIDENCE;
        r->evidence_until_ms = run_mono(r) + RUN_EVIDENCE_MS;
    } else {
        remove_begin(r);
    }
}

void run_fail(struct run *r, char *sentence)
{
    set_text(&r->failure, sentence);
    run_decide(r, RUN_FAILED);
}

void run_fail_ask(struct run *r, const struct ask *a, const char *what)
{
    char *words = ask_words(a), *permission = a->status == 403 ? run_permission(words) : NULL;

    if (permission)
        set_text(&r->permission, permission);
    run_fail(r, permission ? mem_printf("%s: this user lacks the permission to %s", what, permission) : mem_printf("%s: %s", what, words));
    free(words);
}

static void over_deadline(struct run *r)
{
    const struct stage *s = &r->stages[r->stage];
    char took[16];
    int64_t since = run_mono(r) - run_now(r)->began_ms;

    bool stays = r->config.target == RUN_CLAIM || r->config.target == RUN_SANDBOX || r->config.keep;
    if (r->phase == PHASE_COMMAND)
        set_text(&r->failure, mem_printf(stays ? "the command was not over within %s; it may go on in its sandbox, which stays"
                                         : "the command was not over within %s; it ends with its sandbox", time_stage(since, took)));
    else
        set_text(&r->failure, mem_printf("the deadline of %s passed while %s%s%s", time_stage(since, took), stage_rows[r->stage].name,
                                         s->detail && *s->detail ? ": " : "", s->detail ? s->detail : ""));
    run_decide(r, RUN_DEADLINE);
}

/* ---- making and freeing ------------------------------------------------------------------------------------------------------------- */

/* Five characters of the set that Kubernetes takes for generated names (no vowels, no 0, 1, 3). */
static char *random_name(void)
{
    static const char set[] = "bcdfghjklmnpqrstvwxz2456789";
    unsigned char bytes[5] = {0};
    char *name = mem_text("sandtop-.....");

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)(clock_system()->wall(clock_system()) >> (3 * i));
    for (size_t i = 0; i < sizeof bytes; i++)
        name[8 + i] = set[bytes[i] % (sizeof set - 1)];
    return name;
}

static void add_result(struct run *r, char *command /* taken */, bool shell)
{
    struct result *now = NEW(struct result);

    now->command = command;
    now->shell = shell;
    if (shell) {
        struct buf sent = {0};
        buf_add_text(&sent, "sh -c ");
        run_quote(slice_of(command), &sent);
        now->sent = buf_take(&sent);
    } else {
        now->sent = mem_text(command);
    }
    now->needs_shell = !shell && run_needs_shell(command);
    now->exit_code = -1;
    now->exit_name = mem_text("");
    now->hint = mem_text("");
    now->failure = mem_text("");
    now->out = run_output_new();
    now->err = run_output_new();
    now->began_ms = run_mono(r);
    now->wall_ms = run_wall(r);
    r->results = mem_grow(r->results, r->n_results + 1, sizeof *r->results);
    r->results[r->n_results++] = now;
    int64_t deadline = r->config.deadline_ms > 0 ? r->config.deadline_ms : RUN_DEADLINE_MS;
    r->deadline_at_ms = run_mono(r) + deadline;
}

static void copy_config(struct run *r, const struct run_config *config)
{
    struct run_config *c = &r->config;

    *c = *config;
    c->ns = mem_text(config->ns);
    c->name = mem_text(config->name ? config->name : "");
    c->router_url = mem_text(config->router_url);
    c->router_ns = mem_text(config->router_ns);
    c->router_service = mem_text(config->router_service);
    c->port = config->port ? config->port : RUN_PORT;
    c->command = NULL;
    c->argv = NULL;
    c->token = NULL;
    c->claim_name = NULL;
    r->token = mem_text(config->token);
}

/* The texts that are never NULL. */
static const size_t texts[] = {
#define AT(member) offsetof(struct run, member)
    AT(pool), AT(template_name), AT(claim), AT(claim_uid), AT(sandbox), AT(pod), AT(pod_ip), AT(image), AT(failure), AT(permission),
    AT(note), AT(left), AT(hopeless), AT(router_pod),
#undef AT
};
enum { N_TEXTS = sizeof texts / sizeof *texts };

static char **text_at(struct run *r, size_t i)
{
    return (char **)(void *)((char *)r + texts[i]);
}

struct run *run_new(const struct run_config *config)
{
    struct run *r = NEW(struct run);

    copy_config(r, config);
    r->began_ms = run_mono(r);
    r->began_wall_ms = run_wall(r);
    r->hopeless_at_ms = INT64_MAX;
    r->version = config->api_version && strcmp(config->api_version, "v1alpha1") == 0 ? "v1alpha1" : "v1beta1";
    r->version_sure = config->api_version && *config->api_version;
    for (size_t i = 0; i < N_TEXTS; i++)
        *text_at(r, i) = mem_text("");
    add_result(r, config->argv ? run_join(config->argv) : mem_text(config->command ? config->command : ""), config->shell);
    if (run_is_ours(r))
        set_text(&r->claim, config->claim_name ? mem_text(config->claim_name) : random_name());
    routers_look(r);
    plan_begin(r);
    return r;
}

void run_config_get(const struct run *r, struct run_config *out)
{
    *out = r->config;
    out->token = r->token;
}

static void result_free(struct result *result)
{
    free(result->command);
    free(result->sent);
    free(result->exit_name);
    free(result->hint);
    free(result->failure);
    run_output_free(result->out);
    run_output_free(result->err);
    free(result);
}

void run_free(struct run *r)
{
    if (!r)
        return;
    send_stop(r);
    asks_free(r);
    for (int i = 0; i < EYES; i++)
        eye_close(&r->eyes[i]);
    routers_free(r);
    for (size_t i = 0; i < r->n_results; i++)
        result_free(r->results[i]);
    free(r->results);
    free(r->shown);
    for (int i = 0; i < RUN_STAGES; i++)
        free(r->stages[i].detail);
    for (size_t i = 0; i < N_TEXTS; i++)
        free(*text_at(r, i));
    const char *own[] = {r->config.ns, r->config.name, r->config.router_url, r->config.router_ns, r->config.router_service};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        free((char *)(uintptr_t)own[i]);
    secret_free(r->token);
    buf_free(&r->refusal);
    free(r);
}

/* ---- time --------------------------------------------------------------------------------------------------------------------------- */

void run_step(struct run *r)
{
    asks_step(r);
    eyes_step(r);
    wait_step(r);
    if (run_mono(r) >= r->deadline_at_ms && r->phase < PHASE_AFTERMATH)
        over_deadline(r);
    if (r->phase == PHASE_EVIDENCE && run_mono(r) >= r->evidence_until_ms)
        run_evidence_taken(r);
    remove_step(r);
}

int64_t run_due(const struct run *r)
{
    int64_t due = -1, now = run_mono(r);

    if (r->phase == PHASE_OVER)
        return -1;
    due = sooner_of(due, asks_due(r));
    due = sooner_of(due, eyes_due(r));
    due = sooner_of(due, wait_due(r));
    due = sooner_of(due, remove_due(r));
    if (r->deadline_at_ms != INT64_MAX && r->phase < PHASE_AFTERMATH)
        due = sooner_of(due, r->deadline_at_ms > now ? r->deadline_at_ms - now : 0);
    if (r->phase == PHASE_EVIDENCE)
        due = sooner_of(due, r->evidence_until_ms > now ? r->evidence_until_ms - now : 0);
    return due;
}

/* ---- what a person asks for --------------------------------------------------------------------------------------------------------- */

void run_cancel(struct run *r)
{
    if (r->phase < PHASE_IDLE) {
        r->cancelled = true;
        run_decide(r, RUN_CANCELLED);
    } else if (r->phase == PHASE_IDLE) {
        remove_begin(r);
    } else if (r->phase == PHASE_EVIDENCE) {
        run_evidence_taken(r);
    } else if (r->phase == PHASE_REMOVE) {
        r->removal_until_ms = 0;
    }
}

void run_evidence_taken(struct run *r)
{
    if (r->phase == PHASE_EVIDENCE)
        remove_begin(r);
}

bool run_again(struct run *r, const char *command, bool shell)
{
    if (r->phase != PHASE_IDLE)
        return false;
    add_result(r, mem_text(command), shell);
    r->outcome = RUN_OPEN;
    r->ways_tried = 0;
    r->router_at = 0;
    set_text(&r->failure, mem_text(""));
    r->phase = PHASE_WAIT;
    for (int i = RUN_STAGE_ROUTER; i <= RUN_STAGE_COMMAND; i++)
        r->stages[i].state = RUN_STAGE_PENDING;
    if (run_is_ours(r) && !r->config.keep)
        claim_prolong(r);
    router_begin(r);
    return true;
}

/* ---- what is shown ------------------------------------------------------------------------------------------------------------------ */

static void show_result(const struct run *r, const struct result *result, struct run_result *out)
{
    *out = (struct run_result){
        .command = result->command, .sent = result->sent, .shell = result->shell, .way = result->way, .wall_ms = result->wall_ms,
        .needs_shell = result->needs_shell,
        .took_ms = (result->done ? result->ended_ms : run_mono(r)) - result->began_ms, .sent_once = result->sent_once,
        .exited = result->exited, .exit_code = result->exit_code, .exit_name = result->exit_name, .not_started = result->not_started,
        .out = result->out, .err = result->err, .hint = result->hint, .failure = result->failure,
    };
}

static enum run_state state_of(const struct run *r)
{
    switch (r->phase) {
    case PHASE_IDLE: return RUN_IDLE;
    case PHASE_EVIDENCE: return RUN_EVIDENCE;
    case PHASE_REMOVE: return RUN_REMOVING;
    case PHASE_OVER: return RUN_OVER;
    default: return RUN_WORKING;
    }
}

static const char *text_of(const struct eye *e)
{
    return e->object.n ? e->object.p : "";
}

const struct run_view *run_view(struct run *r)
{
    struct run_view *v = &r->view;
    int64_t now = run_mono(r);

    if (r->n_shown != r->n_results)
        r->shown = mem_grow(r->shown, r->n_results, sizeof *r->shown);
    r->n_shown = r->n_results;
    for (size_t i = 0; i < r->n_results; i++)
        show_result(r, r->results[i], &r->shown[i]);
    *v = (struct run_view){
        .state = state_of(r), .outcome = r->outcome, .target = r->config.target, .target_name = r->config.name, .ns = r->config.ns,
        .pool = r->pool, .template_name = r->template_name, .claim = r->claim, .sandbox = r->sandbox, .pod = r->pod, .image = r->image,
        .made_claim = r->made_claim, .made_pool = r->made_pool, .warm = r->warm, .stage = r->stage, .results = r->shown,
        .n_results = r->n_results,
        .started_wall_ms = r->began_wall_ms, .total_ms = r->total_ms ? r->total_ms : now - r->began_ms,
        .deadline_ms = r->deadline_at_ms != INT64_MAX && r->deadline_at_ms > now ? r->deadline_at_ms - now : 0,
        .failure = r->failure, .permission = r->permission, .note = r->note, .left = r->left,
        .claim_json = text_of(&r->eyes[EYE_CLAIM]), .sandbox_json = text_of(&r->eyes[EYE_SANDBOX]), .pod_json = text_of(&r->eyes[EYE_POD]),
    };
    for (int i = 0; i < RUN_STAGES; i++) {
        const struct stage *s = &r->stages[i];
        int64_t end = s->state == RUN_STAGE_ACTIVE ? now : s->ended_ms;
        v->stages[i] = (struct run_stage){
            .state = s->state, .name = stage_rows[i].name, .word = stage_rows[i].word, .wall_ms = s->wall_ms,
            .took_ms = s->began_ms && end ? end - s->began_ms : 0, .detail = s->detail ? s->detail : "",
        };
    }
    return v;
}
