#!/usr/bin/env python3
"""Lists every await of the tasks on the interrupt executor of highest priority, port by port.

   .ci/awaits.py [PORT...]     default: every folder in ports/

Such a task may wait for one thing only: its ticker, a `Signal` that an interrupt raises. Awaiting a bus, flash, a
socket, a display or another task fails, as does block_on. Async functions of the port that the task awaits are followed,
and so is the control loop of the library (`Hub::control`), which may await nothing but the ticker that it is given.
A port without an interrupt executor has one context and awaits nothing. Exit status: 0 = only tickers, 1 = anything else.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
COMMENT_OR_TEXT = re.compile(r'''//[^\n]*|/\*.*?\*/|b?'(?:\\.|[^'\\\n])'|r#".*?"#|"(?:\\.|[^"\\])*"''', re.DOTALL)
SPAWNER = re.compile(r"\blet\s+(?:mut\s+)?(\w+)\s*=\s*[\w.]+\s*\.start\(([^;]*)\)\s*;")
RISING = re.compile(r"Priority::Priority(\d+)")  # a larger number is more urgent
INTERRUPT = re.compile(r"\binterrupt::(?:\w+::)*(\w+)")
LEVEL = re.compile(r"\binterrupt::(?:\w+::)*(\w+)\s*\.set_priority\(\s*(?:\w+::)*P(\d+)\s*\)")  # a smaller one is
ASYNC_FN = re.compile(r"\basync\s+fn\s+(\w+)")
SIGNAL = re.compile(r"\bstatic\s+(\w+)\s*:\s*(?:\w+::)*Signal\s*<")
WAIT = re.compile(r"(?:\w+::)*(\w+)\s*\.\s*wait\(\)$")
CALL = re.compile(r"^(?:\w+::)*(\w+)\s*\(.*\)$", re.DOTALL)
LIBRARY = ROOT / "smartevse/src/port/hub.rs"
LOOP = re.compile(r"^HUB\s*\.\s*control\s*\((.*)\)$", re.DOTALL)
TICK_ARGUMENT = 4  # of Hub::control, counted from 0
BLOCKS = re.compile(r"\b(block_on|poll_once|embassy_futures::block_on)\b")
PAIRS = {")": "(", "]": "[", "}": "{"}


def blanked(source):
    """The source without comments and texts, line numbers kept."""
    return COMMENT_OR_TEXT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), source)


def closing(text, start):
    """The place after the bracket that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if depth == 0:
            return place + 1
    raise ValueError("a bracket is not closed")


def awaited(text, end):
    """The expression that ends at `end`, back to where it begins."""
    depth, place = 0, end
    while place > 0:
        sign = text[place - 1]
        if sign in ")]}":
            depth += 1
        elif sign in "([{":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and sign in ";,=|&>":
            break
        place -= 1
    return re.sub(r"^\s*(return|match|if|while|let|else)\b", "", text[place:end]).strip()


