"""What the tests of the chairside actions share: a clock, entries, a gate where all is well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.medications import Medicine
from sessions_app.actions.readings import record_vital_reading
from sessions_app.actions.signoff import confirm_check, sign_session
from sessions_app.actions.starting import StartGate
from sessions_app.errors import RuleBroken
from sessions_app.models import DoseEvent, SignOff, Staff, TreatmentSession, VitalReading
from sessions_app.rules import limits
from tests.conftest import PIN, START

WELL = {
    "identity": "yes",
    "escort": "yes",
    "fasting": "yes",
    "medicines_changed": "no",
    "alcohol_or_drugs": "no",
    "suicidal_thoughts": "no",
    "bladder": "no",
    "pregnancy": "no",
}
ONDANSETRON = Medicine("ondansetron", Decimal(4), "mg", "iv", "nausea", "Dr Asha Patel")
NURSE_TICKS = ("steady", "leaflet", "escort_present", "suicide_asked")


def at(minute: float) -> Callable[[], datetime]:
    """A clock that stands at this minute after START."""
    return lambda: START + timedelta(minutes=minute)


def codes(broken: RuleBroken) -> set[tuple[str, str]]:
    return {(error.field, error.code) for error in broken.errors}


def gate(**changes: Any) -> StartGate:
    facts: dict[str, Any] = {
        "answers": WELL,
        "vitals": dict.fromkeys(limits.SIGNS) | {"systolic": 128, "diastolic": 79},
        "weight_kg": Decimal("72.4"),
    }
    return StartGate(**facts | changes)


def vitals(session: TreatmentSession, by: Staff, minute: float, **signs: Any) -> VitalReading:
    return record_vital_reading(
        by=by, session=session, write_key=None, values=signs, clock=at(minute)
    )


def dose(session: TreatmentSession, by: Staff, minute: float, kind: str, **facts: Any) -> DoseEvent:
    return record_dose_event(
        by=by, session=session, kind=kind, write_key=None, clock=at(minute), **facts
    )


def make_ready(session: TreatmentSession, by: Staff) -> None:
    """Afterwards the session of 40 min can be discharged at minute 100."""
    vitals(session, by, -1, systolic=128, diastolic=79, spo2=98, moaas=5)
    dose(session, by, 40, "stop")
    vitals(session, by, 95, systolic=126, diastolic=80, spo2=98, moaas=5)
    for code in NURSE_TICKS:
        confirm_check(by=by, session=session, code=code, is_met=True, write_key=None, clock=at(96))


def sign(session: TreatmentSession, by: Staff, minute: float = 100, **facts: Any) -> SignOff:
    given = {"pin": PIN, "write_key": None, "escort_name": "Rui Vale"} | facts
    return sign_session(by=by, session=session, clock=at(minute), **given)
