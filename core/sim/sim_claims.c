/* Claims and warm pools: a claim is seen, bound to a member of its pool or to a new Sandbox, and follows what becomes of it.
 * Invariant: a bound claim's Ready condition is its Sandbox's, word for word, as the real controller copies it. */
#include "core/base/mem.h"
#include "core/sim/sim_story.h"

#include <stdlib.h>

enum { RETRY_MS = 60 * 1000, GRACE_MS = 5 * 60 * 1000 };

struct life *life_new(struct story *s, const char *ns, const char *name, const char *pool, int64_t leave_ms)
{
    struct life *l = NEW(struct life);
    const struct version *v = world_get(s->sim, story_kind("sandboxclaims"), ns, name);

    *l = (struct life){.ns = mem_text(ns), .name = mem_text(name), .pool = mem_text(pool), .leave_ms = leave_ms};
    l->due = story_now(s) + story_between(s, 4, 16);
    if (v)
        story_uid(v, l->uid);
    ptrs_add(&s->lives, l);
    return l;
}

void life_free(struct life *l)
{
    free(l->ns);
    free(l->name);
    free(l->pool);
    free(l->template_name);
    free(l->message);
    free(l);
}

static void add_nano_stamp(struct buf *out, int64_t ms)
{
    char text[32];

    time_rfc3339(ms, text);
    text[strlen(text) - 1] = 0;
    buf_printf(out, "\"%s.%03d%06dZ\"", text, (int)(ms % 1000), (int)(ms * 7919 % 1000000));
}

static void add_annotations(struct buf *out, const struct life *l)
{
    buf_add_text(out, "\"metadata\":{\"annotations\":{\"agents.x-k8s.io/controller-first-observed-at\":");
    add_nano_stamp(out, l->seen_ms);
    if (l->first_ready_ms) {
        buf_add_text(out, ",\"agents.x-k8s.io/claim-first-ready-at\":");
        add_nano_stamp(out, l->first_ready_ms);
    }
    if (l->box && l->box->warm)
        buf_printf(out, ",\"agents.x-k8s.io/sandbox-name\":\"%s\"", l->box->name);
    buf_add_text(out, "}}");
}

void life_status(struct story *s, struct life *l)
{
    struct buf out = {0}, scratch = {0};
    const struct box *b = l->box;
    const char *reason = l->reason, *message = l->message ? l->message : "";
    int64_t since = l->since_ms;
    bool ready = false;

    if (b && b->state == POD_NONE) {
        reason = "SandboxNotReady";
        message = "Sandbox is not ready";
        since = b->ready_since_ms;
    } else if (b) {
        message = shape_message(b, &scratch, &ready, &reason);
        since = b->ready_since_ms;
    }
    if (ready && !l->first_ready_ms)
        l->first_ready_ms = story_now(s);
    buf_add_text(&out, "{");
    add_annotations(&out, l);
    if (reason) {
        buf_add_text(&out, ",\"status\":{\"conditions\":[{\"lastTransitionTime\":");
        shape_stamp(&out, since);
        buf_add_text(&out, ",\"message\":");
        json_quote(&out, slice_of(message));
        buf_printf(&out, ",\"observedGeneration\":1,\"reason\":\"%s\",\"status\":\"%s\",\"type\":\"Ready\"}],\"sandbox\":{", reason,
                   ready ? "True" : "False");
        if (b)
            buf_printf(&out, "\"name\":\"%s\"", b->name);
        if (b && b->state >= POD_NO_IMAGE)
            buf_printf(&out, ",\"podIPs\":[\"10.88.%d.%d\"]", b->node + 1, b->ip);
        buf_add_text(&out, "}}");
    }
    buf_add_text(&out, "}");
    story_patch(s, "sandboxclaims", l->ns, l->name, &out);
    buf_free(&scratch);
}

/* ---- binding */

