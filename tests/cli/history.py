# SPDX-License-Identifier: Apache-2.0
"""Stores: scans that are kept, what `history` says of them, several writers at once, kill -9 in the middle, a full disk, a lock.
Closes with "N passed, N failed"."""

import copy
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from jsonschema import Draft202012Validator

import cli
from cli import PLAIN, equal, run

sys.path.insert(0, os.path.join(cli.ROOT, "tests", "report"))
import reports  # noqa: E402 (the path comes first)

CASES = []
with open(os.path.join(cli.ROOT, "docs", "history-v1.schema.json"), encoding="utf-8") as opened:
    SCHEMA = json.load(opened)
Draft202012Validator.check_schema(SCHEMA)
with open(os.path.join(cli.ROOT, "docs", "diff-v1.schema.json"), encoding="utf-8") as opened:
    DIFF = json.load(opened)


def case(function):
    CASES.append(function)
    return function


def report_of(host, day=1, port=443, change=None, finding=None):
    report = copy.deepcopy(reports.sound())
    report["target"].update(input=host, host=host, display_host=host, port=port, sni=host)
    report["started"] = report["now"] = f"2026-11-{day:02}T02:30:00Z"
    if finding:
        report["findings"] = [{"id": finding, "severity": "high", "waived": None}]
    report["grade"] = {"letter": "B" if finding else "A", "at_best": "A", "at_worst": "B"}
    for chain in report["endpoints"][0]["certificates"]:
        chain["expiry"] = {"certificate": 0, "not_after": "2027-01-01T00:00:00Z", "days_left": 40 - day}
        chain["chain"][0]["fingerprint_sha256"] = "A" * 64
    if change:
        change(report)
    return report


def text_of(*saved):
    return "".join(json.dumps(report, separators=(",", ":")) + "\n" for report in saved).encode()


def keep(store, *saved, command="render"):
    result = run(command, f"--store={store}", "-o", "ndjson", "-", data=text_of(*saved))
    equal((result.returncode, result.stderr), (0, b""))
    return result.stdout


def history(store, *arguments):
    result = run("history", f"--store={store}", "-o", "ndjson", *arguments)
    equal((result.returncode, result.stderr), (0, b""))
    out = [json.loads(line) for line in result.stdout.splitlines()]
    for one in out:
        errors = [f"{error.json_path}: {error.message}"[:300] for error in Draft202012Validator(SCHEMA).iter_errors(one)]
        assert not errors, errors
    return out


def count(store, table="scan"):
    with sqlite3.connect(store) as file:
        return file.execute(f"select count(*) from {table}").fetchone()[0]


def is_sound(store):
    """Good by SQLite's word, and each report in it is whole."""
    with sqlite3.connect(store) as file:
        equal(file.execute("pragma integrity_check").fetchall(), [("ok",)])
        equal(file.execute("pragma foreign_key_check").fetchall(), [])
        for (text,) in file.execute("select report from state"):
            json.loads(text)


# --- scans -------------------------------------------------------------------------------------------

@case
def scans_are_kept(world):
    store, saved = world.path("scans.db"), world.path("scans.json")
    for _ in range(2):
        result = run("--only=versions,certificates", f"--store={store}", f"--json={saved}", "-q", world.server, world.refused)
        equal((result.returncode, result.stderr), (3, b""))
        time.sleep(1)  # a second is what tells two scans apart
    with open(saved, "rb") as file:
        last = file.read()
    equal(sorted(run("render", f"--store={store}", "-o", "ndjson").stdout.splitlines()), sorted(last.splitlines()))
    equal(run("render", "-o", "ndjson", store).stdout.count(b"\n"), 2)
    equal((count(store), count(store, "state"), count(store, "target")), (4, 2, 2))
    port = int(world.server.split(":")[1])
    (told,) = history(store, world.server)
    equal((told["target"]["port"], told["scans"], len(told["rows"])), (port, 2, 1))
    equal((told["rows"][0]["status"], len(told["rows"][0]["certificates"])), ("complete", 1))
    equal(history(store, world.refused)[0]["rows"][0]["status"], "refused")
    equal(len(history(store, world.server, "--all")[0]["rows"]), 2)
    # An address without a port is each of its ports.
    equal(len(history(store, "127.0.0.1")), 2)


@case
def one_report_is_kept_too(world):
    store = world.path("one.db")
    result = run("--only=versions", f"--store={store}", f"--json={world.path('one.json')}", world.server)
    equal(result.returncode, 0)
    equal(count(store), 1)


