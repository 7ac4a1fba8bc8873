"""The alerts of a clinic as its inbox shows them: groups, owners, ages, and proof of life."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sessions_app.alerting.inbox_notices import Notice, notices
from sessions_app.models import (
    Alert,
    AlertEvent,
    CheckInRequest,
    Clinic,
    Staff,
    TreatmentSession,
)
from sessions_app.permissions import visible_to
from sessions_app.roles import Deed
from sessions_app.rules.alert_rules import kind_of
from sessions_app.words.alert_words import alert_title
from sessions_app.words.check_in_words import slot_words

Show = Literal["open", "mine", "closed"]
GROUPS: tuple[tuple[str, Promise], ...] = (
    ("high", _("High: act now")),
    ("medium", _("Medium: today")),
    ("low", _("Low: this week")),
)
CLOSED_DAYS = 7
CLOSED_MOST = 200


@dataclass(frozen=True)
class Line:
    """One alert in the list.

    `owner` is None while nobody took it; of a closed one, who closed it, "" the record itself.
    `at_chair`: initials of the nurse whose running session it is, while nobody else took it.
    """

    alert: Alert
    title: str
    where: str
    owner: str | None
    at_chair: str
    closed_at: datetime | None
    is_selected: bool


@dataclass(frozen=True)
class Group:
    """One heading with its alerts, the oldest first; closed ones the newest first."""

    level: str
    label: Promise | str
    lines: list[Line]
    notices: list[Notice]


@dataclass(frozen=True)
class Quiet:
    """What an empty inbox says, so that silence is not taken for health."""

    last_closed_at: datetime | None
    expected: int
    answered: int


@dataclass(frozen=True)
class Inbox:
    show: Show
    groups: list[Group]
    open_count: int
    mine_count: int
    high_count: int
    quiet: Quiet | None
    high: list[Line]


def inbox(user: Staff, selected: Alert | None = None, show: Show = "open") -> Inbox:
    """The clinic's open alerts by level and what was closed today; or the user's own; or closed
    ones of the last days.
    """
    rows: Any = visible_to(user, Alert, Deed.SEE_ALERTS).select_related(
        "patient", "session__chair", "session__opened_by", "check_in__request"
    )
    open_rows = list(rows.open().order_by("raised_at", "id"))
    found = _Lines(open_rows, selected)
    lines = [found.line(row) for row in open_rows]
    mine = [line for line in lines if _is_mine(line, user)]
    if show == "closed":
        groups = [_closed(rows, timezone.now() - timedelta(days=CLOSED_DAYS), selected, show)]
    else:
        groups = _by_level(mine if show == "mine" else lines)
    if show == "open":
        groups = _with_notices(groups, notices(user))
        groups.append(_closed(rows, day_start(timezone.now()), selected, show))
    return Inbox(
        show,
        [group for group in groups if group.lines or group.notices],
        len(open_rows),
        len(mine),
        sum(row.level == "high" for row in open_rows),
        None if open_rows else _quiet(user.clinic),
        [line for line in lines if line.alert.level == "high"],
    )


def oldest_high(user: Staff) -> Alert | None:
    """The alert that stands open on arrival."""
    rows = visible_to(user, Alert, Deed.SEE_ALERTS).open()  # type: ignore[attr-defined]
    return rows.filter(level="high").order_by("raised_at", "id").first()


def day_start(at: datetime) -> datetime:
    """When the present day began in the active time zone."""
    here = timezone.localtime(at)
    return datetime.combine(here.date(), time(0), here.tzinfo)


def where_from(alert: Alert) -> str:
    """Where it comes from: the chair, or the check-in, unless the title says it."""
    asked = alert.check_in.request if alert.check_in else None
    if asked is not None:
        return slot_words(asked.slot)
    chair = alert.session.chair if alert.session and kind_of(alert.code) == "chair" else None
    return str(_("chair %(name)s") % {"name": chair.name}) if chair else ""


def chair_of(alert: Alert, running: set[UUID]) -> TreatmentSession | None:
    """The running session at whose chair the alarm is seen to."""
    if alert.session_id is None or kind_of(alert.code) != "chair":
        return None
    return alert.session if alert.session_id in running else None


def running_sessions(alerts: Iterable[Alert]) -> set[UUID]:
    """Which of the alerts' sessions run: nobody signed them yet."""
    keys = {alert.session_id for alert in alerts if alert.session_id}
    rows = TreatmentSession.objects.open().filter(pk__in=keys)
    return set(rows.values_list("pk", flat=True)) if keys else set()


class _Lines:
    """What the lines of a list share, asked for once."""

    def __init__(self, rows: list[Alert], selected: Alert | None) -> None:
        owners = {row.owner_id for row in rows}  # type: ignore[attr-defined]
        self.names = dict(Staff.objects.filter(pk__in=owners).values_list("pk", "full_name"))
        self.running = running_sessions(rows)
        self.selected = selected.pk if selected else None

    def line(self, alert: Alert) -> Line:
        owner = self.names.get(alert.owner_id)  # type: ignore[attr-defined]
        session = chair_of(alert, self.running)
        at_chair = session.opened_by.initials if session and owner is None else ""
        is_selected = alert.pk == self.selected
        return Line(
            alert, alert_title(alert), where_from(alert), owner, at_chair, None, is_selected
        )


def _is_mine(line: Line, user: Staff) -> bool:
    owner = line.alert.owner_id  # type: ignore[attr-defined]
    if owner is not None or not line.at_chair or line.alert.session is None:
        return bool(owner == user.pk)
    return line.alert.session.opened_by_id == user.pk


def _by_level(lines: list[Line]) -> list[Group]:
    return [
        Group(level, label, [line for line in lines if line.alert.level == level], [])
        for level, label in GROUPS
    ]


def _with_notices(groups: list[Group], found: list[Notice]) -> list[Group]:
    return [
        Group(group.level, group.label, group.lines, found if group.level == "medium" else [])
        for group in groups
    ]


def _closed(rows: Any, since: datetime, selected: Alert | None, show: Show) -> Group:
    closings = _closings(rows, since)
    lines = [
        Line(
            event.alert,
            alert_title(event.alert),
            where_from(event.alert),
            event.by.full_name if event.by else "",
            "",
            event.at,
            selected is not None and event.alert_id == selected.pk,
        )
        for event in closings
    ]
    if show == "open":
        return Group("closed", _("Closed today"), lines, [])
    label = ngettext(
        "Closed in the last %(count)s day", "Closed in the last %(count)s days", CLOSED_DAYS
    )
    return Group("closed", label % {"count": CLOSED_DAYS}, lines, [])


def _closings(rows: Any, since: datetime) -> list[AlertEvent]:
    """The newest closings since then, each with its alert as the list needs it."""
    events: QuerySet[AlertEvent] = AlertEvent.objects.filter(
        kind="closed", at__gte=since, alert__in=rows.order_by().values("pk")
    )
    events = events.select_related(
        "by", "alert__patient", "alert__session__chair", "alert__check_in__request"
    )
    return list(events.order_by("-at", "-id")[:CLOSED_MOST])


def _quiet(clinic: Clinic) -> Quiet:
    last = AlertEvent.objects.filter(clinic=clinic, kind="closed").order_by("at").last()
    today = day_start(timezone.now())
    due = CheckInRequest.objects.filter(
        clinic=clinic, cancelled_at=None, due_at__gte=today, due_at__lt=today + timedelta(days=1)
    )
    answered = due.filter(check_in__isnull=False).count()
    return Quiet(last.at if last else None, due.count(), answered)
