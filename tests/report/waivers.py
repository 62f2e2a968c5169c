#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Waivers: which rows they excuse and until when, that none is silent, and what is wrong with a file of
them. Closes with "N passed, N failed"."""

import json
import os
import sys
import tempfile

from jsonschema import Draft202012Validator

from court import ROOT, check, results, run, write
from reports import changed, fact, sound

WAIVER = {"rule": "tls_1_0", "target": "*", "until": "2026-12-20", "owner": "ops@example.com", "reason": "Printers."}


def old(host="a.example", port=443):
    def change(endpoint):
        next(row for row in endpoint["versions"] if row["version"] == "TLSv1.0")["verdict"] = "yes"
        endpoint["suite_enumeration"].append({"version": "TLSv1.0", "offered": 300, **fact("yes")})
    report = changed(change)
    report["target"].update(input=host, host=host, display_host=host, port=port)
    return report


def file_of(folder, *waivers):
    return write(folder, "waivers.json", {"schema": "shakedown-waivers/1", "waivers": list(waivers)})


def judge(path, *arguments, reports=None):
    """The reports, and the command's result."""
    result = run("judge", "--json", "--waivers", path, *arguments, data="".join(json.dumps(r) + "\n" for r in reports or [old()]))
    return [json.loads(line) for line in result.stdout.splitlines()], result


def finding(report):
    return next(row for row in report["findings"] if row["id"] == "tls_1_0")


def test_findings(folder):
    path = file_of(folder, WAIVER)
    (out,), result = judge(path, "--fail-on", "medium")
    want = {"target": "*", "until": "2026-12-20T00:00:00Z", "owner": "ops@example.com", "reason": "Printers."}
    check((finding(out)["waived"], result.returncode, result.stderr) == (want, 0, ""), f"a finding is waived: {finding(out)}, {result.returncode}, {result.stderr}")
    check(out["waivers"] == [{**want, "rule": "tls_1_0", "state": "used"}], f"and the report says so: {out['waivers']}")
    text = run("judge", "--waivers", path, data=json.dumps(old())).stdout
    check("waived by ops@example.com until 2026-12-20T00:00:00Z: Printers." in " ".join(text.split()), "so does the text")
    check("1 waived" in run("judge", "-q", "--waivers", path, data=json.dumps(old())).stdout, "and its one line")
    plain = run("judge", "--json", "--fail-on", "medium", data=json.dumps(old()))
    check((json.loads(plain.stdout)["waivers"], plain.returncode) == (None, 1), "without a file there are no waivers")
    (out,), result = judge(file_of(folder, {**WAIVER, "rule": "sslv3"}, WAIVER), "--fail-on", "info")
    check(result.returncode == 0 and "waivers.json: 1 waiver was not used (line 4)" in result.stderr, f"one that is not used is told: {result.returncode}, {result.stderr}")
    (out,), result = judge(file_of(folder, WAIVER, {**WAIVER, "owner": "second"}))
    check(finding(out)["waived"]["owner"] == "ops@example.com" and not result.stderr and len(out["waivers"]) == 2, "of two the first is shown, both are used")
    (out,), result = judge(file_of(folder))
    check(out["waivers"] == [] and finding(out)["waived"] is None and not result.stderr, "no waivers")


def test_dates(folder):
    path = file_of(folder, WAIVER)
    for now, counts in (("2026-12-19T23:59:59Z", True), ("2026-12-20", False), ("2030-01-01", False)):
        (out,), result = judge(path, "--fail-on", "medium", "--now", now)
        check((finding(out)["waived"] is not None, result.returncode) == (counts, int(not counts)), f"by {now}: {result.returncode}, {result.stderr}")
        check(counts or "waivers.json:4: the waiver of tls_1_0 for * has expired (2026-12-20T00:00:00Z, ops@example.com)" in result.stderr,
              f"that it has expired is told: {result.stderr}")
        check([row["state"] for row in out["waivers"]] == ["used" if counts else "expired"], "in the report too")
    text = run("judge", "--waivers", path, "--now", "2030-01-01", data=json.dumps(old())).stdout
    check("expired tls_1_0 for *, 2026-12-20T00:00:00Z (ops@example.com)" in " ".join(text.split()), "and in the text")
    (out,), result = judge(file_of(folder, {**WAIVER, "until": "2020-01-01", "target": "b.example"}))
    check(out["waivers"] == [] and "has expired" in result.stderr and "not used" not in result.stderr, "an old one for others is told once")


