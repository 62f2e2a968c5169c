# SPDX-License-Identifier: Apache-2.0
"""The table: each server, and what it was configured with.

A Scenario starts a real server and states versions, suites, order, preference and chains. A
Hostile scenario is a peer that is no good TLS server, and states how the scan must end. Versions
that a truth does not name are off and must be reported `no`.
"""

import os
from dataclasses import dataclass

import peers
import programs
from programs import gnutls, go, java, lighttpd, nginx, nss, openssl, pair
from servers import Peer
from suites import Truth, VERSIONS, chacha_or, codes, gnutls_truth, openssl_truth, tls

LEGACY = ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2")
EVERY = ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
MODERN = ("TLSv1.2", "TLSv1.3")


@dataclass
class Served:
    """A chain that must be found: the leaf's kind (and name, when it has one of its own), for which
    versions it is served, with and without a server name, and how it is judged."""
    kind: str
    versions: tuple
    name: str = None
    sni: tuple = (False,)
    hostname: str = "yes"
    trust: str = "yes"
    complete: str = "yes"
    certificates: int = 2     # leaf and intermediate


@dataclass
class Scenario:
    name: str
    start: object
    truth: object
    served: list
    host: str = None          # a name to scan as, at 127.0.0.1
    arguments: tuple = ()
    trusted: bool = True      # scan with --ca-file of the test root
    replay: bool = False      # also: scan again, and replay a transcript
    cut: int = None           # octets of each answer that pass
    status: str = "complete"
    exit: int = 0
    seconds: int = 60
    extra: int = 0            # connections over the budget, where the server's faults cost them, or CUT


CUT = 1  # a long list whose choices are not foreseen is asked for in parts at the same time: a question more for each cut


@dataclass
class Hostile:
    name: str
    talk: object
    status: tuple
    exit: tuple
    reason: str = None        # the reason of every version that is unknown
    arguments: tuple = ("--timeout", "0.5")
    seconds: int = 30
    memory: int = 100         # MiB of the scanner, at most
    yes: tuple = ()           # versions that may be `yes`
    no: tuple = ()            # versions that may be `no`


def fixed(**versions):
    """Truths written out: TLSv1_2=Truth(...)."""
    table = {key.replace("TLSv1_", "TLSv1."): value for key, value in versions.items()}
    return lambda bench: table


# --- NSS: the server walks its own table, whatever order -c and the client give --------------------

NSS_ORDER = tls("ECDHE_RSA: AES_128_GCM_SHA256 CHACHA20_POLY1305_SHA256 AES_256_GCM_SHA384",
                "ECDHE_ECDSA: AES_128_CBC_SHA", "ECDHE_RSA: AES_128_CBC_SHA",
                "DHE_RSA: AES_128_CBC_SHA AES_256_CBC_SHA 3DES_EDE_CBC_SHA",
                "RSA: AES_128_GCM_SHA256 AES_128_CBC_SHA AES_128_CBC_SHA256 AES_256_CBC_SHA 3DES_EDE_CBC_SHA "
                "RC4_128_SHA RC4_128_MD5 DES_CBC_SHA NULL_SHA NULL_SHA256 NULL_MD5")


def only_tls12(name):
    """AEADs and the SHA-2 MACs came with TLS 1.2 (RFC 5246, 5288, 5289)."""
    return name.endswith(("_SHA256", "_SHA384")) or "GCM" in name


def nss_truth(bench):
    return {version: Truth("server", [name for name in NSS_ORDER
                                      if (version == "TLSv1.2" or not only_tls12(name))
                                      and (version != "SSLv3" or "ECDHE" not in name)])
            for version in LEGACY}


# --- JSSE: an order of ours, weakest first ---------------------------------------------------------

JAVA_ORDER = tls("RSA_EXPORT: RC4_40_MD5 DES40_CBC_SHA", "DHE_RSA_EXPORT: DES40_CBC_SHA", "DH_anon_EXPORT: RC4_40_MD5",
                 "RSA: NULL_MD5 NULL_SHA NULL_SHA256", "ECDHE_ECDSA: NULL_SHA", "ECDH_anon: NULL_SHA AES_128_CBC_SHA",
                 "DH_anon: RC4_128_MD5 AES_256_CBC_SHA AES_128_GCM_SHA256", "RSA: DES_CBC_SHA RC4_128_MD5 RC4_128_SHA 3DES_EDE_CBC_SHA",
                 "DHE_RSA: DES_CBC_SHA 3DES_EDE_CBC_SHA", "ECDHE_ECDSA: RC4_128_SHA", "RSA: AES_128_CBC_SHA AES_256_CBC_SHA256",
                 "DHE_RSA: AES_128_CBC_SHA", "ECDHE_RSA: AES_256_CBC_SHA AES_128_CBC_SHA256", "ECDHE_ECDSA: AES_128_CBC_SHA",
                 "RSA: AES_128_GCM_SHA256", "ECDHE_RSA: CHACHA20_POLY1305_SHA256 AES_128_GCM_SHA256",
                 "ECDHE_ECDSA: AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256")
