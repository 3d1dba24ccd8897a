#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""store.py --esuscan PROGRAM DISK...: a report from the store is the report of the scan."""

import argparse
import json
import os
import subprocess
import sys
import tempfile


def report(path):
    with open(path, encoding='utf-8') as file:
        said = json.load(file)
    for name in ('command', 'started', 'finished'):
        said['tool'].pop(name)
    return said


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('disks', nargs='+')
    args = parser.parse_args()
    failed = 0
    for disk in args.disks:
        with tempfile.TemporaryDirectory() as folder:
            direct, again, store = (os.path.join(folder, n) for n in ('a.json', 'b.json', 's.db'))
            scanned = subprocess.run([args.esuscan, '-q', '-o', 'json=' + direct, '-o',
                                      'sqlite=' + store, disk]).returncode
            told = subprocess.run([args.esuscan, 'report', '--store', store, '-o',
                                   'json=' + again, os.path.relpath(disk)]).returncode
            same = scanned in (0, 1) and told in (0, 1) and report(direct) == report(again)
            print('%s: %s' % (os.path.basename(disk), 'same' if same else 'NOT the same'))
            failed += not same
    return 1 if failed else 0


sys.exit(main())
