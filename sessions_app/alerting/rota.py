"""Who is on call, when nobody is, and whether anybody hears of a high alert."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from sessions_app.alerting.notifiers import channel_for, notifier_of
from sessions_app.help_lines import opening_hours, opening_spans
from sessions_app.models import Clinic, LastRun, OnCallShift, Staff
from sessions_app.roles import Role
from sessions_app.rules.escalation import Span

LOOK_AHEAD = timedelta(days=14)
SENDING = "deliver_due"
LATE_AFTER = timedelta(minutes=5)  # without a run, nobody can say that somebody is called


def on_call_at(clinic: Clinic, at: datetime) -> list[Staff]:
    """Everybody on call at that instant, by name. Somebody who left is on call no more."""
    return list(
        Staff.objects.filter(
            shifts__in=_shifts(clinic, at, at), clinic=clinic, is_active=True
        ).distinct()
    )


def leads_of(clinic: Clinic) -> list[Staff]:
    """Everybody who leads the clinic now, by name."""
    return list(Staff.objects.filter(clinic=clinic, role=Role.LEAD, is_active=True))


def is_reachable(person: Staff) -> bool:
    """Whether a message can reach them: an address, and a way out that is set up."""
    return _is_way(channel_for(person.phone, person.email))


def is_desk_reachable(clinic: Clinic) -> bool:
    """Whether a message can reach the front desk."""
    return _is_way(channel_for(clinic.desk_phone, clinic.desk_email))


def is_somebody_told(clinic: Clinic, at: datetime) -> bool:
    """Whether a high alert raised at that instant is told to somebody without delay.

    In opening hours every staff screen shows it. Otherwise somebody must be on call whom a message
    can reach, and messages must go out. Whether they read it, nobody knows: never promise more
    than "we told".
    """
    if opening_hours(clinic, at).is_open:
        return True
    return is_sending(at) and any(is_reachable(person) for person in on_call_at(clinic, at))


def is_sending(at: datetime) -> bool:
    """Whether what is due was sent in the last minutes: `send_due` runs every minute."""
    last = last_run()
    return last is not None and last > at - LATE_AFTER


def last_run() -> datetime | None:
    """When `send_due` last sent what was due; None: it never ran here."""
    return LastRun.objects.filter(job=SENDING).values_list("ended_at", flat=True).first()


def rota_gaps(clinic: Clinic, start: datetime, end: datetime) -> list[Span]:
    """When between two instants the clinic is closed and nobody reachable is on call."""
    shifts = _shifts(clinic, start, end).filter(staff__is_active=True).select_related("staff")
    covered = [(shift.starts_at, shift.ends_at) for shift in shifts if is_reachable(shift.staff)]
    return _uncovered([*covered, *opening_spans(clinic, start, end)], start, end)


def unreachable(clinic: Clinic, at: datetime) -> list[Staff]:
    """Leads, and everybody with a shift at that instant or later, whom no message can reach."""
    shifts = OnCallShift.objects.filter(clinic=clinic, cancelled_at=None, ends_at__gt=at)
    on_rota = Staff.objects.filter(shifts__in=shifts, clinic=clinic, is_active=True).distinct()
    people = {person.pk: person for person in [*on_rota, *leads_of(clinic)]}
    return [person for person in people.values() if not is_reachable(person)]


def _shifts(clinic: Clinic, start: datetime, end: datetime) -> QuerySet[OnCallShift]:
    """Shifts that touch the span; `start` and `end` the same: those that cover the instant."""
    rows = OnCallShift.objects.filter(clinic=clinic, cancelled_at=None)
    return rows.filter(starts_at__lte=end, ends_at__gt=start)


def _is_way(way: tuple[str, str]) -> bool:
    channel, address = way
    return bool(address) and notifier_of(channel) is not None


def _uncovered(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    gaps, at = [], start
    for opens, closes in sorted(spans):
        if opens >= end:
            break
        if opens > at:
            gaps.append((at, opens))
        at = max(at, closes)
    return [*gaps, (at, end)] if at < end else gaps
