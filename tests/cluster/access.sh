# Who may not, and what is wrong before the first screen.
check_access() {
    local limited=$work/limited.kubeconfig name token
    kubectl create namespace sandtop-rbac >/dev/null 2>&1
    kubectl apply -f - >/dev/null <<'EOF'
apiVersion: v1
kind: ServiceAccount
metadata: {name: limited, namespace: sandtop-rbac}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: claims-only, namespace: sandtop-rbac}
rules:
- {apiGroups: [extensions.agents.x-k8s.io], resources: [sandboxclaims, sandboxwarmpools, sandboxtemplates], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: claims-only, namespace: sandtop-rbac}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: claims-only}
subjects: [{kind: ServiceAccount, name: limited, namespace: sandtop-rbac}]
---
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxClaim
metadata: {name: rbac-claim, namespace: sandtop-rbac}
spec: {warmPoolRef: {name: no-such-pool-here}}
EOF
    token=$(kubectl create token limited -n sandtop-rbac --duration=1h)
    kubectl config view --raw --minify --flatten >"$limited"
    name=$(kubectl --kubeconfig "$limited" config view -o 'jsonpath={.contexts[0].name}')
    kubectl --kubeconfig "$limited" config set-credentials limited --token "$token" >/dev/null
    kubectl --kubeconfig "$limited" config set-context "$name" --user limited --namespace sandtop-rbac >/dev/null
    open_screen "$sandtop" --kubeconfig "$limited"
    screen_shows 10 'rbac-claim' "limited user: sees the claims he may list"
    keys 5
    screen_shows 10 '403' "limited user: the pods' pane says what is refused"
    screen_shows 5 'list pods' "limited user: which verb on which resource"
    keys q
    close_screen
    kubectl --kubeconfig "$limited" config set-credentials limited --token not-a-token >/dev/null
    refuses "a wrong token" '401|unauthori|credential|token' "$sandtop" --kubeconfig "$limited"
    kubectl config view --raw --minify --flatten >"$limited"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out "$work/other.crt" -days 1 -subj /CN=other >/dev/null 2>&1
    name=$(kubectl --kubeconfig "$limited" config view -o 'jsonpath={.clusters[0].name}')
    kubectl --kubeconfig "$limited" config set-cluster "$name" --certificate-authority "$work/other.crt" --embed-certs >/dev/null
    refuses "a wrong certificate authority" 'certificate' "$sandtop" --kubeconfig "$limited"
    kubectl delete namespace sandtop-rbac --wait=false >/dev/null
}

check_bad_input() {
    local file=$work/bad.kubeconfig
    refuses "no such kubeconfig" 'no-such-file' "$sandtop" --kubeconfig "$work/no-such-file"
    printf 'apiVersion: v1\nclusters: [\n' >"$file"
    refuses "a kubeconfig that is not YAML" 'bad.kubeconfig' "$sandtop" --kubeconfig "$file"
    refuses "a context that does not exist" 'no-such-context' "$sandtop" --context no-such-context
    cat >"$file" <<EOF
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "http://127.0.0.1:$1"}}]
users: [{name: u, user: {}}]
EOF
    refuses "a server that is not Kubernetes" 'not|kubernetes' "$sandtop" --kubeconfig "$file"
    sed -i "s/:$1/:1/" "$file"
    refuses "a server that refuses the connection" 'refused|connect' "$sandtop" --kubeconfig "$file"
    cat >"$file" <<'EOF'
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: sleep, args: ["600"], interactiveMode: Never}}}]
EOF
    refuses "a plugin that hangs" 'sleep' "$sandtop" --kubeconfig "$file" --request-timeout 2s
}
