/* Whether the API server can still give claims in the version that it has to convert: asked now and then where a conversion webhook stands
 * in
 * between, since whoever reads the stored version never notices. Where the old version is the one that is read, the lists' own errors tell.
 * */
#include "core/base/mem.h"
#include "core/session/session_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { EVERY_MS = 60000, DEADLINE_MS = 10000, BODY_MOST = 256 * 1024 };

struct conversion {
    struct session *session;
    struct conversion_fact fact;
    struct exchange *exchange;
    struct buf body;
    int status;
    int64_t tried_ms;                /* mono; 0 never */
};

static void on_head(void *ctx, const struct response_head *head)
{
    ((struct conversion *)ctx)->status = head->status;
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct conversion *c = ctx;

    if (c->body.n + n <= BODY_MOST)
        buf_add(&c->body, bytes, n);
}

static void note(struct conversion *c, bool failing, const char *text)
{
    c->fact.time_ms = session_now(c->session);
    c->fact.failing = failing;
    snprintf(c->fact.version, sizeof c->fact.version, "v1alpha1");
    snprintf(c->fact.text, sizeof c->fact.text, "%s", failing && text ? text : "");
}

static void on_end(void *ctx, enum end_reason end, const char *text)
{
    struct conversion *c = ctx;

    (void)text;
    c->exchange = NULL;
    if (end == END_DONE && c->status == 200) {
        note(c, false, NULL);
    } else if (end == END_DONE && c->status == 500) {
        char *message = json_dup(json_get(json_whole(buf_slice(&c->body)), "message"));
        if (message && strstr(message, "conversion webhook"))
            note(c, true, message);
        free(message);
    }
    buf_free(&c->body);
}

static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};

/* Both versions are served, and a webhook converts between them. */
static bool converts(const struct session *s)
{
    const struct object *o = store_find(s->store, KIND_CRD, SLICE(""), SLICE("sandboxclaims.extensions.agents.x-k8s.io"));

    return o && s->versions[KIND_CLAIM] && strcmp(s->versions[KIND_CLAIM], "v1beta1") == 0 &&
        strcmp(AS(crd, o)->strategy, "Webhook") == 0 &&
           strstr(AS(crd, o)->served, "v1alpha1");
}

static void from_sources(struct conversion *c)
{
    bool failing = false;

    for (enum source_id id = 0; id <= SOURCE_TEMPLATES; id++) {
        const struct source *source = &c->session->sources[id];
        const struct reflector_status *status = source->reflector ? reflector_status(source->reflector) : NULL;
        if (!status || status->failures == 0 || !status->message || !strstr(status->message, "conversion webhook"))
            continue;
        failing = true;
        if (!c->fact.failing || strcmp(c->fact.text, status->message) != 0)
            note(c, true, status->message);
    }
    if (c->fact.failing && !failing)
        note(c, false, NULL);
}

void conversion_step(struct conversion *c)
{
    struct session *s = c->session;

    if (s->facts.old_api)
        from_sources(c);
    if (c->exchange || !converts(s) || (c->tried_ms && mono(s) - c->tried_ms < EVERY_MS))
        return;
    c->tried_ms = mono(s);
    c->status = 0;
    struct request request = {.method = "GET", .path = "/apis/extensions.agents.x-k8s.io/v1alpha1/sandboxclaims?limit=1",
        .deadline_ms = DEADLINE_MS};
    c->exchange = transport_request(s->transport, &request, &ops, c);
}

int64_t conversion_due(const struct conversion *c)
{
    if (c->exchange || !converts(c->session))
        return -1;
    int64_t left = c->tried_ms ? c->tried_ms + EVERY_MS - mono(c->session) : 0;
    return left > 0 ? left : 0;
}

bool conversion_open(const struct conversion *c)
{
    return !c->fact.time_ms && c->exchange;
}

const struct conversion_fact *conversion_fact(const struct conversion *c)
{
    return &c->fact;
}

struct conversion *conversion_new(struct session *s)
{
    struct conversion *c = NEW(struct conversion);

    c->session = s;
    return c;
}

void conversion_free(struct conversion *c)
{
    transport_cancel(c->session->transport, c->exchange);
    buf_free(&c->body);
    free(c);
}
