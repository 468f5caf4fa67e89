/* From the claim to a sandbox that is ready: what the three eyes see, in words, and when waiting has become hopeless. Also what they see
 * later: that something was taken away under a command, or how the pod fared (aftermath). */
#include "core/run/run_internal.h"

#include "core/base/mem.h"

#include <stdlib.h>

enum { AFTERMATH_MS = 1500 };        /* the kubelet mostly tells of an OOM kill within a second */

struct condition_text {
    bool found, yes;
    char *reason, *message;          /* "" where absent */
};

static struct condition_text condition_of(json object, const char *type)
{
    struct condition_text c = {0};

    for (struct json_walk w = json_items(json_path(object, "status.conditions")); json_next(&w) && !c.found;) {
        if (!json_is(json_get(w.value, "type"), type))
            continue;
        c.found = true;
        c.yes = json_is(json_get(w.value, "status"), "True");
        c.reason = json_dup(json_get(w.value, "reason"));
        c.message = json_dup(json_get(w.value, "message"));
    }
    c.reason = c.reason ? c.reason : mem_text("");
    c.message = c.message ? c.message : mem_text("");
    return c;
}

static void condition_free(struct condition_text *c)
{
    free(c->reason);
    free(c->message);
}

static void put_json(char **slot, json string)
{
    char *text = json_dup(string);

    if (text && *text)
        set_text(slot, text);
    else
        free(text);
}

/* ---- what the objects say ------------------------------------------------------------------------------------------------------------ */

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

/* Reasons that no waiting mends (field guide, section 2); TemplateNotFound and WarmPoolNotFound are retried once a minute, longer than
 * anyone waits here. */
static const char *const claim_ends[] = {
    "TemplateNotFound", "WarmPoolNotFound", "InvalidMetadata", "EnvVarsInjectionRejected", "VolumeClaimTemplatesError", "ClaimExpired",
    "SandboxExpired", "PodSucceeded", "PodFailed", "SandboxSuspended", NULL,
};
/* Reasons that mostly stay: given RUN_HOPELESS_MS. */
static const char *const pod_ails[] = {
    "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError", "CreateContainerError",
    "RunContainerError", "CrashLoopBackOff", NULL,
};

static void hopeless(struct run *r, const char *why)
{
    if (!*why) {
        r->hopeless_at_ms = INT64_MAX;
    } else if (r->hopeless_at_ms == INT64_MAX) {
        r->hopeless_at_ms = run_mono(r) + RUN_HOPELESS_MS;
    }
    set_text(&r->hopeless, mem_text(why));
}

/* A container's state in words; NULL where it is no news. *bad: it ails. */
static char *container_words(json status, bool *bad)
{
    char *reason = json_dup(json_path(status, "state.waiting.reason")), *message = json_dup(json_path(status, "state.waiting.message")),
        *words = NULL;
    char *ended = json_dup(json_path(status, "state.terminated.reason")),
        *last = json_dup(json_path(status, "lastState.terminated.reason"));
    int64_t restarts = 0, code = 0;

    json_int(json_get(status, "restartCount"), &restarts);
    *bad = (reason && is_one_of(reason, pod_ails)) || restarts >= 2 || (ended && restarts >= 1);
    if (ended) {
        json_int(json_path(status, "state.terminated.exitCode"), &code);
        words = mem_printf("container ended: %s, exit %lld%s", ended, (long long)code, restarts ? ", restarted" : "");
    } else if (reason && strcmp(reason, "ContainerCreating") == 0) {
        words = mem_text("container being created");
    } else if (reason) {
        words = message ? mem_printf("%s: %s", reason, message) : mem_text(reason);
    } else if (json_path(status, "state.running").n && !json_true(json_get(status, "ready"))) {
        words = last ? mem_printf("container not ready yet; it ended before: %s", last) : mem_text("container not ready yet");
    }
    free(reason);
    free(message);
    free(ended);
    free(last);
    return words;
}

static char *pod_words(json pod, bool *bad)
{
    struct condition_text scheduled = condition_of(pod, "PodScheduled");
    char *words = NULL;

    *bad = false;
    if (scheduled.found && !scheduled.yes)
        words = mem_printf("%s: %s", scheduled.reason, scheduled.message);
    condition_free(&scheduled);
    static const char *const lists[] = {"status.initContainerStatuses", "status.containerStatuses"};
    for (size_t i = 0; !words && i < 2; i++)
        for (struct json_walk w = json_items(json_path(pod, lists[i])); !words && json_next(&w);)
            words = container_words(w.value, bad);
    return words;
}

