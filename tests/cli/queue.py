# SPDX-License-Identifier: Apache-2.0
"""Many processes on one queue, with the real redis-server and valkey-server on loopback, each that is here, or with the one that
SHAKEDOWN_QUEUE_SERVER names: workers are killed and cut off, the server is killed, the collector is killed, and each target has
exactly one report. SHAKEDOWN_QUEUE_TARGETS=10000 runs it at full size, and prints figures. Closes with "N passed, N failed, N
skipped"."""

import contextlib
import functools
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time

import cli
from cli import PLAIN, equal

SERVERS = {name: shutil.which(name) for name in ("redis-server", "valkey-server")}
if "SHAKEDOWN_QUEUE_SERVER" in os.environ:
    SERVERS = {"SHAKEDOWN_QUEUE_SERVER": os.environ["SHAKEDOWN_QUEUE_SERVER"]}
SERVER = None  # the one of the case that runs
TARGETS = int(os.environ.get("SHAKEDOWN_QUEUE_TARGETS", "600"))
QUICK = ["--only=versions", "--timeout=2", "--retries=0"]
# Those of docs/scale.md, and of no other command.
with open(os.path.join(cli.ROOT, "docs", "scale.md"), encoding="utf-8") as page:
    RIGHTS = re.findall(r"\+[a-z]+", page.read().split("A user needs")[1].split("`.")[0])
CASES = []
STARTED = []


def case(function):
    @functools.wraps(function)
    def whole(world):
        try:
            function(world)
        finally:  # a case that failed leaves nobody behind
            for process in STARTED:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            STARTED.clear()

    CASES.append(whole)
    return whole


# --- the server, and the way to it -------------------------------------------------------------------

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()[1]


class Engine:
    """A server with a folder of its own, which can be killed and started again."""

    def __init__(self, world, *options, tls=None):
        """tls: the name of the server's certificate in the World, which is its own issuer; then nothing goes without TLS."""
        self.folder = world.path(f"engine-{random.randrange(1 << 30)}")
        os.mkdir(self.folder)
        self.port, self.tls = free_port(), None
        self.options = ["--port", str(self.port), *options]
        if tls is not None:
            certificate, key = world.path(f"{tls}.pem"), world.path("key.pem")
            self.options = ["--port", "0", "--tls-port", str(self.port), "--tls-cert-file", certificate, "--tls-key-file", key,
                            "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no", *options]
            self.tls = ssl.create_default_context(cafile=certificate)
            self.tls.check_hostname = False
            self.tls.load_cert_chain(certificate, key)
        self.start()

    def start(self):
        with open(f"{self.folder}/log", "ab") as log:
            self.process = subprocess.Popen([SERVER, "--bind", "127.0.0.1", "--dir", self.folder, "--save", "", "--appendonly", "yes",
                                             *self.options], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server did not start")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def url(self, name="t", settings="", port=None, user="", host="127.0.0.1"):
        return f"redis{'s' if self.tls else ''}://{user}{host}:{port or self.port}/{name}{settings}"

    def ask(self, *words, login=()):
        """One command, in the protocol's own words."""
        with contextlib.ExitStack() as both:
            connection = both.enter_context(socket.create_connection(("127.0.0.1", self.port), 10))
            if self.tls:
                connection = both.enter_context(self.tls.wrap_socket(connection))
            file = connection.makefile("rb")
            answer = None
            for command in (login, words):
                if command:
                    octets = [str(word).encode() for word in command]
                    connection.sendall(b"*%d\r\n" % len(octets) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in octets))
                    answer = read_answer(file)
            return answer

    def key(self, name, key):
        return f"shakedown:{{{name}}}:{key}"

    def length(self, key, name="t"):
        return self.ask("XLEN", self.key(name, key))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def read_answer(file):
    line = file.readline()[:-2]
    kind, rest = line[:1], line[1:]
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return None if rest == b"-1" else file.read(int(rest) + 2)[:-2].decode()
    if kind == b"*":
        return [read_answer(file) for _ in range(int(rest))]
    return line.decode()


class Relay:
    """Between a worker and the server; cut() ends what there is and lets nobody through for a while; spoil() changes an octet."""

    def __init__(self, port):
        self.to, self.open, self.cut_until, self.held, self.spoiled = port, [], 0, False, True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if time.monotonic() < self.cut_until:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.to), 5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self.open += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self.pass_on, args=(source, sink), daemon=True).start()

    def pass_on(self, source, sink):
        try:
            while octets := source.recv(65536):
                while self.held:
                    time.sleep(0.05)
                if not self.spoiled:
                    self.spoiled, octets = True, octets[:-1] + bytes([octets[-1] ^ 1])
                sink.sendall(octets)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self, seconds):
        self.cut_until = time.monotonic() + seconds
        for connection in self.open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []

    def spoil(self):
        self.spoiled = False

    def close(self):
        cli.stop_listening(self.listener)
        self.cut(60)


# --- the commands ------------------------------------------------------------------------------------

