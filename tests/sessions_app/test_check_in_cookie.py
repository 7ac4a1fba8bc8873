"""The cookie of a check-in: one request's, as long as its link, and no key to anything else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from sessions_app.actions.check_in_links import mint_link
from sessions_app.models import CheckInRequest, Clinic, ItemAnswer, Staff, TreatmentSession
from tests.conftest import START, make_course, make_patient, make_session
from tests.posting import post
from tests.sessions_app.check_in_people import after, make_help_lines, planned


@pytest.fixture
def mayas(session: TreatmentSession, nia: Staff, northside: Clinic) -> CheckInRequest:
    make_help_lines(northside)
    return planned(session, nia, "14d")


@pytest.fixture
def rosas(northside: Clinic, nia: Staff, mayas: CheckInRequest) -> CheckInRequest:
    """Another patient's request of the same name, open at the same time."""
    rosa = make_patient(northside, "N-77", "Rosa", "Lind")
    return planned(make_session(make_course(rosa), nia), nia, "14d")


def phone_of(request: CheckInRequest, nia: Staff) -> Client:
    token = mint_link(by=nia, request=request)[1]
    phone = Client()
    assert phone.get(f"/c/{token}/").status_code == 302
    return phone


@pytest.fixture
def day_14(time_machine: Any) -> Any:
    time_machine.move_to(after(14 * 24), tick=False)
    return time_machine


def test_an_answer_goes_to_the_cookie_s_own_patient(
    mayas: CheckInRequest, rosas: CheckInRequest, nia: Staff, day_14: Any
) -> None:
    """The address names a slot, never whose: a body cannot choose either."""
    phone = phone_of(mayas, nia)
    forged = {"value": "4", "request": str(rosas.pk), "patient": str(rosas.patient_id)}
    answer = phone.post(
        f"/c/14d/1/?request={rosas.pk}",
        forged | {"write_key": "0c8d0a1e-0000-4000-8000-00000000000a"},
    )
    assert answer.status_code == 302
    assert ItemAnswer.objects.get().check_in.request == mayas


def test_the_cookie_dies_with_its_link(mayas: CheckInRequest, nia: Staff, day_14: Any) -> None:
    older = phone_of(mayas, nia)
    assert older.get("/c/14d/1/").status_code == 200
    newer = phone_of(mayas, nia)
    assert older.get("/c/14d/1/").status_code == 404
    assert newer.get("/c/14d/1/").status_code == 200
    day_14.move_to(mayas.closes_at + timedelta(seconds=1), tick=False)
    assert newer.get("/c/14d/1/").status_code == 404


def test_a_changed_cookie_opens_nothing(mayas: CheckInRequest, nia: Staff, day_14: Any) -> None:
    phone = phone_of(mayas, nia)
    value = phone.cookies["check_in"].value
    for forged in (value[:-1], value[::-1], value.swapcase(), f"{value}x", "", "\u00e9"):
        other = Client()
        other.cookies["check_in"] = forged
        assert other.get("/c/14d/1/").status_code == 404, forged


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    mayas: CheckInRequest, nia: Staff, day_14: Any
) -> None:
    cookie = phone_of(mayas, nia).cookies["check_in"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert str(mayas.patient_id) not in cookie.value


def test_it_signs_nobody_in(mayas: CheckInRequest, nia: Staff, day_14: Any) -> None:
    phone = phone_of(mayas, nia)
    assert phone.get("/chairs/").status_code == 302
    assert phone.get("/api/v1/me/").status_code == 401
    assert post(phone, "account_pin", {}).status_code == 302


def test_the_window_of_the_cookie_is_checked_by_the_server(
    mayas: CheckInRequest, nia: Staff, time_machine: Any
) -> None:
    """A phone that keeps a cookie beyond its day gets nothing for it."""
    time_machine.move_to(START + timedelta(days=13), tick=False)
    phone = phone_of(mayas, nia)
    time_machine.shift(timedelta(hours=24, seconds=1))
    assert phone.get("/c/14d/1/").status_code == 404
