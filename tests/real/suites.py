# SPDX-License-Identifier: Apache-2.0
"""Which suites a configured server must have, as IANA names.

OpenSSL and GnuTLS list what a cipher or priority string means; what is left to say here is which
of those suites a server can serve with the certificates it was given. Everything else is written
out in scenarios.py by hand.
"""

import csv
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VERSIONS = ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
SWITCH = {"TLSv1.0": "-tls1", "TLSv1.1": "-tls1_1", "TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3"}


def registry():
    with open(os.path.join(ROOT, "data", "tls-ciphersuites.csv"), newline="") as file:
        return {int(row["code"], 16): row["name"] for row in csv.DictReader(file) if row["status"] != "sslv2"}


NAME = registry()


class Truth:
    """The suites of one version: in the server's order where it has one, else as a set. `also` holds
    a second order that is as true (a server whose order the client's first suite decides)."""

    def __init__(self, preference, names, also=None):
        self.names = list(names)
        self.preference = "single" if len(self.names) == 1 else preference
        self.also = list(also) if also else None

    @property
    def ordered(self):
        return self.preference in ("server", "server_chacha_by_client")


def openssl_servable(exchange, authentication, version, keys, psk):
    """Whether OpenSSL serves a suite of this Kx and Au with these keys.

    Au=None and Kx=DH always go: s_server has parameters of its own. Au=PSK needs -psk, and so does
    RSA-PSK beside its RSA key. An RSA-PSS key signs in TLS 1.2, but cannot decrypt (no Kx=RSA) and
    there is no such signature before. An Ed25519 or Ed448 key serves the ECDSA suites, in TLS 1.2
    alone (RFC 8422 section 5.10). SRP needs -srpvfile, which no server of ours has."""
    if exchange == "any":
        return bool(keys & {"RSA", "RSA-PSS", "EC", "Ed25519", "Ed448"})  # DSA has no TLS 1.3 scheme
    if exchange == "SRP":
        return False
    if "PSK" in exchange and not psk:
        return False
    signs_rsa = "RSA" in keys or ("RSA-PSS" in keys and version == "TLSv1.2")
    signs_ec = "EC" in keys or (bool(keys & {"Ed25519", "Ed448"}) and version == "TLSv1.2")
    if authentication in ("None", "PSK"):
        return True
    if exchange in ("RSA", "RSAPSK"):
        return "RSA" in keys
    return {"RSA": signs_rsa, "ECDSA": signs_ec, "DSS": "DSA" in keys}.get(authentication, False)


LINE = re.compile(r"0x(..),0x(..) - \S+ +\S+ +Kx=(\S+) +Au=(\S+)")


def openssl_names(bench, version, cipher, suites13, keys, psk=False):
    options = ["-psk"] if psk else []
    if suites13:
        options += ["-ciphersuites", suites13]
    listing = bench.shop.tool("openssl", "ciphers", "-V", "-s", SWITCH[version], *options, cipher)
    names = []
    for high, low, exchange, authentication in LINE.findall(listing):
        if openssl_servable(exchange, authentication, version, keys, psk):
            names.append(NAME[int(high + low, 16)])
    return names


def openssl_truth(versions, cipher="DEFAULT", suites13=None, keys=("RSA",), psk=False, preference="client"):
    def truth(bench):
        found = {}
        for version in versions:
            names = openssl_names(bench, version, cipher, suites13, set(keys), psk)
            found[version] = Truth(chacha_or(preference, names), names)
        return found
    return truth


def chacha_or(preference, names):
    """ChaCha-by-client cannot show without a ChaCha suite and another one."""
    if preference != "server_chacha_by_client":
        return preference
    chacha = [name for name in names if "CHACHA20" in name]
    return preference if chacha and len(chacha) < len(names) else "server"


def gnutls_truth(versions, priority, keys=("RSA",), preference="client"):
    """gnutls-cli --list prints the suites of a priority string in its order, each with its first version."""
    need = {"TLS_ECDHE_ECDSA": "EC", "TLS_ECDHE_RSA": "RSA", "TLS_DHE_RSA": "RSA", "TLS_RSA": "RSA", "TLS_DHE_DSS": "DSA"}

    def truth(bench):
        listing = bench.shop.tool("gnutls-cli", "--list", "--priority", priority)
        rows = re.findall(r"^(TLS_\S+)\s+0x(..), 0x(..)\s+(SSL3\.0|TLS1\.\d)$", listing, re.M)
        found = {version: [] for version in versions}
        for name, high, low, first in rows:
            kind = next((key for prefix, key in need.items() if name.startswith(prefix + "_")), None)
            if kind is not None and kind not in keys:
                continue
            for version in versions:
                if (version == "TLSv1.3") == (first == "TLS1.3") and (first in ("SSL3.0", "TLS1.0") or version >= first.replace("TLS", "TLSv")):
                    found[version].append(NAME[int(high + low, 16)])
        return {version: Truth(preference, names) for version, names in found.items()}
    return truth


def tls(*names):
    """Short names made whole: "ECDHE_RSA: AES_128_GCM_SHA256 ..." -> TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 ..."""
    whole = []
    for text in names:
        exchange, colon, ciphers = text.partition(":")
        for cipher in ciphers.split() if colon else text.split():
            whole.append(f"TLS_{exchange}_WITH_{cipher}" if colon else f"TLS_{cipher}")
    known = set(NAME.values())
    for name in whole:
        assert name in known, name
    return whole


def codes(names):
    number = {name: code for code, name in NAME.items()}
    return [number[name] for name in names]
