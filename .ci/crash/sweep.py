#!/usr/bin/env python3
"""Crash sweep: disturbs a night at every call by which the program changes (or reads) files, and sees that readers meet
the old state or the new, and that the next run ends where a night that was never disturbed ends.

    sweep.py SHOPPULSE_BIN [WORK_DIR]

    SWEEP_FAULTS=kill,full    only these faults (see FAULTS, READ_FAULTS), as `full` or `read:kill`
    SWEEP_STRIDE=7            every seventh place of each fault; 1 = all. Places move on by one with each fault.
    SWEEP_SECONDS=90          the stride is chosen so that the sweep takes about so long (without SWEEP_STRIDE)
    SWEEP_AT=change:kill:17   this one, and what it left is kept

Needs a C compiler. It works in memory (/dev/shm) where there is some.
"""
import ast
import collections
import concurrent.futures
import errno
import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import portal
from checks import Checks

HERE = os.path.dirname(os.path.abspath(__file__))
FAULTS = ["kill", "torn", "term", "int", "full", "dead", "stale"] + [f"error:{n}" for n in (errno.ENOSPC, errno.EIO, errno.EACCES)]
READ_FAULTS = ["kill", f"error:{errno.EIO}", f"error:{errno.EACCES}"]
TABLES = ["member_health", "renewals", "deals", "renewal_rates", "source_day", "renewal_risk", "risk_published", "market_share",
          "client_value", "concentration", "ingest_files", "quarantine", "orphans", "member_day", "click_source_day", "ad_slot_day"]
AS_OF = {night: f"2026-03-{9 + night}" for night in (1, 2)}


