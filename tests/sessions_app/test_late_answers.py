"""An answer given in time on a phone without a signal is taken although its window closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from sessions_app.actions.check_in_links import mint_link, revoke_links
from sessions_app.actions.reminders import note_missed
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    Alert,
    CheckInRequest,
    Clinic,
    InstrumentScore,
    ItemAnswer,
    Staff,
    TreatmentSession,
)
from tests.conftest import make_course, make_patient, make_session
from tests.sessions_app.check_in_people import answer_at, planned
from tests.sessions_app.check_in_phone import day_14, on_day_14, phone, send, token

__all__ = ["day_14", "on_day_14", "phone", "token"]  # the fixtures
MIGHT_ACT, SECOND, WEEK = 3, timedelta(seconds=1), timedelta(days=7)


def cry(
    request: CheckInRequest, given: datetime | None, arrived: datetime, value: int = MIGHT_ACT
) -> ItemAnswer:
    return answer_at(arrived, request, value, "thoughts", given=given)


def test_a_cry_for_help_that_comes_late_is_kept_and_calls_somebody(
    day_14: CheckInRequest,
) -> None:
    given, arrived = day_14.closes_at - SECOND, day_14.closes_at + WEEK - SECOND
    row = cry(day_14, given, arrived)
    assert row.answered_at == row.check_in.started_at == given
    alert = Alert.objects.get()
    assert (alert.code, alert.level, alert.raised_at) == ("thoughts", "high", arrived)


def test_a_late_answer_is_scored_at_the_time_it_was_given(day_14: CheckInRequest) -> None:
    given = day_14.opens_at
    answer_at(day_14.closes_at, day_14, 2, given=given)
    assert InstrumentScore.objects.get().taken_at == given


@pytest.mark.parametrize(
    ("given", "late", "code"),
    [
        (None, SECOND, "check_in_closed"),
        (timedelta(0), SECOND, "check_in_closed"),
        (timedelta(days=1), SECOND, "check_in_closed"),  # a time to come
        (-timedelta(days=3, seconds=1), SECOND, "check_in_not_open"),
        (-SECOND, WEEK, "check_in_closed"),
    ],
)
def test_what_was_not_given_in_time_stays_refused(
    day_14: CheckInRequest, given: timedelta | None, late: timedelta, code: str
) -> None:
    """`given` counts from the end of the window."""
    at = None if given is None else day_14.closes_at + given
    with pytest.raises(RuleBroken, match=code):
        cry(day_14, at, day_14.closes_at + late)
    assert not ItemAnswer.objects.exists()


def test_a_cancelled_check_in_takes_no_late_answer(day_14: CheckInRequest) -> None:
    CheckInRequest.objects.update(cancelled_at=day_14.closes_at)
    with pytest.raises(RuleBroken, match="check_in_cancelled"):
        cry(day_14, day_14.due_at, day_14.closes_at + SECOND)


def test_the_alert_about_a_missed_check_in_is_closed_by_it(day_14: CheckInRequest) -> None:
    at = day_14.closes_at + SECOND
    note_missed(clock=lambda: at)
    missed = Alert.objects.get(code="check_in_missed")
    cry(day_14, day_14.due_at, at + SECOND, value=0)
    assert missed.events.get().outcome == "not_needed"


# --- the phone


def send_late(phone: Client, asked: CheckInRequest, seconds: object = 3 * 24 * 3600) -> Any:
    answer: HttpResponse = send(phone, 3, MIGHT_ACT, asked=asked.pk, seconds_ago=seconds)
    return answer


@pytest.fixture
def over(phone: Client, day_14: CheckInRequest, on_day_14: Any) -> CheckInRequest:
    """It is three days after the tap; the window closed a day and a half ago."""
    on_day_14.move_to(day_14.due_at + timedelta(days=3), tick=False)
    return day_14


def test_a_late_cry_for_help_is_answered_by_the_help_page(
    phone: Client, over: CheckInRequest
) -> None:
    answer = send_late(phone, over)
    assert answer.status_code == 200
    assert "Please talk to someone now" in answer.content.decode()
    assert 'href="tel:' in answer.content.decode()
    assert ItemAnswer.objects.get().answered_at == over.due_at
    assert Alert.objects.get().level == "high"


def test_another_late_answer_is_thanked_for(phone: Client, over: CheckInRequest) -> None:
    answer = send(phone, 1, 4, asked=over.pk, seconds_ago=3 * 24 * 3600)
    assert answer.status_code == 200
    assert "you answered it in time" in answer.content.decode()


@pytest.mark.parametrize("seconds", ["", 0, 3600, 10 * 24 * 3600, 10**12])
def test_a_phone_that_names_no_time_in_the_window_is_refused(
    phone: Client, over: CheckInRequest, seconds: object
) -> None:
    assert send_late(phone, over, seconds).status_code == 404
    assert not ItemAnswer.objects.exists()


def test_links_that_staff_ended_take_no_late_answer(
    phone: Client, day_14: CheckInRequest, nia: Staff, on_day_14: Any
) -> None:
    revoke_links(by=nia, request=day_14, write_key=None)
    on_day_14.move_to(day_14.due_at + timedelta(days=3), tick=False)
    assert send_late(phone, day_14).status_code == 404
    assert not ItemAnswer.objects.exists()


def test_the_link_of_the_next_check_in_brings_it_too(
    phone: Client, over: CheckInRequest, nia: Staff
) -> None:
    """Its cookie took the place of the one that the answer was given under."""
    later = CheckInRequest.objects.get(slot="21d")
    phone.get(f"/c/{mint_link(by=nia, request=later)[1]}/")
    assert send_late(phone, over).status_code == 200
    assert ItemAnswer.objects.get().check_in.request == over


def test_the_link_of_somebody_else_does_not(
    phone: Client, over: CheckInRequest, nia: Staff, northside: Clinic
) -> None:
    rosa = make_patient(northside, "N-77", "Rosa", "Lind")
    dose: TreatmentSession = make_session(make_course(rosa), nia)
    phone.get(f"/c/{mint_link(by=nia, request=planned(dose, nia, '21d'))[1]}/")
    assert send_late(phone, over).status_code == 404
    assert not ItemAnswer.objects.exists()


def test_the_page_of_a_closed_check_in_sends_what_the_phone_kept(
    phone: Client, over: CheckInRequest
) -> None:
    page = phone.get("/c/14d/1/")
    assert page.status_code == 404
    assert "js/me" in page.content.decode()
    assert "csrfmiddlewaretoken" in page.content.decode()
