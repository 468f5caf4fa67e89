/* The JSON of a Sandbox and its Pod, as captured in tests/fixtures/lists: members and their order as there, values from the box. */
#include "core/base/mem.h"
#include "core/sim/sim_story.h"

#include <stdlib.h>

void shape_stamp(struct buf *out, int64_t ms)
{
    char text[32];

    buf_printf(out, "\"%s\"", time_rfc3339(ms, text));
}

static void condition(struct buf *out, const char *type, const char *status, const char *reason, const char *message, int64_t since_ms)
{
    buf_add_text(out, "{\"lastTransitionTime\":");
    shape_stamp(out, since_ms);
    buf_add_text(out, ",\"message\":");
    json_quote(out, slice_of(message));
    buf_printf(out, ",\"observedGeneration\":1,\"reason\":\"%s\",\"status\":\"%s\",\"type\":\"%s\"}", reason, status, type);
}

const char *shape_message(const struct box *b, struct buf *scratch, bool *ready, const char **reason)
{
    buf_clear(scratch);
    *ready = b->state == POD_READY;
    *reason = *ready ? "DependenciesReady" : b->state == POD_DENIED ? "ReconcilerError" : "DependenciesNotReady";
    switch (b->state) {
    case POD_READY:
        return "Pod is Ready";
    case POD_RUNNING:
    case POD_CRASHED:
        return "Pod is Running but not Ready";
    case POD_DENIED:
        buf_printf(scratch, "Error seen: pods \"%s\" is forbidden: %s", b->name, b->row->text);
        return scratch->p;
    case POD_NONE:
        return "Pod does not exist";
    default:
        return "Pod exists with phase: Pending";
    }
}

/* The template's pod spec as it stands in the cluster: a person may have changed it. */
static json template_spec(struct story *s, const struct box *b)
{
    const struct version *v = world_get(s->sim, story_kind("sandboxtemplates"), b->ns, b->template_name);

    return v ? json_path(v->text, "spec.podTemplate.spec") : SLICE("{\"containers\":[]}");
}

static void owner(struct buf *out, const char *api, const char *kind, const char *name, const char *uid)
{
    buf_printf(out, "\"ownerReferences\":[{\"apiVersion\":\"%s\",\"blockOwnerDeletion\":true,\"controller\":true,\"kind\":\"%s\","
               "\"name\":\"%s\",\"uid\":\"%s\"}]", api,
               kind, name, uid);
}

void shape_sandbox(struct story *s, struct box *b)
{
    struct buf out = {0};
    unsigned hash = story_hash(b->template_name);
    char pool_uid[37] = "";

    buf_printf(&out, "{\"metadata\":{\"annotations\":{\"agents.x-k8s.io/sandbox-template-ref\":\"%s\"},", b->template_name);
    if (b->pool) {
        const struct version *pool = world_get(s->sim, story_kind("sandboxwarmpools"), b->ns, b->pool);
        if (pool)
            story_uid(pool, pool_uid);
        buf_printf(&out, "\"generateName\":\"%s-\",\"labels\":{\"agents.x-k8s.io/created-by\":\"controller\","
                   "\"agents.x-k8s.io/launch-type\":\"warm\","
                   "\"agents.x-k8s.io/sandbox-pod-template-hash\":\"%08x\",\"agents.x-k8s.io/sandbox-template-hash\":\"%08x\","
                   "\"agents.x-k8s.io/sandbox-template-ref-hash\":\"%08x\",\"agents.x-k8s.io/warm-pool-sandbox\":\"%08x\"},",
                   b->pool, hash ^ 0x5eed, hash ^ 0xfade, hash, story_hash(b->pool));
    } else {
        buf_printf(&out, "\"labels\":{\"agents.x-k8s.io/claim-uid\":\"%s\",\"agents.x-k8s.io/launch-type\":\"cold\","
                   "\"agents.x-k8s.io/sandbox-template-ref-hash\":\"%08x\"},", b->claim->uid, hash);
    }
    buf_printf(&out, "\"name\":\"%s\",\"namespace\":\"%s\",", b->name, b->ns);
    owner(&out, "extensions.agents.x-k8s.io/v1beta1", b->pool ? "SandboxWarmPool" : "SandboxClaim", b->pool ? b->pool : b->claim->name,
          b->pool ? pool_uid : b->claim->uid);
    buf_printf(&out, "},\"spec\":{\"operatingMode\":\"Running\","
               "\"podTemplate\":{\"metadata\":{\"labels\":{\"agents.x-k8s.io/sandbox-template-ref-hash\":\"%08x\"}},"
               "\"spec\":", hash);
    buf_add_slice(&out, template_spec(s, b));
    buf_add_text(&out, "},\"shutdownPolicy\":\"Retain\"}}");
    story_uid(story_put(s, "sandboxes", &out), b->uid);
}

