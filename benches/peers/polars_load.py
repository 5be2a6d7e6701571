#!/usr/bin/env python3
"""The year's load in Python Polars: lazy scans, values cast without failing, bad rows dropped, one row an event_id,
zstd Parquet partitioned by day, and member_day. POLARS_MAX_THREADS sets the threads.

    polars_load.py INCOMING OUT [sorted]

`sorted` sorts each day by company, time and id, as the lake of shoppulse is; without it the peer has less to do.
A row with more fields than the header is cut to it, not rejected: Polars offers no other way to read on.
The last line printed is a JSON object with the rows loaded of each source and the rows of member_day.
"""
import json
import pathlib
import sys

import polars as pl

EVENT = ["event_id", "ts", "company_id", "visitor_id"]
# Source -> its columns, and those that must have a value.
SOURCES = {
    "shop_clicks": ([*EVENT, "click_source", "page", "excluded"], ["event_id", "ts", "company_id", "click_source"]),
    "ad_clicks": ([*EVENT, "ad_slot", "excluded"], ["event_id", "ts", "company_id"]),
    "contact_views": ([*EVENT, "channel", "excluded"], ["event_id", "ts", "company_id"]),
    "messages": ([*EVENT, "excluded"], ["event_id", "ts", "company_id"]),
    "inquiries": ([*EVENT, "product", "quantity", "excluded"], ["event_id", "ts", "company_id"]),
    "calls": (["event_id", "ts", "rep_id", "company_id", "direction", "duration_s", "outcome", "purpose"], ["event_id", "ts", "rep_id", "direction", "duration_s", "outcome"]),
}
WORDS = {"direction": ["outbound", "inbound"], "outcome": ["connected", "no_answer", "busy", "refused", "voicemail"], "purpose": ["presale", "aftersale", "other"]}
ZONE = "Asia/Shanghai"


def scan(source, incoming):
    columns, required = SOURCES[source]
    files = sorted([*incoming.glob(f"{source}/**/*.csv"), *incoming.glob(f"{source}*.csv")])
    empty = pl.LazyFrame(schema={c: pl.String for c in columns})
    raw = pl.concat([
        pl.scan_csv(f, infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy").select(columns) for f in files
    ] or [empty])
    text = pl.col("ts").str.replace(" ", "T", literal=True)
    # With an offset, else local time; in a fold the earlier, what lies in a gap is dropped.
    instant = pl.coalesce(
        text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=False),
        text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
        .dt.replace_time_zone(ZONE, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC"),
    )
    casts = [instant.alias("ts")]
    good = pl.all_horizontal(pl.col(c).is_not_null() for c in required) & (pl.col("event_id").str.len_bytes() <= 128)
    if "click_source" in columns:
        casts.append(pl.col("click_source").str.to_lowercase())
    if "quantity" in columns:
        casts.append(pl.col("quantity").cast(pl.Float64, strict=False).alias("number"))
        good &= pl.col("quantity").is_null() | (pl.col("number") >= 0)
    if "duration_s" in columns:
        casts.append(pl.col("duration_s").cast(pl.Int64, strict=False))
        good &= pl.col("duration_s").is_between(0, 86400)
        casts += [pl.col(c).str.to_lowercase() for c in WORDS]
        good &= pl.all_horizontal(pl.col(c).is_null() | pl.col(c).is_in(words) for c, words in WORDS.items())
    frame = raw.with_columns(casts).filter(good & (pl.col("ts").dt.year() >= 2000))
    if "quantity" in columns:
        frame = frame.with_columns(quantity=pl.col("number")).drop("number")
    frame = frame.unique("event_id", keep="first")
    return frame.with_columns(event_date=pl.col("ts").dt.convert_time_zone(ZONE).dt.date())


def write(frame, path, day, order):
    frame = frame.lazy().sort(order) if order else frame.lazy()
    frame.sink_parquet(pl.PartitionBy(path, key=day, include_key=True), compression="zstd", mkdir=True)


def main():
    incoming, out = (pathlib.Path(p) for p in sys.argv[1:3])
    order = ["event_date", "company_id", "ts", "event_id"] if "sorted" in sys.argv[3:] else []
    rows, counts = {}, []
    key = [pl.col("event_date").alias("date"), "company_id"]
    for source in SOURCES:
        frame = scan(source, incoming).collect()
        rows[source] = frame.height
        write(frame, out / source, "event_date", order)
        if source == "calls":
            counted = frame.filter(pl.col("company_id").is_not_null() & (pl.col("outcome") == "connected") & (pl.col("purpose") == "aftersale"))
            counts.append(counted.group_by(key).agg(aftersale_calls=pl.len()))
            continue
        figures = {source: pl.len()}
        if source == "shop_clicks":
            figures["visitors"] = pl.col("visitor_id").drop_nulls().n_unique()
        counts.append(frame.filter(pl.col("excluded").is_null()).group_by(key).agg(**figures))
    figures = ["shop_clicks", "visitors", "ad_clicks", "contact_views", "messages", "inquiries", "aftersale_calls"]
    member_day = pl.concat(counts, how="diagonal").group_by("date", "company_id").agg(pl.col(figures).sum().cast(pl.Int64))
    write(member_day, out / "member_day", "date", ["date", "company_id"])
    rows["member_day"] = member_day.height
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
