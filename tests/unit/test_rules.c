/* The rules as a table: the objects of one claim, and what must be said of it. */
#include "tests/unit/diagnose_cases.h"

struct row {
    const char *name;
    const char *objects[10];
    int seconds;                     /* now, from START */
    const char *rule;                /* "" : no finding leads */
    int number;
    enum kind at_kind;
    const char *at, *brief;
    enum confidence confidence;
    enum severity severity;
    const char *cause;               /* a part of it; NULL: not asked */
};

#define PULL_ERROR(rest) "failed to pull and unpack image \\\"registry/app:2\\\": failed to resolve reference \\\"registry/app:2\\\": " rest
#define ERROR_SEEN(text) CLAIM_NOT("ReconcilerError", "Error seen: " text), SANDBOX_NOT("ReconcilerError", "Error seen: " text)
#define IMAGE(reason, text) CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WAITS(reason, text)
#define CRASHED(restarts, state, last) \
    POD_STATE("Running", "'restartCount':" restarts ",'ready':false,'state':" state ",'lastState':" last)

static const struct row rows[] = {
    /* rows 2 to 5: nobody has seen the claim */
    {"unseen for 9 s", {CLAIM_UNSEEN, CONTROLLER("0", "", WELL_ARGS)}, 9, "", 0, 0, "", "not yet seen by the controller", 0, 0, NULL},
    {"controller at 0, Available=True", {CLAIM_UNSEEN, CONTROLLER("0", "", WELL_ARGS)}, 10, "controller-down", 2, KIND_DEPLOYMENT,
     "agent-sandbox-controller", "controller scaled to 0", CONFIDENCE_PROVED, SEVERITY_STUCK, "scaled to 0"},
    {"controller not ready", {CLAIM_UNSEEN, CONTROLLER("1", "", WELL_ARGS)}, 10, "controller-down", 2, KIND_DEPLOYMENT,
     "agent-sandbox-controller", "controller is down: 0 of 1 ready", CONFIDENCE_PROVED, SEVERITY_STUCK, "no ready pod"},
    {"no controller at all", {CLAIM_UNSEEN}, 10, "controller-down", 2, KIND_DEPLOYMENT, "agent-sandbox-controller", "no controller found",
     CONFIDENCE_LIKELY, SEVERITY_STUCK, NULL},
    {"no --extensions", {CLAIM_UNSEEN, CONTROLLER("1", "'readyReplicas':1,", "'--leader-elect=true'")}, 10, "controller-no-extensions", 3,
     KIND_DEPLOYMENT, "agent-sandbox-controller", "controller lacks --extensions", CONFIDENCE_PROVED, SEVERITY_STUCK, "--extensions"},
    {"--extensions=false", {CLAIM_UNSEEN, CONTROLLER("1", "'readyReplicas':1,", "'--extensions=false'")}, 10, "controller-no-extensions", 3,
     KIND_DEPLOYMENT, "agent-sandbox-controller", "controller lacks --extensions", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"queue", {CLAIM_UNSEEN, POOL, TEMPLATE, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS)}, 12, "controller-backlog", 5,
        KIND_DEPLOYMENT,
     "agent-sandbox-controller", "controller has not looked at it", CONFIDENCE_POSSIBLE, SEVERITY_STUCK, NULL},
    {"no leader", {CLAIM_UNSEEN, POOL, TEMPLATE, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS),
                   "{'kind':'Lease','metadata':{'name':'a3317529.agent-sandbox.x-k8s.io','namespace':'agent-sandbox-system'},"
                   "'spec':{'holderIdentity':'','leaseDurationSeconds':1,'renewTime':" AT("00:05") "}}"},
     12, "controller-no-leader", 4, KIND_LEASE, "a3317529.agent-sandbox.x-k8s.io", "controller has no leader", CONFIDENCE_PROVED,
         SEVERITY_STUCK, "no holder"},
    {"ready pod, claim not told", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS),
                                   POD_WITH("", ON_NODE, "'phase':'Running','conditions':[" SCHEDULED "," CONDITION("Ready", "True", "",
                    "", "00:02") "]")},
     40, "controller-backlog", 5, KIND_DEPLOYMENT, "agent-sandbox-controller", "pod is ready; controller lags behind", CONFIDENCE_LIKELY,
         SEVERITY_WAITING, NULL},

    /* rows 8 to 14, 38 */
    {"template missing", {CLAIM_UNBOUND("TemplateNotFound", "SandboxTemplate \\\"t\\\" not found"), POOL}, 2, "template-missing", 8,
        KIND_TEMPLATE, "t",
     "template t not found", CONFIDENCE_PROVED, SEVERITY_STUCK, "does not exist"},
    {"template there by now", {CLAIM_UNBOUND("TemplateNotFound", "SandboxTemplate \\\"t\\\" not found"), POOL, TEMPLATE}, 20,
        "template-missing", 9,
     KIND_CLAIM, "c", "template t is there now, retry pending", CONFIDENCE_PROVED, SEVERITY_WAITING, NULL},
    {"template there for long", {CLAIM_UNBOUND("TemplateNotFound", "SandboxTemplate \\\"t\\\" not found"), POOL, TEMPLATE}, 90,
        "template-missing", 9,
     KIND_CLAIM, "c", "template t is there now, retry pending", CONFIDENCE_LIKELY, SEVERITY_STUCK, NULL},
    {"pool missing", {CLAIM_UNBOUND("WarmPoolNotFound", "SandboxWarmPool \\\"p\\\" not found")}, 2, "pool-missing", 10, KIND_POOL, "p",
        "pool p not found",
     CONFIDENCE_PROVED, SEVERITY_STUCK, "does not exist"},
    {"shadow pool missing", {CLAIM_UNBOUND("WarmPoolNotFound", "SandboxWarmPool \\\"shadow-pool-t\\\" not found")}, 2, "pool-missing", 11,
        KIND_POOL,
     "shadow-pool-t", "pool shadow-pool-t not found", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"env refused", {CLAIM_UNBOUND("EnvVarsInjectionRejected",
                                   "environment variable injection rejected: environment variable injection is not allowed by the template "
                                   "policy"),
                     POOL, TEMPLATE},
     2, "refused", 12, KIND_CLAIM, "c", "environment variables not allowed", CONFIDENCE_PROVED, SEVERITY_STUCK, "environment variable"},
    {"metadata refused", {CLAIM_UNBOUND("InvalidMetadata", "invalid additionalPodMetadata: label x"), POOL, TEMPLATE}, 2, "refused", 12,
        KIND_CLAIM, "c",
     "its additionalPodMetadata is not allowed", CONFIDENCE_PROVED, SEVERITY_STUCK, "label x"},
    {"volumes refused", {CLAIM_UNBOUND("VolumeClaimTemplatesError", "volume claim templates not allowed"), POOL, TEMPLATE}, 2, "refused",
        12, KIND_CLAIM, "c",
     "its volumeClaimTemplates are refused", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"override", {CLAIM_UNBOUND("ReconcilerError", "Error seen: environment variable override is not allowed: HOME"), POOL, TEMPLATE}, 2,
        "override", 13,
     KIND_CLAIM, "c", "env override not allowed", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"unknown container", {CLAIM_UNBOUND("ReconcilerError", "Error seen: target container \\\"x\\\" not found"), POOL, TEMPLATE}, 2,
        "override", 13,
     KIND_CLAIM, "c", "env names an unknown container", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"collision", {CLAIM_UNBOUND("ReconcilerError",
                                 "Error seen: sandbox \\\"c\\\" is not controlled by claim \\\"c\\\". Please use a different claim name"),
                                     POOL, TEMPLATE,
                   SANDBOX_WITH(CONDITION("Ready", "True", "DependenciesReady", "", "00:01"), "")},
     2, "name-collision", 14, KIND_SANDBOX, "c", "sandbox c exists, not controlled by it", CONFIDENCE_PROVED, SEVERITY_STUCK,
         "not controlled"},
    {"expired", {CLAIM_UNBOUND("ClaimExpired", "Claim expired. Sandbox cleanup initiated."), POOL, TEMPLATE}, 2, "expired", 38, KIND_CLAIM,
        "c", "expired",
     CONFIDENCE_PROVED, SEVERITY_STUCK, "shutdownTime"},
    {"sandbox expired", {CLAIM_NOT("SandboxExpired", "Underlying Sandbox resource has expired independently of the Claim."), POOL, TEMPLATE,
                         SANDBOX_NOT("SandboxExpired", "")},
     2, "expired", 38, KIND_SANDBOX, "c", "sandbox expired", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},

    /* rows 15 to 17, 27 to 29 */
    {"quota", {ERROR_SEEN("pods \\\"c\\\" is forbidden: exceeded quota: small, requested: pods=1,requests.cpu=20m, used: "
                          "pods=5,requests.cpu=0, limited: pods=5,requests.cpu=10m")},
     3, "quota", 15, KIND_QUOTA, "small", "quota small exceeded: pods, requests.cpu", CONFIDENCE_PROVED, SEVERITY_STUCK, "exceeded quota"},
    {"quota wants limits", {ERROR_SEEN("pods \\\"c\\\" is forbidden: failed quota: small: must specify requests.memory for: main")}, 3,
        "quota", 15, KIND_QUOTA, "small",
     "quota small wants requests or limits set", CONFIDENCE_PROVED, SEVERITY_STUCK, "must specify"},
    {"runtime class", {ERROR_SEEN("pods \\\"c\\\" is forbidden: pod rejected: RuntimeClass \\\"gvisor\\\" not found")}, 3, "runtime-class",
        16, KIND_RUNTIMECLASS,
     "gvisor", "RuntimeClass gvisor not found", CONFIDENCE_PROVED, SEVERITY_STUCK, "RuntimeClass"},
    {"pod security", {ERROR_SEEN("pods \\\"c\\\" is forbidden: violates PodSecurity \\\"baseline:latest\\\": host namespaces "
                                 "(hostNetwork=true)"), POOL, TEMPLATE}, 3,
     "pod-security", 17, KIND_TEMPLATE, "t", "breaks Pod Security baseline:latest", CONFIDENCE_PROVED, SEVERITY_STUCK, "hostNetwork=true"},
    {"webhook", {ERROR_SEEN("admission webhook \\\"policy.example.com\\\" denied the request: no privileged pods"), POOL, TEMPLATE}, 3,
        "admission", 17, KIND_TEMPLATE,
     "t", "refused by webhook policy.example.com", CONFIDENCE_PROVED, SEVERITY_STUCK, "no privileged pods"},
    {"service account", {ERROR_SEEN("pods \\\"c\\\" is forbidden: error looking up service account n/robot: serviceaccount \\\"robot\\\" "
                                    "not found"), POOL, TEMPLATE}, 3,
     "admission", 17, KIND_SERVICEACCOUNT, "robot", "service account robot not found", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"invalid pod", {ERROR_SEEN("Pod \\\"c\\\" is invalid: spec.containers[0].resources.requests: Invalid value: \\\"4Gi\\\""), POOL,
        TEMPLATE}, 3, "admission", 17,
     KIND_TEMPLATE, "t", "pod is invalid: spec.containers[0].resources.requests: Invalid value: \"4Gi\"", CONFIDENCE_PROVED,
         SEVERITY_STUCK, NULL},
    {"command ends well, again and again", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING,
                                            CRASHED("3", TERMINATED("Completed", "0", "00:40", "00:40"),
                                                    TERMINATED("Completed", "0", "00:15", "00:15"))},
     45, "crash-loop", 23, KIND_POD, "c", "container ends again and again: exit code 0", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"pod lost", {ERROR_SEEN("pod in annotation get failed: Pod \\\"c\\\" not found"), POOL, TEMPLATE}, 3, "pod-lost", 27, KIND_SANDBOX,
        "c",
     "its pod is gone and is not made again", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"owned by another", {ERROR_SEEN("pod \\\"c\\\" is owned by ReplicaSet/web (UID 1), not by sandbox"), POOL, TEMPLATE}, 3, "ownership",
        28, KIND_SANDBOX, "c",
     "pod belongs to ReplicaSet/web", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"stray service", {ERROR_SEEN("cannot adopt unowned service"), POOL, TEMPLATE}, 3, "ownership", 28, KIND_SANDBOX, "c",
        "stray Service of its name",
     CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"many pods", {CLAIM_NOT("MultiplePods", "multiple Pods (2)"), SANDBOX_NOT("MultiplePods", "multiple Pods (2)"), POOL, TEMPLATE}, 3,
        "many-pods", 29,
     KIND_SANDBOX, "c", "several pods for one sandbox", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"other error", {ERROR_SEEN("Internal error occurred: etcd leader changed"), POOL, TEMPLATE}, 3, "reconcile-error", 0, KIND_SANDBOX,
        "c",
     "Internal error occurred: etcd leader changed", CONFIDENCE_LIKELY, SEVERITY_WAITING, NULL},
    {"benign conflict", {ERROR_SEEN("the object has been modified; please apply your changes to the latest version"), POOL, TEMPLATE}, 3,
        "", 0, 0, "",
     "sandbox without a pod yet", 0, 0, NULL},

    /* rows 18 to 20 */
    {"cpu", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING,
             POD_UNPLACED("0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are "
                          "available")},
     2, "unschedulable", 18, KIND_POD, "c", "no node has enough cpu", CONFIDENCE_PROVED, SEVERITY_STUCK, "insufficient cpu (1 node)"},
    {"cpu and memory", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING,
        POD_UNPLACED("0/3 nodes are available: 3 Insufficient cpu, 3 Insufficient memory.")},
     2, "unschedulable", 18, KIND_POD, "c", "no node has enough cpu, memory", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"taints", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING,
        POD_UNPLACED("0/1 nodes are available: 1 node(s) had untolerated taint {gpu: only}. no new claims")},
     2, "unschedulable", 18, KIND_POD, "c", "all nodes have taints it does not tolerate", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"selector", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING,
        POD_UNPLACED("0/1 nodes are available: 1 node(s) didn\\u0027t match Pod\\u0027s node affinity/selector.")},
     2, "unschedulable", 18, KIND_POD, "c", "no node matches its node selector", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"no nodes", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_UNPLACED("no nodes available to schedule pods")}, 2, "unschedulable",
        18, KIND_POD, "c",
     "the cluster has no nodes", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"scheduler at a loss", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_UNPLACED("something new")}, 2, "unschedulable", 18,
        KIND_POD, "c",
     "no node can take the pod", CONFIDENCE_PROVED, SEVERITY_STUCK, "something new"},
    {"gate", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING,
              POD_WITH("", "'schedulingGates':[{'name':'kueue.x-k8s.io/admission'}],",
                       "'phase':'Pending','conditions':[" CONDITION("PodScheduled", "False", "SchedulingGated", "", "00:01") "]")},
     2, "scheduling-gate", 19, KIND_POD, "c", "held by a scheduling gate", CONFIDENCE_PROVED, SEVERITY_WAITING, NULL},
    {"gate for long", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING,
                       POD_WITH("", "'schedulingGates':[{'name':'kueue.x-k8s.io/admission'}],",
                                "'phase':'Pending','conditions':[" CONDITION("PodScheduled", "False", "SchedulingGated", "", "00:01") "]")},
     200, "scheduling-gate", 19, KIND_POD, "c", "held by a scheduling gate", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"volume being made", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING,
                           POD_WITH("", "'volumes':[{'name':'data','persistentVolumeClaim':{'claimName':'data-c'}}],",
                                    "'phase':'Pending','conditions':[" CONDITION("PodScheduled", "False", "Unschedulable",
                                    "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found", "00:01") "]")},
     5, "volume-unbound", 20, KIND_PVC, "data-c", "volume claim data-c is not bound", CONFIDENCE_PROVED, SEVERITY_WAITING, NULL},
    {"no default class", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING,
                          POD_WITH("", "'volumes':[{'name':'data','persistentVolumeClaim':{'claimName':'data-c'}}],",
                                   "'phase':'Pending','conditions':[" CONDITION("PodScheduled", "False", "Unschedulable",
                                   "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.", "00:01") "]"),
                          "{'kind':'Event'," META("pe") ",'involvedObject':{'kind':'PersistentVolumeClaim','namespace':'n',"
                                                        "'name':'data-c'},'type':'Normal','reason':"
                          "'FailedBinding','message':'no persistent volumes available for this claim and no storage class is "
                          "set','lastTimestamp':" AT("00:02") ",'count':1}"},
     5, "volume-unbound", 20, KIND_PVC, "data-c", "volume claim names no StorageClass", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"volume claim missing", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING,
                              POD_WITH("", "'volumes':[{'name':'data','persistentVolumeClaim':{'claimName':'shared'}}],",
                                       "'phase':'Pending','conditions':[" CONDITION("PodScheduled", "False", "Unschedulable",
                                       "0/1 nodes are available: persistentvolumeclaim \\\"shared\\\" not found. not found", "00:01") "]")},
     200, "volume-unbound", 20, KIND_PVC, "shared", "volume claim shared not found", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"mount fails", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WAITS("ContainerCreating", ""),
                     EVENT("FailedMount", "MountVolume.SetUp failed for volume \\\"data\\\" : mount failed: exit status 32", "3", "00:04")},
     20, "volume-mount", 20, KIND_POD, "c", "volume cannot be mounted", CONFIDENCE_LIKELY, SEVERITY_WAITING, NULL},
    {"mounted by now", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WAITS("ContainerCreating", ""),
                        EVENT("FailedMount", "MountVolume.SetUp failed for volume \\\"data\\\" : mount failed: exit status 32", "3",
                              "00:04"),
                        EVENT("Pulling", "Pulling image", "1", "00:09")},
     20, "", 0, 0, "", "image being pulled", 0, 0, NULL},
    {"secret volume", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WAITS("ContainerCreating", ""),
                       EVENT("FailedMount", "MountVolume.SetUp failed for volume \\\"keys\\\" : secret \\\"api-keys\\\" not found", "3",
                             "00:04")},
     20, "volume-mount", 22, KIND_POD, "c", "secret api-keys not found", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"key not in the volume's map", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WAITS("ContainerCreating", ""),
                       EVENT("FailedMount", "MountVolume.SetUp failed for volume \\\"v\\\" : "
                             "configmap references non-existent config key: a.yaml", "3", "00:04")},
     20, "volume-mount", 22, KIND_POD, "c", "configmap has no key a.yaml", CONFIDENCE_PROVED, SEVERITY_STUCK,
         "exists, but has no key a.yaml"},

    /* row 21 */
    {"image not found", {IMAGE("ErrImagePull", PULL_ERROR("registry/app:2: not found"))}, 3, "image-pull", 21, KIND_POD, "c",
        "image registry/app:2 not found",
     CONFIDENCE_PROVED, SEVERITY_STUCK, "cannot be pulled: not found"},
    {"the same, backing off", {IMAGE("ImagePullBackOff",
                                     "Back-off pulling image \\\"registry/app:2\\\": ErrImagePull: "
                                         PULL_ERROR("registry/app:2: not found"))}, 3,
     "image-pull", 21, KIND_POD, "c", "image registry/app:2 not found", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"the same, told by the event only", {IMAGE("ImagePullBackOff", "Back-off pulling image \\\"registry/app:2\\\""),
                                          EVENT("Failed", "Failed to pull image \\\"registry/app:2\\\": " PULL_ERROR("registry/app:2: not "
                                                  "found"), "2", "00:02")},
     3, "image-pull", 21, KIND_POD, "c", "image registry/app:2 not found", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"cause unknown", {IMAGE("ImagePullBackOff", "Back-off pulling image \\\"registry/app:2\\\"")}, 3, "image-pull", 21, KIND_POD, "c",
     "image registry/app:2 cannot be pulled", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"registry refuses", {IMAGE("ErrImagePull", PULL_ERROR("dial tcp 10.0.0.1:443: connect: connection refused"))}, 3, "image-pull", 21,
        KIND_POD, "c",
     "image registry/app:2: nothing answers at its registry", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"denied", {IMAGE("ErrImagePull",
                      PULL_ERROR("pull access denied, repository does not exist or may require authorization: authorization failed"))}, 3,
                          "image-pull",
     21, KIND_POD, "c", "image registry/app:2: registry denies access", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"denied, for want of the pull secret", {IMAGE("ErrImagePull", PULL_ERROR("401 Unauthorized")),
      EVENT("FailedToRetrieveImagePullSecret",
            "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.", "3", "00:02")}, 3,
     "image-pull", 21, KIND_POD, "c", "image registry/app:2: pull secret regcred not found", CONFIDENCE_PROVED, SEVERITY_STUCK,
         "imagePullSecret regcred does not exist"},
    {"dns", {IMAGE("ErrImagePull", PULL_ERROR("dial tcp: lookup registry on 10.96.0.10:53: no such host"))}, 3, "image-pull", 21, KIND_POD,
        "c",
     "image registry/app:2: registry's name cannot be resolved", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"tls", {IMAGE("ErrImagePull", PULL_ERROR("tls: failed to verify certificate: x509: certificate signed by unknown authority"))}, 3,
        "image-pull", 21, KIND_POD, "c",
     "image registry/app:2: registry's certificate is not trusted", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"plain http", {IMAGE("ErrImagePull", PULL_ERROR("http: server gave HTTP response to HTTPS client"))}, 3, "image-pull", 21, KIND_POD,
        "c",
     "image registry/app:2: registry speaks no TLS", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"too many pulls", {IMAGE("ErrImagePull", PULL_ERROR("429 Too Many Requests - toomanyrequests: limit"))}, 3, "image-pull", 21,
        KIND_POD, "c",
     "image registry/app:2: registry limits pulls", CONFIDENCE_PROVED, SEVERITY_WAITING, NULL},
    {"bad name", {IMAGE("InvalidImageName", "Failed to apply default image tag: couldn\\u0027t parse image reference")}, 3, "image-pull",
        21, KIND_POD, "c",
     "image registry/app:2: not a valid image name", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"never pulled", {IMAGE("ErrImageNeverPull", "Container image is not present with pull policy of Never")}, 3, "image-pull", 21,
        KIND_POD, "c",
     "image registry/app:2 is not on the node", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"an image with a telling name", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING,
                                      "{'kind':'Pod'," META("c") ",'spec':{'nodeName':'node-1','containers':[{'name':'main',"
                                                                 "'image':'denied/unauthorized:1'}]},'status':{'phase':"
                                               "'Pending','conditions':[" UNREADY "],'containerStatuses':[{'name':'main',"
                                                       "'image':'denied/unauthorized:1','restartCount':0,"
                                               "'state':{'waiting':{'reason':'ErrImagePull','message':'failed to pull and unpack image "
                                               "\\\"denied/unauthorized:1\\\": denied/unauthorized:1: not found'}}}]}}"},
     3, "image-pull", 21, KIND_POD, "c", "image denied/unauthorized:1 not found", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"init container's image", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING,
                                POD_WITH("", ON_NODE "'initContainers':[{'name':'fetch','image':'registry/init:1'}],",
                                         "'phase':'Pending','conditions':[" UNREADY "],'initContainerStatuses':[{'name':'fetch',"
                                                 "'image':'registry/init:1','restartCount':0,"
                                         "'state':{'waiting':{'reason':'ErrImagePull','message':'manifest "
                                         "unknown'}}}],'containerStatuses':[{'name':'main',"
                                         "'image':'registry/app:2','restartCount':0,'state':{'waiting':{'reason':'PodInitializing'}}}]")},
     3, "image-pull", 21, KIND_POD, "c", "image registry/init:1 not found", CONFIDENCE_PROVED, SEVERITY_STUCK, "init container"},

    /* rows 22 to 26 */
    {"secret", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WAITS("CreateContainerConfigError",
                                                                          "secret \\\"api-key\\\" not found")}, 3, "container-config", 22,
     KIND_POD, "c", "secret api-key not found", CONFIDENCE_PROVED, SEVERITY_STUCK, "secret api-key"},
    {"config map", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WAITS("CreateContainerConfigError",
                                                                              "configmap \\\"settings\\\" not found")}, 3,
     "container-config", 22, KIND_POD, "c", "configmap settings not found", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"key in secret", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WAITS("CreateContainerConfigError",
                                                                                 "couldn\\u0027t find key token in Secret n/api-key")}, 3,
     "container-config", 22, KIND_POD, "c", "key token not found in Secret n/api-key", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"runs as root", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WAITS("CreateContainerConfigError",
                                                                                "container has runAsNonRoot and image will run as root")},
                                                                                    3,
     "container-config", 22, KIND_POD, "c", "container has runAsNonRoot and image will run as root", CONFIDENCE_PROVED, SEVERITY_STUCK,
         "runAsNonRoot"},
    {"no such command", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING,
                         POD_STATE("Running", "'restartCount':1,'ready':false,'state':{'waiting':{'reason':'CrashLoopBackOff'}},"
                                              "'lastState':{'terminated':{'exitCode':128,"
                                   "'reason':'StartError','message':'exec: \\\"serve\\\": executable file not found in $PATH'}}")},
     3, "container-start", 23, KIND_POD, "c", "command serve not found in the image", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"first end", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING, CRASHED("0", TERMINATED("Error", "1", "00:02", "00:02"), "{}")}, 3,
        "crash-loop", 23, KIND_POD, "c",
     "container ended: exit code 1", CONFIDENCE_PROVED, SEVERITY_WAITING, NULL},
    {"loop, terminated", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING,
                          CRASHED("3", TERMINATED("Error", "1", "00:40", "00:40"), TERMINATED("Error", "1", "00:15", "00:15"))},
     45, "crash-loop", 23, KIND_POD, "c", "container crashes: exit code 1", CONFIDENCE_PROVED, SEVERITY_STUCK, "exited with code 1"},
    {"loop, Ready for a moment", {CLAIM_READY_AT("00:41"), POOL, TEMPLATE, SANDBOX_PENDING,
                                  CRASHED("4", RUNNING("00:41"), TERMINATED("Error", "1", "00:15", "00:15"))},
     42, "crash-loop", 23, KIND_POD, "c", "container crashes: exit code 1", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"restarts of long ago", {CLAIM_READY_AT("00:41"), POOL, TEMPLATE, SANDBOX_PENDING,
                              CRASHED("4", RUNNING("00:41"), TERMINATED("Error", "1", "00:15", "00:15"))},
     80, "", 0, 0, "", "", 0, 0, NULL},
    {"back-off", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING, CRASHED("2", "{'waiting':{'reason':'CrashLoopBackOff'}}",
                                                                          TERMINATED("Error", "3", "00:15", "00:16"))}, 30,
     "crash-loop", 23, KIND_POD, "c", "container crashes: exit code 3", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"out of memory", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING,
                       CRASHED("2", TERMINATED("OOMKilled", "137", "00:40", "00:43"), TERMINATED("OOMKilled", "137", "00:15", "00:18"))},
     45, "crash-loop", 23, KIND_POD, "c", "container out of memory (OOMKilled, exit 137)", CONFIDENCE_PROVED, SEVERITY_STUCK,
         "OOMKilled, exit code 137"},
    {"liveness", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING, CRASHED("2", TERMINATED("Error", "137", "00:10", "00:43"),
                                                                          TERMINATED("Error", "137", "00:05", "00:09")),
                  EVENT("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", "6", "00:40")},
     45, "crash-loop", 25, KIND_POD, "c", "container killed by its liveness probe", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"postStart hook", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING, CRASHED("2", TERMINATED("Error", "137", "00:10", "00:43"),
                                                                          TERMINATED("Error", "137", "00:05", "00:09")),
                  "{'kind':'Event'," META("hook") ",'involvedObject':{'kind':'Pod','namespace':'n','name':'c','fieldPath':"
                  "'spec.containers{main}'},'type':'Warning','reason':'FailedPostStartHook','message':'PostStartHook failed',"
                  "'firstTimestamp':" AT("00:12") ",'lastTimestamp':" AT("00:12") ",'count':2}"},
     45, "crash-loop", 23, KIND_POD, "c", "container killed: its postStart hook fails", CONFIDENCE_PROVED, SEVERITY_STUCK, "postStart"},
    {"another container's hook", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING, CRASHED("2", TERMINATED("Error", "137", "00:10", "00:43"),
                                                                          TERMINATED("Error", "137", "00:05", "00:09")),
                  "{'kind':'Event'," META("hook") ",'involvedObject':{'kind':'Pod','namespace':'n','name':'c','fieldPath':"
                  "'spec.containers{side}'},'type':'Warning','reason':'FailedPostStartHook','message':'PostStartHook failed',"
                  "'firstTimestamp':" AT("00:12") ",'lastTimestamp':" AT("00:12") ",'count':2}"},
     45, "crash-loop", 23, KIND_POD, "c", "container crashes: exit code 137", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"readiness gate", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING,
                        POD_WITH("", ON_NODE, "'phase':'Running','conditions':[" CONDITION("Ready", "False", "ReadinessGatesNotReady",
                                 "corresponding condition of pod readiness gate \\\"x.io/go\\\" does not exist.", "00:02")
                                 "],'containerStatuses':[{'name':'main','ready':true,'restartCount':0,'state':" RUNNING("00:02") "}]")},
     25, "readiness-gate", 0, KIND_POD, "c", "readiness gate x.io/go not passed", CONFIDENCE_PROVED, SEVERITY_WAITING, NULL},
    {"node that is not there", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WITH("", ON_NODE, "'phase':'Pending'"),
                              "{'kind':'Node','metadata':{'name':'node-2'}}"},
     25, "node-missing", 0, KIND_NODE, "node-1", "node node-1 does not exist", CONFIDENCE_PROVED, SEVERITY_WAITING, NULL},
    {"probe, just started", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING,
        POD_STATE("Running", "'restartCount':0,'ready':false,'state':" RUNNING("00:02")),
                             EVENT("Unhealthy", "Readiness probe failed: dial tcp 1.2.3.4:80: connect: connection refused", "2", "00:05")},
     16, "", 0, 0, "", "container not ready yet", 0, 0, NULL},
    {"probe", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING, POD_STATE("Running",
                                                                         "'restartCount':0,'ready':false,'state':" RUNNING("00:02")),
               EVENT("Unhealthy", "Readiness probe failed: dial tcp 1.2.3.4:80: connect: connection refused", "9", "00:15")},
     25, "probe", 24, KIND_POD, "c", "readiness probe fails: connection refused", CONFIDENCE_PROVED, SEVERITY_WAITING, "readiness probe"},
    {"probe for long", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING,
        POD_STATE("Running", "'restartCount':0,'ready':false,'state':" RUNNING("00:02")),
                        EVENT("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404", "90", "03:00")},
     181, "probe", 24, KIND_POD, "c", "readiness probe fails: HTTP 404", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"probe, event gone", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING,
        POD_STATE("Running", "'restartCount':0,'ready':false,'state':" RUNNING("00:02"))}, 181, "probe",
     24, KIND_POD, "c", "readiness probe fails", CONFIDENCE_LIKELY, SEVERITY_STUCK, NULL},
    {"completed", {CLAIM_NOT("PodSucceeded", "Pod completed successfully"), POOL, TEMPLATE,
        SANDBOX_NOT("PodSucceeded", "Pod completed successfully"),
                   POD_STATE("Succeeded", "'restartCount':0,'ready':false,'state':" TERMINATED("Completed", "0", "00:02", "00:02"))},
     3, "pod-ended", 26, KIND_POD, "c", "pod completed: exit code 0", CONFIDENCE_PROVED, SEVERITY_STUCK, "completed"},
    {"failed", {CLAIM_NOT("PodFailed", "Pod failed"), POOL, TEMPLATE, SANDBOX_NOT("PodFailed", "Pod failed"),
                POD_STATE("Failed", "'restartCount':0,'ready':false,'state':" TERMINATED("Error", "2", "00:02", "00:02"))},
     3, "pod-ended", 26, KIND_POD, "c", "pod failed: exit code 2", CONFIDENCE_PROVED, SEVERITY_STUCK, NULL},
    {"evicted", {CLAIM_NOT("PodFailed", "Pod failed"), POOL, TEMPLATE, SANDBOX_NOT("PodFailed", "Pod failed"),
                 POD_WITH("", ON_NODE, "'phase':'Failed','reason':'Evicted','message':'The node was low on resource: memory.'")},
     3, "pod-ended", 26, KIND_POD, "c", "pod evicted", CONFIDENCE_PROVED, SEVERITY_STUCK, "low on resource"},
    {"completed by suspension", {CLAIM_NOT("PodSucceeded", "Pod completed successfully"), POOL, TEMPLATE,
                                 SANDBOX_WITH(CONDITION("Ready", "False", "PodSucceeded", "", "00:02") "," CONDITION("Finished", "True",
                    "PodSucceeded", "", "00:02"),
                                              "'operatingMode':'Suspended'"),
                                 POD_STATE("Succeeded", "'restartCount':0,'ready':false,'state':" TERMINATED("Completed", "0", "00:02",
                    "00:02"))},
     3, "suspended", 0, KIND_SANDBOX, "c", "sandbox suspended", CONFIDENCE_PROVED, SEVERITY_WAITING, "suspended"},
    {"suspended for long is not stuck", {CLAIM_NOT("SandboxSuspended", "Sandbox is suspended"), POOL, TEMPLATE,
                                         SANDBOX_WITH(CONDITION("Ready", "False", "SandboxSuspended", "Sandbox is suspended", "00:02"),
                                                      "'operatingMode':'Suspended'")},
     900, "suspended", 0, KIND_SANDBOX, "c", "sandbox suspended", CONFIDENCE_PROVED, SEVERITY_WAITING, NULL},
    {"node down", {CLAIM_RUNNING, POOL, TEMPLATE, SANDBOX_PENDING, POD_STATE("Running",
                                                                             "'restartCount':0,'ready':true,'state':" RUNNING("00:02")),
                   "{'kind':'Node','metadata':{'name':'node-1'},'status':{'conditions':[" CONDITION("Ready", "Unknown",
                    "NodeStatusUnknown", "", "00:30")
                    "]}}"},
     60, "node-down", 0, KIND_NODE, "node-1", "node node-1 is not ready", CONFIDENCE_PROVED, SEVERITY_WAITING, NULL},

    /* nothing to say */
    {"cold start", {CLAIM_PENDING, POOL, TEMPLATE, SANDBOX_PENDING, POD_WAITS("ContainerCreating", "")}, 5, "", 0, 0, "",
        "container starting", 0, 0, NULL},
    {"ready", {CLAIM_READY_AT("00:03"), POOL, TEMPLATE, SANDBOX_WITH(CONDITION("Ready", "True", "", "", "00:03"), ""),
               POD_STATE("Running", "'restartCount':0,'ready':true,'state':" RUNNING("00:02"))},
     900, "", 0, 0, "", "", 0, 0, NULL},
};

