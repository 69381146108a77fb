"""Uses the peer tests' helpers and their table of measured times."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))

pytest_plugins = ["measured"]
