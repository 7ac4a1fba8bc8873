"""Vital readings: kept if possible, alerted if dangerous, refused only when they cannot be true."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.alerts import close_when_back_in_range, raise_alert
from sessions_app.actions.receipts import claim
from sessions_app.chairside import statements
from sessions_app.chairside.session_state import Baseline, baseline
from sessions_app.errors import RuleBroken, RuleError
from sessions_app.models import Alert, Staff, TreatmentSession, VitalReading
from sessions_app.protocol_of import alert_limits_of
from sessions_app.rules import limits

BLANK_REASONS = ("declined", "asleep", "equipment", "not_due")


@transaction.atomic
def record_vital_reading(
    *,
    by: Staff,
    session: TreatmentSession,
    write_key: UUID | None,
    values: Mapping[str, int | Decimal | None],
    taken_at: datetime | None = None,
    client_clock: datetime | None = None,
    position: str = "",
    blank_reason: str = "",
    replaces: VitalReading | None = None,
    clock: record.Clock = record.now,
) -> VitalReading:
    """Afterwards the reading, its alerts and its audit line stand: all of them or none.

    `values` maps limits.SIGNS to numbers in the units of limits.PLAUSIBLE; None means not
    measured. `taken_at` None means now. Raises RuleBroken, or AlreadySaved for a used key.
    """
    frozen_now = clock()
    session = record.locked(session)
    given = {sign: values.get(sign) for sign in limits.SIGNS}
    body = {
        **given,
        "session": session,
        "taken_at": taken_at,
        "position": position,
        "blank_reason": blank_reason,
        "replaces": replaces,
    }
    claimed = claim(
        write_key,
        deed=audit.Tag.VITAL_RECORD,
        by=by,
        body=body,
        at=frozen_now,
        model=VitalReading,
    )
    if claimed.is_repeat:
        return VitalReading.objects.get(pk=claimed.row_id)
    _refuse_impossible(given, position, blank_reason)
    stamp = record.stamp(session, taken_at, frozen_now, client_clock)
    reading = VitalReading(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        recorded_by=by,
        **stamp.columns(),
        position=position,
        blank_reason=blank_reason,
        replaces=replaces,
        **given,
    )
    statements.insert(reading)
    alerts = _alerts(session, reading, given, frozen_now)
    _has_only(reading, alerts)
    close_when_back_in_range(session, reading, alerts, frozen_now)
    record.raise_version(session.patient_id)
    audit.record(audit.Tag.VITAL_RECORD, by=by, at=frozen_now, session=session, row=reading)
    return reading


def _refuse_impossible(given: Mapping[str, Any], position: str, blank_reason: str) -> None:
    errors = [
        RuleError(found.field, found.code, found.limit, found.value)
        for found in limits.refusals(given)
    ]
    if position and position not in limits.POSITIONS:
        errors.append(
            RuleError("position", "unknown_choice", ", ".join(limits.POSITIONS), position)
        )
    if blank_reason and blank_reason not in BLANK_REASONS:
        errors.append(
            RuleError("blank_reason", "unknown_choice", ", ".join(BLANK_REASONS), blank_reason)
        )
    if errors:
        raise RuleBroken(*errors)


def _alerts(
    session: TreatmentSession,
    reading: VitalReading,
    given: Mapping[str, int | Decimal | None],
    frozen_now: datetime,
) -> list[Alert]:
    t0 = session.dose_started_at
    phase: limits.Phase = "before" if t0 is None or reading.taken_at <= t0 else "after"
    alert_limits = alert_limits_of(session)
    before = _baseline(session, alert_limits) if phase == "after" else None
    breaches = limits.breaches(given, phase=phase, baseline=before, alert_limits=alert_limits)
    return [
        raise_alert(
            patient_id=session.patient_id,
            clinic_id=session.clinic_id,
            session=session,
            reading=reading,
            level=breach.level,
            code=breach.code,
            value=f"{breach.value}",
            limit=f"{breach.limit}",
            at=frozen_now,
        )
        for breach in breaches
    ]


def _baseline(session: TreatmentSession, alert_limits: limits.AlertLimits) -> Baseline:
    """What rises are counted from. Mostly the readings before the dose have all that it takes."""
    found: Baseline = dict.fromkeys(limits.SIGNS)
    if session.dose_started_at is not None:
        for signs in statements.signs_until(session.pk, session.dose_started_at):
            found.update({sign: value for sign, value in signs.items() if value is not None})
    rising = {limit.sign for limit in alert_limits.limits if limit.rise}
    if all(found.get(sign) is not None for sign in rising):
        return found
    return baseline(session)


def _has_only(reading: VitalReading, alerts: list[Alert]) -> None:
    """The new reading knows its alerts, and that nobody struck it, without asking the database."""
    found = reading.alerts.all()
    found._result_cache = alerts
    reading._prefetched_objects_cache = {"alerts": found}  # type: ignore[attr-defined]
    VitalReading.strike.related.set_cached_value(reading, None)
