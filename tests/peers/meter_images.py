"""Register images of every Modbus meter of the catalogue, built from the manuals' facts without any code of the charger.

A row is (first register, format, quantity, factor): register = quantity * factor, one value after the other for phases.
Quantities: i (signed current), |i| (magnitude), p (power of each phase), sum (their total), inflow and outflow (the total,
one register for each direction), import, export, u, hz, phase_import; `-` turns a power round, numbers stand for themselves.
Everything else in the image is noise, which a reader must not look at.
"""

import dataclasses
import struct

NOISE = 0x7FC0  # As a float it is not a number, as an integer it is absurd.
FORMATS = {"f32": ">f", "i32": ">i", "u32": ">I", "i16": ">h", "u16": ">H", "u64": ">Q"}


@dataclasses.dataclass(frozen=True)
class Truth:
    """What really flows: amperes and watts per phase, + = import."""

    i: tuple
    p: tuple
    imported = 1234.5
    exported = 678.9
    u = (230.1, 231.2, 232.3)
    hz = 50.1
    phase_import = (411.5, 411.5, 411.5)


MIXED = Truth((12.4, -6.3, 0.9), (2852, -1449, 207))
OPPOSITE = Truth((-12.4, 6.3, -0.9), (-2852, 1449, -207))


@dataclasses.dataclass(frozen=True)
class Meter:
    name: str
    function: int
    rows: tuple
    phases: int = 3
    low_word_first: bool = False
    signed: bool = True
    options: str = ""
    byte_swapped: bool = False


def eastron(sign, imported, exported, phase_import):
    return (
        (0x00, "f32", "u", 1),
        (0x06, "f32", "|i|", 1),
        (0x0C, "f32", f"{sign}p", 1),
        (0x34, "f32", f"{sign}sum", 1),
        (0x46, "f32", "hz", 1),
        (0x48, "f32", imported, 1),
        (0x4A, "f32", exported, 1),
        (phase_import, "f32", "phase_import", 1),
    )


def abb(energy):
    return (
        (0x5000, "u64", "import", energy),
        (0x5004, "u64", "export", energy),
        (0x5B00, "u32", "u", 10),
        (0x5B0C, "u32", "|i|", 100),
        (0x5B14, "i32", "sum", 100),
        (0x5B16, "i32", "p", 100),
        (0x5B2C, "u16", "hz", 100),
    )


