"""How a session ends: checks before leaving, the signature that locks, its void, amendments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.checkins import cancel_check_ins, plan_check_ins
from sessions_app.actions.details import too_long
from sessions_app.actions.ends import EndFacts, end_errors, reason_code_of, right_patient
from sessions_app.actions.receipts import claim
from sessions_app.actions.staff import confirm_password, confirm_pin
from sessions_app.actions.starting import Override, override_too_long
from sessions_app.chairside.session_state import discharge_checks, standing_sign_off
from sessions_app.errors import RuleBroken, RuleError, refuse
from sessions_app.models import (
    Amendment,
    SessionCheck,
    SignOff,
    SignOffVoid,
    Staff,
    TreatmentSession,
)
from sessions_app.protocol_of import protocol_of
from sessions_app.rules.ends import ENDS, OTHER, OVERRIDE_REASONS

VOID_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True)
class Overruled(Override):
    """An override of a discharge check; `code` is one of OVERRIDE_REASONS, empty for another."""

    code: str = ""


def nurse_checks(session: TreatmentSession) -> list[str]:
    """The codes that a person has to confirm under the session's protocol."""
    checks = protocol_of(session).discharge_checks
    return [check.code for check in checks if check.source == "nurse"]


@transaction.atomic
def confirm_check(
    *,
    by: Staff,
    session: TreatmentSession,
    code: str,
    is_met: bool,
    write_key: UUID | None,
    taken_at: datetime | None = None,
    client_clock: datetime | None = None,
    clock: record.Clock = record.now,
) -> SessionCheck:
    """Afterwards the nurse's tick (or its removal) of one discharge check stands."""
    frozen_now = clock()
    session = record.locked(session)
    claimed = claim(
        write_key,
        deed=audit.Tag.CHECK_CONFIRM,
        by=by,
        body={"session": session, "code": code, "is_met": is_met, "taken_at": taken_at},
        at=frozen_now,
        model=SessionCheck,
    )
    if claimed.is_repeat:
        return SessionCheck.objects.get(pk=claimed.row_id)
    if code not in nurse_checks(session):
        raise refuse("code", "unknown_choice", ", ".join(nurse_checks(session)), code)
    stamp = record.stamp(session, taken_at, frozen_now, client_clock)
    check = SessionCheck.objects.create(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        stage="discharge",
        code=code,
        answer="yes" if is_met else "no",
        recorded_by=by,
        **stamp.columns(),
    )
    audit.record(audit.Tag.CHECK_CONFIRM, by=by, at=frozen_now, session=session, row=check)
    return check


def sign_session(
    *,
    by: Staff,
    session: TreatmentSession,
    pin: str = "",
    password: str = "",
    write_key: UUID | None,
    end: str = "discharged",
    reason_code: str = "",
    reason: str = "",
    escort_name: str = "",
    transferred_to: str = "",
    handover: str = "",
    risks_explained: bool | None = None,
    right_patient: str = "",
    overrides: Mapping[str, Override] | None = None,
    clock: record.Clock = record.now,
) -> SignOff:
    """Afterwards the session is locked under the signer's name.

    Going home needs every discharge check met or overruled with a reason and the prescriber's
    name; what any other end needs is in ends.py. `right_patient`: the number of the patient whose
    record it is. The PIN, or without one the password, is checked first, outside the transaction.
    """
    facts = EndFacts(
        end,
        reason_code,
        reason.strip(),
        escort_name.strip(),
        transferred_to.strip(),
        handover.strip(),
        risks_explained,
        right_patient.strip(),
    )
    if pin:
        confirm_pin(person=by, pin=pin)
    elif password:
        confirm_password(person=by, password=password)
    else:
        # Pressed early: everything that is left is said at once, and no try is counted.
        left = _errors(session, facts, overrides or {}, clock())
        raise RuleBroken(*left, RuleError("pin", "required"))
    return _sign(
        by=by,
        session=session,
        write_key=write_key,
        facts=facts,
        signed_with="pin" if pin else "password",
        overrides=overrides or {},
        clock=clock,
    )


