# `sandtop logs` on real pods: numbered lines through cuts, a kill and a stop (a short form of the soak); what it says when there is nothing to read.
check_logs_soak() {
    local line n=0
    while IFS= read -r line; do
        case $line in
        "ok - "*) pass "logs, ${line#ok - }" ;;
        "not ok - "*) fail "logs, ${line#not ok - }" ;;
        "#"*) echo "$line" ;;
        esac
        n=$((n + 1))
    done < <(python3 "$here/../bench/soak_logs.py" "$sandtop" --lines 40000 --stop 10 fast cuts kill stop 2>"$work/soak.err")
    [ "$n" -ge 4 ] || fail "logs: the soak ran" "$(tail -n 3 "$work/soak.err")"
}

# says NAME STATUS PATTERN COMMAND...: how it ends, and what it says on stderr (- : nothing).
says() {
    local name=$1 wanted=$2 pattern=$3 status
    shift 3
    timeout 30 "$@" >"$work/says.out" 2>"$work/says.err"
    status=$?
    if [ "$status" = "$wanted" ] && { if [ "$pattern" = - ]; then [ ! -s "$work/says.err" ]; else grep -qiE -- "$pattern" "$work/says.err"; fi; }; then pass "$name"
    else fail "$name: status $status" "$(head -c 600 "$work/says.err")"; fi
}

logs_pod() { # NAME SHELL-COMMAND IMAGE
    kubectl apply -f - >/dev/null <<EOF
apiVersion: v1
kind: Pod
metadata: {name: $1, namespace: sandtop-logs}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: "$3", imagePullPolicy: IfNotPresent, command: [sh, -c, "$2"]}]
EOF
}

check_logs() {
    local image=local/python-runtime-sandbox:v0.5.6 follower until
    check_logs_soak
    kubectl create namespace sandtop-logs >/dev/null
    logs_pod loop 'echo first words; sleep 4; echo last words; exit 3' "$image"
    logs_pod none 'true' localhost:1/no-such-image
    logs_pod lives 'echo here; sleep 600' "$image"
    kubectl wait -n sandtop-logs pod/lives --for=condition=Ready --timeout=60s >/dev/null
    says "logs: a pod that is not there" 1 'no pod nosuch in namespace sandtop-logs' "$sandtop" logs pod nosuch -n sandtop-logs
    says "logs: a claim that is not there" 1 'no claim nosuch' "$sandtop" logs claim nosuch -n sandtop-logs
    says "logs: a pod that runs" 0 - "$sandtop" logs pod lives -n sandtop-logs
    if grep -q 'lives/c here$' "$work/says.out"; then pass "logs: its line"; else fail "logs: its line" "$(cat "$work/says.out")"; fi
    says "logs: a container that waits says its reason" 124 'waiting to start: (ErrImagePull|ImagePullBackOff|.*image)' timeout 6 "$sandtop" logs pod none -n sandtop-logs -f
    says "logs: nobody reads any more" 0 - bash -o pipefail -c "'$sandtop' logs controller -f | head -n 1 >/dev/null"
    until=$((SECONDS + 60))          # the loop has gone round, and the node has not yet cleared the dead one away
    until "$sandtop" logs pod loop -n sandtop-logs --previous 2>/dev/null | grep -q 'last words' || [ "$SECONDS" -ge "$until" ]; do sleep 0.5; done
    if [ "$SECONDS" -lt "$until" ]; then pass "logs: the last words of the container before"; else fail "logs: the last words of the container before"; fi
    "$sandtop" logs pod loop -n sandtop-logs -f -o json >"$work/loop.json" 2>/dev/null & follower=$!
    sleep 40
    kubectl delete pod -n sandtop-logs loop --grace-period=0 --force >/dev/null 2>&1
    sleep 3
    kill "$follower"
    wait "$follower" 2>/dev/null
    if grep -q '"type":"restart".*exit 3, Error' "$work/loop.json"; then pass "logs: a restart's divider says the exit code"
    else fail "logs: a restart's divider says the exit code" "$(tail -n 5 "$work/loop.json")"; fi
    if [ "$(grep -c 'first words' "$work/loop.json")" = "$(jq -r 'select(.text == "first words") | .time' "$work/loop.json" | sort -u | wc -l)" ]; then
        pass "logs: a crash loop's lines come once each"
    else fail "logs: a crash loop's lines come once each" "$(cat "$work/loop.json")"; fi
    if grep -q '"type":"status".*deleted' "$work/loop.json"; then pass "logs: the end says that the pod was deleted"
    else fail "logs: the end says that the pod was deleted" "$(tail -n 3 "$work/loop.json")"; fi
    kubectl delete namespace sandtop-logs --wait=false >/dev/null
}
