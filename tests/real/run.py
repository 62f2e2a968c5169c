#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scans real servers on loopback and demands exactly what they were configured with.

    run.py [--list] [--jobs N] [--keep] [WORD...]   scenarios whose names hold a WORD; all without
    run.py --compare HOST:PORT                      our lists beside those of nmap and sslscan

The command is $BUILD/shakedown (BUILD: build). One line for each scenario, differences below it,
and "N passed, N failed" at the end. A missing program is a failure that names its package.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True

import peers
import scenarios
from certificates import Maker
from compare import compare
from programs import Bench, named_leaf
from servers import Missing, Peer, Relay, Shop, Trouble
from suites import ROOT, VERSIONS

SCHEMA = os.path.join(ROOT, "docs", "report-v1.schema.json")
RUN_SECONDS = 330
CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")


def command():
    return os.path.join(ROOT, os.environ.get("BUILD", "build"), "shakedown")


class Scan:
    """One run of the command: its output, exit status, seconds and peak memory in MiB."""

    def __init__(self, bench, arguments, seconds, interrupt=None):
        folder = bench.shop.room("scan")
        self.overran = False
        began = time.monotonic()
        with open(f"{folder}/out", "wb") as out, open(f"{folder}/err", "wb") as err:
            child = subprocess.Popen([command(), *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        guard = threading.Timer(seconds, self.overrun, (child,))
        guard.start()
        if interrupt is not None:
            time.sleep(interrupt)
            child.send_signal(signal.SIGINT)
        _, status, usage = os.wait4(child.pid, 0)
        guard.cancel()
        child.returncode = self.exit = os.waitstatus_to_exitcode(status)
        self.seconds, self.memory = time.monotonic() - began, usage.ru_maxrss / 1024
        with open(f"{folder}/out", "rb") as out, open(f"{folder}/err", "rb") as err:
            self.out, self.err = out.read(), err.read().decode(errors="replace").strip()

    def overrun(self, child):
        self.overran = True
        child.kill()


# --- what every report must be ----------------------------------------------------------------------

def validator():
    """The report's schema, or the sentence that says why it cannot be used."""
    try:
        import jsonschema
    except ImportError:
        return "python3-jsonschema is not installed: apt-get install python3-jsonschema"
    if not os.path.exists(SCHEMA):
        return "docs/report-v1.schema.json does not exist"
    with open(SCHEMA) as file:
        return jsonschema.Draft202012Validator(json.load(file))


def read_report(scan, check, wrong):
    """The report of a scan, or None; what is wrong with its form is added to wrong."""
    if scan.overran:
        wrong.append(f"did not end within {scan.seconds:.0f} s and was stopped")
        return None
    if scan.exit < 0 or scan.exit in (2, 70) or "Sanitizer" in scan.err:
        wrong.append(f"exit {scan.exit}: {scan.err[-600:]}")
    if CONTROL.search(scan.out):
        wrong.append("a control character in the JSON")
    try:
        report = json.loads(scan.out)
    except ValueError as error:
        wrong.append(f"no JSON: {error}; exit {scan.exit}; {scan.err[-300:]}")
        return None
    if isinstance(check, str):
        wrong.append(check)
    else:
        for error in list(check.iter_errors(report))[:5]:
            wrong.append(f"schema: {error.json_path}: {error.message[:200]}")
    if len(report.get("endpoints", [])) != 1:
        wrong.append(f"{len(report.get('endpoints', []))} endpoints; trouble: {report.get('trouble')}")
        return None
    return report


# --- a real server ----------------------------------------------------------------------------------

def equal(wrong, what, found, wanted):
    if found != wanted:
        wrong.append(f"{what}: {found}, should be {wanted}")


def check_versions(endpoint, truth, wrong):
    found = {row["version"]: row for row in endpoint["versions"]}
    for version in VERSIONS:
        row = found.get(version, {"verdict": "(no row)"})
        wanted = "yes" if version in truth else "no"
        if row["verdict"] != wanted:
            wrong.append(f"{version}: {row['verdict']} ({row.get('reason')}: {row.get('sentence')}), should be {wanted}")
    for version in found:
        if version not in VERSIONS:
            wrong.append(f"version {version} was never configured")


def check_suites(endpoint, truth, wrong):
    for version in VERSIONS:
        rows = [row for row in endpoint["cipher_suites"] if row["version"] == version]
        found, wanted = [row["name"] for row in rows], truth[version].names if version in truth else []
        for name in found:
            if name not in wanted:
                wrong.append(f"{version}: {name} reported, not configured")
        for name in wanted:
            if name not in found:
                wrong.append(f"{version}: {name} configured, not reported")
        if len(set(found)) != len(found):
            wrong.append(f"{version}: a suite is reported twice")
        if version in truth and set(found) == set(wanted):
            check_order(version, rows, truth[version], wrong)


def check_order(version, rows, truth, wrong):
    if not truth.ordered:
        return
    found = [row["name"] for row in rows]
    orders = [row["order"] for row in rows]
    if orders != sorted(set(orders), key=lambda n: n or 0) or None in orders:
        wrong.append(f"{version}: `order` does not count up: {orders}")
    if found != truth.names and found != truth.also:
        first = next(i for i, (a, b) in enumerate(zip(found, truth.names)) if a != b)
        wrong.append(f"{version}: order differs from place {first + 1} on: {' '.join(found[first:first + 6])}, "
                     f"should be {' '.join(truth.names[first:first + 6])}")


def check_preference(endpoint, truth, wrong):
    found = {row["version"]: row for row in endpoint["suite_preference"]}
    for version in truth:
        if version == "SSLv2":
            continue # the client chooses from the list that it was sent; there is nothing to find out
        row = found.get(version, {"verdict": "(no row)"})
        if row["verdict"] != truth[version].preference:
            wrong.append(f"{version}: preference {row['verdict']} ({row.get('sentence')}), should be {truth[version].preference}")
    for version in VERSIONS:
        rows = [row for row in endpoint.get("suite_enumeration", []) if row["version"] == version]
        for row in rows:
            if version in truth and row["verdict"] != "yes":
                wrong.append(f"{version}: the list of suites is said not to be whole: {row['verdict']} ({row['sentence']})")


def check_certificates(bench, scenario, endpoint, wrong):
    chains = {chain["chain"][0]["fingerprint_sha256"].lower().replace(":", ""): chain
              for chain in endpoint["certificates"] if chain["chain"]}
    if len(chains) != len(endpoint["certificates"]):
        wrong.append("a chain is reported twice, or is empty")
    for served in scenario.served:
        leaf = named_leaf(bench, served.kind, served.name)
        chain = chains.pop(leaf.fingerprint, None)
        who = f"chain of {served.kind}{' for ' + served.name if served.name else ''}"
        if chain is None:
            wrong.append(f"{who}: not reported")
        else:
            check_chain(who, served, chain, wrong)
    for chain in chains.values():
        wrong.append(f"a chain that is not configured: {chain['chain'][0]['subject']}")
    wanted = "yes" if scenario.served else "no"
    equal(wrong, "certificate_enumeration", endpoint["certificate_enumeration"]["verdict"], wanted)


def check_chain(who, served, chain, wrong):
    rows = chain["served_for"]
    for row in rows:
        if row["version"] not in served.versions or row["sni"] not in served.sni or row["authentication"] != served.kind:
            wrong.append(f"{who}: said to be served for {row}")
    equal(wrong, f"{who}: with and without SNI", {row["sni"] for row in rows}, set(served.sni))
    for part in ({"TLSv1.3"}, set(VERSIONS) - {"TLSv1.3"}):
        if part & set(served.versions) and not part & {row["version"] for row in rows}:
            wrong.append(f"{who}: not said to be served for {' or '.join(sorted(part & set(served.versions)))}")
    equal(wrong, f"{who}: key type", chain["chain"][0]["key"]["type"], served.kind)
    equal(wrong, f"{who}: certificates", len(chain["chain"]), served.certificates)
    equal(wrong, f"{who}: hostname", chain["hostname"]["verdict"], served.hostname)
    stores = [row["verdict"] for row in chain["trust"] if row["kind"] == "store"]  # lists of roots know no test root
    equal(wrong, f"{who}: trust", stores, [served.trust])
    equal(wrong, f"{who}: order", chain["order"]["verdict"], "yes")
    equal(wrong, f"{who}: complete", chain["complete"]["verdict"], served.complete)
    equal(wrong, f"{who}: valid now", chain["valid_now"]["verdict"], "yes")
    equal(wrong, f"{who}: self-signed", chain["self_signed"]["verdict"], "no")


AHEAD = 8  # questions of one list that are asked early and in vain


def check_traffic(endpoint, truth, counted, extra, wrong):
    equal(wrong, "connections reported and counted at the server", endpoint["traffic"]["connections"], counted)
    ahead = AHEAD * sum(version in truth and version != "TLSv1.3" for version in VERSIONS)
    # The last list of each version and the highest version that is refused are asked about twice: other servers may be there too.
    budget = 12 + extra + ahead + sum(len(truth[version].names) + 2 if version in truth else 1 for version in VERSIONS)
    if counted > budget:
        wrong.append(f"{counted} connections, the budget is {budget}")
    return f"{counted} of {budget} connections"


def check_cut(endpoint, truth, wrong):
    """Of a server whose answers are cut: nothing that is said may be false."""
    for row in endpoint["versions"]:
        if row["verdict"] == ("no" if row["version"] in truth else "yes"):
            wrong.append(f"{row['version']}: {row['verdict']} ({row['sentence']}) is false")
    for row in endpoint["cipher_suites"]:
        if row["version"] not in truth or row["name"] not in truth[row["version"]].names:
            wrong.append(f"{row['version']}: {row['name']} is not configured")


def scan_arguments(bench, scenario, port):
    target = f"{scenario.host or '127.0.0.1'}:{port}"
    arguments = ["--json", "--reproducible", "--only", "versions,suites,certificates", *scenario.arguments]
    if scenario.trusted:
        arguments += ["--ca-file", bench.certificates.root_file]
    if scenario.host:
        arguments += ["--address", "127.0.0.1"]
    return arguments + [target]


def run_scenario(bench, check, scenario, wrong):
    behind = scenario.start(bench)
    relay = bench.shop.adopt(Relay(bench.shop.port(), behind.port, scenario.cut))
    truth = scenario.truth(bench)
    arguments = scan_arguments(bench, scenario, relay.port)
    scan = Scan(bench, arguments, scenario.seconds)
    counted = relay.connections
    report = read_report(scan, check, wrong)
    note = ""
    if report:
        endpoint = report["endpoints"][0]
        if scenario.cut is not None:
            check_cut(endpoint, truth, wrong)
        else:
            equal(wrong, "status", f"{endpoint['status']} ({endpoint['reason']})", f"{scenario.status} (None)")
            equal(wrong, "exit status", scan.exit, scenario.exit)
            check_versions(endpoint, truth, wrong)
            check_suites(endpoint, truth, wrong)
            check_preference(endpoint, truth, wrong)
            check_certificates(bench, scenario, endpoint, wrong)
            note = check_traffic(endpoint, truth, counted, scenario.extra, wrong)
            for anomaly in endpoint["anomalies"]:
                note += f"; {anomaly['code']}"
    if scenario.replay and not wrong:
        check_replay(bench, arguments, scan, wrong)
    relay.stop()
    behind.stop()
    return f"{note or f'{counted} connections'}, {scan.seconds:.1f} s"


def without_costs(report):
    """What is cut off, or met with internal_error, is asked again when it comes in a burst, which is a matter of time: a
    second scan may take some connections more to say the same."""
    whole = json.loads(report)
    for endpoint in whole["endpoints"]:
        endpoint.pop("traffic")
        for check in endpoint["checks"]:
            check.pop("connections")
    return json.dumps(whole).encode()


def check_replay(bench, arguments, first, wrong):
    transcript = os.path.join(bench.shop.room("transcript"), "transcript")
    second = Scan(bench, ["--transcript", transcript, *arguments], 60)
    once, twice = without_costs(first.out), without_costs(second.out)
    if twice != once:
        wrong.append(f"two scans of one server differ: {first_difference(once, twice)}")
    replayed = Scan(bench, ["replay", transcript, "--json", "--reproducible"], 60)
    if replayed.out != second.out or replayed.exit != second.exit:
        wrong.append(f"the replay differs: {first_difference(second.out, replayed.out)}; exit {second.exit} and {replayed.exit}; "
                     f"{replayed.err[-300:]}")


def first_difference(a, b):
    place = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    start = max(0, place - 60)
    return f"at octet {place}: {a[start:place + 60]!r} and {b[start:place + 60]!r}"


# --- a hostile peer ---------------------------------------------------------------------------------

def run_hostile(bench, check, scenario, wrong):
    peer = bench.shop.adopt(Peer(bench.shop.port(), scenario.talk))
    scan = Scan(bench, ["--json", "--reproducible", *scenario.arguments, f"127.0.0.1:{peer.port}"], scenario.seconds)
    counted = peer.connections
    report = read_report(scan, check, wrong)
    if report:
        endpoint = report["endpoints"][0]
        if endpoint["status"] not in scenario.status:
            wrong.append(f"status {endpoint['status']} ({endpoint['reason']}), should be {' or '.join(scenario.status)}")
        if endpoint["status"] != "complete" and not endpoint["reason"]:
            wrong.append("no reason is given for the status")
        if scan.exit not in scenario.exit:
            wrong.append(f"exit status {scan.exit}, should be {' or '.join(map(str, scenario.exit))}")
        for row in endpoint["versions"]:
            allowed = {"yes": scenario.yes, "no": scenario.no}.get(row["verdict"])
            if allowed is not None and row["version"] not in allowed:
                wrong.append(f"{row['version']}: {row['verdict']} ({row['sentence']}) was never earned")
            if row["verdict"] == "unknown" and not (row["reason"] and row["sentence"]):
                wrong.append(f"{row['version']}: unknown without a reason")
        if "TLSv1.2" not in scenario.yes and endpoint["cipher_suites"]:
            wrong.append(f"suites of a server that has none: {[row['name'] for row in endpoint['cipher_suites']][:5]}")
        equal(wrong, "connections reported and counted at the server", endpoint["traffic"]["connections"], counted)
    if scan.memory > scenario.memory:
        wrong.append(f"{scan.memory:.0f} MiB of memory, at most {scenario.memory} are allowed")
    peer.stop()
    return f"{counted} connections, {scan.seconds:.1f} s, {scan.memory:.0f} MiB"


# --- text of a hostile certificate ------------------------------------------------------------------

ESCAPES = "/O=\x1b]0;owned\x07\x1b[31mRed\x1b[0m/CN=\x1b[2Jlocalhost\u009b31m\u202egpj"


def run_escapes(bench, check, wrong):
    """A subject with terminal escapes: no view may hold a control character."""
    server = scenarios.openssl(subject=ESCAPES)(bench)
    target = f"127.0.0.1:{server.port}"
    scan = Scan(bench, ["--json", target], 60)
    report = read_report(scan, check, wrong)
    if report and "Red" not in json.dumps(report["endpoints"][0]["certificates"]):
        wrong.append("the subject is not in the report")
    for options in (["--color=never"], ["--color=never", "-v"], ["-q"]):
        text = Scan(bench, [*options, target], 60)
        if CONTROL.search(text.out) or CONTROL.search(text.err.encode()):
            wrong.append(f"a control character in the text with {' '.join(options)}")
        if b"localhost" not in text.out and options != ["-q"]:
            wrong.append(f"the subject is not in the text with {' '.join(options)}")
    server.stop()
    return f"{scan.seconds:.1f} s"


def run_refused(bench, check, wrong):
    """A port where nobody listens."""
    scan = Scan(bench, ["--json", "--reproducible", f"127.0.0.1:{bench.shop.port()}"], 30)
    report = read_report(scan, check, wrong)
    if report and report["endpoints"][0]["status"] not in ("refused", "unreachable"):
        wrong.append(f"status {report['endpoints'][0]['status']}")
    equal(wrong, "exit status", scan.exit, 4)
    return f"{scan.seconds:.1f} s"


def run_rejected(bench, check, wrong):
    """A name that the server turns away, and no name too: unrecognized_name says nothing of TLS."""
    server = scenarios.nginx(scenarios.REJECT, scenarios.vhost("one.example", "RSA"), top="ssl_protocols TLSv1.2 TLSv1.3;")(bench)
    scan = Scan(bench, ["--json", "--reproducible", "--address", "127.0.0.1", f"unknown.example:{server.port}"], 30)
    report = read_report(scan, check, wrong)
    if report:
        for row in report["endpoints"][0]["versions"]:
            if row["verdict"] == "yes" or (row["verdict"] == "no" and row["version"] in scenarios.MODERN):
                wrong.append(f"{row['version']}: {row['verdict']} ({row['sentence']}) was never earned")
        equal(wrong, "exit status", scan.exit, 3)
    server.stop()
    return f"{scan.seconds:.1f} s"


def run_other_name(bench, check, wrong):
    """--sni sends another name than the target's."""
    server = scenarios.nginx(scenarios.REJECT, scenarios.vhost("one.example", "RSA"), top="ssl_protocols TLSv1.2 TLSv1.3;")(bench)
    scan = Scan(bench, ["--json", "--reproducible", "--sni", "one.example", f"127.0.0.1:{server.port}"], 30)
    report = read_report(scan, check, wrong)
    if report:
        equal(wrong, "target.sni", report["target"]["sni"], "one.example")
        yes = [row["version"] for row in report["endpoints"][0]["versions"] if row["verdict"] == "yes"]
        equal(wrong, "versions", yes, list(scenarios.MODERN))
    equal(wrong, "exit status", scan.exit, 0)
    server.stop()
    return f"{scan.seconds:.1f} s"


def run_interrupted(bench, check, wrong):
    """SIGINT in the middle of a scan: what is known is written, and the status is 3."""
    peer = bench.shop.adopt(Peer(bench.shop.port(), peers.silent))
    scan = Scan(bench, ["--json", "--reproducible", "--timeout", "20", f"127.0.0.1:{peer.port}"], 30, interrupt=1)
    report = read_report(scan, check, wrong)
    if report:
        equal(wrong, "interrupted", report["interrupted"], True)
    equal(wrong, "exit status", scan.exit, 3)
    if scan.seconds > 4:
        wrong.append(f"ended {scan.seconds - 1:.1f} s after the signal")
    peer.stop()
    return f"{scan.seconds:.1f} s"


def run_closed_pipe(bench, check, wrong):
    """Standard output is a pipe that nobody reads: no SIGPIPE, no complaint, the scan's own status."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run([command(), "--json", f"127.0.0.1:{bench.shop.port()}"], stdin=subprocess.DEVNULL, stdout=write,
                              stderr=subprocess.PIPE, timeout=30)
    finally:
        os.close(write)
    equal(wrong, "exit status", done.returncode, 4)
    equal(wrong, "standard error", done.stderr, b"")
    return ""


# --- all of it --------------------------------------------------------------------------------------

def all_jobs():
    rows = [(row.name, lambda bench, check, wrong, row=row: run_scenario(bench, check, row, wrong))
            for row in scenarios.SCENARIOS + scenarios.CUTS]
    rows += [(f"hostile: {row.name}", lambda bench, check, wrong, row=row: run_hostile(bench, check, row, wrong))
             for row in scenarios.HOSTILE]
    return rows + [("hostile: escapes in a subject", run_escapes), ("nobody listens", run_refused),
                   ("interrupted", run_interrupted), ("nobody reads the output", run_closed_pipe), ("nginx: a name that is rejected", run_rejected), ("nginx: --sni", run_other_name)]


def attempt(bench, check, name, job, deadline):
    wrong, note, began = [], "", time.monotonic()
    if began > deadline:
        return name, ["not run: the whole run took too long"], ""
    try:
        note = job(bench, check, wrong)
    except (Missing, Trouble) as trouble:
        wrong.append(str(trouble))
    except Exception as error: # a defect of this test, or of the report's shape: a failure with its place
        wrong.append(f"{type(error).__name__}: {error}\n" + traceback.format_exc(limit=-3))
    return name, wrong, note


def results(pool, job, rows):
    """As pool.map, but what has not begun is dropped when this run is stopped."""
    futures = [pool.submit(job, row) for row in rows]
    try:
        for future in futures:
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def run(words, jobs, keep):
    if not os.path.exists(command()):
        print(f"{command()} does not exist: make it first")
        print("0 passed, 1 failed")
        return 1
    chosen = [(name, job) for name, job in all_jobs() if not words or any(word in name for word in words)]
    shop = Shop()
    passed = failed = 0
    try:
        bench, check, deadline = Bench(shop, Maker(shop)), validator(), time.monotonic() + RUN_SECONDS
        # The slow ones first, so that they do not come last and alone.
        slow = ("hostile: one octet", "hostile: silent", "java", "go", "openssl: wide", "hostile")
        chosen.sort(key=lambda row: next((i for i, word in enumerate(slow) if row[0].startswith(word)), len(slow)))
        with ThreadPoolExecutor(jobs) as pool:
            for name, wrong, note in results(pool, lambda row: attempt(bench, check, *row, deadline), chosen):
                passed, failed = passed + (not wrong), failed + bool(wrong)
                print(f"{'FAIL' if wrong else 'ok  '} {name:58} {note}", flush=True)
                for line in wrong[:40]:
                    print("       " + line.replace("\n", "\n       "))
                if len(wrong) > 40:
                    print(f"       and {len(wrong) - 40} more")
    except (Missing, Trouble) as trouble:
        print(f"FAIL {trouble}")
        failed += 1
    finally:
        if keep:
            print(f"kept: {shop.folder}")
            for server in shop.running:
                server.stop()
        else:
            shop.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description="scan real servers on loopback and compare with their configuration")
    parser.add_argument("--list", action="store_true", help="print the scenarios' names")
    parser.add_argument("--jobs", type=int, default=4, help="scenarios at once (4)")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder")
    parser.add_argument("--compare", metavar="HOST:PORT", help="print our lists beside those of nmap and sslscan")
    parser.add_argument("words", nargs="*", metavar="WORD", help="run the scenarios whose names hold a WORD")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)) # so that the servers end with us
    if options.compare:
        return compare(command(), options.compare)
    if options.list:
        print("\n".join(name for name, _ in all_jobs()))
        return 0
    return run(options.words, options.jobs, options.keep)


if __name__ == "__main__":
    sys.exit(main())
