/* The four kinds of Agent Sandbox, in both generations of the API (v1alpha1 and v1beta1), from the members seen on real clusters.
 * Source: github.com/kubernetes-sigs/agent-sandbox, api/ and extensions/api/ (v0.3.10 to v0.5.6). */
#include "core/store/decode.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/store/links.h"
#include <stdlib.h>

#define AGENTS "agents.x-k8s.io/"

/* status.sandbox.name; v0.1 and v0.2 wrote Name. Before the status there is the reservation: a label (v0.4) or an annotation (v0.5). */
static json sandbox_of_claim(const struct decoding *d, json status_sandbox)
{
    static const struct slice names[] = {SLICE("name"), SLICE("Name")};
    json found[2];
    PICK(status_sandbox, names, found);
    for (unsigned i = 0; i < 2; i++)
        if (json_type(found[i]) == JSON_STRING && found[i].n > 2)
            return found[i];
    json label = json_get(d->labels, AGENTS "sandbox-name");
    return label.n > 2 ? label : json_get(d->annotations, AGENTS "sandbox-name");
}

static void decode_claim_spec(struct decoding *d, struct claim *c)
{
    enum { POOL_REF, WARMPOOL, TEMPLATE_REF, LIFECYCLE, MEMBERS };
    static const struct slice names[] = {SLICE("warmPoolRef"), SLICE("warmpool"), SLICE("sandboxTemplateRef"), SLICE("lifecycle")};
    static const struct slice life_names[] = {SLICE("shutdownTime"), SLICE("shutdownPolicy")};
    json spec[MEMBERS], life[2];
    PICK(d->spec, names, spec);
    json pool = json_get(spec[POOL_REF], "name");
    if (json_type(pool) != JSON_STRING && !json_is(spec[WARMPOOL], "none") && !json_is(spec[WARMPOOL], "default"))
        pool = spec[WARMPOOL];                             /* v1alpha1: "none" and "default" are policies, all else is a name */
    put_name(d, &c->pool, pool);
    put_name(d, &c->template_name, json_get(spec[TEMPLATE_REF], "name"));
    PICK(spec[LIFECYCLE], life_names, life);
    put_time(d, &c->shutdown_ms, life[0]);
    put_text(d, &c->shutdown_policy, life[1]);
}

/* Without its nanoseconds: claims that came in one second then share the text. */
static void put_first_observed(struct decoding *d, struct claim *c, json stamp)
{
    int64_t ms;
    char text[32];
    if (time_parse(json_str(stamp, &d->scratch), &ms, NULL))
        put_slice(d, &c->first_observed, slice_of(time_rfc3339(ms, text)));
    else
        put_text(d, &c->first_observed, stamp);
}

void decode_claim(struct decoding *d, struct object *o)
{
    struct claim *c = (struct claim *)(void *)o;
    enum { CONDITIONS_MEMBER, SANDBOX, MEMBERS };
    static const struct slice names[] = {SLICE("conditions"), SLICE("sandbox")};
    json status[MEMBERS];
    PICK(d->status, names, status);
    const struct condition_want want[] = {{SLICE("Ready"), &c->ready}, {SLICE("Finished"), &c->finished}};
    put_bool(d, &c->has_status, CONDITIONS(d, status[CONDITIONS_MEMBER], want) > 0);
    put_name(d, &c->sandbox_name, sandbox_of_claim(d, status[SANDBOX]));
    decode_claim_spec(d, c);
    static const struct slice note_names[] = {SLICE(AGENTS "controller-first-observed-at"), SLICE(AGENTS "claim-first-ready-at")};
    json note[2];
    PICK(d->annotations, note_names, note);
    put_first_observed(d, c, note[0]);
    put_time(d, &c->observed_ms, note[0]);
    put_time(d, &c->first_ready_ms, note[1]);
    struct slice version = json_str(d->api_version, &d->scratch);
    put_bool(d, &c->old_api, version.n >= 9 && memcmp(version.p + version.n - 9, "/v1alpha1", 9) == 0);
    store_link(d, o, LINK_CLAIM_SANDBOX, 0, KIND_SANDBOX, c->sandbox_name);
    store_link(d, o, LINK_CLAIM_POOL, 0, KIND_POOL, c->pool);
    store_link(d, o, LINK_CLAIM_TEMPLATE, 0, KIND_TEMPLATE, c->template_name);
}

