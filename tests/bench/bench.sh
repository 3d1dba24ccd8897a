#!/bin/sh
# bench.sh [--small] [FOLDER] [BENCH.PY OPTION...]: measure against the public command-line tools.
#
# Builds a release of esuscan, makes the large disk once (25 GB, sparse, and its E01; about 1 GB in
# all, two minutes) in FOLDER, and prints for raw and E01 what both take, the ratio, and whether the
# targets are met. --small tries it on a disk of 2 GB; its ratios mean nothing.

set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
small=
case ${1:-} in --small) small=--small; shift ;; esac
work=$source/build-bench/disk$small
case ${1:-} in -*|'') ;; *) work=$1; shift ;; esac

[ -f "$source/build-bench/build.ninja" ] ||
    meson setup "$source/build-bench" "$source" --buildtype=release >/dev/null
# The plugins that answer what the tools are asked, and no more of them.
ninja -C "$source/build-bench" src/esuscan plugins/build.so plugins/kernel.so \
    plugins/servicing.so fixtures/ntfsfill tests/bench/bench-floor | tail -n 1
if [ ! -f "$work/bench.E01" ] || [ -f "$work/unfinished" ]; then
    mkdir -p "$work"
    : >"$work/unfinished"
    python3 "$source/fixtures/recipes/bench_disk.py" $small \
        --ntfsfill "$source/build-bench/fixtures/ntfsfill" "$work"
    rm "$work/unfinished"
fi
exec python3 "$source/tests/bench/bench.py" --esuscan "$source/build-bench/src/esuscan" \
    --floor "$source/build-bench/tests/bench/bench-floor" "$@" "$work/bench.raw" "$work/bench.E01"
