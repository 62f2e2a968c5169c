#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTML pages as a reader, a screen reader and a browser meet them: structure, contrast, size, memory; and in
Chromium, where there is one, how wide they are on a telephone and how long sorting takes, which is told and
not held against anybody. `pages.py COUNT` prints so many reports of a made-up fleet instead.
Closes with "N passed, N failed"."""

import base64
import datetime
import hashlib
import html.parser
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from reports import VERSIONS, sound

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMAND = os.path.join(ROOT, os.environ.get("BUILD", "build"), "shakedown")
GOLDEN = os.path.join(ROOT, "fixtures", "golden")
STYLE = os.path.join(ROOT, "data", "html", "page.css")

results = {True: 0, False: 0}


def check(good, what):
    results[bool(good)] += 1
    if not good:
        print("FAIL", what)


# --- a made-up fleet ---------------------------------------------------------------------------------

OLD = {"TLSv1.2": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"],
       "TLSv1.3": ["TLS_AES_128_GCM_SHA256"], "TLSv1.1": ["TLS_RSA_WITH_AES_128_CBC_SHA"],
       "TLSv1.0": ["TLS_RSA_WITH_AES_128_CBC_SHA"], "SSLv3": ["TLS_RSA_WITH_RC4_128_SHA"]}
KINDS = ((40, {}), (30, {"groups": ("x25519", "secp256r1")}), (12, {"versions": ("TLSv1.2",), "groups": ("x25519",)}),
         (8, {"versions": VERSIONS[2:], "suites": OLD}), (2, {"versions": VERSIONS[1:], "suites": OLD}),
         (3, {"features": {"extensions": {"tls_compression": "yes", "heartbeat": "yes"}}}))


def judged(reports):
    text = "".join(json.dumps(report) + "\n" for report in reports)
    result = subprocess.run([COMMAND, "judge", "-o", "ndjson", "--policy=mozilla-intermediate-5.7"], input=text,
                            capture_output=True, text=True, timeout=60, check=False)
    return [json.loads(line) for line in result.stdout.splitlines()]


def fleet(count):
    """Lines of reports: the same each time."""
    chance = random.Random(7)
    kinds = [json.dumps(report) for report in judged([sound(**kind) for _, kind in KINDS])]
    weights = [weight for weight, _ in KINDS]
    now = datetime.datetime(2026, 11, 23, 14, 5, 9)
    for number in range(count):
        report = json.loads(chance.choices(kinds, weights)[0])
        host = f"{chance.choice(['www', 'mail', 'api', 'vpn'])}{number}.{chance.choice(['ams', 'fra', 'nyc'])}.example.com"
        report["target"].update(input=host, host=host, display_host=host, sni=host)
        end = now + datetime.timedelta(days=int(chance.gammavariate(2, 40)) - 8, hours=chance.randrange(24))
        for chain in report["endpoints"][0]["certificates"]:
            chain["chain"][0]["not_after"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")
        if number % 50 == 49:
            report["endpoints"][0].update(status="unreachable", reason="the connection was refused", versions=[], certificates=[])
            report["findings"] = []
        yield json.dumps(report) + "\n"


# --- rendering ---------------------------------------------------------------------------------------

def rendered(text, where=None):
    """The page of reports given as text, and the most memory (KiB) that it took."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = os.path.join(folder, "reports"), where or os.path.join(folder, "page.html")
        with open(source, "w", encoding="utf-8") as file:
            file.writelines([text] if isinstance(text, str) else text)
        process = subprocess.Popen([COMMAND, "render", "-o", f"html:{out}", source])  # pylint: disable=consider-using-with
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        check(process.returncode == 0, "a page is made")
        with open(out, encoding="utf-8") as file:
            return file.read(), usage.ru_maxrss


def golden(name):
    with open(os.path.join(GOLDEN, name + ".json"), encoding="utf-8") as file:
        return file.read()


# --- structure ---------------------------------------------------------------------------------------

