/* The stage the story plays on: nodes, namespaces, templates, pools, quotas, and the controller's and the router's own objects. */
#include "core/base/mem.h"
#include "core/sim/sim_story.h"

#include <stdlib.h>

#define SYSTEM "agent-sandbox-system"

/* How long before the demo the installation was made. */
enum { INSTALLED_MS = 26 * 3600 * 1000 };

static void created(struct story *s, struct buf *out)
{
    buf_add_text(out, "\"creationTimestamp\":");
    shape_stamp(out, s->begins_ms - INSTALLED_MS);
}

static void node_condition(struct story *s, struct buf *out, const char *type, const char *status, const char *reason, const char *message)
{
    buf_printf(out, "%s{\"type\":\"%s\",\"status\":\"%s\",\"lastHeartbeatTime\":", out->p[out->n - 1] == '[' ? "" : ",", type, status);
    shape_stamp(out, s->begins_ms);
    buf_add_text(out, ",\"lastTransitionTime\":");
    shape_stamp(out, s->begins_ms - INSTALLED_MS);
    buf_printf(out, ",\"reason\":\"%s\",\"message\":\"%s\"}", reason, message);
}

static void shape_node(struct story *s, const struct node_row *row, int number)
{
    struct buf out = {0};

    buf_printf(&out, "{\"metadata\":{\"name\":\"%s\",", row->name);
    created(s, &out);
    buf_printf(&out, ",\"labels\":{\"kubernetes.io/arch\":\"amd64\",\"kubernetes.io/hostname\":\"%s\",\"kubernetes.io/os\":\"linux\"}},"
               "\"spec\":{\"podCIDR\":\"10.88.%d.0/24\"",
               row->name, number + 1);
    if (row->taint) {
        const char *colon = strchr(row->taint, ':');
        buf_printf(&out, ",\"taints\":[{\"key\":\"%.*s\",\"effect\":\"%s\"}]", (int)(colon - row->taint), row->taint, colon + 1);
    }
    for (int k = 0; k < 2; k++)
        buf_printf(&out, "%s\"cpu\":\"%s\",\"ephemeral-storage\":\"267847642337\",\"memory\":\"%s\",\"pods\":\"110\"}",
                   k ? ",\"allocatable\":{" : "},\"status\":{\"capacity\":{", row->cpu, row->memory);
    buf_add_text(&out, ",\"conditions\":[");
    node_condition(s, &out, "MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available");
    node_condition(s, &out, "DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure");
    node_condition(s, &out, "PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available");
    node_condition(s, &out, "Ready", "True", "KubeletReady", "kubelet is posting ready status");
    buf_printf(&out, "],\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"10.88.0.%d\"},{\"type\":\"Hostname\",\"address\":\"%s\"}],"
               "\"nodeInfo\":{\"architecture\":\"amd64\",\"containerRuntimeVersion\":\"containerd://2.2.1\","
               "\"kubeletVersion\":\"v1.36.3\",\"operatingSystem\":\"linux\"}}}",
               number + 1, row->name);
    story_put(s, "nodes", &out);
}

void shape_nodes(struct story *s)
{
    for (int i = 0; s->cast->nodes[i].name; i++)
        shape_node(s, &s->cast->nodes[i], i);
    for (const char *const *ns = s->cast->namespaces; *ns; ns++) {
        struct buf out = {0};
        buf_printf(&out, "{\"metadata\":{\"name\":\"%s\",", *ns);
        created(s, &out);
        buf_printf(&out, ",\"labels\":{\"kubernetes.io/metadata.name\":\"%s\"}},\"spec\":{\"finalizers\":[\"kubernetes\"]},"
                   "\"status\":{\"phase\":\"Active\"}}", *ns);
        story_put(s, "namespaces", &out);
    }
}

