# SPDX-License-Identifier: Apache-2.0
"""Our list of one server's suites beside what nmap and sslscan find there. Used by hand."""

import json
import subprocess
import xml.etree.ElementTree as xml

from servers import program
from suites import NAME, VERSIONS


def ours(command, target):
    report = json.loads(subprocess.run([command, "--json", target], capture_output=True, timeout=300).stdout)
    found = {}
    for endpoint in report["endpoints"][:1]:
        for row in endpoint["cipher_suites"]:
            found.setdefault(row["version"], []).append(row["name"])
    return found


def nmap(host, port):
    output = subprocess.run([program("nmap"), "-Pn", "-p", port, "--script", "ssl-enum-ciphers", "-oX", "-", host],
                            capture_output=True, timeout=300).stdout
    found = {}
    for table in xml.fromstring(output).iterfind(".//script[@id='ssl-enum-ciphers']/table"):
        names = [name.text for name in table.iterfind("table[@key='ciphers']/table/elem[@key='name']")]
        # nmap names TLS 1.3 suites as if they were older ones: TLS_AKE_WITH_...
        found[table.get("key")] = [name.replace("_AKE_WITH", "") for name in names]
    return found


def sslscan(host, port):
    output = subprocess.run([program("sslscan"), "--xml=-", f"{host}:{port}"], capture_output=True, timeout=300).stdout
    found = {}
    for row in xml.fromstring(output).iterfind(".//cipher"):
        name = NAME.get(int(row.get("id", "0"), 16), row.get("cipher"))
        found.setdefault(row.get("sslversion"), []).append(name)
    return found


def place(names, name):
    return str(names.index(name) + 1) if name in names else "-"


def compare(command, target):
    host, _, port = target.rpartition(":")
    columns = [ours(command, target), nmap(host.strip("[]"), port), sslscan(host, port)]
    for version in VERSIONS:
        lists = [column.get(version, []) for column in columns]
        names = list(dict.fromkeys(sum(lists, [])))
        if names:
            print(f"{version:50} {'ours':>8} {'nmap':>8} {'sslscan':>8}")
        for name in names:
            row = [place(found, name) for found in lists]
            print(f"  {name:48} " + " ".join(f"{text:>8}" for text in row) + ("" if "-" not in row else "   differs"))
    return 0