def arguments(text):
    """The arguments of a call, split at the commas that stand in no bracket."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def library_loop():
    """Line and expression of each await in the control loop of the library."""
    source = blanked(LIBRARY.read_text(encoding="utf-8"))
    found = next(found for found in ASYNC_FN.finditer(source) if found.group(1) == "control")
    start = source.index("{", closing(source, source.index("(", found.end())))
    end = closing(source, start)
    for found in re.finditer(r"\.\s*await\b", source[start:end]):
        place = start + found.start()
        yield source.count("\n", 0, place) + 1, awaited(source, place)
    for found in BLOCKS.finditer(source, start, end):
        yield source.count("\n", 0, found.start()) + 1, found.group()


class Port:
    def __init__(self, folder):
        self.name = folder.name
        paths = [path for path in sorted(folder.rglob("*.rs")) if "target" not in path.relative_to(folder).parts]
        self.sources = {path.relative_to(folder).as_posix(): blanked(path.read_text(encoding="utf-8")) for path in paths}
        self.text = "\n".join(self.sources.values())
        self.signals = set(SIGNAL.findall(self.text))
        self.functions = {}
        for name, source in self.sources.items():
            for found in ASYNC_FN.finditer(source):
                start = source.index("{", closing(source, source.index("(", found.end())))
                self.functions.setdefault(found.group(1), []).append((name, start, closing(source, start)))

    def spawners(self):
        """Name and urgency of each executor that an interrupt runs."""
        levels = {name: -int(level) for name, level in LEVEL.findall(self.text)}
        for name, arguments in SPAWNER.findall(self.text):
            rising, interrupt = RISING.search(arguments), INTERRUPT.search(arguments)
            if rising:
                yield int(rising.group(1)), name
            elif interrupt and interrupt.group(1) in levels:
                yield levels[interrupt.group(1)], name

    def tasks(self):
        """The tasks that are spawned on the most urgent executor."""
        spawners = sorted(self.spawners())
        urgent = {name for level, name in spawners if level == spawners[-1][0]}
        for source in self.sources.values():
            for found in re.finditer(r"\b(\w+)\s*\.spawn\(", source):
                if found.group(1) in urgent:
                    spawned = source[found.end():closing(source, found.end() - 1)]
                    called, named = (re.findall(form, spawned) for form in (r"\b(\w+)\s*\(", r"\w+"))
                    known = [[word for word in words if word in self.functions] for words in (called, named)]
                    yield from known[0] or known[1] or [f"? {spawned.strip()}"]

    def awaits(self, function):
        """File, line, expression and kind of each await, in the function and in those that it awaits."""
        seen, todo = set(), [function]
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            for file, start, end in self.functions.get(name, []):
                source = self.sources[file]
                for found in re.finditer(r"\.\s*await\b", source[start:end]):
                    place = start + found.start()
                    expression = " ".join(awaited(source, place).split())
                    wait, call = WAIT.search(expression), CALL.match(expression)
                    kind = "FORBIDDEN"
                    if wait and wait.group(1) in self.signals:
                        kind = f"ticker {wait.group(1)}"
                    elif LOOP.match(expression):
                        kind = yield from self.loop(file, source[start:end], expression, todo)
                    elif call and call.group(1) in self.functions:
                        kind = "followed"
                        todo.append(call.group(1))
                    yield file, source.count("\n", 0, place) + 1, expression, kind
                for found in BLOCKS.finditer(source, start, end):
                    yield file, source.count("\n", 0, found.start()) + 1, found.group(), "FORBIDDEN"

    def loop(self, file, body, expression, todo):
        """The loop of the library with the ticker that this port gives it."""
        tick = arguments(LOOP.match(expression).group(1))[TICK_ARGUMENT]
        for line, inside in library_loop():
            yield f"library {LIBRARY.name}", line, inside, "the ticker" if inside == "tick()" else "FORBIDDEN"
        if tick in self.functions:
            todo.append(tick)
            return f"followed with {tick}"
        given = re.search(rf"\blet\s+{tick}\s*=\s*\|\|\s*([^;]*);", body)
        wait = WAIT.search(given.group(1).strip()) if given else None
        return f"ticker {wait.group(1)}" if wait and wait.group(1) in self.signals else "FORBIDDEN"

    def check(self):
        if not re.search(r"\bInterruptExecutor\b", self.text):
            return True, [f"{self.name}: no interrupt executor, one context"]
        if not any(self.spawners()):
            return False, [f"{self.name}: FAILED: the start of its interrupt executors is not understood"]
        lines, good = [], True
        tasks = list(self.tasks())
        for task in tasks:
            rows = list(self.awaits(task))
            tickers = {kind for *_, kind in rows if kind.startswith("ticker")}
            lines.append(f"{self.name}: task {task}")
            lines += [f"  {file}:{line}: {expression}: {kind}" for file, line, expression, kind in rows]
            if len(tickers) != 1 or any(kind == "FORBIDDEN" for *_, kind in rows):
                lines.append("  FAILED: it must await one ticker and nothing else")
                good = False
        if not tasks:
            lines.append(f"{self.name}: FAILED: no task on its most urgent executor")
        return good and bool(tasks), lines


def main():
    folders = [pathlib.Path(name) for name in sys.argv[1:]] or sorted((ROOT / "ports").iterdir())
    verdicts = [Port(folder).check() for folder in folders if folder.is_dir() and any(folder.rglob("*.rs"))]
    for _, lines in verdicts:
        print("\n".join(lines))
    return 0 if verdicts and all(good for good, _ in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
