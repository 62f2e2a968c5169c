#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs and builds what is measured against, and measures, part after part; PARTS names those that are wanted. RUNS are
# the turns whose medians are told. LONG=1 takes an hour: testssl.sh too, 1,000 hosts, a million targets. PLOTS is a folder
# to draw the curves into; without it they are not measured.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
runs=${RUNS:-3}
python=${PYTHON:-python3}
./deps.sh bench
mkdir -p "$build/bench"
for program in cost limit relay; do
    # shellcheck disable=SC2086 # it may be "ccache gcc"
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -Wall -Wextra -O2 -o "$build/bench/$program" "bench/$program.c"
done

# shellcheck disable=SC2086 # lists of words
part() {
    case $1 in
    limit) "$python" bench/measure.py --build "$build" --hosts "${HOSTS:-1000}" --runs "$runs" ;;
    tools) "$python" bench/tools.py --build "$build" --runs "$runs" ${LONG:+--long --hosts 1000 --sample 60} ;;
    grow) "$python" bench/grow.py --build "$build" --runs "$runs" ${LONG:+--many 500 --hosts 500 --targets 1000000} \
        ${PLOTS:+--plots "$PLOTS"} ;;
    questions) "$python" bench/questions.py --build "$build" ;;
    reports) "$python" bench/reports.py --build "$build" ;;
    *) echo "run.sh: no such part: $1" >&2 && exit 2 ;;
    esac
}

for part in ${PARTS:-limit tools questions grow reports}; do
    echo "== $part"
    part "$part"
    echo
done
