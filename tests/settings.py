"""The project's own settings with the test switch on, and a folder of this run alone.

pytest-django loads the settings before any conftest.py, so the switch is set here. Two runs at
once would share a database in the same folder; processes that a run starts share that of the run.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

os.environ["AFTERGLOW_TEST"] = "1"
os.environ.pop("AFTERGLOW_DEMO", None)
if "AFTERGLOW_DATA_DIR" not in os.environ:
    folder = tempfile.mkdtemp(prefix="afterglow-")
    os.environ["AFTERGLOW_DATA_DIR"] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

from config.settings import *  # noqa: E402, F403