def test_policies(folder):
    waiver = {**WAIVER, "rule": "pci-dss-4/versions"}
    (out,), result = judge(file_of(folder, waiver), "--policy", "pci-dss-4")
    check((out["policy"]["verdict"], result.returncode) == ("pass", 0), f"a policy's rule is waived: {result.returncode}, {result.stderr}")
    check(finding(out)["waived"] is None, "the finding is not")
    rule = next(row for row in out["policy"]["rules"] if row["id"] == "versions")
    check(rule["verdict"] == "fail" and rule["waived"]["owner"] == "ops@example.com", "the rule still is what it is")
    (out,), result = judge(file_of(folder, WAIVER), "--policy", "pci-dss-4")
    check((out["policy"]["verdict"], result.returncode) == ("fail", 1), "a finding's waiver is none of a rule")
    (out,), result = judge(file_of(folder, waiver))
    check(result.returncode == 0 and "was not used" in result.stderr, "a rule of a policy that is not asked for")
    unknown = changed(lambda endpoint: endpoint["versions"].clear())
    (out,), result = judge(file_of(folder, waiver), "--policy", "pci-dss-4", reports=[unknown])
    rule = next(row for row in out["policy"]["rules"] if row["id"] == "versions")
    check(rule["verdict"] == "incomplete" and rule["waived"] is not None, "a rule that may be broken is waived")
    (out,), result = judge(file_of(folder, waiver), "--policy", "pci-dss-4", reports=[sound()])
    check(out["waivers"] == [] and "was not used" in result.stderr, "a rule that is met needs no waiver")
    rule = {"id": "no_old", "level": "MUST", "sentence": "Nothing old.", "of": "versions", "none": {"version": ["TLSv1.0"]}}
    own = write(folder, "own.json", {"schema": "shakedown-policy/1", "name": "own", "title": "Own", "extends": ["hipaa"], "rules": [rule]})
    path = file_of(folder, {**WAIVER, "rule": "own/no_old"})
    (out,), result = judge(path, "--policy", own)
    check(next(row for row in out["policy"]["rules"] if row["id"] == "no_old")["waived"], "a rule of one's own policy")
    result = run("judge", "--waivers", path, data=json.dumps(old()))
    check(result.returncode == 2 and "there is no policy 'own'" in result.stderr, f"which has to be there: {result.stderr}")


TARGETS = [
    # pattern, host, port, whether it is about it
    ("*", "a.example", 443, True),
    ("a.example", "a.example", 443, True),
    ("A.Example", "a.EXAMPLE", 443, True),
    ("a.example", "b.a.example", 443, False),
    ("a.example", "a.example.com", 443, False),
    ("*.example", "a.b.example", 443, True),
    ("*.example", "example", 443, False),
    ("a.example:443", "a.example", 443, True),
    ("a.example:443", "a.example", 8443, False),
    ("a.example:*", "a.example", 8443, True),
    ("*443", "a.example", 443, False),
    ("w*.*.example", "www.a.example", 443, True),
    ("w*.*.example", "www.example", 443, False),
    ("*a*a*", "a", 443, False),
    ("*a*a*", "baba", 443, True),
    ("[2001:db8::*]", "2001:db8::7", 443, True),
    ("[2001:db8::*]:443", "2001:db8::7", 8443, False),
    ("192.0.2.*", "192.0.2.7", 443, True),
]


def test_targets(folder):
    for pattern, host, port, about in TARGETS:
        (out,), result = judge(file_of(folder, {**WAIVER, "target": pattern}), reports=[old(host, port)])
        check((finding(out)["waived"] is not None) == about and ("not used" in result.stderr) != about, f"{pattern} and {host}:{port}: {result.stderr}")
    (first, second), result = judge(file_of(folder, {**WAIVER, "target": "b.example"}), "--fail-on", "medium", reports=[old(), old("b.example")])
    check((finding(first)["waived"], result.returncode, result.stderr) == (None, 1, ""), "one of two targets")
    named = old("xn--bcher-kva.example")
    named["target"]["display_host"] = "b\u00fccher.example"
    (out,), _ = judge(file_of(folder, {**WAIVER, "target": "b\u00fccher.example"}), reports=[named])
    check(finding(out)["waived"], "an international name")


def without(key):
    return {name: WAIVER[name] for name in WAIVER if name != key}


