#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Comparisons: every kind of change and what it is worth, what is no change, files of many targets, and
what is wrong with them. Closes with "N passed, N failed"."""

import copy
import json
import os
import sys
import tempfile

from jsonschema import Draft202012Validator

from court import ROOT, check, results, run, silence, write
from judge import add_suite, both, leaf, no_version, of_chain, prime, put, version
from reports import answered, certificate, chain, changed, cookie, fact, group, header, http, scheme, sound

SCHEMA = Draft202012Validator(json.load(open(os.path.join(ROOT, "docs", "diff-v1.schema.json"))))

PRINT = {"fingerprint_sha256": "A" * 64, "public_key_sha256": "B" * 64}
OTHER = {"fingerprint_sha256": "C" * 64, "public_key_sha256": "D" * 64}


def compare(folder, was, is_, *arguments):
    """The comparisons, and the command's result."""
    paths = [write(folder, name, "".join(json.dumps(report) + "\n" for report in (reports if isinstance(reports, list) else [reports])))
             for name, reports in (("was.ndjson", was), ("is.ndjson", is_))]
    result = run("diff", "--json", *arguments, *paths)
    out = [json.loads(line) for line in result.stdout.splitlines()]
    for one in out:
        check(SCHEMA.is_valid(one), f"a comparison is valid: {[error.message for error in SCHEMA.iter_errors(one)][:2]}")
    return out, result


def rows(out):
    return {(row["aspect"], row["id"], row["change"], row["effect"]) for row in out["changes"]}


def order_of(verdict):
    def change(endpoint):
        for row in endpoint["suite_preference"]:
            row["verdict"] = verdict
    return change


def swapped(endpoint):
    first, second = endpoint["cipher_suites"][:2]
    first["order"], second["order"] = 2, 1


def not_tls(endpoint):
    endpoint.update(status="not_tls", reason="what came was no TLS")


def unreached(endpoint):
    endpoint.update(status="unreachable", reason="nobody answered")


def renewed(**more):
    return leaf(not_before="2026-11-20T00:00:00Z", not_after="2027-02-17T23:59:59Z", **{**OTHER, **more})


BEFORE = changed(leaf(**PRINT))
RSA = {"key": "RSA", "bits": 3072, "curve": None, "signature": "sha256WithRSAEncryption"}
C = "certificates"
N = "CN=a.example, EC"

# what, a change of the endpoint, the rows that have to be there, whether it is worse
CHANGES = [
    ("nothing", lambda e: None, set(), False),
    ("TLS 1.0", version("TLSv1.0"), {("versions", "TLSv1.0", "changed", "worse"), ("findings", "tls_1_0", "appeared", "worse"),
                                     ("grade", "letter", "changed", "worse")}, True),
    ("no TLS 1.3", no_version("TLSv1.3"), {("versions", "TLSv1.3", "changed", "worse"), ("findings", "no_tls_1_3", "appeared", "worse")}, True),
    ("a weak suite", add_suite("TLS_RSA_WITH_RC4_128_SHA"),
     {("suites", "TLS_RSA_WITH_RC4_128_SHA TLSv1.2", "appeared", "worse"), ("findings", "rc4", "appeared", "worse")}, True),
    ("a good suite", add_suite("TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3"), {("suites", "TLS_CHACHA20_POLY1305_SHA256 TLSv1.3", "appeared", "none")}, False),
    ("a group", lambda e: e["groups"].append(group("ffdhe3072")),
     {("groups", "ffdhe3072 TLSv1.2", "appeared", "none"), ("groups", "ffdhe3072 TLSv1.3", "appeared", "none")}, False),
    ("a weak group", lambda e: e["groups"].append(group("secp192r1", ("TLSv1.2",))),
     {("groups", "secp192r1 TLSv1.2", "appeared", "worse"), ("findings", "weak_group", "appeared", "worse")}, True),
    ("no post-quantum group", lambda e: e["groups"].pop(0), {("groups", "X25519MLKEM768 TLSv1.3", "vanished", "worse")}, True),
    ("SHA-1", lambda e: e["signature_schemes"].append(scheme("rsa_pkcs1_sha1", ["TLSv1.2"])),
     {("signature_schemes", "rsa_pkcs1_sha1 TLSv1.2", "appeared", "worse"), ("findings", "sha1_signature", "appeared", "worse")}, True),
    ("the client chooses", order_of("client"), {("order", "suite_preference TLSv1.2", "changed", "none"),
                                                ("order", "suite_preference TLSv1.3", "changed", "none")}, False),
    ("another order", swapped, {("order", "suites TLSv1.2", "changed", "none")}, False),
    ("a feature", put("extensions", "heartbeat", "yes"), {("features", "heartbeat TLSv1.2", "changed", "none"), ("findings", "heartbeat", "appeared", "none")}, False),
    ("a number", put("sessions", "ticket_lifetime", "yes", number=3600, unit="seconds"), {("features", "ticket_lifetime TLSv1.2", "changed", "none")}, False),
    ("an anomaly", lambda e: e["anomalies"].append({"code": "odd", "sentence": "It is.", "evidence": []}), {("anomalies", "odd", "appeared", "none")}, False),
    ("no trust", lambda e: e["certificates"][0].update(trust=[{"store": "system", **fact("no", "unknown_root"), "path": []}]),
     {(C, f"trust {N}", "changed", "worse"), ("findings", "certificate_untrusted", "appeared", "worse")}, True),
    ("another key", leaf(**{**OTHER, **RSA}), {(C, "chain CN=a.example, EC", "vanished", "none"), (C, "chain CN=a.example, RSA", "appeared", "none")}, False),
    ("no TLS", not_tls, {("status", "status", "changed", "worse")}, True),
    # Certificates that were renewed.
    ("renewed", renewed(), set(), False),
    ("renewed by another intermediate", renewed(issuer="CN=R11,O=Let's Encrypt,C=US"), {(C, f"issuer {N}", "changed", "none")}, False),
    ("renewed, and longer", renewed(bits=384, curve="secp384r1"), {(C, f"key {N}", "changed", "none")}, False),
    ("renewed, with a name more", renewed(names=("a.example", "b.example")), {(C, f"dns_names {N}", "changed", "none")}, False),
    ("renewed for a shorter time", leaf(not_before="2026-11-20T00:00:00Z", not_after="2026-12-30T23:59:59Z", **OTHER),
     {(C, f"validity_days {N}", "changed", "none")}, False),
    ("renewed, with an hour more", leaf(not_before="2026-11-20T00:00:00Z", not_after="2027-02-18T00:59:59Z", **OTHER), set(), False),
]


