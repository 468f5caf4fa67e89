/* The rows. A kind's `strs` names every str member of its struct, so that making, clearing and counting one needs no code of its own. */
#include "core/store/kinds.h"
#include "core/store/decode.h"
#include <strings.h>

#define AGENTS_GROUP "agents.x-k8s.io"
#define EXTENSIONS_GROUP "extensions.agents.x-k8s.io"

#define MEMBER(type, member) offsetof(struct type, member)
#define CONDITION(type, member) offsetof(struct type, member.reason), offsetof(struct type, member.message)

static const uint16_t claim_strs[] = {
    MEMBER(claim, pool), MEMBER(claim, template_name), MEMBER(claim, sandbox_name), MEMBER(claim, shutdown_policy),
    MEMBER(claim, first_observed), CONDITION(claim, ready), CONDITION(claim, finished),
};
static const uint16_t sandbox_strs[] = {
    MEMBER(sandbox, pod_name), MEMBER(sandbox, template_name), MEMBER(sandbox, launch_type), MEMBER(sandbox, node),
    MEMBER(sandbox, service_fqdn), MEMBER(sandbox, pod_ip), MEMBER(sandbox, image), CONDITION(sandbox, ready),
    CONDITION(sandbox, finished), CONDITION(sandbox, suspended), CONDITION(sandbox, scheduled),
};
static const uint16_t pool_strs[] = {MEMBER(pool, template_name)};
static const uint16_t template_strs[] = {
    MEMBER(sandbox_template, runtime_class), MEMBER(sandbox_template, service_account), MEMBER(sandbox_template, network_policy),
    MEMBER(sandbox_template, env_policy),
};
static const uint16_t pod_strs[] = {
    MEMBER(pod, phase), MEMBER(pod, reason), MEMBER(pod, message), MEMBER(pod, node), MEMBER(pod, ip), MEMBER(pod, runtime_class),
    MEMBER(pod, service_account), MEMBER(pod, scheduler), MEMBER(pod, app), MEMBER(pod, labels), CONDITION(pod, ready),
        CONDITION(pod, scheduled), CONDITION(pod, initialized),
};
static const uint16_t node_strs[] = {
    MEMBER(node, pressure), MEMBER(node, kubelet_version), MEMBER(node, taints), CONDITION(node, ready),
};
static const uint16_t deployment_strs[] = {
    MEMBER(deployment, image), MEMBER(deployment, container), MEMBER(deployment, args), MEMBER(deployment, selector),
    CONDITION(deployment, available), CONDITION(deployment, progressing),
};
static const uint16_t event_strs[] = {
    MEMBER(event, type), MEMBER(event, reason), MEMBER(event, message), MEMBER(event, component), MEMBER(event, about_kind_name),
    MEMBER(event, about_name), MEMBER(event, about_ns), MEMBER(event, about_field),
};
static const uint16_t pvc_strs[] = {MEMBER(pvc, phase), MEMBER(pvc, storage_class), MEMBER(pvc, volume)};
static const uint16_t runtimeclass_strs[] = {MEMBER(runtimeclass, handler)};
static const uint16_t storageclass_strs[] = {MEMBER(storageclass, provisioner)};
static const uint16_t lease_strs[] = {MEMBER(lease, holder)};
static const uint16_t limitrange_strs[] = {MEMBER(limitrange, limits)};
static const uint16_t namespace_strs[] = {MEMBER(kube_namespace, enforce), MEMBER(kube_namespace, enforce_version),
                                         MEMBER(kube_namespace, labels)};
static const uint16_t service_strs[] = {MEMBER(service, cluster_ip), MEMBER(service, selector)};
static const uint16_t endpointslice_strs[] = {MEMBER(endpointslice, service)};
static const uint16_t networkpolicy_strs[] = {MEMBER(networkpolicy, selector)};
static const uint16_t crd_strs[] = {MEMBER(crd, strategy), MEMBER(crd, webhook_ns), MEMBER(crd, webhook_service), MEMBER(crd, served)};

#define STRS(array) .strs = array, .n_strs = sizeof(array) / sizeof((array)[0])

enum { AGENT_LIST = KIND_AGENT | KIND_NAMESPACED | KIND_WATCHED | KIND_LISTED };

