"""Invented data that the chart tests share."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reports.charts import (
    Banded,
    BandEstimate,
    BandsInput,
    CurveInput,
    DoseBand,
    EffectBar,
    EffectMark,
    FlowLimits,
    Flowsheet,
    MoodInput,
    PressurePeak,
    Progress,
    ReadingPoint,
    RiskMark,
    SessionMark,
    SessionPanel,
    Strips,
    Timeline,
    weekly_ticks,
)

PHQ9_BANDS = ((0, 4), (5, 9), (10, 14), (15, 19), (20, 27))
CLINIC = ZoneInfo("Europe/Madrid")

FLOW_WORDS = {
    "units": "mmHg · /min",
    "now": "now 11:42",
    "systolic": "systolic",
    "diastolic": "diastolic",
    "pulse": "pulse",
    "spo2": "SpO₂",
    "peak": "peak {value}",
    "systolic_limit": "call prescriber: systolic ≥ 180",
    "diastolic_limit": "",
    "spo2_limit": "SpO₂ < 92",
    "due": "reading due",
    "late": "entered late",
    "minutes": "min",
    "first_reading": "First reading due now",
    "more_effects": "+{n} in the table",
}
CURVE_WORDS = {
    "at_risk": "At risk",
    "events": "Events",
    "hours": "h",
    "days": "d",
    "percent": "{n} %",
    "counts": "{patients} patients, {sessions} sessions",
    "below_minimum": "n < 10, not shown",
}
TIMELINE_WORDS = {
    "phq9": "PHQ-9",
    "session": "session",
    "score": "mood {value}",
    "pain_now": "pain {value}",
    "phq9_now": "PHQ-9 {value}",
    "phq9_band": "mild",
    "peak_now": "210/90",
    "peak": "highest BP",
    "effects": "side effects",
    "not_answered": "not answered",
    "no_answers": "no answers",
    "relief_line": "relief line",
    "session_link": "Session {number}",
}

PROGRESS_WORDS = {
    "best": "10 = the best you can imagine",
    "usually": "usually {value}",
    "this_week": "this week",
    "treatment_day": "treatment day",
}

MOOD_WORDS = {
    "units": "points better than before the dose",
    "hours": "h",
    "days": "d",
    "below_minimum": "n < 10, not shown",
}
BAND_WORDS = {
    "days": "days",
    "sessions": "sessions",
    "below_minimum": "n < 10, not shown",
    "not_reached": "not reached",
}


def reading(minute: float, **changes: Any) -> ReadingPoint:
    """A full set of values, with some changed."""
    values = {"systolic": 140, "diastolic": 85, "heart_rate": 78, "spo2": 97, "is_late": False}
    return ReadingPoint(minute=minute, **{**values, **changes})


def session_flowsheet(**changes: Any) -> Flowsheet:
    """52 minutes into an infusion, with two side effects."""
    rows = [(-12, 128, 79, 71, 98), (0, 130, 80, 72, 98), (10, 151, 91, 84, 97)]
    rows += [(20, 164, 99, 91, 95), (40, 154, 91, 86, 97), (50, 141, 86, 80, 98)]
    values: dict[str, Any] = {
        "readings": tuple(ReadingPoint(*row, is_late=False) for row in rows),
        "dose": (DoseBand(0, 40, "infusion 36 mg over 40 min"),),
        "dose_points": (),
        "effects": (
            EffectBar("dissociation", 8, 38, ((8, 2),), "moderate · 30 min, resolved"),
            EffectBar("nausea", 26, None, ((26, 1),), "mild · ongoing"),
        ),
        "due_min": (60, 75, 90, 105, 120),
        "now_min": 52,
        "limits": FlowLimits(systolic_high=180, spo2_low=92),
        "labels": FLOW_WORDS,
        "prefix": "flow",
        "title": "Vital signs and side effects",
        "desc": "Blood pressure rose to 164/99 at 20 minutes and is 141/86.",
    }
    return Flowsheet(**{**values, **changes})


def curve(label: str, series: str, *, patients: int = 40, **changes: Any) -> CurveInput:
    """40 episodes seen at 2, 24, 72 and 168 h; from 168 h on four are followed."""
    km = {
        "time": [2.0, 24.0, 72.0, 168.0, 336.0],
        "n_risk": [40, 30, 18, 10, 4],
        "n_event": [8, 10, 6, 4, 2],
        "surv": [0.8, 0.533333, 0.355556, 0.213333, 0.106667],
        "lower": [0.63, 0.36, 0.21, 0.09, 0.02],
        "upper": [0.89, 0.67, 0.51, 0.36, 0.26],
    }
    npmle = {
        "intervals": [[0.0, 2.0], [2.0, 24.0], [24.0, 72.0], [72.0, 168.0], [168.0, 336.0]],
        "surv_after": [0.8, 0.53, 0.35, 0.21, 0.1],
    }
    values: dict[str, Any] = {"km": km, "npmle": npmle, "n_sessions": patients * 3}
    return CurveInput(label=label, series=series, n_patients=patients, **{**values, **changes})


def two_month_timeline(**changes: Any) -> Timeline:
    """Eight weeks with four sessions, one of them followed by silence."""
    start, end = date(2026, 9, 28), date(2026, 11, 20)
    first = datetime(2026, 10, 2, 10, 30, tzinfo=CLINIC)
    doses = [first + timedelta(days=days) for days in (0, 7, 14, 28)]
    answers = [(dose + timedelta(days=d), 4 + d) for dose in doses for d in (0, 1, 3)]
    values: dict[str, Any] = {
        "scores": tuple(answers),
        "sessions": tuple(
            SessionMark(i + 1, dose, f"/p/1/sessions/{i + 1}/?a=1&b=2")
            for i, dose in enumerate(doses)
        ),
        "not_answered": (date(2026, 10, 6), date(2026, 10, 13)),
        "phq9": ((date(2026, 9, 30), 21), (date(2026, 10, 30), 8)),
        "relief_levels": ((first, 6.0),),
        "risk": (RiskMark(date(2026, 11, 10), "thoughts of death: “passing”"),),
        "strips": Strips(
            pain=tuple((moment, 3.0) for moment, _ in answers),
            banded=Banded(((first, 21.0), (doses[3], 8.0)), PHQ9_BANDS),
            peaks=tuple(PressurePeak(dose, 150 + 20 * i, 90) for i, dose in enumerate(doses)),
            pressure_limit=180.0,
            effects=(EffectMark(doses[0], "severe"), EffectMark(doses[2], "mild")),
        ),
        "start": start,
        "end": end,
        "ticks": tuple((day, f"{day.day} {day:%b}") for day in weekly_ticks(start, end)),
        "labels": TIMELINE_WORDS,
        "prefix": "course",
        "title": "Mood and pain over time",
        "desc": "Mood rose from 4 to 7.",
    }
    return Timeline(**{**values, **changes})


def panels(count: int = 3) -> list[SessionPanel]:
    """Sessions that rise above 6 and fall back."""
    points = ((0.0, 3.0), (1.0, 7.0), (3.0, 8.0), (7.0, 4.0))
    return [
        SessionPanel(f"Session {i + 1}", "relief 3 – 7 d", points, i % 2 == 0, relief_line=6.0)
        for i in range(count)
    ]


def two_month_progress(**changes: Any) -> Progress:
    """The same eight weeks as the patient sees them."""
    course = two_month_timeline()
    values: dict[str, Any] = {
        "scores": course.scores,
        "treatments": tuple(mark.day for mark in course.sessions),
        "start": course.start,
        "end": course.end,
        "ticks": tuple(
            (day, f"{day.day} {day:%b}") for day in weekly_ticks(course.start, course.end, 3)
        ),
        "labels": PROGRESS_WORDS,
        "prefix": "mine",
        "title": "Your mood since October",
        "desc": "In your first week your mood was usually 5.",
    }
    return Progress(**{**values, **changes})


def mood(label: str, series: str, *, patients: int = 40, factor: float = 1.0) -> MoodInput:
    """A mean change that rises for three days and then falls."""
    means = {0: 0.0, 2: 1.5, 24: 2.6, 72: 2.7, 168: 2.4, 336: 1.8, 504: 1.5, 672: 1.4}
    points = tuple(
        (float(h), m * factor, m * factor - 0.4 if h else None, m * factor + 0.4 if h else None)
        for h, m in means.items()
    )
    return MoodInput(label, points, patients, series)


def bands(label: str, series: str, *rows: BandEstimate) -> BandsInput:
    """Four bands; the last one is too small to be shown."""
    default = (
        BandEstimate("1st", 40, 40, 288.0, 250.0, 330.0),
        BandEstimate("2nd–4th", 30, 77, 320.0, 260.0, 400.0),
        BandEstimate("5th–8th", 20, 55, None, 300.0, None),
        BandEstimate("9th +", 9, 31, 400.0, 300.0, 480.0),
    )
    return BandsInput(label, rows or default, series)