METERS = (
    Meter(
        "Phoenix C",
        4,
        ((0x00, "i32", "u", 10), (0x0C, "i32", "i", 1000), (0x28, "i32", "sum", 10), (0x3E, "i32", "import", 10)),
        low_word_first=True,
    ),
    Meter(
        "Finder 7E",
        4,
        (
            (0x1000, "f32", "u", 1),
            (0x100E, "f32", "i", 1),
            (0x1026, "f32", "sum", 1),
            (0x1106, "f32", "import", 1000),
            (0x110E, "f32", "export", 1000),
        ),
    ),
    Meter("Eastron3P", 4, eastron("", "import", "export", 0x15A)),
    Meter("InvEastron", 4, eastron("-", "export", "import", 0x160)),
    Meter("ABB", 3, abb(100)),
    Meter(
        "SolarEdge",
        3,
        (
            (40191, "i16", "i", 10),
            (40194, "i16", -1, 1),
            (40206, "i16", "sum", 1),
            (40207, "i16", "p", 1),
            (40210, "i16", 0, 1),
            (40226, "u32", "export", 1000),
            (40234, "u32", "import", 1000),
        ),
    ),
    Meter(
        "WAGO",
        3,
        (
            (0x5002, "f32", "u", 1),
            (0x5008, "f32", "hz", 1),
            (0x500C, "f32", "i", 1),
            (0x5012, "f32", "sum", 0.001),
            (0x600C, "f32", "import", 1),
            (0x6018, "f32", "export", 1),
        ),
    ),
    Meter(
        "Eastron1P",
        4,
        (
            (0x00, "f32", "u", 1),
            (0x06, "f32", "|i|", 1),
            (0x0C, "f32", "p", 1),
            (0x46, "f32", "hz", 1),
            (0x48, "f32", "import", 1),
            (0x4A, "f32", "export", 1),
        ),
        phases=1,
    ),
    Meter(
        "Finder 7M",
        4,
        (
            (2500, "f32", "u", 1),
            (2516, "f32", "|i|", 1),
            (2530, "f32", "p", 1),
            (2536, "f32", "sum", 1),
            (2584, "f32", "hz", 1),
            (2638, "f32", "import", 1000),
        ),
    ),
    Meter(
        "Sinotimer",
        4,
        (
            (0x00, "u16", "u", 10),
            (0x03, "i16", "i", 100),
            (0x08, "i16", "p", 1),
            (0x27, "u32", "import", 100),
            (0x31, "u32", "export", 100),
        ),
    ),
    Meter(
        "Schneider",
        3,
        (
            (0x0BB7, "f32", "|i|", 1),
            (0x0BD3, "f32", "u", 1),
            (0x0BED, "f32", "p", 0.001),
            (0x0BF3, "f32", "sum", 0.001),
            (0x0C25, "f32", "hz", 1),
            (0xB02B, "f32", "import", 1),
            (0xB02D, "f32", "export", 1),
        ),
    ),
    Meter(
        "Chint",
        3,
        (
            (0x101E, "f32", "import", 1),
            (0x1028, "f32", "export", 1),
            (0x2006, "f32", "u", 10),
            (0x200C, "f32", "|i|", 1000),
            (0x2012, "f32", "sum", 10),
            (0x2014, "f32", "p", 10),
            (0x2044, "f32", "hz", 100),
        ),
    ),
    Meter(
        "C.Gavazzi",
        4,
        (
            (0x00, "i32", "u", 10),
            (0x0C, "i32", "i", 1000),
            (0x28, "i32", "sum", 10),
            (0x33, "u16", "hz", 10),
            (0x34, "i32", "import", 10),
            (0x4E, "i32", "export", 10),
        ),
        low_word_first=True,
    ),
    Meter(
        "Orno 3P",
        3,
        (
            (0x0E, "f32", "u", 1),
            (0x14, "f32", "hz", 1),
            (0x16, "f32", "|i|", 1),
            (0x1C, "f32", "sum", 0.001),
            (0x1E, "f32", "p", 0.001),
            (0x108, "f32", "import", 1),
            (0x110, "f32", "export", 1),
        ),
    ),
    Meter(
        "Orno 1P",
        3,
        (
            (0x130, "u16", "hz", 100),
            (0x131, "u16", "u", 100),
            (0x139, "u32", "|i|", 1000),
            (0x140, "u32", "|p|", 1),
            (0xA000, "u32", "import", 100),
        ),
        phases=1,
        signed=False,
    ),
    Meter(
        "AcrelEVL2",
        3,
        ((0x62, "u16", "u", 10), (0x65, "u16", "|i|", 100), (0x89, "u32", "import", 100), (0x166, "i32", "sum", 1)),
        phases=1,
    ),
    Meter(
        "AcrelMain",
        3,
        ((0x00, "u32", "import", 100), (0x64, "u16", "|i|", 100), (0x164, "i32", "p", 1), (0x16A, "i32", "sum", 1)),
    ),
    Meter(
        "Chint 1P",
        3,
        (
            (0x2000, "f32", "u", 1),
            (0x2002, "f32", "|i|", 1),
            (0x2004, "f32", "p", 0.001),
            (0x4000, "f32", "import", 1),
            (0x400A, "f32", "export", 1),
        ),
        phases=1,
    ),
    Meter("ABB EV3", 3, abb(10000)),
    Meter(
        "Janitza",
        3,
        (
            (0x4A38, "f32", "u", 1),
            (0x4A44, "f32", "|i|", 1),
            (0x4A4C, "f32", "p", 1),
            (0x4A52, "f32", "sum", 1),
            (0x4A6A, "f32", "hz", 1),
            (0x4A76, "f32", "phase_import", 1000),
            (0x4A7C, "f32", "import", 1000),
            (0x4A84, "f32", "export", 1000),
        ),
    ),
    Meter(
        "DZG",
        3,
        (
            (0x00, "u32", "inflow", 10),
            (0x02, "u32", "outflow", 10),
            (0x04, "u32", "u", 100),
            (0x0A, "u32", "|i|", 1000),
            (0x12, "u32", "hz", 1000),
            (0x4000, "u32", "import", 1000),
            (0x4100, "u32", "export", 1000),
        ),
        signed=False,
    ),
    Meter(
        "Orno 525",
        3,
        (
            (0x100, "i32", "u", 1000),
            (0x102, "i32", "|i|", 1000),
            (0x104, "i32", "p", 1),
            (0x10A, "u16", "hz", 10),
            (0x10E, "i32", "import", 100),
            (0x118, "i32", "export", 100),
        ),
        phases=1,
    ),
)

