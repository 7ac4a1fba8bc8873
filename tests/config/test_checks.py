"""Each thing that must be configured is named with a hint, and silent when it is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, registry, run_checks

from config import checks

WRONG: dict[str, dict[str, Any]] = {
    "E001": {"DEMO": True, "HTTPS": True},
    "E002": {"TEST": False, "DATA_DIR": Path("/nowhere/at/all")},
    "E003": {"LANGUAGE_CODE": "de"},
    "W004": {"TEST": False, "DEMO": False, "STATIC_ROOT": "/nowhere"},
    "W005": {"ALLOWED_HOSTS": ["*.example.org"]},
    "W006": {"NOTIFIERS": {"sms": "off", "email": "off"}},
    "E007": {"SMS_URL": "https://sms.example.org/", "SMS_TOKEN": ""},
    "E008": {"NOTIFIERS": {"sms": "off", "email": "smtp"}, "DEFAULT_FROM_EMAIL": ""},
    "E009": {"PUBLIC_URL": "https://elsewhere.example.org"},
}
CHECKS = {
    "E001": checks.demo_is_not_public,
    "E002": checks.data_directory_is_there,
    "E003": checks.default_language_is_offered,
    "W004": checks.static_files_are_collected,
    "W005": checks.hosts_are_named,
    "W006": checks.messages_can_leave,
    "E007": checks.gateway_is_safe,
    "E008": checks.mail_has_a_sender,
    "E009": checks.links_lead_here,
}


def ours(messages: list[CheckMessage]) -> list[str]:
    return [message.id for message in messages if str(message.id).startswith("afterglow.")]


def test_the_settings_of_the_tests_are_in_order() -> None:
    assert ours(run_checks()) == []


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_setting_is_named_with_a_hint(code: str, settings: Any) -> None:
    for name, value in WRONG[code].items():
        setattr(settings, name, value)
    messages = CHECKS[code](None)
    assert ours(messages) == [f"afterglow.{code}"]
    assert messages[0].hint
    assert messages[0].is_serious() is code.startswith("E")
    assert f"afterglow.{code}" in ours(run_checks()), "registered, so `manage.py check` says it"


def test_every_check_is_registered_and_tried_here() -> None:
    registered = {
        each for each in registry.registry.get_checks() if each.__module__ == checks.__name__
    }
    assert registered == set(CHECKS.values())


def test_a_folder_that_cannot_be_written_is_said_so(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TEST, settings.DATA_DIR = False, tmp_path
    assert checks.data_directory_is_there(None) == []
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "cannot be written" in checks.data_directory_is_there(None)[0].msg


def test_collected_static_files_satisfy(settings: Any, tmp_path: Path) -> None:
    settings.TEST, settings.STATIC_ROOT = False, tmp_path
    assert checks.static_files_are_collected(None)
    (tmp_path / "staticfiles.json").write_text("{}")
    assert checks.static_files_are_collected(None) == []


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://sms.example.org/send", True),
        ("http://127.0.0.1:9000/send", True),
        ("http://localhost/send", True),
        ("http://sms.example.org/send", False),
        ("http://127.0.0.1.example.org/send", False),
    ],
)
def test_a_gateway_elsewhere_is_reached_over_https(url: str, is_safe: bool, settings: Any) -> None:
    settings.SMS_URL, settings.SMS_TOKEN = url, "token"
    assert (checks.gateway_is_safe(None) == []) is is_safe


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("https://clinic.example.org", True),
        ("https://clinic.example.org:8443", True),
        ("http://clinic.example.org", False),
        ("https://elsewhere.example.org", False),
    ],
)
def test_links_in_messages_lead_to_this_server_over_https(
    url: str, is_right: bool, settings: Any
) -> None:
    settings.ALLOWED_HOSTS, settings.HTTPS = ["clinic.example.org"], True
    settings.PUBLIC_URL = url
    assert (checks.links_lead_here(None) == []) is is_right
