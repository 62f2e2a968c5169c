#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Groups, post-quantum behaviour and primes of real servers, against what they were configured with.

    picture_groups.py [WORD...]      scenarios whose names hold a WORD; all without

SHAKEDOWN_NEW_NODE may name a node binary with OpenSSL 3.5 (22 or later), for post-quantum groups; it
is in no Debian package. One line for each scenario, differences below it, and "N passed, N failed"
at the end.
"""

import os
import sys

sys.dont_write_bytecode = True

import programs
from programs import gnutls, lighttpd, nginx, openssl, pair
from rows import try_rows
from run import Scan, equal, read_report
from servers import Relay

RUN_SECONDS = 200
CHECKS = "versions,suites,certificates,groups,post_quantum,key_exchange"
TLS12, TLS13 = "TLSv1.2", "TLSv1.3"

FFDHE = ["ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"]
# OpenSSL 3.0's own list, in its order.
OPENSSL_12 = ["x25519", "secp256r1", "x448", "secp521r1", "secp384r1"]
OPENSSL_13 = OPENSSL_12 + FFDHE
LONG = ("long_hello", "fragmented_long_hello", "long_hello_split_segments")
NO_HYBRID = {"hybrid_supported": "no", "kem_supported": "no", "hybrid_chosen_with_share": "not_applicable",
             "hybrid_asked_by_retry": "not_applicable"}
NO_TLS13 = dict.fromkeys(NO_HYBRID, "not_applicable")


UNTOLD = object() # nothing is demanded: what the server does depends on its build


class Scenario:
    """groups: for each version the groups in the server's order, or a set where the client chooses;
    prime: (name, bits, safe) of DHE, None where there is none, or UNTOLD; reused: of DH and ECDH."""

    def __init__(self, name, start, groups, preference, prime=None, post_quantum=NO_HYBRID, complete=None,
                 reused=None, anomalies=(), long=True):
        self.name, self.start, self.groups, self.preference, self.prime = name, start, groups, preference, prime
        self.post_quantum = dict(post_quantum) | (dict.fromkeys(LONG, "yes") if long else {})
        self.complete = complete or {}
        usual = {"ecdh_value_reused": "no"} | ({"dh_value_reused": "no"} if prime else {})
        self.reused = usual if reused is None else reused
        self.anomalies = set(anomalies)


# --- servers ----------------------------------------------------------------------------------------

def with_parameters(bits, *options):
    """openssl s_server with DH parameters of its own, which nobody else has."""
    def start(bench):
        def make():
            file = os.path.join(bench.shop.room("dh"), "dh.pem")
            bench.shop.tool("openssl", "dhparam", "-out", file, str(bits))
            return file
        return openssl("-dhparam", bench.shop.once(("dh", bits), make), *options)(bench)
    return start


def with_group(name, *options):
    """... with the parameters of a named group."""
    def start(bench):
        file = os.path.join(bench.shop.room("dh"), "dh.pem")
        bench.shop.tool("openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", f"group:{name}", "-out", file)
        return openssl("-dhparam", file, *options)(bench)
    return start


def node(groups=""):
    def start(bench):
        leaf, port = bench.leaf("RSA"), bench.shop.port()
        return bench.shop.start([os.environ["SHAKEDOWN_NEW_NODE"], os.path.join(programs.HERE, "new_node.js"), str(port),
                                 leaf.key, leaf.chain, groups], port)
    return start


MODP_2048 = ("modp2048 (RFC 3526)", 2048, "yes")
LEVEL_0 = ("-cipher", "DEFAULT:@SECLEVEL=0")

SCENARIOS = [
    # Up to TLS 1.2 OpenSSL goes by the client's list unless told otherwise, in TLS 1.3 by its own.
    Scenario("openssl: default", openssl(), {TLS12: set(OPENSSL_12), TLS13: OPENSSL_13},
             {TLS12: "client", TLS13: "server"}, MODP_2048),
    Scenario("openssl: two curves, server's order", openssl("-curves", "P-384:X448", "-serverpref"),
             {TLS12: ["secp384r1", "x448"], TLS13: ["secp384r1", "x448"]}, {TLS12: "server", TLS13: "server"}, MODP_2048),
    Scenario("openssl: brainpool and secp256k1", openssl("-curves", "brainpoolP256r1:secp256k1:P-256", "-serverpref"),
             {TLS12: ["brainpoolP256r1", "secp256k1", "secp256r1"], TLS13: ["secp256r1"]},
             {TLS12: "server", TLS13: "single"}, MODP_2048),
    Scenario("openssl: one curve, EC key", openssl("-curves", "P-256", leaves=("EC",)),
             {TLS12: ["secp256r1"], TLS13: ["secp256r1"]}, {TLS12: "single", TLS13: "single"}),
    Scenario("openssl: EC key, client's order", openssl("-curves", "P-256:P-384:X25519", leaves=("EC",)),
             {TLS12: {"secp256r1", "secp384r1", "x25519"}, TLS13: ["secp256r1", "secp384r1", "x25519"]},
             {TLS12: "client", TLS13: "server"}),
    Scenario("openssl: TLS 1.2 without (EC)DHE", openssl("-tls1_2", "-cipher", "AES128-SHA"), {TLS12: []}, {TLS12: "unknown"},
             post_quantum=NO_TLS13, reused={"dh_value_reused": "not_applicable", "ecdh_value_reused": "not_applicable",
                                            "raccoon_condition": "not_applicable"}),
    Scenario("openssl: TLS 1.3 alone, ffdhe", openssl("-tls1_3", "-curves", "ffdhe3072:ffdhe2048"),
             {TLS13: ["ffdhe3072", "ffdhe2048"]}, {TLS13: "server"}, reused={"dh_value_reused": "no", "ecdh_value_reused": "not_applicable",
                                          "raccoon_condition": "not_applicable"}),
    Scenario("openssl: a prime of 1024 bits that nobody has", with_parameters(1024, *LEVEL_0), {}, {},
             ("of no known group", 1024, "yes")),
    Scenario("openssl: ffdhe2048 whatever is listed", with_group("ffdhe2048"), {TLS12: set(OPENSSL_12)}, {TLS12: "client"},
             ("ffdhe2048 (RFC 7919)", 2048, "yes")),
    Scenario("openssl: modp3072", with_group("modp_3072"), {}, {}, ("modp3072 (RFC 3526)", 3072, "yes")),
    Scenario("openssl: DSA's kind of prime", with_group("dh_2048_256"), {}, {},
             ("2048-bit MODP group with 256-bit Prime Order Subgroup (RFC 5114)", 2048, "no")),

    Scenario("nginx: default", nginx((pair("RSA"), "ssl_protocols TLSv1.2 TLSv1.3;")),
             {TLS12: set(OPENSSL_12), TLS13: OPENSSL_13}, {TLS12: "client", TLS13: "server"}),
    Scenario("nginx: ssl_ecdh_curve", nginx((pair("RSA"), "ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve secp521r1:X25519; "
                                             "ssl_prefer_server_ciphers on;")),
             {TLS12: ["secp521r1", "x25519"], TLS13: ["secp521r1", "x25519"]}, {TLS12: "server", TLS13: "server"}),

    # GnuTLS goes by RFC 7919, by the client's list unless told otherwise, and never takes a field before a curve.
    Scenario("gnutls: groups by priority, server's order",
             gnutls("NORMAL:-GROUP-ALL:+GROUP-FFDHE4096:+GROUP-SECP521R1:+GROUP-X25519:%SERVER_PRECEDENCE", "--disable-client-cert"),
             {TLS12: {"ffdhe4096", "secp521r1", "x25519"}, TLS13: ["secp521r1", "x25519", "ffdhe4096"]},
             {TLS12: "server", TLS13: "server"}, ("ffdhe4096 (RFC 7919)", 4096, "yes")),
    Scenario("gnutls: client's order", gnutls("NORMAL:-GROUP-ALL:+GROUP-X448:+GROUP-SECP256R1", "--disable-client-cert"),
             {TLS12: {"x448", "secp256r1"}, TLS13: {"x448", "secp256r1"}}, {TLS12: "client", TLS13: "client"}),

    # wolfSSL answers a list without common groups with a HelloRetryRequest that names none.
    Scenario("lighttpd: wolfssl", lighttpd("mod_wolfssl"), {}, {}, UNTOLD, complete={TLS13: "ignores_offer"},
             post_quantum={}, reused={}, anomalies=("retry_without_group",), long=False),
]

if os.environ.get("SHAKEDOWN_NEW_NODE"):
    HYBRID = {"hybrid_supported": "yes", "kem_supported": "no", "hybrid_chosen_with_share": "yes", "hybrid_asked_by_retry": "yes"}
    NODE_12 = ["x25519", "secp256r1", "x448", "secp384r1", "secp521r1"]
    SCENARIOS += [
        Scenario("node: default", node(), {TLS12: NODE_12, TLS13: ["X25519MLKEM768"] + NODE_12 + FFDHE[:2]},
                 {TLS12: "server", TLS13: "server"}, post_quantum=HYBRID),
        Scenario("node: post-quantum alone", node("MLKEM512:MLKEM1024:SecP384r1MLKEM1024:SecP256r1MLKEM768"),
                 {TLS12: [], TLS13: ["MLKEM512", "MLKEM1024", "SecP384r1MLKEM1024", "SecP256r1MLKEM768"]},
                 {TLS12: "unknown", TLS13: "server"}, UNTOLD, post_quantum=HYBRID | {"kem_supported": "yes"}, reused={}),
        Scenario("node: classical first", node("X25519:X25519MLKEM768"),
                 {TLS12: ["x25519"], TLS13: ["x25519", "X25519MLKEM768"]}, {TLS12: "single", TLS13: "server"},
                 post_quantum=HYBRID | {"hybrid_chosen_with_share": "no", "hybrid_asked_by_retry": "no"}),
    ]


# --- one scenario -----------------------------------------------------------------------------------

def groups_of(endpoint, version):
    rows = [row for row in endpoint["groups"] if version in row["versions"]]
    return [row["name"] for row in sorted(rows, key=lambda row: row["order"][version] or 0)]


def check_groups(endpoint, scenario, wrong):
    for version, wanted in scenario.groups.items():
        found = groups_of(endpoint, version)
        equal(wrong, f"{version}: groups", set(found) if isinstance(wanted, set) else found, wanted)
    for row in endpoint["group_preference"]:
        if row["version"] in scenario.preference:
            equal(wrong, f"{row['version']}: preference ({row['sentence']})", row["verdict"], scenario.preference[row["version"]])
    for row in endpoint["group_enumeration"]:
        if row["version"] in scenario.complete:
            equal(wrong, f"{row['version']}: why the list may not be whole", row["reason"], scenario.complete[row["version"]])
        elif row["version"] in scenario.groups:
            equal(wrong, f"{row['version']}: list is whole ({row['sentence']})", row["verdict"], "yes")


def check_rows(endpoint, section, wanted, wrong):
    found = {row["id"]: row for row in endpoint[section]}
    for name, verdict in wanted.items():
        row = found.get(name, {"verdict": "(no row)", "sentence": None})
        equal(wrong, f"{section}: {name} ({row['sentence']})", row["verdict"], verdict)


def check_prime(endpoint, prime, wrong):
    rows = {row["id"]: row for row in endpoint["key_exchange"]}
    if prime is None:
        equal(wrong, "DHE", rows["dh_prime"]["verdict"], "not_applicable")
        return
    name, bits, safe = prime
    equal(wrong, "prime", (rows["dh_prime"]["value"], rows["dh_prime"]["number"]), (name, bits))
    equal(wrong, "safe prime", rows["dh_safe_prime"]["verdict"], safe)
    equal(wrong, "common prime", rows["dh_common_prime"]["verdict"], "no" if name == "of no known group" else "yes")
    equal(wrong, "1024 bits at most", rows["dh_at_most_1024_bits"]["verdict"], "yes" if bits <= 1024 else "no")


def run_scenario(bench, check, scenario, wrong):
    behind = scenario.start(bench)
    relay = bench.shop.adopt(Relay(bench.shop.port(), behind.port))
    scan = Scan(bench, ["--json", "--reproducible", "--only", CHECKS, f"127.0.0.1:{relay.port}"], 120)
    report = read_report(scan, check, wrong)
    if report:
        endpoint = report["endpoints"][0]
        check_groups(endpoint, scenario, wrong)
        check_rows(endpoint, "post_quantum", scenario.post_quantum, wrong)
        check_rows(endpoint, "key_exchange", scenario.reused, wrong)
        if scenario.prime != UNTOLD:
            check_prime(endpoint, scenario.prime, wrong)
        missing = scenario.anomalies - {row["code"] for row in endpoint["anomalies"]}
        if missing:
            wrong.append(f"anomalies not told: {missing}")
        equal(wrong, "connections reported and counted at the server", endpoint["traffic"]["connections"], relay.connections)
    relay.stop()
    behind.stop()
    return f"{relay.connections} connections, {scan.seconds:.1f} s"


def main(words):
    return try_rows(SCENARIOS, run_scenario, words, RUN_SECONDS, at_once=2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