# what, the file (or its one waiver), a part of the one sentence
BAD = [
    ("no JSON", "{\n,}", ":2: this is not JSON"),
    ("a list", "[]", ":1: a file of waivers holds an object"),
    ("another schema", '{"schema": "shakedown-policy/1"}', ':1: schema: this is no file of waivers: "schema" is not'),
    ("an unknown key", '{"schema": "shakedown-waivers/1",\n"waiver": []}', ":2: waiver: this key has no meaning here"),
    ("no list", '{"schema": "shakedown-waivers/1"}', ":1: waivers: this takes a list of waivers"),
    ("a waiver that is none", [7], ":4: waivers[0]: a waiver is an object"),
    ("an odd key", {**WAIVER, "untill": "x"}, ":10: waivers[0].untill: this key has no meaning here"),
    ("no rule", without("rule"), ':4: waivers[0]: the key "rule" is missing'),
    ("no target", without("target"), ':4: waivers[0]: the key "target" is missing'),
    ("no date", without("until"), ':4: waivers[0]: the key "until" is missing'),
    ("no owner", without("owner"), ':4: waivers[0]: the key "owner" is missing'),
    ("no reason", without("reason"), ':4: waivers[0]: the key "reason" is missing'),
    ("an odd date", {**WAIVER, "until": "2027-02-30"}, ":7: waivers[0].until: this takes a date"),
    ("a number for a date", {**WAIVER, "until": 2027}, ":7: waivers[0].until: this takes a text that is not empty"),
    ("nobody", {**WAIVER, "owner": ""}, ":8: waivers[0].owner: this takes a text that is not empty"),
    ("an unknown finding", {**WAIVER, "rule": "tls_1_9"}, ":5: waivers[0].rule: there is no finding 'tls_1_9'"),
    ("an unknown policy", {**WAIVER, "rule": "pci/versions"}, ":5: waivers[0].rule: there is no policy 'pci'"),
    ("an unknown rule", {**WAIVER, "rule": "pci-dss-4/x"}, ":5: waivers[0].rule: the policy 'pci-dss-4' has no rule 'x'"),
    ("another's rule", {**WAIVER, "rule": "hipaa/tls_1_3"}, "has that rule from another: \"nist-sp800-52r2/tls_1_3\""),
    ("no host", {**WAIVER, "target": ":443"}, ":6: waivers[0].target: this takes a host"),
    ("an odd port", {**WAIVER, "target": "a.example:https"}, ":6: waivers[0].target: behind the host stands a port"),
    ("port 0", {**WAIVER, "target": "a.example:0"}, ":6: waivers[0].target: behind the host stands a port"),
    ("no brackets", {**WAIVER, "target": "2001:db8::1"}, "an IPv6 address stands in brackets"),
]


def test_bad(folder):
    schema = Draft202012Validator(json.load(open(os.path.join(ROOT, "docs", "waivers-v1.schema.json"))))
    check(run("schema", "waivers").stdout == open(os.path.join(ROOT, "docs", "waivers-v1.schema.json")).read(), "schema waivers")
    check(schema.is_valid({"schema": "shakedown-waivers/1", "waivers": [WAIVER]}), "a good one is valid")
    for what, content, want in BAD:
        value = content if isinstance(content, str) else {"schema": "shakedown-waivers/1", "waivers": content if isinstance(content, list) else [content]}
        result = run("judge", "--waivers", write(folder, "waivers.json", value), data=json.dumps(sound()))
        check(result.returncode == 2 and want in result.stderr and result.stderr.count("\n") == 1 and not result.stdout,
              f"{what}: {result.returncode}, {result.stderr}")
    result = run("judge", "--waivers", "/nonexistent", data=json.dumps(sound()))
    check(result.returncode == 2 and "cannot read '/nonexistent'" in result.stderr, "a file that is not there")
    many = [{**WAIVER, "target": f"h{i}.example", "until": "2026-12-20" if i % 2 else "2026-01-01"} for i in range(9000)]
    _, result = judge(file_of(folder, *many))
    check(result.stderr.count("\n") == 22 and "4480 more have expired" in result.stderr and "4500 waivers were not used" in result.stderr,
          f"many are not told one by one: {result.stderr[-300:]}")


def main():
    with tempfile.TemporaryDirectory(prefix="shakedown-waivers-") as folder:
        for test in (test_findings, test_dates, test_policies, test_targets, test_bad):
            test(folder)
    print(f"{results[True]} passed, {results[False]} failed")
    return results[False] != 0


if __name__ == "__main__":
    sys.exit(main())
