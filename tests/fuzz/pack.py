#!/usr/bin/env python3
"""pack.py STAMP OUTDIR DISK…: seeds for the fuzz targets out of the fixture disks.

What a parser of structure meets is a small part of a disk. OUTDIR/fs gets each disk packed as
pieces (see fuzz_fs.c): its blocks that hold something, but of files' contents the first block of a
run only. OUTDIR/volume gets the first 64 KiB, OUTDIR/source the first 64 KiB of containers, and
OUTDIR/snapshot what says of shadow copies where they are."""

import os
import struct
import sys

BLOCK = 512
RUN_MAX = 16 << 10                                  # of one run of blocks
SIZE_MAX = 200 << 10


def pieces(data):
    out, at = [b'ESPIECES'], 0
    size = 0
    while at < len(data) and size < SIZE_MAX:
        if not data[at:at + BLOCK].strip(b'\0'):
            at += BLOCK
            continue
        end = at
        while end < len(data) and data[end:end + BLOCK].strip(b'\0'):
            end += BLOCK
        kept = data[at:min(end, at + RUN_MAX)].rstrip(b'\0')
        out.append(struct.pack('<IH', at, len(kept)) + kept)
        size += len(kept)
        at = end
    last = struct.pack('<IH', len(data) - 1, 1) + data[-1:]
    return b''.join(out) + last


def shadow_blocks(data):
    """What a volume says of its shadow copies: boot sector, header, and every block of theirs."""
    magic = bytes.fromhex('6b87083876c1484eb7ae04046e6cc752')
    out = []
    for at in [0] + list(range(0x1e00, len(data), BLOCK)):
        block = data[at:at + (16 << 10)].rstrip(b'\0')
        if at == 0 or block.startswith(magic):
            kept = block[:512] if at <= 0x1e00 else block
            out.append(struct.pack('<IH', at, len(kept)) + kept)
    return b'ESPIECES' + b''.join(out)


def write(folder, name, data):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), 'wb') as file:
        file.write(data)


def main():
    stamp, out = sys.argv[1:3]
    for path in sys.argv[3:]:
        with open(path, 'rb') as file:
            data = file.read(64 << 20)
        name = os.path.basename(path)
        if name.endswith('.raw'):
            write(os.path.join(out, 'fs'), name, pieces(data))
            write(os.path.join(out, 'volume'), name, data[:64 << 10])
            if name.startswith('snapshots'):
                write(os.path.join(out, 'snapshot'), name, shadow_blocks(data[1 << 20:]))
        else:
            write(os.path.join(out, 'source'), name, data[:64 << 10])
    write(os.path.dirname(stamp), os.path.basename(stamp), b'')


if __name__ == '__main__':
    main()
