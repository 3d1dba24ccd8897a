#!/bin/sh
# man.sh PAGE PROGRAM: the manual page is well-formed, and names every option that --help names.

set -eu

page=$1 program=$2
if ! command -v groff >/dev/null; then
    echo "groff is not here"
    exit 77
fi
complaints=$(groff -man -ww -Tutf8 "$page" 2>&1 >/dev/null)
if [ -n "$complaints" ]; then
    printf '%s\n' "$complaints"
    exit 1
fi

helped=$("$program" --help | grep -oE '(^|[ ,[])--?[a-z][a-z-]*' | tr -d ' ,[' | sort -u)
if [ "$(printf '%s\n' "$helped" | wc -l)" -lt 20 ]; then
    echo "--help names hardly an option"
    exit 1
fi
missing=
shown=$(groff -man -Tascii -P-c "$page" | sed 's/.\x08//g')
for option in $helped; do
    printf '%s\n' "$shown" | grep -qE -- "(^|[^a-z-])$option([^a-z-]|\$)" || missing="$missing $option"
done
if [ -n "$missing" ]; then
    echo "the manual page does not know:$missing"
    exit 1
fi
# and the other way round: every option that the page explains exists
explained=$(printf '%s\n' "$shown" | grep -oE '^ {7}-.*' | grep -oE -- '(^|[ ,])--?[a-z][a-z-]*' |
    tr -d ' ,' | sort -u)
if [ "$(printf '%s\n' "$explained" | wc -l)" -lt 20 ]; then
    echo "the manual page explains hardly an option"
    exit 1
fi
for option in $explained; do
    case $("$program" "$option" 2>&1 </dev/null) in
    *'no option'*) missing="$missing $option" ;;
    esac
done
if [ -n "$missing" ]; then
    echo "the program does not know:$missing"
    exit 1
fi
