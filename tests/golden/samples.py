#!/usr/bin/env python3
"""samples.py: the real samples, where they are at hand, through the whole program.

    samples.py --esuscan PROGRAM FOLDER

Nobody in this project made them: that is their worth. None holds a Windows installation, so what
is asked is that each ends with a report or a refusal, within seconds, and stays as it was."""

import argparse
import os
import sys

import run

# Name below the folder: the status it must end with, and what the report must say of it.
IMAGES = {
    'ext2.E01': ({0, 1}, 'E01'),
    'ext2.splitraw.000': ({0, 1}, 'split raw'),
    'ext2.splitraw.001': ({0, 1, 3}, None),
    'ext2.vmdk': ({0, 1, 3}, None),
    'image.vhd': ({0, 1}, 'VHD'),
    'ntfs-testfs1.raw': ({0, 1}, 'raw'),
    'ntfs-truncated.dd': ({1}, 'raw'),
    'ntfs.E01': ({0, 1}, 'E01'),
    'windows-volume.qcow2': ({0, 1}, 'QCOW2'),
    'vsstest.qcow2': ({0, 1}, 'QCOW2'),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('folder')
    options = parser.parse_args()
    program = os.path.abspath(options.esuscan)
    failures = []

    if not os.path.isdir(os.path.join(options.folder, 'images')):
        print('the samples are not here')
        return 77
    everything = [os.path.join(at, name) for at, _, names in os.walk(options.folder)
                  for name in names]
    before = run.fingerprint(everything)
    for path in sorted(everything):
        name = os.path.relpath(path, options.folder)
        # What is no image is a raw disk with nothing on it, or refused by name.
        statuses, form = {0, 1, 3}, None
        if name.startswith('images/'):
            statuses, form = IMAGES.get(os.path.basename(name), (statuses, None))
        result = run.esuscan(program, '-o', 'json', path)
        if result.status not in statuses:
            failures.append('%s: status %d, not %s: %s' % (name, result.status, statuses,
                                                           result.errors))
        elif result.status == 3 and not result.errors.strip():
            failures.append('%s: refused without a word' % name)
        elif result.status != 3:
            report = run.load(result.text)
            if form and report['image']['format'] != form:
                failures.append('%s: is %s, not %s' % (name, report['image']['format'], form))
            gaps = [n for n in report['notes'] if n['severity'] != 'info']
            if result.status == 1 and not gaps and not report['image']['bad_ranges']:
                failures.append('%s: status 1, and no note says why' % name)
        print('%d %s' % (result.status, name))
    if run.fingerprint(everything) != before:
        failures.append('the samples were changed')
    print('\n'.join(failures))
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
