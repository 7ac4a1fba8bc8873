"""Who is on call when: shifts are added, also week after week, and cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import details, record
from sessions_app.actions.intake import lock_clinic
from sessions_app.actions.receipts import claim
from sessions_app.clock import local, utc
from sessions_app.errors import RuleError, refuse
from sessions_app.models import OnCallShift, Staff, new_key
from sessions_app.roles import Deed, may

LONGEST = timedelta(days=14)
FURTHEST = timedelta(days=366)
MOST_WEEKS = 26

Span = tuple[datetime, datetime]


@transaction.atomic
def add_shifts(
    *,
    by: Staff,
    staff: Staff,
    starts_at: datetime,
    ends_at: datetime,
    weeks: int = 1,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> OnCallShift:
    """Afterwards `staff` is on call from `starts_at` to `ends_at`, and at the same times of the
    clinic's clock in each of `weeks` weeks. Gives the first of the shifts.

    Two people may be on call at once; the same person twice at once is refused, and so is somebody
    who may not act on alerts. Nothing is written then.
    """
    frozen_now = clock()
    zone = lock_clinic(by).time_zone
    body = {"staff": staff, "starts_at": utc(starts_at), "ends_at": utc(ends_at), "weeks": weeks}
    tag = audit.Tag.SHIFT_SAVE
    claimed = claim(write_key, deed=tag, by=by, body=body, at=frozen_now, model=OnCallShift)
    if claimed.is_repeat:
        return OnCallShift.objects.get(pk=claimed.row_id)
    details.raise_all(_faults(by, staff, starts_at, ends_at, weeks, frozen_now))
    spans = list(_weekly((starts_at, ends_at), weeks, zone))
    details.raise_all(_on_call_already(staff, spans))
    rows = [
        OnCallShift(id=key, clinic_id=by.clinic_id, staff=staff, starts_at=start, ends_at=end)
        for key, (start, end) in zip(_keys(claimed.row_id), spans, strict=False)
    ]
    for row in rows:
        details.save(row, {}, by=by, at=frozen_now)
    audit.record(tag, by=by, at=frozen_now, row=rows[0])
    return rows[0]


def _keys(first: UUID) -> Iterator[UUID]:
    yield first
    while True:
        yield new_key()


def _weekly(span: Span, weeks: int, zone: str) -> Iterator[Span]:
    """The span and the same times of the wall clock in the weeks after it, in UTC.

    A time that the clocks skip is the instant they skip to; one that they read twice is the first.
    """
    here = [local(end, zone) for end in span]
    yield utc(span[0]), utc(span[1])
    for week in range(1, weeks):
        start, end = (utc(each.replace(fold=0) + timedelta(weeks=week)) for each in here)
        yield start, end


def _faults(
    by: Staff, staff: Staff, starts_at: datetime, ends_at: datetime, weeks: int, at: datetime
) -> list[RuleError]:
    faults = []
    works_here = staff.clinic_id == by.clinic_id and staff.is_active
    if not works_here or not may(staff.role, Deed.HANDLE_ALERTS):
        faults.append(RuleError("staff", "cannot_be_on_call", value=staff.full_name))
    if not 1 <= weeks <= MOST_WEEKS:
        faults.append(RuleError("weeks", "weeks_range", f"1–{MOST_WEEKS}", weeks))
    if ends_at <= starts_at:
        when = record.clock_text(starts_at)
        return [*faults, RuleError("ends_at", "not_after", when, record.clock_text(ends_at))]
    if ends_at <= at:
        faults.append(RuleError("ends_at", "shift_in_the_past", record.clock_text(ends_at)))
    if ends_at - starts_at > LONGEST:
        faults.append(RuleError("ends_at", "shift_too_long", str(LONGEST.days)))
    if starts_at > at + FURTHEST:
        faults.append(RuleError("starts_at", "too_far_ahead", "1"))
    return faults


def _on_call_already(staff: Staff, spans: list[Span]) -> list[RuleError]:
    """The first time at which the person would be on call twice, also with this shift's own
    repetitions.
    """
    held: list[Span] = list(
        OnCallShift.objects.filter(
            staff=staff, cancelled_at=None, ends_at__gt=spans[0][0], starts_at__lt=spans[-1][1]
        ).values_list("starts_at", "ends_at")
    )
    for start, end in spans:
        clash = next((other for other in held if other[0] < end and start < other[1]), None)
        if clash is not None:
            when = record.clock_text(clash[0])
            return [RuleError("staff", "on_call_already", when, staff.full_name)]
        held.append((start, end))
    return []


@transaction.atomic
def cancel_shift(
    *,
    by: Staff,
    shift: OnCallShift,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> OnCallShift:
    """Afterwards nobody is called under this shift: one that runs ends now, one to come is
    cancelled. A second time changes nothing; one that is over is refused.
    """
    frozen_now = clock()
    row = OnCallShift.objects.select_for_update().get(pk=shift.pk)
    tag = audit.Tag.SHIFT_SAVE
    body = {"shift": row, "cancel": True}
    if claim(write_key, deed=tag, by=by, body=body, at=frozen_now, model=OnCallShift).is_repeat:
        return row
    if row.cancelled_at is not None:
        return row
    if row.ends_at <= frozen_now:
        raise refuse("shift", "shift_over", record.clock_text(row.ends_at))
    runs = row.starts_at < frozen_now
    change: dict[str, Any] = {"ends_at" if runs else "cancelled_at": frozen_now}
    details.save(row, change, by=by, at=frozen_now)
    audit.record(tag, by=by, at=frozen_now, row=row)
    return row
