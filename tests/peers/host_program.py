"""Starts the host program and speaks its HTTP interface; used by the peer tests and the browser test."""

import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PROGRAM = pathlib.Path(os.environ.get("SMARTEVSE_HOST", TARGET / "release" / "smartevse-host"))

START_S = 10.0
END_S = 5.0


class HostProgram:
    """One running charger with its own data folder."""

    def __init__(self, folder, *options):
        self.log = folder / "host.log"
        data = folder / "data"
        data.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [PROGRAM, "run", "--http", "127.0.0.1:0", "--data", data, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log.open("wb"),
            text=True,
        )
        self.url = self._address()

    def _address(self):
        """Waits for `listening on http://ADDR`, then keeps the pipe empty."""
        lines = queue.Queue()
        threading.Thread(target=self._drain, args=(lines,), daemon=True).start()
        end = time.monotonic() + START_S
        while (left := end - time.monotonic()) > 0:
            try:
                line = lines.get(timeout=left)
            except queue.Empty:
                break
            if found := re.search(r"listening on (http://\S+)", line):
                return found.group(1).rstrip("/")
        self.kill()
        raise AssertionError(f"no address within {START_S} s; standard error: {self.log.read_text()}")

    def _drain(self, lines):
        for line in self.process.stdout:
            lines.put(line)

    def request(self, method, target):
        call = urllib.request.Request(self.url + target, method=method)
        with urllib.request.urlopen(call, timeout=5) as answer:
            return answer.read()

    def settings(self):
        """The document of GET /settings."""
        return json.loads(self.request("GET", "/settings"))

    def live(self):
        """The document behind the page."""
        return json.loads(self.request("GET", "/live"))

    def set(self, **parameters):
        return self.request("POST", "/settings?" + urllib.parse.urlencode(parameters))

    def simulate(self, **parameters):
        return self.request("POST", "/sim?" + urllib.parse.urlencode(parameters))

    def is_running(self):
        return self.process.poll() is None

    def interrupt(self):
        """Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=END_S)

    def kill(self):
        self.process.kill()
        self.process.wait()


def wait_until(condition, limit_s, period_s=0.1):
    """Seconds until the condition held, or None after the limit."""
    start = time.monotonic()
    while True:
        if condition():
            return time.monotonic() - start
        if time.monotonic() - start > limit_s:
            return None
        time.sleep(period_s)
