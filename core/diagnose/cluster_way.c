/* Row 7 and the routers' traffic (row 36): what stands between the clients and what is there. */
#include "core/diagnose/inside.h"

#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

enum { RECENT_MS = 600000, FAILED_LEAST = 3 };

static const struct rule rule_webhook = {"conversion-webhook", 7, 90, 0, NULL};
static const struct rule rule_denied = {"router-denies", 36, 60, 0, NULL};
static const struct rule rule_failing = {"router-5xx", 34, 59, 0, NULL};
static const struct rule rule_open = {"router-open", 36, 10, 0, NULL};

static const struct crd *converted(const struct store *store)
{
    return AS(crd, store_find(store, KIND_CRD, SLICE(""), SLICE("sandboxclaims.extensions.agents.x-k8s.io")));
}

/* How many of the webhook's endpoints are ready; -1: not read. */
static int endpoints(struct finder *f, const struct diagnosis *d, const struct crd *crd)
{
    if (find_want(f, KIND_ENDPOINTSLICE, crd->webhook_ns, slice_of(crd->webhook_service)) != ANSWER_THERE)
        return -1;
    const struct ptrs *all = store_all(d->store, KIND_ENDPOINTSLICE);
    int ready = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct endpointslice *e = all->v[i];
        if (strcmp(e->o.ns, crd->webhook_ns) == 0 && is(e->service, crd->webhook_service))
            ready += e->ready;
    }
    return ready;
}

static void webhook_words(struct finder *f, const struct diagnosis *d, const struct crd *crd, int ready, const struct conversion_fact *said)
{
    const char *version = said && said->version[0] ? said->version : "v1alpha1", *text = said && said->failing ? said->text : "";
    bool ca = says(text, "x509:") || (crd && !crd->has_ca), registered = says(text, "is registered");
    if (ready == 0) {
        find_at(f, KIND_SERVICE, crd->webhook_ns, crd->webhook_service);
        find_brief(f, "conversion webhook is down");
        find_cause(f, "The conversion webhook has no ready endpoint (Service %s): requests for %s fail.", crd->webhook_service, version);
        find_next(f, "Restart the controller, which serves the webhook, or use v1beta1");
        find_command(f, "kubectl get endpointslices -n %s", crd->webhook_ns);
    } else if (registered) {
        find_brief(f, "conversion webhook does not know claims");
        find_cause(f, "The conversion webhook does not know the extensions' kinds: the controller runs without --extensions, and requests "
                      "for %s fail.", version);
        find_next(f, "Add --extensions to the controller's arguments, or use v1beta1");
        find_command(f, "kubectl get deployments -A -l app=agent-sandbox-controller -o yaml");
    } else if (ca) {
        find_brief(f, "conversion webhook's certificate is not accepted");
        find_cause(f, "The API server does not accept the conversion webhook's certificate: the CRD's caBundle is %s; requests for %s "
                      "fail.",
                   crd && !crd->has_ca ? "empty" : "another one's", version);
        find_next(f, "Restart the controller, which writes the caBundle into the CRDs, or use v1beta1");
        find_command(f, "kubectl get crd sandboxclaims.extensions.agents.x-k8s.io -o jsonpath=%s",
                     "{.spec.conversion.webhook.clientConfig.caBundle}");
    } else {
        find_brief(f, "conversion webhook fails");
        find_cause(f, "The conversion webhook fails: the API server cannot give claims as %s.", version);
        find_next(f, "Restart the controller, which serves the webhook, or use v1beta1");
        find_command(f, "kubectl get endpointslices -n %s", crd ? crd->webhook_ns : "agent-sandbox-system");
    }
    find_link(f, "webhook");
    find_group(f, "webhook");
    (void)d;
}

