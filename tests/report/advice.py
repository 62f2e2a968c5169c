#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the lines that findings advise into configurations of nginx, Apache and HAProxy, and has each
server check them. A line that needs more than what is installed is skipped, and counted. Closes with
"N passed, N failed, N skipped"."""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
EXAMPLE = "/etc/ssl/example"

counts = {"passed": 0, "failed": 0, "skipped": 0}


def program(*names):
    return next((found for name in names if (found := shutil.which(name, path=PATH))), None)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/fullchain.pem"],
                   check=True, stderr=subprocess.DEVNULL)
    with open(f"{folder}/fullchain.pem") as chain, open(f"{folder}/key.pem") as key:
        write(folder, "fullchain-and-key.pem", chain.read() + key.read())


def nginx(folder, lines):
    own = "\n        ".join(lines)
    chain = "" if any(line.startswith("ssl_certificate ") for line in lines) else f"ssl_certificate {folder}/fullchain.pem;"
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = f"""
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    {temporary}
    access_log off;
    server {{
        listen 127.0.0.1:28499 ssl;
        {chain}
        ssl_certificate_key {folder}/key.pem;
        {own}
    }}
}}
"""
    return [program("nginx"), "-t", "-q", "-c", write(folder, "nginx.conf", config)]


def apache_modules():
    for folder in ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/apache2"):
        if os.path.isdir(folder):
            return folder
    return None


def apache(folder, lines):
    modules = apache_modules()
    names = {"mpm_event": "mod_mpm_event.so", "authz_core": "mod_authz_core.so", "ssl": "mod_ssl.so", "headers": "mod_headers.so",
             "socache_shmcb": "mod_socache_shmcb.so", "unixd": "mod_unixd.so"}
    load = "\n".join(f"LoadModule {name}_module {modules}/{file}" for name, file in names.items() if os.path.exists(f"{modules}/{file}"))
    own = "\n    ".join(lines)
    chain = "" if any(line.startswith("SSLCertificateFile") for line in lines) else f"SSLCertificateFile {folder}/fullchain.pem"
    config = f"""
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog /dev/stderr
ServerName localhost
{load}
SSLStaplingCache "shmcb:{folder}/stapling(128000)"
Listen 127.0.0.1:28498
<VirtualHost 127.0.0.1:28498>
    SSLEngine on
    {chain}
    SSLCertificateKeyFile {folder}/key.pem
    {own}
</VirtualHost>
"""
    return [program("apache2", "httpd"), "-t", "-f", write(folder, "apache.conf", config)]


def haproxy(folder, lines):
    sections = {line.split()[0] for line in lines if not line.startswith(" ")}
    text = "\n".join(lines).replace(":443", "127.0.0.1:28497")
    front = "" if "frontend" in sections else f"frontend test\n    bind 127.0.0.1:28497 ssl crt {folder}/fullchain-and-key.pem\n"
    config = f"global\n    maxconn 10\ndefaults\n    mode http\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n{text}\n{front}"
    return [program("haproxy"), "-c", "-f", write(folder, "haproxy.cfg", config)]


SERVERS = {"nginx": (nginx, ("nginx",)), "apache": (apache, ("apache2", "httpd")), "haproxy": (haproxy, ("haproxy",))}


def openssl_has(need):
    """Whether the library that is installed is as new as a line needs."""
    name, wanted = need.split()
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return name == "OpenSSL" and [int(part) for part in version.split(".")[:2]] >= [int(part) for part in wanted.split(".")]


def advice():
    """Every set of lines once, with the findings that give it."""
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "data", "findings", "*.json"))):
        for row in json.load(open(path)):
            configure = row.get("configure", {})
            for server in SERVERS:
                if server in configure:
                    found.setdefault((server, tuple(configure[server]), configure.get("needs")), []).append(row["id"])
    return found


def hold(folder, server, lines, ids):
    make, names = SERVERS[server]
    lines = [line.replace(EXAMPLE, folder) for line in lines]
    result = subprocess.run(make(folder, lines), capture_output=True, text=True, timeout=30, check=False)
    counts["passed" if result.returncode == 0 else "failed"] += 1
    if result.returncode != 0:
        print(f"FAIL {server} does not take the lines of {', '.join(ids)}: {result.stderr.strip()[:400]}")


def main():
    absent = {server: names[0] for server, (_, names) in SERVERS.items() if program(*names) is None}
    for name in absent.values():
        print(f"skipped: {name} is not installed")
    with tempfile.TemporaryDirectory(prefix="shakedown-advice-") as folder:
        make_certificate(folder)
        # A check that takes anything would prove nothing.
        for server, (make, _) in SERVERS.items():
            if server not in absent:
                bad = subprocess.run(make(folder, ["    ssl_nonsense on;"]), capture_output=True, timeout=30, check=False)
                counts["failed" if bad.returncode == 0 else "passed"] += 1
        for (server, lines, needs), ids in advice().items():
            if server in absent or (needs and not openssl_has(needs)):
                counts["skipped"] += 1
            else:
                hold(folder, server, lines, ids)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return counts["failed"] != 0


if __name__ == "__main__":
    sys.exit(main())
