#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Staples, OCSP responders, revocation lists and missing issuers of the public-key infrastructure in fixtures/pki.

    picture_revocation.py [WORD...]      scenarios whose names hold a WORD; all without

Its certificates name 127.0.0.1:28880 (responder) and 127.0.0.1:28881 (files), where two small servers of ours stand. What
they give is made by `openssl ocsp` and `openssl ca -gencrl`, and spoilt where a scenario says so. Each scan is also
replayed from its transcript, which must give the same report. Closes with "N passed, N failed".
"""

import base64
import hashlib
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True

from programs import Bench
from run import ROOT, Scan, command, read_report, validator
from servers import Missing, Shop, Trouble

RESPONDER, FILES = 28880, 28881
SECONDS = 30
GOOD, REVOKED = ("good", None), ("revoked", None)


class Scenario:
    """chain: of fixtures/pki/chains; server: how it is started; spoil: what the two servers do otherwise, by path.
    want: status and reason of each certificate; sources: the same of what stands behind the leaf; kept: must-staple;
    repairable and repaired: of the missing issuer, and of the store once it is there; lenient: the responder calls
    good what nobody has issued."""

    def __init__(self, name, chain, want=None, sources=None, server=None, spoil=None, fetch=True, private=True, kept=None,
                 repairable=None, repaired=None, options=(), lenient=False):
        self.lenient = lenient
        self.name, self.chain, self.want, self.sources = name, chain, want, sources
        self.server, self.spoil, self.fetch, self.private = server, spoil or {}, fetch, private
        self.kept, self.repairable, self.repaired, self.options = kept, repairable, repaired, options


# --- what may go wrong with a document --------------------------------------------------------------

def status(code):
    return lambda body: (code, {}, b"no")


def moved(to, code=302):
    return lambda body: (code, {"Location": to}, b"")


def given(octets):
    return lambda body: (200, {}, octets)


def altered(body):
    return 200, {}, body[:-4] + bytes([body[-4] ^ 1]) + body[-3:]


def halved(body):
    return 200, {"Content-Length": str(len(body))}, body[: len(body) // 2]


def silent(body):
    time.sleep(3)
    return 200, {}, body


TRY_LATER = given(bytes.fromhex("30030a0103"))
UNAUTHORIZED = given(bytes.fromhex("30030a0106"))
DOWN = {"/issuing": status(503), "/issuing.crl": status(404)}


# --- the authority's own servers --------------------------------------------------------------------

class Pki:
    def __init__(self, shop):
        self.shop, self.folder = shop, os.path.join(shop.room("pki"), "pki")
        shutil.copytree(os.path.join(ROOT, "fixtures", "pki"), self.folder)
        self.lock = threading.Lock()
        self.spoil, self.asked, self.lenient = {}, [], False
        for name in ("issuing", "root", "sub"):
            with open(os.path.join(self.folder, "authorities", f"{name}.txt.attr"), "w") as file:
                file.write("unique_subject = no\n")
            self.openssl("ca", "-config", "openssl.cnf", "-gencrl", "-crldays", "30", "-out", f"{name}.crl", authority=name)
        self.issue_nothing()
        self.servers = [self.serve(RESPONDER, self.respond), self.serve(FILES, self.file)]

    def openssl(self, *words, authority="issuing"):
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, timeout=30,
                              env={**os.environ, "AUTHORITY": authority})
        if done.returncode != 0:
            raise Trouble(f"openssl {words[0]}: {done.stderr.decode(errors='replace')[-400:]}")
        return done.stdout

    def der(self, path):
        with open(os.path.join(self.folder, path)) as file:
            return base64.b64decode(re.search("-----BEGIN [^-]*-----(.*?)-----END", file.read(), re.S).group(1))

    def issue_nothing(self):
        """An index that has the number that the program invents, too (src/check/responder.c)."""
        self.openssl("x509", "-in", "authorities/issuing.pem", "-noout", "-pubkey", "-out", "issuing.pub")
        key = self.openssl("pkey", "-pubin", "-in", "issuing.pub", "-outform", "DER")
        serial = bytearray(hashlib.sha256(b"shakedown: a serial number that nobody has issued" + key).digest()[:16])
        serial[0] = serial[0] & 0x7F | 0x40
        with open(os.path.join(self.folder, "authorities", "issuing.txt")) as file:
            index = file.read()
        with open(os.path.join(self.folder, "authorities", "lenient.txt"), "w") as file:
            file.write(f"{index}V\t460101000000Z\t\t{serial.hex().upper()}\tunknown\t/CN=nobody\n")
        shutil.copy(os.path.join(self.folder, "authorities", "issuing.txt.attr"), os.path.join(self.folder, "authorities", "lenient.txt.attr"))

    def answer(self, authority, request, digest="sha256", signer=None):
        index = "lenient" if self.lenient and authority == "issuing" else authority
        with self.lock:
            path = os.path.join(self.folder, "request")
            with open(path, "wb") as file:
                file.write(request)
            delegate = ("servers/ocsp.pem", "keys/ocsp.key") if authority == "issuing" else \
                (f"authorities/{authority}.pem", f"authorities/{authority}.key")
            certificate, key = signer or delegate
            self.openssl("ocsp", "-index", f"authorities/{index}.txt", "-CA", f"authorities/{authority}.pem", "-ndays", "7",
                         "-rsigner", certificate, "-rkey", key, "-rmd", digest, "-reqin", "request", "-respout", "response")
            with open(os.path.join(self.folder, "response"), "rb") as file:
                return file.read()

    def staple(self, name, authority="issuing"):
        """A file with a response for servers/NAME or authorities/NAME."""
        folder = "servers" if os.path.exists(os.path.join(self.folder, "servers", name + ".pem")) else "authorities"
        self.openssl("ocsp", "-issuer", f"authorities/{authority}.pem", "-cert", f"{folder}/{name}.pem", "-no_nonce", "-reqout", "wanted")
        with open(os.path.join(self.folder, "wanted"), "rb") as file:
            response = self.answer(authority, file.read())
        path = os.path.join(self.folder, f"{name}.staple")
        with open(path, "wb") as file:
            file.write(response)
        return path

    def respond(self, path, body):
        return self.answer(path.strip("/"), body)

    def file(self, path, body):
        name, kind = path.strip("/").rsplit(".", 1)
        return self.der(f"{name}.crl" if kind == "crl" else f"authorities/{name}.pem")

    def serve(self, port, make):
        pki = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                pki.asked.append((port, self.command, self.path))
                try:
                    octets = make(re.sub("^/moved", "", self.path), body)
                except (OSError, Trouble, ValueError) as failure:
                    octets = str(failure).encode()
                code, headers, octets = pki.spoil.get(self.path, given(octets))(octets)
                try:
                    self.send_response(code)
                    kind = {"Content-Type": "application/ocsp-response" if port == RESPONDER else "application/octet-stream"}
                    for name, value in {"Content-Length": str(len(octets)), **kind, **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(octets)
                except OSError:
                    pass

            do_POST = do_GET

            def log_message(self, *words):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def close(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()


# --- servers with these certificates ----------------------------------------------------------------

def key_of(chain):
    return {"rsa": "rsa", "rsa1024": "rsa1024", "self-signed": "self-signed"}.get(chain, "server")


def nginx(staple=None, tls="TLSv1.2 TLSv1.3"):
    def start(pki, chain):
        shop, port, folder = pki.shop, pki.shop.port(), pki.shop.room("nginx")
        stapling = f"ssl_stapling on; ssl_stapling_file {pki.staple(staple)};" if staple else ""
        paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(os.path.join(folder, "conf"), "w") as file:
            file.write(f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error;\n"
                       f"events {{ worker_connections 64; }}\nhttp {{ access_log off; {paths}\n"
                       f"server {{ listen 127.0.0.1:{port} ssl; ssl_protocols {tls}; "
                       f"ssl_certificate {pki.folder}/chains/{chain}.pem; ssl_certificate_key {pki.folder}/keys/{key_of(chain)}.key; "
                       f"{stapling} }} }}\n")
        return shop.start(["nginx", "-p", folder, "-e", f"{folder}/error", "-c", f"{folder}/conf"], port, folder)
    return start


def gnutls(*staples, ignore=False):
    """Each certificate's staple beside it in TLS 1.3."""
    def start(pki, chain):
        port = pki.shop.port()
        files = [pki.staple(name, authority) for name, authority in staples]
        words = [word for file in files for word in ("--ocsp-response", file)]
        words += ["--ignore-ocsp-response-errors"] if ignore else []
        return pki.shop.start(["gnutls-serv", "--port", str(port), "--http", "--quiet", "--x509certfile",
                               f"{pki.folder}/chains/{chain}.pem", "--x509keyfile", f"{pki.folder}/keys/{key_of(chain)}.key", *words], port)
    return start