void shape_templates(struct story *s)
{
    for (const struct template_row *row = s->cast->templates; row->ns; row++) {
        struct buf out = {0};
        buf_add_text(&out, "{\"metadata\":{");
        created(s, &out);
        buf_printf(&out, ",\"labels\":{\"agents.x-k8s.io/sandbox-template-ref-hash\":\"%08x\"},\"name\":\"%s\",\"namespace\":\"%s\"},"
                   "\"spec\":{"
                   "\"envVarsInjectionPolicy\":\"Disallowed\",\"networkPolicyManagement\":\"Managed\",\"podTemplate\":{\"spec\":{"
                   "\"automountServiceAccountToken\":false,\"containers\":[{", story_hash(row->name), row->name, row->ns);
        if (row->command)
            buf_printf(&out, "\"command\":%s,", row->command);
        buf_printf(&out, "\"image\":\"%s\",\"imagePullPolicy\":\"IfNotPresent\",\"name\":\"%s\",\"ports\":[{\"containerPort\":8888,"
                   "\"protocol\":\"TCP\"}],"
                   "\"resources\":{\"requests\":{\"cpu\":\"%s\",\"memory\":\"%s\"}}}]}},\"volumeClaimTemplatesPolicy\":\"Disallowed\"}}",
                   row->image, row->container, row->cpu, row->memory);
        story_put(s, "sandboxtemplates", &out);
    }
}

void shape_pool(struct story *s, const struct pool_row *row)
{
    struct buf out = {0};

    buf_add_text(&out, "{\"metadata\":{");
    created(s, &out);
    buf_printf(&out, ",\"name\":\"%s\",\"namespace\":\"%s\"},\"spec\":{\"replicas\":%d,\"sandboxTemplateRef\":{\"name\":\"%s\"}},"
               "\"status\":{"
               "\"observedGeneration\":1,\"selector\":\"agents.x-k8s.io/warm-pool-sandbox=%08x\"}}",
               row->name, row->ns, row->replicas, row->template_name, story_hash(row->name));
    story_put(s, "sandboxwarmpools", &out);
}

