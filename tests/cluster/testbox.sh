# Commands in test sandboxes: in a namespace of its own, with its own template and pools; what each check makes it removes.
ns_run=sandtop-run

box_template() { # NAME IMAGE MEMORY-LIMIT
    cat <<EOF
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata: {name: $1, namespace: $ns_run}
spec:
  networkPolicyManagement: Unmanaged
  podTemplate:
    spec:
      containers:
      - name: python-runtime
        image: $2
        imagePullPolicy: IfNotPresent
        ports: [{containerPort: 8888}]
        readinessProbe: {httpGet: {path: /, port: 8888}, periodSeconds: 1}
        resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: $3}}
---
EOF
}

box_pool() { # NAME TEMPLATE REPLICAS
    cat <<EOF
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxWarmPool
metadata: {name: $1, namespace: $ns_run}
spec: {replicas: $3, sandboxTemplateRef: {name: $2}}
---
EOF
}

box_up() {
    kubectl create namespace $ns_run >/dev/null 2>&1
    { box_template tpl local/python-runtime-sandbox:v0.5.6 1Gi   # a runtime holds an answer of 64 MB several times
      box_template tight local/python-runtime-sandbox:v0.5.6 64Mi
      box_template bare local/no-such-image:1 64Mi
      box_pool warm tpl 1
      box_pool cold tpl 0
      box_pool tight tight 0
      box_pool bare bare 0; } | kubectl apply -f - >/dev/null
    box_warm
}

box_warm() { # waits for the pool's member
    local until=$((SECONDS + 60))
    until [ "$(kubectl get sandboxwarmpool warm -n $ns_run -o 'jsonpath={.status.readyReplicas}' 2>/dev/null)" = 1 ]; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.2
    done
}

# box NAME STATUS OUT-PATTERN ERR-PATTERN ARGUMENTS...: runs and compares; patterns are extended, "" is nothing at all, "*" is anything.
box() {
    local name=$1 want=$2 out_like=$3 err_like=$4 status
    shift 4
    timeout 90 "$sandtop" run -n $ns_run "$@" >"$work/out" 2>"$work/err"
    status=$?
    if [ "$status" = "$want" ] && box_like "$work/out" "$out_like" && box_like "$work/err" "$err_like"; then pass "$name"
    else fail "$name: status $status" "$(head -c 1500 "$work/out"; echo '--- stderr'; head -c 1500 "$work/err")"; fi
}
box_like() { # FILE PATTERN
    case $2 in
    '*') return 0 ;;
    '') [ ! -s "$1" ] ;;
    *) grep -qE -- "$2" "$1" ;;
    esac
}

# Nothing with sandtop's label, and no sandbox or pod but the pool's own.
box_clean() { # NAME
    local until=$((SECONDS + 45)) left
    while :; do
        left=$(kubectl get sandboxclaims,sandboxwarmpools -n $ns_run -l app.kubernetes.io/created-by=sandtop -o name 2>/dev/null
               kubectl get sandboxes,pods -n $ns_run -o name 2>/dev/null | grep -vE '/(warm-|sandbox-router)')
        [ -n "$left" ] || { pass "$1: nothing is left"; return; }
        [ "$SECONDS" -lt "$until" ] || break
        sleep 1
    done
    fail "$1: something is left" "$left"
}

