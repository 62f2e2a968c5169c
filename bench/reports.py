# SPDX-License-Identifier: Apache-2.0
"""What it costs to judge and render saved reports: CPU of the process, and how much memory it takes at most,
for few and for many of them. Starting up is left out by counting only what more reports cost. The report is a whole one, of a scan of openssl's server on loopback; each copy
has a target of its own. The target is 10,000 reports to NDJSON and CSV in less than 20 s on one core."""

import argparse
import json
import os
import subprocess
import sys
import tempfile

RUNS = {
    "judge, NDJSON and CSV": ["judge", "-o", "ndjson:/dev/null", "-o", "csv"],
    "judge by a policy, likewise": ["judge", "--policy=mozilla-intermediate-6.0", "-o", "ndjson:/dev/null", "-o", "csv"],
    "judge, SARIF": ["judge", "-o", "sarif"],
    "judge, Prometheus": ["judge", "-o", "prometheus"],
    "render, CSV": ["render", "-o", "csv"],
}


def report_of_a_scan(command):
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost",
                        "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
        server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate, "-key", key],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            port = next(line.rsplit(":", 1)[1].strip() for line in server.stdout if line.startswith("ACCEPT"))
            scan = subprocess.run([command, "--json", f"127.0.0.1:{port}"], capture_output=True, text=True, timeout=120, check=False)
            return json.loads(scan.stdout)
        finally:
            server.kill()
            server.wait()


def feed(pipe, report, count):
    name = report["target"]["host"]
    line = json.dumps(report, separators=(",", ":"), ensure_ascii=False)
    head, tail = line.split(f'"host":"{name}"', 1)
    for i in range(count):
        pipe.write(f'{head}"host":"host-{i}.example"{tail}\n'.encode())


def most_memory(process):
    """MB at most so far. What the parent had when it forked is not counted, as it is in getrusage."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))


def measure(command, arguments, report, count):
    """CPU seconds, and MB at most when nearly all has been read."""
    process = subprocess.Popen([command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    feed(process.stdin, report, count)
    memory = most_memory(process)
    process.stdin.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):
        sys.exit(f"{arguments} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, memory


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--reports", type=int, default=2000)
    given = parser.parse_args()
    command = os.path.join(given.build, "shakedown")
    report, few = report_of_a_scan(command), given.reports // 10
    print(f"saved reports of {len(json.dumps(report, separators=(',', ':'), ensure_ascii=False)) / 1000:.0f} kB")
    print(f"{'':30} {'CPU s for 10,000':>17} {f'MB at most of {few}':>18} {f'of {given.reports}':>9}")
    for name, arguments in RUNS.items():
        (start, less), (end, more) = (measure(command, arguments, report, count) for count in (few, given.reports))
        print(f"{name:30} {(end - start) * 10000 / (given.reports - few):17.1f} {less:18.1f} {more:9.1f}", flush=True)


if __name__ == "__main__":
    main()
