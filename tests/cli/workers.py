# SPDX-License-Identifier: Apache-2.0
"""Runs by several processes: they report what one would, keep its limits together, and one that dies takes nothing along.
Closes with "N passed, N failed"."""

import errno
import json
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time

import cli
from cli import PLAIN, equal, run

CASES = []
QUICK = ["--only=versions", "--timeout=0.5", "--retries=0", "--workers=3"]
ALERT = bytes.fromhex("15030100020228")  # handshake_failure


def case(function):
    CASES.append(function)
    return function


class Listener(threading.Thread):
    """Answers every connection with an alert after a while, and counts how many it has at once, for each address. A connection
    that its client has closed counts no longer when the next one is seen."""

    def __init__(self, addresses, ports=1, wait=0.03):
        super().__init__(daemon=True)
        self.wait, self.open, self.most, self.count, self.begun = wait, {}, {}, 0, []
        self.selector, self.going = selectors.DefaultSelector(), True
        self.ports = []
        while len(self.ports) < ports:
            self.listen(addresses)
        self.servers = list(self.selector.get_map().values())
        self.start()

    # On one port of all addresses; one that is free at the first may be another's elsewhere.
    def listen(self, addresses):
        servers, port = [], 0
        try:
            for address in addresses:
                servers.append(socket.create_server((address, port), backlog=256))
                port = servers[0].getsockname()[1]
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            for server in servers:
                server.close()
            return
        for server in servers:
            server.setblocking(False)
            self.selector.register(server, selectors.EVENT_READ)
        self.ports.append(port)

    def closed(self):
        for connection in list(self.open):
            try:
                while True:
                    if connection.recv(65536) == b"":
                        break
            except BlockingIOError:
                continue
            except OSError:
                pass
            connection.close()
            del self.open[connection]

    def accept(self, server):
        connection, _ = server.accept()
        connection.setblocking(False)
        address = connection.getsockname()[0]
        self.closed()
        self.open[connection] = (address, time.monotonic() + self.wait)
        self.count += 1
        self.begun.append(time.monotonic())
        now = sum(at == address for at, _ in self.open.values())
        self.most[address] = max(self.most.get(address, 0), now)
        self.most[None] = max(self.most.get(None, 0), len(self.open))

    def run(self):
        while self.going:
            for key, _ in self.selector.select(0.005):
                self.accept(key.fileobj)
            self.closed()
            for connection, (address, due) in list(self.open.items()):
                if due < time.monotonic():
                    try:
                        connection.send(ALERT)
                    except OSError:
                        pass
                    self.open[connection] = (address, due + 3600)

    def close(self):
        self.going = False
        self.join()
        for key in self.servers:
            key.fileobj.close()
        for connection in self.open:
            connection.close()