class Page(html.parser.HTMLParser):
    """What a browser would make of it."""

    EMPTY = {"meta", "wbr", "input"}
    DRAWN = {"rect", "line"}

    def __init__(self, text, name):
        super().__init__(convert_charrefs=True)
        self.name, self.stack, self.ids, self.links, self.headings = name, [], [], [], []
        self.counts, self.raw, self.labels, self.attributes, self.text = {}, {}, [], [], []
        self.rows_without_head = self.tables_without_caption = 0
        self.feed(text)
        self.close()
        check(not self.stack, f"{name}: left open: {self.stack}")

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag != "title" or "svg" not in self.stack:
            self.counts[tag] = self.counts.get(tag, 0) + 1
        self.attributes += [(tag, key, value) for key, value in attrs]
        if "id" in values:
            self.ids.append(values["id"])
        self.links += [values[key].lstrip("#") for key in ("href", "aria-labelledby", "for") if key in values]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "svg":
            check(values.get("aria-hidden") == "true" or (values.get("role") == "img" and values.get("aria-label")),
                  f"{self.name}: a picture without words")
        if tag == "th":
            check(values.get("scope") in ("row", "col"), f"{self.name}: a head of nothing")
        if tag not in self.EMPTY:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        check(tag in self.DRAWN, f"{self.name}: <{tag}/>")

    def handle_endtag(self, tag):
        check(self.stack and self.stack[-1] == tag, f"{self.name}: </{tag}> in {self.stack[-3:]}")
        if self.stack:
            self.stack.pop()

    def handle_data(self, data):
        if self.stack and self.stack[-1] in ("style", "script"):
            self.raw[self.stack[-1]] = self.raw.get(self.stack[-1], "") + data
        else:
            self.text.append(data)

    def handle_comment(self, data):
        check(False, f"{self.name}: a comment")

    def words(self):
        return re.sub(r"\s+", " ", "".join(self.text))


