#!/usr/bin/env python3
"""reports.py: every format of a report from the store is, byte for byte, that of the scan that filled
the store; and so is the exit status.

    reports.py --esuscan PROGRAM DISKS"""

import argparse
import filecmp
import os
import subprocess
import sys
import tempfile

FORMATS = ('text', 'json', 'jsonl', 'timesketch', 'bodyfile', 'l2tcsv')
# What a record can hold at all: states of several kinds, damage, names that lie, every answer.
DISKS = ('amd64-6003-consistent.E01', 'hostile-names.raw', 'two-windows-odd-names.raw',
         'snapshots-6002-6003.raw', 'mbr-overlapping.raw', 'integrity-every-answer.raw',
         'e01-damaged-under-software.E01', 'dirty-software-torn-log.raw', 'ia64-6003-gpt.000',
         'history-all-sources.raw', 'licence-activated.raw', 'media-saturday.raw', 'win7-sp1.raw',
         'updates-2500-packages.raw', 'bitlocker-vista.raw', 'no-table.raw')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('disks')
    options = parser.parse_args()
    failed = []
    for disk in DISKS:
        path = os.path.join(options.disks, disk)
        with tempfile.TemporaryDirectory() as work:
            def outputs(which):
                return [word for each in FORMATS
                        for word in ('-o', '%s=%s/%s.%s' % (each, work, which, each))]
            store = os.path.join(work, 'case.db')
            scan = subprocess.run([options.esuscan, 'scan', '-q', *outputs('scan'), '-o',
                                   'sqlite=' + store, path], stderr=subprocess.DEVNULL)
            if scan.returncode not in (0, 1):
                failed.append('%s: no scan' % disk)
                continue
            report = subprocess.run([options.esuscan, 'report', '--store', store,
                                     *outputs('report')], stderr=subprocess.PIPE, text=True)
            if report.returncode != scan.returncode:
                failed.append('%s: status %d, %d %s' % (disk, scan.returncode, report.returncode,
                                                        report.stderr))
            for each in FORMATS:
                pair = [os.path.join(work, which + '.' + each) for which in ('scan', 'report')]
                if not all(map(os.path.exists, pair)) or not filecmp.cmp(*pair, shallow=False):
                    failed.append('%s: %s' % (disk, each))
    print('\n'.join(failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
