# SPDX-License-Identifier: Apache-2.0
"""What a scan costs, measured on this machine against nginx on loopback.

shakedown and bench/limit.c take turns; limit sends the very hellos of a scan, in the same order, and
reads each answer as far as the scan has read it. Both have at most 100 hosts in flight; there are more of them, as a bulk
scan has, so that one host begins when another ends. shakedown is measured as one process, and as it comes: with as many
workers as there are processors. CPU is user and system time of the client's processes alone. Starting up (above all,
reading the system's roots) is left out by counting only what more hosts cost: the run over all hosts less a run over
one. Figures are medians.

Waiting is measured through bench/relay.c, which delays every answer: how many hosts a second, and
how much larger the process is with more hosts in flight.
"""

import argparse
import base64
import json
import re
import statistics
import struct
import tempfile

from common import FIRST, RELAYED, ROUND_TRIP_MS, Bench, machine, medians, raise_descriptors

CONNECTIONS = 6  # at once per address, the default
IN_FLIGHT = 100  # hosts, the default
CHECKS = {
    "versions,suites": ["--only", "versions,suites"],
    "versions,certificates": ["--only", "versions,certificates"],
    "all three": ["--only", "versions,suites,certificates"],
}
BULK = "versions,certificates"


class Measure(Bench):
    # The probes of one host as limit wants them; returns how many there are.
    def record(self, options, file):
        self.scan([*options, "--transcript", self.path("transcript")], 1)
        count = 0
        with open(self.path("transcript")) as lines, open(file, "wb") as out:
            for line in lines:
                field = line.split()
                if field[0] != "probe":
                    continue
                sent, received = (base64.b64decode(text) if text != "-" else b"" for text in field[7:9])
                out.write(struct.pack("!II", len(sent), len(received)) + sent)
                count += 1
        return count

    # CPU microseconds a probe, and probes a second.
    def limit_cost(self, file, probes, hosts):
        words = [self.limit, FIRST, str(hosts), str(self.port), str(CONNECTIONS * min(hosts, IN_FLIGHT)), file]
        text = self.run(*words).text
        seconds, cost = (float(re.search(rf"([\d.]+) {unit}", text).group(1)) for unit in ("s,", "us CPU"))
        return cost, probes * hosts / seconds

    # The same, and CPU milliseconds of one host alone. No workers: as many as it takes by itself.
    def scan_cost(self, options, probes, hosts, workers):
        one, many = (self.scan(options, count, workers=workers) for count in (1, hosts))
        more = probes * (hosts - 1)
        return (many.cpu - one.cpu) * 1e6 / more, more / (many.elapsed - one.elapsed), one.cpu * 1000


def tell(name, probes, rows):
    least, cost, ratio, most, speed, share, start = medians(rows)
    spread = f"{min(row[2] for row in rows):.2f} to {max(row[2] for row in rows):.2f}"
    print(f"{name:<34} {probes:>6} {least:>5.1f} us {cost:>5.1f} us {ratio:>6.2f} {spread:>15} {most:>8.0f} "
          f"{speed:>8.0f} {share:>6.0%} {start:>5.1f} ms", flush=True)


# `bulk` hosts where little is asked of each, a fifth of them where much is.
def against_limit(bench, runs, bulk):
    print(f"{'checks':<34} {'probes':>6} {'limit':>8} {'scan':>8} {'ratio':>6} {'(of each run)':>15} {'limit/s':>8} "
          f"{'scan/s':>8} {'share':>6} {'one host':>8}")
    for name, options in CHECKS.items():
        file = bench.path("probes")
        probes, hosts = bench.record(options, file), bulk if name == BULK else max(bulk // 5, 2)
        rows = {1: [], None: []} if name == BULK else {1: []}
        for _ in range(runs):
            least, most = bench.limit_cost(file, probes, hosts)
            for workers, several in rows.items():
                cost, speed, start = bench.scan_cost(options, probes, hosts, workers)
                several.append((least, cost, cost / least, most, speed, speed / most, start))
        for workers, several in rows.items():
            label = f"{name}, {hosts} hosts" if workers else f"{name}, as it comes"
            tell(label, probes, several)


def through_delay(bench, few=50, many=400):
    port = bench.slow_road(many).port
    size = {}
    print(f"\nThrough {ROUND_TRIP_MS} ms, all three checks")
    for hosts in few, many:
        run = bench.scan([*CHECKS["all three"], "--parallel", str(hosts)], hosts, port, RELAYED)
        size[hosts] = run.size
        print(f"{hosts:>5} hosts, all in flight: {run.elapsed:6.2f} s, {hosts / run.elapsed:6.1f} hosts/s, "
              f"{size[hosts]} KiB at most")
    print(f"memory per host in flight: {(size[many] - size[few]) / (many - few):.1f} KiB")


# One host alone, every check: 75 % of what is allowed in flight means a wall time of at most
# connections x 2 round trips / 6 / 0.75.
def alone_through_delay(bench, runs):
    print(f"\nThrough {ROUND_TRIP_MS} ms, one host alone, every check: {CONNECTIONS} connections allowed at once")
    for certificates, port in ("one certificate", bench.plain), ("two, its own order", bench.port):
        slow = bench.slow_road(1, port).port
        rows = []
        for _ in range(runs):
            report = json.loads(bench.scan([], 1, slow, RELAYED).text.splitlines()[-1])
            elapsed = report["duration_ms"] / 1000  # starting up is left out here too
            connections = report["endpoints"][0]["traffic"]["connections"]
            rows.append((elapsed, connections, connections * 2 * ROUND_TRIP_MS / 1000 / CONNECTIONS / 0.75))
        elapsed, connections, allowed = medians(rows)
        print(f"{certificates:<20} {connections:.0f} connections, {elapsed:5.2f} s, {allowed:5.2f} s allowed, "
              f"{0.75 * allowed / elapsed:.0%} busy")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default="build")
    options.add_argument("--hosts", type=int, default=1000)
    options.add_argument("--runs", type=int, default=5)
    chosen = options.parse_args()
    raise_descriptors()
    with tempfile.TemporaryDirectory(prefix="shakedown-bench-") as folder:
        bench = Measure(folder, chosen.build, chosen.hosts)
        try:
            bench.serve()
            machine()
            against_limit(bench, chosen.runs, chosen.hosts)
            through_delay(bench)
            alone_through_delay(bench, chosen.runs)
        finally:
            bench.stop()


main()
