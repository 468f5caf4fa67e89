/* What the store holds, one struct a kind. All text is `str` of the store's pool; all times are wall milliseconds, 0 where absent.
 * Everything outside core/store holds these const, and never across turns of the loop. */
#ifndef STORE_OBJECTS_H
#define STORE_OBJECTS_H
#include "core/base/strpool.h"
#include "core/store/kinds.h"

struct uid {
    uint64_t hi, lo;                 /* 0,0: none */
};

/* Roles of links, from → to. A role appears at most once per object unless it says "many". */
enum link_role {
    LINK_CLAIM_SANDBOX,              /* status.sandbox.name, else label/annotation agents.x-k8s.io/sandbox-name */
    LINK_CLAIM_POOL,                 /* spec.warmPoolRef.name (v1beta1) or spec.warmpool (v1alpha1, when it names one) */
    LINK_CLAIM_TEMPLATE,             /* spec.sandboxTemplateRef.name (v1alpha1) */
    LINK_SANDBOX_POD,                /* annotation agents.x-k8s.io/pod-name, else the same name */
    LINK_SANDBOX_OWNER,              /* controller ownerReference: claim or pool */
    LINK_SANDBOX_TEMPLATE,           /* annotation agents.x-k8s.io/sandbox-template-ref */
    LINK_POOL_TEMPLATE,              /* spec.sandboxTemplateRef.name */
    LINK_POD_OWNER,                  /* controller ownerReference when it is a Sandbox */
    LINK_POD_NODE,                   /* spec.nodeName */
    LINK_POD_PVC,                    /* many: spec.volumes[].persistentVolumeClaim.claimName */
    LINK_EVENT_ABOUT,                /* involvedObject / regarding */
    LINK_ROLES,
};

struct link {
    struct object *from, *to;
    struct link *next_out;           /* the next link of `from` */
    struct link *next_in, **prev_in; /* the other links that point to `to` */
    enum link_role role;
};

/* Head of every object. A name that something links to but that is not there is an object too, with present == false and only kind, ns,
 * name and its incoming links valid: so links hold however objects come and go. */
struct object {
    enum kind kind;
    bool present;
    bool changed;                    /* is in the store's list of changes */
    bool controlled;                 /* has a controller ownerReference */
    bool touched;                    /* a claim that is in the store's list of touched claims */
    uint16_t sources;                /* bit per reflector that named it */
    uint16_t seen;                   /* bits of the reflectors whose running list has named it */
    uint32_t slot;                   /* small and dense, reused after the object is gone: an index for tables beside the store */
    str ns, name;
    struct uid uid;
    int64_t created_ms, deleting_ms; /* deleting_ms: deletionTimestamp */
    uint64_t generation;             /* the store's at this object's last change */
    str finalizers;                  /* joined by ","; "" if none */
    str owner_kind, owner_name;      /* the controller ownerReference, "" if none */
    struct uid owner_uid;
    struct link *out, *in;
};

enum truth { TRUTH_ABSENT, TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };
struct condition {
    enum truth status;
    str reason, message;
    int64_t since_ms;                /* lastTransitionTime */
};

struct claim {
    struct object o;
    str pool;                        /* the name it asks for; "" */
    str template_name;               /* v1alpha1; "" */
    str sandbox_name;                /* "" while unbound */
    bool has_status;                 /* status.conditions has any */
    bool old_api;                    /* read as v1alpha1 */
    struct condition ready, finished;
    int64_t shutdown_ms;             /* spec.lifecycle.shutdownTime */
    str shutdown_policy;
    str first_observed;              /* annotation …/controller-first-observed-at, to the second; "": the controller has not seen it */
    int64_t observed_ms;             /* the same stamp, to the millisecond */
    int64_t first_ready_ms;          /* annotation …/claim-first-ready-at: unlike the condition's stamp it outlives each flip; 0 unknown */
};

struct sandbox {
    struct object o;
    struct condition ready, finished, suspended, scheduled;
    str pod_name;                    /* annotation; "" : the sandbox's own name */
    str template_name, launch_type;  /* annotation; label warm/cold/"" */
    str node, service_fqdn, pod_ip;
    bool suspended_wanted;           /* operatingMode Suspended, or replicas 0 */
    bool pool_member;                /* label agents.x-k8s.io/warm-pool-sandbox */
    struct uid claim_uid;            /* label agents.x-k8s.io/claim-uid */
    str image;                       /* of the first container of its pod template */
};

struct pool {
    struct object o;
    int32_t desired, replicas, ready; /* absent counts as 0 */
    str template_name;
};

