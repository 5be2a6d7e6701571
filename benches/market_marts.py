#!/usr/bin/env python3
"""The marts of market and clients over many companies: the tables alone, no events.

    benches/market_marts.py [--companies 10000,100000,1000000] [--repeat 1]

Three contracts a company, five plans, forty segments. Each mart is a process of its own (`shoppulse table NAME`), so each
reads the lake again; `none` is an empty table that only reads it. `one run` computes all of them in one process
(`shoppulse run`), as a pipeline does.
"""
import argparse
import csv
import datetime
import json
import random
import shutil

import bench

MARTS = ["risk_published", "deals", "renewal_rates", "market_share", "client_value", "concentration", "retention_curve", "member_movement"]
AS_OF = datetime.date(2026, 6, 30)
NOW = "2026-07-01T02:30:00+08:00"
PLANS = ["basic", "silver", "gold", "platinum", "trade"]


def write(folder, companies):
    """companies.csv, contracts.csv, market_estimates.csv and reps.csv, the same for the same number."""
    draw = random.Random(companies)
    day = lambda n: (AS_OF + datetime.timedelta(days=n)).isoformat()
    making = folder.with_name(folder.name + ".part")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    with open(making / "companies.csv", "w", newline="") as firms, open(making / "contracts.csv", "w", newline="") as deals:
        firms, deals = csv.writer(firms, lineterminator="\n"), csv.writer(deals, lineterminator="\n")
        firms.writerow(["company_id", "name", "segment", "region", "size", "listed_on", "registered_on", "service_rep_id"])
        deals.writerow(["contract_id", "company_id", "plan", "start_date", "end_date", "signed_on", "amount", "cost", "rep_id", "cancelled_on", "refund"])
        for i in range(companies):
            segment, plan = f"segment {draw.randrange(40):02}", draw.choice(PLANS)
            size = draw.choice(["large", "medium", "medium", "small", "small", "small"])
            listed = "" if draw.random() < 0.3 else day(-draw.randrange(2500))
            firms.writerow([f"c{i:07}", f"Company {i}", segment, f"region {i % 12}", size, listed, listed, f"r{draw.randrange(200):03}"])
            start, chance = -draw.randrange(1, 2350), draw.betavariate(4, 1)
            # The mean is three contracts a company; a tenth of the companies never had one.
            for n in range(0 if draw.random() < 0.1 else 8):
                amount = draw.randrange(100_000, 9_000_000)
                cancelled = draw.random() < 0.02
                deals.writerow([f"k{i:07}-{n}", f"c{i:07}", plan, day(start), day(start + 364), day(start - draw.randrange(1, 30)), f"{amount / 100:.2f}",
                                f"{amount // 3 / 100:.2f}" if draw.random() < 0.8 else "", f"r{draw.randrange(200):03}",
                                day(start + 200) if cancelled else "", f"{amount // 4 / 100:.2f}" if cancelled else ""])
                start += 365 + draw.choice([0, 0, 0, -20, 10, 30, 90]) if draw.random() < chance else 400 + draw.randrange(400)
                if start > 20:
                    break
    with open(making / "market_estimates.csv", "w") as out:
        out.write("segment,year,companies,spend\n")
        out.writelines(f"segment {s:02},{year},{companies // 30},{companies * 900}.00\n" for s in range(40) for year in range(2023, 2027))
    with open(making / "reps.csv", "w") as out:
        out.write("rep_id,name,team,role,hired_on\n")
        out.writelines(f"r{i:03},Rep {i},team {i % 9},sales,2019-01-01\n" for i in range(200))
    making.rename(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", default="10000,100000,1000000")
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    results = {}
    for companies in map(int, arguments.companies.split(",")):
        files = bench.WORK / f"market-{companies}-files"
        if not files.is_dir():
            write(files, companies)
        folder = bench.WORK / f"market-{companies}"
        if not (folder / "lake" / "lake.sqlite").is_file():
            bench.project(folder, files)
            (folder / "pipelines" / "marts.toml").write_text(f'as_of = "yesterday"\ningest = []\nmarts = {json.dumps(MARTS)}\n')
            print(bench.row(f"load {companies}", bench.load(folder, NOW, bench.WORK / "market.log")))
        with open(files / "contracts.csv") as lines:
            contracts = sum(1 for _ in lines) - 1
        print(f"{companies} companies, {contracts} contracts\n{bench.HEADER}")
        best = {}
        for name in MARTS * arguments.repeat:
            out = bench.WORK / f"market-{name}.csv"
            measured = bench.measure([bench.BIN, "--project", folder, "table", name, "--as-of", AS_OF, "--format", "csv", "-o", out], bench.WORK / "market.log")
            if name not in best or measured["cpu_s"] < best[name]["cpu_s"]:
                best[name] = measured
        for name, measured in best.items():
            print(bench.row("none" if name == "risk_published" else name, measured), flush=True)
        total = {key: sum(m[key] for n, m in best.items() if n != "risk_published") for key in ["cpu_s", "user_s", "system_s", "wall_s"]}
        print(bench.row("all but none", {**total, "peak_mib": max(m["peak_mib"] for m in best.values())}), flush=True)
        together = bench.measure([bench.BIN, "--project", folder, "run", "marts", "--now", NOW], bench.WORK / "market.log")
        print(bench.row("one run", together), flush=True)
        results[companies] = {"contracts": contracts, **best, "one run": together}
    (bench.WORK / "market_marts.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
