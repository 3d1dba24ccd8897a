#!/usr/bin/env python3
"""same.py: one disk in several containers gives one report.

    same.py --esuscan PROGRAM IMAGE OTHER…

Everything but `tool`, `image` and the lines that name the image must be equal: a container changes
how bytes are stored, not what they say."""

import argparse
import json
import os
import sys

import run


def essence(program, image):
    result = run.esuscan(program, '-o', 'json', image)
    if result.status not in (0, 1):
        sys.exit('%s: status %d: %s' % (image, result.status, result.errors))
    report = run.load(result.text)
    del report['tool'], report['image']
    for thing in report['facts'] + report['notes']:
        if thing.get('where'):
            thing['where'].pop('reproduce', None)
    return result.status, json.dumps(report, indent=1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('images', nargs='+')
    options = parser.parse_args()
    program = os.path.abspath(options.esuscan)
    want = essence(program, options.images[0])
    failed = False
    for image in options.images[1:]:
        got = essence(program, image)
        if got == want:
            print('same: %s' % image)
            continue
        failed = True
        print('%s differs: status %d, not %d' % (image, got[0], want[0]))
        for a, b in zip(want[1].splitlines(), got[1].splitlines()):
            if a != b:
                print('- %s\n+ %s' % (a, b))
                break
    return failed


if __name__ == '__main__':
    sys.exit(main())
