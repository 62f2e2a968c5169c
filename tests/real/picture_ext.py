#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Extensions, ALPN, signature schemes, requests for client certificates and server names of real
servers, each as it was configured.

    picture_ext.py [WORD...]      scenarios whose names hold a WORD; all without

One line for each scenario, differences below it, and "N passed, N failed" at the end.
"""

import base64
import os
import sys

sys.dont_write_bytecode = True

from programs import gnutls, go, java, lighttpd, nginx, openssl, pair
from rows import try_named
from run import Scan, equal, read_report

RUN_SECONDS = 150
CHECKS = "versions,suites,certificates,signature_schemes,extensions,alpn,client_authentication,server_name"
STAPLE = bytes.fromhex("30030a0106") # an OCSPResponse: unauthorized
BOTH = ("TLSv1.2", "TLSv1.3")
PSS = ("rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512")
PKCS1 = ("rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512")
ROOT_NAME, MIDDLE_NAME = "CN=Test Root,O=Shakedown Test", "CN=Test Intermediate,O=Shakedown Test"


# --- what a server has ------------------------------------------------------------------------------

class Want:
    """A row of a section: its verdict, and, where given, what stands beside it."""

    def __init__(self, section, name, versions, verdict, value=None, number=None, reason=None):
        self.section, self.name, self.verdict = section, name, verdict
        self.versions = (versions,) if isinstance(versions, str) else versions
        self.value, self.number, self.reason = value, number, reason

    def look(self, endpoint, wrong):
        for version in self.versions:
            rows = [row for row in endpoint[self.section] if row["id"] == self.name and row["version"] in (version, None)]
            what = f"{self.section} {self.name} {version}"
            if len(rows) != 1:
                wrong.append(f"{what}: {len(rows)} rows")
                continue
            row = rows[0]
            equal(wrong, f"{what} ({row['reason']})", row["verdict"], self.verdict)
            if self.value is not None:
                equal(wrong, f"{what}: value", row["value"], self.value)
            if self.number is not None:
                equal(wrong, f"{what}: number", row["number"], self.number)
            if self.reason is not None:
                equal(wrong, f"{what}: reason", row["reason"], self.reason)


def yes(name, versions=BOTH, **beside):
    return Want("extensions", name, versions, "yes", **beside)


def no(*names, versions=BOTH):
    return [Want("extensions", name, versions, "no") for name in names]


def other(name, verdict, value=None, versions="TLSv1.3"):
    return Want("behaviours", name, versions, verdict, value)


def client(name, verdict, versions=BOTH, **beside):
    return Want("client_authentication", name, versions, verdict, **beside)


class Alpn:
    """All that is selected, in the server's order where it has one."""

    def __init__(self, names, refused, value, ordered=True):
        self.names, self.refused, self.value, self.ordered = names, refused, value, ordered

    def look(self, endpoint, wrong):
        rows = {row["id"]: row for row in endpoint["alpn"]}
        found = [name for name, row in rows.items() if row["verdict"] == "yes"]
        if self.ordered:
            found.sort(key=lambda name: rows[name]["number"] or 0)
        equal(wrong, "alpn", found if self.ordered else set(found), self.names if self.ordered else set(self.names))
        if any(row["verdict"] not in ("yes", "no") for row in rows.values()):
            wrong.append("alpn: a row is neither yes nor no")
        row = next(row for row in endpoint["behaviours"] if row["id"] == "alpn_mismatch_refused")
        equal(wrong, "alpn: refusal", (row["verdict"], row["value"]), (self.refused, self.value))


