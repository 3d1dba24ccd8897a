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
machine is made the same everywhere (run.py); all else must be equal, byte for byte. A JSON report
is also checked against the schema. Each command runs once more without the jail and must say the
same; and the evidence must be what it was before.

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
    if result.status != open_air.status:
        print('%s: status %d in the jail, %d without' % (path, result.status, open_air.status))
        failed = True
    if 'json' in arguments and result.out:
        failed |= differs(run.normal_json(result.text), run.normal_json(open_air.text),
                          'in the jail', 'without')
    if run.fingerprint(evidence) != before:
        print('%s: the evidence was changed' % path)
        failed = True
    return failed


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
            for path, how in zip(paths[:2], ('', '-o json ')):
                with open(path, 'w', encoding='utf-8') as file:
                    file.write('$ esuscan %s%s\n' % (how, name))
        paths = [path for path in paths if os.path.exists(path)]
        if not paths:
            print('%s: no such case' % name)
            failed = True
        for path in paths:
            failed |= one(options, path)
    return failed


if __name__ == '__main__':
    sys.exit(main())
