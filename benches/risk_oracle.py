#!/usr/bin/env python3
"""What a perfect reader of the sample's files could say: one that knows every rule of the generator, but not its coins.

    benches/risk_oracle.py FILES [--from 2023-07-01] [--to 2026-06-30]      FILES: from `shoppulse sample --plain`, with its _truth.csv

`_truth.csv` has the probability by the causes themselves. Plan, segment, renewals and late set-up stand in the tables; the shop's level
and how much it fades show in its clicks alone, with noise, and not at all where the term lies before the first event. The reader's
probability is the mean of the truth over all (level, fade) by their prior and the likelihood of the term's clicks up to the day; by
definition no method has a smaller expected log loss. Printed: how far that is from the file's truth, as in risk_truth.py.
"""
import argparse
import csv
import datetime
import math
import pathlib

import risk_scores
from risk_scores import sigmoid
from risk_truth import Truth, signed_share

# Of src/sample/: clicks a day by size, factors of plan and segment, effects on the log-odds (truth.rs, segments.rs, contracts.rs).
SIZE, PLAN = {"large": 20.0, "medium": 9.0, "small": 5.0}, {"basic": (0.85, -0.25), "standard": (1.0, 0.05), "premium": (1.4, 0.35)}
SEGMENT = {"机械设备": (1.1, 0.2), "化工原料": (0.9, 0.0), "五金工具": (1.0, 0.1), "电子元器件": (1.35, -0.3), "包装材料": (0.95, 0.1), "Textiles & Apparel": (0.9, -0.4),
           "Building Materials": (0.8, 0.0), "Medical Devices": (1.05, 0.4), "环保设备": (1.0, 0.3), "Food Machinery": (0.75, -0.2), "Auto Parts": (1.2, 0.2), "Laser & Photonics": (0.85, 0.0)}
LUNAR = {2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6)}
COUNTED, SPREAD = 0.978, (0.9 + 1.9 ** 2) / 1.9  # share of sessions that are not excluded; variance / mean of clicks, which come in sessions
LEVELS = [-3.5 + 0.2 * n for n in range(36)]
FADES = [(0.73, 0, 190)] + [(0.27 / 9 / 11, 0.5 + 0.4 * (s + 0.5) / 9, 140 + 10 * o) for s in range(9) for o in range(11)]
BIN = 7


def season(day, first):
    at = datetime.date.fromordinal(day)
    off = day - datetime.date(at.year, *LUNAR[at.year]).toordinal()
    festival = 0.25 if -4 <= off <= 8 else 0.6 if -11 <= off <= 15 else 1.0
    key = (at.month, at.day)
    fair = 0.5 if (10, 1) <= key <= (10, 7) else 1.35 if (10, 15) <= key <= (11, 4) else 1.2 if (4, 15) <= key <= (5, 5) else 1.0
    return festival * fair * [1.08, 1.1, 1.08, 1.04, 1.0, 0.58, 0.5][at.weekday()] * (1 + 0.12 * (day - first) / 365)


def rows(path, delimiter=","):
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def day(text):
    try:
        return datetime.date.fromisoformat(text).toordinal()
    except (TypeError, ValueError):
        return None


def clicks_of(files):
    """Counted clicks by company and day."""
    count = {}
    for path in sorted((files / "shop_clicks").glob("*.csv")):
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                cells = line.rstrip("\n").split(",")
                if len(cells) == 7 and not cells[6]:
                    key = (cells[2], cells[1][:10])
                    count[key] = count.get(key, 0) + 1
    return {(company, day(text)): n for (company, text), n in count.items()}


