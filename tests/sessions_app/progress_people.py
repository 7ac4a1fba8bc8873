"""What tests of one's own progress stand on: a phone that opened a link, and answers given."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from sessions_app.actions.check_in_links import mint_link
from sessions_app.models import (
    CheckIn,
    CheckInRequest,
    Clinic,
    InstrumentScore,
    Patient,
    Staff,
    TreatmentSession,
)
from tests.posting import said
from tests.sessions_app.check_in_people import after, make_help_lines, planned

BORN = {"secret": "1979"}
PAGE = "/my-progress/"


def phone_of(request: CheckInRequest, nia: Staff) -> Client:
    phone = Client()
    assert phone.get(f"/c/{mint_link(by=nia, request=request)[1]}/").status_code == 302
    return phone


@pytest.fixture
def asked(session: TreatmentSession, nia: Staff, northside: Clinic) -> CheckInRequest:
    make_help_lines(northside)
    return planned(session, nia, "14d")


@pytest.fixture
def day_14(time_machine: Any) -> Any:
    time_machine.move_to(after(14 * 24), tick=False)
    return time_machine


@pytest.fixture
def phone(asked: CheckInRequest, nia: Staff, day_14: Any) -> Client:
    """Maya's phone, two weeks after the dose, with the lock still shut."""
    return phone_of(asked, nia)


@pytest.fixture
def opened(phone: Client) -> Client:
    assert phone.post(PAGE, BORN).status_code == 302
    return phone


def felt(patient: Patient, *moods: tuple[float, int], pain: int | None = None) -> None:
    """The patient answered: (days after the dose, mood)."""
    for day, mood in moods:
        values = {"mood_0_10": mood} | ({} if pain is None else {"pain_0_10": pain})
        answered(patient, after(day * 24), values)


def answered(patient: Patient, at: datetime, values: dict[str, int]) -> None:
    """One check-in of that instant holds these scores."""
    kept = CheckIn.objects.create(
        clinic=patient.clinic, patient=patient, origin="import", started_at=at
    )
    for instrument, score in values.items():
        InstrumentScore.objects.create(
            clinic=patient.clinic,
            patient=patient,
            check_in=kept,
            instrument=instrument,
            instrument_version="1",
            taken_at=at,
            score=score,
        )


def text_of(answer: Any) -> str:
    """The words of the page in one line, as they are read."""
    return " ".join(re.sub(r"<[^>]+>", " ", said(answer)).split())