# DATA TYPE of the custom meter in the order of its numbers.
CUSTOM_FORMATS = ("i32", "f32", "i16", "u16", "u32")


def custom(order, data_type):
    """A meter that only the Custom type can read; decimals as the width allows."""
    form = CUSTOM_FORMATS[data_type]
    magnitude = "|i|" if form.startswith("u") else "i"
    function = 3 + (order + data_type) % 2
    rows = ((100, form, magnitude, 100), (200, form, "u", 10), (300, form, "sum", 1), (400, form, "import", 10))
    options = (
        f"&order={order}&datatype={data_type}&function={function}"
        "&cur_reg=100&cur_div=2&vol_reg=0xC8&vol_div=1&pow_reg=300&pow_div=0&ene_reg=400&ene_div=1"
    )
    return Meter(
        "Custom",
        function,
        rows,
        low_word_first=order in (0, 2),
        byte_swapped=order in (0, 1),
        signed=not form.startswith("u"),
        options=options,
    )


def values_of(meter, truth, quantity):
    """The values of a quantity in the order of the registers."""
    phases = meter.phases
    flows = truth.p[:phases]
    table = {
        "i": truth.i[:phases],
        "|i|": [abs(value) for value in truth.i[:phases]],
        "p": flows,
        "-p": [-value for value in flows],
        "|p|": [abs(value) for value in flows],
        "sum": [sum(flows)],
        "-sum": [-sum(flows)],
        "inflow": [max(sum(flows), 0)],
        "outflow": [max(-sum(flows), 0)],
        "import": [truth.imported],
        "export": [truth.exported],
        "u": truth.u[:phases],
        "hz": [truth.hz],
        "phase_import": truth.phase_import,
    }
    return table.get(quantity, [quantity])


def words_of(meter, form, value):
    data = struct.pack(FORMATS[form], value if form == "f32" else round(value))
    words = [data[at : at + 2] for at in range(0, len(data), 2)]
    if meter.low_word_first:
        words.reverse()
    if meter.byte_swapped:
        words = [word[::-1] for word in words]
    return [int.from_bytes(word, "big") for word in words]


def image(meter, truth):
    """Register -> word of everything that the manual names."""
    registers = {}
    for register, form, quantity, factor in meter.rows:
        for value in values_of(meter, truth, quantity):
            for word in words_of(meter, form, value * factor):
                registers[register] = word
                register += 1
    return registers


def shown(meter, truth):
    """What `meter read` has to print."""
    quantities = {quantity.strip("|-") for _, _, quantity, _ in meter.rows if isinstance(quantity, str)}
    # A meter without a sign counts everything as import; some still have a direction of the power.
    currents = [value if meter.signed else abs(value) for value in truth.i[: meter.phases]]
    one_way = any(quantity == "|p|" for _, _, quantity, _ in meter.rows)
    flows = [abs(value) if one_way else value for value in truth.p[: meter.phases]]
    rest = (3 - meter.phases) * (0,)
    three = lambda values, form: ", ".join(form % value for value in (*values, *rest))  # noqa: E731
    result = {"current": three(currents, "%.3f A"), "import": "%.3f kWh" % truth.imported}
    result["total power"] = "%d W" % sum(flows)
    if "p" in quantities:
        result["power"] = three(flows, "%d W")
    if "export" in quantities:
        result["export"] = "%.3f kWh" % truth.exported
    if "u" in quantities:
        result["voltage"] = three(truth.u[: meter.phases], "%.1f V")
    if "hz" in quantities:
        result["frequency"] = "%.2f Hz" % truth.hz
    if "phase_import" in quantities:
        result["phase import"] = three(truth.phase_import, "%.3f kWh")
    return result