def workers_of(process):
    """Its children, by pid."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == process.pid and fields[0] != "Z":
            found.append(int(name))
    return found


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError("it did not come to that in time")


def catches(process, number):
    with open(f"/proc/{process.pid}/status", encoding="ascii", errors="replace") as file:
        caught = next(line.split()[1] for line in file if line.startswith("SigCgt:"))
    return int(caught, 16) >> (number - 1) & 1 == 1


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def reports(path):
    with open(path, encoding="utf-8") as file:
        return sorted(file)


def inputs(path):
    return sorted(json.loads(line)["target"]["input"] for line in reports(path))


def start(*arguments, **more):
    return subprocess.Popen([cli.COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, env=PLAIN, **more)


# --- the same reports --------------------------------------------------------------------------------

def statements(lines):
    """Reports without their probes, whose randoms are another run's, and without what they cost: how many internal_errors
    come one after the other, and so which are asked again, is up to the order of the answers."""
    out = []
    for report in map(json.loads, lines):
        for endpoint in report["endpoints"]:
            endpoint.pop("probes", None)
            for count in ("connections", "bytes_sent"):
                del endpoint["traffic"][count]
            for check in endpoint["checks"]:
                del check["connections"]
        out.append(json.dumps(report))
    return sorted(out)


def same(found, wanted):
    for i, (a, b) in enumerate(zip(found, wanted)):
        at = next((k for k, (x, y) in enumerate(zip(a, b)) if x != y), None)
        assert a == b, f"report {i}: at {at}: {a[at - 100:at + 100] if at else a}, wanted {b[at - 100:at + 100] if at else b}"
    equal(len(found), len(wanted))


@case
def many_report_what_one_does(world):
    port, refused = (int(where.split(":")[1]) for where in (world.server, world.refused))
    baseline, waivers = world.path("workers.baseline"), world.path("workers.waivers", json.dumps({"schema": "shakedown-waivers/1", "waivers": [
        {"rule": "certificate_self_signed", "target": "localhost", "reason": "it is a test", "owner": "us", "until": "2999-01-01"}]}).encode())
    run("--only=versions,certificates", f"--json={baseline}", "--reproducible", world.server)
    targets = [world.server, f"localhost:{port}", "nowhere.invalid", world.silent_target(), f"127.4.0.0/28:{refused}", "a..b"]
    told = {}
    for count in (1, 3):
        out, summary, transcript, store = (world.path(f"{name}{count}") for name in ("same", "sum", "talk", "store"))
        result = run("--only=versions,certificates", "--timeout=2", "--retries=0", f"--workers={count}", "--reproducible", "--now=2026-11-27", "--pem",
                     "--evidence", f"--json={out}", f"--summary={summary}", f"--transcript={transcript}", f"--store={store}", f"--baseline={baseline}",
                     f"--waivers={waivers}", "--policy=mozilla-intermediate-6.0", "--resolver=system", "-q", *targets)
        again = world.path(f"again{count}")
        replayed = run("replay", transcript, "--reproducible", "--pem", "--evidence", f"--json={again}", f"--baseline={baseline}", f"--waivers={waivers}",
                       "--policy=mozilla-intermediate-6.0", "-q")
        assert os.path.exists(summary), result.stderr
        with open(summary, encoding="utf-8") as file:
            told[count] = (result.returncode, result.stderr, json.load(file), replayed.returncode, sorted(result.stdout.splitlines()))
        same(reports(again), reports(out))
        stored = run("render", f"--store={store}", "--json").stdout.decode()
        same(sorted(stored.splitlines(True)), reports(out))
        equal(len(reports(out)), 20)
    equal(told[3], told[1])
    same(*(statements(reports(world.path(f"same{count}"))) for count in (3, 1)))


@case
def a_single_target_is_scanned_here(world):
    """Nobody else is started for it, and the report is indented in a file as ever."""
    out = world.path("alone.json")
    process = start(*QUICK, f"--json={out}", world.silent_target())
    seen = set()
    while process.poll() is None:
        seen.update(workers_of(process))
        time.sleep(0.01)
    equal((seen, process.stderr.read()), (set(), b""))
    with open(out, encoding="utf-8") as file:
        assert file.read().count("\n") > 20


# --- one endpoint ------------------------------------------------------------------------------------

def facts(report):
    """What a report says of its endpoint, without what is about this one of its targets."""
    (endpoint,) = report["endpoints"]
    return json.dumps({key: value for key, value in endpoint.items() if key not in ("traffic", "dns", "http", "latency")})


def hosts_of(result):
    return {report["target"]["host"]: report for report in map(json.loads, result.stdout.splitlines())}


@case
def names_with_one_endpoint_are_scanned_once(world):
    """Where all targets have one server name, or none."""
    port = world.server.split(":")[1]
    targets = [f"localhost:{port}", f"127.0.0.1:{port}", f"[::ffff:127.0.0.1]:{port}"]
    for option in ("--sni=a.example", "--no-sni"):
        for order in (targets, targets[::-1]):
            result = run("--json", "--only=versions,suites,certificates,http", "--workers=3", "--ipv4", "--resolver=system", option, *order)
            found = hosts_of(result)
            equal(sorted(found), ["127.0.0.1", "localhost"])
            connections = sorted(report["endpoints"][0]["traffic"]["connections"] for report in found.values())
            # Without a server name the Host field of HTTP is the target's own, so that this is another question.
            equal(connections[0], 1 if option == "--no-sni" else 0)
            assert connections[1] > 20, connections
    alone = hosts_of(run("--json", "--only=versions,suites", "--ipv4", "--resolver=system", "--sni=a.example", targets[0]))
    found = hosts_of(run("--json", "--only=versions,suites", "--ipv4", "--resolver=system", "--sni=a.example", *targets))
    for host in ("127.0.0.1", "localhost"):
        equal(found[host]["endpoints"][0]["cipher_suites"], alone["localhost"]["endpoints"][0]["cipher_suites"])
        equal(facts(found[host]), facts(found["localhost"]))
    names = hosts_of(run("--json", "--only=versions,suites", "--workers=3", "--ipv4", "--resolver=system", *targets))
    assert all(report["endpoints"][0]["traffic"]["connections"] > 20 for report in names.values())


@case
def names_with_one_endpoint_replay(world):
    port, transcript = world.server.split(":")[1], world.path("one.transcript")
    result = run("--json", "--reproducible", "--ipv4", "--resolver=system", "--sni=a.example", f"--transcript={transcript}",
                 f"localhost:{port}", f"127.0.0.1:{port}")
    again = run("replay", transcript, "--json", "--reproducible")
    same(sorted(again.stdout.splitlines()), sorted(result.stdout.splitlines()))
    equal(len(result.stdout.splitlines()), 2)


# --- limits over all ---------------------------------------------------------------------------------

def at_listener(listener, addresses, *options):
    """Scans it, and tells how many processes did so."""
    targets = [f"{address}:{','.join(map(str, listener.ports))}" for address in addresses]
    process = start("--only=versions,suites", "--timeout=5", "--workers=3", "-q", *options, *targets)
    seen = set()
    while process.poll() is None:
        seen.update(workers_of(process))
        time.sleep(0.01)
    equal((process.returncode in (0, 3), process.stderr.read()), (True, b""), process.returncode)
    return len(seen)


@case
def an_address_sees_no_more_at_once(world):
    listener = Listener(["127.9.0.1"], ports=18)
    try:
        equal(at_listener(listener, ["127.9.0.1"], "--connections=4"), 3)
        assert listener.count > 100, listener.count
        equal(listener.most["127.9.0.1"], 4)
    finally:
        listener.close()


@case
def a_network_sees_no_more_at_once(world):
    addresses = [f"127.9.1.{i}" for i in range(18)]
    listener = Listener(addresses)
    try:
        equal(at_listener(listener, addresses, "--per-prefix=5"), 3)
        equal(listener.most[None], 5)
    finally:
        listener.close()


@case
def the_rate_is_that_of_all(world):
    addresses = [f"127.9.2.{i}" for i in range(18)]
    listener = Listener(addresses, wait=0)
    try:
        at_listener(listener, addresses, "--rate=60")
        span = listener.begun[-1] - listener.begun[0]
        assert 5 < listener.count / span < 66, (listener.count, span)
    finally:
        listener.close()


@case
def no_more_targets_than_asked_for(world):
    addresses = [f"127.9.3.{i}" for i in range(30)]
    listener = Listener(addresses, wait=0.05)
    try:
        at_listener(listener, addresses, "--parallel=5", "--connections=1")
        assert 3 <= listener.most[None] <= 5, listener.most[None]
    finally:
        listener.close()


# --- those that die ----------------------------------------------------------------------------------

class Silence:
    """Addresses where nobody answers, so that each target takes some time."""

    def __init__(self, count):
        self.sockets = [socket.create_server((f"127.10.0.{i}", 0), backlog=64) for i in range(count)]
        self.targets = ["%s:%d" % each.getsockname() for each in self.sockets]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self.sockets:
            each.close()


@case
def a_killed_worker_takes_nothing_along(world):
    with Silence(12) as silence:
        out = world.path("killed.ndjson")
        process = start(*QUICK, "--timeout=1", f"--json={out}", "-q", *silence.targets)
        os.kill(wait_for(lambda: len(workers_of(process)) == 3 and workers_of(process))[0], signal.SIGKILL)
        error = process.communicate(timeout=60)[1].decode()
        equal((process.returncode, error.count("\n")), (3, 1), error)
        assert "ended by signal 9" in error and "scanned again" in error, error
        equal(inputs(out), sorted(silence.targets))
        equal([line for line in reports(out) if json.loads(line)["interrupted"]], [])


@case
def only_the_target_is_lost_that_we_crash_over(world):
    """The worker with one target at a time is made to crash as well: that target is what it was about."""
    with Silence(12) as silence:
        out = world.path("crashed.ndjson")
        process = start(*QUICK, "--timeout=1", f"--json={out}", "-q", *silence.targets)
        first = set(wait_for(lambda: len(workers_of(process)) == 3 and workers_of(process)))
        os.kill(max(first), signal.SIGSEGV)
        os.kill(wait_for(lambda: set(workers_of(process)) - first).pop(), signal.SIGSEGV)
        error = process.communicate(timeout=60)[1].decode()
        equal((process.returncode, error.count("\n")), (70, 2), error)
        equal(inputs(out), sorted(silence.targets))
        lost = [report for report in map(json.loads, reports(out)) if report["interrupted"]]
        equal([(report["endpoints"], "shakedown itself failed" in json.dumps(report)) for report in lost], [([], True)])


@case
def nobody_outlives_a_killed_run(world):
    port = world.refused.split(":")[1]
    journal, out = world.path("workers.journal"), world.path("workers.ndjson")
    command = [*QUICK, "--parallel=30", f"--journal={journal}", f"--json={out}", "-q", f"127.7.0.0/22:{port}"]
    for at in (1, 150000, 400000):
        process = start(*command)
        wait_for(lambda: process.poll() is not None or (os.path.exists(out) and os.path.getsize(out) > at and workers_of(process)))
        workers = workers_of(process)
        process.kill()
        process.communicate()
        wait_for(lambda: all(map(is_gone, workers)), 2)
    assert 0 < len(reports(out)) < 1024
    process = start(*command)
    error = process.communicate(timeout=120)[1]
    equal((process.returncode, error), (4, b""))
    found = inputs(out)
    equal((len(found), len(set(found))), (1024, 1024))


# --- few descriptors ---------------------------------------------------------------------------------

def limited(count):
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))}


def most_descriptors(process):
    """How many it or a worker has open at most, until it ends."""
    most = 0
    while process.poll() is None:
        for pid in (process.pid, *workers_of(process)):
            try:
                most = max(most, len(os.listdir(f"/proc/{pid}/fd")))
            except OSError:
                pass
    return most


@case
def few_descriptors_change_no_report(world):
    """Some are taken already, and more connections are wanted at once than there can be: they wait for each other."""
    port = world.server.split(":")[1]
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(16)]
    out = world.path("few.ndjson")
    told = []
    try:
        for options, more in ((["--workers=1"], {}), (["--workers=1"], limited(40)), (["--workers=2"], limited(40))):
            process = start("--only=versions,suites", "--sweep=suites", "--connections=60", "--timeout=20", "--reproducible", "-q", *options,
                            f"--json={out}", f"127.0.0.1:{port}", f"localhost:{port}", "-4", pass_fds=held, **more)
            most, error = most_descriptors(process), process.stderr.read()
            equal((process.returncode, error), (0, b""), options)
            assert (most == 40) == (more != {}), most
            told.append(statements(reports(out)))
            equal(len(told[-1]), 2)
        same(told[1], told[0])
        same(told[2], told[0])
    finally:
        for descriptor in held:
            os.close(descriptor)


@case
def too_few_descriptors_are_told_once(world):
    for options in (["--workers=1"], ["--workers=3"]):
        result = run("--only=versions", "--json", *options, *(f"127.9.5.{i}:9" for i in range(9)), **limited(16))
        equal((result.returncode, result.stderr.count(b"\n"), result.stdout), (2, 1, b""), result.stderr)
        assert b"files open" in result.stderr, result.stderr


@case
def a_worker_in_trouble_is_told_once(world):
    """The second one finds fewer descriptors than the first: what that one has is finished, and no more is begun."""
    with Silence(12) as silence:
        process = subprocess.Popen([cli.COMMAND, *QUICK, "--json", "-i", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=PLAIN)
        process.stdin.write("".join(target + "\n" for target in silence.targets[:2]).encode())
        process.stdin.flush()
        wait_for(lambda: workers_of(process))
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (8, 8))
        out, error = process.communicate("".join(target + "\n" for target in silence.targets[2:]).encode(), timeout=60)
        ours = [line for line in error.splitlines() if line.startswith(b"shakedown: ")]
        equal((process.returncode, len(ours)), (2, 1), error)
        assert b"cannot start" in ours[0], ours
        assert 2 <= out.count(b"\n") < 12, out.count(b"\n")


# --- signals -----------------------------------------------------------------------------------------

@case
def an_interrupt_is_for_all(world):
    for number in (signal.SIGINT, signal.SIGTERM):
        with Silence(12) as silence:
            out = world.path(f"interrupted{number}.ndjson")
            process = start(*QUICK, "--timeout=30", f"--json={out}", "-q", *silence.targets, start_new_session=True)
            workers = wait_for(lambda: len(workers_of(process)) == 3 and workers_of(process))
            time.sleep(0.2)
            os.killpg(process.pid, number)  # as a terminal does, to everybody
            error = process.communicate(timeout=10)[1]
            equal((process.returncode, error), (4 if process.returncode == 4 else 3, b""))
            equal(inputs(out), sorted(silence.targets))
            assert all(json.loads(line)["interrupted"] for line in reports(out))
            assert all(map(is_gone, workers))


@case
def a_second_interrupt_ends_at_once(world):
    with Silence(12) as silence:
        process = start(*QUICK, "--timeout=30", "-q", *silence.targets)
        workers = wait_for(lambda: len(workers_of(process)) == 3 and workers_of(process))
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)  # so that the first one cannot be obeyed
        process.send_signal(signal.SIGINT)
        wait_for(lambda: not catches(process, signal.SIGINT))
        equal(process.poll(), None)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=5)
        equal(process.returncode, -signal.SIGINT)
        wait_for(lambda: all(map(is_gone, workers)), 5)


@case
def progress_is_that_of_all(world):
    with Silence(12) as silence:
        process = start(*QUICK, "--timeout=30", "-q", *silence.targets)
        wait_for(lambda: len(workers_of(process)) == 3)

        def all_are_told():
            process.send_signal(signal.SIGUSR1)
            told = json.loads(process.stderr.readline())["progress"]
            equal((told["targets"]["done"], told["ended"]), (0, False))
            return told["targets"]["in_flight"] == 12 and told["connections"] == 12 and told["open"] == 12

        wait_for(all_are_told)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@case
def a_reader_who_goes_away_ends_it(world):
    process = subprocess.Popen([cli.COMMAND, *QUICK, "--json", f"127.7.0.0/20:{world.refused.split(':')[1]}"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=PLAIN)
    process.stdout.readline()
    workers = wait_for(lambda: workers_of(process))
    process.stdout.close()
    error = process.stderr.read()
    equal((process.wait(30), error), (4, b""))
    assert all(map(is_gone, workers))


BAD = [
    ("no workers", ["--workers=0", "{server}"], "--workers"),
    ("too many workers", ["--workers=257", "{server}"], "--workers"),
    ("workers of a replay", ["replay", "--workers=2", "x"], "no meaning"),
]


if __name__ == "__main__":
    sys.exit(cli.main(BAD, CASES))
