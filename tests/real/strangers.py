#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Servers that few scanners have met: each was held against other clients once, row by row, and shows something that
no other server here does. Everything is asked, and these facts must come of it.

    strangers.py [WORD...]      servers whose names hold a WORD; all without

Their packages are needed by this script alone. Those that are not installed count as skipped. Closes with "N passed,
N failed".
"""

import os
import shutil
import subprocess
import sys
from collections import namedtuple

sys.dont_write_bytecode = True

from programs import gnutls, openssl
from rows import try_rows
from run import Scan, equal, read_report

RUN_SECONDS = 200
Row = namedtuple("Row", "name start wants needs status skip", defaults=(None, "complete", None))


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


# --- servers ----------------------------------------------------------------------------------------

def slapd(bench):
    """OpenLDAP on GnuTLS, as Debian builds it."""
    leaf, port, folder = bench.leaf("RSA"), bench.shop.port(), bench.shop.room("slapd")
    text = (f"include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_ldif\n"
            f"TLSCACertificateFile {bench.certificates.middle_file}\nTLSCertificateFile {leaf.certificate}\n"
            f"TLSCertificateKeyFile {leaf.key}\npidfile {folder}/pid\ndatabase ldif\nsuffix dc=example\ndirectory {folder}\n")
    return bench.shop.start(["slapd", "-d", "0", "-h", f"ldaps://127.0.0.1:{port}", "-f", write(folder, "conf", text)], port, folder)


def squid(bench):
    leaf, port, folder = bench.leaf("RSA"), bench.shop.port(), bench.shop.room("squid")
    text = (f"https_port 127.0.0.1:{port} accel defaultsite=localhost tls-cert={leaf.chain} tls-key={leaf.key}\nhttp_access deny all\n"
            f"pid_filename {folder}/pid\ncache_log {folder}/cache.log\naccess_log none\ncache deny all\ncoredump_dir {folder}\n"
            f"visible_hostname localhost\n")
    os.chmod(folder, 0o777)
    return bench.shop.start(["squid", "-N", "-f", write(folder, "conf", text)], port, folder)


def yaws(bench):
    """A web server in Erlang, whose TLS is Erlang's own."""
    leaf, port, folder = bench.leaf("RSA"), bench.shop.port(), bench.shop.room("yaws")
    text = (f"logdir = {folder}\nebin_dir = {folder}\n<server localhost>\nport = {port}\nlisten = 127.0.0.1\ndocroot = {folder}\n<ssl>\n"
            f"keyfile = {leaf.key}\ncertfile = {leaf.certificate}\ncacertfile = {bench.certificates.middle_file}\n</ssl>\n</server>\n")
    command = ["yaws", "-i", "--erlarg", "-noinput", "--conf", write(folder, "conf", text), "--id", f"test{port}"]
    return bench.shop.start(command, port, folder, {"HOME": folder})


def srp(bench):
    """GnuTLS with passwords: it turns every hello down that offers SRP without the name of a user."""
    folder = bench.shop.room("srp")
    conf, words = os.path.join(folder, "conf"), os.path.join(folder, "words")
    subprocess.run(["srptool", "--create-conf", conf], check=True, capture_output=True)
    subprocess.run(["srptool", "--passwd-conf", conf, "--passwd", words, "-u", "alice", "-i", "3"], check=True,
                   capture_output=True, input=b"secret\n")
    return gnutls("NORMAL:+SRP:+SRP-RSA", "--disable-client-cert", "--srppasswd", words, "--srppasswdconf", conf)(bench)


def inspircd(bench):
    """GnuTLS again, with the server's order, a client certificate asked for and not needed, and a close that is in order."""
    leaf, port, folder = bench.leaf("RSA"), bench.shop.port(), bench.shop.room("inspircd")
    text = (f'<server name="irc.localhost" description="x" network="x"><admin name="x" nick="x" email="x@localhost">\n'
            f'<bind address="127.0.0.1" port="{port}" type="clients" sslprofile="p"><module name="ssl_gnutls">\n'
            f'<sslprofile name="p" provider="gnutls" certfile="{leaf.chain}" keyfile="{leaf.key}" requestclientcert="yes">\n'
            f'<connect name="all" allow="*" timeout="30" localmax="1000" globalmax="1000">\n'
            f'<path logdir="{folder}" runtimedir="{folder}" datadir="{folder}"><security runasuser="" runasgroup="">\n')
    return bench.shop.start(["inspircd", "--config", write(folder, "conf", text), "--nofork", "--runasroot", "--nopid"], port, folder)


