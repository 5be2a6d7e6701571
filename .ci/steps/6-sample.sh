#!/usr/bin/env bash
# The README's first command, in a copy of the sample project, and what it made.
source "$(dirname "$0")/../lib.sh"
cd "$ROOT"
as_of=$(sample_as_of)
say "as of $as_of"
check "README.md gives the first command" grep -qF 'cargo run --release -- run nightly' README.md

copy_project "$FIRST"
run_first() { (cd "$FIRST" && cargo run --release --manifest-path "$ROOT/Cargo.toml" -- run nightly); }
check "the first command ends with 0" run_first

made() { find "$FIRST/reports" -path "*$as_of*" -name "$1" -size +0 | grep -q .; }
for kind in 'renewal_risk*.html' 'renewal_risk*.xlsx' 'renewal_risk*.csv' 'run_summary*.html'; do
    check "made: $kind" made "$kind"
done
latest() { find -L "$FIRST/reports" -path '*latest*' -name 'renewal_risk*.html' -size +0 | grep -q .; }
check "the latest report stands beside" latest
check "the catalog for readers is there" test -s "$FIRST/lake/lake.sqlite"

# tables PROJECT DIR: every mart as CSV.
tables=(member_day click_source_day ad_slot_day source_day member_health renewals deals renewal_rates renewal_risk
    renewal_reasons renewal_backtest renewal_calibration risk_track market_share client_value concentration
    retention_curve member_movement orphans risk_published)
export_tables() {
    rm -rf "$2"
    mkdir -p "$2"
    local name
    for name in "${tables[@]}"; do
        "$BIN" --project "$1" table "$name" --as-of "$as_of" --format csv >"$2/$name.csv" || return 1
    done
}
account() { "$BIN" --project "$1" table ingest_files --format csv; }
loaded() { account "$1" | python3 -c 'import csv, sys; print(sum(int(row["rows_loaded"]) for row in csv.DictReader(sys.stdin)))'; }
# The reports that must be the same bytes: all but the operator's account of a run.
report_sums() { (cd "$1/reports" && find . -type f ! -name '*run_summary*' ! -path '*/example/*' -print0 | sort -z | xargs -0 sha256sum); }

check "every table is printed" export_tables "$FIRST" "$WORK/tables-first"
filled() { [ "$(wc -l <"$WORK/tables-first/$1.csv")" -gt 1 ]; }
for name in member_day click_source_day source_day member_health renewals renewal_rates renewal_risk market_share client_value concentration retention_curve member_movement; do
    check "$name has rows" filled "$name"
done

before=$(loaded "$FIRST")
report_sums "$FIRST" >"$WORK/reports-first.txt"
check "the first run loaded rows" test "$before" -gt 0
check "a second run ends with 0" "$BIN" --project "$FIRST" run nightly
check "a second run loads nothing" test "$(loaded "$FIRST")" = "$before"
report_sums "$FIRST" >"$WORK/reports-again.txt"
check "a second run leaves the same reports" cmp "$WORK/reports-first.txt" "$WORK/reports-again.txt"

copy_project "$SECOND"
check "a clean run on one core ends with 0" taskset -c 0 "$BIN" --project "$SECOND" run nightly
check "a table goes to a file" taskset -c 0 "$BIN" --project "$SECOND" table renewals --as-of "$as_of" --format csv -o "$WORK/renewals.csv"
check "every table of the clean run is printed" export_tables "$SECOND" "$WORK/tables-second"
check "same bytes: tables" diff -rq "$WORK/tables-first" "$WORK/tables-second"
report_sums "$SECOND" >"$WORK/reports-second.txt"
check "same bytes: reports" diff "$WORK/reports-first.txt" "$WORK/reports-second.txt"
parquet_sums() { (cd "$1/lake" && find . -name '*.parquet' -print0 | xargs -0 sha256sum | cut -d ' ' -f 1 | sort); }
parquet_sums "$FIRST" >"$WORK/parquet-first.txt"
parquet_sums "$SECOND" >"$WORK/parquet-second.txt"
check "same bytes: Parquet files" diff -q "$WORK/parquet-first.txt" "$WORK/parquet-second.txt"

check "month-end runs" "$BIN" --project "$FIRST" run month-end
check "quarterly-strategy runs" "$BIN" --project "$FIRST" run quarterly-strategy
strategy() { find "$FIRST/reports" -name 'strategy_review*.html' -size +0 | grep -q .; }
check "made: strategy_review*.html" strategy

# The member with most at risk; 7-browser.sh looks at its page.
company=$(sed -n 2p "$WORK/tables-first/renewal_risk.csv" | cut -d, -f2)
mkdir -p "$FIRST/reports/explain"
check "one member's story is a page" "$BIN" --project "$FIRST" explain "$company" --as-of "$as_of" -o "$FIRST/reports/explain/story.html"
check "one member's story is text" "$BIN" --project "$FIRST" explain "$company" --as-of "$as_of" -o "$WORK/story-first.txt"
check "the same story on one core" taskset -c 0 "$BIN" --project "$SECOND" explain "$company" --as-of "$as_of" -o "$WORK/story-second.txt"
check "same bytes: story" cmp "$WORK/story-first.txt" "$WORK/story-second.txt"
end_checks
