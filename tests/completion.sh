#!/usr/bin/env bash
# bash with the completion script, over a story: what is offered for a line. TAP.
sandtop=${TOP_BUILDDIR:-.}/sandtop
story=${TOP_SRCDIR:-.}/tests/fixtures/replay/story.yaml
n=0
# shellcheck source=/dev/null
source <("$sandtop" completion bash)
complete -p sandtop >/dev/null || { echo "Bail out! no completion"; exit 99; }
# offers NAME EXPECTED WORD...: the words of the line, the last of which is completed.
offers() {
    local name=$1 expected=$2
    shift 2
    COMP_WORDS=("$sandtop" "$@") COMP_CWORD=$#
    COMPREPLY=()
    _sandtop
    n=$((n + 1))
    if [ "${COMPREPLY[*]}" = "$expected" ]; then echo "ok $n - $name"; else
        echo "not ok $n - $name"
        echo "# wanted: $expected"
        echo "# got: ${COMPREPLY[*]}"
    fi
}
offers "a command" doctor d
offers "a flag" --all-namespaces why --all
offers "a flag of another command is not offered" "" check --wat
offers "a short value" "json" doctor -o j
offers "a value behind =" "json" doctor --output = j
offers "a claim" claim-1 --replay "$story" why ""
offers "a claim by its beginning" claim-1 --replay "$story" why cl
offers "no claim begins so" "" --replay "$story" why x
offers "claims after one claim" claim-1 --replay "$story" doctor other ""
offers "a namespace" team-a --replay "$story" doctor -n ""
offers "a namespace behind =" team-a --replay "$story" doctor --namespace = te
offers "a theme" "dark" --theme da
offers "shells" "bash zsh fish" completion ""
offers "files" "$story" --replay "${story%.yaml}.y"
offers "nothing where nobody answers" "" --kubeconfig /nonexistent why ""
for shell in zsh fish; do
    n=$((n + 1))
    if "$sandtop" completion $shell | grep -q __complete; then echo "ok $n - a script for $shell"; else echo "not ok $n - a script for $shell"; fi
    command -v $shell >/dev/null || continue
    n=$((n + 1))
    if "$sandtop" completion $shell >"${TMPDIR:-/tmp}/sandtop-completion.$$" && $shell -n "${TMPDIR:-/tmp}/sandtop-completion.$$"; then echo "ok $n - $shell reads it"
    else echo "not ok $n - $shell reads it"; fi
    rm -f "${TMPDIR:-/tmp}/sandtop-completion.$$"
done
echo "1..$n"
