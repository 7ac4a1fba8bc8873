"""A clinic on its first day: every page opens, and each says what comes next."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from sessions_app.models import Clinic, Staff
from sessions_app.roles import Role
from tests.conftest import make_patient, make_staff
from tests.posting import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(tmp_path: Path) -> Clinic:
    """What `new_clinic` leaves behind, and one person of each role."""
    password = tmp_path / "password"
    password.write_text("four-words-make-a-door\n")
    call_command(
        "new_clinic",
        name="Bare",
        time_zone="Europe/Berlin",
        lead_username="boss",
        lead_name="Lea Boss",
        password_file=str(password),
        verbosity=0,
    )
    clinic = Clinic.objects.get()
    for role in (Role.NURSE, Role.PHYSICIAN, Role.RESEARCHER):
        make_staff(clinic, role.value, f"{role.value.title()} Bare", role)
    return clinic


def seen_by(role: str, path: str) -> str:
    client = Client()
    client.force_login(Staff.objects.get(role=role))
    answer = client.get(path)
    assert answer.status_code == 200, path
    return said(answer)


@pytest.mark.parametrize(
    ("role", "path", "next_step"),
    [
        ("lead", "/clinic/", "Add the chairs"),
        ("lead", "/clinic/", "Add the first patient"),
        ("lead", "/clinic/", "Add and call one"),
        ("lead", "/clinic/chairs/", "Add the first one"),
        ("lead", "/clinic/help-lines/", "Ask which numbers hold"),
        ("lead", "/clinic/staff/", "Add a member of staff"),
        ("lead", "/chairs/", 'href="/clinic/chairs/">Add the chairs'),
        ("nurse", "/chairs/", "the clinic lead adds them"),
        ("nurse", "/today/", "Book an appointment"),
        ("nurse", "/appointments/new/", 'href="/patients/new/">Add the first patient'),
        ("nurse", "/patients/", "Add the first one, then plan their course"),
        ("nurse", "/links/", "The clinic lead adds them and calls each one once"),
        ("nurse", "/account/", "You have no PIN yet"),
        ("physician", "/alerts/", "There has been none yet"),
        ("physician", "/outcomes/", "Outcomes appear when enough patients"),
        ("researcher", "/outcomes/", "Outcomes appear when enough patients"),
    ],
)
def test_every_empty_page_says_the_next_step(
    bare: Clinic, role: str, path: str, next_step: str
) -> None:
    Staff.objects.filter(role=role).update(pin="")
    assert next_step in seen_by(role, path)


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_every_link_of_an_empty_clinic_leads_somewhere(bare: Clinic, role: str) -> None:
    client = Client()
    client.force_login(Staff.objects.get(role=role))
    todo, seen = {"/account/"}, set()
    while todo:
        path = todo.pop()
        seen.add(path)
        answer = client.get(path, follow=True)
        assert answer.status_code == 200, f"{path} for {role}"
        if "html" in answer["Content-Type"]:
            links = re.findall(r'<a [^>]*?href="(/[^"#]*|\?[^"#]*)', said(answer))
            plain = {unescape(link) for link in links if not link.startswith("?")}
            todo |= {link for link in plain if "?day=" not in link} - seen
    assert len(seen) >= {"researcher": 2}.get(role, 8)


def test_a_named_patient_can_be_booked_once_there_is_one(bare: Clinic) -> None:
    make_patient(bare, "B-1", "Ada", "First")
    assert "Add the first patient" not in seen_by("nurse", "/appointments/new/")
