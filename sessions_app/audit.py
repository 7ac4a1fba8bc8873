"""One explicit line per deed and per look, in the caller's transaction: no line, no row."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Model
from django.utils import timezone

from sessions_app.chairside import statements
from sessions_app.models import AuditEvent, Clinic, Patient, Staff, TreatmentSession


class Tag(StrEnum):
    CLINIC_CREATE = "clinic:create"
    CLINIC_UPDATE = "clinic:update"
    STAFF_CREATE = "staff:create"
    STAFF_UPDATE = "staff:update"
    STAFF_LEAVE = "staff:leave"
    STAFF_PIN = "staff:pin"
    STAFF_PASSWORD = "staff:password"
    SIGN_IN = "staff:sign-in"
    SIGN_OUT = "staff:sign-out"
    UNLOCK = "staff:unlock"
    DEVICE_CREATE = "device:create"
    DEVICE_RETIRE = "device:retire"
    TOKEN_CREATE = "token:create"
    TOKEN_REVOKE = "token:revoke"
    CHAIR_SAVE = "chair:save"
    HELP_LINE_SAVE = "help-line:save"
    HELP_LINE_TEST = "help-line:test"
    PROTOCOL_CHANGE = "protocol:change"
    LIMITS_CHANGE = "limits:change"
    ESCALATION_CHANGE = "escalation:change"
    SHIFT_SAVE = "shift:save"
    WATCH_CHECK = "watch:check"
    WATCH_STRIKE = "watch:strike"
    WATCH_DUE = "watch:due"
    WATCH_OVER = "watch:over"
    PATIENT_CREATE = "patient:create"
    PATIENT_UPDATE = "patient:update"
    PATIENT_LOOK = "patient:look"
    COURSE_SAVE = "course:save"
    PRESCRIPTION_CREATE = "prescription:create"
    APPOINTMENT_SAVE = "appointment:save"
    START_DRAFT = "start:draft"
    SESSION_OPEN = "session:open"
    SESSION_LOOK = "session:look"
    SESSION_IMPORT = "session:import"
    DOSE_RECORD = "dose:record"
    MEDICATION_RECORD = "medication:record"
    RATING_RECORD = "rating:record"
    VITAL_RECORD = "vital:record"
    EFFECT_RECORD = "effect:record"
    EFFECT_CHANGE = "effect:change"
    NONE_OBSERVED = "effect:none-observed"
    ENTRY_STRIKE = "entry:strike"
    CHECK_CONFIRM = "check:confirm"
    SESSION_SIGN = "session:sign"
    SESSION_VOID = "session:void"
    SESSION_AMEND = "session:amend"
    CHECK_IN_PLAN = "check-in:plan"
    CHECK_IN_LINK = "check-in:link"
    CHECK_IN_OPEN = "check-in:open"
    CHECK_IN_ANSWER = "check-in:answer"
    CHECK_IN_ENTER = "check-in:enter"
    SCORE_RECORD = "score:record"
    SCORE_CORRECT = "score:correct"
    SCORE_WITHDRAW = "score:withdraw"
    INSTRUMENT_LOAD = "instrument:load"
    INSTRUMENT_RETIRE = "instrument:retire"
    CHECK_IN_CODE = "check-in:code"
    CHECK_IN_ARRIVAL = "check-in:arrival"
    CHECK_IN_REVOKE = "check-in:revoke"
    CHECK_IN_SEND = "check-in:send"
    CHECK_IN_CALL = "check-in:call"
    CHECK_IN_MISSED = "check-in:missed"
    REMINDER_PLAN = "reminder:plan"
    REMINDERS_STOP = "reminders:stop"
    REMINDERS_START = "reminders:start"
    CHECK_IN_IMPORT = "check-in:import"
    PROGRESS_LOOK = "progress:look"
    PROGRESS_PIN = "progress:pin"
    VITAL_IMPORT = "vital:import"
    EFFECT_IMPORT = "effect:import"
    ALERT_TAKE = "alert:take"
    ALERT_HAND_OVER = "alert:hand-over"
    ALERT_CALL = "alert:call"
    ALERT_SEE = "alert:see"
    ALERT_CLOSE = "alert:close"
    ALERT_PAGE = "alert:page"
    MESSAGE_SEND = "message:send"
    LIST_LOOK = "list:look"
    OUTCOMES_LOOK = "outcomes:look"
    EXPORT = "export"


def record(
    tag: Tag,
    *,
    by: Staff | None,
    clinic: Clinic | None = None,
    at: datetime | None = None,
    patient: Patient | None = None,
    session: TreatmentSession | None = None,
    row: Model | None = None,
    reason: str = "",
) -> AuditEvent:
    """Afterwards one audit line stands. `by` is None for a patient's own deed by link."""
    clinic_id = clinic.pk if clinic else _clinic_of(by, patient, session)
    line = AuditEvent(
        tag=tag.value,
        by=by,
        clinic_id=clinic_id,
        at=at or timezone.now(),
        patient_id=patient.pk if patient else (session.patient_id if session else None),
        session=session,
        row=f"{row._meta.model_name}:{row.pk}" if row is not None else "",
        reason=reason,
    )
    return statements.insert(line)


def _clinic_of(by: Staff | None, patient: Patient | None, session: TreatmentSession | None) -> UUID:
    for owner in (session, patient, by):
        if owner is not None:
            return owner.clinic_id
    raise ValueError("an audit line belongs to a clinic")
