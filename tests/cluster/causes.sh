# Each scenario in its own namespace shows its cause without a key. name: what the screen must hold, from the scenario's own header where it
# has one, else from the field guide's row.
declare -A cause=(
    [image-missing]='image .*(pull|not found|refused|nothing answers)'
    [unschedulable]='no node|cpu|schedul'
    [pvc-no-storageclass]='storage ?class'
    [pool-missing]='pool .*(not exist|missing|not found|no )'
    [template-missing]='template .*(not exist|missing|not found|no )'
    [quota-exceeded]='quota'
    [crash-loop]='crash|exit(s|ed)? .*1|restart'
    [oom-killed]='memory|OOM'
    [probe-wrong-port]='probe|8889'
    [secret-missing]='secret'
)
check_causes() {
    local name
    for name in "${!cause[@]}"; do "$cluster" scenario "$name" >/dev/null 2>&1 || fail "scenario $name applies"; done
    for name in "${!cause[@]}"; do
        open_screen "$sandtop" -n "sc-$name"
        screen_shows 40 "(✖|◌) claim-1[^│]*(${cause[$name]})" "$name: the claim's row says why" || true
        screen_shows 10 'next' "$name: the next step is on the screen" || true
        keys q
    done
    close_screen
    # one look at all of them, at the smallest size
    size_w=80 size_h=24
    open_screen "$sandtop" -A
    screen_shows 10 '✖ [0-9]+ stuck' "80x24 counts the stuck claims"
    screen_shows 5 'live' "and says that it is live"
    size_w=120 size_h=40
    close_screen
    for name in "${!cause[@]}"; do "$cluster" scenario "$name" remove >/dev/null 2>&1 & done
    wait
    # one after the other: what doctor says against each scenario's header; MORE=1: and of the further ways of failing
    check_expected
    [ -z "${MORE:-}" ] || check_expected --more
}
check_expected() {
    local line
    while IFS= read -r line; do
        case $line in
        "ok "*) pass "doctor: ${line#*- }" ;;
        "not ok "*) fail "doctor: ${line#*- }" ;;
        "#"*) echo "$line" ;;
        esac
    done < <(SANDTOP="$sandtop" "$here/expect" "$cluster" "$@")
}
