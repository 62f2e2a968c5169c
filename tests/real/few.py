#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `--only certificates` costs real servers, and that it says nothing that asking for everything would not say.

Each server is asked twice: for certificates alone, and with the check versions, which asks for all of them. The few
questions must find every chain that clients of the newest version are shown with the name, and say that the others
were not asked for.

    few.py [WORD...]      rows whose names hold a WORD; all without

Closes with "N passed, N failed".
"""

import socket
import sys
from collections import namedtuple

sys.dont_write_bytecode = True

from programs import gnutls, go, java, lighttpd, nginx, nss, openssl, pair
from rows import try_rows
from run import Scan, equal, read_report
from servers import Relay

RUN_SECONDS = 200
BOTH, OLD, NEW = "ssl_protocols TLSv1.2 TLSv1.3;", "ssl_protocols TLSv1.2;", "ssl_protocols TLSv1.3;"


def lists_13(hello):
    """Whether a ClientHello, record header included, has 0x0304 in supported_versions: RFC 8446 section 4.2.1."""
    at = 9 + 2 + 32
    if hello[0] != 0x16 or len(hello) <= at:
        return False
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 1 + hello[at]
    rest = hello[at + 2:]
    while len(rest) >= 4:
        kind, size = int.from_bytes(rest[:2], "big"), int.from_bytes(rest[2:4], "big")
        if kind == 43:
            return b"\x03\x04" in rest[5:4 + size]
        rest = rest[4 + size:]
    return False


class Parting(Relay):
    """Hands hellos with TLS 1.3 to one server and the others to another."""

    def __init__(self, port, newer, older):
        self.newer, self.older = newer, older
        super().__init__(port, newer)

    def carry(self, client):
        client.settimeout(10)
        try:
            listed = lists_13(client.recv(65536, socket.MSG_PEEK))
            server = socket.create_connection(("127.0.0.1", self.newer if listed else self.older), 10)
        except OSError:
            client.close()
            return
        try:
            self.pump(client, server)
        except OSError:
            pass
        client.close()
        server.close()


def parted(bench):
    """An RSA key for TLS 1.3, and another kind for older clients."""
    newer, older = nginx((pair("RSA"),), top=NEW)(bench), nginx((pair("EC"),), top=OLD)(bench)
    return bench.shop.adopt(Parting(bench.shop.port(), newer.port, older.port))


# most: connections; kinds: of key, that clients of today are shown; more: whether all in all there are more chains
Row = namedtuple("Row", "name start most kinds more")
ROWS = [
    Row("nginx, one", nginx((pair("RSA"),), top=BOTH), 2, ["RSA"], False),
    Row("nginx, one of EC", nginx((pair("EC"),), top=BOTH), 2, ["EC"], False),
    Row("nginx, RSA and EC", nginx((pair("RSA"), pair("EC")), top=BOTH), 4, ["EC", "RSA"], False),
    Row("nginx, one, TLS 1.2 alone", nginx((pair("RSA"),), top=OLD), 2, ["RSA"], False),
    Row("nginx, RSA and EC, TLS 1.2 alone", nginx((pair("RSA"), pair("EC")), top=OLD), 4, ["EC", "RSA"], False),
    Row("nginx, one, TLS 1.3 alone", nginx((pair("RSA"),), top=NEW), 2, ["RSA"], False),
    Row("nginx, RSA and EC, TLS 1.3 alone", nginx((pair("RSA"), pair("EC")), top=NEW), 4, ["EC", "RSA"], False),
    Row("nginx, another without a name", nginx((pair("EC"),), (pair("RSA", "one.example"), "server_name localhost;"), top=BOTH), 2, ["RSA"], True),
    Row("nginx, another for older clients", parted, 2, ["RSA"], True),
    Row("openssl, Ed25519 behind RSA", openssl(leaves=("RSA", "Ed25519")), 4, ["Ed25519", "RSA"], False),
    Row("openssl, P-384 alone", openssl("-groups", "P-384"), 2, ["RSA"], False),
    # A HelloRetryRequest shows no certificate: the long way.
    Row("openssl, P-521 alone", openssl("-groups", "P-521"), 18, ["RSA"], False),
    Row("gnutls", gnutls("NORMAL", "--disable-client-cert", leaves=("RSA", "EC")), 4, ["EC", "RSA"], False),
    Row("go", go(0x0303, 0x0304), 4, ["EC", "RSA"], False),
    Row("java", java(("TLSv1.3", "TLSv1.2"), ("all",)), 4, ["EC", "RSA"], False),
    # It closes where others send an alert: asked again, with a control.
    Row("lighttpd with gnutls", lighttpd("mod_gnutls"), 7, ["RSA"], False),  # refuses by closing: asked again, alone
    Row("nss, TLS 1.2", nss("tls1.2:tls1.2", (0xC02F, 0xC02B), leaves=("RSA", "EC")), 5, ["EC", "RSA"], False),
]


def chains_of(endpoint):
    return {chain["chain"][0]["fingerprint_sha256"]: chain for chain in endpoint["certificates"]}


def shown_today(endpoint):
    """Leaves that the newest version's clients are shown with the name, by all that was asked."""
    rows = [(row["version"], leaf) for leaf, chain in chains_of(endpoint).items() for row in chain["served_for"] if row["sni"]]
    newest = max(version for version, _ in rows)
    return newest, {leaf for version, leaf in rows if version == newest}


def ask(bench, check, port, checks, wrong):
    scan = Scan(bench, ["--json", f"--only={checks}", f"--ca-file={bench.certificates.root_file}", "--sni=localhost", f"127.0.0.1:{port}"], 60)
    report = read_report(scan, check, wrong)
    return None if report is None else report["endpoints"][0]


def run_row(bench, check, row, wrong):
    server = row.start(bench)
    few = ask(bench, check, server.port, "certificates", wrong)
    full = ask(bench, check, server.port, "certificates,versions", wrong)
    if few is None or full is None:
        return ""
    newest, leaves = shown_today(full)
    connections = few["traffic"]["connections"]
    if connections > row.most:
        wrong.append(f"{connections} connections, more than {row.most}")
    equal(wrong, "leaves", sorted(chains_of(few)), sorted(leaves))
    equal(wrong, "kinds of key", sorted(chain["chain"][0]["key"]["type"] for chain in few["certificates"]), sorted(row.kinds))
    equal(wrong, "more chains in all", len(full["certificates"]) > len(few["certificates"]), row.more)
    equal(wrong, "that all are known, of all", full["certificate_enumeration"]["verdict"], "yes")
    fact = few["certificate_enumeration"]
    if row.most <= 5:
        equal(wrong, "that all are known, of few", (fact["verdict"], fact["reason"]), ("not_tested", "not_asked"))
        equal(wrong, "served for", {(one["version"], one["sni"]) for chain in few["certificates"] for one in chain["served_for"]}, {(newest, True)})
    for leaf, chain in chains_of(few).items():
        equal(wrong, "the chain as a whole", [one["fingerprint_sha256"] for one in chain["chain"]],
              [one["fingerprint_sha256"] for one in chains_of(full).get(leaf, {"chain": []})["chain"]])
    return f"{connections} connections, {full['traffic']['connections']} for all"


def main(words):
    return try_rows(ROWS, run_row, words, RUN_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
