"""Further ways of failing, beside the cluster folder's: one row each. A row changes the pod's spec of a template that works; its namespace, pool
and claim are the same for all. name: (kind at fault or *, words its cause or evidence must hold (regex, caseless), what differs)."""

BASE = {
    "terminationGracePeriodSeconds": 2,
    "containers": [{
        "name": "main", "image": "local/python-runtime-sandbox:v0.5.6", "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}},
    }],
}
SLEEP = ["sleep", "3600"]


def container(**more):
    return {"containers": [{**BASE["containers"][0], **more}]}


def core(kind, name, **more):
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **more}


ROWS = {
    "command-missing": ("Pod", "no-such-program", container(command=["no-such-program"])),
    "command-not-executable": ("Pod", "permission denied|may not be executed", container(command=["/etc/passwd"])),
    "init-fails": ("Pod", "init container.*exit(ed)?.*code 3", {"initContainers": [{
        "name": "prepare", "image": "local/debian:bookworm", "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", "echo no; exit 3"]}]}),
    "init-image": ("Pod", "image .*127.0.0.1:5000/init:1.*pull|init container", {"initContainers": [{"name": "prepare", "image": "127.0.0.1:5000/init:1"}]}),
    "image-name-invalid": ("Pod", "not a valid image name", container(image="Local/UPPER CASE:1")),
    "image-never": ("Pod", "Never|not on the node", container(image="local/not-loaded:1", imagePullPolicy="Never")),
    "pull-secret-missing": ("*", "imagePullSecret|pull secret|nothing answers|cannot be pulled",
                            {**container(image="127.0.0.1:5000/private:1"), "imagePullSecrets": [{"name": "no-such-registry"}]}),
    "configmap-env-missing": ("*", "configmap .?settings", container(envFrom=[{"configMapRef": {"name": "settings"}}])),
    "secret-key-missing": ("*", "key .*token", {**container(env=[{"name": "T", "valueFrom": {"secretKeyRef": {"name": "half", "key": "token"}}}]),
                           "#objects": [core("Secret", "half", stringData={"other": "x"})]}),
    "configmap-volume-missing": ("*", "configmap .?no-such-files", {"volumes": [{"name": "files", "configMap": {"name": "no-such-files"}}],
                                 **container(volumeMounts=[{"name": "files", "mountPath": "/files"}])}),
    "volume-claim-missing": ("PersistentVolumeClaim", "shared-data.*(not exist|not found)", {
        "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "shared-data"}}],
        **container(volumeMounts=[{"name": "d", "mountPath": "/data"}])}),
    "no-default-class": ("PersistentVolumeClaim", "StorageClass|storage class", {
        "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}], **container(volumeMounts=[{"name": "d", "mountPath": "/data"}]),
        "#objects": [core("PersistentVolumeClaim", "data", spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}})]}),
    "limit-range": ("LimitRange", "maximum cpu|LimitRange", {**container(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "2"}}),
                    "#objects": [core("LimitRange", "small", spec={"limits": [{"type": "Container", "max": {"cpu": "100m"}}]})]}),
    "requests-above-limits": ("*", "requests.*limit|must be less than", container(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "1"}})),
    "node-selector": ("Pod", "node selector|node affinity", {"nodeSelector": {"disk": "no-such"}}),
    "host-port": ("Pod", "port", {**container(ports=[{"containerPort": 8888, "hostPort": 18999}]), "#claims": 2, "#stuck": 1}),
    "liveness-kills": ("Pod", "liveness", container(livenessProbe={"httpGet": {"path": "/", "port": 9999}, "periodSeconds": 2, "failureThreshold": 1})),
    "startup-probe": ("Pod", "startup probe", container(startupProbe={"httpGet": {"path": "/", "port": 9999}, "periodSeconds": 2, "failureThreshold": 100})),
    "service-account-missing": ("ServiceAccount", "service account .*robot", {"serviceAccountName": "robot"}),
    "priority-class-missing": ("*", "PriorityClass", {"priorityClassName": "no-such-priority"}),
    "exit-0": ("Pod", "code 0|complet", {**container(command=["sh", "-c", "sleep 1"]), "restartPolicy": "Always"}),
    "exit-segfault": ("Pod", "139|segmentation", container(command=["python3", "-c", "import ctypes; ctypes.string_at(0)"])),
    "mount-over-file": ("Pod", "mount|not a directory", {"volumes": [{"name": "d", "emptyDir": {}}],
                        **container(volumeMounts=[{"name": "d", "mountPath": "/etc/passwd"}])}),
    "read-only-root": ("Pod", "exit|crash", container(command=["sh", "-c", "touch /app/x || exit 9; sleep 3600"],
                                                      securityContext={"readOnlyRootFilesystem": True})),
    "run-as-root": ("Pod", "runAsNonRoot", container(securityContext={"runAsNonRoot": True})),
    "host-path-missing": ("Pod", "host ?path|mount", {"volumes": [{"name": "h", "hostPath": {"path": "/no/such/folder", "type": "Directory"}}],
                          **container(volumeMounts=[{"name": "h", "mountPath": "/h"}])}),
    "scheduling-gate": ("Pod", "scheduling gate", {"schedulingGates": [{"name": "example.com/queue"}]}),
    "scheduler-unknown": ("Pod", "scheduler .*no-such-scheduler", {"schedulerName": "no-such-scheduler"}),
    "too-many-devices": ("Pod", "nvidia.com/gpu", container(resources={"limits": {"nvidia.com/gpu": "1"}})),
    "evicted": ("Pod", "evict|ephemeral", container(command=["sh", "-c", "sleep 2; dd if=/dev/zero of=/tmp/x bs=1M count=60; sleep 3600"],
                                                    resources={"limits": {"ephemeral-storage": "20Mi"}})),
    "deadline": ("Pod", "DeadlineExceeded|deadline", {"activeDeadlineSeconds": 3}),
    # what the claim itself asks for, and what stands in its way; #claim: members of its spec, #template: of the template's, #objects: made before
    "metadata-refused": ("SandboxClaim", "additionalPodMetadata", {"#claim": {"additionalPodMetadata": {"labels": {"agents.x-k8s.io/own": "x"}}}}),
    "metadata-conflict": ("SandboxClaim", "metadata override conflict|additionalPodMetadata", {
        "#podLabels": {"team": "a"}, "#claim": {"additionalPodMetadata": {"labels": {"team": "b"}}}}),
    "env-container": ("SandboxClaim", "target container", {"#template": {"envVarsInjectionPolicy": "Allowed"},
                      "#claim": {"env": [{"name": "A", "value": "1", "containerName": "no-such"}]}}),
    "env-override": ("SandboxClaim", "override", {**container(env=[{"name": "MODE", "value": "safe"}]), "#template": {"envVarsInjectionPolicy": "Allowed"},
                     "#claim": {"env": [{"name": "MODE", "value": "fast"}]}}),
    "volumes-refused": ("SandboxClaim", "volume", {"#claim": {"volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}}),
    "stray-pod": ("Sandbox", "cannot adopt|stray|owned by", {"#objects": [core("Pod", "claim-1", spec={
        "containers": [{"name": "x", "image": "local/debian:bookworm", "imagePullPolicy": "IfNotPresent", "command": SLEEP}]})]}),
    "stray-service": ("Sandbox", "ervice", {"#template": {"service": True}, "#objects": [core("Service", "claim-1", spec={"ports": [{"port": 80}], "selector": {"a": "b"}})]}),
    "owned-pod": ("Sandbox", "owned by|belongs to", {"#objects": [core("ConfigMap", "owner"), core("Pod", "claim-1", spec={
        "containers": [{"name": "x", "image": "local/debian:bookworm", "imagePullPolicy": "IfNotPresent", "command": SLEEP}]})], "#owned": "claim-1"}),
    "template-elsewhere": ("SandboxTemplate", "does not exist in namespace xx-template-elsewhere", {"#pool": {"sandboxTemplateRef": {"name": "python-sandbox-template"}}}),
    "policy-denies": ("*", "denied request|forbidden", {"#objects": [
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "xx-no-pods"}, "spec": {
            "failurePolicy": "Fail", "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]},
            "validations": [{"expression": "object.spec.containers.all(c, c.image.startsWith('trusted/'))", "message": "images must come from trusted/"}]}},
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "xx-no-pods"}, "spec": {
            "policyName": "xx-no-pods", "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "xx-policy-denies"}}}}}]}),
    "shadow-pool": ("SandboxWarmPool", "shadow-pool-template", {"#old": True}),
}
CLUSTER_WIDE = {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "Namespace"}


def lay(base, over):
    return {**base, **{k: v for k, v in over.items() if not k.startswith("#")}}


def manifests(name):
    import copy
    row = ROWS[name][2]
    ns = "xx-" + name
    ext = "extensions.agents.x-k8s.io/v1beta1"
    objects = [core("Namespace", ns)]
    for o in copy.deepcopy(row.get("#objects", [])):
        objects.append(o)
    labels = {"metadata": {"labels": row["#podLabels"]}} if "#podLabels" in row else {}
    objects += [
        {"apiVersion": ext, "kind": "SandboxTemplate", "metadata": {"name": "template"},
         "spec": {"networkPolicyManagement": "Unmanaged", "podTemplate": {**labels, "spec": lay(BASE, row)}, **row.get("#template", {})}},
        {"apiVersion": ext, "kind": "SandboxWarmPool", "metadata": {"name": "pool"},
         "spec": {"replicas": 0, "sandboxTemplateRef": {"name": "template"}, **row.get("#pool", {})}},
    ]
    for i in range(row.get("#claims", 1)):
        objects.append({"apiVersion": ext, "kind": "SandboxClaim", "metadata": {"name": f"claim-{i + 1}"},
                        "spec": {"warmPoolRef": {"name": "pool"}, **row.get("#claim", {})}})
    if row.get("#old"):              # as a client of the old API asks, without naming a pool
        objects[-1].update(apiVersion=ext.replace("v1beta1", "v1alpha1"), spec={"sandboxTemplateRef": {"name": "template"}})
    for o in objects[1:]:
        if o["kind"] not in CLUSTER_WIDE:
            o["metadata"]["namespace"] = ns
    return ns, objects