# --- scenarios --------------------------------------------------------------------------------------

NO_STAPLE = ("staple", "not_applicable", "no_staple")
LATER = ("--now", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 60 * 86400)))


def ocsp(status="good", reason=None):
    return ("ocsp", status, reason)


def crl(status="good", reason=None):
    return ("crl", status, reason)


def staple(status="good", reason=None):
    return ("staple", status, reason)


def bundle(pki, *paths):
    return pki.openssl("crl2pkcs7", "-nocrl", *[word for path in paths for word in ("-certfile", path)], "-outform", "DER")


SCENARIOS = [
    Scenario("good", "good", [GOOD, GOOD], [NO_STAPLE, ocsp(), crl()]),
    Scenario("good for anything", "good", [GOOD, GOOD], [NO_STAPLE, ocsp(), crl()], lenient=True),
    Scenario("revoked", "revoked", [REVOKED, GOOD], [NO_STAPLE, ocsp("revoked"), crl("revoked")]),
    Scenario("unknown to its authority", "unlisted", [("unknown", "unknown_certificate"), GOOD],
             [NO_STAPLE, ocsp("unknown", "unknown_certificate"), crl()]),
    Scenario("three certificates", "deep", [GOOD, GOOD, GOOD]),
    Scenario("self-signed", "self-signed", [("not_applicable", "self_signed")], []),
    Scenario("the root is sent too", "with-root", [GOOD, GOOD, GOOD, ("not_applicable", "self_signed")]),
    Scenario("not fetched", "good", [("not_tested", "not_allowed")] * 2,
             [NO_STAPLE, ocsp("not_tested", "not_allowed"), crl("not_tested", "not_allowed")], fetch=False),
    Scenario("private addresses are refused", "good", [("unknown", "private_address")] * 2, private=False),
    Scenario("the responder is busy", "good", [GOOD, GOOD], [NO_STAPLE, ocsp("unknown", "try_later"), crl()], spoil={"/issuing": TRY_LATER}),
    Scenario("unauthorized and not found", "good", [("unknown", "unauthorized"), GOOD],
             [NO_STAPLE, ocsp("unknown", "unauthorized"), crl("unknown", "http_status")],
             spoil={"/issuing": UNAUTHORIZED, "/issuing.crl": status(404)}),
    Scenario("a revoked certificate and no word of it", "revoked", [("unknown", "http_status"), GOOD], spoil=DOWN),
    Scenario("altered", "good", None, [NO_STAPLE, ocsp("unknown", "wrong_signer"), crl("unknown", "bad_signature")], spoil={"/issuing": altered, "/issuing.crl": altered}),
    Scenario("broken off", "good", [("unknown", "broken_off"), GOOD], spoil={"/issuing": halved, "/issuing.crl": halved}),
    Scenario("something else", "good", [("unknown", "malformed"), GOOD], spoil={"/issuing": given(b"<html>"), "/issuing.crl": given(b"")}),
    Scenario("silence", "good", [("unknown", "silent"), GOOD], spoil={"/issuing": silent, "/issuing.crl": silent}, options=("--timeout=1",)),
    Scenario("moved", "good", [GOOD, GOOD], [NO_STAPLE, ocsp(), crl()],
             spoil={"/issuing": moved("/moved/issuing", 307), "/issuing.crl": moved(f"http://127.0.0.1:{FILES}/moved/issuing.crl")}),
    Scenario("moved twice, and to what is not plain HTTP", "good", [("unknown", "redirected"), GOOD],
             spoil={"/issuing": moved("/moved/issuing"), "/moved/issuing": moved("/issuing"), "/issuing.crl": moved("https://127.0.0.1/")}),
    Scenario("an old list", "good", [("unknown", "expired"), ("unknown", "expired")], options=LATER),

    Scenario("nginx: staple", "good", [GOOD, ("not_tested", "not_allowed")],
             [staple(), ocsp("not_tested", "not_allowed"), crl("not_tested", "not_allowed")], nginx("good"), fetch=False),
    Scenario("nginx: staple, TLS 1.2", "good", [GOOD, ("not_tested", "not_allowed")], server=nginx("good", "TLSv1.2"), fetch=False),
    Scenario("nginx: it staples that it is revoked", "revoked", [REVOKED, ("not_tested", "not_allowed")], server=nginx("revoked"), fetch=False),
    Scenario("nginx: another certificate's staple", "good", [("unknown", "other_certificate"), ("not_tested", "not_allowed")],
             server=nginx("rsa"), fetch=False),
    Scenario("nginx: a stale staple", "good", [("unknown", "expired"), ("not_tested", "not_allowed")], server=nginx("good"), fetch=False,
             options=LATER),
    Scenario("nginx: must-staple kept", "must-staple", [GOOD, ("not_tested", "not_allowed")], server=nginx("must-staple"), fetch=False,
             kept=("yes", None)),
    Scenario("nginx: must-staple broken", "must-staple", [GOOD, GOOD], kept=("no", "no_staple")),
    Scenario("nginx: must-staple, with a stale one", "must-staple", [("unknown", "expired"), ("not_tested", "not_allowed")],
             server=nginx("must-staple"), fetch=False, kept=("no", "expired"), options=LATER),
    Scenario("gnutls: a staple for each", "good", [GOOD, GOOD], [staple(), ocsp("not_tested", "not_allowed"), crl("not_tested", "not_allowed")],
             gnutls(("good", "issuing"), ("issuing", "root")), fetch=False),

    Scenario("incomplete", "incomplete", [GOOD], repairable=("yes", None), repaired=("yes", None)),
    Scenario("incomplete, not fetched", "incomplete", [("unknown", "no_issuer")], repairable=("unknown", "not_fetched"), fetch=False),
    Scenario("the middle is missing", "gap", [GOOD, GOOD], repairable=("yes", None), repaired=("yes", None)),
    Scenario("another authority's", "other-root-not-sent", None, repairable=("yes", None), repaired=("no", "unknown_issuer")),
    Scenario("the issuer is not there", "incomplete", [("unknown", "no_issuer")], repairable=("no", "not_found"),
             spoil={"/issuing.der": status(404)}),
    Scenario("the issuer's server is ill", "incomplete", None, repairable=("unknown", "http_status"), spoil={"/issuing.der": status(500)}),
    Scenario("another certificate is there", "incomplete", None, repairable=("no", "wrong_issuer"),
             spoil={"/issuing.der": lambda body: given(PKI.der("authorities/root.pem"))(body)}),
    Scenario("no certificate is there", "incomplete", None, repairable=("no", "unreadable"), spoil={"/issuing.der": given(b"<html>")}),
    Scenario("PKCS #7 is there", "incomplete", [GOOD], repairable=("yes", None), repaired=("yes", None),
             spoil={"/issuing.der": lambda body: given(bundle(PKI, "authorities/root.pem", "authorities/issuing.pem"))(body)}),
]
PKI = None


