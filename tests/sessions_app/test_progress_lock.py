"""The lock in front of one's own progress: who gets in, how often one may try, for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.access import throttle
from sessions_app.actions.check_in_links import mint_link
from sessions_app.actions.progress import set_progress_pin
from sessions_app.checkins.progress_lock import OPEN_FOR, opens
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    AuditEvent,
    CheckInRequest,
    Clinic,
    Patient,
    Staff,
)
from sessions_app.models.people import BIRTH_DATE_UNKNOWN
from tests.api_client import Api, errors_of
from tests.conftest import START, make_course, make_patient, make_session
from tests.posting import said
from tests.sessions_app.check_in_people import after, planned
from tests.sessions_app.progress_people import (
    BORN,
    PAGE,
    asked,
    day_14,
    felt,
    opened,
    phone,
    phone_of,
)

__all__ = ["asked", "day_14", "opened", "phone"]  # the fixtures


def test_a_phone_without_a_link_gets_the_page_of_a_closed_check_in(asked: CheckInRequest) -> None:
    stranger = Client()
    for answer in (stranger.get(PAGE), stranger.post(PAGE, BORN)):
        assert answer.status_code == 404
        assert said(answer) == said(stranger.get("/c/no-such-token/"))
    assert stranger.get(f"{PAGE}my-answers.csv").status_code == 404


def test_the_link_alone_shows_no_answer(phone: Client, maya: Patient) -> None:
    felt(maya, (1, 3), (2, 4), (3, 5))
    locked = phone.get(PAGE)
    assert locked.status_code == 200
    assert "Is it you?" in said(locked)
    assert "mood 3" not in said(locked)
    assert phone.get(f"{PAGE}my-answers.csv").headers["Location"] == PAGE
    assert not AuditEvent.objects.filter(tag__in=["progress:look", "export"]).exists()


def test_the_year_of_birth_opens_it_for_fifteen_minutes(phone: Client, day_14: Any) -> None:
    answer = phone.post(PAGE, {"secret": " 1979 "})
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    cookie = answer.cookies["progress"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", PAGE)
    assert cookie["max-age"] == OPEN_FOR.total_seconds() == 900
    day_14.shift(timedelta(minutes=14))
    assert "Is it you?" not in said(phone.get(PAGE))
    day_14.shift(timedelta(minutes=1, seconds=1))
    assert "Is it you?" in said(phone.get(PAGE))


def test_it_can_be_closed_by_hand(opened: Client) -> None:
    assert opened.post(PAGE, {"shut": "1"}).status_code == 302
    assert "Is it you?" in said(opened.get(PAGE))


@pytest.mark.parametrize(
    "wrong", ["1980", "979", "19790", "1979x", "--", "\u0661\u0669\u0667\u0669"]
)
def test_every_wrong_secret_gets_the_same_answer(phone: Client, wrong: str) -> None:
    answer = phone.post(PAGE, {"secret": wrong})
    assert answer.status_code == 422
    assert "progress" not in answer.cookies
    assert "This is not right. Check it and type it again." in said(answer)


def test_an_empty_box_is_no_try(phone: Client, maya: Patient) -> None:
    for _ in range(6):
        assert phone.post(PAGE, {"secret": ""}).status_code == 422
    assert phone.post(PAGE, BORN).status_code == 302


def test_after_five_wrong_tries_the_right_one_waits_a_day(
    phone: Client, asked: CheckInRequest, nia: Staff, day_14: Any
) -> None:
    tries = [phone.post(PAGE, {"secret": str(year)}).status_code for year in range(1950, 1955)]
    assert tries == [422, 422, 422, 422, 429]
    refused = phone.post(PAGE, BORN)
    assert (refused.status_code, "progress" in refused.cookies) == (429, False)
    assert "try again tomorrow" in said(refused)
    day_14.shift(timedelta(hours=23, minutes=59))
    assert phone.post(PAGE, BORN).status_code == 429
    day_14.shift(timedelta(minutes=2))
    assert phone.post(PAGE, BORN).status_code == 302


def test_a_second_link_gives_no_further_tries(
    phone: Client, asked: CheckInRequest, nia: Staff
) -> None:
    for year in range(1950, 1955):
        phone.post(PAGE, {"secret": str(year)})
    assert phone_of(asked, nia).post(PAGE, BORN).status_code == 429


def test_the_right_secret_takes_the_count_back(phone: Client) -> None:
    for _ in range(3):
        for year in range(1950, 1954):
            phone.post(PAGE, {"secret": str(year)})
        assert phone.post(PAGE, BORN).status_code == 302


def test_a_rush_that_passed_the_first_look_is_counted_all_the_same(maya: Patient) -> None:
    """Tries at once all see the counter before any of them wrote to it."""
    for _ in range(5):
        assert not opens(maya, "1950")
    assert not opens(maya, "1979")


def test_the_tries_of_one_patient_are_not_anothers(
    phone: Client, northside: Clinic, nia: Staff
) -> None:
    rosa = make_patient(northside, "N-77", "Rosa", "Lind")
    theirs = phone_of(planned(make_session(make_course(rosa), nia), nia, "14d"), nia)
    for year in range(1950, 1955):
        phone.post(PAGE, {"secret": str(year)})
    assert theirs.post(PAGE, BORN).status_code == 302


def test_the_counter_is_shared_by_all_servers(phone: Client, maya: Patient) -> None:
    for year in range(1950, 1955):
        phone.post(PAGE, {"secret": str(year)})
    assert throttle.check(f"progress:{maya.pk}", tries=5, window=timedelta(days=1)) == 24 * 60


# How long the link stays good


def test_the_link_stays_good_for_seven_days_after_its_window_and_opens_no_question(
    opened: Client, asked: CheckInRequest, day_14: Any
) -> None:
    day_14.move_to(asked.closes_at + timedelta(days=7, seconds=-1), tick=False)
    assert opened.get("/c/14d/1/").status_code == 404
    assert "Is it you?" in said(opened.get(PAGE))
    assert opened.post(PAGE, BORN).status_code == 302
    day_14.shift(timedelta(seconds=2))
    assert opened.get(PAGE).status_code == 404


def test_a_phone_keeps_the_link_as_long_as_it_is_good(phone: Client, asked: CheckInRequest) -> None:
    kept = timedelta(seconds=phone.cookies["check_in"]["max-age"])
    assert after(14 * 24) + kept == asked.closes_at + timedelta(days=7)


def test_a_revoked_link_opens_nothing(opened: Client, asked: CheckInRequest, nia: Staff) -> None:
    mint_link(by=nia, request=asked)
    assert opened.get(PAGE).status_code == 404
    assert opened.post(PAGE, BORN).status_code == 404


def test_a_link_to_the_wrong_patient_opens_nothing(opened: Client, asked: CheckInRequest) -> None:
    asked.cancelled_at = START
    asked.save()
    assert opened.get(PAGE).status_code == 404


def test_what_one_link_opened_stays_shut_for_another(
    opened: Client, northside: Clinic, nia: Staff
) -> None:
    """A shared phone: the next link is another patient's, the lock of the first one is open."""
    rosa = make_patient(northside, "N-77", "Rosa", "Lind")
    theirs = planned(make_session(make_course(rosa), nia), nia, "14d")
    assert opened.get(f"/c/{mint_link(by=nia, request=theirs)[1]}/").status_code == 302
    assert "Is it you?" in said(opened.get(PAGE))


