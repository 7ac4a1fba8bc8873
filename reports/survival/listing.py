"""Fewer points of a long curve: exact where they stand, and as many as a chart can use."""

from __future__ import annotations

import numpy as np

from reports.survival.kaplan_meier import Curve, estimate_of
from reports.survival.times import Estimate, Floats

MOST_TIMES = 2_500
STEPS = 500
HOURLY_TO_H = 336
DAILY_TO_H = 8_760
AT_TIMES = ("time", "n_risk", "surv", "std_err", "lower", "upper")


def listed(estimate: Estimate) -> Estimate:
    """The same Kaplan-Meier estimate with at most a few thousand of its times.

    Up to 2,500 times nothing is left out. Of more, those stay at which the curve passes another
    five-hundredth, and around each whole hour of two weeks and each day of a year the last time
    before it and the first from it on, so that what is looked up there is exact. Events and
    censorings of the times left out count at the next one listed; `times` is how many there were.
    """
    time = np.array(estimate["time"], np.float64)
    if len(time) <= MOST_TIMES:
        return estimate
    keep = _kept(time, np.array(estimate["surv"], np.float64))
    result = dict(estimate)
    for name in AT_TIMES:
        values = estimate[name]
        result[name] = [values[i] for i in keep]
    for name in ("n_event", "n_censor"):
        total = np.concatenate([[0], np.cumsum(np.array(estimate[name], np.int64))])
        result[name] = np.diff(total[np.concatenate([[0], keep + 1])]).tolist()
    return {**result, "times": len(time)}


def listed_curve(curve: Curve, n: int, tau: float) -> Estimate:
    """What `listed` makes of the estimate of `n` sessions, without making the long lists first."""
    time = curve.table.time
    if len(time) <= MOST_TIMES:
        return estimate_of(curve, n, tau)
    return {**estimate_of(curve, n, tau, _kept(time, curve.surv)), "times": len(time)}


def _kept(time: Floats, surv: Floats) -> np.typing.NDArray[np.int64]:
    """Places of the times that stay, ascending."""
    level = np.floor(surv * STEPS)
    passed = np.flatnonzero(np.diff(level, prepend=STEPS))
    marks = np.concatenate(
        [np.arange(HOURLY_TO_H + 1), np.arange(HOURLY_TO_H, DAILY_TO_H + 1, 24)]
    ).astype(np.float64)
    after = np.searchsorted(time, marks - 1e-6)
    last = len(time) - 1
    around = np.concatenate([after[after <= last], np.clip(after - 1, 0, last)])
    return np.unique(np.concatenate([passed, around, [0, last]])).astype(np.int64)
