"""Rows for the reports' tests: sessions with doses, answers, small invented clinics."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

from sessions_app.models import (
    CheckIn,
    CheckInRequest,
    Clinic,
    DoseEvent,
    EntryStrike,
    InstrumentScore,
    Patient,
    SignOff,
    Staff,
    TreatmentCourse,
    TreatmentSession,
)
from tests.conftest import START, make_course, make_patient, make_session


def dose_event(session: TreatmentSession, kind: str, at: datetime, **facts: Any) -> DoseEvent:
    return DoseEvent.objects.create(
        clinic=session.clinic,
        session=session,
        kind=kind,
        taken_at=at,
        recorded_at=at,
        recorded_by=session.opened_by,
        **facts,
    )


def strike(row: Any, name: str, by: Staff) -> None:
    EntryStrike.objects.create(
        clinic=row.clinic,
        session=row.effect.session if name == "effect_change" else row.session,
        reason="slip",
        struck_by=by,
        struck_at=row.recorded_at,
        **{name: row},
    )


def infusion(
    course: TreatmentCourse, by: Staff, start: datetime, minutes: int = 40, **changes: Any
) -> TreatmentSession:
    """36 mg over 40 minutes: 50 mL at 75 mL/hour, stopped at the end."""
    session = make_session(course, by, start, **changes)
    dose_event(session, "stop", start + timedelta(minutes=minutes))
    return session


def injection(
    course: TreatmentCourse, by: Staff, start: datetime, mg: str = "36", **changes: Any
) -> TreatmentSession:
    session = make_session(course, by, start, route="im", **changes)
    dose_event(session, "given", start, amount_mg=Decimal(mg))
    return session


def devices(
    course: TreatmentCourse, by: Staff, start: datetime, count: int = 2, **changes: Any
) -> TreatmentSession:
    facts = {"drug": "esketamine", "route": "intranasal"} | changes
    session = make_session(course, by, start, **facts)
    for k in range(count):
        at = start + timedelta(minutes=5 * k)
        dose_event(session, "device", at, amount_mg=Decimal(28))
    return session


def score(
    patient: Patient, at: datetime, value: object, instrument: str = "mood_0_10", **facts: Any
) -> InstrumentScore:
    check_in = CheckIn.objects.create(
        clinic=patient.clinic, patient=patient, origin="link", started_at=at
    )
    return InstrumentScore.objects.create(
        clinic=patient.clinic,
        patient=patient,
        check_in=check_in,
        instrument=instrument,
        instrument_version="1",
        taken_at=at,
        score=Decimal(str(value)),
        **facts,
    )


def responds(course: TreatmentCourse, by: Staff, start: datetime, days_ok: int) -> TreatmentSession:
    """A session with mood 2 before it and mood 8 from two hours on, up to `days_ok`."""
    session = infusion(course, by, start)
    score(course.patient, start - timedelta(hours=1), 2)
    score(course.patient, start + timedelta(hours=2), 8)
    score(course.patient, start + timedelta(days=days_ok), 8)
    return session


def request(
    session: TreatmentSession, slot: str, at: datetime, answered: bool, **facts: Any
) -> CheckInRequest:
    row = CheckInRequest.objects.create(
        clinic=session.clinic,
        patient=session.patient,
        session=session,
        slot=slot,
        due_at=at,
        opens_at=at - timedelta(hours=6),
        closes_at=at + timedelta(hours=6),
        instruments=["mood_0_10"],
        **facts,
    )
    if answered:
        CheckIn.objects.create(
            clinic=session.clinic,
            patient=session.patient,
            request=row,
            origin="link",
            started_at=at,
        )
    return row


def sign(session: TreatmentSession, by: Staff, end: str = "discharged") -> SignOff:
    return SignOff.objects.create(
        clinic=session.clinic, session=session, end=end, signed_by=by, signed_at=START
    )


def random_clinic(
    clinic: Clinic,
    by: Staff,
    patients: int,
    *,
    seed: int = 7,
    sessions: int = 4,
    routes: tuple[str, ...] = ("iv", "im", "intranasal"),
) -> list[Patient]:
    """Patients in turn on each route, a session every one to three weeks, answers at odd times."""
    dice = Random(seed)
    give = {"iv": infusion, "im": injection, "intranasal": devices}
    people = []
    for number in range(patients):
        patient = make_patient(clinic, f"R-{uuid4().hex[:8]}", "Pat", f"Invented{number}")
        course = make_course(patient)
        at = START + timedelta(days=dice.randrange(20), microseconds=dice.randrange(10**6))
        for _ in range(sessions):
            give[routes[number % len(routes)]](course, by, at)
            score(patient, at - timedelta(hours=1), dice.randrange(1, 5))
            for hours in (2, 26, 71, 170, 330):
                if dice.random() < 0.8:
                    moment = at + timedelta(hours=hours + dice.random() * 4)
                    score(patient, moment, dice.randrange(2, 11))
            at += timedelta(days=dice.choice((7, 14, 21)), minutes=dice.randrange(600))
        people.append(patient)
    return people