static void replace(char **text, const char *part, const char *with)
{
    char *at = strstr(*text, part);
    if (!at)
        return;
    char *fresh = mem_printf("%.*s%s%s", (int)(at - *text), *text, with, at + strlen(part));
    free(*text);
    *text = fresh;
}

/* The same object as v0.3 and v0.4 have it: a claim names its template, a sandbox that sleeps has no replicas. */
static char *in_old_api(const char *object)
{
    char *text = mem_text(object);
    replace(&text, "{'kind':'SandboxClaim',", "{'apiVersion':'extensions.agents.x-k8s.io/v1alpha1','kind':'SandboxClaim',");
    replace(&text, "{'kind':'Sandbox',", "{'apiVersion':'agents.x-k8s.io/v1alpha1','kind':'Sandbox',");
    replace(&text, "'spec':{'warmPoolRef':{'name':'p'}}", "'spec':{'sandboxTemplateRef':{'name':'t'}}");
    replace(&text, "'operatingMode':'Suspended'", "'replicas':0");
    replace(&text, ",'sandbox':{'name':'c'}", ",'sandbox':{'Name':'c'}");
    return text;
}

/* One row; a wrong one is told in words, so that all wrong ones are seen at once. */
static unsigned check_row(const struct row *r, bool old)
{
    struct world w = world_new();
    for (const char *const *o = r->objects; *o; o++) {
        char *text = old ? in_old_api(*o) : mem_text(*o);
        world_apply(&w, text);
        free(text);
    }
    int64_t now = START_MS + r->seconds * INT64_C(1000);
    world_judge(&w, now);
    const struct object *claim = world_claim(&w, "n", "c");
    const struct verdict *v = diagnosis_verdict(w.diagnosis, claim);
    struct report report;
    report_make(w.diagnosis, claim, now, &report);
    assert_non_null(v);
    unsigned wrong = 0;
#define WANT(that, ...) ((that) ? 0 : (print_error(__VA_ARGS__), wrong++))
    WANT(strcmp(v->rule, r->rule) == 0 && strcmp(v->brief, r->brief) == 0, "%s: [%s] \"%s\", not [%s] \"%s\"\n", r->name, v->rule,
         v->brief, r->rule,
         r->brief);
    if (r->rule[0] && report.findings.n) {
        const struct finding *f = &report.findings.v[0];
        WANT(strcmp(f->rule, r->rule) == 0 && f->row == r->number && f->at_kind == r->at_kind && strcmp(f->at_name, r->at) == 0 &&
             f->confidence == r->confidence && f->severity == r->severity, "%s: %s, row %d, at kind %d %s, %s, %s\n", r->name, f->rule,
                 f->row,
             (int)f->at_kind, f->at_name, confidence_name(f->confidence), severity_name(f->severity));
        WANT(!r->cause || strstr(f->cause, r->cause), "%s: \"%s\" does not say \"%s\"\n", r->name, f->cause, r->cause ? r->cause : "");
        WANT(f->cause[0] && f->next[0] && f->group && f->n_evidence, "%s: cannot be acted upon, or shows no evidence\n", r->name);
        WANT(f->command && strncmp(f->command, "kubectl ", 8) == 0, "%s: no command\n", r->name);
        WANT(strcmp(f->subject_name, "c") == 0, "%s: subject %s\n", r->name, f->subject_name);
        WANT(v->state == (r->severity == SEVERITY_STUCK ? CLAIM_STUCK : CLAIM_WAITING), "%s: state %d\n", r->name, (int)v->state);
    } else {
        WANT(!r->rule[0] && (report.findings.n == 0 || report.findings.v[0].severity < SEVERITY_WAITING), "%s: finds %zu\n", r->name,
             report.findings.n);
        WANT(report.headline[0], "%s: no headline\n", r->name);
    }
#undef WANT
    report_free(&report);
    world_free(&w);
    return wrong;
}

