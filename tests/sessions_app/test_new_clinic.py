"""A real clinic begins at the terminal; every bad value is answered with a sentence."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client

from sessions_app.models import AuditEvent, Clinic, Staff

GOOD = {
    "name": "Harbour Clinic",
    "time_zone": "Europe/Lisbon",
    "lead_username": "Ines",
    "lead_name": "Dr Ines Prado",
    "language": "es",
    "phone": "+351 000",
}
PASSWORD = "seven-green-bottles"
pytestmark = pytest.mark.django_db


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return str(path)


def test_the_first_lead_can_sign_in_and_is_told_what_is_next(password_file: str) -> None:
    out = io.StringIO()
    call_command("new_clinic", **GOOD, password_file=password_file, stdout=out)
    clinic = Clinic.objects.get()
    lead = Staff.objects.get()
    assert (clinic.time_zone, clinic.language, clinic.phone) == ("Europe/Lisbon", "es", "+351 000")
    assert (lead.username, lead.role, lead.initials) == ("ines", "lead", "IP")
    assert AuditEvent.objects.get().tag == "clinic:create"
    assert "http://127.0.0.1:8000/" in out.getvalue()
    assert "call each of them" in out.getvalue()
    assert PASSWORD not in out.getvalue()
    client = Client()
    client.post("/login/", {"username": "ines", "password": PASSWORD})
    assert client.get("/clinic/").status_code == 200


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"time_zone": "Europe/Nowhere"}, "--time-zone: Europe/Nowhere is not a time zone."),
        ({"language": "fr"}, "--language:"),
        ({"name": "Northside"}, "--name: Name: Northside is already used."),
        ({"name": " "}, "--name: Name is missing."),
        ({"lead_username": "in es"}, "--lead-username:"),
        ({"lead_username": "nia"}, "--lead-username: User name: nia is already used."),
        ({"lead_name": " "}, "--lead-name: Full name is missing."),
    ],
)
@pytest.mark.usefixtures("nia")
def test_a_bad_value_is_answered_with_a_sentence_and_nothing_is_made(
    password_file: str, change: dict[str, str], sentence: str
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("new_clinic", **(GOOD | change), password_file=password_file)
    assert sentence in str(refused.value)
    assert (Clinic.objects.count(), Staff.objects.count()) == (1, 1)


@pytest.mark.parametrize("password", ["short", "password1234", "dr ines prado.", ""])
def test_a_weak_password_is_refused(tmp_path: Path, password: str) -> None:
    path = tmp_path / "password"
    path.write_text(password)
    with pytest.raises(CommandError, match="the password:"):
        call_command("new_clinic", **GOOD, password_file=str(path))
    assert not Clinic.objects.exists()


def test_the_password_may_come_from_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    call_command("new_clinic", **GOOD, password_file="-", stdout=io.StringIO())
    assert Staff.objects.get().check_password(PASSWORD)


def test_a_missing_password_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("new_clinic", **GOOD, password_file=str(tmp_path / "nowhere"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("again", "made"), [(PASSWORD, 1), ("another-long-one", 0)])
def test_on_a_terminal_the_password_is_asked_twice(
    monkeypatch: pytest.MonkeyPatch, again: str, made: int
) -> None:
    typed = iter([PASSWORD, again])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    try:
        call_command("new_clinic", **GOOD, stdout=io.StringIO())
    except CommandError as refused:
        assert "differ" in str(refused)
    assert Clinic.objects.count() == made


def test_without_a_terminal_it_says_how_to_give_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="--password-file"):
        call_command("new_clinic", **GOOD)


@pytest.mark.parametrize(
    ("full_name", "initials"),
    [("Lena Brandt", "LB"), ("Dr Asha Patel", "AP"), ("Cher", "C"), ("Ana de la Cruz", "AC")],
)
def test_initials_are_the_ends_of_the_name(full_name: str, initials: str) -> None:
    from sessions_app.actions.clinic import initials_of

    assert initials_of(full_name) == initials


def test_a_database_without_tables_is_said(
    password_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unready(**values: object) -> None:
        raise OperationalError("no such table")

    monkeypatch.setattr("sessions_app.management.commands.new_clinic.create_clinic", unready)
    with pytest.raises(CommandError, match="manage.py migrate"):
        call_command("new_clinic", **GOOD, password_file=password_file)


def test_an_unexpected_argument_is_refused(password_file: str, capsys: Any) -> None:
    with pytest.raises(CommandError):
        call_command("new_clinic", "--name", "X")
