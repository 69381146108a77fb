"""`homewizard:auto`: python-zeroconf announces a P1 meter, Python's own HTTP server plays it."""

import fcntl
import pathlib
import socket
import subprocess
import tempfile
import time

import pytest
from zeroconf import ServiceInfo, Zeroconf

from host_program import PROGRAM, HostProgram, wait_until
from test_homewizard import P1Meter, phase_currents

SERVICE = "_hwenergy._tcp.local."
# meters.md 9.2: a search every 30 s; one search takes 3 s at most.
FIRST_S, FOUND_AGAIN_S = 8.0, 36.0
LIMIT_S = 20


class Announced:
    """A P1 meter with its announcement on the loopback interface."""

    def __init__(self, name):
        self.meter = P1Meter()
        self.zeroconf = Zeroconf(interfaces=["127.0.0.1"])
        port = int(self.meter.place.rpartition(":")[2])
        self.zeroconf.register_service(
            ServiceInfo(
                SERVICE,
                f"{name}.{SERVICE}",
                port=port,
                addresses=[socket.inet_aton("127.0.0.1")],
                server=f"{name}.local.",
                properties={"api_enabled": "1", "path": "/api/v1"},
            )
        )

    def close(self):
        self.zeroconf.close()
        self.meter.close()


@pytest.fixture
def alone():
    """Searches at the same time would find each other's meters."""
    with open(pathlib.Path(tempfile.gettempdir()) / "smartevse-peers-discovery.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def announce(alone):
    known = []

    def start(name):
        known.append(Announced(name))
        return known[-1]

    yield start
    for meter in known:
        meter.close()


def meter_read():
    return subprocess.run([PROGRAM, "meter", "read", "homewizard:auto"], capture_output=True, text=True, timeout=LIMIT_S)


def test_when_a_p1_meter_is_announced_then_it_is_found(alone, announce):
    """Meters 9.2: other devices of the maker are no meters."""
    announce("energysocket-0a1b2c")
    announce("p1meter-0a1b2c")
    result = meter_read()
    assert result.returncode == 0, result.stderr
    assert "4.200 A, -6.000 A, 0.500 A" in result.stdout


def test_when_nothing_is_announced_then_the_user_is_told(alone):
    result = meter_read()
    assert result.returncode == 1
    assert "no HomeWizard meter was found" in result.stderr


def test_when_the_meter_moves_then_it_is_found_again(alone, announce, tmp_path, measured):
    first = announce("p1meter-0a1b2c")
    host = HostProgram(tmp_path, "--mains-meter", "homewizard:auto")
    try:
        measured("found", wait_until(lambda: phase_currents(host)[0] == 4.2, FIRST_S), FIRST_S)
        first.close()
        time.sleep(1)
        second = announce("p1meter-0a1b2c")
        second.meter.currents = [9.9, 6.0, 0.5]
        measured("found again", wait_until(lambda: phase_currents(host)[0] == 9.9, FOUND_AGAIN_S), FOUND_AGAIN_S)
    finally:
        host.kill()
