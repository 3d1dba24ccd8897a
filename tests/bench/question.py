#!/usr/bin/env python3
"""question.py: what the question of updates adds to a scan that asks for the build alone.

    question.py --esuscan PROGRAM [--rounds N] [--format FORMAT] IMAGE

Runs in turns, medians:

    build      the plugins build and kernel
    listed     servicing besides: the packages as facts
    question   updates and licence besides: entries, levels, exposure
    all        every bundled plugin

Of each the wall time and the processor time of all its processes. Target: the question adds at most
30 % to the build, by the clock. What it adds in processor time is mostly the facts themselves, which
are read from the hive, sent to the parent, and written: `listed` has that already, and what is
between it and `question` is the judgement."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import tree

TARGET = 1.30
BUILD = {'build', 'kernel'}
CASES = {'build': BUILD, 'listed': BUILD | {'servicing'},
         'question': BUILD | {'servicing', 'updates', 'licence'}, 'all': None}


def measure(command):
    started = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit('%s fails with status %d' % (command[0], child.returncode))
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--format', default='json')
    parser.add_argument('image')
    options = parser.parse_args()
    program = os.path.abspath(options.esuscan)

    with tempfile.TemporaryDirectory() as work:
        commands = {name: [tree.with_plugins(program, os.path.join(work, name),
                                             lambda each, keep=keep: not keep or each in keep),
                           '-q', '--no-progress', '-o', options.format, options.image]
                    for name, keep in CASES.items()}
        runs = {name: [] for name in commands}
        for each in range(options.rounds + 1):                           # the first one warms up
            for name, command in commands.items():
                taken = measure(command)
                if each:
                    runs[name].append(taken)
    wall, used = ({name: statistics.median(run[kind] for run in each)
                   for name, each in runs.items()} for kind in (0, 1))
    for name in commands:
        print('%-9s wall %7.1f ms  %+4.0f %%    processor %7.1f ms  %+4.0f %%' % (
            name, 1000 * wall[name], 100 * (wall[name] / wall['build'] - 1),
            1000 * used[name], 100 * (used[name] / used['build'] - 1)))
    met = wall['question'] <= TARGET * wall['build']
    print('target    %s' % ('met' if met else 'MISSED: at most %+.0f %% of wall time'
                            % (100 * (TARGET - 1))))
    return 0 if met else 1


if __name__ == '__main__':
    sys.exit(main())
