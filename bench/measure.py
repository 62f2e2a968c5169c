# SPDX-License-Identifier: Apache-2.0
"""What a scan costs, measured on this machine against nginx on loopback.

shakedown and bench/limit.c take turns; limit sends the very hellos of a scan, in the same order, and
reads each answer as far as the scan has read it. CPU is user and system time of the client process
alone. Starting up (above all, reading the system's roots) is left out by counting only what more
hosts cost: the run over all hosts less a run over one. Figures are medians.

Waiting is measured through bench/relay.c, which delays every answer: how many hosts a second, and
how much larger the process is with more hosts in flight.
"""

import argparse
import base64
import json
import os
import platform
import re
import resource
import shutil
import socket
import statistics
import struct
import subprocess
import tempfile
import time

FIRST = "127.0.101.1"
RELAYED = "127.0.121.1"
CONNECTIONS = 6  # at once per address, the default
ROUND_TRIP_MS = 50
CHECKS = {"versions,suites": ["--only", "versions,suites"], "all three": ["--only", "versions,suites,certificates"]}


def addresses(first, count):
    start = struct.unpack("!I", socket.inet_aton(first))[0]
    return [socket.inet_ntoa(struct.pack("!I", start + i)) for i in range(count)]


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def find_nginx():
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not nginx:
        raise SystemExit("bench needs nginx")
    return nginx


