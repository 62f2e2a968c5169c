#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds each format against what its readers take: its own schema or tool where one can be had here, and a
strict look at its structure. The reports are the golden ones, judged, and a forged one. Closes with
"N passed, N failed, N skipped"."""

import csv
import glob
import io
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ElementTree

import jsonschema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMAND = os.path.join(ROOT, os.environ.get("BUILD", "build"), "shakedown")
FORGED = os.path.join(ROOT, "fixtures", "formats", "forged-report.json")
# One report of each target: rows of a table are told apart by it.
GOLDEN = list({json.load(open(path, encoding="utf-8"))["target"]["input"]: path
               for path in sorted(glob.glob(os.path.join(ROOT, "fixtures", "golden", "*.json")))}.values())
POLICY = os.path.join(ROOT, "fixtures", "formats", "policy.json")
NOW = "2026-11-23T14:05:09Z"

results = {True: 0, False: 0}
skipped = []


def check(good, what):
    results[bool(good)] += 1
    if not good:
        print("FAIL", what)


def run(*arguments, data=None):
    return subprocess.run(arguments, input=data, capture_output=True, timeout=60, check=False)


def fleet(name):
    return run(COMMAND, "judge", f"--policy={POLICY}", f"--now={NOW}", "-o", name, *GOLDEN).stdout.decode()


def forged(name):
    return run(COMMAND, "render", f"--format={name}", FORGED).stdout.decode()


def both(name):
    return (("fleet", fleet(name)), ("forged", forged(name)))


def reports():
    return [json.loads(line) for line in fleet("ndjson").splitlines()]


def endpoints(report):
    return report["endpoints"] or [None]


def validator(schema, store=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the newer way to name other schemas is not in older versions
        resolver = jsonschema.RefResolver(schema.get("$id", schema.get("id", "")), schema, store=store or {})
        return jsonschema.validators.validator_for(schema)(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())


def schemas(folder):
    """The schemas in a folder, by the ends of their names; none where they cannot be had."""
    place = run("sh", os.path.join(ROOT, "tests", "report", "schemas.sh")).stdout.decode().strip()
    if not place:
        skipped.append(f"the schema of {folder}: no npm, or no answer from it")
        return {}
    return {os.path.basename(path): json.load(open(path, encoding="utf-8")) for path in glob.glob(os.path.join(place, folder, "*.json"))}


def errors_of(valid, document):
    return [f"{list(error.path)[:6]}: {error.message[:200]}" for error in valid.iter_errors(document)][:5]


# --- NDJSON ------------------------------------------------------------------------------------------

def test_ndjson():
    text = fleet("ndjson")
    check(text.endswith("\n") and "\r" not in text and "\n\n" not in text, "lines, each ended")
    check(all(json.loads(line)["schema"] == "shakedown-report/1" for line in text.splitlines()), "each line is a report")


# --- CSV ---------------------------------------------------------------------------------------------

COLUMNS = ["target", "host", "address", "port", "status", "scanned", "versions", "certificate", "not_after", "grade", "policy",
           "policy_verdict", "kind", "id", "severity", "verdict", "title", "where", "detail", "advice", "references", "waived"]


def test_csv():
    for name, text in both("csv"):
        # Columns are for ever: new ones come behind these.
        check(next(csv.reader(io.StringIO(text, newline="")))[:len(COLUMNS)] == COLUMNS, f"{name}: the columns and their order")
        check(text.count("\r\n") == text.count("\n") == text.count("\r"), f"{name}: every line ends in CRLF")
        for row in csv.DictReader(io.StringIO(text, newline=""), strict=True):
            check(None not in row and None not in row.values(), f"{name}: as many fields as columns")
            check(not any(value[:1] in tuple("=+-@|%\t\r\uFF1D\uFF0B\uFF0D\uFF20") for value in row.values()), f"{name}: a formula: {row}")
            check(all(len(value) < 8192 and value.isprintable() for value in row.values()), f"{name}: what does not print: {row}")
    # Nobody vanishes, and every finding is there.
    table = list(csv.DictReader(io.StringIO(fleet("csv"), newline=""), strict=True))
    check(sum(row["kind"] == "address" for row in table) == sum(len(endpoints(report)) for report in reports()), "a row for each address")
    for report in reports():
        own = [row for row in table if row["target"] == report["target"]["input"]]
        for kind, wanted in (("finding", [finding["id"] for finding in report["findings"]]),
                             ("rule", [rule["id"] for rule in report["policy"]["rules"] if rule["verdict"] in ("fail", "incomplete")])):
            found = {row["id"] for row in own if row["kind"] == kind}
            check(found == set(wanted), f"{report['target']['input']}: {kind}s: {found ^ set(wanted)}")
        check(sum(row["kind"] == "unjudged" for row in own) == len(report["unjudged"]), "what could not be judged")


# --- SARIF -------------------------------------------------------------------------------------------

def look_at_sarif(name, log):
    """What GitHub wants beyond the schema."""
    (one,) = log["runs"]
    rules = one["tool"]["driver"]["rules"]
    check(len({rule["id"] for rule in rules}) == len(rules), f"{name}: a rule is described once")
    for rule in rules:
        score = rule["properties"].get("security-severity")
        check(score is None or re.fullmatch(r"\d\.\d", score), f"{name}: a score: {score}")
        check(all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help")), f"{name}: {rule['id']} is described")
    prints = set()
    for result in one["results"]:
        check(rules[result["ruleIndex"]]["id"] == result["ruleId"], f"{name}: the rule of a result")
        check(not result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("/"), f"{name}: a relative place")
        prints.add((result["partialFingerprints"]["endpointRule/v1"], result["message"]["text"]))
    check(len(prints) == len(one["results"]) or name == "forged", f"{name}: findings are told apart")
    check(one["automationDetails"]["id"].endswith("/"), f"{name}: a category of its own")


def test_sarif():
    found = schemas("sarif")
    valid = validator(next(iter(found.values()))) if found else None
    for name, text in both("sarif"):
        log = json.loads(text)
        look_at_sarif(name, log)
        check(valid is None or not errors_of(valid, log), f"{name}: against the schema: {valid and errors_of(valid, log)}")
    log = json.loads(fleet("sarif"))
    wanted = sum(len(report["findings"]) + sum(len(rule["addresses"]) or 1 for rule in report["policy"]["rules"] if rule["verdict"] == "fail")
                 for report in reports())
    check(len(log["runs"][0]["results"]) == wanted, "a result for each finding and unmet rule")
    notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    lost = sum(1 for report in reports() for endpoint in endpoints(report) if endpoint is None or endpoint["status"] not in ("complete", "partial"))
    check(sum(note["level"] == "error" for note in notes) == lost, "a note for each address that was not reached")


def test_sarif_of_a_list():
    """A finding stands at the line of the list that names its target."""
    folder = os.path.join(ROOT, os.environ.get("BUILD", "build"), "formats-test")
    os.makedirs(folder, exist_ok=True)
    place = os.path.join(folder, "my list.txt")
    with open(place, "w", encoding="utf-8") as file:
        file.write("# ours\n127.0.0.1:1 # nobody\n")
    log = json.loads(run(COMMAND, "-i", place, "-o", "sarif", "--only=versions", "--timeout=1").stdout)
    where = log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]
    check(where["artifactLocation"]["uri"] == "my%20list.txt" and where["region"]["startLine"] == 2, f"line 2 of the list: {where}")
    shutil.rmtree(folder)


# --- CycloneDX ---------------------------------------------------------------------------------------

def test_cyclonedx():
    found = schemas("cyclonedx")
    valid = None
    if found:
        store = {f"http://cyclonedx.org/schema/{name}": schema for name, schema in found.items()}
        valid = validator(found["bom-1.6.SNAPSHOT.schema.json"], store)
    for name, text in both("cyclonedx"):
        bom = json.loads(text)
        check(valid is None or not errors_of(valid, bom), f"{name}: against the schema: {valid and errors_of(valid, bom)}")
        references = [item["bom-ref"] for item in bom["components"] + bom["services"]]
        check(len(references) == len(set(references)), f"{name}: a reference stands for one thing")
        for row in bom["dependencies"]:
            check({row["ref"], *row["dependsOn"]} <= set(references), f"{name}: a reference to nothing in {row}")
        check(len({row["ref"] for row in bom["dependencies"]}) == len(bom["dependencies"]), f"{name}: dependencies are said once")
    bom = json.loads(fleet("cyclonedx"))
    check(len(bom["services"]) == sum(len(endpoints(report)) for report in reports()), "a service for each address")
    levels = {item["name"]: item["cryptoProperties"]["algorithmProperties"].get("nistQuantumSecurityLevel")
              for item in bom["components"] if item["cryptoProperties"]["assetType"] == "algorithm"}
    wanted = {"AES-128-GCM": 1, "AES-256-GCM": 5, "3DES-CBC": 0, "RC4-128": None, "X25519MLKEM768": 3, "x25519": 0, "ffdhe2048": 0,
              "ecdsa-with-SHA384": 0, "EC secp256r1": 0}
    for name, level in wanted.items():
        check(name in levels and levels[name] == level, f"the quantum level of {name}: {levels.get(name, 'is not there')}")


# --- JUnit -------------------------------------------------------------------------------------------

SUITE = {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}


def look_at_case(case, name):
    check(case.tag == "testcase" and set(case.attrib) == {"classname", "name"}, f"{name}: a case: {case.attrib}")
    check(len(case) <= 1 and all(end.tag in ("failure", "error", "skipped") for end in case), f"{name}: how a case ends")
    for end in case:
        check(end.get("message") and (end.tag == "skipped" or end.get("type")), f"{name}: why {case.get('name')} ends so")
        check(len(end) == 0, f"{name}: nothing in it")


def test_junit():
    for name, text in both("junit"):
        root = ElementTree.fromstring(text)
        check(root.tag == "testsuites" and root.get("name") == "shakedown", f"{name}: the root")
        if shutil.which("xmllint"):
            check(run("xmllint", "--noout", "-", data=text.encode()).returncode == 0, f"{name}: xmllint takes it")
        seen = set()
        for suite in root:
            check(suite.tag == "testsuite" and SUITE - {"timestamp"} <= set(suite.attrib) <= SUITE, f"{name}: a suite: {suite.attrib}")
            for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                check(int(suite.get(key)) == len(suite.findall(f"testcase/{tag}")), f"{name}: {suite.get('name')}: {key} add up")
            check(int(suite.get("tests")) == len(suite), f"{name}: {suite.get('name')}: tests add up")
            for case in suite:
                look_at_case(case, name)
                seen.add((case.get("classname"), case.get("name")))
        check(name == "forged" or len(seen) == len(root.findall("testsuite/testcase")), f"{name}: cases are told apart")
    # Each finding of the program is in each suite of an address: failed, skipped, or passed.
    known = {line.split()[0] for line in run(COMMAND, "--list", "findings").stdout.decode().splitlines()}
    for suite in ElementTree.fromstring(fleet("junit")):
        if " policy " in suite.get("name") or suite.find("testcase/error[@type='unresolved']") is not None:
            continue
        ids = {case.get("name").split(" (")[0] for case in suite if case.get("classname").endswith(".finding")}
        check(ids == known, f"{suite.get('name')}: every finding is a case: {ids ^ known}")


def test_junit_claims_no_more_than_was_judged():
    text = run(COMMAND, "render", "--format=junit", *GOLDEN).stdout
    cases = [case for case in ElementTree.fromstring(text).iter("testcase") if case.get("classname").endswith(".finding")]
    check(cases and all(len(case) == 1 for case in cases), "a report that was judged elsewhere shows no passed findings")


# --- Prometheus --------------------------------------------------------------------------------------

SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (-?[0-9]+(?:\.[0-9]+)?)')


def test_prometheus():
    for name, text in both("prometheus"):
        series, order = set(), []
        for line in text.splitlines():
            if line.startswith("#"):
                check(re.fullmatch(r"# (HELP [a-z_]+ \S.*|TYPE [a-z_]+ gauge)", line), f"{name}: {line}")
                continue
            match = SAMPLE.fullmatch(line)
            check(match, f"{name}: a sample, without a time: {line}")
            check((match[1], match[2]) not in series, f"{name}: a series that stands twice: {line}")
            series.add((match[1], match[2]))
            order += [match[1]] if order[-1:] != [match[1]] else []
        check(len(order) == len(set(order)), f"{name}: the samples of a metric stand together")
        promtool = shutil.which("promtool")
        if promtool:
            result = run(promtool, "check", "metrics", data=text.encode())
            check(result.returncode == 0 and not result.stderr, f"{name}: promtool: {result.stderr.decode()}")
        else:
            skipped.append("promtool: it is not installed")
    text = fleet("prometheus")
    check('shakedown_certificate_not_after_timestamp_seconds{target="old.example:443",address="192.0.2.99",key_type="RSA"} 1765202709' in text,
          "when a certificate ends")
    check('shakedown_findings{target="old.example:443",address="192.0.2.99",severity="critical"} 3\n' in text, "how many findings there are")
    check(not re.search(r'shakedown_findings\{[^}]*192\.0\.2\.200', text), "what was not reached has no findings, nor none")
    check('shakedown_policy_verdict{target="old.example:443",policy="sample",verdict="fail"} 1\n' in text, "the verdict")


# --- Nagios ------------------------------------------------------------------------------------------

NUMBER = r"'[a-z]+'=-?[0-9]+(?:\.[0-9]+)?s?(?:;[0-9]*:?(?:;[0-9]*:?(?:;[0-9]*)?)?)?"


def test_nagios():
    for name, text in both("nagios"):
        first, *rest = text.splitlines()
        check(re.fullmatch(r"SHAKEDOWN (OK|WARNING|CRITICAL|UNKNOWN) - [^|]+ \|( " + NUMBER + ")+", first), f"{name}: {first}")
        check(len(first) < 1024 and text.isascii(), f"{name}: short, and plain")
        check(all(re.fullmatch(r"(WARNING|CRITICAL|UNKNOWN): [^|<>`$&]+", line) for line in rest), f"{name}: {rest}")


# --- Markdown ----------------------------------------------------------------------------------------

def cells(line):
    """A row's cells; a bar with a backslash is in one of them."""
    return re.split(r"(?<!\\)\|", line)[1:-1]


