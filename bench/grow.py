# SPDX-License-Identifier: Apache-2.0
"""What grows with what: memory with hosts in flight and with the length of a list of targets; connections and time with
suites, hosts and the length of the road: these are measured where --plots says where to draw them, as SVG.

Memory per host in flight is the peak of a process with many in flight less that with few, divided by how many more they
are. Of the list of targets nearly all refuse; one in a thousand is nginx.
"""

import argparse
import json
import os
import random
import tempfile

from common import FIRST, RELAYED, ROUND_TRIP_MS, Bench, addresses, free_ports, machine, medians, raise_descriptors
from plot import Plot

REFUSING = "127.128.0.1"
ANSWERING = 100  # addresses of nginx
ROADS_MS = [10, 50, 100, 200]
LONG_S = 3600
BULK = ["--only=versions,certificates"]
SUITES = ["--only=versions,suites"]
SOME = {1: "ECDHE-RSA-AES128-GCM-SHA256", 5: "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305",
        12: "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES+SHA384:ECDHE+AES+SHA256", 20: "ECDHE:!CAMELLIA:!ARIA:!AESCCM8",
        42: "HIGH:!aNULL"}


# --- memory ----------------------------------------------------------------------------------------

# The hosts of all roads, mixed.
def hosts_behind(roads, count):
    each = addresses(RELAYED, count // len(roads))
    targets = [f"{one}:{road.port}" for road in roads for one in each]
    random.Random(1).shuffle(targets)
    return targets


# All begin together; on one road they also come to their ends together, each with all that is kept of it.
def in_flight(bench, given, few, descriptors):
    most_hosts = min(given.in_flight, descriptors // 4)  # a road has two for each connection, and one for each host
    print(f"{'in flight':<28} {'roads':>6} {'hosts':>6} {'time':>9} {'memory':>9} {'a host':>10}")
    for name, options, many, round_trips in (("versions,certificates", BULK, most_hosts, [ROUND_TRIP_MS]),
                                             ("versions,suites", SUITES, given.many, [ROUND_TRIP_MS]),
                                             ("every check", [], given.many, [ROUND_TRIP_MS]),
                                             ("every check", [], given.many, ROADS_MS)):
        many = min(many, most_hosts)
        roads = [bench.slow_road(many // len(round_trips), round_trip=one) for one in round_trips]
        targets = hosts_behind(roads, many)
        options = [*options, "--connections=1", f"--deadline={LONG_S}"]
        least = bench.scan_all([*options, f"--parallel={few}"], targets[:few])
        most = bench.scan_all([*options, f"--parallel={many}"], targets)
        print(f"{name:<28} {len(roads):>6} {many:>6} {most.elapsed:>7.1f} s {most.size / 1024:>5.0f} MiB "
              f"{(most.size - least.size) / (many - few):>6.1f} KiB", flush=True)
        for road in roads:
            bench.close(road)


def refusing(count):
    answering = addresses(FIRST, ANSWERING)
    for i, one in enumerate(addresses(REFUSING, count)):
        yield answering[i // 1000 % ANSWERING] if i % 1000 == 999 else one


def long_lists(bench, most):
    print(f"\n{'list of targets':>16} {'time':>9} {'targets/s':>10} {'memory':>9}")
    count = 10000
    while count <= most:
        targets = bench.list_of(f"{one}:{bench.port}" for one in refusing(count))
        run = bench.run(bench.command, "-q", *BULK, "--workers=1", "--parallel=1000", "-i", targets, "-o", "ndjson:/dev/null", good=range(6))
        print(f"{count:>16} {run.elapsed:>7.1f} s {count / run.elapsed:>10.0f} {run.size / 1024:>5.1f} MiB", flush=True)
        count *= 10


# --- curves ----------------------------------------------------------------------------------------

def report_of(run):
    return json.loads(run.text.splitlines()[-1])


def one_scan(bench, options, port, runs):
    rows = []
    for _ in range(runs):
        report = report_of(bench.scan(options, 1, port, RELAYED))
        endpoint = report["endpoints"][0]
        rows.append((report["duration_ms"] / 1000, endpoint["traffic"]["connections"],
                     len(endpoint.get("cipher_suites", ()))))
    return medians(rows)


def with_suites(bench, ports, runs):
    print(f"\nsuites, {ROUND_TRIP_MS} ms away, checks versions,suites: how many, connections, time")
    plot = Plot("Finding suites and their order", "suites of the server", "connections")
    points = []
    for port in ports:
        road = bench.slow_road(1, port)
        elapsed, connections, suites = one_scan(bench, SUITES, road.port, runs)
        bench.close(road)
        points.append((suites, connections))
        print(f"{suites:>8.0f} {connections:>6.0f} {elapsed:>7.2f} s", flush=True)
    plot.add("shakedown", points)
    plot.add("one connection a suite", [(suites, suites) for suites, _ in points])
    return plot


def with_road(bench, runs):
    print("\nlength of the road, one host, every check: round trip, time with 6 connections at once, with 24")
    plot = Plot("One host, every check", "round trip, ms", "seconds")
    curves = {6: [], 24: []}
    for round_trip in 0, 10, 25, 50, 100, 200:
        road = bench.slow_road(1, round_trip=round_trip)
        for at_once, points in curves.items():
            points.append((round_trip, one_scan(bench, [f"--connections={at_once}"], road.port, runs)[0]))
        bench.close(road)
        print(f"{round_trip:>5} ms {curves[6][-1][1]:>7.2f} s {curves[24][-1][1]:>7.2f} s", flush=True)
    for at_once, points in curves.items():
        plot.add(f"{at_once} connections at once", points)
    return plot


def with_hosts(bench, most):
    print(f"\nhosts, {ROUND_TRIP_MS} ms away, checks versions,suites, 100 at once: how many, time, CPU")
    plot = Plot("Many hosts, versions and suites, 50 ms away, 100 at once", "hosts", "seconds")
    road = bench.slow_road(most)
    points = []
    for hosts in (count for count in (10, 30, 100, 200, 300, 500, 1000) if count <= most):
        run = bench.scan(SUITES, hosts, road.port, RELAYED)
        points.append((hosts, run.elapsed, run.cpu))
        print(f"{hosts:>6} {run.elapsed:>7.2f} s {run.cpu:>7.2f} s", flush=True)
    bench.close(road)
    plot.add("elapsed", [point[:2] for point in points])
    plot.add("CPU of the client", [(point[0], point[2]) for point in points])
    return plot


def draw(bench, ports, given):
    plots = {"suites": with_suites(bench, ports, given.runs), "road": with_road(bench, given.runs),
             "hosts": with_hosts(bench, given.hosts)}
    for name, plot in plots.items():
        plot.write(os.path.join(given.plots, f"performance-{name}.svg"))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default="build")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--in-flight", type=int, default=5000)
    options.add_argument("--many", type=int, default=1000, help="in flight, where hosts have many questions")
    options.add_argument("--hosts", type=int, default=300)
    options.add_argument("--targets", type=int, default=100000)
    options.add_argument("--plots", help="folder to draw the curves into")
    given = options.parse_args()
    descriptors = raise_descriptors()
    with tempfile.TemporaryDirectory(prefix="shakedown-bench-") as folder:
        bench = Bench(folder, given.build, ANSWERING)
        more = free_ports(FIRST, len(SOME))
        try:
            bench.serve([(port, f"ssl_ciphers {names};") for port, names in zip(more, SOME.values())])
            machine()
            in_flight(bench, given, 50, descriptors)
            long_lists(bench, given.targets)
            if given.plots:
                draw(bench, more, given)
        finally:
            bench.stop()


if __name__ == "__main__":
    main()
