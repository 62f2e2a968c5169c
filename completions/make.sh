#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Writes the completions and the manual's OPTIONS section anew from the command given. With --check
# it writes nothing and tells whether they are what the command would print.
set -eu
[ "${1-}" != --check ] || { check=yes && shift; }
command=$1
cd "$(dirname "$0")/.."
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

manual() {
    awk '/man-options: begin$/ { print; hidden = 1; while ((getline line < options) > 0) print line }
         /man-options: end$/ { hidden = 0 }
         !hidden' options="$new/options" man/shakedown.1
}

place() {
    if [ -z "${check-}" ]; then
        cp "$1" "$2"
    elif ! cmp -s "$1" "$2"; then
        echo "$2 is stale: run 'make completions'" >&2
        stale=yes
    fi
}

"$command" --print-completion bash >"$new/bash"
"$command" --print-completion zsh >"$new/zsh"
"$command" --print-completion fish >"$new/fish"
"$command" --print-completion man-options >"$new/options"
manual >"$new/manual"
place "$new/bash" completions/shakedown.bash
place "$new/zsh" completions/_shakedown
place "$new/fish" completions/shakedown.fish
place "$new/manual" man/shakedown.1
[ -z "${stale-}" ]
