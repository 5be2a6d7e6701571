#!/usr/bin/env python3
"""Proves from the system calls of one night that nothing is relied on before it is on disk: file, folder, then commit.

    order.py SHOPPULSE_BIN [WORK_DIR]

It proves too that the crash sweep's library sees every such call. Needs strace. A file is dirty from a write to its fsync; a folder is dirty from a change of its names to its fsync.
"""
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import portal
from checks import Checks
from sweep import build

CALLS = ("openat,open,creat,write,pwrite64,writev,pwritev,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,"
         "rmdir,mkdir,mkdirat,symlink,symlinkat,link,linkat,copy_file_range,sendfile,fchmod")


def calls(trace):
    """(call, arguments, result) in the order of their ends; a call that another thread's interrupts is put together."""
    open_calls = {}
    with open(trace, errors="surrogateescape") as file:
        for line in file:
            thread, text = line.rstrip("\n").split(None, 1)
            if text.endswith("<unfinished ...>"):
                open_calls[thread] = text[: -len("<unfinished ...>")].rstrip()
                continue
            resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", text)
            if resumed:
                text = open_calls.pop(thread) + resumed[1]
            done = re.match(r"(\w+)\((.*)\)\s+= (-?\d+)(?:<.*>)?", text)
            if done:
                yield done[1], done[2], int(done[3])


# What the library calls them.
KINDS = {"pwrite64": "pwrite", "unlinkat": "unlink", "renameat": "rename", "renameat2": "rename", "mkdirat": "mkdir", "linkat": "link",
         "symlinkat": "symlink"}


def counted(trace, root):
    """How many calls of each kind change something below a folder, failed ones too."""
    count = collections.Counter()
    for call, text, _ in calls(trace):
        fds, paths = re.findall(r"\d+<([^>]*)>", text), [p for p in re.findall(r'"([^"]*)"', text) if p.startswith("/")]
        if call in ("open", "openat", "creat"):
            path, call = paths[0] if "O_CREAT" in text else "", "create"
        elif call in ("copy_file_range", "sendfile"):
            path = fds[1] if call == "copy_file_range" else fds[0]
        elif call.startswith(("unlink", "rename", "mkdir", "link", "symlink", "rmdir")):
            path = paths[-1] if paths else fds[0]
        else:
            path = fds[0] if fds else ""
        count[KINDS.get(call, call)] += path.startswith(root)
    return +count


