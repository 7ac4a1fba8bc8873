"""Which ends count as a session, as a dose and as monitored: the table, through the reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from reports import frames
from reports.dashboards import timeline
from sessions_app.actions.starting import last_weight_kg
from sessions_app.chairside.session_sheet import band
from sessions_app.models import SignOff, Staff, TreatmentCourse, TreatmentSession
from sessions_app.rules.ends import ENDS, NOT_A_TREATMENT
from tests.conftest import START, make_patient, make_session
from tests.sessions_app.chairside_people import at, dose, make_ready, sign

pytestmark = pytest.mark.django_db
MORE: dict[str, dict[str, Any]] = {
    "discharged": {},
    "transferred": {"reason": "fainted", "transferred_to": "St. Anne's", "handover": "told them"},
    "left_against_advice": {"reason": "wants to go", "risks_explained": True},
    "wrong_patient": {"reason": "chairs mixed up"},
}


def ended(session: TreatmentSession, nia: Staff, end: str) -> SignOff:
    make_ready(session, nia)
    return sign(session, nia, end=end, **MORE[end])


def test_every_end_of_the_model_is_in_the_table() -> None:
    assert list(ENDS) == [code for code, _words in SignOff.ENDS]
    assert NOT_A_TREATMENT == ("not_started", "wrong_patient")


@pytest.mark.parametrize("end", MORE)
def test_an_end_with_a_dose_counts_as_the_table_says(
    session: TreatmentSession, nia: Staff, dr_patel: Staff, end: str
) -> None:
    ended(session, nia, end)
    frame, left_out = frames.counted_sessions(TreatmentSession.objects.all())
    counts = ENDS[end].counts_as_session
    assert frame["session_id"].tolist() == ([str(session.pk)] if counts else [])
    assert frame["dose_mg"].tolist() == ([36.0] if counts else [])
    assert left_out.wrong_patient == (end == "wrong_patient")
    (line,) = timeline(dr_patel, session.patient).sessions
    assert (line.number is not None) is counts


@pytest.mark.parametrize("end", MORE)
def test_the_check_ins_go_on_where_the_table_says(
    course: TreatmentCourse, nia: Staff, end: str
) -> None:
    given = make_session(course, nia, route="im", dose_started_at=None)
    dose(given, nia, 0, "given", amount_mg=36)
    given.refresh_from_db()
    if end == "discharged":
        make_ready_by_injection(given, nia)
    sign(given, nia, end=end, **MORE[end])
    waiting = given.check_in_requests.filter(cancelled_at=None)
    assert waiting.exists() is ENDS[end].is_asked_after


def make_ready_by_injection(session: TreatmentSession, nia: Staff) -> None:
    from sessions_app.actions.signoff import confirm_check
    from tests.sessions_app.chairside_people import NURSE_TICKS, vitals

    vitals(session, nia, -1, systolic=128, diastolic=79, spo2=98, moaas=5)
    vitals(session, nia, 95, systolic=126, diastolic=80, spo2=98, moaas=5)
    for code in NURSE_TICKS:
        confirm_check(by=nia, session=session, code=code, is_met=True, write_key=None, clock=at(96))


def test_without_a_dose_a_transfer_is_no_session(course: TreatmentCourse, nia: Staff) -> None:
    waiting = make_session(course, nia, route="im", dose_started_at=None)
    sign(waiting, nia, end="transferred", **MORE["transferred"])
    frame, left_out = frames.counted_sessions(TreatmentSession.objects.all())
    assert frame.empty
    assert left_out.no_dose == 1


def test_the_wrong_patient_leaves_no_trace_in_what_comes_after(
    course: TreatmentCourse, session: TreatmentSession, nia: Staff
) -> None:
    session.weight_kg = 91
    session.save()
    ended(session, nia, "wrong_patient")
    later = make_session(course, nia, START + timedelta(days=3), weight_kg=None)
    assert band(later, at(10)())["session_no"] == 1
    assert last_weight_kg(session.patient_id) is None


def test_the_dose_before_is_asked_about_again(
    course: TreatmentCourse, nia: Staff, session: TreatmentSession
) -> None:
    given = make_session(course, nia, START, route="im", dose_started_at=None)
    dose(given, nia, 0, "given", amount_mg=36)
    given.refresh_from_db()
    week = given.check_in_requests.get(slot="7d")
    wrong = make_session(course, nia, START, route="im", dose_started_at=None)
    dose(wrong, nia, 60, "given", amount_mg=36)
    week.refresh_from_db()
    assert week.cancelled_at is not None
    sign(wrong, nia, end="wrong_patient", **MORE["wrong_patient"])
    week.refresh_from_db()
    assert week.cancelled_at is None


def test_the_record_says_by_number_where_it_went(
    client: Client, session: TreatmentSession, nia: Staff
) -> None:
    make_patient(nia.clinic, "N-7", "Xenia", "Bell")
    make_ready(session, nia)
    sign(session, nia, end="wrong_patient", reason="chairs mixed up", right_patient="n-7")
    client.force_login(nia)
    for path in ("discharge/", "print/"):
        page = client.get(f"/s/{session.pk}/{path}").content.decode()
        assert "The record belongs to N-7" in page
        assert "Bell" not in page
