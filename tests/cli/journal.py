# SPDX-License-Identifier: Apache-2.0
"""Runs that are cut off and go on: by kill -9, a torn last line, a full disk, a reader who goes away. What they wrote together
has each target once. Closes with "N passed, N failed"."""

import json
import os
import random
import resource
import subprocess
import sys
import time

import cli
from cli import PLAIN, equal, run

CASES = []
QUICK = ["--only=versions", "--timeout=0.5", "--retries=0", "--parallel=20"]


def case(function):
    CASES.append(function)
    return function


def lines(path):
    with open(path, "rb") as file:
        return file.read().splitlines()


def reported(path):
    """The targets of the reports in a file; each has to be whole."""
    return sorted(json.loads(line)["target"]["host"] for line in lines(path))


class Long:
    """A run over some hundred addresses of loopback, where nobody listens, and what it writes."""

    def __init__(self, world, name, network="127.7.0.0/22"):
        self.journal, self.out = world.path(name + ".journal"), world.path(name + ".ndjson")
        port = world.refused.split(":")[1]
        self.command = [cli.COMMAND, *QUICK, f"--journal={self.journal}", f"--json={self.out}", "-q", f"{network}:{port}"]
        self.wanted = 1 << (32 - int(network.split("/")[1]))

    def start(self, **more):
        return subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=PLAIN, **more)

    def finish(self):
        process = self.start()
        _, error = process.communicate(timeout=120)
        equal((process.returncode, error), (4, b""))

    def check(self):
        found = reported(self.out)
        equal((len(found), len(set(found))), (self.wanted, self.wanted))
        equal(len(lines(self.journal)), self.wanted + 1)

    def kill_after(self, size):
        process = self.start()
        for _ in range(2000):
            if process.poll() is not None or (os.path.exists(self.out) and os.path.getsize(self.out) > size):
                break
            time.sleep(0.005)
        process.kill()
        process.wait()


@case
def a_whole_run_is_not_repeated(world):
    long = Long(world, "whole", "127.7.0.0/27")
    long.finish()
    long.check()
    before = lines(long.out)
    long.finish()  # the status too is that of all targets
    equal(lines(long.out), before)


@case
def goes_on_after_kill(world):
    long = Long(world, "killed")
    at = 0
    for _ in range(4):
        long.kill_after(at)
        at = os.path.getsize(long.out) + random.randrange(200000)
    assert 1 < len(lines(long.journal)) < long.wanted + 1, len(lines(long.journal))
    long.finish()
    long.check()


@case
def goes_on_after_a_torn_line(world):
    long = Long(world, "torn", "127.7.0.0/24")
    long.kill_after(300000)
    for path, cut in ((long.journal, 7), (long.out, 100)):
        os.truncate(path, max(os.path.getsize(path) - (cut if path == long.journal else 0), 0))
    with open(long.out, "ab") as file:
        file.write(b'{"schema":"shake')
    long.finish()
    long.check()


@case
def goes_on_after_a_full_disk(world):
    long = Long(world, "full", "127.7.0.0/24")
    process = long.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300000, resource.RLIM_INFINITY)))
    _, error = process.communicate(timeout=60)
    equal((process.returncode, error.count(b"\n")), (2, 1))
    assert b"cannot write" in error and b"full.ndjson" in error, error
    assert 1 <= len(lines(long.journal)) < long.wanted, len(lines(long.journal))
    long.finish()
    long.check()


