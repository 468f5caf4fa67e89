/* The claim: made with a name, a label and an end of its own, so that it goes even if we are killed at once. */
#include "core/run/run_internal.h"

#include "core/base/mem.h"

#include <stdlib.h>

static void add_shutdown(const struct run *r, struct buf *out)
{
    char stamp[32];
    int64_t deadline = r->config.deadline_ms > 0 ? r->config.deadline_ms : RUN_DEADLINE_MS;
    int64_t spare = r->config.spare_ms > 0 ? r->config.spare_ms : r->config.hold ? RUN_HOLD_SPARE_MS : RUN_SPARE_MS;

    buf_printf(out, "\"lifecycle\":{\"shutdownTime\":\"%s\",\"shutdownPolicy\":\"Delete\"}",
               time_rfc3339(run_wall(r) + deadline + spare, stamp));
}

static char *claim_body(const struct run *r)
{
    struct buf out = {0};
    bool old = strcmp(r->version, "v1alpha1") == 0;

    buf_printf(&out, "{\"apiVersion\":\"extensions.agents.x-k8s.io/%s\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":", r->version);
    json_quote(&out, slice_of(r->claim));
    buf_printf(&out, ",\"labels\":{\"%s\":\"%s\"}},\"spec\":{", RUN_LABEL, RUN_LABEL_VALUE);
    if (old) {
        buf_add_text(&out, "\"sandboxTemplateRef\":{\"name\":");
        json_quote(&out, slice_of(*r->template_name ? r->template_name : r->pool));
        buf_add_byte(&out, '}');
        if (*r->pool) {
            buf_add_text(&out, ",\"warmpool\":");
            json_quote(&out, slice_of(r->pool));
        }
    } else {
        buf_add_text(&out, "\"warmPoolRef\":{\"name\":");
        json_quote(&out, slice_of(r->pool));
        buf_add_byte(&out, '}');
    }
    if (!r->config.keep) {
        buf_add_byte(&out, ',');
        add_shutdown(r, &out);
    }
    buf_add_text(&out, "}}");
    return buf_take(&out);
}

static void on_linked(struct run *r, struct ask *a)
{
    r->pool_linked = a->status == 200;
}

/* The pool that was made for the run goes with its claim, whoever deletes that. */
static void link_pool(struct run *r)
{
    struct buf body = {0};

    buf_printf(&body, "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"extensions.agents.x-k8s.io/%s\","
               "\"kind\":\"SandboxClaim\",\"name\":", r->version);
    json_quote(&body, slice_of(r->claim));
    buf_add_text(&body, ",\"uid\":");
    json_quote(&body, slice_of(r->claim_uid));
    buf_add_text(&body, "}]}}");
    ask_new(r, "PATCH", agents_path(r, "sandboxwarmpools", r->pool, "fieldManager=sandtop"), buf_take(&body), on_linked);
}

static void post_claim(struct run *r);

static void on_created(struct run *r, struct ask *a)
{
    json object = json_whole(buf_slice(&a->answer));

    r->claim_post = NULL;
    if (a->reason == END_CUT && r->phase == PHASE_CLAIM && !r->claim_again) {
        r->claim_again = true;       /* its name is ours alone: a second one would be refused */
        post_claim(r);
        return;
    }
    if (a->reason == END_DONE && a->status == 409 && r->claim_again) {
        r->made_claim = true;        /* the first one arrived */
        if (r->phase == PHASE_CLAIM) {
            stage_end(r, RUN_STAGE_CLAIM, RUN_STAGE_DONE);
            wait_begin(r);
        }
        eye_open(r, EYE_CLAIM, r->claim, NULL, NULL, (json){0});
    } else if (a->reason == END_DONE && a->status == 201) {
        char *uid = json_dup(json_path(object, "metadata.uid")), *rv = json_dup(json_path(object, "metadata.resourceVersion"));
        set_text(&r->claim_uid, uid ? uid : mem_text(""));
        r->made_claim = true;
        if (r->made_pool && uid)
            link_pool(r);
        if (r->phase == PHASE_CLAIM) {
            stage_end(r, RUN_STAGE_CLAIM, RUN_STAGE_DONE);
            wait_begin(r);
        }
        eye_open(r, EYE_CLAIM, r->claim, r->claim_uid, rv ? rv : "0", object);
        free(rv);
    } else if (a->reason == END_DONE || a->reason == END_UNREACHABLE || a->reason == END_TLS || a->reason == END_CREDENTIAL) {
        r->claim_asked = false;      /* refused, or never sent: there is none */
    }
    if (r->phase == PHASE_REMOVE)
        remove_claim_answered(r);
    else if (!r->made_claim)
        run_fail_ask(r, a, "the claim could not be made");
}

static void post_claim(struct run *r)
{
    r->claim_post = ask_new(r, "POST", agents_path(r, "sandboxclaims", NULL, "fieldManager=sandtop"), claim_body(r), on_created);
}

void claim_create(struct run *r)
{
    stage_end(r, RUN_STAGE_PLAN, RUN_STAGE_DONE);
    r->phase = PHASE_CLAIM;
    stage_begin(r, RUN_STAGE_CLAIM);
    stage_say(r, RUN_STAGE_CLAIM, mem_text(r->claim));
    r->claim_asked = true;
    post_claim(r);
}

static void on_prolonged(struct run *r, struct ask *a)
{
    if (a->status != 200) {
        char *words = ask_words(a);
        run_note(r, mem_printf("the claim's shutdownTime could not be put off: %s", words));
        free(words);
    }
}

void claim_prolong(struct run *r)
{
    struct buf body = {0};

    buf_add_text(&body, "{\"spec\":{");
    add_shutdown(r, &body);
    buf_add_text(&body, "}}");
    ask_new(r, "PATCH", agents_path(r, "sandboxclaims", r->claim, "fieldManager=sandtop"), buf_take(&body), on_prolonged);
}
