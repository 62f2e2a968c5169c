#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges reports written down by hand: every finding, every rule of every policy, and what is wrong
with a policy, a saved report or an option. Closes with "N passed, N failed"."""

import copy
import glob
import json
import os
import re
import sys
import tempfile

from jsonschema import Draft202012Validator

from court import DATA, ROOT, check, judged, results, run, silence, write
from reports import (NOW, answered, authority, certificate, chain, changed, cookie, dns, fact, feature, group, header, lint, revocation, scheme, sound, suite,
                     transparency, trusted, weak_key)

def ids(report):
    return {row["id"] for row in report["findings"]}


def unjudged(report):
    return {id_ for row in report["unjudged"] for id_ in row["ids"]}


# --- findings ----------------------------------------------------------------------------------------

def version(name):
    def change(endpoint):
        next(row for row in endpoint["versions"] if row["version"] == name)["verdict"] = "yes"
        endpoint["suite_enumeration"].append({"version": name, "offered": 300, **fact("yes")})
    return change


def no_version(*names):
    def change(endpoint):
        for row in endpoint["versions"]:
            if row["version"] in names:
                row["verdict"] = "no"
        endpoint["cipher_suites"] = [row for row in endpoint["cipher_suites"] if row["version"] not in names]
    return change


def only_old(endpoint):
    version("TLSv1.1")(endpoint)
    no_version("TLSv1.2", "TLSv1.3")(endpoint)


def add_suite(name, in_version="TLSv1.2", order=9):
    def change(endpoint):
        version(in_version)(endpoint)
        endpoint["cipher_suites"].append(suite(in_version, name, order))
    return change


def only_suites(*names, in_version="TLSv1.2"):
    def change(endpoint):
        no_version("TLSv1.3")(endpoint)
        endpoint["cipher_suites"] = [suite(in_version, name, i + 1) for i, name in enumerate(names)]
    return change


def put(section, id_, verdict, **more):
    def change(endpoint):
        endpoint[section] = [row for row in endpoint[section] if row["id"] != id_] + [feature(section, id_, verdict, **more)]
    return change


def prime(bits, name="of no known group"):
    return put("key_exchange", "dh_prime", "yes", number=bits, unit="bits", value=name)


def leaf(**more):
    def change(endpoint):
        endpoint["certificates"] = [chain(certificate(**more))]
    return change


def both(*changes):
    def change(endpoint):
        for one in changes:
            one(endpoint)
    return change


def of_chain(*leaf_and_above, **more):
    def change(endpoint):
        endpoint["certificates"] = [chain(*leaf_and_above, **more)]
    return change


def client_order(endpoint):
    for row in endpoint["suite_preference"]:
        row["verdict"] = "client"


def ignores(kind, reason="ignores_offer"):
    def change(endpoint):
        endpoint[f"{kind}_enumeration"][0].update(fact("unknown", reason))
    return change


def anomaly(code):
    return lambda endpoint: endpoint["anomalies"].append({"code": code, "sentence": f"it was {code}", "evidence": []})


TRUST_NO = [{"store": "system", **fact("no", "unknown_root"), "path": []}]

# What makes each finding. Other findings may come of it too.
FINDINGS = {
    "sslv2": version("SSLv2"),
    "sslv3": version("SSLv3"),
    "no_tls_1_2": only_old,
    "tls_1_0": version("TLSv1.0"),
    "tls_1_1": version("TLSv1.1"),
    "no_tls_1_3": no_version("TLSv1.3"),
    "intolerant": put("intolerance", "many_suites", "yes"),
    "no_fallback_protection": put("downgrade", "fallback_scsv", "no"),
    "no_downgrade_mark": put("downgrade", "downgrade_sentinel_11", "no"),
    "null_cipher": add_suite("TLS_RSA_WITH_NULL_SHA"),
    "anonymous_suite": add_suite("TLS_DH_anon_WITH_AES_128_GCM_SHA256"),
    "export_suite": add_suite("TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", "TLSv1.0"),
    "short_key_cipher": add_suite("TLS_RSA_WITH_DES_CBC_SHA", "TLSv1.0"),
    "rc4": add_suite("TLS_RSA_WITH_RC4_128_SHA"),
    "block_64_bits": add_suite("TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
    "no_forward_secrecy": only_suites("TLS_RSA_WITH_AES_128_GCM_SHA256"),
    "no_aead": only_suites("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    "static_key_exchange": add_suite("TLS_RSA_WITH_AES_128_GCM_SHA256"),
    "static_key_exchange_first": add_suite("TLS_RSA_WITH_AES_128_GCM_SHA256", order=1),
    "client_chooses_weak": both(client_order, add_suite("TLS_RSA_WITH_AES_128_GCM_SHA256")),
    "md5_mac": add_suite("TLS_RSA_WITH_RC4_128_MD5"),
    "cbc_mac_then_encrypt": both(put("extensions", "encrypt_then_mac", "no"), add_suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256")),
    "cbc_before_tls_1_1": add_suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLSv1.0"),
    "short_tag": add_suite("TLS_AES_128_CCM_8_SHA256", "TLSv1.3"),
    "dh_trivial": put("key_exchange", "dh_generator", "no"),
    "dh_composite": put("key_exchange", "dh_safe_prime", "no", reason="composite"),
    "dh_unsafe_prime": put("key_exchange", "dh_safe_prime", "no", reason="not_safe"),
    "dh_under_1024_bits": prime(768),
    "dh_common_1024_bits": prime(1024, "modp1024 (RFC 2409)"),
    "dh_under_2048_bits": prime(1536),
    "dh_value_reused": put("key_exchange", "dh_value_reused", "yes"),
    "ecdh_value_reused": put("key_exchange", "ecdh_value_reused", "yes"),
    "raccoon": put("key_exchange", "raccoon_condition", "yes"),
    "weak_group": lambda endpoint: endpoint["groups"].append(group("secp192r1")),
    "explicit_curve": lambda endpoint: endpoint["groups"].append(group("arbitrary_explicit_prime_curves")),
    "groups_ignored": ignores("group"),
    "signature_schemes_ignored": ignores("signature_scheme", "scheme_not_offered"),
    "md5_signature": lambda endpoint: endpoint["signature_schemes"].append(scheme("rsa_pkcs1_md5", ["TLSv1.2"])),
    "sha1_signature": lambda endpoint: endpoint["signature_schemes"].append(scheme("rsa_pkcs1_sha1", ["TLSv1.2"])),
    "long_hello_refused": put("post_quantum", "long_hello", "no"),
    "fragmented_long_hello_refused": put("post_quantum", "fragmented_long_hello", "no"),
    "no_post_quantum": put("post_quantum", "hybrid_supported", "no"),
    "post_quantum_not_preferred": put("post_quantum", "hybrid_asked_by_retry", "no"),
    "certificate_expired": leaf(not_after="2026-11-23T14:05:08Z"),
    "certificate_not_yet_valid": leaf(not_before="2026-11-23T14:05:10Z"),
    "certificate_wrong_name": of_chain(hostname={**fact("no", "no_match"), "matched": None}),
    "certificate_self_signed": of_chain(self_signed=fact("yes"), trust=TRUST_NO),
    "certificate_untrusted": of_chain(trust=TRUST_NO),
    "chain_incomplete": of_chain(complete=fact("no")),
    "intermediate_expired": lambda endpoint: endpoint["certificates"][0]["chain"][1].update(not_after="2026-01-01T00:00:00Z"),
    "certificate_renewal_due": leaf(not_after="2026-12-01T00:00:00Z"),
    "certificate_broken_signature_hash": leaf(signature="md5WithRSAEncryption"),
    "certificate_sha1": leaf(signature="ecdsa-with-SHA1"),
    "certificate_weak_key": leaf(key="RSA", bits=1024, curve=None),
    "certificate_explicit_curve": leaf(curve="explicit"),
    "certificate_without_names": leaf(names=()),
    "certificate_too_wide": leaf(names=("*.example",)),
    "certificate_perhaps_too_wide": leaf(names=("*.co.uk",)),
    "certificate_of_authority": leaf(is_ca=True),
    "certificate_not_for_servers": leaf(extended_key_usage=["clientAuth"]),
    "certificate_old_version": leaf(version=1),
    "must_staple_unmet": of_chain(certificate(must_staple=True), revocation=revocation(kept=fact("no", "no_staple"))),
    "certificate_revoked": of_chain(revocation=revocation("revoked")),
    "responder_good_for_anything": of_chain(revocation=revocation(unissued="yes")),
    "intermediate_revoked": of_chain(revocation=revocation(above="revoked")),
    "staple_invalid": of_chain(revocation=revocation("unknown", staple=("unknown", "expired"))),
    "chain_misordered": of_chain(order=fact("no")),
    "certificate_not_logged": of_chain(transparency=transparency(apple="no")),
    "sct_invalid": of_chain(transparency=transparency(sct="no", chrome="unknown")),
    "chain_extra": of_chain(extra=["CN=root"]),
    "insecure_renegotiation": put("renegotiation", "insecure_renegotiation", "yes"),
    "no_secure_renegotiation": put("extensions", "renegotiation_info", "no"),
    "client_renegotiation": put("renegotiation", "client_initiated_renegotiation", "yes", number=10, unit="of 10 attempts"),
    "tls_compression": put("extensions", "tls_compression", "yes"),
    "heartbeat": put("extensions", "heartbeat", "yes"),
    "truncated_hmac": put("extensions", "truncated_hmac", "yes"),
    "no_extended_master_secret": put("extensions", "extended_master_secret", "no"),
    "ticket_lifetime": put("sessions", "ticket_lifetime", "yes", number=604801, unit="seconds"),
    "early_data": put("sessions", "early_data", "yes"),
    "psk_without_key_exchange": put("sessions", "psk_without_key_exchange", "yes"),
    "clock_in_random": put("behaviours", "random_clock", "yes"),
    "unknown_protocol_accepted": put("behaviours", "alpn_mismatch_refused", "no"),
    "unsolicited_extension": put("extensions", "unsolicited_extension", "yes"),
    "mixed_backends": anomaly("mixed_backends"),
    "long_list_refused": anomaly("long_list_refused"),
    "key_compromised": leaf(weak_key=[weak_key("compromised", "yes")]),
    "key_factored": leaf(weak_key=[weak_key("roca", "yes")]),
    "key_exponent": leaf(weak_key=[weak_key("exponent_small", "yes")]),
    "certificate_breaks_standard": of_chain(lint=[lint(("rfc5280_x", False))]),
    "certificate_breaks_promise": of_chain(lint=[lint(("cabf_x", True))]),
    "certificate_not_in_list": of_chain(trust=trusted(java="no")),
}


def https(id_, reason, value=None):
    """HTTPS records of which one thing is not so."""
    row = {"id": id_, "address": None, "value": value, **fact("no", reason)}
    return {**fact("yes"), "records": [], "agreement": [{"id": "port", "address": None, "value": None, **fact("yes")}, row]}


def of_dns(**more):
    return lambda report: report.update(dns=dns(**more))


def of_answer(**more):
    return lambda report: report["http"][0].update(more)


def no_hsts(report):
    report["http"][0]["hsts"].update(fact("no", "missing"), max_age=None)


# Likewise, of the report.
REPORT_FINDINGS = {
    "no_hsts": no_hsts,
    "hsts_short": lambda report: report["http"][0]["hsts"].update(max_age=15551999),
    "cookie_not_secure": of_answer(cookies=[cookie(), cookie(secure=False)]),
    "cookie_refused": of_answer(cookies=[cookie(faults=["same_site_none_not_secure"])]),
    "headers_missing": of_answer(headers=[header("Content-Security-Policy", "missing")]),
    "headers_bad": of_answer(headers=[header("X-Frame-Options", "bad")]),
    "server_tells_version": of_answer(headers=[header("Server", "bad", "nginx/1.18.0", "disclosure")]),
    "no_https_redirect": of_answer(https_redirect={**fact("no", "no_redirect"), "location": None}),
    "http_compression": of_answer(compression={**fact("yes"), "encoding": "gzip"}),
    "dns_bogus": of_dns(dnssec="bogus", why="signature expired"),
    "caa_not_allowed": of_dns(caa={**fact("yes"), "records": [], "issuers": [{**fact("no", "not_listed"), "issuer": "x", "covers": "a.example"}]}),
    "tlsa_mismatch": of_dns(tlsa={**fact("yes"), "records": [], "chains": [{**fact("no", "no_match"), "address": "192.0.2.1"}]}),
    "https_record_malformed": of_dns(https=https("well_formed", "malformed")),
    "https_record_protocol": of_dns(https=https("alpn", "not_selected_by_server", value="h2")),
    "https_record_hints": of_dns(https=https("ipv6_hints", "other_address")),
    "https_record_ech": of_dns(https=https("ech", "no_ech")),
}


ABOUT_THE_NAME = ("dns_bogus", "caa_not_allowed", "tlsa_mismatch", "https_record_malformed", "https_record_protocol",
                  "https_record_hints", "https_record_ech")


def changed_report(change):
    report = sound()
    change(report)
    return report


def embedded_findings():
    rows = [row for path in sorted(glob.glob(os.path.join(DATA, "findings", "*.json"))) for row in json.load(open(path))]
    return {row["id"]: row for row in rows}


def test_findings():
    table = embedded_findings()
    # Ids are for ever: one that goes away, or is renamed, breaks waivers and histories.
    known = {**FINDINGS, **REPORT_FINDINGS}
    check(set(known) == set(table), f"every finding has a report here: {set(known) ^ set(table)}")
    (base, *reports), _ = judged([sound(), *(changed(change) for change in FINDINGS.values()), *(changed_report(change) for change in REPORT_FINDINGS.values())])
    check(not ids(base), f"nothing is wrong with a sound server: {ids(base)}")
    check(not unjudged(base), f"and everything is known of it: {base['unjudged']}")
    for id_, report in zip(known, reports):
        check(id_ in ids(report), f"{id_} is found")
        for row in report["findings"]:
            check(row["severity"] == table[row["id"]]["severity"], f"{row['id']} has its severity")
            check(row["detail"] and row["address"] == (None if row["id"] in ABOUT_THE_NAME else "192.0.2.1"), f"{row['id']} says what and where")
        if id_ not in ("groups_ignored", "signature_schemes_ignored", "mixed_backends", "long_list_refused"):
            check(next(row for row in report["findings"] if row["id"] == id_)["evidence"], f"{id_} has evidence")
    order = [["critical", "high", "medium", "low", "info"].index(row["severity"]) for report in reports for row in [report["findings"]]
             for row in row]
    check(order, "severities are known")
    for report in reports:
        levels = [["critical", "high", "medium", "low", "info"].index(row["severity"]) for row in report["findings"]]
        check(levels == sorted(levels), "the worst comes first")


def test_unknown():
    """What the report does not say is never passed over, nor found fault with."""
    table = embedded_findings()
    empty = changed(lambda endpoint: [endpoint.pop(key) for key in list(endpoint) if key not in ("address", "port", "status")])
    unreached = changed(lambda endpoint: endpoint.update(status="unreachable", reason="nobody answered"))
    for report in (empty, unreached):
        report.update(http=[], dns=None)
    silent = sound()
    silence(silent)
    for what, report in (("an empty endpoint", empty), ("an address that was not reached", unreached)):
        (out,), status = judged([report])
        check(not ids(out), f"{what} has no findings: {ids(out)}")
        check(unjudged(out) == set(table), f"{what} leaves all unjudged: {set(table) - unjudged(out)}")
        check(status == (4 if report is unreached else 0), f"{what}: status {status}")
    (out,), status = judged([silent])
    check(not ids(out), f"silence is no finding: {ids(out)}")
    check(status == 3, f"silence makes it incomplete: {status}")


# --- policies ----------------------------------------------------------------------------------------

RSA = {"key": "RSA", "bits": 3072, "curve": None, "signature": "sha256WithRSAEncryption"}
ECDSA_13 = {"versions": ["TLSv1.3"], "suites": {"TLSv1.3": ["TLS_AES_128_GCM_SHA256"]}}
P256 = ("secp256r1", "secp384r1")
OLD = ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
P384 = {"key": "EC", "bits": 384, "curve": "secp384r1", "signature": "ecdsa-with-SHA384"}
MLDSA = {"key": "ML-DSA-87", "bits": None, "curve": None, "signature": "ML-DSA-87"}
MOZILLA_GROUPS = ("x25519", "secp256r1", "secp384r1")


def old_mozilla():
    return sound(OLD, {v: ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"] for v in OLD[:3]} | {"TLSv1.3": ["TLS_AES_128_GCM_SHA256"]},
                 MOZILLA_GROUPS, chains=[chain(certificate(**RSA))],
                 features={"key_exchange": {"dh_prime": ("yes", {"number": 2048, "unit": "bits"})}})


# A report that passes each policy; sound() itself where none is named.
PASSING = {
    "mozilla-modern": lambda: sound(**ECDSA_13, groups=MOZILLA_GROUPS, order="client"),
    "mozilla-intermediate": lambda: sound(groups=MOZILLA_GROUPS, order="client"),
    "mozilla-old": old_mozilla,
    "bsi-tr-02102-2": lambda: sound(groups=P256),
    "ncsc-nl-2025-05": sound,
    "nist-sp800-52r2": lambda: sound(groups=P256),
    "fips-140-3": lambda: sound(groups=P256),
    "hipaa": lambda: sound(groups=P256),
    "cnsa-1.0": lambda: sound(suites={"TLSv1.2": ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"], "TLSv1.3": ["TLS_AES_256_GCM_SHA384"]},
                              groups=("secp384r1",), schemes=("ecdsa_secp384r1_sha384",), chains=[chain(certificate(**P384), authority(**P384))]),
    "cnsa-2.0": lambda: sound(["TLSv1.3"], {"TLSv1.3": ["TLS_AES_256_GCM_SHA384"]}, ("MLKEM1024",), ("mldsa87",),
                              chains=[chain(certificate(**MLDSA), authority(**MLDSA))]),
}


def passing(policy):
    names = [name for name in PASSING if policy.startswith(name)]
    return PASSING[names[0]]() if names else sound()


def issued(day, days, **more):
    """A leaf that is valid for so many days from a day on."""
    import datetime
    start = datetime.datetime.strptime(day, "%Y-%m-%d")
    end = start + datetime.timedelta(days=days, seconds=-1)
    return leaf(not_before=start.strftime("%Y-%m-%dT%H:%M:%SZ"), not_after=end.strftime("%Y-%m-%dT%H:%M:%SZ"), **more)


def groups(*names):
    def change(endpoint):
        endpoint["groups"] = [group(name) for name in names]
    return change


def schemes(*names):
    def change(endpoint):
        endpoint["signature_schemes"] = [scheme(name) for name in names]
    return change


def no_anyhow(kind):
    return lambda endpoint: endpoint[kind].clear()


# More changes, so that every rule is met by some report and broken by another.
MORE = [
    both(prime(1024), add_suite("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256")), prime(2048), prime(4096),
    leaf(**{**RSA, "bits": 2048}), leaf(**RSA), leaf(**{**RSA, "bits": 4096}), leaf(**P384), leaf(key="DSA", bits=1024, curve=None),
    leaf(key="DSA", bits=3072, curve=None), leaf(curve="secp192r1", bits=192), leaf(curve="secp521r1", bits=521),
    leaf(curve="secp256k1"), leaf(key="Ed25519", bits=256, curve=None, signature="Ed25519"), leaf(**MLDSA),
    groups("secp192r1"), groups("x25519"), groups("ffdhe2048"), groups("ffdhe3072"), groups("secp224r1"), groups("MLKEM1024"),
    groups("SecP384r1MLKEM1024"), schemes("sm2sig_sm3"), schemes("rsa_pkcs1_sha224"), schemes("rsa_pkcs1_sha1"),
    schemes("rsa_pss_rsae_sha256"), schemes("mldsa87"), schemes("rsa_pkcs1_sha256"), client_order,
    put("extensions", "raw_public_key", "yes"), put("extensions", "application_layer_protocol_negotiation", "no"),
    put("downgrade", "fallback_scsv", "yes"), put("renegotiation", "insecure_renegotiation", "no"),
    both(no_version("TLSv1.3"), put("downgrade", "fallback_scsv", "yes")),
    both(no_version("TLSv1.3"), put("downgrade", "fallback_scsv", "no")),
    both(put("extensions", "encrypt_then_mac", "yes"), add_suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256")),
    put("extensions", "ocsp_staple", "no"), put("key_exchange", "dh_value_reused", "no"),
    add_suite("TLS_DH_RSA_WITH_AES_128_GCM_SHA256"), add_suite("TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256"),
    add_suite("TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3"), add_suite("TLS_AES_128_CCM_8_SHA256", "TLSv1.3", 1),
    add_suite("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", order=1), only_suites("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    no_version("TLSv1.2"), both(no_version("TLSv1.2", "TLSv1.3"), add_suite("TLS_AES_256_GCM_SHA384", "TLSv1.3")), leaf(key_usage=[]), leaf(extended_key_usage=[]), leaf(ocsp_urls=[], crl_urls=[]), leaf(key_usage=["keyAgreement"]),
    leaf(**RSA, key_usage=["keyCertSign"]), leaf(**RSA, key_usage=["keyEncipherment"]), leaf(common_name="b.example"), leaf(names=("a_b.example",)),
    leaf(names=("a.local",)), leaf(policies=[]), leaf(sct_count=0), leaf(extended_key_usage=["serverAuth", "clientAuth"]),
    of_chain(valid_now=fact("no")), issued("2026-06-20", 190, sct_count=0), issued("2026-06-20", 190, sct_count=3),
    issued("2023-11-01", 1096), both(issued("2026-11-20", 400), client_order), issued("2026-11-20", 91), issued("2026-11-20", 5, ocsp_urls=[], crl_urls=[]),
    *(issued(day, days + more) for day, days in (("2013-01-01", 1826), ("2016-01-01", 1187), ("2019-01-01", 825), ("2022-01-01", 398),
                                                 ("2026-06-01", 200), ("2027-06-01", 100), ("2030-01-01", 47)) for more in (0, 1)),
]


def policies():
    return {os.path.basename(path)[:-5]: json.load(open(path)) for path in sorted(glob.glob(os.path.join(DATA, "policies", "*.json")))}


def test_policies():
    schema = Draft202012Validator(json.load(open(os.path.join(ROOT, "docs", "policy-v1.schema.json"))))
    Draft202012Validator.check_schema(schema.schema)
    listed = [line.split()[0] for line in run("--list", "policies").stdout.splitlines()]
    check(listed == list(policies()), "every policy is listed")
    pool = [sound(), *(changed(change) for change in [*FINDINGS.values(), *MORE])]
    for name, policy in policies().items():
        check(schema.is_valid(policy), f"{name} is valid: {next(schema.iter_errors(policy), None)}")
        check(policy["name"] == name and policy["confidence"], f"{name} has its name, and says how sure it is")
        check(all("cite" in rule for rule in policy["rules"]), f"{name} cites for every rule")
        (good,), status = judged([passing(name)], "--policy", name)
        worst = [rule["id"] for rule in good["policy"]["rules"] if rule["level"] == "MUST" and rule["verdict"] not in ("pass", "not_applicable")]
        check(good["policy"]["verdict"] == "pass" and status == 0, f"{name} is passed: {worst}, status {status}")
        (bad,), status = judged([changed(version("SSLv3"), passing(name))] if name not in ("cabf-br", "chrome") else
                                [changed(leaf(names=()))], "--policy", name)
        check(bad["policy"]["verdict"] == "fail" and status == 1, f"{name} is failed: {bad['policy']['verdict']}, status {status}")
        reached(name, policy, [*pool, passing(name), *(changed(change, passing(name)) for change in MORE[:36])])
        (empty,), status = judged([changed(lambda endpoint: [endpoint.pop(key) for key in list(endpoint) if key not in ("address", "status")])],
                                  "--policy", name)
        verdicts = {rule["verdict"] for rule in empty["policy"]["rules"]}
        check(verdicts <= {"incomplete", "not_applicable"} and status == 3, f"{name}: what is not said is not passed: {verdicts}, {status}")


def reached(name, policy, pool):
    """Each rule of its own is met by some report and broken by another, at a date when it is in force."""
    seen = {}
    dated = any("from" in rule or "until" in rule for rule in policy["rules"])
    for when in ("2023-06-01", NOW, "2031-06-01") if dated else (NOW,):
        for report in judged(pool, "--policy", name, "--now", when)[0]:
            for rule in report["policy"]["rules"]:
                seen.setdefault((rule["policy"], rule["id"]), set()).add(rule["verdict"])
    for rule in policy["rules"]:
        verdicts = seen[(name, rule["id"])]
        check({"pass", "fail"} <= verdicts, f"{name}/{rule['id']} is met and broken: {verdicts}")


def own(**more):
    return {"schema": "shakedown-policy/1", "name": "own", "title": "Our own", **more}


RULE = {"id": "no_old", "level": "MUST", "sentence": "Nothing old.", "of": "versions", "none": {"version": ["TLSv1.0"]}}

# what, the policy, a part of the one sentence
BAD_POLICIES = [
    ("no JSON", '{\n"schema": ,\n}', ":2: this is not JSON"),
    ("a key twice", '{"schema": "shakedown-policy/1",\n"name": "a",\n"name": "b"}', ":3: this is not JSON: duplicate object key"),
    ("no object", "[]", ":1: a policy is an object"),
    ("another schema", own(schema="shakedown-policy/2", rules=[RULE]), ':2: schema: this is no policy: "schema" is not'),
    ("no name", {"schema": "shakedown-policy/1", "title": "x", "rules": [RULE]}, ':1: the key "name" is missing'),
    ("no rules", own(), ":1: the policy has no rules"),
    ("an unknown key", own(rulez=[], rules=[RULE]), ":5: rulez: this key has no meaning here"),
    ("rules that are none", own(rules={}), ":5: rules: this takes a list of rules"),
    ("a rule that is none", own(rules=[7]), ":6: rules[0]: a rule is an object"),
    ("no id", own(rules=[{**RULE, "id": None}]), ":7: rules[0].id: this takes a text that is not empty"),
    ("an id with a capital", own(rules=[{**RULE, "id": "No"}]), ":7: rules[0].id: an id is made of small letters"),
    ("an id twice", own(rules=[RULE, RULE]), "rules[1].id: there is another rule 'no_old'"),
    ("an odd level", own(rules=[{**RULE, "level": "must"}]), "rules[0].level: a level is one of MUST, SHOULD, MAY and INFO"),
    ("no sentence", own(rules=[{key: RULE[key] for key in RULE if key != "sentence"}]), 'rules[0]: the key "sentence" is missing'),
    ("a typo in a suite", own(rules=[{**RULE, "of": "cipher_suites", "none": {"name": ["TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_RC4_129_SHA"]}}]),
     ":14: rules[0].none.name[1]: there is no cipher suite 'TLS_RSA_WITH_RC4_129_SHA'"),
    ("an unknown citation", own(rules=[{**RULE, "cite": {"doc": "x"}}]), "rules[0].cite.doc: this key has no meaning here"),
    ("an unknown policy", own(extends=["mozilla"]), ":6: extends[0]: there is no policy 'mozilla' (there is 'mozilla-"),
    ("an unknown file", own(extends=["./nothing.json"]), "nothing.json'"),
    ("itself", own(extends=["./itself.json"]), "policies extend each other without an end"),
    ("nothing to leave out", own(extends=["hipaa"], without=["nothing"]), ":9: without[0]: no policy that is extended has a rule of that id"),
]


def test_own_policies(folder):
    old = changed(version("TLSv1.0"))
    path = write(folder, "own.json", own(rules=[RULE]))
    (out,), status = judged([old], "--policy", path)
    check((out["policy"]["name"], out["policy"]["verdict"], status) == ("own", "fail", 1), "a policy of one's own")
    check(out["policy"]["rules"][0]["citation"] is None, "it need not cite")

    write(folder, "base.json", own(name="base", rules=[RULE, {**RULE, "id": "no_ssl", "none": {"version": ["SSLv*"]}}]))
    extended = own(extends=[{"policy": "base.json", "level": "SHOULD"}], without=["no_ssl"], rules=[{**RULE, "id": "new", "none": {"version": ["TLSv1.1"]}}])
    (out,), status = judged([old], "--policy", write(folder, "extended.json", extended))
    check([(rule["policy"], rule["id"], rule["level"], rule["verdict"]) for rule in out["policy"]["rules"]] ==
          [("base", "no_old", "SHOULD", "fail"), ("own", "new", "MUST", "pass")], f"extends, level and without: {out['policy']['rules']}")
    check(status == 0, "a rule that only should be met does not fail a policy")
    (out,), _ = judged([old], "--policy", write(folder, "replaced.json", own(extends=["base.json"], rules=[{**RULE, "level": "INFO"}])))
    check([(rule["policy"], rule["id"], rule["level"]) for rule in out["policy"]["rules"]] == [("base", "no_ssl", "MUST"), ("own", "no_old", "INFO")],
          "a rule replaces the one with its id")
    for what, policy, want in BAD_POLICIES:
        name = "itself.json" if what == "itself" else "bad.json"
        result = run("judge", "--policy", write(folder, name, policy), data=json.dumps(sound()))
        check(result.returncode == 2 and want in result.stderr and result.stderr.count("\n") == 1 and not result.stdout,
              f"{what}: {result.returncode}, {result.stderr}")
    for name, want in (("mozilla", "there is no policy 'mozilla' (there is 'mozilla-intermediate-5.7', see --list policies)"),
                       ("zzz", "there is no policy 'zzz' (see --list policies)"), ("./zzz", "cannot read './zzz'")):
        result = run("judge", "--policy", name, data=json.dumps(sound()))
        check(result.returncode == 2 and want in result.stderr, f"--policy {name}: {result.stderr}")


def test_dates():
    report = changed(no_version("TLSv1.3"))
    for now, want in (("2023-12-31", "not_applicable"), ("2024-01-01", "fail")):
        (out,), _ = judged([report], "--policy", "nist-sp800-52r2", "--now", now)
        check(next(rule for rule in out["policy"]["rules"] if rule["id"] == "tls_1_3")["verdict"] == want, f"a rule in force by {now}")
    (out,), _ = judged([sound()], "--now", "2027-01-01")
    check("certificate_expired" in ids(out), "--now judges dates of certificates")


def test_several_addresses():
    report = sound()
    other = copy.deepcopy(report["endpoints"][0])
    other["address"] = "2001:db8::1"
    version("TLSv1.0")(other)
    lost = {"address": "192.0.2.9", "port": 443, "status": "unreachable", "reason": "nobody answered"}
    report["endpoints"] += [other, lost]
    (out,), status = judged([report], "--policy", "pci-dss-4")
    rule = next(rule for rule in out["policy"]["rules"] if rule["id"] == "versions")
    check((rule["verdict"], rule["addresses"], rule["detail"]) == ("fail", ["2001:db8::1"], "2001:db8::1: TLSv1.0"), f"the worst address: {rule}")
    rule = next(rule for rule in out["policy"]["rules"] if rule["id"] == "trusted")
    check((rule["verdict"], rule["addresses"]) == ("incomplete", ["192.0.2.9"]), f"an address that was not reached: {rule}")
    check([(row["id"], row["address"]) for row in out["findings"]] == [("tls_1_0", "2001:db8::1")], "a finding has its address")
    check(status == 3, f"what is not known outweighs what is failed: {status}")
    nothing = {**sound(), "endpoints": [], "trouble": "there is no such name"}
    (out,), status = judged([nothing], "--policy", "pci-dss-4")
    check({rule["verdict"] for rule in out["policy"]["rules"]} == {"incomplete"} and status == 4, "no address at all")


# --- the command -------------------------------------------------------------------------------------

def test_fail_on():
    medium = changed(version("TLSv1.0"))
    for words, report, want in ((None, medium, 0), ("medium", medium, 1), ("low", medium, 1), ("high", medium, 0), ("critical,medium", medium, 1),
                                ("info", sound(), 0)):
        _, status = judged([report], *(["--fail-on", words] if words else []))
        check(status == want, f"--fail-on {words}: {status}")
    _, status = judged([medium], "--fail-on", "high", "--fail-on", "medium")
    check(status == 1, "words of several options add up")
    _, status = judged([sound(), medium], "--fail-on", "medium")
    check(status == 1, "one report of several is enough")
    _, status = judged([changed(version("SSLv3"))], "--policy", "pci-dss-4", "--fail-on", "policy")
    check(status == 1, "--fail-on policy")
    for words, want in (("policy", "there has to be one"), ("expiry", "there has to be a limit"), ("grave", "--fail-on takes critical|high"), ("high,,low", "--fail-on takes")):
        result = run("judge", "--fail-on", words, data=json.dumps(sound()))
        check(result.returncode == 2 and want in result.stderr, f"--fail-on {words}: {result.stderr}")


def test_saved(folder):
    report = sound()
    one, two = write(folder, "one.json", report), write(folder, "two.ndjson", "\n".join([json.dumps(report)] * 2) + "\n\n")
    for files, want in (([one], 1), ([two], 2), ([one, two], 3), ([one, one], 2)):
        result = run("judge", "--json", *files)
        found = len(result.stdout.splitlines())
        check(result.returncode == 0 and found == want, f"{files}: {found} reports, status {result.returncode}, {result.stderr}")
    out = os.path.join(folder, "out.json")
    run("judge", one, f"--json={out}")
    check(json.load(open(out))["findings"] == [] and open(out).read().startswith("{\n"), "one report in a file is indented")
    again = run("judge", "--json", out)
    check(json.loads(again.stdout) == json.load(open(out)), "judged again it says the same")
    run("judge", two, f"--json={out}")
    check(len(open(out).read().splitlines()) == 2, "two are lines")
    text = run("judge", one).stdout
    check("a.example 192.0.2.1:443 complete" in text, "without --json it is shown")
    stale = {**report, "findings": [{"id": "x"}], "policy": {"name": "x"}, "grade": {}}
    (judged_again,), _ = judged([stale])
    check(judged_again["findings"] == [] and judged_again["policy"] is None, "what stood there before is gone")


def test_bad_saved(folder):
    good = json.dumps(sound())
    deep = "[" * 5000
    bad = [
        ("nothing", "", "holds no report"),
        ("blanks", "\n \n", "holds no report"),
        ("cut off", good[: len(good) // 2], ":1: this is not JSON, or it is cut off"),
        ("the second cut off", good + "\n" + good[:500], ":2: this is not JSON, or it is cut off"),
        ("no JSON", "hello\n" + good, ":1: this is not JSON"),
        ("a list", f"[{good}]\n", ":1: this is no report"),
        ("no report", "{}\n", ":1: this is no report"),
        ("another schema", good.replace("shakedown-report/1", "shakedown-report/2"), ":1: the schema of this report is \"shakedown-report/2\""),
        ("no target", good.replace('"target"', '"tarjet"'), ":1: this is no whole report: \"target\" is missing"),
        ("no endpoints", good.replace('"endpoints"', '"endpoint"'), ":1: this is no whole report: \"endpoints\" is missing"),
        ("an odd endpoint", good.replace('"endpoints": [', '"endpoints": [7, '), "an endpoint is no object"),
        ("too deep", good.replace('"anomalies": []', '"anomalies": ' + deep), ":1: this is not JSON"),
        ("octets that are no UTF-8", good.encode().replace(b"CN=a.example", b"CN=\xff\xfe"), ":1: this is not JSON"),
    ]
    out = os.path.join(folder, "kept.json")
    for what, text, want in bad:
        path = os.path.join(folder, "bad.json")
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        write(folder, "kept.json", "before")
        result = run("judge", path, f"--json={out}")
        check(result.returncode == 2 and want in result.stderr and result.stderr.count("\n") == 1, f"{what}: {result.returncode}, {result.stderr}")
        check(open(out).read() == "before", f"{what}: the file is left alone")
    result = run("judge", "/nonexistent")
    check(result.returncode == 2 and "cannot read '/nonexistent'" in result.stderr, "a file that is not there")


def test_hostile():
    """Types that are wrong make facts unknown, whatever and wherever they are; nothing crashes."""
    report = sound()
    reports = []

    def spoil(path, value):
        if path and len(reports) < 1600:
            for odd in (None, 7, "\x1b[31m\u202e", {}):
                if odd != value:
                    spoilt = copy.deepcopy(report)
                    below = spoilt["endpoints"][0]
                    for key in path[:-1]:
                        below = below[key]
                    below[path[-1]] = odd
                    reports.append(spoilt)
        items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
        for key, below in items:
            spoil([*path, key], below)

    spoil([], report["endpoints"][0])
    check(len(reports) > 1000, "there are many")
    text = "".join(json.dumps(spoilt) + "\n" for spoilt in reports)
    for policy in ("hipaa", "cabf-br"):
        result = run("judge", "--json", "--policy", policy, data=text)
        check(result.returncode in (0, 1, 3, 4) and len(result.stdout.splitlines()) == len(reports), f"{policy}: {result.returncode} {result.stderr}")
        result = run("judge", "--policy", policy, data=text)
        check(result.returncode in (0, 1, 3, 4) and "\x1b" not in result.stdout and "\u202e" not in result.stdout, "nothing of it reaches a terminal")


def test_explain():
    table = embedded_findings()
    check(set(line.split()[0] for line in run("explain").stdout.splitlines()) == set(table), "explain alone lists the findings")
    for id_, row in table.items():
        text = " ".join(run("explain", id_).stdout.split())
        parts = [row["title"], row["sentence"], row["advice"], row["false_results"], *row["references"],
                 *(line.strip() for key in ("nginx", "apache", "haproxy") for line in row.get("configure", {}).get(key, []))]
        check(all(" ".join(part.split()) in text for part in parts), f"explain {id_} says everything")
        for part in (row["title"], row["sentence"], row["advice"], row["false_results"]):
            check(not re.search(r"  |\.\.$", part), f"{id_}: blanks and stops")
    for name in policies():
        text = run("explain", name)
        check(text.returncode == 0 and "Rules" in text.stdout, f"explain {name}")
    result = run("explain", "nonsense")
    check(result.returncode == 2 and "there is no finding and no policy 'nonsense'" in result.stderr, "explain what is not there")
    for name in ("report", "policy"):
        path = os.path.join(ROOT, "docs", f"{name}-v1.schema.json")
        check(run("schema", name).stdout == open(path).read(), f"schema {name}")
    check(run("schema").stdout == run("schema", "report").stdout, "schema alone is that of reports")
    check(run("schema", "x").returncode == 2, "no such schema")


def main():
    with tempfile.TemporaryDirectory(prefix="shakedown-judge-") as folder:
        for test in (test_findings, test_unknown, test_policies, test_dates, test_several_addresses, test_fail_on, test_hostile, test_explain):
            test()
        for test in (test_own_policies, test_saved, test_bad_saved):
            test(folder)
    print(f"{results[True]} passed, {results[False]} failed")
    return results[False] != 0


if __name__ == "__main__":
    sys.exit(main())
