# SPDX-License-Identifier: Apache-2.0
"""What --summary says of a run: counts, keys that several targets share, moduli with common factors. Every summary here is
held against its schema. Closes with "N passed, N failed"."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import time

from jsonschema import Draft202012Validator

import cli
from cli import equal, run

sys.path.insert(0, os.path.join(cli.ROOT, "tests", "report"))
import reports  # noqa: E402 (the path comes first)

CASES = []
KEYS = os.path.join(cli.ROOT, "fixtures", "keys")
with open(os.path.join(cli.ROOT, "docs", "summary-v1.schema.json"), encoding="utf-8") as opened:
    SCHEMA = json.load(opened)
Draft202012Validator.check_schema(SCHEMA)


def case(function):
    CASES.append(function)
    return function


def read(path):
    with open(path, encoding="utf-8") as file:
        summary = json.load(file)
    errors = [f"{error.json_path}: {error.message}"[:300] for error in Draft202012Validator(SCHEMA).iter_errors(summary)]
    assert not errors, errors
    return summary


def targets(**counts):
    return {**dict.fromkeys(SCHEMA["properties"]["targets"]["required"], 0), **counts}


# --- real servers ------------------------------------------------------------------------------------

class Nginx:
    """One nginx that listens with a certificate for each of the keys, at 127.0.0.1 and a port of its own."""

    def __init__(self, world, keys):
        folder = world.path("nginx")
        os.makedirs(folder)
        servers, self.targets, held = "", [], []
        for i, (key, name) in enumerate(keys):
            certificate = os.path.join(folder, f"{name}.pem")
            if not os.path.exists(certificate):
                subprocess.run(["openssl", "req", "-x509", "-key", os.path.join(KEYS, key + ".key"), "-days", "9", "-subj",
                                f"/CN={name}", "-out", certificate], check=True, stderr=subprocess.DEVNULL)
            held.append(cli.socket.create_server(("127.0.0.1", 0)))
            port = held[i].getsockname()[1]
            self.targets.append(f"127.0.0.1:{port}")
            servers += (f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {certificate};"
                        f" ssl_certificate_key {KEYS}/{key}.key; }}\n")
        for socket in held:
            socket.close()
        config = world.path("nginx.conf", f"""daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
            events {{ }}
            http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
                    uwsgi_temp_path {folder}; scgi_temp_path {folder}; {servers} }}""".encode())
        self.process = subprocess.Popen(["nginx", "-c", config, "-p", folder], stderr=subprocess.DEVNULL)
        for target in self.targets:
            self.wait_for(target)

    @staticmethod
    def wait_for(target):
        address, port = target.split(":")
        for _ in range(100):
            try:
                cli.socket.create_connection((address, int(port)), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("nginx did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def places(row):
    return sorted(f"{place['address']}:{place['port']}" for place in row["places"])


@case
def keys_are_compared_across_servers(world):
    keys = [("good", "one"), ("good", "two"), ("good", "two"), ("shared-a", "a"), ("shared-b", "b"), ("roca", "r")]
    with Nginx(world, keys) as nginx:
        a, b, c, d, e, _ = nginx.targets
        out, saved = world.path("summary.json"), world.path("reports.json")
        result = run("--only=certificates", f"--summary={out}", f"--json={saved}", "--pem", *nginx.targets)
        equal((result.returncode, result.stderr), (0, b""))
        summary = read(out)
        equal((summary["exit_status"], summary["error"], summary["interrupted"]), (0, None, False))
        equal(summary["targets"], targets(complete=6, reports=6))
        equal(summary["endpoints"]["complete"], 6)
        equal(summary["keys"], {"seen": 4, "shared": 1, "whole": True})
        with open(saved, encoding="utf-8") as file:
            endpoints = [endpoint for line in file for endpoint in json.loads(line)["endpoints"]]
        equal(summary["traffic"]["connections"], sum(endpoint["traffic"]["connections"] for endpoint in endpoints))

        (shared,) = summary["shared_keys"]
        equal((shared["type"], shared["bits"], shared["targets"], shared["more"]), ("RSA", 2048, 3, False))
        equal(sorted(map(places, shared["certificates"])), sorted([[a], sorted([b, c])]))

        factors = summary["common_factors"]
        equal((factors["verdict"], factors["compared"], factors["left_out"], factors["whole"]), ("yes", 4, 0, True))
        (group,) = factors["groups"]
        equal((group["key_count"], sorted(places(key)[0] for key in group["keys"])), (2, sorted([d, e])))
        assert 1000 < group["factor_bits"] < 1050, group

        # Saved reports with PEM say the same; without it they say that they do not know.
        again = world.path("again.json")
        equal(run("judge", f"--summary={again}", "--json", saved).returncode, 0)
        second = read(again)
        for key in ("targets", "traffic", "keys"):
            equal(second[key], summary[key], key)
        equal(second["common_factors"]["groups"][0]["factor_bits"], group["factor_bits"])
        bare = world.path("bare.json")
        run("--only=certificates", f"--json={bare}", a, d, e)
        run("judge", f"--summary={again}", "--json", bare)
        factors = read(again)["common_factors"]
        equal((factors["verdict"], factors["reason"], factors["left_out"]), ("unknown", "no_octets", 3))

        # One target, whatever it is called, shares with nobody.
        run("--only=certificates", f"--summary={out}", f"--json={bare}", a, "https://" + a)
        equal((read(out)["shared_keys"], read(out)["common_factors"]["verdict"]), ([], "not_applicable"))


@case
def what_is_not_reached_is_counted(world):
    out = world.path("summary.json")
    result = run("--only=versions", f"--summary={out}", "--timeout=0.3", world.server, world.refused, "a b")
    equal(result.returncode, 2)
    summary = read(out)
    equal(summary["exit_status"], 2)
    equal(summary["targets"], targets(complete=1, not_reached=1, reports=2, rejected=1))
    equal((summary["endpoints"]["refused"], summary["keys"]["seen"]), (1, 0))


@case
def a_transcript_is_summed_up_like_the_scan(world):
    transcript, first, second = world.path("summary.transcript"), world.path("first.json"), world.path("second.json")
    run("--only=certificates", "--reproducible", f"--transcript={transcript}", f"--summary={first}", world.server)
    run("replay", "--reproducible", f"--summary={second}", transcript)
    equal(read(first), read(second))
    equal("started" in read(first), False)


# --- saved reports -----------------------------------------------------------------------------------

def sighted(host, digest, certificate, address="192.0.2.1", key="RSA", pem=None):
    report = reports.sound()
    report["target"]["host"] = host
    endpoint = report["endpoints"][0]
    endpoint["address"] = address
    leaf = endpoint["certificates"][0]["chain"][0]
    leaf["public_key_sha256"], leaf["fingerprint_sha256"], leaf["key"] = digest, certificate, {"type": key, "bits": 2048, "curve": None}
    if pem:
        leaf["pem"] = pem
    endpoint["certificates"] = endpoint["certificates"][:1]
    return report


def summed(world, *saved):
    out = world.path("summary.json")
    data = "".join(json.dumps(report) + "\n" for report in saved).encode()
    result = run("judge", f"--summary={out}", "--json", data=data)
    return read(out), result


@case
def keys_on_several_targets(world):
    a, b, c = "A" * 64, "B" * 64, "C" * 64
    summary, _ = summed(world, sighted("a.example", a, b), sighted("b.example", a, c), sighted("c.example", b, a, key="EC"))
    equal(summary["keys"], {"seen": 2, "shared": 1, "whole": True})
    equal([row["fingerprint_sha256"] for row in summary["shared_keys"][0]["certificates"]], [b, c])
    # Two addresses of one name, and one name in two reports, are one target.
    summary, _ = summed(world, sighted("a.example", a, b), sighted("a.example", a, b, "192.0.2.2"), sighted("a.example", a, b))
    equal(summary["shared_keys"], [])
    # An EC key has no modulus to compare.
    summary, _ = summed(world, sighted("a.example", a, b, key="EC"))
    equal((summary["common_factors"]["verdict"], summary["common_factors"]["left_out"]), ("not_applicable", 0))


@case
def many_places_of_one_key(world):
    saved = [sighted(f"h{i}.example", "A" * 64, "B" * 64) for i in range(1100)]
    summary, _ = summed(world, *saved)
    (row,) = summary["shared_keys"]
    equal((row["targets"], row["more"], len(row["certificates"][0]["places"])), (1000, True, 100))
    equal((summary["keys"]["whole"], summary["common_factors"]["reason"]), (False, "too_many"))


@case
def what_strangers_write(world):
    hostile = sighted("\x1b[31m\u202e" + "x" * 5000, "A" * 64, "B" * 64)
    other = sighted("b.example", "A" * 64, "B" * 64, pem="-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n")
    odd = sighted("c.example", "not hex", "B" * 64)
    odd["endpoints"][0]["traffic"] = {"connections": -5, "bytes_sent": 2 ** 62}
    odd["findings"] = [{"severity": "awful"}, 7]
    summary, _ = summed(world, hostile, other, odd)
    text = json.dumps(summary, ensure_ascii=False)
    assert "\x1b" not in text and "\u202e" not in text and len(text) < 20000, len(text)
    equal(summary["keys"]["seen"], 1)
    equal(summary["traffic"]["bytes_sent"] < 2 ** 40, True)


def pem_of(world, key):
    out = world.path(f"{key}.certificate")
    subprocess.run(["openssl", "req", "-x509", "-key", os.path.join(KEYS, key + ".key"), "-days", "9", "-subj", f"/CN={key}", "-out",
                    out], check=True, stderr=subprocess.DEVNULL)
    with open(out, encoding="ascii") as file:
        pem = file.read()
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    key_der = subprocess.run(["openssl", "x509", "-in", out, "-pubkey", "-noout"], check=True, capture_output=True).stdout
    info = base64.b64decode("".join(key_der.decode().splitlines()[1:-1]))
    return pem, sha256(info), sha256(der)


def sha256(octets):
    return hashlib.sha256(octets).hexdigest().upper()


@case
def chains_of_shared_primes(world):
    saved = []
    for key in ("shared-a", "shared-b", "shared-c", "good"):
        pem, digest, certificate = pem_of(world, key)
        saved.append(sighted(f"{key}.example", digest, certificate, pem=pem))
    summary, _ = summed(world, *saved)
    factors = summary["common_factors"]
    equal((factors["verdict"], factors["compared"]), ("yes", 4))
    found = sorted(sorted(key["places"][0]["host"] for key in group["keys"]) for group in factors["groups"])
    equal(found, [["shared-a.example", "shared-b.example"], ["shared-b.example", "shared-c.example"]])
    summary, _ = summed(world, saved[0], saved[2], saved[3])
    equal((summary["common_factors"]["verdict"], summary["common_factors"]["groups"]), ("no", []))


# --- the file ----------------------------------------------------------------------------------------

@case
def the_file_appears_whole(world):
    out = world.path("kept.json", b"old")
    result = run("judge", f"--summary={out}", data=b"{}")
    equal(result.returncode, 2)
    equal(read(out)["exit_status"], 2)  # the run was begun, and ended so
    result = run("--policy=nobody", f"--summary={out}", world.server)
    equal((result.returncode, read(out)["exit_status"]), (2, 2))
    equal([name for name in os.listdir(world.folder) if name.startswith("kept.json.")], [])
    full = run("--only=versions", "--summary=/dev/full", world.server)
    equal(full.returncode, 2)
    assert b"/dev/full" in full.stderr, full.stderr


BAD = [
    ("summary in a folder that is not there", ["--summary={folder}/absent/x", "{server}"], "absent"),
    ("summary without a name", ["--summary=", "{server}"], "--summary"),
    ("summary of nothing", ["explain", "--summary=x"], "no meaning"),
]


if __name__ == "__main__":
    sys.exit(cli.main(BAD, CASES))
