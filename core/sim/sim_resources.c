/* What the simulated server serves, and its discovery documents. Verbs and short names as a v1.36 server with Agent Sandbox v0.5.6 lists
 * them (captured in tests/fixtures/wire/discovery-*). */
#include "core/sim/sim_internal.h"

#include <string.h>

#define AGENTS "agents.x-k8s.io"
#define EXTENSIONS "extensions.agents.x-k8s.io"

const struct resource sim_resources[] = {
    {EXTENSIONS, "v1beta1", "sandboxclaims", "sandboxclaim", "SandboxClaim", true, true, true, "sandboxclaim"},
    {EXTENSIONS, "v1beta1", "sandboxtemplates", "sandboxtemplate", "SandboxTemplate", true, true, true, "sandboxtemplate"},
    {EXTENSIONS, "v1beta1", "sandboxwarmpools", "sandboxwarmpool", "SandboxWarmPool", true, true, true, "swp"},
    {AGENTS, "v1beta1", "sandboxes", "sandbox", "Sandbox", true, true, true, "sandbox"},
    {"", "v1", "pods", "pod", "Pod", true, false, true, "po"},
    {"", "v1", "events", "event", "Event", true, false, false, "ev"},
    {"", "v1", "nodes", "node", "Node", false, false, false, "no"},
    {"", "v1", "namespaces", "namespace", "Namespace", false, false, false, "ns"},
    {"", "v1", "services", "service", "Service", true, false, false, "svc"},
    {"", "v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim", true, false, false, "pvc"},
    {"", "v1", "resourcequotas", "resourcequota", "ResourceQuota", true, false, false, "quota"},
    {"", "v1", "configmaps", "configmap", "ConfigMap", true, false, false, "cm"},
    {"apps", "v1", "deployments", "deployment", "Deployment", true, false, true, "deploy"},
    {"apps", "v1", "replicasets", "replicaset", "ReplicaSet", true, false, true, "rs"},
    {"coordination.k8s.io", "v1", "leases", "lease", "Lease", true, false, false, NULL},
    {"discovery.k8s.io", "v1", "endpointslices", "endpointslice", "EndpointSlice", true, false, true, NULL},
    {"networking.k8s.io", "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", true, false, true, "netpol"},
    {"node.k8s.io", "v1", "runtimeclasses", "runtimeclass", "RuntimeClass", false, false, false, NULL},
    {"storage.k8s.io", "v1", "storageclasses", "storageclass", "StorageClass", false, false, false, "sc"},
};

size_t sim_resource_count(void)
{
    return sizeof sim_resources / sizeof *sim_resources;
}

size_t sim_resource_index(const struct resource *r)
{
    return (size_t)(r - sim_resources);
}

const struct resource *sim_resource(const char *plural)
{
    for (size_t i = 0; i < sim_resource_count(); i++)
        if (strcmp(sim_resources[i].plural, plural) == 0)
            return &sim_resources[i];
    return NULL;
}

const struct resource *sim_resource_of(struct slice group, struct slice plural)
{
    for (size_t i = 0; i < sim_resource_count(); i++)
        if (slice_is(group, sim_resources[i].group) && slice_is(plural, sim_resources[i].plural))
            return &sim_resources[i];
    return NULL;
}

const struct resource *sim_resource_of_kind(json object)
{
    struct buf api = {0}, kind = {0};
    const struct resource *found = NULL;

    json_text(json_get(object, "apiVersion"), &api);
    json_text(json_get(object, "kind"), &kind);
    struct slice group = buf_slice(&api);
    ptrdiff_t slash = slice_find(group, SLICE("/"));
    group.n = slash < 0 ? 0 : (size_t)slash;
    for (size_t i = 0; i < sim_resource_count() && !found; i++)
        if (slice_is(group, sim_resources[i].group) && slice_is(buf_slice(&kind), sim_resources[i].kind))
            found = &sim_resources[i];
    buf_free(&api);
    buf_free(&kind);
    return found;
}

bool sim_serves(const struct sim *sim, const struct resource *r, struct slice version)
{
    if (!r->crd)
        return slice_is(version, r->version);
    if (!sim->agents_version)
        return false;
    return slice_is(version, "v1alpha1") || (slice_is(version, "v1beta1") && strcmp(sim->agents_version, "v1beta1") == 0);
}

