"""The read model of the discharge page: each check with its evidence in words, and the summary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.chairside.discharge_evidence import FROM_YOU, SOURCES, confirmed, evidence, label
from sessions_app.chairside.dose_given import dose_given_mg
from sessions_app.chairside.session_state import (
    discharge_checks,
    duration_min,
    readings_on_time,
    standing_effects,
    standing_readings,
    worst_grade,
)
from sessions_app.models import TreatmentSession, VitalReading
from sessions_app.rules import effects
from sessions_app.templatetags.words import elapsed
from sessions_app.words.effect_words import GRADE_WORDS, effect_words
from sessions_app.words.medication_words import medication_line


@dataclass(frozen=True)
class CheckLine:
    """One check: is it met, who says so ("clock", "readings", "record", "you"), and why."""

    code: str
    label: str
    is_met: bool
    source: str
    evidence: str

    @property
    def is_nurse(self) -> bool:
        """A person confirms it, with a tap."""
        return self.source == FROM_YOU


@dataclass(frozen=True)
class Summary:
    """The session in a few figures; None where nothing was measured."""

    highest: VitalReading | None
    highest_min: str
    lowest_spo2: int | None
    worst_effect: str
    worst_grade: str
    worst_minutes: int | None
    on_time: int
    due: int
    given_mg: Decimal | None
    medications: list[str]


def check_lines(session: TreatmentSession, now: datetime) -> list[CheckLine]:
    """Every discharge check as it stands at `now`."""
    ticks = {check.code: check for check in _ticks(session)}
    lines = []
    for result in discharge_checks(session, now):
        if result.source == "nurse":
            source, words = FROM_YOU, confirmed(ticks.get(result.code))
        else:
            source, words = SOURCES[result.code], evidence(session, result, now)
        if result.code == "escort_present" and not result.met:
            words = _expected(session)
        lines.append(CheckLine(result.code, label(session, result), result.met, source, words))
    return lines


def _ticks(session: TreatmentSession) -> Any:
    return session.checks.filter(stage="discharge", source="nurse").select_related("recorded_by")


def _expected(session: TreatmentSession) -> str:
    """Who was named as escort, and whether the clinic can call them."""
    patient = session.patient
    if not patient.escort_name:
        return _("Nobody is named in the record")
    words = _("Expected: %(name)s") % {"name": patient.escort_name}
    return f"{words}. {_('Phone on file')}" if patient.escort_phone else words


def summary(session: TreatmentSession, now: datetime) -> Summary:
    """Highest pressure and when, lowest saturation, worst effect and how long, what was given."""
    readings = standing_readings(session)
    pressures = [row for row in readings if row.systolic is not None]
    highest = max(pressures, key=lambda row: row.systolic or 0, default=None)
    saturations = [row.spo2 for row in readings if row.spo2 is not None]
    seen = standing_effects(session)
    worst = max(seen, key=lambda e: effects.GRADES.index(worst_grade(e)), default=None)
    length = duration_min(worst) if worst else None
    on_time, due = readings_on_time(session, now)
    t0 = session.dose_started_at
    others = session.medications.standing().order_by("taken_at", "id")
    return Summary(
        highest=highest,
        highest_min=elapsed((highest.taken_at - t0).total_seconds() / 60) if highest and t0 else "",
        lowest_spo2=min(saturations, default=None),
        worst_effect=effect_words(worst.code, worst.other_text) if worst else "",
        worst_grade=str(GRADE_WORDS.get(worst_grade(worst), "")) if worst else "",
        worst_minutes=None if length is None else int(length),
        on_time=on_time,
        due=due,
        given_mg=dose_given_mg(session, until=now),
        medications=[medication_line(row) for row in others],
    )
