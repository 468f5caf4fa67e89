# The API server stopped for 20 s and back; watches cut every few seconds.
check_outage() {
    local pid until
    pid=$(cat "$state/run/kube-apiserver.pid")
    open_screen "$sandtop" -A
    screen_shows 10 'live' "outage: live before it"
    kill -STOP "$pid"
    screen_shows 30 'stale [0-9]+' "outage: stale with its age within 30 s"
    screen_shows 2 'python-p|claims' "outage: the last picture stays"
    sleep 2
    kill -CONT "$pid"
    screen_shows 6 'live' "outage: live again"
    kubectl apply -n default -f - >/dev/null <<'EOF'
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxClaim
metadata: {name: after-outage}
spec: {warmPoolRef: {name: no-such-pool-here}}
EOF
    screen_shows 20 'after-outage' "outage: what comes after it is shown"
    kubectl delete -n default sandboxclaim after-outage --wait=false >/dev/null
    keys q
    close_screen
}

check_cuts() {
    local server port=18443 config
    server=$(kubectl config view --raw --minify -o 'jsonpath={.clusters[0].cluster.server}')
    config=$work/cut.kubeconfig
    python3 "$here/proxy.py" "$port" "$(sed -E 's#https://([^:/]+).*#\1#' <<<"$server")" "$(sed -E 's#.*:([0-9]+)$#\1#' <<<"$server")" 3 &
    local proxy=$!
    kubectl config view --raw --minify --flatten >"$config"
    local name
    name=$(kubectl --kubeconfig "$config" config view -o 'jsonpath={.clusters[0].name}')
    kubectl --kubeconfig "$config" config set-cluster "$name" --server "https://127.0.0.1:$port" --tls-server-name "$(sed -E 's#https://([^:/]+).*#\1#' <<<"$server")" >/dev/null
    sleep 1
    open_screen "$sandtop" --kubeconfig "$config" -A
    screen_shows 15 'live' "cuts: live through a connection that is cut every 3 s"
    local i
    for i in 1 2 3; do
        kubectl create -n default -f - >/dev/null <<EOF
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxClaim
metadata: {name: cut-$i}
spec: {warmPoolRef: {name: no-such-pool-here}}
EOF
        screen_shows 10 "cut-$i" "cuts: claim $i is shown" || true
        sleep 2
    done
    kubectl delete -n default sandboxclaim cut-1 cut-2 cut-3 --wait=false >/dev/null
    sleep 5
    screen_lacks 'cut-1' "cuts: what was deleted is gone"
    keys q
    close_screen
    kill "$proxy" 2>/dev/null
    wait "$proxy" 2>/dev/null
}
