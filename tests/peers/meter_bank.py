"""Many meters behind one TCP port, played by pymodbus: one register image for each unit address."""

import asyncio
import threading

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from meter_images import NOISE

REGISTERS = 0x10000
START_S = 20.0


class Unit:
    """One meter: its function code and what its manual names; the rest of its registers is noise."""

    def __init__(self, address, function, registers):
        self.address, self.function, self.registers = address, function, registers

    def device(self):
        data = SimData(0, count=REGISTERS, values=NOISE, datatype=DataType.REGISTERS)
        return SimDevice(self.address, simdata=data, action=self.read)

    async def read(self, function, start, address, count, registers, set_values):
        """Called by pymodbus before each access."""
        if set_values is not None or function != self.function:
            return ExcCodes.ILLEGAL_FUNCTION
        for register in range(address, address + count):
            if register in self.registers:
                registers[register - start] = self.registers[register]
        return None


class MeterBank:
    """Serves units in a thread of its own."""

    def __init__(self, units):
        self.units = units
        self.port = None
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(START_S), "the meters did not start"

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())
        self.loop.run_forever()

    async def _serve(self):
        devices = [unit.device() for unit in self.units]
        self.server = ModbusTcpServer(devices, address=("127.0.0.1", 0), ignore_missing_devices=True)
        await self.server.serve_forever(background=True)
        self.port = self.server.transport.sockets[0].getsockname()[1]
        self.ready.set()

    def close(self):
        asyncio.run_coroutine_threadsafe(self.server.shutdown(), self.loop).result(START_S)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