def terms(files, truth):
    """The memberships that the truth tells of, with what the tables show of them."""
    company = {r["company_id"]: r for r in rows(files / "companies.csv") if r["segment"] in SEGMENT and r["size"] in SIZE}
    latest = {}
    for path in sorted((files / "contracts").glob("*.csv")):
        latest.update({r["contract_id"]: r for r in rows(path) if r["contract_id"] in truth.ends})
    late = {}
    for t in rows(files / "service_tasks.tsv", "\t"):
        due, done = day(t["due_on"]), day(t["done_on"])
        if due:
            late.setdefault(t["contract_id"], []).append(done is None or done - due >= 8)
    chain = {}
    for r in sorted(latest.values(), key=lambda r: r["start_date"]):
        if r["company_id"] not in company or r["plan"] not in PLAN or not day(r["start_date"]) or not day(r["end_date"]):
            continue
        start, end, own = day(r["start_date"]), day(r["end_date"]), company[r["company_id"]]
        before, renewals = chain.get(r["company_id"], (-9999, -1))
        renewals = renewals + 1 if start <= before + 30 else 0
        chain[r["company_id"]] = (end, renewals)
        late_setup = renewals == 0 and all(late.get(r["contract_id"], [False]))
        (traffic, loyalty), (factor, plan) = SEGMENT[own["segment"]], PLAN[r["plan"]]
        known = 1.75 + 0.2 * min(renewals, 4) + plan + loyalty - 0.5 * late_setup
        yield {"id": r["contract_id"], "company": r["company_id"], "start": start, "end": end, "fresh": renewals == 0, "known": known, "renewals": renewals, "late": late_setup, "mean": COUNTED * SIZE[own["size"]] * traffic * factor}


def posterior(term, until, clicks, pull, first):
    """Weight of each (level, fade) by prior and clicks of the term's covered days up to `until`, in bins of a week."""
    begin = max(term["start"], first)
    bins = []
    for at in range(begin, until + 1, BIN):
        days = range(at, min(at + BIN, until + 1))
        ramp = lambda d: min(1.0, 0.35 + (d - term["start"]) / 70) if term["fresh"] else 1.0
        mean = sum(pull[d] * ramp(d) * (0.6 if d > term["end"] else 1.0) for d in days) * term["mean"]
        bins.append((days[len(days) // 2], mean, sum(clicks.get((term["company"], d), 0) for d in days)))
    total = sum(n for *_, n in bins)
    weights = []
    for prior, share, onset in FADES:
        kept = [1 - share * min(max(d - term["end"] + onset, 0), 50) / 50 for d, *_ in bins]
        expected = math.fsum(m * k for (_, m, _), k in zip(bins, kept))
        shape = math.fsum(n * math.log(k) for (*_, n), k in zip(bins, kept) if n)
        for z in LEVELS:
            x = 0.45 * z - 0.1
            weights.append((math.log(prior) - z * z / 2 + (shape + total * x - expected * math.exp(x)) / SPREAD, z, share))
    top = max(w for w, *_ in weights)
    return [(math.exp(w - top), z, share) for w, z, share in weights]


def reader(term, left, clicks, pull, first):
    """P(renewed | tables, clicks, not renewed yet)."""
    done, yes, whole = signed_share(left), 0.0, 0.0
    for w, z, share in posterior(term, term["end"] - left, clicks, pull, first):
        p = sigmoid(term["known"] + 0.7 * z - 4.2 * share)
        yes, whole = yes + w * p * (1 - done), whole + w * (1 - p * done)
    return yes / whole


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=pathlib.Path)
    parser.add_argument("--from", dest="first", default="2023-07-01", help="first day of events")
    parser.add_argument("--to", dest="last", default="2026-06-30", help="last day of events")
    parser.add_argument("--covered", type=int, default=120, help="days of the term that must lie after the first event by 90 days before its end")
    arguments = parser.parse_args()
    first, last, truth = day(arguments.first), day(arguments.last), Truth(arguments.files / "_truth.csv")
    clicks = clicks_of(arguments.files)
    pull = {d: season(d, first) for d in range(first, last + 1)}
    print(f"{'days left':<12}{'n':>6}" + "".join(f"{k:>11}" for k in ("gap", "slope", "intercept", "ece", "auc", "auc_truth", "auc_gap", "entropy")))
    chosen = [t for t in terms(arguments.files, truth) if t["end"] - 90 - max(first, t["start"]) >= arguments.covered and t["end"] + 15 <= last]
    for left in (90, 60, 30, 14, 0, -15):
        q = [truth.at(t["id"], left) for t in chosen]
        found = risk_scores.figures(q, [reader(t, left, clicks, pull, first) for t in chosen])
        print(f"{left:<12}{found['n']:>6}" + "".join(f"{found[k]:>11.4f}" for k in ("gap", "slope", "intercept", "ece", "auc", "auc_truth", "auc_gap", "entropy")), flush=True)


if __name__ == "__main__":
    main()
