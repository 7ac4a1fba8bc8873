"""How a session ends: checks before leaving, the signature that locks, its void, amendments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from sessions_app import audit, protocols
from sessions_app.actions import record
from sessions_app.actions.checkins import cancel_check_ins, plan_check_ins
from sessions_app.actions.details import too_long
from sessions_app.actions.receipts import claim
from sessions_app.actions.staff import confirm_pin
from sessions_app.actions.starting import Override, override_too_long
from sessions_app.dose_given import rate_events, standing_events
from sessions_app.dosing import infusion_state
from sessions_app.errors import RuleBroken, RuleError, refuse
from sessions_app.models import (
    Amendment,
    SessionCheck,
    SignOff,
    SignOffVoid,
    Staff,
    TreatmentSession,
)
from sessions_app.session_state import discharge_checks, standing_sign_off

ENDS = [code for code, _ in SignOff.ENDS]
NEEDS_REASON = ("not_started", "transferred", "left_against_advice", "wrong_patient")
VOID_WITHIN = timedelta(seconds=60)
NURSE_CHECKS = [check.code for check in protocols.DISCHARGE_CHECKS if check.source == "nurse"]


@transaction.atomic
def confirm_check(
    *,
    by: Staff,
    session: TreatmentSession,
    code: str,
    is_met: bool,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> SessionCheck:
    """Afterwards the nurse's tick (or its removal) of one discharge check stands."""
    frozen_now = clock()
    session = record.locked(session)
    claimed = claim(
        write_key,
        deed=audit.Tag.CHECK_CONFIRM,
        by=by,
        body={"session": session, "code": code, "is_met": is_met},
        at=frozen_now,
        model=SessionCheck,
    )
    if claimed.is_repeat:
        return SessionCheck.objects.get(pk=claimed.row_id)
    if code not in NURSE_CHECKS:
        raise refuse("code", "unknown_choice", ", ".join(NURSE_CHECKS), code)
    stamp = record.stamp(session, None, frozen_now)
    check = SessionCheck.objects.create(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        stage="discharge",
        code=code,
        answer="yes" if is_met else "no",
        taken_at=stamp.taken_at,
        recorded_at=stamp.recorded_at,
        recorded_by=by,
    )
    audit.record(audit.Tag.CHECK_CONFIRM, by=by, at=frozen_now, session=session, row=check)
    return check


def sign_session(
    *,
    by: Staff,
    session: TreatmentSession,
    pin: str,
    write_key: UUID | None,
    end: str = "discharged",
    reason: str = "",
    escort_name: str = "",
    overrides: Mapping[str, Override] | None = None,
    clock: record.Clock = record.now,
) -> SignOff:
    """Afterwards the session is locked under the signer's name.

    Going home needs every discharge check met or overruled with a reason and the prescriber's
    name; any other end needs a reason. The PIN is checked first, outside the transaction.
    """
    confirm_pin(person=by, pin=pin)
    return _sign(
        by=by,
        session=session,
        write_key=write_key,
        end=end,
        reason=reason.strip(),
        escort_name=escort_name.strip(),
        overrides=overrides or {},
        clock=clock,
    )


@transaction.atomic
def _sign(
    *,
    by: Staff,
    session: TreatmentSession,
    write_key: UUID | None,
    end: str,
    reason: str,
    escort_name: str,
    overrides: Mapping[str, Override],
    clock: record.Clock,
) -> SignOff:
    frozen_now = clock()
    session = record.locked(session)
    body = {
        "session": session,
        "end": end,
        "reason": reason,
        "escort": escort_name,
        "overrides": {code: f"{why.by}: {why.reason}" for code, why in overrides.items()},
    }
    claimed = claim(
        write_key, deed=audit.Tag.SESSION_SIGN, by=by, body=body, at=frozen_now, model=SignOff
    )
    if claimed.is_repeat:
        return SignOff.objects.get(pk=claimed.row_id)
    if session.is_imported:
        raise refuse("session", "session_imported")
    earlier = standing_sign_off(session)
    if earlier is not None:
        raise refuse(
            "session",
            "signed_by_other",
            limit=record.clock_text(earlier.signed_at),
            value=earlier.signed_by.full_name,
        )
    if end not in ENDS:
        raise refuse("end", "unknown_choice", ", ".join(ENDS), end)
    if end in NEEDS_REASON and not reason:
        raise refuse("reason", "required")
    if long := too_long(SignOff, {"reason": reason, "escort_name": escort_name}):
        raise RuleBroken(*long)
    if end == "not_started" and session.dose_started_at is not None:
        raise refuse("end", "dose_was_given")
    if end != "wrong_patient":
        _refuse_running_pump(session)
    if end == "discharged":
        _keep_discharge_checks(session, by, escort_name, overrides, clock)
    sign_off = SignOff.objects.create(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        end=end,
        reason=reason,
        escort_name=escort_name,
        signed_by=by,
        signed_at=frozen_now,
    )
    if end == "wrong_patient":
        cancel_check_ins(session=session, at=frozen_now)
    record.raise_version(session.patient_id)
    audit.record(audit.Tag.SESSION_SIGN, by=by, at=frozen_now, session=session, row=sign_off)
    return sign_off