class Bench:
    """The state before the disturbed night, the state after it, and the tools."""

    def __init__(self, binary, work):
        self.binary, self.work, self.sums, self.tables = binary, work, {}, {}
        self.incoming, self.library = os.path.join(work, "incoming"), build(work)
        self.old, new = os.path.join(work, "old"), os.path.join(work, "new")
        portal.make(self.old, self.incoming)
        portal.drop(self.incoming, 1)
        assert self.run(self.old, 1).returncode == 0, self.run(self.old, 1).stderr
        portal.drop(self.incoming, 2)
        self.before = self.state(self.old)
        clone(self.old, new)
        done = self.run(new, 2)
        assert done.returncode == 3, done
        self.after = self.state(new)
        assert self.run(new, 2).returncode == 0
        # The stamp that a file was refused is on the reports of the run that refused it, not on a later one's.
        self.unstamped = self.state(new)
        assert all(self.unstamped[k] == self.after[k] for k in ("catalog", "lake")), "a second run changes the lake"
        self.printed = self.print_tables(new)
        self.names = set(os.listdir(os.path.join(new, "lake")))
        shutil.rmtree(new)

    def run(self, project, night, fault=None, log=None):
        env = dict(os.environ)
        if fault or log:
            kind, do, at = fault or ("change", "none", 0)
            env |= {"LD_PRELOAD": self.library, "FAULT_BELOW": self.work, "FAULT_SET": kind, "FAULT_DO": do, "FAULT_AT": str(at)}
        if log:
            env["FAULT_LOG"] = log
        command = [self.binary, "--project", project, "run", "nightly", "--now", portal.NOW[night]]
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)

    def places(self, kind):
        """The calls of an undisturbed second night, in order."""
        project, log = os.path.join(self.work, "counted"), os.path.join(self.work, f"calls-{kind}")
        clone(self.old, project)
        assert self.run(project, 2, (kind, "none", 0), log).returncode == 3
        shutil.rmtree(project)
        with open(log) as file:
            lines = [line.split(" ", 2)[1:] for line in file]
        os.remove(log)
        return [f"{call} {path.strip()}" for call, path in lines]

    # ---- what a project holds ----

    def state(self, project):
        """Everything that must come out the same, in a form that can be compared."""
        lake, reports = os.path.join(project, "lake"), os.path.join(project, "reports")
        return {"catalog": self.content(lake, "catalog.sqlite"), "lake": self.content(lake, "lake.sqlite"),
                "reports": self.reports(reports), "share": self.reports(os.path.join(project, "share"))}

    def content(self, lake, name):
        """Live files of each table by their bytes, and the ledgers but those of runs and commits. Ids, names and numbers of snapshots are
        free; a run is `old` or `new`."""
        con = sqlite3.connect(f"file:{os.path.join(lake, name)}?mode=ro", uri=True)
        if con.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise AssertionError(f"{name} is damaged")
        files = con.execute(
            "SELECT t.table_name, v.partition_value, f.record_count, t.path || f.path FROM ducklake_data_file f"
            " JOIN ducklake_table t USING (table_id) LEFT JOIN ducklake_file_partition_value v USING (data_file_id)"
            " WHERE f.end_snapshot IS NULL").fetchall()
        data = os.path.join(lake, "data", "main")
        found = [sorted((table, day or "", rows, self.sum(os.path.join(data, path))) for table, day, rows, path in files)]
        names = con.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name LIKE 'shoppulse_%' ORDER BY name")
        for (name,) in names.fetchall():
            # Refused records are compared as whole rows; their numbers of files and reasons are free.
            free = name.startswith("shoppulse_refused")
            if not free and name not in ("shoppulse_run", "shoppulse_state", "shoppulse_commit", "shoppulse_data_file"):
                rows = con.execute(f"SELECT * FROM {name}")
                columns = [c[0] for c in rows.description]
                told = lambda column, value: ("old" if value == 1 else "new") if column == "run_id" else value
                mapped = (tuple(told(c, v) for c, v in zip(columns, row) if c != "snapshot") for row in rows)
                found.append((name, sorted(mapped, key=repr)))
        con.close()
        return repr(found)

    def sum(self, path):
        about = os.stat(path)
        key = (about.st_ino, about.st_size, about.st_mtime_ns)
        if key not in self.sums:
            with open(path, "rb") as file:
                self.sums[key] = hashlib.sha256(file.read()).hexdigest()
        return self.sums[key]

    def reports(self, root):
        """Path -> digest of a file (a run's own account: whole or not), or the target of a link."""
        found = {}
        for folder, folders, files in os.walk(root):
            for name in folders + files:
                path = os.path.join(folder, name)
                shown = os.path.relpath(path, root)
                if os.path.islink(path):
                    found[shown] = "-> " + os.readlink(path)
                elif os.path.isfile(path):
                    with open(path, "rb") as file:
                        data = file.read()
                    whole = data.endswith(b"</html>\n") or data.endswith(b"</html>")
                    found[shown] = f"whole {whole}" if "run_summary" in shown else hashlib.sha256(data).hexdigest()
        return found

    def print_tables(self, project):
        """The printed tables are a function of the lake: printed once for each content that is met."""
        key = self.content(os.path.join(project, "lake"), "lake.sqlite")
        if key not in self.tables:
            tables = {}
            for name in TABLES:
                for night in (1, 2):
                    command = [self.binary, "--project", project, "table", name, "--as-of", AS_OF[night], "--format", "csv"]
                    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
                    assert done.returncode == 0, f"{command}: {done.stderr}"
                    text = done.stdout
                    if text.startswith("run_id,"):
                        rows = text.splitlines()
                        text = "\n".join(row if row.startswith(("run_id", "1,")) else "new" + row[row.index(","):] for row in rows)
                    tables[name, night] = text
            self.tables[key] = tables
        return self.tables[key]

    # ---- one disturbance ----

    def disturb(self, kind, do, at, place="", keep=False):
        """What is wrong after a night that was disturbed so, if anything, and what the program said."""
        project = tempfile.mkdtemp(prefix="p", dir=self.work)
        os.rmdir(project)
        clone(self.old, project)
        wrong = []
        try:
            done = self.run(project, 2, (kind, do, at))
            wrong += self.judge_end(kind, do, done)
            # A dropped file that cannot be read is left out and taken by the next run: not old, not new, but whole.
            left_out = kind == "read" and done.returncode == 3 and " /incoming" in place
            wrong += [] if left_out else self.judge_readers(project, done)
            again = self.run(project, 2)
            if again.returncode not in (0, 3):
                wrong.append(f"the next run ended with {again.returncode}: {again.stderr}")
            wrong += self.judge_rest(project, left_out)
            return wrong, done
        except (AssertionError, OSError, sqlite3.Error, subprocess.TimeoutExpired) as e:
            return [*wrong, repr(e)], None
        finally:
            if not keep:
                shutil.rmtree(project)
            else:
                print("kept:", project)

    def judge_end(self, kind, do, done):
        code, said = done.returncode, done.stderr
        wrong = []
        if do in ("kill", "torn"):
            wrong += [f"ended with {code}, not by SIGKILL"] if code not in (-9, 3) else []
        elif do in ("term", "int"):
            wrong += [f"ended with {code}"] if code not in ({"term": 143, "int": 130}[do], 3) else []
        elif code not in (1, 3) and not (kind == "read" and code == 2):
            wrong.append(f"ended with {code}: {said}")
        if "panicked" in said or "internal error" in said:
            wrong.append(f"said: {said}")
        if code == 1 and "shoppulse: " not in said:
            wrong.append(f"no message: {said}")
        return wrong

    def judge_readers(self, project, done):
        """Old or new, before the next run mends anything."""
        wrong, lake = [], os.path.join(project, "lake")
        content = self.content(lake, "lake.sqlite")
        if content not in (self.before["lake"], self.after["lake"]):
            wrong.append("lake.sqlite is neither old nor new")
        elif self.print_tables(project) != (self.printed if content == self.after["lake"] else self.printed_old()):
            wrong.append("printed tables are neither old nor new")
        for place in ("reports", "share"):
            got = self.reports(os.path.join(project, place))
            got = {path: digest for path, digest in got.items() if not any(p.startswith(".") for p in path.split("/"))}
            before, after = self.before[place], self.after[place]
            wrong += [f"{place}/{p} is neither old nor new: {d}" for p, d in got.items() if d not in (before.get(p), after.get(p))]
            wrong += [f"{place}/{p} has vanished" for p in before if p not in got]
            for link, target in got.items():
                if target.startswith("-> ") and target == after.get(link):
                    folder = os.path.join(os.path.dirname(link), target[3:])
                    wrong += [f"{link} leads to a folder without {p}" for p in after if p.startswith(folder) and p not in got]
            failed_delivery = place == "share" and "not delivered" in done.stderr
            if done.returncode in (0, 3) and got != after and not failed_delivery:
                wrong.append(f"it said that all is done, but {place} is not")
        if done.returncode in (0, 3) and content != self.after["lake"]:
            wrong.append("it said that all is done, but lake.sqlite is old")
        return wrong

    def printed_old(self):
        return self.print_tables(self.old)

    def judge_rest(self, project, left_out=False):
        """After the next run: all as if nothing had happened, and nothing left behind. When a file was left out, the list
        that was published without it stands, and of a refused row only its text may be missing: the rows are compared."""
        wrong, state = [], self.state(project)
        if left_out:
            rows = lambda catalog: [part for part in ast.literal_eval(catalog) if "risk" not in part[0] and part[0] != "shoppulse_quarantine"]
            state = {} if rows(state["catalog"]) == rows(self.after["catalog"]) else {"catalog": "other rows"}
        wrong += [f"the next run left another {part}" for part in state if state[part] not in (self.after[part], self.unstamped[part])]
        if not wrong and not left_out and self.print_tables(project) != self.printed:
            wrong.append("the next run left other tables")
        lake = os.path.join(project, "lake")
        con = sqlite3.connect(os.path.join(lake, "catalog.sqlite"))
        named = {row[0] for row in con.execute("SELECT t.path || f.path FROM ducklake_data_file f JOIN ducklake_table t USING (table_id)")}
        con.close()
        data = os.path.join(lake, "data", "main")
        disk = {os.path.relpath(os.path.join(f, name), data) for f, _, names in os.walk(data) for name in names}
        if named != disk:
            wrong.append(f"orphans {sorted(disk - named)}, missing {sorted(named - disk)}")
        left = [os.path.relpath(os.path.join(f, n), project) for f, fs, names in os.walk(project) for n in fs + names if n.startswith(".")]
        left += [n for n in os.listdir(lake) if n not in self.names]
        if left:
            wrong.append(f"left behind: {left}")
        return wrong