# --- one scenario -----------------------------------------------------------------------------------

def expect(wrong, what, found, want):
    if want is not None and found != want:
        wrong.append(f"{what}: {found}, should be {want}")


def said(row):
    return (row["status"], row["reason"])


def check(scenario, chain, wrong):
    revocation = chain["revocation"]
    rows = revocation["certificates"]
    expect(wrong, "status", [said(row) for row in rows], scenario.want)
    expect(wrong, "sources of the leaf", [(row["source"], *said(row)) for row in rows[0]["sources"]], scenario.sources)
    controls = {row["unissued"]["verdict"] for row in rows[0]["sources"] if row["source"] == "ocsp" and row["status"] == "good"}
    expect(wrong, "what nobody has issued", controls, ({"yes"} if scenario.lenient else {"no"}) if controls else set())
    kept, repairable = revocation["must_staple_kept"], chain["repairable"]
    expect(wrong, "must-staple", (kept["verdict"], kept["reason"]), scenario.kept or ("not_applicable", "not_required"))
    expect(wrong, "repairable", (repairable["verdict"], repairable["reason"]), scenario.repairable or ("not_applicable", "complete")
           if chain["complete"]["verdict"] == "yes" or scenario.repairable else None)
    repaired = [(row["verdict"], row["reason"]) for row in repairable["trust"][:1]]
    expect(wrong, "once repaired", repaired, [scenario.repaired] if scenario.repaired else [])
    if scenario.repairable and chain["complete"]["verdict"] == "yes":
        wrong.append("what was fetched made the chain as sent complete")


