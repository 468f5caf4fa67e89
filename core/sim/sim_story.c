/* The story's time: whose turn is next, claims of the cast that come and go, the router's callers, the lease; and what the API's
 * users change.
 * Invariant: acts happen in the order of their times, ties in the order of coming; so the story is the same for the same seed, clock
 * and requests, however coarse the steps. */
#include "core/base/mem.h"
#include "core/sim/sim_story.h"

#include <stdio.h>
#include <stdlib.h>

/* How long before the demo the coming and going starts: enough to fill the events and the logs. */
enum { CHURN_PAST_MS = 10 * 60 * 1000, LEASE_MS = 2000, SWEEP_MS = 60 * 1000 };

int64_t story_now(const struct story *s)
{
    return s->sim->now_ms;
}

int story_between(struct story *s, int from, int to)
{
    return to > from ? from + (int)(sim_random(&s->random) % (unsigned)(to - from)) : from;
}

const struct resource *story_kind(const char *plural)
{
    return sim_resource(plural);
}

unsigned story_hash(const char *text)
{
    unsigned hash = 2166136261u;

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

void story_uid(const struct version *v, char out[37])
{
    struct buf scratch = {0};
    struct slice uid = json_str(json_path(v->text, "metadata.uid"), &scratch);

    snprintf(out, 37, "%.*s", (int)uid.n, uid.p);
    buf_free(&scratch);
}

struct version *story_put(struct story *s, const char *plural, struct buf *text)
{
    struct version *v = world_put(s->sim, story_kind(plural), json_whole(buf_slice(text)), false, NULL);

    buf_free(text);
    return v;
}

struct version *story_patch(struct story *s, const char *plural, const char *ns, const char *name, struct buf *patch)
{
    const struct resource *r = story_kind(plural);
    struct version *v = world_get(s->sim, r, ns, name);

    if (v) {
        struct buf text = {0};
        json_merge(v->text, json_whole(buf_slice(patch)), &text);
        v = world_put(s->sim, r, json_whole(buf_slice(&text)), v->old_shape, NULL);
        buf_free(&text);
    }
    buf_free(patch);
    return v;
}

/* ---- tickers */

static struct ticker *add_ticker(struct story *s, int64_t due, void (*tick)(struct story *, struct ticker *), const void *row)
{
    struct ticker *t = NEW(struct ticker);

    *t = (struct ticker){.due = due, .tick = tick, .row = row};
    ptrs_add(&s->tickers, t);
    return t;
}

static void make_claim(struct story *s, const char *ns, const char *name, const char *pool, int64_t leave_ms)
{
    struct buf out = {0};
    char *full = name[strlen(name) - 1] != '-'           ? mem_text(name)
                 : strcmp(name, "sandbox-claim-") == 0 ? mem_printf("%s%08x", name, (unsigned)sim_random(&s->random))
                                                       : mem_printf("%s%04x", name, (unsigned)sim_random(&s->random) & 0xffff);

    if (!world_get(s->sim, story_kind("sandboxclaims"), ns, full)) {
        buf_printf(&out, "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\"},\"spec\":{\"warmPoolRef\":{\"name\":\"%s\"}}}", full, ns,
                   pool);
        story_put(s, "sandboxclaims", &out);
        life_new(s, ns, full, pool, leave_ms);
    }
    free(full);
}

static void tick_cast(struct story *s, struct ticker *t)
{
    const struct cast_row *row = t->row;

    make_claim(s, row->ns, row->name, row->pool, INT64_MAX);
    t->due = INT64_MAX;
}

static void tick_churn(struct story *s, struct ticker *t)
{
    const struct churn_row *row = t->row;
    int n = row->burst && story_between(s, 0, 24) == 0 ? row->burst : 1;

    for (; n > 0; n--)
        make_claim(s, row->ns, row->name, row->pool, story_now(s) + row->life_ms / 2 + story_between(s, 0, row->life_ms));
    t->due = story_now(s) + row->every_ms / 2 + story_between(s, 0, row->every_ms);
}

static void tick_lease(struct story *s, struct ticker *t)
{
    shape_lease(s);
    t->due = story_now(s) + LEASE_MS;
}

static void tick_events(struct story *s, struct ticker *t)
{
    events_expire(s);
    t->due = story_now(s) + SWEEP_MS;
}

/* The controller comes back and looks at everything, pools first. */
static void tick_parts(struct story *s, struct ticker *t)
{
    bool was_off = !s->controller_pod;
    const struct ptrs *pools = world_objects(s->sim, story_kind("sandboxwarmpools"));

    t->due = INT64_MAX;
    part_start(s);
    for (size_t i = 0; was_off && i < pools->n; i++) {
        struct version *v = pools->v[i];
        version_hold(v);
        pool_fill(s, v->ns, v->name);
        pool_status(s, v->ns, v->name);
        version_drop(v);
    }
}

/* A claimed box, ready or not as asked; NULL where there is none. */
static struct box *some_box(struct story *s, bool ready)
{
    size_t from = s->boxes.n ? sim_random(&s->random) % s->boxes.n : 0;

    for (size_t i = 0; i < s->boxes.n; i++) {
        struct box *b = s->boxes.v[(from + i) % s->boxes.n];
        if (b->claim && !b->dead && b->ready == ready && (ready || b->state == POD_CRASHED))
            return b;
    }
    return NULL;
}

static void call_served(struct story *s, const struct box *b)
{
    struct buf line = {0};
    /* one after the other: arguments have no fixed order */
    int ms = story_between(s, 0, 4) ? story_between(s, 4, 90) : story_between(s, 90, 2400);
    int bytes = story_between(s, 41, 900);

    router_line(s, b->name, b->ns, 200, ms, bytes, "k8s-agent-sandbox/0.5.6");
    buf_printf(&line, "INFO:     10.88.2.3:%d - \"POST /execute HTTP/1.1\" 200 OK", story_between(s, 32768, 60999));
    log_file_line(s->sim, log_file_get(s->sim, b->ns, b->name, b->row->container, true), line.p);
    buf_free(&line);
}

static void call_refused(struct story *s, const struct box *b)
{
    char *error = mem_printf("dial tcp 10.88.%d.%d:8888: connect: connection refused", b->node + 1, b->ip);

    router_refused(s, b->name, b->ns, "pod-ip", error);
    router_line(s, b->name, b->ns, 502, 1400 + story_between(s, 0, 60), 56 + (int)strlen(b->name), "k8s-agent-sandbox/0.5.6");
    free(error);
}

static void tick_router(struct story *s, struct ticker *t)
{
    bool well = story_between(s, 0, 16) != 0;
    const struct box *b = some_box(s, well);

    if (b && well)
        call_served(s, b);
    else if (b)
        call_refused(s, b);
    t->due = story_now(s) + story_between(s, 700, 5200);
}

/* ---- whose turn it is */

int64_t story_due(const struct story *s)
{
    int64_t due = INT64_MAX;

    for (size_t i = 0; i < s->lives.n; i++)
        due = ((struct life *)s->lives.v[i])->due < due ? ((struct life *)s->lives.v[i])->due : due;
    for (size_t i = 0; i < s->boxes.n; i++)
        due = ((struct box *)s->boxes.v[i])->due < due ? ((struct box *)s->boxes.v[i])->due : due;
    for (size_t i = 0; i < s->tickers.n; i++)
        due = ((struct ticker *)s->tickers.v[i])->due < due ? ((struct ticker *)s->tickers.v[i])->due : due;
    return due;
}

/* Frees those whose time is over: lives first, since boxes point to them. */
static void bury(struct story *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->boxes.n; i++) {
        struct box *b = s->boxes.v[i];
        if (b->dead)
            box_free(b);
        else
            s->boxes.v[kept++] = b;
    }
    s->boxes.n = kept;
    kept = 0;
    for (size_t i = 0; i < s->lives.n; i++) {
        struct life *l = s->lives.v[i];
        if (l->dead)
            life_free(l);
        else
            s->lives.v[kept++] = l;
    }
    s->lives.n = kept;
}

