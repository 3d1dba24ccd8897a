#!/usr/bin/env python3
"""verify.py: `esuscan verify` against ewfverify and against MD5 alone, in alternation.

    verify.py --esuscan PROGRAM [--rounds N] [--gib N] [--first] FOLDER | IMAGE.E01

Of an E01 that is named, or of one that is made in FOLDER: the files below /usr, one behind the
other, as many GiB as asked for, stored with ewfacquire's fast compression. Programs, text and data
are what a system disk is full of. An image of zeros shows less: inflating costs next to nothing
then, what is left is MD5, and no program can be 2.5 times as fast as ewfverify. Both compute the
digests that are stored in the image.

The limit is MD5 by OpenSSL over memory in one thread: no verification that computes one is faster.
Targets: 2.5 times ewfverify, 90 % of MD5. In each round the three run one behind the other, each
round begins with the next of them, and a round gives two ratios; what counts is their median, for
what else the machine does drifts. Beside the clock stands the processor time that was used, shared
out among two quiet processors, which is what two would take at best: a hint where the machine was
not quiet, no measurement. --first runs all ahead of other programs; it needs root. Status 1: a
target was missed."""

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import time

BLOCK = 1 << 20
AGAINST_EWFVERIFY = 2.5
OF_MD5 = 0.9


def measure(command, before):
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             preexec_fn=before)
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit('%s fails' % command)
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def make(folder, gib):
    """An E01 of the files below /usr; made once."""
    raw, e01 = os.path.join(folder, 'media.raw'), os.path.join(folder, 'media.E01')
    if os.path.exists(e01):
        return e01
    left = gib << 30
    with open(raw, 'wb') as out:
        for at, folders, names in os.walk('/usr'):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(at, name)
                if os.path.islink(path) or not os.path.isfile(path) or not left:
                    continue
                with open(path, 'rb') as file:
                    while left and (data := file.read(min(BLOCK, left))):
                        left -= out.write(data)
        out.truncate(out.tell() // 512 * 512)
    subprocess.run(['ewfacquire', '-u', '-q', '-c', 'fast', '-S', '8G', '-t', e01[:-4], raw],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.remove(raw)
    return e01


def ask(esuscan, e01):
    """The size of the media, and whether a SHA-1 is stored: ewfverify computes one if told to."""
    run = subprocess.run([esuscan, 'verify', '-q', e01], stdout=subprocess.PIPE, text=True,
                         check=True)
    if ': intact (' not in run.stdout:
        sys.exit(run.stdout)
    return int(run.stdout.split(' bytes)')[0].rsplit(' ', 1)[1]), '  SHA-1 ' in run.stdout


def hash_memory(size):
    """MD5 of so many bytes out of memory: what a child of this program does."""
    block, digest = os.urandom(BLOCK), hashlib.md5()
    for _ in range(size // BLOCK):
        digest.update(block)


def go_first():
    """Ahead of others: in one's group, and the group among those of other sessions."""
    os.nice(-20)
    if os.path.exists('/proc/self/autogroup'):
        with open('/proc/self/autogroup', 'w') as group:
            group.write('-20')


def tell(what, value, target, hint, form):
    print('%s: %s, target %s: %s (two quiet processors: %s)' % (
        what, form % value, form % target, 'met' if value >= target else 'MISSED', form % hint))
    return value >= target


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--gib', type=int, default=3)
    parser.add_argument('--first', action='store_true')
    parser.add_argument('--hash', type=int, help=argparse.SUPPRESS)
    parser.add_argument('image', nargs='?')
    options = parser.parse_args()
    if options.hash:
        hash_memory(options.hash)
        return 0
    if not options.esuscan or not options.image:
        parser.error('which program, and which image or folder?')
    if options.rounds < 5:
        parser.error('fewer than five rounds show nothing')
    e01 = options.image
    if os.path.isdir(e01):
        e01 = make(e01, options.gib)
    size, sha1 = ask(options.esuscan, e01)
    before = go_first if options.first else None
    commands = {'ewfverify': ['ewfverify', '-q', *(['-d', 'sha1'] if sha1 else []), e01],
                'md5': [sys.executable, __file__, '--hash', str(size)],
                'esuscan': [options.esuscan, 'verify', '-q', e01]}
    runs = {name: [] for name in commands}
    names = list(commands)
    for _ in range(options.rounds):
        for name in names:
            runs[name].append(measure(commands[name], before))
        names = names[1:] + names[:1]
    wall = {n: [run[0] for run in runs[n]] for n in runs}
    work = {n: statistics.median(run[1] for run in runs[n]) for n in runs}
    best = max(work['esuscan'] / 2, work['md5'])
    print('%d MB of media, median of %d, load %.1f' % (size / 1e6, options.rounds,
                                                       os.getloadavg()[0]))
    for name in commands:
        median = statistics.median(wall[name])
        print('%-10s %6.2f s (%.2f to %.2f), %6.2f s of processor, %5.0f MB/s' % (
            name, median, min(wall[name]), max(wall[name]), work[name], size / 1e6 / median))

    def ratio(name):
        return statistics.median(a / b for a, b in zip(wall[name], wall['esuscan']))
    fast = tell('against ewfverify', ratio('ewfverify'), AGAINST_EWFVERIFY,
                work['ewfverify'] / best, '%.2f times')
    even = tell('of the speed of MD5', 100 * ratio('md5'), 100 * OF_MD5,
                100 * work['md5'] / best, '%.0f %%')
    return not (fast and even)


if __name__ == '__main__':
    sys.exit(main())
