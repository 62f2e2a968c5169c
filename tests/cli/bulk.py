# SPDX-License-Identifier: Apache-2.0
"""Runs over many targets: lists that stand for more targets than lines, duplicates, shards, slow lists. Closes with
"N passed, N failed"."""

import fcntl
import json
import os
import pty
import resource
import socket
import subprocess
import sys
import time

import cli
from cli import PLAIN, equal, run

CASES = []
QUICK = ["--only=versions", "--timeout=0.5", "--retries=0", "--json"]


def case(function):
    CASES.append(function)
    return function


def inputs(result):
    return [json.loads(line)["target"]["input"] for line in result.stdout.splitlines()]


def hosts(result):
    return sorted(f"{target['host']}:{target['port']}" for target in (json.loads(line)["target"] for line in result.stdout.splitlines()))


def port_of(world):
    return int(world.server.split(":")[1])


# --- what a line stands for --------------------------------------------------------------------------

@case
def ranges_and_lists_are_many_targets(world):
    port, refused = port_of(world), int(world.refused.split(":")[1])
    result = run(*QUICK, f"127.0.0.0/30:{port},{refused}")
    equal((result.returncode, result.stderr), (3, b""))
    equal(hosts(result), sorted(f"127.0.0.{i}:{p}" for i in range(4) for p in (port, refused)))
    result = run(*QUICK, "-i", "-", data=f"localhost:{port},{refused} # two\n127.0.0.1:{refused}-{refused}\n".encode())
    equal(hosts(result), sorted([f"localhost:{port}", f"localhost:{refused}", f"127.0.0.1:{refused}"]))


@case
def a_wrong_range_is_one_complaint(world):
    for text, sentence in ((b"10.0.0.0/7", b"16777216"), (b"a_b..c:1-60000", b"empty label"), (b"host/24", b"begins with"),
                           (b"h:1-70000", b"ports are numbers")):
        result = run(*QUICK, "-i", "-", world.server, data=b"\n" + text + b"\n")
        equal((result.returncode, result.stderr.count(b"\n")), (2, 1), text)
        assert b"standard input:2: " in result.stderr and sentence in result.stderr, result.stderr
        equal(inputs(result), [world.server])


# --- duplicates --------------------------------------------------------------------------------------

@case
def a_name_with_and_without_the_last_dot_is_one(world):
    result = run(*QUICK, "--address=127.0.0.1", f"a.example:{port_of(world)}", f"a.example.:{port_of(world)}", f"A.EXAMPLE.:{port_of(world)}")
    equal(inputs(result), [f"a.example:{port_of(world)}"])


@case
def duplicates_are_scanned_once(world):
    port = port_of(world)
    spelled = [f"localhost:{port}", f"LOCALHOST:{port}", f"https://localhost:{port}/x", f"127.0.0.1:{port}", f"127.0.0.0/31:{port}",
               f"127.0.0.1:{port}-{port}"]
    summary = world.path("summary.json")
    result = run(*QUICK, f"--summary={summary}", *spelled)
    equal(hosts(result), sorted([f"localhost:{port}", f"127.0.0.1:{port}", f"127.0.0.0:{port}"]))
    with open(summary, encoding="utf-8") as file:
        equal(json.load(file)["targets"]["duplicates"], 4)


# --- shards ------------------------------------------------------------------------------------------

def shard(world, *options, env=None):
    port = int(world.refused.split(":")[1])
    result = run(*QUICK, *options, f"127.0.1.0/26:{port}", env={**PLAIN, **(env or {})})
    assert result.returncode in (0, 4), result
    return hosts(result)


@case
def shards_part_the_targets(world):
    whole = shard(world)
    equal(len(whole), 64)
    parts = [shard(world, f"--shard={i}/3") for i in range(3)]
    equal(sorted(sum(parts, [])), whole)
    assert all(10 < len(part) < 35 for part in parts), list(map(len, parts))
    equal(shard(world, "--shard=auto/3", env={"JOB_COMPLETION_INDEX": "1"}), parts[1])
    slurm = {"SLURM_ARRAY_TASK_ID": "14", "SLURM_ARRAY_TASK_MIN": "10", "SLURM_ARRAY_TASK_STEP": "2", "SLURM_ARRAY_TASK_COUNT": "3"}
    equal(shard(world, "--shard=auto", env=slurm), parts[2])
    equal(shard(world, "--shard=0/1"), whole)
    equal(shard(world, "--shard=auto/3", env=slurm), parts[2])


