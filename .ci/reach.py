#!/usr/bin/env python3
"""Lists the public functions that the programs of tools/footprint do not reach; one more than allowed fails.

The proof that no panic is reachable is worth as much as the calls that the programs make. A `pub fn` counts as reached
when the line tables of a program know it, inlined or not. An `async fn`, which they know under another name, and a body
without a branch, which may fold to nothing, count as well when the sources of tools/footprint name them. Functions of one
name in one file count as one: a net with known meshes, not a proof.

Usage: .ci/reach.py PROGRAM...
"""

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ["smartevse-types", "smartevse-core", "smartevse-share", "smartevse-meters", "smartevse-menu", "smartevse"]

# Folders and files that no firmware links, and single functions that leave no code of their own.
NOT_LINKED = {
    "smartevse-core/src/contract": "contract tests: they run on the bench and report with formatted text",
    "smartevse-core/src/charger/": "private parts of the charger, which its own calls reach",
    "smartevse-core/src/oracle": "the program `oracle` calls the watch; its rows are data",
    "smartevse-share/src/oracle": "the program `oracle` calls it; its rows are data",
    "smartevse-share/src/share_oracle": "judges tests and simulations",
    "smartevse-share/src/group_oracle": "judges tests and simulations",
    "smartevse/src/group/judged": "what the oracles judge",
}

FUNCTION = re.compile(r"^(\s*)pub (?:const )?(async )?(?:unsafe )?fn (\w+)")

# Single functions: file -> names with the reason.
EXCUSED = {
    "smartevse-core/src/hardware/storage.rs": {"stalls_fit": "for constant assertions"},
    "smartevse-core/src/registry/facts.rs": {"zero_or": "makes rows of a constant table"},
    "smartevse-core/src/registry/set.rs": {"of": "makes constants"},
    "smartevse-menu/src/model/clock.rs": {name: "private: a field that its caller reads" for name in ("date", "day")},
    "smartevse-menu/src/navigation/app_pin.rs": {"pin": "private: a field that its caller reads"},
    "smartevse-menu/src/navigation/navigator.rs": {"touched": "private: a field that its caller reads"},
    "smartevse-menu/src/navigation/repeat.rs": {name: "private: a field that its caller reads" for name in ("direction", "due")},
    "smartevse-menu/src/remote/buttons.rs": {"set": "called; three constants that fold into one shift"},
    "smartevse-menu/src/row.rs": {"setting": "called; the result has the bits of the row, so no code is left"},
    "smartevse-meters/src/transaction.rs": {"words": "its code is a closure, which the tables know under another name"},
    "smartevse/src/group/translate.rs": {"handshake": "called; both types have the same bits, so no code is left"},
    "smartevse/src/manager.rs": {name: "feature of the oracle" for name in ("judged", "moment")},
}

# What a straight body does not have; it may fold to nothing.
BRANCH = re.compile(r"\b(if|match|for|while|loop)\b|\?")
SECTION = re.compile(r"\.text\s+PROGBITS\s+(\w+)\s+\w+\s+(\w+)")
PLACE = re.compile(r"(smartevse(?:-\w+)?/src/[^:]+\.rs):")


def is_straight(lines, indentation):
    """Tells whether a body, which ends with the closing brace at its indentation, has no branch."""
    begin = next((number for number, line in enumerate(lines) if line.endswith("{")), 0)
    for line in lines[begin + 1:]:
        if line == indentation + "}":
            return True
        if BRANCH.search(line):
            return False
    return True


def public_functions():
    """Gives file -> name -> whether it may leave no line of its own, of its public functions, without tests."""
    found = defaultdict(dict)
    for library in LIBRARIES:
        for path in sorted((ROOT / library / "src").rglob("*.rs")):
            name = path.relative_to(ROOT).as_posix()
            if path.name == "tests.rs" or any(name.startswith(prefix) for prefix in NOT_LINKED):
                continue
            text = path.read_text(encoding="utf-8").split("#[cfg(test)]")[0]
            lines = text.splitlines()
            for number, line in enumerate(lines):
                if match := FUNCTION.match(line):
                    folds = match[2] is not None or is_straight(lines[number:], match[1])
                    found[name][match[3]] = folds and found[name].get(match[3], True)
    return found


def plain(function):
    """Reduces the name of a function in the line tables to its last part."""
    function = re.sub(r"::h[0-9a-f]{16}$", "", function)
    depth, kept = 0, []
    for sign in function.replace("->", ""):
        depth += {"<": 1, ">": -1}.get(sign, 0)
        if depth == 0 and sign != ">":
            kept.append(sign)
    parts = [part for part in "".join(kept).split("::") if part and not part.startswith("{")]
    return parts[-1] if parts else ""


def in_line_tables(program):
    """Gives the pairs (file, function) that have code in a program."""
    sections = subprocess.run(["readelf", "-S", "-W", program], capture_output=True, text=True, check=True).stdout
    base, size = (int(number, 16) for number in SECTION.search(sections).groups())
    addresses = "\n".join(hex(address) for address in range(base, base + size, 2))
    command = ["llvm-symbolizer", f"--obj={program}", "--inlines", "--demangle"]
    lines = subprocess.run(command, input=addresses, capture_output=True, text=True, check=True).stdout.splitlines()
    found = set()
    for function, place in zip(lines, lines[1:]):
        if match := PLACE.search(place):
            found.add((match[1], plain(function)))
    return found


def named():
    """Gives the words of the sources of the programs."""
    sources = (ROOT / "tools/footprint/src").rglob("*.rs")
    return set(re.findall(r"\w+", "\n".join(path.read_text(encoding="utf-8") for path in sources)))


def main(programs):
    for tool in ["llvm-symbolizer", "readelf"]:
        if not shutil.which(tool):
            print(f"SKIPPED: reach: no {tool} (packages llvm, binutils)")
            return 0
    reached, words = set().union(*map(in_line_tables, programs)), named()
    functions = public_functions()
    missing = 0
    for name, found in sorted(functions.items()):
        left = sorted(
            function
            for function, folds in found.items()
            if (name, function) not in reached
            and not (folds and function in words)
            and function not in EXCUSED.get(name, {})
        )
        missing += len(left)
        if left:
            print(f"  {name}: {', '.join(left)}")
    total = sum(map(len, functions.values()))
    print(f"{total - missing} of {total} public functions are reached by the programs of tools/footprint")
    return missing


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
