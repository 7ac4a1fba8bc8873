"""A session's rows as its flowsheet: readings, doses and side effects on one clock.

What was struck is not drawn. Minutes count from the dose, in UTC; before a dose from the opening.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from sessions_app.chairside.dose_given import standing_events
from sessions_app.chairside.session_state import (
    planned_due_minutes,
    standing_effects,
    standing_readings,
    standing_sign_off,
)
from sessions_app.clock import elapsed_min
from sessions_app.models import DoseEvent, SideEffect, SideEffectChange, TreatmentSession
from sessions_app.protocol_of import alert_limits_of
from sessions_app.rules.effects import CTCAE_GRADE
from sessions_app.templatetags.words import clock, mg, number
from sessions_app.words.effect_words import GRADE_WORDS, effect_words
from sessions_app.words.medication_words import amount_words, medication_words

if TYPE_CHECKING:
    from reports.charts import DoseBand, DosePoint, EffectBar, FlowLimits, Flowsheet, ReadingPoint

RUNNING = ("start", "resume")
PAUSING = ("pause", "stop")
LONGEST_MIN = 12 * 60  # a session left unsigned for days must not squeeze its chart to a line


def flowsheet_svg(session: TreatmentSession, now: datetime) -> str:
    """The session's chart as inline SVG. Seven queries, whatever the number of rows."""
    from reports.charts import flowsheet

    return flowsheet(flowsheet_data(session, now))


def flowsheet_data(session: TreatmentSession, now: datetime) -> Flowsheet:
    """All that the flowsheet shows of this session at `now`."""
    from reports.charts import Flowsheet

    t0 = session.dose_started_at or session.opened_at
    events = standing_events(session)
    readings = _readings(session, t0)
    is_over = session.is_imported or standing_sign_off(session) is not None
    minute = elapsed_min(t0, now)
    return Flowsheet(
        readings=readings,
        dose=_bands(session, events, t0),
        dose_points=_points(events, t0),
        effects=_effects(session, t0),
        due_min=_due(session),
        now_min=None if is_over or minute > LONGEST_MIN else minute,
        limits=_limits(session),
        labels={**_labels(), **_limit_words(session), "now": _now_words(now)},
        prefix=f"flow-{session.pk}",
        title=_("Vital signs, dose and side effects"),
        desc=_description(readings),
        medications=_medications(session, t0),
        ratings=_ratings(session, t0),
        ratings_name=_("dissociation"),
    )


def _medications(session: TreatmentSession, t0: datetime) -> tuple[DosePoint, ...]:
    from reports.charts import DosePoint

    return tuple(
        DosePoint(
            elapsed_min(t0, row.taken_at),
            f"{medication_words(row.drug, row.other_text)} {amount_words(row.amount, row.unit)}",
        )
        for row in session.medications.standing()
    )


def _ratings(session: TreatmentSession, t0: datetime) -> tuple[DosePoint, ...]:
    from reports.charts import DosePoint

    return tuple(
        DosePoint(elapsed_min(t0, row.taken_at), str(row.score))
        for row in session.ratings.standing()
    )


def _readings(session: TreatmentSession, t0: datetime) -> tuple[ReadingPoint, ...]:
    from reports.charts import ReadingPoint

    return tuple(
        ReadingPoint(
            minute=elapsed_min(t0, row.taken_at),
            systolic=row.systolic,
            diastolic=row.diastolic,
            heart_rate=row.heart_rate,
            spo2=row.spo2,
            is_late=row.is_entered_late and not session.is_imported,
            respiratory_rate=row.respiratory_rate,
        )
        for row in standing_readings(session)
    )


def _bands(
    session: TreatmentSession, events: list[DoseEvent], t0: datetime
) -> tuple[DoseBand, ...]:
    """The stretches in which the pump ran: a pause leaves a gap."""
    from reports.charts import DoseBand

    bands: list[DoseBand] = []
    since: float | None = None
    label = _infusion_words(session)
    for event in events:
        minute = elapsed_min(t0, event.taken_at)
        if event.kind in RUNNING and since is None:
            since = minute
        elif event.kind in PAUSING and since is not None:
            bands.append(DoseBand(since, minute, label))
            since = None
    if since is not None:
        bands.append(DoseBand(since, None, label))
    return tuple(bands)


def _infusion_words(session: TreatmentSession) -> str:
    """ "infusion 36 mg over 40 min", as planned; without a plan the word alone."""
    if not session.planned_mg or not session.infusion_minutes:
        return _("infusion")
    return _("infusion %(dose)s over %(count)s min") % {
        "dose": mg(session.planned_mg),
        "count": session.infusion_minutes,
    }


def _now_words(now: datetime) -> str:
    return _("now %(clock)s") % {"clock": clock(now)}


