"""What the live session asks and says about a reading: what it was, a jump, a passed limit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.chairside.alarms import alert_text
from sessions_app.chairside.session_state import (
    baseline,
    discharge_checks,
    latest_value,
    next_due,
    standing_readings,
    standing_sign_off,
)
from sessions_app.clock import elapsed_min
from sessions_app.models import (
    Alert,
    SideEffect,
    SideEffectChange,
    TreatmentSession,
    VitalReading,
)
from sessions_app.protocol_of import alert_limits_of
from sessions_app.rules import limits
from sessions_app.rules.alert_rules import LEVELS
from sessions_app.templatetags.words import bp, clock, number
from sessions_app.words.effect_words import CHANGE_WORDS, GRADE_WORDS, effect_words
from sessions_app.words.field_words import FIELDS, lowered

Number = int | Decimal
# A full set. Temperature, oxygen and pain are measured when somebody wants to know.
FULL_SET = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "moaas")


@dataclass(frozen=True)
class Last:
    """The newest standing value of a sign, and how many whole minutes ago it was taken."""

    value: Number
    taken_at: datetime
    minutes: int


@dataclass(frozen=True)
class JumpAsked:
    """A change too large to be saved without a look at the monitor, in words."""

    sign: str
    text: str


def last_values(
    session: TreatmentSession, now: datetime, *, before: datetime | None = None
) -> dict[str, Last]:
    """The newest standing value of each sign that has one; `before` leaves out what came after."""
    readings = standing_readings(session)
    if before is not None:
        readings = [row for row in readings if row.taken_at <= before]
    found = {}
    for sign in limits.SIGNS:
        value, at = latest_value(readings, sign)
        if value is not None and at is not None:
            found[sign] = Last(value, at, max(0, int(elapsed_min(at, now))))
    return found


def quiet_range(session: TreatmentSession) -> dict[str, tuple[Number | None, Number | None]]:
    """Between which values each sign of limits.JUMPS calls nobody; None where no limit stands.

    The screen needs it to tell a jump, which is asked, from a breach, which is saved at once.
    """
    before = baseline(session)
    phase: limits.Phase = "before" if session.dose_started_at is None else "after"
    found: dict[str, tuple[Number | None, Number | None]] = {}
    for sign in limits.JUMPS:
        low = high = None
        for limit in alert_limits_of(session).limits:
            if limit.sign != sign or phase not in limit.phases:
                continue
            edge: Number = limit.threshold
            if limit.rise:
                start = before[sign]
                if start is None:
                    continue
                edge = start + limit.threshold
            if limit.direction == "up":
                high = edge if high is None else min(high, edge)
            else:
                low = edge if low is None else max(low, edge)
        found[sign] = (low, high)
    return found


def jumps_to_ask(
    session: TreatmentSession,
    values: Mapping[str, Number | None],
    taken_at: datetime | None,
    now: datetime,
) -> list[JumpAsked]:
    """What must be asked before these values are saved: large changes that alert nobody."""
    last = last_values(session, now, before=taken_at or now)
    jumps = limits.jumps(values, {sign: seen.value for sign, seen in last.items()})
    if not jumps:
        return []
    t0 = session.dose_started_at
    phase: limits.Phase = "before" if t0 is None or (taken_at or now) <= t0 else "after"
    before = baseline(session) if phase == "after" else None
    found = limits.breaches(
        values, phase=phase, baseline=before, alert_limits=alert_limits_of(session)
    )
    if found:  # saved and alerted at once; the question stands over the saved value
        return []
    return [
        JumpAsked(
            jump.sign,
            _("%(sign)s was %(before)s %(ago)s, a change of %(change)s.")
            % {
                "sign": FIELDS[jump.sign],
                "before": number(last[jump.sign].value),
                "ago": ago(last[jump.sign].minutes),
                "change": signed(jump.change),
            },
        )
        for jump in jumps
    ]


def ago(minutes: int) -> str:
    """How long ago, in words."""
    if minutes < 1:
        return _("just now")
    return _("%(count)s min ago") % {"count": minutes}


def signed(change: Number) -> str:
    """A change with its sign, and a real minus."""
    return f"{change:+}".replace("-", "−")


def breach_text(alert: Alert) -> str:
    """The value beside the limit that it passed: "184/106 is above the limit of 180."."""
    sign, _sep, turn = alert.code.rpartition("_")
    facts = {"value": alert_text(alert), "limit": number(alert.limit)}
    if alert.reading is not None and sign in ("systolic", "diastolic"):
        facts["value"] = bp(alert.reading)
    if not alert.limit:
        return f"{facts['value']}."
    if turn == "rise":
        rise = {**facts, "rise": number(alert.value)}
        return _("%(value)s is %(rise)s above the baseline; the limit is %(limit)s.") % rise
    if alert.value == alert.limit:
        return _("%(value)s is at the limit of %(limit)s.") % facts
    if turn == "low":
        return _("%(value)s is below the limit of %(limit)s.") % facts
    return _("%(value)s is above the limit of %(limit)s.") % facts


def change_text(session: TreatmentSession, alert: Alert) -> str:
    """What the sign was before: "It was 141/86 7 min ago, a change of +43."; empty if unknown."""
    reading = alert.reading
    sign = alert.code.rpartition("_")[0]
    sign = "systolic" if sign == "mean_arterial" else sign
    if reading is None or sign not in limits.SIGNS or getattr(reading, sign) is None:
        return ""
    earlier = [
        row
        for row in standing_readings(session)
        if row.pk != reading.pk
        and row.taken_at <= reading.taken_at
        and getattr(row, sign) is not None
    ]
    if not earlier:
        return ""
    before = earlier[-1]
    is_pressure = sign in ("systolic", "diastolic")
    return _("It was %(before)s %(ago)s, a change of %(change)s.") % {
        "before": bp(before) if is_pressure else number(getattr(before, sign)),
        "ago": ago(int(elapsed_min(before.taken_at, reading.taken_at))),
        "change": signed(getattr(reading, sign) - getattr(before, sign)),
    }


def missing_signs(reading: VitalReading) -> list[str]:
    """The signs of a full set that this reading lacks, in words, in the order of the pad."""
    names = {**FIELDS, "moaas": _("awake level")}
    return [str(names[sign]) for sign in FULL_SET if getattr(reading, sign) is None]


def listed(names: list[str]) -> str:
    """Names of fields as a list inside a sentence: "SpO₂ and breaths"."""
    plain = [lowered(name) for name in names]
    if len(plain) < 2:
        return "".join(plain)
    return _("%(first)s and %(last)s") % {"first": ", ".join(plain[:-1]), "last": plain[-1]}


def saved_text(session: TreatmentSession, reading: VitalReading) -> str:
    """What is said when a reading was saved: for whom, and what it lacks."""
    text = saved_for(session)
    missing = missing_signs(reading)
    if not missing:
        return text
    return text + " " + _("Saved without %(signs)s.") % {"signs": listed(missing)}


def saved_for(session: TreatmentSession) -> str:
    """That it was saved, and for whom."""
    words = {
        "who": session.patient.initials,
        "chair": session.chair.name if session.chair else "–",
    }
    return _("Saved for %(who)s, chair %(chair)s.") % words


@dataclass(frozen=True)
class PadFacts:
    """What the pad knows besides its form: the last values, and the same for its script."""

    last: dict[str, Last]
    script: str
    is_time_done: bool


def pad_facts(session: TreatmentSession, now: datetime) -> PadFacts:
    """The pad's facts at `now`; `script` is JSON: times in ms since 1970, values in the units of
    limits.PLAUSIBLE.
    """
    last = last_values(session, now)
    quiet = quiet_range(session)
    signs = {}
    for sign, plausible in limits.PLAUSIBLE.items():
        if sign not in limits.SIGNS:
            continue
        seen = last.get(sign)
        low, high = quiet.get(sign, (None, None))
        jump = limits.JUMPS.get(sign)
        signs[sign] = {
            "name": str(FIELDS[sign]),
            "low": _plain(plausible.low),
            "high": _plain(plausible.high),
            "last": None if seen is None else _plain(seen.value),
            "lastAt": None if seen is None else _ms(seen.taken_at),
            "jump": None if jump is None else _plain(jump.high),
            "quietLow": _plain(low),
            "quietHigh": _plain(high),
        }
    t0 = session.dose_started_at or session.opened_at
    watched = any(c.code == "watched" and c.met for c in discharge_checks(session, now))
    return PadFacts(last, json.dumps({"signs": signs, "t0": _ms(t0)}), watched)


def ticking(session: TreatmentSession, now: datetime) -> dict[str, Any] | None:
    """The band's two times in ms since 1970, for a script that counts them on; None once they
    stand still.
    """
    if session.dose_started_at is None or session.is_imported or standing_sign_off(session):
        return None
    due = next_due(session, now)
    return {
        "started": _ms(session.dose_started_at),
        "due": None if due is None else _ms(due.at),
        "since": _("since %(clock)s") % {"clock": clock(session.dose_started_at)},
    }


def _plain(value: Number | None) -> float | None:
    return None if value is None else float(value)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@dataclass(frozen=True)
class AskedValue:
    """A saved value past a limit that nobody has confirmed: the question over it."""

    reading: VitalReading
    alert: Alert
    level: str
    found: list[str]
    change: str


def _found(alerts: list[Alert]) -> list[str]:
    """One sentence for each value, by its gravest limit: a pressure is one value."""
    sentences: dict[str, str] = {}
    for alert in sorted(alerts, key=lambda one: LEVELS.index(one.level), reverse=True):
        sentences.setdefault(alert_text(alert).split(",")[0], breach_text(alert))
    return list(sentences.values())


def live_questions(session: TreatmentSession, questions: Iterable[Any]) -> list[AskedValue]:
    """The questions of a session's sheet in words; the newest reading first."""
    asked = [
        AskedValue(
            question.reading,
            question.alerts[0],
            question.level,
            _found(question.alerts),
            next(filter(None, (change_text(session, a) for a in question.alerts)), ""),
        )
        for question in questions
    ]
    return sorted(asked, key=lambda one: one.reading.taken_at, reverse=True)


def effect_said(row: SideEffect | SideEffectChange) -> str:
    """A side effect or its change as it is said once it was saved: "Dizziness, mild, 11:42."."""
    effect = row.effect if isinstance(row, SideEffectChange) else row
    name = effect_words(effect.code, effect.other_text)
    grade = str(GRADE_WORDS.get(row.grade, ""))
    said = [name, grade, clock(row.taken_at)]
    if isinstance(row, SideEffectChange):
        words = str(CHANGE_WORDS[row.kind])
        said[1] = f"{words}: {grade}" if grade else words
    return ", ".join(filter(None, said)) + "."


def to_tell(alerts: Iterable[Alert]) -> list[tuple[Alert, str]]:
    """Open alerts of severe side effects about which nobody has told the prescriber yet."""
    return [
        (alert, effect_words(alert.effect.code, alert.effect.other_text))
        for alert in alerts
        if alert.code == "effect_severe"
        and alert.effect is not None
        and not alert.events.filter(kind="called").exists()
    ]
