#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds saved reports against --expires-within: to the second, over every chain that clients are shown
and none that they are not, and with what is not known never taken for good. Closes with "N passed, N failed"."""

import copy
import datetime
import glob
import json
import os
import sys

from jsonschema import Draft202012Validator

from judge import ROOT, judged, run
from reports import authority, certificate, chain, changed, fact, sound

results = {True: 0, False: 0}
NOW = datetime.datetime(2026, 11, 23, 14, 5, 9)  # of the reports
DAY = 86400


def check(good, what):
    results[bool(good)] += 1
    if not good:
        print("FAIL", what)


def at(seconds, start=NOW):
    """That many seconds after, as a report writes it."""
    return (start + datetime.timedelta(seconds=seconds)).isoformat(timespec="seconds") + "Z"


def served(sni=True):
    return [{"version": "TLSv1.3", "authentication": "EC", "sni": sni}]


def with_chains(*chains, **more):
    def change(endpoint):
        endpoint["certificates"] = list(chains)
        endpoint.update(more)
    return changed(change)


def ends(leaf, above=None, **more):
    return chain(certificate(not_after=leaf), authority() if above is None else {**authority(), "not_after": above}, **more)


def nameless(report):
    report["target"]["sni"] = None
    return report


def without_now(report):
    del report["now"]
    return report


LATE, SOON = at(90 * DAY), at(5 * DAY)

# what, report, days, verdict, which certificates are named
JUDGED = [
    ("one second more", with_chains(ends(at(30 * DAY + 1))), 30, "pass", []),
    ("to the second", with_chains(ends(at(30 * DAY))), 30, "fail", [(0, "fail")]),
    ("one second less", with_chains(ends(at(30 * DAY - 1))), 30, "fail", [(0, "fail")]),
    ("the last second, and no day", with_chains(ends(at(0))), 0, "fail", [(0, "fail")]),
    ("one second left, and no day", with_chains(ends(at(1))), 0, "pass", []),
    ("ended", with_chains(ends(at(-400 * DAY))), 0, "fail", [(0, "fail")]),
    ("ended before 1970", with_chains(ends("1955-01-01T00:00:00Z")), 30, "fail", [(0, "fail")]),
    ("ends with the calendar", with_chains(ends("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z")), 36500, "pass", []),
    ("the authority first", with_chains(ends(LATE, SOON)), 30, "fail", [(1, "fail")]),
    ("both", with_chains(ends(SOON, SOON)), 30, "fail", [(0, "fail"), (1, "fail")]),
    ("unreadable leaf", with_chains(ends(None)), 30, "incomplete", [(0, "incomplete")]),
    ("past 9999, which cannot be read", with_chains(ends("10000-01-01T00:00:00Z")), 30, "incomplete", [(0, "incomplete")]),
    ("unreadable authority beside one that ends", with_chains(ends(SOON, "soon")), 30, "fail", [(0, "fail"), (1, "incomplete")]),
    ("second of two chains", with_chains(ends(LATE), ends(SOON)), 30, "fail", [(0, "fail")]),
    ("a chain for others", with_chains(ends(LATE), ends(SOON, served_for=served(False))), 30, "pass", []),
    ("the same without a name", nameless(with_chains(ends(SOON), ends(LATE, served_for=served(False)))), 30, "pass", []),
    ("one for both", with_chains(ends(SOON, served_for=served(False) + served(True))), 30, "fail", [(0, "fail")]),
    ("none for us", with_chains(ends(LATE, served_for=served(False))), 30, "incomplete", []),
    ("no certificate at all", with_chains(certificate_enumeration=fact("no", "no_certificate")), 30, "pass", []),
    ("not all certificates found", with_chains(ends(LATE), certificate_enumeration=fact("unknown", "silent")), 30, "incomplete", []),
    ("not all found, and one ends", with_chains(ends(SOON), certificate_enumeration=fact("unknown", "kind_repeated")), 30, "fail", [(0, "fail")]),
    ("not looked for", with_chains(certificate_enumeration=fact("not_tested", "not_selected")), 30, "incomplete", []),
    ("not reached", with_chains(ends(LATE), status="refused", reason="the connection was refused"), 30, "incomplete", []),
    ("not an address", {**sound(), "endpoints": [], "trouble": "the name does not exist"}, 30, "incomplete", []),
    ("odd types", with_chains(ends(LATE), ends(7, {}), {"served_for": served(), "chain": "x"}, 7, {"served_for": 7}), 30, "incomplete",
     [(0, "incomplete"), (1, "incomplete")]),
]


def test_judged():
    for what, report, days, want, rows in JUDGED:
        (out,), status = judged([report], "--expires-within", str(days))
        row = out["thresholds"][0]
        check((row["id"], row["days"], row["verdict"]) == ("expiry", days, want), f"{what}: {row}")
        check([(one["certificate"], one["verdict"]) for one in row["certificates"]] == rows, f"{what}: {row['certificates']}")
        reached = all(one.get("status") == "complete" for one in report["endpoints"]) and report["endpoints"]
        check(status == ({"pass": 0, "fail": 1, "incomplete": 3}[want] if reached else 4), f"{what}: status {status}")
        check(out["endpoints"] == report["endpoints"], f"{what}: facts stay as they are")


def test_time():
    report = with_chains(ends(at(30 * DAY)))
    for now, want in ((at(-1), "pass"), (at(0), "fail"), (f"@{int(NOW.replace(tzinfo=datetime.timezone.utc).timestamp()) - 1}", "pass")):
        (out,), _ = judged([report], "--expires-within=30", "--now", now)
        check(out["thresholds"][0]["verdict"] == want, f"--now {now}: {out['thresholds']}")
    # Without a time of its own a report is judged by the clock.
    for end, want in ((at(2 * DAY, datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)), "fail"), (at(4 * DAY, datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)), "pass")):
        (out,), _ = judged([without_now(with_chains(ends(end)))], "--expires-within=3")
        check(out["thresholds"][0]["verdict"] == want, f"without a time: {end} {out['thresholds']}")


def test_several():
    report = sound()
    second = copy.deepcopy(report["endpoints"][0])
    second.update(address="192.0.2.2", certificates=[ends(SOON)])
    report["endpoints"].append(second)
    (out,), status = judged([report], "--expires-within=30")
    check(status == 1 and [row["address"] for row in out["thresholds"][0]["certificates"]] == ["192.0.2.2"], "one address of two")
    _, status = judged([sound(), with_chains(ends(SOON)), sound()], "--expires-within=30")
    check(status == 1, "one report of three")
    _, status = judged([with_chains(ends(SOON)), with_chains(ends(None))], "--expires-within=30")
    check(status == 3, "what is incomplete is worse than what fails")


def test_words():
    soon = with_chains(ends(SOON))
    (out,), status = judged([soon], "--expires-within=30", "--fail-on=expiry,critical")
    check(status == 1 and out["thresholds"][0]["verdict"] == "fail", "--fail-on expiry")
    for words, want in ((["--fail-on=expiry"], "there has to be a limit"), (["--expires-within=36501"], "a number from 0 to 36500"),
                        (["--expires-within=-1"], "a number from"), (["--expires-within=1d"], "a number from"), (["--expires-within"], "needs a value")):
        result = run("judge", *words, data=json.dumps(sound()))
        check(result.returncode == 2 and want in result.stderr and result.stderr.count("\n") == 1, f"{words}: {result.stderr}")
    (first,), status = judged([soon], "--expires-within=30")
    (again,), status = judged([first])
    check(again["thresholds"] == [] and status == 0, "a limit that is not given again is gone")
    (again,), status = judged([again], "--expires-within=30")
    check(again == first and status == 1, "and the same when it is")


def test_text():
    soon = with_chains(ends(SOON, None), status="partial", reason="x\u202e")
    soon["endpoints"][0]["certificates"][0]["chain"][0]["subject"] = "CN=\x1b[31m"
    text = run("judge", "--expires-within=30", data=json.dumps(soon)).stdout
    check("Threshold expiry: fail (1 certificate has at most 30 days left)" in text, text[:400])
    check("\x1b" not in text and "certificate 1: CN=\\u001B[31m, 2026-11-28T14:05:09Z" in text, "the certificate is named, and harmless")
    text = run("judge", "-q", "--expires-within=1", data=json.dumps(with_chains(ends(SOON)))).stdout
    check("expiry pass" in text and text.count("\n") == 1, f"in one line: {text}")
    text = run("judge", "--expires-within=1", data=json.dumps({**sound(), "endpoints": [], "trouble": "no such name"})).stdout
    check("Threshold expiry: incomplete (no such name)" in text, text)
    # What a scan of 0.1.0 has no keys for is shown all the same.
    check("Ends" not in run("judge", data=json.dumps(sound())).stdout, "nothing is invented")


def test_schema():
    """Golden reports with thresholds and a policy are reports still."""
    validator = Draft202012Validator(json.load(open(os.path.join(ROOT, "docs", "report-v1.schema.json"))))
    for path in sorted(glob.glob(os.path.join(ROOT, "fixtures", "golden", "*.json"))):
        report = json.load(open(path))
        for days in (0, 60, 36500):
            (out,), _ = judged([report], "--policy=cabf-br", "--expires-within", str(days))
            errors = [f"{error.json_path}: {error.message}"[:200] for error in validator.iter_errors(out)]
            check(not errors, f"{os.path.basename(path)}: {errors[:3]}")


def main():
    for test in (test_judged, test_time, test_several, test_words, test_text, test_schema):
        test()
    print(f"{results[True]} passed, {results[False]} failed")
    return results[False] != 0


if __name__ == "__main__":
    sys.exit(main())
