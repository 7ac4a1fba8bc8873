"""Nothing is edited or removed: a correction strikes an entry and may add another beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.alerts import close_as_entered_in_error
from sessions_app.actions.details import too_long
from sessions_app.actions.doses import (
    record_dose_event,
    refuse_impossible_order,
    settle_dose_start,
)
from sessions_app.actions.medications import Medicine, record_medication
from sessions_app.actions.readings import record_vital_reading
from sessions_app.actions.receipts import claim
from sessions_app.chairside.dose_given import standing_events
from sessions_app.chairside.session_state import standing_sign_off
from sessions_app.errors import RuleBroken, refuse
from sessions_app.models import (
    Alert,
    DissociationRating,
    DoseEvent,
    EntryStrike,
    MedicationGiven,
    NoneObserved,
    SideEffect,
    SideEffectChange,
    Staff,
    TreatmentSession,
    VitalReading,
    WriteReceipt,
    new_key,
)

Struck = (
    VitalReading
    | DoseEvent
    | SideEffect
    | SideEffectChange
    | NoneObserved
    | MedicationGiven
    | DissociationRating
)
TARGETS: dict[type[Any], str] = {
    VitalReading: "reading",
    DoseEvent: "dose_event",
    SideEffect: "effect",
    SideEffectChange: "effect_change",
    NoneObserved: "none_observed",
    MedicationGiven: "medication",
    DissociationRating: "rating",
}
# Raised by a dose event; the alert names the session only.
DOSE_ALERTS = ("device_rest_short", "dose_above_plan")


@transaction.atomic
def strike_entry(
    *,
    by: Staff,
    entry: Struck,
    reason: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> EntryStrike:
    """Afterwards the entry counts no more but stays to be seen, and its alerts are closed."""
    frozen_now = clock()
    session = record.locked(session_of(entry))
    claimed = claim(
        write_key,
        deed=audit.Tag.ENTRY_STRIKE,
        by=by,
        body={"entry": entry, "reason": reason},
        at=frozen_now,
        model=EntryStrike,
    )
    if claimed.is_repeat:
        return EntryStrike.objects.get(pk=claimed.row_id)
    strike = _strike(session, entry, by=by, reason=reason, row_id=claimed.row_id, at=frozen_now)
    if isinstance(entry, DoseEvent):
        refuse_impossible_order(session, standing_events(session))
        settle_dose_start(session, by=by, at=frozen_now)
    return strike


def _strike(
    session: TreatmentSession, entry: Struck, *, by: Staff, reason: str, row_id: UUID, at: datetime
) -> EntryStrike:
    """The strike itself. For a dose event the caller sees to the order and to t0 afterwards."""
    target = TARGETS[type(entry)]
    _refuse_impossible(session, entry, target, reason)
    strike = EntryStrike(
        id=row_id,
        clinic_id=session.clinic_id,
        session=session,
        reason=reason.strip(),
        struck_by=by,
        struck_at=at,
    )
    setattr(strike, target, entry)
    strike.save(force_insert=True)
    alerts = list(open_alerts_of(session, entry))
    close_as_entered_in_error(alerts, by=by, note=strike.reason, at=at)
    record.raise_version(session.patient_id)
    audit.record(
        audit.Tag.ENTRY_STRIKE,
        by=by,
        at=at,
        session=session,
        row=entry,
        reason=strike.reason,
    )
    return strike


@transaction.atomic
def correct_reading(
    *,
    by: Staff,
    reading: VitalReading,
    values: Mapping[str, int | Decimal | None],
    reason: str,
    write_key: UUID | None,
    taken_at: datetime | None = None,
    client_clock: datetime | None = None,
    position: str = "",
    blank_reason: str = "",
    clock: record.Clock = record.now,
) -> VitalReading:
    """Afterwards the old reading is struck and the new one, which says what it replaces, stands.

    `taken_at` None keeps the time of the old reading.
    """
    frozen_now = clock()
    session = record.locked(reading.session)
    if not _is_repeat(write_key):
        _strike(session, reading, by=by, reason=reason, row_id=new_key(), at=frozen_now)
    return record_vital_reading(
        by=by,
        session=session,
        write_key=write_key,
        values=values,
        taken_at=taken_at or reading.taken_at,
        client_clock=client_clock,
        position=position,
        blank_reason=blank_reason,
        replaces=reading,
        clock=lambda: frozen_now,
    )


@transaction.atomic
def correct_dose_event(
    *,
    by: Staff,
    event: DoseEvent,
    reason: str,
    write_key: UUID | None,
    taken_at: datetime | None = None,
    client_clock: datetime | None = None,
    rate_ml_per_hour: Decimal | None = None,
    amount_mg: Decimal | None = None,
    lot: str = "",
    clock: record.Clock = record.now,
) -> DoseEvent:
    """Afterwards the old event is struck, the new one of the same kind stands, and t0 is right.

    In one step, because an infusion without its start cannot be. `taken_at` None keeps the time.
    """
    frozen_now = clock()
    session = record.locked(event.session)
    if not _is_repeat(write_key):
        _strike(session, event, by=by, reason=reason, row_id=new_key(), at=frozen_now)
    return record_dose_event(
        by=by,
        session=session,
        kind=event.kind,
        write_key=write_key,
        taken_at=taken_at or event.taken_at,
        client_clock=client_clock,
        rate_ml_per_hour=rate_ml_per_hour,
        amount_mg=amount_mg,
        lot=lot,
        reason=event.reason,
        replaces=event,
        clock=lambda: frozen_now,
    )


@transaction.atomic
def correct_medication(
    *,
    by: Staff,
    medication: MedicationGiven,
    medicine: Medicine,
    reason: str,
    write_key: UUID | None,
    taken_at: datetime | None = None,
    client_clock: datetime | None = None,
    clock: record.Clock = record.now,
) -> MedicationGiven:
    """Afterwards the old row is struck and the new one, which says what it replaces, stands.

    `reason` is what was wrong; why the medicine was given is in `medicine`. `taken_at` None keeps
    the time.
    """
    frozen_now = clock()
    session = record.locked(medication.session)
    if not _is_repeat(write_key):
        _strike(session, medication, by=by, reason=reason, row_id=new_key(), at=frozen_now)
    return record_medication(
        by=by,
        session=session,
        medicine=medicine,
        write_key=write_key,
        taken_at=taken_at or medication.taken_at,
        client_clock=client_clock,
        replaces=medication,
        clock=lambda: frozen_now,
    )


def _is_repeat(write_key: UUID | None) -> bool:
    """The key was used: the deed itself then says whether for the same body."""
    return write_key is not None and WriteReceipt.objects.filter(key=write_key).exists()


def session_of(entry: Struck) -> TreatmentSession:
    return entry.effect.session if isinstance(entry, SideEffectChange) else entry.session


def _refuse_impossible(session: TreatmentSession, entry: Struck, target: str, reason: str) -> None:
    if not reason.strip():
        raise refuse("reason", "required")
    if long := too_long(EntryStrike, {"reason": reason.strip()}):
        raise RuleBroken(*long)
    if session.is_imported:
        raise refuse("session", "session_imported")
    sign_off = standing_sign_off(session)
    if sign_off is not None:
        raise refuse("session", "session_signed", limit=record.clock_text(sign_off.signed_at))
    earlier = EntryStrike.objects.filter(**{target: entry}).first()
    if earlier is not None:
        raise refuse("session", "already_struck", limit=record.clock_text(earlier.struck_at))


def open_alerts_of(session: TreatmentSession, entry: Struck) -> QuerySet[Alert]:
    """The open alerts that this entry raised; a change's and a dose's by their instant."""
    rows = Alert.objects.open()
    if isinstance(entry, VitalReading):
        return rows.filter(reading=entry)
    if isinstance(entry, SideEffect):
        return rows.filter(effect=entry)
    if isinstance(entry, SideEffectChange):
        return rows.filter(effect=entry.effect_id, raised_at=entry.recorded_at)
    if isinstance(entry, DoseEvent):
        return rows.filter(session=session, code__in=DOSE_ALERTS, raised_at=entry.recorded_at)
    return rows.none()
