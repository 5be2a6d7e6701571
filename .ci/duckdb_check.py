#!/usr/bin/env python3
"""Opens the lake with stock DuckDB and compares what SQL finds there with what `shoppulse table` prints.

    duckdb_check.py LAKE_DIR SHOPPULSE_BIN PROJECT_DIR [AS_OF]

Needs the packages duckdb, duckdb-extension-ducklake and duckdb-extension-sqlite-scanner. AS_OF: default the day before
`project.now` of shoppulse.toml.
"""
import csv
import datetime
import glob
import importlib.util
import io
import os
import subprocess
import sys
import tomllib
from decimal import Decimal

import duckdb

import lake_sql
from checks import Checks

COUNTERS = ["shop_clicks", "visitors", "ad_clicks", "contact_views", "messages", "inquiries", "aftersale_calls"]
EVENTS = ["shop_clicks", "ad_clicks", "contact_views", "messages", "inquiries", "calls"]


def attach(lake):
    con = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    con.execute("SET TimeZone = 'UTC'; SET threads = 2")
    for name in ("sqlite_scanner", "ducklake"):
        package = importlib.util.find_spec("duckdb_extension_" + name)
        folder = list(package.submodule_search_locations)[0]
        (path,) = glob.glob(os.path.join(folder, "**", name + ".duckdb_extension"), recursive=True)
        con.execute(f"LOAD '{path}'")
    con.execute(f"ATTACH 'ducklake:sqlite:{os.path.join(lake, 'lake.sqlite')}' AS lake (READ_ONLY)")
    return con


def settings(project):
    with open(os.path.join(project, "shoppulse.toml"), "rb") as file:
        return tomllib.load(file)


class Tables:
    """What `shoppulse table` prints, as lists of dicts of text; asked once each."""

    def __init__(self, binary, project, as_of):
        self.command, self.as_of, self.kept = [binary, "--project", project, "table"], as_of, {}

    def __call__(self, name):
        if name not in self.kept:
            command = [*self.command, name, "--as-of", self.as_of, "--format", "csv"]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
            if done.returncode:
                sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
            self.kept[name] = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
        return self.kept[name]


def total(rows, column, kind=int):
    return sum((kind(row[column]) for row in rows if row[column]), kind(0))


