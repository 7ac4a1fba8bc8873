"""Where the browser of the browser tests is."""

from __future__ import annotations

import os
import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The path of a Chromium: CHROMIUM when it is set, else the first of NAMES on the PATH."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def report() -> str:
    """One line for the person who runs the tests; loud when the browser tests are skipped."""
    if path := find_chromium():
        return f"Browser tests: with {path}"
    return (
        "\n************************************************************************\n"
        "** BROWSER TESTS ARE SKIPPED: no Chromium was found.                  **\n"
        "** Next: install one (Debian, Ubuntu: apt install chromium), or name  **\n"
        "** yours: CHROMIUM=/path/to/chromium make test                        **\n"
        "************************************************************************\n"
    )


if __name__ == "__main__":
    if sys.argv[1:] == ["--report"]:
        print(report())
    else:
        print(find_chromium() or "")
