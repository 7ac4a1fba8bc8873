"""Scores and questionnaires through the second door: the same rules, the same words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sessions_app.models import Alert, ClinicInstrument, InstrumentScore, Patient, Staff
from tests.api_client import Api, errors_of
from tests.sessions_app.instruments.own_definition import sleep

pytestmark = pytest.mark.usefixtures("at_chair")


def test_a_score_is_entered_corrected_and_taken_back(nia: Staff, maya: Patient) -> None:
    api = Api(nia)
    made = api.post(f"patients/{maya.pk}/score-entries/", instrument="madrs", total="23")
    assert made.status_code == 201
    body = made.json()
    assert (body["origin"], body["scores"][0]["score"]) == ("staff", "23.00")
    old = body["scores"][0]["id"]
    right = api.post(f"scores/{old}/corrections/", total="32")
    assert right.status_code == 201 and right.json()["replaces"] == old
    gone = api.post(f"scores/{right.json()['id']}/withdrawals/", reason="Wrong patient")
    assert gone.status_code == 201 and gone.json()["score"] is None
    assert not InstrumentScore.objects.standing().exists()


def test_items_are_scored_and_a_risk_calls(nia: Staff, maya: Patient) -> None:
    answers = {"q1": 0, "q2": 1, "q3": 0, "q4": 1, "q5": 0, "q6": 0}
    made = Api(nia).post(f"patients/{maya.pk}/score-entries/", instrument="c_ssrs", answers=answers)
    assert made.json()["scores"][0]["score"] == "3.00"
    assert (Alert.objects.get().level, Alert.objects.get().code) == ("high", "suicide_screen")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"instrument": "madrs", "total": "61"}, "total", "off_scale"),
        ({"instrument": "madrs", "total": "2.5"}, "total", "not_whole"),
        ({"instrument": "madrs", "answers": {"q1": 9}}, "item_q1", "off_scale"),
        ({"instrument": "madrs", "answers": {"q1": 1}}, "", "items_open"),
        ({"instrument": "madrs"}, "total", "nothing_entered"),
        ({"instrument": "thoughts", "total": "1"}, "instrument", "unknown_choice"),
        (
            {"instrument": "madrs", "total": "3", "taken_at": "2099-01-01T00:00:00Z"},
            "taken_at",
            "not_yet",
        ),
    ],
)
def test_a_bad_value_is_a_problem_with_field_and_code(
    nia: Staff, maya: Patient, body: dict[str, Any], field: str, code: str
) -> None:
    refused = Api(nia).post(f"patients/{maya.pk}/score-entries/", **body)
    assert refused.status_code == 422
    assert errors_of(refused) == {field: code}
    assert not InstrumentScore.objects.exists()


def test_a_stranger_and_a_lead_correct_nothing(
    nia: Staff, otto: Staff, lena: Staff, maya: Patient
) -> None:
    made = Api(nia).post(f"patients/{maya.pk}/score-entries/", instrument="madrs", total="23")
    address = f"scores/{made.json()['scores'][0]['id']}/corrections/"
    assert Api(otto).post(address, total="3").status_code == 404
    assert Api(lena).post(address, total="3").status_code == 403
    assert InstrumentScore.objects.get().score == 23


def test_a_questionnaire_is_loaded_listed_and_retired(lena: Staff, nia: Staff) -> None:
    api = Api(lena)
    made = api.post("instruments/", content=json.dumps(sleep()))
    assert made.status_code == 201 and made.json()["number"] == 1
    listed = {row["code"]: row for row in Api(nia).get("instruments/").json()["results"]}
    assert listed["sleep_short"]["version"] == "clinic-1"
    assert listed["sleep_short"]["languages"] == ["en"]
    assert listed["madrs"]["is_asked"] is False and listed["madrs"]["score_max"] == 60
    assert listed["phq9"]["items"][8]["loinc"] == "44260-8"
    gone = api.post("instruments/sleep_short/retire/")
    assert gone.status_code == 201 and gone.json()["is_retired"] is True
    listed = {row["code"] for row in Api(nia).get("instruments/").json()["results"]}
    assert "sleep_short" not in listed
    assert api.post("instruments/phq9/retire/").status_code == 404


def test_a_faulty_definition_is_a_problem_that_names_the_place(lena: Staff) -> None:
    broken = sleep(code="phq9", recall_days=999)
    refused = Api(lena).post("instruments/", content=json.dumps(broken))
    assert refused.status_code == 422
    assert errors_of(refused) == {"code": "code_shipped", "recall_days": "off_scale"}
    assert not ClinicInstrument.objects.exists()