static void each_row(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wrong += check_row(&rows[i], false);
    assert_int_equal(wrong, 0);
}

/* All that is not about the pool a claim of the new API must name. */
static void each_row_of_the_old_api(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].rule, "pool-missing") != 0)
            wrong += check_row(&rows[i], true);
    assert_int_equal(wrong, 0);
}

/* --- what was captured from a real cluster ------------------------------------------------------------------------------------------ */
static void load_list(struct world *w, const char *set, const char *suffix, enum kind kind)
{
    char name[200], path[1200];
    const char *top = getenv("TOP_SRCDIR");
    snprintf(name, sizeof name, "lists/%s.%s.json", set, suffix);
    snprintf(path, sizeof path, "%s/tests/fixtures/%s", top ? top : ".", name);
    FILE *there = fopen(path, "rb");
    if (!there)
        return;
    fclose(there);
    size_t n;
    char *bytes = fixture(name, &n);
    struct json_walk items = json_items(json_get(json_whole((struct slice){bytes, n}), "items"));
    while (json_next(&items))
        assert_true(store_apply(w->store, kind, 0, items.value));
    free(bytes);
}

static void load_set(struct world *w, const char *set)
{
    load_list(w, set, "claims", KIND_CLAIM);
    load_list(w, set, "sandboxes", KIND_SANDBOX);
    load_list(w, set, "pools", KIND_POOL);
    load_list(w, set, "templates", KIND_TEMPLATE);
    load_list(w, set, "pods", KIND_POD);
    load_list(w, set, "events", KIND_EVENT);
    load_list(w, set, "pvcs", KIND_PVC);
    load_list(w, set, "resourcequotas", KIND_QUOTA);
}