/* What keeps it unbound; message is taken over. */
static void lacks(struct story *s, struct life *l, const char *reason, char *message)
{
    if (!l->reason)
        l->since_ms = story_now(s);
    bool same = l->reason && strcmp(l->reason, reason) == 0;
    free(l->message);
    l->message = message;
    l->reason = reason;
    if (!same)
        life_status(s, l);
    l->due = story_now(s) + RETRY_MS;
    if (l->leave_ms < l->due)
        l->due = l->leave_ms;
}

static struct about about_claim(const struct life *l)
{
    return (struct about){.kind = "SandboxClaim", .api = "extensions.agents.x-k8s.io/v1beta1", .ns = l->ns, .name = l->name, .uid = l->uid};
}

/* The member to take: a ready one, the oldest first; else one that is on its way, as the real controller takes it. */
static struct box *candidate(const struct story *s, const struct life *l)
{
    struct box *found = NULL;

    for (size_t i = 0; i < s->boxes.n; i++) {
        struct box *b = s->boxes.v[i];
        if (b->dead || !b->pool || strcmp(b->pool, l->pool) != 0 || strcmp(b->ns, l->ns) != 0)
            continue;
        if (b->ready)
            return b;
        if (!found && b->state == POD_RUNNING)
            found = b;
    }
    return found;
}

static void adopt(struct story *s, struct life *l, struct box *b)
{
    struct about about = about_claim(l);
    char *message = mem_printf("Adopted warm pool Sandbox \"%s\"", b->name);
    char *more = mem_printf(",\"sandbox candidate\":\"%s\",\"warm pool\":\"%s\",\"claim\":\"%s\"", b->name, l->pool, l->name);

    controller_line(s, "info", "SandboxClaim", l->ns, l->name, "Attempting sandbox adoption", more);
    l->box = b;
    box_adopt(s, b, l);
    event_new(s, &about, "Normal", "SandboxAdopted", "Adoption", "sandboxclaim-controller", message);
    life_status(s, l);
    pool_fill(s, l->ns, l->pool);
    pool_status(s, l->ns, l->pool);
    free(message);
    free(more);
}

static void cold_start(struct story *s, struct life *l, const char *template_name)
{
    struct about about = about_claim(l);
    char *message = mem_printf("Created Sandbox \"%s\"", l->name);
    char *what = mem_printf(",\"template\":\"%s\"", template_name);
    char *more = mem_printf(",\"claim\":\"%s\",\"sandbox\":\"%s\",\"isReady\":false,\"duration\":0.0%d", l->name, l->name,
                            story_between(s, 110, 990));

    controller_line(s, "info", "SandboxClaim", l->ns, l->name, "creating sandbox from template", what);
    l->box = box_new(s, l->ns, l->name, NULL, template_name, l);
    event_new(s, &about, "Normal", "SandboxProvisioned", "Provisioning", "sandboxclaim-controller", message);
    controller_line(s, "info", "SandboxClaim", l->ns, l->name, "Created sandbox for claim", more);
    life_status(s, l);
    free(message);
    free(what);
    free(more);
}

static void collides(struct story *s, struct life *l)
{
    struct buf text = {0}, more = {0};

    buf_printf(&text, "sandbox \"%s\" is not controlled by claim \"%s\". Please use a different claim name or delete the sandbox manually",
               l->name, l->name);
    buf_add_text(&more, ",\"error\":");
    json_quote(&more, buf_slice(&text));
    controller_line(s, "error", "SandboxClaim", l->ns, l->name, "Sandbox controller mismatch", more.p);
    controller_line(s, "error", "SandboxClaim", l->ns, l->name, "Reconciler error", more.p);
    lacks(s, l, "ReconcilerError", mem_printf("Error seen: %s", text.p));
    buf_free(&text);
    buf_free(&more);
}