def start(*arguments, **more):
    more = {"stdin": subprocess.DEVNULL, **more}
    process = subprocess.Popen([cli.COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=PLAIN, **more)
    STARTED.append(process)
    return process


def end(process, status=0, seconds=120):
    try:
        out, error = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as late:
        process.kill()
        raise AssertionError(f"it did not end: {process.args[1:4]}: {process.communicate()[1]}") from late
    equal((process.returncode, b"AddressSanitizer" in error), (status, False), f"{process.args[1]}: {error[-400:]!r}")
    return out, error


def run(*arguments, status=0):
    return end(start(*arguments), status)


def addresses(world, count, network=12):
    port = world.refused.split(":")[1]
    return [f"127.{network}.{i >> 8}.{i & 255}:{port}" for i in range(count)]


def listed(world, targets):
    return world.path(f"list-{random.randrange(1 << 30)}", "".join(f"{target}\n" for target in targets).encode())


def read(path):
    with open(path, "rb") as file:
        return [json.loads(line) for line in file.read().splitlines()]


def each_once(reports, targets):
    found = sorted(report["target"]["input"] for report in reports)
    equal((len(found), len(set(found))), (len(targets), len(targets)))
    equal(found, sorted(targets))


def until(what, seconds=60):
    for _ in range(int(seconds * 50)):
        if what():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


def empty(engine, name="t"):
    equal([engine.length("jobs", name), engine.length("results", name), engine.ask("SCARD", engine.key(name, "ids"))], [0, 0, 0])


# --- nothing lost, nothing twice -----------------------------------------------------------------------

@case
def one_is_killed_and_one_cut_off(world):
    """Three workers: one is killed, one loses its connection for longer than its lease; the collector is killed too."""
    targets, out = addresses(world, TARGETS), world.path("killed.ndjson")
    rate = max(60, TARGETS // 60)
    with Engine(world) as engine:
        relay = Relay(engine.port)
        url = engine.url(settings="?lease=1")
        began = time.monotonic()
        run("enqueue", "--queue", url, "-i", listed(world, targets))
        enqueued = time.monotonic() - began
        began = time.monotonic()
        options = [*QUICK, f"--rate={rate}", "--parallel=20"]
        workers = [start("work", "--queue", engine.url(settings="?lease=1", port=relay.port), *options),
                   start("work", "--queue", url, *options), start("work", "--queue", url, *options)]
        first = start("collect", "--queue", url, "-o", f"ndjson:{out}")
        until(lambda: os.path.exists(out) and os.path.getsize(out) > 100000)
        workers[1].kill()
        first.kill()
        relay.cut(2)
        for process in (workers[1], first):
            process.communicate()
        second = start("collect", "--queue", url, "-o", f"ndjson:{out}")
        _, told = end(workers[0])
        _, quiet = end(workers[2])
        end(second)
        taken = time.monotonic() - began
        equal(quiet, b"")
        assert b"is lost" in told and b"there again" in told, told
        each_once(read(out), targets)
        empty(engine)
        memory = max(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, 0)
        if TARGETS > 1000:
            print(f"figures: {TARGETS} targets enqueued in {enqueued:.1f} s, scanned and collected in {taken:.1f} s, "
                  f"{os.path.getsize(out) / TARGETS:.0f} octets a report, at most {memory} KiB for a process")
        relay.close()


def processes_of(process):
    """Those that it has started."""
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


@case
def workers_of_several_processes(world):
    """Two machines with two processes each: of one a process is killed, the other one as a whole. Names are looked up too."""
    targets = addresses(world, 400, 25)
    names = [f"localhost:{world.refused.split(':')[1]}", f"localhost:{int(world.refused.split(':')[1]) ^ 1}"]
    with Engine(world) as engine:
        url = engine.url(settings="?lease=1", host="localhost")
        run("enqueue", "--queue", url, *names, "-i", listed(world, targets))
        options = [*QUICK, "--rate=60", "--parallel=40", "--resolver=system"]
        first, second = (start("work", "--queue", url, "--workers=2", *options) for _ in range(2))
        collector = start("collect", "--queue", url)
        until(lambda: len(processes_of(first)) == 2 and len(processes_of(second)) == 2)
        children = processes_of(second)
        until(lambda: engine.length("jobs") < 360)
        os.kill(processes_of(first)[0], signal.SIGKILL)
        until(lambda: engine.length("jobs") < 300)
        second.kill()
        second.communicate()
        _, told = end(first)
        equal(told.count(b"a worker process was ended by signal 9"), 1, told)
        each_once([json.loads(line) for line in end(collector)[0].splitlines()], targets + names)
        until(lambda: not any(os.path.exists(f"/proc/{child}") for child in children))
        empty(engine)


@case
def the_server_is_killed(world):
    """... and started again, while three workers and a collector are at work."""
    targets, out = addresses(world, min(TARGETS, 1000), 13), world.path("server.ndjson")
    with Engine(world, "--appendfsync", "always") as engine:
        url = engine.url(settings="?lease=2")
        run("enqueue", "--queue", url, "-i", listed(world, targets))
        workers = [start("work", "--queue", url, *QUICK, "--rate=60", "--parallel=20") for _ in range(3)]
        collector = start("collect", "--queue", url, "-o", f"ndjson:{out}")
        until(lambda: os.path.exists(out) and os.path.getsize(out) > 100000)
        engine.kill()
        time.sleep(0.7)
        engine.start()
        for process in [*workers, collector]:
            assert b"there again" in end(process)[1]
        each_once(read(out), targets)
        empty(engine)


@case
def one_is_told_to_stop(world):
    """What it had is given back at once: nobody waits for a lease of a minute."""
    targets = addresses(world, 100, 14)
    with Engine(world) as engine:
        url = engine.url()
        run("enqueue", "--queue", url, *targets)
        worker = start("work", "--queue", url, *QUICK, "--rate=30", "--parallel=50")
        until(lambda: engine.length("results") > 5)
        worker.send_signal(signal.SIGTERM)
        _, error = end(worker, 3)
        equal(error, b"")
        began = time.monotonic()
        run("work", "--queue", url, *QUICK)
        assert time.monotonic() - began < 20
        out, _ = run("collect", "--queue", url)
        reports = [json.loads(line) for line in out.splitlines()]
        each_once(reports, targets)
        equal([report["target"]["input"] for report in reports if report["interrupted"]], [])
        empty(engine)


@case
def who_stops_enqueuing_says_so(world):
    """Otherwise workers would wait for more of a list for a minute."""
    with Engine(world) as engine:
        adding = start("enqueue", "--queue", engine.url(), "-i", "-", stdin=subprocess.PIPE)
        adding.stdin.write(f"{world.refused}\n".encode())
        adding.stdin.flush()
        until(lambda: engine.length("jobs") == 1)
        adding.send_signal(signal.SIGTERM)
        equal(end(adding, 3), (b"", b""))
        began = time.monotonic()
        run("work", "--queue", engine.url(), *QUICK)
        assert time.monotonic() - began < 20


@case
def asked_how_far_they_are(world):
    """The signal that asks a scan ends nothing: not those either that have no progress to tell."""
    with Engine(world) as engine:
        url = engine.url()
        adding = start("enqueue", "--queue", url, "-i", "-", stdin=subprocess.PIPE)
        collector = start("collect", "--queue", url, "--follow")
        time.sleep(0.5)
        for process in (adding, collector):
            process.send_signal(signal.SIGUSR1)
        time.sleep(0.5)
        equal((adding.poll(), collector.poll()), (None, None))
        equal(end(adding), (b"", b""))
        collector.send_signal(signal.SIGTERM)
        equal(collector.communicate(timeout=20), (b"", b""))
        assert collector.returncode in (0, 3), collector.returncode


@case
def a_slow_target_is_kept(world):
    """It lasts three leases, and another worker stands by: it stays with the first."""
    with Engine(world) as engine:
        url, jobs = engine.url(settings="?lease=2"), engine.key("t", "jobs")
        run("enqueue", "--queue", url, world.silent_target())
        slow = ["--only=versions", "--timeout=6", "--retries=0"]
        first = start("work", "--queue", url, *slow)
        until(lambda: engine.ask("XLEN", jobs) == 1 and engine.ask("EXISTS", jobs) == 1
              and "workers" in str(engine.ask("XINFO", "GROUPS", jobs)) and engine.ask("XPENDING", jobs, "workers")[0] == 1)
        second = start("work", "--queue", url, *slow)
        seen = set()
        while engine.length("jobs") == 1:
            for _, consumer, idle, deliveries in engine.ask("XPENDING", jobs, "workers", "-", "+", 10):
                seen.add((consumer, deliveries))
                assert idle < 2000, idle
            time.sleep(0.1)
        equal((len(seen), [deliveries for _, deliveries in seen]), (1, [1]))
        for process in (first, second):
            end(process)
        equal(len(run("collect", "--queue", url)[0].splitlines()), 1)


@case
def a_road_that_is_silent(world):
    """Nothing is reset, nothing comes through for longer than anybody waits (at full size alone: it lasts)."""
    if TARGETS <= 1000:
        return
    targets = addresses(world, 400, 23)
    with Engine(world) as engine:
        relay = Relay(engine.port)
        run("enqueue", "--queue", engine.url(), *targets)
        worker = start("work", "--queue", engine.url(port=relay.port), *QUICK, "--rate=60", "--parallel=20")
        until(lambda: engine.length("results") > 20)
        relay.held = True
        time.sleep(13)
        relay.held = False
        _, error = end(worker)
        assert b"does not answer" in error and b"there again" in error, error
        each_once([json.loads(line) for line in run("collect", "--queue", engine.url())[0].splitlines()], targets)
        relay.close()


@case
def enqueued_twice(world):
    targets = addresses(world, 300, 15)
    with Engine(world) as engine:
        url = engine.url()
        equal(run("enqueue", "--queue", url, "-i", listed(world, targets))[1], b"")
        _, error = run("enqueue", "--queue", url, *targets[:200], "localhost:1")
        equal((error.count(b"\n"), b"200 of the targets were in the queue already" in error), (1, True), error)
        run("work", "--queue", url, *QUICK)
        run("enqueue", "--queue", url, targets[7])  # its report waits
        equal(engine.length("jobs"), 0)
        out, _ = run("collect", "--queue", url)
        each_once([json.loads(line) for line in out.splitlines()], [*targets, "localhost:1"])
        run("enqueue", "--queue", url, targets[7])  # another night
        equal(engine.length("jobs"), 1)


@case
def killed_between_writing_and_saying_so(world):
    """The collector's report is in the file, once whole and once torn, and the queue does not know."""
    targets, path = addresses(world, 40, 16), world.path("between.ndjson")
    with Engine(world) as engine:
        url = engine.url(settings="?lease=1")
        run("enqueue", "--queue", url, *targets)
        run("work", "--queue", url, *QUICK)
        results = engine.key("t", "results")
        engine.ask("XGROUP", "CREATE", results, "collectors", "0")
        taken = engine.ask("XREADGROUP", "GROUP", "collectors", "dead", "COUNT", "20", "STREAMS", results, ">")[0][1]
        texts = [dict(zip(fields[::2], fields[1::2]))["report"] for _, fields in taken]
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(texts[:12]) + texts[12][:500])
        time.sleep(1.1)
        run("collect", "--queue", url, "-o", f"ndjson:{path}")
        each_once(read(path), targets)
        empty(engine)


@case
def standard_output_is_appended_to(world):
    targets, path = addresses(world, 20, 17), world.path("appended.ndjson")
    with Engine(world) as engine:
        for part in (targets[:10], targets[10:]):
            run("enqueue", "--queue", engine.url(), *part)
            run("work", "--queue", engine.url(), *QUICK)
            with open(path, "ab") as file:
                equal(subprocess.run([cli.COMMAND, "collect", "--queue", engine.url()], stdout=file, env=PLAIN, timeout=60).returncode, 0)
            with open(path, "ab") as file:
                file.write(b'{"schema":"shake')
        os.truncate(path, os.path.getsize(path) - len(b'{"schema":"shake'))
        each_once(read(path), targets)


@case
def told_to_stop_while_nobody_reads(world):
    """The report that is being written is written to its end; the others stay in the queue."""
    with Engine(world) as engine:
        url = engine.url()
        run("enqueue", "--queue", url, *addresses(world, 100))
        run("work", "--queue", url, *QUICK)
        collector = start("collect", "--queue", url)
        time.sleep(2)  # the pipe is full then
        collector.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        out, error = end(collector, 3)
        equal((out[-1:], error), (b"\n", b""))
        for line in out.splitlines():
            json.loads(line)


@case
def the_reader_goes_away(world):
    """What nobody has read stays in the queue."""
    targets = addresses(world, 200, 18)
    with Engine(world) as engine:
        url = engine.url(settings="?lease=1")
        run("enqueue", "--queue", url, *targets)
        run("work", "--queue", url, *QUICK)
        collector = start("collect", "--queue", url)
        collector.stdout.readline()
        collector.stdout.close()
        error = collector.stderr.read()
        equal((collector.wait(60), error.count(b"\n")), (2, 1), error)
        left = engine.length("results")
        assert left > 0, left
        time.sleep(1.1)
        out, _ = run("collect", "--queue", url)
        equal(len(out.splitlines()), left)


# --- what no worker comes to an end with ----------------------------------------------------------------

@case
def given_up_after_five_workers(world):
    targets = addresses(world, 2, 19)
    with Engine(world) as engine:
        url, jobs = engine.url(settings="?lease=1"), engine.key("t", "jobs")
        run("enqueue", "--queue", url, *targets)
        engine.ask("XGROUP", "CREATE", jobs, "workers", "0")
        entry = engine.ask("XREADGROUP", "GROUP", "workers", "dead", "COUNT", "1", "STREAMS", jobs, ">")[0][1][0][0]
        engine.ask("XCLAIM", jobs, "workers", "dead", "0", entry, "IDLE", "5000", "RETRYCOUNT", "5", "JUSTID")
        run("work", "--queue", url, *QUICK)
        out, _ = run("collect", "--queue", url, "-o", f"csv:{world.path('given-up.csv')}")
        reports = {report["target"]["input"]: report for report in (json.loads(line) for line in out.splitlines())}
        equal(sorted(reports), sorted(targets))
        assert reports[targets[0]]["trouble"].startswith("abandoned: "), reports[targets[0]]["trouble"]
        equal((reports[targets[0]]["endpoints"], reports[targets[1]]["trouble"]), ([], None))


@case
def what_is_no_target(world):
    """Whoever can write into the queue cannot make workers scan a range, or stumble."""
    odd = ["127.0.0.0/8", "h:1-9", "a b", "", "x" * 301, "\x1b[31m", "https://h/", "a..b"]
    with Engine(world) as engine:
        jobs = engine.key("t", "jobs")
        for i, text in enumerate(odd):
            engine.ask("XADD", jobs, "*", "id", f"{i:032x}", "target", text)
        engine.ask("XADD", jobs, "*", "colour", "red")
        engine.ask("XADD", engine.key("t", "results"), "*", "id", "0" * 32, "target", "h", "report", '{"schema":"other"}')
        equal(run("work", "--queue", engine.url(), *QUICK), (b"", b""))
        out, error = run("collect", "--queue", engine.url(), status=2)
        equal((out, error.count(b"\n"), b"\x1b" in error), (b"", len(odd) + 2, False), error)
        empty(engine)


@case
def wishes_of_the_worker(world):
    """What a worker's options refuse is told by who collects."""
    with Engine(world) as engine:
        run("enqueue", "--queue", engine.url(), *addresses(world, 1))
        run("work", "-6", "--queue", engine.url(), *QUICK)
        out, error = run("collect", "--queue", engine.url(), status=2)
        equal((out, error.count(b"\n")), (b"", 1))
        assert b"only IPv6" in error, error


# --- not too much at once ---------------------------------------------------------------------------------

@case
def a_full_stream_of_results(world):
    targets = addresses(world, 150, 20)
    with Engine(world) as engine:
        url = engine.url(settings="?results=20")
        run("enqueue", "--queue", url, *targets)
        worker = start("work", "--queue", url, *QUICK, "--parallel=10")
        until(lambda: engine.length("results") >= 20)
        time.sleep(1.5)
        equal(engine.length("results"), 20)
        out, _ = run("collect", "--queue", url)
        _, error = end(worker)
        assert error.count(b"full of reports") >= 1, error
        each_once([json.loads(line) for line in out.splitlines()], targets)


@case
def a_full_queue(world):
    targets = addresses(world, 2000, 21)
    with Engine(world) as engine:
        url = engine.url(settings="?jobs=300")
        adding = start("enqueue", "--queue", url, "-i", listed(world, targets))
        until(lambda: engine.length("jobs") >= 300)
        time.sleep(1)
        equal((engine.length("jobs") <= 600, adding.poll()), (True, None))
        worker = start("work", "--queue", url, *QUICK)  # and does not end while somebody enqueues
        collector = start("collect", "--queue", url)
        _, error = end(adding)
        assert b"the queue is full" in error, error
        end(worker)
        each_once([json.loads(line) for line in end(collector)[0].splitlines()], targets)


@case
def full_again_and_again(world):
    """Which is how a long list is enqueued: it is told once, and not each time."""
    targets = addresses(world, 2500, 22)
    with Engine(world) as engine:
        url = engine.url(settings="?jobs=1000")
        adding = start("enqueue", "--queue", url, "-i", listed(world, targets))
        until(lambda: engine.length("jobs") >= 1000)  # a worker that finds nothing ends
        worker = start("work", "--queue", url, *QUICK, "--rate=600")
        equal(end(adding)[1].count(b"the queue is full"), 1)
        worker.send_signal(signal.SIGTERM)
        end(worker, 3)


@case
def no_memory_left(world):
    """A server at its limit refuses for a while, is asked ever more slowly, and nobody is lost."""
    targets = addresses(world, 50, 22)
    with Engine(world) as engine:
        run("enqueue", "--queue", engine.url(), *targets[:25])
        engine.ask("CONFIG", "SET", "maxmemory", "1")
        adding = start("enqueue", "--queue", engine.url(), *targets[25:])
        time.sleep(3)
        equal((engine.length("jobs"), adding.poll()), (25, None))
        refusals = sum(int(count) for count in re.findall("errorstat_.*count=([0-9]+)", engine.ask("INFO", "errorstats")))
        assert 3 <= refusals <= 8, refusals
        engine.ask("CONFIG", "SET", "maxmemory", "0")
        _, error = end(adding)
        equal((error.count(b"\n"), b"cannot do its work now" in error, b"OOM" in error, b"there again" in error), (2, True, True, True), error)
        run("work", "--queue", engine.url(), *QUICK)
        each_once([json.loads(line) for line in run("collect", "--queue", engine.url())[0].splitlines()], targets)


# --- coming in ----------------------------------------------------------------------------------------------

@case
def passwords(world):
    with Engine(world, "--requirepass", "Sesame 1") as engine:
        engine.ask("ACL", "SETUSER", "ann", "on", ">Simsalabim", "~shakedown:*", *RIGHTS, login=("AUTH", "Sesame 1"))
        target = addresses(world, 1)[0]
        for url, more in ((engine.url(user=":Sesame%201@"), []), (engine.url(), [f"--queue-pass=file:{world.path('pw', b'Sesame 1')}"]),
                          (engine.url(user="ann:Simsalabim@"), []), (engine.url(user="ann@"), ["--queue-pass=env:WORD"])):
            done = subprocess.run([cli.COMMAND, "enqueue", "--queue", url, *more, target], env={**PLAIN, "WORD": "Simsalabim"},
                                  capture_output=True, timeout=60)
            equal(done.returncode, 0, done.stderr)
        run("work", "--queue", engine.url(user="ann:Simsalabim@"), *QUICK)
        equal(len(run("collect", "--queue", engine.url(user="ann:Simsalabim@"))[0].splitlines()), 1)
        for user, more, sentence in (("", [], b"wants a password"), (":Simsalabim@", [], b"does not take"),
                                     ("ann:Open@", [], b"does not take"), ("ann@", [f"--queue-pass=file:{world.path('bad', b'Open')}"], b"does not take")):
            for command in ("enqueue", "work", "collect"):
                _, error = run(command, "--queue", engine.url(user=user), *more, *([target] if command == "enqueue" else []), status=2)
                equal((error.count(b"\n"), sentence in error), (1, True), error)
                assert b"Open" not in error and b"Simsalabim" not in error, error


def certificate_of_another(world):
    """With the key of the World's, for a name that is not this machine's."""
    path = world.path("elsewhere.pem")
    if not os.path.exists(path):
        subprocess.run(["openssl", "req", "-x509", "-key", world.path("key.pem"), "-days", "9", "-subj", "/CN=elsewhere",
                        "-addext", "subjectAltName=DNS:elsewhere.example,IP:127.9.9.9", "-out", path], check=True, stderr=subprocess.DEVNULL)
    return path


def refused(sentence, url, target, *more):
    """By each of the three commands, in one sentence."""
    for command in ("enqueue", "work", "collect"):
        out, error = run(command, "--queue", url, *more, *([target] if command == "enqueue" else []), status=2)
        equal((out, error.count(b"\n"), sentence in error), (b"", 1, True), f"{command}: {error!r}")


@case
def tls(world):
    """The certificate and the name or the address in it are verified, always."""
    root, key, target = world.path("root.pem"), world.path("key.pem"), addresses(world, 1)[0]
    elsewhere = certificate_of_another(world)
    with Engine(world, tls="root") as engine:
        url = engine.url(settings=f"?ca={root}")
        run("enqueue", "--queue", url, *addresses(world, 300))
        run("work", "--queue", f"{url}&cert={root}&key={key}", *QUICK)
        out, _ = run("collect", "--queue", engine.url(settings=f"?ca={root}", host="localhost"))
        each_once([json.loads(line) for line in out.splitlines()], addresses(world, 300))
        run("enqueue", "--queue", url, world.server)  # one of many records of TLS
        run("work", "--queue", url, "--evidence", "--pem", f"--json={world.path('long.ndjson')}")
        with open(world.path("long.ndjson"), "rb") as file:
            equal(run("collect", "--queue", url)[0], file.read())
        assert os.path.getsize(world.path("long.ndjson")) > 100000
        refused(b"not trusted: self-signed certificate", engine.url(), target)
        refused(b"not trusted: self-signed certificate", engine.url(settings=f"?ca={world.path('client.pem')}"), target)
        refused(b"does not hold the key", f"{url}&cert={root}&key={world.path('other.pem')}", target)
        refused(b"without a passphrase", f"{url}&cert={root}&key={world.path('locked.pem')}", target)
        refused(b"no certificates", engine.url(settings=f"?ca={key}"), target)
        refused(b"no certificate in PEM", f"{url}&cert={key}&key={key}", target)
        refused(b"no connection to the queue", f"redis://127.0.0.1:{engine.port}/t", target)
    with Engine(world, tls="elsewhere") as engine:
        for host, sentence in (("127.0.0.1", b"not trusted: IP address mismatch"), ("localhost", b"not trusted: hostname mismatch")):
            refused(sentence, engine.url(settings=f"?ca={elsewhere}", host=host), target)
    with Engine(world) as engine:
        _, error = run("work", "--queue", f"rediss://127.0.0.1:{engine.port}/t?ca={root}", status=2)
        equal((error.count(b"\n"), b"no connection to the queue" in error), (1, True), error)


@case
def tls_with_certificates_of_clients(world):
    """In TLS 1.3 the server tells what it thinks of one only when the client believes itself to be through."""
    root, key, target = world.path("root.pem"), world.path("key.pem"), addresses(world, 1)[0]
    stranger = f"&cert={world.path('client.pem')}&key={world.path('other.pem')}"
    for version in ("TLSv1.2", "TLSv1.3"):
        with Engine(world, "--tls-auth-clients", "yes", "--tls-protocols", version, tls="root") as engine:
            url = engine.url(settings=f"?ca={root}")
            for _ in range(3):
                refused(b"wants a certificate: cert and key", url, target)
                refused(b"does not take the certificate that it is shown: unknown CA", url + stranger, target)
            run("enqueue", "--queue", f"{url}&cert={root}&key={key}", target)
            equal(engine.length("jobs"), 1)


@case
def tls_that_is_cut_and_spoiled(world):
    """A user of the server's list; the road breaks twice for all of them, and once an octet is another one."""
    root, targets, rights = world.path("root.pem"), addresses(world, 240, 24), ["~shakedown:*", *RIGHTS]
    with Engine(world, "--user", "default", "off", "--user", "root", "on", ">Sesame", "~*", "+@all",
                "--user", "ann", "on", ">Simsalabim", *rights, tls="root") as engine:
        relay, login = Relay(engine.port), ("AUTH", "root", "Sesame")
        url = engine.url(settings=f"?ca={root}&lease=2", user="ann:Simsalabim@", host="localhost", port=relay.port)
        refused(b"wants a password", engine.url(settings=f"?ca={root}"), targets[0])
        refused(b"does not take the user and the password", engine.url(settings=f"?ca={root}", user="ann:Open@"), targets[0])
        run("enqueue", "--queue", url, *targets)
        done = lambda: 240 - engine.ask("XLEN", engine.key("t", "jobs"), login=login)
        workers = [start("work", "--queue", url, *QUICK, "--rate=40", "--parallel=10") for _ in range(2)]
        collector = start("collect", "--queue", url, "-o", f"ndjson:{world.path('cut.ndjson')}")
        until(lambda: done() > 20)
        relay.cut(0.5)
        until(lambda: done() > 80)
        relay.spoil()
        until(lambda: relay.spoiled and done() > 120)
        relay.cut(0)
        for process in (*workers, collector):
            _, error = end(process)
            assert error.count(b"is lost") >= 2 and error.count(b"there again") >= 2, error
        each_once(read(world.path("cut.ndjson")), targets)
        equal([engine.ask("XLEN", engine.key("t", key), login=login) for key in ("jobs", "results")], [0, 0])
        relay.close()


@case
def a_name_that_is_looked_up(world):
    """As other programs of the machine do it; one that is nobody's is told as such."""
    target = addresses(world, 1)[0]
    with Engine(world) as engine:
        run("enqueue", "--queue", engine.url(host="localhost"), target)
        equal(engine.length("jobs"), 1)
        refused(b"look-up of its name failed", engine.url(host="no..name"), target)


@case
def a_build_without_hiredis(world):
    """Two files of it are enough to see that the queue's door says so."""
    program = world.path("without.c", b'''#include "run/redis.h"
#include <stdio.h>
int main(void)
{
    struct complaint complaint = {0};
    struct redis *redis = redis_open(&(struct queue_url){0}, &(struct redis_calls){0}, &complaint);
    puts(complaint.text);
    return redis != NULL;
}
''')
    command = world.path("without")
    subprocess.run([os.environ.get("CC") or "cc", "-std=c11", "-D_GNU_SOURCE", f"-I{cli.ROOT}/include", "-o", command, program,
                    f"{cli.ROOT}/src/run/redis.c", f"{cli.ROOT}/src/base/fail.c"], check=True, timeout=60)
    equal(subprocess.run([command], capture_output=True, timeout=60, check=True).stdout,
          b"this build has no queue, for hiredis was not there when it was made\n")


@case
def what_is_no_server(world):
    silent = socket.create_server(("127.0.0.1", 0), backlog=4)
    web = socket.create_server(("127.0.0.1", 0))

    def answer():
        connection, _ = web.accept()
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.close()

    threading.Thread(target=answer, daemon=True).start()
    for port, sentence in ((int(world.refused.split(":")[1]), b"refused"), (web.getsockname()[1], b"does not speak"),
                           (int(world.server.split(":")[1]), b"no connection to the queue"), (silent.getsockname()[1], b"does not answer")):
        _, error = run("work", "--queue", f"redis://127.0.0.1:{port}/t", status=2)
        equal((error.count(b"\n"), sentence in error), (1, True), f"{sentence!r} {error!r}")
    _, error = run("work", "--queue", f"rediss://127.0.0.1:{silent.getsockname()[1]}/t", status=2)
    equal((error.count(b"\n"), b"does not answer" in error), (1, True), f"{sentence!r} {error!r}")
    silent.close()
    web.close()


@case
def a_worker_that_stays(world):
    with Engine(world) as engine:
        worker = start("work", "--follow", "--queue", engine.url(), *QUICK)
        collector = start("collect", "--follow", "--queue", engine.url())
        target = addresses(world, 1)[0]
        for _ in range(2):  # the same one again is no duplicate
            run("enqueue", "--queue", engine.url(), target)
            equal(json.loads(collector.stdout.readline())["target"]["input"], target)
            until(lambda: engine.ask("SCARD", engine.key("t", "ids")) == 0)
        worker.send_signal(signal.SIGTERM)
        end(worker, 3)
        collector.send_signal(signal.SIGTERM)
        end(collector)


@case
def the_dead_are_forgotten(world):
    """Once they have nothing and three leases are over; who has something is not."""
    with Engine(world) as engine:
        url, jobs = engine.url(settings="?lease=1"), engine.key("t", "jobs")
        known = lambda: sorted(dict(zip(fields[::2], fields[1::2]))["name"] for fields in engine.ask("XINFO", "CONSUMERS", jobs, "workers"))
        run("enqueue", "--queue", url, *addresses(world, 2))
        engine.ask("XGROUP", "CREATE", jobs, "workers", "0")
        for name in ("idle", "busy"):
            engine.ask("XGROUP", "CREATECONSUMER", jobs, "workers", name)
        engine.ask("XREADGROUP", "GROUP", "workers", "busy", "COUNT", "1", "STREAMS", jobs, ">")
        for lease, left in ((3600, ["busy", "idle"]), (1, ["busy"])):  # the second finds the queue full, and takes nothing
            worker = start("work", "--queue", engine.url(settings=f"?lease={lease}&results=1"), *QUICK)
            assert b"full of reports" in worker.stderr.readline()
            time.sleep(3.1)
            worker.send_signal(signal.SIGTERM)
            end(worker, 3)
            equal(known(), left)


@case
def told_to_stop_without_a_server(world):
    """Each ends within some ten seconds, and what is not told yet stays in the queue."""
    engine = Engine(world)
    url = engine.url()
    run("enqueue", "--queue", url, world.silent_target())
    waiting = [start("enqueue", "--queue", url, "-i", "-", stdin=subprocess.PIPE), start("collect", "--queue", url),
               start("work", "--queue", url, "--only=versions", "--timeout=60")]
    until(lambda: "workers" in str(engine.ask("XINFO", "GROUPS", engine.key("t", "jobs"))))
    time.sleep(0.5)
    engine.kill()
    for process in waiting:
        line = process.stderr.readline()
        assert b"is lost" in line, (process.args[1], line)
        process.send_signal(signal.SIGTERM)
    for process in waiting:
        end(process, 3, 45)


@case
def a_server_that_is_not_ready(world):
    """It lets nobody in, or loads what it had: that is told once, waited for, and need not be waited for."""
    for words in (b"-LOADING Redis is loading the dataset in memory\r\n", b"-ERR max number of clients reached\r\n"):
        listener = socket.create_server(("127.0.0.1", 0))

        def answer():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.sendall(words)
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        url, target = f"redis://127.0.0.1:{listener.getsockname()[1]}/t", addresses(world, 1)[0]
        for command in ("enqueue", "collect"):
            process = start(command, "--queue", url, *([target] if command == "enqueue" else []))
            assert b"cannot do its work now" in process.stderr.readline()
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
            _, error = end(process, 3, 10)
            equal(error, b"", "more than once")
        cli.stop_listening(listener)
    with Engine(world, "--maxclients", "1") as engine:
        def comes_in():
            nonlocal one
            one = socket.create_connection(("127.0.0.1", engine.port))
            one.sendall(b"PING\r\n")
            return one.recv(64) == b"+PONG\r\n"

        one = None
        until(comes_in)
        adding = start("enqueue", "--queue", engine.url(), target)
        assert b"max number of clients" in adding.stderr.readline()
        one.close()
        equal(end(adding)[1].count(b"there again"), 1)


@case
def an_empty_queue(world):
    with Engine(world) as engine:
        equal(run("work", "--queue", engine.url(), *QUICK), (b"", b""))
        equal(run("collect", "--queue", engine.url()), (b"", b""))


@case
def other_formats_stand_beside(world):
    with Engine(world) as engine:
        page, lines = world.path("page.html"), world.path("beside.ndjson")
        run("enqueue", "--queue", engine.url(), world.server, *addresses(world, 3))
        local = world.path("local.csv")
        run("work", "--queue", engine.url(), "--only=versions", "-o", f"csv:{local}")  # a worker may keep them too
        with open(local, encoding="utf-8") as file:
            assert world.server.split(":")[1] in file.read()
        run("collect", "--queue", engine.url(), "-o", f"html:{page}", f"--json={lines}")
        with open(page, encoding="utf-8") as file:
            assert world.server in file.read()
        each_once(read(lines), [world.server, *addresses(world, 3)])


def stored(store, targets):
    out, _ = run("render", store, "-o", "ndjson")
    each_once([json.loads(line) for line in out.splitlines()], targets)
    history, _ = run("history", f"--store={store}", "-o", "ndjson")
    equal(sum(row["scans"] for line in history.splitlines() for row in json.loads(line)["rows"]), len(targets))


@case
def reports_in_a_store(world):
    """A worker keeps its own, the collector all; what it wrote and did not say is there once all the same."""
    targets = addresses(world, 30, 26)
    mine, all_of_them, path = world.path("mine.db"), world.path("all.db"), world.path("stored.ndjson")
    with Engine(world) as engine:
        url = engine.url(settings="?lease=1")
        run("enqueue", "--queue", url, *targets)
        run("work", "--queue", url, *QUICK, "--workers=2", f"--store={mine}")
        stored(mine, targets)
        results = engine.key("t", "results")
        engine.ask("XGROUP", "CREATE", results, "collectors", "0")
        taken = engine.ask("XREADGROUP", "GROUP", "collectors", "dead", "COUNT", "20", "STREAMS", results, ">")[0][1]
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(dict(zip(fields[::2], fields[1::2]))["report"] for _, fields in taken))
        time.sleep(1.1)
        run("render", "-o", "ndjson:/dev/null", f"--store={all_of_them}", path)
        with open(path, "r+", encoding="utf-8") as file:  # of some the store has it alone, of some the file
            file.truncate(len("".join(file.readlines()[:10])))
        run("collect", "--queue", url, "-o", f"ndjson:{path}", f"--store={all_of_them}")
        each_once(read(path), targets)
        stored(all_of_them, targets)
        empty(engine)


