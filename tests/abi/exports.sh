#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# exports.sh: a plugin exports one name and asks the C library for memory and text only.
# usage: exports.sh MODULE…
set -eu
[ $# -gt 0 ] || { echo "no module was named"; exit 1; }
status=0
for module; do
    # what a sanitizer or a coverage tool exports is not the plugin's
    exported=$(nm -D --defined-only "$module" | awk '{ print $3 }' |
        grep -v '^_\|^\(asan\|llvm\|__\)' | tr '\n' ' ')
    if [ "$exported" != "esuscan_plugin " ]; then
        echo "$module exports: $exported"
        status=1
    fi
    foreign=$(nm -D --undefined-only "$module" | awk '{ sub(/@.*/, "", $2); print $2 }' |
        grep -v -x '__.*\|_ITM_.*\|mem[a-z]*\|str[a-z]*\|v\{0,1\}snprintf\|calloc\|malloc\|free\|qsort\|bsearch\|bcmp' |
        tr '\n' ' ')
    if [ -n "$foreign" ]; then
        echo "$module asks for: $foreign"
        status=1
    fi
done
exit $status
