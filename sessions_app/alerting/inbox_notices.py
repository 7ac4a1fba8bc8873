"""What stands in the inbox although no alert was raised: it is worked out anew at each look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app.alerting.rota import LATE_AFTER, last_run, rota_gaps
from sessions_app.models import Staff
from sessions_app.permissions import may
from sessions_app.readiness import unsigned_sessions
from sessions_app.roles import Deed
from sessions_app.templatetags.words import clock, daytime

LOOK_AHEAD = timedelta(hours=24)


@dataclass(frozen=True)
class Notice:
    """Something to put right. `url` "" where the reader cannot; `since` None: it has no age."""

    key: str
    title: str
    detail: str
    who: str
    url: str
    since: datetime | None = None


def notices(user: Staff) -> list[Notice]:
    """Calls that have stopped, a night without anybody on call, then the sessions that wait for
    their signature.
    """
    now = timezone.now()
    return [*_sending(user, now), *_rota(user, now), *_unsigned(user, now)]


def _sending(user: Staff, now: datetime) -> list[Notice]:
    """A server that called people before and stopped; one that never did says so on the rota."""
    last = last_run()
    if last is None or now - last < LATE_AFTER:
        return []
    return [
        Notice(
            key="sending",
            title=_("Nobody is called about alerts"),
            detail=_("Nothing was sent since %(at)s.") % {"at": daytime(last)},
            who=_("operator"),
            url=reverse("clinic:rota") if may(user, Deed.MANAGE_CLINIC) else "",
        )
    ]


def _rota(user: Staff, now: datetime) -> list[Notice]:
    gaps = rota_gaps(user.clinic, now, now + LOOK_AHEAD)
    if not gaps:
        return []
    start, end = gaps[0]
    is_now = start <= now
    until = _("until %(time)s or later") if end >= now + LOOK_AHEAD else _("until %(time)s")
    between = _("%(start)s to %(end)s") % {"start": clock(start), "end": daytime(end)}
    return [
        Notice(
            key="rota",
            title=_("Nobody is on call now") if is_now else _("Nobody will be on call"),
            detail=until % {"time": daytime(end)} if is_now else between,
            who=_("clinic lead"),
            url=reverse("clinic:rota") if may(user, Deed.MANAGE_CLINIC) else "",
        )
    ]


def _unsigned(user: Staff, now: datetime) -> list[Notice]:
    return [
        Notice(
            key=f"unsigned-{session.pk}",
            title=_("Session waits for its signature"),
            detail=f"{session.patient.initials} · {session.patient.number}",
            who=session.opened_by.full_name,
            url=reverse("care:discharge", args=[session.pk]),
            since=session.opened_at,
        )
        for session in unsigned_sessions(user.clinic, now)
    ]
