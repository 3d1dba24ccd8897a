#!/usr/bin/env python3
"""faults.py: what a batch says of media that fail and of images that change under it.

    faults.py --esuscan PROGRAM --fault fault.so DISKS

Each fault hits one image of three. It must be told for that image, with the reason, in the summary
and in the store; the two others are there as ever; the exit status is the documented one; and the
next run, without the fault, completes what was missing."""

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

VICTIM = 'b-6003.raw'
OTHERS = ['a-6002.raw', 'c-win7.raw']
failures = []


def expect(what, condition, more=''):
    if not condition:
        failures.append(what)
        print('FAILED: %s: %s' % (what, more), flush=True)


class Shelf:
    """Three images in a folder of its own, and a store that is not there yet."""

    def __init__(self, options, work, name):
        self.options, self.name = options, name
        self.folder = os.path.join(work, name)
        self.store = os.path.join(work, name + '.db')
        os.makedirs(self.folder)
        for source, to in (('amd64-6002-consistent.raw', OTHERS[0]),
                           ('amd64-6003-consistent.raw', VICTIM), ('win7-sp1.raw', OTHERS[1])):
            subprocess.run(['cp', '--sparse=always', os.path.join(options.disks, source),
                            self.at(to)], check=True)

    def at(self, name):
        return os.path.join(self.folder, name)

    def begin(self, fault=None, more=()):
        environment = dict(os.environ)
        if fault:
            environment.update(LD_PRELOAD=self.options.fault, ESUSCAN_FAULT=fault)
        return subprocess.Popen([self.options.esuscan, 'batch', '-q', '-j', '2', '--store',
                                 self.store, *more, self.folder], env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, fault=None, more=()):
        return self.end(self.begin(fault, more))

    @staticmethod
    def end(child):
        out, err = child.communicate(timeout=100)
        return child.returncode, out, err

    def ask(self, sql, *values):
        db = sqlite3.connect(self.store, timeout=60)
        rows = db.execute(sql, values).fetchall()
        db.close()
        return rows

    def others_are_there(self):
        for name in OTHERS:
            rows = self.ask('SELECT state, reason FROM latest WHERE path=?', self.at(name))
            expect(self.name + ': ' + name, rows == [(0, None)], str(rows))

    def is_mended(self):
        """Without the fault the rest is done, and only that."""
        status, out, err = self.run()
        expect(self.name + ': mended', status == 0 and ': 1 scanned, 0 with gaps, 0 could not be '
               'scanned, 2 done before' in out, '%d %s%s' % (status, out, err))
        expect(self.name + ': integrity', self.ask('PRAGMA integrity_check') == [('ok',)])


def medium(options, work):
    """Sectors in the middle cannot be read: a gap, with the range, and the rest of the image."""
    shelf = Shelf(options, work, 'medium')
    status, out, err = shelf.run('eio:1048576:1052672:' + shelf.at(VICTIM))
    expect('medium', status == 1 and '3 images: 2 scanned, 1 with gaps, 0 could not' in out,
           '%d %s%s' % (status, out, err))
    rows = shelf.ask('SELECT b.start, b.length, b.reason FROM bad_ranges AS b JOIN latest AS l ON '
                     'l.id=b.image WHERE l.path=?', shelf.at(VICTIM))
    expect('medium: range', rows == [(1048576, 4096, rows[0][2])] and 'could not be read' in rows[0][2]
           if rows else False, str(rows))
    shelf.others_are_there()
    # The image has not changed, so this stays its result; a batch that verifies asks anew.
    status, out, err = shelf.run(more=['--verify'])
    expect('medium: verified', status == 0 and '3 images: 3 scanned' in out,
           '%d %s%s' % (status, out, err))


