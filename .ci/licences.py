#!/usr/bin/env python3
"""Checks licences and sources of all dependencies against deny.toml. Needs only `cargo metadata`, no data base."""

import collections
import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[1]


def metadata():
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


class Expression:
    """An SPDX expression; the old `MIT/Apache-2.0` means OR."""

    def __init__(self, text):
        self.tokens = re.findall(r"\(|\)|[^\s()]+", text.replace("/", " OR "))

    def allowed_by(self, allowed):
        result = self._any(allowed)
        return result and not self.tokens

    def _any(self, allowed):
        result = self._all(allowed)
        while self._take("OR"):
            result = self._all(allowed) or result
        return result

    def _all(self, allowed):
        result = self._one(allowed)
        while self._take("AND"):
            result = self._one(allowed) and result
        return result

    def _one(self, allowed):
        if self._take("("):
            result = self._any(allowed)
            return self._take(")") and result
        name = self.tokens.pop(0) if self.tokens else ""
        if self._take("WITH"):
            exception = self.tokens.pop(0) if self.tokens else ""
            return f"{name} WITH {exception}" in allowed
        return name in allowed

    def _take(self, word):
        if self.tokens and self.tokens[0].upper() == word:
            self.tokens.pop(0)
            return True
        return False


def problems_of(package, allowed, registries):
    name = f"{package['name']} {package['version']}"
    licence, source = package["license"], package["source"]
    if licence is None:
        yield f"{name}: no licence expression"
    elif not Expression(licence).allowed_by(allowed):
        yield f"{name}: licence {licence} is not allowed"
    if source is not None and source.removeprefix("registry+") not in registries:
        yield f"{name}: source {source} is not allowed"


def several_versions(packages):
    versions = collections.defaultdict(set)
    for package in packages:
        versions[package["name"]].add(package["version"])
    return {name: sorted(found) for name, found in versions.items() if len(found) > 1}


def main():
    rules = tomllib.loads((ROOT / "deny.toml").read_text())
    packages = metadata()["packages"]
    problems = [
        problem
        for package in packages
        for problem in problems_of(package, set(rules["licenses"]["allow"]), set(rules["sources"]["allow-registry"]))
    ]
    for name, found in several_versions(packages).items():
        print(f"warning: several versions of {name}: {', '.join(found)}")
    for problem in problems:
        print(problem)
    used = collections.Counter(package["license"] for package in packages)
    print(f"{len(packages)} packages; " + ", ".join(f"{count} x {licence}" for licence, count in used.most_common()))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
