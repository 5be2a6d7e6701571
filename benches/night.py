#!/usr/bin/env python3
"""What one night costs: the files of one day added to a lake of a month and to a lake of three years.

    benches/night.py [--companies N] [--repeat 3]

A night is discover, check, write, roll up, commit: a pipeline with `marts = []` and no report. Files whose name holds a
date belong to that day; all others (tables as whole dumps) are there from the first load on. It runs on one core, where the
wall time of a step is its CPU time as long as nothing else runs; the least of the repeats counts. What is computed for the
run's account is shown apart: `night` is the CPU time without it, `whole` with it.
"""
import argparse
import json
import os
import re
import shutil

import bench

ONE_CORE = ("taskset", "-c", "0")
APART = ("marts", "reports")
DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


def day_of(path):
    found = DAY.search(path.name)
    return "-".join(found.groups()) if found else None


def place(files, folder, wanted):
    """Links the wanted files into a project's own incoming folder."""
    for path in sorted(p for p in files.rglob("*") if p.is_file()):
        if wanted(day_of(path)):
            target = folder / path.relative_to(files)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)


def night(name, files, first, last, repeat):
    folder = bench.WORK / f"night-{name}"
    inbox = folder / "incoming"
    bench.project(folder, inbox)
    place(files, inbox, lambda day: day is None or first <= day < last)
    start = bench.load(folder, f"{last}T02:30:00+08:00", bench.WORK / f"night-{name}-before.log")
    print(bench.row(f"{name}, before", start), flush=True)
    place(files, inbox, lambda day: day == last)
    lake, before = folder / "lake", folder / "lake-before"
    lake.rename(before)
    turns = []
    for turn in range(repeat):
        # The same place: the catalog holds the path of its data. Data files are never written to again.
        if lake.exists():
            shutil.rmtree(lake)
        shutil.copytree(before, lake, copy_function=lambda old, new: (shutil.copy2 if old.endswith(".sqlite") else os.link)(old, new))
        turns.append(bench.load(folder, bench.NOW, bench.WORK / f"night-{name}.log", ONE_CORE))
        turns[-1]["steps_ms"] = bench.steps(folder)
        print(bench.row(f"{name}, night", turns[-1], f"turn {turn + 1}"), flush=True)
    best = min(turns, key=lambda m: m["cpu_s"])
    best["steps_ms"] = {step: min(m["steps_ms"].get(step, 0) for m in turns) for step in best["steps_ms"]}
    best["night_s"] = best["cpu_s"] - sum(best["steps_ms"].get(step, 0) for step in APART) / 1000
    print(bench.said(best["steps_ms"]))
    nothing = bench.load(folder, bench.NOW, bench.WORK / f"night-{name}-again.log")
    print(bench.row(f"{name}, nothing", nothing, "the same files again"), flush=True)
    return {"before": start, "night": best, "nothing": nothing}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=bench.COMPANIES)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    files = bench.days_of_data(f"three-years-{arguments.companies}", arguments.companies, bench.THREE_YEARS)
    last = bench.THREE_YEARS[1]
    print(bench.HEADER)
    month = night("month", files, last[:8] + "01", last, arguments.repeat)
    years = night("three-years", files, bench.THREE_YEARS[0], last, arguments.repeat)
    ratios = {what: years["night"][key] / month["night"][key] for what, key in (("night", "night_s"), ("whole", "cpu_s"))}
    for what, key in (("night", "night_s"), ("whole", "cpu_s")):
        print(f"CPU time, three years / one month, {what}: {years['night'][key]:.3f} s / {month['night'][key]:.3f} s = {ratios[what]:.2f}")
    (bench.WORK / "night.json").write_text(json.dumps({"month": month, "three_years": years, "ratios": ratios}, indent=1))


if __name__ == "__main__":
    main()
