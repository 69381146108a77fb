"""From a factory-new charger to a working one with the three buttons alone; everything is kept over a restart."""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from host_program import HostProgram, wait_until
from meter_process import MeterProcess
from panel import Panel, labels, settings

NODE_ROWS = "MODE,CONFIG,LOCK,PWR SHARE,EV METER,MAX,CONTACT 2,SWITCH,RCMON,RFID,WIFI,MAX TEMP,LCD PIN,EXIT".split(",")
CHARGE_S = 60.0
FRESH_S = 10.0
FEED_S = 0.5


class Charger:
    """A factory-new charger, its panel and what it keeps."""

    def __init__(self, folder):
        self.folder, self.starts = folder, 0
        self.data = folder / "kept"
        self.data.mkdir()
        settings(self.data, "reset")
        self.labels = labels(self.data)
        self.host = self.panel = None

    def start(self, *options, size=(140, 40)):
        self.starts += 1
        run = self.folder / f"run{self.starts}"
        run.mkdir()
        self.host = HostProgram(run, *options, "--data", self.data)
        self.panel = Panel(self.host, run, self.labels, size)

    def stop(self):
        self.panel.quit()
        self.panel.close()
        assert self.host.interrupt() == 0
        self.host = self.panel = None

    def kept(self, name):
        return " ".join(settings(self.data, "get", name).split()).replace("- ", "-")

    def close(self):
        if self.panel:
            self.panel.close()
        if self.host:
            self.host.kill()

    def configure(self, *rows):
        """Sets rows in the menu; each is (label, value) or (label, value, key)."""
        self.panel.open()
        for row in rows:
            self.panel.set(*row)
        self.panel.leave()

    def is_charging(self):
        return self.host.settings()["evse"]["state"] == "Charging"

    def reads_its_meter(self):
        mains = self.host.live()["meters"]["mains"]
        return mains["fresh"] and mains["replies"] > 0

    def charges(self):
        self.host.simulate(plug=1)
        return wait_until(self.is_charging, CHARGE_S)


class Feed:
    """Posts readings of the mains until it is closed."""

    def __init__(self, host, deci_amps):
        self.host, self.deci_amps = host, deci_amps
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        currents = {f"L{phase}": self.deci_amps for phase in (1, 2, 3)}
        while not self.ends.wait(FEED_S):
            self.host.request("POST", "/currents?" + urllib.parse.urlencode(currents))

    def close(self):
        self.ends.set()
        self.thread.join()


@pytest.fixture
def charger(tmp_path):
    charger = Charger(tmp_path)
    yield charger
    charger.close()


def test_smart_with_a_meter_on_modbus(charger, measured):
    """MODE Smart, MAINS MET, MAINS: the meter that the menu names is read after the restart, and a car charges."""
    meter = MeterProcess("tcp")
    try:
        charger.start()
        assert "SMART" != charger.host.settings()["mode"], "factory-new is Normal"
        charger.configure(("MODE", "Smart"), ("MAINS MET", "Eastron3P"), ("MAINS", "22 A", "Left"))
        assert wait_until(lambda: charger.host.settings()["mode"] == "SMART", 2.0) is not None
        charger.stop()
        assert [charger.kept(name) for name in ("mode", "mains_met", "mains_adr", "mains")] == ["Smart", "Eastron3P", "10 (0A)", "22 A"]
        line = meter.spec().replace("?type=Eastron3P&address=10", "?type=menu")
        charger.start("--mains-meter", line)
        took = wait_until(charger.reads_its_meter, FRESH_S)
        measured("the meter of the menu is read", took, FRESH_S)
        measured("a car charges with it", charger.charges(), CHARGE_S)
        charger.panel.open()
        charger.panel.go_to("MAINS")
        assert charger.panel.value() == "22 A"
        charger.panel.leave()
        charger.stop()
    finally:
        meter.close()


def test_a_meter_chosen_while_the_program_runs(charger, measured):
    """MAINS MET with `type=menu`: the line is read as soon as the menu is left, without a restart."""
    meter = MeterProcess("tcp")
    try:
        charger.start("--mains-meter", meter.spec().replace("?type=Eastron3P&address=10", "?type=menu"))
        assert not charger.reads_its_meter()
        charger.configure(("MODE", "Smart"), ("MAINS MET", "Eastron3P"), ("MAINS", "22 A", "Left"))
        took = wait_until(charger.reads_its_meter, FRESH_S)
        measured("the meter chosen at the display is read", took, FRESH_S)
        charger.stop()
    finally:
        meter.close()


def test_solar_with_a_feed(charger, measured):
    """MODE Solar, MAINS MET API, START, STOP, IMPORT: posted readings start the charge after the restart."""
    charger.start()
    charger.configure(
        ("MODE", "Solar", "Left"), ("MAINS MET", "API", "Left"), ("START", "-6 A"), ("STOP", "8 min", "Left"), ("IMPORT", "2 A")
    )
    charger.stop()
    names = ("mode", "mains_met", "start", "stop", "import")
    assert [charger.kept(name) for name in names] == ["Solar", "API", "-6 A", "8 min", "2 A"]
    charger.start("--mains-meter", "api")
    feed = Feed(charger.host, -100)
    try:
        assert wait_until(lambda: charger.host.live()["meters"]["mains"]["fresh"], FRESH_S) is not None
        measured("the sun starts a charge", charger.charges(), CHARGE_S)
    finally:
        feed.close()
    charger.stop()


