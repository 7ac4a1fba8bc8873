"""A clinic's protocols and alert limits: each change is a whole new version, with its reason.

A session that runs goes on under the version that it began under.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import details, record
from sessions_app.actions.intake import lock_clinic
from sessions_app.actions.receipts import claim
from sessions_app.errors import RuleBroken, RuleError, refuse
from sessions_app.instruments_of import instruments_of
from sessions_app.models import (
    AlertLimitRow,
    AlertLimitVersion,
    ProtocolDueMinute,
    ProtocolVersion,
    ProtocolWatch,
    ProtocolWindow,
    Staff,
)
from sessions_app.protocol_of import (
    PHASES,
    SAME_NAMES,
    alert_limits_in_force,
    protocol_in_force,
)
from sessions_app.rules.check_in_windows import Window, whole_hours
from sessions_app.rules.guard_rails import (
    SHIPPED_LINES,
    Change,
    Fault,
    limit_changes,
    limit_faults,
    protocol_changes,
    protocol_faults,
    thresholds,
)
from sessions_app.rules.limits import DEFAULT_ALERTS, LIMITS_VERSION, AlertLimits, Number
from sessions_app.rules.protocols import PROTOCOL_VERSION, SHIPPED, Protocol

PHASE_CODES = {phases: code for code, phases in PHASES.items()}


@transaction.atomic
def change_protocol(
    *,
    by: Staff,
    protocol: Protocol,
    reason: str,
    seen_version: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> ProtocolVersion:
    """Afterwards sessions of this route that begin from now on run under `protocol`.

    `seen_version` is the version that the change was made from: somebody else's in between is
    named and not overwritten. A number that is missing, outside what a clinic may set or at odds
    with another is refused, and so is a change of nothing.
    """
    windows = tuple(sorted(protocol.windows, key=lambda window: window.due))
    watches = tuple(sorted(protocol.watches, key=lambda watch: watch.item))
    wanted = replace(protocol, windows=windows, watches=watches)
    known = instruments_of(by.clinic_id)
    askable = [code for code, instrument in known.items() if instrument.is_asked]
    faults = protocol_faults(wanted, askable)
    return _new_protocol(
        by, wanted, reason, seen_version, write_key, clock, faults=faults, shipped=""
    )


@transaction.atomic
def reset_protocol(
    *,
    by: Staff,
    route: str,
    reason: str,
    seen_version: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> ProtocolVersion:
    """Afterwards a new version holds the shipped numbers of the route. An unknown one: KeyError."""
    return _new_protocol(
        by,
        SHIPPED[route],
        reason,
        seen_version,
        write_key,
        clock,
        faults=[],
        shipped=PROTOCOL_VERSION,
    )


def _new_protocol(
    by: Staff,
    wanted: Protocol,
    reason: str,
    seen_version: str,
    write_key: UUID | None,
    clock: record.Clock,
    *,
    faults: list[Fault],
    shipped: str,
) -> ProtocolVersion:
    frozen_now = clock()
    clinic = lock_clinic(by)
    claimed = claim(
        write_key,
        deed=audit.Tag.PROTOCOL_CHANGE,
        by=by,
        body={**_body(wanted), "reason": reason, "shipped": shipped},
        at=frozen_now,
        model=ProtocolVersion,
    )
    if claimed.is_repeat:
        return ProtocolVersion.objects.get(pk=claimed.row_id)
    rows = ProtocolVersion.objects.filter(clinic=clinic, route=wanted.route)
    held = protocol_in_force(clinic.pk, wanted.route)
    refuse_version(rows, held.version, seen_version, reason, faults, protocol_changes(held, wanted))
    version = ProtocolVersion.objects.create(
        **version_columns(rows.count(), claimed.row_id, by, reason, frozen_now, shipped),
        route=wanted.route,
        sets_watch=True,
        **{name: getattr(wanted, name) for name in SAME_NAMES},
    )
    ProtocolDueMinute.objects.bulk_create(
        ProtocolDueMinute(clinic=clinic, protocol=version, minute=minute) for minute in wanted.due
    )
    ProtocolWindow.objects.bulk_create(
        ProtocolWindow(
            clinic=clinic,
            protocol=version,
            opens_hours=whole_hours(window.opens),
            due_hours=whole_hours(window.due),
            closes_hours=whole_hours(window.closes),
            instruments=" ".join(window.instruments),
        )
        for window in wanted.windows
    )
    ProtocolWatch.objects.bulk_create(
        ProtocolWatch(clinic=clinic, protocol=version, **vars(watch)) for watch in wanted.watches
    )
    audit.record(
        audit.Tag.PROTOCOL_CHANGE, by=by, at=frozen_now, row=version, reason=version.reason
    )
    return version


def _body(protocol: Protocol) -> dict[str, Any]:
    """What a repeat has to send again: every value of the protocol."""
    return {
        **{name: getattr(protocol, name) for name in SAME_NAMES},
        "route": protocol.route,
        "due": protocol.due,
        "windows": [_plain(window) for window in protocol.windows],
        "watches": [list(vars(watch).values()) for watch in protocol.watches],
    }


def _plain(window: Window) -> list[str]:
    return [str(window.opens), str(window.due), str(window.closes), *window.instruments]


@transaction.atomic
def change_alert_limits(
    *,
    by: Staff,
    values: Mapping[str, Number | None],
    reason: str,
    seen_version: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> AlertLimitVersion:
    """Afterwards sessions that begin from now on call at these thresholds.

    `values` maps names of SHIPPED_LINES to thresholds; None leaves the line out, which a High
    line refuses. `seen_version`: as in `change_protocol`.
    """
    unknown = [name for name in values if name not in SHIPPED_LINES]
    if unknown:
        raise refuse(unknown[0], "unknown_choice", ", ".join(SHIPPED_LINES), unknown[0])
    return _new_limits(
        by, values, reason, seen_version, write_key, clock, faults=limit_faults(values), shipped=""
    )


@transaction.atomic
def reset_alert_limits(
    *,
    by: Staff,
    reason: str,
    seen_version: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> AlertLimitVersion:
    """Afterwards a new version holds the shipped table."""
    values = thresholds(DEFAULT_ALERTS)
    return _new_limits(
        by, values, reason, seen_version, write_key, clock, faults=[], shipped=LIMITS_VERSION
    )


def _new_limits(
    by: Staff,
    values: Mapping[str, Number | None],
    reason: str,
    seen_version: str,
    write_key: UUID | None,
    clock: record.Clock,
    *,
    faults: list[Fault],
    shipped: str,
) -> AlertLimitVersion:
    frozen_now = clock()
    clinic = lock_clinic(by)
    claimed = claim(
        write_key,
        deed=audit.Tag.LIMITS_CHANGE,
        by=by,
        body={**values, "reason": reason, "shipped": shipped},
        at=frozen_now,
        model=AlertLimitVersion,
    )
    if claimed.is_repeat:
        return AlertLimitVersion.objects.get(pk=claimed.row_id)
    lines = [
        replace(line, threshold=threshold)
        for name, line in SHIPPED_LINES.items()
        if (threshold := values.get(name)) is not None
    ]
    rows = AlertLimitVersion.objects.filter(clinic=clinic)
    held = alert_limits_in_force(clinic.pk)
    changed = limit_changes(held, AlertLimits("", tuple(lines)))
    refuse_version(rows, held.version, seen_version, reason, faults, changed)
    version = AlertLimitVersion.objects.create(
        **version_columns(rows.count(), claimed.row_id, by, reason, frozen_now, shipped)
    )
    AlertLimitRow.objects.bulk_create(
        AlertLimitRow(
            clinic=clinic,
            version=version,
            position=position,
            sign=line.sign,
            phase=PHASE_CODES[line.phases],
            compare=line.compare,
            threshold=Decimal(line.threshold),
            level=line.level,
            is_rise=line.rise,
        )
        for position, line in enumerate(lines, start=1)
    )
    audit.record(audit.Tag.LIMITS_CHANGE, by=by, at=frozen_now, row=version, reason=version.reason)
    return version


def refuse_version(
    rows: Any,
    held_version: str,
    seen_version: str,
    reason: str,
    faults: Sequence[Fault],
    changed: Sequence[Change],
) -> None:
    """RuleBroken with everything that keeps the new version from standing."""
    if seen_version != held_version:
        newest = rows.select_related("changed_by").order_by("-number").first()
        who = newest.changed_by.full_name if newest else ""
        when = record.clock_text(newest.changed_at) if newest else ""
        raise refuse("version", "changed_meanwhile", when, who)
    errors = details.missing({"reason": reason.strip()}, "reason")
    errors += details.too_long(ProtocolVersion, {"reason": reason.strip()})
    errors += [RuleError(fault.field, fault.code, fault.limit, fault.value) for fault in faults]
    if not errors and not changed:
        errors.append(RuleError("", "nothing_changed"))
    if errors:
        raise RuleBroken(*errors)


def version_columns(
    earlier: int,
    row_id: UUID,
    by: Staff,
    reason: str,
    at: datetime,
    shipped: str,
) -> dict[str, Any]:
    """The columns that every kind of version has; `number` goes on from the last one."""
    return {
        "id": row_id,
        "clinic_id": by.clinic_id,
        "number": earlier + 1,
        "shipped": shipped,
        "reason": reason.strip(),
        "changed_by": by,
        "changed_at": at,
    }
