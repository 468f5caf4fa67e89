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
