/* Everything away again, and the proof of it: the claim is deleted, and what stood on it is watched until it is gone. Where that cannot be
 * seen, or takes too long, the run says what stays and until when. */
#include "core/run/run_internal.h"

#include "core/base/mem.h"

#include <stdlib.h>

static void on_deleted(struct run *r, struct ask *a);
static void check(struct run *r);

static void over(struct run *r, enum run_stage_state state)
{
    r->phase = PHASE_OVER;
    stage_end(r, RUN_STAGE_REMOVED, state);
    asks_free(r);
    for (int i = 0; i < EYES; i++) {
        struct eye *e = &r->eyes[i];
        if (e->run) {                /* what was last seen is kept; nothing is asked for any more */
            transport_cancel(r->config.transport, e->exchange);
            e->exchange = NULL;
            json_cutter_free(e->cutter);
            e->cutter = NULL;
            e->retry_at_ms = 0;
        }
    }
}

static void add_left(struct run *r, char *text /* taken */)
{
    if (*r->left) {
        set_text(&r->left, mem_printf("%s; %s", r->left, text));
        free(text);
    } else {
        set_text(&r->left, text);
    }
}

/* ---- the parts ----------------------------------------------------------------------------------------------------------------------- */

static void delete_claim(struct run *r)
{
    ask_new(r, "DELETE", agents_path(r, "sandboxclaims", r->claim, NULL), mem_text("{\"propagationPolicy\":\"Background\"}"), on_deleted);
}

static void on_pool_deleted(struct run *r, struct ask *a)
{
    r->pool_open = false;
    if (a->reason == END_DONE && (a->status == 200 || a->status == 202 || a->status == 404)) {
        r->pool_deleted = true;
    } else {
        char *words = ask_words(a);
        add_left(r, mem_printf("pool %s (0 replicas), which was made for this run: %s", r->pool, words));
        free(words);
    }
    check(r);
}

void delete_pool(struct run *r)
{
    r->pool_open = true;
    ask_new(r, "DELETE", agents_path(r, "sandboxwarmpools", r->pool, NULL), mem_text("{\"propagationPolicy\":\"Background\"}"),
            on_pool_deleted);
}

static void on_deleted(struct run *r, struct ask *a)
{
    if (r->phase != PHASE_REMOVE)
        return;
    if (a->reason == END_DONE && (a->status == 200 || a->status == 202 || a->status == 404)) {
        r->delete_done = true;
        if (a->status == 404 && r->eyes[EYE_CLAIM].run)
            r->eyes[EYE_CLAIM].state = EYE_GONE;
        if (a->status == 404 && !r->made_claim)
            add_left(r, mem_printf("perhaps claim %s: whether it was made is not known; it goes by itself when its time is over",
                                   r->claim));
    } else {
        char *words = ask_words(a), *permission = a->status == 403 ? run_permission(words) : NULL;
        if (permission)
            set_text(&r->permission, mem_text(permission));
        add_left(r, mem_printf("claim %s: %s%s", r->claim, permission ? "this user lacks the permission to " : "", permission ? permission
                               : words));
        free(permission);
        free(words);
        over(r, RUN_STAGE_FAILED);
        return;
    }
    check(r);
}

/* A claim that was deleted before we knew its sandbox may have got one all the same. */
static void on_searched(struct run *r, struct ask *a)
{
    if (r->phase != PHASE_REMOVE)
        return;
    if (a->status == 200) {
        for (struct json_walk w = json_items(json_get(json_whole(buf_slice(&a->answer)), "items")); json_next(&w) && !*r->sandbox;) {
            char *name = json_dup(json_path(w.value, "metadata.name"));
            if (name)
                set_text(&r->sandbox, name);
        }
    }
    watch_box(r);
    check(r);
}

static void search(struct run *r)
{
    char *query = kube_path("labelSelector=agents.x-k8s.io%%2Fclaim-uid%%3D%s", r->claim_uid);

    r->searched = true;
    ask_new(r, "GET", agents_path(r, "sandboxes", NULL, query), NULL, on_searched);
    free(query);
}

/* ---- is it all gone? ----------------------------------------------------------------------------------------------------------------- */

static bool is_gone(const struct run *r, enum eye_id id)
{
    const struct eye *e = &r->eyes[id];

    if (e->state == EYE_OFF || e->state == EYE_GONE)
        return true;
    /* terminating, held by no finalizer: the node takes it away */
    return id == EYE_POD && r->config.hasty_end && e->state == EYE_PRESENT && e->deleting && !e->finalizers;
}

static bool finished(struct run *r)
{
    if (!r->delete_done || r->pool_open || r->asks.n > 0 || r->claim_post)
        return false;
    for (int i = 0; i < EYES; i++)
        if (!is_gone(r, (enum eye_id)i) && r->eyes[i].state != EYE_BLIND)
            return false;
    return true;
}