struct template_container {
    str name, image;
    bool init;
};
struct sandbox_template {
    struct object o;
    struct template_container *containers; /* init containers first */
    uint32_t n_containers;
    str runtime_class, service_account;
    str network_policy;              /* networkPolicyManagement */
    str env_policy;                  /* envVarsInjectionPolicy */
};

enum container_state { CONTAINER_UNKNOWN, CONTAINER_WAITING, CONTAINER_RUNNING, CONTAINER_TERMINATED };
struct container {
    str name, image, id;             /* id: "containerd://…" */
    str reason, message;             /* of the state */
    str last_reason, last_message;   /* of lastState.terminated */
    str ports;                       /* containerPorts: "8888,9090" */
    int64_t started_ms, finished_ms; /* of the state */
    int64_t last_started_ms, last_finished_ms;
    int32_t exit_code, last_exit_code;
    int32_t restarts;
    enum container_state state;
    bool ready, init, has_last;
    int32_t signal;
};
struct pod {
    struct object o;
    str phase, reason, message;      /* status.phase, .reason (Evicted …), .message */
    str node, ip;
    str runtime_class, service_account;
    str scheduler;                   /* spec.schedulerName */
    struct condition ready, scheduled, initialized;
    struct container *containers;    /* init containers first */
    uint32_t n_containers;
    str app;                         /* label app, else app.kubernetes.io/name */
    str labels;                      /* "k=v,k=v", but for those that are another in each pod */
    bool gated;                      /* spec.schedulingGates is not empty */
    int64_t started_ms;
};

struct node {
    struct object o;
    struct condition ready;
    bool unschedulable;
    str pressure;                    /* "MemoryPressure,DiskPressure": conditions that are True; "" */
    str kubelet_version;
    int64_t cpu_milli, memory_bytes; /* allocatable */
    int32_t pods;
    str taints;                      /* "key=value:Effect,…" */
};

enum component { COMPONENT_NONE, COMPONENT_CONTROLLER, COMPONENT_ROUTER };
struct deployment {
    struct object o;
    enum component component;        /* what it is to us, by name, labels or image */
    int32_t desired, ready, updated, unavailable;
    str image;                       /* of the container that matters */
    str container;                   /* its name */
    str args;                        /* joined by a newline */
    str selector;                    /* "app=x,y=z" matchLabels */
    struct condition available, progressing;
};

struct event {
    struct object o;
    str type, reason, message;       /* type Normal / Warning */
    str component;                   /* reportingComponent, else source.component */
    enum kind about_kind;
    str about_kind_name, about_name, about_ns, about_field; /* about_field: spec.containers{x} */
    struct uid about_uid;
    int64_t first_ms, last_ms;       /* eventTime/series and the old fields, folded */
    int32_t count;                   /* at least 1 */
};

struct pvc {
    struct object o;
    str phase, storage_class, volume;
};
struct quota_item {
    str resource, hard, used;
};
struct quota {
    struct object o;
    struct quota_item *items;
    uint32_t n_items;
};
struct runtimeclass {
    struct object o;
    str handler;
};
struct storageclass {
    struct object o;
    str provisioner;
    bool is_default;
};
struct lease {
    struct object o;
    str holder;
    int64_t renewed_ms;
    int32_t seconds;
};

struct limitrange {
    struct object o;
    str limits;                      /* "Container max cpu=100m; Container min …" */
};
struct existence {                   /* ServiceAccount, Secret, ConfigMap, PriorityClass: that it is there is all that is read */
    struct object o;
};
struct kube_namespace {
    struct object o;
    str enforce, enforce_version;    /* labels pod-security.kubernetes.io/… */
    str labels;                      /* all: "k=v,k=v" */
};
struct service {
    struct object o;
    str cluster_ip, selector;        /* selector "k=v,k=v" */
};
struct endpointslice {
    struct object o;
    str service;                     /* label kubernetes.io/service-name */
    int32_t ready, endpoints;
};
/* One `from` of an ingress rule. A selector is "k=v,k=v", "" selects all; has_…: it is there at all. */
struct policy_peer {
    str pods, namespaces, block;     /* block: an ipBlock's cidr */
    bool has_pods, has_namespaces;
    bool expressions;                /* has matchExpressions, which are not kept: whether it matches is not known */
};
struct networkpolicy {
    struct object o;
    str selector;                    /* of the pods it is about */
    bool expressions;                /* the selector has matchExpressions */
    bool ingress;                    /* it limits what comes in */
    bool open;                       /* some ingress rule has no `from`: all may come in */
    struct policy_peer *peers;
    uint32_t n_peers;
};
struct crd {
    struct object o;
    str strategy;                    /* None, Webhook */
    str webhook_ns, webhook_service;
    bool has_ca;
    str served;                      /* "v1beta1,v1alpha1" */
};

#define AS(type, object) ((const struct type *)(const void *)(object))
#endif
