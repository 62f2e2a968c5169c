#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Grades: scores, caps, what is not known, and addresses. Closes with "N passed, N failed"."""

import copy
import json
import os
import sys

from court import DATA, check, judged, results
from judge import add_suite, both, leaf, no_version, of_chain, only_old, only_suites, prime, put, version
from reports import NOW, answered, certificate, chain, changed, fact, feature, group, header, http, sound, suite

TRUST_NO = [{"store": "system", **fact("no", "unknown_root"), "path": []}]
GCM = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"


def grade(report):
    return judged([report])[0][0]["grade"]


def brief(found):
    return [found["letter"], found["at_best"], found["at_worst"], found["trust"]["letter"]]


def letters(letter, trust=None):
    return [letter, letter, letter, trust]


def no_hsts(row):
    row["hsts"].update(fact("no", "missing"), max_age=None)


def short_hsts(row):
    row["hsts"]["max_age"] = 15551999


def no_http(row):
    row.update(fact("not_tested", "not_http"))


def silent_http(row):
    row.update(fact("unknown", "silent"))


def unknown_version(name):
    def change(endpoint):
        next(row for row in endpoint["versions"] if row["version"] == name).update(fact("unknown", "silent"))
    return change


def half_list(endpoint):
    endpoint["suite_enumeration"][0].update(fact("unknown", "silent"))


def lost(kind):
    return lambda endpoint: endpoint[f"{kind}_enumeration"][0].update(fact("unknown", "silent"))


RSA_1024 = leaf(key="RSA", bits=1024, curve=None, signature="sha256WithRSAEncryption")

# what, a change of the endpoint, [letter, at best, at worst, trust]
LETTERS = [
    ("a sound server", lambda endpoint: None, letters("A+")),
    ("SSLv2", version("SSLv2"), letters("F")),
    ("SSLv3", version("SSLv3"), letters("B")),
    ("only SSLv3", both(version("SSLv3"), no_version("TLSv1.2", "TLSv1.3")), letters("F")),
    ("CBC in SSLv3", both(version("SSLv3"), lambda e: e["cipher_suites"].append({**suite("SSLv3", "TLS_RSA_WITH_AES_128_CBC_SHA", 1)})),
     [None, "C", "F", None]),
    ("TLS 1.0", version("TLSv1.0"), letters("B")),
    ("TLS 1.1", version("TLSv1.1"), letters("B")),
    ("no TLS 1.3", no_version("TLSv1.3"), [None, "A-", "F", None]),  # early ChangeCipherSpec was not tested
    ("only TLS 1.1", only_old, [None, "C", "F", None]),
    ("only TLS 1.3", no_version("TLSv1.2"), letters("A+")),
    ("a NULL cipher", add_suite("TLS_RSA_WITH_NULL_SHA"), letters("F")),
    ("an export suite", add_suite("TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", "TLSv1.0"), letters("F")),
    ("an anonymous suite", add_suite("TLS_DH_anon_WITH_AES_128_GCM_SHA256"), letters("F")),
    ("single DES", add_suite("TLS_RSA_WITH_DES_CBC_SHA", "TLSv1.0"), letters("F")),
    ("RC4 in TLS 1.2", add_suite("TLS_RSA_WITH_RC4_128_SHA"), [None, "C", "F", None]),  # ROBOT was not tested
    ("RC4 in TLS 1.0", add_suite("TLS_RSA_WITH_RC4_128_SHA", "TLSv1.0"), [None, "B", "F", None]),
    ("3DES in TLS 1.2", add_suite("TLS_RSA_WITH_3DES_EDE_CBC_SHA"), [None, "C", "F", None]),
    ("CBC", add_suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), [None, "A+", "F", None]),
    ("RSA key exchange", add_suite("TLS_RSA_WITH_AES_128_GCM_SHA256"), [None, "A+", "F", None]),
    ("a prime of 1024 bits", prime(1024), letters("B")),
    ("a prime of 768 bits", prime(768), letters("F")),
    ("a prime of 2048 bits", prime(2048), letters("A+")),
    ("a key of 1024 bits", RSA_1024, letters("B")),
    ("a key of 512 bits", leaf(key="RSA", bits=512, curve=None), letters("F")),
    ("MD5", leaf(signature="md5WithRSAEncryption"), letters("F")),
    ("an incomplete chain", of_chain(complete=fact("no")), letters("B")),
    ("compression", put("extensions", "tls_compression", "yes"), letters("C")),
    ("insecure renegotiation", put("renegotiation", "insecure_renegotiation", "yes"), letters("F")),
    ("no secure renegotiation", put("extensions", "renegotiation_info", "no"), letters("A-")),
    ("no fallback protection", put("downgrade", "fallback_scsv", "no"), letters("A")),
    ("heartbeat", put("extensions", "heartbeat", "yes"), [None, "A+", "F", None]),
    ("tickets beside TLS 1.3", put("extensions", "session_ticket", "yes"), letters("A+")),
    ("no trust", of_chain(trust=TRUST_NO), letters("A+", "T")),
    ("expired", leaf(not_after="2026-11-01T00:00:00Z"), letters("A+", "T")),
    ("SHA-1", leaf(signature="ecdsa-with-SHA1"), letters("A+", "T")),
    ("another name", of_chain(hostname={**fact("no"), "matched": None}), letters("A+", "M")),
    ("another name and no trust", of_chain(hostname={**fact("no"), "matched": None}, trust=TRUST_NO), letters("A+", "T")),
    ("only for clients without a server name",
     lambda e: e["certificates"].append(chain(certificate(subject="CN=default", key="RSA", bits=512), trust=TRUST_NO,
                                              served_for=[{"version": "TLSv1.2", "authentication": "RSA", "sni": False}])), letters("A+")),
    # What is not known makes a range, unless it makes no difference.
    ("TLS 1.1 may be", unknown_version("TLSv1.1"), [None, "A+", "F", None]),  # with whatever suites
    ("SSLv2 may be", unknown_version("SSLv2"), [None, "A+", "F", None]),
    ("SSLv2 may be, and there is NULL", both(unknown_version("SSLv2"), add_suite("TLS_RSA_WITH_NULL_SHA")), letters("F")),
    ("TLS 1.1 may be, and there is TLS 1.0", both(unknown_version("TLSv1.1"), version("TLSv1.0")), [None, "B", "F", None]),
    ("a list of suites is not whole", half_list, [None, "A+", "F", None]),
    ("the groups are not whole", lost("group"), [None, "A+", "F", None]),
    ("a key of a new kind", leaf(key="ML-DSA-87", bits=None, curve=None, signature="ML-DSA-87"), [None, "A+", "F", None]),
    ("nothing is known of renegotiation", lambda e: e["renegotiation"].clear(), [None, "A+", "F", None]),
]

