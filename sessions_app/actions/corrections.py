"""Nothing is edited or removed: a correction strikes an entry and may add another beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.alerts import close_as_entered_in_error
from sessions_app.actions.doses import refuse_impossible_order, settle_dose_start
from sessions_app.actions.readings import record_vital_reading
from sessions_app.actions.receipts import claim
from sessions_app.dose_given import standing_events
from sessions_app.errors import refuse
from sessions_app.models import (
    Alert,
    DoseEvent,
    EntryStrike,
    NoneObserved,
    SideEffect,
    SideEffectChange,
    Staff,
    TreatmentSession,
    VitalReading,
)
from sessions_app.session_state import standing_sign_off

Struck = VitalReading | DoseEvent | SideEffect | SideEffectChange | NoneObserved
TARGETS: dict[type[Any], str] = {
    VitalReading: "reading",
    DoseEvent: "dose_event",
    SideEffect: "effect",
    SideEffectChange: "effect_change",
    NoneObserved: "none_observed",
}


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
    target = TARGETS[type(entry)]
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
    _refuse_impossible(session, entry, target, reason)
    strike = EntryStrike(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        reason=reason.strip(),
        struck_by=by,
        struck_at=frozen_now,
    )
    setattr(strike, target, entry)
    strike.save(force_insert=True)
    if isinstance(entry, DoseEvent):
        refuse_impossible_order(session, standing_events(session))
        settle_dose_start(session, by=by, at=frozen_now)
    if isinstance(entry, (VitalReading, SideEffect)):
        _close_alerts(entry, by=by, note=strike.reason, at=frozen_now)
    record.raise_version(session.patient_id)
    audit.record(
        audit.Tag.ENTRY_STRIKE,
        by=by,
        at=frozen_now,
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
    position: str = "",
    blank_reason: str = "",
    clock: record.Clock = record.now,
) -> VitalReading:
    """Afterwards the old reading is struck and the new one, which says what it replaces, stands.

    `taken_at` None keeps the time of the old reading.
    """
    earlier = VitalReading.objects.filter(replaces=reading).first()
    if earlier is None:
        strike_entry(by=by, entry=reading, reason=reason, write_key=None, clock=clock)
    return record_vital_reading(
        by=by,
        session=reading.session,
        write_key=write_key,
        values=values,
        taken_at=taken_at or reading.taken_at,
        position=position,
        blank_reason=blank_reason,
        replaces=reading,
        clock=clock,
    )


def session_of(entry: Struck) -> TreatmentSession:
    return entry.effect.session if isinstance(entry, SideEffectChange) else entry.session


def _refuse_impossible(session: TreatmentSession, entry: Struck, target: str, reason: str) -> None:
    if not reason.strip():
        raise refuse("reason", "required")
    if session.is_imported:
        raise refuse("session", "session_imported")
    sign_off = standing_sign_off(session)
    if sign_off is not None:
        raise refuse("session", "session_signed", limit=record.clock_text(sign_off.signed_at))
    earlier = EntryStrike.objects.filter(**{target: entry}).first()
    if earlier is not None:
        raise refuse("session", "already_struck", limit=record.clock_text(earlier.struck_at))


def _close_alerts(entry: VitalReading | SideEffect, *, by: Staff, note: str, at: datetime) -> None:
    rows = Alert.objects.open()
    found = (
        rows.filter(reading=entry) if isinstance(entry, VitalReading) else rows.filter(effect=entry)
    )
    close_as_entered_in_error(list(found), by=by, note=note, at=at)