/* Only versions that are not the stored one pass through it; v1beta1 goes on unharmed (seen on v0.5.6). */
void cluster_webhook(struct finder *f, const struct diagnosis *d)
{
    const struct cluster_facts *facts = d->facts;
    const struct conversion_fact *said = facts->conversion;
    if (!facts->discovered || facts->crds_missing[KIND_CLAIM])
        return;
    find_want(f, KIND_CRD, "", SLICE("sandboxclaims.extensions.agents.x-k8s.io"));
    const struct crd *crd = converted(d->store);
    bool webhook = crd && is(crd->strategy, "Webhook") && crd->webhook_service[0] && says(crd->served, "v1alpha1");
    bool failing = said && said->failing;
    if (!webhook && !failing)
        return;
    int ready = webhook ? endpoints(f, d, crd) : -1;
    const struct deployment *controller = controller_of(d->store);
    /* A roll-out leaves it without endpoints for a moment. */
    bool settled = !controller || f->chain->now_ms - controller->available.since_ms >= 30000;
    if (!failing && !(ready == 0 && settled))
        return;
    f->rule = &rule_webhook;
    find(f, facts->old_api && failing ? SEVERITY_STUCK : SEVERITY_WAITING, CONFIDENCE_PROVED, crd ? &crd->o : NULL);
    find_subject(f, KIND_CRD, "", "sandboxclaims.extensions.agents.x-k8s.io");
    webhook_words(f, d, crd, ready, said);
    struct object on = {.kind = KIND_CRD, .ns = "", .name = "sandboxclaims.extensions.agents.x-k8s.io"};
    if (failing)
        find_evidence(f, &on, said->time_ms, said->text, "the API server's answer for %s", said->version);
    if (webhook) {
        struct object service = {.kind = KIND_SERVICE, .ns = crd->webhook_ns, .name = crd->webhook_service};
        if (ready >= 0)
            find_evidence(f, &service, 0, "", "%d endpoints ready", ready);
        find_evidence(f, &crd->o, 0, crd->has_ca ? "" : "empty", "spec.conversion: strategy %s, caBundle%s", crd->strategy, crd->has_ca
                      ? " set" : "");
    }
}

static const struct deployment *router_of(const struct store *store, const char *ns)
{
    const struct ptrs *all = store_all(store, KIND_DEPLOYMENT);
    for (size_t i = 0; i < all->n; i++) {
        const struct deployment *one = all->v[i];
        if (one->component == COMPONENT_ROUTER && is(one->o.ns, ns))
            return one;
    }
    return NULL;
}

static void traffic_words(struct finder *f, const struct deployment *router, const struct router_word *word, int64_t time_ms)
{
    struct object on = {.kind = KIND_POD, .ns = router->o.ns, .name = word->pod};
    find_link(f, "router");
    find_command(f, "kubectl logs -n %s deployment/%s --tail=100", router->o.ns, router->o.name);
    find_group(f, "%s/%s", router->o.ns, router->o.name);
    find_evidence(f, &on, time_ms, word->text, "router log");
}

static void one_traffic(struct finder *f, const struct deployment *router, const struct router_traffic *t)
{
    int64_t now = f->chain->now_ms;
    bool denied = t->last_denied_ms && now < t->last_denied_ms + RECENT_MS && t->last_denied_ms > t->last_good_ms;
    bool failed = t->last_failed_ms && now < t->last_failed_ms + RECENT_MS && t->last_failed_ms > t->last_good_ms;
    if (denied) {
        find_recheck(f, t->last_denied_ms + RECENT_MS);
        f->rule = &rule_denied;
        find(f, SEVERITY_WAITING, CONFIDENCE_PROVED, &router->o);
        find_brief(f, "router refuses clients: no valid token");
        find_cause(f, "The router refuses its clients (401 or 403, %d of its last %d requests): they send no valid bearer token.",
                   t->denied, t->answered);
        find_next(f, "Let clients send Authorization: Bearer with the router's token; the API server's service proxy strips it, a "
                     "port-forward does not");
        traffic_words(f, router, &t->denied_word, t->last_denied_ms);
    }
    if (failed && t->failed >= FAILED_LEAST && 2 * t->failed >= t->answered) {
        find_recheck(f, t->last_failed_ms + RECENT_MS);
        f->rule = &rule_failing;
        find(f, SEVERITY_WAITING, CONFIDENCE_PROVED, &router->o);
        find_brief(f, "router answers 5xx: %d of %d", t->failed, t->answered);
        find_cause(f, "The router answers with server errors: %d of its last %d requests.", t->failed, t->answered);
        find_next(f, "Look at the sandboxes it names, and at its log");
        traffic_words(f, router, &t->failed_word, t->last_failed_ms);
    }
    if (t->open) {
        f->rule = &rule_open;
        find(f, SEVERITY_INFO, CONFIDENCE_PROVED, &router->o);
        find_brief(f, "router runs without authentication");
        find_cause(f, "The router runs without authentication: whoever reaches it can run commands in every sandbox.");
        find_next(f, "Set ROUTER_AUTH_TOKEN in its Deployment");
        traffic_words(f, router, &t->open_word, 0);
    }
}

void cluster_traffic(struct finder *f, const struct diagnosis *d)
{
    const struct chain *outer = f->chain;
    for (size_t i = 0; i < d->facts->n_traffic; i++) {
        const struct router_traffic *t = &d->facts->traffic[i];
        const struct deployment *router = router_of(d->store, t->ns);
        if (!router || router->ready == 0)
            continue;
        struct chain about = *outer;
        about.subject = &router->o;
        f->chain = &about;
        one_traffic(f, router, t);
        f->chain = outer;
    }
}