static void captured(void **state)
{
    (void)state;
    static const struct {
        const char *set, *rule, *brief;
        enum kind at;
        const char *cause;
    } sets[] = {
        {"image-missing", "image-pull", "image no-such-image:v9: nothing answers at its registry", KIND_POD, "cannot be pulled"},
        {"crash-loop", "crash-loop", "container crashes: exit code 1", KIND_POD, "exited with code 1"},
        {"name-collision", "name-collision", "sandbox claim-1 exists, not controlled by it", KIND_SANDBOX, "not controlled"},
        {"pod-completed", "pod-ended", "pod completed: exit code 0", KIND_POD, "completed"},
        {"pool-exhausted", "probe", "readiness probe fails: HTTP 404", KIND_POD, "readiness"},
        {"pool-missing", "pool-missing", "pool no-such-pool not found", KIND_POOL, "does not exist"},
        {"pvc-no-storageclass", "volume-unbound", "StorageClass no-such-class not found", KIND_PVC, "StorageClass"},
        {"quota-exceeded", "quota", "quota small exceeded: requests.cpu", KIND_QUOTA, "exceeded quota"},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct world w = world_new();
        char ns[100];
        struct report report;
        int64_t now;
        snprintf(ns, sizeof ns, "sc-%s", sets[i].set);
        load_set(&w, sets[i].set);
        assert_true(time_parse(SLICE("2026-11-23T08:50:00Z"), &now, NULL));
        world_judge(&w, now);
        const struct object *claim = world_claim(&w, ns, "claim-1");
        const struct verdict *v = diagnosis_verdict(w.diagnosis, claim);
        report_make(w.diagnosis, claim, now, &report);
        if (strcmp(v->rule, sets[i].rule) != 0 || strcmp(v->brief, sets[i].brief) != 0 || v->state != CLAIM_STUCK)
            fail_msg("%s: [%s] %s", sets[i].set, v->rule, v->brief);
        assert_true(report.findings.v[0].at_kind == sets[i].at);
        assert_non_null(strstr(report.findings.v[0].cause, sets[i].cause));
        assert_true(v->since_ms >= claim->created_ms && v->since_ms < claim->created_ms + 10000);
        report_free(&report);
        world_free(&w);
    }
}

