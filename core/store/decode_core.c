/* Kubernetes' own kinds: pods, nodes, deployments, and what is read on demand. kubernetes.io/docs/reference/kubernetes-api */
#include "core/store/decode.h"
#include "core/base/mem.h"
#include "core/store/links.h"
#include <stdlib.h>

static const json nothing = {"", 0};

/* --- pods ---------------------------------------------------------------------------------------------------------------------------- */
static void container_init(struct container *c)
{
    *c = (struct container){.name = "", .image = "", .id = "", .reason = "", .message = "", .last_reason = "", .last_message = "",
                            .ports = ""};
}

void clear_pod(struct decoding *d, struct object *o)
{
    struct pod *p = (struct pod *)(void *)o;
    for (uint32_t i = 0; i < p->n_containers; i++) {
        const struct container *c = &p->containers[i];
        const str all[] = {c->name, c->image, c->id, c->reason, c->message, c->last_reason, c->last_message, c->ports};
        for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
            str_drop(d->pool, all[k]);
    }
    free(p->containers);
    p->containers = NULL;
    p->n_containers = 0;
}

/* The one member that a ContainerState has. */
static enum container_state state_of(json state, json *details)
{
    static const struct slice names[] = {SLICE("waiting"), SLICE("running"), SLICE("terminated")};
    static const enum container_state states[] = {CONTAINER_WAITING, CONTAINER_RUNNING, CONTAINER_TERMINATED};
    json member[3];
    PICK(state, names, member);
    for (unsigned i = 0; i < 3; i++) {
        if (json_type(member[i]) == JSON_OBJECT) {
            *details = member[i];
            return states[i];
        }
    }
    *details = nothing;
    return CONTAINER_UNKNOWN;
}

enum { D_REASON, D_MESSAGE, D_STARTED, D_FINISHED, D_EXIT_CODE, D_SIGNAL, DETAILS };
static const struct slice detail_names[] = {
    SLICE("reason"), SLICE("message"), SLICE("startedAt"), SLICE("finishedAt"), SLICE("exitCode"), SLICE("signal"),
};

static void put_state(struct decoding *d, struct container *c, json state, json last)
{
    json details, member[DETAILS];
    enum container_state now = state_of(state, &details);
    if (c->state != now) {
        c->state = now;
        d->changed = true;
    }
    PICK(details, detail_names, member);
    put_text(d, &c->reason, member[D_REASON]);
    put_text(d, &c->message, member[D_MESSAGE]);
    put_time(d, &c->started_ms, member[D_STARTED]);
    put_time(d, &c->finished_ms, member[D_FINISHED]);
    put_int(d, &c->exit_code, member[D_EXIT_CODE], 0);
    put_int(d, &c->signal, member[D_SIGNAL], 0);

    bool terminated = state_of(last, &details) == CONTAINER_TERMINATED;
    put_bool(d, &c->has_last, terminated);
    PICK(terminated ? details : nothing, detail_names, member);
    put_text(d, &c->last_reason, member[D_REASON]);
    put_text(d, &c->last_message, member[D_MESSAGE]);
    put_time(d, &c->last_started_ms, member[D_STARTED]);
    put_time(d, &c->last_finished_ms, member[D_FINISHED]);
    put_int(d, &c->last_exit_code, member[D_EXIT_CODE], 0);
}

enum { S_NAME, S_IMAGE, S_ID, S_READY, S_RESTARTS, S_STATE, S_LAST, STATUS_MEMBERS };
static const struct slice status_names[] = {
    SLICE("name"), SLICE("image"), SLICE("containerID"), SLICE("ready"), SLICE("restartCount"), SLICE("state"), SLICE("lastState"),
};

/* spec_image is what was asked for; the runtime's spelling of it only stands in where the spec says nothing. */
static void put_container(struct decoding *d, struct container *c, json spec_image, const json *status)
{
    put_text(d, &c->image, json_type(spec_image) == JSON_STRING ? spec_image : status[S_IMAGE]);
    put_text(d, &c->id, status[S_ID]);
    put_bool(d, &c->ready, json_true(status[S_READY]));
    put_int(d, &c->restarts, status[S_RESTARTS], 0);
    put_state(d, c, status[S_STATE], status[S_LAST]);
}

