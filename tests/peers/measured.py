"""Fixtures, and the table of measured times at the end of the run."""

import pytest

from host_program import PROGRAM


def pytest_sessionstart(session):
    if not PROGRAM.exists():
        pytest.exit(f"{PROGRAM} is missing: cargo build --release -p smartevse-host", returncode=2)


@pytest.fixture
def measured(request):
    """Asserts that a time was measured and lies within its limit, and records it for the table."""

    def check(what, seconds, limit_s):
        text = "never" if seconds is None else f"{seconds:.2f} s"
        request.node.user_properties.append((what, text, f"{limit_s:g} s"))
        assert seconds is not None and seconds <= limit_s, f"{what}: {text}, limit {limit_s} s"

    return check


def pytest_terminal_summary(terminalreporter):
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call" and report.user_properties
    ]
    if reports:
        terminalreporter.section("measured times")
    for report in sorted(reports, key=lambda report: report.nodeid):
        terminalreporter.write_line(report.nodeid.split("::")[-1])
        for what, value, limit in report.user_properties:
            terminalreporter.write_line(f"  {what:52} {value:>9}  (limit {limit})")