def medium_at_its_start(options, work):
    """The first sectors: nobody can say whether it is an image. Told as a path; the status says
    it; named by itself it is an image that could not be scanned."""
    shelf = Shelf(options, work, 'start')
    fault = 'eio:0:4096:' + shelf.at(VICTIM)
    status, out, err = shelf.run(fault)
    expect('start', status == 1 and '2 images: 2 scanned' in out and '1 path' in out and
           shelf.at(VICTIM) in err and 'Input/output error' in err,
           '%d %s%s' % (status, out, err))
    shelf.others_are_there()
    status, out, err = shelf.run(fault, [shelf.at(VICTIM)])
    rows = shelf.ask('SELECT state FROM latest WHERE path=?', shelf.at(VICTIM))
    expect('start: named', status == 1 and ' 2 done before' in out and len(rows) == 1 and
           rows[0][0] in (1, 2), '%d %s%s %s' % (status, out, err, rows))


def whole_medium(options, work):
    """No byte behind the first 8 KiB: nothing to find, and no crash, hang or silence."""
    shelf = Shelf(options, work, 'whole')
    status, out, err = shelf.run('eio:8192:99999999999:' + shelf.at(VICTIM))
    expect('whole', status == 1 and ' 1 with gaps' in out, '%d %s%s' % (status, out, err))
    shelf.others_are_there()


def is_open(path):
    for each in os.listdir('/proc'):
        try:
            for fd in os.listdir('/proc/%s/fd' % each) if each.isdigit() else ():
                if os.readlink('/proc/%s/fd/%s' % (each, fd)) == path:
                    return True
        except OSError:
            continue
    return False


def changing(options, work, name, change, words):
    """The image changes after its scan began, which waits for just that."""
    shelf = Shelf(options, work, name)
    before = os.stat(shelf.at(VICTIM))
    child = shelf.begin('wait:1048576:99999999999:' + shelf.at(VICTIM))
    until = time.monotonic() + 60
    while time.monotonic() < until and child.poll() is None:
        claimed = os.path.exists(shelf.store) and shelf.ask(
            "SELECT 1 FROM sqlite_schema WHERE name='claims'") and shelf.ask(
                'SELECT 1 FROM claims WHERE path=?', shelf.at(VICTIM))
        if claimed and is_open(shelf.at(VICTIM)):
            break
        time.sleep(0.02)
    change(shelf.at(VICTIM))
    status, out, err = shelf.end(child)
    expect(name, status == 1 and '3 images: 2 scanned, 0 with gaps, 1 could not be scanned' in out
           and words in out and words in err and shelf.at(VICTIM) in err,
           '%d %s%s' % (status, out, err))
    rows = shelf.ask('SELECT state, reason FROM latest WHERE path=?', shelf.at(VICTIM))
    expect(name + ': store', len(rows) == 1 and rows[0][0] == 2 and words in rows[0][1], str(rows))
    shelf.others_are_there()
    if not os.path.exists(shelf.at(VICTIM)):
        shutil.copy(os.path.join(options.disks, 'amd64-6003-consistent.raw'), shelf.at(VICTIM))
    os.truncate(shelf.at(VICTIM), before.st_size)
    if name != 'shrinks':
        shelf.is_mended()
    expect(name + ': no claim is left', not shelf.ask('SELECT * FROM claims'))


def grow(path):
    with open(path, 'ab') as file:
        file.write(bytes(512))


def shrink(path):
    os.truncate(path, os.stat(path).st_size - 1024 * 1024)


def folders(options, work):
    """A folder that may not be read, and links that lead nowhere or around."""
    shelf = Shelf(options, work, 'folders')
    closed = shelf.at('closed')
    os.makedirs(os.path.join(closed, 'deep'))
    shutil.copy(os.path.join(options.disks, 'refused.Ex01'), closed)
    os.symlink('..', shelf.at('around'))
    os.symlink('loop-b', shelf.at('loop-a'))
    os.symlink('loop-a', shelf.at('loop-b'))
    os.symlink('nothing', shelf.at('nowhere'))
    os.mkfifo(shelf.at('pipe'))
    status, out, err = shelf.run('deny:0:0:' + closed)
    expect('folder', status == 1 and '3 images: 3 scanned' in out and '1 path' in out and
           closed + ' cannot be read' in err, '%d %s%s' % (status, out, err))
    status, out, err = shelf.run(more=[shelf.at('loop-a')])
    expect('loop', status == 1 and '3 done before' in out and 'loop-a cannot be read' in err,
           '%d %s%s' % (status, out, err))


