/* What is read on demand for a chain that does not get ready, or for the way to a sandbox. Of a Secret, a ConfigMap and their like nothing
 * is kept
 * but that they are there. kubernetes.io/docs/reference/kubernetes-api */
#include "core/store/decode.h"
#include "core/base/mem.h"
#include <stdlib.h>

static void add_amounts(struct decoding *d, struct slice type, const char *word, json amounts)
{
    unsigned n = 0;
    for (struct json_walk w = json_members(amounts); n++ < MAX_JOINED && d->joined.n < MAX_TEXT && json_next(&w);) {
        if (d->joined.n)
            buf_add_text(&d->joined, "; ");
        buf_add_slice(&d->joined, type);
        buf_printf(&d->joined, " %s ", word);
        buf_add_slice(&d->joined, w.key);
        buf_add_byte(&d->joined, '=');
        buf_add_slice(&d->joined, json_str(w.value, &d->scratch));
    }
}

void decode_limitrange(struct decoding *d, struct object *o)
{
    struct limitrange *l = (struct limitrange *)(void *)o;
    static const struct slice names[] = {SLICE("type"), SLICE("max"), SLICE("min"), SLICE("default"), SLICE("defaultRequest"),
        SLICE("maxLimitRequestRatio")};
    static const char *const words[] = {"", "max", "min", "default", "default request", "limit/request"};
    struct buf type = {0};
    unsigned n = 0;
    buf_clear(&d->joined);
    for (struct json_walk w = json_items(json_get(d->spec, "limits")); n++ < MAX_JOINED && d->joined.n < MAX_TEXT && json_next(&w);) {
        json member[6];
        PICK(w.value, names, member);
        buf_clear(&type);
        json_text(member[0], &type);
        for (unsigned i = 1; i < 6; i++)
            add_amounts(d, buf_slice(&type), words[i], member[i]);
    }
    buf_free(&type);
    put_slice(d, &l->limits, buf_slice(&d->joined));
}

void decode_existence(struct decoding *d, struct object *o)
{
    (void)d;
    (void)o;
}

void decode_namespace(struct decoding *d, struct object *o)
{
    struct kube_namespace *n = (struct kube_namespace *)(void *)o;
    static const struct slice names[] = {SLICE("pod-security.kubernetes.io/enforce"), SLICE("pod-security.kubernetes.io/enforce-version")};
    json label[2];
    PICK(d->labels, names, label);
    put_text(d, &n->enforce, label[0]);
    put_text(d, &n->enforce_version, label[1]);
    put_pairs(d, &n->labels, d->labels);
}

void decode_service(struct decoding *d, struct object *o)
{
    struct service *s = (struct service *)(void *)o;
    static const struct slice names[] = {SLICE("clusterIP"), SLICE("selector")};
    json spec[2];
    PICK(d->spec, names, spec);
    put_text(d, &s->cluster_ip, spec[0]);
    put_pairs(d, &s->selector, spec[1]);
}

/* `conditions.ready` absent means ready. */
void decode_endpointslice(struct decoding *d, struct object *o)
{
    struct endpointslice *e = (struct endpointslice *)(void *)o;
    int32_t ready = 0, all = 0;
    put_name(d, &e->service, json_get(d->labels, "kubernetes.io/service-name"));
    for (struct json_walk w = json_items(json_get(d->root, "endpoints")); json_next(&w) && all < INT32_MAX; all++) {
        json said = json_path(w.value, "conditions.ready");
        ready += !said.n || json_type(said) == JSON_NULL || json_true(said);
    }
    d->changed = d->changed || e->ready != ready || e->endpoints != all;
    e->ready = ready;
    e->endpoints = all;
}

void clear_networkpolicy(struct decoding *d, struct object *o)
{
    struct networkpolicy *p = (struct networkpolicy *)(void *)o;
    for (uint32_t i = 0; i < p->n_peers; i++) {
        str_drop(d->pool, p->peers[i].pods);
        str_drop(d->pool, p->peers[i].namespaces);
        str_drop(d->pool, p->peers[i].block);
    }
    free(p->peers);
    p->peers = NULL;
    p->n_peers = 0;
}

