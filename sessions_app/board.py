"""The read model of the chair board: every chair, who sits in it, and what needs a person.

The number of queries does not depend on the number of chairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from sessions_app import protocols
from sessions_app.alert_words import alert_title
from sessions_app.clock import elapsed_min, local
from sessions_app.dose_given import infusion_end, standing_events
from sessions_app.effect_words import GRADE_WORDS, effect_words
from sessions_app.models import Alert, Appointment, Chair, Clinic, TreatmentSession, VitalReading
from sessions_app.refusals import FIELDS
from sessions_app.session_state import (
    NextDue,
    current_grade,
    discharge_checks,
    latest_value,
    next_due,
    open_effects,
    standing_readings,
    with_record,
)
from sessions_app.templatetags.words import bp, number

OVERDUE_MIN = 2  # design: two minutes of grace before the board says overdue
LEVELS = ("low", "medium", "high")
SPARKLINE_LIMIT = 180
PRESSURES = ("systolic", "diastolic", "mean_arterial")


@dataclass(frozen=True)
class EffectChip:
    """An open side effect in a few words: name, grade, minutes since its onset."""

    name: str
    grade: str
    minutes: int


@dataclass(frozen=True)
class Alarm:
    """One line of the alarm strip, as `_alarm_strip.html` reads it."""

    level: str
    title: str
    url: str
    link_text: str
    detail: str = ""
    is_new: bool = False


@dataclass
class Card:
    """One chair. `session` is None when it is free; `level` is "" when nothing calls."""

    chair: Chair
    session: TreatmentSession | None = None
    next_booking: Appointment | None = None
    has_twin: bool = False
    is_first: bool = False
    elapsed_min: float | None = None
    watch_min: int | None = None
    due: NextDue | None = None
    level: str = ""
    alerts: list[Alert] = field(default_factory=list)
    latest: dict[str, object] = field(default_factory=dict)
    pressures: list[float | None] = field(default_factory=list)
    effects: list[EffectChip] = field(default_factory=list)
    checks_met: int = 0
    checks_total: int = 0
    is_time_done: bool = False

    @property
    def overdue_min(self) -> int:
        """Whole minutes that the next reading is late, 0 within the grace."""
        if self.due is None or self.due.in_min > -OVERDUE_MIN:
            return 0
        return int(-self.due.in_min)

    @property
    def due_in_min(self) -> int:
        return max(0, round(self.due.in_min)) if self.due else 0

    @property
    def alert_text(self) -> str:
        """The gravest open alert in words."""
        return alert_text(self.alerts[0]) if self.alerts else ""

    @property
    def pressure_level(self) -> str:
        """The level that an open alert gives to the pressure; "" when none does."""
        levels = [a.level for a in self.alerts if a.code.startswith(PRESSURES)]
        return levels[0] if levels else ""

    @property
    def progress_max(self) -> int:
        return self.watch_min or 1


@dataclass(frozen=True)
class Board:
    """All chairs in the order of the room, the open High alarms, and the next booking."""

    cards: list[Card]
    alarms: list[Alarm]
    next_booking: Appointment | None
    read_at: datetime

    @property
    def is_empty(self) -> bool:
        """Nobody sits in any chair."""
        return all(card.session is None for card in self.cards)


def chair_board(clinic: Clinic, now: datetime) -> Board:
    """The board of one clinic at `now`, in a constant number of queries."""
    sessions = {row.chair_id: row for row in _running(clinic)}
    chairs = [
        chair
        for chair in Chair.objects.filter(clinic=clinic)
        if chair.is_active or chair.pk in sessions
    ]
    alerts = _alerts(sessions.values())
    bookings = _bookings(clinic, now)
    initials = Counter(row.patient.initials for row in sessions.values())
    cards = []
    for chair in chairs:
        session = sessions.get(chair.pk)
        if session is None:
            booked = next((row for row in bookings if row.chair_id == chair.pk), None)
            cards.append(Card(chair, next_booking=booked))
            continue
        card = _card(chair, session, alerts.get(session.pk, []), now)
        card.has_twin = initials[session.patient.initials] > 1
        cards.append(card)
    return Board(cards, _alarms(cards), bookings[0] if bookings else None, now)


def _running(clinic: Clinic) -> QuerySet[TreatmentSession]:
    """Open sessions with their record and `earlier`: how many doses the patient had before."""
    earlier = (
        TreatmentSession.objects.filter(
            patient=OuterRef("patient"), dose_started_at__lt=OuterRef("opened_at")
        )
        .exclude(pk=OuterRef("pk"))
        .order_by()
        .values("patient")
        .annotate(count=Count("pk"))
        .values("count")
    )
    running = TreatmentSession.objects.open().filter(clinic=clinic, chair__isnull=False)
    running = running.select_related("patient", "chair", "prescription")
    return with_record(running.annotate(earlier=Coalesce(Subquery(earlier), 0)))


def _alerts(sessions: Iterable[TreatmentSession]) -> dict[object, list[Alert]]:
    """Open alerts by session, the gravest and newest first."""
    found: dict[object, list[Alert]] = {}
    rows = Alert.objects.open().filter(session__in=[row.pk for row in sessions])
    rows = rows.select_related("reading", "effect")
    for alert in sorted(rows, key=lambda a: (LEVELS.index(a.level), a.raised_at), reverse=True):
        found.setdefault(alert.session_id, []).append(alert)
    return found


def _bookings(clinic: Clinic, now: datetime) -> list[Appointment]:
    """Today's appointments that are still to come, soonest first."""
    midnight = local(now, clinic.time_zone).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Appointment.objects.filter(
        clinic=clinic,
        cancelled_at=None,
        sessions__isnull=True,
        starts_at__gte=max(midnight, now - timedelta(hours=2)),
        starts_at__lt=midnight + timedelta(days=1),
    )
    return list(rows.select_related("patient"))