void story_act(struct story *s)
{
    int64_t due = story_due(s);

    for (size_t i = 0; i < s->lives.n; i++)
        if (((struct life *)s->lives.v[i])->due == due) {
            life_act(s, s->lives.v[i]);
            bury(s);
            return;
        }
    for (size_t i = 0; i < s->boxes.n; i++)
        if (((struct box *)s->boxes.v[i])->due == due) {
            box_act(s, s->boxes.v[i]);
            return;
        }
    for (size_t i = 0; i < s->tickers.n; i++) {
        struct ticker *t = s->tickers.v[i];
        if (t->due == due) {
            t->tick(s, t);
            if (t->due == INT64_MAX) {
                ptrs_remove(&s->tickers, i);
                free(t);
            }
            return;
        }
    }
}

/* ---- what others change */

static struct life *life_of(const struct story *s, const char *ns, const char *name)
{
    for (size_t i = 0; i < s->lives.n; i++) {
        struct life *l = s->lives.v[i];
        if (!l->dead && strcmp(l->name, name) == 0 && strcmp(l->ns, ns) == 0)
            return l;
    }
    return NULL;
}

static struct box *box_of(const struct story *s, const char *ns, const char *name)
{
    for (size_t i = 0; i < s->boxes.n; i++) {
        struct box *b = s->boxes.v[i];
        if (!b->dead && strcmp(b->name, name) == 0 && strcmp(b->ns, ns) == 0)
            return b;
    }
    return NULL;
}

