"""Reminders: planned once for each window, stopped at once, and what was missed all the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from sessions_app import audit
from sessions_app.actions import check_in_links, details, record
from sessions_app.actions.alerts import raise_alert
from sessions_app.actions.receipts import claim
from sessions_app.alerting import message_holds
from sessions_app.chairside import statements
from sessions_app.errors import refuse
from sessions_app.models import (
    Alert,
    AlertEvent,
    CheckIn,
    CheckInCall,
    CheckInRequest,
    Message,
    Patient,
    Staff,
    new_key,
)
from sessions_app.rules.check_in_windows import PRE_WINDOW

# A window that closed longer ago calls nobody any more: the record was switched off meanwhile.
MISSED_WITHIN = timedelta(days=14)
MISSED = "check_in_missed"
CALL_RESULTS = [code for code, _ in CheckInCall.RESULTS]


def reminder_key(request: CheckInRequest) -> str:
    """The name of a window's one reminder: no two can be planned."""
    return f"reminder:{request.pk}"


def plan_reminders(*, clock: record.Clock = record.now) -> int:
    """Afterwards every window that is due and unanswered has its one reminder, if the patient
    chose a channel and did not stop it. Returns how many were planned.

    It is due at the window's own time, or at the first moment after it outside the patient's
    quiet hours; none is planned when the window closes before that. Two runners plan one, and
    one that was killed leaves whole reminders only: each has its own transaction.
    """
    frozen_now = clock()
    reminded = Message.objects.filter(request=OuterRef("pk"), kind="reminder")
    rows = _unanswered().filter(
        ~Exists(reminded),
        due_at__lte=frozen_now,
        closes_at__gt=frozen_now,
        patient__reminders_stopped_at=None,
    )
    rows = rows.exclude(patient__reminder_channel="none")
    return sum(_plan(request, frozen_now) for request in rows)


@transaction.atomic
def _plan(request: CheckInRequest, at: datetime) -> bool:
    patient = request.patient
    if message_holds.patient_hold(patient) or message_holds.request_hold(request, at):
        return False
    due_at = message_holds.quiet_until(request, at)
    if due_at >= request.closes_at:
        return False
    message = Message(
        id=new_key(),
        clinic_id=request.clinic_id,
        kind="reminder",
        channel=patient.reminder_channel,
        address=message_holds.address_of(patient),
        key=reminder_key(request),
        patient=patient,
        request=request,
        due_at=due_at,
        planned_at=at,
    )
    if not statements.insert_unless_there(message):
        return False
    audit.record(
        audit.Tag.REMINDER_PLAN,
        by=None,
        at=at,
        patient=patient,
        session=request.session,
        row=message,
    )
    return True


def note_missed(*, clock: record.Clock = record.now) -> int:
    """Afterwards each patient whose window closed without an answer has one open Low alert.

    One for each patient: while it is open, a further missed window raises none. What closed before
    the last one was dealt with, and what the patient has answered a later window since, raise none
    either. Returns how many were raised.
    """
    frozen_now = clock()
    closed = {"closes_at__lte": frozen_now, "closes_at__gt": frozen_now - MISSED_WITHIN}
    rows = _not_dealt_with(_unanswered().filter(**closed)).order_by("closes_at")
    return sum(_miss(request, frozen_now) for request in rows)


def _not_dealt_with(rows: QuerySet[CheckInRequest]) -> QuerySet[CheckInRequest]:
    earlier = Alert.objects.filter(patient=OuterRef("patient"), code=MISSED)
    closed = AlertEvent.objects.filter(alert=OuterRef("pk"), kind="closed")
    closed_later = AlertEvent.objects.filter(
        alert__patient=OuterRef("patient"),
        alert__code=MISSED,
        kind="closed",
        at__gte=OuterRef("closes_at"),
    )
    answered_later = CheckIn.objects.filter(
        patient=OuterRef("patient"), started_at__gt=OuterRef("due_at")
    )
    is_open = Exists(earlier.filter(~Exists(closed)))
    return rows.filter(~is_open, ~Exists(closed_later), ~Exists(answered_later))


@transaction.atomic
def _miss(request: CheckInRequest, at: datetime) -> bool:
    Patient.objects.select_for_update().get(pk=request.patient_id)
    # Read again under the lock: another runner, or the window before this one, may have raised it.
    still = _not_dealt_with(_unanswered().filter(pk=request.pk, closes_at__lte=at))
    if not still.exists():
        return False
    alert = raise_alert(
        clinic_id=request.clinic_id,
        patient_id=request.patient_id,
        level="low",
        code=MISSED,
        at=at,
        session=request.session,
        request=request,
        value=request.slot,
    )
    audit.record(audit.Tag.CHECK_IN_MISSED, by=None, at=at, patient=request.patient, row=alert)
    return True