def check_openssl(pki, scenario, chain, wrong):
    """openssl must say the same of the leaf, asking the same responder, and given the same list."""
    if scenario.spoil or scenario.options or not scenario.fetch or not scenario.private or scenario.chain not in ("good", "revoked", "unlisted"):
        return
    text = pki.openssl("ocsp", "-issuer", "authorities/issuing.pem", "-cert", f"servers/{scenario.chain}.pem", "-no_nonce",
                       "-url", f"http://127.0.0.1:{RESPONDER}/issuing", "-CAfile", "authorities/root.pem",
                       "-verify_other", "authorities/issuing.pem").decode()
    theirs = re.search(r"pem: (\w+)", text)[1]
    row = next(row for row in chain["revocation"]["certificates"][0]["sources"] if row["source"] == "ocsp")
    expect(wrong, "openssl ocsp", theirs, row["status"])
    done = subprocess.run(["openssl", "verify", "-CAfile", "authorities/root.pem", "-untrusted", "authorities/issuing.pem", "-crl_check",
                           "-CRLfile", "issuing.crl", f"servers/{scenario.chain}.pem"], cwd=pki.folder, capture_output=True, text=True)
    theirs = "good" if done.returncode == 0 else "revoked" if "error 23" in done.stdout + done.stderr else done.stderr
    row = next(row for row in chain["revocation"]["certificates"][0]["sources"] if row["source"] == "crl")
    expect(wrong, "openssl verify", theirs, row["status"])


