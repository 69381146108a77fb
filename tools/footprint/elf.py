#!/usr/bin/env python3
"""Prints `flash BYTES`, `ram BYTES` and, for each symbol SIZE_OF_X, `X BYTES` of a 32-bit ELF program.

Flash: .vectors, .text, .rodata and the initial values of .data. RAM: .data and .bss.
"""

import struct
import sys

HEADER = struct.Struct("<16xHHIIIIIHHHHHH")
SECTION = struct.Struct("<10I")
SYMBOL = struct.Struct("<IIIBBH")
FLASH = (".vectors", ".text", ".rodata", ".data")
RAM = (".data", ".bss")
SYMBOL_TABLE = 2


def text(table, offset):
    return table[offset:table.index(b"\0", offset)].decode()


def sections(image):
    fields = HEADER.unpack_from(image)
    start, size, count, names_index = fields[5], fields[10], fields[11], fields[12]
    rows = [SECTION.unpack_from(image, start + size * index) for index in range(count)]
    content = [image[row[4]:row[4] + row[5]] for row in rows]
    names = content[names_index]
    return [(text(names, row[0]), row, body) for row, body in zip(rows, content)]


def main():
    image = open(sys.argv[1], "rb").read()
    rows = sections(image)
    sizes = {name: row[5] for name, row, _ in rows}
    print("flash", sum(sizes.get(name, 0) for name in FLASH))
    print("ram", sum(sizes.get(name, 0) for name in RAM))
    for _, row, body in rows:
        if row[1] != SYMBOL_TABLE:
            continue
        names = rows[row[6]][2]
        for name, _, size, *_ in SYMBOL.iter_unpack(body):
            symbol = text(names, name)
            if symbol.startswith("SIZE_OF_"):
                print(symbol.removeprefix("SIZE_OF_"), size)


main()
