"""What the identity band says of the next reading, and what it keeps from the room."""

from __future__ import annotations

import pytest

from sessions_app.chairside.session_sheet import band
from sessions_app.models import Staff, TreatmentSession
from tests.sessions_app.chairside_people import at, vitals

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("minute", "said"),
    [
        (1, "next reading in 9 min"),
        (9.4, "next reading in 1 min"),
        (9.6, "reading due now"),
        (10.9, "reading due now"),
        (13, "reading 3 min overdue"),
    ],
)
def test_the_band_counts_down_to_the_next_reading_and_never_says_in_0_min(
    session: TreatmentSession, nia: Staff, minute: float, said: str
) -> None:
    vitals(session, nia, 0, systolic=128, diastolic=79)
    assert str(band(session, at(minute)())["next_due_text"]).endswith(said)


def test_the_band_names_the_escort_by_initials_as_it_names_the_patient(
    session: TreatmentSession,
) -> None:
    assert session.patient.escort_name == "Rui Vale"
    assert band(session, at(1)())["escort"] == "R.V."
    session.patient.escort_name = ""
    assert band(session, at(1)())["escort"] == ""
