"""A setting that cannot be right stops the start with one sentence and the exit code 2."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "k" * 60
GOOD = {"AFTERGLOW_SECRET_KEY": KEY, "AFTERGLOW_ALLOWED_HOSTS": "clinic.example.org"}
ASK = (
    "from config import settings as s; print(s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE, "
    "s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS, s.DEBUG, s.DEMO, s.BEHIND_PROXY)"
)


def start(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of their own, with no variable of this one's."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AFTERGLOW_", "DATABASE_URL", "DJANGO_"))
    }
    env = {**inherited, "AFTERGLOW_DATA_DIR": str(tmp_path), **GOOD, **variables}
    return subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env={name: value for name, value in env.items() if value != "unset"},
        capture_output=True,
        text=True,
    )


BAD = [
    ("AFTERGLOW_SECRET_KEY", "unset", "is not set"),
    ("AFTERGLOW_SECRET_KEY", "", "is not set"),
    ("AFTERGLOW_SECRET_KEY", "short", "shorter than 50"),
    ("AFTERGLOW_ALLOWED_HOSTS", "unset", "host names"),
    ("AFTERGLOW_ALLOWED_HOSTS", " , ", "host names"),
    ("AFTERGLOW_ALLOWED_HOSTS", "https://clinic.example.org/", "host names"),
    ("AFTERGLOW_HTTPS", "maybe", "true or false"),
    ("AFTERGLOW_BEHIND_PROXY", "2", "true or false"),
    ("AFTERGLOW_DEMO", "perhaps", "true or false"),
    ("AFTERGLOW_TEST", "perhaps", "true or false"),
    ("AFTERGLOW_MINIMUM_PATIENTS_DRAWN", "4", "from 5 to 100"),
    ("AFTERGLOW_MINIMUM_PATIENTS_DRAWN", "101", "from 5 to 100"),
    ("AFTERGLOW_MINIMUM_PATIENTS_DRAWN", "ten", "from 5 to 100"),
    ("AFTERGLOW_MINIMUM_PATIENTS_DRAWN", "１０", "from 5 to 100"),
    ("AFTERGLOW_DATA_DIR", "/dev/null/nowhere", "cannot be made"),
    ("AFTERGLOW_PUBLIC_URL", "clinic.example.org", "such as https://"),
    ("AFTERGLOW_PUBLIC_URL", "https://user:pass@clinic.example.org", "such as https://"),
    ("AFTERGLOW_SMS_URL", "ftp://sms.example.org", "such as https://"),
    ("AFTERGLOW_EMAIL_URL", "imap://mail.example.org", "no mail server"),
    ("AFTERGLOW_EMAIL_URL", "smtp://user:pass@host:port", "no mail server"),
    ("AFTERGLOW_DELIVERY_LOST_SECONDS", "5", "from 60 to 3600"),
    ("DATABASE_URL", "mysql://a@b/c", "sqlite:/// or postgres://"),
    ("DATABASE_URL", "clinic.sqlite3", "sqlite:/// or postgres://"),
    ("DATABASE_URL", "postgres://user:pass@host:port/name", "sqlite:/// or postgres://"),
]


@pytest.mark.parametrize(("name", "value", "words"), BAD)
def test_a_bad_value_ends_with_one_sentence(
    name: str, value: str, words: str, tmp_path: Path
) -> None:
    ended = start(tmp_path, **{name: value})
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    assert ended.stderr.startswith("Afterglow cannot start: ")
    assert ended.stderr.count("\n") == 1, "one line, no trace"
    assert name in ended.stderr
    assert words in ended.stderr
    assert KEY not in ended.stderr
    assert ":pass@" not in ended.stderr


def test_what_is_not_set_is_set_for_a_clinic(tmp_path: Path) -> None:
    """HTTPS everywhere, no debugging, no demo, no trust in forwarded headers."""
    started = start(tmp_path)
    assert started.returncode == 0, started.stderr
    assert started.stdout.split() == ["True", "True", "True", "31536000", "False", "False", "False"]


def test_https_is_switched_off_only_in_words(tmp_path: Path) -> None:
    started = start(tmp_path, AFTERGLOW_HTTPS="false")
    assert started.stdout.split()[:4] == ["False", "False", "False", "0"]


ASK_MESSAGES = (
    "from config import settings as s; print(s.NOTIFIERS['sms'], s.NOTIFIERS['email'], "
    "s.PUBLIC_URL, s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_USE_TLS, s.EMAIL_USE_SSL)"
)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "off off https://clinic.example.org  25 False False"),
        (
            {
                "AFTERGLOW_SMS_URL": "https://sms.example.org/v1/",
                "AFTERGLOW_EMAIL_URL": "smtp+tls://user:pass@mail.example.org:587",
                "AFTERGLOW_PUBLIC_URL": "https://check.example.org/",
            },
            "http smtp https://check.example.org mail.example.org 587 True False",
        ),
        ({"AFTERGLOW_DEMO": "1"}, "console console http://127.0.0.1:8000  25 False False"),
    ],
)
def test_what_is_set_decides_how_messages_leave(
    variables: dict[str, str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "ASK", ASK_MESSAGES)
    started = start(tmp_path, **variables)
    assert started.stdout.strip() == told, started.stderr
