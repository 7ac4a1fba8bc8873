"""A side effect or its newest change at another time: the old entry is struck, a new one stands."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app.actions import record
from sessions_app.actions.corrections import strike_entry
from sessions_app.actions.effects import Serious, change_side_effect, record_side_effect
from sessions_app.chairside.session_state import standing_changes
from sessions_app.errors import refuse
from sessions_app.models import SideEffect, SideEffectChange, Staff, WriteReceipt

Timed = SideEffect | SideEffectChange


@transaction.atomic
def retime_effect(
    *,
    by: Staff,
    entry: Timed,
    taken_at: datetime,
    reason: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> Timed:
    """Afterwards the same is said of `taken_at`; the old entry is struck with `reason`.

    Refused for a side effect that has changed since, and for a change before the newest: strike
    what came later first. Raises RuleBroken, or AlreadySaved for a used key.
    """
    frozen_now = clock()
    session = record.locked(
        entry.effect.session if isinstance(entry, SideEffectChange) else entry.session
    )
    is_repeat = write_key is not None and WriteReceipt.objects.filter(key=write_key).exists()
    if not is_repeat:
        _refuse_later_changes(entry)
        strike_entry(by=by, entry=entry, reason=reason, write_key=None, clock=lambda: frozen_now)
    serious = Serious(entry.is_serious, entry.serious_criterion)
    if isinstance(entry, SideEffectChange):
        return change_side_effect(
            by=by,
            effect=entry.effect,
            kind=entry.kind,
            grade=entry.grade,
            action=entry.action,
            serious=serious,
            taken_at=taken_at,
            write_key=write_key,
            clock=lambda: frozen_now,
        )
    return record_side_effect(
        by=by,
        session=session,
        code=entry.code,
        grade=entry.grade,
        other_text=entry.other_text,
        note=entry.note,
        action=entry.action,
        serious=serious,
        taken_at=taken_at,
        write_key=write_key,
        clock=lambda: frozen_now,
    )


def _refuse_later_changes(entry: Timed) -> None:
    """Bars are drawn from onset to change to end: an entry in their middle stays where it is."""
    effect = entry.effect if isinstance(entry, SideEffectChange) else entry
    changes = standing_changes(effect)
    last = changes[-1] if changes else None
    if last is not None and last.pk != entry.pk:
        raise refuse("taken_at", "changed_since", limit=record.clock_text(last.taken_at))
