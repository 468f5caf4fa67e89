# fish completion for sandtop. What fits is told by sandtop itself: one candidate a line, or ":files".
function __sandtop_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l found ($before[1] __complete -- $before[2..-1] "$current" 2>/dev/null)
    if test "$found[1]" = :files
        __fish_complete_path "$current"
    else if test (count $found) -gt 0
        printf '%s\n' $found
    end
end
complete -c sandtop -f -a '(__sandtop_complete)'
complete -c kubectl-sandtop -f -a '(__sandtop_complete)'
