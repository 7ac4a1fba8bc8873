"""What a relief curve is drawn from: one group's estimates, read as steps and counts.

``km`` and ``npmle`` are blocks of the survival tables, with times in hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any


@dataclass(frozen=True)
class CurveInput:
    """One group. ``km`` and ``npmle`` are the blocks of the survival tables, times in hours.

    ``km``: time, n_risk, n_event, surv, lower, upper (lists of one length). ``npmle``: intervals
    [[lo, hi], ...] (hi None or inf = never seen), surv_after. Either may be None. ``series`` names
    the fixed look of a route (iv, im, nasal, oral, sublingual). ``note`` stands under the name,
    for instance the median; without it the counts do. ``bars`` are (hours, lower, upper) of the
    survival share, for instance a patient bootstrap; without them ``km`` gives the interval.
    """

    label: str
    km: Mapping[str, Any] | None
    npmle: Mapping[str, Any] | None
    n_patients: int
    n_sessions: int
    series: str
    note: str = ""
    bars: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Step:
    """The survival share goes from ``before`` to ``after`` somewhere in (lo, hi] hours."""

    lo: float
    hi: float
    before: float
    after: float


def steps_of(group: CurveInput) -> list[Step]:
    """The estimate as steps, from the intervals or, without them, from the exact times."""
    steps: list[Step] = []
    before = 1.0
    if group.npmle is not None:
        pairs = zip(group.npmle["intervals"], group.npmle["surv_after"], strict=True)
        for (lo, hi), after in pairs:
            steps.append(Step(lo, inf if hi is None else hi, before, after))
            before = after
    elif group.km is not None:
        for time, after in zip(group.km["time"], group.km["surv"], strict=True):
            if after < before:
                steps.append(Step(time, time, before, after))
                before = after
    return steps


def at_risk_at(km: Mapping[str, Any], hours: float) -> int:
    """How many were still followed just before ``hours``."""
    for time, n_risk in zip(km["time"], km["n_risk"], strict=True):
        if time >= hours - 1e-6:
            return int(n_risk)
    return 0


def events_by(km: Mapping[str, Any], hours: float) -> int:
    """How many events had been seen by ``hours``."""
    pairs = zip(km["time"], km["n_event"], strict=True)
    return int(sum(n for time, n in pairs if time <= hours + 1e-6))


def followed_until(group: CurveInput, min_at_risk: int) -> float:
    """The last time in hours at which ``min_at_risk`` were still followed; inf without counts."""
    if group.km is None:
        return inf
    until = 0.0
    for time, n_risk in zip(group.km["time"], group.km["n_risk"], strict=True):
        if n_risk < min_at_risk:
            break
        until = time
    return until


def last_seen(group: CurveInput, steps: Sequence[Step]) -> float:
    """Up to where anything is known: the last follow-up, or the last closed interval."""
    ends = [step.hi if step.hi < inf else step.lo for step in steps]
    if group.km is not None and group.km["time"]:
        ends.append(group.km["time"][-1])
    return max(ends, default=0.0)


def km_bars(
    km: Mapping[str, Any] | None, ticks_h: Sequence[float]
) -> list[tuple[float, float, float]]:
    """The Kaplan-Meier interval at each tick: (hours, lower, upper) where it is defined."""
    bars: list[tuple[float, float, float]] = []
    if km is None:
        return bars
    for tick in ticks_h:
        known = [i for i, time in enumerate(km["time"]) if time <= tick + 1e-6]
        if known and km["lower"][known[-1]] is not None and km["upper"][known[-1]] is not None:
            bars.append((tick, km["lower"][known[-1]], km["upper"][known[-1]]))
    return bars
