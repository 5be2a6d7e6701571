#!/usr/bin/env python3
"""A year of plain CSV, loaded by shoppulse and by its peers in one go; the ratio of CPU times is the result.

    benches/year_load.py [--companies N] [--only shoppulse,duckdb,polars] [--sorted] [--packed gzip|zstd] [--repeat 3]

Needs a release build, and duckdb and polars for the Python that runs it. The best of the repeats counts.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time

import bench

PEERS = bench.ROOT / "benches" / "peers"


def shoppulse(files, out, log):
    folder = bench.project(out, files, bench.EVENTS)
    measured = bench.load(folder, bench.NOW, log)
    print(bench.said(bench.steps(folder)))
    # What was loaded, asked after the clock has stopped.
    told = subprocess.run([str(bench.BIN), "--project", str(folder), "table", "ingest_files", "--format", "json"], capture_output=True, text=True)
    counts = {}
    try:
        for account in read_json(told.stdout):
            counts[account["source"]] = counts.get(account["source"], 0) + int(account["rows_loaded"])
    except (ValueError, KeyError, TypeError):
        print(f"the account of files could not be read: {told.stderr[-300:]}", file=sys.stderr)
    return measured, {source: counts.get(source) for source in bench.EVENTS}


def read_json(text):
    """A JSON list, or one object a line."""
    return json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines() if line]


def peer(name, extra):
    def run(files, out, log):
        if out.exists():
            shutil.rmtree(out)
            time.sleep(bench.SETTLE)
        out.mkdir(parents=True)
        measured = bench.measure([sys.executable, PEERS / f"{name}_load.py", files, out, *extra], log, {"POLARS_MAX_THREADS": "2"})
        return measured, bench.last_json(log)
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=bench.COMPANIES)
    parser.add_argument("--only", default="shoppulse,duckdb,polars")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--incoming", help="a folder of files to load instead of the generated year")
    parser.add_argument("--packed", choices=["gzip", "zstd"], help="load the files packed so; for shoppulse alone")
    parser.add_argument("--sorted", action="store_true", help="peers sort each day as shoppulse does; else they are spared it")
    arguments = parser.parse_args()
    extra = ["sorted"] if arguments.sorted else []
    files = os.path.abspath(arguments.incoming) if arguments.incoming else bench.year_of_data(arguments.companies)
    if arguments.packed:
        files = str(bench.packed(bench.pathlib.Path(files), arguments.packed, {"gzip": ".gz", "zstd": ".zst"}[arguments.packed]))
    names = arguments.only.split(",")
    runs = {name: shoppulse if name == "shoppulse" else peer(name, extra) for name in names}
    number, size = bench.size_of(bench.pathlib.Path(files))
    print(f"{number} files, {size / 1e6:.0f} MB in {files}")
    print(bench.HEADER)
    best, counts = {}, {}
    bench.WORK.mkdir(parents=True, exist_ok=True)
    for turn in range(arguments.repeat):
        for name in names:
            out = bench.WORK / f"year-load-{name}"
            measured, counts[name] = runs[name](files, out, bench.WORK / f"year-load-{name}.log")
            print(bench.row(name, measured, f"turn {turn + 1}"), flush=True)
            if name not in best or measured["cpu_s"] < best[name]["cpu_s"]:
                best[name] = measured
    print("rows loaded by source:")
    for source in [*bench.EVENTS, "member_day"]:
        print(f"  {source:<14}", *(f"{name} {counts[name].get(source)}" for name in names), sep="  ")
    if "shoppulse" in best:
        for name in names:
            if name != "shoppulse":
                print(f"CPU time of shoppulse / {name}: {best['shoppulse']['cpu_s'] / best[name]['cpu_s']:.2f}")
    (bench.WORK / "year_load.json").write_text(json.dumps({"best": best, "rows": counts, "bytes": size}, indent=1))


if __name__ == "__main__":
    main()
