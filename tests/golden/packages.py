#!/usr/bin/env python3
"""packages.py: the packages a report lists, against what public tools read from the same hive.

    packages.py --esuscan PROGRAM --at-least N FOLDER

Every raw disk of the folder with one Windows whose SOFTWARE is clean, and there are N of them at
least: icat takes SOFTWARE out of the disk, hivexsh lists the keys, hivexget gives the values. Every key is
a package of the report and the other way round; every KB is what an expression of its own finds in
the name, and the list of updates has each of them; state, install time and user are read again for a
sample."""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta

import run

PACKAGES = r'\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages'
# What a name may be called: anything else names no KB.
NAME = re.compile(r'(?i)^(?:package_(?:\d+_)?for_|vistasp\d-)?(?:kb)?([1-9]\d{5,6})'
                  r'(?:_[a-z0-9_]+)?~31bf3856ad364e35~(amd64|x86|ia64)~[^~]*'
                  r'~\d{1,5}\.\d{1,5}\.\d{1,5}\.\d{1,5}$')
SAMPLE = 25


def tool(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, text=True)
    return done.stdout if done.returncode == 0 else ''


def kb_of(identity, architecture):
    found = NAME.match(identity)
    if not found or found.group(2).lower() != architecture or len(re.findall(r'(?i)kb\d', identity)) > 1:
        return None
    return 'KB' + found.group(1)


def values_of(hive, key):
    values = {}
    for line in tool('hivexget', hive, key).splitlines():
        found = re.match(r'"(.*)"=(?:dword:)?"?(.*?)"?$', line)
        if found:
            values[found.group(1)] = found.group(2)
    return values


def differences(fact, values):
    """Time and user, where the hive has them and the report took them."""
    halves = [values.get('InstallTime' + half, '') for half in ('High', 'Low')]
    if fact['time'] and all(re.fullmatch('[0-9a-f]{8}', half) for half in halves):
        ticks = int(''.join(halves), 16)
        when = datetime(1601, 1, 1) + timedelta(seconds=ticks // 10 ** 7)
        written = when.strftime('%Y-%m-%dT%H:%M:%S') + '.%07dZ' % (ticks % 10 ** 7)
        if fact['time'] != written:
            yield 'installed %s, not %s' % (written, fact['time'])
    user = values.get('InstallUser')
    if user and re.fullmatch(r'S-[0-9-]+', user) and fact['fields']['user'] != user:
        yield 'by %s, not %s' % (user, fact['fields']['user'])


def compare(report, hive, name, architecture):
    wrong = []
    facts = [f for f in report['facts'] if f['type'] == 'servicing.package']
    script = hive + '.sh'
    with open(script, 'w', encoding='utf-8') as file:
        file.write('load %s\ncd %s\nls\n' % (hive, PACKAGES))
    keys = [key for key in tool('hivexsh', '-f', script).splitlines() if key]
    listed = sorted(fact['fields']['identity'] for fact in facts)
    if sorted(keys) != listed:
        wrong.append('%s: keys and packages differ: %s' % (name,
                                                           sorted(set(keys) ^ set(listed))[:5]))
    for fact in facts:
        fields = fact['fields']
        if fields['kb'] != kb_of(fields['identity'], architecture):
            wrong.append('%s: %s is %s, not %s' % (name, fields['identity'], fields['kb'],
                                                   kb_of(fields['identity'], architecture)))
    in_hive = {kb_of(key, architecture) for key in keys} - {None}
    updates = {u['kb'] for i in report['installations'] if i['id'] in report['states']
               for u in i['updates'] if any(s.startswith('component servicing')
                                            for s in u['sources'])}
    # Two early updates are named without the letters: "Package_for_943729".
    if in_hive != updates:
        wrong.append('%s: KBs of keys and of updates differ: %s' % (name,
                                                                  sorted(in_hive ^ updates)[:5]))
    folded = [key.lower() for key in keys]
    for fact in facts[::max(1, len(facts) // SAMPLE)]:
        fields = fact['fields']
        if folded.count(fields['identity'].lower()) > 1:
            continue            # hivexget finds the first of names that differ in case only
        values = values_of(hive, PACKAGES + '\\' + fields['identity'])
        state = values.get('CurrentState', '')
        if re.fullmatch('[0-9a-f]{8}', state) and fields['state_value'] is not None and \
                int(state, 16) != fields['state_value'] % (1 << 32):
            wrong.append('%s: %s is in state %s, not %d' % (name, fields['identity'], state,
                                                           fields['state_value']))
        wrong += ['%s: %s: %s' % (name, fields['identity'], each)
                  for each in differences(fact, values)]
    return wrong


def check(program, disk):
    """What is wrong; None for a disk that there is nothing to compare of."""
    name = os.path.basename(disk)
    result = run.esuscan(program, '-o', 'json', disk)
    if result.status > 1:
        return None
    report = run.load(result.text)
    current = [i for i in report['installations'] if i['role'] == 'current']
    ids = {i['id'] for i in current}
    if len(ids) != 1:
        return None
    report['states'] = ids
    report['facts'] = [f for f in report['facts'] if f['installation'] in ids]
    hives = [f for f in report['facts'] if f['type'] == 'hive.state' and
             f['where']['path'].upper().endswith('/SOFTWARE')]
    if not hives or hives[0]['fields']['state'] != 'clean':
        return None
    if not current[0]['architecture']:
        return None                 # names of another processor cannot be told
    if any(f['type'] == 'servicing.unread' for f in report['facts']):
        return None                 # hivex lists nothing of a list with a broken key
    where = hives[0]['where']
    volume = next(v for v in report['volumes'] if v['id'] == where['volume'])
    with tempfile.TemporaryDirectory() as folder:
        hive = os.path.join(folder, 'SOFTWARE')
        with open(hive, 'wb') as file:
            done = subprocess.run(
                ['icat', '-o', str(volume['offset'] // report['image']['sector_size']), disk,
                 str(where['mft_entry'])], stdout=file, stderr=subprocess.DEVNULL, check=False)
        if done.returncode:
            return None             # a volume that icat does not open
        return compare(report, hive, name, current[0]['architecture'])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--at-least', type=int, required=True)
    parser.add_argument('folder')
    options = parser.parse_args()
    if not all(shutil.which(each) for each in ('icat', 'hivexsh', 'hivexget')):
        print('sleuthkit and hivex are not installed')
        return 77
    wrong, compared = [], 0
    for disk in sorted(glob.glob(os.path.join(options.folder, '*.raw'))):
        found = check(os.path.abspath(options.esuscan), disk)
        compared += found is not None
        wrong += found or []
    if compared < options.at_least:
        wrong.append('only %d disks could be compared' % compared)
    print('\n'.join(wrong) or '%d disks agree' % compared)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
