"""What must be configured: said at the start with a hint, instead of failing later at a patient."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security)
def demo_is_not_public(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """The demo's passwords are printed; it must never stand where others can reach it."""
    if not (settings.DEMO and settings.HTTPS):
        return []
    hint = "Unset AFTERGLOW_DEMO for a clinic, or AFTERGLOW_HTTPS for the demo on this machine."
    return [Error("AFTERGLOW_DEMO and AFTERGLOW_HTTPS are both on.", hint, id="afterglow.E001")]


@register(Tags.files)
def data_directory_is_there(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """Static files, and with SQLite the record itself, live in the data directory."""
    folder = Path(settings.DATA_DIR)
    if settings.TEST or (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        return []
    problem = "cannot be written to" if folder.is_dir() else "does not exist"
    hint = f"Make it, owned by the user that runs Afterglow: mkdir -p {folder}"
    return [Error(f"The data directory {folder} {problem}.", hint, id="afterglow.E002")]


@register(Tags.translation)
def default_language_is_offered(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """English stands in the code itself, so every word has it; another default may have gaps."""
    codes = [code for code, _name in settings.LANGUAGES]
    if settings.LANGUAGE_CODE in codes and "en" in codes:
        return []
    hint = "LANGUAGES must hold the default language, and English for what is not translated."
    message = f"The default language {settings.LANGUAGE_CODE!r} is not offered."
    return [Error(message, hint, id="afterglow.E003")]


@register(Tags.files)
def static_files_are_collected(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """Without the manifest every page of a clinic answers 500."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if settings.TEST or settings.DEMO or manifest.is_file():
        return []
    return [
        Warning(
            "The static files are not collected.",
            "Run: python manage.py collectstatic --noinput",
            id="afterglow.W004",
        )
    ]


@register(Tags.security)
def hosts_are_named(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """A wildcard lets a forged Host header into the links that patients receive."""
    if not any("*" in host for host in settings.ALLOWED_HOSTS):
        return []
    return [
        Warning(
            "AFTERGLOW_ALLOWED_HOSTS contains a wildcard.",
            "Write the host names one by one, such as clinic.example.org.",
            id="afterglow.W005",
        )
    ]
