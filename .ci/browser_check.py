#!/usr/bin/env python3
"""Opens pages in a real browser and says what a reader would stumble over.

    browser_check.py [--shots DIR] PAGE.html...      exit 1 when a page has a problem
    browser_check.py --selftest DIR                  every page there must have exactly the problem it is named after

Each page is seen at 1280 and 390 px, with and without JavaScript, and on A4 paper; screenshots of the whole page and a
PDF go to DIR. One view of one page is one test. Problems, by code:
console (errors and exceptions), request (anything but the file itself), overflow (the body is wider than the screen), cut (text hidden
by its box; on paper also by a box that would scroll), overlap, outside (text out of its drawing), cell (text out of its
cell), front (on paper: the section `today` goes on behind the first page), title, lang, svg-title, viewport, blank.
"""
import argparse
import base64
import pathlib
import sys
import time

from chromium import Chromium, Tab

HERE = pathlib.Path(__file__).resolve().parent
CHECKS = (HERE / "page_checks.js").read_text()
PX_PER_MM = 96 / 25.4
# name, width in px (None: paper), JavaScript on
VIEWS = [("1280", 1280, True), ("1280-nojs", 1280, False), ("390", 390, True), ("390-nojs", 390, False), ("paper", None, True)]
# Chromium draws no picture higher than this.
MAX_SHOT = 16000
# The lines said of one view.
MAX_SAID = 12
# Size and margins that the page's own @page rule asks for; else A4 upright and Chromium's margins.
PAPER = """(() => { let wide = false, margins = [10, 10, 10, 10];
  const mm = t => { const m = /^([0-9.]+)(mm|cm|in|px|pt)$/.exec(t || ''); return m ? m[1] * {mm: 1, cm: 10, in: 25.4, px: 25.4 / 96, pt: 25.4 / 72}[m[2]] : null; };
  for (const sheet of document.styleSheets) for (const rule of sheet.cssRules) if (rule instanceof CSSPageRule) {
    wide = /landscape/.test(rule.cssText);
    margins = ["Left", "Right", "Top", "Bottom"].map((side, n) => mm(rule.style["margin" + side]) ?? margins[n]); }
  const [width, height] = wide ? [297, 210] : [210, 297];
  return [width - margins[0] - margins[1], height - margins[2] - margins[3]]; })()"""


def problems_of_events(tab, url):
    for event in tab.events():
        method, params = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            asked = params["request"]["url"]
            if asked != url and not asked.startswith("data:"):
                yield "request", f"the page asks for {asked[:120]}"
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            yield "console", details.get("exception", {}).get("description", details.get("text", ""))[:200]
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            yield "console", " ".join(str(a.get("value", a.get("description"))) for a in params["args"])[:200]
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            entry = params["entry"]
            # A request that fails is said as a request already.
            if entry["source"] != "network" or entry.get("url") == url:
                yield "console", entry["text"][:200]


def see(browser, page, view, width, script, shots):
    """The problems of one view, each said once, in order."""
    url = page.resolve().as_uri()
    tab = Tab(browser)
    try:
        tab.call("Emulation.setScriptExecutionDisabled", value=not script)
        paper = width is None
        if paper:
            tab.call("Emulation.setEmulatedMedia", media="print")
            width = round(190 * PX_PER_MM)
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == 390}
        tab.call("Emulation.setDeviceMetricsOverride", **size)
        tab.open(url)
        height = None
        if paper:
            width, height = (round(mm * PX_PER_MM) for mm in tab.evaluate(PAPER))
            tab.call("Emulation.setDeviceMetricsOverride", **{**size, "width": width})
        found = tab.evaluate(f"{CHECKS}({width}, {str(paper).lower()}, {height or 0})")
        if shots:
            name = f"{page.parent.name}--{page.stem}--{view}"
            keep(tab, shots / name, width, paper)
        return list(dict.fromkeys([*map(tuple, found), *problems_of_events(tab, url)]))
    finally:
        tab.close()


def keep(tab, path, width, paper):
    if paper:
        tab.call("Emulation.setEmulatedMedia", media="")
        pdf = tab.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True, printBackground=True)
        path.with_name(path.name + ".pdf").write_bytes(base64.b64decode(pdf["data"]))
        return
    height = min(MAX_SHOT, tab.evaluate("document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": width, "height": max(1, height), "scale": 1}
    shot = tab.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
    path.with_name(path.name + ".png").write_bytes(base64.b64decode(shot["data"]))


def check(pages, shots):
    passed = failed = 0
    with Chromium() as browser:
        for page in pages:
            for view, width, script in VIEWS:
                start = time.monotonic()
                found = see(browser, page, view, width, script, shots)
                passed, failed = passed + (not found), failed + bool(found)
                print(f"{'FAIL' if found else 'ok  '} {page} at {view} ({time.monotonic() - start:.1f} s)")
                for code, words in found[:MAX_SAID]:
                    print(f"     {code}: {words}")
                if len(found) > MAX_SAID:
                    print(f"     and {len(found) - MAX_SAID} more")
    return passed, failed


def selftest(folder):
    passed = failed = 0
    with Chromium() as browser:
        for page in sorted(folder.glob("*.html")):
            expected = set() if page.stem == "good" else {page.stem.removeprefix("bad-").split("--")[0]}
            found = [problem for view in VIEWS for problem in see(browser, page, *view, None)]
            ok = {code for code, _ in found} == expected
            passed, failed = passed + ok, failed + (not ok)
            print(f"{'ok  ' if ok else 'FAIL'} {page.name}: expected {sorted(expected)}, found {sorted(set(found))}")
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=pathlib.Path)
    parser.add_argument("--selftest", type=pathlib.Path)
    parser.add_argument("pages", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.shots:
        arguments.shots.mkdir(parents=True, exist_ok=True)
    passed, failed = selftest(arguments.selftest) if arguments.selftest else check(arguments.pages, arguments.shots)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
