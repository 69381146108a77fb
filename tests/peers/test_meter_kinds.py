"""The running host program with meters that are more than a row of the table: their settings come from the command line."""

import pytest

from host_program import HostProgram, wait_until
from meter_bank import MeterBank, Unit
from meter_images import METERS, MIXED, OPPOSITE, custom, image
from test_meter_read import sensorbox

CUSTOM = custom(order=3, data_type=1)
KINDS = {meter.name: meter for meter in METERS}
UNITS = {"Custom": (20, CUSTOM, MIXED), "AcrelMain": (21, KINDS["AcrelMain"], OPPOSITE), "Janitza": (22, KINDS["Janitza"], MIXED)}
FIRST_S = 5.0


@pytest.fixture(scope="module")
def bank():
    units = [Unit(address, meter.function, image(meter, truth)) for address, meter, truth in UNITS.values()]
    bank = MeterBank([sensorbox(), *units])
    yield bank
    bank.close()


def spec(bank, kind):
    place = f"modbus-tcp:127.0.0.1:{bank.port}?type={kind}"
    return place if kind == "Sensorbox" else f"{place}&address={UNITS[kind][0]}{UNITS[kind][1].options}"


def deci(kind):
    truth = OPPOSITE if kind == "AcrelMain" else MIXED
    return [round(10 * amperes) for amperes in truth.i]


@pytest.mark.parametrize("kinds", [("Sensorbox", "Custom"), ("Custom", "AcrelMain"), ("AcrelMain", "Janitza")], ids="+".join)
def test_when_two_kinds_share_a_line_then_both_are_read(bank, kinds, tmp_path, measured):
    """Meters 4.4, 7 and 8, in both roles."""
    mains, ev = kinds
    host = HostProgram(tmp_path, "--mains-meter", spec(bank, mains), "--ev-meter", spec(bank, ev))
    try:
        currents = lambda values: [values[phase] for phase in ("L1", "L2", "L3")]  # noqa: E731
        shown = lambda: host.settings()  # noqa: E731
        took = wait_until(lambda: currents(shown()["phase_currents"]) == deci(mains), FIRST_S)
        measured(f"{mains} as mains meter", took, FIRST_S)
        took = wait_until(lambda: currents(shown()["ev_meter"]["currents"]) == deci(ev), FIRST_S)
        measured(f"{ev} as EV meter", took, FIRST_S)
        assert shown()["ev_meter"]["description"] == ev
        lines = host.live()["meters"]
        assert [lines[role]["errors"] for role in ("mains", "ev")] == [0, 0], lines
    finally:
        host.kill()
