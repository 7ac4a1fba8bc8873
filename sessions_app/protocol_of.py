"""Which protocol and which alert limits hold: for a session, or for a clinic from now on.

A version never changes once it is written, so each process reads it once and keeps it. A session
therefore costs no query here, and a clinic one: which version is its newest.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import cast
from uuid import UUID

from sessions_app.models import AlertLimitVersion, ProtocolVersion, TreatmentSession
from sessions_app.rules.check_in_windows import window
from sessions_app.rules.limits import (
    AFTER,
    ALWAYS,
    BEFORE,
    DEFAULT_ALERTS,
    AlertLimit,
    AlertLimits,
    Compare,
    Level,
    Number,
    Phase,
)
from sessions_app.rules.long_term_watch import SHIPPED_WATCHES, Watch
from sessions_app.rules.protocols import SHIPPED, Protocol

KEPT = 1024  # versions a process holds at once
OWN = "clinic"
PARTS = ("due_minutes", "windows", "watches")
PHASES: dict[str, tuple[Phase, ...]] = {"before": BEFORE, "after": AFTER, "both": ALWAYS}
# What a version's row and the protocol both call by the same name.
SAME_NAMES = (
    "during_every_min",
    "after_every_min",
    "watch_min",
    "overdue_min",
    "start_systolic",
    "start_diastolic",
    "bp_retry_min",
    "min_hours_between_sessions",
    "weight_ask_percent",
    "weight_alert_percent",
    "mg_per_kg_low",
    "mg_per_kg_high",
    "devices_low",
    "devices_high",
    "devices_senior_low",
    "bp_near_percent",
    "systolic_below",
    "diastolic_below",
    "spo2_above",
    "moaas_at_least",
    "reading_max_age_min",
    "asks_leaflet",
    "asks_escort",
)


def protocol_of(session: TreatmentSession) -> Protocol:
    """The protocol that the session began under, whatever the clinic changed since."""
    if session.protocol_id is None:
        return SHIPPED[session.route]
    return _protocol(session.protocol_id)


def alert_limits_of(session: TreatmentSession) -> AlertLimits:
    """The alert limits that the session began under."""
    if session.alert_limits_id is None:
        return DEFAULT_ALERTS
    return _alert_limits(session.alert_limits_id)


def protocol_in_force(clinic_id: UUID, route: str) -> Protocol:
    """What a session of this route that begins now runs under; an unknown route: KeyError."""
    versions = ProtocolVersion.objects.filter(clinic_id=clinic_id, route=route)
    newest = versions.order_by("-number").values_list("pk", flat=True).first()
    return SHIPPED[route] if newest is None else _protocol(newest)


def alert_limits_in_force(clinic_id: UUID) -> AlertLimits:
    """The limits that a session beginning now runs under."""
    versions = AlertLimitVersion.objects.filter(clinic_id=clinic_id)
    newest = versions.order_by("-number").values_list("pk", flat=True).first()
    return DEFAULT_ALERTS if newest is None else _alert_limits(newest)


@lru_cache(maxsize=KEPT)
def _protocol(key: UUID) -> Protocol:
    rows = ProtocolVersion.objects.prefetch_related(*PARTS)
    return as_protocol(rows.get(pk=key))


@lru_cache(maxsize=KEPT)
def _alert_limits(key: UUID) -> AlertLimits:
    return as_alert_limits(AlertLimitVersion.objects.prefetch_related("lines").get(pk=key))


def as_protocol(row: ProtocolVersion) -> Protocol:
    """The protocol that the version holds."""
    own = {name: getattr(row, name) for name in SAME_NAMES}
    for name in ("mg_per_kg_low", "mg_per_kg_high"):
        own[name] = None if own[name] is None else _shortest(own[name])
    return Protocol(
        route=row.route,
        due=tuple(due.minute for due in row.due_minutes.all()),
        windows=tuple(
            window(
                asked.due_hours,
                asked.opens_hours,
                asked.closes_hours,
                tuple(asked.instruments.split()),
            )
            for asked in row.windows.all()
        ),
        watches=_watches(row),
        version=f"{OWN}-{row.route}-{row.number}",
        key=row.pk,
        **own,
    )


def _watches(row: ProtocolVersion) -> tuple[Watch, ...]:
    """The clinic's own watch, also an empty one; what ships, if the version says nothing of it."""
    if not row.sets_watch:
        return SHIPPED_WATCHES
    return tuple(
        Watch(kept.item, kept.every_days, kept.every_sessions) for kept in row.watches.all()
    )


def as_alert_limits(row: AlertLimitVersion) -> AlertLimits:
    """The table of limits that the version holds."""
    lines = tuple(
        AlertLimit(
            sign=line.sign,
            phases=PHASES[line.phase],
            compare=cast(Compare, line.compare),
            threshold=_number(line.threshold),
            level=cast(Level, line.level),
            source=row.reason,
            rise=line.is_rise,
        )
        for line in row.lines.all()
    )
    return AlertLimits(f"{OWN}-limits-{row.number}", lines, row.pk)


def _number(value: Decimal) -> Number:
    """Whole limits as whole numbers: 160, and not 160.0."""
    return int(value) if value == value.to_integral_value() else value


def _shortest(value: Decimal) -> Decimal:
    """The amount to one decimal, or to as many as it needs: 0.5 and 0.25, not 0.500."""
    tenths = value.quantize(Decimal("0.1"))
    return tenths if tenths == value else value.normalize()
