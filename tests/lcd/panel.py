"""The display of the host program in a terminal (tmux), worked with its keys alone."""

import os
import re
import subprocess
import time

from host_program import PROGRAM, wait_until

KEY_S = 4.0
HOLD_S = 6.0
RELEASED_S = 0.15
WIDTH, HEIGHT = 128, 64
BLOCKS = {" ": "00", "▀": "10", "▄": "01", "█": "11"}


def settings(data, *words):
    """`smartevse-host settings`, while the charger does not run."""
    command = [PROGRAM, "settings", "--data", data, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def labels(data):
    """Labels of all rows."""
    return {line[15:25].strip() for line in settings(data, "list").splitlines()} | {"APP PIN", "EXIT"}


class Terminal:
    """A shell in tmux."""

    def __init__(self, folder, columns, lines):
        self.socket = folder / "tmux"
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(lines), "sh")

    def tmux(self, *words):
        # Without a locale tmux writes underscores for the blocks.
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        command = ["tmux", "-u", "-f", "/dev/null", "-S", self.socket, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def text(self):
        return self.tmux("capture-pane", "-p")

    def shows(self, pattern):
        return re.search(pattern, self.text(), re.MULTILINE) is not None

    def pixels(self):
        """The picture that the half blocks show; None while there is none."""
        lines = self.text().splitlines()[: HEIGHT // 2]
        lines = [line.ljust(WIDTH)[:WIDTH] for line in lines]
        if len(lines) < HEIGHT // 2 or set("".join(lines)) - set(BLOCKS):
            return None
        return "".join("".join(BLOCKS[letter][half] for letter in line) for line in lines for half in (0, 1))

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, check=False)


class Panel:
    """Display and buttons of one running charger."""

    def __init__(self, host, folder, known, size=(140, 40)):
        self.host, self.known = host, known
        self.terminal = Terminal(folder, *size)
        self.terminal.keys(f"{PROGRAM} lcd --url {host.url}; echo ended $?", "Enter")
        assert wait_until(lambda: self.terminal.shows("q: quit"), KEY_S) is not None, self.terminal.text()

    def quit(self):
        self.terminal.keys("q")
        assert wait_until(lambda: self.terminal.shows(r"^(?:[#$] )?ended 0"), KEY_S) is not None, self.terminal.text()

    def close(self):
        self.terminal.close()

    def text(self):
        return self.host.request("GET", "/lcd.txt").decode()

    def charger_pixels(self):
        file = self.host.request("GET", "/lcd")
        rows = [file[62 + 16 * row : 78 + 16 * row] for row in range(HEIGHT - 1, -1, -1)]
        return "".join(f"{byte:08b}" for row in rows for byte in row)

    def value(self):
        """The value of the row, without the spaces that align numbers."""
        return " ".join(self.row()[1].split()).replace("- ", "-")

    def row(self):
        """Label, value, and whether the value is being edited; None outside the menu."""
        lines = self.text().splitlines()
        for at, line in enumerate(lines):
            if found := re.fullmatch(r"< (.*) >", line):
                if found[1] in self.known:
                    return found[1], lines[at + 1] if at + 1 < len(lines) else "", False
                return lines[at - 1], found[1], True
        return None

    def press(self, key):
        """A key, and what the display then shows of the row."""
        before = self.row()
        self.terminal.keys(key)
        assert wait_until(lambda: self.row() != before, KEY_S, 0.02) is not None, f"{key}: {self.text()}"
        # A key that comes too fast after another one looks like a held key.
        time.sleep(RELEASED_S)
        return self.row()

    def open(self):
        self.terminal.keys("m")
        assert wait_until(lambda: self.row() is not None, HOLD_S) is not None, self.text()
        assert self.row()[0] == "MODE"
        # The key is let go a moment after the menu opened.
        time.sleep(0.5)

    def go_to(self, label, key="Right"):
        for _ in range(len(self.known)):
            if self.row()[0] == label:
                return
            self.press(key)
        raise AssertionError(f"there is no row {label}")

    def rows(self):
        """All labels, from MODE to EXIT."""
        self.go_to("MODE")
        seen = ["MODE"]
        while (label := self.press("Right")[0]) != "MODE":
            seen.append(label)
        return seen

    def set(self, label, value, key="Right"):
        """Goes to a row and steps its value with the key."""
        self.go_to(label)
        assert self.press("Enter")[2], self.text()
        steps = 0
        while self.value() != value:
            self.press(key)
            steps += 1
            assert steps < 60, f"{label} never was {value}"
        label_now, _, editing = self.press("Enter")
        assert (label_now, self.value(), editing) == (label, value, False)

    def leave(self):
        self.go_to("EXIT")
        self.terminal.keys("Enter")
        assert wait_until(lambda: self.row() is None, KEY_S) is not None, self.text()
        time.sleep(RELEASED_S)