def main():
    lake, binary, project = sys.argv[1:4]
    config = settings(project)
    if len(sys.argv) > 4:
        as_of = sys.argv[4]
    else:
        as_of = str(datetime.date.fromisoformat(str(config["project"]["now"])[:10]) - datetime.timedelta(days=1))
    d, grace = f"DATE '{as_of}'", config.get("renewal", {}).get("grace_days", 30)
    table, checks, con = Tables(binary, project, as_of), Checks(), attach(lake)
    sql = lambda text: con.execute(text.format(d=d, grace=grace)).fetchall()
    print(f"duckdb {duckdb.__version__}, as of {as_of}")

    # ---- roll-ups: as stored, and recomputed from the events ----
    for name, keys, counters, again in (
        ("member_day", ["company_id"], COUNTERS, lake_sql.MEMBER_DAY),
        ("click_source_day", ["company_id", "click_source"], ["clicks"], lake_sql.CLICK_SOURCE_DAY),
        ("ad_slot_day", ["company_id", "ad_slot"], ["clicks"], lake_sql.AD_SLOT_DAY),
    ):
        sums = ", ".join(f"coalesce(sum({c}), 0)::BIGINT" for c in counters)
        said = (len(table(name)), *(total(table(name), c) for c in counters))
        checks.equal(f"{name} rows and sums, stored", said, *sql(f"SELECT count(*), {sums} FROM lake.{name} WHERE date <= {{d}}"))
        checks.equal(f"{name} rows and sums, from the events", said, *sql(f"SELECT count(*), {sums} FROM ({again})"))
        columns = ", ".join(["date", *keys, *counters])
        stored = f"(SELECT {columns} FROM lake.{name} WHERE date <= {{d}})"
        differs = sql(f"SELECT count(*) FROM ((SELECT {columns} FROM ({again}) EXCEPT {stored}) UNION ALL ({stored} EXCEPT SELECT {columns} FROM ({again})))")
        checks.equal(f"{name} rows that differ between lake and events", differs[0][0], 0)

    # ---- source_day ----
    for source in EVENTS:
        rows = [row for row in table("source_day") if row["source"] == source]
        if not rows:
            checks.equal(f"source_day has no day of {source}", len(rows), sql(f"SELECT count(*) FROM lake.{source} WHERE event_date <= {{d}}")[0][0])
            continue
        first = min(row["date"] for row in rows)
        checks.equal(f"source_day of {source}: days and rows since {first}", (len(rows), total(rows, "rows")),
                     *sql(f"SELECT ({{d}} - DATE '{first}' + 1)::BIGINT, count(*) FROM lake.{source} WHERE event_date BETWEEN DATE '{first}' AND {{d}}"))

    # ---- contracts, companies, renewals ----
    checks.equal("deals: contracts signed", len(table("deals")), sql("SELECT count(*) FROM lake.contracts WHERE signed_on <= {d}")[0][0])
    by_sort = dict(sql(lake_sql.TERMS + "SELECT sort, count(*) FROM terms GROUP BY ALL"))
    for sort in ("void", "trial", "addon"):
        checks.equal(f"deals: {sort}", sum(row["deal_type"] == sort for row in table("deals")), by_sort.get(sort, 0))
    renewals = table("renewals")
    want = sql(f"SELECT count(*), coalesce(sum(amount), 0), coalesce(sum(annual_amount), 0)::DECIMAL(38, 2) FROM ({lake_sql.RENEWALS})")
    checks.equal("renewals: memberships, amount, annual amount", (len(renewals), total(renewals, "amount", Decimal), total(renewals, "annual_amount", Decimal)), *want)
    keys = ("contract_id", "company_id", "start_date", "end_date", "status", "renewed_by")
    rows = sorted(tuple(str(v) if v is not None else "" for v in row) for row in sql(f"SELECT {', '.join(keys)} FROM ({lake_sql.RENEWALS})"))
    said = sorted(tuple(row[k] for k in keys) for row in renewals)
    checks.equal("renewals: contracts whose dates, status or renewed_by differ", sorted(set(said) ^ set(rows))[:4], [])
    quarter = max((row["quarter"] for row in table("market_share")), default="")
    everyone = [row for row in table("market_share") if row["quarter"] == quarter and row["segment"] == "all"]
    checks.equal(f"market_share of {quarter}: companies, registered", *[(int(row["companies"]), int(row["registered"])) for row in everyone], *sql(lake_sql.VISIBLE))
    checks.equal(f"market_share of {quarter}: members", *[int(row["members"]) for row in everyone], sql(lake_sql.MEMBERS)[0][0])

    # ---- the account of files ----
    files = table("ingest_files")
    odd = [row["path"] for row in files if int(row["rows_read"]) != sum(int(row["rows_" + w]) for w in ("loaded", "duplicate", "quarantined"))]
    checks.equal("files whose account does not close", odd, [])
    for source in EVENTS:
        checks.equal(f"rows loaded of {source}", total([r for r in files if r["source"] == source], "rows_loaded"), sql(f"SELECT count(*) FROM lake.{source}")[0][0])
        checks.equal(f"distinct ids of {source}", total([r for r in files if r["source"] == source], "rows_loaded"), sql(f"SELECT count(DISTINCT event_id) FROM lake.{source}")[0][0])
    checks.equal("rows quarantined", len(table("quarantine")), total(files, "rows_quarantined"))
    checks.true("the snapshots can be listed", con.execute("SELECT count(*) FROM ducklake_snapshots('lake')").fetchone()[0] > 1)
    checks.end()


if __name__ == "__main__":
    main()