def test_changes(folder):
    out, result = compare(folder, [named(BEFORE, i) for i in range(len(CHANGES))], [named(changed(change, BEFORE), i) for i, (_, change, _, _) in enumerate(CHANGES)])
    check(result.returncode == 1 and len(out) == len(CHANGES), f"there are all: {result.returncode}, {result.stderr}")
    for (what, _, want, worse), one in zip(CHANGES, out):
        found = rows(one)
        check(want <= found and (bool(want) or not found), f"{what}: {found} has {want - found}")
        check((one["worse"], one["changed"]) == (worse, bool(want)), f"{what}: worse {one['worse']}")
        check({row["aspect"] for row in one["not_comparable"]} <= {"grade"}, f"{what}: all but a grade can be compared: {one['not_comparable'][:2]}")
        check(bool(one["renewals"]) == what.startswith("renewed"), f"{what}: {one['renewals']}")
    back, result = compare(folder, changed(version("TLSv1.0")), sound())
    check(("versions", "TLSv1.0", "changed", "better") in rows(back[0]) and result.returncode == 0, "the way back is better")
    renewal = out[[what for what, *_ in CHANGES].index("renewed")]["renewals"][0]
    check(renewal == {"address": "192.0.2.1", "certificate": N, "was_until": "2026-12-29T23:59:59Z", "is_until": "2027-02-17T23:59:59Z", "same_key": False},
          f"a renewal is told: {renewal}")
    other = changed(leaf(issuer="CN=R10,O=Let's Encrypt,C=US", **PRINT))
    (out,), _ = compare(folder, other, changed(renewed(issuer="CN=R11,O=Let's Encrypt,C=US")))
    check(not out["changes"] and len(out["renewals"]) == 1, f"intermediates of one organisation: {out['changes']}")


def named(report, i):
    report = copy.deepcopy(report)
    report["target"].update(host=f"h{i}.example", input=f"h{i}.example")
    return report


# what, a change of the answer to an HTTP request, aspect and id, effect
ANSWERS = [
    ("no HSTS", lambda row: row["hsts"].update(fact("no", "missing"), max_age=None), "hsts", "worse"),
    ("shorter HSTS", lambda row: row["hsts"].update(max_age=60), "hsts", "none"),
    ("another status", lambda row: row.update(status=503), "status", "none"),
    ("a cookie in the clear", lambda row: row.update(cookies=[cookie(secure=False)]), "cookie id", "worse"),
    ("a header field", lambda row: row.update(headers=[header("X-Content-Type-Options", "bad")]), "header X-Content-Type-Options", "worse"),
    ("no redirect", lambda row: row["https_redirect"].update(fact("no")), "https_redirect", "worse"),
    ("a banner", lambda row: row.update(server="nginx"), "server", "none"),
]