void shape_sandbox_adopted(struct story *s, const struct box *b)
{
    struct buf out = {0};

    buf_printf(&out, "{\"metadata\":{\"labels\":{\"agents.x-k8s.io/claim-uid\":\"%s\",\"agents.x-k8s.io/created-by\":null,"
               "\"agents.x-k8s.io/sandbox-pod-template-hash\":null,\"agents.x-k8s.io/sandbox-template-hash\":null,"
               "\"agents.x-k8s.io/warm-pool-sandbox\":null},", b->claim->uid);
    owner(&out, "extensions.agents.x-k8s.io/v1beta1", "SandboxClaim", b->claim->name, b->claim->uid);
    buf_add_text(&out, "}}");
    story_patch(s, "sandboxes", b->ns, b->name, &out);
}

void shape_sandbox_status(struct story *s, const struct box *b)
{
    struct buf out = {0}, scratch = {0};
    const char *reason;
    bool ready;
    const char *message = shape_message(b, &scratch, &ready, &reason);

    buf_add_text(&out, "{");
    if (b->state >= POD_NEW)
        buf_printf(&out, "\"metadata\":{\"annotations\":{\"agents.x-k8s.io/pod-name\":\"%s\"}},", b->name);
    buf_add_text(&out, "\"status\":{\"conditions\":[");
    condition(&out, "Suspended", "False", "NotSuspended", "Sandbox is not suspended", b->born_ms);
    buf_add_text(&out, ",");
    if (b->state == POD_NO_NODE)
        condition(&out, "PodScheduled", "False", "Unschedulable", b->row->text, b->scheduled_ms);
    else if (b->state <= POD_NEW)
        condition(&out, "PodScheduled", "Unknown", "PodSchedulingUnknown", "Pod state is unknown. Pod scheduling cannot be determined",
                  b->born_ms);
    else
        condition(&out, "PodScheduled", "True", "PodScheduled", "", b->scheduled_ms);
    buf_add_text(&out, ",");
    condition(&out, "Ready", ready ? "True" : "False", reason, message, b->ready_since_ms);
    buf_add_text(&out, "]");
    if (b->state >= POD_CREATING)
        buf_printf(&out, ",\"nodeName\":\"%s\"", s->cast->nodes[b->node].name);
    if (b->state >= POD_NO_IMAGE)
        buf_printf(&out, ",\"podIPs\":[\"10.88.%d.%d\"]", b->node + 1, b->ip);
    if (b->state >= POD_NEW)
        buf_printf(&out, ",\"selector\":\"agents.x-k8s.io/sandbox-name-hash=%08x\"", story_hash(b->name));
    buf_add_text(&out, "}}");
    story_patch(s, "sandboxes", b->ns, b->name, &out);
    buf_free(&scratch);
}

/* ---- Pods */

void shape_pod(struct story *s, struct box *b)
{
    struct buf out = {0};

    buf_printf(&out, "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"labels\":{\"agents.x-k8s.io/sandbox-name-hash\":\"%08x\","
               "\"agents.x-k8s.io/sandbox-template-ref-hash\":\"%08x\"", b->name, b->ns, story_hash(b->name), story_hash(b->template_name));
    if (b->pool)
        buf_printf(&out, ",\"agents.x-k8s.io/warm-pool-sandbox\":\"%08x\"", story_hash(b->pool));
    buf_add_text(&out, "},");
    owner(&out, "agents.x-k8s.io/v1beta1", "Sandbox", b->name, b->uid);
    buf_add_text(&out, "},\"spec\":{");
    struct json_walk w = json_members(template_spec(s, b));
    bool first = true;
    while (json_next(&w))
        json_add_member(&out, &first, w.key, w.value);
    buf_add_text(&out, first ? "" : ",");
    buf_add_text(&out, "\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
                 "\"serviceAccountName\":\"default\","
                 "\"serviceAccount\":\"default\",\"securityContext\":{},\"schedulerName\":\"default-scheduler\",\"priority\":0,"
                 "\"enableServiceLinks\":true,"
                 "\"preemptionPolicy\":\"PreemptLowerPriority\"},\"status\":{\"phase\":\"Pending\",\"qosClass\":\"Burstable\"}}");
    story_uid(story_put(s, "pods", &out), b->pod_uid);
}

static void pod_condition(struct buf *out, const char *type, bool met, int64_t since_ms, const char *reason, const char *message)
{
    buf_printf(out, "%s{\"type\":\"%s\",\"observedGeneration\":1,\"status\":\"%s\",\"lastProbeTime\":null,\"lastTransitionTime\":",
               out->p[out->n - 1] == '[' ? "" : ",", type, met ? "True" : "False");
    shape_stamp(out, since_ms);
    if (!met && *reason) {
        buf_printf(out, ",\"reason\":\"%s\",\"message\":", reason);
        json_quote(out, slice_of(message));
    }
    buf_add_text(out, "}");
}