static void bind_claim(struct story *s, struct life *l)
{
    const struct version *pool = *l->pool ? world_get(s->sim, story_kind("sandboxwarmpools"), l->ns, l->pool) : NULL;
    char *template_name = pool ? json_dup(json_path(pool->text, "spec.sandboxTemplateRef.name")) : mem_text(l->template_name);
    struct box *b = pool ? candidate(s, l) : NULL;

    if (*l->pool && !pool) {
        lacks(s, l, "WarmPoolNotFound", mem_printf("SandboxWarmPool \"%s\" not found", l->pool));
    } else if (!template_name || !world_get(s->sim, story_kind("sandboxtemplates"), l->ns, template_name)) {
        lacks(s, l, "TemplateNotFound", mem_printf("SandboxTemplate \"%s\" not found", template_name ? template_name : ""));
    } else if (!b && world_get(s->sim, story_kind("sandboxes"), l->ns, l->name)) {
        collides(s, l);
    } else {
        l->stage = LIFE_BOUND;
        l->due = l->leave_ms;
        if (b)
            adopt(s, l, b);
        else
            cold_start(s, l, template_name);
    }
    free(template_name);
}

/* Its time is over: the claim goes, or it stays and only its Sandbox goes. */
static void leave(struct story *s, struct life *l)
{
    struct about about = about_claim(l);

    if (l->how == EXPIRES) {
        char *message = mem_printf("Deleting Claim (ShutdownPolicy=%s)", l->policy);
        event_new(s, &about, "Normal", "ClaimExpired", "Expiring", "sandboxclaim-controller", message);
        free(message);
    }
    if (l->how != EXPIRES_RETAINED) {
        life_end(s, l, true);
        return;
    }
    event_new(s, &about, "Normal", "ClaimExpired", "Expiring", "sandboxclaim-controller", "Claim expired");
    if (l->box)
        box_end(s, l->box);
    free(l->message);
    l->message = mem_text("Claim expired. Sandbox cleanup initiated.");
    l->reason = "ClaimExpired";
    l->since_ms = story_now(s);
    l->stage = LIFE_BOUND;
    l->due = l->leave_ms = INT64_MAX;
    life_status(s, l);
}

void life_act(struct story *s, struct life *l)
{
    if (!s->controller_pod && (l->stage != LIFE_BOUND || l->how != LEAVES)) {
        l->due = story_now(s) + 1000; /* no controller: no one looks */
        return;
    }
    switch (l->stage) {
    case LIFE_SEEN:
        l->seen_ms = story_now(s);
        life_status(s, l);
        l->stage = LIFE_BIND;
        l->due = story_now(s) + story_between(s, 20, 60);
        break;
    case LIFE_BIND:
        if (story_now(s) >= l->leave_ms)
            leave(s, l);
        else
            bind_claim(s, l);
        break;
    default:
        leave(s, l);
    }
}

void life_end(struct story *s, struct life *l, bool delete_claim)
{
    l->dead = true;
    l->due = INT64_MAX;
    if (delete_claim)
        world_delete(s->sim, story_kind("sandboxclaims"), l->ns, l->name);
    if (l->box)
        box_end(s, l->box);
}

/* ---- warm pools */

static void count_members(const struct story *s, const char *ns, const char *name, int *all, int *ready)
{
    *all = *ready = 0;
    for (size_t i = 0; i < s->boxes.n; i++) {
        const struct box *b = s->boxes.v[i];
        if (b->dead || !b->pool || strcmp(b->pool, name) != 0 || strcmp(b->ns, ns) != 0)
            continue;
        ++*all;
        *ready += b->ready;
    }
}

static void add_count(struct buf *out, const char *name, int n)
{
    if (n)
        buf_printf(out, "\"%s\":%d", name, n);
    else
        buf_printf(out, "\"%s\":null", name);          /* absent means zero */
}

void pool_status(struct story *s, const char *ns, const char *name)
{
    const struct version *v = world_get(s->sim, story_kind("sandboxwarmpools"), ns, name);
    int64_t was_all = 0, was_ready = 0;
    int all, ready;

    if (!v)
        return;
    count_members(s, ns, name, &all, &ready);
    json_int(json_path(v->text, "status.replicas"), &was_all);
    json_int(json_path(v->text, "status.readyReplicas"), &was_ready);
    if (was_all == all && was_ready == ready)
        return;
    struct buf patch = {0};
    buf_add_text(&patch, "{\"status\":{");
    add_count(&patch, "readyReplicas", ready);
    buf_add_text(&patch, ",");
    add_count(&patch, "replicas", all);
    buf_printf(&patch, ",\"selector\":\"agents.x-k8s.io/warm-pool-sandbox=%08x\"}}", story_hash(name));
    story_patch(s, "sandboxwarmpools", ns, name, &patch);
    char *more = mem_printf(",\"replicas\":%d,\"readyReplicas\":%d", all, ready);
    controller_line(s, "info", "SandboxWarmPool", ns, name, "Updated SandboxWarmPool status", more);
    free(more);
}

