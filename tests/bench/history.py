#!/usr/bin/env python3
"""history.py: what event logs, text logs and shadow copies cost a scan.

    history.py --esuscan PROGRAM --ntfsfill PROGRAM [--work FOLDER] [--rounds N]
               [--log-size MIB] [--text-size MIB] [--copies N] [--hive-size MIB]

Makes a disk of its own: four event logs of 20 MB, 300 MB of text logs, hives of 24 MB and eight
shadow copies, between each of which System.evtx, SOFTWARE and WindowsUpdate.log changed, and nothing
else. Then, in turns:

    none       --snapshots none: a first scan
    one        the newest shadow copy besides
    all        all of them
    evtxexport of the same four logs, where it is installed

Medians of wall time, CPU time of all processes, and the largest memory; what one shadow copy adds;
the time of the logs against evtxexport's."""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'fixtures', 'recipes'))

import bench_disk                                                   # noqa: E402
import build                                                        # noqa: E402
import disk                                                         # noqa: E402
import evtx                                                         # noqa: E402
import install                                                      # noqa: E402
import seeds                                                        # noqa: E402
import shadow                                                       # noqa: E402
import story                                                        # noqa: E402
import windows                                                      # noqa: E402
from disk import MIB                                                # noqa: E402
from regf import filetime                                           # noqa: E402

DAY = 864000000000


