/* Which pool the claim is made of, and whether what a cold start would make is allowed. A pool with a ready member needs no trial: its pods
 * are there. The first request of all tells which version is served, too, so discovery costs nothing. */
#include "core/run/run_internal.h"

#include "core/base/mem.h"

#include <stdlib.h>

char *agents_path(const struct run *r, const char *plural, const char *name, const char *query)
{
    const char *group = strcmp(plural, "sandboxes") == 0 ? "agents.x-k8s.io" : "extensions.agents.x-k8s.io";
    char *base = kube_path("/apis/%s/%s/namespaces/%s/%s", group, r->version, r->config.ns, plural);
    char *rest = name ? kube_path("/%s", name) : mem_text("");
    char *path = mem_printf("%s%s%s%s", base, rest, query ? "?" : "", query ? query : "");

    free(base);
    free(rest);
    return path;
}

/* ---- the dry run of a cold start ---------------------------------------------------------------------------------------------------- */

static void dry_done(struct run *r)
{
    if (--r->dry_open == 0 && r->phase == PHASE_PLAN)
        claim_create(r);
}

static void on_dry_pod(struct run *r, struct ask *a)
{
    char *words = ask_words(a), *permission = a->status == 403 ? run_permission(words) : NULL;

    if (r->phase == PHASE_PLAN && a->reason == END_DONE && a->status == 403 && !permission) {
        run_fail(r, mem_printf("the pod that template %s makes would be refused: %s", r->template_name, words));
    } else if (a->status == 201) {
        stage_say(r, RUN_STAGE_PLAN, mem_printf("%s, a cold start; its pod would be admitted", r->pool));
    } else if (permission) {
        stage_say(r, RUN_STAGE_PLAN, mem_printf("%s, a cold start; its pod was not tried: needs %s", r->pool, permission));
    }
    /* any other answer says nothing for sure: the controller completes the pod in ways of its own */
    free(permission);
    free(words);
    dry_done(r);
}

/* The template's volumeClaimTemplates become volumes of the pod that a Sandbox makes. */
static void add_volumes(struct buf *out, json spec, json claims)
{
    struct json_walk w = json_items(json_get(spec, "volumes"));
    bool any = false;

    buf_add_byte(out, '[');
    while (json_next(&w)) {
        buf_add_text(out, any ? "," : "");
        buf_add_slice(out, w.value);
        any = true;
    }
    w = json_items(claims);
    while (json_next(&w)) {
        json name = json_path(w.value, "metadata.name");
        if (json_type(name) != JSON_STRING)
            continue;
        buf_printf(out, "%s{\"name\":%.*s,\"persistentVolumeClaim\":{\"claimName\":%.*s}}", any ? "," : "", (int)name.n, name.p,
                   (int)name.n, name.p);
        any = true;
    }
    buf_add_byte(out, ']');
}