JAVA_ORDER_13 = tls("CHACHA20_POLY1305_SHA256 AES_128_GCM_SHA256 AES_256_GCM_SHA384")


def java_has(name, version):
    """JSSE ends EXPORT with TLS 1.0 (RFC 4346) and single DES with TLS 1.1 (RFC 5469), and has its
    elliptic-curve suites in SSLv3 too."""
    if only_tls12(name):
        return version == "TLSv1.2"
    if "_EXPORT_" in name:
        return version in ("SSLv3", "TLSv1.0")
    return "_DES_CBC_" not in name or version != "TLSv1.2"


def java_truth(versions):
    def truth(bench):
        found = {version: Truth("server", [name for name in JAVA_ORDER if java_has(name, version)])
                 for version in versions if version != "TLSv1.3"}
        if "TLSv1.3" in versions:
            found["TLSv1.3"] = Truth("server", JAVA_ORDER_13)
        return found
    return truth


JAVA_NAMES = {"TLSv1.0": "TLSv1"}


def java_server(versions):
    return java([JAVA_NAMES.get(version, version) for version in versions], JAVA_ORDER_13 + JAVA_ORDER)


# --- Go 1.19: the order is Go's, not the configuration's (crypto/tls cipher_suites.go) -------------
# Up to TLS 1.2 it takes the first certificate that any offered suite can use, and only then a suite:
# with RSA before ECDSA in the list every RSA suite comes before every ECDSA suite. Where the
# processor has AES instructions, AES-GCM precedes ChaCha20 if the client's first suite is an
# AES-GCM one with ECDHE or of TLS 1.3, else ChaCha20 comes first.

GO_RSA = tls("ECDHE_RSA: AES_128_GCM_SHA256 AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_128_CBC_SHA AES_256_CBC_SHA",
             "RSA: AES_128_GCM_SHA256 AES_256_GCM_SHA384 AES_128_CBC_SHA AES_256_CBC_SHA",
             "ECDHE_RSA: 3DES_EDE_CBC_SHA", "RSA: 3DES_EDE_CBC_SHA", "ECDHE_RSA: AES_128_CBC_SHA256", "RSA: AES_128_CBC_SHA256",
             "ECDHE_RSA: RC4_128_SHA", "RSA: RC4_128_SHA")
GO_EC = tls("ECDHE_ECDSA: AES_128_GCM_SHA256 AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_128_CBC_SHA AES_256_CBC_SHA "
            "AES_128_CBC_SHA256 RC4_128_SHA")
GO_13 = tls("AES_128_GCM_SHA256 AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256")


def has_aes_instructions():
    with open("/proc/cpuinfo") as file:
        flags = next((line.split() for line in file if line.startswith("flags")), [])
    return {"aes", "pclmulqdq", "sse4_1", "ssse3"} <= set(flags)


def chacha_first(names):
    return [name for name in names if "CHACHA20" in name] + [name for name in names if "CHACHA20" not in name]


def go_truth(versions):
    def order(groups):
        plain = sum(groups, [])
        swapped = sum((chacha_first(group) for group in groups), [])
        if not has_aes_instructions():
            return Truth("server", swapped)
        return Truth(chacha_or("server_chacha_by_client", plain), plain, also=swapped)

    def truth(bench):
        found = {}
        for version in versions:
            groups = [GO_13] if version == "TLSv1.3" else \
                [[name for name in group if version == "TLSv1.2" or not only_tls12(name)] for group in (GO_RSA, GO_EC)]
            found[version] = order(groups)
        return found
    return truth


GO_CODES = codes(GO_RSA + GO_EC)

