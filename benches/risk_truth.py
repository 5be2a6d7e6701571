#!/usr/bin/env python3
"""How far the probabilities of `renewal_risk` lie from the true ones of made-up portals; mean of the seeds.

    benches/risk_truth.py [--portal sample|a|b|c|d] [--seeds 20] [--bin target/release/shoppulse] [--keep] [--planted same|half|none]

A seed: make a portal with about 2,000 matured memberships, load it (no marts), print `renewal_risk` at six as-ofs 30 days apart,
join each contract with its true probability at its own days_left, compare (`risk_scores.py`). Lines: contracts near 90, 30 and
0 days left, and all that are scored; then the same for `p_baseline`. A lake stays in target/bench/risk-truth/ with --keep:
another build is then judged without loading again. `d` are portals by rule a with 60, 300 and 1,000 matured memberships.

Goals on `sample`: gap <= 0.02, slope 0.9..1.1, ece < 0.03, auc gap <= 0.02; `!` marks what misses. On the others: a gap not above
the baseline's. `ece` is the mean of the seeds', in which a bin of few contracts adds what the single ones are off; `ece_all` is
of all seeds together. With --planted the truth itself, or half its log-odds, stands for p_renew; `none` for p_baseline alone.
"""
import argparse
import concurrent.futures
import csv
import datetime
import io
import json
import math
import math
import pathlib
import shutil
import subprocess
import sys

import bench
import other_portals
import risk_scores
from risk_scores import logit, mean, sigmoid

WORK = bench.WORK / "risk-truth"
SPAN = ("2023-07-01", "2026-06-30")
# Companies of the sample's list that have so many matured memberships at the middle as-of.
COMPANIES, MATURED = 2620, 2000
AS_OFS = [datetime.date.fromisoformat(SPAN[1]) - datetime.timedelta(days=30 * n) for n in range(5, -1, -1)]
NOW = "2026-07-01T02:30:00+08:00"
GRACE = 30
# A contract is near a lead within so many days: with as-ofs 30 days apart, once at most.
NEAR = 14
LEADS = {"90": lambda left: left >= 90 - NEAR, "30": lambda left: abs(left - 30) <= NEAR, "0": lambda left: abs(left) <= NEAR, "all": lambda left: True}
SHOWN = ["gap", "slope", "intercept", "ece", "bias", "auc", "auc_truth", "auc_gap"]
GOALS = {"gap": lambda x: x <= 0.02, "slope": lambda x: 0.9 <= x <= 1.1, "ece": lambda x: x < 0.03, "auc_gap": lambda x: x <= 0.02}
# Share of the sample's renewals signed by the day, counted from the end (`signing_weight` in src/sample/truth.rs).
WEIGHT = {day: day + 81 if day <= -21 else -3 * day if day < 0 else 2 * (31 - day) for day in range(-80, 31)}


def signed_share(days_left):
    return sum(w for day, w in WEIGHT.items() if day <= -days_left) / sum(WEIGHT.values())


def later(p_90, days_left):
    """The sample's truth at any days left from that at 90, when nobody has signed yet."""
    return sigmoid(logit(p_90) + math.log(1 - signed_share(days_left))) if days_left > -GRACE else 0.0


class Truth:
    """`_truth.csv`: exact at the days it tells, derived from those at 90 days in between."""

    def __init__(self, path):
        self.p, self.ends = {}, {}
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                self.p[row["contract_id"], int(row["days_left"])] = float(row["p_renew"])
                self.ends[row["contract_id"]] = datetime.date.fromisoformat(row["end_date"])
        self.told = {left for _, left in self.p}
        if len(self.told) < 100:
            for (contract, left), p in self.p.items():
                assert abs(later(self.p[contract, 90], left) - p) < 1e-9, f"{contract} at {left} days left: {p}"

    def at(self, contract, days_left):
        if contract not in self.ends:
            return None
        told = self.p.get((contract, days_left))
        return told if told is not None else later(self.p[contract, 90], days_left)

    def matured(self, as_of):
        return sum(end + datetime.timedelta(days=GRACE) < as_of for end in self.ends.values())


def prepared(name, seed, arguments):
    """The project of a portal, loaded; made when it is missing."""
    folder = WORK / (f"sample-{arguments.companies}-{seed}" if name == "sample" else f"{name}-{seed}")
    if not (folder / "truth.csv").exists():
        files = WORK / f"{folder.name}-files"
        shutil.rmtree(files, ignore_errors=True)
        if name == "sample":
            command = [bench.BIN, "sample", "--out", files, "--companies", arguments.companies, "--from", SPAN[0], "--to", SPAN[1], "--seed", seed, "--plain"]
            subprocess.run([str(c) for c in command], check=True, stdin=subprocess.DEVNULL, capture_output=True)
        else:
            rule, matured = ("a", int(name[1:])) if name[0] == "d" else (name, arguments.matured)
            other_portals.make(rule, seed, files, matured)
        if not (files / "_truth.csv").exists():
            sys.exit(f"{bench.BIN} sample wrote no _truth.csv; expected a build that does")
        bench.project(folder, files)
        bench.load(folder, NOW, WORK / f"{folder.name}.log")
        shutil.move(files / "_truth.csv", folder / "truth.csv")
        shutil.rmtree(files)
    return folder