def _card(chair: Chair, session: TreatmentSession, alerts: list[Alert], now: datetime) -> Card:
    readings = standing_readings(session)
    checks = discharge_checks(session, now)
    t0 = session.dose_started_at
    card = Card(
        chair,
        session,
        is_first=not getattr(session, "earlier", 1),
        elapsed_min=None if t0 is None else elapsed_min(t0, now),
        watch_min=watch_minutes(session),
        due=next_due(session, now),
        alerts=alerts,
        latest={
            sign: latest_value(readings, sign)[0]
            for sign in ("systolic", "diastolic", "heart_rate", "spo2", "moaas")
        },
        pressures=_pressures(readings),
        effects=[
            EffectChip(
                effect_words(effect.code, effect.other_text),
                str(GRADE_WORDS.get(current_grade(effect), "")),
                int(elapsed_min(effect.taken_at, now)),
            )
            for effect in open_effects(session)
        ],
        checks_met=sum(check.met for check in checks),
        checks_total=len(checks),
        is_time_done=any(check.code == "watched" and check.met for check in checks),
    )
    card.level = alerts[0].level if alerts else ""
    if card.overdue_min and card.level != "high":
        card.level = "medium"
    return card


def _pressures(readings: list[VitalReading]) -> list[float | None]:
    return [None if row.systolic is None else float(row.systolic) for row in readings]


def watch_minutes(session: TreatmentSession) -> int | None:
    """How long this patient is watched at least, from the start of the dose."""
    if session.is_imported:
        return None
    end_min: float | None = session.infusion_minutes
    end = infusion_end(standing_events(session))
    if end is not None and session.dose_started_at is not None:
        end_min = elapsed_min(session.dose_started_at, end) or end_min
    if session.route == "iv" and not end_min:
        return None
    return round(protocols.minimum_watch_min(session.route, end_min))


def _alarms(cards: list[Card]) -> list[Alarm]:
    """High alarms of all chairs, newest first; one line for each chair."""
    calling = [card for card in cards if card.level == "high"]
    calling.sort(key=lambda card: card.alerts[0].raised_at, reverse=True)
    return [
        Alarm(
            "high",
            _("Chair %(chair)s · %(what)s")
            % {"chair": card.chair.name, "what": alert_text(card.alerts[0])},
            reverse("care:session", args=[card.session.pk]),
            _("Open chair %(chair)s") % {"chair": card.chair.name},
        )
        for card in calling
        if card.session is not None
    ]


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


def tabs(board: Board, active: object, *, can_run: bool) -> list[dict[str, object]]:
    """The chairs as links for the header of a session's page; `active` is a chair's key.

    A free chair leads to the start of a session, or to the board for who may run none.
    """
    board_url = reverse("care:chairs")
    return [
        {
            "number": card.chair.name,
            "url": reverse("care:session", args=[card.session.pk])
            if card.session
            else reverse("care:session_start", args=[card.chair.pk])
            if can_run
            else board_url,
            "active": card.chair.pk == active,
            "level": card.level,
        }
        for card in board.cards
    ]