# --- lighttpd: "EECDH+AESGCM:AES256+EECDH:CHACHA20:!SHA1:!SHA256:!SHA384" is its default ----------
# OpenSSL, mbedTLS and NSS make four suites of it, each in its own library's order; wolfSSL counts
# its three ChaCha PSK suites in and does answer them with a ServerHello, but no hello with a long
# list of suites (decode_error), so that they must be asked in parts; GnuTLS has no such string
# and takes its own defaults at the level MEDIUM without 3DES and SHA-1 signatures.

LIGHTTPD = tls("ECDHE_RSA: AES_256_GCM_SHA384 AES_128_GCM_SHA256 CHACHA20_POLY1305_SHA256", "DHE_RSA: CHACHA20_POLY1305_SHA256")
LIGHTTPD_13 = tls("AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_128_GCM_SHA256")
LIGHTTPD_WOLFSSL = LIGHTTPD + tls("DHE_PSK: CHACHA20_POLY1305_SHA256", "ECDHE_PSK: CHACHA20_POLY1305_SHA256",
                                  "PSK: CHACHA20_POLY1305_SHA256")
LIGHTTPD_NSS = tls("ECDHE_RSA: AES_128_GCM_SHA256 CHACHA20_POLY1305_SHA256 AES_256_GCM_SHA384", "DHE_RSA: CHACHA20_POLY1305_SHA256")
LIGHTTPD_GNUTLS = tls("ECDHE_RSA: AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_256_CBC_SHA AES_128_GCM_SHA256 AES_128_CBC_SHA",
                      "RSA: AES_256_GCM_SHA384 AES_256_CCM AES_256_CCM_8 AES_256_CBC_SHA AES_128_GCM_SHA256 AES_128_CCM AES_128_CBC_SHA",
                      "DHE_RSA: AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_256_CCM AES_256_CCM_8 AES_256_CBC_SHA "
                      "AES_128_GCM_SHA256 AES_128_CCM AES_128_CBC_SHA")

# --- SSLv2 -----------------------------------------------------------------------------------------

SSL2_ALL = list(peers.SSL2_KINDS)
SSL2_TWO = ["SSL_CK_RC4_128_EXPORT40_WITH_MD5", "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"]
PROTOCOL_VERSION = peers.alert(70, version=0x0300)


def ssl2_server(kinds, refusal):
    def start(bench):
        talk = peers.ssl2(bench.leaf("RSA").certificate, [peers.SSL2_KINDS[name] for name in kinds], refusal)
        return bench.shop.adopt(Peer(bench.shop.port(), talk))
    return start


OLD_NODE_SSL3 = tls("RSA: AES_256_CBC_SHA CAMELLIA_256_CBC_SHA 3DES_EDE_CBC_SHA AES_128_CBC_SHA SEED_CBC_SHA CAMELLIA_128_CBC_SHA "
                    "IDEA_CBC_SHA RC4_128_SHA RC4_128_MD5 DES_CBC_SHA NULL_SHA NULL_MD5")
OLD_NODE_TLS12 = tls("RSA: AES_256_GCM_SHA384 AES_256_CBC_SHA256 AES_256_CBC_SHA CAMELLIA_256_CBC_SHA 3DES_EDE_CBC_SHA "
                     "AES_128_GCM_SHA256 AES_128_CBC_SHA256 AES_128_CBC_SHA SEED_CBC_SHA CAMELLIA_128_CBC_SHA IDEA_CBC_SHA "
                     "RC4_128_SHA RC4_128_MD5 DES_CBC_SHA NULL_SHA256 NULL_SHA NULL_MD5")


def old_node(bench):
    """node 0.10 (OpenSSL 1.0.1), whose binary SHAKEDOWN_OLD_NODE names: it is in no Debian package."""
    leaf, port = bench.leaf("RSA"), bench.shop.port()
    key = leaf.key + ".pkcs1"
    bench.shop.tool("openssl", "rsa", "-in", leaf.key, "-traditional", "-out", key)
    return bench.shop.start([os.environ["SHAKEDOWN_OLD_NODE"], os.path.join(programs.HERE, "old_node.js"), str(port), key,
                             leaf.certificate], port)


# --- the rows --------------------------------------------------------------------------------------

WIDE = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
ALL13 = "TLS_AES_128_CCM_8_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"
NGINX = "HIGH:!aNULL:!MD5"
GNUTLS_OLD = "NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1:+VERS-TLS1.2:+ARCFOUR-128:+3DES-CBC:%SERVER_PRECEDENCE"
REJECT = ("ssl_reject_handshake on;",)