static void say_blind(struct run *r)
{
    static const char *const names[] = {[EYE_CLAIM] = "claim", [EYE_SANDBOX] = "sandbox", [EYE_POD] = "pod"};

    for (int i = 0; i < EYES; i++)
        if (r->eyes[i].state == EYE_BLIND)
            add_left(r, mem_printf("perhaps %s %s: it may not be watched, so that it is gone is not proved", names[i], r->eyes[i].name));
}

static void check(struct run *r)
{
    if (r->phase != PHASE_REMOVE)
        return;
    if (r->delete_done && *r->claim_uid && !*r->sandbox && !r->searched && is_gone(r, EYE_CLAIM)) {
        search(r);
        return;
    }
    if (!finished(r))
        return;
    say_blind(r);
    bool pod_ends = r->eyes[EYE_POD].state == EYE_PRESENT;
    stage_say(r, RUN_STAGE_REMOVED, pod_ends ? mem_printf("claim and sandbox are gone, pod %s is terminating", r->pod)
                                             : mem_text(r->made_claim ? "claim, sandbox and pod are gone" : "nothing was made"));
    over(r, *r->left ? RUN_STAGE_FAILED : r->made_claim || r->made_pool ? RUN_STAGE_DONE : RUN_STAGE_SKIPPED);
}

void remove_saw(struct run *r)
{
    if (r->delete_done) {
        if (!*r->pod && r->eyes[EYE_SANDBOX].state == EYE_GONE)
            set_text(&r->pod, mem_text(r->sandbox)); /* gone before its annotation was read: its pod mostly has its name */
        watch_box(r);
    }
    check(r);
}

static void give_up(struct run *r)
{
    static const char *const names[] = {[EYE_CLAIM] = "claim", [EYE_SANDBOX] = "sandbox", [EYE_POD] = "pod"};

    if (!r->delete_done)
        add_left(r, mem_printf("claim %s: its deletion was not confirmed", r->claim));
    for (int i = 0; i < EYES; i++)
        if (r->delete_done && !is_gone(r, (enum eye_id)i))
            add_left(r, mem_printf("%s %s%s", names[i], r->eyes[i].name, r->eyes[i].finalizers ? ": a finalizer holds it"
                                   : r->eyes[i].deleting
                                   ? ": still terminating" : ": not gone yet"));
    if (r->made_pool && !r->pool_deleted)
        add_left(r, mem_printf("pool %s", r->pool));
    over(r, *r->left ? RUN_STAGE_FAILED : RUN_STAGE_DONE);
}

/* ---- the interface ------------------------------------------------------------------------------------------------------------------- */

void remove_claim_answered(struct run *r)
{
    if (r->made_claim) {
        delete_claim(r);
    } else if (r->claim_asked) {
        delete_claim(r);             /* how the POST went is not known: the name is ours alone */
    } else {
        r->delete_done = true;
        check(r);
    }
}

static void keep_all(struct run *r)
{
    stage_say(r, RUN_STAGE_REMOVED, run_is_ours(r) ? mem_printf("kept: claim %s", r->claim) : mem_text("not ours: left as it is"));
    if (run_is_ours(r))
        add_left(r, mem_printf("claim %s, as asked%s%s: kubectl delete sandboxclaim %s -n %s", r->claim, r->made_pool ? ", and pool " : "",
                               r->made_pool ? r->pool : "", r->claim, r->config.ns));
    over(r, RUN_STAGE_SKIPPED);
}

void remove_begin(struct run *r)
{
    r->phase = PHASE_REMOVE;
    r->deadline_at_ms = INT64_MAX;
    send_stop(r);
    for (size_t i = r->asks.n; i-- > 0;)
        if (r->asks.v[i] != r->claim_post && r->asks.v[i] != r->pool_post)
            ask_drop(r->asks.v[i]);
    bool kept = !run_is_ours(r) || (r->config.keep && r->made_claim && r->outcome != RUN_CANCELLED);
    if (kept) {
        keep_all(r);
        return;
    }
    r->removal_until_ms = run_mono(r) + (r->config.removal_ms > 0 ? r->config.removal_ms : RUN_REMOVAL_MS);
    enum run_stage_id stage = r->stage; /* of a failure the view names the stage that failed */
    stage_begin(r, RUN_STAGE_REMOVED);
    if (r->outcome != RUN_EXITED)
        r->stage = stage;
    if (r->made_pool && !r->pool_post)
        delete_pool(r);
    if (!r->claim_post)
        remove_claim_answered(r);
}

void remove_step(struct run *r)
{
    if (r->phase == PHASE_REMOVE && run_mono(r) >= r->removal_until_ms)
        give_up(r);
}

int64_t remove_due(const struct run *r)
{
    int64_t now = run_mono(r);

    return r->phase != PHASE_REMOVE ? -1 : r->removal_until_ms > now ? r->removal_until_ms - now : 0;
}