class Schemes:
    """All schemes of one version, and who chooses."""

    def __init__(self, version, names, preference=None):
        self.version, self.names, self.preference = version, names, preference

    def look(self, endpoint, wrong):
        found = {row["name"] for row in endpoint["signature_schemes"] if self.version in row["versions"]}
        equal(wrong, f"schemes of {self.version}", found, set(self.names))
        whole = [row["verdict"] for row in endpoint["signature_scheme_enumeration"] if row["version"] == self.version]
        equal(wrong, f"schemes of {self.version}: all of them", whole, ["yes"])
        chosen = [row["verdict"] for row in endpoint["signature_scheme_preference"] if row["version"] == self.version]
        if self.preference is not None:
            equal(wrong, f"schemes of {self.version}: who chooses", chosen, [self.preference])


def server(starter, *wants, most=None, sni="localhost"):
    """most: connections, of all checks of this folder together with those that they start from."""
    def job(bench, check, wrong):
        started = starter(bench)
        scan = Scan(bench, ["--json", "--reproducible", "--sni", sni, f"--only={CHECKS}", f"127.0.0.1:{started.port}"], 60)
        report = read_report(scan, check, wrong)
        started.stop()
        if report is None:
            return ""
        endpoint = report["endpoints"][0]
        equal(wrong, "status", endpoint["status"], "complete")
        for want in wants:
            for one in want if isinstance(want, list) else [want]:
                one.look(endpoint, wrong)
        ours = sum(row["connections"] for row in endpoint["checks"] if row["id"] not in ("versions", "suites", "certificates"))
        if most is not None and ours > most:
            wrong.append(f"{ours} connections of these checks, {most} allowed")
        return f"{scan.seconds:.1f} s, {ours} connections"
    return job


# --- servers ----------------------------------------------------------------------------------------

def staple_file(bench):
    path = os.path.join(bench.shop.room("staple"), "response.der")
    with open(path, "wb") as file:
        file.write(STAPLE)
    return path


def openssl_with(*options, configuration=None, leaves=("RSA",)):
    """s_server; an option that is a function is called with the bench. configuration: lines of [ssl]."""
    def start(bench):
        chosen = [part(bench) if callable(part) else part for part in options]
        if configuration is None:
            return openssl(*chosen, leaves=leaves)(bench)
        path = os.path.join(bench.shop.room("configuration"), "openssl.cnf")
        with open(path, "w") as file:
            file.write(f"openssl_conf = main\n[main]\nssl_conf = ssl\n[ssl]\nsystem_default = server\n[server]\n{configuration}\n")
        port, leaf = bench.shop.port(), bench.leaf(leaves[0])
        return bench.shop.start(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www", "-quiet", "-cert", leaf.certificate,
                                 "-key", leaf.key, *chosen], port, environment={"OPENSSL_CONF": path})
    return start


# Where an extension of s_server's -serverinfo may stand: SSL_EXT_* of OpenSSL.
IN_SERVER_HELLO, IN_ENCRYPTED_EXTENSIONS, IN_CERTIFICATE = 0x0100, 0x0400, 0x1000


def server_info(*rows):
    """A file of extensions that s_server answers: type, body, places."""
    def make(bench):
        path = os.path.join(bench.shop.room("serverinfo"), "info.pem")
        with open(path, "w") as file:
            for kind, body, places in rows:
                octets = (0x0080 | places).to_bytes(4, "big") + kind.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body
                text = base64.b64encode(octets).decode()
                file.write(f"-----BEGIN SERVERINFOV2 FOR {kind}-----\n{text}\n-----END SERVERINFOV2 FOR {kind}-----\n")
        return path
    return make


def gnutls_raw(bench):
    """A raw public key beside the certificate (RFC 7250)."""
    leaf = bench.leaf("RSA")
    public = os.path.join(bench.shop.room("raw"), "public.pem")
    bench.shop.tool("openssl", "pkey", "-in", leaf.key, "-pubout", "-out", public)
    return gnutls("NORMAL:+CTYPE-SRV-RAWPK", "--disable-client-cert", "--rawpkfile", public, "--rawpkkeyfile", leaf.key)(bench)


def gnutls_asking(bench):
    return gnutls("NORMAL", "--x509cafile", bench.certificates.root_file, "--require-client-cert")(bench)


