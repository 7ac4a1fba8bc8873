"""Courses, eligibility and prescriptions: who may write them, what is refused, what is kept."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from sessions_app.actions import plans
from sessions_app.forms.plans import QUESTIONS
from sessions_app.models import (
    AuditEvent,
    EligibilityAnswer,
    Patient,
    Prescription,
    RecordVersion,
    Staff,
    TreatmentCourse,
)
from sessions_app.rules import eligibility
from tests.conftest import START
from tests.posting import post, said

pytestmark = pytest.mark.usefixtures("at_chair")


# who may do what


def test_nurse_and_lead_read_the_plan_and_only_a_physician_writes_it(
    client: Client, nia: Staff, lena: Staff, remy: Staff, course: TreatmentCourse
) -> None:
    writes = [
        reverse("clinic:course_add", args=[course.patient_id]),
        reverse("clinic:course_edit", args=[course.pk]),
        reverse("clinic:eligibility", args=[course.pk]),
        reverse("clinic:prescribe", args=[course.pk]),
    ]
    for person, reads in ((nia, 200), (lena, 200), (remy, 403)):
        client.force_login(person)
        plan = client.get(reverse("clinic:plan", args=[course.patient_id]))
        assert plan.status_code == reads
        assert not any(path in said(plan) for path in writes)
        assert {client.post(path).status_code for path in writes} == {403}
    assert not Prescription.objects.exists()


def test_another_clinic_finds_neither_plan_nor_course_nor_patient(
    client: Client, otto: Staff, course: TreatmentCourse
) -> None:
    otto.role = "physician"
    otto.save()
    client.force_login(otto)
    for name, pk in (
        ("plan", course.patient_id),
        ("patient_edit", course.patient_id),
        ("course_add", course.patient_id),
        ("course_edit", course.pk),
        ("eligibility", course.pk),
        ("prescribe", course.pk),
    ):
        path = reverse(f"clinic:{name}", args=[pk])
        assert client.get(path).status_code == 404
        if name != "plan":  # which is only read
            assert client.post(path).status_code == 404


def test_a_look_at_the_plan_is_one_audit_line(as_nia: Client, maya: Patient, nia: Staff) -> None:
    as_nia.get(reverse("clinic:plan", args=[maya.pk]))
    line = AuditEvent.objects.get()
    assert (line.tag, line.by, line.patient_id) == ("patient:look", nia, maya.pk)


# courses

COURSE = {
    "indication": "depression",
    "planned_sessions": "6",
    "schedule": "twice a week",
    "started_on": "2026-03-02",
    "consent_signed_on": "2026-03-01",
    "consent_valid_until": "2027-03-01",
}


def test_a_course_is_added_and_changed_with_versions(
    as_patel: Client, maya: Patient, dr_patel: Staff
) -> None:
    assert post(as_patel, "clinic:course_add", COURSE, maya.pk).status_code == 302
    course = TreatmentCourse.objects.get()
    assert course.consent_valid_until == date(2027, 3, 1)
    changed = COURSE | {"planned_sessions": "8", "ended_on": "2026-04-01"}
    assert post(as_patel, "clinic:course_edit", changed, course.pk).status_code == 302
    course.refresh_from_db()
    assert (course.planned_sessions, course.ended_on) == (8, date(2026, 4, 1))
    newest, first = course.history.all()
    assert (newest.history_user, first.planned_sessions) == (dr_patel, 6)
    assert RecordVersion.objects.get(patient=maya).version == 2
    assert AuditEvent.objects.filter(tag="course:save").count() == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"indication": ""}, "Indication is missing"),
        ({"planned_sessions": "0"}, "1–200"),
        ({"planned_sessions": "six"}, "must be a number"),
        ({"consent_valid_until": "2026-02-28"}, "not be before 2026-03-01"),
        ({"consent_signed_on": "2026-03-03"}, "not be after today (2026-03-02)"),
        ({"schedule": "x" * 121}, "at most 120"),
    ],
)
def test_a_wrong_course_is_refused(
    as_patel: Client, maya: Patient, change: dict[str, str], message: str
) -> None:
    answer = post(as_patel, "clinic:course_add", COURSE | change, maya.pk)
    assert answer.status_code == 422
    assert message in said(answer)
    assert not TreatmentCourse.objects.exists()


# eligibility


def test_every_criterion_has_a_question() -> None:
    assert set(QUESTIONS) == set(eligibility.CODES)
    assert {criterion.against for criterion in eligibility.CRITERIA} == {"yes", "no"}


def main_of(page: str) -> str:
    """The page without the shell around it, whose menu has choices and notices of its own."""
    return page.split("<main")[1].split("</main>")[0]


def test_answers_are_added_and_never_changed(
    as_patel: Client, course: TreatmentCourse, at_chair: Any
) -> None:
    url = reverse("clinic:eligibility", args=[course.pk])
    assert " checked" not in main_of(said(as_patel.get(url))), "nothing is chosen before"
    first = {"adult": "yes", "sleep_apnoea": "unknown", "sleep_apnoea_note": "test is planned"}
    assert post(as_patel, "clinic:eligibility", first, course.pk).status_code == 302
    at_chair.shift(timedelta(minutes=1))
    second = first | {"sleep_apnoea": "yes", "sleep_apnoea_note": "mild"}
    assert post(as_patel, "clinic:eligibility", second, course.pk).status_code == 302
    rows = EligibilityAnswer.objects.order_by("answered_at", "id")
    assert {(row.code, row.answer) for row in rows[:2]} == {
        ("adult", "yes"),
        ("sleep_apnoea", "unknown"),
    }
    assert [(row.code, row.answer) for row in rows[2:]] == [("sleep_apnoea", "yes")]
    page = said(as_patel.get(reverse("clinic:plan", args=[course.patient_id])))
    assert "mild" in page
    assert "13 questions are not answered" in page
    with pytest.raises(DatabaseError), transaction.atomic():
        rows[0].delete()


def test_an_answer_that_speaks_against_the_course_is_shown_and_stops_nothing(
    as_patel: Client, course: TreatmentCourse
) -> None:
    post(as_patel, "clinic:eligibility", {"bp_controlled": "no", "adult": "yes"}, course.pk)
    page = said(as_patel.get(reverse("clinic:plan", args=[course.patient_id])))
    assert main_of(page).count("notice-medium") == 1
    assert post(as_patel, "clinic:prescribe", ORDER, course.pk).status_code == 302


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"adult": "perhaps"}, "not one of"),
        ({"adult_note": "why"}, "Choose an answer"),
        ({"adult": "yes", "adult_note": "x" * 201}, "at most 200"),
    ],
)
def test_a_wrong_answer_is_refused(
    as_patel: Client, course: TreatmentCourse, body: dict[str, str], message: str
) -> None:
    answer = post(as_patel, "clinic:eligibility", body, course.pk)
    assert answer.status_code == 422
    assert message in said(answer)
    assert not EligibilityAnswer.objects.exists()


# prescriptions

ORDER = {
    "drug": "ketamine",
    "route": "iv",
    "mg_per_kg": "0.5",
    "infusion_minutes": "40",
    "vial_mg_per_ml": "10",
    "bag_volume_ml": "50",
    "valid_from": "2026-03-02",
    "valid_until": "2026-09-01",
}
NASAL = {
    "drug": "esketamine",
    "route": "intranasal",
    "devices": "2",
    "valid_until": "2026-09-01",
}


def test_an_order_is_kept_and_ends_the_one_before(
    as_patel: Client, course: TreatmentCourse, dr_patel: Staff
) -> None:
    assert post(as_patel, "clinic:prescribe", ORDER, course.pk).status_code == 302
    assert post(as_patel, "clinic:prescribe", NASAL, course.pk).status_code == 302
    first = Prescription.objects.get(drug="ketamine")
    newest = Prescription.objects.get(drug="esketamine")
    assert (first.mg_per_kg, first.prescribed_by) == (Decimal("0.5"), dr_patel)
    assert first.ended_at == START + timedelta(minutes=15)
    assert first.history.count() == 2
    assert (newest.devices, newest.mg_per_kg, newest.ended_at) == (2, None, None)
    assert newest.valid_from == date(2026, 3, 2), "today, when nothing was said"
    assert AuditEvent.objects.filter(tag="prescription:create").count() == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mg_per_kg": ""}, "Dose in mg/kg is missing"),
        ({"mg_per_kg": "50"}, "0.01–10"),
        ({"mg_per_kg": "half"}, "must be a number"),
        ({"mg_per_kg": "0.29"}, "0.3–1.0 mg/kg. You entered 0.29 mg/kg"),
        ({"mg_per_kg": "1.01"}, "0.3–1.0 mg/kg"),
        ({"devices": "2"}, "does not belong to this drug"),
        ({"infusion_minutes": ""}, "Infusion length is missing"),
        ({"infusion_minutes": "0"}, "1–1440"),
        ({"vial_mg_per_ml": ""}, "Vial strength is missing"),
        ({"bag_volume_ml": ""}, "Volume given is missing"),
        ({"route": "im"}, "belongs to an infusion only"),
        ({"route": "rectal"}, "not one of"),
        ({"drug": ""}, "Drug is missing"),
        ({"route": ""}, "Route is missing"),
        ({"valid_until": ""}, "Valid until is missing"),
        ({"valid_until": "2026-03-01"}, "not be before"),
        ({"drug": "esketamine"}, "by nose only"),
    ],
)
def test_a_wrong_order_is_refused_and_nothing_typed_is_lost(
    as_patel: Client, course: TreatmentCourse, change: dict[str, str], message: str
) -> None:
    answer = post(as_patel, "clinic:prescribe", ORDER | change, course.pk)
    assert answer.status_code == 422
    assert message in said(answer)
    assert 'name="bag_volume_ml" value="50"' in said(answer) or "bag_volume_ml" in change
    assert not Prescription.objects.exists()


@pytest.mark.parametrize("dose", ["0.3", "1.0"])
def test_the_ends_of_the_usual_range_need_no_reason(
    as_patel: Client, course: TreatmentCourse, dose: str
) -> None:
    assert (
        post(as_patel, "clinic:prescribe", ORDER | {"mg_per_kg": dose}, course.pk).status_code
        == 302
    )


@pytest.mark.parametrize(
    ("born", "devices", "needs_reason"),
    [
        ("1979-03-14", "1", True),
        ("1961-03-03", "1", True),
        ("1961-03-02", "1", False),
        ("1979-03-14", "2", False),
        ("1979-03-14", "3", False),
    ],
)
def test_one_device_is_usual_from_65_years_only(
    as_patel: Client, course: TreatmentCourse, born: str, devices: str, needs_reason: bool
) -> None:
    course.patient.birth_date = born
    course.patient.save()
    order = NASAL | {"devices": devices}
    answer = post(as_patel, "clinic:prescribe", order, course.pk)
    assert answer.status_code == (422 if needs_reason else 302)
    if needs_reason:
        assert "56–84 mg. You entered 28 mg" in said(answer)
        reasoned = order | {"outside_band_reason": "first dose after a faint"}
        assert post(as_patel, "clinic:prescribe", reasoned, course.pk).status_code == 302


@pytest.mark.parametrize("devices", ["0", "4"])
def test_there_are_one_to_three_devices(
    as_patel: Client, course: TreatmentCourse, devices: str
) -> None:
    order = NASAL | {"devices": devices, "outside_band_reason": "because"}
    assert "1–3" in said(post(as_patel, "clinic:prescribe", order, course.pk))


def test_racemic_by_nose_has_no_usual_dose_and_asks_for_a_reason(
    as_patel: Client, course: TreatmentCourse
) -> None:
    order = {
        "drug": "ketamine",
        "route": "intranasal",
        "mg_per_kg": "0.5",
        "valid_until": "2026-09-01",
    }
    assert "no usual dose" in said(post(as_patel, "clinic:prescribe", order, course.pk))
    reasoned = order | {"outside_band_reason": "trial of a nasal solution"}
    assert post(as_patel, "clinic:prescribe", reasoned, course.pk).status_code == 302


def test_nothing_is_prescribed_for_an_ended_course(
    as_patel: Client, course: TreatmentCourse
) -> None:
    course.ended_on = date(2026, 3, 1)
    course.save()
    answer = post(as_patel, "clinic:prescribe", ORDER, course.pk)
    assert "This course ended on 2026-03-01" in said(answer)


def test_the_same_order_sent_twice_is_one(course: TreatmentCourse, dr_patel: Staff) -> None:
    key = uuid4()
    values = {
        "drug": "ketamine",
        "route": "im",
        "mg_per_kg": Decimal("0.5"),
        "valid_until": date(2026, 9, 1),
    }
    first = plans.prescribe(by=dr_patel, course=course, values=values, write_key=key)
    again = plans.prescribe(by=dr_patel, course=course, values=values, write_key=key)
    assert first == again
    assert again.ended_at is None, "the repeat did not end its own first"


def test_a_dose_is_never_proposed(
    as_patel: Client, course: TreatmentCourse, prescription: Prescription
) -> None:
    page = main_of(said(as_patel.get(reverse("clinic:prescribe", args=[course.pk]))))
    assert " checked" not in page
    for name in ("mg_per_kg", "devices", "infusion_minutes", "vial_mg_per_ml", "bag_volume_ml"):
        field = page.split(f'name="{name}"')[1].split(">")[0]
        assert "value=" not in field


def test_the_plan_shows_the_order_as_it_is_written_on_the_chart(
    as_nia: Client, prescription: Prescription
) -> None:
    page = said(as_nia.get(reverse("clinic:plan", args=[prescription.course.patient_id])))
    assert "0.5\N{NO-BREAK SPACE}mg/kg" in page
    assert "40 min" in page
    assert "valid until 20" in page
