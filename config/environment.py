"""Reads the environment for settings.py. A bad value stops the start with a sentence."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
import warnings
from pathlib import Path
from typing import NoReturn

import environ

_env = environ.Env()
TRUE = {"1", "true", "yes", "on"}
MAKE_A_KEY = "Make one with `openssl rand -base64 48`."
FALSE = {"0", "false", "no", "off", ""}


def stop(sentence: str) -> NoReturn:
    """End the process with one sentence on stderr: no traceback for a slip in a setting."""
    sys.stderr.write(f"Afterglow cannot start: {sentence}\n")
    raise SystemExit(2)


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def switch(name: str, default: bool) -> bool:
    value = text(name, "true" if default else "false").lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    stop(f"{name} is {value!r}. Write true or false.")


def whole(name: str, default: int, low: int, high: int) -> int:
    value = text(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
        stop(f"{name} is {value!r}. Write a whole number from {low} to {high}.")
    return int(value)


def hosts(name: str) -> list[str]:
    """Host names without scheme, port or path; "*" is left to the checks."""
    found = [part.strip() for part in text(name).split(",") if part.strip()]
    for host in found:
        if not re.fullmatch(r"[A-Za-z0-9.*-]+|\[[0-9A-Fa-f:.]+\]", host):
            stop(f"{name} holds {host!r}. Write host names alone, such as clinic.example.org.")
    return found


def address(name: str, default: str = "") -> str:
    """An http or https address without user, query or fragment, and without a slash at its end."""
    value = text(name, default).rstrip("/")
    if value and not re.fullmatch(
        r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?(/[^\s?#]*)?", value
    ):
        stop(f"{name} is no address. Write one such as https://clinic.example.org.")
    return value


def mail_server(name: str) -> dict[str, object]:
    """Django's EMAIL_ settings from smtp://, smtp+tls:// or smtp+ssl://user:password@host:port."""
    value = text(name)
    if not value:
        return {}
    config: dict[str, object] = {}
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("error")
        config = dict(environ.Env.email_url_config(value))
    if not re.match(r"smtp(\+tls|\+ssl)?://", value) or not config.get("EMAIL_HOST"):
        stop(f"{name} is no mail server. Write smtp+tls://user:password@mail.example.org:587.")
    return config


def make_folder(folder: Path) -> None:
    """Afterwards the folder of the data is there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        stop(f"AFTERGLOW_DATA_DIR: the folder {folder} cannot be made ({fault.strerror}).")


def secret_key(file: Path | None) -> str:
    """The key from AFTERGLOW_SECRET_KEY; a demo makes its own once and keeps it in `file`."""
    value = text("AFTERGLOW_SECRET_KEY")
    if value:
        if len(value) < 50:
            stop(f"AFTERGLOW_SECRET_KEY is shorter than 50 characters. {MAKE_A_KEY}")
        return value
    if file is None:
        stop(f"AFTERGLOW_SECRET_KEY is not set. {MAKE_A_KEY}")
    if not file.exists():
        make_folder(file.parent)
        file.write_text(secrets.token_urlsafe(48))
        file.chmod(0o600)
    return file.read_text().strip()


def database(default_file: Path) -> dict[str, object]:
    """Django's DATABASES["default"]: DATABASE_URL, or SQLite in `default_file`."""
    url = text("DATABASE_URL") or f"sqlite:///{default_file}"
    config: dict[str, object] = {}
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("error")
        config = dict(environ.Env.db_url_config(url))
    engine = str(config.get("ENGINE", ""))
    if engine.endswith("sqlite3"):
        config["ENGINE"] = "config.fair_sqlite3"  # nobody waits for long while others write
        make_folder(Path(str(config["NAME"])).parent)
        # FULL: an acknowledged reading survives a power cut. IMMEDIATE: a write
        # transaction waits for its turn at the start instead of failing half-way.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;",
        }
    elif engine.endswith("postgresql"):
        config["CONN_HEALTH_CHECKS"] = True
    else:
        stop(
            "DATABASE_URL must begin with sqlite:/// or postgres://, for example "
            "postgres://afterglow:password@localhost/afterglow."
        )
    config["CONN_MAX_AGE"] = None
    return config
