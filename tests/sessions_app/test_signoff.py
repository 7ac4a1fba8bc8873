"""How a session ends: checks that tick and un-tick, the signature, its void, amendments."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sessions_app.actions.readings import record_vital_reading
from sessions_app.actions.signoff import amend_session, confirm_check, void_sign_off
from sessions_app.actions.starting import Override
from sessions_app.chairside.session_state import discharge_checks, standing_sign_off
from sessions_app.chairside.start_draft import StartDraft
from sessions_app.chairside.start_sheet import last_time, start_sheet
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    AuditEvent,
    FailedSignIn,
    SessionCheck,
    SignOff,
    Staff,
    TreatmentCourse,
    TreatmentSession,
    new_key,
)
from tests.conftest import START, make_session
from tests.sessions_app.chairside_people import (
    NURSE_TICKS,
    at,
    codes,
    dose,
    gate,
    make_ready,
    sign,
    vitals,
)

pytestmark = pytest.mark.django_db
WHY = Override("walks with a stick, as always", "Dr Asha Patel")


@pytest.fixture
def ready(session: TreatmentSession, nia: Staff) -> TreatmentSession:
    make_ready(session, nia)
    return session


def refusal(session: TreatmentSession, by: Staff, minute: float = 100, **facts: Any) -> Any:
    with pytest.raises(RuleBroken) as refused:
        sign(session, by, minute, **facts)
    return codes(refused.value)


def unmet(session: TreatmentSession, minute: float) -> set[str]:
    return {check.code for check in discharge_checks(session, at(minute)()) if not check.met}


def test_going_home_keeps_the_state_of_every_check(ready: TreatmentSession, nia: Staff) -> None:
    signed = sign(ready, nia)
    assert (signed.end, signed.escort_name, signed.signed_at) == (
        "discharged",
        "Rui Vale",
        at(100)(),
    )
    kept = SessionCheck.objects.filter(stage="discharge", taken_at=at(100)())
    assert kept.count() == 9
    assert set(kept.values_list("answer", flat=True)) == {"yes"}
    assert AuditEvent.objects.filter(tag="session:sign").count() == 1
    assert not TreatmentSession.objects.open().exists()


def test_too_early_names_every_check_that_is_open(session: TreatmentSession, nia: Staff) -> None:
    dose(session, nia, 40, "stop")
    found = refusal(session, nia, minute=50, escort_name="")
    open_codes = {"watched", "bp_near_baseline", "spo2_ok", "awake", *NURSE_TICKS}
    assert found == {(code, "discharge_check_open") for code in open_codes} | {
        ("escort_name", "required")
    }


def test_a_later_reading_takes_a_tick_back(ready: TreatmentSession, nia: Staff) -> None:
    assert unmet(ready, 100) == set()
    vitals(ready, nia, 98, systolic=168, diastolic=98)
    assert unmet(ready, 100) == {"bp_near_baseline"}
    assert refusal(ready, nia) == {("bp_near_baseline", "discharge_check_open")}


def test_the_nurse_takes_a_tick_back(ready: TreatmentSession, nia: Staff) -> None:
    confirm_check(by=nia, session=ready, code="leaflet", is_met=False, write_key=None, clock=at(98))
    assert unmet(ready, 100) == {"leaflet"}
    with pytest.raises(RuleBroken) as refused:
        confirm_check(by=nia, session=ready, code="awake", is_met=True, write_key=None)
    assert codes(refused.value) == {("code", "unknown_choice")}


def test_an_old_reading_speaks_for_nothing(ready: TreatmentSession) -> None:
    assert unmet(ready, 126) == {"bp_near_baseline", "spo2_ok", "awake"}


def test_an_override_needs_a_reason_and_a_name(ready: TreatmentSession, nia: Staff) -> None:
    confirm_check(by=nia, session=ready, code="steady", is_met=False, write_key=None, clock=at(98))
    for half in (Override("", "Dr Asha Patel"), Override("stick", "")):
        assert refusal(ready, nia, overrides={"steady": half}) == {
            ("steady", "discharge_check_open")
        }
    sign(ready, nia, overrides={"steady": WHY})
    kept = SessionCheck.objects.get(stage="discharge", code="steady", taken_at=at(100)())
    assert (kept.answer, kept.override_by) == ("no", "Dr Asha Patel")


def test_a_running_pump_cannot_be_signed(session: TreatmentSession, nia: Staff) -> None:
    for end in ("discharged", "transferred"):
        found = refusal(session, nia, minute=30, end=end, reason="why")
        assert found == {("end", "infusion_not_stopped")}
    dose(session, nia, 31, "pause")
    assert refusal(session, nia, minute=32) == {("end", "infusion_not_stopped")}


def test_a_pump_stopped_in_its_first_minute_still_has_a_watch(
    session: TreatmentSession, nia: Staff
) -> None:
    dose(session, nia, 0, "stop", reason="vein closed")
    assert "watched" in unmet(session, 59)
    assert "watched" not in unmet(session, 61)


@pytest.mark.parametrize("end", ["transferred", "left_against_advice", "wrong_patient"])
def test_other_ends_need_their_reason(session: TreatmentSession, nia: Staff, end: str) -> None:
    dose(session, nia, 20, "stop", reason="chest pain")
    more = {
        "transferred": {"transferred_to": "St. Anne's", "handover": "told the crew the dose"},
        "left_against_advice": {"risks_explained": False},
    }.get(end, {})
    missing = {(name, "required") for name in ("reason", *more)}
    assert refusal(session, nia, minute=22, end=end) == missing
    kept = sign(session, nia, 22, end=end, reason="ambulance called", **more)
    assert (kept.end, kept.reason_code) == (end, "")
    assert {name: getattr(kept, name) for name in more} == more


def test_not_started_is_for_sessions_without_a_dose(
    session: TreatmentSession, course: TreatmentCourse, nia: Staff
) -> None:
    why = {"end": "not_started", "reason": "pressure stayed high"}
    assert refusal(session, nia, **why) == {("end", "dose_was_given")}
    waiting = make_session(course, nia, route="im", dose_started_at=None)
    assert refusal(waiting, nia) == {("end", "no_dose_given")}
    assert sign(waiting, nia, **why).end == "not_started"


def test_a_session_of_the_wrong_patient_asks_them_nothing(
    session: TreatmentSession, nia: Staff
) -> None:
    make_ready(session, nia)
    again = make_session(session.course, nia, route="im", dose_started_at=None)
    dose(again, nia, 1, "given", amount_mg=36)
    again.refresh_from_db()
    assert again.check_in_requests.filter(cancelled_at=None).exists()
    wrong = sign(again, nia, 5, end="wrong_patient", reason="chairs mixed up")
    assert not again.check_in_requests.filter(cancelled_at=None).exists()
    void_sign_off(by=nia, sign_off=wrong, reason="was right", write_key=None, clock=at(5.5))
    assert again.check_in_requests.filter(cancelled_at=None).exists()


def test_the_next_start_shows_nothing_of_a_session_of_the_wrong_patient(
    ready: TreatmentSession, nia: Staff
) -> None:
    patient = ready.patient
    sign(ready, nia)
    wrong = make_session(ready.course, nia, START + timedelta(hours=4), weight_kg=Decimal(99))
    shown = start_sheet(patient, None, gate(), StartDraft(), at(300)()).weight.last_kg
    assert (shown, last_time(patient).number) == (99, 3)
    sign(wrong, nia, 245, end="wrong_patient", reason="chairs mixed up")
    shown = start_sheet(patient, None, gate(), StartDraft(), at(300)()).weight.last_kg
    assert (shown, last_time(patient).number) == (ready.weight_kg, 2)


@pytest.mark.django_db(transaction=True)
def test_a_wrong_pin_signs_nothing_and_is_counted(ready: TreatmentSession, nia: Staff) -> None:
    assert refusal(ready, nia, pin="0000") == {("pin", "wrong_pin")}
    assert FailedSignIn.objects.count() == 1
    assert not SignOff.objects.exists()


def test_the_second_signature_says_who_signed(
    ready: TreatmentSession, nia: Staff, tom: Staff
) -> None:
    sign(ready, nia)
    with pytest.raises(RuleBroken) as refused:
        sign(ready, tom, 101)
    error = refused.value.errors[0]
    assert (error.code, error.value) == ("signed_by_other", "Nia Adeyemi")


def test_the_same_signature_twice_is_one(ready: TreatmentSession, nia: Staff) -> None:
    key = new_key()
    assert sign(ready, nia, write_key=key) == sign(ready, nia, write_key=key)
    assert SignOff.objects.count() == 1


def test_after_signing_only_what_was_taken_before_is_kept_as_late(
    ready: TreatmentSession, nia: Staff
) -> None:
    sign(ready, nia)
    late = record_vital_reading(
        by=nia,
        session=ready,
        write_key=None,
        values={"systolic": 130, "diastolic": 80},
        taken_at=START + timedelta(minutes=70),
        clock=at(105),
    )
    assert late.is_late_entry
    for deed in (
        lambda: vitals(ready, nia, 105, systolic=130, diastolic=80),
        lambda: dose(ready, nia, 105, "stop"),
        lambda: confirm_check(
            by=nia, session=ready, code="steady", is_met=True, write_key=None, clock=at(105)
        ),
    ):
        with pytest.raises(RuleBroken) as refused:
            deed()
        assert ("session", "session_signed") in codes(refused.value) or codes(refused.value) == {
            ("session", "session_signed")
        }


@pytest.mark.parametrize(("seconds", "late"), [(60, False), (61, True)])
def test_a_signature_is_taken_back_within_a_minute_and_signed_again(
    ready: TreatmentSession, nia: Staff, seconds: int, late: bool
) -> None:
    signed = sign(ready, nia)
    void = {"by": nia, "sign_off": signed, "write_key": None, "clock": at(100 + seconds / 60)}
    if late:
        with pytest.raises(RuleBroken) as refused:
            void_sign_off(reason="too early", **void)
        assert codes(refused.value) == {("session", "void_too_late")}
        return
    void_sign_off(reason="too early", **void)
    assert standing_sign_off(ready) is None
    vitals(ready, nia, 102, systolic=127, diastolic=80)
    again = sign(ready, nia, 103)
    assert standing_sign_off(ready) == again
    assert ready.sign_offs.count() == 2


def test_only_the_signer_takes_it_back_with_a_reason_and_once(
    ready: TreatmentSession, nia: Staff, tom: Staff
) -> None:
    signed = sign(ready, nia)
    void = {"sign_off": signed, "write_key": None, "clock": at(100.5)}
    for by, reason, code in ((tom, "why", "void_too_late"), (nia, " ", "required")):
        with pytest.raises(RuleBroken) as refused:
            void_sign_off(by=by, reason=reason, **void)
        assert {found for _field, found in codes(refused.value)} == {code}
    void_sign_off(by=nia, reason="too early", **void)
    with pytest.raises(RuleBroken) as refused:
        void_sign_off(by=nia, reason="too early", **void)
    assert codes(refused.value) == {("session", "session_not_signed")}


def test_an_amendment_is_words_beside_a_signed_record(ready: TreatmentSession, nia: Staff) -> None:
    add = {"by": nia, "session": ready, "write_key": None, "clock": at(200)}
    with pytest.raises(RuleBroken) as refused:
        amend_session(text="The cuff was on the left.", reason="asked", **add)
    assert codes(refused.value) == {("session", "session_not_signed")}
    sign(ready, nia)
    with pytest.raises(RuleBroken) as refused:
        amend_session(text=" ", reason="", **add)
    assert codes(refused.value) == {("text", "required"), ("reason", "required")}
    row = amend_session(text=" The cuff was on the left. ", reason="asked", **add)
    assert (row.text, row.amended_by) == ("The cuff was on the left.", nia)
    assert AuditEvent.objects.filter(tag="session:amend").count() == 1
