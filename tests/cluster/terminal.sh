# The terminal is left as it was, on every way out; what the cluster sends never reaches it raw.
check_terminal() {
    local way before after
    for way in q TERM HUP SEGV ABRT; do
        tmux -L "$socket" -f /dev/null new-session -d -s t -x 100 -y 30 "bash --norc"
        sleep 0.3
        before=$(tmux -L "$socket" display -p -t t '#{alternate_on} #{cursor_flag} #{keypad_flag}')
        keys "stty -g >$work/before; $sandtop --demo; stty -g >$work/after; echo DO'NE'" Enter
        screen_shows 8 'claims' "terminal, $way: it opens" || true
        case $way in
        q) keys q ;;
        *) pkill "-$way" -P "$(tmux -L "$socket" display -p -t t '#{pane_pid}')" ;; # ours alone: another one may be open on this machine
        esac
        screen_shows 8 'DONE' "terminal, $way: it ends" || true
        after=$(tmux -L "$socket" display -p -t t '#{alternate_on} #{cursor_flag} #{keypad_flag}')
        if [ "$before" = "$after" ] && cmp -s "$work/before" "$work/after"; then pass "terminal, $way: it is as it was"
        else fail "terminal, $way: $before became $after" "$(diff "$work/before" "$work/after")"; fi
        close_screen
    done
    tmux -L "$socket" -f /dev/null new-session -d -s t -x 100 -y 30 "bash --norc"
    keys "$sandtop --demo" Enter
    screen_shows 8 'claims' "suspend: it opens"
    keys C-z
    screen_shows 5 'Stopped' "suspend: the shell is back"
    keys fg Enter
    screen_shows 5 'claims' "suspend: and the dashboard again"
    tmux -L "$socket" resize-window -t t -x 70 -y 20
    screen_shows 5 'claims' "resize: it draws at 70x20"
    keys q
    close_screen
    refuses "TERM=dumb" 'TERM' env TERM=dumb "$sandtop" --demo
}

# The Logs pane on a real cluster: found by itself, of the selection, of a picked pod, narrowed, saved without overwriting.
check_log_panes() {
    local ns=sandtop-panes file=$work/panes.log
    kubectl create namespace "$ns" >/dev/null
    kubectl run -n "$ns" talks --image=local/python-runtime-sandbox:v0.5.6 --image-pull-policy=IfNotPresent --restart=Never --command -- \
        sh -c 'echo first words; i=0; while :; do i=$((i + 1)); echo "line $i of the pod"; echo "ERROR number $i"; sleep 1; done' >/dev/null
    kubectl wait -n "$ns" pod/talks --for=condition=Ready --timeout=60s >/dev/null
    open_screen "$sandtop" -A
    screen_shows 20 'Logs · controller and router .*2 live' "log panes: controller and router are found and followed"
    keys l z
    screen_shows 5 'ctl .*(INFO|ERROR)' "log panes: the controller's lines as words"
    keys P
    screen_shows 5 'Enter picks, or drops' "log panes: pods to pick"
    keys "$ns/talks" Enter
    screen_shows 20 'Logs · pod sandtop-panes/talks' "log panes: a picked pod"
    screen_shows 10 'first words' "log panes: its lines from the beginning"
    keys '&'
    keys 'ERROR' Enter
    screen_shows 5 'only &ERROR' "log panes: narrowed"
    screen_lacks 'of the pod' "log panes: only what matches"
    keys k
    screen_shows 5 'paused · [0-9]+ newer' "log panes: paused, counting"
    keys End Escape
    screen_shows 5 'line [0-9]+ of the pod' "log panes: wide again, following"
    keys s
    screen_shows 5 'save all .* lines to' "log panes: asks for a file"
    keys C-u "$file" Enter
    screen_shows 5 "saved [0-9,]+ lines" "log panes: saved"
    if grep -q 'first words$' "$file" && [ "$(stat -c %a "$file")" = 600 ]; then pass "log panes: the file holds the lines, for its owner"
    else fail "log panes: the file" "$(head -n 3 "$file")"; fi
    keys s
    screen_shows 5 'save all .* lines to' "log panes: asks again"
    keys C-u "$file" Enter
    screen_shows 5 'is there already: overwrite it' "log panes: never overwrites silently"
    keys n
    kubectl delete pod -n "$ns" talks --grace-period=0 --force >/dev/null 2>&1
    screen_shows 20 'the pod was deleted' "log panes: a deleted pod's stream ends with the reason"
    keys q
    close_screen
    kubectl delete namespace "$ns" --wait=false >/dev/null
}
