#!/usr/bin/env python3
"""hostile_logs.py --esuscan PROGRAM --ntfsfill PROGRAM [--sanitized]: logs that nobody would write.

A disk of its own, made here and thrown away: a database that is none behind its first bytes, event
logs torn and of noise, a text log that begins with a line of a gigabyte, one full of NULs, one of
two encodings. Each is told with a note, what can be read of it is, and neither time nor memory
grows with it."""

import argparse
import json
import os
import resource
import struct
import sys
import tempfile

import run

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'fixtures', 'recipes'))

import build                                                        # noqa: E402
import evtx                                                         # noqa: E402
import story                                                        # noqa: E402

GIB = 1 << 30
SECONDS, MIB = 20, 400
LINE = ('2019-05-13 23:41:03, Info                  CBS    Exec: Package: %s, current: Absent, '
        'targeted: Installed\r\n' % story.ROLLUP).encode()


def database():
    """The header of an ESE database, and noise where its tables would be."""
    head = struct.pack('<IIIIII', 0, 0x89abcdef, 0x620, 0, 0, 0).ljust(8192, b'\0')
    return head + head + build.noise(512 * 1024, 'database')


def torn_log():
    """Three chunks: sound; its header overwritten; cut in a record."""
    log = bytearray(evtx.log(story.many(260)))
    at = 4096 + evtx.CHUNK
    log[at:at + 512] = build.noise(512, 'chunk')
    last = 4096 + 2 * evtx.CHUNK
    log[last + 30000:] = bytes(len(log) - last - 30000)
    return bytes(log)


def fill(tree, when):
    if when != 'after':
        return
    for folder in ('SoftwareDistribution', 'SoftwareDistribution/DataStore', 'System32/winevt',
                   'System32/winevt/Logs'):
        tree.dir('Windows/' + folder)
    tree.file('Windows/SoftwareDistribution/DataStore/DataStore.edb', database())
    tree.file('Windows/System32/winevt/Logs/System.evtx', torn_log())
    tree.file('Windows/System32/winevt/Logs/Application.evtx', build.noise(1 << 20, 'application'))
    path = tree.quote('Windows/Logs/CBS/CbsPersist_20190612000000.log')
    tree.say('sparse', path, GIB, tree.host(b'\r\n' + LINE), GIB - len(LINE) - 2)
    report = story.client_log().splitlines(True)
    tree.file('Windows/WindowsUpdate.log',
              b'\0' * 70001 + b'\r\n' + report[0][:40] + b'\0' * 900 + b'\r\n' + b''.join(report))
    tree.file('Windows/SoftwareDistribution/ReportingEvents.log',
              b'plain first\r\n' + story.reports()[2:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--ntfsfill', required=True)
    parser.add_argument('--sanitized', action='store_true', help='memory is not measured')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        bench = build.Bench('logs', work, os.path.join(work, 'work'), options.ntfsfill)
        image, _ = build.windows_disk(bench, 'logs.raw', size=32, fill=fill)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = run.esuscan(options.esuscan, '-o', 'json', image)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert result.status == 1, result.errors
    report = json.loads(result.text)
    notes = [note['text'] for note in report['notes']]

    def told(*words):
        assert any(all(word in text for word in words) for text in notes), (words, notes)

    told('DataStore.edb', 'is no ESE database, or is damaged')
    told('chunks of Windows/System32/winevt/Logs/System.evtx are damaged')
    told('Application.evtx is no event log')
    told('1 line of Windows/Logs/CBS/CbsPersist_20190612000000.log is longer')
    told('1 line of Windows/WindowsUpdate.log is longer')
    facts = report['facts']

    def count(kind, log):
        return sum(f['type'] == kind and f['where']['path'].endswith(log) for f in facts)

    assert count('history.boot', 'System.evtx') > 100
    assert count('history.cbs', 'CbsPersist_20190612000000.log') == 1
    assert count('history.update', 'WindowsUpdate.log') == 1
    assert count('history.update', 'ReportingEvents.log') == 2
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print('%.2f s, at most %d MiB' % (seconds, after.ru_maxrss // 1024))
    assert seconds < SECONDS, seconds
    assert options.sanitized or after.ru_maxrss < MIB << 10, after.ru_maxrss
    return 0


if __name__ == '__main__':
    sys.exit(main())
