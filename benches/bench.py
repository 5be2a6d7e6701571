"""Shared by the benchmarks: the data, a project for shoppulse, a measured process."""
import csv
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BIN = TARGET / "release" / "shoppulse"
WORK = TARGET / "bench"
EVENTS = ["shop_clicks", "ad_clicks", "contact_views", "messages", "inquiries", "calls"]
ZONE = "Asia/Shanghai"
# The year of the benchmark, and the companies that make about 600 MB of it.
YEAR = ("2025-01-01", "2025-12-31")
THREE_YEARS = ("2023-01-01", "2025-12-31")
NOW = "2026-01-01T02:30:00+08:00"
COMPANIES = 12000
# Some file systems (ext4 without a journal) give no number of a file that was removed within the last minute to another,
# and pass over all of these at every new file: whoever makes thousands of files after such a removal pays for it. 4,000
# new files took 0.10 s of system time, 2.16 s when as many had been removed 6 s before, and 0.10 s after 70 s.
SETTLE = 70


def measure(command, log, env=None):
    """Runs a process to its end: user and system CPU seconds, wall seconds and peak memory in MiB, of it and its children."""
    with open(log, "wb") as out:
        start = time.monotonic()
        process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **(env or {})})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = pathlib.Path(log).read_text(errors="replace")[-3000:]
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}; {log}:\n{tail}")
    return {"cpu_s": usage.ru_utime + usage.ru_stime, "user_s": usage.ru_utime, "system_s": usage.ru_stime, "wall_s": wall, "peak_mib": usage.ru_maxrss / 1024}


def last_json(log):
    """The object on the last line of a log that is JSON."""
    for line in reversed(pathlib.Path(log).read_text(errors="replace").splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    return {}


def year_of_data(companies=COMPANIES):
    """The folder with the year's files, made with `shoppulse sample` when it is missing."""
    return days_of_data(f"year-{companies}", companies, YEAR)


def days_of_data(name, companies, span):
    data = WORK / name
    if not data.is_dir():
        making = data.with_name(data.name + ".part")
        shutil.rmtree(making, ignore_errors=True)
        making.parent.mkdir(parents=True, exist_ok=True)
        command = [BIN, "sample", "--out", making, "--companies", companies, "--from", span[0], "--to", span[1], "--seed", 1, "--daily", "--plain"]
        subprocess.run([str(c) for c in command], check=True, stdin=subprocess.DEVNULL)
        as_csv(making, "inquiries")
        for source in EVENTS:
            readable_by_all(making / source)
        making.rename(data)
    return data


def packed(data, tool, ending):
    """The same folder with every event file packed by a command line tool."""
    out = data.with_name(f"{data.name}-{tool}")
    if not out.is_dir():
        making = out.with_name(out.name + ".part")
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(data, making, copy_function=os.link)
        for source in EVENTS:
            for path in sorted((making / source).glob("*.csv")):
                with open(path.with_name(path.name + ending), "wb") as target:
                    subprocess.run([tool, "-c", str(path)], check=True, stdout=target)
                path.unlink()
        making.rename(out)
    return out


def as_csv(folder, source):
    """Turns a source's JSON lines into CSV, line by line: the benchmark is about plain CSV. A broken line stays one."""
    columns = ["event_id", "ts", "company_id", "visitor_id", "product", "quantity", "excluded"]
    for path in sorted((folder / source).glob("*.jsonl")):
        with open(path, encoding="utf-8", errors="surrogateescape") as lines, open(path.with_suffix(".csv"), "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(columns)
            for line in lines:
                try:
                    row = json.loads(line)
                    rows.writerow(["" if row.get(c) is None else row[c] for c in columns])
                except (ValueError, AttributeError):
                    rows.writerow(["unreadable"])
        path.unlink()


def readable_by_all(folder):
    """Drops the lines at which a peer gives up on the whole file: an open quote, bytes that are not UTF-8."""
    for path in sorted(folder.glob("*.csv")):
        lines = path.read_bytes().split(b"\n")
        kept = [line for line in lines if line.count(b'"') % 2 == 0 and line == line.decode(errors="replace").encode()]
        if len(kept) < len(lines):
            path.write_bytes(b"\n".join(kept))


def project(folder, files, sources=("*",)):
    """A new project that loads `sources` of `files`: no marts, no reports; visitors as they are, which is what the peers keep."""
    if folder.exists():
        shutil.rmtree(folder)
        time.sleep(SETTLE)
    (folder / "pipelines").mkdir(parents=True)
    (folder / "shoppulse.toml").write_text(f'[project]\ntime_zone = "{ZONE}"\n[storage]\nincoming = "{files}"\nsettle_seconds = 0\n[privacy]\nvisitor_ids = "plain"\n')
    (folder / "pipelines" / "load.toml").write_text(f'as_of = "yesterday"\ningest = {json.dumps(sources)}\nmarts = []\n')
    return folder


def load(folder, now, log, prefix=()):
    return measure([*prefix, BIN, "--project", folder, "run", "load", "--now", now], log)


def steps(folder):
    """Wall milliseconds of each step of a project's last run, from the ledger of runs in its lake."""
    catalog = sqlite3.connect(f"file:{folder / 'lake' / 'lake.sqlite'}?mode=ro", uri=True)
    try:
        (summary,) = catalog.execute("SELECT summary FROM shoppulse_run ORDER BY run_id DESC LIMIT 1").fetchone()
    finally:
        catalog.close()
    return {step["step"]: step["ms"] for step in json.loads(summary).get("steps", [])}


def said(steps):
    return "  wall ms: " + ", ".join(f"{name} {ms}" for name, ms in steps.items())


def size_of(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)


def row(name, measured, more=""):
    return f"{name:<14} {measured['cpu_s']:>8.1f} {measured['user_s']:>8.1f} {measured['system_s']:>8.1f} {measured['wall_s']:>8.1f} {measured['peak_mib']:>9.0f} {more}"


HEADER = f"{'':<14} {'CPU s':>8} {'user s':>8} {'system s':>8} {'wall s':>8} {'peak MiB':>9}"