static void decode_sandbox_meta(struct decoding *d, struct sandbox *s)
{
    static const struct slice label_names[] = {
        SLICE(AGENTS "launch-type"), SLICE(AGENTS "claim-uid"), SLICE(AGENTS "warm-pool-sandbox"),
    };
    static const struct slice note_names[] = {SLICE(AGENTS "pod-name"), SLICE(AGENTS "sandbox-template-ref")};
    json label[3], note[2];
    PICK(d->labels, label_names, label);
    put_text(d, &s->launch_type, label[0]);
    put_uid(d, &s->claim_uid, label[1]);
    put_bool(d, &s->pool_member, label[2].n > 0);
    PICK(d->annotations, note_names, note);
    put_name(d, &s->pod_name, note[0]);
    put_name(d, &s->template_name, note[1]);
}

static void decode_sandbox_status(struct decoding *d, struct sandbox *s)
{
    enum { CONDITIONS_MEMBER, NODE, FQDN, PODIPS, MEMBERS };
    static const struct slice names[] = {SLICE("conditions"), SLICE("nodeName"), SLICE("serviceFQDN"), SLICE("podIPs")};
    json status[MEMBERS];
    PICK(d->status, names, status);
    const struct condition_want want[] = {
        {SLICE("Ready"), &s->ready}, {SLICE("Finished"), &s->finished}, {SLICE("Suspended"), &s->suspended},
        {SLICE("PodScheduled"), &s->scheduled},
    };
    CONDITIONS(d, status[CONDITIONS_MEMBER], want);
    put_name(d, &s->node, status[NODE]);
    put_text(d, &s->service_fqdn, status[FQDN]);
    struct json_walk ips = json_items(status[PODIPS]);
    put_text(d, &s->pod_ip, json_next(&ips) ? ips.value : (json){"", 0});
}

void decode_sandbox(struct decoding *d, struct object *o)
{
    struct sandbox *s = (struct sandbox *)(void *)o;
    enum { MODE, REPLICAS, POD_TEMPLATE, MEMBERS };
    static const struct slice names[] = {SLICE("operatingMode"), SLICE("replicas"), SLICE("podTemplate")};
    json spec[MEMBERS];
    decode_sandbox_meta(d, s);
    decode_sandbox_status(d, s);
    PICK(d->spec, names, spec);
    int64_t replicas;
    put_bool(d, &s->suspended_wanted, json_is(spec[MODE], "Suspended") || (json_int(spec[REPLICAS], &replicas) && replicas == 0));
    struct json_walk containers = json_items(json_get(json_get(spec[POD_TEMPLATE], "spec"), "containers"));
    put_text(d, &s->image, json_next(&containers) ? json_get(containers.value, "image") : (json){"", 0});
    enum kind owner = kind_by_name(slice_of(o->owner_kind));
    store_link(d, o, LINK_SANDBOX_POD, 0, KIND_POD, *s->pod_name ? s->pod_name : o->name);
    store_link(d, o, LINK_SANDBOX_OWNER, 0, owner, owner == KIND_CLAIM || owner == KIND_POOL ? o->owner_name : "");
    store_link(d, o, LINK_SANDBOX_TEMPLATE, 0, KIND_TEMPLATE, s->template_name);
}

