#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs the test programs given, one for each processor at a time, each bounded in time. A cmocka program's own
# counts are added up; a program that ends with a status but without counts is one test. Closes with
# "N passed, N failed".
set -u

one() { # PROGRAM: what is to be said of it, in one piece
    out=$(mktemp) || exit 2
    timeout "${TEST_SECONDS:-300}" "$1" >"$out" 2>&1
    status=$?
    ok=$(grep -c '^\[       OK \]' "$out")
    bad=$(grep -c '^\[  FAILED  \] [^0-9]' "$out")
    name=${1#"${BUILD:-build}"/}
    if [ "$status" -eq 0 ]; then
        [ "$ok" -gt 0 ] || ok=1
        printf 'ok   %-44s %4d\n' "$name" "$ok"
    else
        [ "$bad" -gt 0 ] || bad=1
        printf 'FAIL %-44s status %d\n%s\n' "$name" "$status" "$(grep -v '^\[ *\(RUN\|OK\) *\]' "$out" | tail -n 60)"
    fi
    rm -f "$out"
    echo "$ok $bad" >>"$COUNTS"
}

if [ "${1:-}" = --one ]; then
    one "$2"
    exit
fi
COUNTS=$(mktemp) || exit 2
export COUNTS
trap 'rm -f "$COUNTS"' EXIT
[ $# -eq 0 ] || printf '%s\n' "$@" | xargs -P "$(nproc 2>/dev/null || echo 2)" -n 1 "$0" --one
awk -v wanted=$# '
    { passed += $1; failed += $2; ended++ }
    END {
        failed += wanted - ended # those that were not even begun
        printf "%d passed, %d failed\n", passed, failed
        exit failed != 0
    }' "$COUNTS"
