"""The meter as a process that can be given orders and killed, and the site behind it."""

import collections
import pathlib
import subprocess
import sys
import threading
import time

from host_program import wait_until
from serial_line import SerialLine

SCRIPT = pathlib.Path(__file__).with_name("sdm630.py")
START_S = 15.0


class MeterProcess:
    """One SDM630 over TCP or over a serial line; keeps its place when it is started again."""

    def __init__(self, transport):
        self.transport = transport
        self.line = SerialLine() if transport == "rtu" else None
        self.place = self.line.meter_end if self.line else "0"
        self.replies = collections.deque(maxlen=1000)
        self.process = None
        self.start()

    def start(self):
        if self.line:
            self.line.forget_requests()
        self.ready = None
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT, self.transport, self.place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()
        assert wait_until(lambda: self.ready is not None, START_S) is not None, "the meter did not start"
        if not self.line:
            self.place = str(self.ready)

    def _listen(self, output):
        for line in output:
            word, value = line.split()
            if word == "reply":
                self.replies.append(float(value))
            else:
                self.ready = int(value)

    def spec(self):
        """The argument of --mains-meter."""
        where = f"modbus-rtu:{self.line.charger_end}" if self.line else f"modbus-tcp:127.0.0.1:{self.place}"
        return f"{where}?type=Eastron3P&address=10"

    def order(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def last_reply(self):
        """Monotonic time of the last valid reply."""
        return self.replies[-1]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.kill()
        if self.line:
            self.line.close()


class Site:
    """Closes the loop: the meter shows the house plus what the simulated car draws."""

    PERIOD_S = 0.2

    def __init__(self, host, meter, house_a):
        self.host, self.meter, self.house_a = host, meter, house_a
        self.running = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while self.running:
            try:
                self._step()
            except OSError:
                pass  # The charger or the meter is down at the moment: the test decides whether it may be.
            time.sleep(self.PERIOD_S)

    def _step(self):
        drawn_da = self.host.live()["drawn_da"]
        self.meter.order("currents", *[self.house_a + drawn / 10 for drawn in drawn_da])

    def close(self):
        self.running = False
        self.thread.join()
