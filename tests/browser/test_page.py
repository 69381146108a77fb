"""The page of the host program in a headless Chromium: two widths, two colour schemes."""

import re
import urllib.parse

import pytest

from host_program import HostProgram, ROOT, wait_until

SCREENSHOTS = ROOT / "target" / "screenshots"
SMART = 3

SIZES = {"phone": (360, 740), "desktop": (1280, 800)}
# No contactor closes in the first seconds after a start (I-29), nor while the last opening is younger than 10 s (I-13).
READY_S = 20.0
CHARGE_S = 10.0
SETTLE_S = 40.0
OFFER_FALLS_S = 20.0
UNPLUG_S = 5.0
# The page may show what /settings says a moment later.
PAGE_S = 3.0
# Until a page that was just opened has its first picture, on a machine that starts browsers.
LOAD_S = 15
QUIET_HOUSE_A, BUSY_HOUSE_A = 2, 20


@pytest.fixture
def host(tmp_path):
    program = HostProgram(tmp_path)
    program.set(mode=SMART)
    program.simulate(plug=0)
    program.simulate(house_a=QUIET_HOUSE_A)
    yield program
    program.kill()


class Page:
    """The page, and all it did that it should not."""

    def __init__(self, browser, host, size, scheme):
        width, height = SIZES[size]
        self.context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.name = f"{size}-{scheme}"
        self.complaints = []
        self.own = urllib.parse.urlsplit(host.url).netloc
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url} {request.failure}"))
        self.page.on("response", self._response)
        self.context.on("request", self._request)
        self.page.goto(host.url)

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def _response(self, response):
        if response.status >= 400:
            self.complaints.append(f"status {response.status}: {response.url}")

    def _request(self, request):
        parts = urllib.parse.urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.own:
            self.complaints.append(f"request to another host: {request.url}")

    def element(self, name):
        return self.page.get_by_test_id(name)

    def text(self, name):
        return self.element(name).inner_text().strip()

    def number(self, name):
        found = re.search(r"-?\d+(\.\d+)?", self.text(name))
        return float(found.group()) if found else 0.0

    def set_house_load(self, amperes):
        """Moves the slider (or fills the field) as a hand would: both events are sent."""
        self.element("house-load").evaluate(
            """(field, value) => {
                field.value = value;
                field.dispatchEvent(new Event("input", { bubbles: true }));
                field.dispatchEvent(new Event("change", { bubbles: true }));
            }""",
            str(amperes),
        )

    def screenshot(self, moment):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{self.name}-{moment}.png", full_page=True)

    def is_wider_than_the_screen(self):
        return self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")

    def brightness(self):
        """Mean of the background's colour channels, 0 dark to 255 light."""
        colour = self.page.evaluate(
            """() => [document.body, document.documentElement].map(e => getComputedStyle(e).backgroundColor)
                .find(c => !/, 0\\)$/.test(c)) ?? "rgb(255, 255, 255)" """
        )
        channels = [float(value) for value in re.findall(r"[\d.]+", colour)[:3]]
        return sum(channels) / 3

    def close(self):
        self.context.close()


def pixels(page):
    """The dark pixels of the display on the page."""
    return page.element("lcd-screen").evaluate(
        """canvas => {
            const data = canvas.getContext("2d").getImageData(0, 0, 128, 64).data;
            return Array.from({ length: 8192 }, (_, i) => data[4 * i + 3] > 0 ? 1 : 0).join("");
        }"""
    )


def bmp_pixels(host):
    file = host.request("GET", "/lcd")
    assert len(file) == 1086 and file[:2] == b"BM"
    rows = [file[62 + 16 * row : 78 + 16 * row] for row in range(63, -1, -1)]
    return "".join(f"{byte:08b}" for row in rows for byte in row)


def lcd_text(host):
    return host.request("GET", "/lcd.txt").decode()


def hold_middle(page):
    button = page.element("lcd-middle")
    button.scroll_into_view_if_needed()
    button.hover()
    page.page.mouse.down()
    page.page.wait_for_timeout(2400)
    page.page.mouse.up()


