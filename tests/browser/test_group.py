"""The cards of a group on the page: three chargers at a house that leaves room for one."""

import re

import pytest

from host_program import HostProgram, wait_until
from test_page import PAGE_S, Page

EVSES = 3
SPEED = 60
# 25 A at the mains: one car gets what the house leaves, 9 A.
BUSY_HOUSE_A = 16
# In real time; at this speed 30 s are half an hour.
CHARGE_S = 20.0
ROTATION_S = 60.0


@pytest.fixture
def group(tmp_path):
    program = HostProgram(tmp_path, "--evses", str(EVSES), "--speed", str(SPEED))
    program.simulate(house_a=BUSY_HOUSE_A)
    yield program
    program.kill()


def evses(host):
    return host.live()["group"]["evses"]


def charging(host):
    return [one["evse"] for one in evses(host) if one["schedule"] == "charging" and one["drawn_da"][0] > 50]


def boxes(page, selector):
    return page.page.evaluate(
        """selector => [...document.querySelectorAll(selector)].filter(e => e.offsetParent).map(e => {
            const b = e.getBoundingClientRect();
            return [b.left, b.top, b.right, b.bottom];
        })""",
        selector,
    )


def overlaps(boxes):
    pairs = ((a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    return [(a, b) for a, b in pairs if min(a[2], b[2]) - max(a[0], b[0]) > 1 and min(a[3], b[3]) - max(a[1], b[1]) > 1]


def clipped(page):
    """Texts that are wider than their place."""
    return page.page.evaluate(
        """() => [...document.querySelectorAll("#group dd, #group span, #group h3, #group p")]
            .filter(e => e.offsetParent && e.clientWidth && e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"""
    )


@pytest.mark.parametrize("size,scheme", [("phone", "dark"), ("desktop", "light"), ("phone", "light"), ("desktop", "dark")])
def test_when_cars_share_then_the_cards_tell_who_charges(browser, group, measured, size, scheme):
    """Power share 8: one is paused with reason and countdown, rotation changes who charges, who leaves hands over."""
    page = Page(browser, group, size, scheme)
    page.element("group-interval").select_option("30")
    assert wait_until(lambda: page.text("group-said") == "ROTATION: done", PAGE_S) is not None
    for evse in range(EVSES):
        page.element(f"evse-{evse}-plug").click()
        assert wait_until(lambda: evses(group)[evse]["car"]["plugged"], PAGE_S) is not None
    took = wait_until(lambda: charging(group) == [0] and page.text("evse-0-schedule") == "charging", CHARGE_S)
    measured("group: the master charges", took, CHARGE_S)
    took = wait_until(lambda: re.search(r"Waiting for power; rotation in \d+ min", page.text("evse-1-reason")), CHARGE_S)
    measured("group: the card of Node 1 says why it waits and how long", took, CHARGE_S)
    assert page.text("evse-1-schedule") == page.text("evse-2-schedule") == "paused"
    assert [page.text(f"evse-{evse}-rank") for evse in range(EVSES)] == ["1.", "2.", "3."]
    assert page.number("evse-0-set-point") > 5.9 and page.number("evse-1-set-point") == 0
    page.screenshot("group")

    took = wait_until(lambda: charging(group) == [1] and page.text("evse-1-schedule") == "charging", ROTATION_S)
    measured("group: rotation hands over to Node 1", took, ROTATION_S)
    assert wait_until(lambda: page.text("evse-0-schedule") == "paused", PAGE_S) is not None
    page.element("evse-1-unplug").click()
    took = wait_until(lambda: charging(group) == [2] and page.number("evse-2-drawn") > 5, CHARGE_S)
    measured("group: the one that leaves hands over to Node 2", took, CHARGE_S)
    assert wait_until(lambda: page.text("evse-1-schedule") == "idle", PAGE_S) is not None

    assert not page.is_wider_than_the_screen(), "the page scrolls sideways"
    assert overlaps(boxes(page, ".evse")) == overlaps(boxes(page, "main > section")) == []
    for evse in range(EVSES):
        assert overlaps(boxes(page, f"#evses > :nth-child({evse + 1}) > *")) == []
    assert clipped(page) == []
    assert page.complaints == []
    page.close()
    assert group.interrupt() == 0
