#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`shakedown connect` against real servers: what was agreed on, the verdict with its reason and the exit status, each
as the server was configured, and beside what `openssl s_client` says with the same wishes.

    connect.py [WORD...]      rows whose names hold a WORD; all without

Closes with "N passed, N failed".
"""

import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True

from certificates import NAMES, write
from programs import nginx, openssl, pair
from rows import try_rows
from run import Scan, command, equal, read_report

RUN_SECONDS = 150
OLD = "-cipher", "ALL:@SECLEVEL=0"


class Row:
    """A server, what the user wishes, and what must come of it. want: of the connection."""

    def __init__(self, name, start, status, reason=None, options=(), trust=True, sni="localhost", oracle=True, **want):
        self.name, self.start, self.status, self.reason = name, start, status, reason
        self.options, self.trust, self.sni, self.oracle, self.want = options, trust, sni, oracle, want


def dated(days_from, days_to):
    """nginx with a leaf that is valid between two days from now."""
    def start(bench):
        maker = bench.certificates
        folder = bench.shop.room("dated")
        leaf = maker.leaf("EC")
        request = bench.shop.tool("openssl", "req", "-new", "-key", leaf.key, "-subj", "/O=Shakedown Test/CN=dated")
        index = os.path.join(folder, "index")
        write(index, "")
        write(os.path.join(folder, "serial"), "4D\n")
        write(os.path.join(folder, "request"), request)
        write(os.path.join(folder, "conf"), f"[ca]\ndefault_ca=x\n[x]\ndatabase={index}\nserial={folder}/serial\nnew_certs_dir={folder}\n"
              f"default_md=sha256\npolicy=p\nx509_extensions=e\n[p]\nO=optional\nCN=optional\n[e]\nsubjectAltName={NAMES}\nextendedKeyUsage=serverAuth\n")
        day = [time.strftime("%Y%m%d000000Z", time.gmtime(time.time() + 86400 * days)) for days in (days_from, days_to)]
        chain = os.path.join(folder, "chain")
        bench.shop.tool("openssl", "ca", "-batch", "-notext", "-config", f"{folder}/conf", "-cert", maker.middle[0], "-keyfile", maker.middle[1],
                        "-in", f"{folder}/request", "-out", chain, "-startdate", day[0], "-enddate", day[1])
        with open(chain) as one, open(maker.middle[0]) as two:
            text = one.read() + two.read()
        write(chain, text)
        return nginx((f"ssl_certificate {chain}; ssl_certificate_key {leaf.key};",))(bench)
    return start


def bare(bench):
    """nginx that does not send the intermediate."""
    leaf = bench.leaf("RSA")
    return nginx((f"ssl_certificate {leaf.certificate}; ssl_certificate_key {leaf.key};",))(bench)


def mutual(how):
    def start(bench):
        return nginx((pair("RSA"), f"ssl_verify_client {how}; ssl_client_certificate {bench.certificates.root_file}; ssl_verify_depth 3;"))(bench)
    return start


def stapled(bench):
    """A response that nobody can believe is a staple all the same: it was sent."""
    staple = os.path.join(bench.shop.room("staple"), "staple")
    with open(staple, "wb") as file:
        file.write(bytes.fromhex("30030a0106"))
    return openssl("-status_file", staple)(bench)


def short_dh(bench):
    folder = bench.shop.room("dh")
    bench.shop.tool("openssl", "dhparam", "-out", f"{folder}/dh", "1024")
    return openssl("-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "-dhparam", f"{folder}/dh")(bench)


def weak(bench):
    """A key of 1024 bits."""
    folder, maker = bench.shop.room("weak"), bench.certificates
    bench.shop.tool("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", f"{folder}/key")
    maker.sign(f"{folder}/key", "/O=Shakedown Test/CN=weak", f"{folder}/pem", maker.middle, f"subjectAltName={NAMES}\n")
    port = bench.shop.port()
    return bench.shop.start(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www", "-quiet", "-cert", f"{folder}/pem", "-key",
                             f"{folder}/key", "-cert_chain", maker.middle_file, "-cipher", "ALL:@SECLEVEL=0"], port)


def plain(bench):
    port = bench.shop.port()
    return bench.shop.start(["python3", "-m", "http.server", "--bind", "127.0.0.1", str(port)], port)


class Nobody:
    def __init__(self, port):
        self.port = port


def nobody(bench):
    return Nobody(bench.shop.port())


CERTIFICATE = ("--cert={client}", "--key={client_key}")
STRANGER = ("--cert={stranger}", "--key={stranger_key}")
ROOMY = "ssl_protocols TLSv1.2 TLSv1.3;"

ROWS = [
    Row("a good one", nginx((pair("EC"),), top=ROOMY), 0, version="TLSv1.3", alpn="http/1.1", stapled=False, http=404),
    Row("TLS 1.2 alone is offered", nginx((pair("RSA"),), top=ROOMY), 0, options=("--tls=1.2",), version="TLSv1.2", alpn="http/1.1", http=404),
    Row("a group that the server has alone", nginx((pair("RSA"), "ssl_ecdh_curve secp384r1;"), top=ROOMY), 0, group="secp384r1"),
    Row("no TLS 1.3, and that alone is offered", nginx((pair("RSA"),), top="ssl_protocols TLSv1.2;"), 1, "protocol_version", ("--tls=1.3",)),
    Row("TLS 1.3 alone, and 1.2 is offered", nginx((pair("RSA"),), top="ssl_protocols TLSv1.3;"), 1, "protocol_version", ("--tls=1.2",)),
    Row("an address instead of a name", nginx((pair("RSA"),), top=ROOMY), 0, sni=None),
    Row("HSTS and a cookie in the head", nginx((pair("RSA"), 'add_header Strict-Transport-Security "max-age=9"; add_header Set-Cookie "a=hushhush; Secure"; return 204;')),
        0, http=204, lines=("HTTP/1.1 204 No Content", "Strict-Transport-Security: max-age=9")),
    Row("a redirection", nginx((pair("RSA"), "return 301 https://localhost/there;")), 0, http=301, lines=("Location: https://localhost/there",)),
    Row("other protocols", nginx((pair("RSA"),), listen=" http2"), 0, options=("--alpn=h2",), alpn="h2", http=None),
    Row("protocols that the server has not", nginx((pair("RSA"),)), 1, "no_application_protocol", ("--alpn=imap",)),
    Row("a server without ALPN", openssl(), 0, alpn=None, http=None),
    Row("expired", dated(-40, -3), 1, "expired"),
    Row("not yet valid", dated(3, 40), 1, "not_yet_valid"),
    Row("wrong host", nginx((pair("RSA"),)), 1, "no_match", sni="other.example"),
    Row("unknown root", nginx((pair("RSA"),)), 1, "unknown_issuer", trust=False),
    Row("an incomplete chain", bare, 1, "incomplete_chain"),
    Row("a short key", weak, 1, "weak_key"),
    Row("a short Diffie-Hellman prime", short_dh, 1, "client_gave_up"),
    Row("nothing but TLS 1.0", openssl("-tls1", *OLD), 1, "protocol_version", oracle=False),
    Row("stapled", stapled, 0, stapled=True),
    Row("a certificate is required and not there", openssl("-Verify", "3"), 1, "certificate_required", requested=True, sent=False),
    Row("the same in TLS 1.2", openssl("-Verify", "3", "-tls1_2"), 1, "handshake_failure", requested=True, sent=False),
    Row("a certificate is required and shown", openssl("-Verify", "3"), 0, options=CERTIFICATE, requested=True, sent=True),
    Row("nginx wants one, and says so in HTTP", mutual("on"), 0, requested=True, sent=False, http=400),
    Row("nginx is shown one", mutual("on"), 0, options=CERTIFICATE, requested=True, sent=True, http=404),
    Row("nginx is shown a stranger's", mutual("on"), 0, options=STRANGER, requested=True, sent=True, http=400),
    Row("no name is known here", nginx(("ssl_reject_handshake on;",)), 1, "unrecognized_name"),
    Row("plain HTTP", plain, 4, "not_tls", oracle=False),
    Row("nobody", nobody, 4, "refused", oracle=False),
]


def clients(bench):
    """A client certificate under the root, and one that nobody knows."""
    def make():
        folder, maker = bench.shop.room("client"), bench.certificates
        for name, issuer in (("client", maker.root), ("stranger", None)):
            bench.shop.tool("openssl", "genpkey", "-algorithm", "ED25519", "-out", f"{folder}/{name}.key")
            maker.sign(f"{folder}/{name}.key", f"/CN={name}", f"{folder}/{name}.pem", issuer, "extendedKeyUsage=clientAuth\n")
        return {f"{name}{ending}": f"{folder}/{name}.{file}" for name in ("client", "stranger") for ending, file in (("", "pem"), ("_key", "key"))}
    return bench.shop.once("clients", make)


def look(row, found, wrong):
    want = dict(row.want)
    if "http" in want:
        equal(wrong, "HTTP status", found["http"]["status"], want.pop("http"))
    for line in want.pop("lines", ()):
        if line not in found["http"]["head"]:
            wrong.append(f"no line {line!r} in {found['http']['head']}")
    for key in ("requested", "sent"):
        if key in want:
            equal(wrong, f"client certificate {key}", found["client_certificate"][key], want.pop(key))
    for key, value in want.items():
        equal(wrong, key, found[key], value)
    if any("hushhush" in line for line in found["http"]["head"]):
        wrong.append("a cookie's value is told")


def oracle(bench, row, port, places, wrong):
    """openssl's own client, with the same wishes: trusted or not."""
    trust = bench.certificates.root_file if row.trust else bench.leaf("RSA").certificate
    words = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", trust, "-no-CApath", "-no-CAstore", "-verify_return_error", "-brief",
             "-cipher", "DEFAULT:@SECLEVEL=2"]
    words += ["-noservername", "-verify_ip", "127.0.0.1"] if row.sni is None else ["-servername", row.sni, "-verify_hostname", row.sni]
    for option in row.options:
        name, _, value = option.format(**places).partition("=")
        words += {"--tls": ["-tls" + value.replace(".", "_")], "--alpn": ["-alpn", value], "--cert": ["-cert", value], "--key": ["-key", value]}[name]
    try:
        done = subprocess.run(words, input=b"", capture_output=True, timeout=20)
    except subprocess.TimeoutExpired:
        wrong.append("openssl s_client did not end")
        return
    # What comes behind the handshake of TLS 1.3 it does not wait for.
    late = row.reason == "certificate_required"
    good = done.returncode == 0 and b"CONNECTION ESTABLISHED" in done.stderr
    if not late and good != (row.status == 0):
        wrong.append(f"openssl s_client {'trusts it' if good else 'does not'}: {done.stderr.decode(errors='replace')[-300:]}")