/* --- the other reports -------------------------------------------------------------------------------------------------------------- */
static void chain_and_marks(void **state)
{
    (void)state;
    struct world w = world_new();
    struct report r;
    const char *objects[] = {IMAGE("ErrImagePull", PULL_ERROR("registry/app:2: not found")), NULL};
    for (const char **o = objects; *o; o++)
        world_apply(&w, *o);
    world_judge(&w, START_MS + 3000);
    report_make(w.diagnosis, world_claim(&w, "n", "c"), START_MS + 3000, &r);
    static const struct {
        const char *label;
        enum mark mark;
    } want[] = {{"claim", MARK_OK}, {"pool", MARK_OK}, {"template", MARK_OK}, {"sandbox", MARK_WAITING}, {"pod", MARK_WAITING},
        {"container", MARK_BAD}};
    assert_int_equal(r.n_chain, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(r.chain[i].label, want[i].label);
        assert_int_equal(r.chain[i].mark, want[i].mark);
    }
    assert_string_equal(r.chain[5].note, "ErrImagePull");
    assert_string_equal(r.findings.v[0].command, "kubectl edit sandboxtemplate t -n n");
    assert_string_equal(r.findings.v[0].next, "Correct the image in template t, then recreate the claim");
    report_free(&r);
    /* The template says for how many, once. */
    report_make(w.diagnosis, store_find(w.store, KIND_TEMPLATE, SLICE("n"), SLICE("t")), START_MS + 3000, &r);
    assert_int_equal(r.findings.n, 1);
    assert_string_equal(r.findings.v[0].cause, "1 claim waits: The image registry/app:2 cannot be pulled: not found.");
    assert_int_equal(r.findings.v[0].subject_kind, KIND_TEMPLATE);
    assert_int_equal(r.severity, SEVERITY_STUCK);
    report_free(&r);
    /* A sandbox and a pod are judged by the same rules. */
    report_make(w.diagnosis, store_find(w.store, KIND_POD, SLICE("n"), SLICE("c")), START_MS + 3000, &r);
    assert_string_equal(r.findings.v[0].rule, "image-pull");
    assert_int_equal(r.findings.v[0].subject_kind, KIND_POD);
    report_free(&r);
    world_free(&w);
}

