#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/scale.md: each option exists, manifests are YAML and say what their comments say, the unit verifies, the
batch script runs with a shard's environment. Closes with "N passed, N failed, N skipped"."""

import os
import re
import shutil
import subprocess
import sys

import scheduled
from scheduled import COMMAND, ROOT, commands, module, read, run

FOLDER = os.path.join(ROOT, "docs", "scale")


def options(command, folder):
    said = run(COMMAND, command, "--help", folder=folder).decode()
    return set(re.findall(r"--[a-z][a-z0-9-]*", said)) | set(re.findall(r"(?<![\w-])-[a-zA-Z0-9]\b", said))


def options_exist(folder):
    known, seen = set().union(*(options(command, folder) for command in ("scan", "enqueue", "work", "collect", "judge"))), 0
    for text in [read("docs/scale.md")] + [read(f"docs/scale/{name}") for name in os.listdir(FOLDER)]:
        words = " ".join(commands(text)).split() + re.findall(r"^\s+- (--\S+)$", text, re.M) + re.findall(r"`(--[a-z-]+)", text)
        for word in words:
            if word.startswith("-") and word not in ("-", "--help"):
                name = word.partition("=")[0]
                assert name in known, f"no option {name}"
                seen += 1
    assert seen > 20, f"{seen} options were looked at"


def command_lines_are_understood(folder):
    """As far as to the server, which is not there."""
    for line in re.search(r"^```sh\n(.*?)^```$", read("docs/scale.md"), re.M | re.S).group(1).splitlines():
        words = line.replace("queue.example", "127.0.0.1:1").replace("-i targets", "localhost").split()
        done = subprocess.run([COMMAND, *words[1:]], cwd=folder, capture_output=True, timeout=60)
        assert done.returncode == 2 and (b"no connection to the queue" in done.stderr or b"no queue" in done.stderr), done


def manifests_are_yaml(_):
    import yaml
    documents = {name: list(yaml.safe_load_all(read(f"docs/scale/{name}"))) for name in ("worker-job.yaml", "indexed-job.yaml")}
    work, parts = documents["worker-job.yaml"][1]["spec"], documents["indexed-job.yaml"][0]["spec"]
    assert "completions" not in work and work["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"] == [2], "work queue"
    assert parts["completionMode"] == "Indexed" and parts["completions"] == parts["parallelism"], "indexed"
    for spec in (work, parts):
        container = spec["template"]["spec"]["containers"][0]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, "capabilities"
    assert f"--shard=auto/{parts['completions']}" in parts["template"]["spec"]["containers"][0]["args"][0], "shards"


def each_part_runs(folder):
    """The script of the Indexed Job and that of the Slurm array, each part once: together they have every target once."""
    import yaml
    job = yaml.safe_load(read("docs/scale/indexed-job.yaml"))["spec"]["template"]["spec"]["containers"][0]["args"][0]
    with open(f"{folder}/targets", "w", encoding="ascii") as file:
        file.writelines(f"127.30.0.{i}:1\n" for i in range(64))
    path = f"{os.path.dirname(COMMAND)}:{os.environ['PATH']}"
    for i in range(8):
        script = job.replace("/lists/", f"{folder}/").replace("/reports/", f"{folder}/job-")
        subprocess.run(["sh", "-c", script], check=True, timeout=60, stdout=subprocess.DEVNULL, env={**os.environ, "PATH": path, "JOB_COMPLETION_INDEX": str(i)})
    batch = read("docs/scale/array.sbatch")
    array = re.search(r"--array=0-(\d+)%", batch).group(1)
    assert f'--shard="$part/{int(array) + 1}"' in batch, "parts and tasks"
    for i in [*range(32), 5]:  # one is submitted again
        subprocess.run(["sh", f"{FOLDER}/array.sbatch", "targets"], check=True, timeout=60, stdout=subprocess.DEVNULL, cwd=folder,
                       env={**os.environ, "PATH": path, "SLURM_ARRAY_TASK_ID": str(i), "SLURM_ARRAY_TASK_COUNT": "1"})
    for prefix in ("job-part-", "part-"):
        found = []
        for name in os.listdir(folder):
            if name.startswith(prefix) and name.endswith(".ndjson"):
                with open(f"{folder}/{name}", encoding="utf-8") as file:
                    found += re.findall(r'"target":\{"input":"([^"]*)"', file.read())
        assert sorted(found) == sorted(f"127.30.0.{i}:1" for i in range(64)), f"{prefix}: {len(found)}"


def unit(folder):
    text = read("docs/scale/shakedown-worker@.service").replace("/usr/bin/shakedown", COMMAND)
    with open(f"{folder}/shakedown-worker@.service", "w", encoding="utf-8") as file:
        file.write(text)
    said = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"{folder}/shakedown-worker@.service", folder=folder)
    assert not said, said
    run("systemd-analyze", "security", "--offline=yes", "--threshold=20", f"{folder}/shakedown-worker@.service", folder=folder)


scheduled.CASES = [
    (options_exist, True),
    (command_lines_are_understood, True),
    (manifests_are_yaml, module("yaml")),
    (each_part_runs, module("yaml")),
    (unit, shutil.which("systemd-analyze") is not None),
]


if __name__ == "__main__":
    sys.exit(scheduled.main())