enum { PODS_GO_MS = 700 };           /* how long a Pod takes to end */

/* When it goes, and how: Retain, the default, keeps the claim and takes its Sandbox. */
static void plan_end(struct life *l, const struct version *v)
{
    static const char *const policies[] = {"Retain", "Delete", "DeleteForeground"};
    struct buf scratch = {0};
    int64_t ms;

    if (time_parse(json_str(json_path(v->text, "spec.lifecycle.shutdownTime"), &scratch), &ms, NULL)) {
        json policy = json_path(v->text, "spec.lifecycle.shutdownPolicy");
        l->policy = policies[0];
        for (size_t i = 1; i < sizeof policies / sizeof *policies; i++)
            l->policy = json_is(policy, policies[i]) ? policies[i] : l->policy;
        l->how = l->policy == policies[0] ? EXPIRES_RETAINED : EXPIRES;
        l->leave_ms = ms;
    } else if (l->how != LEAVES) {
        l->how = LEAVES;
        l->leave_ms = INT64_MAX;
    }
    buf_free(&scratch);
}

bool story_holds(const struct story *s, const struct version *v)
{
    const struct life *l = strcmp(v->resource->plural, "sandboxclaims") == 0 ? life_of(s, v->ns, v->name) : NULL;

    return l && l->box;
}

static void claim_changed(struct story *s, enum change_type type, const struct version *v)
{
    struct life *l = life_of(s, v->ns, v->name);

    if (type == CHANGE_DELETED && l) {
        life_end(s, l, false);
    } else if (type == CHANGE_ADDED && !l) {
        char *pool = json_dup(json_path(v->text, "spec.warmPoolRef.name"));
        char *old = v->old_shape ? json_dup(json_path(v->text, "spec.warmpool")) : NULL;
        if (old && strcmp(old, "none") != 0 && strcmp(old, "default") != 0) {
            free(pool);
            pool = mem_text(old);
        }
        l = life_new(s, v->ns, v->name, pool ? pool : "", INT64_MAX);
        plan_end(l, v);
        l->template_name = json_dup(json_path(v->text, "spec.sandboxTemplateRef.name"));
        free(pool);
        free(old);
    } else if (l && json_path(v->text, "metadata.deletionTimestamp").n) {
        l->how = LEAVES;             /* in the foreground: its Sandbox and Pod first */
        l->leave_ms = l->due = story_now(s) + PODS_GO_MS;
        l->stage = LIFE_BOUND;
    } else if (l) {
        plan_end(l, v);
        if (l->stage == LIFE_BOUND || l->leave_ms < l->due)
            l->due = l->leave_ms;
    }
}

static void sandbox_gone(struct story *s, const struct version *v)
{
    struct box *b = box_of(s, v->ns, v->name);
    struct life *l = b ? b->claim : NULL;

    if (!b)
        return;
    box_end(s, b);
    if (l) {                         /* a claim whose Sandbox was taken away gets another one */
        l->stage = LIFE_BIND;
        l->reason = "SandboxMissing";
        free(l->message);
        l->message = mem_text("Sandbox does not exist");
        l->since_ms = story_now(s);
        life_status(s, l);
        l->due = story_now(s) + 400;
    }
}

/* A pool or a template came: claims that wait for one look again. */
static void wake_waiting(struct story *s, const char *ns)
{
    for (size_t i = 0; i < s->lives.n; i++) {
        struct life *l = s->lives.v[i];
        if (l->stage == LIFE_BIND && strcmp(l->ns, ns) == 0 && l->due > story_now(s) + 1300)
            l->due = story_now(s) + 1300;
    }
}

void story_changed(struct story *s, enum change_type type, const struct version *v)
{
    const char *plural = v->resource->plural;

    if (strcmp(plural, "sandboxclaims") == 0) {
        claim_changed(s, type, v);
    } else if (strcmp(plural, "sandboxes") == 0 && type == CHANGE_DELETED) {
        sandbox_gone(s, v);
    } else if (strcmp(plural, "pods") == 0 && type == CHANGE_DELETED) {
        struct box *b = box_of(s, v->ns, v->name);
        if (b)
            box_pod_gone(s, b);
        part_pod_gone(s, v->ns, v->name);
        add_ticker(s, story_now(s) + 1500, tick_parts, NULL);
    } else if (strcmp(plural, "deployments") == 0 && type == CHANGE_MODIFIED) {
        if (part_changed(s, v))
            add_ticker(s, story_now(s) + 1500, tick_parts, NULL);
    } else if (strcmp(plural, "sandboxwarmpools") == 0 || strcmp(plural, "sandboxtemplates") == 0) {
        wake_waiting(s, v->ns);
        if (strcmp(plural, "sandboxwarmpools") == 0) {
            pool_fill(s, v->ns, v->name);
            pool_status(s, v->ns, v->name);
        }
    }
    bury(s);
}

