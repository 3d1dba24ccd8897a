#!/usr/bin/env python3
"""refuse.py: bad input, bad options and a bad place to write to: a message and the right status.

    refuse.py --esuscan PROGRAM --disk IMAGE [--plain]

--plain says that this is no sanitizer build: then the jail must stand."""

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import time

import run

failures = []


def expect(what, result, statuses, *words, quiet=False):
    """The status is one of these; for a refusal stderr says why, and stdout is left alone."""
    text = result.errors
    if result.status not in statuses:
        failures.append('%s: status %d, not %s: %s' % (what, result.status, statuses, text))
    elif result.status >= 2 and not text.strip() and not quiet:
        failures.append('%s: refused without a word' % what)
    elif result.status >= 2 and result.out:
        failures.append('%s: refused, and yet wrote %r' % (what, result.out[:200]))
    for word in words:
        if word.lower() not in text.lower():
            failures.append('%s: the message does not say %r: %s' % (what, word, text))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--disk', required=True)
    parser.add_argument('--plain', action='store_true')
    options = parser.parse_args()
    program, disk = os.path.abspath(options.esuscan), os.path.abspath(options.disk)

    with tempfile.TemporaryDirectory() as scratch:
        def path(name, data=None):
            made = os.path.join(scratch, name)
            if data is not None:
                with open(made, 'wb') as file:
                    file.write(data)
            return made

        def scan(*arguments, **how):
            return run.esuscan(program, *arguments, **how)

        # ---- images that are none
        expect('missing file', scan(path('absent.E01')), {3}, 'absent.E01')
        expect('empty file', scan(path('empty.raw', b'')), {3}, 'empty')
        expect('folder', scan(scratch), {3}, 'director')
        expect('file with a path through a file', scan(path('empty.raw') + '/x'), {3})
        os.mkfifo(path('pipe'))
        expect('named pipe', scan(path('pipe')), {3})
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(path('socket'))
            expect('socket', scan(path('socket')), {3})
        expect('/dev/null', scan('/dev/null'), {3})
        locked = path('locked.raw', b'x' * 4096)
        os.chmod(locked, 0)
        if not os.access(locked, os.R_OK):
            expect('unreadable file', scan(locked), {3}, 'locked.raw')
        # Raw has no magic: a file of text is a raw disk with nothing on it. That is a gap, said so.
        expect('text file', scan(path('letter.txt', b'Dear examiner,\n' * 500)), {1, 3})
        noise = random.Random(6003).randbytes(1 << 20)
        expect('noise', scan(path('noise.raw', noise)), {1, 3})
        expect('one byte', scan(path('one.raw', b'x')), {1, 3})
        for name, magic in (('Ex01', b'EVF2\r\n\x81\0'), ('L01', b'LVF\x09\x0d\x0a\xff\0'),
                            ('AFF', b'AFF10\r\n\0'), ('AD1', b'ADSEGMENTEDFILE\0')):
            expect(name, scan(path('refused.' + name, magic + noise[:65536])), {3}, name)
        vdi = bytearray(noise[:65536])
        vdi[:39] = b'<<< Oracle VM VirtualBox Disk Image >>>'
        vdi[64:68] = b'\x7f\x10\xda\xbe'
        expect('VDI', scan(path('refused.vdi', bytes(vdi))), {3}, 'VDI')
        for name, magic in (('E01', b'EVF\x09\x0d\x0a\xff\0\x01\x01\0\0\0'), ('qcow2', b'QFI\xfb\0\0\0\2'),
                            ('vmdk', b'KDMV\1\0\0\0'), ('vhdx', b'vhdxfile')):
            expect('broken ' + name, scan(path('broken.' + name, magic + noise[:65536])), {3})
            expect('cut ' + name, scan(path('cut.' + name, magic)), {3})

        # ---- options
        expect('no image', scan(), {2})
        expect('unknown option', scan('--no-such-option', disk), {2}, 'no-such-option')
        expect('unknown format', scan('-o', 'papyrus', disk), {2}, 'papyrus')
        expect('no date', scan('--as-of', 'yesterday', disk), {2}, 'as-of')
        expect('impossible date', scan('--as-of', '2019-02-30', disk), {2}, 'as-of')
        expect('option without its argument', scan('-o'), {2})
        for later in (('-o', 'html', disk), ('--credentials', locked, disk)):
            expect(' '.join(later[:2]), scan(*later), {2}, 'not in this version')
        expect('no roots', scan('--roots', disk, disk), {3}, 'PEM')
        expect('roots that are not there', scan('--roots', path('none.pem'), disk), {3}, 'none.pem')
        expect('no hashes', scan('--known', path('none.csv', b'name\nx\n'), disk), {3}, 'no MD5')
        expect('no file asked', scan('--file', '', disk), {2}, '--file')
        expect('no catalogue', scan('--catalogue', scratch, disk), {3}, 'cves.csv')
        expect('no CVE', scan('--cve', 'BlueKeep', disk), {2}, 'CVE-2019-0708')
        expect('no KB', scan('--kb', 'KB12', disk), {2}, 'KB4499149')
        expect('catalogue of nothing known', scan('catalogue', 'papyrus'), {2}, 'papyrus')

        # ---- places to write to
        with open('/dev/full', 'wb') as full:
            expect('full disk', scan(disk, stdout=full.fileno()), {3}, 'space')
        if os.path.isdir('/proc/self'):
            expect('folder that is not there', scan('-o', 'json=' + path('no/such/r.json'), disk),
                   {3}, 'r.json')
        reader, writer = os.pipe()
        os.close(reader)
        expect('broken pipe', scan(disk, stdout=writer), {3}, 'pipe')
        os.close(writer)
        good = scan('-o', 'text=' + path('out.txt'), '-o', 'json=' + path('out.json'), disk)
        expect('two outputs', good, {0, 1})
        if good.out:
            failures.append('two outputs: and yet something on stdout')
        both = scan(disk)
        with open(path('out.txt'), encoding='utf-8') as file:
            if run.normal_text(file.read()) != run.normal_text(both.text):
                failures.append('two outputs: the text is not what stdout shows')
        report = None
        with open(path('out.json'), encoding='utf-8') as file:
            report = run.load(file.read())
        left = [name for name in os.listdir(scratch) if 'out.json' in name or 'out.txt' in name]
        if sorted(left) != ['out.json', 'out.txt']:
            failures.append('two outputs: left behind %r' % left)

        # ---- the jail stands, and can be left out only with a word about it
        fences = ' '.join(report['tool']['jail'])
        if options.plain and 'seccomp' not in fences:
            failures.append('the jail does not stand: %r' % fences)
        loud = run.load(scan('--no-jail', '-o', 'json', disk).text)
        if 'seccomp' in ' '.join(loud['tool']['jail']):
            failures.append('--no-jail, and yet %r' % loud['tool']['jail'])
        if 'no-jail' not in str(loud['tool']['jail']) + str(loud['notes']):
            failures.append('--no-jail is not said loudly in the report')

        # ---- two runs, and any number of threads, say the same
        first = run.normal_json(scan('-o', 'json', '-j', '1', disk).text)
        for jobs in ('1', '2', '7'):
            if run.normal_json(scan('-o', 'json', '-j', jobs, disk).text) != first:
                failures.append('-j %s gives another report' % jobs)

        # ---- an image that shrinks while it is read
        shrinking = path('shrinking.raw', b'')
        subprocess.run(['cp', '--sparse=always', disk, shrinking], check=True)
        os.truncate(shrinking, max(os.path.getsize(shrinking), 3 << 30))
        started = time.monotonic()
        with subprocess.Popen([program, '--verify', '-o', 'json', shrinking],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as child:
            time.sleep(0.4)
            os.truncate(shrinking, 1 << 20)
            try:
                child.communicate(timeout=50)
            except subprocess.TimeoutExpired:
                child.kill()
                failures.append('an image that shrinks: no end in sight')
            if child.returncode not in (0, 1, 3):
                failures.append('an image that shrinks: status %d' % child.returncode)
            elif child.returncode == 0 and time.monotonic() - started > 0.5:
                failures.append('an image that shrinks: status 0, as if nothing were missing')

    print('\n'.join(failures) or 'all refused as they should be')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