static bool oom_in(json pod)
{
    for (struct json_walk w = json_items(json_path(pod, "status.containerStatuses")); json_next(&w);)
        if (json_is(json_path(w.value, "state.terminated.reason"), "OOMKilled") ||
            json_is(json_path(w.value, "lastState.terminated.reason"), "OOMKilled"))
            return true;
    return false;
}

/* ---- from news to what is next ------------------------------------------------------------------------------------------------------- */

static void take_names(struct run *r, const struct eye *e)
{
    json object = eye_object(e), ips;

    switch (e->id) {
    case EYE_CLAIM:
        if (!*r->claim_uid && r->made_claim)
            put_json(&r->claim_uid, json_path(object, "metadata.uid"));
        put_json(&r->pool, json_path(object, "spec.warmPoolRef.name"));
        put_json(&r->sandbox, json_path(object, "status.sandbox.name"));
        if (!*r->sandbox)
            put_json(&r->sandbox, json_path(object, "status.sandbox.Name"));
        ips = json_path(object, "status.sandbox.podIPs");
        break;
    case EYE_SANDBOX: {
        struct json_walk w = json_items(json_path(object, "spec.podTemplate.spec.containers"));
        if (json_next(&w))
            put_json(&r->image, json_get(w.value, "image"));
        for (w = json_members(json_path(object, "metadata.annotations")); json_next(&w);) {
            if (slice_is(w.key, "agents.x-k8s.io/pod-name"))
                put_json(&r->pod, w.value);
            else if (slice_is(w.key, "agents.x-k8s.io/sandbox-template-ref"))
                put_json(&r->template_name, w.value);
        }
        if (!*r->pod)
            set_text(&r->pod, mem_text(e->name));
        ips = json_path(object, "status.podIPs");
        break;
    }
    default: return;
    }
    for (struct json_walk w = json_items(ips); json_next(&w);)
        if (json_type(w.value) == JSON_STRING) {
            put_json(&r->pod_ip, w.value);
            return;
        }
}

void watch_box(struct run *r)
{
    if (*r->sandbox && r->eyes[EYE_SANDBOX].state == EYE_OFF)
        eye_open(r, EYE_SANDBOX, r->sandbox, NULL, NULL, (json){0});
    if (*r->pod && r->eyes[EYE_POD].state == EYE_OFF)
        eye_open(r, EYE_POD, r->pod, NULL, NULL, (json){0});
}

static void ready(struct run *r)
{
    stage_end(r, RUN_STAGE_READY, RUN_STAGE_DONE);
    hopeless(r, "");
    router_begin(r);
    if (r->phase == PHASE_ROUTER || r->phase == PHASE_COMMAND)
        watch_box(r);                /* for the image, and to see them go at the end: beside the command, not before it */
}

/* What is waited for right now: the deepest that has something to say. */
static void tell(struct run *r, const struct condition_text *condition)
{
    bool bad = false;
    char *pod = r->eyes[EYE_POD].state == EYE_PRESENT ? pod_words(eye_object(&r->eyes[EYE_POD]), &bad) : NULL;
    bool reconciler = strcmp(condition->reason, "ReconcilerError") == 0;
    char *words = pod ? mem_printf("pod: %s", pod)
                      : *condition->message ? mem_printf("%s: %s", condition->reason, condition->message)
                                            : mem_text(*r->claim && !*r->sandbox ? "not yet seen by the controller" : "no word yet");

    stage_say(r, *r->sandbox ? RUN_STAGE_READY : RUN_STAGE_SANDBOX, mem_text(words));
    hopeless(r, bad || reconciler ? words : "");
    free(words);
    free(pod);
}

static void look_at(struct run *r, const struct eye *e)
{
    struct condition_text c = condition_of(eye_object(e), "Ready");

    if (*r->sandbox && r->stages[RUN_STAGE_SANDBOX].state == RUN_STAGE_ACTIVE) {
        stage_say(r, RUN_STAGE_SANDBOX, mem_text(r->sandbox));
        stage_end(r, RUN_STAGE_SANDBOX, RUN_STAGE_DONE);
        stage_begin(r, RUN_STAGE_READY);
    }
    if (e->deleting) {
        run_fail(r, mem_printf("the %s is being deleted", e->id == EYE_CLAIM ? "claim" : "sandbox"));
    } else if (*r->sandbox && c.yes) {
        ready(r);
    } else if (c.found && !c.yes && is_one_of(c.reason, claim_ends)) {
        run_fail(r, mem_printf("%s (%s)", *c.message ? c.message : c.reason, c.reason));
    } else {
        if (*r->sandbox)
            watch_box(r);
        tell(r, &c);
    }
    condition_free(&c);
}

