#!/usr/bin/env bash
# The README's second command.
source "$(dirname "$0")/../lib.sh"
cd "$ROOT"
grep -qF 'cargo test --release' README.md || { say "README.md does not give the command that passes all tests: cargo test --release"; exit 1; }
cargo test --release --no-fail-fast
