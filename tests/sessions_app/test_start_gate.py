"""What the start gate adds to the questions: spacing, the usual dose, the prescriber's PIN, the
draft that keeps what was typed, and the call that does not wait for a start."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from sessions_app.access import throttle
from sessions_app.actions.start_drafts import save_start_draft
from sessions_app.actions.starting import Override
from sessions_app.chairside.session_state import next_due, readings_on_time
from sessions_app.chairside.start_draft import draft_of
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    Alert,
    AuditEvent,
    Chair,
    Patient,
    Prescription,
    SessionCheck,
    Staff,
    StartAnswer,
    TreatmentCourse,
    TreatmentSession,
)
from sessions_app.rules import limits
from tests.conftest import PASSWORD, PIN, START, make_patient, make_prescription, make_session
from tests.sessions_app.chairside_people import WELL, at, gate
from tests.sessions_app.start_people import begin, refusal

__all__ = ["begin"]  # the fixture
pytestmark = pytest.mark.django_db
SAD = {**WELL, "suicidal_thoughts": "yes"}
SPOKEN = {"suicidal_thoughts": Override("spoke with her, safe to treat, plan renewed")}


def signed(session: TreatmentSession, by: Staff) -> TreatmentSession:
    session.sign_offs.create(
        clinic=session.clinic, signed_by=by, signed_at=session.dose_started_at + timedelta(hours=2)
    )
    return session


# --- thoughts of suicide


def test_a_yes_calls_although_nothing_starts(begin: Any, maya: Patient) -> None:
    assert refusal(begin, gate=gate(answers=SAD)) == {
        ("suicidal_thoughts", "prescriber_must_speak")
    }
    alert = Alert.objects.get()
    assert (alert.patient, alert.level, alert.session) == (maya, "high", None)
    assert StartAnswer.objects.get().text == "yes"


def test_the_call_from_a_draft_stands_on_every_screen_and_in_the_inbox(
    as_nia: Client, nia: Staff, maya: Patient, chair: Chair
) -> None:
    save_start_draft(by=nia, patient=maya, chair=chair, values={"suicidal_thoughts": "yes"})
    alert = Alert.objects.get()
    for page in ("/chairs/", "/alarms/", f"/chairs/{chair.pk}/start/"):
        shown = as_nia.get(page).content.decode()
        assert "Prescriber must speak with M.V. before the dose" in shown, page
        assert f"/alerts/{alert.pk}/" in shown
    assert "Thoughts of suicide, asked before the dose" in as_nia.get("/alerts/").content.decode()
    one = as_nia.get(f"/alerts/{alert.pk}/")
    assert one.status_code == 200
    assert maya.full_name in one.content.decode()


def test_a_name_is_not_enough_after_a_yes(begin: Any, dr_patel: Staff, nia: Staff) -> None:
    named = {"suicidal_thoughts": Override("spoke with them", "Dr Asha Patel")}
    asked = gate(answers=SAD, overrides=named)
    assert refusal(begin, gate=asked) == {("prescriber", "required")}
    assert refusal(begin, gate=asked, prescriber=dr_patel) == {("prescriber_pin", "required")}
    assert refusal(begin, gate=asked, prescriber=nia, prescriber_pin=PIN) == {
        ("prescriber", "not_a_prescriber")
    }


@pytest.mark.django_db(transaction=True)
def test_a_wrong_pin_of_the_prescriber_starts_nothing(begin: Any, dr_patel: Staff) -> None:
    asked = gate(answers=SAD, overrides=SPOKEN)
    assert refusal(begin, gate=asked, prescriber=dr_patel, prescriber_pin="0000") == {
        ("prescriber_pin", "wrong_pin")
    }


def test_the_prescribers_pin_and_reason_go_on_and_one_alert_is_enough(
    begin: Any, dr_patel: Staff, nia: Staff, maya: Patient, chair: Chair
) -> None:
    answer = {"suicidal_thoughts": "yes"}
    save_start_draft(by=nia, patient=maya, chair=chair, values=answer, clock=at(-5))
    session = begin(
        gate=gate(answers=SAD, overrides=SPOKEN), prescriber=dr_patel, prescriber_pin=PIN
    )
    kept = session.checks.get(code="suicidal_thoughts")
    assert (kept.override_signed_by, kept.override_by) == (dr_patel, dr_patel.full_name)
    assert kept.override_reason.startswith("spoke with her")
    assert Alert.objects.filter(code="suicidal_thoughts_before_dose").count() == 1


def test_without_a_draft_the_start_itself_calls(begin: Any, dr_patel: Staff) -> None:
    session = begin(
        gate=gate(answers=SAD, overrides=SPOKEN), prescriber=dr_patel, prescriber_pin=PIN
    )
    assert session.alerts.get().code == "suicidal_thoughts_before_dose"


def test_the_pin_of_a_prescriber_with_nothing_to_decide_is_not_asked_for(
    begin: Any, dr_patel: Staff
) -> None:
    assert begin(prescriber=dr_patel, prescriber_pin="").pk


# --- spacing


@pytest.mark.parametrize(("hours", "starts"), [(39, False), (40, True)])
def test_the_last_dose_is_long_enough_ago(
    begin: Any, course: TreatmentCourse, nia: Staff, hours: int, starts: bool
) -> None:
    signed(make_session(course, nia, START - timedelta(hours=hours)), nia)
    if starts:
        assert begin().checks.get(code="spaced").measured == "40 h"
        return
    with pytest.raises(RuleBroken) as refused:
        begin()
    (error,) = refused.value.errors
    assert (error.code, error.value, error.limit) == ("too_soon_after_last", "39 h", "40 h")
    why = {"spaced": Override("induction, agreed", "Dr Asha Patel")}
    assert begin(gate=gate(overrides=why)).checks.get(code="spaced").answer == "no"


def test_a_session_recorded_on_the_wrong_patient_spaces_nothing(
    begin: Any, course: TreatmentCourse, nia: Staff
) -> None:
    other = signed(make_session(course, nia, START - timedelta(hours=20)), nia)
    assert refusal(begin) == {("spaced", "too_soon_after_last")}
    astray = make_session(course, nia, START - timedelta(hours=2))
    astray.sign_offs.create(
        clinic=astray.clinic, end="wrong_patient", signed_by=nia, signed_at=START
    )
    with pytest.raises(RuleBroken) as refused:
        begin()
    assert refused.value.errors[0].value == "20 h"
    assert other.dose_started_at is not None


# --- the dose


@pytest.mark.parametrize(
    ("mg_per_kg", "code", "value", "limit"),
    [
        ("1.01", "dose_above_range", "73 mg", "72.4 mg"),
        ("0.28", "dose_below_range", "20 mg", "21.7 mg"),
        ("1.2", "dose_above_range", "87 mg", "72.4 mg"),
    ],
)
def test_a_dose_outside_the_range_waits_for_the_prescriber(
    begin: Any,
    course: TreatmentCourse,
    dr_patel: Staff,
    mg_per_kg: str,
    code: str,
    value: str,
    limit: str,
) -> None:
    order = make_prescription(course, dr_patel, mg_per_kg=Decimal(mg_per_kg))
    with pytest.raises(RuleBroken) as refused:
        begin(prescription=order)
    (error,) = refused.value.errors
    assert (error.field, error.value, error.limit) == ("dose_in_range", value, limit)
    assert error.code == code
    why = {"dose_in_range": Override("partial response, agreed")}
    session = begin(
        prescription=order,
        gate=gate(overrides=why),
        prescriber=dr_patel,
        prescriber_pin=PIN,
    )
    assert session.checks.get(code="dose_in_range").override_signed_by == dr_patel


@pytest.mark.parametrize("mg_per_kg", ["0.299", "0.3", "1.0", "1.001"])
def test_the_ends_of_the_range_are_inside_and_rounding_is_no_overdose(
    begin: Any, course: TreatmentCourse, dr_patel: Staff, mg_per_kg: str
) -> None:
    order = make_prescription(course, dr_patel, mg_per_kg=Decimal(mg_per_kg))
    assert begin(prescription=order).checks.get(code="dose_in_range").answer == "yes"


def test_an_order_with_the_prescribers_reason_was_decided_already(
    begin: Any, course: TreatmentCourse, dr_patel: Staff
) -> None:
    order = make_prescription(
        course, dr_patel, mg_per_kg=Decimal("1.2"), outside_band_reason="partial response"
    )
    assert begin(prescription=order).planned_mg == 87


def test_the_dose_that_starts_is_the_dose_that_was_shown(begin: Any) -> None:
    assert refusal(begin, gate=gate(shown_mg=Decimal(38))) == {("dose", "dose_not_as_shown")}
    assert begin(gate=gate(shown_mg=Decimal(36))).planned_mg == 36


def test_a_much_changed_weight_is_kept_and_called_out(
    begin: Any, course: TreatmentCourse, nia: Staff
) -> None:
    signed(make_session(course, nia, START - timedelta(days=7)), nia)
    session = begin(gate=gate(weight_kg=Decimal("80"), weight_confirmed=True))
    kept = session.checks.get(code="weight_confirmed")
    assert (kept.measured, kept.limit) == ("80 kg", "72.4 kg")
    assert session.alerts.get().code == "weight_changed_much"


# --- who signs


@pytest.mark.django_db(transaction=True)
def test_after_five_wrong_pins_the_password_takes_their_place(begin: Any, tom: Staff) -> None:
    for _ in range(settings.SIGN_IN_TRIES):
        assert refusal(begin, second_pin="0000") == {("second_pin", "wrong_pin")}
    assert refusal(begin) == {("second_password", "pin_locked")}
    assert refusal(begin, second_password="not it") == {("second_password", "wrong_password")}
    assert begin(second_password=PASSWORD).second_person == tom
    assert throttle.check(throttle.pin_subject(tom)) == 0


# --- the draft


def save(nia: Staff, maya: Patient, chair: Chair, minute: float = 0, **facts: Any) -> Any:
    again = facts.pop("measured_again", False)
    return save_start_draft(
        by=nia, patient=maya, chair=chair, values=facts, measured_again=again, clock=at(minute)
    )


def test_a_draft_keeps_each_text_and_since_when(nia: Staff, maya: Patient, chair: Chair) -> None:
    save(nia, maya, chair, -20, identity="yes", systolic="128")
    draft = save(nia, maya, chair, -10, identity="yes", systolic="129")
    assert dict(draft.values) == {"identity": "yes", "systolic": "129"}
    assert draft.written_at["identity"] == at(-20)()
    assert draft.saved_at == draft.written_at["systolic"] == at(-10)()
    assert StartAnswer.objects.count() == 3


def test_the_same_draft_again_writes_nothing(nia: Staff, maya: Patient, chair: Chair) -> None:
    for _ in range(2):
        save(nia, maya, chair, identity="yes", weight_kg="", escort="no")
    assert StartAnswer.objects.count() == 2
    assert AuditEvent.objects.filter(tag="start:draft").count() == 1


def test_a_draft_holds_no_pin(nia: Staff, maya: Patient, chair: Chair) -> None:
    with pytest.raises(RuleBroken):
        save(nia, maya, chair, second_pin=PIN)
    assert not StartAnswer.objects.exists()


def test_yesterdays_answers_are_not_todays(nia: Staff, maya: Patient, chair: Chair) -> None:
    save(nia, maya, chair, -24 * 60, identity="yes", suicidal_thoughts="no")
    assert not draft_of(maya, chair, START).values
    assert draft_of(maya, chair, START - timedelta(hours=23, minutes=59)).values


def test_a_draft_belongs_to_one_patient_at_one_chair(
    nia: Staff, maya: Patient, chair: Chair
) -> None:
    save(nia, maya, chair, identity="yes")
    other = make_patient(maya.clinic, "N-9", "Noor", "Other")
    next_chair = Chair.objects.create(clinic=maya.clinic, name="2", position=2)
    assert not draft_of(other, chair, START).values
    assert not draft_of(maya, next_chair, START).values


def test_a_start_ends_the_draft(begin: Any, nia: Staff, maya: Patient, chair: Chair) -> None:
    save(nia, maya, chair, -5, identity="yes", weight_kg="72.4")
    begin()
    assert not draft_of(maya, chair, at(60)()).values


def test_what_was_written_before_keeps_its_time(begin: Any) -> None:
    written = {
        "identity": at(-12)(),
        "systolic": at(-8)(),
        "diastolic": at(-7)(),
    }
    session = begin(gate=gate(written_at=written))
    assert session.checks.get(code="identity").taken_at == at(-12)()
    assert session.checks.get(code="escort").taken_at == START
    assert session.readings.get().taken_at == at(-7)()


@pytest.mark.parametrize(("minutes", "starts"), [(30, True), (31, False)])
def test_an_old_pressure_does_not_speak_for_now(begin: Any, minutes: int, starts: bool) -> None:
    written = dict.fromkeys(("systolic", "diastolic"), at(-minutes)())
    if starts:
        assert begin(gate=gate(written_at=written)).pk
    else:
        assert refusal(begin, gate=gate(written_at=written)) == {
            ("bp_below_start_limit", "reading_too_old")
        }


def test_a_pressure_measured_again_stays_in_the_record(
    begin: Any, nia: Staff, maya: Patient, chair: Chair
) -> None:
    save(nia, maya, chair, -24, systolic="146", diastolic="92")
    draft = save(nia, maya, chair, -14, systolic="146", diastolic="92", measured_again=True)
    assert draft.values["systolic"] == draft.values["diastolic"] == ""
    (earlier,) = draft.earlier
    assert (earlier.systolic, earlier.diastolic, earlier.taken_at) == (146, 92, at(-24)())
    session = begin(gate=gate(earlier=draft.earlier))
    pairs = list(session.readings.order_by("taken_at").values_list("systolic", "diastolic"))
    assert pairs == [(146, 92), (128, 79)]
    assert not session.alerts.exists()


def test_two_taps_on_measure_again_put_one_pressure_aside(
    as_nia: Client, maya: Patient, chair: Chair, prescription: Prescription, time_machine: Any
) -> None:
    time_machine.move_to(START, tick=False)
    page = f"/chairs/{chair.pk}/start/"
    who = {"patient": str(maya.pk), "prescription": str(prescription.pk)}
    high = {**who, "systolic": "171", "diastolic": "104"}
    drawn = as_nia.post(page, high).content.decode()
    assert '<button class="btn" name="again" value="0">' in drawn
    for _tap in range(2):
        answer = as_nia.post(page, {**high, "again": "0"})
        assert answer.status_code == 302
    draft = draft_of(maya, chair, START)
    assert [(one.systolic, one.diastolic) for one in draft.earlier] == [(171, 104)]
    assert draft.values["systolic"] == ""
    assert '<button class="btn" name="again" value="1">' in as_nia.post(page, high).content.decode()
    as_nia.post(page, {**high, "again": "1"})
    assert len(draft_of(maya, chair, START).earlier) == 2


@pytest.mark.parametrize("again", ["x", "-1", "9" * 5000, "\u0663"])
def test_what_a_page_never_sends_as_measure_again_is_no_fault(
    as_nia: Client, maya: Patient, chair: Chair, again: str
) -> None:
    high = {"patient": str(maya.pk), "systolic": "171", "diastolic": "104", "again": again}
    assert as_nia.post(f"/chairs/{chair.pk}/start/", high).status_code == 302


@pytest.mark.parametrize("pair", [("146", ""), ("", ""), ("92", "146"), ("9146", "92")])
def test_half_a_pressure_cannot_be_measured_again(
    nia: Staff, maya: Patient, chair: Chair, pair: tuple[str, str]
) -> None:
    with pytest.raises(RuleBroken):
        save(nia, maya, chair, systolic=pair[0], diastolic=pair[1], measured_again=True)
    assert not StartAnswer.objects.exists()


def test_every_check_keeps_the_figures_that_decided_it(begin: Any) -> None:
    kept = {row.code: (row.measured, row.limit) for row in begin().checks.all()}
    assert kept["bp_below_start_limit"] == ("128/79", "140/90")
    assert kept["dose_in_range"] == ("36 mg", "72.4 mg")
    assert kept["escort"] == ("", "")
    assert SessionCheck.objects.filter(source="record").count() == 4


def test_a_gate_without_any_sign_is_told_apart_from_a_bad_one(begin: Any) -> None:
    assert ("bp_below_start_limit", "check_unanswered") in refusal(
        begin, gate=gate(vitals=dict.fromkeys(limits.SIGNS))
    )


# --- the reading before the dose


@pytest.mark.parametrize("minutes", [0, 4, 8, 30])
def test_the_pressure_of_the_gate_is_the_reading_of_minute_0(begin: Any, minutes: int) -> None:
    written = dict.fromkeys(("systolic", "diastolic"), at(-minutes)())
    session = begin(gate=gate(written_at=written))
    due = next_due(session, START)
    assert due is not None
    assert due.in_min == 10, "minute 0 is answered: the next one of an infusion is minute 10"
    assert readings_on_time(session, START) == (1, 1)


def test_a_reading_before_the_dose_answers_no_later_minute(
    begin: Any, nia: Staff, dr_patel: Staff
) -> None:
    session = begin()
    due = next_due(session, at(11)())
    assert due is not None
    assert due.in_min == -1
    assert readings_on_time(session, at(11)()) == (1, 2)
