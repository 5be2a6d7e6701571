#!/usr/bin/env bash
# Nothing lost, nothing half done: what is relied on is on disk, disks are full, and a night is disturbed at its calls.
# SWEEP_STRIDE=1 disturbs it at every one.
source "$(dirname "$0")/../lib.sh"
python3 "$ROOT/.ci/crash/order.py" "$BIN"
python3 "$ROOT/.ci/crash/disk.py" "$BIN"
SWEEP_SECONDS=${SWEEP_SECONDS:-90} SWEEP_SAID=1 python3 "$ROOT/.ci/crash/sweep.py" "$BIN"