static const struct kind_info kinds[KIND_COUNT] = {
    [KIND_CLAIM] = {
        .kind = KIND_CLAIM,
        .name = "SandboxClaim", .group = EXTENSIONS_GROUP, .plural = "sandboxclaims", .versions = {"v1beta1", "v1alpha1"},
        .title = "Claims", .words = {"claims", "claim", "sc"}, .flags = AGENT_LIST,
        .size = sizeof(struct claim), .decode = decode_claim, STRS(claim_strs),
    },
    [KIND_SANDBOX] = {
        .kind = KIND_SANDBOX,
        .name = "Sandbox", .group = AGENTS_GROUP, .plural = "sandboxes", .versions = {"v1beta1", "v1alpha1"},
        .title = "Sandboxes", .words = {"sandbox", "sb"}, .flags = AGENT_LIST,
        .size = sizeof(struct sandbox), .decode = decode_sandbox, STRS(sandbox_strs),
    },
    [KIND_POOL] = {
        .kind = KIND_POOL,
        .name = "SandboxWarmPool", .group = EXTENSIONS_GROUP, .plural = "sandboxwarmpools", .versions = {"v1beta1", "v1alpha1"},
        .title = "Warm pools", .words = {"pools", "pool", "wp", "warmpools"}, .flags = AGENT_LIST,
        .size = sizeof(struct pool), .decode = decode_pool, STRS(pool_strs),
    },
    [KIND_TEMPLATE] = {
        .kind = KIND_TEMPLATE,
        .name = "SandboxTemplate", .group = EXTENSIONS_GROUP, .plural = "sandboxtemplates", .versions = {"v1beta1", "v1alpha1"},
        .title = "Templates", .words = {"templates", "template", "tpl"}, .flags = AGENT_LIST,
        .size = sizeof(struct sandbox_template), .decode = decode_template, .clear = clear_template, STRS(template_strs),
    },
    [KIND_POD] = {
        .kind = KIND_POD,
        .name = "Pod", .group = "", .plural = "pods", .versions = {"v1"},
        .title = "Pods", .words = {"pod", "po"}, .flags = KIND_NAMESPACED | KIND_WATCHED | KIND_LISTED,
        .size = sizeof(struct pod), .decode = decode_pod, .clear = clear_pod, STRS(pod_strs),
    },
    [KIND_NODE] = {
        .kind = KIND_NODE,
        .name = "Node", .group = "", .plural = "nodes", .versions = {"v1"},
        .title = "Nodes", .words = {"node", "no"}, .flags = KIND_WATCHED | KIND_LISTED,
        .size = sizeof(struct node), .decode = decode_node, STRS(node_strs),
    },
    [KIND_DEPLOYMENT] = {
        .kind = KIND_DEPLOYMENT,
        .name = "Deployment", .group = "apps", .plural = "deployments", .versions = {"v1"},
        .title = "Deployments", .words = {"deployment", "deploy"}, .flags = KIND_NAMESPACED | KIND_WATCHED,
        .size = sizeof(struct deployment), .decode = decode_deployment, .wanted = wanted_deployment, STRS(deployment_strs),
    },
    [KIND_EVENT] = {
        .kind = KIND_EVENT,
        .name = "Event", .group = "", .plural = "events", .versions = {"v1"},
        .title = "Events", .words = {"event", "ev"}, .flags = KIND_NAMESPACED | KIND_WATCHED,
        .size = sizeof(struct event), .decode = decode_event, .wanted = wanted_event, STRS(event_strs),
    },
    [KIND_PVC] = {
        .kind = KIND_PVC,
        .name = "PersistentVolumeClaim", .group = "", .plural = "persistentvolumeclaims", .versions = {"v1"},
        .title = "Volume claims", .words = {"pvc", "pvcs"}, .flags = KIND_NAMESPACED,
        .size = sizeof(struct pvc), .decode = decode_pvc, STRS(pvc_strs),
    },
    [KIND_QUOTA] = {
        .kind = KIND_QUOTA,
        .name = "ResourceQuota", .group = "", .plural = "resourcequotas", .versions = {"v1"},
        .title = "Quotas", .words = {"quota", "quotas"}, .flags = KIND_NAMESPACED,
        .size = sizeof(struct quota), .decode = decode_quota, .clear = clear_quota,
    },
    [KIND_RUNTIMECLASS] = {
        .kind = KIND_RUNTIMECLASS,
        .name = "RuntimeClass", .group = "node.k8s.io", .plural = "runtimeclasses", .versions = {"v1"},
        .title = "Runtime classes", .words = {"runtimeclass"},
        .size = sizeof(struct runtimeclass), .decode = decode_runtimeclass, STRS(runtimeclass_strs),
    },
    [KIND_STORAGECLASS] = {
        .kind = KIND_STORAGECLASS,
        .name = "StorageClass", .group = "storage.k8s.io", .plural = "storageclasses", .versions = {"v1"},
        .title = "Storage classes", .words = {"storageclass", "scs"},
        .size = sizeof(struct storageclass), .decode = decode_storageclass, STRS(storageclass_strs),
    },
    [KIND_LEASE] = {
        .kind = KIND_LEASE,
        .name = "Lease", .group = "coordination.k8s.io", .plural = "leases", .versions = {"v1"},
        .title = "Leases", .words = {"lease"}, .flags = KIND_NAMESPACED,
        .size = sizeof(struct lease), .decode = decode_lease, STRS(lease_strs),
    },
    [KIND_LIMITRANGE] = {
        .kind = KIND_LIMITRANGE,
        .name = "LimitRange", .group = "", .plural = "limitranges", .versions = {"v1"},
        .title = "Limit ranges", .words = {"limitrange"}, .flags = KIND_NAMESPACED,
        .size = sizeof(struct limitrange), .decode = decode_limitrange, STRS(limitrange_strs),
    },
    [KIND_SERVICEACCOUNT] = {
        .kind = KIND_SERVICEACCOUNT,
        .name = "ServiceAccount", .group = "", .plural = "serviceaccounts", .versions = {"v1"},
        .title = "Service accounts", .words = {"serviceaccount"}, .flags = KIND_NAMESPACED | KIND_METADATA,
        .size = sizeof(struct existence), .decode = decode_existence,
    },
    [KIND_SECRET] = {
        .kind = KIND_SECRET,
        .name = "Secret", .group = "", .plural = "secrets", .versions = {"v1"},
        .title = "Secrets", .words = {"secret"}, .flags = KIND_NAMESPACED | KIND_METADATA,
        .size = sizeof(struct existence), .decode = decode_existence,
    },
    [KIND_CONFIGMAP] = {
        .kind = KIND_CONFIGMAP,
        .name = "ConfigMap", .group = "", .plural = "configmaps", .versions = {"v1"},
        .title = "Config maps", .words = {"configmap"}, .flags = KIND_NAMESPACED | KIND_METADATA,
        .size = sizeof(struct existence), .decode = decode_existence,
    },
    [KIND_PRIORITYCLASS] = {
        .kind = KIND_PRIORITYCLASS,
        .name = "PriorityClass", .group = "scheduling.k8s.io", .plural = "priorityclasses", .versions = {"v1"},
        .title = "Priority classes", .words = {"priorityclass"}, .flags = KIND_METADATA,
        .size = sizeof(struct existence), .decode = decode_existence,
    },
    [KIND_NAMESPACE] = {
        .kind = KIND_NAMESPACE,
        .name = "Namespace", .group = "", .plural = "namespaces", .versions = {"v1"},
        .title = "Namespaces", .words = {"namespace"}, .flags = KIND_METADATA,
        .size = sizeof(struct kube_namespace), .decode = decode_namespace, STRS(namespace_strs),
    },
    [KIND_SERVICE] = {
        .kind = KIND_SERVICE,
        .name = "Service", .group = "", .plural = "services", .versions = {"v1"},
        .title = "Services", .words = {"service"}, .flags = KIND_NAMESPACED,
        .size = sizeof(struct service), .decode = decode_service, STRS(service_strs),
    },
    [KIND_ENDPOINTSLICE] = {
        .kind = KIND_ENDPOINTSLICE,
        .name = "EndpointSlice", .group = "discovery.k8s.io", .plural = "endpointslices", .versions = {"v1"},
        .title = "Endpoint slices", .words = {"endpointslice"}, .flags = KIND_NAMESPACED,
        .size = sizeof(struct endpointslice), .decode = decode_endpointslice, STRS(endpointslice_strs),
    },
    [KIND_NETWORKPOLICY] = {
        .kind = KIND_NETWORKPOLICY,
        .name = "NetworkPolicy", .group = "networking.k8s.io", .plural = "networkpolicies", .versions = {"v1"},
        .title = "Network policies", .words = {"networkpolicy"}, .flags = KIND_NAMESPACED,
        .size = sizeof(struct networkpolicy), .decode = decode_networkpolicy, .clear = clear_networkpolicy, STRS(networkpolicy_strs),
    },
    [KIND_CRD] = {
        .kind = KIND_CRD,
        .name = "CustomResourceDefinition", .group = "apiextensions.k8s.io", .plural = "customresourcedefinitions", .versions = {"v1"},
        .title = "CRDs", .words = {"crd"}, 
        .size = sizeof(struct crd), .decode = decode_crd, STRS(crd_strs),
    },
};

const struct kind_info *kind_info(enum kind kind)
{
    return &kinds[(unsigned)kind < KIND_COUNT ? kind : KIND_CLAIM];
}

enum kind kind_by_name(struct slice name)
{
    for (unsigned i = 0; i < KIND_COUNT; i++)
        if (slice_is(name, kinds[i].name))
            return (enum kind)i;
    return KIND_NONE;
}

static bool same_word(struct slice word, const char *text)
{
    return text && strlen(text) == word.n && strncasecmp(word.p, text, word.n) == 0;
}

enum kind kind_by_word(struct slice word)
{
    for (unsigned i = 0; i < KIND_COUNT && word.n; i++) {
        const struct kind_info *k = &kinds[i];
        bool same = same_word(word, k->plural) || same_word(word, k->title) || same_word(word, k->name);
        for (unsigned w = 0; !same && w < sizeof k->words / sizeof k->words[0]; w++)
            same = same_word(word, k->words[w]);
        if (same)
            return (enum kind)i;
    }
    return KIND_NONE;
}
