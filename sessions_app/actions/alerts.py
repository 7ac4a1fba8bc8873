"""Alerts: raised by the record in the same transaction, taken and closed by people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, DateTimeField, UUIDField

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.receipts import claim
from sessions_app.chairside import statements
from sessions_app.chairside.alarm_state import is_back_in_range, sign_of
from sessions_app.errors import refuse
from sessions_app.models import (
    Alert,
    AlertEvent,
    CheckIn,
    CheckInRequest,
    SideEffect,
    Staff,
    TreatmentSession,
    VitalReading,
)
from sessions_app.ready import Given, Ready
from sessions_app.rules import alert_rules

_EVER_RAISED = Ready(
    lambda: (
        Alert.objects.filter(
            patient_id=Given(0, UUIDField()),
            code=Given(1, CharField()),
            raised_at__lte=Given(2, DateTimeField()),
        )
        .order_by()
        .values_list("pk")[:1]
    )
)
CALL_RESULTS = [code for code, _ in AlertEvent.CALL_RESULTS]
CALLED = [code for code, _ in AlertEvent.CALLED]


def raise_alert(
    *,
    clinic_id: UUID,
    patient_id: UUID,
    level: str,
    code: str,
    at: datetime,
    session: TreatmentSession | None = None,
    reading: VitalReading | None = None,
    effect: SideEffect | None = None,
    check_in: CheckIn | None = None,
    request: CheckInRequest | None = None,
    value: str = "",
    limit: str = "",
) -> Alert:
    """Afterwards somebody must look. Called inside the deed that found the reason."""
    return Alert.objects.create(
        clinic_id=clinic_id,
        patient_id=patient_id,
        session=session,
        reading=reading,
        effect=effect,
        check_in=check_in,
        request=request,
        level=level,
        code=code,
        value=value,
        limit=limit,
        raised_at=at,
    )


def take_alert(
    *, by: Staff, alert: Alert, write_key: UUID | None, clock: record.Clock = record.now
) -> AlertEvent:
    """Afterwards `by` owns the alert."""
    facts = {"owner": by}
    return _act(by=by, alert=alert, write_key=write_key, kind="taken", facts=facts, clock=clock)


def hand_over_alert(
    *,
    by: Staff,
    alert: Alert,
    to: Staff,
    write_key: UUID | None,
    note: str = "",
    clock: record.Clock = record.now,
) -> AlertEvent:
    """Afterwards `to`, somebody active at the same clinic, owns the alert."""
    if to.clinic_id != alert.clinic_id or not to.is_active:
        raise refuse("owner", "unknown_choice", value=to.full_name)
    return _act(
        by=by,
        alert=alert,
        write_key=write_key,
        kind="handed_over",
        facts={"owner": to, "note": note},
        clock=clock,
    )


def log_call(
    *,
    by: Staff,
    alert: Alert,
    write_key: UUID | None,
    note: str = "",
    result: str = "",
    called: str = "",
    clock: record.Clock = record.now,
) -> AlertEvent:
    """Afterwards the log says whom somebody called, and what came of it.

    `result` and `called` are codes of AlertEvent; without a result the note must say it. A call
    that nobody answered arms the ladder anew (escalation.py).
    """
    if result and result not in CALL_RESULTS:
        raise refuse("result", "unknown_choice", ", ".join(CALL_RESULTS), result)
    if called and called not in CALLED:
        raise refuse("called", "unknown_choice", ", ".join(CALLED), called)
    if not result and not note.strip():
        raise refuse("note", "required")
    return _act(
        by=by,
        alert=alert,
        write_key=write_key,
        kind="called",
        facts={"call_result": result, "called": called, "note": note},
        clock=clock,
    )


def close_alert(
    *,
    by: Staff,
    alert: Alert,
    outcome: str,
    write_key: UUID | None,
    note: str = "",
    clock: record.Clock = record.now,
) -> AlertEvent:
    """Afterwards the alert is closed, with an outcome that its kind can have (alert_rules.py).

    "Entered in error" needs words.
    """
    offered = alert_rules.outcomes_for(alert.code, alert.level)
    if not outcome:
        raise refuse("outcome", "required")
    if outcome not in offered:
        raise refuse("outcome", "unknown_choice", ", ".join(offered), outcome)
    if outcome == alert_rules.IN_ERROR and not note.strip():
        raise refuse("note", "required")
    return _act(
        by=by,
        alert=alert,
        write_key=write_key,
        kind="closed",
        facts={"outcome": outcome, "note": note},
        clock=clock,
    )


@transaction.atomic
def see_alert(
    *, by: Staff, alert: Alert, write_key: UUID | None, clock: record.Clock = record.now
) -> AlertEvent:
    """Afterwards somebody stood at the chair.

    An alarm about a value ends only when a later value is in range too: now, if it already is,
    or else by itself with the reading that brings it. Any other alarm ends by being seen.
    """
    if alert.reading is None:
        return close_alert(
            by=by, alert=alert, outcome="seen_at_chair", write_key=write_key, clock=clock
        )
    if is_back_in_range(alert):
        return close_alert(
            by=by, alert=alert, outcome="back_in_range", write_key=write_key, clock=clock
        )
    return _act(by=by, alert=alert, write_key=write_key, kind="seen", clock=clock)


def close_when_back_in_range(
    session: TreatmentSession, reading: VitalReading, raised: Iterable[Alert], at: datetime
) -> None:
    """The alarms that somebody saw and that this reading answers are over. `raised` are the
    alerts of the reading itself.
    """
    if not statements.has_open_alert(session.pk):
        return  # as after most readings
    calling = {sign_of(alert) for alert in raised}
    rows: Any = Alert.objects.open()
    earlier = reading.taken_at
    for alert in rows.filter(session=session, is_seen=True, reading__taken_at__lt=earlier):
        sign = sign_of(alert)
        if getattr(reading, sign) is None or sign in calling:
            continue
        AlertEvent.objects.create(
            clinic_id=alert.clinic_id,
            alert=alert,
            kind="closed",
            outcome="back_in_range",
            at=at,
        )


def close_by_itself(
    *, patient_id: UUID, code: str, outcome: str, at: datetime, value: str | None = None
) -> int:
    """Afterwards the patient's open alerts with this code (and value) are closed by the record.

    Called inside the deed that answers them: a check-in that came after all, a check of the
    long-term watch. Returns how many there were.
    """
    if _EVER_RAISED.first(patient_id, code, at) is None:
        return 0  # as for nearly every answer; the next statement is long
    raised = Alert.objects.filter(patient_id=patient_id, code=code, raised_at__lte=at)
    found: Any = Alert.objects.open().filter(pk__in=raised.values("pk"))
    if value is not None:
        found = found.filter(value=value)
    for alert in found:
        AlertEvent.objects.create(
            clinic_id=alert.clinic_id, alert=alert, kind="closed", outcome=outcome, at=at
        )
    return len(found)


def close_as_entered_in_error(alerts: list[Alert], *, by: Staff, note: str, at: datetime) -> None:
    """The entry behind these alerts was struck: each open one is closed and says so."""
    for alert in alerts:
        AlertEvent.objects.create(
            clinic_id=alert.clinic_id,
            alert=alert,
            kind="closed",
            outcome="entered_in_error",
            note=note,
            by=by,
            at=at,
        )


_TAGS = {
    "taken": audit.Tag.ALERT_TAKE,
    "handed_over": audit.Tag.ALERT_HAND_OVER,
    "called": audit.Tag.ALERT_CALL,
    "seen": audit.Tag.ALERT_SEE,
    "closed": audit.Tag.ALERT_CLOSE,
}


@transaction.atomic
def _act(
    *,
    by: Staff,
    alert: Alert,
    write_key: UUID | None,
    kind: str,
    facts: dict[str, Any] | None = None,
    clock: record.Clock,
) -> AlertEvent:
    frozen_now = clock()
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    facts = facts or {}
    body = {"alert": alert, "kind": kind, **facts}
    claimed = claim(write_key, deed=_TAGS[kind], by=by, body=body, at=frozen_now, model=AlertEvent)
    if claimed.is_repeat:
        return AlertEvent.objects.get(pk=claimed.row_id)
    closed = alert.events.filter(kind="closed").select_related("by").first()
    if closed is not None:
        raise refuse("alert", "alert_closed", limit=record.clock_text(closed.at))
    event = AlertEvent.objects.create(
        id=claimed.row_id,
        clinic_id=alert.clinic_id,
        alert=alert,
        kind=kind,
        by=by,
        at=frozen_now,
        **facts,
    )
    audit.record(
        _TAGS[kind],
        by=by,
        at=frozen_now,
        patient=alert.patient,
        session=alert.session,
        row=alert,
    )
    return event
