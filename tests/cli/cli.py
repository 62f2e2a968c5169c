# SPDX-License-Identifier: Apache-2.0
"""Runs the command itself: what it prints where, and with which status it ends. Each row of BAD and
each function marked with @case counts as one test. Closes with "N passed, N failed"."""

import base64
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMAND = os.path.abspath(os.path.join(ROOT, os.environ.get("BUILD", "build"), "shakedown"))
PLAIN = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm"}
PLAIN.pop("NO_COLOR", None)
CASES = []


def case(function):
    CASES.append(function)
    return function


def run(*arguments, data=b"", **more):
    more = {"env": PLAIN, "timeout": 60, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.run([COMMAND, *arguments], input=data, **more)


def equal(found, wanted, what=""):
    assert found == wanted, f"{what}: found {found!r}, wanted {wanted!r}"


def stop_listening(listener):
    """Closed alone it would stay open to a thread that waits in accept(); and where a signal interrupts that one, it goes on with
    whatever has got the same descriptor since."""
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


class World:
    """A folder, a TLS server, a port where nobody listens and one where nobody answers."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="shakedown-cli-")
        self.make_certificate()
        self.start_server()
        self.silent = socket.create_server(("127.0.0.1", 0), backlog=64)
        closed = socket.create_server(("127.0.0.1", 0))
        self.refused = f"127.0.0.1:{closed.getsockname()[1]}"
        closed.close()

    def path(self, name, text=None):
        path = os.path.join(self.folder, name)
        if text is not None:
            with open(path, "wb") as file:
                file.write(text)
        return path

    def make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.path("key.pem"),
                        "-out", self.path("root.pem")], check=True, stderr=subprocess.DEVNULL)

        # Keys for --cert: encrypted, and of somebody else.
        tool = {"check": True, "stderr": subprocess.DEVNULL}
        subprocess.run(["openssl", "pkcs8", "-topk8", "-in", self.path("key.pem"), "-passout", "pass:Sesame", "-out", self.path("locked.pem")], **tool)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ED25519", "-out", self.path("other.pem")], **tool)
        subprocess.run(["openssl", "req", "-x509", "-key", self.path("other.pem"), "-subj", "/CN=client", "-out", self.path("client.pem")], **tool)
        subprocess.run(["openssl", "pkcs8", "-topk8", "-in", self.path("other.pem"), "-passout", "pass:Sesame", "-out", self.path("client.key")], **tool)
        self.path("wrong", b"Simsalabim\n")

    def start_server(self):
        self.process = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", self.path("root.pem"),
                                         "-key", self.path("key.pem")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        for line in self.process.stdout:
            if line.startswith(b"ACCEPT"):
                self.server = f"127.0.0.1:{int(line.rsplit(b':', 1)[1])}"
                break
        else:
            sys.exit("openssl s_server did not start")

    def silent_target(self):
        return f"127.0.0.1:{self.silent.getsockname()[1]}"

    def close(self):
        self.process.kill()
        self.process.wait()
        self.silent.close()
        shutil.rmtree(self.folder)


# --- what is wrong is told in one sentence, with status 2 ------------------------------------------

# name, arguments, a part of the sentence; {x} are places of the World.
BAD = [
    ("no arguments", [], "no target"),
    ("unknown option", ["--nonsense", "{server}"], "--nonsense"),
    ("unknown letter", ["-x", "{server}"], "-x"),
    ("ambiguous option", ["--re", "{server}"], "more than one"),
    ("missing value", ["{server}", "--timeout"], "--timeout"),
    ("value for a flag", ["--pem=1", "{server}"], "--pem"),
    ("bad number", ["--connections=x", "{server}"], "--connections"),
    ("number out of range", ["--connections=0", "{server}"], "--connections"),
    ("bad time-out", ["--timeout=abc", "{server}"], "--timeout"),
    ("bad choice", ["--color=pink", "{server}"], "auto|always|never"),
    ("bad date", ["--now=2026-13-01", "{server}"], "--now"),
    ("bad list", ["--list=everything"], "checks|suites|groups|lint|findings|policies|"),
    ("bad sweep", ["--sweep=everything", "{server}"], "suites|groups|signature_schemes|all"),
    ("trust anchor that is a folder", ["--trust-anchor={folder}", "{server}"], "no plain file"),
    ("trust anchor without a key", ["--trust-anchor={comments}", "{server}"], "no DS or DNSKEY record"),
    ("missing trust anchor", ["--trust-anchor={folder}/absent", "{server}"], "absent"),
    ("baseline that is a folder", ["--baseline={folder}", "{server}"], "cannot read '{folder}': Is a directory"),
    ("baseline without an end", ["--baseline=/dev/zero", "{server}"], "/dev/zero:1: "),
    ("CA file without an end", ["--ca-file=/dev/zero", "{server}"], "cannot read the CA file /dev/zero: File too large"),
    ("policy that is a file without a path", ["--policy=comments", "{server}"], "no policy 'comments'"),
    ("file of JSON without its sign", ["--json", "out.json", "{server}"], "--json=out.json"),
    ("transcript on standard output", ["--transcript=-", "{server}"], "name of a file"),
    ("private addresses without fetching", ["--allow-private-fetch", "{server}"], "no effect without --fetch"),
    ("list that is to be written too", ["-i", "{comments}", "--json={comments}"], "--input and json cannot both be"),
    ("two lists", ["-i", "{comments}", "-i", "{comments}"], "--input was given twice"),
    ("two policies", ["--policy=cnsa-2.0", "--policy=fips-140-3", "{server}"], "--policy was given twice"),
    ("PEM in a text", ["--pem", "{server}"], "no effect without --json"),
    ("options that exclude each other", ["-4", "-6", "{server}"], "exclude"),
    ("unknown check", ["--only=versions,bogus", "{server}"], "'bogus'"),
    ("unknown check to skip", ["--skip=bogus", "{server}"], "'bogus'"),
    ("no check left", ["--only=versions", "--skip=versions", "{server}"], "no check"),
    ("port 0", ["127.0.0.1:0"], "1 to 65535"),
    ("port too large", ["127.0.0.1:65536"], "1 to 65535"),
    ("port not a number", ["127.0.0.1:https"], "1 to 65535"),
    ("empty target", [""], "empty"),
    ("space in a target", ["a b"], "spaces"),
    ("escape in a target", ["a\033[31mb"], "control"),
    ("user in a URL", ["https://u@h/"], "user name"),
    ("other scheme", ["ftp://h/"], "https://"),
    ("invalid UTF-8", [b"\xff\xfe"], "internationalized"),
    ("bad plan", ["--plan", "h:0"], "1 to 65535"),
    ("bad plan settings", ["--plan", "--only=bogus", "h"], "'bogus'"),
    ("server name that is an address", ["--sni=127.0.0.1", "{server}"], "address"),
    ("address that is a name", ["--address=localhost", "{server}"], "'localhost'"),
    ("IPv4 address where IPv6 is asked for", ["-6", "{server}"], "only IPv6"),
    ("IPv6 address where IPv4 is asked for", ["-4", "[::1]:1"], "only IPv4"),
    ("plan for the wrong kind of address", ["-4", "--plan", "::1"], "only IPv4"),
    ("wrong kind of address to connect to", ["-4", "--address=::1", "example.com"], "only IPv4"),
    ("missing client certificate", ["--cert={folder}/absent", "{server}"], "absent"),
    ("client certificate without key", ["--cert={folder}/root.pem", "{server}"], "root.pem' holds no private key"),
    ("key without certificate", ["--key={folder}/key.pem", "{server}"], "without a certificate"),
    ("certificate that is none", ["--cert={comments}", "--key={folder}/key.pem", "{server}"], "comments' holds no certificate"),
    ("key that does not belong to it", ["--cert={folder}/root.pem", "--key={folder}/other.pem", "{server}"], "does not belong"),
    ("encrypted key without passphrase", ["--cert={folder}/root.pem", "--key={folder}/locked.pem", "{server}"], "no passphrase"),
    ("wrong passphrase", ["--cert={folder}/root.pem", "--key={folder}/locked.pem", "--key-pass=file:{folder}/wrong", "{server}"], "passphrase is wrong"),
    ("passphrase itself", ["--cert={folder}/root.pem", "--key={folder}/locked.pem", "--key-pass=Sesame", "{server}"], "env:NAME or file:PATH"),
    ("passphrase that is not there", ["--cert={folder}/root.pem", "--key={folder}/locked.pem", "--key-pass=env:SHAKEDOWN_ABSENT", "{server}"], "SHAKEDOWN_ABSENT"),
    ("missing list", ["-i", "{folder}/absent"], "absent"),
    ("list that is a folder", ["-i", "{folder}"], "directory"),
    ("empty list", ["-i", "/dev/null"], "no target"),
    ("list of comments", ["-i", "{comments}"], "no target"),
    ("missing CA file", ["--ca-file={folder}/absent", "{server}"], "absent"),
    ("CA file without certificates", ["--ca-file={comments}", "{server}"], "comments"),
    ("missing CA folder", ["--ca-path={folder}/absent", "{server}"], "absent"),
    ("unwritable JSON", ["--json={folder}/absent/x", "{server}"], "absent"),
    ("format that does not exist", ["-o", "xml:{folder}/x", "{server}"], "no format 'xml'"),
    ("format that does not exist, of saved reports", ["render", "--format=xml", "{comments}"], "no format 'xml'"),
    ("two formats on standard output", ["-o", "csv", "--json", "{server}"], "cannot both go to standard output"),
    ("two formats in one file", ["-o", "csv:{folder}/x", "-o", "text:{folder}/x", "{server}"], "cannot both go to"),
    ("more outputs than there can be", [f"-ocsv:{{folder}}/{i}" for i in range(17)] + ["{server}"], "no more than 16"),
    ("unwritable CSV", ["-o", "csv:{folder}/absent/x", "{server}"], "absent"),
    ("CSV to a full disk", ["-o", "csv:/dev/full", "--only=versions", "{server}"], "No space"),
    ("rendering of nothing", ["render", "/dev/null"], "holds no report"),
    ("rendering of something else", ["render", "-o", "csv:{folder}/x", "{comments}"], "comments:1"),
    ("option without meaning for render", ["render", "--policy=cnsa-2.0", "{comments}"], "--policy"),
    ("option that only render has", ["--format=csv", "{server}"], "--format"),
    ("JSON to a full disk", ["--json=/dev/full", "--only=versions", "{server}"], "No space"),
    ("unwritable transcript", ["--transcript={folder}/absent/x", "{server}"], "absent"),
    ("transcript to a full disk", ["--transcript=/dev/full", "--only=versions", "{server}"], "No space"),
    ("replay of nothing", ["replay"], "transcript"),
    ("missing transcript", ["replay", "{folder}/absent"], "absent"),
    ("replay of a folder", ["replay", "{folder}"], "cannot be read"),
    ("empty transcript", ["replay", "/dev/null"], "no finished target"),
    ("replay of something else", ["replay", "{comments}"], "comments:1"),
    ("client certificate for a replay", ["replay", "--cert={folder}/root.pem", "{comments}"], "--cert"),
    ("option without meaning for replay", ["replay", "--rate=1", "{comments}"], "--rate"),
]


def check_bad(world, arguments, wanted):
    places = {"server": world.server, "folder": world.folder, "comments": world.path("comments", b"# a\n\n  # b\r\n")}
    words = [word if isinstance(word, bytes) else word.format(**places) for word in arguments]
    result = run(*words)
    errors = result.stderr.decode()
    equal(result.returncode, 2, f"status, with {errors!r}")
    equal(errors.count("\n"), 1, f"lines on standard error in {errors!r}")
    assert errors.startswith("shakedown: ") and wanted.format(**places) in errors, f"the sentence is {errors!r}"
    assert "\033" not in errors and "Sesame" not in errors


# --- what goes where -------------------------------------------------------------------------------

@case
def text_goes_to_stdout(world):
    result = run("--only=versions", world.server)
    equal((result.returncode, result.stderr), (0, b""))
    text = result.stdout.decode()
    assert "TLSv1.3" in text and world.server in text and "\033" not in text, text


@case
def scan_is_the_default(world):
    plain, named = run("-q", world.server), run("scan", "-q", world.server)
    equal(plain.returncode, 0)
    equal(named.stdout.count(b"\n"), 1)
    equal(named.stdout.split(b" suites")[0], plain.stdout.split(b" suites")[0])


@case
def json_goes_to_stdout_alone(world):
    for option in ("--json", "--json=-"):
        result = run(option, "--only=versions", world.server)
        equal((result.returncode, result.stderr), (0, b""), option)
        equal(result.stdout.count(b"\n"), 1, "not indented in a pipe")
        equal(json.loads(result.stdout)["target"]["input"], world.server)


@case
def several_targets_are_lines(world):
    result = run("--json", "--only=versions", world.server, "localhost:" + world.server.split(":")[1], "--address=127.0.0.1")
    equal(result.returncode, 0)
    equal(len([json.loads(line) for line in result.stdout.splitlines()]), 2)


@case
def json_file_is_indented_and_text_shown(world):
    path = world.path("one.json", b"old")
    result = run(f"--json={path}", "--only=versions", world.server)
    equal(result.returncode, 0)
    assert b"TLSv1.3" in result.stdout
    text = open(path, encoding="utf-8").read()
    assert text.startswith("{\n") and text.endswith("}\n"), text[:20]
    json.loads(text)
    assert not [name for name in os.listdir(world.folder) if name.startswith("one.json.")], "a temporary file is left"
    mask = os.umask(0)
    os.umask(mask)
    equal(os.stat(path).st_mode & 0o777, 0o666 & ~mask, "mode")


@case
def json_file_of_several_is_lines(world):
    path = world.path("several.json", b"old\n")
    result = run(f"--json={path}", "--only=versions", world.server, world.refused)
    equal(result.returncode, 3)
    equal(len([json.loads(line) for line in open(path, encoding="utf-8")]), 2)


@case
def a_baseline_may_be_written_anew(world):
    """What new reports are compared with is whole until the last of them is there."""
    path = world.path("baseline.ndjson")
    arguments = ["-q", "--only=versions", "--workers=1", "--parallel=1", f"--json={path}", world.server, world.refused]
    equal(run(*arguments).returncode, 3)
    for _ in range(2):
        result = run(f"--baseline={path}", *arguments)
        equal((result.returncode, result.stderr), (3, b""))
        with open(path, encoding="utf-8") as lines:
            equal([json.loads(line)["changes"]["state"] for line in lines], ["compared", "compared"])


@case
def bad_target_leaves_the_old_file(world):
    path = world.path("kept.json", b"old")
    equal(run(f"--json={path}", "host:0").returncode, 2)
    equal(open(path, "rb").read(), b"old")
    assert not [name for name in os.listdir(world.folder) if name.startswith("kept.json.")], "a temporary file is left"


@case
def outputs_side_by_side(world):
    table, lines = world.path("table.csv", b"old"), world.path("lines.ndjson", b"old\n")
    result = run("-o", f"csv:{table}", f"--output=ndjson:{lines}", "--only=versions", world.server, world.refused)
    equal(result.returncode, 3)
    assert result.stdout.count(b"127.0.0.1") >= 2, "the text is shown too"
    equal(len([json.loads(line) for line in open(lines, encoding="utf-8")]), 2)
    rows = open(table, encoding="utf-8", newline="").read().split("\r\n")
    assert rows[0].startswith("target,") and len([row for row in rows[1:] if ",address," in row]) == 2, rows
    assert not [name for name in os.listdir(world.folder) if name.startswith(("table.csv.", "lines.ndjson."))]
    equal(run("render", "-o", "csv", lines).stdout.decode(), open(table, encoding="utf-8", newline="").read(), "rendered again")


@case
def saved_reports_are_rendered(world):
    one = run("--json", "--only=versions", world.server).stdout
    equal(run("render", "--format=ndjson", data=one).stdout, one, "a line stays as it was")
    text = run("render", data=one)
    assert b"Protocol versions" in text.stdout and text.returncode == 0, text
    path = world.path("saved.json", one)
    table = world.path("rendered.csv")
    result = run("render", "-o", f"csv:{table}", "-o", f"json:{table}.json", path, path)
    equal((result.returncode, result.stdout, result.stderr), (0, b"", b""))
    equal(len(open(table + ".json", encoding="utf-8").readlines()), 2)


@case
def plugin_has_statuses_of_its_own(world):
    """Nagios and Icinga: what the line on standard output says, the status says, whatever went wrong."""
    one = run("--json", "--only=versions", world.server).stdout
    full = world.path("full.json", one)
    for arguments, data, word, status in (
            (["-o", "nagios", "--timeout=2", world.refused], b"", "CRITICAL", 2),
            (["render", "--format=nagios"], one, "OK", 0),
            (["judge", "-onagios", "--policy=cnsa-2.0"], one, "CRITICAL", 2),
            (["judge", "--output=nagios:-", "--policy=mozilla-intermediate-6.0"], one, "UNKNOWN", 3),
            (["render", "-o", "nagios"], b"{}", "UNKNOWN", 3),
            (["-o", "nagios", "--nonsense", world.server], b"", "UNKNOWN", 3),
            (["--nonsense", "-o", "nagios", world.server], b"", "UNKNOWN", 3),
            (["-o", "nagios", "a|b"], b"", "UNKNOWN", 3),
            (["-o", "nagios", "--policy=nobody's", world.server], b"", "UNKNOWN", 3)):
        result = run(*arguments, data=data)
        line = result.stdout.decode().split("\n")[0]
        equal(result.returncode, status, f"{arguments}: {line!r}")
        assert line.startswith(f"SHAKEDOWN {word} - ") and line.count("|") <= 1, f"{arguments}: {line!r}"
    # In a file it is a file like any other, and only who asks for it there gets these statuses.
    path = world.path("line.txt")
    equal(run("render", "-o", f"nagios:{path}", "-o", "ndjson", full).returncode, 0)
    assert open(path, encoding="utf-8").read().startswith("SHAKEDOWN ")
    equal(run("--nonsense", "nagios").returncode, 2)
    equal(run("--help", "-o", "nagios").returncode, 0)


@case
def no_half_of_a_file(world):
    """Where one report of several is none, no file appears, and none is changed."""
    one = run("--json", "--only=versions", world.server).stdout
    for command in ("render", "judge"):
        for name in [line.split()[0] for line in run("--list=formats").stdout.decode().splitlines()]:
            old, new = world.path("old." + name, b"old"), os.path.join(world.folder, "new." + name)
            for path in (old, new):
                result = run(command, "-o", f"{name}:{path}", data=one + b"{}\n")
                equal(result.returncode, 2, name)
                assert b"standard input:2" in result.stderr, result.stderr
            equal(open(old, "rb").read(), b"old", name)
            assert not [left for left in os.listdir(world.folder) if left.startswith(("new.", "old." + name + "."))], "left behind"
    # A scan that is impossible leaves even a file of lines as it was.
    lines = world.path("kept.ndjson", b"old\n")
    equal(run("-o", f"ndjson:{lines}", "--only=bogus", world.server, world.refused).returncode, 2)
    equal(open(lines, "rb").read(), b"old\n")


@case
def json_into_a_link_follows_it(world):
    path, link = world.path("behind.json"), world.path("link.json")
    os.symlink(path, link)
    equal(run(f"--json={link}", "--only=versions", world.server).returncode, 0)
    assert os.path.islink(link)
    json.load(open(path, encoding="utf-8"))


@case
def terminal_gets_indented_json(world):
    status, text = on_terminal("--json", "--only=versions", world.server)
    equal(status, 0)
    clean = text.split("\033[K")[-1] if "\033[K" in text else text
    assert clean.startswith("{\r\n"), clean[:40]
    json.loads(clean)


# --- statuses --------------------------------------------------------------------------------------

@case
def refused_is_4(world):
    result = run("--json", "--only=versions", world.refused)
    equal((result.returncode, result.stderr), (4, b""))
    equal(json.loads(result.stdout)["endpoints"][0]["status"], "refused")


@case
def unresolved_is_4(world):
    for resolver in ("unbound", "system"):
        result = run("--json", f"--resolver={resolver}", "--timeout=2", "nothing.invalid")
        equal((result.returncode, result.stderr), (4, b""), resolver)
        report = json.loads(result.stdout)
        equal(report["endpoints"], [])
        assert report["trouble"], report


@case
def some_unreachable_is_3(world):
    equal(run("-q", "--only=versions", world.server, world.refused).returncode, 3)


@case
def silence_is_unknown(world):
    result = run("--json", "--only=versions", "--timeout=0.2", "--retries=0", world.silent_target())
    assert result.returncode in (3, 4), result.returncode
    verdicts = {row["verdict"] for row in json.loads(result.stdout)["endpoints"][0]["versions"]}
    equal(verdicts, {"unknown"})


@case
def bad_target_wins_over_the_rest(world):
    result = run("-q", "--only=versions", "host:0", world.server, world.refused)
    equal(result.returncode, 2)
    equal(result.stderr.count(b"\n"), 1)
    equal(result.stdout.count(b"\n"), 2, "lines of those that were scanned")


@case
def full_disk_on_stdout_is_2(world):
    with open("/dev/full", "wb") as full:
        for arguments in (["-q", world.server], ["--json", world.server], ["--help"], ["--list=suites"], ["--version"]):
            result = run(*arguments, stdout=full)
            equal(result.returncode, 2, arguments)
            equal(result.stderr.count(b"\n"), 1, arguments)


@case
def closed_pipe_ends_quietly(world):
    for arguments in (["--json", world.server], ["-q", world.server], ["--help"], ["--list=suites"]):
        reading, writing = os.pipe()
        os.close(reading)
        result = run(*arguments, stdout=writing)
        os.close(writing)
        equal((result.returncode, result.stderr), (0, b""), arguments)


@case
def closed_descriptors_are_no_crash(world):
    arguments = ["-q", "--only=versions", world.server]
    for closed, wanted in ((0, 0), (1, 2), (2, 0)):
        equal(run(*arguments, preexec_fn=lambda: os.close(closed)).returncode, wanted, f"without descriptor {closed}")
    equal(run("-i", "-", preexec_fn=lambda: os.close(0)).returncode, 2, "a list from a closed standard input")


@case
def interrupt_reports_what_there_is(world):
    process = subprocess.Popen([COMMAND, "--json", "--timeout=30", "--only=versions", world.silent_target()],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=PLAIN)
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    equal((process.returncode, errors), (3, b""))
    equal(json.loads(out)["interrupted"], True)


# --- lists of targets ------------------------------------------------------------------------------

@case
def list_with_a_bad_line(world):
    text = f"\ufeff# mine\r\n\r\n{world.server} # here\r\nhost:0\r\n  {world.refused}"
    path = world.path("list", text.encode())
    result = run("--json", "--only=versions", "-i", path)
    equal(result.returncode, 2)
    equal(result.stderr.decode(), f"shakedown: {path}:4: 'host:0': the port must be a number from 1 to 65535\n")
    inputs = sorted(json.loads(line)["target"]["input"] for line in result.stdout.splitlines())
    equal(inputs, sorted([world.server, world.refused]))


@case
def list_from_stdin(world):
    result = run("-q", "--only=versions", "-i", "-", data=f"{world.server}\nbad one\n".encode())
    equal(result.returncode, 2)
    assert result.stderr.startswith(b"shakedown: standard input:2: "), result.stderr
    equal(result.stdout.count(b"\n"), 1)


@case
def hostile_lines(world):
    lines = [b"\x00", b"a\x00b", b"\x1b[2J", b"x" * 100000, b"\xff\xff", "\u202ea".encode(), b"%s%n"]
    result = run("-q", "--only=versions", "-i", "-", data=b"\n".join(lines) + b"\n")
    equal(result.returncode, 2)
    equal(result.stderr.count(b"\n"), len(lines), result.stderr)
    assert all(32 <= octet < 127 or octet in b"\n" for octet in result.stderr), result.stderr
    assert max(map(len, result.stderr.splitlines())) < 512


@case
def list_is_read_as_it_is_scanned(world):
    """A list without end: the first reports come long before it could have been read."""
    reading, writing = os.pipe()
    with open(reading, "rb") as out, open(world.path("out"), "wb"):
        process = subprocess.Popen([COMMAND, "--json", "--only=versions", "--parallel=1", "-i", "-"], stdin=subprocess.PIPE,
                                   stdout=writing, stderr=subprocess.PIPE, env=PLAIN)
        os.close(writing)
        process.stdin.write((world.server + "\n").encode() * 2)
        process.stdin.flush()
        ready, _, _ = select.select([out], [], [], 20)
        assert ready, "no report while the list is open"
        json.loads(out.readline())
        process.stdin.close()
        out.read()
    process.wait(timeout=20)
    equal((process.returncode, process.stderr.read()), (0, b""))


# --- transcripts -----------------------------------------------------------------------------------

@case
def replay_gives_the_same(world):
    scan, transcript, again = world.path("scan.json"), world.path("transcript"), world.path("again.json")
    trust = f"--ca-file={world.path('root.pem')}"
    for options in ([], ["--evidence"], ["--pem", "--reproducible"]):
        first = run(f"--json={scan}", f"--transcript={transcript}", trust, *options, world.server)
        second = run("replay", f"--json={again}", *options, transcript)
        equal((first.returncode, first.stderr), (0, b""))
        equal((second.returncode, second.stderr), (0, b""))
        equal(open(again, "rb").read(), open(scan, "rb").read(), f"replay with {options}")
        equal(second.stdout, first.stdout, "text")


@case
def replay_of_several(world):
    transcript = world.path("two")
    first = run("--json", "--reproducible", "--only=versions", f"--transcript={transcript}", world.server, world.refused)
    second = run("replay", "--json", "--reproducible", transcript)
    equal((first.returncode, second.returncode), (3, 3))
    equal(second.stdout, first.stdout)


@case
def cut_transcript_is_told(world):
    transcript = world.path("whole")
    run("-q", "--only=versions", f"--transcript={transcript}", world.server)
    whole = open(transcript, "rb").read()
    for size in range(0, len(whole) - 1, max(1, len(whole) // 40)):
        result = run("replay", "-q", world.path("cut", whole[:size]))
        equal(result.returncode, 2, f"cut at {size}")
        equal(result.stderr.count(b"\n"), 1, f"cut at {size}: {result.stderr!r}")


@case
def no_key_is_written_anywhere(world):
    """The server asks for a certificate; what is said of it is its fingerprint, and a replay says the same."""
    port = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{port.getsockname()[1]}"
    port.close()
    transcript = world.path("presented")
    server = subprocess.Popen(["openssl", "s_server", "-accept", address, "-www", "-quiet", "-cert", world.path("root.pem"), "-key",
                               world.path("key.pem"), "-Verify", "1"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        limit = time.monotonic() + 20
        while True:
            scan = run("--json", "--reproducible", "--evidence", "--only=client_authentication,sessions", f"--cert={world.path('client.pem')}",
                       f"--key={world.path('client.key')}", "--key-pass=env:SECRET", f"--transcript={transcript}", address,
                       env={**PLAIN, "SECRET": "Sesame"})
            if scan.returncode != 4 or time.monotonic() > limit:
                break
            time.sleep(0.1)
    finally:
        server.kill()
        server.wait()
    equal((scan.returncode, scan.stderr), (0, b""))
    rows = json.loads(scan.stdout)["endpoints"][0]["client_authentication"]
    accepted = {row["version"]: row["verdict"] for row in rows if row["id"] == "certificate_accepted"}
    equal(accepted, {"TLSv1.2": "yes", "TLSv1.3": "yes"})
    equal(run("replay", "--json", "--reproducible", "--evidence", transcript).stdout, scan.stdout, "replay")
    # RFC 8410: the last 32 octets of an Ed25519 key are all of it.
    key = base64.b64decode("".join(open(world.path("other.pem")).read().split("\n")[1:-2]))[-32:]
    for text in (scan.stdout.decode(), open(transcript).read()):
        assert "PRIVATE" not in text and "Sesame" not in text and key.hex() not in text.lower()
        for word in re.findall(r"[A-Za-z0-9+/]{40,}={0,2}", text):
            assert len(word) % 4 != 0 or key not in base64.b64decode(word), "the key"


@case
def reproducible_means_equal(world):
    first, second = (run("--json", "--reproducible", world.server).stdout for _ in range(2))
    equal(first, second)


@case
def connections_have_a_cause(world):
    def cost(*arguments):
        endpoint = json.loads(run("--json", *arguments, world.server).stdout)["endpoints"][0]
        rows = {row["id"]: row["connections"] for row in endpoint["checks"]}
        equal(sum(rows.values()), endpoint["traffic"]["connections"], arguments)
        return rows
    both, alone = cost("--only=versions,suites"), cost("--only=suites")
    equal((set(both), set(alone)), ({"versions", "suites"}, {"suites"}))
    assert 0 < both["suites"] < alone["suites"], (both, alone)


# --- what it tells of itself -----------------------------------------------------------------------

@case
def help_and_version(world):
    result = run("--help")
    equal((result.returncode, result.stderr), (0, b""))
    assert b"--json" in result.stdout and b"Exit status" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    equal(run("-h").stdout, result.stdout)
    version = run("--version").stdout.decode()
    header = open(os.path.join(ROOT, "include", "shakedown.h"), encoding="utf-8").read()
    equal(version, "shakedown " + header.split('SHAKEDOWN_VERSION "')[1].split('"')[0] + "\n")


@case
def version_is_the_makefiles(world):
    makefile = open(os.path.join(ROOT, "Makefile"), encoding="utf-8").read()
    equal(run("--version").stdout.decode().split()[1], makefile.split("\nVERSION")[1].split("=")[1].split()[0])


@case
def lists_what_it_knows(world):
    checks = run("--list", "checks")
    equal((checks.returncode, checks.stderr), (0, b""))
    ids = [line.split()[0] for line in checks.stdout.decode().splitlines()]
    for wanted in ("versions", "suites", "certificates"):
        assert wanted in ids, ids
    assert b"0xC02F  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 " in run("--list=suites").stdout
    assert b"X25519MLKEM768 (post-quantum)" in run("--list=groups").stdout
    rules = run("--list=lint").stdout.decode()
    assert "\nserial_positive " in rules and "  must, public    2020-09-01 to 2026-03-15  The certificate is valid for at most 398 days." in rules, rules


@case
def what_is_explained_is_escaped(world):
    policy = {"schema": "shakedown-policy/1", "name": "a\n\x1b[31m", "title": "t\u202e\\", "rules": [
        {"id": "a", "level": "MUST", "sentence": "S\x1b[2J.", "of": "versions", "none": {"version": "SSLv2"}}]}
    path = world.path("stranger.json", json.dumps(policy).encode())
    text = run("explain", path).stdout.decode()
    assert "\\u001B[31m" in text and "\\u001B[2J" in text and "\x1b" not in text and "\u202e" not in text, text
    whole = b"".join(run("explain", name).stdout for name in ("sslv2", "pci-dss-4"))
    assert b"\\u" not in whole and "\n\nReferences\n" in whole.decode(), whole


@case
def plan_sends_nothing(world):
    watched = socket.create_server(("127.0.0.1", 0))
    watched.settimeout(0.3)
    result = run("--plan", f"127.0.0.1:{watched.getsockname()[1]}", "example.com")
    equal((result.returncode, result.stderr), (0, b""))
    assert b"TLSv1.3 ClientHello" in result.stdout and b"server name example.com" in result.stdout, result.stdout
    try:
        watched.accept()
        raise AssertionError("it connected")
    except socket.timeout:
        pass
    finally:
        watched.close()


@case
def completions_and_manual_are_fresh(world):
    result = subprocess.run([os.path.join(ROOT, "completions", "make.sh"), "--check", COMMAND], capture_output=True, check=False)
    equal((result.returncode, result.stderr), (0, b""))


@case
def list_of_checks_is_fresh(world):
    result = subprocess.run([os.path.join(ROOT, "docs", "make.sh"), "--check", COMMAND], capture_output=True, check=False)
    equal((result.returncode, result.stderr), (0, b""))


@case
def manual_is_clean(world):
    if shutil.which("mandoc") is None:
        return
    page = os.path.join(ROOT, "man", "shakedown.1")
    result = subprocess.run(["mandoc", "-T", "lint", "-W", "style", page], capture_output=True, check=False)
    equal((result.returncode, result.stdout), (0, b""))


@case
def completions_parse(world):
    for shell, name in (("bash", "shakedown.bash"), ("zsh", "_shakedown"), ("fish", "shakedown.fish")):
        if shutil.which(shell) is None:
            continue
        path = os.path.join(ROOT, "completions", name)
        result = subprocess.run([shell, "-n", path], capture_output=True, check=False)
        equal((result.returncode, result.stderr), (0, b""), shell)


@case
def bash_completes(world):
    script = ('. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shakedown 2>/dev/null; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    os.symlink(COMMAND, world.path("shakedown"))
    world.path("targets.txt", b"")
    rows = [
        (["--rep"], {"--reproducible"}),
        (["--print"], {""}),
        (["--color", "a"], {"auto", "always"}),
        (["--color", "=", "n"], {"never"}),
        (["--color", "="], {"auto", "always", "never"}),
        (["--only", "v"], {"versions"}),
        (["-i", "targets"], {"targets.txt"}),
        (["--json", "=", "targets"], {"targets.txt"}),
        (["--json", "targets"], {""}),
        (["replay", "targets"], {"targets.txt"}),
        (["sc"], {"scan", "schema"}),
        (["judge", "targets"], {"targets.txt"}),
        (["explain", "sslv"], {"sslv2", "sslv3"}),
        (["explain", "hip"], {"hipaa"}),
        (["schema", "p"], {"policy"}),
        (["schema", "w"], {"waivers"}),
        (["--policy", "cnsa"], {"cnsa-1.0", "cnsa-2.0"}),
        (["--policy", "targets"], {"targets.txt"}),
        (["--fail-on", "cri"], {"critical"}),
    ]
    environment = {**PLAIN, "PATH": world.folder + ":" + os.environ["PATH"], "HOSTFILE": "/dev/null"}
    for words, wanted in rows:
        result = subprocess.run(["bash", "--norc", "-c", script, "bash", os.path.join(ROOT, "completions", "shakedown.bash"),
                                 "shakedown", *words], capture_output=True, cwd=world.folder, env=environment, check=True)
        equal(set(result.stdout.decode().splitlines()), wanted, words)


@case
def features_are_known(world):
    """Every feature that a scan reports can be named by a policy."""
    listed = open(os.path.join(ROOT, "src", "report", "features.def")).read()
    report = json.loads(run("--json", world.server).stdout)
    sections = set(re.findall(r'FEATURE\("([a-z_]+)"', listed))
    for section in sections:
        for row in report["endpoints"][0][section]:
            assert f'FEATURE("{section}", "{row["id"]}")' in listed, f"{section}.{row['id']} is missing in features.def"


@case
def a_scan_is_judged(world):
    result = run("--json", "--policy=cnsa-2.0", "--fail-on=high", "--only=versions,certificates", world.server)
    report = json.loads(result.stdout)
    equal(report["policy"]["name"], "cnsa-2.0")
    equal(report["policy"]["verdict"], "fail")
    equal(result.returncode, 1)
    assert "certificate_self_signed" in {row["id"] for row in report["findings"]}
    again = run("judge", "--json", "--policy=cnsa-2.0", data=result.stdout)
    equal(json.loads(again.stdout), report, "judged again it says the same")
    equal(run("--policy=nothing", world.server).returncode, 2)
    text = run("--policy=cnsa-2.0", "--only=versions", world.server).stdout.decode()
    assert "Policy cnsa-2.0: fail (" in text, text


# --- terminals -------------------------------------------------------------------------------------

def on_terminal(*arguments, env=None):
    """Runs with a terminal for standard output and error; returns status and all that it showed."""
    master, slave = pty.openpty()
    process = subprocess.Popen([COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=env or PLAIN)
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError: # what Linux says at the end
            break
        if not piece:
            break
        shown += piece
    os.close(master)
    return process.wait(timeout=60), shown.decode()


def without_progress(text):
    return text.split("\r\033[K")[-1]


@case
def color_on_a_terminal_only(world):
    color = "\033["
    plain = ["--only=versions", world.server]
    assert color in without_progress(on_terminal(*plain)[1])
    assert color not in without_progress(on_terminal(*plain, env={**PLAIN, "NO_COLOR": "1"})[1])
    assert color in without_progress(on_terminal(*plain, env={**PLAIN, "NO_COLOR": ""})[1])
    assert color not in on_terminal(*plain, env={**PLAIN, "TERM": "dumb"})[1]
    assert color not in without_progress(on_terminal("--color=never", *plain)[1])
    assert color in run("--color=always", *plain).stdout.decode()
    assert color not in run(*plain).stdout.decode()


@case
def progress_is_shown_and_cleared(world):
    arguments = ["--only=versions", "--timeout=0.4", "--retries=0", "--color=never", world.silent_target()]
    _, shown = on_terminal(*arguments)
    assert " in progress" in shown, shown
    before, _, after = shown.rpartition("\r\033[K")
    assert " in progress" in before and " in progress" not in after, shown
    assert " in progress" not in on_terminal("-q", *arguments)[1]
    equal(run(*arguments).stderr, b"")


def outcome(function, *arguments):
    try:
        function(*arguments)
        return None
    except AssertionError as error:
        return str(error) or "an assertion failed"
    except Exception as error: # a test that breaks has failed, and the others go on
        return f"{type(error).__name__}: {error}"


def main(bad=None, cases=None, skipped=0):
    """Runs the rows and cases given, or all of this file's; so many more could not be run."""
    if not os.access(COMMAND, os.X_OK):
        sys.exit(f"{COMMAND} is not there; run make")
    world = World()
    passed = failed = 0
    try:
        tests = [(f"bad: {name}", check_bad, (world, arguments, wanted)) for name, arguments, wanted in (BAD if bad is None else bad)]
        tests += [(function.__name__, function, (world,)) for function in (CASES if cases is None else cases)]
        for name, function, arguments in tests:
            wrong = outcome(function, *arguments)
            if wrong is None:
                passed += 1
            else:
                failed += 1
                print(f"FAIL {name}\n     {wrong}")
    finally:
        world.close()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
