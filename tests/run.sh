#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs the test programs given, each bounded in time. A cmocka program's own counts are added up;
# a program that ends with a status but without counts is one test. Closes with "N passed, N failed".
set -u
passed=0 failed=0
out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT
for test; do
    timeout "${TEST_SECONDS:-300}" "$test" >"$out" 2>&1
    status=$?
    ok=$(grep -c '^\[       OK \]' "$out")
    bad=$(grep -c '^\[  FAILED  \] [^0-9]' "$out")
    if [ "$status" -eq 0 ]; then
        [ "$ok" -gt 0 ] || ok=1
        printf 'ok   %-44s %4d\n' "${test#"${BUILD:-build}"/}" "$ok"
    else
        [ "$bad" -gt 0 ] || bad=1
        printf 'FAIL %-44s status %d\n' "${test#"${BUILD:-build}"/}" "$status"
        grep -v '^\[ *\(RUN\|OK\) *\]' "$out" | tail -n 60
    fi
    passed=$((passed + ok)) failed=$((failed + bad))
done
[ -z "${COUNTS:-}" ] || echo "$passed $failed" >"$COUNTS"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
