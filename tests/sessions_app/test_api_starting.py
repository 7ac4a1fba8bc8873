"""The start gate at the API's door: its draft, what a start takes from it, and who signs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from sessions_app.models import (
    Alert,
    AuditEvent,
    Chair,
    Clinic,
    Patient,
    Prescription,
    Staff,
    StartAnswer,
    TreatmentSession,
)
from tests.api_client import Api, errors_of
from tests.conftest import PIN, START
from tests.sessions_app.chairside_people import WELL
from tests.sessions_app.start_people import gate_body

pytestmark = pytest.mark.django_db
SAD = WELL | {"suicidal_thoughts": "yes"}
SPOKEN = {"suicidal_thoughts": {"reason": "spoke with her, fleeting, no plan"}}


@pytest.fixture
def gate(prescription: Prescription, chair: Chair, tom: Staff) -> dict[str, Any]:
    body = gate_body(prescription, chair.pk, tom)
    return body | {"vitals": {"systolic": 124, "diastolic": 78}}


@pytest.fixture
def api(nia: Staff, time_machine: Any) -> Api:
    time_machine.move_to(START, tick=False)
    return Api(nia)


@pytest.fixture
def draft(maya: Patient, chair: Chair) -> str:
    return f"patients/{maya.pk}/start-drafts/{chair.pk}/"


def test_a_draft_is_kept_and_read_again(api: Api, draft: str) -> None:
    assert api.get(draft).json() == {
        "values": {},
        "written_at": {},
        "earlier": [],
        "saved_at": None,
    }
    kept = api.post(draft, values={"escort": "yes", "weight_kg": "72.4"})
    assert kept.status_code == 201, kept.content
    assert api.get(draft).json() == kept.json()
    assert kept.json() == {
        "values": {"escort": "yes", "weight_kg": "72.4"},
        "written_at": dict.fromkeys(("escort", "weight_kg"), "2026-03-02T09:00:00Z"),
        "earlier": [],
        "saved_at": "2026-03-02T09:00:00Z",
    }
    assert AuditEvent.objects.filter(tag="start:draft").count() == 1


@pytest.mark.parametrize("secret", ["second_pin", "prescriber_password", "earlier_1"])
def test_a_draft_takes_no_secret_and_nothing_that_the_server_writes(
    api: Api, draft: str, secret: str
) -> None:
    refused = api.post(draft, values={secret: "2580"})
    assert errors_of(refused) == {f"values.{secret}": "unknown_field"}
    assert not StartAnswer.objects.exists()


def test_a_yes_in_the_draft_calls_once(api: Api, draft: str) -> None:
    for _each in range(2):
        api.post(draft, values={"suicidal_thoughts": "yes"})
    alert = Alert.objects.get()
    assert (alert.code, alert.level) == ("suicidal_thoughts_before_dose", "high")


def test_a_pressure_measured_again_is_put_aside_once_however_often_it_is_sent(
    api: Api, draft: str
) -> None:
    body = {"values": {"systolic": "146", "diastolic": "92"}, "measured_again": True}
    again = body | {"write_key": str(uuid4())}
    first, second = (api.post(draft, **again) for _each in range(2))
    assert first.json() == second.json()
    assert not any(first.json()["values"].values()), "asked for anew"
    earlier = {"taken_at": "2026-03-02T09:00:00Z", "systolic": 146, "diastolic": 92}
    assert first.json()["earlier"] == [earlier]
    assert api.post(draft, **again | {"measured_again": False}).status_code == 409


def test_a_start_takes_times_and_earlier_pressures_from_the_draft(
    api: Api, draft: str, gate: dict[str, Any], time_machine: Any
) -> None:
    high = {"systolic": "146", "diastolic": "92"}
    api.post(draft, values=high, measured_again=True)
    time_machine.move_to(START + timedelta(minutes=5), tick=False)
    api.post(draft, values={"systolic": "124", "diastolic": "78", "escort": "no"})
    time_machine.move_to(START + timedelta(minutes=12), tick=False)
    started = api.post("sessions/", **gate)
    assert started.status_code == 201, started.content
    body = started.json()
    found = [(row["systolic"], row["taken_at"]) for row in body["readings"]]
    assert found == [(146, "2026-03-02T09:00:00Z"), (124, "2026-03-02T09:05:00Z")]
    asked = {check["code"]: check["taken_at"] for check in body["checks"]}
    assert asked["escort"] == "2026-03-02T09:12:00Z", "the draft said no: the yes is new"
    assert api.get(draft).json()["values"] == {}, "the start ends the draft"


def test_a_start_sent_twice_is_one_although_the_draft_is_gone(
    api: Api, draft: str, gate: dict[str, Any]
) -> None:
    api.post(draft, values={"systolic": "124", "diastolic": "78"})
    gate["write_key"] = str(uuid4())
    first, second = (api.post("sessions/", **gate) for _each in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


def test_an_old_pressure_of_the_draft_starts_nothing(
    api: Api, draft: str, gate: dict[str, Any], time_machine: Any, nia: Staff
) -> None:
    api.post(draft, values={"systolic": "124", "diastolic": "78"})
    time_machine.move_to(START + timedelta(minutes=31), tick=False)
    refused = Api(nia).post("sessions/", **gate)
    assert errors_of(refused) == {"bp_below_start_limit": "reading_too_old"}


@pytest.mark.parametrize(("shown", "status"), [("36", 201), ("36.00", 201), ("38", 422)])
def test_the_dose_that_starts_is_the_dose_that_was_shown(
    api: Api, gate: dict[str, Any], shown: str, status: int
) -> None:
    answer = api.post("sessions/", **gate | {"shown_mg": shown})
    assert answer.status_code == status
    if status == 422:
        assert errors_of(answer) == {"dose": "dose_not_as_shown"}
        assert not TreatmentSession.objects.exists()


def test_only_a_prescribers_own_pin_goes_on_after_a_yes(
    api: Api, gate: dict[str, Any], dr_patel: Staff, nia: Staff, tom: Staff
) -> None:
    gate |= {"answers": SAD, "overrides": SPOKEN}
    signs = {"prescriber": str(dr_patel.pk), "prescriber_pin": PIN}
    for wrong, said in (
        ({}, {"prescriber": "required"}),
        ({"prescriber": str(dr_patel.pk)}, {"prescriber_pin": "required"}),
        (signs | {"prescriber_pin": "0000"}, {"prescriber_pin": "wrong_pin"}),
        (signs | {"prescriber": str(tom.pk)}, {"prescriber": "not_a_prescriber"}),
        (signs | {"prescriber": str(uuid4())}, {"prescriber": "unknown_choice"}),
    ):
        assert errors_of(api.post("sessions/", **gate | wrong)) == said
    started = api.post("sessions/", **gate | signs)
    assert started.status_code == 201, started.content
    session = TreatmentSession.objects.get()
    assert session.checks.get(code="suicidal_thoughts").override_signed_by == dr_patel
    assert Alert.objects.get().code == "suicidal_thoughts_before_dose", "one is enough"


def test_a_draft_is_of_the_own_clinic(
    api: Api, maya: Patient, chair: Chair, elsewhere: Clinic
) -> None:
    far = Chair.objects.create(clinic=elsewhere, name="9", position=9)
    for patient, place in ((maya.pk, far.pk), (maya.pk, uuid4()), (uuid4(), chair.pk)):
        path = f"patients/{patient}/start-drafts/{place}/"
        assert api.get(path).status_code == 404
        assert api.post(path, values={"escort": "yes"}).status_code == 404
    assert not StartAnswer.objects.exists()
