#!/bin/sh
# layers.sh [ROOT]: refuse an include that points up.
#
# A folder of src is a layer. It may include itself and what lies below it, as the table says; a
# foreign library's headers belong to the one place that wraps it; a plugin sees <esuscan/…> and
# standard headers only. Includes are written from src/ ("disk/fs.h").
#
# Before it judges the tree the check plants one offence of each sort in a scratch tree and makes
# sure that each is refused: a check that cannot fail proves nothing.

set -eu
export LC_ALL=C

root=${1:-$(dirname "$0")/..}

check() # ROOT: print each offence, one a line
{
    (cd "$1" && find include src plugins -name '*.[ch]' -type f | sort | tr '\n' '\0' |
        xargs -0 -r awk '
    BEGIN {
        below["base"]     = " "
        below["evidence"] = " base "
        below["disk"]     = " base evidence "
        below["windows"]  = " base evidence disk "
        below["ledger"]   = " base "
        below["host"]     = " base evidence disk windows ledger "
        below["report"]   = " base ledger "
        below["batch"]    = " base ledger report "

        # Header (a regular expression on what stands between < and >) and its home.
        home["^tsk/"]                    = "^src/disk/"
        home["^libewf"]                  = "^src/evidence/(source_)?ewf"
        home["^libvmdk"]                 = "^src/evidence/source_vmdk"
        home["^libvhdi"]                 = "^src/evidence/source_vhd"
        home["^libqcow"]                 = "^src/evidence/source_qcow"
        home["^libvshadow"]              = "^src/disk/snapshot[.]c"
        home["^libbfio|^libcerror|^libcdata|^libcthreads"] = "^src/evidence/"
        home["^libdeflate[.]h$"]         = "^src/evidence/|^src/windows/evtx"
        home["^libesedb"]                = "^src/windows/ese"
        home["^liblnk"]                  = "^src/windows/lnk"
        home["^libfwsi"]                 = "^src/windows/shell_item"
        home["^hivex[.]h$"]              = "^src/windows/hive"
        home["^openssl/"]                = "^src/(base|evidence|windows)/|^src/host/catalogue"
        home["^expat[.]h$"]              = "^src/windows/xml"
        home["^jansson[.]h$"]            = "^src/report/"
        home["^sqlite3[.]h$"]            = "^src/report/"
        home["^seccomp[.]h$|^linux/(landlock|seccomp|audit|filter)[.]h$"] = "^src/base/jail"
        home["^dlfcn[.]h$|^link[.]h$"]   = "^src/host/"
        home["^sys/mman[.]h$"]           = "^src/(base|windows)/"

        n = split("assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp " \
                  "signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn " \
                  "string tgmath threads time uchar wchar wctype", names, " ")
        for (i = 1; i <= n; i++)
            standard[names[i] ".h"] = 1
    }
    function offence(text) { print FILENAME ":" FNR ": " text }
    function layer(path,    part) {
        split(path, part, "/")
        if (part[1] != "src")
            return part[1]
        return part[3] == "" ? "top" : part[2]
    }
    FNR == 1 {
        here = layer(FILENAME)
        if (here != "top" && here != "include" && here != "plugins" && !(here in below))
            offence("the layer " here " is not in the table of tests/layers.sh")
    }
    /^[ \t]*#[ \t]*include[ \t]*</ {
        name = $0; sub(/^[^<]*</, "", name); sub(/>.*$/, "", name)
        if (name ~ /^esuscan\//)
            next
        if (here == "include" || here == "plugins") {
            if (!(name in standard))
                offence("<" name "> is neither <esuscan/...> nor a standard header")
            next
        }
        for (pattern in home)
            if (name ~ pattern && FILENAME !~ home[pattern])
                offence("<" name "> belongs to " substr(home[pattern], 2) " alone")
        next
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        name = $0; sub(/^[^"]*"/, "", name); sub(/".*$/, "", name)
        if (here == "include") {
            offence("a public header includes \"" name "\"")
        } else if (name ~ /(^|\/)[.][.]?\//) {
            offence("\"" name "\" climbs through folders")
        } else if (here == "plugins") {
            if (name ~ /\//)
                offence("a plugin includes \"" name "\" of the core")
        } else if (here != "top") {
            to = layer("src/" name)
            if (name !~ /\//)
                offence("\"" name "\" is not written from src/")
            else if (to != here && index(below[here], " " to " ") == 0)
                offence(here " includes \"" name "\", which does not lie below it")
        }
        next
    }
    /^[ \t]*#[ \t]*include/ { offence("an include whose name cannot be read") }
    ')
}

# ---- the check can fail: file, then the line that must be refused, or "fine" and one that must not
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
probe() # EXPECTED FILE LINE
{
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree/include/esuscan" "$scratch/tree/src" "$scratch/tree/plugins"
    mkdir -p "$scratch/tree/$(dirname "$2")"
    printf '%s\n' '/* planted */' "$3" >"$scratch/tree/$2"
    found=$(check "$scratch/tree")
    if [ "$1" = refused ] && [ -z "$found" ]; then
        echo "layers.sh is blind: $2 may hold: $3"
        exit 99
    elif [ "$1" = fine ] && [ -n "$found" ]; then
        echo "layers.sh sees ghosts: $found"
        exit 99
    fi
}
probe refused src/base/x.c       '#include "ledger/ledger.h"'
probe refused src/evidence/x.c   '#include "disk/fs.h"'
probe refused src/disk/x.h       '#include "windows/hive.h"'
probe refused src/windows/x.c    '#  include "ledger/ledger.h"'
probe refused src/ledger/x.c     '#include "disk/volume.h"'
probe refused src/report/x.c     '#include "windows/pe.h"'
probe refused src/batch/x.c      '#include "host/plugin.h"'
probe refused src/host/x.c       '#include "report/report.h"'
probe refused src/host/x.c       '#include "scan.h"'
probe refused src/host/x.c       '#include "plugin.h"'
probe refused src/disk/x.c       '#include "../windows/hive.h"'
probe refused src/cellar/x.c     '#include <stdio.h>'
probe refused src/disk/x.c       '#include HEADER'
probe refused src/windows/x.c    '#include <tsk/libtsk.h>'
probe refused src/disk/fs.c      '#include <libvshadow.h>'
probe refused src/evidence/raw.c '#include <libewf.h>'
probe refused src/host/x.c       '#include <hivex.h>'
probe refused src/windows/pe.c   '#include <hivex.h>'
probe refused src/evidence/x.c   '#include <sys/mman.h>'
probe refused src/report/x.c     '#include <dlfcn.h>'
probe refused src/main.c         '#include <seccomp.h>'
probe refused src/batch/x.c      '#include <sqlite3.h>'
probe refused plugins/x/x.c      '#include "windows/hive.h"'
probe refused plugins/x/x.c      '#include <unistd.h>'
probe refused plugins/x/x.c      '#include <hivex.h>'
probe refused include/esuscan/x.h '#include "base/note.h"'
probe refused include/esuscan/x.h '#include <sys/types.h>'
probe fine    src/disk/x.c       '#include "evidence/source.h"'
probe fine    src/disk/x.c       '#include <tsk/libtsk.h>'
probe fine    src/host/x.c       '#include "windows/hive.h"'
probe fine    src/scan.c         '#include "report/report.h"'
probe fine    plugins/x/x.c      '#include <esuscan/plugin.h>'
probe fine    plugins/x/x.c      '#include "names.h"'
probe fine    include/esuscan/x.h '#include <stdint.h>'

n=$(cd "$root" && find include src plugins -name '*.[ch]' -type f | wc -l)
if [ "$n" -lt 100 ]; then
    echo "only $n files below $root: that is not the source tree"
    exit 1
fi
found=$(check "$root")
if [ -n "$found" ]; then
    printf '%s\n' "$found"
    exit 1
fi
echo "every include of $n files points down"
