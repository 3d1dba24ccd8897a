#!/usr/bin/env python3
"""batch.py: a batch finds what is there, loses nothing, and ends in the same store whatever happens.

    batch.py --esuscan PROGRAM [--kills N] [--seed N] DISKS

Builds a small shelf of copies and links of the fixture disks, scans it once undisturbed, and holds
everything else against that: one worker or many, an interrupted batch that is begun again (parent
or workers killed with SIGKILL at random moments, N times in all), two batches at once, an image
that changes, a full disk. Every report from the store equals that of a direct scan."""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

IMAGES = ['amd64-6003-consistent.raw', 'amd64-6002-consistent.raw', 'win7-sp1.raw', 'refused.Ex01',
          'x86-6002-pae-logical.raw', 'amd64-6003-consistent.qcow2', 'amd64-6003-consistent.vhd',
          'e01-damaged-under-software.E01', 'amd64-6003-flat.vmdk', 'hive-cyclic.raw']
failures = []


def expect(what, condition, more=''):
    if not condition:
        failures.append('%s %s' % (what, more))
        print('FAILED: %s %s' % (what, more), flush=True)


def members(disks, name):
    """The files of an image."""
    stem = name.rsplit('.', 1)[0]
    return [each for each in os.listdir(disks)
            if each == name or (name.endswith('.E01') and each.startswith(stem + '.E')) or
            (name == 'amd64-6003-flat.vmdk' and each == 'amd64-6003-flat-flat.vmdk')]


def build_shelf(disks, shelf):
    for number in range(2):
        folder = os.path.join(shelf, 'rack %d' % number, 'deep')
        os.makedirs(folder)
        for name in IMAGES:
            for each in members(disks, name):
                shutil.copy2(os.path.join(disks, each), os.path.join(folder, each))
    with open(os.path.join(shelf, 'notes.txt'), 'w', encoding='ascii') as out:
        out.write('no image\n' * 1000)
    os.symlink('/', os.path.join(shelf, 'way-out'))
    os.symlink('rack 0/deep/win7-sp1.raw', os.path.join(shelf, 'alias.raw'))


def content(store):
    """What a store holds, without what differs between runs: numbers, times, who ran it."""
    db = sqlite3.connect(store)
    expect('integrity', db.execute('PRAGMA integrity_check').fetchall() == [('ok',)])
    expect('foreign keys', not db.execute('PRAGMA foreign_key_check').fetchall())
    found = {}
    tables = [row[0] for row in db.execute(
        "SELECT name FROM sqlite_schema WHERE type='table' ORDER BY name")]
    for table in tables:
        columns = [row[1] for row in db.execute('PRAGMA table_info("%s")' % table)]
        if table in ('records', 'plugins', 'image_plugins', 'claims'):
            continue
        if table == 'images':
            kept = [c for c in columns if c not in ('id', 'started', 'finished', 'seconds')]
            rows = db.execute('SELECT %s FROM images' % ','.join('"%s"' % c for c in kept))
        elif 'image' in columns:
            kept = [c for c in columns if c != 'image']
            rows = db.execute('SELECT images.path, %s FROM "%s" AS t JOIN images ON images.id='
                              't.image' % (','.join('t."%s"' % c for c in kept), table))
        else:
            rows = db.execute('SELECT * FROM "%s"' % table)
        found[table] = sorted(map(repr, rows))
    db.close()
    return found


def same(what, left, right):
    for table in sorted(set(left) | set(right)):
        if left.get(table) != right.get(table):
            a, b = set(left.get(table, [])), set(right.get(table, []))
            expect(what, False, 'table %s: %d and %d rows, only here %s, only there %s' % (
                table, len(left.get(table, [])), len(right.get(table, [])),
                sorted(a - b)[:2], sorted(b - a)[:2]))
            return


def workers_of(parent):
    found = []
    for each in os.listdir('/proc'):
        try:
            with open('/proc/%s/stat' % each, encoding='ascii', errors='replace') as file:
                fields = file.read().rsplit(')', 1)[1].split()
            if int(fields[1]) == parent:
                found.append(int(each))
        except (OSError, ValueError, IndexError):
            continue
    return found


