#!/usr/bin/env bash
# What the gate needs besides Rust, a C compiler and Python: a browser, a font with Chinese, DuckDB, strace.
source "$(dirname "$0")/../lib.sh"

has_font() { fc-list ":lang=$1" 2>/dev/null | grep -q .; }
packages=()
command -v chromium >/dev/null || packages+=(chromium)
command -v fc-list >/dev/null || packages+=(fontconfig)
{ has_font zh-cn && has_font zh-tw; } || packages+=(fonts-wqy-microhei)
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
command -v taskset >/dev/null || packages+=(util-linux)
command -v strace >/dev/null || packages+=(strace)
command -v cc >/dev/null || packages+=(gcc libc6-dev)
if [ ${#packages[@]} -gt 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    retry 3 apt-get update
    retry 3 apt-get install -y --no-install-recommends "${packages[@]}"
fi

wanted=(duckdb==1.5.5 duckdb-extension-ducklake==1.5.5 duckdb-extension-sqlite-scanner==1.5.5)
stamp="$VENV/${wanted[*]//[^a-z0-9.-]/_}"
if ! [ -e "${stamp// /+}" ]; then
    rm -rf "$VENV"
    python3 -m venv "$VENV"
    retry 4 "$VENV/bin/pip" install --disable-pip-version-check --quiet "${wanted[@]}"
    touch "${stamp// /+}"
fi

cargo fmt --version >/dev/null || retry 3 rustup component add rustfmt
cargo clippy --version >/dev/null || retry 3 rustup component add clippy
chromium --version
fc-list :lang=zh-tw family | head -n 1
"$VENV/bin/python" -c 'import duckdb; print("duckdb", duckdb.__version__)'
(cd "$ROOT" && retry 4 cargo fetch --locked)
