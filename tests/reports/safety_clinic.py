"""Small invented clinics whose sessions hold everything that the safety overview reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from sessions_app.models import (
    Alert,
    AlertEvent,
    Clinic,
    NoneObserved,
    Patient,
    SideEffect,
    SideEffectChange,
    SignOff,
    SignOffVoid,
    Staff,
    TreatmentSession,
    VitalReading,
)
from tests.conftest import START, make_course, make_patient, make_session
from tests.reports.invented import devices, infusion, injection, strike

CODES = ("dissociation", "nausea", "headache", "seizure")
GIVE = {"iv": infusion, "im": injection, "intranasal": devices}
ENDS = ("discharged", "discharged", "discharged", "transferred", "left_against_advice")


def at(session: TreatmentSession, minutes: float) -> datetime:
    """So many minutes after the dose."""
    assert session.dose_started_at is not None
    return session.dose_started_at + timedelta(minutes=minutes)


def minutes_of(session: TreatmentSession, when: datetime) -> float:
    """Minutes after the dose."""
    assert session.dose_started_at is not None
    return (when - session.dose_started_at) / timedelta(minutes=1)


def entry(session: TreatmentSession, minutes: float, late_by: float = 0.0) -> dict[str, Any]:
    """The columns of an entry taken so many minutes after the dose, and written `late_by` later."""
    taken = at(session, minutes)
    return {
        "clinic": session.clinic,
        "taken_at": taken,
        "recorded_at": taken + timedelta(minutes=late_by),
        "recorded_by": session.opened_by,
    }


def reading(session: TreatmentSession, minutes: float, systolic: int | None, **more: Any) -> Any:
    """A reading; the diastolic value is 50 lower."""
    low = None if systolic is None else systolic - 50
    facts = {"systolic": systolic, "diastolic": low, "heart_rate": 70} | more
    late_by = facts.pop("late_by", 0.0)
    return VitalReading.objects.create(session=session, **entry(session, minutes, late_by), **facts)


def effect(
    session: TreatmentSession,
    code: str,
    minutes: float,
    lasts: float | None = None,
    grade: str = "mild",
    **more: Any,
) -> SideEffect:
    """A side effect, resolved `lasts` minutes after it began unless that is None."""
    row = SideEffect.objects.create(
        session=session, code=code, grade=grade, **entry(session, minutes), **more
    )
    if lasts is not None:
        change(row, "resolved", minutes + lasts)
    return row


def change(row: SideEffect, kind: str, minutes: float, grade: str = "") -> SideEffectChange:
    return SideEffectChange.objects.create(
        effect=row, kind=kind, grade=grade, **entry(row.session, minutes)
    )


def none_observed(session: TreatmentSession, minutes: float) -> NoneObserved:
    return NoneObserved.objects.create(session=session, **entry(session, minutes))


def leave(
    session: TreatmentSession, minutes: float, end: str = "discharged", void: bool = False
) -> SignOff:
    """A sign-off so many minutes after the dose; a voided one is taken back ten minutes later."""
    row = SignOff.objects.create(
        clinic=session.clinic,
        session=session,
        end=end,
        signed_by=session.opened_by,
        signed_at=at(session, minutes),
    )
    if void:
        SignOffVoid.objects.create(
            clinic=session.clinic,
            sign_off=row,
            reason="slip",
            voided_by=session.opened_by,
            voided_at=at(session, minutes + 10),
        )
    return row


def alert(
    patient: Patient, raised: datetime, level: str, session: TreatmentSession | None = None
) -> Alert:
    return Alert.objects.create(
        clinic=patient.clinic,
        patient=patient,
        session=session,
        level=level,
        code="systolic_high" if session else "suicide_item",
        raised_at=raised,
    )


def event(row: Alert, kind: str, after_min: float, by: Staff | None, outcome: str = "") -> None:
    AlertEvent.objects.create(
        clinic=row.clinic,
        alert=row,
        kind=kind,
        by=by,
        outcome=outcome,
        at=row.raised_at + timedelta(minutes=after_min),
    )


def safety_clinic(
    clinic: Clinic, by: Staff, *, seed: int, patients: int = 9, sessions: int = 3
) -> list[Patient]:
    """Patients on one to three routes; every kind of entry, gap, strike and end turns up."""
    dice = Random(seed)
    people = []
    for number in range(patients):
        patient = make_patient(clinic, f"S-{uuid4().hex[:8]}", "Sam", f"Safety{number}")
        course = make_course(patient, dice.choice(("depression", "chronic_pain")))
        start = START + timedelta(days=dice.randrange(30), seconds=dice.randrange(86_400))
        for _ in range(dice.randint(1, sessions)):
            session = _session(dice, course, by, start)
            if session.origin == "live":
                _record(dice, session, by)
            _alerts(dice, session, by)
            start += timedelta(days=dice.choice((3, 7, 14)), minutes=dice.randrange(600))
        people.append(patient)
    return people


def _session(dice: Random, course: Any, by: Staff, start: datetime) -> TreatmentSession:
    if dice.random() < 0.08:
        return make_session(
            course,
            by,
            start,
            origin="import",
            external_id=uuid4().hex,
            documented_dose_mg=dice.choice((30, None)),
            documented_end_at=dice.choice((start + timedelta(hours=2), None)),
        )
    route = dice.choice(tuple(GIVE))
    if route == "iv":
        return infusion(course, by, start, minutes=dice.choice((35, 40, 44)))
    return GIVE[route](course, by, start)


def _record(dice: Random, session: TreatmentSession, by: Staff) -> None:
    base = dice.randrange(110, 140)
    rows: list[Any] = []
    if dice.random() < 0.9:
        rows.append(reading(session, -dice.uniform(0, 20), base))
    for due in (10, 20, 30, 40, 60, 90, 120):
        if dice.random() < 0.8:
            height = base + dice.randrange(-5, 60) if dice.random() < 0.9 else None
            minutes, late = due + dice.uniform(-8, 8), dice.choice((0.0, 0.0, 25.0))
            rows.append(reading(session, minutes, height, late_by=late))
    for row in _some(dice, rows, 0.1):
        strike(row, "reading", by)
        right = minutes_of(session, row.taken_at)
        reading(session, right, row.systolic, late_by=30.0, replaces=row)
    _effects(dice, session, by)
    end = dice.choice(ENDS)
    if dice.random() < 0.15:
        leave(session, dice.uniform(40, 100), end, void=True)
    if dice.random() < 0.9:
        end = "wrong_patient" if dice.random() < 0.03 else end
        leave(session, dice.uniform(80, 200), end)


def _effects(dice: Random, session: TreatmentSession, by: Staff) -> None:
    for code in CODES:
        for _ in range(dice.choice((0, 0, 1, 2))):
            minutes = float(dice.randrange(-10, 120))
            grade = dice.choice(("mild", "moderate", "severe"))
            serious = {"is_serious": True, "serious_criterion": "other_important"}
            more = serious if code == "seizure" else {}
            lasts = float(dice.randrange(5, 90)) if dice.random() < 0.8 else None
            row = effect(session, code, minutes, lasts, grade, **more)
            if dice.random() < 0.2:
                change(row, "worse", minutes + 2, "severe")
                change(row, "better", minutes + 3, "mild")
            if lasts is not None and dice.random() < 0.2:
                change(row, "resolved", minutes + lasts + 7)  # noted twice
            if dice.random() < 0.08:
                strike(row, "effect", by)
    if dice.random() < 0.3:
        row = none_observed(session, dice.uniform(-10, 100))
        if dice.random() < 0.2:
            strike(row, "none_observed", by)


def _alerts(dice: Random, session: TreatmentSession, by: Staff) -> None:
    for _ in range(dice.choice((0, 1, 2))):
        at_chair = dice.random() < 0.6
        raised = at(session, dice.uniform(1, 100) if at_chair else dice.uniform(-3000, 9000))
        row = alert(
            session.patient,
            raised,
            dice.choice(("high", "medium")),
            session if at_chair else None,
        )
        what = dice.random()
        if what < 0.5:
            event(row, "taken", dice.uniform(0, 20), by)
            event(row, "closed", 30, by, "followed_up")
        elif what < 0.7:
            event(row, "closed", 12, None, "back_in_range")
        elif what < 0.8:
            event(row, "closed", 5, by, "entered_in_error")


def _some(dice: Random, rows: Iterable[Any], share: float) -> list[Any]:
    return [row for row in rows if dice.random() < share]