def test_answers(folder):
    for what, change, id_, effect in ANSWERS:
        (out,), result = compare(folder, sound(), answered(change))
        row = next((row for row in out["changes"] if row["aspect"] == "http"), None)
        check(row and (row["id"], row["effect"]) == (id_, effect), f"{what}: {row}")
    (out,), _ = compare(folder, sound(), answered(lambda row: row.update(cookies=[cookie("other")])))
    check(not out["changes"], "cookies come and go")
    (out,), _ = compare(folder, sound(), answered(lambda row: row.update(fact("unknown", "silent"))))
    check(not [row for row in out["changes"] if row["aspect"] == "http"] and "http" in {row["aspect"] for row in out["not_comparable"]}, "an answer that is not known")


def test_unknown(folder):
    """What one does not know is no change, whichever it is."""
    silent, empty = sound(), changed(lambda endpoint: [endpoint.pop(key) for key in list(endpoint) if key not in ("address", "port", "status")])
    empty["http"] = []
    silence(silent)
    lost = changed(unreached)
    for what, other in (("silence", silent), ("an empty report", empty), ("an address that was not reached", lost)):
        for was, is_, side in ((sound(), other, "is"), (other, sound(), "was")):
            (out,), result = compare(folder, was, is_)
            worse = [row for row in out["changes"] if row["effect"] == "worse"]
            check(not out["worse"] and result.returncode == 0 and not worse, f"{what}: {worse[:3]}")
            check(not out["changes"], f"{what} is no change: {out['changes'][:3]}")
            check(out["not_comparable"] and {row["unknown_in"] for row in out["not_comparable"]} == {side}, f"{what}: what cannot be compared: {out['not_comparable'][:2]}")
    (out,), _ = compare(folder, silent, silent)
    check(not out["changes"] and not out["not_comparable"], f"what neither knows is not told: {out['not_comparable'][:2]}")
    half = changed(lambda e: (e["cipher_suites"].pop(1), e["suite_enumeration"][0].update(fact("unknown", "reset"))))
    (out,), _ = compare(folder, sound(), half)
    check({(row["aspect"], row["unknown_in"]) for row in out["not_comparable"]} >= {("suites", "is")} and "suites" not in {row["aspect"] for row in out["changes"]},
          "a list that is not whole")


def with_addresses(*addresses, change=None):
    report = sound()
    one = report["endpoints"][0]
    report["endpoints"], report["http"] = [], []
    for address in addresses:
        endpoint = copy.deepcopy(one)
        endpoint["address"] = address
        report["endpoints"].append(endpoint)
        report["http"].append(http(address))
    if change:
        change(report["endpoints"][-1])
    return report


def test_addresses(folder):
    was = with_addresses("192.0.2.1", "192.0.2.2")
    for what, is_ in (("all new", with_addresses("192.0.2.3", "192.0.2.4")), ("one more", with_addresses("192.0.2.1", "192.0.2.2", "192.0.2.3")),
                      ("one less", with_addresses("192.0.2.2"))):
        (out,), result = compare(folder, was, is_)
        check(not out["changed"] and result.returncode == 0 and (out["addresses"]["appeared"] or out["addresses"]["vanished"]), f"a pool, {what}: {out['changes'][:2]}")
    odd = with_addresses("192.0.2.1", "192.0.2.3", change=version("TLSv1.0"))
    (out,), result = compare(folder, was, odd)
    check({row["address"] for row in out["changes"] if row["aspect"] == "versions"} == {"192.0.2.3"} and result.returncode == 1, "a new one that is like none")
    (out,), result = compare(folder, odd, with_addresses("192.0.2.1", "192.0.2.9", change=version("TLSv1.0")))
    check(not out["changed"], f"one that is like the odd one: {out['changes'][:2]}")