def scored(folder, as_of):
    command = [str(bench.BIN), "--project", str(folder), "table", "renewal_risk", "--as-of", str(as_of), "--format", "csv"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return list(csv.DictReader(io.StringIO(done.stdout)))


PLANTED = {"same": lambda q: q, "half": lambda q: sigmoid(logit(q) / 2)}


def one(name, seed, arguments):
    """The scored contracts of one portal: (days left, q, p, p_baseline, model)."""
    bench.BIN = arguments.bin
    folder = prepared(name, seed, arguments)
    truth, rows = Truth(folder / "truth.csv"), []
    for as_of in AS_OFS:
        for row in scored(folder, as_of):
            left = int(row["days_left"])
            q = truth.at(row["contract_id"], left)
            if q is not None and left > -GRACE:
                p = PLANTED[arguments.planted](q) if arguments.planted in PLANTED else float(row["p_renew"])
                rows.append((left, q, p, float(row["p_baseline"]), row["model"]))
    if not arguments.keep:
        shutil.rmtree(folder)
    return rows, truth.matured(AS_OFS[len(AS_OFS) // 2])


def line(label, runs, column):
    """The mean of the seeds' figures over the contracts near a lead."""
    near = [[r for r in rows if LEADS[label](r[0])] for rows in runs]
    near = [rows for rows in near if len(rows) >= 10]
    each = [risk_scores.figures([r[1] for r in rows], [r[column] for r in rows]) for rows in near]
    if not each:
        return {}
    result = {key: mean(x for x in (e[key] for e in each) if not math.isnan(x)) for key in each[0]}
    spread = mean((e["gap"] - result["gap"]) ** 2 for e in each)
    result["gap_se"] = math.sqrt(spread / max(1, len(each) - 1))
    whole = [r for rows in near for r in rows]
    result["ece_all"] = risk_scores.ece([r[1] for r in whole], [r[column] for r in whole])
    return result


def worse(rows):
    """The model's gap is above the baseline's in this portal."""
    q = [r[1] for r in rows]
    return bool(rows) and risk_scores.log_loss(q, [r[2] for r in rows]) > risk_scores.log_loss(q, [r[3] for r in rows]) + 1e-12


def show(name, runs):
    rows = [r for rows, _ in runs for r in rows]
    models = sum(r[4] != "baseline" for r in rows) / max(1, len(rows))
    print(f"portal {name}: {len(runs)} seeds, {mean(m for _, m in runs):.0f} matured, {len(rows) / len(runs):.0f} scored at {len(AS_OFS)} as-ofs, {models:.0%} by the model, worse than the baseline in {sum(worse(r) for r, _ in runs)} seeds")
    print(f"{'':<18}{'n':>6}" + "".join(f"{key:>11}" for key in [*SHOWN, "ece_all", "gap_se"]))
    result = {}
    for column, what in ((2, "p_renew"), (3, "p_baseline")):
        for label in LEADS:
            result[f"{what} {label}"] = found = line(label, [rows for rows, _ in runs], column)
            if found:
                miss = lambda key: "!" if name == "sample" and key in GOALS and not GOALS[key](found[key]) else " "
                print(f"{what:<11}{label:>4}   {found['n']:>6.0f}" + "".join(f"{found[key]:>10.4f}{miss(key)}" for key in [*SHOWN, "ece_all", "gap_se"]), flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portal", choices=["sample", "a", "b", "c", "d"], default="sample")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--companies", type=int, default=COMPANIES, help="of the sample")
    parser.add_argument("--matured", type=int, default=MATURED, help="of the portals a, b, c")
    parser.add_argument("--jobs", type=int, choices=[1, 2], default=2)
    parser.add_argument("--bin", type=pathlib.Path, default=bench.BIN)
    parser.add_argument("--keep", action="store_true", help="keep the loaded lakes for another build")
    parser.add_argument("--planted", choices=["same", "half", "none"], default="none")
    arguments = parser.parse_args()
    risk_scores.check()
    if arguments.portal != "sample":
        other_portals.check({"d": "a"}.get(arguments.portal, arguments.portal))
    WORK.mkdir(parents=True, exist_ok=True)
    results = {}
    for name in {"d": ["d60", "d300", "d1000"]}.get(arguments.portal, [arguments.portal]):
        seeds = range(arguments.first, arguments.first + arguments.seeds)
        with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
            runs = list(pool.map(one, [name] * len(seeds), seeds, [arguments] * len(seeds)))
        results[name] = show(name, runs)
    (WORK / f"{arguments.portal}.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
