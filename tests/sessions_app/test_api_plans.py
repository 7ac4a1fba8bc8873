"""Patients, plans, appointments, alerts and paper answers at the API's door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from sessions_app.models import (
    Alert,
    Appointment,
    Chair,
    InstrumentScore,
    Patient,
    Prescription,
    Staff,
    TreatmentCourse,
    TreatmentSession,
)
from tests.api_client import Api, errors_of
from tests.conftest import START

NEW = {
    "number": "N-2001",
    "given_name": "Ines",
    "family_name": "Thorn",
    "birth_date": "1985-05-05",
}
pytestmark = pytest.mark.usefixtures("at_chair")


def test_the_api_says_who_i_am(nia: Staff) -> None:
    me = Api(nia).get("me/").json()
    assert (me["full_name"], me["role"], me["clinic"]) == ("Nia Adeyemi", "nurse", "Northside")
    assert "password" not in me
    assert "pin" not in me


def test_a_patient_is_added_found_and_changed(nia: Staff) -> None:
    api = Api(nia)
    added = api.post("patients/", **NEW)
    assert added.status_code == 201, added.content
    patient = added.json()
    assert (patient["time_zone"], patient["allergies"]) == ("Europe/Berlin", "")
    for search in ("thorn", "Ines T", "N-2001"):
        assert api.get("patients/", search=search).json()["count"] == 1
    assert api.get("patients/", search="nobody").json()["count"] == 0
    at = f"patients/{patient['id']}/"
    changed = api.patch(at, version=patient["version"], allergies="penicillin")
    assert changed.status_code == 200, changed.content
    assert changed.json()["allergies"] == api.get(at).json()["allergies"] == "penicillin"
    assert changed.json()["given_name"] == "Ines"


def test_a_stale_change_is_refused_and_a_repeated_one_is_not(nia: Staff, tom: Staff) -> None:
    patient = Api(nia).post("patients/", **NEW).json()
    at, seen = f"patients/{patient['id']}/", patient["version"]
    mine = {"write_key": str(uuid4()), "version": seen, "phone": "+49 30 0000001"}
    assert Api(nia).patch(at, **mine).status_code == 200
    assert Api(nia).patch(at, **mine).status_code == 200, "the same change sent again"
    stale = Api(tom).patch(at, version=seen, phone="+49 30 0000002")
    assert errors_of(stale) == {"version": "changed_meanwhile"}
    assert "Nia Adeyemi" in stale.content.decode()
    other = Api(nia).patch(at, **mine | {"phone": "+49 30 0000003"})
    assert other.status_code == 409
    assert Patient.objects.get(pk=patient["id"]).phone == "+49 30 0000001"
    assert errors_of(Api(nia).patch(at, phone="1")) == {"version": "required"}


def test_a_course_is_agreed_and_prescribed_by_a_physician(
    dr_patel: Staff, nia: Staff, maya: Patient, time_machine: Any
) -> None:
    api = Api(dr_patel)
    agreed = {
        "indication": "depression",
        "planned_sessions": 6,
        "consent_signed_on": "2026-03-01",
        "consent_valid_until": "2027-03-01",
    }
    course = api.post(f"patients/{maya.pk}/courses/", **agreed)
    assert course.status_code == 201, course.content
    at = f"courses/{course.json()['id']}/"
    answered = api.post(f"{at}eligibility/", answers={"adult": {"answer": "yes"}})
    assert answered.status_code == 200, answered.content
    assert [(row["code"], row["answer"]) for row in answered.json()] == [("adult", "yes")]
    order = {
        "drug": "ketamine",
        "route": "iv",
        "mg_per_kg": "0.5",
        "infusion_minutes": 40,
        "vial_mg_per_ml": "10",
        "bag_volume_ml": "50",
        "valid_until": "2026-12-31",
    }
    first = api.post(f"{at}prescriptions/", **order)
    assert first.status_code == 201, first.content
    assert errors_of(api.post(f"{at}prescriptions/", **order | {"mg_per_kg": "5"})) == {
        "outside_band_reason": "outside_band"
    }
    assert Api(nia).post(f"{at}prescriptions/", **order).status_code == 403
    time_machine.shift(timedelta(minutes=1))
    assert api.post(f"{at}prescriptions/", **order).status_code == 201
    orders = Api(nia).get(f"{at}prescriptions/").json()["results"]
    assert [row["ended_at"] is None for row in orders] == [True, False]
    assert Prescription.objects.filter(course_id=course.json()["id"]).count() == 2


def test_an_appointment_is_booked_moved_and_cancelled(
    nia: Staff, maya: Patient, chair: Chair
) -> None:
    api = Api(nia)
    when = (START + timedelta(days=1)).isoformat()
    booking = {"patient": str(maya.pk), "chair": str(chair.pk), "starts_at": when}
    booked = api.post("appointments/", **booking)
    assert booked.status_code == 201, booked.content
    assert errors_of(api.post("appointments/", **booking)) == {"patient": "double_booked"}
    assert api.post("appointments/", **booking, confirmed=True).status_code == 201
    assert api.get("appointments/", day="2026-03-03").json()["count"] == 2
    assert api.get("appointments/").json()["count"] == 0
    at = f"appointments/{booked.json()['id']}/"
    move = {"write_key": str(uuid4()), "starts_at": "2026-03-05T10:00:00Z"}
    moved = [api.post(f"{at}move/", **move) for _ in range(2)]
    assert moved[0].json() == moved[1].json()
    assert moved[0].json()["starts_at"] == "2026-03-05T10:00:00Z"
    cancelled = api.post(f"{at}cancel/")
    assert cancelled.json()["cancelled_at"]
    assert errors_of(api.post(f"{at}move/", starts_at=when)) == {"appointment": "was_cancelled"}
    history = Appointment.objects.get(pk=booked.json()["id"]).history
    assert history.count() == 3, "booked, moved once, cancelled"


def test_a_chair_shows_the_session_that_runs_in_it(nia: Staff, session: TreatmentSession) -> None:
    Chair.objects.create(clinic=nia.clinic, name="2", position=2)
    rows = Api(nia).get("chairs/").json()["results"]
    assert [(row["name"], row["open_session"]) for row in rows] == [
        ("1", str(session.pk)),
        ("2", None),
    ]


@pytest.fixture
def alert(nia: Staff, session: TreatmentSession) -> Alert:
    Api(nia).post(f"sessions/{session.pk}/readings/", spo2=88)
    return Alert.objects.get()


def test_an_alert_is_taken_handed_over_called_about_and_closed(
    nia: Staff, tom: Staff, alert: Alert, otto: Staff, time_machine: Any
) -> None:
    api = Api(nia)
    at = f"alerts/{alert.pk}/"
    assert api.get(at).json()["owner"] is None, "looking does not take it"
    assert api.post(f"{at}take/").status_code == 201
    assert api.get(at).json()["owner"] == str(nia.pk)
    time_machine.shift(timedelta(seconds=20))
    assert errors_of(api.post(f"{at}hand-over/", to=str(otto.pk))) == {"owner": "unknown_choice"}
    assert api.post(f"{at}hand-over/", to=str(tom.pk)).status_code == 201
    time_machine.shift(timedelta(seconds=20))
    assert errors_of(api.post(f"{at}calls/")) == {"note": "required"}
    assert api.post(f"{at}calls/", note="spoke with Maya").status_code == 201
    assert errors_of(api.post(f"{at}close/")) == {"outcome": "required"}
    time_machine.shift(timedelta(seconds=20))
    closed = api.post(f"{at}close/", outcome="back_in_range")
    assert closed.status_code == 201, closed.content
    assert errors_of(api.post(f"{at}take/")) == {"alert": "alert_closed"}
    shown = api.get(at).json()
    assert (shown["is_closed"], shown["owner"]) == (True, str(tom.pk))
    kinds = [event["kind"] for event in shown["events"]]
    assert kinds == ["taken", "handed_over", "called", "closed"]
    assert api.get("alerts/", open="true").json()["count"] == 0
    assert api.get("alerts/", open="false").json()["count"] == 1


def test_paper_answers_become_a_score(nia: Staff, maya: Patient) -> None:
    api = Api(nia)
    at = f"patients/{maya.pk}/scores/"
    answers = {"gad7": {f"q{item}": 1 for item in range(1, 8)}}
    entered = api.post(at, answers=answers, taken_at="2026-03-01T18:00:00Z")
    assert entered.status_code == 201, entered.content
    assert [row["score"] for row in entered.json()["scores"]] == ["7.00"]
    assert api.post(at, scores={"mood_0_10": 4}).status_code == 201
    assert api.get(at).json()["count"] == InstrumentScore.objects.count() == 2
    assert errors_of(api.post(at, scores={"mood_0_10": 11})) == {"value": "unknown_choice"}
    assert errors_of(api.post(at, answers={"gad7": {"q1": "often"}})) == {
        "answers.gad7.q1": "invalid"
    }
    assert errors_of(api.post(at)) == {"value": "nothing_entered"}


def test_requests_are_listed_by_patient_and_by_window(
    nia: Staff, session: TreatmentSession, course: TreatmentCourse, time_machine: Any
) -> None:
    from sessions_app.actions.checkins import plan_check_ins

    planned = plan_check_ins(session=session, by=nia)
    api = Api(nia)
    assert api.get("check-in-requests/", patient=session.patient_id).json()["count"] == len(planned)
    assert api.get("check-in-requests/", open="true").json()["count"] == 0
    time_machine.move_to(START + timedelta(hours=2), tick=False)
    rows = Api(nia).get("check-in-requests/", open="true").json()["results"]
    assert [(row["slot"], row["is_begun"]) for row in rows] == [("2h", False)]