@case
def a_store_that_takes_nothing(world):
    """What is in no store stays in the queue; for one that is locked there is some patience."""
    targets, store = addresses(world, 5, 27), world.path("locked.db")
    letter = world.path("letter.db", b"a letter to a friend, of more octets than the head of such a file has in all: " * 20)
    with Engine(world) as engine:
        url = engine.url()
        collector = start("collect", "--follow", "--queue", url, f"--store={store}")
        until(lambda: "cmd=eval" in engine.ask("CLIENT", "LIST"))
        lock = sqlite3.connect(store, isolation_level=None)
        lock.execute("begin immediate")
        run("enqueue", "--queue", url, *targets)
        run("work", "--queue", url, *QUICK)
        time.sleep(2)
        equal(engine.length("results"), 5)
        lock.execute("rollback")
        lock.close()
        until(lambda: engine.length("results") == 0)
        collector.send_signal(signal.SIGTERM)
        each_once([json.loads(line) for line in end(collector)[0].splitlines()], targets)
        stored(store, targets)
        run("enqueue", "--queue", url, *targets)
        run("work", "--queue", url, *QUICK)
        _, error = run("collect", "--queue", url, f"--store={letter}", status=2)
        equal((error.count(b"\n"), b"is no store" in error, engine.length("results")), (1, True, 5), error)


