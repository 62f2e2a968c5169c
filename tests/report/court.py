# SPDX-License-Identifier: Apache-2.0
"""What the tests that judge and compare saved reports share: the command, and counting."""

import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMAND = os.path.join(ROOT, os.environ.get("BUILD", "build"), "shakedown")
DATA = os.path.join(ROOT, "data")

results = {True: 0, False: 0}


def check(good, what):
    results[bool(good)] += 1
    if not good:
        print("FAIL", what)


def run(*arguments, data=""):
    return subprocess.run([COMMAND, *arguments], input=data, capture_output=True, text=True, timeout=300, check=False)


def judged(reports, *arguments):
    """Reports judged by the command, and its status."""
    text = "".join(json.dumps(report) + "\n" for report in reports)
    result = run("judge", "--json", *arguments, data=text)
    if result.stderr:
        print(result.stderr, end="")
    out = [json.loads(line) for line in result.stdout.splitlines()] if len(reports) > 1 else [json.loads(result.stdout)]
    return out, result.returncode


def write(folder, name, value):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(value if isinstance(value, str) else json.dumps(value, indent=1))
    return path


def silence(value):
    """Makes all that a report knows unknown."""
    if isinstance(value, dict):
        if value.get("verdict") in ("yes", "no", "not_applicable", "server"):
            value.update(verdict="unknown", reason="silent", sentence="silence")
        for below in value.values():
            silence(below)
    if isinstance(value, list):
        for below in value:
            silence(below)