def run_row(bench, check, row, wrong):
    server = row.start(bench)
    places = clients(bench) if row.options in (CERTIFICATE, STRANGER) else {}
    trust = bench.certificates.root_file if row.trust else bench.leaf("RSA").certificate
    transcript = os.path.join(bench.shop.room("transcript"), "transcript")
    options = [f"--ca-file={trust}", f"--transcript={transcript}", *(option.format(**places) for option in row.options)]
    options += ["--no-sni"] if row.sni is None else [f"--sni={row.sni}"]
    scan = Scan(bench, ["connect", "--json", *options, f"127.0.0.1:{server.port}"], 30)
    report = read_report(scan, check, wrong)
    if report is None:
        return ""
    endpoint = report["endpoints"][0]
    found = endpoint["connection"]
    equal(wrong, "exit status", scan.exit, row.status)
    equal(wrong, f"reason ({found['sentence']})", found["reason"], row.reason)
    most = 2 if row.reason == "refused" else 1
    if endpoint["traffic"]["connections"] > most:
        wrong.append(f"{endpoint['traffic']['connections']} connections")
    look(row, found, wrong)
    again = subprocess.run([command(), "replay", "--json", transcript], capture_output=True, timeout=30)
    if (again.stdout, again.returncode) != (scan.out, scan.exit):
        wrong.append(f"the replay differs: {again.stderr.decode(errors='replace')[-200:]}")
    if row.oracle:
        oracle(bench, row, server.port, places, wrong)
    return f"{found['verdict']}{'' if found['reason'] is None else ' ' + found['reason']}, {scan.seconds:.1f} s"


def main(words):
    return try_rows(ROWS, run_row, words, RUN_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