def botan(bench):
    """Its test server selects an application protocol that nobody offered."""
    leaf, port = bench.leaf("RSA"), bench.shop.port()
    return bench.shop.start(["botan", "tls_server", leaf.chain, leaf.key, f"--port={port}"], port)


PIKE = """class Conversation(object file) {
    void answered() { file->write("HTTP/1.0 200 OK\\r\\n\\r\\n"); file->close(); }
    void asked(mixed id, string text) { file->set_write_callback(answered); }
    void create() { file->set_nonblocking(asked, 0, file->close); }
}
int main(int count, array(string) argument) {
    SSL.Context context = SSL.Context();
    string key = Standards.PEM.simple_decode(Stdio.read_file(argument[2]));
    context->add_cert(Standards.X509.parse_private_key(key), ({ Standards.PEM.simple_decode(Stdio.read_file(argument[3])) }));
    context->preferred_suites = context->get_suites(-1, 2);
    SSL.Port port = SSL.Port();
    port->ctx = context;
    port->bind((int)argument[1], lambda() { while (object file = port->accept()) Conversation(file); }, "127.0.0.1");
    return -17;
}
"""


def pike(bench):
    """TLS written in Pike, with everything that it has: anonymous, EXPORT, RC4 and NULL suites, and heartbeats."""
    leaf, port, folder = bench.leaf("EC"), bench.shop.port(), bench.shop.room("pike")
    key = os.path.join(folder, "key")
    bench.shop.tool("openssl", "pkey", "-traditional", "-in", leaf.key, "-out", key)
    return bench.shop.start(["pike", write(folder, "server.pike", PIKE), str(port), key, leaf.certificate], port, folder)


# --- what they are ----------------------------------------------------------------------------------