def no_place_for_reports(options, work):
    """A report that cannot be written ends the batch: no result is kept without its report."""
    shelf = Shelf(options, work, 'reports')
    out_folder = os.path.join(work, 'out')
    status, out, err = shelf.run(more=['-o', 'json=' + out_folder])
    names = os.listdir(out_folder)
    expect('reports', status == 0 and len(names) == 3, '%d %s%s' % (status, out, err))
    victim = [name for name in names if VICTIM in name]
    expect('reports: name', len(victim) == 1, str(names))
    os.remove(os.path.join(out_folder, victim[0]))
    os.makedirs(os.path.join(out_folder, victim[0], 'in the way'))
    for path in (shelf.store, shelf.store + '-wal', shelf.store + '-shm'):
        if os.path.exists(path):
            os.remove(path)
    status, out, err = shelf.run(more=['-o', 'json=' + out_folder])
    expect('reports: in the way', status == 3 and ' not done' in out and victim[0] in err,
           '%d %s%s' % (status, out, err))
    expect('reports: no result', not shelf.ask('SELECT 1 FROM images WHERE path=?',
                                               shelf.at(VICTIM)))
    shutil.rmtree(os.path.join(out_folder, victim[0]))
    status, out, err = shelf.run(more=['-o', 'json=' + out_folder])
    expect('reports: again', status == 0 and len(os.listdir(out_folder)) == 3,
           '%d %s%s' % (status, out, err))


def read_only_medium(options, work):
    """A store on a medium that cannot be written to is reported on, and not scanned into. One whose
    last results are in a journal beside it is not read without them."""
    shelf = Shelf(options, work, 'store')
    shelf.run()
    folder = os.path.join(work, 'archive 100%?')
    os.makedirs(folder)
    stores = [os.path.join(folder, name) for name in ('case.db', 'left.db')]
    for store in stores:
        db = sqlite3.connect(shelf.store)
        to = sqlite3.connect(store)
        db.backup(to)
        to.execute('PRAGMA journal_mode=WAL')
        to.close()
        db.close()
    with open(stores[1] + '-wal', 'wb') as out:
        out.write(bytes(4096))

    def run(*arguments):
        return subprocess.run(
            ['unshare', '-rm', 'sh', '-c', 'mount --bind "$0" "$0" && '
             'mount -o remount,bind,ro "$0" && exec "$@"', folder, options.esuscan, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=100)
    if subprocess.run(['unshare', '-rm', 'sh', '-c', 'mount --bind "$0" "$0"', folder],
                      stderr=subprocess.DEVNULL).returncode:
        return  # no mounts for us here
    direct = subprocess.run([options.esuscan, 'report', '--store', shelf.store, '-o', 'jsonl'],
                            stdout=subprocess.PIPE, text=True)
    there = run('report', '--store', stores[0], '-o', 'jsonl')
    expect('archive: report', there.returncode == direct.returncode and
           there.stdout == direct.stdout != '', '%d %s' % (there.returncode, there.stderr))
    left = run('report', '--store', stores[1], '-o', 'jsonl')
    expect('archive: journal', left.returncode == 3 and not left.stdout and
           'ends in -wal' in left.stderr, '%d %s' % (left.returncode, left.stderr))
    for store in (stores[0], os.path.join(folder, 'new.db')):
        batch = run('batch', '-q', '--store', store, shelf.folder)
        expect('archive: batch', batch.returncode == 3 and 'a medium that cannot be written to' in
               batch.stderr and '-wal' not in batch.stderr,
               '%d %s' % (batch.returncode, batch.stderr))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--fault', required=True)
    parser.add_argument('disks')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        work = os.path.realpath(work)
        medium(options, work)
        medium_at_its_start(options, work)
        whole_medium(options, work)
        changing(options, work, 'vanishes', os.remove, 'vanished while')
        changing(options, work, 'grows', grow, 'written to while')
        changing(options, work, 'shrinks', shrink, 'written to while')
        folders(options, work)
        no_place_for_reports(options, work)
        read_only_medium(options, work)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