@case
def two_collectors_and_one_file(world):
    """The second one would tear the first one's lines; two files take nothing from each other."""
    path, other = world.path("shared.ndjson"), world.path("own.ndjson")
    with Engine(world) as engine:
        url = engine.url()
        first = start("collect", "--queue", url, "--follow", f"--json={path}")
        until(lambda: os.path.exists(path))
        time.sleep(0.3)
        _, error = run("collect", "--queue", url, f"--json={path}", status=2)
        assert b"another run" in error, error
        with open(path, "ab") as out:
            process = subprocess.run([cli.COMMAND, "collect", "--queue", url], stdout=out, stderr=subprocess.PIPE, env=PLAIN)
        equal((process.returncode, b"standard output" in process.stderr), (2, True))
        second = start("collect", "--queue", url, "--follow", f"--json={other}")
        targets = addresses(world, 300, 26)
        run("enqueue", "--queue", url, *targets)
        run("work", "--queue", url, *QUICK)
        until(lambda: engine.length("results") == 0)
        for process in (first, second):
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
            assert process.returncode in (0, 3), process.returncode  # 0: it knows that there is nothing more
        each_once(read(path) + read(other), targets)


@case
def a_file_that_is_something_else(world):
    path = world.path("something", b"a letter to a friend")
    with Engine(world) as engine:
        _, error = run("collect", "--queue", engine.url(), "-o", f"ndjson:{path}", status=2)
        assert b"does not end in lines of reports" in error, error
        with open(path, "rb") as file:
            equal(file.read(), b"a letter to a friend")


