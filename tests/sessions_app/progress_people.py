"""What tests of one's own progress stand on: a phone that opened a link, and answers given."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from sessions_app.actions.check_in_links import mint_link
from sessions_app.models import CheckIn, CheckInRequest, InstrumentScore, Patient, Staff
from tests.posting import said
from tests.sessions_app.check_in_people import after

BORN = {"secret": "1979"}
PAGE = "/my-progress/"


def phone_of(request: CheckInRequest, nia: Staff) -> Client:
    phone = Client()
    assert phone.get(f"/c/{mint_link(by=nia, request=request)[1]}/").status_code == 302
    return phone


def felt(patient: Patient, *moods: tuple[float, int], pain: int | None = None) -> None:
    """The patient answered: (days after the dose, mood)."""
    for day, mood in moods:
        at = after(day * 24)
        kept = CheckIn.objects.create(
            clinic=patient.clinic, patient=patient, origin="import", started_at=at
        )
        values = {"mood_0_10": mood} | ({} if pain is None else {"pain_0_10": pain})
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
