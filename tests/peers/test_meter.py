"""The host program with a mains meter that is not ours: pymodbus as an Eastron SDM630, over TCP and over RTU."""

import time

import pytest

from host_program import HostProgram, wait_until
from meter_process import MeterProcess, Site

SMART = 3
PWM_OFF = 1024  # steady +12 V

# Regulation ramps up and settles; it lowers on the next reading.
SETTLE_S, LOWER_S = 40.0, 8.0
CHARGE_START_S = 20.0
# Grace before a stop for shortage (decision 49: overload budget 25 A s per phase), and the orderly stop itself.
SHORTAGE_STOP_S = 40.0
# regulation.md 4: a mains reading is stale at 11 s, raised at the latest at 12 s; C1 lasts 6 s more.
PILOT_OFF_S, CONTACTOR_OPEN_S = 12.0, 19.0
# ChargeDelay 60 s, then the car and the contactor.
RESUME_S = 60.0 + CHARGE_START_S
# meters 2.6: a read kind that was answered with exception 1, 2 or 3 is tried again after 60 s.
UNSUPPORTED_S = 60.0
POLL_S = 0.05


@pytest.fixture
def meter(request):
    process = MeterProcess(request.param)
    yield process
    process.close()


@pytest.fixture
def host(meter, tmp_path):
    program = HostProgram(tmp_path, "--mains-meter", meter.spec())
    program.simulate(plug=0)
    program.set(mode=SMART)
    yield program
    program.kill()


both_transports = pytest.mark.parametrize("meter", ["tcp", "rtu"], indirect=True)


def offered_a(host):
    return host.settings()["settings"]["charge_current"] / 10


def is_charging(host):
    return host.settings()["evse"]["state"] == "Charging"


def pilot_is_off(host):
    return host.settings()["evse"]["pwm"] == PWM_OFF


def contactor_is_open(host):
    return not any(host.live()["contactors"])


def phase_currents(host):
    currents = host.settings()["phase_currents"]
    return [currents[phase] / 10 for phase in ("L1", "L2", "L3")]


def line_status(host):
    """What the dashboard tells about the line of the mains meter."""
    return host.live()["meters"]["mains"]


def follow_the_house(host, site, measured):
    """Regulation 6: the offer fills the room below MAINS and yields to the house at once."""
    limits = host.settings()["settings"]
    mains_a, max_a = limits["current_main"], limits["current_max"]
    for room_a, limit_s in ((max_a, SETTLE_S), (8, LOWER_S), (10, SETTLE_S)):
        house_a = 5.0 if room_a == max_a else float(mains_a - room_a)
        site.house_a = house_a
        took = wait_until(lambda: room_a - 0.6 <= offered_a(host) <= room_a + 0.1, limit_s, POLL_S)
        measured(f"house {house_a:g} A: offer about {room_a:g} A", took, limit_s)


def lose_the_meter(host, meter, measured):
    """Regulation 4: no reading, no current. The clock starts at the last valid reply, not at the end of the meter."""
    meter.kill()
    last = meter.last_reply()
    off = wait_until(lambda: pilot_is_off(host), PILOT_OFF_S + 5, POLL_S)
    measured("meter gone: steady +12 V after the last reply", None if off is None else time.monotonic() - last, PILOT_OFF_S)
    opened = wait_until(lambda: contactor_is_open(host), CONTACTOR_OPEN_S + 5, POLL_S)
    measured(
        "meter gone: contactor open after the last reply",
        None if opened is None else time.monotonic() - last,
        CONTACTOR_OPEN_S,
    )
    assert host.settings()["evse"]["error"] == "Communication Error"
    assert host.is_running()


@both_transports
def test_when_the_meter_changes_then_the_offer_follows(host, meter, measured):
    """Smart mode from plug-in over a lost meter to a shortage."""
    site = Site(host, meter, house_a=5.0)
    measured("first reading shown", wait_until(lambda: phase_currents(host) == [5.0] * 3, 10.0), 10.0)
    host.simulate(plug=1)
    measured("plug in: charging", wait_until(lambda: is_charging(host), CHARGE_START_S), CHARGE_START_S)
    follow_the_house(host, site, measured)

    lose_the_meter(host, meter, measured)
    meter.start()
    measured("meter back: charging", wait_until(lambda: is_charging(host), RESUME_S), RESUME_S)

    site.house_a = host.settings()["settings"]["current_main"] - 3.0
    stopped = wait_until(lambda: pilot_is_off(host) and contactor_is_open(host), SHORTAGE_STOP_S, POLL_S)
    measured("room below MIN: stopped", stopped, SHORTAGE_STOP_S)
    assert "No Power Available" in host.settings()["evse"]["state"]
    site.close()
    assert host.interrupt() == 0


@both_transports
def test_when_the_meter_falls_silent_then_charging_stops_in_time(host, meter, measured):
    """A meter that still accepts requests but answers none is as lost as a dead one."""
    site = Site(host, meter, house_a=5.0)
    host.simulate(plug=1)
    measured("plug in: charging", wait_until(lambda: is_charging(host), CHARGE_START_S), CHARGE_START_S)
    meter.order("fault", "silent")
    time.sleep(0.5)
    last = meter.last_reply()
    assert wait_until(lambda: pilot_is_off(host), PILOT_OFF_S + 5, POLL_S) is not None
    measured("silent: steady +12 V after the last reply", time.monotonic() - last, PILOT_OFF_S)
    assert wait_until(lambda: contactor_is_open(host), CONTACTOR_OPEN_S + 5, POLL_S) is not None
    measured("silent: contactor open after the last reply", time.monotonic() - last, CONTACTOR_OPEN_S)
    meter.order("fault", "none")
    measured("answers again: charging", wait_until(lambda: is_charging(host), RESUME_S), RESUME_S)
    site.close()


@both_transports
@pytest.mark.parametrize(
    "fault", ["wrong_unit", "exception_2", "exception_4", "garbage", "truncated", "bit_flip", "not_a_number"]
)
def test_when_replies_are_bad_then_none_is_a_reading(host, meter, measured, fault):
    """Meters 2.4: the first failing check discards the reply; the charger lives, shows it and recovers by itself."""
    meter.order("currents", 7, 8, 9)
    assert wait_until(lambda: phase_currents(host) == [7.0, 8.0, 9.0], 10.0) is not None
    meter.order("fault", fault)
    time.sleep(0.5)
    last = meter.last_reply()
    before = line_status(host)
    meter.order("currents", 3, 2, 1)
    host.simulate(plug=1)

    while time.monotonic() < last + CONTACTOR_OPEN_S:
        assert 3.0 not in phase_currents(host), "a bad reply was taken as a reading"
        assert host.is_running()
        time.sleep(0.25)
    document = host.settings()
    assert document["evse"]["error"] == "Communication Error"
    assert document["evse"]["pwm"] == PWM_OFF
    assert contactor_is_open(host)
    after = line_status(host)
    assert after["errors"] > before["errors"] and after["last_error"], f"the dashboard is silent about {fault}: {after}"

    meter.order("fault", "none")
    limit_s = RESUME_S + (UNSUPPORTED_S if fault == "exception_2" else 0.0)
    measured(f"{fault} over: charging", wait_until(lambda: is_charging(host), limit_s), limit_s)
    assert phase_currents(host) == [3.0, 2.0, 1.0]