static void terminated(struct buf *out, int64_t started_ms, int64_t finished_ms, const char *id)
{
    buf_add_text(out, "{\"terminated\":{\"exitCode\":1,\"reason\":\"Error\",\"startedAt\":");
    shape_stamp(out, started_ms);
    buf_add_text(out, ",\"finishedAt\":");
    shape_stamp(out, finished_ms);
    buf_printf(out, ",\"containerID\":\"containerd://%s\"}}", id);
}

static void container_state(struct buf *out, const struct box *b)
{
    struct buf words = {0};

    switch (b->state) {
    case POD_NO_IMAGE:
        buf_add_text(out, "{\"waiting\":{\"reason\":\"ErrImagePull\",\"message\":");
        json_quote(out, slice_of(b->row->text));
        buf_add_text(out, "}}");
        break;
    case POD_IMAGE_LATER:
        buf_printf(&words, "Back-off pulling image \"%s\": ErrImagePull: %s", b->row->image, b->row->text);
        buf_add_text(out, "{\"waiting\":{\"reason\":\"ImagePullBackOff\",\"message\":");
        json_quote(out, buf_slice(&words));
        buf_add_text(out, "}}");
        break;
    case POD_RUNNING:
    case POD_READY:
        buf_add_text(out, "{\"running\":{\"startedAt\":");
        shape_stamp(out, b->started_ms);
        buf_add_text(out, "}}");
        break;
    case POD_CRASHED:
        terminated(out, b->started_ms, b->finished_ms, b->container_id);
        break;
    default:
        buf_add_text(out, "{\"waiting\":{\"reason\":\"ContainerCreating\"}}");
    }
    buf_free(&words);
}

static void container_status(struct buf *out, const struct box *b)
{
    buf_printf(out, ",\"containerStatuses\":[{\"name\":\"%s\",\"state\":", b->row->container);
    container_state(out, b);
    buf_add_text(out, ",\"lastState\":");
    if (b->restarts || b->last_finished_ms)
        terminated(out, b->last_started_ms, b->last_finished_ms, b->last_container_id);
    else
        buf_add_text(out, "{}");
    buf_printf(out, ",\"ready\":%s,\"restartCount\":%d,\"image\":\"%s\",\"imageID\":\"\"", b->state == POD_READY ? "true" : "false",
               b->restarts, b->row->image);
    if (*b->container_id)
        buf_printf(out, ",\"containerID\":\"containerd://%s\"", b->container_id);
    buf_printf(out, ",\"started\":%s}]", b->state == POD_READY || b->state == POD_RUNNING ? "true" : "false");
}

void shape_pod_status(struct story *s, const struct box *b)
{
    struct buf out = {0}, unready = {0};
    bool placed = b->state >= POD_CREATING, ready = b->state == POD_READY;

    buf_printf(&unready, "containers with unready status: [%s]", b->row->container);
    buf_add_text(&out, "{");
    if (placed)
        buf_printf(&out, "\"spec\":{\"nodeName\":\"%s\"},", s->cast->nodes[b->node].name);
    buf_printf(&out, "\"status\":{\"observedGeneration\":1,\"phase\":\"%s\",\"conditions\":[", b->state >= POD_RUNNING ? "Running" :
               "Pending");
    if (placed) {
        pod_condition(&out, "PodReadyToStartContainers", b->state > POD_CREATING, b->scheduled_ms, "", "");
        pod_condition(&out, "Initialized", true, b->scheduled_ms, "", "");
        pod_condition(&out, "Ready", ready, b->ready_since_ms, "ContainersNotReady", unready.p);
        pod_condition(&out, "ContainersReady", ready, b->ready_since_ms, "ContainersNotReady", unready.p);
    }
    if (b->state != POD_NEW)
        pod_condition(&out, "PodScheduled", placed, b->scheduled_ms, "Unschedulable", b->row->text ? b->row->text : "");
    buf_add_text(&out, "]");
    if (placed)
        buf_printf(&out, ",\"hostIP\":\"10.88.0.%d\",\"hostIPs\":[{\"ip\":\"10.88.0.%d\"}]", b->node + 1, b->node + 1);
    if (b->state > POD_CREATING)
        buf_printf(&out, ",\"podIP\":\"10.88.%d.%d\",\"podIPs\":[{\"ip\":\"10.88.%d.%d\"}]", b->node + 1, b->ip, b->node + 1, b->ip);
    if (placed) {
        buf_add_text(&out, ",\"startTime\":");
        shape_stamp(&out, b->scheduled_ms);
        container_status(&out, b);
    }
    buf_add_text(&out, ",\"qosClass\":\"Burstable\"}}");
    story_patch(s, "pods", b->ns, b->name, &out);
    buf_free(&unready);
}
