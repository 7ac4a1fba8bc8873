"""Run `manage.py check --deploy` with a real clinic's settings; a warning fails it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def production_environment(data_dir: str) -> dict[str, str]:
    """This process's environment with the variables of a clinic, and none of a demo or a test."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AFTERGLOW_", "DJANGO_")) and name != "DATABASE_URL"
    }
    return {
        **kept,
        "AFTERGLOW_SECRET_KEY": secrets.token_urlsafe(64),
        "AFTERGLOW_ALLOWED_HOSTS": "afterglow.example.org",
        "AFTERGLOW_DATA_DIR": data_dir,
        # Nothing connects: the checks read the settings only.
        "AFTERGLOW_SMS_URL": "https://sms.example.org/v1/messages",
        "AFTERGLOW_SMS_TOKEN": "unused",
        "DATABASE_URL": "postgres://afterglow:unused@127.0.0.1:5432/afterglow",
    }


def main() -> int:
    with tempfile.TemporaryDirectory() as data_dir:
        environ = production_environment(data_dir)
        # A clinic collects its static files first, and a check asks whether it did.
        collect = ["collectstatic", "--noinput", "--verbosity", "0"]
        for command in (collect, ["check", "--deploy", "--fail-level", "WARNING"]):
            done = subprocess.run(
                [sys.executable, "manage.py", *command], cwd=ROOT, env=environ, check=False
            )
            if done.returncode != 0:
                return done.returncode
        return 0


if __name__ == "__main__":
    sys.exit(main())
