"""`meter read` against every Modbus meter of the catalogue: the right quantities from images that pymodbus serves."""

import re
import struct
import subprocess

import pytest

from host_program import PROGRAM
from meter_bank import MeterBank, Unit
from meter_images import CUSTOM_FORMATS, METERS, MIXED, OPPOSITE, custom, image, shown
from meter_process import MeterProcess

BOX = 10  # Every Sensorbox has this address.
LIMIT_S = 20

CASES = [(meter, truth) for meter in METERS for truth in (MIXED, OPPOSITE)] + [
    (meter, truth)
    for order in range(4)
    for data_type in range(len(CUSTOM_FORMATS))
    for truth in (MIXED, OPPOSITE)
    if (meter := custom(order, data_type)).signed or truth is MIXED
]
FIRST = BOX + 1


def name_of(case):
    meter, truth = case
    options = meter.options.split("&function")[0]
    return f"{meter.name}{options}-{'mixed' if truth is MIXED else 'opposite'}"


def sensorbox():
    """A Sensorbox 2 with extended registers that measures with transformers."""
    registers = {register: 0 for register in range(32)}
    registers |= {0: 0x0114, 1: 0x0003}
    for phase, amperes in enumerate(MIXED.i):
        high, low = struct.unpack(">HH", struct.pack(">f", amperes))
        registers |= {0x0E + 2 * phase: high, 0x0F + 2 * phase: low}
    return Unit(BOX, 4, registers)


@pytest.fixture(scope="module")
def bank():
    units = [Unit(FIRST + index, meter.function, image(meter, truth)) for index, (meter, truth) in enumerate(CASES)]
    bank = MeterBank([sensorbox(), *units])
    yield bank
    bank.close()


def meter_read(spec):
    return subprocess.run([PROGRAM, "meter", "read", spec], capture_output=True, text=True, timeout=LIMIT_S)


def values_in(output):
    """The printed quantities; a quantity that is printed twice must not differ."""
    values = {}
    for name, value in re.findall(r"^  (?!raw|failed)(\w+(?: \w+)?)\s+(\S.*)$", output, re.MULTILINE):
        assert values.setdefault(name, value) == value, f"{name}: {values[name]} and {value}"
    return values


def questions_in(output):
    """First register and the raw words of each question."""
    pattern = r"register (\d+) \(0x[0-9A-F]{4}\), (\d+) registers\n  raw +((?:[0-9A-F]{4}\s+)+)"
    for register, count, words in re.findall(pattern, output):
        words = [int(word, 16) for word in words.split()]
        assert len(words) == int(count)
        yield int(register), words


@pytest.mark.parametrize("case", range(len(CASES)), ids=[name_of(case) for case in CASES])
def test_when_a_meter_of_the_catalogue_is_read_then_its_quantities_are_right(bank, case):
    """Meters 5, 6 and 8; 4.4 for the directions."""
    meter, truth = CASES[case]
    kind = meter.name.replace(" ", "%20")
    result = meter_read(f"modbus-tcp:127.0.0.1:{bank.port}?type={kind}&address={FIRST + case}{meter.options}")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "failed" not in result.stdout, result.stdout
    values = values_in(result.stdout)
    expected = shown(meter, truth)
    assert {name: values.get(name) for name in expected} == expected, result.stdout
    served = image(meter, truth)
    for register, words in questions_in(result.stdout):
        for place, word in enumerate(words, register):
            assert word == served.get(place, word)


def test_when_the_catalogue_grows_then_so_does_this_test():
    types = subprocess.run([PROGRAM, "meter", "types"], capture_output=True, text=True, timeout=LIMIT_S).stdout
    assert set(types.split("\n")[:-1]) == {meter.name for meter in METERS} | {"Custom", "Sensorbox"}


def test_when_a_sensorbox_is_read_then_the_longer_question_follows(bank):
    """Meters 7: 20 registers first, 32 when the box has them."""
    result = meter_read(f"modbus-tcp:127.0.0.1:{bank.port}?type=Sensorbox")
    assert result.returncode == 0, result.stdout + result.stderr
    assert [len(words) for _, words in questions_in(result.stdout)] == [20, 32]
    values = values_in(result.stdout)
    assert values["current"] == "12.400 A, -6.300 A, 0.900 A"
    assert values["measured by"] == "ct"


@pytest.fixture
def serial_meter():
    process = MeterProcess("rtu")
    yield process
    process.close()


def test_when_a_meter_is_on_a_serial_line_then_it_is_read(serial_meter):
    serial_meter.order("currents", 7, -8, 9)
    result = meter_read(serial_meter.spec())
    assert result.returncode == 0, result.stdout + result.stderr
    assert values_in(result.stdout)["current"] == "7.000 A, -8.000 A, 9.000 A"


def test_when_nothing_answers_then_the_user_is_told_what_to_check(serial_meter):
    """As with a wrong address, a wrong speed or exchanged wires."""
    serial_meter.order("fault", "silent")
    result = meter_read(serial_meter.spec())
    assert result.returncode == 1
    assert "no answer" in result.stderr and "exchange A and B" in result.stderr
    assert result.stdout.count("failed") == 2, "after power and currents there is no point in asking for more"


def test_when_the_type_is_wrong_then_the_refusal_is_shown(bank):
    """A meter with other functions refuses: an answer, but no reading."""
    result = meter_read(f"modbus-tcp:127.0.0.1:{bank.port}?type=ABB&address={FIRST}")
    assert result.returncode == 1
    assert "failed" in result.stdout
    assert "no answer" not in result.stderr
    result = meter_read(f"modbus-tcp:127.0.0.1:{bank.port}?type=SDM1000&address={FIRST}")
    assert result.returncode == 1
    assert "no meter is named SDM1000" in result.stderr
