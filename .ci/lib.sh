# Shared by .ci/run and its steps. Sourced, never run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# One folder outlives the clones on a machine, so that the dependencies are built once.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-/var/tmp/shoppulse-target}
export CARGO_TERM_COLOR=never
WORK=$CARGO_TARGET_DIR/ci
LOGS=$WORK/logs
SHOTS=$WORK/screenshots
VENV=$WORK/venv
BIN=$CARGO_TARGET_DIR/release/shoppulse
# Two copies of the sample project: the reports of the first are the ones that are looked at.
FIRST=$WORK/first
SECOND=$WORK/second

say() { printf '%s\n' "$*"; }

# retry N COMMAND...: registries fail now and then.
retry() {
    local left=$1
    shift
    until "$@"; do
        left=$((left - 1))
        if [ "$left" -le 0 ]; then return 1; fi
        say "failed, trying again in 10 s: $*"
        sleep 10
    done
}

# The day before project.now: what the sample's nightly run computes.
sample_as_of() {
    python3 - "$ROOT/shoppulse.toml" <<'PY'
import datetime, sys, tomllib
now = tomllib.load(open(sys.argv[1], "rb"))["project"]["now"]
print(datetime.date.fromisoformat(str(now)[:10]) - datetime.timedelta(days=1))
PY
}

# copy_project DIR: what a fresh clone holds of the sample project.
copy_project() {
    rm -rf "$1"
    mkdir -p "$1"
    (cd "$ROOT" && cp -rp shoppulse.toml pipelines sample_data "$1/")
}

passed=0
failed=0
# check NAME COMMAND...: one test of a shell step.
check() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        say "ok   $name"
    else
        failed=$((failed + 1))
        say "FAIL $name"
    fi
}

# end_checks: prints the count, and fails when a test failed or none ran.
end_checks() {
    say "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
