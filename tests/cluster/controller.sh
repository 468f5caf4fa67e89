# The controller down, and without --extensions: claims that get no status at all.
check_controller() {
    local name
    for name in controller-down controller-no-extensions; do
        "$cluster" scenario "$name" >/dev/null 2>&1
        kubectl apply -n default -f - >/dev/null <<EOF
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxClaim
metadata: {name: no-status}
spec: {warmPoolRef: {name: python-cold}}
EOF
        open_screen "$sandtop" -n default
        case $name in
        controller-down) screen_shows 30 '✖ no-status[^│]*controller' "$name: the claim's row says why" ;;
        *) screen_shows 30 '✖ no-status[^│]*extensions' "$name: the claim's row says why" ;;
        esac
        keys q
        close_screen
        kubectl delete -n default sandboxclaim no-status --wait=false >/dev/null
        "$cluster" scenario "$name" remove >/dev/null 2>&1
    done
    kubectl rollout status -n agent-sandbox-system deployment/agent-sandbox-controller --timeout=90s >/dev/null 2>&1
}
