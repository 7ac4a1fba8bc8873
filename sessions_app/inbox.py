"""The alerts of a clinic as its inbox shows them: groups, owners, ages, and proof of life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.alert_words import alert_title
from sessions_app.check_in_words import slot_words
from sessions_app.models import Alert, AlertEvent, CheckInRequest, Clinic, Staff
from sessions_app.permissions import visible_to
from sessions_app.roles import Deed

GROUPS: tuple[tuple[str, Promise], ...] = (
    ("high", _("High: act now")),
    ("medium", _("Medium: today")),
    ("low", _("Low: this week")),
)


@dataclass(frozen=True)
class Line:
    """One alert in the list. `owner` is None while nobody took it; `closed_at` while it is open."""

    alert: Alert
    title: str
    where: str
    owner: str | None
    closed_at: datetime | None
    is_selected: bool


@dataclass(frozen=True)
class Group:
    """One heading with its alerts, the oldest first; closed ones the newest first."""

    level: str
    label: Promise | str
    lines: list[Line]


@dataclass(frozen=True)
class Quiet:
    """What an empty inbox says, so that silence is not taken for health."""

    last_closed_at: datetime | None
    expected: int
    answered: int


@dataclass(frozen=True)
class Inbox:
    groups: list[Group]
    open_count: int
    high_count: int
    quiet: Quiet | None


def inbox(user: Staff, selected: Alert | None = None) -> Inbox:
    """The clinic's open alerts by level, and what was closed today (a clinic's day)."""
    today = day_start(timezone.now())
    rows = visible_to(user, Alert, Deed.SEE_ALERTS).select_related(
        "patient", "session__chair", "check_in__request"
    )
    open_rows = list(rows.open().order_by("raised_at", "id"))  # type: ignore[attr-defined]
    closing = AlertEvent.objects.filter(kind="closed", at__gte=today, clinic_id=user.clinic_id)
    closed_at = dict(closing.values_list("alert_id", "at"))
    closed_rows = list(rows.with_state().filter(pk__in=closed_at))  # type: ignore[attr-defined]
    names = _names([*open_rows, *closed_rows])
    groups = []
    for level, label in GROUPS:
        lines = [_line(row, names, None, selected) for row in open_rows if row.level == level]
        groups.append(Group(level, label, lines))
    closed = [_line(row, names, closed_at[row.pk], selected) for row in closed_rows]
    closed.sort(key=lambda line: line.closed_at or today, reverse=True)
    groups.append(Group("closed", _("Closed today"), closed))
    return Inbox(
        [group for group in groups if group.lines],
        len(open_rows),
        sum(row.level == "high" for row in open_rows),
        None if open_rows else _quiet(user.clinic),
    )


def oldest_high(user: Staff) -> Alert | None:
    """The alert that stands open on arrival."""
    rows = visible_to(user, Alert, Deed.SEE_ALERTS).open()  # type: ignore[attr-defined]
    return rows.filter(level="high").order_by("raised_at", "id").first()


def day_start(at: datetime) -> datetime:
    """When the present day began in the active time zone."""
    here = timezone.localtime(at)
    return datetime.combine(here.date(), time(0), here.tzinfo)


def _line(
    alert: Alert, names: dict[UUID, str], closed_at: datetime | None, selected: Alert | None
) -> Line:
    owner = alert.owner_id  # type: ignore[attr-defined]
    return Line(
        alert,
        alert_title(alert),
        _where(alert),
        names.get(owner) if owner else None,
        closed_at,
        selected is not None and selected.pk == alert.pk,
    )


def _where(alert: Alert) -> str:
    """Where it comes from: the chair, or the check-in."""
    if alert.check_in is not None:
        return slot_words(alert.check_in.request.slot) if alert.check_in.request else ""
    chair = alert.session.chair if alert.session else None
    return str(_("chair %(name)s") % {"name": chair.name}) if chair else ""


def _names(rows: list[Alert]) -> dict[UUID, str]:
    owners = {row.owner_id for row in rows}  # type: ignore[attr-defined]
    return dict(Staff.objects.filter(pk__in=owners).values_list("pk", "full_name"))


def _quiet(clinic: Clinic) -> Quiet:
    last = AlertEvent.objects.filter(clinic=clinic, kind="closed").order_by("at").last()
    today = day_start(timezone.now())
    due = CheckInRequest.objects.filter(
        clinic=clinic, cancelled_at=None, due_at__gte=today, due_at__lt=today + timedelta(days=1)
    )
    answered = due.filter(check_in__isnull=False).count()
    return Quiet(last.at if last else None, due.count(), answered)