/* Statuses come in an order of their own: each finds its container by name among [from, to). */
static void match_statuses(struct decoding *d, struct pod *p, json statuses, const json *images, unsigned from, unsigned to,
                           uint64_t *matched)
{
    unsigned next = from;
    for (struct json_walk w = json_items(statuses); json_next(&w);) {
        json member[STATUS_MEMBERS];
        PICK(w.value, status_names, member);
        struct slice name = json_str(member[S_NAME], &d->scratch);
        for (unsigned tried = from; tried < to; tried++, next = next + 1 < to ? next + 1 : from) {
            struct container *c = &p->containers[next];
            if (str_len(c->name) != name.n || memcmp(c->name, name.p, name.n) != 0)
                continue;
            put_container(d, c, images[next], member);
            *matched |= (uint64_t)1 << next;
            break;
        }
    }
}

static void put_ports(struct decoding *d, struct container *c, json ports)
{
    unsigned n = 0;
    buf_clear(&d->joined);
    for (struct json_walk w = json_items(ports); n++ < MAX_JOINED && json_next(&w);) {
        int64_t port;
        if (json_int(json_get(w.value, "containerPort"), &port) && port > 0 && port < 65536)
            buf_printf(&d->joined, "%s%d", d->joined.n ? "," : "", (int)port);
    }
    put_slice(d, &c->ports, buf_slice(&d->joined));
}

/* Texts are shared among all that have the same, so that which is another in each pod is left out. */
static void put_labels(struct decoding *d, struct pod *p)
{
    static const char *const own[] = {"agents.x-k8s.io/sandbox-name-hash", "agents.x-k8s.io/claim-uid"};
    unsigned n = 0;
    buf_clear(&d->joined);
    for (struct json_walk w = json_members(d->labels); n++ < MAX_JOINED && d->joined.n < MAX_TEXT && json_next(&w);) {
        if (slice_is(w.key, own[0]) || slice_is(w.key, own[1]))
            continue;
        if (d->joined.n)
            buf_add_byte(&d->joined, ',');
        buf_add_slice(&d->joined, w.key);
        buf_add_byte(&d->joined, '=');
        buf_add_slice(&d->joined, json_str(w.value, &d->scratch));
    }
    put_slice(d, &p->labels, buf_slice(&d->joined));
}

struct pod_containers {
    json init, plain, init_statuses, statuses;
};

static void decode_containers(struct decoding *d, struct pod *p, const struct pod_containers *in)
{
    _Static_assert(MAX_CONTAINERS <= 64, "one bit a container");
    static const struct slice names[] = {SLICE("name"), SLICE("image"), SLICE("ports")};
    json name[MAX_CONTAINERS], image[MAX_CONTAINERS], ports[MAX_CONTAINERS], member[3];
    unsigned n = 0, n_init = 0;
    for (unsigned part = 0; part < 2; part++) {
        for (struct json_walk w = json_items(part ? in->plain : in->init); n < MAX_CONTAINERS && json_next(&w); n++) {
            PICK(w.value, names, member);
            name[n] = member[0];
            image[n] = member[1];
            ports[n] = member[2];
        }
        n_init = part ? n_init : n;
    }
    if (n != p->n_containers) {
        clear_pod(d, &p->o);
        p->containers = n ? mem_array(n, sizeof *p->containers) : NULL;
        p->n_containers = n;
        for (unsigned i = 0; i < n; i++)
            container_init(&p->containers[i]);
        d->changed = true;
    }
    for (unsigned i = 0; i < n; i++) {
        put_name(d, &p->containers[i].name, name[i]);
        put_bool(d, &p->containers[i].init, i < n_init);
        put_ports(d, &p->containers[i], ports[i]);
    }
    uint64_t matched = 0;
    match_statuses(d, p, in->init_statuses, image, 0, n_init, &matched);
    match_statuses(d, p, in->statuses, image, n_init, n, &matched);
    static const json no_status[STATUS_MEMBERS];
    for (unsigned i = 0; i < n; i++)
        if (!(matched & (uint64_t)1 << i))
            put_container(d, &p->containers[i], image[i], no_status);
}

static void link_volumes(struct decoding *d, struct object *o, json volumes)
{
    unsigned n = 0;
    for (struct json_walk w = json_items(volumes); n < MAX_CLAIM_VOLUMES && json_next(&w);) {
        str name = "";
        json claim = json_get(w.value, "persistentVolumeClaim");
        if (!claim.n)
            continue;
        bool changed = d->changed;
        put_name(d, &name, json_get(claim, "claimName"));
        d->changed = changed;                              /* whether the link differs is what counts */
        if (*name)
            store_link(d, o, LINK_POD_PVC, n++, KIND_PVC, name);
        str_drop(d->pool, name);
    }
    store_unlink_from(d, o, LINK_POD_PVC, n);
}