def vhost(name, kind):
    return (f"server_name {name};", pair(kind, name))


def one(name, version, cipher, *options, **more):
    return Scenario(name, openssl("-cipher", cipher, *options), openssl_truth([version], cipher, **more), [Served("RSA", (version,))])


SCENARIOS = [
    # OpenSSL: each version alone, everything it has, who chooses, and every type of key.
    one("openssl: TLS 1.0 alone", "TLSv1.0", "ALL:@SECLEVEL=0", "-tls1"),
    one("openssl: TLS 1.1 alone", "TLSv1.1", "ALL:@SECLEVEL=0", "-tls1_1", "-serverpref", preference="server"),
    one("openssl: TLS 1.2 alone", "TLSv1.2", "AES128-SHA", "-tls1_2"),
    Scenario("openssl: TLS 1.3 alone, five suites", openssl("-cipher", "ALL:@SECLEVEL=0", "-tls1_3", "-serverpref", "-ciphersuites", ALL13),
             openssl_truth(["TLSv1.3"], "ALL:@SECLEVEL=0", ALL13, preference="server"), [Served("RSA", ("TLSv1.3",))], replay=True),
    Scenario("openssl: wide, RSA and EC and PSK, server's order",
             openssl("-cipher", WIDE, "-psk", "00112233445566778899aabbccddeeff", "-serverpref", leaves=("RSA", "EC")),
             openssl_truth(EVERY, WIDE, keys=("RSA", "EC"), psk=True, preference="server"),
             [Served("RSA", EVERY), Served("EC", EVERY)], extra=24, replay=True),  # pre-shared keys are not foreseen
    # The DSA key has 1024 bits: its chain is complete and in order, and too weak to be trusted.
    Scenario("openssl: wide, RSA and DSA, client's order", openssl("-cipher", WIDE, leaves=("RSA", "DSA")),
             openssl_truth(EVERY, WIDE, keys=("RSA", "DSA")), [Served("RSA", EVERY), Served("DSA", EVERY[:3], trust="no")]),
    Scenario("openssl: default, client's order", openssl(), openssl_truth(MODERN), [Served("RSA", MODERN)]),
    Scenario("openssl: default, server's order", openssl("-serverpref"), openssl_truth(MODERN, preference="server"), [Served("RSA", MODERN)]),
    Scenario("openssl: server's order, ChaCha by client", openssl("-serverpref", "-prioritize_chacha"),
             openssl_truth(MODERN, preference="server_chacha_by_client"), [Served("RSA", MODERN)], extra=CUT),
    Scenario("openssl: RSA and EC", openssl(leaves=("RSA", "EC")), openssl_truth(MODERN, keys=("RSA", "EC")),
             [Served("RSA", MODERN), Served("EC", MODERN)]),
    Scenario("openssl: RSA-PSS", openssl(leaves=("RSA-PSS",)), openssl_truth(MODERN, keys=("RSA-PSS",)), [Served("RSA-PSS", MODERN)]),
    Scenario("openssl: Ed25519", openssl(leaves=("Ed25519",)), openssl_truth(MODERN, keys=("Ed25519",)), [Served("Ed25519", MODERN)]),
    Scenario("openssl: Ed448 and anonymous", openssl("-cipher", "ALL:@SECLEVEL=0", leaves=("Ed448",)),
             openssl_truth(EVERY, "ALL:@SECLEVEL=0", keys=("Ed448",)), [Served("Ed448", MODERN)], extra=CUT),
    Scenario("openssl: DSA", openssl("-cipher", "aDSS:@SECLEVEL=0", leaves=("DSA",)),
             openssl_truth(EVERY[:3], "aDSS:@SECLEVEL=0", keys=("DSA",)), [Served("DSA", EVERY[:3], trust="no")]),
    Scenario("openssl: anonymous alone", openssl("-cipher", "aNULL:@SECLEVEL=0", leaves=()),
             openssl_truth(EVERY[:3], "aNULL:@SECLEVEL=0", keys=()), []),
    Scenario("openssl: client certificate demanded", openssl("-Verify", "1"), openssl_truth(MODERN), [Served("RSA", MODERN)]),
    Scenario("openssl: unknown root", openssl(), openssl_truth(MODERN), [Served("RSA", MODERN, trust="no", complete="no")], trusted=False),
    Scenario("openssl: a name not in the certificate", openssl(), openssl_truth(MODERN),
             [Served("RSA", MODERN, hostname="no", sni=(False, True))], host="other.example", extra=CUT),

    # nginx 1.22 allows TLS 1.0 and 1.1, but OpenSSL's level 2 has no signature for them.
    Scenario("nginx: default", nginx((pair("RSA"),)), openssl_truth(("TLSv1.2",), NGINX + ":!kDHE"), [Served("RSA", ("TLSv1.2",))], replay=True),
    Scenario("nginx: RSA and EC, server's order",
             nginx((pair("RSA"), pair("EC"), "ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on;")),
             openssl_truth(MODERN, NGINX + ":!kDHE", keys=("RSA", "EC"), preference="server"), [Served("RSA", MODERN), Served("EC", MODERN)]),
    Scenario("nginx: a named host beside rejected ones", nginx(REJECT, vhost("one.example", "RSA"), vhost("two.example", "EC"),
                                                               top="ssl_protocols TLSv1.2 TLSv1.3;"),
             openssl_truth(MODERN, NGINX + ":!kDHE"), [Served("RSA", MODERN, name="one.example", sni=(True,))], host="one.example"),
    Scenario("nginx: another named host", nginx(REJECT, vhost("one.example", "RSA"), vhost("two.example", "EC"),
                                                top="ssl_protocols TLSv1.2 TLSv1.3;"),
             openssl_truth(MODERN, NGINX + ":!kDHE", keys=("EC",)), [Served("EC", MODERN, name="two.example", sni=(True,))], host="two.example"),
    Scenario("nginx: another certificate without a name", nginx((pair("EC", "default.example"),), vhost("one.example", "RSA"),
                                                                top="ssl_protocols TLSv1.2 TLSv1.3;"),
             openssl_truth(MODERN, NGINX + ":!kDHE"),
             [Served("RSA", MODERN, name="one.example", sni=(True,)),
              Served("EC", MODERN, name="default.example", sni=(False,), hostname="no")], host="one.example"),

    Scenario("gnutls: NORMAL, client's order", gnutls("NORMAL", leaves=("RSA", "EC")), gnutls_truth(EVERY, "NORMAL", ("RSA", "EC")),
             [Served("RSA", EVERY), Served("EC", EVERY)], replay=True),
    Scenario("gnutls: NORMAL, server's order", gnutls("NORMAL:%SERVER_PRECEDENCE", "--disable-client-cert"),
             gnutls_truth(EVERY, "NORMAL", ("RSA",), "server"), [Served("RSA", EVERY)]),
    Scenario("gnutls: RC4 and 3DES, without TLS 1.3", gnutls(GNUTLS_OLD), gnutls_truth(EVERY[:3], GNUTLS_OLD, ("RSA",), "server"),
             [Served("RSA", EVERY[:3])]),

    Scenario("nss: SSLv3 to TLS 1.2", nss("ssl3:tls1.2", codes(NSS_ORDER), leaves=("RSA", "EC")), nss_truth,
             [Served("RSA", LEGACY), Served("EC", EVERY[:3])], replay=True),

    Scenario("java: SSLv3 to TLS 1.3, EXPORT, anonymous, NULL", java_server(LEGACY + ("TLSv1.3",)), java_truth(LEGACY + ("TLSv1.3",)),
             [Served("RSA", LEGACY + ("TLSv1.3",)), Served("EC", LEGACY + ("TLSv1.3",))]),
    Scenario("java: SSLv3 alone", java_server(("SSLv3",)), java_truth(("SSLv3",)), [Served("RSA", ("SSLv3",)), Served("EC", ("SSLv3",))]),

    Scenario("go: TLS 1.0 to 1.3, RC4 and 3DES", go(0x0301, 0x0304, GO_CODES), go_truth(EVERY), [Served("RSA", EVERY), Served("EC", EVERY)]),
    Scenario("go: TLS 1.3 alone", go(0x0304, 0x0304), go_truth(("TLSv1.3",)), [Served("RSA", ("TLSv1.3",)), Served("EC", ("TLSv1.3",))]),

    Scenario("lighttpd: openssl", lighttpd("mod_openssl"), fixed(TLSv1_2=Truth("client", LIGHTTPD), TLSv1_3=Truth("client", LIGHTTPD_13)),
             [Served("RSA", MODERN)]),
    Scenario("lighttpd: gnutls", lighttpd("mod_gnutls"),
             fixed(TLSv1_2=Truth("client", LIGHTTPD_GNUTLS), TLSv1_3=Truth("client", LIGHTTPD_13 + tls("AES_128_CCM_SHA256"))),
             [Served("RSA", MODERN)], extra=14),  # it refuses by closing: what is cut off is asked twice, and until six are cut again, alone too
    Scenario("lighttpd: mbedtls", lighttpd("mod_mbedtls"), fixed(TLSv1_2=Truth("server", LIGHTTPD)), [Served("RSA", ("TLSv1.2",))]),
    Scenario("lighttpd: wolfssl", lighttpd("mod_wolfssl"),
             fixed(TLSv1_2=Truth("server", LIGHTTPD_WOLFSSL), TLSv1_3=Truth("server", LIGHTTPD_13 + tls("AES_128_CCM_SHA256"))),
             [Served("RSA", MODERN)], extra=40),
    Scenario("lighttpd: nss", lighttpd("mod_nss"),
             fixed(TLSv1_2=Truth("server", LIGHTTPD_NSS), TLSv1_3=Truth("server", tls("CHACHA20_POLY1305_SHA256"))),
             [Served("RSA", MODERN)]),

    # A SERVER-HELLO carries one certificate, never a chain, so its issuer is missing.
    Scenario("sslv2: seven kinds, alerts to TLS", ssl2_server(SSL2_ALL, PROTOCOL_VERSION), fixed(SSLv2=Truth("client", SSL2_ALL)),
             [Served("RSA", ("SSLv2",), trust="no", complete="no", certificates=1)]),
    # What is cut off is asked again alone: how often depends on what was under way when the first one was.
    Scenario("sslv2: two kinds, closes on TLS", ssl2_server(SSL2_TWO, b""), fixed(SSLv2=Truth("client", SSL2_TWO)),
             [Served("RSA", ("SSLv2",), trust="no", complete="no", certificates=1)], extra=6),
]