/* The versions of a group in order of preference; the number of them. */
static size_t group_versions(const struct sim *sim, struct slice group, const char *versions[3])
{
    static const char *const all[] = {"v1beta1", "v1alpha1", "v1"};
    size_t n = 0;

    for (size_t v = 0; v < 3; v++)
        for (size_t i = 0; i < sim_resource_count(); i++)
            if (slice_is(group, sim_resources[i].group) && sim_serves(sim, &sim_resources[i], slice_of(all[v]))) {
                versions[n++] = all[v];
                break;
            }
    return n;
}

static void add_group_version(struct buf *out, struct slice group, const char *version)
{
    buf_printf(out, "{\"groupVersion\":\"%.*s/%s\",\"version\":\"%s\"}", (int)group.n, group.p, version, version);
}

static bool add_group(const struct sim *sim, struct slice group, const char *head, struct buf *out)
{
    const char *versions[3];
    size_t n = group.n ? group_versions(sim, group, versions) : 0;

    if (n == 0)
        return false;
    buf_printf(out, "{%s\"name\":\"%.*s\",\"versions\":[", head, (int)group.n, group.p);
    for (size_t i = 0; i < n; i++) {
        buf_add_text(out, i ? "," : "");
        add_group_version(out, group, versions[i]);
    }
    buf_add_text(out, "],\"preferredVersion\":");
    add_group_version(out, group, versions[0]);
    buf_add_text(out, "}");
    return true;
}

bool sim_discover_group(const struct sim *sim, struct slice group, struct buf *out)
{
    if (!add_group(sim, group, "\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",", out))
        return false;
    buf_add_text(out, "\n");
    return true;
}

bool sim_discover_groups(const struct sim *sim, struct buf *out)
{
    buf_add_text(out, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[");
    bool first = true;
    for (size_t i = 0; i < sim_resource_count(); i++) {
        const char *group = sim_resources[i].group;
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen |= strcmp(sim_resources[k].group, group) == 0;
        if (seen)
            continue;
        struct buf one = {0};
        if (add_group(sim, slice_of(group), "", &one)) {
            buf_add_text(out, first ? "" : ",");
            buf_add_slice(out, buf_slice(&one));
            first = false;
        }
        buf_free(&one);
    }
    buf_add_text(out, "]}\n");
    return true;
}

static void add_resource(struct buf *out, const struct resource *r)
{
    buf_printf(out,
               "{\"name\":\"%s\",\"singularName\":\"%s\",\"namespaced\":%s,\"kind\":\"%s\",\"verbs\":[\"delete\",\"deletecollection\","
               "\"get\",\"list\","
               "\"patch\",\"create\",\"update\",\"watch\"]",
               r->plural, r->singular, r->namespaced ? "true" : "false", r->kind);
    if (r->short_name)
        buf_printf(out, ",\"shortNames\":[\"%s\"]", r->short_name);
    buf_add_text(out, "}");
    if (strcmp(r->plural, "pods") == 0)
        buf_add_text(out, ",{\"name\":\"pods/log\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"Pod\",\"verbs\":[\"get\"]}");
    if (r->crd && strcmp(r->plural, "sandboxtemplates") != 0)
        buf_printf(out, ",{\"name\":\"%s/status\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"%s\",\"verbs\":[\"get\",\"patch\","
                   "\"update\"]}",
                   r->plural, r->kind);
}

bool sim_discover_version(const struct sim *sim, struct slice group, struct slice version, struct buf *out)
{
    bool first = true;

    for (size_t i = 0; i < sim_resource_count(); i++) {
        const struct resource *r = &sim_resources[i];
        if (!slice_is(group, r->group) || !sim_serves(sim, r, version))
            continue;
        if (first)
            buf_printf(out, "{\"kind\":\"APIResourceList\",%s\"groupVersion\":\"%.*s%s%.*s\",\"resources\":[", group.n ?
                       "\"apiVersion\":\"v1\"," : "",
                       (int)group.n, group.p, group.n ? "/" : "", (int)version.n, version.p);
        else
            buf_add_text(out, ",");
        first = false;
        add_resource(out, r);
    }
    buf_add_text(out, first ? "" : "]}\n");
    return !first;
}
