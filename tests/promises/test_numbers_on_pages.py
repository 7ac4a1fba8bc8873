"""A number on a page is written in the one safe way: 0.5 mg, never .5 mg, 5.0 mg or 5mg."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.models import (
    Appointment,
    Chair,
    DoseEvent,
    Patient,
    Prescription,
    SideEffect,
    SignOff,
    Staff,
    TreatmentSession,
    VitalReading,
)
from tests.conftest import START, make_course, make_patient, make_prescription, make_session
from tests.posting import said

UNSAFE = {
    "a trailing zero reads as ten times as much": r"\d\.\d*0\s?(?:mg|mL|kg)\b",
    "a missing zero reads as ten times as much": r"(?:^|[^\d\w.])\.\d",
    "a unit touches its number": r"\d(?:mg|mL|kg|mcg)\b",
    "a unit may wrap away from its number": r"\d (?:mg|mL|kg|mcg)\b",
    "an abbreviation is error-prone": r"µg|\bIU\b|\bcc\b|\bU\b",
    "a day is written in digits with strokes": r"\b\d{1,2}/\d{1,2}/\d{2,4}\b",
    "a value is Python's": r"\b(?:None|nan|NaN|inf)\b(?! answered|\.)",
}


class _Text(HTMLParser):
    """The text of a page as lines, as a person reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.unread:
            self.lines.append(data.strip())


def unsafe(page: str) -> list[str]:
    """What is written in a way that can be misread, each with its reason."""
    text = _Text()
    text.feed(page)
    text.close()
    return [
        f"{reason}: {line}"
        for line in text.lines
        for reason, pattern in UNSAFE.items()
        if re.search(pattern, line)
    ]


@pytest.mark.parametrize(
    "written",
    [
        "5.0 mg",
        "0.50 kg",
        ".5 mg",
        "(.5",
        "5mg",
        "72.5 kg",
        "5 µg",
        "2 cc",
        "11/20/26",
        "nan",
        "None",
    ],
)
def test_an_unsafe_number_is_found(written: str) -> None:
    assert unsafe(f"<p>{written}</p>") != []


@pytest.mark.parametrize(
    "written",
    ["0.5&nbsp;mg", "50&nbsp;mg", "132/84", "20 Nov 2026", "10.05&nbsp;mL", "v1.0", "None."],
)
def test_a_safe_number_is_left_alone(written: str) -> None:
    assert unsafe(f"<p>{written}</p>") == []


@pytest.fixture
def filled(session: TreatmentSession, nia: Staff) -> TreatmentSession:
    """A session with decimals that the database keeps with trailing zeros."""
    at = {
        "clinic": session.clinic,
        "session": session,
        "taken_at": START + timedelta(minutes=10),
        "recorded_at": START + timedelta(minutes=10),
        "recorded_by": nia,
    }
    VitalReading.objects.create(
        systolic=132, diastolic=84, temperature_c=Decimal("37.0"), oxygen_l_min=Decimal("0.5"), **at
    )
    DoseEvent.objects.create(kind="rate_change", rate_ml_per_hour=Decimal("0.50"), **at)
    SideEffect.objects.create(code="nausea", grade="mild", **at)
    TreatmentSession.objects.filter(pk=session.pk).update(weight_kg="80.0", planned_mg="40.00")
    Appointment.objects.create(
        clinic=session.clinic, patient=session.patient, starts_at=START + timedelta(hours=5)
    )
    return session


def addresses(session: TreatmentSession, patient: Patient) -> list[str]:
    pages = ["care:chairs", "care:today", "care:checkin_links", "alerts:list", "review:patients"]
    of_patient = ["clinic:plan", "clinic:patient_edit", "review:timeline", "review:timeline_table"]
    of_session = ["session", "session_table", "session_print", "discharge"]
    return [
        *(reverse(name) for name in pages),
        *(reverse(name, args=[patient.pk]) for name in of_patient),
        *(reverse(f"care:{name}", args=[session.pk]) for name in of_session),
    ]


@pytest.fixture
def gate(filled: TreatmentSession, dr_patel: Staff) -> str:
    """The address of a start gate where a dose is worked out, beside the session that runs."""
    noor = make_patient(filled.clinic, "N-1044", "Noor", "Hale")
    course = make_course(noor)
    earlier = START - timedelta(days=7)
    make_session(course, dr_patel, earlier, weight_kg="80.0", planned_mg="40.00")
    make_prescription(course, dr_patel, mg_per_kg="0.50", vial_mg_per_ml="10.00")
    free = Chair.objects.create(clinic=filled.clinic, name="2", position=2)
    SignOff.objects.create(
        clinic=filled.clinic,
        session=noor.sessions.get(),
        end="discharged",
        signed_by=dr_patel,
        signed_at=earlier + timedelta(hours=2),
    )
    return f"{reverse('care:session_start', args=[free.pk])}?patient={noor.pk}"


@pytest.mark.usefixtures("at_chair")
def test_no_page_writes_a_number_in_a_way_that_can_be_misread(
    client: Client, filled: TreatmentSession, gate: str, nia: Staff
) -> None:
    Prescription.objects.update(mg_per_kg="0.50", bag_volume_ml="50.0", vial_mg_per_ml="10.00")
    client.force_login(nia)
    found = {}
    for address in [*addresses(filled, filled.patient), gate]:
        answer = client.get(address)
        assert answer.status_code == 200, address
        found[address] = unsafe(said(answer))
    assert {address: lines for address, lines in found.items() if lines} == {}
