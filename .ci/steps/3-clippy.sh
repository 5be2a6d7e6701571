#!/usr/bin/env bash
# Warnings are denied after `--`: the dependencies stay as they were built.
source "$(dirname "$0")/../lib.sh"
cd "$ROOT"
cargo clippy --release --locked --all-targets -- -D warnings