check_box_commands() {
    box "the guide's first example" 0 '^Hello World!$' '' --pool warm -- echo 'Hello World!'
    box_warm
    box "the guide's second example" 2 '' "can't open file '/app/agent_script.py'" --pool warm -- python3 /app/agent_script.py
    box "cold: stdout, stderr and exit code apart" 3 '^out$' '^err$' --pool cold -- sh -c 'echo out; echo err >&2; exit 3'
    box "exit 126" 126 '' 'ermission denied' --pool cold --shell -- '/etc/passwd'
    box "exit 127" 127 '' 'not found' --pool cold --shell -- 'no-such-program'
    box "exit 137" 137 '' '' --pool cold -- sh -c 'kill -9 $$'
    box "a template: the stages are told with -v" 0 '^hi$' 'waiting for ready.*done' --template tpl -v -- echo hi
    box "pods/exec: a program that is not there" 127 '' 'executable file not found' --pool cold --way exec -- no-such-program
    box "pods/exec: bytes as they are" 5 '*' '' --pool cold --way exec -- sh -c 'printf "a\377\000\033[31mb"; exit 5'
    if printf 'a\377\000\033[31mb' | cmp -s - "$work/out"; then pass "pods/exec: not a byte is changed"; else fail "pods/exec: bytes differ" "$(od -c "$work/out")"; fi
    box "JSON" 0 '"schema":"sandtop.run/v1".*"exitCode":0.*"stdout":"hi\\n"' '' --pool cold -o json -- echo hi
    box_clean "commands"
}

check_box_failures() {
    box "no such pool" 125 '' 'pool no-such does not exist' --pool no-such -- true
    box "no such template" 125 '' 'template no-such does not exist' --template no-such -- true
    box "an image that is not there" 125 '' 'no-such-image' --pool bare -- true
    box "the deadline while running" 124 '' 'not over within' --pool cold --timeout 5s -- sleep 60
    box "the deadline while waiting" 124 '' 'deadline of' --pool bare --timeout 3s -- true
    box "out of memory" 137 '' 'resources.limits.memory in template tight' --pool tight -v -- python3 -c 'x = "a" * 10**9'
    box "--read-only" 125 '' 'read-only' --pool cold --read-only -- true
    kubectl create quota small -n $ns_run --hard=requests.cpu=15m >/dev/null
    box "quota: the dry run tells before anything is made" 125 '' 'exceeded quota: small' --pool cold -- true
    kubectl delete quota small -n $ns_run >/dev/null
    box_clean "failures"
}

# Ended at any moment: status 143, nothing left. Killed: the claim has its end in it. (A shell's background jobs ignore SIGINT: hence SIGTERM.)
check_box_cancel() {
    local pause status bad=""
    for pause in 0.02 0.05 0.08 0.12 0.2 0.4 0.8 1.5; do
        "$sandtop" run -n $ns_run --pool cold -- sleep 30 >"$work/out" 2>"$work/err" &
        sleep "$pause"
        kill -TERM $!
        wait $!
        status=$?
        [ "$status" = 143 ] || bad+="after $pause s: $status $(cat "$work/err")"$'\n'
    done
    if [ -z "$bad" ]; then pass "ended at eight moments: 143"; else fail "ended" "$bad"; fi
    "$sandtop" run -n $ns_run --pool cold -- sleep 30 >/dev/null 2>&1 &
    sleep 1
    kill -KILL $!
    wait $! 2>/dev/null
    if kubectl get sandboxclaims -n $ns_run -l app.kubernetes.io/created-by=sandtop -o 'jsonpath={.items[*].spec.lifecycle}' | grep -q 'Delete.*20..-'; then
        pass "kill -9: the claim goes by itself"
    else fail "kill -9: the claim has no end"; fi
    kubectl delete sandboxclaims -n $ns_run -l app.kubernetes.io/created-by=sandtop --wait=false >/dev/null
    box_clean "cancelled"
}

check_box_big() {
    local make='import hashlib, sys
b = b"".join(b"%062d\n" % i for i in range(1065220))
sys.stdout.buffer.write(b); sys.stderr.write(hashlib.sha256(b).hexdigest())' way
    for way in service exec; do
        timeout 300 "$sandtop" run -n $ns_run --pool cold --way $way -- python3 -c "$make" >"$work/big" 2>"$work/err"
        if [ "$(sha256sum <"$work/big" | cut -c1-64)" = "$(tail -c 64 "$work/err")" ] && [ "$(stat -c %s "$work/big")" -gt 67000000 ]; then pass "64 MB whole by $way"
        else fail "64 MB by $way" "$(stat -c %s "$work/big") bytes; $(head -c 300 "$work/err")"; fi
        rm -f "$work/big"
    done
}

