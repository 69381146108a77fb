#!/usr/bin/env python3
"""Counts the lines of logic of each board port; more than its limit fails.

A port holds board facts and the drivers of its chip; every rule lives in the libraries. What counts: each line of
`src/**/*.rs` that is neither blank nor only a comment or documentation. What does not count:

* imports and module lists (`use …;`, `mod …;`), printed beside the figure;
* tests: items behind `#[cfg(test)]`, and the files of such modules;
* tables: the files named below, each with the reason;
* the bring-up program, which runs on the bench only.

Usage: .ci/port_lines.py [--files]    (`--files` lists each file)
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AIM = 400

# Both ports are at the aim; what is left of them their chips need (see "What is left" in each README).
LIMITS = {"ports/esp32-v3": AIM, "ports/stm32-breakout": AIM}

PORTS = {
    "ports/esp32-v3": {
        "facts.rs": "table: numbers of the board",
        "revision.rs": "table: pins of both revisions",
        "chip/claim.rs": "table: the pins and peripherals that a board hands over, plain fields",
        "chip/board/esp32.rs": "table: pins of the v3 boards",
        "chip/board/esp32c3.rs": "table: pins of the development variant",
        "chip/board/esp32c6.rs": "table: pins of the development variant",
        "bin/bring_up.rs": "bring-up",
    },
    "ports/stm32-breakout": {
        "facts.rs": "table: numbers of the board",
        "pins.rs": "table: pins",
        "firmware/hardware.rs": "table: claims pins and peripherals, one line each",
        "firmware/clocks.rs": "table: clocks of the three chips",
        "firmware/bring_up.rs": "bring-up",
        "bin/bring_up.rs": "bring-up",
    },
}

IMPORT = re.compile(r"(?:pub(?:\([^)]*\))? )?(?:use |mod \w+;)")
TEST = re.compile(r"\s*#\[cfg\(test\)\]")
TEST_FILE = re.compile(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*mod (\w+);")


def without_tests(text):
    """Drops each item behind `#[cfg(test)]`: up to its semicolon or its closing brace at the same indentation."""
    kept, closing = [], None
    for line in text.splitlines():
        if closing is None and TEST.match(line):
            closing = re.compile(re.escape(line[: len(line) - len(line.lstrip())]) + r"(\}|(?![#\s]).*;$)")
        elif closing is None:
            kept.append(line)
        elif closing.match(line):
            closing = None
    return kept


def count(path):
    """Gives the lines that count and the lines of imports and module lists."""
    lines, imports, comment, importing = 0, 0, False, False
    for line in without_tests(path.read_text(encoding="utf-8")):
        text = line.strip()
        comment = comment or text.startswith("/*")
        if text and not comment and not text.startswith("//"):
            importing = importing or IMPORT.match(text) is not None
            imports += importing
            lines += not importing
            importing = importing and not text.endswith(";")
        comment = comment and "*/" not in text
    return lines, imports


def test_files(source):
    """Gives the files of modules that exist in tests only."""
    for path in source.rglob("*.rs"):
        for name in TEST_FILE.findall(path.read_text(encoding="utf-8")):
            yield path.parent / f"{name}.rs"


def main(arguments):
    failed = False
    for port, tables in PORTS.items():
        source = ROOT / port / "src"
        missing = [name for name in tables if not (source / name).is_file()]
        if missing:
            sys.exit(f"{port}: no such file: {', '.join(missing)}")
        tests = set(test_files(source))
        counted = {}
        for path in sorted(source.rglob("*.rs")):
            name = path.relative_to(source).as_posix()
            if name not in tables and path not in tests:
                counted[name] = count(path)
        total, imports = (sum(column) for column in zip(*counted.values()))
        if "--files" in arguments:
            for name, (lines, _) in counted.items():
                print(f"{lines:5}  {name}")
        limit = LIMITS[port]
        print(f"{port}: {total} lines of logic, limit {limit}, aim {AIM} (imports and module lists: {imports})")
        failed |= total > limit
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
