#!/usr/bin/env python3
"""paths.py: what it costs to look for images among very many files.

    paths.py --esuscan PROGRAM --work FOLDER [--files N]

Makes N files (1,000,000) that are no images, one image among them: half of them in one folder, half
in folders of a thousand. Measures memory and processor time of the search for a quarter, half and
all of them; neither may rise faster than the number, but for what a cache that is too small costs
(a search that compares all with all would take four times as long for each file). Time by the clock is shown beside: where the
names are not in memory it is that of the disk."""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import time


def make(folder, n):
    """So many files below a folder; a raw disk with an empty NTFS boot sector is the image."""
    flat = os.path.join(folder, 'flat')
    os.makedirs(flat)
    for i in range(n // 2):
        with open(os.path.join(flat, 'IMG_%07d.jpg' % i), 'wb') as out:
            out.write(b'\xff\xd8\xff no image of a disk')
    for i in range(n // 2):
        deep = os.path.join(folder, 'deep', '%04d' % (i // 1000))
        if i % 1000 == 0:
            os.makedirs(deep)
        with open(os.path.join(deep, 'note-%d.txt' % i), 'wb') as out:
            out.write(b'words')
    with open(os.path.join(flat, 'disk.raw'), 'wb') as out:
        out.write(b'\xeb\x52\x90NTFS    ' + bytes(499) + b'\x55\xaa' + bytes(1 << 20))


def measure(program, folder, store):
    """Seconds, those of the processor, and MiB of the program; from a process of its own, so that no
    other counts."""
    read, write = os.pipe()
    if not os.fork():
        os.close(read)
        started = time.perf_counter()
        subprocess.run([program, 'batch', '-q', '--store', store, folder], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        took = time.perf_counter() - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        os.write(write, b'%f %f %f' % (took, used.ru_utime + used.ru_stime,
                                       used.ru_maxrss / 1024))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        measured = tuple(map(float, answer.read().split()))
    os.wait()
    return measured


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--work', required=True)
    parser.add_argument('--files', type=int, default=1000000)
    options = parser.parse_args()
    results = []
    for n in (options.files // 4, options.files // 2, options.files):
        folder = os.path.join(options.work, 'paths')
        make(folder, n)
        store = os.path.join(options.work, 'paths.db')
        runs = []
        for _ in range(3):
            for tail in ('', '-wal', '-shm'):
                if os.path.exists(store + tail):
                    os.remove(store + tail)
            runs.append(measure(options.esuscan, folder, store))
        took, work, peak = (min(r[0] for r in runs), min(r[1] for r in runs),
                            max(r[2] for r in runs))
        results.append((n, work, peak))
        print('%8d files: %6.2f s, %6.2f s of processor, %5.1f us each, %5.0f MiB' % (
            n, took, work, work / n * 1e6, peak), flush=True)
        shutil.rmtree(folder)
    (least, work, peak), (most, longest, highest) = results[0], results[-1]
    return longest > 2 * work * most / least or highest > 1.5 * max(peak, 16) * most / least


if __name__ == '__main__':
    sys.exit(main())
