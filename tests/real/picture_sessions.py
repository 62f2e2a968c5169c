#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sessions and renegotiation of real servers, against what they were configured with.

    picture_sessions.py [WORD...]      scenarios whose names hold a WORD; all without

Each scan is also replayed from its transcript, which must give the same report, octet for octet. One
line for each scenario, differences below it, and "N passed, N failed" at the end.
"""

import os
import subprocess
import sys

sys.dont_write_bytecode = True

from programs import go, gnutls, java, lighttpd, nginx, openssl, pair
from rows import try_rows
from run import Scan, command, read_report

RUN_SECONDS = 200
CHECKS = "sessions,renegotiation"
TLS12, TLS13 = "TLSv1.2", "TLSv1.3"
BOTH = "ssl_protocols TLSv1.2 TLSv1.3; "


class Scenario:
    """truth: by section, then id and version: the verdict, or the verdict and its number or reason;
    absent: rows that must not be there; most: complete handshakes."""

    def __init__(self, name, start, sessions=None, renegotiation=None, most=10):
        self.name, self.start, self.most = name, start, most
        self.truth = {"sessions": sessions or {}, "renegotiation": renegotiation or {}}


# --- servers ----------------------------------------------------------------------------------------

def plain_openssl(*options):
    """s_server without -www, which goes ill with early data; it ends when its standard input does, so that is a
    pipe to nowhere."""
    def start(bench):
        port, leaf = bench.shop.port(), bench.leaf("RSA")
        return bench.shop.start(["sh", "-c", 'mkfifo never && exec "$0" "$@" <>never', "openssl", "s_server", "-accept",
                                 f"127.0.0.1:{port}", "-quiet", "-cert", leaf.certificate, "-key", leaf.key, *options], port)
    return start


# --- truths -----------------------------------------------------------------------------------------

def ids(resumed, version=TLS12):
    """None: no id."""
    unknown = ("unknown", "other_process") # who turned it down need not be who gave it
    return {("session_id_resumption", version): "no" if resumed is None else ("yes", 2) if resumed else unknown}


def tickets(lifetime, count=1, version=TLS12):
    """None: no ticket."""
    if lifetime is None:
        return {("ticket_resumption", version): "no", ("tickets_issued", version): ("no", 0)}
    said = {("ticket_lifetime", version): ("yes", lifetime)} if lifetime else {("ticket_lifetime", version): ("unknown", "not_said")}
    return said | {("ticket_resumption", version): ("yes", 2), ("ticket_single_use", version): "no",
                   ("tickets_issued", version): ("yes", count)}


def psk(lifetime, count=2, limit=0, early="no"):
    return {("psk_resumption", TLS13): ("yes", 2), ("psk_single_use", TLS13): "no", ("psk_with_key_exchange", TLS13): "yes",
            ("tickets_issued", TLS13): ("yes", count), ("ticket_lifetime", TLS13): ("yes", lifetime),
            ("early_data_limit", TLS13): ("yes" if limit else "no", limit), ("early_data", TLS13): early}


KEY_NAME = {("ticket_key_name", TLS13): "yes", ("several_ticket_keys", TLS13): "no"}
NO_TICKET = ("unknown", "no_ticket_before_data") # some servers send tickets with their first data alone
NO_TLS13 = {("psk_resumption", TLS13): "not_applicable", ("early_data", TLS13): "not_applicable"}
SECURE = {("secure_renegotiation", TLS12): "yes", ("secure_renegotiation_scsv", TLS12): "yes",
          ("insecure_renegotiation", TLS12): "not_applicable"}


def refused(version=TLS12):
    return SECURE | {("client_initiated_renegotiation", version): ("no", 0)}


# It closes without an alert; that it would not have closed by itself is shown by HTTP alone.
CLOSED = SECURE | {("client_initiated_renegotiation", TLS12): ("unknown", "cut_off")}
ALLOWED = SECURE | {("client_initiated_renegotiation", TLS12): ("yes", 10)}

SCENARIOS = [
    Scenario("openssl: default", openssl(), ids(True) | tickets(7200) | psk(7200) | KEY_NAME, refused()),
    Scenario("openssl: no tickets, no cache", openssl("-no_ticket", "-no_cache", "-no_tls1_3"), ids(None) | tickets(None) | NO_TLS13, refused(), 3),
    Scenario("openssl: no tickets in TLS 1.3", openssl("-num_tickets", "0"),
             {("psk_resumption", TLS13): NO_TICKET, ("early_data", TLS13): NO_TICKET}, refused()),
    Scenario("openssl: five tickets", openssl("-num_tickets", "5"), psk(7200, 5) | KEY_NAME, refused()),
    Scenario("openssl: without tickets they are ids", openssl("-no_ticket", "-tls1_3"),
             {("psk_resumption", TLS13): ("yes", 2), ("ticket_key_name", TLS13): "no", ("ticket_length", TLS13): ("yes", 32)},
             {("client_initiated_renegotiation", TLS12): "not_applicable", ("secure_renegotiation", TLS12): "not_applicable"}),
    # Each renegotiation costs this server a second's sleep, -www or not.
    Scenario("openssl: client renegotiation", openssl("-client_renegotiation", "-tls1_2"), {}, ALLOWED),
    Scenario("openssl: early data", plain_openssl("-early_data", "-max_early_data", "4096", "-alpn", "http/1.1"),
             {("early_data_limit", TLS13): ("yes", 4096), ("early_data", TLS13): "yes", ("psk_resumption", TLS13): ("yes", 2),
              # such tickets are ids, which name no key: another server might answer now and then
              ("psk_single_use", TLS13): ("unknown", "perhaps_other_server")}, most=11),
    Scenario("openssl: early data, replayed too", plain_openssl("-early_data", "-no_anti_replay", "-alpn", "http/1.1"),
             psk(7200, 2, 16384, "yes")),
    Scenario("openssl: a ticket for early data that is not read", plain_openssl("-max_early_data", "4096", "-no_anti_replay", "-alpn", "http/1.1"),
             {("early_data_limit", TLS13): ("yes", 4096), ("early_data", TLS13): "no"}),
    Scenario("openssl: early data of what is not HTTP", plain_openssl("-early_data", "-no_anti_replay"),
             psk(7200, 2, 16384, ("not_tested", "not_http"))),
    Scenario("openssl: TLS 1.0", openssl("-tls1", "-cipher", "ALL:@SECLEVEL=0"),
             ids(True, "TLSv1.0") | tickets(7200, 1, "TLSv1.0") | NO_TLS13,
             {("client_initiated_renegotiation", "TLSv1.0"): ("no", 0)}),
    Scenario("openssl: client certificate wanted", openssl("-Verify", "1", "-verify_return_error"),
             {("psk_resumption", TLS13): ("unknown", "handshake_failed"), ("session_id_resumption", TLS12): ("unknown", "handshake_failed"),
              ("ticket_resumption", TLS12): ("unknown", "handshake_failed")},
             {("client_initiated_renegotiation", TLS12): ("unknown", "handshake_failed")}),

    Scenario("nginx: default", nginx((pair("RSA"), BOTH)),
             ids(False) | tickets(300) | psk(300) | KEY_NAME, refused()),
    Scenario("nginx: shared cache, no tickets, long timeout", nginx((pair("RSA"), "ssl_protocols TLSv1.2; ssl_session_cache shared:a:1m; "
                                                                     "ssl_session_tickets off;")),
             ids(True) | tickets(None) | NO_TLS13, refused()),
    Scenario("nginx: no cache, timeout of a day", nginx((pair("RSA"), BOTH + "ssl_session_cache off; ssl_session_timeout 1d;")),
             ids(None) | tickets(86400) | psk(86400), refused()),
    Scenario("nginx: early data", nginx((pair("RSA"), BOTH + "ssl_early_data on;")), psk(300, 2, 16384, "yes"), refused()),
    # libssl's first share is of X25519: a HelloRetryRequest would reject the early data.
    Scenario("nginx: early data with P-384 alone", nginx((pair("RSA"), BOTH + "ssl_early_data on; ssl_ecdh_curve secp384r1;")),
             psk(300, 2, 16384, "yes"), refused()),

    Scenario("gnutls: default", gnutls("NORMAL", "--disable-client-cert"), ids(True) | tickets(21600) | psk(21600) | KEY_NAME, ALLOWED),
    Scenario("gnutls: no tickets", gnutls("NORMAL", "--disable-client-cert", "--noticket"),
             ids(True) | tickets(None) | {("psk_resumption", TLS13): NO_TICKET}, ALLOWED),
    Scenario("gnutls: no cache", gnutls("NORMAL", "--disable-client-cert", "--nodb"), ids(False), ALLOWED),
    Scenario("gnutls: without RFC 5746", gnutls("NORMAL:-VERS-TLS1.3:%DISABLE_SAFE_RENEGOTIATION", "--disable-client-cert"), {},
             {("secure_renegotiation", TLS12): "no", ("secure_renegotiation_scsv", TLS12): "no",
              ("client_initiated_renegotiation", TLS12): ("yes", 10), ("insecure_renegotiation", TLS12): "yes"}),

    Scenario("java: default", java(["TLSv1.2", "TLSv1.3"], ["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"], leaves=("RSA",)),
             {("psk_resumption", TLS13): ("yes", 2)}, SECURE),
    Scenario("go: default", go(0x0303, 0x0304), ids(None) | tickets(0) | psk(604800, 1) | KEY_NAME, CLOSED),
    Scenario("go: TLS 1.2", go(0x0303, 0x0303), ids(None) | tickets(0) | NO_TLS13 | {("ticket_key_name", TLS12): "yes"}, CLOSED),
    Scenario("lighttpd: mbedtls", lighttpd("mod_mbedtls"), NO_TLS13, {("secure_renegotiation", TLS12): "yes"}),
]


# --- one scenario -----------------------------------------------------------------------------------

def check_rows(endpoint, section, truth, wrong):
    rows = {(row["id"], row["version"]): row for row in endpoint[section]}
    for key, want in truth.items():
        row, (verdict, detail) = rows.get(key), want if isinstance(want, tuple) else (want, None)
        if row is None:
            wrong.append(f"{key}: no row")
            continue
        if row["verdict"] != verdict:
            wrong.append(f"{key}: {row['verdict']} ({row['reason']}: {row['sentence']}), should be {verdict}")
        elif isinstance(detail, int) and row["number"] != detail:
            wrong.append(f"{key}: {row['number']} {row['unit']}, should be {detail}")
        elif isinstance(detail, str) and row["reason"] != detail:
            wrong.append(f"{key}: {row['reason']} ({row['sentence']}), should be {detail}")


def handshakes(transcript):
    with open(transcript) as file:
        return sum(line.startswith("handshake ") for line in file)


def check_replay(scan, transcript, wrong):
    again = subprocess.run([command(), "replay", "--json", transcript], capture_output=True, timeout=30)
    if again.stdout != scan.out:
        wrong.append(f"the replay differs: {again.stderr.decode(errors='replace')[-200:]}")


def run_scenario(bench, check, scenario, wrong):
    server = scenario.start(bench)
    transcript = os.path.join(bench.shop.room("transcript"), "transcript")
    scan = Scan(bench, ["--json", f"--only={CHECKS}", f"--transcript={transcript}", f"localhost:{server.port}",
                        "--address=127.0.0.1", f"--ca-file={bench.certificates.root_file}"], 60)
    report = read_report(scan, check, wrong)
    count = 0
    if report is not None:
        endpoint = report["endpoints"][0]
        for section, truth in scenario.truth.items():
            check_rows(endpoint, section, truth, wrong)
        check_replay(scan, transcript, wrong)
        count = handshakes(transcript)
        if count > scenario.most:
            wrong.append(f"{count} complete handshakes, {scenario.most} allowed")
        if "PRIVATE" in scan.out.decode(errors="replace"):
            wrong.append("a key in the report")
    server.stop()
    return f"{count} handshakes, {scan.seconds:.1f} s"


def main(words):
    return try_rows(SCENARIOS, run_scenario, words, RUN_SECONDS, at_once=2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
