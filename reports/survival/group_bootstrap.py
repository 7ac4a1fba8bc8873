"""Percentile intervals by resampling groups of patients, from counts that add up over partitions.

A patient belongs to one group, by chance and for good. Drawing groups keeps the sessions of a
patient together, as drawing patients does, and asks only how often each time was seen in each
group. With a thousand groups and more patients than that, both give nearly the same interval; with
each patient alone in a group, the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.survival.bootstrap import PERCENTILES, Interval
from reports.survival.kaplan_meier import EventTable, fit_curve, half_time, restricted_mean
from reports.survival.merge import Counts
from reports.survival.times import SAME_TIME_H, Floats, distinct_times


@dataclass(frozen=True)
class GroupIntervals:
    """Bounds of the Kaplan-Meier median and restricted mean, in hours, and of shares that changed.

    `shares`: one pair per asked time, from 0 to 1. `groups`: how many had anybody.
    """

    groups: int
    median: Interval
    rmst: Interval
    shares: list[Interval]


def intervals_by_group(
    table: Counts, *, tau: float, at_hours: Sequence[float], seed: int, replicates: int
) -> GroupIntervals | None:
    """95 % bounds; None with fewer than two groups, where nothing can vary.

    `table`: columns group, hours and 1 for a change that was seen. A median that a replicate does
    not reach counts as infinite; a replicate is held level beyond its last time.
    """
    group, times, events = table.columns
    _, code = np.unique(group, return_inverse=True)
    n = int(code.max()) + 1 if len(code) else 0
    if n < 2:
        return None
    time, place = distinct_times(times)
    weights = table.weights
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(replicates):
        copies = np.bincount(rng.integers(n, size=n), minlength=n)[code] * weights
        leaving: Floats = np.bincount(place, copies, len(time)).astype(np.float64)
        lost: Floats = np.bincount(place, copies * events, len(time)).astype(np.float64)
        found.append(_one(time, leaving, lost, tau, at_hours))
    low, high = (np.quantile(found, q, axis=0, method="inverted_cdf") for q in PERCENTILES)
    median, rmst, *shares = (Interval(float(a), float(b)) for a, b in zip(low, high, strict=True))
    return GroupIntervals(n, median, rmst, shares)


def _one(
    time: Floats, leaving: Floats, lost: Floats, tau: float, at_hours: Sequence[float]
) -> list[float]:
    drawn = leaving > 0
    at_risk: Floats = np.cumsum(leaving[::-1])[::-1]
    left = leaving[drawn]
    curve = fit_curve(EventTable(time[drawn], at_risk[drawn], lost[drawn], left - lost[drawn]))
    median = half_time(curve.table.time, curve.surv)
    level = np.concatenate([[1.0], curve.surv])
    limits = np.asarray(at_hours, np.float64) + SAME_TIME_H
    at = np.searchsorted(curve.table.time, limits, side="right")
    mean = restricted_mean(curve, tau)[0]
    return [np.inf if np.isnan(median) else median, mean, *(1 - level[at]).tolist()]
