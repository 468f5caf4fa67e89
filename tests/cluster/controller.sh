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
    check_debug_flags
}

# The controller's debug flags on, seen in its log, and back to exactly what was there, by another sandtop than the one that turned them on.
check_debug_flags() {
    local build tool place args before
    build=$(dirname "$sandtop")
    tool=$build/tests/cluster/debug_flags
    make -s -C "$build" tests/cluster/debug_flags >"$work/debug_flags.log" 2>&1 || { fail "debug_flags is built" "$(tail -n 5 "$work/debug_flags.log")"; return; }
    place=(-n agent-sandbox-system deployment/agent-sandbox-controller)
    args='jsonpath={.spec.template.spec.containers[?(@.name=="agent-sandbox-controller")].args}'
    before=$(kubectl get "${place[@]}" -o "$args")
    export XDG_STATE_HOME=$work/state
    if "$tool" on --read-only >"$work/debug.out" 2>&1; then fail "debug flags: --read-only refuses" "$(cat "$work/debug.out")"
    else pass "debug flags: --read-only refuses"; fi
    "$tool" on >"$work/debug.out" 2>&1
    if [[ $(kubectl get "${place[@]}" -o "$args") == *'"--zap-log-level=debug","--enable-pprof-debug","--enable-tracing"]' ]] &&
        grep -q 'runs with its new arguments' "$work/debug.out"; then pass "debug flags: turned on, and the roll-out was followed"
    else fail "debug flags: turned on" "$(cat "$work/debug.out")"; fi
    kubectl apply -n default -f - >/dev/null <<EOF
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxClaim
metadata: {name: debug-lines}
spec: {warmPoolRef: {name: no-such-pool}}
EOF
    local until=$((SECONDS + 60))
    # grep reads to the end: under pipefail a kubectl that is cut short would count as a failure
    until kubectl logs "${place[@]}" --since=3m 2>/dev/null | grep '"level":"debug".*debug-lines' >/dev/null; do
        [ "$SECONDS" -lt "$until" ] || break
        sleep 1
    done
    if [ "$SECONDS" -lt "$until" ]; then pass "debug flags: the log has debug lines"; else fail "debug flags: the log has debug lines within 60 s"; fi
    kubectl delete -n default sandboxclaim debug-lines --wait=false >/dev/null
    if [ "$(stat -c %a "$XDG_STATE_HOME/sandtop/controller-debug.json")" = 600 ]; then pass "debug flags: what was there is kept in a file of the user's own"
    else fail "debug flags: what was there is kept in a file of the user's own"; fi
    "$tool" restore >"$work/debug.out" 2>&1
    if [ "$(kubectl get "${place[@]}" -o "$args")" = "$before" ] && grep -q 'put back after' "$work/debug.out"; then pass "debug flags: put back exactly"
    else fail "debug flags: put back exactly" "$(cat "$work/debug.out")"; fi
    unset XDG_STATE_HOME
}