@transaction.atomic
def _sign(
    *,
    by: Staff,
    session: TreatmentSession,
    write_key: UUID | None,
    facts: EndFacts,
    signed_with: str,
    overrides: Mapping[str, Override],
    clock: record.Clock,
) -> SignOff:
    frozen_now = clock()
    session = record.locked(session)
    body = {
        "session": session,
        **asdict(facts),
        "overrides": {code: f"{why.by}: {why.reason}" for code, why in overrides.items()},
    }
    claimed = claim(
        write_key, deed=audit.Tag.SESSION_SIGN, by=by, body=body, at=frozen_now, model=SignOff
    )
    if claimed.is_repeat:
        return SignOff.objects.get(pk=claimed.row_id)
    if errors := _errors(session, facts, overrides, frozen_now):
        raise RuleBroken(*errors)
    if facts.end == "discharged":
        _keep_discharge_checks(session, by, overrides, frozen_now)
    sign_off = SignOff.objects.create(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        end=facts.end,
        reason_code=reason_code_of(facts),
        reason=facts.reason,
        escort_name=facts.escort_name,
        transferred_to=facts.transferred_to,
        handover=facts.handover,
        risks_explained=facts.risks_explained,
        right_patient=right_patient(session, facts),
        signed_with=signed_with,
        signed_by=by,
        signed_at=frozen_now,
    )
    if not ENDS[facts.end].is_asked_after:
        cancel_check_ins(session=session, at=frozen_now)
        _ask_again(session, by, frozen_now)
    record.raise_version(session.patient_id)
    audit.record(audit.Tag.SESSION_SIGN, by=by, at=frozen_now, session=session, row=sign_off)
    return sign_off


def _errors(
    session: TreatmentSession,
    facts: EndFacts,
    overrides: Mapping[str, Override],
    frozen_now: datetime,
) -> list[RuleError]:
    """Everything that stands in the way of this signature; empty when it can be given."""
    if session.is_imported:
        return [RuleError("session", "session_imported")]
    earlier = standing_sign_off(session)
    if earlier is not None:
        at, who = record.clock_text(earlier.signed_at), earlier.signed_by.full_name
        return [RuleError("session", "signed_by_other", limit=at, value=who)]
    errors = end_errors(session, facts)
    if not errors and facts.end == "discharged":
        errors = _discharge_errors(session, facts, overrides, frozen_now)
    return errors


def _ask_again(session: TreatmentSession, by: Staff, frozen_now: datetime) -> None:
    """The check-ins of the dose before go on: this session was none of this patient's doses."""
    if session.dose_started_at is None:
        return
    doses = TreatmentSession.objects.really_theirs().filter(
        patient_id=session.patient_id, dose_started_at__lt=session.dose_started_at
    )
    before = doses.order_by("dose_started_at", "id").last()
    if before is not None and not before.is_imported:
        plan_check_ins(session=before, by=by, clock=lambda: frozen_now)


def _discharge_errors(
    session: TreatmentSession,
    facts: EndFacts,
    overrides: Mapping[str, Override],
    frozen_now: datetime,
) -> list[RuleError]:
    results = discharge_checks(session, frozen_now)
    errors = []
    for result in results:
        if not result.met:
            errors += _override_errors(result.code, overrides.get(result.code))
    asks_escort = any(result.code == "escort_present" for result in results)
    if asks_escort and not facts.escort_name and "escort_present" not in overrides:
        errors.append(RuleError("escort_name", "required"))
    return errors


def _keep_discharge_checks(
    session: TreatmentSession,
    by: Staff,
    overrides: Mapping[str, Override],
    frozen_now: datetime,
) -> None:
    """Afterwards the state of every check at the signature stands in the record."""
    rows = []
    for result in discharge_checks(session, frozen_now):
        override = None if result.met else overrides[result.code]
        row = SessionCheck(
            clinic_id=session.clinic_id,
            session=session,
            stage="discharge",
            code=result.code,
            answer="yes" if result.met else "no",
            source=result.source,
            override_code=(getattr(override, "code", "") or OTHER) if override else "",
            override_reason=override.reason.strip() if override else "",
            override_by=override.by.strip() if override else "",
            taken_at=frozen_now,
            recorded_at=frozen_now,
            recorded_by=by,
        )
        rows.append(row)
    SessionCheck.objects.bulk_create(rows)


def _override_errors(code: str, override: Override | None) -> list[RuleError]:
    if override is None or not (override.reason.strip() and override.by.strip()):
        return [RuleError(code, "discharge_check_open")]
    why = getattr(override, "code", "")
    if why and why not in OVERRIDE_REASONS:
        return [RuleError("override_code", "unknown_choice", ", ".join(OVERRIDE_REASONS), why)]
    return override_too_long(override)


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
    if not ENDS[sign_off.end].is_asked_after:
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
