#!/usr/bin/env python3
"""reproduce.py: the line with which anyone sees the bytes of a fact really shows them.

    reproduce.py [--only TYPE] --esuscan PROGRAM IMAGE…

Every `reproduce` of the JSON report is run by sh in an empty folder. It must succeed, leave
nothing outside that folder, and what it prints must hold what the fact says: one of its fields,
the value's data or the file's digest. The image is also named by a hostile path, which must come
out quoted."""

import argparse
import datetime
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

import run

HOSTILE = "it's $(touch pwned) `touch pwned` \"disk\"; touch pwned #\\"


def as_stored(text):
    """Undo the escapes with which a report shows what must not reach a terminal."""
    return re.sub(r'\\x([0-9a-f]{2})|\\u\{([0-9a-f]+)\}',
                  lambda m: chr(int(m.group(1) or m.group(2), 16)), text)


def utf16(text):
    return text.encode('utf-16-le', 'surrogatepass')


def shapes(value):
    """The forms in which a field may show in the output of public tools."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        yield str(value).encode()
        if 1 << 31 <= value < 1 << 32:              # hivexget prints a DWORD with its sign
            yield str(value - (1 << 32)).encode()
        yield b'dword:%08x' % (value & 0xffffffff)
        for size in (2, 4, 8):
            if -(1 << 8 * size - 1) <= value < 1 << 8 * size:
                yield (value & (1 << 8 * size) - 1).to_bytes(size, 'little')
    elif isinstance(value, str) and value:
        yield value.encode()
        yield value.replace('\\', '\\\\').encode()  # as hivexget shows a whole key
        yield utf16(value)
        yield as_stored(value).encode()
        yield utf16(as_stored(value))
        if re.fullmatch(r'([0-9a-f]{2})+', value):
            yield bytes.fromhex(value)
        version = re.fullmatch(r'(\d+)\.(\d+)\.(\d+)\.(\d+)', value)
        if version:                                 # VS_FIXEDFILEINFO: two little-endian words
            a, b, c, d = (int(n) for n in version.groups())
            if max(a, b, c, d) < 65536:
                yield b''.join(n.to_bytes(2, 'little') for n in (b, a, d, c))
        time = re.fullmatch(r'(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z', value)
        if time:
            seconds = int((datetime.datetime(*(int(n) for n in time.groups()[:6])) -
                           datetime.datetime(1601, 1, 1)).total_seconds())
            ticks = seconds * 10**7 + int((time.group(7) or '0').ljust(7, '0'))
            yield ticks.to_bytes(8, 'little')
            unix = seconds - 11644473600
            if 0 <= unix < 1 << 32:
                yield unix.to_bytes(4, 'little')
                yield str(unix).encode()
    elif isinstance(value, list):
        for each in value:
            yield from shapes(each)


def unhex(output):
    """Bytes of a hex dump (xxd, hexdump -C), so that it may be searched like plain output."""
    found = bytearray()
    for line in output.splitlines():
        dump = re.match(rb'\s*[0-9a-f]{4,16}:?\s+((?:[0-9a-f]{2,8} ?)+)', line)
        if dump:
            digits = dump.group(1).replace(b' ', b'')
            if len(digits) % 2 == 0:
                found += bytes.fromhex(digits.decode())
    return bytes(found)


def holds(output, fact):
    where = fact['where']
    wanted = [s for v in (fact.get('fields') or {}).values() for s in shapes(v)]
    if not wanted:
        return True
    if re.search(r'\bicat\b[^|]* \d+$', where['reproduce']):
        return False                                # the index of a folder shows nobody its names
    if where.get('value') is None and where.get('key') and not output.strip():
        return True                                 # that the key is there: hivexget found it
    if not output.strip() and where.get('value') is not None:
        return '' in fact['fields'].values()        # a value of no characters
    seen = output + b'\0' + unhex(output)
    if any(shape in seen for shape in wanted if len(shape) > 1):
        return True
    if any(shape in seen for shape in wanted):
        return where.get('value') is not None
    if where.get('key') is None and where.get('offset') is None:
        return bool(output)                         # a whole file, whose being there is the fact
    digest = where.get('artefact_sha256')
    return digest is not None and hashlib.sha256(output).hexdigest() == digest


def same_copy(output, fact):
    """What vshadowinfo says of a store is the shadow copy of the fact."""
    said = re.search(rb'^Store: (\d+)$.*?Creation time\s*: (\w{3} \d\d, \d{4} [\d:]{8})\.(\d+) UTC',
                     output, re.M | re.S)
    if not said or int(said.group(1)) != fact['fields']['snapshot']:
        return False
    time = datetime.datetime.strptime(said.group(2).decode(), '%b %d, %Y %H:%M:%S')
    return fact['time'].rstrip('Z') == '%s.%s' % (time.isoformat(), said.group(3).decode()[:7])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--hostile', action='store_true', help='also under a hostile name')
    parser.add_argument('--only', help='facts of this type, of which there must be some')
    parser.add_argument('images', nargs='+')
    options = parser.parse_args()
    program = os.path.abspath(options.esuscan)
    if not all(shutil.which(tool) for tool in ('icat', 'mmls', 'hivexget')):
        print('the public tools are not here')
        return 77
    failed = n_lines = n_facts = 0

    for image in (os.path.abspath(each) for each in options.images):
        with tempfile.TemporaryDirectory() as scratch:
            home = os.path.join(scratch, 'run')
            os.mkdir(home)
            if options.hostile:
                ending = os.path.splitext(image)[1]
                link = os.path.join(scratch, HOSTILE.replace('/', '') + ending)
                shutil.copyfile(image, link)
                image = link
            before = run.fingerprint(run.segments(image))
            result = run.esuscan(program, '-o', 'json', image)
            if result.status not in (0, 1):
                print('%s: status %d: %s' % (image, result.status, result.errors))
                return 1
            report = run.load(result.text)
            done = {}
            for thing in report['facts'] + report['notes']:
                where = thing.get('where') or {}
                line = where.get('reproduce')
                if options.only and thing.get('type') != options.only:
                    continue
                if not line:
                    if options.only:
                        print('%s %s: no line' % (image, thing['id']))
                        failed += 1
                    continue
                n_lines += 1
                if line not in done:
                    for each in os.listdir(home):
                        path = os.path.join(home, each)
                        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
                    done[line] = subprocess.run(['sh', '-c', line], cwd=home, check=False,
                                                stdin=subprocess.DEVNULL, timeout=run.TIMEOUT,
                                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                got = done[line]
                name = thing.get('id', 'note')
                if got.returncode or os.path.exists(os.path.join(home, 'pwned')):
                    print('%s %s: status %d from: %s\n%s' % (
                        image, name, got.returncode, line, got.stderr.decode('utf-8', 'replace')))
                    failed += 1
                elif 'fields' in thing and not where.get('damaged'):
                    n_facts += 1
                    shows = same_copy if thing['type'] == 'snapshot.taken' else holds
                    if not shows(got.stdout, thing):
                        print('%s %s: %s\nshows %r\nand none of %r' % (
                            image, name, line, got.stdout[:300], thing['fields']))
                        failed += 1
            if run.fingerprint(run.segments(image)) != before:
                print('%s: the evidence was changed' % image)
                failed += 1
            if sorted(os.listdir(scratch)) != sorted(
                    ['run'] + ([os.path.basename(image)] if options.hostile else [])):
                print('%s: something was left beside: %r' % (image, os.listdir(scratch)))
                failed += 1
    print('%d lines, %d facts seen in their output, %d failed' % (n_lines, n_facts, failed))
    return 1 if failed or (options.only and not n_lines) else 0


if __name__ == '__main__':
    sys.exit(main())