# what, a change of the answer to an HTTP request, the range
ANSWERS = [
    ("no HSTS", no_hsts, letters("A")),
    ("short HSTS", short_hsts, letters("A")),
    ("no HTTP", no_http, letters("A")),
    ("HTTP was silent", silent_http, [None, "A+", "A", None]),
]


def test_letters():
    for rows, make in ((LETTERS, changed), (ANSWERS, answered)):
        out, _ = judged([make(change) for _, change, _ in rows])
        for (what, _, want), report in zip(rows, out):
            found = report["grade"]
            check(brief(found) == want, f"{what}: {brief(found)}, not {want}; {found['reason']}")
            check((found["reason"] is None) == (found["letter"] is not None), f"{what}: a letter, or a reason")
            row = found["endpoints"][0]
            check(brief(row) == want and row["address"] == "192.0.2.1", f"{what}: the address has the same")
            caps = {cap["letter"] for cap in row["caps"] if cap["state"] == "applies"}
            check(all(order(found["at_best"]) >= order(letter) for letter in caps), f"{what}: no better than its caps {caps}")


ORDER = ["A+", "A", "A-", "B", "C", "D", "E", "F"]


def order(letter):
    return ORDER.index(letter)


def scores(report):
    row = grade(report)["endpoints"][0]["scores"]
    return [row[key]["at_best"] for key in ("protocol", "key_exchange", "cipher", "total")]


# what, a change, protocol, key exchange, cipher, total
SCORES = [
    ("a sound server", lambda e: None, [100, 90, 90, 93]),
    ("TLS 1.1 too", version("TLSv1.1"), [97.5, 90, 90, 92.25]),
    ("TLS 1.0 too", version("TLSv1.0"), [95, 90, 90, 91.5]),
    ("SSLv3 too", version("SSLv3"), [90, 90, 90, 90]),
    ("SSLv2 too", version("SSLv2"), [50, 90, 90, 78]),
    ("only TLS 1.1", only_old, [95, 90, 100, 95.5]),  # no suite is known, and none contradicts
    ("a key of 512 bits", leaf(key="RSA", bits=512, curve=None), [100, 40, 90, 78]),
    ("a key of 511 bits", leaf(key="RSA", bits=511, curve=None), [100, 20, 90, 72]),
    ("a key of 1023 bits", leaf(key="RSA", bits=1023, curve=None), [100, 40, 90, 78]),
    ("a key of 1024 bits", leaf(key="RSA", bits=1024, curve=None), [100, 80, 90, 90]),
    ("a key of 2047 bits", leaf(key="RSA", bits=2047, curve=None), [100, 80, 90, 90]),
    ("a key of 4096 bits", leaf(key="RSA", bits=4096, curve=None), [100, 90, 90, 93]),  # x25519 is weaker
    ("a key of 4096 bits and P-384", both(leaf(key="RSA", bits=4096, curve=None), lambda e: e.update(groups=[group("secp384r1")])),
     [100, 100, 90, 96]),
    ("a curve of 192 bits", leaf(key="EC", bits=192, curve="secp192r1"), [100, 80, 90, 90]),
    ("a weak group", lambda e: e["groups"].append(group("secp192r1")), [100, 80, 90, 90]),
    ("a prime of 1024 bits", prime(1024), [100, 80, 90, 90]),
    ("a prime of 4096 bits", prime(4096), [100, 90, 90, 93]),
    ("an export suite", add_suite("TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", "TLSv1.0"), [95, 40, 60, 64.5]),
    ("an anonymous suite", add_suite("TLS_DH_anon_WITH_AES_128_GCM_SHA256"), [100, 0, 90, 0]),
    ("NULL", add_suite("TLS_RSA_WITH_NULL_SHA"), [100, 90, 50, 77]),
    ("NULL alone", only_suites("TLS_RSA_WITH_NULL_SHA"), [100, 90, 0, 0]),
    ("3DES", add_suite("TLS_RSA_WITH_3DES_EDE_CBC_SHA"), [100, 90, 60, 81]),
    ("128 bits alone", only_suites(GCM), [100, 90, 80, 89]),
    ("no version is known", lambda e: [row.update(fact("unknown", "silent")) for row in e["versions"]], None),
]