check_box_at_once() {
    local i bad="" jobs=()
    for i in 1 2 3; do
        "$sandtop" run -n $ns_run --pool cold -- echo "run $i" >"$work/once-$i" 2>&1 &
        jobs+=($!)
    done
    for i in 1 2 3; do
        wait "${jobs[$((i - 1))]}" && [ "$(cat "$work/once-$i")" = "run $i" ] || bad+="$i: $(cat "$work/once-$i")"$'\n'
    done
    if [ -z "$bad" ]; then pass "three runs at once"; else fail "three runs at once" "$bad"; fi
}

# A router of our own in the run's namespace comes before the shared one: first with no pod behind it, then one that wants a token.
check_box_router() {
    kubectl apply -f - >/dev/null <<EOF
apiVersion: v1
kind: Service
metadata: {name: sandbox-router-svc, namespace: $ns_run}
spec: {selector: {app: sandbox-router}, ports: [{name: http, port: 8080, targetPort: 8080}]}
EOF
    box "no router pod, none elsewhere allowed: said" 125 '' 'no endpoints' --pool cold --way service --router-ns $ns_run -- echo hi
    box "no router pod: pods/exec takes over" 0 '^hi$' 'no endpoints.*' --pool cold --router-ns $ns_run -v -- echo hi
    kubectl apply -f - >/dev/null <<EOF
apiVersion: apps/v1
kind: Deployment
metadata: {name: sandbox-router-deployment, namespace: $ns_run}
spec:
  replicas: 1
  selector: {matchLabels: {app: sandbox-router}}
  template:
    metadata: {labels: {app: sandbox-router}}
    spec:
      containers:
      - name: router
        image: local/sandbox-router:v0.5.6
        imagePullPolicy: IfNotPresent
        env: [{name: ROUTER_AUTH_TOKEN, value: open-sesame}]
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
        resources: {requests: {cpu: 10m, memory: 32Mi}}
EOF
    kubectl rollout status deployment/sandbox-router-deployment -n $ns_run --timeout=90s >/dev/null
    SANDTOP_ROUTER_TOKEN=open-sesame box "a router with a token: by port-forward" 0 '^hi$' 'port-forward' --pool cold --router-ns $ns_run -v -- echo hi
    SANDTOP_ROUTER_TOKEN=wrong box "a wrong token: said, and not shown" 125 '' 'not the right one' --pool cold --router-ns $ns_run -- echo hi
    if grep -q wrong "$work/err"; then fail "the token is shown" "$(cat "$work/err")"; else pass "the token is nowhere"; fi
    box "no token: said" 125 '' 'SANDTOP_ROUTER_TOKEN' --pool cold --router-ns $ns_run -- echo hi
    kubectl delete deployment/sandbox-router-deployment service/sandbox-router-svc -n $ns_run >/dev/null
    box_clean "routers"
}

check_box_image() {
    local out status
    out=$(timeout 120 "$sandtop" check tpl -n $ns_run --import json --which sh 2>&1)
    status=$?
    if [ "$status" = 0 ] && grep -q 'which sh *.*/sh' <<<"$out"; then pass "check: all is there"; else fail "check: status $status" "$out"; fi
    out=$(timeout 120 "$sandtop" check tpl -n $ns_run --import no_such_module --which no-such-program 2>&1)
    status=$?
    if [ "$status" = 1 ] && grep -q 'no_such_module' <<<"$out"; then pass "check: what is missing is named"; else fail "check: status $status" "$out"; fi
    out=$(timeout 120 "$sandtop" check bare -n $ns_run 2>&1)
    status=$?
    if [ "$status" = 1 ] && grep -q 'no-such-image' <<<"$out"; then pass "check: an image that cannot be pulled"; else fail "check: status $status" "$out"; fi
    box_clean "check"
}