def digest(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def structure(text, name):
    page = Page(text, name)
    check(text.startswith("<!doctype html>\n<html lang=\"en\">"), f"{name}: what it is, and in which language")
    check(page.counts.get("h1") == page.counts.get("main") == page.counts.get("title") == 1, f"{name}: one title")
    check(page.headings[0] == 1 and all(b <= a + 1 for a, b in zip(page.headings, page.headings[1:])),
          f"{name}: headings skip a level: {page.headings}")
    check(len(page.ids) == len(set(page.ids)), f"{name}: an id stands twice")
    check(set(page.links) <= set(page.ids), f"{name}: leads nowhere: {set(page.links) - set(page.ids)}")
    check(page.counts.get("caption", 0) == page.counts.get("table", 0), f"{name}: a table without a caption")
    for tag, key, value in page.attributes:
        check(not key.startswith("on") and key not in ("src", "style", "action", "srcset", "data", "formaction"), f"{name}: {tag} {key}")
        check(key != "href" or value.startswith("#"), f"{name}: leads elsewhere: {value}")
    policy = next(value for tag, key, value in page.attributes if key == "content" and value.startswith("default-src"))
    check(policy.startswith("default-src 'none';") and "unsafe" not in policy, f"{name}: {policy}")
    check(digest(page.raw["style"]) in policy, f"{name}: its own style is not allowed")
    check(not re.search(r"url\(|@import|@font-face|https?:", page.raw["style"]), f"{name}: the style wants something")
    check(("script" in page.raw) == ("script-src" in policy), f"{name}: a script that is not wanted")
    if "script" in page.raw:
        check(digest(page.raw["script"]) in policy, f"{name}: its own script is not allowed")
    check(all(c.isprintable() or c == "\n" for c in text), f"{name}: a character that does not print")
    return page


def test_structure():
    names = sorted(name[:-5] for name in os.listdir(GOLDEN) if name.endswith(".json"))
    for name in names:
        page = structure(rendered(golden(name))[0], name)
        check("script" not in page.counts, f"{name}: a script")
        for finding in json.loads(golden(name))["findings"]:
            check(finding["title"] in page.words(), f"{name}: {finding['title']}")
    structure(rendered("".join(json.dumps(json.loads(golden(name))) + "\n" for name in names))[0], "all golden reports")
    report, = judged([sound(versions=VERSIONS[1:], suites=OLD)])
    page = structure(rendered(json.dumps(report))[0], "policy")
    for rule in report["policy"]["rules"]:
        check(rule["sentence"] in page.words(), f"policy: {rule['sentence']}")


def test_fleet():
    page = structure(rendered(fleet(120))[0], "fleet")
    check(page.counts["script"] == 1, "fleet: one script")
    words = page.words()
    check("120 hosts" in words and all(json.loads(line)["target"]["host"] in words for line in fleet(120)), "fleet: nobody vanishes")
    check("When certificates end" in words and "Rules not met" in words, "fleet: its sums")


# --- strangers ---------------------------------------------------------------------------------------

STRANGE = ("</script><script>alert(1)</script>", "\" onmouseover=\"alert(1)", "<img src=x onerror=alert(1)>", "]]><!--", "&lt;b&gt;",
           "\u001b[2J\u202e\u0000x".replace("\u0000", "\u0085"), "javascript:alert(1)", "x" * 16384, "<" * 16384)


def spoilt(value, text):
    """All strings of a report that nothing rests on, replaced."""
    if isinstance(value, dict):
        fixed = ("schema", "verdict", "status", "severity", "not_before", "not_after", "now", "state", "version")
        return {key: below if key in fixed else spoilt(below, text) for key, below in value.items()}
    if isinstance(value, list):
        return [spoilt(below, text) for below in value]
    return text if isinstance(value, str) else value


def test_strangers():
    names = ("modern", "old", "dns", "picture")
    ours = set().union(*(Page(rendered(golden(name))[0], name).counts for name in names))
    for text in STRANGE:
        for name in names:
            report = json.dumps(spoilt(json.loads(golden(name)), text))
            page, _ = rendered(report)
            read = structure(page, f"{name} of {text[:20]!r}")
            check(set(read.counts) <= ours, f"{name}: other elements: {set(read.counts) - ours}")
            check(len(page) < 2_000_000, f"{name}: {len(page)} octets")
            structure(rendered((json.dumps(json.loads(report)) + "\n") * 2)[0], f"two of {text[:20]!r}")


# --- colours -----------------------------------------------------------------------------------------

def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(one, other, share):
    parts = [[int((c[1:] if len(c) == 7 else "".join(d * 2 for d in c[1:]))[i:i + 2], 16) for i in (0, 2, 4)] for c in (one, other)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in zip(*parts))


def test_contrast():
    """WCAG 2.1 AA for text (1.4.3: 4.5), and for what is drawn (1.4.11: 3)."""
    with open(STYLE, encoding="utf-8") as file:
        schemes = re.findall(r":root \{([^}]*)\}", file.read())[:2]
    for name, scheme in zip(("light", "dark"), schemes):
        colour = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", scheme))
        for wash in (colour["wash"], colour["plain-wash"], mixed(colour["link"], colour["paper"], .22), mixed(colour["link"], colour["paper"], .38)):
            check(contrast(colour["ink"], wash) >= 4.5, f"{name}: ink on {wash}")
        pairs = [("ink", "paper"), ("soft", "paper"), ("soft", "wash"), ("link", "paper"), ("good", "good-wash"), ("poor", "poor-wash"),
                 ("bad", "bad-wash"), ("worst", "bad-wash"), ("good", "paper"), ("poor", "paper"), ("bad", "paper")]
        for one, other in pairs:
            check(contrast(colour[one], colour[other]) >= 4.5, f"{name}: {one} on {other}: {contrast(colour[one], colour[other]):.2f}")


# --- figures -----------------------------------------------------------------------------------------

def with_evidence():
    """A report with as many octets behind it as a scan of a server with many suites leaves."""
    report = json.loads(golden("modern"))
    report["endpoints"] = report["endpoints"][:1]
    chance = random.Random(1)
    for number in range(300):
        octets = [base64.b64encode(chance.randbytes(size)).decode() for size in (1100, 4000)]
        report["endpoints"][0]["probes"].append(
            {"key": f"{number:016x}", "what": f"TLSv1.2 ClientHello, {number} suites, server name example.com", "outcome": "replied",
             "sentence": "the server answered with a ServerHello, TLSv1.2, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (0xC02F)",
             "detail": None, "sent": octets[0], "received": octets[1], "records": None, "tries": 1, "connect_ms": 1, "ms": 2})
    return json.dumps(report)


def test_figures():
    page, _ = rendered(with_evidence())
    print(f"the page of one host with 300 questions: {len(page) // 1000} KB")
    check(len(page) < 500_000, "one host is under 500 KB")
    few, many = rendered(fleet(300))[1], rendered(fleet(3000))[1]
    check(many - few < 4096, f"memory grows with the number of reports: {few} KiB, {many} KiB")


def browser():
    return next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


def shown(program, folder, page):
    """What a page looks like to itself once its scripts have run; nothing where the machine is too busy for that."""
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-web-security", f"--user-data-dir={folder}/profile",
               "--window-size=1600,1200", "--dump-dom", "file://" + page]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True) as process:
        try:
            return process.communicate(timeout=120)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return ""