def _limit_words(session: TreatmentSession) -> dict[str, str]:
    """The red lines in words: what passes them, and that the prescriber is called."""
    names = {
        ("systolic", "up"): ("systolic_limit", _("systolic")),
        ("diastolic", "up"): ("diastolic_limit", _("diastolic")),
        ("spo2", "down"): ("spo2_limit", _("SpO₂")),
    }
    signs = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}
    found: dict[str, str] = {}
    for limit in alert_limits_of(session).limits:
        named = names.get((limit.sign, limit.direction))
        if named is None or limit.level != "high" or limit.rise:
            continue
        found[named[0]] = f"{named[1]} {signs[limit.compare]} {number(limit.threshold)}"
    if "systolic_limit" in found:
        words = _("call prescriber: %(limit)s") % {"limit": found["systolic_limit"]}
        found["systolic_limit"] = words
    return found


def _points(events: list[DoseEvent], t0: datetime) -> tuple[DosePoint, ...]:
    from reports.charts import DosePoint

    return tuple(
        DosePoint(
            elapsed_min(t0, event.taken_at),
            _("%(mg)s mg") % {"mg": f"{event.amount_mg.normalize():f}"},
        )
        for event in events
        if event.amount_mg is not None
    )


def _effects(session: TreatmentSession, t0: datetime) -> tuple[EffectBar, ...]:
    rows = standing_effects(session)
    if rows and hasattr(rows[0], "loaded_changes"):  # read together with the session
        loaded = ((row, row.loaded_changes) for row in rows)  # type: ignore[attr-defined]
        return tuple(_effect(row, changes, t0) for row, changes in loaded)
    changes: dict[object, list[SideEffectChange]] = {}
    of_session = SideEffectChange.objects.standing().filter(effect__session=session)
    for change in of_session.order_by("taken_at", "id"):
        changes.setdefault(change.effect_id, []).append(change)
    return tuple(_effect(row, changes.get(row.pk, []), t0) for row in rows)


def _effect(row: SideEffect, changes: list[SideEffectChange], t0: datetime) -> EffectBar:
    from reports.charts import EffectBar

    onset = elapsed_min(t0, row.taken_at)
    graded = [(onset, CTCAE_GRADE[row.grade])]
    graded += [
        (elapsed_min(t0, change.taken_at), CTCAE_GRADE[change.grade])
        for change in changes
        if change.grade
    ]
    ends = [change.taken_at for change in changes if change.kind == "resolved"]
    end = elapsed_min(t0, ends[0]) if ends else None
    worst = max(grade for _minute, grade in graded)
    grade = next(words for code, words in GRADE_WORDS.items() if CTCAE_GRADE[code] == worst)
    label = effect_words(row.code, row.other_text)
    if end is None:
        text = _("%(grade)s, ongoing") % {"grade": grade}
    else:
        text = _("%(grade)s, %(minutes)s min, resolved") % {
            "grade": grade,
            "minutes": round(end - onset),
        }
    return EffectBar(label, onset, end, tuple(graded), text)


def _due(session: TreatmentSession) -> tuple[float, ...]:
    if session.dose_started_at is None or session.is_imported:
        return ()
    if session.route == "iv" and not session.infusion_minutes:
        return ()
    return tuple(float(minute) for minute in planned_due_minutes(session))


def _limits(session: TreatmentSession) -> FlowLimits:
    """The High limits that the session runs under: the red line of every screen."""
    from reports.charts import FlowLimits

    high = {
        (limit.sign, limit.direction): float(limit.threshold)
        for limit in alert_limits_of(session).limits
        if limit.level == "high" and not limit.rise
    }
    return FlowLimits(
        systolic_high=high.get(("systolic", "up")),
        diastolic_high=high.get(("diastolic", "up")),
        spo2_low=high.get(("spo2", "down")),
    )


def _labels() -> dict[str, str]:
    return {
        "units": _("mmHg · pulse per min"),
        "now": _("now"),
        "systolic": _("systolic"),
        "diastolic": _("diastolic"),
        "pulse": _("pulse"),
        "spo2": _("SpO₂ %"),
        "peak": _("peak {value}"),
        "systolic_limit": _("systolic limit"),
        "diastolic_limit": _("diastolic limit"),
        "spo2_limit": _("SpO₂ limit"),
        "due": _("reading due"),
        "late": _("entered late"),
        "minutes": _("min"),
        "first_reading": _("First reading: baseline"),
        "more_effects": _("and {n} more"),
    }


def _description(readings: tuple[ReadingPoint, ...]) -> str:
    pressures = [(r.systolic, r.diastolic) for r in readings if r.systolic is not None]
    if not pressures:
        return _("No blood pressure yet.")
    systolic, diastolic = max(pressures, key=lambda pair: pair[0] or 0)
    low = min((r.spo2 for r in readings if r.spo2 is not None), default=None)
    highest = f"{systolic:g}/{diastolic:g}" if diastolic is not None else f"{systolic:g}"
    words = _("%(n)s readings. Highest blood pressure %(bp)s.") % {
        "n": len(readings),
        "bp": highest,
    }
    if low is not None:
        words += " " + _("Lowest SpO₂ %(spo2)s %%.") % {"spo2": f"{low:g}"}
    return words