static char *dry_pod(const struct run *r, json template_spec)
{
    json pod = json_get(template_spec, "podTemplate"), spec = json_get(pod, "spec"), labels = json_path(pod, "metadata.labels");
    struct buf out = {0};

    buf_add_text(&out, "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":");
    json_quote(&out, slice_of(r->claim));
    if (json_type(labels) == JSON_OBJECT) {
        buf_add_text(&out, ",\"labels\":");
        buf_add_slice(&out, labels);
    }
    buf_add_text(&out, "},\"spec\":{");
    for (struct json_walk w = json_members(spec); json_next(&w);) {
        if (slice_is(w.key, "volumes"))
            continue;
        buf_printf(&out, "\"%.*s\":", (int)w.key.n, w.key.p);
        buf_add_slice(&out, w.value);
        buf_add_byte(&out, ',');
    }
    buf_add_text(&out, "\"volumes\":");
    add_volumes(&out, spec, json_get(template_spec, "volumeClaimTemplates"));
    buf_add_text(&out, "}}");
    return buf_take(&out);
}

static void on_template(struct run *r, struct ask *a)
{
    json object = json_whole(buf_slice(&a->answer)), spec = json_get(object, "spec");

    if (r->phase != PHASE_PLAN)
        return;
    if (a->status == 404) {
        if (r->config.target == RUN_TEMPLATE)
            run_fail(r, mem_printf("template %s does not exist in namespace %s", r->template_name, r->config.ns));
        else
            run_fail(r, mem_printf("template %s does not exist in namespace %s (pool %s names it)", r->template_name, r->config.ns, r->pool));
        return;
    }
    if (a->status == 200 && json_type(json_path(spec, "podTemplate.spec")) == JSON_OBJECT) {
        struct json_walk containers = json_items(json_path(spec, "podTemplate.spec.containers"));
        char *image = json_next(&containers) ? json_dup(json_get(containers.value, "image")) : NULL;
        if (image)
            set_text(&r->image, image);
        ask_new(r, "POST", kube_path("/api/v1/namespaces/%s/pods?dryRun=All&fieldManager=sandtop", r->config.ns), dry_pod(r, spec),
                on_dry_pod);
        return;
    }
    dry_done(r);                     /* it may not be read: what is asked for may still go well */
}

/* ---- choosing ----------------------------------------------------------------------------------------------------------------------- */

static void begin_cold(struct run *r)
{
    stage_say(r, RUN_STAGE_PLAN, mem_printf("%s, a cold start", r->pool));
    r->dry_open = 1;
    if (*r->template_name)
        ask_new(r, "GET", agents_path(r, "sandboxtemplates", r->template_name, NULL), NULL, on_template);
    else
        dry_done(r);
}

static void take_pool(struct run *r, json pool)
{
    int64_t ready = 0;
    char *name = json_dup(json_path(pool, "metadata.name")), *template_name = json_dup(json_path(pool, "spec.sandboxTemplateRef.name"));

    json_int(json_path(pool, "status.readyReplicas"), &ready);
    if (name)
        set_text(&r->pool, name);
    if (template_name)
        set_text(&r->template_name, template_name);
    r->warm = ready > 0;
    if (!r->warm) {
        begin_cold(r);
        return;
    }
    stage_say(r, RUN_STAGE_PLAN, mem_printf("%s, %lld ready", r->pool, (long long)ready));
    claim_create(r);
}

static void on_made_pool(struct run *r, struct ask *a)
{
    r->pool_post = NULL;
    if (r->phase == PHASE_REMOVE) {
        delete_pool(r);
        return;
    }
    if (r->phase != PHASE_PLAN)
        return;
    if (a->reason == END_DONE && a->status == 201) {
        begin_cold(r);
        stage_say(r, RUN_STAGE_PLAN, mem_printf("no pool of template %s: %s (0 replicas) was made for this run", r->template_name,
                                                r->pool));
    } else {
        r->made_pool = a->reason != END_DONE;    /* a refusal made none */
        run_fail_ask(r, a, "the template has no pool, and one for this run could not be made");
    }
}

static void make_pool(struct run *r)
{
    struct buf body = {0};

    set_text(&r->pool, mem_text(r->claim));
    r->made_pool = true;
    buf_printf(&body, "{\"apiVersion\":\"extensions.agents.x-k8s.io/%s\",\"kind\":\"SandboxWarmPool\",\"metadata\":{\"name\":", r->version);
    json_quote(&body, slice_of(r->pool));
    buf_printf(&body, ",\"labels\":{\"%s\":\"%s\"}},\"spec\":{\"replicas\":0,\"sandboxTemplateRef\":{\"name\":", RUN_LABEL,
               RUN_LABEL_VALUE);
    json_quote(&body, slice_of(r->template_name));
    buf_add_text(&body, "}}}");
    r->pool_post = ask_new(r, "POST", agents_path(r, "sandboxwarmpools", NULL, "fieldManager=sandtop"), buf_take(&body), on_made_pool);
}

/* Of the template's pools one with a ready member, else one that keeps members, else any. */
static void choose(struct run *r, json list)
{
    int64_t best = -1;
    json chosen = {0};

    for (struct json_walk w = json_items(json_get(list, "items")); json_next(&w);) {
        int64_t ready = 0, replicas = 0;
        if (!json_is(json_path(w.value, "spec.sandboxTemplateRef.name"), r->config.name) ||
            json_path(w.value, "metadata.deletionTimestamp").n)
            continue;
        json_int(json_path(w.value, "status.readyReplicas"), &ready);
        json_int(json_path(w.value, "spec.replicas"), &replicas);
        if (r->config.cold && (ready > 0 || replicas > 0))
            continue;
        int64_t rank = ready > 0 ? (ready < 1000000 ? ready : 1000000) + 1 : replicas > 0;
        if (rank > best) {
            best = rank;
            chosen = w.value;
        }
    }
    set_text(&r->template_name, mem_text(r->config.name));
    if (chosen.n)
        take_pool(r, chosen);
    else
        make_pool(r);
}

static void ask_first(struct run *r);

/* A group's version that is not served answers 404 with a page of text. True: the older one is asked. */
static bool older(struct run *r, const struct ask *a)
{
    if (!ask_is_page(a) || r->version_sure)
        return false;
    if (strcmp(r->version, "v1alpha1") == 0) {
        run_fail(r, mem_text("this cluster does not serve the Agent Sandbox API (extensions.agents.x-k8s.io): install its extensions "
                             "manifest"));
    } else {
        r->version = "v1alpha1";
        ask_first(r);
    }
    return true;
}

static void on_pool(struct run *r, struct ask *a)
{
    if (r->phase != PHASE_PLAN || older(r, a))
        return;
    if (a->reason == END_DONE && a->status == 200) {
        take_pool(r, json_whole(buf_slice(&a->answer)));
    } else if (a->status == 403) {
        stage_say(r, RUN_STAGE_PLAN, mem_printf("%s, which this user may not read", r->pool));
        claim_create(r);
    } else if (a->status == 404) {
        run_fail(r, mem_printf("pool %s does not exist in namespace %s", r->config.name, r->config.ns));
    } else {
        run_fail_ask(r, a, "the pool could not be read");
    }
}

static void on_pools(struct run *r, struct ask *a)
{
    if (r->phase != PHASE_PLAN || older(r, a))
        return;
    if (a->reason == END_DONE && a->status == 200)
        choose(r, json_whole(buf_slice(&a->answer)));
    else
        run_fail_ask(r, a, "the template's pools could not be listed");
}

/* In v1alpha1 a claim names the template itself. */
static void on_old_template(struct run *r, struct ask *a)
{
    if (r->phase != PHASE_PLAN || older(r, a))
        return;
    if (a->status == 404) {
        run_fail(r, mem_printf("template %s does not exist in namespace %s", r->config.name, r->config.ns));
        return;
    }
    if (a->status != 200 && a->status != 403) {
        run_fail_ask(r, a, "the template could not be read");
        return;
    }
    set_text(&r->template_name, mem_text(r->config.name));
    stage_say(r, RUN_STAGE_PLAN, mem_printf("template %s", r->template_name));
    claim_create(r);
}

static void on_version(struct run *r, struct ask *a)
{
    if (r->phase != PHASE_PLAN || older(r, a))
        return;
    if (a->reason != END_DONE || (a->status != 200 && a->status != 404)) {
        run_fail_ask(r, a, r->config.target == RUN_CLAIM ? "the claim could not be read" : "the sandbox could not be read");
        return;
    }
    if (a->status == 404) {
        run_fail(r, mem_printf("%s %s does not exist in namespace %s", r->config.target == RUN_CLAIM ? "claim" : "sandbox", r->config.name,
                               r->config.ns));
        return;
    }
    json object = json_whole(buf_slice(&a->answer));
    char *uid = json_dup(json_path(object, "metadata.uid")), *rv = json_dup(json_path(object, "metadata.resourceVersion"));
    stage_end(r, RUN_STAGE_PLAN, RUN_STAGE_SKIPPED);
    stage_end(r, RUN_STAGE_CLAIM, RUN_STAGE_SKIPPED);
    set_text(r->config.target == RUN_CLAIM ? &r->claim : &r->sandbox, mem_text(r->config.name));
    wait_begin(r);
    eye_open(r, r->config.target == RUN_CLAIM ? EYE_CLAIM : EYE_SANDBOX, r->config.name, uid ? uid : "", rv ? rv : "0", object);
    free(uid);
    free(rv);
    wait_saw(r, &r->eyes[r->config.target == RUN_CLAIM ? EYE_CLAIM : EYE_SANDBOX]);
}

static void ask_first(struct run *r)
{
    const char *name = r->config.name;
    bool old = strcmp(r->version, "v1alpha1") == 0;

    switch (r->config.target) {
    case RUN_POOL:
        set_text(&r->pool, mem_text(name));
        ask_new(r, "GET", agents_path(r, "sandboxwarmpools", name, NULL), NULL, on_pool);
        break;
    case RUN_TEMPLATE:
        if (old)
            ask_new(r, "GET", agents_path(r, "sandboxtemplates", name, NULL), NULL, on_old_template);
        else
            ask_new(r, "GET", agents_path(r, "sandboxwarmpools", NULL, NULL), NULL, on_pools);
        break;
    case RUN_CLAIM: ask_new(r, "GET", agents_path(r, "sandboxclaims", name, NULL), NULL, on_version); break;
    case RUN_SANDBOX: ask_new(r, "GET", agents_path(r, "sandboxes", name, NULL), NULL, on_version); break;
    }
}

void plan_begin(struct run *r)
{
    r->phase = PHASE_PLAN;
    stage_begin(r, RUN_STAGE_PLAN);
    ask_first(r);
}
