#!/usr/bin/env python3
"""verify.py: what `esuscan verify` says of images that are intact, damaged, changed or unknown.

    verify.py --esuscan PROGRAM DISKS"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

failures = []


def expect(what, run, status, *words):
    missing = [word for word in words if word not in run.stdout + run.stderr]
    if run.returncode != status or missing:
        failures.append(what)
        print('FAILED: %s: status %d, without %s\n%s%s' % (what, run.returncode, missing,
                                                           run.stdout, run.stderr))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('disks')
    options = parser.parse_args()

    def verify(*more):
        return subprocess.run([options.esuscan, 'verify', *more], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)

    def disk(name):
        return os.path.join(options.disks, name)

    raw = disk('amd64-6003-consistent.raw')
    with open(raw, 'rb') as file:
        data = file.read()
    md5, sha256 = hashlib.md5(data).hexdigest(), hashlib.sha256(data).hexdigest()

    expect('intact', verify(disk('amd64-6003-consistent.E01')), 0, ': intact (E01',
           'has the MD5 that was stored', md5)
    expect('damaged', verify(disk('e01-damaged-under-software.E01')), 1, ': damaged (E01',
           'bytes 3506176 to 3538943', 'i1: ', 'Windows/System32/config/SOFTWARE',
           'does not have the MD5 that was stored')
    expect('damaged where nothing lies', verify(disk('e01-damaged-unused-space.E01')), 1,
           'No file that is in use')
    expect('segment missing', verify(disk('e01-missing-middle.E01')), 1,
           'e01-missing-middle.E02 is missing', 'Boot/BCD')
    expect('two', verify(disk('amd64-6003-consistent.E01'), disk('e01-missing-middle.E01')), 1,
           ': intact', ': damaged')
    expect('refused', verify(disk('refused.Ex01')), 3, 'EnCase 7')
    expect('nothing known', verify(raw), 1, 'not verified', 'nobody can say', sha256)
    expect('given', verify('--hash', sha256.upper(), raw), 0, 'intact', 'SHA-256 that was given')
    expect('given, another', verify('--hash', md5[::-1], raw), 1, 'does not match (raw',
           'does not have the MD5 that was given')
    expect('no digest', verify('--hash', 'abc', raw), 2, '--hash')
    expect('of two', verify('--hash', md5, raw, raw), 2, 'one image')
    with tempfile.TemporaryDirectory() as work:
        copy = os.path.join(work, 'disk.raw')
        shutil.copy(raw, copy)
        for name, text in (('disk.raw.md5', '%s *disk.raw\n' % md5),
                           ('disk.sha256', '%s\n' % sha256),
                           ('disk.raw.txt', ' MD5 checksum:    %s : verified\r\n' % md5)):
            beside = os.path.join(work, name)
            with open(beside, 'w', encoding='ascii') as out:
                out.write(text)
            expect(name, verify(copy), 0, 'that stands in ' + name)
            with open(beside, 'w', encoding='ascii') as out:
                out.write(text.replace(md5, md5[::-1]).replace(sha256, sha256[::-1]))
            expect(name + ', changed', verify(copy), 1, ': does not match', 'does not have the')
            os.remove(beside)
        with open(os.path.join(work, 'disk.raw.md5'), 'wb') as out:
            out.write(os.urandom(60000))
        expect('nonsense beside', verify(copy), 1, 'nobody can say')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
