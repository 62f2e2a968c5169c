#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds reports against docs/report-v1.schema.json.

Every golden report and every file named on the command line (one report, or one a line) must be
valid, and what its evidence names must be among its probes. Then each golden report is spoilt in
one place at a time, and the schema must notice. Closes with "N passed, N failed".
"""
import copy
import json
import pathlib
import sys

from jsonschema import Draft202012Validator

TOP = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = TOP / "docs" / "report-v1.schema.json"
GOLDEN = TOP / "fixtures" / "golden"

# Keys that a report may lack: see the schema.
OPTIONAL = {"started", "duration_ms", "now", "days_left", "bytes_received", "probes", "pem", "tries", "connect_ms", "ms"}

results = {True: 0, False: 0}


def check(good, what):
    results[bool(good)] += 1
    if not good:
        print("FAIL", what)


def reports_in(path):
    """One report, or one a line."""
    text = path.read_text(encoding="utf-8")
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line]


def nodes(value, path=()):
    """Every value of a report with the way to it, the report itself left out."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield path + (key,), below
        yield from nodes(below, path + (key,))


def evidence_of(endpoint):
    return {key for path, value in nodes(endpoint) if path[-1] == "evidence" for key in value}


def resolves(report):
    """Where there are probes, each key of the evidence is one of theirs; what DNS says is evidenced at any address."""
    asked = {probe["key"] for endpoint in report["endpoints"] for probe in endpoint.get("probes", ())}
    if asked and not evidence_of(report["dns"]) <= asked:
        return False
    return all(
        evidence_of(endpoint) <= {probe["key"] for probe in endpoint["probes"]}
        for endpoint in report["endpoints"]
        if "probes" in endpoint
    )


def stranger(value):
    """A value of a type that this place does not take."""
    if isinstance(value, bool) or value is None:
        return {"never": "here"}
    return 0.5 if isinstance(value, (str, list, dict)) else "0"


def spoil(report, seen, what, path, change):
    """The report with a change made to what `path` leads to, unless that place in a like row was spoilt before."""
    place = "/".join("*" if isinstance(key, int) else key for key in path)
    if (what, place) in seen:
        return
    seen.add((what, place))
    copied = copy.deepcopy(report)
    below = copied
    for key in path[:-1]:
        below = below[key]
    change(below, path[-1])
    yield f"{what} at {place}", copied


def put(value):
    def change(below, key):
        below[key] = value

    return change


def drop(below, key):
    del below[key]


def spoilt_by_type(report, seen):
    for path, value in nodes(report):
        yield from spoil(report, seen, "wrong type", path, put(stranger(value)))


def spoilt_by_key(report, seen):
    for path, value in [((), report), *nodes(report)]:
        if isinstance(value, dict):
            yield from spoil(report, seen, "unknown key", path + ("never_heard_of",), put(1))
        if path and isinstance(path[-1], str) and path[-1] not in OPTIONAL:
            yield from spoil(report, seen, "missing key", path, drop)


def spoilt_by_word(report, seen):
    words = {"verdict": "maybe", "status": "fine", "outcome": "odd", "schema": "shakedown-report/2", "code": "-"}
    for path, value in nodes(report):
        if path[-1] in words:
            yield from spoil(report, seen, "wrong word", path, put(words[path[-1]]))
        if path[-2:-1] == ("evidence",):
            yield from spoil(report, seen, "wrong key of a probe", path, put(value.upper() + "0"))


def spoilt_by_silence(report, seen):
    """What is not known must say why."""
    for path, value in nodes(report):
        if isinstance(value, dict) and value.get("verdict") in ("unknown", "not_applicable", "not_tested", "inconsistent"):
            for key in ("reason", "sentence"):
                yield from spoil(report, seen, "silence", path + (key,), put(None))


def once(pairs):
    """Of a key that stands twice, the first is as good as not there."""
    keys = [key for key, _ in pairs]
    check(len(set(keys)) == len(keys), f"a key of the schema stands twice: {sorted({key for key in keys if keys.count(key) > 1})}")
    return dict(pairs)


def main(names):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"), object_pairs_hook=once)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    golden = sorted(GOLDEN.glob("*.json"))
    check(golden, "there are golden reports")
    for path in golden + [pathlib.Path(name) for name in names]:
        for report in reports_in(path):
            errors = [f"{error.json_path}: {error.message}"[:300] for error in validator.iter_errors(report)]
            check(not errors, f"{path.name} is valid: {'; '.join(errors[:5])}")
            check(errors or resolves(report), f"{path.name}: evidence names probes that are not there")
    seen = set()  # what was spoilt in one row need not be in the next
    for path in golden:
        for how in (spoilt_by_type, spoilt_by_key, spoilt_by_word, spoilt_by_silence):
            for what, report in how(reports_in(path)[0], seen):
                check(not validator.is_valid(report), f"{path.name}: the schema lets through: {what}")
    print(f"{results[True]} passed, {results[False]} failed")
    return results[False] != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