@case
def who_was_asked_about_names_is_no_state(world):
    store, first = world.path("moved.db"), report_of("a.example")
    second = copy.deepcopy(first)
    second["started"] = second["now"] = "2026-11-02T02:30:00Z"
    second["dns"]["resolver"] = ["10.0.0.1", "10.0.0.2"]
    keep(store, first, second)
    equal((count(store), count(store, "state")), (2, 1))
    equal(json.loads(run("render", f"--store={store}", "-o", "ndjson").stdout)["dns"]["resolver"], ["10.0.0.1", "10.0.0.2"])
    equal(comparisons(f"--store={store}"), ({"a.example": ("compared", False, False)}, 0))


@case
def a_transcript_is_kept(world):
    store, transcript = world.path("replay.db"), world.path("replay.transcript")
    run("--only=versions", f"--transcript={transcript}", world.server)
    equal(run("replay", f"--store={store}", transcript).returncode, 0)
    equal(count(store), 1)


@case
def with_a_journal_each_is_there_once(world):
    store, journal, out = world.path("journal.db"), world.path("journal"), world.path("journal.json")
    command = ["--only=versions", "--timeout=0.3", "--retries=0", f"--store={store}", f"--journal={journal}", f"--json={out}", "-q",
               "127.9.0.0/26:" + world.refused.split(":")[1]]
    for _ in range(3):
        process = subprocess.Popen([cli.COMMAND, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=PLAIN)
        time.sleep(random.uniform(0, 0.3))
        process.kill()
        process.wait()
    equal(run(*command).returncode, 4)
    equal(count(store, "target"), 64)


# --- saved reports -----------------------------------------------------------------------------------

@case
def what_comes_out_is_what_went_in(world):
    store = world.path("same.db")
    saved = [report_of("b.example"), report_of("a.example"), report_of("a.example", port=8443)]
    keep(store, *saved)
    out = run("render", "-o", "ndjson", store).stdout
    equal(sorted(out.splitlines()), sorted(text_of(*saved).splitlines()))
    keep(store, *saved)  # once more changes nothing
    equal(count(store), 3)


@case
def rows_are_what_changed(world):
    def renewed(report):
        report["endpoints"][0]["certificates"][0]["chain"][0]["fingerprint_sha256"] = "B" * 64

    store = world.path("rows.db")
    keep(store, report_of("a.example", 1), report_of("a.example", 2), report_of("a.example", 3, finding="tls_1_0"))
    keep(store, report_of("a.example", 5), report_of("a.example", 4, finding="tls_1_0"), report_of("a.example", 6, change=renewed))
    (told,) = history(store)
    equal([(row["first"][8:10], row["last"][8:10], row["scans"]) for row in told["rows"]],
          [("01", "02", 2), ("03", "04", 2), ("05", "05", 1), ("06", "06", 1)])
    equal([row["finding_ids"] for row in told["rows"]], [[], ["tls_1_0"], [], []])
    equal([row["grade"]["letter"] for row in told["rows"]], ["A", "B", "A", "A"])
    equal(told["rows"][3]["certificates"][0], "B" * 64)
    equal(told["rows"][0]["ends"], "2027-01-01T00:00:00Z")
    text = run("history", f"--store={store}").stdout.decode()
    equal([word for word in text.split() if "tls_1_0" in word], ["+tls_1_0", "-tls_1_0"], text)
    quiet = run("history", "-q", f"--store={store}").stdout.decode()
    equal((quiet.count("2026-11-"), "BBBBBBBB" in quiet, "tls_1_0" in quiet), (1, True, False), quiet)
    with open(world.path("rows.json"), "wb") as file:
        file.write(run("history", f"--store={store}", "--json").stdout)
    run("history", f"--store={store}", f"--json={world.path('rows.json')}")
    with open(world.path("rows.json"), encoding="utf-8") as file:
        lines = file.read()
    equal((json.loads(lines), lines.count("\n") > 10), (told, True))  # the only one is indented


@case
def targets_are_told_apart(world):
    store = world.path("apart.db")
    keep(store, report_of("a.example"), report_of("a.example", port=8443), report_of("b.example"), report_of("xn--bcher-kva.example"))
    equal(len(history(store)), 4)
    equal(len(history(store, "a.example")), 2)
    equal(len(history(store, "A.Example:443")), 1)
    equal(len(history(store, "https://a.example/")), 1)
    equal(len(history(store, "bücher.example")), 1)


@case
def a_store_is_judged(world):
    store, again = world.path("judged.db"), world.path("again.db")
    keep(store, report_of("a.example", finding="tls_1_0"))
    result = run("judge", "--policy=mozilla-modern-6.0", f"--store={again}", "-o", "ndjson", store)
    report = json.loads(result.stdout)
    equal((report["findings"], report["policy"]["name"]), ([], "mozilla-modern-6.0"))
    equal(history(again)[0]["rows"][0]["policy"]["name"], "mozilla-modern-6.0")
    page = world.path("fleet.html")
    equal(run("render", "-o", f"html:{page}", store).returncode, 0)
    assert os.path.getsize(page) > 1000


def comparisons(*arguments):
    result = run("diff", "--json", *arguments)
    equal(result.stderr, b"")
    out = [json.loads(line) for line in result.stdout.splitlines()]
    for one in out:
        errors = [error.message[:300] for error in Draft202012Validator(DIFF).iter_errors(one)]
        assert not errors, errors
    return {one["target"]["host"]: (one["state"], one["worse"], one["changed"]) for one in out}, result.returncode


def with_tls_1_0(report):
    report["endpoints"][0]["versions"][2]["verdict"] = "yes"


@case
def the_last_two_states_are_compared(world):
    store = world.path("diff.db")
    keep(store, report_of("same.example", 1), report_of("same.example", 2), report_of("once.example", 1))
    keep(store, report_of("worse.example", 1), report_of("worse.example", 2, change=with_tls_1_0), report_of("worse.example", 3, change=with_tls_1_0))
    keep(store, report_of("better.example", 3), report_of("better.example", 2, change=with_tls_1_0), report_of("better.example", 1))
    wanted = {"same.example": ("compared", False, False), "once.example": ("appeared", False, True),
              "worse.example": ("compared", True, True), "better.example": ("compared", False, True)}
    equal(comparisons(f"--store={store}"), (wanted, 1))
    equal(comparisons(f"--store={store}", "better.example"), ({"better.example": wanted["better.example"]}, 0))
    equal(comparisons(f"--store={store}", "--ignore=versions,findings,grade", "worse.example")[1], 0)
    text = run("diff", f"--store={store}", "worse.example").stdout.decode()
    assert "versions TLSv1.0" in text, text
    out = world.path("diff.json")
    run("diff", f"--store={store}", f"--json={out}", "worse.example")
    with open(out, encoding="utf-8") as file:
        assert file.read().count("\n") > 10  # the only one is indented


@case
def the_last_report_is_compared_with_one_of_a_time(world):
    store = world.path("since.db")
    keep(store, report_of("worse.example", 1), report_of("worse.example", 2, change=with_tls_1_0), report_of("worse.example", 4))
    keep(store, report_of("young.example", 3), report_of("old.example", 1))
    rows = {"worse.example": ("compared", False, False), "young.example": ("appeared", False, True), "old.example": ("compared", False, False)}
    equal(comparisons(f"--store={store}", "--since=2026-11-02"), (rows, 0), "the state between does not count")
    rows["worse.example"] = ("compared", False, True)
    rows["young.example"] = ("compared", False, False)
    equal(comparisons(f"--store={store}", "--since=2026-11-04"), (rows, 0), "what it was at that time")
    equal(comparisons(f"--store={store}", "--since=2026-11-01", "old.example"), ({"old.example": ("appeared", False, True)}, 0))


@case
def a_store_stands_for_a_file_of_reports(world):
    old, new = world.path("old.db"), world.path("new.db")
    keep(old, report_of("a.example", 1), report_of("gone.example", 1), report_of("b.example", 1, change=with_tls_1_0), report_of("b.example", 2))
    later = [report_of("a.example", 3, change=with_tls_1_0), report_of("b.example", 3), report_of("c.example", 3)]
    keep(new, *later)
    lines = world.path("later.ndjson", text_of(*later))
    wanted = {"a.example": ("compared", True, True), "b.example": ("compared", False, False), "c.example": ("appeared", False, True),
              "gone.example": ("vanished", False, True)}
    equal(comparisons(old, new), (wanted, 1))
    equal(comparisons(old, lines), (wanted, 1))
    result = run("judge", f"--baseline={old}", "-o", "ndjson", lines)
    equal([json.loads(line)["changes"]["state"] for line in result.stdout.splitlines()], ["compared", "compared", "appeared"])


@case
def each_scan_is_compared_with_the_last(world):
    store = world.path("nightly.db")
    for day, change, want_status, want_state in ((1, None, 0, "appeared"), (2, None, 0, "compared"), (3, with_tls_1_0, 1, "compared"),
                                                 (4, with_tls_1_0, 0, "compared")):
        result = run("judge", f"--store={store}", f"--baseline={store}", "-o", "ndjson", "-", data=text_of(report_of("a.example", day, change=change)))
        equal((result.returncode, result.stderr, json.loads(result.stdout)["changes"]["state"]), (want_status, b"", want_state), day)
    equal(count(store), 4)
    result = run("--only=versions", f"--store={store}", f"--baseline={store}", "--json", world.server)
    equal((result.returncode, json.loads(result.stdout)["changes"]["state"]), (0, "appeared"))


@case
def a_damaged_row_is_no_change(world):
    store = a_store_of(world, "damaged.db", "update state set report = '{}'")
    for command in (["diff", f"--store={store}"], ["judge", f"--baseline={store}", "-"], ["render", store], ["diff", store, store]):
        told(run(*command, data=text_of(report_of("a.example", 2))), "no report")


@case
def what_strangers_write(world):
    def hostile(report):
        report["findings"] = [{"id": "\x1b[31m\u202e" + "x" * 5000, "severity": "high"}, 7, {"severity": "awful"}]
        report["grade"] = ["A"]
        report["endpoints"][0]["certificates"].append({"chain": [{"fingerprint_sha256": "\x1b[2J"}], "expiry": 7})
        report["target"]["host"] = "\x1b]0;x\x07.example"

    store = world.path("strangers.db")
    keep(store, report_of("a.example", 1, change=hostile), report_of("a.example", 2))
    result = run("history", f"--store={store}", "-v", "--all")
    equal((result.returncode, result.stderr), (0, b""))
    assert b"\x1b" not in result.stdout and "\u202e" not in result.stdout.decode() and len(result.stdout) < 10000, result.stdout


# --- trouble -----------------------------------------------------------------------------------------

def writers(store, number, each):
    running = []
    for i in range(number):
        process = subprocess.Popen([cli.COMMAND, "render", f"--store={store}", "-o", "ndjson", "-"], stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=PLAIN)
        process.pending = text_of(*(report_of(f"h{i}-{k}.example", finding=f"f{k % 5}") for k in range(each)))
        running.append(process)
    for process in running:
        # Small enough for the pipe would be good luck: each has a writer of its own.
        if os.fork() == 0:
            process.stdin.write(process.pending)
            process.stdin.flush()
            os._exit(0)
        process.stdin.close()
    return running


@case
def several_writers_at_once(world):
    store = world.path("several.db")
    running = writers(store, 6, 40)
    for process in running:
        error = process.stderr.read()
        equal((process.wait(timeout=120), error), (0, b""))
    is_sound(store)
    equal((count(store), count(store, "target")), (240, 240))


@case
def kill_in_the_middle(world):
    store = world.path("killed.db")
    saved = world.path("killed.ndjson", text_of(*(report_of(f"k{i}.example") for i in range(400))))
    random.seed(5)
    seen = 0
    for _ in range(12):
        process = subprocess.Popen([cli.COMMAND, "render", f"--store={store}", "-o", "ndjson", saved], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=PLAIN)
        for _ in range(1000):
            if process.poll() is not None or (os.path.exists(store + "-wal") and os.path.getsize(store + "-wal") > 200_000):
                break
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.1))
        process.kill()
        process.wait()
        if os.path.exists(store) and count(store, "sqlite_master"):  # tables come all at once, or not at all
            is_sound(store)
            here = count(store)
            assert here >= seen, (here, seen)
            seen = here
    assert seen > 0
    equal(run("render", f"--store={store}", "-o", "ndjson", saved).returncode, 0)
    equal(count(store), 400)
    is_sound(store)