def test_a_changed_lock_cookie_opens_nothing(opened: Client, phone: Client) -> None:
    value = opened.cookies["progress"].value
    for forged in (value[:-1], value.swapcase(), opened.cookies["check_in"].value, ""):
        opened.cookies["progress"] = forged
        assert "Is it you?" in said(opened.get(PAGE)), forged


# The PIN


def test_a_pin_takes_the_place_of_the_year(opened: Client, maya: Patient, nia: Staff) -> None:
    set_progress_pin(by=nia, patient=maya, pin="4826")
    assert "Your PIN" in said(opened.get(PAGE)), "what the year opened is shut"
    assert opened.post(PAGE, BORN).status_code == 422
    assert opened.post(PAGE, {"secret": "4826"}).status_code == 302
    maya.refresh_from_db()
    assert "4826" not in maya.progress_pin
    set_progress_pin(by=nia, patient=maya, pin="")
    assert opened.post(PAGE, BORN).status_code == 302


def test_a_new_pin_forgets_the_wrong_tries(phone: Client, maya: Patient, nia: Staff) -> None:
    for year in range(1950, 1955):
        phone.post(PAGE, {"secret": str(year)})
    set_progress_pin(by=nia, patient=maya, pin="4826")
    assert phone.post(PAGE, {"secret": "4826"}).status_code == 302


@pytest.mark.parametrize("pin", ["12", "1234567", "12a4", "١٢٣٤"])
def test_a_pin_is_four_to_six_digits(maya: Patient, nia: Staff, pin: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        set_progress_pin(by=nia, patient=maya, pin=pin)
    assert [error.code for error in broken.value.errors] == ["pin_shape"]


def test_a_patient_without_a_birth_date_needs_a_pin(
    phone: Client, maya: Patient, nia: Staff
) -> None:
    maya.birth_date = BIRTH_DATE_UNKNOWN
    maya.save()
    assert "ask your clinic for a PIN" in said(phone.get(PAGE))
    assert phone.post(PAGE, {"secret": "1900"}).status_code == 422
    set_progress_pin(by=nia, patient=maya, pin="4826")
    assert phone.post(PAGE, {"secret": "4826"}).status_code == 302


def test_staff_set_it_on_the_patients_page(as_nia: Client, maya: Patient) -> None:
    versions = maya.history.count()
    edit = reverse("clinic:patient_edit", args=[maya.pk])
    address = reverse("clinic:progress_pin", args=[maya.pk])
    assert address in said(as_nia.get(edit))
    key = {"write_key": "0c8d0a1e-0000-4000-8000-00000000000a"}
    refused = as_nia.post(address, {"progress_pin": "12"} | key)
    assert refused.status_code == 422
    assert "own_progress_pin" in said(refused)
    assert as_nia.post(address, {"progress_pin": "4826"} | key).headers["Location"] == edit
    assert "A PIN is set." in said(as_nia.get(edit))
    assert maya.history.count() == versions, "a kept version would hold the secret"
    line = AuditEvent.objects.get(tag="progress:pin")
    assert (line.patient, "4826" in line.reason) == (maya, False)


def test_the_second_door_sets_the_pin_once_and_never_shows_it(maya: Patient, nia: Staff) -> None:
    api, address = Api(nia), f"patients/{maya.pk}/progress-pin/"
    sent = {"progress_pin": "4826", "write_key": "0c8d0a1e-0000-4000-8000-00000000000b"}
    first, again = api.post(address, **sent), api.post(address, **sent)
    assert (first.status_code, again.status_code) == (200, 200)
    assert "4826" not in first.content.decode()
    assert AuditEvent.objects.filter(tag="progress:pin").count() == 1
    assert api.post(address, **sent | {"progress_pin": "4827"}).status_code == 409
    refused = api.post(address, progress_pin="48")
    assert errors_of(refused) == {"progress_pin": "pin_shape"}