BAD = [
    ("enqueue without a queue", ["enqueue", "{server}"], "needs --queue"),
    ("work without a queue", ["work"], "needs --queue"),
    ("collect without a queue", ["collect"], "needs --queue"),
    ("queue of a scan", ["--queue=redis://h/a", "{server}"], "no meaning"),
    ("enqueue without a target", ["enqueue", "--queue=redis://h/a"], "no target"),
    ("work with a target", ["work", "--queue=redis://h/a", "{server}"], "no operand"),
    ("journal of a worker", ["work", "--queue=redis://h/a", "--journal=x"], "no meaning"),
    ("shard of a worker", ["work", "--queue=redis://h/a", "--shard=0/2"], "no meaning"),
    ("lines in two places", ["collect", "--queue=redis://h/a", "--json=x", "-o", "ndjson:y"], "one place"),
    ("no lines", ["collect", "--queue=redis://h/a", "-o", "html"], "say to which file, beside html"),
    ("other scheme", ["collect", "--queue=http://h/a"], "redis://HOST"),
    ("queue without a name", ["collect", "--queue=redis://h"], "name"),
    ("bad lease", ["work", "--queue=redis://h/a?lease=0"], "lease"),
    ("password itself", ["work", "--queue=redis://h/a", "--queue-pass=Sesame"], "env:NAME or file:PATH"),
    ("password that is not there", ["work", "--queue=redis://h/a", "--queue-pass=env:SHAKEDOWN_ABSENT"], "SHAKEDOWN_ABSENT"),
    ("bad target", ["enqueue", "--queue=redis://h/a", "--shard=3/2", "h"], "last one"),
]


def held_against(server, function):
    def whole(world):
        global SERVER
        SERVER = server
        function(world)

    whole.__name__ = f"{function.__name__} ({os.path.basename(server)})"
    return whole


def main():
    said = subprocess.run([cli.COMMAND, "work", "--queue=redis://127.0.0.1:1/a"], capture_output=True).stderr
    if b"has no queue" in said:
        print("skipped: this build has no queue")
        print(f"0 passed, 0 failed, {len(SERVERS) * len(CASES)} skipped")
        return 0
    found = {os.path.realpath(path): path for path in SERVERS.values() if path}  # one may be the other by another name
    for server in found.values():
        print(subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout.strip())
    for name, path in SERVERS.items():
        if path is None:
            print(f"skipped: {name} is not here")
    cases = [held_against(server, function) for server in found.values() for function in CASES]
    return cli.main(BAD, cases, sum(path is None for path in SERVERS.values()) * len(CASES))


if __name__ == "__main__":
    sys.exit(main())