def _unanswered() -> QuerySet[CheckInRequest]:
    """Whoever was asked on arrival sits in the clinic: no message, and no call when it closed."""
    rows = CheckInRequest.objects.filter(cancelled_at=None, check_in=None)
    rows = rows.exclude(slot=PRE_WINDOW.slot)
    return rows.select_related("patient", "clinic", "session")


@transaction.atomic
def ask_to_send(
    *,
    by: Staff,
    request: CheckInRequest,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> Message:
    """Afterwards a link to this check-in is asked for, by the channel that the patient chose.

    Quiet hours do not hold it: somebody decided it now. It goes out when it is delivered, with a
    token made then. Refused when the patient chose no channel or stopped them.
    """
    frozen_now = clock()
    request = check_in_links.askable(request, frozen_now)
    claimed = claim(
        write_key,
        deed=audit.Tag.CHECK_IN_SEND,
        by=by,
        body={"request": request},
        at=frozen_now,
        model=Message,
    )
    if claimed.is_repeat:
        return Message.objects.get(pk=claimed.row_id)
    patient = request.patient
    _refuse_held(patient)
    message = Message.objects.create(
        id=claimed.row_id,
        clinic_id=request.clinic_id,
        kind="link",
        channel=patient.reminder_channel,
        address=message_holds.address_of(patient),
        key=f"link:{claimed.row_id}",
        patient=patient,
        request=request,
        due_at=frozen_now,
        planned_at=frozen_now,
        asked_by=by,
    )
    audit.record(
        audit.Tag.CHECK_IN_SEND,
        by=by,
        at=frozen_now,
        patient=patient,
        session=request.session,
        row=message,
    )
    return message


def _refuse_held(patient: Patient) -> None:
    held = message_holds.patient_hold(patient)
    if held == "stopped" and patient.reminders_stopped_at is not None:
        since = record.clock_text(patient.reminders_stopped_at)
        raise refuse("request", "reminders_stopped", limit=since)
    if held == "no_address":
        raise refuse("phone" if patient.reminder_channel == "sms" else "email", "no_address")
    if held:
        raise refuse("request", "no_channel")


@transaction.atomic
def stop_reminders(
    *,
    by: Staff | None,
    patient: Patient,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> Patient:
    """Afterwards nothing is sent to the patient, planned or not. A second time changes nothing.

    `by` None: the patient, by a link.
    """
    frozen_now = clock()
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    tag = audit.Tag.REMINDERS_STOP
    body = {"patient": patient}
    claimed = claim(write_key, deed=tag, by=by, body=body, at=frozen_now, model=Patient)
    if claimed.is_repeat or patient.reminders_stopped_at is not None:
        return patient
    details.save(patient, {"reminders_stopped_at": frozen_now}, by=by, at=frozen_now)
    audit.record(tag, by=by, at=frozen_now, patient=patient, row=patient)
    return patient


@transaction.atomic
def start_reminders(
    *, by: Staff, patient: Patient, write_key: UUID | None, clock: record.Clock = record.now
) -> Patient:
    """Afterwards reminders go out again, at the patient's wish, by the channel in the details."""
    frozen_now = clock()
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    tag = audit.Tag.REMINDERS_START
    body = {"patient": patient}
    claimed = claim(write_key, deed=tag, by=by, body=body, at=frozen_now, model=Patient)
    if claimed.is_repeat:
        return patient
    if patient.reminders_stopped_at is None:
        raise refuse("patient", "reminders_not_stopped")
    details.save(patient, {"reminders_stopped_at": None}, by=by, at=frozen_now)
    audit.record(tag, by=by, at=frozen_now, patient=patient, row=patient)
    return patient


@transaction.atomic
def log_check_in_call(
    *,
    by: Staff,
    request: CheckInRequest,
    result: str,
    write_key: UUID | None,
    note: str = "",
    clock: record.Clock = record.now,
) -> CheckInCall:
    """Afterwards the list says that the patient was called about this check-in, and how it went."""
    frozen_now = clock()
    values = {"result": result, "note": note.strip()}
    claimed = claim(
        write_key,
        deed=audit.Tag.CHECK_IN_CALL,
        by=by,
        body={"request": request, **values},
        at=frozen_now,
        model=CheckInCall,
    )
    if claimed.is_repeat:
        return CheckInCall.objects.get(pk=claimed.row_id)
    details.raise_all(
        details.missing(values, "result"),
        details.not_a_choice("result", result, CALL_RESULTS),
        details.too_long(CheckInCall, {"note": values["note"]}),
    )
    call = CheckInCall.objects.create(
        id=claimed.row_id,
        clinic_id=request.clinic_id,
        request=request,
        by=by,
        at=frozen_now,
        **values,
    )
    audit.record(audit.Tag.CHECK_IN_CALL, by=by, at=frozen_now, patient=request.patient, row=call)
    return call