def told(program, folder, text, script):
    """Runs a script at the end of a page and returns what it says."""
    path = os.path.join(folder, "page.html")
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("</body>", f"<script>document.title = 'told ' + (function () {{ {script} }})();</script></body>"))
    seen = shown(program, folder, path)
    found = re.search(r"<title>told ([^<]*)</title>", seen)
    check(found or not seen, "a page runs its script")
    return found.group(1) if found else None


SORT = """const out = [];
document.querySelectorAll('#fleet th button').forEach(function (button) {
  const start = performance.now(); button.click(); document.body.offsetHeight; out.push(Math.round(performance.now() - start)); });
const rows = Array.from(document.querySelectorAll('#fleet tbody tr'));
document.querySelectorAll('#fleet th button')[8].click();
const ends = Array.from(document.querySelectorAll('#fleet tbody tr')).map(function (row) { return Number(row.cells[8].dataset.v); });
const state = document.querySelectorAll('#fleet th')[8].getAttribute('aria-sort');
const sorted = ends.every(function (end, i) { return i === 0 || (state === 'ascending' ? ends[i - 1] <= end : ends[i - 1] >= end); });
return JSON.stringify({ms: out, rows: rows.length, first: ends[0], last: ends[ends.length - 1], sorted: sorted, state: state});"""


def widths(program, folder, pages, pixels):
    """How far each page, all unfolded, could be scrolled sideways in a window of each width."""
    frames = []
    for name, text in pages.items():
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("<details", "<details open")
        with open(os.path.join(folder, name + "-inner.html"), "w", encoding="utf-8") as file:
            file.write(text)
        frames += [f"<iframe id=\"{name} {wide}\" src=\"file://{folder}/{name}-inner.html\" style=\"width:{wide}px;height:900px\" "
                   "frameborder=\"0\"></iframe>" for wide in pixels]
    with open(os.path.join(folder, "outer.html"), "w", encoding="utf-8") as file:
        file.write("<html><head><title></title></head><body>" + "".join(frames) + "<script>onload = function () { document.title = 'told ' + "
                   "Array.from(document.querySelectorAll('iframe'), function (frame) { return frame.id + ' ' + "
                   "frame.contentDocument.documentElement.scrollWidth; }).join(); };</script></body></html>")
    seen = shown(program, folder, os.path.join(folder, "outer.html"))
    found = re.search(r"<title>told ([^<]+)</title>", seen)
    check(found or not seen, "pages can be looked at")
    return [row.split() for row in found.group(1).split(",")] if found else []


def test_browser():
    program = browser()
    if program is None:
        print("skipped: no Chromium, so nothing is said of widths and of sorting")
        return
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        page, _ = rendered(fleet(5000))
        print(f"the page of 5000 hosts: {len(page) // 1000} KB, made in {time.monotonic() - start:.1f} s with its reports")
        answer = told(program, folder, page, SORT)
        if answer is None:
            print("skipped: Chromium gave no answer in time, so nothing is said of sorting")
        else:
            answer = json.loads(answer.replace("&quot;", '"'))
            print(f"sorting 5000 hosts by each column in turn, ms: {answer['ms']}")
            every = sorted((float(end) for end in re.findall(r'<td class="number" data-v="([^"]+)">', page)), reverse=answer["state"] == "descending")
            check(len(every) == 5000 and answer["rows"] == 250 and answer["sorted"] and answer["first"] == every[0] and
                  answer["last"] == every[249], f"it sorts, and shows those that come first: {answer}")
        report, = judged([sound(versions=VERSIONS[1:], suites=OLD)])
        pages = {"policy": rendered(json.dumps(report))[0], "fleet": rendered(fleet(60))[0]}
        pages.update({name: rendered(golden(name))[0] for name in ("modern", "old", "dns", "picture", "hostile", "partial")})
        seen = widths(program, folder, pages, (400, 1024, 1600))
        if not seen:
            print("skipped: Chromium gave no answer in time, so nothing is said of widths")
        for name, pixels, wide in seen:
            check(int(wide) <= int(pixels), f"{name}: {wide} pixels wide where there are {pixels}")


def main():
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        sys.stdout.writelines(fleet(int(sys.argv[1])))
        return 0
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            test()
    print(f"{results[True]} passed, {results[False]} failed")
    return results[False] != 0


if __name__ == "__main__":
    sys.exit(main())
