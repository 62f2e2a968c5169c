#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Downgrade protection, intolerance and sweeps of real servers, and of middleboxes of ours with known
faults in front of one.

    picture_intol.py [WORD...]      scenarios whose names hold a WORD; all without

One line for each scenario, differences below it, and "N passed, N failed" at the end.
"""

import socket
import sys

sys.dont_write_bytecode = True

from programs import gnutls, go, java, lighttpd, nginx, openssl, pair
from rows import try_named
from run import Scan, equal, read_report
from servers import Relay, reset

RUN_SECONDS = 150
OLD = ("-cipher", "ALL:@SECLEVEL=0", "-min_protocol", "TLSv1")
SIZES = {f"client_hello_{size}" for size in (256, 384, 511, 512, 1500, 4096, 16384)}
NEW_VERSIONS = {"tls_version_0x0304", "tls_version_0x0305", "tls_version_0x04ff"}


# --- middleboxes ------------------------------------------------------------------------------------

class Hello:
    """A ClientHello as it came over the wire."""

    def __init__(self, octets):
        self.octets, self.message, self.records, at = octets, b"", 0, 0
        self.record_version = int.from_bytes(octets[1:3], "big")
        while len(octets) - at >= 5:
            size = int.from_bytes(octets[at + 3:at + 5], "big")
            self.message += octets[at + 5:at + 5 + size]
            self.records, at = self.records + 1, at + 5 + size
        self.size = 4 + int.from_bytes(self.message[1:4], "big") if len(self.message) >= 4 else 1 << 24
        self.complete = len(self.message) >= self.size
        self.version = int.from_bytes(self.message[4:6], "big")
        self.session_id = self.message[38] if self.complete else 0
        at = 39 + self.session_id
        self.suites = int.from_bytes(self.message[at:at + 2], "big") // 2


class Middlebox(Relay):
    """Hands a hello on, unless `hates` says otherwise; then it does what `how` says. After `dies`
    connections it resets everything."""

    def __init__(self, port, behind, hates, how, dies=None):
        self.hates, self.how, self.dies = hates, how, dies
        super().__init__(port, behind)

    def carry(self, client):
        client.settimeout(10)
        try:
            hello = self.read(client)
            if self.dies is not None and self.connections > self.dies:
                reset(client)
            elif hello is None or not self.hates(hello):
                self.hand_on(client, b"" if hello is None else hello.octets)
            elif self.how == "reset":
                reset(client)
            elif self.how == "silent":
                while client.recv(65536):
                    pass
            else:
                client.close()
        except OSError:
            reset(client)

    def read(self, client):
        octets = b""
        while True:
            more = client.recv(65536)
            octets += more
            if octets[:1] not in (b"\x16", b""):
                return Hello(b"") if not octets else SSL2(octets)
            hello = Hello(octets)
            if hello.complete or not more:
                return hello

    def hand_on(self, client, octets):
        with socket.create_connection(("127.0.0.1", self.behind), 10) as server:
            server.sendall(octets)
            self.pump(client, server)
        client.close()


class SSL2(Hello):
    """An SSLv2 CLIENT-HELLO, which no middlebox here minds."""

    def __init__(self, octets):
        super().__init__(b"")
        self.octets, self.size = octets, 0


# --- scenarios --------------------------------------------------------------------------------------

def features(endpoint, section):
    return {(row["id"], row["version"]): row for row in endpoint[section]}


def check_downgrade(endpoint, scsv, sentinels, wrong):
    """sentinels: verdicts in TLS 1.2, 1.1 and 1.0."""
    rows = endpoint["downgrade"]
    found = [row["verdict"] for row in rows if row["id"] == "fallback_scsv"]
    equal(wrong, "fallback_scsv", found, [scsv])
    for version, wanted in zip(("TLSv1.2", "TLSv1.1", "TLSv1.0"), sentinels):
        found = [row["verdict"] for row in rows if row["id"].startswith("downgrade_sentinel") and row["version"] == version]
        equal(wrong, f"sentinel in {version}", found, [wanted])


def check_intolerance(endpoint, yes, unknown, wrong, some=()):
    """Every row is `no` but those named; what is in `some` is not judged."""
    ids = {row["id"] for row in endpoint["intolerance"]}
    if not SIZES | NEW_VERSIONS <= ids or len(ids) != 24:
        wrong.append(f"rows: {sorted(ids)}")
    for row in endpoint["intolerance"]:
        wanted = "yes" if row["id"] in yes else "unknown" if row["id"] in unknown else "no"
        if row["verdict"] != wanted and row["id"] not in some:
            wrong.append(f"{row['id']} in {row['version']}: {row['verdict']} ({row['sentence']}), should be {wanted}")
        if not row["evidence"]:
            wrong.append(f"{row['id']}: no evidence")


def check_limit(endpoint, name, low, high, wrong):
    """What was borne lies from low to high."""
    for row in endpoint["intolerance"]:
        if row["id"] == name and not low <= (row["number"] or 0) <= high:
            wrong.append(f"{name}: borne {row['number']}, should be {low} to {high} ({row['value']})")


def scan(bench, check, port, wrong, *arguments, seconds=60):
    done = Scan(bench, ["--json", "--reproducible", *arguments, f"127.0.0.1:{port}"], seconds)
    report = read_report(done, check, wrong)
    return report["endpoints"][0] if report else None


def server(start, scsv, sentinels, yes=(), some=(), limit=None, most=None):
    """A server, its downgrade protection, and what it cannot bear."""
    def job(bench, check, wrong):
        running = start(bench)
        endpoint = scan(bench, check, running.port, wrong, "--only=versions,downgrade,intolerance")
        note = ""
        if endpoint:
            check_downgrade(endpoint, scsv, sentinels, wrong)
            check_intolerance(endpoint, yes, (), wrong, some)
            if limit:
                check_limit(endpoint, *limit, wrong)
            count = sum(row["connections"] for row in endpoint["checks"] if row["id"] != "versions")
            note = f"{count} connections beside those of the versions"
            if most is not None and count > most:
                wrong.append(f"{note}, at most {most} are allowed")
        running.stop()
        return note
    return job


def middlebox(hates, how, yes=(), unknown=(), limit=None, dies=None):
    def job(bench, check, wrong):
        running = openssl(*OLD)(bench)
        box = bench.shop.adopt(Middlebox(bench.shop.port(), running.port, hates, how, dies))
        endpoint = scan(bench, check, box.port, wrong, "--only=downgrade,intolerance", "--timeout=0.5", "--retries=0")
        note = ""
        if endpoint:
            some = {row["id"] for row in endpoint["intolerance"] if row["verdict"] == "unknown"} if dies else ()
            check_intolerance(endpoint, yes, unknown, wrong, some)
            if limit:
                check_limit(endpoint, *limit, wrong)
            note = f"{endpoint['traffic']['connections']} connections"
        box.stop()
        running.stop()
        return note
    return job


def sweep(bench, check, wrong):
    """OpenSSL takes nothing that is not registered."""
    running = openssl()(bench)
    endpoint = scan(bench, check, running.port, wrong, "--only=versions", "--sweep=all", seconds=90)
    note = ""
    if endpoint:
        rows = {row["id"]: row for row in endpoint["behaviours"]}
        wanted = {"unregistered_suites", "unregistered_groups", "unregistered_signature_schemes"}
        equal(wrong, "rows", set(rows), wanted)
        for row in rows.values():
            equal(wrong, row["id"], row["verdict"], "no")
            if row["number"] < 65000:
                wrong.append(f"{row['id']}: {row['value']}")
        note = f"{endpoint['traffic']['connections']} connections"
    running.stop()
    return note


NA = "not_applicable"
ALL = ("yes", "yes", "yes")
NONE = (NA, NA, NA)
JOBS = [
    ("openssl: TLS 1.0 to 1.3", server(openssl(*OLD), "yes", ALL, most=10)),
    ("openssl: TLS 1.0 to 1.2", server(openssl(*OLD, "-max_protocol", "TLSv1.2"), "yes", (NA, "yes", "yes"))),
    ("openssl: TLS 1.0 and 1.1", server(openssl(*OLD, "-max_protocol", "TLSv1.1"), "yes", NONE)),
    ("openssl: TLS 1.2 and 1.3", server(openssl(), NA, ("yes", NA, NA), most=10)),
    ("openssl: TLS 1.2 alone", server(openssl("-tls1_2"), NA, NONE)),
    ("openssl: TLS 1.3 alone", server(openssl("-tls1_3"), NA, NONE, most=10)),
    ("gnutls: TLS 1.0 to 1.3", server(gnutls("NORMAL:+VERS-ALL"), "yes", ALL)),
    ("nginx: TLS 1.2 and 1.3", server(nginx((pair("RSA"),), top="ssl_protocols TLSv1.2 TLSv1.3;"), NA, ("yes", NA, NA))),
    # crypto/tls reads client_version 0x0304 as an offer of TLS 1.3, some releases of it as a fault.
    ("go: TLS 1.0 to 1.3", server(go(0x0301, 0x0304), "yes", ALL, some=NEW_VERSIONS)),
    ("java: TLS 1.0 to 1.3", server(java(("TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"), ("all",)), "no", ALL)),
    # WOLFSSL_MAX_SUITE_SZ is 300 octets; and it wants the first octets of a message in one record.
    ("lighttpd: wolfssl", server(lighttpd("mod_wolfssl"), NA, ("yes", NA, NA), yes={"many_suites"}, some={"records_of_1"},
                                 limit=("many_suites", 148, 150))),
    # Mbed TLS wants a ClientHello in one record (releases before 3.6.3).
    ("lighttpd: mbedtls", server(lighttpd("mod_mbedtls"), NA, NONE, some={"records_of_1", "records_of_100"})),
    ("middlebox: nothing", middlebox(lambda hello: False, "close")),
    ("middlebox: over 3000 octets", middlebox(lambda hello: hello.size > 3000, "close", yes={"client_hello_4096", "client_hello_16384"},
                                              limit=("client_hello_4096", 2930, 3000))),
    ("middlebox: over 1400 octets", middlebox(lambda hello: hello.size > 1400, "reset",
                                              yes={"client_hello_1500", "client_hello_4096", "client_hello_16384"},
                                              limit=("client_hello_1500", 1370, 1400))),
    ("middlebox: over 16000 octets, silent", middlebox(lambda hello: hello.size > 16000, "silent", unknown={"client_hello_16384"})),
    ("middlebox: 256 to 511 octets, silent", middlebox(lambda hello: 256 <= hello.size <= 511 and hello.records == 1, "silent",
                                                       unknown={"client_hello_256", "client_hello_384", "client_hello_511"})),
    # It hates what several oddities make together, and neither of them alone.
    ("middlebox: two at once", middlebox(lambda hello: hello.suites > 200 and hello.session_id == 0, "close")),
    ("middlebox: records of 0x0304", middlebox(lambda hello: hello.record_version == 0x0304, "reset", yes={"record_version_0x0304"})),
    ("middlebox: records of 0x0300", middlebox(lambda hello: hello.record_version == 0x0300, "close", yes={"record_version_0x0300"})),
    ("middlebox: new versions", middlebox(lambda hello: hello.version > 0x0303, "reset", yes=NEW_VERSIONS)),
    ("middlebox: no session id", middlebox(lambda hello: hello.session_id == 0, "close", yes={"no_session_id"})),
    ("middlebox: extension 0x3F1B", middlebox(lambda hello: b"\x3f\x1b\0\1\0" in hello.message, "close", yes={"unknown_extension"})),
    ("middlebox: many records", middlebox(lambda hello: hello.records > 20, "close", yes={"records_of_1"})),
    ("middlebox: dies at once", middlebox(lambda hello: hello.record_version == 0x0304, "reset", yes={"record_version_0x0304"}, dies=12)),
    ("middlebox: dies later", middlebox(lambda hello: hello.record_version == 0x0304, "reset", yes={"record_version_0x0304"}, dies=19)),
    ("openssl: sweeps", sweep),
]


def main(words):
    return try_named(JOBS, words, RUN_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
