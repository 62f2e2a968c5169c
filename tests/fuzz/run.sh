#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fuzzes the targets given as sources, one after the other, FUZZ_SECONDS each, from the committed
# corpus. What clang finds new goes to $BUILD/corpus/<target>, what crashes to $BUILD/crashes.
# `run.sh SOURCE...`, from the project's top folder; ends with 1 when a target crashed.
set -u
BUILD=${BUILD:-build/fuzz}
FUZZ_SECONDS=${FUZZ_SECONDS:-60}
CLANG=${CLANG:-clang}
SANITIZERS='address,undefined'

command -v "$CLANG" >/dev/null || { echo "fuzzing needs $CLANG, which is not installed" >&2; exit 2; }
[ $# -gt 0 ] || { echo 'usage: tests/fuzz/run.sh SOURCE...' >&2; exit 2; }

log=$BUILD/log
mkdir -p "$BUILD/crashes" "$log" || exit 2

build() { # TARGET...
    MAKEFLAGS='' "${MAKE:-make}" --no-print-directory -s CC="$CLANG" BUILD="$BUILD" OPTIMIZE='-O1 -g' \
        SANITIZE="-fsanitize=fuzzer-no-link,$SANITIZERS -fno-sanitize-recover=all -fno-omit-frame-pointer" "$@"
}

# The libraries are the Makefile's to know.
# shellcheck disable=SC2016 # make expands it
libraries=$(MAKEFLAGS='' "${MAKE:-make}" -s --eval='libraries: ; @echo $(LINKS)' libraries) || exit 2

fuzz() { # NAME
    name=$1
    seeds=tests/fuzz/corpus/$name
    found=$BUILD/corpus/$name
    mkdir -p "$found"
    set -- "$found"
    [ ! -d "$seeds" ] || set -- "$@" "$seeds"
    "$BUILD/$name" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="$BUILD/crashes/$name-" "$@" >"$log/$name" 2>&1
}

failed=0
for source; do
    name=$(basename "$source" _fuzz.c)
    object=$BUILD/${source%.c}.o
    # shellcheck disable=SC2086 # the libraries are words
    if ! build "$BUILD/libshakedown.a" "$object" ||
        ! "$CLANG" -fsanitize="fuzzer,$SANITIZERS" -o "$BUILD/$name" "$object" "$BUILD/libshakedown.a" $libraries; then
        echo "FAIL $name: cannot be built"
        failed=1
    elif fuzz "$name"; then
        echo "ok   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log/$name") runs"
    else
        echo "FAIL $name"
        tail -n 40 "$log/$name"
        failed=1
    fi
done
exit $failed
