#!/usr/bin/env python3
"""verify.py: `esuscan verify` against ewfverify and against MD5 alone, in alternation.

    verify.py --esuscan PROGRAM [--rounds N] IMAGE.E01 IMAGE.raw

IMAGE.raw holds the same media: its MD5 by openssl is the limit of any verification that computes
one. Targets: 2.5 times ewfverify, 90 % of MD5. Wall time is that of the machine at the moment; the
processor time of esuscan divided by two is what two quiet processors would take at best."""

import argparse
import os
import statistics
import subprocess
import sys
import time


def measure(command):
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit('%s fails' % command)
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('e01')
    parser.add_argument('raw')
    options = parser.parse_args()
    commands = {'ewfverify': ['ewfverify', '-q', options.e01],
                'md5': ['openssl', 'dgst', '-md5', options.raw],
                'esuscan': [options.esuscan, 'verify', '-q', options.e01]}
    runs = {name: [] for name in commands}
    for turn in range(options.rounds + 1):
        for name, command in commands.items():
            result = measure(command)
            if turn:                                                    # the first warms up
                runs[name].append(result)
    wall = {n: statistics.median(r[0] for r in runs[n]) for n in runs}
    work = {n: statistics.median(r[1] for r in runs[n]) for n in runs}
    best = max(work['esuscan'] / 2, work['md5'])
    for name in commands:
        print('%-10s %6.2f s, %6.2f s of processor' % (name, wall[name], work[name]))
    print('against ewfverify: %.2f times (at best, on two quiet processors: %.2f); of the speed of '
          'MD5: %.0f %% (%.0f %%)' % (wall['ewfverify'] / wall['esuscan'],
                                      work['ewfverify'] / best,
                                      100 * wall['md5'] / wall['esuscan'],
                                      100 * work['md5'] / best))
    return wall['ewfverify'] < 2.5 * wall['esuscan'] or wall['md5'] < 0.9 * wall['esuscan']


if __name__ == '__main__':
    sys.exit(main())
