# SPDX-License-Identifier: Apache-2.0
"""Signed DNS zones on loopback: nsd(8) serves them, ldns-keygen and ldns-signzone make keys and signatures.

lab. is the top, whose DS record is the trust anchor. Below it are zones that are signed, unsigned on purpose, or
signed in vain: altered after signing, with signatures of the past, or with a DS record and no signature at all.
"""

import os

from servers import Trouble

SIGNED, UNSIGNED, ALTERED, EXPIRED, STRIPPED = "signed", "unsigned", "altered", "expired", "stripped"
HEAD = "$ORIGIN {name}\n$TTL 300\n@ SOA ns.lab. root.lab. 1 3600 600 86400 300\n@ NS ns.lab.\n"


class Zones:
    """below: zone ("secure.lab.") -> (how, records as lines). Started when made."""

    def __init__(self, shop, below):
        self.shop, self.folder, self.port = shop, shop.room("zones"), shop.port()
        top = ["ns A 127.0.0.1"]
        for name, (how, lines) in below.items():
            top.append(f"{name} NS ns.lab.")
            top += self.zone(name, how, lines)
        self.anchor = os.path.join(self.folder, "anchor")
        self.write("anchor", "\n".join(self.zone("lab.", SIGNED, top)) + "\n")
        with open(self.anchor) as file:
            words = file.readline().split()
        self.write("delv", f'trust-anchors {{ lab. static-ds {words[-4]} {words[-3]} {words[-2]} "{words[-1]}"; }};\n')
        self.serve(["lab.", *below])

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def zone(self, name, how, lines):
        """Writes the zone as it is to be served; its DS records, for the zone above."""
        self.write(name + "zone", HEAD.format(name=name) + "\n".join(lines) + "\n")
        if how == UNSIGNED:
            return []
        key = self.shop.tool("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name, folder=self.folder).strip()
        if how != STRIPPED:
            past = ["-i", "20200101000000", "-e", "20200201000000"] if how == EXPIRED else []
            self.shop.tool("ldns-signzone", *(["-n"] if name == "secure.lab." else []), *past, "-f", name + "signed",
                           name + "zone", key, folder=self.folder)
            with open(os.path.join(self.folder, name + "signed")) as file:
                text = file.read()
            if how == ALTERED:
                if "true.example" not in text:
                    raise Trouble(f"{name} has nothing to alter")
                text = text.replace("true.example", "fake.example")
            self.write(name + "zone", text)
        with open(os.path.join(self.folder, key + ".ds")) as file:
            return file.read().strip().splitlines()

    def serve(self, names):
        zones = "".join(f'zone:\n  name: "{name}"\n  zonefile: "{name}zone"\n' for name in names)
        self.write("conf", f'server:\n  ip-address: 127.0.0.1\n  port: {self.port}\n  username: ""\n  chroot: ""\n'
                           f'  zonesdir: "{self.folder}"\n  database: ""\n  pidfile: "{self.folder}/pid"\n'
                           f'  xfrdfile: "{self.folder}/xfrd"\n  xfrdir: "{self.folder}"\n'
                           f'  zonelistfile: "{self.folder}/list"\n  server-count: 1\n'
                           f'remote-control:\n  control-enable: no\n{zones}')
        self.server = self.shop.start(["nsd", "-d", "-c", f"{self.folder}/conf"], self.port, self.folder)

    def options(self):
        return [f"--resolver-address=127.0.0.1@{self.port}", f"--trust-anchor={self.anchor}"]

    def dig(self, name, kind):
        """Record data as dig prints them, sorted."""
        text = self.shop.tool("dig", "@127.0.0.1", "-p", str(self.port), "+short", "+norecurse", name, kind)
        return sorted(text.splitlines())

    def delv(self, name, kind):
        """What delv makes of a question: secure, insecure or bogus."""
        text = self.shop.tool("delv", "@127.0.0.1", "-p", str(self.port), "-a", f"{self.folder}/delv", "+root=lab.", name,
                              kind)
        return "secure" if "fully validated" in text else "insecure" if "unsigned answer" in text else "bogus"