def nginx_stapling(bench):
    return nginx((pair("RSA"), f"ssl_stapling on; ssl_stapling_file {staple_file(bench)};"),
                 top="ssl_protocols TLSv1.2 TLSv1.3;")(bench)


def boringssl(*options, ech=False):
    def start(bench):
        port, leaf = bench.shop.port(), bench.leaf("RSA")
        more = []
        if ech:
            room = bench.shop.room("ech")
            bench.shop.tool("bssl-tool", "generate-ech", "-out-ech-config-list", f"{room}/list", "-out-ech-config", f"{room}/config",
                            "-out-private-key", f"{room}/key", "-public-name", "localhost", "-config-id", "7", "-max-name-length", "16")
            more = ["-ech-config", f"{room}/config", "-ech-key", f"{room}/key"]
        return bench.shop.start(["bssl-tool", "server", "-accept", str(port), "-cert", leaf.chain, "-key", leaf.key, "-loop",
                                 *options, *more], port)
    return start


PLAIN_13 = ("certificate_compression_zlib", "certificate_compression_brotli", "certificate_compression_zstd", "delegated_credential",
            "encrypted_client_hello")
RARE_12 = ("truncated_hmac", "next_protocol_negotiation", "tls_compression")
RARE = ("heartbeat", "raw_public_key", "signed_certificate_timestamp")
NEWER = "ssl_protocols TLSv1.2 TLSv1.3;"

