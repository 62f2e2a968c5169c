#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what format_test.c compares against what its readers take: each format by its own schema or tool,
where there is one, or by a strict look at its structure. Closes with "N passed, N failed"."""

import csv
import io
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIXTURES = os.path.join(ROOT, "fixtures", "formats")

results = {True: 0, False: 0}


def check(good, what):
    results[bool(good)] += 1
    if not good:
        print("FAIL", what)


def read(name):
    with open(os.path.join(FIXTURES, name), encoding="utf-8", newline="") as file:
        return file.read()


def reports():
    return [json.loads(line) for line in read("fleet.ndjson").splitlines()]


# --- NDJSON ------------------------------------------------------------------------------------------

def test_ndjson():
    text = read("fleet.ndjson")
    check(text.endswith("\n") and "\r" not in text and "\n\n" not in text, "lines, each ended")
    check(all(json.loads(line)["schema"] == "shakedown-report/1" for line in text.splitlines()), "each line is a report")


# --- CSV ---------------------------------------------------------------------------------------------

COLUMNS = ["target", "host", "address", "port", "status", "scanned", "versions", "certificate", "not_after", "grade", "policy",
           "policy_verdict", "kind", "id", "severity", "verdict", "title", "where", "detail", "advice", "references", "waived"]


def rows(name):
    return list(csv.DictReader(io.StringIO(read(name)), strict=True))


def test_csv():
    for name in ("fleet.csv", "forged.csv"):
        text = read(name)
        # Columns are for ever: new ones come behind these.
        check(next(csv.reader(io.StringIO(text)))[:len(COLUMNS)] == COLUMNS, f"{name}: the columns and their order")
        check(text.count("\r\n") == text.count("\n") == text.count("\r"), f"{name}: every line ends in CRLF")
        for row in rows(name):
            check(None not in row and None not in row.values(), f"{name}: as many fields as columns")
            check(not any(value[:1] in tuple("=+-@|%\t\r") for value in row.values()), f"{name}: a formula: {row}")
            check(all(len(value) < 8192 and value.isprintable() for value in row.values()), f"{name}: what does not print: {row}")
    # Nobody vanishes, and every finding is there.
    fleet, table = reports(), rows("fleet.csv")
    endpoints = sum(len(report["endpoints"]) or 1 for report in fleet)
    check(sum(row["kind"] == "address" for row in table) == endpoints, "a row for each address")
    for report in fleet:
        own = [row for row in table if row["target"] == report["target"]["input"]]
        for kind, wanted in (("finding", [finding["id"] for finding in report["findings"]]),
                             ("rule", [rule["id"] for rule in report["policy"]["rules"] if rule["verdict"] in ("fail", "incomplete")])):
            found = {row["id"] for row in own if row["kind"] == kind}
            check(found == set(wanted), f"{report['target']['input']}: {kind}s: {found ^ set(wanted)}")
        check(sum(row["kind"] == "unjudged" for row in own) == len(report["unjudged"]), "what could not be judged")


def main():
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            test()
    print(f"{results[True]} passed, {results[False]} failed")
    return results[False] != 0


if __name__ == "__main__":
    sys.exit(main())
