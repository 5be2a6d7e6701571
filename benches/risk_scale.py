#!/usr/bin/env python3
"""What the renewal risk costs at size: training, scoring and the whole backtest of a portal of 100,000 contracts and
three years of activity.

    benches/risk_scale.py [--companies 33000] [--keep]

The portal is made here, not with `shoppulse sample`: every company has an event on nearly every day of three years (30 million
rows of `member_day` at 33,000 companies) and yearly memberships, of which four in five are renewed. It is loaded once; then
each command is measured by itself: `table renewal_risk` trains, judges and scores, `table renewal_backtest` prints the judgement.
"""
import argparse
import datetime
import json
import random
import shutil
import zlib

import bench

FIRST, LAST = datetime.date(2023, 7, 1), datetime.date(2026, 6, 30)
NOW = "2026-07-01T02:30:00+08:00"
SEGMENTS, PLANS = [f"segment {n:02}" for n in range(30)], {"basic": 3000, "plus": 8000, "gold": 20000}
TABLES = ["renewal_risk", "renewal_backtest", "renewal_reasons", "member_health"]


def day(start, n):
    return (start + datetime.timedelta(days=n)).isoformat()


def made(companies, folder):
    """The files: companies, contracts of a company one after the other, and two kinds of events."""
    if folder.is_dir():
        return folder
    making = folder.with_name(folder.name + ".part")
    shutil.rmtree(making, ignore_errors=True)
    for source in ("contact_views", "messages"):
        (making / source).mkdir(parents=True)
    dice = random.Random(1)
    members = []
    with open(making / "companies.csv", "w") as listed, open(making / "contracts.csv", "w") as contracts:
        listed.write("company_id,name,segment,region,size\n")
        contracts.write("contract_id,company_id,plan,start_date,end_date,signed_on,amount\n")
        for n in range(companies):
            company, plan = f"C{n:06}", dice.choice(list(PLANS))
            listed.write(f"{company},Company {n},{SEGMENTS[zlib.crc32(company.encode()) % 30]},north,{dice.choice(['small', 'medium', 'large'])}\n")
            start = FIRST + datetime.timedelta(days=dice.randrange(-365, 30))
            likes = dice.random()
            for k in range(9):
                end = start + datetime.timedelta(days=364)
                contracts.write(f"K{n:06}-{k},{company},{plan},{start},{end},{day(start, -dice.randrange(40))},{PLANS[plan] + 100 * k}.00\n")
                start = end + datetime.timedelta(days=1)
                if start > LAST or dice.random() > 0.6 + 0.4 * likes:
                    break
            members.append((company, likes))
    for n in range((LAST - FIRST).days + 1):
        today = day(FIRST, n)
        for source, share in (("contact_views", 0.95), ("messages", 0.2)):
            with open(making / source / f"{today}.csv", "w") as out:
                out.write("event_id,ts,company_id\n")
                out.writelines(
                    f"{source[0]}{n}-{m},{today} 1{m % 10}:0{m % 7}:00,{company}\n"
                    for m, (company, likes) in enumerate(members)
                    if dice.random() < share * (0.9 + 0.1 * likes)
                )
    making.rename(folder)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=33000)
    parser.add_argument("--keep", action="store_true", help="keep the loaded lake")
    arguments = parser.parse_args()
    folder = bench.WORK / f"risk-scale-{arguments.companies}"
    if not (folder / "lake" / "lake.sqlite").exists():
        files = made(arguments.companies, bench.WORK / f"risk-scale-{arguments.companies}-files")
        bench.project(folder, files)
        print(bench.HEADER)
        print(bench.row("load", bench.load(folder, NOW, bench.WORK / "risk-scale.log")), flush=True)
        shutil.rmtree(files)
    else:
        print(bench.HEADER)
    results = {}
    for table in TABLES:
        out = bench.WORK / f"risk-scale-{table}.csv"
        command = [bench.BIN, "--project", folder, "table", table, "--as-of", LAST.isoformat(), "--format", "csv", "-o", out]
        results[table] = bench.measure(command, bench.WORK / "risk-scale.log")
        with open(out) as lines:
            rows = sum(1 for _ in lines) - 1
        print(bench.row(table[:14], results[table], f"{rows} rows"), flush=True)
    (bench.WORK / "risk_scale.json").write_text(json.dumps(results, indent=1))
    if not arguments.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
