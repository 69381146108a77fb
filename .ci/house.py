#!/usr/bin/env python3
"""House checks: no unsafe, no switched-off lints, no machine paths, large files, numbered rules without a test."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LARGE_LINES = 700
NOT_OURS = ("vectors/", "Cargo.lock", "LICENSE-")
TEXT_SUFFIXES = {".rs", ".md", ".toml", ".py", ".sh", ".html", ".json", ".yml", ".x", ""}

UNSAFE = re.compile(r"\bunsafe\b")
ALLOW = re.compile(r"#!?\[\s*(cfg_attr\s*\([^)]*,\s*)?allow\s*\(")
# Home folders and working folders of a build machine; a leading character class keeps URLs out.
MACHINE_PATH = re.compile(r"(?<![\w./<>-])/(work|root|farm|home|Users)/\w")
REGISTRY_HOST = re.compile(r"artifactory", re.IGNORECASE)
COMMENT_OR_TEXT = re.compile(r'''//[^\n]*|'(?:\\.|[^'\\\n])'|r#".*?"#|"(?:\\.|[^"\\])*"''', re.DOTALL)
# Not libraries: start-up code of boards, fuzz targets, and tools that link images.
MAY_BE_UNSAFE = ("ports/", "fuzz/", "tools/")
ITSELF = ".ci/house.py"

# Numbered rules: (prefix, last number, digits), where their tests live. The same prefix means different rules in
# different chapters, so each chapter has its own folders.
CHAPTERS = {
    "charging": {
        "ids": [("I-", 32, 2), ("T", 31, 2), ("S", 16, 1)],
        "tests": ["smartevse-core", "smartevse", "smartevse-sim"],
        "vectors": ["vectors/charging.jsonl"],
    },
    "power share": {
        "ids": [("I-", 24, 2), ("L-", 6, 2)],
        "tests": ["smartevse-share"],
        "vectors": [],
    },
    "regulation": {
        "ids": [("R-", 19, 2)],
        "tests": ["smartevse-share", "smartevse", "smartevse-sim"],
        "vectors": [],
    },
}


def files():
    """Tracked and new files, without what .gitignore excludes."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [name for name in sorted(set(listed)) if not name.startswith(NOT_OURS) and (ROOT / name).is_file()]


def texts():
    for name in files():
        path = ROOT / name
        if path.suffix in TEXT_SUFFIXES:
            yield name, path.read_text(encoding="utf-8", errors="replace")


def blanked(source):
    """The source with comments and texts removed, line numbers kept."""
    return COMMENT_OR_TEXT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), source)


def hits(name, text, pattern, what):
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.search(line):
            yield f"{name}:{number}: {what}: {line.strip()[:100]}"


def findings(sources):
    for name, text in sources.items():
        if name == ITSELF:
            continue
        yield from hits(name, text, MACHINE_PATH, "path of a machine")
        yield from hits(name, text, REGISTRY_HOST, "name of a registry host")
        if name.endswith(".rs"):
            code = blanked(text)
            yield from hits(name, code, ALLOW, "lint switched off without a reason")
            if not name.startswith(MAY_BE_UNSAFE):
                yield from hits(name, code, UNSAFE, "unsafe")


def product_lines(text):
    """Lines before the tests of the file."""
    return len(text.split("#[cfg(test)]\nmod tests")[0].splitlines())


def large_files(sources):
    sizes = [(product_lines(text), len(text.splitlines()), name) for name, text in sources.items() if name.endswith(".rs")]
    return sorted((row for row in sizes if row[1] > LARGE_LINES), reverse=True)


def test_text(sources, chapter):
    """What names the rules of a chapter in tests: integration tests, test modules, and vectors."""
    parts = [(ROOT / name).read_text() for name in chapter["vectors"]]
    for name, text in sources.items():
        if name.endswith(".rs") and name.split("/")[0] in chapter["tests"]:
            if "/tests/" in name or name.endswith("_tests.rs"):
                parts.append(text)
            else:
                parts.extend(text.split("#[cfg(test)]")[1:])
    return "\n".join(parts)


def untested(sources):
    for title, chapter in CHAPTERS.items():
        text = test_text(sources, chapter)
        ids = [f"{prefix}{number:0{digits}}" for prefix, last, digits in chapter["ids"] for number in range(1, last + 1)]
        missing = [rule for rule in ids if not re.search(rf"\b{re.escape(rule)}\b", text)]
        yield title, len(ids), missing


def main():
    sources = dict(texts())
    for product, total, name in large_files(sources):
        print(f"large: {name}: {total} lines, {product} before its tests")
    for title, total, missing in untested(sources):
        print(f"rules of {title}: {total - len(missing)} of {total} named by a test" + (f"; without: {' '.join(missing)}" if missing else ""))
    found = list(findings(sources))
    print("\n".join(found) if found else f"{len(sources)} files: nothing forbidden found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
