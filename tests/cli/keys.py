# SPDX-License-Identifier: Apache-2.0
"""Servers with weak keys, lists of bad keys, and what a run tells of keys that several targets share. Closes with
"N passed, N failed"."""

import base64
import hashlib
import json
import os
import subprocess
import sys

import cli
from cli import equal, run

CASES = []
KEYS = os.path.join(cli.ROOT, "fixtures", "keys")


def case(function):
    CASES.append(function)
    return function


class Server:
    """openssl s_server with a certificate of its own for a key of fixtures/keys, or for the key given."""

    def __init__(self, world, key, address="127.0.0.1", days=90, name=None, options=()):
        self.key = key if os.path.isabs(key) else os.path.join(KEYS, key + ".key")
        self.certificate = name or world.path(f"{key}-{days}.pem")
        if name is None:
            subprocess.run(["openssl", "req", "-x509", "-key", self.key, "-days", str(days), "-subj", f"/CN={key}", "-addext",
                            "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", self.certificate], check=True,
                           stderr=subprocess.DEVNULL)
        self.process = subprocess.Popen(["openssl", "s_server", "-accept", f"{address}:0", "-cert", self.certificate, "-key",
                                         self.key, "-www", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        for line in self.process.stdout:
            if line.startswith(b"ACCEPT"):
                self.target = f"{address}:{int(line.rsplit(b':', 1)[1])}"
                return
        raise AssertionError(f"openssl s_server did not start with {key}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def weak(report):
    """What the leaves' rows say beside no, as {id: (verdict, reason)}."""
    rows = [row for endpoint in report["endpoints"] for chain in endpoint["certificates"] for row in chain["chain"][0]["weak_key"]]
    assert rows, "no row"
    return {row["id"]: (row["verdict"], row["reason"]) for row in rows if row["verdict"] != "no"}


NO_LISTS = {"compromised": ("not_tested", "no_list"), "predictable": ("not_tested", "no_list")}


@case
def weak_keys_are_told(world):
    for key, wanted in (
        ("good", {}),
        ("roca", {"roca": ("yes", "roca_fingerprint")}),
        ("close", {"close_primes": ("yes", "factored")}),
        ("exponent-3", {"exponent_small": ("yes", "below_65537")}),
    ):
        with Server(world, key) as server:
            result = run("--json", "--only=certificates", server.target)
            equal((result.returncode, result.stderr), (0, b""), key)
            equal(weak(json.loads(result.stdout)), {**NO_LISTS, **wanted}, key)
            shown = run("--only=certificates", server.target).stdout.decode()
            equal("Weak key" in shown, bool(wanted), f"{key}: {shown}")


def fingerprint(key):
    der = subprocess.run(["openssl", "pkey", "-in", os.path.join(KEYS, key + ".key"), "-pubout", "-outform", "DER"], check=True,
                         capture_output=True).stdout
    return hashlib.sha256(der)


def debian(key):
    """As openssl-vulnkey(1) makes it."""
    modulus = subprocess.run(["openssl", "rsa", "-in", os.path.join(KEYS, key + ".key"), "-noout", "-modulus"], check=True,
                             capture_output=True).stdout
    return hashlib.sha1(modulus).hexdigest()[20:]


@case
def listed_keys_are_told(world):
    listed, other = ("yes", "listed"), fingerprint("roca").hexdigest()
    lists = {
        "marks": f"# blacklist\n{debian('roca')}\n{debian('good')}\n",
        "hex": f"{other}\n{fingerprint('good').hexdigest()} # ours\n",
        "base64": base64.b64encode(fingerprint("good").digest()).decode(),
        "others": f"{other}\n",
    }
    for name, text in lists.items():
        world.path(name, text.encode())
    none = {"compromised": ("not_tested", "no_list")}
    with Server(world, "good") as server:
        for options, wanted in (
            (["--weak-keys=marks"], {**none, "predictable": listed}),
            (["--weak-keys=hex"], {**none, "predictable": listed}),
            (["--weak-keys=others"], none),
            (["--compromised-keys=base64", "--weak-keys=others"], {"compromised": listed}),
            (["--compromised-keys=others", "--weak-keys=others"], {}),
        ):
            result = run("--json", "--only=certificates", *options, server.target, cwd=world.folder)
            equal((result.returncode, result.stderr), (0, b""), options)
            equal(weak(json.loads(result.stdout)), wanted, options)


@case
def lists_are_read_again_by_a_replay(world):
    transcript, good = world.path("keys.transcript"), world.path("good.list", fingerprint("good").hexdigest().encode())
    other = world.path("other.list", fingerprint("roca").hexdigest().encode())
    with Server(world, "good") as server:
        first = run("--json", "--only=certificates", f"--compromised-keys={good}", f"--transcript={transcript}", server.target)
    equal(first.returncode, 0)
    again = run("replay", "--json", transcript)
    equal((again.returncode, again.stdout), (0, first.stdout))
    differently = run("replay", "--json", f"--compromised-keys={other}", transcript)
    equal(weak(json.loads(differently.stdout)), {"predictable": ("not_tested", "no_list")})
    os.unlink(good)
    gone = run("replay", "--json", transcript)
    equal(gone.returncode, 2)
    assert b"good.list" in gone.stderr and gone.stderr.count(b"\n") == 1, gone.stderr


BAD = [
    ("missing list of weak keys", ["--weak-keys={folder}/absent", "{server}"], "absent"),
    ("missing list of compromised keys", ["--compromised-keys={folder}/absent", "{server}"], "absent"),
    ("list of keys that is a folder", ["--weak-keys={folder}", "{server}"], "directory"),
    ("list of keys without any", ["--weak-keys={comments}", "{server}"], "no fingerprint"),
    ("list of something else", ["--compromised-keys={folder}/root.pem", "{server}"], "root.pem:1: "),
    ("list that nothing would look into", ["--weak-keys={comments}", "--only=versions", "{server}"], "'certificates'"),
]


if __name__ == "__main__":
    sys.exit(cli.main(BAD, CASES))
