# SPDX-License-Identifier: Apache-2.0
"""Rows of servers tried side by side: what is wrong with each is printed below its name, and the counts at the end."""

import os
import subprocess
import traceback
from concurrent.futures import ThreadPoolExecutor

from certificates import Maker
from programs import Bench
from run import command, validator
from servers import Missing, Shop, Trouble


def attempt(name, run):
    wrong, note = [], ""
    try:
        note = run(wrong)
    except (Missing, Trouble, subprocess.TimeoutExpired) as failure:
        wrong.append(str(failure))
    except Exception as error: # a defect of the test, or of the report's shape: a failure with its place
        wrong += [f"{type(error).__name__}: {error}", *traceback.format_exc(limit=-3).splitlines()]
    return name, wrong, note


def try_jobs(make_jobs, seconds, at_once=3, skipped=0):
    """make_jobs(shop, check) gives pairs of a name and run(wrong), which adds sentences to `wrong` and returns a note.
    Returns the exit status."""
    if not os.path.exists(command()):
        print(f"{command()} does not exist: make it first\n0 passed, 1 failed")
        return 1
    shop, failed, count = Shop(), 0, 0
    try:
        jobs = make_jobs(shop, validator())
        count = len(jobs)
        with ThreadPoolExecutor(at_once) as pool:
            for name, wrong, note in pool.map(lambda job: attempt(*job), jobs, timeout=seconds):
                failed += bool(wrong)
                print(f"{'FAIL' if wrong else 'ok  '} {name:52} {note}", flush=True)
                for line in wrong[:12]:
                    print(f"       {line}")
    except (TimeoutError, Missing, Trouble) as failure:
        failed, count = failed + 1, count + 1
        print(f"FAIL {type(failure).__name__}: {failure}")
    finally:
        shop.close()
    print(f"{count - failed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


def try_named(jobs, words, seconds, at_once=3, skipped=0):
    """jobs: pairs of a name and job(bench, check, wrong), of which those whose names hold one of `words` are tried."""
    def make_jobs(shop, check):
        bench = Bench(shop, Maker(shop))
        return [(name, lambda wrong, job=job: job(bench, check, wrong))
                for name, job in jobs if not words or any(word in name for word in words)]

    return try_jobs(make_jobs, seconds, at_once, skipped)


def try_rows(rows, run_row, words, seconds, at_once=3, skipped=0):
    """run_row(bench, check, row, wrong) starts what it needs, adds sentences to `wrong`, and returns a note. Only rows
    whose names hold one of `words` are tried; all without. Returns the exit status."""
    jobs = [(row.name, lambda bench, check, wrong, row=row: run_row(bench, check, row, wrong)) for row in rows]
    return try_named(jobs, words, seconds, at_once, skipped)
