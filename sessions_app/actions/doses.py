"""The dose as it is given: infusion segments, single amounts, esketamine devices."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.alerts import raise_alert
from sessions_app.actions.checkins import plan_check_ins
from sessions_app.actions.details import too_long
from sessions_app.actions.receipts import claim
from sessions_app.chairside.dose_given import (
    dose_given_mg,
    dose_start,
    kinds_for,
    rate_events,
    standing_events,
)
from sessions_app.errors import RuleBroken, RuleError, refuse
from sessions_app.models import DoseEvent, Staff, TreatmentSession
from sessions_app.rules import dosing, limits

RATED = ("start", "rate_change")
REST = timedelta(minutes=dosing.DEVICE_REST_MIN)
# Above the plan by more than rounding and pump start-up explain: somebody should look.
ABOVE_PLAN = Decimal("1.1")


@transaction.atomic
def record_dose_event(
    *,
    by: Staff,
    session: TreatmentSession,
    kind: str,
    write_key: UUID | None,
    taken_at: datetime | None = None,
    client_clock: datetime | None = None,
    rate_ml_per_hour: Decimal | None = None,
    amount_mg: Decimal | None = None,
    lot: str = "",
    reason: str = "",
    replaces: DoseEvent | None = None,
    clock: record.Clock = record.now,
) -> DoseEvent:
    """Afterwards the event stands, t0 is right, and the first dose has planned the check-ins.

    Rates in mL/hour, amounts in mg. A device is always 28 mg. A stop before the planned dose, a
    device before its rest is over and one more than planned need their reason and are refused
    without it; with it a short rest, like any dose above the plan, is kept and alerted. An
    impossible order of events is refused. A correction is not asked again: its strike has the why.
    """
    frozen_now = clock()
    session = record.locked(session)
    if kind == "device":
        amount_mg = Decimal(dosing.DEVICE_MG)
    body = {
        "session": session,
        "kind": kind,
        "taken_at": taken_at,
        "rate": rate_ml_per_hour,
        "amount": amount_mg,
        "lot": lot,
        "reason": reason,
        "replaces": replaces,
    }
    claimed = claim(
        write_key, deed=audit.Tag.DOSE_RECORD, by=by, body=body, at=frozen_now, model=DoseEvent
    )
    if claimed.is_repeat:
        return DoseEvent.objects.get(pk=claimed.row_id)
    _refuse_impossible(session, kind, rate_ml_per_hour, amount_mg)
    if long := too_long(DoseEvent, {"lot": lot, "reason": reason}):
        raise RuleBroken(*long)
    stamp = record.stamp(session, taken_at, frozen_now, client_clock)
    event = DoseEvent(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        kind=kind,
        recorded_by=by,
        **stamp.columns(),
        rate_ml_per_hour=rate_ml_per_hour,
        amount_mg=amount_mg,
        lot=lot,
        reason=reason,
        replaces=replaces,
    )
    others = standing_events(session)
    refuse_impossible_order(session, [*others, event])
    if replaces is None and not reason.strip():
        _ask_reason(session, others, event)
    event.save(force_insert=True)
    settle_dose_start(session, by=by, at=frozen_now)
    _alert(session, event, frozen_now)
    record.raise_version(session.patient_id)
    audit.record(audit.Tag.DOSE_RECORD, by=by, at=frozen_now, session=session, row=event)
    return event


def settle_dose_start(session: TreatmentSession, *, by: Staff, at: datetime) -> None:
    """Afterwards `dose_started_at` is the first dose event that stands, and check-ins follow it."""
    began = dose_start(standing_events(session))
    if began == session.dose_started_at:
        return
    session.dose_started_at = began
    session.save(update_fields=["dose_started_at"])
    plan_check_ins(session=session, by=by, clock=lambda: at)


def refuse_impossible_order(session: TreatmentSession, events: list[DoseEvent]) -> None:
    """Raises RuleBroken when the infusion's events cannot have happened like this."""
    in_order = rate_events(session, sorted(events, key=lambda event: event.taken_at))
    faults = dosing.check_infusion(in_order)
    if faults:
        raise RuleBroken(*(RuleError("kind", f"infusion_{fault}") for fault in faults))
    if session.bag_mg and dosing.is_beyond_bag(in_order, session.bag_mg):
        empty_at = dosing.bag_empty_at(in_order, session.bag_mg)
        raise refuse("kind", "infusion_beyond_bag", record.clock_text(empty_at) if empty_at else "")


def _ask_reason(session: TreatmentSession, others: list[DoseEvent], event: DoseEvent) -> None:
    """Raises RuleBroken when this deed departs from the plan or the rest and nobody said why."""
    if event.kind == "stop" and session.planned_mg:
        in_order = sorted([*others, event], key=lambda row: row.taken_at)
        given = dose_given_mg(session, in_order, event.taken_at) or Decimal(0)
        if dosing.is_early_stop(given, session.planned_mg):
            planned = session.planned_mg
            raise refuse("reason", "early_stop_reason", _in_mg(planned), _in_mg(given))
    if event.kind != "device":
        return
    devices = [row.taken_at for row in others if row.kind == "device"]
    ready_at = dosing.rest_broken_until(devices, event.taken_at)
    if ready_at is not None:
        at = record.clock_text(event.taken_at)
        raise refuse("reason", "device_too_early", record.clock_text(ready_at), at)
    ordered = session.prescription.devices if session.prescription else None
    if ordered is not None and len(devices) >= ordered:
        raise refuse("reason", "device_beyond_plan", str(ordered), len(devices) + 1)


def _refuse_impossible(
    session: TreatmentSession,
    kind: str,
    rate_ml_per_hour: Decimal | None,
    amount_mg: Decimal | None,
) -> None:
    allowed = kinds_for(session)
    if kind not in allowed:
        raise refuse("kind", "unknown_choice", limit=", ".join(allowed), value=kind)
    if kind in RATED and rate_ml_per_hour is None:
        raise refuse("rate_ml_per_hour", "required")
    if kind == "given" and amount_mg is None:
        raise refuse("amount_mg", "required")
    given = {
        name: value
        for name, value in (("rate_ml_per_hour", rate_ml_per_hour), ("amount_mg", amount_mg))
        if value is not None
    }
    if given:
        found = limits.refusals(given)
        if found:
            raise RuleBroken(*(RuleError(f.field, f.code, f.limit, f.value) for f in found))


def _alert(session: TreatmentSession, event: DoseEvent, at: datetime) -> None:
    events = standing_events(session)
    if event.kind == "device":
        others = [e.taken_at for e in events if e.kind == "device" and e.pk != event.pk]
        gap = min((abs(event.taken_at - other) for other in others), default=REST)
        if gap < REST:
            minutes = f"{gap.total_seconds() / 60:.0f}"
            _raise(session, "low", "device_rest_short", minutes, str(dosing.DEVICE_REST_MIN), at)
    given, planned = dose_given_mg(session, events), session.planned_mg
    is_counted = event.kind in ("stop", "given", "device")
    if is_counted and given and planned and given > planned * ABOVE_PLAN:
        _raise(session, "medium", "dose_above_plan", _plain(given), _plain(planned), at)


def _in_mg(amount: Decimal) -> str:
    return f"{_plain(amount)}\u00a0mg"


def _plain(mg: Decimal) -> str:
    return f"{mg.normalize():f}"


def _raise(
    session: TreatmentSession, level: str, code: str, value: str, limit: str, at: datetime
) -> None:
    raise_alert(
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        session=session,
        level=level,
        code=code,
        value=value,
        limit=limit,
        at=at,
    )
