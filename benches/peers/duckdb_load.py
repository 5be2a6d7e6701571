#!/usr/bin/env python3
"""The year's load as DuckDB's manual advises it: read_csv with named types, two threads, insertion order not kept,
rows that cannot be read rejected, one row an event_id, zstd Parquet partitioned by day, and member_day.

    duckdb_load.py INCOMING OUT [sorted]

`sorted` sorts each day by company, time and id, as the lake of shoppulse is; without it the peer has less to do.
The last line printed is a JSON object with the rows loaded of each source and the rows of member_day.
"""
import json
import pathlib
import sys

import duckdb

TEXT, TIME, REAL, WHOLE = "VARCHAR", "TIMESTAMPTZ", "DOUBLE", "BIGINT"
# Source -> column -> type, and the columns that must have a value besides event_id and ts.
SOURCES = {
    "shop_clicks": ({"event_id": TEXT, "ts": TIME, "company_id": TEXT, "visitor_id": TEXT, "click_source": TEXT, "page": TEXT, "excluded": TEXT}, ["company_id", "click_source"]),
    "ad_clicks": ({"event_id": TEXT, "ts": TIME, "company_id": TEXT, "visitor_id": TEXT, "ad_slot": TEXT, "excluded": TEXT}, ["company_id"]),
    "contact_views": ({"event_id": TEXT, "ts": TIME, "company_id": TEXT, "visitor_id": TEXT, "channel": TEXT, "excluded": TEXT}, ["company_id"]),
    "messages": ({"event_id": TEXT, "ts": TIME, "company_id": TEXT, "visitor_id": TEXT, "excluded": TEXT}, ["company_id"]),
    "inquiries": ({"event_id": TEXT, "ts": TIME, "company_id": TEXT, "visitor_id": TEXT, "product": TEXT, "quantity": REAL, "excluded": TEXT}, ["company_id"]),
    "calls": ({"event_id": TEXT, "ts": TIME, "rep_id": TEXT, "company_id": TEXT, "direction": TEXT, "duration_s": WHOLE, "outcome": TEXT, "purpose": TEXT}, ["rep_id", "direction", "duration_s", "outcome"]),
}
RANGES = {
    "inquiries": "AND (quantity IS NULL OR quantity >= 0)",
    "calls": "AND duration_s BETWEEN 0 AND 86400 AND direction IN ('outbound', 'inbound') AND outcome IN ('connected', 'no_answer', 'busy', 'refused', 'voicemail')"
             " AND (purpose IS NULL OR purpose IN ('presale', 'aftersale', 'other'))",
}
LOWER = {"click_source", "direction", "outcome", "purpose"}
MEMBER_DAY = """
COPY (
    WITH counts AS (
        SELECT event_date AS date, company_id, count(*) AS shop_clicks, count(DISTINCT visitor_id) AS visitors,
            0 AS ad_clicks, 0 AS contact_views, 0 AS messages, 0 AS inquiries, 0 AS aftersale_calls
            FROM shop_clicks WHERE excluded IS NULL GROUP BY ALL
        UNION ALL SELECT event_date, company_id, 0, 0, count(*), 0, 0, 0, 0 FROM ad_clicks WHERE excluded IS NULL GROUP BY ALL
        UNION ALL SELECT event_date, company_id, 0, 0, 0, count(*), 0, 0, 0 FROM contact_views WHERE excluded IS NULL GROUP BY ALL
        UNION ALL SELECT event_date, company_id, 0, 0, 0, 0, count(*), 0, 0 FROM messages WHERE excluded IS NULL GROUP BY ALL
        UNION ALL SELECT event_date, company_id, 0, 0, 0, 0, 0, count(*), 0 FROM inquiries WHERE excluded IS NULL GROUP BY ALL
        UNION ALL SELECT event_date, company_id, 0, 0, 0, 0, 0, 0, count(*) FROM calls
            WHERE company_id IS NOT NULL AND outcome = 'connected' AND purpose = 'aftersale' GROUP BY ALL)
    SELECT date, company_id, sum(shop_clicks)::BIGINT AS shop_clicks, sum(visitors)::BIGINT AS visitors, sum(ad_clicks)::BIGINT AS ad_clicks,
        sum(contact_views)::BIGINT AS contact_views, sum(messages)::BIGINT AS messages, sum(inquiries)::BIGINT AS inquiries,
        sum(aftersale_calls)::BIGINT AS aftersale_calls
    FROM counts GROUP BY ALL ORDER BY date, company_id
) TO '{out}' (FORMAT parquet, PARTITION_BY (date), WRITE_PARTITION_COLUMNS true, COMPRESSION zstd)"""


def load(con, source, incoming, out, order):
    columns, required = SOURCES[source]
    files = sorted(str(p) for p in [*incoming.glob(f"{source}/**/*.csv"), *incoming.glob(f"{source}*.csv")])
    if not files:
        con.execute(f"CREATE TEMP TABLE {source} ({', '.join(f'{c} {t}' for c, t in columns.items())}, event_date DATE)")
        return 0
    # Named types in the file's order: the sniffer gives up on files with broken rows.
    header = pathlib.Path(files[0]).read_text(encoding="utf-8-sig", errors="replace").split("\n", 1)[0].strip().split(",")
    in_file = {column: columns.get(column, TEXT) for column in header}
    select = ", ".join(f"lower(trim({c})) AS {c}" if c in LOWER else c for c in columns)
    there = " AND ".join(f"{c} IS NOT NULL" for c in ["event_id", "ts", *required])
    con.execute(f"""
        CREATE TEMP TABLE {source} AS
        SELECT DISTINCT ON (event_id) {select}, ts::DATE AS event_date
        FROM read_csv({files}, header = true, delim = ',', quote = '"', escape = '"', auto_detect = false,
            columns = {in_file}, nullstr = '', ignore_errors = true)
        WHERE {there} AND strlen(event_id) <= 128 AND ts >= TIMESTAMPTZ '2000-01-01' {RANGES.get(source, '')}""")
    con.execute(f"""COPY (SELECT * FROM {source} {order}) TO '{out / source}'
        (FORMAT parquet, PARTITION_BY (event_date), WRITE_PARTITION_COLUMNS true, COMPRESSION zstd)""")
    return con.execute(f"SELECT count(*) FROM {source}").fetchone()[0]


def main():
    incoming, out = (pathlib.Path(p) for p in sys.argv[1:3])
    con = duckdb.connect()
    con.execute("SET threads = 2; SET preserve_insertion_order = false; SET TimeZone = 'Asia/Shanghai'; SET partitioned_write_max_open_files = 500")
    con.execute(f"SET temp_directory = '{out / 'spill'}'")
    order = "ORDER BY event_date, company_id, ts, event_id" if "sorted" in sys.argv[3:] else ""
    rows = {source: load(con, source, incoming, out, order) for source in SOURCES}
    con.execute(MEMBER_DAY.format(out=out / "member_day"))
    rows["member_day"] = con.execute(f"SELECT count(*) FROM read_parquet('{out / 'member_day'}/**/*.parquet')").fetchone()[0]
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