static bool has(json v)
{
    return json_type(v) == JSON_OBJECT;
}

static bool has_expressions(json selector)
{
    struct json_walk w = json_items(json_get(selector, "matchExpressions"));
    return json_next(&w);
}

static void decode_peer(struct decoding *d, struct policy_peer *p, json from)
{
    static const struct slice names[] = {SLICE("podSelector"), SLICE("namespaceSelector"), SLICE("ipBlock")};
    json member[3];
    PICK(from, names, member);
    put_bool(d, &p->has_pods, has(member[0]));
    put_bool(d, &p->has_namespaces, has(member[1]));
    put_bool(d, &p->expressions, has_expressions(member[0]) || has_expressions(member[1]));
    put_pairs(d, &p->pods, json_get(member[0], "matchLabels"));
    put_pairs(d, &p->namespaces, json_get(member[1], "matchLabels"));
    put_text(d, &p->block, json_get(member[2], "cidr"));
}

/* A policy without policyTypes is about what comes in. */
static bool about_ingress(json types)
{
    struct json_walk w = json_items(types);
    bool any = false;
    while (json_next(&w)) {
        any = true;
        if (json_is(w.value, "Ingress"))
            return true;
    }
    return !any;
}

void decode_networkpolicy(struct decoding *d, struct object *o)
{
    struct networkpolicy *p = (struct networkpolicy *)(void *)o;
    static const struct slice names[] = {SLICE("podSelector"), SLICE("policyTypes"), SLICE("ingress")};
    json spec[3], froms[MAX_PEERS];
    uint32_t n = 0;
    bool open = false;
    PICK(d->spec, names, spec);
    put_pairs(d, &p->selector, json_get(spec[0], "matchLabels"));
    put_bool(d, &p->expressions, has_expressions(spec[0]));
    put_bool(d, &p->ingress, about_ingress(spec[1]));
    for (struct json_walk rules = json_items(spec[2]); n < MAX_PEERS && json_next(&rules);) {
        uint32_t before = n;
        for (struct json_walk w = json_items(json_get(rules.value, "from")); n < MAX_PEERS && json_next(&w);)
            froms[n++] = w.value;
        open |= n == before;
    }
    put_bool(d, &p->open, open || n == MAX_PEERS);        /* what is not kept may let anybody in */
    if (n != p->n_peers) {
        clear_networkpolicy(d, o);
        p->peers = n ? mem_array(n, sizeof *p->peers) : NULL;
        p->n_peers = n;
        for (uint32_t i = 0; i < n; i++)
            p->peers[i] = (struct policy_peer){.pods = "", .namespaces = "", .block = ""};
        d->changed = true;
    }
    for (uint32_t i = 0; i < n; i++)
        decode_peer(d, &p->peers[i], froms[i]);
}

void decode_crd(struct decoding *d, struct object *o)
{
    struct crd *c = (struct crd *)(void *)o;
    static const struct slice spec_names[] = {SLICE("conversion"), SLICE("versions")};
    static const struct slice version_names[] = {SLICE("name"), SLICE("served")};
    json spec[2], version[2];
    unsigned n = 0;
    PICK(d->spec, spec_names, spec);
    json client = json_path(spec[0], "webhook.clientConfig"), service = json_get(client, "service");
    put_text(d, &c->strategy, json_get(spec[0], "strategy"));
    put_name(d, &c->webhook_ns, json_get(service, "namespace"));
    put_name(d, &c->webhook_service, json_get(service, "name"));
    json ca = json_get(client, "caBundle");
    put_bool(d, &c->has_ca, json_type(ca) == JSON_STRING && ca.n > 2);
    buf_clear(&d->joined);
    for (struct json_walk w = json_items(spec[1]); n++ < MAX_JOINED && d->joined.n < MAX_TEXT && json_next(&w);) {
        PICK(w.value, version_names, version);
        if (!json_true(version[1]))
            continue;
        if (d->joined.n)
            buf_add_byte(&d->joined, ',');
        buf_add_slice(&d->joined, json_str(version[0], &d->scratch));
    }
    put_slice(d, &c->served, buf_slice(&d->joined));
}
