# SPDX-License-Identifier: Apache-2.0
"""shakedown against sslscan, nmap's ssl-enum-ciphers and testssl.sh, as the system packages them: one host, next
door and through 50 ms, and many hosts through 50 ms under xargs -P.

All ask the same nginx, in turns; figures are medians. What each found is counted in what it wrote: a tool that is
faster because it finds less is no comparison. CPU is that of the tool and of what it started; memory that of its
largest process. Connections and octets are counted by the road (bench/relay.c), the server's CPU is nginx's own,
without the road.
"""

import argparse
import collections
import json
import os
import re
import shutil
import tempfile

from common import FIRST, RELAYED, ROUND_TRIP_MS, Bench, addresses, machine, medians, raise_descriptors

ANY = range(126)  # testssl.sh counts what it did not like
PLENTY = 24  # connections at once, where a host can bear them

# Words of the command with {host} and {port}; what counts suites in the text; runs only where long ones are asked for.
Tool = collections.namedtuple("Tool", "words found long")


def suites_of_report(text):
    report = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return len(report["endpoints"][0]["cipher_suites"])


def lines_like(pattern):
    return lambda text: len(re.findall(pattern, text, re.MULTILINE))


def shakedown(command, *options):
    words = [command, "-q", "--json=-", *options, "{host}:{port}"]
    return Tool(words, suites_of_report, False)


def tools(command):
    some = {
        "shakedown": shakedown(command),
        f"shakedown, {PLENTY} at once": shakedown(command, "--connections", str(PLENTY)),
        "shakedown, suites": shakedown(command, "--only=versions,suites"),
        f"... {PLENTY} at once": shakedown(command, "--only=versions,suites", "--connections", str(PLENTY)),
        "nmap": Tool(["nmap", "-Pn", "-n", "--script", "ssl-enum-ciphers", "-p", "{port}", "{host}"],
                     lines_like(r"^\|\s+TLS_\S+ \("), False),
        "sslscan": Tool(["sslscan", "--no-colour", "{host}:{port}"], lines_like("^(Preferred|Accepted) "), False),
        "testssl.sh -E": Tool([shutil.which("testssl") and "testssl" or "testssl.sh", "--quiet", "--color", "0", "--warnings", "off", "-E", "{host}:{port}"],
                              lines_like(r"^ x[0-9a-f]+ "), True),
    }
    return {name: tool for name, tool in some.items() if shutil.which(tool.words[0])}


def ask(bench, tool, host, port):
    words = [word.format(host=host, port=port) for word in tool.words]
    return bench.run(*words, good=ANY)


def next_door(bench, tool):
    before = bench.server_cpu()
    run = ask(bench, tool, FIRST, bench.port)
    return run.elapsed, run.cpu, (bench.server_cpu() - before), run.size / 1024, tool.found(run.text)


def along(bench, road, tool):
    road.counts()
    run = ask(bench, tool, RELAYED, road.port)
    return (run.elapsed, *road.counts(), tool.found(run.text))


def in_turns(chosen, runs, measure):
    rows = {name: [] for name in chosen}
    for turn in range(runs):
        for name, tool in chosen.items():
            if turn == 0 or not tool.long:
                rows[name].append(measure(tool))
    return {name: medians(some) for name, some in rows.items()}


def one_host(bench, chosen, runs):
    next_door(bench, chosen["shakedown"])  # warms the server
    print(f"{'one host, next door':<24} {'suites':>6} {'time':>9} {'CPU':>9} {'of server':>9} {'memory':>8}")
    for name, row in in_turns(chosen, runs, lambda tool: next_door(bench, tool)).items():
        elapsed, cpu, server, size, found = row
        print(f"{name:<24} {found:>6.0f} {elapsed:>7.2f} s {cpu:>7.2f} s {server * 1000:>6.0f} ms {size:>4.0f} MiB",
              flush=True)
    road = bench.slow_road(1)
    print(f"\n{f'one host, {ROUND_TRIP_MS} ms away':<24} {'suites':>6} {'time':>9} {'connections':>11} {'sent':>9} "
          f"{'received':>9}")
    few = (runs + 1) // 2  # what waits for the road is little disturbed by others
    for name, row in in_turns(chosen, few, lambda tool: along(bench, road, tool)).items():
        elapsed, connections, sent, received, found = row
        print(f"{name:<24} {found:>6.0f} {elapsed:>7.2f} s {connections:>11.0f} {sent / 1000:>6.0f} kB "
              f"{received / 1000:>6.0f} kB", flush=True)
    bench.close(road)


# Each tool a process for each host, as many at once as there are slots.
def by_xargs(bench, tool, port, hosts, slots):
    targets = bench.list_of(addresses(RELAYED, hosts))
    words = [word.format(host="@", port=port) for word in tool.words]
    return bench.run("xargs", "-a", targets, "-P", str(slots), "-I@", *words, good=ANY)


def many_hosts(bench, chosen, hosts, sample):
    road = bench.slow_road(hosts)
    print(f"\n{f'many hosts, {ROUND_TRIP_MS} ms away':<24} {'hosts':>6} {'at once':>8} {'time':>9} {'hosts/s':>8} "
          f"{'CPU a host':>11}")

    def tell(name, count, at_once, run):
        print(f"{name:<24} {count:>6} {at_once:>8} {run.elapsed:>7.1f} s {count / run.elapsed:>8.2f} "
              f"{run.cpu * 1000 / count:>8.0f} ms", flush=True)

    for name, tool in chosen.items():
        if tool.words[0] == bench.command:
            continue
        count = 2 if tool.long else sample
        tell(f"{name}, xargs -P", count, min(count, 100), by_xargs(bench, tool, road.port, count, min(count, 100)))
        if name == "nmap":
            words = [word.format(host="-iL", port=road.port) for word in tool.words]
            run = bench.run(*words, bench.list_of(addresses(RELAYED, sample)), good=ANY)
            tell("nmap, one process", sample, "", run)
    for name, options, count in (("shakedown, suites", ["--only=versions,suites"], hosts),
                                 ("shakedown", [], min(hosts, 2 * sample))):
        tell(name, count, 100, bench.scan(options, count, road.port, RELAYED, os.cpu_count()))
    bench.close(road)


def tell_versions(bench, chosen):
    for program in sorted({tool.words[0] for tool in chosen.values()} - {bench.command}):
        text = re.sub(r"\x1b\[[\d;]*m", "", bench.run(program, "--version", good=ANY).text)
        print(program, re.search(r"\d+\.\d[\w.-]*", text).group())
    print()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default="build")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--hosts", type=int, default=300, help="of the largest bulk scan")
    options.add_argument("--sample", type=int, default=24, help="hosts of a bulk scan with other tools")
    options.add_argument("--long", action="store_true", help="testssl.sh too, which takes minutes for each run")
    given = options.parse_args()
    raise_descriptors()
    with tempfile.TemporaryDirectory(prefix="shakedown-bench-") as folder:
        bench = Bench(folder, given.build, 1)
        chosen = {name: tool for name, tool in tools(bench.command).items() if given.long or not tool.long}
        try:
            bench.serve()
            machine()
            tell_versions(bench, chosen)
            one_host(bench, chosen, given.runs)
            many_hosts(bench, chosen, given.hosts, given.sample)
        finally:
            bench.stop()


if __name__ == "__main__":
    main()
