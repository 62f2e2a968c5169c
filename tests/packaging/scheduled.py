#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/scheduled.md, and those for jq in docs/report.md: each is run over saved reports, and each unit,
manifest, workflow and rule names what exists. Closes with "N passed, N failed, N skipped"."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMAND = os.path.join(ROOT, os.environ.get("BUILD", "build"), "shakedown")
FOLDER = os.path.join(ROOT, "docs", "scheduled")
REPORTS = ["modern", "old", "two-certificates", "unreachable", "unresolved", "partial", "picture", "dns"]
# Those that look into what only these options put there.
NOTHING_FOUND = ("probes",)


def run(*command, folder, stdin=None, statuses=(0,)):
    done = subprocess.run(command, cwd=folder, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode in statuses, f"{' '.join(command)}: status {done.returncode}: {done.stderr.decode(errors='replace')[-600:]}"
    return done.stdout


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def fenced(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", read("docs/scheduled.md"), re.M | re.S)


def commands(text):
    """The lines that call us, joined where they go on."""
    joined = re.sub(r"\\\n\s*", " ", text)
    joined = re.sub(r">-\n\s*(.*?)\n\s*(-o .*?)\n", r"\1 \2\n", joined)
    return re.findall(r"(?<![\w/.-])shakedown((?: +[^\s;&|]+)+)", joined)


def known_options(folder):
    said = "".join(run(COMMAND, command, "--help", folder=folder).decode() for command in ("scan", "diff", "render", "judge"))
    return set(re.findall(r"--[a-z][a-z0-9-]*", said)) | set(re.findall(r"(?<![\w-])-[a-zA-Z0-9]\b", said))


def known(folder, what):
    return set(re.findall(r"^(\S+)", run(COMMAND, "--list", what, folder=folder).decode(), re.M))


def reports(folder):
    path = os.path.join(folder, "reports.ndjson")
    with open(path, "wb") as file:
        file.write(run(COMMAND, "judge", "--policy=mozilla-intermediate-6.0", "-o", "ndjson",
                       *(f"{ROOT}/fixtures/golden/{name}.json" for name in REPORTS), folder=folder, statuses=(0, 1, 3)))
    return path


# --- cases --------------------------------------------------------------------------------------------

def options_policies_and_formats_exist(folder):
    texts = [read("docs/scheduled.md")] + [read(f"docs/scheduled/{name}") for name in os.listdir(FOLDER)]
    options, policies, formats = known_options(folder), known(folder, "policies"), known(folder, "formats")
    seen = 0
    for text in texts:
        words = " ".join(commands(text)).split() + re.findall(r"^\s+- (--\S+)$", text, re.M)
        words += " ".join(re.findall(r'^SHAKEDOWN_OPTIONS="(.*)"', text, re.M)).split()
        for word, value in zip(words, words[1:] + [""]):
            if word.startswith("-") and word != "-":
                name, _, given = word.partition("=")
                assert name in options, f"no option {name}"
                value = given or value
                assert name != "--policy" or value in policies, f"no policy {value}"
                assert name not in ("-o", "--output") or value.split(":")[0] in formats, f"no format {value}"
                seen += 1
    assert seen > 20, f"{seen} options were looked at"


def jq_examples(folder):
    """Run as they stand, over one report and over many; those of report.md read standard input."""
    path = reports(folder)
    with open(path, "rb") as file:
        lines = file.read()
    scripts = [line for line in "\n".join(fenced("sh")).split("\n") if line.startswith("jq ")]
    assert len(scripts) >= 3, scripts
    for script in scripts:
        out = run("sh", "-euc", script, folder=folder)
        assert out.strip(), f"{script}: printed nothing"
    found = 0
    for block in re.findall(r"(?:^    (?!#).+\n)+", read("docs/report.md"), re.M):
        script = "\n".join(line[4:] for line in block.rstrip().split("\n"))
        if script.startswith("jq ") and not any(word in script for word in NOTHING_FOUND):
            found += run("sh", "-euc", script.replace(" reports.ndjson", ""), folder=folder, stdin=lines) != b""
    assert found > 15, f"{found} of report.md's examples printed something"


def python_example(folder):
    reports(folder)
    for script in fenced("python"):
        compile(script, "scheduled.md", "exec")
        run(sys.executable, "-c", script, folder=folder)


def alerts_speak_of_metrics_that_exist(folder):
    written = run(COMMAND, "render", "--format=prometheus", *glob.glob(f"{ROOT}/fixtures/golden/*.json"), folder=folder).decode()
    metrics = set(re.findall(r"^# TYPE (\S+)", written, re.M))
    wanted = set(re.findall(r"\bshakedown_\w+", read("docs/scheduled/alerts.yaml")))
    assert wanted and wanted <= metrics, f"not written: {wanted - metrics}"
    for label, value in re.findall(r'(\w+)=~?"([^"]+)"', read("docs/scheduled/alerts.yaml")):
        for word in value.split("|"):
            assert f'{label}="{word}"' in written, f'no {label}="{word}"'


def prometheus_takes_the_alerts(folder):
    run("promtool", "check", "rules", f"{FOLDER}/alerts.yaml", folder=folder)


def manifests_are_yaml(folder):
    import yaml
    for name in ("cronjob.yaml", "github.yaml", "alerts.yaml"):
        documents = list(yaml.safe_load_all(read(f"docs/scheduled/{name}")))
        assert documents and all(isinstance(document, dict) for document in documents), name
    job = list(yaml.safe_load_all(read("docs/scheduled/cronjob.yaml")))[1]["spec"]["jobTemplate"]["spec"]
    assert job["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"] == [1, 3, 4], "statuses"
    assert job["template"]["spec"]["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}, "capabilities"


def cron_line(_):
    line = fenced("cron")[0]
    assert re.match(r"^(\S+ ){5}scanner flock -n \S+ shakedown [^%\n]+\n$", line), line


def module(name):
    return subprocess.run([sys.executable, "-c", f"import {name}"], stderr=subprocess.DEVNULL).returncode == 0


CASES = [
    (options_policies_and_formats_exist, True),
    (jq_examples, shutil.which("jq") is not None),
    (python_example, True),
    (alerts_speak_of_metrics_that_exist, True),
    (prometheus_takes_the_alerts, shutil.which("promtool") is not None),
    (manifests_are_yaml, module("yaml")),
    (cron_line, True),
]


def main():
    passed = failed = skipped = 0
    for case, possible in CASES:
        if not possible:
            print(f"skipped: {case.__name__}: its tool is not here")
            skipped += 1
            continue
        with tempfile.TemporaryDirectory(prefix="shakedown-") as folder:
            try:
                case(folder)
                passed += 1
            except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
                print(f"FAIL {case.__name__}: {error}")
                failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