def run(pki, schema, scenario, wrong):
    server = (scenario.server or nginx())(pki, scenario.chain)
    pki.spoil, pki.asked, pki.lenient = scenario.spoil, [], scenario.lenient
    transcript = os.path.join(pki.shop.room("transcript"), "transcript")
    options = ["--fetch"] if scenario.fetch else []
    options += ["--allow-private-fetch"] if scenario.fetch and scenario.private else []
    scan = Scan(Bench(pki.shop, None), ["--json", "--only=revocation", f"--transcript={transcript}", "--address=127.0.0.1",
                                        f"--ca-file={pki.folder}/authorities/root.pem", *options, *scenario.options,
                                        f"server.pki.example:{server.port}"], SECONDS)
    report = read_report(scan, schema, wrong)
    if report is None:
        return f"{scan.seconds:.1f} s"
    chains = report["endpoints"][0]["certificates"]
    if len(chains) != 1:
        wrong.append(f"{len(chains)} chains")
        return ""
    check(scenario, chains[0], wrong)
    found = any(row["id"] == "responder_good_for_anything" for row in report["findings"])
    expect(wrong, "the finding", found, scenario.lenient)
    check_openssl(pki, scenario, chains[0], wrong)
    if len(pki.asked) != len(set(pki.asked)) and not scenario.spoil and "openssl" not in str(pki.asked):
        twice = sorted({one for one in pki.asked if pki.asked.count(one) > 1 and one[1] == "GET"})
        expect(wrong, "fetched twice", twice, [])
    if not (scenario.fetch and scenario.private) and pki.asked:
        wrong.append(f"asked without leave: {pki.asked}")
    again = subprocess.run([command(), "replay", "--json", transcript], capture_output=True, timeout=30)
    if again.stdout != scan.out:
        wrong.append(f"the replay differs: {again.stderr.decode(errors='replace')[-200:]}")
    server.stop()
    connections = report["endpoints"][0]["traffic"]["connections"]
    return f"{connections} connections, {len(pki.asked)} documents, {scan.seconds:.1f} s"


def main(words):
    global PKI
    chosen = [scenario for scenario in SCENARIOS if not words or any(word in scenario.name for word in words)]
    shop, schema, failed = Shop(), validator(), 0
    shop.ports |= {RESPONDER, FILES}
    try:
        PKI = Pki(shop)
        for scenario in chosen:
            wrong, note = [], ""
            try:
                note = run(PKI, schema, scenario, wrong)
            except (Missing, Trouble, subprocess.TimeoutExpired, KeyError, StopIteration) as failure:
                wrong.append(f"{type(failure).__name__}: {failure}")
            failed += bool(wrong)
            print(f"{'FAIL' if wrong else 'ok  '} {scenario.name} ({note})", flush=True)
            for line in wrong[:12]:
                print(f"       {line}")
    except (OSError, Missing, Trouble) as failure:
        failed += 1
        chosen.append(None)
        print(f"FAIL {type(failure).__name__}: {failure}")
    finally:
        if PKI is not None:
            PKI.close()
        shop.close()
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