if os.environ.get("SHAKEDOWN_OLD_NODE"):
    SCENARIOS.append(
        Scenario("sslv2: node 0.10", old_node,
                 fixed(SSLv2=Truth("client", SSL2_ALL), SSLv3=Truth("server", OLD_NODE_SSL3), TLSv1_0=Truth("server", OLD_NODE_SSL3),
                       TLSv1_1=Truth("server", OLD_NODE_SSL3), TLSv1_2=Truth("server", OLD_NODE_TLS12)),
                 [Served("RSA", ("SSLv2",) + LEGACY, trust="no", complete="no", certificates=1)]))

# A flight cut where the record header, the ServerHello, the Certificate are: no fact may be wrong.
CUTS = [Scenario(f"cut: {size} octets of each answer", openssl("-cipher", "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA"),
                 openssl_truth(MODERN, "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA"), [Served("RSA", MODERN)],
                 cut=size, status=None, exit=None, arguments=("--timeout", "2"))
        for size in (0, 1, 5, 7, 60, 200, 900)]

HOSTILE = [
    Hostile("http server", peers.http, ("not_tls",), (4,)),
    Hostile("smtp server", peers.smtp, ("not_tls",), (4,)),
    Hostile("ssh server", peers.ssh, ("not_tls",), (4,)),
    Hostile("silent", peers.silent, ("partial", "unreachable"), (3, 4)),
    Hostile("closes after the hello", peers.closing, ("partial", "refused"), (3, 4)),
    Hostile("closes at once", peers.closing_at_once, ("partial", "refused"), (3, 4)),
    Hostile("resets", peers.resetting, ("partial", "refused"), (3, 4)),
    Hostile("one octet a second", peers.octet_a_second, ("partial", "unreachable"), (3, 4), arguments=("--timeout", "1"), seconds=100),
    Hostile("endless warnings", peers.endless_warnings, ("partial", "not_tls"), (3, 4)),
    Hostile("endless record", peers.endless_record, ("partial", "not_tls"), (3, 4)),
    Hostile("certificate message of 16 MiB", peers.huge_certificate, ("partial",), (3,), yes=("TLSv1.2",), no=VERSIONS),
    Hostile("random octets", peers.random_octets, ("not_tls", "partial"), (3, 4)),
    Hostile("a suite that was not offered", peers.not_offered, ("partial",), (3,)),
    Hostile("a garbled ServerHello", peers.garbage_in_tls, ("partial", "not_tls"), (3, 4)),
]
