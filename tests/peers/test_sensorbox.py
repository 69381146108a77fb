"""SB2 WIFI: a Sensorbox 2 that pymodbus plays, with its wireless network, and the menu of the host program."""

import re
import struct
import subprocess
import time

import pytest
from pymodbus.constants import ExcCodes

from host_program import PROGRAM, HostProgram, wait_until
from meter_bank import MeterBank, Unit

BOX = 10
WIFI_REGISTER = 0x0801
DISABLED, ENABLED, PORTAL = 0, 1, 2
READ_INPUT_REGISTERS, WRITE_SINGLE = 4, 6
PASSWORD = b"8a7b6c5d"
ADDRESS = bytes([192, 168, 1, 21])

# One question in a second, the long one after the first reply, then the write.
TOLD_S, ADOPTED_S, SHOWN_S = 5.0, 5.0, 5.0
# meters 7: nothing is written while the box is what it shall be.
QUIET_S = 4.0
# Menu 5.2: "o" held for 2 s; a tap is shorter.
HOLD_S, TAP_S = 2.4, 0.15


class Box(Unit):
    """A Sensorbox 2 with transformers. It obeys register 0x0801 at once."""

    def __init__(self, mode, connected):
        super().__init__(BOX, READ_INPUT_REGISTERS, {})
        self.mode, self.connected, self.writes = mode, connected, []
        self.refuses, self.refused = False, 0

    def image(self):
        registers = {register: 0 for register in range(32)} | {0: 0x0114, 1: 0x0003}
        for phase in range(3):
            registers[0x0E + 2 * phase], registers[0x0F + 2 * phase] = struct.unpack(">HH", struct.pack(">f", 2.0))
        portal = self.mode == PORTAL
        registers[0x14] = (self.connected << 1 | portal << 2) << 8 | self.mode
        shown = ADDRESS + bytes(4) + (PASSWORD[::-1] if portal else bytes(8))
        registers |= dict(enumerate(struct.unpack(">8H", shown), start=0x18))
        return registers

    async def read(self, function, start, address, count, registers, set_values):
        """Called by pymodbus before each access."""
        if function == WRITE_SINGLE and self.refuses:
            self.refused += 1
            return ExcCodes.DEVICE_FAILURE
        if function == WRITE_SINGLE and set_values is not None:
            if address == WIFI_REGISTER:
                self.mode = set_values[0]
                self.writes.append(self.mode)
            return None
        self.registers = self.image()
        return await super().read(function, start, address, count, registers, set_values)


class Menu:
    """Display and buttons of the simulated charger."""

    def __init__(self, host):
        self.host = host

    def text(self):
        return self.host.request("GET", "/lcd.txt").decode()

    def press(self, button, seconds=TAP_S):
        for state in (1, 0):
            self.host.simulate(button=button, state=state)
            time.sleep(seconds if state else TAP_S)

    def label(self):
        """The label of the row that is shown; a context line may stand above it."""
        found = re.search(r"^< (.*) >$", self.text(), re.MULTILINE)
        return found and found[1]

    def go_to(self, label):
        self.press("middle", HOLD_S)
        assert wait_until(lambda: self.label() == "MODE", SHOWN_S) is not None, self.text()
        seen = []
        for _ in range(40):
            seen.append(self.label())
            if seen[-1] == label:
                return
            self.press("right")
        raise AssertionError(f"there is no row {label} among {seen}")

    def choose(self, value):
        """Edits the row that is shown until it has the value, and leaves it."""
        self.press("middle")
        for _ in range(4):
            if f"< {value} >" in self.text():
                self.press("middle")
                return
            self.press("right")
        raise AssertionError(f"never {value}: {self.text()}")


@pytest.fixture
def box(request):
    box = Box(*request.param)
    bank = MeterBank([box])
    box.port = bank.port
    yield box
    bank.close()


@pytest.fixture
def host(box, tmp_path):
    program = HostProgram(tmp_path, "--mains-meter", f"modbus-tcp:127.0.0.1:{box.port}?type=Sensorbox")
    yield program
    program.kill()


def starts(mode, connected):
    return pytest.mark.parametrize("box", [(mode, connected)], indirect=True, ids=[""])


@starts(ENABLED, True)
def test_when_the_box_is_seen_first_then_its_mode_is_adopted_and_stored(box, host, tmp_path, measured):
    menu = Menu(host)
    # The row is there as soon as the box has shown what it is.
    assert wait_until(lambda: host.live()["meters"]["mains"]["replies"] > 2, TOLD_S) is not None
    menu.go_to("SB2 WIFI")
    measured("setting follows the box", wait_until(lambda: "Enabled" in menu.text(), ADOPTED_S), ADOPTED_S)
    assert "SB2: 192.168.1.21" in menu.text()
    time.sleep(QUIET_S)
    assert box.writes == [], "nothing is written on first contact"
    assert host.interrupt() == 0
    command = [PROGRAM, "settings", "--data", tmp_path / "data", "get", "sb2_wifi"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == "Enabled"


@starts(DISABLED, False)
def test_when_the_menu_opens_the_portal_then_the_box_does_and_its_own_change_is_adopted(box, host, measured):
    menu = Menu(host)
    assert wait_until(lambda: host.live()["meters"]["mains"]["replies"] > 2, TOLD_S) is not None
    menu.go_to("SB2 WIFI")
    assert "Disabled" in menu.text()
    menu.choose("Portal")
    measured("portal is written", wait_until(lambda: box.writes == [PORTAL], TOLD_S), TOLD_S)
    password = f"Portal PW: {PASSWORD.decode()}"
    measured("password is shown", wait_until(lambda: password in menu.text(), SHOWN_S), SHOWN_S)
    time.sleep(QUIET_S)
    assert box.writes == [PORTAL], "it is not written again"
    box.connected = True
    measured("setting becomes Enabled", wait_until(lambda: "Enabled" in menu.text(), ADOPTED_S), ADOPTED_S)
    measured("and is written", wait_until(lambda: box.writes == [PORTAL, ENABLED], TOLD_S), TOLD_S)
    menu.choose("Disabled")
    measured("off is written", wait_until(lambda: box.writes == [PORTAL, ENABLED, DISABLED], TOLD_S), TOLD_S)


@starts(ENABLED, False)
def test_when_the_box_refuses_then_it_is_told_again(box, host, measured):
    menu = Menu(host)
    assert wait_until(lambda: host.live()["meters"]["mains"]["replies"] > 2, TOLD_S) is not None
    menu.go_to("SB2 WIFI")
    box.refuses = True
    menu.choose("Disabled")
    measured("off is tried twice", wait_until(lambda: box.refused >= 2, TOLD_S), TOLD_S)
    box.refuses = False
    measured("off is written", wait_until(lambda: box.writes == [DISABLED], TOLD_S), TOLD_S)