def test_scores():
    for what, change, want in SCORES:
        report = changed(change)
        found = grade(report)
        if want is None:
            check(found is None, f"{what}: no version is known, nothing is graded: {found}")
            continue
        check(scores(report) == want, f"{what}: {scores(report)}, not {want}")
    row = grade(sound())["endpoints"][0]["scores"]
    check([row[key]["weight"] for key in ("protocol", "key_exchange", "cipher")] == [30, 30, 40], "weights")
    check(row["protocol"]["detail"] == "best TLSv1.3 100, worst TLSv1.2 100", f"the arithmetic is told: {row['protocol']}")
    check(row["cipher"]["detail"] == "strongest 256 bits 100, weakest 128 bits 80", f"of ciphers: {row['cipher']}")
    row = grade(changed(unknown_version("TLSv1.1")))["endpoints"][0]["scores"]["protocol"]
    check((row["at_best"], row["at_worst"], row["reason"]) == (100, 97.5, "whether the server has TLSv1.1 is not known"), f"a range: {row}")


def test_addresses():
    report = sound()
    other = copy.deepcopy(report["endpoints"][0])
    other["address"] = "192.0.2.2"
    version("TLSv1.0")(other)
    report["endpoints"].append(other)
    report["http"].append(http("192.0.2.2"))
    found = grade(report)
    check(brief(found) == letters("B") and [row["letter"] for row in found["endpoints"]] == ["A+", "B"], f"the worst address: {brief(found)}")
    report["endpoints"].append({"address": "192.0.2.9", "port": 443, "status": "unreachable", "reason": "nobody answered"})
    found = grade(report)
    check(brief(found) == [None, "B", "F", None] and found["reason"] == "192.0.2.9: nobody answered", f"one was not reached: {found}")
    check(found["trust"]["verdict"] == "unknown", "nor is its trust known")
    check(grade({**sound(), "endpoints": report["endpoints"][2:]}) is None, "no address was reached")
    check(grade({**sound(), "endpoints": []}) is None, "no address at all")


def test_table():
    """Every cap is applied, or left open, by some report here, and by one that it does not concern it is not."""
    caps = json.load(open(os.path.join(DATA, "grade", "caps.json")))
    seen = {}
    out, _ = judged([make(change) for rows, make in ((LETTERS, changed), (ANSWERS, answered)) for _, change, _ in rows])
    for report in out:
        row = report["grade"]["endpoints"][0]
        for cap in row["caps"] + row["trust"]["caps"]:
            seen.setdefault(cap["id"], set()).add(cap["state"])
            check(cap["evidence"] or cap["state"] == "open" or cap["id"] == "no_long_hsts" or "some" in next(c for c in caps if c["id"] == cap["id"]),
                  f"{cap['id']} has evidence")
    for cap in caps:
        want = "open" if cap.get("exposure") else "applies"
        check(want in seen.get(cap["id"], ()), f"the cap {cap['id']}: {seen.get(cap['id'])}")
    base = judged([sound()])[0][0]["grade"]["endpoints"][0]
    check(base["caps"] == [] and base["trust"] == {"verdict": "yes", "letter": None, "caps": []}, "none applies to a sound server")
    check(len({cap["id"] for cap in caps}) == len(caps), "ids are told apart")


def main():
    for test in (test_letters, test_scores, test_addresses, test_table):
        test()
    print(f"{results[True]} passed, {results[False]} failed")
    return results[False] != 0


if __name__ == "__main__":
    sys.exit(main())
