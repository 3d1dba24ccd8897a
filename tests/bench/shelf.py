#!/usr/bin/env python3
"""shelf.py: a shelf of images, and what a batch over it costs.

    shelf.py --esuscan PROGRAM --work FOLDER [--images N] [--rounds N] [--store-images N] DISKS

Fills FOLDER with N images (200): every fixture disk in turn, mixed formats, sizes and faults,
copied sparsely. Measures throughput against the number of workers, memory of the largest process,
the store's size an image, and with the store filled by repetition (10,000 images) the time of the
example queries of the manual page and some more. Output of all numbers of workers is compared."""

import argparse
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MANUAL = os.path.join(HERE, '..', '..', 'src', 'esuscan.1')
sys.path.insert(0, os.path.join(HERE, '..', 'batch'))
from queries import queries_of                                          # pylint: disable=C0413

MORE = {
    'answers': """SELECT v.answer, count(*) FROM verdict_build AS v JOIN latest AS l
        ON l.id = v.image GROUP BY v.answer""",
    'one image': """SELECT type, count(*) FROM facts WHERE image = (SELECT max(id) FROM images)
        GROUP BY type""",
    'could not be scanned': "SELECT path, reason FROM latest WHERE state = 2",
}


def build(disks, shelf, wanted):
    names = sorted(os.listdir(disks))
    n = number = 0
    while n < wanted:
        folder = os.path.join(shelf, 'rack-%03d' % number)
        os.makedirs(folder)
        for name in names:
            subprocess.run(['cp', '--sparse=always', '-p', os.path.join(disks, name), folder],
                           check=True)
        n += sum(1 for each in names if each.endswith(('.raw', '.E01', '.vmdk', '.vhd', '.vhdx',
                                                       '.qcow2')))
        number += 1
    return number


def copy_columns(db, table, skip=()):
    return [row[1] for row in db.execute('PRAGMA table_info("%s")' % table) if row[1] not in skip]


def repeat(store, wanted):
    """Fill a store with copies of what it holds."""
    db = sqlite3.connect(store)
    db.execute('PRAGMA journal_mode=OFF')                   # a copy: nothing to go back to
    db.execute('PRAGMA synchronous=OFF')
    n, last = db.execute('SELECT count(*), max(id) FROM images').fetchone()
    tables = [row[0] for row in db.execute(
        "SELECT name FROM sqlite_schema WHERE type='table'")]
    tables = [t for t in tables if 'image' in copy_columns(db, t)]
    columns = {t: copy_columns(db, t, ('image',)) for t in tables}
    about = copy_columns(db, 'images', ('id', 'path'))
    step = 0
    while n * (step + 1) < wanted:
        step += 1
        shift = last * step
        db.execute('INSERT INTO images(id, path, %s) SELECT id+%d, path||".%d", %s FROM images '
                   'WHERE id<=%d' % (','.join(about), shift, step, ','.join(about), last))
        for table in tables:
            names = ','.join('"%s"' % c for c in columns[table])
            db.execute('INSERT INTO "%s"(image, %s) SELECT image+%d, %s FROM "%s" WHERE image<=%d'
                       % (table, names, shift, names, table, last))
    db.commit()
    n = db.execute('SELECT count(*) FROM images').fetchone()[0]
    db.execute('ANALYZE')
    db.close()
    return n


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--work', required=True)
    parser.add_argument('--images', type=int, default=200)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--store-images', type=int, default=10000)
    parser.add_argument('disks')
    options = parser.parse_args()
    shelf = os.path.join(options.work, 'shelf')

    if not os.path.isdir(shelf):
        build(options.disks, shelf, options.images)
    workers = sorted({1, 2, os.cpu_count(), 2 * os.cpu_count()})
    took = {n: [] for n in workers}
    store, summary = None, None
    for turn in range(options.rounds):
        for n in workers:
            store = os.path.join(options.work, 'shelf-%d.db' % n)
            for tail in ('', '-wal', '-shm'):
                if os.path.exists(store + tail):
                    os.remove(store + tail)
            started = time.perf_counter()
            run = subprocess.run([options.esuscan, 'batch', '-q', '-j', str(n), '--store', store,
                                  shelf], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                 text=True, check=False)
            took[n].append(time.perf_counter() - started)
            words = run.stdout.split('slowest:')[0]
            if summary not in (None, words):
                sys.exit('the output depends on the number of workers:\n%s%s' % (summary, words))
            summary = words
    print(summary.split('\n')[0])
    images = sqlite3.connect(store).execute('SELECT count(*) FROM images').fetchone()[0]
    for n in workers:
        seconds = statistics.median(took[n])
        print('%2d workers: %6.2f s, %5.1f images/s' % (n, seconds, images / seconds))
    print('memory of the largest process: %.0f MiB' %
          (resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))
    print('store: %.1f KiB an image' % (os.path.getsize(store) / 1024 / images))

    large = os.path.join(options.work, 'large.db')
    shutil.copy(store, large)
    n = repeat(large, options.store_images)
    print('a store of %d images: %.0f MiB' % (n, os.path.getsize(large) / 1048576))
    db = sqlite3.connect(large)
    for name, sql in {**queries_of(MANUAL), **MORE}.items():
        times = []
        for _ in range(5):
            started = time.perf_counter()
            rows = len(db.execute(sql).fetchall())
            times.append(time.perf_counter() - started)
        print('  %-60.60s %8.1f ms, %d rows' % (name, statistics.median(times) * 1000, rows))
    return 0


if __name__ == '__main__':
    sys.exit(main())