def build(work):
    """The library that is preloaded."""
    library = os.path.join(work, "faults.so")
    flags = ["-O1", "-shared", "-fPIC", "-Wno-nonnull-compare", "-fno-delete-null-pointer-checks"]
    subprocess.run([os.environ.get("CC", "cc"), *flags, "-o", library, os.path.join(HERE, "faults.c"), "-ldl"], check=True)
    return library


def clone(old, new):
    """A copy whose data files are links: they are never changed in place, or sums would differ."""
    data = os.path.join(old, "lake", "data")
    shutil.copytree(old, new, symlinks=True, copy_function=lambda a, b: os.link(a, b) if a.startswith(data) else shutil.copy2(a, b))


def main():
    binary = os.path.abspath(sys.argv[1])
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    work = tempfile.mkdtemp(prefix="shoppulse-crash-", dir=sys.argv[2] if len(sys.argv) > 2 else memory)
    try:
        sweep(Bench(binary, work))
    finally:
        if "SWEEP_AT" not in os.environ:
            shutil.rmtree(work, ignore_errors=True)


def sweep(bench):
    if "SWEEP_AT" in os.environ:
        kind, do, at = os.environ["SWEEP_AT"].rsplit(":", 1)[0].split(":", 1) + [os.environ["SWEEP_AT"].rsplit(":", 1)[1]]
        place = bench.places(kind)[int(at) - 1]
        print(place, *bench.disturb(kind, do, int(at), place, keep=True), sep="\n")
        return
    checks, chosen = Checks(), os.environ.get("SWEEP_FAULTS")
    faults = [("change", do) for do in FAULTS] + [("read", do) for do in READ_FAULTS]
    faults = [(kind, do) for kind, do in faults if not chosen or do in chosen.split(",") or f"{kind}:{do}" in chosen.split(",")]
    places = {kind: bench.places(kind) for kind in ("change", "read")}
    print({kind: len(calls) for kind, calls in places.items()}, collections.Counter(c.split()[0] for c in places["change"]))
    cores = len(os.sched_getaffinity(0))
    start = time.monotonic()
    for kind, do in faults[:2]:
        bench.disturb(kind, do, 5)
    each = (time.monotonic() - start) / min(2, len(faults))
    total = sum(len(places[kind]) for kind, _ in faults)
    stride = int(os.environ.get("SWEEP_STRIDE", 0)) or max(1, round(total * each / cores / float(os.environ.get("SWEEP_SECONDS", 90))))
    print(f"{total} disturbances, {each:.2f} s each, every {stride}")
    jobs = [(kind, do, at) for n, (kind, do) in enumerate(faults) for at in range(1 + n % stride, len(places[kind]) + 1, stride)]
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        results = pool.map(lambda job: (job, *bench.disturb(*job, places[job[0]][job[2] - 1])), jobs)
        tell(bench, places, results, checks, start)


