#!/usr/bin/env python3
"""Disks that are really full, and folders that are really read-only: small and read-only mounts, and another user.

    disk.py SHOPPULSE_BIN

Needs root and the right to mount (in a mount namespace of its own, so that nothing stays); is skipped without.
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import portal
from checks import Checks
from sweep import Bench, clone

INSIDE = "SHOPPULSE_IN_NAMESPACE"
SIZES = 12
# KiB by which the room under a folder grows, times the square of the step: the last step is room enough.
GROWTH = {"lake": 4, "reports": 24}


def mount(*args):
    subprocess.run(["mount", *args], check=True)


def unmount(path):
    subprocess.run(["umount", path], check=True)


def small(path, kib):
    """Puts a file system of so many KiB in place of a folder, with what the folder holds."""
    held = path + ".held"
    os.rename(path, held)
    os.mkdir(path)
    mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", path)
    shutil.copytree(held, path, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(held)
    used = int(subprocess.run(["df", "--output=used", "-k", path], capture_output=True, text=True, check=True).stdout.split()[-1])
    mount("-o", f"remount,size={used + kib}k", path)


def project_of(bench):
    project = tempfile.mkdtemp(prefix="d", dir=bench.work)
    os.rmdir(project)
    clone(bench.old, project)
    return project


def full(bench, checks, name):
    """The disk under a folder has less and less room; when it has some again, the next run puts all right."""
    failed, said, wrong = 0, set(), []
    for step in range(SIZES):
        project = project_of(bench)
        folder = os.path.join(project, name)
        room = 8 + step * step * GROWTH[name]
        small(folder, room)
        done = bench.run(project, 2)
        failed += done.returncode == 1
        if done.returncode == 1:
            said.add(done.stderr.strip().splitlines()[-1].replace(project, ""))
        here = bench.judge_end("change", "full", done) + bench.judge_readers(project, done)
        mount("-o", "remount,size=64m", folder)
        again = bench.run(project, 2)
        here += [] if again.returncode in (0, 3) else [f"the next run ended with {again.returncode}: {again.stderr}"]
        here += bench.judge_rest(project)
        wrong += [f"{room} KiB: {w[:300]}" for w in here]
        unmount(folder)
        shutil.rmtree(project)
    print(*sorted(said), sep="\n")
    checks.equal(f"a full disk under {name}, {SIZES} times", wrong, [])
    checks.true(f"the disk under {name} was full in some of them, not in all", 0 < failed < SIZES, failed)
    checks.true(f"the message of a full disk under {name} says so", all("No space left" in s or "is full" in s for s in said), said)


def read_only(bench, checks, name, code, words):
    project = project_of(bench)
    folder = bench.incoming if name == "incoming" else os.path.join(project, name)
    mount("--bind", folder, folder)
    mount("-o", "remount,bind,ro", folder)
    done = bench.run(project, 2)
    print(done.stderr.strip().splitlines()[-1].replace(project, ""))
    checks.equal(f"{name} is read-only: ends with", done.returncode, code)
    checks.true(f"{name} is read-only: the message says so", words in done.stderr, done.stderr)
    checks.equal(f"{name} is read-only: readers", bench.judge_readers(project, done), [])
    unmount(folder)
    again = bench.run(project, 2)
    checks.true(f"{name} is writable again: the next run is done", again.returncode in (0, 3), again.stderr)
    checks.equal(f"{name} is writable again: rest", bench.judge_rest(project), [])
    shutil.rmtree(project)


def other_user(bench, checks):
    """A user who may read everything and write nothing: runs fail, tables are printed."""
    project = project_of(bench)
    os.chmod(bench.work, 0o755)
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", bench.binary, "--project", project]
    done = subprocess.run([*user, "run", "nightly", "--now", portal.NOW[2]], capture_output=True, text=True)
    print(done.stderr.strip().splitlines()[-1].replace(project, ""))
    checks.equal("another user's run ends with", done.returncode, 1)
    checks.true("another user's run: the message says so", "ermission denied" in done.stderr, done.stderr)
    done = subprocess.run([*user, "table", "renewals", "--format", "csv"], capture_output=True, text=True)
    checks.equal("another user's table", done.returncode, 0)
    checks.equal("another user's run: readers", bench.judge_readers(project, done := bench.run(project, 2)), [])
    checks.equal("another user's run: rest", bench.judge_rest(project), [])
    shutil.rmtree(project)


def main():
    if INSIDE not in os.environ:
        inside = subprocess.run(["unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"], capture_output=True)
        if os.geteuid() != 0 or inside.returncode != 0:
            print("skipped: mounting needs root and is not allowed here")
            return
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])
    checks, work = Checks(), tempfile.mkdtemp(prefix="shoppulse-disk-")
    try:
        bench = Bench(os.path.abspath(sys.argv[1]), work)
        full(bench, checks, "lake")
        full(bench, checks, "reports")
        read_only(bench, checks, "lake", 1, "Read-only file system")
        read_only(bench, checks, "reports", 1, "Read-only file system")
        read_only(bench, checks, "incoming", 3, "rows read")
        other_user(bench, checks)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    checks.end()


if __name__ == "__main__":
    main()
