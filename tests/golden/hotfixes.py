#!/usr/bin/env python3
"""hotfixes.py: the 175 hotfixes that a real Vista SP2 listed, out of a disk made of that list.

    hotfixes.py --esuscan PROGRAM --list vista-sp2-x64-qfe.txt DISK

The list is what `wmic qfe` printed (UTF-16, columns): identifier, who installed it, and when, as the
sixteen hexadecimal digits of a FILETIME. Every one of its KBs must be in the report exactly once,
installed at that time to the tick and for that account, and no other KB at all. One of the 175 is a
Windows Installer patch, a GUID with a day: it is in no tree of component servicing, and must not be
reported as a KB."""

import argparse
import os
import re
import sys
from datetime import datetime, timedelta

import run

IN_CBS, BY_MSI = 174, 1
NAMES = {'S-1-5-18': 'SYSTEM'}      # a list of updates has names where they are known


def listed(path):
    """The rows of the list as {column: text}."""
    with open(path, 'rb') as file:
        lines = file.read().decode('utf-16').splitlines()
    columns = [(m.group(), m.start()) for m in re.finditer(r'\S+', lines[0])]
    ends = [start for _, start in columns[1:]] + [None]
    return [{name: line[start:end].strip() for (name, start), end in zip(columns, ends)}
            for line in lines[1:] if line.strip()]


def time_of(ticks):
    """As a report writes it: to the tick of 100 ns."""
    whole = datetime(1601, 1, 1) + timedelta(seconds=ticks // 10 ** 7)
    return whole.strftime('%Y-%m-%dT%H:%M:%S') + '.%07dZ' % (ticks % 10 ** 7)


def compare(rows, report):
    wrong = []
    expected = {}
    patches = [row for row in rows if row['HotFixID'].startswith('{')]
    for row in rows:
        if row not in patches:
            number = re.fullmatch(r'(?:KB)?(\d+)', row['HotFixID']).group(1)
            expected['KB' + number] = (time_of(int(row['InstalledOn'], 16)), row['InstalledBy'])
    if (len(expected), len(patches)) != (IN_CBS, BY_MSI):
        wrong.append('the list has %d KBs and %d patches' % (len(expected), len(patches)))
    states = [i for i in report['installations'] if i['role'] == 'current']
    updates = [update for state in states for update in state['updates']]
    accounts = {f['fields']['user'] for f in report['facts'] if f['type'] == 'servicing.package'}
    if accounts != {user for _, user in expected.values()}:
        wrong.append('the packages are of %s' % sorted(accounts, key=str))
    expected = {kb: (when, NAMES.get(user, user)) for kb, (when, user) in expected.items()}
    found = {update['kb']: (update['installed_at'], update['user']) for update in updates}
    if len(found) != len(updates):
        wrong.append('a KB is listed twice')
    for kb in sorted(set(expected) | set(found)):
        if expected.get(kb) != found.get(kb):
            wrong.append('%s: listed %s, reported %s' % (kb, expected.get(kb), found.get(kb)))
    wrong += ['%s is %s' % (u['kb'], u['state']) for u in updates if u['state'] != 'installed']
    wrong += ['%s means %s' % (u['kb'], u['installed_at_means']) for u in updates
              if u['installed_at_means'] != 'CBS InstallTime']
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--list', required=True)
    parser.add_argument('disk')
    options = parser.parse_args()
    if not os.path.isfile(options.list):
        print('the list is not here')
        return 77
    result = run.esuscan(os.path.abspath(options.esuscan), '-o', 'json', options.disk)
    if result.status > 1:
        print('status %d: %s' % (result.status, result.errors))
        return 1
    wrong = compare(listed(options.list), run.load(result.text))
    print('\n'.join(wrong) or '%d KBs come back, 1 of %d is not in CBS' % (IN_CBS, IN_CBS + BY_MSI))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
