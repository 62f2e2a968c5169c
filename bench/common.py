# SPDX-License-Identifier: Apache-2.0
"""What the measurements share: nginx on loopback addresses, slow roads to it (bench/relay.c), and runs of a command
with what they cost."""

import collections
import os
import platform
import resource
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import time

FIRST = "127.0.101.1"
RELAYED = "127.0.121.1"
ROUND_TRIP_MS = 50
DESCRIPTORS = 65536

# CPU and elapsed seconds, and KiB at most of one process; what it wrote.
Run = collections.namedtuple("Run", "cpu elapsed size text")


def addresses(first, count):
    start = struct.unpack("!I", socket.inet_aton(first))[0]
    return [socket.inet_ntoa(struct.pack("!I", start + i)) for i in range(count)]


# All different: they are held together.
def free_ports(address, count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind((address, 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


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


# As many as can be had: only root may have more than the hard limit.
def raise_descriptors():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, DESCRIPTORS),) * 2)
    except (OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def medians(rows):
    return [statistics.median(column) for column in zip(*rows)]


# A slow road: counts what goes through it.
class Road:
    def __init__(self, process, port):
        self.process, self.port = process, port

    # Connections, octets from clients and from the server since it was last asked.
    def counts(self):
        self.process.send_signal(signal.SIGUSR1)
        return [int(word) for word in self.process.stdout.readline().split()]


class Bench:
    def __init__(self, folder, build, hosts):
        self.folder, self.hosts = folder, hosts
        self.command = os.path.join(build, "shakedown")
        self.cost, self.limit, self.relay = (os.path.join(build, "bench", name) for name in ("cost", "limit", "relay"))
        self.port, self.plain = free_ports(FIRST, 2)
        self.started, self.nginx = [], None

    def path(self, name):
        return os.path.join(self.folder, name)

    def certify(self):
        for name, key in ("rsa", ["rsa:2048"]), ("ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]):
            subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-days", "30", "-subj",
                            "/CN=bench.test", "-keyout", self.path(name + ".key"), "-out", self.path(name + ".pem")],
                           check=True, stderr=subprocess.DEVNULL)

    def certificates(self, *names):
        return "".join(f"    ssl_certificate {self.path(name)}.pem; ssl_certificate_key {self.path(name)}.key;\n"
                       for name in names)

    # Workers run as whoever starts this; loopback only. `more` are further servers: port, and what stands there.
    def serve(self, more=()):
        self.certify()
        listen = "".join(f"    listen {one}:{self.port} ssl backlog=4096;\n" for one in addresses(FIRST, self.hosts))
        own = self.certificates("rsa", "ec") + "    ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on;\n"
        servers = [listen + own,
                   f"    listen {FIRST}:{self.plain} ssl;\n{self.certificates('rsa')}    ssl_protocols TLSv1.2 TLSv1.3;\n"]
        servers += [f"    listen {FIRST}:{port} ssl;\n{own}    {text}\n" for port, text in more]
        with open(self.path("nginx.conf"), "w") as file:
            file.write(f"""daemon off; master_process off; pid {self.path("pid")}; error_log {self.path("log")} crit;
worker_rlimit_nofile {resource.getrlimit(resource.RLIMIT_NOFILE)[0]};
events {{ worker_connections 50000; }}
http {{
  access_log off;
""" + "".join(f"  server {{\n{text}  }}\n" for text in servers) + "}\n")
        self.nginx = subprocess.Popen([find_nginx(), "-c", self.path("nginx.conf")], stderr=subprocess.DEVNULL)
        self.started.append(self.nginx)
        wait_for(FIRST, self.port)

    # Seconds of CPU that nginx has had.
    def server_cpu(self):
        with open(f"/proc/{self.nginx.pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9

    def slow_road(self, hosts, server=None, round_trip=ROUND_TRIP_MS):
        port = free_ports(RELAYED, 1)[0]
        relay = subprocess.Popen([self.relay, RELAYED, str(hosts), str(port), FIRST, str(server or self.port),
                                  str(round_trip)], stdout=subprocess.PIPE, text=True)
        self.started.append(relay)
        relay.stdout.readline()
        return Road(relay, port)

    # Its listeners go with it: ports stay free for the next.
    def close(self, road):
        self.started.remove(road.process)
        road.process.terminate()
        road.process.wait()

    def stop(self):
        for process in self.started:
            process.terminate()
            process.wait()

    # The process and those that it waited for.
    def run(self, *words, good=(0,)):
        with open(self.path("out"), "wb") as out:
            done = subprocess.run([self.cost, self.path("cost"), *words], stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.STDOUT, check=False)
        with open(self.path("out"), encoding="utf-8", errors="replace") as out:
            text = out.read()
        if done.returncode not in good:
            raise SystemExit(f"{' '.join(words)} ended with {done.returncode}: {text[:500]}")
        with open(self.path("cost"), encoding="ascii") as file:
            cpu, elapsed, size = file.read().split()
        return Run(float(cpu), float(elapsed), int(size), text)

    def list_of(self, targets):
        with open(self.path("targets"), "w", encoding="ascii") as file:
            file.writelines(target + "\n" for target in targets)
        return self.path("targets")

    # One process, unless told otherwise: what it costs is to be compared with one. None: as many as it takes by itself.
    def scan(self, options, hosts, port=None, first=FIRST, workers=1):
        return self.scan_all(options, (f"{one}:{port or self.port}" for one in addresses(first, hosts)), workers)

    def scan_all(self, options, targets, workers=1):
        words = [] if workers is None else [f"--workers={workers}"]
        return self.run(self.command, *words, *options, "-q", "-i", self.list_of(targets), "--json=-", good=(0, 1))


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{len(names)} x {names[0] if names else platform.machine()}, Linux {platform.release()}, load {load}")
    for words in ["openssl", "version"], [find_nginx(), "-v"]:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        print(done.stdout.decode().strip())
    print()
