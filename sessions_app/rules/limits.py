"""Plausible ranges refuse a slip of the finger; alert limits call a person.

A plausible range is wide: it must never refuse a true and dangerous reading. A value past an
alert limit is kept and alerted. The figures are shipped defaults and not advice: a clinic sets
its own, as a versioned `AlertLimits`. docs/clinical-rules.md prints every number from here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Literal
from uuid import UUID

Number = int | Decimal
Phase = Literal["before", "after"]
Level = Literal["high", "medium", "low"]
Direction = Literal["up", "down"]
Compare = Literal["<", "<=", ">", ">="]

LIMITS_VERSION = "default-2026-11"

SIGNS = (
    "systolic",
    "diastolic",
    "heart_rate",
    "spo2",
    "respiratory_rate",
    "temperature_c",
    "etco2",
    "moaas",
    "pain",
    "oxygen_l_min",
)
POSITIONS = ("sitting", "reclined", "lying", "standing")

DESIGN = "design: a slip of the finger, not a patient, lies outside"
SCALE = "definition of the scale"


@dataclass(frozen=True)
class Range:
    """Both ends are accepted. `unit` is UCUM; `loinc` is empty where no code was verified."""

    low: Number
    high: Number
    unit: str
    source: str
    loinc: str = ""
    whole: bool = True

    def __str__(self) -> str:
        return f"{self.low}–{self.high}"


PLAUSIBLE: dict[str, Range] = {
    "systolic": Range(30, 300, "mm[Hg]", DESIGN, "8480-6"),
    "diastolic": Range(10, 200, "mm[Hg]", DESIGN, "8462-4"),
    "mean_arterial": Range(30, 220, "mm[Hg]", DESIGN, "8478-0"),
    "heart_rate": Range(15, 300, "/min", DESIGN, "8867-4"),
    "spo2": Range(30, 100, "%", DESIGN, "59408-5"),
    "respiratory_rate": Range(0, 80, "/min", "design: 0 is apnoea and is kept", "9279-1"),
    "temperature_c": Range(25, 45, "Cel", DESIGN, "8310-5", whole=False),
    "etco2": Range(0, 150, "mm[Hg]", DESIGN, "19891-1"),
    "moaas": Range(0, 5, "{score}", SCALE),
    "pain": Range(0, 10, "{score}", SCALE, "72514-3"),
    "oxygen_l_min": Range(0, 60, "L/min", "design: up to high-flow nasal oxygen", whole=False),
    "weight_kg": Range(25, 350, "kg", "design: adults", "29463-7", whole=False),
    "height_cm": Range(100, 250, "cm", "design: adults", "8302-2", whole=False),
    "rate_ml_per_hour": Range(
        1, 999, "mL/h", "design: what a volumetric pump can be set to", whole=False
    ),
    "amount_mg": Range(1, 1000, "mg", DESIGN, whole=False),
}

# A thermometer set to Fahrenheit: no living person reads 90 degrees Celsius.
FAHRENHEIT = Range(90, 110, "[degF]", "design: body temperatures in degrees Fahrenheit")


@dataclass(frozen=True)
class Refusal:
    """Why one field cannot be saved. `limit` can be printed in any language: "30–300"."""

    field: str
    code: Literal[
        "implausible_low",
        "implausible_high",
        "not_a_number",
        "not_an_integer",
        "diastolic_not_below_systolic",
        "looks_like_fahrenheit",
        "nothing_entered",
    ]
    limit: str
    value: Number | None


@dataclass(frozen=True)
class AlertLimit:
    """One line of the table: the value (or its rise over baseline) compared with `threshold`."""

    sign: str
    phases: tuple[Phase, ...]
    compare: Compare
    threshold: Number
    level: Level
    source: str
    rise: bool = False

    @property
    def direction(self) -> Direction:
        """Which way the value left its range."""
        return "down" if self.compare in ("<", "<=") else "up"

    @property
    def code(self) -> str:
        """systolic_high, systolic_low, systolic_rise: stable, kept with the alert."""
        if self.rise:
            return f"{self.sign}_rise"
        return f"{self.sign}_{'low' if self.direction == 'down' else 'high'}"


@dataclass(frozen=True)
class AlertLimits:
    """A clinic's table of alert limits. A session keeps the one that it began under.

    `key` is the row of a clinic's version, None for the shipped default.
    """

    version: str
    limits: tuple[AlertLimit, ...]
    key: UUID | None = None


@dataclass(frozen=True)
class Breach:
    """One sign past one limit. For a rise, `value` is the rise over baseline."""

    sign: str
    level: Level
    code: str
    value: Number
    limit: Number
    unit: str


BEFORE: tuple[Phase, ...] = ("before",)
AFTER: tuple[Phase, ...] = ("after",)
ALWAYS: tuple[Phase, ...] = ("before", "after")
LABEL = "esketamine US label: above 140/90 weigh the risk, consider delaying"
GRADE_3 = "CTCAE v5 hypertension grade 3: 160/100"
CRISIS = "hypertensive crisis level (general knowledge); diastolic 110 by design"

# The urgent line of a sign holds before the dose as well: 85 % oxygen is no smaller matter there.
DEFAULT_ALERTS = AlertLimits(
    LIMITS_VERSION,
    (
        AlertLimit("systolic", BEFORE, ">", 140, "medium", LABEL),
        AlertLimit("systolic", AFTER, ">=", 160, "medium", GRADE_3),
        AlertLimit("systolic", ALWAYS, ">=", 180, "high", CRISIS),
        AlertLimit("systolic", AFTER, ">=", 40, "medium", "design", rise=True),
        AlertLimit("systolic", ALWAYS, "<", 90, "medium", "design"),
        AlertLimit("diastolic", BEFORE, ">", 90, "medium", LABEL),
        AlertLimit("diastolic", AFTER, ">=", 100, "medium", GRADE_3),
        AlertLimit("diastolic", ALWAYS, ">=", 110, "high", CRISIS),
        AlertLimit("diastolic", AFTER, ">=", 25, "medium", "design", rise=True),
        AlertLimit("diastolic", ALWAYS, "<", 50, "medium", "design"),
        AlertLimit("mean_arterial", BEFORE, ">", 110, "medium", "design"),
        AlertLimit("mean_arterial", AFTER, ">", 120, "medium", "design"),
        AlertLimit("mean_arterial", ALWAYS, "<", 65, "medium", "design"),
        AlertLimit("heart_rate", BEFORE, ">", 110, "medium", "design"),
        AlertLimit("heart_rate", AFTER, ">", 120, "medium", "design"),
        AlertLimit("heart_rate", ALWAYS, "<", 50, "medium", "design"),
        AlertLimit("spo2", BEFORE, "<", 94, "medium", "design"),
        AlertLimit("spo2", AFTER, "<", 92, "medium", "design"),
        AlertLimit("spo2", ALWAYS, "<", 90, "high", "design"),
        AlertLimit("respiratory_rate", ALWAYS, ">", 24, "medium", "design"),
        AlertLimit("respiratory_rate", ALWAYS, "<", 10, "medium", "design"),
        AlertLimit("respiratory_rate", ALWAYS, "<", 8, "high", "design"),
        AlertLimit("temperature_c", ALWAYS, ">", 38, "medium", "design"),
        AlertLimit("temperature_c", ALWAYS, "<", 35, "medium", "design"),
        AlertLimit("etco2", AFTER, ">", 50, "medium", "design"),
        AlertLimit("etco2", AFTER, "<", 30, "medium", "design"),
        AlertLimit("moaas", BEFORE, "<", 5, "medium", "design: fully awake before a dose"),
        AlertLimit("moaas", AFTER, "<=", 3, "medium", "design"),
        AlertLimit("moaas", ALWAYS, "<=", 1, "high", "design"),
    ),
)

COMPARE: dict[str, Callable[[Number | Fraction, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SEVERITY: dict[Level, int] = {"low": 0, "medium": 1, "high": 2}


def refusals(values: Mapping[str, Number | None]) -> list[Refusal]:
    """Everything that cannot be true in one set of values; an empty list means: save it.

    Keys are names of PLAUSIBLE, another one raises KeyError. None means not measured. A set
    without any value is refused as a whole, with an empty field name.
    """
    given = {field: value for field, value in values.items() if value is not None}
    if not given:
        return [Refusal("", "nothing_entered", "", None)]
    found = [refusal for field in given if (refusal := _refused(field, given[field]))]
    systolic, diastolic = given.get("systolic"), given.get("diastolic")
    if not found and systolic is not None and diastolic is not None and diastolic >= systolic:
        found.append(
            Refusal("diastolic", "diastolic_not_below_systolic", f"< {systolic}", diastolic)
        )
    return found


def _refused(field: str, value: Number) -> Refusal | None:
    plausible = PLAUSIBLE[field]
    limit = str(plausible)
    if isinstance(value, Decimal) and not value.is_finite():
        return Refusal(field, "not_a_number", limit, value)
    if field == "temperature_c" and FAHRENHEIT.low <= value <= FAHRENHEIT.high:
        return Refusal(field, "looks_like_fahrenheit", limit, value)
    if value < plausible.low:
        return Refusal(field, "implausible_low", limit, value)
    if value > plausible.high:
        return Refusal(field, "implausible_high", limit, value)
    if plausible.whole and value != int(value):
        return Refusal(field, "not_an_integer", limit, value)
    return None


def mean_arterial(systolic: Number, diastolic: Number) -> Decimal:
    """Mean arterial pressure (S + 2D) / 3 in mmHg, to one decimal, half up."""
    exact = Decimal(systolic) + 2 * Decimal(diastolic)
    return (exact / 3).quantize(Decimal("0.1"), ROUND_HALF_UP)


def breaches(
    values: Mapping[str, Number | None],
    *,
    phase: Phase,
    baseline: Mapping[str, Number | None] | None,
    alert_limits: AlertLimits = DEFAULT_ALERTS,
) -> list[Breach]:
    """The signs past their limits: one per sign and direction, the most severe, in table order.

    `phase` is "before" the dose or "after" its start. Rises need the `baseline` reading. Mean
    arterial pressure is derived when both pressures are there; it speaks only where they are
    silent or milder (see `_adds_to`). At equal severity the absolute limit speaks before the rise.
    """
    worst: dict[tuple[str, Direction], Breach] = {}
    for limit in alert_limits.limits:
        breach = _breach(limit, values, baseline or {}) if phase in limit.phases else None
        if breach is None:
            continue
        known = worst.get((limit.sign, limit.direction))
        if known is None or SEVERITY[breach.level] > SEVERITY[known.level]:
            worst[limit.sign, limit.direction] = breach
    return [breach for key, breach in worst.items() if _adds_to(worst, *key, values)]


def _adds_to(
    worst: Mapping[tuple[str, Direction], Breach],
    sign: str,
    direction: Direction,
    values: Mapping[str, Number | None],
) -> bool:
    """False for a derived mean whose own systolic or diastolic already calls.

    The mean of 196/118 is no second event: three calls for one cuff teach people to look away.
    It is left out when one of its two pressures left its range in the same direction at the same
    or a higher level; a mean that somebody entered always speaks. Source: design.
    """
    if sign != "mean_arterial" or values.get(sign) is not None:
        return True
    level = SEVERITY[worst[sign, direction].level]
    parts = (worst.get((part, direction)) for part in ("systolic", "diastolic"))
    return all(part is None or SEVERITY[part.level] < level for part in parts)


def _breach(
    limit: AlertLimit,
    values: Mapping[str, Number | None],
    baseline: Mapping[str, Number | None],
) -> Breach | None:
    exact = _measured(limit.sign, values)
    if exact is None:
        return None
    if limit.rise:
        start = _measured(limit.sign, baseline)
        if start is None:
            return None
        exact -= start
    if not COMPARE[limit.compare](exact, limit.threshold):
        return None
    entered = None if limit.rise else values.get(limit.sign)
    value = _printable(exact) if entered is None else entered
    unit = PLAUSIBLE[limit.sign].unit
    return Breach(limit.sign, limit.level, limit.code, value, limit.threshold, unit)


def _measured(sign: str, values: Mapping[str, Number | None]) -> Fraction | None:
    """The exact value of a sign; a mean pressure is derived unless it was entered."""
    value = values.get(sign)
    if value is not None:
        return Fraction(value)
    systolic, diastolic = values.get("systolic"), values.get("diastolic")
    if sign != "mean_arterial" or systolic is None or diastolic is None:
        return None
    return (Fraction(systolic) + 2 * Fraction(diastolic)) / 3


def _printable(exact: Fraction) -> Number:
    if exact.denominator == 1:
        return int(exact)
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    return quotient.quantize(Decimal("0.1"), ROUND_HALF_UP)


# A change beyond this between two readings of one session is asked about before it is saved.
JUMPS: dict[str, Range] = {
    "systolic": Range(-40, 40, "mm[Hg]", "design"),
    "diastolic": Range(-40, 40, "mm[Hg]", "design"),
    "heart_rate": Range(-40, 40, "/min", "design"),
    "spo2": Range(-6, 6, "%", "design"),
}


@dataclass(frozen=True)
class Jump:
    """A sign that changed by more than `limit` since the last reading; `change` is signed."""

    sign: str
    change: Number
    limit: Number


def jumps(values: Mapping[str, Number | None], last: Mapping[str, Number | None]) -> list[Jump]:
    """Changes worth the question "is that what the monitor shows?"; they are not refused."""
    found = []
    for sign, allowed in JUMPS.items():
        now, before = values.get(sign), last.get(sign)
        if now is None or before is None:
            continue
        change = now - before
        if not allowed.low <= change <= allowed.high:
            found.append(Jump(sign, change, allowed.high))
    return found


WEIGHT_ASK_PERCENT = 5  # design: weigh again or confirm
WEIGHT_ALERT_PERCENT = 10  # design: the last dose was calculated for another weight
POUNDS = Range(Decimal("2.0"), Decimal("2.4"), "1", "1 kg = 2.2 lb", whole=False)


@dataclass(frozen=True)
class WeightChange:
    """A weight that differs from the last one; `percent` is signed, to one decimal."""

    code: Literal["weight_changed", "weight_changed_much", "looks_like_pounds"]
    percent: Decimal


def weight_change(
    weight_kg: Number,
    previous_kg: Number | None,
    *,
    ask_percent: int = WEIGHT_ASK_PERCENT,
    alert_percent: int = WEIGHT_ALERT_PERCENT,
) -> WeightChange | None:
    """What to ask about a new weight: above 5 % weigh again, above 10 % medium alert.

    A weight about 2.2 times the last one was probably read in pounds. None: nothing to ask.
    """
    if previous_kg is None:
        return None
    ratio = Fraction(weight_kg) / Fraction(previous_kg)
    exact = (ratio - 1) * 100
    percent = Decimal(_printable(exact))
    if POUNDS.low <= ratio <= POUNDS.high:
        return WeightChange("looks_like_pounds", percent)
    if abs(exact) > alert_percent:
        return WeightChange("weight_changed_much", percent)
    if abs(exact) > ask_percent:
        return WeightChange("weight_changed", percent)
    return None