/* The object that says whether all is ready: the claim's word counts, the sandbox's where there is no claim of ours or of the user's. */
static struct eye *judge_of(struct run *r)
{
    return &r->eyes[r->config.target == RUN_SANDBOX ? EYE_SANDBOX : EYE_CLAIM];
}

static void taken_away(struct run *r, const struct eye *e)
{
    static const char *const names[] = {[EYE_CLAIM] = "claim", [EYE_SANDBOX] = "sandbox", [EYE_POD] = "pod"};

    if (e->id == EYE_POD && r->phase == PHASE_WAIT)
        return;                      /* a pod may be replaced while its sandbox comes up */
    if (r->phase == PHASE_IDLE) {
        set_text(&r->failure, mem_printf("the %s is gone: deleted, or its time was over", names[e->id]));
        remove_begin(r);
    } else if (r->phase == PHASE_COMMAND) {
        return;                      /* the command's own end tells more */
    } else {
        run_fail(r, mem_printf("the %s %s was deleted by someone else", names[e->id], e->name));
    }
}

static void blind(struct run *r, const struct eye *e)
{
    static const char *const names[] = {[EYE_CLAIM] = "claims", [EYE_SANDBOX] = "sandboxes", [EYE_POD] = "pods"};
    char *permission = run_permission(e->words);

    if (e == judge_of(r) && r->phase == PHASE_WAIT) {
        if (permission)
            set_text(&r->permission, mem_text(permission));
        run_fail(r, mem_printf("%s may not be watched%s%s", names[e->id], permission ? ": this user lacks the permission to " : ": ",
                               permission ? permission : e->words));
    } else {
        run_note(r, mem_printf("%s may not be watched (%s)", names[e->id], permission ? permission : e->words));
    }
    free(permission);
}

void wait_saw(struct run *r, struct eye *e)
{
    if (e->state == EYE_PRESENT)
        take_names(r, e);
    if (e->id == EYE_POD && e->state == EYE_PRESENT)
        r->oom_killed |= oom_in(eye_object(e));
    if (r->phase == PHASE_REMOVE) {
        remove_saw(r);
    } else if (r->phase == PHASE_OVER || r->phase == PHASE_EVIDENCE) {
        return;
    } else if (e->state == EYE_BLIND) {
        blind(r, e);
    } else if (e->state == EYE_GONE) {
        taken_away(r, e);
    } else if (r->phase == PHASE_WAIT && judge_of(r)->state == EYE_PRESENT) {
        look_at(r, judge_of(r));
    } else if (r->phase == PHASE_ROUTER) {
        router_known(r);
    } else if (r->phase == PHASE_AFTERMATH && r->oom_killed) {
        r->aftermath_until_ms = 0;
    } else if (e->id == EYE_SANDBOX && r->phase == PHASE_COMMAND) {
        watch_box(r);
    }
}

void wait_begin(struct run *r)
{
    r->phase = PHASE_WAIT;
    stage_begin(r, RUN_STAGE_SANDBOX);
    if (r->config.target == RUN_SANDBOX) {
        stage_say(r, RUN_STAGE_SANDBOX, mem_text(r->sandbox));
        stage_end(r, RUN_STAGE_SANDBOX, RUN_STAGE_DONE);
        stage_begin(r, RUN_STAGE_READY);
    }
}

void aftermath_begin(struct run *r)
{
    r->phase = PHASE_AFTERMATH;
    watch_box(r);
    r->aftermath_until_ms = r->oom_killed ? 0 : run_mono(r) + AFTERMATH_MS;
}

void wait_step(struct run *r)
{
    if (r->phase == PHASE_WAIT && run_mono(r) >= r->hopeless_at_ms)
        run_fail(r, mem_printf("the sandbox does not become ready: %s", r->hopeless));
    if (r->phase == PHASE_AFTERMATH && run_mono(r) >= r->aftermath_until_ms)
        send_ended(r);
}

int64_t wait_due(const struct run *r)
{
    int64_t now = run_mono(r), at = INT64_MAX;

    if (r->phase == PHASE_WAIT)
        at = r->hopeless_at_ms;
    else if (r->phase == PHASE_AFTERMATH)
        at = r->aftermath_until_ms;
    return at == INT64_MAX ? -1 : at > now ? at - now : 0;
}
