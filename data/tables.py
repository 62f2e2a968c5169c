#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes src/wire/*.def, the C form of the code points in data/*.csv and of data/roca-primes.json.

One row of a CSV becomes one X-macro row; rows ascend by code, because registry.c searches by
halves (primes by digest, for prime.c). `--check` writes nothing and exits with 1 if a committed table is not what the data say.
"""

import csv
import ipaddress
import json
import re
import sys
from datetime import datetime
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parent
TABLES = DATA.parent / "src" / "wire"

STATUS = {
    "assigned": "ASSIGNED",
    "scsv": "SCSV",
    "grease": "GREASE",
    "sslv2": "SSL2",
    "sslv3-only": "SSL3_ONLY",
    "old-draft": "OLD_DRAFT",
    "private": "PRIVATE",
    "obsolete": "OBSOLETE",
    "legacy": "LEGACY",
    "draft": "DRAFT",
    "internal": "INTERNAL",
}

VERSION = {
    "": "0",
    "SSLv2": "SSL2",
    "SSLv3": "SSL3",
    "TLSv1.0": "TLS10",
    "TLSv1.1": "TLS11",
    "TLSv1.2": "TLS12",
    "TLSv1.3": "TLS13",
    "TLCPv1.1": "0x0101",
}

KEY_EXCHANGE = {
    "": "NONE",
    "NULL": "NONE",
    "any": "ANY",
    "RSA": "RSA",
    "DH": "DH",
    "DHE": "DHE",
    "ECDH": "ECDH",
    "ECDHE": "ECDHE",
    "PSK": "PSK",
    "RSA_PSK": "RSA_PSK",
    "DHE_PSK": "DHE_PSK",
    "ECDHE_PSK": "ECDHE_PSK",
    "SRP": "SRP",
    "KRB5": "KRB5",
    "GOST": "GOST",
    "CECPQ1": "OTHER",
    "ECCPWD": "OTHER",
    "ECJPAKE": "OTHER",
    "ECMQV": "OTHER",
    "IBC": "OTHER",
    "IBSDH": "OTHER",
    "KEA": "OTHER",
    "SM2": "OTHER",
}

AUTHENTICATION = {
    "": "NONE",
    "NULL": "NONE",
    "any": "ANY",
    "anon": "ANON",
    "RSA": "RSA",
    "DSS": "DSS",
    "ECDSA": "ECDSA",
    "DH": "DH",
    "ECDH": "ECDH",
    "PSK": "PSK",
    "SRP": "SRP",
    "KRB5": "KRB5",
    "GOST94": "GOST",
    "GOST01": "GOST",
    "GOST12": "GOST",
    "ECCPWD": "OTHER",
    "ECJPAKE": "OTHER",
    "ECNRA": "OTHER",
    "KEA": "OTHER",
    "SM2": "OTHER",
    "SM9": "OTHER",
}

GROUP = {
    "ec-prime": "EC_PRIME",
    "ec-binary": "EC_BINARY",
    "montgomery": "MONTGOMERY",
    "ffdhe": "FFDHE",
    "gost": "GOST",
    "sm2": "SM2",
    "kem": "KEM",
    "hybrid": "HYBRID",
    "explicit": "EXPLICIT",
    "grease": "GREASE",
}

# The CSV also says which key an RSASSA-PSS signature needs; the scheme's name does so too.
SIGNATURE = {
    "RSA-PKCS1v1.5": "RSASSA-PKCS1-v1_5",
    "RSA-PSS (rsaEncryption key)": "RSASSA-PSS",
    "RSA-PSS (RSASSA-PSS key)": "RSASSA-PSS",
    "grease": "",
}

# Ciphers that TLS has with more than one key size: their names carry it.
SEVERAL_KEY_SIZES = {"AES", "ARIA", "CAMELLIA", "RC2", "RC4"}


@cache
def read(source):
    with open(DATA / source, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def text(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def number(value):
    return value or "0"


def truth(value):
    return "true" if value == "Y" else "false"


def cipher(row):
    """AES-128-GCM, CHACHA20-POLY1305, 3DES-CBC, RC4-128; export ciphers by what is left of the key: RC4-40."""
    name, mode, bits = row["cipher"], row["mode"], row["strength_bits"]
    if mode in ("AEGIS-128L", "AEGIS-256", "ASCON-AEAD128"):
        return mode
    if name in SEVERAL_KEY_SIZES or (name == "DES" and bits == "40"):
        name += "-" + bits
    if mode not in ("", "none", "stream"):
        name += "-" + mode.replace("_", "-")
    return name


def suite(row):
    return [
        row["code"],
        text(row["name"]),
        text(row["openssl_name"]),
        STATUS[row["status"]],
        VERSION[row["min_version"]],
        VERSION[row["max_version"]],
        KEY_EXCHANGE[row["kx"]],
        AUTHENTICATION[row["auth"]],
        text(row["kx"]),
        text(row["auth"]),
        text(cipher(row)),
        text(row["mac"]),
        number(row["key_bits"]),
        number(row["strength_bits"]),
        truth(row["aead"]),
        truth(row["pfs"]),
        truth(row["export"]),
        "'" + (row["iana_recommended"] or " ") + "'",
    ]


def group(row):
    return [
        row["code"],
        text(row["name"]),
        GROUP[row["type"]],
        number(row["field_bits"]),
        number(row["strength_bits"]),
        truth(row["pq"]),
        truth(row["tls13_usable"]),
        STATUS[row["status"]],
        number(row["client_share_len"]),
        number(row["server_share_len"]),
    ]


def scheme(row):
    return [
        row["code"],
        text(row["name"]),
        text(SIGNATURE.get(row["signature"], row["signature"])),
        text(row["hash"]),
        truth(row["tls12"]),
        truth(row["tls13_handshake"]),
        STATUS[row["status"]],
    ]


def prime_name(row):
    """modp2048 (RFC 3526), ffdhe2048 (RFC 7919), srp2048 (RFC 5054); the others as whoever published them calls them."""
    name = row["name"]
    modp = re.match(r"RFC(\d+)/(\d+)-bit MODP Group/", name)
    if modp:
        return f"modp{modp[2]} (RFC {modp[1]})"
    other = re.match(r"RFC(\d+)/(.*)$", name)
    return f"{other[2]} (RFC {other[1]})" if other else name


def prime(row):
    return [
        text(row["sha256"]),
        text(prime_name(row)),
        number(row["bits"]),
        truth(row["is_prime"]),
        truth(row["safe_prime"]),
        truth(row["standard"]),
    ]


def roca(row):
    """The residues as a set of 192 bits in three words, the lowest first."""
    bits = sum(1 << residue for residue in row["allowed_residues"])
    return [number(str(row["prime"]))] + [f"UINT64_C(0x{bits >> 64 * word & 2**64 - 1:016X})" for word in range(3)]


def named(row):
    return [row["code"], text(row["name"])]


def protocol(row):
    return [text(row["alpn_id"]), text(row["description"]), truth(row["asked"])]


def issuer(row):
    return [text(row["organisation"]), text(row["ca"]), text(row["domains"])]


def version(row):
    return [row["wire_value"], text(row["short_name"] or row["name"])]


def block(row):
    network = ipaddress.ip_network(row["block"])
    octets = "".join(f"\\x{octet:02x}" for octet in network.network_address.packed)
    return [f'"{octets}"', str(network.max_prefixlen // 8), str(network.prefixlen), text(row["name"])]


def special(row):
    return [text(row["name"])]


def unescaped(value):
    """The label of a root, where what is not ASCII may stand as \\xE9 or \\u011F."""
    return re.sub(r"\\x([0-9A-F]{2})|\\u([0-9A-F]{4})", lambda found: chr(int(found[1] or found[2], 16)), value)


def standing(row, columns):
    """Of a root in one list, by its one or two sources. The second outdates the first nowhere, but may say what
    a root is for: one that the first alone has must be known to be there for TLS servers, from the lists of browsers."""
    first, others = row[columns[0]], [row[column] for column in columns[1:]]
    if first == "blocked":
        return "DISPUTED" if "Y" in others else "BLOCKED"
    if first != "Y":
        return "DISPUTED" if "Y" in others else "ABSENT"
    known = all(other == "Y" for other in others) or row["mozilla"] == "Y" or row["chrome"] == "Y"
    return "LISTED" if known else "DISPUTED"


def root(row):
    lists = [one["columns"].split() for one in read("root-lists.csv")]
    return [text(row["sha256"]), text(unescaped(row["subject"]))] + [standing(row, columns) for columns in lists]


def root_list(row):
    return [text(row["list"]), text(row["name"]), text(row["date"])]


def moment(value):
    return "INT64_MAX" if value == "" else str(int(datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()))


def limit(row):
    return [text(row["sha256"]), text(row["list"]), moment(row["holds_until"]), moment(row["over_after"])]


def header(row):
    return [text(row["header"]), text(row["kind"]), row["rule"], text(row["good"]), text(row["wanted"]), text(row["reference"])]


def since(value):
    return "INT64_MIN" if value == "" else moment(value)


def log(row):
    """A log without a state in a list is not in it."""
    return [
        text(row["log_id"]),
        text(row["name"]),
        text(row["operator"]),
        truth("Y" if row["api"] == "static-ct-api" else ""),
        truth("Y" if row["use"] == "test" else ""),
        (row["chrome"] or "absent").upper(),
        since(row["chrome_since"]),
        text(row["chrome_as_of"]),
        (row["apple"] or "absent").upper(),
        since(row["apple_since"]),
        text(row["apple_as_of"]),
        since(row["from"]),
        moment(row["until"]),
        text(row["key"]),
    ]


# Table, source, macro, columns as a comment, row.
OUTPUTS = [
    (
        "suites.def",
        "tls-ciphersuites.csv",
        "SUITE",
        "code, name, OpenSSL name, status, lowest and highest version, key exchange, authentication, both as\n"
        "// text, cipher, MAC, nominal and effective key bits, AEAD, forward secrecy, export, recommended by IANA",
        suite,
    ),
    (
        "groups.def",
        "tls-groups.csv",
        "GROUP",
        "code, name, kind, bits of the field and of strength, post-quantum, usable in TLS 1.3, status,\n"
        "// octets of the client's and of the server's share",
        group,
    ),
    (
        "schemes.def",
        "tls-signature-schemes.csv",
        "SCHEME",
        "code, name, signature, hash, signs TLS 1.2, signs TLS 1.3, status",
        scheme,
    ),
    (
        "primes.def",
        "dh-primes.csv",
        "PRIME",
        "SHA-256 of the big-endian octets, name, bits, is a prime, is a safe prime, of a group that an RFC defines",
        prime,
    ),
    (
        "roca.def",
        "roca-primes.json",
        "ROCA",
        "prime, the residues that powers of 65537 have, as bits: 0 to 63, 64 to 127, 128 to 191",
        roca,
    ),
    ("extensions.def", "tls-extensions.csv", "EXTENSION", "type, name", named),
    ("alerts.def", "tls-alerts.csv", "ALERT", "description, name", named),
    ("versions.def", "tls-versions.csv", "VERSION", "version, name", version),
    ("special_addresses.def", "special-addresses.csv", "BLOCK", "address, its octets, bits of the prefix, name", block),
    ("special_names.def", "special-names.csv", "DOMAIN", "name", special),
    (
        "headers.def",
        "http-security-headers.csv",
        "HEADER",
        "name, kind, rule, what the rule lets through, the same for people, where it is written",
        header,
    ),
    ("alpn.def", "alpn-ids.csv", "PROTOCOL", "id, name, asked about", protocol),
    ("issuers.def", "caa-issuers.csv", "ISSUER", "organisation of an issuer (may be empty), CA, its domains", issuer),
    ("root_lists.def", "root-lists.csv", "LIST", "id, name, date", root_list),
    ("roots.def", "root-stores.csv", "ROOT", "SHA-256 of the certificate, label, standing in each of root_lists.def", root),
    (
        "root_limits.def",
        "root-limits.csv",
        "LIMIT",
        "SHA-256 of the root, list, and the times up to which a leaf's validity may begin for sure, and after which\n"
        "// it may not; seconds since 1970",
        limit,
    ),
    (
        "ct_logs.def",
        "ct-logs.csv",
        "LOG",
        "log id, name, operator, has the static API, is for tests; state in Chrome's and in Apple's list, since when,\n"
        "// and the day of the list; when certificates must end to be taken; key",
        log,
    ),
]


def aligned(macro, rows):
    """Columns under each other: numbers to the right, the rest to the left."""
    cells = [[cell + "," for cell in row[:-1]] + [row[-1]] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    for row in cells:
        padded = [
            cell.rjust(width) if cell.rstrip(",").isdigit() else cell.ljust(width)
            for cell, width in zip(row, widths)
        ]
        yield f"{macro}({' '.join(padded).rstrip()})"


def place(row):
    """Rows of numbers ascend, and those of digests; rows of other text stay in the order of the CSV."""
    first = row[0]
    if not first.startswith('"'):
        return int(first, 0)
    return int(first.strip('"'), 16) if re.match(r'"[0-9a-f]{64}"$', first) else 0


def rows_of(source):
    with open(DATA / source, newline="", encoding="utf-8") as file:
        if not source.endswith(".json"):
            return list(csv.DictReader(file))
        # A prime that lets every residue through tells nothing.
        return [row for row in json.load(file)["primes"] if row["allowed_residues"] != "all"]


def table(name, source, macro, columns, make):
    rows = [make(row) for row in rows_of(source)]
    rows.sort(key=place)
    head = [
        "// SPDX-License-Identifier: Apache-2.0",
        f"// generated by data/tables.py from data/{source}; do not edit",
        f"// {columns}",
    ]
    return "\n".join(head + list(aligned(macro, rows))) + "\n"


def differs(path, wanted):
    return not path.exists() or path.read_text(encoding="utf-8") != wanted


def main(arguments):
    if arguments not in ([], ["--check"]):
        print("usage: data/tables.py [--check]", file=sys.stderr)
        return 2
    stale = 0
    for output in OUTPUTS:
        path, wanted = TABLES / output[0], table(*output)
        if not differs(path, wanted):
            continue
        if arguments:
            print(f"src/wire/{path.name} is not what data/{output[1]} says: run data/tables.py", file=sys.stderr)
            stale = 1
        else:
            path.write_text(wanted, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
