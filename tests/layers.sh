#!/usr/bin/env bash
# The house's one law, proved: includes run downhill, core knows no screen, and each outside library has one door. TAP.
cd "${TOP_SRCDIR:-.}" || exit 99
n=0
result() { # result OK? NAME DETAIL
    n=$((n + 1))
    if [ -z "$3" ]; then echo "ok $n - $2"; else
        echo "not ok $n - $2"
        sed 's/^/# /' <<<"$3"
    fi
}
sources() { find "$1" -name '*.[ch]' | sort; }

# room: the rooms it may include, besides itself
declare -A allowed=(
    [core/base]=""
    [core/kube]="core/base"
    [core/store]="core/base"
    [core/logs]="core/base"
    [core/diagnose]="core/base core/store"
    [core/sim]="core/base core/kube core/record"
    [core/run]="core/base core/kube"
    [core/record]="core/base core/kube"
    [core/session]="core/base core/kube core/store core/diagnose core/logs core/run core/record"
    [tui]="core/base core/kube core/store core/diagnose core/logs core/sim core/run core/record core/session"
)
for room in "${!allowed[@]}"; do
    [ -d "$room" ] || continue
    bad=""
    while IFS= read -r file; do
        while IFS= read -r included; do
            case $included in
            core/*/*) to=${included%/*} ;;
            tui/*) to=tui ;;
            scenarios/demo.h | completion/scripts.h) continue ;; # made of data while building
            *) bad+="$file includes $included: write the path from the top"$'\n'; continue ;;
            esac
            [[ " $room ${allowed[$room]} " == *" $to "* ]] || bad+="$file includes $included"$'\n'
        done < <(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file")
    done < <(sources "$room")
    result "" "$room includes only what lies below it" "$bad"
done

# A room that no table row names would go unchecked.
bad=""
for directory in core/*/; do [ -n "${allowed[${directory%/}]+x}" ] || bad+="no row for ${directory%/}"$'\n'; done
result "" "every room has its row" "$bad"

result "" "core knows no terminal" "$(grep -rlE '#include *<(n?curses|ncursesw/.*|term|utf8proc)\.h>' core)"

# library header pattern: the files that may include it
door() {
    local pattern=$1 bad="" file
    shift
    while IFS= read -r file; do
        [ -n "$file" ] || continue
        [[ " $* " == *" $file "* ]] || bad+="$file"$'\n'
    done < <(grep -rlE "#include *<($pattern)" core tui)
    result "" "<$pattern> is included by: $*" "$bad"
}
door 'curl/' core/kube/transport_curl.c core/kube/tunnel_curl.c core/kube/curl_site.c
door 'json-c/|json\.h>' core/base/json_check.c
door 'pcre2' core/base/pattern.c
door 'yaml\.h' core/kube/yaml_tree.c
door 'n?curses|term\.h' tui/terminal.c
door 'utf8proc' tui/grapheme.c
door 'wslay' core/kube/websocket.c
door 'archive' core/record/archive.c
result "" "no outside library stands in a header" \
    "$(grep -rnE '#include *<(curl/|json-c/|pcre2|yaml|n?curses|term\.h|utf8proc|wslay|archive)' core tui --include='*.h')"
result "" "no file passes 600 lines" "$(find core tui -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 600 {print $2 " has " $1}')"
echo "1..$n"