def tell(bench, places, results, checks, start):
    said, count, bad = collections.Counter(), collections.Counter(), collections.Counter()
    for (kind, do, at), wrong, done in results:
        count[kind, do] += 1
        if done and done.returncode not in (-9,):
            last = re.sub(re.escape(bench.work) + r"/p\w{8}/", "", done.stderr.strip().splitlines()[-1]) if done.stderr.strip() else ""
            said[kind, do, done.returncode, last[:230]] += 1
        later = [call for call in places[kind][at - 1:] if "sync " in call and "/share/" not in call and "/lake/index/" not in call and "/lake/kept" not in call]
        if do == "stale" and later and done and done.returncode != 1:
            wrong.append(f"an fsync failed and the run ended with {done.returncode}")
        if wrong:
            bad[kind, do] += 1
            print(f"FAIL at {kind}:{do}:{at} {places[kind][at - 1]}", *(f"     {w[:600]}" for w in wrong), sep="\n", flush=True)
    if os.environ.get("SWEEP_SAID"):
        for (kind, do, code, last), n in sorted(said.items()):
            print(f"{n:5} {kind} {do} -> {code}: {last}")
    for (kind, do), n in count.items():
        checks.equal(f"{do} at {n} of {len(places[kind])} {kind} calls: disturbances that left a trace", bad[kind, do], 0)
    print(f"{time.monotonic() - start:.0f} s")
    checks.end()


if __name__ == "__main__":
    main()