def test_judgement(folder):
    (out,), result = compare(folder, sound(), changed(version("TLSv1.0")), "--policy", "pci-dss-4")
    check(("policy", "pci-dss-4/versions", "changed", "worse") in rows(out), f"a policy's rule: {rows(out)}")
    check(not [row for row in out["changes"] if row["aspect"] == "policy" and row["effect"] != "worse"], "the others are as they were")
    waiver = {"rule": "tls_1_0", "target": "*", "until": "2026-12-20", "owner": "ops", "reason": "x"}
    path = write(folder, "waivers.json", {"schema": "shakedown-waivers/1", "waivers": [waiver]})
    (out,), _ = compare(folder, sound(), changed(version("TLSv1.0")), "--waivers", path)
    check(("findings", "tls_1_0", "appeared", "none") in rows(out), "a finding that is waived is told")
    (out,), result = compare(folder, sound(), changed(version("TLSv1.0")), "--waivers", path, "--ignore", "versions,grade")
    check(not out["worse"] and out["changed"] and result.returncode == 0, f"and is not worse: {rows(out)}")
    (out,), result = compare(folder, sound(), changed(version("TLSv1.0")), "--ignore", "findings.tls_1_0,versions.TLSv1.0,grade")
    check(not out["changed"], f"what is to be ignored: {rows(out)}")
    (out,), result = compare(folder, sound(), changed(version("TLSv1.0")), "--ignore", "findings.tls_1,versions,grade")
    check(out["changed"], "a beginning of an id is none")
    (out,), _ = compare(folder, sound(), sound(), "--now", "2026-12-25")
    check(not out["changes"], "both are judged at one time")
    later = {**sound(), "now": "2026-12-25T00:00:00Z"}
    (out,), _ = compare(folder, sound(), later)
    check(("findings", "certificate_renewal_due", "appeared", "worse") in rows(out), "or each at its own")


def test_dns(folder):
    def dns(**more):
        record = {"name": "a.example", "flags": 0, "critical": False, "tag": "issue", "value": "ca.example", "issuer": "ca.example"}
        part = {**fact("yes"), "records": [record]}
        report = sound()
        report["dns"] = {**fact("yes"), "name": "a.example", "dnssec": "secure", "why": None, "caa": part, "tlsa": {**fact("no"), "records": []},
                         "https": {**fact("no"), "records": []}, **more}
        return report

    other = {**fact("yes"), "records": [{"name": "a.example", "flags": 0, "tag": "issue", "value": "evil.example"}]}
    for what, is_, want in (("the same", dns(), set()), ("no DNSSEC", dns(dnssec="insecure"), {("dns", "dnssec", "changed", "worse")}),
                            ("another CAA", dns(caa=other), {("dns", "caa", "changed", "none")}), ("not validated", dns(dnssec="unvalidated"), set())):
        (out,), _ = compare(folder, dns(), is_)
        check(rows(out) == want, f"DNS, {what}: {rows(out)}")
    (out,), _ = compare(folder, dns(), dns(caa=fact("unknown", "silent")))
    check([row["id"] for row in out["not_comparable"]] == ["caa"], "DNS that is not known")


def test_files(folder):
    many = [named(sound(), i) for i in range(300)]
    now = [named(sound(), i) for i in reversed(range(5, 305))]
    out, result = compare(folder, many, now)
    states = [one["state"] for one in out]
    check((states.count("compared"), states.count("appeared"), states.count("vanished")) == (295, 5, 5) and result.returncode == 0, "targets come and go")
    check([one["target"]["host"] for one in out[-5:]] == [f"h{i}.example" for i in range(5)], "those that are gone come last, in their order")
    out, _ = compare(folder, [changed(version("TLSv1.0")), sound()], sound())
    check(len(out) == 1 and not out[0]["changed"], f"of two reports of one target the last counts: {out[0]['changes'][:1]}")
    ported = sound()
    ported["target"]["port"] = 8443
    out, _ = compare(folder, sound(), ported)
    check([one["state"] for one in out] == ["appeared", "vanished"], "another port is another target")
    was, is_ = write(folder, "a.json", sound()), write(folder, "b.json", changed(version("TLSv1.0")))
    result = run("diff", "--json", "-", is_, data=json.dumps(sound()))
    check(result.returncode == 1 and json.loads(result.stdout)["worse"], f"the earlier one from standard input: {result.stderr}")
    result = run("diff", "--json", was, "-", data=json.dumps(sound()))
    check(result.returncode == 0, "the later one too")
    text = run("diff", was, is_)
    check("a.example:443 worse" in text.stdout and "TLS 1.0 is accepted (tls_1_0) appeared" in text.stdout, f"for people: {text.stdout}")
    check(run("diff", "-q", was, is_).stdout.count("\n") == 1, "in one line")
    path = os.path.join(folder, "out.json")
    run("diff", was, is_, f"--json={path}")
    check(json.load(open(path))["worse"] and open(path).read().startswith("{\n"), "to a file")


