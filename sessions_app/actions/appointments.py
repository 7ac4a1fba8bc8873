"""Appointments: booked, moved, cancelled, with every former version kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from sessions_app import audit
from sessions_app.actions import details, record
from sessions_app.actions.intake import lock_clinic
from sessions_app.actions.receipts import claim
from sessions_app.clock import clinic_day
from sessions_app.errors import RuleError, refuse
from sessions_app.models import Appointment, Chair, Patient, Staff

CLASH_WITHIN = timedelta(hours=2)  # the watch after a dose keeps a chair this long
FURTHEST = timedelta(days=731)


@transaction.atomic
def book_appointment(
    *,
    by: Staff,
    patient: Patient,
    starts_at: datetime,
    chair: Chair | None = None,
    confirmed: bool = False,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> Appointment:
    """Afterwards the patient is expected at `starts_at`.

    Within two hours of another appointment of the chair or the patient it is refused with
    "double_booked" until `confirmed`.
    """
    frozen_now = clock()
    body = {"patient": patient, "starts_at": starts_at, "chair": chair}
    claimed = claim(
        write_key,
        deed=audit.Tag.APPOINTMENT_SAVE,
        by=by,
        body=body,
        at=frozen_now,
        model=Appointment,
    )
    if claimed.is_repeat:
        return Appointment.objects.get(pk=claimed.row_id)
    row = Appointment(id=claimed.row_id, clinic_id=by.clinic_id, patient=patient)
    return _put(row, by, starts_at, chair, confirmed, frozen_now)


@transaction.atomic
def move_appointment(
    *,
    by: Staff,
    appointment: Appointment,
    starts_at: datetime,
    chair: Chair | None = None,
    confirmed: bool = False,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> Appointment:
    """Afterwards the appointment has another time or chair; the former one is kept."""
    frozen_now = clock()
    row = Appointment.objects.select_for_update().get(pk=appointment.pk)
    body = {"appointment": row, "starts_at": starts_at, "chair": chair}
    if _is_repeat(write_key, by, body, frozen_now):
        return row
    _refuse_closed(row)
    return _put(row, by, starts_at, chair, confirmed, frozen_now)


@transaction.atomic
def cancel_appointment(
    *,
    by: Staff,
    appointment: Appointment,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> Appointment:
    """Afterwards nobody is expected; the appointment stays in the list as cancelled."""
    frozen_now = clock()
    row = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if _is_repeat(write_key, by, {"appointment": row, "cancel": True}, frozen_now):
        return row
    if row.cancelled_at is not None:
        return row
    if row.sessions.exists():
        raise refuse("appointment", "session_started")
    details.save(row, {"cancelled_at": frozen_now}, by=by, at=frozen_now)
    _line(row, by, frozen_now)
    return row


def _is_repeat(write_key: UUID | None, by: Staff, body: dict[str, Any], at: datetime) -> bool:
    tag = audit.Tag.APPOINTMENT_SAVE
    return claim(write_key, deed=tag, by=by, body=body, at=at, model=Appointment).is_repeat


def _refuse_closed(row: Appointment) -> None:
    if row.cancelled_at is not None:
        raise refuse("appointment", "was_cancelled", record.clock_text(row.cancelled_at))
    if row.sessions.exists():
        raise refuse("appointment", "session_started")


def _put(
    row: Appointment,
    by: Staff,
    starts_at: datetime,
    chair: Chair | None,
    confirmed: bool,
    frozen_now: datetime,
) -> Appointment:
    # The clinic's row is held: two people who book the same chair at once see each other.
    zone = lock_clinic(by).time_zone
    faults = _time_faults(starts_at, frozen_now, zone)
    if chair is not None and not chair.is_active:
        faults.append(RuleError("chair", "chair_not_in_use", value=chair.name))
    details.raise_all(faults, [] if confirmed else _clashes(row, starts_at, chair))
    details.save(row, {"starts_at": starts_at, "chair": chair}, by=by, at=frozen_now)
    _line(row, by, frozen_now)
    return row


def _time_faults(starts_at: datetime, frozen_now: datetime, zone: str) -> list[RuleError]:
    today = clinic_day(frozen_now, zone)
    if clinic_day(starts_at, zone) < today:
        return [RuleError("starts_at", "in_the_past", today.isoformat())]
    if starts_at > frozen_now + FURTHEST:
        return [RuleError("starts_at", "too_far_ahead", "2")]
    return []


def _clashes(row: Appointment, starts_at: datetime, chair: Chair | None) -> list[RuleError]:
    near = Appointment.objects.filter(
        clinic_id=row.clinic_id,
        cancelled_at=None,
        starts_at__gt=starts_at - CLASH_WITHIN,
        starts_at__lt=starts_at + CLASH_WITHIN,
    ).exclude(pk=row.pk)
    same = Q(patient_id=row.patient_id)
    if chair is not None:
        same |= Q(chair=chair)
    clash = near.filter(same).select_related("patient").first()
    if clash is None:
        return []
    field = "patient" if clash.patient_id == row.patient_id else "chair"
    when = record.clock_text(clash.starts_at)
    return [RuleError(field, "double_booked", when, clash.patient.number)]


def _line(row: Appointment, by: Staff, at: datetime) -> None:
    audit.record(audit.Tag.APPOINTMENT_SAVE, by=by, at=at, patient=row.patient, row=row)
