#!/usr/bin/env python3
"""catalogs.py --esuscan PROGRAM --ntfsfill PROGRAM: more catalogs than are looked at.

A disk of its own, made here and thrown away: more than 100,000 catalogs, one larger than 50 MiB, one
with more than a million members, more bytes of them and more digests than are looked at. Each cap must be said, and no file
be called unsigned or modified for want of what was left out."""

import argparse
import json
import os
import sys
import tempfile

import run

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'fixtures', 'recipes'))

import build                                                        # noqa: E402
import integrity                                                    # noqa: E402
import sign                                                         # noqa: E402

FOLDER = 'Windows/' + integrity.CATROOT.rstrip('/')


def catalog(n, mark):
    """A list of n members with nothing but their digests, unsigned."""
    members = [b'\x30\x16\x04\x14' + b'%c%019d' % (mark, i) for i in range(n)]
    return sign.catalog(members, None, signed=False)


def fill(tree, when):
    if when != 'after':
        return
    tree.dir(FOLDER)
    tree.say('sparse', tree.quote(FOLDER + '/a-large.cat'), (50 << 20) + 1)
    tree.file(FOLDER + '/a-members.cat', catalog(1000001, b'a'))
    tree.file(FOLDER + '/b0.cat', catalog(950000, b'b'))
    for n in range(1, 100):
        tree.link(FOLDER + '/b%d.cat' % n, FOLDER + '/b0.cat')
    tree.say('many', FOLDER, 'c', 100000, 0, '.cat')


def scan(program, image):
    result = run.esuscan(program, '-o', 'json', image)
    report = json.loads(result.text)
    notes = [n['text'] for n in report['notes'] if n['area'] == 'catalogs']
    verdict = report['installations'][0]['verdicts']['kernel-integrity']
    facts = [f['fields'] for f in report['facts'] if f['type'] == 'integrity.file']
    return result, notes, verdict, facts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--ntfsfill', required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        bench = build.Bench('catalogs', work, os.path.join(work, 'work'), options.ntfsfill)
        image, _ = build.windows_disk(bench, 'catalogs.raw', size=288, fill=fill)
        result, notes, verdict, facts = scan(options.esuscan, image)
    assert result.status == 1, result.errors
    assert len(notes) == 1, notes
    for words in ('Of 100000 security catalogs', '2 have more than 50 MiB or 1000000 members',
                  'more than the 100000 catalogs, 2048 MiB of them or 4000000 digests'):
        assert words in notes[0], notes[0]
    assert verdict['answer'] == 'unknown', verdict
    assert {row['answer'] for row in verdict['files']} == {'unknown'}, verdict['files']
    assert facts and all(f['catalogs_found'] == 100000 for f in facts)
    assert all(f['catalogs_unread'] == 3 for f in facts)


if __name__ == '__main__':
    main()
