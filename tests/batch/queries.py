#!/usr/bin/env python3
"""queries.py: the example queries of the manual page, each run on a store, with the rows that are due.

    queries.py --esuscan PROGRAM --manual esuscan.1 DISKS

A query is known by the words of its comment. One that is in the page and not here fails, and so
does one that is here and not in the page."""

import argparse
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

SHELF = ['amd64-6002-consistent.raw', 'amd64-6003-consistent.raw', 'media-saturday.raw',
         'media-sunday.raw', 'updates-esu-year-2-licensed.raw',
         'updates-esu-year-2-no-licence.raw', 'updates-rollups-only.raw', 'licence-bypass.raw',
         'licence-bypass-and-files.raw', 'turned-6003.raw', 'win7-sp1.raw', 'no-windows.raw']
STICK = '4C530001230612115000'


def queries_of(manual):
    """The queries by their comments, as the page shows them."""
    with open(manual, encoding='utf-8') as file:
        store = file.read().split('.SH THE STORE')[1].split('.SH ')[0]
    text = store.split('.EX\n')[1].split('.EE')[0]
    for roff, plain in ((r'\-', '-'), (r'\(aq', "'"), (r'\&', ''), (r'\e', '\\')):
        text = text.replace(roff, plain)
    found = {}
    for block in re.split(r'\n\s*\n', text.strip()):
        comment, sql = block.split('\n', 1)
        found[comment.removeprefix('-- ')] = sql.strip().rstrip(';')
    return found


def names(rows):
    """Of paths the last part."""
    return sorted(tuple(os.path.basename(c) if isinstance(c, str) and c.startswith('/') else c
                        for c in row) for row in rows)


def is_6002(rows):
    return names(rows) == [('amd64-6002-consistent.raw', 'SRV2008-01'),
                           ('media-sunday.raw', 'SRV-LAB')]


def is_open(rows):
    # rollups-only had it since 2019-05-15; of the others later than that no record reaches back
    return names(rows) == [('amd64-6002-consistent.raw', None, None),
                           ('amd64-6003-consistent.raw', None, None),
                           ('turned-6003.raw', None, None)]


def is_unlicensed(rows):
    return names(rows) == [('licence-bypass.raw', 'esu-year-2', 'bypass-traces'),
                           ('updates-esu-year-2-no-licence.raw', 'esu-year-2', 'no-evidence')]


def is_shared_stick(rows):
    return len(rows) == 1 and rows[0][:3] == (STICK, 'SanDisk Cruzer Blade USB Device', 2) and \
        sorted(rows[0][3].split(',')) == ['SRV-FILES', 'SRV-LAB']


def is_shared_file(rows):
    # the kernel of 6003.20489: of two disks that are at it and nowhere else
    kernels = [row for row in rows if row[2].lower().endswith('/ntoskrnl.exe')]
    return kernels and all(len(row[0]) == 64 and 2 <= row[1] <= len(SHELF) for row in rows)


DUE = {
    'which images hold an installation at build 6002': is_6002,
    'which were open to a CVE on a date': is_open,
    'which have ESU updates and no evidence of a licence': is_unlicensed,
    'which machines share a USB stick': is_shared_stick,
    'which images share a file': is_shared_file,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--manual', required=True)
    parser.add_argument('disks')
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as work:
        shelf, store = os.path.join(work, 'shelf'), os.path.join(work, 'case.db')
        os.mkdir(shelf)
        for name in SHELF:
            subprocess.run(['cp', '--sparse=always', os.path.join(options.disks, name), shelf],
                           check=True)
        run = subprocess.run([options.esuscan, 'batch', '-q', '--store', store, '--cve',
                              'CVE-2019-0708', '--as-of', '2019-05-20', shelf],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if not run.stdout.startswith('%d images' % len(SHELF)) or ' 0 could not' not in run.stdout:
            sys.exit('batch: %d %s%s' % (run.returncode, run.stdout, run.stderr))
        dated = sqlite3.connect(store)
        # what does not depend on a date is asked of the end of the record
        ended_at = os.path.join(work, 'end.db')
        subprocess.run([options.esuscan, 'batch', '-q', '--store', ended_at, shelf],
                       stdout=subprocess.DEVNULL, check=False)
        ended = sqlite3.connect(ended_at)
        left = dict(DUE)
        for comment, sql in queries_of(options.manual).items():
            due = [start for start in left if start in comment]
            if len(due) != 1:
                print('FAILED: nobody knows what is due of: %s' % comment)
                failed = True
                continue
            try:
                rows = (dated if 'as_of' in sql else ended).execute(sql).fetchall()
            except sqlite3.Error as error:
                rows = error
            if isinstance(rows, sqlite3.Error) or not left.pop(due[0])(rows):
                print('FAILED: %s\n%s\n%s' % (comment, sql, str(rows)[:2000]))
                failed = True
        for missing in left:
            print('FAILED: the manual page no longer asks %s' % missing)
            failed = True
    return failed


if __name__ == '__main__':
    sys.exit(main())
