#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Days left, and --expires-within in a scan and its replay. Closes with "N passed, N failed"."""

import datetime
import json
import subprocess
import sys

import cli
from cli import equal, run

CASES = []

BAD = [
    ("no number of days", ["--expires-within=soon", "{server}"], "--expires-within takes a number from 0 to 36500"),
    ("days below 0", ["--expires-within=-1", "{server}"], "--expires-within takes a number"),
    ("too many days", ["--expires-within=36501", "{server}"], "--expires-within takes a number"),
    ("limit without certificates", ["--expires-within=1", "--only=versions", "{server}"], "a limit on expiry needs the check 'certificates'"),
    ("expiry without a limit", ["--fail-on=expiry", "{server}"], "there has to be a limit"),
    ("limit for a schema", ["schema", "--expires-within=1"], "no meaning"),
]


def case(function):
    CASES.append(function)
    return function


def end_of(world):
    text = subprocess.run(["openssl", "x509", "-in", world.path("root.pem"), "-noout", "-enddate"], check=True, capture_output=True, text=True).stdout
    return int(datetime.datetime.strptime(text.strip(), "notAfter=%b %d %H:%M:%S %Y GMT").replace(tzinfo=datetime.timezone.utc).timestamp())


@case
def days_are_whole(world):
    for left, days in ((-86401, -2), (-86400, -1), (-1, -1), (0, 0), (86399, 0), (86400, 1), (86401, 1)):
        result = run("--json", "--only=certificates", f"--now=@{end_of(world) - left}", world.server)
        chains = json.loads(result.stdout)["endpoints"][0]["certificates"]
        for chain in chains:
            equal((chain["expiry"]["days_left"], chain["chain"][0]["days_left"], chain["expiry"]["certificate"]), (days, days, 0), f"{left} seconds left")
        assert chains


@case
def limit_sets_the_status(world):
    for left, want in ((7 * 86400 + 1, 0), (7 * 86400, 1)):
        transcript, options = world.path("transcript"), ["--json", "--expires-within=7"]
        result = run(*options, "--only=certificates", f"--transcript={transcript}", f"--now=@{end_of(world) - left}", world.server)
        equal((result.returncode, result.stderr), (want, b""), f"{left} seconds left")
        (row,) = json.loads(result.stdout)["thresholds"]
        equal((row["verdict"], len(row["certificates"])), (["pass", "fail"][want], want))
        replayed = run("replay", *options, transcript)
        equal((replayed.returncode, replayed.stdout), (want, result.stdout), "the replay")
        with open(world.path("saved.json"), "wb") as file:
            file.write(result.stdout)
        judged = run("judge", *options, world.path("saved.json"))
        equal((judged.returncode, judged.stdout), (want, result.stdout), "judged again")
        equal(json.loads(run("replay", "--json", transcript).stdout)["thresholds"], [])


@case
def what_is_judged_is_asked_in_full(world):
    """Certificates alone are asked for by few questions, and then nobody may take the answers for all there is."""
    few = json.loads(run("--json", "--only=certificates", world.server).stdout)["endpoints"][0]
    equal((few["certificate_enumeration"]["verdict"], few["traffic"]["connections"], few["versions"]), ("not_tested", 2, []))
    for option in ("--expires-within=1", "--policy=cabf-br", "--fail-on=critical"):
        full = json.loads(run("--json", "--only=certificates", option, world.server).stdout)["endpoints"][0]
        equal((full["certificate_enumeration"]["verdict"], len(full["versions"])), ("yes", 6), option)
    result = run("--json", "--only=certificates", "--expires-within=1", "--skip=versions", world.server)
    equal((result.returncode, json.loads(result.stdout)["thresholds"][0]["verdict"]), (3, "incomplete"))


@case
def reproducible_reports_have_no_days(world):
    result = run("--json", "--reproducible", "--only=certificates", "--expires-within=7", world.server)
    assert b"days_left" not in result.stdout and b'"thresholds":[{' in result.stdout, result.stdout
    equal(json.loads(result.stdout)["endpoints"][0]["certificates"][0]["expiry"]["certificate"], 0)


@case
def nothing_reached_is_4(world):
    result = run("--json", "--expires-within=7", world.refused)
    equal((result.returncode, json.loads(result.stdout)["thresholds"][0]["verdict"]), (4, "incomplete"))


if __name__ == "__main__":
    sys.exit(cli.main(BAD, CASES))
