"""Appointments: booked in clinic time, asked about when they clash, never lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.models import (
    Appointment,
    AuditEvent,
    Chair,
    Clinic,
    Patient,
    SignOff,
    Staff,
    TreatmentSession,
)
from tests.conftest import START
from tests.posting import post, said

pytestmark = pytest.mark.usefixtures("at_chair")


@pytest.fixture
def booked(maya: Patient, chair: Chair) -> Appointment:
    return Appointment.objects.create(
        clinic=maya.clinic, patient=maya, chair=chair, starts_at=START + timedelta(hours=3)
    )


def booking(patient: Patient, **changes: str) -> dict[str, str]:
    return {"patient": str(patient.pk), "day": "2026-03-05", "at": "9:30", "chair": ""} | changes


@pytest.mark.parametrize("person", ["nia", "dr_patel", "lena"])
def test_an_appointment_is_booked_in_clinic_time(
    client: Client, request: pytest.FixtureRequest, maya: Patient, chair: Chair, person: str
) -> None:
    client.force_login(request.getfixturevalue(person))
    answer = post(client, "clinic:appointment_add", booking(maya, chair=str(chair.pk)))
    assert answer.headers["Location"] == "/today/?day=2026-03-05"
    row = Appointment.objects.get()
    assert row.starts_at.isoformat() == "2026-03-05T08:30:00+00:00"
    assert row.chair == chair
    assert AuditEvent.objects.get(tag="appointment:save").patient_id == maya.pk


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"day": "2026-03-01"}, "before today"),
        ({"day": "2028-03-04"}, "within 2 years"),
        ({"day": "0001-01-01"}, "Check the year"),
        ({"day": "3/5/26"}, "not a date"),
        ({"at": "half past"}, "not a time"),
        ({"at": "25:00"}, "not a time"),
        ({"day": "2026-03-29", "at": "02:30"}, "does not exist"),
        ({"patient": ""}, "Choose the patient"),
        ({"day": ""}, "The day is missing"),
        ({"at": ""}, "The time is missing"),
    ],
)
def test_a_wrong_time_is_refused(
    as_nia: Client, maya: Patient, change: dict[str, str], message: str
) -> None:
    answer = post(as_nia, "clinic:appointment_add", booking(maya) | change)
    assert answer.status_code == 422
    assert message in said(answer)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("at", "clashes"),
    [("11:00", False), ("11:01", True), ("14:59", True), ("15:00", False)],
)
def test_two_within_two_hours_are_asked_about(
    as_nia: Client, maya: Patient, booked: Appointment, at: str, clashes: bool
) -> None:
    body = booking(maya, day="2026-03-02", at=at)
    answer = post(as_nia, "clinic:appointment_add", body)
    assert answer.status_code == (422 if clashes else 302)
    if clashes:
        assert "less than 2 hours apart" in said(answer)
        assert 'type="checkbox" name="confirmed"' in said(answer)
        confirmed = post(as_nia, "clinic:appointment_add", body | {"confirmed": "on"})
        assert confirmed.status_code == 302
    assert Appointment.objects.count() == 2


def test_the_same_chair_for_somebody_else_is_asked_about(
    as_nia: Client, northside: Clinic, booked: Appointment, chair: Chair, maya: Patient
) -> None:
    other = Patient.objects.create(
        clinic=northside,
        number="N-2",
        given_name="Ida",
        family_name="Quist",
        birth_date=maya.birth_date,
        time_zone="Europe/Berlin",
    )
    body = booking(other, day="2026-03-02", at="13:00")
    clash = post(as_nia, "clinic:appointment_add", body | {"chair": str(chair.pk)})
    assert "N-1043 has an appointment" in said(clash)
    assert post(as_nia, "clinic:appointment_add", body).status_code == 302


def test_a_moved_appointment_keeps_its_former_time(
    as_nia: Client, booked: Appointment, nia: Staff
) -> None:
    body = {"day": "2026-03-03", "at": "14:00", "chair": ""}
    assert post(as_nia, "clinic:appointment_edit", body, booked.pk).status_code == 302
    booked.refresh_from_db()
    assert (booked.starts_at.isoformat(), booked.chair) == ("2026-03-03T13:00:00+00:00", None)
    assert booked.history.first().history_user == nia
    page = said(as_nia.get(reverse("clinic:appointment_edit", args=[booked.pk])))
    assert "Former versions" in page


def test_a_cancelled_appointment_stays_in_the_list_and_frees_the_chair(
    as_nia: Client, booked: Appointment, maya: Patient
) -> None:
    assert post(as_nia, "clinic:appointment_cancel", {}, booked.pk).status_code == 302
    assert "Cancelled" in said(as_nia.get("/today/"))
    moved = {"day": "2026-03-03", "at": "14:00"}
    assert "was cancelled" in said(post(as_nia, "clinic:appointment_edit", moved, booked.pk))
    body = booking(maya, day="2026-03-02", at="13:00")
    assert post(as_nia, "clinic:appointment_add", body).status_code == 302


def test_an_appointment_whose_session_runs_is_not_cancelled(
    as_nia: Client, booked: Appointment, session: TreatmentSession
) -> None:
    session.appointment = booked
    session.save()
    assert "has begun" in said(post(as_nia, "clinic:appointment_cancel", {}, booked.pk))


def test_the_day_s_list_says_what_state_each_is_in(
    as_nia: Client, booked: Appointment, session: TreatmentSession, nia: Staff
) -> None:
    assert "Booked" in said(as_nia.get("/today/"))
    session.appointment = booked
    session.save()
    assert "In the chair" in said(as_nia.get("/today/"))
    SignOff.objects.create(clinic=session.clinic, session=session, signed_by=nia, signed_at=START)
    assert "Signed" in said(as_nia.get("/today/"))
    assert "Nobody is booked" in said(as_nia.get("/today/?day=2026-03-03"))
    assert as_nia.get("/today/?day=2026-02-31").status_code == 200
    assert as_nia.get("/today/?day=9999-12-31").status_code == 200


def test_another_clinic_sees_none_of_the_appointments(
    client: Client, booked: Appointment, otto: Staff, maya: Patient
) -> None:
    client.force_login(otto)
    assert maya.number not in said(client.get("/today/?day=2026-03-02"))
    for name in ("appointment_edit", "appointment_cancel"):
        assert client.get(reverse(f"clinic:{name}", args=[booked.pk])).status_code == 404
    answer = post(client, "clinic:appointment_add", booking(maya))
    assert answer.status_code == 422
    assert "N-1043" not in said(answer)


def test_the_list_of_a_day_takes_the_same_queries_for_one_and_for_twenty(
    as_nia: Client, booked: Appointment, maya: Patient, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(30) as one:
        as_nia.get("/today/")
    for number in range(20):
        Appointment.objects.create(
            clinic=maya.clinic, patient=maya, starts_at=START + timedelta(minutes=number)
        )
    with django_assert_max_num_queries(len(one)):
        as_nia.get("/today/")
