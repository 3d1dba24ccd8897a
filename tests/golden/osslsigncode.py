#!/usr/bin/env python3
"""osslsigncode.py --esuscan PROGRAM --ntfsfill PROGRAM --signed FOLDER [--real FOLDER]

Signatures as a tool that is not ours reads them. Every file that osslsigncode finds a signature in
lies on a disk of its own here and is asked about with --file: the digest that the signature states,
the one that the bytes give, and, for files of the test authority, whether all of it verifies must be
what osslsigncode says. Skipped (77) where there is no osslsigncode."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

import run

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'fixtures', 'recipes'))

import build                                                        # noqa: E402

# osslsigncode takes a certificate that had expired when the time stamp was made.
OTHER_RULES = {'brief-stamped-late.exe'}


def theirs(path, roots):
    """(stated digest, computed digest, verifies) or None."""
    done = subprocess.run(['osslsigncode', 'verify', '-CAfile', roots, '-TSA-CAfile', roots, '-in',
                           path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False)
    text = done.stdout.decode('utf-8', 'replace')
    found = [re.search(r'(?m)^%s message digest +: ([0-9A-F]+)' % word, text)
             for word in ('Current', 'Calculated')]
    if not all(found):
        return None
    return found[0].group(1), found[1].group(1), 'Signature verification: ok' in text


def scan(options, files, work):
    def fill(tree, when):
        if when == 'after':
            for name, path in files.items():
                with open(path, 'rb') as file:
                    tree.file('Windows/Check/' + name, file.read())

    bench = build.Bench('check', work, os.path.join(work, 'work'), options.ntfsfill)
    image, _ = build.windows_disk(bench, 'check.raw', size=32, fill=fill)
    report = run.load(run.esuscan(options.esuscan, '-o', 'json', '--file', 'Check/*', '--roots',
                                  os.path.join(options.signed, 'roots.pem'), image).text)
    return {f['fields']['name']: f['fields'] for f in report['facts']
            if f['type'] == 'integrity.file' and f['fields']['role'] == 'asked'}


def compare(name, told, facts, ours):
    stated, computed, verifies = told
    computed_here = facts['image_sha1' if len(stated) == 40 else 'image_sha256']
    good = True
    if facts['embedded'] == 'unsupported':      # said, and nothing else is
        return True
    if (facts['stated_digest'] or '').upper() != stated:
        print('%s: it states %s, not %s' % (name, stated, facts['stated_digest']))
        good = False
    if (computed_here or '').upper() != computed:
        print('%s: its digest is %s, not %s' % (name, computed, computed_here))
        good = False
    if ours and name not in OTHER_RULES and verifies != (
            facts['embedded'] == 'sound' and facts['chain'] == 'trusted'):
        print('%s: osslsigncode %s it; %s, %s' % (name, 'verifies' if verifies else 'refuses',
                                                 facts['embedded'], facts['chain']))
        good = False
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--ntfsfill', required=True)
    parser.add_argument('--signed', required=True)
    parser.add_argument('--real', default=None)
    options = parser.parse_args()
    if not shutil.which('osslsigncode'):
        sys.exit(77)
    files = {}
    for folder in (options.signed, options.real):
        for name in sorted(os.listdir(folder)) if folder and os.path.isdir(folder) else ():
            if name.endswith(('.exe', '.dll')):
                files[name] = os.path.join(folder, name)
    roots = os.path.join(options.signed, 'roots.pem')
    told = {name: theirs(path, roots) for name, path in files.items()}
    told = {name: answer for name, answer in told.items() if answer}
    with tempfile.TemporaryDirectory() as work:
        facts = scan(options, {name: files[name] for name in told}, work)
    good = [compare(name, answer, facts[name], os.path.dirname(files[name]) == options.signed)
            for name, answer in told.items()]
    print('%d files compared' % len(good))
    sys.exit(not good or not all(good))


if __name__ == '__main__':
    main()
