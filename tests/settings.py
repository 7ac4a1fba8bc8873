"""The project's own settings with the test switch on.

pytest-django loads the settings before any conftest.py, so the switch is set here.
"""

from __future__ import annotations

import os

os.environ["AFTERGLOW_TEST"] = "1"
os.environ.pop("AFTERGLOW_DEMO", None)

from config.settings import *  # noqa: E402, F403
