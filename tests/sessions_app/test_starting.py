"""The start gate: every gap and stop is named at once, and two people start a session."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from sessions_app.actions.starting import PROVEN, Override, planned_dose
from sessions_app.models import (
    Alert,
    Appointment,
    AuditEvent,
    Chair,
    FailedSignIn,
    Patient,
    Prescription,
    SessionCheck,
    Staff,
    TreatmentCourse,
    TreatmentSession,
    VitalReading,
    new_key,
)
from sessions_app.rules import limits
from tests.conftest import START, make_patient, make_prescription, make_session
from tests.sessions_app.chairside_people import WELL, gate
from tests.sessions_app.start_people import begin, refusal
from tests.sessions_app.test_session_page import gate_post

__all__ = ["begin"]  # the fixture
pytestmark = pytest.mark.django_db


def test_a_start_keeps_gate_reading_and_dose(begin: Any, nia: Staff, tom: Staff) -> None:
    session = begin()
    assert (session.planned_mg, session.bag_mg, session.bag_volume_ml) == (36, 36, 50)
    assert (session.opened_by, session.second_person) == (nia, tom)
    assert session.dose_started_at == START
    event = session.dose_events.get()
    assert (event.kind, event.rate_ml_per_hour) == ("start", Decimal("75.0"))
    assert session.readings.get().systolic == 128
    answers = dict(session.checks.values_list("code", "answer"))
    assert answers == {**WELL, **dict.fromkeys(PROVEN, "yes")}
    assert session.check_in_requests.count() > 10
    assert AuditEvent.objects.filter(tag="session:open").count() == 1


def test_the_dose_is_a_sum_line_by_line(prescription: Prescription) -> None:
    dose = planned_dose(prescription, Decimal("72.4"))
    assert (dose.exact_mg, dose.mg) == (Decimal("36.20"), 36)
    assert (dose.vial_volume_ml, dose.pump_ml_per_hour) == (Decimal("3.60"), Decimal("75.0"))


def test_esketamine_starts_with_its_first_device(
    begin: Any, course: TreatmentCourse, dr_patel: Staff
) -> None:
    order = make_prescription(
        course,
        dr_patel,
        drug="esketamine",
        route="intranasal",
        mg_per_kg=None,
        devices=2,
        infusion_minutes=None,
        vial_mg_per_ml=None,
        bag_volume_ml=None,
    )
    session = begin(prescription=order)
    assert (session.planned_mg, session.dose_events.get().kind) == (56, "device")


def test_every_gap_is_named_at_once(begin: Any) -> None:
    empty = gate(answers={}, vitals=dict.fromkeys(limits.SIGNS), weight_kg=None)
    found = refusal(begin, gate=empty, second_pin="")
    assert found == {
        *((code, "check_unanswered") for code in WELL),
        ("bp_below_start_limit", "check_unanswered"),
        ("weight_kg", "required"),
        ("second_pin", "required"),
    }


def test_nobody_can_say_yes_in_place_of_the_monitor(begin: Any) -> None:
    said = gate(answers={**WELL, "bp_below_start_limit": "yes"}, vitals={"spo2": 98})
    assert ("bp_below_start_limit", "check_unanswered") in refusal(begin, gate=said)


@pytest.mark.parametrize(
    "code",
    [c for c in WELL if c not in ("identity", "suicidal_thoughts")],
)
def test_a_stop_needs_a_reason_and_a_prescriber(begin: Any, code: str) -> None:
    answers = {**WELL, code: "no" if WELL[code] == "yes" else "yes"}
    assert refusal(begin, gate=gate(answers=answers)) == {(code, "check_needs_override")}
    half = {code: Override("spoke with them", " ")}
    assert refusal(begin, gate=gate(answers=answers, overrides=half)) == {
        (code, "check_needs_override")
    }
    whole = {code: Override("spoke with them", "Dr Asha Patel")}
    session = begin(gate=gate(answers=answers, overrides=whole))
    kept = session.checks.get(code=code)
    assert (kept.override_reason, kept.override_by) == ("spoke with them", "Dr Asha Patel")
    assert not Alert.objects.filter(level="high").exists()


def test_nobody_overrules_who_it_is_or_a_missing_consent(
    begin: Any, course: TreatmentCourse
) -> None:
    why = Override("because", "Dr Asha Patel")
    wrong = gate(answers={**WELL, "identity": "no"}, overrides={"identity": why})
    assert refusal(begin, gate=wrong) == {("identity", "check_stops")}
    course.consent_valid_until = date(2026, 3, 1)
    course.save()
    agreed = gate(overrides={"consent_valid": why})
    assert refusal(begin, gate=agreed) == {("consent_valid", "check_stops")}


@pytest.mark.parametrize(
    ("systolic", "diastolic", "starts"), [(140, 90, True), (141, 80, False), (130, 91, False)]
)
def test_the_pressure_limit_to_start(
    begin: Any, systolic: int, diastolic: int, starts: bool
) -> None:
    measured = {**dict.fromkeys(limits.SIGNS), "systolic": systolic, "diastolic": diastolic}
    if starts:
        assert begin(gate=gate(vitals=measured)).readings.count() == 1
        return
    assert refusal(begin, gate=gate(vitals=measured)) == {
        ("bp_below_start_limit", "bp_above_start_limit")
    }
    why = {"bp_below_start_limit": Override("known, stable", "Dr Asha Patel")}
    assert begin(gate=gate(vitals=measured, overrides=why)).pk


def test_a_slip_in_the_pressure_is_named_with_the_other_gaps(begin: Any) -> None:
    measured = {**dict.fromkeys(limits.SIGNS), "systolic": 1280, "diastolic": 79}
    found = refusal(begin, gate=gate(vitals=measured, answers={**WELL, "escort": ""}))
    assert {("systolic", "implausible_high"), ("escort", "check_unanswered")} <= found


@pytest.mark.parametrize(
    ("weight", "code"),
    [
        ("75", None),
        ("76.1", "weight_changed"),
        ("80", "weight_changed_much"),
        ("159.6", "looks_like_pounds"),
        ("20", "implausible_low"),
    ],
)
def test_a_changed_weight_is_asked_about(
    begin: Any, course: TreatmentCourse, nia: Staff, weight: str, code: str | None
) -> None:
    earlier = make_session(course, nia, START - timedelta(days=7))
    earlier.sign_offs.create(
        clinic=earlier.clinic, signed_by=nia, signed_at=START - timedelta(days=7)
    )
    kg = Decimal(weight)
    if code is None:
        assert begin(gate=gate(weight_kg=kg)).weight_kg == kg
        return
    assert refusal(begin, gate=gate(weight_kg=kg)) == {("weight_kg", code)}
    if code != "implausible_low":
        assert begin(gate=gate(weight_kg=kg, weight_confirmed=True)).weight_kg == kg


@pytest.mark.django_db(transaction=True)
def test_a_wrong_pin_is_counted_and_named_with_the_gaps(begin: Any) -> None:
    found = refusal(begin, second_pin="0000", gate=gate(weight_kg=None))
    assert found == {("second_pin", "wrong_pin"), ("weight_kg", "required")}
    assert FailedSignIn.objects.count() == 1


def test_the_second_person_is_another_clinician_of_this_clinic(
    begin: Any, nia: Staff, lena: Staff, otto: Staff
) -> None:
    assert refusal(begin, second_person=nia) == {("second_person", "same_person")}
    assert refusal(begin, second_person=lena) == {("second_person", "not_clinical")}
    assert refusal(begin, second_person=otto) == {("second_person", "not_clinical")}


def test_one_patient_and_one_chair_at_a_time(
    begin: Any, course: TreatmentCourse, chair: Chair, nia: Staff
) -> None:
    running = make_session(course, nia, START - timedelta(days=3), chair=chair)
    assert refusal(begin) == {("chair", "chair_busy"), ("patient", "patient_in_session")}
    running.sign_offs.create(clinic=chair.clinic, signed_by=nia, signed_at=START)
    assert begin().chair == chair


@pytest.mark.parametrize(
    "change",
    [
        {"valid_until": date(2026, 3, 1)},
        {"valid_from": date(2026, 3, 3)},
        {"ended_at": START - timedelta(days=1)},
    ],
)
def test_a_prescription_that_is_not_valid_today_starts_nothing(
    begin: Any, prescription: Prescription, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(prescription, name, value)
    prescription.save()
    assert ("prescription", "prescription_not_valid") in refusal(begin)


def test_the_same_start_twice_is_one_session(begin: Any) -> None:
    key = new_key()
    assert begin(write_key=key) == begin(write_key=key)
    assert TreatmentSession.objects.count() == VitalReading.objects.count() == 1
    assert SessionCheck.objects.count() == len(WELL) + len(PROVEN)


# --- the page


@pytest.fixture
def gate_page(chair: Chair, maya: Patient) -> str:
    return f"/chairs/{chair.pk}/start/"


@pytest.fixture(autouse=True)
def _morning(time_machine: Any) -> None:
    time_machine.move_to(START, tick=False)


def test_the_first_question_is_who_and_todays_appointments_come_first(
    as_nia: Client, chair: Chair, maya: Patient, gate_page: str
) -> None:
    Appointment.objects.create(clinic=maya.clinic, patient=maya, chair=chair, starts_at=START)
    page = as_nia.get(gate_page).content.decode()
    assert "Maya Vale" in page
    assert "Maya Vale" in as_nia.get(gate_page, {"q": "vale may"}).content.decode()
    assert "Nobody matches" in as_nia.get(gate_page, {"q": "zzz"}).content.decode()


def test_work_out_the_dose_shows_the_sum_and_asks_for_nothing(
    as_nia: Client, prescription: Prescription, tom: Staff, gate_page: str
) -> None:
    post = gate_post(prescription, tom, work_out="1", identity="")
    del post["start"]
    answer = as_nia.post(gate_page, post)
    page = answer.content.decode()
    assert answer.status_code == 200
    for line in (
        "0.5\u00a0mg/kg",
        "72.4\u00a0kg",
        "36.2\u00a0mg",
        "3.6\u00a0mL",
        "75\u00a0mL/hour",
    ):
        assert line in page
    assert "<title>Error:" not in page
    assert 'value="128"' in page
    assert not TreatmentSession.objects.exists()


def test_who_sits_in_another_chair_is_said_before_anything_is_typed(
    as_nia: Client, session: TreatmentSession, chair: Chair
) -> None:
    other = Chair.objects.create(clinic=session.clinic, name="8", position=8)
    found = as_nia.get(f"/chairs/{other.pk}/start/?patient={session.patient_id}").content.decode()
    assert "has a session that is not signed, since" in found
    assert f'href="/s/{session.pk}/"' in found
    session.chair = chair
    session.save()
    same = as_nia.get(f"/chairs/{chair.pk}/start/?patient={session.patient_id}").content.decode()
    assert "has a session that is not signed" not in same, "the chair says it already"
    assert "is taken" in same


def test_the_page_names_every_refusal_and_keeps_what_was_typed(
    as_nia: Client, prescription: Prescription, tom: Staff, gate_page: str
) -> None:
    post = gate_post(prescription, tom, escort="no", fasting="", systolic="147", diastolic="92")
    post |= {"weight_kg": "seventy", "second_pin": ""}
    answer = as_nia.post(gate_page, post)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Error:" in page
    assert "147/92 is above 140/90" in page
    assert "Weight must be a number in kg" in page
    assert "Answer: No food 2 h, clear drinks only." in page
    assert 'name="override_reason_escort"' in page
    assert 'name="override_reason_bp_below_start_limit"' in page
    assert 'value="seventy"' in page
    assert 'value="147"' in page
    in_order = ("Answer: No food 2 h", "147/92 is above 140/90", "Weight must be a number")
    found = [page.index(words) for words in in_order]
    assert found == sorted(found), "the summary goes down the page as the eye does"


def test_what_one_tablet_posts_blanks_nothing_that_another_wrote(
    as_nia: Client, prescription: Prescription, maya: Patient, gate_page: str
) -> None:
    part = {"patient": str(maya.pk), "work_out": "1", "partial": "1"}
    fragment = {"headers": {"X-Afterglow-Fragment": "1"}}
    as_nia.post(gate_page, {**part, "escort": "yes", "weight_kg": "72.4"}, **fragment)
    second = as_nia.post(gate_page, {**part, "fasting": "yes"}, **fragment).content.decode()
    assert '<data id="was-escort" value="yes">' in second
    cleared = as_nia.post(gate_page, {**part, "weight_kg": ""}, **fragment).content.decode()
    assert '<data id="was-weight_kg" value="">' in cleared
    assert '<data id="was-fasting" value="yes">' in cleared


def test_an_override_goes_through_the_page(
    as_nia: Client, prescription: Prescription, tom: Staff, gate_page: str
) -> None:
    post = gate_post(prescription, tom, escort="no") | {
        "override_reason_escort": "taxi with a nurse",
        "override_by_escort": "Dr Asha Patel",
    }
    assert as_nia.post(gate_page, post).status_code == 302
    assert SessionCheck.objects.get(code="escort").override_reason == "taxi with a nurse"


def test_the_appointment_of_today_is_linked(
    as_nia: Client, prescription: Prescription, tom: Staff, gate_page: str, maya: Patient
) -> None:
    booked = Appointment.objects.create(clinic=maya.clinic, patient=maya, starts_at=START)
    as_nia.post(gate_page, gate_post(prescription, tom))
    assert TreatmentSession.objects.get().appointment == booked


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"valid_until": date(2026, 3, 1)}, "Ask them to renew the plan"),
        ({"ended_at": START}, "was ended"),
    ],
)
def test_without_a_valid_prescription_there_is_no_dose(
    as_nia: Client, prescription: Prescription, gate_page: str, change: Any, words: str
) -> None:
    for name, value in change.items():
        setattr(prescription, name, value)
    prescription.save()
    page = as_nia.get(gate_page, {"patient": prescription.course.patient_id}).content.decode()
    assert "No valid prescription" in page
    assert words in page
    assert "Start the session" not in page


def test_a_missing_consent_is_said_before_anything_is_typed(
    as_nia: Client, prescription: Prescription, course: TreatmentCourse, gate_page: str
) -> None:
    course.consent_signed_on = None
    course.save()
    page = as_nia.get(gate_page, {"patient": course.patient_id}).content.decode()
    assert "Consent is missing" in page


def test_another_clinics_patient_or_chair_is_not_there(
    as_nia: Client, gate_page: str, otto: Staff, client: Client, remy: Staff
) -> None:
    stranger = make_patient(otto.clinic, "E-1", "Ada", "Other")
    assert as_nia.get(gate_page, {"patient": stranger.pk}).status_code == 404
    assert as_nia.get(gate_page, {"patient": "nonsense"}).status_code == 302
    client.force_login(otto)
    assert client.get(gate_page).status_code == 404
    client.force_login(remy)
    assert client.get(gate_page).status_code == 403