check_box_permissions() {
    local limited=$work/limited-run.kubeconfig name token
    kubectl create serviceaccount limited -n $ns_run >/dev/null 2>&1
    kubectl create role looks -n $ns_run --verb=get,list,watch --resource=sandboxclaims.extensions.agents.x-k8s.io,sandboxwarmpools.extensions.agents.x-k8s.io >/dev/null 2>&1
    kubectl create rolebinding looks -n $ns_run --role=looks --serviceaccount=$ns_run:limited >/dev/null 2>&1
    token=$(kubectl create token limited -n $ns_run --duration=1h)
    kubectl config view --raw --minify --flatten >"$limited"
    name=$(kubectl --kubeconfig "$limited" config view -o 'jsonpath={.contexts[0].name}')
    kubectl --kubeconfig "$limited" config set-credentials limited --token "$token" >/dev/null
    kubectl --kubeconfig "$limited" config set-context "$name" --user limited >/dev/null
    box "who may not make claims is told what is missing" 125 '' 'missing permission: create sandboxclaims in namespace' --kubeconfig "$limited" --pool cold -- true
}

# Many runs, six at once: a third ended at a random moment, a tenth killed. No command runs twice in its sandbox, and when the killed ones' time is over
# nothing is left. SOAK_RUNS=200 for the whole of it.
check_box_soak() {
    local n=${SOAK_RUNS:-24} i at left until
    rm -f "$work"/soak-*
    for ((i = 0; i < n; i++)); do
        while [ "$(jobs -rp | wc -l)" -ge 6 ]; do sleep 0.1; done
        (
            "$sandtop" run -n $ns_run --pool cold --timeout 60s -- sh -c 'mkdir /tmp/once && echo once || echo TWICE' >"$work/soak-$i" 2>"$work/soak-$i.err" &
            at="$((RANDOM % 4)).$((RANDOM % 10))"
            if [ $((i % 10)) = 9 ]; then sleep "$at"; kill -KILL $! 2>/dev/null
            elif [ $((i % 3)) = 2 ]; then sleep "$at"; kill -TERM $! 2>/dev/null; fi
            wait $!
            echo $? >"$work/soak-$i.status"
        ) 2>/dev/null &
    done
    wait
    local twice once bad
    twice=$(cat "$work"/soak-*[0-9] | grep -c TWICE)
    once=$(cat "$work"/soak-*[0-9] | grep -c once)
    bad=$(grep -LE '^(0|143|137)$' "$work"/soak-*.status | while read -r i; do echo "$i: $(cat "$i") $(head -n 2 "${i%.status}.err")"; done)
    if [ "$twice" = 0 ] && [ "$once" -ge $((n / 2)) ]; then pass "$n runs: $once commands ran, none twice"; else fail "$n runs: $once ran, $twice twice"; fi
    if [ -z "$bad" ]; then pass "$n runs: each ended as it should"; else fail "$n runs" "$bad"; fi
    until=$((SECONDS + 240))
    while :; do
        left=$(kubectl get sandboxclaims -n $ns_run -l app.kubernetes.io/created-by=sandtop -o name; kubectl get sandboxes,pods -n $ns_run -o name | grep /sandtop-)
        [ -n "$left" ] && [ "$SECONDS" -lt "$until" ] || break
        sleep 2
    done
    if [ -z "$left" ]; then pass "$n runs: nothing is left when the killed ones' time is over"; else fail "$n runs: something is left" "$left"; fi
}

check_testbox() {
    box_up || { fail "the pool becomes warm"; return; }
    check_box_commands
    check_box_failures
    check_box_cancel
    check_box_at_once
    check_box_router
    check_box_image
    check_box_permissions
    check_box_big
    check_box_soak
    box_clean "all"
    kubectl delete namespace $ns_run --wait=false >/dev/null
}