def test_single_phase_solar(charger, measured):
    """CONTACT 2 Always Off: the car charges with one contactor."""
    charger.start()
    charger.configure(("MODE", "Solar", "Left"), ("MAINS MET", "API", "Left"), ("CONTACT 2", "Always Off", "Left"))
    charger.stop()
    assert charger.kept("contact2") == "Always Off"
    charger.start("--mains-meter", "api")
    feed = Feed(charger.host, -100)
    try:
        measured("the sun starts a charge on one phase", charger.charges(), CHARGE_S)
        time.sleep(1.0)
        assert charger.host.live()["contactors"] == [True, False]
    finally:
        feed.close()
    charger.stop()


def test_master_with_its_rows(charger):
    """PWR SHARE Master brings PRIORITY, ROTATION and IDLE TMO; ROTATION jumps from 0 to 30."""
    charger.start()
    charger.panel.open()
    assert not {"PRIORITY", "ROTATION", "IDLE TMO"} & set(charger.panel.rows())
    charger.panel.set("PWR SHARE", "Master")
    charger.panel.set("PRIORITY", "Last Conn", "Left")
    charger.panel.set("ROTATION", "30 min")
    charger.panel.set("IDLE TMO", "65 s")
    charger.panel.leave()
    charger.stop()
    names = ("pwr_share", "priority", "rotation", "idle_tmo")
    assert [charger.kept(name) for name in names] == ["Master", "Last Conn", "30 min", "65 s"]


def test_node_with_the_rows_of_the_guide(charger):
    """PWR SHARE Node 2 in Smart: the rows of the guide's table for nodes, no others."""
    charger.start()
    charger.configure(("MODE", "Smart"), ("PWR SHARE", "Node 2"))
    charger.stop()
    assert [charger.kept(name) for name in ("mode", "pwr_share")] == ["Smart", "Node 2"]
    charger.start()
    charger.panel.open()
    assert charger.panel.rows() == NODE_ROWS
    charger.panel.go_to("EXIT")
    charger.panel.leave()
    charger.stop()


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
def test_terminal_shows_the_picture_and_is_left_as_it_was(charger, size):
    """Half blocks where there is room, else Braille; q gives the shell back."""
    charger.start(size=size)
    terminal = charger.panel.terminal
    if size[0] > 128:
        assert wait_until(lambda: terminal.pixels() == charger.panel.charger_pixels(), FRESH_S) is not None, terminal.text()
    else:
        assert terminal.shows("[\u2801-\u28ff]{3}")
    charger.panel.open()
    charger.panel.press("Right")
    charger.panel.quit()
    terminal.keys("echo back to $((40 + 2))", "Enter")
    assert wait_until(lambda: terminal.shows("^back to 42"), FRESH_S) is not None, terminal.text()
    terminal.keys("stty -a | tr ' ' '\\n' | grep -x -e echo -e icanon | wc -l", "Enter")
    assert wait_until(lambda: terminal.shows("^ *2$"), FRESH_S) is not None, terminal.text()


def test_remote_buttons_need_the_pin(charger):
    """Decisions 22 and 54: without LCD PIN 403, with it a session."""
    def post(target, headers=None):
        call = urllib.request.Request(charger.host.url + target, method="POST", headers=headers or {})
        try:
            with urllib.request.urlopen(call, timeout=5) as answer:
                return answer.status, json.loads(answer.read()), answer.headers
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read()), refusal.headers

    charger.start()
    assert post("/lcd?button=left&state=1")[:2] == (403, {"error": "unauthorized"})
    assert post("/lcd-verify-password?password=0")[:2] == (403, {"error": "pin_not_configured"})
    charger.panel.open()
    charger.panel.go_to("LCD PIN")
    charger.panel.press("Enter")
    charger.panel.press("Left")
    charger.panel.press("Enter")
    charger.panel.leave()
    assert post("/lcd-verify-password?password=7")[:2] == (200, {"success": False})
    status, said, headers = post("/lcd-verify-password?password=1000")
    assert (status, said) == (200, {"success": True})
    session = {"Cookie": headers["Set-Cookie"].split(";")[0]}
    released = {"button": {"right": "up", "middle": "up", "left": "up"}}
    pressed = {"button": {"right": "up", "middle": "down", "left": "up"}}
    assert post("/lcd?button=middle&state=1", session)[:2] == (200, pressed)
    assert wait_until(lambda: charger.panel.row() is not None, 4.0) is not None
    assert post("/lcd?button=middle&state=0", session)[:2] == (200, released)
    assert post("/lcd?button=up&state=1", session)[:2] == (400, {"error": "unknown_button"})
    for _ in range(3):
        post("/lcd-verify-password?password=7")
    status, said, headers = post("/lcd-verify-password?password=1000")
    assert status == 429 and 0 < int(headers["Retry-After"]) <= 10
