"""The table of measured times is shared with the browser test."""

pytest_plugins = ["measured"]
