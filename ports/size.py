"""Prints one table row: flash and static RAM of an ELF file against its memory layout."""

import re
import struct
import sys

WRITE, ALLOC, NOBITS = 1, 2, 8
RAM_BEGIN = 0x2000_0000


def sections(path):
    """Gives (type, flags, address, size) of each section of a 32-bit little-endian ELF."""
    with open(path, "rb") as file:
        image = file.read()
    if image[:6] != b"\x7fELF\x01\x01":
        sys.exit(f"{path}: not a 32-bit little-endian ELF file")
    offset = struct.unpack_from("<I", image, 0x20)[0]
    size, count = struct.unpack_from("<HH", image, 0x2E)
    for index in range(count):
        row = struct.unpack_from("<IIIIII", image, offset + index * size)
        yield row[1], row[2], row[3], row[5]


def main(path, layout, chip, program):
    """Flash holds what is loaded (initial values of RAM included), RAM what lies above its begin."""
    rows = [row for row in sections(path) if row[1] & ALLOC]
    flash = sum(size for kind, _, _, size in rows if kind != NOBITS)
    ram = sum(size for _, _, address, size in rows if address >= RAM_BEGIN)
    with open(layout, encoding="utf-8") as file:
        lengths = dict(re.findall(r"(FLASH|RAM)\s*:.*LENGTH = (\d+)K", file.read()))
    room = {name: int(text) * 1024 for name, text in lengths.items()}
    # The two settings sectors and the rest of the vector sector hold no code.
    usable = room["FLASH"] - 0xC000
    print(f"| {chip} | {program} | {flash} | {usable} | {ram} | {room['RAM']} |")


main(*sys.argv[1:])
