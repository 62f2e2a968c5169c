#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `make install` puts in place and takes away, a program built against what it put there, and the Debian package,
built and looked over by lintian. Closes with "N passed, N failed, N skipped"."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", "build")
PACKAGE_SECONDS = 400

INSTALLED = [
    "bin/shakedown", "include/shakedown.h", "lib/libshakedown.a", "lib/pkgconfig/shakedown.pc",
    "share/bash-completion/completions/shakedown", "share/fish/vendor_completions.d/shakedown.fish",
    "share/man/man1/shakedown.1", "share/zsh/site-functions/_shakedown",
]

PROGRAM = """
#include <shakedown.h>
#include <stdio.h>
int main(void)
{
    char error[512];
    return puts(SHAKEDOWN_VERSION) < 0 || !shakedown_target_valid("example.com:443", error);
}
"""

PACKAGED = {
    "shakedown": [
        "usr/bin/shakedown", "usr/lib/systemd/system/shakedown.service", "usr/lib/systemd/system/shakedown.timer",
        "usr/share/bash-completion/completions/shakedown", "usr/share/fish/vendor_completions.d/shakedown.fish",
        "usr/share/man/man1/shakedown.1.gz", "usr/share/zsh/vendor-completions/_shakedown",
    ],
    "libshakedown-dev": ["usr/include/shakedown.h", "libshakedown.a", "pkgconfig/shakedown.pc"],
}


def run(*command, folder=ROOT, seconds=60, **environment):
    """What it printed, both ways. Anything but status 0 is an error that shows the end of it."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(command, cwd=folder, env=ours | environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=seconds, text=True, errors="replace")
    assert done.returncode == 0, f"{' '.join(command)}: status {done.returncode}\n{done.stdout[-2000:]}"
    return done.stdout


def files(folder):
    return sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names)


def make(target, prefix):
    run("make", "--no-print-directory", target, f"BUILD={BUILD}", f"DESTDIR={prefix}", "PREFIX=/usr", seconds=200)


def install_then_uninstall(folder):
    make("install", folder)
    placed = files(os.path.join(folder, "usr"))
    assert placed == INSTALLED, f"installed {placed}"
    assert run(f"{folder}/usr/bin/shakedown", "--version").startswith("shakedown "), "the installed command does not run"
    make("uninstall", folder)
    assert files(folder) == [], f"left behind: {files(folder)}"


def program_against_the_library(folder):
    make("install", folder)
    with open(f"{folder}/program.c", "w") as file:
        file.write(PROGRAM)
    flags = run("pkg-config", "--static", "--libs", "shakedown", PKG_CONFIG_PATH=f"{folder}/usr/lib/pkgconfig").split()
    flags = [flag for flag in flags if flag != "-L/usr/lib"]
    run(os.environ.get("CC") or "cc", "-Wall", "-Werror", f"-I{folder}/usr/include", f"-L{folder}/usr/lib", "-o", "program",
        "program.c", *flags, folder=folder)
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run(f"{folder}/program")), "the program says nothing"


def debian_package(folder):
    """Without optimization: what is looked at is where things lie."""
    source = os.path.join(folder, "shakedown")
    for name in run("git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if os.path.exists(os.path.join(ROOT, name)):
            os.makedirs(os.path.dirname(os.path.join(source, name)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, name), os.path.join(source, name))
    jobs = os.cpu_count() or 1
    run("dpkg-buildpackage", "-us", "-uc", "-b", folder=source, seconds=PACKAGE_SECONDS,
        DEB_BUILD_OPTIONS=f"nocheck noopt noautodbgsym parallel={jobs}")
    changes = [name for name in os.listdir(folder) if name.endswith(".changes")]
    assert len(changes) == 1, f"{changes}"
    said = run("lintian", "--allow-root", "--fail-on", "error", changes[0], folder=folder, seconds=120)
    assert not re.search(r"^[EW]: ", said, re.M), said
    for package, wanted in PACKAGED.items():
        archive = next(name for name in os.listdir(folder) if name.startswith(package + "_") and name.endswith(".deb"))
        listed = run("dpkg", "-c", archive, folder=folder)
        missing = [name for name in wanted if not re.search(re.escape(name) + "$", listed, re.M)]
        assert not missing, f"{package} lacks {missing}"


def units(folder):
    """Verified with the command beside them, since it need not be installed here."""
    for name in ("shakedown.service", "shakedown.timer"):
        with open(f"{ROOT}/docs/scheduled/{name}") as file:
            text = file.read().replace("/usr/bin/shakedown", os.path.join(ROOT, BUILD, "shakedown"))
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    for name in ("shakedown.service", "shakedown.timer"):
        said = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", os.path.join(folder, name))
        assert "shakedown" not in said, said
    said = run("systemd-analyze", "security", "--offline=yes", "--threshold=20", os.path.join(folder, "shakedown.service"))
    assert "Overall exposure level" in said, said


CASES = [
    (install_then_uninstall, ["make"]),
    (program_against_the_library, ["make", "pkg-config"]),
    (debian_package, ["dpkg-buildpackage", "dh", "lintian"]),
    (units, ["systemd-analyze"]),
]


def main():
    passed = failed = skipped = 0
    for case, programs in CASES:
        missing = [program for program in programs if shutil.which(program) is None]
        if missing:
            print(f"skipped: {case.__name__}: no {' '.join(missing)}")
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