class Batch:
    def __init__(self, program, shelf):
        self.program, self.shelf = program, shelf

    def command(self, store, *more):
        return [self.program, 'batch', '-q', '--store', store, *more, self.shelf]

    def run(self, store, *more):
        return subprocess.run(self.command(store, *more), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)

    def disturbed(self, store, chance, within):
        """Run once and kill the parent, or a worker, after a while. Whether somebody was killed."""
        child = subprocess.Popen(self.command(store, '-j', '2'), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, within))
        victims = [child.pid] if chance.random() < 0.5 else workers_of(child.pid)
        killed = False
        if child.poll() is None and victims:
            try:
                os.kill(chance.choice(victims), signal.SIGKILL)
                killed = True
            except ProcessLookupError:
                pass
        child.wait()
        return killed


def check_reports(program, store, work):
    folder = os.path.join(work, 'reports')
    os.mkdir(folder)
    subprocess.run([program, 'report', '--store', store, '-o', 'json=' + folder], check=False,
                   stderr=subprocess.DEVNULL)
    n = 0
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding='utf-8') as file:
            stored = json.load(file)
        direct = subprocess.run([program, '-q', '-o', 'json', stored['image']['path']],
                                stdout=subprocess.PIPE, check=False)
        direct = json.loads(direct.stdout)
        for report in (stored, direct):
            for key in ('command', 'started', 'finished'):
                report['tool'].pop(key)
        expect('report from the store', stored == direct, name)
        n += 1
    expect('number of reports', n == 18, str(n))


