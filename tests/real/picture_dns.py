#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CAA, DANE and HTTPS records of real zones, and one nginx that keeps to some of them.

    picture_dns.py [WORD...]      names that hold a WORD; all without

Each name is scanned, held against what was configured, and replayed from its transcript, which must give the same
report. delv must agree about DNSSEC, openssl s_client about DANE. Closes with "N passed, N failed".
"""

import copy
import hashlib
import json
import os
import re
import ssl
import subprocess
import sys

sys.dont_write_bytecode = True

from certificates import Leaf, Maker
from programs import Bench, nginx
from rows import try_jobs
from run import Scan, command, read_report
from zones import ALTERED, EXPIRED, SIGNED, STRIPPED, UNSIGNED, Zones

RUN_SECONDS = 150
ECH = "AEX+DQBBHgAgACBGL2e9TiFwjK/w1Zg9AmRm7mgXHz3PjffP0mTFNMxmDQAEAAEAAQASY2xvdWRmbGFyZS1lY2guY29tAAA="
FREE = ("yes", "not_restricted")       # nothing says who may issue
STRANGE = ("unknown", "issuer_identifier_unknown")
NO_DANE = ("not_applicable", "no_records")


class Name:
    """What is in DNS, as lines with {port} and {tlsa:USAGE SELECTOR MATCHING CERTIFICATE}, and what must be found."""

    def __init__(self, name, *lines, leaf="plain", dnssec="secure", caa=STRANGE, dane=NO_DANE, https=None, alias=None):
        self.name, self.lines, self.leaf, self.dnssec, self.alias = name, lines, leaf, dnssec, alias
        self.caa, self.dane, self.https = caa, dane, https

    def zone(self):
        return self.name.split(".", self.name.count(".") - 1)[-1] + "."

    def label(self):
        return self.name.removesuffix(".lab").rsplit(".", 1)[0]


def tlsa(*what):
    return "_{port}._tcp.{label} TLSA {tlsa:" + " ".join(map(str, what)) + "}"


YES, NO_MATCH = ("yes", None), ("no", "no_match")
KEPT = {("well_formed", None): "yes", ("port", None): "yes", ("ipv4_hints", "web.secure.lab"): "yes", ("alpn", "h2"): "yes",
        ("alpn", "http/1.1"): "yes", ("ech", "cloudflare-ech.com"): ("no", "no_ech")}
BROKEN = {("well_formed", None): "yes", ("port", None): "yes", ("ipv4_hints", "badweb.secure.lab"): ("no", "other_address"),
          ("alpn", "dot"): ("no", "not_selected_by_server"), ("alpn", "h3"): ("not_tested", "quic_alone")}

NAMES = [
    Name("ee.secure.lab", tlsa(3, 1, 1, "plain"), dane=YES),
    Name("ee512.secure.lab", tlsa(3, 0, 2, "plain"), dane=YES),
    Name("whole.secure.lab", tlsa(3, 0, 0, "plain"), dane=YES),
    Name("second.secure.lab", tlsa(3, 1, 1, "other"), tlsa(3, 1, 1, "plain"), dane=YES),
    Name("wrong.secure.lab", tlsa(3, 1, 1, "other"), dane=NO_MATCH),
    Name("pkixee.secure.lab", tlsa(1, 1, 1, "plain"), dane=YES),
    Name("pkixta.secure.lab", tlsa(0, 0, 1, "root"), dane=YES),
    Name("daneta.secure.lab", tlsa(2, 1, 1, "middle"), dane=YES),
    Name("root.secure.lab", tlsa(2, 0, 1, "root"), dane=NO_MATCH), # which is not sent
    Name("wholeroot.secure.lab", tlsa(2, 0, 0, "root"), dane=YES),
    Name("strangeta.secure.lab", tlsa(2, 0, 0, "other"), dane=("no", "other_authority")),
    Name("unusable.secure.lab", "_{port}._tcp.{label} TLSA 3 1 7 00", dane=("not_applicable", "no_usable_record")),
    Name("mismatch.secure.lab", tlsa(2, 1, 1, "middle"), leaf="other", dane=NO_MATCH, caa=("not_applicable", "not_covered")),
    Name("mismatch-ee.secure.lab", tlsa(3, 1, 1, "other"), leaf="other", dane=YES, caa=("not_applicable", "not_covered")),
    Name("alias.secure.lab", "{label} CNAME ee.secure.lab.", dane=YES, alias="ee.secure.lab"),
    Name("le.secure.lab", leaf="imitation", caa=("yes", "listed")),
    Name("nobody.secure.lab", '{label} CAA 0 issue ";"', leaf="imitation", caa=("no", "nobody_may_issue")),
    Name("google.secure.lab", '{label} CAA 0 issue "pki.goog"', leaf="imitation", caa=("no", "not_listed")),
    Name("report.secure.lab", '{label} CAA 0 iodef "mailto:x@secure.lab"', caa=FREE),
    Name("critical.secure.lab", '{label} CAA 128 tbs "x"', caa=("unknown", "critical_tag")),
    Name("x.wild.secure.lab", 'wild CAA 0 issue "letsencrypt.org"', 'wild CAA 0 issuewild "pki.goog"', leaf="wild",
         caa=("no", "not_listed")),
    Name("web.secure.lab", "_{port}._https.{label} HTTPS 1 web.secure.lab. alpn=h2,http/1.1 port={port} ipv4hint=127.0.0.1 ech=" + ECH,
         https=KEPT),
    Name("badweb.secure.lab", "_{port}._https.{label} HTTPS 1 badweb.secure.lab. alpn=h3,dot port={port} ipv4hint=127.0.0.9", https=BROKEN),
    Name("pointer.secure.lab", "_{port}._https.{label} HTTPS 0 _{port}._https.web.secure.lab.",
         https={("alias_target", "_{port}._https.web.secure.lab"): "yes", ("port", None): ("not_applicable", "other_name")}),
    Name("ee.insecure.lab", tlsa(3, 1, 1, "plain"), dnssec="insecure", caa=("yes", "no_records"), dane=("not_applicable", "insecure")),
    Name("ee.altered.lab", tlsa(3, 1, 1, "plain"), '{label} CAA 0 issue "true.example"', dnssec="bogus", caa=("unknown", "bogus")),
    Name("ee.expired.lab", tlsa(3, 1, 1, "plain"), dnssec="bogus", caa=("unknown", "bogus"), dane=("unknown", "bogus")),
    Name("ee.stripped.lab", tlsa(3, 1, 1, "plain"), dnssec="bogus", caa=("unknown", "bogus"), dane=("unknown", "bogus")),
]
# What was altered is the CAA record alone: its TLSA records are good.
NAMES[-3].dane = YES
APEX = {"secure.lab.": ['@ CAA 0 issue "letsencrypt.org; validationmethods=dns-01"', '@ CAA 0 iodef "mailto:security@secure.lab"']}
HOW = {"secure.lab.": SIGNED, "insecure.lab.": UNSIGNED, "altered.lab.": ALTERED, "expired.lab.": EXPIRED,
       "stripped.lab.": STRIPPED}


# --- certificates, zones, a server ------------------------------------------------------------------

class World:
    def __init__(self, shop):
        self.shop, self.maker = shop, Maker(shop)
        imitation = copy.copy(self.maker)
        imitation.middle = self.maker.authority("imitation", "/O=Let's Encrypt/CN=Imitation", self.maker.root)
        names = ",".join(f"DNS:{name.name}" for name in NAMES if name.leaf in ("plain", "imitation"))
        self.leaves = {
            "plain": Leaf(self.maker, "plain", "EC", names, "/CN=plain"),
            "other": Leaf(self.maker, "other", "EC", "DNS:other.lab", "/CN=other"),
            "imitation": Leaf(imitation, "le", "EC", names, "/CN=le"),
            "wild": Leaf(imitation, "wild", "EC", "DNS:*.wild.secure.lab", "/CN=wild"),
        }
        self.files = {name: leaf.certificate for name, leaf in self.leaves.items()}
        self.files |= {"root": self.maker.root_file, "middle": self.maker.middle_file}
        self.port = self.start_nginx()
        self.zones = Zones(shop, {zone: (how, self.lines(zone)) for zone, how in HOW.items()})

    def start_nginx(self):
        bodies = []
        for leaf in self.leaves:
            names = " ".join(name.name for name in NAMES if name.leaf == leaf)
            chain = self.leaves[leaf]
            bodies.append((f"http2 on; " if self.http2_directive() else "", f"server_name {names}; ssl_certificate {chain.chain}; "
                           f"ssl_certificate_key {chain.key}; "))
        starter = nginx(*bodies)
        if not self.http2_directive():
            starter = nginx(*bodies, listen=" http2")
        return starter(Bench(self.shop, self.maker)).port

    def http2_directive(self):
        """Since nginx 1.25.1 it is no word of `listen`."""
        text = subprocess.run(["/usr/sbin/nginx", "-v"], capture_output=True, text=True).stderr
        found = re.search(r"nginx/(\d+)\.(\d+)", text)
        return found is not None and (int(found[1]), int(found[2])) >= (1, 25)

    def data(self, usage, selector, matching, certificate):
        with open(self.files[certificate]) as file:
            der = ssl.PEM_cert_to_DER_cert(file.read())
        if int(selector) == 1:
            key = self.shop.tool("openssl", "x509", "-in", self.files[certificate], "-noout", "-pubkey")
            der = ssl.PEM_cert_to_DER_cert(key.replace("PUBLIC KEY", "CERTIFICATE"))
        digest = {0: lambda: der.hex(), 1: lambda: hashlib.sha256(der).hexdigest(), 2: lambda: hashlib.sha512(der).hexdigest()}
        return f"{usage} {selector} {matching} {digest[int(matching)]()}"

    def fill(self, name, text):
        text = text.replace("{port}", str(self.port)).replace("{label}", name.label())
        return re.sub(r"\{tlsa:(\S+) (\S+) (\S+) (\S+)\}", lambda match: self.data(*match.groups()), text)

    def lines(self, zone):
        lines = list(APEX.get(zone, []))
        for name in NAMES:
            if name.zone() == zone:
                lines += [self.fill(name, line) for line in name.lines]
                lines += [] if name.alias else [f"{name.label()} A 127.0.0.1"]
        return lines


# --- one name ---------------------------------------------------------------------------------------

def said(fact):
    return (fact["verdict"], fact["reason"])


def check_caa(name, caa, wrong):
    rows = caa["issuers"]
    if [said(row) for row in rows] != [name.caa]:
        wrong.append(f"CAA: {[(said(row), row['sentence']) for row in rows]}, should be {name.caa}")
    for row in rows:
        if name.leaf == "imitation" and row["ca"] != "Let's Encrypt":
            wrong.append(f"the issuer is said to be {row['issuer']}, of {row['ca']}")


def check_dane(world, name, dns, wrong):
    found = dns["tlsa"]
    rows = found["chains"]
    if [said(row) for row in rows] != [name.dane]:
        wrong.append(f"DANE: {[(said(row), row['sentence']) for row in rows]}, should be {name.dane}")
    if rows and rows[0]["leaf_sha256"].lower() != world.leaves[name.leaf].fingerprint:
        wrong.append("the row is about another leaf")
    owner = f"_{world.port}._tcp.{name.alias or name.name}"
    ours = sorted(f"{row['usage_code']} {row['selector_code']} {row['matching_code']} {row['data']}" for row in found["records"])
    theirs = sorted(" ".join(line.split()[:3]) + " " + "".join(line.split()[3:]) for line in world.zones.dig(owner, "TLSA"))
    if name.dane[1] != "bogus" and ours != theirs:
        wrong.append(f"TLSA records: {ours}, dig has {theirs}")
    if rows and found["dnssec"] == "secure" and found["records"] and name.dane[1] != "no_usable_record":
        check_openssl(world, name, found["records"], wrong)


def check_openssl(world, name, records, wrong):
    """openssl s_client must come to the same verdict, given the same records."""
    options = []
    for row in records:
        options += ["-dane_tlsa_rrdata", f"{row['usage_code']} {row['selector_code']} {row['matching_code']} {row['data']}"]
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{world.port}", "-servername", name.name,
                           "-dane_tlsa_domain", name.name, "-dane_ee_no_namechecks", "-verify_return_error", "-brief",
                           "-CAfile", world.maker.root_file, *options], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=20)
    theirs = "Verification: OK" in done.stderr + done.stdout
    if theirs != (name.dane[0] == "yes"):
        wrong.append(f"DANE: {name.dane}, openssl says {(done.stderr + done.stdout)[-300:]}")


def check_https(world, name, found, wrong):
    if name.https is None:
        if found["fact" if False else "verdict"] == "yes":
            wrong.append("HTTPS records that were never configured")
        return
    rows = {(row["id"], row["value"]): said(row) for row in found["agreement"]}
    for (key, value), want in name.https.items():
        value = None if value is None else value.replace("{port}", str(world.port))
        want = want if isinstance(want, tuple) else (want, None)
        if rows.get((key, value)) != want:
            wrong.append(f"HTTPS {key} {value}: {rows.get((key, value))}, should be {want}")


def check_delv(world, name, dns, wrong):
    if dns["dnssec"] != name.dnssec:
        wrong.append(f"DNSSEC: {dns['dnssec']} ({dns['why']}), should be {name.dnssec}")
    theirs = world.zones.delv(name.name, "CAA")
    if theirs != name.dnssec:
        wrong.append(f"DNSSEC: delv says {theirs} of what should be {name.dnssec}")


def run_name(world, check, name, wrong):
    transcript = os.path.join(world.shop.room("transcript"), "transcript")
    bench = Bench(world.shop, world.maker)
    scan = Scan(bench, ["--json", "--only=alpn,extensions,dns", f"--transcript={transcript}", f"--ca-file={world.maker.root_file}",
                        *world.zones.options(), f"{name.name}:{world.port}"], 40)
    report = read_report(scan, check, wrong)
    if report is None:
        return f"{scan.seconds:.1f} s"
    dns = report["dns"]
    if dns["resolver"] != [f"127.0.0.1@{world.zones.port}"]:
        wrong.append(f"the resolver is {dns['resolver']}")
    check_delv(world, name, dns, wrong)
    check_caa(name, dns["caa"], wrong)
    check_dane(world, name, dns, wrong)
    check_https(world, name, dns["https"], wrong)
    again = subprocess.run([command(), "replay", "--json", transcript], capture_output=True, timeout=30)
    if again.stdout != scan.out:
        wrong.append(f"the replay differs: {again.stderr.decode(errors='replace')[-200:]}")
    return f"{report['endpoints'][0]['traffic']['lookups']} look-ups, {scan.seconds:.1f} s"


# --- without a resolver, without a name ---------------------------------------------------------------

def run_without(world, check, wrong):
    """A dead resolver, the system's, an address: DNS facts are not known, the rest is as ever."""
    bench = Bench(world.shop, world.maker)
    dead = [f"--resolver-address=127.0.0.1@{world.shop.port()}", "--address=127.0.0.1", "--timeout=1", f"ee.secure.lab:{world.port}"]
    system = ["--resolver=system", "--address=127.0.0.1", f"ee.secure.lab:{world.port}"]
    address = [f"127.0.0.1:{world.port}"]
    for options, want in ((dead, ("unknown", "no_resolver")), (system, ("unknown", "no_resolver")), (address, ("not_applicable", "address"))):
        scan = Scan(bench, ["--json", "--only=dns", f"--ca-file={world.maker.root_file}", *options], 20)
        report = read_report(scan, check, wrong)
        if report is None:
            continue
        dns = report["dns"]
        facts = [said(dns), said(dns["caa"]), said(dns["tlsa"]), said(dns["https"])]
        if set(facts) != {want} or scan.exit != 0 or report["endpoints"][0]["status"] != "complete":
            wrong.append(f"{options}: {facts}, exit {scan.exit}, should be {want} and 0")
        if (dns["resolver"] is None) != (options is not dead):
            wrong.append(f"{options}: the resolver is {dns['resolver']}")
        if not report["endpoints"][0]["certificates"]:
            wrong.append(f"{options}: no certificates, which the check needs")
        if scan.seconds > 4:
            wrong.append(f"{options}: {scan.seconds:.1f} s")
    return ""


def main(words):
    def make_jobs(shop, check):
        world = World(shop)
        chosen = [name for name in NAMES if not words or any(word in name.name for word in words)]
        jobs = [(name.name, lambda wrong, name=name: run_name(world, check, name, wrong)) for name in chosen]
        return jobs + [("without a resolver or a name", lambda wrong: run_without(world, check, wrong))]

    return try_jobs(make_jobs, RUN_SECONDS, at_once=2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
