"""Before the dose: what a patient is asked on arrival, and that it closes with the dose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from sessions_app.actions.answers import enter_check_in
from sessions_app.actions.arrivals import ask_on_arrival
from sessions_app.actions.checkins import plan_check_ins
from sessions_app.actions.reminders import note_missed, plan_reminders
from sessions_app.checkins.overdue import overdue_requests
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    AuditEvent,
    CheckInRequest,
    Clinic,
    Patient,
    Staff,
    TreatmentCourse,
    TreatmentSession,
)
from tests.api_client import Api
from tests.conftest import START, make_course, make_session
from tests.sessions_app.check_in_people import after, answer_at, make_help_lines, planned

ARRIVAL = START - timedelta(minutes=30)


def ask(patient: Patient, by: Staff, at: Any = ARRIVAL, key: Any = None) -> CheckInRequest:
    return ask_on_arrival(by=by, patient=patient, write_key=key, clock=lambda: at)


@pytest.mark.parametrize(
    ("indication", "instruments"),
    [
        ("depression", ["mood_0_10", "phq9", "gad7"]),
        ("chronic_pain", ["mood_0_10", "pain_0_10", "phq9", "gad7"]),
    ],
)
def test_on_arrival_the_patient_is_asked_until_the_dose_or_for_twelve_hours(
    maya: Patient, nia: Staff, indication: str, instruments: list[str]
) -> None:
    make_course(maya, indication)
    asked = ask(maya, nia)
    assert (asked.slot, asked.instruments) == ("pre", instruments)
    assert (asked.opens_at, asked.due_at) == (ARRIVAL, ARRIVAL)
    assert asked.closes_at == ARRIVAL + timedelta(hours=12)
    assert AuditEvent.objects.get(tag="check-in:arrival").row == f"checkinrequest:{asked.pk}"


def test_the_dose_closes_it_and_makes_it_the_session_s(
    maya: Patient, course: TreatmentCourse, nia: Staff
) -> None:
    asked = ask(maya, nia)
    session = make_session(course, nia)
    plan_check_ins(session=session, by=nia, clock=lambda: START)
    asked.refresh_from_db()
    assert (asked.closes_at, asked.session, asked.cancelled_at) == (START, session, None)
    with pytest.raises(RuleBroken, match="check_in_closed"):
        answer_at(START, asked, 4)


@pytest.mark.parametrize(("days", "again"), [(13.9, False), (14, True)])
def test_the_long_questionnaires_come_again_after_two_weeks(
    maya: Patient, course: TreatmentCourse, nia: Staff, days: float, again: bool
) -> None:
    for code in ("phq9", "gad7"):
        enter_check_in(
            by=nia,
            patient=maya,
            scores={code: 9},
            write_key=None,
            clock=lambda: ARRIVAL - timedelta(days=days),
        )
    assert ("phq9" in ask(maya, nia).instruments) == again


def test_a_check_in_that_is_open_is_asked_in_its_place_with_what_it_lacks(
    session: TreatmentSession, maya: Patient, nia: Staff
) -> None:
    week = planned(session, nia, "7d")
    asked = ask(maya, nia, after(7 * 24))
    assert asked.pk == week.pk
    assert asked.instruments == ["mood_0_10", "compared_before", "thoughts", "phq9", "gad7"]
    assert asked.history.count() == 2, "the former version is kept"


def test_one_that_was_answered_and_is_still_open_ends_so_that_never_two_are(
    session: TreatmentSession, maya: Patient, nia: Staff
) -> None:
    week = planned(session, nia, "7d")
    answer_at(after(6.5 * 24), week, 4)
    asked = ask(maya, nia, after(7 * 24))
    week.refresh_from_db()
    assert (asked.slot, week.closes_at) == ("pre", asked.opens_at)


def test_nobody_is_reminded_missed_or_called_about_the_waiting_room(
    maya: Patient, course: TreatmentCourse, nia: Staff, northside: Clinic
) -> None:
    make_help_lines(northside)
    asked = ask(maya, nia)
    assert list(overdue_requests(northside, ARRIVAL)) == [asked], "while open it can be acted on"
    assert plan_reminders(clock=lambda: ARRIVAL + timedelta(hours=1)) == 0
    later = ARRIVAL + timedelta(hours=13)
    assert note_missed(clock=lambda: later) == 0
    assert not overdue_requests(northside, later).exists()


def test_the_same_tap_twice_is_one_check_in(
    maya: Patient, course: TreatmentCourse, nia: Staff
) -> None:
    key = uuid4()
    assert ask(maya, nia, key=key) == ask(maya, nia, key=key)
    assert CheckInRequest.objects.count() == 1


def test_without_a_course_nothing_is_asked(maya: Patient, nia: Staff) -> None:
    with pytest.raises(RuleBroken, match="required"):
        ask(maya, nia)
    assert not CheckInRequest.objects.exists()


def test_the_nurse_shows_the_code_and_the_phone_opens_the_first_question(
    as_nia: Client,
    maya: Patient,
    course: TreatmentCourse,
    northside: Clinic,
) -> None:
    make_help_lines(northside)
    assert "Ask on arrival" in as_nia.get(f"/patients/{maya.pk}/scores/").content.decode()
    page = as_nia.post(f"/patients/{maya.pk}/arrival/", {"write_key": uuid4()}).content.decode()
    assert "before the dose" in page
    token = page.split("/c/")[-1].split("/")[0]
    first = Client().get(f"/c/{token}/")
    assert first.headers["Location"] == "/c/pre/1/"


def test_the_page_says_why_nobody_can_be_asked(as_nia: Client, maya: Patient) -> None:
    answered = as_nia.post(f"/patients/{maya.pk}/arrival/", {"write_key": uuid4()}, follow=True)
    assert "is missing" in answered.content.decode()


def test_the_second_door_asks_too(maya: Patient, course: TreatmentCourse, nia: Staff) -> None:
    answered = Api(nia).post(f"patients/{maya.pk}/arrival/")
    assert (answered.status_code, answered.json()["slot"]) == (201, "pre")
