#!/usr/bin/env python3
"""integrity.py: what checking signatures costs a scan.

    integrity.py --esuscan PROGRAM --ntfsfill PROGRAM [--work FOLDER] [--rounds N]
                 [--catalogs N] [--components N] [--file-size KIB]

Makes a disk of its own, raw and E01: kernel files of real size, N catalogs of 10 KiB each in
CatRoot and again in servicing\\Packages, N components with manifests. Then, in turns:

    without      the program without the integrity plugin
    embedded     the default scan of a disk whose files all carry a signature, and that has no
                 \\bootmgr, which never does: no catalog is read
    default      the default scan where four files need the catalogs
    one-thread   the same with -j 1
    full         --all-components besides

Medians and bests of wall time, and what each read of the image."""

import argparse
import hashlib
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'fixtures', 'recipes'))

import build                                                        # noqa: E402
import disk                                                         # noqa: E402
import install                                                      # noqa: E402
import integrity                                                    # noqa: E402
import pe                                                           # noqa: E402
import sign                                                         # noqa: E402
import tree                                                         # noqa: E402


def grown(image, size):
    """The image with a last section made larger: bytes that do not compress."""
    image = bytearray(image) + bytes(-len(image) % 512)
    coff, optional, _, _ = pe.headers(image)
    n = struct.unpack_from('<H', image, coff + 2)[0]
    at = optional + struct.unpack_from('<H', image, coff + 16)[0] + 40 * (n - 1)
    raw = struct.unpack_from('<I', image, at + 20)[0]
    image += build.noise(max(0, size - len(image)), 'body of %d' % size)
    struct.pack_into('<I', image, at + 16, len(image) - raw)
    return pe.seal(bytes(image))


def make(options, work, name, every_file):
    works = integrity.Works()
    bench = build.Bench(name, work, os.path.join(work, 'w-' + name), options.ntfsfill)
    os.makedirs(bench.work, exist_ok=True)
    size = options.file_size * 1024
    bodies = {}

    def finish(file, data):
        bodies[file] = grown(data, size)
        if every_file or file not in integrity.BY_CATALOG:
            bodies[file] = works.signed(bodies[file])
        return bodies[file]

    more = {}
    members = []
    for file in integrity.BY_CATALOG:
        image = grown(bench.compiler.build(file, integrity.KERNEL, 'amd64'), size)
        members.append(sign.member(sign.image_digest(image, 'sha1'), file=file))
    manager = integrity.manager(bench, works)
    members.append(sign.member(sign.digest('sha1', manager), image=False))
    key = works.authority.windows
    for n in range(options.catalogs):
        listed = [sign.member(hashlib.sha1(b'%d %d' % (n, k)).digest(), file='file%d.dll' % k)
                  for k in range(24)]
        if n == options.catalogs // 2:
            listed += members
        data = sign.catalog(listed, key, **works.stamp)
        file = 'Package_%d_for_KB%d~31bf3856ad364e35~amd64~~6.0.1.0.cat' % (n % 9, 2000000 + n)
        more[integrity.CATROOT + file] = data
        more['servicing/Packages/' + file] = data
    for n in range(options.components):
        data = build.noise(20000 + n % 7 * 9000, 'component %d' % n)
        folder = 'amd64_component-%05d_31bf3856ad364e35_%s_none_0' % (n, integrity.KERNEL)
        more['winsxs/%s/file.dll' % folder] = data
        more['winsxs/Manifests/%s.manifest' % folder] = integrity.manifest('file.dll', data)
    raw, _ = build.windows_disk(bench, name + '.raw', integrity.KERNEL, finish=finish, more=more,
                                reg={'winners': integrity.winners()},
                                bcd={'manager': False if every_file else manager},
                                size=options.disk_size)
    disk.ewf(raw, os.path.join(work, name))
    with open(os.path.join(work, 'roots.pem'), 'w', encoding='ascii') as f:
        f.write(works.authority.root.pem())


def run(command):
    started = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    seconds = time.perf_counter() - started
    read = re.search(rb'asked of the image: (\d+) reads, (\d+) bytes', done.stderr)
    answer = re.search(rb'"kernel-integrity": ?\{"answer": ?"([a-z-]+)"', done.stdout)
    return seconds, int(read.group(2)) if read else 0, answer.group(1).decode() if answer else '-'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--ntfsfill', required=True)
    parser.add_argument('--work', default=None)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--catalogs', type=int, default=4000)
    parser.add_argument('--components', type=int, default=3000)
    parser.add_argument('--file-size', type=int, default=2048)
    parser.add_argument('--disk-size', type=int, default=512)
    options = parser.parse_args()
    program = os.path.abspath(options.esuscan)

    with tempfile.TemporaryDirectory(dir=options.work) as work:
        for name, every in (('embedded', True), ('catalogs', False)):
            make(options, work, name, every)
        bare = tree.with_plugins(program, os.path.join(work, 'without'),
                                 lambda name: name != 'integrity')
        common = ['-v', '--no-progress', '-o', 'json', '--roots', os.path.join(work, 'roots.pem')]
        for form in ('.raw', '.E01'):
            image = os.path.join(work, 'catalogs' + form)
            cases = {'without': [bare] + common + [image],
                     'embedded': [program] + common + [os.path.join(work, 'embedded' + form)],
                     'default': [program] + common + [image],
                     'one-thread': [program] + common + ['-j', '1', image],
                     'full': [program] + common + ['--all-components', image]}
            times = {name: [] for name in cases}
            for each in range(options.rounds + 1):                       # the first one warms up
                for name, command in cases.items():
                    seconds, read, answer = run(command)
                    if each:
                        times[name].append(seconds)
                    if each == options.rounds:
                        print('%-4s %-10s %8.3f s  best %8.3f s  %8.1f MiB asked  %s' % (
                            form[1:], name, statistics.median(times[name]), min(times[name]),
                            read / 1048576, answer))


if __name__ == '__main__':
    main()