# Each want: section, id, version (None: whichever), verdict, and the reason or value where they matter.
NO_ALERT = ("downgrade", "fallback_scsv", "TLSv1.1", "yes", "other_refusal")
WAITS = ("sessions", "psk_resumption", "TLSv1.3", "unknown", "no_ticket_before_data")
ROWS = [
    Row("openssl: CBC with anonymous suites alone", openssl("-cipher", "ECDHE-RSA-AES128-GCM-SHA256:aNULL:@SECLEVEL=0", "-tls1_2"), [
        ("extensions", "encrypt_then_mac", "TLSv1.2", "yes", None),
        ("extensions", "truncated_hmac", "TLSv1.2", "no", None),
    ]),
    Row("openssl: pre-shared keys", openssl("-cipher", "PSK:aNULL:@SECLEVEL=0", "-psk", "0011223344556677", leaves=()), [
        ("extensions", "encrypt_then_mac", "TLSv1.2", "yes", None),
        ("extensions", "ec_point_formats", "TLSv1.2", "yes", None),
        ("certificates", None, None, "no", None),
    ], status="partial"),  # TLS 1.3 may be there for clients with the key
    Row("openssl: curves with a pre-shared key alone", openssl("-cipher", "PSK:!aNULL:@SECLEVEL=0", "-psk", "0011223344556677", "-tls1_2"), [
        ("groups", "x25519", "TLSv1.2", "yes", None),
        ("groups", "secp521r1", "TLSv1.2", "yes", None),
    ]),
    Row("openssl: nobody can sign a request", openssl("-verify", "1", "-client_sigalgs", "RSA+SHA256"), [
        ("extensions", "encrypted_client_hello", "TLSv1.3", "unknown", "alert_behind_hello"),
        ("extensions", "encrypt_then_mac", "TLSv1.2", "yes", None),
        ("client_authentication", "certificate_requested", "TLSv1.2", "yes", None),
    ], status="partial"),
    Row("gnutls: a certificate is demanded", gnutls("NORMAL", "--require-client-cert"), [
        ("client_authentication", "certificate_required", "TLSv1.2", "yes", None),
        ("client_authentication", "certificate_required", "TLSv1.3", "yes", None),
        ("sessions", "session_id_resumption", "TLSv1.2", "unknown", "handshake_failed"),
    ]),
    Row("gnutls: CBC for clients with encrypt-then-MAC alone", gnutls("NORMAL:%FORCE_ETM", "--disable-client-cert"), [
        ("extensions", "encrypt_then_mac", "TLSv1.2", "yes", None),
    ]),
    Row("gnutls: SRP", srp, [
        ("intolerance", "many_suites", "TLSv1.2", "no", None),
        ("extensions", "encrypt_then_mac", "TLSv1.2", "yes", None),
    ], "srptool"),
    Row("pike", pike, [
        ("extensions", "heartbeat", "TLSv1.2", "yes", None),
        ("extensions", "truncated_hmac", "TLSv1.2", "yes", None),
        ("extensions", "max_fragment_length", "TLSv1.2", "yes", None),
        ("intolerance", "tls_version_0x04ff", "TLSv1.2", "yes", "alert"),
        ("behaviours", "no_server_name", "TLSv1.2", "no", None),
        ("downgrade", "fallback_scsv", "TLSv1.1", "yes", None),
    ], "pike", skip="sessions,renegotiation,http"),  # it neither closes after a handshake nor answers another: seconds each
    Row("slapd", slapd, [
        NO_ALERT, WAITS,
        ("renegotiation", "client_initiated_renegotiation", "TLSv1.2", "yes", None),
        ("extensions", "record_size_limit", "TLSv1.3", "yes", None),
    ], "slapd"),
    Row("inspircd", inspircd, [
        NO_ALERT,
        ("client_authentication", "certificate_requested", "TLSv1.3", "yes", None),
        ("client_authentication", "certificate_required", "TLSv1.2", "no", None),
    ], "inspircd"),
    Row("squid", squid, [
        ("sessions", "psk_resumption", "TLSv1.3", "yes", None),
        ("sessions", "session_id_resumption", "TLSv1.2", "yes", None),
    ], "squid"),
    Row("yaws", yaws, [
        WAITS,
        ("intolerance", "records_of_1", "TLSv1.2", "yes", "alert"),
        ("intolerance", "records_of_100", "TLSv1.2", "no", None),
        ("intolerance", "tls_version_0x0304", "TLSv1.2", "yes", "alert"),
        ("extensions", "cookie", "TLSv1.3", "yes", None),
        ("renegotiation", "client_initiated_renegotiation", "TLSv1.2", "yes", None),
    ], "yaws"),
    Row("botan", botan, [
        ("alpn", "h2", "TLSv1.2", "unknown", "protocol_not_offered"),
        ("behaviours", "random_clock", None, "yes", None),
    ], "botan"),
]


def look(endpoint, want, wrong):
    section, name, version, verdict, reason = want
    if section == "certificates":
        rows = [endpoint["certificate_enumeration"]]
    else:
        rows = [row for row in endpoint[section]
                if row.get("id", row.get("name")) == name and version in (row.get("version"), *row.get("versions", ()), None)]
    if len(rows) != 1:
        wrong.append(f"{section} {name}: {len(rows)} rows")
        return
    row = rows[0]
    equal(wrong, f"{section} {name} ({row['sentence']})", row["verdict"], verdict)
    if reason is not None:
        equal(wrong, f"{section} {name}: reason", row["reason"], reason)


def run_row(bench, check, row, wrong):
    server = row.start(bench)
    skip = [] if row.skip is None else [f"--skip={row.skip}"]
    scan = Scan(bench, ["--json", "--reproducible", "--sni=localhost", f"--ca-file={bench.certificates.root_file}", *skip,
                        f"127.0.0.1:{server.port}"], 60)
    report = read_report(scan, check, wrong)
    server.stop()
    if report is None:
        return ""
    endpoint = report["endpoints"][0]
    equal(wrong, "status", endpoint["status"], row.status)
    for want in row.wants:
        look(endpoint, want, wrong)
    return f"{endpoint['traffic']['connections']} connections, {scan.seconds:.1f} s"


def installed(row):
    return row.needs is None or shutil.which(row.needs, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


def main(words):
    rows = [row for row in ROWS if installed(row)]
    for row in ROWS:
        if row not in rows:
            print(f"skip {row.name}: not installed")
    return try_rows(rows, run_row, words, RUN_SECONDS, skipped=len(ROWS) - len(rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