static void no_rule_fits(void **state)
{
    (void)state;
    struct world w = world_new();
    struct report r;
    world_apply(&w, CLAIM_NOT("SandboxMissing", "Sandbox does not exist"));
    world_apply(&w, POOL);
    world_judge(&w, START_MS + 400000);
    const struct object *claim = world_claim(&w, "n", "c");
    assert_int_equal(diagnosis_verdict(w.diagnosis, claim)->state, CLAIM_STUCK);
    report_make(w.diagnosis, claim, START_MS + 400000, &r);
    assert_int_equal(r.findings.n, 0);
    assert_string_equal(r.headline,
                        "no rule fits; looked at claim c, pool p, template t, sandbox c and 0 events; nearest unhealthy link: sandbox c "
                        "(not there)");
    assert_int_equal(r.severity, SEVERITY_STUCK);
    report_free(&r);
    world_free(&w);
}

static void names_are_quoted(void **state)
{
    (void)state;
    struct world w = world_new();
    struct report r;
    world_apply(&w, "{'kind':'SandboxClaim','metadata':{'name':'a b;$(x)','namespace':'n','creationTimestamp':" AT("00:00")
        "},'spec':{'warmPoolRef':{'name':'p'}},'status':{"
                    "'conditions':[" CONDITION("Ready", "False", "InvalidMetadata", "x", "00:01") "]}}");
    world_apply(&w, POOL);
    world_judge(&w, START_MS + 3000);
    report_make(w.diagnosis, world_claim(&w, "n", "a b;$(x)"), START_MS + 3000, &r);
    assert_string_equal(r.findings.v[0].command, "kubectl get sandboxclaim 'a b;$(x)' -n n -o yaml");
    report_free(&r);
    world_free(&w);
}

