"""Uses the peer tests' helpers and their table of measured times; one Chromium for all tests."""

import pathlib
import shutil
import sys

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))

pytest_plugins = ["measured"]


def chromium_path():
    for name in ("chromium", "chromium-browser"):
        if path := shutil.which(name):
            return path
    return pytest.exit("chromium is missing: apt-get install chromium", returncode=2)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start for the super user, as whom CI containers run.
        running = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=["--no-sandbox"])
        yield running
        running.close()