void story_executed(struct story *s, const char *sandbox, const char *ns, int status, int duration_ms, int bytes, const char *agent)
{
    const struct box *b = box_of(s, ns, sandbox);

    if (status == 502 && b)
        call_refused(s, b);
    else if (status == 502)
        router_refused(s, sandbox, ns, "dns", "dial tcp: lookup failed: no such host");
    if (status != 502 || !b)
        router_line(s, sandbox, ns, status, duration_ms, bytes, agent);
}

/* ---- beginning and end */

void story_free(struct story *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->lives.n; i++)
        life_free(s->lives.v[i]);
    for (size_t i = 0; i < s->boxes.n; i++)
        box_free(s->boxes.v[i]);
    for (size_t i = 0; i < s->tickers.n; i++)
        free(s->tickers.v[i]);
    ptrs_free(&s->lives);
    ptrs_free(&s->boxes);
    ptrs_free(&s->tickers);
    events_free(s);
    free(s->controller_pod);
    free(s->router_pod);
    cast_free(s->cast);
    recording_free(s->told);
    free(s);
}

static void plan_claims(struct story *s)
{
    for (const struct cast_row *row = s->cast->claims; row->ns; row++)
        for (int i = 0; i < row->count; i++) {
            int64_t spread = (int64_t)(row->oldest_s - row->youngest_s) * 1000;
            int64_t age = row->youngest_s * 1000 + (row->count > 1 ? spread * i / (row->count - 1) - story_between(s, 0, 50000) : 0);
            add_ticker(s, s->begins_ms - (age > 1000 ? age : 1000), tick_cast, row);
        }
}

/* Someone changes something from outside, as through the API. */
static void tick_told(struct story *s, struct ticker *t)
{
    const struct recording_event *e = t->row;
    char *ns = json_dup(json_path(e->value, "metadata.namespace")), *name = json_dup(json_path(e->value, "metadata.name"));
    const struct resource *r = e->what == RECORDING_PUT || e->what == RECORDING_DELETE ? sim_resource_of_kind(e->value) : NULL;
    struct version *before = r && name ? world_get(s->sim, r, r->namespaced && ns ? ns : "", name) : NULL;

    t->due = INT64_MAX;
    if (before)
        version_hold(before);
    if (r && e->what == RECORDING_PUT) {
        struct version *after = world_put(s->sim, r, e->value, false, NULL);
        if (after) {
            version_hold(after);
            story_changed(s, before ? CHANGE_MODIFIED : CHANGE_ADDED, after);
            version_drop(after);
        }
    } else if (before) {
        world_delete(s->sim, r, before->ns, before->name);
        story_changed(s, CHANGE_DELETED, before);
    } else if (e->what == RECORDING_LOG) {
        replay_line(s->sim, e);
    }
    version_drop(before);
    free(ns);
    free(name);
}

bool sim_story_tell(struct sim *sim, struct recording *told, struct err *err)
{
    struct cast *cast = cast_read(recording_cast(told), err);
    int64_t oldest = 0;

    if (!cast) {
        recording_free(told);
        return false;
    }
    struct story *s = NEW(struct story);
    story_free(sim->story);
    sim->story = s;
    *s = (struct story){.sim = sim, .cast = cast, .told = told, .random = sim->seed ^ 0x5a4d, .begins_ms = sim_world_time(sim)};
    plan_claims(s);
    for (size_t i = 0; i < s->tickers.n; i++) {
        int64_t age = s->begins_ms - ((struct ticker *)s->tickers.v[i])->due;
        oldest = age > oldest ? age : oldest;
    }
    /* the past is lived through, so that ages, counts and logs are as they would be */
    sim->now_ms = s->begins_ms - oldest - 30000;
    shape_nodes(s);
    shape_templates(s);
    shape_quotas(s);
    shape_system(s);
    for (const struct pool_row *row = s->cast->pools; row->ns; row++) {
        shape_pool(s, row);
        pool_fill(s, row->ns, row->name);
    }
    for (const struct churn_row *row = s->cast->churn; row->ns; row++)
        add_ticker(s, s->begins_ms - CHURN_PAST_MS, tick_churn, row);
    add_ticker(s, s->begins_ms - CHURN_PAST_MS, tick_router, NULL);
    add_ticker(s, s->begins_ms, tick_lease, NULL);
    add_ticker(s, sim->now_ms + SWEEP_MS, tick_events, NULL);
    for (size_t i = 0; i < recording_count(told); i++)
        add_ticker(s, s->begins_ms + 1 + recording_event(told, i)->at_ms, tick_told, recording_event(told, i));
    do
        sim_advance(sim);
    while (story_due(s) <= s->begins_ms);
    return true;
}