@pytest.mark.parametrize("size,scheme", [("phone", "dark"), ("desktop", "light")])
def test_when_buttons_are_pressed_then_the_display_follows(browser, host, size, scheme):
    """Menu specification 5.2: o held for 2 s opens the menu; the page shows what the charger shows."""
    page = Page(browser, host, size, scheme)
    try:
        assert wait_until(lambda: pixels(page) == bmp_pixels(host), LOAD_S) is not None
        before = pixels(page)
        hold_middle(page)
        assert wait_until(lambda: "< MODE >" in lcd_text(host), PAGE_S) is not None, lcd_text(host)
        assert wait_until(lambda: before != pixels(page) == bmp_pixels(host), PAGE_S) is not None
        page.screenshot("lcd-menu")
        first = lcd_text(host)
        page.element("lcd-right").click()
        assert wait_until(lambda: lcd_text(host) not in (first, ""), PAGE_S) is not None
        page.page.keyboard.press("ArrowLeft", delay=150)
        assert wait_until(lambda: "< MODE >" in lcd_text(host), PAGE_S) is not None, lcd_text(host)
        page.page.keyboard.press("Enter", delay=150)
        assert wait_until(lambda: "\n< Smart >" in lcd_text(host), PAGE_S) is not None, lcd_text(host)
        assert not page.is_wider_than_the_screen()
        assert page.complaints == []
    finally:
        page.close()


def until_page(page, condition):
    return wait_until(lambda: condition(page), PAGE_S)


def plug_in(host, page, measured):
    before = page.text("state")
    page.element("plug").click()
    took = wait_until(lambda: host.settings()["evse"]["state"] == "Charging", CHARGE_S)
    measured("plug in: /settings says Charging", took, CHARGE_S)
    took = wait_until(lambda: page.text("state") != before and page.number("drawn-l1") > 5, CHARGE_S)
    measured("then the page shows the drawn current", took, CHARGE_S)
    assert page.number("offered") == pytest.approx(host.settings()["settings"]["charge_current"] / 10, abs=0.5)


def load_the_house(host, page, measured):
    full_a = host.settings()["settings"]["current_max"]
    settled = wait_until(lambda: host.settings()["settings"]["charge_current"] == 10 * full_a, SETTLE_S)
    measured("quiet house: offer is MAX", settled, SETTLE_S)
    assert until_page(page, lambda p: p.number("offered") == full_a) is not None
    offered, reason = page.number("offered"), page.text("reason")
    page.set_house_load(BUSY_HOUSE_A)
    took = wait_until(lambda: host.settings()["settings"]["charge_current"] < 10 * (offered - 5), OFFER_FALLS_S)
    measured("house 20 A: /settings says less", took, OFFER_FALLS_S)
    took = until_page(page, lambda p: p.number("offered") < offered - 5 and p.text("reason") != reason)
    measured("then the page shows offer and reason", took, PAGE_S)
    assert page.text("reason"), "the reason is empty"
    assert until_page(page, lambda p: p.number("mains-l1") > 15) is not None


def unplug(host, page, measured):
    page.element("unplug").click()
    took = wait_until(lambda: host.settings()["evse"]["iec61851_state"] == "A", UNPLUG_S)
    measured("unplug: /settings says A", took, UNPLUG_S)
    took = until_page(page, lambda p: p.number("drawn-l1") == 0 and re.search(r"\bA\b|Ready to Charge|No vehicle", p.text("state")))
    measured("then the page shows it", took, PAGE_S)
    assert not host.settings()["car_connected"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_when_a_car_comes_and_goes_then_the_page_shows_it(browser, host, measured, size, scheme):
    """Plug in, a busy house, unplug: seen in the page and in GET /settings; Ctrl-C ends it cleanly."""
    page = Page(browser, host, size, scheme)
    ready = wait_until(lambda: page.text("reason") == "No vehicle connected", READY_S)
    measured("start: the page says that no vehicle is connected", ready, READY_S)
    plug_in(host, page, measured)
    page.screenshot("charging")
    load_the_house(host, page, measured)
    page.screenshot("busy-house")
    unplug(host, page, measured)
    page.screenshot("unplugged")

    assert not page.is_wider_than_the_screen(), "the page scrolls sideways"
    assert (page.brightness() < 128) == (scheme == "dark"), f"background brightness {page.brightness():.0f} in {scheme}"
    assert page.complaints == []
    page.close()
    assert host.interrupt() == 0
