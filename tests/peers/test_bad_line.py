"""A serial line on which more happens than it should: a second master, half frames, noise."""

import os
import random
import subprocess
import threading
import time

import pytest

from host_program import PROGRAM, HostProgram, wait_until
from meter_process import MeterProcess
from sdm630 import crc16

LIMIT_S = 60
FOREIGN = bytes([33, 4, 0, 6, 0, 12])
FOREIGN += crc16(FOREIGN)


class Intruder:
    """Puts bytes on the wire of the charger again and again."""

    def __init__(self, line, frames, pause_s):
        self.line, self.frames, self.pause_s = line, frames, pause_s
        self.running = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        random_pause = random.Random(33)
        while self.running:
            for frame in self.frames:
                os.write(self.line.masters[0], frame)
                time.sleep(self.pause_s * (0.5 + random_pause.random()))

    def close(self):
        self.running = False
        self.thread.join()


@pytest.fixture
def meter():
    process = MeterProcess("rtu")
    process.order("currents", 7, -8, 9)
    yield process
    process.close()


@pytest.fixture
def host(meter, tmp_path):
    program = HostProgram(tmp_path, "--mains-meter", meter.spec())
    yield program
    program.kill()


def status(host):
    return host.live()["meters"]["mains"]


def currents(host):
    shown = host.settings()["phase_currents"]
    return [shown[phase] / 10 for phase in ("L1", "L2", "L3")]


def test_when_a_second_master_talks_then_the_page_says_so_and_readings_go_on(host, meter, measured):
    """Meters 13.17."""
    assert wait_until(lambda: currents(host) == [7.0, -8.0, 9.0], 10.0) is not None
    intruder = Intruder(meter.line, [FOREIGN], 0.4)
    told = wait_until(lambda: "somebody else asks" in (status(host)["last_error"] or ""), 10.0, 0.02)
    measured("second master: shown", told, 10.0)
    replies = status(host)["replies"]
    meter.order("currents", 5, 5, 5)
    measured("second master: new reading shown", wait_until(lambda: currents(host) == [5.0] * 3, 10.0), 10.0)
    assert wait_until(lambda: status(host)["replies"] > replies + 3, 10.0) is not None
    intruder.close()


def test_when_half_frames_and_noise_come_between_then_none_is_a_reading(host, meter, measured):
    """Meters 2.4: what is no reply to the question under way changes nothing."""
    assert wait_until(lambda: currents(host) == [7.0, -8.0, 9.0], 10.0) is not None
    noise = random.Random(7)
    like_a_reply = bytes([10, 4, 24]) + bytes(24)
    frames = [like_a_reply[:12], like_a_reply + b"\x00\x00", noise.randbytes(40), b"\xff", noise.randbytes(200)]
    intruder = Intruder(meter.line, frames, 0.06)
    shown = []
    end = time.monotonic() + 8
    while time.monotonic() < end:
        shown.append(currents(host))
        time.sleep(0.1)
    intruder.close()
    assert all(values == [7.0, -8.0, 9.0] for values in shown)
    after = status(host)
    assert after["errors"] > 0 and after["last_error"], after
    meter.order("currents", 1, 2, 3)
    measured("quiet again: new reading shown", wait_until(lambda: currents(host) == [1.0, 2.0, 3.0], 15.0), 15.0)


def test_when_a_second_master_talks_then_meter_read_says_so(meter):
    intruder = Intruder(meter.line, [FOREIGN], 0.12)
    result = subprocess.run([PROGRAM, "meter", "read", meter.spec()], capture_output=True, text=True, timeout=LIMIT_S)
    intruder.close()
    assert "somebody else asks on this line" in result.stderr, result.stdout + result.stderr
