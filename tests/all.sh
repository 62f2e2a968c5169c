#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every test: the programs given, then the parts that need the finished command. Each part closes
# with "N passed, N failed"; one that prints no such line has failed. Those about saved reports, which keep a
# processor busy, run beside those about servers, which mostly wait. Closes with the sum.
set -u
cd "$(dirname "$0")/.." || exit 2
export BUILD="${BUILD:-build}"
python=${PYTHON:-python3}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
sums=$work/sums
: >"$sums"

part() { # NAME COMMAND...
    name=$1 out=$work/$1 began=$(date +%s)
    shift
    { "$@" </dev/null 2>&1 || echo "status $?"; } >"$out"
    echo "== $name, $(($(date +%s) - began)) s"
    cat "$out"
    counts=$(sed -n 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed.*/\1 \2/p' "$out" | tail -n 1)
    left=$(sed -n 's/^[0-9].* failed, \([0-9][0-9]*\) skipped$/\1/p' "$out" | tail -n 1)
    if [ -z "$counts" ]; then
        echo "this part printed no counts"
        counts="0 1"
    elif [ "${counts#* }" -eq 0 ] && tail -n 1 "$out" | grep -q '^status '; then
        counts="${counts% *} 1" # a status that the counts do not explain
    fi
    echo "$counts ${left:-0}" >>"$sums"
}

# Old and new Node.js, where npm can fetch them. Without them their scenarios count as skipped.
eval "$(tests/real/nodes.sh)"
if [ -z "${SHAKEDOWN_NEW_NODE:-}" ] || [ -z "${SHAKEDOWN_OLD_NODE:-}" ]; then
    echo "skipped: the servers that only npm has (post-quantum groups, SSLv2 of OpenSSL 1.0.1): no npm, or no answer from it"
    echo "0 0 1" >>"$sums"
fi

reports() {
    part schema "$python" tests/report/schema.py
    part judge "$python" tests/report/judge.py
    part formats "$python" tests/report/formats.py
    part pages "$python" tests/report/pages.py
    part waivers "$python" tests/report/waivers.py
    part grade "$python" tests/report/grade.py
    part diff "$python" tests/report/diff.py
    part expiry "$python" tests/report/expiry.py
    part advice "$python" tests/report/advice.py
}

servers() {
    part cli "$python" tests/cli/cli.py
    part keys "$python" tests/cli/keys.py
    part lasting "$python" tests/cli/expiry.py
    part transparency "$python" tests/cli/transparency.py
    part summary "$python" tests/cli/summary.py
    part bulk "$python" tests/cli/bulk.py
    part journal "$python" tests/cli/journal.py
    part workers "$python" tests/cli/workers.py
    part pushing "$python" tests/cli/push.py
    part queue "$python" tests/cli/queue.py
    part connect "$python" tests/cli/connect.py
    part history "$python" tests/cli/history.py
    part real "$python" tests/real/run.py
    part groups "$python" tests/real/picture_groups.py
    part intol "$python" tests/real/picture_intol.py
    part sessions "$python" tests/real/picture_sessions.py
    part ext "$python" tests/real/picture_ext.py
    part dns "$python" tests/real/picture_dns.py
    part revocation "$python" tests/real/picture_revocation.py
    part http "$python" tests/real/picture_http.py
    part verdicts "$python" tests/real/connect.py
    part packaging "$python" tests/packaging/install.py
    part scheduled "$python" tests/packaging/scheduled.py
    part scale "$python" tests/packaging/scale.py
    part few "$python" tests/real/few.py
    part strangers "$python" tests/real/strangers.py
}

part unit tests/run.sh "$@"
reports >"$work/reports.out" 2>&1 &
servers
wait
cat "$work/reports.out"
awk '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed != 0
    }' "$sums"
