"""The long-term watch at both doors: the pages of a patient, and the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.clock import local as local_of
from sessions_app.models import Patient, Prescription, Staff, TreatmentSession, WatchCheck
from tests.api_client import Api, errors_of
from tests.posting import post, said


@pytest.fixture
def as_nia(client: Client, nia: Staff, at_chair: Any) -> Client:
    client.force_login(nia)
    return client


def test_the_page_says_what_is_due_what_was_found_and_what_was_given(
    as_nia: Client, session: TreatmentSession
) -> None:
    address = reverse("clinic:watch", args=[session.patient_id])
    first = said(as_nia.get(address))
    assert first.count("baseline is missing") == 4 and "Nobody has looked yet" in first
    body = {"score": "7", "result": "no blood"}
    saved = post(as_nia, "clinic:watch_check", body, session.patient_id, "bladder")
    assert saved.status_code == 302
    page = said(as_nia.get(address))
    assert page.count("baseline is missing") == 3
    assert "ICSI 7; no blood" in page and "31 May 2026" in page and "0 doses since" in page
    assert "<b>1</b> dose" in page


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "is missing"),
        ({"score": "21", "result": "x"}, "must be 0–20. You entered 21."),
        ({"score": "many"}, "The score must be a number."),
        ({"day": "2027-01-01", "result": "x"}, "is later than now"),
        ({"day": "2026-03-01", "at": "5 pm", "result": "x"}, "This is not a time"),
    ],
)
def test_a_wrong_post_says_what_is_wrong(
    as_nia: Client, session: TreatmentSession, body: dict[str, str], words: str
) -> None:
    answer = post(as_nia, "clinic:watch_check", body, session.patient_id, "bladder")
    assert answer.status_code == 422 and words in said(answer)
    assert not WatchCheck.objects.exists()


@pytest.mark.parametrize(
    ("body", "local"),
    [
        ({"day": "2026-03-01"}, "2026-03-01 12:00"),
        ({"day": "2026-03-01", "at": "8:30"}, "2026-03-01 08:30"),
        ({"at": "10:05"}, "2026-03-02 10:05"),
        ({"day": "2026-03-02"}, "2026-03-02 10:15"),
        ({}, "2026-03-02 10:15"),
    ],
)
def test_a_day_and_a_time_are_read_on_the_clinics_clock(
    as_nia: Client, session: TreatmentSession, body: dict[str, str], local: str
) -> None:
    sent = body | {"result": "well"}
    assert post(as_nia, "clinic:watch_check", sent, session.patient_id, "liver").status_code == 302
    checked = local_of(WatchCheck.objects.get().checked_at, "Europe/Berlin")
    assert f"{checked:%Y-%m-%d %H:%M}" == local


def test_the_plan_and_the_timeline_show_it_in_short(
    as_nia: Client, session: TreatmentSession
) -> None:
    for name in ("clinic:plan", "review:timeline"):
        page = said(as_nia.get(reverse(name, args=[session.patient_id])))
        assert "Long-term watch" in page
        assert "Bladder, Memory and thinking, Craving, Liver enzymes" in " ".join(page.split())


def test_an_unknown_item_has_no_page(as_nia: Client, maya: Patient) -> None:
    assert as_nia.get(f"/patients/{maya.pk}/watch/heart/").status_code == 404


@pytest.mark.usefixtures("at_chair")
def test_the_api_tells_takes_and_refuses(
    session: TreatmentSession, prescription: Prescription, nia: Staff, otto: Staff
) -> None:
    api, path = Api(nia), f"patients/{session.patient_id}/"
    found = api.get(f"{path}watch/").json()
    assert found["route"] == "iv" and [line["is_due"] for line in found["lines"]] == [True] * 4
    assert found["given"] == [{"drug": "ketamine", "doses": 1, "mg": "0.00", "unknown": 0}]
    made = api.post(f"{path}watch-checks/", item="bladder", score="7", result="no blood")
    assert made.status_code == 201 and made.json()["score"] == "7.00"
    assert api.get(f"{path}watch-checks/").json()["results"] == [made.json()]
    line = api.get(f"{path}watch/").json()["lines"][0]
    assert (line["is_due"], line["watch"]["every_days"]) == (False, 90)
    assert line["last_at"] == made.json()["checked_at"]
    wrong = api.post(f"{path}watch-checks/", item="liver", score="7")
    assert errors_of(wrong) == {"score": "score_without_scale"}
    assert Api(otto).get(f"{path}watch/").status_code == 404
    assert Api(otto).post(f"{path}watch-checks/", item="liver", result="x").status_code == 404
