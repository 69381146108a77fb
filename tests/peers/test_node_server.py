"""The side of a node, `examples/serve_registers.rs`, asked by two masters that are not ours: mbpoll and pymodbus."""

import os
import re
import select
import shutil
import struct
import subprocess
import threading

import pytest
from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient

from host_program import PROGRAM, wait_until
from sdm630 import crc16
from serial_line import SerialLine

SERVER = PROGRAM.parent / "examples" / "serve_registers"
UNIT, BROADCAST = 3, 9
STATUS, CURRENTS = 0x0000, 0x0020
LIMIT_S = 20

pytestmark = pytest.mark.skipif(not SERVER.exists(), reason="cargo build --release -p smartevse-meters --example serve_registers")


class NodeProcess:
    """The server on a serial line, and what it says about each frame."""

    def __init__(self):
        self.line = SerialLine()
        self.lines = []
        self.process = subprocess.Popen([SERVER, self.line.charger_end, str(UNIT)], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._listen, daemon=True).start()
        assert wait_until(lambda: "ready" in self.lines, LIMIT_S) is not None

    def _listen(self):
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def said(self, text):
        return wait_until(lambda: text in self.lines, 2.0) is not None

    def close(self):
        self.process.kill()
        self.process.wait()
        self.line.close()


@pytest.fixture
def node():
    node = NodeProcess()
    yield node
    node.close()


@pytest.fixture
def master(node):
    master = ModbusSerialClient(node.line.meter_end, framer=FramerType.RTU, baudrate=9600, timeout=1, retries=0)
    assert master.connect()
    yield master
    master.close()


def mbpoll(node, *words):
    if shutil.which("mbpoll") is None:
        pytest.skip("mbpoll is not installed")
    command = ["mbpoll", "-m", "rtu", "-b", "9600", "-P", "none", "-0", "-1", "-o", "1", *words[:-1], node.line.meter_end]
    return subprocess.run([*command, *words[-1]], capture_output=True, text=True, timeout=LIMIT_S)


def values(output):
    return [int(value) for value in re.findall(r"^\[\d+\]:\s+(-?\d+)", output, re.MULTILINE)]


def test_when_mbpoll_asks_then_the_registers_are_served(node):
    """Power share 4.1 and meters 2.3: functions 4 and 3, 16 and 6, exception 2."""
    unit = ["-a", str(UNIT)]
    written = mbpoll(node, *unit, "-t", "4", "-r", "1", ["7", "60", "2"])
    assert written.returncode == 0, written.stdout + written.stderr
    assert mbpoll(node, *unit, "-t", "4", "-r", "6", ["1"]).returncode == 0
    for table in ("3", "4"):
        read = mbpoll(node, *unit, "-t", table, "-r", "0", "-c", "8", [])
        assert read.returncode == 0, read.stdout + read.stderr
        assert values(read.stdout) == [0, 7, 60, 2, 0, 0, 1, 0]
    for refused in (["-r", "5", "-c", "8", []], ["-r", "7", ["5"]]):
        result = mbpoll(node, *unit, "-t", "4", *refused)
        assert "Illegal data address" in result.stdout + result.stderr
    other = mbpoll(node, "-a", str(UNIT + 1), "-t", "3", "-r", "0", "-c", "8", [])
    assert "timed out" in other.stdout + other.stderr
    assert node.said("Ok(Ignored)")


def test_when_pymodbus_asks_then_the_registers_are_served(node, master):
    assert not master.write_registers(STATUS, [5, 0, 160], device_id=UNIT).isError()
    assert not master.write_register(STATUS + 6, 0, device_id=UNIT).isError()
    assert master.read_input_registers(STATUS, count=12, device_id=UNIT).registers == [5, 0, 160] + [0] * 9
    assert master.read_holding_registers(STATUS + 2, count=1, device_id=UNIT).registers == [160]
    for answer, code in [
        (master.read_input_registers(0x000C, count=1, device_id=UNIT), 2),
        (master.write_registers(0x0006, [0, 0], device_id=UNIT), 2),
        (master.read_coils(0, count=1, device_id=UNIT), 1),
    ]:
        assert answer.isError() and answer.exception_code == code


def sealed(*body):
    return bytes(body) + crc16(bytes(body))


def test_when_the_line_is_bad_then_the_node_stays_silent_and_serves_on(node):
    """Meters 2.4: half frames, wrong check sums, foreign units, replies of others and noise get no reply."""
    other_end = node.line.slaves[1]
    request = sealed(UNIT, 4, 0, 0, 0, 8)
    reply = sealed(UNIT, 4, 4, 0, 1, 0, 2)
    broadcast = sealed(BROADCAST, 16, 0, CURRENTS, 0, 11, 22, *struct.pack(">11H", *range(11)))
    for frame, verdict in [
        (request[:5], "Err(Crc)"),
        (request[:3], "Err(TooShort)"),
        (request[:-1] + bytes([request[-1] ^ 1]), "Err(Crc)"),
        (sealed(UNIT + 1, 4, 0, 0, 0, 8), "Ok(Ignored)"),
        (reply, "Err(BadLength)"),
        (sealed(UNIT, 0x84, 2), "Err(WrongFunction)"),
        (broadcast, "Ok(Taken)"),
        (bytes(300), "Err(TooLong)"),
    ]:
        node.lines.clear()
        os.write(other_end, frame)
        assert node.said(verdict), f"{frame.hex()}: {node.lines}"
        ready, _, _ = select.select([other_end], [], [], 0.3)
        assert not ready, f"a reply to {frame.hex()}"
    os.write(other_end, request)
    ready, _, _ = select.select([other_end], [], [], 2)
    assert ready and os.read(other_end, 256)[:3] == bytes([UNIT, 4, 16])