def _refuse_running_pump(session: TreatmentSession) -> None:
    state = infusion_state(rate_events(session, standing_events(session)))
    if state in ("running", "paused"):
        raise refuse("end", "infusion_not_stopped")


def _keep_discharge_checks(
    session: TreatmentSession,
    by: Staff,
    escort_name: str,
    overrides: Mapping[str, Override],
    clock: record.Clock,
) -> None:
    """Afterwards the state of every check at the signature stands in the record."""
    frozen_now = clock()
    if session.dose_started_at is None:
        raise refuse("end", "no_dose_given")
    results = discharge_checks(session, frozen_now)
    errors = []
    for result in results:
        override = overrides.get(result.code)
        if result.met:
            continue
        if not (override and override.reason.strip() and override.by.strip()):
            errors.append(RuleError(result.code, "discharge_check_open"))
        else:
            errors += override_too_long(override)
    if not escort_name and "escort_present" not in overrides:
        errors.append(RuleError("escort_name", "required"))
    if errors:
        raise RuleBroken(*errors)
    rows = []
    for result in results:
        override = None if result.met else overrides[result.code]
        row = SessionCheck(
            clinic_id=session.clinic_id,
            session=session,
            stage="discharge",
            code=result.code,
            answer="yes" if result.met else "no",
            source=result.source,
            override_reason=override.reason.strip() if override else "",
            override_by=override.by.strip() if override else "",
            taken_at=frozen_now,
            recorded_at=frozen_now,
            recorded_by=by,
        )
        rows.append(row)
    SessionCheck.objects.bulk_create(rows)


@transaction.atomic
def void_sign_off(
    *,
    by: Staff,
    sign_off: SignOff,
    reason: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> SignOffVoid:
    """Within 60 s of signing, the signer takes the signature back; the session is open again."""
    frozen_now = clock()
    session = record.locked(sign_off.session)
    claimed = claim(
        write_key,
        deed=audit.Tag.SESSION_VOID,
        by=by,
        body={"sign_off": sign_off, "reason": reason},
        at=frozen_now,
        model=SignOffVoid,
    )
    if claimed.is_repeat:
        return SignOffVoid.objects.get(pk=claimed.row_id)
    if not reason.strip():
        raise refuse("reason", "required")
    if long := too_long(SignOffVoid, {"reason": reason.strip()}):
        raise RuleBroken(*long)
    if SignOffVoid.objects.filter(sign_off=sign_off).exists():
        raise refuse("session", "session_not_signed")
    if by.pk != sign_off.signed_by_id or frozen_now - sign_off.signed_at > VOID_WITHIN:
        raise refuse("session", "void_too_late", limit=f"{VOID_WITHIN.total_seconds():.0f}")
    void = SignOffVoid.objects.create(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        sign_off=sign_off,
        reason=reason.strip(),
        voided_by=by,
        voided_at=frozen_now,
    )
    if sign_off.end == "wrong_patient":
        plan_check_ins(session=session, by=by, clock=lambda: frozen_now)
    record.raise_version(session.patient_id)
    audit.record(
        audit.Tag.SESSION_VOID,
        by=by,
        at=frozen_now,
        session=session,
        row=sign_off,
        reason=void.reason,
    )
    return void


@transaction.atomic
def amend_session(
    *,
    by: Staff,
    session: TreatmentSession,
    text: str,
    reason: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> Amendment:
    """Afterwards a dated correction in words stands beside the signed (or imported) record."""
    frozen_now = clock()
    session = record.locked(session)
    claimed = claim(
        write_key,
        deed=audit.Tag.SESSION_AMEND,
        by=by,
        body={"session": session, "text": text, "reason": reason},
        at=frozen_now,
        model=Amendment,
    )
    if claimed.is_repeat:
        return Amendment.objects.get(pk=claimed.row_id)
    missing = [
        RuleError(name, "required")
        for name, value in (("text", text), ("reason", reason))
        if not value.strip()
    ]
    missing += too_long(Amendment, {"reason": reason.strip()})
    if missing:
        raise RuleBroken(*missing)
    if standing_sign_off(session) is None and not session.is_imported:
        raise refuse("session", "session_not_signed")
    amendment = Amendment.objects.create(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        text=text.strip(),
        reason=reason.strip(),
        amended_by=by,
        amended_at=frozen_now,
    )
    record.raise_version(session.patient_id)
    audit.record(
        audit.Tag.SESSION_AMEND,
        by=by,
        at=frozen_now,
        session=session,
        row=amendment,
        reason=amendment.reason,
    )
    return amendment
