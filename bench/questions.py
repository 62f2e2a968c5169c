# SPDX-License-Identifier: Apache-2.0
"""What a scan costs the server, by kind of question: each hello of one full scan is sent again, over and over, and its
answer read, and nginx's CPU is that of its process. The least of several rounds counts, so that others who work on the
machine disturb little. Complete handshakes cannot be sent again, and are told by their number alone."""

import argparse
import base64
import collections
import json
import os
import socket
import struct
import tempfile
import time

from common import FIRST, Bench, machine, raise_descriptors

ROUNDS = 3
HANDSHAKE, ALERT, DATA = 22, 21, 23
SERVER_HELLO, SERVER_KEY_EXCHANGE = 2, 12
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
LARGE = 1000  # octets of an encrypted flight: one with an RSA certificate is longer, one of ECDSA shorter
NAMED_CURVE = 3
COSTLY_GROUPS = {0x0018: "P-384", 0x0019: "P-521", 0x001E: "X448"}


def records(octets):
    while len(octets) >= 5:
        size = 5 + int.from_bytes(octets[3:5], "big")
        yield octets[0], octets[5:size]
        octets = octets[size:]


def messages(octets):
    while len(octets) >= 4:
        size = 4 + int.from_bytes(octets[1:4], "big")
        yield octets[0], octets[4:size]
        octets = octets[size:]


def key_exchange_kind(body):
    """A ServerKeyExchange of TLS 1.2 with a curve: RFC 8422 section 5.4."""
    if body[0] != NAMED_CURVE:
        return "TLS 1.2, DHE"
    group, at = int.from_bytes(body[1:3], "big"), 4 + body[3]
    ecdsa = body[at] < 8 and body[at + 1] == 3
    where = f" on {COSTLY_GROUPS[group]}" if group in COSTLY_GROUPS else ""
    return f"TLS 1.2, signed with {'ECDSA' if ecdsa else 'RSA'}{where}"


def kind_of(octets):
    plain, encrypted = b"", 0
    for content, fragment in records(octets):
        if content == ALERT and not plain:
            return "refused with an alert"
        if content == HANDSHAKE:
            plain += fragment
        if content == DATA:
            encrypted += len(fragment)
    heard = dict(messages(plain))
    if SERVER_HELLO not in heard:
        return "no answer"
    if heard[SERVER_HELLO][2:34] == RETRY:
        return "HelloRetryRequest"
    if encrypted:
        return f"TLS 1.3, signed with {'RSA' if encrypted > LARGE else 'ECDSA'}"
    if SERVER_KEY_EXCHANGE not in heard:
        return "TLS 1.2, RSA key transport"
    return key_exchange_kind(heard[SERVER_KEY_EXCHANGE])


def ask(port, hello):
    with socket.create_connection((FIRST, port), 5) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(hello)
        connection.recv(65536)


def microseconds(bench, hello, times):
    before = bench.server_cpu()
    for _ in range(times):
        ask(bench.port, hello)
    time.sleep(0.01)  # nginx has yet to see that the last one is over
    return (bench.server_cpu() - before) * 1e6 / times


def scan(bench):
    command = [bench.command, "-q", "--json=-", "--evidence", f"{FIRST}:{bench.port}"]
    before = bench.server_cpu()
    report = json.loads(bench.run(*command, good=(0, 1)).text)
    return report["endpoints"][0]["probes"], (bench.server_cpu() - before) * 1000


def measure(bench, probes, times):
    sums, counts, handshakes = collections.Counter(), collections.Counter(), 0
    for probe in probes:
        if probe["what"].startswith("complete handshake"):
            handshakes += 1
            continue
        hello = base64.b64decode(probe["sent"])
        kind = kind_of(base64.b64decode(probe["received"] or ""))
        counts[kind] += 1
        sums[kind] += min(microseconds(bench, hello, times) for _ in range(ROUNDS))
    return sums, counts, handshakes


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default="build")
    options.add_argument("--times", type=int, default=20, help="that each hello is sent in a round")
    given = options.parse_args()
    raise_descriptors()
    with tempfile.TemporaryDirectory(prefix="shakedown-bench-") as folder:
        bench = Bench(folder, os.path.abspath(given.build), 1)
        try:
            bench.serve()
            machine()
            scan(bench)  # warms the server
            probes, whole = scan(bench)
            sums, counts, handshakes = measure(bench, probes, given.times)
        finally:
            bench.stop()
    print(f"{'kind of question':<38} {'number':>6} {'each':>8} {'sum':>9}")
    for kind in sorted(sums, key=sums.get, reverse=True):
        print(f"{kind:<38} {counts[kind]:>6} {sums[kind] / counts[kind]:>5.0f} us {sums[kind] / 1000:>6.2f} ms")
    print(f"{'complete handshakes':<38} {handshakes:>6}")
    print(f"{'one scan as it comes':<38} {len(probes):>6} {'':>8} {whole:>6.2f} ms")


if __name__ == "__main__":
    main()