def check_parents(options, work):
    """A disk that lies over another is scanned again when that one changes."""
    shelf, store = os.path.join(work, 'delta'), os.path.join(work, 'delta.db')
    os.mkdir(shelf)
    for name in ('vmdk-delta-6003.vmdk', 'vmdk-base-6002.vmdk', 'vhd-child-6003.vhd',
                 'vhd-base-6002.vhd'):
        shutil.copy2(os.path.join(options.disks, name), shelf)
    batch = Batch(options.esuscan, shelf)
    for words in (' 4 scanned, 0 with gaps, 0 could not be scanned, 0 done',
                  ' 0 scanned, 0 with gaps, 0 could not be scanned, 4 done'):
        run = batch.run(store, '-j', '2')
        expect('delta disks', words in run.stdout, run.stdout + run.stderr)
    for changed, children in (('vhd-base-6002.vhd', 'vhd-child-6003.vhd'),
                              ('vmdk-base-6002.vmdk', 'vmdk-delta-6003.vmdk')):
        os.utime(os.path.join(shelf, changed), ns=(1, 10 ** 18 + 1))
        for words in (' 2 scanned, 0 with gaps, 0 could not be scanned, 2 done',
                      ' 0 scanned, 0 with gaps, 0 could not be scanned, 4 done'):
            run = batch.run(store, '-j', '2')
            expect('parent changed', words in run.stdout, run.stdout + run.stderr)
        db = sqlite3.connect(store)
        expect('results of a child', db.execute(
            'SELECT count(*), count(DISTINCT rests_on) FROM images WHERE path=?',
            (os.path.realpath(os.path.join(shelf, children)),)).fetchone() == (2, 2))
        db.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--kills', type=int, default=8)
    parser.add_argument('--seed', type=int, default=6)
    parser.add_argument('disks')
    options = parser.parse_args()
    chance = random.Random(options.seed)

    with tempfile.TemporaryDirectory() as work:
        shelf = os.path.join(work, 'shelf')
        os.mkdir(shelf)
        build_shelf(options.disks, shelf)
        batch = Batch(options.esuscan, shelf)

        # ---- undisturbed
        quiet = os.path.join(work, 'quiet.db')
        started = time.perf_counter()
        run = batch.run(quiet, '-j', '1', '-o', 'json=' + os.path.join(work, 'out'))
        took = time.perf_counter() - started
        expect('status', run.returncode == 1, '%d %s' % (run.returncode, run.stderr))
        expect('summary', run.stdout.startswith('20 images: 14 scanned, 4 with gaps, 2 could not'),
               run.stdout)
        expect('one report each', len(os.listdir(os.path.join(work, 'out'))) == 18)
        reference = content(quiet)
        check_reports(options.esuscan, quiet, work)

        # ---- again: nothing is left to do but what failed
        run = batch.run(quiet, '-j', '3')
        expect('resume', ' 0 scanned, 0 with gaps, 2 could not be scanned, 18 done before, 4 of '
               'them with gaps\n' in run.stdout, run.stdout)
        same('a second run', reference, content(quiet))

        # ---- again, and nothing failed: an image has its gaps still
        torn = os.path.join(work, 'torn')
        os.mkdir(torn)
        shutil.copy2(os.path.join(options.disks, 'hive-cut.raw'), torn)
        torn = Batch(options.esuscan, torn)
        runs = [torn.run(os.path.join(work, 'torn.db')) for _ in range(2)]
        expect('gaps from before', [run.returncode for run in runs] == [1, 1] and
               ' 1 done before, 1 of them with gaps\n' in runs[1].stdout, runs[1].stdout)

        # ---- two at once
        pair = os.path.join(work, 'pair.db')
        first = subprocess.Popen(batch.command(pair, '-j', '2'), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        second = batch.run(pair, '-j', '2')
        first.wait()
        expect('two at once', first.returncode == 1 and second.returncode in (0, 1),
               '%d %d %s' % (first.returncode, second.returncode, second.stderr))
        batch.run(pair)
        same('two at once', reference, content(pair))

        # ---- killed
        started = time.perf_counter()
        batch.run(os.path.join(work, 'pace.db'), '-j', '2')
        took = min(took, time.perf_counter() - started)
        done = rounds = 0
        while done < options.kills:
            rounds += 1
            killed = os.path.join(work, 'killed-%d.db' % rounds)
            for _ in range(20):
                done += batch.disturbed(killed, chance, took * 0.8)
                if done == options.kills:
                    break
                if os.path.exists(killed):
                    db = sqlite3.connect(killed, timeout=60)
                    ended = db.execute("SELECT count(*) FROM sqlite_schema WHERE name='images'"
                                       ).fetchone()[0]
                    ended = ended and db.execute('SELECT count(*) FROM images WHERE state<>2'
                                                 ).fetchone()[0] == 18
                    db.close()
                    if ended:
                        break
            started = time.perf_counter()
            run = batch.run(killed, '-j', '2')
            if ' 0 done before' in run.stdout:      # as fast as it goes: kill it while it runs
                took = min(took, time.perf_counter() - started)
            expect('after kills', run.returncode == 1, run.stderr)
            same('after kills', reference, content(killed))
            if failures:
                break
        print('%d kills in %d stores' % (done, rounds))

        # ---- an image changes
        changed = os.path.join(shelf, 'rack 1', 'deep', 'win7-sp1.raw')
        with open(changed, 'r+b') as file:
            file.seek(100)
            file.write(b'x')
        run = batch.run(quiet)
        expect('changed image', ' 1 scanned, 0 with gaps, 2 could not be scanned, 17 done' in
               run.stdout, run.stdout)
        db = sqlite3.connect(quiet)
        expect('both results', db.execute('SELECT count(*) FROM images WHERE path=?',
                                          (os.path.realpath(changed),)).fetchone()[0] == 2)
        expect('the latest', db.execute('SELECT count(*) FROM latest').fetchone()[0] == 20)
        db.close()

        check_parents(options, work)

        # ---- no room: what is written stays whole, and the status says it
        full = os.path.join(work, 'full.db')
        run = subprocess.run(batch.command(full, '-j', '2'), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, check=False,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                   (400000, 400000)))
        expect('no room', run.returncode == 3 and 'store' in run.stderr,
               '%d %s' % (run.returncode, run.stderr))
        run = batch.run(full)
        expect('room again', run.returncode == 1, run.stderr)

        # ---- nothing there
        empty = os.path.join(work, 'empty')
        os.mkdir(empty)
        run = subprocess.run([options.esuscan, 'batch', '--store', full, empty], check=False,
                             stderr=subprocess.PIPE)
        expect('nothing there', run.returncode == 3)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