static void decode_pod_spec(struct decoding *d, struct pod *p, struct pod_containers *containers)
{
    enum { NODE, RUNTIME_CLASS, ACCOUNT, GATES, VOLUMES, INIT, CONTAINERS, SCHEDULER, MEMBERS };
    static const struct slice names[] = {
        SLICE("nodeName"), SLICE("runtimeClassName"), SLICE("serviceAccountName"), SLICE("schedulingGates"), SLICE("volumes"),
        SLICE("initContainers"), SLICE("containers"), SLICE("schedulerName"),
    };
    json spec[MEMBERS];
    PICK(d->spec, names, spec);
    put_name(d, &p->node, spec[NODE]);
    put_name(d, &p->scheduler, spec[SCHEDULER]);
    put_name(d, &p->runtime_class, spec[RUNTIME_CLASS]);
    put_name(d, &p->service_account, spec[ACCOUNT]);
    struct json_walk gates = json_items(spec[GATES]);
    put_bool(d, &p->gated, json_next(&gates));
    link_volumes(d, &p->o, spec[VOLUMES]);
    containers->init = spec[INIT];
    containers->plain = spec[CONTAINERS];
}

static void decode_pod_status(struct decoding *d, struct pod *p, struct pod_containers *containers)
{
    enum { PHASE, REASON, MESSAGE, IP, STARTED, CONDITIONS_MEMBER, INIT, STATUSES, MEMBERS };
    static const struct slice names[] = {
        SLICE("phase"), SLICE("reason"), SLICE("message"), SLICE("podIP"), SLICE("startTime"), SLICE("conditions"),
        SLICE("initContainerStatuses"), SLICE("containerStatuses"),
    };
    json status[MEMBERS];
    PICK(d->status, names, status);
    put_text(d, &p->phase, status[PHASE]);
    put_text(d, &p->reason, status[REASON]);
    put_text(d, &p->message, status[MESSAGE]);
    put_text(d, &p->ip, status[IP]);
    put_time(d, &p->started_ms, status[STARTED]);
    const struct condition_want want[] = {
        {SLICE("Ready"), &p->ready}, {SLICE("PodScheduled"), &p->scheduled}, {SLICE("Initialized"), &p->initialized},
    };
    CONDITIONS(d, status[CONDITIONS_MEMBER], want);
    containers->init_statuses = status[INIT];
    containers->statuses = status[STATUSES];
}

void decode_pod(struct decoding *d, struct object *o)
{
    struct pod *p = (struct pod *)(void *)o;
    static const struct slice label_names[] = {SLICE("app"), SLICE("app.kubernetes.io/name")};
    json label[2];
    struct pod_containers containers;
    PICK(d->labels, label_names, label);
    put_text(d, &p->app, label[0].n > 2 ? label[0] : label[1]);
    put_labels(d, p);
    decode_pod_spec(d, p, &containers);
    decode_pod_status(d, p, &containers);
    decode_containers(d, p, &containers);
    store_link(d, o, LINK_POD_OWNER, 0, KIND_SANDBOX, strcmp(o->owner_kind, "Sandbox") == 0 ? o->owner_name : "");
    store_link(d, o, LINK_POD_NODE, 0, KIND_NODE, p->node);
}

/* --- nodes --------------------------------------------------------------------------------------------------------------------------- */
static void put_pressure(struct decoding *d, struct node *n, json conditions)
{
    static const struct slice names[] = {SLICE("type"), SLICE("status")};
    unsigned count = 0;
    buf_clear(&d->joined);
    for (struct json_walk w = json_items(conditions); json_next(&w);) {
        json member[2];
        PICK(w.value, names, member);
        if (json_is(member[0], "Ready") || !json_is(member[1], "True") || count++ >= MAX_JOINED)
            continue;
        if (d->joined.n)
            buf_add_byte(&d->joined, ',');
        buf_add_slice(&d->joined, json_str(member[0], &d->scratch));
    }
    put_slice(d, &n->pressure, buf_slice(&d->joined));
}

static void put_taints(struct decoding *d, struct node *n, json taints)
{
    static const struct slice names[] = {SLICE("key"), SLICE("value"), SLICE("effect")};
    static const char *const before[] = {"", "=", ":"};
    unsigned count = 0;
    buf_clear(&d->joined);
    for (struct json_walk w = json_items(taints); count < MAX_JOINED && json_next(&w); count++) {
        json member[3];
        PICK(w.value, names, member);
        if (d->joined.n)
            buf_add_byte(&d->joined, ',');
        for (unsigned i = 0; i < 3; i++) {
            struct slice text = json_str(member[i], &d->scratch);
            if (text.n) {
                buf_add_text(&d->joined, before[i]);
                buf_add_slice(&d->joined, text);
            }
        }
    }
    put_slice(d, &n->taints, buf_slice(&d->joined));
}