@case
def goes_on_after_an_interrupt(world):
    long = Long(world, "interrupted")
    process = long.start()
    while not os.path.exists(long.out) or os.path.getsize(long.out) < 200000:
        time.sleep(0.005)
    process.send_signal(cli.signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    equal(error, b"")
    assert process.returncode in (3, 4), process.returncode
    long.finish()
    long.check()
    equal([line for line in lines(long.out) if json.loads(line)["interrupted"]], [])


def replayed(path):
    result = run("replay", "-o", "ndjson", path)
    equal(result.stderr, b"")
    return sorted(json.loads(line)["target"]["host"] for line in result.stdout.splitlines())


@case
def the_transcript_goes_on_too(world):
    """Torn by kills, with targets in it that the journal does not have: a replay knows each target once."""
    long = Long(world, "told")
    transcript = world.path("told.txt")
    long.command.append(f"--transcript={transcript}")
    at = 0
    for _ in range(3):
        long.kill_after(at)
        at = os.path.getsize(long.out) + 500000
    process = long.start()
    while os.path.getsize(long.out) < at:
        time.sleep(0.005)
    process.send_signal(cli.signal.SIGTERM)
    process.communicate(timeout=60)
    long.finish()
    long.check()
    equal(replayed(transcript), reported(long.out))


@case
def a_transcript_of_another_run(world):
    journal, out, transcript = world.path("without.journal"), world.path("without.ndjson"), world.path("without.txt", b"a letter\n" * 10)
    options = [*QUICK, f"--journal={journal}", "-q", f"--json={out}"]
    run(*options, world.refused)
    result = run(*options, f"--transcript={transcript}", world.refused)
    equal((result.returncode, b"without a transcript" in result.stderr), (2, True), result.stderr)
    with open(transcript, "rb") as file:
        equal(file.read(), b"a letter\n" * 10)
    os.remove(journal)
    run(*options, f"--transcript={transcript}", world.refused)
    other = world.path("letters.txt", b"x" * 100000)
    result = run(*options, f"--transcript={other}", world.refused)
    equal((result.returncode, b"not the transcript" in result.stderr, os.path.getsize(other)), (2, True, 100000), result.stderr)


@case
def a_list_may_have_grown(world):
    journal, out, listed = world.path("grown.journal"), world.path("grown.ndjson"), world.path("grown.list")
    port = world.refused.split(":")[1]
    for count in (3, 7):
        with open(listed, "w", encoding="ascii") as file:
            file.writelines(f"127.8.0.{i}:{port}\n" for i in range(count))
        equal(run(*QUICK, f"--journal={journal}", f"--json={out}", "-i", listed, "-q").returncode, 4)
        equal(reported(out), [f"127.8.0.{i}" for i in range(count)])


@case
def the_status_is_that_of_all(world):
    journal, out = world.path("status.journal"), world.path("status.ndjson")
    options = [*QUICK, f"--journal={journal}", f"--json={out}", "-q"]
    equal(run(*options, world.refused).returncode, 4)
    equal(run(*options, world.refused, world.server).returncode, 3)
    equal(len(lines(out)), 2)


@case
def the_reader_may_go_away(world):
    journal = world.path("gone.journal")
    command = [cli.COMMAND, *QUICK, f"--journal={journal}", "--json", f"127.7.0.0/22:{world.refused.split(':')[1]}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=PLAIN)
    process.stdout.readline()
    process.stdout.close()
    error = process.stderr.read()
    equal((process.wait(60), error.count(b"\n")), (2, 1))
    assert b"nobody takes the reports" in error, error
    assert len(lines(journal)) < 1025


@case
def what_does_not_belong_together(world):
    journal, out, other = world.path("other.journal"), world.path("other.ndjson"), world.path("others.ndjson")
    options = [*QUICK, f"--journal={journal}", "-q"]
    run(*options, f"--json={out}", world.refused)
    for arguments, sentence in (
        ([f"--json={other}"], "shorter than the journal says"),
        ([f"--json={out}", f"--output=ndjson:{other}"], "fewer files"),
        (["-o", f"csv:{other}"], "only json and ndjson"),
    ):
        result = run(*options, *arguments, world.refused)
        equal((result.returncode, result.stderr.count(b"\n")), (2, 1), arguments)
        assert sentence.encode() in result.stderr, result.stderr
    equal(len(lines(out)), 1)


@case
def another_file_is_not_cut(world):
    """Longer than the journal says it should be, and no lines that end where its reports did."""
    journal, other, text = world.path("cut.journal"), world.path("cut.other"), b"x" * 100000 + b"\n"
    options = [*QUICK, f"--journal={journal}", "-q"]
    run(*options, f"--json={world.path('cut.ndjson')}", world.refused)
    world.path("cut.other", text)
    result = run(*options, f"--json={other}", world.refused)
    equal((result.returncode, b"it is another file" in result.stderr), (2, True), result.stderr)
    with open(other, "rb") as file:
        equal(file.read(), text)


@case
def as_many_files_as_there_can_be(world):
    """With reports enough that the sizes have six digits."""
    files = [world.path(f"many.{i}") for i in range(16)]
    command = [*QUICK, f"--journal={world.path('many.journal')}", "-q", *[f"--output=ndjson:{file}" for file in files]]
    port = world.refused.split(":")[1]
    equal(run(*command, f"127.8.0.0/27:{port}").returncode, 4)
    result = run(*command, f"127.8.0.0/26:{port}")
    equal((result.returncode, result.stderr), (4, b""))
    for file in files:
        equal(len(set(reported(file))), 64)


@case
def what_is_no_journal_stays_as_it_is(world):
    for text in (b"one line, and no end of it", b"\0\1\2", b"\0\n", b"shakedown-transcript 1"):
        path = world.path("other", text)
        result = run("-q", "--only=versions", f"--journal={path}", world.refused)
        equal((result.returncode, result.stderr.decode()), (2, f"shakedown: '{path}' is no journal\n"), text)
        with open(path, "rb") as file:
            equal(file.read(), text)
    path = world.path("begun", b"shakedown-jour") # what a crash has left
    equal((run("-q", "--only=versions", f"--journal={path}", world.refused).returncode, open(path, "rb").read(20)), (4, b"shakedown-journal 1\n"))


BAD = [
    ("journal in a folder that is not there", ["--journal={folder}/absent/x", "{server}"], "absent"),
    ("journal that is a folder", ["--journal={folder}", "{server}"], "journal"),
    ("journal that is something else", ["--journal={folder}/root.pem", "{server}"], "is no journal"),
    ("journal of a replay", ["replay", "--journal=x", "y"], "no meaning"),
]


if __name__ == "__main__":
    sys.exit(cli.main(BAD, CASES))
