#!/usr/bin/env bash
# rustdoc's own flags do not touch how dependencies are built.
source "$(dirname "$0")/../lib.sh"
cd "$ROOT"
RUSTDOCFLAGS="-D warnings" cargo doc --release --locked --no-deps