/* Claims on a node care for one thing of it: whether it is ready. The rest of its status changes every few minutes on each node. */
void decode_node(struct decoding *d, struct object *o)
{
    struct node *n = (struct node *)(void *)o;
    enum { CONDITIONS_MEMBER, ALLOCATABLE, INFO, MEMBERS };
    static const struct slice status_members[] = {SLICE("conditions"), SLICE("allocatable"), SLICE("nodeInfo")};
    static const struct slice spec_names[] = {SLICE("unschedulable"), SLICE("taints")};
    static const struct slice amounts[] = {SLICE("cpu"), SLICE("memory"), SLICE("pods")};
    json status[MEMBERS], spec[2], amount[3];
    const enum truth ready = n->ready.status;
    d->picky = true;
    PICK(d->status, status_members, status);
    PICK(d->spec, spec_names, spec);
    const struct condition_want want[] = {{SLICE("Ready"), &n->ready}};
    CONDITIONS(d, status[CONDITIONS_MEMBER], want);
    if (ready != n->ready.status)
        d->chain_changed = true;
    put_pressure(d, n, status[CONDITIONS_MEMBER]);
    put_bool(d, &n->unschedulable, json_true(spec[0]));
    put_taints(d, n, spec[1]);
    put_text(d, &n->kubelet_version, json_get(status[INFO], "kubeletVersion"));
    PICK(status[ALLOCATABLE], amounts, amount);
    put_ms(d, &n->cpu_milli, quantity_milli(json_str(amount[0], &d->scratch)));
    put_ms(d, &n->memory_bytes, quantity_milli(json_str(amount[1], &d->scratch)) / 1000);
    int64_t pods = quantity_milli(json_str(amount[2], &d->scratch)) / 1000;
    pods = pods > INT32_MAX ? INT32_MAX : pods < 0 ? 0 : pods;
    d->changed = d->changed || n->pods != (int32_t)pods;
    n->pods = (int32_t)pods;
}

/* --- deployments --------------------------------------------------------------------------------------------------------------------- */
static const char controller_name[] = "agent-sandbox-controller", router_name[] = "sandbox-router";

static enum component component_of_text(struct slice text, bool whole)
{
    struct slice controller = slice_of(controller_name), router = slice_of(router_name);
    if (whole ? slice_eq(text, controller) : slice_find(text, controller) >= 0)
        return COMPONENT_CONTROLLER;
    if (whole ? slice_eq(text, router) || slice_is(text, "sandbox-router-deployment") : slice_find(text, router) >= 0)
        return COMPONENT_ROUTER;
    return COMPONENT_NONE;
}

static json pod_spec_of(const struct decoding *d)
{
    return json_path(d->spec, "template.spec");
}

/* The container whose name or image tells a component; the first one where none does. */
static enum component component_container(struct decoding *d, json *container)
{
    static const struct slice names[] = {SLICE("name"), SLICE("image")};
    unsigned n = 0;
    *container = nothing;
    for (struct json_walk w = json_items(json_get(pod_spec_of(d), "containers")); n < MAX_CONTAINERS && json_next(&w); n++) {
        json member[2];
        PICK(w.value, names, member);
        if (n == 0)
            *container = w.value;
        for (unsigned i = 0; i < 2; i++) {
            enum component component = component_of_text(json_str(member[i], &d->scratch), false);
            if (component != COMPONENT_NONE) {
                *container = w.value;
                return component;
            }
        }
    }
    return COMPONENT_NONE;
}

/* Installations rename things, so the name, the labels and the containers are asked in turn. */
static enum component component_of(struct decoding *d, json *container)
{
    static const struct slice label_names[] = {SLICE("app"), SLICE("app.kubernetes.io/name")};
    json label[2];
    enum component by_container = component_container(d, container), component = component_of_text(d->name, true);
    PICK(d->labels, label_names, label);
    for (unsigned i = 0; i < 2 && component == COMPONENT_NONE; i++)
        component = component_of_text(json_str(label[i], &d->scratch), true);
    return component != COMPONENT_NONE ? component : by_container;
}

bool wanted_deployment(struct decoding *d)
{
    json container;
    return component_of(d, &container) != COMPONENT_NONE;
}

