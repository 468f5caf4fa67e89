# pods/exec, pods/portforward and another origin against the real API server, by a driver without a screen (wire.c).

# wire_says NAME STATUS PATTERN COMMAND...: stdout and stderr together hold the pattern.
wire_says() {
    local name=$1 status=$2 pattern=$3 out got
    shift 3
    out=$("$@" 2>&1 | tr -d '\0'; exit "${PIPESTATUS[0]}")
    got=$?
    if [ "$got" = "$status" ] && grep -qE -- "$pattern" <<<"$out"; then pass "$name"; else fail "$name: status $got" "${out:0:2000}"; fi
}

check_wire() {
    local build wire pod=wire ns=${WIRE_NAMESPACE:-sandtop-wire} image ip router sum
    build=$(cd "$(dirname "$sandtop")" && pwd)
    wire=$build/tests/cluster/wire
    make -s -C "$build" tests/cluster/wire >/dev/null 2>&1 || { fail "wire: the driver is built"; return; }
    router=$(kubectl get pods -n default -o name | sed -n 's#^pod/\(sandbox-router-.*\)#\1#p' | head -n 1)
    image=$(kubectl get sandboxtemplate -n default python-sandbox-template -o 'jsonpath={.spec.podTemplate.spec.containers[0].image}')
    kubectl create namespace "$ns" >/dev/null 2>&1
    kubectl apply -n "$ns" -f - >/dev/null <<EOF
apiVersion: agents.x-k8s.io/v1beta1
kind: Sandbox
metadata: {name: wire}
spec:
  podTemplate:
    spec: {containers: [{name: python-runtime, image: "$image", imagePullPolicy: IfNotPresent, ports: [{containerPort: 8888}]}]}
EOF
    kubectl wait -n "$ns" --for=condition=Ready sandbox/wire --timeout=60s >/dev/null || { fail "wire: there is a ready sandbox"; return; }
    kubectl wait -n "$ns" --for=condition=Ready "pod/$pod" --timeout=60s >/dev/null
    ip=$(kubectl get pod -n "$ns" "$pod" -o 'jsonpath={.status.podIP}')

    wire_says "exec: output apart, exit code" 3 'code=3 http=0 reason=NonZeroExitCode' "$wire" exec "$ns" "$pod" "" sh -c 'echo out; echo err >&2; exit 3'
    wire_says "exec: stdin is at its end" 0 'exited code=0' "$wire" exec "$ns" "$pod" "" cat
    wire_says "exec: killed" 137 'exited code=137' "$wire" exec "$ns" "$pod" "" sh -c 'kill -9 $$'
    wire_says "exec: what is not there" 125 'failed code=-1.*not found in' "$wire" exec "$ns" "$pod" "" nosuch
    wire_says "exec: not executable" 126 'exited code=126' "$wire" exec "$ns" "$pod" "" sh -c /etc/passwd
    wire_says "exec: no such pod" 125 'refused code=-1 http=404' "$wire" exec "$ns" nosuchpod "" ls
    wire_says "exec: no such container" 125 'refused code=-1 http=400' "$wire" exec "$ns" "$pod" nosuch ls
    wire_says "exec: a deadline" 125 'lost code=-1' env WIRE_DEADLINE_MS=1000 "$wire" exec "$ns" "$pod" "" sleep 5
    sum=$(WIRE_DUMMY=200 "$wire" exec "$ns" "$pod" "" sh -c 'head -c 64000000 /dev/zero' 2>/dev/null | cksum)
    if [ "$sum" = "$(head -c 64000000 /dev/zero | cksum)" ]; then pass "exec: 64 MB are whole, beside 200 requests"; else fail "exec: 64 MB" "$sum"; fi
    wire_says "forward: the router runs a command" 0 '"exit_code":3' "$wire" forward default "$router" 8080 POST /execute \
        '{"command":"sh -c \"echo out; exit 3\""}' X-Sandbox-ID "$pod" X-Sandbox-Namespace "$ns" X-Sandbox-Port 8888 X-Sandbox-Pod-IP "$ip" \
        Authorization 'Bearer some-token'
    wire_says "forward: the runtime itself" 0 '"status":"ok"' "$wire" forward "$ns" "$pod" 8888 GET / ''
    wire_says "forward: a closed port" 125 'connection refused' "$wire" forward "$ns" "$pod" 9 GET / ''
    wire_says "forward: no such pod" 125 'not found' "$wire" forward "$ns" nosuchpod 8080 GET / ''
    wire_says "origin: the cluster's CA is not trusted for others" 125 'unknown authority' \
        "$wire" origin "$(kubectl config view --minify -o 'jsonpath={.clusters[0].cluster.server}')" GET /version ''
    kubectl delete namespace "$ns" --wait=false >/dev/null 2>&1
}
