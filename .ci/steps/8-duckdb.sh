#!/usr/bin/env bash
# Stock DuckDB opens the lake that the sample made and agrees with the program's tables.
source "$(dirname "$0")/../lib.sh"
"$VENV/bin/python" "$ROOT/.ci/duckdb_check.py" "$FIRST/lake" "$BIN" "$FIRST" "$(sample_as_of)"
