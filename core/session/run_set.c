/* The machines of all runs, stepped in the session's turn. Invariant: a machine that waits for its evidence gets it taken here, before it
 * removes anything, so that what the store and the logs say of the claim is kept although the objects go. */
#include "core/session/run_set.h"

#include "core/base/mem.h"
#include "core/kube/secret.h"
#include "core/session/run_evidence.h"
#include "core/session/session_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { EVIDENCE_WAIT_MS = 1500 };    /* the store may be a little behind the machine's own watches */

struct entry {
    unsigned id;
    struct run *run;
    struct run_evidence *evidence;
    int64_t evidence_at_ms;          /* mono: when it began to be waited for; 0: not */
    bool forget;
};
struct run_set {
    struct session *session;
    struct ptrs entries;             /* struct entry */
    unsigned *ids;
    unsigned last_id;
    struct run_leftovers *leftovers;
};

struct run_set *run_set_new(struct session *s)
{
    struct run_set *set = NEW(struct run_set);

    set->session = s;
    return set;
}

static void entry_free(struct entry *e)
{
    run_free(e->run);
    run_evidence_free(e->evidence);
    free(e);
}

void run_set_free(struct run_set *set)
{
    for (size_t i = 0; i < set->entries.n; i++)
        entry_free(set->entries.v[i]);
    ptrs_free(&set->entries);
    run_leftovers_free(set->leftovers);
    free(set->ids);
    free(set);
}

static void list_ids(struct run_set *set)
{
    set->ids = mem_grow(set->ids, set->entries.n ? set->entries.n : 1, sizeof *set->ids);
    for (size_t i = 0; i < set->entries.n; i++)
        set->ids[i] = ((struct entry *)set->entries.v[i])->id;
}

static struct entry *find_entry(const struct session *s, unsigned id)
{
    for (size_t i = 0; i < s->runs->entries.n; i++) {
        struct entry *e = s->runs->entries.v[i];
        if (e->id == id && !e->forget)
            return e;
    }
    return NULL;
}

/* ---- starting --------------------------------------------------------------------------------------------------------------------- */

static bool of_template(const struct object *template_at, const struct run_wish *wish, struct run_config *config, struct err *err)
{
    if (!template_at)
        return err_set(err, "which template %s was made from is not known: start from the template or a pool", wish->name);
    config->target = RUN_TEMPLATE;
    config->name = template_at->name;
    return true;
}

/* What a claim of the same kind would be made of. */
static bool like_it(const struct session *s, const struct run_wish *wish, struct run_config *config, struct err *err)
{
    const struct object *o = store_find(s->store, wish->kind, slice_of(wish->ns), slice_of(wish->name));

    if (!o)
        return err_set(err, "%s %s/%s is not there any more", kind_info(wish->kind)->name, wish->ns, wish->name);
    if (wish->kind == KIND_SANDBOX)
        return of_template(chain_template(o), wish, config, err);
    const struct claim *claim = AS(claim, o);
    if (!*claim->pool)
        return of_template(link_to(o, LINK_CLAIM_TEMPLATE), wish, config, err);
    config->target = RUN_POOL;
    config->name = claim->pool;
    return true;
}

static bool aim(const struct session *s, const struct run_wish *wish, struct run_config *config, struct err *err)
{
    config->name = wish->name;
    switch (wish->kind) {
    case KIND_TEMPLATE: config->target = RUN_TEMPLATE; return true;
    case KIND_POOL: config->target = RUN_POOL; return true;
    case KIND_CLAIM: config->target = RUN_CLAIM; break;
    case KIND_SANDBOX: config->target = RUN_SANDBOX; break;
    default: return err_set(err, "a command runs in a claim or sandbox, or in a new one of a template or pool");
    }
    return wish->inside || like_it(s, wish, config, err);
}

