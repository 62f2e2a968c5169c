# SPDX-License-Identifier: Apache-2.0
"""Servers that have enough of us: what is said of them may become unknown, and never turns. Closes with "N passed, N failed"."""

import json
import select
import socket
import struct
import sys
import threading
import time

import cli
from cli import equal, run

CASES = []
SECTIONS = ["versions", "groups", "extensions", "alpn", "sessions", "downgrade", "intolerance", "behaviours", "signature_schemes", "post_quantum"]


def case(function):
    CASES.append(function)
    return function


class Door(threading.Thread):
    """Hands connections on to a server, and turns those away that are too many at once, or in a second."""

    def __init__(self, server, manner, at_once=None, in_a_second=None):
        super().__init__(daemon=True)
        host, port = server.split(":")
        self.server, self.manner, self.at_once, self.in_a_second = (host, int(port)), manner, at_once, in_a_second
        self.lock, self.open, self.recent, self.away = threading.Lock(), 0, [], 0
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.target = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.start()

    def run(self):
        while True:
            try:
                client = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def is_full(self):
        now = time.monotonic()
        self.open += 1
        self.recent = [then for then in self.recent if now - then < 1] + [now]
        full = self.open > self.at_once if self.at_once else len(self.recent) > self.in_a_second
        self.away += full
        return full

    def turn_away(self, client):
        client.recv(4096)
        if self.manner == "words":
            client.send(b"421 too many connections\r\n")
        elif self.manner == "internal_error":
            client.send(bytes.fromhex("15030300020250"))
        elif self.manner == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def hand_on(self, client):
        with socket.create_connection(self.server) as server:
            while True:
                for one in select.select([client, server], [], [], 10)[0]:
                    octets = one.recv(65536)
                    if not octets:
                        return
                    (server if one is client else client).sendall(octets)

    def serve(self, client):
        with self.lock:
            full = self.is_full()
        try:
            if full:
                self.turn_away(client)
            else:
                self.hand_on(client)
        except OSError:
            pass
        finally:
            with self.lock:
                self.open -= 1
            client.close()

    def close(self):
        cli.stop_listening(self.socket)


def rows(endpoint, section):
    """Verdicts that say something, by what they are about."""
    found = {}
    for row in endpoint.get(section) or []:
        name = (row.get("id") or row.get("name") or row.get("code"), row.get("version"))
        if row["verdict"] in ("yes", "no"):
            found[name] = row["verdict"]
        for version in row.get("versions") or []:
            found[(name, version)] = row["verdict"]
    return found


def suites(endpoint):
    """Of each version that is listed to its end."""
    whole = {row["version"] for row in endpoint["suite_enumeration"] if row["verdict"] == "yes"}
    return {version: [row["name"] for row in endpoint["cipher_suites"] if row["version"] == version] for version in whole}


def turned(free, pushed):
    """What a scan says that a scan of the same server without a limit does not."""
    wrong = []
    for section in SECTIONS:
        one, other = rows(free, section), rows(pushed, section)
        wrong += [(section, name, other[name]) for name in other if name in one and one[name] != other[name]]
    one, other = suites(free), suites(pushed)
    wrong += [("suites", version, other[version]) for version in other if version in one and one[version] != other[version]]
    return wrong


def scan(target):
    (report,) = map(json.loads, run("--json", "--only=versions,suites,groups,extensions,alpn,intolerance,downgrade", target).stdout.splitlines())
    return report["endpoints"][0]


def settled(endpoint):
    return sum(len(rows(endpoint, section)) for section in SECTIONS)


@case
def facts_never_turn(world):
    free = scan(world.server)
    equal(free["traffic"]["pushed_back"], False)
    for manner, limits in (("reset", {"at_once": 1}), ("reset", {"at_once": 3}), ("close", {"at_once": 2}), ("reset", {"in_a_second": 20}),
                           ("internal_error", {"at_once": 3}), ("words", {"at_once": 3})):
        door = Door(world.server, manner, **limits)
        try:
            pushed = scan(door.target)
        finally:
            door.close()
        equal(turned(free, pushed), [], (manner, limits))
        equal((door.away > 0, pushed["traffic"]["pushed_back"]), (True, True), (manner, limits))
        if manner in ("reset", "close"): # nothing is lost either
            assert settled(pushed) >= 0.9 * settled(free), (manner, limits, settled(pushed), settled(free))


if __name__ == "__main__":
    sys.exit(cli.main([], CASES))