def noise(when, provider, number):
    return [evtx.classic(when, number, ['service%d' % (when // DAY % 90), '6.0.6002.18005',
                                        'entered the running state', '0x1a2b'],
                         provider=(provider, None))]


def rare(event, every):
    """What the scan looks at among what it does not: one in `every`."""
    return lambda when, n: event(when) if n % every == 0 else noise(
        when, 'Service Control Manager', 7036)


LOGS = {'System': rare(lambda when: evtx.daily(when, story.LAB6002), 40),
        'Security': rare(lambda when: evtx.logon(when, 4624, 'backup', kind=3,
                                                 address='192.0.2.7'), 4),
        'Application': rare(lambda when: story.licensed(), 100),
        'Setup': rare(lambda when: evtx.servicing(when, 4373, story.ROLLUP, 7), 100)}
UPDATE_LOG = 'WindowsUpdate.log'
CHANGED = 'state %04d of this machine'


def event_log(name, size):
    """Whole chunks of one kind of life, an hour at a time."""
    chunks, when, record = [], filetime('2012-01-01 00:00:00'), 1
    while len(chunks) * evtx.CHUNK < size:
        chunk = evtx.Chunk(record)
        full = False
        while not full:
            for event in LOGS[name](when, record):
                event = dict(event, record=record, channel=name, computer='BENCH-02')
                if not isinstance(event['time'], int):
                    event['time'] = filetime(event['time'])
                full = full or not chunk.add(event)
                record += not full
            when += DAY // 24
        chunks.append(chunk.done())
    empty = bytearray(evtx.log([], name))[:4096]
    import struct
    import zlib
    struct.pack_into('<QQQ', empty, 8, 0, len(chunks) - 1, record)
    struct.pack_into('<H', empty, 42, len(chunks) & 0xffff)
    struct.pack_into('<I', empty, 124, zlib.crc32(bytes(empty[:120])))
    return bytes(empty) + b''.join(chunks)


def repeated(block, size):
    return (block * (size // len(block) + 1))[:size]


def text_logs(size):
    quiet = ''.join('2018-%02d-%02d 03:%02d:07, Info                  CBS    Session: 30%06d_%08d '
                    'initialized by client WindowsUpdateAgent.\r\n' %
                    (n % 12 + 1, n % 28 + 1, n % 60, n, n * 7919 % 99999999) for n in range(4000))
    loud = story.CBS.replace('\n', '\r\n')
    setup = ''.join('     dvi: {Build Driver List} 11:%02d:%02d.200 of device %06d\r\n' %
                    (n % 60, n * 7 % 60, n) for n in range(4000))
    reports = story.client_log().decode()
    client = ''.join('2019-06-12\t03:%02d:%02d:111\t1020\td7c\tAgent\t  * Found %d updates and %d '
                     'categories in search\r\n' % (n % 60, n * 7 % 60, n, n % 70)
                     for n in range(4000))
    return {'Logs/CBS/CbsPersist_20190612000000.log': repeated((quiet + loud).encode(), size),
            'Logs/CBS/CbsPersist_20190312000000.log': repeated((loud + quiet).encode(), size),
            'inf/setupapi.dev.log': story.SETUPAPI.replace('\n', '\r\n').encode() +
            repeated(setup.encode(), size - 2 * MIB),
            UPDATE_LOG: repeated((client + reports).encode(), 2 * MIB)}


def hives(size):
    listed = bench_disk.packages(600)
    root = windows.software(build.K6003, 'amd64', build.TIME, packages=listed)
    root.sub('Bench').set('State', CHANGED % 0)
    bench_disk.pad(root, 'Classes\\CLSID', 4000, size)
    software = install.hive(root, 'SOFTWARE', build.TIME)
    root = windows.system('amd64', build.TIME, computer='BENCH-02', mounted={
        'C:': windows.mounted_mbr(seeds.SIGNATURE, MIB)})
    bench_disk.pad(root, 'ControlSet001\\Services\\Bench', 4000, size)
    return software, install.hive(root, 'SYSTEM', build.TIME), listed


def patch(volume, where, offset, data):
    """A few bytes of a file that lies in these runs."""
    for first, count in where[1]:
        if offset < count * 4096:
            assert offset + len(data) <= count * 4096
            return disk.patch(volume, first * 4096 + offset, data)
        offset -= count * 4096
    raise ValueError('behind the end of the file')


def make(options, work):
    bench = build.Bench('history', work, os.path.join(work, 'w'), options.ntfsfill)
    os.makedirs(bench.work, exist_ok=True)
    system_root = 'Windows/'
    names = [system_root + p for p in ('System32/config/SOFTWARE', story.LOGS + 'System.evtx',
                                       UPDATE_LOG)]
    software, system, listed = hives(options.hive_size * MIB)
    more = {story.LOGS + '%s.evtx' % n: event_log(n, options.log_size * MIB) for n in LOGS}
    more.update(text_logs(options.text_size * MIB // 3))
    for name in LOGS:
        with open(os.path.join(work, name + '.evtx'), 'wb') as out:
            out.write(more[story.LOGS + name + '.evtx'])
    tree = bench.tree()
    build.boot_files(tree)
    shadow.reserve(tree, [4 * MIB] * options.copies)
    install.install(tree, bench.compiler, 'amd64', build.K6003, software, system, packages=listed,
                    more=more)
    for name in names:
        tree.where(name)
    length = (sum(map(len, more.values())) + len(software) + len(system)) // MIB * MIB + \
        (512 + 4 * options.copies) * MIB
    volume, found = bench.ntfs(tree, length)
    at_state = software.index((CHANGED % 0).encode('utf-16-le'))
    last_chunk = len(more[story.LOGS + 'System.evtx']) - evtx.CHUNK
    chunk_data = more[story.LOGS + 'System.evtx'][last_chunk:]
    states = []
    for n in range(options.copies):
        state = os.path.join(work, 'state%d' % n)
        shutil.copyfile(volume, state)
        patch(state, found[names[0]], at_state, (CHANGED % (n + 1)).encode('utf-16-le'))
        # the last chunk had not been written yet
        patch(state, found[names[1]], last_chunk, bytes(4096) if n % 2 else chunk_data[:4096])
        patch(state, found[names[2]], len(more[UPDATE_LOG]) // 4096 * 4096 - 4096,
              b'%04d' % n * 1000)
        states.append(state)
    shadow.write(volume, states, found, length,
                 ['2019-%02d-15 21:00:00' % (n + 1) for n in range(options.copies)], 'BENCH-02')
    raw = os.path.join(work, 'history.raw')
    disk.blank(raw, length + 2 * MIB)
    bench_disk.copy_sparse(volume, raw)
    disk.mbr(raw, [(7, 2048, length // 512, True)], seeds.SIGNATURE)
    for path in states + [volume]:
        os.unlink(path)
    return raw


def run(arguments):
    """Wall seconds, CPU seconds, and the most memory in MiB."""
    code = ('import os, resource, subprocess, sys, time\n'
            'began = time.monotonic()\n'
            'done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)\n'
            'wall = time.monotonic() - began\n'
            'of = resource.getrusage(resource.RUSAGE_CHILDREN)\n'
            'print(done.returncode, wall, of.ru_utime + of.ru_stime, of.ru_maxrss / 1024)\n'
            'sys.stderr.buffer.write(done.stderr)\n')
    done = subprocess.run([sys.executable, '-c', code] + arguments, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    status, *numbers = done.stdout.split()
    if int(status) > 1:
        sys.exit(done.stderr.decode())
    return tuple(float(n) for n in numbers)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--ntfsfill', required=True)
    parser.add_argument('--work')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--log-size', type=int, default=20)
    parser.add_argument('--text-size', type=int, default=300)
    parser.add_argument('--copies', type=int, default=8)
    parser.add_argument('--hive-size', type=int, default=24)
    options = parser.parse_args()
    options.ntfsfill = os.path.abspath(options.ntfsfill)
    options.esuscan = os.path.abspath(options.esuscan)
    with tempfile.TemporaryDirectory(prefix='history-', dir=options.work) as folder:
        work = options.work or folder
        raw = os.path.join(work, 'history.raw')
        if not os.path.exists(raw):
            made = make(options, folder)
            if options.work:
                for name in [made] + [os.path.join(folder, n + '.evtx') for n in LOGS]:
                    shutil.move(name, work)
        measure(options, work, raw)


def measure(options, work, raw):
    scan = [options.esuscan, '-q', '-o', 'json', '--snapshots']
    ways = {'none': scan + ['none', raw], 'one': scan + [str(options.copies), raw],
            'all': scan + ['all', raw]}
    logs = [os.path.join(work, name + '.evtx') for name in LOGS]
    seen = {name: [] for name in ways}
    exported = []
    for _ in range(options.rounds):
        for name, arguments in ways.items():
            seen[name].append(run(arguments))
        if shutil.which('evtxexport'):
            exported.append([sum(each) for each in zip(*(run(['evtxexport', log])[:2]
                                                         for log in logs))])
    of = {name: [statistics.median(column) for column in zip(*rows)]
          for name, rows in seen.items()}
    for name, (wall, cpu, memory) in of.items():
        print('%-10s %7.2f s wall  %7.2f s CPU  %6.0f MiB' % (name, wall, cpu, memory))
    first = of['none'][1]
    print('a shadow copy adds %.2f s CPU, %.0f %% of a first scan (the newest %.2f s)' %
          ((of['all'][1] - first) / options.copies,
           100 * (of['all'][1] - first) / options.copies / first, of['one'][1] - first))
    if exported:
        wall, cpu = (statistics.median(column) for column in zip(*exported))
        print('evtxexport %7.2f s wall  %7.2f s CPU: the whole first scan takes %.2f of it' %
              (wall, cpu, first / cpu))


if __name__ == '__main__':
    main()
