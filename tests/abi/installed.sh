#!/bin/sh
# installed.sh BUILD EXAMPLE IMAGE: what is installed is enough to build a plugin outside of the tree,
# in C and in C++; the installed program loads it and the installed plugins. They do not lie where
# they were built to be, so the program is told where.

set -eu

build=$1 example=$2 image=$3
for tool in meson pkg-config; do
    command -v "$tool" >/dev/null || { echo "$tool is not here"; exit 77; }
done
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
meson install -C "$build" --no-rebuild --quiet --destdir "$root" >"$root/log" 2>&1 || { cat "$root/log"; exit 1; }
found=$(find "$root" -name esuscan-plugin.pc)
[ -n "$found" ] || { echo 'no esuscan-plugin.pc was installed'; exit 1; }
PKG_CONFIG_PATH=$(dirname "$found") PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
program=$(find "$root" -type f -path '*/bin/esuscan')
bundled=$(pkg-config --variable=plugindir esuscan-plugin)
catalogue=$(dirname "$(find "$root" -path '*/catalogue/updates.csv')")
[ -f "$bundled/build.so" ] || { echo "no plugins in $bundled"; exit 1; }

strict='-pedantic-errors -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wundef -Wcast-qual -Werror
-Wno-missing-field-initializers -fPIC -shared -fvisibility=hidden'
tried=0
for how in "${CC:-cc} -std=c17" "${CXX:-c++} -x c++ -std=c++20"; do
    command -v "${how%% *}" >/dev/null || continue
    tried=$((tried + 1))
    mkdir "$root/$tried"
    # shellcheck disable=SC2046,SC2086
    $how $strict $(pkg-config --cflags esuscan-plugin) -o "$root/$tried/example.so" "$example"
    status=0 # 1: it says that its plugins are not where they were to be
    "$program" --plugin-path "$bundled" --plugin-path "$root/$tried" --catalogue "$catalogue" \
        "$image" >"$root/report" 2>"$root/errors" || status=$?
    [ $status -le 1 ] || { cat "$root/errors"; exit 1; }
    grep -q '^  Owner  *named' "$root/report" || { echo "$how: its verdict is missing"; exit 1; }
    grep -q '^  Build  *6003, lagging' "$root/report" || { echo 'that of build.so is missing'; exit 1; }
done
[ $tried -gt 0 ] || { echo 'no compiler is here'; exit 77; }
echo "$tried plugins built outside, loaded by what was installed"
