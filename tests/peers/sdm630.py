"""An Eastron SDM630 played by pymodbus, as a process of its own.

    sdm630.py tcp PORT       listens on 127.0.0.1:PORT (0: any free port)
    sdm630.py rtu PATH       serves the serial line PATH, 9600 8N1

Prints `ready PORT` once it serves. Each line on standard input is a command:

    currents L1 L2 L3        what the meter shows, in A (+ import, - export)
    fault NAME               one of FAULTS, `none` ends it

Prints `reply TIME` for each valid reply that carries the currents; TIME is the monotonic clock of the machine in seconds.
"""

import asyncio
import logging
import math
import random
import struct
import sys
import time

from pymodbus import FramerType
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

UNIT = 10
VOLTAGE = 230.0
FAULTS = ("none", "silent", "wrong_unit", "exception_2", "exception_4", "garbage", "truncated", "bit_flip", "not_a_number")

READ_INPUT_REGISTERS = 4
REGISTERS = 0x180
VOLTAGES, CURRENTS, POWERS, FREQUENCY, TOTAL_POWER, IMPORT_KWH, EXPORT_KWH = 0x00, 0x06, 0x0C, 0x46, 0x34, 0x48, 0x4A


def crc16(frame):
    """The check sum of Modbus RTU, low byte first."""
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return struct.pack("<H", crc)


def words(value):
    """A float as two registers, big endian, high word first."""
    return struct.unpack(">HH", struct.pack(">f", value))


class Meter:
    """The values of the meter and what is wrong with its replies."""

    def __init__(self, transport):
        self.transport = transport
        self.currents = [0.0, 0.0, 0.0]
        self.fault = "none"
        self.covers_currents = False
        self.noise = random.Random(630)

    def values(self):
        """Register address -> float. The device reports currents as magnitudes, the sign is in the powers."""
        bad = math.nan if self.fault == "not_a_number" else 0.0
        table = {FREQUENCY: 50.0, IMPORT_KWH: 1234.5, EXPORT_KWH: 67.8}
        for phase, amperes in enumerate(self.currents):
            table[VOLTAGES + 2 * phase] = VOLTAGE
            table[CURRENTS + 2 * phase] = abs(amperes) + bad
            table[POWERS + 2 * phase] = amperes * VOLTAGE + bad
        table[TOTAL_POWER] = sum(self.currents) * VOLTAGE + bad
        return table

    async def read(self, function, start, address, count, registers, set_values):
        """Called by pymodbus before each access."""
        if set_values is not None or function != READ_INPUT_REGISTERS:
            return ExcCodes.ILLEGAL_FUNCTION
        if self.fault.startswith("exception_"):
            return ExcCodes(int(self.fault[-1]))
        for register, value in self.values().items():
            registers[register - start : register - start + 2] = words(value)
        self.covers_currents = address <= CURRENTS and address + count >= CURRENTS + 6
        return None

    def packet(self, sending, data):
        """Called by pymodbus with each packet; what it returns goes out."""
        if not sending:
            return data
        if self.fault == "none":
            if self.covers_currents:
                print(f"reply {time.monotonic():.3f}", flush=True)
            return data
        return getattr(self, f"as_{self.fault}", lambda reply: reply)(data)

    def with_unit(self, data, unit):
        if self.transport == "tcp":
            return data[:6] + bytes([unit]) + data[7:]
        return self.sealed(bytes([unit]) + data[1:-2])

    def sealed(self, frame):
        return frame if self.transport == "tcp" else frame + crc16(frame)

    def as_silent(self, _data):
        return b""

    def as_wrong_unit(self, data):
        return self.with_unit(data, UNIT + 1)

    def as_truncated(self, data):
        return data[:-3]

    def as_garbage(self, _data):
        return self.noise.randbytes(self.noise.randint(1, 60))

    def as_bit_flip(self, data):
        """One wrong bit in a measured value. A TCP frame has no check sum: there the length field is hit instead."""
        place = 5 if self.transport == "tcp" else 4
        return data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]

    def command(self, line):
        word, *rest = line.split()
        if word == "currents":
            self.currents = [float(value) for value in rest]
        elif word == "fault" and rest[0] in FAULTS:
            self.fault = rest[0]
        else:
            raise ValueError(f"unknown command: {line}")


async def commands(meter):
    """Obeys standard input until it closes."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        meter.command(line.decode())


async def main(transport, place):
    meter = Meter(transport)
    data = SimData(0, count=REGISTERS, values=0, datatype=DataType.REGISTERS)
    device = SimDevice(UNIT, simdata=data, action=meter.read)
    options = {"trace_packet": meter.packet, "ignore_missing_devices": True}
    if transport == "tcp":
        server = ModbusTcpServer(device, address=("127.0.0.1", int(place)), **options)
    else:
        server = ModbusSerialServer(device, framer=FramerType.RTU, port=place, baudrate=9600, **options)
    await server.serve_forever(background=True)
    port = server.transport.sockets[0].getsockname()[1] if transport == "tcp" else 0
    print(f"ready {port}", flush=True)
    await commands(meter)
    await server.shutdown()


if __name__ == "__main__":
    logging.disable()
    asyncio.run(main(sys.argv[1], sys.argv[2]))
