"""What must be configured: said at the start with a hint, instead of failing later at a patient."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.http.request import validate_host


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


@register()
def messages_can_leave(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Without a way out nobody is called about an alert and no patient is reminded."""
    if any(kind != "off" for kind in settings.NOTIFIERS.values()):
        return []
    return [
        Warning(
            "No message can leave: nobody is called about an alert, no patient is reminded.",
            "Set AFTERGLOW_SMS_URL (a text message gateway), AFTERGLOW_EMAIL_URL, or both.",
            id="afterglow.W006",
        )
    ]


@register(Tags.security)
def gateway_is_safe(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """The gateway sees addresses and links; its token must not be read on the way."""
    url = urlsplit(settings.SMS_URL)
    if settings.SMS_URL and not settings.SMS_TOKEN:
        hint = "Set AFTERGLOW_SMS_TOKEN to the token that the gateway gave you."
        return [Error("The text message gateway has no token.", hint, id="afterglow.E007")]
    if url.scheme == "http" and url.hostname not in ("127.0.0.1", "localhost", "::1"):
        hint = "Write AFTERGLOW_SMS_URL with https://, or a gateway on this machine."
        return [
            Error("The text message gateway is not reached over https.", hint, id="afterglow.E007")
        ]
    return []


@register()
def mail_has_a_sender(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Mail servers refuse what nobody signed."""
    if settings.NOTIFIERS["email"] != "smtp" or "@" in settings.DEFAULT_FROM_EMAIL:
        return []
    hint = "Set AFTERGLOW_EMAIL_FROM, such as 'Northside Clinic <check-in@clinic.example.org>'."
    return [Error("E-mails have no sender.", hint, id="afterglow.E008")]


@register(Tags.security)
def links_lead_here(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """The links in messages must lead to this server, over https like every page."""
    url = urlsplit(settings.PUBLIC_URL)
    is_ours = validate_host(url.hostname or "", settings.ALLOWED_HOSTS)
    if is_ours and (url.scheme == "https" or not settings.HTTPS):
        return []
    hint = "Set AFTERGLOW_PUBLIC_URL to https:// and one of AFTERGLOW_ALLOWED_HOSTS."
    return [
        Error(f"Links in messages would lead to {settings.PUBLIC_URL}.", hint, id="afterglow.E009")
    ]
