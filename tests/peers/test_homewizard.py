"""The host program with a HomeWizard P1 meter as its mains meter, played by Python's own HTTP server."""

import http.server
import json
import subprocess
import threading
import time

import pytest

from host_program import PROGRAM, HostProgram, wait_until

# meters.md 9.2: every 1950 ms, a reply may take 1500 ms. regulation.md 4: stale at 11 s, raised at the latest at 12 s.
PERIOD_S, STALE_S = 1.95, 12.0
LIMIT_S = 20


class P1Meter:
    """What the meter says and how; it notes when it was asked."""

    def __init__(self):
        self.currents, self.powers = [4.2, 6.0, 0.5], [966, -1380, 115]
        self.fault = None
        self.asked = []
        meter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                meter.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.place = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def document(self):
        phases = zip(self.currents, self.powers)
        document = {"wifi_ssid": "home", "smr_version": 50, "total_power_import_kwh": 1234.567, "external": [{"l": 1}]}
        for number, (amperes, watts) in enumerate(phases, 1):
            document |= {f"active_current_l{number}_a": amperes, f"active_power_l{number}_w": watts}
        return json.dumps(document).encode()

    def answer(self, request):
        self.asked.append((time.monotonic(), request.path))
        status, body = 200, self.document()
        if self.fault == "silent":
            time.sleep(4)
        elif self.fault == "forbidden":
            status, body = 403, b"{}"
        elif self.fault == "nonsense":
            body = b'{"active_current_l1_a": NaN}'
        request.send_response(status)
        if self.fault == "chunked":
            request.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        else:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        try:
            request.wfile.write(body)
        except OSError:
            pass  # The charger does not wait for ever.

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def p1():
    meter = P1Meter()
    yield meter
    meter.close()


@pytest.fixture
def host(p1, tmp_path):
    program = HostProgram(tmp_path, "--mains-meter", f"homewizard:{p1.place}")
    yield program
    program.kill()


def phase_currents(host):
    currents = host.settings()["phase_currents"]
    return [currents[phase] / 10 for phase in ("L1", "L2", "L3")]


def test_when_a_p1_meter_is_polled_then_its_currents_are_the_mains(host, p1, measured):
    measured("first reading shown", wait_until(lambda: phase_currents(host) == [4.2, -6.0, 0.5], 5.0), 5.0)
    p1.currents = [10.0, 6.0, 0.5]
    p1.fault = "chunked"
    measured("new reading shown", wait_until(lambda: phase_currents(host)[0] == 10.0, 3.0), 3.0)
    time.sleep(2 * PERIOD_S)
    times = [at for at, _ in p1.asked]
    gaps = [later - sooner for sooner, later in zip(times, times[1:])]
    assert min(gaps) > PERIOD_S - 0.2 and max(gaps) < PERIOD_S + 0.5, gaps
    assert {path for _, path in p1.asked} == {"/api/v1/data"}
    assert host.settings()["mains_meter"]["import_active_energy"] == 1_234_567


@pytest.mark.parametrize("fault", ["silent", "forbidden", "nonsense"])
def test_when_replies_are_bad_then_the_mains_become_stale_and_come_back(host, p1, measured, fault):
    """Meters 9.2 and 10: nothing usable refreshes nothing."""
    assert wait_until(lambda: phase_currents(host)[0] == 4.2, 5.0) is not None
    p1.fault = fault
    stale = wait_until(lambda: host.settings()["evse"]["error"] == "Communication Error", STALE_S + 3)
    measured(f"{fault}: communication error", stale, STALE_S + 1)
    status = host.live()["meters"]["mains"]
    assert status["errors"] > 0 and status["last_error"], status
    p1.fault = None
    back = wait_until(lambda: host.settings()["evse"]["error"] != "Communication Error", 2 * PERIOD_S + 4)
    measured(f"{fault} over: reading again", back, 2 * PERIOD_S + 4)


def meter_read(spec):
    return subprocess.run([PROGRAM, "meter", "read", spec], capture_output=True, text=True, timeout=LIMIT_S)


def test_when_a_p1_meter_is_read_once_then_values_and_text_are_shown(p1):
    result = meter_read(f"homewizard:{p1.place}")
    assert result.returncode == 0, result.stderr
    assert "4.200 A, -6.000 A, 0.500 A" in result.stdout
    assert "1234.567 kWh" in result.stdout
    assert '"smr_version": 50' in result.stdout
    p1.fault = "forbidden"
    result = meter_read(f"homewizard:{p1.place}")
    assert result.returncode == 1
    assert "switch the local API on" in result.stderr