void decode_deployment(struct decoding *d, struct object *o)
{
    struct deployment *dep = (struct deployment *)(void *)o;
    static const struct slice container_names[] = {SLICE("name"), SLICE("image"), SLICE("command"), SLICE("args")};
    static const struct slice status_members[] = {SLICE("readyReplicas"), SLICE("updatedReplicas"), SLICE("conditions"),
        SLICE("unavailableReplicas")};
    json container, member[4], status[4];
    enum component component = component_of(d, &container);
    if (dep->component != component) {
        dep->component = component;
        d->changed = true;
    }
    PICK(container, container_names, member);
    put_name(d, &dep->container, member[0]);
    put_text(d, &dep->image, member[1]);
    put_joined(d, &dep->args, member[2], member[3], '\n');
    put_int(d, &dep->desired, json_get(d->spec, "replicas"), 1);
    put_pairs(d, &dep->selector, json_path(d->spec, "selector.matchLabels"));
    PICK(d->status, status_members, status);
    put_int(d, &dep->ready, status[0], 0);
    put_int(d, &dep->updated, status[1], 0);
    put_int(d, &dep->unavailable, status[3], 0);
    const struct condition_want want[] = {{SLICE("Available"), &dep->available}, {SLICE("Progressing"), &dep->progressing}};
    CONDITIONS(d, status[2], want);
}

/* --- what is read on demand ---------------------------------------------------------------------------------------------------------- */
void decode_pvc(struct decoding *d, struct object *o)
{
    struct pvc *v = (struct pvc *)(void *)o;
    static const struct slice names[] = {SLICE("storageClassName"), SLICE("volumeName")};
    json spec[2];
    PICK(d->spec, names, spec);
    put_name(d, &v->storage_class, spec[0]);
    put_name(d, &v->volume, spec[1]);
    put_text(d, &v->phase, json_get(d->status, "phase"));
}

void clear_quota(struct decoding *d, struct object *o)
{
    struct quota *q = (struct quota *)(void *)o;
    for (uint32_t i = 0; i < q->n_items; i++) {
        str_drop(d->pool, q->items[i].resource);
        str_drop(d->pool, q->items[i].hard);
        str_drop(d->pool, q->items[i].used);
    }
    free(q->items);
    q->items = NULL;
    q->n_items = 0;
}

void decode_quota(struct decoding *d, struct object *o)
{
    struct quota *q = (struct quota *)(void *)o;
    static const struct slice names[] = {SLICE("hard"), SLICE("used")};
    json status[2];
    PICK(d->status, names, status);
    json hard = status[0].n ? status[0] : json_get(d->spec, "hard");
    unsigned n = 0;
    for (struct json_walk w = json_members(hard); n < MAX_QUOTA_ITEMS && json_next(&w);)
        n++;
    if (n != q->n_items) {
        clear_quota(d, o);
        q->items = n ? mem_array(n, sizeof *q->items) : NULL;
        q->n_items = n;
        for (unsigned i = 0; i < n; i++)
            q->items[i] = (struct quota_item){.resource = "", .hard = "", .used = ""};
        d->changed = true;
    }
    unsigned i = 0;
    for (struct json_walk w = json_members(hard); i < n && json_next(&w); i++) {
        struct quota_item *item = &q->items[i];
        put_slice(d, &item->resource, w.key);
        put_text(d, &item->hard, w.value);
        json used = nothing;
        unsigned looked = 0;
        for (struct json_walk u = json_members(status[1]); !used.n && looked++ < MAX_QUOTA_ITEMS && json_next(&u);)
            if (slice_eq(u.key, w.key))
                used = u.value;
        put_text(d, &item->used, used);
    }
}

void decode_runtimeclass(struct decoding *d, struct object *o)
{
    put_text(d, &((struct runtimeclass *)(void *)o)->handler, json_get(d->root, "handler"));
}

void decode_storageclass(struct decoding *d, struct object *o)
{
    struct storageclass *s = (struct storageclass *)(void *)o;
    put_text(d, &s->provisioner, json_get(d->root, "provisioner"));
    put_bool(d, &s->is_default, json_is(json_get(d->annotations, "storageclass.kubernetes.io/is-default-class"), "true"));
}

/* Renewed every two seconds by its holder: no claim is judged anew for that. */
void decode_lease(struct decoding *d, struct object *o)
{
    struct lease *l = (struct lease *)(void *)o;
    static const struct slice names[] = {SLICE("holderIdentity"), SLICE("renewTime"), SLICE("leaseDurationSeconds")};
    json spec[3];
    d->picky = true;
    PICK(d->spec, names, spec);
    put_text(d, &l->holder, spec[0]);
    put_time(d, &l->renewed_ms, spec[1]);
    put_int(d, &l->seconds, spec[2], 0);
}