class Disk:
    """What a power cut could still take away, and what was wrong so far."""

    def __init__(self, root):
        self.root, self.files, self.names, self.wrong, self.seen = root, {}, {}, [], {}
        self.lake, self.reports = os.path.join(root, "lake"), os.path.join(root, "reports")

    def step(self, call, text, result):
        if result < 0:
            return
        fds = re.findall(r"\d+<([^>]*)>", text)
        paths = [p for p in re.findall(r'"([^"]*)"', text) if p.startswith("/")]
        if call in ("write", "pwrite64", "writev", "pwritev", "ftruncate", "fallocate"):
            self.mark(self.files, fds[:1], call)
        elif call in ("copy_file_range", "sendfile"):
            self.mark(self.files, fds[1:2] if call == "copy_file_range" else fds[:1], call)
        elif call in ("fsync", "fdatasync"):
            self.synced(fds[0])
        elif call in ("open", "openat", "creat"):
            if "O_CREAT" in text and paths and paths[0] not in self.seen:
                self.made(paths[0], call)
        elif call in ("mkdir", "mkdirat", "symlink", "symlinkat", "link", "linkat"):
            self.made(paths[-1], call)
        elif call.startswith("rename"):
            self.renamed(*paths[-2:])
        elif call in ("unlink", "unlinkat", "rmdir"):
            name = paths[0] if paths else os.path.join(fds[0], re.findall(r'"([^"]*)"', text)[0])
            self.removed(name)

    def mark(self, what, paths, why):
        for path in paths:
            if path.startswith(self.root):
                what.setdefault(path, []).append(why)

    def synced(self, path):
        self.files.pop(path, None)
        self.names.pop(path, None)
        self.count(f"fsync of {self.kind(path)}")

    def made(self, path, why):
        if not path.startswith(self.root):
            return
        self.seen[path] = True
        self.mark(self.names, [os.path.dirname(path)], f"{why} {os.path.basename(path)}")
        if path.startswith(os.path.join(self.lake, "data")) and path.endswith(".parquet"):
            unsynced = [why for why in self.names.get(self.lake, []) if why.endswith(".run-open")]
            self.expect("the mark of an open run is on disk before the first data file", unsynced)

    def renamed(self, source, target):
        self.expect(f"{self.kind(target)} is synced before its rename", {source: self.files[source]} if source in self.files else {})
        for path in (source, target):
            self.mark(self.names, [os.path.dirname(path)], f"rename {os.path.basename(path)}")
        if source in self.files:
            self.files[target] = self.files.pop(source)

    def removed(self, path):
        if path == os.path.join(self.lake, "catalog.sqlite-journal"):
            # This is the commit.
            self.expect("data files are synced before the commit", self.dirty(self.files, os.path.join(self.lake, "data")))
            self.expect("folders of data files are synced before the commit", self.dirty(self.names, os.path.join(self.lake, "data")))
            self.expect("the catalog is synced before the commit", self.dirty(self.files, os.path.join(self.lake, "catalog.sqlite")))
            self.expect("staged reports are synced before the commit", self.dirty(self.files, self.reports))
            self.expect("folders of staged reports are synced before the commit", self.dirty(self.names, self.reports))
        if path.endswith("/.links"):
            self.expect("the commit is on disk before reports are moved, the copy too", self.dirty(self.names, self.lake, deep=False))
            rest = {p: why for p, why in self.dirty(self.names, self.reports).items() if ".staging" not in p}
            self.expect("the folders of reports are synced before the staging goes", rest)
        self.files.pop(path, None)
        self.names.pop(path, None)
        self.mark(self.names, [os.path.dirname(path)], f"unlink {os.path.basename(path)}")

    def dirty(self, what, below, deep=True):
        return {p: why for p, why in what.items() if p == below or deep and p.startswith(below)}

    def kind(self, path):
        if path.startswith(os.path.join(self.lake, "data")):
            return "a data file" if path.endswith(".parquet") else "a folder of data files"
        if path.startswith(self.reports):
            return "a report" if os.path.splitext(path)[1] in (".html", ".xlsx", ".csv") else "a folder or link of reports"
        return os.path.relpath(path, self.root).split("/")[0] if path.startswith(os.path.join(self.root, "share")) else os.path.basename(path)

    def expect(self, name, dirty):
        self.count(name)
        if dirty:
            self.wrong.append((name, dirty))

    def count(self, name):
        self.seen[name] = self.seen.get(name, 0) + 1


def main():
    binary = os.path.abspath(sys.argv[1])
    work = os.path.realpath(tempfile.mkdtemp(prefix="shoppulse-order-", dir=sys.argv[2] if len(sys.argv) > 2 else None))
    checks = Checks()
    try:
        project, incoming, trace = (os.path.join(work, name) for name in ("project", "incoming", "trace"))
        portal.make(project, incoming)
        portal.drop(incoming, 1)
        command = [binary, "--project", project, "run", "nightly", "--now"]
        subprocess.run([*command, portal.NOW[1]], check=True, capture_output=True)
        portal.drop(incoming, 2)
        library, log = build(work), os.path.join(work, "log")
        traced = ["strace", "-f", "-y", "-s", "4096", "-o", trace, "-e", f"trace={CALLS}", "-E", f"LD_PRELOAD={library}",
                  "-E", f"FAULT_BELOW={project}", "-E", f"FAULT_LOG={log}", *command, portal.NOW[2]]
        done = subprocess.run(traced, capture_output=True, text=True)
        checks.equal("the night ended with", done.returncode, 3)
        with open(log) as lines:
            checks.equal("calls that the library saw, and the trace", collections.Counter(l.split()[1] for l in lines), counted(trace, project))
        disk = Disk(project)
        for call, text, result in calls(trace):
            disk.step(call, text, result)
        wrong = dict(disk.wrong)
        for name, count in disk.seen.items():
            if count is not True and not name.startswith("fsync"):
                checks.true(f"{name}, {count} times", name not in wrong, wrong.get(name))
        print({name[9:]: count for name, count in disk.seen.items() if count is not True and name.startswith("fsync")})
        for name in ("data files are synced before the commit", "lake.sqlite is synced before its rename", "a report is synced before its rename",
                     "the folders of reports are synced before the staging goes", "the mark of an open run is on disk before the first data file"):
            checks.true(f"it was seen that {name}", disk.seen.get(name))
    finally:
        shutil.rmtree(work)
    checks.end()


if __name__ == "__main__":
    main()
