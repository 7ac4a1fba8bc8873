"""Dose arithmetic. Decimal and exact fractions only: a binary float never touches a dose.

Amounts are mg, weights kg, volumes mL, infusion rates mg per hour. Rounding is half up, and it
happens once, at the end. Times are aware; a naive one raises ValueError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Literal

from sessions_app.clock import elapsed, utc

MG_STEP = Decimal("1")  # design: whole mg unless the protocol says otherwise
ML_STEP = Decimal("0.01")
RATE_STEP = Decimal("0.1")
GIVEN_STEP = Decimal("0.01")
MG_PER_KG_STEP = Decimal("0.001")

DEVICE_MG = 28  # esketamine US label: 28 mg in 0.2 mL, two sprays
DEVICE_REST_MIN = 5  # esketamine US label: rest between devices
DEVICES = (1, 2, 3)
# Design: rounding of the rate and the pump's own start-up explain less than these.
WHOLE_DOSE_SHARE = Decimal("0.95")  # a stop from here on is the planned end, before it an early one
BAG_SLACK_SHARE = Decimal("1.1")  # more than this of the bag cannot have run in

ROUTES = ("iv", "im", "sc", "intranasal", "oral", "sublingual")
DRUGS = ("ketamine", "esketamine")
SENIOR_AGE_YEARS = 65


def mg_for_weight(mg_per_kg: Decimal, weight_kg: Decimal) -> Decimal:
    """The prescribed amount in mg, not rounded: 0.5 mg/kg at 72.4 kg is 36.20 mg."""
    _positive(mg_per_kg, weight_kg)
    return mg_per_kg * weight_kg


def rounded_mg(mg: Decimal, step: Decimal = MG_STEP) -> Decimal:
    """The nearest multiple of `step` mg; a tie goes up (36.2 is 36, 36.5 is 37)."""
    _positive(step)
    return (mg / step).quantize(Decimal(1), ROUND_HALF_UP) * step


def volume_ml(mg: Decimal, mg_per_ml: Decimal) -> Decimal:
    """The volume that holds `mg`, to 0.01 mL: 36 mg of 10 mg per mL is 3.60 mL."""
    _positive(mg, mg_per_ml)
    return (mg / mg_per_ml).quantize(ML_STEP, ROUND_HALF_UP)


def pump_rate_ml_per_hour(total_volume_ml: Decimal, minutes: Decimal | int) -> Decimal:
    """The pump setting, to 0.1 mL/hour: 50 mL over 40 min is 75.0 mL/hour."""
    _positive(total_volume_ml, minutes)
    return (total_volume_ml * 60 / minutes).quantize(RATE_STEP, ROUND_HALF_UP)


def devices_for(mg: Decimal | int) -> int:
    """How many 28 mg devices make up `mg`: 1, 2 or 3. Any other amount raises ValueError."""
    for count in DEVICES:
        if mg == count * DEVICE_MG:
            return count
    raise ValueError("an esketamine dose is 28, 56 or 84 mg")


def mg_per_kg(mg: Decimal, weight_kg: Decimal | None) -> Decimal | None:
    """The dose per kg to 0.001; None, and never 0, when there is no weight."""
    if weight_kg is None:
        return None
    _positive(weight_kg)
    return (mg / weight_kg).quantize(MG_PER_KG_STEP, ROUND_HALF_UP)


def _positive(*amounts: Decimal | int) -> None:
    if any(not amount > 0 for amount in amounts):
        raise ValueError("amounts, weights, volumes and minutes are above zero")


@dataclass(frozen=True)
class DoseBand:
    """A dose outside asks for a reason. mg/kg if `per_kg`, else mg. Both ends are inside.

    With `steps_mg` only these amounts exist; `senior_low` is the lowest from 65 years of age.
    """

    low: Decimal
    high: Decimal
    per_kg: bool
    source: str
    steps_mg: tuple[int, ...] = ()
    senior_low: Decimal | None = None


def _per_kg(low: str, high: str) -> DoseBand:
    return DoseBand(Decimal(low), Decimal(high), True, "design, from the ranges in publications")


DOSE_BANDS: dict[tuple[str, str], DoseBand] = {
    ("iv", "ketamine"): _per_kg("0.3", "1.0"),
    ("im", "ketamine"): _per_kg("0.25", "1.0"),
    ("sc", "ketamine"): _per_kg("0.3", "1.0"),
    ("oral", "ketamine"): _per_kg("0.5", "2.0"),
    ("sublingual", "ketamine"): _per_kg("0.1", "2.0"),
    ("intranasal", "esketamine"): DoseBand(
        Decimal(56),
        Decimal(84),
        False,
        "esketamine US label; 28 mg from 65 years in the EU and Hong Kong labels",
        tuple(count * DEVICE_MG for count in DEVICES),
        Decimal(DEVICE_MG),
    ),
}

BandCode = Literal["below_band", "above_band", "weight_missing", "not_a_device_step"]


def dose_band(route: str, drug: str) -> DoseBand | None:
    """The shipped band, or None where none ships: such a pair always asks for a reason."""
    return DOSE_BANDS.get((route, drug))


def outside_band(
    mg: Decimal, weight_kg: Decimal | None, band: DoseBand, *, age_years: int | None = None
) -> BandCode | None:
    """Why the dose needs a reason, or None when it lies inside. Compares without rounding."""
    if band.per_kg and weight_kg is None:
        return "weight_missing"
    if band.steps_mg and mg not in band.steps_mg:
        return "not_a_device_step"
    low = band.low
    if band.senior_low is not None and age_years is not None and age_years >= SENIOR_AGE_YEARS:
        low = band.senior_low
    scale = weight_kg if band.per_kg and weight_kg is not None else Decimal(1)
    if mg < low * scale:
        return "below_band"
    return "above_band" if mg > band.high * scale else None


RateKind = Literal["start", "rate_change", "pause", "resume", "stop"]
InfusionState = Literal["not_started", "running", "paused", "stopped"]
InfusionFault = Literal[
    "not_started",
    "already_started",
    "already_paused",
    "already_running",
    "after_stop",
    "rate_missing",
    "rate_not_positive",
    "not_ascending",
]


@dataclass(frozen=True)
class RateEvent:
    """One deed at the pump. Start and rate_change name a rate; resume may, else it keeps the last.

    A rate change during a pause is kept for the resume. Pause and stop ignore the rate.
    """

    at: datetime
    kind: RateKind
    rate_mg_per_hour: Decimal | None = None


def infusion_state(events: Sequence[RateEvent]) -> InfusionState:
    """What the pump does after the last event; the order is taken as possible."""
    state: InfusionState = "not_started"
    for event in events:
        state = _next_state(state, event.kind)
    return state


def _next_state(state: InfusionState, kind: RateKind) -> InfusionState:
    if kind == "stop" or state == "stopped":
        return "stopped"
    if kind == "pause":
        return "paused"
    return state if kind == "rate_change" else "running"


def check_infusion(events: Sequence[RateEvent]) -> list[InfusionFault]:
    """Every reason why these events cannot have happened in this order; empty when they can.

    Two events may share an instant, because times are often entered to the minute.
    """
    faults: list[InfusionFault] = []
    state: InfusionState = "not_started"
    for index, event in enumerate(events):
        if index and elapsed(events[index - 1].at, event.at) < timedelta(0):
            faults.append("not_ascending")
        fault = _order_fault(state, event.kind) or _rate_fault(event)
        if fault:
            faults.append(fault)
        state = _next_state(state, event.kind)
    return faults


def _order_fault(state: InfusionState, kind: RateKind) -> InfusionFault | None:
    if state == "stopped":
        return "after_stop"
    if state == "not_started":
        return None if kind == "start" else "not_started"
    if kind == "start":
        return "already_started"
    if kind == "pause" and state == "paused":
        return "already_paused"
    if kind == "resume" and state == "running":
        return "already_running"
    return None


def _rate_fault(event: RateEvent) -> InfusionFault | None:
    if event.kind in ("pause", "stop"):
        return None
    if event.rate_mg_per_hour is None:
        return None if event.kind == "resume" else "rate_missing"
    return None if event.rate_mg_per_hour > 0 else "rate_not_positive"


@dataclass(frozen=True)
class Segment:
    """A stretch at one rate; 0 while paused. `end` None: it still runs, or was never stopped."""

    start: datetime
    end: datetime | None
    rate_mg_per_hour: Decimal


def infusion_segments(events: Sequence[RateEvent]) -> list[Segment]:
    """The infusion as stretches of one rate, in time order; the stop begins none.

    An impossible order raises ValueError with the codes of `check_infusion`.
    """
    faults = check_infusion(events)
    if faults:
        raise ValueError(", ".join(faults))
    segments: list[Segment] = []
    state: InfusionState = "not_started"
    rate = Decimal(0)
    for index, event in enumerate(events):
        state = _next_state(state, event.kind)
        if event.rate_mg_per_hour is not None and event.kind not in ("pause", "stop"):
            rate = event.rate_mg_per_hour
        if state == "stopped":
            break
        end = events[index + 1].at if index + 1 < len(events) else None
        segments.append(Segment(event.at, end, rate if state == "running" else Decimal(0)))
    return segments


def bag_empty_at(events: Sequence[RateEvent], bag_mg: Decimal) -> datetime | None:
    """When the recorded rates have emptied the bag, to the microsecond above; None while paused
    or stopped before that. A pump that still runs has a moment in the future.
    """
    _positive(bag_mg)
    left = Fraction(bag_mg)
    for segment in infusion_segments(events):
        rate = Fraction(segment.rate_mg_per_hour)
        if not rate:
            continue
        needed = -(-left * 3_600_000_000 // rate)
        empty = utc(segment.start) + timedelta(microseconds=needed)
        if segment.end is None or empty <= utc(segment.end):
            return empty
        span = elapsed(segment.start, segment.end) // timedelta(microseconds=1)
        left -= rate * Fraction(span, 3_600_000_000)
    return None


def is_beyond_bag(events: Sequence[RateEvent], bag_mg: Decimal) -> bool:
    """Whether an event comes after clearly more than the bag holds has run in, by the rates.

    A stop may: the pump stands still when the bag is empty, and somebody comes later.
    """
    handled = [event.at for event in events if event.kind != "stop"]
    if not handled:
        return False
    return infusion_mg_exact(events, handled[-1]) > Fraction(bag_mg * BAG_SLACK_SHARE)


def is_early_stop(given_mg: Decimal, planned_mg: Decimal) -> bool:
    """Whether clearly less than the plan was given: then the record says why."""
    return given_mg < planned_mg * WHOLE_DOSE_SHARE


def next_device_at(given_at: Sequence[datetime]) -> datetime | None:
    """From when the next device may be given; None before the first."""
    if not given_at:
        return None
    return max(utc(at) for at in given_at) + timedelta(minutes=DEVICE_REST_MIN)


def rest_broken_until(given_at: Sequence[datetime], at: datetime) -> datetime | None:
    """When a device at `at` keeps the rest from the one before it; None when it does already.

    `given_at` are the other devices. One recorded later than it was given must also leave the
    rest before the device that follows: then the answer lies after that one.
    """
    rest = timedelta(minutes=DEVICE_REST_MIN)
    near = [utc(other) for other in given_at if abs(elapsed(other, at)) < rest]
    return max(near) + rest if near else None


def infusion_mg_exact(events: Sequence[RateEvent], until: datetime) -> Fraction:
    """mg given from the start up to `until`, exact: rate times elapsed UTC microseconds.

    Events after `until` have not happened yet. An impossible order raises ValueError with the
    codes of `check_infusion`.
    """
    horizon, given = utc(until), Fraction(0)
    for segment in infusion_segments(events):
        end = horizon if segment.end is None else min(horizon, utc(segment.end))
        span = max(elapsed(segment.start, end), timedelta(0))
        given += Fraction(segment.rate_mg_per_hour) * Fraction(
            span // timedelta(microseconds=1), 3_600_000_000
        )
    return given


def infusion_mg(
    events: Sequence[RateEvent], until: datetime, step: Decimal = GIVEN_STEP
) -> Decimal:
    """mg given up to `until`, rounded half up to a multiple of `step` (0.01 mg) at the very end."""
    exact = infusion_mg_exact(events, until) / Fraction(step)
    whole = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    return whole * step