@case
def a_lock_is_waited_for(world):
    store = world.path("locked.db")
    keep(store, report_of("a.example"))
    with sqlite3.connect(store, isolation_level=None) as other:
        other.execute("begin immediate")
        process = subprocess.Popen([cli.COMMAND, "--only=versions", f"--store={store}", "-q", world.server], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=PLAIN)
        time.sleep(3)
        equal(process.poll(), None)
        other.execute("rollback")
        out, error = process.communicate(timeout=60)
        equal((process.returncode, error, out != b""), (0, b"", True))
    equal(count(store), 2)


def told(result, *words):
    text = result.stderr.decode()
    equal((result.returncode, text.count("\n"), text.startswith("shakedown: ")), (2, 1, True), text)
    for word in words:
        assert word in text, text


@case
def a_full_disk(world):
    store, out = world.path("full.db"), world.path("full.ndjson")
    saved = world.path("full.in", text_of(*(report_of(f"h{i}.example", finding=f"f{i}") for i in range(60))))

    def at_most(size):
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    result = run("render", f"--store={store}", "-o", "ndjson", saved, preexec_fn=at_most(400_000))
    told(result, "full.db")
    equal(0 < result.stdout.count(b"\n") < 60, True)
    is_sound(store)
    # A scan ends, and what it has found is told all the same.
    with open(out, "wb") as file:
        result = run("--only=versions", f"--store={world.path('fuller.db')}", "--json", world.server, world.refused, stdout=file,
                     preexec_fn=at_most(66_000))
    told(result, "fuller.db")
    with open(out, "rb") as file:
        equal([json.loads(line)["schema"] for line in file][:1], ["shakedown-report/1"])