void shape_quotas(struct story *s)
{
    for (const struct quota_row *row = s->cast->quotas; row->ns; row++) {
        struct buf out = {0};
        buf_printf(&out, "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",", row->name, row->ns);
        created(s, &out);
        buf_printf(&out, "},\"spec\":{\"hard\":{\"pods\":\"%s\",\"requests.cpu\":\"%s\"}},\"status\":{\"hard\":{\"pods\":\"%s\","
                   "\"requests.cpu\":\"%s\"},"
                   "\"used\":{\"pods\":\"%s\",\"requests.cpu\":\"%s\"}}}", row->pods_hard, row->cpu_hard, row->pods_hard, row->cpu_hard,
                   row->pods_used,
                   row->cpu_used);
        story_put(s, "resourcequotas", &out);
    }
}

/* ---- the controller and the router */

struct part_row {
    const char *name, *label, *image, *args, *service;
    int port;
};
enum { CONTROLLER, ROUTER, PARTS };
static const struct part_row parts[PARTS] = {
    {"agent-sandbox-controller", "app", "registry.example/agent-sandbox-controller:v0.5.6", "[\"--leader-elect=true\",\"--extensions\"]",
     "agent-sandbox-controller", 8080},
    {"sandbox-router", "app.kubernetes.io/name", "registry.example/sandbox-router-go:v0.5.6", "[]", "sandbox-router-svc", 8080},
};

static void shape_deployment(struct story *s, const struct part_row *row)
{
    struct buf out = {0};

    buf_printf(&out, "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"" SYSTEM "\",\"generation\":1,", row->name);
    created(s, &out);
    buf_printf(&out, ",\"labels\":{\"%s\":\"%s\"},\"annotations\":{\"deployment.kubernetes.io/revision\":\"1\"}},\"spec\":{\"replicas\":1,"
               "\"selector\":{\"matchLabels\":{"
               "\"%s\":\"%s\"}},\"template\":{\"metadata\":{\"labels\":{\"%s\":\"%s\"}},\"spec\":{\"containers\":[{\"name\":\"%s\","
               "\"image\":\"%s\",\"args\":%s,"
               "\"resources\":{}}],\"restartPolicy\":\"Always\"}},\"strategy\":{\"type\":\"RollingUpdate\"}},"
               "\"status\":{\"observedGeneration\":1,\"replicas\":1,"
               "\"updatedReplicas\":1,\"readyReplicas\":1,\"availableReplicas\":1,\"conditions\":[{\"type\":\"Available\","
               "\"status\":\"True\",\"lastUpdateTime\":",
               row->label, row->name, row->label, row->name, row->label, row->name, row->name, row->image, row->args);
    shape_stamp(&out, s->begins_ms - INSTALLED_MS);
    buf_add_text(&out, ",\"lastTransitionTime\":");
    shape_stamp(&out, s->begins_ms - INSTALLED_MS);
    buf_add_text(&out, ",\"reason\":\"MinimumReplicasAvailable\",\"message\":\"Deployment has minimum availability.\"}]}}");
    story_put(s, "deployments", &out);
    buf_printf(&out, "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"" SYSTEM "\",", row->service);
    created(s, &out);
    buf_printf(&out, "},\"spec\":{\"ports\":[{\"name\":\"http\",\"protocol\":\"TCP\",\"port\":%d,\"targetPort\":%d}],"
               "\"selector\":{\"%s\":\"%s\"},\"type\":\"ClusterIP\"},"
               "\"status\":{\"loadBalancer\":{}}}", row->port, row->port, row->label, row->name);
    story_put(s, "services", &out);
}

/* Returns the Pod's name; the caller frees it. */
static char *shape_part_pod(struct story *s, const struct part_row *row, int node, int64_t since_ms)
{
    struct buf out = {0};
    char suffix[6];
    unsigned long long id = sim_random(&s->random);

    sim_suffix(&s->random, suffix);
    char *name = mem_printf("%s-%08x-%s", row->name, story_hash(row->image), suffix);
    buf_printf(&out, "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"" SYSTEM "\",", name);
    buf_add_text(&out, "\"creationTimestamp\":");
    shape_stamp(&out, since_ms);
    buf_printf(&out, ",\"labels\":{\"%s\":\"%s\",\"pod-template-hash\":\"%08x\"}},\"spec\":{\"containers\":[{\"name\":\"%s\","
               "\"image\":\"%s\",\"args\":%s,"
               "\"resources\":{}}],\"restartPolicy\":\"Always\",\"serviceAccountName\":\"%s\",\"nodeName\":\"%s\"},"
               "\"status\":{\"phase\":\"Running\",\"conditions\":[",
               row->label, row->name, story_hash(row->image), row->name, row->image, row->args, row->name, s->cast->nodes[node].name);
    static const char *const types[] = {"Initialized", "Ready", "ContainersReady", "PodScheduled"};
    for (size_t i = 0; i < 4; i++) {
        buf_printf(&out, "%s{\"type\":\"%s\",\"status\":\"True\",\"lastProbeTime\":null,\"lastTransitionTime\":", i ? "," : "", types[i]);
        shape_stamp(&out, since_ms);
        buf_add_text(&out, "}");
    }
    buf_printf(&out, "],\"hostIP\":\"10.88.0.%d\",\"podIP\":\"10.88.%d.3\",\"podIPs\":[{\"ip\":\"10.88.%d.3\"}],\"startTime\":", node + 1,
               node + 1, node + 1);
    shape_stamp(&out, since_ms);
    buf_printf(&out, ",\"containerStatuses\":[{\"name\":\"%s\",\"state\":{\"running\":{\"startedAt\":", row->name);
    shape_stamp(&out, since_ms);
    buf_printf(&out, "}},\"lastState\":{},\"ready\":true,\"restartCount\":0,\"image\":\"%s\",\"imageID\":\"\","
               "\"containerID\":\"containerd://%016llx%016llx%016llx%016llx\","
               "\"started\":true}],\"qosClass\":\"BestEffort\"}}", row->image, id, ~id, id * 3, id * 5);
    story_put(s, "pods", &out);
    return name;
}

void shape_system(struct story *s)
{
    int64_t since_ms = s->begins_ms - INSTALLED_MS;

    for (size_t i = 0; i < PARTS; i++) {
        shape_deployment(s, &parts[i]);
        const struct version *v = world_get(s->sim, story_kind("deployments"), SYSTEM, parts[i].name);
        s->part_hashes[i] = (unsigned)slice_hash(json_path(v->text, "spec.template"));
    }
    s->controller_pod = shape_part_pod(s, &parts[CONTROLLER], 0, since_ms);
    s->router_pod = shape_part_pod(s, &parts[ROUTER], 1, since_ms);
    shape_lease(s);
}

/* Absent means zero, in a Deployment's status as in a pool's. */
static void part_status(struct story *s, const struct part_row *row, bool there)
{
    const struct version *v = world_get(s->sim, story_kind("deployments"), SYSTEM, row->name);
    struct buf patch = {0};
    const char *n = there ? "1" : "null";
    int64_t generation = 1;

    if (v)
        json_int(json_path(v->text, "metadata.generation"), &generation);
    buf_printf(&patch, "{\"status\":{\"observedGeneration\":%lld,\"replicas\":%s,\"updatedReplicas\":%s,\"readyReplicas\":%s,\"availableReplicas\":%s}}", (long long)generation, n, n, n, n);
    story_patch(s, "deployments", SYSTEM, row->name, &patch);
}

static void part_stop(struct story *s, const struct part_row *row, char **pod)
{
    world_delete(s->sim, story_kind("pods"), SYSTEM, *pod);
    free(*pod);
    *pod = NULL;
    part_status(s, row, false);
}

/* zap's flag in the form that is usual in manifests. */
static bool asks_for_debug(const struct version *v)
{
    struct json_walk containers = json_items(json_path(v->text, "spec.template.spec.containers"));

    while (json_next(&containers)) {
        struct json_walk args = json_items(json_get(containers.value, "args"));
        while (json_next(&args))
            if (json_is(args.value, "--zap-log-level=debug"))
                return true;
    }
    return false;
}

void part_start(struct story *s)
{
    char **pods[PARTS] = {&s->controller_pod, &s->router_pod};

    for (int i = 0; i < PARTS; i++) {
        const struct version *v = world_get(s->sim, story_kind("deployments"), SYSTEM, parts[i].name);
        int64_t desired = 0;
        if (v)
            json_int(json_path(v->text, "spec.replicas"), &desired);
        if (*pods[i] || desired <= 0)
            continue;
        *pods[i] = shape_part_pod(s, &parts[i], i, story_now(s));
        if (i == CONTROLLER)
            s->controller_debugs = asks_for_debug(v);
        part_status(s, &parts[i], true);
    }
}

bool part_changed(struct story *s, const struct version *v)
{
    char **pods[PARTS] = {&s->controller_pod, &s->router_pod};
    int64_t desired = 0;

    json_int(json_path(v->text, "spec.replicas"), &desired);
    for (int i = 0; i < PARTS; i++) {
        if (strcmp(v->name, parts[i].name) != 0 || strcmp(v->ns, SYSTEM) != 0)
            continue;
        /* a rollout restart, or a change of anything in the pod template, makes it anew */
        unsigned hash = (unsigned)slice_hash(json_path(v->text, "spec.template"));
        bool anew = s->part_hashes[i] != hash;
        s->part_hashes[i] = hash;
        if (*pods[i] && (desired <= 0 || anew))
            part_stop(s, &parts[i], pods[i]);
        return !*pods[i] && desired > 0;
    }
    return false;
}

void part_pod_gone(struct story *s, const char *ns, const char *name)
{
    char **pods[PARTS] = {&s->controller_pod, &s->router_pod};

    for (int i = 0; i < PARTS; i++)
        if (*pods[i] && strcmp(*pods[i], name) == 0 && strcmp(ns, SYSTEM) == 0)
            part_stop(s, &parts[i], pods[i]);
}

void shape_lease(struct story *s)
{
    struct buf out = {0};
    char stamp[32];

    if (!s->controller_pod)
        return;                      /* no one renews it */
    time_rfc3339(story_now(s), stamp);
    stamp[strlen(stamp) - 1] = 0;
    buf_add_text(&out, "{\"metadata\":{\"name\":\"a3317529.agent-sandbox.x-k8s.io\",\"namespace\":\"" SYSTEM "\",");
    created(s, &out);
    buf_printf(&out, "},\"spec\":{\"holderIdentity\":\"%s_9a424228-3794-436f-92d7-d77c20d8522a\",\"leaseDurationSeconds\":15,"
               "\"leaseTransitions\":0,"
               "\"renewTime\":\"%s.%03d000Z\"}}", s->controller_pod, stamp, (int)(story_now(s) % 1000));
    story_put(s, "leases", &out);
}
