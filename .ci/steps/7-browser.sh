#!/usr/bin/env bash
# The check proves itself on pages that are bad on purpose, then looks at every report of the sample.
source "$(dirname "$0")/../lib.sh"
python3 "$ROOT/.ci/browser_check.py" --selftest "$ROOT/.ci/selftest"
rm -rf "$SHOTS"
mapfile -t pages < <(find "$FIRST/reports" -name '*.html' ! -path '*/latest/*' ! -path '*/example/*' | sort)
python3 "$ROOT/.ci/browser_check.py" --shots "$SHOTS" "${pages[@]}"