JOBS = [
    ("openssl: plain", server(openssl(), yes("extended_master_secret", "TLSv1.2"), yes("encrypt_then_mac", "TLSv1.2"),
        yes("renegotiation_info", "TLSv1.2"), yes("session_ticket", "TLSv1.2"), yes("max_fragment_length", number=4096),
        no("record_size_limit", "ocsp_staple", *RARE), no(*RARE_12, versions="TLSv1.2"), no(*PLAIN_13, versions="TLSv1.3"),
        Alpn([], "no", "ignored"), client("certificate_requested", "no"), client("certificate_required", "not_applicable"),
        other("unknown_server_name", "yes", "same certificate"), other("random_clock", "no"),
        Schemes("TLSv1.2", PSS + PKCS1 + ("rsa_pkcs1_sha224",), "client"), Schemes("TLSv1.3", PSS, "client"), most=18)),
    ("openssl: no EMS, no EtM, no tickets", server(
        openssl_with("-no_ticket", configuration="Options = -ExtendedMasterSecret,-EncryptThenMac"),
        no("extended_master_secret", "encrypt_then_mac", "session_ticket", versions="TLSv1.2"), yes("renegotiation_info", "TLSv1.2"))),
    ("openssl: no CBC", server(openssl("-cipher", "ECDHE-RSA-AES128-GCM-SHA256"),
        Want("extensions", "encrypt_then_mac", "TLSv1.2", "not_applicable", reason="no_cbc_suite"),
        Want("extensions", "truncated_hmac", "TLSv1.2", "not_applicable", reason="no_cbc_suite"), yes("session_ticket", "TLSv1.2"))),
    ("openssl: a staple, NPN, ALPN", server(
        openssl_with("-status_file", staple_file, "-nextprotoneg", "h2,imap", "-alpn", "imap,h2"), yes("ocsp_staple", number=1),
        yes("next_protocol_negotiation", "TLSv1.2", value="h2, imap"), Alpn(["imap", "h2"], "yes", "alert no_application_protocol"))),
    ("openssl: schemes and their order", server(
        openssl("-sigalgs", "RSA+SHA512:RSA-PSS+SHA384:RSA+SHA256:RSA-PSS+SHA256", "-serverpref"),
        Schemes("TLSv1.2", ("rsa_pkcs1_sha512", "rsa_pss_rsae_sha384", "rsa_pkcs1_sha256", "rsa_pss_rsae_sha256"), "server"),
        Schemes("TLSv1.3", ("rsa_pss_rsae_sha384", "rsa_pss_rsae_sha256"), "server"))),
    ("openssl: RSA and ECDSA", server(openssl("-sigalgs", "RSA-PSS+SHA256:ECDSA+SHA256:ECDSA+SHA384", leaves=("RSA", "EC")),
        Schemes("TLSv1.2", ("rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384")),
        Schemes("TLSv1.3", ("rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256")))),
    ("openssl: Ed25519", server(openssl(leaves=("Ed25519",)), Schemes("TLSv1.2", ("ed25519",), "single"),
        Schemes("TLSv1.3", ("ed25519",), "single"))),
    ("openssl: a client certificate", server(
        openssl_with("-verify", "1", "-verify_quiet", "-CAfile", lambda bench: bench.certificates.root_file),
        client("certificate_requested", "yes"), client("certificate_required", "no"),
        client("acceptable_authority", "yes", "TLSv1.3", value=ROOT_NAME), client("acceptable_authorities", "yes", "TLSv1.3", number=1),
        client("certificate_types", "yes", "TLSv1.2", value="rsa_sign, dss_sign, ecdsa_sign"))),
    ("openssl: a client certificate or nothing", server(
        openssl_with("-Verify", "1", "-verify_return_error", "-verify_quiet", "-CAfile", lambda bench: bench.certificates.root_file),
        client("certificate_requested", "yes"), client("certificate_required", "yes"))),
    # s_server answers these, and turns down a hello whose own body of them is not empty.
    ("openssl: extensions of its own", server(
        openssl_with("-serverinfo", server_info((18, b"\0\x02\0\0", IN_SERVER_HELLO | IN_CERTIFICATE), (4, b"", IN_SERVER_HELLO),
            (34, b"\x01", IN_CERTIFICATE), (15, b"\x02", IN_SERVER_HELLO), (0xFE0D, b"\0\0", IN_ENCRYPTED_EXTENSIONS))),
        yes("signed_certificate_timestamp"), yes("truncated_hmac", "TLSv1.2"), yes("encrypt_then_mac", "TLSv1.2"),
        Want("extensions", "heartbeat", "TLSv1.2", "unknown", reason="refused"),
        Want("extensions", "delegated_credential", "TLSv1.3", "unknown", reason="refused"),
        Want("extensions", "encrypted_client_hello", "TLSv1.3", "unknown", reason="refused"), no("record_size_limit", "ocsp_staple"))),
    ("openssl: another certificate for a name", server(
        openssl_with("-servername", "localhost", "-cert2", lambda bench: bench.leaf("EC").certificate, "-key2", lambda bench: bench.leaf("EC").key),
        other("unknown_server_name", "yes", "another certificate"), other("no_server_name", "yes", "another certificate"))),
    ("openssl: an unknown name is fatal", server(
        openssl_with("-servername", "localhost", "-servername_fatal", "-cert2", lambda bench: bench.leaf("RSA").certificate,
                     "-key2", lambda bench: bench.leaf("RSA").key),
        other("unknown_server_name", "no", "fatal alert unrecognized_name"))),
    ("openssl: TLS 1.2, an unknown name is warned of", server(
        openssl_with("-tls1_2", "-servername", "localhost", "-cert2", lambda bench: bench.leaf("RSA").certificate,
                     "-key2", lambda bench: bench.leaf("RSA").key),
        other("unknown_server_name", "yes", "same certificate, after a warning alert unrecognized_name", "TLSv1.2"))),
    ("nginx: a staple, no h2", server(nginx_stapling, yes("ocsp_staple", number=1),
        Alpn(["http/1.1", "http/1.0", "http/0.9"], "yes", "alert no_application_protocol"), client("certificate_requested", "no"),
        other("unknown_server_name", "yes", "same certificate"), most=24)),
    ("nginx: plain", server(nginx((pair("RSA"),), top=NEWER), no("ocsp_staple"), most=24)),
    ("nginx: names", server(nginx((pair("RSA"), "ssl_reject_handshake off;"), (pair("EC", "one.example"), "server_name one.example;"), top=NEWER),
        other("unknown_server_name", "yes", "another certificate"), other("no_server_name", "yes", "another certificate"), sni="one.example")),
    ("nginx: unknown names are rejected", server(
        nginx(("ssl_reject_handshake on;",), (pair("RSA", "one.example"), "server_name one.example;"), top=NEWER),
        other("unknown_server_name", "no", "fatal alert unrecognized_name"), other("no_server_name", "no", "fatal alert unrecognized_name"),
        sni="one.example")),
    ("gnutls: a record size limit, ALPN", server(
        gnutls("NORMAL", "--disable-client-cert", "--recordsize", "1024", "--alpn", "h2", "--alpn", "imap", "--alpn-fatal"),
        yes("record_size_limit", "TLSv1.2", number=1024), yes("record_size_limit", "TLSv1.3", number=1025), yes("max_fragment_length"),
        yes("extended_master_secret", "TLSv1.2"), yes("encrypt_then_mac", "TLSv1.2"),
        Alpn(["h2", "imap"], "yes", "alert no_application_protocol", ordered=False), client("certificate_requested", "no"),
        Schemes("TLSv1.3", PSS))),
    ("gnutls: no EMS, no EtM, no tickets", server(
        gnutls("NORMAL:%NO_SESSION_HASH:%NO_ETM", "--disable-client-cert", "--noticket"),
        no("extended_master_secret", "encrypt_then_mac", "session_ticket", versions="TLSv1.2"))),
    ("gnutls: a client certificate", server(gnutls_asking, client("certificate_requested", "yes"),
        client("acceptable_authority", "yes", "TLSv1.3", value=ROOT_NAME))),
    ("gnutls: a raw public key", server(gnutls_raw, yes("raw_public_key"), no("ocsp_staple"))),
    ("boringssl: ECH", server(boringssl(ech=True), yes("encrypted_client_hello", "TLSv1.3", value="retry_configs"),
        no("certificate_compression_zlib", versions="TLSv1.3"))),
    ("boringssl: no ECH, a client certificate", server(boringssl("-require-any-client-cert"), no("encrypted_client_hello", versions="TLSv1.3"),
        client("certificate_requested", "yes"))),
    ("go", server(go(0x0301, 0x0304), no("extended_master_secret", "encrypt_then_mac", versions="TLSv1.2"), yes("session_ticket", "TLSv1.2"),
        no("ocsp_staple", *RARE), Alpn([], "no", "ignored"))),
    ("java", server(java(("TLSv1.3", "TLSv1.2"), ("all",)), yes("extended_master_secret", "TLSv1.2"), no("encrypt_then_mac", versions="TLSv1.2"),
        no("ocsp_staple", *RARE), client("certificate_requested", "no"))),
    ("lighttpd: mbedtls puts its clock in the random", server(lighttpd("mod_mbedtls"),
        other("random_clock", "yes", versions="TLSv1.2"), yes("extended_master_secret", "TLSv1.2"),
        Alpn(["h2", "http/1.1", "http/1.0"], "yes", "alert no_application_protocol"))),
    ("lighttpd: gnutls goes on without a protocol", server(lighttpd("mod_gnutls"),
        Alpn(["h2", "http/1.1", "http/1.0"], "no", "ignored", ordered=False))),
    # Without a CA file for its own issuer wolfSSL fails every hello with status_request.
    ("lighttpd: wolfssl stumbles over status_request", server(lighttpd("mod_wolfssl"),
        Want("extensions", "ocsp_staple", BOTH, "unknown", reason="refused"), yes("extended_master_secret", "TLSv1.2"))),
]


def main(words):
    return try_named(JOBS, words, RUN_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
