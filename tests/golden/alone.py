#!/usr/bin/env python3
"""alone.py --esuscan PROGRAM IMAGE…: what a plugin tells does not hang on what others ask for.

The kernel's files are read once for two plugins. Each image is scanned with all plugins and by a copy
of the program that lacks the one about integrity: facts of the other, and what is noted of executables,
must be the same."""

import argparse
import os
import shutil
import sys
import tempfile

import run


def without(program, work, plugin):
    """A copy of the program, laid out as its build tree is, whose plugins lack this one."""
    tree = os.path.dirname(os.path.dirname(os.path.abspath(program)))
    os.makedirs(os.path.join(work, 'meson-private'))              # what tells a build tree
    os.makedirs(os.path.join(work, 'plugins'))
    shutil.copytree(os.path.join(tree, 'src', 'host', 'catalogue'),
                    os.path.join(work, 'src', 'host', 'catalogue'))
    for name in os.listdir(os.path.join(tree, 'plugins')):
        if name.endswith('.so') and name != plugin + '.so':
            shutil.copy2(os.path.join(tree, 'plugins', name), os.path.join(work, 'plugins', name))
    return shutil.copy2(program, os.path.join(work, 'src', 'esuscan'))


def told(program, image):
    report = run.load(run.esuscan(program, '-o', 'json', image).text)
    facts = [(f['installation'], f['fields'], f['where']) for f in report['facts']
             if f['type'] == 'kernel.file']
    others = {f['plugin'] for f in report['facts']}
    notes = [(n['installation'], n['text']) for n in report['notes'] if n['area'] == 'executable']
    return facts, notes, 'integrity' in others


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('images', nargs='+')
    options = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory() as work:
        fewer = without(options.esuscan, work, 'integrity')
        for image in options.images:
            all_of, some = told(options.esuscan, image), told(fewer, image)
            if not all_of[2] or some[2] or not all_of[0] or all_of[:2] != some[:2]:
                print('%s: not the same' % image)
                bad += 1
    sys.exit(bad != 0)


if __name__ == '__main__':
    main()
