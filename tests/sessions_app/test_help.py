"""Help now: the right numbers in the right order, and nothing that is not true."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from sessions_app.actions.check_in_links import mint_link
from sessions_app.help_lines import lines_to_call, opening_hours
from sessions_app.models import CheckInRequest, Clinic, HelpLine, Patient, Staff, TreatmentSession
from sessions_app.views import help as help_page
from tests.conftest import START
from tests.sessions_app.check_in_people import after, make_help_lines, planned


@pytest.fixture
def phone(
    client: Client,
    session: TreatmentSession,
    nia: Staff,
    northside: Clinic,
    time_machine: Any,
) -> Client:
    """Maya's phone on Monday 16 March 2026, 10:00 at the clinic, which is open until 17:00."""
    make_help_lines(northside)
    request = planned(session, nia, "14d")
    token = mint_link(by=nia, request=request, clock=lambda: START)[1]
    time_machine.move_to(after(14 * 24), tick=False)
    client.get(f"/c/{token}/")
    return client


def numbers(page: str) -> list[str]:
    return re.findall(r'href="tel:(\d+)"', page)


EMERGENCY, CRISIS, CLINIC = "0001110", "0001111", "0001112"


def test_anybody_gets_help_and_no_number_is_invented(client: Client, northside: Clinic) -> None:
    make_help_lines(northside)
    answer = client.get("/help-now/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert numbers(page) == []
    assert "emergency number of the place where you are" in page
    assert "Northside" not in page


def test_a_phone_with_a_check_in_sees_its_clinics_numbers(phone: Client) -> None:
    page = phone.get("/help-now/").content.decode()
    assert numbers(page) == [EMERGENCY, CRISIS, CLINIC]
    assert "000 111 1" in page, "the number can also be read"


def test_the_numbers_stay_when_the_check_in_is_over(phone: Client, time_machine: Any) -> None:
    CheckInRequest.objects.filter(slot="14d").update(closes_at=after(14 * 24))
    time_machine.shift(3600)
    assert numbers(phone.get("/help-now/").content.decode()) == [EMERGENCY, CRISIS, CLINIC]


def test_an_untested_or_retired_number_is_shown_to_nobody(phone: Client) -> None:
    HelpLine.objects.filter(kind="crisis").update(tested_at=None)
    HelpLine.objects.filter(kind="emergency").update(retired_at=START)
    assert numbers(phone.get("/help-now/").content.decode()) == [CLINIC]


def test_without_any_number_a_question_still_says_whom_to_call(phone: Client) -> None:
    HelpLine.objects.update(tested_at=None)
    page = phone.get("/c/14d/1/").content.decode()
    assert "emergency number of the place where you are" in page


@pytest.mark.parametrize(
    ("value", "at_hour", "order", "says"),
    [
        (3, 9, [EMERGENCY, CRISIS, CLINIC], "open until 17:00"),
        (3, 20, [EMERGENCY, CRISIS, CLINIC], "closed until 17 Mar 2026, 08:00"),
        (1, 9, [CLINIC, CRISIS, EMERGENCY], "open until 17:00"),
        (1, 20, [CRISIS, EMERGENCY, CLINIC], "closed until 17 Mar 2026, 08:00"),
    ],
)
def test_the_order_and_the_words_follow_the_answer_and_the_hour(
    phone: Client, time_machine: Any, value: int, at_hour: int, order: list[str], says: str
) -> None:
    time_machine.move_to(datetime(2026, 3, 16, at_hour, 0, tzinfo=UTC), tick=False)
    page = phone.post("/c/14d/12/", {"write_key": uuid4(), "value": value}).content.decode()
    assert numbers(page) == order
    assert says in page
    is_open = at_hour == 9
    assert ("The clinic team got your answer at 10:00" in page) == is_open
    assert ("phone ending 042" in page) == is_open, "a closed clinic calls nobody"
    assert ("Nobody there sees your answer before then" in page) != is_open


@pytest.mark.parametrize(
    ("answer", "first", "title"),
    [
        (1, CLINIC, "Would you like to talk to someone?"),
        (2, CLINIC, "Please talk to someone now."),
        (3, EMERGENCY, "Please talk to someone now."),
        (4, CLINIC, "Would you like to talk to someone?"),
    ],
)
def test_each_answer_about_thoughts_has_its_own_first_call(
    phone: Client, answer: int, first: str, title: str
) -> None:
    page = phone.post("/c/14d/3/", {"write_key": uuid4(), "value": answer}).content.decode()
    assert numbers(page)[0] == first
    assert title in page


@pytest.mark.parametrize("is_told", [True, False])
@pytest.mark.parametrize(("answer", "is_high"), [(3, True), (1, False)])
def test_a_closed_clinic_says_who_is_told_only_when_somebody_is(
    phone: Client,
    time_machine: Any,
    monkeypatch: pytest.MonkeyPatch,
    is_told: bool,
    answer: int,
    is_high: bool,
) -> None:
    time_machine.move_to(datetime(2026, 3, 16, 20, 0, tzinfo=UTC), tick=False)
    monkeypatch.setattr(help_page, "is_somebody_told", lambda clinic, at: is_told)
    page = phone.post("/c/14d/3/", {"write_key": uuid4(), "value": answer}).content.decode()
    assert ("a message to the person on call" in page) == (is_told and is_high)
    assert ("Nobody there sees your answer" in page) != (is_told and is_high)


def test_a_line_for_text_messages_opens_a_message(phone: Client) -> None:
    HelpLine.objects.filter(kind="crisis").update(kind="crisis_text")
    page = phone.get("/help-now/").content.decode()
    assert f'href="sms:{CRISIS}"' in page
    assert numbers(page) == [EMERGENCY, CLINIC]


def test_lines_are_those_of_the_patients_language(northside: Clinic) -> None:
    make_help_lines(northside)
    make_help_lines(northside, language="es")
    assert {line.language for line in lines_to_call(northside, "es")} == {"es"}
    assert {line.language for line in lines_to_call(northside, "en-gb")} == {"en"}
    assert lines_to_call(northside, "fr") == []


@pytest.mark.parametrize(
    ("local", "is_open", "until"),
    [
        ("2026-03-13T07:59", False, "2026-03-13T08:00"),
        ("2026-03-13T08:00", True, "2026-03-13T17:00"),
        ("2026-03-13T16:59", True, "2026-03-13T17:00"),
        ("2026-03-13T17:00", False, "2026-03-16T08:00"),
        ("2026-03-28T23:00", False, "2026-03-30T08:00"),
        ("2026-03-29T03:30", False, "2026-03-30T08:00"),
    ],
)
def test_the_clinic_is_open_by_its_own_clock(
    northside: Clinic, local: str, is_open: bool, until: str
) -> None:
    northside.opens_at, northside.closes_at = time(8), time(17)
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(northside.time_zone))
    hours = opening_hours(northside, at.astimezone(UTC))
    assert hours.is_open == is_open
    assert hours.until is not None
    assert hours.until.replace(tzinfo=None) == datetime.fromisoformat(until)


def test_a_clinic_that_is_open_through_the_night(northside: Clinic) -> None:
    northside.opens_at, northside.closes_at, northside.open_days = time(20), time(6), "1"
    hours = opening_hours(northside, datetime(2026, 3, 17, 3, 0, tzinfo=UTC))
    assert hours.is_open
    assert opening_hours(northside, datetime(2026, 3, 17, 6, 0, tzinfo=UTC)).is_open is False


def test_a_clinic_without_open_days_is_never_said_to_open(
    phone: Client, northside: Clinic, maya: Patient
) -> None:
    northside.open_days = ""
    northside.save()
    page = phone.post("/c/14d/12/", {"write_key": uuid4(), "value": 3}).content.decode()
    assert "The clinic is closed." in page