/* A busy pool's counters change all the time. To a claim that waits it matters only whether there are any. */
void decode_pool(struct decoding *d, struct object *o)
{
    struct pool *p = (struct pool *)(void *)o;
    static const struct slice spec_names[] = {SLICE("replicas"), SLICE("sandboxTemplateRef")};
    static const struct slice status_names[] = {SLICE("replicas"), SLICE("readyReplicas")};
    const bool wanted = p->desired > 0, any = p->replicas > 0, ready = p->ready > 0;
    json spec[2], status[2];
    d->picky = true;
    PICK(d->spec, spec_names, spec);
    PICK(d->status, status_names, status);
    put_int(d, &p->desired, spec[0], 0);
    put_int(d, &p->replicas, status[0], 0);
    put_int(d, &p->ready, status[1], 0);
    put_name(d, &p->template_name, json_get(spec[1], "name"));
    if (wanted != (p->desired > 0) || any != (p->replicas > 0) || ready != (p->ready > 0))
        d->chain_changed = true;
    store_link(d, o, LINK_POOL_TEMPLATE, 0, KIND_TEMPLATE, p->template_name);
}

/* --- templates ----------------------------------------------------------------------------------------------------------------------- */
void clear_template(struct decoding *d, struct object *o)
{
    struct sandbox_template *t = (struct sandbox_template *)(void *)o;
    for (uint32_t i = 0; i < t->n_containers; i++) {
        str_drop(d->pool, t->containers[i].name);
        str_drop(d->pool, t->containers[i].image);
    }
    free(t->containers);
    t->containers = NULL;
    t->n_containers = 0;
}

static unsigned collect(json array, json *into, unsigned have, unsigned most)
{
    for (struct json_walk w = json_items(array); have < most && json_next(&w);)
        into[have++] = w.value;
    return have;
}

static void decode_template_containers(struct decoding *d, struct sandbox_template *t, json init, json plain)
{
    static const struct slice names[] = {SLICE("name"), SLICE("image")};
    json all[MAX_CONTAINERS], member[2];
    unsigned n_init = collect(init, all, 0, MAX_CONTAINERS), n = collect(plain, all, n_init, MAX_CONTAINERS);
    if (n != t->n_containers) {
        clear_template(d, &t->o);
        t->containers = mem_array(n ? n : 1, sizeof *t->containers);
        t->n_containers = n;
        for (unsigned i = 0; i < n; i++)
            t->containers[i] = (struct template_container){.name = "", .image = ""};
        d->changed = true;
    }
    for (unsigned i = 0; i < n; i++) {
        PICK(all[i], names, member);
        put_name(d, &t->containers[i].name, member[0]);
        put_text(d, &t->containers[i].image, member[1]);
        put_bool(d, &t->containers[i].init, i < n_init);
    }
}

void decode_template(struct decoding *d, struct object *o)
{
    struct sandbox_template *t = (struct sandbox_template *)(void *)o;
    enum { POD_TEMPLATE, NETWORK_POLICY, ENV_POLICY, SPEC_MEMBERS };
    static const struct slice spec_names[] = {SLICE("podTemplate"), SLICE("networkPolicyManagement"), SLICE("envVarsInjectionPolicy")};
    enum { INIT, CONTAINERS, RUNTIME_CLASS, ACCOUNT, POD_MEMBERS };
    static const struct slice pod_names[] = {
        SLICE("initContainers"), SLICE("containers"), SLICE("runtimeClassName"), SLICE("serviceAccountName"),
    };
    json spec[SPEC_MEMBERS], pod[POD_MEMBERS];
    PICK(d->spec, spec_names, spec);
    PICK(json_get(spec[POD_TEMPLATE], "spec"), pod_names, pod);
    decode_template_containers(d, t, pod[INIT], pod[CONTAINERS]);
    put_name(d, &t->runtime_class, pod[RUNTIME_CLASS]);
    put_name(d, &t->service_account, pod[ACCOUNT]);
    put_text(d, &t->network_policy, spec[NETWORK_POLICY]);
    put_text(d, &t->env_policy, spec[ENV_POLICY]);
}
