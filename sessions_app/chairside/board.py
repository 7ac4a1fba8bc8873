"""The read model of the chair board: every chair, who sits in it, and what needs a person.

The number of queries does not depend on the number of chairs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from sessions_app.chairside.alarm_state import sign_of
from sessions_app.chairside.alarms import Alarm, alert_figure, alert_text, alerts_for, strip
from sessions_app.chairside.dose_given import infusion_end, standing_events
from sessions_app.chairside.session_state import (
    NextDue,
    current_grade,
    discharge_checks,
    latest_value,
    next_due,
    open_effects,
    standing_readings,
    with_record,
)
from sessions_app.clock import elapsed_min, local
from sessions_app.models import (
    Alert,
    Appointment,
    Chair,
    Clinic,
    SideEffect,
    TreatmentSession,
    VitalReading,
)
from sessions_app.protocol_of import alert_limits_of, protocol_of
from sessions_app.rules.effects import GRADES
from sessions_app.words.effect_words import GRADE_WORDS, effect_words

EFFECTS_SHOWN = 2
SIGNS_SHOWN = ("systolic", "diastolic", "heart_rate", "spo2", "moaas")


@dataclass(frozen=True)
class EffectChip:
    """An open side effect in a few words: name, grade, minutes since its onset."""

    name: str
    grade: str
    minutes: int


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
    overdue_after_min: int = 0
    due: NextDue | None = None
    level: str = ""
    alerts: list[Alert] = field(default_factory=list)
    latest: dict[str, object] = field(default_factory=dict)
    pressures: list[float | None] = field(default_factory=list)
    systolic_limit: int | None = None
    sign_levels: dict[str, str] = field(default_factory=dict)
    effects: list[EffectChip] = field(default_factory=list)
    checks_met: int = 0
    checks_total: int = 0
    is_time_done: bool = False

    @property
    def overdue_min(self) -> int:
        """Whole minutes that the next reading is late, 0 within the grace."""
        if self.due is None or self.due.in_min > -self.overdue_after_min:
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
    def effects_shown(self) -> list[EffectChip]:
        """As many as two lines of the card hold, the strongest first."""
        return self.effects[: EFFECTS_SHOWN - self.is_first]

    @property
    def effects_more(self) -> int:
        return len(self.effects) - len(self.effects_shown)

    @property
    def alert_figure(self) -> str:
        """The same in a badge's few characters."""
        return alert_figure(self.alerts[0]) if self.alerts else ""

    @property
    def due_at_ms(self) -> int | None:
        """The next due minute for the script that counts down, in ms since 1970."""
        return round(self.due.at.timestamp() * 1000) if self.due else None

    @property
    def started_at_ms(self) -> int | None:
        t0 = self.session.dose_started_at if self.session else None
        return None if t0 is None else round(t0.timestamp() * 1000)

    @property
    def progress_max(self) -> int:
        return self.watch_min or 1


@dataclass(frozen=True)
class Board:
    """All chairs in the order of the room, the alarms of the clinic, and the next booking.

    `alerts` are what `alarms.strip` is made of.
    """

    cards: list[Card]
    alerts: list[Alert]
    next_booking: Appointment | None
    read_at: datetime

    @property
    def alarms(self) -> list[Alarm]:
        """The lines of the strip."""
        return strip(self.alerts, self.read_at)

    @property
    def running(self) -> list[Card]:
        return [card for card in self.cards if card.session is not None]

    @property
    def is_empty(self) -> bool:
        """Nobody sits in any chair."""
        return not self.running

    @property
    def next_due(self) -> Card | None:
        """The chair whose reading is due first, or is late the longest."""
        waiting = [card for card in self.cards if card.due is not None]
        return min(
            waiting, key=lambda card: card.due.at if card.due else self.read_at, default=None
        )


def chair_board(clinic: Clinic, now: datetime) -> Board:
    """The board of one clinic at `now`, in a constant number of queries."""
    sessions = {row.chair_id: row for row in _running(clinic)}
    chairs = [
        chair
        for chair in Chair.objects.filter(clinic=clinic)
        if chair.is_active or chair.pk in sessions
    ]
    alerts = alerts_for(clinic.pk, [row.pk for row in sessions.values()])
    by_session: dict[object, list[Alert]] = {}
    for alert in alerts:
        by_session.setdefault(alert.session_id, []).append(alert)
    bookings = _bookings(clinic, now)
    initials = Counter(row.patient.initials for row in sessions.values())
    cards = []
    for chair in chairs:
        session = sessions.get(chair.pk)
        if session is None:
            booked = next((row for row in bookings if row.chair_id == chair.pk), None)
            cards.append(Card(chair, next_booking=booked))
            continue
        card = _card(chair, session, by_session.get(session.pk, []), now)
        card.has_twin = initials[session.patient.initials] > 1
        cards.append(card)
    return Board(cards, alerts, bookings[0] if bookings else None, now)


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
        overdue_after_min=protocol_of(session).overdue_min,
        due=next_due(session, now),
        alerts=alerts,
        latest={sign: latest_value(readings, sign)[0] for sign in SIGNS_SHOWN},
        pressures=_pressures(readings),
        systolic_limit=_systolic_limit(session),
        sign_levels={sign_of(alert): alert.level for alert in reversed(alerts)},
        effects=[
            EffectChip(
                effect_words(effect.code, effect.other_text),
                str(GRADE_WORDS.get(current_grade(effect), "")),
                int(elapsed_min(effect.taken_at, now)),
            )
            for effect in sorted(open_effects(session), key=_strength, reverse=True)
        ],
        checks_met=sum(check.met for check in checks),
        checks_total=len(checks),
        is_time_done=any(check.code == "watched" and check.met for check in checks),
    )
    card.level = alerts[0].level if alerts else ""
    if card.overdue_min and card.level != "high":
        card.level = "medium"
    return card


def _strength(effect: SideEffect) -> int:
    return GRADES.index(current_grade(effect))


def _pressures(readings: list[VitalReading]) -> list[float | None]:
    return [None if row.systolic is None else float(row.systolic) for row in readings]


def _systolic_limit(session: TreatmentSession) -> int | None:
    """The lowest High limit of the systolic pressure once the dose runs."""
    found = [
        int(line.threshold)
        for line in alert_limits_of(session).limits
        if line.sign == "systolic" and line.level == "high" and "after" in line.phases
        if line.compare in (">", ">=") and not line.rise
    ]
    return min(found, default=None)


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
    return round(protocol_of(session).minimum_watch_min(end_min))


def tabs(board: Board, active: object, *, can_run: bool) -> list[dict[str, object]]:
    """The chairs as links for the header of a session's page; `active` is a chair's key.

    A free chair leads to the start of a session, or to the board for who may run none.
    """
    board_url = reverse("care:chairs")
    return [
        {
            "pk": card.chair.pk,
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
