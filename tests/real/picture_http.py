#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP and mutual TLS of nginx, Apache and HAProxy: status, HSTS, headers, cookies, where a redirection leads, what port
80 does, and whether a client certificate is asked for, needed and taken, each as it was configured.

    picture_http.py [WORD...]      rows whose names hold a WORD; all without

Closes with "N passed, N failed". Where ports 443 and 80 cannot be had, the rows that need them count as skipped.
"""

import os
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True

from certificates import write
from programs import nginx, openssl, pair
from rows import try_rows
from run import Scan, equal, read_report
from servers import Missing, Process, Trouble, program

RUN_SECONDS = 240
MODULES = next((path for path in ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2") if os.path.isdir(path)), None)
BOTH = "ssl_protocols TLSv1.2 TLSv1.3;"
WANTED = {"Content-Security-Policy", "Cross-Origin-Embedder-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
          "Permissions-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options"}
GOOD = {"Content-Security-Policy": "default-src 'self'", "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=()", "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
BAD = {"Content-Security-Policy": "default-src *", "Referrer-Policy": "unsafe-url", "X-Frame-Options": "ALLOWALL", "X-Powered-By": "PHP/5.1",
       "Access-Control-Allow-Origin": "null"}
STRICT = "max-age=63072000; includeSubDomains; preload"
COOKIES = ["a=hushhush; Secure; HttpOnly; SameSite=Strict", "__Host-b=hushhush; Secure; Path=/", "c=hushhush; SameSite=None", "__Secure-d=hushhush; HttpOnly"]
KEPT = [("a", True, True, "strict", []), ("__Host-b", True, False, None, []), ("c", False, False, "none", ["same_site_none_not_secure"]),
        ("__Secure-d", False, True, None, ["secure_prefix"])]


# --- servers --------------------------------------------------------------------------------------

def at_nginx(headers=(), more="", verify=None, leaf="RSA"):
    """headers: pairs. verify: a mode of ssl_verify_client."""
    lines = "".join(f'add_header {name} "{value}" always; ' for name, value in headers)

    def start(bench):
        asked = "" if verify is None else f"ssl_verify_client {verify}; ssl_client_certificate {bench.certificates.root_file}; ssl_verify_depth 3; "
        return nginx((pair(leaf), lines, asked, more or 'return 200 "x";'), top=BOTH)(bench)
    return start


def at_apache(headers=(), more="", verify=None):
    def start(bench):
        if MODULES is None:
            raise Missing("apache2 is not installed: apt-get install apache2")
        port, leaf, folder = bench.shop.port(), bench.leaf("RSA"), bench.shop.room("apache")
        loaded = "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in ("mpm_event", "authz_core", "ssl", "headers", "alias", "rewrite", "dir", "mime")
                         if os.path.exists(f"{MODULES}/mod_{name}.so"))
        added = "".join(f'Header always {"add" if name == "Set-Cookie" else "set"} {name} "{value}"\n' for name, value in headers)
        asked = "" if verify is None else f"SSLVerifyClient {verify}\nSSLVerifyDepth 3\nSSLCACertificateFile {bench.certificates.root_file}\n"
        write(os.path.join(folder, "index.html"), "x\n")
        write(os.path.join(folder, "conf"),
              f"{loaded}ServerRoot {folder}\nServerName localhost\nPidFile {folder}/pid\nMutex file:{folder}\nErrorLog {folder}/error\n"
              f"User nobody\nGroup #65534\nListen 127.0.0.1:{port}\nDocumentRoot {folder}\nTypesConfig /dev/null\nServerTokens Full\n"
              f"<Directory {folder}>\nRequire all granted\n</Directory>\nDirectoryIndex index.html\n"
              f"SSLEngine on\nSSLProtocol TLSv1.2 +TLSv1.3\nSSLCertificateFile {leaf.chain}\nSSLCertificateKeyFile {leaf.key}\nSSLSessionCache none\n"
              f"{asked}{added}{more}\n")
        for path in (folder, bench.shop.folder):
            os.chmod(path, 0o755)
        name = "apache2" if os.path.exists("/usr/sbin/apache2") else "httpd"
        return bench.shop.start([name, "-DFOREGROUND", "-f", f"{folder}/conf"], port, folder)
    return start


def at_haproxy(headers=(), more="", verify=None):
    def start(bench):
        port, leaf, folder = bench.shop.port(), bench.leaf("RSA"), bench.shop.room("haproxy")
        asked = "" if verify is None else f" verify {verify} ca-file {bench.certificates.root_file}"
        added = "".join(f'    http-after-response add-header {name} "{value.replace(chr(34), "")}"\n' for name, value in headers)
        write(os.path.join(folder, "conf"),
              f"global\n    maxconn 200\ndefaults\n    mode http\n    timeout connect 5s\n    timeout client 20s\n    timeout server 20s\n"
              f"frontend site\n    bind 127.0.0.1:{port} ssl crt {leaf.both} alpn http/1.1{asked}\n{added}    {more or 'http-request return status 200'}\n")
        return bench.shop.start(["haproxy", "-db", "-f", f"{folder}/conf"], port, folder)
    return start


class Low:
    """nginx on port 443 of an address of its own in 127.0.0.0/8, and something on its port 80."""

    def __init__(self, address, plain):
        self.address, self.plain, self.port = address, plain, 443

    def start(self, bench):
        leaf, folder = bench.leaf("RSA"), bench.shop.room("nginx")
        paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        other = "" if self.plain is None else f"server {{ listen {self.address}:80; {self.plain} }}"
        write(os.path.join(folder, "conf"),
              f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error;\nevents {{ worker_connections 64; }}\n"
              f"http {{ access_log off; {paths} {BOTH}\nserver {{ listen {self.address}:443 ssl; ssl_certificate {leaf.chain}; ssl_certificate_key {leaf.key};\n"
              f'add_header Strict-Transport-Security "{STRICT}" always; return 200 "x"; }}\n{other} }}\n')
        child = subprocess.Popen([program("nginx"), "-p", folder, "-e", f"{folder}/error", "-c", f"{folder}/conf"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        bench.shop.adopt(Process(child, 443, folder))
        for _ in range(300):
            try:
                socket.create_connection((self.address, 443), 1).close()
                return self
            except OSError:
                if child.poll() is not None:
                    break
                time.sleep(0.05)
        raise Trouble(f"nginx does not listen on {self.address}:443")


def can_bind_low():
    for port in (443, 80):
        with socket.socket() as probe:
            try:
                probe.bind(("127.77.0.1", port))
            except OSError:
                return False
    return True


# --- what must be said ------------------------------------------------------------------------------

class Site:
    """One HTTP answer, fact by fact; what is not given is not there."""

    def __init__(self, name, start, status=200, hsts=None, good=(), bad=(), told=(), cookies=(), redirect=None, server=None, powered=None, method="HEAD",
                 compression=("unknown", "head_request"), verdict=("yes", None), low=None, heeded=True):
        self.name, self.start, self.status, self.hsts, self.good, self.bad, self.told = name, start, status, hsts, good, bad, told
        self.cookies, self.redirect, self.server, self.powered, self.method = cookies, redirect, server, powered, method
        self.compression, self.verdict, self.low, self.heeded = compression, verdict, low, heeded

    def run(self, bench, check, wrong):
        server = self.start(bench)
        options = [f"--ca-file={bench.certificates.root_file}"] if self.heeded else []
        target = f"127.0.0.1:{server.port}"
        if self.low is not None:
            options += [f"--address={server.address}", *self.low[0]]
            target = "localhost"
        else:
            options += ["--sni=localhost"]
        scan = Scan(bench, ["--json", "--only=http,certificates", *options, target], 40)
        report = read_report(scan, check, wrong)
        if report is None:
            return ""
        (http,) = report["http"]
        self.look(http, wrong)
        if b"hushhush" in scan.out:
            wrong.append("a cookie's value is told")
        if self.low is not None:
            equal(wrong, "port 80", (http["https_redirect"]["verdict"], http["https_redirect"]["reason"], http["https_redirect"]["location"]), self.low[1])
        elif self.verdict[0] == "yes":
            equal(wrong, "port 80", (http["https_redirect"]["verdict"], http["https_redirect"]["reason"]), ("not_applicable", "other_port"))
        return f"{report['endpoints'][0]['traffic']['connections']} connections, {scan.seconds:.1f} s"

    def look(self, http, wrong):
        equal(wrong, f"HTTP ({http['sentence']})", (http["verdict"], http["reason"]), self.verdict)
        if self.verdict[0] != "yes":
            equal(wrong, "what there is without an answer", (http["status"], http["headers"], http["cookies"]), (None, [], []))
            return
        equal(wrong, "status", (http["status"], http["method"], http["tls_version"]), (self.status, self.method, "TLSv1.3"))
        self.look_hsts(http["hsts"], wrong)
        states = {row["name"]: row["state"] for row in http["headers"]}
        missing = WANTED - set(self.good) - set(self.bad)
        truth = {**dict.fromkeys(missing, "missing"), **dict.fromkeys(self.good, "good"), **dict.fromkeys(self.bad, "bad"), **dict.fromkeys(self.told, "told")}
        equal(wrong, "headers", states, truth)
        equal(wrong, "cookies", [(row["name"], row["secure"], row["http_only"], row["same_site"], row["faults"]) for row in http["cookies"]], list(self.cookies))
        found = http["redirect"]
        equal(wrong, "redirection", found and (found["location"], found["https"], found["same_host"]), self.redirect)
        if self.server is not None and not (http["server"] or "").startswith(self.server):
            wrong.append(f"server: {http['server']}, should begin with {self.server}")
        equal(wrong, "X-Powered-By", http["powered_by"], self.powered)
        equal(wrong, "compression", (http["compression"]["verdict"], http["compression"]["reason"]), self.compression)

    def look_hsts(self, hsts, wrong):
        if self.hsts is None:
            equal(wrong, "HSTS", (hsts["verdict"], hsts["reason"]), ("no", "missing"))
        elif isinstance(self.hsts, str):
            equal(wrong, "HSTS", (hsts["verdict"], hsts["reason"]), ("no", self.hsts))
        else:
            equal(wrong, "HSTS", (hsts["verdict"], hsts["max_age"], hsts["include_subdomains"], hsts["preload"]), ("yes", *self.hsts))
            equal(wrong, "HSTS: heeded", hsts["effective"]["verdict"], "yes" if self.heeded else "no")


class Mutual:
    """What is said of client certificates in each version: {id: (verdict, reason)}."""

    def __init__(self, name, start, shown, **want):
        self.name, self.start, self.shown, self.want = name, start, shown, want

    def run(self, bench, check, wrong):
        server = self.start(bench)
        options = []
        if self.shown is not None:
            files = clients(bench)
            options = [f"--cert={files[self.shown]}.pem", f"--key={files[self.shown]}.key"]
        scan = Scan(bench, ["--json", "--only=client_authentication", "--sni=localhost", *options, f"127.0.0.1:{server.port}"], 60)
        report = read_report(scan, check, wrong)
        if report is None:
            return ""
        rows = report["endpoints"][0]["client_authentication"]
        for version in ("TLSv1.2", "TLSv1.3"):
            found = {row["id"]: (row["verdict"], row["reason"]) for row in rows if row["version"] == version}
            for id_ in ("requested", "required", "presented", "accepted"):
                equal(wrong, f"{version} {id_}", found.get(f"certificate_{id_}"), self.want.get(id_))
        return f"{report['endpoints'][0]['traffic']['connections']} connections, {scan.seconds:.1f} s"


def clients(bench):
    """A client certificate under the root, and one that nobody knows."""
    def make():
        folder, maker, made = bench.shop.room("client"), bench.certificates, {}
        for name, issuer in (("ours", maker.root), ("strange", None)):
            made[name] = f"{folder}/{name}"
            bench.shop.tool("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{made[name]}.key")
            maker.sign(f"{made[name]}.key", f"/O=Shakedown Test/CN={name}", f"{made[name]}.pem", issuer, "extendedKeyUsage=clientAuth\n")
        return made
    return bench.shop.once("clients", make)


YES, NO = ("yes", None), ("no", None)
EVERYTHING = [("Strict-Transport-Security", STRICT), *GOOD.items(), *(("Set-Cookie", cookie) for cookie in COOKIES)]
LIMITED = (63072000, True, True)

ROWS = [
    Site("nginx with everything", at_nginx(EVERYTHING, 'server_tokens off; return 200 "x";'), hsts=LIMITED, good=(*GOOD, "Server"), cookies=KEPT, server="nginx"),
    Site("apache with everything", at_apache(EVERYTHING), hsts=LIMITED, good=GOOD, bad=("Server",), cookies=KEPT, server="Apache/2"),
    Site("haproxy with everything", at_haproxy(EVERYTHING), hsts=LIMITED, good=GOOD, cookies=KEPT),
    Site("nginx with nothing", at_nginx(), bad=("Server",), server="nginx/"),
    Site("haproxy with nothing", at_haproxy()),
    Site("nginx, what should not be", at_nginx(BAD.items()), bad=(*BAD, "Server"), powered="PHP/5.1"),
    Site("apache, what should not be", at_apache(BAD.items()), bad=(*BAD, "Server"), powered="PHP/5.1"),
    Site("nginx forgets HSTS", at_nginx([("Strict-Transport-Security", "max-age=0")]), hsts="max_age_zero", bad=("Server",)),
    Site("nginx, HSTS without its age", at_nginx([("Strict-Transport-Security", "includeSubDomains")]), hsts="no_max_age", bad=("Server",)),
    Site("nginx, the first HSTS counts", at_nginx([("Strict-Transport-Security", "max-age=5"), ("Strict-Transport-Security", STRICT)]), hsts=(5, False, False), bad=("Server",)),
    Site("nginx, HSTS over what nobody trusts", at_nginx([("Strict-Transport-Security", STRICT)]), hsts=LIMITED, heeded=False, bad=("Server",)),
    Site("nginx leads elsewhere", at_nginx(more="return 302 http://other.example/x;"), 302, redirect=("http://other.example/x", False, False), bad=("Server",)),
    Site("apache leads on", at_apache(more="Redirect permanent / https://localhost/there"), 301, redirect=("https://localhost/there", True, True), bad=("Server",)),
    Site("haproxy leads to another host", at_haproxy(more="http-request redirect location https://www.localhost/ code 308"), 308,
         redirect=("https://www.localhost/", True, False)),
    Site("nginx has no such page", at_nginx(more="return 404;"), 404, bad=("Server",)),
    Site("nginx wants GET, and compresses",
         at_nginx(more='gzip on; gzip_min_length 0; gzip_types *; default_type text/html; if ($request_method = HEAD) { return 405; } return 200 "%s";' % ("x" * 400)),
         method="GET", compression=("yes", None), bad=("Server",)),
    Site("nginx wants GET, and does not compress", at_nginx(more='if ($request_method = HEAD) { return 405; } return 200 "x";'), method="GET",
         compression=("no", None), bad=("Server",)),
    Site("no word of HTTP", openssl(), verdict=("not_tested", "not_http")),

    Mutual("nginx asks nobody", at_nginx(), "ours", requested=NO, required=("not_applicable", "not_requested")),
    Mutual("nginx requires one, and is shown none", at_nginx(verify="on"), None, requested=YES, required=("unknown", "http_status")),
    Mutual("nginx requires one, and is shown ours", at_nginx(verify="on"), "ours", requested=YES, required=("unknown", "http_status"), presented=YES, accepted=YES),
    Mutual("nginx requires one, and is shown a stranger's", at_nginx(verify="on"), "strange", requested=YES, required=("unknown", "http_status"), presented=YES,
           accepted=("unknown", "http_status")),
    Mutual("nginx would take one, and is shown ours", at_nginx(verify="optional"), "ours", requested=YES, required=NO, presented=YES, accepted=("unknown", "not_required")),
    Mutual("nginx would take one, and is shown a stranger's", at_nginx(verify="optional"), "strange", requested=YES, required=NO, presented=YES,
           accepted=("no", "http_status")),
    Mutual("apache requires one, and is shown none", at_apache(verify="require"), None, requested=YES, required=YES),
    Mutual("apache requires one, and is shown ours", at_apache(verify="require"), "ours", requested=YES, required=YES, presented=YES, accepted=YES),
    Mutual("apache requires one, and is shown a stranger's", at_apache(verify="require"), "strange", requested=YES, required=YES, presented=YES, accepted=("no", "unknown_ca")),
    Mutual("apache would take one, and is shown ours", at_apache(verify="optional"), "ours", requested=YES, required=NO, presented=YES, accepted=("unknown", "not_required")),
    Mutual("haproxy requires one, and is shown none", at_haproxy(verify="required"), None, requested=YES, required=YES),
    Mutual("haproxy requires one, and is shown ours", at_haproxy(verify="required"), "ours", requested=YES, required=YES, presented=YES, accepted=YES),
    Mutual("haproxy requires one, and is shown a stranger's", at_haproxy(verify="required"), "strange", requested=YES, required=YES, presented=YES, accepted=("no", "unknown_ca")),
    Mutual("haproxy would take one, and is shown a stranger's", at_haproxy(verify="optional"), "strange", requested=YES, required=NO, presented=YES,
           accepted=("no", "unknown_ca")),
]


def low_rows():
    rows = []
    for number, (name, plain, options, want) in enumerate([
            ("port 80 sends browsers here", "return 301 https://localhost/;", ["--fetch"], ("yes", None, "https://localhost/")),
            ("port 80 was not to be asked", "return 301 https://localhost/;", [], ("not_tested", "not_allowed", None)),
            ("port 80 answers by itself", 'return 200 "x";', ["--fetch"], ("no", "no_redirect", None)),
            ("port 80 leads to plain HTTP", "return 302 http://www.localhost/;", ["--fetch"], ("no", "other_target", "http://www.localhost/")),
            ("port 80 is not there", None, ["--fetch"], ("not_applicable", "refused", None))]):
        low = Low(f"127.77.0.{number + 2}", plain)
        rows.append(Site(name, low.start, hsts=LIMITED, bad=("Server",), server="nginx/", low=(options, want)))
    return rows


def run_row(bench, check, row, wrong):
    return row.run(bench, check, wrong)


def main(words):
    low = low_rows()
    skipped = 0 if can_bind_low() else len(low)
    return try_rows(ROWS + ([] if skipped else low), run_row, words, RUN_SECONDS, skipped=skipped)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
