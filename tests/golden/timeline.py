#!/usr/bin/env python3
"""timeline.py: the timeline in every format, read by readers of its own.

    timeline.py --esuscan PROGRAM IMAGE…

The facts of the JSON report say what must be there: each fact with a time, told once by the first
state of a machine that tells it. The formats must tell the same events in the same order; the
bodyfile is read by mactime, csv by the csv module, l2tcsv against plaso's columns, timesketch
against what its importer asks for."""

import argparse
import csv
import datetime
import io
import json
import re
import shutil
import subprocess
import sys

import run

L2T = ('date,time,timezone,MACB,source,sourcetype,type,user,host,short,desc,version,filename,'
       'inode,notes,format,extra')
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def out(options, image, form):
    return run.esuscan(options.esuscan, '-o', form, image).text


def microseconds(text):
    """Of an ISO 8601 time of a report."""
    day, _, clock = text.rstrip('Z').partition('T')
    clock, _, fraction = (clock or '00:00:00').partition('.')
    if clock.count(':') == 1:
        clock += ':00'
    at = datetime.datetime.fromisoformat('%sT%s+00:00' % (day, clock))
    return (at - EPOCH) // datetime.timedelta(microseconds=1) + int((fraction + '000000')[:6])


def expected(report):
    """(time in µs, type) of every event, sorted: facts that two states tell alike count once."""
    machine = {i['id']: i['machine'] for i in report['installations']}
    references = {f['id'] for f in report['facts']}

    def plain(value):
        if isinstance(value, list):
            return json.dumps([v for v in value if v not in references])
        return None if isinstance(value, str) and value in references else json.dumps(value)

    seen = {}
    for fact in report['facts']:
        if fact['time'] is None:
            continue
        key = (fact['time'], machine.get(fact['installation']), fact['plugin'], fact['type'],
               tuple((k, plain(v)) for k, v in sorted(fact['fields'].items())))
        states = seen.setdefault(key, {})
        states[fact['installation']] = states.get(fact['installation'], 0) + 1
    return sorted((microseconds(key[0]), key[3]) for key, states in seen.items()
                  for _ in range(max(states.values()) if key[1] else sum(states.values())))


def timesketch(text):
    events = []
    for line in text.splitlines():
        event = json.loads(line)
        if list(event)[:4] != ['message', 'datetime', 'timestamp', 'timestamp_desc']:
            raise ValueError('keys of timesketch: %s' % list(event))
        at = datetime.datetime.fromisoformat(event['datetime'])
        if (at - EPOCH) // datetime.timedelta(microseconds=1) != event['timestamp']:
            raise ValueError('datetime and timestamp differ: %s' % line)
        if not event['message'] or not event['timestamp_desc']:
            raise ValueError('no words: %s' % line)
        events.append((event['timestamp'], event['data_type'].partition(':')[2]))
    return events


def l2tcsv(text):
    lines = text.splitlines()
    if lines[0] != L2T:
        raise ValueError('columns of l2tcsv: %s' % lines[0])
    events = []
    for line in lines[1:]:
        fields = line.split(',')
        if len(fields) != 17 or fields[2] != 'UTC' or fields[11] != '2' or len(fields[9]) > 80 \
                or not re.fullmatch(r'[M.][A.][C.][B.]', fields[3]):
            raise ValueError('line of l2tcsv: %s' % line)
        at = datetime.datetime.strptime(fields[0] + fields[1] + '+0000', '%m/%d/%Y%H:%M:%S%z')
        events.append((int(at.timestamp()), fields[5]))
    return events


def spreadsheet(text):
    rows = list(csv.reader(io.StringIO(text, newline=''), strict=True))
    if any(len(row) != len(rows[0]) for row in rows):
        raise ValueError('csv: rows of different length')
    if any(cell[:1] in ('=', '+', '@') for row in rows for cell in row):
        raise ValueError('csv: a cell that is a formula')
    place = {name: i for i, name in enumerate(rows[0])}
    return [(microseconds(row[place['time']]), row[place['type']]) for row in rows[1:]]


def body(text):
    events = []
    for line in text.splitlines():
        fields = line.split('|')
        if len(fields) != 11:
            raise ValueError('line of bodyfile: %s' % line)
        events.append((int(fields[8]), (fields[1], fields[2])))
    return events


def mactime(text):
    done = subprocess.run(['mactime', '-b', '-', '-d', '-y', '-z', 'UTC'], input=text.encode(),
                          stdout=subprocess.PIPE, check=True)
    rows = list(csv.reader(io.StringIO(done.stdout.decode())))
    return [int(microseconds(row[0]) // 1000000) for row in rows[1:]]


def check(options, image):
    report = json.loads(out(options, image, 'json'))
    want = expected(report)
    seconds = [(at // 1000000, kind) for at, kind in want]
    text = out(options, image, 'bodyfile')
    told = body(text)

    for name, got, wanted in (('timesketch', timesketch(out(options, image, 'timesketch')), want),
                              ('csv', spreadsheet(out(options, image, 'csv')), want),
                              ('l2tcsv', l2tcsv(out(options, image, 'l2tcsv')), seconds)):
        if [at for at, _ in got] != sorted(at for at, _ in got):
            raise ValueError('%s is not in order of time' % name)
        if sorted(got) != sorted(wanted):
            raise ValueError('%s tells other events than the facts: %s' %
                             (name, set(got) ^ set(wanted)))
    if [at for at, _ in told] != [max(at, 0) for at, _ in seconds]:
        raise ValueError('bodyfile tells other times than the facts')
    if not shutil.which('mactime'):
        return len(want)
    # mactime joins lines of one inode that are equal.
    if mactime(text) != [at for at, _ in sorted(set(told))]:
        raise ValueError('mactime reads other events than were written')
    return len(want)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('images', nargs='+')
    options = parser.parse_args()
    for image in options.images:
        print('%s: %d events' % (image, check(options, image)))


if __name__ == '__main__':
    sys.exit(main())