static void pool_report(void **state)
{
    (void)state;
    struct world w = world_new();
    struct report r;
    int64_t now;
    load_set(&w, "pool-exhausted");
    assert_true(time_parse(SLICE("2026-11-23T08:50:00Z"), &now, NULL));
    world_judge(&w, now);
    report_make(w.diagnosis, store_find(w.store, KIND_POOL, SLICE("sc-pool-exhausted"), SLICE("pool")), now, &r);
    assert_string_equal(r.headline, "0 of 2 ready; claims waiting: 3 of 3");
    assert_int_equal(r.findings.n, 2);
    assert_string_equal(r.findings.v[0].rule, "probe");
    assert_string_equal(r.findings.v[0].cause,
                        "2 claims and 1 pool member wait: Container python-runtime runs, but its readiness probe fails: HTTP 404.");
    assert_string_equal(r.findings.v[1].rule, "pool-short");
    assert_int_equal(r.findings.v[1].row, 32);
    report_free(&r);
    world_free(&w);
}

/* --- the installation --------------------------------------------------------------------------------------------------------------- */
static bool cluster_says(struct world *w, int seconds, const char *rule, const char *cause)
{
    struct findings all;
    bool found = false;
    diagnose_cluster(w->diagnosis, START_MS + seconds * INT64_C(1000), &all);
    for (size_t i = 0; i < all.n; i++)
        found |= strcmp(all.v[i].rule, rule) == 0 && strstr(all.v[i].cause, cause);
    findings_free(&all);
    return found;
}