def wait_for(address, port):
    for _ in range(100):
        try:
            socket.create_connection((address, port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on {address}:{port}")


class Bench:
    def __init__(self, folder, build, hosts):
        self.folder, self.hosts = folder, hosts
        self.command = os.path.join(build, "shakedown")
        self.limit, self.relay = (os.path.join(build, "bench", name) for name in ("limit", "relay"))
        self.port, self.plain = free_port(FIRST), free_port(FIRST)
        self.started = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def certify(self):
        for name, key in ("rsa", ["rsa:2048"]), ("ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]):
            subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-days", "30", "-subj",
                            "/CN=bench.test", "-keyout", self.path(name + ".key"), "-out", self.path(name + ".pem")],
                           check=True, stderr=subprocess.DEVNULL)

    # Workers run as whoever starts this; loopback only.
    def serve(self):
        self.certify()
        listen = "".join(f"    listen {one}:{self.port} ssl backlog=4096;\n" for one in addresses(FIRST, self.hosts))
        with open(self.path("nginx.conf"), "w") as file:
            file.write(f"""daemon off; master_process off; pid {self.path("pid")}; error_log {self.path("log")} crit;
events {{ worker_connections 16000; }}
http {{
  access_log off;
  server {{
{listen}
    ssl_certificate {self.path("rsa.pem")}; ssl_certificate_key {self.path("rsa.key")};
    ssl_certificate {self.path("ec.pem")}; ssl_certificate_key {self.path("ec.key")};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on;
  }}
  server {{
    listen {FIRST}:{self.plain} ssl;
    ssl_certificate {self.path("rsa.pem")}; ssl_certificate_key {self.path("rsa.key")};
    ssl_protocols TLSv1.2 TLSv1.3;
  }}
}}
""")
        self.started.append(subprocess.Popen([find_nginx(), "-c", self.path("nginx.conf")], stderr=subprocess.DEVNULL))
        wait_for(FIRST, self.port)

    def slow_road(self, hosts, server=None):
        port = free_port(RELAYED)
        relay = subprocess.Popen([self.relay, RELAYED, str(hosts), str(port), FIRST, str(server or self.port),
                                  str(2 * ROUND_TRIP_MS)], stdout=subprocess.PIPE)
        self.started.append(relay)
        relay.stdout.readline()
        return port

    def stop(self):
        for process in self.started:
            process.terminate()
            process.wait()

    # CPU seconds, elapsed seconds and KiB at most of one run, and what it wrote.
    def run(self, *words, targets=None):
        arguments = list(words)
        if targets is not None:
            with open(self.path("targets"), "w") as file:
                file.write("\n".join(targets) + "\n")
            arguments += ["-i", self.path("targets"), "--json=-"]
        begun = time.monotonic()
        with open(self.path("out"), "wb") as out:
            process = subprocess.Popen(arguments, stdout=out, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        with open(self.path("out")) as out:
            text = out.read()
        if process.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}: {text[:500]}")
        return usage.ru_utime + usage.ru_stime, elapsed, usage.ru_maxrss, text

    def scan(self, options, hosts, port=None, first=FIRST):
        targets = [f"{one}:{port or self.port}" for one in addresses(first, hosts)]
        return self.run(self.command, *options, "-q", targets=targets)

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

    def limit_cost(self, file):
        words = [self.limit, FIRST, str(self.hosts), str(self.port), str(CONNECTIONS * min(self.hosts, 100)), file]
        return float(re.search(r"([\d.]+) us CPU", self.run(*words)[3]).group(1))

    def scan_cost(self, options, probes):
        one, _, _, _ = self.scan(options, 1)
        many, elapsed, _, _ = self.scan(options, self.hosts)
        return (many - one) * 1e6 / (probes * (self.hosts - 1)), self.hosts / elapsed, one * 1000


def against_limit(bench, runs):
    print(f"{'checks':<16} {'probes':>6} {'limit':>8} {'scan':>8} {'ratio':>6} {'(of each run)':>15} {'hosts/s':>8} "
          f"{'one host':>8}")
    for name, options in CHECKS.items():
        file = bench.path("probes")
        probes = bench.record(options, file)
        rows = []
        for _ in range(runs):
            least = bench.limit_cost(file)
            cost, speed, start = bench.scan_cost(options, probes)
            rows.append((least, cost, cost / least, speed, start))
        least, cost, ratio, speed, start = (statistics.median(column) for column in zip(*rows))
        spread = f"{min(row[2] for row in rows):.2f} to {max(row[2] for row in rows):.2f}"
        print(f"{name:<16} {probes:>6} {least:>5.1f} us {cost:>5.1f} us {ratio:>6.2f} {spread:>15} {speed:>8.1f} "
              f"{start:>5.1f} ms")


def through_delay(bench, few=50, many=400):
    port = bench.slow_road(many)
    size = {}
    print(f"\nThrough {ROUND_TRIP_MS} ms, all three checks")
    for hosts in few, many:
        _, elapsed, size[hosts], _ = bench.scan([*CHECKS["all three"], "--parallel", str(hosts)], hosts, port, RELAYED)
        print(f"{hosts:>5} hosts, all in flight: {elapsed:6.2f} s, {hosts / elapsed:6.1f} hosts/s, "
              f"{size[hosts]} KiB at most")
    print(f"memory per host in flight: {(size[many] - size[few]) / (many - few):.1f} KiB")


# One host alone, every check: 75 % of what is allowed in flight means a wall time of at most
# connections x 2 round trips / 6 / 0.75.
def alone_through_delay(bench, runs):
    print(f"\nThrough {ROUND_TRIP_MS} ms, one host alone, every check: {CONNECTIONS} connections allowed at once")
    for certificates, port in ("one certificate", bench.plain), ("two, its own order", bench.port):
        slow = bench.slow_road(1, port)
        rows = []
        for _ in range(runs):
            report = json.loads(bench.scan([], 1, slow, RELAYED)[3].splitlines()[-1])
            elapsed = report["duration_ms"] / 1000  # starting up is left out here too
            connections = report["endpoints"][0]["traffic"]["connections"]
            rows.append((elapsed, connections, connections * 2 * ROUND_TRIP_MS / 1000 / CONNECTIONS / 0.75))
        elapsed, connections, allowed = (statistics.median(column) for column in zip(*rows))
        print(f"{certificates:<20} {connections:.0f} connections, {elapsed:5.2f} s, {allowed:5.2f} s allowed, "
              f"{0.75 * allowed / elapsed:.0%} busy")


def machine():
    with open("/proc/cpuinfo") as lines:
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    print(f"{len(names)} x {names[0] if names else platform.machine()}, Linux {platform.release()}")
    for words in ["openssl", "version"], [find_nginx(), "-v"]:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        print(done.stdout.decode().strip())
    print()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default="build")
    options.add_argument("--hosts", type=int, default=100)
    options.add_argument("--runs", type=int, default=5)
    chosen = options.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory(prefix="shakedown-bench-") as folder:
        bench = Bench(folder, chosen.build, chosen.hosts)
        try:
            bench.serve()
            machine()
            against_limit(bench, chosen.runs)
            through_delay(bench)
            alone_through_delay(bench, chosen.runs)
        finally:
            bench.stop()


main()
