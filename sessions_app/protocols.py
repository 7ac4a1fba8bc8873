"""Shipped protocols: when readings are due, what stops a dose, who may leave, when to ask again.

Minutes count from the start of the dose: the first device, or the start of the infusion. All of it
is a default and not advice; a clinic's own protocol replaces it, with its version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from sessions_app.effects import EFFECTS
from sessions_app.limits import Number

PROTOCOL_VERSION = "default-2026-11"

IV_DURING_MIN = 10
IV_AFTER_MIN = 15
NO_LENGTH = "an infusion has a length above 0 min"


@dataclass(frozen=True)
class ReadingSchedule:
    """Due minutes of one route, and how long to watch at least.

    For an infusion (`from_infusion_end`) `due` is empty: readings come every 10 min to the end,
    at the end, then every 15 min; `watch_min` counts from the end.
    """

    route: str
    due: tuple[int, ...]
    watch_min: int
    source: str
    from_infusion_end: bool = False


INJECTION = (0, 10, 20, 30, 45, 60, 90)
SWALLOWED = (0, 30, 60, 90, 120)
DESIGN = "design"
SCHEDULES: dict[str, ReadingSchedule] = {
    schedule.route: schedule
    for schedule in (
        ReadingSchedule(
            "iv",
            (),
            60,
            "design, after published infusion series: every 10 min during, every 15 min after",
            from_infusion_end=True,
        ),
        ReadingSchedule("im", INJECTION, 90, DESIGN),
        ReadingSchedule("sc", INJECTION, 90, DESIGN),
        ReadingSchedule(
            "intranasal",
            (0, 40, 60, 90, 120),
            120,
            "esketamine US label and REMS: before, at 40 min, before leaving, at least 2 h; "
            "60 and 90 by design",
        ),
        ReadingSchedule("oral", SWALLOWED, 120, DESIGN),
        ReadingSchedule("sublingual", SWALLOWED, 120, DESIGN),
    )
}


def due_minutes(route: str, infusion_min: int | None = None) -> list[int]:
    """Minutes at which a reading is due, ascending, 0 first. IV needs the infusion's length.

    An unknown route raises KeyError, an infusion without a length above 0 ValueError.
    """
    schedule = SCHEDULES[route]
    if not schedule.from_infusion_end:
        return list(schedule.due)
    if infusion_min is None or infusion_min <= 0:
        raise ValueError(NO_LENGTH)
    after = range(infusion_min, infusion_min + schedule.watch_min + 1, IV_AFTER_MIN)
    return [*range(0, infusion_min, IV_DURING_MIN), *after]


def minimum_watch_min(route: str, infusion_end_min: float | None = None) -> float:
    """Minutes from the start of the dose that have to pass before the patient may leave."""
    schedule = SCHEDULES[route]
    if not schedule.from_infusion_end:
        return schedule.watch_min
    if infusion_end_min is None or infusion_end_min <= 0:
        raise ValueError(NO_LENGTH)
    return infusion_end_min + schedule.watch_min


@dataclass(frozen=True)
class StartCheck:
    """A question before the dose. `stops_on` is the answer that stops: "yes" or "no"."""

    code: str
    stops_on: Literal["yes", "no"]
    overridable: bool
    source: str


# An override needs a reason and the prescriber's name. Who lies in the chair, and whether they
# agreed, nobody can override.
START_CHECKS = (
    StartCheck("identity", "no", False, "design: name and birth date said aloud"),
    StartCheck("escort", "no", True, "esketamine US label: arrange transport"),
    StartCheck("fasting", "no", True, "esketamine US label: no food 2 h, no liquids 30 min"),
    StartCheck("medicines_changed", "yes", True, "design"),
    StartCheck("alcohol_or_drugs", "yes", True, "design: in the last 24 h"),
    StartCheck("suicidal_thoughts", "yes", True, "design: the prescriber speaks with them first"),
    StartCheck("bladder", "yes", True, "design: new bladder trouble"),
    StartCheck("pregnancy", "yes", True, "general knowledge: pregnant, possibly, or nursing"),
    StartCheck("consent_valid", "no", False, "design"),
    StartCheck("bp_below_start_limit", "no", True, "esketamine US label: 140/90"),
)

START_SYSTOLIC = 140
START_DIASTOLIC = 90
BP_RETRY_MIN = 10  # design: wait, then measure again


def bp_below_start_limit(systolic: int, diastolic: int) -> bool:
    """Whether the pressure allows a start: 140/90 still does, one above either does not."""
    return systolic <= START_SYSTOLIC and diastolic <= START_DIASTOLIC


@dataclass(frozen=True)
class Window:
    """When one check-in is asked for. Times count from the start of the dose; negative is before.

    Open from `opens` up to, not including, `closes`. `instruments` are codes of the registry.
    """

    slot: str
    due: timedelta
    opens: timedelta
    closes: timedelta
    instruments: tuple[str, ...]

    def is_open(self, since_dose: timedelta) -> bool:
        """Whether an answer given this long after the dose belongs to this window."""
        return self.opens <= since_dose < self.closes


INDICATIONS = ("depression", "chronic_pain")
WEEKS_AHEAD = 12
QUESTIONNAIRE_EVERY_DAYS = 14  # the recall period of both
QUESTIONNAIRES = ("phq9", "gad7")
LATER_HALF_WIDTH = timedelta(days=1, hours=12)


def _hours(slot: str, due: int, opens: int, closes: int) -> Window:
    due_at, opens_at, closes_at = (timedelta(hours=hours) for hours in (due, opens, closes))
    return Window(slot, due_at, opens_at, closes_at, ("mood_0_10",))


def _weekly(day: int) -> Window:
    due = timedelta(days=day)
    asked = QUESTIONNAIRES if day % QUESTIONNAIRE_EVERY_DAYS == 0 else ()
    return Window(
        f"{day}d", due, due - LATER_HALF_WIDTH, due + LATER_HALF_WIDTH, ("mood_0_10", *asked)
    )


# On arrival, before the dose; the slot is filled in the waiting room of the next session.
PRE_WINDOW = Window(
    "pre",
    timedelta(minutes=-30),
    timedelta(hours=-12),
    timedelta(0),
    ("mood_0_10", *QUESTIONNAIRES),
)

# Later than one week each window is 3 days wide and 7 days apart, so none can overlap.
CHECK_IN_WINDOWS: tuple[Window, ...] = (
    _hours("2h", 2, 1, 6),
    _hours("24h", 24, 18, 36),
    _hours("3d", 72, 60, 96),
    _hours("7d", 168, 144, 192),
    *(_weekly(7 * week) for week in range(2, WEEKS_AHEAD + 1)),
)


def for_indication(window: Window, indication: str) -> Window:
    """The window with the instruments of one indication; an unknown indication: ValueError."""
    if indication not in INDICATIONS:
        raise ValueError(f"no protocol for {indication}")
    if indication != "chronic_pain":
        return window
    mood, *rest = window.instruments
    return replace(window, instruments=(mood, "pain_0_10", *rest))


def windows_for(indication: str) -> tuple[Window, ...]:
    """The check-ins after a dose, in order of time, from 2 hours to 12 weeks."""
    return tuple(for_indication(window, indication) for window in CHECK_IN_WINDOWS)


def pre_dose_instruments(
    indication: str, since_questionnaires: timedelta | None = None
) -> tuple[str, ...]:
    """What to ask on arrival. PHQ-9 and GAD-7 look back two weeks, so not again within them.

    `since_questionnaires`: time since they were last answered, None for never.
    """
    asked = for_indication(PRE_WINDOW, indication).instruments
    if since_questionnaires is None:
        return asked
    if since_questionnaires >= timedelta(days=QUESTIONNAIRE_EVERY_DAYS):
        return asked
    return tuple(code for code in asked if code not in QUESTIONNAIRES)


Source = Literal["record", "nurse"]
Value = Number | float | str | None


@dataclass(frozen=True)
class DischargeCheck:
    """One line of the list, and who proves it."""

    code: str
    source: Source
    basis: str


DISCHARGE_CHECKS = (
    DischargeCheck("watched", "record", "minimum watch of the route"),
    DischargeCheck(
        "bp_near_baseline",
        "record",
        "modified Aldrete circulation: within 20 % (general knowledge)",
    ),
    DischargeCheck(
        "spo2_ok",
        "record",
        "modified Aldrete oxygenation: above 92 % on room air (general knowledge)",
    ),
    DischargeCheck("awake", "record", "MOAA/S 5: responds readily to the name"),
    DischargeCheck("effects_mild", "record", "design: perception clear, everything else mild"),
    DischargeCheck("steady", "nurse", "design: oriented, walks without help"),
    DischargeCheck("leaflet", "nurse", "design"),
    DischargeCheck("escort_present", "nurse", "esketamine US label: arrange transport"),
    DischargeCheck("suicide_asked", "nurse", "design"),
)

BP_NEAR_PERCENT = 20
BP_BELOW = (160, 100)  # the alert limits after a dose
SPO2_ABOVE = 92
MOAAS_AWAKE = 5
READING_MAX_AGE_MIN = 30  # design: an older value does not speak for now


@dataclass(frozen=True)
class OpenEffect:
    """A side effect that is not resolved, with its present grade."""

    code: str
    grade: Literal["mild", "moderate", "severe"]


@dataclass(frozen=True)
class DischargeFacts:
    """What the record says now. Minutes count from the start of the dose.

    `infusion_end_min` is needed for IV only; None while it runs. Each `…_at_min` is when the
    value was taken. `oxygen_l_min` None or 0 is room air. `confirmed`: codes of the nurse's ticks.
    """

    route: str
    elapsed_min: float
    infusion_end_min: float | None = None
    baseline_systolic: int | None = None
    baseline_diastolic: int | None = None
    systolic: int | None = None
    diastolic: int | None = None
    bp_at_min: float | None = None
    spo2: int | None = None
    spo2_at_min: float | None = None
    oxygen_l_min: Number | None = None
    moaas: int | None = None
    moaas_at_min: float | None = None
    open_effects: tuple[OpenEffect, ...] = ()
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CheckResult:
    """Whether one check is met, and the values that decided."""

    code: str
    met: bool
    source: Source
    evidence: Mapping[str, Value]


def evaluate_discharge(facts: DischargeFacts) -> list[CheckResult]:
    """All checks in the order of DISCHARGE_CHECKS; the patient may leave when all are met.

    Evaluate anew with every reading: a check that was met un-ticks when a later value breaks it.
    A missing value never proves anything.
    """
    proven = {
        "watched": _watched(facts),
        "bp_near_baseline": _bp_near_baseline(facts),
        "spo2_ok": _spo2_ok(facts),
        "awake": _awake(facts),
        "effects_mild": _effects_mild(facts),
    }
    results = []
    for check in DISCHARGE_CHECKS:
        if check.source == "nurse":
            met, evidence = check.code in facts.confirmed, dict[str, Value]()
        else:
            met, evidence = proven[check.code]
        results.append(CheckResult(check.code, met, check.source, evidence))
    return results


Proof = tuple[bool, dict[str, Value]]


def _is_fresh(facts: DischargeFacts, at_min: float | None) -> bool:
    return at_min is not None and at_min > 0 and facts.elapsed_min - at_min <= READING_MAX_AGE_MIN


def _watched(facts: DischargeFacts) -> Proof:
    if SCHEDULES[facts.route].from_infusion_end and facts.infusion_end_min is None:
        return False, {"elapsed_min": facts.elapsed_min, "minimum_min": None}
    minimum = minimum_watch_min(facts.route, facts.infusion_end_min)
    return facts.elapsed_min >= minimum, {
        "elapsed_min": facts.elapsed_min,
        "minimum_min": minimum,
    }


def _bp_near_baseline(facts: DischargeFacts) -> Proof:
    pairs = (
        (facts.systolic, facts.baseline_systolic, BP_BELOW[0]),
        (facts.diastolic, facts.baseline_diastolic, BP_BELOW[1]),
    )
    met = _is_fresh(facts, facts.bp_at_min) and all(
        now is not None
        and start is not None
        and now < ceiling
        and abs(now - start) * 100 <= BP_NEAR_PERCENT * start
        for now, start, ceiling in pairs
    )
    return met, {
        "systolic": facts.systolic,
        "diastolic": facts.diastolic,
        "baseline_systolic": facts.baseline_systolic,
        "baseline_diastolic": facts.baseline_diastolic,
        "at_min": facts.bp_at_min,
    }


def _spo2_ok(facts: DischargeFacts) -> Proof:
    met = (
        _is_fresh(facts, facts.spo2_at_min)
        and facts.spo2 is not None
        and facts.spo2 > SPO2_ABOVE
        and not facts.oxygen_l_min
    )
    return met, {
        "spo2": facts.spo2,
        "oxygen_l_min": facts.oxygen_l_min,
        "at_min": facts.spo2_at_min,
    }


def _awake(facts: DischargeFacts) -> Proof:
    met = _is_fresh(facts, facts.moaas_at_min) and facts.moaas == MOAAS_AWAKE
    return met, {"moaas": facts.moaas, "at_min": facts.moaas_at_min}


def _must_clear(code: str) -> bool:
    """An effect in free words has no entry: then its grade alone decides."""
    return code in EFFECTS and EFFECTS[code].must_clear


def _effects_mild(facts: DischargeFacts) -> Proof:
    """Evidence holds the open effects that keep the patient here, comma-separated codes."""
    keep = [
        effect.code
        for effect in facts.open_effects
        if effect.grade != "mild" or _must_clear(effect.code)
    ]
    return not keep, {"open": len(facts.open_effects), "blocking": ",".join(keep)}
