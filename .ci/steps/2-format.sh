#!/usr/bin/env bash
source "$(dirname "$0")/../lib.sh"
cd "$ROOT"
cargo fmt --check