/* Who starts one run after the other must not run out of descriptors: the oldest that is over goes. */
static void forget_oldest(struct run_set *set)
{
    for (size_t i = 0; set->entries.n > RUNS_KEPT && i < set->entries.n; i++) {
        struct entry *e = set->entries.v[i];
        if (run_view(e->run)->state != RUN_OVER)
            continue;
        entry_free(e);
        ptrs_remove(&set->entries, i);
        return;
    }
}

static unsigned add_run(struct session *s, struct run_config *config)
{
    struct entry *e = NEW(struct entry);
    char name[32];

    e->id = ++s->runs->last_id;
    snprintf(name, sizeof name, "sandtop-demo%u", e->id);
    if (s->config.simulated)
        config->claim_name = name;   /* a simulated cluster is one's own, and shows the same each time */
    e->run = run_new(config);
    ptrs_add(&s->runs->entries, e);
    forget_oldest(s->runs);
    list_ids(s->runs);
    return e->id;
}

unsigned session_run_start(struct session *s, const struct run_wish *wish, struct err *err)
{
    struct run_config config = {
        .transport = s->transport, .clock = s->clock, .ns = wish->ns, .api_version = s->versions[KIND_CLAIM],
        .command = wish->command ? wish->command : RUN_COMMAND_FIRST, .shell = wish->shell, .deadline_ms = wish->deadline_ms,
            .keep = wish->keep,
        .hold = wish->hold, .evidence = true, .way = wish->way, .router_url = wish->router_url, .token = wish->token,
    };

    if (s->config.read_only) {
        err_set(err, "read-only: no command is run");
        return 0;
    }
    if (!wish->ns || !*wish->ns || !wish->name || !*wish->name) {
        err_set(err, "there is nothing here to run a command in");
        return 0;
    }
    if (wish->token && !is_header_text(slice_of(wish->token))) {
        err_set(err, "the router's token holds characters that cannot stand in a header");
        return 0;
    }
    return aim(s, wish, &config, err) ? add_run(s, &config) : 0;
}

unsigned session_run_repeat(struct session *s, unsigned id, const char *command, bool shell, struct err *err)
{
    const struct entry *e = find_entry(s, id);
    struct run_config config;

    if (!e) {
        err_set(err, "that run is not there any more: start from the pool or the template");
        return 0;
    }
    run_config_get(e->run, &config);
    config.api_version = s->versions[KIND_CLAIM];
    config.command = command;
    config.shell = shell;
    return add_run(s, &config);
}

/* ---- the session's turn -------------------------------------------------------------------------------------------------------------- */

static void take_evidence(struct run_set *set, struct entry *e)
{
    struct session *s = set->session;
    const struct run_view *view = run_view(e->run);

    if (view->state != RUN_EVIDENCE || e->evidence)
        return;
    if (!e->evidence_at_ms)
        e->evidence_at_ms = mono(s);
    const struct object *claim = store_find(s->store, KIND_CLAIM, slice_of(view->ns), slice_of(view->claim));
    const struct verdict *verdict = claim ? diagnosis_verdict(s->diagnosis, claim) : NULL;
    bool told = verdict && verdict->rule && *verdict->rule;
    if (!told && mono(s) - e->evidence_at_ms < EVIDENCE_WAIT_MS)
        return;
    if (claim)
        e->evidence = run_evidence_take(s->diagnosis, log_set_buffer(s->logs), claim, session_now(s));
    run_evidence_taken(e->run);
}

void run_set_step(struct run_set *set)
{
    bool gone = false;

    for (size_t i = set->entries.n; i-- > 0;) {
        struct entry *e = set->entries.v[i];
        run_step(e->run);
        take_evidence(set, e);
        if (e->forget && run_view(e->run)->state == RUN_OVER) {
            entry_free(e);
            ptrs_remove(&set->entries, i);
            gone = true;
        }
    }
    if (gone)
        list_ids(set);
}

