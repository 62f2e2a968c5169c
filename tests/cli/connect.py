#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`shakedown connect`: options, statuses, views and replays. Closes with "N passed, N failed"."""

import json
import socket
import sys
import threading

import cli
from cli import equal, run

CASES = []

BAD = [
    ("no host to connect to", ["connect"], "connect takes one host"),
    ("two hosts to connect to", ["connect", "{server}", "{server}"], "connect takes one host"),
    ("a version that no careful client has", ["connect", "--tls=1.1", "{server}"], "1.2|1.3"),
    ("a version for a scan", ["--tls=1.2", "{server}"], "--tls has no meaning for `scan`"),
    ("protocols for a scan", ["--alpn=h2", "{server}"], "--alpn has no meaning for `scan`"),
    ("protocols without a name", ["connect", "--alpn=h2,,x", "{server}"], "no list of protocols"),
    ("protocols with a space", ["connect", "--alpn=h2, x", "{server}"], "no list of protocols"),
    ("too many protocols", ["connect", "--alpn=" + "x" * 256, "{server}"], "no list of protocols"),
    ("checks for a connection", ["connect", "--only=versions", "{server}"], "--only has no meaning for `connect`"),
    ("a limit for a connection", ["connect", "--expires-within=1", "{server}"], "no meaning for `connect`"),
    ("a bad port to connect to", ["connect", "localhost:0"], "1 to 65535"),
    ("a range of addresses to connect to", ["connect", "127.0.0.0/24"], "127.0.0.0/24"),
    ("a list of ports to connect to", ["connect", "127.0.0.1:443,8443"], "1 to 65535"),
    ("a missing CA file", ["connect", "--ca-file={folder}/absent", "{server}"], "absent"),
]


def case(function):
    CASES.append(function)
    return function


def connection(world, *options, target=None, status=None):
    result = run("connect", "--json", *options, target or world.server)
    equal(result.stderr, b"")
    if status is not None:
        equal(result.returncode, status, f"status with {options}: {result.stdout[:600]}")
    return json.loads(result.stdout)["endpoints"][0]


def trusting(world):
    return f"--ca-file={world.path('root.pem')}"


@case
def trusted_is_0(world):
    endpoint = connection(world, trusting(world), status=0)
    found = endpoint["connection"]
    equal((found["verdict"], found["completed"]["verdict"], found["trusted"]["verdict"]), ("yes", "yes", "yes"))
    equal((found["version"], found["group"], found["alpn"], found["stapled"]), ("TLSv1.3", "x25519", None, False))
    equal((endpoint["status"], endpoint["traffic"]["connections"]), ("complete", 1), "one connection")
    equal(found["certificates"]["hostname"]["matched"], "127.0.0.1")
    assert found["ms"] > 0 and found["connect_ms"] > 0, found
    equal([row["id"] for row in endpoint["checks"]], ["connect"])


@case
def pinned_version_is_kept(world):
    for tls in ("1.2", "1.3"):
        found = connection(world, trusting(world), f"--tls={tls}", status=0)["connection"]
        equal((found["version"], found["offered"]["lowest"], found["offered"]["highest"]), (f"TLSv{tls}",) * 3)


@case
def untrusted_is_1(world):
    found = connection(world, status=1)["connection"]
    equal((found["verdict"], found["reason"], found["completed"]["verdict"]), ("no", "self_signed", "yes"))
    equal(found["reason"], found["certificates"]["trust"][0]["reason"], "the chain's own reason")


@case
def wrong_name_is_1(world):
    found = connection(world, trusting(world), "--sni=other.example", status=1)["connection"]
    equal((found["verdict"], found["reason"]), ("no", "no_match"))


@case
def expired_is_1(world):
    found = connection(world, trusting(world), "--now=2040-01-01", status=1)["connection"]
    equal((found["verdict"], found["reason"]), ("no", "expired"))


@case
def nobody_is_4(world):
    endpoint = connection(world, target=world.refused, status=4)
    equal((endpoint["status"], endpoint["connection"]["verdict"], endpoint["connection"]["reason"]), ("refused", "unknown", "refused"))


@case
def silence_is_not_1(world):
    endpoint = connection(world, "--timeout=0.2", "--retries=0", target=world.silent_target())
    equal((endpoint["connection"]["verdict"], endpoint["connection"]["reason"]), ("unknown", "silent"))
    assert run("connect", "-q", "--timeout=0.2", "--retries=0", world.silent_target()).returncode in (3, 4)


def served(text):
    """A port whose server reads a little, says `text` and closes."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                peer.recv(2000)
                peer.sendall(text)
    threading.Thread(target=serve, daemon=True).start()
    return server, f"127.0.0.1:{server.getsockname()[1]}"


@case
def plain_http_is_4(world):
    server, target = served(b"HTTP/1.1 400 Bad Request\r\n\r\n\x1b[31m")
    try:
        endpoint = connection(world, target=target, status=4)
        equal((endpoint["status"], endpoint["connection"]["reason"]), ("not_tls", "not_tls"))
        text = run("connect", "-v", target).stdout
        assert b"\x1b" not in text, text
    finally:
        cli.stop_listening(server)


@case
def broken_tls_is_not_trusted(world):
    for octets in (b"\x16\x03\x03\x00\x04\x02\x00\x00", b"\x16\x03\x03\x00\x02\x02\x00", b"\x15\x03\x01\x00\x02\x02\x28", b"\x16"):
        server, target = served(octets)
        try:
            result = run("connect", "--json", target)
            assert result.returncode in (1, 3), (octets, result.returncode)
            assert json.loads(result.stdout)["endpoints"][0]["connection"]["verdict"] != "yes"
        finally:
            cli.stop_listening(server)


@case
def replay_and_judge_give_the_same(world):
    for options, status in (([trusting(world), "--tls=1.2", "--alpn=h2,http/1.1"], 0), (["--sni=other.example"], 1)):
        transcript = world.path("connect.txt")
        first = run("connect", "--json", f"--transcript={transcript}", *options, world.server)
        again = run("replay", "--json", transcript)
        equal((first.returncode, again.returncode), (status, status))
        equal(again.stdout, first.stdout, "the replay")
        saved = world.path("connect.json", first.stdout)
        judged = run("judge", "--json", saved)
        equal((judged.returncode, judged.stdout), (status, first.stdout), "judged again")
        shown = run("connect", "--reproducible", "--json", *options, world.server)
        assert b'"ms"' not in shown.stdout and b"connect_ms" not in shown.stdout, shown.stdout


@case
def text_is_for_people(world):
    text = run("connect", trusting(world), world.server).stdout.decode()
    for part in ("Usable      yes", "Protocol    TLSv1.3", "Staple      none", "1 connection in", "CN=localhost", "Time "):
        assert part in text, (part, text)
    quiet = run("connect", "-q", world.server)
    equal((quiet.returncode, quiet.stdout.count(b"\n")), (1, 1))
    assert b"usable no (self_signed)" in quiet.stdout, quiet.stdout


@case
def scan_can_connect_too(world):
    result = run("--json", "--only=connect,versions", trusting(world), world.server)
    endpoint = json.loads(result.stdout)["endpoints"][0]
    equal((result.returncode, endpoint["connection"]["verdict"], len(endpoint["versions"])), (0, "yes", 6))
    equal(json.loads(run("--json", "--only=versions", world.server).stdout)["endpoints"][0]["connection"], None)


if __name__ == "__main__":
    sys.exit(cli.main(BAD, CASES))
