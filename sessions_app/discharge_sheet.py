"""The read model of the discharge page: each check with its evidence in words, and the summary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from sessions_app import effects
from sessions_app.effect_words import GRADE_WORDS, effect_words
from sessions_app.models import SessionCheck, TreatmentSession, VitalReading
from sessions_app.discharge_rule import CheckResult
from sessions_app.refusals import FIELDS
from sessions_app.session_state import (
    discharge_checks,
    duration_min,
    readings_on_time,
    standing_effects,
    standing_readings,
    worst_grade,
)
from sessions_app.templatetags.words import bp, clock, elapsed, number


@dataclass(frozen=True)
class CheckLine:
    """One check: is it met, who says so, and why."""

    code: str
    label: str
    is_met: bool
    is_nurse: bool
    evidence: str


@dataclass(frozen=True)
class Summary:
    """The session in four figures; None where nothing was measured."""

    highest: VitalReading | None
    highest_min: str
    lowest_spo2: int | None
    worst_effect: str
    worst_grade: str
    worst_minutes: int | None
    on_time: int
    due: int


def check_lines(session: TreatmentSession, now: datetime) -> list[CheckLine]:
    """Every discharge check as it stands at `now`."""
    ticks = {check.code: check for check in _ticks(session)}
    return [
        CheckLine(
            result.code,
            str(FIELDS[result.code]),
            result.met,
            result.source == "nurse",
            _tick_words(ticks.get(result.code))
            if result.source == "nurse"
            else _evidence(session, result),
        )
        for result in discharge_checks(session, now)
    ]


def _ticks(session: TreatmentSession) -> Any:
    return session.checks.filter(stage="discharge", source="nurse").select_related("recorded_by")


def _tick_words(tick: SessionCheck | None) -> str:
    if tick is None or tick.answer != "yes" or tick.recorded_by is None:
        return ""
    return _("Confirmed by %(who)s %(clock)s") % {
        "who": tick.recorded_by.initials,
        "clock": clock(tick.taken_at),
    }


def _evidence(session: TreatmentSession, result: CheckResult) -> str:
    """What the record says, with its time: "124/76 at 11:38, baseline 122/74"."""
    seen = result.evidence
    at = _at(session, seen.get("at_min"))
    if result.code == "watched":
        passed = elapsed(seen["elapsed_min"])
        if seen["minimum_min"] is None:
            return _("%(passed)s since the dose started, the infusion is not stopped") % {
                "passed": passed
            }
        needed = elapsed(seen["minimum_min"])
        facts = {"passed": passed, "needed": needed}
        return _("%(passed)s since the dose started, %(needed)s needed") % facts
    if result.code == "bp_near_baseline":
        before = bp(seen["baseline_systolic"], seen["baseline_diastolic"])
        facts = {"bp": bp(seen["systolic"], seen["diastolic"]), "at": at, "before": before}
        return _("%(bp)s%(at)s, baseline %(before)s") % facts
    if result.code == "spo2_ok":
        oxygen = seen["oxygen_l_min"]
        air = _("with %(oxygen)s of oxygen") % {"oxygen": number(oxygen, "L/min")}
        facts = {"spo2": number(seen["spo2"], "%"), "at": at}
        words = _("%(spo2)s%(at)s") % facts
        return f"{words}, {air}" if oxygen else words
    if result.code == "awake":
        return _("MOAA/S %(level)s%(at)s") % {"level": number(seen["moaas"]), "at": at}
    blocking = [effect_words(code) for code in str(seen["blocking"]).split(",") if code]
    if blocking:
        return _("Still there: %(effects)s") % {"effects": ", ".join(blocking)}
    return _("No open side effects") if not seen["open"] else _("Only mild ones are open")


def _at(session: TreatmentSession, at_min: Any) -> str:
    t0 = session.dose_started_at
    if at_min is None or t0 is None:
        return ""
    return _(" at %(clock)s") % {"clock": clock(t0 + timedelta(minutes=float(at_min)))}


def summary(session: TreatmentSession, now: datetime) -> Summary:
    """Highest pressure and when, lowest saturation, worst effect and how long, readings on time."""
    readings = standing_readings(session)
    pressures = [row for row in readings if row.systolic is not None]
    highest = max(pressures, key=lambda row: row.systolic or 0, default=None)
    saturations = [row.spo2 for row in readings if row.spo2 is not None]
    seen = standing_effects(session)
    worst = max(seen, key=lambda e: effects.GRADES.index(worst_grade(e)), default=None)
    length = duration_min(worst) if worst else None
    on_time, due = readings_on_time(session, now)
    t0 = session.dose_started_at
    return Summary(
        highest=highest,
        highest_min=elapsed((highest.taken_at - t0).total_seconds() / 60) if highest and t0 else "",
        lowest_spo2=min(saturations, default=None),
        worst_effect=effect_words(worst.code, worst.other_text) if worst else "",
        worst_grade=str(GRADE_WORDS.get(worst_grade(worst), "")) if worst else "",
        worst_minutes=None if length is None else int(length),
        on_time=on_time,
        due=due,
    )
