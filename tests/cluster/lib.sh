# What the checks on a real cluster share: sums, and sandtop in a terminal of its own (tmux).
passed=0 failed=0
screens=0 socket=sandtop-test-$$-0
size_w=120 size_h=40

pass() { passed=$((passed + 1)); echo "ok - $1"; }
fail() {
    failed=$((failed + 1))
    echo "not ok - $1"
    [ -z "${2:-}" ] || sed 's/^/#   /' <<<"$2"
}

# open_screen COMMAND...: runs it in a new terminal.
open_screen() {
    close_screen
    tmux -L "$socket" -f /dev/null new-session -d -s t -x "$size_w" -y "$size_h" "env TERM=screen-256color $*; echo EXIT \$?; exec cat"
    tmux -L "$socket" set-option -g status off >/dev/null 2>&1 || true
}
screen() { tmux -L "$socket" capture-pane -p -t t 2>/dev/null; }
keys() { tmux -L "$socket" send-keys -t t "$@"; }
# A server that is being killed must not meet the next one: each has its own name.
close_screen() {
    tmux -L "$socket" kill-server 2>/dev/null || true
    screens=$((screens + 1))
    socket=sandtop-test-$$-$screens
}

# screen_shows SECONDS PATTERN NAME: waits until the screen holds the pattern (extended, caseless).
screen_shows() {
    local until=$((SECONDS + $1))
    while :; do
        if screen | grep -qiE -- "$2"; then pass "$3"; return 0; fi
        [ "$SECONDS" -lt "$until" ] || break
        sleep 0.2
    done
    fail "$3: no /$2/ within $1 s" "$(screen)"
    return 1
}
# screen_lacks PATTERN NAME
screen_lacks() {
    if screen | grep -qiE -- "$1"; then fail "$2: /$1/ is there" "$(screen)"; else pass "$2"; fi
}
# refuses NAME PATTERN COMMAND...: in a terminal: exit status 1, one sentence on stderr, and not a byte on the terminal.
refuses() {
    local name=$1 pattern=$2 out err status
    shift 2
    err=$(mktemp)
    out=$(timeout 60 script -qec "$(printf '%q ' "$@") 2>$err" /dev/null </dev/null)
    status=$?
    if [ "$status" = 1 ] && [ -z "$out" ] && [ "$(wc -l <"$err")" = 1 ] && grep -qiE -- "$pattern" "$err"; then pass "$name"
    else fail "$name: status $status" "$(printf '%q\n' "$out"; cat "$err")"; fi
    rm -f "$err"
}
sums() { echo "$passed passed, $failed failed"; [ "$failed" = 0 ]; }
