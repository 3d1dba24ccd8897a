#!/bin/sh
# bare.sh [--root|--user|--all] [TARBALL]: show that the README's two commands work on a bare
# Debian 12. Run as root.
#
# A minimal tree is made by debootstrap (or unpacked from TARBALL, one made before), gets git, a
# user with sudo and a clone of this repository's HEAD, and each command runs in it, once as root
# and once as that user, each time on a tree in which nothing is installed yet. The tree's apt is
# told what the host's is told (proxy, resolver) and otherwise knows Debian alone.

set -eu

who=--all
case ${1:-} in
--*) who=$1; shift ;;
esac
tarball=${1:-}
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/var/tmp}/bare.XXXXXX")
tree=$work/tree

[ "$(id -u)" -eq 0 ] || { echo 'chroot needs root' >&2; exit 2; }

leave()
{
    if mountpoint -q "$tree/proc"; then
        umount "$tree/proc" || umount -l "$tree/proc"
    fi
    # Never delete through a mount that would not go.
    if ! grep -q " $tree/" /proc/mounts; then
        rm -rf --one-file-system "$work"
    fi
}
trap leave EXIT
trap 'exit 1' INT TERM

fresh() # a bare tree
{
    if mountpoint -q "$tree/proc"; then umount "$tree/proc"; fi
    rm -rf --one-file-system "$tree"
    mkdir -p "$tree"
    if [ -n "$tarball" ]; then
        tar -xf "$tarball" -C "$tree" --numeric-owner
    else
        debootstrap --variant=minbase bookworm "$tree" "${MIRROR:-http://deb.debian.org/debian}"
    fi
    cp /etc/resolv.conf "$tree/etc/resolv.conf"
    cp /etc/hosts "$tree/etc/hosts"
    {
        echo "deb ${MIRROR:-http://deb.debian.org/debian} bookworm main"
        echo "deb ${MIRROR:-http://deb.debian.org/debian} bookworm-updates main"
        echo 'deb http://deb.debian.org/debian-security bookworm-security main'
    } >"$tree/etc/apt/sources.list"
    rm -f "$tree"/etc/apt/sources.list.d/*
    apt-config dump | grep -E '^Acquire::(http|https)::' >"$tree/etc/apt/apt.conf.d/99host" || :
    mount -t proc proc "$tree/proc"
    mkdir -p "$tree/dev/shm" && chmod 1777 "$tree/dev/shm" # as on any Debian that was booted
    inside root 'apt-get update -q && DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends git ca-certificates '"$1"
}

inside() # USER COMMAND
{
    if [ "$1" = root ]; then
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
            chroot "$tree" sh -c "$2"
    else
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
            chroot "$tree" su - "$1" -c "$2"
    fi
}

clone() # USER FOLDER
{
    git clone -q --bare --no-hardlinks "$source" "$tree/srv/esuscan.git"
    inside root "chown -R $1: /srv/esuscan.git" # git trusts only what is the user's own
    inside "$1" "git clone -q /srv/esuscan.git $2"
    inside "$1" "git -C $2 log --oneline -1"
}

verdict=0
prove() # USER FOLDER COMMAND
{
    echo "==== as $1: $3"
    at=$(date +%s)
    if inside "$1" "cd $2 && $3"; then
        echo "==== as $1: $3: passed, $(($(date +%s) - at)) s"
    else
        echo "==== as $1: $3: FAILED with status $?"
        verdict=1
    fi
}

if [ "$who" != --user ]; then
    fresh ''                # no sudo: root needs none
    clone root /root/esuscan
    prove root /root/esuscan .ci/demo
    prove root /root/esuscan .ci/test
fi
if [ "$who" != --root ]; then
    fresh sudo
    inside root 'useradd -m -s /bin/bash examiner &&
        echo "examiner ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/examiner'
    clone examiner /home/examiner/esuscan
    prove examiner /home/examiner/esuscan .ci/demo
    prove examiner /home/examiner/esuscan .ci/test
fi
exit $verdict