@case
def a_store_that_cannot_be_written(world):
    store = world.path("readonly.db")
    keep(store, report_of("a.example"))
    command = shutil.copy(cli.COMMAND, world.folder)
    os.chmod(store, 0o444)
    os.chmod(world.folder, 0o555)
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    nobody |= {"env": PLAIN, "timeout": 60, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    try:
        result = subprocess.run([command, "render", f"--store={store}", "-o", "ndjson", "-"], input=text_of(report_of("b.example")), **nobody)
        told(result, "readonly.db")
        equal(result.stdout, b"")
        # It can be read, also in a folder where nothing can be put.
        result = subprocess.run([command, "history", f"--store={store}"], **nobody)
        equal((result.returncode, b"a.example:443" in result.stdout), (0, True), result.stderr)
    finally:
        os.chmod(world.folder, 0o700)


def a_store_of(world, name, sql):
    path = world.path(name)
    keep(path, report_of("a.example"))
    with sqlite3.connect(path) as file:
        file.executescript(sql)
    return path


@case
def another_version(world):
    store = a_store_of(world, "version.db", "pragma user_version = 9")
    for command in (["history", f"--store={store}"], ["render", store], ["--only=versions", f"--store={store}", world.server]):
        result = run(*command)
        told(result, "version 9, and only version 1")
        equal(result.stdout, b"")


@case
def another_file(world):
    text = world.path("text.db", b"this is text, and there is a good deal of it\n" * 50)
    before = os.path.getsize(text)
    told(run("history", f"--store={text}"), "no SQLite file")
    told(run("--only=versions", f"--store={text}", world.server), "no SQLite file")
    equal(os.path.getsize(text), before)
    theirs = world.path("theirs.db")
    with sqlite3.connect(theirs) as file:
        file.execute("create table other(x)")
    told(run("--only=versions", f"--store={theirs}", world.server), "another program's")
    told(run("render", theirs), "another program's")


@case
def names_that_sqlite_knows(world):
    for name in (":memory:", "file:x.db?mode=memory"):
        result = run("render", f"--store={name}", "-o", "ndjson", "-", data=text_of(report_of("a.example")), cwd=world.folder)
        equal((result.returncode, os.path.exists(world.path(name))), (0, True), name)


BAD = [
    ("history of nothing", ["history"], "--store"),
    ("history of a file that is not there", ["history", "--store={folder}/absent"], "No such file"),
    ("history of two targets", ["history", "--store=x", "a", "b"], "one target"),
    ("history in a format that has no place for it", ["history", "--store=x", "-o", "html:x"], "not as html"),
    ("store in a folder that is not there", ["--store={folder}/absent/x", "{server}"], "absent"),
    ("store that is a folder", ["--store={folder}", "{server}"], "no plain file"),
    ("store that is a device", ["--store=/dev/null", "{server}"], "no plain file"),
    ("store without a name", ["--store=", "{server}"], "--store"),
    ("diff of a store and files", ["diff", "--store=x", "a", "b"], "no files"),
    ("diff of one file", ["diff", "a"], "two files"),
    ("diff since a day that is none", ["diff", "--store=x", "--since=tomorrow"], "--since takes a date"),
    ("store that is also an output", ["--store={folder}/x", "--json={folder}/x", "{server}"], "--store and json cannot both be"),
    ("store of a connection", ["connect", "--store=x", "localhost"], "no meaning"),
    ("all of a scan", ["--all", "{server}"], "no meaning"),
]


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sys.exit(cli.main(BAD, CASES))
