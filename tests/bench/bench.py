#!/usr/bin/env python3
"""bench.py: esuscan against the public command-line tools asking the same question.

    bench.py --esuscan PROGRAM [--floor PROGRAM] [--work FOLDER] [--rounds N] [--cold] IMAGE…

Runs take turns, so that a noisy machine is noisy to both; medians of wall time are compared. Peak
memory is that of the largest process. With --cold (root) the page cache is dropped before each.
Absolute figures belong to the machine; the ratios are what counts. The floor (floor.c) copies,
hashes and opens both hives of a raw image, and does nothing else; its processor time shared evenly
by all processors bounds what these steps can take in any order."""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = {'raw': 8, 'E01': 15}                      # times faster than the pipeline
ROOM = 64                                           # MiB of memory beside the hives


def measure(command, out):
    """Wall seconds, peak MiB, exit status, seconds of processor time."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    return (seconds, usage.ru_maxrss / 1024, child.returncode,
            usage.ru_utime + usage.ru_stime)


def cold():
    subprocess.run(['sync'], check=True)
    with open('/proc/sys/vm/drop_caches', 'w', encoding='ascii') as file:
        file.write('3\n')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--floor')
    parser.add_argument('--work', default=None)
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument('--cold', action='store_true')
    parser.add_argument('images', nargs='+')
    options = parser.parse_args()
    missed = 0

    for image in options.images:
        form = 'E01' if image.lower().endswith('.e01') else 'raw'
        with tempfile.TemporaryDirectory(dir=options.work) as scratch:
            tools = ['sh', os.path.join(HERE, 'pipeline.sh'), image, scratch]
            ours = [options.esuscan, '-q', '--no-progress', '-o', 'json', image]
            answers = {}
            for name, command in (('pipeline', tools), ('esuscan', ours)):      # and warm up
                path = os.path.join(scratch, name)
                with open(path, 'wb') as out:
                    _, _, status, _ = measure(command, out)
                if status not in (0, 1) or (name == 'pipeline' and status):
                    sys.exit('%s fails on %s with status %d' % (name, image, status))
                with open(path, 'rb') as file:
                    answers[name] = file.read()
            hives = sum(os.path.getsize(os.path.join(scratch, h)) for h in ('SOFTWARE', 'SYSTEM'))
            build = re.search(rb'^60\d\d$|^\d{4,5}$', answers['pipeline'], re.M)
            if not build or b'"%s"' % build.group() not in answers['esuscan']:
                sys.exit('the two do not give the same answer on %s' % image)
            packages = re.findall(rb'^Package_\S+', answers['pipeline'], re.M)
            missing = [p for p in packages if b'"%s"' % p not in answers['esuscan']]
            if not packages or missing:
                sys.exit('%d of %d packages are not in the answer on %s' % (
                    len(missing), len(packages), image))
            commands = {'pipeline': tools, 'esuscan': ours}
            if options.floor:
                commands['floor'] = [options.floor, os.path.join(scratch, 'SOFTWARE'),
                                     os.path.join(scratch, 'SYSTEM')]
            runs = {name: [] for name in commands}
            for _ in range(options.rounds):
                for name, command in commands.items():
                    if options.cold:
                        cold()
                    seconds, peak, status, busy = measure(command, subprocess.DEVNULL)
                    if name == 'floor' and status:
                        sys.exit('the floor fails on %s' % image)
                    runs[name].append((seconds, peak, busy))
            counted = subprocess.run([options.esuscan, '-v', '--no-progress', image], check=False,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

        median = {n: statistics.median(s for s, _, _ in r) for n, r in runs.items()}
        peak = {n: max(p for _, p, _ in r) for n, r in runs.items()}
        ratio = median['pipeline'] / median['esuscan']
        room = peak['esuscan'] - hives / 1048576
        met = ratio >= TARGET[form] and room <= ROOM
        missed += not met
        print('%s, %s%s, %d rounds' % (os.path.basename(image), form,
                                       ', cold' if options.cold else '', options.rounds))
        for name in runs:
            each = [s for s, _, _ in runs[name]]
            print('  %-9s %8.3f s  (%.3f to %.3f)  peak %6.1f MiB' % (
                name, median[name], min(each), max(each), peak[name]))
        print('  ratio     %8.1f    target %d' % (ratio, TARGET[form]))
        if 'floor' in runs:
            even = statistics.median(b for _, _, b in runs['floor']) / os.cpu_count()
            print('  the tools take %.1f times the floor, %.1f times its processor time over %d '
                  'processors' % (median['pipeline'] / median['floor'], median['pipeline'] / even,
                                  os.cpu_count()))
        print('  memory    hives %.1f MiB %+.1f MiB, target +%d' % (hives / 1048576, room, ROOM))
        for line in counted.stderr.decode('utf-8', 'replace').splitlines():
            if re.search(r'read|inflated|bytes', line):
                print('  ' + line.strip())
        print('  targets   %s' % ('met' if met else 'MISSED'), flush=True)
    return 1 if missed else 0


if __name__ == '__main__':
    if not all(shutil.which(t) for t in ('mmls', 'ifind', 'icat', 'hivexget', 'hivexsh')):
        sys.exit('sleuthkit and libhivex-bin are needed')
    sys.exit(main())
