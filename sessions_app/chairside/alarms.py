"""The alarms that every staff screen shows: the open High alerts of a clinic, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions_app.chairside.alarm_state import PRESSURES
from sessions_app.clock import elapsed_min
from sessions_app.models import Alert, VitalReading
from sessions_app.rules.alert_rules import ASKED_BEFORE_DOSE, LEVELS
from sessions_app.templatetags.words import bp, number
from sessions_app.words.alert_words import alert_title, alert_value
from sessions_app.words.field_words import FIELDS, lowered

WATCHED = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "moaas")


@dataclass(frozen=True)
class Alarm:
    """One line of the alarm strip, as `_alarm_strip.html` reads it.

    `short` is the same in the fewest words, for the narrow place on a session's page. `key` is
    the alert's, so that a screen announces each alarm once.
    """

    key: str
    level: str
    title: str
    short: str
    url: str
    link_text: str
    detail: str = ""


def alerts_for(clinic_id: UUID, sessions: Iterable[Any] = ()) -> list[Alert]:
    """The clinic's open High alerts, and every open alert of `sessions`: gravest, newest first."""
    rows = Alert.objects.open().filter(clinic_id=clinic_id)
    rows = rows.filter(Q(level="high") | Q(session__in=list(sessions)))
    rows = rows.select_related("reading", "effect", "patient", "session__chair")
    rows = rows.annotate(**{f"now_{sign}": Subquery(_newest(sign)) for sign in WATCHED})
    return sorted(rows, key=lambda row: (LEVELS.index(row.level), row.raised_at), reverse=True)


def _newest(sign: str) -> QuerySet[Any]:
    rows = VitalReading.objects.standing().filter(session=OuterRef("session_id"))
    return rows.exclude(**{sign: None}).order_by("-taken_at", "-id").values(sign)[:1]


def strip(alerts: Iterable[Alert], now: datetime, *, besides: object = None) -> list[Alarm]:
    """High alarms, newest first: one line a chair, one for each other alert.

    `besides` is the key of a session whose own page says its alarm itself. `alerts` are in the
    order of `alerts_for`.
    """
    lines: dict[object, Alarm] = {}
    for alert in alerts:
        place = alert.session_id if _is_at_chair(alert) else alert.pk
        if alert.level != "high" or (besides and str(place) == str(besides)):
            continue
        lines.setdefault(place, _line(alert, now))
    return list(lines.values())


def _is_at_chair(alert: Alert) -> bool:
    """Whether somebody sits there. An answer from a phone has the session it asks about, which
    is over; what was answered is not for a screen that the room can read.
    """
    return alert.check_in_id is None and alert.session is not None and bool(alert.session.chair_id)


def _line(alert: Alert, now: datetime) -> Alarm:
    session = alert.session
    if not _is_at_chair(alert) or session is None or session.chair is None:
        what = {"who": alert.patient.initials}
        said = _("%(who)s · an answer needs somebody now") % what
        if alert.code == ASKED_BEFORE_DOSE:
            said = _("Prescriber must speak with %(who)s before the dose") % what
        link = _("Open the alert")
        page = reverse("alerts:one", args=[alert.pk])
        return Alarm(str(alert.pk), alert.level, said, said, page, link)
    chair = {"chair": session.chair.name}
    return Alarm(
        str(alert.pk),
        alert.level,
        _("Chair %(chair)s · %(what)s") % {**chair, "what": alert_text(alert)},
        _("Chair %(chair)s · %(what)s") % {**chair, "what": alert_figure(alert)},
        reverse("care:session", args=[session.pk]),
        _("Open chair %(chair)s") % chair,
        limit_text(alert, now),
    )


def alert_text(alert: Alert) -> str:
    """What was found, with its figures: "Blood pressure 184/106"."""
    sign, _sep, turn = alert.code.rpartition("_")
    if alert.reading is not None and sign in ("systolic", "diastolic"):
        pressure = _("Blood pressure %(bp)s") % {"bp": bp(alert.reading)}
        rise = _("%(bp)s, up %(rise)s") % {"bp": pressure, "rise": number(alert.value)}
        return rise if turn == "rise" else pressure
    if sign == "mean_arterial":
        return _("Mean pressure %(value)s") % {"value": number(alert.value)}
    if sign in FIELDS:
        return f"{FIELDS[sign]} {number(alert.value)}"
    return alert_title(alert)


def alert_figure(alert: Alert) -> str:
    """The same in a card's badge: "BP 184/106"."""
    if alert.reading is not None and alert.code.startswith(PRESSURES[:2]):
        return _("BP %(bp)s") % {"bp": bp(alert.reading)}
    if alert.code == "effect_severe" and alert.value:
        return _("%(effect)s, severe") % {"effect": alert_value(alert)}
    return alert_text(alert)


def limit_text(alert: Alert, now: datetime) -> str:
    """Which limit was passed and since when: "above 180 systolic for 2 min". Where a newer value is
    not past it any more, that is said instead.
    """
    sign, _sep, turn = alert.code.rpartition("_")
    minutes = max(0, int(elapsed_min(alert.raised_at, now)))
    since = ngettext("for %(count)s min", "for %(count)s min", minutes) % {"count": minutes}
    if getattr(alert, "is_seen", False):
        return _("seen, waits for a value in range")
    words = {"limit": number(alert.limit), "sign": lowered(str(FIELDS.get(sign, "")))}
    newest = getattr(alert, f"now_{sign}", None)
    if alert.limit and newest is not None and _is_back(turn, newest, Decimal(alert.limit)):
        facts = {**words, "count": minutes, "value": number(newest)}
        return _("%(count)s min ago, %(sign)s now %(value)s, not seen yet") % facts
    if not alert.limit or not words["sign"]:
        return since
    if turn == "high":
        return _("above %(limit)s %(sign)s") % words + " " + since
    if turn == "low":
        return _("below %(limit)s %(sign)s") % words + " " + since
    return since


def _is_back(turn: str, newest: Decimal | int, limit: Decimal) -> bool:
    """Whether the newest value stands on the calm side of the limit."""
    return newest < limit if turn == "high" else turn == "low" and newest > limit
