#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds what is measured against and measures: see measure.py. HOSTS and RUNS may be set.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
mkdir -p "$build/bench"
for program in limit relay; do
    "${CC:-cc}" -std=c11 -D_GNU_SOURCE -Wall -Wextra -O2 -o "$build/bench/$program" "bench/$program.c"
done
exec "${PYTHON:-python3}" bench/measure.py --build "$build" --hosts "${HOSTS:-100}" --runs "${RUNS:-5}"