static void installation(void **state)
{
    (void)state;
    struct world w = world_new();
    world_judge(&w, START_MS);
    w.facts.crds_missing[KIND_CLAIM] = w.facts.crds_missing[KIND_POOL] = w.facts.crds_missing[KIND_TEMPLATE] = true;
    assert_true(cluster_says(&w, 1, "crds-missing", "sandboxclaims.extensions.agents.x-k8s.io"));
    w.facts.discovered = false;
    assert_false(cluster_says(&w, 1, "crds-missing", ""));
    w.facts.discovered = true;
    memset(w.facts.crds_missing, 0, sizeof w.facts.crds_missing);
    assert_true(cluster_says(&w, 1, "controller-down", "was found"));
    w.facts.synced[KIND_DEPLOYMENT] = false;
    assert_false(cluster_says(&w, 1, "controller-down", ""));
    w.facts.synced[KIND_DEPLOYMENT] = true;
    world_apply(&w, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS));
    world_judge(&w, START_MS + 1000);
    struct findings all;
    diagnose_cluster(w.diagnosis, START_MS + 1000, &all);
    assert_int_equal(all.n, 0);
    findings_free(&all);
    world_apply(&w, CONTROLLER("0", "", "'--leader-elect=true'"));
    assert_true(cluster_says(&w, 40, "controller-down", "scaled to 0"));
    assert_false(cluster_says(&w, 40, "controller-no-extensions", ""));
    world_apply(&w, CONTROLLER("1", "'readyReplicas':1,", "'--leader-elect=true'"));
    assert_true(cluster_says(&w, 40, "controller-no-extensions", "--extensions"));
    world_free(&w);
}

static void router_crashes(void **state)
{
    (void)state;
    struct world w = world_new();
    world_apply(&w, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS));
    world_apply(&w, "{'kind':'Deployment','metadata':{'name':'sandbox-router-deployment','namespace':'default','creationTimestamp':"
        AT("00:00") "},'spec':{'replicas':1,"
                    "'selector':{'matchLabels':{'app':'sandbox-router'}},'template':{'metadata':{'labels':{'app':'sandbox-router'}},"
                    "'spec':{'containers':[{'name':'router',"
                    "'image':'sandbox-router:v0.5.6'}]}}},'status':{'replicas':1,'conditions':[" CONDITION("Available", "False",
                    "MinimumReplicasUnavailable", "",
                    "00:01") "]}}");
    world_apply(&w, "{'kind':'Pod','metadata':{'name':'sandbox-router-deployment-1','namespace':'default','creationTimestamp':"
        AT("00:00") ",'labels':{'app':'sandbox-router'},"
                    "'ownerReferences':[{'kind':'ReplicaSet','name':'sandbox-router-deployment-7','uid':'1','controller':true}]},"
                    "'spec':{'nodeName':'node-1','containers':"
                    "[{'name':'router','image':'sandbox-router:v0.5.6'}]},'status':{'phase':'Running','conditions':[" UNREADY
                        "],'containerStatuses':[{'name':'router',"
                    "'restartCount':4,'ready':false,'image':'sandbox-router:v0.5.6','state':{'waiting':{'reason':'CrashLoopBackOff'}},"
                    "'lastState':"
                    TERMINATED("Error", "1", "00:40", "00:41") "}]}}");
    world_judge(&w, START_MS + 60000);
    assert_true(cluster_says(&w, 60, "router-down", "no ready pod"));
    assert_true(cluster_says(&w, 60, "router-crash", "ROUTER_AUTH_TOKEN"));
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),       cmocka_unit_test(each_row_of_the_old_api), cmocka_unit_test(captured),
            cmocka_unit_test(chain_and_marks), cmocka_unit_test(no_rule_fits),
        cmocka_unit_test(names_are_quoted), cmocka_unit_test(pool_report), cmocka_unit_test(installation),
            cmocka_unit_test(router_crashes),
    };
    return TESTS_MAIN(tests);
}