@case
def an_array_of_one_is_not_taken_for_the_whole(world):
    """What `sbatch --array=5` runs again of 32 is not part 0 of them."""
    again = {"SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MIN": "5", "SLURM_ARRAY_TASK_MAX": "5", "SLURM_ARRAY_TASK_COUNT": "1"}
    result = run(*QUICK, "--shard=auto/32", world.refused, env={**PLAIN, **again})
    equal((result.returncode, b"write I/32" in result.stderr), (2, True), result)


@case
def a_shard_may_be_empty(world):
    result = [run(*QUICK, f"--shard={i}/2", world.refused) for i in range(2)]
    equal(sorted(r.returncode for r in result), [0, 4])
    equal([r.stderr for r in result], [b"", b""])


# --- each report in one piece -------------------------------------------------------------------------

@case
def standard_output_gets_whole_reports(world):
    """A socket keeps apart what is written apart."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, subprocess.Popen([cli.COMMAND, *QUICK, f"127.0.1.0/27:{port_of(world)}"], stdout=theirs, env=PLAIN) as process:
        theirs.close()
        pieces = list(iter(lambda: ours.recv(1 << 20), b""))
    equal((process.returncode, len(pieces)), (4, 32))
    for piece in pieces:
        assert len(piece) > 4096 and json.loads(piece), len(piece)


@case
def a_file_gets_whole_reports(world):
    path = world.path("whole.pipe")
    os.mkfifo(path)
    with subprocess.Popen([cli.COMMAND, *QUICK[:-1], "-q", f"--json={path}", f"127.0.1.0/27:{port_of(world)}"], stdout=subprocess.DEVNULL, env=PLAIN):
        reader = os.open(path, os.O_RDONLY)
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 1 << 20)  # room for all, so that the pipe cuts nothing itself
        pieces = list(iter(lambda: os.read(reader, 1 << 20), b""))
        os.close(reader)
    equal((b"".join(pieces).count(b"\n"), [piece[-1:] for piece in pieces if piece[-1:] != b"\n"]), (32, []))


# --- lists that take their time ----------------------------------------------------------------------

@case
def a_slow_list_does_not_hold_up_the_scan(world):
    reader, writer = os.pipe()
    process = subprocess.Popen([cli.COMMAND, *QUICK, "-i", "-"], stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=PLAIN)
    os.close(reader)
    try:
        os.write(writer, world.server.encode() + b"\n127.0")
        started = time.monotonic()
        line = process.stdout.readline()  # while the list stays open
        equal(json.loads(line)["target"]["input"], world.server)
        assert time.monotonic() - started < 20
        os.write(writer, b".0.2:" + str(port_of(world)).encode() + b"\n")
        equal(json.loads(process.stdout.readline())["target"]["host"], "127.0.0.2")
    finally:
        os.close(writer)
        out, error = process.communicate(timeout=30)
    equal((process.returncode in (0, 3, 4), out, error), (True, b"", b""))


@case
def an_interrupt_ends_the_wait_for_a_list(world):
    reader, writer = os.pipe()
    process = subprocess.Popen([cli.COMMAND, *QUICK, "-i", "-"], stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=PLAIN)
    os.close(reader)
    try:
        os.write(writer, world.server.encode() + b"\n")
        process.stdout.readline()
        process.send_signal(cli.signal.SIGINT)
        _, error = process.communicate(timeout=30)
        equal((process.returncode, error), (3, b""))
    finally:
        os.close(writer)


@case
def the_second_signal_ends_what_is_stuck(world):
    """Nobody reads what is written, so that the first one cannot be obeyed."""
    for workers in (1, 2):
        with subprocess.Popen([cli.COMMAND, *QUICK, f"--workers={workers}", f"127.0.1.0/25:{port_of(world)}"], stdout=subprocess.PIPE,
                              env=PLAIN) as process:
            time.sleep(1.5)
            process.send_signal(cli.signal.SIGTERM)
            time.sleep(0.5)
            equal(process.poll(), None, workers)
            process.send_signal(cli.signal.SIGTERM)
            try:
                equal(process.wait(10), -cli.signal.SIGTERM, workers)
            finally:
                process.kill()


@case
def few_descriptors_are_enough_or_too_few(world):
    """A scan takes what there is, and where that is nothing says so."""
    for limit, status in ((10, 2), (26, 0), (40, 0)):
        command = [cli.COMMAND, "--only=versions,suites", "--json", "--workers=2", world.server, f"localhost:{port_of(world)}", "--ipv4"]
        result = subprocess.run(command, capture_output=True, env=PLAIN, check=False,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
        equal((result.returncode, result.stderr.count(b"\n"), result.stdout.count(b"\n")), (status, status // 2, 2 - status), limit)
        assert status == 0 or b"files open" in result.stderr, result.stderr


# --- watching ----------------------------------------------------------------------------------------

class Watched:
    """A run that lasts: one target does not answer, and many refuse."""

    def __init__(self, world, *options):
        port = world.refused.split(":")[1]
        self.process = subprocess.Popen(
            [cli.COMMAND, "--only=versions", "--timeout=1.2", "--retries=0", "--json", *options, f"127.9.0.0/26:{port}",
             world.silent_target()], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=PLAIN)

    def lines(self):
        _, error = self.process.communicate(timeout=60)
        return [json.loads(line)["progress"] for line in error.splitlines()]


@case
def progress_is_told_as_json(world):
    lines = Watched(world, "--progress-every=0.3").lines()
    assert 3 <= len(lines) <= 12, len(lines)
    last = lines[-1]
    equal((last["ended"], last["targets"]["done"], last["targets"]["in_flight"], last["left_seconds"]), (True, 65, 0, None))
    equal((last["endpoints"]["refused"], last["endpoints"]["complete"]), (64, 0))
    assert last["connections"] >= 65 and last["open"] == 0, last
    assert all(not line["ended"] for line in lines[:-1])
    assert [line["elapsed_ms"] for line in lines] == sorted(line["elapsed_ms"] for line in lines)


@case
def progress_stays_while_reports_go_elsewhere(world):
    """A report that goes to a file wipes no line off the terminal; the line is written over, and gone at the end."""
    master, slave = pty.openpty()
    with open(world.path("elsewhere.ndjson"), "wb") as out:
        process = subprocess.Popen([cli.COMMAND, *QUICK, "--rate=60", f"127.0.1.0/25:{port_of(world)}"], stdout=out, stderr=slave, env=PLAIN)
    os.close(slave)
    shown = b""
    while True:
        try:
            shown += os.read(master, 4096)
        except OSError:
            break
    os.close(master)
    process.wait(60)
    lines = shown.split(b"\r\x1b[K")
    assert len(lines) > 5 and all(b" done, " in line for line in lines[1:-1]), lines
    equal((lines[0], lines[-1]), (b"", b""))


@case
def a_signal_asks_for_a_snapshot(world):
    out = world.path("snapshot.ndjson")
    watched = Watched(world, f"--output=ndjson:{out}")
    for _ in range(2000):  # until all are done but the one that does not answer
        if os.path.exists(out) and open(out, "rb").read().count(b"\n") == 64:
            break
        time.sleep(0.01)
    for _ in range(2):
        watched.process.send_signal(cli.signal.SIGUSR1)
        time.sleep(0.15)
    lines = watched.lines()
    equal(len(lines), 2)
    equal((lines[0]["ended"], lines[0]["targets"]["in_flight"]), (False, 1))


@case
def metrics_are_written_whole(world):
    path = world.path("run.prom", b"old")
    watched = Watched(world, f"--metrics={path}")
    equal(watched.lines(), [])
    with open(path, encoding="ascii") as file:
        text = file.read()
    for line in ('shakedown_run_targets{state="done"} 65', 'shakedown_run_endpoints{status="refused"} 64', "shakedown_run_ended 1"):
        assert f"\n{line}\n" in text, text
    equal([name for name in os.listdir(world.folder) if name.startswith("run.prom.")], [])


@case
def metrics_that_cannot_be_written_end_no_run(world):
    process = Watched(world, f"--metrics={world.path('absent')}/run.prom").process
    _, error = process.communicate(timeout=60)
    equal((process.returncode, error.count(b"\n")), (2, 1))
    assert b"absent/run.prom" in error, error


BAD = [
    ("progress too often", ["--progress-every=0.01", "{server}"], "--progress-every"),
    ("shard that is none", ["--shard=3", "{server}"], "'3' is no shard"),
    ("shard beyond the last", ["--shard=3/3", "{server}"], "the last one is 2"),
    ("shard of none", ["--shard=0/0", "{server}"], "no shard"),
    ("shard with a sign", ["--shard=-1/3", "{server}"], "no shard"),
    ("shard with more", ["--shard=1/3x", "{server}"], "no shard"),
    ("shard of nothing", ["--shard=/", "{server}"], "no shard"),
    ("shard from no job", ["--shard=auto", "{server}"], "JOB_COMPLETION_INDEX"),
    ("no connections to a network", ["--per-prefix=0", "{server}"], "--per-prefix"),
]


if __name__ == "__main__":
    sys.exit(cli.main(BAD, CASES))
