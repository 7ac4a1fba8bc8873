"""The numbers that a patient in distress sees, and whether anybody is at the clinic now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import UUIDField

from sessions_app.clock import local, utc
from sessions_app.models import Clinic, HelpLine
from sessions_app.ready import Given, Ready
from sessions_app.rules.escalation import Span

URGENT_KINDS = ("emergency", "crisis")
OPENS_WITHIN = timedelta(days=8)  # the days repeat each week; one more for the clocks
_TESTED = Ready(
    lambda: HelpLine.objects.filter(
        clinic=Given(0, UUIDField()), retired_at=None, tested_at__isnull=False
    ).order_by("position", "kind", "id")
)


@dataclass(frozen=True)
class OpeningHours:
    """Whether the clinic is open at an instant, and when that ends: `until` is clinic time.

    Open: `until` is when it closes. Closed: when it opens next, None when it never does.
    """

    is_open: bool
    until: datetime | None


def lines_to_call(clinic: Clinic, language: str) -> list[HelpLine]:
    """The clinic's lines that were test-called, in the language or in the one it belongs to."""
    lines = _TESTED.rows(clinic.pk)
    exact = [line for line in lines if line.language == language]
    return exact or [line for line in lines if _base(line.language) == _base(language)]


def in_order(lines: Iterable[HelpLine], urgency: str, *, is_open: bool) -> list[HelpLine]:
    """Whom to call first. "act": the emergency number. Else the clinic while it is open, and
    otherwise the crisis line.
    """
    kinds = ["emergency", "crisis", "crisis_text", "clinic"]
    if urgency != "act":
        kinds = ["crisis", "crisis_text", "emergency", "clinic"]
        kinds = ["clinic", "crisis", "crisis_text", "emergency"] if is_open else kinds
    return sorted(lines, key=lambda line: kinds.index(line.kind))


def may_ask_patients(clinic: Clinic, language: str) -> bool:
    """Nobody is asked how they are before there is somebody whom they can call."""
    kinds = {line.kind for line in lines_to_call(clinic, language)}
    return "clinic" in kinds and bool(kinds.intersection(URGENT_KINDS))


def opening_hours(clinic: Clinic, at: datetime) -> OpeningHours:
    """Whether the clinic is open then, and until when."""
    spans = opening_spans(clinic, at, at + OPENS_WITHIN)
    if not spans:
        return OpeningHours(False, None)
    opens, closes = spans[0]
    is_open = opens <= at
    return OpeningHours(is_open, local(closes if is_open else opens, clinic.time_zone))


def opening_spans(clinic: Clinic, start: datetime, end: datetime) -> list[Span]:
    """When the clinic is open between two instants, in UTC and in order, whole days at the ends.

    Read on the clinic's own clock; a closing time before the opening time is the next day's.
    """
    spans = []
    day = local(start, clinic.time_zone).date() - timedelta(days=1)
    last = local(end, clinic.time_zone).date()
    zone = local(start, clinic.time_zone).tzinfo
    while day <= last:
        if str(day.isoweekday()) in clinic.open_days:
            past_midnight = clinic.closes_at <= clinic.opens_at
            closing_day = day + timedelta(days=1) if past_midnight else day
            opens = utc(datetime.combine(day, clinic.opens_at, zone))
            closes = utc(datetime.combine(closing_day, clinic.closes_at, zone))
            if closes > start:
                spans.append((opens, closes))
        day += timedelta(days=1)
    return spans


def _base(language: str) -> str:
    return language.lower().replace("_", "-").split("-")[0]
