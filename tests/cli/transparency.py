# SPDX-License-Identifier: Apache-2.0
"""Servers that deliver SCTs of toy logs (fixtures/ct) in every way, lists of logs, and replays. openssl s_client must agree
about the signatures. Closes with "N passed, N failed"."""

import base64
import json
import os
import re
import subprocess
import sys

import cli
from cli import equal, run
from keys import Server

CASES = []
CERTIFICATES, CT = (os.path.join(cli.ROOT, "fixtures", folder) for folder in ("certificates", "ct"))
LOGS, NOW = f"--ct-logs={CT}/logs.csv", "--now=2026-02-02"
COMMON = ("--json", NOW, LOGS, f"--ca-file={CERTIFICATES}/root.pem")


def case(function):
    CASES.append(function)
    return function


def read(name):
    with open(os.path.join(CT, name), "rb") as file:
        return file.read()


def pem(world, kind, octets):
    lines = base64.encodebytes(octets).decode()
    return world.path(kind.replace(" ", "-"), f"-----BEGIN {kind}-----\n{lines}-----END {kind}-----\n".encode())


def delivering(world):
    """What s_server takes to put a list into the ServerHello, and beside the certificate in TLS 1.3 (contexts 0x11C0)."""
    list_ = read("tls.list")
    extension = (0x11C0).to_bytes(4, "big") + (18).to_bytes(2, "big") + len(list_).to_bytes(2, "big") + list_
    return ["-serverinfo", pem(world, "SERVERINFOV2 FOR SCT", extension)]


def server(world, chain, *options):
    return Server(world, os.path.join(CERTIFICATES, "ec.key"), name=os.path.join(CT, f"{chain}-chain.pem"),
                  options=["-cert_chain", os.path.join(CERTIFICATES, "intermediate.pem"), *options])


def transparency(result):
    (endpoint,) = json.loads(result.stdout)["endpoints"]
    (chain,) = endpoint["certificates"]
    return chain["transparency"]


def told(found):
    return sorted(((row["source"], row["log"], row["verdict"]) for row in found["scts"]), key=str)


ASH, CEDAR, ELM = (f"Toy log {name}" for name in ("ash", "cedar", "elm"))
EMBEDDED = [("certificate", ASH, "yes"), ("certificate", CEDAR, "yes")]
IN_TLS = [("tls", ASH, "yes"), ("tls", ELM, "yes")]
IN_STAPLE = [("ocsp", ASH, "yes"), ("ocsp", CEDAR, "yes")]
STAPLE = ["-status_file", os.path.join(CT, "staple.der")]


@case
def scts_are_found_in_every_way(world):
    for chain, options, wanted in (
        ("two", [], EMBEDDED),
        ("plain", delivering(world), IN_TLS),
        ("plain", STAPLE, IN_STAPLE),
        ("plain", [*STAPLE, *delivering(world)], IN_STAPLE + IN_TLS),
        ("plain", [], []),
    ):
        for version in ("-tls1_2", "-tls1_3"):
            with server(world, chain, *options, version) as one:
                result = run(*COMMON, "--only=versions,suites,certificates,extensions,transparency", one.target)
                equal((result.returncode, result.stderr), (0, b""), (chain, options))
                found = transparency(result)
                equal(told(found), wanted, (chain, options, version))
                equal((found["verdict"], found["logs"]), ("yes" if wanted else "no", os.path.join(CT, "logs.csv")))
                equal([(row["policy"], row["verdict"], row["reason"]) for row in found["policies"]],
                      [("chrome", "not_applicable", "not_public"), ("apple", "not_applicable", "not_public")])


def log_list(world):
    """logs.csv as openssl(1) reads it."""
    rows = [line.split(",") for line in read("logs.csv").decode().splitlines()[1:] if '"' not in line]
    names = [f"log{i}" for i in range(len(rows))]
    sections = "".join(f"[{name}]\ndescription = {row[1]}\nkey = {row[13]}\n" for name, row in zip(names, rows))
    return world.path("logs.cnf", f"enabled_logs = {','.join(names)}\n{sections}".encode())


@case
def openssl_agrees(world):
    for chain, options, wanted in (
        ("two", [], EMBEDDED),
        ("plain", delivering(world), IN_TLS),
        ("plain", [*STAPLE, *delivering(world)], IN_STAPLE + IN_TLS),
    ):
        with server(world, chain, *options) as one:
            told_by = subprocess.run(
                ["openssl", "s_client", "-connect", one.target, "-CAfile", os.path.join(CERTIFICATES, "root.pem"), "-ct", "-status",
                 "-ctlogfile", log_list(world), "-attime", "1770000000"], input=b"", capture_output=True, timeout=20)
            text = told_by.stdout.decode(errors="replace")
            equal(len(re.findall("SCT validation status: valid", text)), len(wanted), text)


@case
def a_replay_knows_the_same_logs(world):
    transcript, logs = world.path("ct.transcript"), world.path("logs.csv", read("logs.csv"))
    other = world.path("other.csv", b"\n".join(line for line in read("logs.csv").split(b"\n") if b"log ash" not in line))
    with server(world, "two") as one:
        first = run("--json", NOW, f"--ct-logs={logs}", "--only=transparency", f"--transcript={transcript}", one.target)
    equal(first.returncode, 0, first.stderr)
    again = run("replay", "--json", transcript)
    equal((again.returncode, again.stdout), (0, first.stdout))
    differently = transparency(run("replay", "--json", f"--ct-logs={other}", transcript))
    equal(told(differently), sorted([("certificate", CEDAR, "yes"), ("certificate", None, "unknown")], key=str))
    os.unlink(logs)
    gone = run("replay", "--json", transcript)
    equal(gone.returncode, 2)
    assert b"logs.csv" in gone.stderr and gone.stderr.count(b"\n") == 1, gone.stderr


@case
def without_a_file_the_table_is_used(world):
    with server(world, "two") as one:
        found = transparency(run("--json", NOW, "--only=transparency", one.target))
    equal((found["logs"], told(found)), ("built-in", [("certificate", None, "unknown")] * 2))
    equal([row["date"] is not None for row in found["policies"]], [True, True])


BAD = [
    ("missing list of logs", ["--ct-logs={folder}/absent", "{server}"], "absent"),
    ("list of logs that is a folder", ["--ct-logs={folder}", "{server}"], "directory"),
    ("list of logs that is something else", ["--ct-logs={folder}/root.pem", "{server}"], "root.pem:1: "),
    ("list of logs that nothing would look into", [LOGS, "--skip=transparency", "{server}"], "'transparency'"),
    ("list of logs without certificates", [LOGS, "--only=versions", "{server}"], "'certificates'"),
]


if __name__ == "__main__":
    sys.exit(cli.main(BAD, CASES))