def test_markdown():
    for name, text in both("markdown"):
        width = 0
        for line in text.splitlines():
            if not line.startswith("|"):
                width = 0
                continue
            width = width or len(cells(line))
            check(len(cells(line)) == width, f"{name}: as many cells as in the head: {line}")
            for cell in cells(line):
                check(cell.count("`") % 2 == 0 or "\\`" in cell, f"{name}: a code span that does not end: {cell}")
        # Outside of code there is no tag but our own, and no link.
        bare = re.sub(r"(?<!\\)`[^`\n]*`", "", text)
        bare = re.sub(r"<code>[^<\n]*</code>", "", bare)
        check(set(re.findall(r"<[^>]*>", bare)) <= {"<details>", "</details>", "<summary>", "</summary>"}, f"{name}: tags")
        check(not re.search(r"(?<!\\)[\[\]]|\w://|@\w(?<!\\@\w)|www\.", bare), f"{name}: links")
    check(fleet("markdown").count("\n| `") >= sum(len(endpoints(report)) for report in reports()), "a row for each address")


def main():
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            test()
    for what in sorted(set(skipped)):
        print("skipped:", what)
    print(f"{results[True]} passed, {results[False]} failed, {len(set(skipped))} skipped")
    return results[False] != 0


if __name__ == "__main__":
    sys.exit(main())