static void add_member(struct story *s, const char *ns, const char *pool, const char *template_name)
{
    char suffix[6];

    sim_suffix(&s->random, suffix);
    char *name = mem_printf("%s-%s", pool, suffix);
    char *more = mem_printf(",\"sandbox\":\"%s\",\"poolName\":\"%s\"", name, pool);
    if (!world_get(s->sim, story_kind("sandboxes"), ns, name)) {
        box_new(s, ns, name, pool, template_name, NULL);
        controller_line(s, "info", "SandboxWarmPool", ns, pool, "Created new pool sandbox", more);
    }
    free(name);
    free(more);
}

/* Takes one away: an unready one, the youngest first. */
static void drop_member(struct story *s, const char *ns, const char *pool)
{
    struct box *found = NULL;

    for (size_t i = s->boxes.n; i-- > 0;) {
        struct box *b = s->boxes.v[i];
        if (b->dead || !b->pool || strcmp(b->pool, pool) != 0 || strcmp(b->ns, ns) != 0)
            continue;
        if (!found || (found->ready && !b->ready))
            found = b;
    }
    if (found) {
        free(found->pool);
        found->pool = NULL;                             /* so that its end does not fill the pool again */
        box_end(s, found);
    }
}

void pool_fill(struct story *s, const char *ns, const char *name)
{
    const struct version *v = world_get(s->sim, story_kind("sandboxwarmpools"), ns, name);
    int64_t desired = 0;
    int all, ready;

    if (!s->controller_pod)
        return;
    count_members(s, ns, name, &all, &ready);
    if (v)
        json_int(json_path(v->text, "spec.replicas"), &desired);
    if (desired > 500)
        desired = 500;
    char *template_name = v ? json_dup(json_path(v->text, "spec.sandboxTemplateRef.name")) : NULL;
    if (desired > all && template_name && world_get(s->sim, story_kind("sandboxtemplates"), ns, template_name)) {
        char *more = mem_printf(",\"count\":%d", (int)desired - all);
        controller_line(s, "info", "SandboxWarmPool", ns, name, "Creating new pool sandboxes", more);
        free(more);
        for (; all < desired; all++)
            add_member(s, ns, name, template_name);
    }
    for (; all > desired; all--)
        drop_member(s, ns, name);
    free(template_name);
}

void pool_stuck(struct story *s, const char *ns, const char *name)
{
    const struct version *v = world_get(s->sim, story_kind("sandboxwarmpools"), ns, name);
    int all, ready, stuck = 0;
    char uid[37] = "";

    count_members(s, ns, name, &all, &ready);
    for (size_t i = 0; i < s->boxes.n; i++) {
        const struct box *b = s->boxes.v[i];
        stuck += !b->dead && b->pool && b->state == POD_NO_NODE && strcmp(b->pool, name) == 0 && strcmp(b->ns, ns) == 0 &&
                 story_now(s) - b->born_ms > GRACE_MS;
    }
    if (v)
        story_uid(v, uid);
    if (stuck < all || event_told(s, uid, "WarmPoolNotProgressing"))
        return;
    struct about about = {.kind = "SandboxWarmPool", .api = "extensions.agents.x-k8s.io/v1beta1", .ns = ns, .name = name, .uid = uid};
    char *message = mem_printf("%d/%d sandboxes are unschedulable past the 5m0s readiness grace period; holding them instead of replacing "
                               "(replacements would be equally unschedulable)", stuck, all);
    event_series(s, &about, "WarmPoolNotProgressing", "Reconciling", "sandboxwarmpool-controller", message);
    free(message);
}
