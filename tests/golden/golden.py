#!/usr/bin/env python3
"""golden.py: a command and its exact output, for every fixture disk.

    golden.py [--update] --esuscan PROGRAM --disks FOLDER [--cases FOLDER] NAME…

NAME.text, NAME.json and NAME.jsonl, as far as they are there, hold a command, its exit status and
what it wrote:

    $ esuscan -o json disk.E01
    ? 0
    …standard output…
    ! …each line of standard error…

It runs in the folder of the disks, so that paths are bare names. What belongs to the run and the
machine is made the same everywhere (run.py); all else must be equal, byte for byte. Every JSON
report, also of a disk for which none is kept, is checked against the schema. Each command runs once
more without the jail and must say the same; and the evidence must be what it was before.

--update writes the files anew: read the difference before you commit it."""

import argparse
import difflib
import os
import shlex
import subprocess
import sys

import run


def record(arguments, result):
    lines = ['$ esuscan %s\n' % ' '.join(shlex.quote(a) for a in arguments),
             '? %d\n' % result.status,
             run.normal(arguments, result.text) if result.out else '']
    lines += ['! %s\n' % line for line in run.normal_text(result.errors).splitlines()]
    return ''.join(lines)


def differs(want, got, want_name, got_name):
    difference = difflib.unified_diff(want.splitlines(True), got.splitlines(True), want_name,
                                      got_name, n=2)
    lines = list(difference)
    sys.stdout.writelines(lines[:200])
    return bool(lines)


def check_schema(options, text):
    checker = os.path.join(options.cases, 'check_schema.py')
    if not os.path.exists(checker):
        return False
    done = subprocess.run([sys.executable, checker, '-'], input=text.encode(), check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        print(done.stdout.decode())
    return done.returncode != 0


def one(options, path):
    with open(path, encoding='utf-8', newline='\n') as file:
        want = file.read()
    first = want.split('\n', 1)[0]
    if not first.startswith('$ esuscan '):
        sys.exit('%s: the first line is no command' % path)
    arguments = shlex.split(first)[2:]
    image = os.path.join(options.disks, arguments[-1])
    evidence = run.segments(image)
    before = run.fingerprint(evidence)
    result = run.esuscan(options.esuscan, *arguments, cwd=options.disks)
    got = record(arguments, result)
    failed = False

    if options.update:
        with open(path, 'w', encoding='utf-8', newline='\n') as file:
            file.write(got)
    elif differs(want, got, path, 'this run'):
        failed = True
    if 'json' in arguments and result.out:
        failed |= check_schema(options, result.text)

    if arguments[0] == 'plugins':
        return failed
    open_air = run.esuscan(options.esuscan, '--no-jail', *arguments, cwd=options.disks)
    failed |= same_in_open_air(path, arguments, result, open_air)
    if run.fingerprint(evidence) != before:
        print('%s: the evidence was changed' % path)
        failed = True
    return failed


def same_in_open_air(path, arguments, result, open_air):
    failed = False
    if result.status != open_air.status:
        print('%s: status %d in the jail, %d without' % (path, result.status, open_air.status))
        failed = True
    if 'json' in arguments and result.out:
        failed |= differs(run.normal_json(result.text), run.normal_json(open_air.text),
                          'in the jail', 'without')
    return failed


def as_data(options, name):
    """A disk whose JSON is not kept: it must be sound, and the same with and without the jail."""
    arguments = ['-o', 'json', name]
    result = run.esuscan(options.esuscan, *arguments, cwd=options.disks)
    open_air = run.esuscan(options.esuscan, '--no-jail', *arguments, cwd=options.disks)
    failed = bool(result.out) and check_schema(options, result.text)
    return same_in_open_air(name, arguments, result, open_air) or failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    parser.add_argument('--update', action='store_true')
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--disks', required=True)
    parser.add_argument('--cases', default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument('names', nargs='+')
    options = parser.parse_args()
    options.esuscan = os.path.abspath(options.esuscan)
    failed = False

    for name in options.names:
        paths = [os.path.join(options.cases, '%s.%s' % (name, ending))
                 for ending in ('text', 'json', 'jsonl')]
        if options.update and not any(os.path.exists(path) for path in paths):
            with open(paths[0], 'w', encoding='utf-8') as file:
                file.write('$ esuscan %s\n' % name)
        kept = [path for path in paths if os.path.exists(path)]
        if not kept:
            print('%s: no such case' % name)
            failed = True
        for path in kept:
            failed |= one(options, path)
        if paths[1] not in kept and os.path.exists(os.path.join(options.disks, name)):
            failed |= as_data(options, name)
    return failed


if __name__ == '__main__':
    sys.exit(main())