int64_t run_set_due(const struct run_set *set)
{
    int64_t due = -1;

    for (size_t i = 0; i < set->entries.n; i++) {
        struct entry *e = set->entries.v[i];
        due = sooner(due, run_due(e->run));
        if (e->evidence_at_ms && !e->evidence && run_view(e->run)->state == RUN_EVIDENCE)
            due = sooner(due, 100);
    }
    return due;
}

bool run_set_hurries(const struct run_set *set)
{
    for (size_t i = 0; i < set->entries.n; i++)
        if (run_view(((struct entry *)set->entries.v[i])->run)->state == RUN_WORKING)
            return true;
    return false;
}

/* ---- reading and ending -------------------------------------------------------------------------------------------------------------- */

const unsigned *session_runs(const struct session *s, size_t *n)
{
    *n = s->runs->entries.n;
    return s->runs->ids;
}

const struct run_view *session_run(struct session *s, unsigned id)
{
    struct entry *e = find_entry(s, id);

    return e ? run_view(e->run) : NULL;
}

const struct run_evidence *session_run_evidence(const struct session *s, unsigned id)
{
    const struct entry *e = find_entry(s, id);

    return e ? e->evidence : NULL;
}

void session_run_cancel(struct session *s, unsigned id)
{
    struct entry *e = find_entry(s, id);

    if (e)
        run_cancel(e->run);
}

void session_runs_end(struct session *s)
{
    for (size_t i = 0; i < s->runs->entries.n; i++) {
        struct entry *e = s->runs->entries.v[i];
        enum run_state state = run_view(e->run)->state;
        if (state != RUN_REMOVING && state != RUN_OVER)
            run_cancel(e->run);
    }
}

bool session_run_again(struct session *s, unsigned id, const char *command, bool shell)
{
    struct entry *e = find_entry(s, id);

    return e && run_again(e->run, command, shell);
}

void session_run_forget(struct session *s, unsigned id)
{
    struct entry *e = find_entry(s, id);

    if (!e)
        return;
    enum run_state state = run_view(e->run)->state;
    if (state == RUN_WORKING || state == RUN_IDLE || state == RUN_EVIDENCE)
        run_cancel(e->run);
    e->forget = true;
}

size_t session_runs_active(const struct session *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->runs->entries.n; i++)
        n += run_view(((struct entry *)s->runs->entries.v[i])->run)->state != RUN_OVER;
    return n;
}

/* ---- leftovers ----------------------------------------------------------------------------------------------------------------------- */

static bool under_way(void *ctx, const char *ns, const char *name)
{
    const struct run_set *set = ctx;

    for (size_t i = 0; i < set->entries.n; i++) {
        struct entry *e = set->entries.v[i];
        const struct run_view *view = run_view(e->run);
        if (view->state != RUN_OVER && strcmp(view->ns, ns) == 0 && (strcmp(view->claim, name) == 0 || strcmp(view->pool, name) == 0))
            return true;
    }
    return false;
}

void session_leftovers_look(struct session *s)
{
    const char *ns = session_info(s)->ns;

    if (s->runs->leftovers && run_leftovers_busy(s->runs->leftovers))
        return;                      /* a removal under way must not be cut off by another look */
    run_leftovers_free(s->runs->leftovers);
    s->runs->leftovers = run_leftovers_new(s->transport, ns, s->versions[KIND_CLAIM], under_way, s->runs);
}

const struct run_leftover *session_leftovers(const struct session *s, size_t *n, const char **error)
{
    const struct run_leftovers *l = s->runs->leftovers;

    *n = 0;
    *error = l ? run_leftovers_error(l) : "";
    return l && run_leftovers_listed(l) ? run_leftovers_rows(l, n) : NULL;
}

void session_leftovers_remove(struct session *s)
{
    if (s->runs->leftovers && !s->config.read_only)
        run_leftovers_remove(s->runs->leftovers);
}

/* ---- for commands that need no picture ----------------------------------------------------------------------------------------------- */

struct transport *session_transport(const struct session *s)
{
    return s->transport;
}
