# A stuck claim with secrets planted all over it: what is in the bundle, what is not, and that it replays to the same findings; likewise a recording.
planted=planted-s3cr3t-0042
bundle_world() {
    cat <<END
apiVersion: v1
kind: Namespace
metadata: {name: sandtop-bundle}
---
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata:
  name: template
  namespace: sandtop-bundle
  annotations: {example.com/note: $planted}
spec:
  networkPolicyManagement: Unmanaged
  podTemplate:
    metadata: {annotations: {example.com/api-token: $planted}}
    spec:
      containers:
      - name: python-runtime
        image: registry.invalid/none:1
        args: ["--token", "$planted", "--password=$planted", "--port=8888"]
        env: [{name: PLAIN, value: $planted}]
        resources: {requests: {cpu: 20m, memory: 32Mi}}
---
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxWarmPool
metadata: {name: pool, namespace: sandtop-bundle}
spec: {replicas: 0, sandboxTemplateRef: {name: template}}
---
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxClaim
metadata: {name: claim-1, namespace: sandtop-bundle}
spec: {warmPoolRef: {name: pool}}
END
}
# What is said of the claim, without what moves on: "rule confidence cause" of each finding that names it.
findings_of() {
    python3 -c 'import json, sys
for f in json.load(sys.stdin)["findings"]:
    if any(c["name"] == "claim-1" for c in f["claims"]): print(f["rule"], f["confidence"], f["at"]["kind"], f["cause"])'
}
check_bundle() {
    local file=$work/b.tar.gz live replayed i entry missing=""
    bundle_world | kubectl apply -f - >/dev/null 2>&1 || fail "the bundle's world applies"
    for i in $(seq 40); do
        kubectl get pods -n sandtop-bundle -o 'jsonpath={..waiting.reason}' 2>/dev/null | grep -qE 'ErrImagePull|ImagePullBackOff' && break
        sleep 1
    done
    "$sandtop" bundle claim-1 -n sandtop-bundle -o "$file" >"$work/bundle.out" 2>"$work/bundle.err" && pass "a bundle of a stuck claim" ||
        fail "a bundle of a stuck claim" "$(cat "$work/bundle.err")"
    [ "$(cat "$work/bundle.out")" = "$file" ] && pass "its name is what stdout holds" || fail "its name is what stdout holds" "$(cat "$work/bundle.out")"
    [ "$(stat -c %a "$file")" = 600 ] && pass "only its owner may read it" || fail "only its owner may read it"
    local list; list=$(tar tzf "$file")   # once: under pipefail tar fails where grep -q has seen enough
    for entry in README.txt versions.txt redacted.txt findings.txt findings.json timeline.txt recording.jsonl objects/sandboxclaims/sandtop-bundle/claim-1.yaml \
        objects/sandboxes/sandtop-bundle/claim-1.yaml objects/pods/sandtop-bundle/claim-1.yaml events/pods/sandtop-bundle/claim-1.yaml \
        objects/sandboxtemplates/sandtop-bundle/template.yaml objects/deployments/agent-sandbox-system/agent-sandbox-controller.yaml; do
        grep -qx "b/$entry" <<<"$list" || missing+="$entry "
    done
    [ -z "$missing" ] && grep -q '^b/logs/ctl' <<<"$list" && pass "all is in it" || fail "all is in it: no $missing" "$list"
    tar xzOf "$file" | grep "$planted" >/dev/null && fail "no secret is in it" "$(tar xzOf "$file" | grep "$planted" | cut -c1-400)" || pass "no secret is in it"
    tar xzOf "$file" b/redacted.txt | grep 'spec.containers\[0\].env\[0\].value' >/dev/null && pass "what was taken out is told" || fail "what was taken out is told"
    live=$("$sandtop" doctor claim-1 -n sandtop-bundle -o json | findings_of)
    replayed=$(KUBECONFIG=/nonexistent "$sandtop" doctor claim-1 --replay "$file" -o json | findings_of)
    [ -n "$live" ] && [ "$live" = "$replayed" ] && pass "the bundle replays to the same findings" || fail "the bundle replays to the same findings" "$live"$'\n'"$replayed"

    open_screen "$sandtop" -A --record "$work/r.recording"
    screen_shows 20 'live' "a recording runs"
    sleep 3
    keys q
    sleep 1
    grep -q "$planted" "$work/r.recording" && fail "no secret is in the recording" || pass "no secret is in the recording"
    replayed=$(KUBECONFIG=/nonexistent "$sandtop" doctor claim-1 -n sandtop-bundle --replay "$work/r.recording" -o json | findings_of)
    [ "$live" = "$replayed" ] && pass "the recording replays to the same findings" || fail "the recording replays to the same findings" "$live"$'\n'"$replayed"
    open_screen env KUBECONFIG=/nonexistent "$sandtop" -A --replay "$work/r.recording" --speed 4
    screen_shows 10 'claim-1' "the dashboard over a recording"
    keys q
    close_screen
    kubectl delete namespace sandtop-bundle --wait=false >/dev/null 2>&1
}