def test_baseline(folder):
    was, is_ = write(folder, "a.json", sound()), changed(version("TLSv1.0"))
    result = run("judge", "--json", "--baseline", was, data=json.dumps(is_))
    out = json.loads(result.stdout)
    check(out["changes"]["worse"] and result.returncode == 1 and SCHEMA.is_valid(out["changes"]), f"judge --baseline: {result.returncode}")
    check("Since the earlier report: worse" in run("judge", "--baseline", was, data=json.dumps(is_)).stdout, "for people")
    better = json.dumps(changed(put("sessions", "ticket_lifetime", "yes", number=60, unit="seconds")))
    for words, want in (([], 0), (["--fail-on", "change"], 1), (["--fail-on", "change", "--ignore", "features"], 0)):
        result = run("judge", "--json", "--baseline", was, *words, data=better)
        check(result.returncode == want, f"{words}: {result.returncode}, {result.stderr}")
    result = run("judge", "--fail-on", "change", data=better)
    check(result.returncode == 2 and "there has to be a baseline" in result.stderr, "a change from what")
    check(json.loads(run("judge", "--json", data=better).stdout)["changes"] is None, "without a baseline")
    report = json.load(open(os.path.join(ROOT, "docs", "report-v1.schema.json")))["$defs"]
    check(report["diff"] == {key: SCHEMA.schema[key] for key in ("type", "additionalProperties", "required", "properties")} and
          all(report[key] == value for key, value in SCHEMA.schema["$defs"].items()), "both schemas say the same of it")


def test_bad(folder):
    good, bad = write(folder, "good.json", sound()), write(folder, "bad.json", json.dumps(sound())[:700])
    for arguments, want in (([good], "diff takes two files"), ([good, good, good], "diff takes two files"), ([good, "/nonexistent"], "cannot read '/nonexistent'"),
                            (["/nonexistent", good], "cannot read '/nonexistent'"), ([bad, good], "bad.json:1: this is not JSON, or it is cut off"),
                            ([good, bad], "bad.json:1: this is not JSON, or it is cut off"), (["/dev/null", good], "/dev/null holds no report"),
                            ([good, "/dev/null"], "/dev/null holds no report"), (["-", "-"], "only one of the two can be standard input"),
                            (["--ignore", "hptt", good, good], "'hptt' is nothing that a comparison is about"),
                            (["--only", "dns", good, good], "--only has no meaning for `diff`")):
        result = run("diff", *arguments)
        check(result.returncode == 2 and want in result.stderr and result.stderr.count("\n") == 1, f"{arguments}: {result.returncode}, {result.stderr}")
    other = write(folder, "other.json", json.dumps(sound()).replace("shakedown-report/1", "shakedown-report/2"))
    check("the schema of this report is" in run("diff", other, good).stderr, "another schema")
    words = [line.split()[0] for line in run("--list", "aspects").stdout.splitlines()]
    check(words == SCHEMA.schema["$defs"]["diff_aspect"]["enum"], "--list aspects")


def test_hostile(folder):
    """Types that are wrong, wherever they are, on either side."""
    report, reports = sound(), []

    def spoil(path, value):
        if path and len(reports) < 700:
            for odd in (None, 7, "\x1b[31m\u202e", {}):
                if odd != value:
                    spoilt = named(report, len(reports))
                    below = spoilt
                    for key in path[:-1]:
                        below = below[key]
                    below[path[-1]] = odd
                    reports.append(spoilt)
        items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
        for key, below in items:
            spoil([*path, key], below)

    for key in ("endpoints", "http"):
        spoil([key, 0], report[key][0])
    reports = [one for one in reports if isinstance(one["endpoints"][0], dict)]
    check(len(reports) > 500, "there are many")
    clean = [named(report, int(one["target"]["host"][1:].split(".")[0])) for one in reports]
    for was, is_ in ((clean, reports), (reports, clean), (reports, reports)):
        out, result = compare(folder, was, is_)
        check(result.returncode in (0, 1) and len(out) == len(reports), f"nothing crashes: {result.returncode} {result.stderr}")
    text = run("diff", "-v", os.path.join(folder, "was.ndjson"), os.path.join(folder, "is.ndjson")).stdout
    check("\x1b" not in text and "\u202e" not in text, "nothing of it reaches a terminal")


def main():
    with tempfile.TemporaryDirectory(prefix="shakedown-diff-") as folder:
        for test in (test_changes, test_answers, test_unknown, test_addresses, test_judgement, test_dns, test_files, test_baseline, test_bad, test_hostile):
            test(folder)
    print(f"{results[True]} passed, {results[False]} failed")
    return results[False] != 0


if __name__ == "__main__":
    sys.exit(main())
